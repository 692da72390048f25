"""Which rows to hide besides the small ones: a cheap set that leaves every small number a wide enough range.

Two steps. A covering model, solved by HiGHS: a 0/1 variable per row, and for each sum what must be hidden with what
(the capacity and bridgeless inequalities of Fischetti & Salazar-Gonzalez 2001). Then, for the numbers whose range is
not yet proven wide, the cheapest way to make room for them, by linear programming (after Kelly, Golden & Assad 1992):
the rows that takes are hidden. A number is done when numbers are found that prove its range, not before; what may miss
its optimum is the cost, never the protection.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

from strategic_prosecution.safeguards.recovery import TOLERANCE, Ranges, bundles, parts, solve
from strategic_prosecution.safeguards.relations import Places, System
from strategic_prosecution.safeguards.small_cells import Mask, Numbers

# Nodes, not seconds: a slow machine hides the same rows.
_NODES = 500
_GAP = 1e-6
# Worth more than any row: what a number gains is paid for whenever it can be had.
_WORTH = 1e4


@dataclass(frozen=True)
class Choice:
    """The rows to hide, and the numbers that hiding all that may be hidden leaves in too narrow a range.

    ``cost``: of the rows hidden besides the forced ones; ``least``: no choice among the rows that were free first can
    cost less.
    """

    hidden: Mask
    narrow: Places
    cost: float
    least: float


def choose(system: System, *, forced: Mask, free: Sequence[Mask], cost: Numbers) -> Choice:
    """Hide the ``forced`` rows and few others, by ``cost``, so that every number has the range it needs.

    ``free``: rows that may be hidden; those of a later mask only for numbers that the ones before cannot protect.
    """
    can_be = forced.copy()
    for mask in free:
        can_be |= mask
    wanting = np.flatnonzero(system.need > 0)
    # What is shown whatever is chosen has no range.
    targets = wanting[can_be[system.row[wanting]]]
    shown = wanting[~can_be[system.row[wanting]]]
    if not len(targets):
        return Choice(forced, shown, 0.0, 0.0)
    ranges = Ranges(system)
    hidden, least = _cover(system, forced=forced, free=free[0] & ~forced, cost=cost, targets=targets)
    left = ranges.widen(hidden, targets)
    may = np.zeros_like(forced)
    for place, more in enumerate(free):
        may |= more
        is_last = place == len(free) - 1
        hidden, left = _make_room(ranges, left, hidden=hidden, free=may, cost=cost, alone=is_last)
    return Choice(hidden, np.union1d(left, shown), float(cost[hidden & ~forced].sum()), least)


def _make_room(
    ranges: Ranges, left: Places, *, hidden: Mask, free: Mask, cost: Numbers, alone: bool
) -> tuple[Mask, Places]:
    """Hide free rows until every number has room, or has been tried; returns those without.

    Numbers are tried together; ``alone``: what finds no room beside others is tried by itself before it is given up.
    """
    system = ranges.system
    tries = np.zeros(len(system.row), dtype=np.int64)
    without: list[Places] = []
    while len(left):
        tried = []
        for lines, numbers in bundles(system, hidden | free, left):
            mine = np.intersect1d(numbers, left)
            together = _apart(system, mine[tries[mine] == 0])
            if not len(together):
                together = _one_each(system, hidden | free, mine) if alone else _apart(system, mine)
            hidden = _hide_for(ranges, together, lines=lines, numbers=numbers, hidden=hidden, cost=cost)
            tried.append(together)
        failed = ranges.narrow(np.concatenate(tried))
        tries[failed] += 1
        without.append(failed[tries[failed] > 1])
        left = np.setdiff1d(ranges.narrow(left), without[-1])
    return hidden, np.sort(np.concatenate([left, *without]))


def _apart(system: System, numbers: Places) -> Places:
    """Numbers no two of which stand in one sum, from the first on."""
    taken: set[int] = set()
    apart = []
    lines_of = system.lines_of
    for number in numbers:
        lines = lines_of.indices[lines_of.indptr[number] : lines_of.indptr[number + 1]].tolist()
        if taken.isdisjoint(lines):
            taken.update(lines)
            apart.append(number)
    return np.array(apart, dtype=np.int64)


def _one_each(system: System, may_be_hidden: Mask, numbers: Places) -> Places:
    """The first number of each part that hangs together: what one takes is not another's."""
    return np.array(
        [part[np.isin(part, numbers)][0] for _, part in parts(system, may_be_hidden, numbers)], dtype=np.int64
    )


def _hide_for(ranges: Ranges, targets: Places, *, lines: Places, numbers: Places, hidden: Mask, cost: Numbers) -> Mask:
    """Hide what gives the targets the ranges they need, as cheaply as one linear program sees it."""
    system = ranges.system
    row, down = system.row[numbers], system.down[numbers]
    shown = np.flatnonzero((row >= 0) & ~hidden[row])
    aim = np.searchsorted(numbers, targets)
    matrix = system.sums[lines][:, numbers]
    # What a shown number moves up is paid for apart from what it moves down; what is hidden moves for nothing.
    both = sparse.hstack([matrix, -matrix[:, shown]]).tocsr()
    lower, upper = -down, np.full(len(numbers), np.inf)
    lower[shown] = 0.0
    lower[aim], upper[aim] = 0.0, system.need[targets] + ranges.low[targets]
    price = cost[row[shown]] / np.clip(down[shown], 1.0, system.need[targets].min())
    prices = np.zeros(len(numbers))
    prices[shown] = price
    prices[aim] = -_WORTH
    moved = solve(
        np.concatenate([prices, price]),
        both,
        lower=np.concatenate([lower, np.zeros(len(shown))]),
        upper=np.concatenate([upper, down[shown]]),
    )
    found = moved[: len(numbers)]
    found[shown] -= moved[len(numbers) :]
    ranges.note(numbers, found)
    result = hidden.copy()
    result[row[shown[np.abs(found[shown]) > TOLERANCE]]] = True
    return result


def _cover(system: System, *, forced: Mask, free: Mask, cost: Numbers, targets: Places) -> tuple[Mask, float]:
    """The covering model over what each sum says by itself: the rows to hide, and a bound on what they cost."""
    matrix, least, rows = _inequalities(system, forced=forced, free=free, targets=targets)
    hidden, bound = forced.copy(), 0.0
    for of_lines, of_rows in _blocks(matrix, least > 0):
        found = milp(
            cost[rows[of_rows]],
            constraints=LinearConstraint(matrix[of_lines][:, of_rows], lb=least[of_lines] - TOLERANCE),
            integrality=np.ones(len(of_rows), dtype=np.int64),
            bounds=Bounds(0.0, 1.0),
            options={"node_limit": _NODES, "mip_rel_gap": _GAP},
        )
        # Without a solution within its nodes, or where rows of the next mask are needed: the second step has both.
        if found.x is not None:
            bound += float(found.mip_dual_bound)
            hidden[rows[of_rows[found.x > 0.5]]] = True
    return hidden, bound


def _blocks(matrix: sparse.csr_array, asked: Mask) -> list[tuple[Places, Places]]:
    """Lines and columns of a matrix that hang together; those with a line that is asked for only."""
    lines, columns = matrix.shape
    entries = matrix.tocoo()
    graph = sparse.coo_array(
        (np.ones(entries.nnz), (entries.row, entries.col + lines)), shape=(lines + columns, lines + columns)
    )
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    wanted = np.unique(label[:lines][asked])
    starts = np.searchsorted(label[order], wanted)
    ends = np.searchsorted(label[order], wanted, side="right")
    found = []
    for start, end in zip(starts, ends, strict=True):
        mine = order[start:end]
        found.append((mine[mine < lines], mine[mine >= lines] - lines))
    return found


def _inequalities(
    system: System, *, forced: Mask, free: Mask, targets: Places
) -> tuple[sparse.csr_array, Numbers, Places]:
    """Lines ``sum of what hiding each row adds >= least`` over the free rows, which are the columns."""
    rows = np.flatnonzero(free)
    column = np.full(len(free), -1)
    column[rows] = np.arange(len(rows))
    room, least = _room(system, forced=forced, column=column, columns=len(rows), targets=targets)
    alone = _not_alone(system, forced=forced, column=column, columns=len(rows))
    return sparse.csr_array(sparse.vstack([room, alone])), np.concatenate([least, np.zeros(alone.shape[0])]), rows


def _room(
    system: System, *, forced: Mask, column: Places, columns: int, targets: Places
) -> tuple[sparse.csr_array, Numbers]:
    """In each sum it stands in, a number can be larger only as far as those on its side can be smaller."""
    picked = system.lines_of[targets].tocoo()
    need = system.need[targets] - system.down[targets]
    # One as large as its need may as well be smaller: then those on the other side make room.
    either = need <= 0
    need = np.where(either, system.need[targets], need)
    entries = (sparse.diags_array(picked.data) @ system.sums[picked.col]).tocoo()
    others = entries.col != targets[picked.row[entries.row]]
    line, number, is_same = entries.row[others], entries.col[others], entries.data[others] > 0
    target = picked.row[line]
    adds = np.where(is_same & ~either[target], np.minimum(system.down[number], need[target]), need[target])
    row = system.row[number]
    known = (row < 0) | forced[row]
    least = need[picked.row] - np.bincount(line[known], weights=adds[known], minlength=len(picked.row))
    mine = ~known & (column[row] >= 0)
    value = np.minimum(adds[mine], np.maximum(least, 0.0)[line[mine]])
    matrix = sparse.csr_array((value, (line[mine], column[row[mine]])), shape=(len(least), columns))
    # More than all of them cannot be asked.
    least = np.minimum(least, matrix.sum(axis=1))
    asked = least > TOLERANCE
    return sparse.csr_array(sparse.diags_array(1 / least[asked]) @ matrix[asked]), np.ones(int(asked.sum()))


def _not_alone(system: System, *, forced: Mask, column: Places, columns: int) -> sparse.csr_array:
    """What alone is hidden in a sum is not hidden: a free row is hidden with another row of each of its sums."""
    sums = system.sums.tocoo()
    row = system.row[sums.col]
    loose = np.zeros(system.sums.shape[0], dtype=bool)
    loose[sums.row[(row < 0) | forced[row]]] = True
    free = (row >= 0) & (column[row] >= 0) & ~loose[sums.row]
    entries = system.sums[sums.row[free]].tocoo()
    of = system.row[entries.col]
    mine = column[of] >= 0
    value = np.where(of == row[free][entries.row], -1.0, 1.0)
    return sparse.csr_array((value[mine], (entries.row[mine], column[of[mine]])), shape=(int(free.sum()), columns))
