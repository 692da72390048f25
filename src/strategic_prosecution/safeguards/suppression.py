"""Small-cell suppression for the public edition: it protects people, not events.

Method: primary suppression by a threshold on people, then complementary suppression along every sum a reader can form
(Hundepool et al. 2012, *Statistical Disclosure Control*, chapter 4), until no single subtraction or addition gives a
hidden cell away. It is a heuristic, not an audit by linear programming: a reader who solves many sums at once may
still narrow a hidden cell down, and sums across different metrics are not looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

NOTE = "hidden to protect people"
_KEY = ["metric", "period", "period_start", "breakdown", "segment"]
_HIDDEN = ["numerator", "denominator", "value", "lower", "upper"]
_PERSONAL = ("race_ethnicity", "sex")
# A denominator that holds the numerator: what is left over is a cell too.
_WITH_REMAINDER = ("rate", "median_km")
# A denominator that counts the people behind the numerator.
_OF_PEOPLE = ("sum", "days")


class Protected(Protocol):
    """What suppression must know of a metric."""

    @property
    def name(self) -> str: ...
    @property
    def protects(self) -> str: ...
    @property
    def statistic(self) -> str: ...


def suppress(rows: pd.DataFrame, *, metrics: Iterable[Protected], min_cell: int) -> pd.DataFrame:
    """The rows of mart.metrics with small cells about people hidden; same rows, same order.

    rows
        columns of mart.metrics, one row per metric, period, period_start, breakdown and segment: one as_of, or the
        newest row of each cell
    metrics
        the definitions of the metrics among the rows
    min_cell
        smallest count shown; 0 is shown

    A row can be hidden if its metric protects 'person' or its breakdown is by race, ethnicity or sex. It is hidden when
    its numerator is 1 to min_cell - 1; for a rate or a median also when denominator minus numerator is; for a sum or
    days also when the people counted in the denominator are. Then, for each visible total (all segments for the
    whole, a combined breakdown for each coarser one; months for their quarter and year, quarters for their year, save
    stocks, which do not add up over time): if only one of its parts is hidden, or if the hidden parts together would
    have to be hidden as one cell, the smallest visible part that is not 0 is hidden too, ties in key order; with none
    left to hide, the total is. A hidden total whose parts are all visible gets its smallest part hidden. Repeated
    until nothing changes.

    Hidden rows have null numerator, denominator, value, lower and upper, ``suppressed`` true and a note. Rows without a
    numerator are left alone. Raises ValueError on two rows for one cell and on a metric that is not named.
    """
    duplicates = rows.duplicated(_KEY)
    if duplicates.any():
        cell = rows.loc[duplicates, ["metric", "period"]].iloc[0].tolist()
        raise ValueError(f"suppress: two rows for one cell of {cell}; give one as_of, or the newest row of each cell")
    known = {metric.name: metric for metric in metrics}
    unnamed = sorted(set(rows["metric"]) - set(known))
    if unnamed:
        raise ValueError(f"suppress: metrics {unnamed} have no definition; give it, or leave their rows out")
    ordered = rows.assign(period_start=pd.to_datetime(rows["period_start"])).reset_index(drop=True).sort_values(_KEY)
    hidden = np.zeros(len(rows), dtype=bool)
    hidden[ordered.index] = _hidden(ordered.reset_index(drop=True), known=known, min_cell=min_cell)
    result = rows.copy()
    for name in _HIDDEN:
        result[name] = result[name].mask(hidden)
    result["suppressed"] = hidden
    result["note"] = result["note"].mask(hidden, NOTE)
    return result


def share_hidden(rows: pd.DataFrame, *, by: Sequence[str] = ("metric", "period", "breakdown")) -> pd.DataFrame:
    """How much of suppressed metrics is hidden: one row per value of ``by`` with cells, hidden and share."""
    counted = rows.groupby(list(by), sort=True)["suppressed"].agg(cells="size", hidden="sum").reset_index()
    return counted.assign(share=counted["hidden"] / counted["cells"])


def _hidden(rows: pd.DataFrame, *, known: Mapping[str, Protected], min_cell: int) -> Mask:
    """Which rows, sorted by key, are hidden."""
    statistic = rows["metric"].map({name: metric.statistic for name, metric in known.items()})
    protects = rows["metric"].map({name: metric.protects for name, metric in known.items()})
    about_race_or_sex = [name for name in set(rows["breakdown"]) if set(name.split(" x ")).intersection(_PERSONAL)]
    personal = rows["breakdown"].isin(about_race_or_sex).to_numpy()
    numerator = rows["numerator"].to_numpy(dtype="float64", na_value=np.nan)
    denominator = rows["denominator"].to_numpy(dtype="float64", na_value=np.nan)
    has_remainder = statistic.isin(_WITH_REMAINDER).to_numpy()
    counts_people = statistic.isin(_OF_PEOPLE).to_numpy()
    remainder = np.where(has_remainder, denominator - numerator, 0.0)
    people = np.where(counts_people, denominator, 0.0)

    can_hide = ((protects == "person").to_numpy() | personal) & ~np.isnan(numerator)
    hidden: Mask = can_hide & (
        _is_small(numerator, min_cell) | _is_small(remainder, min_cell) | _is_small(people, min_cell)
    )
    relations = _relations(rows, statistic)
    part, total, family = (relations[name].to_numpy() for name in ("part", "total", "family"))
    if not len(part):
        return hidden
    # Smallest first, zeros last: hiding a 0 protects nobody. Rows are sorted by key, so ties go by key.
    size = np.where(numerator[part] == 0, np.inf, numerator[part])
    order = np.lexsort((part, size, family))
    part, total, family = part[order], total[order], family[order]
    families = int(family.max()) + 1
    total_of = np.empty(families, dtype=np.int64)
    total_of[family] = total

    while True:
        is_hidden = hidden[part]
        parts_hidden = np.bincount(family, weights=is_hidden, minlength=families)
        together = [
            np.bincount(family, weights=np.where(is_hidden, values[part], 0.0), minlength=families).astype(np.float64)
            for values in (numerator, remainder)
        ]
        # The same person may be in several parts: together they may be no more than the largest part.
        largest = np.zeros(families)
        np.maximum.at(largest, family, np.where(is_hidden, people[part], 0.0))
        alone = parts_hidden == 1
        exposed = (
            alone | _is_small(together[0], min_cell) | _is_small(together[1], min_cell) | _is_small(largest, min_cell)
        )
        opened = ~hidden[total_of] & (parts_hidden > 0) & exposed
        adds_up = hidden[total_of] & (parts_hidden == 0)
        wanted = opened | adds_up
        candidates = np.flatnonzero(wanted[family] & ~is_hidden & can_hide[part])
        _, first = np.unique(family[candidates], return_index=True)
        chosen = part[candidates[first]]
        # With every part hidden the total says no more than itself, unless it has one part only: then it is that part.
        without = opened & alone
        without[family[candidates]] = False
        chosen = np.union1d(chosen, total_of[without & can_hide[total_of]])
        if not (~hidden[chosen]).any():
            return hidden
        hidden[chosen] = True


def _is_small(values: Numbers, min_cell: int) -> Mask:
    small: Mask = (values >= 1) & (values < min_cell)
    return small


def _relations(rows: pd.DataFrame, statistic: pd.Series) -> pd.DataFrame:
    """Every sum a reader can form: columns part and total (places in ``rows``) and family, the number of the sum."""
    frame = rows[_KEY].assign(place=np.arange(len(rows)), statistic=statistic)
    frame = frame[rows["numerator"].notna().to_numpy()]
    found = [*_over_segments(frame), *_over_time(frame)]
    if not found:
        return pd.DataFrame({"part": [], "total": [], "family": []}, dtype="int64")
    joined = pd.concat(found, ignore_index=True)
    return joined.assign(family=joined.groupby(["total", "kind"], sort=False).ngroup())


def _over_segments(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Each breakdown adds up to every breakdown by some of its dimensions."""
    found = []
    for breakdown in sorted(set(frame["breakdown"]) - {""}):
        names = breakdown.split(" x ")
        parts = frame[frame["breakdown"] == breakdown]
        values = parts["segment"].str.split(" x ", expand=True) if len(names) > 1 else parts[["segment"]]
        if values.shape[1] != len(names) or values.isna().to_numpy().any():
            raise ValueError(f"suppress: segments of [{breakdown}] do not have {len(names)} values joined by ' x '")
        values.columns = pd.RangeIndex(len(names))
        for kept in (places for size in range(len(names)) for places in combinations(range(len(names)), size)):
            coarser = " x ".join(names[place] for place in kept)
            segment = values[kept[0]] if kept else pd.Series("", index=parts.index)
            for place in kept[1:]:
                segment = segment + " x " + values[place]
            keyed = parts.assign(breakdown=coarser, segment=segment)
            found.append(_matched(keyed, frame, kind=f"{breakdown} > {coarser}"))
    return found


def _over_time(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Months add up to quarters and years, quarters to years; stocks do not."""
    found = []
    flows = frame[frame["statistic"] != "stock"]
    for shorter, longer, frequency in (("month", "quarter", "Q"), ("month", "year", "Y"), ("quarter", "year", "Y")):
        parts = flows[flows["period"] == shorter]
        start = parts["period_start"].dt.to_period(frequency).dt.start_time.astype(frame["period_start"].dtype)
        keyed = parts.assign(period=longer, period_start=start)
        found.append(_matched(keyed, flows, kind=f"{shorter} > {longer}"))
    return found


def _matched(parts: pd.DataFrame, frame: pd.DataFrame, *, kind: str) -> pd.DataFrame:
    joined = parts[[*_KEY, "place"]].merge(frame[[*_KEY, "place"]], on=_KEY, suffixes=("", "_total"))
    return pd.DataFrame({"part": joined["place"], "total": joined["place_total"], "kind": kind})
