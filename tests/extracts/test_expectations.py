"""Expectations: what is counted, what the file says, what is drift, what is chance, and what is not judged."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from strategic_prosecution import extracts
from strategic_prosecution.extracts import expectations
from strategic_prosecution.extracts.contracts import ContractError
from strategic_prosecution.extracts.drift import Drift, _chance, find_drift
from strategic_prosecution.extracts.expectations_file import read_expectations, write_expectations

Count = dict[str, int]


def months(first: str, count: int) -> list[str]:
    return [str(month) for month in pd.period_range(first, periods=count, freq="M")]


def counted(by_month: dict[str, Count], *, through: str, table: str = "incidents") -> pd.DataFrame:
    """Facts of a table whose offense_category has the given codes by month; '' counts the empty ones."""
    facts = []
    for month, codes in by_month.items():
        facts.append((month, "", "", sum(codes.values())))
        facts.append((month, "offense_category", "", codes.get("", 0)))
        facts += [(month, "offense_category", code, count) for code, count in codes.items() if code]
    frame = pd.DataFrame(facts, columns=["month", "column_name", "value", "rows"])
    return frame.assign(table_name=table, complete_through=through)


YEAR = months("2023-01", 12)
USUAL = {"": 40, "robbery": 90, "theft": 270}


def usual(count: int = 12, *, codes: Count = USUAL) -> dict[str, Count]:
    return dict.fromkeys(months("2023-01", count), codes)


@pytest.fixture
def expected(tmp_path: Path) -> Callable[..., object]:
    def make(by_month: dict[str, Count] | None = None, *, through: str = "2023-12", tolerances: str = ""):
        path = tmp_path / "expectations.toml"
        # The newest month with rows may have only begun, so one more stands after the last complete one.
        by_month = by_month or usual()
        write_expectations(path, counted({**by_month, "2024-01": {"theft": 1}}, through=through), replace=True)
        _set_tolerances(path, tolerances)
        return read_expectations(path)

    return make


def _set_tolerances(path: Path, lines: str) -> None:
    """Change tolerances (``name = value`` lines) as an office does."""
    text = path.read_text(encoding="utf-8")
    for line in lines.splitlines():
        text, count = re.subn(rf"(?m)^{line.split(' = ')[0]} = .*$", line, text)
        assert count == 1
    path.write_text(text, encoding="utf-8")


def drifts(by_month: dict[str, Count], expected, *, through: str) -> list[str]:
    return [str(item) for item in find_drift(counted(by_month, through=through), expected)]


# --------------------------------------------------------------------------------------------------------- the file


def test_the_file_has_one_fact_a_line_in_a_stable_order(tmp_path: Path):
    path = tmp_path / "expectations.toml"
    by_month = {
        "": {"theft": 20},
        "2022-12": {"theft": 100},
        **usual(codes={"": 10, "robbery": 30, "theft": 60}),
        "2024-01": {"theft": 7},
    }
    facts = write_expectations(path, counted(by_month, through="2023-12").sample(frac=1, random_state=3))
    assert facts == 13 + 3
    body = path.read_text(encoding="utf-8").split("standard_errors = 4.0\n")[1]
    # By hand: 20 + 100 + 12 * 100 rows, of them 120 empty; 360 of 1200 values robbery. In the year 12 * 10 of 1200
    # rows are empty, 30 of 90 values robbery.
    assert body == (
        '\n[incidents]\ncomplete_through = "2023-12"\nlag_months = 0\nrows = [1320, 1200]\n'
        + "\n[incidents.months]\n2022-12 = 100\n"
        + "".join(f"{month} = 100\n" for month in YEAR)
        + "\n[incidents.empty]\noffense_category = [0.090909, 0.100000, 1.00]\n"
        + "\n[incidents.codes.offense_category]\n"
        + "robbery = [0.300000, 0.333333, 1.00]\ntheft = [0.700000, 0.666667, 1.00]\n"
    )


def test_a_code_of_a_handful_is_not_listed(tmp_path: Path):
    path = tmp_path / "expectations.toml"
    by_month = {**usual(), "2023-05": {"arson": 9, "fraud": 10, "theft": 400}, "2024-01": {"theft": 1}}
    write_expectations(path, counted(by_month, through="2023-12"))
    text = path.read_text(encoding="utf-8")
    assert "fraud = [" in text and "arson" not in text


def test_a_file_that_exists_is_kept_and_its_tolerances_too(tmp_path: Path):
    path = tmp_path / "expectations.toml"
    write_expectations(path, counted(usual(), through="2023-11"))
    path.write_text(path.read_text(encoding="utf-8").replace("share = 0.05", "share = 0.2"), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(ContractError, match=r"expectations\.toml exists; .*--replace"):
        write_expectations(path, counted(usual(13), through="2024-01"))
    assert path.read_bytes() == before
    write_expectations(path, counted(usual(14), through="2024-01"), replace=True)
    again = read_expectations(path)
    assert again.tolerances.share == 0.2 and again.complete_through == {"incidents": "2024-01"}
    # Also where the rest of the file cannot be used.
    path.write_text(path.read_text(encoding="utf-8").replace("rows = [", "row = ["), encoding="utf-8")
    write_expectations(path, counted(usual(14), through="2024-01"), replace=True)
    assert read_expectations(path).tolerances.share == 0.2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[tolerances]", "[tolerances"), "not valid TOML"),
        (("few_rows =", "few_row ="), r"no tolerance \[few_row\]; did you mean \[few_rows\]\?"),
        (("few_rows = 10", "few_rows = -1"), r"few_rows = \[-1\] must be more than 0"),
        (("month_factor = 1.5", "month_factor = 1"), r"month_factor = \[1\] must be more than 1"),
        (("rows = [", "row = ["), "not as `stratpro expect` writes it"),
        (("2023-03 = 400", '2023-03 = "many"'), "not as `stratpro expect` writes it"),
        (("robbery = [0.250000,", "robbery = [[],"), "not as `stratpro expect` writes it"),
    ],
)
def test_a_file_that_cannot_be_used_says_so_in_one_line(tmp_path: Path, change: tuple[str, str], said: str):
    path = tmp_path / "expectations.toml"
    write_expectations(path, counted(usual(), through="2023-12"))
    text = path.read_text(encoding="utf-8")
    assert text.count(change[0]) >= 1
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ContractError, match=said) as error:
        read_expectations(path)
    assert "\n" not in str(error.value) and "expectations.toml" in str(error.value)


def test_a_file_that_is_not_there_says_how_to_make_it(tmp_path: Path):
    with pytest.raises(ContractError, match=r"\[nope\.toml\] cannot be read .*`stratpro expect`"):
        read_expectations(tmp_path / "nope.toml")


# ------------------------------------------------------------------------------------------------------------ drift


def test_what_has_not_changed_has_not_drifted(expected):
    assert drifts(usual(), expected(), through="2023-12") == []
    assert drifts(usual(18), expected(), through="2024-06") == []


# 200 empty of 10,000 rows, 2,450 of 9,800 values: a share that may move from 25 % to 30 %, and no farther. Whole years
# of these, so that chance (0.7 points) allows less than the tolerance does.
BIG = {"": 2000, "robbery": 24_500, "theft": 73_500}


@pytest.mark.parametrize(("robbery", "has_drifted"), [(29_400, False), (29_402, True), (19_600, False), (19_598, True)])
def test_a_share_exactly_at_the_tolerance_has_not_drifted(expected, robbery: int, has_drifted: bool):
    new = {"": 2000, "robbery": robbery, "theft": 98_000 - robbery}
    said = drifts({**usual(codes=BIG), "2024-01": new}, expected(usual(codes=BIG)), through="2024-01")
    assert bool(said) == has_drifted
    assert not has_drifted or "[incidents.offense_category] share of [robbery] in 2024-01: 25.0 % -> " in " ".join(said)


def test_a_large_move_of_a_few_rows_is_chance(expected):
    small = {"": 0, "robbery": 10, "theft": 30}
    # 25 % to 45 %: by hand, pooled 0.2654, 4 * sqrt(0.2654 * 0.7346 * (1 / 480 + 1 / 40)) = 0.29.
    assert (
        drifts(
            {**usual(codes=small), "2024-01": {"robbery": 18, "theft": 22}},
            expected(usual(codes=small)),
            through="2024-01",
        )
        == []
    )
    large = {"": 0, "robbery": 100, "theft": 300}
    assert drifts(
        {**usual(codes=large), "2024-01": {"robbery": 180, "theft": 220}},
        expected(usual(codes=large)),
        through="2024-01",
    ) == [
        "[incidents.offense_category] share of [robbery] in 2024-01: 25.0 % -> 45.0 %",
        "[incidents.offense_category] share of [theft] in 2024-01: 75.0 % -> 55.0 %",
    ]


def test_what_is_too_little_for_a_month_shows_in_a_year(expected):
    """A tenth of the rows changes its code, in an office of a hundred rows a month."""
    small, flipped = {"robbery": 30, "theft": 70}, {"robbery": 20, "theft": 80}
    expectation = expected(usual(codes=small))
    one_month = {**usual(codes=small), "2024-01": flipped}
    assert drifts(one_month, expectation, through="2024-01") == []
    year = {**usual(codes=small), **dict.fromkeys(months("2024-01", 12), flipped)}
    assert {text.split(":")[0] for text in drifts(year, expectation, through="2024-12")} == {
        "[incidents.offense_category] share of [robbery] in the newest months together",
        "[incidents.offense_category] share of [theft] in the newest months together",
    }


def test_a_code_flipped_in_a_tenth_of_old_rows_has_drifted(expected):
    flipped = usual(codes={"": 40, "robbery": 90 + 36, "theft": 270 - 36})
    assert drifts(flipped, expected(), through="2023-12") == [
        "[incidents.offense_category] share of [robbery] in the months before: 25.0 % -> 35.0 %",
        "[incidents.offense_category] share of [theft] in the months before: 75.0 % -> 65.0 %",
    ]


def test_a_column_that_empties_has_drifted(expected):
    said = drifts({**usual(), "2024-01": {"": 400}}, expected(), through="2024-01")
    assert said == ["[incidents.offense_category] share empty in 2024-01: 10.0 % -> 100.0 %"]


@pytest.mark.parametrize(("arson", "has_drifted"), [(3, False), (40, True)])
def test_a_code_never_seen_before(expected, arson: int, has_drifted: bool):
    said = drifts(
        {**usual(), "2024-01": {**USUAL, "theft": 270 - arson, "arson": arson}}, expected(), through="2024-01"
    )
    assert any("share of [arson] in 2024-01: not listed -> 11.1 %" in text for text in said) == has_drifted


def test_a_code_too_rare_to_be_listed_was_there_all_the_same(expected):
    rare = usual(codes={"theft": 8})
    rare["2023-04"] = {"theft": 0, "arson": 9}
    assert drifts(rare, expected(rare), through="2023-12") == []


@pytest.mark.parametrize(
    ("then", "now", "has_drifted"),
    [(400, 380, False), (400, 379, True), (400, 421, True), (3, 13, False), (3, 14, True), (60, 0, True)],
)
def test_a_month_that_was_complete_is_rewritten(expected, then: int, now: int, has_drifted: bool):
    before = {**usual(), "2023-06": {"robbery": then // 4, "theft": then - then // 4}}
    after = {**before, "2023-06": {"robbery": now // 4, "theft": now - now // 4}}
    said = [text for text in drifts(after, expected(before), through="2023-12") if "rewritten" in text]
    assert said == ([f"[incidents] rows of 2023-06 rewritten: {then} -> {now}"] if has_drifted else [])


def test_a_month_out_of_nowhere_is_rewritten_history(expected):
    said = drifts({"2019-03": USUAL, **usual()}, expected(), through="2023-12")
    assert said == ["[incidents] rows of 2019-03 rewritten: 0 -> 400"]


@pytest.mark.parametrize(
    ("rows", "has_drifted"), [(400, False), (590, False), (700, True), (280, False), (200, True), (0, True)]
)
def test_a_new_month_of_too_many_or_too_few_rows(expected, rows: int, has_drifted: bool):
    """A mean of 400 a month allows 267 to 600, whatever chance does."""
    empty, robbery = rows // 10, rows * 9 // 40
    new = {"": empty, "robbery": robbery, "theft": rows - empty - robbery}
    said = [text for text in drifts({**usual(), "2024-01": new}, expected(), through="2024-01") if "rows of" in text]
    assert said == (
        [f"[incidents] rows of 2024-01, against the year before: 400 a month -> {rows}"] if has_drifted else []
    )


def test_a_new_month_that_is_missing_is_a_month_without_rows(expected):
    assert drifts({**usual(), "2024-03": USUAL}, expected(), through="2024-03") == [
        "[incidents] rows of 2024-01, against the year before: 400 a month -> 0",
        "[incidents] rows of 2024-02, against the year before: 400 a month -> 0",
    ]


def test_a_few_rows_more_than_a_few_are_chance(expected):
    few = usual(codes={"theft": 4})
    assert drifts({**few, "2024-01": {"theft": 9}}, expected(few), through="2024-01") == []
    assert drifts({**few, "2024-01": {}}, expected(few), through="2024-01") == []


def test_a_year_that_swings_allows_a_month_that_swings(expected):
    swing = {month: {"theft": 100 if n % 2 else 500} for n, month in enumerate(YEAR)}
    flat = usual(codes={"theft": 300})
    new = {"2024-01": {"theft": 520}}
    assert drifts({**swing, **new}, expected(swing), through="2024-01") == []
    assert len(drifts({**flat, **new}, expected(flat), through="2024-01")) == 1


def test_a_share_that_swings_allows_a_month_that_swings(expected):
    """By hand: 12 months of 100, 20 and 60 robberies in turn, so (20^2 / (100 * 0.4 * 0.6)) * 12 / 11 = 18.18."""
    swing = {month: {"robbery": 60 if n % 2 else 20, "theft": 40 if n % 2 else 80} for n, month in enumerate(YEAR)}
    expectation = expected(swing)
    shares = expectation.shares.set_index("value")["dispersion"]
    assert (shares["robbery"], shares["theft"], shares[""]) == (18.18, 18.18, 1)
    new = {"2024-01": {"robbery": 70, "theft": 30}}
    assert drifts({**swing, **new}, expectation, through="2024-01") == []
    steady = usual(codes={"robbery": 40, "theft": 60})
    assert len(drifts({**steady, **new}, expected(steady), through="2024-01")) == 2
    # Looked at again, the months of the file have no reason to swing.
    assert len(drifts(usual(codes={"robbery": 60, "theft": 40}), expectation, through="2023-12")) == 2


def test_partial_months_are_not_judged(expected):
    """The month of the newest file has only begun."""
    begun = {"2024-01": {"": 90, "arson": 9}}
    assert drifts({**usual(), **begun}, expected(), through="2023-12") == []
    assert drifts({**usual(), **begun}, expected(), through="2024-01") != []


def test_what_a_source_is_always_late_with_is_not_judged(tmp_path: Path):
    """The file of July 2024 had rows up to some day of December."""
    path = tmp_path / "expectations.toml"
    by_month = {**usual(11), "2023-12": {"theft": 25}}
    write_expectations(path, counted(by_month, through="2024-06"))
    expected = read_expectations(path)
    assert (expected.complete_through, expected.lag_months) == ({"incidents": "2023-11"}, {"incidents": 7})
    # Unchanged, nothing has drifted; a month later there is no more to judge than December.
    assert drifts(by_month, expected, through="2024-06") == []
    assert drifts({**usual(), "2024-01": {"theft": 25}}, expected, through="2024-07") == []
    assert drifts(by_month, expected, through="2024-08") == [
        "[incidents] rows of 2024-01, against the year before: 400 a month -> 0",
        "[incidents] rows of 2023-12, against the year before: 400 a month -> 25",
    ]


def test_a_table_that_vanished(expected):
    gone = counted(usual(), through="2023-12", table="arrests")
    assert [str(item) for item in find_drift(gone, expected())] == ["[incidents] vanished: 4800 rows -> 0 rows"]
    assert [str(item) for item in find_drift(gone[:0], expected())] == ["[incidents] vanished: 4800 rows -> 0 rows"]


def test_a_column_that_vanished_is_said_once(expected):
    assert drifts(usual(codes={"": 400}), expected(), through="2023-12") == [
        "[incidents.offense_category] vanished: 4320 values -> 0 values"
    ]


def test_the_worst_comes_first(expected):
    said = find_drift(
        counted({**usual(), "2023-02": {"": 43, "robbery": 97, "theft": 290}, "2024-01": {"": 400}}, through="2024-01"),
        expected(),
    )
    assert [item.what for item in said] == ["share empty in 2024-01", "rows of 2023-02 rewritten"]
    # By hand: 90 points where 5 are allowed (4 * 1.8 = 7.3 by chance), 30 rows where 5 % of 400 are.
    assert said[1].times == pytest.approx(30 / 20)
    assert said[0].times > 10


def test_other_tolerances_are_the_offices_own(expected):
    flipped = usual(codes={"": 40, "robbery": 90 + 36, "theft": 270 - 36})
    assert drifts(flipped, expected(tolerances="share = 0.11"), through="2023-12") == []


def test_chance_is_the_tail_of_the_binomial():
    """Given their sum, one of thirteen equal Poisson counts is binomial (Przyborowski and Wilenski 1940)."""
    before = np.full(12, 10)
    found = _chance(np.array([0, 4, 10, 30]), before)
    tails = [2 * min(binom.cdf(k, k + 120, 1 / 13), binom.sf(k - 1, k + 120, 1 / 13)) for k in (0, 4, 10, 30)]
    assert found == pytest.approx(np.minimum(1, tails), rel=1e-9)
    assert _chance(np.array([0, 3]), np.zeros(5)) == pytest.approx([1.0, 2 / 6**3])


# ---------------------------------------------------------------------------------------------------- what chance does

CHANCE_ONLY = "share = 1e-9\nnew_code = 1e-9\nmonth_factor = 1.0001\nstandard_errors = 4.0"


def _drawn(generator: np.random.Generator, *, rate: float = 250, flipped: float = 0.0) -> Count:
    rows = int(generator.poisson(rate))
    codes = ["", "robbery", "theft", "vandalism", "drugs", "weapons"]
    shares = np.array([0.05, 0.40 * (1 - flipped), 0.30 + 0.40 * flipped, 0.15, 0.07, 0.03])
    return dict(zip(codes, generator.multinomial(rows, shares).tolist(), strict=True))


@pytest.mark.parametrize("tolerances", ["", CHANCE_ONLY])
def test_fresh_months_of_the_same_process_hardly_ever_alarm(tmp_path: Path, tolerances: str):
    """200 new months in ten counties; also with tolerances so narrow that chance alone decides."""
    generator = np.random.default_rng(20240101)
    path = tmp_path / "expectations.toml"
    counties = {f"county_{n}": {month: _drawn(generator) for month in months("2022-01", 44)} for n in range(10)}
    first = pd.concat([counted(c, through="2023-12", table=name) for name, c in counties.items()])
    write_expectations(path, first[first["month"] <= "2024-01"])
    _set_tolerances(path, tolerances)
    later = pd.concat([counted(county, through="2025-08", table=name) for name, county in counties.items()])
    alarmed = {(item.table_name, _month_of(item)) for item in find_drift(later, read_expectations(path))}
    assert len(alarmed) <= 2
    # The same months, each with twice the rows.
    later.loc[(later["month"] > "2023-12") & (later["column_name"] == ""), "rows"] *= 2
    found = [item for item in find_drift(later, read_expectations(path)) if item.what.startswith("rows of")]
    assert len(found) == 200


def _month_of(item: Drift) -> str:
    return "".join(re.findall(r"\d{4}-\d{2}|together", item.what))


def test_a_code_flipped_in_a_tenth_of_new_rows_alarms(expected):
    """A quarter of the 40 % robberies come as thefts, in a county of 2,500 rows a month."""
    generator = np.random.default_rng(7)
    base = {month: _drawn(generator, rate=2500) for month in months("2022-01", 24)}
    expectation = expected(base)
    for _ in range(20):
        new = _drawn(generator, rate=2500, flipped=0.25)
        found = find_drift(counted({**base, "2024-01": new}, through="2024-01"), expectation)
        assert {item.what for item in found} == {"share of [robbery] in 2024-01", "share of [theft] in 2024-01"}


# --------------------------------------------------------------------------------------------------------- measuring

TOML = """
[extracts.police]
files = "police_*.csv"
extract_date = "filename"

[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
[extracts.police.feeds.columns]
incident_id = "NO"
occurred_date = "DAY"
offense_category = "WHAT"
address = "BLOCK"
is_domestic = "DV"

[[extracts.police.feeds]]
table = "incident_people"
key = "incident_person_id"
columns = { incident_person_id = "NO || '-' || NAME", incident_id = "NO", given_name = "NAME", sex = "SEX" }
"""
CSV = (
    "NO,DAY,WHAT,BLOCK,DV,NAME,SEX\n"
    "1,2024-01-05,robbery,100 MARROWFAX AV,yes,Quillon,male\n"
    "2,2024-01-09,robbery,,no,Quillon,female\n"
    "3,2024-03-31,,100 MARROWFAX AV,,Quillon,male\n"
)


def test_core_is_counted_by_month_column_and_code(bench):
    bench.put("police_2024-05-17.csv", CSV)
    office = bench.office(TOML)
    extracts.land(bench.connection, office)
    bench.build(office, "2024-05-17")
    measured = expectations.measure(bench.connection, office)
    assert set(measured["complete_through"]) == {"2024-04"}
    # Of the last days of April not enough is known yet: the lag that was learned says so.
    lags = {"as_of": "2024-05-17", "extract": "police", "table_name": "incidents", "complete_through": "2024-04-29"}
    columns, values = ", ".join(lags), ", ".join(f"'{value}'" for value in lags.values())
    bench.connection.execute(f"insert into mart.report_lags ({columns}) values ({values})")
    assert set(expectations.measure(bench.connection, office)["complete_through"]) == {"2024-03"}
    facts = {
        (row.table_name, row.month, row.column_name, row.value): row.rows
        for row in measured.itertuples()
        if row.rows and row.column_name in ("", "offense_category", "address", "is_domestic", "sex")
    }
    assert facts == {
        ("incidents", "2024-01", "", ""): 2,
        ("incidents", "2024-01", "offense_category", "robbery"): 2,
        ("incidents", "2024-01", "address", ""): 1,
        ("incidents", "2024-01", "is_domestic", "true"): 1,
        ("incidents", "2024-01", "is_domestic", "false"): 1,
        ("incidents", "2024-03", "", ""): 1,
        ("incidents", "2024-03", "offense_category", ""): 1,
        ("incidents", "2024-03", "is_domestic", ""): 1,
        # A person in an incident has the day of the incident.
        ("incident_people", "2024-01", "", ""): 2,
        ("incident_people", "2024-01", "sex", "male"): 1,
        ("incident_people", "2024-01", "sex", "female"): 1,
        ("incident_people", "2024-03", "", ""): 1,
        ("incident_people", "2024-03", "sex", "male"): 1,
    }


def test_what_is_known_later_is_counted_by_the_day_it_was_known(bench):
    """Of young cases little is known: how cases end is compared among cases that ended in one month."""
    bench.put("court_2024-05-17.csv", "NO,FILED,ENDED,HOW\n1,2024-01-05,2024-03-01,dismissed\n2,2024-01-09,,\n")
    office = bench.office(
        '[extracts.court]\nfiles = "court_*.csv"\nextract_date = "filename"\n[[extracts.court.feeds]]\n'
        'table = "cases"\nkey = "case_id"\n'
        'columns = { case_id = "NO", filed_date = "FILED", disposition_date = "ENDED", disposition = "HOW" }\n'
    )
    extracts.land(bench.connection, office)
    bench.build(office, "2024-05-17")
    measured = expectations.measure(bench.connection, office)
    found = measured[measured["column_name"].isin(["", "disposition", "disposition_date"])]
    facts = {(row.table_name, row.month, row.column_name, row.value): row.rows for row in found.itertuples()}
    assert facts == {
        ("cases", "2024-01", "", ""): 2,
        ("cases by disposition_date", "2024-03", "", ""): 1,
        ("cases by disposition_date", "2024-03", "disposition", ""): 0,
        ("cases by disposition_date", "2024-03", "disposition", "dismissed"): 1,
    }
    path = bench.folder / "expectations.toml"
    write_expectations(path, measured)
    assert '["cases by disposition_date".months]' in path.read_text(encoding="utf-8")
    assert set(read_expectations(path).rows) == {"cases", "cases by disposition_date"}


def test_no_value_of_a_row_is_in_the_file(bench, tmp_path: Path):
    bench.put("police_2024-05-17.csv", CSV)
    office = bench.office(TOML)
    extracts.land(bench.connection, office)
    bench.build(office, "2024-05-17")
    measured = expectations.measure(bench.connection, office)
    path = tmp_path / "expectations.toml"
    write_expectations(path, measured)
    held = bench.rows("address, given_name", "core.incidents join core.incident_people using (incident_id)")
    assert "MARROWFAX" in str(held) and "Quillon" in str(held)
    for text in (path.read_text(encoding="utf-8"), measured.to_csv()):
        assert "MARROWFAX" not in text and "Quillon" not in text and "2024-01-05" not in text


def test_a_build_is_held_to_the_file_the_office_names(bench):
    lines = "".join(f"{n},2024-{n % 4 + 1:02d}-05,robbery,,,N{n},male\n" for n in range(400))
    head = CSV.splitlines()[0] + "\n"
    bench.put("police_2024-05-17.csv", head + lines)
    office = bench.office(TOML)
    extracts.land(bench.connection, office)
    bench.build(office, "2024-05-17")
    path = bench.folder / "expectations.toml"
    write_expectations(path, expectations.measure(bench.connection, office))
    expectations.check_expectations(bench.connection, office)
    held = office.model_copy(update={"office": office.office.model_copy(update={"expectations": "expectations.toml"})})
    expectations.check_expectations(bench.connection, held)
    bench.connection.execute("update core.incidents set offense_category = 'theft'")
    with pytest.raises(ContractError) as error:
        expectations.check_expectations(bench.connection, held)
    said = str(error.value)
    assert said.startswith("2 drifts from expectations.toml: [incidents.offense_category] share of [")
    assert "share of [robbery] in the months before: 100.0 % -> 0.0 %" in said and "\n" not in said
    assert said.endswith("and when they are right, `stratpro expect --replace`")
    listed = expectations.breaches(bench.connection, held)
    assert [(item.extract, item.table_name, item.column_name) for item in listed] == [
        ("police", "incidents", "offense_category"),
        ("police", "incidents", "offense_category"),
    ]
    path.unlink()
    assert "cannot be read" in expectations.breaches(bench.connection, held)[0].why


def test_only_the_worst_five_are_named(monkeypatch: pytest.MonkeyPatch, bench):
    found = [Drift("cases", "", f"fact {n}", "1", "2", 9 - n) for n in range(8)]
    monkeypatch.setattr(expectations, "office_drift", lambda connection, office: found)
    with pytest.raises(ContractError) as error:
        expectations.check_expectations(bench.connection, bench.office(""))
    said = str(error.value)
    assert said.startswith("8 drifts") and "fact 4" in said and "fact 5" not in said and "; and 3 more;" in said
