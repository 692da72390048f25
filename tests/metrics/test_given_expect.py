"""One case per metric: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import strategic_prosecution.metrics
from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS

AS_OF = date(2024, 3, 31)
LAYER = "district"
HOME = "district of residence"
CROSS = "district x offense_category"

Given = dict[str, list[dict[str, Any]]]
# (breakdown, segment) -> numerator, denominator, value
Expected = dict[tuple[str, str], tuple[int, int | None, float | None]]

AREAS = [
    {"place_id": "p-north", "layer": LAYER, "area_id": "north"},
    {"place_id": "p-south", "layer": LAYER, "area_id": "south"},
    {"place_id": "p-north", "layer": "tract", "area_id": "t1"},
]


def _rows(key: str, *rows: dict[str, Any], **common: Any) -> list[dict[str, Any]]:
    """Number the rows under their key and give them what they share."""
    return [{key: f"{key}-{number}", **common, **row} for number, row in enumerate(rows, start=1)]


def _linked(table: str, **people: str) -> list[dict[str, Any]]:
    return [{"record_table": table, "record_id": record, "person_id": person} for record, person in people.items()]


INCIDENTS = _rows(
    "incident_id",
    {"occurred_date": "2024-01-05", "offense_category": "robbery", "place_id": "p-north", "area_id": "south"},
    {"occurred_date": "2024-01-09", "offense_category": "robbery", "area_id": "south", "clearance_status": "arrest"},
    {"occurred_date": "2024-02-01", "offense_category": "homicide", "clearance_status": "exceptional"},
    {"occurred_date": "2024-02-02", "offense_category": "homicide", "clearance_status": "unfounded"},
    {"occurred_date": "2024-02-03", "offense_category": "theft", "place_id": "p-north"},
)
VIOLENCE_BY: list[tuple[str, str]] = [
    ("", ""),
    (LAYER, "north"),
    (LAYER, "south"),
    (LAYER, "unknown"),
    ("offense_category", "homicide"),
    ("offense_category", "robbery"),
    (CROSS, "north x robbery"),
    (CROSS, "south x robbery"),
    (CROSS, "unknown x homicide"),
]

SHOTS = _rows(
    "shooting_id",
    # two victims of one incident, one of them dead
    {"incident_id": "i1", "is_fatal": True, "intent": "criminal", "place_id": "p-north"},
    {"incident_id": "i1", "is_fatal": False, "intent": None, "place_id": "p-north", "race_ethnicity": "black"},
    # a graze counts, a miss does not
    {"incident_id": "i2", "is_fatal": False, "intent": "criminal", "wound_type": "graze", "race_ethnicity": "white"},
    {"incident_id": "i3", "is_fatal": False, "intent": "criminal", "wound_type": "none"},
    {"incident_id": "i4", "is_fatal": False, "intent": "officer"},
    {"incident_id": "i5", "is_fatal": True, "intent": "self_inflicted"},
    {"incident_id": "i6", "is_fatal": False, "intent": "criminal", "is_unfounded": True},
    occurred_date="2024-01-20",
)

ARRESTS = _rows(
    "arrest_id",
    {
        "arrest_date": "2024-01-01",
        "severity": "felony",
        "arrest_type": "custodial",
        "is_proactive": False,
        "place_id": "p-north",
        "home_place_id": "p-south",
        "race_ethnicity": "black",
        "offense_category": "weapons",
    },
    {
        "arrest_date": "2024-03-31",
        "severity": "misdemeanor",
        "arrest_type": "citation",
        "is_proactive": True,
        "place_id": "p-north",
        "home_place_id": "p-north",
        "race_ethnicity": "white",
        "offense_category": "theft",
    },
    {"arrest_date": "2024-03-31", "severity": "unknown", "arrest_type": None, "race_ethnicity": "black"},
    # not yet known on AS_OF: in no number
    {"arrest_date": "2024-04-01", "severity": "felony", "arrest_type": "custodial", "is_proactive": True},
)
# Shares leave the third arrest out: its severity, kind and origin are not known.
ARREST_SHARE: Expected = {
    ("", ""): (1, 2, 0.5),
    (LAYER, "north"): (1, 2, 0.5),
    (HOME, "north"): (1, 1, 1.0),
    (HOME, "south"): (0, 1, 0.0),
    ("race_ethnicity", "black"): (0, 1, 0.0),
    ("race_ethnicity", "white"): (1, 1, 1.0),
}

DEFENDANTS = [
    {"defendant_id": "d1", "case_id": "case_id-1", "race_ethnicity": "black", "home_place_id": "p-north"},
    {"defendant_id": "d2", "case_id": "case_id-2", "race_ethnicity": "white", "home_place_id": "p-south"},
    # two defendants who differ: the case has no race and no residence
    {"defendant_id": "d3a", "case_id": "case_id-3", "race_ethnicity": "black", "home_place_id": "p-north"},
    {"defendant_id": "d3b", "case_id": "case_id-3", "race_ethnicity": "white", "home_place_id": "p-south"},
]
CASES = _rows(
    "case_id",
    {"filed_date": "2024-01-01", "disposition_date": "2024-01-11", "disposition": "guilty_plea"},
    {"filed_date": "2024-01-01", "disposition_date": "2024-01-31", "disposition": "dismissed"},
    {"filed_date": "2024-01-01"},
    {"filed_date": "2024-01-01", "disposition_date": "2024-01-06", "disposition": "warrant"},
    {"filed_date": "2024-01-01", "disposition_date": "2024-01-07", "disposition": "superseded"},
    offense_category="drugs",
    filed_severity="felony",
)
# The clock of 4 stops on day 5 and of 5 on day 6, both undisposed: 3 at risk on day 10, 2 on day 30.
# S(10) = 2/3, S(30) = 2/3 * 1/2 = 1/3: the median is 30 days.
FELONY = {"filed_date": "2024-01-01", "filed_severity": "felony", "offense_category": "drugs"}
MEDIAN: Expected = {
    ("", ""): (2, 5, 30.0),
    (HOME, "north"): (1, 1, 10.0),
    (HOME, "south"): (1, 1, 30.0),
    (HOME, "unknown"): (0, 3, None),
    ("race_ethnicity", "black"): (1, 1, 10.0),
    ("race_ethnicity", "white"): (1, 1, 30.0),
    ("race_ethnicity", "unknown"): (0, 3, None),
    ("offense_category", "drugs"): (2, 5, 30.0),
}

SENTENCES = _rows(
    "sentence_id",
    # two terms of one case run together: 300 - 20 days, not 300 + 100
    {"case_id": "case_id-1", "sentence_type": "prison", "min_days": 300, "max_days": 900, "credit_days": 20},
    {"case_id": "case_id-1", "sentence_type": "jail", "max_days": 100, "fine_cents": 5_000, "fee_cents": 250},
    {"case_id": "case_id-2", "sentence_type": "probation", "probation_days": 365, "fine_cents": 1_000},
    # a resentence is no original sentence
    {"case_id": "case_id-2", "sentence_type": "prison", "min_days": 999, "fine_cents": 999, "is_initial": False},
    # longer than life's cap; all of a term already served is 0 days, not less
    {"case_id": "case_id-3", "sentence_type": "prison", "min_days": 99_999},
    {"case_id": "case_id-4", "sentence_type": "jail", "max_days": 10, "credit_days": 30},
    sentence_date="2024-02-10",
)

CUSTODY = _rows(
    "custody_id",
    # one person, two bookings that overlap: 10 to 20 January once
    {
        "case_id": "case_id-8",
        "detained_from": "2024-01-10",
        "detained_to": "2024-01-15",
        "race_ethnicity": "black",
        "home_place_id": "p-north",
    },
    {"case_id": "case_id-9", "detained_from": "2024-01-12", "detained_to": "2024-01-20", "race_ethnicity": "white"},
    # released in March, but the case ended on 31 January: pretrial ends there, 11 days
    {"case_id": "case_id-2", "detained_from": "2024-01-20", "detained_to": "2024-03-01", "race_ethnicity": "white"},
    # from the year before, and still there: 91 days of 2024 to the end of AS_OF
    {"case_id": "case_id-3", "detained_from": "2023-12-30", "race_ethnicity": "white", "home_place_id": "p-south"},
    {"case_id": "case_id-4", "detained_from": "2024-02-01", "detained_to": "2024-02-09", "is_other_agency_hold": True},
)

CASE_OUTCOMES = [
    ("a1", "case_id-1", "dismissed", "2024-02-01"),
    ("a2", "case_id-1", "superseded", "2024-01-20"),
    ("b1", "case_id-2", "dismissed", "2024-02-01"),
    ("b2", "case_id-2", "guilty_plea", "2024-02-01"),
    ("c1", "case_id-3", "dismissed", "2024-02-01"),
    ("c2", "case_id-3", None, None),
    ("d1", "case_id-4", "abated", "2024-02-01"),
    ("e1", "case_id-5", "dismissed", "2024-02-01"),
    ("e2", "case_id-5", "diverted", "2024-02-01"),
    ("f1", "case_id-6", "dismissed", "2024-02-01"),
    ("g1", "case_id-7", "warrant", "2024-02-01"),
]

CASE_PARTS: list[tuple[str, str]] = [
    ("", ""),
    (HOME, "north"),
    (HOME, "south"),
    (HOME, "unknown"),
    ("race_ethnicity", "black"),
    ("race_ethnicity", "white"),
    ("race_ethnicity", "unknown"),
    ("offense_category", "drugs"),
]


def _counts(keys: list[tuple[str, str]], *counts: int) -> Expected:
    return {key: (count, None, float(count)) for key, count in zip(keys, counts, strict=True)}


def _shares(keys: list[tuple[str, str]], *shares: tuple[int, int]) -> Expected:
    return {key: (top, bottom, top / bottom) for key, (top, bottom) in zip(keys, shares, strict=True)}


CASE_TABLES: Given = {"cases": CASES, "defendants": DEFENDANTS, "place_areas": AREAS}
SENTENCE_TABLES: Given = {**CASE_TABLES, "sentences": SENTENCES}

CASES_BY_METRIC: dict[str, tuple[Given, Expected]] = {
    "violent_incidents": (
        {"incidents": INCIDENTS, "place_areas": AREAS},
        _counts(VIOLENCE_BY, 3, 1, 1, 1, 1, 2, 1, 1, 1),
    ),
    "clearance_rate": (
        {"incidents": INCIDENTS, "place_areas": AREAS},
        _shares(VIOLENCE_BY[:6], (1, 3), (0, 1), (1, 1), (0, 1), (0, 1), (1, 2)),
    ),
    "homicide_victims": (
        {
            "incidents": [
                # three victims of whom one died: the shooting log says so
                {
                    "incident_id": "i1",
                    "occurred_date": "2024-01-20",
                    "offense_category": "homicide",
                    "victim_count": 3,
                    "area_id": "south",
                },
                {
                    "incident_id": "h2",
                    "occurred_date": "2024-01-21",
                    "offense_category": "homicide",
                    "victim_count": 2,
                    "area_id": "north",
                },
                {"incident_id": "h3", "occurred_date": "2024-01-22", "offense_category": "homicide"},
                # in the log dead, in the incidents not yet
                {"incident_id": "i7", "occurred_date": "2024-01-23", "offense_category": "nonfatal_shooting"},
            ],
            "shootings": [
                *SHOTS,
                {"shooting_id": "s8", "incident_id": "i7", "is_fatal": True, "occurred_date": "2024-01-23"},
            ],
            "place_areas": AREAS,
        },
        _counts([("", ""), (LAYER, "north"), (LAYER, "south"), (LAYER, "unknown")], 5, 2, 1, 2),
    ),
    "nonfatal_shooting_victims": (
        {"shootings": SHOTS, "incidents": [{"incident_id": "i2", "area_id": "south"}], "place_areas": AREAS},
        _counts(
            [("", ""), (LAYER, "north"), (LAYER, "south"), ("race_ethnicity", "black"), ("race_ethnicity", "white")],
            *(2, 1, 1, 1, 1),
        ),
    ),
    "shooting_incidents": (
        {"shootings": SHOTS, "place_areas": AREAS},
        _counts([("", ""), (LAYER, "north"), (LAYER, "unknown")], 2, 1, 1),
    ),
    "group_involved_share": (
        {
            "shootings": _rows(
                "shooting_id",
                {"incident_id": "i1", "review_date": "2024-01-30", "group_victim_status": "confirmed"},
                {"incident_id": "i1", "review_date": "2024-01-30", "group_victim_status": "no"},
                {"incident_id": "i2", "review_date": "2024-01-30", "group_suspect_status": "suspected"},
                {"incident_id": "i3", "review_date": "2024-01-30", "group_suspect_status": "unknown"},
                {"incident_id": "i4", "group_suspect_status": "confirmed"},
                occurred_date="2024-01-20",
                intent="criminal",
            )
        },
        {("", ""): (2, 3, 2 / 3)},
    ),
    "group_involved_confirmed_share": (
        {
            "shootings": _rows(
                "shooting_id",
                {"incident_id": "i1", "group_victim_status": "confirmed"},
                {"incident_id": "i2", "group_suspect_status": "suspected"},
                {"incident_id": "i3", "group_suspect_status": "confirmed", "is_unfounded": True},
                occurred_date="2024-01-20",
                review_date="2024-01-30",
            )
        },
        {("", ""): (1, 2, 0.5)},
    ),
    "promise_kept_rate": (
        {
            "enforcement_actions": _rows(
                "action_id",
                {"promised_date": "2024-01-02", "action_date": "2024-02-02", "action_type": "enforcement"},
                {"promised_date": "2024-01-02", "action_date": "2024-04-02", "action_type": "help"},
                {"promised_date": "2024-01-02", "action_type": "help"},
                {"action_date": "2024-02-02", "action_type": "enforcement"},
                group_id="g1",
            )
        },
        {("", ""): (1, 3, 1 / 3)},
    ),
    "arrests": (
        {"arrests": ARRESTS, "place_areas": AREAS},
        {
            ("", ""): (3, None, 3.0),
            (LAYER, "north"): (2, None, 2.0),
            (LAYER, "unknown"): (1, None, 1.0),
            (HOME, "north"): (1, None, 1.0),
            (HOME, "south"): (1, None, 1.0),
            (HOME, "unknown"): (1, None, 1.0),
            ("race_ethnicity", "black"): (2, None, 2.0),
            ("race_ethnicity", "white"): (1, None, 1.0),
            ("offense_category", "theft"): (1, None, 1.0),
            ("offense_category", "unknown"): (1, None, 1.0),
            ("offense_category", "weapons"): (1, None, 1.0),
        },
    ),
    "arrests_per_1000": (
        {
            "arrests": ARRESTS,
            "place_areas": AREAS,
            "population": [
                {"area_id": area, "race_ethnicity": race, "population": people, "layer": layer, "age_band": band}
                for area, race, people, layer, band in [
                    ("north", "all", 400, LAYER, "all"),
                    ("south", "all", 100, LAYER, "all"),
                    ("east", "all", 500, LAYER, "all"),
                    ("north", "black", 200, LAYER, "all"),
                    ("south", "black", 50, LAYER, "all"),
                    ("south", "black", 20, LAYER, "18-24"),
                    ("t1", "all", 7, "tract", "all"),
                ]
            ],
        },
        {
            ("", ""): (3, 1000, 3.0),
            (HOME, "north"): (1, 400, 2.5),
            (HOME, "south"): (1, 100, 10.0),
            (HOME, "east"): (0, 500, 0.0),
            (HOME, "unknown"): (1, None, None),
            ("race_ethnicity", "black"): (2, 250, 8.0),
            ("race_ethnicity", "white"): (1, None, None),
        },
    ),
    "low_level_arrest_share": ({"arrests": ARRESTS, "place_areas": AREAS}, ARREST_SHARE),
    "custodial_arrest_share": (
        {"arrests": ARRESTS, "place_areas": AREAS},
        {key: (bottom - top, bottom, 1 - value) for key, (top, bottom, value) in ARREST_SHARE.items()},
    ),
    "proactive_arrest_share": ({"arrests": ARRESTS, "place_areas": AREAS}, ARREST_SHARE),
    "pretrial_detention_days": (
        {
            **CASE_TABLES,
            "custody": CUSTODY,
            "person_records": _linked("custody", **{"custody_id-1": "ann", "custody_id-2": "ann"}),
        },
        {
            ("", ""): (10 + 11 + 91, 3, 112.0),
            # the stay of ann is that of her earliest booking with a known race and home
            (HOME, "north"): (10, 1, 10.0),
            (HOME, "south"): (91, 1, 91.0),
            (HOME, "unknown"): (11, 1, 11.0),
            ("race_ethnicity", "black"): (10, 1, 10.0),
            ("race_ethnicity", "white"): (102, 2, 102.0),
        },
    ),
    "pretrial_detention_rate": (
        {
            "custody": _rows(
                "custody_id",
                # ordered detained; released the day after; held on bail; second decision does not count
                {"case_id": "k1", "decision_date": "2024-01-02", "decision_type": "detained"},
                {
                    "case_id": "k2",
                    "decision_date": "2024-01-02",
                    "decision_type": "money_bail",
                    "detained_from": "2024-01-01",
                    "detained_to": "2024-01-03",
                    "race_ethnicity": "white",
                },
                {
                    "case_id": "k3",
                    "decision_date": "2024-01-02",
                    "decision_type": "money_bail",
                    "detained_from": "2024-01-01",
                    "race_ethnicity": "white",
                    "home_place_id": "p-south",
                },
                {"case_id": "k2", "decision_date": "2024-02-02", "decision_type": "detained"},
                {
                    "case_id": "k4",
                    "decision_date": "2024-01-02",
                    "decision_type": "detained",
                    "is_other_agency_hold": 1,
                },
            ),
            "place_areas": AREAS,
        },
        {
            ("", ""): (2, 3, 2 / 3),
            (HOME, "south"): (1, 1, 1.0),
            (HOME, "unknown"): (1, 2, 0.5),
            ("race_ethnicity", "unknown"): (1, 1, 1.0),
            ("race_ethnicity", "white"): (1, 2, 0.5),
        },
    ),
    "incarceration_rate": (
        SENTENCE_TABLES,
        _shares(CASE_PARTS, (3, 4), (1, 1), (0, 1), (2, 2), (1, 1), (0, 1), (2, 2), (3, 4)),
    ),
    "incarceration_days_imposed": (
        SENTENCE_TABLES,
        {
            ("", ""): (280 + 21_915 + 0, 3, 22_195.0),
            (HOME, "north"): (280, 1, 280.0),
            (HOME, "unknown"): (21_915, 2, 21_915.0),
            ("race_ethnicity", "black"): (280, 1, 280.0),
            ("race_ethnicity", "unknown"): (21_915, 2, 21_915.0),
        },
    ),
    "fines_fees_assessed": (
        SENTENCE_TABLES,
        {
            ("", ""): (6_250, 2, 6_250.0),
            (HOME, "north"): (5_250, 1, 5_250.0),
            (HOME, "south"): (1_000, 1, 1_000.0),
            ("race_ethnicity", "black"): (5_250, 1, 5_250.0),
            ("race_ethnicity", "white"): (1_000, 1, 1_000.0),
        },
    ),
    "supervised_people": (
        {
            "supervision": _rows(
                "supervision_id",
                # two spells of one person at once; the last day counts; pretrial supervision is another thing
                {"start_date": "2024-01-01", "supervision_type": "probation", "race_ethnicity": "black"},
                {"start_date": "2024-02-01", "end_date": "2024-06-30", "supervision_type": "parole"},
                {"start_date": "2024-01-01", "end_date": "2024-03-31", "supervision_type": "parole"},
                {"start_date": "2024-01-01", "end_date": "2024-03-30", "supervision_type": "parole"},
                {"start_date": "2024-01-01", "supervision_type": "pretrial"},
            ),
            "person_records": _linked("supervision", **{"supervision_id-1": "ann", "supervision_id-2": "ann"}),
        },
        _counts([("", ""), ("race_ethnicity", "black"), ("race_ethnicity", "unknown")], 2, 1, 1),
    ),
    "dismissal_rate": (
        {
            "cases": [
                *_rows(
                    "case_id",
                    # 1 dismissed, 2 convicted; left out: 3 a charge is open, 4 abated, 5 diverted, 6 filed again,
                    # 7 on warrant; 8 without charge rows: dismissed
                    *({"incident_id": f"i{number}"} for number in range(1, 8)),
                    {"disposition": "dismissed", "disposition_date": "2024-02-01"},
                    filed_date="2024-01-01",
                    offense_category="drugs",
                ),
                {"case_id": "again", "incident_id": "i6", "filed_date": "2024-03-01", "offense_category": "drugs"},
            ],
            "charges": [
                {"charge_id": charge, "case_id": case, "disposition": how, "disposition_date": day}
                for charge, case, how, day in CASE_OUTCOMES
            ],
            "defendants": [
                *DEFENDANTS,
                {"defendant_id": "d6", "case_id": "case_id-6"},
                {"defendant_id": "d7", "case_id": "again"},
            ],
            "person_records": _linked("defendants", d6="cas", d7="cas"),
            "place_areas": AREAS,
        },
        _shares(
            CASE_PARTS,
            *((2, 3), (1, 1), (0, 1), (1, 1), (1, 1), (0, 1), (1, 1), (2, 3)),
        ),
    ),
    "felony_reduced_share": (
        {
            "cases": _rows(
                "case_id",
                {"disposition": "guilty_plea", "disposition_severity": "misdemeanor"},
                {"disposition": "guilty_trial", "disposition_severity": "felony"},
                {"disposition": "guilty_plea", "disposition_severity": "unknown"},
                {"disposition": "dismissed", "disposition_severity": "misdemeanor"},
                {"disposition": "guilty_plea", "disposition_severity": "felony", "filed_severity": "misdemeanor"},
                **FELONY,
            ),
            "defendants": DEFENDANTS,
            "place_areas": AREAS,
        },
        {
            ("", ""): (1, 2, 0.5),
            (HOME, "north"): (1, 1, 1.0),
            (HOME, "south"): (0, 1, 0.0),
            ("race_ethnicity", "black"): (1, 1, 1.0),
            ("race_ethnicity", "white"): (0, 1, 0.0),
            ("offense_category", "drugs"): (1, 2, 0.5),
        },
    ),
    "screening_approval_rate": (
        {
            "referrals": _rows(
                "referral_id",
                {"screen_result": "approved", "screen_date": "2024-01-02", "received_date": "2023-12-31"},
                {"screen_result": "approved", "race_ethnicity": "black"},
                {"screen_result": "rejected", "race_ethnicity": "black"},
                {"screen_result": "continued"},
                {"screen_result": "no_review"},
                {"screen_result": None},
                received_date="2024-01-01",
                offense_category="drugs",
            )
        },
        {
            ("", ""): (2, 3, 2 / 3),
            ("race_ethnicity", "black"): (1, 2, 0.5),
            ("race_ethnicity", "unknown"): (1, 1, 1.0),
            ("offense_category", "drugs"): (2, 3, 2 / 3),
        },
    ),
    "cases_referred": (
        {
            "referrals": _rows(
                "referral_id",
                {"race_ethnicity": "black", "offense_category": "drugs"},
                {"race_ethnicity": "unmapped", "offense_category": None},
                received_date="2024-01-01",
            )
        },
        _counts(
            [
                ("", ""),
                ("race_ethnicity", "black"),
                ("race_ethnicity", "unmapped"),
                ("offense_category", "drugs"),
                ("offense_category", "unknown"),
            ],
            *(2, 1, 1, 1, 1),
        ),
    ),
    "cases_filed": (CASE_TABLES, _counts(CASE_PARTS, 5, 1, 1, 3, 1, 1, 3, 5)),
    "cases_disposed": (
        CASE_TABLES,
        _counts(
            [
                ("", ""),
                (HOME, "north"),
                (HOME, "south"),
                ("race_ethnicity", "black"),
                ("race_ethnicity", "white"),
                ("offense_category", "drugs"),
            ],
            *(2, 1, 1, 1, 1, 2),
        ),
    ),
    # open on AS_OF: the third case and the one on warrant
    "open_cases": (
        CASE_TABLES,
        _counts(
            [("", ""), (HOME, "unknown"), ("race_ethnicity", "unknown"), ("offense_category", "drugs")], 2, 2, 2, 2
        ),
    ),
    "median_days_to_disposition": (CASE_TABLES, MEDIAN),
    "felony_median_days_to_disposition": (
        {
            **CASE_TABLES,
            "cases": [
                *CASES,
                {
                    "case_id": "petty",
                    "filed_date": "2024-01-01",
                    "filed_severity": "misdemeanor",
                    "disposition_date": "2024-01-02",
                    "disposition": "dismissed",
                },
            ],
        },
        MEDIAN,
    ),
    "victim_contact_rate": (
        {
            "victims": _rows(
                "victim_id",
                {"first_contact_date": "2024-01-05", "race_ethnicity": "black"},
                {"first_contact_date": "2024-04-05", "race_ethnicity": "white"},
                {"first_contact_date": None, "race_ethnicity": "white", "declined_participation": True},
                opened_date="2024-01-01",
            )
        },
        {
            ("", ""): (1, 3, 1 / 3),
            ("race_ethnicity", "black"): (1, 1, 1.0),
            ("race_ethnicity", "white"): (0, 2, 0.0),
        },
    ),
    "community_meetings": (
        {
            "outreach": _rows(
                "outreach_id",
                {"outreach_type": "community_meeting", "area_id": "north"},
                {"outreach_type": "community_meeting", "place_id": "p-south", "area_id": "north"},
                {"outreach_type": "walk_in", "area_id": "north"},
                outreach_date="2024-01-15",
            ),
            "place_areas": AREAS,
        },
        _counts([("", ""), (LAYER, "north"), (LAYER, "south")], 2, 1, 1),
    ),
    "commitments_kept_on_time": (
        {
            "commitments": _rows(
                "commitment_id",
                {"due_date": "2024-02-01", "done_date": "2024-02-01"},
                {"due_date": "2024-02-01", "done_date": "2024-02-02"},
                {"due_date": "2024-02-01"},
                {"due_date": "2024-06-01", "done_date": "2024-02-02"},
                {"due_date": None, "done_date": "2024-02-02"},
                made_date="2024-01-01",
            )
        },
        {("", ""): (1, 3, 1 / 3)},
    ),
    "diversion_rate": (
        {
            **CASE_TABLES,
            "cases": [*CASES[:2], {**CASES[2], "disposition": "diverted", "disposition_date": "2024-03-01"}],
            "diversion": _rows(
                "diversion_id",
                {"case_id": "case_id-1", "accepted_date": "2024-01-20"},
                {"case_id": "case_id-1", "accepted_date": "2024-02-20"},
                {"case_id": "case_id-2", "accepted_date": None},
                {"case_id": "case_id-2", "accepted_date": "2024-04-20"},
                {"case_id": "before filing", "accepted_date": "2024-01-20"},
                offered_date="2024-01-10",
            ),
        },
        _shares(CASE_PARTS, (2, 3), (1, 1), (0, 1), (1, 1), (1, 1), (0, 1), (1, 1), (2, 3)),
    ),
    "diversion_success_rate": (
        {
            "diversion": _rows(
                "diversion_id",
                {"end_date": "2024-03-01", "exit_status": "completed", "race_ethnicity": "black"},
                {"end_date": "2024-03-01", "exit_status": "failed", "race_ethnicity": "black"},
                {"end_date": "2024-03-01", "exit_status": "withdrawn", "race_ethnicity": "white"},
                {"end_date": None, "exit_status": "active", "race_ethnicity": "white"},
                offered_date="2024-01-10",
            )
        },
        {
            ("", ""): (1, 3, 1 / 3),
            ("race_ethnicity", "black"): (1, 2, 0.5),
            ("race_ethnicity", "white"): (0, 1, 0.0),
        },
    ),
    "callin_attendance_rate": (
        {
            "notifications": _rows(
                "notification_id",
                {"mode": "call_in", "has_attended": True, "was_invited": True},
                {"mode": "call_in", "has_attended": False},
                {"mode": "call_in", "has_attended": None},
                {"mode": "call_in", "has_attended": True, "was_invited": False},
                {"mode": "custom", "has_attended": True},
                notification_date="2024-02-20",
            )
        },
        {("", ""): (1, 2, 0.5)},
    ),
    "supervised_member_count": (
        {
            "group_memberships": [
                {"membership_id": "m1", "linked_person_id": "ann", "group_id": "g1", "known_on": "2024-01-01"},
                # a second membership of the same person adds nobody
                {"membership_id": "m2", "linked_person_id": "ann", "group_id": "g2", "known_on": "2024-01-01"},
                {"membership_id": "m3", "linked_person_id": "bob", "group_id": "g1", "known_on": "2024-01-01"},
                # ended the day before the last
                {
                    "membership_id": "m4",
                    "linked_person_id": "cas",
                    "group_id": "g1",
                    "known_on": "2024-01-01",
                    "expires_on": "2024-03-31",
                },
            ],
            "supervision": _rows(
                "supervision_id",
                {"supervision_type": "probation"},
                {"supervision_type": "pretrial"},
                {"supervision_type": "parole"},
                start_date="2024-02-01",
            ),
            "person_records": _linked(
                "supervision", **{"supervision_id-1": "ann", "supervision_id-2": "bob", "supervision_id-3": "cas"}
            ),
        },
        _counts([("", "")], 1),
    ),
}


def _year(rows: pd.DataFrame) -> Expected:
    chosen = rows[(rows["period"] == "year") & (rows["period_start"] == "2024-01-01")]
    found = chosen[["breakdown", "segment", "numerator", "denominator", "value"]].astype(object)
    found = found.where(found.notna(), None)
    return {(breakdown, segment): tuple(rest) for breakdown, segment, *rest in found.itertuples(index=False)}


@pytest.mark.parametrize("name", CASES_BY_METRIC)
def test_year(measure: Callable[..., pd.DataFrame], name: str) -> None:
    given, expected = CASES_BY_METRIC[name]
    assert _year(measure(given, name, as_of=AS_OF, layer=LAYER)) == expected


@pytest.mark.parametrize("name", CASES_BY_METRIC)
def test_race_and_sex_change_nothing_but_their_own_breakdown(measure: Callable[..., pd.DataFrame], name: str) -> None:
    given, _ = CASES_BY_METRIC[name]
    blank: Given = {}
    for table, rows in given.items():
        has = [column for column in ("race_ethnicity", "sex") if column in model.table(f"core.{table}").names]
        changed = {} if table == "population" else dict.fromkeys(has, "other")
        blank[table] = [{**row, **changed} for row in rows]
    before, after = (
        {
            key: row
            for key, row in _year(measure(tables, name, as_of=AS_OF, layer=LAYER)).items()
            if "race" not in key[0]
        }
        for tables in (given, blank)
    )
    assert before == after


def test_each_metric_is_whole() -> None:
    folder = Path(strategic_prosecution.metrics.__file__).parent / "sql"
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))
    assert {path.stem for path in folder.glob("*.sql")} == set(names) == set(CASES_BY_METRIC)
    for metric in METRICS:
        assert metric.source and metric.definition and metric.numerator and metric.unit, metric.name
        assert metric.grade in ("R", "C", "D"), metric.name
        assert bool(metric.denominator) == (metric.statistic not in ("count", "stock")), metric.name
        assert all(table in {known.name for known in model.tables("core")} for table in metric.tables), metric.name
        assert metric.sql.startswith("-- grain: "), metric.name


def test_race_and_sex_are_only_selected_never_a_condition() -> None:
    for metric in METRICS:
        for line in metric.sql.splitlines():
            assert not re.search(r"\bsex\b", line), metric.name
            if re.search(r"\brace_ethnicity\b", line):
                assert not re.search(r"\b(where|and|or|on|having|qualify|partition)\b", line), (metric.name, line)
