"""All sides of a place: violence, enforcement, the office's own cases and contact, beside each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.report.tables import Shown, View, view
from strategic_prosecution.report.wording import integer, words

SIDES = {
    "violence": "Violence",
    "enforcement": "Enforcement",
    "cases": "The office's own cases",
    "contact": "Contact",
}
MEASURES = (
    "incidents",
    "reported_incidents",
    "violent_incidents",
    "shootings",
    "homicides",
    "arrests",
    "stops",
    "detention_days",
    "referred",
    "approved",
    "declined",
    "filed",
    "dismissed",
    "diverted",
    "convicted",
    "pending",
    "days_to_disposition",
    "outreach_events",
    "support_offered",
    "support_accepted",
    "victims_contacted",
)
READINGS = {"more": "more", "less": "fewer"}
NOT_AVAILABLE = "not available here"
REASONS = {"declined": "Declined, and why", "dismissed": "Dismissed, and why"}
# What is asked of a place: has it more enforcement, has it less contact?
ASKED = {"enforcement": "more", "contact": "less"}
OUTREACH = "outreach_events"
PER_INCIDENT = "per reported incident than elsewhere"


@dataclass(frozen=True)
class Side:
    """What stands out, in sentences; the sides of each place; and why cases from there were declined or dismissed."""

    sentences: tuple[str, ...]
    places: View
    reasons: View


def sides(frame: pd.DataFrame, spots: pd.DataFrame) -> Side | None:
    """The sides of the listed ``spots`` (hot_spot_id, rank, area_title) from rows of mart.hot_spot_sides.

    A measure that is null for every place is named once as not available; elsewhere a null is said where it stands,
    and is never 0. None without rows.
    """
    rows = frame.merge(spots[["hot_spot_id", "rank", "area_title"]], on="hot_spot_id", validate="many_to_one")
    if rows.empty:
        return None
    order = {name: number for number, name in enumerate(MEASURES)}
    rows = rows.assign(order=rows["measure"].map(order).fillna(len(order))).sort_values(
        ["rank", "order", "measure", "detail"], ignore_index=True
    )
    unknown = rows[rows["value"].isna() & rows["everywhere"].isna()].groupby("measure")["hot_spot_id"].nunique()
    absent = [str(name) for name in unknown.index[unknown == rows["hot_spot_id"].nunique()]]
    absent.sort(key=lambda name: order.get(name, len(order)))
    return Side(
        sentences=tuple(_sentences(rows)),
        places=_places(rows, absent),
        reasons=_reasons(rows),
    )


def _sentences(rows: pd.DataFrame) -> list[str]:
    found = stands_out(rows)
    said = []
    by_side = [set(found[found["side"] == side]["rank"]) for side in ASKED]
    if both := set.intersection(*by_side):
        said.append(f"More enforcement and less contact {PER_INCIDENT}: {_ranks(both)}.")
    for (_, measure, reading), places in found.groupby(["order", "measure", "reading"], sort=True):
        said.append(f"{words(READINGS[str(reading)])} {plain(measure)} {PER_INCIDENT}: {_ranks(places['rank'])}.")
    return [*said, *not_found(rows), *_outreach(rows), *by_chance(rows)]


def stands_out(rows: pd.DataFrame) -> pd.DataFrame:
    """Of rows of mart.hot_spot_sides those with more enforcement, or less contact, than elsewhere."""
    return rows[(rows["detail"] == "") & (rows["reading"] == rows["side"].map(ASKED))]


def not_found(rows: pd.DataFrame) -> list[str]:
    """Which of enforcement and contact is not available, is too rare to tell, or does not stand out."""
    absent, rare, like = [], [], []
    for side, reading in ASKED.items():
        whole = rows[(rows["side"] == side) & (rows["detail"] == "")]
        compared = whole[whole["lower"].notna()]
        if whole[["value", "everywhere"]].isna().all(axis=None):
            absent.append(side)
        elif (compared["reading"] == reading).any():
            continue
        # Where none is like elsewhere, fewer could not be told from as many.
        elif compared.empty or (reading == "less" and (compared["value"] == 0).any()):
            rare.append(side)
        else:
            like.append(f"{reading} {side}")
    number = "is" if len(absent) == 1 else "are"
    return [
        *([f"{words(' and '.join(absent))} {number} {NOT_AVAILABLE}."] if absent else []),
        *(f"{words(side)} is too rare here to tell whether a place has {ASKED[side]} than elsewhere." for side in rare),
        *([f"No place has clearly {' or '.join(like)} {PER_INCIDENT}."] if like else []),
    ]


def _outreach(rows: pd.DataFrame) -> list[str]:
    """Where there was none: what comes so rarely is seen by its absence, not by an interval."""
    known = rows[(rows["measure"] == OUTREACH) & (rows["detail"] == "") & rows["value"].notna()]
    said = []
    if len(none := known[known["value"] == 0]):
        said.append(f"No outreach is recorded in {len(none)} of the {len(known)} hot spots: {_ranks(none['rank'])}")
    everywhere, unplaced = known["everywhere"].max(), known["unplaced"].max()
    if everywhere > 0 and unplaced >= 0:
        said.append(f"{integer(unplaced)} of {integer(everywhere)} outreach events name no place")
    return [f"{'; '.join(said)}."] if said else []


def by_chance(rows: pd.DataFrame) -> list[str]:
    """How many comparisons were made, and what chance alone gives."""
    tried = rows[rows["lower"].notna()]
    asked, cases = (int(tried["side"].isin(names).sum()) for names in (ASKED, ["cases"]))
    if not asked:
        return []
    also = f" (and {integer(cases)} of cases)" if cases else ""
    return [
        f"{integer(asked)} comparisons of enforcement and contact{also} were made here;"
        " at least one in twenty stands out by chance alone."
    ]


def _ranks(numbers: Iterable[Any]) -> str:
    ranks = [integer(rank) for rank in sorted(set(numbers))]
    return f"rank {ranks[0]}" if len(ranks) == 1 else f"ranks {', '.join(ranks[:-1])} and {ranks[-1]}"


def plain(measure: Any) -> str:
    """A measure within a sentence."""
    return words(measure).lower()


def _places(rows: pd.DataFrame, absent: list[str]) -> View:
    told = rows[~rows["measure"].isin(absent) & ~(rows["measure"].isin(REASONS) & (rows["detail"] != ""))]
    lines = told.assign(line=[_line(row) for row in told.to_dict("records")])
    cells = {(rank, side): tuple(part["line"]) for (rank, side), part in lines.groupby(["rank", "side"], sort=True)}
    frame = rows.drop_duplicates("rank")[["rank", "area_title"]].reset_index(drop=True)
    for side in SIDES:
        frame[side] = pd.Series([cells.get((rank, side), (NOT_AVAILABLE,)) for rank in frame["rank"]], dtype=object)
    columns = (
        Shown("rank", "Rank", integer, numeric=True),
        Shown("area_title", "Area"),
        *(Shown(side, title, tuple) for side, title in SIDES.items()),
    )
    notes = [f"{words(NOT_AVAILABLE)}: {'; '.join(plain(name) for name in absent)}."] if absent else []
    return view(
        frame,
        columns,
        caption="Violence, enforcement, the office's own cases and contact, per place",
        empty="",
        notes=(
            *notes,
            "More and fewer: per reported incident of any kind, police-generated ones left out, beside all other known"
            " places, where the 95 % interval leaves out likeness. These places were chosen for their many incidents,"
            " which lowers every figure per incident; violence is not compared, for it chose them.",
            *model.table("mart.hot_spot_sides").warnings,
        ),
    )


def _line(row: dict[Any, Any]) -> str:
    name = words(row["measure"]) if not row["detail"] else f"of these {words(row['detail']).lower()}"
    if pd.isna(row["value"]):
        return f"{name}: {NOT_AVAILABLE if pd.isna(row['everywhere']) else 'none to measure'}"
    is_compared = row["side"] != "violence" and row["reading"] in READINGS
    mark = f", {READINGS[row['reading']]} than elsewhere" if is_compared else ""
    return f"{name}: {integer(row['value'])}{mark}"


def _reasons(rows: pd.DataFrame) -> View:
    told = rows[rows["measure"].isin(REASONS) & (rows["detail"] != "") & (rows["value"].fillna(0) > 0)]
    told = told.sort_values(["rank", "measure", "value", "detail"], ascending=[True, True, False, True])
    lines = told.assign(line=[f"{words(row.detail)}: {integer(row.value)}" for row in told.itertuples()])
    cells = {(rank, name): tuple(part["line"]) for (rank, name), part in lines.groupby(["rank", "measure"])}
    frame = told.drop_duplicates("rank")[["rank", "area_title"]].reset_index(drop=True)
    for measure in REASONS:
        frame[measure] = pd.Series([cells.get((rank, measure), ("none",)) for rank in frame["rank"]], dtype=object)
    columns = (
        Shown("rank", "Rank", integer, numeric=True),
        Shown("area_title", "Area"),
        *(Shown(measure, title, tuple) for measure, title in REASONS.items()),
    )
    return view(
        frame,
        columns,
        caption="Why the office declined or dismissed cases from there",
        empty="No reason is held for a case declined or dismissed there.",
    )
