"""The last look before publishing: only what the model allows may be in an edition."""

from collections.abc import Mapping

import pandas as pd

from strategic_prosecution import model


class ReleaseError(RuntimeError):
    """An edition holds something it may not; nothing was published."""


def releasable(table: model.Table, edition: model.Edition) -> tuple[str, ...]:
    """The columns of a table that an edition may hold; () for a table it may not hold at all."""
    if edition not in table.editions:
        return ()
    return tuple(
        column.name
        for column in table.columns
        if not column.is_pii and not (edition == "public" and (column.is_internal or column.is_person))
    )


def check_release(found: Mapping[str, list[str]], *, edition: model.Edition) -> None:
    """Check the tables and columns really written (table -> columns) against the allow-list. Raises ReleaseError."""
    allowed = {table.name: releasable(table, edition) for table in model.TABLES if edition in table.editions}
    allowed["metrics_now"] = allowed["metrics"]
    for name, columns in found.items():
        if name not in allowed:
            raise ReleaseError(f"table [{name}] may not be in the {edition} edition; nothing was published")
        if extra := sorted(set(columns) - set(allowed[name])):
            raise ReleaseError(f"column [{name}.{extra[0]}] may not be in the {edition} edition; nothing was published")


def newest_values(metrics: pd.DataFrame) -> pd.DataFrame:
    """The newest value of each cell of mart.metrics, in key order."""
    key = ["metric", "period", "period_start", "breakdown", "segment"]
    newest = metrics.sort_values([*key, "as_of"], kind="stable").drop_duplicates(key, keep="last")
    return newest.reset_index(drop=True)
