"""Key rotation: a database file is written anew under another key, or under its first.

A file has one key, and is asked which: killed at any moment, each answers to the old key or to the new one, and
the same call again completes what is left.
"""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from strategic_prosecution import warehouse
from strategic_prosecution.keys import need_key
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.warehouse import Key, WarehouseError

FILES = ("records", "desk", "published")


@dataclass(frozen=True)
class Rotated:
    """What a rotation found and did: files there are, how many of them were written anew."""

    files: int
    rewritten: int


def rotate(office: Office, file: str, *, new: str, wait: bool = False) -> Rotated:
    """Put ``records``, ``desk`` or ``published`` (every kept run) under the key of the variable ``new``.

    A file that is not encrypted gets its first key. Raises SettingsError without a new key, WarehouseError where there
    is no such file yet, or where one answers neither to the new key nor to that of office.toml.
    """
    if file not in FILES:
        raise SettingsError(f"no file [{file}] has a key; name one of {', '.join(FILES)}")
    need_key(office, new)

    def announce(manifest: dict[str, Any]) -> dict[str, Any]:
        as_of = date.fromisoformat(manifest["as_of"])
        return {"audit": asdict(audit.release(office, manifest["files"], run_id=manifest["run"], as_of=as_of))}

    with warehouse.run(office, what=f"keys rotate {file}", wait=wait):
        paths = _paths(office, file)
        if not paths:
            raise WarehouseError(
                f"nothing of [{file}] is in {office.processed_dir} yet; name its key in [warehouse], and run"
            )
        answered = {path: _answered(office, path, Key(new), Key(setting(office, file))) for path in paths}
        rewritten = sum(key != Key(new) for key in answered.values())
        audit.append(office, "key_rotated", file=file, files=len(paths), rewritten=rewritten)
        for path, key in answered.items():
            if file == "published":
                warehouse.rewrite_published(office, path.parents[1], key=key, new_key=Key(new), announce=announce)
            elif key != Key(new):
                warehouse.rewrite(office, path, key=key, new_key=Key(new))
    return Rotated(len(paths), rewritten)


def setting(office: Office, file: str) -> str | None:
    """The variable that office.toml names for a file's key."""
    named = office.warehouse
    return {
        "records": named.records_key_env,
        "desk": named.desk_key_env,
        "published": named.published_key_env,
    }[file]


def _paths(office: Office, file: str) -> list[Path]:
    if file == "published":
        runs = (office.processed_dir / "runs").glob("*/internal/office.duckdb")
        return sorted(path for path in runs if not path.parents[1].name.startswith("."))
    path = office.records_path if file == "records" else office.desk_path
    return [path] if path.exists() else []


def _answered(office: Office, path: Path, new: Key, named: Key) -> Key:
    """The key a file answers to: the new one, the one of office.toml, or none."""
    for key in (new, named, Key(None)):
        if warehouse.answers(office, path, key):
            return key
    raise WarehouseError(
        f"{path.name} answers neither to the key of [{new.variable}] nor to "
        + (f"that of [{named.variable}]" if named.variable else "none, and office.toml names no other")
        + "; set the variable that office.toml names to the key it has now"
    )
