"""Reported incidents: what, where, when, and how the police wrote the place down."""

from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import county, days, spots

# Share of all incidents; shootings apart. The rest is 'other'.
SHARES = {
    "robbery": 0.030, "aggravated_assault": 0.048, "sexual_assault": 0.009, "simple_assault": 0.150,
    "burglary": 0.075, "theft": 0.240, "motor_vehicle_theft": 0.070, "arson": 0.003, "vandalism": 0.095,
    "weapons": 0.020, "drugs": 0.058, "fraud": 0.042, "public_order": 0.058, "driving_under_influence": 0.020,
    "traffic": 0.025,
}  # fmt: skip
SHOOTINGS = ("homicide", "nonfatal_shooting")
VIOLENT = (*SHOOTINGS, "robbery", "aggravated_assault", "sexual_assault")
# Offenses against which people call for help; the others are found by police.
PROACTIVE = ("weapons", "drugs", "public_order", "driving_under_influence", "traffic")
# Half of these are where police look: at the watched corners.
FOUND_BY_LOOKING = ("drugs", "weapons")
_JUNK = np.array(
    ["UNKNOWN", "REFUSED", "PO BOX 1182", "HOMELESS", "I-999 MM 12", "BEHIND THE OLD MILL", "0", "N/A", "?? BLOCK"],
    dtype=object,
)


def make_incidents(
    rng: np.random.Generator, street_map: county.StreetMap, planted: pd.DataFrame, *, count: int
) -> pd.DataFrame:
    """``count`` incidents in order of report.

    Columns: incident_id, agency (police | sheriff), offense_category, variant (which of the agency's codes), spot (row
    of the hot spot or -1), segment, minute, until (or MISSING), reported, day, weapon, injury, is_domestic,
    reported_by, victim_count, address, x, y (middle of the block, or the corner), is_junk, district.
    """
    offense, where = _offenses(rng, count=count), np.full(count, -1, dtype=np.int64)
    segment, day = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    is_shooting = np.isin(offense, SHOOTINGS)
    is_violent = np.isin(offense, VIOLENT) & ~is_shooting
    violence, burglary = (planted[planted["category"] == name] for name in ("violence", "burglary"))
    # A small county has few incidents: more of them in the spots, or there would be nothing to find.
    few = float(np.exp(-count / 8000))
    for chosen, area, share, shootings in (
        (is_shooting, violence, 0.75 + 0.10 * few, True),
        (is_violent, violence, 0.36 + 0.34 * few, False),
        (offense == "burglary", burglary, 0.20 + 0.50 * few, False),
    ):
        inside = np.flatnonzero(chosen & (rng.random(count) < share))
        where[inside], segment[inside], day[inside] = spots.draw_in_spots(
            rng, area, count=len(inside), shootings=shootings
        )
    outside = np.flatnonzero(where < 0)
    weight, rate = street_map.segments["weight"].to_numpy(), spots.season()
    segment[outside] = rng.choice(len(weight), len(outside), p=weight / weight.sum())
    day[outside] = rng.choice(days.DAYS, len(outside), p=rate / rate.sum())
    found = np.flatnonzero(np.isin(offense, FOUND_BY_LOOKING))[::2]
    watched = np.concatenate(spots.watched_blocks(street_map, planted)["blocks"].to_list())
    segment[found] = watched[np.arange(len(found)) % len(watched)]
    minute = day * days.MINUTES + _minute_of_day(rng, night=is_shooting | is_violent)
    spans = np.isin(offense, ("burglary", "motor_vehicle_theft"))
    delay = rng.exponential(np.where(np.isin(offense, ("theft", "burglary", "fraud", "sexual_assault")), 900, 25))
    frame = pd.DataFrame(
        {
            "offense_category": offense,
            "variant": rng.integers(0, 6, count),
            "spot": where,
            "segment": segment,
            "minute": minute,
            "until": np.where(spans, minute + rng.integers(30, 600, count), days.MISSING),
            "reported": np.minimum(minute + delay.astype(np.int64), days.DAYS * days.MINUTES - 1),
            "day": day,
            "agency": np.where((where < 0) & ~is_shooting & (rng.random(count) < 0.04), "sheriff", "police"),
        }
    )
    frame = frame.sort_values(["reported", "minute", "segment"], kind="stable", ignore_index=True)
    frame.insert(0, "incident_id", _numbers(frame))
    _describe(rng, frame)
    _locate(rng, frame, street_map, planted)
    return frame


def _offenses(rng: np.random.Generator, *, count: int) -> Any:
    shootings = max(round(0.015 * count), 150)
    homicides = max(round(0.0016 * count), 12)
    amounts = {"homicide": homicides, "nonfatal_shooting": shootings - homicides}
    amounts |= {name: round(share * (count - shootings)) for name, share in SHARES.items()}
    amounts["other"] = count - sum(amounts.values())
    return rng.permutation(np.repeat(np.array(list(amounts), dtype=object), list(amounts.values())))


def _minute_of_day(rng: np.random.Generator, *, night: Any) -> days.Ints:
    hour = np.where(night, rng.normal(22.5, 3.5, len(night)), rng.normal(15, 5, len(night))) % 24
    return np.minimum((hour * 60).astype(np.int64), days.MINUTES - 1)


def _numbers(frame: pd.DataFrame) -> pd.Series:
    year = pd.Series(days.year_of(frame["reported"].to_numpy() // days.MINUTES) % 100).astype(str)
    agency = frame["agency"].map({"sheriff": "SO", "police": "RP"})
    return agency + year + "-" + pd.Series(np.arange(1, len(frame) + 1)).astype(str).str.zfill(7)


def _describe(rng: np.random.Generator, frame: pd.DataFrame) -> None:
    count = len(frame)
    offense = frame["offense_category"].to_numpy(object)
    chance = rng.random(count)
    armed = np.select([chance < 0.35, chance < 0.5, chance < 0.6], ["firearm", "knife", "other"], "none").astype(object)
    weapon = np.where(np.isin(offense, ("robbery", "aggravated_assault", "sexual_assault")), armed, "")
    # Four homicides in five are by gunfire; those are also in the shooting log.
    weapon = np.where(offense == "homicide", np.where(chance < 0.8, "firearm", "knife"), weapon)
    frame["weapon"] = np.where(np.isin(offense, ("nonfatal_shooting", "weapons")), "firearm", weapon)
    hurt = np.select([chance < 0.2, chance < 0.7], ["serious", "minor"], "none").astype(object)
    injury = np.where(np.isin(offense, ("robbery", "aggravated_assault", "simple_assault", "sexual_assault")), hurt, "")
    injury = np.where(offense == "nonfatal_shooting", "serious", injury)
    frame["injury"] = np.where(offense == "homicide", "fatal", injury)
    domestic = rng.random(count) < np.where(np.isin(offense, ("simple_assault", "aggravated_assault")), 0.35, 0.01)
    frame["is_domestic"] = domestic & (frame["spot"] < 0).to_numpy()
    by = rng.choice(np.array(["victim", "company", "other"], dtype=object), count, p=[0.6, 0.2, 0.2])
    frame["reported_by"] = np.where(np.isin(offense, PROACTIVE), "police", by)
    several = 1 + (rng.random(count) < 0.12).astype(np.int64) + (rng.random(count) < 0.02)
    victimless = np.isin(offense, PROACTIVE) | (offense == "other")
    frame["victim_count"] = np.where(victimless, 0, several)


def _locate(rng: np.random.Generator, frame: pd.DataFrame, street_map: county.StreetMap, planted: pd.DataFrame) -> None:
    """Blocks mostly, some exact addresses, some corners, one in seventy a place nobody can find."""
    count = len(frame)
    rows = street_map.segments.iloc[frame["segment"]].reset_index(drop=True)
    frame["district"] = rows["district"]
    old = (frame["day"] < 547).to_numpy() & (rng.random(count) < 0.4)
    style = rng.random(count)
    address = county.block_text(rows, old_names=old)
    where = frame["spot"].to_numpy()
    exact = style < 0.14
    address[exact] = county.exact_text(rng, rows[exact])
    x, y = (rows[axis].to_numpy().copy() for axis in ("x", "y"))
    names = _corner_names(street_map)
    corner = np.flatnonzero(style > 0.93)
    node = np.where(where[corner] >= 0, planted["node"].to_numpy()[where[corner]], rows["node_to"].to_numpy()[corner])
    named = np.flatnonzero(names[node] != "")
    corner, node = corner[named], node[named]
    address[corner] = names[node]
    for place, axis in ((x, "x"), (y, "y")):
        place[corner] = street_map.nodes[axis].to_numpy()[node]
    frame["x"], frame["y"] = x, y
    frame["is_junk"] = (style > 0.915) & (style < 0.93)
    address[frame["is_junk"]] = rng.choice(_JUNK, int(frame["is_junk"].sum()))
    frame["address"] = address


def _corner_names(street_map: county.StreetMap) -> days.Texts:
    """For each node two streets that meet there, "N ALDER ST & W 5TH ST"; '' where only one is left."""
    segments = street_map.segments
    text = county.street_text(segments, old_names=False)
    ends = pd.concat(
        [
            pd.DataFrame({"node": segments[end], "name": segments["name"], "text": text})
            for end in ("node_from", "node_to")
        ]
    )
    first = ends.drop_duplicates("node").set_index("node")
    other = ends[ends["name"] != first["name"].reindex(ends["node"]).to_numpy()].drop_duplicates("node")
    names = np.full(len(street_map.nodes), "", dtype=object)
    names[other["node"]] = (
        first["text"].reindex(other["node"]).to_numpy(object) + " & " + other["text"].to_numpy(object)
    )
    return names
