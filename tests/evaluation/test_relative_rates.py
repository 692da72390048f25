"""Relative rate index: a published table, published intervals, an oracle library, and what is undefined."""

from math import exp, log
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.rates import confint_poisson_2indep

from strategic_prosecution.evaluation import (
    RESIDENTS,
    RelativeRate,
    Stage,
    mantel_haenszel_ratio,
    relative_rate_index,
    relative_rates,
    relative_rates_alike,
)

Counts = dict[str, tuple[int | None, ...]]

# OJJDP, Racial and Ethnic Disparity Databook 2020, males: counts of white, Black and Hispanic youth as published.
OJJDP: Counts = {
    RESIDENTS: (8_752_200, 2_468_900, 4_038_700),
    "referred": (159_200, 129_700, 71_800),
    "diverted": (48_000, 21_700, 16_500),
    "detained": (32_500, 41_000, 23_700),
    "petitioned": (83_500, 83_400, 39_700),
    "adjudicated": (42_300, 39_200, 22_100),
    "probation": (29_000, 23_800, 14_500),
    "placement": (9_500, 13_000, 7_000),
    "waived": (800, 1_500, 400),
}
# The same page's rates (per 1,000 residents, then per 100 of the stage before) and relative rate indexes.
PUBLISHED = {
    "referred": ((18.2, 52.5, 17.8), (2.9, 1.0)),
    "diverted": ((30.1, 16.7, 23.1), (0.6, 0.8)),
    "detained": ((20.4, 31.6, 33.0), (1.6, 1.6)),
    "petitioned": ((52.4, 64.3, 55.3), (1.2, 1.1)),
    "adjudicated": ((50.6, 47.0, 55.7), (0.9, 1.1)),
    "probation": ((68.7, 60.7, 65.5), (0.9, 1.0)),
    "placement": ((22.5, 33.2, 31.8), (1.5, 1.4)),
    "waived": ((1.0, 1.8, 1.0), (1.8, 1.0)),
}
STAGES = (
    Stage("referred"),
    Stage("diverted", "referred"),
    Stage("detained", "referred"),
    Stage("petitioned", "referred"),
    Stage("adjudicated", "petitioned"),
    Stage("probation", "adjudicated"),
    Stage("placement", "adjudicated"),
    Stage("waived", "petitioned"),
)
GROUPS = ("white", "black", "hispanic")


def counted(table: Counts, groups: tuple[str, ...] = GROUPS) -> pd.DataFrame:
    """Rows as ``relative_rates`` takes them; None is no row."""
    rows = [
        (stage, group, events)
        for stage, counts in table.items()
        for group, events in zip(groups, counts, strict=True)
        if events is not None
    ]
    return pd.DataFrame(rows, columns=["stage", "group", "events"])


def by_cell(frame: pd.DataFrame, view: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["stage"], row["group"]): row for row in frame[frame["view"] == view].to_dict("records")}


def test_the_published_table_comes_out() -> None:
    cells = by_cell(relative_rates(counted(OJJDP), stages=STAGES, reference="white"), "conditional")
    assert len(cells) == 24
    for stage, (rates, ratios) in PUBLISHED.items():
        for group, rate in zip(GROUPS, rates, strict=True):
            cell = cells[stage, group]
            per, unit = (1_000, 1) if stage == "referred" else (100, 100)
            # Counts are published to the next 100, rates to one decimal.
            furthest = per * (cell["numerator"] + 50) / (cell["denominator"] - 50) - cell["value"] * unit
            assert cell["value"] * unit == pytest.approx(rate, abs=0.05 + furthest), (stage, group)
        for group, ratio in zip(GROUPS[1:], ratios, strict=True):
            assert cells[stage, group]["ratio"] == pytest.approx(ratio, abs=0.1), (stage, group)


def test_both_views_stand_beside_each_other() -> None:
    made = relative_rates(counted(OJJDP), stages=STAGES, reference="white")
    whole = by_cell(made, "cumulative")
    assert set(whole) == set(by_cell(made, "conditional"))
    # 13,000 of 2,468,900 residents and 9,500 of 8,752,200: 5.2655 and 1.0854 of 1,000.
    placed = whole["placement", "black"]
    assert (placed["numerator"], placed["denominator"], placed["before"]) == (13_000, 2_468_900, RESIDENTS)
    assert placed["value"] == pytest.approx(5.2655, abs=5e-5)
    assert placed["reference_value"] == pytest.approx(1.0854, abs=5e-5)
    assert placed["ratio"] == pytest.approx(4.851, abs=5e-4)
    assert placed["difference"] == pytest.approx(4.1801, abs=5e-5)
    # Of 39,200 adjudicated; 0.3316 less 0.2246 of the 42,300 others.
    placed = by_cell(made, "conditional")["placement", "black"]
    assert (placed["denominator"], placed["reference_denominator"]) == (39_200, 42_300)
    assert placed["difference"] == pytest.approx(0.10705, abs=5e-6)
    # A part of those adjudicated: sqrt(1/13000 - 1/39200 + 1/9500 - 1/42300) = 0.0115341; of residents no part:
    # sqrt(1/13000 + 1/9500) = 0.0134976.
    for cell, spread in ((placed, 0.0115341), (whole["placement", "black"], 0.0134976)):
        assert log(cell["ratio_upper"] / cell["ratio"]) == pytest.approx(1.959964 * spread, rel=1e-5)
        assert log(cell["ratio"] / cell["ratio_lower"]) == pytest.approx(1.959964 * spread, rel=1e-5)
    assert list(made["view"].unique()) == ["cumulative", "conditional"]
    assert list(made["stage"].unique()) == [stage.name for stage in STAGES]


# Katz et al. 1978 on paper: 0.8 / 0.6, sqrt(1/56 - 1/70 + 1/48 - 1/80) = 0.109109, exp(ln 4/3 -+ 1.959964 * that).
# The difference is Newcombe 1998, table II, 56/70 less 48/80 by method 10: 0.0524 to 0.3339.
def test_limits_of_shares_are_the_published_ones() -> None:
    found = relative_rate_index(events=56, at_risk=70, reference_events=48, reference_at_risk=80)
    assert found.ratio == pytest.approx(4 / 3)
    assert (found.ratio_lower, found.ratio_upper) == (
        pytest.approx(exp(log(4 / 3) - 1.959964 * 0.109109), rel=1e-5),
        pytest.approx(exp(log(4 / 3) + 1.959964 * 0.109109), rel=1e-5),
    )
    assert found.difference == pytest.approx(0.2)
    assert (found.difference_lower, found.difference_upper) == (
        pytest.approx(0.0524, abs=5e-5),
        pytest.approx(0.3339, abs=5e-5),
    )


# Newcombe 1998, table II, method 10: the examples with none or all of a group.
@pytest.mark.parametrize(
    "counts, difference, lower, upper",
    [
        ((9, 10, 3, 10), 0.6, 0.1705, 0.8090),
        ((5, 56, 0, 29), 0.0893, -0.0381, 0.1926),
        ((0, 10, 0, 10), 0.0, -0.2775, 0.2775),
        ((10, 10, 0, 10), 1.0, 0.6075, 1.0),
    ],
)
def test_limits_of_a_difference_hold_at_the_ends(
    counts: tuple[int, int, int, int], difference: float, lower: float, upper: float
) -> None:
    a, n, b, m = counts
    found = relative_rate_index(events=a, at_risk=n, reference_events=b, reference_at_risk=m)
    assert found.difference == pytest.approx(difference, abs=5e-5)
    assert (found.difference_lower, found.difference_upper) == (
        pytest.approx(lower, abs=5e-5),
        pytest.approx(upper, abs=5e-5),
    )


@given(
    n=st.integers(1, 500), m=st.integers(1, 500), data=st.data(), confidence=st.sampled_from([0.8, 0.95, 0.998])
)  # fmt: skip
def test_limits_are_those_of_statsmodels(n: int, m: int, data: st.DataObject, confidence: float) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = relative_rate_index(
        events=a, at_risk=n, reference_events=b, reference_at_risk=m, confidence=confidence
    )  # fmt: skip
    alpha = 1 - confidence
    expected = confint_proportions_2indep(a, n, b, m, compare="diff", method="newcomb", alpha=alpha)
    assert (found.difference_lower, found.difference_upper) == pytest.approx(expected, abs=1e-9)
    if 0 < a < n and 0 < b < m:
        expected = confint_proportions_2indep(a, n, b, m, compare="ratio", method="log", alpha=alpha)
        assert (found.ratio_lower, found.ratio_upper) == pytest.approx(expected, rel=1e-9)


@given(a=st.integers(1, 300), n=st.integers(1, 10**6), b=st.integers(1, 300), m=st.integers(1, 10**6))
def test_per_resident_both_counts_are_poisson(a: int, n: int, b: int, m: int) -> None:
    found = relative_rate_index(events=a, at_risk=n, reference_events=b, reference_at_risk=m, is_part=False)
    expected = confint_poisson_2indep(a, n, b, m, compare="ratio", method="waldcc")
    spread = 1.959963984540054 * (1 / a + 1 / b) ** 0.5
    assert found.ratio_lower == pytest.approx(a / n / (b / m) * exp(-spread), rel=1e-9)
    assert found.ratio_upper == pytest.approx(a / n / (b / m) * exp(spread), rel=1e-9)
    # Wald with a half added to each count: another formula for the same thing.
    if min(a, b) > 50:
        assert (found.ratio_lower, found.ratio_upper) == pytest.approx(expected, rel=0.02)
    moved = confint_poisson_2indep(a, n, b, m, compare="diff", method="mover", method_mover="exact-c")
    assert (found.difference_lower, found.difference_upper) == pytest.approx(moved, rel=1e-7, abs=1e-12)


def test_residents_may_be_arrested_twice() -> None:
    found = relative_rate_index(events=12, at_risk=10, reference_events=5, reference_at_risk=10, is_part=False)
    assert (found.rate, found.ratio) == (1.2, pytest.approx(2.4))
    with pytest.raises(ValueError, match="more events than at risk"):
        relative_rate_index(events=12, at_risk=10, reference_events=5, reference_at_risk=10)
    with pytest.raises(ValueError, match="below 0"):
        relative_rate_index(events=-1, at_risk=10, reference_events=5, reference_at_risk=10)


def test_undefined_is_none_never_0_or_infinite() -> None:
    def index(*counts: int, is_part: bool = True) -> RelativeRate:
        a, n, b, m = counts
        return relative_rate_index(events=a, at_risk=n, reference_events=b, reference_at_risk=m, is_part=is_part)

    assert index(0, 0, 5, 10) == RelativeRate(None, 0.5, None, None, None, None, None, None)
    assert index(5, 10, 0, 0) == RelativeRate(0.5, None, None, None, None, None, None, None)
    for is_part in (True, False):
        without = index(5, 10, 0, 10, is_part=is_part)
        assert (without.rate, without.ratio, without.ratio_lower, without.difference) == (0.5, None, None, 0.5)
        none = index(0, 10, 5, 10, is_part=is_part)
        assert (none.ratio, none.ratio_lower, none.ratio_upper, none.difference) == (0.0, None, None, -0.5)
        assert none.difference_lower is not None and none.difference_lower < -0.5
    everybody = index(3, 3, 2, 2)
    assert (everybody.ratio, everybody.ratio_lower, everybody.ratio_upper) == (1.0, None, None)
    assert everybody.difference_lower is not None and everybody.difference_lower < 0
    # 3 of 3 beside 82 of 96 is nothing: the formula would have 1 below its limits.
    for few in (index(3, 3, 82, 96), index(82, 96, 3, 3)):
        assert few.ratio is not None and (few.ratio_lower, few.ratio_upper) == (None, None)
    assert index(3, 3, 82, 96, is_part=False).ratio_lower is not None


def test_the_gap_is_taken_apart_along_the_chain() -> None:
    # Black over white: 2 per resident, 1.5 of the referred, 4/3 of the filed; 4 in all.
    table: Counts = {
        RESIDENTS: (100_000, 100_000),
        "referred": (10_000, 20_000),
        "detained": (2_000, 7_000),
        "filed": (4_000, 12_000),
        "convicted": (3_000, 12_000),
    }
    stages = (Stage("referred"), Stage("detained", "referred"), Stage("filed", "referred"), Stage("convicted", "filed"))
    made = relative_rates(counted(table, ("white", "black")), stages=stages, reference="white", last="convicted")
    shares = made.dropna(subset="share_of_gap").set_index(["view", "stage", "group"])["share_of_gap"]
    assert shares.to_dict() == {
        ("conditional", "referred", "black"): pytest.approx(0.5),
        ("conditional", "filed", "black"): pytest.approx(log(1.5) / log(4)),
        ("conditional", "convicted", "black"): pytest.approx(log(4 / 3) / log(4)),
    }
    assert shares.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "change",
    [
        # 11 and 10 of 1,000 each: the limits of the cumulative ratio hold 1.
        {"convicted": (10, 11)},
        # A link of 0: its logarithm is no number.
        {"convicted": (300, 0)},
        {"convicted": (0, 300)},
        # A step of 0 in the middle, for the counts are of one year and not the same people.
        {"filed": (500, 0), "convicted": (200, 400)},
        {"filed": (0, 600), "convicted": (200, 400)},
        # Nobody knows how many residents the group has.
        {RESIDENTS: (1_000, None)},
        # The chain does not lead back to residents.
        {RESIDENTS: (None, None)},
    ],
)
def test_no_gap_is_taken_apart_where_there_is_none_to_see(change: Counts) -> None:
    table: Counts = {RESIDENTS: (1_000, 1_000), "filed": (500, 600)}
    stages = (Stage("filed"), Stage("convicted", "filed", is_part=False))

    def shares(more: Counts) -> pd.Series:
        frame = counted({**table, **more}, ("white", "black"))
        return relative_rates(frame, stages=stages, reference="white", last="convicted")["share_of_gap"]

    assert shares({"convicted": (200, 400)}).notna().sum() == 2
    assert shares(change).isna().all()


def test_a_branch_has_no_share_of_the_gap() -> None:
    table: Counts = {RESIDENTS: (1_000, 1_000), "decided": (500, 600), "detained": (200, 400)}
    stages = (Stage("detained", "decided"),)
    made = relative_rates(counted(table, ("white", "black")), stages=stages, reference="white", last="detained")
    assert len(made) == 4 and made["share_of_gap"].isna().all()


def test_small_and_unknown_groups_have_counts_and_no_ratio() -> None:
    groups = ("white", "black", "asian", "other", "unknown", "unmapped")
    table: Counts = {
        RESIDENTS: (90_000, 9_001, 999, None, None, None),
        "filed": (900, 300, 30, 20, 50, 0),
        "convicted": (300, 150, 20, 10, 25, 0),
    }
    stages = (Stage("filed"), Stage("convicted", "filed"))
    made = relative_rates(counted(table, groups), stages=stages, reference="white")
    whole, of_filed = by_cell(made, "cumulative"), by_cell(made, "conditional")
    # 1 % of 100,000 is 1,000.
    small = of_filed["convicted", "asian"]
    assert (small["numerator"], small["denominator"], small["value"]) == (20, 30, pytest.approx(2 / 3))
    assert "small" in small["note"]
    for group in ("asian", "unknown", "unmapped"):
        for cells in (whole, of_filed):
            compared = [cells["convicted", group][name] for name in ("ratio", "ratio_upper", "difference")]
            assert np.isnan(compared).all(), group
    assert of_filed["convicted", "black"]["ratio"] == pytest.approx(1.5)
    # Of residents nobody counted nothing is known; what becomes of those filed is.
    assert np.isnan(whole["convicted", "other"]["ratio"]) and "not known" in whole["convicted", "other"]["note"]
    assert of_filed["convicted", "other"]["ratio"] == pytest.approx(1.5)
    # The reference is 1 and has no limits of its own.
    assert whole["filed", "white"]["ratio"] == 1.0 and np.isnan(whole["filed", "white"]["ratio_lower"])
    # One resident more, and the 999 are less than 1 % of those the groups do not cover either.
    everybody = relative_rates(counted(table, groups), stages=stages, reference="white", all_residents=1_000_000)
    assert np.isnan(by_cell(everybody, "conditional")["convicted", "black"]["ratio"])


def test_a_stage_nobody_feeds_is_left_out_and_one_without_its_base_refused() -> None:
    stages = (Stage("arrested"), Stage("filed"), Stage("convicted", "filed"))
    made = relative_rates(counted({"filed": (9, 8), "convicted": (4, 5)}, ("female", "male")), stages=stages,
                          reference="male")  # fmt: skip
    assert set(made["stage"]) == {"filed", "convicted"} and set(made["view"]) == {"conditional"}
    first = by_cell(made, "conditional")["filed", "female"]
    assert (first["numerator"], first["note"]) == (9, "undefined: residents of the group are not known")
    assert pd.isna(first["denominator"]) and np.isnan(first["value"])
    with pytest.raises(ValueError, match="share of \\[filed\\], which has no row"):
        relative_rates(counted({"convicted": (4, 5)}, ("female", "male")), stages=stages, reference="male")


def test_rows_in_any_order_and_in_pieces_give_the_same() -> None:
    frame = counted(OJJDP)
    whole = relative_rates(frame, stages=STAGES, reference="white", last="placement")
    halves = pd.concat([frame.assign(events=frame["events"] // 100 * 99), frame.assign(events=frame["events"] // 100)])
    again = relative_rates(halves.sample(frac=1, random_state=5), stages=STAGES, reference="white", last="placement")
    pd.testing.assert_frame_equal(whole, again)


def test_one_stratum_is_the_plain_ratio() -> None:
    plain = relative_rate_index(events=30, at_risk=100, reference_events=20, reference_at_risk=110)
    found = mantel_haenszel_ratio(events=[30], at_risk=[100], reference_events=[20], reference_at_risk=[110])
    assert (found.ratio, found.lower, found.upper) == pytest.approx(
        (plain.ratio, plain.ratio_lower, plain.ratio_upper), rel=1e-12
    )


# University Group Diabetes Program, deaths below and above 55 years: Rothman, Greenland & Lash, Modern Epidemiology,
# ch. 15: risk ratio 1.33, 95 % limits 0.80 to 2.20.
def test_the_textbook_example_of_two_strata_comes_out() -> None:
    found = mantel_haenszel_ratio(
        events=[8, 22], at_risk=[106, 98], reference_events=[5, 16], reference_at_risk=[120, 85]
    )
    assert (found.ratio, found.lower, found.upper) == pytest.approx((1.33, 0.80, 2.20), abs=0.005)
    assert (found.events, found.at_risk, found.reference_events, found.reference_at_risk, found.strata) == (
        30, 204, 21, 205, 2,
    )  # fmt: skip


def test_strata_of_one_group_say_nothing() -> None:
    both = mantel_haenszel_ratio(events=[3], at_risk=[10], reference_events=[4], reference_at_risk=[20])
    more = mantel_haenszel_ratio(
        events=[3, 9, 0], at_risk=[10, 9, 0], reference_events=[4, 0, 7], reference_at_risk=[20, 0, 8]
    )
    assert more == both
    nothing = mantel_haenszel_ratio(events=[9], at_risk=[9], reference_events=[0], reference_at_risk=[0])
    assert (nothing.ratio, nothing.lower, nothing.strata) == (None, None, 0)
    never = mantel_haenszel_ratio(events=[0], at_risk=[9], reference_events=[2], reference_at_risk=[5])
    assert (never.ratio, never.lower, never.upper) == (0.0, None, None)
    always = mantel_haenszel_ratio(events=[9], at_risk=[9], reference_events=[5], reference_at_risk=[5])
    assert (always.ratio, always.lower, always.upper) == (1.0, None, None)


def test_limits_among_those_alike_cover_the_truth_they_are_drawn_from() -> None:
    """Twelve uneven strata, a ratio of 1.4 in each: 95 % limits hold it in 95 % of 4,000 draws."""
    random = np.random.default_rng(20)
    base, n, m = random.uniform(0.05, 0.5, 12), random.integers(5, 60, 12), random.integers(5, 60, 12)
    held = 0
    for _ in range(4_000):
        found = mantel_haenszel_ratio(
            events=random.binomial(n, 1.4 * base),
            at_risk=n,
            reference_events=random.binomial(m, base),
            reference_at_risk=m,
        )
        assert found.lower is not None and found.upper is not None
        held += found.lower <= 1.4 <= found.upper
    # 95 % +- four standard errors.
    assert held / 4_000 == pytest.approx(0.95, abs=0.014)


def test_what_the_charge_explains_is_gone_among_those_charged_alike() -> None:
    # Each charge detains both groups alike, 1 in 10 and 5 in 10; the groups differ in the charges: 0.42 over 0.18.
    rows = [
        ("decided", "white", "theft", 800), ("detained", "white", "theft", 80),
        ("decided", "white", "robbery", 200), ("detained", "white", "robbery", 100),
        ("decided", "black", "theft", 200), ("detained", "black", "theft", 20),
        ("decided", "black", "robbery", 800), ("detained", "black", "robbery", 400),
        # Nobody else is charged with this, and of these the charge is not known.
        ("decided", "black", "arson", 7), ("detained", "black", "arson", 7), ("decided", "black", None, 5),
        ("decided", "unknown", "theft", 50), ("decided", "asian", "theft", 9), (RESIDENTS, "asian", None, 9),
        (RESIDENTS, "white", None, 9_000), (RESIDENTS, "black", None, 9_000),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["stage", "group", "stratum", "events"])
    stages = (Stage("detained", "decided"), Stage("dismissed", "filed"))
    plain = by_cell(relative_rates(frame, stages=stages, reference="white"), "conditional")
    assert plain["detained", "black"]["ratio"] == pytest.approx(427 / 1012 / 0.18)
    (alike,) = relative_rates_alike(frame, stages=stages, reference="white").to_dict("records")
    assert (alike["stage"], alike["view"], alike["group"]) == ("detained, charged alike", "conditional", "black")
    assert alike["ratio"] == pytest.approx(1.0)
    assert alike["ratio_lower"] < 1 < alike["ratio_upper"]
    assert (alike["numerator"], alike["denominator"], alike["value"]) == (420, 1000, 0.42)
    assert (alike["reference_numerator"], alike["reference_denominator"]) == (180, 1000)
    assert alike["note"] == "2 kinds of charge that both groups have; 12 of the group have none"


def test_without_any_known_charge_nothing_is_alike() -> None:
    rows = [("decided", "white", None, 8), ("detained", "white", None, 2), ("decided", "black", None, 9)]
    frame = pd.DataFrame(rows, columns=["stage", "group", "stratum", "events"])
    (alike,) = relative_rates_alike(frame, stages=[Stage("detained", "decided")], reference="white").to_dict("records")
    assert np.isnan(alike["ratio"]) and alike["note"].startswith("undefined")
