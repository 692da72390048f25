"""What a metric counts, as eight hex digits: a definition that changed has others, and CHANGELOG.md has to say so.

``python -m strategic_prosecution.metrics.fingerprints`` prints the lines that CHANGELOG.md lacks.
"""

import hashlib
import re
import sys
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from strategic_prosecution.metrics.cells import SHARED
from strategic_prosecution.metrics.definitions import METRICS
from strategic_prosecution.metrics.record import Metric

HEADING = "## Metric definitions"
_DIGITS = 8
# What is counted or claimed: a new title, warning or breakdown changes no number that is out already.
_FIELDS = (
    "definition",
    "numerator",
    "denominator",
    "counts",
    "unit",
    "protects",
    "statistic",
    "tables",
    "columns",
    "exclusions",
    "follow_up_days",
    "look_back_days",
    "open_ended",
    "divisor",
)


def queries(metric: Metric) -> dict[str, str]:
    """The queries that make the facts of a metric, by file below metrics/: the shared ones it reads, then its own."""
    texts = {f"shared/{name}.sql": _shared(name) for name in SHARED}
    wanted: dict[str, str] = {}
    asked = [metric.sql]
    while asked:
        text = asked.pop()
        read = {file: shared for file, shared in texts.items() if file not in wanted and _reads(text, Path(file).stem)}
        wanted |= read
        asked += read.values()
    return {file: text for file, text in texts.items() if file in wanted} | {f"sql/{metric.name}.sql": metric.sql}


def tables_read(metric: Metric) -> frozenset[str]:
    """The tables of core that these queries read, by bare name."""
    return frozenset(name for text in queries(metric).values() for name in re.findall(r"\bcore\.(\w+)", _bare(text)))


def fingerprint(metric: Metric) -> str:
    """The first digits of SHA-256 over the definition of a metric and its queries, less comments and blanks."""
    said = [f"{name}={getattr(metric, name)!r}" for name in _FIELDS]
    said += [f"{file}={_bare(text)}" for file, text in queries(metric).items()]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:_DIGITS]


def missing_lines(changelog: str, metrics: Iterable[Metric] = METRICS) -> list[str]:
    """A line for each metric whose definition the section of CHANGELOG.md does not name as it is now."""
    section = changelog.partition(f"{HEADING}\n")[2].partition("\n## ")[0]
    said = set(re.findall(rf"^- `(\w+)` `([0-9a-f]{{{_DIGITS}}})`: \S.*$", section, re.MULTILINE))
    lacking = [metric for metric in metrics if (metric.name, fingerprint(metric)) not in said]
    return [f"- `{metric.name}` `{fingerprint(metric)}`: first definition" for metric in lacking]


def _shared(name: str) -> str:
    return (resources.files(__package__) / "shared" / f"{name}.sql").read_text(encoding="utf-8")


def _reads(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", _bare(text)) is not None


def _bare(sql: str) -> str:
    return " ".join(re.sub(r"--[^\n]*", " ", sql).split())


if __name__ == "__main__":
    changelog = Path(sys.argv[1] if len(sys.argv) > 1 else "CHANGELOG.md")
    print("\n".join(missing_lines(changelog.read_text(encoding="utf-8"))))
