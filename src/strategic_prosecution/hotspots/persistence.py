"""Hot spots over time: which one is last month's, and which ones stay, come and go."""

from collections import Counter
from collections.abc import Sequence
from datetime import date as Date
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from strategic_prosecution.hotspots.hot_spots import LocatedIncidents, cells_of_hot_spots

# Two hot spots can be one when they share at least this much of the cells of the smaller.
MIN_OVERLAP = 0.30

# A hot spot of an earlier month end: the month end, its id, its cells.
_Seen = tuple[Date, str, list[str]]


def match_identity(
    current: pd.DataFrame,
    previous: pd.DataFrame,
    *,
    category: str,
    as_of: Date,
    min_overlap: float = MIN_OVERLAP,
) -> pd.DataFrame:
    """Give each current hot spot the id of the hot spot of the previous month end that it continues, or a new id.

    current: frame with rank, peak_cell and cells (as HotSpots.spots). previous: frame with hot_spot_id and cells (list
    of cell ids), the hot spots of the newest month end *before* the month of as_of; may be empty. category: a short
    code of what was counted, and of the window when several are kept apart ('shooting_365').
    Returns one row per current hot spot in order of rank: rank, hot_spot_id, overlap_cells (0 for a new one), is_new.

    Two hot spots can be the same when they share at least min_overlap of the cells of the smaller one. Each id is given
    once: the pair that shares most cells first, ties by id and then by rank. A new id is 'hs_', category, the cell id
    of the peak cell and the month of as_of: it depends on data only, not on which nights were run.
    Raises ValueError when a new id is already an id of `previous`: that frame is then not from an earlier month.
    """
    now, then = _cells_by("rank", current), _cells_by("hot_spot_id", previous)
    new_ids = _new_ids(current, category=category, as_of=as_of)
    given = _given_or_new(now, then, new_ids, as_of=as_of, min_overlap=min_overlap)
    ranks = np.sort(current["rank"].to_numpy(dtype=np.int64))
    return pd.DataFrame(
        {
            "rank": ranks,
            "hot_spot_id": pd.Series([given.get(r, (new_ids[r], 0))[0] for r in ranks.tolist()], dtype="str"),
            "overlap_cells": np.array([given.get(r, ("", 0))[1] for r in ranks.tolist()], dtype=np.int64),
            "is_new": np.array([r not in given for r in ranks.tolist()], dtype=np.bool_),
        }
    )


def name_hot_spots(
    current: pd.DataFrame, history: pd.DataFrame, *, category: str, as_of: Date, memory_days: int = 730
) -> pd.Series:
    """The id of each current hot spot, in the order of `current`: last month end's, one from before, or a new one.

    current: frame with rank, peak_cell and cells. history: frame with month_end, hot_spot_id and cells, one row per
    hot spot and month end before the month of as_of (as from follow_hot_spots). What no hot spot of the last month end
    claims is matched with the newest state of those seen in the memory_days before it: a place that comes and goes
    keeps its name.
    """
    rows = () if history.empty else zip(history["month_end"], history["hot_spot_id"], history["cells"], strict=True)
    names = _handed_on(current, list(rows), category=category, as_of=as_of, memory_days=memory_days)
    return pd.Series(names, index=current.index, dtype="str")


def follow_hot_spots(
    located: LocatedIncidents,
    *,
    category: str,
    month_ends: Sequence[Date],
    window_days: int,
    min_incidents: int = 5,
    q_value: float = 0.05,
    memory_days: int = 730,
) -> pd.DataFrame:
    """The hot spots of each month end in turn, each with the id it was handed: month_end, hot_spot_id, cells.

    month_ends ascend. From the same incidents and month ends the same ids, whatever was run when. In order of month
    end, then rank. Other arguments as find_hot_spots and name_hot_spots.
    """
    seen: list[_Seen] = []
    for month_end in month_ends:
        found = cells_of_hot_spots(
            located, as_of=month_end, window_days=window_days, min_incidents=min_incidents, q_value=q_value
        )
        names = _handed_on(found, seen, category=category, as_of=month_end, memory_days=memory_days)
        seen += [(month_end, name, cells) for name, cells in zip(names, found["cells"], strict=True)]
    days, ids, cells = ([one[place] for one in seen] for place in range(3))
    return pd.DataFrame(
        {
            "month_end": pd.Series(days, dtype="datetime64[s]"),
            "hot_spot_id": pd.Series(ids, dtype="str"),
            "cells": pd.Series(cells, dtype=object),
        }
    )


def former_hot_spots(
    history: pd.DataFrame, current: pd.DataFrame, *, as_of: Date, window_days: int, former_days: int
) -> pd.DataFrame:
    """Hot spots of earlier windows that are none now: hot_spot_id, cells, in order of id.

    history: as from follow_hot_spots. current: frame with hot_spot_id and cells. Chosen by windows that ended before
    the current one began, at most former_days before; judged by the current one, which had no part in choosing them.
    Chosen by two windows at least that share no day, or chance alone would leave a former hot spot behind every month.
    A place that shares a cell with a current hot spot is not gone; of two former ones that share a cell, the newer is
    told. Its cells are those of its newest such window.
    """
    length = pd.Timedelta(days=window_days)
    start = pd.Timestamp(as_of) - length
    earlier = history[history["month_end"] <= start]
    first = earlier.groupby("hot_spot_id")["month_end"].transform("min")
    earlier = earlier[
        (earlier["month_end"] - first >= length) & (earlier["month_end"] > start - pd.Timedelta(days=former_days))
    ].drop_duplicates("hot_spot_id", keep="last")
    now = set(current["hot_spot_id"])
    busy = {cell for cells in current["cells"] for cell in cells}
    kept = []
    newest_first = earlier.sort_values(["month_end", "hot_spot_id"], ascending=[False, True])
    for name, cells in zip(newest_first["hot_spot_id"], newest_first["cells"], strict=True):
        if name not in now and busy.isdisjoint(cells):
            kept.append(name)
            busy.update(cells)
    gone = earlier[earlier["hot_spot_id"].isin(kept)]
    return gone[["hot_spot_id", "cells"]].sort_values("hot_spot_id", ignore_index=True)


def classify_persistence(
    counts: ArrayLike,
    *,
    recent: int = 3,
    active_count: int = 1,
    persistent_share: float = 0.8,
    minimum_share: float = 0.1,
) -> NDArray[np.object_]:
    """Class of each hot spot by the periods in which it was active: persistent, emerging, intermittent or former.

    counts: hot spots x periods of equal length, oldest period first, newest last, incidents in the cells of the hot
    spot. The periods must not overlap the window that selected the hot spots (give those before it, or for hot spots of
    the past those after it): a place chosen for its peak looks as if it were emerging before, and fading after, by the
    choice alone.

    A hot spot is active in a period with at least active_count incidents. The last `recent` periods are recent, the
    others earlier. In this order:
      persistent    active in a recent period and in at least persistent_share of all periods
      intermittent  active in a recent period and in at least minimum_share of the earlier ones
      emerging      active in a recent period, and in less than minimum_share of the earlier ones
      former        not active in a recent period, active in at least minimum_share of the earlier ones
      None          neither: outside the selecting window too little happened to say
    Returns an object array of str or None, one per hot spot. The classes and the shares 0.8 and 0.1 follow
    hotspot_classify of sfhotspot (Ashby), with counts in the place of significance.
    Raises ValueError when there is no earlier period, or a count is missing or negative.
    """
    periods = np.asarray(counts, dtype=np.float64)
    if periods.ndim != 2:
        raise ValueError(f"counts have shape [{periods.shape}]; give hot spots x periods")
    if not 1 <= recent < periods.shape[1]:
        raise ValueError(
            f"recent is [{recent}] of [{periods.shape[1]}] periods; at least one must be recent and one earlier"
        )
    if not (periods >= 0).all():
        raise ValueError("counts hold nulls or negative numbers; a period without incidents is 0")
    active = periods >= active_count
    now = active[:, -recent:].any(axis=1)
    earlier = active[:, :-recent].mean(axis=1) >= minimum_share
    always = active.mean(axis=1) >= persistent_share
    result = np.full(len(periods), None, dtype=np.object_)
    result[~now & earlier] = "former"
    result[now & ~earlier] = "emerging"
    result[now & earlier] = "intermittent"
    result[now & always] = "persistent"
    return result


def _handed_on(
    current: pd.DataFrame, seen: Sequence[_Seen], *, category: str, as_of: Date, memory_days: int
) -> list[str]:
    """The ids of name_hot_spots; ``seen``: the rows of its history. In lists, not frames: for every month end."""
    names = _new_ids(current, category=category, as_of=as_of)
    if seen:
        now = _cells_by("rank", current)
        last = max(day for day, _, _ in seen)
        newest = {name: cells for day, name, cells in seen if day == last}
        given = _given_or_new(now, newest, names, as_of=as_of, min_overlap=MIN_OVERLAP)
        rest = {rank: cells for rank, cells in now.items() if rank not in given}
        since = last - timedelta(days=memory_days)
        gone = {name: cells for day, name, cells in seen if day >= since and name not in newest}
        back = _given(rest, gone, MIN_OVERLAP)
        names |= {rank: name for rank, (name, _) in (given | back).items()}
    return [names[rank] for rank in current["rank"].tolist()]


def _cells_by(key: str, frame: pd.DataFrame) -> dict[Any, list[str]]:
    return dict(zip(frame[key].tolist(), frame["cells"], strict=True)) if len(frame) else {}


def _new_ids(current: pd.DataFrame, *, category: str, as_of: Date) -> dict[int, str]:
    """By rank."""
    peaks = zip(current["rank"].tolist(), current["peak_cell"].tolist(), strict=True)
    return {rank: f"hs_{category}_{cell}_{as_of:%Y%m}" for rank, cell in peaks}


def _given_or_new(
    now: dict[int, list[str]], then: dict[str, list[str]], new_ids: dict[int, str], *, as_of: Date, min_overlap: float
) -> dict[int, tuple[str, int]]:
    """As _given; ValueError when the new id of one that is given none is an id of ``then``."""
    given = _given(now, then, min_overlap)
    clash = sorted(name for rank, name in new_ids.items() if rank not in given and name in then)
    if clash:
        raise ValueError(
            f"the new id [{clash[0]}] is already among the previous hot spots; "
            f"give those of a month end before [{as_of:%Y-%m}]"
        )
    return given


def _given(now: dict[int, list[str]], then: dict[str, list[str]], min_overlap: float) -> dict[int, tuple[str, int]]:
    """Rank -> (id of a previous hot spot, shared cells): each id once, pairs that share most cells first."""
    given: dict[int, tuple[str, int]] = {}
    taken: set[str] = set()
    # One step per overlapping pair of hot spots, in order: greedy matching is sequential by nature.
    for shared, name, rank in _overlaps(now, then, min_overlap):
        if rank not in given and name not in taken:
            given[rank] = (name, shared)
            taken.add(name)
    return given


def _overlaps(now: dict[int, list[str]], then: dict[str, list[str]], min_overlap: float) -> list[tuple[int, str, int]]:
    """Pairs that may be the same hot spot, best first: shared cells, id, rank."""
    holders: dict[str, list[str]] = {}
    for name, cells in then.items():
        for cell in cells:
            holders.setdefault(cell, []).append(name)
    shared = Counter((rank, name) for rank, cells in now.items() for cell in cells for name in holders.get(cell, ()))
    enough = [
        (count, name, rank)
        for (rank, name), count in shared.items()
        if count >= min_overlap * min(len(now[rank]), len(then[name]))
    ]
    return sorted(enough, key=lambda pair: (-pair[0], pair[1], pair[2]))
