"""Medians of many cells at once, from how many units there are of each duration."""

import numpy as np

from strategic_prosecution.metrics.intervals import Integers, Median, median_ranks, median_with_open_cases


def plain_medians(durations: Integers, units: Integers, *, sizes: Integers) -> Median:
    """Medians of cells that lie one after the other, ``sizes`` rows each with ascending durations, and limits by ranks.

    The median of an even number of units is the middle of the two; the limits are durations of units
    (intervals.median_ranks). Every cell has a row.
    """
    ends = sizes.cumsum() - 1
    reached = units.cumsum()
    count = np.diff(reached[ends], prepend=0)
    before = reached[ends] - count

    def at(rank: Integers) -> Integers:
        """The duration of the unit of that rank, from 1, in each cell."""
        found: Integers = durations[np.searchsorted(reached, before + rank, side="left")]
        return found

    lower, upper = median_ranks(count)
    limits = [np.where(rank > 0, at(np.maximum(rank, 1)), np.nan) for rank in (lower, upper)]
    return Median((at((count + 1) // 2) + at(count // 2 + 1)) / 2, *limits)


def medians_with_open_cases(durations: Integers, ended: Integers, units: Integers, *, sizes: Integers) -> Median:
    """Kaplan-Meier medians of cells that lie one after the other, ``sizes`` rows each with ascending durations."""
    value, lower, upper = (np.full(len(sizes), np.nan) for _ in range(3))
    starts = sizes.cumsum() - sizes
    # Cells of like size share a rectangle: the curves of a thousand are made at once, and little of it is filling.
    breadth = np.ceil(np.log2(np.maximum(sizes, 1))).astype("int64")
    for power in np.unique(breadth):
        chosen = np.flatnonzero(breadth == power)
        column = np.arange(sizes[chosen].max())
        holds = column < sizes[chosen, None]
        row = np.where(holds, starts[chosen, None] + column, 0)
        found = median_with_open_cases(
            durations[row], *(np.where(holds, amounts[row], 0) for amounts in (ended, units))
        )
        value[chosen], lower[chosen], upper[chosen] = found
    return Median(value, lower, upper)
