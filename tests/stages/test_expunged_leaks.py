"""After an order nothing below processed_dir says anything of the person: every trace is found before, none after."""

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.fingerprints import fingerprint
from strategic_prosecution.settings import Office
from strategic_prosecution.stages import orders
from strategic_prosecution.stages.selection import Asked
from strategic_prosecution.warehouse import opening
from tests.leaks import find_leaks
from tests.stages import planted
from tests.stages.planted import CASE, NEEDLES, SOURCE_KEY, STATE_ID

pytestmark = pytest.mark.slow

# Where each needle must be seen before the order, so that not seeing it afterwards means something.
PLANTED = {
    "Zebulon": {
        "raw.arrests.NAME",
        "raw.arrests.GIVEN",
        "raw.involved.GIVEN",
        "raw.court.NOTE",
        "meta.problems.value",
        "desk.memberships.given_name",
        "desk.link_decisions.why",
        "desk.membership_actions.why",
        "desk.call_in_people.why",
        "desk.promises.own_conduct",
        "core.arrests.given_name",
    },
    "1987-03-14": {"raw.court.BORN", "raw.audit.BORN", "core.people.birth_date", "desk.memberships.birth_date"},
    "03/14/1987": {"raw.arrests.BORN", "raw.involved.BORN", "meta.problems.value"},
    STATE_ID: {"raw.arrests.SID", "raw.court.SID", "desk.memberships.state_id"},
    SOURCE_KEY: {"raw.arrests.PERSON", "raw.custody.PERSON", "core.custody.source_person_id"},
    CASE: {
        "raw.court.NOTE",
        "raw.charges.CASE_NO",
        "raw.custody.CASE_NO",
        "raw.hearings.NO",
        "core.hearings.hearing_id",
        "core.person_records.record_id",
        "meta.problems.value",
        "desk.order_records.record_id",
    },
    "416 Nowhere Crescent": {"raw.arrests.HOME"},
    "417 Nowhere Crescent": {"raw.arrests.HOME", "core.arrests.home_address"},
    "AR-555001": {
        "raw.arrests.NO",
        "core.arrests.arrest_id",
        "core.person_pairs.left_record",
        "desk.link_decisions.left_record",
    },
    "AR-555002": {"raw.arrests.NO"},
    "MB-4410": {
        "raw.audit.NO",
        "core.group_memberships.membership_id",
        "desk.memberships.membership_id",
        "desk.link_decisions.right_record",
        "desk.membership_actions.membership_id",
        "desk.membership_audits.finding_id",
        "desk.call_in_people.record_id",
        "desk.call_in_checks.check_id",
        "desk.promises.record_id",
    },
    "MB-4411": {"raw.audit.NO", "desk.memberships.membership_id"},
}
HERS = (
    *("raw.arrests", "raw.involved", "raw.court", "raw.charges", "raw.hearings", "raw.audit"),
    *("desk.memberships", "desk.link_decisions", "desk.call_in_people", "desk.list_exports"),
)


@dataclass
class Expunged:
    """The planted office before and after the order: where each needle was seen, and what is kept of the other."""

    office: Office
    seen_before: dict[str, set[str]]
    leaks_after: list[str]
    hers_before: dict[str, list[tuple]]
    hers_after: dict[str, list[tuple]]
    certificate: dict


def seen(office: Office, needle: str) -> set[str]:
    """The columns of both databases in which a needle is."""
    return {leak.split(": ")[-1] for leak in find_leaks(office.processed_dir, (needle,), files="*s*.duckdb")}


def hers(office: Office) -> dict[str, list[tuple]]:
    """Every row that says something of the namesake, in every table that may."""
    told = {}
    with stages.holding(office, what="test"), warehouse.open_records(office) as connection:
        for table in HERS:
            rows = connection.execute(f"from {table} order by all").fetchall()
            told[table] = [
                row
                for row in rows
                if any(part in str(row) for part in ("ttoline", planted.OTHER_STATE_ID, "CR-2024-0078"))
            ]
    return told


@pytest.fixture(scope="module")
def expunged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Expunged]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(planted.KEY_NAME, planted.KEY)
        office = planted.make_office(tmp_path_factory.mktemp("planted"))
        stages.nightly(office)
        # Archived since it landed.
        shutil.move(office.raw_dir / "arrests_2024-01-31.csv", office.path.parent / "archived.csv")
        (hold,) = planted.give(office, "hold", Asked("person", STATE_ID, "litigation"))
        assert "desk.order_records.record_id" in seen(office, STATE_ID)
        with stages.holding(office, what="test"):
            orders.lift(office, hold, kind="hold", why="settled", known_on=planted.LAST_DAY)
        # A charge has no number of its own: the seal knows it by what the row says.
        ((charge,),) = planted.read(office, f"select min(charge_id) from core.charges where case_id = '{CASE}'")
        planted.give(office, "seal", Asked("charges", charge, "by statute"))
        _disclose(office, "disclosure_00aa")
        # A night that an order of before has not emptied: what a sealed record keeps to itself is there again.
        _plant_in_core(office)
        _plant_links(office)
        _plant_call_in(office)
        before, hers_before = {needle: seen(office, needle) for needle in PLANTED}, hers(office)
        in_files = find_leaks(office.processed_dir, ("Zebulon",))
        assert all(any(leak.startswith(folder) for leak in in_files) for folder in ("lists/", "people/"))
        (order,) = planted.give(office, "expunge", Asked("person", STATE_ID, "order of the court", "2024 M 11"))
        certificate = json.loads((office.processed_dir / "certificates" / f"{order}.json").read_text())
        after = find_leaks(office.processed_dir, tuple(PLANTED))
        yield Expunged(office, before, after, hers_before, hers(office), certificate)


def _disclose(office: Office, disclosure: str) -> None:
    """A page that names the person, with what the desk keeps of it."""
    lists = office.processed_dir / "lists"
    lists.mkdir()
    (lists / f"{disclosure}.txt").write_text(f"Zebulon Quartzman, born 1987-03-14, case {CASE}\n")
    (lists / "disclosure_00bb.txt").write_text("Ottoline Quartzman\n")
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for page, table, record in (
            (disclosure, "defendants", f"{CASE}-1"),
            ("disclosure_00bb", "defendants", "CR-2024-0078-1"),
        ):
            connection.execute(
                "insert into desk.order_records values (?, ?, ?, ?)",
                [page, table, planted.fingerprint_by_hmac(table, record), record],
            )


def _plant_in_core(office: Office) -> None:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute("update meta.problems set value = ? where kind = 'ragged_row'", [RAGGED])
        connection.execute(
            "insert into meta.problems (problem_id, value, kind, why, rows) "
            "values ('core-planted', ?, 'cast', 'is no day', 1)",
            [CASE],
        )


def _plant_links(office: Office) -> None:
    """Decisions that name him on either side and one that does not, a pair that waits, and a chart with his name."""
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for event, why, *records in (
            ("e1", "Zebulon is the taller one", "arrests", "AR-555001", "arrests", "AR-600"),
            ("e2", "a photo", "arrests", "AR-555001", "arrests", "AR-600"),
            ("e3", "a photo", "arrests", "AR-600", "memberships", "MB-4410"),
            ("e4", "Ottoline said so", "arrests", "AR-600", "defendants", "CR-2024-0078-1"),
        ):
            connection.execute(
                "insert into desk.link_decisions (event_id, recorded_at, known_on, why, pair_id, verdict, left_table, "
                "left_record, right_table, right_record) "
                "values (?, '2024-03-31', '2024-03-31', ?, ?, 'different', ?, ?, ?, ?)",
                [event, why, "-".join(records), *records],
            )
        connection.execute(
            "insert into core.person_pairs (left_person_id, right_person_id, left_table, left_record, right_table, "
            "right_record) values ('p_a', 'p_b', 'arrests', 'AR-555001', 'arrests', 'AR-600')"
        )
    charts = office.processed_dir / "people"
    charts.mkdir(exist_ok=True)
    (charts / "waterfall.html").write_text("Zebulon Quartzman")


def _plant_call_in(office: Office) -> None:
    """A contest, an audit, checks, steps and a promise about him, a step of hers, and a list that named both."""
    about_him = {"record_table": "memberships", "record_id": "MB-4410"}
    entries: list[tuple[str, str, dict[str, object]]] = [
        ("membership_actions", "Zebulon says no", {"action_id": "a1", "membership_id": "MB-4410", "action": "contest"}),
        ("membership_audits", "read", {"finding_id": "sample_1/MB-4410", "membership_id": "MB-4410"}),
        ("call_in_checks", "asked", {"check_id": "memberships/MB-4410", **about_him}),
        ("call_in_people", "for Zebulon", {"step_id": "s1", "call_in_id": "callin_1", **about_him}),
        ("call_in_people", "again", {"step_id": "s2", "call_in_id": "callin_1", **about_him}),
        (
            "call_in_people",
            "Ottoline comes",
            {"step_id": "s3", "call_in_id": "callin_1", "record_table": "arrests", "record_id": "AR-600"},
        ),
        ("promises", "kept", {"promise_id": "promise_1", "own_conduct": "Zebulon fired", **about_him}),
        ("list_exports", "the meeting", {"export_id": "export_00aa", "call_in_id": "callin_1", "people": 2}),
        ("list_exports", "of Ottoline alone", {"export_id": "export_00bb", "call_in_id": "callin_1", "people": 1}),
    ]
    required = {"sample_id": "sample_1", "action_date": planted.LAST_DAY, "step_date": planted.LAST_DAY}
    required |= {"made_on": planted.LAST_DAY, "call_in_id": "callin_1"}
    mark = fingerprint("memberships", "MB-4410", key=planted.KEY.encode())
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for name, why, values in entries:
            table = model.table(f"desk.{name}")
            more = {column: value for column, value in required.items() if column in table.names}
            desk.add(connection, table, why=why, known_on=planted.LAST_DAY, **(more | values))
        connection.execute(
            "insert into desk.order_records values ('export_00aa', 'memberships', ?, null), "
            "('export_00bb', 'memberships', 'another', null)",
            [mark],
        )


RAGGED = f"I-2,1,{STATE_ID},Zebulon,Quartzman,03/14/1987,stray"


@pytest.mark.parametrize("needle", PLANTED)
def test_every_trace_is_seen_before(expunged: Expunged, needle: str):
    assert PLANTED[needle] <= expunged.seen_before[needle]


def test_no_trace_is_seen_after(expunged: Expunged):
    assert set(NEEDLES) < set(PLANTED)
    assert expunged.leaks_after == []


def test_the_page_that_names_the_person_is_gone_and_the_other_is_not(expunged: Expunged):
    lists = expunged.office.processed_dir / "lists"
    assert [path.name for path in lists.iterdir()] == ["disclosure_00bb.txt"]


def test_no_order_or_page_knows_any_more_which_records_it_was_about(expunged: Expunged):
    known = "select order_id, record_id from desk.order_records where record_id is not null"
    assert planted.read(expunged.office, known) == [("disclosure_00bb", "CR-2024-0078-1")]


def test_who_has_the_same_family_name_keeps_everything(expunged: Expunged):
    assert all(expunged.hers_before[table] for table in HERS)
    assert expunged.hers_after == expunged.hers_before


def test_the_source_files_that_still_hold_rows_are_in_the_certificate(expunged: Expunged):
    """Counted by Python's csv module: lines of the width of the header that say something of him."""
    expected = {}
    for path in expunged.office.raw_dir.iterdir():
        with path.open(newline="", encoding="utf-8") as handle:
            header, *rows = csv.reader(handle)
        if count := sum(len(row) == len(header) and planted.is_his(row) for row in rows):
            expected[path.name] = count
    assert len(expected) == 8 and sum(expected.values()) == 14
    assert expunged.certificate["source_files_that_still_hold_rows"] == expected


def test_the_certificate_counts_what_went_and_names_nobody(expunged: Expunged):
    # By hand from the files: a row that later files repeat is stored once; the moved file's row is gone too.
    assert expunged.certificate["removed_rows"] == {
        "desk.call_in_checks": 1,
        "desk.call_in_people": 2,
        "desk.link_decisions": 3,
        "desk.membership_actions": 1,
        "desk.membership_audits": 1,
        "desk.memberships": 2,
        "desk.promises": 1,
        "raw.arrests": 4,
        "raw.audit": 2,
        "raw.charges": 2,
        "raw.court": 2,
        "raw.custody": 1,
        "raw.hearings": 2,
        "raw.involved": 1,
    }
    path = next((expunged.office.processed_dir / "certificates").glob(f"{expunged.certificate['order']}.json"))
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text().lower()
    assert not any(needle.lower() in text for needle in (*NEEDLES, "Quartzman"))


def test_the_certificate_lists_which_lists_named_the_person(expunged: Expunged):
    assert expunged.certificate["lists_exported_before"] == ["export_00aa"]


def test_nothing_is_left_half_written(expunged: Expunged):
    names = [path.name for path in expunged.office.processed_dir.rglob("*")]
    assert not [name for name in names if name.endswith((".wal", ".new", ".partial"))]


# ---------------------------------------------------------------------------------------------------- erased bytes


def in_bytes(path: Path) -> set[str]:
    """The needles that a plain search of a file's bytes finds."""
    content = path.read_bytes()
    return {needle for needle in NEEDLES if needle.encode() in content}


@pytest.fixture
def uncompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = opening.connect

    def plain(*arguments: object, **options: object) -> warehouse.Connection:
        connection = connect(*arguments, **options)
        connection.execute("set force_compression = 'uncompressed'")
        return connection

    monkeypatch.setattr(opening, "connect", plain)
    monkeypatch.setattr("strategic_prosecution.warehouse.rewriting.connect", plain)


def test_deleted_rows_are_gone_from_the_bytes_of_the_files(tmp_path, monkeypatch, uncompressed):
    monkeypatch.setenv(planted.KEY_NAME, planted.KEY)
    office = planted.make_office(tmp_path)
    stages.nightly(office)
    in_records = {"Zebulon", STATE_ID, SOURCE_KEY, CASE, "417 Nowhere Crescent", "AR-555002", "MB-4410"}
    in_desk = {"Zebulon", STATE_ID, "MB-4410", "MB-4411"}
    assert in_records <= in_bytes(office.records_path)
    assert in_desk <= in_bytes(office.desk_path)

    # Deleting alone does not do it.
    copy = planted.make_office(tmp_path / "copy", {})
    shutil.copytree(office.processed_dir, copy.processed_dir, symlinks=True)
    with warehouse.run(copy, what="test"), warehouse.open_records(copy) as connection:
        for table in ("raw.arrests", "raw.court", "raw.audit", "core.arrests", "core.defendants", "desk.memberships"):
            connection.execute(f"delete from {table} as t where contains(t::varchar, '{STATE_ID}')")
        connection.execute("checkpoint records")
        connection.execute("checkpoint desk_file")
    assert {"Zebulon", STATE_ID} <= in_bytes(copy.records_path)
    assert in_bytes(copy.desk_path)

    planted.give(office, "expunge", Asked("person", STATE_ID, "order of the court"))
    assert in_bytes(office.records_path) == set()
    assert in_bytes(office.desk_path) == set()
    assert not [path for path in office.processed_dir.rglob("*") if path.name.endswith((".wal", ".new"))]
