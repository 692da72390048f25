"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from tests.metrics.given import (
    AREAS,
    CROSS,
    INCIDENTS,
    LAYER,
    SHOTS,
    VIOLENCE_BY,
    Expected,
    Given,
    counts,
    numbered,
    shares,
)

# One killed with another wounded, one grazed, one of whom nobody says whether they live; the rest are no victims.
VICTIMS = [
    *SHOTS,
    {"shooting_id": "s9", "incident_id": "i9", "occurred_date": "2024-01-20", "place_id": "p-north"},
]
HOMICIDES: Given = {
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
        {"incident_id": "t1", "occurred_date": "2024-01-23", "offense_category": "theft", "victim_count": 1},
        {
            "incident_id": "h9",
            "occurred_date": "2024-01-24",
            "offense_category": "homicide",
            "clearance_status": "unfounded",
        },
    ],
    "shootings": [
        *SHOTS,
        {"shooting_id": "s8", "incident_id": "i7", "is_fatal": True, "occurred_date": "2024-01-23"},
        # wounded in a homicide by other means
        {"shooting_id": "s10", "incident_id": "h3", "is_fatal": False, "occurred_date": "2024-01-22"},
        # dead of an incident that no extract has
        {
            "shooting_id": "s11",
            "incident_id": "i99",
            "is_fatal": True,
            "occurred_date": "2024-01-22",
            "place_id": "p-north",
        },
    ],
    "place_areas": AREAS,
}

CLEARED = [
    *numbered(
        "incident_id",
        # last year's, cleared this year
        {"occurred_date": "2023-12-20", "clearance_status": "arrest", "cleared_date": "2024-01-10", "area_id": "north"},
        # cleared nobody knows when
        {"occurred_date": "2024-01-05", "clearance_status": "arrest", "area_id": "south"},
        {
            "occurred_date": "2024-02-01",
            "clearance_status": "exceptional",
            "cleared_date": "2024-02-20",
            "area_id": "south",
        },
        {
            "occurred_date": "2024-02-02",
            "clearance_status": "unfounded",
            "cleared_date": "2024-02-03",
            "area_id": "south",
        },
        offense_category="robbery",
    ),
    {
        "incident_id": "theft",
        "occurred_date": "2024-01-01",
        "clearance_status": "arrest",
        "cleared_date": "2024-01-02",
        "area_id": "south",
        "offense_category": "theft",
    },
    {
        "incident_id": "theft 2",
        "occurred_date": "2024-01-01",
        "clearance_status": "exceptional",
        "cleared_date": "2024-01-02",
        "area_id": "south",
        "offense_category": "theft",
    },
    {
        "incident_id": "assault",
        "occurred_date": "2024-03-01",
        "clearance_status": "arrest",
        "cleared_date": "2024-03-02",
        "area_id": "north",
        "offense_category": "aggravated_assault",
    },
]
CLEARED_BY: list[tuple[str, str]] = [
    ("", ""),
    (LAYER, "north"),
    (LAYER, "south"),
    ("offense_category", "aggravated_assault"),
    ("offense_category", "robbery"),
]

ANSWERED_SHOTS: Given = {
    "shootings": numbered(
        "shooting_id",
        {"incident_id": "i1", "is_fatal": True, "place_id": "p-north", "race_ethnicity": "black"},
        {"incident_id": "i2", "is_fatal": True, "race_ethnicity": "white"},
        {"incident_id": "i1", "is_fatal": False, "place_id": "p-north", "race_ethnicity": "hispanic"},
        {"incident_id": "i2", "is_fatal": False, "race_ethnicity": "white"},
        # of an unfounded incident, of one that no extract has, of unknown end, of no crime
        {"incident_id": "i3", "is_fatal": True},
        {"incident_id": "i3", "is_fatal": False},
        {"incident_id": "i4", "is_fatal": True},
        {"incident_id": "i4", "is_fatal": False},
        {"incident_id": "i1", "is_fatal": None},
        {"incident_id": "i1", "is_fatal": True, "intent": "self_inflicted"},
        {"incident_id": "i1", "is_fatal": False, "intent": "accident"},
        occurred_date="2024-01-20",
    ),
    "incidents": [
        {"incident_id": "i1", "clearance_status": "arrest", "area_id": "south"},
        {"incident_id": "i2", "clearance_status": "exceptional", "area_id": "south"},
        {"incident_id": "i3", "clearance_status": "unfounded"},
    ],
    "place_areas": AREAS,
}

# The first arrest of each: 5, 9, 20, 0 and 30 days; the others are no violence, unfounded, or not arrested for it yet.
ARRESTED: Given = {
    "incidents": [
        {"incident_id": "r1", "occurred_date": "2024-01-05", "offense_category": "robbery"},
        {"incident_id": "r2", "occurred_date": "2024-01-09", "offense_category": "robbery"},
        {"incident_id": "r3", "occurred_date": "2024-01-11", "offense_category": "robbery"},
        {"incident_id": "h1", "occurred_date": "2024-02-01", "offense_category": "homicide"},
        {"incident_id": "a1", "occurred_date": "2024-02-01", "offense_category": "aggravated_assault"},
        {"incident_id": "r4", "occurred_date": "2024-03-01", "offense_category": "robbery"},
        {"incident_id": "t1", "occurred_date": "2024-03-01", "offense_category": "theft"},
        {
            "incident_id": "u1",
            "occurred_date": "2024-03-01",
            "offense_category": "robbery",
            "clearance_status": "unfounded",
        },
    ],
    "arrests": numbered(
        "arrest_id",
        {"incident_id": "r1", "arrest_date": "2024-01-20"},
        {"incident_id": "r1", "arrest_date": "2024-01-10"},
        # before the event: for something else
        {"incident_id": "r2", "arrest_date": "2024-01-04"},
        {"incident_id": "r2", "arrest_date": "2024-01-18"},
        {"incident_id": "r3", "arrest_date": "2024-01-31"},
        {"incident_id": "h1", "arrest_date": "2024-02-01"},
        {"incident_id": "a1", "arrest_date": "2024-03-02"},
        {"incident_id": "r4", "arrest_date": "2024-04-01"},
        {"incident_id": "t1", "arrest_date": "2024-03-02"},
        {"incident_id": "u1", "arrest_date": "2024-03-02"},
        {"incident_id": None, "arrest_date": "2024-03-02"},
    ),
}


def survey(question: str) -> Given:
    """Of the year: 2 and, with twice the weight, 5 in the north; 1 without a weight in the south."""
    return {
        "surveys": numbered(
            "answer_id",
            {"question": question, "answer": 2, "weight": 1, "area_id": "north"},
            {"question": question, "answer": 5, "weight": 2, "area_id": "north"},
            {"question": question, "answer": 1, "area_id": "south"},
            {"question": question, "answer": None, "weight": 1, "area_id": "south"},
            {"question": "another", "answer": 5, "weight": 9, "area_id": "south"},
            survey_date="2024-02-01",
        )
    }


# (2 + 2 x 5 + 1) / 4 and (2 + 2 x 5) / 3
SURVEY: Expected = {("", ""): (3, None, 3.25), (LAYER, "north"): (2, None, 4.0), (LAYER, "south"): (1, None, 1.0)}

CASES: dict[str, tuple[Given, Expected]] = {
    "violent_incidents": (
        {"incidents": INCIDENTS, "place_areas": AREAS},
        counts(VIOLENCE_BY, 3, 1, 1, 1, 1, 2, 1, 1, 1),
    ),
    "incident_count": (
        {"incidents": INCIDENTS, "place_areas": AREAS},
        counts(
            [*VIOLENCE_BY, ("offense_category", "theft"), (CROSS, "north x theft")], 4, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1
        ),
    ),
    "incident_rate": (
        {
            "incidents": INCIDENTS,
            "place_areas": AREAS,
            "population": [
                {"layer": LAYER, "area_id": "north", "race_ethnicity": "all", "age_band": "all", "population": 500},
                {"layer": LAYER, "area_id": "south", "race_ethnicity": "all", "age_band": "all", "population": 1500},
                {"layer": "tract", "area_id": "t1", "race_ethnicity": "all", "age_band": "all", "population": 9},
            ],
        },
        {
            ("", ""): (4, 2000, 2.0),
            ("offense_category", "homicide"): (1, 2000, 0.5),
            ("offense_category", "robbery"): (2, 2000, 1.0),
            ("offense_category", "theft"): (1, 2000, 0.5),
        },
    ),
    "clearance_rate": (
        {"incidents": INCIDENTS, "place_areas": AREAS},
        shares(VIOLENCE_BY[:6], (1, 3), (0, 1), (1, 1), (0, 1), (0, 1), (1, 2)),
    ),
    "exceptional_clearance_rate": (
        {"incidents": INCIDENTS, "place_areas": AREAS},
        shares(VIOLENCE_BY[:6], (1, 3), (0, 1), (0, 1), (1, 1), (1, 1), (0, 2)),
    ),
    "clearances_per_incident": ({"incidents": CLEARED}, shares(CLEARED_BY, (2, 3), (2, 1), (0, 2), (1, 1), (1, 2))),
    "exceptional_clearances_per_incident": (
        {"incidents": CLEARED},
        shares(CLEARED_BY, (1, 3), (0, 1), (1, 2), (0, 1), (1, 2)),
    ),
    "fatal_shooting_clearance_rate": (
        ANSWERED_SHOTS,
        shares(
            [("", ""), (LAYER, "north"), (LAYER, "south"), ("race_ethnicity", "black"), ("race_ethnicity", "white")],
            *((1, 2), (1, 1), (0, 1), (1, 1), (0, 1)),
        ),
    ),
    "nonfatal_shooting_clearance_rate": (
        ANSWERED_SHOTS,
        shares(
            [("", ""), (LAYER, "north"), (LAYER, "south"), ("race_ethnicity", "hispanic"), ("race_ethnicity", "white")],
            *((1, 2), (1, 1), (0, 1), (1, 1), (0, 1)),
        ),
    ),
    "days_incident_to_arrest": (
        ARRESTED,
        {
            ("", ""): (5, 5, 9.0),
            ("offense_category", "robbery"): (3, 3, 9.0),
            ("offense_category", "homicide"): (1, 1, 0.0),
            ("offense_category", "aggravated_assault"): (1, 1, 30.0),
        },
    ),
    "homicide_victims": (
        HOMICIDES,
        counts([("", ""), (LAYER, "north"), (LAYER, "south"), (LAYER, "unknown")], 6, 3, 1, 2),
    ),
    "homicide_incidents": (
        HOMICIDES,
        counts([("", ""), (LAYER, "north"), (LAYER, "south"), (LAYER, "unknown")], 5, 2, 1, 2),
    ),
    "nonfatal_shooting_victims": (
        {"shootings": VICTIMS, "incidents": [{"incident_id": "i2", "area_id": "south"}], "place_areas": AREAS},
        counts(
            [
                ("", ""),
                (LAYER, "north"),
                (LAYER, "south"),
                ("race_ethnicity", "black"),
                ("race_ethnicity", "white"),
                ("race_ethnicity", "unknown"),
            ],
            *(3, 2, 1, 1, 1, 1),
        ),
    ),
    "nonfatal_shooting_incidents": (
        {"shootings": VICTIMS, "incidents": [{"incident_id": "i2", "area_id": "south"}], "place_areas": AREAS},
        counts([("", ""), (LAYER, "north"), (LAYER, "south")], 2, 1, 1),
    ),
    "shooting_incidents": (
        {"shootings": SHOTS, "place_areas": AREAS},
        counts([("", ""), (LAYER, "north"), (LAYER, "unknown")], 2, 1, 1),
    ),
    "shooting_lethality_rate": (
        {"shootings": VICTIMS, "place_areas": AREAS},
        shares(
            [
                ("", ""),
                (LAYER, "north"),
                (LAYER, "unknown"),
                ("race_ethnicity", "black"),
                ("race_ethnicity", "white"),
                ("race_ethnicity", "unknown"),
            ],
            *((1, 3), (1, 2), (0, 1), (0, 1), (0, 1), (1, 1)),
        ),
    ),
    # The office of these cases names no question, so '' is the one it asks.
    "perceived_safety": (survey(""), SURVEY),
}
