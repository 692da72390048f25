"""`stratpro audit`: what the auditor sees, and the exit code."""

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, load_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with three entries, whose databases are encrypted under keys that are not set."""
    path = tmp_path / "office.toml"
    path.write_text(
        '[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n'
        '[warehouse]\nrecords_key_env = "PLANTED_KEY_NOT_SET"\n',
        encoding="utf-8",
    )
    office = load_office(path)
    audit.append(office, "purged", rows=11)
    audit.append(office, "order_done", order_id="order_0123456789abcdef", rows=22)
    audit.append(office, "disclosed", rows=33)
    return office


def stratpro(*arguments: str, office: Office) -> Result:
    return CliRunner().invoke(cli.app, ["audit", *arguments, "--office", str(office.path)])


def newest_digest(office: Office) -> str:
    return hashlib.sha256((office.processed_dir / "audit.jsonl").read_bytes().splitlines()[-1]).hexdigest()


def test_a_whole_log_is_said_to_be_whole(office: Office):
    result = stratpro("verify", office=office)
    assert result.exit_code == 0
    assert result.stdout == f"3 entries, whole; the newest has SHA-256 {newest_digest(office)}\n"
    told = json.loads(stratpro("verify", "--json", office=office).stdout)
    assert told == {"entries": 3, "sha256": newest_digest(office), "faults": []}


def test_a_fault_is_a_line_and_exit_1(office: Office):
    path = office.processed_dir / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"rows":22', b'"rows":23'))
    fault = "line 3: entry 3 does not continue the one before; one of the two was changed"
    result = stratpro("verify", office=office)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, fault)
    as_json = stratpro("verify", "--json", office=office)
    assert (as_json.exit_code, json.loads(as_json.stdout)["faults"]) == (1, [fault])


def test_the_newest_entries_are_shown(office: Office):
    shown = stratpro("show", "--last", "2", office=office).stdout.splitlines()
    assert [line.split()[0] for line in shown] == ["2", "3"]
    assert shown[0].endswith('order_done  order_id="order_0123456789abcdef" rows=22')
    entries = json.loads(stratpro("show", "--json", office=office).stdout)
    assert [(entry["what"], entry["rows"]) for entry in entries] == [
        ("purged", 11),
        ("order_done", 22),
        ("disclosed", 33),
    ]


def test_a_log_that_cannot_be_read_is_one_line(office: Office):
    path = office.processed_dir / "audit.jsonl"
    path.unlink()
    path.mkdir()
    result = stratpro("verify", office=office)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)


def test_an_office_without_a_log_is_new_or_has_lost_it(office: Office):
    (office.processed_dir / "audit.jsonl").unlink()
    result = stratpro("verify", office=office)
    assert (result.exit_code, result.stdout.split(" in ")[0]) == (1, "there is no entry")
    assert stratpro("show", office=office).stdout == ""
