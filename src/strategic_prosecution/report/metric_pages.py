"""What each number is: the words of docs/metrics.md, folded, in the report."""

from collections.abc import Iterable
from dataclasses import dataclass

from strategic_prosecution.metrics import Metric
from strategic_prosecution.metrics.describe import words
from strategic_prosecution.metrics.pages import COMMITMENTS

# Where a reader of the report cannot go.
_LEFT_OUT = ("Query", "Needs values in")


@dataclass(frozen=True)
class Page:
    """One metric: its title, its name, what there is to say (label, text), and what to mind."""

    title: str
    name: str
    said: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """The metrics of one commitment."""

    title: str
    pages: tuple[Page, ...]


def metric_pages(metrics: Iterable[Metric]) -> tuple[Chapter, ...]:
    """A chapter per commitment that has metrics, in the order of docs/metrics.md."""
    metrics = tuple(metrics)
    chapters = [
        Chapter(title, tuple(_page(metric) for metric in metrics if metric.commitment == commitment))
        for commitment, title in COMMITMENTS.items()
    ]
    return tuple(chapter for chapter in chapters if chapter.pages)


def _page(metric: Metric) -> Page:
    said = tuple((label, text) for label, text in words(metric).items() if label not in _LEFT_OUT)
    return Page(metric.title, metric.name, said, metric.warnings)
