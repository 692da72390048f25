"""Nobody can work a hidden number back: an attacker tries, over all that one or two editions show."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.metrics import METRICS
from strategic_prosecution.safeguards import suppress
from tests.safeguards.suppression_attack import CELL, Cell, cells_of, ranges, sums_of

MIN_CELL = 10
KEY = ["metric", *CELL]
SAID = [*KEY, "suppressed", "numerator", "denominator", "value", "lower", "upper"]
Known = dict[Cell, float]


@dataclass(frozen=True)
class Measure:
    name: str
    protects: str
    statistic: str


CASES = Measure("cases", "person", "count")
RATE = Measure("rate", "person", "rate")
PER_CAPITA = Measure("cases_per_1000", "person", "per_capita")
OPEN = Measure("open", "person", "stock")
AREAS, OFFENSES, MONTHS = ("n", "s", "w"), ("x", "y"), (1, 2, 3, 4, 5, 6)
SHAPE = (len(AREAS), len(OFFENSES), len(MONTHS))


def _panel(numerators: np.ndarray, remainders: np.ndarray | None = None, *, metric: str = "cases") -> pd.DataFrame:
    """Every sum of an area x offense x month cube, as the metrics are published."""
    months = pd.to_datetime([f"2024-{month:02}-01" for month in MONTHS])
    rows = pd.DataFrame(list(product(AREAS, OFFENSES, months)), columns=["area", "offense", "start"])
    rows["numerator"] = numerators.ravel()
    rows["denominator"] = (numerators if remainders is None else numerators + remainders).ravel()
    frames = []
    for period, frequency in (("month", "M"), ("quarter", "Q"), ("year", "Y")):
        starts = rows["start"].dt.to_period(frequency).dt.start_time
        for breakdown, segment in (
            ("", pd.Series("", index=rows.index)),
            ("district", rows["area"]),
            ("offense_category", rows["offense"]),
            ("district x offense_category", rows["area"] + " x " + rows["offense"]),
        ):
            keyed = rows.assign(period_start=starts, segment=segment)
            summed = keyed.groupby(["period_start", "segment"])[["numerator", "denominator"]].sum().reset_index()
            frames.append(summed.assign(metric=metric, period=period, breakdown=breakdown))
    frame = pd.concat(frames, ignore_index=True)
    if remainders is None:
        frame["denominator"] = pd.NA
    frame = frame.astype({"numerator": "Int64", "denominator": "Int64", "period_start": "datetime64[us]"})
    value = frame["numerator"].astype("float64")
    return frame.assign(value=value, lower=value, upper=value, suppressed=False, note=None)


def _small(truth: Known) -> list[Cell]:
    return [cell for cell, value in truth.items() if 1 <= value < MIN_CELL]


def _lost(truth: Known, shown: Known, *, over_time: bool = True) -> list[tuple[Cell, tuple[float, float]]]:
    """Small cells that the attacker places within less than min_cell."""
    found = ranges(shown, sums_of(shown, over_time=over_time), _small(truth))
    for cell, (low, high) in found.items():
        assert low - 1e-6 <= truth[cell] <= high + 1e-6, "an attacker who is wrong proves nothing"
    return [(cell, ends) for cell, ends in found.items() if ends[1] - ends[0] < MIN_CELL - 1e-6]


def _without(truth: Known, hidden: list[Cell]) -> Known:
    return {cell: np.nan if cell in set(hidden) else value for cell, value in truth.items()}


def _seeded(seed: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return np.where(draw.random(shape) < 0.3, draw.integers(0, 13, shape), draw.integers(10, 60, shape))


def test_the_attacker_breaks_what_hides_small_cells_alone() -> None:
    truth = cells_of(_panel(_seeded(1)), "numerator")
    lost = _lost(truth, _without(truth, _small(truth)))
    assert len(lost) > 0.5 * len(_small(truth))
    assert any(high - low < 1e-6 for _, (low, high) in lost), "some to the person"


def _bridge() -> tuple[pd.DataFrame, list[Cell]]:
    """Two hidden squares and the one cell, of 4 people, that joins them: b4."""
    names = [f"{row}{column}" for row in "abde" for column in "1245"]
    hidden = ["a1", "a2", "b1", "b2", "b4", "d4", "d5", "e4", "e5"]
    counts = {name: 4 if name == "b4" else 20 + 3 * number for number, name in enumerate(names)}
    cells = [("row x column", f"{name[0]} x {name[1]}", count) for name, count in counts.items()]
    for place, kind in enumerate(("row", "column")):
        for value in sorted({name[place] for name in names}):
            cells.append((kind, value, sum(count for name, count in counts.items() if name[place] == value)))
    cells.append(("", "", sum(counts.values())))
    frame = pd.DataFrame(cells, columns=["breakdown", "segment", "numerator"])
    frame = frame.assign(
        metric="cases", period="year", period_start=pd.Timestamp(2024, 1, 1), denominator=pd.NA, suppressed=False
    ).assign(value=1.0, lower=1.0, upper=1.0, note=None)
    start = pd.Timestamp(2024, 1, 1)
    return frame, [("year", start, "row x column", f"{name[0]} x {name[1]}") for name in hidden]


def test_two_hidden_cells_in_each_sum_are_not_enough() -> None:
    # Rows a and b less columns 1 and 2 leave b4, though every row and column has two hidden cells of 40 and more.
    frame, hidden = _bridge()
    truth = cells_of(frame, "numerator")
    (lost,) = _lost(truth, _without(truth, hidden))
    assert lost == (("year", pd.Timestamp(2024, 1, 1), "row x column", "b x 4"), pytest.approx((4, 4)))
    shown = suppress(frame, metrics=[CASES], min_cell=MIN_CELL)
    assert _lost(truth, cells_of(shown, "numerator")) == []
    # A square around it: the least that covers one cell of a table.
    assert shown["suppressed"].sum() == 4


def test_a_number_whose_value_nobody_remembers_is_hidden_rather_than_told_anew() -> None:
    first = np.full(SHAPE, 40)
    said = suppress(_panel(first), metrics=[CASES], min_cell=MIN_CELL)
    second = first.copy()
    second[0, 0, 0] += 1
    shown = suppress(_panel(second), metrics=[CASES], min_cell=MIN_CELL, said=said[SAID].assign(value=np.nan))
    changed = _panel(second)["numerator"] != said["numerator"]
    assert shown["suppressed"].tolist() == changed.tolist()


@pytest.mark.parametrize("seed", [2, 3])
def test_no_small_cell_is_lost(seed: int) -> None:
    frame = _panel(_seeded(seed))
    shown = suppress(frame, metrics=[CASES], min_cell=MIN_CELL)
    truth = cells_of(frame, "numerator")
    assert _small(truth)
    assert _lost(truth, cells_of(shown, "numerator")) == []
    assert not shown["suppressed"].all()


COUNT = st.one_of(st.integers(0, 12), st.integers(0, 60))
COUNTS = st.lists(COUNT, min_size=36, max_size=36)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, derandomize=True)
@given(COUNTS, COUNTS, st.booleans())
def test_no_numerator_and_no_remainder_is_lost(counts: list[int], others: list[int], is_rate: bool) -> None:
    numerators, remainders = np.array(counts).reshape(SHAPE), np.array(others).reshape(SHAPE)
    frame = _panel(numerators, remainders if is_rate else None, metric="rate" if is_rate else "cases")
    shown = suppress(frame, metrics=[RATE if is_rate else CASES], min_cell=MIN_CELL)
    assert _lost(cells_of(frame, "numerator"), cells_of(shown, "numerator")) == []
    if is_rate:
        left = [one.assign(left=one["denominator"] - one["numerator"]) for one in (frame, shown)]
        assert _lost(*(cells_of(one, "left") for one in left)) == []


def test_what_one_metric_hides_no_other_says() -> None:
    # The same counts, one metric without the offense: each alone could hide other cells than the other.
    cases = _panel(_seeded(13))
    per_capita = cases[~cases["breakdown"].str.contains("offense")].assign(metric="cases_per_1000", denominator=1000)
    both = pd.concat([cases, per_capita], ignore_index=True)
    shown = suppress(both, metrics=[CASES, PER_CAPITA], min_cell=MIN_CELL)
    said = [cells_of(shown[shown["metric"] == name], "numerator") for name in ("cases", "cases_per_1000")]
    together = {
        cell: value if np.isnan(said[1].get(cell, np.nan)) else said[1][cell] for cell, value in said[0].items()
    }
    assert _lost(cells_of(cases, "numerator"), together) == []
    alone = [suppress(one, metrics=[CASES, PER_CAPITA], min_cell=MIN_CELL) for one in (cases, per_capita)]
    merged = cells_of(alone[0], "numerator")
    merged |= {cell: value for cell, value in cells_of(alone[1], "numerator").items() if not np.isnan(value)}
    assert _lost(cells_of(cases, "numerator"), merged) != [], "each alone hides other cells"


def test_sums_across_metrics_are_known_when_they_are_declared() -> None:
    start = pd.Timestamp(2024, 1, 1)
    counts = {"ended": 200, "convicted": 95, "dismissed": 101, "acquitted": 4}
    frame = pd.DataFrame(
        {
            "metric": list(counts), "period": "year", "period_start": start, "breakdown": "", "segment": "",
            "numerator": pd.array(list(counts.values()), "Int64"), "denominator": pd.array([None] * 4, "Int64"),
            "value": 1.0, "lower": 1.0, "upper": 1.0, "suppressed": False, "note": None,
        }
    )  # fmt: skip
    known = [Measure(name, "person", "count") for name in counts]
    hidden = suppress(frame, metrics=known, min_cell=MIN_CELL)
    assert hidden.loc[hidden["suppressed"], "metric"].tolist() == ["acquitted"]
    sums = [("ended.numerator", ("convicted.numerator", "dismissed.numerator", "acquitted.numerator"))]
    hidden = suppress(frame, metrics=known, min_cell=MIN_CELL, sums=sums)
    assert hidden.loc[hidden["suppressed"], "metric"].tolist() == ["convicted", "acquitted"]


def test_what_is_open_at_the_end_of_a_quarter_is_open_at_the_end_of_its_last_month() -> None:
    cells = [
        (period, start, breakdown, segment, count)
        for period, start in (("month", "2024-03-01"), ("quarter", "2024-01-01"))
        for breakdown, segment, count in (
            ("", "", 85), ("district", "a", 4), ("district", "b", 40), ("district", "c", 41),
        )
    ]  # fmt: skip
    frame = pd.DataFrame(cells, columns=[*CELL, "numerator"]).astype({"period_start": "datetime64[us]"})
    frame = frame.assign(metric="open", denominator=pd.NA, value=1.0, lower=1.0, upper=1.0, suppressed=False, note=None)
    shown = suppress(frame, metrics=[OPEN], min_cell=MIN_CELL)
    hidden = shown[shown["suppressed"]].groupby("period")["segment"].agg(list)
    assert hidden["month"] == hidden["quarter"] == ["a", "b"]


def _editions(first: np.ndarray, second: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Two truths and what the editions of each show."""
    before, after = _panel(first), _panel(second)
    said = suppress(before, metrics=[CASES], min_cell=MIN_CELL)
    return before, said, after, suppress(after, metrics=[CASES], min_cell=MIN_CELL, said=said[SAID])


def test_the_same_again_is_shown_the_same_again() -> None:
    counts = _seeded(5)
    _, said, _, again = _editions(counts, counts)
    pd.testing.assert_frame_equal(again, said, check_dtype=False)


def test_one_person_more_shows_nowhere() -> None:
    first = _seeded(6)
    second = first.copy()
    second[0, 0, 0] += 1
    _, said, after, shown = _editions(first, second)
    pd.testing.assert_frame_equal(shown, said, check_dtype=False)
    changed = after["numerator"].ne(said["numerator"]) & ~said["suppressed"]
    assert changed.any(), "the truth is another"


def test_a_change_that_is_large_enough_is_told() -> None:
    first = np.full(SHAPE, 40)
    second = first.copy()
    second[0, 0, 0] += 25
    _, _, after, shown = _editions(first, second)
    assert not shown["suppressed"].any()
    assert shown["numerator"].tolist() == after["numerator"].tolist()


def test_a_cell_that_became_small_is_hidden_and_one_that_was_stays_so() -> None:
    first = np.full(SHAPE, 40)
    first[1, 1, 2] = 5
    second = first.copy()
    second[0, 0, 0], second[1, 1, 2] = 4, 60
    _, said, after, shown = _editions(first, second)
    small = after["numerator"].between(1, MIN_CELL - 1)
    assert small.any() and shown.loc[small, "suppressed"].all()
    assert shown.loc[said["suppressed"], "suppressed"].all()


def test_a_new_period_gives_no_earlier_one_away() -> None:
    counts = _seeded(7)
    truth = _panel(counts)
    is_first = (truth["period"] == "month") & (truth["period_start"] < pd.Timestamp(2024, 6, 1))
    is_first |= (truth["period"] == "quarter") & (truth["period_start"] < pd.Timestamp(2024, 4, 1))
    said = suppress(truth[is_first], metrics=[CASES], min_cell=MIN_CELL)
    shown = suppress(truth, metrics=[CASES], min_cell=MIN_CELL, said=said[SAID])
    told = shown.set_index(KEY)
    earlier = said.set_index(KEY)
    assert (told.loc[earlier.index, "suppressed"] == earlier["suppressed"]).all()
    assert _lost(cells_of(truth, "numerator"), cells_of(shown, "numerator")) == []
    blind = suppress(truth, metrics=[CASES], min_cell=MIN_CELL)
    both = cells_of(blind, "numerator")
    both |= {cell: value for cell, value in cells_of(said, "numerator").items() if not np.isnan(value)}
    assert _lost(cells_of(truth, "numerator"), both) != [], "without a memory two editions give cells away"


def test_a_new_sum_does_not_tell_the_change_that_a_part_of_it_held_back() -> None:
    # July has one case less and says 50 still; a quarter of 99 less 30 and 20 would be the 49.
    def edition(*counts: tuple[str, str, int]) -> pd.DataFrame:
        frame = pd.DataFrame(counts, columns=["period", "period_start", "numerator"])
        frame = frame.astype({"numerator": "Int64", "period_start": "datetime64[us]"})
        value = frame["numerator"].astype("float64")
        frame = frame.assign(metric="cases", breakdown="", segment="", denominator=pd.NA, value=value)
        return frame.assign(lower=value, upper=value, suppressed=False, note=None)

    first = edition(("month", "2024-07-01", 50), ("month", "2024-08-01", 45))
    said = suppress(first, metrics=[CASES], min_cell=MIN_CELL)
    assert not said["suppressed"].any()
    months = ("month", "2024-07-01", 49), ("month", "2024-08-01", 30), ("month", "2024-09-01", 20)
    second = edition(*months, ("quarter", "2024-07-01", 99))
    shown = suppress(second, metrics=[CASES], min_cell=MIN_CELL, said=said[SAID])
    assert shown["numerator"].iloc[:2].tolist() == [50, 30]
    assert shown["suppressed"].iloc[2:].sum() == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_two_editions_give_no_small_change_away(seed: int) -> None:
    draw = np.random.default_rng(100 + seed)
    first = _seeded(seed)
    few = draw.integers(1, 4, SHAPE) * (draw.random(SHAPE) < 0.06)
    second = first + few + 30 * (draw.random(SHAPE) < 0.1)
    before, said, after, shown = _editions(first, second)
    assert shown.loc[said["suppressed"], "suppressed"].all()
    truth, seen = cells_of(after, "numerator"), cells_of(shown, "numerator")
    # Who is told which rows are held: they say the old number.
    is_held = (shown["numerator"] != after["numerator"]) & ~shown["suppressed"]
    knows = cells_of(shown.assign(numerator=shown["numerator"].mask(is_held)), "numerator")
    assert _lost(truth, knows) == []
    assert all(np.isnan(seen[cell]) or not 1 <= seen[cell] < MIN_CELL for cell in seen)
    change = after["numerator"] - before["numerator"]
    is_told = ~said["suppressed"] & ~shown["suppressed"] & ~is_held
    assert not (change[is_told].abs().between(1, MIN_CELL - 1)).any()
    # Nothing was taken back between the editions, and the attacker knows it.
    told = cells_of(after.assign(numerator=change.where(is_told)), "numerator")
    changes = cells_of(after.assign(numerator=change), "numerator")
    small = [cell for cell in _small(changes) if np.isnan(told[cell])]
    found = ranges(told, sums_of(told), small)
    assert small and [cell for cell, (low, high) in found.items() if high - low < MIN_CELL - 1e-6] == []


@pytest.mark.slow
def test_metrics_all_have_a_statistic_that_suppression_knows() -> None:
    frame = pd.DataFrame(
        {
            "metric": [metric.name for metric in METRICS], "period": "year", "period_start": pd.Timestamp(2024, 1, 1),
            "breakdown": "", "segment": "", "numerator": pd.array([3] * len(METRICS), "Int64"),
            "denominator": pd.array([50] * len(METRICS), "Int64"), "value": 1.0, "lower": 1.0, "upper": 1.0,
            "suppressed": False, "note": None,
        }
    )  # fmt: skip
    shown = suppress(frame, metrics=METRICS, min_cell=MIN_CELL).set_index("metric")["suppressed"]
    assert shown[[metric.name for metric in METRICS if metric.protects == "person"]].all()
    assert not shown[[metric.name for metric in METRICS if metric.protects == "event"]].any()
