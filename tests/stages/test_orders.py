"""Orders: what a case, a person and a record reach; holds; seals; and what is refused in one line."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution import stages
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages import orders
from strategic_prosecution.stages.orders import OrderError
from strategic_prosecution.stages.selection import Asked, SelectionError
from strategic_prosecution.warehouse import WarehouseError, rewriting
from tests.leaks import find_leaks
from tests.stages import planted
from tests.stages.planted import CASE, LAST_DAY, NEEDLES, SOURCE_KEY, STATE_ID, give, read

pytestmark = pytest.mark.slow

WHY = "order of the court"
EMPTY = hashlib.sha256(b"").hexdigest()

OFFICE = """
[office]
name = "Orders"
timezone = "America/New_York"
crs = "EPSG:26986"
raw_dir = "raw"
processed_dir = "processed"
settle_seconds = 0

[extracts.court]
files = "court_*.csv"
extract_date = "filename"
[[extracts.court.feeds]]
table = "cases"
key = "case_id"
columns = { case_id = "CASE_NO", filed_date = "FILED" }
[[extracts.court.feeds]]
table = "defendants"
key = "defendant_id"
[extracts.court.feeds.columns]
defendant_id = "DEF"
case_id = "CASE_NO"
source_person_id = "PERSON"
given_name = "GIVEN"
family_name = "FAMILY"
birth_date = "BORN"

[extracts.charges]
files = "charges_*.csv"
extract_date = "filename"
[[extracts.charges.feeds]]
table = "charges"
key = "charge_id"
columns = { charge_id = "NO", case_id = "CASE_NO", filed_date = "FILED" }

[extracts.sentences]
files = "sentences_*.csv"
extract_date = "filename"
[[extracts.sentences.feeds]]
table = "sentences"
key = "sentence_id"
columns = { sentence_id = "NO", case_id = "CASE_NO", sentence_date = "DAY" }

[extracts.victims]
files = "victims_*.csv"
extract_date = "filename"
[[extracts.victims.feeds]]
table = "victims"
key = "victim_id"
columns = { victim_id = "NO", case_id = "CASE_NO", incident_id = "INC", opened_date = "DAY" }

[extracts.incidents]
files = "incidents_*.csv"
extract_date = "filename"
[[extracts.incidents.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY" }

[extracts.jail]
files = "jail_*.csv"
extract_date = "filename"
[[extracts.jail.feeds]]
table = "custody"
key = "custody_id"
columns = { custody_id = "NO", source_person_id = "PERSON", detained_from = "DAY" }
"""
# C-100 has one defendant, C-200 two, C-300 one person charged twice.
FILES = {
    "court_2024-03-31.csv": [
        ("CASE_NO", "DEF", "PERSON", "GIVEN", "FAMILY", "BORN", "FILED"),
        ("C-100", "D-1", "P1", "Zebulon", "Quartzman", "1987-03-14", "2024-01-11"),
        ("C-200", "D-2", "P1", "Zebulon", "Quartzman", "1987-03-14", "2024-01-12"),
        ("C-200", "D-3", "P2", "Ottoline", "Marrowfax", "1990-01-01", "2024-01-12"),
        ("C-300", "D-4", "P3", "Quillon", "Thrimble", "1991-01-01", "2024-01-13"),
        ("C-300", "D-5", "P3", "Quillon", "Thrimble", "1991-01-01", "2024-01-13"),
    ],
    "charges_2024-03-31.csv": [
        ("NO", "CASE_NO", "FILED"),
        ("H-1", "C-100", "2024-01-11"),
        ("H-2", "C-100", "2024-01-11"),
        ("H-3", "C-200", "2024-01-12"),
        ("H-4", "C-300", "2024-01-13"),
    ],
    "sentences_2024-03-31.csv": [("NO", "CASE_NO", "DAY"), ("S-1", "C-100", "2024-02-11")],
    "victims_2024-03-31.csv": [
        ("NO", "CASE_NO", "INC", "DAY"),
        ("V-1", "C-100", "I-1", "2024-01-15"),
        ("V-2", "C-200", "I-2", "2024-01-15"),
    ],
    "incidents_2024-03-31.csv": [("NO", "DAY"), ("I-1", "2024-01-05"), ("I-2", "2024-01-06")],
    "jail_2024-03-31.csv": [("NO", "PERSON", "DAY"), ("J-1", "P1", "2024-01-07"), ("J-2", "P9", "2024-01-07")],
}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(planted.KEY_NAME, planted.KEY)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Landed and not run: a night is not needed to give orders."""
    path = tmp_path / "office.toml"
    path.write_text(OFFICE, encoding="utf-8")
    planted.write_files(tmp_path / "raw", FILES)
    office = load_office(path)
    with stages.holding(office, what="test"):
        stages.land(office)
    return office


def plan(office: Office, asked: Asked, kind: str = "expunge") -> orders.Planned:
    with stages.holding(office, what="test"):
        return orders.plan(office, kind, [asked])


def reached(office: Office, asked: Asked) -> set[tuple[str, str]]:
    planned = plan(office, asked)
    assert planned.refused == ()
    return set(planned.plans[0].selection.records)


def refused(office: Office, asked: Asked) -> SelectionError:
    """The one line of a refusal; it holds no key and no name of what was asked for or is there."""
    planned = plan(office, asked)
    (error,) = planned.refused
    assert planned.plans == ()
    assert len(str(error).splitlines()) == 1
    for told in ("C-100", "C-200", "P1", "Zebulon", "Quartzman", "1987", asked.key, asked.name or "-none-"):
        assert told not in str(error)
    return error


def lift(office: Office, order_id: str, kind: str) -> tuple[str, ...]:
    with stages.holding(office, what="test"):
        orders.lift(office, order_id, kind=kind, why="released", known_on=LAST_DAY)
        return stages.finish_orders(office)


def raw(office: Office) -> dict[str, int]:
    return {name: read(office, f"select count(*) from raw.{name}")[0][0] for name in office.extracts}


def status(office: Office, order_id: str) -> str:
    with stages.holding(office, what="test"):
        frame = orders.listed(office).set_index("order_id")
    return str(frame.loc[order_id, "status"])


# --------------------------------------------------------------------------------------------- what an order reaches

C100 = {
    ("cases", "C-100"),
    ("defendants", "D-1"),
    ("charges", "H-1"),
    ("charges", "H-2"),
    ("sentences", "S-1"),
    ("victims", "V-1"),
}


def test_a_case_takes_what_is_under_its_number_and_leaves_the_incident(office: Office):
    assert reached(office, Asked("cases", "C-100", WHY)) == C100
    # His other case and his booking are counted, not reached.
    assert plan(office, Asked("cases", "C-100", WHY)).plans[0].selection.related == {"defendants": 1}
    before = raw(office)
    give(office, "expunge", Asked("cases", "C-100", WHY))
    assert before["incidents"] == 2
    assert raw(office) == before | {"court": 4, "charges": 2, "sentences": 0, "victims": 1}


def test_of_a_case_with_two_defendants_one_goes_and_the_other_stays(office: Office):
    assert "2 defendants" in str(refused(office, Asked("cases", "C-200", WHY)))
    assert reached(office, Asked("defendants", "D-2", WHY)) == {("defendants", "D-2")}
    # Their rows carry the case too; it stands in the other's row.
    selection = plan(office, Asked("defendants", "D-2", WHY)).plans[0].selection
    assert (selection.rows, selection.also_lost) == (1, {})
    give(office, "expunge", Asked("defendants", "D-2", WHY))
    assert read(office, "select DEF, CASE_NO from raw.court where CASE_NO = 'C-200'") == [("D-3", "C-200")]
    assert raw(office)["charges"] == 4


def test_the_whole_case_goes_where_it_is_said(office: Office):
    expected = {
        ("cases", "C-200"),
        ("defendants", "D-2"),
        ("defendants", "D-3"),
        ("charges", "H-3"),
        ("victims", "V-2"),
    }
    assert reached(office, Asked("cases", "C-200", WHY, whole_case=True)) == expected


def test_one_person_charged_twice_is_one_defendant(office: Office):
    assert ("defendants", "D-5") in reached(office, Asked("cases", "C-300", WHY))


def test_a_person_takes_the_cases_nobody_else_is_charged_in(office: Office):
    # The jail's numbers are of another system: its P1 is somebody else.
    assert "2 people" in str(refused(office, Asked("person", "P1", WHY)))
    assert reached(office, Asked("person", "court:P1", WHY)) == C100 | {("defendants", "D-2")}
    assert reached(office, Asked("person", "jail:P1", WHY)) == {("custody", "J-1")}


def test_rows_that_carry_records_of_others_are_told(tmp_path: Path):
    """One row of a file is a charge and an incident: with the charge the incident would be lost."""
    planted.write_files(
        tmp_path / "raw", {"log_2024-03-31.csv": [("NO", "CASE_NO", "INC", "DAY"), ("H-1", "C-1", "I-1", "2024-01-05")]}
    )
    head, _, _ = OFFICE.partition("[extracts")
    (tmp_path / "office.toml").write_text(
        head
        + """
[extracts.log]
files = "log_*.csv"
extract_date = "filename"
[[extracts.log.feeds]]
table = "charges"
key = "charge_id"
columns = { charge_id = "NO", case_id = "CASE_NO", filed_date = "DAY" }
[[extracts.log.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "INC", occurred_date = "DAY" }
"""
    )
    office = load_office(tmp_path / "office.toml")
    with stages.holding(office, what="test"):
        stages.land(office)
    assert plan(office, Asked("charges", "H-1", WHY)).plans[0].selection.also_lost == {"incidents": 1}


# ------------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("key", ["c-100", "C100", "C-0100", " C.100 ", "c 1 0 0"])
def test_a_key_spelled_differently_is_not_found_and_its_near_ones_are_for_a_screen(office: Office, key: str):
    error = refused(office, Asked("cases", key, WHY))
    assert error.near == ("C-100",)
    assert "spelled almost like it" in str(error)


def test_a_record_that_does_not_exist(office: Office):
    assert refused(office, Asked("cases", "X-777777", WHY)).near == ()
    assert "no order is about" in str(refused(office, Asked("incidents", "I-1", WHY)))
    assert "did you mean [cases]?" in str(refused(office, Asked("case", "X-777777", WHY)))


@pytest.mark.parametrize("name", ["Zebulon Quartzman", "QUARTZMAN, ZEBULON", "Quartzman", "Zébulon  Quartzman-"])
def test_a_name_written_otherwise_is_the_name(office: Office, name: str):
    assert reached(office, Asked("cases", "C-100", WHY, name=name, birth_date=date(1987, 3, 14))) == C100


@pytest.mark.parametrize(
    ("name", "born"),
    [("Zebulon Marrowfax", None), ("", date(1987, 4, 13)), ("Zebulon Quartzman", date(1988, 3, 14)), ("-", None)],
)
def test_another_name_or_birth_date_is_refused_unless_it_is_meant(office: Office, name: str, born: date | None):
    error = refused(office, Asked("cases", "C-100", WHY, name=name, birth_date=born))
    assert "in the order is not" in str(error)
    meant = Asked("cases", "C-100", WHY, name=name, birth_date=born, despite_name=True)
    assert reached(office, meant) == C100


@pytest.mark.parametrize(
    ("why", "reference"),
    [
        ("case C-100 is expunged", ""),
        ("order", "2024/c 100"),
        ("People v. QUARTZMAN", ""),
        ("order", "In re Zébulon"),
        ("born 1987-03-14", ""),
        ("order on courtP1", ""),
    ],
)
def test_a_reason_that_says_whose_it_is_is_refused(office: Office, why: str, reference: str):
    assert "kept for ever" in str(refused(office, Asked("cases", "C-100", why, reference)))
    assert reached(office, Asked("cases", "C-100", "order of 14 March 2024", "M 2024-100")) == C100


def test_the_same_order_twice_says_that_nothing_is_left(office: Office):
    (first,) = give(office, "expunge", Asked("person", "court:P1", WHY))
    for asked in (Asked("person", "court:P1", WHY), Asked("cases", "C-100", WHY), Asked("defendants", "D-2", WHY)):
        planned = plan(office, asked)
        assert planned.plans == () and planned.refused == ()
        assert planned.done == (f"the order: nothing is left of it: {first} expunged it",)
    assert refused(office, Asked("cases", "C-101", WHY)).near == ()


def test_without_room_for_a_second_copy_no_order_is_begun(office: Office, monkeypatch: pytest.MonkeyPatch):
    plans = plan(office, Asked("cases", "C-100", WHY)).plans
    audit = (office.processed_dir / "audit.jsonl").exists() and (office.processed_dir / "audit.jsonl").read_bytes()
    monkeypatch.setattr(rewriting.shutil, "disk_usage", lambda path: rewriting.shutil._ntuple_diskusage(1, 1, 0))
    with stages.holding(office, what="test"), pytest.raises(WarehouseError, match="nothing was changed"):
        orders.begin(office, plans, known_on=LAST_DAY)
    monkeypatch.undo()
    assert read(office, "select count(*) from desk.orders") == [(0,)]
    assert (
        (office.processed_dir / "audit.jsonl").exists() and (office.processed_dir / "audit.jsonl").read_bytes()
    ) == audit


# ---------------------------------------------------------------------------------------------------------------- holds


def test_a_held_record_waits_for_every_hold(office: Office):
    case = Asked("cases", "C-100", WHY)
    (by_case,) = give(office, "hold", Asked("cases", "C-100", "litigation"))
    (by_person,) = give(office, "hold", Asked("person", "court:P1", "inquiry"))
    before = raw(office)
    (order,) = give(office, "expunge", case)
    assert status(office, order) == "queued"
    (later,) = give(office, "hold", Asked("victims", "V-1", "added after the order"))
    assert lift(office, by_case, "hold") == ()
    assert lift(office, by_person, "hold") == ()
    assert status(office, order) == "queued" and raw(office) == before
    assert lift(office, later, "hold") == (order,)
    assert status(office, order) == "done"
    assert raw(office)["charges"] == 2
    assert find_leaks(office.processed_dir, ("C-100", "H-1", "court:P1"), files="*s*.duckdb") == []
    with pytest.raises(OrderError, match="no hold in force"), stages.holding(office, what="test"):
        orders.lift(office, later, kind="hold", why="again", known_on=LAST_DAY)


def test_a_hold_on_a_person_holds_what_comes_later(office: Office):
    (hold,) = give(office, "hold", Asked("person", "court:P2", "inquiry"))
    court = (office.raw_dir / "court_2024-03-31.csv").read_text()
    (office.raw_dir / "court_2024-04-30.csv").write_text(
        court + "C-900,D-9,P2,Ottoline,Marrowfax,1990-01-01,2024-04-02\n"
    )
    with stages.holding(office, what="test"):
        stages.land(office)
    (order,) = give(office, "expunge", Asked("cases", "C-900", WHY))
    assert status(office, order) == "queued"
    (free,) = give(office, "expunge", Asked("cases", "C-300", WHY))
    assert status(office, free) == "done"
    assert lift(office, hold, "hold") == (order,)
    assert read(office, "select count(*) from raw.court where CASE_NO = 'C-900'") == [(0,)]


# ---------------------------------------------------------------------------------------------------------------- seals


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, dict[str, list[tuple]], str]]:
    """The planted office: metrics and scorecard before, and the seal that is in force."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(planted.KEY_NAME, planted.KEY)
        office = planted.make_office(tmp_path_factory.mktemp("sealed"))
        stages.nightly(office)
        before = {"events": events(office), "members": members(office), "people": named(office)}
        (seal,) = give(office, "seal", Asked("person", STATE_ID, "by statute"))
        yield office, before, seal


# What is sealed is no fact of the roster any more (the scorecard's rule), so metrics of the roster follow it.
OF_THE_ROSTER = {metric.name for metric in METRICS if "group_memberships" in metric.tables}


def events(office: Office) -> list[tuple]:
    """The counts of every metric but those of the roster, by period and segment, and of what is in core."""
    columns = "metric, period, period_start, breakdown, segment, numerator, denominator"
    rows = read(office, f"select {columns} from mart.metrics order by all")
    metrics = [row for row in rows if row[0] not in OF_THE_ROSTER]
    tables = ("arrests", "cases", "defendants", "charges", "hearings", "custody", "incident_people", "incidents")
    return metrics + [(name, read(office, f"select count(*) from core.{name}")) for name in tables]


def members(office: Office) -> list[tuple]:
    return read(office, "select group_id, members from mart.group_scorecard where window_days = 365 order by all")


def named(office: Office) -> list[tuple]:
    return read(office, "select record_table, record_id from core.person_records order by all")


def test_what_is_sealed_is_counted_as_before(sealed: tuple):
    office, before, _ = sealed
    assert before["events"] and events(office) == before["events"]


def test_what_is_sealed_is_named_nowhere(sealed: tuple):
    office, before, _ = sealed
    his = {("arrests", "AR-555001"), ("defendants", f"{CASE}-1"), ("memberships", "MB-4410"), ("custody", "B-77")}
    assert his <= set(before["people"])
    assert not his & set(named(office))
    people = ("Zebulon", STATE_ID, SOURCE_KEY, "1987-03-14")
    leaks = find_leaks(office.processed_dir, people)
    assert not [leak for leak in leaks if "core." in leak or "mart." in leak or leak.startswith("runs/")]
    assert [leak for leak in leaks if "raw." in leak]


def test_a_sealed_membership_is_off_the_scorecard_and_lifting_brings_it_back(sealed: tuple):
    office, before, seal = sealed
    crowd = planted.PEOPLE + 1
    assert before["members"] == [("G1", crowd + 1)]
    assert members(office) == [("G1", crowd)]
    lift(office, seal, "seal")
    stages.nightly(office)
    assert members(office) == before["members"]
    assert named(office) == before["people"]
    assert set(NEEDLES) and find_leaks(office.processed_dir, ("Zebulon",), files="records.duckdb")
