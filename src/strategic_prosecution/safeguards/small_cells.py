"""Which numbers of a metric count people, how they add up, and which of them are small."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
# sum: the parts add up to the total. cover: people are counted once, so a total is at least each part and at most all
# of them together. last: the total is its last part, as with what is open at the end of a period.
Adds = Literal["sum", "cover", "last"]
Kind = Literal["numerator", "remainder", "denominator"]

KEY = ["metric", "period", "period_start", "breakdown", "segment"]
_PERSONAL = {"race_ethnicity", "sex"}


class Protected(Protocol):
    """What suppression must know of a metric."""

    @property
    def name(self) -> str: ...
    @property
    def protects(self) -> str: ...
    @property
    def statistic(self) -> str: ...


@dataclass(frozen=True)
class Counted:
    """One number a row gives away, and how it adds up over segments and over time."""

    kind: Kind
    over_segments: Adds = "sum"
    over_time: Adds = "sum"


_ADDS = Counted("numerator")
# A denominator that holds the numerator: what is left over counts people too.
_SHARE = (_ADDS, Counted("remainder"))
_TWO = (_ADDS, Counted("denominator"))
# A denominator that counts the people behind the numerator, each once.
_AMOUNT = (_ADDS, Counted("denominator", "cover", "cover"))
_OPEN = Counted("numerator", over_time="last")

COUNTED: Mapping[str, tuple[Counted, ...]] = {
    "count": (_ADDS,),
    "distinct": (Counted("numerator", "cover", "cover"),),
    "rate": _SHARE,
    "ratio": _TWO,
    "per_capita": (_ADDS,),
    "sum": _AMOUNT,
    "mean": _TWO,
    "weighted_mean": (_ADDS,),
    "median": (_ADDS,),
    "median_km": _SHARE,
    "stock": (_OPEN,),
    "stock_share": (_OPEN, Counted("remainder", over_time="last")),
    "stock_ratio": (_OPEN, Counted("denominator", over_time="last")),
    "stock_per_capita": (_OPEN,),
    "days": _AMOUNT,
    "days_per_capita": (_ADDS,),
}
# The numerator is what few people did or bore together, and the denominator how many they are.
_AMOUNTS = ("sum", "mean", "days")


@dataclass(frozen=True)
class Cells:
    """The rows as numbers: one line per row, one column per kind of number it gives away (null: none).

    ``can_hide``: rows about people. ``small``: rows that must be hidden. ``need``: how wide the range must stay in
    which a reader can place each number; 0 where nothing is to be kept from them.
    """

    statistics: npt.NDArray[np.object_]
    values: Numbers
    need: Numbers
    can_hide: Mask
    small: Mask


def cells(rows: pd.DataFrame, *, metrics: Iterable[Protected], min_cell: int) -> Cells:
    """Read rows as numbers that count people.

    A number is small when it is 1 to min_cell - 1. What belongs to a small number of people, an amount, is kept within
    no less than its own size; a small number within no less than min_cell. Raises ValueError on a metric that is not
    named.
    """
    known = {metric.name: metric for metric in metrics}
    unnamed = sorted(set(rows["metric"].unique()) - set(known))
    if unnamed:
        raise ValueError(f"suppress: metrics {unnamed} have no definition; give it, or leave their rows out")
    codes, names = pd.factorize(rows["metric"])
    statistics = np.array([known[name].statistic for name in names], dtype=object)[codes]
    about_people = np.array([known[name].protects == "person" for name in names], dtype=bool)[codes]
    personal = [name for name in rows["breakdown"].unique() if _PERSONAL.intersection(name.split(" x "))]
    values = counts(rows, statistics)
    is_given = ~np.isnan(values[:, 0])
    can_hide: Mask = (about_people | rows["breakdown"].isin(personal).to_numpy()) & is_given
    is_small = (values >= 1) & (values < min_cell) & can_hide[:, None]
    need = np.where(is_small, float(min_cell), 0.0)
    amounts = np.isin(statistics, _AMOUNTS) & is_small[:, 1]
    need[amounts, 0] = np.maximum(min_cell, values[amounts, 0])
    return Cells(statistics, values, need, can_hide, np.asarray(is_small.any(axis=1)))


def counts(rows: pd.DataFrame, statistics: npt.NDArray[np.object_]) -> Numbers:
    """The numbers that rows give away: two columns, null where a row has no second, or no number at all."""
    numerator, denominator = (
        rows[name].to_numpy(dtype="float64", na_value=np.nan) for name in ("numerator", "denominator")
    )
    given = {"numerator": numerator, "remainder": denominator - numerator, "denominator": denominator}
    values = np.full((len(rows), 2), np.nan)
    for statistic, counted in COUNTED.items():
        of_it = statistics == statistic
        for place, one in enumerate(counted):
            values[of_it, place] = given[one.kind][of_it]
    values[np.isnan(numerator)] = np.nan
    return values
