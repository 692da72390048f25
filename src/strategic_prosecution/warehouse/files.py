"""Files of ours on disk: modes, syncing, removing, and where the temporary ones are."""

import hashlib
import os
from pathlib import Path

from strategic_prosecution.settings import Office


def secure(path: Path) -> str:
    path.chmod(0o600)
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
        os.fsync(handle.fileno())
    return digest.hexdigest()


def sync(folder: Path) -> None:
    for path in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        path.chmod(0o700)
        sync_folder(path)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()
    folder.rmdir()


def scratch_dir(office: Office) -> Path:
    return office.processed_dir / "scratch"


def temp_dir(office: Office) -> Path:
    return office.processed_dir / "tmp"
