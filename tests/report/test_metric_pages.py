"""What each number is, in the report: every metric once, in the words of its definition, escaped."""

from dataclasses import replace

from strategic_prosecution.metrics import METRICS
from strategic_prosecution.metrics.pages import COMMITMENTS
from strategic_prosecution.report.environment import environment
from strategic_prosecution.report.metric_pages import metric_pages


def test_every_metric_has_its_place_in_the_order_of_commitments() -> None:
    chapters = metric_pages(METRICS)
    assert sorted(page.name for chapter in chapters for page in chapter.pages) == sorted(m.name for m in METRICS)
    titles = [chapter.title for chapter in chapters]
    assert titles == [title for title in COMMITMENTS.values() if title in titles]


def test_a_page_says_what_counts_what_does_not_and_what_to_mind() -> None:
    metric = next(metric for metric in METRICS if metric.name == "incident_count")
    [chapter] = metric_pages([metric])
    [page] = chapter.pages
    said = dict(page.said)
    assert said["Definition"] == metric.definition and said["Counts"].startswith("incident;")
    assert said["Not counted"] == "; ".join(metric.exclusions) and page.warnings == metric.warnings
    assert "Denominator" not in said, "a count has none"
    assert said["Interval (95 %)"] == "exact Poisson (Garwood 1936)"
    assert "Query" not in said


def test_the_template_prints_it_folded_and_escaped() -> None:
    planted = replace(METRICS[0], title="Planted <title>", definition="Under <5 & more.", warnings=("Mind <this>.",))
    text = environment().get_template("metric_pages.html.j2").render(chapters=metric_pages([planted]))
    assert text.count("<details>") == text.count("</details>") == 1 and "1 metrics" in text
    for part in ("Planted &lt;title&gt;", "Under &lt;5 &amp; more.", "Mind &lt;this&gt;.", planted.numerator):
        assert part in text
    assert "<title>" not in text and "<5" not in text
