"""What the public edition says of the accuracy of hot spots: theirs alone, and nothing that counts a few incidents."""

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.stages.publish import _coarse_accuracy


def _accuracy(**columns: object) -> pd.DataFrame:
    row = {
        "category": "violence",
        "window_days": 90,
        "method": "hot_spots",
        "area_rule": "hot_spots",
        "trial_days": 30,
        "hot_spots": 12,
        "cells": 40,
        "incidents": 200,
        "incidents_inside": 50.0,
        "area_share": 0.01,
        "hit_rate": 0.25,
        "hit_rate_lower": 0.2,
        "hit_rate_upper": 0.3,
        "pai": 25.0,
        "pai_lower": 20.0,
        "pai_upper": 30.0,
        "pei": 0.6,
        "recapture_rate_index": 0.9,
        **columns,
    }
    return pd.DataFrame(row, index=[0]).reindex(columns=list(model.table("mart.hot_spot_accuracy").names))


def test_only_hot_spots_on_their_own_area_are_told() -> None:
    others = [("last_year", "hot_spots"), ("forecast", "nij_largest"), ("hot_spots", "nij_largest")]
    frame = pd.concat(
        [_accuracy(), *(_accuracy(method=method, area_rule=rule) for method, rule in others)], ignore_index=True
    )
    told = _coarse_accuracy(frame, min_cell=10)
    assert told[["method", "area_rule"]].values.tolist() == [["hot_spots", "hot_spots"]]
    assert told["hit_rate"].tolist() == [0.25]


def test_few_hot_spots_few_inside_or_few_outside_hide_all_that_counts_them() -> None:
    counting = [
        "incidents_inside",
        "hit_rate",
        "hit_rate_lower",
        "hit_rate_upper",
        "pai",
        "pai_lower",
        "pai_upper",
        "pei",
        "recapture_rate_index",
    ]
    for few in ({"hot_spots": 2}, {"incidents_inside": 9.0}, {"incidents_inside": 191.0}, {"hot_spots": None}):
        told = _coarse_accuracy(_accuracy(**few), min_cell=10)
        assert told[counting].isna().all(axis=None), few
        assert told[["incidents", "area_share"]].notna().all(axis=None)
    for enough in ({"hot_spots": 3}, {"incidents_inside": 10.0}, {"incidents_inside": 190.0}):
        assert _coarse_accuracy(_accuracy(**enough), min_cell=10)[counting].notna().all(axis=None), enough
