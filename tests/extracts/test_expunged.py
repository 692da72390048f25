"""Forgotten rows: out of raw in every file they stood in, kept out of new ones, counted by the order that says so."""

import hmac

import pytest

from strategic_prosecution import extracts, warehouse
from strategic_prosecution.extracts.expunged import load_forgotten
from strategic_prosecution.settings import Office, SettingsError
from tests.extracts.conftest import Bench

KEY_NAME, KEY = "STRATEGIC_PROSECUTION_FINGERPRINT_KEY", "kept as long as the office"
CHARGES = """
[extracts.charges]
files = "charges_*.csv"
extract_date = "filename"
holds = "everything"
max_withdrawn_share = 1.0
[[extracts.charges.feeds]]
table = "charges"
key = "KEY"
columns = { charge_id = "NO", case_id = "CASE_NO", filed_date = "FILED" }
"""
KEYED = CHARGES.replace("KEY", "charge_id")
BY_ROW = CHARGES.replace("KEY", "row").replace('charge_id = "NO", ', "")
HEAD = "NO,CASE_NO,FILED\n"
MARCH = HEAD + "1,C1,2024-03-01\n2,C1,2024-03-02\n3,C2,2024-03-03\n4,C2,2024-03-04\n"
# 2 is gone, 3 is corrected, 5 is new; nobody can split the last line.
APRIL = HEAD + "1,C1,2024-03-01\n3,C2,2024-03-13\n4,C2,2024-03-04\n5,C3,2024-04-05\n6,C3,2024-04-05,more,more\n"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_NAME, KEY)


def order(bench: Bench, order_id: str, *records: tuple[str, str], kind: str = "expunge", status: str = "begun") -> None:
    bench.connection.execute(
        "insert into desk.orders (event_id, recorded_at, recorded_by, why, order_id, kind, status, known_on) "
        "values ($id, timestamp '2024-05-01', 'clerk', 'order', $id, $kind, $status, date '2024-05-01')",
        {"id": order_id, "kind": kind, "status": status},
    )
    for table, record in records:
        mark = hmac.new(KEY.encode(), f"{table}\x1f{record}".encode(), "sha256").hexdigest()
        bench.connection.execute("insert into desk.order_records values (?, ?, ?, null)", [order_id, table, mark])


def remove(bench: Bench, office: Office) -> dict[str, int]:
    assert load_forgotten(bench.connection, office, begun=True)
    with warehouse.transaction(bench.connection):
        return extracts.remove_from_raw(bench.connection, office)


def land(bench: Bench, office: Office) -> None:
    assert extracts.land(bench.connection, office).refused == 0


def test_a_row_goes_from_every_file_it_stood_in_and_each_counts_it(bench: Bench):
    office = bench.office(KEYED)
    bench.put("charges_2024-03-31.csv", MARCH)
    bench.put("charges_2024-04-30.csv", APRIL)
    land(bench, office)
    order(bench, "o1", ("charges", "1"), ("charges", "2"))
    order(bench, "o2", ("charges", "3"), ("charges", "1"))
    # 1 stood in both files and is stored once; of 3 two versions are stored. Each order counts what it names.
    assert remove(bench, office) == {"raw.charges": 4}
    assert bench.rows("NO", "raw.charges") == [("4",), ("5",)]
    assert bench.rows("file, rows, expunged", "meta.loads") == [
        ("charges_2024-03-31.csv", 4, 3),
        ("charges_2024-04-30.csv", 4, 2),
    ]
    assert bench.rows("*", "meta.removals") == [("o1", "raw.charges", 2), ("o2", "raw.charges", 3)]
    assert remove(bench, office) == {}
    assert bench.rows("*", "meta.removals") == [("o1", "raw.charges", 2), ("o2", "raw.charges", 3)]
    account = bench.account(bench.build(office, "2024-04-30"), "charges", "charges")
    # By hand: 4 + 5 lines, of which one cannot be split; 4 stands in both files, 5 in one.
    assert account == {"read": 9, "kept": 2, "superseded": 1, "set_aside": 1, "expunged": 5}


def test_what_comes_again_is_kept_out_and_lines_that_cannot_be_split_are_not_kept(bench: Bench):
    office = bench.office(KEYED)
    order(bench, "o1", ("charges", "1"), ("charges", "3"), status="done")
    bench.put("charges_2024-04-30.csv", APRIL)
    land(bench, office)
    assert bench.rows("NO", "raw.charges") == [("4",), ("5",)]
    assert bench.rows("rows, expunged", "meta.loads") == [(4, 2)]
    assert bench.rows("row, value", "meta.problems where kind = 'ragged_row'") == [(6, None)]


@pytest.mark.parametrize(
    ("kind", "status"), [("purge", "done"), ("purge", "begun"), ("expunge", "queued"), ("seal", "in_force")]
)
def test_only_an_order_to_expunge_that_is_begun_keeps_anything_out(bench: Bench, kind: str, status: str):
    office = bench.office(KEYED)
    order(bench, "o1", ("charges", "1"), kind=kind, status=status)
    bench.put("charges_2024-04-30.csv", APRIL)
    land(bench, office)
    assert bench.rows("count(*)", "raw.charges") == [(4,)]
    ((_, value),) = bench.rows("row, value", "meta.problems where kind = 'ragged_row'")
    assert "more" in value


def test_a_row_without_a_key_is_known_by_its_case_when_it_comes_changed(bench: Bench):
    office = bench.office(BY_ROW)
    bench.put("charges_2024-03-31.csv", MARCH)
    land(bench, office)
    order(bench, "o1", ("cases", "C1"))
    assert remove(bench, office) == {"raw.charges": 2}
    bench.put("charges_2024-04-30.csv", APRIL.replace("1,C1,2024-03-01", "1,C1,2024-03-21"))
    land(bench, office)
    assert bench.rows("count(*)", "raw.charges where CASE_NO = 'C1'") == [(0,)]
    assert bench.rows("file, expunged", "meta.loads") == [("charges_2024-03-31.csv", 2), ("charges_2024-04-30.csv", 1)]


def test_rows_of_a_file_are_counted_by_the_order_they_belong_to(bench: Bench):
    office = bench.office(KEYED)
    path = bench.put("charges_2024-03-31.csv", MARCH)
    land(bench, office)
    order(bench, "o1", ("charges", "1"), status="done")
    order(bench, "o2", ("charges", "2"), ("charges", "4"), ("charges", "1"))
    assert load_forgotten(bench.connection, office, begun=True)
    counted = extracts.count_forgotten(bench.connection, office, name="charges", path=path)
    assert counted == {"o1": 1, "o2": 3}


def test_another_key_is_refused_before_a_row_is_taken_in(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    office = bench.office(KEYED)
    order(bench, "o1", ("charges", "1"), status="done")
    assert load_forgotten(bench.connection, office)
    monkeypatch.setenv(KEY_NAME, "another")
    bench.put("charges_2024-03-31.csv", MARCH)
    with pytest.raises(SettingsError, match="not the one under which records were expunged"):
        extracts.land(bench.connection, office)
    assert bench.rows("count(*)", "meta.loads") == [(0,)]
