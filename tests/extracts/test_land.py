"""Landing: each file once, whatever its encoding and line ends, with the right day."""

import os
from datetime import date
from importlib import import_module

import pytest

from strategic_prosecution import extracts

landing = import_module("strategic_prosecution.extracts.land")

POLICE = """
[extracts.police]
files = "police/*.csv"
extract_date = "filename"
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY", offense_code = "WHAT" }
"""
FILE = "police/p_2024-01-31.csv"
TWO = "NO,DAY,WHAT\n1,2024-01-05,robbery\n2,2024-01-06,arson\n"


def land(bench, office) -> tuple[int, int, int, int]:
    landed = extracts.land(bench.connection, office)
    return landed.files, landed.landed, landed.rows, landed.refused


def raw(bench) -> list[tuple]:
    return bench.rows('"__row", NO, DAY, WHAT', "raw.police")


def loads(bench) -> list[tuple]:
    return bench.rows("file, rows, ragged, extract_date, extract_date_from", "meta.loads")


def test_a_file_lands_once(bench) -> None:
    office = bench.office(POLICE)
    bench.put(FILE, TWO)
    assert land(bench, office) == (1, 1, 2, 0)
    assert raw(bench) == [(2, "1", "2024-01-05", "robbery"), (3, "2", "2024-01-06", "arson")]
    assert loads(bench) == [(FILE, 2, 0, date(2024, 1, 31), "filename")]
    assert land(bench, office) == (1, 0, 0, 0)
    assert len(raw(bench)) == 2


def test_an_unchanged_file_is_not_opened_again(bench, monkeypatch) -> None:
    office = bench.office(POLICE)
    path = bench.put(FILE, TWO)
    opened = []
    read = landing.fingerprint
    monkeypatch.setattr(landing, "fingerprint", lambda path: opened.append(path) or read(path))
    land(bench, office)
    land(bench, office)
    assert opened == [path]
    os.utime(path)
    assert land(bench, office) == (1, 0, 0, 0)
    assert opened == [path, path]
    assert land(bench, office) == (1, 0, 0, 0)
    assert len(opened) == 2
    assert len(raw(bench)) == 2


def test_a_copy_of_the_same_day_stores_nothing_and_changes_nothing(bench) -> None:
    office = bench.office(POLICE)
    bench.put(FILE, TWO)
    land(bench, office)
    bench.build(office, "2024-01-31")
    before = bench.hashes()
    bench.put("police/q_2024-01-31.csv", TWO)
    assert land(bench, office) == (2, 1, 2, 0)
    assert land(bench, office) == (2, 0, 0, 0)
    assert len(raw(bench)) == 2
    built = bench.build(office, "2024-01-31")
    assert bench.hashes() == before
    assert bench.account(built, "police", "incidents") == {"read": 4, "kept": 2, "superseded": 2}


def test_the_same_content_of_another_day_is_another_delivery(bench) -> None:
    """Things were so, were otherwise, and are so again: the third file is news."""
    office = bench.office(POLICE)
    bench.put(FILE, TWO)
    bench.put("police/p_2024-02-29.csv", TWO.replace("arson", "theft"))
    assert land(bench, office)[1] == 2
    bench.put("police/p_2024-03-31.csv", TWO)
    assert land(bench, office)[1] == 1
    assert land(bench, office)[1] == 0
    bench.build(office, "2024-03-31")
    assert bench.rows("offense_code", "core.incidents") == [("arson",), ("robbery",)]
    bench.build(office, "2024-02-29")
    assert bench.rows("offense_code", "core.incidents") == [("robbery",), ("theft",)]


def test_a_file_renamed_within_its_day_is_known_by_its_new_name(bench) -> None:
    office = bench.office(POLICE)
    path = bench.put(FILE, TWO)
    land(bench, office)
    path.rename(path.with_name("renamed_2024-01-31.csv"))
    assert land(bench, office)[1] == 0
    assert loads(bench) == [("police/renamed_2024-01-31.csv", 2, 0, date(2024, 1, 31), "filename")]


def test_an_empty_file_of_a_whole_extract_withdraws_nothing(bench) -> None:
    office = bench.office(POLICE.replace('"filename"', '"filename"\nholds = "everything"', 1))
    bench.put(FILE, TWO)
    bench.put("police/p_2024-02-29.csv", "NO,DAY,WHAT\n")
    assert land(bench, office) == (2, 1, 2, 1)
    assert "would withdraw" in bench.why()


def test_an_archived_file_stays_landed(bench) -> None:
    office = bench.office(POLICE)
    path = bench.put(FILE, TWO)
    land(bench, office)
    path.unlink()
    assert land(bench, office) == (0, 0, 0, 0)
    assert bench.problems() == []
    assert len(raw(bench)) == 2


ACCENTS = "NO,DAY,WHAT\n1,2024-01-05,Señor\n"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("utf-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("UTF8", "utf-8-sig"),
        ("latin-1", "latin-1"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
    ],
)
def test_encodings(bench, encoding: str, written: str) -> None:
    office = bench.office(POLICE.replace("[[", f'encoding = "{encoding}"\n[[', 1))
    bench.put(FILE, ACCENTS.encode(written))
    assert land(bench, office) == (1, 1, 1, 0)
    assert raw(bench) == [(2, "1", "2024-01-05", "Señor")]
    assert not list((bench.folder / "data" / "processed").rglob("transcoded*"))


@pytest.mark.parametrize("encoding", ["klingon", "hex"])
def test_an_encoding_nobody_knows(bench, encoding: str) -> None:
    office = bench.office(POLICE.replace("[[", f'encoding = "{encoding}"\n[[', 1))
    bench.put(FILE, TWO)
    assert land(bench, office) == (1, 0, 0, 1)
    assert bench.why() == f"encoding [{encoding}] is not known; name one such as utf-8, latin-1, utf-16"


QUOTED = 'NO,DAY,WHAT\n1,2024-01-05,"a, b"\n2,2024-01-06,"say ""no""\nnow"\n3,2024-01-07,x\n'
VALUES = ["a, b", 'say "no"\nnow', "x"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_quotes(bench, end: str) -> None:
    bench.put(FILE, QUOTED.replace("\n", end))
    assert land(bench, bench.office(POLICE)) == (1, 1, 3, 0)
    assert [row[3].replace("\r\n", "\n").replace("\r", "\n") for row in raw(bench)] == VALUES


@pytest.mark.parametrize(
    "content",
    [
        QUOTED.replace("\nnow", "\r\nnow"),
        QUOTED.replace("\n", "\r\n").replace("\r\nnow", "\nnow"),
        QUOTED.replace("\n", "\r\n", 1),
        QUOTED.replace("05,", "05,", 1).replace("x\n", "x\r\n"),
    ],
    ids=["windows text in unix rows", "unix text in windows rows", "windows header", "windows last line"],
)
def test_files_of_mixed_line_ends_land_whole(bench, content: str) -> None:
    bench.put(FILE, content)
    assert land(bench, bench.office(POLICE)) == (1, 1, 3, 0)
    assert [row[3].replace("\r\n", "\n") for row in raw(bench)] == VALUES


def test_a_line_end_cut_by_a_block_is_one(bench) -> None:
    start = b"NO,DAY,WHAT\r\n1,2024-01-05,"
    filler = b"x" * ((1 << 20) - len(start) - 1)
    bench.put(FILE, start + filler + b"\r\n2,2024-01-06,y\r\n")
    assert land(bench, bench.office(POLICE)) == (1, 1, 2, 0)
    assert [(row[1], len(row[3])) for row in raw(bench)] == [("1", len(filler)), ("2", 1)]


def test_a_delimiter(bench) -> None:
    bench.put(FILE, TWO.replace(",", "|"))
    assert land(bench, bench.office(POLICE.replace("[[", 'delimiter = "|"\n[[', 1))) == (1, 1, 2, 0)
    assert [row[3] for row in raw(bench)] == ["robbery", "arson"]


def test_a_file_without_rows_lands(bench) -> None:
    bench.put(FILE, "NO,DAY,WHAT")
    assert land(bench, bench.office(POLICE)) == (1, 1, 0, 0)
    assert loads(bench) == [(FILE, 0, 0, date(2024, 1, 31), "filename")]


def test_a_layout_may_grow_a_column_and_move_others(bench) -> None:
    bench.put(FILE, TWO)
    bench.put("police/p_2024-02-29.csv", "WHAT,EXTRA,NO,DAY\ntheft,e,3,2024-02-01\n")
    assert land(bench, bench.office(POLICE)) == (2, 2, 3, 0)
    assert bench.rows("NO, WHAT, EXTRA", "raw.police") == [
        ("1", "robbery", None),
        ("2", "arson", None),
        ("3", "theft", "e"),
    ]


# ------------------------------------------------------------------------------------------------------ extract dates


@pytest.mark.parametrize(
    ("setting", "name", "expected"),
    [
        ('extract_date = "filename"', "p_2024-01-31.csv", (date(2024, 1, 31), "filename")),
        ('extract_date = "filename"', "p_20240131.csv", (date(2024, 1, 31), "filename")),
        ('extract_date = "filename"', "p_20230101_to_20240131.csv", (date(2024, 1, 31), "filename")),
        ("extract_date = 2024-01-30", "p.csv", (date(2024, 1, 30), "office")),
        ('extract_dates = { "p.csv" = 2024-01-29 }', "p.csv", (date(2024, 1, 29), "file")),
        ('extract_dates = { "police/p.csv" = 2024-01-28 }', "p.csv", (date(2024, 1, 28), "file")),
        ('extract_date = { column = "DAY" }', "p.csv", (date(2024, 1, 6), "column")),
        ("", "p.csv", (date(2024, 6, 1), "file time")),
    ],
)
def test_the_day_of_an_extract(bench, setting: str, name: str, expected: tuple[date, str]) -> None:
    office = bench.office(POLICE.replace('extract_date = "filename"', setting))
    bench.put(f"police/{name}", TWO)
    assert land(bench, office)[1] == 1
    assert [row[3:] for row in loads(bench)] == [expected]


def test_the_time_of_a_file_is_the_office_s_day(bench) -> None:
    path = bench.put("police/p.csv", TWO)
    one_o_clock_utc = 1_717_290_000  # 2024-06-02 01:00 UTC is 21:00 on 1 June in New York
    os.utime(path, (one_o_clock_utc, one_o_clock_utc))
    land(bench, bench.office(POLICE.replace('extract_date = "filename"', "")))
    assert [row[3] for row in loads(bench)] == [date(2024, 6, 1)]


@pytest.mark.parametrize("name", ["p.csv", "p_2024-13-45.csv"])
def test_a_name_without_a_day_waits(bench, name: str) -> None:
    bench.put(f"police/{name}", TWO)
    assert land(bench, bench.office(POLICE)) == (1, 0, 0, 1)
    assert bench.why() == "has no day in its name; state it in extract_dates"


def dated(count: int, *, after: int) -> str:
    days = ["2024-02-01"] * after + ["2024-01-31"] * (count - after)
    return "NO,DAY,WHAT\n" + "".join(f"{n},{day},x\n" for n, day in enumerate(days))


def test_one_event_in_two_hundred_may_be_dated_after_the_extract(bench) -> None:
    bench.put(FILE, dated(200, after=1))
    assert land(bench, bench.office(POLICE)) == (1, 1, 200, 0)


def test_a_file_with_more_events_after_its_day_waits_until_its_day_is_stated(bench) -> None:
    bench.put(FILE, dated(199, after=1))
    assert land(bench, bench.office(POLICE)) == (1, 0, 0, 1)
    assert bench.problems() == [("waiting_file", FILE, None, None, None)]
    assert bench.why() == (
        "1 of 199 rows of [incidents] are dated after its extract date 2024-01-31; "
        "state the right day in extracts.police.extract_dates"
    )
    stated = bench.office(POLICE.replace("[[", 'extract_dates = { "p_2024-01-31.csv" = 2024-01-31 }\n[[', 1))
    assert land(bench, stated) == (1, 1, 199, 0)
    assert bench.problems() == []


def test_a_corrected_day_holds_for_what_has_landed(bench) -> None:
    bench.put(FILE, TWO)
    land(bench, bench.office(POLICE))
    stated = POLICE.replace("[[", 'extract_dates = { "p_2024-01-31.csv" = 2024-03-31 }\n[[', 1)
    assert land(bench, bench.office(stated))[1] == 0
    assert [row[3:] for row in loads(bench)] == [(date(2024, 3, 31), "file")]
    land(bench, bench.office(POLICE))
    assert [row[3:] for row in loads(bench)] == [(date(2024, 1, 31), "filename")]


def test_problems_of_lines_stay_and_keep_their_numbers(bench) -> None:
    """A file that waits is told anew each time; what is wrong inside a landed file is told once."""
    office = bench.office(POLICE)
    bench.put("police/a.csv", TWO + "5,2024-01-01,x\n")
    bench.put(FILE, TWO + "3\n")
    land(bench, office)
    land(bench, office)
    bench.put("police/p_2024-02-29.csv", TWO + "4\n")
    land(bench, office)
    assert [row[:3] for row in bench.problems()] == [
        ("ragged_row", FILE, 4),
        ("ragged_row", "police/p_2024-02-29.csv", 4),
        ("waiting_file", "police/a.csv", None),
    ]
    assert bench.rows("count(distinct problem_id)", "meta.problems") == [(3,)]
