"""Tables in SQL: transactions, creating, replacing and hashing them, and quoting names."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.warehouse.errors import WarehouseError

Connection = duckdb.DuckDBPyConnection


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    try:
        connection.execute("commit")
    except duckdb.TransactionException:
        raise WarehouseError(
            "the database could not be written: is the disk full? Nothing half-done is left: free some, and run again"
        ) from None


def replace(connection: Connection, table: model.Table, rows: pd.DataFrame | str, parameters: Any = None) -> int:
    """Replace a whole table by a frame or a query, columns by name and cast to the model; returns the rows.

    For use inside ``transaction``.
    """
    connection.execute(create_table(table, clause="create or replace table"))
    return _insert(connection, table, rows, parameters)


def replace_as_of(connection: Connection, table: model.Table, as_of: date, rows: pd.DataFrame | str) -> None:
    """Replace the rows of one ``as_of`` in a mart table. For use inside ``transaction``."""
    connection.execute(f"delete from {table.schema}.{table.name} where as_of = ?", [as_of])
    _insert(connection, table, rows, None)


def _insert(connection: Connection, table: model.Table, rows: pd.DataFrame | str, parameters: Any) -> int:
    if isinstance(rows, pd.DataFrame):
        if missing := set(table.names) - set(rows.columns):
            raise ValueError(f"rows for [{table.name}] lack the columns {sorted(missing)}")
        connection.register("incoming_rows", rows)
        rows = "from incoming_rows"
    selected = ", ".join(f'"{column.name}"::{model.SQL_TYPES[column.dtype]}' for column in table.columns)
    order = ", ".join(f'"{name}"' for name in table.key)
    connection.execute(
        f"insert into {table.schema}.{table.name} select {selected} from ({rows}) order by {order}", parameters
    )
    connection.execute("drop view if exists incoming_rows")
    count = connection.execute(
        f"select count(*), count(distinct ({order})) from {table.schema}.{table.name}"
    ).fetchone()
    assert count is not None
    if count[0] != count[1]:
        raise WarehouseError(f"table [{table.name}]: {count[0]} rows but {count[1]} keys ({order}); one row per key")
    return int(count[0])


def table_hash(
    connection: Connection, table: model.Table, as_of: date | None = None, *, rows: str | None = None
) -> str:
    """SHA-256 over the rows of a table in key order, doubles with 12 significant digits; of one ``as_of`` if given.

    ``rows`` is a query (with ``$as_of``) for what the table says of that day, where that is not its stored rows.
    """

    def text(column: model.Column) -> str:
        if column.dtype == "double":
            return f"format('{{:.12g}}', \"{column.name}\")"
        if column.dtype == "geometry":
            return f'hex("{column.name}")'
        return f'"{column.name}"::varchar'

    row = " || chr(31) || ".join(f"coalesce({text(column)}, chr(0))" for column in table.columns)
    order = ", ".join(f'"{name}"' for name in table.key)
    source = f"{table.schema}.{table.name}"
    if as_of is not None:
        source = f"({rows})" if rows is not None else f"(select * from {source} where as_of = $as_of)"
    parameters = {"as_of": as_of} if as_of is not None else {}
    # Rows of equal text are interchangeable, so the text itself settles what the key leaves open.
    cursor = connection.execute(f"select {row} as line from {source} order by {order}, line", parameters)
    digest = hashlib.sha256()
    while batch := cursor.fetchmany(50_000):
        digest.update("\n".join(line for (line,) in batch).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def create_table(table: model.Table, *, prefix: str = "", clause: str = "create table if not exists") -> str:
    """The statement that makes an empty table of the model."""
    columns = ", ".join(f'"{column.name}" {model.SQL_TYPES[column.dtype]}' for column in table.columns)
    return f"{clause} {prefix}{table.schema}.{table.name} ({columns})"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def key_columns(names: Sequence[str]) -> str:
    """A comma-separated list of quoted identifiers."""
    return ", ".join(identifier(name) for name in names)


def quoted(text: str) -> str:
    """A quoted SQL text."""
    return "'" + text.replace("'", "''") + "'"
