"""Every published figure comes apart into rows of files that add up to it, and that are where they are said to be."""

import csv
import io
import shutil
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from strategic_prosecution import stages, warehouse
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages.explain import (
    COUNTED,
    RESIDENTS,
    Explained,
    ExplainError,
    explain,
    explain_cell,
    find_cell,
    period_of,
    tells_attendance,
)
from strategic_prosecution.stages.metrics import metrics
from strategic_prosecution.warehouse import Connection
from tests.stages.conftest import LAST_DAY, RunCounty
from tests.stages.test_small_office import office

BY_NAME = {metric.name: metric for metric in METRICS}
WITHHELD = {"callin_attendance_rate", "groups_represented_share"}
# Of each metric and breakdown the largest segment, and the newest of its periods: a month where the name of the
# breakdown has an even number of letters, so that both kinds are asked for, else a year.
CELLS = """
    select metric, period, period_start, breakdown, segment
    from mart.metrics
    where numerator + coalesce(denominator, 0) > 0 and as_of = ?
      and (breakdown = '' or period = if(length(breakdown) % 2 = 0, 'month', 'year')) and period <> 'quarter'
    qualify row_number() over (
        partition by metric, period, breakdown
        order by segment like '%unknown%', numerator + coalesce(denominator, 0) desc, period_start desc, segment
    ) = 1
    order by all
"""


@pytest.fixture(scope="module")
def records(small_county: RunCounty) -> Iterator[Connection]:
    with stages.holding(small_county.office, what="test"), warehouse.open_records(small_county.office) as connection:
        yield connection


def test_who_came_to_a_call_in_is_told_of_nobody() -> None:
    assert {name for name, metric in BY_NAME.items() if tells_attendance(metric)} == WITHHELD


@pytest.mark.slow
def test_the_county_shows_most_metrics_and_every_statistic(records: Connection) -> None:
    cells = records.execute(f"select distinct metric from ({CELLS})", [LAST_DAY]).fetchall()
    shown = {name for (name,) in cells}
    with_rows = records.execute(
        "select distinct metric from mart.metrics where numerator + coalesce(denominator, 0) > 0"
    )
    assert shown == {name for (name,) in with_rows.fetchall()}
    assert len(shown) > 0.8 * len(METRICS)
    assert {BY_NAME[name].statistic for name in shown} == {metric.statistic for metric in METRICS}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_the_rows_add_up_to_what_is_published_and_are_where_they_are_said_to_be(
    small_county: RunCounty, records: Connection, name: str
) -> None:
    cells = records.execute(f"select * exclude (metric) from ({CELLS}) where metric = ?", [LAST_DAY, name]).fetchall()
    for period, start, breakdown, segment in cells:
        cell = find_cell(records, BY_NAME[name], period, start, breakdown=breakdown, segment=segment, as_of=None)
        found = explain_cell(records, small_county.office, cell)
        _adds_up(found)
        _is_in_the_files(found, small_county.county.raw_dir)


def _adds_up(found: Explained) -> None:
    cell = found.cell
    where = (cell.period, cell.period_start, cell.breakdown, cell.segment)
    assert (found.numerator, found.denominator) == (cell.numerator, cell.denominator), where
    assert found.agrees and found.hidden == 0
    if found.is_withheld:
        assert found.rows.empty and cell.metric.name in WITHHELD, where
        return
    assert found.rows["numerator"].sum() == cell.numerator, where
    assert found.rows["denominator"].sum() == (cell.denominator or 0), where
    counted = found.rows[found.rows["role"] == COUNTED]
    assert counted["fact"].nunique() == found.facts, where
    assert not counted["table"].isna().any(), f"{where}: facts rest on no row; the query names no records"
    assert "create or replace temp table" in found.sql or cell.metric.name in found.sql


def _is_in_the_files(found: Explained, raw_dir: Path) -> None:
    rows = found.rows[found.rows["role"] != RESIDENTS].dropna(subset="table").drop_duplicates(["table", "key"])
    assert not rows[["file", "line"]].isna().any(axis=None)
    for row in rows.itertuples():
        record = _records(raw_dir / row.file)[row.line - 1]
        # A key may be written in two columns: a case and the number of its charge.
        assert row.key in record or set(row.key.split("/")) <= set(record), (row.table, row.file, row.line)


@cache
def _records(path: Path) -> list[list[str]]:
    """The records of a file as a spreadsheet numbers them: one over two lines of text is one."""
    text = path.read_text(encoding="utf-8", errors="replace")
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;|\t", key=header.count))
    return [[cell.strip() for cell in record] for record in reader]


ARRESTS = """
[extracts.log]
files = "log_*.csv"
extract_date = "filename"
holds = "everything"
[[extracts.log.feeds]]
table = "arrests"
key = "arrest_id"
columns = { arrest_id = "NO", arrest_date = "DAY", state_id = "SID", severity = "SEVERITY", race_ethnicity = "RACE" }
"""
JANUARY, FEBRUARY = date(2024, 1, 31), date(2024, 2, 29)
HEAD = "NO,DAY,SID,SEVERITY,RACE\n"
TWO = HEAD + "a1,2024-01-02,MA100001,felony,black\na2,2024-01-03,MA100002,misdemeanor,white\n"
THREE = TWO + "a3,2024-01-30,MA100003,misdemeanor,black\n"


# What a figure needs of a night.
MEASURED = (*stages.CORE, metrics)


def two_extracts(folder: Path, *, night: tuple[stages.Stage, ...]) -> Office:
    """An office with arrests of two extracts: in February it learned of one more in January."""
    settings = office(folder, ARRESTS)
    (folder / "log_2024-01-31.csv").write_text(TWO)
    stages.nightly(settings, stages=night)
    (folder / "log_2024-02-29.csv").write_text(THREE)
    stages.nightly(settings, stages=night)
    return settings


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_extracts(tmp_path_factory.mktemp("measured"), night=MEASURED).path.parent


@pytest.fixture
def arrests(measured: Path, tmp_path: Path) -> Office:
    shutil.copytree(measured, tmp_path / "office", symlinks=True)
    return load_office(tmp_path / "office" / "office.toml")


def taken_apart(settings: Office, name: str, **asked: object) -> Explained:
    with stages.holding(settings, what="test"):
        return explain(settings, name, **asked)


def rows(found: Explained) -> list[tuple[object, ...]]:
    """(what it adds to numerator and denominator, key, file, line) of each row."""
    listed = found.rows[["numerator", "denominator", "key", "file", "line"]].astype(object)
    return list(listed.where(listed.notna(), None).itertuples(index=False, name=None))


def test_rows_say_what_they_count_in_and_where_they_are(arrests: Office) -> None:
    found = taken_apart(arrests, "low_level_arrest_share", period="2024-01")
    assert rows(found) == [
        (0, 1, "a1", "log_2024-01-31.csv", 2),
        (1, 1, "a2", "log_2024-01-31.csv", 3),
        (1, 1, "a3", "log_2024-02-29.csv", 4),
    ]
    assert (found.cell.numerator, found.cell.denominator, found.cell.as_of) == (2, 3, FEBRUARY) and found.agrees
    black = taken_apart(arrests, "arrests", period="2024-Q1", breakdown="race_ethnicity", segment="black")
    assert [(row[0], row[2]) for row in rows(black)] == [(1, "a1"), (1, "a3")] and black.agrees


def test_a_past_day_has_the_figure_it_had(arrests: Office) -> None:
    with warehouse.run(arrests, what="test"), warehouse.open_records(arrests) as connection:
        known = {
            day: find_cell(connection, BY_NAME["arrests"], *period_of("2024"), breakdown="", segment="", as_of=day)
            for day in (None, JANUARY)
        }
    assert {day: (cell.as_of, cell.numerator) for day, cell in known.items()} == {
        None: (FEBRUARY, 3),
        JANUARY: (JANUARY, 2),
    }


@pytest.mark.slow
def test_a_past_day_is_taken_apart_as_it_was_if_it_still_can_be(tmp_path: Path) -> None:
    settings = two_extracts(tmp_path, night=stages.NIGHTLY)
    found = taken_apart(settings, "arrests", period="2024", as_of=JANUARY)
    assert [row[2] for row in rows(found)] == ["a1", "a2"]
    assert found.cell.numerator == 2 and found.agrees
    assert taken_apart(settings, "arrests", period="2024").cell.numerator == 3, "core is that of the newest day again"
    settings.path.write_text(settings.path.read_text().replace('"Small"', '"Smaller"'), encoding="utf-8")
    with pytest.raises(ExplainError, match="run --as-of 2024-01-31"):
        taken_apart(load_office(settings.path), "arrests", period="2024", as_of=JANUARY)


def test_a_figure_that_its_rows_do_not_make_is_told(arrests: Office) -> None:
    with warehouse.run(arrests, what="test"), warehouse.open_records(arrests) as connection:
        connection.execute("delete from core.arrests where arrest_id = 'a1'")
    found = taken_apart(arrests, "low_level_arrest_share", period="2024-01")
    assert not found.agrees
    assert (found.numerator, found.denominator, found.cell.denominator) == (2, 2, 3)


SEALED_LAST_NIGHT = "insert into core.sealed_records values ('arrests', 'a2')"
SEALED_SINCE = """
    insert into desk.orders (event_id, order_id, kind, status, recorded_at, known_on)
    values ('e1', 'o1', 'seal', 'in_force', '2024-03-01', '2024-03-01');
    insert into desk.order_records values ('o1', 'arrests', 'mark', 'a2');
"""


@pytest.mark.parametrize("order", [SEALED_LAST_NIGHT, SEALED_SINCE], ids=["last night", "since"])
def test_sealed_rows_are_counted_and_not_shown(arrests: Office, order: str) -> None:
    with warehouse.run(arrests, what="test"), warehouse.open_records(arrests) as connection:
        connection.execute(order)
        cell = find_cell(
            connection, BY_NAME["low_level_arrest_share"], *period_of("2024-01"), breakdown="", segment="", as_of=None
        )
        found = explain_cell(connection, arrests, cell)
    assert [row[2] for row in rows(found)] == ["a1", "a3"]
    assert "a2" not in found.rows.to_csv() and found.agrees
    assert (found.hidden, found.hidden_facts, found.hidden_numerator, found.hidden_denominator) == (1, 1, 1, 1)


CASES = """
[extracts.matters]
files = "matters_*.csv"
extract_date = "filename"
[[extracts.matters.feeds]]
table = "cases"
key = "case_id"
columns = { case_id = "NO", filed_date = "FILED", disposition = "'dismissed'", disposition_date = "FILED" }
[[extracts.matters.feeds]]
table = "defendants"
key = "defendant_id"
columns = { defendant_id = "WHO", case_id = "NO", race_ethnicity = "'white'" }
"""


def test_a_case_with_a_sealed_defendant_is_closed_whole(tmp_path: Path) -> None:
    settings = office(tmp_path, CASES)
    (tmp_path / "matters_2024-01-31.csv").write_text("NO,WHO,FILED\nc1,d1,2024-01-02\nc2,d2,2024-01-03\n")
    stages.nightly(settings, stages=MEASURED)
    before = taken_apart(settings, "cases_filed", period="2024-01")
    assert before.rows["role"].tolist() == [COUNTED, "same case", COUNTED, "same case"]
    assert [(row[0], row[2]) for row in rows(before)] == [(1, "c1"), (None, "d1"), (1, "c2"), (None, "d2")]
    with warehouse.run(settings, what="test"), warehouse.open_records(settings) as connection:
        connection.execute("insert into core.sealed_records values ('defendants', 'd2')")
    after = taken_apart(settings, "cases_filed", period="2024-01")
    assert list(after.rows["key"]) == ["c1", "d1"] and after.agrees
    assert (after.hidden, after.hidden_facts, after.hidden_numerator) == (2, 1, 1)


def test_the_audit_log_knows_of_it_first_and_of_nobody(arrests: Office) -> None:
    taken_apart(arrests, "arrests", period="2024-Q1", breakdown="race_ethnicity", segment="black")
    [entry] = [entry for entry in audit.entries(arrests) if entry["what"] == "explained"]
    assert audit.facts(entry) == {
        "metric": "metric.arrests",
        "as_of": "2024-02-29",
        "period": "quarter",
        "period_start": "2024-01-01",
        "numerator": 2,
        "denominator": None,
    }


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("arrest", {"period": "2024"}, r"no metric \[arrest\]; did you mean \[arrests\]"),
        ("arrests", {"period": "2024-13"}, "write a year"),
        ("arrests", {"period": "2019"}, "has no year of 2019-01-01"),
        ("arrests", {"period": "2024", "breakdown": "race"}, r"no --breakdown \[race\]; it has .*\[race_ethnicity\]"),
        (
            "arrests",
            {"period": "2024", "breakdown": "race_ethnicity", "segment": "asian"},
            r"no such --segment of \[race_ethnicity\]; it has black, white",
        ),
        ("arrests", {"period": "2024", "as_of": date(2024, 2, 1)}, r"nothing is computed as of \[2024-02-01\]"),
        ("dismissal_rate", {"period": "2024"}, "not available here"),
    ],
)
def test_what_there_is_not_is_said(arrests: Office, name: str, asked: dict[str, object], said: str) -> None:
    with pytest.raises((SettingsError, ExplainError), match=said):
        taken_apart(arrests, name, **asked)


@pytest.mark.parametrize(
    ("text", "period", "start"),
    [("2024", "year", (2024, 1)), ("2024-Q4", "quarter", (2024, 10)), ("2024-03", "month", (2024, 3))],
)
def test_periods_are_written_in_three_ways(text: str, period: str, start: tuple[int, int]) -> None:
    assert period_of(text) == (period, date(*start, 1))
