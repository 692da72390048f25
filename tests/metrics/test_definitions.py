"""The gates: no metric without its page and its line in CHANGELOG.md, no entry of the catalogue unaccounted for.

That each has its query, its record and its given/expect case is test_given_expect.test_each_metric_is_whole.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from strategic_prosecution.metrics import METRICS, Metric, coverage, fingerprints
from strategic_prosecution.metrics.coverage import CATALOGUE, FRAMEWORKS, Covered, unaccounted
from strategic_prosecution.metrics.fingerprints import HEADING, fingerprint, missing_lines, queries, tables_read
from strategic_prosecution.metrics.pages import COMMITMENTS, pages

ROOT = Path(__file__).parents[2]
BY_NAME = {metric.name: metric for metric in METRICS}
# Entries of each section of the catalogue, counted in it.
ENTRIES = {
    "Community safety": 39,
    "Community harm of the justice process": 29,
    "Fairness": 19,
    "Capacity and efficiency": 27,
    "Engagement and legitimacy": 14,
    "Diversion and prevention": 15,
    "Call-ins and focused deterrence": 22,
}


def test_the_pages_are_current() -> None:
    committed = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert committed == pages(), "docs/metrics.md is not what the metrics say: run `make docs`"


def test_every_metric_has_one_page_that_says_all_of_it() -> None:
    text = pages()
    for metric in METRICS:
        [page] = re.findall(rf"(?ms)^`{metric.name}`\n(.*?)(?=^##|\Z)", text)
        plain = page.replace("\\", "")
        said = (metric.definition, metric.numerator, metric.denominator, metric.counts, metric.unit, metric.source)
        for part in (*said, *metric.exclusions, *metric.warnings, *metric.breakdowns, f"sql/{metric.name}.sql"):
            assert part in plain, (metric.name, part)
    assert {metric.commitment for metric in METRICS} <= set(COMMITMENTS)


def test_a_metric_without_a_page_is_seen() -> None:
    first, *others = METRICS
    assert f"\n`{first.name}`\n" in pages() and f"\n`{first.name}`\n" not in pages(others)


def test_every_definition_has_its_line_in_the_changelog() -> None:
    lacking = missing_lines((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert lacking == [], "say in CHANGELOG.md what changed: `python -m strategic_prosecution.metrics.fingerprints`"


def changelog(*metrics: Metric) -> str:
    lines = "\n".join(f"- `{metric.name}` `{fingerprint(metric)}`: first definition" for metric in metrics)
    return f"# Changelog\n\n## [0.1.0]\n\n- else\n\n{HEADING}\n\n{lines}\n\n## Later\n"


@pytest.mark.parametrize(
    "changed",
    [
        {"definition": "Something else."},
        {"numerator": "something else"},
        {"statistic": "stock"},
        {"exclusions": ("something else",)},
        {"tables": ("incidents", "arrests")},
        {"columns": ("incidents.weapon",)},
        {"follow_up_days": 7},
        {"divisor": 12},
        {"protects": "person"},
        {"unit": "something else"},
        {"counts": "arrest"},
        {"denominator": "something else"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_definition_asks_for_a_line(changed: dict[str, object]) -> None:
    metric = BY_NAME["incident_count"]
    said = changelog(metric)
    assert missing_lines(said, [metric]) == []
    other = replace(metric, **changed)
    assert missing_lines(said, [other]) == [f"- `incident_count` `{fingerprint(other)}`: first definition"]


def test_a_changed_query_asks_for_a_line_and_a_changed_comment_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = BY_NAME["incident_count"]
    said, sql = changelog(metric), metric.sql
    monkeypatch.setattr(Metric, "sql", property(lambda self: "-- grain: in other words\n" + sql.replace("\n", "\n  ")))
    assert missing_lines(said, [metric]) == []
    monkeypatch.setattr(Metric, "sql", property(lambda self: sql + "\nlimit 1"))
    assert len(missing_lines(said, [metric])) == 1


def test_a_changed_shared_query_asks_for_a_line_of_those_that_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = [metric for metric in METRICS if "shared/shooting_incident_facts.sql" in queries(metric)]
    others = [metric for metric in METRICS if metric not in readers]
    assert readers and others
    said, text_of = changelog(*METRICS), fingerprints._shared
    assert missing_lines(said) == []
    monkeypatch.setattr(
        fingerprints, "_shared", lambda name: text_of(name) + (" limit 1" if name == "shooting_incident_facts" else "")
    )
    asked = [re.findall("`([a-z0-9_]+)`", line)[0] for line in missing_lines(said)]
    assert asked == [metric.name for metric in readers]


def test_a_line_elsewhere_or_without_a_word_is_none() -> None:
    metric = BY_NAME["incident_count"]
    line = f"- `{metric.name}` `{fingerprint(metric)}`"
    assert len(missing_lines(f"## [0.1.0]\n\n{line}: first definition\n", [metric])) == 1
    assert len(missing_lines(f"{HEADING}\n\n{line}: \n", [metric])) == 1
    assert missing_lines(f"{HEADING}\n\n{line}: counted anew\n", [metric]) == []


def test_a_query_is_known_with_what_it_starts_from() -> None:
    metric = BY_NAME["low_level_arrest_share"]
    assert list(queries(metric))[-1] == "sql/low_level_arrest_share.sql"
    assert "arrests" in tables_read(metric)
    assert "supervision" not in tables_read(BY_NAME["incident_count"])


def test_the_catalogue_is_accounted_for() -> None:
    assert {section: len(entries) for section, entries in CATALOGUE.items()} == ENTRIES
    assert unaccounted() == []


def test_items_of_frameworks_lead_to_entries() -> None:
    names = {name for entries in CATALOGUE.values() for name in entries}
    for items in FRAMEWORKS.values():
        assert {name for item in items.values() if isinstance(item, tuple) for name in item} <= names


def test_indicators_of_ppi_are_all_there() -> None:
    numbers = [item.split(" ")[0] for item in FRAMEWORKS["Prosecutorial Performance Indicators (PPI 2020)"]]
    found = {"1": 6, "2": 5, "3": 6, "4": 7, "5": 6, "6": 5, "7": 6, "9": 4}
    assert {part: sum(number.startswith(f"{part}.") for number in numbers) for part in found} == found


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (Covered(metrics=("no_such_metric",)), "planted: there is no metric no_such_metric"),
        (Covered(functions=("hotspots.no_such_function",)), "planted: there is no function hotspots.no_such_function"),
        (Covered(functions=("no_such_package.gini",)), "planted: there is no function no_such_package.gini"),
        (Covered(), "planted: nothing is said"),
    ],
)
def test_an_entry_that_nothing_answers_is_seen(monkeypatch: pytest.MonkeyPatch, planted: Covered, said: str) -> None:
    monkeypatch.setitem(coverage.CATALOGUE["Fairness"], "planted", planted)
    assert said in unaccounted()
