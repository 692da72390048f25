"""The run lock: one writer at a time, whoever it is (docs/decisions/002)."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse.errors import WarehouseError, WarehouseLockedError
from strategic_prosecution.warehouse.files import remove_tree, scratch_dir, temp_dir

LOCK_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Run:
    """One run: from taking the lock to letting it go."""

    run_id: str
    what: str
    started_at: datetime


# The lock belongs to the process, so what it stands for does too.
_held: dict[Path, Run] = {}


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
            current = _new_run(what)
            handle.seek(0)
            handle.truncate()
            json.dump(
                {"pid": os.getpid(), "run": current.run_id, "what": what, "since": current.started_at.isoformat()},
                handle,
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


def go_on(office: Office) -> Run:
    """Go on as another run under the same lock, where what was a run of its own is done: a run publishes once."""
    path = office.records_path.with_name(office.records_path.name + ".lock")
    _held[path] = _new_run(current_run(office).what)
    return _held[path]


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


def _new_run(what: str) -> Run:
    started_at = datetime.now(UTC)
    return Run(f"{started_at:%Y%m%dT%H%M%S%f}_{secrets.token_hex(3)}", what, started_at)


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
    """Scratch cores, temporary files and half-written databases of runs that died: we hold the lock, nobody else."""
    half_written = office.processed_dir.glob(".*.duckdb.new*")
    for leftover in [*scratch_dir(office).glob("*"), *temp_dir(office).glob("*"), *half_written]:
        if leftover.is_dir():
            remove_tree(leftover)
        else:
            leftover.unlink()
