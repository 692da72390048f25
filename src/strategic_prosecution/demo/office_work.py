"""What the office does about groups and with residents: audit, call-ins, promises, meetings, surveys, staff."""

from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.corruption import AUDIT, CALL_IN
from strategic_prosecution.demo.county import DISTRICTS
from strategic_prosecution.demo.groups import Groups
from strategic_prosecution.demo.people import Write

_AUDITS = np.array([165, 531, 896])
_CRITERIA = np.array(
    ["co_arrest_group_incident", "documented_group_incident", "self_admission", "group_communication"], dtype=object
)
_CONCERNS = np.array(["shootings", "street lights", "speeding", "drug sales", "trust", "youth programs"], dtype=object)
# What a concern is about, in the offenses of the office; street lights and trust are about none.
_OFFENSE_OF = {"shootings": "nonfatal_shooting", "speeding": "traffic", "drug sales": "drugs"}
_PARTNERS = np.array(
    ["Riverton Youth Alliance", "Quartz Street Ministry", "Northside Block Council", "Harbor Legal Clinic"],
    dtype=object,
)
# Days after which a membership, or the review of a group, no longer counts; as office.toml of the demo states.
EXPIRY_DAYS, REVIEW_DAYS = 730, 1095


def make_memberships(rng: np.random.Generator, groups: Groups, people: pd.DataFrame, *, write: Write) -> pd.DataFrame:
    """The group audit: four members in five, and two people per county who belong to no group.

    ``why_not`` says why a row does not count on the last day ('' where it counts): tip (no criterion or approver),
    never_a_criterion, expired, contested, evidence_before_18, group_not_reviewed.
    """
    members = groups.members[(rng.random(len(groups.members)) < 0.8) | (groups.members["person"] == 0)]
    outside = np.setdiff1d(np.arange(len(people) // 4), groups.members["person"])[:2]
    rows = pd.concat([members[["group", "person"]], pd.DataFrame({"group": 0, "person": outside})], ignore_index=True)
    count = len(rows)
    sentinel = (rows["person"] == 0).to_numpy()
    # What was known only at the first audit has expired by the last day.
    rows["known_day"] = rng.choice(_AUDITS, count, p=[0.06, 0.42, 0.52])
    rows.loc[sentinel, "known_day"] = _AUDITS[2]
    rows["criterion"] = rng.choice(_CRITERIA, count)
    rows["source"] = rng.choice(np.array(["audit session", "incident review", "court record"], dtype=object), count)
    rows["author"] = "Officer " + pd.Series(rng.integers(1, 9, count)).astype(str)
    rows["approver"] = "Supervisor " + pd.Series(rng.integers(1, 4, count)).astype(str)
    rows["evidence_day"] = rows["known_day"] - rng.integers(5, 90, count)
    fresh = rng.integers(days.LAST - 600, days.LAST - 210, count)
    rows["last_fact_day"] = np.maximum(rows["evidence_day"], np.minimum(fresh, rows["known_day"]))
    for column in ("notice_day", "contested_day", "decided_day", "expires_day"):
        rows[column] = days.MISSING
    rows["contest_outcome"] = ""
    fate = np.where(sentinel, 1.0, rng.random(count))
    rows.loc[fate < 0.06, "approver"] = ""
    rows.loc[(fate >= 0.06) & (fate < 0.09), "criterion"] = "family"
    rows.loc[(fate >= 0.09) & (fate < 0.13), ["evidence_day", "last_fact_day", "known_day"]] = [100, 120, _AUDITS[0]]
    rows.loc[(fate >= 0.13) & (fate < 0.17), "expires_day"] = days.LAST - 60
    rows.loc[(fate >= 0.17) & (fate < 0.22), "contested_day"] = days.LAST - 90
    upheld = (fate >= 0.22) & (fate < 0.25)
    rows.loc[upheld, ["contested_day", "decided_day"]] = [days.LAST - 150, days.LAST - 120]
    rows.loc[upheld, "contest_outcome"] = "upheld"
    # The group at the bottom of the list has not been reviewed for over three years.
    last = int(np.argmin(groups.by))
    rows["reviewed_day"] = np.where(rows["group"] == last, -210, _AUDITS[2])
    written = write(person=rows["person"].to_numpy(), day=rows["known_day"].to_numpy(), agency=AUDIT)
    # A row without a birth date is sent back: nobody could tell whether the evidence is from before the 18th birthday.
    born = people["birth_day"].to_numpy()[rows["person"]]
    written["birth_day"] = np.where(written["birth_day"] == days.MISSING, born, written["birth_day"])
    rows["why_not"] = _why_not(rows, birth=written["birth_day"])
    rows = pd.concat([rows.drop(columns="person"), written], axis=1)
    rows.insert(0, "membership_id", "MB" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(4))
    return rows


def make_notifications(rng: np.random.Generator, memberships: pd.DataFrame, *, write: Write) -> pd.DataFrame:
    """Call-ins twice a year from mid-2023 and some custom notifications, to people of the audit known by then."""
    meeting = np.array([300, 480, 660, 840, 1020])
    invited = [memberships[memberships["known_day"] < day].sample(frac=0.15, random_state=rng) for day in meeting]
    rows = pd.concat(
        [part[["group", "person"]].assign(day=day, mode="call_in") for part, day in zip(invited, meeting, strict=True)],
        ignore_index=True,
    )
    custom = memberships.sample(n=min(20, len(memberships)), random_state=rng)[["group", "person"]]
    custom = custom.assign(day=rng.integers(900, days.DAYS, len(custom)), mode="custom")
    rows = pd.concat([rows, custom], ignore_index=True).sort_values(["day", "person"], kind="stable", ignore_index=True)
    count = len(rows)
    rows.insert(0, "notification_id", "N" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(5))
    call_in = (rows["mode"] == "call_in").to_numpy()
    rows["was_invited"] = call_in
    rows["has_attended"] = call_in & (rng.random(count) < 0.7)
    rows["message_delivered"] = rows["has_attended"] | ~call_in
    rows["support_offered"] = rows["message_delivered"]
    written = write(person=rows["person"].to_numpy(), day=rows["day"].to_numpy(), agency=CALL_IN)
    result: pd.DataFrame = pd.concat([rows.drop(columns="person"), written], axis=1)
    return result


def make_actions(rng: np.random.Generator, shootings: pd.DataFrame) -> pd.DataFrame:
    """Promises made after a shooting by a group already told, seven in ten kept within two months."""
    triggers = shootings[(shootings["group_suspect"] >= 0) & (shootings["day"] > 310)].drop_duplicates("incident")
    rows = triggers.sample(n=min(30, len(triggers)), random_state=rng).sort_values("day", ignore_index=True)
    rows = rows[["group_suspect", "incident_id", "day"]].copy()
    count = len(rows)
    rows.insert(0, "action_id", "EA" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(4))
    rows["promised_day"] = np.minimum(rows["day"] + 3, days.LAST)
    kept = rng.random(count) < 0.7
    done = rows["promised_day"].to_numpy() + rng.integers(5, 60, count)
    rows["action_day"] = np.where(kept, days.capped(done), days.MISSING)
    return rows


def make_outreach(rng: np.random.Generator, corners: Any, shootings: pd.DataFrame) -> pd.DataFrame:
    """Meetings, walk-ins, mediations: about eleven a month, some at a corner; a response names the shooting before."""
    kinds = ["community_meeting", "walk_in", "street_outreach", "mediation", "partner_meeting", "response", "other"]
    count = 400
    rows = pd.DataFrame({"day": np.sort(rng.integers(0, days.DAYS, count))})
    rows.insert(0, "outreach_id", "OUT" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(4))
    rows["outreach_type"] = rng.choice(np.array(kinds, dtype=object), count)
    rows["district"] = rng.choice(np.array(DISTRICTS, dtype=object), count)
    rows["attendees"] = rng.integers(1, 60, count)
    rows["concern"] = rng.choice(_CONCERNS, count)
    rows["offered"] = rng.integers(0, 6, count)
    rows["accepted"] = (rows["offered"] * rng.random(count)).astype(np.int64)
    rows["address"] = np.where(rng.random(count) < 0.5, rng.choice(corners, count), "")
    # Drawn aside, so that it moves nothing drawn after it.
    aside = rng.spawn(1)[0]
    rows["concern_offense"] = rows["concern"].map(_OFFENSE_OF).fillna("")
    kind = rows["outreach_type"]
    met = kind.isin(["partner_meeting", "mediation", "response", "street_outreach"])
    rows["partner"] = np.where(met, aside.choice(_PARTNERS, count), "")
    before = np.searchsorted(shootings["day"].to_numpy(), rows["day"].to_numpy(), side="right") - 1
    answers = kind.isin(["mediation", "response"]).to_numpy() & (before >= 0)
    rows["incident_id"] = np.where(answers, shootings["incident_id"].to_numpy(object)[before], "")
    return rows


def make_surveys(rng: np.random.Generator) -> pd.DataFrame:
    """Four waves of 300 residents, two questions each, on a scale from 1 to 5."""
    wave, resident, question = (part.ravel() for part in np.indices((4, 300, 2)))
    district = rng.choice(np.array(DISTRICTS, dtype=object), (4, 300))
    weight = np.round(rng.uniform(0.5, 2.0, (4, 300)), 3)
    return pd.DataFrame(
        {
            "answer_id": "A" + pd.Series(np.arange(1, len(wave) + 1)).astype(str).str.zfill(5),
            "wave": "W" + pd.Series(wave + 1).astype(str),
            "day": 120 + 270 * wave + resident % 20,
            "district": district[wave, resident],
            "question": np.array(["trust_in_office", "safe_at_night"], dtype=object)[question],
            "answer": np.clip(np.round(rng.normal(2.8 + 0.15 * wave, 1.1)), 1, 5).astype(np.int64),
            "weight": weight[wave, resident],
        }
    )


def make_tracker(rng: np.random.Generator) -> pd.DataFrame:
    """One sheet for strategies (kind S) and the commitments made under them (kind C)."""
    strategies, per_strategy = 12, 5
    start = np.sort(rng.integers(30, days.LAST - 200, strategies))
    sheet = pd.DataFrame(
        {
            "kind": "S",
            "strategy": np.arange(1, strategies + 1),
            "number": 0,
            "start_day": start,
            "due_day": np.where(rng.random(strategies) < 0.4, days.capped(start + 365), days.MISSING),
            "origin": rng.choice(np.array(["residents", "police", "office", "partners"], dtype=object), strategies),
            "concern": rng.choice(_CONCERNS, strategies),
            "district": rng.choice(np.array(DISTRICTS, dtype=object), strategies),
            "has_evaluation": rng.random(strategies) < 0.5,
        }
    )
    strategy, number = (part.ravel() + 1 for part in np.indices((strategies, per_strategy)))
    made = start[strategy - 1] + 10 * number
    due = made + 45
    done = np.where(rng.random(len(made)) < 0.8, days.capped(due + rng.integers(-20, 15, len(made))), days.MISSING)
    promises = pd.DataFrame(
        {"kind": "C", "strategy": strategy, "number": number, "start_day": made, "due_day": due, "done_day": done}
    )
    return pd.concat([sheet, promises], ignore_index=True)


def make_staff(rng: np.random.Generator) -> pd.DataFrame:
    """Sixty positions; some have left."""
    count = 60
    start = rng.integers(-1500, 900, count)
    staff = pd.DataFrame(
        {
            "staff_id": "E" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(3),
            "role": rng.choice(np.array(["attorney", "paralegal", "advocate", "analyst"], dtype=object), count),
            "unit": rng.choice(np.array(["felony", "misdemeanor", "strategic", "juvenile"], dtype=object), count),
            "start_day": start,
            "end_day": np.where(rng.random(count) < 0.2, days.capped(np.maximum(start, 0) + 190), days.MISSING),
            "race_ethnicity": rng.choice(np.array(["white", "black", "hispanic", "asian"], dtype=object), count),
            "sex": rng.choice(np.array(["female", "male"], dtype=object), count),
            "has_caseload": rng.random(count) < 0.6,
        }
    )
    # Drawn aside, so that it moves nothing drawn after it.
    aside = rng.spawn(1)[0]
    other = aside.random(count) < 0.2
    roles = aside.choice(np.array(["clerical", "investigator"], dtype=object), count)
    return staff.assign(role=np.where(other, roles, staff["role"]))


def _why_not(rows: pd.DataFrame, *, birth: pd.Series) -> Any:
    """The first rule that takes a membership off the list on the last day."""
    minor = days.calendar_number(rows["evidence_day"].to_numpy()) - days.calendar_number(birth.to_numpy()) < 180_000
    contested = (rows["contested_day"] != days.MISSING) & (rows["contest_outcome"] == "")
    stated = (rows["expires_day"] != days.MISSING) & (rows["expires_day"] <= days.LAST)
    return np.select(
        [
            rows["approver"] == "",
            rows["criterion"] == "family",
            stated | (rows["last_fact_day"] + EXPIRY_DAYS <= days.LAST),
            rows["reviewed_day"] + REVIEW_DAYS <= days.LAST,
            contested,
            minor,
        ],
        ["tip", "never_a_criterion", "expired", "group_not_reviewed", "contested", "evidence_before_18"],
        "",
    )
