"""One case per metric: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import strategic_prosecution.metrics
from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS
from tests.metrics import (
    given_call_ins,
    given_capacity,
    given_court,
    given_crime,
    given_detention,
    given_diversion,
    given_engagement,
    given_fairness,
    given_harm,
    given_punishment,
)
from tests.metrics.given import AS_OF, LAYER, Expected, Given

CASES_BY_METRIC: dict[str, tuple[Given, Expected]] = {
    **given_crime.CASES,
    **given_harm.CASES,
    **given_detention.CASES,
    **given_punishment.CASES,
    **given_court.CASES,
    **given_capacity.CASES,
    **given_fairness.CASES,
    **given_diversion.CASES,
    **given_engagement.CASES,
    **given_call_ins.CASES,
}


def _year(rows: pd.DataFrame) -> Expected:
    chosen = rows[(rows["period"] == "year") & (rows["period_start"] == "2024-01-01")]
    found = chosen[["breakdown", "segment", "numerator", "denominator", "value"]].astype(object)
    found = found.where(found.notna(), None)
    return {(breakdown, segment): tuple(rest) for breakdown, segment, *rest in found.itertuples(index=False)}


@pytest.mark.parametrize("name", CASES_BY_METRIC)
def test_year(measure: Callable[..., pd.DataFrame], name: str) -> None:
    given, expected = CASES_BY_METRIC[name]
    assert _year(measure(given, name, as_of=AS_OF, layer=LAYER)) == expected


@pytest.mark.parametrize("name", CASES_BY_METRIC)
def test_race_and_sex_change_nothing_but_their_own_breakdown(measure: Callable[..., pd.DataFrame], name: str) -> None:
    given, _ = CASES_BY_METRIC[name]
    blank: Given = {}
    for table, rows in given.items():
        has = [column for column in ("race_ethnicity", "sex") if column in model.table(f"core.{table}").names]
        changed = {} if table == "population" else dict.fromkeys(has, "other")
        blank[table] = [{**row, **changed} for row in rows]
    before, after = (
        {
            key: row
            for key, row in _year(measure(tables, name, as_of=AS_OF, layer=LAYER)).items()
            if "race" not in key[0]
        }
        for tables in (given, blank)
    )
    assert before == after


def test_each_metric_is_whole() -> None:
    folder = Path(strategic_prosecution.metrics.__file__).parent / "sql"
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))
    assert {path.stem for path in folder.glob("*.sql")} == set(names) == set(CASES_BY_METRIC)
    for metric in METRICS:
        assert metric.source and metric.definition and metric.numerator and metric.unit, metric.name
        assert metric.grade in ("R", "C", "D"), metric.name
        assert bool(metric.denominator) == (metric.statistic not in ("count", "distinct", "stock", "weighted_mean")), (
            metric.name
        )
        assert all(table in {known.name for known in model.tables("core")} for table in metric.tables), metric.name
        assert metric.sql.startswith("-- grain: "), metric.name


def test_race_and_sex_are_only_selected_never_a_condition() -> None:
    for metric in METRICS:
        for line in metric.sql.splitlines():
            assert not re.search(r"\bsex\b", line), metric.name
            if re.search(r"\brace_ethnicity\b", line):
                assert not re.search(r"\b(where|and|or|on|having|qualify|partition)\b", line), (metric.name, line)
