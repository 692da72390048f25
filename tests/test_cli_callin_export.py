"""`stratpro callin export`: counts and file names on the screen, names in the files alone, errors in a line."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli
from strategic_prosecution.settings import Office, load_office
from tests.stages import called_in
from tests.stages.called_in import DAY, check, name
from tests.stages.test_list_exports import KEY, SEATS, lay
from tests.test_cli import one_line

NAMES = (*(name(person) for person in called_in.MEMBERS), "Zebulon")
SAID = ("--recipient", "Riverton Outreach", "--purpose", "asking people", "--agreement", "MOU 12 of 2024")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """An office with a call-in whose review is over, and one whose review is not."""
    office = called_in.make_office(tmp_path_factory.mktemp("planted"))
    with called_in.opened(office) as connection:
        check(connection, *SEATS)
        check(connection, "W1", counsel="yes")
        done, undecided = lay(connection), lay(connection, undecided=("S2",))
    return office.path.parent, done, undecided


@pytest.fixture
def office(planted: tuple[Path, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", KEY)
    shutil.copytree(planted[0], tmp_path / "office")
    return load_office(tmp_path / "office" / "office.toml")


def export(office: Office, call_in_id: str, *options: str, on: str = f"{DAY}") -> Result:
    out = str(office.path.parent / "out")
    arguments = ["callin", "export", call_in_id, "--out", out, "--on", on, "--no-pdf", *options]
    result = CliRunner().invoke(cli.app, [*arguments, "--office", str(office.path)])
    log = "".join(path.read_text() for path in office.processed_dir.glob("audit.jsonl"))
    assert not [one for one in NAMES if one in result.output + log], "a name"
    return result


def files(office: Office) -> list[Path]:
    return sorted((office.path.parent / "out").glob("*"))


def test_it_prints_counts_and_files_and_nobody(office: Office, planted: tuple[Path, str, str]):
    result = export(office, planted[1], "--for", "letters", *SAID, "--time", "6 pm", "--time", "8 pm")
    assert result.exit_code == 0, result.output
    [page] = files(office)
    assert page.name in result.stdout and "people: 3; destroy it by 2024-04-30" in result.stdout
    assert "approved and left out: 1, who may not be named on 2024-03-31" in result.stdout
    assert name("N1") in page.read_text(encoding="utf-8") and name("W1") not in page.read_text(encoding="utf-8")


def test_it_prints_json_for_machines(office: Office, planted: tuple[Path, str, str]):
    result = export(office, planted[1], "--for", "outreach", *SAID, "--no-html", "--json")
    told = json.loads(result.stdout)
    assert (told["people"], told["left_out"], told["files"]) == (3, 1, [path.name for path in files(office)])


def test_an_export_without_review_is_refused_in_a_line(office: Office, planted: tuple[Path, str, str]):
    said = one_line(export(office, planted[2], "--for", "outreach", *SAID), code=1)
    assert "the review is not over" in said and files(office) == []


@pytest.mark.parametrize(
    ("options", "on", "code", "words"),
    [
        (("--for", "meeting", *SAID), f"{DAY}", 2, "call_in has no view [meeting]"),
        (("--for", "outreech", *SAID), f"{DAY}", 2, "outreach"),
        (("--for", "outreach", *SAID[:4], "--agreement", " "), f"{DAY}", 2, "--agreement is said in one line"),
        (("--for", "letters", *SAID, "--no-html"), f"{DAY}", 2, "letters is a page; ask for HTML, PDF or both"),
        (("--for", "probation", *SAID, "--supervision", "jail"), f"{DAY}", 2, "no supervision [jail]"),
        (("--for", "outreach", *SAID), "2999-01-01", 2, "has not come yet"),
        (("--for", "outreach", *SAID), "2024-05-31", 1, "run the night first"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    options: tuple[str, ...], on: str, code: int, words: str, office: Office, planted: tuple[Path, str, str]
):
    assert words in one_line(export(office, planted[1], *options, on=on), code=code)
    assert files(office) == []


def test_an_unknown_call_in_is_said_in_a_line(office: Office):
    said = one_line(export(office, "callin_0000000000000000", "--for", "outreach", *SAID), code=1)
    assert "no call-in has that key" in said
