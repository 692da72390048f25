"""Whether the hot spots of an earlier day held, beside baselines; and the forecast, where an office wants one."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.hotspots import (
    ForecastChoice,
    Grid,
    History,
    Trial,
    cells_of_hot_spots,
    choose_cells,
    choose_forecast,
    expected_incidents,
    incident_history,
    mark_cells,
    nij_cells,
    outcome_events,
    try_cells,
    try_forecasts,
)
from strategic_prosecution.hotspots.forecast import BASELINES, MIN_EVENTS, YEAR_DAYS
from strategic_prosecution.settings import Office

# Reviewed or counted whoever reported them; of everything else only what a victim reported is forecast.
# What reported_by says where it says something.
TOLD = ("victim", "police", "company", "other")
SHOOTINGS = ("homicide", "nonfatal_shooting")


def trials(chosen: pd.DataFrame, grid: Grid, *, office: Office, category: str, as_of: date) -> pd.DataFrame:
    """Rows of mart.hot_spot_accuracy: the hot spots of trial_days ago and baselines, tried on the days since.

    All methods are tried on the same incidents. The forecast is among them where the office wants one and the category
    can be forecast; it knows victim-reported incidents only, so its recapture rate index is left out.
    """
    settings = office.hotspots
    chosen_on = as_of - timedelta(days=settings.trial_days)
    past = _history(chosen, grid, office)
    observed = past.located.counts(as_of, settings.trial_days).reshape(grid.mask.shape)
    surfaces = {
        name: expected_incidents(name, past, as_of=chosen_on, trial_days=settings.trial_days) for name in BASELINES
    }
    learnable = _eligible(chosen, as_of=chosen_on)
    if settings.forecast and not isinstance(learnable, str):
        known = _history(learnable, grid, office)
        if outcome_events(known, as_of=chosen_on, trial_days=settings.trial_days) >= MIN_EVENTS:
            surfaces["forecast"] = expected_incidents(
                "forecast", known, as_of=chosen_on, trial_days=settings.trial_days
            )
    smallest, largest = nij_cells(grid)
    rows = []
    for days in settings.windows_days:
        spots = cells_of_hot_spots(
            past.located,
            as_of=chosen_on,
            window_days=days,
            min_incidents=settings.min_incidents,
            q_value=settings.q_value,
        )
        marked = mark_cells([cell for cells in spots["cells"] for cell in cells], grid=grid)
        found = _try(marked, observed, grid, office, past.counts(chosen_on, days) * settings.trial_days / days)
        rows.append(_row(found, days, "hot_spots", "hot_spots", hot_spots=len(spots)))
        areas = {"hot_spots": found.cells, "nij_smallest": smallest, "nij_largest": largest}
        for method, expected in surfaces.items():
            for rule, cells in areas.items():
                shares = choose_cells(expected, cells=cells, grid=grid)
                promised = None if method == "forecast" else expected
                rows.append(_row(_try(shares, observed, grid, office, promised), days, method, rule))
    common = {"as_of": as_of, "category": category, "chosen_on": chosen_on, "trial_days": settings.trial_days}
    return _table("mart.hot_spot_accuracy", rows, common).astype({"hot_spots": "Int64"})


def forecasts(
    chosen: pd.DataFrame, grid: Grid, *, office: Office, category: str, as_of: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of mart.forecasts and mart.forecast_cells: which forecast is published and why, and its highest cells.

    Both are empty when the office wants none. The model knows, and is tried on, victim-reported incidents and shootings
    only. Cells: the largest area of the NIJ challenge, without those that expect no more than the average cell; where
    the forecast cannot tell cells apart, the kernel density does, then the position.
    """
    settings = office.hotspots
    if not settings.forecast:
        return _table("mart.forecasts", [], {}), _table("mart.forecast_cells", [], {})
    common: dict[str, Any] = {"as_of": as_of, "category": category}
    learnable = _eligible(chosen, as_of=as_of)
    if isinstance(learnable, str):
        choice, cells = ForecastChoice("none", learnable, outcome_events=0, trials=0), []
    else:
        past = _history(learnable, grid, office)
        when: dict[str, Any] = {"as_of": as_of, "trial_days": settings.trial_days}
        tried = try_forecasts(past, **when)
        choice = choose_forecast(tried, outcome_events=outcome_events(past, **when), seed=settings.seed)
        cells = [] if choice.published == "none" else [_highest(past, choice.published, as_of, settings.trial_days)]
    row = {name: getattr(choice, name) for name in ForecastChoice.__dataclass_fields__}
    return (
        _table("mart.forecasts", [row | {"trial_days": settings.trial_days}], common),
        pd.concat(cells).assign(**common)[list(model.table("mart.forecast_cells").names)]
        if cells
        else _table("mart.forecast_cells", [], {}),
    )


def _eligible(chosen: pd.DataFrame, *, as_of: date) -> pd.DataFrame | str:
    """The incidents a forecast may know, or why there are none: shootings, and what a victim reported."""
    known = chosen[chosen["occurred_date"] <= pd.Timestamp(as_of)]
    shooting = known["offense_category"].isin(SHOOTINGS)
    by_victim = known["reported_by"] == "victim"
    is_told = known.loc[~shooting, "reported_by"].isin(TOLD)
    if not (by_victim | shooting).all() and not is_told.any():
        return "the data do not say who reported; only what victims report, and shootings, may be forecast"
    return known[shooting | by_victim]


def _history(incidents: pd.DataFrame, grid: Grid, office: Office) -> History:
    x, y = incidents["x"].to_numpy(), incidents["y"].to_numpy()
    return incident_history(x, y, incidents["occurred_date"], grid=grid, bandwidth_m=office.hotspots.bandwidth_m)


def _try(chosen: Any, observed: Any, grid: Grid, office: Office, expected: Any) -> Trial:
    return try_cells(chosen, observed, grid=grid, seed=office.hotspots.seed, expected=expected)


def _row(trial: Trial, days: int, method: str, rule: str, hot_spots: int | None = None) -> dict[str, Any]:
    return vars(trial) | {"window_days": days, "method": method, "area_rule": rule, "hot_spots": hot_spots}


def _highest(past: History, method: str, as_of: date, trial_days: int) -> pd.DataFrame:
    grid = past.grid
    expected = expected_incidents(method, past, as_of=as_of, trial_days=trial_days).ravel()
    inside = np.flatnonzero(grid.mask)
    order = np.lexsort((inside, -past.density(as_of, YEAR_DAYS).ravel()[inside], -expected[inside]))
    top = inside[order[: nij_cells(grid)[1]]]
    top = top[expected[top] > expected[inside].mean()]
    row, column = np.divmod(top, grid.columns)
    x, y = grid.centres(row, column)
    return pd.DataFrame(
        {
            "cell_row": row,
            "cell_column": column,
            "x": x,
            "y": y,
            "rank": np.arange(1, top.size + 1),
            "expected": expected[top],
            "incidents_last_year": past.located.counts(as_of, YEAR_DAYS)[top],
        }
    )


def _table(name: str, rows: list[dict[str, Any]], common: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([common | row for row in rows], columns=list(model.table(name).names))
