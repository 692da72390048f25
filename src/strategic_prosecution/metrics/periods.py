"""Months, quarters and years: which there are, and sums over each of them from sums over months."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from strategic_prosecution.metrics.intervals import Integers
from strategic_prosecution.metrics.record import Period

_FREQUENCIES: dict[Period, str] = {"month": "M", "quarter": "Q", "year": "Y"}


@dataclass(frozen=True)
class Calendar:
    """The periods from one day to another: months, then quarters, then years, each in order of time.

    Months are numbered from January of ``first_year``, 0; ``first_month`` and ``last_month`` are those of each period.
    """

    first_year: int
    months: int
    names: npt.NDArray[np.object_]
    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex
    first_month: Integers
    last_month: Integers

    def __len__(self) -> int:
        return len(self.names)

    def totals(self, by_month: Integers) -> Integers:
        """Sums over each period (first axis) from sums over each month (first axis)."""
        before = np.concatenate([np.zeros((1, *by_month.shape[1:]), dtype="int64"), by_month.cumsum(axis=0)])
        totals: Integers = before[self.last_month + 1] - before[self.first_month]
        return totals

    def of_months(self) -> Integers:
        """The period of each kind (rows) that each month (columns) is in, by its place; -1 where there is none."""
        kinds = [np.flatnonzero(self.names == kind) for kind in dict.fromkeys(self.names)]
        places = np.full((len(kinds), self.months), -1, dtype="int64")
        for row, periods in enumerate(kinds):
            for period in periods:
                places[row, self.first_month[period] : self.last_month[period] + 1] = period
        return places

    def runs(
        self, kinds: npt.NDArray[Any], firsts: npt.NDArray[Any], lasts: npt.NDArray[Any]
    ) -> tuple[Integers, Integers]:
        """Places of the first and last of runs of periods, given by their first days; one with none ends before it."""
        begin, end = np.zeros(len(kinds), dtype="int64"), np.full(len(kinds), -1, dtype="int64")
        for kind in dict.fromkeys(self.names):
            periods, chosen = np.flatnonzero(self.names == kind), np.flatnonzero(kinds == kind)
            starts = self.starts.to_numpy()[periods]
            begin[chosen] = periods[0] + np.searchsorted(starts, firsts[chosen], side="left")
            end[chosen] = periods[0] + np.searchsorted(starts, lasts[chosen], side="right") - 1
        return begin, end

    def first_days(self, *, until: date) -> tuple[Integers, Integers]:
        """First day of each period and day after its last, not after ``until``; in days since 1970."""
        last = np.datetime64(until, "D")
        starts = np.minimum(self.starts.to_numpy().astype("datetime64[D]"), last)
        nexts = np.minimum(self.ends.to_numpy().astype("datetime64[D]") + 1, last)
        return starts.astype("int64"), nexts.astype("int64")


@cache
def calendar(first: date, last: date, *, kinds: tuple[Period, ...]) -> Calendar:
    """The periods of the kinds from the one that holds ``first`` to the one that holds ``last``."""
    names, starts, ends = [], [], []
    for kind, frequency in _FREQUENCIES.items():
        if kind in kinds:
            index = pd.period_range(first, last, freq=frequency)
            names.append(np.full(len(index), kind, dtype=object))
            starts.append(index.start_time.as_unit("us"))
            ends.append(index.end_time.normalize().as_unit("us"))
    all_starts, all_ends = (pd.DatetimeIndex(np.concatenate(days)) for days in (starts, ends))
    return Calendar(
        first_year=first.year,
        months=12 * (last.year - first.year + 1),
        names=np.concatenate(names),
        starts=all_starts,
        ends=all_ends,
        first_month=_month(all_starts, first.year),
        last_month=_month(all_ends, first.year),
    )


def _month(days: pd.DatetimeIndex, first_year: int) -> Integers:
    return np.asarray((days.year - first_year) * 12 + days.month - 1, dtype="int64")
