"""Planted groups: who belongs, who is at feud with whom, and which group stands on which side of each shooting."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.shares import deal

UNKNOWN_SIDE = -1


@dataclass(frozen=True)
class Groups:
    """names by group number; members: group, person (row of people), core (how active); feuds: group, other, ended."""

    names: tuple[str, ...]
    members: pd.DataFrame
    feuds: pd.DataFrame
    by: np.ndarray[Any, np.dtype[np.float64]]
    against: np.ndarray[Any, np.dtype[np.float64]]


def make_groups(rng: np.random.Generator, people: pd.DataFrame, *, incidents: int) -> Groups:
    """Eight groups of 8-13 in a small county, ten of 8-25 in a large one; nobody is in two.

    Violence by the groups falls off by a quarter from one to the next in one random order, violence against them in
    another. Three pairs are at feud; the last of them made peace on 2024-09-01. Person 0 is in the first group.
    """
    count, largest = (10, 25) if incidents >= 20_000 else (8, 13)
    sizes = rng.integers(8, largest + 1, count)
    age_days = -people["birth_day"].to_numpy()
    young = np.flatnonzero((age_days > 15 * 365.25) & (age_days < 34 * 365.25))
    young = np.concatenate([[0], rng.permutation(young[young > 0])])
    if len(young) < sizes.sum():
        raise ValueError(f"only [{len(young)}] people of age for [{sizes.sum()}] members; ask for more incidents")
    members = pd.DataFrame({"group": np.repeat(np.arange(count), sizes), "person": young[: sizes.sum()]})
    members["core"] = np.exp(rng.normal(0, 0.5, len(members)))
    by, against = (np.power(0.75, rng.permutation(count).astype(float)) for _ in range(2))
    order = np.argsort(-by)
    feuds = pd.DataFrame({"group": order[[0, 1, 3]], "other": order[[2, 4, 5]]})
    feuds["known_day"] = [160, 300, 60]
    feuds["ended_day"] = [days.MISSING, days.MISSING, 609]
    names = tuple(f"GRP-{number + 1:02d}" for number in range(count))
    return Groups(names, members, feuds, by, against)


def sides(rng: np.random.Generator, groups: Groups, *, day: days.Ints) -> tuple[days.Ints, days.Ints]:
    """Group of the suspect and of the victim for each criminal shooting, UNKNOWN_SIDE where none is known.

    Shares are dealt out year by year, exactly, so that the planted order shows in every full year: seven shootings in
    ten have a group as suspect, one more in ten only as victim.
    """
    count = len(groups.names)
    rivals = np.zeros((count, count))
    open_feuds = groups.feuds[["group", "other"]].to_numpy()
    rivals[open_feuds[:, 0], open_feuds[:, 1]] = rivals[open_feuds[:, 1], open_feuds[:, 0]] = 1
    toward = np.tile(groups.against, (count, 1)) * (1 - np.eye(count))
    toward = 0.35 * toward / toward.sum(axis=1, keepdims=True) + 0.40 * rivals
    cells = np.zeros((count + 1, count + 1))
    cells[:count, :count] = groups.by[:, None] * toward
    cells[:count, count] = groups.by * (1 - toward.sum(axis=1))
    cells[:count] *= 0.7 / cells[:count].sum()
    cells[count, :count] = 0.1 * groups.against / groups.against.sum()
    cells[count, count] = 0.2
    suspect = np.full(len(day), UNKNOWN_SIDE)
    victim = suspect.copy()
    years = days.year_of(day)
    for year in np.unique(years):
        rows = np.flatnonzero(years == year)
        dealt = rng.permutation(np.repeat(np.arange(cells.size), deal(cells.ravel(), total=len(rows))))
        first, second = np.divmod(dealt, count + 1)
        suspect[rows] = np.where(first == count, UNKNOWN_SIDE, first)
        victim[rows] = np.where(second == count, UNKNOWN_SIDE, second)
    return suspect, victim


def draw_members(rng: np.random.Generator, groups: Groups, *, group: days.Ints, size: days.Ints) -> pd.DataFrame:
    """For each event, ``size`` different members of its group, the more active more often: frame event, person."""
    events = pd.DataFrame({"event": np.arange(len(group)), "group": group, "size": size})
    pairs = events.merge(groups.members, on="group")
    # The largest of (log weight + Gumbel noise) is a draw by weight without replacement.
    pairs["key"] = np.log(pairs["core"]) + rng.gumbel(size=len(pairs))
    pairs = pairs.sort_values(["event", "key"], ascending=[True, False], kind="stable")
    pairs = pairs[pairs.groupby("event").cumcount() < pairs["size"]]
    return pairs[["event", "person"]].reset_index(drop=True)
