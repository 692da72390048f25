"""The space-time permutation scan against plain loops over every cylinder, and against what was planted."""

from importlib import import_module
from math import hypot, log

import numpy as np
import pandas as pd
import pytest

from strategic_prosecution.hotspots import space_time_scan

# Modules of the package may go by the name of their function.
MODULE = import_module("strategic_prosecution.hotspots.scan")
SETTINGS = {"max_radius_m": 300, "max_days": 5, "permutations": 19, "seed": 1}


def town(seed: int, *, cases: int = 60, places: int = 25, days: int = 30) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Places on a lattice, so that many are equally far from each other; some without incidents."""
    random = np.random.default_rng(seed)
    at = random.choice(64, places, replace=False)
    locations = pd.DataFrame({"x": 100.0 * (at % 8), "y": 100.0 * (at // 8)}, index=[f"p{k}" for k in at])
    found = pd.DataFrame({"location": random.choice(locations.index, cases), "day": random.integers(0, days, cases)})
    return found, locations


def ratio(observed: int, expected: float, total: int) -> float:
    if observed <= expected:
        return 0.0
    outside = 0.0 if observed == total else (total - observed) * log((total - observed) / (total - expected))
    return observed * log(observed / expected) + outside


def every_cylinder(cases, locations, *, prospective, end=None, max_share=0.5, min_cases=2):
    """(ratio, centre, radius, members, first, last, observed, expected) of every cylinder, by looking at each case."""
    rows = list(cases.itertuples(index=False))
    end = max(row.day for row in rows) if end is None else end
    begin = min(row.day for row in rows)
    for centre in locations.itertuples():
        far = {place.Index: round(hypot(place.x - centre.x, place.y - centre.y), 3) for place in locations.itertuples()}
        for radius in sorted({value for value in far.values() if value <= 300}):
            members = {name for name, value in far.items() if value <= radius}
            inside = [row.day for row in rows if row.location in members]
            if len(inside) > max_share * len(rows):
                continue
            for last in [end] if prospective else range(begin, end + 1):
                for first in range(max(begin, last - 4), last + 1):
                    observed = sum(first <= day <= last for day in inside)
                    expected = len(inside) * sum(first <= row.day <= last for row in rows) / len(rows)
                    if observed >= min_cases:
                        found = ratio(observed, expected, len(rows))
                        yield found, centre.Index, radius, members, first, last, observed, expected


@pytest.mark.parametrize("prospective", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_the_most_likely_cluster_is_that_of_all_cylinders(seed, prospective):
    cases, locations = town(seed, cases=40 if prospective else 60, days=12 if prospective else 30)
    cylinders = list(every_cylinder(cases, locations, prospective=prospective))
    best = max(cylinder[0] for cylinder in cylinders)
    found = space_time_scan(cases, locations, prospective=prospective, **SETTINGS).iloc[0]
    assert found["log_likelihood_ratio"] == pytest.approx(best, abs=1e-12)
    as_likely = [
        (radius, last - first, first, centre, members, last, observed, expected)
        for value, centre, radius, members, first, last, observed, expected in cylinders
        if value > best - 1e-9
    ]
    first_of = min(as_likely, key=lambda one: (one[0], one[1], one[2], *locations.loc[one[3], ["x", "y"]]))
    radius, _, first, centre, members, last, observed, expected = first_of
    assert (found["centre"], found["radius_m"], found["first_day"], found["last_day"]) == (centre, radius, first, last)
    assert set(found["locations"]) == members
    assert found["locations"][0] == centre
    assert (found["observed"], found["expected"]) == (observed, pytest.approx(expected))


@pytest.mark.parametrize("limits", [{"max_share": 0.04}, {"min_cases": 7}])
def test_circles_stay_below_their_share_and_cylinders_above_their_least(limits):
    cases, locations = town(1)
    best = max(one[0] for one in every_cylinder(cases, locations, prospective=False, **limits))
    unlimited = max(one[0] for one in every_cylinder(cases, locations, prospective=False))
    found = space_time_scan(cases, locations, prospective=False, **limits, **SETTINGS)
    assert found["log_likelihood_ratio"][0] == pytest.approx(best, abs=1e-12)
    assert best < unlimited


@pytest.mark.parametrize("prospective", [True, False])
def test_the_next_clusters_are_those_that_share_nothing_with_one_above(prospective):
    cases, locations = town(2, cases=120, places=30, days=20)
    end = 25 if prospective else None
    if prospective:
        cases["day"] += 5
    found = space_time_scan(cases, locations, prospective=prospective, end=end, alpha=1, **SETTINGS)
    left = list(every_cylinder(cases, locations, prospective=prospective, end=end))
    assert len(found) > 4
    for row in found.itertuples():
        assert row.log_likelihood_ratio == pytest.approx(max(one[0] for one in left), abs=1e-12)
        members = set(row.locations)
        left = [one for one in left if not (one[3] & members and one[4] <= row.last_day and one[5] >= row.first_day)]
    assert max((one[0] for one in left), default=0) == 0


def test_p_is_how_often_chance_reaches_as_much():
    """The permutations by another hand: as many shuffles, each searched by looking at every cylinder."""
    cases, locations = town(3, cases=24, places=8, days=10)
    observed = space_time_scan(cases, locations, **{**SETTINGS, "permutations": 499}).iloc[0]
    random = np.random.default_rng(99)
    reached = 0
    for _ in range(300):
        shuffled = cases.assign(day=random.permutation(cases["day"]))
        best = max((one[0] for one in every_cylinder(shuffled, locations, prospective=True)), default=0.0)
        reached += best >= observed["log_likelihood_ratio"] - 1e-9
    assert observed["p_value"] == pytest.approx(reached / 300, abs=0.1)


def test_a_planted_cluster_is_found_where_and_when_it_is():
    cases, locations = town(4, cases=150, places=40, days=60)
    # Five on one day at a place that has few.
    quiet = cases["location"].value_counts().idxmin()
    planted = pd.concat([cases, pd.DataFrame({"location": [quiet] * 5, "day": [31] * 5})])
    found = space_time_scan(planted, locations, prospective=False, **{**SETTINGS, "permutations": 99}).iloc[0]
    assert quiet in found["locations"]
    assert found["first_day"] <= 31 <= found["last_day"]
    assert found["p_value"] == 0.01
    assert space_time_scan(cases, locations, prospective=False, **{**SETTINGS, "permutations": 99})["p_value"][0] > 0.05


def test_only_what_lasts_until_the_end_is_still_going_on():
    locations = pd.DataFrame({"x": [0.0, 1000.0, 2000.0], "y": 0.0})
    cases = pd.DataFrame({"location": [0] * 6 + [1, 2] * 6, "day": [3] * 6 + list(range(10, 22))})
    once = space_time_scan(cases, locations, prospective=False, **SETTINGS)
    assert (once["centre"][0], once["first_day"][0], once["observed"][0]) == (0, 3, 6)
    assert not (space_time_scan(cases, locations, **SETTINGS)["first_day"] == 3).any()
    # On day 3 it was going on; on day 9 it was over.
    assert (
        space_time_scan(cases[:8].assign(day=[3] * 6 + [1, 2]), locations, end=3, max_share=1, **SETTINGS)["centre"][0]
        == 0
    )
    assert space_time_scan(cases[:6], locations, end=9, max_share=1, **SETTINGS).empty


def test_places_equally_far_come_in_together():
    # East and west of the middle, 100 m each: no circle around the middle holds one without the other.
    locations = pd.DataFrame({"x": [0.0, 100.0, -100.0 - 1e-7, 5000.0], "y": 0.0}, index=["m", "e", "w", "far"])
    cases = pd.DataFrame(
        {"location": ["m", "e"] * 3 + ["w"] * 4 + ["far"] * 30, "day": [5] * 6 + [1] * 4 + [*range(10)] * 3}
    )
    found = space_time_scan(cases, locations, prospective=False, max_share=1, alpha=1, **SETTINGS)
    around = found[found["centre"] == "m"]
    assert all({"e", "w"} & set(members) in (set(), {"e", "w"}) for members in around["locations"])
    # Around the place in the east the middle comes in alone.
    assert found["centre"][0] == "e"
    assert found["locations"][0] == ["e", "m"]


def test_counts_rows_order_dates_and_blocks_make_no_difference(monkeypatch):
    cases, locations = town(5, cases=50)
    settings = {**SETTINGS, "prospective": False, "alpha": 1, "permutations": 3}
    whole = space_time_scan(cases, locations, **settings)
    counted = cases.groupby(["location", "day"], as_index=False).size().rename(columns={"size": "count"})
    pd.testing.assert_frame_equal(space_time_scan(counted, locations, **settings), whole)
    mixed = space_time_scan(cases.sample(frac=1, random_state=1), locations.sample(frac=1, random_state=2), **settings)
    pd.testing.assert_frame_equal(mixed, whole)
    dated = cases.assign(day=pd.Timestamp("2024-02-20") + pd.to_timedelta(cases["day"], unit="D"))
    by_date = space_time_scan(dated, locations, **settings)
    assert by_date["first_day"][0] == pd.Timestamp("2024-02-20") + pd.Timedelta(days=int(whole["first_day"][0]))
    monkeypatch.setattr(MODULE, "VIEWS_AT_ONCE", 100)
    monkeypatch.setattr(MODULE, "CYLINDERS_AT_ONCE", 7)
    pd.testing.assert_frame_equal(space_time_scan(cases, locations, **settings), whole)


def test_nothing_to_find_is_an_empty_frame():
    locations = pd.DataFrame({"x": [0.0, 900.0], "y": 0.0})
    empty = pd.DataFrame({"location": [], "day": []})
    assert list(space_time_scan(empty, locations, **SETTINGS)) == list(MODULE.COLUMNS)
    alone = pd.DataFrame({"location": [0, 1], "day": [0, 9]})
    assert space_time_scan(alone, locations, **SETTINGS).empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_days": 0}, "max_days is"),
        ({"max_share": 0}, "max_share is"),
        ({"max_radius_m": float("nan")}, "max_radius_m is"),
        ({"permutations": 0}, "permutations is"),
        ({"end": 1}, "go on until after end"),
    ],
)
def test_bad_settings_are_refused(change, message):
    cases, locations = town(6)
    with pytest.raises(ValueError, match=message):
        space_time_scan(cases, locations, **{**SETTINGS, **change})


def test_bad_input_is_refused():
    cases, locations = town(6)
    with pytest.raises(ValueError, match="not there"):
        space_time_scan(cases.assign(location="p99"), locations, **SETTINGS)
    with pytest.raises(ValueError, match="twice"):
        space_time_scan(cases, pd.concat([locations, locations[:1]]), **SETTINGS)
    with pytest.raises(ValueError, match="nulls or fractions"):
        space_time_scan(cases.assign(day=np.nan), locations, **SETTINGS)
    with pytest.raises(ValueError, match="below 0"):
        space_time_scan(cases.assign(count=-1), locations, **SETTINGS)


@pytest.mark.slow
def test_without_clusters_p_is_as_good_as_uniform():
    """Of 200 towns without a cluster as many fall below each share as the share says, within chance (0.1 %)."""
    p = []
    for seed in range(200):
        cases, locations = town(1000 + seed, cases=120, places=40, days=60)
        p.append(space_time_scan(cases, locations, prospective=False, **{**SETTINGS, "permutations": 39})["p_value"][0])
    shares = np.arange(1, 40) / 40
    below = (np.array(p)[:, None] <= shares + 1e-9).mean(axis=0)
    # Kolmogorov-Smirnov: 1.95 / sqrt(n) at 0.1 %.
    assert np.abs(below - shares).max() < 1.95 / np.sqrt(200)


@pytest.mark.slow
def test_power_against_a_planted_cluster():
    """Twelve incidents in three days around one corner, among 300 of a year: found, and in the right place."""
    hits = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        cases, locations = town(2000 + seed, cases=300, places=60, days=365)
        middle = locations.iloc[int(random.integers(60))]
        near = locations.index[np.hypot(locations["x"] - middle["x"], locations["y"] - middle["y"]) <= 100]
        extra = pd.DataFrame({"location": random.choice(near, 12), "day": 200 + random.integers(0, 3, 12)})
        found = space_time_scan(
            pd.concat([cases, extra]), locations, prospective=False, **{**SETTINGS, "permutations": 99}
        ).iloc[0]
        placed = bool(set(extra["location"]) & set(found["locations"])) and found["first_day"] <= 202
        hits += int(placed and found["p_value"] <= 0.05)
    assert hits >= 19
