"""The office's own sheets: group audit, feuds, call-ins, promises, outreach, surveys, strategies, staff."""

from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.groups import Groups
from strategic_prosecution.demo.sheets import RACES, SEXES, Sheet, coded, date_columns, number, sheet, yes_no

ISO = "%Y-%m-%d"


def audit_sheet(memberships: pd.DataFrame, groups: Groups) -> Sheet:
    """The group audit: each row a membership with its basis."""
    return sheet(
        "raw/groups/audit_2025-12-31.csv",
        {
            "row_id": memberships["membership_id"],
            "group": np.array(groups.names, dtype=object)[memberships["group"]],
            **_person(memberships),
            "race": coded(memberships["race_ethnicity"], RACES),
            "sex": coded(memberships["sex"], SEXES),
            "criterion": memberships["criterion"],
            "source": memberships["source"],
            "author": memberships["author"],
            "approver": memberships["approver"],
            **date_columns(
                memberships,
                ISO,
                evidence="evidence_day",
                last_fact="last_fact_day",
                group_reviewed="reviewed_day",
                notice="notice_day",
                contested="contested_day",
                decided="decided_day",
                expires="expires_day",
                known_on="known_day",
            ),
            "outcome": memberships["contest_outcome"],
        },
    )


def feud_sheet(groups: Groups) -> Sheet:
    """Pairs of groups at feud."""
    names = np.array(groups.names, dtype=object)
    feuds = groups.feuds
    return sheet(
        "raw/groups/feuds_2025-12-31.csv",
        {
            "feud_id": "F" + pd.Series(np.arange(1, len(feuds) + 1)).astype(str),
            "group": names[feuds["group"]],
            "other_group": names[feuds["other"]],
            "source": "incident review",
            **date_columns(feuds, ISO, known_on="known_day", ended="ended_day"),
        },
    )


def notification_sheet(notifications: pd.DataFrame, groups: Groups) -> Sheet:
    """Call-ins and custom notifications."""
    return sheet(
        "raw/groups/call_ins_2025-12-31.csv",
        {
            "notice_id": notifications["notification_id"],
            **_person(notifications),
            "race": coded(notifications["race_ethnicity"], RACES),
            "sex": coded(notifications["sex"], SEXES),
            "age": number(notifications["age"]),
            "group": np.array(groups.names, dtype=object)[notifications["group"]],
            "mode": notifications["mode"],
            **date_columns(notifications, ISO, date="day"),
            "invited": yes_no(notifications["was_invited"]),
            "attended": yes_no(notifications["has_attended"]),
            "delivered": yes_no(notifications["message_delivered"]),
            "help_offered": yes_no(notifications["support_offered"]),
        },
    )


def action_sheet(actions: pd.DataFrame, groups: Groups) -> Sheet:
    """Promises made to groups, and whether they were kept."""
    count = len(actions)
    return sheet(
        "raw/groups/promises_2025-12-31.csv",
        {
            "promise_id": actions["action_id"],
            "group": np.array(groups.names, dtype=object)[actions["group_suspect"]],
            "trigger_incident": actions["incident_id"],
            "type": np.full(count, "promise", dtype=object),
            **date_columns(actions, ISO, promised="promised_day", done="action_day"),
            "own_conduct": np.full(count, "own conduct on file", dtype=object),
            "approved_by": np.full(count, "ADA-01", dtype=object),
            "lesser_step": np.full(count, "warning letter", dtype=object),
        },
    )


def outreach_sheet(outreach: pd.DataFrame) -> Sheet:
    """Meetings and other contacts with residents."""
    return sheet(
        "raw/outreach/log_2025-12-31.csv",
        {
            "id": outreach["outreach_id"],
            **date_columns(outreach, "%B %d, %Y", date="day"),
            "kind": outreach["outreach_type"],
            "district": outreach["district"],
            "present": number(outreach["attendees"]),
            "concern": outreach["concern"],
            "about": outreach["concern_offense"],
            "partner": outreach["partner"],
            "incident": outreach["incident_id"],
            "help_offered": number(outreach["offered"]),
            "help_accepted": number(outreach["accepted"]),
            "place": outreach["address"],
        },
    )


def survey_sheet(surveys: pd.DataFrame) -> Sheet:
    """Answers of residents."""
    return sheet(
        "raw/surveys/answers_2025-12-31.csv",
        {
            "answer_id": surveys["answer_id"],
            "wave": surveys["wave"],
            **date_columns(surveys, ISO, day="day"),
            "district": surveys["district"],
            "question": surveys["question"],
            "answer": number(surveys["answer"]),
            "weight": surveys["weight"].astype(str),
        },
    )


def tracker_sheet(tracker: pd.DataFrame) -> Sheet:
    """Strategies and the commitments made under them: one file, two feeds told apart by ``kind``."""
    strategy = "ST-" + tracker["strategy"].astype(str)
    is_strategy = (tracker["kind"] == "S").to_numpy()
    dates = tracker[["start_day", "due_day", "done_day"]].fillna(days.MISSING).astype(np.int64)
    return sheet(
        "raw/strategies/tracker_2025-12-31.csv",
        {
            "kind": tracker["kind"],
            "id": np.where(is_strategy, strategy, strategy + "-C" + tracker["number"].astype(str)),
            "strategy": strategy,
            "title": np.where(is_strategy, "Strategy " + tracker["strategy"].astype(str), ""),
            "raised_by": tracker["origin"].fillna(""),
            "concern": tracker["concern"].fillna(""),
            "district": tracker["district"].fillna(""),
            **date_columns(dates, ISO, start="start_day", due="due_day", done="done_day"),
            "evaluation": np.where(is_strategy, yes_no(tracker["has_evaluation"].eq(True)), ""),
        },
    )


def staff_sheet(staff: pd.DataFrame) -> Sheet:
    """Positions, without names."""
    return sheet(
        "raw/hr/staff_2025-12-31.csv",
        {
            "employee": staff["staff_id"],
            "position": staff["role"],
            "unit": staff["unit"],
            **date_columns(staff, ISO, hired="start_day", left="end_day"),
            "race": staff["race_ethnicity"],
            "sex": staff["sex"],
            "caseload": yes_no(staff["has_caseload"]),
        },
    )


def _person(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "sid": rows["state_id"],
        "first_name": rows["given_name"],
        "last_name": rows["family_name"],
        "birth_date": days.day_text(rows["birth_day"].to_numpy(), ISO),
    }
