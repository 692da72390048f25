"""What a check lists: each file as it was read, what is wrong with its rows, and the contracts that do not hold."""

import json
from collections.abc import Iterable
from datetime import date

import pandas as pd

from strategic_prosecution.extracts import contracts, expectations
from strategic_prosecution.extracts.layouts import find_layout
from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse import Connection

SHOWN_EXAMPLES = 3
LONGEST_EXAMPLE = 40


def files(connection: Connection, office: Office) -> pd.DataFrame:
    """One row per landed file: extract, file, form, layout, rows, extract_date and who says it (extract_date_from)."""
    loads: pd.DataFrame = connection.execute(
        "select extract, file, form, header, rows, extract_date, extract_date_from from meta.loads order by all"
    ).df()
    layouts = [
        find_layout(office.extracts[extract], json.loads(header))
        for extract, header in zip(loads["extract"], loads["header"], strict=True)
    ]
    named = loads.assign(header=[layout.name if layout else "" for layout in layouts])
    return named.rename(columns={"header": "layout"})


def problems(connection: Connection, office: Office, *, accounting: pd.DataFrame, day: date) -> pd.DataFrame:
    """What is wrong, one row per extract, file, table, column, kind and reason; broken contracts as of ``day`` last.

    Columns: extract, file, table_name, column_name, kind, why, rows, first_row, examples. ``examples`` holds values as
    they stand in rows: for the eyes of who asks, never for a file, a pipe or a log.
    """
    wrong: pd.DataFrame = connection.execute(
        "select extract, coalesce(file, '') as file, coalesce(table_name, '') as table_name, "
        "coalesce(column_name, '') as column_name, kind, why, sum(rows)::bigint as rows, min(row) as first_row, "
        f"coalesce(list(distinct value order by value) filter (value is not null)[:{SHOWN_EXAMPLES}], []) as examples "
        "from meta.problems group by all order by all"
    ).df()
    broken = [
        *contracts.accounting_breaches(office, accounting),
        *contracts.freshness_breaches(connection, office, day),
        # Nothing was built where nothing has landed.
        *(expectations.breaches(connection, office) if len(accounting) else []),
    ]
    contract_rows = [
        (item.extract, "", item.table_name, item.column_name, "contract", item.why, item.rows, None, "")
        for item in broken
    ]
    examples = [_printable(values) for values in wrong["examples"]]
    return pd.concat([wrong.assign(examples=examples), pd.DataFrame(contract_rows, columns=wrong.columns)])


def _printable(values: Iterable[str]) -> str:
    """Values on one line, cut, and without what would command a terminal."""
    shown = ["".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value) for value in values]
    return ", ".join(
        f"[{text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 1] + '…'}]" for text in shown
    )
