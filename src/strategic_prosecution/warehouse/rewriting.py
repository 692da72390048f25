"""Writing a database file anew: what was deleted is gone from its bytes, or it gets another key.

A deleted row stays in the file until its block is used again. Only what is there is copied into the new file, which
then takes the old one's place by a rename: killed at any moment, the file is the old one or the new one.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse.errors import WarehouseError
from strategic_prosecution.warehouse.files import secure, sync_folder
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
    connection = connect(office)
    try:
        attach(connection, office, path, "old_file", key.variable, read_only=False)
        # What is still in the write-ahead file belongs to the old file first.
        connection.execute("checkpoint old_file")
        attach(connection, office, fresh, "new_file", (new_key or key).variable)
        connection.execute("copy from database old_file to new_file")
        connection.execute("checkpoint new_file")
    except (duckdb.Error, OSError) as error:
        connection.close()
        _remove(fresh)
        raise WarehouseError(
            f"{path.name} could not be rewritten ({type(error).__name__}): is the disk full? It needs about "
            f"{_megabytes(path)} MB free in {path.parent}; nothing is lost, and it is tried again with the next run"
        ) from None
    connection.close()
    secure(fresh)
    fresh.replace(path)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    sync_folder(path.parent)


def need_space(path: Path) -> None:
    """Raise WarehouseError where there is no room for a second copy of a file."""
    free = shutil.disk_usage(path.parent).free
    if free < path.stat().st_size * _SPARE:
        raise WarehouseError(
            f"{path.parent} has {free // 1_000_000:,} MB free, and rewriting {path.name} needs {_megabytes(path)}; "
            "free some, and run the command again: nothing was changed"
        )


def _remove(fresh: Path) -> None:
    fresh.unlink(missing_ok=True)
    fresh.with_name(f"{fresh.name}.wal").unlink(missing_ok=True)


def _megabytes(path: Path) -> str:
    return f"{round(path.stat().st_size * _SPARE) // 1_000_000 + 1:,}"
