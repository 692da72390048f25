"""Empty canonical tables in memory, to be filled with the few columns a test needs."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS, compute

Rows = list[dict[str, Any]]
Given = dict[str, Rows]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema core")
        for table in model.tables("core"):
            columns = ", ".join(f"{column.name} {model.SQL_TYPES[column.dtype]}" for column in table.columns)
            opened.execute(f"create table core.{table.name} ({columns})")
        yield opened


@pytest.fixture
def measure(connection: duckdb.DuckDBPyConnection) -> Callable[..., pd.DataFrame]:
    """measure(given, "arrests_per_1000", as_of=..., layer=...): the rows of those metrics from those tables."""

    def run(given: Given, *names: str, as_of: date, layer: str | None = None, **options: Any) -> pd.DataFrame:
        connection.execute("".join(f"delete from core.{table.name};" for table in model.tables("core")))
        for table in model.tables("core"):
            for row in given.get(table.name, []):
                marks = ", ".join(f"${name}" for name in row)
                connection.execute(f"insert into core.{table.name} ({', '.join(row)}) values ({marks})", row)
        # The office's map has every area the rows name, unless a test gives the map itself.
        if layer is not None and "areas" not in given:
            areas = {row["area_id"] for rows in given.values() for row in rows if row.get("area_id")}
            for area in sorted(areas):
                connection.execute("insert into core.areas (layer, area_id) values (?, ?)", [layer, area])
        metrics = [metric for metric in METRICS if metric.name in names]
        assert len(metrics) == len(names)
        options = {"missing_tables": (), "reconstructed_tables": (), **options}
        return compute(connection, metrics=metrics, as_of=as_of, layer=layer, **options)

    return run
