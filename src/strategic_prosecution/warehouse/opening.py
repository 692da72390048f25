"""The one way to open DuckDB: settings, keys, attaching, confining. Nobody else opens it.

Three files by sensitivity: ``records.duckdb`` (raw, core, mart, meta), ``desk.duckdb`` (what people decided) and the
published ``office.duckdb``. DuckDB has no users: the files are the access control, so they are made with mode 0600.
A run for an earlier ``as_of`` than the newest builds its core in a scratch file; the search path makes the same
``core.incidents`` mean the right one, so no query knows the difference.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import duckdb_extension_httpfs

from strategic_prosecution import model
from strategic_prosecution.keys import need_key
from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse.errors import WarehouseError, WarehouseLockedError, WrongKeyError
from strategic_prosecution.warehouse.files import grant_databases, scratch_dir, temp_dir
from strategic_prosecution.warehouse.foundation import lay_foundation
from strategic_prosecution.warehouse.lock import current_run
from strategic_prosecution.warehouse.tables import Connection, quoted

# Databases whose begun orders this process is carrying out.
_finishing: set[Path] = set()


@contextmanager
def finishing(office: Office) -> Iterator[None]:
    """Within, records open although an order is begun and not done; for what carries it out. Nobody else reads them."""
    already = office.records_path in _finishing
    _finishing.add(office.records_path)
    try:
        yield
    finally:
        if not already:
            _finishing.remove(office.records_path)


def is_finishing(office: Office) -> bool:
    """Whether this process is carrying out orders."""
    return office.records_path in _finishing


@contextmanager
def open_records(office: Office, as_of: date | None = None) -> Iterator[Connection]:
    """Open records and desk for a stage of the current run, in UTC, without network.

    With ``as_of`` earlier than the newest core's, ``core`` is a scratch database of this run. What is executed reaches
    files below raw_dir and processed_dir only, and changes no setting (see ``_confine``). Raises
    WarehouseLockedError when a stranger has the file open, WarehouseError for a wrong key or a newer file.
    """
    current = current_run(office)
    connection = connect(office)
    try:
        attach(connection, office, office.records_path, "records", office.warehouse.records_key_env)
        attach(connection, office, office.desk_path, "desk_file", office.warehouse.desk_key_env)
        grant_databases(office)
        lay_foundation(connection)
        _search(connection, "records.core")
        if not is_finishing(office):
            _refuse_unfinished(connection)
        if as_of is not None and is_past(connection, as_of):
            scratch_dir(office).mkdir(mode=0o700, parents=True, exist_ok=True)
            scratch = scratch_dir(office) / f"{current.run_id}_{as_of:%Y%m%d}.duckdb"
            attach(connection, office, scratch, "scratch", office.warehouse.records_key_env)
            connection.execute("create schema if not exists scratch.core")
            _search(connection, "scratch.core")
        _confine(connection, office.raw_dir, office.processed_dir)
        yield connection
    finally:
        connection.close()


def _refuse_unfinished(connection: Connection) -> None:
    row = connection.execute(
        "select count(*) from (from desk.orders "
        "qualify row_number() over (partition by order_id order by recorded_at desc, rowid desc) = 1) "
        "where status = 'begun'"
    ).fetchone()
    if row != (0,):
        raise WarehouseError("an order that was begun is not carried out yet; `stratpro run` finishes it first")


@contextmanager
def open_trial(office: Office) -> Iterator[Connection]:
    """The same databases in memory, for checks that write nothing; of the disk, only raw_dir is open to it."""
    connection = connect(office)
    try:
        connection.execute("attach ':memory:' as records; attach ':memory:' as desk_file")
        lay_foundation(connection)
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
    connection = connect(office)
    key_env = office.warehouse.published_key_env if edition == "internal" else None
    attach(connection, office, path, "office", key_env, read_only=not writable)
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


def connect(office: Office, *, encrypting: bool = False) -> Connection:
    """An empty connection with our settings; ``encrypting``: also where office.toml names no key yet."""
    temp = temp_dir(office)
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
    keys = (office.warehouse.records_key_env, office.warehouse.desk_key_env, office.warehouse.published_key_env)
    if encrypting or any(keys):
        # DuckDB writes encrypted files through httpfs' OpenSSL; loaded by path, never installed.
        folder = Path(duckdb_extension_httpfs.__file__).parent
        extension = next(folder.rglob("httpfs.duckdb_extension"))
        connection.execute(f"load {quoted(str(extension))}")
        connection.execute("set temp_file_encryption = true")
    return connection


@contextmanager
def open_memory(*, threads: int | None = None) -> Iterator[Connection]:
    """An empty database in memory for work on frames: it reaches no file, and what does not fit fails, not spills."""
    connection = duckdb.connect(
        ":memory:",
        config={"temp_directory": "", "autoinstall_known_extensions": "false", "python_enable_replacements": "false"},
    )
    try:
        if threads is not None:
            connection.execute(f"set threads = {int(threads)}")
        connection.execute("set enable_external_access = false")
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _confine(connection: Connection, *folders: Path) -> None:
    """Close the connection to everything outside ``folders`` and its temporary folder, for good.

    No file, network, extension or secret is reached, no setting changes any more: an expression of office.toml that
    got past its check finds nothing to take and nowhere to put it. DuckDB compares paths with links followed, and
    knows no folder that may be read and not written.
    """
    allowed = ", ".join(quoted(str(folder.resolve())) for folder in folders)
    connection.execute(f"set allowed_directories = [{allowed}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def attach(
    connection: Connection, office: Office, path: Path, name: str, key_env: str | None, *, read_only: bool = False
) -> None:
    """Attach a file under a name. The key is a bound parameter: it never stands in SQL, a log or a traceback.

    Raises WrongKeyError for a key that is not the file's, WarehouseLockedError where a stranger has it open.
    """
    option = "read_only" if read_only else "read_write"
    try:
        if key_env is None:
            connection.execute(f"attach {quoted(str(path))} as {name} ({option})")
        else:
            connection.execute(
                f"attach {quoted(str(path))} as {name} ({option}, encryption_key ?)", [need_key(office, key_env)]
            )
    except duckdb.IOException as error:
        if "set lock on file" in str(error):
            raise WarehouseLockedError(
                f"{path.name} is open in another program; close it (notebooks read the published files instead)"
            ) from error
        raise WarehouseError(f"{path.name} cannot be opened: {_first_line(error)}") from error
    except duckdb.Error as error:
        if "is not encrypted" in str(error):
            raise WrongKeyError(
                f"{path.name} is not encrypted, and office.toml names a key for it; `stratpro keys rotate` encrypts it"
            ) from None
        if "without a key" in str(error) or "encryption key" in str(error):
            hint = "is encrypted, or its key is wrong; check the key's environment variable in [warehouse]"
            raise WrongKeyError(f"{path.name} {hint}") from None
        raise WarehouseError(f"{path.name} cannot be opened: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
