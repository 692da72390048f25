"""Small-cell suppression for the public edition: it protects people, not events.

Method: primary suppression by a threshold on people; complementary suppression by a covering model over every sum a
reader can form (Fischetti & Salazar-Gonzalez 2001), until linear programming proves that what is shown leaves each
small number a range at least min_cell wide (Hundepool et al. 2012, *Statistical Disclosure Control*, chapter 4). What
earlier editions showed counts as shown.

Not protected against: a reader who knows some of the people, or numbers published elsewhere; sums across metrics that
are neither declared nor the same throughout; whole numbers, which may narrow a range in tables of three dimensions.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from strategic_prosecution.safeguards import editions
from strategic_prosecution.safeguards.hiding import choose
from strategic_prosecution.safeguards.relations import Sums, system
from strategic_prosecution.safeguards.small_cells import KEY, Numbers, Protected, cells

NOTE = "hidden to protect people"
# What a reader loses with a row: a year is worth more than its months, the whole more than its parts.
_SPAN = {"month": 1.0, "quarter": 2.0, "year": 4.0}
_WHOLE = 20.0


def suppress(
    rows: pd.DataFrame,
    *,
    metrics: Iterable[Protected],
    min_cell: int,
    sums: Sums = (),
    said: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The rows of mart.metrics with small cells about people hidden; same rows, same order.

    rows
        columns of mart.metrics, one row per metric, period, period_start, breakdown and segment: one as_of, or the
        newest row of each cell
    metrics
        the definitions of the metrics among the rows
    min_cell
        smallest count shown; 0 is shown
    sums
        sums across metrics: ("metric.numerator", ("metric.numerator", ...)), also of denominators and remainders
    said
        what earlier editions last said of each cell: the key, suppressed, numerator, denominator, value, lower, upper

    A row can be hidden if its metric protects 'person' or its breakdown is by race, ethnicity or sex. It is hidden when
    a number it counts people by is 1 to min_cell - 1: its numerator; what is left of a denominator that holds the
    numerator; a denominator that counts people. Others are hidden with it, the whole county last, so that a reader who
    knows every number shown, every sum over segments, time and metrics, and the earlier editions, can place no such
    number in a range narrower than min_cell; an amount that few people bore in none narrower than itself. Where the
    parts of an event's total are people, the total stays, and the range is what it leaves.

    Hidden rows have null numerator, denominator, value, lower and upper, ``suppressed`` true and a note. What was
    hidden stays so; a small change of what was shown is held back: see ``safeguards.editions``. Rows without a
    numerator are left alone unless they were hidden. Raises ValueError on two rows for one cell and on a metric that is
    not named.
    """
    duplicates = rows.duplicated(KEY)
    if duplicates.any():
        cell = rows.loc[duplicates, ["metric", "period"]].iloc[0].tolist()
        raise ValueError(f"suppress: two rows for one cell of {cell}; give one as_of, or the newest row of each cell")
    ordered = rows.assign(period_start=pd.to_datetime(rows["period_start"])).reset_index(drop=True).sort_values(KEY)
    shown = _shown(ordered.reset_index(drop=True), metrics=metrics, min_cell=min_cell, sums=sums, said=said)
    shown.index = ordered.index
    shown = shown.sort_index()
    result = rows.copy()
    for name in (*editions.SAYS, "suppressed"):
        result[name] = shown[name].array
    result["note"] = result["note"].mask(result["suppressed"], NOTE)
    return result


def share_hidden(rows: pd.DataFrame, *, by: Sequence[str] = ("metric", "period", "breakdown")) -> pd.DataFrame:
    """How much of suppressed metrics is hidden: one row per value of ``by`` with cells, hidden and share."""
    counted = rows.groupby(list(by), sort=True)["suppressed"].agg(cells="size", hidden="sum").reset_index()
    return counted.assign(share=counted["hidden"] / counted["cells"])


def _shown(
    rows: pd.DataFrame,
    *,
    metrics: Iterable[Protected],
    min_cell: int,
    sums: Sums,
    said: pd.DataFrame | None,
) -> pd.DataFrame:
    """The rows, sorted by key, as they are shown."""
    found = cells(rows, metrics=metrics, min_cell=min_cell)
    numbers = system(rows, found, sums=sums)
    forced, may, held = found.small, found.can_hide, np.zeros(len(rows), dtype=bool)
    was_hidden = held
    if said is not None:
        before = editions.before(rows, found, said, min_cell=min_cell)
        # What is out cannot be called back: it is known, shown or not.
        forced = (found.small | before.hidden | before.held) & ~before.known
        may = found.can_hide & ~before.known
        numbers = editions.changes(numbers, found, before, min_cell=min_cell)
        held, was_hidden = before.held, before.hidden
    whole = (rows["breakdown"] == "").to_numpy()
    choice = choose(numbers, forced=forced, free=[may & ~whole, may & whole], cost=_cost(rows, found.values))
    hidden = ((choice.hidden | found.small) & ~held) | was_hidden
    if said is not None:
        # Numbers whose value nobody remembers cannot be said again.
        hidden |= held & (before.said["value"].isna() & rows["value"].notna()).to_numpy()
        rows = editions.repeat(rows, before, held)
    return rows.assign(
        **{name: rows[name].mask(hidden) for name in editions.SAYS},
        suppressed=hidden,
    )


def _cost(rows: pd.DataFrame, values: Numbers) -> Numbers:
    """What hiding each row costs the reader: its span, the whole before its parts, then its size; ties go by key."""
    size = np.log1p(np.nan_to_num(values[:, 0]))
    whole = np.where(rows["breakdown"] == "", _WHOLE, 1.0)
    place = np.arange(len(rows)) / max(len(rows), 1)
    cost: Numbers = rows["period"].map(_SPAN).to_numpy(dtype="float64") * whole * (1 + size / 20 + place / 1000)
    return cost
