"""The whole page: what each section holds, put into the templates."""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from strategic_prosecution import model
from strategic_prosecution.report import charts, maps
from strategic_prosecution.report.commitments import Comparison, Summary, comparisons, newest, summaries
from strategic_prosecution.report.data import MetricRecord, ReportData
from strategic_prosecution.report.fairness import area_layer, by_area, by_race, hidden
from strategic_prosecution.report.geocoding import geocoding
from strategic_prosecution.report.people import Linking, people
from strategic_prosecution.report.tables import (
    View,
    absent,
    accounting,
    composition,
    group_priorities,
    group_scorecard,
    hot_spot_accuracy,
    hot_spot_list,
    leads,
    report_lags,
)
from strategic_prosecution.report.wording import day, without_scheme

SIDE_BY_SIDE = ("crime reduction", "community harm")
BELOW = ("fairness", "capacity", "engagement", "prevention")
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
    environment = _environment()
    hot_spots = _hot_spots(data, environment, layer=area_layer(data, metrics))
    return environment.get_template("page.html.j2").render(
        data=data,
        policy=_policy(hot_spots),
        columns=[_column(data, made, commitment) for commitment in SIDE_BY_SIDE],
        below=[_column(data, made, commitment) for commitment in BELOW],
        pairs=pairs,
        alarms=alarms,
        figures_hidden=hidden(figures, kind="quarter"),
        areas=areas,
        areas_hidden=areas_hidden,
        race=race,
        race_hidden=race_hidden,
        hot_spots=hot_spots,
        groups=(group_priorities(data), group_scorecard(data), leads(data)),
        composition=composition(data),
        quality=(accounting(data), report_lags(data)),
        geocoding=geocoding(data),
        people=people(data, linking),
        without_rows=[summary.metric.title for summary in made.values() if summary.line is None],
        grades=GRADES,
        table_warnings=_table_warnings(data.edition),
        box=charts,
    )


@dataclass(frozen=True)
class Column:
    """One commitment: headline metrics as cards, the others as lines, and titles of those without a figure."""

    title: str
    cards: tuple[Summary, ...]
    lines: tuple[Summary, ...]
    without: tuple[str, ...]
    methods: tuple[MetricRecord, ...]


@dataclass(frozen=True)
class HotSpots:
    """The map in its two forms with the list of each choice; the last three are '' without one."""

    choices: tuple[tuple[maps.Choice, maps.DrawnMap, View], ...]
    accuracy: View
    outlines: bool
    classes: dict[str, str]
    warnings: tuple[str, ...]
    library: Markup
    item: Markup
    script: Markup


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
    headline = [made[name] for name in data.headline]
    return Column(
        title=commitment,
        cards=tuple(summary for summary in headline if summary in with_rows),
        lines=tuple(summary for summary in with_rows if summary not in headline),
        without=tuple(summary.metric.title for summary in of_commitment if summary.line is None),
        methods=tuple(summary.metric for summary in of_commitment),
    )


def _hot_spots(data: ReportData, environment: Environment, *, layer: str) -> HotSpots:
    areas = data.frame("areas")
    areas = areas[areas["layer"] == layer]
    spots = maps.located(data.frame("hot_spots"), areas, crs=data.crs)
    shown = maps.choices(spots)
    shapes = maps.outlines(areas, spots)
    drawn = [
        (
            choice,
            maps.draw(choice, shapes, spots),
            hot_spot_list(choice.spots),
        )
        for choice in shown
    ]
    # The library, our script and the JSON (its < > & are escaped) go in as they are: scripts are hashed to the letter.
    return HotSpots(
        choices=tuple(drawn),
        accuracy=hot_spot_accuracy(data),
        outlines=len(shapes) > 0,
        classes={name: fill for name, fill in maps.CLASSES.items() if name},
        warnings=model.table("mart.hot_spots").warnings,
        library=Markup(maps.bokeh_library() if shown else ""),
        item=Markup(maps.bokeh_item(shown, shapes) if shown else ""),
        script=Markup(environment.get_template("map.js").render() if shown else ""),
    )


def _policy(hot_spots: HotSpots) -> str:
    """The Content-Security-Policy: nothing may be fetched; only our own scripts run, each named by its SHA-256."""
    scripts = [
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
        for script in (hot_spots.library, hot_spots.script)
        if script
    ]
    allowed = " ".join(scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _table_warnings(edition: model.Edition) -> list[tuple[str, str]]:
    """Warnings of every table a figure may rest on: those of core, and those published in this edition."""
    return [
        (table.name.replace("_", " "), warning)
        for table in model.TABLES
        if table.schema == "core" or edition in table.editions
        for warning in table.warnings
    ]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("strategic_prosecution.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: (
            without_scheme(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
    )
    environment.filters["day"] = day
    environment.globals["absent"] = absent
    return environment
