"""When files were made and what a missing record means, read from what overlapping files have in common."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from strategic_prosecution.extracts.propose.choose import Guess
from strategic_prosecution.extracts.propose.dates import parsed
from strategic_prosecution.extracts.propose.files import FoundLayout, SourceFile, day_in, month_in, order_of
from strategic_prosecution.extracts.propose.profiles import Shape
from strategic_prosecution.warehouse import Connection, identifier

# As ``extracts.land``: a file with more of its events after its extract date does not land.
LARGEST_FUTURE_SHARE = 0.005
_OVERLAP = 0.05
# Whole rows of the file before that a file of everything still has: the others were corrected.
_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class FileDates:
    """When the files of an extract were made: by their names, or stated one by one; with what to mind."""

    by_name: bool
    stated: dict[str, date]
    notes: tuple[str, ...]


def file_dates(connection: Connection, files: list[tuple[SourceFile, tuple[str, ...], tuple[str, ...]]]) -> FileDates:
    """The extract date of every file: (file, its event-day columns, their formats). Never a day of the clock.

    The day in the name; else the end of the month in the name; else the newest plausible event, which a person has
    to confirm. A day with too many events after it is replaced by the newest event, and named.
    """
    by_name = all(day_in(file.name) for file, _, _ in files)
    stated: dict[str, date] = {}
    notes = []
    for file, columns, formats in files:
        said = day_in(file.name)
        if said is None and (month := month_in(Path(file.name).stem)):
            said = date(*month, calendar.monthrange(*month)[1])
        newest, later = _newest(connection, file.table, columns, formats, said)
        if said is not None and later <= LARGEST_FUTURE_SHARE:
            if not by_name:
                stated[file.name] = said
            continue
        if newest is None:
            continue
        stated[file.name] = newest
        if said is not None:
            notes.append(
                f"{file.name}: {later:.1%} of its events lie after {said}, the day in its name; its newest event is "
                f"{newest}: ask when it was made"
            )
    guessed = [name for name in stated if day_in(name) is None and month_in(Path(name).stem) is None]
    if guessed:
        notes.append("no day in the names of the files: the newest event stands in; state the day each file was made")
    elif stated and not notes:
        notes.append("the last day of the month in the name of each file; state the day each was made")
    return FileDates(by_name, stated, tuple(notes))


def what_missing_means(
    connection: Connection,
    layout: FoundLayout,
    key: Guess | None,
    day: Guess | None,
    window: str,
    *,
    line_numbers: tuple[str, ...],
) -> tuple[str, str]:
    """(holds as TOML, why): ``"everything"``, ``"changes"`` or a window on our day column ``window``.

    Files in order of their names: if the later file still has all earlier keys, each holds everything; if it has those
    inside its own range of days, it is a window; without overlap nothing can be said, and nothing is withdrawn. Without
    a key whole rows are compared, but for ``line_numbers``.
    """
    nothing = '"changes"'
    if len(layout.files) < 2:
        return nothing, "one file: nothing can be said; `everything` if each new file is the whole"
    if key is not None and day is None:
        return nothing, "no day to compare files by"
    kept_all, kept_inside, shared = [], [], []
    ordered = sorted(range(len(layout.files)), key=lambda number: order_of(layout.files[number].name))
    moment = parsed(identifier(day.columns[0]), day.formats) if day else "null"
    if key is None:
        key_sql = f"hash({', '.join(identifier(name) for name in layout.header if name not in line_numbers)})"
    else:
        key_sql = key.theirs if len(key.columns) > 1 else identifier(key.theirs)
    connection.execute(
        f'create or replace temp table histories as select distinct "__file" as file, {key_sql} as id, '
        f"{moment}::date as day from {layout.table} where {key_sql} is not null"
    )
    for earlier, later in pairwise(ordered):
        row = connection.execute(
            f"""
            with a as (select id, min(day) as day from histories where file = {earlier} group by id),
                b as (select id, min(day) as day from histories where file = {later} group by id),
                bounds as (select quantile_disc(day, 0.001) as low, quantile_disc(day, 0.999) as high from b)
            select count(*), count(*) filter (b.id is not null),
                count(*) filter (a.day between low and high),
                count(*) filter (a.day between low and high and b.id is not null)
            from a cross join bounds left join b on a.id = b.id
            """
        ).fetchone()
        assert row is not None
        shared.append(row[1] / max(row[0], 1))
        kept_all.append(row[1] / max(row[0], 1))
        kept_inside.append(row[3] / row[2] if row[2] else 0.0)
    connection.execute("drop table histories")
    if max(shared) < _OVERLAP:
        return nothing, "the files do not overlap"
    if key is None:
        return _of_whole_rows(min(kept_all), min(kept_inside), window)
    if min(kept_all) >= 0.995:
        return '"everything"', f"each file still has at least {min(kept_all):.1%} of the keys of the one before"
    if min(kept_inside) >= 0.95 and window:
        return (
            f'{{ window = "{window}" }}',
            f"each file has {min(kept_inside):.1%} or more of the earlier keys inside its own range of days",
        )
    return nothing, f"files overlap ({max(shared):.0%} of keys) and drop others inside their range of days"


def _of_whole_rows(kept_all: float, kept_inside: float, window: str) -> tuple[str, str]:
    """What a missing row means where rows have no key, by the shares of whole rows that the next file still has."""
    is_window = 1 - kept_inside < 0.5 * (1 - kept_all)
    if is_window and kept_inside >= _NEARLY_ALL and window:
        said = f"no key; each file has {kept_inside:.1%} or more of the earlier whole rows inside its own range of days"
        return f'{{ window = "{window}" }}', said
    if kept_all >= _NEARLY_ALL and not is_window:
        return '"everything"', (
            f"no key, and each file still has at least {kept_all:.1%} of the whole rows of the one before: a corrected "
            "row is one gone and one new; as changes it would count twice"
        )
    return '"changes"', f"no key, and as little as {kept_all:.0%} of the whole rows of a file are in the next"


def clock_notes(connection: Connection, layout: FoundLayout, shapes: tuple[Shape, ...]) -> list[str]:
    """For every file, whether a time agrees with an hour that stands in another column."""
    notes = []
    clocks = [shape for shape in shapes if shape.is_clock and not shape.dates and re.search(r"hour|time", shape.words)]
    moments = [shape for shape in shapes if shape.dates and shape.dates.has_time]
    for moment in moments:
        for clock in clocks:
            own = set(clock.words.split()) - {"hour", "time", "date"}
            if own and not own & set(moment.words.split()):
                continue
            hour = _hour_of(clock)
            assert moment.dates is not None
            said = f"date_part('hour', {parsed(identifier(moment.name), moment.dates.formats)})"
            rows = connection.execute(
                f'select "__file", (({said} - {hour})::int + 24) % 24 as gap, count(*) as n from {layout.table} '
                f"where {said} is not null and {hour} is not null group by all order by 1, 3 desc"
            ).fetchall()
            for number, file in enumerate(layout.files):
                gaps = [(int(gap), int(n)) for which, gap, n in rows if which == number]
                total = sum(n for _, n in gaps)
                main = sorted(gap for gap, n in gaps if n > 0.1 * total)
                if not total or not main:
                    continue
                if main == [0]:
                    offset = " in spite of their offset" if moment.dates.has_offset else ""
                    meaning = f"agrees with {clock.name}: local times{offset}"
                else:
                    meaning = (
                        f"is {' or '.join(str(gap) for gap in main)} h ahead of {clock.name}: UTC if that is local"
                    )
                notes.append(f"{file.name}: {moment.name} {meaning}")
    return notes


def shift_between(
    connection: Connection, one: str, other: str, *, key: str, column: str, formats: tuple[tuple[str, ...], ...]
) -> int | None:
    """The hours by which a time of one table is ahead of the same key's in another, if they are always the same."""
    first, second = (parsed(f"{side}.{identifier(column)}", form) for side, form in zip("ab", formats, strict=True))
    by, what = identifier(key), identifier(column)
    row = connection.execute(
        f"""
        with gaps as (
            select date_diff('second', {second}, {first}) as gap
            from (select distinct {by}, {what} from {one}) as a
            join (select distinct {by}, {what} from {other}) as b using ({by})
        ),
        counts as (select gap, count(*) as n from gaps where gap is not null group by gap)
        select sum(n), arg_max(gap, n), max(n) from counts
        """
    ).fetchone()
    if row is None or row[0] is None or row[0] < 20 or row[2] < 0.9 * row[0] or not row[1] or row[1] % 3600:
        return None
    return int(row[1]) // 3600


def _hour_of(clock: Shape) -> str:
    text = identifier(clock.name)
    if any(":" in value for value, _ in clock.top):
        return f"try_cast(split_part({text}, ':', 1) as integer)"
    number = f"try_cast({text} as double)"
    return f"floor({number})" if clock.high is not None and clock.high <= 24 else f"floor({number} / 100)"


def _newest(
    connection: Connection, table: str, columns: tuple[str, ...], formats: tuple[str, ...], said: date | None
) -> tuple[date | None, float]:
    """The newest plausible event (typing errors lie apart), and the share of rows with an event after the day said."""
    if not columns:
        return None, 0.0
    days = [f"{parsed(identifier(column), formats)}::date" for column in columns]
    listed = days[0] if len(days) == 1 else f"greatest({', '.join(days)})"
    row = connection.execute(
        f"""
        with days as (select {listed} as day from {table}),
            plausible as (select day from days where day < date '9000-01-01'),
            late as (select quantile_disc(day, 0.999) as day from plausible)
        select max(plausible.day) filter (plausible.day <= late.day + 31),
            count(*) filter (plausible.day > ?) / greatest(count(*), 1)
        from plausible, late
        """,
        [said or date(9000, 1, 1)],
    ).fetchone()
    return (row[0], float(row[1])) if row else (None, 0.0)
