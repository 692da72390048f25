"""Who is one person: connected records, under constraints that no chain of likenesses gets round."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
NOBODY = -1
# Of more birth dates than this, most records of a person have one: otherwise each may be the next one's misspelling.
_MOST_BIRTHS = 3


@dataclass(frozen=True)
class Nodes:
    """What is known of each node, by its number: all arrays of one length.

    ``number``: code of its state id, ``NOBODY`` without; ``birth``: code of its birth date, ``NOBODY`` without;
    ``records``: how many records it stands for.
    """

    number: Ints
    birth: Ints
    records: Ints


@dataclass(frozen=True)
class Clusters:
    """``label``: for each node the smallest node of its cluster; ``refused``: ties that were not followed.

    ``refused`` is a frame: tie (its place among the ties), why (numbers_differ, birth_years, decisions_differ).
    """

    label: Ints
    refused: pd.DataFrame


def cluster(
    nodes: Nodes,
    ties: pd.DataFrame,
    *,
    apart: Iterable[tuple[int, int]] = (),
    clashing_births: frozenset[tuple[int, int]] = frozenset(),
) -> Clusters:
    """Join what is tied, strongest first, and follow no tie that would break a constraint.

    ``ties``: left, right (nodes), in the order in which they are to be followed; ``is_stated`` marks those that a
    reviewer or a number made: different numbers and birth dates do not stop these. ``apart``: nodes that a reviewer
    told apart: they never meet. ``clashing_births``: pairs of codes (smaller first) of birth dates that cannot be one
    person's: two clusters whose most frequent birth dates clash are not joined, nor such as would have more than three
    of which none is that of most records. Only connected parts in which something clashes are gone through tie by tie;
    in all others the order does not matter.
    """
    size = len(nodes.number)
    left, right = ties["left"].to_numpy(np.int64), ties["right"].to_numpy(np.int64)
    part = connected_parts(left, right, size=size)
    pairs = [(a, b) for a, b in apart if part[a] == part[b]]
    clashing = _parts_in_conflict(nodes, part, pairs, clashing_births)
    label = _smallest(part)
    inside = np.flatnonzero(np.isin(part[left], clashing))
    members = np.flatnonzero(np.isin(part, clashing))
    followed = _Careful(nodes, members, pairs, clashing_births)
    decided = ties["is_stated"].to_numpy(bool)
    why = [followed.tie(int(left[tie]), int(right[tie]), is_stated=bool(decided[tie])) for tie in inside]
    label[members] = [followed.root(int(node)) for node in members]
    label = _smallest(label)
    refused = pd.DataFrame({"tie": inside, "why": pd.Series(why, dtype=object)}).dropna().reset_index(drop=True)
    return Clusters(label, refused)


def connected_parts(left: Ints, right: Ints, *, size: int) -> Ints:
    """For each of ``size`` nodes the number of the part that ties connect it with."""
    _, part = connected_components(coo_array((np.ones(len(left), np.int8), (left, right)), shape=(size, size)))
    numbers: Ints = np.asarray(part, dtype=np.int64)
    return numbers


class _Careful:
    """Clusters that grow tie by tie, each with its numbers, its birth dates and those it was told apart from."""

    def __init__(
        self, nodes: Nodes, members: Ints, apart: list[tuple[int, int]], clashing: frozenset[tuple[int, int]]
    ) -> None:
        self._parent = {int(node): int(node) for node in members}
        self._numbers = {
            int(node): {int(nodes.number[node])} if nodes.number[node] != NOBODY else set() for node in members
        }
        self._births: dict[int, dict[int, int]] = {
            int(node): {int(nodes.birth[node]): int(nodes.records[node])} if nodes.birth[node] != NOBODY else {}
            for node in members
        }
        self._apart: dict[int, set[int]] = defaultdict(set)
        for a, b in apart:
            self._apart[a].add(b)
            self._apart[b].add(a)
        self._members = {int(node): {int(node)} for node in members}
        self._clashing = clashing

    def root(self, node: int) -> int:
        while (parent := self._parent[node]) != node:
            self._parent[node] = parent = self._parent[parent]
            node = parent
        return node

    def tie(self, left: int, right: int, *, is_stated: bool) -> str | None:
        """Join two clusters; returns why not, None where they are one."""
        left, right = sorted((self.root(left), self.root(right)))
        if left == right:
            return None
        if self._told_apart(left, right):
            return "decisions_differ" if is_stated else "told_apart"
        if not is_stated:
            ours, theirs = self._numbers[left], self._numbers[right]
            if ours and theirs and not ours & theirs:
                return "numbers_differ"
            births = sorted((self._usual_birth(left), self._usual_birth(right)))
            if (births[0], births[1]) in self._clashing or self._would_drift(left, right):
                return "birth_years"
        self._parent[right] = left
        self._numbers[left] |= self._numbers.pop(right)
        self._members[left] |= self._members.pop(right)
        for birth, records in self._births.pop(right).items():
            self._births[left][birth] = self._births[left].get(birth, 0) + records
        return None

    def _told_apart(self, left: int, right: int) -> bool:
        return any(self._apart[node] & self._members[right] for node in self._members[left] if node in self._apart)

    def _would_drift(self, left: int, right: int) -> bool:
        births = Counter(self._births[left]) + Counter(self._births[right])
        return len(births) > _MOST_BIRTHS and 2 * max(births.values()) <= births.total()

    def _usual_birth(self, root: int) -> int:
        births = self._births[root]
        return min(births, key=lambda birth: (-births[birth], birth), default=NOBODY)


def _parts_in_conflict(
    nodes: Nodes, part: Ints, apart: list[tuple[int, int]], clashing: frozenset[tuple[int, int]]
) -> Ints:
    """The connected parts in which two numbers, two clashing birth dates or two nodes told apart meet."""
    found = [part[a] for a, _ in apart]
    for values in (nodes.number, nodes.birth):
        known = values != NOBODY
        pairs = pd.DataFrame({"part": part[known], "value": values[known]}).drop_duplicates()
        several = pairs[pairs.duplicated("part", keep=False)]
        if values is nodes.number:
            found.extend(several["part"].unique())
        else:
            births = several.sort_values(["part", "value"]).groupby("part")["value"].agg(list)
            found.extend(
                number
                for number, codes in births.items()
                if len(codes) > _MOST_BIRTHS
                or any((a, b) in clashing for n, a in enumerate(codes) for b in codes[n + 1 :])
            )
    return np.unique(np.array(found, np.int64))


def _smallest(part: Ints) -> Ints:
    """For each node the smallest node with the same value."""
    _, first, inverse = np.unique(part, return_index=True, return_inverse=True)
    return first.astype(np.int64)[inverse]
