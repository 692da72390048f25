"""The audit log: an unbroken chain, whatever crashes, and a fault for whatever is changed."""

import hashlib
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from strategic_prosecution import stages, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, load_office

FIRST_RELEASE = Path(__file__).parents[1] / "first_release"
KEY = "planted-key-of-the-audit-test"
NAMES = ("quartzman", "zebulon", "obsidianne", "feldsparrow", "ny5500001", "1990-01-02", "24-001")

APPEND_MANY = """
import sys
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import load_office

office = load_office(sys.argv[1])
for number in range(200):
    audit.append(office, "purged", writer=int(sys.argv[2]), number=number)
"""
# The kernel stops the file in the middle of the second entry, as a full disk does.
RUN_OUT_OF_DISK = """
import resource, sys
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import load_office

office = load_office(sys.argv[1])
audit.append(office, "purged", rows=1)
size = (office.processed_dir / "audit.jsonl").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    audit.append(office, "purged", rows=2)
except OSError as error:
    print(error)
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    return load_office(path)


def log(office: Office) -> Path:
    return office.processed_dir / "audit.jsonl"


def write_entries(office: Office, count: int) -> list[bytes]:
    """Append entries of several kinds; returns the lines of the log."""
    for number in range(count):
        audit.append(office, ("purged", "disclosed", "order_done")[number % 3], rows=number)
    return lines_of(office)


def lines_of(office: Office) -> list[bytes]:
    return log(office).read_bytes().splitlines(keepends=True)


def sha256(line: bytes) -> str:
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest()


def is_whole(lines: list[bytes]) -> bool:
    """The chain by the book: numbers from 1, each with the SHA-256 of the line before."""
    entries = [json.loads(line) for line in lines]
    before = ["0" * 64, *(sha256(line) for line in lines)]
    return [(entry["entry"], entry["previous"]) for entry in entries] == [
        (number, before[number - 1]) for number in range(1, len(lines) + 1)
    ]


def chain_anew(lines: list[bytes], start: int, **changed: object) -> list[bytes]:
    """What a forger makes who knows the format: entry ``start`` (from 0) changed, all digests from there right."""
    forged = lines[:start]
    for number, line in enumerate(lines[start:], start=start):
        entry = json.loads(line) | (changed if number == start else {})
        entry["previous"] = sha256(forged[-1]) if forged else "0" * 64
        forged.append(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
    return forged


def publish_head(office: Office, entries: int, *, run: str = "20240101T000000000000_aaaaaa") -> Path:
    """A publication with the head after so many entries, whose release is the last of them."""
    lines = lines_of(office)
    folder = office.processed_dir / "runs" / run
    folder.mkdir(parents=True)
    path = folder / "published.json"
    files = {"internal/office.duckdb": "ab" * 32}
    manifest = {"run": run, "files": files, "audit": {"entries": entries, "sha256": sha256(lines[entries - 1])}}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return path


def write_published(office: Office, count: int) -> list[bytes]:
    """Entries, the last of which is a release, and the publication that carries it."""
    if count > 1:
        write_entries(office, count - 1)
    run = "20240101T000000000000_aaaaaa"
    audit.release(office, {"internal/office.duckdb": "ab" * 32}, run_id=run, as_of=date(2024, 6, 30))
    publish_head(office, count, run=run)
    assert audit.verify(office) == []
    return lines_of(office)


# ------------------------------------------------------------------------------------------------------- the chain


def test_an_entry_says_who_when_and_what_and_follows_the_one_before(office: Office):
    before = datetime.now(UTC)
    audit.append(office, "order_done", order_id="order_0123456789abcdef", rows=7, known_on=date(2024, 6, 30))
    audit.append(office, "purged", kinds=["mart.metrics", "expunge"], whole=True, none=None)
    after = datetime.now(UTC)
    lines = lines_of(office)
    assert is_whole(lines)
    first, second = map(json.loads, lines)
    assert before <= datetime.fromisoformat(first["at"]) <= datetime.fromisoformat(second["at"]) <= after
    assert first["who"] == second["who"] == pwd.getpwuid(os.getuid()).pw_name
    assert audit.facts(first) == {"order_id": "order_0123456789abcdef", "rows": 7, "known_on": "2024-06-30"}
    assert audit.facts(second) == {"kinds": ["mart.metrics", "expunge"], "whole": True, "none": None}
    assert audit.entries(office) == [first, second]
    assert audit.head(office) == audit.Head(2, sha256(lines[1]))
    assert audit.verify(office) == []


def test_an_office_without_a_log_has_no_entries_and_no_fault(office: Office):
    assert (audit.head(office), audit.entries(office), audit.verify(office)) == (audit.Head(0, "0" * 64), [], [])
    assert not office.processed_dir.exists()


def test_the_log_is_for_its_owner_alone(office: Office):
    for umask in (0o000, 0o777):
        before = os.umask(umask)
        try:
            audit.append(office, "purged")
        finally:
            os.umask(before)
        assert stat.S_IMODE(log(office).stat().st_mode) == 0o600
        log(office).unlink()


def test_an_entry_is_one_write_and_on_disk_when_append_returns(office: Office, monkeypatch: pytest.MonkeyPatch):
    office.processed_dir.mkdir(parents=True)
    did: list[tuple[str, str]] = []
    write, fsync = os.write, os.fsync

    def path(descriptor: int) -> str:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())

    def note_write(descriptor: int, text: bytes) -> int:
        flags = int(Path(f"/proc/self/fdinfo/{descriptor}").read_text().split("flags:")[1].split()[0], 8)
        did.append(("appended" if flags & os.O_APPEND else "written", path(descriptor)))
        return write(descriptor, text)

    def note_fsync(descriptor: int) -> None:
        did.append(("synced", path(descriptor)))
        fsync(descriptor)

    monkeypatch.setattr(os, "write", note_write)
    monkeypatch.setattr(os, "fsync", note_fsync)
    audit.append(office, "purged")
    audit.append(office, "purged")
    one = [("appended", str(log(office))), ("synced", str(log(office)))]
    assert did == [*one, ("synced", str(office.processed_dir)), *one]


def test_two_processes_at_once_make_one_chain(office: Office):
    writers = [subprocess.Popen([sys.executable, "-c", APPEND_MANY, str(office.path), str(n)]) for n in (1, 2)]
    assert [writer.wait() for writer in writers] == [0, 0]
    lines = lines_of(office)
    assert is_whole(lines) and audit.verify(office) == []
    wrote = [(entry["writer"], entry["number"]) for entry in map(json.loads, lines)]
    assert sorted(wrote) == [(writer, number) for writer in (1, 2) for number in range(200)]
    assert sorted(wrote, key=lambda pair: pair[0]) == sorted(wrote), "each writer's entries stand in its order"


def test_an_entry_longer_than_what_is_read_at_once_is_continued(office: Office):
    audit.append(office, "order_done", ids=["ab" * 32] * 20_000)
    audit.append(office, "purged")
    log(office).write_bytes(log(office).read_bytes() + b"{" * 700_000)
    audit.append(office, "purged")
    assert [entry["entry"] for entry in audit.entries(office)] == [1, 2, 3]
    assert audit.verify(office) == []


def test_the_log_may_be_append_only(office: Office):
    audit.append(office, "purged")
    if subprocess.run(["chattr", "+a", log(office)], capture_output=True, check=False).returncode:
        pytest.skip("this file system or user has no append-only attribute")
    try:
        with pytest.raises(OSError, match="not permitted"):
            log(office).write_bytes(b"")
        audit.append(office, "purged")
    finally:
        subprocess.run(["chattr", "-a", log(office)], check=True)
    assert is_whole(lines_of(office)) and len(lines_of(office)) == 2


# ----------------------------------------------------------------------------------------------------------- facts


@pytest.mark.parametrize(
    "value",
    [
        "Zebulon Quartzman",
        "quartzman",
        "QUARTZMAN",
        "24-001",
        "NY5500001",
        "order_quartzman",
        "order_0123456789abcdef Quartzman",
        "order_0123456789abcdef\n",
        "12 Planted St",
        "",
        1.5,
        b"quartzman",
        {"quartzman": 1},
        [["expunge"]],
        ["expunge", "Quartzman"],
        datetime(2024, 1, 1, tzinfo=UTC),
        Path("quartzman"),
    ],
)
def test_what_could_be_a_name_is_refused_without_being_told(office: Office, value: object):
    with pytest.raises(ValueError, match="fact \\[planted\\]") as refused:
        audit.append(office, "purged", rows=1, planted=value)
    assert "uartzman" not in str(refused.value) and str(value or "?") not in str(refused.value)
    assert not log(office).exists()


@pytest.mark.parametrize(
    "name", ["entry", "at", "who", "previous", "after_torn_line", "Quartzman", "zebulon quartzman"]
)
def test_a_fact_takes_no_field_and_no_name_for_its_name(office: Office, name: str):
    with pytest.raises(ValueError, match="name that it may not have") as refused:
        audit.append(office, "purged", **{name: 1})
    assert "uartzman" not in str(refused.value)
    assert not log(office).exists()


def test_an_undeclared_kind_is_refused(office: Office):
    with pytest.raises(ValueError, match="no such kind") as refused:
        audit.append(office, "quartzman")
    assert "quartzman" not in str(refused.value)
    assert not log(office).exists()


# ---------------------------------------------------------------------------------------------------------- faults


def test_every_changed_byte_is_found(office: Office):
    whole = b"".join(write_published(office, 3))
    missed = []
    for place, byte in enumerate(whole):
        for other in {byte ^ 1, ord("\n"), ord(" "), 0xFF} - {byte}:
            log(office).write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
            if not audit.verify(office):
                missed.append((place, chr(byte), chr(other)))
    assert missed == []


def test_a_byte_put_in_or_taken_out_is_found(office: Office):
    whole = b"".join(write_published(office, 3))
    missed = []
    for place in range(len(whole)):
        for forged in (whole[:place] + whole[place + 1 :], whole[:place] + b"\n" + whole[place:]):
            log(office).write_bytes(forged)
            if not audit.verify(office):
                missed.append(place)
    assert missed == []


def test_a_changed_entry_is_found_where_it_stands(office: Office):
    lines = write_entries(office, 6)
    lines[2] = lines[2].replace(b'"rows":2', b'"rows":3')
    log(office).write_bytes(b"".join(lines))
    assert audit.verify(office) == ["line 4: entry 4 does not continue the one before; one of the two was changed"]
    lines[2] = b"Quartzman" + lines[2]
    log(office).write_bytes(b"".join(lines))
    assert audit.verify(office) == ["line 3 is no entry: it was changed or put in", "line 4: 1 missing before entry 4"]


def test_every_missing_line_is_found(office: Office):
    lines = write_published(office, 6)
    for place in range(6):
        log(office).write_bytes(b"".join(lines[:place] + lines[place + 1 :]))
        faults = audit.verify(office)
        if place < 5:
            assert f"line {place + 1}: 1 missing before entry {place + 2}" in faults
        else:
            assert faults == [
                "the log ends with entry 5, and runs/20240101T000000000000_aaaaaa/published.json was published with "
                "entry 6: cut off"
            ]
    log(office).write_bytes(b"".join(lines[:1] + lines[4:]))
    assert audit.verify(office) == ["line 2: 3 missing before entry 5"]


def test_every_duplicated_line_is_found_wherever_it_is_put(office: Office):
    lines = write_entries(office, 5)
    for place in range(5):
        for where in range(place + 1, 6):
            log(office).write_bytes(b"".join([*lines[:where], lines[place], *lines[where:]]))
            fault = f"line {where + 1}: entry {place + 1} stands here again; one of the two was put in"
            assert audit.verify(office) == [fault]


def test_every_swap_of_two_lines_is_found(office: Office):
    lines = write_entries(office, 5)
    for one in range(5):
        for other in range(one + 1, 5):
            swapped = list(lines)
            swapped[one], swapped[other] = lines[other], lines[one]
            log(office).write_bytes(b"".join(swapped))
            faults = audit.verify(office)
            assert f"line {one + 1}: entry {other + 1} is out of order" in faults
            assert not [fault for fault in faults if "missing" in fault or "changed" in fault]
            assert len(faults) == 2 or other > one + 1, "two neighbours, two faults"


def test_a_forged_entry_put_in_is_found(office: Office):
    lines = write_entries(office, 5)
    forged = json.dumps(json.loads(lines[2]) | {"entry": 3, "rows": 99}).encode() + b"\n"
    log(office).write_bytes(b"".join([*lines[:2], forged, *lines[2:]]))
    assert "line 4: entry 3 stands here again; one of the two was put in" in audit.verify(office)


@pytest.mark.parametrize("number", ["-1", "0", "1000000000000000000", '"2"', "true", "2.0", "[2]"])
def test_a_number_out_of_this_world_is_a_fault(office: Office, number: str):
    lines = write_entries(office, 3)
    lines[1] = lines[1].replace(b'"entry":2', f'"entry":{number}'.encode())
    log(office).write_bytes(b"".join(lines))
    assert audit.verify(office) != []


def test_text_that_is_deeply_nested_is_a_fault(office: Office):
    write_entries(office, 2)
    log(office).write_bytes(log(office).read_bytes() + b"[" * 200_000 + b"\n")
    assert audit.verify(office) == ["line 3 is no entry: it was changed or put in"]


# ---------------------------------------------------------------------------------------------- what was published


def test_an_end_cut_off_at_any_byte_is_found_against_the_publication(office: Office):
    whole = b"".join(write_published(office, 4))
    missed = []
    for length in range(len(whole)):
        log(office).write_bytes(whole[:length])
        if not audit.verify(office):
            missed.append(length)
    assert missed == []
    log(office).unlink()
    assert audit.verify(office) == [
        "audit.jsonl is missing, and there are publications that carry its head; restore a backup"
    ]


@pytest.mark.parametrize("start", range(4))
def test_a_chain_written_anew_is_found_against_the_publication(office: Office, start: int):
    lines = write_published(office, 4)
    forged = chain_anew(lines, start, at="2020-01-01T00:00:00+00:00")
    log(office).write_bytes(b"".join(forged))
    assert is_whole(forged), "only the publication can tell"
    (fault,) = audit.verify(office)
    assert fault.startswith("entry 4 is not the one with which runs/20240101T000000000000_aaaaaa/published.json")


def test_an_end_cut_off_and_written_on_is_found(office: Office):
    lines = write_published(office, 4)
    log(office).write_bytes(b"".join(lines[:2]))
    write_entries(office, 5)
    assert is_whole(lines_of(office))
    (fault,) = audit.verify(office)
    assert fault.startswith("entry 4 is not the one with which")


def test_every_publication_that_is_kept_is_looked_at(office: Office):
    runs = [f"2024010{day}T000000000000_aaaaaa" for day in (1, 2, 3)]
    for count, run in enumerate(runs, start=1):
        audit.release(office, {"internal/office.duckdb": "ab" * 32}, run_id=run, as_of=date(2024, 6, 30))
        publish_head(office, count, run=run)
    (office.processed_dir / "published.json").symlink_to(Path("runs") / runs[2] / "published.json")
    assert audit.verify(office) == []
    # The forger also writes the newest publication anew, and forgets that the others are kept.
    forged = chain_anew(lines_of(office), 0, who="nobody")
    log(office).write_bytes(b"".join(forged))
    shutil.rmtree(office.processed_dir / "runs" / runs[2])
    publish_head(office, 3, run=runs[2])
    assert [fault.split(" was ")[0] for fault in audit.verify(office)] == [
        f"entry {number} is not the one with which runs/{runs[number - 1]}/published.json" for number in (1, 2)
    ]


def test_the_publication_in_force_is_looked_at_wherever_its_run_is(office: Office):
    lines = write_published(office, 3)
    run = office.processed_dir / "runs" / "20240101T000000000000_aaaaaa"
    (run / "published.json").rename(office.processed_dir / "published.json")
    log(office).write_bytes(lines[0])
    faults = audit.verify(office)
    assert faults[0] == "the log ends with entry 1, and published.json was published with entry 3: cut off"
    assert len(faults) == 2 and "published.json" in faults[1]


def test_a_publication_that_is_half_written_is_not_looked_at(office: Office):
    write_published(office, 2)
    partial = office.processed_dir / "runs" / ".20240102T000000000000_bbbbbb.partial"
    partial.mkdir()
    (partial / "published.json").write_text("{", encoding="utf-8")
    assert audit.verify(office) == []


def changed(path: Path, change: Callable[[dict], object]) -> None:
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda manifest: manifest.pop("audit"), "carries no head of the audit log"),
        (lambda manifest: manifest.update(audit="gone"), "cannot be read; it was changed"),
        (lambda manifest: manifest["audit"].update(entries=None), "cannot be read; it was changed"),
        (lambda manifest: manifest["audit"].update(entries=1), "entry 1 is not the one"),
        (lambda manifest: manifest["audit"].update(sha256="0" * 64), "entry 3 is not the one"),
        (
            lambda manifest: manifest["files"].update({"internal/office.duckdb": "cd" * 32}),
            "are not those that the log",
        ),
        (lambda manifest: manifest["files"].update({"internal/more": "ab" * 32}), "are not those that the log"),
        (lambda manifest: manifest.update(run="20240102T000000000000_bbbbbb"), "are not those that the log"),
    ],
)
def test_a_publication_that_does_not_say_what_the_log_says_is_a_fault(
    office: Office, change: Callable[[dict], object], fault: str
):
    write_published(office, 3)
    changed(office.processed_dir / "runs" / "20240101T000000000000_aaaaaa" / "published.json", change)
    (found,) = audit.verify(office)
    assert fault in found


def test_a_publication_that_cannot_be_read_is_a_fault(office: Office):
    write_published(office, 2)
    path = office.processed_dir / "runs" / "20240101T000000000000_aaaaaa" / "published.json"
    for content in (b"", b"{", b"[]", b"\xff", b"[" * 200_000):
        path.write_bytes(content)
        assert ["cannot be read" in fault for fault in audit.verify(office)] == [True]


def test_what_the_first_release_published_carries_no_head_and_is_no_fault(office: Office):
    folder = office.processed_dir / "runs" / "20240101T000000000000_aaaaaa"
    folder.mkdir(parents=True)
    (folder / "published.json").write_text('{"run": "20240101T000000000000_aaaaaa", "files": {}}', encoding="utf-8")
    assert audit.verify(office) == []
    audit.append(office, "purged")
    assert audit.verify(office) == []


# --------------------------------------------------------------------------------------------------------- crashes


def test_a_line_that_a_crash_left_half_written_stays_and_is_told_of(office: Office):
    lines = write_entries(office, 3)
    whole = b"".join(lines[:2])
    for length in range(1, len(lines[2]) - 1):
        torn = lines[2][:length]
        log(office).write_bytes(whole + torn)
        assert audit.verify(office) == ["line 3 is not finished: its writer died, or its end was cut off or changed"]
        assert audit.head(office) == audit.Head(2, sha256(lines[1]))
        audit.append(office, "purged", rows=9)
        after = log(office).read_bytes()
        assert after.startswith(whole + torn + b"\n")
        entry = json.loads(after.removeprefix(whole + torn + b"\n"))
        assert (entry["entry"], entry["previous"]) == (3, sha256(lines[1]))
        assert entry["after_torn_line"] == hashlib.sha256(torn + b"\n").hexdigest()
        assert audit.verify(office) == []


def test_an_entry_that_lacks_only_its_newline_is_one(office: Office):
    lines = write_entries(office, 3)
    log(office).write_bytes(b"".join(lines)[:-1])
    assert len(audit.verify(office)) == 1
    audit.append(office, "purged")
    after = lines_of(office)
    assert after[:3] == lines and is_whole(after) and audit.verify(office) == []


def test_a_first_entry_and_two_in_a_row_may_be_torn(office: Office):
    office.processed_dir.mkdir(parents=True)
    for torn in (b'{"entry":1,', b'{"entry":1,\n{"ent', b'{"entry":1,\n'):
        log(office).write_bytes(torn)
        audit.append(office, "purged")
        assert audit.head(office).entries == 1
        assert audit.verify(office) == []


def test_a_torn_line_is_as_safe_as_an_entry(office: Office):
    lines = write_entries(office, 2)
    log(office).write_bytes(b"".join(lines) + b'{"entry":3,"at"')
    write_entries(office, 2)
    whole = lines_of(office)
    assert audit.verify(office) == []

    def faults(lines: list[bytes]) -> list[str]:
        log(office).write_bytes(b"".join(lines))
        return audit.verify(office)

    no_entry = "line 3 is no entry: it was changed or put in"
    assert faults([*whole[:2], whole[2].replace(b"3", b"4"), *whole[3:]]) == [no_entry]
    assert faults([*whole[:3], b"\n", *whole[3:]]) == [no_entry, "line 4 is no entry: it was changed or put in"]
    assert faults([*whole[:2], *whole[3:]]) == [
        "line 3: the half-written line that entry 3 tells of is missing",
    ]
    assert faults([*whole[:4], whole[2], *whole[4:]]) == ["line 5 is no entry: it was changed or put in"]
    assert faults([*lines, b"\n"]) == [no_entry]


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_full_disk_is_told_in_a_line_and_the_log_goes_on(office: Office, room: int):
    ran = subprocess.run(
        [sys.executable, "-c", RUN_OUT_OF_DISK, str(office.path), str(room)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.count("\n") == 1
    assert str(log(office)) in ran.stdout and "[purged] was not done" in ran.stdout
    assert len(log(office).read_bytes().split(b"\n")[1]) == room
    audit.append(office, "purged", rows=3)
    assert [entry["rows"] for entry in audit.entries(office)] == [1, 3]
    assert audit.verify(office) == []


# ------------------------------------------------------------------------------------------------------ the nights


@pytest.fixture
def tiny_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("STRATEGIC_PROSECUTION_PSEUDONYM_KEY", KEY)
    shutil.copytree(FIRST_RELEASE / "data", tmp_path / "data")
    shutil.copy(FIRST_RELEASE / "office.toml", tmp_path)
    return load_office(tmp_path / "office.toml")


@pytest.mark.slow
def test_a_night_is_in_the_log_and_nobody_it_is_about(tiny_office: Office):
    stages.nightly(tiny_office)
    stages.nightly(tiny_office)
    lines = lines_of(tiny_office)
    assert is_whole(lines) and audit.verify(tiny_office) == []
    entries = [json.loads(line) for line in lines]
    assert [entry["what"] for entry in entries] == ["run_started", "released", "run_finished"] * 2
    runs = sorted(path.name for path in (tiny_office.processed_dir / "runs").iterdir())
    assert [entry["run_id"] for entry in entries] == [run for run in runs for _ in range(3)]
    # Four files of 4 + 3 + 2 + 1 rows; the filing day of one case, in one file, is none.
    finished = audit.facts(entries[2])
    assert finished.pop("run_id") == runs[0]
    assert finished == {"as_of": "2025-02-28", "files": 4, "rows": 10, "refused_files": 0, "problem_rows": 1}
    manifest = json.loads((tiny_office.processed_dir / "published.json").read_text(encoding="utf-8"))
    assert manifest["audit"] == {"entries": 5, "sha256": sha256(lines[4])}
    files = json.dumps(manifest["files"], sort_keys=True, separators=(",", ":"))
    assert entries[4]["files_sha256"] == hashlib.sha256(files.encode()).hexdigest()
    raw = "".join(path.read_text(encoding="utf-8") for path in tiny_office.raw_dir.iterdir()).lower()
    text = b"".join(lines).decode().lower()
    assert [name for name in NAMES if name not in raw] == []
    assert [name for name in (*NAMES, KEY) if name in text] == []


@pytest.mark.slow
def test_the_end_of_the_log_cannot_be_cut_off_below_the_last_night(tiny_office: Office):
    stages.nightly(tiny_office)
    lines = lines_of(tiny_office)
    log(tiny_office).write_bytes(lines[0])
    (fault,) = audit.verify(tiny_office)
    assert fault.endswith("entry 2: cut off")


def test_a_run_that_fails_is_in_the_log_once(tiny_office: Office):
    def fail(office: Office, as_of: date) -> dict[str, int]:
        with stages.running(office, what="inner"):
            raise RuntimeError("Quartzman")

    with pytest.raises(RuntimeError, match="Quartzman"):
        stages.nightly(tiny_office, stages=(fail,))
    started, failed = audit.entries(tiny_office)
    assert (started["what"], failed["what"]) == ("run_started", "run_failed")
    assert audit.facts(started) == audit.facts(failed)
    assert b"Quartzman" not in log(tiny_office).read_bytes()


def test_a_run_that_cannot_be_told_of_does_not_begin(tiny_office: Office):
    log(tiny_office).mkdir(parents=True)
    with pytest.raises(OSError, match=r"\[run_started\] was not done"):
        stages.nightly(tiny_office)
    with warehouse.run(tiny_office, what="test"), warehouse.open_records(tiny_office) as connection:
        assert connection.execute(
            "select (select count(*) from meta.runs) + (select count(*) from meta.loads)"
        ).fetchone() == (0,)


@pytest.mark.slow
def test_what_cannot_be_told_of_is_not_published(tiny_office: Office):
    def block(office: Office, as_of: date) -> dict[str, int]:
        log(office).rename(office.processed_dir / "elsewhere")
        log(office).mkdir()
        return {}

    with pytest.raises(OSError, match=r"\[released\] was not done"):
        stages.nightly(tiny_office, stages=(*stages.NIGHTLY[:-1], block, stages.publish))
    assert not any((tiny_office.processed_dir / name).exists() for name in ("internal", "public", "published.json"))


@pytest.mark.slow
def test_verify_needs_no_database_and_no_key(tiny_office: Office, monkeypatch: pytest.MonkeyPatch):
    stages.nightly(tiny_office)
    monkeypatch.delenv("STRATEGIC_PROSECUTION_PSEUDONYM_KEY")
    monkeypatch.setattr(duckdb, "connect", lambda *arguments, **named: pytest.fail("a database was opened"))
    assert audit.verify(tiny_office) == []
