"""What a reader can work out of hidden numbers from those shown: the range of each, by linear programming.

A reader knows every number shown, every sum they stand in, and that nothing is below 0. What it can then think a hidden
number to be is a range; two sets of numbers that fit everything shown, and are far enough apart in it, prove that the
range is wide (Hundepool et al. 2012, *Statistical Disclosure Control*, chapter 4).
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

from strategic_prosecution.safeguards.relations import Places, System
from strategic_prosecution.safeguards.small_cells import Mask, Numbers

# One program looks for room for many numbers at once; what is still narrow after these gets its own.
_ROUNDS = 4
_TOGETHER = 3000
TOLERANCE = 1e-6


class Ranges:
    """How far from the truth each number can be thought, as far as is proven; hiding more rows only widens them."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.low = np.zeros(len(system.row))
        self.high = np.zeros(len(system.row))

    def narrow(self, targets: Places) -> Places:
        """The targets not proven to have the range they need."""
        need = self.system.need[targets]
        narrow: Places = targets[self.high[targets] - self.low[targets] < need * (1 - TOLERANCE)]
        return narrow

    def widen(self, hidden: Mask, targets: Places) -> Places:
        """Look for room for the targets with these rows hidden; returns those still narrow.

        Each round is over the parts that hold a narrow one alone: after the first these are few.
        """
        draw = np.random.default_rng(0)
        for _ in range(_ROUNDS):
            for lines, numbers in bundles(self.system, hidden, self.narrow(targets)):
                self._widen_together(lines, numbers, np.intersect1d(numbers, targets), draw=draw)
        return self.narrow(targets)

    def note(self, numbers: Places, found: Numbers) -> None:
        """Take note of numbers that fit everything shown: how far each is from the truth."""
        self.low[numbers] = np.minimum(self.low[numbers], found)
        self.high[numbers] = np.maximum(self.high[numbers], found)

    def _widen_together(self, lines: Places, numbers: Places, targets: Places, *, draw: np.random.Generator) -> None:
        """Push every narrow target one way and then the other, some up first and some down."""
        matrix = self.system.sums[lines][:, numbers]
        need, down = self.system.need[numbers], self.system.down[numbers]
        is_target = np.isin(numbers, targets)
        lower = -np.where(is_target, np.minimum(down, need), down)
        upper = np.where(is_target, need, np.inf)
        # Of two that can only move against each other one must weigh more, or neither moves.
        weight = draw.uniform(-1.0, 1.0, len(numbers))
        cost = np.where(np.isin(numbers, self.narrow(targets)), weight / np.maximum(need, 1.0), 0.0)
        for direction in (cost, -cost):
            self.note(numbers, solve(direction, matrix, lower=lower, upper=upper))


def solve(cost: Numbers, matrix: sparse.csr_array, *, lower: Numbers, upper: Numbers) -> Numbers:
    """The cheapest numbers within their bounds that ``matrix`` takes to 0; no move at all is one of them."""
    found = milp(cost, constraints=LinearConstraint(matrix, lb=0.0, ub=0.0), bounds=Bounds(lower, upper))
    if found.x is None:
        raise RuntimeError(f"suppress: the solver stopped ({found.message}); nothing may be published")
    return np.asarray(found.x)


def parts(system: System, hidden: Mask, targets: Places) -> Iterator[tuple[Places, Places]]:
    """Lines and unknown numbers that hang together through sums; those with a target only."""
    unknown = np.flatnonzero((system.row < 0) | hidden[system.row])
    matrix = system.sums[:, unknown].tocoo()
    lines, numbers = system.sums.shape[0], len(unknown)
    graph = sparse.coo_array(
        (np.ones(matrix.nnz), (matrix.row, matrix.col + lines)), shape=(lines + numbers, lines + numbers)
    )
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    wanted = np.unique(label[lines:][np.isin(unknown, targets)])
    starts = np.searchsorted(label[order], wanted)
    ends = np.searchsorted(label[order], wanted, side="right")
    for start, end in zip(starts, ends, strict=True):
        # In order: the lines come before the numbers.
        mine = order[start:end]
        first = np.searchsorted(mine, lines)
        yield mine[:first], unknown[mine[first:] - lines]


def bundles(system: System, hidden: Mask, targets: Places) -> Iterator[tuple[Places, Places]]:
    """Parts put together until they are worth a program."""
    found: list[tuple[Places, Places]] = []
    size = 0
    for part in parts(system, hidden, targets):
        found.append(part)
        size += len(part[1])
        if size > _TOGETHER:
            yield _together(found)
            found, size = [], 0
    if found:
        yield _together(found)


def _together(found: list[tuple[Places, Places]]) -> tuple[Places, Places]:
    lines, numbers = (np.sort(np.concatenate(places)) for places in zip(*found, strict=True))
    return lines, numbers
