"""The whole page: what each section holds, put into the templates."""

from dataclasses import dataclass

from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.report import charts
from strategic_prosecution.report.commitments import Comparison, Summary, comparisons, newest, summaries
from strategic_prosecution.report.community_harm import community_harm
from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.environment import environment, policy
from strategic_prosecution.report.fairness import area_layer, by_area, by_race, hidden
from strategic_prosecution.report.geocoding import geocoding
from strategic_prosecution.report.groups import groups
from strategic_prosecution.report.hot_spots import hot_spots
from strategic_prosecution.report.metric_pages import metric_pages
from strategic_prosecution.report.people import Linking, people
from strategic_prosecution.report.problem_solving import problem_solving
from strategic_prosecution.report.relative_rates import relative_rates
from strategic_prosecution.report.signals import signals
from strategic_prosecution.report.tables import accounting, report_lags

SIDE_BY_SIDE = ("crime reduction", "community harm")
BELOW = ("fairness", "capacity", "engagement", "prevention", "call-ins")
GRADES = {
    "R": "definition read in the source named",
    "C": "recomputed and equal to the figure published by the source named",
    "D": "our own operational definition; the source gives the aim, not the formula",
}


def render_report(data: ReportData, *, linking: Linking | None = None) -> str:
    """The report of one edition as one self-contained HTML page.

    ``linking``: how people were linked, for the internal edition; None where they were not.

    The page asks for nothing over the network, and its Content-Security-Policy (default-src 'none', scripts by their
    SHA-256) has the browser refuse it if it did. Outside the inlined BokehJS no address with a scheme is printed.
    Values from the data are escaped. Without scripts everything is there but the interactive map. The same data give
    the same text. Raises pyproj.exceptions.CRSError when there are hot spots and ``data.crs`` is none.
    """
    metrics = newest(data.frame("metrics"))
    made = summaries(data, metrics)
    shown = _shown(data, made)
    figures = [one for comparison in shown for one in (comparison.now, comparison.before) if one is not None]
    pairs, alarms = comparisons(shown)
    areas, areas_hidden = by_area(data, metrics)
    race, race_hidden = by_race(data, metrics)
    layer = area_layer(data, metrics)
    places = hot_spots(data, layer=layer)
    is_internal = data.edition == "internal"
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            data=data,
            policy=policy(places.map.library, places.map.script),
            columns=[_column(data, made, commitment) for commitment in SIDE_BY_SIDE],
            below=[
                _column(data, made, commitment)
                for commitment in BELOW
                if any(metric.commitment == commitment for metric in data.metrics)
            ],
            pairs=pairs,
            alarms=alarms,
            figures_hidden=hidden(figures, kind="quarter"),
            areas=areas,
            areas_hidden=areas_hidden,
            race=race,
            race_hidden=race_hidden,
            community_harm=community_harm(data, metrics, layer=layer),
            hot_spots=places,
            chapters=metric_pages(metric for metric in METRICS if metric.name in made),
            signals=signals(data) if is_internal else None,
            problem_solving=problem_solving(data, metrics, layer=layer),
            relative_rates=relative_rates(data) if is_internal else None,
            groups=groups(data) if is_internal else None,
            quality=(accounting(data), report_lags(data)),
            geocoding=geocoding(data),
            people=people(data, linking),
            without_rows=[summary.metric.title for summary in made.values() if summary.line is None],
            grades=GRADES,
            table_warnings=_table_warnings(data.edition),
            box=charts,
        )
    )


@dataclass(frozen=True)
class Column:
    """One commitment: headline metrics as cards, the others as lines, and titles of those without a figure."""

    title: str
    cards: tuple[Summary, ...]
    lines: tuple[Summary, ...]
    without: tuple[str, ...]


def _shown(data: ReportData, made: dict[str, Summary]) -> list[Comparison]:
    """The comparisons that the page prints: every period of a headline metric, one line of the others."""
    return [
        comparison
        for summary in made.values()
        for comparison in (
            summary.comparisons
            if summary.metric.name in data.headline
            else (() if summary.line is None else (summary.line,))
        )
    ]


def _column(data: ReportData, made: dict[str, Summary], commitment: str) -> Column:
    of_commitment = [made[metric.name] for metric in data.metrics if metric.commitment == commitment]
    with_rows = [summary for summary in of_commitment if summary.line is not None]
    headline = [made[name] for name in data.headline if name in made]
    return Column(
        title=commitment,
        cards=tuple(summary for summary in headline if summary in with_rows),
        lines=tuple(summary for summary in with_rows if summary not in headline),
        without=tuple(summary.metric.title for summary in of_commitment if summary.line is None),
    )


def _table_warnings(edition: model.Edition) -> list[tuple[str, str]]:
    """Warnings of every table a figure may rest on: those of core, and those published in this edition."""
    return [
        (table.name.replace("_", " "), warning)
        for table in model.TABLES
        if table.schema == "core" or edition in table.editions
        for warning in table.warnings
    ]
