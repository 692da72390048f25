"""As of a day: what the office knew then, whenever and in whatever order the files landed."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from strategic_prosecution import extracts

COURT = """
[extracts.court]
files = "court*.csv"
extract_date = "filename"
[[extracts.court.feeds]]
table = "cases"
key = "case_id"
columns = { case_id = "NO", filed_date = "FILED", disposition_date = "ENDED", disposition = "HOW" }
"""
HEAD = "NO,FILED,ENDED,HOW\n"
JUNE = HEAD + "1,2024-01-10,2024-03-05,dismissed\n2,2024-01-20,,\n3,2024-04-02,2024-05-01,guilty_plea\n4,,,\n"
JULY = HEAD + "2,2024-01-20,2024-07-09,dismissed\n5,2024-07-01,,\n"
CASES = "case_id, filed_date, disposition_date, disposition"
ONE = ("1", date(2024, 1, 10), date(2024, 3, 5), "dismissed")
TWO = ("2", date(2024, 1, 20), None, None)
THREE = ("3", date(2024, 4, 2), date(2024, 5, 1), "guilty_plea")
FOUR = ("4", None, None, None)
QUIET = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a failing example is small already; shrinking builds for minutes
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def built(bench, toml: str, as_of: str):
    office = bench.office(toml)
    extracts.land(bench.connection, office)
    return bench.build(office, as_of)


@pytest.mark.parametrize(
    ("as_of", "rows", "counts"),
    [
        ("2024-01-09", [], {"read": 4, "not_yet": 4}),
        ("2024-01-10", [("1", date(2024, 1, 10), None, None)], {"read": 4, "kept": 1, "not_yet": 3}),
        ("2024-03-04", [("1", date(2024, 1, 10), None, None), TWO], {"read": 4, "kept": 2, "not_yet": 2}),
        ("2024-03-05", [ONE, TWO], {"read": 4, "kept": 2, "not_yet": 2}),
        ("2024-05-01", [ONE, TWO, THREE], {"read": 4, "kept": 3, "not_yet": 1}),
    ],
)
def test_before_the_first_extract_history_is_reconstructed(bench, as_of: str, rows: list, counts: dict) -> None:
    """A case is there from its filing, its end from the day it ended; what only a later file says is not used."""
    bench.put("court_2024-06-30.csv", JUNE)
    bench.put("court_2024-07-31.csv", JULY)
    result = built(bench, COURT, as_of)
    assert bench.rows(CASES, "core.cases") == rows
    assert bench.account(result, "court", "cases") == counts
    assert list(result.accounting["basis"]) == ["reconstructed"]
    assert result.reconstructed == {"cases"}
    assert bench.problems() == []


@pytest.mark.parametrize(
    ("as_of", "rows", "counts"),
    [
        ("2024-06-30", [ONE, TWO, THREE, FOUR], {"read": 4, "kept": 4}),
        ("2024-07-30", [ONE, TWO, THREE, FOUR], {"read": 4, "kept": 4}),
        (
            "2024-07-31",
            [
                ONE,
                ("2", date(2024, 1, 20), date(2024, 7, 9), "dismissed"),
                THREE,
                FOUR,
                ("5", date(2024, 7, 1), None, None),
            ],
            {"read": 6, "kept": 5, "superseded": 1},
        ),
    ],
)
def test_from_the_first_extract_on_history_is_observed(bench, as_of: str, rows: list, counts: dict) -> None:
    bench.put("court_2024-06-30.csv", JUNE)
    bench.put("court_2024-07-31.csv", JULY)
    result = built(bench, COURT, as_of)
    assert bench.rows(CASES, "core.cases") == rows
    assert bench.account(result, "court", "cases") == counts
    assert list(result.accounting["basis"]) == ["observed"]
    assert result.reconstructed == frozenset()


POLICE = """
[extracts.police]
files = "police*.csv"
extract_date = "filename"
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY", reported_date = "REPORTED" }
[[extracts.police.feeds]]
table = "incident_people"
key = "incident_person_id"
columns = { incident_person_id = "NO || WHO", incident_id = "NO", role = "ROLE" }
[[extracts.police.feeds]]
table = "incident_people"
key = "incident_person_id"
columns = { incident_person_id = "NO || WHO", age = "AGE" }
"""


def test_people_of_an_incident_are_known_with_it(bench) -> None:
    """Reported is what dates an incident; without a report day its own day stands in."""
    bench.put(
        "police_2024-06-30.csv",
        "NO,DAY,REPORTED,WHO,ROLE,AGE\n"
        "1,2024-01-05,2024-01-06,a,victim,20\n"
        "2,2024-01-05,2024-03-01,a,victim,30\n"
        "3,2024-01-05,,a,suspect,40\n",
    )
    result = built(bench, POLICE, "2024-01-31")
    assert bench.rows("incident_id", "core.incidents") == [("1",), ("3",)]
    assert bench.rows("incident_person_id, role, age", "core.incident_people") == [
        ("1a", "victim", 20),
        ("3a", "suspect", 40),
    ]
    assert bench.account(result, "police", "incident_people", feed=2) == {"read": 3, "kept": 2, "not_yet": 1}
    assert bench.account(result, "police", "incident_people", feed=3) == {"read": 3, "merged": 2, "not_yet": 1}
    result = built(bench, POLICE, "2024-06-30")
    assert bench.account(result, "police", "incident_people", feed=2) == {"read": 3, "kept": 3}


OUTCOMES = """
[extracts.outcomes]
files = "outcomes*.csv"
extract_date = "filename"
[[extracts.outcomes.feeds]]
table = "cases"
key = "case_id"
columns = { case_id = "NO", court = "COURT" }
"""


def test_a_feed_without_a_day_reveals_no_case_of_later(bench) -> None:
    bench.put("court_2024-06-30.csv", JUNE)
    bench.put("outcomes_2024-06-30.csv", "NO,COURT\n1,North\n3,North\n9,North\n")
    result = built(bench, COURT + OUTCOMES, "2024-01-31")
    assert bench.rows("case_id, court", "core.cases") == [("1", "North"), ("2", None)]
    assert bench.account(result, "outcomes", "cases") == {"read": 3, "merged": 1, "not_yet": 2}
    result = built(bench, COURT + OUTCOMES, "2024-06-30")
    assert bench.rows("case_id", "core.cases where court is not null") == [("1",), ("3",), ("9",)]
    assert bench.account(result, "outcomes", "cases") == {"read": 3, "kept": 1, "merged": 2}


def test_a_corrected_extract_date_moves_what_was_known_when(bench) -> None:
    bench.put("court_2024-06-30.csv", JUNE)
    bench.put("court_2024-07-31.csv", JULY)
    assert bench.account(built(bench, COURT, "2024-07-31"), "court", "cases")["kept"] == 5
    late = COURT.replace("[[", 'extract_dates = { "court_2024-07-31.csv" = 2024-08-05 }\n[[', 1)
    assert bench.account(built(bench, late, "2024-07-31"), "court", "cases") == {"read": 4, "kept": 4}
    assert bench.account(built(bench, late, "2024-08-05"), "court", "cases")["kept"] == 5


# ---------------------------------------------------------------------------------------------------------- properties


@pytest.mark.slow
@settings(QUIET, max_examples=4)
@given(numbers=st.lists(st.integers(1, 99), unique=True, max_size=8), seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(new_bench: Callable, numbers: list[int], seed: int) -> None:
    lines = [f"{no},2024-01-{1 + no % 28:02d},{'2024-02-01' if no % 3 else ''},dismissed\n" for no in numbers]
    shuffled = random.Random(seed).sample(lines, len(lines))
    seen = []
    for content in (lines, shuffled):
        with new_bench() as bench:
            bench.put("court_2024-06-30.csv", HEAD + "".join(content))
            built(bench, COURT, "2024-06-30")
            seen.append(bench.rows("* exclude (source_load, source_row)", "core.cases"))
    assert seen[0] == seen[1]
    assert len(seen[0]) == len(numbers)


DIRTY = """
[extracts.rms]
files = "rms*.csv"
extract_date = "filename"
[[extracts.rms.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY", offense_category = "WHAT", victim_count = "N" }
"""
GOOD_DAYS = {"2024-01-05": date(2024, 1, 5), "2024-03-05": date(2024, 3, 5)}
OFFENSES = {"theft": "theft", "THEFT": "theft", "piracy": "unmapped", "plunder": "unmapped"}
COUNTS = {"1": 1, "1.0": 1, "2": 2}
FIELDS = st.tuples(
    st.sampled_from(("1", "2", "3", "", " ")),
    st.sampled_from((*GOOD_DAYS, "2024-13-01", "")),
    st.sampled_from((*OFFENSES, "")),
    st.sampled_from((*COUNTS, "many", "")),
)
LINES = st.lists(st.one_of(FIELDS, FIELDS, FIELDS, st.sampled_from((("1",), ("1", "2", "3", "4", "5")))), max_size=12)


def expected(lines: list[tuple[str, ...]], as_of: date, *, is_observed: bool) -> dict[int, str]:
    """What becomes of each line (header = 1), said a second time in plain Python."""
    became: dict[int, str] = {}
    by_key: dict[str, list[tuple[int, tuple]]] = {}
    for number, fields in enumerate(lines, start=2):
        day = GOOD_DAYS.get(fields[1]) if len(fields) == 4 else None
        if len(fields) != 4:
            became[number] = "set_aside"
        elif not is_observed and (day is None or day > as_of):
            became[number] = "not_yet"
        elif not fields[0].strip():
            became[number] = "set_aside"
        else:
            content = (day, OFFENSES.get(fields[2]), COUNTS.get(fields[3]))
            by_key.setdefault(fields[0].strip(), []).append((number, content))
    for rows in by_key.values():
        newest, content = rows[-1]
        became |= {number: "merged" if other == content else "superseded" for number, other in rows[:-1]}
        became[newest] = "set_aside" if content[0] is None else "kept"
    return became


@pytest.mark.slow
@settings(QUIET, max_examples=25)
@given(lines=LINES, as_of=st.sampled_from((date(2024, 1, 31), date(2024, 6, 30))))
def test_nothing_is_lost(new_bench: Callable, lines: list[tuple[str, ...]], as_of: date) -> None:
    """Every line is read; it is in core, or stands for one that is, or there is a reason."""
    is_observed = as_of == date(2024, 6, 30)
    became = expected(lines, as_of, is_observed=is_observed)
    with new_bench() as bench:
        bench.put("rms_2024-06-30.csv", "NO,DAY,WHAT,N\n" + "".join(",".join(fields) + "\n" for fields in lines))
        result = built(bench, DIRTY, as_of.isoformat())
        counts = Counter(became.values())
        assert bench.account(result, "rms", "incidents") == {**counts, **({"read": len(lines)} if lines else {})}
        in_core = {row for (row,) in bench.rows("source_row", "core.incidents")}
        problems = bench.rows("kind, row, column_name, value, rows", "meta.problems")
    assert in_core == {number for number, what in became.items() if what == "kept"}
    told = {row for _, row, *_ in problems}
    assert {number for number, what in became.items() if what == "set_aside"} <= told
    assert sum(rows for kind, *_, rows in problems if kind == "duplicate_key") == counts["superseded"]
    speaking = {number for number, what in became.items() if what in ("kept", "merged", "set_aside")}
    for number, fields in enumerate(lines, start=2):
        if number in speaking and len(fields) == 4 and fields[3] == "many":
            assert ("unreadable", number, "victim_count", "many", 1) in problems
    unmapped = Counter(
        fields[2]
        for number, fields in enumerate(lines, start=2)
        if number in speaking and len(fields) == 4 and OFFENSES.get(fields[2]) == "unmapped"
    )
    assert {value: rows for kind, _, _, value, rows in problems if kind == "unmapped_code"} == unmapped
