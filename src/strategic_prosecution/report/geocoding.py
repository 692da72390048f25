"""How well addresses were placed on the map, who is missing from it, and how far the geocoder can be trusted."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.tables import Cell, Shown, View, absent, view
from strategic_prosecution.report.wording import HIDDEN, decimal, integer, interval, share, words

PLACED_BY = ("coordinates", "point", "point_interpolated", "range", "block", "intersection", "place")
STREETS_LISTED = 20
# Of fewer records that are missing the page says no sentence.
FEWEST_MISSING = 10
_VERDICTS = {
    "above": "above",
    "below": "BELOW: read the map with care",
    "undecided": "cannot be told: it lies within the interval",
}
_WAYS = {
    "coordinates": "coordinates of the extract",
    "point": "address point",
    "point_interpolated": "between two address points",
    "range": "number within a street's range",
    "block": "hundred-block",
    "intersection": "intersection",
    "place": "named place",
    "range_out": "street known, number not on it",
    "street": "street known, no number",
    "tie": "tie: equally good places too far apart",
    "none": "nothing found",
}
_REASONS = {
    "empty": "no address",
    "unknown": "says that it is unknown",
    "po_box": "post office box",
    "homeless": "person without a home",
    "out_of_area": "outside the area of the map",
    "not_parsed": "could not be read as an address",
    "tail_not_read": "ends in a town or text the map does not know",
    "no_such_street": "no such street on the map",
    "similar_street": "the map has a street of nearly that name; none is certain",
    "no_such_place": "no such place on the map",
    "no_such_corner": "streets that do not meet on the map",
    "no_street_layer": "the office has given no street layer",
}
_SPLITS = {"year": "By year", "offense": "By offense", "district": "By the district its source names"}


@dataclass(frozen=True)
class Geocoding:
    """The part of the page on geocoding: what to take from it in sentences, then its tables."""

    sentences: tuple[str, ...]
    views: tuple[View, ...]


def geocoding(data: ReportData) -> Geocoding:
    """Hit rates with both denominators against the floor, by what matters; who is missing; the geocoder's own errors.

    What the edition does not hold is left out.
    """
    frame = data.frame("geocoding_quality")
    # "arrests" and "arrests (home)" as words: the second word is no code.
    frame["title"] = frame["table_name"].map(_title)
    trials = data.frame("geocoding_error")
    by_race = frame[frame["breakdown"] == "race_ethnicity"]
    whole = {str(row["table_name"]): row for row in frame[frame["breakdown"] == ""].to_dict("records")}
    compared = [_compared(part, whole[str(name)]) for name, part in by_race.groupby("table_name", sort=True)]
    views = [
        _rates(frame),
        _ways(frame, "match_type", _WAYS, title="Placed by", caption="How records were placed"),
        _ways(frame, "reason", _REASONS, title="Why", caption="Why nothing was found"),
        *(made for split, caption in _SPLITS.items() if (made := _split(frame, split, caption)) is not None),
        *(_missing(rows) for rows in compared),
        *([_streets(frame), _institutions(frame)] if data.edition == "internal" else []),
        _held_out(trials),
        _left_out(trials),
    ]
    sentences = (
        *_rate_sentences(frame),
        *(said for rows in compared if (said := _missing_sentence(rows))),
        *_trial_sentences(trials),
    )
    return Geocoding(sentences, tuple(one for one in views if one.rows or one.empty))


def _title(table_name: str) -> str:
    name, _, home = str(table_name).partition(" (")
    return f"{words(name)}, by where people live" if home else words(name)


def _rate(value: float, lower: float, upper: float, *, hidden: bool = False) -> Cell:
    if hidden:
        return HIDDEN
    return "not told" if pd.isna(value) else f"{share(value)} ({interval(lower, upper, 'share')})"


def _rate_column(frame: pd.DataFrame, ending: str = "") -> list[Cell]:
    columns = (frame[f"{name}{ending}"] for name in ("value", "lower", "upper"))
    rows = zip(*columns, frame["suppressed"].eq(True), strict=True)
    return [_rate(value, lower, upper, hidden=hidden) for value, lower, upper, hidden in rows]


def _rates(frame: pd.DataFrame) -> View:
    whole = frame[frame["breakdown"] == ""].sort_values("table_name", ignore_index=True)
    for ending in ("", "_geocodable", "_strings", "_geocodable_strings"):
        whole[f"rate{ending}"] = pd.Series(_rate_column(whole, ending), dtype=object)
    whole["verdict"] = whole["against_floor"].map(_VERDICTS).fillna("not known")
    columns = (
        Shown("title", "Table"),
        Shown("records", "Records", partial(integer, missing=HIDDEN), numeric=True),
        Shown("matched_records", "Placed", partial(integer, missing=HIDDEN), numeric=True),
        Shown("rate", "Hit rate, of all records", numeric=True),
        Shown("rate_geocodable", "of records that say where they are", numeric=True),
        Shown("rate_strings", "Hit rate, of all distinct strings", numeric=True),
        Shown("rate_geocodable_strings", "of strings that say where they are", numeric=True),
        Shown("tie_records", "Ties", partial(integer, missing=""), numeric=True, optional=True),
        Shown("verdict", "Against the floor of 85 %"),
    )
    return view(
        whole,
        columns,
        caption="Records placed on the map",
        empty=absent("addresses"),
        notes=(
            "In brackets the 95 % interval (Wilson 1927). Records of one string are placed together or not at all, so"
            " the interval by records is too narrow.",
            "Placed: the record has a position. A street without its number, a number off its street and a tie have"
            " none and count as not placed.",
            "The floor is Ratcliffe's (2004): below 85 % of records placed, a map of areas may show a false pattern."
            " Above it a map may still be wrong about a single street.",
        ),
    )


def _ways(frame: pd.DataFrame, breakdown: str, names: dict[str, str], *, title: str, caption: str) -> View:
    """How many records of each table went one way: a row per way, a column per table."""
    part = frame[frame["breakdown"] == breakdown].copy()
    pairs = zip(part["records"], part["share"], strict=True)
    part["cell"] = [f"{integer(records)} ({share(of)})" for records, of in pairs]
    wide = part.pivot(index="segment", columns="title", values="cell").fillna("0")
    order = {name: place for place, name in enumerate(names)}
    wide = wide.sort_index(key=lambda ways: ways.map(lambda way: (order.get(way, len(order)), way))).reset_index()
    columns = [Shown("segment", title, lambda way: names.get(way, way))]
    if breakdown == "match_type":
        wide["counts"] = wide["segment"].isin(PLACED_BY).map({True: "yes", False: "no"})
        columns.append(Shown("counts", "Counts as placed"))
    columns += [Shown(name, name, numeric=True) for name in wide.columns if name not in ("segment", "counts")]
    return view(wide, columns, caption=caption, empty="")


def _split(frame: pd.DataFrame, breakdown: str, caption: str) -> View | None:
    """Hit rates of all records by one split: a row per value, a column per table."""
    part = frame[frame["breakdown"] == breakdown].copy()
    if part.empty:
        return None
    part["rate"] = _rate_column(part)
    part["cell"] = [
        f"{rate} of {integer(records)}" for rate, records in zip(part["rate"], part["records"], strict=True)
    ]
    wide = part.pivot(index="segment", columns="title", values="cell").fillna("")
    titles = [str(title) for title in wide.columns]
    wide = wide.sort_index(key=lambda segment: segment.str.replace(r"\d+", lambda n: n[0].zfill(9), regex=True))
    wide = wide.reset_index()
    columns = (
        Shown("segment", words(breakdown), words),
        *(Shown(title, f"{title}: placed, of records", numeric=True) for title in titles),
    )
    return view(wide, columns, caption=caption, empty="")


def _compared(part: pd.DataFrame, whole: Mapping[Hashable, Any]) -> pd.DataFrame:
    """Share of each segment among the placed and the missing of its table; null where either is hidden."""
    rows = part.reset_index(drop=True).copy()
    placed = rows["matched_records"].astype(float)
    rows["missing"] = rows["records"].astype(float) - placed
    is_told = pd.notna(whole["records"]) and pd.notna(whole["matched_records"])
    all_placed = float(whole["matched_records"]) if is_told else 0.0
    all_missing = float(whole["records"]) - all_placed if is_told else 0.0
    rows["of_placed"] = placed / all_placed if all_placed else float("nan")
    rows["of_missing"] = rows["missing"] / all_missing if all_missing else float("nan")
    rows["difference"] = rows["of_missing"] - rows["of_placed"]
    return rows


def _missing(rows: pd.DataFrame) -> View:
    """Who is on the map and who is not, by race/ethnicity, in one table."""
    hidden = rows["suppressed"].eq(True)
    shown = rows.assign(rate=pd.Series(_rate_column(rows), dtype=object))
    for name in ("of_placed", "of_missing"):
        shown[name] = rows[name].map(share).where(~hidden, HIDDEN)
    shown["points"] = (rows["difference"] * 100).map(decimal).where(~hidden, HIDDEN)
    columns = (
        Shown("segment", "Race/ethnicity", words),
        Shown("records", "Records", partial(integer, missing=HIDDEN), numeric=True),
        Shown("rate", "Placed", numeric=True),
        Shown("of_placed", "Share of those placed", numeric=True),
        Shown("of_missing", "Share of those missing", numeric=True),
        Shown("points", "Difference, points", numeric=True),
    )
    return view(
        shown,
        columns,
        caption=f"Who is missing from the map: {rows['title'].iloc[0]}",
        empty="",
        notes=(
            "Difference: share of those missing less share of those placed, in percentage points; above 0, a map of"
            " these records shows fewer of this group than there are. Not tested.",
        ),
    )


def _missing_sentence(rows: pd.DataFrame) -> str:
    """The largest difference in words; '' where something is hidden, or it rests on a handful of records."""
    if rows["suppressed"].eq(True).any() or rows["difference"].isna().all():
        return ""
    most = max(rows.to_dict("records"), key=lambda row: row["difference"])
    if most["missing"] < FEWEST_MISSING or most["difference"] <= 0:
        return ""
    return (
        f"{most['title']}: {words(most['segment'])} is {share(most['of_missing'])} of the records missing from the map "
        f"and {share(most['of_placed'])} of those on it, the largest such difference (not tested)."
    )


def _rate_sentences(frame: pd.DataFrame) -> list[str]:
    whole = frame[(frame["breakdown"] == "") & frame["value"].notna()].sort_values("table_name")
    said = []
    for row in whole.to_dict("records"):
        verdict = {"above": "above the field's floor of 85 %", "below": "below the field's floor of 85 %"}
        known = verdict.get(str(row["against_floor"]), "too close to the field's floor of 85 % to tell")
        said.append(
            f"{row['title']}: {share(row['value'])} of {integer(row['records'])} records have a place on the map, "
            f"{known}; of those whose address says where it is, {share(row['value_geocodable'])}."
        )
    return said


def _streets(frame: pd.DataFrame) -> View:
    streets = frame[frame["breakdown"] == "unmatched_street"].sort_values(
        ["records", "table_name", "segment"], ascending=[False, True, True], ignore_index=True
    )
    columns = (
        Shown("segment", "Street, as written"),
        Shown("title", "Table"),
        Shown("records", "Records", integer, numeric=True),
        Shown("distinct_strings", "Distinct strings", integer, numeric=True),
    )
    return view(
        streets.head(STREETS_LISTED),
        columns,
        caption="Streets that the map does not have: what to mend first",
        empty="",
        notes=(
            f"The first {min(len(streets), STREETS_LISTED)} of {len(streets)}; streets of fewer records than the "
            "smallest cell are not named here. Add the street to the layer, or another name of one to the aliases: "
            "`stratpro geocode --fix-list` shows all of them, and names that may be meant, to the records officer.",
        ),
    )


def _institutions(frame: pd.DataFrame) -> View:
    places = frame[frame["breakdown"] == "institution"].sort_values(
        ["records", "table_name", "segment"], ascending=[False, True, True], ignore_index=True
    )
    columns = (
        Shown("segment", "Institution"),
        Shown("title", "Table"),
        Shown("records", "Records within 50 m", integer, numeric=True),
        Shown("share", "of the table", share, numeric=True),
    )
    return view(
        places,
        columns,
        caption="Institutions: hot spots there may be false",
        empty="",
        notes=("What is written at a jail, a headquarters or a court often happened elsewhere.",),
    )


def _held_out(trials: pd.DataFrame) -> View:
    rows = trials[trials["trial"] == "hold_out"].sort_values("match_type", ignore_index=True)
    rows["way"] = rows["match_type"].map(_WAYS).fillna("all")
    rows["rate"] = [_rate(*row) for row in zip(rows["value"], rows["lower"], rows["upper"], strict=True)]
    columns = (
        Shown("way", "Placed before by"),
        Shown("tried", "Strings tried", integer, numeric=True),
        Shown("matched", "Placed all the same", integer, numeric=True),
        Shown("rate", "False matches", numeric=True),
    )
    return view(
        rows,
        columns,
        caption="False matches: one street in twenty taken from the map",
        empty=absent("addresses to try the geocoder on"),
        notes=("A string whose street is not on the map should not be placed; each that is, is placed wrongly.",),
    )


def _left_out(trials: pd.DataFrame) -> View:
    rows = trials[trials["trial"] == "leave_one_out"].sort_values("match_type", ignore_index=True)
    rows["way"] = rows["match_type"].map(_WAYS).fillna("all")
    columns = (
        Shown("way", "Placed by"),
        Shown("tried", "Addresses tried", integer, numeric=True),
        Shown("matched", "Placed", integer, numeric=True),
        Shown("median_m", "Half lie within, m", partial(decimal, missing=""), numeric=True),
        Shown("p90_m", "90 % lie within, m", partial(decimal, missing=""), numeric=True),
    )
    return view(
        rows,
        columns,
        caption="Placement error: address points placed without themselves",
        empty="",
        notes=("How far from its own point an address is placed once that point is taken from the map.",),
    )


def _trial_sentences(trials: pd.DataFrame) -> list[str]:
    whole = {str(row["trial"]): row for row in trials[trials["match_type"] == ""].to_dict("records")}
    said = []
    if row := whole.get("hold_out"):
        said.append(
            f"Tried on streets taken from the map: {integer(row['matched'])} of {integer(row['tried'])} strings were "
            f"placed on another street, {share(row['value'])}."
        )
    if (row := whole.get("leave_one_out")) and pd.notna(row["median_m"]):
        said.append(
            f"Tried on {integer(row['tried'])} address points, taken from the map in turn: {integer(row['matched'])} "
            f"were placed all the same, half of these within {decimal(row['median_m'])} m of where they are, "
            f"90 % within {decimal(row['p90_m'])} m."
        )
    return said
