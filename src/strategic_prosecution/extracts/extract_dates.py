"""The day a source made a file: stated in office.toml, its name or a column; and whether it can be right."""

import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import clock, day_of, text_of, typed
from strategic_prosecution.extracts.expressions import column_or_expression
from strategic_prosecution.extracts.readers import FileProblem
from strategic_prosecution.settings import Extract, Feed, Office
from strategic_prosecution.warehouse import Connection

# A file with more of its events after its extract date is dated wrongly.
LARGEST_FUTURE_SHARE = 0.005
_DATE_IN_NAME = re.compile(r"(\d{4})[-_]?(\d{2})[-_]?(\d{2})(?!\d)")


def extract_date(
    connection: Connection, office: Office, name: str, *, file: str, source: str, names: list[str], modified_ns: int
) -> tuple[date, str]:
    """The day the source made the file, and who says so. ``source`` has its rows in the columns ``names``."""
    extract = office.extracts[name]
    stated = stated_date(extract, file)
    if stated is not None:
        return stated
    if isinstance(extract.extract_date, dict):
        column = extract.extract_date["column"]
        sql = column_or_expression(connection, column, names, where="extract_date.column")
        day = typed(model.Column("extract_date", "date", ""), text_of(sql, extract), extract=extract, office=office)
        row = connection.execute(f"select max({day}) from {source}").fetchone()
        if row is None or row[0] is None:
            raise FileProblem(f"no day in column [{column}]; state it in extract_dates", kind="waiting_file")
        return row[0], "column"
    if extract.extract_date == "filename":
        raise FileProblem("has no day in its name; state it in extract_dates", kind="waiting_file")
    return file_day(office, modified_ns), "file time"


def file_day(office: Office, modified_ns: int) -> date:
    """The office's day on which a file was last changed."""
    return datetime.fromtimestamp(modified_ns / 1e9, ZoneInfo(office.office.timezone)).date()


def stated_date(extract: Extract, file: str) -> tuple[date, str] | None:
    """An extract date that needs no look into the file."""
    name = Path(file).name
    for key in (file, name):
        if key in extract.extract_dates:
            return extract.extract_dates[key], "file"
    if isinstance(extract.extract_date, date):
        return extract.extract_date, "office"
    if extract.extract_date == "filename" and (found := _DATE_IN_NAME.findall(name)):
        try:
            return date(*(int(part) for part in found[-1])), "filename"
        except ValueError:
            return None
    return None


def redate(connection: Connection, name: str, extract: Extract) -> None:
    """office.toml has the last word on days: a corrected statement holds for what has landed too."""
    loads = connection.execute(
        "select load_id, file, extract_date, extract_date_from from meta.loads where extract = ?", [name]
    ).fetchall()
    for load_id, file, *said in loads:
        if (stated := stated_date(extract, file)) and list(stated) != said:
            state_date(connection, load_id, stated)


def state_date(connection: Connection, load_id: str, stated: tuple[date, str]) -> None:
    """Write the day of a load, and who says so, where it is another."""
    connection.execute(
        "update meta.loads set extract_date = ?, extract_date_from = ? "
        "where load_id = ? and (extract_date, extract_date_from) is distinct from (?, ?)",
        [*stated, load_id, *stated],
    )


def check_future(
    connection: Connection, office: Office, *, name: str, feeds: list[Feed], source: str, names: list[str], made: date
) -> None:
    """Make a file wait that has too many events after the day it was made."""
    extract = office.extracts[name]
    for feed in feeds:
        known = known_date(connection, office, extract=extract, feed=feed, names=names)
        if known is None:
            continue
        where = column_or_expression(connection, feed.where, names, where="where") if feed.where else "true"
        row = connection.execute(
            f"select count(*) filter ({known} > ?), count({known}) from {source} where {where}", [made]
        )
        after, dated = row.fetchone() or (0, 0)
        if dated and after / dated > LARGEST_FUTURE_SHARE:
            raise FileProblem(
                f"{after} of {dated} rows of [{feed.table}] are dated after its extract date {made}; "
                f"state the right day in extracts.{name}.extract_dates",
                kind="waiting_file",
            )


def known_date(connection: Connection, office: Office, *, extract: Extract, feed: Feed, names: list[str]) -> str | None:
    """SQL for the local day from which a row of a feed exists, or None where the feed maps no such day."""
    table = next(table for table in model.fed_tables() if table.name == feed.table)
    days = [
        day
        for column in dating_columns(table)
        for day in day_sql(connection, office, extract=extract, feed=feed, names=names, column=column)
    ]
    return f"coalesce({', '.join(days)})" if days else None


def day_sql(
    connection: Connection, office: Office, *, extract: Extract, feed: Feed, names: list[str], column: str
) -> list[str]:
    """SQL for a local day of a feed: as mapped, then of the instant it is derived from."""
    table = next(table for table in model.fed_tables() if table.name == feed.table)
    days = []
    for ours in (column, column.removesuffix("_date") + "_at"):
        if ours in feed.columns:
            marks = [rule.when for rule in feed.rules if ours in rule.columns]
            left_out = " or ".join(
                f"coalesce(({column_or_expression(connection, when, names, where='rules')})::boolean, false)"
                for when in marks
            )
            sql = column_or_expression(connection, feed.columns[ours], names, where=ours)
            text = text_of(sql, extract)
            if ours.endswith("_at"):
                day = day_of(text, clock(text, extract), extract, office)
            else:
                day = typed(table.column(ours), text, extract=extract, office=office)
            days.append(f"case when not ({left_out}) then {day} end" if marks else day)
    return days


def dating_columns(table: model.Table) -> list[str]:
    """The columns that date a row: dated_by, then a required date that stands in for it."""
    required = [column.name for column in table.columns if column.dtype == "date" and column.required]
    return [table.dated_by, *(name for name in required if name != table.dated_by)] if table.dated_by else []
