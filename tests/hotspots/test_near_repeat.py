import tracemalloc
import warnings
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from strategic_prosecution.hotspots import near_repeat, near_repeat_chains

# The package gives this name to the function.
MODULE = import_module("strategic_prosecution.hotspots.near_repeat")


def table(x, y, day, **settings):
    defaults = {"distance_bands": [100, 200], "time_bands": [3, 7], "permutations": 19, "seed": 1}
    return near_repeat(x, y, day, **{**defaults, **settings})


def observed(found: pd.DataFrame) -> list[list[int]]:
    return found["observed"].to_numpy().reshape(found["distance_to"].nunique(), -1).tolist()


def planted(n: int = 400, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 3000, (2, n)).round(1)
    return x, y, random.integers(0, 365, n)


def test_bands_are_closed_above_and_the_first_holds_zero():
    # The pathological pair of NearRepeat (Davies, MIT): 100 m and 3 days apart.
    found = table([0, 100], [0, 0], [0, 3])
    assert observed(found) == [[1, 0], [0, 0]]
    assert found[["distance_from", "distance_to"]].drop_duplicates().to_numpy().tolist() == [[0, 100], [100, 200]]
    assert found[["time_from", "time_to"]].to_numpy().tolist() == [[0, 3], [3, 7], [0, 3], [3, 7]]
    assert observed(table([5, 5], [7, 7], [1, 1])) == [[1, 0], [0, 0]]
    assert observed(table([0, 100.001], [0, 0], [0, 4])) == [[0, 0], [0, 1]]
    assert observed(table([0, 200], [0, 0], [0, 7])) == [[0, 0], [0, 1]]
    assert observed(table([0, 200.001], [0, 0], [0, 7])) == [[0, 0], [0, 0]]
    assert observed(table([0, 1], [0, 1], [0, 8])) == [[0, 0], [0, 0]]


def test_the_last_digit_of_a_coordinate_decides_nothing():
    # 0.3 - 0.2 is a hair below 0.1 in doubles, 12345.7 - 12345.6 a hair above.
    for x in ([0.2, 0.3], [12345.6, 12345.7]):
        assert observed(table(x, [0, 0], [0, 0], distance_bands=[0.1, 200])) == [[1, 0], [0, 0]]


def test_manhattan_goes_round_the_corner():
    # 60 east and 80 north: 100 m as the crow flies, 140 round the corner.
    assert observed(table([0, 60], [0, 80], [0, 0])) == [[1, 0], [0, 0]]
    assert observed(table([0, 60], [0, 80], [0, 0], metric="manhattan")) == [[0, 0], [1, 0]]


def test_expected_and_p_by_hand():
    """Two at one door on days 0 and 1, one far off on day 100: of the three ways to deal the days out, one is near."""
    found = table([0, 0, 9000], [0, 0, 0], [0, 1, 100], permutations=2999, distance_bands=[100], time_bands=[7])
    assert found["observed"].item() == 1
    assert found["expected"].item() == pytest.approx(1 / 3, abs=0.04)
    assert found["knox_ratio"].item() == pytest.approx(1 / found["expected"].item())
    assert found["p_value"].item() == (round(found["expected"].item() * 2999) + 1) / 3000


def test_what_is_undefined_is_nan():
    found = table([0, 0, 9000], [0, 0, 0], [0, 50, 100])
    assert found["observed"].tolist() == [0, 0, 0, 0]
    assert found["expected"].tolist() == [0, 0, 0, 0]
    assert found["knox_ratio"].isna().all()
    # A pair at one door, never near in time: all permutations have as many. At 100 to 200 m there is no pair.
    np.testing.assert_array_equal(found["p_value"], [1, 1, np.nan, np.nan])
    assert len(table([], [], [])) == 4
    assert table([1], [1], [1])["p_value"].isna().all()


@pytest.mark.parametrize("closest", [0, 150])
def test_a_band_counts_as_pointpats_does(closest):
    x, y, day = planted()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pointpats import Knox

        up_to = [Knox(np.column_stack([x, y]), day[:, None], delta=d, tau=14, permutations=0) for d in (150, 400)]
    counts = [int(oracle.statistic_) for oracle in up_to]
    found = table(x, y, day, distance_bands=[150, 400], time_bands=[14])
    assert observed(found) == [[counts[0]], [counts[1] - counts[0]]]
    assert counts[0] > 10


def test_every_pair_is_counted_in_however_many_blocks(monkeypatch):
    x, y, day = planted()
    whole = table(x, y, day)
    days, metres = np.abs(day[:, None] - day), np.hypot(x[:, None] - x, y[:, None] - y)
    upper = np.triu(np.ones(days.shape, dtype=bool), 1)
    by_hand = [
        [int((upper & (metres > a) & (metres <= b) & (days > c) & (days <= d)).sum()) for c, d in ((-1, 3), (3, 7))]
        for a, b in ((-1, 100), (100, 200))
    ]
    assert observed(whole) == by_hand
    monkeypatch.setattr(MODULE, "PAIRS_AT_ONCE", 40)
    pd.testing.assert_frame_equal(table(x, y, day), whole)


def test_the_order_of_rows_and_the_first_day_make_no_difference():
    x, y, day = planted()
    order = np.random.default_rng(4).permutation(x.size)
    dates = pd.Timestamp("2024-02-01") + pd.to_timedelta(day, unit="D")
    whole = table(x, y, day)
    pd.testing.assert_frame_equal(table(x[order], y[order], day[order]), whole)
    pd.testing.assert_frame_equal(table(x, y, dates), whole)
    assert not table(x, y, day, seed=2)["expected"].equals(whole["expected"])


def test_near_repeats_are_found_and_their_absence_as_well():
    x, y, day = planted(600)
    again = np.random.default_rng(5).choice(600, 60, replace=False)
    found = table(np.append(x, x[again] + 30), np.append(y, y[again]), np.append(day, day[again] + 2), permutations=99)
    assert found.loc[0, "p_value"] == 0.01
    assert found.loc[0, "knox_ratio"] > 3
    assert found.loc[3, "p_value"] > 0.05


def test_chains_of_the_published_example():
    # near_strings of ptools (Wheeler, MIT): nearer than 2 and sooner than 1, open above.
    labels = near_repeat_chains([1, 2, 3, 4, 5], [0] * 5, [0, 0, 0, 4, 4], distance_m=2, days=1, closed=False)
    assert labels.tolist() == [0, 0, 0, 1, 1]


def test_chains_are_closed_unless_told_otherwise():
    assert near_repeat_chains([0, 100], [0, 0], [0, 7], distance_m=100, days=7).tolist() == [0, 0]
    assert near_repeat_chains([0, 100], [0, 0], [0, 7], distance_m=100, days=7, closed=False).tolist() == [0, 1]
    assert near_repeat_chains([0, 100], [0, 0], [0, 6], distance_m=101, days=7, closed=False).tolist() == [0, 0]
    assert near_repeat_chains([0, 0, 0], [0, 0, 0], [0, 0, 1], distance_m=1, days=0).tolist() == [0, 0, 1]


def test_a_chain_is_as_long_as_its_links_hold_and_numbered_by_its_first_day():
    x = [0, 90, 180, 270, 5000, 5000]
    day = [30, 25, 20, 15, 1, 4]
    assert near_repeat_chains(x, [0] * 6, day, distance_m=100, days=5).tolist() == [1, 1, 1, 1, 0, 0]
    assert near_repeat_chains([], [], [], distance_m=100, days=5).tolist() == []


@pytest.mark.parametrize("at_once", [50, 2_000_000])
def test_chains_equal_the_components_of_all_pairs(monkeypatch, at_once):
    monkeypatch.setattr(MODULE, "PAIRS_AT_ONCE", at_once)
    x, y, day = planted(300)
    x, y = x.round(-2), y.round(-2)
    linked = (np.hypot(x[:, None] - x, y[:, None] - y) <= 200) & (np.abs(day[:, None] - day) <= 30)
    reached = linked.copy()
    for _ in range(10):
        reached = (reached.astype(np.int64) @ reached) > 0
    labels = near_repeat_chains(x, y, day, distance_m=200, days=30)
    np.testing.assert_array_equal(labels[:, None] == labels, reached)
    assert 50 < labels.max() < 280


@pytest.mark.parametrize("span", [8, 3650])
def test_ten_thousand_at_one_address_take_no_hundred_million_pairs(span):
    day = np.random.default_rng(6).integers(0, span, 10_000)
    tracemalloc.start()
    labels = near_repeat_chains(np.full(10_000, 5.0), np.full(10_000, 5.0), day, distance_m=100, days=7)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert labels.max() < 10
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"distance_bands": [200, 100]}, "must be upper ends that ascend"),
        ({"distance_bands": []}, "must be upper ends that ascend"),
        ({"time_bands": [1.5]}, "whole days"),
        ({"permutations": 0}, "at least 1"),
    ],
)
def test_bad_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        table([0, 1], [0, 1], [0, 1], **change)


@pytest.mark.parametrize(
    ("x", "day", "message"),
    [
        ([0, np.nan], [0, 1], "no finite x and y"),
        ([0, 1], [0, np.nan], "nulls or fractions"),
        ([0, 1], [0, 0.5], "nulls or fractions"),
        ([0, 1], pd.to_datetime(["2024-01-01", None]), "have no day"),
        ([0, 1], ["03/04/2024", "04/04/2024"], "dates are text"),
        ([0, 1], [0], "one day per incident"),
    ],
)
def test_bad_input_is_refused(x, day, message):
    with pytest.raises(ValueError, match=message):
        table(x, [0, 0], day)
    with pytest.raises(ValueError, match=message):
        near_repeat_chains(x, [0, 0], day, distance_m=100, days=7)


@pytest.mark.parametrize("settings", [{"distance_m": 0, "days": 1}, {"distance_m": 1, "days": 0, "closed": False}])
def test_chains_that_could_hold_nothing_are_refused(settings):
    with pytest.raises(ValueError, match="give metres above 0"):
        near_repeat_chains([0], [0], [0], **settings)
