"""`stratpro groups`: what is printed, refused and written down of it; nobody is named but in the form of an audit."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages import roster_audit, roster_import, roster_leads
from strategic_prosecution.stages.forms import read_form, write_form
from tests.stages import reviewed, rostered
from tests.stages.planted import read
from tests.stages.rostered import BASIS, SECRETS

BASIS_LINE = {name: str(value) for name, value in BASIS.items()}
LINE = BASIS_LINE | {
    "group_id": "G3",
    "given_name": "Zebulon",
    "family_name": "Thistledown",
    "birth_date": "1992-02-02",
    "state_id": "MA5550003",
}
ON = ("--on", "2024-03-31")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", "a key of the tests, kept as long as they are")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    office = reviewed.make_office(tmp_path_factory.mktemp("planted"))
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        rostered.plant(connection)
    return office.path.parent


@pytest.fixture
def office(planted: Path, tmp_path: Path) -> Office:
    shutil.copytree(planted, tmp_path / "office")
    return load_office(tmp_path / "office" / "office.toml")


def stratpro(office: Office, *arguments: str) -> Result:
    result = CliRunner().invoke(cli.app, ["groups", *arguments, "--office", str(office.path)])
    told = result.output + "".join(path.read_text() for path in office.processed_dir.glob("audit.jsonl"))
    assert not [secret for secret in SECRETS if secret in told], "a name, a number or a birth date"
    return result


def said(office: Office, *arguments: str) -> str:
    result = stratpro(office, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def one_line(result: Result, *, code: int) -> str:
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("stratpro: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def form(office: Office, name: str, *lines: Mapping[str, str]) -> str:
    path = office.path.parent / name
    write_form(path, columns=list(lines[0]), rows=lines)
    return str(path)


def logged(office: Office) -> list[tuple[str, dict]]:
    return [(entry["what"], audit.facts(entry)) for entry in audit.entries(office)]


def test_the_secrets_would_be_seen(office: Office) -> None:
    with pytest.raises(AssertionError, match="a name"):
        stratpro(office, "contest", "Quartzman", "--decide", "Quartzman", "--on", "Quartzman")


def test_a_form_is_entered_and_what_became_of_it_is_told(office: Office) -> None:
    path = form(
        office, "a.xlsx", LINE, LINE | {"approver": "", "source": "b"}, LINE | {"birth_date": "", "source": "c"}
    )
    told = said(office, "import", path, *ON)
    for line in (
        "3 memberships recorded, 0 of them corrections; 0 as they stood already",
        "1 tips, without a criterion or an approver: they count nowhere",
        "1 without a date of birth",
        "people: 1 known in core, 0 not known so far, 0 in two groups or more",
        "the next night as of 2024-03-31 or later links them; until then they count nowhere",
    ):
        assert line in told
    assert json.loads(said(office, "import", path, *ON, "--json"))["unchanged"] == 3
    assert logged(office) == [("roster_changed", {"memberships": 3, "corrected": 0, "tips": 1})]
    assert read(
        office, "select distinct why, source_load, known_on::varchar from desk.memberships where group_id = 'G3'"
    ) == [("entered from a form", None, "2024-03-31")]


def test_a_wrong_form_is_told_line_by_line_and_nothing_of_it_stays(office: Office) -> None:
    path = form(office, "a.csv", LINE, LINE | {"criterion": "family"}, LINE | {"birth_date": "1992"})
    result = stratpro(office, "import", path, *ON)
    assert result.exit_code == 1 and result.stdout == ""
    first, second, last = result.stderr.splitlines()
    assert first.startswith("stratpro: a.csv, line 3: ") and second.startswith("stratpro: a.csv, line 4: ")
    assert last == f"stratpro: nothing of {path} is recorded; correct these lines, read it again"
    assert read(office, "select count(*) from desk.memberships") == [(3,)] and logged(office) == []
    path = form(office, "b.csv", LINE | {"familly_name": "x"})
    assert "did you mean [family_name]" in one_line(stratpro(office, "import", path), code=2)
    assert "name a form" in one_line(stratpro(office, "import"), code=2)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_empty_forms_are_written_to_be_filled_in(office: Office, ending: str) -> None:
    for number, (arguments, columns) in enumerate(
        [(["import"], roster_import.FORM), (["adopt", "1"], roster_leads.FORM)]
    ):
        path = office.path.parent / f"empty_{number}{ending}"
        said(office, *arguments, "--export", str(path))
        assert read_form(path, columns=columns, required=columns) == []
        assert "is there" in one_line(stratpro(office, *arguments, "--export", str(path)), code=2)


def test_leads_are_numbers_and_events(office: Office) -> None:
    told = said(office, "leads")
    assert "G1: 2, G2: 1" in told and "A lead is a number" in told
    assert json.loads(said(office, "leads", "--json"))[1]["shares_with"] is None
    told = said(office, "leads", "--lead", "1")
    assert "incident/I-1" in told and "docket/DK-7" in told and "A-1" not in told and "p_1" not in told
    assert "no lead of this number" in one_line(stratpro(office, "leads", "--lead", "7"), code=1)
    assert logged(office) == [("reviewed", {"lead": 1, "events": 2})]


def test_a_lead_is_adopted_with_a_basis_and_the_rest_is_counted(office: Office) -> None:
    basis = {name: BASIS_LINE[name] for name in roster_leads.FORM[1:-1]}
    path = form(office, "a.csv", {"record": "arrests/A-1"} | basis)
    told = said(office, "adopt", "1", "--group", "G1", "--file", path, "--why", "reports 1 to 9", *ON)
    assert "1 people adopted into a group that is on the roster already; 2 of the lead have no line" in told
    path = form(office, "b.csv", {"record": "arrests/A-2"} | basis)
    told = said(office, "adopt", "1", "--group", "G7", "--file", path, "--why", "reports 1 to 9", *ON)
    assert "into a new group" in told
    assert "say why" in one_line(stratpro(office, "adopt", "1", "--group", "G7", "--file", path, *ON), code=1)
    path = form(office, "c.csv", {"record": "arrests/A-4"} | basis)
    result = stratpro(office, "adopt", "1", "--group", "G7", "--file", path, "--why", "w", *ON)
    assert result.exit_code == 1 and "c.csv, line 2: the record is of nobody in this lead" in result.stderr
    assert [what for what, _ in logged(office)] == ["roster_changed", "roster_changed"]


def test_a_contest_is_recorded_decided_and_told(office: Office) -> None:
    told = said(office, "contest", "MB-1", "--why", "Quartzman says no", *ON)
    assert told.startswith("suspended: lists leave it out from now on")
    assert "contested already" in one_line(stratpro(office, "contest", "MB-1", "--why", "x", *ON), code=1)
    (row,) = [row for row in json.loads(said(office, "list", *ON, "--json")) if row["membership_id"] == "MB-1"]
    assert (row["reason"], row["contested_on"]) == ("contested", "2024-03-31")
    told = said(office, "contest", "MB-1", "--decide", "uphold", "--why", "x", *ON)
    assert told == "upheld: it stands in every run as of 2024-03-31 or later\n"
    told = said(office, "contest", "MB-1", "--decide", "remove", "--why", "x", *ON)
    assert told.startswith("removed: ")
    assert "did you mean [uphold]" in one_line(stratpro(office, "contest", "MB-1", "--decide", "uphhold"), code=2)
    assert "has not come yet" in one_line(stratpro(office, "contest", "MB-1", "--on", "9999-01-01"), code=2)
    assert "say why" in one_line(stratpro(office, "contest", "MB-2", *ON), code=1)
    none = {"contest": 0, "uphold": 0, "remove": 0, "notice": 0}
    assert [facts for what, facts in logged(office) if what == "roster_changed"] == [
        none | {step: 1} for step in ("contest", "uphold", "remove")
    ]


def test_an_upheld_membership_that_does_not_count_all_the_same_says_so(office: Office) -> None:
    on = ("--on", "2025-12-31")
    said(office, "contest", "MB-1", "--why", "x", *on)
    told = said(office, "contest", "MB-1", "--decide", "uphold", "--why", "x", *on)
    assert told.endswith("it does not count all the same: expired\n")


def test_notice_is_recorded(office: Office) -> None:
    assert "notice of 2024-03-31 is recorded" in said(office, "notice", "MB-1", *ON)
    (row,) = [row for row in json.loads(said(office, "list", *ON, "--json")) if row["membership_id"] == "MB-1"]
    assert row["notice_date"] == "2024-03-31"


def test_memberships_are_listed_without_a_name(office: Office) -> None:
    told = said(office, "list", *ON, "--group", "G1")
    assert "MB-1" in told and "MB-3" not in told and "counts" in told and "Intelligence, not evidence" in told
    told = said(office, "list", *ON, "--record", "arrests/A-2")
    assert "certain" in told and "likely" in told and "MB-1" not in told
    assert "no table of people" in one_line(stratpro(office, "list", "--record", "arrest/A-2"), code=1)
    assert "Memberships on 2024-03-31: none" in said(office, "list", *ON, "--group", "G77")


def test_a_sample_is_drawn_checked_and_read_back(office: Office) -> None:
    path = office.path.parent / "sample.xlsx"
    arguments = ("audit", "--sample", "2", "--seed", "3", "--export", str(path), *ON)
    told = said(office, *arguments)
    assert "2 of 3 memberships that count on 2024-03-31" in told and "Not evidence" in told and "2024-04-30" in told
    assert [what for what, _ in logged(office)] == ["roster_sampled", "list_exported"]
    lines = [dict(line.values) for line in read_form(path, columns=roster_audit.FORM, required=roster_audit.FORM)]
    assert {line["family_name"] for line in lines} & {"", "Fernwhistle"} and len(lines) == 2
    filled = form(office, "answers.csv", lines[0] | {"finding": "not_supported", "why": "of another"}, lines[1])
    told = said(office, "audit", "--file", filled, *ON)
    assert "1 findings recorded, 0 as they stood already; 1 of 2 drawn are decided" in told
    assert "not supported: 100.0% of those decided; of all 3 memberships" in told
    key = lines[0]["membership_id"]
    assert f"stratpro groups contest {key} --decide remove --why" in told
    assert json.loads(said(office, "audit", "--file", filled, *ON, "--json"))["unchanged"] == 1
    (row,) = [row for row in json.loads(said(office, "list", *ON, "--json")) if row["membership_id"] == key]
    assert row["reason"] == "", "nobody is taken off by a finding"
    for wrong in (("--sample", "2"), ("--file", filled, "--seed", "1"), ()):
        assert "draw with --sample" in one_line(stratpro(office, "audit", *wrong), code=2)
