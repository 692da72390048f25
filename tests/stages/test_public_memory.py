"""What one publication said, the next remembers: small changes are held back, and what was hidden stays hidden."""

import csv
import importlib
from datetime import date

import duckdb
import pytest

from strategic_prosecution import stages, warehouse
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.settings import Office, load_office

OFFICE = """
[office]
name = "Small"
timezone = "America/New_York"
crs = "EPSG:26986"
raw_dir = "raw"
processed_dir = "processed"
settle_seconds = 0

[extracts.cases]
files = "cases_*.csv"
extract_date = "filename"
holds = "everything"
max_withdrawn_share = 1.0
[[extracts.cases.feeds]]
table = "cases"
key = "case_id"
[extracts.cases.feeds.columns]
case_id = "NO"
filed_date = "FILED"
offense_category = "OFFENSE"
"""
FIRST, SECOND = date(2024, 9, 30), date(2024, 10, 31)
# (month of 2024, offense) -> cases filed in it. March is not whole: the data begin within it.
Filed = dict[tuple[int, str], int]
FILED: Filed = {
    (3, "theft"): 40,
    (4, "theft"): 40,
    (5, "arson"): 3,
    (6, "theft"): 60,
    (7, "theft"): 50,
    (8, "theft"): 45,
    (9, "theft"): 20,
}
# Three cases of arson, one theft of July and fifteen of August are withdrawn; October is new.
FILED_LATER = {**FILED, (5, "arson"): 0, (7, "theft"): 49, (8, "theft"): 30, (10, "theft"): 20}
# (period, month it starts in, offense) -> cases, null where hidden, EMPTY where withdrawn and not hidden
EMPTY = -1
Said = dict[tuple[str, int, str], int | None]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, Said, Said]:
    """An office after two publications of one metric, and what each said."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "raw").mkdir()
    (folder / "office.toml").write_text(OFFICE, encoding="utf-8")
    office = load_office(folder / "office.toml")
    said = []
    for day, filed in ((FIRST, FILED), (SECOND, FILED_LATER)):
        _publish(office, day, filed)
        said.append(_said(office))
    return office, said[0], said[1]


def _publish(office: Office, day: date, filed: Filed) -> None:
    """A night of one metric, without its pages: they take longer than the rest."""
    with (office.raw_dir / f"cases_{day}.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["NO", "FILED", "OFFENSE"])
        for (month, offense), cases in filed.items():
            rows.writerows([f"{month}-{number}", f"2024-{month:02}-15", offense] for number in range(cases))
    computing = importlib.import_module("strategic_prosecution.stages.metrics")
    publishing = importlib.import_module("strategic_prosecution.stages.publish")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computing, "METRICS", [metric for metric in METRICS if metric.name == "cases_filed"])
        patch.setattr(publishing, "render_report", lambda *given, **named: "")
        stages.nightly(office, stages=(stages.build_core, computing.metrics, stages.publish))


def _rows(office: Office, sql: str) -> list[tuple]:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        return connection.execute(sql).fetchall()


def _said(office: Office) -> Said:
    path = office.processed_dir / "public" / "office.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select period, month(period_start), segment, numerator, suppressed from metrics "
            "where breakdown in ('', 'offense_category')"
        ).fetchall()
    return {
        (period, start, segment): EMPTY if numerator is None and not is_hidden else numerator
        for period, start, segment, numerator, is_hidden in rows
    }


def test_the_first_publication_hides_the_small_month_and_one_more(nights: tuple[Office, Said, Said]) -> None:
    _, first, _ = nights
    assert first == {
        ("month", 4, ""): None, ("month", 5, ""): None, ("month", 6, ""): 60, ("month", 7, ""): 50,
        ("month", 8, ""): 45, ("quarter", 4, ""): 103, ("quarter", 4, "arson"): None, ("quarter", 4, "theft"): None,
    }  # fmt: skip


def test_a_small_change_of_what_was_said_is_held_back(nights: tuple[Office, Said, Said]) -> None:
    office, first, second = nights
    truth = _rows(
        office,
        f"select period, month(period_start), numerator from mart.metrics where as_of = '{SECOND}' "
        "and breakdown = '' and complete and month(period_start) in (4, 7) order by all",
    )
    assert truth == [("month", 4, 40), ("month", 7, 49), ("quarter", 4, 100), ("quarter", 7, 99)]
    for cell in (("month", 7, ""), ("quarter", 4, "")):
        assert second[cell] == first[cell], cell


def test_a_change_that_is_large_enough_is_told(nights: tuple[Office, Said, Said]) -> None:
    _, _, second = nights
    assert second["month", 8, ""] == 30


def test_what_was_hidden_stays_hidden_though_nobody_is_left_to_protect(nights: tuple[Office, Said, Said]) -> None:
    _, first, second = nights
    hidden = {cell for cell, cases in first.items() if cases is None}
    # Arson has no row of its own any more: all its cases were withdrawn.
    assert hidden == {("month", 4, ""), ("month", 5, ""), ("quarter", 4, "arson"), ("quarter", 4, "theft")}
    assert {cell: second[cell] for cell in hidden} == dict.fromkeys(hidden)


def test_a_new_quarter_does_not_tell_the_change_its_month_held_back(nights: tuple[Office, Said, Said]) -> None:
    _, _, second = nights
    # 99 less 30 and 20 would be the 49 of July, which says 50.
    assert None in [second["quarter", 7, ""], second["month", 9, ""]]


def test_each_cell_is_remembered_as_it_was_last_said(nights: tuple[Office, Said, Said]) -> None:
    office, _, second = nights
    remembered = _rows(
        office,
        "select period, month(period_start), segment, numerator, suppressed, said_on from meta.public_cells "
        "where breakdown in ('', 'offense_category')",
    )
    assert {(period, start, segment): cases for period, start, segment, cases, *_ in remembered} == second
    assert {is_hidden == (cases is None) for *_, cases, is_hidden, _ in remembered} == {True}
    assert {str(said_on)[:10] for *_, said_on in remembered} == {str(SECOND)}
