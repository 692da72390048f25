"""Arrests, alone and together; people named in incidents; and pretrial custody."""

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.corruption import POLICE
from strategic_prosecution.demo.groups import Groups, draw_members
from strategic_prosecution.demo.incidents import PROACTIVE, VIOLENT
from strategic_prosecution.demo.people import Write
from strategic_prosecution.demo.shares import deal

# Relative chance that an incident leads to an arrest.
_CLEARED = {
    "homicide": 0.55, "nonfatal_shooting": 0.25, "robbery": 0.28, "aggravated_assault": 0.45, "sexual_assault": 0.2,
    "simple_assault": 0.33, "burglary": 0.12, "theft": 0.13, "motor_vehicle_theft": 0.09, "arson": 0.15,
    "vandalism": 0.09, "weapons": 0.85, "drugs": 0.85, "fraud": 0.1, "public_order": 0.55,
    "driving_under_influence": 0.95, "traffic": 0.45, "other": 0.06,
}  # fmt: skip
_FELONY = {
    "homicide": 1.0, "nonfatal_shooting": 1.0, "robbery": 0.95, "aggravated_assault": 0.8, "sexual_assault": 0.9,
    "burglary": 0.8, "motor_vehicle_theft": 0.7, "arson": 0.8, "weapons": 0.6, "drugs": 0.35, "fraud": 0.3,
    "theft": 0.2,
}  # fmt: skip
_GROUP_OFFENSES = ("drugs", "weapons", "robbery", "aggravated_assault", "burglary", "motor_vehicle_theft", "theft")


def make_arrests(
    rng: np.random.Generator,
    incidents: pd.DataFrame,
    groups: Groups,
    *,
    count: int,
    offenders: days.Ints,
    write: Write,
) -> pd.DataFrame:
    """About ``count`` arrests in order of time; members of a group are arrested together again and again.

    Columns of write_records, and arrest_id, incident (row), incident_id, minute, day, offense_category, severity,
    arrest_type, is_proactive, is_domestic, address, is_group_event. ``offenders``: rows of people outside groups.
    """
    offense = incidents["offense_category"]
    chance = offense.map(_CLEARED).to_numpy(float)
    chance = np.minimum(chance * count / (1.26 * chance.sum()), 0.97)
    cleared = np.flatnonzero(rng.random(len(incidents)) < chance)
    event = pd.DataFrame({"incident": cleared})
    event["lag"] = np.where(offense.iloc[cleared].isin(PROACTIVE), 5, rng.exponential(9 * days.MINUTES, len(cleared)))
    event["minute"] = incidents["minute"].to_numpy()[cleared] + event["lag"].astype(np.int64)
    event = event[event["minute"] < days.DAYS * days.MINUTES].reset_index(drop=True)
    event["group"] = _group_events(rng, incidents.iloc[event["incident"]], groups, count=count)
    size = rng.choice(np.array([1, 2, 3, 4]), len(event), p=[0.83, 0.12, 0.04, 0.01])
    crowd = rng.random(len(event)) < 0.0006
    size[crowd] = 13
    is_group = (event["group"] >= 0).to_numpy()
    size[is_group] = rng.choice(np.array([2, 3, 4, 5]), int(is_group.sum()), p=[0.35, 0.35, 0.2, 0.1])
    rows = np.flatnonzero(is_group)
    together = draw_members(rng, groups, group=event["group"].to_numpy()[rows], size=size[rows])
    together["event"] = rows[together["event"]]
    # One group event in twelve catches somebody from outside too.
    along = rows[rng.random(len(rows)) < 0.08]
    alone = np.concatenate([np.repeat(np.flatnonzero(~is_group), size[~is_group]), along])
    busy = rng.gamma(0.7, size=len(offenders))
    picked = rng.choice(offenders, len(alone), p=busy / busy.sum())
    member = rng.random(len(alone)) < 0.03
    picked[member] = rng.choice(groups.members["person"].to_numpy(), int(member.sum()))
    arrests = pd.concat([together, pd.DataFrame({"event": alone, "person": picked})], ignore_index=True)
    arrests = arrests.drop_duplicates(["event", "person"])
    arrests = arrests.join(event[["incident", "minute"]], on="event")
    arrests["is_group_event"] = is_group[arrests["event"]]
    arrests = arrests.sort_values(["minute", "incident", "person"], kind="stable", ignore_index=True)
    return _describe(rng, arrests, incidents, write)


def make_custody(rng: np.random.Generator, arrests: pd.DataFrame) -> pd.DataFrame:
    """One spell per custodial arrest: the release decision and the days detained; columns by row of arrests."""
    felony = (arrests["severity"] == "felony").to_numpy()
    count = len(arrests)
    draw = rng.random(count)
    decision = np.select(
        [draw < np.where(felony, 0.22, 0.04), draw < np.where(felony, 0.5, 0.2), draw < np.where(felony, 0.7, 0.35)],
        ["detained", "money_bail", "supervised_release"],
        "own_recognizance",
    )
    day = arrests["day"].to_numpy()
    held = (decision == "detained") | ((decision == "money_bail") & (rng.random(count) < 0.6))
    length = 1 + rng.exponential(np.where(decision == "detained", 75, 9)).astype(np.int64)
    decided = np.minimum(day + 1, days.LAST)
    custodial = (arrests["arrest_type"] == "custodial").to_numpy()
    return pd.DataFrame(
        {
            "custody_id": "CU" + arrests["arrest_id"].str.slice(1),
            "is_booked": custodial,
            "decision_day": np.where(custodial, decided, days.MISSING),
            "decision_type": np.where(custodial, decision, ""),
            "bail_cents": np.where(
                custodial & (decision == "money_bail"), rng.choice(np.array([50_000, 250_000, 1_000_000]), count), -1
            ),
            "detained_from": np.where(custodial & held, day, days.MISSING),
            "detained_to": np.where(custodial & held, days.capped(day + length), days.MISSING),
            "is_other_agency_hold": custodial & (rng.random(count) < 0.02),
        }
    )


def make_incident_people(
    rng: np.random.Generator,
    incidents: pd.DataFrame,
    arrests: pd.DataFrame,
    shootings: pd.DataFrame,
    *,
    victims: days.Ints,
    write: Write,
) -> pd.DataFrame:
    """Victims, suspects and witnesses of violent incidents, as the police wrote them down."""
    violent = incidents["offense_category"].isin(VIOLENT).to_numpy()
    in_log = np.isin(np.arange(len(incidents)), shootings["incident"])
    some = np.flatnonzero(violent & ~in_log)
    seen = np.flatnonzero(violent & (rng.random(len(incidents)) < 0.12))
    arrested = arrests[violent[arrests["incident"]]]
    named = shootings.drop_duplicates("incident")
    named = named[(named["suspect"] >= 0) & (rng.random(len(named)) < 0.6)]
    parts = [
        pd.DataFrame({"incident": some, "role": "victim", "person": rng.choice(victims, len(some))}),
        shootings[["incident", "person"]].assign(
            role="victim", group=shootings["group_victim"], group_status=shootings["victim_status"]
        ),
        pd.DataFrame({"incident": seen, "role": "witness", "person": rng.choice(victims, len(seen))}),
        arrested[["incident", "person"]].assign(role="suspect"),
        pd.DataFrame(
            {
                "incident": named["incident"],
                "role": "suspect",
                "person": named["suspect"],
                "group": named["group_suspect"],
                "group_status": named["suspect_status"],
            }
        ),
    ]
    rows = pd.concat(parts, ignore_index=True).drop_duplicates(["incident", "person"])
    rows = rows.sort_values(["incident", "role", "person"], kind="stable", ignore_index=True)
    rows["group"] = rows["group"].fillna(-1).astype(np.int64)
    rows["group_status"] = rows["group_status"].where(rows["group"] >= 0, "")
    day = incidents["day"].to_numpy()[rows["incident"]]
    written = write(person=rows["person"].to_numpy(), day=day, agency=POLICE)
    rows = pd.concat([rows.drop(columns="person"), written], axis=1)
    rows.insert(0, "incident_person_id", "IP" + pd.Series(np.arange(1, len(rows) + 1)).astype(str).str.zfill(8))
    rows["incident_id"] = incidents["incident_id"].to_numpy(object)[rows["incident"]]
    return rows


def _group_events(rng: np.random.Generator, cleared: pd.DataFrame, groups: Groups, *, count: int) -> days.Ints:
    """Which arrests are of a group together: a member is met about 4 times in a small county, 10 in a large one."""
    suitable = np.flatnonzero(cleared["offense_category"].isin(_GROUP_OFFENSES) & ~cleared["is_domestic"])
    times = np.clip(4 + count / 3000, 4, 10)
    wanted = min(int(times * len(groups.members) / 3), len(suitable) * 3 // 4)
    size = np.bincount(groups.members["group"])
    group = np.full(len(cleared), -1, dtype=np.int64)
    group[rng.choice(suitable, wanted, replace=False)] = np.repeat(np.arange(len(size)), deal(size, total=wanted))
    return group


def _describe(rng: np.random.Generator, arrests: pd.DataFrame, incidents: pd.DataFrame, write: Write) -> pd.DataFrame:
    count = len(arrests)
    day = (arrests["minute"] // days.MINUTES).to_numpy()
    written = write(person=arrests["person"].to_numpy(), day=day, agency=POLICE)
    result = pd.concat([arrests.drop(columns=["person", "event"]), written], axis=1)
    result.insert(0, "arrest_id", "A" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(8))
    place = incidents.iloc[arrests["incident"]].reset_index(drop=True)
    result["day"] = day
    result[["incident_id", "offense_category", "is_domestic"]] = place[
        ["incident_id", "offense_category", "is_domestic"]
    ]
    # Somebody found weeks later is not found at the scene.
    late = day - place["day"].to_numpy() > 2
    result["address"] = np.where(late, written["home_address"], place["address"]).astype(object)
    felony = rng.random(count) < place["offense_category"].map(_FELONY).fillna(0.02).to_numpy(float)
    result["severity"] = np.where(felony, "felony", "misdemeanor")
    draw = rng.random(count)
    custodial = draw < np.where(felony, 0.92, 0.5)
    result["arrest_type"] = np.where(custodial, "custodial", np.where(draw < 0.85, "citation", "summons"))
    result["is_proactive"] = place["offense_category"].isin(PROACTIVE)
    result["agency"] = place["agency"]
    return result
