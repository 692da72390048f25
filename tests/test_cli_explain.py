"""`stratpro explain`: the rows on a screen, as JSON and in a file; exit 1 where they do not add up; nobody's name."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from strategic_prosecution import stages, warehouse
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages.metrics import metrics
from tests.test_cli import one_line, stratpro

OFFICE = """
[office]
name = "Small"
timezone = "America/New_York"
crs = "EPSG:26986"
settle_seconds = 0

[extracts.log]
files = "*.csv"
extract_date = 2024-06-30
[[extracts.log.feeds]]
table = "arrests"
key = "arrest_id"
[extracts.log.feeds.columns]
arrest_id = "NO"
arrest_date = "DAY"
family_name = "LAST"
birth_date = "BORN"
severity = "LEVEL"
race_ethnicity = "RACE"
"""
ARRESTS = (
    "NO,DAY,LAST,BORN,LEVEL,RACE\n"
    "=1+1,2024-05-02,Quartzman,1990-03-04,felony,black\n"
    "A2,2024-05-03,Gneiss,1980-01-01,misdemeanor,white\n"
    "A3,2024-06-03,Gneiss,1980-01-01,misdemeanor,white\n"
)
SHARE = ("explain", "low_level_arrest_share", "--period")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ran") / "office"
    (folder / "data" / "raw").mkdir(parents=True)
    (folder / "office.toml").write_text(OFFICE, encoding="utf-8")
    (folder / "data" / "raw" / "log.csv").write_text(ARRESTS, encoding="utf-8")
    stages.nightly(load_office(folder / "office.toml"), stages=(*stages.CORE, metrics))
    return folder


@pytest.fixture
def office(ran: Path, tmp_path: Path) -> Path:
    shutil.copytree(ran, tmp_path / "office", symlinks=True)
    return tmp_path / "office" / "office.toml"


def test_it_prints_the_figure_and_its_rows_and_nobodys_name(office: Path) -> None:
    result = stratpro(*SHARE, "2024-05", office=office)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "published: 0.5 share, from 1 / 2" in result.stdout
    assert "the rows:  1 / 2, equal to it" in result.stdout
    shown = [line.split() for line in result.stdout.splitlines() if "log.csv" in line]
    assert [line[:7] for line in shown] == [
        ["1", "0", "1", "counted", "arrests", "=1+1", "log.csv"],
        ["2", "1", "1", "counted", "arrests", "A2", "log.csv"],
    ]
    assert not {"Quartzman", "Gneiss", "1990", "1980"} & set(result.stdout.replace("-", " ").split())
    assert "select" not in result.stdout


def test_it_prints_the_query_with_its_parameters_when_told_to(office: Path) -> None:
    result = stratpro(*SHARE, "2024-05", "--sql", office=office)
    assert result.exit_code == 0
    metric = (Path(stages.__file__).parents[1] / "metrics" / "sql" / "low_level_arrest_share.sql").read_text()
    assert metric.strip() in result.stdout and "-- metrics/sql/low_level_arrest_share.sql" in result.stdout
    assert "-- metrics/aggregate/behind.sql" in result.stdout


def test_json_has_all_of_it(office: Path) -> None:
    asked = ("--breakdown", "race_ethnicity", "--segment", "white", "--json")
    result = stratpro("explain", "arrests", "--period", "2024-Q2", *asked, office=office)
    said = json.loads(result.stdout)
    assert said["published"] == {"numerator": 2, "denominator": None, "value": 2.0}
    assert said["counted"] == {"numerator": 2, "denominator": None, "facts": 2} and said["agrees"] is True
    assert (said["period"], said["period_start"], said["segment"]) == ("quarter", "2024-04-01", "white")
    assert [(row["key"], row["file"], row["line"]) for row in said["rows"]] == [
        ("A2", "log.csv", 3),
        ("A3", "log.csv", 4),
    ]
    assert "core.arrests" in said["sql"]


def test_a_file_has_every_row_for_its_owner_alone_and_no_live_formula(office: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    assert stratpro("explain", "arrests", "--period", "2024", "--out", str(out), office=office).exit_code == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [(row["numerator"], row["table"], row["key"], row["line"]) for row in rows] == [
        ("1", "arrests", "'=1+1", "2"),
        ("1", "arrests", "A2", "3"),
        ("1", "arrests", "A3", "4"),
    ]
    assert out.stat().st_mode & 0o777 == 0o600
    again = stratpro("explain", "arrests", "--period", "2024", "--out", str(out), office=office)
    assert "is there" in one_line(again, code=2)


def test_rows_that_do_not_add_up_are_said_with_exit_1(office: Path) -> None:
    settings = load_office(office)
    with warehouse.run(settings, what="test"), warehouse.open_records(settings) as connection:
        connection.execute("delete from core.arrests where arrest_id = 'A2'")
    result = stratpro(*SHARE, "2024-05", office=office)
    assert result.exit_code == 1
    assert "the rows add up to 0 / 1, not to the published 1 / 2" in result.stderr


def test_sealed_rows_are_a_number(office: Path) -> None:
    settings = load_office(office)
    with warehouse.run(settings, what="test"), warehouse.open_records(settings) as connection:
        connection.execute("insert into core.sealed_records values ('arrests', 'A2')")
    result = stratpro(*SHARE, "2024-05", office=office)
    assert result.exit_code == 0
    assert "sealed: 1 rows not shown; in the figure they are 1 / 1" in result.stdout and "A2" not in result.stdout


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (("arrest", "--period", "2024"), 2, "no metric [arrest]; did you mean [arrests]?"),
        (("arrests", "--period", "May"), 2, "--period [May] is none; write a year (2024)"),
        (("arrests", "--period", "2024", "--breakdown", "race"), 1, "no --breakdown [race]"),
        (("arrests", "--period", "2024", "--out", "rows.txt"), 2, "must end in .csv or .xlsx"),
        (("arrests", "--period", "2024", "--as-of", "2024-06-01"), 1, "`stratpro run --as-of 2024-06-01`"),
    ],
)
def test_errors_are_one_line(office: Path, asked: tuple[str, ...], code: int, said: str) -> None:
    assert said in one_line(stratpro("explain", *asked, office=office), code=code)
