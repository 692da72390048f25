"""The shooting log: one row per victim, with what the weekly review found about groups."""

from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.groups import UNKNOWN_SIDE, Groups, sides

_MOTIVES = np.array(["dispute", "retaliation", "robbery", "domestic", "drugs", ""], dtype=object)


def make_shootings(
    rng: np.random.Generator, incidents: pd.DataFrame, people: pd.DataFrame, groups: Groups, *, victims: days.Ints
) -> pd.DataFrame:
    """One row per victim of gunfire, in order of time. ``victims``: rows of people who may be hit.

    Criminal shootings are the non-fatal shootings and the homicides by firearm; a few logged rows are not: self-
    inflicted, by an officer, or unfounded at review. Group columns are numbers, UNKNOWN_SIDE where none is known;
    ``person`` is the victim, ``suspect`` the row of the suspect in people or -1.
    """
    offense = incidents["offense_category"]
    fatal = (offense == "homicide") & (incidents["weapon"] == "firearm")
    criminal = np.flatnonzero(fatal | (offense == "nonfatal_shooting"))
    others = np.flatnonzero((offense == "other") & (incidents["agency"] == "police"))
    uncommon = rng.choice(others, max(4, len(criminal) // 16), replace=False)
    incident = np.concatenate([criminal, uncommon])
    logged = pd.DataFrame({"incident": incident, "is_criminal": np.arange(len(incident)) < len(criminal)})
    logged["group_suspect"], logged["group_victim"] = UNKNOWN_SIDE, UNKNOWN_SIDE
    known = sides(rng, groups, day=incidents["day"].to_numpy()[criminal])
    logged.loc[logged["is_criminal"], ["group_suspect", "group_victim"]] = np.column_stack(known)
    logged["suspect"] = _members(rng, groups, group=logged["group_suspect"].to_numpy())
    logged["review_day"] = days.capped(incidents["day"].to_numpy()[incident] + rng.integers(4, 22, len(incident)))
    logged["suspect_status"], logged["victim_status"] = (
        np.where(rng.random(len(logged)) < 0.7, "confirmed", "suspected") for _ in range(2)
    )
    logged["motive"] = rng.choice(_MOTIVES, len(logged))
    intents = np.array(["self_inflicted", "officer", "criminal"], dtype=object)
    logged["intent"] = np.where(logged["is_criminal"], "criminal", rng.choice(intents, len(logged)))
    # What is neither a crime by a civilian nor anything else turned out to be no shooting.
    logged["is_unfounded"] = ~logged["is_criminal"] & (logged["intent"] == "criminal")
    hit = incidents["victim_count"].to_numpy()[incident].clip(min=1)
    rows = logged.loc[logged.index.repeat(hit)].reset_index(names="logged")
    first = ~rows["logged"].duplicated()
    # Only the first victim is known to be of the group; the others were standing by.
    rows.loc[~first, "group_victim"] = UNKNOWN_SIDE
    rows["person"] = rng.choice(victims, len(rows))
    member = _members(rng, groups, group=rows["group_victim"].to_numpy())
    rows["person"] = np.where(member >= 0, member, rows["person"])
    place = incidents.iloc[rows["incident"]].reset_index(drop=True)
    rows[["incident_id", "minute", "day", "address"]] = place[["incident_id", "minute", "day", "address"]]
    rows["is_fatal"] = (place["offense_category"] == "homicide").to_numpy()
    graze = ~rows["is_fatal"] & (rng.random(len(rows)) < 0.15)
    rows["wound_type"] = np.select([rows["is_unfounded"], graze], ["none", "graze"], "penetrating")
    hurt = people.iloc[rows["person"]].reset_index(drop=True)
    rows[["race_ethnicity", "sex"]] = hurt[["race_ethnicity", "sex"]]
    rows["age"] = ((rows["day"] - hurt["birth_day"]) // 365.25).astype(np.int64)
    rows = rows.sort_values(["minute", "incident_id"], kind="stable", ignore_index=True)
    rows.insert(0, "shooting_id", "SV-" + pd.Series(np.arange(1, len(rows) + 1)).astype(str).str.zfill(6))
    return rows


def _members(rng: np.random.Generator, groups: Groups, *, group: Any) -> days.Ints:
    """One member of each group named; -1 where there is none."""
    first = np.searchsorted(groups.members["group"], np.arange(len(groups.names)))
    size = np.bincount(groups.members["group"])
    known = group >= 0
    drawn = first[group] + (rng.random(len(group)) * size[group]).astype(np.int64)
    return np.where(known, groups.members["person"].to_numpy()[np.where(known, drawn, 0)], -1)
