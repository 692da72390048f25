"""All sides of a hot spot: violence, enforcement, the office's own cases from there, and contact."""

from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.hotspots import Grid
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.incident_cells import mapped_offenses
from strategic_prosecution.stages.metrics import missing_tables
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

Floats = npt.NDArray[np.float64]

_TABLE = model.table("mart.hot_spot_sides")
_KEY = ["category", "window_days", "hot_spot_id"]
# What every ratio is per: all incidents reported to police, of any kind.
REPORTED = "reported_incidents"
_TEMPORARY = ("places", "cells", "incidents", "windows", "spots", "members", "measures", "case_ends", "facts")


class _Measure(NamedTuple):
    """What is counted. ``needs``: tables that an extract must fill, and columns of which a row must hold a value."""

    side: str
    measure: str
    detail: str
    unit: str
    needs: tuple[str, ...]


_MEASURES = (
    _Measure("violence", "incidents", "", "incidents", ("incidents",)),
    _Measure("violence", REPORTED, "", "incidents", ("incidents",)),
    _Measure("violence", "violent_incidents", "", "incidents", ("incidents",)),
    _Measure("violence", "shootings", "", "shootings", ("shootings",)),
    _Measure("violence", "homicides", "", "homicides", ("incidents",)),
    _Measure("enforcement", "arrests", "", "arrests", ("arrests",)),
    _Measure("enforcement", "arrests", "proactive", "arrests", ("arrests.is_proactive",)),
    _Measure("enforcement", "stops", "", "stops", ("stops",)),
    _Measure("enforcement", "detention_days", "", "days", ("custody.detained_from",)),
    _Measure("cases", "referred", "", "referrals", ("referrals",)),
    _Measure("cases", "approved", "", "referrals", ("referrals.screen_result",)),
    _Measure("cases", "declined", "", "referrals", ("referrals.screen_result",)),
    _Measure("cases", "filed", "", "cases", ("cases.filed_date",)),
    _Measure("cases", "dismissed", "", "cases", ("cases.disposition",)),
    _Measure("cases", "diverted", "", "cases", ("cases.disposition",)),
    _Measure("cases", "convicted", "", "cases", ("cases.disposition",)),
    _Measure("cases", "pending", "", "cases", ("cases.filed_date", "cases.disposition_date")),
    _Measure("cases", "days_to_disposition", "", "days", ("cases.filed_date", "cases.disposition_date")),
    _Measure("contact", "outreach_events", "", "events", ("outreach",)),
    _Measure("contact", "support_offered", "", "people", ("outreach.support_offered",)),
    _Measure("contact", "support_accepted", "", "people", ("outreach.support_accepted",)),
    _Measure("contact", "victims_contacted", "", "victims", ("victims.first_contact_date",)),
)
# Fewer reported incidents here carry no ratio.
_LEAST_REPORTED = 5
# What police-generated incidents alone make a hot spot was chosen for what police did there.
POLICE = "police_"
_NORMAL = 1.959963984540054
# Days of one person, and offers at one meeting, come together: an interval for separate events would be too narrow.
_IN_BUNCHES = ("detention_days", "support_offered", "support_accepted")


def sides(connection: Connection, spots: pd.DataFrame, *, office: Office, grid: Grid, as_of: date) -> pd.DataFrame:
    """Rows of mart.hot_spot_sides for hot spots of all categories and windows, in order of its key.

    connection
        reads core.* and meta.accounting; makes temporary tables and drops them
    spots
        one row per hot spot: category, window_days, hot_spot_id, cells (ids of its cells on ``grid``). Hot spots may
        share cells; the order of rows and cells does not matter.

    Every hot spot has a row for each measure, and one for each reason (of a decline or dismissal) that occurred there;
    a reason given fewer than ``release.min_cell`` times in all is 'other'. What happened at a place without a known
    position is in ``everywhere`` and ``unplaced`` only. value, everywhere and unplaced are null where no extract fills
    the table, or none of its rows says it; days_to_disposition is null too where no case ended, and its ``unplaced``
    always. pending is what is open on ``as_of``, all else is counted in the window.

    ratio: per reported incident (of any kind, police-generated ones left out) here / per reported incident outside;
    null where it would divide by 0 or fewer than 5 incidents were reported here, for the side violence (it chose the
    place), for the ids that begin with police_ (what police did chose them), and for days_to_disposition. lower, upper:
    95 % limits of the logarithm of the ratio with the variance 1/(a + .5) + 1/(b + .5) + 1/(c + .5) + 1/(d + .5) of the
    four counts, events and reported incidents here and outside, each with half an event more (after Gart and Zweifel
    1967): the incidents are no less by chance than the events. Null for days and offers of help, which come in
    bunches. reading: more or less where the limits leave 1 out.

    Arrests follow from incidents of every kind, so they are set beside incidents of every kind; beside those of the
    category alone, every hot spot of violence would seem to have few. What made it a hot spot is among them and was
    chosen for being much, so ratios are a little too low: "less" may be nothing else, "more" stands in spite of it. By
    chance alone at least 5 % of the readings of many hot spots and measures leave 1 out, more where events come
    together or ordinary places differ. A ratio is a question to ask of a place, never an answer.
    """
    if spots.empty:
        return pd.DataFrame(columns=list(_TABLE.names))
    # In the order of the key, so that nothing depends on the order given.
    spots = spots.sort_values(_KEY, ignore_index=True)
    _load_places(connection, grid)
    _load_spots(connection, spots, grid=grid, as_of=as_of)
    _load_measures(connection, missing_tables(connection, office, as_of))
    _load_facts(connection, office, as_of)
    rows = connection.execute(query("side_rows"), {"as_of": as_of}).df()
    for name in _TEMPORARY:
        connection.execute(f"drop table temp.side_{name}")
    rows = rows.join(spots[_KEY], on="spot")
    return _with_ratios(rows).assign(as_of=as_of)[list(_TABLE.names)]


def _load_places(connection: Connection, grid: Grid) -> None:
    """The cells of places and of incidents; -1 for a known place in no cell of the mask."""
    connection.execute("create or replace temp table side_places as from core.places where x is not null")
    points = connection.execute("select rowid as number, x, y from temp.side_places").fetchnumpy()
    cells = pd.DataFrame({"number": points["number"], "cell": grid.locate(points["x"], points["y"])})
    _register(
        connection,
        cells,
        side_cells="select place_id, cell from temp.side_places as places join given on given.number = places.rowid",
    )
    connection.execute(
        "create or replace temp table side_incidents as "
        "select incident_id, cell from core.incidents join temp.side_cells using (place_id)"
    )


def _load_spots(connection: Connection, spots: pd.DataFrame, *, grid: Grid, as_of: date) -> None:
    """The windows, the hot spots by number, and the cells of each."""
    days = sorted({int(days) for days in spots["window_days"]})
    windows = pd.DataFrame({"window_days": days, "first_day": [as_of - timedelta(days=count - 1) for count in days]})
    _register(connection, windows, side_windows="select window_days, first_day::date as first_day from given")
    numbered = spots.reset_index(names="spot")[["spot", "category", "window_days"]]
    _register(connection, numbered, side_spots="from given")
    lengths = spots["cells"].map(len).to_numpy(dtype=np.int64)
    cells = grid.locate_cell_ids([cell for cells in spots["cells"] for cell in cells])
    members = pd.DataFrame({"spot": np.repeat(np.arange(len(spots)), lengths), "cell": cells})
    _register(connection, members, side_members="from given where cell >= 0")


def _load_measures(connection: Connection, missing: frozenset[str]) -> None:
    """The measures, and whether the office's extracts fill what each rests on."""
    measures = pd.DataFrame(
        [
            (
                one.side,
                one.measure,
                one.detail,
                one.unit,
                all(_is_filled(connection, need, missing) for need in one.needs),
            )
            for one in _MEASURES
        ],
        columns=["side", "measure", "detail", "unit", "is_filled"],
    )
    _register(connection, measures, side_measures="from given")


def _is_filled(connection: Connection, need: str, missing: frozenset[str]) -> bool:
    table, _, column = need.partition(".")
    if not column:
        return table not in missing
    return bool(connection.execute(f"select 1 from core.{table} where {column} is not null limit 1").fetchall())


def _load_facts(connection: Connection, office: Office, as_of: date) -> None:
    """What happened, by measure, detail, window and cell."""
    connection.execute(f"create or replace temp table side_case_ends as {query('side_case_ends')}")
    connection.execute(
        "create or replace temp table side_facts (category varchar, measure varchar, detail varchar, "
        "window_days bigint, cell bigint, amount bigint)"
    )
    given: dict[str, dict[str, Any]] = {
        "side_violence": {**mapped_offenses(office), "violent": [*model.VIOLENT_OFFENSES]},
        "side_enforcement": {},
        "side_cases": {"least": office.release.min_cell},
        "side_contact": {},
    }
    for name, parameters in given.items():
        connection.execute(f"insert into temp.side_facts {query(name)}", {**parameters, "as_of": as_of})


def _register(connection: Connection, frame: pd.DataFrame, **tables: str) -> None:
    """Make temporary tables of a frame: name = the query on ``given``."""
    connection.register("given", frame)
    for name, rows in tables.items():
        connection.execute(f"create or replace temp table {name} as {rows}")
    connection.unregister("given")


def _with_ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ratio, lower, upper and reading; null where undefined."""
    is_base = (rows["measure"] == REPORTED).to_numpy()
    here = rows["value"].to_numpy(dtype=np.float64)
    outside = (rows["everywhere"] - rows["unplaced"] - rows["value"]).to_numpy(dtype=np.float64)
    reported, elsewhere = (
        rows["spot"].map(pd.Series(count[is_base], rows["spot"][is_base])).to_numpy(dtype=np.float64)
        for count in (here, outside)
    )
    has_ratio = (
        (rows["side"] != "violence").to_numpy()
        & (rows["measure"] != "days_to_disposition").to_numpy()
        & ~rows["hot_spot_id"].str.startswith(POLICE).to_numpy(dtype=bool)
        & (reported >= _LEAST_REPORTED)
        & (elsewhere > 0)
        & (here + outside > 0)
    )
    ratio = np.where(has_ratio, _divided(here, outside) * _divided(elsewhere, reported), np.nan)
    has_limits = has_ratio & ~rows["measure"].isin(_IN_BUNCHES).to_numpy()
    four = [np.where(has_limits, count, np.nan) + 0.5 for count in (here, outside, reported, elsewhere)]
    middle = np.log(four[0]) - np.log(four[1]) - np.log(four[2]) + np.log(four[3])
    spread = _NORMAL * np.sqrt(sum(1 / count for count in four))
    # With the half event added the middle moves a little; an interval always holds its ratio.
    lower, upper = np.fmin(np.exp(middle - spread), ratio), np.fmax(np.exp(middle + spread), ratio)
    lower, upper = (np.where(has_limits, limit, np.nan) for limit in (lower, upper))
    reading = np.select([lower > 1, upper < 1, ~np.isnan(lower)], ["more", "less", "like"], "")
    return rows.assign(
        ratio=ratio,
        lower=lower,
        upper=upper,
        reading=pd.Series(reading, index=rows.index, dtype="str").replace("", np.nan),
    )


def _divided(numerator: Floats, denominator: Floats) -> Floats:
    """The quotient; nan where it would divide by 0."""
    return numerator / np.where(denominator > 0, denominator, np.nan)
