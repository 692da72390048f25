"""Fairness by stage: relative rate indexes of two years of the process, and how race and ethnicity are recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd

from strategic_prosecution import evaluation, model, warehouse
from strategic_prosecution.evaluation import RESIDENTS, Stage
from strategic_prosecution.metrics import build_shared, has_values, parameters
from strategic_prosecution.settings import Break, Office
from strategic_prosecution.stages.metrics import missing_tables
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

FOLLOW_UP_DAYS = 365
"""What becomes of a case counts within so many days of its filing, whatever the year."""
SETTLED_DAYS = 90
"""So late a sentence, or another filing after a dismissal, belongs to it; a screening decision to its referral."""
YEARS = 2
# A table that begins later in a year than this does not speak of the year; what follows from others begins later.
_FIRST_DAYS = 31
_BEGIN_IT = ("arrests", "referrals", "cases")
_REFERENCES = {"race_ethnicity": "white", "sex": "male"}
_NOTHING = pd.DataFrame({"stage": [], "group": [], "stratum": [], "events": []})
_TABLE = model.table("mart.relative_rates")
_QUALITY = model.table("mart.race_quality")
_ENDED = ("cases.disposition or charges.disposition",)


@dataclass(frozen=True)
class _Fed:
    """A stage, what it rests on, and how long after the year it is known.

    ``tables`` must be fed and speak of the whole year; ``columns`` (or one of several) must hold a value.
    """

    stage: Stage
    tables: tuple[str, ...]
    columns: tuple[str, ...] = ()
    days: int = FOLLOW_UP_DAYS + SETTLED_DAYS


# From residents to prison: each is a share of the one before it that is known.
_CHAIN = ("arrested", "referred", "filed", "convicted", "incarcerated")
_CASES = ("cases", "defendants")
_STAGES = (
    _Fed(Stage("arrested"), ("arrests",), days=0),
    _Fed(Stage("referred", is_part=False), ("referrals",), days=0),
    _Fed(Stage("approved", "screened"), ("referrals",), ("referrals.screen_result",), days=SETTLED_DAYS),
    _Fed(Stage("filed", is_part=False), _CASES, days=0),
    _Fed(Stage("detained", "decided"), (*_CASES, "custody"), ("custody.decision_date",)),
    _Fed(Stage("diverted", "filed"), (*_CASES, "diversion"), ("diversion.accepted_date",)),
    _Fed(Stage("dismissed", "filed"), _CASES, _ENDED),
    _Fed(Stage("convicted"), _CASES, _ENDED),
    _Fed(Stage("incarcerated"), (*_CASES, "sentences"), (*_ENDED, "sentences.sentence_type")),
)
_ALIKE = ("detained", "diverted", "dismissed", "incarcerated")
_BENCHMARKS = {
    RESIDENTS: "1,000 residents",
    "arrested": "arrests of the year",
    "referred": "referrals of the year",
    "screened": "referrals of the year approved or rejected",
    "filed": "cases filed in the year",
    "decided": "cases filed in the year with a first release decision",
    "convicted": "cases filed in the year that ended in a conviction",
}


def relative_rates(office: Office, as_of: date) -> dict[str, int]:
    """Compare every stage of the process by race/ethnicity and sex, for the newest two years that have settled.

    A year has settled when what became of the cases filed in it can be known: FOLLOW_UP_DAYS and SETTLED_DAYS after its
    end. Its arrests and referrals are those of the same year. A stage whose tables no extract fills, or which do not
    speak of the whole year, has no row.
    """
    with warehouse.open_core(office, as_of) as connection:
        rates = relative_rate_rows(connection, office, as_of)
        quality = race_quality_rows(connection, as_of)
        with warehouse.transaction(connection):
            warehouse.replace_as_of(connection, _TABLE, as_of, rates)
            warehouse.replace_as_of(connection, _QUALITY, as_of, quality)
    return {
        "years": int(rates["period_start"].nunique()),
        "stages": int(rates["stage"].nunique()),
        "ratios": int(rates["ratio"].notna().sum()),
        "tables_with_race": len(quality),
    }


def relative_rate_rows(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    """mart.relative_rates of a day."""
    layer = office.release.smallest_public_area
    text = query("relative_rate_events")
    build_shared(connection, parameters(as_of=as_of, layer=layer, rules=office.metrics), queries=[text])
    complete = {
        table: through
        for table, _, through in connection.execute(query("complete_through"), {"as_of": as_of}).fetchall()
    }
    known = min(as_of, complete.get("cases", as_of))
    last_year = (known - timedelta(days=FOLLOW_UP_DAYS + SETTLED_DAYS) + timedelta(days=1)).year - 1
    begins = office.metrics.first_period or date.min
    years = [year for year in range(last_year - YEARS + 1, last_year + 1) if year >= begins.year]
    if not years:
        return pd.DataFrame(columns=list(_TABLE.names))
    events = connection.execute(
        text,
        {
            "first_day": date(years[0], 1, 1),
            "last_day": date(years[-1], 12, 31),
            "follow_up_days": FOLLOW_UP_DAYS,
            "settled_days": SETTLED_DAYS,
        },
    ).df()
    residents = _residents(connection, layer)
    fed = _fed(connection, missing_tables(connection, office, as_of))
    frames = []
    for year in years:
        stages = _speaking(connection, fed, year=year, complete=complete, first_period=begins)
        of_year = _year_rows(events[events["year"] == year], year=year, stages=stages, residents=residents)
        frames.append(_across_breaks(of_year, fed, office.breaks))
    rows = pd.concat(frames, ignore_index=True).rename(columns={"group": "segment"})
    rows["as_of"] = as_of
    return rows[list(_TABLE.names)]


def race_quality_rows(connection: Connection, as_of: date) -> pd.DataFrame:
    """mart.race_quality of a day: every table of core with race/ethnicity that holds a record."""
    of_tables = " union all ".join(
        f"select '{table.name}' as table_name, {table.key[0]} as record_id, race_ethnicity from core.{table.name}"
        for table in model.fed_tables()
        if table.schema == "core" and "race_ethnicity" in table.names
    )
    connection.execute(f"create or replace temp table race_records as {of_tables}")
    try:
        return connection.execute(query("race_quality"), {"as_of": as_of}).df()
    finally:
        connection.execute("drop table temp.race_records")


def _fed(connection: Connection, missing: frozenset[str]) -> list[_Fed]:
    """The stages whose tables are fed and whose columns hold a value."""

    def is_held(columns: str) -> bool:
        return any(has_values(connection, column) for column in columns.split(" or "))

    return [one for one in _STAGES if not missing.intersection(one.tables) and all(map(is_held, one.columns))]


def _speaking(
    connection: Connection, fed: list[_Fed], *, year: int, complete: Mapping[str, date], first_period: date
) -> list[Stage]:
    """Stages whose tables speak of the whole year, those of the chain each a share of the one before.

    Stray days before the periods that the office counts (``first_period``) begin no table.
    """
    first_day, last_day = date(year, 1, 1), date(year, 12, 31)
    begins = {table: _begins(connection, table, first_period) for one in fed for table in one.tables}
    speaking = [
        one.stage
        for one in fed
        if all(
            begins[table] <= first_day + timedelta(days=_FIRST_DAYS + (0 if table in _BEGIN_IT else SETTLED_DAYS))
            and complete.get(table, date.max) >= last_day + timedelta(days=one.days)
            for table in one.tables
        )
    ]
    chain = [stage.name for stage in speaking if stage.name in _CHAIN]
    before = dict(zip(chain, (RESIDENTS, *chain), strict=False))
    return [replace(stage, before=before.get(stage.name, stage.before)) for stage in speaking]


def _begins(connection: Connection, table: str, first_period: date) -> date:
    """The first day of a table from ``first_period`` on; without a day of its own it speaks of every day, without a row
    of none.
    """
    dated_by = model.table(f"core.{table}").dated_by
    held = connection.table(f"core.{table}")
    if dated_by:
        held = held.filter(f"{dated_by} >= date '{first_period.isoformat()}'")
    found = held.aggregate(f"count(*), min({dated_by or 'null'})").fetchone()
    assert found is not None
    count, first = found
    if not count or (dated_by and first is None):
        return date.max
    return first or date.min


def _residents(connection: Connection, layer: str | None) -> pd.Series:
    """Residents of the layer by race/ethnicity, 'all' among them; empty where not known."""
    rows = connection.execute(
        "select race_ethnicity, sum(population)::bigint as residents from core.population "
        "where layer = ? and age_band = 'all' group by all order by all",
        [layer],
    ).df()
    return rows.set_index("race_ethnicity")["residents"]


def _year_rows(events: pd.DataFrame, *, year: int, stages: list[Stage], residents: pd.Series) -> pd.DataFrame:
    names = {stage.name for stage in stages}
    counted = names | {stage.before for stage in stages} - {RESIDENTS}
    of_year = events[events["stage"].isin({*counted, "open"})]
    if of_year.empty:
        return _described(evaluation.relative_rates(_NOTHING, stages=(), reference=""), attribute="", year=year)
    parts = []
    for attribute, preferred in _REFERENCES.items():
        counts = of_year.rename(columns={attribute: "group"})[list(_NOTHING)]
        reference = _reference(counts, preferred)
        # That a stage befell nobody is a 0, not a stage left out.
        nobody = pd.DataFrame({"stage": sorted(counted), "group": reference, "events": 0})
        frames = [counts, nobody]
        if attribute == "race_ethnicity":
            known = residents.drop("all", errors="ignore")
            frames.append(pd.DataFrame({"stage": RESIDENTS, "group": known.index, "events": known.to_numpy()}))
        frame = pd.concat([one for one in frames if len(one)], ignore_index=True)
        everybody = int(residents["all"]) if attribute == "race_ethnicity" and "all" in residents else None
        last = next((name for name in reversed(_CHAIN) if name in names), "")
        plain = evaluation.relative_rates(frame, stages=stages, reference=reference, last=last, all_residents=everybody)
        deciding = [stage for stage in stages if stage.name in _ALIKE]
        alike = evaluation.relative_rates_alike(frame, stages=deciding, reference=reference, all_residents=everybody)
        parts.append(_described(pd.concat([_still_open(plain, counts), alike]), attribute=attribute, year=year))
    return pd.concat(parts, ignore_index=True)


def _reference(counts: pd.DataFrame, preferred: str) -> str:
    """The group compared with: the preferred one, or, where no record has it, the one with the most."""
    groups = counts[~counts["group"].isin([model.UNKNOWN, model.UNMAPPED])].groupby("group")["events"].sum()
    return preferred if preferred in groups.index or groups.empty else str(groups.idxmax())


def _still_open(rates: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """The rates, with a note of how many of the cases filed had not ended: what they come to is not known."""
    still_open = counts[counts["stage"] == "open"].groupby("group")["events"].sum()
    number = rates["group"].map(still_open).fillna(0).astype("int64")
    of_ended = (rates["view"] == "conditional") & rates["stage"].isin(["dismissed", "convicted"]) & number.gt(0)
    said = number.astype(str) + f" had not ended {FOLLOW_UP_DAYS} days after their filing"
    notes = rates["note"].where(rates["note"].isna(), rates["note"].astype(str) + "; ").fillna("") + said
    return rates.assign(note=rates["note"].mask(of_ended, notes))


def _across_breaks(rates: pd.DataFrame, fed: Sequence[_Fed], breaks: Sequence[Break]) -> pd.DataFrame:
    """The rates, with a note where counting of a table of the stage, or of the one before, changed in their window."""
    if rates.empty:
        return rates
    named = {one.stage.name: one for one in fed}
    notes = rates["note"].copy()
    for (stage, before), rows in rates.groupby(["stage", "before"]):
        of = [named[name] for name in (str(stage).partition(",")[0], str(before)) if name in named]
        tables = {table for one in of for table in one.tables}
        first, last = rows["period_start"].iloc[0], rows["period_end"].iloc[0]
        last += timedelta(days=max((one.days for one in of), default=0))
        across = [
            f"counting changed on {one.date} ({one.what})"
            for one in sorted(breaks, key=lambda one: one.date)
            if tables.intersection(one.tables) and first < one.date <= last
        ]
        if across:
            said = "; ".join(across)
            notes[rows.index] = [said if pd.isna(note) else f"{note}; {said}" for note in notes[rows.index]]
    return rates.assign(note=notes)


def _described(rates: pd.DataFrame, *, attribute: str, year: int) -> pd.DataFrame:
    return rates.assign(
        attribute=attribute,
        period="year",
        period_start=date(year, 1, 1),
        period_end=date(year, 12, 31),
        benchmark=rates["before"].map(_BENCHMARKS),
    )
