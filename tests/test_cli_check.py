"""`check` and `expect`: what is printed where, every broken contract at once, and nothing written unasked."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli
from strategic_prosecution.extracts.expectations_file import read_expectations

OFFICE = """
[office]
name = "Riverton County District Attorney"
timezone = "America/New_York"
crs = "EPSG:26986"
settle_seconds = 0
{office}

[extracts.police]
files = "police_*.csv"
extract_date = "filename"
{extract}

[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = {{ incident_id = "NO", occurred_date = "DAY", offense_category = "WHAT" }}
"""
ROWS = [f"{n},2024-{n % 5 + 1:02d}-05,robbery" for n in range(500)]
DIRTY = [*ROWS, *(f"{1000 + n},no day {n},MARROWFAX\x1b[2J{n}" for n in range(30))]


def make(folder: Path, rows: list[str] = ROWS, *, office: str = "", extract: str = "") -> Path:
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    (raw / "police_2024-06-30.csv").write_text("\n".join(["NO,DAY,WHAT", *rows, ""]), encoding="utf-8")
    path = folder / "office.toml"
    path.write_text(OFFICE.format(office=office, extract=extract), encoding="utf-8")
    return path


def stratpro(*arguments: str, office: Path) -> Result:
    return CliRunner().invoke(cli.app, [*arguments, "--office", str(office)])


def in_a_terminal(*arguments: str, office: Path) -> str:
    """What a person sees who runs the command in a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "strategic_prosecution.cli", *arguments, "--office", str(office)]
    environment = {**os.environ, "COLUMNS": "240", "TERM": "xterm"}
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end has closed.
                break
            if not part:
                break
            shown += part
        process.wait(timeout=60)
    os.close(ours)
    return shown.decode()


def listing(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every path below a folder with its time of change and content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


# ------------------------------------------------------------------------------------------------- what is shown where


@pytest.mark.slow
def test_values_are_shown_in_a_terminal_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    office = make(tmp_path, DIRTY)
    before = listing(tmp_path)
    seen = in_a_terminal("check", "--as-of", "2024-06-30", office=office)
    # Three of thirty, and nothing that commands the terminal.
    assert "[no day 0], [no day 1], [no day 10]" in " ".join(seen.split()) and "no day 2" not in seen
    assert "MARROWFAX\N{REPLACEMENT CHARACTER}[2J0" in seen and "\x1b[2J" not in seen
    assert "no day" not in in_a_terminal("check", "--json", "--as-of", "2024-06-30", office=office)
    monkeypatch.setenv("FORCE_COLOR", "1")
    for arguments in (["check"], ["check", "--json"]):
        piped = stratpro(*arguments, "--as-of", "2024-06-30", office=office)
        assert piped.exit_code == 1 and "occurred_date" in piped.stdout
        assert "no day" not in piped.output and "MARROWFAX" not in piped.output and "examples" not in piped.output
    assert listing(tmp_path) == before


def test_problems_are_by_file_column_and_reason(tmp_path: Path):
    told = json.loads(stratpro("check", "--json", "--as-of", "2024-06-30", office=make(tmp_path, DIRTY)).stdout)
    dates = next(row for row in told["problems"] if row["kind"] == "unreadable")
    assert (dates["extract"], dates["file"]) == ("police", "police_2024-06-30.csv")
    assert (dates["table_name"], dates["column_name"], dates["rows"]) == ("incidents", "occurred_date", 30)
    # The header is line 1, then 500 good rows.
    assert dates["first_row"] == 502 and "left out" in dates["why"]


def test_each_file_says_as_what_it_was_read(tmp_path: Path):
    office = make(tmp_path)
    (file,) = json.loads(stratpro("check", "--json", "--as-of", "2024-06-30", office=office).stdout)["files"]
    assert (file["file"], file["rows"], file["extract_date_from"]) == ("police_2024-06-30.csv", 500, "filename")
    assert file["extract_date"].startswith("2024-06-30")
    assert re.search("CSV.*utf-8.*found.*comma", file["form"])


def test_each_file_says_which_layout_it_has(tmp_path: Path):
    layouts = '\n[[extracts.police.layouts]]\nname = "from 2024"\nheader = ["WHAT", "DAY", "NO"]\n'
    office = make(tmp_path)
    office.write_text(office.read_text(encoding="utf-8") + layouts, encoding="utf-8")
    shown = stratpro("check", "--as-of", "2024-06-30", office=office)
    assert shown.exit_code == 0 and "from 2024" in shown.stdout


# ------------------------------------------------------------------------------------------------------- contracts


def test_every_broken_contract_is_listed_at_once(tmp_path: Path):
    office = make(tmp_path, extract="max_age_days = 31")
    assert stratpro("expect", "--out", str(tmp_path / "expectations.toml"), office=office).exit_code == 0
    flipped = [row.replace("robbery", "theft") for row in DIRTY[:500]] + DIRTY[500:]
    office = make(tmp_path, flipped, extract="max_age_days = 31", office='expectations = "expectations.toml"')
    before = listing(tmp_path)
    result = stratpro("check", "--json", "--as-of", "2024-08-01", office=office)
    assert result.exit_code == 1
    problems = json.loads(result.stdout)["problems"]
    contracts = [(row["extract"], row["table_name"], row["why"]) for row in problems if row["kind"] == "contract"]
    expected = [
        ("police", "incidents", "30 of 530 rows of [incidents] were set aside (5.66 %), more than max_set_aside_share"),
        ("police", "", "its newest file is of 2024-06-30, 32 days before 2024-08-01, more than max_age_days = 31"),
        ("police", "incidents", "share of [robbery] in the months before: 100.0 % -> 0.0 %"),
        ("police", "incidents", "share of [theft] in the months before: not listed -> 100.0 %"),
    ]
    for extract, table, why in expected:
        assert any(row[:2] == (extract, table) and row[2].startswith(why) for row in contracts), (why, contracts)
    assert len(contracts) == 4
    assert listing(tmp_path) == before


def test_an_old_file_is_too_old_today(tmp_path: Path):
    office = make(tmp_path, extract="max_age_days = 31")
    assert stratpro("check", "--as-of", "2024-07-31", office=office).exit_code == 0
    today = stratpro("check", office=office)
    assert today.exit_code == 1 and "max_age_days = 31" in today.stdout


def test_a_file_with_too_few_rows_is_a_problem_and_stays_out(tmp_path: Path):
    office = make(tmp_path, extract="expected_rows = [501, 1000]")
    result = stratpro("check", "--as-of", "2024-06-30", office=office)
    assert result.exit_code == 1
    assert "has 500 rows" in result.stdout and "1 files, 0 readable, 0 rows" in result.stdout


def test_an_expectations_file_that_is_not_there_is_a_problem(tmp_path: Path):
    office = make(tmp_path, office='expectations = "nope.toml"')
    result = stratpro("check", "--as-of", "2024-06-30", office=office)
    assert result.exit_code == 1 and "[nope.toml] cannot be read" in result.stdout


# ---------------------------------------------------------------------------------------------------------- expect


def test_expect_writes_one_file_and_nothing_else(tmp_path: Path):
    office = make(tmp_path, office='expectations = "kept/expected.toml"')
    (tmp_path / "kept").mkdir()
    before = listing(tmp_path)
    result = stratpro("expect", office=office)
    assert (result.exit_code, result.stderr) == (0, "")
    path = tmp_path / "kept" / "expected.toml"
    after = listing(tmp_path)
    assert {name for name in after if name not in before} == {"kept/expected.toml"}
    assert all(after[name] == before[name] for name in before if name != "kept")
    # May is the newest month with rows and may have only begun: four months, two columns that are never empty, a code.
    assert result.stdout.startswith("7 facts in ")
    assert read_expectations(path).rows == {"incidents": 400}
    assert stratpro("check", "--as-of", "2024-06-30", office=office).exit_code == 0


def test_expect_says_where_to_name_a_file_nobody_reads(tmp_path: Path):
    result = stratpro("expect", office=make(tmp_path))
    assert result.exit_code == 0 and 'expectations = "expectations.toml"' in result.stdout
    assert (tmp_path / "expectations.toml").is_file()


def test_expect_replaces_only_when_told(tmp_path: Path):
    office = make(tmp_path)
    stratpro("expect", office=office)
    before = listing(tmp_path)
    again = stratpro("expect", office=office)
    assert again.exit_code == 1 and again.stdout == ""
    assert again.stderr == "stratpro: expectations.toml exists; look at it, and write it again with --replace\n"
    assert listing(tmp_path) == before
    assert stratpro("expect", "--replace", office=office).exit_code == 0


def test_expect_of_nothing_says_what_to_do(tmp_path: Path):
    office = make(tmp_path)
    (tmp_path / "data" / "raw" / "police_2024-06-30.csv").unlink()
    result = stratpro("expect", office=office)
    assert result.exit_code == 1 and "no extract has landed" in result.stderr and "stratpro check" in result.stderr
    assert not (tmp_path / "expectations.toml").exists()
