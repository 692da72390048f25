"""Contracts of extracts: shares, rows of a file, age; what breaks them and what just does not."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from strategic_prosecution.extracts.contracts import (
    ContractError,
    accounting_breaches,
    check_accounting,
    check_freshness,
    check_rows,
    freshness_breaches,
    without_limits,
)
from strategic_prosecution.settings import Office, load_office

EXTRACT = """
[extracts.{name}]
files = "{name}/*.csv"
{settings}
[[extracts.{name}.feeds]]
table = "incidents"
key = "{key}"
columns = {{ incident_id = "NO", occurred_date = "DAY" }}
"""
COUNTED = ("kept", "merged", "set_aside", "superseded", "reversed", "withdrawn", "expunged", "not_yet")


@pytest.fixture
def office(tmp_path: Path):
    def make(settings: str = "", *, key: str = "incident_id", names: tuple[str, ...] = ("police",)) -> Office:
        head = '[office]\nname = "Test County"\ntimezone = "America/New_York"\ncrs = "EPSG:26986"\n'
        body = "".join(EXTRACT.format(name=name, settings=settings, key=key) for name in names)
        path = tmp_path / "office.toml"
        path.write_text(head + body, encoding="utf-8")
        return load_office(path)

    return make


def account(**counts: int) -> pd.DataFrame:
    row = dict.fromkeys(COUNTED, 0) | counts
    # What the newest file brought is no different from the rest, and what is missing is missing from it.
    newest = {
        "newest_read": 0,
        "newest_set_aside": 0,
        "held_before": row["kept"] + row["merged"] + row["withdrawn"],
        "newest_withdrawn": row["withdrawn"],
    }
    account = {"extract": "police", "table_name": "incidents", "feed": 1, "read": sum(row.values()), **row}
    return pd.DataFrame([account | newest])


# -------------------------------------------------------------------------------------------------- shares of rows


@pytest.mark.parametrize(
    ("counts", "allowed"),
    [
        ({"kept": 190, "set_aside": 10}, 0.05),  # exactly at the limit, and no more than a few
        ({"kept": 1900, "set_aside": 100}, 0.05),  # exactly at the limit
        ({"kept": 710, "set_aside": 290}, 0.29),  # the same, where binary arithmetic would say it is over
        ({"kept": 2, "set_aside": 1}, 0.05),  # a third of three rows
        ({"kept": 0, "set_aside": 10}, 0.0),  # a few are never a broken feed
        ({"kept": 0, "set_aside": 5000}, 1.0),  # allowed in so many words
    ],
)
def test_a_share_of_rows_set_aside_that_is_allowed(office, counts: dict[str, int], allowed: float):
    check_accounting(office(f"max_set_aside_share = {allowed}"), account(**counts))


@pytest.mark.parametrize(
    ("counts", "allowed", "said"),
    [
        ({"kept": 1899, "set_aside": 101}, 0.05, "101 of 2000 rows of [incidents] were set aside (5.05 %)"),
        ({"kept": 989, "set_aside": 11}, 0.0, "11 of 1000 rows"),
        # Rows that a newer row replaced, and rows of a later day, do not water it down.
        (
            {"kept": 180, "set_aside": 20, "superseded": 800, "not_yet": 5000},
            0.05,
            "20 of 200 rows of [incidents] were set aside (10.00 %)",
        ),
    ],
)
def test_a_larger_share_of_rows_set_aside_stops(office, counts: dict[str, int], allowed: float, said: str):
    with pytest.raises(ContractError) as error:
        check_accounting(office(f"max_set_aside_share = {allowed}"), account(**counts))
    message = str(error.value)
    assert message.startswith("extract [police]: ") and said in message and "\n" not in message
    assert f"more than max_set_aside_share = {allowed}; `stratpro check` lists why" in message


def test_a_larger_share_of_rows_missing_stops(office):
    told = account(kept=80, withdrawn=20)
    with pytest.raises(ContractError, match=r"20 of 100 rows of \[incidents\] are missing from its newest file"):
        check_accounting(office(), told)
    check_accounting(office("max_withdrawn_share = 0.2"), told)
    check_accounting(office(), account(kept=91, withdrawn=10))
    # Without a key every corrected row is one gone and one new.
    check_accounting(office(key="row"), told)


def test_all_that_is_broken_is_named_at_once(office):
    told = account(kept=80, withdrawn=40, set_aside=40)
    assert [(item.extract, item.table_name, item.rows) for item in accounting_breaches(office(), told)] == [
        ("police", "incidents", 40),
        ("police", "incidents", 40),
    ]
    with pytest.raises(ContractError, match=r"set aside.*; extract \[police\].*missing"):
        check_accounting(office(), told)


def test_an_office_without_limits_stops_for_nothing(office):
    limited = office("max_set_aside_share = 0.0\nmax_withdrawn_share = 0.0\nmax_age_days = 0\nexpected_rows = [5, 9]")
    free = without_limits(limited)
    assert accounting_breaches(free, account(kept=80, withdrawn=40, set_aside=40)) == []
    # Rows of a file keep that file out; they stop no build.
    assert free.extracts["police"].expected_rows == (5, 9)
    assert free.extracts["police"].max_age_days is None and free.office.expectations is None
    assert limited.extracts["police"].max_set_aside_share == 0.0


# --------------------------------------------------------------------------------------------------- rows of a file


@pytest.mark.parametrize(("rows", "is_right"), [(99, False), (100, True), (300, True), (301, False), (0, False)])
def test_a_file_has_so_many_rows(office, rows: int, is_right: bool):
    extract = office("expected_rows = [100, 300]").extracts["police"]
    why = check_rows("police", extract, rows)
    assert (why is None) == is_right
    if why:
        assert f"has {rows} rows, and extracts.police.expected_rows is [100, 300]" in why and "does not land" in why


def test_any_number_of_rows_without_a_range(office):
    assert check_rows("police", office().extracts["police"], 0) is None


# -------------------------------------------------------------------------------------------------------- freshness


@pytest.mark.parametrize(("as_of", "is_stale"), [(date(2024, 7, 1), False), (date(2024, 7, 2), True)])
def test_an_extract_is_too_old_the_day_after(bench, as_of: date, is_stale: bool):
    office = bench.office(EXTRACT.format(name="police", settings="max_age_days = 31", key="incident_id"))
    _load(bench, "police", "2024-05-31")
    _load(bench, "police", "2024-12-31")
    assert [item.extract for item in freshness_breaches(bench.connection, office, as_of)] == ["police"] * is_stale
    if is_stale:
        with pytest.raises(ContractError, match=r"\[police\]: its newest file is of 2024-05-31, 32 days before 2024"):
            check_freshness(bench.connection, office, as_of)


def test_every_stale_extract_is_named_and_no_other(bench):
    toml = "".join(
        EXTRACT.format(name=name, settings=settings, key="incident_id")
        for name, settings in [
            ("a", "max_age_days = 7"),
            ("b", "max_age_days = 7"),
            ("c", "max_age_days = 60"),
            ("d", ""),
        ]
    )
    office = bench.office(toml)
    for name in "acd":
        _load(bench, name, "2024-05-31")
    with pytest.raises(ContractError, match=r"\[a\].*\[b\]: no file has landed") as error:
        check_freshness(bench.connection, office, date(2024, 6, 30))
    assert "[c]" not in str(error.value) and "[d]" not in str(error.value)


def test_a_day_before_the_first_file_has_no_age(bench):
    office = bench.office(EXTRACT.format(name="police", settings="max_age_days = 7", key="incident_id"))
    _load(bench, "police", "2024-05-31")
    check_freshness(bench.connection, office, date(2020, 1, 31))


def _load(bench, extract: str, day: str) -> None:
    bench.connection.execute(
        "insert into meta.loads (load_id, extract, file, extract_date) values (?, ?, ?, ?)",
        [f"{extract}{day}", extract, f"{day}.csv", day],
    )
