"""Writing a database file anew: what was deleted is gone from its bytes, or it gets another key.

A deleted row stays in the file until its block is used again. Only what is there is copied into the new file, which
then takes the old one's place by a rename: killed at any moment, the file is the old one or the new one.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse.errors import WarehouseError, WrongKeyError
from strategic_prosecution.warehouse.files import grant, secure, sync_folder
from strategic_prosecution.warehouse.opening import attach, connect

# Free space asked for before, as a share of the file.
_SPARE = 1.1


@dataclass(frozen=True)
class Key:
    """A key by the variable that holds it; without one the file is not encrypted."""

    variable: str | None


def rewrite(office: Office, path: Path, *, key: Key, new_key: Key | None = None) -> None:
    """Write a database file anew, under its own key or another. For use inside a run.

    Raises WarehouseError where the disk is full; the old file then stays as it was.
    """
    need_space(path)
    fresh = path.with_name(f".{path.name}.new")
    _remove(fresh)
    target = new_key or key
    connection = connect(office, encrypting=target.variable is not None)
    try:
        attach(connection, office, path, "old_file", key.variable)
        # What is still in the write-ahead file belongs to the old file first.
        connection.execute("checkpoint old_file")
        attach(connection, office, fresh, "new_file", target.variable)
        connection.execute("copy from database old_file to new_file")
        connection.execute("checkpoint new_file")
    except (duckdb.Error, OSError) as error:
        connection.close()
        _remove(fresh)
        raise WarehouseError(
            f"{path.name} could not be rewritten ({type(error).__name__}): is the disk full? It needs about "
            f"{_megabytes(path)} MB free in {path.parent}; nothing is lost: free some, and run the command again"
        ) from None
    finally:
        connection.close()
    secure(fresh)
    grant(office, fresh, to=path)
    fresh.replace(path)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    sync_folder(path.parent)


def rewrite_published(
    office: Office, folder: Path, *, key: Key, new_key: Key, announce: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Write the internal database of a published run anew under another key, and make the run's list of files true.

    Its Parquet files cannot be encrypted, so they go. ``announce(manifest)`` is told of a ``published.json`` that is
    about to change, and what it returns goes into it. Under the new key already, only the rest is done: what was killed
    in the middle is completed by doing it again.
    """
    path = folder / "internal" / "office.duckdb"
    if key != new_key:
        rewrite(office, path, key=key, new_key=new_key)
    for parquet in path.parent.glob("*.parquet"):
        parquet.unlink()
    sync_folder(path.parent)
    listed = folder / "published.json"
    manifest = json.loads(listed.read_text(encoding="utf-8"))
    there = {name: digest for name, digest in manifest["files"].items() if (folder / name).exists()}
    there[str(path.relative_to(folder))] = _digest(path)
    if there == manifest["files"]:
        return
    manifest["files"] = there
    fresh = folder / ".published.json.new"
    fresh.write_text(json.dumps(manifest | announce(manifest), indent=1) + "\n", encoding="utf-8")
    secure(fresh)
    grant(office, fresh, to=listed)
    fresh.replace(listed)
    sync_folder(folder)


def answers(office: Office, path: Path, key: Key) -> bool:
    """Whether a database file opens with a key, or without one."""
    connection = connect(office)
    try:
        attach(connection, office, path, "asked", key.variable, read_only=True)
    except WrongKeyError:
        return False
    finally:
        connection.close()
    return True


def need_space(path: Path) -> None:
    """Raise WarehouseError where there is no room for a second copy of a file."""
    free = shutil.disk_usage(path.parent).free
    if free < path.stat().st_size * _SPARE:
        raise WarehouseError(
            f"{path.parent} has {free // 1_000_000:,} MB free, and rewriting {path.name} needs {_megabytes(path)}; "
            "free some, and run the command again: nothing was changed"
        )


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _remove(fresh: Path) -> None:
    fresh.unlink(missing_ok=True)
    fresh.with_name(f"{fresh.name}.wal").unlink(missing_ok=True)


def _megabytes(path: Path) -> str:
    return f"{round(path.stat().st_size * _SPARE) // 1_000_000 + 1:,}"
