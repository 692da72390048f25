"""Where incidents concentrate: grid, Gi*, hot spots, their identity over time, and how well they held up.

Pure functions: arrays and frames in, frames and small frozen results out. Coordinates are metres in the office's metric
CRS, dates are local calendar dates. Nothing here reads a clock, a file or a database, and nothing is random.
"""

from strategic_prosecution.hotspots.accuracy import HotSpotAccuracy, hot_spot_accuracy, prediction_accuracy
from strategic_prosecution.hotspots.gi_star import false_discovery_rate, gi_star, gi_star_grid, two_sided_p
from strategic_prosecution.hotspots.grid import Grid, count_points, make_grid
from strategic_prosecution.hotspots.hot_spots import HotSpots, find_hot_spots
from strategic_prosecution.hotspots.persistence import classify_persistence, match_identity

__all__ = [
    "Grid",
    "HotSpotAccuracy",
    "HotSpots",
    "classify_persistence",
    "count_points",
    "false_discovery_rate",
    "find_hot_spots",
    "gi_star",
    "gi_star_grid",
    "hot_spot_accuracy",
    "make_grid",
    "match_identity",
    "prediction_accuracy",
    "two_sided_p",
]
