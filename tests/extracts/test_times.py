"""Days and times as written, on whose clock, and the ones that cannot be: each counted, none silently changed.

Clock changes are those of the published rules: New York and Chicago change at 02:00 on 10 March and 3 November 2024;
Lord Howe by half an hour on 7 April and 6 October 2024; St. John's at 00:01 until 2011; New York changed on the last
Sundays of April and September in 1950; Arizona and UTC never.
"""

from datetime import date, datetime

import pytest

from strategic_prosecution import extracts, model
from strategic_prosecution.extracts.casts import typed
from strategic_prosecution.extracts.clocks import clock_changes

ARRESTS = """
[extracts.police]
files = "police*.csv"
extract_date = "filename"
{settings}
[[extracts.police.feeds]]
table = "arrests"
key = "arrest_id"
columns = {{ arrest_id = "NO", {columns} }}
"""
NAME = "police_2024-12-31.csv"
OFFSET = "%Y-%m-%dT%H:%M:%S%z"


def arrests(settings: str = "", columns: str = 'arrest_at = "AT"') -> str:
    return ARRESTS.format(settings=settings, columns=columns)


def put(bench, *values: str, name: str = NAME, head: str = "NO,AT") -> None:
    bench.put(name, f"{head}\n" + "".join(f"{n},{value}\n" for n, value in enumerate(values, start=1)))


def built(bench, toml: str, as_of: str = "2024-12-31"):
    office = bench.office(toml)
    assert extracts.land(bench.connection, office).refused == 0
    return bench.build(office, as_of)


def at_and_day(bench) -> list[tuple]:
    return bench.rows("arrest_id, arrest_at, arrest_date", "core.arrests")


# ------------------------------------------------------------------------------------------------------------ formats

MIXED = f'date_formats = ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y", "%m/%d/%y", "%Y-%m-%d %H:%M", "%d-%b-%Y", "{OFFSET}"]'


def test_one_column_may_mix_its_formats(bench) -> None:
    """What none of them reads is a problem; so is a word that strptime takes for a day."""
    put(
        bench,
        "07/04/2024 11:30:00 PM",
        "7/4/2024",
        "7/4/24",
        "2024-07-04 23:30",
        "04-Jul-2024",
        "2024-07-04T23:30:00-0500",
        "2024-07-05T02:30:00+00",
        "04.07.2024",
        "epoch",
        "infinity",
        "",
    )
    result = built(bench, arrests(MIXED))
    day = date(2024, 7, 4)
    assert at_and_day(bench) == [
        ("1", datetime(2024, 7, 5, 3, 30), day),
        ("2", datetime(2024, 7, 4, 4), day),
        ("3", datetime(2024, 7, 4, 4), day),
        ("4", datetime(2024, 7, 5, 3, 30), day),
        ("5", datetime(2024, 7, 4, 4), day),
        ("6", datetime(2024, 7, 5, 4, 30), date(2024, 7, 5)),
        ("7", datetime(2024, 7, 5, 2, 30), day),
    ]
    assert bench.account(result, "police", "arrests") == {"read": 11, "kept": 7, "set_aside": 4}
    assert bench.problems() == [
        ("missing_required", NAME, 12, "arrest_date", None),
        ("unreadable", NAME, 9, "arrest_at", "04.07.2024"),
        ("unreadable", NAME, 10, "arrest_at", "epoch"),
        ("unreadable", NAME, 11, "arrest_at", "infinity"),
    ]
    assert bench.rows("distinct why", "meta.problems where kind = 'unreadable'") == [
        ("not readable as timestamp; the value is left out, the row set aside",)
    ]


@pytest.mark.parametrize(
    ("formats", "value", "day"),
    [
        (["%m/%d/%Y", "%m/%d/%y"], "01/02/24", date(2024, 1, 2)),
        (["%m/%d/%Y", "%m/%d/%y"], "01/02/2024", date(2024, 1, 2)),
        (["%m/%d/%Y", "%d/%m/%y"], "01/02/24", date(2024, 2, 1)),
        (["%m/%d/%Y", "%m/%d/%y"], "01/02/69", date(1969, 1, 2)),
        (["%Y%m%d", "%y%m%d"], "20111213", date(2011, 12, 13)),
        (["%Y%m%d", "%y%m%d"], "111213", date(2011, 12, 13)),
        (["%m/%d/%Y"], "01/02/24", None),
        (["%Y-%m-%d"], "0024-01-02", None),
        (["%Y-%m-%d"], "0999-12-31", None),
        (["%Y-%m-%d"], "1000-01-01", date(1000, 1, 1)),
    ],
)
def test_a_year_has_as_many_digits_as_its_format_says(shared, formats: list[str], value: str, day: date | None) -> None:
    """To strptime the %Y of 01/02/24 is the year 24."""
    office = shared.office(arrests(f"date_formats = {formats}"))
    column = model.table("core.arrests").column("birth_date")
    sql = typed(column, "v", extract=office.extracts["police"], office=office)
    assert shared.rows(sql, f"(select '{value}' as v)") == [(day,)]


def test_a_day_that_two_declared_formats_read_differently_is_counted_and_the_first_taken(bench) -> None:
    """Once a row, however many formats; 13/02 and 05/05 are plain."""
    put(bench, "01/02/2024", "13/02/2024", "05/05/2024", "2024-01-02", "03/04/24")
    formats = 'date_formats = ["%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%-m/%-d/%Y", "%Y-%m-%d"]'
    built(bench, arrests(formats, 'arrest_date = "AT"'))
    assert bench.rows("arrest_id, arrest_date", "core.arrests") == [
        ("1", date(2024, 2, 1)),
        ("2", date(2024, 2, 13)),
        ("3", date(2024, 5, 5)),
        ("4", date(2024, 1, 2)),
        ("5", date(2024, 4, 3)),
    ]
    assert bench.problems() == [
        ("ambiguous_date", NAME, 2, "arrest_date", "01/02/2024"),
        ("ambiguous_date", NAME, 6, "arrest_date", "03/04/24"),
    ]
    assert bench.rows("distinct why", "meta.problems") == [
        ("different days by %d/%m/%Y and %m/%d/%Y and %Y-%m-%d; the first is taken",)
    ]


# ------------------------------------------------------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("zone", "written", "utc", "day"),
    [
        ("America/New_York", "2024-07-04 22:30:00", datetime(2024, 7, 5, 2, 30), date(2024, 7, 4)),
        ("UTC", "2024-07-05 02:30:00", datetime(2024, 7, 5, 2, 30), date(2024, 7, 4)),
        ("America/Chicago", "2024-07-04 23:30:00", datetime(2024, 7, 5, 4, 30), date(2024, 7, 5)),
        ("America/Phoenix", "2024-07-04 20:59:59", datetime(2024, 7, 5, 3, 59, 59), date(2024, 7, 4)),
        ("America/Phoenix", "2024-12-04 22:00:00", datetime(2024, 12, 5, 5), date(2024, 12, 5)),
    ],
)
def test_an_extract_on_another_clock_than_the_office(bench, zone: str, written: str, utc: datetime, day: date) -> None:
    """The day is that of the office in New York."""
    put(bench, written)
    built(bench, arrests(f'timezone = "{zone}"'))
    assert at_and_day(bench) == [("1", utc, day)]
    assert bench.problems() == []


GAP, TWICE = "clock_gap", "clock_twice"


CHANGES = {
    "America/New_York": [
        ("2024-03-10 01:59:59", datetime(2024, 3, 10, 6, 59, 59), None),
        ("2024-03-10 02:00:00", None, GAP),
        ("2024-03-10 02:59:59", None, GAP),
        ("2024-03-10 03:00:00", datetime(2024, 3, 10, 7), None),
        ("2024-11-03 00:59:59", datetime(2024, 11, 3, 4, 59, 59), None),
        ("2024-11-03 01:00:00", datetime(2024, 11, 3, 5), TWICE),
        ("2024-11-03 01:59:59", datetime(2024, 11, 3, 5, 59, 59), TWICE),
        ("2024-11-03 02:00:00", datetime(2024, 11, 3, 7), None),
        ("1950-04-30 02:30:00", None, GAP),
        ("1950-09-24 01:30:00", datetime(1950, 9, 24, 5, 30), TWICE),
        ("1950-10-29 01:30:00", datetime(1950, 10, 29, 6, 30), None),
    ],
    "America/Chicago": [
        ("2024-03-10 02:30:00", None, GAP),
        ("2024-11-03 01:30:00", datetime(2024, 11, 3, 6, 30), TWICE),
    ],
    "America/Phoenix": [
        ("2024-03-10 02:30:00", datetime(2024, 3, 10, 9, 30), None),
        ("2024-11-03 01:30:00", datetime(2024, 11, 3, 8, 30), None),
    ],
    "UTC": [
        ("2024-03-10 02:30:00", datetime(2024, 3, 10, 2, 30), None),
    ],
    "Australia/Lord_Howe": [
        ("2024-10-06 01:59:00", datetime(2024, 10, 5, 15, 29), None),
        ("2024-10-06 02:00:00", None, GAP),
        ("2024-10-06 02:29:59", None, GAP),
        ("2024-10-06 02:30:00", datetime(2024, 10, 5, 15, 30), None),
        ("2024-04-07 01:30:00", datetime(2024, 4, 6, 14, 30), TWICE),
        ("2024-04-07 02:00:00", datetime(2024, 4, 6, 15, 30), None),
    ],
    "America/St_Johns": [
        ("2010-11-06 23:30:00", datetime(2010, 11, 7, 2), TWICE),
        ("2010-11-07 00:00:30", datetime(2010, 11, 7, 2, 30, 30), TWICE),
        ("2010-11-07 00:01:00", datetime(2010, 11, 7, 3, 31), None),
        ("2010-03-14 00:30:00", None, GAP),
    ],
}


@pytest.mark.parametrize("zone", CHANGES)
def test_times_that_clocks_skip_or_show_twice(bench, zone: str) -> None:
    """The office is on the clock of the extract: the day stays as written."""
    put(bench, *(written for written, _, _ in CHANGES[zone]))
    office = bench.office(arrests())
    office = office.model_copy(update={"office": office.office.model_copy(update={"timezone": zone})})
    extracts.land(bench.connection, office)
    result = bench.build(office, "2024-12-31")
    assert bench.rows("source_row, arrest_at, arrest_date", "core.arrests") == [
        (row, utc, date.fromisoformat(written[:10])) for row, (written, utc, _) in enumerate(CHANGES[zone], start=2)
    ]
    assert bench.problems() == sorted(
        (kind, NAME, row, "arrest_at", written) for row, (written, _, kind) in enumerate(CHANGES[zone], start=2) if kind
    )
    rows = len(CHANGES[zone])
    assert bench.account(result, "police", "arrests") == {"read": rows, "kept": rows}


def test_both_kinds_are_counted_by_row_and_say_what_became_of_them(bench) -> None:
    put(bench, "2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-11-03 01:30:00", "2024-05-01 01:30:00")
    built(bench, arrests())
    assert bench.rows("kind, row, why, rows", "meta.problems") == [
        (GAP, 2, "the clocks skip this time; the time is left out, its day kept", 1),
        (TWICE, 3, "the clocks show this time twice; the first is taken", 1),
        (TWICE, 4, "the clocks show this time twice; the first is taken", 1),
    ]


def test_a_time_with_its_offset_or_a_day_alone_is_on_no_clock(bench) -> None:
    """02:30-04:00 on the night of the change is an instant like any other; so is the second 01:30."""
    put(bench, "2024-03-10T02:30:00-0400", "2024-11-03T01:30:00-0500", "2024-03-10", head="NO,AT")
    built(bench, arrests(f'date_formats = ["{OFFSET}", "%Y-%m-%d"]'))
    assert at_and_day(bench) == [
        ("1", datetime(2024, 3, 10, 6, 30), date(2024, 3, 10)),
        ("2", datetime(2024, 11, 3, 6, 30), date(2024, 11, 3)),
        ("3", datetime(2024, 3, 10, 5), date(2024, 3, 10)),
    ]
    assert bench.problems() == []


def test_a_change_touches_the_days_it_lies_on() -> None:
    found = clock_changes("America/St_Johns", 2010, 2010).to_dict("records")
    assert [(row["kind"], row["since"], row["until"], row["day"]) for row in found] == [
        (GAP, datetime(2010, 3, 14, 0, 1), datetime(2010, 3, 14, 1, 1), date(2010, 3, 14)),
        (TWICE, datetime(2010, 11, 6, 23, 1), datetime(2010, 11, 7, 0, 1), date(2010, 11, 6)),
        (TWICE, datetime(2010, 11, 6, 23, 1), datetime(2010, 11, 7, 0, 1), date(2010, 11, 7)),
    ]


def test_a_day_on_one_clock_and_its_hour_on_another(bench) -> None:
    """A UTC day at midnight with a local hour beside it (Charlottesville): the day of the first, the hour of the other.

    23:15 local of 4 July is 03:15 UTC of the 5th, and the file says 2024-07-05 and 2315: an expression moves the day
    back where the hour says that the evening was still the day before.
    """
    moved = (
        "try_strptime(DAY, '%Y-%m-%d') - case when HOUR >= '2000' then to_days(1) else to_days(0) end "
        "+ to_hours(try_cast(left(HOUR, 2) as bigint)) + to_minutes(try_cast(right(HOUR, 2) as bigint))"
    )
    put(bench, "2024-07-05,2315", "2024-07-05,0915", head="NO,DAY,HOUR")
    built(bench, arrests(columns=f'arrest_at = "{moved}"'))
    assert at_and_day(bench) == [
        ("1", datetime(2024, 7, 5, 3, 15), date(2024, 7, 4)),
        ("2", datetime(2024, 7, 5, 13, 15), date(2024, 7, 5)),
    ]


# ------------------------------------------------------------------------------------------------------------ fillers

FILLERS = "filler_dates = [1900-01-01, 1899-12-30]"


def test_filler_days_are_left_out_and_counted(bench) -> None:
    """In a day, a time and a time with an offset; where the column is required the row goes too."""
    formats = f'date_formats = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "{OFFSET}"]'
    put(
        bench,
        "2024-01-05,1990-01-01",
        "2024-01-05,1900-01-01",
        "1900-01-01,1990-01-01",
        "1900-01-01 00:00:00,1990-01-01",
        "1900-01-01T00:00:00+0000,1990-01-01",
        "1899-12-30 12:00:00,1990-01-01",
        "1900-01-02,1990-01-01",
        head="NO,AT,BORN",
    )
    result = built(bench, arrests(f"{FILLERS}\n{formats}", 'arrest_at = "AT", birth_date = "BORN"'))
    assert bench.rows("arrest_id, arrest_date, birth_date", "core.arrests") == [
        ("1", date(2024, 1, 5), date(1990, 1, 1)),
        ("2", date(2024, 1, 5), None),
        ("7", date(1900, 1, 2), date(1990, 1, 1)),
    ]
    assert bench.account(result, "police", "arrests") == {"read": 7, "kept": 3, "set_aside": 4}
    gone = "stands for a day not known; the value is left out"
    assert bench.rows("kind, row, column_name, value, why", "meta.problems") == [
        ("filler_date", 3, "birth_date", "1900-01-01", gone),
        ("filler_date", 4, "arrest_at", "1900-01-01", f"{gone}, the row set aside"),
        ("filler_date", 5, "arrest_at", "1900-01-01 00:00:00", f"{gone}, the row set aside"),
        ("filler_date", 6, "arrest_at", "1900-01-01T00:00:00+0000", f"{gone}, the row set aside"),
        ("filler_date", 7, "arrest_at", "1899-12-30 12:00:00", f"{gone}, the row set aside"),
    ]


@pytest.mark.parametrize("column", ["arrest_date", "arrest_at"])
@pytest.mark.parametrize(
    "value", ["1900-01-01", "1900-01-01 00:00:00", "1900-01-01 03:00:00", "1900-01-01T00:00:00+0000"]
)
def test_a_filler_on_another_clock_is_one_as_written(bench, column: str, value: str) -> None:
    """Not the last hours of 1899 in New York."""
    formats = f'date_formats = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "{OFFSET}"]'
    put(bench, value)
    result = built(bench, arrests(f'timezone = "UTC"\n{FILLERS}\n{formats}', f'{column} = "AT"'))
    assert bench.problems() == [("filler_date", NAME, 2, column, value)]
    assert bench.account(result, "police", "arrests") == {"read": 1, "set_aside": 1}


def test_a_filler_nobody_declared_is_a_day(bench) -> None:
    put(bench, "1900-01-01")
    built(bench, arrests(columns='arrest_date = "AT"'))
    assert bench.rows("arrest_date", "core.arrests") == [(date(1900, 1, 1),)]


# ------------------------------------------------------------------------------------------- days in an order or ahead

KEYS = {
    "incidents": ("incident_id", ""),
    "referrals": ("referral_id", ""),
    "cases": ("case_id", ""),
    "charges": ("charge_id", ', case_id = "NO"'),
    "custody": ("custody_id", ""),
    "supervision": ("supervision_id", ", start_date = \"'2020-01-01'\""),
    "diversion": ("diversion_id", ", offered_date = \"'2020-01-01'\""),
}
PAIRS = [
    ("incidents", "occurred_date", "reported_date"),
    ("incidents", "occurred_date", "cleared_date"),
    ("referrals", "received_date", "screen_date"),
    ("cases", "filed_date", "disposition_date"),
    ("charges", "filed_date", "disposition_date"),
    ("custody", "detained_from", "detained_to"),
    ("supervision", "start_date", "end_date"),
    ("supervision", "violation_date", "sanction_date"),
    ("diversion", "start_date", "end_date"),
]


def two_days(table: str, first: str, second: str, *, name: str = "court") -> str:
    key, more = KEYS[table]
    more = more if first not in more else ""
    return f"""
[extracts.{name}]
files = "{name}*.csv"
extract_date = "filename"
[[extracts.{name}.feeds]]
table = "{table}"
key = "{key}"
columns = {{ {key} = "NO", {first} = "FIRST", {second} = "SECOND"{more} }}
"""


@pytest.mark.parametrize(("table", "first", "second"), PAIRS)
def test_days_out_of_order_are_kept_and_counted(bench, table: str, first: str, second: str) -> None:
    bench.put(
        "court_2024-12-31.csv",
        "NO,FIRST,SECOND\n1,2024-01-05,2024-01-04\n2,2024-01-05,2024-01-05\n3,2024-01-05,2024-01-06\n4,2024-01-05,\n",
    )
    result = built(bench, two_days(table, first, second))
    day = date(2024, 1, 5)
    assert bench.rows(f"{KEYS[table][0]}, {first}, {second}", f"core.{table}") == [
        ("1", day, date(2024, 1, 4)),
        ("2", day, day),
        ("3", day, date(2024, 1, 6)),
        ("4", day, None),
    ]
    assert bench.problems() == [("out_of_order", "court_2024-12-31.csv", 2, second, "2024-01-04 before 2024-01-05")]
    assert bench.why() == f"before {first}: kept as both are; correct it at its source"
    assert bench.account(result, "court", table) == {"read": 4, "kept": 4}


def test_every_pair_of_the_model_is_tested() -> None:
    assert [(table.name, *pair) for table in model.fed_tables() for pair in table.orders] == PAIRS


def test_days_of_two_feeds_are_compared_too(bench) -> None:
    toml = two_days("cases", "filed_date", "disposition_date").replace(', disposition_date = "SECOND"', "") + two_days(
        "cases", "filed_date", "disposition_date", name="clerk"
    ).replace(', filed_date = "FIRST"', "")
    bench.put("court_2024-12-31.csv", "NO,FIRST\n1,2024-01-05\n2,2024-01-05\n")
    bench.put("clerk_2024-12-31.csv", "NO,SECOND\n2,2023-12-01\n1,2024-02-01\n")
    built(bench, toml)
    assert bench.problems() == [
        ("out_of_order", "court_2024-12-31.csv", 3, "disposition_date", "2023-12-01 before 2024-01-05")
    ]


def test_in_reconstructed_history_only_what_was_known_is_compared(bench) -> None:
    bench.put("court_2024-12-31.csv", "NO,FIRST,SECOND\n1,2024-03-05,2024-02-04\n")
    toml = two_days("cases", "filed_date", "disposition_date")
    built(bench, toml, "2024-02-20")
    assert bench.rows("case_id", "core.cases") == [] and bench.problems() == []
    built(bench, toml, "2024-03-05")
    assert [problem[0] for problem in bench.problems()] == ["out_of_order"]


def test_days_after_their_extract_are_kept_and_counted(bench) -> None:
    """One in two hundred may be; more make the file wait (see landing). The end of supervision may lie ahead."""
    lines = "".join(f"{n},2024-01-05,2024-02-01\n" for n in range(3, 501))
    bench.put("court_2024-12-31.csv", f"NO,FIRST,SECOND\n1,2925-01-05,\n2,2024-01-05,2204-02-01\n{lines}")
    result = built(bench, two_days("cases", "filed_date", "disposition_date"))
    assert bench.rows("row, column_name, value, kind, why", "meta.problems") == [
        (
            2,
            "filed_date",
            "2925-01-05",
            "out_of_range",
            "dated after its extract was made: kept, and in no period before that day",
        ),
        (3, "disposition_date", "2204-02-01", "out_of_range", "after its extract was made: kept"),
    ]
    assert bench.account(result, "court", "cases") == {"read": 500, "kept": 500}


def test_an_end_that_is_planned_may_lie_ahead(bench) -> None:
    bench.put("court_2024-12-31.csv", "NO,FIRST,SECOND\n1,2024-01-05,2026-01-05\n")
    built(bench, two_days("supervision", "start_date", "end_date"))
    assert bench.problems() == []
