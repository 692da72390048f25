"""Hot spots over time: which one is last month's, and which ones stay, come and go."""

from datetime import date as Date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


def match_identity(
    current: pd.DataFrame,
    previous: pd.DataFrame,
    *,
    category: str,
    as_of: Date,
    min_overlap: float = 0.30,
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
    ranks = current["rank"].to_numpy(dtype=np.int64)
    new_id = [f"hs_{category}_{cell}_{as_of:%Y%m}" for cell in current["peak_cell"]]
    result = pd.DataFrame(
        {"rank": ranks, "hot_spot_id": pd.Series(new_id, dtype="str"), "overlap_cells": 0, "is_new": True}
    ).set_index("rank")
    if len(current) and len(previous):
        given_ranks: set[int] = set()
        given_ids: set[str] = set()
        pairs = _overlaps(current, previous, min_overlap)
        # One step per overlapping pair of hot spots, in order: greedy matching is sequential by nature.
        for rank, hot_spot_id, shared in zip(pairs["rank"], pairs["hot_spot_id"], pairs["shared"], strict=True):
            if rank in given_ranks or hot_spot_id in given_ids:
                continue
            given_ranks.add(rank)
            given_ids.add(hot_spot_id)
            result.loc[rank, "hot_spot_id"] = hot_spot_id
            result.loc[rank, "overlap_cells"] = shared
            result.loc[rank, "is_new"] = False
        known = set(previous["hot_spot_id"])
        clash = sorted(known.intersection(result.loc[result["is_new"], "hot_spot_id"]))
        if clash:
            raise ValueError(
                f"the new id [{clash[0]}] is already among the previous hot spots; "
                f"give those of a month end before [{as_of:%Y-%m}]"
            )
    return result.sort_index().reset_index()


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


def _overlaps(current: pd.DataFrame, previous: pd.DataFrame, min_overlap: float) -> pd.DataFrame:
    """Pairs that may be the same hot spot, best first: rank, hot_spot_id, shared."""
    now = pd.DataFrame({"rank": current["rank"], "cell": current["cells"]}).explode("cell")
    then = pd.DataFrame({"hot_spot_id": previous["hot_spot_id"], "cell": previous["cells"]}).explode("cell")
    now["size_now"] = now.groupby("rank")["cell"].transform("size")
    then["size_then"] = then.groupby("hot_spot_id")["cell"].transform("size")
    pairs = now.merge(then, on="cell").groupby(["rank", "hot_spot_id"], as_index=False)
    shared = pairs.agg(shared=("cell", "size"), size_now=("size_now", "first"), size_then=("size_then", "first"))
    smaller = shared[["size_now", "size_then"]].min(axis=1)
    enough = shared[shared["shared"] >= min_overlap * smaller]
    return enough.sort_values(["shared", "hot_spot_id", "rank"], ascending=[False, True, True])
