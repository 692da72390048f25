"""The facts behind a cell add up to what is published, for every metric with a case."""

from collections.abc import Callable
from datetime import date

import duckdb
import pandas as pd
import pytest

from strategic_prosecution.metrics import METRICS, facts_behind
from strategic_prosecution.metrics.cells import PER_RESIDENT
from tests.metrics.given import AS_OF, LAYER
from tests.metrics.test_given_expect import CASES_BY_METRIC

BY_NAME = {metric.name: metric for metric in METRICS}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(CASES_BY_METRIC).intersection(BY_NAME)))
def test_facts_add_up_to_every_published_cell(
    connection: duckdb.DuckDBPyConnection, measure: Callable[..., pd.DataFrame], name: str
) -> None:
    given, _ = CASES_BY_METRIC[name]
    rows = measure(given, name, as_of=AS_OF, layer=LAYER)
    # The year has facts before and after its months' borders; the last month ends with as_of.
    asked = (rows["period_start"] == "2024-01-01") & (rows["period"] == "year")
    asked |= (rows["period_start"] == "2024-03-01") & (rows["breakdown"] == "")
    for row in rows[asked].itertuples():
        facts = facts_behind(
            connection,
            BY_NAME[name],
            as_of=AS_OF,
            layer=LAYER,
            period=row.period,
            period_start=row.period_start.date(),
            breakdown=row.breakdown,
            segment=row.segment,
        )
        found = (facts["numerator"].sum(), facts["denominator"].sum())
        has_denominator = not pd.isna(row.denominator) and BY_NAME[name].statistic not in PER_RESIDENT
        assert found == (row.numerator, row.denominator if has_denominator else 0), (row.period, row.segment)


def test_records_are_rows_of_the_first_table(
    connection: duckdb.DuckDBPyConnection, measure: Callable[..., pd.DataFrame]
) -> None:
    measure({"arrests": [{"arrest_id": "a", "arrest_date": "2024-01-05"}]}, "arrests", as_of=AS_OF)
    facts = facts_behind(
        connection, BY_NAME["arrests"], as_of=AS_OF, layer=None, period="month", period_start=date(2024, 1, 1)
    )
    assert [list(keys) for keys in facts["records"]] == [["a"]]


def test_a_segment_nobody_is_in_is_refused(
    connection: duckdb.DuckDBPyConnection, measure: Callable[..., pd.DataFrame]
) -> None:
    measure({"arrests": [{"arrest_id": "a", "arrest_date": "2024-01-05"}]}, "arrests", as_of=AS_OF)
    with pytest.raises(KeyError, match="has no segment"):
        facts_behind(
            connection,
            BY_NAME["arrests"],
            as_of=AS_OF,
            layer=None,
            period="month",
            period_start=date(2024, 1, 1),
            breakdown="race_ethnicity",
            segment="white",
        )
