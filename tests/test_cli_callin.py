"""`stratpro callin`: a call-in from its plan to its promises, what is refused, and that no name reaches the screen."""

import csv
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, load_office
from tests.stages import called_in
from tests.stages.called_in import DAY
from tests.stages.planted import read

LATER = DAY + timedelta(7)
SECRET = ("Quartzman", "Zebulon", "MB-", "1990-05-01", "p_N")
Row = dict[str, str]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", "a key of the tests, kept as long as they are")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return called_in.make_office(tmp_path_factory.mktemp("planted")).path.parent


@pytest.fixture
def office(planted: Path, tmp_path: Path) -> Office:
    shutil.copytree(planted, tmp_path / "office")
    return load_office(tmp_path / "office" / "office.toml")


def stratpro(office: Office, *arguments: str, on: object = DAY) -> Result:
    """What a command says; no name of anybody, whatever it says."""
    result = CliRunner().invoke(cli.app, ["callin", *arguments, "--on", f"{on}", "--office", str(office.path)])
    for secret in SECRET:
        assert secret not in result.output, f"{secret} on the screen"
    return result


def said(office: Office, *arguments: str, on: object = DAY) -> str:
    result = stratpro(office, *arguments, on=on)
    assert result.exit_code == 0, result.output
    return result.stdout


def one_line(result: Result, *, code: int) -> str:
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("stratpro: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def fill(path: Path, change: Callable[[Row], Row]) -> Path:
    """The form filled in: what ``change`` gives for each line."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [row | change(row) for row in csv.DictReader(handle)]
    filled = path.with_name(f"filled_{path.name}")
    with filled.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return filled


def check_everybody(office: Office, folder: Path) -> str:
    told = said(office, "checks", "--export", str(folder / "checks.csv"))
    clear = {"deconflicted_on": f"{DAY}", "open_warrant": "no", "in_custody": "no", "counsel": "no"}
    filled = fill(folder / "checks.csv", lambda row: clear | {"mandated_by": "Riverton Probation"})
    assert said(office, "checks", "--file", str(filled)).startswith("9 checks recorded")
    return told


@pytest.mark.slow
def test_a_call_in_from_its_checks_to_a_promise_kept(office: Office, tmp_path: Path):
    told = check_everybody(office, tmp_path)
    assert "9 lines" in told and "Not evidence" not in told.split("names people")[0]
    assert "   9  nobody has said whether there is an open warrant" in told
    assert "no identifier and no reviewer ties the record to another of the person" in told

    shown = said(office, "plan", "--group", "NORTH", "--group", "SOUTH", "--group", "WEST", "--why", "three shootings")
    call_in_id = shown.split(":")[0]
    assert call_in_id.startswith("callin_") and "4 people planned, by core of 2024-03-31" in shown
    assert "session 1: " in shown and "session 2: " in shown and "session 3" not in shown
    assert "reaches 9 of 10 members if everybody invited comes" in shown and "1 cannot be reached" in shown
    assert "proven best: no fewer people do it" in shown
    assert "it would reach, if one tie in ten were missing, " in shown

    assert "planned: that is done only" in one_line(
        stratpro(office, "record", call_in_id, "--form", str(tmp_path / "no.csv")), code=1
    )
    assert "4 lines" in said(office, "review", call_in_id, "--export", str(tmp_path / "review.csv"))
    text = (tmp_path / "review.csv").read_text(encoding="utf-8")
    assert called_in.name("N1") in text and "Not evidence; not for charging, bail or sentencing argument." in text
    filled = fill(tmp_path / "review.csv", lambda row: {"verdict": "approve"})
    assert "4 approved, 0 removed" in said(office, "review", call_in_id, "--file", str(filled))

    assert "4 lines" in said(office, "record", call_in_id, "--form", str(tmp_path / "steps.csv"))
    filled = fill(tmp_path / "steps.csv", lambda row: {"step": "invited", "step_date": f"{DAY}"})
    assert said(office, "record", call_in_id, "--file", str(filled)).startswith("4 invited, 0 attended")
    assert "held on 2024-04-07" in said(office, "record", call_in_id, "--held", on=LATER)
    came = fill(
        tmp_path / "steps.csv",
        lambda row: {"step": "attended", "step_date": f"{LATER}"} if row["group_id"] == "SOUTH" else {},
    )
    assert "1 attended" in said(office, "record", call_in_id, "--file", str(came), on=LATER)
    said(office, "record", call_in_id, "--help-offered", "4", "--help-taken", "2", on=LATER)
    promised = ("--what", "the next group that shoots", "--owner", "chief", "--due", "2024-05-01")
    made = said(office, "record", call_in_id, "--promise", "enforcement", "--group", "SOUTH", *promised, on=LATER)
    promise_id = made.split(":")[0]
    said(office, "record", call_in_id, "--kept", promise_id, on=LATER)

    listed = json.loads(said(office, "list", "--json", on=LATER))
    (counts,) = listed["call_ins"]
    assert counts == {
        "call_in_id": call_in_id,
        "kind": "call_in",
        "status": "held",
        "held_on": "2024-04-07",
        "planned": 4,
        "approved": 4,
        "removed": 0,
        "invited": 4,
        # Of fewer than five invited, how many came would tell who stayed away.
        "attended": None,
        "delivered": None,
        "help_offered": None,
        "help_taken": None,
        "promises": 1,
        "promises_kept": 1,
        "promises_late": 0,
    }
    assert [(promise["promise_id"], promise["kept_on"]) for promise in listed["promises"]] == [
        (promise_id, "2024-04-07")
    ]
    assert call_in_id in said(office, "list", on=LATER)

    assert read(office, "select distinct step from desk.call_in_people where record_id like '%N%' order by step") == [
        ("approved",),
        ("invited",),
        ("planned",),
    ], "who did not come has no entry that says so"
    assert audit.verify(office) == []
    log = (office.processed_dir / "audit.jsonl").read_text(encoding="utf-8")
    assert not [secret for secret in (*SECRET, "shoots") if secret in log]
    exported = [audit.facts(entry) for entry in audit.entries(office) if entry["what"] == "list_exported"]
    assert [(fact["view"], fact["people"]) for fact in exported] == [("review", 9), ("review", 4), ("review", 4)]
    assert len(read(office, "select * from desk.list_exports where view = 'review'")) == 3


@pytest.mark.slow
def test_enforcement_comes_from_a_form_and_lacks_nothing(office: Office, tmp_path: Path):
    with called_in.opened(office) as connection:
        called_in.check(connection, "S2")
        called_in.shoot(connection, "HO-1", on=LATER, group="SOUTH")
    plan = json.loads(said(office, "plan", "--group", "SOUTH", "--why", "w", "--json"))
    call_in_id = plan["call_in_id"]
    assert (plan["planned"], plan["by_group"][0]["group_id"], plan["people_by_session"]) == (1, "SOUTH", {"1": 1})
    said(office, "review", call_in_id, "--export", str(tmp_path / "review.xlsx"))
    said(office, "review", call_in_id, "--export", str(tmp_path / "review.csv"))
    filled = fill(tmp_path / "review.csv", lambda row: {"verdict": "approve"})
    said(office, "review", call_in_id, "--file", str(filled))
    said(office, "record", call_in_id, "--held")
    promised = ("--what", "the next group that shoots", "--owner", "chief", "--due", "2024-05-01")
    made = said(office, "record", call_in_id, "--promise", "enforcement", "--group", "SOUTH", *promised, "--json")
    enforce = ("record", call_in_id, "--enforce", json.loads(made)["promise_id"])
    form = tmp_path / "actions.csv"
    said(office, *enforce, "--form", str(form))
    head = form.read_text(encoding="utf-8").strip()
    form.write_text(f"{head}\nHO-1,memberships/MB-S1,,A. Quillfeather,a visit\n", encoding="utf-8")
    result = stratpro(office, *enforce, "--file", str(form), on=LATER)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "stratpro: actions.csv, line 2: [own_conduct] is empty; an action under a promise records it",
        "stratpro: nothing of the form is recorded; correct these lines, read it again",
    ]
    form.write_text(f"{head}\nHO-1,memberships/MB-S1,held the gun,A. Quillfeather,a visit\n", encoding="utf-8")
    assert said(office, *enforce, "--file", str(form), on=LATER).startswith("1 actions recorded")


def test_nobody_to_invite_is_a_result_with_its_reasons(office: Office):
    result = stratpro(office, "plan", "--group", "WEST", "--why", "w")
    assert "   1  nobody has said whether there is an open warrant" in result.stdout
    assert "nobody may be invited, so nothing is recorded" in one_line(result, code=1)
    assert read(office, "select count(*) from desk.call_ins") == [(0,)]
    assert "Call-ins: none" in said(office, "list")


@pytest.mark.parametrize(
    ("arguments", "on", "code", "told"),
    [
        (["plan", "--group", "NORHT", "--why", "w"], DAY, 2, "NORTH"),
        (["plan", "--group", "NORTH"], DAY, 2, "--why"),
        (["plan", "--group", "NORTH", "--why", "w"], DAY + timedelta(15), 1, "run the night first"),
        (["plan", "--group", "NORTH", "--why", "w"], "2999-01-01", 2, "has not come yet"),
        (["review", "callin_0"], DAY, 2, "--file"),
        (["record", "callin_0", "--held", "--cancelled"], DAY, 2, "say one thing"),
        (["record", "callin_0", "--help-offered", "3"], DAY, 2, "both counts"),
        (["record", "callin_0", "--held"], DAY, 1, "no call-in has that key"),
    ],
)
def test_what_is_refused_in_one_line(planted: Path, arguments: list[str], on: object, code: int, told: str):
    office = load_office(planted / "office.toml")
    assert told in one_line(stratpro(office, *arguments, on=on), code=code)
    assert read(office, "select count(*) from desk.call_ins") == [(0,)]
