from itertools import combinations
from math import isclose, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from strategic_prosecution import model
from strategic_prosecution.people.quality import CURVE, LinkageError, check_growth, linkage_quality

# A is written three ways, B two, C one; 7 and 8 carry no number. A is black by five records of seven.
SPELLINGS = pd.DataFrame(
    [
        (1, 5, "A1001", "black", "male"),
        (2, 1, "A1001", "white", "male"),
        (3, 1, "A1001", "white", None),
        (4, 1, "B1002", "unknown", "female"),
        (5, 1, "B1002", "hispanic", "female"),
        (6, 2, "C1003", "hispanic", "male"),
        (7, 1, None, "white", "male"),
        (8, 1, None, None, None),
    ],
    columns=["spelling", "records", "number", "race_ethnicity", "sex"],
)
COMPARED = pd.DataFrame(
    [
        (1, 2, 0.999),
        (3, 1, 0.6),
        (4, 5, 0.99),
        (1, 4, 0.995),
        (6, 4, 0.992),
        (5, 6, 0.9),
        (7, 8, 0.995),
        (7, 1, 0.999),
        (2, 8, 0.3),
    ],
    columns=["left", "right", "probability"],
)
# The third and fourth record are of one confirmed person, whom likeness joined with the first two, as it did the fifth.
RECORDS = pd.DataFrame(
    [
        ("arrests", "p_1", "p_1", "identifier", 1, 1, "black", "male"),
        ("arrests", "p_1", "p_1", "identifier", 2, 2, "white", "male"),
        ("arrests", "p_1", "p_3", "probabilistic", 3, 2, None, None),
        ("defendants", "p_1", "p_3", "probabilistic", 3, 2, "white", None),
        ("defendants", "p_1", "p_5", "probabilistic", 3, 2, "white", "male"),
        ("defendants", "p_2", "p_2", "alone", None, None, "hispanic", "female"),
        ("defendants", "p_4", "p_4", "alone", 8, 8, "hispanic", "female"),
    ],
    columns=[
        "record_table",
        "person_id",
        "confirmed_person_id",
        "basis",
        "spelling",
        "writing",
        "race_ethnicity",
        "sex",
    ],
)
QUEUE = pd.Series(["joined", "possible", "joined"])
NONE_WAIT = pd.Series([], dtype=object)


def _quality(
    spellings: pd.DataFrame = SPELLINGS, compared: pd.DataFrame = COMPARED, link_probability: float = 0.99
) -> pd.DataFrame:
    return linkage_quality(spellings, compared, RECORDS, link_probability=link_probability, pairs_to_review=QUEUE)


def _row(quality: pd.DataFrame, measure: str, breakdown: str = "", segment: str = "") -> pd.Series:
    is_it = (quality["measure"] == measure) & (quality["breakdown"] == breakdown) & (quality["segment"] == segment)
    (at,) = quality.index[is_it]
    return quality.loc[at]


def _counts(quality: pd.DataFrame, measure: str, breakdown: str = "", segment: str = "") -> tuple[Any, Any]:
    row = _row(quality, measure, breakdown, segment)
    return tuple(None if pd.isna(row[name]) else int(row[name]) for name in ("numerator", "denominator"))


def test_found_and_false_links_are_counted_over_pairs_with_numbers() -> None:
    quality = _quality()
    # Pairs with one number: three of A, one of B; 2 and 3 were never compared.
    assert _counts(quality, "found") == (2, 4)
    # Joined with two numbers: 1-2 and 4-5 rightly, 1-4 and 6-4 not.
    assert _counts(quality, "false_links") == (2, 4)
    assert _row(quality, "found")["unit"] == "pairs of spellings"


def test_the_curve_holds_every_threshold_and_the_one_in_force() -> None:
    quality = _quality(link_probability=0.993)
    told = quality.loc[quality["breakdown"] == "probability", "segment"].astype(float)
    assert set(told) == {*CURVE, 0.993}
    assert {at: _counts(quality, "found", "probability", at) for at in ("0.5", "0.9", "0.993", "0.999")} == {
        "0.5": (3, 4),
        "0.9": (2, 4),
        "0.993": (1, 4),
        "0.999": (1, 4),
    }
    assert _counts(quality, "false_links", "probability", "0.9") == (3, 5)
    assert _counts(quality, "false_links", "probability", "0.9999") == (0, 0)
    assert pd.isna(_row(quality, "false_links", "probability", "0.9999")["value"])
    for measure in ("found", "false_links"):
        assert _counts(quality, measure) == _counts(quality, measure, "probability", "0.993")


def test_a_pair_is_of_the_people_whose_numbers_it_carries() -> None:
    quality = _quality()
    assert _counts(quality, "found", "race_ethnicity", "black") == (1, 3)
    assert _counts(quality, "found", "race_ethnicity", "hispanic") == (1, 1)
    # 1-4 is of a black and of a hispanic person and counts with both; 6-4 is of two hispanic people and counts once.
    assert _counts(quality, "false_links", "race_ethnicity", "black") == (1, 2)
    assert _counts(quality, "false_links", "race_ethnicity", "hispanic") == (2, 3)
    # C has one spelling: no pair of its own, but one with B.
    assert _counts(quality, "found", "sex", "male") == (1, 3)
    assert _counts(quality, "false_links", "sex", "male") == (2, 3)
    segments = quality.loc[quality["measure"] == "found"]
    assert set(segments.loc[segments["breakdown"] == "race_ethnicity", "segment"]) == {"black", "hispanic"}


def test_a_number_of_which_nothing_is_known_is_unknown_and_a_tie_goes_to_the_first_spelling() -> None:
    spellings = SPELLINGS.assign(
        race_ethnicity=["white", "black", None, "unmapped", None, "hispanic", "white", None], records=1
    )
    quality = _quality(spellings.sample(frac=1, random_state=3))
    assert _counts(quality, "found", "race_ethnicity", "white") == (1, 3)
    assert _counts(quality, "found", "race_ethnicity", "unknown") == (1, 1)


def test_numbers_one_slip_apart_are_a_mistyped_number_and_no_false_link() -> None:
    # B's second spelling carries A's number with two digits exchanged, C's with one too many, another's with both.
    spellings = SPELLINGS.assign(number=["A1001", "A1001", "A1001", "B1002", "A1010", "A10001", "A10010", None])
    compared = pd.DataFrame(
        [(1, 2, 0.999), (1, 5, 0.999), (6, 1, 0.995), (1, 4, 0.995), (5, 6, 0.9), (7, 2, 0.4)],
        columns=["left", "right", "probability"],
    )
    quality = _quality(spellings, compared)
    assert _counts(quality, "mistyped_numbers") == (2, 4)
    assert _counts(quality, "false_links") == (1, 2)
    assert _counts(quality, "false_links", "probability", "0.9") == (2, 3)
    assert _counts(quality, "mistyped_numbers", "probability", "0.999") == (1, 2)


def test_all_others_are_the_pairs_without_anybody_of_the_segment() -> None:
    quality = _quality()
    assert _counts(quality, "found", "not_race_ethnicity", "black") == (1, 1)
    assert _counts(quality, "found", "not_race_ethnicity", "hispanic") == (1, 3)
    # 1-4 is of a black and of a hispanic person: neither of the others'.
    assert _counts(quality, "false_links", "not_race_ethnicity", "black") == (1, 2)
    assert _counts(quality, "false_links", "not_race_ethnicity", "hispanic") == (0, 1)
    assert _counts(quality, "false_links", "not_sex", "female") == (0, 1)


def test_records_people_and_the_queue_are_counted() -> None:
    quality = _quality()
    assert {name: _counts(quality, name) for name in ("linked_records", "alone", "confirmed", "unusable")} == {
        "linked_records": (5, 7),
        "alone": (2, 7),
        "confirmed": (4, 7),
        "unusable": (1, 7),
    }
    assert _counts(quality, "confirmed", "record_table", "defendants") == (1, 4)
    assert _counts(quality, "unusable", "record_table", "defendants") == (1, 4)
    assert _counts(quality, "unusable", "race_ethnicity", "hispanic") == (1, 2)
    assert _counts(quality, "linked_records", "race_ethnicity", "unknown") == (1, 1)
    assert _counts(quality, "linked_records", "basis", "probabilistic") == (3, 7)
    assert set(quality.loc[quality["breakdown"] == "basis", "segment"]) == {"identifier", "probabilistic"}
    assert _counts(quality, "people") == (3, None)
    # Written in three ways, of which two differ in name or birth date.
    assert _counts(quality, "largest_person") == (2, None)
    assert _counts(quality, "to_review") == (3, None)
    assert _counts(quality, "to_review", "kind", "joined") == (2, None)


def test_rows_fit_the_table_and_intervals_of_records_are_wilsons() -> None:
    quality = _quality()
    table = model.table("mart.linkage_quality")
    assert set(quality.columns) | {"as_of"} == set(table.names)
    assert not quality.duplicated(["measure", "breakdown", "segment"]).any()
    assert {*quality["measure"], model.UNKNOWN, model.UNMAPPED} == set(table.column("measure").values)
    told = quality[quality["lower"].notna()]
    assert set(told["unit"]) == {"pairs of spellings", "records"}
    for row in told.to_dict("records"):
        assert row["value"] == row["numerator"] / row["denominator"]
    for row in told[told["unit"] == "records"].to_dict("records"):
        limits = binomtest(row["numerator"], row["denominator"]).proportion_ci(method="wilson")
        assert (row["lower"], row["upper"]) == pytest.approx((limits.low, limits.high))


def _county(seed: int, *, numbers: int, likely: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """People of two to five spellings whose pairs are found all or none, and who are taken for the next one or not."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 6, size=numbers)
    of = np.repeat(np.arange(numbers), sizes)
    is_found, is_taken = rng.random(numbers) < likely, rng.random(numbers) < 0.2
    spellings = pd.DataFrame(
        {
            "spelling": np.arange(len(of)),
            "records": 1,
            "number": [f"{at * 1001:07}" for at in of],
            "race_ethnicity": "white",
            "sex": "male",
        }
    )
    compared = [
        (left, right, 0.999 if (is_found if of[left] == of[right] else is_taken)[of[left]] else 0.1)
        for left, right in combinations(range(len(of)), 2)
        if of[right] - of[left] <= 1
    ]
    return spellings, pd.DataFrame(compared, columns=COMPARED.columns)


@pytest.mark.parametrize("measure", ["found", "false_links"])
def test_intervals_of_pairs_go_by_people_and_not_by_pairs(measure: str) -> None:
    spellings, compared = _county(11, numbers=60, likely=0.8)
    number = spellings["number"].astype(int)
    left, right = number[compared["left"]].to_numpy(), number[compared["right"]].to_numpy()
    joined = compared["probability"].to_numpy() >= 0.99
    counted = left == right if measure == "found" else joined
    true = (joined if measure == "found" else left != right)[counted].astype(float)
    # The oracle: a mean whose variance is clustered by person.
    fit = sm.OLS(true, np.ones(len(true))).fit(cov_type="cluster", cov_kwds={"groups": left[counted]})
    value, variance = true.mean(), float(fit.cov_params()[0, 0])
    worth = value * (1 - value) / variance
    assert worth < len(true) / 2, "the pairs of this county hang together"
    row = _row(_quality(spellings, compared), measure)
    assert (row["numerator"], row["denominator"]) == (true.sum(), len(true))
    for limit in (row["lower"], row["upper"]):
        # What makes Wilson's limits: the share lies 1.96 of the limit's own standard errors away.
        assert abs(value - limit) == pytest.approx(1.959964 * sqrt(limit * (1 - limit) / worth), rel=1e-6)


def test_where_all_or_none_are_true_there_are_as_many_as_people() -> None:
    # A has three pairs and B one, all found; z squared is 3.8415.
    all_found = pd.DataFrame([(1, 2, 1.0), (1, 3, 1.0), (2, 3, 1.0), (4, 5, 1.0)], columns=COMPARED.columns)
    quality = _quality(compared=all_found)
    assert _counts(quality, "found") == (4, 4)
    assert _row(quality, "found")["lower"] == pytest.approx(2 / (2 + 3.8415), rel=1e-4)
    assert _row(quality, "false_links")["upper"] == pytest.approx(3.8415 / (2 + 3.8415), rel=1e-4)


def test_many_pairs_of_one_person_are_worth_one() -> None:
    one = SPELLINGS.assign(number="A1001")
    row = _row(_quality(one), "found")
    # Six of 28 pairs; Wilson's limits of a share p of one: (p + z2/2 +- z sqrt(p(1 - p) + z2/4)) / (1 + z2).
    middle, width = 6 / 28 + 3.8415 / 2, 1.96 * sqrt(6 / 28 * 22 / 28 + 3.8415 / 4)
    assert (row["numerator"], row["denominator"]) == (6, 28)
    assert (row["lower"], row["upper"]) == pytest.approx(
        ((middle - width) / 4.8415, (middle + width) / 4.8415), abs=1e-4
    )


@pytest.mark.slow
def test_intervals_hold_the_planted_share_as_often_as_they_say() -> None:
    covered, covered_by_pairs = 0, 0
    for seed in range(100):
        row = _row(_quality(*_county(seed, numbers=150, likely=0.8)), "found")
        plain = binomtest(row["numerator"], row["denominator"]).proportion_ci(method="wilson")
        covered += row["lower"] <= 0.8 <= row["upper"]
        covered_by_pairs += plain.low <= 0.8 <= plain.high
    # 95 are promised, and 100 draws of 0.95 give 88 or fewer once in 250 times.
    assert covered >= 89
    assert covered_by_pairs < 80


def test_limits_are_exact_at_none_and_at_all() -> None:
    # The formula leaves a rounding error at 7 of 7 and at none of 7.
    quality = _false_links(0, 7)
    assert (_row(quality, "found")["upper"], _row(quality, "false_links")["lower"]) == (1.0, 0.0)


def test_an_office_without_numbers_has_no_rate() -> None:
    quality = _quality(SPELLINGS.assign(number=None))
    assert _counts(quality, "found") == (0, 0) and _counts(quality, "false_links") == (0, 0)
    assert pd.isna(_row(quality, "found")["value"]) and pd.isna(_row(quality, "found")["upper"])
    check_growth(quality, spellings_per_person=[3, 1], largest_person=40, max_false_links=0.02)


def test_an_office_without_people_has_no_rate() -> None:
    quality = linkage_quality(
        SPELLINGS.iloc[:0],
        COMPARED.iloc[:0],
        RECORDS.iloc[:0],
        link_probability=0.99,
        pairs_to_review=NONE_WAIT,
    )
    assert _counts(quality, "people") == (0, None) and _counts(quality, "largest_person") == (0, None)
    assert _counts(quality, "linked_records") == (0, 0)


@pytest.mark.parametrize("probability", [float("nan"), 1.5, -0.1])
def test_a_probability_that_is_none_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="probability is null or not between 0 and 1"):
        _quality(compared=COMPARED.assign(probability=probability))


def test_a_pair_of_a_spelling_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="not among the spellings"):
        _quality(compared=COMPARED.assign(left=99))


# The first two are one slip apart, the others far.
NUMBERS = st.sampled_from(["A1001", "A1010", "B2222", "C3333", None])
SLIP = {"A1001", "A1010"}
RACES = st.sampled_from(["black", "white", "unknown", None])
PROBABILITIES = st.sampled_from([0.0, 0.3, 0.5, 0.9, 0.99, 0.995, 1.0])


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(NUMBERS, RACES, st.integers(1, 3)), max_size=7), st.data())
def test_counts_are_those_of_counting_pair_by_pair(people: list[tuple[Any, Any, int]], data: st.DataObject) -> None:
    pairs = [(left, right, data.draw(PROBABILITIES)) for left, right in combinations(range(len(people)), 2)]
    quality = _quality(
        pd.DataFrame(
            [(at, records, number, race, "male") for at, (number, race, records) in enumerate(people)],
            columns=SPELLINGS.columns,
        ),
        pd.DataFrame(pairs, columns=COMPARED.columns),
        link_probability=0.9,
    )
    races = {number: _most_frequent(people, number) for number, _, _ in people if number}
    counted: dict[tuple[str, str, str], list[bool]] = {
        (measure, "", ""): [] for measure in ("found", "false_links", "mistyped_numbers")
    }
    for left, right, probability in pairs:
        one, other = people[left][0], people[right][0]
        if one is None or other is None:
            continue
        of = {races[one], races[other]}
        segments = [("", ""), *(("race_ethnicity", race) for race in of)]
        segments += [("not_race_ethnicity", race) for race in set(races.values()) - of]
        is_joined, is_slip = probability >= 0.9, {one, other} == SLIP
        for breakdown, segment in segments:
            if one == other:
                counted.setdefault(("found", breakdown, segment), []).append(is_joined)
            if is_joined and not is_slip:
                counted.setdefault(("false_links", breakdown, segment), []).append(one != other)
            if is_joined:
                counted.setdefault(("mistyped_numbers", breakdown, segment), []).append(is_slip)
    for (measure, breakdown, segment), marks in counted.items():
        assert _counts(quality, measure, breakdown, segment) == (sum(marks), len(marks))
    for row in quality[(quality["unit"] == "pairs of spellings") & (quality["denominator"] > 0)].to_dict("records"):
        plain = binomtest(row["numerator"], row["denominator"]).proportion_ci(method="wilson")
        assert row["lower"] <= plain.low or isclose(row["lower"], plain.low)
        assert row["upper"] >= plain.high or isclose(row["upper"], plain.high)


def _most_frequent(people: list[tuple[Any, Any, int]], number: str) -> str:
    counts: dict[str, int] = {}
    for other, race, records in people:
        if other == number and race not in (None, "unknown"):
            counts[race] = counts.get(race, 0) + records
    return max(counts, key=lambda race: counts[race]) if counts else "unknown"


def _false_links(wrong: int, of: int) -> pd.DataFrame:
    """Quality of an office where so many joined pairs have two numbers and so many of these different ones."""
    spellings = pd.DataFrame(
        [
            (2 * pair + side, 1, f"N{pair}{'XX' if side and pair < wrong else ''}", "black", "male")
            for pair in range(of)
            for side in (0, 1)
        ],
        columns=SPELLINGS.columns,
    )
    compared = pd.DataFrame([(2 * pair, 2 * pair + 1, 0.999) for pair in range(of)], columns=COMPARED.columns)
    return _quality(spellings, compared)


def test_too_many_false_links_stop_the_run_in_one_line() -> None:
    with pytest.raises(LinkageError) as error:
        check_growth(_false_links(60, 1000), spellings_per_person=[2], largest_person=40, max_false_links=0.02)
    assert str(error.value) == (
        "people: of 1,000 pairs with two numbers that likeness would join 60 have numbers that differ by more than a "
        "mistyped digit (6.0%, at least 4.7%), more than [people] max_false_links 0.02: look at `stratpro people "
        "review`, and raise [people] link_probability"
    )


def test_mistyped_numbers_stop_no_run() -> None:
    spellings = pd.DataFrame(
        [(2 * pair + side, 1, f"N{pair}{'X' * side}", None, None) for pair in range(200) for side in (0, 1)],
        columns=SPELLINGS.columns,
    )
    compared = pd.DataFrame([(2 * pair, 2 * pair + 1, 0.999) for pair in range(200)], columns=COMPARED.columns)
    quality = _quality(spellings, compared)
    assert _counts(quality, "mistyped_numbers") == (200, 200) and _counts(quality, "false_links") == (0, 0)
    check_growth(quality, spellings_per_person=[2], largest_person=40, max_false_links=0.02)


def test_one_number_used_twice_stops_no_run() -> None:
    # Five spellings of one number are all taken for the five of another: 25 false of 325 pairs, and one mistake.
    spellings = pd.DataFrame(
        [(at, 1, "A1001" if at < 5 else "B2002", None, None) for at in range(10)]
        + [(at, 1, f"{at // 2 * 1001:07}", None, None) for at in range(10, 610)],
        columns=SPELLINGS.columns,
    )
    compared = [(left, right, 0.999) for left in range(5) for right in range(5, 10)]
    compared += [(at, at + 1, 0.999) for at in range(10, 610, 2)]
    quality = _quality(spellings, pd.DataFrame(compared, columns=COMPARED.columns))
    assert _counts(quality, "false_links") == (25, 325)
    assert binomtest(25, 325).proportion_ci(method="wilson").low > 0.05
    check_growth(quality, spellings_per_person=[2], largest_person=40, max_false_links=0.02)


def test_chance_alone_stops_no_run() -> None:
    # 3 of 100 is more than 2 %, and 1 of 3 much more; neither is beyond chance.
    for wrong, of in ((3, 100), (1, 15), (0, 10)):
        check_growth(_false_links(wrong, of), spellings_per_person=[2], largest_person=40, max_false_links=0.02)


def test_a_person_written_in_too_many_ways_stops_the_run() -> None:
    quality = _quality()
    check_growth(quality, spellings_per_person=[40, 3], largest_person=40, max_false_links=1)
    with pytest.raises(LinkageError, match=r"2 people are written in more than 40 ways \(the most: 1,057\)") as error:
        check_growth(quality, spellings_per_person=[41, 1057, 3], largest_person=40, max_false_links=1)
    assert "stratpro people review" in str(error.value) and "[people] largest_person" in str(error.value)
    with pytest.raises(LinkageError, match="1 person is written"):
        check_growth(quality, spellings_per_person=[41], largest_person=40, max_false_links=1)
