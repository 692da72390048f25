"""Who else could read, change or replace the office's files: modes, owners, groups, links, keys, and what is encrypted.

Files are the access control of the databases, so they are looked at; nothing is repaired unasked.
"""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from strategic_prosecution import desk
from strategic_prosecution.keys import find_key
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.warehouse import allowed, group_id, is_encrypted

# Links by design: each leads to the run in force.
_LINKS = ("internal", "public", "published.json")
_TREES = ("runs", "certificates")
_OTHERS, _GROUP = 0o007, 0o070


def faults(office: Office) -> list[str]:
    """One line per fault, each with its remedy; none where only those reach the files whom office.toml names.

    Holds paths, accounts and names of variables; never a key or a value of a row.
    """
    return [
        *_unknown_groups(office),
        *_ours(office),
        *_received(office),
        *_replaceable(office),
        *_keys(office),
        *_unencrypted(office),
    ]


def _unknown_groups(office: Office) -> Iterator[str]:
    named = office.warehouse
    for group in dict.fromkeys((named.records_group, named.desk_group, named.published_group)):
        if group is not None and _number(office, group) is None:
            yield f"[warehouse] names the group [{group}], and this machine has none; make it, or correct the name"


def _ours(office: Office) -> Iterator[str]:
    """What we wrote: for us alone, or for the group named, and a file where we wrote a file."""
    folder = office.processed_dir
    if not folder.is_dir():
        return
    beside = [path for path in sorted(folder.iterdir()) if path.name not in _LINKS]
    below = [path for name in _TREES for path in sorted((folder / name).rglob("*"))]
    for path in (folder, *beside, *below):
        try:
            found = path.lstat()
        except FileNotFoundError:
            # A run is at work, and its files come and go.
            continue
        yield from _faults_of(office, path, found)


def _faults_of(office: Office, path: Path, found: os.stat_result) -> Iterator[str]:
    if stat.S_ISLNK(found.st_mode):
        yield f"{path} is a link, and what it leads to is not looked at; put the file itself there"
        return
    if found.st_uid != os.geteuid():
        yield f"{path} belongs to {_login(found.st_uid)}, not to you; chown {desk.login()} {path}"
    widest, group = allowed(office, path)
    mode = stat.S_IMODE(found.st_mode) & 0o777
    if mode & ~widest:
        yield f"{path} has mode {mode:04o}, and {widest:04o} is the widest it may have; chmod {widest & mode:o} {path}"
    if group is not None and _number(office, group) not in (None, found.st_gid):
        yield f"{path} is not of the group [{group}] that office.toml names; chgrp {group} {path}"


def _received(office: Office) -> Iterator[str]:
    """What the office put there: extracts, which others must not read, and settings, which they must not change."""
    raw, settings = office.raw_dir, office.path
    if raw.is_dir() and _mode(raw) & _OTHERS and _is_reached(raw, _OTHERS):
        yield f"{raw} is open to every account of this machine; chmod -R o-rwx {raw}"
    if settings.is_file():
        writers = _mode(settings) & 0o022
        if writers and _is_reached(settings, _OTHERS | _GROUP):
            yield f"{settings} can be changed by others than its owner; chmod go-w {settings}"


def _replaceable(office: Office) -> Iterator[str]:
    """Folders above what is ours in which others may rename: they could put something else in its place."""
    above = {
        parent for path in (office.processed_dir, office.raw_dir, office.path) for parent in path.resolve().parents
    }
    for folder in sorted(above):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o002 and not mode & stat.S_ISVTX and _is_reached(folder, _OTHERS):
            yield f"{folder} can be changed by every account, and what is below it replaced; chmod o-w {folder}"


def _keys(office: Office) -> Iterator[str]:
    named = office.warehouse
    databases = (named.records_key_env, named.desk_key_env, named.published_key_env)
    others = (named.fingerprint_key_env, office.release.pseudonym_key_env)
    for name in dict.fromkeys(name for name in (*databases, *others) if name):
        try:
            find_key(name)
        except SettingsError as error:
            yield str(error)


def _unencrypted(office: Office) -> Iterator[str]:
    """Databases in plain text, where office.toml names a key for them or for another."""
    named = office.warehouse
    runs = sorted((office.processed_dir / "runs").glob("*/internal/office.duckdb"))
    files = {
        "records": (named.records_key_env, [office.records_path]),
        "desk": (named.desk_key_env, [office.desk_path]),
        "published": (named.published_key_env, runs),
    }
    if not any(variable for variable, _ in files.values()):
        return
    for file, (variable, paths) in files.items():
        rotate = f"`stratpro keys rotate {file} --new-key-env {variable or 'NAME'}`"
        if variable is None:
            yield f"[warehouse] names keys, and none for {file}: name {file}_key_env, and if it is there, {rotate}"
            continue
        for path in paths:
            if path.is_file() and not is_encrypted(path):
                yield f"{path} is not encrypted, and office.toml names a key for it; {rotate}"


def _number(office: Office, group: str) -> int | None:
    try:
        return group_id(office, group)
    except SettingsError:
        return None


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _is_reached(path: Path, who: int) -> bool:
    """Whether those meant can pass all folders above a path."""
    return all(_mode(parent) & who & 0o011 for parent in path.resolve().parents)


def _login(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
