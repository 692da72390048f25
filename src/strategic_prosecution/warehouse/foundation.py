"""The schemas and lasting tables of records and desk, and how an older file becomes one of today.

Raw, meta and desk hold what cannot be had again: they are changed step by step, by the numbered files in
``migrations``. Core and mart are made anew: a table of another shape than the model's is emptied, and its days are
stale until they are run again.
"""

from pathlib import Path

from strategic_prosecution import model
from strategic_prosecution.warehouse.errors import WarehouseError
from strategic_prosecution.warehouse.tables import Connection, create_table, transaction

SCHEMA_VERSION = 8
# What the first release wrote. Its desk did not say so yet.
_FIRST_VERSION = 2
_MIGRATIONS = Path(__file__).parent / "migrations"
# file -> the name it is attached under, and where it says its version.
_FILES = {"records": ("records", "meta.state"), "desk": ("desk_file", "desk.state")}


def lay_foundation(connection: Connection) -> None:
    """Make what is missing, migrate what is older, refuse what is newer.

    Each file is migrated in one transaction: killed in the middle, it is as it was. Raises WarehouseError for a file of
    a newer program, or of one before the first release; neither is changed.
    """
    versions = {file: _version(connection, file) for file in _FILES}
    for file, version in versions.items():
        if version is not None and version > SCHEMA_VERSION:
            raise WarehouseError(
                f"{file}.duckdb has schema version {version}, this program knows {SCHEMA_VERSION}; update the program"
            )
        if version is not None and version < _FIRST_VERSION:
            raise WarehouseError(
                f"{file}.duckdb has schema version {version}, from before the first release, this program reads "
                f"{_FIRST_VERSION} and later; move it away and run again: it is built anew from the files in raw_dir"
            )
    for file, version in versions.items():
        if version != SCHEMA_VERSION:
            with transaction(connection):
                _bring_up(connection, file, version)


def _version(connection: Connection, file: str) -> int | None:
    """The schema version of a file; None where it is new."""
    catalog, state = _FILES[file]
    names = _names(connection, catalog)
    if state in names:
        row = connection.execute(f"select value from {catalog}.{state} where name = 'schema_version'").fetchone()
        return None if row is None else int(row[0])
    return _FIRST_VERSION if file == "desk" and names else None


def _bring_up(connection: Connection, file: str, version: int | None) -> None:
    catalog, state = _FILES[file]
    if version is not None:
        for number in range(version + 1, SCHEMA_VERSION + 1):
            path = _MIGRATIONS / f"{number:03d}_{file}.sql"
            if path.exists():
                connection.execute(path.read_text(encoding="utf-8"))
    kept = ("raw", "core", "mart", "meta") if file == "records" else ("desk",)
    for schema in kept:
        connection.execute(f"create schema if not exists {catalog}.{schema}")
        for table in model.tables(schema):
            is_built = schema in ("core", "mart")
            if is_built and _shape(connection, catalog, table) not in ([], _shape_of_today(table)):
                connection.execute(create_table(table, prefix=f"{catalog}.", clause="create or replace table"))
            else:
                connection.execute(create_table(table, prefix=f"{catalog}."))
    connection.execute(f"delete from {catalog}.{state} where name = 'schema_version'")
    connection.execute(f"insert into {catalog}.{state} values ('schema_version', ?)", [str(SCHEMA_VERSION)])


def _names(connection: Connection, catalog: str) -> set[str]:
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = ?", [catalog]
    ).fetchall()
    return {name for (name,) in rows}


def _shape(connection: Connection, catalog: str, table: model.Table) -> list[tuple[str, str]]:
    """The columns a table has and their types, in order; none where there is no such table."""
    return connection.execute(
        "select column_name, lower(data_type) from duckdb_columns() "
        "where database_name = ? and schema_name = ? and table_name = ? order by column_index",
        [catalog, table.schema, table.name],
    ).fetchall()


def _shape_of_today(table: model.Table) -> list[tuple[str, str]]:
    return [(column.name, model.SQL_TYPES[column.dtype]) for column in table.columns]
