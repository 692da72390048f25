"""Knox tables of the Chicago burglaries of 2016 that Davies published beside Ratcliffe's calculator."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from strategic_prosecution.hotspots import near_repeat, near_repeat_chains

pytestmark = pytest.mark.realdata
BANDS = {"distance_bands": [0.1, 200, 400, 600], "time_bands": [7, 14, 21]}
# NearRepeat (Davies, MIT), "Usage of Knox test": bands closed above, as the crow flies and round the corner.
CLOSED = [[342, 97, 62], [1892, 1514, 1362], [4145, 3643, 3592], [5805, 5143, 4919]]
MANHATTAN = [[342, 97, 62], [1502, 1163, 1038], [2806, 2431, 2386], [3968, 3553, 3395]]
# The same pairs in bands open above, which are not ours.
OPEN = [[319, 106, 62], [1647, 1539, 1400], [3598, 3660, 3638], [5028, 5167, 4935]]


@pytest.fixture(scope="module")
def burglaries() -> pd.DataFrame:
    path = Path(os.environ["REALDATA"]) / "worked_examples" / "chicago_burglary_2014_2017.csv"
    rows = pd.read_csv(path)
    rows["day"] = pd.to_datetime(rows["date_single"], format="%d/%m/%Y")
    of_2016 = rows[rows["day"].dt.year == 2016]
    assert len(of_2016) == 11_701
    return of_2016


def counted(found: pd.DataFrame) -> list[list[int]]:
    return found["observed"].to_numpy().reshape(4, 3).tolist()


def test_the_tables_are_those_published(burglaries):
    x, y, day = burglaries["x"], burglaries["y"], burglaries["day"]
    found = near_repeat(x, y, day, **BANDS, permutations=99, seed=1)
    assert counted(found) == CLOSED
    assert counted(near_repeat(x, y, day, **BANDS, permutations=1, seed=1, metric="manhattan")) == MANHATTAN
    # The same door in the same week is near-repeat burglary's signature, in every published table.
    assert found.loc[0, "p_value"] == 0.01
    assert found.loc[0, "knox_ratio"] > 5


def test_bands_open_above_are_those_of_a_day_and_a_hair_less(burglaries):
    """How to have the other convention: [previous, this) of whole days is (previous - 1, this - 1]."""
    found = near_repeat(
        burglaries["x"],
        burglaries["y"],
        burglaries["day"],
        distance_bands=[0.1 - 1e-6, 200 - 1e-6, 400 - 1e-6, 600 - 1e-6],
        time_bands=[6, 13, 20],
        permutations=1,
        seed=1,
    )
    assert counted(found) == OPEN


def test_chains_hold_every_near_pair(burglaries):
    x, y, day = burglaries["x"], burglaries["y"], burglaries["day"]
    pairs = near_repeat(x, y, day, distance_bands=[200], time_bands=[7], permutations=1, seed=1)["observed"].item()
    size = np.bincount(near_repeat_chains(x, y, day, distance_m=200, days=7))
    assert size.sum() == 11_701
    # A chain of n holds at least n - 1 of the pairs and at most all n (n - 1) / 2.
    assert (size - 1).sum() <= pairs == CLOSED[0][0] + CLOSED[1][0] <= (size * (size - 1) // 2).sum()
