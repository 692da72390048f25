"""What lies between groups: ties of their members, shared members, shootings, feuds. By group, never by person."""

import datetime as dt

import numpy as np
import pandas as pd

from strategic_prosecution.groups.inputs import day, local_dates, require_columns

_PAIR = ["group_id", "other_group_id"]


def ties_between_groups(
    *,
    ties: pd.DataFrame,
    memberships: pd.DataFrame,
    feuds: pd.DataFrame,
    involvements: pd.DataFrame,
    as_of: dt.date,
    window_days: int,
) -> pd.DataFrame:
    """One row per pair of groups with a tie, a shared member, a shooting between them or an open feud.

    `ties`: source, target (people), as from `same_side_ties`. `memberships`: the active ones, person_id and group_id.
    `feuds`: the open ones, group_id and other_group_id. `involvements`: as for `group_scorecard`; those known by
    `as_of`, of the `window_days` days that end with it, count.

    Returns group_id < other_group_id, tied_pairs (pairs of people, one of each group, who are tied; a person of both
    groups is no tie between them), shared_members, shootings (distinct incidents with one group as suspect and the
    other as victim, either way), open_feud; in order of the two. Counts only. Raises ValueError for a missing column.
    """
    require_columns(ties, name="ties", columns=("source", "target"))
    require_columns(memberships, name="memberships", columns=("person_id", "group_id"))
    require_columns(feuds, name="feuds", columns=_PAIR)
    roster = memberships[["person_id", "group_id"]].dropna().drop_duplicates()
    both = roster.merge(roster, on="person_id", suffixes=("", "_other")).rename(
        columns={"group_id_other": "other_group_id"}
    )
    shared = both[both["group_id"] < both["other_group_id"]].groupby(_PAIR).size()
    parts = {
        "tied_pairs": _tied_pairs(ties, roster),
        "shared_members": shared,
        "shootings": _shootings(involvements, as_of=as_of, window_days=window_days),
        "open_feud": _in_order(feuds[_PAIR].dropna()).groupby(_PAIR).size(),
    }
    table = pd.concat(parts, axis=1).fillna(0).astype("int64").rename_axis(_PAIR).sort_index().reset_index()
    return table.assign(open_feud=table["open_feud"] > 0)


def _tied_pairs(ties: pd.DataFrame, roster: pd.DataFrame) -> pd.Series:
    sides = ties[["source", "target"]]
    for end, name in (("source", "group_id"), ("target", "other_group_id")):
        sides = sides.merge(roster.rename(columns={"person_id": end, "group_id": name}), on=end)
    groups = roster.groupby("person_id")["group_id"].agg(frozenset)
    # Who belongs to both would tie them with every friend of either.
    in_both = [
        other in groups[source] or group in groups[target]
        for source, target, group, other in sides[["source", "target", *_PAIR]].itertuples(index=False, name=None)
    ]
    sides = sides[~np.array(in_both, dtype=bool)]
    return _in_order(sides).drop_duplicates(["source", "target", *_PAIR]).groupby(_PAIR).size()


def _shootings(involvements: pd.DataFrame, *, as_of: dt.date, window_days: int) -> pd.Series:
    require_columns(
        involvements, name="involvements", columns=("incident_id", "event_date", "group_id", "side", "known_on")
    )
    ago = (day(as_of) - local_dates(involvements["event_date"], name="involvements.event_date")).dt.days
    known = local_dates(involvements["known_on"], name="involvements.known_on").le(day(as_of))
    rows = involvements[known & ago.ge(0) & ago.lt(window_days)]
    side = rows["side"]
    pairs = rows.loc[side.eq("suspect"), ["incident_id", "group_id"]].merge(
        rows.loc[side.eq("victim"), ["incident_id", "group_id"]].rename(columns={"group_id": "other_group_id"}),
        on="incident_id",
    )
    pairs = _in_order(pairs[pairs["group_id"] != pairs["other_group_id"]])
    return pairs.groupby(_PAIR)["incident_id"].nunique()


def _in_order(pairs: pd.DataFrame) -> pd.DataFrame:
    swapped = pairs["group_id"] > pairs["other_group_id"]
    return pairs.assign(
        group_id=pairs["other_group_id"].where(swapped, pairs["group_id"]),
        other_group_id=pairs["group_id"].where(swapped, pairs["other_group_id"]),
    )
