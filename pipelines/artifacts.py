"""What Prefect may show beside a run: the accounting of rows, and metrics as the public edition has them.

Artifacts are stored on the Prefect server, outside the files that guard the data: counts of rows and suppressed
values go in, nothing else.
"""

import json
from datetime import date
from typing import Any

import pandas as pd
from prefect.artifacts import create_table_artifact

from strategic_prosecution import model, warehouse
from strategic_prosecution.settings import Office

ACCOUNTING_KEY = "row-accounting"
METRICS_KEY = "public-metrics"

_LEFT_OUT = ("as_of", "breakdown", "segment", "complete", "note", "lower", "upper")


def show_accounting(office: Office, as_of: date) -> None:
    """Make a table artifact of what became of every row, one line per feed, as of a day of the current run."""
    table = model.table("mart.data_quality")
    with warehouse.open_records(office, as_of) as connection:
        rows = connection.table("records.mart.data_quality").df()
    rows = rows.loc[rows["as_of"] == pd.Timestamp(as_of), list(table.names)].sort_values(list(table.key))
    create_table_artifact(
        key=ACCOUNTING_KEY,
        table=_plain(rows),
        description=f"What became of every row, as of {as_of}. {' '.join(table.warnings)}",
    )


def show_public_metrics(office: Office) -> None:
    """Make a table artifact of the newest complete value of every metric, read from the published public edition.

    Whole office only, no breakdown; periods not yet complete are left out; null where undefined or suppressed.
    """
    connection = warehouse.open_published(office.processed_dir / "public" / "office.duckdb", office, edition="public")
    try:
        rows = connection.table("metrics_now").df()
    finally:
        connection.close()
    newest = (
        rows[rows["breakdown"].eq("") & rows["complete"].eq(True)]
        .sort_values(["metric", "period", "period_start"])
        .groupby(["metric", "period"], sort=True)
        .tail(1)
    )
    create_table_artifact(
        key=METRICS_KEY,
        table=_plain(newest.drop(columns=list(_LEFT_OUT))),
        description="Newest complete month, quarter and year of each metric, as the public edition has it.",
    )


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: days as ISO dates, nothing as null."""
    days = rows.select_dtypes("datetime").columns
    plain = rows.assign(**{name: rows[name].dt.strftime("%Y-%m-%d") for name in days})
    records: list[dict[str, Any]] = json.loads(plain.to_json(orient="records"))
    return records
