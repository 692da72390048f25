"""Planted hot spots and the planted intervention: where they are, when they are active, how strong, and the draws."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from strategic_prosecution.demo import days
from strategic_prosecution.demo.county import DIAGONAL, HALF, StreetMap
from strategic_prosecution.demo.shares import deal

# Shootings in the treated places fall to this share of what the control places have, from INTERVENTION on.
EFFECT = 0.65
# Emerging: the last nine months. Former: the first eighteen.
EMERGING_FROM = days.DAYS - 275
FORMER_UNTIL = 547
_APART_M = 900.0


def plant_spots(rng: np.random.Generator, street_map: StreetMap, *, incidents: int) -> pd.DataFrame:
    """One row per hot spot: a corner and its blocks. The persistent violence spots are the treated and control places.

    Columns: spot_id, category (violence | burglary), kind (persistent | emerging | former), arm (treated | control |
    ''), node, x, y, strength, first_day, until_day (not included), and ``blocks``: rows of the segments.
    Violence spots are spots of shootings too.
    """
    pairs = int(np.clip(incidents // 10_000, 2, 6))
    extra = int(np.clip(incidents // 20_000, 1, 3))
    plan = (
        [("violence", "persistent", arm) for arm in ("treated", "control") for _ in range(pairs)]
        + [("violence", kind, "") for kind in ("emerging", "former") for _ in range(extra)]
        + [("burglary", kind, "") for kind in ("persistent", "emerging", "former") for _ in range(extra)]
    )
    spots = pd.DataFrame(plan, columns=["category", "kind", "arm"])
    spots.insert(0, "spot_id", "HS" + pd.Series(np.arange(1, len(spots) + 1)).astype(str).str.zfill(2))
    spots["node"] = _corners(rng, street_map, count=len(spots))
    corner = street_map.nodes.iloc[spots["node"]]
    spots["x"], spots["y"] = corner["x"].to_numpy(), corner["y"].to_numpy()
    spots["blocks"] = pd.Series([_touching(street_map.segments, node) for node in spots["node"]], dtype=object)
    spots["strength"] = 1.2
    # The arms are equally strong at the start, pair by pair: the planted effect is the only difference.
    for arm in ("treated", "control"):
        spots.loc[spots["arm"] == arm, "strength"] = np.linspace(0.8, 1.8, pairs)
    # A spot nobody has known for long has to be strong to be seen at all.
    spots.loc[spots["kind"] != "persistent", "strength"] = 1.3
    spots["first_day"] = np.where(spots["kind"] == "emerging", EMERGING_FROM, 0)
    spots["until_day"] = np.where(spots["kind"] == "former", FORMER_UNTIL, days.DAYS)
    return spots


def watched_blocks(street_map: StreetMap, planted: pd.DataFrame) -> pd.DataFrame:
    """The corners police watch: the strongest control spot, and the two corners farthest from every spot.

    Columns: node, x, y, spot_id ('' where there is no spot), blocks. Police find things where they look: on a map that
    counts what they find, the two quiet corners are hot spots.
    """
    nodes = street_map.nodes
    control = planted[planted["arm"] == "control"].sort_values("strength").iloc[-1]
    place = nodes[["x", "y"]].to_numpy()
    known = [int(node) for node in planted["node"]]
    quiet = []
    candidates = _crossings(street_map)
    for _ in range(2):
        nearest = cKDTree(place[known]).query(place[candidates])[0]
        quiet.append(int(candidates[np.argmax(nearest)]))
        known.append(quiet[-1])
    watched = pd.DataFrame({"node": [int(control["node"]), *quiet], "spot_id": [control["spot_id"], "", ""]})
    corner = nodes.iloc[watched["node"]]
    return watched.assign(
        x=corner["x"].to_numpy(),
        y=corner["y"].to_numpy(),
        blocks=pd.Series([_touching(street_map.segments, node) for node in watched["node"]], dtype=object),
    )


def season() -> np.ndarray[Any, np.dtype[np.float64]]:
    """Relative number of incidents per day: a summer peak of a fifth and a slow fall over the three years."""
    day = np.arange(days.DAYS)
    rate: np.ndarray[Any, np.dtype[np.float64]] = 1 + 0.2 * np.sin(2 * np.pi * (day - 100) / 365.25)
    return rate * (1 - 0.04 * day / 365.25)


def expected_per_day(spots: pd.DataFrame, *, shootings: bool) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Relative expected incidents, spots x days, summing to one; the intervention acts on shootings only."""
    day = np.arange(days.DAYS)
    active = (day >= spots["first_day"].to_numpy()[:, None]) & (day < spots["until_day"].to_numpy()[:, None])
    rate: np.ndarray[Any, np.dtype[np.float64]] = spots["strength"].to_numpy()[:, None] * active * season()
    if shootings:
        # Gunfire is more concentrated than other violence.
        rate = rate * spots["strength"].to_numpy()[:, None]
        treated = (spots["arm"] == "treated").to_numpy()[:, None] & (day >= days.INTERVENTION)
        rate = rate * np.where(treated, EFFECT, 1.0)
    shares: np.ndarray[Any, np.dtype[np.float64]] = rate / rate.sum()
    return shares


def draw_in_spots(
    rng: np.random.Generator, spots: pd.DataFrame, *, count: int, shootings: bool
) -> tuple[days.Ints, days.Ints, days.Ints]:
    """``count`` incidents inside the spots: row of the spot, row of the segment, day.

    Each spot gets its expected number in each year, rounded, so that the planted order and effect are in the data and
    not only in expectation; the days within the year are drawn.
    """
    rate = expected_per_day(spots, shootings=shootings)
    year = days.year_of(np.arange(days.DAYS))
    first_days = np.flatnonzero(np.r_[True, np.diff(year) > 0])
    expected = np.add.reduceat(rate, first_days, axis=1).ravel()
    cell = rng.permutation(np.repeat(np.arange(expected.size), deal(expected, total=count)))
    # Within its spot and year a draw is one along the cumulated rate.
    ends = np.cumsum(expected)
    along = ends[cell] - expected[cell] * (1 - rng.random(count))
    at = np.minimum(np.searchsorted(np.cumsum(rate), along), rate.size - 1)
    spot, day = np.divmod(at, days.DAYS)
    block = np.minimum(rng.geometric(0.45, count) - 1, 99)
    sizes = np.array([len(rows) for rows in spots["blocks"]])
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    segment = np.concatenate(spots["blocks"].to_list())[first[spot] + block % sizes[spot]]
    return spots.index.to_numpy()[spot], segment, day


def _corners(rng: np.random.Generator, street_map: StreetMap, *, count: int) -> list[int]:
    """Corners of four or more blocks, away from the edge of town and from each other."""
    candidates = rng.permutation(_crossings(street_map))
    place = street_map.nodes[["x", "y"]].to_numpy()
    chosen: list[int] = []
    for node in candidates:
        if all(np.hypot(*(place[node] - place[other])) >= _APART_M for other in chosen):
            chosen.append(int(node))
        if len(chosen) == count:
            return chosen
    raise ValueError(f"only [{len(chosen)}] of [{count}] hot spots fit on the map; ask for fewer incidents")


def _crossings(street_map: StreetMap) -> days.Ints:
    """Nodes of four or more blocks, away from the edge of town."""
    nodes = street_map.nodes
    ends = np.concatenate([street_map.segments["node_from"], street_map.segments["node_to"]])
    whole = np.bincount(ends, minlength=len(nodes)) >= 4
    inside = (nodes["u"].abs() < HALF - 800) & (nodes["v"].abs() < HALF - 800)
    return np.flatnonzero(whole & inside.to_numpy())


def _touching(segments: pd.DataFrame, node: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    meets = (segments["node_from"] == node) | (segments["node_to"] == node)
    return np.flatnonzero(meets & (segments["name"] != DIAGONAL))
