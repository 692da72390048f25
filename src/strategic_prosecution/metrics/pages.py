"""The metric pages, written from the metrics themselves, and what they cover of what the field measures.

``python -m strategic_prosecution.metrics.pages`` prints them; docs/metrics.md is their committed copy.
"""

from collections.abc import Iterable

from strategic_prosecution.metrics.coverage import CATALOGUE, FRAMEWORKS, Covered, beyond, of_framework
from strategic_prosecution.metrics.definitions import METRICS
from strategic_prosecution.metrics.describe import words
from strategic_prosecution.metrics.record import Commitment, Metric

COMMITMENTS: dict[Commitment, str] = {
    "crime reduction": "Community safety",
    "community harm": "Community harm of the justice process",
    "fairness": "Fairness",
    "capacity": "Capacity and efficiency",
    "engagement": "Engagement and legitimacy",
    "prevention": "Diversion and prevention",
    "call-ins": "Call-ins and focused deterrence",
}
_HEAD = """\
# Metrics

Written by `make docs` from the metrics themselves. Do not edit it here.

- Undefined is empty, never 0. A metric whose tables or columns nobody fills is not available here, and has no row.
- Values are made of whole numbers by one division; every figure has its numerator and, where there is one, its
  denominator. `stratpro explain` shows the rows behind any of them.
- Grades: **R** the definition was read at its source; **C** read, and its published number recomputed; **D** our own
  operational definition of an aim that the source names. The National Network for Safe Communities states aims, not
  formulas: no formula here is its own.
- "Complete after": a cohort is shown before, and marked incomplete."""


def pages(metrics: Iterable[Metric] = METRICS) -> str:
    """The pages as Markdown: a section per commitment, one page per metric, then what is covered, item by item."""
    metrics = tuple(metrics)
    parts = [_HEAD]
    for commitment, title in COMMITMENTS.items():
        of_commitment = [metric for metric in metrics if metric.commitment == commitment]
        parts += [f"## {title}", f"{len(of_commitment)} metrics.", *map(_page, of_commitment)]
    parts += [
        "## What the field measures, and what there is of it",
        "A metric or a function by name, or why there is none. A function is one of another package: a statistic that "
        "needs more than counts.",
    ]
    for section, entries in CATALOGUE.items():
        parts += [f"### Catalogue: {section.lower()}", _table(entries.items())]
    for framework, items in FRAMEWORKS.items():
        parts += [f"### {framework}", _table((title, of_framework(item)) for title, item in items.items())]
    ours = beyond(metric.name for metric in metrics)
    parts += ["### Beyond these", f"Metrics that none of them asks for: {_names(ours)}."]
    return "\n\n".join(parts) + "\n"


def _page(metric: Metric) -> str:
    lines = [f"### {metric.title}", "", f"`{metric.name}`", ""]
    lines += [f"- {label}: {_escaped(text)}" for label, text in words(metric).items()]
    lines += [f"- **Mind**: {_escaped(warning)}" for warning in metric.warnings]
    return "\n".join(lines)


def _table(items: Iterable[tuple[str, Covered]]) -> str:
    lines = ["| what | metrics | functions | note |", "|---|---|---|---|"]
    lines += [
        f"| {title} | {_names(covered.metrics)} | {_names(covered.functions)} | {_escaped(covered.note)} |"
        for title, covered in items
    ]
    return "\n".join(lines)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")


if __name__ == "__main__":
    print(pages(), end="")
