"""How many shootings a group may be suspected of in the coming days, beside last year's count. Groups, never people."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

from strategic_prosecution.groups.inputs import day, local_dates, require_columns

Numbers = NDArray[np.float64]

# Rules of practice, section 5: under so many outcomes nothing is foretold.
MIN_EVENTS = 100
YEAR = 365
_TRIAL_EVERY_DAYS = 30
_TAIL = 0.1
_FIRST = 3


@dataclass(frozen=True, eq=False)
class GroupForecast:
    """``groups``: group_id, expected, lower, upper, last_year. ``trials``: rule, trials, events,
    mean_absolute_error, share_in_first_three. ``events``: the reviewed shootings it rests on; under ``MIN_EVENTS``
    both frames are empty.
    """

    groups: pd.DataFrame
    trials: pd.DataFrame
    events: int


def forecast_groups(involvements: pd.DataFrame, *, as_of: dt.date, horizon_days: int) -> GroupForecast:
    """Shootings as suspect expected per group in the `horizon_days` after `as_of`, and how the rule did before.

    `involvements`: incident_id, event_date, group_id, side, known_on; reviewed shootings alone, never arrests or stops.
    Only what was known by a day enters what is foretold on it.

    The count of a group's last year, by the day shootings became known, is drawn towards the mean of all groups, the
    more the fewer shootings there are:
    Gamma-Poisson empirical Bayes by moments (Robbins 1956; Marshall 1991). lower and upper: 80 % of the predictive
    distribution (negative binomial; Poisson where groups do not differ by more than chance). last_year: the group's
    count in the same days a year before. Trials: the same on past days, every 30 from `as_of` - `horizon_days` back as
    long as a year of history lies before; both rules say their number for each group of that day. Mean absolute error
    is per group and trial; share_in_first_three: of all shootings foretold on, those by the three groups first under
    the rule (ties by group_id).

    Raises ValueError for a missing column or a horizon below one day.
    """
    require_columns(
        involvements, name="involvements", columns=("incident_id", "event_date", "group_id", "side", "known_on")
    )
    if not 1 <= horizon_days <= YEAR:
        raise ValueError(f"horizon_days [{horizon_days}] must lie between 1 and {YEAR}")
    rows = involvements[involvements["side"] == "suspect"]
    rows = pd.DataFrame(
        {
            "incident_id": rows["incident_id"],
            "group_id": rows["group_id"],
            "date": local_dates(rows["event_date"], name="involvements.event_date"),
            "known": local_dates(rows["known_on"], name="involvements.known_on"),
        }
    )
    rows = rows[rows["known"].le(day(as_of)) & rows["date"].le(day(as_of))]
    rows = rows.sort_values("known").drop_duplicates(["incident_id", "group_id"])
    events = int(rows["incident_id"].nunique())
    if events < MIN_EVENTS:
        none = pd.DataFrame()
        return GroupForecast(none, none, events)
    return GroupForecast(_foretold(rows, day(as_of), horizon_days), _trials(rows, day(as_of), horizon_days), events)


def _foretold(rows: pd.DataFrame, today: pd.Timestamp, horizon: int) -> pd.DataFrame:
    known = rows[rows["known"].le(today) & rows["date"].le(today)]
    # Reviews come late: the year is that of the reviews, or its newest weeks would always be missing.
    year = _counts(known, by="known", after=today - pd.Timedelta(days=YEAR), until=today)
    groups = sorted(known.loc[known["date"] > today - pd.Timedelta(days=2 * YEAR), "group_id"].unique())
    year = year.reindex(groups, fill_value=0).astype("float64")
    start = today - pd.Timedelta(days=YEAR)
    before = _counts(known, after=start, until=start + pd.Timedelta(days=horizon)).reindex(groups, fill_value=0)
    expected, lower, upper = _drawn_in(np.asarray(year, dtype=np.float64), horizon / YEAR)
    return pd.DataFrame(
        {
            "group_id": groups,
            "expected": expected,
            "lower": lower,
            "upper": upper,
            "last_year": before.to_numpy(dtype=np.int64),
        }
    )


def _drawn_in(count: Numbers, share: float) -> tuple[Numbers, Numbers, Numbers]:
    """Posterior mean and predictive limits for a `share` of a year, from the counts of one."""
    mean = count.mean() if len(count) else 0.0
    excess = (count.var(ddof=1) if len(count) > 1 else 0.0) - mean
    if excess <= 0 or mean == 0:
        rate = np.full(len(count), mean * share)
        return rate, np.asarray(poisson.ppf(_TAIL, rate)), np.asarray(poisson.ppf(1 - _TAIL, rate))
    shape, inverse_scale = mean**2 / excess, mean / excess
    posterior = shape + count
    odds = (inverse_scale + 1) / (inverse_scale + 1 + share)
    expected = posterior / (inverse_scale + 1) * share
    lower, upper = (np.asarray(nbinom.ppf(tail, posterior, odds)) for tail in (_TAIL, 1 - _TAIL))
    return expected, lower, upper


def _trials(rows: pd.DataFrame, today: pd.Timestamp, horizon: int) -> pd.DataFrame:
    first = rows["date"].min() + pd.Timedelta(days=YEAR)
    tried = []
    on = today - pd.Timedelta(days=horizon)
    while on >= first:
        said = _foretold(rows, on, horizon).set_index("group_id")
        came = _counts(rows, after=on, until=on + pd.Timedelta(days=horizon)).reindex(said.index, fill_value=0)
        for rule, number in (("forecast", said["expected"]), ("last_year", said["last_year"].astype(float))):
            order = (
                number.rename("n").to_frame().assign(g=number.index).sort_values(["n", "g"], ascending=[False, True])
            )
            tried.append(
                {
                    "rule": rule,
                    "error": float((number - came).abs().sum()),
                    "groups": len(said),
                    "events": int(came.sum()),
                    "first": int(came.loc[order.index[:_FIRST]].sum()),
                }
            )
        on -= pd.Timedelta(days=_TRIAL_EVERY_DAYS)
    if not tried:
        return pd.DataFrame()
    sums = pd.DataFrame(tried).groupby("rule", as_index=False).agg(
        trials=("rule", "size"), events=("events", "sum"), error=("error", "sum"), groups=("groups", "sum"),
        first=("first", "sum"),
    )  # fmt: skip
    return pd.DataFrame(
        {
            "rule": sums["rule"],
            "trials": sums["trials"],
            "events": sums["events"],
            "mean_absolute_error": sums["error"] / sums["groups"].where(sums["groups"] > 0),
            "share_in_first_three": sums["first"] / sums["events"].where(sums["events"] > 0),
        }
    )


def _counts(rows: pd.DataFrame, *, after: pd.Timestamp, until: pd.Timestamp, by: str = "date") -> pd.Series:
    return rows[rows[by].gt(after) & rows[by].le(until)].groupby("group_id")["incident_id"].nunique()
