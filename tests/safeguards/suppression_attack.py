"""A reader who wants hidden numbers back: linear programming over everything shown, written without the package.

The attacker knows the rows of an edition, which numbers add up to which, and that no count is below 0. It works in the
numbers themselves, one program for the lower and one for the upper end of each.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

Cell = tuple[str, pd.Timestamp, str, str]
Sum = tuple[Cell, tuple[Cell, ...]]
CELL = ["period", "period_start", "breakdown", "segment"]
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def cells_of(frame: pd.DataFrame, column: str) -> dict[Cell, float]:
    """What a column says of each cell of one metric: nan where hidden."""
    values = frame[column].to_numpy(dtype="float64", na_value=np.nan)
    keys = frame[CELL].assign(period_start=pd.to_datetime(frame["period_start"]))
    return dict(zip(keys.itertuples(index=False, name=None), values.tolist(), strict=True))


def sums_of(cells: Iterable[Cell], *, over_time: bool = True) -> list[Sum]:
    """Every total and its parts: segments that leave out a dimension, months and quarters of a longer period."""
    known = set(cells)
    parts: dict[tuple[Cell, str], list[Cell]] = defaultdict(list)
    for cell in sorted(known):
        period, start, breakdown, segment = cell
        names = breakdown.split(" x ") if breakdown else []
        values = segment.split(" x ") if breakdown else []
        for kept in range(2 ** len(names) - 1):
            places = [place for place in range(len(names)) if kept >> place & 1]
            coarser = " x ".join(names[place] for place in places), " x ".join(values[place] for place in places)
            parts[(period, start, *coarser), breakdown].append(cell)
        for longer, months in MONTHS.items():
            if over_time and months > MONTHS[period]:
                first = pd.Timestamp(start.year, start.month - (start.month - 1) % months, 1)
                parts[(longer, first, breakdown, segment), period].append(cell)
    return [(total, tuple(of)) for (total, _), of in parts.items() if total in known]


def ranges(
    shown: Mapping[Cell, float],
    sums: Iterable[Sum],
    targets: Iterable[Cell],
    *,
    floors: Mapping[Cell, float] = MappingProxyType({}),
) -> dict[Cell, tuple[float, float]]:
    """The lowest and highest each target can be, given what is shown; inf where nothing bounds it.

    ``floors``: what the attacker knows some hidden cells to be at least; others are at least 0.
    """
    sums = list(sums)
    of: dict[Cell, list[int]] = defaultdict(list)
    for number, (total, parts) in enumerate(sums):
        for cell in (total, *parts):
            of[cell].append(number)
    found = {}
    for target in targets:
        near = _near(target, shown, sums, of)
        names = sorted({cell for total, parts in near for cell in (total, *parts)} | {target})
        place = {cell: number for number, cell in enumerate(names)}
        entries = [
            (line, place[cell], sign)
            for line, (total, parts) in enumerate(near)
            for cell, sign in ((total, -1.0), *((part, 1.0) for part in parts))
        ]
        line, column, signs = zip(*entries, strict=True) if entries else ((), (), ())
        lines = sparse.csr_array((signs, (line, column)), shape=(len(near), len(names)))
        bounds = [
            (floors.get(cell, 0.0), None) if np.isnan(shown[cell]) else (shown[cell], shown[cell]) for cell in names
        ]
        ends = []
        for sign in (1.0, -1.0):
            aim = np.zeros(len(names))
            aim[place[target]] = sign
            solved = linprog(
                aim, A_eq=lines if near else None, b_eq=np.zeros(len(near)) if near else None, bounds=bounds
            )
            assert solved.status in (0, 3), solved.message
            ends.append(sign * solved.fun if solved.status == 0 else np.inf)
        found[target] = (ends[0], ends[1])
    return found


def _near(target: Cell, shown: Mapping[Cell, float], sums: list[Sum], of: Mapping[Cell, list[int]]) -> list[Sum]:
    """The sums that say anything of the target: over hidden cells that hang together with it."""
    found: set[int] = set()
    seen, waiting = {target}, [target]
    while waiting:
        for number in of[waiting.pop()]:
            if number not in found:
                found.add(number)
                total, parts = sums[number]
                fresh = {cell for cell in (total, *parts) if np.isnan(shown[cell])} - seen
                seen |= fresh
                waiting.extend(sorted(fresh))
    return [sums[number] for number in sorted(found)]
