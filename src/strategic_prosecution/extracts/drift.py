"""How far counts have moved from what was expected: what is more than tolerance and more than chance, worst first."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betainc
from scipy.stats import norm

from strategic_prosecution.extracts.expectations_file import (
    SHARE_DECIMALS,
    YEAR_MONTHS,
    Expected,
    count_shares,
    month_before,
    months_to,
)

_VALUE = ["table_name", "column_name", "value"]
_HISTORY = "in the months before"


@dataclass(frozen=True)
class Drift:
    """One fact that is no longer as expected: which, before and after, and how many times what is allowed it moved."""

    table_name: str
    column_name: str
    what: str
    before: str
    after: str
    times: float

    def __str__(self) -> str:
        """[table.column] what: before -> after."""
        name = f"{self.table_name}.{self.column_name}" if self.column_name else self.table_name
        return f"[{name}] {self.what}: {self.before} -> {self.after}"


def find_drift(measured: pd.DataFrame, expected: Expected) -> list[Drift]:
    """Say where measured counts are not as expected, worst first (by how many times the allowed move they moved).

    ``measured`` as ``expectations.measure`` gives it. Judged, for each table the file names:

    - a table, or a column, that had more than ``few_rows`` values and has none: vanished;
    - the listed months again: rewritten when their rows moved by more than ``month_rewritten`` of themselves and by
      more than ``few_rows``;
    - each complete month since: its rows against the last twelve expected months. Null hypothesis: the same rate.
      Conditional test of two Poisson counts (Przyborowski and Wilenski 1940), two-sided, counts divided by the
      dispersion of the twelve (variance / mean, at least 1), at the level of ``standard_errors`` of a normal; and
      more than ``month_factor`` times more or fewer;
    - shares of empty values (of rows) and of codes (of values there): of the listed months again, of each complete
      month since, and of the newest twelve of them together (both against the last twelve expected). A share drifts
      when it moved by more than ``share`` and by more than ``standard_errors`` pooled standard errors of a difference
      of two proportions; for new months their variance is multiplied by the dispersion of the twelve. A code that the
      file does not list may have up to ``new_code``.

    No correction for many tests: four standard errors are one false alarm in 16,000 independent facts. Months after
    the last complete one, less the table's ``lag_months``, are not judged.
    """
    known = measured[measured["table_name"].isin(list(expected.complete_through))]
    newest = dict(known.groupby("table_name")["complete_through"].first())
    ends = {str(name): end and month_before(end, expected.lag_months[str(name)]) for name, end in newest.items()}
    known = known.assign(complete_through=known["table_name"].map(ends))
    is_complete = known["month"] <= known["complete_through"]
    is_listed = known["month"] <= known["table_name"].map(expected.complete_through)
    vanished = _vanished(known, expected)
    gone = {(item.table_name, item.column_name) for item in vanished}
    found = [
        item
        for item in [
            *_rewritten(known[is_complete & is_listed], expected, ends),
            *_new_months(known[is_complete & ~is_listed], expected, ends),
            *_shares(_periods(known[is_complete], is_listed[is_complete]), expected),
        ]
        if not {(item.table_name, ""), (item.table_name, item.column_name)} & gone
    ]
    return sorted([*vanished, *found], key=lambda item: (-item.times, item.table_name, item.column_name, item.what))


def _vanished(known: pd.DataFrame, expected: Expected) -> list[Drift]:
    """Tables without a row, and columns without a value, that had more than a few."""
    few = expected.tolerances.few_rows
    rows = known[known["column_name"] == ""].groupby("table_name")["rows"].sum()
    tables = [
        Drift(name, "", "vanished", f"{count} rows", "0 rows", np.inf)
        for name, count in expected.rows.items()
        if count > few and not rows.get(name, 0)
    ]
    now = count_shares(known, by=["table_name"])
    both = expected.shares.merge(now[now["value"] == ""], on=_VALUE)
    both = both.assign(had=(1 - both["history"]) * both["history_of"])
    lost = both[(both["had"] > few) & (both["rows"] == both["of"])]
    return tables + [
        Drift(row.table_name, row.column_name, "vanished", f"{row.had:.0f} values", "0 values", np.inf)
        for row in _rows(lost)
    ]


def _rewritten(listed: pd.DataFrame, expected: Expected, ends: dict[str, str]) -> list[Drift]:
    """Months of the file whose rows are no longer what they were."""
    tolerances = expected.tolerances
    both = expected.months.merge(_month_rows(listed), on=["table_name", "month"], how="outer", suffixes=("_then", ""))
    both = both.fillna({"rows": 0, "rows_then": 0})
    # What this core does not hold completely (it is of an earlier day) is not rewritten.
    both = both[both["month"] <= both["table_name"].map(lambda name: ends.get(name, ""))]
    allowed = np.maximum(tolerances.few_rows, tolerances.month_rewritten * both["rows_then"])
    both = both.assign(times=(both["rows"] - both["rows_then"]).abs() / allowed)
    return [
        Drift(
            row.table_name, "", f"rows of {row.month} rewritten", f"{row.rows_then:.0f}", f"{row.rows:.0f}", row.times
        )
        for row in _rows(both[both["times"] > 1])
    ]


def _new_months(since: pd.DataFrame, expected: Expected, ends: dict[str, str]) -> list[Drift]:
    """Complete months since the file was written whose rows its last twelve months do not allow."""
    tolerances, rows = expected.tolerances, _month_rows(since)
    found = []
    for name, end in ends.items():
        through = expected.complete_through[name]
        before = _by_month(expected.months, name)
        if not len(before) or not through < end:
            continue
        year = np.array([before.get(month, 0) for month in months_to(through, YEAR_MONTHS) if month >= before.index[0]])
        after = _by_month(rows, name)
        after = after.reindex(pd.period_range(through, end, freq="M").astype(str)[1:], fill_value=0)
        # Half a row more on both sides: no rows at all are a finite number of times too few.
        ratio = (after.to_numpy() + 0.5) / (year.mean() + 0.5)
        times = np.abs(np.log(ratio)) / np.log(tolerances.month_factor)
        is_drift = (times > 1) & (_chance(after.to_numpy(), year) < 2 * norm.sf(tolerances.standard_errors))
        found += [
            Drift(
                str(name),
                "",
                f"rows of {month}, against the year before",
                f"{year.mean():.0f} a month",
                f"{count}",
                far,
            )
            for month, count, far in zip(after.index[is_drift], after[is_drift], times[is_drift], strict=True)
        ]
    return found


def _chance(after: npt.NDArray[Any], before: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Two-sided p of each new count under the rate of the months before, over-dispersion allowed for."""
    mean, months = before.mean(), len(before)
    # A season and a trend within the year are in it: a source that swings may swing again.
    dispersion = max(1.0, before.var(ddof=1) / mean) if months > 1 and mean > 0 else 1.0
    new, total = after / dispersion, before.sum() / dispersion
    share = 1 / (months + 1)
    # Binomial tails by the incomplete beta function, which takes the fractions that dispersion makes of counts.
    fewer = betainc(total, new + 1, 1 - share) if total > 0 else np.ones(len(new))
    more = np.where(new > 0, betainc(np.maximum(new, 1e-9), total + 1, share), 1.0)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(fewer, more)))


def _periods(complete: pd.DataFrame, is_listed: "pd.Series[bool]") -> pd.DataFrame:
    """Facts by the period they are judged in: the listed months, each new one, the newest twelve new ones together."""
    listed, since = complete[is_listed], complete[~is_listed]
    first = {end: months_to(end, YEAR_MONTHS)[0] for end in since["complete_through"].unique()}
    year = since[since["month"] >= since["complete_through"].map(first)]
    several = year.groupby("table_name")["month"].transform("nunique") > 1
    return pd.concat(
        [
            listed.assign(period=_HISTORY),
            since.assign(period="in " + since["month"]),
            year[several].assign(period="in the newest months together"),
        ]
    )


def _shares(periods: pd.DataFrame, expected: Expected) -> list[Drift]:
    """Shares of empty values and of codes that moved by more than tolerance and chance allow."""
    tolerances = expected.tolerances
    # A listed value that a period does not have has no rows there.
    none = periods[["table_name", "period"]].drop_duplicates().merge(expected.shares[_VALUE], on="table_name")
    found = count_shares(pd.concat([periods, none.assign(rows=0)]), by=["table_name", "period"])
    both = found.merge(expected.shares, on=_VALUE, how="left")
    is_listed = both["history"].notna()
    suffix = both["period"].map({_HISTORY: "history"}).fillna("year")
    both = both.assign(
        before=both["history"].where(suffix == "history", both["year"]).fillna(0.0),
        size=both["history_of"].where(suffix == "history", both["year_of"]),
        after=both["rows"] / both["of"].where(both["of"] > 0),
        is_code=both["value"] != "",
    )
    column = both.groupby(["table_name", "period", "column_name", "is_code"])["size"].transform("max")
    both = both.assign(size=column, is_listed=is_listed)
    both = both[(both["size"] > 0) & (both["of"] > 0)]
    pooled = (both["before"] * both["size"] + both["rows"]) / (both["size"] + both["of"])
    # Months swing; the same months, looked at again, have no reason to.
    dispersion = both["dispersion"].where(both["period"] != _HISTORY).fillna(1.0)
    error = np.sqrt(dispersion * pooled * (1 - pooled) * (1 / both["size"] + 1 / both["of"]))
    # A code too rare to be listed may have been there all the same.
    unlisted = np.maximum(tolerances.new_code, tolerances.few_rows / both["size"])
    tolerance = np.where(both["is_listed"], tolerances.share, unlisted)
    allowed = np.maximum(tolerance, tolerances.standard_errors * error) + 10.0**-SHARE_DECIMALS
    both = both.assign(times=(both["after"] - both["before"]).abs() / allowed)
    return [
        Drift(
            row.table_name,
            row.column_name,
            f"share of [{row.value}] {row.period}" if row.is_code else f"share empty {row.period}",
            f"{100 * row.before:.1f} %" if row.is_listed else "not listed",
            f"{100 * row.after:.1f} %",
            row.times,
        )
        for row in _rows(both[both["times"] > 1])
    ]


def _month_rows(facts: pd.DataFrame) -> pd.DataFrame:
    return facts.loc[(facts["column_name"] == "") & (facts["month"] != ""), ["table_name", "month", "rows"]]


def _by_month(months: pd.DataFrame, table: str) -> "pd.Series[int]":
    return months[months["table_name"] == table].set_index("month")["rows"].sort_index()


def _rows(frame: pd.DataFrame) -> Any:
    return frame.itertuples(index=False)
