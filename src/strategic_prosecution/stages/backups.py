"""Backups: the desk, the audit log and the list of raw files, which with the raw files are enough to build all anew.

A backup is a folder of its own, listed on the desk before anything is written to it: whoever must forget a record knows
where copies of it are. What is restored is no step back behind an order: those that the backup has not heard of come
from the desk in place and from the audit log, and are begun again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.extracts.extract_dates import file_day
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.core import calendar_day
from strategic_prosecution.warehouse import Connection, Key, WarehouseError, WarehouseLockedError
from strategic_prosecution.warehouse.files import remove_tree, scratch_dir, secure, sync, sync_folder
from strategic_prosecution.warehouse.foundation import lay_foundation
from strategic_prosecution.warehouse.opening import attach, connect

DESK, RECORDS, AUDIT, RAW_FILES = "desk.duckdb", "records.duckdb", "audit.jsonl", "raw_files.json"
SETTINGS, EXPECTATIONS = "office.toml", "expectations.toml"
_MANIFEST = "manifest.json"
# Why an event says of a backup that there is none.
FAILED = "could not be written"
_ALWAYS = (DESK, AUDIT, RAW_FILES, SETTINGS)
_FORGOTTEN = (("expunge", "begun"), ("expunge", "done"))
# What extracts say, and people correct; all else on the desk is ours, and outlives a restore.
_FED = tuple(table.name for table in model.fed_tables() if table.schema == "desk")


class BackupError(RuntimeError):
    """A backup cannot be made or restored as asked; nothing was changed."""


@dataclass(frozen=True)
class Backup:
    """A backup made: its files and their size, and whether the same disk holds it and what it is of."""

    backup_id: str
    folder: Path
    files: int
    bytes: int
    is_on_same_disk: bool


@dataclass(frozen=True)
class RawFiles:
    """The raw files against a backup's list: as they were, of other content, not there; below raw_dir, in order.

    ``times``: files given back the time of change they had. ``gone``: file and day of deliveries that are nowhere any
    more, where no records hold them either.
    """

    present: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    times: int
    gone: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    ``events``: the desk's. ``lost``: those of the desk in place that the backup had not. ``begun``: orders to forget
    that the next run carries out again. ``unknown``: orders that only the audit log tells of, to be entered again.
    ``settings``: settings files that are not as they were.
    """

    backup_id: str
    events: int
    lost: int
    begun: tuple[str, ...]
    unknown: tuple[str, ...]
    with_records: bool
    raw: RawFiles
    settings: tuple[str, ...]


def backup(office: Office, to: Path, *, known_on: date, with_records: bool = False, wait: bool = False) -> Backup:
    """Write a backup into a new folder below ``to``; the databases keep their encryption and their keys.

    Raises BackupError where there is nothing to back up, ``to`` is inside the office's data, or it cannot be written;
    nothing is left there then. WarehouseError while an order is begun and not carried out.
    """
    with warehouse.run(office, what="backup", wait=wait) as run:
        _check_destination(office, to)
        folder = to.resolve() / f"{run.started_at:%Y%m%dT%H%M%S%fZ}"
        backup_id = desk.new_id("backup")
        with warehouse.open_records(office) as connection:
            for (listed,) in connection.execute("select distinct folder from desk.backups").fetchall():
                remove_unfinished(Path(listed))
            raw_files = _raw_files(connection, office)
            audit.append(office, "backed_up", backup=backup_id, with_records=with_records)
            values = {"backup_id": backup_id, "folder": str(folder), "with_records": with_records}
            desk.add(connection, model.table("desk.backups"), why="backup", known_on=known_on, **values)
        try:
            size, files = _write(office, folder, backup_id=backup_id, with_records=with_records, raw_files=raw_files)
        except OSError as error:
            remove_unfinished(folder)
            with warehouse.open_records(office) as connection:
                desk.add(connection, model.table("desk.backups"), why=FAILED, known_on=known_on, **values)
            raise BackupError(
                f"the backup could not be written below {to} ({error.strerror}); nothing of it is left there: free "
                "some of that disk or name another"
            ) from error
        same_disk = folder.stat().st_dev == office.processed_dir.stat().st_dev
    return Backup(backup_id, folder, files, size, same_disk)


def restore(office: Office, folder: Path, *, yes: bool = False, wait: bool = False) -> Restored:
    """Put a backup in force: the desk, its records if it has them, the audit log, the times of raw files.

    Every file is verified before anything is touched. ``yes``: also where the desk in place holds events that the
    backup has not, or cannot be read. The audit log never gets shorter. Killed at any moment, it is done again.
    Raises BackupError, and WarehouseError for a wrong key.
    """
    with warehouse.run(office, what="restore", wait=wait):
        manifest = _verified(folder)
        # What lies here is removed with the next run, should this one be killed.
        scratch = scratch_dir(office)
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = scratch / DESK
        shutil.copyfile(folder / DESK, fresh)
        _under_todays_key(office, fresh, office.warehouse.desk_key_env)
        tail = _missing_tail(office, (folder / AUDIT).read_bytes())
        lost = _lost(office, fresh, yes=yes)
        with_records = RECORDS in manifest["files"]
        if with_records:
            shutil.copyfile(folder / RECORDS, scratch / RECORDS)
            _under_todays_key(office, scratch / RECORDS, office.warehouse.records_key_env)
            _check_loads(office, scratch, yes=yes)
        raw = _compare_raw(
            office,
            json.loads((folder / RAW_FILES).read_text(encoding="utf-8")),
            has_records=with_records or office.records_path.exists(),
        )
        _extend_audit(office, tail)
        audit.append(office, "restored", backup=manifest["backup"], with_records=with_records, events_lost=lost or 0)
        with _open_desk(office, fresh) as connection:
            begun, unknown = _bring_orders(connection, office, has_desk=lost is not None)
            events = _count_events(connection)
        if not with_records:
            _read_desk_again(office)
        # The desk first: it has the orders, and without them older records would bring back what was forgotten.
        _put(fresh, office.desk_path)
        if with_records:
            _put(scratch / RECORDS, office.records_path)
    return Restored(
        manifest["backup"], events, lost or 0, begun, unknown, with_records, raw, _changed_settings(office, manifest)
    )


def is_backup(folder: Path) -> bool:
    """Whether a folder that the desk lists is there, with a backup that was finished."""
    try:
        return (folder / _MANIFEST).is_file()
    except OSError:
        return False


def knows(office: Office, folder: Path, order_id: str) -> bool:
    """Whether a backup that can be read has been told of an order, and so has forgotten what it names."""
    if not is_backup(folder):
        return False
    connection = connect(office)
    try:
        attach(connection, office, folder / DESK, "backup", office.warehouse.desk_key_env, read_only=True)
        row = connection.execute("select 1 from backup.desk.orders where order_id = ? limit 1", [order_id]).fetchone()
    except (WarehouseError, duckdb.CatalogException):
        return False
    finally:
        connection.close()
    return row is not None


def remove_unfinished(folder: Path) -> None:
    """Remove what a backup that died left beside the folder it was to become."""
    partial = _partial(folder)
    # A disk that is gone, or read only, must not keep the next backup from being made elsewhere.
    with suppress(OSError):
        if partial.is_dir():
            remove_tree(partial)


def forget(office: Office, folder: Path, *, steps: Callable[[Office], None]) -> None:
    """Let a backup forget what orders name: ``steps`` are done on a copy of its databases, which takes their place.

    ``steps(copy)`` gets an office of the copy, whose desk has been told of the orders of the desk in place: they are
    begun. For use inside a run. Killed at any moment, it is done again; until then the manifest may not fit its files.
    """
    manifest = _manifest(folder)
    scratch = scratch_dir(office) / folder.name
    if scratch.exists():
        remove_tree(scratch)
    scratch.mkdir(mode=0o700, parents=True)
    copy = _processing_in(office, scratch)
    names = [name for name in (DESK, RECORDS) if name in manifest["files"]]
    for name in names:
        shutil.copyfile(folder / name, scratch / name)
    with _open_desk(office, scratch / DESK) as connection:
        _bring_orders(connection, office, has_desk=True)
    with warehouse.run(copy, what="forget"), warehouse.finishing(copy):
        steps(copy)
    for name in names:
        shutil.copyfile(scratch / name, folder / f".{name}.new")
        manifest["files"][name] = secure(folder / f".{name}.new")
    for name in names:
        (folder / f".{name}.new").replace(folder / name)
    warehouse.write_whole(folder / _MANIFEST, _json(manifest))
    remove_tree(scratch)


# ---------------------------------------------------------------------------------------------------------- making


def _check_destination(office: Office, to: Path) -> None:
    for path in (office.processed_dir, office.raw_dir):
        if to.resolve().is_relative_to(path.resolve()):
            raise BackupError(f"{to} is inside {path}, and would be lost with it; name a folder on another disk")
    if not (office.records_path.exists() and office.desk_path.exists()):
        raise BackupError(f"there is nothing to back up in {office.processed_dir} yet; start with `stratpro run`")


def _raw_files(connection: Connection, office: Office) -> dict[str, list[dict[str, Any]]]:
    """Every load, oldest first, with whether its file still holds it; and every file below raw_dir."""
    columns = ("load_id", "extract", "file", "sha256", "bytes", "modified_ns", "extract_date", "extract_date_from")
    rows = connection.execute(f"select {', '.join(columns)} from meta.loads order by landed_at, load_id").fetchall()
    files = []
    for path in sorted(path for path in office.raw_dir.rglob("*") if path.is_file()):
        status = path.stat()
        file = os.fsencode(path.relative_to(office.raw_dir)).decode(errors="replace")
        files.append(
            {"file": file, "sha256": _digest(path), "bytes": status.st_size, "modified_ns": status.st_mtime_ns}
        )
    there = {(file["file"], file["sha256"]) for file in files}
    loads = [dict(zip(columns, row, strict=True)) for row in rows]
    for load in loads:
        load["extract_date"] = load["extract_date"].isoformat()
        load["is_there"] = (load["file"], load["sha256"]) in there
    return {"loads": loads, "files": files}


def _write(
    office: Office, folder: Path, *, backup_id: str, with_records: bool, raw_files: dict[str, list[dict[str, Any]]]
) -> tuple[int, int]:
    """Fill the folder aside and put it in its place by one rename; returns bytes and files."""
    partial = _partial(folder)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    partial.mkdir(mode=0o700)
    sources = {DESK: office.desk_path, AUDIT: office.processed_dir / AUDIT, SETTINGS: office.path}
    if office.office.expectations is not None:
        sources[EXPECTATIONS] = office.resolve(office.office.expectations)
    if with_records:
        sources[RECORDS] = office.records_path
    for name, path in sources.items():
        _copy(path, partial / name)
    warehouse.write_whole(partial / RAW_FILES, _json(raw_files))
    head = audit.head(office)
    manifest = {
        "backup": backup_id,
        "program": version("strategic-prosecution"),
        "schema_version": warehouse.SCHEMA_VERSION,
        "files": {path.name: secure(path) for path in sorted(partial.iterdir())},
        "audit": {"entries": head.entries, "sha256": head.sha256},
    }
    warehouse.write_whole(partial / _MANIFEST, _json(manifest))
    sync(partial)
    sizes = [path.stat().st_size for path in partial.iterdir()]
    partial.rename(folder)
    sync_folder(folder.parent)
    return sum(sizes), len(sizes)


def _copy(source: Path, target: Path) -> None:
    """A database is whole in its file when nobody has it open; who has, writes, or leaves a write-ahead file."""
    before = source.stat()
    shutil.copyfile(source, target)
    after = source.stat()
    is_open = source.with_name(f"{source.name}.wal").exists()
    if is_open or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        remove_tree(target.parent)
        raise BackupError(f"{source.name} was changed by another program meanwhile; close it, and back up again")


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.partial")


# -------------------------------------------------------------------------------------------------------- restoring


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        is_whole = set(_ALWAYS) <= set(manifest["files"]) and {"backup", "schema_version"} <= set(manifest)
    except (OSError, ValueError, KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise BackupError(f"{folder} is no backup; name a folder that `stratpro backup` wrote, with its {_MANIFEST}")
    return manifest


def _verified(folder: Path) -> dict[str, Any]:
    """The manifest of a backup whose files are all there and unchanged."""
    manifest = _manifest(folder)
    if manifest["schema_version"] > warehouse.SCHEMA_VERSION:
        raise BackupError(
            f"the backup has schema version {manifest['schema_version']}, this program knows "
            f"{warehouse.SCHEMA_VERSION}; update the program"
        )
    for name, sha256 in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise BackupError(f"{name} is missing from the backup; nothing was touched: restore another backup")
        if _digest(path) != sha256:
            raise BackupError(f"{name} of the backup was changed; nothing was touched: restore another backup")
    return manifest


def _missing_tail(office: Office, kept: bytes) -> bytes:
    """What the audit log in place lacks of the backup's; BackupError where neither begins with the other."""
    path = office.processed_dir / AUDIT
    there = path.read_bytes() if path.exists() else b""
    if there.startswith(kept):
        return b""
    if kept.startswith(there):
        if set(audit.faults_of(kept)) - set(audit.faults_of(there)):
            raise BackupError(
                f"the {AUDIT} of the backup was changed, and what is appended to the one in place stays there; nothing "
                "was touched: restore another backup"
            )
        return kept[len(there) :]
    raise BackupError(
        f"the {AUDIT} in place and the backup's tell two histories, and neither is thrown away; nothing was touched: "
        "see `stratpro audit verify`, and move the one in place away if it is another office's"
    )


def _extend_audit(office: Office, tail: bytes) -> None:
    if not tail:
        return
    path = office.processed_dir / AUDIT
    with path.open("ab") as handle:
        # An append-only file refuses every change of mode, so it is not secured again.
        handle.write(tail)
        handle.flush()
        os.fsync(handle.fileno())
    sync_folder(path.parent)


def _lost(office: Office, fresh: Path, *, yes: bool) -> int | None:
    """Events of the desk in place that the backup has not; None where there is no desk that can be read."""
    if not office.desk_path.exists():
        return None
    try:
        # Once opened for writing, it is of today's shape and has no write-ahead file.
        with _open_desk(office, office.desk_path):
            pass
    except WarehouseLockedError:
        raise
    except WarehouseError as error:
        if yes:
            return None
        raise BackupError(f"the desk in place cannot be read ({error}); --yes puts the backup's in its place") from None
    with _open_desk(office, fresh) as connection:
        _attach_in_place(connection, office)
        counts = [
            connection.execute(
                f"select count(*) from in_place.desk.{name} where event_id not in (select event_id from desk.{name})"
            ).fetchone()
            for name in _FED
        ]
    lost = sum(int(row[0]) for row in counts if row is not None)
    if lost and not yes:
        raise BackupError(
            f"the desk in place holds {lost:,} events that the backup has not; nothing was touched: back it up first, "
            "and --yes puts the backup's in its place"
        )
    return lost


def _check_loads(office: Office, folder: Path, *, yes: bool) -> None:
    """Refuse to put a backup's records over records that hold more."""
    if yes or not office.records_path.exists():
        return
    connection = connect(office)
    try:
        key = office.warehouse.records_key_env
        attach(connection, office, office.records_path, "in_place", key, read_only=True)
        attach(connection, office, folder / RECORDS, "kept", key, read_only=True)
        row = connection.execute(
            "select count(*) from in_place.meta.loads where load_id not in (select load_id from kept.meta.loads)"
        ).fetchone()
    except WarehouseLockedError:
        raise
    except WarehouseError as error:
        raise BackupError(
            f"the records in place or the backup's cannot be read ({error}); nothing was touched: --yes puts the "
            "backup's in their place"
        ) from None
    finally:
        connection.close()
    if row is not None and row[0]:
        raise BackupError(
            f"the records in place hold {row[0]:,} files that the backup has not; nothing was touched: --yes puts the "
            "backup's in their place, and files that are still in raw_dir land again"
        )


def _bring_orders(connection: Connection, office: Office, *, has_desk: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell an older desk of the orders since; returns those to forget, begun again, and those it cannot be told of.

    What people entered otherwise (backups, disclosures, the keys' mark) comes with them from the desk in place.
    """
    knew = _statuses(connection)
    if has_desk:
        _attach_in_place(connection, office)
    entries = audit.entries(office)
    told = {e["order"]: e for e in entries if e["what"] == "order_begun" and e["kind"] == "expunge"}
    with warehouse.transaction(connection):
        if has_desk:
            for table in (table for table in model.tables("desk") if table.name not in _FED):
                same = " and ".join(f"kept.{name} = there.{name}" for name in table.key)
                connection.execute(
                    f"insert into desk.{table.name} by name select there.* from in_place.desk.{table.name} as there "
                    f"anti join desk.{table.name} as kept on {same} order by there.rowid"
                )
        now = _statuses(connection)
        forgotten = {order for order, state in now.items() if state in _FORGOTTEN} | told.keys()
        begun = sorted(order for order in forgotten if knew.get(order) != ("expunge", "done"))
        for order in begun:
            _begin_again(connection, office, order, told.get(order), is_begun=now.get(order) == ("expunge", "begun"))
    lifted = {e["order"] for e in entries if e["what"] == "order_lifted"}
    entered = {e["order"] for e in entries if e["what"] in ("order_queued", "order_begun", "order_in_force")}
    return tuple(begun), tuple(sorted(entered - lifted - now.keys() - told.keys()))


def _begin_again(
    connection: Connection, office: Office, order: str, entry: dict[str, Any] | None, *, is_begun: bool
) -> None:
    """Begin an order again; ``entry`` of the audit log says what it is about, where no desk does."""
    for table, mark in zip(entry["tables"], entry["fingerprints"], strict=True) if entry else ():
        connection.execute(
            "insert into desk.order_records (order_id, table_name, fingerprint) select $order, $table, $mark "
            "where not exists (from desk.order_records "
            "where order_id = $order and table_name = $table and fingerprint = $mark)",
            {"order": order, "table": table, "mark": mark},
        )
    if not is_begun:
        values = {"order_id": order, "kind": "expunge", "status": "begun"}
        why = "carried out before, and the backup restored has not heard of it"
        desk.add(connection, model.table("desk.orders"), why=why, known_on=calendar_day(office), **values)


def _statuses(connection: Connection) -> dict[str, tuple[str, str]]:
    rows = connection.execute(f"select order_id, kind, status from ({desk.ORDERS_NOW})").fetchall()
    return {order: (kind, status) for order, kind, status in rows}


def _read_desk_again(office: Office) -> None:
    """Records that stay say what the desk has read of them, and that was another desk."""
    if not office.records_path.exists():
        return
    connection = connect(office)
    try:
        attach(connection, office, office.records_path, "records", office.warehouse.records_key_env)
        connection.execute("delete from records.meta.state where name like 'desk!_read!_%' escape '!'")
    finally:
        connection.close()


def _count_events(connection: Connection) -> int:
    counts = [connection.execute(f"select count(*) from desk.{name}").fetchone() for name in model.DESK_KEYS]
    return sum(int(row[0]) for row in counts if row is not None)


def _under_todays_key(office: Office, fresh: Path, variable: str | None) -> None:
    """A backup from before the office named a key is encrypted on its way in."""
    if variable is not None and not warehouse.is_encrypted(fresh):
        warehouse.rewrite(office, fresh, key=Key(None), new_key=Key(variable))


def _put(fresh: Path, path: Path) -> None:
    secure(fresh)
    # What the old file's says must not be done to the new one.
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    fresh.replace(path)
    sync_folder(path.parent)


def _compare_raw(office: Office, listed: dict[str, list[dict[str, Any]]], *, has_records: bool) -> RawFiles:
    """Compare what each file held last with what it holds now, and give it back the time of change it had."""
    contents = {path: _digest(path) for path in sorted(office.raw_dir.rglob("*")) if path.is_file()}
    newest = {load["file"]: load for load in listed["loads"]}
    changed, missing, times = [], [], 0
    for file, load in sorted(newest.items()):
        path = office.raw_dir / file
        if path not in contents:
            missing.append(file)
        elif contents[path] != load["sha256"]:
            changed.append(file)
        elif path.stat().st_mtime_ns != (changed_ns := _time_of_change(office, load)):
            os.utime(path, ns=(path.stat().st_atime_ns, changed_ns))
            times += 1
    held = set(contents.values())
    gone = [(load["file"], load["extract_date"]) for load in listed["loads"] if load["sha256"] not in held]
    return RawFiles(
        len(newest) - len(changed) - len(missing),
        tuple(changed),
        tuple(missing),
        times,
        () if has_records else tuple(gone),
    )


def _time_of_change(office: Office, load: dict[str, Any]) -> int:
    """The time a file had; noon of the day it counts for, where it was touched since and its day rests on it."""
    day = date.fromisoformat(load["extract_date"])
    if load["extract_date_from"] != "file time" or file_day(office, load["modified_ns"]) == day:
        return int(load["modified_ns"])
    noon = datetime.combine(day, time(12), ZoneInfo(office.office.timezone))
    return int(noon.timestamp()) * 1_000_000_000


def _changed_settings(office: Office, manifest: dict[str, Any]) -> tuple[str, ...]:
    there = {SETTINGS: office.path}
    if office.office.expectations is not None:
        there[EXPECTATIONS] = office.resolve(office.office.expectations)
    kept = {name: sha256 for name, sha256 in manifest["files"].items() if name in (SETTINGS, EXPECTATIONS)}
    now = {name: _digest(path) for name, path in there.items() if path.is_file()}
    return tuple(sorted(name for name in kept.keys() | now.keys() if kept.get(name) != now.get(name)))


# ------------------------------------------------------------------------------------------------------------- files


@contextmanager
def _open_desk(office: Office, path: Path) -> Iterator[Connection]:
    """A desk by itself, of today's shape."""
    connection = connect(office)
    try:
        attach(connection, office, path, "desk_file", office.warehouse.desk_key_env)
        connection.execute("attach ':memory:' as records")
        lay_foundation(connection)
        connection.execute("set search_path = 'desk_file.desk'")
        yield connection
        connection.execute("checkpoint desk_file")
    finally:
        connection.close()


def _attach_in_place(connection: Connection, office: Office) -> None:
    attach(connection, office, office.desk_path, "in_place", office.warehouse.desk_key_env, read_only=True)


def _processing_in(office: Office, folder: Path) -> Office:
    section = office.office.model_copy(update={"processed_dir": str(folder)})
    return office.model_copy(update={"office": section})


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
