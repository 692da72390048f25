"""Stops that were no arrest: half of them at the corners police watch."""

import numpy as np
import pandas as pd

from strategic_prosecution.demo import county, days, spots
from strategic_prosecution.demo.people import RACE_SHARES, RECORDED_RACES
from strategic_prosecution.demo.sheets import RACES, SEXES, Sheet, coded, date_columns, number, sheet, yes_no

_REASONS = np.array(["field interview", "traffic", "trespass", "matches description"], dtype=object)


def make_stops(
    rng: np.random.Generator, street_map: county.StreetMap, planted: pd.DataFrame, *, count: int
) -> pd.DataFrame:
    """``count`` stops in order of day: stop_id, day, reason, is_search, race_ethnicity, sex, age, address."""
    weight = street_map.segments["weight"].to_numpy()
    segment = rng.choice(len(weight), count, p=weight / weight.sum())
    watched = np.concatenate(spots.watched_blocks(street_map, planted)["blocks"].to_list())
    segment[::2] = watched[np.arange(len(segment[::2])) % len(watched)]
    rows = street_map.segments.iloc[segment].reset_index(drop=True)
    return pd.DataFrame(
        {
            "stop_id": "ST" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(6),
            "day": np.sort(rng.integers(0, days.DAYS, count)),
            "reason": rng.choice(_REASONS, count),
            "is_search": rng.random(count) < 0.3,
            "race_ethnicity": rng.choice(np.array(RECORDED_RACES, dtype=object), count, p=RACE_SHARES),
            "sex": rng.choice(np.array(["male", "female"], dtype=object), count, p=[0.8, 0.2]),
            "age": rng.integers(16, 60, count),
            "address": county.block_text(rows, old_names=np.zeros(count, dtype=bool)),
        }
    )


def stop_sheet(stops: pd.DataFrame) -> Sheet:
    """Field cards of the police: no name on them."""
    return sheet(
        "raw/field_cards/stops_2025-12-31.csv",
        {
            "STOP_NO": stops["stop_id"],
            **date_columns(stops, "%m/%d/%Y", STOP_DATE="day"),
            "REASON": stops["reason"],
            "SEARCHED": yes_no(stops["is_search"]),
            "RACE": coded(stops["race_ethnicity"], RACES),
            "SEX": coded(stops["sex"], SEXES),
            "AGE": number(stops["age"]),
            "LOCATION": stops["address"],
        },
    )
