"""Text to types: what is readable is read exactly, what is not is null, never a guess."""

from datetime import date, datetime

import pytest

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import code_map, local_day, text_of, typed
from strategic_prosecution.model import Column

POLICE = """
[extracts.police]
files = "police/*.csv"
{settings}
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = {{ incident_id = "NO", offense_category = "WHAT" }}
{codes}
"""


def office_with(shared, settings: str = "", codes: str = ""):
    return shared.office(POLICE.format(settings=settings, codes=codes))


def cast(shared, column: Column, value: str | None, settings: str = "") -> object:
    office = office_with(shared, settings)
    extract = office.extracts["police"]
    sql = typed(column, text_of("v", extract), extract=extract, office=office)
    return shared.connection.execute(f"select {sql} from (select ?::varchar as v)", [value]).fetchone()[0]


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        ("text", "  Main St ", "Main St"),
        ("text", "", None),
        ("text", "   ", None),
        ("text", None, None),
        ("text", "N/A", None),
        ("text", "n/a", "n/a"),
        ("integer", "12", 12),
        ("integer", " -3 ", -3),
        ("integer", "12.0", 12),
        ("integer", "12.5", None),
        ("integer", "1,234", None),
        ("integer", "twelve", None),
        ("integer", "0x10", None),
        ("integer", "99999999999999999999", None),
        ("cents", "25000", 25000),
        ("cents", "250.00", 250),
        ("cents", "250.01", None),
        ("cents", "$250", None),
        ("double", "-75.16", -75.16),
        ("double", "1e3", 1000.0),
        ("double", "inf", None),
        ("double", "nan", None),
        ("double", "75,16", None),
        ("boolean", "Yes", True),
        ("boolean", "1", True),
        ("boolean", "1.0", True),
        ("boolean", "t", True),
        ("boolean", "NO", False),
        ("boolean", "0.0", False),
        ("boolean", "f", False),
        ("boolean", "2", None),
        ("boolean", "maybe", None),
    ],
)
def test_values(shared, dtype: model.Dtype, value: str | None, expected: object) -> None:
    assert cast(shared, Column("some", dtype, ""), value, 'null_values = ["N/A"]') == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", 0), ("17", 17), ("120", 120), ("121", None), ("-1", None), ("17.0", 17), ("17.5", None), ("old", None)],
)
def test_ages(shared, value: str, expected: int | None) -> None:
    assert cast(shared, model.table("core.arrests").column("age"), value) == expected


def test_keys_of_people_belong_to_their_system(shared) -> None:
    column = model.table("core.arrests").column("source_person_id")
    assert cast(shared, column, "77") == "police:77"
    assert cast(shared, column, "77", 'system = "rms"') == "rms:77"
    assert cast(shared, column, "") is None


MANY = 'date_formats = ["%m/%d/%Y %H:%M", "%m/%d/%Y", "%Y-%m-%d", "%d-%b-%y", "%-m/%-d/%Y %-I:%M %p"]'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("01/31/2024", date(2024, 1, 31)),
        ("1/5/2024", date(2024, 1, 5)),
        ("01/31/2024 23:59", date(2024, 1, 31)),
        ("1/5/2024 9:05 PM", date(2024, 1, 5)),
        ("2024-02-29", date(2024, 2, 29)),
        ("31-Jan-24", date(2024, 1, 31)),
        ("2023-02-29", None),
        ("31/01/2024", None),
        ("2024-01-31T00:00:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_days_in_several_formats(shared, value: str, expected: date | None) -> None:
    assert cast(shared, Column("some_date", "date", ""), value, MANY) == expected


# UTC is New York + 5 hours in winter, + 4 in summer; clocks change on 10 March and 3 November 2024 at 02:00.
@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2024-01-15 04:59:59", date(2024, 1, 14)),
        ("2024-01-15 05:00:00", date(2024, 1, 15)),
        ("2024-07-15 03:59:59", date(2024, 7, 14)),
        ("2024-07-15 04:00:00", date(2024, 7, 15)),
        ("2024-03-10 04:59:59", date(2024, 3, 9)),
        ("2024-03-11 03:59:59", date(2024, 3, 10)),
        ("2024-03-11 04:00:00", date(2024, 3, 11)),
        ("2024-11-03 03:59:59", date(2024, 11, 2)),
        ("2024-11-04 04:59:59", date(2024, 11, 3)),
        ("2024-11-04 05:00:00", date(2024, 11, 4)),
    ],
)
def test_utc_instants_fall_on_local_days(shared, utc: str, day: date) -> None:
    settings = 'timezone = "UTC"'
    assert cast(shared, Column("some_date", "date", ""), utc, settings) == day
    instant = cast(shared, Column("some_at", "timestamp", ""), utc, settings)
    assert instant == datetime.fromisoformat(utc)
    office = office_with(shared)
    row = shared.connection.execute(f"select {local_day('?::timestamp', office)}", [instant]).fetchone()
    assert row == (day,)


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2024-01-15 12:00:00", datetime(2024, 1, 15, 17)),
        ("2024-07-15 12:00:00", datetime(2024, 7, 15, 16)),
        ("2024-03-10 01:59:59", datetime(2024, 3, 10, 6, 59, 59)),
        ("2024-03-10 03:00:00", datetime(2024, 3, 10, 7)),
        ("2024-11-03 00:59:59", datetime(2024, 11, 3, 4, 59, 59)),
        ("2024-11-03 02:00:00", datetime(2024, 11, 3, 7)),
        ("2024-01-15", datetime(2024, 1, 15, 5)),
        ("noon", None),
    ],
)
def test_local_times_become_instants(shared, local: str, utc: datetime | None) -> None:
    assert cast(shared, Column("some_at", "timestamp", ""), local) == utc


def test_a_day_without_a_time_is_not_moved(shared) -> None:
    assert cast(shared, Column("some_date", "date", ""), "2024-01-15", 'timezone = "UTC"') == date(2024, 1, 15)


@pytest.mark.parametrize(
    ("fmt", "value", "utc", "day"),
    [
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-15T23:30:00-05:00", datetime(2024, 1, 16, 4, 30), date(2024, 1, 15)),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-15T01:30:00+00", datetime(2024, 1, 15, 1, 30), date(2024, 1, 14)),
        ("%Y-%m-%d %H:%M", "2024-01-15 01:30", datetime(2024, 1, 15, 7, 30), date(2024, 1, 15)),
    ],
)
def test_a_time_with_its_own_offset_needs_no_zone(shared, fmt: str, value: str, utc: datetime, day: date) -> None:
    """A clock without an offset, in the same column, is the extract's: Chicago is UTC - 6 in January."""
    settings = f'timezone = "America/Chicago"\ndate_formats = ["%Y-%m-%dT%H:%M:%S%z", "{fmt}"]'
    assert cast(shared, Column("some_at", "timestamp", ""), value, settings) == utc
    assert cast(shared, Column("some_date", "date", ""), value, settings) == day


# ---------------------------------------------------------------------------------------------------------- code maps

CODES = """
[extracts.police.codes.offense_category]
"ASSAULT - AGG*" = "aggravated_assault"
"ASSAULT*" = "simple_assault"
"ASSAULT BY POLICE" = "other"
"THEFT [F]" = "theft"
"ROB?" = "robbery"
"???" = "unknown"
"""


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("ASSAULT - AGG KNIFE", "aggravated_assault"),
        ("assault - agg", "aggravated_assault"),
        ("ASSAULT", "simple_assault"),
        ("ASSAULT BY POLICE", "other"),  # as written comes before patterns
        ("assault by police", "simple_assault"),
        ("THEFT [F]", "theft"),
        ("ROB1", "robbery"),
        ("abc", "unknown"),
        ("Homicide", "homicide"),
        ("VANDALISM", "vandalism"),
        ("unknown", "unknown"),
        ("unmapped", "unmapped"),
        ("PIRACY", "unmapped"),
    ],
)
def test_code_maps(shared, theirs: str, ours: str) -> None:
    assert mapped(shared, [theirs])[0] == {theirs: ours}


def mapped(shared, values: list[str | None]) -> tuple[dict[str, str], list[tuple[str, int]]]:
    office = office_with(shared, codes=CODES)
    column = model.table("core.incidents").column("offense_category")
    shared.connection.execute("create or replace temp table given (v varchar)")
    shared.connection.executemany("insert into given values (?)", [[value] for value in values])
    unmapped = code_map(
        shared.connection,
        source="given",
        text="v",
        column=column,
        extract=office.extracts["police"],
        name="some_codes",
    )
    return dict(shared.connection.execute("select theirs, ours from some_codes").fetchall()), unmapped


def test_unmapped_values_are_counted(shared) -> None:
    pairs, unmapped = mapped(shared, ["PIRACY", "THEFT", "PIRACY", None, "JAYWALKING"])
    assert pairs == {"PIRACY": "unmapped", "THEFT": "theft", "JAYWALKING": "unmapped"}
    assert unmapped == [("JAYWALKING", 1), ("PIRACY", 2)]


def test_nothing_to_map(shared) -> None:
    assert mapped(shared, [None]) == ({}, [])
