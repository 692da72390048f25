"""One metric in words."""

from difflib import get_close_matches

from strategic_prosecution.metrics.definitions import METRICS

_GRADES = {
    "R": "definition read at its source",
    "C": "read, and its published number recomputed",
    "D": "our own operational definition of an aim the source names",
}


def describe(name: str) -> str:
    """What a metric counts, where that comes from, and what to mind, as lines of text; KeyError if there is none."""
    metric = next((metric for metric in METRICS if metric.name == name), None)
    if metric is None:
        near = get_close_matches(name, [metric.name for metric in METRICS], n=1)
        hint = f"did you mean [{near[0]}]?" if near else "`describe` without a name lists them"
        raise KeyError(f"metric [{name}] is not defined: {hint}")
    lines = {
        "commitment": metric.commitment,
        "definition": metric.definition,
        "numerator": metric.numerator,
        "denominator": metric.denominator,
        "unit": metric.unit,
        "better": metric.better,
        "statistic": metric.statistic,
        "small cells protect": metric.protects,
        "by": ", ".join(metric.breakdowns),
        "needs tables": ", ".join(metric.tables),
        "needs values in": ", ".join(metric.columns),
        "complete after": f"{metric.follow_up_days} days" if metric.follow_up_days else "",
        "source": metric.source,
        "grade": f"{metric.grade}: {_GRADES[metric.grade]}",
        "query": f"metrics/sql/{metric.name}.sql",
    }
    facts = [f"  {label}: {text}" for label, text in lines.items() if text]
    return "\n".join([f"{metric.name}: {metric.title}", *facts, *(f"  mind: {text}" for text in metric.warnings)])
