"""Clock changes: local times that do not exist, and local times that come twice."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pandas as pd

from strategic_prosecution.warehouse import Connection, identifier


@cache
def clock_changes(zone: str, first_year: int, last_year: int) -> pd.DataFrame:
    """The changes of a zone's clocks: kind, since and until (local time), day, and the offset before (seconds).

    One row per day touched: where clocks change at one past midnight, the hour shown twice lies on two days.
    ``clock_gap``: the times the clocks skip; ``clock_twice``: the times they show twice.
    """
    place = ZoneInfo(zone)
    changes = []
    start = datetime(first_year, 1, 1, tzinfo=UTC)
    end = datetime(last_year + 1, 1, 2, tzinfo=UTC)
    step = timedelta(days=1)
    while start < end:
        before, after = (moment.astimezone(place).utcoffset() for moment in (start, start + step))
        if before != after:
            changes += _change(start, step, place)
        start += step
    return pd.DataFrame(changes, columns=["kind", "since", "until", "offset_before", "day"])


def _change(start: datetime, step: timedelta, place: ZoneInfo) -> list[tuple[str, datetime, datetime, int, date]]:
    """The one change between two instants, found by halving; a row per day it touches."""
    first, last = start, start + step
    before, after = (moment.astimezone(place).utcoffset() or timedelta() for moment in (first, last))
    while last - first > timedelta(seconds=1):
        middle = first + (last - first) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(place).utcoffset() == before:
            first = middle
        else:
            last = middle
    moment = last.replace(tzinfo=None)
    since, until = sorted((moment + before, moment + after))
    kind = "clock_gap" if after > before else "clock_twice"
    days = {since.date(), (until - timedelta(seconds=1)).date()}
    return [(kind, since, until, int(before.total_seconds()), day) for day in sorted(days)]


def changes_of(connection: Connection, relation: str, column: str, *, zone: str) -> bool:
    """Make ``clock_changes`` for the years of a column's times on a clock; False when there are none."""
    clock = identifier(f"c${column}")
    row = connection.execute(
        f"select min(year({clock})), max(year({clock})) from {relation} where year({clock}) between 1900 and 2100"
    ).fetchone()
    if row is None or row[0] is None:
        return False
    frame = clock_changes(zone, *row)
    connection.register("changes_frame", frame.astype({"since": "datetime64[us]", "until": "datetime64[us]"}))
    connection.execute("create or replace temp table clock_changes as from changes_frame")
    connection.execute("alter table clock_changes alter day type date")
    connection.execute("drop view changes_frame")
    return len(frame) > 0


def settle(connection: Connection, relation: str, columns: tuple[str, ...], *, zone: str) -> None:
    """Leave out instants at times that do not exist; take the first of two."""
    for column in columns:
        if not changes_of(connection, relation, column, zone=zone):
            continue
        clock = identifier(f"c${column}")
        connection.execute(
            f"""
            update {relation} set {identifier(column)} =
                case when kind = 'clock_twice' and {identifier(column)} is not null
                    then {clock} - to_seconds(offset_before) end
            from clock_changes
            where day = {clock}::date and {clock} >= since and {clock} < until
            """
        )
