"""A backup and the raw files are enough: everything else deleted, restored and run, the tables are the same."""

import gzip
import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.fingerprints import fingerprint
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages import backups
from tests.stages.conftest import LAST_DAY, office_in

pytestmark = pytest.mark.slow

TINY = Path(__file__).parents[1] / "first_release"
FEBRUARY, MARCH = date(2025, 2, 28), date(2025, 3, 15)
ENCRYPTED = '\n[warehouse]\nrecords_key_env = "SP_TEST_RECORDS"\ndesk_key_env = "SP_TEST_DESK"\n'
FINGERPRINT_KEY = "fingerprint-key-Ty6wQ1"
ALWAYS = {"desk.duckdb", "audit.jsonl", "office.toml", "raw_files.json", "manifest.json"}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATEGIC_PROSECUTION_PSEUDONYM_KEY", "a key of the tests")
    monkeypatch.setenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", FINGERPRINT_KEY)
    monkeypatch.setenv("SP_TEST_RECORDS", "records-key-Vw4nK8")
    monkeypatch.setenv("SP_TEST_DESK", "desk-key-Pz7mB2")


def tiny(folder: Path, *, settings: Callable[[str], str] = lambda text: text) -> Office:
    """The office of four small files, not yet run."""
    shutil.copytree(TINY / "data", folder / "data")
    text = (TINY / "office.toml").read_text(encoding="utf-8")
    (folder / "office.toml").write_text(settings(text), encoding="utf-8")
    return load_office(folder / "office.toml")


def encrypted(text: str) -> str:
    return text + ENCRYPTED


def by_file_time(text: str) -> str:
    return text.replace('extract_date = "filename"\n', "")


def night(office: Office, day: date) -> dict[str, str]:
    stages.nightly(office, day)
    return hashes(office, day)


def load(office: Office) -> None:
    """What a backup is of: the files landed, the desk and core read from them; no analysis, and nothing published."""
    stages.nightly(office, FEBRUARY, stages=(stages.build_core,))


def hashes(office: Office, day: date) -> dict[str, str]:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        row = connection.execute(
            "select table_hashes from meta.runs where status = 'done' and as_of = ? order by started_at desc limit 1",
            [day],
        ).fetchone()
    assert row is not None
    found: dict[str, str] = json.loads(row[0])
    return found


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def every_file(folder: Path) -> dict[str, str]:
    """Every file but the lock, by its bytes."""
    return {
        str(path.relative_to(folder)): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def back_up(office: Office, to: Path, **options: Any) -> backups.Backup:
    return backups.backup(office, to, known_on=MARCH, **options)


def lose_everything(office: Office) -> None:
    """All that we wrote; the raw files and office.toml are the office's own."""
    shutil.rmtree(office.processed_dir)


def enter_feud(office: Office, feud_id: str) -> None:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        values = {"feud_id": feud_id, "group_id": "Northside", "other_group_id": "Southside"}
        desk.add(connection, model.table("desk.feuds"), why="told at the meeting", known_on=MARCH, **values)


def desk_rows(office: Office, query: str) -> list[tuple[Any, ...]]:
    """Read by plain DuckDB."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{office.desk_path}' as file (read_only); use file")
        return connection.execute(query).fetchall()


# ---------------------------------------------------------------------------------------------------------- backing up


def test_a_backup_is_whole_listed_and_for_its_owner_alone(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    (office.raw_dir / "notes.txt").write_text("never landed", encoding="utf-8")
    before = os.umask(0o022)
    try:
        made = back_up(office, tmp_path / "backups")
    finally:
        os.umask(before)
    folder = made.folder
    assert folder.parent == tmp_path / "backups" and [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert {path.name for path in folder.iterdir()} == ALWAYS
    assert (made.files, made.bytes) == (5, sum(path.stat().st_size for path in folder.iterdir()))
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"] == {name: sha256(folder / name) for name in ALWAYS - {"manifest.json"}}
    assert sha256(folder / "desk.duckdb") == sha256(office.desk_path)
    log = (office.processed_dir / "audit.jsonl").read_bytes()
    assert (folder / "audit.jsonl").read_bytes() == log
    last = log.splitlines()[-1]
    assert manifest["audit"] == {"entries": log.count(b"\n"), "sha256": hashlib.sha256(last).hexdigest()}
    assert json.loads(last)["what"] == "backed_up" and json.loads(last)["backup"] == made.backup_id
    assert desk_rows(office, "select backup_id, folder, with_records, known_on from desk.backups") == [
        (made.backup_id, str(folder), False, MARCH)
    ]
    listed = json.loads((folder / "raw_files.json").read_text(encoding="utf-8"))
    raw = {str(path.relative_to(office.raw_dir)): path for path in office.raw_dir.rglob("*") if path.is_file()}
    assert {(file["file"], file["sha256"], file["bytes"], file["modified_ns"]) for file in listed["files"]} == {
        (name, sha256(path), path.stat().st_size, path.stat().st_mtime_ns) for name, path in raw.items()
    }
    assert {(load["file"], load["sha256"], load["is_there"]) for load in listed["loads"]} == {
        (name, sha256(path), True) for name, path in raw.items() if name != "notes.txt"
    }
    assert {load["extract_date"] for load in listed["loads"]} == {"2025-01-31", "2025-02-28"}


def test_where_a_backup_would_be_lost_with_what_it_is_of_is_refused(tmp_path: Path):
    office = tiny(tmp_path)
    with pytest.raises(backups.BackupError, match="nothing to back up"):
        back_up(office, tmp_path / "backups")
    load(office)
    before = every_file(office.processed_dir)
    (tmp_path / "link").symlink_to(office.processed_dir)
    for to in (office.processed_dir, office.processed_dir / "backups", office.raw_dir / "x", tmp_path / "link" / "x"):
        with pytest.raises(backups.BackupError, match=r"is inside .*name a folder on another disk"):
            back_up(office, to)
    assert every_file(office.processed_dir) == before
    assert back_up(office, tmp_path / "backups").is_on_same_disk


def test_on_another_disk_it_is_not_said_to_be_on_the_same(tmp_path: Path):
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk here")
    office = tiny(tmp_path)
    load(office)
    to = shared_memory / f"stratpro-test-{os.getpid()}"
    try:
        assert not back_up(office, to).is_on_same_disk
    finally:
        shutil.rmtree(to, ignore_errors=True)


def test_a_backup_that_cannot_be_written_leaves_nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    office = tiny(tmp_path)
    load(office)
    copyfile = shutil.copyfile

    def full(source: Path, target: Path) -> None:
        copyfile(source, target)
        if Path(source).name == "records.duckdb":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(backups.BackupError, match=r"could not be written .*No space left on device.*nothing of it"):
        back_up(office, tmp_path / "backups", with_records=True)
    assert not list((tmp_path / "backups").iterdir())


def test_what_a_killed_backup_left_goes_with_the_next(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    script = (
        "import os, shutil, signal, sys\nfrom datetime import date\nfrom pathlib import Path\n"
        "from strategic_prosecution.settings import load_office\nfrom strategic_prosecution.stages import backups\n"
        "copyfile = shutil.copyfile\n"
        "def killed(source, target):\n    copyfile(source, target)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "shutil.copyfile = killed\n"
        "backups.backup(load_office(Path(sys.argv[1])), Path(sys.argv[2]), known_on=date(2025, 3, 15))\n"
    )
    to = tmp_path / "backups"
    command = [sys.executable, "-c", script, str(office.path), str(to)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    left = [path.name for path in to.iterdir()]
    assert len(left) == 1 and left[0].endswith(".partial") and (to / left[0] / "desk.duckdb").exists()
    assert not backups.is_backup(to / left[0].removeprefix(".").removesuffix(".partial"))
    stranger = to / ".of another office.partial"
    stranger.mkdir()
    made = back_up(office, to)
    assert sorted(to.iterdir()) == sorted([stranger, made.folder])


# ----------------------------------------------------------------------------------------------------------- restoring


@pytest.mark.parametrize("settings", [str, encrypted], ids=["plain", "encrypted"])
@pytest.mark.parametrize("with_records", [False, True], ids=["from raw files", "with records"])
def test_everything_else_deleted_a_restored_office_runs_to_the_same_tables(
    tmp_path: Path, settings: Callable[[str], str], with_records: bool
):
    office = tiny(tmp_path, settings=settings)
    enter_feud(office, "F9")
    before = night(office, FEBRUARY)
    made = back_up(office, tmp_path / "backups", with_records=with_records)
    assert {path.name for path in made.folder.iterdir()} == ALWAYS | ({"records.duckdb"} if with_records else set())
    lose_everything(office)
    done = backups.restore(office, made.folder)
    assert (done.backup_id, done.events, done.lost, done.begun, done.settings) == (made.backup_id, 6, 0, (), ())
    assert (done.raw.present, done.raw.times, done.raw.gone) == (4, 0, ())
    assert office.records_path.exists() == with_records
    assert {stat.S_IMODE(path.stat().st_mode) for path in office.processed_dir.rglob("*") if path.is_file()} == {0o600}
    again = night(office, FEBRUARY)
    assert again == before
    assert before["core.group_feuds"] != hashlib.sha256().hexdigest()
    assert audit.verify(office) == []
    assert [entry["what"] for entry in audit.entries(office)].count("restored") == 1


def test_a_county_restored_from_a_backup_runs_to_the_same_tables(tmp_path: Path):
    office = office_in(tmp_path / "county", incidents=1000)
    before = night(office, LAST_DAY)
    made = back_up(office, tmp_path / "backups")
    lose_everything(office)
    backups.restore(office, made.folder)
    assert night(office, LAST_DAY) == before


def set_times(office: Office, moments: dict[str, datetime]) -> None:
    for name, moment in moments.items():
        os.utime(office.raw_dir / name, (moment.timestamp(), moment.timestamp()))


def test_raw_files_get_their_times_back_where_a_day_rests_on_them(tmp_path: Path):
    office = tiny(tmp_path, settings=by_file_time)
    then = {
        "cases_2025-01-31.csv": datetime(2025, 1, 31, 17, tzinfo=UTC),
        "cases_2025-02-28.csv": datetime(2025, 2, 28, 17, tzinfo=UTC),
        "audit_2025-02-28.csv": datetime(2025, 2, 28, 18, tzinfo=UTC),
        "feuds_2025-02-28.csv": datetime(2025, 2, 28, 19, tzinfo=UTC),
    }
    set_times(office, then)
    before = night(office, FEBRUARY)
    made = back_up(office, tmp_path / "backups")
    lose_everything(office)
    lost = datetime(2026, 5, 5, tzinfo=UTC)
    set_times(office, dict.fromkeys(list(then)[:3], lost))
    (office.raw_dir / "feuds_2025-02-28.csv").touch()
    done = backups.restore(office, made.folder)
    assert done.raw.times == 4
    found = {name: datetime.fromtimestamp((office.raw_dir / name).stat().st_mtime, UTC) for name in then}
    assert found == then
    assert night(office, FEBRUARY) == before


def test_a_file_touched_after_it_landed_still_counts_for_its_day(tmp_path: Path):
    office = tiny(tmp_path, settings=by_file_time)
    set_times(office, {path.name: datetime(2025, 2, 28, 17, tzinfo=UTC) for path in office.raw_dir.iterdir()})
    load(office)
    set_times(office, {"audit_2025-02-28.csv": datetime(2025, 4, 1, tzinfo=UTC)})
    before = night(office, FEBRUARY)
    made = back_up(office, tmp_path / "backups")
    lose_everything(office)
    backups.restore(office, made.folder)
    # Noon of the day in the office's time zone, five hours behind UTC in February.
    changed = datetime.fromtimestamp((office.raw_dir / "audit_2025-02-28.csv").stat().st_mtime, UTC)
    assert changed == datetime(2025, 2, 28, 17, tzinfo=UTC)
    assert night(office, FEBRUARY) == before


def overwritten_in_place(folder: Path) -> tuple[Office, dict[str, str]]:
    """The cases come in one file whose name stays: January's delivery is in the records only."""

    def one_file(text: str) -> str:
        return text.replace('"cases_*.csv"\nextract_date = "filename"', '"cases.csv"')

    office = tiny(folder, settings=one_file)
    for month, moment in (
        ("01-31", datetime(2025, 1, 31, 17, tzinfo=UTC)),
        ("02-28", datetime(2025, 2, 28, 17, tzinfo=UTC)),
    ):
        (office.raw_dir / f"cases_2025-{month}.csv").replace(office.raw_dir / "cases.csv")
        set_times(office, {"cases.csv": moment})
        with stages.running(office, what="test"):
            stages.land(office)
    return office, night(office, FEBRUARY)


def test_with_its_records_a_delivery_that_was_overwritten_is_kept(tmp_path: Path):
    office, before = overwritten_in_place(tmp_path)
    january = night(office, date(2025, 1, 31))
    made = back_up(office, tmp_path / "backups", with_records=True)
    lose_everything(office)
    assert backups.restore(office, made.folder).raw.gone == ()
    assert night(office, FEBRUARY) == before and night(office, date(2025, 1, 31)) == january


def test_without_records_it_is_said_which_deliveries_are_nowhere_any_more(tmp_path: Path):
    office, _ = overwritten_in_place(tmp_path)
    made = back_up(office, tmp_path / "backups")
    listed = json.loads((made.folder / "raw_files.json").read_text(encoding="utf-8"))["loads"]
    assert [load["is_there"] for load in listed if load["file"] == "cases.csv"] == [False, True]
    lose_everything(office)
    (office.raw_dir / "audit_2025-02-28.csv").unlink()
    (office.raw_dir / "feuds_2025-02-28.csv").write_text("FEUD,A,B,SOURCE,KNOWN\n", encoding="utf-8")
    raw = backups.restore(office, made.folder).raw
    assert (raw.present, raw.changed, raw.missing) == (1, ("feuds_2025-02-28.csv",), ("audit_2025-02-28.csv",))
    assert sorted(raw.gone) == [
        ("audit_2025-02-28.csv", "2025-02-28"),
        ("cases.csv", "2025-01-31"),
        ("feuds_2025-02-28.csv", "2025-02-28"),
    ]
    load(office)


@pytest.mark.parametrize("name", sorted(ALWAYS))
@pytest.mark.parametrize("fault", ["missing", "changed"])
def test_a_faulty_backup_touches_nothing(tmp_path: Path, name: str, fault: str):
    office = tiny(tmp_path)
    load(office)
    made = back_up(office, tmp_path / "backups")
    path = made.folder / name
    if fault == "missing":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2] + b"#" + content[len(content) // 2 + 1 :])
    before = every_file(tmp_path)
    # Of the manifest, one digit may have been changed, of what file nobody can tell.
    said = r"(is no backup|of the backup was changed)" if name == "manifest.json" else rf"{name} .*backup"
    with pytest.raises(backups.BackupError, match=said) as caught:
        backups.restore(office, made.folder, yes=True)
    assert "\n" not in str(caught.value)
    assert every_file(tmp_path) == before


def test_a_backup_of_a_newer_program_and_what_is_no_backup_are_refused(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    made = back_up(office, tmp_path / "backups")
    manifest = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    (made.folder / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 99}), encoding="utf-8")
    before = every_file(tmp_path)
    with pytest.raises(backups.BackupError, match=r"schema version 99.*update the program"):
        backups.restore(office, made.folder)
    for folder in (tmp_path / "nowhere", office.raw_dir):
        with pytest.raises(backups.BackupError, match="is no backup"):
            backups.restore(office, folder)
    assert every_file(tmp_path) == before


def test_events_that_the_backup_has_not_are_not_overwritten_without_a_yes(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    made = back_up(office, tmp_path / "backups")
    enter_feud(office, "F8")
    enter_feud(office, "F9")
    before = every_file(tmp_path)
    with pytest.raises(backups.BackupError, match=r"holds 2 events that the backup has not.*--yes"):
        backups.restore(office, made.folder)
    assert every_file(tmp_path) == before
    later = back_up(office, tmp_path / "backups")
    done = backups.restore(office, made.folder, yes=True)
    assert done.lost == 2
    assert desk_rows(office, "select feud_id from desk.feuds") == [("F1",)]
    listed = desk_rows(office, "select backup_id from desk.backups")
    assert {name for (name,) in listed} == {made.backup_id, later.backup_id}, "where copies are is not forgotten"
    assert backups.restore(office, later.folder).lost == 0


def test_what_extracts_say_comes_back_to_an_older_desk_beside_newer_records(tmp_path: Path):
    office = tiny(tmp_path)
    audited = office.raw_dir / "audit_2025-02-28.csv"
    audited.rename(tmp_path / "later.csv")
    load(office)
    made = back_up(office, tmp_path / "backups")
    assert desk_rows(office, "select count(*) from desk.memberships") == [(0,)]
    (tmp_path / "later.csv").rename(audited)
    before = night(office, FEBRUARY)
    assert backups.restore(office, made.folder, yes=True).lost == 2
    assert desk_rows(office, "select count(*) from desk.memberships") == [(0,)]
    assert night(office, FEBRUARY) == before
    assert desk_rows(office, "select count(*) from desk.memberships") == [(2,)]


def test_records_that_hold_more_are_not_overwritten_without_a_yes(tmp_path: Path):
    office = tiny(tmp_path)
    feuds = office.raw_dir / "feuds_2025-02-28.csv"
    feuds.rename(tmp_path / "later.csv")
    load(office)
    made = back_up(office, tmp_path / "backups", with_records=True)
    (tmp_path / "later.csv").rename(feuds)
    with stages.running(office, what="test"), warehouse.open_records(office):
        pass
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute("insert into meta.loads (load_id, extract) values ('later', 'feuds')")
    before = every_file(tmp_path)
    with pytest.raises(backups.BackupError, match=r"hold 1 files that the backup has not.*--yes"):
        backups.restore(office, made.folder)
    assert every_file(tmp_path) == before
    assert backups.restore(office, made.folder, yes=True).with_records
    assert sha256(office.records_path) == sha256(made.folder / "records.duckdb")


def test_a_desk_that_cannot_be_read_is_replaced_only_with_a_yes(tmp_path: Path):
    office = tiny(tmp_path)
    before = night(office, FEBRUARY)
    made = back_up(office, tmp_path / "backups")
    office.desk_path.write_bytes(b"not a database" * 1000)
    office.desk_path.with_name("desk.duckdb.wal").write_bytes(b"nor this")
    with pytest.raises(backups.BackupError, match=r"cannot be read .*--yes"):
        backups.restore(office, made.folder)
    assert backups.restore(office, made.folder, yes=True).lost == 0
    assert night(office, FEBRUARY) == before


# ------------------------------------------------------------------------------------------------------- the audit log


def test_the_audit_log_never_gets_shorter(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    made = back_up(office, tmp_path / "backups")
    load(office)
    path = office.processed_dir / "audit.jsonl"
    longer = path.read_bytes()
    backups.restore(office, made.folder)
    assert path.read_bytes().startswith(longer), "the one in place goes on"
    assert audit.verify(office) == []


def test_an_audit_log_cut_off_gets_its_end_back(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    made = back_up(office, tmp_path / "backups")
    path = office.processed_dir / "audit.jsonl"
    whole, inode = path.read_bytes(), path.stat().st_ino
    path.write_bytes(whole[: len(whole) // 2])
    assert audit.verify(office) != []
    backups.restore(office, made.folder)
    assert path.read_bytes().startswith(whole)
    assert path.stat().st_ino == inode, "appended to, so that it may carry the append-only attribute"
    assert audit.verify(office) == []


def test_two_histories_are_refused(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    made = back_up(office, tmp_path / "backups")
    lose_everything(office)
    load(office)
    before = every_file(tmp_path)
    with pytest.raises(backups.BackupError, match=r"two histories.*nothing was touched"):
        backups.restore(office, made.folder, yes=True)
    assert every_file(tmp_path) == before


# -------------------------------------------------------------------------------------------------------------- orders


def order(office: Office, kind: str, *statuses: str, record: str = "C1") -> str:
    """An order on the desk and in the audit log, as it is entered; its record stays where it is."""
    order_id = desk.new_id("order")
    mark = fingerprint("cases", record, key=FINGERPRINT_KEY.encode())
    forgets = kind == "expunge"
    with (
        warehouse.run(office, what="test"),
        warehouse.finishing(office),
        warehouse.open_records(office) as connection,
    ):
        for status in statuses:
            facts = {"tables": ["cases"], "fingerprints": [mark]} if forgets and status != "done" else {}
            audit.append(office, f"order_{status}", order=order_id, kind=kind, **facts)
            values = {"order_id": order_id, "kind": kind, "status": status}
            desk.add(connection, model.table("desk.orders"), why="court", known_on=MARCH, **values)
        connection.execute(
            "insert into desk.order_records values (?, 'cases', ?, ?)", [order_id, mark, None if forgets else record]
        )
    return order_id


ORDERS = "select order_id, list(status order by recorded_at) from desk.orders group by order_id"


def test_orders_since_the_backup_come_from_the_desk_in_place(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    known = order(office, "expunge", "begun", "done", record="C0")
    made = back_up(office, tmp_path / "backups")
    forgotten = order(office, "expunge", "begun", "done")
    sealed = order(office, "seal", "in_force")
    held = order(office, "hold", "in_force", "lifted")
    waiting = order(office, "expunge", "queued", record="C2")
    records = desk_rows(office, "from desk.order_records order by all")
    done = backups.restore(office, made.folder)
    assert (done.lost, done.begun, done.unknown) == (0, (forgotten,), ())
    assert dict(desk_rows(office, ORDERS)) == {
        known: ["begun", "done"],
        forgotten: ["begun", "done", "begun"],
        sealed: ["in_force"],
        held: ["in_force", "lifted"],
        waiting: ["queued"],
    }
    assert desk_rows(office, "from desk.order_records order by all") == records


def test_orders_since_the_backup_come_from_the_audit_log_where_there_is_no_desk(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    known = order(office, "expunge", "begun", "done", record="C0")
    waited = order(office, "expunge", "queued", record="C3")
    made = back_up(office, tmp_path / "backups")
    forgotten = order(office, "expunge", "begun", "done")
    sealed = order(office, "seal", "in_force")
    with warehouse.run(office, what="test"):
        audit.append(office, "order_begun", order=waited, kind="expunge", tables=[], fingerprints=[])
    office.desk_path.unlink()
    done = backups.restore(office, made.folder)
    assert (done.begun, done.unknown) == (tuple(sorted([forgotten, waited])), (sealed,))
    assert dict(desk_rows(office, ORDERS)) == {
        known: ["begun", "done"],
        waited: ["queued", "begun"],
        forgotten: ["begun"],
    }
    mark = fingerprint("cases", "C1", key=FINGERPRINT_KEY.encode())
    assert desk_rows(office, f"from desk.order_records where order_id = '{forgotten}'") == [
        (forgotten, "cases", mark, None)
    ]


def test_a_backup_forgets_what_orders_name_and_stays_one(tmp_path: Path):
    office = tiny(tmp_path)
    enter_feud(office, "F9")
    load(office)
    made = back_up(office, tmp_path / "backups", with_records=True)
    forgotten = order(office, "expunge", "begun")
    seen = []

    def steps(copy: Office) -> None:
        assert copy.desk_path != office.desk_path and copy.records_path != office.records_path
        with warehouse.open_records(copy) as connection:
            seen.append(connection.execute(ORDERS).fetchall())
            connection.execute("delete from desk.feuds where feud_id = 'F9'; delete from raw.feuds")

    kept = sha256(office.desk_path)
    with warehouse.run(office, what="test"):
        backups.forget(office, made.folder, steps=steps)
    assert seen == [[(forgotten, ["begun"])]]
    assert sha256(office.desk_path) == kept
    assert {path.name for path in made.folder.iterdir()} == ALWAYS | {"records.duckdb"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.folder.iterdir()} == {0o600}
    assert not list((office.processed_dir / "scratch").iterdir())
    lose_everything(office)
    assert backups.restore(office, made.folder).begun == (forgotten,)
    assert desk_rows(office, "select feud_id from desk.feuds") == [("F1",)]


# ------------------------------------------------------------------------------------------------- killed in the middle

KILLED = """
import os, signal, sys
from pathlib import Path
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages import backups

name, when = sys.argv[3], sys.argv[4]
function = getattr(backups, name)

def killed(*arguments, **options):
    if when == "after":
        function(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(backups, name, killed)
backups.restore(load_office(Path(sys.argv[1])), Path(sys.argv[2]), yes=True)
"""


@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("_extend_audit", "before"),
        ("_extend_audit", "after"),
        ("_bring_orders", "after"),
        ("_read_desk_again", "after"),
        ("_put", "before"),
        ("_put", "after"),
        ("_changed_settings", "before"),
    ],
)
def test_killed_in_the_middle_it_is_done_again(tmp_path: Path, name: str, when: str):
    office = tiny(tmp_path)
    enter_feud(office, "F8")
    before = night(office, FEBRUARY)
    # What the desk has read is only forgotten by records that stay.
    made = back_up(office, tmp_path / "backups", with_records=name != "_read_desk_again")
    enter_feud(office, "F9")
    command = [sys.executable, "-c", KILLED, str(office.path), str(made.folder), name, when]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    feuds = {name for (name,) in desk_rows(office, "select feud_id from desk.feuds")}
    assert feuds in ({"F1", "F8", "F9"}, {"F1", "F8"}), "as before, or as restored"
    backups.restore(office, made.folder, yes=True)
    assert desk_rows(office, "select feud_id from desk.feuds order by all") == [("F1",), ("F8",)]
    assert night(office, FEBRUARY) == before
    assert audit.verify(office) == []
    assert not list((office.processed_dir / "scratch").iterdir())


def test_a_desk_of_an_older_program_is_brought_up(tmp_path: Path):
    office = tiny(tmp_path)
    load(office)
    made = back_up(office, tmp_path / "backups")
    office.desk_path.write_bytes(gzip.decompress((TINY / "desk.duckdb.gz").read_bytes()))
    forgotten = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    # An event's key comes from its content, and the first release wrote the same.
    assert backups.restore(office, made.folder).backup_id == forgotten["backup"]
