"""How late an extract learns of events, and the day through which it can be taken as complete.

An event of day d is seen or not in each file made on a day e >= d. Of the events known by the newest file, the share
that the files made ``lag`` days after the event already held is how complete a day is at that lag (the reporting-delay
triangle of Lawless 1994, read along its lags). That share can only grow with the lag, so it is fitted by isotonic
regression (Barlow et al. 1972), weighted by events, which evens out small days. The lag is the first at which it is
95 %. One file alone cannot say; there the source's own report date does, where it has one.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from strategic_prosecution.extracts.extract_dates import dating_columns
from strategic_prosecution.extracts.feeds import PreparedFeed
from strategic_prosecution.model import UNKNOWN
from strategic_prosecution.warehouse import Connection, identifier

COMPLETE_SHARE = 0.95
LONGEST_LAG = 180
# Fewer events say nothing.
FEWEST_EVENTS = 100
# Events this much older than the newest file have mostly arrived: with such files at hand, only they are compared.
MATURE_DAYS = 28

COLUMNS = ("extract", "table_name", "feed", "newest_extract_date", "lag_days", "lag_basis", "complete_through")


@dataclass(frozen=True)
class ReportLag:
    """The lag in days (None where nothing tells it) and what tells it: arrival, report date, or unknown."""

    days: int | None
    basis: str


def report_lag(arrivals: pd.DataFrame, made: list[date]) -> ReportLag:
    """The lag from which a day's events are at least 95 % known.

    ``arrivals``: one row per event day (``day``) and day of the first file that held it (``first_seen``), with
    ``events``. ``made``: the days of the files. ReportLag(None, "unknown") for one file, or too few events.
    """
    newest = max(made)
    compared = [day for day in made if (newest - day).days >= MATURE_DAYS] or [day for day in made if day < newest]
    events = arrivals["events"].to_numpy(np.int64)
    if events.sum() < FEWEST_EVENTS or not compared:
        return ReportLag(None, UNKNOWN)
    origin = min(pd.Timestamp(compared[0]), pd.to_datetime(arrivals["day"]).min())
    days, seen = (_days_since(origin, arrivals[name]) for name in ("day", "first_seen"))
    is_compared = np.zeros(
        max(seen.max(), days.max(), (pd.Timestamp(newest) - origin).days) + 1 + LONGEST_LAG, dtype=bool
    )
    is_compared[_days_since(origin, pd.Series(compared))] = True
    # For each lag: events that a file made so many days after them could hold, and those it held.
    lags = range(LONGEST_LAG + 1)
    possible = np.array([events[is_compared[days + lag]].sum() for lag in lags])
    known = np.array([events[is_compared[days + lag] & (seen <= days + lag)].sum() for lag in lags])
    judged = np.flatnonzero(possible)
    if len(judged) == 0:
        return ReportLag(None, UNKNOWN)
    shares = IsotonicRegression().fit_transform(
        judged, known[judged] / possible[judged], sample_weight=possible[judged]
    )
    complete = judged[shares >= COMPLETE_SHARE]
    return ReportLag(int(complete[0]), "arrival") if len(complete) else ReportLag(None, UNKNOWN)


def _days_since(origin: pd.Timestamp, days: pd.Series) -> NDArray[np.int64]:
    return (pd.to_datetime(days) - origin).dt.days.to_numpy().astype(np.int64)


def lag_of(connection: Connection, feed: PreparedFeed) -> pd.DataFrame:
    """One row: extract, table, newest file, lag and the day through which it is complete; none for rebuilt history."""
    event = _event_column(feed)
    if feed.basis != "observed":
        return pd.DataFrame(columns=list(COLUMNS))
    if event is None or feed.feed.key == "row" or len(feed.made) == 1:
        lag = ReportLag(None, UNKNOWN)
    else:
        lag = report_lag(_arrivals(connection, feed, event), list(feed.made))
    if lag.days is None and event and (reported := _reported_column(feed, event)):
        lag = _by_report_date(connection, feed, event, reported)
    newest = max(feed.made)
    return pd.DataFrame(
        [
            {
                "extract": feed.extract,
                "table_name": feed.table.name,
                "feed": feed.number,
                "newest_extract_date": newest,
                "lag_days": lag.days,
                "lag_basis": lag.basis,
                "complete_through": None if lag.days is None else newest - timedelta(days=lag.days),
            }
        ]
    )


def _arrivals(connection: Connection, feed: PreparedFeed, event: str) -> pd.DataFrame:
    return connection.execute(
        f"""
        with firsts as (
            select "__key", min("__first_seen") as first_seen
            from (
                select "__key", "__first_seen" from {feed.relation}
                union all
                select "__key", "__first_seen" from {feed.silent} where "__status" = 'superseded'
            )
            group by "__key"
        )
        select {identifier(event)} as day, first_seen, count(*) as events
        from {feed.relation} join firsts using ("__key")
        where "__status" = 'winner'
            and {identifier(event)} between $first and $newest
        group by all order by all
        """,
        # What is older than the longest lag before the first file says nothing.
        {"first": feed.made[0] - timedelta(days=LONGEST_LAG), "newest": feed.made[-1]},
    ).df()


def _by_report_date(connection: Connection, feed: PreparedFeed, event: str, reported: str) -> ReportLag:
    row = connection.execute(
        f"""
        select quantile_disc(greatest(date_diff('day', {event}, {reported}), 0), {COMPLETE_SHARE}), count(*)
        from {feed.relation} where "__status" = 'winner' and {event} is not null and {reported} is not null
        """
    ).fetchone()
    if row is None or row[1] < FEWEST_EVENTS:
        return ReportLag(None, UNKNOWN)
    return ReportLag(int(row[0]), "report date")


def _event_column(feed: PreparedFeed) -> str | None:
    """The day of the event itself, else the day from which the row exists."""
    required = [column.name for column in feed.table.columns if column.dtype == "date" and column.required]
    return next((name for name in [*required, *dating_columns(feed.table)] if name in feed.columns), None)


def _reported_column(feed: PreparedFeed, event: str) -> str | None:
    dated = feed.table.dated_by
    return dated if dated and dated != event and dated in feed.columns else None
