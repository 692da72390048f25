"""The order of incidents in space and time: near repeats, chains, and clusters now and in the last year."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution import hotspots, model
from strategic_prosecution.settings import Office

DAYS = 365
# Two incidents are a near repeat; a chain is more.
LEAST_IN_CHAIN = 3
# The scan looks at squares: addresses next door to each other are one location.
SQUARE_M = 50
ALPHA = 0.05


def space_time(chosen: pd.DataFrame, *, office: Office, category: str, as_of: date) -> dict[str, pd.DataFrame]:
    """Rows of mart.near_repeat, near_repeat_chains and space_time_clusters of one category, of the last 365 days.

    chosen: located incidents of the category up to as_of: occurred_date, x, y, one row each. Empty frames where there
    are fewer than two incidents, or more than office.hotspots.space_time_limit.
    """
    recent = chosen.loc[
        chosen["occurred_date"] > pd.Timestamp(as_of - timedelta(days=DAYS)), ["occurred_date", "x", "y"]
    ]
    # One order, whatever the order of the rows: sums of doubles depend on it.
    recent = recent.sort_values(["occurred_date", "x", "y"], ignore_index=True)
    if not 2 <= len(recent) <= office.hotspots.space_time_limit:
        return {
            name: _rows(name, pd.DataFrame()) for name in ("near_repeat", "near_repeat_chains", "space_time_clusters")
        }
    common: dict[str, Any] = {"as_of": as_of, "category": category}
    bands = hotspots.near_repeat(
        recent["x"],
        recent["y"],
        recent["occurred_date"],
        distance_bands=office.hotspots.near_repeat.distance_m,
        time_bands=office.hotspots.near_repeat.days,
        permutations=office.hotspots.permutations,
        seed=office.hotspots.seed,
    )
    clusters = pd.concat(
        [_clusters(recent, office, as_of, prospective=prospective) for prospective in (True, False)], ignore_index=True
    )
    return {
        "near_repeat": _rows("near_repeat", bands.assign(**common)),
        "near_repeat_chains": _rows("near_repeat_chains", _chains(recent, office).assign(**common)),
        "space_time_clusters": _rows("space_time_clusters", clusters.assign(**common)),
    }


def _chains(recent: pd.DataFrame, office: Office) -> pd.DataFrame:
    label = hotspots.near_repeat_chains(
        recent["x"],
        recent["y"],
        recent["occurred_date"],
        distance_m=office.hotspots.near_repeat.distance_m[0],
        days=office.hotspots.near_repeat.days[0],
    )
    members = recent.assign(label=label)
    members = members[members.groupby("label")["label"].transform("size") >= LEAST_IN_CHAIN]
    middle = members.groupby("label")[["x", "y"]].transform("mean")
    members = members.assign(distance=np.hypot(members["x"] - middle["x"], members["y"] - middle["y"]))
    chains = members.groupby("label", as_index=False).agg(
        incidents=("label", "size"),
        first_date=("occurred_date", "min"),
        last_date=("occurred_date", "max"),
        x=("x", "mean"),
        y=("y", "mean"),
        radius_m=("distance", "max"),
    )
    # To the square, as everything that is published: an exact middle of three incidents is somebody's house.
    middles = (np.floor(chains[["x", "y"]].to_numpy() / SQUARE_M) + 0.5) * SQUARE_M
    chains = chains.assign(x=middles[:, 0], y=middles[:, 1], radius_m=chains["radius_m"].clip(lower=SQUARE_M))
    order = ["last_date", "first_date", "x", "y"]
    newest = chains.sort_values(order, ascending=[False, False, True, True], ignore_index=True)
    return newest.assign(chain=np.arange(1, len(newest) + 1))


def _clusters(recent: pd.DataFrame, office: Office, as_of: date, *, prospective: bool) -> pd.DataFrame:
    squares, location = np.unique(np.floor(recent[["x", "y"]].to_numpy() / SQUARE_M), axis=0, return_inverse=True)
    found = hotspots.space_time_scan(
        pd.DataFrame({"location": location.ravel(), "day": recent["occurred_date"]}),
        pd.DataFrame((squares + 0.5) * SQUARE_M, columns=["x", "y"]),
        max_radius_m=office.hotspots.scan.max_radius_m,
        max_days=office.hotspots.scan.max_days,
        prospective=prospective,
        permutations=office.hotspots.permutations,
        seed=office.hotspots.seed,
        alpha=ALPHA,
        end=pd.Timestamp(as_of),
    )
    return found.rename(columns={"first_day": "first_date", "last_day": "last_date"}).assign(
        mode="prospective" if prospective else "retrospective"
    )


def _rows(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows.reindex(columns=list(model.table(f"mart.{name}").names))
