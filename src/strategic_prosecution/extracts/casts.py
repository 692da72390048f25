"""Text to the model's types, as SQL: one scalar expression per column, and the code maps of an extract."""

import re
from fnmatch import translate

import pandas as pd

from strategic_prosecution.model import UNMAPPED, Column
from strategic_prosecution.settings import Extract, Office
from strategic_prosecution.warehouse import Connection, identifier

OLDEST_AGE = 120
# The largest degrees of coordinates, which another reference system has no part in.
DEGREES = {"longitude": 180, "latitude": 90}
# What a spreadsheet makes of a long number: the digits are gone, and different ids have become one.
MANGLED = r"[+-]?\d([.,]\d+)?[eE]\+\d+"
# Formats that say what time it is, and those that say it with its offset from UTC.
_TIME = re.compile(r"%-?[HIcXT]")
_OFFSET = re.compile(r"%[zZ]")
_WORDS = "('epoch', 'infinity', '-infinity')"
_FIRST_YEAR = 1000
_TRUE = "('true', 't', 'yes', 'y', '1', '1.0')"
_FALSE = "('false', 'f', 'no', 'n', '0', '0.0')"


def text_of(sql: str, extract: Extract) -> str:
    """The trimmed text of an expression; blank and the extract's null values are null."""
    trimmed = f"nullif(trim(({sql})::varchar), '')"
    for value in extract.null_values:
        trimmed = f"nullif({trimmed}, {literal(value)})"
    return trimmed


def typed(column: Column, text: str, *, extract: Extract, office: Office) -> str:
    """A column of text cast to its type; null where it cannot be read. Not for codes (see ``code_map``)."""
    if column.name == "source_person_id":
        # Keys of people belong to the system that gave them: two systems may use the same number.
        return f"{literal(f'{extract.system}:')} || {_whole_id(text)}"
    if is_id(column):
        return _whole_id(text)
    if column.dtype == "text":
        return text
    if column.dtype in ("integer", "cents"):
        whole = f"try_cast({text} as decimal(38, 6))"
        number = f"case when {whole} = trunc({whole}) then try_cast({whole} as bigint) end"
        return f"case when {number} between 0 and {OLDEST_AGE} then {number} end" if column.name == "age" else number
    if column.dtype == "double":
        number = f"try_cast({text} as double)"
        if column.name in DEGREES and not extract.crs:
            return f"case when abs({number}) <= {DEGREES[column.name]} then {number} end"
        return f"case when isfinite({number}) then {number} end"
    if column.dtype == "boolean":
        return f"case when lower({text}) in {_TRUE} then true when lower({text}) in {_FALSE} then false end"
    if column.name == "birth_date":
        return _no_filler(f"{parsed(text, extract.date_formats)}::date", extract)
    if column.dtype == "date":
        return _no_filler(_local_date(text, extract, office), extract)
    if column.dtype == "timestamp":
        return instant(text, clock(text, extract), extract, office)
    raise ValueError(f"column [{column.name}]: an extract cannot fill type [{column.dtype}]")


def is_id(column: Column) -> bool:
    """Whether a column holds ids, which a spreadsheet may have mangled."""
    return column.dtype == "text" and column.name.endswith("_id")


def _whole_id(text: str) -> str:
    return f"case when not (contains({text}, '+') and {is_mangled(text)}) then {text} end"


def is_mangled(text: str) -> str:
    """SQL: whether a text is a number as a spreadsheet shortens it."""
    return f"regexp_full_match({text}, {literal(MANGLED)})"


def _no_filler(time: str, extract: Extract) -> str:
    """A day or time, null where its day stands for "not known"."""
    days = ", ".join(f"date {literal(day.isoformat())}" for day in extract.filler_dates)
    return f"case when {time}::date not in ({days}) then {time} end" if days else time


def parsed(text: str, formats: tuple[str, ...]) -> str:
    """SQL for the time a text says by the first format that reads it, null where none does.

    A year has the digits its format says: %Y alone would take the 24 of 1/2/24 for the year 24. Nor is a word a time:
    strptime reads "epoch" and "infinity" as days.
    """
    listed = ", ".join(literal(item) for item in sorted(formats, key=lambda item: "%y" not in item))
    read = f"try_strptime({text}, [{listed}])"
    return f"case when year({read}) >= {_FIRST_YEAR} and lower({text}) not in {_WORDS} then {read} end"


def orders_of(formats: tuple[str, ...]) -> dict[str, list[str]]:
    """Formats by the order of year, month and day in them: two orders may read one text as two days."""
    orders: dict[str, list[str]] = {}
    for item in formats:
        plain = item.replace("%y", "%Y").replace("%b", "%m").replace("%B", "%m").replace("%-", "%")
        orders.setdefault("".join(re.findall(r"%([Ymdj])", plain)), []).append(item)
    return orders


def clock(text: str, extract: Extract) -> str:
    """SQL for the time as written, on the clock of the extract; null for a text with its own offset."""
    formats = tuple(item for item in extract.date_formats if not _OFFSET.search(item))
    if not formats:
        return "null::timestamp"
    # A text with a time fits no format without one, so their order is free: the likelier first, as a misfit is slow.
    formats = tuple(sorted(formats, key=lambda item: not _TIME.search(item)))
    return _no_filler(parsed(text, formats), extract)


def instant(text: str, clock_sql: str, extract: Extract, office: Office) -> str:
    """SQL for the UTC instant of a text with its own offset, or of a time on the clock of the extract."""
    offset = tuple(item for item in extract.date_formats if _OFFSET.search(item))
    zone = literal(zone_of(extract, office))
    local = f"timezone('UTC', timezone({zone}, {clock_sql}))"
    if not offset:
        return local
    stated = _no_filler(f"timezone('UTC', {parsed(text, offset)})", extract)
    return f"coalesce({stated}, {local})"


def zone_of(extract: Extract, office: Office) -> str:
    """The time zone of an extract's clock."""
    return extract.timezone or office.office.timezone


def local_day(instant: str, office: Office) -> str:
    """SQL for the office's calendar day of a UTC instant."""
    return f"timezone({literal(office.office.timezone)}, timezone('UTC', {instant}))::date"


def day_of(text: str, clock_sql: str, extract: Extract, office: Office) -> str:
    """SQL for the office's calendar day of a text with a time: as written, where the clock is the office's own."""
    moved = local_day(instant(text, clock_sql, extract, office), office)
    if zone_of(extract, office) != office.office.timezone:
        return moved
    if not any(_OFFSET.search(item) for item in extract.date_formats):
        return f"({clock_sql})::date"
    return f"case when {clock_sql} is not null then ({clock_sql})::date else {moved} end"


def _local_date(text: str, extract: Extract, office: Office) -> str:
    """A calendar day as written; a day with a time in another zone is moved to the office's calendar."""
    is_elsewhere = zone_of(extract, office) != office.office.timezone
    moved = tuple(
        item for item in extract.date_formats if _OFFSET.search(item) or (is_elsewhere and _TIME.search(item))
    )
    plain = tuple(item for item in extract.date_formats if item not in moved)
    read = [f"{parsed(text, plain)}::date"] if plain else []
    if moved:
        # A day written with an empty time of day is a day, not the last hours of the day before.
        elsewhere = tuple(item for item in moved if not _OFFSET.search(item))
        day = _no_filler(parsed(text, elsewhere), extract) if elsewhere else "null::timestamp"
        shifted = local_day(instant(text, day, extract, office), office)
        read.append(f"case when {day}::time = time '00:00:00' then {day}::date else {shifted} end")
    return f"coalesce({', '.join(read)})"


def code_map(
    connection: Connection, *, source: str, text: str, column: Column, extract: Extract, name: str
) -> list[tuple[str, int]]:
    """Make the temporary table ``name`` (theirs, ours) for the values that occur; returns the unmapped with counts.

    A value is looked up as written, then in the patterns (``*``, ``?``) in file order, then among our own values
    without regard to case. What is in none of these is ``unmapped``.
    """
    found = connection.execute(
        f"select {text} as theirs, count(*) from {source} where {text} is not null group by 1 order by 1"
    ).fetchall()
    codes = extract.codes.get(column.name, {})
    patterns = [(re.compile(translate(theirs), re.IGNORECASE), ours) for theirs, ours in codes.items()]
    own = {value: value for value in column.values if value != UNMAPPED}

    def ours(value: str) -> str:
        if value in codes:
            return codes[value]
        matched = next((ours for pattern, ours in patterns if pattern.fullmatch(value)), None)
        return matched or own.get(value.lower(), UNMAPPED)

    pairs = [(value, ours(value)) for value, _ in found]
    connection.register("code_pairs", pd.DataFrame(pairs, columns=["theirs", "ours"], dtype="str"))
    connection.execute(f"create or replace temp table {identifier(name)} as from code_pairs")
    connection.execute("drop view code_pairs")
    counts = dict(found)
    return [(value, counts[value]) for value, mapped in pairs if mapped == UNMAPPED]


def literal(text: str) -> str:
    """A quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"
