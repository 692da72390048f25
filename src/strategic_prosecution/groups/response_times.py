"""Swift, certain, fair: how soon violations of supervision are answered, and what custody the answers cost."""

import datetime as dt

import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight  # type: ignore[import-untyped]

from strategic_prosecution.groups.custody_difference import merged_stays
from strategic_prosecution.groups.inputs import day, local_dates, require_columns

SWIFT_DAYS = 7
CUSTODY_DAYS = 30
_COLUMNS = ("person", "supervision_type", "violation_date", "sanction_date", "end_date")


def response_times(
    violations: pd.DataFrame, *, custody: pd.DataFrame, as_of: dt.date, window_days: int
) -> pd.DataFrame:
    """Per kind of supervision: days from a violation to its answer, and the pretrial custody that began after it.

    `violations`: one row per spell with a violation: person (null = not linked), supervision_type, violation_date,
    sanction_date (day of the answer; null = none yet), end_date (last day of the spell; null = open). Those of the
    `window_days` days that end with local day `as_of` count. `custody`: person, detained_from, detained_to (day of
    release, not counted; null = still held).

    Not answered by `as_of`, or by the end of the spell where that is earlier, is censored on that day (Kaplan & Meier
    1958, by statsmodels). An answer before its violation, or after `as_of`, is none. Returns, by supervision_type
    ('unknown' where null): window_days, violations, answered, median_days (first day by which at least half are
    answered; null where it is not reached), within_7_days (share answered on one of the 7 days after the violation, or
    the same day; null where nobody unanswered was followed so long and some remain), custody_days (days up to
    `as_of` of merged stays that began on the day of an answer or the 30 days after it; a stay counts once). The stay
    followed the answer; that it came of it is not known. Aims and measures: NNSC, Swift, Certain & Fair; Hawken &
    Kleiman 2009.

    Raises ValueError for a missing column or window_days below one.
    """
    require_columns(violations, name="violations", columns=_COLUMNS)
    if window_days < 1:
        raise ValueError(f"window_days [{window_days}] must be at least 1")
    today = day(as_of)
    rows = violations.assign(
        **{
            name: local_dates(violations[name], name=f"violations.{name}")
            for name in ("violation_date", "sanction_date", "end_date")
        },
        supervision_type=violations["supervision_type"].fillna("unknown"),
    )
    ago = (today - rows["violation_date"]).dt.days
    rows = rows[ago.ge(0) & ago.lt(window_days)]
    is_answered = rows["sanction_date"].ge(rows["violation_date"]) & rows["sanction_date"].le(today)
    last = rows["end_date"].where(rows["end_date"].le(today), today)
    # A spell that ended before its violation was written down is still seen on that day.
    followed = rows["sanction_date"].where(is_answered, last).clip(lower=rows["violation_date"])
    rows = rows.assign(is_answered=is_answered, days=(followed - rows["violation_date"]).dt.days)
    stays = merged_stays(custody)
    kinds = [_kind(str(kind), of_kind, stays=stays, today=today) for kind, of_kind in rows.groupby("supervision_type")]
    columns = ["supervision_type", "violations", "answered", "median_days", "within_7_days", "custody_days"]
    table = pd.DataFrame(kinds, columns=columns).astype({"median_days": "float64", "within_7_days": "float64"})
    table.insert(1, "window_days", window_days)
    return table


def _kind(kind: str, rows: pd.DataFrame, *, stays: pd.DataFrame, today: pd.Timestamp) -> dict[str, object]:
    curve = SurvfuncRight(rows["days"].to_numpy(float), rows["is_answered"].to_numpy(int))
    # Products of fractions miss a half by the last bit.
    times, open_share = np.asarray(curve.surv_times), np.round(np.asarray(curve.surv_prob), 12)
    reached = times[open_share <= 0.5]
    by_then = open_share[times <= SWIFT_DAYS]
    still_open = by_then[-1] if len(by_then) else 1.0
    is_followed = still_open == 0 or rows["days"].max() >= SWIFT_DAYS
    return {
        "supervision_type": kind,
        "violations": len(rows),
        "answered": int(rows["is_answered"].sum()),
        "median_days": float(reached[0]) if len(reached) else np.nan,
        "within_7_days": float(1 - still_open) if is_followed else np.nan,
        "custody_days": _custody_after(rows[rows["is_answered"]], stays, today=today),
    }


def _custody_after(answered: pd.DataFrame, stays: pd.DataFrame, *, today: pd.Timestamp) -> int:
    pairs = stays.reset_index(names="stay").merge(answered[["person", "sanction_date"]].dropna(), on="person")
    after = (pairs["first_day"] - pairs["sanction_date"]).dt.days
    found = pairs[after.between(0, CUSTODY_DAYS)].drop_duplicates("stay")
    end = today + pd.Timedelta(days=1)
    days = (found["end_day"].where(found["end_day"].le(end), end) - found["first_day"]).dt.days.clip(lower=0)
    return int(days.sum())
