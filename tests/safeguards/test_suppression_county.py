"""An attack on ten years of a county of 25 districts: across periods, breakdowns, metrics and two editions."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pytest

from strategic_prosecution.safeguards import suppress
from tests.safeguards.suppression_attack import CELL, Cell, cells_of, ranges, sums_of

MIN_CELL = 10
KEY = ["metric", *CELL]
SAID = [*KEY, "suppressed", "numerator", "denominator", "value", "lower", "upper"]
DISTRICTS, OFFENSES, MONTHS = 25, 8, 120
FIRST_MONTH = pd.Timestamp(2015, 1, 1)
# What the attacker goes for in each attack: a random few of thousands, the same each time.
TRIES = 60
Known = dict[Cell, float]


@dataclass(frozen=True)
class Measure:
    name: str
    protects: str
    statistic: str


METRICS = (Measure("cases", "person", "count"), Measure("cases_per_1000", "person", "per_capita"))


def _counts(seed: int) -> np.ndarray:
    """District x offense x month: a few large districts and offenses, many small ones."""
    draw = np.random.default_rng(seed)
    large = np.linspace(1.0, 0.1, DISTRICTS)[:, None] ** 2 * np.linspace(1.0, 0.1, OFFENSES)[None, :] ** 2
    return draw.poisson(12 * large[:, :, None] * draw.gamma(4, 0.25, (DISTRICTS, OFFENSES, 1)), (*large.shape, MONTHS))


def _rows(counts: np.ndarray, *, months: int) -> pd.DataFrame:
    """Finished periods as the public edition has them: months of the whole, quarters and years of every breakdown."""
    starts = pd.date_range(FIRST_MONTH, periods=MONTHS, freq="MS")
    place = pd.DataFrame(list(product(range(DISTRICTS), range(OFFENSES), range(MONTHS))), columns=["d", "o", "m"])
    place = place.assign(cases=counts.ravel(), start=starts[place["m"]])[place["m"] < months]
    district, offense = "d" + place["d"].astype(str), "o" + place["o"].astype(str)
    segments = {
        "": pd.Series("", index=place.index),
        "district": district,
        "offense_category": offense,
        "district x offense_category": district + " x " + offense,
    }
    frames = []
    for period, frequency in (("month", "M"), ("quarter", "Q"), ("year", "Y")):
        spans = place["start"].dt.to_period(frequency)
        is_whole = spans.dt.end_time < starts[months - 1] + pd.offsets.MonthBegin()
        for breakdown, segment in segments.items():
            if period != "month" or not breakdown:
                keyed = place.assign(period_start=spans.dt.start_time, segment=segment)[is_whole]
                summed = keyed.groupby(["period_start", "segment"])["cases"].sum().reset_index(name="numerator")
                frames.append(summed.assign(period=period, breakdown=breakdown))
    cases = pd.concat(frames, ignore_index=True).assign(metric="cases", denominator=pd.NA)
    # The same cases per resident, by district alone: what one metric hides, the other must not say.
    per_capita = cases[~cases["breakdown"].str.contains("offense")].assign(metric="cases_per_1000", denominator=10_000)
    frame = pd.concat([cases, per_capita], ignore_index=True)
    frame = frame.astype({"numerator": "Int64", "denominator": "Int64", "period_start": "datetime64[us]"})
    value = frame["numerator"].astype("float64")
    return frame.assign(value=value, lower=value, upper=value, suppressed=False, note=None)


def _of(rows: pd.DataFrame, metric: str = "cases") -> Known:
    return cells_of(rows[rows["metric"] == metric], "numerator")


def _seen(shown: pd.DataFrame, held: pd.Series | None = None) -> Known:
    """What both metrics of an edition say of each number of cases; rows that are held say the number of before."""
    if held is not None:
        shown = shown.assign(numerator=shown["numerator"].mask(held))
    seen = _of(shown)
    return seen | {cell: cases for cell, cases in _of(shown, "cases_per_1000").items() if not np.isnan(cases)}


def _few(cells: list[Cell]) -> list[Cell]:
    assert len(cells) >= TRIES
    return [cells[place] for place in np.random.default_rng(0).choice(len(cells), TRIES, replace=False)]


def _lost(truth: Known, seen: Known, targets: list[Cell], *, floors: Known | None = None) -> list[Cell]:
    """Targets that the attacker places in a range narrower than the rule promises."""
    found = ranges(seen, sums_of(seen), targets, floors=floors or {})
    for cell, (low, high) in found.items():
        assert low - 1e-6 <= truth[cell] <= high + 1e-6, "an attacker who is wrong proves nothing"
    return [cell for cell, (low, high) in found.items() if high - low < MIN_CELL - 1e-6]


@pytest.fixture(scope="module")
def editions() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Two truths and what the editions of each show: a quarter later, a fifth of a percent of the cases more."""
    counts = _counts(1)
    draw = np.random.default_rng(2)
    first = _rows(counts, months=MONTHS - 3)
    second = _rows(counts + draw.binomial(counts, 0.002), months=MONTHS)
    said = suppress(first, metrics=METRICS, min_cell=MIN_CELL)
    shown = suppress(second, metrics=METRICS, min_cell=MIN_CELL, said=said[SAID])
    return first, said, second, shown


@pytest.mark.slow
def test_no_small_cell_of_either_edition_is_lost(editions: tuple[pd.DataFrame, ...]) -> None:
    first, said, second, shown = editions
    held = shown["numerator"].ne(second["numerator"]) & ~shown["suppressed"]
    for truth, seen in ((_of(first), _seen(said)), (_of(second), _seen(shown, held))):
        small = [cell for cell, cases in truth.items() if 1 <= cases < MIN_CELL]
        assert all(np.isnan(seen[cell]) for cell in small)
        assert _lost(truth, seen, _few(small)) == []


@pytest.mark.slow
def test_the_attack_finds_what_hiding_small_cells_alone_gives_away(editions: tuple[pd.DataFrame, ...]) -> None:
    truth = _of(editions[0])
    small = [cell for cell, cases in truth.items() if 1 <= cases < MIN_CELL]
    alone = {cell: np.nan if 1 <= cases < MIN_CELL else cases for cell, cases in truth.items()}
    assert len(_lost(truth, alone, _few(small))) > TRIES / 10


@pytest.mark.slow
def test_the_later_edition_gives_no_small_change_away(editions: tuple[pd.DataFrame, ...]) -> None:
    first, said, second, shown = editions
    held = shown["numerator"].ne(second["numerator"]) & ~shown["suppressed"]
    before, now, told, seen = _of(first), _of(second), _seen(said), _seen(shown, held)
    changes = {cell: now[cell] - cases for cell, cases in before.items()}
    known = {cell: seen[cell] - told[cell] for cell in changes}
    small = [cell for cell, change in changes.items() if 1 <= change < MIN_CELL]
    assert all(np.isnan(known[cell]) for cell in small)
    # Nothing was taken back, and the attacker knows it.
    assert _lost(changes, known, _few(small)) == []


@pytest.mark.slow
def test_a_new_quarter_and_year_tell_no_small_change_of_what_they_add_up(editions: tuple[pd.DataFrame, ...]) -> None:
    _, said, second, shown = editions
    held = shown["numerator"].ne(second["numerator"]) & ~shown["suppressed"]
    now, seen = _of(second), _seen(shown, held)
    before = _of(said)
    floors = {cell: cases for cell, cases in before.items() if not np.isnan(cases) and np.isnan(seen[cell])}
    last_year = [cell for cell in floors if cell[1] >= pd.Timestamp(2024, 1, 1)]
    assert len(last_year) > 10
    assert _lost(now, seen, last_year[:TRIES], floors=floors) == []
