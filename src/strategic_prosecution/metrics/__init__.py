"""Metrics of both commitments: METRICS, compute, refresh, unavailable, describe."""

from strategic_prosecution.metrics.compute import compute, unavailable
from strategic_prosecution.metrics.definitions import METRICS, Metric
from strategic_prosecution.metrics.describe import describe
from strategic_prosecution.metrics.refresh import refresh

__all__ = ["METRICS", "Metric", "compute", "describe", "refresh", "unavailable"]
