"""What the desk says goes into core: of a day, beside what extracts say, and into the metrics."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.metrics import METRICS, compute
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages import desk_entries

FIRST, SECOND, LAST = date(2024, 1, 10), date(2024, 1, 20), date(2024, 1, 31)
OFFICE = """
[office]
name = "Small"
timezone = "UTC"
crs = "EPSG:26986"
raw_dir = "raw"
processed_dir = "processed"
settle_seconds = 0

[extracts.log]
files = "log_*.csv"
extract_date = "filename"
[[extracts.log.feeds]]
table = "shootings"
key = "shooting_id"
[extracts.log.feeds.columns]
shooting_id = "NO"
incident_id = "INC"
occurred_date = "DAY"
intent = "'criminal'"
motive = "MOTIVE"
group_victim = "VG"
group_victim_status = "VS"
group_suspect = "SG"
group_suspect_status = "SS"
review_date = "REVIEWED"

[extracts.meetings]
files = "meetings_*.csv"
extract_date = "filename"
[[extracts.meetings.feeds]]
table = "commitments"
key = "commitment_id"
columns = { commitment_id = "NO", made_date = "MADE", owner_role = "ROLE", due_date = "DUE" }
"""
LOG = """NO,INC,DAY,MOTIVE,VG,VS,SG,SS,REVIEWED
S1,I-1,2024-01-02,,,,,,
S2,I-1,2024-01-02,,,,,,
S3,I-2,2024-01-03,robbery,G9,confirmed,,no,2024-01-15
S4,I-3,2024-01-04,,,,,,
"""
MEETINGS = "NO,MADE,ROLE,DUE\nC1,2024-01-03,chief,2024-01-12\nC2,2024-01-03,chief,2024-01-12\n"


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landed")
    (folder / "office.toml").write_text(OFFICE, encoding="utf-8")
    (folder / "raw").mkdir()
    (folder / "raw" / "log_2024-01-31.csv").write_text(LOG, encoding="utf-8")
    (folder / "raw" / "meetings_2024-01-31.csv").write_text(MEETINGS, encoding="utf-8")
    office = load_office(folder / "office.toml")
    with warehouse.run(office, what="test"):
        stages.land(office)
    return folder


@pytest.fixture
def office(landed: Path, tmp_path: Path) -> Office:
    shutil.copytree(landed, tmp_path / "office")
    return load_office(tmp_path / "office" / "office.toml")


def say(office: Office, table: str, known_on: date, **values: object) -> None:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        desk.add(connection, model.table(f"desk.{table}"), why="said at the meeting", known_on=known_on, **values)


def review(office: Office, incident: str, side: str, known_on: date, **values: object) -> None:
    key = f"{incident}/{side}"
    say(office, "incident_reviews", known_on, review_id=key, incident_id=incident, side=side, **values)


def core(office: Office, sql: str, as_of: date = LAST) -> list[tuple]:
    """Build core as of a day, and read it."""
    with warehouse.run(office, what="test"):
        stages.build_core(office, as_of)
        with warehouse.open_records(office, as_of) as connection:
            return connection.execute(sql).fetchall()


def measured(office: Office, *names: str) -> dict[str, tuple[int, int]]:
    """Build core as of the last day, and sum what its years say of metrics: numerator, denominator."""
    metrics = [metric for metric in METRICS if metric.name in names]
    with warehouse.run(office, what="test"):
        stages.build_core(office, LAST)
        with warehouse.open_records(office, LAST) as connection:
            rows = compute(
                connection, metrics=metrics, as_of=LAST, layer=None, missing_tables=(), reconstructed_tables=()
            )
    sums = rows[(rows["period"] == "year") & (rows["breakdown"] == "")].groupby("metric")[["numerator", "denominator"]]
    return {str(name): tuple(row) for name, *row in sums.sum().itertuples()}


SIDES = (
    "select shooting_id, group_victim, group_victim_status, group_suspect, group_suspect_status, review_date, motive "
    "from core.shootings where incident_id = '{}' order by shooting_id"
)


def test_a_review_stands_on_every_victim_of_its_incident_and_the_newest_of_a_side_counts(office: Office):
    review(office, "I-1", "suspect", FIRST, group_id="G1", status="suspected", motive="dispute")
    review(office, "I-1", "victim", FIRST, status="no", motive="dispute")
    review(office, "I-1", "suspect", SECOND, group_id="G2", status="confirmed", motive="retaliation")
    told = (None, "no", "G2", "confirmed", SECOND, "retaliation")
    assert core(office, SIDES.format("I-1")) == [("S1", *told), ("S2", *told)]
    assert core(office, SIDES.format("I-3")) == [("S4", None, None, None, None, None, None)]


@pytest.mark.slow
def test_a_past_day_hears_what_was_known_then(office: Office):
    review(office, "I-1", "suspect", FIRST, group_id="G1", status="suspected")
    review(office, "I-1", "suspect", SECOND, group_id="G2", status="confirmed")
    say(office, "commitment_entries", SECOND, commitment_id="C9", made_date=SECOND, owner_role="chief")
    core(office, "select 1")
    before = core(office, SIDES.format("I-1"), date(2024, 1, 9))
    assert [row[3:6] for row in before] == [(None, None, None)] * 2
    between = core(office, SIDES.format("I-1"), date(2024, 1, 19))
    assert [row[3:6] for row in between] == [("G1", "suspected", FIRST)] * 2
    assert core(office, "select commitment_id from core.commitments where commitment_id = 'C9'", FIRST) == []
    assert [row[3:6] for row in core(office, SIDES.format("I-1"))] == [("G2", "confirmed", SECOND)] * 2


def test_the_later_of_extract_and_desk_speaks_side_by_side(office: Office):
    """The log reviewed I-2 on the 15th: the victim's group confirmed, no group on the other side, a robbery."""
    review(office, "I-2", "victim", FIRST, group_id="G1", status="suspected", motive="dispute")
    assert core(office, SIDES.format("I-2")) == [("S3", "G9", "confirmed", None, "no", date(2024, 1, 15), "robbery")]
    review(office, "I-2", "suspect", SECOND, group_id="G2", status="suspected")
    assert core(office, SIDES.format("I-2")) == [("S3", "G9", "confirmed", "G2", "suspected", SECOND, "robbery")]
    review(office, "I-2", "victim", SECOND, group_id="G1", status="suspected", motive="dispute")
    assert core(office, SIDES.format("I-2")) == [("S3", "G1", "suspected", "G2", "suspected", SECOND, "dispute")]


def test_a_side_of_which_the_extract_says_nothing_hears_the_desk(office: Office):
    path = office.raw_dir / "log_2024-01-31.csv"
    path.with_name("log_2024-02-01.csv").write_text(LOG.replace(",,no,2024-01-15", ",,,2024-01-15"))
    with warehouse.run(office, what="test"):
        stages.land(office)
    review(office, "I-2", "suspect", FIRST, group_id="G2", status="suspected")
    told = core(office, SIDES.format("I-2"), date(2024, 2, 1))
    assert told == [("S3", "G9", "confirmed", "G2", "suspected", date(2024, 1, 15), "robbery")]


def test_what_is_sealed_hears_nothing(office: Office):
    review(office, "I-1", "suspect", FIRST, group_id="G1", status="confirmed")
    say(office, "commitment_entries", FIRST, commitment_id="C9", made_date=FIRST)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        values = {"order_id": "order_1", "kind": "seal", "status": "in_force"}
        desk.add(connection, model.table("desk.orders"), why="order", known_on=LAST, **values)
        for table, key in (("incidents", "I-1"), ("commitments", "C9")):
            connection.execute("insert into desk.order_records values ('order_1', ?, ?, ?)", [table, key, key])
    assert [row[3:6] for row in core(office, SIDES.format("I-1"))] == [(None, None, None)] * 2
    assert core(office, "select commitment_id from core.commitments") == [("C1",), ("C2",)]


def test_a_commitment_of_the_desk_takes_the_place_of_the_extracts(office: Office):
    values = {"made_date": date(2024, 1, 3), "what": "walk the block", "owner_role": "unit", "due_date": FIRST}
    say(office, "commitment_entries", FIRST, commitment_id="C1", **values, done_date=FIRST)
    say(office, "commitment_entries", FIRST, commitment_id="C7", **values)
    say(office, "strategy_entries", FIRST, strategy_id="ST-1", start_date=FIRST, title="Lights", origin="residents")
    say(office, "strategy_entries", FIRST, strategy_id="ST-2", start_date=date(2024, 3, 1), title="Later")
    sql = "select commitment_id, owner_role, due_date, done_date, source_load is null from core.commitments order by 1"
    assert core(office, sql) == [
        ("C1", "unit", FIRST, FIRST, True),
        ("C2", "chief", date(2024, 1, 12), None, False),
        ("C7", "unit", FIRST, None, True),
    ]
    assert core(office, "select strategy_id, origin from core.strategies") == [("ST-1", "residents")]


@pytest.mark.slow
def test_done_twice_is_as_done_once_whatever_the_order_of_the_events(office: Office, tmp_path: Path):
    other = load_office(shutil.copytree(office.path.parent, tmp_path / "other") / "office.toml")
    said = [
        ("I-1", "suspect", FIRST, {"group_id": "G1", "status": "suspected", "motive": "dispute"}),
        ("I-1", "victim", SECOND, {"group_id": "G2", "status": "confirmed"}),
        ("I-2", "victim", SECOND, {"group_id": "G2", "status": "confirmed", "motive": "retaliation"}),
    ]
    for where, events in ((office, said), (other, said[::-1])):
        for incident, side, known_on, values in events:
            review(where, incident, side, known_on, **values)
    table = model.table("core.shootings")
    hashes = set()
    for where in (office, other):
        with warehouse.run(where, what="test"):
            counted = stages.build_core(where, LAST)
            assert counted["desk_shootings"] == 3
            with warehouse.open_records(where) as connection:
                hashes.add(warehouse.table_hash(connection, table))
                assert desk_entries.lay_over_core(connection, LAST)["shootings"] == 0
                hashes.add(warehouse.table_hash(connection, table))
    assert len(hashes) == 1


def test_metrics_see_the_desk(office: Office):
    review(office, "I-1", "suspect", FIRST, group_id="G1", status="suspected")
    review(office, "I-3", "suspect", FIRST, status="unknown")
    values = {"made_date": date(2024, 1, 3), "owner_role": "unit", "due_date": date(2024, 1, 12)}
    say(office, "commitment_entries", SECOND, commitment_id="C1", **values, done_date=date(2024, 1, 11))
    # I-1 suspected, I-2 confirmed by the log, I-3 reviewed and unknown; C1 in time, C2 of the extract not done.
    expected = {
        "group_involved_share": (2, 3),
        "group_involved_confirmed_share": (1, 3),
        "commitments_kept_on_time": (1, 2),
    }
    assert measured(office, *expected) == expected


def test_metrics_see_the_life_of_call_ins_without_a_person(office: Office):
    held = {"call_in_id": "callin_1", "kind": "call_in", "status": "held", "held_on": FIRST}
    say(office, "call_ins", FIRST, **held)
    for number, (who, step) in enumerate((("m1", "invited"), ("m1", "attended"), ("m2", "invited"))):
        about = {"record_table": "memberships", "record_id": who, "group_id": "G1", "step": step, "step_date": FIRST}
        say(office, "call_in_people", FIRST, step_id=f"step_{number}", call_in_id="callin_1", **about)
    promised = {"call_in_id": "callin_1", "group_id": "G1", "kind": "enforcement", "made_on": FIRST}
    say(office, "promises", FIRST, promise_id="promise_1", **promised)
    say(office, "promises", SECOND, promise_id="promise_1", **promised, kept_on=SECOND)
    say(office, "promises", FIRST, promise_id="promise_2", **promised)
    queries = {metric.name: metric.sql.replace("$as_of", f"date '{LAST}'") for metric in METRICS}
    assert core(office, f"select sum(numerator), sum(denominator) from ({queries['promise_kept_rate']})") == [(1, 2)]
    came = f"select sum(numerator) from ({queries['callin_attendance_rate']})"
    assert core(office, came) == [(1,)]
    named = model.table("core.notifications").names
    person = [name for name in named if name in ("source_person_id", "state_id", "fbi_id", "given_name", "family_name")]
    rows = core(office, f"select count(*), {', '.join(f'count({name})' for name in person)} from core.notifications")
    assert rows == [(2, 0, 0, 0, 0, 0)]
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        assert set(desk_entries.lay_over_core(connection, LAST).values()) == {0}
    assert core(office, "select count(*) from core.notifications", date(2024, 1, 9)) == [(0,)]
