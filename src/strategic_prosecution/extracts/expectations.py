"""What core looked like when someone last looked, in a file under version control; and how far it has drifted since.

Counts only: rows per month, how often a column is empty, how often each code. No value of a text, no date of a person.
Complete months only: one that ended before the month of the newest file and by ``complete_through``.
"""

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.extracts.contracts import NAMED, Breach, ContractError
from strategic_prosecution.extracts.drift import Drift, find_drift
from strategic_prosecution.extracts.expectations_file import month_before, read_expectations
from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse import Connection, identifier

# What stands between a table and the day from which some of its columns are known.
_BY = " by "


def check_expectations(connection: Connection, office: Office) -> None:
    """Raise ContractError, the worst drifts named, when core is not what the office's expectations file says.

    Does nothing where ``office.expectations`` is not set.
    """
    drifts = office_drift(connection, office)
    if drifts:
        named = "; ".join(str(item) for item in drifts[:NAMED])
        more = f"; and {len(drifts) - NAMED} more" if len(drifts) > NAMED else ""
        raise ContractError(
            f"{len(drifts)} drifts from {office.office.expectations}: {named}{more}; look at the extracts: "
            "a wrong file is corrected by a right one of its name, and when they are right, `stratpro expect --replace`"
        )


def office_drift(connection: Connection, office: Office) -> list[Drift]:
    """How the built core differs from the office's expectations file, worst first; [] where it keeps none."""
    if office.office.expectations is None:
        return []
    expected = read_expectations(office.resolve(office.office.expectations))
    return find_drift(measure(connection, office), expected)


def breaches(connection: Connection, office: Office) -> list[Breach]:
    """Every drift as a broken contract of the extracts that fill its table; an unusable file is one too."""
    try:
        drifts = office_drift(connection, office)
    except ContractError as error:
        return [Breach("", str(error))]
    return [
        Breach(
            ", ".join(_fillers(office, item.table_name.split(_BY)[0])),
            f"{item.what}: {item.before} -> {item.after}; look at the extract, or `stratpro expect --replace`",
            table_name=item.table_name,
            column_name=item.column_name,
        )
        for item in drifts
    ]


# --------------------------------------------------------------------------------------------------------- measuring


def measure(connection: Connection, office: Office) -> pd.DataFrame:
    """Count the built core: one row per table, month, column and value.

    Columns: table_name; month ('YYYY-MM' of the event's local day, '' for rows without one); column_name ('' for rows
    as such); value ('' for rows, and for empty values of a column; a code; 'true' or 'false'); rows;
    complete_through (the table's last complete month, '' where there is none). A table without a day of its own has
    its parent's. What is known only from a later day (``Column.known_from``: how a case ended) is counted apart, as
    '<table> by <column>', by the month of that day: of young cases little is known, and of old ones more every month.
    Tables no extract fills, and tables without rows, have no rows here.
    """
    frames = [
        _measure_table(connection, office, table)
        for table in model.fed_tables()
        if table.schema == "core" and _fillers(office, table.name)
    ]
    empty = pd.DataFrame(columns=["table_name", "month", "column_name", "value", "rows", "complete_through"])
    return pd.concat([empty, *frames], ignore_index=True).astype({"rows": "int64"})


def _measure_table(connection: Connection, office: Office, table: model.Table) -> pd.DataFrame:
    event, source = _event(table)
    skipped = (*table.key, "source_load", "source_row", "place_id", "home_place_id")
    columns = [column for column in table.columns if column.name not in skipped]
    frames = [
        _count(connection, event, source, [column for column in columns if not column.known_from], name=table.name)
    ]
    for day in sorted({column.known_from for column in columns if column.known_from}):
        known = [column for column in columns if column.known_from == day and column.name != day]
        within = f"(select * from core.{table.name} where {identifier(day)} is not null) as t"
        frames.append(_count(connection, f"t.{identifier(day)}", within, known, name=f"{table.name}{_BY}{day}"))
    return pd.concat(frames).assign(complete_through=_complete_through(connection, office, table))


def _count(connection: Connection, day: str, source: str, columns: list[model.Column], *, name: str) -> pd.DataFrame:
    """Count the rows of ``source`` by month of ``day``: all, and empty values and codes of each column."""
    month = f"coalesce(strftime({day}, '%Y-%m'), '')" if day else "''"
    counts = ", ".join(
        f"count(*) filter (t.{identifier(column.name)} is null) as {identifier(column.name)}" for column in columns
    )
    wide = connection.execute(f'select {month} as month, count(*) as "__all", {counts} from {source} group by all').df()
    wide = wide.rename(columns={"__all": ""})
    frames = [wide.melt(id_vars="month", var_name="column_name", value_name="rows").assign(value="")]
    for column in columns:
        if column.dtype in ("code", "boolean"):
            quoted = identifier(column.name)
            query = f"select {month} as month, t.{quoted}::varchar as value, count(*) as rows from {source}"
            found = connection.execute(f"{query} where t.{quoted} is not null group by all").df()
            frames.append(found.assign(column_name=column.name))
    facts = pd.concat(frames, ignore_index=True).assign(table_name=name)
    return facts.sort_values(["month", "column_name", "value"], ignore_index=True)


def _fillers(office: Office, table: str) -> list[str]:
    """The extracts that fill a table."""
    return [name for name, extract in office.extracts.items() if any(feed.table == table for feed in extract.feeds)]


def _event(table: model.Table) -> tuple[str, str]:
    """SQL for the local day of a table's event ('' when it has none), and what to select from: the table is ``t``."""
    if day := _event_column(table):
        return f"t.{day}", f"core.{table.name} as t"
    parent = _parent(table)
    if parent is None:
        return "", f"core.{table.name} as t"
    key = identifier(parent.key[0])
    return f"parent.{_event_column(parent)}", (
        f"core.{table.name} as t left join core.{parent.name} as parent on parent.{key} = t.{key}"
    )


def _parent(table: model.Table) -> model.Table | None:
    """The table with whose rows those of a table without a day of its own are known."""
    required = {column.name for column in table.columns if column.required and column.name not in table.key}
    return None if table.dated_by else next((other for other in model.fed_tables() if other.key[0] in required), None)


def _event_column(table: model.Table) -> str:
    """The day of the event itself, which a later report does not move; else the day that dates the row."""
    if not table.dated_by:
        return ""
    required = (column.name for column in table.columns if column.dtype == "date" and column.required)
    return next(required, table.dated_by)


def _complete_through(connection: Connection, office: Office, table: model.Table) -> str:
    """The last complete month of a table ('YYYY-MM', '' where no file has landed), by the extract furthest behind.

    The month before that of an extract's newest file, and before that of the first day its report lag leaves open.
    """
    parent = _parent(table)
    names = [table.name, *([parent.name] if parent else [])]
    row = connection.execute(
        """
        with files as (
            select extract, max(extract_date) as newest from meta.loads
            where list_contains($extracts, extract) group by extract
        ),
        lags as (
            select extract, min(complete_through) as complete_through from mart.report_lags
            where list_contains($names, table_name) and as_of = (select max(as_of) from mart.report_lags)
            group by extract
        )
        select strftime(min(least(newest, complete_through + 1)), '%Y-%m') from files left join lags using (extract)
        """,
        {"extracts": _fillers(office, table.name), "names": names},
    ).fetchone()
    return "" if row is None or row[0] is None else month_before(row[0])
