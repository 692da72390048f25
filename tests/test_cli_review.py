"""`stratpro review`: forms written and read back in both formats, all lines or none; and what is said of a packet."""

import csv
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from strategic_prosecution import cli, stages, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages.forms import FormError
from strategic_prosecution.stages.review_forms import read_review_form
from strategic_prosecution.stages.table_files import table_file
from tests.stages.planted import KEY, KEY_NAME, read
from tests.stages.test_shooting_review import OFFICE, plant

DAYS = ("--week", "2024-03-20", "--on", "2024-03-20")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    (folder / "office.toml").write_text(OFFICE, encoding="utf-8")
    office = load_office(folder / "office.toml")
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        plant(connection)
    return folder


@pytest.fixture
def office(planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv(KEY_NAME, KEY)
    shutil.copytree(planted, tmp_path / "office")
    return load_office(tmp_path / "office" / "office.toml")


def stratpro(office: Office, *arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["review", *arguments, *DAYS, "--office", str(office.path)])


def said(office: Office, *arguments: str) -> str:
    result = stratpro(office, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def form(office: Office, path: Path, *arguments: str) -> tuple[list[str], list[dict[str, str]]]:
    """A form as it is written, as columns and lines of text."""
    said(office, "--form", str(path), *arguments)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle))
    else:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
        rows = [[str(cell) for cell in row] for row in sheet]
    return rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def fill(path: Path, columns: list[str], lines: list[dict[str, object]]) -> Path:
    """A form as somebody filled it in; in Excel a day is a day."""
    days = {name for line in lines for name, value in line.items() if isinstance(value, date)}
    schema = pa.schema([(name, pa.date32() if name in days else pa.string()) for name in columns])
    path.unlink(missing_ok=True)
    with table_file(path, schema, overwrite=False) as append:
        append(pa.Table.from_pylist([{name: line.get(name) or None for name in columns} for line in lines], schema))
    return path


def reviews(office: Office) -> list[tuple]:
    return read(
        office,
        "select incident_id, side, status, group_id, motive, linked_incident_id, why, known_on "
        "from desk.incident_reviews order by rowid",
    )


def refused(office: Office, *paths: Path) -> list[tuple[str, ...]]:
    """What is said of the lines of each form, none of which is recorded."""
    told = []
    with stages.holding(office, what="test"), warehouse.open_records(office) as connection:
        for path in paths:
            with pytest.raises(FormError) as error:
                read_review_form(connection, office, path, why="", on=date(2024, 3, 20))
            told.append(tuple(message.removeprefix(f"{path.name}, ") for message in error.value.messages))
        for table in ("incident_reviews", "strategy_entries", "commitment_entries"):
            assert connection.execute(f"select count(*) from desk.{table}").fetchall() == [(0,)]
    assert audit.entries(office) == []
    return told


@pytest.mark.parametrize("ending", [pytest.param(".csv", marks=pytest.mark.slow), ".xlsx"])
def test_a_form_of_reviews_goes_round(office: Office, tmp_path: Path, ending: str):
    path = tmp_path / f"form{ending}"
    columns, lines = form(office, path)
    told = [(line["incident_id"], line["side"], line["day"], line["hit"], line["status"]) for line in lines]
    assert told == [
        (incident, side, day, hit, "")
        for incident, day, hit in (
            ("I-4", "2024-03-01", "1 wounded"),
            ("I-1", "2024-03-14", "1 killed, 1 wounded"),
            ("I-2", "2024-03-16", "1 wounded"),
            ("I-3", "2024-03-17", "1 wounded"),
        )
        for side in ("victim", "suspect")
    ]
    assert said(office, "--file", str(path)).startswith("0 lines of reviews recorded, 8 said what is known")
    lines[2] |= {"status": "Confirmed", "group_id": "G1", "motive": "dispute", "why": "seen on camera"}
    lines[3] |= {"status": "suspected", "group_id": "G77", "new_group": "yes", "linked_incident_id": "I-2"}
    lines[4] |= {"status": "no"}
    fill(path, columns, lines)
    assert said(office, "--file", str(path), "--why", "meeting").startswith("3 lines of reviews recorded, 5 said")
    day = date(2024, 3, 20)
    assert reviews(office) == [
        ("I-1", "victim", "confirmed", "G1", "dispute", None, "seen on camera", day),
        ("I-1", "suspect", "suspected", "G77", "dispute", "I-2", "meeting", day),
        ("I-2", "victim", "no", None, None, None, "meeting", day),
    ]
    (entry,) = audit.entries(office)
    assert (entry["what"], audit.facts(entry)) == ("incidents_reviewed", {"lines": 3, "table": "incident_reviews"})
    assert said(office, "--file", str(path), "--why", "meeting").startswith("0 lines of reviews recorded, 8 said")
    # G77 is known now, from an earlier review; the line speaks for itself.
    again = tmp_path / f"again{ending}"
    columns, lines = form(office, again)
    assert (lines[3]["group_id"], lines[3]["status"], lines[3]["linked_incident_id"]) == ("G77", "suspected", "I-2")
    lines[5] |= {"status": "confirmed", "group_id": "G77"}
    lines[3]["linked_incident_id"] = ""
    fill(again, columns, lines)
    assert said(office, "--file", str(again), "--why", "second meeting").startswith("2 lines")
    assert [row[:6] for row in reviews(office)[3:]] == [
        ("I-1", "suspect", "suspected", "G77", "dispute", None),
        ("I-2", "suspect", "confirmed", "G77", None, None),
    ]


def test_lines_that_are_wrong_are_told_and_nothing_is_recorded(office: Office, tmp_path: Path):
    good = {"incident_id": "I-1", "side": "victim", "status": "confirmed", "group_id": "G1", "why": "seen"}
    wrong = (
        ({"incident_id": "I-999"}, "no shooting of that incident is in the newest core"),
        ({"incident_id": "I-7"}, "no shooting of that incident is in the newest core"),
        ({"incident_id": "I-6"}, "no shooting of that incident is in the newest core"),
        ({"side": "witness"}, "the side is suspect or victim"),
        ({"status": "confirmd"}, "the status is one of confirmed, suspected, no, unknown; did you mean [confirmed]?"),
        ({"status": "unmapped"}, "the status is one of"),
        ({"status": ""}, "the status is one of"),
        ({"group_id": ""}, "confirmed needs a group"),
        ({"status": "no"}, "no names no group"),
        ({"group_id": "G11"}, "no group of the roster or of an earlier review is called so; did you mean [G1]?"),
        ({"new_group": "maybe"}, "new_group is yes, or empty"),
        ({"linked_incident_id": "I-1"}, "the linked incident is not in the newest core, or is the same"),
        ({"linked_incident_id": "I-7"}, "the linked incident is not in the newest core, or is the same"),
        ({"why": ""}, "say why, in the column [why] or with --why"),
    )
    columns = [*good, "new_group", "linked_incident_id"]
    paths = [
        fill(tmp_path / f"{number}.csv", columns, [good | {"incident_id": "I-2"}, good | change])
        for number, (change, _) in enumerate(wrong)
    ]
    for (change, message), (told,) in zip(wrong, refused(office, *paths), strict=True):
        assert told.startswith(f"line 3: {message}"), (change, told)
    twice = fill(tmp_path / "twice.csv", columns, [good, good | {"status": "suspected"}])
    assert refused(office, twice) == [("line 3: this side of the incident has a line before; leave one",)]
    lines = [good | {"motive": "dispute"}, good | {"side": "suspect", "motive": "robbery"}]
    path = fill(tmp_path / "motives.csv", [*columns, "motive"], lines)
    two = "the lines of this incident give two motives; leave one"
    assert refused(office, path) == [(f"line 2: {two}", f"line 3: {two}")]
    result = stratpro(office, "--file", str(path))
    assert (result.exit_code, result.stdout) == (1, "")
    *lines, last = result.stderr.splitlines()
    assert lines == [f"stratpro: motives.csv, line 2: {two}", f"stratpro: motives.csv, line 3: {two}"]
    assert last == f"stratpro: nothing of {path} is recorded; correct these lines, read it again"
    path = tmp_path / "other.csv"
    path.write_text("NO,NAME\n1,2\n")
    result = stratpro(office, "--file", str(path))
    assert result.exit_code == 2 and "no column is called [NO]" in result.stderr


@pytest.mark.parametrize("ending", [pytest.param(".csv", marks=pytest.mark.slow), ".xlsx"])
def test_commitments_and_strategies_go_round(office: Office, tmp_path: Path, ending: str):
    path = tmp_path / f"strategies{ending}"
    columns, lines = form(office, path, "--form-of", "strategies")
    assert lines == []
    day = date(2024, 3, 20) if ending == ".xlsx" else "2024-03-20"
    fill(path, columns, [{"title": "Lights", "start_date": day, "origin": "Residents", "has_evaluation": "yes"}])
    assert said(office, "--file", str(path), "--why", "meeting").startswith("1 lines of strategies recorded, 0 said")
    assert said(office, "--file", str(path), "--why", "meeting").startswith("0 lines of strategies recorded, 1 said")
    ((key, *told),) = read(
        office, "select strategy_id, title, start_date, origin, has_evaluation from desk.strategy_entries"
    )
    assert told == ["Lights", date(2024, 3, 20), "residents", True]
    path = tmp_path / f"commitments{ending}"
    columns, lines = form(office, path, "--form-of", "commitments")
    assert [line["commitment_id"] for line in lines] == ["C-1", "C-2", "C-3", "C-4"]
    lines[0]["done_date"] = "2024-03-19"
    lines.append({"strategy_id": key, "what": "mend the lamps", "owner_role": "city", "made_date": "2024-03-20"})
    fill(path, columns, lines)
    assert said(office, "--file", str(path), "--why", "meeting").startswith("2 lines of commitments recorded, 3 said")
    assert said(office, "--file", str(path), "--why", "meeting").startswith("0 lines of commitments recorded, 5 said")
    assert read(
        office,
        "select strategy_id, what, made_date, due_date, done_date from desk.commitment_entries order by made_date",
    ) == [
        (None, "task C-1", date(2024, 3, 6), date(2024, 3, 10), date(2024, 3, 19)),
        (key, "mend the lamps", date(2024, 3, 20), None, None),
    ]


def test_days_that_cannot_be_are_refused(office: Office, tmp_path: Path):
    good = {"commitment_id": "", "what": "mend the lamps", "made_date": "2024-03-06", "why": "w"}
    wrong = (
        ({"made_date": "2024-03-21"}, "made_date is the day it was made"),
        ({"made_date": ""}, "made_date is the day it was made"),
        ({"made_date": "03/06/2024"}, "made_date is a day, written YYYY-MM-DD"),
        ({"due_date": "2024-03-05"}, "it is due before it was made"),
        ({"done_date": "2024-03-05"}, "done_date is the day it was done"),
        ({"done_date": "2024-03-21"}, "done_date is the day it was done"),
        ({"strategy_id": "ST-404"}, "no strategy has that key"),
        ({"commitment_id": "C-404"}, "no commitment_id is so"),
        ({"what": ""}, "say what was promised"),
    )
    columns = [*good, "due_date", "done_date", "strategy_id"]
    paths = [fill(tmp_path / f"{n}.csv", columns, [good | change]) for n, (change, _) in enumerate(wrong)]
    for (change, message), (told,) in zip(wrong, refused(office, *paths), strict=True):
        assert told.startswith(f"line 2: {message}"), (change, told)
    good = {"strategy_id": "", "title": "Lights", "start_date": "2024-03-06", "why": "w"}
    wrong = (
        ({"end_date": "2024-03-05"}, "it ends before it starts"),
        ({"origin": "mayor"}, "the origin is one of"),
        ({"title": ""}, "a strategy has a title"),
        ({"has_evaluation": "perhaps"}, "has_evaluation is yes, no or empty"),
    )
    columns = [*good, "end_date", "origin", "has_evaluation"]
    paths = [fill(tmp_path / f"s{n}.csv", columns, [good | change]) for n, (change, _) in enumerate(wrong)]
    for (change, message), (told,) in zip(wrong, refused(office, *paths), strict=True):
        assert told.startswith(f"line 2: {message}"), (change, told)


def test_only_counts_and_the_file_are_said_of_a_packet(office: Office, tmp_path: Path):
    out = tmp_path / "packet.html"
    told = said(office, "--out", str(out), "--for", "review partners", "--purpose", "weekly review")
    (key,) = read(office, "select export_id from desk.list_exports")[0]
    assert told == f"{key}: 3 shootings, 4 lines name people; {out}\n"
    again = stratpro(office, "--out", str(out), "--for", "x", "--purpose", "y")
    assert (again.exit_code, again.stdout) == (2, "") and again.stderr.count("\n") == 1


def test_what_is_asked_wrongly_is_a_line(office: Office, tmp_path: Path):
    for arguments, message in (
        ((), "say one of --out FILE"),
        (("--form", "a.csv", "--file", "b.csv"), "say one of --out FILE"),
        (("--form", str(tmp_path / "a.csv"), "--form-of", "strategy"), "did you mean [strategies]?"),
        (("--out", str(tmp_path / "a.html"), "--purpose", "x"), "--for is said in one line"),
        (("--form", str(tmp_path / "a.csv"), "--since", "2024-03-20"), "--since"),
        (("--file", str(tmp_path / "none.csv")), "cannot be read"),
    ):
        result = stratpro(office, *arguments)
        assert (result.exit_code, result.stdout) == (2, ""), arguments
        assert message in result.stderr and result.stderr.count("\n") == 1
