"""Declared rules for rows that cannot be taken as they stand, and coordinates: what becomes of each is counted."""

from datetime import date

import pytest

from strategic_prosecution import extracts

COURT = """
[extracts.court]
files = "court*.csv"
extract_date = "filename"
max_set_aside_share = 1
[[extracts.court.feeds]]
table = "cases"
key = "case_id"
columns = {{ case_id = "NO", filed_date = "FILED", disposition_date = "ENDED", disposition = "HOW", court = "COURT" }}
{rules}
"""
HEAD = "NO,ARRESTED,FILED,ENDED,HOW,COURT\n"
# Cases 2 and 4 end before the arrest; case 3 has not ended.
JUNE = (
    f"{HEAD}1,2024-01-01,2024-01-02,2024-02-01,dismissed,N\n2,2024-03-01,2024-01-02,2024-02-02,dismissed,N\n"
    "3,2024-03-01,2024-03-02,,,S\n4,2024-05-01,2024-01-04,2024-02-04,guilty_plea,S\n"
)
JULY = f"{HEAD}5,2024-07-01,2024-07-02,2024-06-30,dismissed,N\n6,2024-07-01,2024-07-02,,,N\n"
CASES = "case_id, disposition_date, disposition"
FILES = ("court_2024-06-30.csv", "court_2024-07-31.csv")


def rule(then: str, *, columns: str = "", when: str = "ENDED < ARRESTED") -> str:
    named = f"\ncolumns = {columns}" if columns else ""
    return (
        f'[[extracts.court.feeds.rules]]\nwhat = "disposition before arrest"\nwhen = "{when}"\nthen = "{then}"{named}\n'
    )


def court(*rules: str) -> str:
    return COURT.format(rules="".join(rules))


def built(bench, toml: str, as_of: str = "2024-07-31"):
    bench.put(FILES[0], JUNE)
    bench.put(FILES[1], JULY)
    office = bench.office(toml)
    assert extracts.land(bench.connection, office).refused == 0
    return bench.build(office, as_of)


def rule_problems(bench) -> list[tuple]:
    return bench.rows("file, row, column_name, why, rows", "meta.problems where kind = 'rule'")


def test_kept_is_counted_by_file(bench) -> None:
    result = built(bench, court(rule("keep")))
    assert len(bench.rows(CASES, "core.cases where disposition_date is not null")) == 4
    assert rule_problems(bench) == [
        (FILES[0], 3, None, "disposition before arrest: kept", 2),
        (FILES[1], 2, None, "disposition before arrest: kept", 1),
    ]
    assert bench.account(result, "court", "cases") == {"read": 6, "kept": 6}


def test_left_out_leaves_the_columns_empty_and_is_no_second_problem(bench) -> None:
    result = built(bench, court(rule("leave_out", columns='["disposition_date", "disposition"]')))
    assert bench.rows(CASES, "core.cases where disposition_date is not null or disposition is not null") == [
        ("1", date(2024, 2, 1), "dismissed")
    ]
    assert [(problem[0], problem[2]) for problem in bench.problems()] == [("rule", 3), ("rule", 2)]
    why = "disposition before arrest: left out: disposition_date, disposition"
    assert rule_problems(bench) == [(FILES[0], 3, None, why, 2), (FILES[1], 2, None, why, 1)]
    assert bench.account(result, "court", "cases") == {"read": 6, "kept": 6}


def test_one_column_left_out_is_named(bench) -> None:
    built(bench, court(rule("leave_out", columns='["disposition_date"]')))
    assert rule_problems(bench)[0] == (
        FILES[0],
        3,
        "disposition_date",
        "disposition before arrest: left out: disposition_date",
        2,
    )


def test_set_aside_fills_nothing(bench) -> None:
    result = built(bench, court(rule("set_aside")))
    assert [case for case, *_ in bench.rows(CASES, "core.cases")] == ["1", "3", "6"]
    assert rule_problems(bench) == [
        (FILES[0], 3, None, "disposition before arrest: set aside", 2),
        (FILES[1], 2, None, "disposition before arrest: set aside", 1),
    ]
    assert bench.account(result, "court", "cases") == {"read": 6, "kept": 3, "set_aside": 3}


def test_several_rules_mark_one_row_and_each_counts_it(bench) -> None:
    south = rule("keep", when="COURT = 'S'").replace("disposition before arrest", "south court")
    left_out = rule("leave_out", columns='["disposition_date"]')
    result = built(bench, court(left_out, south, rule("set_aside", when="NO = '4'")))
    assert [(row, why, rows) for _, row, _, why, rows in rule_problems(bench)] == [
        (3, "disposition before arrest: left out: disposition_date", 2),
        (4, "south court: kept", 2),
        (5, "disposition before arrest: set aside", 1),
        (2, "disposition before arrest: left out: disposition_date", 1),
    ]
    assert bench.account(result, "court", "cases") == {"read": 6, "kept": 5, "set_aside": 1}


def test_a_rule_that_is_null_marks_nothing(bench) -> None:
    """Case 3 has no end: the comparison is neither true nor false."""
    result = built(bench, court(rule("set_aside", when="not (ENDED >= ARRESTED)")))
    assert bench.account(result, "court", "cases") == {"read": 6, "kept": 3, "set_aside": 3}


@pytest.mark.parametrize(
    ("then", "counts"),
    [
        ("keep", {"read": 4, "kept": 3, "not_yet": 1}),
        ("leave_out", {"read": 4, "kept": 3, "not_yet": 1}),
        ("set_aside", {"read": 4, "kept": 1, "set_aside": 2, "not_yet": 1}),
    ],
)
def test_rules_hold_in_reconstructed_history(bench, then: str, counts: dict[str, int]) -> None:
    """On 10 February case 3 is not filed: 1, 2 and 4 are known, 2 and 4 are marked."""
    columns = '["disposition_date", "disposition"]' if then == "leave_out" else ""
    result = built(bench, court(rule(then, columns=columns)), "2024-02-10")
    assert bench.account(result, "court", "cases") == counts
    assert [(row, rows) for _, row, _, _, rows in rule_problems(bench)] == [(3, 2)]


def test_what_a_newer_file_corrects_is_not_counted_any_more(bench) -> None:
    toml = court(rule("keep"))
    bench.put("court_2024-08-31.csv", f"{HEAD}2,2024-01-01,2024-01-02,2024-02-02,dismissed,N\n")
    result = built(bench, toml, "2024-08-31")
    assert [(file, rows) for file, *_, rows in rule_problems(bench)] == [(FILES[0], 1), (FILES[1], 1)]
    assert bench.account(result, "court", "cases") == {"read": 7, "kept": 6, "superseded": 1}


def test_a_row_set_aside_leaves_an_older_one_standing(bench) -> None:
    """It fills nothing, nor does it empty what another file has filled."""
    bench.put("court_2024-08-31.csv", f"{HEAD}1,2024-09-01,2024-01-02,2024-02-01,guilty_plea,N\n")
    result = built(bench, court(rule("set_aside")), "2024-08-31")
    assert bench.rows(CASES, "core.cases")[0] == ("1", date(2024, 2, 1), "dismissed")
    assert bench.account(result, "court", "cases") == {"read": 7, "kept": 3, "set_aside": 4}


@pytest.mark.parametrize(
    ("when", "why"),
    [
        (
            "ENDDED < ARRESTED",
            "extracts.court.feeds[1].rules[1].when: no column [ENDDED] in this extract; did you mean [ENDED]?; "
            "the file does not land",
        ),
        (
            "exists (select 1)",
            "extracts.court.feeds[1].rules[1].when: [exists (select 1)] uses subquery, which is not allowed; "
            "the file does not land",
        ),
    ],
)
def test_a_rule_that_cannot_be_computed(bench, when: str, why: str) -> None:
    bench.put(FILES[0], JUNE)
    assert extracts.land(bench.connection, bench.office(court(rule("keep", when=when)))).refused == 1
    assert bench.why() == why


# -------------------------------------------------------------------------------------------------------- coordinates

PLACES = """
[extracts.slmpd]
files = "slmpd*.csv"
extract_date = "filename"
{settings}
[[extracts.slmpd.feeds]]
table = "incidents"
key = "incident_id"
columns = {{ incident_id = "NO", occurred_date = "DAY", longitude = "X", latitude = "Y" }}
{rules}
"""
MISSOURI = 'crs = "ESRI:102696"'
POINT = "incident_id, longitude, latitude"


def placed(bench, lines: str, settings: str, rules: str = ""):
    bench.put("slmpd_2024-01-31.csv", "NO,DAY,X,Y\n" + lines)
    office = bench.office(PLACES.format(settings=settings, rules=rules))
    assert extracts.land(bench.connection, office).refused == 0
    return bench.build(office, "2024-01-31")


def test_feet_become_degrees(bench) -> None:
    """Missouri East in US survey feet: 820,208 1/3 ft, 0 is its origin at 90 30 W, 35 50 N by definition.

    The others by ``Transformer.from_crs("ESRI:102696", "EPSG:4326", always_xy=True)`` of pyproj 3.7, by hand.
    """
    placed(
        bench,
        "1,2024-01-05,820208.3333333333,0\n2,2024-01-05,893000,1020000\n3,2024-01-05,905000,1040000\n4,2024-01-05,,\n",
        MISSOURI,
    )
    rows = bench.rows(POINT, "core.incidents")
    expected = [(-90.5, 35 + 5 / 6), (-90.24516654755807, 38.63456488623818), (-90.20292991926586, 38.68938332108025)]
    for (_, longitude, latitude), point in zip(rows, expected, strict=False):
        assert (longitude, latitude) == pytest.approx(point, abs=1e-9)
    assert rows[3] == ("4", None, None)
    assert bench.problems() == []


def test_half_a_pair_and_what_is_out_of_reach_are_left_out_and_counted(bench) -> None:
    result = placed(
        bench,
        "1,2024-01-05,893000,\n2,2024-01-05,,1020000\n3,2024-01-05,1e9,1e9\n4,2024-01-05,east,1020000\n",
        MISSOURI,
    )
    assert bench.rows(POINT, "core.incidents") == [(str(n), None, None) for n in (1, 2, 3, 4)]
    assert bench.problems() == [
        ("out_of_range", "slmpd_2024-01-31.csv", 2, "longitude", "893000"),
        ("out_of_range", "slmpd_2024-01-31.csv", 3, "latitude", "1020000"),
        ("out_of_range", "slmpd_2024-01-31.csv", 4, "latitude", "1e9"),
        ("out_of_range", "slmpd_2024-01-31.csv", 4, "longitude", "1e9"),
        ("out_of_range", "slmpd_2024-01-31.csv", 5, "latitude", "1020000"),
        ("unreadable", "slmpd_2024-01-31.csv", 5, "longitude", "east"),
    ]
    assert bench.rows("distinct why", "meta.problems") == [
        ("no coordinate of [ESRI:102696], or one of a pair alone; the value is left out",)
    ]
    assert bench.account(result, "slmpd", "incidents") == {"read": 4, "kept": 4}


def test_a_crs_without_any_coordinates(bench) -> None:
    placed(bench, "1,2024-01-05,,\n", MISSOURI)
    assert bench.rows(POINT, "core.incidents") == [("1", None, None)]


def test_a_crs_and_one_coordinate_mapped(bench) -> None:
    bench.put("slmpd_2024-01-31.csv", "NO,DAY,X,Y\n1,2024-01-05,893000,1020000\n")
    office = bench.office(PLACES.format(settings=MISSOURI, rules="").replace(', latitude = "Y"', ""))
    extracts.land(bench.connection, office)
    bench.build(office, "2024-01-31")
    assert bench.rows(POINT, "core.incidents") == [("1", None, None)]
    assert [problem[0] for problem in bench.problems()] == ["out_of_range"]


def test_nought_nought_by_a_rule(bench) -> None:
    """0, 0 is a place (35.8 N, 93.3 W), and no rule leaves it out that nobody declared."""
    nought = (
        "[[extracts.slmpd.feeds.rules]]\nwhat = \"coordinates not known\"\nwhen = \"X = '0' and Y = '0'\"\n"
        'then = "leave_out"\ncolumns = ["longitude", "latitude"]'
    )
    lines = "1,2024-01-05,0,0\n2,2024-01-05,893000,1020000\n3,2024-01-06,0,0\n"
    result = placed(bench, lines, MISSOURI, nought)
    assert [row[0] for row in bench.rows(POINT, "core.incidents where longitude is null")] == ["1", "3"]
    assert bench.rows("kind, row, why, rows", "meta.problems") == [
        ("rule", 2, "coordinates not known: left out: longitude, latitude", 2)
    ]
    assert bench.account(result, "slmpd", "incidents") == {"read": 3, "kept": 3}


@pytest.mark.parametrize(
    ("x", "y", "kinds"),
    [
        ("-90.2", "38.6", []),
        ("-180", "90", []),
        ("893000", "1020000", ["out_of_range", "out_of_range"]),
        ("-90.2", "386", ["out_of_range"]),
        ("west", "38.6", ["unreadable"]),
    ],
)
def test_degrees_are_degrees(bench, x: str, y: str, kinds: list[str]) -> None:
    """Feet that nobody said are feet are no place, nor is half a pair."""
    placed(bench, f"1,2024-01-05,{x},{y}\n", "")
    assert [problem[0] for problem in bench.problems()] == kinds
    filled = bench.rows("count(longitude) + count(latitude)", "core.incidents")
    assert filled == [(0 if kinds else 2,)]
