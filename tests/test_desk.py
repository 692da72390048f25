"""The desk only grows: same content once, corrections as new events, and what was known by a day."""

import pwd
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.settings import Extract, Office, load_office

FEUDS = model.table("desk.feuds")
MEMBERSHIPS = model.table("desk.memberships")
OFFICE = Office(office={"name": "R", "timezone": "UTC", "crs": "EPSG:26986"}, path=Path("office.toml"), fingerprint="")
WHOLE = OFFICE.model_copy(update={"extracts": {"audit": Extract(files=("a",), feeds=(), holds="everything")}})
MARCH, APRIL, MAY, JUNE = date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31), date(2024, 6, 30)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[warehouse.Connection]:
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    with warehouse.open_trial(load_office(path)) as opened:
        yield opened


def deliver(
    connection: warehouse.Connection,
    *rows: dict[str, Any],
    made: date,
    load: str | None = None,
    table: model.Table = FEUDS,
) -> int:
    """An extract made on a day arrives with these rows; returns how many events were recorded."""
    load = load or f"load {made}"
    if connection.execute("select 1 from meta.loads where load_id = ?", [load]).fetchone() is None:
        connection.execute(
            "insert into meta.loads (load_id, extract, extract_date) values (?, 'audit', ?)", [load, made]
        )
    columns = [name for name in table.names if any(name in row for row in rows)]
    frame = pd.DataFrame(rows, columns=columns).assign(__load=load, __extract_date=made)
    connection.register("delivered", frame.assign(__row=range(2, len(rows) + 2)))
    return desk.record(connection, table, source="delivered", columns=columns, why=f"imported {load}")


def feud(other: str, **more: Any) -> dict[str, Any]:
    return {"feud_id": "F1", "group_id": "G1", "other_group_id": other, **more}


def everything(connection: warehouse.Connection, table: model.Table = FEUDS) -> list[tuple[Any, ...]]:
    return connection.execute(f"from desk.{table.name} order by event_id").fetchall()


def other_group(connection: warehouse.Connection, as_of: date) -> list[str]:
    return desk.current(connection, OFFICE, FEUDS, as_of=as_of)["other_group_id"].tolist()


def test_an_event_says_who_when_why_and_where_it_comes_from(connection: warehouse.Connection):
    assert deliver(connection, feud("G2"), feud("G3", feud_id="F2"), made=MARCH) == 2
    rows = connection.execute("from desk.feuds order by feud_id").df()
    assert rows["why"].tolist() == ["imported load 2024-03-31"] * 2
    assert rows["recorded_by"].str.len().gt(0).all() and rows["recorded_at"].notna().all()
    assert rows["source_load"].tolist() == ["load 2024-03-31"] * 2 and rows["source_row"].tolist() == [2, 3]
    assert rows["event_id"].is_unique


@pytest.mark.parametrize("stated", [{"known_on": date(2024, 2, 1)}, {"known_on": None}, {}])
def test_the_same_content_of_a_file_is_recorded_once_and_known_since_the_first_file(
    connection: warehouse.Connection, stated: dict[str, Any]
):
    row = feud("G2", **stated)
    assert deliver(connection, row, made=MARCH) == 1
    before = everything(connection)
    assert deliver(connection, row, made=MARCH) == 0
    assert everything(connection) == before
    assert deliver(connection, row, made=APRIL) == 1, "a later file says it again"
    known = desk.current(connection, OFFICE, FEUDS, as_of=JUNE)["known_on"].tolist()
    assert known == [pd.Timestamp(stated.get("known_on") or MARCH)]


def test_a_later_file_does_not_speak_on_an_earlier_day(connection: warehouse.Connection):
    known = {"known_on": date(2024, 2, 1)}
    deliver(connection, feud("G2", **known), made=MARCH)
    deliver(connection, feud("G3", **known), made=MAY)
    assert other_group(connection, APRIL) == ["G2"]
    assert other_group(connection, MAY) == ["G3"]
    assert other_group(connection, date(2024, 2, 15)) == ["G2"], "before the first file, the first speaks"


def test_what_is_missing_from_a_whole_extract_is_withdrawn_that_night(connection: warehouse.Connection):
    deliver(connection, feud("G2"), feud("G3", feud_id="F2"), made=MARCH)
    deliver(connection, feud("G2"), made=APRIL)
    assert desk.current(connection, WHOLE, FEUDS, as_of=MARCH)["feud_id"].tolist() == ["F1", "F2"]
    assert desk.current(connection, WHOLE, FEUDS, as_of=APRIL)["feud_id"].tolist() == ["F1"]
    assert desk.current(connection, OFFICE, FEUDS, as_of=APRIL)["feud_id"].tolist() == ["F1", "F2"]


def test_what_a_person_entered_is_withdrawn_by_no_extract(connection: warehouse.Connection):
    desk.add(connection, FEUDS, why="told so", known_on=APRIL, feud_id="F2", group_id="G1", other_group_id="G4")
    deliver(connection, feud("G2"), made=MAY)
    assert desk.current(connection, WHOLE, FEUDS, as_of=MAY)["feud_id"].tolist() == ["F1", "F2"]


def test_a_correction_is_a_new_event_and_changes_no_old_one(connection: warehouse.Connection):
    deliver(connection, feud("G2"), made=MARCH)
    before = everything(connection)
    assert deliver(connection, feud("G3"), made=APRIL) == 1
    assert set(before) < set(everything(connection)) and len(everything(connection)) == 2
    assert other_group(connection, MAY) == ["G3"]
    assert other_group(connection, MARCH) == ["G2"], "what was known then"


def test_a_correction_taken_back_counts_again(connection: warehouse.Connection):
    known = {"known_on": date(2024, 2, 1)}
    for other, made in (("G2", MARCH), ("G3", APRIL), ("G2", MAY)):
        assert deliver(connection, feud(other, **known), made=made) == 1
    assert len(everything(connection)) == 3
    assert other_group(connection, JUNE) == ["G2"]


def test_only_what_was_known_by_the_day_is_seen(connection: warehouse.Connection):
    deliver(connection, feud("G2", known_on=date(2024, 5, 1)), made=MAY)
    assert other_group(connection, APRIL) == []
    assert other_group(connection, date(2024, 5, 1)) == ["G2"]


def test_a_corrected_day_of_knowledge_counts(connection: warehouse.Connection):
    deliver(connection, feud("G2", known_on=date(2024, 3, 1)), made=MARCH)
    assert deliver(connection, feud("G2", known_on=date(2024, 3, 9)), made=APRIL) == 1
    assert desk.current(connection, OFFICE, FEUDS, as_of=MAY)["known_on"].tolist() == [pd.Timestamp(2024, 3, 9)]


def test_the_newest_extract_speaks_last_whatever_order_they_arrive_in(connection: warehouse.Connection):
    known = {"known_on": date(2024, 2, 1)}
    deliver(connection, feud("G3", **known), made=MAY)
    deliver(connection, feud("G2", **known), made=MARCH)
    assert other_group(connection, JUNE) == ["G3"]


def test_an_extract_read_again_with_other_settings_speaks_anew(connection: warehouse.Connection):
    deliver(connection, feud("G2"), made=MARCH)
    for other in ("g-two", "Group 2", "G-2"):
        assert deliver(connection, feud(other), made=MARCH) == 1
        assert other_group(connection, JUNE) == [other]


def test_each_key_has_one_current_row_in_key_order(connection: warehouse.Connection):
    deliver(connection, *(feud("G2", feud_id=f"F{number}") for number in (3, 1, 2)), made=MARCH)
    deliver(connection, feud("G9", feud_id="F2"), made=APRIL)
    rows = desk.current(connection, OFFICE, FEUDS, as_of=JUNE)
    assert rows["feud_id"].tolist() == ["F1", "F2", "F3"]
    assert rows["other_group_id"].tolist() == ["G2", "G9", "G2"]


def test_a_row_without_a_required_value_is_no_event(connection: warehouse.Connection):
    assert deliver(connection, feud("G2", feud_id=None), feud("G2", feud_id="F2"), made=MARCH) == 1
    assert [row[FEUDS.names.index("feud_id")] for row in everything(connection)] == ["F2"]


@pytest.mark.parametrize(
    ("column", "corrected"),
    [
        ("source_person_id", "rms:2"),
        ("state_id", "MA2"),
        ("criterion", "court_finding"),
        ("contest_outcome", "removed"),
        ("last_fact_date", date(2024, 2, 2)),
        ("approver", None),
    ],
)
def test_any_corrected_column_of_a_membership_is_news(connection: warehouse.Connection, column: str, corrected: object):
    row = {
        "membership_id": "M1",
        "group_id": "G1",
        "source_person_id": "rms:1",
        "state_id": "MA1",
        "criterion": "self_admission",
        "contest_outcome": "upheld",
        "last_fact_date": date(2024, 1, 1),
        "approver": "sergeant",
        "known_on": date(2024, 1, 2),
    }
    assert deliver(connection, row, made=MARCH, table=MEMBERSHIPS) == 1
    assert deliver(connection, row | {column: corrected}, made=APRIL, table=MEMBERSHIPS) == 1
    rows = desk.current(connection, OFFICE, MEMBERSHIPS, as_of=MAY)
    expected = pd.Series([corrected], dtype=rows[column].dtype)
    assert rows[column].equals(expected)


def test_a_failed_recording_records_nothing(connection: warehouse.Connection):
    deliver(connection, feud("G2"), made=MARCH)
    before = everything(connection)
    with pytest.raises(Exception, match="Conversion"):
        deliver(connection, feud("G3"), feud("G4", feud_id="F2", ended_on="not a day"), made=APRIL)
    assert everything(connection) == before


# ----------------------------------------------------------------------------------------------- what people enter


def test_what_a_person_enters_says_who_when_why_and_the_rest_is_null(connection: warehouse.Connection):
    before = datetime.now(UTC).replace(tzinfo=None)
    event_id = desk.add(connection, FEUDS, why="told at the meeting", known_on=MARCH, **feud("G2"))
    (row,) = connection.execute("from desk.feuds").df().to_dict("records")
    assert row["event_id"] == event_id
    assert before <= row["recorded_at"] <= datetime.now(UTC).replace(tzinfo=None)
    assert row["recorded_by"] == subprocess.check_output(["id", "-un"], text=True).strip()
    assert (row["why"], row["known_on"], row["other_group_id"]) == ("told at the meeting", pd.Timestamp(MARCH), "G2")
    assert all(pd.isna(row[name]) for name in ("source", "ended_on", "source_load", "source_row"))


def test_who_is_the_login_of_the_process_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "zebulon.quartzman")
    assert desk.login() == subprocess.check_output(["id", "-un"], text=True).strip() != "zebulon.quartzman"

    def nobody(uid: int) -> object:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert desk.login() == f"uid {subprocess.check_output(['id', '-u'], text=True).strip()}"


def test_the_same_entered_twice_is_two_events_and_the_later_is_the_newest(connection: warehouse.Connection):
    entered = [
        desk.add(connection, FEUDS, why="told", known_on=MARCH, **feud(other, feud_id=key))
        for other, key in (("G2", "F2"), ("G2", "F1"), ("G3", "F1"), ("G3", "F1"), ("G2", "F1"))
    ]
    assert len(set(entered)) == len(everything(connection)) == 5
    rows = desk.newest(connection, FEUDS)
    assert rows["feud_id"].tolist() == ["F1", "F2"]
    assert rows["event_id"].tolist() == [entered[4], entered[0]]


def test_events_of_one_moment_count_in_the_order_they_were_entered(connection: warehouse.Connection):
    for other in ("G2", "G9", "G4"):
        desk.add(connection, FEUDS, why="told", known_on=MARCH, **feud(other))
    connection.execute("update desk.feuds set recorded_at = timestamp '2024-04-01 12:00:00'")
    assert desk.newest(connection, FEUDS)["other_group_id"].tolist() == ["G4"]


def test_a_new_id_is_random_and_says_nothing():
    made = {desk.new_id("order") for _ in range(1000)}
    assert len(made) == 1000 and all(re.fullmatch(r"order_[0-9a-f]{16}", name) for name in made)


# The only modules that may change or remove what stands on the desk: a court's order outranks the record of it, and a
# migration writes the same events in another shape. What desk.state holds is no event.
MAY_REMOVE = ("stages/expungement.py", "stages/orders.py", "warehouse/migrations/005_desk.sql")
CHANGES = re.compile(
    r"\b(?:update|delete\s+from|truncate(?:\s+table)?|(?:drop|alter)\s+table(?:\s+if\s+exists)?|create\s+or\s+replace"
    r"\s+table|merge\s+into)\s+(?:desk_file\.)?desk\.(?!state\b)",
    re.IGNORECASE,
)


def test_no_code_changes_or_removes_an_event_save_what_carries_out_orders():
    package = Path(desk.__file__).parent
    sources = [path for path in sorted(package.rglob("*")) if path.suffix in (".py", ".sql")]
    found = {str(path.relative_to(package)) for path in sources if CHANGES.search(path.read_text(encoding="utf-8"))}
    assert found == set(MAY_REMOVE)
