"""Rows that many cases start from, and short ways to write them; the year 2024 to the day AS_OF."""

from datetime import date
from typing import Any

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


def numbered(key: str, *rows: dict[str, Any], **common: Any) -> list[dict[str, Any]]:
    """Number the rows under their key and give them what they share."""
    return [{key: f"{key}-{number}", **common, **row} for number, row in enumerate(rows, start=1)]


def linked(table: str, **people: str) -> list[dict[str, Any]]:
    return [{"record_table": table, "record_id": record, "person_id": person} for record, person in people.items()]


# every area of the layer, some of the black residents, none of the white; not to be counted: a band of age, a tract
RESIDENTS = [
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
]

INCIDENTS = numbered(
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

SHOTS = numbered(
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

ARRESTS = numbered(
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
FILED_CASES = numbered(
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


def counts(keys: list[tuple[str, str]], *counts: int) -> Expected:
    return {key: (count, None, float(count)) for key, count in zip(keys, counts, strict=True)}


def shares(keys: list[tuple[str, str]], *shares: tuple[int, int]) -> Expected:
    return {key: (top, bottom, top / bottom) for key, (top, bottom) in zip(keys, shares, strict=True)}


CASE_TABLES: Given = {"cases": FILED_CASES, "defendants": DEFENDANTS, "place_areas": AREAS}
