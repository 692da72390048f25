"""Every metric, in the order reports show them."""

from strategic_prosecution.metrics.call_ins import CALL_IN_METRICS
from strategic_prosecution.metrics.capacity import CAPACITY_METRICS
from strategic_prosecution.metrics.court import COURT_METRICS
from strategic_prosecution.metrics.crime import CRIME_METRICS
from strategic_prosecution.metrics.detention import DETENTION_METRICS
from strategic_prosecution.metrics.diversion import DIVERSION_METRICS
from strategic_prosecution.metrics.engagement import ENGAGEMENT_METRICS
from strategic_prosecution.metrics.fairness import FAIRNESS_METRICS
from strategic_prosecution.metrics.harm import HARM_METRICS
from strategic_prosecution.metrics.punishment import PUNISHMENT_METRICS
from strategic_prosecution.metrics.record import Metric

METRICS: tuple[Metric, ...] = (
    CRIME_METRICS
    + HARM_METRICS
    + DETENTION_METRICS
    + PUNISHMENT_METRICS
    + FAIRNESS_METRICS
    + COURT_METRICS
    + CAPACITY_METRICS
    + ENGAGEMENT_METRICS
    + DIVERSION_METRICS
    + CALL_IN_METRICS
)

# What a reader can add up across metrics, in every cell: ("metric.numerator", ("metric.numerator", ...)), also of
# denominators. Suppression needs them; it finds by itself what is the same number throughout.
SUMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "cases_disposed.numerator",
        (
            "cases_disposed_by_plea.numerator",
            "cases_disposed_by_trial.numerator",
            "cases_disposed_by_dismissal.numerator",
            "cases_disposed_otherwise.numerator",
        ),
    ),
    (
        "screening_approved_share.denominator",
        (
            "screening_approved_share.numerator",
            "screening_rejected_share.numerator",
            "screening_continued_share.numerator",
            "screening_no_review_share.numerator",
        ),
    ),
    (
        "screening_approval_rate.denominator",
        ("screening_approved_share.numerator", "screening_rejected_share.numerator"),
    ),
    (
        "case_resolution_rate.numerator",
        (
            "resolved_by_plea.numerator",
            "resolved_by_trial.numerator",
            "resolved_by_dismissal.numerator",
            "resolved_by_diversion.numerator",
            "resolved_otherwise.numerator",
        ),
    ),
    (
        "case_resolution_rate.denominator",
        ("case_resolution_rate.numerator", "unresolved_after_365d.numerator"),
    ),
    (
        "no_prior_conviction_share.denominator",
        (
            "no_prior_conviction_share.numerator",
            "prior_felony_share.numerator",
            "prior_misdemeanor_only_share.numerator",
        ),
    ),
    # What is neither dismissed nor convicted is few: acquitted, or ended otherwise.
    ("dismissal_rate.denominator", ("dismissal_rate.numerator", "conviction_rate.numerator")),
)

__all__ = ["METRICS", "SUMS", "Metric"]
