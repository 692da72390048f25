"""What stands out beyond chance, how much was tested to find it, and how much of it chance alone would raise."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from strategic_prosecution.metrics.limits import OUTER
from strategic_prosecution.metrics.verdicts import FALSE_DISCOVERIES
from strategic_prosecution.report.charts import Chart, draw
from strategic_prosecution.report.commitments import newest
from strategic_prosecution.report.data import MetricRecord, ReportData
from strategic_prosecution.report.tables import Shown, View, view
from strategic_prosecution.report.wording import NOT_KNOWN, day, decimal, integer, measure, period, share, words

_KINDS = {
    "control_chart": "the months before",
    "funnel": "all areas together",
    "same_days": "the same days of three years",
}
_LISTED = 40


@dataclass(frozen=True)
class Watched:
    """A headline metric by month: the line, and as a band the limits of the months tested."""

    title: str
    unit: str
    chart: Chart


@dataclass(frozen=True)
class Signals:
    """The part of the page on what stands out: what to take from it in sentences, the tables, the charts."""

    sentences: tuple[str, ...]
    standing_out: View
    charts: tuple[Watched, ...]
    windows: View
    tested: View


def signals(data: ReportData) -> Signals:
    """What is called up or down as of the report's day, headline metrics first, beside what was tested in all."""
    frame = _signals(data)
    titled = {metric.name: metric for metric in data.metrics}
    frame = frame[frame["metric"].isin(titled)]
    return Signals(
        sentences=tuple(_sentences(data, frame, titled)),
        standing_out=_standing_out(data, frame, titled),
        charts=_charts(data, frame, titled),
        windows=_windows(data, frame, titled),
        tested=_tested(frame),
    )


def _signals(data: ReportData) -> pd.DataFrame:
    frame = data.frame("metric_signals")
    frame = frame[pd.to_datetime(frame["as_of"]) == pd.Timestamp(data.as_of)]
    numbers = ("observed", "expected", "lower_wide", "upper_wide", "p_value", "q_value")
    return frame.assign(
        is_headline=frame["is_headline"].eq(True).fillna(False).astype(bool),
        period_start=pd.to_datetime(frame["period_start"]),
        period_end=pd.to_datetime(frame["period_end"]),
        **{name: frame[name].astype("Float64").astype("float64") for name in numbers},
    )


def _sentences(data: ReportData, frame: pd.DataFrame, titled: dict[str, MetricRecord]) -> list[str]:
    tested = frame[frame["p_value"].notna()]
    if tested.empty:
        return ["Nothing could be tested: no figure has the finished months, or the areas, that a test needs."]
    of_headline, others = tested[tested["is_headline"]], tested[~tested["is_headline"]]
    said = [
        f"{_figures(len(of_headline))} of headline metrics, named in office.toml, {_were(len(of_headline))} tested, "
        f"each at {share(OUTER)}. Had nothing changed, {_by_chance(len(of_headline))} would stand out by chance alone; "
        f"{integer(_called(of_headline))} {_do(_called(of_headline))}.",
        f"{_figures(len(others))} of other metrics {_were(len(others))} tested together (Benjamini and Hochberg 1995): "
        f"{integer(_called(others))} {_do(_called(others))}, and of such about {share(FALSE_DISCOVERIES)} are chance. "
        f"Tested one by one at 5 %, about {integer(len(others) * 0.05)} would have stood out with nothing changed.",
        "Up and down say on which side of the expected a figure lies, not whether that is good, and not why.",
    ]
    untested = [titled[name].title for name in data.headline if name not in set(of_headline["metric"])]
    if untested:
        said.append(f"Headline metrics of which nothing could be tested: {'; '.join(untested)}.")
    return said


def _by_chance(tests: int) -> str:
    """How many of so many tests alarm where nothing has changed."""
    return f"about {decimal(tests * OUTER)}" if tests * OUTER >= 0.1 else "fewer than 0.1"


def _figures(number: int) -> str:
    return f"{integer(number)} figure{'' if number == 1 else 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _do(number: int) -> str:
    return "does" if number == 1 else "do"


def _called(tested: pd.DataFrame) -> int:
    return int(tested["verdict"].isin(["up", "down"]).sum())


def _standing_out(data: ReportData, frame: pd.DataFrame, titled: dict[str, MetricRecord]) -> View:
    found = frame[frame["verdict"].isin(["up", "down"])]
    order = {name: number for number, name in enumerate(data.headline)}
    found = found.assign(rank=found["metric"].map(order).fillna(len(order))).sort_values(
        ["rank", "q_value", "metric", "kind", "period_start", "breakdown", "segment"], ignore_index=True
    )
    areas = data.frame("areas").dropna(subset=["title"]).set_index(["layer", "area_id"])["title"].to_dict()
    rows = found.head(_LISTED).to_dict("records")
    units = [titled[row["metric"]].unit for row in rows]
    shown = pd.DataFrame(
        {
            "title": [titled[row["metric"]].title for row in rows],
            "headline": ["headline" if row["is_headline"] else "" for row in rows],
            "where": [_where(row, areas) for row in rows],
            "verdict": [row["verdict"] for row in rows],
            "observed": [measure(row["observed"], unit) for row, unit in zip(rows, units, strict=True)],
            "expected": [_expected(row, unit) for row, unit in zip(rows, units, strict=True)],
            "beside": [_KINDS[row["kind"]] for row in rows],
        }
    )
    columns = (
        Shown("title", "Metric"),
        Shown("headline", "Named in office.toml"),
        Shown("where", "When and where"),
        Shown("verdict", "Called"),
        Shown("observed", "Observed", numeric=True),
        Shown("expected", "Expected (99.8 % limits)", numeric=True),
        Shown("beside", "Beside"),
    )
    more = len(found) - len(shown)
    return view(
        shown,
        columns,
        caption="What stands out",
        empty="Nothing stands out beyond chance.",
        notes=[f"{integer(more)} more are in the table metric_signals."] if more else (),
    )


def _where(row: dict[Any, Any], areas: dict[Any, str]) -> str:
    if row["kind"] == "same_days":
        return f"{day(row['period_start'])} to {day(row['period_end'])}"
    when = period(row["period"], row["period_start"])
    if not row["segment"]:
        return when
    area = areas.get((str(row["breakdown"]).removesuffix(" of residence"), row["segment"]), row["segment"])
    return f"{when}, {area} ({words(row['breakdown']).lower()})"


def _expected(row: dict[Any, Any], unit: str) -> str:
    limits = f"{measure(row['lower_wide'], unit)} to {measure(row['upper_wide'], unit)}"
    return f"{measure(row['expected'], unit)} ({limits})"


def _charts(data: ReportData, frame: pd.DataFrame, titled: dict[str, MetricRecord]) -> tuple[Watched, ...]:
    """The months of each headline metric that its chart rests on, as the page's own line; the band are its limits."""
    tested = frame[(frame["kind"] == "control_chart") & frame["p_value"].notna() & frame["is_headline"]]
    months = newest(data.frame("metrics"))
    months = months[(months["breakdown"] == "") & (months["period"] == "month") & months["complete"]]
    drawn = []
    for name in data.headline:
        limits = tested.loc[tested["metric"] == name, ["period_start", "lower_wide", "upper_wide"]]
        points = months[months["metric"] == name]
        if limits.empty or points["value"].notna().sum() == 0:
            continue
        first = limits["period_start"].max() - pd.DateOffset(months=35)
        points = points[points["period_start"] >= first].drop(columns=["lower", "upper"])
        points = points.merge(limits, on="period_start", how="left")
        points = points.rename(columns={"lower_wide": "lower", "upper_wide": "upper"})
        metric = titled[name]
        drawn.append(
            Watched(metric.title, metric.unit, draw(points, kind="month", unit=metric.unit, breaks=data.breaks))
        )
    return tuple(drawn)


def _windows(data: ReportData, frame: pd.DataFrame, titled: dict[str, MetricRecord]) -> View:
    """The last 28 complete days and the year to date of the headline metrics that are counts."""
    rows = frame[(frame["kind"] == "same_days") & frame["is_headline"]].to_dict("records")
    found = {(row["metric"], row["period"]): row for row in rows}
    pairs = [(found[name, "month"], found[name, "year"]) for name in data.headline if (name, "month") in found]
    shown = pd.DataFrame(
        {
            "title": [titled[short["metric"]].title for short, _ in pairs],
            "through": [short["period_end"] for short, _ in pairs],
            "now": [short["observed"] for short, _ in pairs],
            "before": [_before(short, decimal) for short, _ in pairs],
            "year": [year["observed"] for _, year in pairs],
            "year_before": [_before(year, integer) for _, year in pairs],
            "change": [_change(year) for _, year in pairs],
        }
    )
    columns = (
        Shown("title", "Metric"),
        Shown("through", "Complete through", day),
        Shown("now", "Last 28 days", integer, numeric=True),
        Shown("before", "Same days, mean of three years", numeric=True),
        Shown("year", "Year to date", integer, numeric=True),
        Shown("year_before", "Same day, year before", numeric=True),
        Shown("change", "Change", numeric=True),
    )
    return view(
        shown,
        columns,
        caption="The last 28 complete days, and the year so far",
        empty="No headline metric counts what happens on a day.",
        notes=("A change to date is not tested. Of small counts it is large by chance: 9 after 4 is not unusual.",),
    )


def _before(row: dict[Any, Any], write: Callable[[Any], str]) -> str:
    return str(row["note"]) if pd.isna(row["expected"]) else write(row["expected"])


def _change(year: dict[Any, Any]) -> str:
    if pd.isna(year["expected"]):
        return NOT_KNOWN
    if year["expected"] == 0:
        return "none to divide by"
    return f"{100 * (year['observed'] - year['expected']) / year['expected']:+.1f}\N{NO-BREAK SPACE}%"


def _tested(frame: pd.DataFrame) -> View:
    """How many figures of each rule were tested, how many alarms, how many by chance; and why the others were not."""
    rows = []
    for kind, beside in _KINDS.items():
        # A year to date is shown, and never tested.
        of_kind = frame[(frame["kind"] == kind) & ~((kind == "same_days") & (frame["period"] == "year"))]
        is_tested = of_kind["p_value"].notna()
        reasons = of_kind.loc[~is_tested, "note"].dropna().map(_reason).value_counts().sort_index()
        rows.append(
            {
                "beside": beside,
                "tested": int(is_tested.sum()),
                "called": _called(of_kind[is_tested]),
                "not_tested": int((~is_tested).sum()),
                "why": tuple(f"{integer(number)}: {why}" for why, number in reasons.items()) or ("",),
            }
        )
    shown = pd.DataFrame(rows)
    number = partial(integer, missing="0")
    columns = (
        Shown("beside", "Compared with"),
        Shown("tested", "Tested", number, numeric=True),
        Shown("called", "Called up or down", number, numeric=True),
        Shown("not_tested", "Not tested", number, numeric=True),
        Shown("why", "Why not", lambda lines: lines),
    )
    return view(
        shown,
        columns,
        caption="What was tested",
        empty="",
        notes=(
            "Months: limits from up to 24 complete months before the last twelve, negative binomial for counts and"
            " binomial for shares, as wide as those months vary (never less than by chance). Simulated with nothing"
            " changed, mostly fewer than 0.25 % of months lie beyond the 99.8 % limits (0.5 % where few cases vary"
            " much), and a year has such a month in 0.4 to 5 % of years.",
            "Areas: limits around the rate of all areas together (Spiegelhalter 2005), as wide as areas differ. An area"
            " beyond them is unusual beside the others; it says nothing of a cause.",
            "Nothing is compared across a day on which counting changed, nor before a period and its follow-up are"
            " over.",
        ),
    )


def _reason(note: str) -> str:
    """One reason for all numbers and days it is told with."""
    if note.startswith("needs"):
        return "too few finished months, or areas"
    return "counting changed" if note.startswith("counting changed") else note
