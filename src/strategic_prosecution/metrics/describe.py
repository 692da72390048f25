"""One metric in words: the same for `stratpro describe`, docs/metrics.md and the report."""

from difflib import get_close_matches

from strategic_prosecution.metrics.definitions import METRICS
from strategic_prosecution.metrics.record import RECIDIVISM_DAYS, Metric, Statistic
from strategic_prosecution.settings import Metrics

GRADES = {
    "R": "definition read at its source",
    "C": "read, and its published number recomputed",
    "D": "our own operational definition of an aim the source names",
}
_ONE_OF_TWO = "none: two counts of different things"
_NO_SAMPLE = "none: everything is counted, nothing is sampled"
INTERVALS: dict[Statistic, str] = {
    "count": "exact Poisson (Garwood 1936)",
    "distinct": "exact Poisson (Garwood 1936)",
    "rate": "Wilson (1927)",
    "ratio": _ONE_OF_TWO,
    "per_capita": "exact Poisson (Garwood 1936) of the count, per 1,000 residents",
    "sum": _NO_SAMPLE,
    "mean": "Student's t",
    "weighted_mean": "bootstrap percentiles (Efron 1979), 1,000 draws, fixed seed",
    "median": "order statistics (Hahn & Meeker 1991)",
    "median_km": "Brookmeyer & Crowley (1982) on log(-log S) of the Kaplan-Meier estimate",
    "stock": _NO_SAMPLE,
    "stock_per_capita": _NO_SAMPLE,
    "stock_share": "Wilson (1927)",
    "stock_ratio": _ONE_OF_TWO,
    "days": _NO_SAMPLE,
    "days_per_capita": _NO_SAMPLE,
}
_DATED: dict[Statistic, str] = {
    "stock": "those there at the end of the period",
    "stock_share": "those there at the end of the period",
    "stock_ratio": "those there at the end of the period",
    "stock_per_capita": "those there at the end of the period",
    "days": "the days inside the period",
    "days_per_capita": "the days inside the period",
}


def words(metric: Metric) -> dict[str, str]:
    """What there is to say of a metric besides name, title and warnings: label -> text, without what is empty."""
    said = {
        "Definition": metric.definition,
        "Numerator": metric.numerator,
        "Denominator": metric.denominator,
        "Counts": f"{metric.counts}; {_DATED.get(metric.statistic, 'those dated in the period')}",
        "Unit": metric.unit,
        "Better": metric.better,
        "Not counted": "; ".join(metric.exclusions),
        "By": ", ".join(metric.breakdowns),
        "Periods": ", ".join(metric.periods),
        "Complete after": _complete_after(metric),
        "Needs before": f"{metric.look_back_days} days of records before the period" if metric.look_back_days else "",
        "Over time": "not tested, and not beside a year before: what counts may become known late"
        if metric.open_ended
        else "",
        "Interval (95 %)": _NO_SAMPLE if metric.is_effort else INTERVALS[metric.statistic],
        "Small cells protect": "people: small numbers are hidden in public"
        if metric.protects == "person"
        else "nobody: it counts events",
        "Needs tables": ", ".join(metric.tables),
        "Needs values in": ", ".join(metric.columns),
        "Source": metric.source,
        "Grade": f"{metric.grade}: {GRADES[metric.grade]}",
        "Query": f"metrics/sql/{metric.name}.sql",
    }
    return {label: text for label, text in said.items() if text}


def _complete_after(metric: Metric) -> str:
    if RECIDIVISM_DAYS in metric.sql:
        return f"metrics.recidivism_days, which is {Metrics().recidivism_days} where office.toml does not say"
    return f"{metric.follow_up_days} days" if metric.follow_up_days else ""


def describe(name: str) -> str:
    """What a metric counts, where that comes from, and what to mind, as lines of text; KeyError if there is none."""
    metric = next((metric for metric in METRICS if metric.name == name), None)
    if metric is None:
        near = get_close_matches(name, [metric.name for metric in METRICS], n=1)
        hint = f"did you mean [{near[0]}]?" if near else "`describe` without a name lists them"
        raise KeyError(f"metric [{name}] is not defined: {hint}")
    facts = {"Commitment": metric.commitment, **words(metric)}
    lines = [f"  {label.lower()}: {text}" for label, text in facts.items()]
    return "\n".join([f"{metric.name}: {metric.title}", *lines, *(f"  mind: {text}" for text in metric.warnings)])
