"""Comparisons that bear weight: rates of groups beside each other, stage by stage."""

from strategic_prosecution.evaluation.charged_alike import AdjustedRatio, mantel_haenszel_ratio, relative_rates_alike
from strategic_prosecution.evaluation.relative_rates import (
    RESIDENTS,
    RelativeRate,
    Stage,
    relative_rate_index,
    relative_rates,
)

__all__ = [
    "RESIDENTS",
    "AdjustedRatio",
    "RelativeRate",
    "Stage",
    "mantel_haenszel_ratio",
    "relative_rate_index",
    "relative_rates",
    "relative_rates_alike",
]
