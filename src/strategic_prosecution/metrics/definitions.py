"""Every metric, in the order reports show them."""

from strategic_prosecution.metrics.court import COURT_METRICS
from strategic_prosecution.metrics.crime import CRIME_METRICS
from strategic_prosecution.metrics.engagement import ENGAGEMENT_METRICS
from strategic_prosecution.metrics.harm import HARM_METRICS
from strategic_prosecution.metrics.record import Metric

METRICS: tuple[Metric, ...] = CRIME_METRICS + HARM_METRICS + COURT_METRICS + ENGAGEMENT_METRICS

__all__ = ["METRICS", "Metric"]
