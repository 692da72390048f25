"""The record of one metric: what it counts, where the definition comes from, whom its small cells would expose."""

from dataclasses import dataclass
from importlib import resources
from typing import Literal

Commitment = Literal["crime reduction", "community harm", "fairness", "capacity", "engagement", "prevention"]
Statistic = Literal["count", "rate", "per_capita", "sum", "stock", "days", "median_km"]


@dataclass(frozen=True)
class Metric:
    """One metric. Its facts are the rows of ``sql/<name>.sql``; ``statistic`` says how they become values.

    - ``protects``: 'person' where a small cell speaks of a person (outcome, custody, diversion, group), else 'event';
    - ``grade``: 'R' definition read at its source, 'C' read and its published number recomputed, 'D' our own
      operational definition of an aim the source names;
    - ``tables``: bare names of the tables it cannot do without, the counted one first; others only refine it;
    - ``columns``: table.column, or several joined by ' or ', that must hold a value somewhere: a column nobody fills is
      not available, and no clearance recorded is not a clearance rate of 0;
    - ``breakdowns``: columns area_id, residence_area, race_ethnicity, offense_category, or several joined by ' x ';
    - ``follow_up_days``: days after the end of a period before its cohort counts as complete.
    """

    name: str
    title: str
    commitment: Commitment
    definition: str
    numerator: str
    denominator: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    protects: Literal["person", "event"]
    source: str
    grade: Literal["R", "C", "D"]
    statistic: Statistic
    tables: tuple[str, ...]
    columns: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    follow_up_days: int = 0

    @property
    def sql(self) -> str:
        """The text of its query: one select that yields its facts, with $as_of and $layer to bind where used."""
        return (resources.files(__package__) / "sql" / f"{self.name}.sql").read_text(encoding="utf-8")
