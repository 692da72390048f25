"""`stratpro disclose`: one page for an attorney, its key unseen, errors in a line without a value."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli
from strategic_prosecution.settings import load_office
from tests.test_cli import one_line, stratpro

OFFICE = """
[office]
name = "Small"
timezone = "America/New_York"
crs = "EPSG:26986"
settle_seconds = 0

[release]
public_demo_key = "a-key-of-this-test-and-of-nothing-else"

[extracts.arrests]
files = "*.csv"
extract_date = 2024-06-30
[[extracts.arrests.feeds]]
table = "arrests"
key = "arrest_id"
columns = { arrest_id = "NO", arrest_date = "DAY", state_id = "SID", family_name = "LAST", birth_date = "BORN" }
"""
ARRESTS = (
    "NO,DAY,SID,LAST,BORN\nA1,2024-05-02,MA1000001,Quartzman,1990-03-04\nA2,2024-05-03,MA1000002,Gneiss,1980-01-01\n"
)
FOR = ("--for", "A. Counsel", "--purpose", "discovery")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ran") / "office"
    (folder / "data" / "raw").mkdir(parents=True)
    (folder / "office.toml").write_text(OFFICE, encoding="utf-8")
    (folder / "data" / "raw" / "arrests.csv").write_text(ARRESTS, encoding="utf-8")
    assert stratpro("run", office=folder / "office.toml").exit_code == 0
    return folder


@pytest.fixture
def office(ran: Path, tmp_path: Path) -> Path:
    shutil.copytree(ran, tmp_path / "office", symlinks=True)
    return tmp_path / "office" / "office.toml"


def pages(office: Path) -> list[Path]:
    return sorted((load_office(office).processed_dir / "lists").glob("*"))


def test_it_says_where_the_page_is_and_prints_none_of_it(office: Path):
    result = stratpro("disclose", "--person", "MA1000001", *FOR, office=office)
    assert result.exit_code == 0, result.output
    [page] = pages(office)
    assert str(page) in result.stdout and page.stem in result.stdout
    assert "Quartzman" in page.read_text(encoding="utf-8") and "Quartzman" not in result.output


def test_it_prints_the_page_only_when_told_to(office: Path):
    result = stratpro("disclose", "--record", "arrests:A1", *FOR, "--out", "-", office=office)
    assert result.exit_code == 0, result.output
    assert "LAST: Quartzman" in result.stdout and "Gneiss" not in result.stdout
    assert pages(office) == []


def test_a_file_named_is_written_once(office: Path, tmp_path: Path):
    command = ("disclose", "--person", "MA1000001", *FOR, "--out", str(tmp_path / "page.txt"))
    assert stratpro(*command, office=office).exit_code == 0
    before = (tmp_path / "page.txt").read_bytes()
    assert "is there already" in one_line(stratpro(*command, office=office), code=2)
    assert (tmp_path / "page.txt").read_bytes() == before


def from_input(office: Path, text: str, *more: str) -> Result:
    return CliRunner().invoke(cli.app, ["disclose", "--file", "-", *FOR, *more, "--office", str(office)], input=text)


def test_keys_come_from_standard_input_unseen(office: Path):
    result = from_input(office, "table,key\nperson,MA1000001\narrests,A2\n")
    assert result.exit_code == 0, result.output
    assert len(pages(office)) == 2


def test_what_is_not_found_is_told_by_its_line_and_the_rest_is_disclosed(office: Path):
    result = from_input(office, "table,key\nperson,MA7777777\narrests,A2\n")
    assert result.exit_code == 1
    assert "line 2: no record of [person] has this key" in result.stderr and "MA7777777" not in result.output
    assert len(pages(office)) == 1


def test_one_file_takes_one_page(office: Path, tmp_path: Path):
    result = from_input(office, "table,key\narrests,A1\narrests,A2\n", "--out", str(tmp_path / "page.txt"))
    assert "--out takes one page" in one_line(result, code=2)
    assert not (tmp_path / "page.txt").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--person", "MA1000001", "--with-sealed"), "--authority"),
        (("--person", "MA1000001", "--authority", "an order"), "--with-sealed"),
        (("--person", "MA1000001", "--with-sealed", "--authority", " "), "--authority is said"),
        (("--person", "MA1000001", "--for", "two\nlines"), "--for is said in one line"),
        (("--person", "MA1000001", "--case", "C1"), "one of --case"),
        (("--record", "A1"), "table:key"),
        ((), "say what is meant"),
    ],
)
def test_wrong_usage_is_said_in_a_line_and_nothing_is_disclosed(office: Path, options: tuple[str, ...], said: str):
    assert said in one_line(stratpro("disclose", *FOR, *options, office=office), code=2)
    assert pages(office) == []


def test_an_unknown_person_is_one_line_without_the_value(office: Path):
    said = one_line(stratpro("disclose", "--person", "MA7777777", *FOR, office=office), code=1)
    assert "no record of [person] has this key" in said and "MA7777777" not in said
