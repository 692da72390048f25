"""Rows that go: withdrawn because a newer file lacks them, or taken back by a row of a ledger."""

import pytest

from strategic_prosecution import extracts
from strategic_prosecution.extracts.contracts import ContractError

JAN, FEB, MAR, APR = "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"


def build(bench, toml: str, as_of: str):
    office = bench.office(toml)
    assert extracts.land(bench.connection, office).refused == 0
    return bench.build(office, as_of)


# ----------------------------------------------------------------------------------------------------------- withdrawn

RMS = """
[extracts.rms]
files = "rms*.csv"
extract_date = "filename"
holds = {holds}
max_withdrawn_share = {share}
[[extracts.rms.feeds]]
table = "incidents"
key = "incident_id"
columns = {{ incident_id = "NO", occurred_date = "DAY", offense_category = "WHAT" }}
"""


def rms(holds: str = '{ window = "occurred_date" }', share: float = 1.0) -> str:
    return RMS.format(holds=holds, share=share)


def put(bench, day: str, *rows: str, name: str = "rms") -> None:
    """A file of rows ``number day-of-2024``."""
    lines = [f"{number},2024-{day},theft\n" for number, day in (row.split() for row in rows)]
    bench.put(f"{name}_{day}.csv", "NO,DAY,WHAT\n" + "".join(lines))


def numbers(bench) -> list[str]:
    return [number for (number,) in bench.rows("incident_id", "core.incidents")]


def test_a_window_moves_on_and_takes_only_what_is_missing_from_inside(bench) -> None:
    """1 left through the trailing edge; 2 may have: its day is the first of the window; 3 is missing from inside."""
    put(bench, JAN, "1 01-05", "2 01-20", "3 01-21", "4 01-30")
    put(bench, FEB, "5 01-20", "4 01-30", "6 02-28")
    assert numbers_as_of(bench, JAN) == ["1", "2", "3", "4"]
    assert numbers_as_of(bench, FEB) == ["1", "2", "4", "5", "6"]
    result = build(bench, rms(), FEB)
    assert bench.account(result, "rms", "incidents") == {"read": 7, "kept": 5, "superseded": 1, "withdrawn": 1}


def numbers_as_of(bench, as_of: str, toml: str | None = None) -> list[str]:
    build(bench, toml or rms(), as_of)
    return numbers(bench)


def test_what_is_withdrawn_stays_so_when_the_window_has_passed(bench) -> None:
    put(bench, JAN, "1 01-05", "3 01-21", "4 01-30")
    put(bench, FEB, "1 01-05", "4 01-30", "6 02-28")
    put(bench, MAR, "6 02-28", "7 03-30")
    put(bench, APR, "7 03-30", "8 04-20")
    for as_of, expected in ((FEB, "1 4 6"), (MAR, "1 4 6 7"), (APR, "1 4 6 7 8")):
        assert numbers_as_of(bench, as_of) == expected.split()


def test_what_comes_back_into_a_window_counts_again(bench) -> None:
    put(bench, JAN, "1 01-05", "3 01-21", "4 01-30")
    put(bench, FEB, "1 01-05", "4 01-30")
    put(bench, MAR, "1 01-05", "3 01-21", "4 01-30")
    assert numbers_as_of(bench, FEB) == ["1", "4"]
    assert numbers_as_of(bench, MAR) == ["1", "3", "4"]
    result = build(bench, rms(), MAR)
    assert bench.account(result, "rms", "incidents") == {"read": 8, "kept": 3, "superseded": 5}


def test_a_row_corrected_out_of_or_into_the_window_is_judged_by_its_newest_day(bench) -> None:
    put(bench, JAN, "1 01-25", "2 01-05", "3 01-04")
    put(bench, FEB, "1 01-02", "2 01-25", "3 01-04")
    put(bench, MAR, "9 01-03", "3 01-04")
    # Number 1 is now older than the third window, number 2 inside it.
    assert numbers_as_of(bench, MAR) == ["1", "3", "9"]


def test_two_files_of_one_day_are_one_window(bench) -> None:
    """A file per district: neither lacks what the other holds."""
    put(bench, JAN, "1 01-05", "2 01-10", name="rms_east")
    put(bench, JAN, "3 01-06", "4 01-11", name="rms_west")
    put(bench, FEB, "1 01-05", "2 01-10", name="rms_east")
    put(bench, FEB, "4 01-11", name="rms_west")
    assert numbers_as_of(bench, FEB) == ["1", "2", "4"]
    assert numbers_as_of(bench, FEB, rms('"everything"')) == ["1", "2", "4"]


def test_a_row_without_the_day_of_the_window_is_never_missing(bench) -> None:
    toml = rms('{ window = "reported_date" }').replace('"WHAT" }', '"WHAT", reported_date = "REPORTED" }')
    head = "NO,DAY,WHAT,REPORTED\n"
    bench.put(
        f"rms_{JAN}.csv", f"{head}1,2024-01-05,theft,2024-01-06\n2,2024-01-05,theft,\n3,2024-01-05,theft,2024-01-08\n"
    )
    bench.put(f"rms_{FEB}.csv", f"{head}1,2024-01-05,theft,2024-01-06\n")
    assert numbers_as_of(bench, FEB, toml) == ["1", "2"]


@pytest.mark.parametrize("holds", ['"everything"', '{ window = "occurred_date" }'])
def test_the_share_that_stops_the_run(bench, holds: str) -> None:
    """31 of the 101 that the file before held are gone: 0.3 stops, with core as it was; 0.31 does not."""
    rows = [f"{number} 01-{5 + number % 20:02d}" for number in range(100)]
    put(bench, JAN, "f 01-04", *rows)
    put(bench, FEB, "f 01-04", *rows[:69], "g 02-01")
    build(bench, rms(holds, 0.3), JAN)
    with pytest.raises(ContractError, match="31 of 101 rows"):
        build(bench, rms(holds, 0.3), FEB)
    assert len(numbers(bench)) == 101
    result = build(bench, rms(holds, 0.31), FEB)
    assert bench.account(result, "rms", "incidents")["withdrawn"] == 31


def test_changes_withdraw_nothing_and_an_empty_file_of_them_neither(bench) -> None:
    put(bench, JAN, "1 01-05", "2 01-10")
    put(bench, FEB)
    result = build(bench, rms('"changes"'), FEB)
    assert bench.account(result, "rms", "incidents") == {"read": 2, "kept": 2}


def test_a_file_replaced_under_its_name_withdraws_nothing(bench) -> None:
    """The first file of February withdraws 2 and 3, its correction holds them again: only that counts."""
    put(bench, JAN, "1 01-05", "2 01-10", "3 01-12")
    put(bench, FEB, "1 01-05")
    assert numbers_as_of(bench, FEB) == ["1"]
    rows = "NO,DAY,WHAT\n1,2024-01-05,theft\n2,2024-01-10,theft\n"
    bench.put(f"rms_{FEB}.csv", rows + "3,2024-01-12,theft\n", changed="2024-06-02")
    assert numbers_as_of(bench, FEB) == ["1", "2", "3"]


@pytest.mark.parametrize("holds", ['"everything"', '"changes"'])
def test_a_row_set_aside_every_night_is_one_row(bench, holds: str) -> None:
    """Ten nights of one row without a number: one is set aside, nine repeat it, and it is one problem."""
    days = [f"2024-02-{night:02d}" for night in range(1, 11)]
    for night in days:
        bench.put(f"rms_{night}.csv", f"NO,DAY,WHAT\n1,2024-01-05,theft\n,2024-01-06,theft\n9,{night},theft\n")
    result = build(bench, rms(holds), days[-1])
    assert bench.account(result, "rms", "incidents") == {"read": 30, "kept": 2, "set_aside": 1, "superseded": 27}
    assert bench.problems() == [("missing_key", "rms_2024-02-01.csv", 3, "incident_id", None)]


def test_a_row_set_aside_and_corrected_is_no_problem_of_a_full_extract(bench) -> None:
    bench.put(f"rms_{JAN}.csv", "NO,DAY,WHAT\n1,2024-01-05,theft\n,2024-01-06,theft\n")
    bench.put(f"rms_{FEB}.csv", "NO,DAY,WHAT\n1,2024-01-05,theft\n2,2024-01-06,theft\n")
    result = build(bench, rms('"everything"'), FEB)
    assert bench.account(result, "rms", "incidents") == {"read": 4, "kept": 2, "superseded": 2}
    assert bench.problems() == []


# ----------------------------------------------------------------------------------------------------------- reversals

LEDGER = """
[extracts.crime]
files = "crime*.csv"
extract_date = "filename"
max_set_aside_share = 1
[[extracts.crime.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "COMPLAINT", occurred_date = "DAY", offense_category = "CODE" }
reversal = { when = "try_cast(COUNT as integer) = -1", match = ["incident_id", "offense_category"] }
"""
LINES = {
    "theft": "1,2024-01-05,theft,1",
    "no theft": "1,2024-01-05,theft,-1",
    "arson": "2,2024-01-06,arson,1",
    "no arson": "2,2024-01-06,arson,-1",
    "fraud": "3,2024-01-07,fraud,1",
}


def ledger(bench, as_of: str, **files: str) -> tuple[list[str], dict[str, int], list[str]]:
    """(numbers in core, accounting, kinds of problems) of files of lines, by month."""
    for month, lines in files.items():
        day = {"jan": JAN, "feb": FEB, "mar": MAR}[month]
        rows = "".join(f"{LINES[line]}\n" for line in lines.split(", "))
        bench.put(f"crime_{day}.csv", "COMPLAINT,DAY,CODE,COUNT\n" + rows)
    result = build(bench, LEDGER, as_of)
    return numbers(bench), bench.account(result, "crime", "incidents"), [kind for kind, *_ in bench.problems()]


@pytest.mark.parametrize("lines", ["theft, no theft, fraud", "no theft, fraud, theft"])
def test_taken_back_in_the_same_file_wherever_it_stands(bench, lines: str) -> None:
    assert ledger(bench, JAN, jan=lines) == (["3"], {"read": 3, "kept": 1, "reversed": 2}, [])


def test_taken_back_by_a_later_file_it_stands_until_then(bench) -> None:
    assert ledger(bench, JAN, jan="theft, fraud", feb="no theft") == (["1", "3"], {"read": 2, "kept": 2}, [])
    assert ledger(bench, "2024-02-28") == (["1", "3"], {"read": 2, "kept": 2}, [])
    assert ledger(bench, FEB) == (["3"], {"read": 3, "kept": 1, "reversed": 2}, [])


def test_an_earlier_file_takes_back_nothing_of_a_later_one(bench) -> None:
    expected = (["1", "3"], {"read": 3, "kept": 2, "set_aside": 1}, ["unmatched_reversal"])
    assert ledger(bench, FEB, jan="no theft, fraud", feb="theft") == expected
    assert bench.problems() == [("unmatched_reversal", f"crime_{JAN}.csv", 2, None, None)]


def test_one_of_two_is_taken_back(bench) -> None:
    """Two alike are two entries of one record: the first goes, the second makes the record."""
    expected = (["1", "3"], {"read": 4, "kept": 2, "reversed": 2}, [])
    assert ledger(bench, FEB, jan="theft, theft, fraud", feb="no theft") == expected
    assert bench.rows("source_row", "core.incidents where incident_id = '1'") == [(3,)]


def test_two_are_taken_back_and_a_third_time_is_once_too_often(bench) -> None:
    expected = (["3"], {"read": 6, "kept": 1, "reversed": 4, "set_aside": 1}, ["unmatched_reversal"])
    assert ledger(bench, FEB, jan="theft, theft, fraud", feb="no theft, no theft, no theft") == expected


def test_what_matches_is_declared(bench) -> None:
    """Another complaint, or the same complaint with another code, is another entry."""
    expected = (["1", "3"], {"read": 3, "kept": 2, "set_aside": 1}, ["unmatched_reversal"])
    assert ledger(bench, JAN, jan="theft, no arson, fraud") == expected


def test_a_ledger_delivered_again_does_not_double(bench) -> None:
    """The whole of January again within February, reversal and all, in another order."""
    lines = "theft, arson, no theft, no arson, fraud"
    expected = (["3"], {"read": 5, "kept": 1, "reversed": 4}, [])
    assert ledger(bench, JAN, jan=lines) == expected
    again = "fraud, no arson, no theft, arson, theft"
    assert ledger(bench, FEB, feb=again) == (["3"], {"read": 10, "kept": 1, "reversed": 4, "superseded": 5}, [])
    assert bench.rows("file, source_row", "core.incidents join meta.loads on load_id = source_load") == [
        (f"crime_{JAN}.csv", 6)
    ]


def test_an_unmatched_reversal_delivered_again_is_one_problem(bench) -> None:
    expected = (["3"], {"read": 4, "kept": 1, "superseded": 2, "set_aside": 1}, ["unmatched_reversal"])
    assert ledger(bench, FEB, jan="no theft, fraud", feb="fraud, no theft") == expected
