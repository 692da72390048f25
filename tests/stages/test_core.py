"""Linking as a stage: a row known with its parent dates from its parent's day."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from strategic_prosecution import model, stages, warehouse
from strategic_prosecution.extracts import ContractError
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages.queries import query

DAY = date(2024, 6, 30)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    return load_office(path)


def linked(office: Office, **rows: list[dict[str, object]]) -> dict[str, str]:
    """record -> person after the stage ran on a core with just these rows."""
    with warehouse.run(office, what="test") as run:
        with warehouse.open_records(office) as connection, warehouse.transaction(connection):
            for table in model.tables("core"):
                frame = pd.DataFrame(rows.get(table.name, []), columns=list(table.names))
                warehouse.replace(connection, table, frame.astype(object).where(frame.notna(), None))
            warehouse.set_state(connection, "core_run", run.run_id)
            warehouse.set_state(connection, "core_as_of", DAY.isoformat())
        stages.link(office, DAY)
        with warehouse.open_core(office, DAY) as connection:
            found = connection.execute("select record_table || '/' || record_id, person_id from core.person_records")
            return dict(found.fetchall())


def test_a_later_arrest_does_not_rename_a_victim_or_a_defendant(office: Office):
    earlier: dict[str, list[dict[str, object]]] = {
        "incidents": [{"incident_id": "i1", "occurred_date": date(2024, 1, 1), "reported_date": date(2024, 1, 2)}],
        "incident_people": [{"incident_person_id": "v1", "incident_id": "i1", "state_id": "MA11111A"}],
        "cases": [{"case_id": "c1", "filed_date": date(2024, 2, 1)}],
        "defendants": [{"defendant_id": "d1", "case_id": "c1", "state_id": "MA22222B"}],
    }
    before = linked(office, **earlier)
    assert len(set(before.values())) == 2
    arrests: list[dict[str, object]] = [
        {"arrest_id": f"a{number}", "arrest_date": date(2024, 5, 1), "state_id": number}
        for number in ("MA11111A", "MA22222B")
    ]
    after = linked(office, **earlier, arrests=arrests)
    assert {record: after[record] for record in before} == before
    assert after["arrests/aMA11111A"] == before["incident_people/v1"]
    assert after["arrests/aMA22222B"] == before["defendants/d1"]


def test_a_person_whose_parent_is_missing_is_linked_all_the_same(office: Office):
    orphan = {"incident_person_id": "v1", "incident_id": "gone", "source_person_id": "rms:1"}
    assert set(linked(office, incident_people=[orphan])) == {"incident_people/v1"}


def test_a_broken_roster_does_not_reach_the_desk(tmp_path: Path):
    """What is on the desk stays there, so a file too many of whose rows are set aside is stopped before."""
    path = tmp_path / "office.toml"
    path.write_text(
        """
[office]
name = "R"
timezone = "UTC"
crs = "EPSG:26986"
settle_seconds = 0
[extracts.roster]
files = "roster*.csv"
extract_date = "filename"
[[extracts.roster.feeds]]
table = "memberships"
key = "row"
columns = { group_id = "G", source_person_id = "P", known_on = "D" }
rules = [{ what = "no group", when = "G = 'BAD'", then = "set_aside" }]
""",
        encoding="utf-8",
    )
    office = load_office(path)
    office.raw_dir.mkdir(parents=True)
    good = "".join(f"g1,p{number},2024-01-01\n" for number in range(20))
    bad = "".join(f"BAD,q{number},2024-01-01\n" for number in range(100))
    file = office.raw_dir / "roster_2024-01-01.csv"
    file.write_text("G,P,D\n" + good + bad, encoding="utf-8")
    with warehouse.run(office, what="test"):
        with pytest.raises(ContractError, match=r"100 of 120 rows of \[memberships\] were set aside"):
            stages.land(office)
        with warehouse.open_records(office) as connection:
            assert connection.execute("select count(*) from desk.memberships").fetchone() == (0,)
        file.write_text("G,P,D\n" + good, encoding="utf-8")
        assert stages.land(office)["memberships_recorded"] == 20


def test_a_run_is_fresh_on_the_day_it_is_made(tmp_path: Path):
    """The newest extract is as old as the day says, whatever day the results are of."""
    path = tmp_path / "office.toml"
    path.write_text(
        """
[office]
name = "R"
timezone = "UTC"
crs = "EPSG:26986"
settle_seconds = 0
[extracts.police]
files = "police*.csv"
extract_date = "filename"
max_age_days = 3
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY" }
""",
        encoding="utf-8",
    )
    office = load_office(path)
    office.raw_dir.mkdir(parents=True)
    (office.raw_dir / "police_2024-06-30.csv").write_text("NO,DAY\n1,2024-06-01\n", encoding="utf-8")
    with pytest.raises(ContractError, match="4 days before 2024-07-04, more than max_age_days = 3"):
        stages.nightly(office, today=date(2024, 7, 4), stages=stages.CORE)
    day, _ = stages.nightly(office, today=date(2024, 7, 3), stages=stages.CORE)
    assert day == date(2024, 6, 30)
    # A day of the past is not asked how old its files are today.
    stages.nightly(office, date(2024, 6, 30), stages=stages.CORE)


def test_until_when_tables_are_complete(office: Office):
    """Unknown lag: not the newest file's own day. An extract that ended long ago delays nobody."""
    lags = pd.DataFrame(
        [
            ("rms", "incidents", 1, date(2024, 6, 30), 9, "arrival", date(2024, 6, 21)),
            ("legacy", "incidents", 1, date(2020, 1, 1), None, "unknown", None),
            ("jail", "custody", 1, date(2024, 6, 29), None, "unknown", None),
        ],
        columns=[name for name in model.table("mart.report_lags").names if name != "as_of"],
    )
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        warehouse.replace_as_of(connection, model.table("mart.report_lags"), DAY, lags.assign(as_of=DAY))
        rows = connection.execute(query("complete_through"), {"as_of": DAY}).fetchall()
    assert rows == [
        ("custody", date(2024, 6, 29), date(2024, 6, 28)),
        ("incidents", date(2024, 6, 30), date(2024, 6, 21)),
    ]
