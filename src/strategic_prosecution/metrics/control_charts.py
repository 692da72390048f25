"""Control charts: is a month outside what the two years before the last twelve months would lead to expect?

Shewhart's chart with the limits of counts and shares, and with a baseline that never holds a month that is tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from strategic_prosecution.metrics.limits import Floats, excess_variance, predicted_counts, shares_around

TESTED_MONTHS, BASELINE_MONTHS, FEWEST_MONTHS = 12, 24, 12
# Below so many a month simulated limits are crossed too often: one event, of shares two and two that are none.
FEWEST_EVENTS, FEWEST_OF_SHARES = 1, 2
NOT_FINISHED = "not finished"
NOTHING = "nothing to divide by"
_TESTED = ["p_value", "expected", "lower", "upper", "lower_wide", "upper_wide"]


@dataclass(frozen=True)
class Baseline:
    """The months a chart compares with: what they held, and how much more they vary than by chance alone.

    ``exposure``: days for a count, units for a share; ``degrees``: of freedom of ``dispersion``, None where it is held
    at 1; ``why_not``: why nothing can be compared with them, '' where it can.
    """

    first: pd.Timestamp | None
    events: int
    exposure: int
    dispersion: float
    degrees: int | None
    why_not: str = ""


@dataclass(frozen=True)
class _Months:
    """Months in order, in arrays: a frame for each of many metrics costs more than all that is computed of them.

    ``exposure``: the units that ``counts`` are a share of, or the days they happened in.
    """

    start: npt.NDArray[np.datetime64]
    end: npt.NDArray[np.datetime64]
    counts: Floats
    exposure: Floats
    complete: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, chosen: slice | npt.NDArray[np.bool_ | np.intp]) -> "_Months":
        return _Months(*(values[chosen] for values in vars(self).values()))


def baseline(months: pd.DataFrame, *, is_share: bool) -> Baseline:
    """The 24 complete months before the last 12 complete ones, or as many as are held, 12 at least.

    ``months``: one row per month with period_start, period_end (timestamps), numerator, denominator (of a share) and
    complete. The first month is never used: records may begin in its middle. Dispersion is Pearson's: for a count
    around one rate per day (quasi-Poisson), for a share around one share (Spiegelhalter 2005, Laney 2002), never below
    1. Seasons are part of it, as a year at least is; so is a trend inside the baseline.
    """
    every = _months(months, is_share=is_share)
    held = every[every.complete][-(TESTED_MONTHS + BASELINE_MONTHS) :]
    if len(held) < TESTED_MONTHS + FEWEST_MONTHS:
        return _none(f"needs {TESTED_MONTHS + FEWEST_MONTHS} finished months after the first, has {len(held)}")
    if np.ptp(held.start.astype("datetime64[M]").astype(np.int64)) != len(held) - 1:
        return _none("months are missing")
    before = held[:-TESTED_MONTHS]
    counts, exposure = before.counts[before.exposure > 0], before.exposure[before.exposure > 0]
    events, total = int(counts.sum()), int(exposure.sum())
    fewest = min(events, total - events) if is_share else events
    if fewest < len(before) * (FEWEST_OF_SHARES if is_share else FEWEST_EVENTS):
        return _none("too few events in the months it would be compared with")
    rate = events / total
    mean = exposure * rate
    dispersion = excess_variance(counts, mean=mean, variance=mean * (1 - rate) if is_share else mean)
    return Baseline(
        first=pd.Timestamp(before.start[0]),
        events=events,
        exposure=total,
        dispersion=dispersion,
        degrees=len(counts) - 1 if dispersion > 1 else None,
    )


def control_chart(
    months: pd.DataFrame,
    *,
    is_share: bool,
    compared_with: Baseline,
    breaks: Sequence[date] = (),
    follow_up_days: int = 0,
) -> pd.DataFrame:
    """The last 12 complete months, and those after them that are not finished, beside the limits of their baseline.

    months, compared_with
        as ``baseline`` takes and gives them
    breaks
        days on which counting changed: a month is not tested when one lies after the first day of the baseline and not
        after the month's last day, or the last day of its follow-up

    Columns period_start, period_end, observed, expected (center line), lower, upper (95 %), lower_wide, upper_wide
    (99.8 %), p_value (two-sided) and note (why not tested; '' where tested). A count is compared with the same rate per
    day. Limits are prediction limits: they hold the doubt about the center line and, as Student's t does, that about
    the dispersion. Simulated with nothing changed (Poisson and overdispersed series; benchmarks/signals.py), 0.03 to
    0.25 % of months lie beyond the wider ones, 0.5 % where few cases vary three times as much as by chance; one of
    twelve does in 0.4 to 5 % of years; 0.4 to 5 % of months lie beyond the inner ones.
    """
    every = _months(months, is_share=is_share)
    finished = np.flatnonzero(every.complete)[-TESTED_MONTHS:]
    running = np.arange(finished[-1] + 1, len(every)) if len(finished) else finished
    shown = every[np.append(finished, running)]
    scale = np.where(shown.exposure > 0, shown.exposure, np.nan) if is_share else np.ones(len(shown))
    notes = _notes(shown, compared_with, breaks, follow_up_days=follow_up_days)
    is_tested = np.array([not note for note in notes], dtype=bool)
    rows = {"period_start": shown.start, "period_end": shown.end, "observed": shown.counts / scale}
    rows |= {name: np.full(len(shown), np.nan) for name in _TESTED}
    if is_tested.any():
        told = _tested(shown[is_tested], scale[is_tested], compared_with, is_share=is_share)
        for name in _TESTED:
            rows[name][is_tested] = told[name]
    return pd.DataFrame(rows | {"note": notes})


def crosses(breaks: Sequence[date], first: pd.Timestamp | None, last: pd.Timestamp) -> str:
    """Why days from ``first`` to ``last`` are not one series: the first break after the one, by the other; else ''."""
    across = [day for day in sorted(breaks) if first is not None and first < pd.Timestamp(day) <= last]
    return f"counting changed on {across[0]}: not compared across it" if across else ""


def _months(months: pd.DataFrame, *, is_share: bool) -> _Months:
    """The months in order, without the first of all."""
    order = np.argsort(months["period_start"].to_numpy())[1:]
    start, end, complete = (months[name].to_numpy()[order] for name in ("period_start", "period_end", "complete"))
    counts = months["numerator"].to_numpy(dtype=np.float64)[order]
    days = (end - start) // np.timedelta64(1, "D") + 1
    units = months["denominator"].to_numpy(dtype=np.float64)[order] if is_share else days.astype(np.float64)
    return _Months(start, end, counts, units, complete.astype(bool))


def _notes(shown: _Months, compared_with: Baseline, breaks: Sequence[date], *, follow_up_days: int) -> list[str]:
    notes = []
    ends = pd.DatetimeIndex(shown.end + np.timedelta64(follow_up_days, "D"))
    for is_complete, end, among in zip(shown.complete, ends, shown.exposure, strict=True):
        across = crosses(breaks, compared_with.first, end)
        notes.append(
            NOT_FINISHED if not is_complete else compared_with.why_not or across or (NOTHING if among == 0 else "")
        )
    return notes


def _tested(shown: _Months, scale: Floats, compared_with: Baseline, *, is_share: bool) -> dict[str, Floats]:
    """What _TESTED names, of months that are tested; ``scale``: what an observed count is divided by."""
    ratio = shown.exposure / compared_with.exposure
    if is_share:
        judged = shares_around(
            shown.counts,
            trials=shown.exposure,
            share=compared_with.events / compared_with.exposure,
            dispersion=compared_with.dispersion * (1 + ratio),
            degrees=compared_with.degrees,
        )
    else:
        judged = predicted_counts(
            shown.counts,
            before=compared_with.events,
            exposure_ratio=ratio,
            dispersion=compared_with.dispersion,
            degrees=compared_with.degrees,
        )
    limits = {name: values / scale for name, values in vars(judged).items()}
    return limits | {"p_value": judged.p_value, "expected": compared_with.events * ratio / scale}


def _none(why_not: str) -> Baseline:
    return Baseline(first=None, events=0, exposure=0, dispersion=1.0, degrees=None, why_not=why_not)
