"""One metric's facts to integers per period and cell, by the way its statistic counts; the rest is a division each."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from duckdb import DuckDBPyConnection

from strategic_prosecution.metrics import cells as sql
from strategic_prosecution.metrics.cells import Cells
from strategic_prosecution.metrics.intervals import (
    Floats,
    Integers,
    bootstrap_mean,
    mean_t,
    poisson_exact,
    wilson,
)
from strategic_prosecution.metrics.medians import medians_with_open_cases, plain_medians
from strategic_prosecution.metrics.periods import Calendar
from strategic_prosecution.metrics.record import Metric

UNDEFINED = "undefined: nothing to divide by"
NO_RESIDENTS = "undefined: no residents known for these areas"
NOT_REACHED = "undefined: half of the cohort or more is still open"
NOTHING = "undefined: nothing was measured"
# The draws of a cell depend on its own answers only: a limit of long ago changes when they do.
BOOTSTRAP_SEED = 20240101
Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Measured:
    """What one metric comes to: arrays of periods by cells.

    ``facts`` says where anything was counted. ``denominator`` is None where the metric has none, and -1 where it is not
    known; values and limits are nan where undefined, and ``note`` says why a value is.
    """

    facts: Integers
    numerator: Integers
    denominator: Integers | None
    value: Floats
    limits: tuple[Floats, Floats]
    note: str = ""


def measure(
    connection: DuckDBPyConnection, metric: Metric, cells: Cells, periods: Calendar, *, as_of: date
) -> Measured:
    """Count the loaded facts of a metric in every period and cell; facts after as_of are in none."""
    bound = {"first_year": periods.first_year, "as_of": as_of}
    shape = (len(periods), len(cells))
    undefined = (np.full(shape, np.nan), np.full(shape, np.nan))

    def dated(*names: str) -> tuple[Integers, ...]:
        rows = sql.read(connection, "months", **bound)
        return tuple(periods.totals(_spread(rows, rows[name], cells, periods.months)) for name in names)

    def levels(*names: str) -> tuple[Integers, ...]:
        rows = sql.read(connection, "moves", **bound)
        rows["month"] = rows["month"] + 1
        moved = (_spread(rows, rows[name], cells, periods.months + 1) for name in names)
        return tuple(by_month.cumsum(axis=0) for by_month in moved)

    def inside(*names: str) -> tuple[Integers, ...]:
        return tuple(level[periods.last_month + 1] for level in levels(*names))

    def days() -> Integers:
        units, day_numbers = levels("facts", "day_numbers")
        begins, nexts = periods.first_days(until=as_of + timedelta(days=1))
        # Days spent before a day: for each unit in, that day less the day it came; for each gone, its days alone.
        until = [
            day[:, None] * units[month] - day_numbers[month]
            for day, month in ((begins, periods.first_month), (nexts, periods.last_month + 1))
        ]
        return until[1] - until[0]

    def distinct(*, stays: bool = False) -> Integers:
        rows = sql.read_units(connection, cells, **bound, stays=stays)
        begin, end = periods.runs(rows["period"], rows["first_start"], rows["last_start"])
        changes = np.zeros((shape[0] + 1, shape[1]), dtype="int64")
        some = begin <= end
        np.add.at(changes, (begin[some], rows["cell"][some]), rows["units"][some])
        np.add.at(changes, (end[some] + 1, rows["cell"][some]), -rows["units"][some])
        return changes.cumsum(axis=0)[:-1]

    def chance(counts: Integers) -> tuple[Floats, Floats]:
        return undefined if metric.is_effort else poisson_exact(counts)

    residents = np.broadcast_to(cells.residents, shape)
    match metric.statistic:
        case "count":
            facts, numerator = dated("facts", "numerator")
            return Measured(facts, numerator, None, numerator.astype("float64"), chance(numerator))
        case "distinct":
            units = distinct()
            return Measured(units, units, None, units.astype("float64"), chance(units))
        case "rate" | "ratio":
            facts, numerator, denominator = dated("facts", "numerator", "denominator")
            limits = wilson(numerator, denominator) if metric.statistic == "rate" else undefined
            return Measured(facts, numerator, denominator, _divided(numerator, denominator), limits, UNDEFINED)
        case "per_capita":
            facts, numerator = dated("facts", "numerator")
            return _per_thousand(facts, numerator, residents, chance(numerator))
        case "sum":
            facts, numerator = dated("facts", "numerator")
            return Measured(facts, numerator, distinct(), numerator / metric.divisor, undefined)
        case "mean":
            facts, numerator, denominator, squares = dated("facts", "numerator", "denominator", "squares")
            lower, upper = mean_t(numerator, squares.astype("float64"), denominator)
            limits = (lower / metric.divisor, upper / metric.divisor)
            value = _divided(numerator, denominator) / metric.divisor
            return Measured(facts, numerator, denominator, value, limits, UNDEFINED)
        case "weighted_mean":
            return _weighted_means(sql.read(connection, "answers", **bound), cells, periods)
        case "median" | "median_km":
            rows = sql.read(connection, "durations", **bound)
            return _medians(rows, cells, periods, with_open_cases=metric.statistic == "median_km")
        case "stock":
            (facts,) = inside("facts")
            return Measured(facts, facts, None, facts.astype("float64"), undefined)
        case "stock_share" | "stock_ratio":
            facts, numerator, denominator = inside("facts", "numerator", "denominator")
            limits = wilson(numerator, denominator) if metric.statistic == "stock_share" else undefined
            return Measured(facts, numerator, denominator, _divided(numerator, denominator), limits, UNDEFINED)
        case "stock_per_capita":
            (facts,) = inside("facts")
            return _per_thousand(facts, facts, residents, undefined)
        case "days":
            numerator = days()
            return Measured(numerator, numerator, distinct(stays=True), numerator / metric.divisor, undefined)
        case "days_per_capita":
            numerator = days()
            return _per_thousand(numerator, numerator, residents, undefined)


def _spread(rows: Columns, amounts: npt.NDArray[Any], cells: Cells, months: int) -> npt.NDArray[Any]:
    """Sums per month and cell: an amount of a combination counts in one cell of every breakdown."""
    total = np.zeros(months * len(cells), dtype=amounts.dtype)
    kept = rows["month"] < months
    for of in cells.of:
        np.add.at(total, rows["month"][kept] * len(cells) + of[rows["combination"][kept]], amounts[kept])
    return total.reshape(months, len(cells))


def _divided(numerator: Integers, denominator: Integers) -> Floats:
    return numerator / np.where(denominator > 0, denominator, np.nan)


def _per_thousand(facts: Integers, numerator: Integers, residents: Integers, limits: tuple[Floats, Floats]) -> Measured:
    lower, upper = (1000 * limit / np.where(residents > 0, residents, np.nan) for limit in limits)
    return Measured(facts, numerator, residents, _divided(1000 * numerator, residents), (lower, upper), NO_RESIDENTS)


def _places(rows: Columns, cells: Cells, periods: Calendar) -> tuple[Integers, Integers]:
    """Every row in every period and cell it is in: the row, and its place in periods by cells; in the rows' order."""
    kept = np.flatnonzero(rows["month"] < periods.months)
    of_months = periods.of_months()[:, rows["month"][kept]]
    period = of_months[:, None, :]
    cell = cells.of[None, :, :][:, :, rows["combination"][kept]]
    place = np.where(period >= 0, period * len(cells) + cell, -1)
    row = np.broadcast_to(kept, place.shape)
    return row[place >= 0], place[place >= 0]


def _medians(rows: Columns, cells: Cells, periods: Calendar, *, with_open_cases: bool) -> Measured:
    shape = (len(periods), len(cells))
    row, place = _places(rows, cells, periods)
    durations = rows["duration_days"][row]
    order = np.lexsort((durations, place))
    row, place, durations = row[order], place[order], durations[order]
    # Combinations of one cell may share a duration.
    begins = np.flatnonzero(np.diff(place, prepend=-1) | np.diff(durations, prepend=-1))
    place, durations = place[begins], durations[begins]
    ended, units = (
        np.add.reduceat(rows[name][row], begins) if len(begins) else np.zeros(0, dtype="int64")
        for name in ("ended", "units")
    )
    found, sizes = np.unique(place, return_counts=True)
    counted = np.zeros(shape, dtype="int64")
    np.add.at(counted.reshape(-1), place, units)
    if with_open_cases:
        numerator = np.zeros(shape, dtype="int64")
        np.add.at(numerator.reshape(-1), place, ended)
        medians = medians_with_open_cases(durations, ended, units, sizes=sizes)
    else:
        numerator = counted
        medians = plain_medians(durations, units, sizes=sizes)
    value, lower, upper = (_filled(shape, found, amounts) for amounts in medians)
    note = NOT_REACHED if with_open_cases else NOTHING
    return Measured(counted, numerator, counted, value, (lower, upper), note)


def _weighted_means(rows: Columns, cells: Cells, periods: Calendar) -> Measured:
    shape = (len(periods), len(cells))
    row, place = _places(rows, cells, periods)
    order = np.argsort(place, kind="stable")
    found, begins, sizes = np.unique(place[order], return_index=True, return_counts=True)
    results = np.full((3, len(found)), np.nan)
    for cell, answers in enumerate(np.split(row[order], begins[1:]) if len(found) else []):
        values, weights = rows["value"][answers], rows["weight"][answers]
        results[:, cell] = (
            (values * weights).sum() / weights.sum(),
            *bootstrap_mean(values, weights, seed=BOOTSTRAP_SEED),
        )
    answered = _filled(shape, found, sizes, empty=0)
    value, lower, upper = (_filled(shape, found, amounts) for amounts in results)
    return Measured(answered, answered, None, value, (lower, upper), NOTHING)


def _filled(shape: tuple[int, int], places: Integers, amounts: npt.NDArray[Any], empty: float = np.nan) -> Any:
    """Amounts at their places in periods by cells, ``empty`` elsewhere."""
    filled = np.full(shape[0] * shape[1], empty, dtype=amounts.dtype)
    filled[places] = amounts
    return filled.reshape(shape)
