"""Tables as the page shows them, and those that need no more than choosing columns: quality, hot spots."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.wording import HIDDEN, day, decimal, integer, share, words

Cell = str | tuple[str, ...]
ACCOUNTING = ("kept", "merged", "set_aside", "superseded", "reversed", "withdrawn", "expunged", "not_yet")
HOT_SPOTS_LISTED = 10
# Persistence classes of hot spots in words; '' is null.
PERSISTENCE = {
    "persistent": "Persistent",
    "emerging": "Emerging",
    "intermittent": "Intermittent",
    "new": "New: quiet in the periods before",
    "former": "Former: none now, no number",
    "": "Not classed (other periods do not say)",
}


@dataclass(frozen=True)
class Shown:
    """A column of a frame as the page shows it. An optional one is left out when it holds nothing."""

    column: str
    title: str
    write: Callable[[Any], Cell] = str
    numeric: bool = False
    optional: bool = False


@dataclass(frozen=True)
class View:
    """A table of the page: the first cell of a row is its header. ``empty`` is said instead when there are no rows."""

    caption: str
    header: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    empty: str = ""


def view(frame: pd.DataFrame, shown: Sequence[Shown], *, caption: str, empty: str, notes: Sequence[str] = ()) -> View:
    """The chosen columns of a frame, written as text, in the frame's order."""
    kept = [column for column in shown if not (column.optional and frame[column.column].isna().all())]
    written = [frame[column.column].map(column.write) for column in kept]
    return View(
        caption=caption,
        header=tuple((column.title, column.numeric) for column in kept),
        rows=tuple(zip(*written, strict=True)) if len(frame) else (),
        notes=tuple(notes),
        empty=empty,
    )


def absent(what: str) -> str:
    """What a section says when its table has no rows."""
    return f"There are no {what} in this office's extracts."


def accounting(data: ReportData) -> View:
    """Rows read and what became of them, one row per feed, with the sum checked."""
    frame = data.frame("data_quality").sort_values(["extract", "table_name", "feed"], ignore_index=True)
    # The public edition has no word of what was withdrawn or expunged.
    told = [name for name in ACCOUNTING if name in frame]
    difference = frame["read"].fillna(0) - frame[told].fillna(0).sum(axis="columns")
    frame["adds_up"] = difference.map(lambda rows: "yes" if rows == 0 else f"NO, off by {integer(rows)}")
    number = partial(integer, missing="0")
    columns = (
        Shown("extract", "Extract"),
        Shown("table_name", "Table", words),
        Shown("basis", "Basis", words),
        Shown("not_selected", "Not selected", number, numeric=True),
        Shown("read", "Read", number, numeric=True),
        *(Shown(name, words(name), number, numeric=True) for name in told),
        Shown("adds_up", "Adds up"),
    )
    caption = f"Every row accounted for: read = {' + '.join(words(name).lower() for name in told)}"
    return view(
        frame,
        columns,
        caption=caption,
        empty=absent("rows"),
        notes=(
            "Not selected: rows of the extract that this feed does not ask for; they are not part of read.",
            "Reconstructed: the day of this report lies before the first extract of the feed, so the past is rebuilt"
            " from that extract, leaving out what was not yet known.",
        ),
    )


def report_lags(data: ReportData) -> View:
    """How late each extract learns of events, and the last day it can be taken as complete; one row per feed."""
    frame = data.frame("report_lags").sort_values(["extract", "table_name", "feed"], ignore_index=True)
    columns = (
        Shown("extract", "Extract"),
        Shown("table_name", "Table", words),
        Shown("newest_extract_date", "Newest file", day),
        Shown("lag_days", "Days until 95 % are known", partial(integer, missing="unknown"), numeric=True),
        Shown("lag_basis", "Told by", words),
        Shown("complete_through", "Complete through", partial(day, missing="unknown")),
    )
    return view(
        frame,
        columns,
        caption="How late events arrive",
        empty=absent("events with a day in files made by then"),
        notes=("Days after the last complete one look quieter than they were; periods with one are not complete.",),
    )


def hot_spot_list(spots: pd.DataFrame) -> View:
    """The first ten hot spots of one category and window; ``spots`` has ``area_title`` beside the published columns.

    A former hot spot has no rank and is not listed. Counts are null only where the edition hides them.
    """
    ranked = spots[spots["rank"].notna()].sort_values(["rank", "hot_spot_id"], ignore_index=True)
    frame = ranked.head(HOT_SPOTS_LISTED)
    frame = frame.assign(harm_rank=_harm_ranks(ranked).head(HOT_SPOTS_LISTED), since=_since(frame["hot_spot_id"]))
    years = frame["same_days_years"].max()
    columns = (
        Shown("rank", "Rank", integer, numeric=True),
        Shown("area_title", "Area"),
        Shown("nearest_crossing", "Near", optional=True),
        Shown("since", "Since", optional=True),
        Shown("incidents", "Incidents", partial(integer, missing=HIDDEN), numeric=True),
        Shown(
            "same_days_mean",
            f"Same days, mean of {integer(years)} {'year' if years == 1 else 'years'}",
            decimal,
            numeric=True,
            optional=True,
        ),
        Shown("incidents_previous", "Window before", integer, numeric=True, optional=True),
        Shown("police_incidents", "Police-generated, left out", integer, numeric=True, optional=True),
        Shown("stability", "Parts of the window with an incident", share, numeric=True, optional=True),
        Shown("persistence", "Class", persistence),
        Shown("crime_harm", "Crime harm", decimal, numeric=True, optional=True),
        Shown("harm_rank", "Rank by crime harm", numeric=True, optional=True),
        Shown("outreach_events", "Outreach events", integer, numeric=True, optional=True),
        Shown("arrests", "Arrests", integer, numeric=True, optional=True),
        Shown("area_m2", "Square metres", integer, numeric=True, optional=True),
    )
    return view(
        frame,
        columns,
        caption=f"The first {len(frame)} of {len(ranked)} hot spots",
        empty="No place is a hot spot now.",
    )


def _since(names: pd.Series) -> pd.Series:
    """The month a hot spot got its name in, which stands at the name's end: a place that comes back keeps it."""
    month = pd.to_datetime(names.astype("str").str.extract(r"_(\d{6})$")[0], format="%Y%m", errors="coerce")
    return month.dt.strftime("%b %Y").astype(object).where(month.notna(), None)


def persistence(name: Any) -> str:
    """A persistence class in words."""
    return PERSISTENCE["" if pd.isna(name) else str(name)]


def _harm_ranks(spots: pd.DataFrame) -> pd.Series:
    """Ranks by crime harm and how far they lie from the rank by count, ``3 (2 up)``; null where no rank moves.

    Equal counts, and equal harm, share their ranks: a move is the distance between what is shared.
    """
    figures = spots[["incidents", "crime_harm"]].astype(float)
    first, last = figures.rank(ascending=False, method="min"), figures.rank(ascending=False, method="max")
    up = (first["incidents"] - last["crime_harm"]).clip(lower=0)
    down = (first["crime_harm"] - last["incidents"]).clip(lower=0)
    does_move = bool((up + down).any())
    moves = zip(first["crime_harm"], up, down, strict=True)
    return pd.Series([_moved(*move) if does_move else None for move in moves], index=spots.index, dtype=object)


def _moved(by_harm: Any, up: float, down: float) -> str | None:
    if pd.isna(by_harm):
        return None
    moved = f"{integer(up)}\u00a0up" if up else f"{integer(down)}\u00a0down" if down else "same"
    return f"{integer(by_harm)}\u00a0({moved})"
