"""The record of one metric: what it counts, where the definition comes from, whom its small cells would expose."""

from dataclasses import dataclass
from importlib import resources
from typing import Literal

Commitment = Literal[
    "crime reduction", "community harm", "fairness", "capacity", "engagement", "prevention", "call-ins"
]
Counted = Literal[
    "incident", "shooting victim", "arrest", "stop", "referral", "case", "charge", "person", "victim", "hearing",
    "custody decision", "sentence", "diversion", "supervision", "notification", "promise", "membership", "group",
    "contact", "answer", "strategy", "commitment", "member of staff",
]  # fmt: skip
Statistic = Literal[
    "count", "distinct", "rate", "ratio", "per_capita", "sum", "mean", "weighted_mean", "median", "median_km",
    "stock", "stock_share", "stock_ratio", "stock_per_capita", "days", "days_per_capita",
]  # fmt: skip
Period = Literal["month", "quarter", "year"]
RECIDIVISM_DAYS = "$recidivism_days"


@dataclass(frozen=True)
class Metric:
    """One metric. Its facts are the rows of ``sql/<name>.sql``; ``statistic`` says how they become values.

    - ``counts``: the unit counted, one per fact;
    - ``protects``: 'person' where a small cell speaks of a person (outcome, custody, diversion, group), else 'event';
    - ``grade``: 'R' definition read at its source, 'C' read and its published number recomputed, 'D' our own
      operational definition of an aim the source names;
    - ``exclusions``: what is in neither number;
    - ``tables``: bare names of the tables it cannot do without, the counted one first; others only refine it;
    - ``columns``: table.column, or several joined by ' or ', that must hold a value somewhere: a column nobody fills is
      not available, and no clearance recorded is not a clearance rate of 0;
    - ``breakdowns``: dimensions of the facts, or several joined by ' x ';
    - ``follow_up_days``: days after the end of a period before its cohort counts as complete; those of the office's
      setting where the query counts within $recidivism_days;
    - ``look_back_days``: days of records before a period that its cohort needs to count as complete;
    - ``open_ended``: what counts may become known late, so periods of different age are not alike: it is never tested
      over time, nor shown beside a year before;
    - ``is_effort``: a register of what was done, by the office or for it: no sample, so its counts have no limits;
    - ``periods``: those it makes sense for;
    - ``divisor``: a sum or a mean is divided by it for its value (days to years, cents to dollars).
    """

    name: str
    title: str
    commitment: Commitment
    definition: str
    numerator: str
    denominator: str
    counts: Counted
    unit: str
    better: Literal["higher", "lower", "neither"]
    protects: Literal["person", "event"]
    source: str
    grade: Literal["R", "C", "D"]
    statistic: Statistic
    tables: tuple[str, ...]
    columns: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    follow_up_days: int = 0
    look_back_days: int = 0
    open_ended: bool = False
    is_effort: bool = False
    periods: tuple[Period, ...] = ("month", "quarter", "year")
    divisor: float = 1

    @property
    def sql(self) -> str:
        """The text of its query: one select that yields its facts, with the parameters it names to bind."""
        return (resources.files(__package__) / "sql" / f"{self.name}.sql").read_text(encoding="utf-8")
