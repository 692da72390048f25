"""Every statistic, every breakdown and period, against counting the facts one by one in plain Python."""

import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, get_args

import duckdb
import pandas as pd
import pytest

from strategic_prosecution.metrics import Metric, compute
from strategic_prosecution.metrics.behind import facts_behind
from strategic_prosecution.metrics.record import Statistic

AS_OF = date(2024, 5, 17)
LAYER = "zone"
MAP = ("north", "south")
RESIDENTS = {("north", "all"): 900, ("south", "all"): 400, ("north", "black"): 500, ("south", "white"): 300}
BREAKDOWNS = ("area_id", "residence_area", "sex", "residence_area x race_ethnicity", "sex x area_id", "income_quintile")
TITLES = {"area_id": "zone", "residence_area": "zone of residence"}
# Stays that end on the last day of a period, on the first of one, on as_of.
BORDERS = (date(2023, 3, 31), date(2024, 1, 1), AS_OF)
Fact = dict[str, Any]
Cell = tuple[str, date, str, str]


@dataclass(frozen=True)
class Planted(Metric):
    """A metric whose facts are rows of a temporary table."""

    @property
    def sql(self) -> str:
        return "-- grain: one row per fact\nselect * from temp.planted"


def _metric(statistic: Statistic, **changes: Any) -> Planted:
    texts = dict.fromkeys(("title", "definition", "numerator", "denominator", "unit", "source"), "planted")
    values = {"tables": ("staff",), "breakdowns": BREAKDOWNS, **changes}
    return Planted(
        name="planted", commitment="capacity", counts="case", better="neither", protects="person", grade="D",
        statistic=statistic, **texts, **values,
    )  # fmt: skip


def _facts(seed: int, *, statistic: str = "mean", count: int = 220) -> list[Fact]:
    draw = random.Random(seed)
    # A share has no more above than below; a mean has one unit below.
    below = 2 if statistic in ("rate", "stock_share") else 1
    first = date(2022, 11, 3)
    facts = []
    for _ in range(count):
        begin = first + timedelta(days=draw.randrange(600))
        facts.append(
            {
                "unit_id": f"u{draw.randrange(90)}",
                "event_date": begin,
                "from_date": begin,
                "until_date": draw.choice([None, begin + timedelta(days=draw.randrange(-40, 300)), *BORDERS]),
                "numerator": draw.randrange(0, 3),
                "denominator": below,
                "duration_days": draw.choice([None, *range(12)]),
                "is_observed": draw.random() < 0.7,
                "value": draw.choice([None, 1.0, 2.0, 5.0]),
                "weight": draw.choice([0.5, 1.0, 2.25]),
                "area_id": draw.choice(["north", "south", "beat 7", None]),
                "residence_area": draw.choice(["north", "south", None]),
                "race_ethnicity": draw.choice(["black", "white", None]),
                "sex": draw.choice(["female", "male"]),
                "income_quintile": draw.choice(["1", "5", None]),
            }
        )
    return facts


@pytest.fixture
def planted(connection: duckdb.DuckDBPyConnection) -> Iterator[Callable[[list[Fact]], None]]:
    connection.execute("delete from core.staff; delete from core.areas; delete from core.population")
    for area in MAP:
        connection.execute("insert into core.areas (layer, area_id) values (?, ?)", [LAYER, area])
    for (area, race), people in RESIDENTS.items():
        connection.execute(
            "insert into core.population (layer, area_id, race_ethnicity, age_band, population) "
            "values (?, ?, ?, 'all', ?)",
            [LAYER, area, race, people],
        )

    def plant(facts: list[Fact]) -> None:
        connection.register("planted_frame", pd.DataFrame(facts))
        connection.execute("create or replace temp table planted as from planted_frame")
        connection.unregister("planted_frame")

    yield plant
    connection.execute("drop table if exists temp.planted")
    connection.execute("delete from core.areas; delete from core.population")


def _last_day(period: str, start: date) -> date:
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    after = start.month - 1 + months
    return date(start.year + after // 12, after % 12 + 1, 1) - timedelta(days=1)


def _segment(fact: Fact, breakdown: str) -> tuple[str, str]:
    columns = sorted(breakdown.split(" x "), key=lambda column: TITLES.get(column, column))
    values = []
    for column in columns:
        value = fact[column] or "unknown"
        values.append("unknown" if column in TITLES and value not in MAP else value)
    return " x ".join(TITLES.get(column, column) for column in columns), " x ".join(values)


def _residents(breakdown: str, segment: str) -> int | None:
    if breakdown == "":
        return 1300
    if breakdown == "zone of residence":
        return {"north": 900, "south": 400}.get(segment)
    if breakdown == "race_ethnicity x zone of residence":
        return {"black x north": 500, "white x south": 300}.get(segment)
    return None


def _days(fact: Fact, first: date, last: date) -> int:
    until = min(fact["until_date"] or date.max, last + timedelta(days=1))
    return max((until - max(fact["from_date"], first)).days, 0)


def _by_segment(facts: list[Fact]) -> dict[tuple[str, str], list[Fact]]:
    found: dict[tuple[str, str], list[Fact]] = {("", ""): facts}
    for fact in facts:
        for breakdown in BREAKDOWNS:
            found.setdefault(_segment(fact, breakdown), []).append(fact)
    return found


def _expected(statistic: str, segments: dict[tuple[str, str], list[Fact]], cell: Cell) -> tuple[Any, Any, Any]:
    """Numerator, denominator and value of one cell."""
    period, first, breakdown, segment = cell
    last = min(_last_day(period, first), AS_OF)
    here = segments.get((breakdown, segment), [])
    dated = [fact for fact in here if first <= fact["event_date"] <= last]
    inside = [fact for fact in here if fact["from_date"] <= last and (fact["until_date"] or date.max) > last]
    staying = [fact for fact in here if _days(fact, first, last)]
    days = sum(_days(fact, first, last) for fact in staying)
    chosen = inside if statistic.startswith("stock") else dated
    top, bottom = sum(fact["numerator"] for fact in chosen), sum(fact["denominator"] for fact in chosen)
    people = _residents(breakdown, segment)
    match statistic:
        case "count":
            return top, None, top
        case "distinct":
            units = len({fact["unit_id"] for fact in dated})
            return units, None, units
        case "rate" | "ratio" | "mean" | "stock_share" | "stock_ratio":
            return top, bottom, top / bottom if bottom else None
        case "sum":
            return top, len({fact["unit_id"] for fact in dated}), top / 10
        case "per_capita":
            return top, people, 1000 * top / people if people else None
        case "stock":
            return len(inside), None, len(inside)
        case "stock_per_capita":
            return len(inside), people, 1000 * len(inside) / people if people else None
        case "days":
            return days, len({fact["unit_id"] for fact in staying}), days / 10
        case "days_per_capita":
            return days, people, 1000 * days / people if people else None
        case "median":
            times = [fact["duration_days"] for fact in dated if fact["duration_days"] is not None]
            return len(times), len(times), statistics.median(times) if times else None
        case "median_km":
            return _kaplan_meier([fact for fact in dated if fact["duration_days"] is not None])
        case "weighted_mean":
            answers = [fact for fact in dated if fact["value"] is not None]
            weight = sum(fact["weight"] for fact in answers)
            mean = sum(fact["weight"] * fact["value"] for fact in answers) / weight if weight else None
            return len(answers), None, mean
    raise AssertionError(statistic)


def _kaplan_meier(timed: list[Fact]) -> tuple[int, int, int | None]:
    surviving, median = 1.0, None
    for time in sorted({fact["duration_days"] for fact in timed}):
        at_risk = sum(fact["duration_days"] >= time for fact in timed)
        ended = sum(fact["duration_days"] == time and fact["is_observed"] for fact in timed)
        surviving *= 1 - ended / at_risk
        if median is None and surviving <= 0.5 + 1e-9:
            median = time
    return sum(fact["is_observed"] for fact in timed), len(timed), median


def _read(rows: pd.DataFrame) -> dict[Cell, tuple[Any, Any, Any]]:
    numbers = rows[["numerator", "denominator", "value"]].astype(object)
    numbers = numbers.where(numbers.notna(), None)
    keys = zip(rows["period"], rows["period_start"].dt.date, rows["breakdown"], rows["segment"], strict=True)
    return dict(zip(keys, map(tuple, numbers.to_numpy()), strict=True))


def _compute(connection: duckdb.DuckDBPyConnection, metric: Metric) -> pd.DataFrame:
    return compute(
        connection, metrics=[metric], as_of=AS_OF, layer=LAYER, missing_tables=(), reconstructed_tables=(),
        first_period=date(2023, 2, 1),
    )  # fmt: skip


@pytest.mark.parametrize("statistic", get_args(Statistic))
def test_every_cell_is_what_counting_by_hand_gives(
    connection: duckdb.DuckDBPyConnection, planted: Callable[[list[Fact]], None], statistic: Statistic
) -> None:
    facts = _facts(7, statistic=statistic)
    planted(facts)
    divisor = 10 if statistic in ("sum", "days") else 1
    found = _read(_compute(connection, _metric(statistic, divisor=divisor)))
    assert {cell[0] for cell in found} == {"month", "quarter", "year"}
    assert {cell[2] for cell in found} == {
        "", "zone", "zone of residence", "sex", "race_ethnicity x zone of residence", "sex x zone", "income_quintile",
    }  # fmt: skip
    assert ("month", date(2023, 2, 1), "", "") in found and ("month", date(2023, 1, 1), "", "") not in found
    segments = _by_segment(facts)
    for cell, (numerator, denominator, value) in found.items():
        counted, divided_by, expected = _expected(statistic, segments, cell)
        assert (numerator, denominator, value is None) == (counted, divided_by, expected is None), cell
        # one division of integers is exact; a weighted mean is a sum of doubles in another order
        assert value is None or value == pytest.approx(expected, rel=1e-14), cell


@pytest.mark.parametrize("statistic", get_args(Statistic))
def test_facts_behind_a_cell_add_up_to_it(
    connection: duckdb.DuckDBPyConnection, planted: Callable[[list[Fact]], None], statistic: Statistic
) -> None:
    planted(_facts(8, statistic=statistic))
    metric = _metric(statistic)
    found = _read(_compute(connection, metric))
    for cell in [
        ("year", date(2023, 1, 1), "", ""),
        ("quarter", date(2024, 4, 1), "sex x zone", "female x north"),
        ("month", date(2023, 3, 1), "zone", "unknown"),
    ]:
        period, start, breakdown, segment = cell
        facts = facts_behind(
            connection, metric, as_of=AS_OF, layer=LAYER, period=period, period_start=start, breakdown=breakdown,
            segment=segment,
        )  # fmt: skip
        numerator, denominator, _ = found[cell]
        numerator, denominator, _ = found[cell]
        assert facts["numerator"].sum() == numerator
        if denominator is None or statistic.endswith("per_capita"):
            assert facts["denominator"].isna().all()
        else:
            assert facts["denominator"].sum() == denominator


@pytest.mark.parametrize("statistic", get_args(Statistic))
def test_neither_row_order_nor_threads_change_a_bit(
    connection: duckdb.DuckDBPyConnection, planted: Callable[[list[Fact]], None], statistic: Statistic
) -> None:
    facts = _facts(9, statistic=statistic)
    planted(facts)
    connection.execute("set threads = 1")
    one = _compute(connection, _metric(statistic))
    planted(facts[::-1])
    connection.execute("set threads = 2")
    pd.testing.assert_frame_equal(one, _compute(connection, _metric(statistic)), check_exact=True)


def test_periods_are_those_the_metric_makes_sense_for(
    connection: duckdb.DuckDBPyConnection, planted: Callable[[list[Fact]], None]
) -> None:
    facts = _facts(10)
    planted(facts)
    found = _read(_compute(connection, _metric("count", periods=("quarter", "year"))))
    assert {cell[0] for cell in found} == {"quarter", "year"}
    segments = _by_segment(facts)
    for cell, numbers in found.items():
        assert numbers == _expected("count", segments, cell)


def test_limits_of_a_mean_are_not_those_of_one_unit(
    connection: duckdb.DuckDBPyConnection, planted: Callable[[list[Fact]], None]
) -> None:
    planted(_facts(11))
    rows = _compute(connection, _metric("mean"))
    whole = rows[(rows["denominator"] >= 2)]
    assert (whole["lower"] <= whole["value"]).all() and (whole["upper"] >= whole["value"]).all()
    few = rows[rows["denominator"] < 2]
    assert len(few) and few["lower"].isna().all()


def test_limits_of_an_answer_depend_on_its_own_cell_only(
    connection: duckdb.DuckDBPyConnection, planted: Callable[[list[Fact]], None]
) -> None:
    """A survey wave added today leaves the limits of an old one as they were, and their history as it is stored."""
    facts = _facts(12)
    planted(facts)
    before = _compute(connection, _metric("weighted_mean"))
    planted([fact for fact in facts if fact["event_date"] < date(2024, 1, 1)])
    after = _compute(connection, _metric("weighted_mean"))
    old = [rows[rows["period_end"] < "2024-01-01"] for rows in (before, after)]
    merged = old[0].merge(old[1], on=["period", "period_start", "breakdown", "segment"])
    assert merged["lower_x"].notna().any()
    pd.testing.assert_series_equal(merged["lower_x"], merged["lower_y"], check_names=False, check_exact=True)
