"""Metrics of both commitments: METRICS, compute, refresh, unavailable, describe; and the facts they share."""

from strategic_prosecution.metrics.behind import facts_behind
from strategic_prosecution.metrics.cells import build_shared, has_values, parameters
from strategic_prosecution.metrics.compute import compute, compute_each, follow_up_days, no_rows, unavailable
from strategic_prosecution.metrics.control_charts import baseline, control_chart
from strategic_prosecution.metrics.definitions import METRICS, SUMS, Metric
from strategic_prosecution.metrics.describe import describe
from strategic_prosecution.metrics.funnel import funnel
from strategic_prosecution.metrics.refresh import refresh
from strategic_prosecution.metrics.same_days import compare_windows, poisson_z, year_to_date_change
from strategic_prosecution.metrics.smoothing import moving_average, small_periods
from strategic_prosecution.metrics.verdicts import give_verdicts

__all__ = [
    "METRICS",
    "SUMS",
    "Metric",
    "baseline",
    "build_shared",
    "compare_windows",
    "compute",
    "compute_each",
    "control_chart",
    "describe",
    "facts_behind",
    "follow_up_days",
    "funnel",
    "give_verdicts",
    "has_values",
    "moving_average",
    "no_rows",
    "parameters",
    "poisson_z",
    "refresh",
    "small_periods",
    "unavailable",
    "year_to_date_change",
]
