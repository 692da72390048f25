"""Metrics by race and ethnicity with their benchmark, and the headline metrics by area."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from strategic_prosecution.report.commitments import FIGURE, Figure, figure, latest_complete, share_hidden
from strategic_prosecution.report.data import MetricRecord, ReportData
from strategic_prosecution.report.tables import View
from strategic_prosecution.report.wording import HIDDEN, integer, period, share, words

BY_RACE = "race_ethnicity"
# Rules of practice, section 4: past this share of hidden cells, offer the coarser period or area.
TOO_MUCH_HIDDEN = 0.2
_COARSER = {
    "month": "The figures by quarter or year hide less.",
    "quarter": "The figures by year hide less.",
    "year": "Several years together, or a larger area, hide less.",
}
_RATES = ("rate", "median_km", "per_capita")


@dataclass(frozen=True)
class Hidden:
    """How much of a set of figures is hidden; ``advice`` says what hides less, when it is too much."""

    cells: int
    of: int
    advice: str

    @property
    def share(self) -> str:
        """The share hidden, in percent."""
        return share(self.cells / self.of if self.of else 0.0)


def hidden(figures: list[Figure], *, kind: str) -> Hidden:
    """Count what is hidden among figures of one kind of period."""
    cells, total = share_hidden(figures)
    return Hidden(cells, total, _COARSER[kind] if total and cells / total > TOO_MUCH_HIDDEN else "")


def by_race(data: ReportData, metrics: pd.DataFrame) -> tuple[tuple[View, ...], Hidden]:
    """One table per metric that the data has by race/ethnicity, for the latest complete year (else quarter, month).

    A rate stands beside its own numerator and denominator (conditional on the stage before); a count beside the share
    of residents. Ratios are unadjusted. ``metrics``: as from ``commitments.newest``.
    """
    complete = metrics[metrics["complete"] & (metrics["breakdown"] == BY_RACE)]
    # The newest period of each kind.
    last = complete.groupby(["metric", "period"])["period_start"].transform("max")
    rows = dict(iter(complete[complete["period_start"] == last].groupby(["metric", "period"])))
    totals = metrics[metrics["breakdown"] == ""].set_index(["metric", "period", "period_start"])["numerator"]
    residents = residents_by_race(data, metrics)
    views, figures, kind = [], [], "year"
    for metric in data.metrics:
        kind_shown = next((kind for kind in ("year", "quarter", "month") if (metric.name, kind) in rows), "")
        if not kind_shown:
            continue
        part = rows[metric.name, kind_shown]
        made = [figure(row, metric.unit) for row in part[FIGURE].to_dict("records")]
        figures += made
        kind = kind_shown
        total = totals.get((metric.name, kind_shown, part["period_start"].iloc[0]), np.nan)
        views.append(_race_view(metric, part, made, total=total, residents=residents))
    return tuple(views), hidden(figures, kind=kind)


def _race_view(
    metric: MetricRecord, part: pd.DataFrame, figures: list[Figure], *, total: float, residents: pd.Series
) -> View:
    start = part["period_start"].iloc[0]
    segments = part["segment"]
    written = [words(segment) for segment in segments]
    values = [one.value + (f" ({one.limits})" if one.limits else "") for one in figures]
    of_residents = [share(residents.get(segment), missing="not known") for segment in segments]
    if metric.statistic in _RATES:
        header = (metric.unit.capitalize(), "Numerator", "Denominator")
        columns = [values, _counts(part, "numerator"), _counts(part, "denominator")]
        benchmark = f"Benchmark: {metric.denominator or 'none stated'}."
    else:
        header = (metric.unit.capitalize(), "Share of the total", "Share of residents")
        of_total = part["numerator"] / total if total > 0 else part["numerator"] * np.nan
        shares = [HIDDEN if hide else share(one) for hide, one in zip(part["suppressed"], of_total, strict=True)]
        columns = [values, shares, of_residents]
        benchmark = "Benchmark: residents, which says nothing of who had contact with the stage before."
        if residents.empty:
            benchmark = "Benchmark: none; there are no residents by race/ethnicity in this office's extracts."
    return View(
        caption=f"{metric.title}, {period(str(part['period'].iloc[0]), start)}",
        header=(("Race/ethnicity", False), *((title, True) for title in header)),
        rows=tuple(zip(written, *columns, strict=True)),
        notes=(benchmark,),
    )


def _counts(part: pd.DataFrame, column: str) -> list[str]:
    pairs = zip(part["suppressed"], part[column], strict=True)
    return [HIDDEN if hide else integer(value) for hide, value in pairs]


def area_layer(data: ReportData, metrics: pd.DataFrame) -> str:
    """The layer whose outlines and tables the page uses: one the metrics are broken down by, else the coarsest."""
    layers = data.frame("areas")["layer"].value_counts()
    if layers.empty:
        return ""
    breakdowns = set(metrics["breakdown"].unique())
    used = [layer for layer in sorted(layers.index) if layer in breakdowns]
    return str(used[0] if used else min(sorted(layers.index), key=lambda layer: layers[layer]))


def residents_by_race(data: ReportData, metrics: pd.DataFrame) -> pd.Series:
    """Share of residents by race/ethnicity over the page's layer; empty when the population table has none."""
    frame = _of_layer(data.frame("population"), area_layer(data, metrics))
    frame = frame[frame["race_ethnicity"] != "all"]
    counts = frame.groupby("race_ethnicity")["population"].sum().astype(float)
    return counts / counts.sum() if counts.sum() > 0 else counts.iloc[:0]


def _of_layer(population: pd.DataFrame, layer: str) -> pd.DataFrame:
    return population[(population["layer"] == layer) & (population["age_band"] == "all")]


def _natural(ids: pd.Series) -> pd.Series:
    """Numbers inside names as numbers: district 2 before district 12."""
    return ids.astype(str).str.replace(r"\d+", lambda found: found.group().zfill(12), regex=True)


def by_area(data: ReportData, metrics: pd.DataFrame) -> tuple[View | None, Hidden]:
    """The headline metrics by area for the latest complete year: where events happen and, if known, where people live.

    None when no headline metric is broken down by the page's layer.
    """
    layer = area_layer(data, metrics)
    areas = data.frame("areas")
    areas = areas[areas["layer"] == layer].sort_values("area_id", key=_natural, kind="stable")
    names = dict(zip(areas["area_id"], areas["title"].fillna(areas["area_id"]), strict=True))
    named = {metric.name: metric for metric in data.metrics}
    breakdowns = (layer, f"{layer} of residence")
    placed = metrics[metrics["metric"].isin(data.headline) & metrics["breakdown"].isin(breakdowns)]
    of_year = latest_complete(placed, kind="year", by=["metric", "breakdown"]).groupby(["metric", "breakdown"])
    parts = dict(iter(of_year))
    columns: list[dict[str, Figure]] = []
    figures: list[Figure] = []
    titles: list[str] = []
    for name in data.headline:
        for breakdown in breakdowns:
            if layer == "" or (name, breakdown) not in parts:
                continue
            part = parts[name, breakdown]
            made = {str(row["segment"]): figure(row, named[name].unit) for row in part.to_dict("records")}
            if not set(made) & set(names):
                # Nobody's area is known: one number under "unknown" is no breakdown.
                continue
            columns.append(made)
            figures += made.values()
            where = "" if breakdown == layer else ", by where people live"
            titles.append(f"{named[name].title}{where}, {part['period_start'].iloc[0].year}")
    if not columns:
        return None, Hidden(0, 0, "")
    others = sorted({segment for column in columns for segment in column} - set(names))
    people = _of_layer(data.frame("population"), layer)
    residents = people[people["race_ethnicity"] == "all"].set_index("area_id")["population"]
    has_residents = bool(len(residents))
    rows_shown = tuple(
        (
            str(names.get(area, words(area))),
            *((integer(residents.get(area), missing=""),) if has_residents else ()),
            *(column[area].value if area in column else "" for column in columns),
        )
        for area in [*names, *others]
    )
    view = View(
        caption=f"The headline metrics by {layer.replace('_', ' ')}",
        header=(
            (words(layer), False),
            *((("Residents", True),) if has_residents else ()),
            *((title, True) for title in titles),
        ),
        rows=rows_shown,
        notes=("Areas differ in size and in who passes through them: compare an area with itself before others.",),
    )
    return view, hidden(figures, kind="year")
