"""How earlier hot spots held up beside plain baselines, and which forecast is published."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.tables import HOT_SPOTS_LISTED, Shown, View, absent, view
from strategic_prosecution.report.wording import HIDDEN, day, days, decimal, integer, interval, share, words

METHODS = {
    "hot_spots": "Hot spots",
    "forecast": "Forecast by a model",
    "last_year": "Last year's counts",
    "three_years": "Three years' counts",
    "density": "Kernel density",
    "uniform": "Every place alike",
}
RULES = {
    "hot_spots": "on as much area",
    "nij_largest": "on NIJ's largest area",
    "nij_smallest": "on NIJ's smallest area",
}


@dataclass(frozen=True)
class Trials:
    """The trial in sentences and a table; of the forecasts, what is published and why, and the first places."""

    sentences: tuple[str, ...]
    accuracy: View
    forecasts: tuple[str, ...]
    places: tuple[View, ...]


def trials(data: ReportData, areas_at: Callable[[pd.DataFrame], list[str]]) -> Trials:
    """What was chosen some days ago, tried on the days since. ``areas_at``: titles of the areas at points x, y."""
    frame = data.frame("hot_spot_accuracy")
    return Trials(
        sentences=tuple(_sentences(frame)),
        accuracy=_accuracy(frame),
        forecasts=tuple(_forecast(row) for row in data.frame("forecasts").sort_values("category").to_dict("records")),
        places=_places(data, areas_at),
    )


def _sentences(frame: pd.DataFrame) -> list[str]:
    """The verdict per category and window, long windows first."""
    tried = frame[["category", "window_days"]].drop_duplicates()
    tried = tried.sort_values(["category", "window_days"], ascending=[True, False])
    verdicts = (
        (row.category, row.window_days, verdict(frame, row.category, row.window_days)) for row in tried.itertuples()
    )
    return [f"{words(category)}, {days(window)}: {said}" for category, window, said in verdicts if said]


def verdict(frame: pd.DataFrame, category: Any, window_days: Any) -> str | None:
    """Whether hot spots of that category and window did better than last year's counts; None where not tried beside.

    ``frame``: mart.hot_spot_accuracy. Where the two intervals overlap there is no clear difference.
    """
    rows = frame[(frame["category"] == category) & (frame["window_days"] == window_days)]
    by_method = rows[rows["area_rule"] == "hot_spots"].set_index("method")
    if not {"hot_spots", "last_year"} <= set(by_method.index):
        return None
    ours, theirs = by_method.loc[["hot_spots", "last_year"]].to_dict("records")
    if not ours["cells"] or pd.isna(ours["hit_rate"]) or pd.isna(theirs["hit_rate"]):
        return None
    compared = (
        f"over the {days(ours['trial_days'])} since {day(ours['chosen_on'])} the hot spots of then caught"
        f" {share(ours['hit_rate'])} of {integer(ours['incidents'])} incidents, last year's counts on as much area"
        f" {share(theirs['hit_rate'])}"
    )
    if ours["hit_rate_lower"] > theirs["hit_rate_upper"]:
        return f"{_capital(compared)}: the hot spots did better."
    if theirs["hit_rate_lower"] > ours["hit_rate_upper"]:
        return f"{_capital(compared)}: last year's counts did better."
    return f"No clear difference: {compared}; the intervals overlap."


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _accuracy(frame: pd.DataFrame) -> View:
    """One row per category, window and method, the area rules beside each other; every place alike is a note."""
    frame = frame[frame["method"] != "uniform"]
    key = ["category", "window_days", "method"]
    alike = frame[frame["area_rule"] == "hot_spots"]
    table = alike.drop_duplicates(key).copy()
    for rule in RULES:
        rows = frame[frame["area_rule"] == rule]
        # Where the office hides a figure (public edition), incidents are told and what was caught is not.
        texts = [_with_interval(row, "hit_rate") for row in rows.to_dict("records")]
        caught = rows[key].assign(**{f"caught_{rule}": pd.Series(texts, index=rows.index, dtype=object)})
        table = table.merge(caught, on=key, how="left")
    order = {name: number for number, name in enumerate(METHODS)}
    table["order"] = table["method"].map(order)
    table = table.sort_values(["category", "window_days", "order"], ascending=[True, False, True], ignore_index=True)
    table["pai_text"] = pd.Series([_pai(row) for row in table.to_dict("records")], index=table.index, dtype=object)
    columns = (
        Shown("category", "Category", words),
        Shown("window_days", "Window, days", integer, numeric=True),
        Shown("method", "Chosen by", METHODS.__getitem__),
        Shown("incidents", "Incidents", integer, numeric=True),
        Shown("area_share", "Share of the area", share, numeric=True),
        *(
            Shown(f"caught_{rule}", f"Caught {title}", _text, numeric=True, optional=True)
            for rule, title in RULES.items()
        ),
        Shown("pai_text", "PAI", numeric=True),
        Shown("pei", "PEI", partial(decimal, digits=2, missing=""), numeric=True, optional=True),
        Shown(
            "recapture_rate_index",
            "Recapture rate index",
            partial(decimal, digits=2, missing=""),
            numeric=True,
            optional=True,
        ),
    )
    when = ""
    if len(table):
        first, length = table["chosen_on"].dropna(), table["trial_days"].dropna()
        if len(first) and len(length):
            when = f": chosen on {day(first.max())}, tried on the {days(length.max())} since"
    return view(
        table,
        columns,
        caption=f"What was chosen then, and what it caught since{when}",
        empty=absent("earlier hot spots to try"),
        notes=(
            "Caught: share of the incidents since inside the chosen places, with its 95 % interval. PAI, predictive"
            " accuracy index: share caught divided by share of the area (Chainey, Tompson and Uhlig 2008). PEI: PAI"
            " divided by the best attainable for that area (Hunt 2016). Recapture rate index: incidents expected"
            " inside divided by those that came (Levine 2008): above 1, fewer came than expected. Places chosen"
            " without knowing anything catch their share of the area, a PAI of 1.",
            *(
                ["NIJ: the areas of the forecasting challenge of the National Institute of Justice, 2017."]
                if frame["area_rule"].isin(["nij_smallest", "nij_largest"]).any()
                else []
            ),
        ),
    )


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _with_interval(row: dict[Any, Any], name: str) -> str:
    if not row["cells"]:
        return "none chosen"
    if pd.isna(row[name]):
        return HIDDEN if row["incidents"] else "no incident"
    limits = interval(row[f"{name}_lower"], row[f"{name}_upper"], "share")
    return share(row[name]) + (f" ({limits})" if limits else "")


def _pai(row: dict[Any, Any]) -> str:
    if not row["cells"]:
        return "none chosen"
    if pd.isna(row["pai"]):
        return HIDDEN if row["incidents"] else "no incident"
    limits = interval(row["pai_lower"], row["pai_upper"], "")
    return decimal(row["pai"]) + (f" ({limits})" if limits else "")


def _forecast(row: dict[Any, Any]) -> str:
    ahead = f"{words(row['category'])}, the next {days(row['trial_days'])}"
    if row["published"] == "none":
        return f"{ahead}: no forecast is published. {_sentence(row['reason'])}"
    method = METHODS.get(str(row["published"]), words(row["published"])).lower()
    number = "are" if method.endswith("counts") else "is"
    return f"{ahead}: {method} {number} published. {_sentence(row['reason'])}"


def _sentence(text: Any) -> str:
    plain = "" if pd.isna(text) else str(text).strip().rstrip(".")
    return f"{_capital(plain)}." if plain else ""


def _places(data: ReportData, areas_at: Callable[[pd.DataFrame], list[str]]) -> tuple[View, ...]:
    columns = (
        Shown("rank", "Rank", integer, numeric=True),
        Shown("area", "Area"),
        Shown("expected", "Incidents expected", partial(decimal, digits=2), numeric=True),
        Shown("incidents_last_year", "Incidents last year", integer, numeric=True),
    )
    views = []
    for category, part in data.frame("forecast_cells").groupby("category", sort=True):
        first = part.sort_values("rank", ignore_index=True).head(HOT_SPOTS_LISTED)
        views.append(
            view(
                first.assign(area=areas_at(first)),
                columns,
                caption=f"{words(category)}: the first {len(first)} of {len(part)} cells of the published forecast",
                empty="",
            )
        )
    return tuple(views)
