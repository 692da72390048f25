"""Two nights of a small office: decisions count and survive, changes are told, a night that stops loses nothing."""

from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.people import LinkageError
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages.link_decisions import pair_id

MARCH, APRIL = date(2024, 3, 31), date(2024, 4, 30)
TOML = """
[office]
name = "R"
timezone = "UTC"
crs = "EPSG:26986"
settle_seconds = 0
{people}
[extracts.police]
files = "police_*.csv"
extract_date = "filename"
[[extracts.police.feeds]]
table = "arrests"
key = "arrest_id"
columns = {{ arrest_id = "ID", arrest_date = "DAY", state_id = "SID", given_name = "FIRST", family_name = "LAST", \
birth_date = "BORN", sex = "SEX" }}
[extracts.court]
files = "court_*.csv"
extract_date = "filename"
[[extracts.court.feeds]]
table = "defendants"
key = "defendant_id"
columns = {{ defendant_id = "ID", case_id = "CASE", given_name = "FIRST", family_name = "LAST", birth_date = "BORN" }}
"""
POLICE = """ID,DAY,SID,FIRST,LAST,BORN,SEX
A1,2024-01-05,MA1234501,Zebulon,Quartzman,1990-05-17,male
A2,2024-01-06,,Marabel,Fenwickson,1985-03-04,female
A3,2024-01-07,,Nora,Undatedtest,,female
A4,2024-01-08,1111111,Unknown,Unknown,2031-01-01,
"""
COURT = """ID,CASE,FIRST,LAST,BORN
D1,C1,ZEBULON,QUARTZMAN,1990-05-17
D2,C2,Marabel,Fenwicksen,1985-03-04
D3,C3,Nora,Undatedtest,1987-07-07
"""


def deliver(folder: Path, day: date, *, people: str = "") -> Office:
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    (raw / f"police_{day}.csv").write_text(POLICE, encoding="utf-8")
    (raw / f"court_{day}.csv").write_text(COURT, encoding="utf-8")
    path = folder / "office.toml"
    path.write_text(TOML.format(people=people), encoding="utf-8")
    return load_office(path)


def night(office: Office, day: date) -> dict[str, int]:
    counts: dict[str, int] = stages.nightly(office, day, stages=(stages.build_core, stages.link))[1]["link"]
    return counts


def read(office: Office, query: str) -> list[tuple]:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        return connection.execute(query).fetchall()


def decide(office: Office, left: str, right: str, verdict: str, *, known_on: date) -> None:
    pair = [tuple(text.split("/")) for text in (left, right)]
    values = dict(zip(("left_table", "left_record", "right_table", "right_record"), (*pair[0], *pair[1]), strict=True))
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        desk.add(
            connection,
            model.table("desk.link_decisions"),
            why="told so",
            known_on=known_on,
            pair_id=pair_id(pair[0], pair[1]),
            verdict=verdict,
            **values,
        )


LINKS = "select record_id, person_id, confirmed_person_id, basis from core.person_records order by record_id"


@pytest.mark.slow
def test_a_night_joins_a_decision_wins_on_its_day_and_what_changed_is_told(tmp_path: Path):
    office = deliver(tmp_path, MARCH)
    assert night(office, MARCH) == {
        "records": 7,
        "people": 5,
        "by_identifier": 0,
        "by_reviewed": 0,
        "by_probabilistic": 4,
        "by_alone": 3,
        "unusable": 2,
        "pairs_to_review": 0,
    }
    first = read(office, LINKS)
    person = {record: ids for record, *ids in first}
    assert person["A1"][0] == person["D1"][0] and person["A1"][1] != person["D1"][1]
    assert read(office, "from meta.person_changes") == []
    problems = read(
        office, "select table_name, kind, column_name, rows from meta.problems where problem_id like 'link%'"
    )
    assert sorted(problems) == [
        ("arrests", "unusable_birth_date", "birth_date", 1),
        ("arrests", "unusable_name", "family_name", 1),
        ("arrests", "unusable_number", "state_id", 1),
    ]
    assert read(office, "select as_of, origin, labelled_pairs from meta.person_models") == [(MARCH, "shipped", 0)]

    decide(office, "arrests/A1", "defendants/D1", "different", known_on=APRIL)
    decide(office, "arrests/A3", "defendants/D3", "same", known_on=APRIL)
    assert night(office, MARCH)["by_reviewed"] == 0, "not known yet"
    assert read(office, LINKS) == first
    office = deliver(tmp_path, APRIL)
    assert night(office, APRIL)["by_reviewed"] == 2
    second = {record: ids for record, *ids in read(office, LINKS)}
    assert second["A1"][0] != second["D1"][0]
    assert second["A3"][:2] == second["D3"][:2]
    changes = read(office, "select as_of, person_id, change, other_person_id, records from meta.person_changes")
    assert set(changes) == {
        (APRIL, person["A1"][0], "split", second["D1"][0], 1),
        (APRIL, person["D3"][0], "merged", second["A3"][0], 1),
    }
    assert night(office, APRIL)["by_reviewed"] == 2
    assert {record: ids for record, *ids in read(office, LINKS)} == second
    assert len(read(office, "from meta.person_changes")) == 2, "a night run again tells nothing twice"
    # A past day goes by what was known then, and leaves the newest core alone.
    stages.nightly(office, MARCH, stages=(stages.build_core, stages.link))
    assert {record: ids for record, *ids in read(office, LINKS)} == second
    joined = (
        "select numerator from mart.linkage_quality where measure = 'linked_records' and breakdown = '' and as_of = "
    )
    assert read(office, joined + "'2024-03-31'") == [(4,)] and read(office, joined + "'2024-04-30'") == [(4,)]


@pytest.mark.slow
def test_people_beyond_belief_stop_the_night_and_the_links_of_the_one_before_stay(tmp_path: Path):
    office = deliver(tmp_path, MARCH)
    night(office, MARCH)
    before = read(office, LINKS)
    more = "".join(f"B{n},2024-02-0{n},MA1234501,Zebulon{n},Quartzman,1990-05-1{n},male\n" for n in range(1, 5))
    office = deliver(tmp_path, APRIL, people="[people]\nlargest_person = 3\n")
    path = tmp_path / "data" / "raw" / f"police_{APRIL}.csv"
    path.write_text(POLICE + more, encoding="utf-8")
    with pytest.raises(LinkageError, match="1 person is written in more than 3 ways") as stopped:
        night(office, APRIL)
    assert "Quartzman" not in str(stopped.value)
    assert read(office, LINKS) == before
