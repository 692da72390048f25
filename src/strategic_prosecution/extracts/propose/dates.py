"""How a column of text is read as dates: the formats that read it, what they leave, and what is ambiguous."""

import re
from dataclasses import dataclass
from datetime import date

from strategic_prosecution.extracts.casts import literal
from strategic_prosecution.warehouse import Connection, identifier

_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y.%m.%d")
_NAMED_DAYS = ("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%B %d %Y")
_SHORT_DAYS = ("%m/%d/%y", "%d/%m/%y", "%m-%d-%y", "%d-%b-%y")
_TIMES = (" %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %H:%M:%S.%f", " %H%M", " %I:%M%p", " %I:%M:%S%p")
_ISO = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ")
_OFFSETS = (
    *("%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S.%f%z", "%Y/%m/%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%z"),
    *("%Y-%m-%dT%H:%M:%S.%f%z", "%m/%d/%Y %H:%M:%S%z", "%Y-%m-%d %H:%M%z", "%Y/%m/%d %H:%M%z"),
)
_COMPACT = ("%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S", "%Y%m%d %H%M", "%Y%m%d%H%M", "%d%b%Y", "%d%b%Y:%H:%M:%S")
# In the order in which they are tried; of two that read as much the first is taken.
FORMATS = (
    *_DAYS,
    *_NAMED_DAYS,
    *_SHORT_DAYS,
    *(day + time for day in (*_DAYS, *_NAMED_DAYS, *_SHORT_DAYS) for time in _TIMES),
    *_ISO,
    *_OFFSETS,
    *_COMPACT,
    "%Y-%m",
)
_PARTS = {
    **dict.fromkeys("mdHI", r"\d{1,2}"),
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "M": r"\d{2}",
    "S": r"\d{2}",
    "f": r"\d{1,6}",
    "p": "[AaPp][Mm]",
    "b": "[A-Za-z]{3}",
    "B": "[A-Za-z]{3,9}",
    "z": r"[+-]\d{2}(:?\d{2})?",
}
# What each format looks like: most are out before any value is read.
_LIKE = {form: re.compile(re.sub(r"%(.)", lambda part: _PARTS[part[1]], re.escape(form))) for form in FORMATS}
_SWAPPED = {"%m/%d": "%d/%m", "%d/%m": "%m/%d", "%m-%d-": "%d-%m-", "%d-%m-": "%m-%d-"}
# Days that systems write for "not known".
FILLERS = ("1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "1970-01-01", "9999-12-31")
# What a date of a record may be; a 1- or 2-digit year read as one of the first century is no date.
_FIRST, _LAST = "1800-01-01", "9999-12-31"
_TRIED_VALUES = 4000
_SHAPE = re.compile(r"\d{1,4}([-/. ]|[A-Za-z]{3})|\d{8}|[A-Za-z]{3,9}\.? \d", re.ASCII)


@dataclass(frozen=True)
class Dates:
    """What reads a column: formats in order, the share of filled rows they read, and what to mind."""

    formats: tuple[str, ...]
    share: float
    has_time: bool
    has_offset: bool
    ambiguous: str = ""


def read_dates(connection: Connection, source: str, column: str, examples: tuple[str, ...]) -> Dates | None:
    """The formats needed to read a column, most frequent first; None when it is no column of dates.

    Distinct values are tried, weighted by rows. Day and month are told apart by values over 12; where none is, the
    month is taken first and the other reading is named. ``examples``: frequent values, to leave quickly.
    """
    shaped = [value for value in examples if _SHAPE.match(value)]
    if not examples or len(shaped) < 0.5 * len(examples):
        return None
    name = identifier(column)
    connection.execute(
        f"create or replace temp table date_values as select trim({name}) as value, count(*) as n from {source} "
        f"where nullif(trim({name}), '') is not null group by 1 order by hash(value), value limit {_TRIED_VALUES}"
    )
    kinds = connection.execute(
        "select min(value) from date_values group by regexp_replace(value, '[0-9]', '9', 'g') "
        "order by sum(n) desc, 1 limit 500"
    ).fetchall()
    likely = [form for form in FORMATS if any(_LIKE[form].fullmatch(value) for (value,) in kinds)]
    if not likely:
        return None
    reads = ", ".join(f"{_is_read(form)} as f{number}" for number, form in enumerate(likely))
    connection.execute(f"create or replace temp table date_reads as select n, {reads} from date_values")
    chosen: list[int] = []
    total = connection.execute("select sum(n) from date_reads").fetchone()
    rows = int(total[0]) if total and total[0] else 0
    left = rows
    while left:
        unread = " and ".join(f"not f{number}" for number in chosen) or "true"
        sums = ", ".join(f"coalesce(sum(n) filter (f{number}), 0)" for number in range(len(likely)))
        gains = connection.execute(f"select {sums} from date_reads where {unread}").fetchone()
        assert gains is not None
        best = max(range(len(likely)), key=lambda number: (gains[number], -number))
        if not gains[best] or (chosen and gains[best] < 0.0005 * rows):
            break
        chosen.append(best)
        left -= int(gains[best])
    formats = tuple(likely[number] for number in chosen)
    share = 1 - left / rows if rows else 0.0
    if not formats or share < 0.5:
        return None
    ambiguous = ""
    for number in chosen:
        other = _other(likely[number])
        if other in likely:
            both, either = f"f{number} and f{likely.index(other)}", f"f{number} or f{likely.index(other)}"
            row = connection.execute(
                f"select coalesce(sum(n) filter ({both}), 0), sum(n) filter ({either}) from date_reads"
            ).fetchone()
            if row is not None and row[0] == row[1]:
                ambiguous = f"no day over 12 tells {likely[number]} from {other}"
    has_time = any(re.search(r"%[HIzZ]", form) for form in formats) and _has_clock(connection, formats)
    return Dates(formats, share, has_time, any(form.endswith(("%z", "Z")) for form in formats), ambiguous)


def parsed(column: str, formats: tuple[str, ...]) -> str:
    """SQL for the day a column says, as written, without moving it between time zones."""
    plain = [form for form in formats if not form.endswith("%z")]
    zoned = [form for form in formats if form.endswith("%z")]
    text = f"trim({column})"
    read = [f"try_strptime({text}, [{', '.join(literal(form) for form in plain)}])"] if plain else []
    read += [f"timezone('UTC', try_strptime({text}, [{', '.join(literal(form) for form in zoned)}]))"] if zoned else []
    return f"coalesce({', '.join(read)})"


def fillers(connection: Connection, source: str, column: str, formats: tuple[str, ...]) -> dict[date, int]:
    """Days of the column that systems write for "not known", with their rows."""
    listed = ", ".join(f"date {literal(day)}" for day in FILLERS)
    day = f"{parsed(identifier(column), formats)}::date"
    rows = connection.execute(
        f"select {day} as day, count(*) from {source} where {day} in ({listed}) group by 1 order by 1"
    ).fetchall()
    return {row[0]: int(row[1]) for row in rows}


def _is_read(form: str) -> str:
    moment = f"try_strptime(value, {literal(form)})"
    return f"coalesce({moment}::date between date {literal(_FIRST)} and date {literal(_LAST)}, false)"


def _has_clock(connection: Connection, formats: tuple[str, ...]) -> bool:
    """Whether any value has another time of day than midnight."""
    moment = parsed("value", formats)
    row = connection.execute(
        f"select count(*) filter (date_trunc('day', {moment}) <> {moment}) > 0.01 * count(*) from date_values"
    ).fetchone()
    return bool(row and row[0])


def _other(form: str) -> str:
    return next((form.replace(one, other, 1) for one, other in _SWAPPED.items() if form.startswith(one)), "")
