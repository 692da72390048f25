"""The command line: exit codes, one-line errors, and commands that write nothing."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli, extracts, model, stages, warehouse
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.settings import Office, SettingsError, load_office

OFFICE = """
[office]
name = "Riverton County District Attorney"
timezone = "America/New_York"
crs = "EPSG:26986"
settle_seconds = 0

[extracts.police]
files = "*.csv"
encoding = "latin-1"
extract_date = 2024-06-30

[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY", offense_category = "OFFENSE" }

[extracts.police.codes.offense_category]
ROBBERY = "robbery"
"""
GOOD = "NO,DAY,OFFENSE\n1,2024-01-05,ROBBERY\n2,2024-02-05,ROBBERY\n"
BAD = "NO,DAY,OFFENSE\n1,2024-01-05,ROBBERY\n2,some day,ROBBERY\n3,2024-02-05,PLANTED CODE\n"


def make_office(folder: Path, content: str = GOOD) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "office.toml"
    path.write_text(OFFICE, encoding="utf-8")
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "police.csv").write_text(content, encoding="latin-1")
    return path


@pytest.fixture
def office_toml(tmp_path: Path) -> Path:
    return make_office(tmp_path)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office after one run of the nightly stages."""
    path = make_office(tmp_path_factory.mktemp("ran"))
    result = stratpro("run", office=path)
    assert result.exit_code == 0, result.output
    return load_office(path)


def stratpro(*arguments: str, office: Path | None = None) -> Result:
    return CliRunner().invoke(cli.app, [*arguments, *(["--office", str(office)] if office else [])])


def everything(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every path below a folder with its time, mode and bytes."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            path.stat().st_mode,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


def one_line(result: Result, *, code: int) -> str:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("stratpro: ") and result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr


# --------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("command", ["run", "check", "status"])
def test_a_missing_office_is_wrong_usage_in_one_line(tmp_path: Path, command: str):
    said = one_line(stratpro(command, office=tmp_path / "nope.toml"), code=2)
    assert "nope.toml: cannot be read" in said and "--office" in said


def test_a_mistyped_key_is_wrong_usage_in_one_line(office_toml: Path):
    office_toml.write_text(OFFICE + "\n[release]\nmin_cel = 5\n", encoding="utf-8")
    said = one_line(stratpro("run", office=office_toml), code=2)
    assert said == "stratpro: office.toml: unknown key [release.min_cel]; did you mean [min_cell]?\n"
    assert not (office_toml.parent / "data" / "processed").exists()


@pytest.mark.parametrize("command", ["check", "run"])
def test_an_unknown_headline_metric_is_wrong_usage_before_anything_runs(office_toml: Path, command: str):
    office_toml.write_text(office_toml.read_text() + '\n[metrics]\nheadline = ["arests"]\n', encoding="utf-8")
    result = stratpro(command, office=office_toml)
    assert "no metric [arests]; did you mean [arrests]?" in one_line(result, code=2)
    assert not (office_toml.parent / "data" / "processed").exists()


def test_only_debug_shows_a_traceback(office_toml: Path):
    office_toml.write_text("[office\n", encoding="utf-8")
    command = [sys.executable, "-m", "strategic_prosecution.cli", "check", "--office", str(office_toml)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.count("\n") == 1 and told.stderr.startswith("stratpro: office.toml: not valid TOML")
    debugged = stratpro("check", "--debug", office=office_toml)
    assert debugged.exit_code != 0 and isinstance(debugged.exception, SettingsError)


def test_an_error_nobody_foresaw_is_one_line_without_its_words(office_toml: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*arguments: object) -> None:
        raise KeyError("Quillon Marrowfax")

    monkeypatch.setattr(extracts, "land", broken)
    said = one_line(stratpro("check", office=office_toml), code=1)
    assert said == "stratpro: [KeyError] was not expected; --debug shows where\n"
    assert isinstance(stratpro("check", "--debug", office=office_toml).exception, KeyError)


def test_an_error_of_many_lines_is_one_line(office_toml: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*arguments: object) -> None:
        raise ValueError("what [red]\n  where\n  what to do")

    monkeypatch.setattr(extracts, "land", broken)
    assert one_line(stratpro("check", office=office_toml), code=1) == "stratpro: what [red] where what to do\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["run", "--as-of", "yesterday"],
        ["run", "--nosuch"],
        ["backfill", "--from", "2024-01-31"],
        ["demo", "--incidents", "3"],
        ["describe", "one", "two"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str]):
    result = stratpro(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output and "Error" in result.stderr


# ---------------------------------------------------------------------------------------------------------- check


def test_check_of_good_extracts_is_fine_and_writes_nothing(office_toml: Path):
    before = everything(office_toml.parent)
    result = stratpro("check", office=office_toml)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "1 files, 1 readable, 2 rows. Nothing was written." in result.stdout
    assert everything(office_toml.parent) == before


def test_check_lists_problems_exits_with_1_and_writes_nothing(tmp_path: Path):
    office_toml = make_office(tmp_path / "bad", BAD)
    before = everything(tmp_path)
    result = stratpro("check", office=office_toml)
    assert (result.exit_code, result.stderr) == (1, "")
    for part in ("police.csv", "occurred_date", "unreadable", "offense_category", "unmapped_code"):
        assert part in result.stdout
    machine = stratpro("check", "--json", office=office_toml)
    assert machine.exit_code == 1
    told = json.loads(machine.stdout)
    assert {(row["column_name"], row["kind"], row["rows"]) for row in told["problems"]} == {
        ("occurred_date", "unreadable", 1),
        ("offense_category", "unmapped_code", 1),
    }
    (account,) = told["accounting"]
    assert (account["read"], account["kept"], account["set_aside"]) == (3, 2, 1)
    assert everything(tmp_path) == before


def test_check_of_a_missing_extract_says_what_to_do(office_toml: Path):
    (office_toml.parent / "data" / "raw" / "police.csv").unlink()
    result = stratpro("check", office=office_toml)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "no file matches" in result.stdout and "*.csv" in result.stdout


def test_check_leaves_what_a_run_made_as_it_is(ran: Office):
    before = everything(ran.path.parent)
    assert stratpro("check", office=ran.path).exit_code == 0
    assert everything(ran.path.parent) == before


def test_check_disturbs_no_run_in_progress(ran: Office):
    """Another process holds the lock and has a temporary file: both are untouched."""
    with warehouse.run(ran, what="test"):
        temporary = ran.processed_dir / "tmp" / "transcoded.csv"
        temporary.parent.mkdir(exist_ok=True)
        temporary.write_text("of the run", encoding="utf-8")
        assert stratpro("check", office=ran.path).exit_code == 0
        assert temporary.read_text(encoding="utf-8") == "of the run"


# ------------------------------------------------------------------------------------------------ run and backfill


def test_run_says_where_the_report_is(ran: Office):
    result = stratpro("run", office=ran.path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "as of 2024-06-30" in result.stdout
    report = ran.processed_dir / "internal" / "report" / "index.html"
    assert f"report: {report}\n" in result.stdout and report.is_file()


def test_run_with_a_file_that_did_not_land_exits_with_1_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    office_toml = make_office(tmp_path / "refused")
    (tmp_path / "refused" / "data" / "raw" / "empty.csv").touch()
    monkeypatch.setattr(stages, "NIGHTLY", ())
    counts = {"land": {"refused_files": 1}, "build_core": {"problem_rows": 3}, "publish": {"published": 0}}
    monkeypatch.setattr(stages, "nightly", lambda *a, **k: (date(2024, 6, 30), counts))
    result = stratpro("run", office=office_toml)
    assert result.exit_code == 1
    assert result.stderr == "stratpro: 1 files did not land; `stratpro check` says which and why\n"
    assert "3 rows with a problem" in result.stdout and "nothing is published" in result.stdout


def test_run_without_any_extract_exits_with_1(office_toml: Path):
    (office_toml.parent / "data" / "raw" / "police.csv").unlink()
    said = one_line(stratpro("run", office=office_toml), code=1)
    assert "no extract has landed" in said and "stratpro check" in said


def test_backfill_of_days_out_of_order_is_wrong_usage(office_toml: Path):
    said = one_line(stratpro("backfill", "--from", "2024-06-30", "--to", "2024-01-31", office=office_toml), code=2)
    assert "is before the first" in said and "swap them" in said


# --------------------------------------------------------------------------------------------------------- status


def test_status_before_any_run_says_how_to_start_and_writes_nothing(office_toml: Path):
    before = everything(office_toml.parent)
    said = one_line(stratpro("status", office=office_toml), code=1)
    assert "no run yet" in said and "stratpro run" in said
    assert everything(office_toml.parent) == before


def test_status_after_a_run(ran: Office):
    told = json.loads(stratpro("status", "--json", office=ran.path).stdout)
    assert told["lock"] is None and told["stale"] == []
    assert {run["status"] for run in told["runs"]} == {"done"}
    assert [(e["extract"], e["loads"], e["rows"]) for e in told["extracts"]] == [("police", 1, 2)]
    shown = stratpro("status", office=ran.path)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "Stale days: none" in shown.stdout


def test_status_names_a_day_that_no_longer_rests_on_what_would_be_read(ran: Office):
    text = ran.path.read_text(encoding="utf-8")
    ran.path.write_text(text + "\n[groups]\nseed = 7\n", encoding="utf-8")
    try:
        assert json.loads(stratpro("status", "--json", office=ran.path).stdout)["stale"] == ["2024-06-30"]
    finally:
        ran.path.write_text(text, encoding="utf-8")


def test_status_run_and_backfill_while_another_process_runs(ran: Office):
    script = (
        "import sys\nfrom strategic_prosecution import warehouse\n"
        "from strategic_prosecution.settings import load_office\n"
        "with warehouse.run(load_office(sys.argv[1]), what='nightly') as run:\n"
        "    print(run.run_id, flush=True)\n    sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", script, str(ran.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            run_id = holder.stdout.readline().strip()
            before = everything(ran.processed_dir)
            shown = stratpro("status", office=ran.path)
            assert (shown.exit_code, shown.stderr) == (0, "")
            assert f"run {run_id} (nightly) holds the database since 20" in shown.stdout
            lock = json.loads(stratpro("status", "--json", office=ran.path).stdout)["lock"]
            assert (lock["run"], lock["pid"]) == (run_id, holder.pid)
            for arguments in (["run"], ["backfill", "--from", "2024-05-01", "--to", "2024-06-30"]):
                said = one_line(stratpro(*arguments, office=ran.path), code=1)
                assert run_id in said and str(holder.pid) in said and "--wait" in said
            assert everything(ran.processed_dir) == before
        finally:
            holder.communicate("\n", timeout=30)
    assert "holds the database" not in stratpro("status", office=ran.path).stdout


# ------------------------------------------------------------------------------------------------------- describe


def test_describe_lists_every_table_and_metric():
    lines = stratpro("describe").stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        *(f"{table.schema}.{table.name}" for table in model.TABLES),
        *(metric.name for metric in METRICS),
    ]


@pytest.mark.parametrize("name", ["incidents", "core.incidents"])
def test_describe_a_table(name: str):
    result = stratpro("describe", name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("core.incidents: one row per criminal incident")
    for part in ("published: never", "offense_category", "(personal)", "mind: Reported crime"):
        assert part in result.stdout


def test_describe_a_metric():
    metric = METRICS[0]
    result = stratpro("describe", metric.name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert metric.title in result.stdout and metric.definition[:30] in result.stdout


def test_describe_what_is_neither_names_the_nearest():
    said = one_line(stratpro("describe", "incidnets"), code=2)
    assert said == "stratpro: no table or metric [incidnets]; did you mean [incidents]?\n"


def test_no_command_is_help_and_both_names_are_installed():
    assert "Usage" in stratpro().output
    installed = Path(sys.executable).parent
    assert all(os.access(installed / name, os.X_OK) for name in ("stratpro", "strategic-prosecution"))
