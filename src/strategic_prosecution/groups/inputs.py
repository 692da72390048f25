"""Checks on the frames handed to this package, and the two date rules all of it shares."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

ADULT_YEARS = 18


def require_columns(frame: pd.DataFrame, *, name: str, columns: Sequence[str]) -> None:
    """Refuse a frame that lacks a column. Raises ValueError naming the frame and the missing columns."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: no column [{', '.join(missing)}]; add it, with nulls where unknown")


def local_dates(values: pd.Series, *, name: str) -> pd.Series:
    """Local calendar dates as datetime64[us] at midnight; null stays null.

    Accepts dates, ISO strings and naive timestamps (their time of day is dropped). Instants with a zone are refused:
    which local day they fall on is the caller's to say. Raises ValueError; the message holds no value, since a birth
    date may be among them.
    """
    refusal = f"{name}: holds something that is no date; give local dates, null where unknown"
    if pd.api.types.is_numeric_dtype(values) and values.notna().any():
        # pandas would read a number as nanoseconds since 1970.
        raise ValueError(refusal)
    try:
        dates = pd.to_datetime(values)
    except (ValueError, TypeError):
        # The cause would print the value.
        raise ValueError(refusal) from None
    if getattr(dates.dtype, "tz", None) is not None:
        raise ValueError(f"{name}: holds instants with a time zone; turn them into the office's local dates first")
    return dates.astype("datetime64[us]").dt.normalize()


def day(value: dt.date) -> pd.Timestamp:
    """A local date as the timestamp of its midnight."""
    return pd.Timestamp(value.year, value.month, value.day)


def not_adult(birth_date: pd.Series, *, on: pd.Series) -> pd.Series:
    """Whether a person was under 18 on a day; False where either date is unknown (count those apart).

    Whole years by the calendar. Someone born on 29 February turns 18 on 1 March: the later of the two readings, so
    that doubt keeps a record out.
    """
    return _as_number(on) - _as_number(birth_date) < ADULT_YEARS * 10_000


def _as_number(dates: pd.Series) -> pd.Series:
    # A missing date gives NaN, which is below nothing.
    number: pd.Series = dates.dt.year * 10_000.0 + dates.dt.month * 100.0 + dates.dt.day
    return number


def count_reasons(
    reason: np.ndarray, *, reasons: Sequence[str], rows: str, distinct: dict[str, pd.Series]
) -> pd.DataFrame:
    """Rows and distinct keys left out per reason: one row per reason, in the declared order, zeros included."""
    reason_column = pd.Series(reason, dtype=object)
    counts = pd.DataFrame({"reason": list(reasons)})
    counts[rows] = counts["reason"].map(reason_column.value_counts()).fillna(0).astype("int64")
    for column, keys in distinct.items():
        per_reason = keys.reset_index(drop=True).groupby(reason_column).nunique()
        counts[column] = counts["reason"].map(per_reason).fillna(0).astype("int64")
    return counts
