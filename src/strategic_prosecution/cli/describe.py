"""What a table or a metric is."""

from typing import Annotated

import typer
from rich.table import Table

from strategic_prosecution import model
from strategic_prosecution.cli.shared import (
    Debug,
    app,
    output,
    told_in_a_line,
)
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.metrics import describe as describe_metric
from strategic_prosecution.settings import SettingsError, nearest


@app.command()
def describe(
    name: Annotated[str | None, typer.Argument(help="a table or a metric")] = None, debug: Debug = False
) -> None:
    """Say what a table or a metric is; without a name, list them."""
    with told_in_a_line(debug):
        if name is None:
            for table in model.TABLES:
                output.print(f"{table.schema}.{table.name}: {table.grain}", soft_wrap=True)
            for metric in METRICS:
                output.print(f"{metric.name}: {metric.title}", soft_wrap=True)
            return
        if name in {metric.name for metric in METRICS}:
            output.print(describe_metric(name), soft_wrap=True)
            return
        try:
            table = model.table(name)
        except KeyError:
            known = [*(item.name for item in model.TABLES), *(metric.name for metric in METRICS)]
            raise SettingsError(f"no table or metric [{name}]{nearest(name, known)}") from None
        _describe_table(table)


def _describe_table(table: model.Table) -> None:
    output.print(f"{table.schema}.{table.name}: {table.grain}; key {', '.join(table.key)}", soft_wrap=True)
    output.print(f"published: {', '.join(table.editions) or 'never'}")
    for warning in table.warnings:
        output.print(f"mind: {warning}", soft_wrap=True)
    shown = Table("column", "type", "unit", "what", "values")
    for column in table.columns:
        marks = " (personal)" if column.is_pii else " (pseudonym)" if column.is_person else ""
        shown.add_row(
            column.name, column.dtype, column.unit, column.description + marks, ", ".join(column.values), style=None
        )
    output.print(shown)
