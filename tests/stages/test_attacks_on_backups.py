"""What stands in the way of a restore, or of a backup: damage, other keys, a disk that is gone, a log made up."""

import hashlib
import json
from pathlib import Path

import pytest

from strategic_prosecution import stages
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages import backups, keys
from tests.stages.test_backups import FEBRUARY, _keys, back_up, load, tiny  # noqa: F401

pytestmark = pytest.mark.slow


@pytest.fixture
def office(tmp_path):
    made = tiny(tmp_path / "office")
    load(made)
    return made


def test_records_in_place_that_cannot_be_read_are_replaced(office, tmp_path):
    made = back_up(office, tmp_path / "disk", with_records=True)
    digest = hashlib.sha256(office.records_path.read_bytes()).hexdigest()
    office.records_path.write_bytes(b"\x07" * 100_000)
    with pytest.raises(backups.BackupError, match="--yes"):
        backups.restore(office, made.folder)
    backups.restore(office, made.folder, yes=True)
    assert hashlib.sha256(office.records_path.read_bytes()).hexdigest() == digest


def test_a_backup_from_before_the_keys_is_restored_encrypted(office, tmp_path):
    made = back_up(office, tmp_path / "disk", with_records=True)
    keys.rotate(office, "records", new="SP_TEST_RECORDS")
    keys.rotate(office, "desk", new="SP_TEST_DESK")
    with office.path.open("a") as settings:
        settings.write('\n[warehouse]\nrecords_key_env = "SP_TEST_RECORDS"\ndesk_key_env = "SP_TEST_DESK"\n')
    named = load_office(office.path)
    backups.restore(named, made.folder)
    # Bit 0 of byte 20 is DuckDB's mark of an encrypted file.
    assert [path.read_bytes()[20] & 1 for path in (named.records_path, named.desk_path)] == [1, 1]


def test_a_backup_is_made_though_an_earlier_ones_disk_answers_no_more(office, tmp_path, monkeypatch):
    first = back_up(office, tmp_path / "gone")
    is_dir = Path.is_dir

    def refused(path):
        if first.folder.parent in path.parents:
            raise PermissionError(13, "Permission denied")
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", refused)
    assert (back_up(office, tmp_path / "disk").folder / "manifest.json").is_file()


def test_a_made_up_audit_log_of_a_backup_is_not_appended(office, tmp_path):
    folder = back_up(office, tmp_path / "disk").folder
    there = (office.processed_dir / "audit.jsonl").read_bytes()
    forged = there + b"Zebulon Quartzman\n"
    (folder / "audit.jsonl").write_bytes(forged)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["audit.jsonl"] = hashlib.sha256(forged).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(backups.BackupError, match=r"audit\.jsonl"):
        backups.restore(office, folder)
    assert (office.processed_dir / "audit.jsonl").read_bytes() == there


def test_a_rotation_that_cannot_be_told_of_is_not_done(office):
    before = office.records_path.read_bytes()
    log = office.processed_dir / "audit.jsonl"
    log.unlink()
    log.mkdir()
    with pytest.raises(OSError, match="key_rotated"):
        keys.rotate(office, "records", new="SP_TEST_RECORDS")
    assert office.records_path.read_bytes() == before


def test_a_cut_log_is_found_though_published_json_is_gone(office):
    stages.nightly(office, FEBRUARY)
    log = office.processed_dir / "audit.jsonl"
    for path in (office.processed_dir / "runs").glob("*/published.json"):
        path.unlink()
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    assert audit.verify(office)
