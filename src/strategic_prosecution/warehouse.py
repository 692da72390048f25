"""The only module that opens DuckDB: one way to open it, the run lock, replacing, hashing and publishing tables.

Three files by sensitivity: ``records.duckdb`` (raw, core, mart, meta), ``desk.duckdb`` (what people decided) and the
published ``office.duckdb``. DuckDB has no users: the files are the access control, so they are made with mode 0600.
A run for an earlier ``as_of`` than the newest builds its core in a scratch file; the search path makes the same
``core.incidents`` mean the right one, so no query knows the difference.
"""

import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_httpfs
import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.settings import Office, SettingsError

SCHEMA_VERSION = 2
KEPT_RUNS = 3
LOCK_POLL_SECONDS = 0.2
_LINKS = ("internal", "public", "published.json")

Connection = duckdb.DuckDBPyConnection


class WarehouseError(RuntimeError):
    """The database cannot be used as asked; the message says why and what to do."""


class WarehouseLockedError(WarehouseError):
    """Another run, or a stranger's connection, holds the database."""


@dataclass(frozen=True)
class Run:
    """One run: from taking the lock to letting it go."""

    run_id: str
    what: str
    started_at: datetime


# The lock belongs to the process, so what it stands for does too.
_held: dict[Path, Run] = {}


# --------------------------------------------------------------------------------------------------- the run lock


@contextmanager
def run(office: Office, *, what: str, wait: bool = False) -> Iterator[Run]:
    """Hold the office's run lock from first to last stage; nested calls in the process share it.

    The lock is the kernel's (flock): a killed process frees it. Raises WarehouseLockedError, naming who holds it
    since when, unless ``wait``.
    """
    path = office.records_path.with_name(office.records_path.name + ".lock")
    if path in _held:
        yield _held[path]
        return
    umask = os.umask(0o077)
    try:
        office.processed_dir.mkdir(parents=True, exist_ok=True)
        with path.open("a+", encoding="utf-8") as handle:
            _take(handle, wait=wait)
            started_at = datetime.now(UTC)
            current = Run(f"{started_at:%Y%m%dT%H%M%S%f}_{secrets.token_hex(3)}", what, started_at)
            handle.seek(0)
            handle.truncate()
            json.dump(
                {"pid": os.getpid(), "run": current.run_id, "what": what, "since": started_at.isoformat()}, handle
            )
            handle.flush()
            _held[path] = current
            try:
                _remove_leftovers(office)
                yield current
            finally:
                del _held[path]
                _remove_leftovers(office)
                handle.seek(0)
                handle.truncate()
    finally:
        os.umask(umask)


def lock_holder(office: Office) -> dict[str, Any] | None:
    """Who holds the run lock (pid, run, what, since), or None."""
    path = office.records_path.with_name(office.records_path.name + ".lock")
    if not path.exists():
        return None
    with path.open(encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _describe_holder(handle)
    return None


def current_run(office: Office) -> Run:
    """The run this process is in; WarehouseError outside of one."""
    path = office.records_path.with_name(office.records_path.name + ".lock")
    if path not in _held:
        raise WarehouseError("a stage was called outside a run; use warehouse.run(office, what=...)")
    return _held[path]


def _take(handle: Any, *, wait: bool) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not wait:
                holder = _describe_holder(handle)
                raise WarehouseLockedError(
                    f"run [{holder.get('run', '?')}] ({holder.get('what', '?')}, process {holder.get('pid', '?')}) "
                    f"holds the database since {holder.get('since', '?')}; wait for it, or use --wait"
                ) from None
            time.sleep(LOCK_POLL_SECONDS)


def _describe_holder(handle: Any) -> dict[str, Any]:
    handle.seek(0)
    try:
        holder: dict[str, Any] = json.loads(handle.read() or "{}")
    except json.JSONDecodeError:
        return {}
    return holder


def _remove_leftovers(office: Office) -> None:
    """Scratch cores and temporary files of runs that died; we hold the lock, so nobody uses them."""
    for leftover in [*_scratch_dir(office).glob("*"), *_temp_dir(office).glob("*")]:
        if leftover.is_file():
            leftover.unlink()


# ------------------------------------------------------------------------------------------------------- the one open


@contextmanager
def open_records(office: Office, as_of: date | None = None) -> Iterator[Connection]:
    """Open records and desk for a stage of the current run, in UTC, without network.

    With ``as_of`` earlier than the newest core's, ``core`` is a scratch database of this run. What is executed reaches
    files below raw_dir and processed_dir only, and changes no setting (see ``_confine``). Raises
    WarehouseLockedError when a stranger has the file open, WarehouseError for a wrong key or a newer file.
    """
    current = current_run(office)
    connection = _connect(office)
    try:
        _attach(connection, office, office.records_path, "records", office.warehouse.records_key_env)
        _attach(connection, office, office.desk_path, "desk_file", office.warehouse.desk_key_env)
        _lay_foundation(connection)
        _search(connection, "records.core")
        if as_of is not None and is_past(connection, as_of):
            _scratch_dir(office).mkdir(mode=0o700, parents=True, exist_ok=True)
            scratch = _scratch_dir(office) / f"{current.run_id}_{as_of:%Y%m%d}.duckdb"
            _attach(connection, office, scratch, "scratch", office.warehouse.records_key_env)
            connection.execute("create schema if not exists scratch.core")
            _search(connection, "scratch.core")
        _confine(connection, office.raw_dir, office.processed_dir)
        yield connection
    finally:
        connection.close()


@contextmanager
def open_trial(office: Office) -> Iterator[Connection]:
    """The same databases in memory, for checks that write nothing; of the disk, only raw_dir is open to it."""
    connection = _connect(office)
    try:
        connection.execute("attach ':memory:' as records; attach ':memory:' as desk_file")
        _lay_foundation(connection)
        _search(connection, "records.core")
        _confine(connection, office.raw_dir)
        yield connection
    finally:
        connection.close()


@contextmanager
def open_core(office: Office, as_of: date) -> Iterator[Connection]:
    """``open_records`` for a stage that reads core: refuses one built by another run or for another day."""
    current = current_run(office)
    with open_records(office, as_of) as connection:
        if is_past(connection, as_of):
            built = connection.execute(
                "select count(*) from duckdb_tables() where database_name = 'scratch'"
            ).fetchone()
            if built == (0,):
                raise WarehouseError(f"core as of [{as_of}] is not built in this run; run the stages from the first")
        elif (state(connection, "core_run"), state(connection, "core_as_of")) != (current.run_id, as_of.isoformat()):
            raise WarehouseError(
                f"core is of run [{state(connection, 'core_run')}] as of [{state(connection, 'core_as_of')}], not of "
                f"run [{current.run_id}] as of [{as_of}]; run the stages from the first"
            )
        yield connection


def open_published(path: Path, office: Office, *, edition: model.Edition, writable: bool = False) -> Connection:
    """Open the published database of an edition; the caller closes it. Readers never block a run: it writes elsewhere.

    Only the internal edition is encrypted under the office's key: the public one is for people who have no key.
    """
    connection = _connect(office)
    key_env = office.warehouse.published_key_env if edition == "internal" else None
    _attach(connection, office, path, "office", key_env, read_only=not writable)
    connection.execute("use office")
    _confine(connection, path.parent)
    return connection


def is_past(connection: Connection, as_of: date) -> bool:
    """Whether the newest core is of a later day, so that this one belongs in a scratch database.

    A core of a day that no extract reaches (a file dated wrongly, and corrected since) is none to keep.
    """
    newest = state(connection, "core_as_of")
    if newest is None or as_of >= date.fromisoformat(newest):
        return False
    row = connection.execute("select max(extract_date) from meta.loads").fetchone()
    return row is None or row[0] is None or date.fromisoformat(newest) <= row[0]


def state(connection: Connection, name: str) -> str | None:
    """A value of meta.state."""
    row = connection.execute("select value from meta.state where name = ?", [name]).fetchone()
    return None if row is None else str(row[0])


def set_state(connection: Connection, name: str, value: str) -> None:
    """Set a value of meta.state, in the caller's transaction."""
    connection.execute("delete from meta.state where name = ?", [name])
    connection.execute("insert into meta.state values (?, ?)", [name, value])


def _search(connection: Connection, core: str) -> None:
    connection.execute(f"set search_path = '{core},records.mart,records.raw,records.meta,desk_file.desk'")


def _connect(office: Office) -> Connection:
    temp = _temp_dir(office)
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": office.warehouse.memory_limit,
            "threads": str(office.warehouse.threads),
            "temp_directory": str(temp),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # A name in a query means a table, never a Python variable that happens to be called the same.
            "python_enable_replacements": "false",
        },
    )
    connection.execute("set TimeZone = 'UTC'")
    if any((office.warehouse.records_key_env, office.warehouse.desk_key_env, office.warehouse.published_key_env)):
        # DuckDB writes encrypted files through httpfs' OpenSSL; loaded by path, never installed.
        folder = Path(duckdb_extension_httpfs.__file__).parent
        extension = next(folder.rglob("httpfs.duckdb_extension"))
        connection.execute(f"load {_quoted(str(extension))}")
        connection.execute("set temp_file_encryption = true")
    return connection


def _confine(connection: Connection, *folders: Path) -> None:
    """Close the connection to everything outside ``folders`` and its temporary folder, for good.

    No file, network, extension or secret is reached, no setting changes any more: an expression of office.toml that
    got past its check finds nothing to take and nowhere to put it. DuckDB compares paths with links followed, and
    knows no folder that may be read and not written.
    """
    allowed = ", ".join(_quoted(str(folder.resolve())) for folder in folders)
    connection.execute(f"set allowed_directories = [{allowed}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _attach(
    connection: Connection, office: Office, path: Path, name: str, key_env: str | None, *, read_only: bool = False
) -> None:
    """Attach a file under a name. The key is a bound parameter: it never stands in SQL, a log or a traceback."""
    option = "read_only" if read_only else "read_write"
    try:
        if key_env is None:
            connection.execute(f"attach {_quoted(str(path))} as {name} ({option})")
        else:
            connection.execute(
                f"attach {_quoted(str(path))} as {name} ({option}, encryption_key ?)", [_key(office, key_env)]
            )
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise WarehouseLockedError(
                f"{path.name} is open in another program; close it (notebooks read the published files instead)"
            ) from error
        raise WarehouseError(f"{path.name} cannot be opened: {_first_line(error)}") from error
    except duckdb.Error as error:
        hint = "is encrypted, or its key is wrong; check the key's environment variable in [warehouse]"
        if "key" in str(error).lower() or "encrypt" in str(error).lower():
            raise WarehouseError(f"{path.name} {hint}") from None
        raise WarehouseError(f"{path.name} cannot be opened: {_first_line(error)}") from error


def _key(office: Office, key_env: str) -> str:
    key = os.environ.get(key_env)
    if not key:
        raise SettingsError(f"{office.path.name}: the environment variable [{key_env}] holds no key; set it")
    return key


def _lay_foundation(connection: Connection) -> None:
    """Schemas, and the tables of meta, mart and the desk where missing; a newer file than this program is refused."""
    present = {
        name
        for (name,) in connection.execute(
            "select database_name || '.' || schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
    }
    if "records.meta.state" in present:
        row = connection.execute("select value from records.meta.state where name = 'schema_version'").fetchone()
        if row is not None and int(row[0]) > SCHEMA_VERSION:
            raise WarehouseError(
                f"records.duckdb has schema version {row[0]}, this program knows {SCHEMA_VERSION}; update the program"
            )
        if row is not None and int(row[0]) < SCHEMA_VERSION:
            raise WarehouseError(
                f"records.duckdb has schema version {row[0]}, from before the first release, this program reads "
                f"{SCHEMA_VERSION}; move it away and run again: it is built anew from the files in raw_dir"
            )
    else:
        with transaction(connection):
            for schema in ("raw", "core", "mart", "meta"):
                connection.execute(f"create schema if not exists records.{schema}")
            for table in (*model.tables("meta"), *model.tables("mart")):
                connection.execute(create_table(table, prefix="records."))
            connection.execute("insert into records.meta.state values ('schema_version', ?)", [str(SCHEMA_VERSION)])
    # A second file is a second transaction: it is looked at by itself.
    if any(f"desk_file.desk.{table.name}" not in present for table in model.tables("desk")):
        with transaction(connection):
            connection.execute("create schema if not exists desk_file.desk")
            for table in model.tables("desk"):
                connection.execute(create_table(table, prefix="desk_file."))


def create_table(table: model.Table, *, prefix: str = "", clause: str = "create table if not exists") -> str:
    """The statement that makes an empty table of the model."""
    columns = ", ".join(f'"{column.name}" {model.SQL_TYPES[column.dtype]}' for column in table.columns)
    return f"{clause} {prefix}{table.schema}.{table.name} ({columns})"


# ------------------------------------------------------------------------------------------------ replace and hash


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


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


# ----------------------------------------------------------------------------------------------------------- publish


def publish(office: Office, write: Callable[[Path], None], *, as_of: date) -> Path:
    """Publish as one thing: ``write(folder)`` fills ``internal/`` and ``public/``; then the links move at once.

    Written into ``runs/<run_id>``, synced, then the symlinks ``internal`` and ``public`` are each moved by one
    rename; ``published.json`` names the run, the day and the SHA-256 of every file; the last three runs are kept.
    Readers keep what they have open.
    """
    current = current_run(office)
    runs = office.processed_dir / "runs"
    partial, final = runs / f".{current.run_id}.partial", runs / current.run_id
    if final.exists():
        raise WarehouseError(f"run [{current.run_id}] has published; start another run to publish again")
    _remove_unfinished(office.processed_dir)
    partial.mkdir(parents=True, mode=0o700)
    write(partial)
    hashes = {str(path.relative_to(partial)): _secure(path) for path in sorted(partial.rglob("*")) if path.is_file()}
    manifest = {"run": current.run_id, "as_of": as_of.isoformat(), "files": hashes}
    (partial / "published.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    _secure(partial / "published.json")
    _sync(partial)
    partial.rename(final)
    _sync_folder(runs)
    for name in _LINKS:
        link = office.processed_dir / f".{name}.{current.run_id}"
        link.symlink_to(Path("runs") / current.run_id / name)
        link.replace(office.processed_dir / name)
    _sync_folder(office.processed_dir)
    kept = sorted((path for path in runs.iterdir() if not path.name.startswith(".")), key=lambda path: path.name)
    for old in kept[:-KEPT_RUNS]:
        if old != final:
            _remove_tree(old)
    return final


def _secure(path: Path) -> str:
    path.chmod(0o600)
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
        os.fsync(handle.fileno())
    return digest.hexdigest()


def _sync(folder: Path) -> None:
    for path in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        path.chmod(0o700)
        _sync_folder(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_unfinished(processed: Path) -> None:
    """What publications that died left: half-written folders, and links made but not yet moved."""
    for partial in (processed / "runs").glob(".*.partial"):
        _remove_tree(partial)
    for link in (link for name in _LINKS for link in processed.glob(f".{name}.*")):
        link.unlink()


def _remove_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()
    folder.rmdir()


def _scratch_dir(office: Office) -> Path:
    return office.processed_dir / "scratch"


def _temp_dir(office: Office) -> Path:
    return office.processed_dir / "tmp"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def key_columns(names: Sequence[str]) -> str:
    """A comma-separated list of quoted identifiers."""
    return ", ".join(identifier(name) for name in names)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
