"""From the facts of one metric to integers per period and segment. The only part of the package that runs SQL."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from duckdb import DuckDBPyConnection

from strategic_prosecution import model
from strategic_prosecution.metrics.intervals import Integers
from strategic_prosecution.metrics.record import Metric
from strategic_prosecution.settings import Metrics as Rules

AREA_COLUMNS = ("area_id", "residence_area")
UNKNOWN = "unknown"
# What many metrics start from, built once; each may read those before it.
SHARED = (
    "incident_facts",
    "shooting_facts",
    "arrest_facts",
    "case_people",
    "case_facts",
    "case_outcomes",
    "case_convictions",
    "case_priors",
    "case_fates",
    "attorney_months",
    "sentence_facts",
    "sentencing_days",
    "custody_stays",
    "first_decisions",
    "pretrial_releases",
    "diversion_facts",
    "diversion_cases",
    "supervision_stretches",
    "shooting_incident_facts",
    "group_shootings",
    "member_stretches",
    "group_stretches",
    "first_notices",
    "untold_members",
    "outreach_facts",
)
# Undefined in every period where there is no fact at all: then nothing is said. None of the others is a 0.
_OF_FACTS = ("rate", "ratio", "mean", "weighted_mean", "median", "median_km", "stock_share", "stock_ratio")
PER_RESIDENT = ("per_capita", "stock_per_capita", "days_per_capita")
_MAPPED = "select distinct area_id from core.areas where layer is not distinct from $layer"
# Dimensions that residents have; those of the person's record that they have not; the rest are of the event, and an
# event of any kind happens per so many residents.
_OF_RESIDENTS = ("residence_area", "race_ethnicity", "income_quintile")
_NOT_OF_RESIDENTS = ("area_id", "sex")


@dataclass(frozen=True)
class Cells:
    """The segments of one metric, in the order of their published breakdown and segment; ('', '') is the whole.

    ``of`` says to which cells a fact belongs: one row per breakdown, one column per combination of dimensions.
    ``residents`` of each cell, -1 where they are not known or no residents were asked for.
    """

    breakdowns: npt.NDArray[np.object_]
    segments: npt.NDArray[np.object_]
    of: Integers
    residents: Integers

    def __len__(self) -> int:
        return len(self.segments)


def parameters(*, as_of: date, layer: str | None, rules: Rules) -> dict[str, Any]:
    """What the queries may name as $parameters: the day, the layer, and what definitions leave to the office."""
    return {
        "as_of": as_of,
        "layer": layer,
        "recidivism_days": rules.recidivism_days,
        "low_bail_cents": 100 * rules.low_bail_dollars,
        "safety_question": rules.safety_question,
        "legitimacy_question": rules.legitimacy_question,
        "prison_from_days": rules.incarceration.prison_from_days,
        "jail_share_of_minimum": rules.incarceration.jail_share_of_minimum,
        "prison_share_of_minimum": rules.incarceration.prison_share_of_minimum,
        "life_days": rules.incarceration.life_days,
    }


def build_shared(connection: DuckDBPyConnection, bound: dict[str, Any], *, queries: Iterable[str]) -> None:
    """Make the temporary tables that these queries name, and those that these start from."""
    texts = {name: _shared(name) for name in SHARED}
    wanted: set[str] = set()
    asked = list(queries)
    while asked:
        read_here = set(re.findall(r"\btemp\.(\w+)", asked.pop())).intersection(SHARED) - wanted
        wanted |= read_here
        asked += [texts[name] for name in read_here]
    for name in SHARED:
        if name in wanted:
            run(connection, texts[name], bound)


def load_facts(connection: DuckDBPyConnection, metric: Metric, bound: dict[str, Any], *, layer: str | None) -> Cells:
    """Make the temporary view metric_facts, the facts of a metric with their ``combination``, and number its cells.

    A combination is one set of values of the dimensions that the breakdowns need.
    """
    connection.execute(aggregate("facts"))
    run(connection, "\n".join((aggregate("insert_facts"), metric.sql)), bound)
    asked = [breakdown.split(" x ") for breakdown in _usable(metric, layer=layer)]
    dimensions = sorted({column for columns in asked for column in columns})
    listed = ", ".join(dimensions)
    if dimensions:
        found = (
            f"select row_number() over (order by {listed}) - 1 as combination, {listed} "
            f"from (select distinct {listed} from temp.metric_given)"
        )
    else:
        found = "select 0 as combination"
    same = " and ".join(f"f.{column} is not distinct from k.{column}" for column in dimensions) or "true"
    connection.execute(f"create or replace temp table metric_combinations as {found}")
    connection.execute(
        "create or replace temp view metric_facts as select k.combination, f.* "
        f"from temp.metric_given as f inner join temp.metric_combinations as k on {same}"
    )
    combinations = connection.execute(f"select {listed or 0} from temp.metric_combinations order by combination")
    rows = combinations.fetchall()
    values = {column: [row[number] for row in rows] for number, column in enumerate(dimensions)}
    return _cells(connection, metric, values, asked=asked, layer=layer)


def drop_facts(connection: DuckDBPyConnection) -> None:
    """Leave nothing behind of the last metric."""
    connection.execute("drop view if exists temp.metric_facts")
    connection.execute("drop table if exists temp.metric_combinations")
    connection.execute("drop table if exists temp.metric_given")


def has_values(connection: DuckDBPyConnection, column: str) -> bool:
    """Whether any row of core has a value in ``table.column``."""
    table, name = column.split(".")
    counted = connection.table(f"core.{table}").aggregate(f"count({name})").fetchone()
    return counted is not None and counted[0] > 0


def first_day(connection: DuckDBPyConnection, metric: Metric) -> date | None:
    """The day the data of a metric begin: the earliest in its first table, or among its facts; None without rows.

    The table's own first day counts because a month of records without a homicide is a month with 0 homicides. It is
    that of the date every row has, or else of the date from which a row exists: a case may lack its filing day. A share
    of nothing that ever happened has no beginning.
    """
    facts = connection.table("temp.metric_given").aggregate("least(min(event_date), min(from_date))")
    table = model.table(f"core.{metric.tables[0]}")
    found = facts.fetchone()
    if metric.statistic in _OF_FACTS and (found is None or found[0] is None):
        return None
    required = (column.name for column in table.columns if column.dtype == "date" and column.required)
    days = [found]
    if dated := next(required, table.dated_by):
        days.append(connection.table(f"core.{table.name}").aggregate(f"min({dated})").fetchone())
    return min((row[0] for row in days if row is not None and row[0] is not None), default=None)


def read(connection: DuckDBPyConnection, name: str, **bound: Any) -> dict[str, npt.NDArray[Any]]:
    """The columns of one of the queries of the folder aggregate/ over the loaded facts."""
    columns = run(connection, aggregate(name), bound).fetchnumpy()
    return {column: np.asarray(values) for column, values in columns.items()}


def read_units(connection: DuckDBPyConnection, cells: Cells, **bound: Any) -> dict[str, npt.NDArray[Any]]:
    """The columns of aggregate/units.sql, which counts every unit once in a period and needs the cells for it."""
    combination = np.tile(np.arange(cells.of.shape[1]), cells.of.shape[0])
    connection.register("metric_cells", pd.DataFrame({"combination": combination, "cell": cells.of.ravel()}))
    try:
        return read(connection, "units", **bound)
    finally:
        connection.unregister("metric_cells")


def run(connection: DuckDBPyConnection, sql: str, bound: dict[str, Any]) -> DuckDBPyConnection:
    """Run one statement with those of the parameters it names: DuckDB refuses one that is not used."""
    (statement,) = connection.extract_statements(sql)
    return connection.execute(statement, {name: bound[name] for name in statement.named_parameters})


def _usable(metric: Metric, *, layer: str | None) -> tuple[str, ...]:
    """The breakdowns a metric can have here: those by area need a layer."""
    return tuple(
        breakdown
        for breakdown in metric.breakdowns
        if layer is not None or not set(breakdown.split(" x ")).intersection(AREA_COLUMNS)
    )


def _cells(
    connection: DuckDBPyConnection,
    metric: Metric,
    combinations: dict[str, list[str | None]],
    *,
    asked: Sequence[list[str]],
    layer: str | None,
) -> Cells:
    """Number the segments of every breakdown, and find those of each combination."""
    titles = {"area_id": str(layer), "residence_area": f"{layer} of residence"}
    # An area an extract names counts when the office's map has it; a beat or a block would be a finer one.
    mapped = {area for (area,) in run(connection, _MAPPED, {"layer": layer}).fetchall()}
    known = {
        column: [
            UNKNOWN if value is None or (column in AREA_COLUMNS and value not in mapped) else value for value in values
        ]
        for column, values in combinations.items()
    }
    count = len(next(iter(known.values()), [UNKNOWN]))
    population = _population(connection, layer) if metric.statistic in PER_RESIDENT else None
    listed: list[tuple[str, str, int]] = []
    of: list[list[int]] = []
    for columns in [[], *asked]:
        columns = sorted(columns, key=lambda column: titles.get(column, column))
        name = " x ".join(titles.get(column, column) for column in columns)
        here = list(zip(*(known[column] for column in columns), strict=True)) if columns else [()] * count
        # The whole is there where nothing was counted, too.
        residents = _residents(dict.fromkeys(here if columns else [()]), columns, population)
        place = {values: len(listed) + number for number, values in enumerate(residents)}
        of.append([place[values] for values in here])
        listed += [(name, " x ".join(values), among) for values, among in residents.items()]
    order = sorted(range(len(listed)), key=lambda number: listed[number][:2])
    sorted_place = np.empty(len(order), dtype="int64")
    sorted_place[order] = np.arange(len(order))
    breakdowns, segments, residents_of = zip(*(listed[number] for number in order), strict=True)
    return Cells(
        breakdowns=np.array(breakdowns, dtype=object),
        segments=np.array(segments, dtype=object),
        of=sorted_place[np.array(of, dtype="int64")],
        residents=np.array(residents_of, dtype="int64"),
    )


def _population(connection: DuckDBPyConnection, layer: str | None) -> list[dict[str, Any]]:
    found = run(connection, aggregate("population"), {"layer": layer})
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _residents(
    segments: Iterable[tuple[str, ...]], columns: Sequence[str], population: list[dict[str, Any]] | None
) -> dict[tuple[str, ...], int]:
    """The residents of each segment, and the segments only residents are in: nobody there is a 0, not a hole."""
    if population is None or set(columns).intersection(_NOT_OF_RESIDENTS):
        return dict.fromkeys(segments, -1)
    shared = [column for column in columns if column in _OF_RESIDENTS]
    summed: dict[tuple[str, ...], int] = {}
    for people in population:
        values = tuple(people[column] for column in shared)
        if (people["race_ethnicity"] == "all") != ("race_ethnicity" in shared) and None not in values:
            summed[values] = summed.get(values, 0) + people["residents"]
    places = [columns.index(column) for column in shared]
    found = {segment: summed.get(tuple(segment[place] for place in places), -1) for segment in segments}
    return found | summed if shared == list(columns) and shared else found


def aggregate(name: str) -> str:
    """The text of a query of the folder aggregate/."""
    return (resources.files(__package__) / "aggregate" / f"{name}.sql").read_text(encoding="utf-8")


def _shared(name: str) -> str:
    return (resources.files(__package__) / "shared" / f"{name}.sql").read_text(encoding="utf-8")
