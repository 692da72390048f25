"""What a report is made of: the published tables of one edition, and the few facts about the office around them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import pandas as pd

from strategic_prosecution import model


class MetricRecord(Protocol):
    """What the report reads of a metric's definition; ``metrics.Metric`` has it."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def commitment(self) -> str: ...
    @property
    def definition(self) -> str: ...
    @property
    def numerator(self) -> str: ...
    @property
    def denominator(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def better(self) -> str: ...
    @property
    def protects(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def grade(self) -> str: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...
    @property
    def statistic(self) -> str: ...
    @property
    def tables(self) -> tuple[str, ...]: ...
    @property
    def open_ended(self) -> bool: ...


@dataclass(frozen=True)
class ReportData:
    """Everything one report says.

    ``tables``: table name -> frame with the columns of ``model.table(name)``, as published in this edition; a table or
    a column that is absent counts as empty. ``hot_spots.geometry`` is WKB in EPSG:4326, ``areas.geometry`` WKB in
    ``crs``, the office's metric CRS. ``headline``: names of metrics, in the order to show them. ``not_available``:
    tables that no extract fills. ``breaks``: days on which counting changed, and what changed. ``crime_harm``: whose
    table of crime-harm weights the office uses; '' without one. ``violent_window_days``: the window that ranks groups.

    Raises ValueError for a table that this edition may not publish (a public report never holds a group), for a table
    that the model does not know, and for a headline metric that is not among ``metrics``.
    """

    office_name: str
    as_of: date
    edition: model.Edition
    headline: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame]
    metrics: tuple[MetricRecord, ...]
    crs: str
    notes: tuple[str, ...] = ()
    not_available: tuple[str, ...] = ()
    breaks: tuple[tuple[date, str], ...] = ()
    crime_harm: str = ""
    violent_window_days: int = 365

    def __post_init__(self) -> None:
        for name in self.tables:
            if self.edition not in _table(name).editions:
                raise ValueError(f"a report for the [{self.edition}] edition takes no table [{name}]: leave it out")
        known = {metric.name for metric in self.metrics}
        for name in self.headline:
            if name not in known:
                raise ValueError(f"headline metric [{name}] has no definition: correct [metrics] headline")

    @property
    def without_records(self) -> tuple[str, ...]:
        """Titles of the metrics without any row though extracts fill every table they need."""
        counted = set(self.frame("metrics")["metric"].unique())
        return tuple(
            metric.title
            for metric in self.metrics
            if metric.name not in counted and not set(metric.tables).intersection(self.not_available)
        )

    def frame(self, name: str) -> pd.DataFrame:
        """The table of that name with every column of the model, in the model's order; without rows when absent."""
        columns = list(_table(name).names)
        if name not in self.tables:
            return pd.DataFrame(columns=columns)
        return self.tables[name].reindex(columns=columns).reset_index(drop=True)


def _table(name: str) -> model.Table:
    for candidate in model.TABLES:
        if candidate.name == name and candidate.editions:
            return candidate
    raise ValueError(f"table [{name}] is not one that is published: see model.TABLES")
