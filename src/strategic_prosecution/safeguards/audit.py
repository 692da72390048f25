"""The audit log: who did what and when, one line each in ``audit.jsonl`` beside the databases; never who it was about.

Each line is a JSON object with its number and the SHA-256 of the entry before, so that what is changed, missing or put
in breaks the chain. Whoever can write the file can also write the chain anew: each publication carries the number and
the digest of the newest entry, and against those a chain written anew, or one cut off, is found. Nothing here renames
the file or makes it shorter, so it can carry the append-only attribute. What a crash left half-written stays there too.
"""

import fcntl
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

from strategic_prosecution import desk, model
from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse.files import allowed, grant, sync_folder

KINDS = (
    "run_started",
    "run_finished",
    "run_failed",
    "released",
    "order_queued",
    "order_begun",
    "order_done",
    "order_in_force",
    "order_lifted",
    "disclosed",
    "backed_up",
    "restored",
    "purged",
    "key_rotated",
    "list_exported",
    "reviewed",
    "roster_changed",
    "roster_sampled",
    "incidents_reviewed",
    "commitments_recorded",
    "checks_recorded",
    "call_in_planned",
    "call_in_reviewed",
    "call_in_recorded",
    "people_review_shown",
    "links_decided",
    "pseudonyms_rotated",
    "explained",
    "migrated",
)
# The words a fact may be: each is ours, and none could be a name or a value of a row.
WORDS = frozenset(
    {
        *(f"{table.schema}.{table.name}" for table in model.TABLES),
        *(table.name for table in model.TABLES),
        *model.table("desk.orders").column("kind").values,
        *model.table("desk.orders").column("status").values,
        *get_args(model.Edition),
        *model.CALL_IN_KINDS,
        *model.CALL_IN_STEPS,
        *model.LIST_VIEWS,
        *model.table("desk.call_ins").column("status").values,
        "records",
        "desk",
        "published",
        "person",
        "hold",
        "month",
        "quarter",
        "year",
    }
)
# Keys that ``desk.new_id`` and the run lock make, digests, days, metrics, and tables of raw, which office.toml names.
_OURS = re.compile(
    r"(raw|metric)\.[a-z][a-z0-9_]{0,50}|(order|disclosure|backup|list|review|callin|export|sample|promise)_[0-9a-f]{16}|\d{8}T\d{12}_[0-9a-f]{6}|[0-9a-f]{16,64}|\d{4}-\d\d-\d\d"
)
_FACT = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIELDS = ("entry", "at", "who", "what", "previous")
_NOTHING = "0" * 64
_BLOCK = 1 << 16

Entry = dict[str, Any]


@dataclass(frozen=True)
class Head:
    """The newest entry of the log: its number, which is how many there are, and the SHA-256 of its line."""

    entries: int
    sha256: str


def append(office: Office, what: str, **facts: Any) -> None:
    """Append one entry, on disk when this returns; call it before doing what it tells of.

    what
        one of ``KINDS``
    facts
        counts, truth values, days, keys of ours, digests, ``WORDS``, lists of these, or None. Anything else is a
        ValueError that names the fact and not its value: a name must not get into the log, nor by way of an error

    Raises OSError where the log cannot be written: then what it was to tell of must not be done.
    """
    _append(office, what, facts)


def release(office: Office, files: Mapping[str, str], *, run_id: str, as_of: date) -> Head:
    """Append that files (path -> SHA-256) are published, and return the head that goes with them; as ``append``."""
    return _append(office, "released", {"run_id": run_id, "as_of": as_of, "files_sha256": _files_digest(files)})


def head(office: Office) -> Head:
    """The newest entry; 0 entries and a digest of zeros where there is none."""
    path = _path(office)
    if not path.exists():
        return Head(0, _NOTHING)
    with _locked(path, os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
        return _end(descriptor).head


def entries(office: Office) -> list[Entry]:
    """Every entry in the order of the file, unverified: entry, at (UTC), who, what, the facts, previous."""
    return [entry for line in _read(office).split(b"\n") if (entry := _parse(line)) is not None]


def facts(entry: Entry) -> Entry:
    """What an entry tells beyond its number, when, who, what, and the chain."""
    return {name: value for name, value in entry.items() if name not in _FIELDS}


def verify(office: Office) -> list[str]:
    """One line per fault of the log, by itself and against every publication that is kept; none when it is whole.

    Finds entries changed, missing, put in or out of order; with a publication made since, also an end that is cut off
    and a chain that was written anew. Opens no database and needs no key.
    """
    # A publication is read before the log: the log has its head already.
    published = list(_publications(office))
    faults, found = _check_chain(_read(office))
    if not _path(office).exists() and any(manifest and "audit" in manifest for _, manifest in published):
        return [f"{_path(office).name} is missing, and there are publications that carry its head; restore a backup"]
    return faults + [fault for name, manifest in published for fault in _check_publication(name, manifest, found)]


def faults_of(text: bytes) -> list[str]:
    """One line per fault of the chain of a log by itself."""
    return _check_chain(text)[0]


@dataclass(frozen=True)
class _End:
    """How the log ends: its newest whole entry, what a crash left after it, and whether that ends its line."""

    head: Head
    torn: bytes
    is_ended: bool


def _append(office: Office, what: str, facts: Mapping[str, Any]) -> Head:
    if what not in KINDS:
        raise ValueError("no such kind of entry in the audit log; declare it in audit.KINDS")
    told = {name: _checked(name, value) for name, value in facts.items()}
    path = _path(office)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, fcntl.LOCK_EX) as descriptor:
            # An append-only file refuses every change of mode, also to the mode that it has.
            mode, group = allowed(office, path)
            if group is not None:
                grant(office, path)
            elif stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
                os.fchmod(descriptor, mode)
            end = _end(descriptor)
            newline = b"" if end.is_ended else b"\n"
            torn = {"after_torn_line": _sha256(end.torn + newline)} if end.torn else {}
            entry = {
                "entry": end.head.entries + 1,
                "at": datetime.now(UTC).isoformat(timespec="microseconds"),
                "who": desk.login(),
                "what": what,
                **told,
                **torn,
                "previous": end.head.sha256,
            }
            line = json.dumps(entry, separators=(",", ":")).encode()
            text = newline + line + b"\n"
            if os.write(descriptor, text) != len(text):
                raise OSError("only a part of the entry was written: the disk is full")
            os.fsync(descriptor)
            if not end.head.entries:
                sync_folder(path.parent)
    except OSError as error:
        raise OSError(
            f"{path} cannot be written ({error.strerror or error}), so [{what}] was not done: nothing happens that the "
            "audit log does not tell of; free the disk or repair the file's access, and run the command again"
        ) from error
    return Head(end.head.entries + 1, _sha256(line))


def _checked(name: str, value: Any) -> Any:
    if not _FACT.fullmatch(name) or name in (*_FIELDS, "after_torn_line"):
        raise ValueError("a fact of the audit log has a name that it may not have; use a plain word of ours")
    if isinstance(value, list | tuple):
        return [_checked_one(name, item) for item in value]
    return _checked_one(name, value)


def _checked_one(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if type(value) is date:
        return value.isoformat()
    if isinstance(value, str) and (_OURS.fullmatch(value) or value in WORDS):
        return value
    raise ValueError(f"the fact [{name}] may not be in the audit log: only counts, days, keys of ours and digests are")


def _path(office: Office) -> Path:
    return office.processed_dir / "audit.jsonl"


@contextmanager
def _locked(path: Path, flags: int, lock: int) -> Iterator[int]:
    """The file open and locked: of two processes, one appends after the other's entry, and none reads half of one."""
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, lock)
        yield descriptor
    finally:
        os.close(descriptor)


def _read(office: Office) -> bytes:
    path = _path(office)
    if not path.exists():
        return b""
    with _locked(path, os.O_RDONLY, fcntl.LOCK_SH), path.open("rb") as handle:
        return handle.read()


def _end(descriptor: int) -> _End:
    """Read from the end, for the log is long: as far back as the newest whole entry stands."""
    size = os.fstat(descriptor).st_size
    length = _BLOCK
    while True:
        start = max(0, size - length)
        text = os.pread(descriptor, size - start, start)
        is_ended = not text or text.endswith(b"\n")
        lines = text.split(b"\n")
        # The first line of a later block has lost its beginning.
        for place in reversed(range(1 if start else 0, len(lines))):
            entry = _parse(lines[place])
            if entry is not None:
                return _End(Head(entry["entry"], _sha256(lines[place])), b"\n".join(lines[place + 1 :]), is_ended)
        if not start:
            return _End(Head(0, _NOTHING), text, is_ended)
        length *= 8


def _parse(line: bytes) -> Entry | None:
    """The entry of a line; None for a line that is none, as every beginning of an entry is."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or any(name not in entry for name in _FIELDS):
        return None
    return entry if type(entry["entry"]) is int else None


def _check_chain(text: bytes) -> tuple[list[str], dict[int, tuple[Entry, str]]]:
    """The faults of the chain, and by number each entry with its digest."""
    *lines, unfinished = text.split(b"\n")
    parsed = [_parse(line) for line in lines]
    numbers = {entry["entry"] for entry in parsed if entry is not None}
    faults: list[str] = []
    found: dict[int, tuple[Entry, str]] = {}
    last = Head(0, _NOTHING)
    torn: list[int] = []
    for place, (line, entry) in enumerate(zip(lines, parsed, strict=True), start=1):
        if entry is None:
            torn.append(place)
            continue
        faults += _check_torn(entry, torn, lines, place=place)
        torn = []
        number = entry["entry"]
        if number in found:
            faults.append(f"line {place}: entry {number} stands here again; one of the two was put in")
            continue
        found[number] = (entry, _sha256(line))
        if number != last.entries + 1:
            lost = number - last.entries - 1 - sum(last.entries < other < number for other in numbers)
            faults.append(
                f"line {place}: {lost} missing before entry {number}"
                if lost > 0
                else f"line {place}: entry {number} is out of order"
            )
        elif entry["previous"] != last.sha256:
            faults.append(f"line {place}: entry {number} does not continue the one before; one of the two was changed")
        if number > last.entries:
            last = Head(number, found[number][1])
    faults += [f"line {place} is no entry: it was changed or put in" for place in torn]
    if unfinished:
        faults.append(f"line {len(lines) + 1} is not finished: its writer died, or its end was cut off or changed")
    return faults, found


def _check_torn(entry: Entry, torn: list[int], lines: list[bytes], *, place: int) -> list[str]:
    """A line that is no entry is a crash's if the next entry says so, word for word."""
    told = entry.get("after_torn_line")
    text = b"".join(lines[number - 1] + b"\n" for number in torn)
    if told == (_sha256(text) if torn else None):
        return []
    if not torn:
        return [f"line {place}: the half-written line that entry {entry['entry']} tells of is missing"]
    return [f"line {number} is no entry: it was changed or put in" for number in torn]


def _publications(office: Office) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Where each published.json stands and what it says, None for one that is broken; the one in force comes first."""
    processed = office.processed_dir.resolve()
    runs = [path for path in sorted((processed / "runs").glob("*")) if not path.name.startswith(".")]
    for path in dict.fromkeys((folder / "published.json").resolve() for folder in (processed, *runs)):
        try:
            manifest = json.loads(path.read_bytes())
        except FileNotFoundError:
            if path.parent == processed:
                continue
            # Whoever cuts the log off would take away what shows it.
            manifest = None
        except (ValueError, RecursionError):
            manifest = None
        name = str(path.relative_to(processed)) if path.is_relative_to(processed) else path.name
        yield name, manifest if isinstance(manifest, dict) else None


def _check_publication(name: str, manifest: dict[str, Any] | None, found: Mapping[int, tuple[Entry, str]]) -> list[str]:
    """Whether what a publication says of the log and of its files is what the log says."""
    if manifest is None:
        return [f"{name} cannot be read; restore it from a backup, or run a night to publish again"]
    released = [
        entry
        for entry, _ in found.values()
        if entry["what"] == "released" and entry.get("run_id") == manifest.get("run")
    ]
    if "audit" not in manifest:
        # The first release published no head.
        return [f"{name} carries no head of the audit log, and the log tells of its release"] if released else []
    try:
        published = Head(int(manifest["audit"]["entries"]), str(manifest["audit"]["sha256"]))
        files = _files_digest(manifest["files"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return [f"{name} carries a head of the audit log that cannot be read; it was changed"]
    newest = max(found, default=0)
    if published.entries > newest:
        return [f"the log ends with entry {newest}, and {name} was published with entry {published.entries}: cut off"]
    if published.entries not in found or found[published.entries][1] != published.sha256:
        return [
            f"entry {published.entries} is not the one with which {name} was published: it, or the chain up to it, "
            "was written anew"
        ]
    if files not in [entry.get("files_sha256") for entry in released]:
        return [f"the files that {name} lists are not those that the log says were released"]
    return []


def _files_digest(files: Mapping[str, str]) -> str:
    return _sha256(json.dumps(files, sort_keys=True, separators=(",", ":")).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
