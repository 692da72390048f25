"""From raw to core: merging, duplicates, withdrawals, and an account of every row. Expected rows by hand."""

from datetime import date, datetime

import pytest

from strategic_prosecution import extracts
from strategic_prosecution.extracts.contracts import ContractError

RMS = """
[extracts.rms]
files = "rms*.csv"
extract_date = "filename"
{settings}
[[extracts.rms.feeds]]
table = "incidents"
key = "incident_id"
[extracts.rms.feeds.columns]
incident_id = "NO"
occurred_date = "DAY"
offense_category = "WHAT"
address = "ADDR"
victim_count = "N"
"""
CAD = """
[extracts.cad]
files = "cad*.csv"
extract_date = "filename"
[[extracts.cad.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "ID", offense_category = "KIND", longitude = "X", latitude = "Y", victim_count = "VICTIMS" }
"""
JAN, FEB, MAR = "2024-01-31", "2024-02-29", "2024-03-31"
INCIDENTS = "incident_id, occurred_date, offense_category, victim_count"


def built(bench, toml: str, as_of: str = "2024-12-31"):
    office = bench.office(toml)
    extracts.land(bench.connection, office)
    return bench.build(office, as_of)


def rms(settings: str = "") -> str:
    return RMS.format(settings=settings)


def test_one_feed(bench) -> None:
    bench.put(f"rms_{JAN}.csv", "NO,DAY,WHAT,ADDR,N\n1,2024-01-05,robbery,1 MAIN ST,2\n2,2024-01-06,ARSON,,\n")
    result = built(bench, rms())
    assert bench.rows(INCIDENTS, "core.incidents") == [
        ("1", date(2024, 1, 5), "robbery", 2),
        ("2", date(2024, 1, 6), "arson", None),
    ]
    assert bench.account(result, "rms", "incidents") == {"read": 2, "kept": 2}
    assert (result.rows["incidents"], result.problems) == (2, 0)
    assert "incidents" not in result.missing and "arrests" in result.missing
    [(load,)] = bench.rows("load_id", "meta.loads")
    assert bench.rows("source_load, source_row", "core.incidents") == [(load, 2), (load, 3)]


def test_feeds_merge_column_by_column(bench) -> None:
    """First non-null in file order; what is known goes before unknown and unmapped; conflicts are told."""
    bench.put(
        f"rms_{JAN}.csv",
        "NO,DAY,WHAT,ADDR,N\n"
        "1,2024-01-05,robbery,1 MAIN ST,2\n"
        "2,2024-01-06,unknown,,\n"
        "3,2024-01-07,piracy,,\n"
        "4,2024-01-08,theft,4 ELM ST,1\n",
    )
    bench.put(
        f"cad_{JAN}.csv",
        "ID,KIND,X,Y,VICTIMS\n1,arson,-71.5,42.5,3\n2,theft,,,5\n3,theft,,,\n4,unknown,,,1\n5,theft,,,9\n",
    )
    result = built(bench, rms() + CAD)
    assert bench.rows(f"{INCIDENTS}, address, longitude", "core.incidents") == [
        ("1", date(2024, 1, 5), "robbery", 2, "1 MAIN ST", -71.5),
        ("2", date(2024, 1, 6), "theft", 5, None, None),
        ("3", date(2024, 1, 7), "theft", None, None, None),
        ("4", date(2024, 1, 8), "theft", 1, "4 ELM ST", None),
    ]
    assert bench.account(result, "rms", "incidents") == {"read": 4, "kept": 4}
    assert bench.account(result, "cad", "incidents") == {"read": 5, "merged": 4, "set_aside": 1}
    assert bench.problems() == [
        ("conflict", f"cad_{JAN}.csv", 2, "offense_category", "arson"),
        ("conflict", f"cad_{JAN}.csv", 2, "victim_count", "3"),
        ("missing_required", f"cad_{JAN}.csv", 6, "occurred_date", None),
        ("unmapped_code", None, None, "offense_category", "piracy"),
    ]
    assert bench.rows("why", "meta.problems where kind = 'conflict'")[0] == (
        "differs from extract [rms], which comes first in office.toml and counts",
    )


def test_the_order_of_office_toml_decides(bench) -> None:
    bench.put(f"rms_{JAN}.csv", "NO,DAY,WHAT,ADDR,N\n1,2024-01-05,robbery,,2\n")
    bench.put(f"cad_{JAN}.csv", "ID,KIND,X,Y,VICTIMS\n1,arson,,,3\n")
    result = built(bench, CAD + rms())
    assert bench.rows(INCIDENTS, "core.incidents") == [("1", date(2024, 1, 5), "arson", 3)]
    assert bench.account(result, "rms", "incidents") == {"read": 1, "merged": 1}


def test_a_place_is_the_merged_address_and_coordinates(bench) -> None:
    """Three records of one address, two with coordinates of another feed: every place is one (address, point)."""
    bench.put(
        f"rms_{JAN}.csv",
        "NO,DAY,WHAT,ADDR,N\n" + "".join(f"{n},2024-01-05,theft,1 MAIN ST,\n" for n in (1, 2, 3)) + "4,2024-01-05,,,\n",
    )
    bench.put(f"cad_{JAN}.csv", "ID,KIND,X,Y,VICTIMS\n1,,-71.5,42.5,\n2,,-71.5,42.6,\n")
    built(bench, rms() + CAD)
    places = bench.rows("distinct place_id, address, longitude, latitude", "core.incidents where place_id is not null")
    assert len(places) == len({place for place, *_ in places}) == 3
    assert bench.rows("place_id", "core.incidents where incident_id = '4'") == [(None,)]


def test_one_extract_fills_several_tables_and_one_table_twice(bench) -> None:
    toml = """
[extracts.court]
files = "court*.csv"
extract_date = "filename"
[[extracts.court.feeds]]
table = "cases"
key = "case_id"
where = "FILED <> ''"
columns = { case_id = "NO", filed_date = "FILED" }
[[extracts.court.feeds]]
table = "defendants"
key = "defendant_id"
columns = { defendant_id = "NO || '-' || WHO", case_id = "NO", source_person_id = "WHO" }
[[extracts.court.feeds]]
table = "cases"
key = "case_id"
columns = { case_id = "NO", court = "COURT" }
"""
    bench.put(f"court_{JAN}.csv", "NO,WHO,FILED,COURT\n1,a,2024-01-02,North\n2,b,,South\n")
    result = built(bench, toml)
    assert bench.rows("case_id, filed_date, court", "core.cases") == [
        ("1", date(2024, 1, 2), "North"),
        ("2", None, "South"),
    ]
    assert bench.rows("defendant_id, case_id, source_person_id", "core.defendants") == [
        ("1-a", "1", "court:a"),
        ("2-b", "2", "court:b"),
    ]
    assert bench.account(result, "court", "cases", feed=1) == {"read": 1, "kept": 1, "not_selected": 1}
    assert bench.account(result, "court", "cases", feed=3) == {"read": 2, "kept": 1, "merged": 1}
    assert bench.account(result, "court", "defendants", feed=2) == {"read": 2, "kept": 2}


def test_the_first_in_an_order_is_the_record(bench) -> None:
    """A row per charge, a case per number: the lowest charge number speaks, the others are merged, none a problem."""
    toml = """
[extracts.court]
files = "court*.csv"
extract_date = "filename"
[[extracts.court.feeds]]
table = "charges"
key = "charge_id"
columns = { charge_id = "NO", case_id = "NO", charge_number = "SEQ", charge_title = "WHAT" }
order_by = ["charge_number"]
"""
    bench.put(f"court_{JAN}.csv", "NO,SEQ,WHAT\n1,10,c\n1,2,a\n1,,z\n2,1,only\n")
    result = built(bench, toml)
    assert bench.rows("charge_id, charge_number, charge_title, source_row", "core.charges") == [
        ("1", 2, "a", 3),
        ("2", 1, "only", 5),
    ]
    assert bench.account(result, "court", "charges") == {"read": 4, "kept": 2, "merged": 2}
    assert bench.problems() == []


ROWS = """
[extracts.contacts]
files = "s*.csv"
extract_date = "filename"
[[extracts.contacts.feeds]]
table = "outreach"
key = "row"
columns = { outreach_date = "DAY", area_id = "WHERE" }
"""


def test_rows_without_a_key(bench) -> None:
    """Identical rows of a file are several events; the same rows in an overlapping extract are the same events."""
    bench.put(f"s_{JAN}.csv", "DAY,WHERE\n2024-01-05,North\n2024-01-05,North\n2024-01-06,South\n")
    bench.put(f"s_{FEB}.csv", "DAY,WHERE\n2024-01-06,South\n2024-01-05,North\n2024-01-05,North\n2024-02-01,East\n")
    result = built(bench, ROWS)
    assert bench.rows("outreach_date, area_id", "core.outreach") == [
        (date(2024, 1, 5), "North"),
        (date(2024, 1, 5), "North"),
        (date(2024, 1, 6), "South"),
        (date(2024, 2, 1), "East"),
    ]
    assert bench.account(result, "contacts", "outreach") == {"read": 7, "kept": 4, "superseded": 3}
    assert bench.problems() == []


def test_keys_of_rows_do_not_hang_on_the_layout(bench, new_bench) -> None:
    """The same events under moved columns and one more, empty column are the same events, whichever comes first."""
    wide = "WHERE,NOTE,DAY\nNorth,,2024-01-05\nSouth,,2024-01-06\n"
    bench.put(f"s_{JAN}.csv", "DAY,WHERE\n2024-01-05,North\n2024-01-06,South\n")
    alone = built(bench, ROWS)
    keys = bench.rows("outreach_id", "core.outreach")
    assert bench.account(alone, "contacts", "outreach") == {"read": 2, "kept": 2}
    bench.put(f"s_{FEB}.csv", wide)
    both = built(bench, ROWS)
    assert bench.rows("outreach_id", "core.outreach") == keys
    assert bench.account(both, "contacts", "outreach") == {"read": 4, "kept": 2, "superseded": 2}
    with new_bench() as other:
        other.put(f"s_{JAN}.csv", wide)
        built(other, ROWS)
        assert other.rows("outreach_id", "core.outreach") == keys


def test_duplicates_in_a_file(bench) -> None:
    """Identical in what we keep: merged. Different: the last counts, and it is a problem."""
    bench.put(
        f"rms_{JAN}.csv",
        "NO,DAY,WHAT,ADDR,N,EXTRA\n"
        "1,2024-01-05,theft,,1,x\n"
        "1,2024-01-05,THEFT,,1.0,y\n"
        "2,2024-01-06,theft,,1,\n"
        "2,2024-01-06,arson,,1,\n"
        "2,2024-01-06,fraud,,1,\n",
    )
    result = built(bench, rms())
    assert bench.rows(f"{INCIDENTS}, source_row", "core.incidents") == [
        ("1", date(2024, 1, 5), "theft", 1, 3),
        ("2", date(2024, 1, 6), "fraud", 1, 6),
    ]
    assert bench.account(result, "rms", "incidents") == {"read": 5, "kept": 2, "merged": 1, "superseded": 2}
    assert bench.problems() == [("duplicate_key", f"rms_{JAN}.csv", 5, "incident_id", "2")]
    assert bench.rows("rows, why", "meta.problems") == [
        (2, "rows of one file with one key and different content: the last counts")
    ]


def test_a_newer_extract_supersedes_in_any_order_of_landing(new_bench) -> None:
    files = {
        f"rms_{JAN}.csv": "NO,DAY,WHAT,ADDR,N\n1,2024-01-05,theft,,1\n2,2024-01-06,theft,,1\n",
        f"rms_{FEB}.csv": "NO,DAY,WHAT,ADDR,N\n1,2024-01-05,arson,,\n3,2024-02-06,theft,,1\n",
        f"rms_{MAR}.csv": "NO,DAY,WHAT,ADDR,N\n1,2024-01-05,fraud,,\n",
    }
    seen = []
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        with new_bench() as bench:
            for n in order:
                name = list(files)[n]
                bench.put(name, files[name])
                result = built(bench, rms())
            assert bench.rows(INCIDENTS, "core.incidents") == [
                ("1", date(2024, 1, 5), "fraud", None),
                ("2", date(2024, 1, 6), "theft", 1),
                ("3", date(2024, 2, 6), "theft", 1),
            ]
            assert bench.account(result, "rms", "incidents") == {"read": 5, "kept": 3, "superseded": 2}
            assert bench.problems() == []
            seen.append(bench.hashes())
    assert seen[0] == seen[1] == seen[2]


def test_two_files_of_one_day_the_later_name_counts(bench) -> None:
    for name, what in ((f"rms_v1_{JAN}.csv", "theft"), (f"rms_v2_{JAN}.csv", "arson")):
        bench.put(name, f"NO,DAY,WHAT,ADDR,N\n1,2024-01-05,{what},,\n")
    built(bench, rms())
    assert bench.rows("offense_category", "core.incidents") == [("arson",)]


def test_a_file_delivered_again_under_its_name_replaces_what_it_held(bench) -> None:
    """Corrections under the same name and day: row 2 is gone, row 1 is changed; then the first version comes back."""
    name, head = f"rms_{JAN}.csv", "NO,DAY,WHAT,ADDR,N\n"
    first = head + "1,2024-01-05,theft,,\n2,2024-01-06,theft,,\n"
    for what in ("arson", "fraud", "robbery", "burglary"):
        bench.put(name, first)
        built(bench, rms())
        bench.put(name, f"{head}1,2024-01-05,{what},,\n", changed="2024-06-02")
        built(bench, rms())
        assert bench.rows("incident_id, offense_category", "core.incidents") == [("1", what)]
    bench.put(name, first, changed="2024-06-03")
    result = built(bench, rms())
    assert bench.rows("incident_id, offense_category", "core.incidents") == [("1", "theft"), ("2", "theft")]
    assert bench.account(result, "rms", "incidents") == {"read": 6, "kept": 2, "superseded": 4}


def test_too_many_records_missing_stop_the_run(bench) -> None:
    rows = "".join(f"{number},2024-01-05,theft,,\n" for number in range(100))
    bench.put(f"rms_{JAN}.csv", "NO,DAY,WHAT,ADDR,N\n" + rows)
    bench.put(f"rms_{FEB}.csv", "NO,DAY,WHAT,ADDR,N\n" + "".join(rows.splitlines(keepends=True)[:80]))
    with pytest.raises(ContractError, match="20 of 100 rows"):
        built(bench, rms('holds = "everything"'), FEB)
    allowed = built(bench, rms('holds = "everything"\nmax_withdrawn_share = 0.3'), FEB)
    assert bench.account(allowed, "rms", "incidents")["withdrawn"] == 20


def test_what_a_complete_extract_no_longer_holds_is_withdrawn(bench) -> None:
    head = "NO,DAY,WHAT,ADDR,N\n"
    bench.put(f"rms_{JAN}.csv", head + "1,2024-01-05,theft,,\n2,2024-01-06,theft,,\n2,2024-01-06,arson,,\n")
    bench.put(f"rms_{FEB}.csv", head + "1,2024-01-05,theft,,\n3,2024-02-06,theft,,\n")
    everything = rms('holds = "everything"')
    result = built(bench, everything, JAN)
    assert [row[0] for row in bench.rows("incident_id", "core.incidents")] == ["1", "2"]
    result = built(bench, everything)
    assert [row[0] for row in bench.rows("incident_id", "core.incidents")] == ["1", "3"]
    assert bench.account(result, "rms", "incidents") == {"read": 5, "kept": 2, "superseded": 2, "withdrawn": 1}
    bench.put(f"rms_{MAR}.csv", head + "2,2024-01-06,theft,,\n")
    built(bench, everything)
    assert [row[0] for row in bench.rows("incident_id", "core.incidents")] == ["2"]
    changes = built(bench, rms())
    assert bench.account(changes, "rms", "incidents") == {"read": 6, "kept": 3, "superseded": 3}


def test_rows_without_a_key_or_a_required_column_are_set_aside(bench) -> None:
    bench.put(
        f"rms_{JAN}.csv",
        "NO,DAY,WHAT,ADDR,N\n"
        " ,2024-01-05,theft,,\n"
        "2,,theft,,\n"
        "3,not a day,theft,,\n"
        "4,2024-01-08,theft,,many\n"
        "5,2024-01-09,theft,,1.5\n",
    )
    result = built(bench, rms())
    assert bench.rows(INCIDENTS, "core.incidents") == [
        ("4", date(2024, 1, 8), "theft", None),
        ("5", date(2024, 1, 9), "theft", None),
    ]
    assert bench.account(result, "rms", "incidents") == {"read": 5, "kept": 2, "set_aside": 3}
    file = f"rms_{JAN}.csv"
    assert bench.rows("kind, file, row, column_name, value, why", "meta.problems") == [
        ("missing_key", file, 2, "incident_id", None, "set aside: no readable key"),
        ("missing_required", file, 3, "occurred_date", None, "set aside: no value for this required column"),
        (
            "unreadable",
            file,
            4,
            "occurred_date",
            "not a day",
            "not readable as date; the value is left out, the row set aside",
        ),
        ("unreadable", file, 5, "victim_count", "many", "not readable as integer; the value is left out"),
        ("unreadable", file, 6, "victim_count", "1.5", "not readable as integer; the value is left out"),
    ]
    assert result.problems == 5


def test_ages_out_of_range_and_unmapped_codes_are_listed(bench) -> None:
    toml = """
[extracts.arrests]
files = "a*.csv"
extract_date = "filename"
[[extracts.arrests.feeds]]
table = "arrests"
key = "arrest_id"
columns = { arrest_id = "NO", arrest_at = "AT", age = "AGE", race_ethnicity = "RACE" }
[extracts.arrests.codes.race_ethnicity]
"W*" = "white"
"""
    bench.put(
        f"a_{JAN}.csv",
        "NO,AT,AGE,RACE\n1,2024-01-05 23:30:00,17,White\n2,2024-01-06,170,X\n3,2024-01-07,old,X\n4,2024-01-07,,Y\n",
    )
    result = built(bench, toml)
    assert bench.rows("arrest_id, arrest_at, arrest_date, age, race_ethnicity", "core.arrests") == [
        ("1", datetime(2024, 1, 6, 4, 30), date(2024, 1, 5), 17, "white"),
        ("2", datetime(2024, 1, 6, 5), date(2024, 1, 6), None, "unmapped"),
        ("3", datetime(2024, 1, 7, 5), date(2024, 1, 7), None, "unmapped"),
        ("4", datetime(2024, 1, 7, 5), date(2024, 1, 7), None, "unmapped"),
    ]
    assert bench.rows("kind, row, column_name, value, why, rows", "meta.problems") == [
        ("out_of_range", 3, "age", "170", "not an age; the value is left out", 1),
        ("unmapped_code", None, "race_ethnicity", "X", "kept as unmapped: add it to the codes of this extract", 2),
        ("unmapped_code", None, "race_ethnicity", "Y", "kept as unmapped: add it to the codes of this extract", 1),
        ("unreadable", 4, "age", "old", "not an age; the value is left out", 1),
    ]
    assert result.problems == 5


def test_decisions_that_cannot_be_read_are_problems_too(bench) -> None:
    toml = """
[extracts.audit]
files = "m*.csv"
extract_date = "filename"
[[extracts.audit.feeds]]
table = "memberships"
key = "membership_id"
columns = { membership_id = "NO", group_id = "GRP", known_on = "KNOWN" }
"""
    bench.put(f"m_{JAN}.csv", "NO,GRP,KNOWN\n1,A,2024-01-02\n,A,2024-01-02\n3,,2024-01-02\n4,B,\n")
    result = built(bench, toml)
    assert bench.account(result, "audit", "memberships") == {"read": 4, "kept": 2, "set_aside": 2}
    assert bench.problems() == [
        ("missing_key", f"m_{JAN}.csv", 3, "membership_id", None),
        ("missing_required", f"m_{JAN}.csv", 4, "group_id", None),
    ]


def test_nothing_has_landed(bench) -> None:
    result = built(bench, rms())
    assert len(result.accounting) == 0
    assert set(result.rows.values()) == {0}
    assert set(result.rows) == result.missing


def test_problems_speak_of_the_newest_core(bench) -> None:
    bench.put(f"rms_{JAN}.csv", "NO,DAY,WHAT,ADDR,N\n1,2024-01-05,piracy,,\n")
    built(bench, rms(), JAN)
    before = bench.rows("*", "meta.problems")
    assert len(before) == 1
    built(bench, rms(), "2024-01-01")
    assert bench.rows("*", "meta.problems") == before
    built(bench, rms('codes.offense_category = { piracy = "robbery" }'), MAR)
    assert bench.problems() == []
    assert bench.rows("distinct as_of", "meta.accounting") == [
        (date(2024, 1, 1),),
        (date(2024, 1, 31),),
        (date(2024, 3, 31),),
    ]
