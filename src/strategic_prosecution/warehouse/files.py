"""Files of ours on disk: modes and groups, syncing, removing, and where the temporary ones are."""

import grp
import hashlib
import os
import stat
from pathlib import Path

from strategic_prosecution.settings import Office, SettingsError

# The modes of a file and of a folder, for their owner alone and with a group.
_ALONE, _READABLE = (0o600, 0o700), (0o640, 0o750)
# With any group: passed through, not listed.
_PASSAGE = 0o711


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


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that it is there whole or not at all, for its owner alone."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def remove_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()
    folder.rmdir()


def allowed(office: Office, path: Path) -> tuple[int, str | None]:
    """The widest mode a file or folder of ours may have, and the group of [warehouse] it is for, if any."""
    groups = office.warehouse
    if path == office.processed_dir:
        is_shared = groups.records_group or groups.desk_group or groups.published_group
        return (_PASSAGE if is_shared else _ALONE[1]), None
    runs = office.processed_dir / "runs"
    is_published = path == runs or runs in path.parents
    group = groups.published_group if is_published else dict(_with_groups(office)).get(path)
    file, folder = _ALONE if group is None else _READABLE
    return (folder if path.is_dir() else file), group


def grant(office: Office, path: Path, *, to: Path | None = None) -> None:
    """Give a file or folder the group, and the mode, that office.toml means it to have.

    ``to``: the path it will have. Nothing happens where no group is meant, nor to one that has it already: a mode
    somebody widened stays for `check` to tell. Raises SettingsError for a group that is none, or not ours to give.
    """
    mode, group = allowed(office, to or path)
    found = path.stat()
    if group is None:
        if mode == _PASSAGE and stat.S_IMODE(found.st_mode) == _ALONE[1]:
            path.chmod(mode)
        return
    number = group_id(office, group)
    if found.st_gid == number and found.st_mode & mode == mode:
        return
    try:
        # The group first: between the two, nobody has more than either says.
        os.chown(path, -1, number)
        path.chmod(mode)
    except PermissionError:
        raise SettingsError(
            f"{path} cannot be given to the group [{group}] of [warehouse]: it is not yours, or you are not of the "
            f"group; have it done once with `chgrp {group}`, or become a member"
        ) from None


def grant_databases(office: Office) -> None:
    """Give what lies in processed_dir for a group to that group."""
    for path in (office.processed_dir, *(path for path, _ in _with_groups(office))):
        if path.exists():
            grant(office, path)


def grant_published(office: Office, folder: Path) -> None:
    """Give a folder below ``runs``, and all that it holds, to the group of published files."""
    for path in (office.processed_dir / "runs", folder, *folder.rglob("*")):
        grant(office, path)


def group_id(office: Office, group: str) -> int:
    """The number of a group; SettingsError where this machine has none of that name."""
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise SettingsError(
            f"{office.path.name}: [warehouse] names the group [{group}], and this machine has none; make it, or "
            "correct the name"
        ) from None


def is_encrypted(path: Path) -> bool:
    """Whether a database file is encrypted: its header says so, and is itself never encrypted."""
    with path.open("rb") as handle:
        header = handle.read(24)
    return header[8:12] == b"DUCK" and bool(header[20] & 1)


def _with_groups(office: Office) -> list[tuple[Path, str | None]]:
    records, desk = office.records_path, office.desk_path
    of_records = (records, *(records.with_name(f"{records.name}.{end}") for end in ("wal", "lock")))
    return [
        *((path, office.warehouse.records_group) for path in (*of_records, office.processed_dir / "audit.jsonl")),
        *((path, office.warehouse.desk_group) for path in (desk, desk.with_name(f"{desk.name}.wal"))),
    ]


def scratch_dir(office: Office) -> Path:
    return office.processed_dir / "scratch"


def temp_dir(office: Office) -> Path:
    return office.processed_dir / "tmp"
