"""Linking as a stage: a row known with its parent dates from its parent's day."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from strategic_prosecution import model, stages, warehouse
from strategic_prosecution.settings import Office, load_office

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
