"""Publishing: both editions written aside, then put in force at once (docs/decisions/006)."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse.errors import WarehouseError
from strategic_prosecution.warehouse.files import grant_published, remove_tree, secure, sync, sync_folder
from strategic_prosecution.warehouse.lock import current_run

_LINKS = ("internal", "public", "published.json")


def publish(
    office: Office,
    write: Callable[[Path], None],
    *,
    as_of: date,
    announce: Callable[[dict[str, str]], dict[str, Any]] = lambda files: {},
) -> Path:
    """Publish as one thing: ``write(folder)`` fills ``internal/`` and ``public/``; then the links move at once.

    Written into ``runs/<run_id>``, synced, then the symlinks ``internal`` and ``public`` are each moved by one
    rename; ``published.json`` names the run, the day and the SHA-256 of every file; the last runs are kept, as many as
    [retention] says. ``announce(files)`` is told of the files when they are all written and none is in force, and what
    it returns goes into ``published.json``. Readers keep what they have open.
    """
    current = current_run(office)
    runs = office.processed_dir / "runs"
    partial, final = runs / f".{current.run_id}.partial", runs / current.run_id
    if final.exists():
        raise WarehouseError(f"run [{current.run_id}] has published; start another run to publish again")
    _remove_unfinished(office.processed_dir)
    partial.mkdir(parents=True, mode=0o700)
    write(partial)
    hashes = {str(path.relative_to(partial)): secure(path) for path in sorted(partial.rglob("*")) if path.is_file()}
    manifest = {"run": current.run_id, "as_of": as_of.isoformat(), "files": hashes, **announce(hashes)}
    (partial / "published.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    secure(partial / "published.json")
    sync(partial)
    grant_published(office, partial)
    partial.rename(final)
    sync_folder(runs)
    for name in _LINKS:
        link = office.processed_dir / f".{name}.{current.run_id}"
        link.symlink_to(Path("runs") / current.run_id / name)
        link.replace(office.processed_dir / name)
    sync_folder(office.processed_dir)
    kept = sorted((path for path in runs.iterdir() if not path.name.startswith(".")), key=lambda path: path.name)
    for old in kept[: -office.retention.published_runs]:
        if old != final:
            remove_tree(old)
    return final


def withdraw(office: Office, *, keep: str | None) -> int:
    """Remove every published run but ``keep``; without one the links go first, and nothing is published.

    Returns how many runs are gone. For use inside a run.
    """
    runs = office.processed_dir / "runs"
    if keep is None or not (runs / keep).exists():
        for name in _LINKS:
            (office.processed_dir / name).unlink(missing_ok=True)
        sync_folder(office.processed_dir)
    _remove_unfinished(office.processed_dir)
    old = [run for run in runs.glob("*") if run.name != keep]
    for run in old:
        remove_tree(run)
    return len(old)


def _remove_unfinished(processed: Path) -> None:
    """What publications that died left: half-written folders, and links made but not yet moved."""
    for partial in (processed / "runs").glob(".*.partial"):
        remove_tree(partial)
    for link in (link for name in _LINKS for link in processed.glob(f".{name}.*")):
        link.unlink()
