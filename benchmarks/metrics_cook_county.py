"""Cook County's public felony data: the whole panel of metrics, and why the others are not available.

    REALDATA=... python benchmarks/metrics_cook_county.py

Runs examples/cook_county in a temporary folder and prints every metric of the office as a whole, by year: numerator,
denominator, value and 95 % interval. The cohort was received in 2019; the years before, which the example leaves out
(metrics.first_period), hold its few older or mistyped dates and are printed too. Nothing else is written.
"""

import shutil
import tempfile
from datetime import date
from pathlib import Path

import duckdb

from strategic_prosecution import stages, warehouse
from strategic_prosecution.metrics import METRICS, unavailable
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages.metrics import missing_tables

EXAMPLE = Path(__file__).parents[1] / "examples" / "cook_county" / "office.toml"
PANEL = """
    select metric, year(period_start), numerator, denominator, value, lower, upper, unit, complete
    from metrics_now
    where period = 'year' and breakdown = ''
    order by metric, period_start desc
"""


def every_year(folder: Path) -> Office:
    """The example with its files below ``folder``, its periods begun by the data themselves."""
    copy = folder / "examples" / "cook_county" / "office.toml"
    copy.parent.mkdir(parents=True)
    shutil.copy(EXAMPLE, copy)
    office = load_office(copy)
    return office.model_copy(update={"metrics": office.metrics.model_copy(update={"first_period": None})})


def print_panel(office: Office) -> set[str]:
    """One line per metric and year; the names of the metrics that have any."""
    with duckdb.connect(str(office.processed_dir / "internal" / "office.duckdb"), read_only=True) as connection:
        rows = connection.execute(PANEL).fetchall()
    for metric, year, numerator, denominator, value, lower, upper, unit, complete in rows:
        limits = "" if lower is None else f"({number(lower)} to {number(upper)})"
        of = "" if denominator is None else f"/ {denominator:,}"
        young = "" if complete else "not complete"
        print(f"{metric:36} {year} {numerator:>9,} {of:<10} {number(value):>10} {limits:<22} {unit}  {young}".rstrip())
    return {metric for metric, *_ in rows}


def number(value: float | None) -> str:
    """Four decimals of a share, one of what is larger; a limit may be undefined where the value is not."""
    if value is None:
        return "undefined"
    return f"{value:.4f}" if value < 10 else f"{value:,.1f}"


def print_lacking(office: Office, day: date, *, measured: set[str]) -> None:
    """One line per metric without a row: the tables nobody feeds, or the columns without a value."""
    with warehouse.run(office, what="benchmark"), warehouse.open_records(office) as connection:
        missing = missing_tables(connection, office, day)
        lacking = unavailable(connection, metrics=METRICS, missing_tables=missing)
    print(f"\n{len(measured)} metrics of {len(METRICS)}; not available here:")
    for metric in METRICS:
        if metric.name not in measured:
            print(f"{metric.name:36} {', '.join(lacking.get(metric.name, ('nothing to count',)))}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        office = every_year(Path(folder))
        day, _ = stages.nightly(office)
        print_lacking(office, day, measured=print_panel(office))


if __name__ == "__main__":
    main()
