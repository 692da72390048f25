"""Where incidents concentrate: grid, Gi*, hot spots, their identity over time, and how well they held up.

Pure functions: arrays and frames in, frames and small frozen results out. Coordinates are metres in the office's metric
CRS, dates are local calendar dates. Nothing here reads a clock, a file or a database, and what is random takes a seed.
"""

from strategic_prosecution.hotspots.accuracy import (
    Trial,
    choose_cells,
    mark_cells,
    nij_cells,
    prediction_accuracy,
    try_cells,
)
from strategic_prosecution.hotspots.clusters import cluster_points, cluster_polygons
from strategic_prosecution.hotspots.density import kernel_density, relative_risk
from strategic_prosecution.hotspots.dissolve import outlines
from strategic_prosecution.hotspots.forecast import (
    ForecastChoice,
    History,
    choose_forecast,
    expected_incidents,
    incident_history,
    outcome_events,
    try_forecasts,
)
from strategic_prosecution.hotspots.gi_star import (
    false_discovery_rate,
    gi_star,
    gi_star_exact,
    gi_star_grid,
    gi_star_permutation,
    two_sided_p,
)
from strategic_prosecution.hotspots.grid import Grid, count_points, make_grid, stray_points
from strategic_prosecution.hotspots.hot_spots import (
    HotSpots,
    LocatedIncidents,
    cells_of_hot_spots,
    find_hot_spots,
    hot_spots_in,
    locate_incidents,
)
from strategic_prosecution.hotspots.hot_times import HotTimes, hot_times
from strategic_prosecution.hotspots.moran import local_moran
from strategic_prosecution.hotspots.near_repeat import near_repeat, near_repeat_chains
from strategic_prosecution.hotspots.persistence import (
    classify_persistence,
    follow_hot_spots,
    former_hot_spots,
    match_identity,
    name_hot_spots,
)
from strategic_prosecution.hotspots.scan import space_time_scan
from strategic_prosecution.hotspots.units import (
    assign_polygons,
    assign_segments,
    find_hot_units,
    touching_areas,
    touching_segments,
)

__all__ = [
    "ForecastChoice",
    "Grid",
    "History",
    "HotSpots",
    "HotTimes",
    "LocatedIncidents",
    "Trial",
    "assign_polygons",
    "assign_segments",
    "cells_of_hot_spots",
    "choose_cells",
    "choose_forecast",
    "classify_persistence",
    "cluster_points",
    "cluster_polygons",
    "count_points",
    "expected_incidents",
    "false_discovery_rate",
    "find_hot_spots",
    "find_hot_units",
    "follow_hot_spots",
    "former_hot_spots",
    "gi_star",
    "gi_star_exact",
    "gi_star_grid",
    "gi_star_permutation",
    "hot_spots_in",
    "hot_times",
    "incident_history",
    "kernel_density",
    "local_moran",
    "locate_incidents",
    "make_grid",
    "mark_cells",
    "match_identity",
    "name_hot_spots",
    "near_repeat",
    "near_repeat_chains",
    "nij_cells",
    "outcome_events",
    "outlines",
    "prediction_accuracy",
    "relative_risk",
    "space_time_scan",
    "stray_points",
    "touching_areas",
    "touching_segments",
    "try_cells",
    "try_forecasts",
    "two_sided_p",
]
