"""What stands out among all hot spots, at the head of their section: a few lines, the strongest first."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from strategic_prosecution.report.hot_spot_sides import (
    OUTREACH,
    PER_INCIDENT,
    READINGS,
    by_chance,
    not_found,
    plain,
    stands_out,
)
from strategic_prosecution.report.maps import Choice
from strategic_prosecution.report.wording import days, decimal, integer, words

COMPARED_LISTED = 5
WITHOUT_OUTREACH_LISTED = 3
WATCHED_LISTED = 3


def findings(sides: pd.DataFrame, shown: Sequence[Choice], watched: pd.DataFrame) -> tuple[str, ...]:
    """Where enforcement is more or contact less than elsewhere, where there is no outreach, and where police look.

    sides
        rows of mart.hot_spot_sides
    shown
        the choices of the map; of each category only the longest window is told
    watched
        hot spots that police-generated incidents alone make: category, window_days, rank, sides_id, incidents,
        police_incidents, area_title

    No line without sides of a listed hot spot.
    """
    if not shown:
        return ()
    longest: dict[str, Choice] = {}
    for choice in shown:
        held = longest.setdefault(choice.category, choice)
        longest[choice.category] = max(held, choice, key=lambda one: one.window_days)
    told = ["category", "window_days", "hot_spot_id", "rank", "area_title", "incidents"]
    places = pd.concat([choice.first[told].assign(title=choice.title) for choice in longest.values()])
    rows = sides.merge(places, on=["category", "window_days", "hot_spot_id"], validate="many_to_one")
    lines = [*_without_outreach(rows), *_watched(sides, watched)]
    if rows.empty:
        return tuple(lines)
    return (*_compared(rows), *lines, *not_found(rows), *by_chance(rows))


def _compared(rows: pd.DataFrame) -> list[str]:
    """A line for each place that stands out, by how far its interval lies from likeness."""
    found = stands_out(rows)
    # Twice as much and half as much are as far.
    far = found["lower"].where(found["reading"] == "more", 1 / found["upper"].astype(float))
    found = found.assign(far=far.astype(float)).sort_values(["far", "measure"], ascending=[False, True])
    lines = []
    for (title, rank, area), measures in found.groupby(["title", "rank", "area_title"], sort=False):
        told = " and ".join(_times(row) for row in measures.to_dict("records"))
        lines.append(f"{title}, rank {integer(rank)} ({area}): {told} {PER_INCIDENT}.")
    more = len(lines) - COMPARED_LISTED
    return lines[:COMPARED_LISTED] + ([f"{more} more such places stand under their lists."] if more > 0 else [])


def _times(row: dict[Any, Any]) -> str:
    times = "" if pd.isna(row["ratio"]) else f" ({decimal(row['ratio'])} times)"
    return f"{READINGS[row['reading']]} {plain(row['measure'])}{times}"


def _without_outreach(rows: pd.DataFrame) -> list[str]:
    """A line per category, most incidents first: its first places without outreach, where there is some elsewhere."""
    is_outreach = (rows["measure"] == OUTREACH) & (rows["detail"] == "")
    none = rows[is_outreach & (rows["value"] == 0) & (rows["everywhere"] > 0)]
    # The category with the fullest place first.
    none = none.assign(most=none.groupby("title")["incidents"].transform("max"))
    none = none.sort_values(["most", "title", "rank"], ascending=[False, True, True])
    lines = []
    for title, places in none.groupby("title", sort=False):
        first = places.head(WITHOUT_OUTREACH_LISTED)
        named = "; ".join(
            f"rank {integer(row.rank)} ({row.area_title}, {integer(row.incidents)})" for row in first.itertuples()
        )
        lines.append(f"{title}: no outreach in spite of many incidents at {named}.")
    return lines[:WITHOUT_OUTREACH_LISTED]


def _watched(sides: pd.DataFrame, watched: pd.DataFrame) -> list[str]:
    """A line for each place where police find much and little is reported, most found first."""
    key = ["category", "window_days", "hot_spot_id"]
    whole = sides[(sides["detail"] == "") & sides["measure"].isin(["arrests", "stops"])]
    counts: dict[Any, Any] = {at: part.set_index("measure")["value"] for at, part in whole.groupby(key)}
    longest = watched[watched["window_days"] == watched.groupby("category")["window_days"].transform("max")]
    most = longest.sort_values(["police_incidents", "category", "rank"], ascending=[False, True, True])
    lines = []
    for row in most.head(WATCHED_LISTED).to_dict("records"):
        seen = [f"{integer(row['police_incidents'])} incidents found by police, {integer(row['incidents'])} reported"]
        held: Any = counts.get((row["category"], row["window_days"], row["sides_id"]), {})
        seen += [f"{integer(held[name])} {name}" for name in ("arrests", "stops") if pd.notna(held.get(name))]
        title = f"{words(row['category'])}, last {days(row['window_days'])}"
        lines.append(f"{title}, not on the map ({row['area_title']}): {', '.join(seen)}.")
    return lines
