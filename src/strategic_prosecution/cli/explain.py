"""Where a published number comes from: its rows, their files and lines, and the queries."""

import json
from pathlib import Path
from typing import Annotated

import typer

from strategic_prosecution import stages
from strategic_prosecution.cli.shared import (
    DEFAULT_OFFICE,
    AsOf,
    Debug,
    Json,
    OfficeFile,
    Wait,
    app,
    errors,
    output,
    print_frame,
    records_of,
    told_in_a_line,
)
from strategic_prosecution.metrics.describe import words
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages import forms
from strategic_prosecution.stages.explain import COLUMNS, Explained
from strategic_prosecution.stages.explain import explain as take_apart

_SHOWN = 40


@app.command()
def explain(
    metric: Annotated[str, typer.Argument(help="a metric; `stratpro describe` lists them")],
    period: Annotated[str, typer.Option("--period", help="2024, 2024-Q1 or 2024-03")],
    breakdown: Annotated[str, typer.Option("--breakdown", help="as published: race_ethnicity, offense_category")] = "",
    segment: Annotated[str, typer.Option("--segment", help="of the breakdown, as published: black")] = "",
    office: OfficeFile = DEFAULT_OFFICE,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option("--out", help="write all rows to this file, .csv or .xlsx")] = None,
    with_sql: Annotated[bool, typer.Option("--sql", help="print the queries and their parameters too")] = False,
    wait: Wait = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the rows behind one published figure, down to file and line. It is logged. Exit 1 if they do not add up."""
    with told_in_a_line(debug):
        settings = load_office(office)
        if out is not None:
            forms.check_form(out)
        with stages.holding(settings, what="explain", wait=wait):
            found = take_apart(
                settings,
                metric,
                period=period,
                breakdown=breakdown,
                segment=segment,
                as_of=as_of.date() if as_of else None,
            )
        if out is not None:
            forms.write_form(out, columns=COLUMNS, rows=records_of(found.rows))
        if as_json:
            output.print_json(json.dumps(_told(found)))
        else:
            _print(found, out=out, with_sql=with_sql)
        if not found.agrees:
            errors.print(
                f"stratpro: metric [{metric}]: the rows add up to {_ratio(found.numerator, found.denominator)}, not to "
                f"the published {_ratio(found.cell.numerator, found.cell.denominator)}; run the night again, and if "
                "they still differ report it"
            )
            raise typer.Exit(1)


def _told(found: Explained) -> dict[str, object]:
    cell = found.cell
    return {
        "metric": cell.metric.name,
        "as_of": cell.as_of.isoformat(),
        "period": cell.period,
        "period_start": cell.period_start.isoformat(),
        "breakdown": cell.breakdown,
        "segment": cell.segment,
        "published": {"numerator": cell.numerator, "denominator": cell.denominator, "value": cell.value},
        "counted": {"numerator": found.numerator, "denominator": found.denominator, "facts": found.facts},
        "sealed": {
            "rows": found.hidden,
            "facts": found.hidden_facts,
            "numerator": found.hidden_numerator,
            "denominator": found.hidden_denominator,
        },
        "agrees": found.agrees,
        "rows": records_of(found.rows),
        "sql": found.sql,
    }


def _print(found: Explained, *, out: Path | None, with_sql: bool) -> None:
    cell, metric = found.cell, found.cell.metric
    where = f"{cell.breakdown} = {cell.segment}, " if cell.breakdown else ""
    output.print(f"{metric.name}: {metric.title}", soft_wrap=True)
    output.print(f"{cell.period} from {cell.period_start}, {where}as of {cell.as_of}", soft_wrap=True)
    value = "undefined" if cell.value is None else f"{cell.value:.6g} {metric.unit}"
    output.print(f"published: {value}, from {_ratio(cell.numerator, cell.denominator)}", soft_wrap=True)
    equal = "equal to it" if found.agrees else "NOT equal to it"
    output.print(f"the rows:  {_ratio(found.numerator, found.denominator)}, {equal}; {metric.counts}s: {found.facts:,}")
    output.print(f"numerator: {metric.numerator}", soft_wrap=True)
    if metric.denominator:
        output.print(f"denominator: {metric.denominator}", soft_wrap=True)
    if metric.open_ended:
        output.print(f"over time: {words(metric)['Over time']}", soft_wrap=True)
    if found.is_withheld:
        output.print("rows: not listed; who came to a call-in and who stayed away is told of nobody")
    if found.hidden:
        output.print(
            f"sealed: {found.hidden:,} rows not shown; in the figure they are "
            f"{_ratio(found.hidden_numerator, found.hidden_denominator if cell.denominator is not None else None)}",
            soft_wrap=True,
        )
    print_frame("Rows", found.rows.head(_SHOWN))
    if len(found.rows) > _SHOWN:
        output.print(f"{len(found.rows) - _SHOWN:,} more rows; --out FILE.csv writes all")
    if out is not None:
        output.print(f"{len(found.rows):,} rows: {out}", soft_wrap=True)
    if with_sql:
        output.print(found.sql, soft_wrap=True)


def _ratio(numerator: int, denominator: int | None) -> str:
    return f"{numerator:,}" if denominator is None else f"{numerator:,} / {denominator:,}"
