"""How well addresses were placed: hit rates by what matters, who is missing, and the geocoder tried on itself."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.extracts.extract_dates import dating_columns
from strategic_prosecution.places import (
    Reference,
    against_floor,
    hold_out,
    leave_one_out,
    nearest_site,
    street_names,
    wilson,
)
from strategic_prosecution.safeguards import suppress
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.stages.queries import query
from strategic_prosecution.stages.reference import match_settings
from strategic_prosecution.warehouse import Connection

INSTITUTION_WITHIN_M = 50.0
QUALITY, ERROR = model.table("mart.geocoding_quality"), model.table("mart.geocoding_error")
# Tables of events: what they say of a place says nothing of a person.
_EVENTS = ("incidents", "shootings", "outreach")
# Of these, streets that the layer lacks may be named.
_STREETS_TOLD = ("incidents", "shootings")
# Splits that say themselves what was placed: a rate of them would be 0 or 1.
_WITHOUT_RATE = ("match_type", "reason", "institution", "unmatched_street")
_PUBLIC_SPLITS = ("", "match_type", "reason", "year", "offense", "district")
_RATES = {
    "": ("matched_records", "records"),
    "_geocodable": ("matched_records", "geocodable_records"),
    "_strings": ("matched_strings", "distinct_strings"),
    "_geocodable_strings": ("matched_strings", "geocodable_strings"),
}
_SPLITS = {"offense": "offense_category", "district": "area_id", "race_ethnicity": "race_ethnicity"}


@dataclass(frozen=True)
class Located:
    """A column of a table that says where: an event's place, or where a person lives."""

    table: model.Table
    place: str
    address: str

    @property
    def name(self) -> str:
        """As results name it: ``arrests``, ``arrests (home)``."""
        return self.table.name + ("" if self.place == "place_id" else " (home)")

    @property
    def day(self) -> str:
        """SQL of the day of a record; null where its table has none."""
        columns = dating_columns(self.table)
        return f"coalesce({', '.join(columns)})" if columns else "null::date"


LOCATED = tuple(
    Located(table, place, address)
    for table in model.tables("core")
    for place, address in (("place_id", "address"), ("home_place_id", "home_address"))
    if place in table.names and address in table.names
)


def quality_rows(connection: Connection, office: Office, as_of: date, reference: Reference | None) -> pd.DataFrame:
    """mart.geocoding_quality of a day: by table, all together and split one way at a time.

    Reads core, in which the places of that day are already.
    """
    parts = [_used_sql(located) for located in LOCATED]
    connection.execute(f"create or replace temp table used as {' union all '.join(parts)}")
    notes = _place_notes(connection, office, reference)
    connection.register("incoming_notes", notes)
    connection.execute("create or replace temp table place_notes as from incoming_notes")
    connection.unregister("incoming_notes")
    rows = connection.execute(query("geocoding_quality"), {"least": office.release.min_cell}).df()
    connection.execute("drop table temp.used; drop table temp.place_notes")
    return _with_rates(_told(rows)).assign(as_of=as_of, suppressed=False)


def error_rows(connection: Connection, office: Office, as_of: date, reference: Reference | None) -> pd.DataFrame:
    """mart.geocoding_error of a day: the geocoder tried on streets and points that were taken from its reference."""
    if reference is None:
        return pd.DataFrame(columns=list(ERROR.names))
    settings = match_settings(office)
    placed = connection.execute(
        "select distinct address, match_type, matched_address from core.places "
        f"join ({_addresses_sql()}) using (place_id) where origin = 'geocoded' and address is not null"
    ).df()
    trials = [hold_out(placed, reference, **settings), leave_one_out(reference, **settings)]
    found = [trial for trial in trials if len(trial)]
    return pd.concat(found).assign(as_of=as_of) if found else pd.DataFrame(columns=list(ERROR.names))


def public_quality(rows: pd.DataFrame, *, min_cell: int) -> pd.DataFrame:
    """The rows of mart.geocoding_quality that anybody may see: same columns, fewer rows, small counts of people hidden.

    rows
        of every night kept. Of what is about people the newest year end's are told, of all else the newest night's:
        two nights that differ by one arrest would tell of one person whether their home is known.

    Tables of events keep what does not name a street or an institution. Tables of people keep the whole and the split
    by race/ethnicity, without ties and strings, which could be few; these, and every split by race/ethnicity, are
    suppressed like a metric that protects people.
    """
    rows = _told_nights(rows)
    is_event = rows["table_name"].isin(_EVENTS)
    by_race = rows["breakdown"] == "race_ethnicity"
    kept = rows[by_race | (rows["breakdown"] == "") | (is_event & rows["breakdown"].isin(_PUBLIC_SPLITS))]
    kept = kept.reset_index(drop=True)
    about_people = _is_about_people(kept)
    few = ["tie_records", "out_of_range_records", *(name for name in kept.columns if name.endswith("_strings"))]
    kept[few] = kept[few].astype(object).where(~about_people, None)
    counted = kept[about_people | (kept["breakdown"] == "")]
    hidden = pd.Series(False, index=kept.index)
    for numerator, denominator in (
        ("matched_records", "records"),
        ("geocodable_records", "records"),
        ("matched_records", "geocodable_records"),
    ):
        hidden |= _hidden(counted, numerator, denominator, min_cell=min_cell).reindex(kept.index, fill_value=False)
    shown = [name for name in kept.columns if name not in ("as_of", "table_name", "breakdown", "segment")]
    kept[shown] = kept[shown].astype(object).where(~hidden, None)
    return kept.assign(suppressed=hidden)


def _told_nights(rows: pd.DataFrame) -> pd.DataFrame:
    day = pd.to_datetime(rows["as_of"])
    year_end = day[day.dt.is_year_end].max()
    return rows[(day == year_end).where(_is_about_people(rows), day == day.max())].reset_index(drop=True)


def _is_about_people(rows: pd.DataFrame) -> pd.Series:
    return ~rows["table_name"].isin(_EVENTS) | (rows["breakdown"] == "race_ethnicity")


def fix_list(connection: Connection, *, table: str) -> pd.DataFrame:
    """Strings of a table that were not placed, those of most records first: what mends the layer, or the extract.

    address, match_type, faults (of none: why), matched_address (the street, where that is known), records. It holds
    whole addresses as written, so it is for the records officer. Sealed records are left out. Raises SettingsError for
    a table without addresses.
    """
    names = {located.name: located for located in LOCATED}
    if table not in names:
        raise SettingsError(f"--table [{table}] has no addresses{nearest(table, names)}")
    located = names[table]
    connection.execute(
        f"create or replace temp table asked as select {located.place} as place_id, {located.address} as address "
        f"from core.{located.table.name} where not {_is_sealed(located)}"
    )
    rows = connection.execute(query("fix_list")).df()
    connection.execute("drop table temp.asked")
    return rows


def _used_sql(located: Located) -> str:
    """SQL of one row per record: where it is, and what it is split by."""
    splits = [
        f"coalesce({column}, '{model.UNKNOWN}') as {split}" if column in located.table.names else f"null as {split}"
        for split, column in _SPLITS.items()
    ]
    has_day = bool(dating_columns(located.table))
    year = f"coalesce(year({located.day})::varchar, '{model.UNKNOWN}')" if has_day else "null::varchar"
    is_told = located.table.name in _STREETS_TOLD and located.place == "place_id"
    told = f"not {_is_sealed(located)}" if is_told else "false"
    return (
        f"select '{located.name}' as table_name, {located.place} as place_id, {year} as year, {', '.join(splits)}, "
        f"{told} as names_streets from core.{located.table.name}"
    )


def _is_sealed(located: Located) -> str:
    return (
        f"({located.table.key[0]} in "
        f"(select record_id from core.sealed_records where record_table = '{located.table.name}'))"
    )


def _addresses_sql() -> str:
    parts = [
        f"select {item.place} as place_id, {item.address} as address from core.{item.table.name}" for item in LOCATED
    ]
    return " union ".join(parts)


def _place_notes(connection: Connection, office: Office, reference: Reference | None) -> pd.DataFrame:
    """place_id, institution, street: the institution a place lies at, and the street it names that nobody knows."""
    if reference is None:
        return pd.DataFrame({"place_id": [], "institution": [], "street": []}, dtype="string")
    located = connection.execute("select place_id, x, y from core.places where x is not null").df()
    sites = reference.places[reference.places["category"].isin(office.places.institutions)]
    institution = nearest_site(located["x"], located["y"], sites, within_m=INSTITUTION_WITHIN_M)
    told = [item for item in LOCATED if item.table.name in _STREETS_TOLD and item.place == "place_id"]
    parts = [f"select place_id, address from core.{item.table.name}" for item in told]
    unknown = connection.execute(
        f"select distinct place_id, address from ({' union all '.join(parts)}) join core.places using (place_id) "
        "where match_type = 'none' and faults in ('no_such_street', 'similar_street') and address is not null "
        "order by place_id"
    ).df()
    streets = street_names(unknown["address"].tolist(), localities=reference.localities)
    at = pd.DataFrame({"place_id": located["place_id"], "institution": institution}).dropna()
    named = pd.DataFrame({"place_id": unknown["place_id"], "street": streets}, dtype=object).dropna()
    # A place that is not placed lies at no institution.
    return pd.concat([at, named]).reindex(columns=["place_id", "institution", "street"]).astype("string")


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """Without tables whose extract has no address at all, and splits by what no record knows: neither is a hit rate."""
    has_places = rows.groupby("table_name")["distinct_strings"].transform("max") > 0
    is_known = (rows["segment"] != model.UNKNOWN).groupby([rows["table_name"], rows["breakdown"]]).transform("any")
    is_split = rows["breakdown"].isin(["year", *_SPLITS])
    return rows[has_places & (is_known | ~is_split)].reset_index(drop=True)


def _with_rates(rows: pd.DataFrame) -> pd.DataFrame:
    has_rate = ~rows["breakdown"].isin(_WITHOUT_RATE)
    out = rows.copy()
    for ending, (count, total) in _RATES.items():
        rates = wilson(rows[count], rows[total]).where(has_rate)
        out[[f"{name}{ending}" for name in rates.columns]] = rates
        if not ending:
            out["against_floor"] = against_floor(rates)
    whole = rows[rows["breakdown"] == ""].set_index("table_name")["records"]
    out["share"] = rows["records"] / rows["table_name"].map(whole).astype(float)
    return out


@dataclass(frozen=True)
class _Rate:
    """A hit rate as suppression sees a metric."""

    name: str
    protects: str
    statistic: str = "rate"


def _hidden(rows: pd.DataFrame, numerator: str, denominator: str, *, min_cell: int) -> pd.Series:
    """Which rows would give a small count of people away by this pair."""
    cells = rows.assign(
        metric=rows["table_name"],
        period="year",
        period_start=pd.Timestamp(2000, 1, 1),
        numerator=rows[numerator].astype("Int64"),
        denominator=rows[denominator].astype("Int64"),
        note=None,
    )
    named = [_Rate(name, "event" if name in _EVENTS else "person") for name in rows["table_name"].unique()]
    shown = suppress(cells.astype({"value": float}), metrics=named, min_cell=min_cell)
    return shown["suppressed"].astype(bool)
