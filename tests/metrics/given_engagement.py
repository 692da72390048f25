"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from tests.metrics.given import AREAS, CROSS, HOME, LAYER, SHOTS, Expected, Given, counts, numbered, shares
from tests.metrics.given_crime import SURVEY, survey

VICTIMS: Given = {
    "victims": numbered(
        "victim_id",
        {"first_contact_date": "2024-01-05", "race_ethnicity": "black"},
        {"first_contact_date": "2024-01-03", "race_ethnicity": "black"},
        # reached before the office wrote the victim down: 0 days
        {"first_contact_date": "2023-12-30", "race_ethnicity": "white"},
        # on AS_OF, not by then, and never
        {"first_contact_date": "2024-03-31", "race_ethnicity": "white"},
        {"first_contact_date": "2024-04-05", "race_ethnicity": "white"},
        {"first_contact_date": None, "race_ethnicity": "white"},
        opened_date="2024-01-01",
    )
}
ASKED_VICTIMS = numbered(
    "victim_id",
    {"declined_participation": True, "was_threatened": False, "race_ethnicity": "black"},
    {"declined_participation": False, "was_threatened": True, "race_ethnicity": "black"},
    {"declined_participation": False, "was_threatened": True, "race_ethnicity": "white"},
    {"declined_participation": None, "was_threatened": None, "race_ethnicity": "white"},
    opened_date="2024-01-01",
)
VICTIMS_BY: list[tuple[str, str]] = [("", ""), ("race_ethnicity", "black"), ("race_ethnicity", "white")]

OUTREACH: Given = {
    "outreach": numbered(
        "outreach_id",
        {"outreach_type": "community_meeting", "area_id": "north", "concern": "shots", "partner": "Quartz Street"},
        {
            "outreach_type": "community_meeting",
            "place_id": "p-south",
            "area_id": "north",
            "concern": " ",
            "partner": "",
        },
        {"outreach_type": "mediation", "area_id": "north", "concern_offense": "robbery", "partner": " quartz street "},
        {"outreach_type": "street_outreach", "area_id": "south", "concern": "dealing", "concern_offense": "drugs"},
        {"outreach_type": "response", "concern_offense": "drugs", "partner": "Harbor Clinic"},
        {"outreach_type": "other", "area_id": "east", "concern": "noise"},
        # in no neighborhood, and with no residents
        {"outreach_type": "walk_in", "area_id": "north", "concern": "parking", "concern_offense": "traffic"},
        {"outreach_type": "partner_meeting", "area_id": "north", "concern": "shots", "concern_offense": "robbery"},
        {"outreach_type": None, "area_id": "north", "concern": "shots"},
        outreach_date="2024-01-15",
    ),
    "shootings": SHOTS,
    "place_areas": AREAS,
    "areas": [
        {"layer": LAYER, "area_id": "north", "income_quintile": 2},
        {"layer": LAYER, "area_id": "south", "income_quintile": 3},
        {"layer": LAYER, "area_id": "east"},
        {"layer": "tract", "area_id": "south", "income_quintile": 1},
    ],
    "population": [
        {"layer": LAYER, "area_id": "north", "race_ethnicity": "all", "age_band": "all", "population": 1000},
        {"layer": LAYER, "area_id": "south", "race_ethnicity": "all", "age_band": "all", "population": 500},
    ],
}
PLACES: list[tuple[str, str]] = [("", ""), (LAYER, "north"), (LAYER, "south"), (LAYER, "east"), (LAYER, "unknown")]

STRATEGIES: Given = {
    "strategies": numbered(
        "strategy_id",
        {"start_date": "2024-01-02", "origin": "residents", "has_evaluation": True, "area_id": "north"},
        # its last day is AS_OF, and that was yesterday
        {"start_date": "2024-01-02", "end_date": "2024-03-31", "origin": "police", "has_evaluation": False},
        {"start_date": "2024-01-02", "end_date": "2024-03-30", "origin": "unknown", "area_id": "north"},
        {"start_date": "2024-01-02", "origin": "office"},
        {"start_date": "2024-01-02", "origin": "partners"},
        {"start_date": "2023-06-01", "origin": "residents", "has_evaluation": True, "area_id": "south"},
        {"start_date": "2024-04-01", "origin": "residents", "has_evaluation": True, "area_id": "south"},
    )
}

# What residents raised on 2024-01-15 and what began after it; counted on a later day in test_counting_rules_safety.
RAISED: Given = {
    "outreach": numbered(
        "outreach_id",
        {"outreach_type": "community_meeting", "concern": "Street lights", "area_id": "north"},
        {"outreach_type": "walk_in", "concern": "street lights ", "area_id": "south"},
        # the strategy names no area, or the contact none
        {"outreach_type": "mediation", "concern": "dealing", "area_id": "south"},
        {"outreach_type": "response", "concern": "street lights"},
        # taken up a day too late, before it was raised, never
        {"outreach_type": "community_meeting", "concern": "speeding", "area_id": "north"},
        {"outreach_type": "community_meeting", "concern": "noise", "area_id": "north"},
        {"outreach_type": "community_meeting", "concern": "dogs", "area_id": "north"},
        # 365 days are just over, and over the day after
        {"outreach_type": "community_meeting", "concern": "trash", "area_id": "north", "outreach_date": "2024-02-02"},
        {"outreach_type": "community_meeting", "concern": "trash", "area_id": "north", "outreach_date": "2024-02-03"},
        # raised by partners, no concern
        {"outreach_type": "partner_meeting", "concern": "street lights", "area_id": "north"},
        {"outreach_type": "community_meeting", "concern": "", "area_id": "north"},
        outreach_date="2024-01-15",
    ),
    "strategies": numbered(
        "strategy_id",
        {"concern": "street lights", "start_date": "2025-01-14", "area_id": "north"},
        {"concern": "Dealing", "start_date": "2024-01-15"},
        {"concern": "speeding", "start_date": "2025-01-15", "area_id": "north"},
        {"concern": "noise", "start_date": "2024-01-14", "area_id": "north"},
        {"concern": "", "start_date": "2024-02-01"},
    ),
}

CASES: dict[str, tuple[Given, Expected]] = {
    "victim_contact_rate": (VICTIMS, shares(VICTIMS_BY, (4, 6), (2, 2), (2, 4))),
    # 4, 2, 0 and 90 days
    "speedy_victim_contact_days": (VICTIMS, shares(VICTIMS_BY, (96, 4), (6, 2), (90, 2))),
    "median_days_to_victim_contact": (
        VICTIMS,
        {
            ("", ""): (4, 4, 3.0),
            ("race_ethnicity", "black"): (2, 2, 3.0),
            ("race_ethnicity", "white"): (2, 2, 45.0),
        },
    ),
    "child_violent_victimization": (
        {
            "cases": [
                {"case_id": "c1", "filed_date": "2024-01-02", "offense_category": "robbery"},
                {"case_id": "c2", "filed_date": "2024-01-02", "offense_category": "robbery"},
                {"case_id": "c3", "filed_date": "2024-01-02", "offense_category": "theft"},
                {"case_id": "c4", "filed_date": "2024-01-02", "offense_category": "homicide"},
                {"case_id": "c5", "offense_category": "homicide"},
            ],
            "victims": numbered(
                "victim_id",
                # two children of one case
                {"case_id": "c1", "age": 17},
                {"case_id": "c1", "age": 3},
                {"case_id": "c2", "age": 18},
                {"case_id": "c2", "age": None},
                {"case_id": "c3", "age": 10},
                {"case_id": "c4", "age": 10},
                {"case_id": "c5", "age": 10},
                {"case_id": None, "age": 10},
                opened_date="2024-01-02",
            ),
        },
        counts([("", ""), ("offense_category", "homicide"), ("offense_category", "robbery")], 2, 1, 1),
    ),
    "victim_declined_share": ({"victims": ASKED_VICTIMS}, shares(VICTIMS_BY, (1, 3), (1, 2), (0, 1))),
    "victim_threatened_share": ({"victims": ASKED_VICTIMS}, shares(VICTIMS_BY, (2, 3), (1, 2), (1, 1))),
    "office_walkins": (OUTREACH, counts([("", "")], 1)),
    "community_meetings": (OUTREACH, counts(PLACES[:3], 2, 1, 1)),
    "partner_meetings": (OUTREACH, counts(PLACES[:2], 1, 1)),
    # Quartz Street in two spellings is one
    "partners_engaged": (OUTREACH, counts([("", "")], 2)),
    # the two in the north, of four in areas of known income
    "outreach_events_low_income": (OUTREACH, shares([("", "")], (2, 4))),
    "problem_solving_projects": (STRATEGIES, counts([PLACES[0], PLACES[1], PLACES[2], PLACES[4]], 5, 1, 1, 3)),
    "strategies_started": (STRATEGIES, counts([PLACES[0], PLACES[1], PLACES[2], PLACES[4]], 5, 2, 0, 3)),
    "community_priorities_handled": (STRATEGIES, shares([("", "")], (1, 4))),
    "strategies_with_evaluation": (STRATEGIES, shares([("", "")], (1, 2))),
    "concerns_raised": (
        OUTREACH,
        counts(
            [
                PLACES[0],
                PLACES[1],
                PLACES[2],
                PLACES[3],
                PLACES[4],
                ("offense_category", "drugs"),
                ("offense_category", "robbery"),
                ("offense_category", "traffic"),
                ("offense_category", "unknown"),
                (CROSS, "east x unknown"),
                (CROSS, "north x robbery"),
                (CROSS, "north x traffic"),
                (CROSS, "north x unknown"),
                (CROSS, "south x drugs"),
                (CROSS, "unknown x drugs"),
            ],
            *(6, 3, 1, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1),
        ),
    ),
    # Nobody's 365 days are over: nothing is said yet.
    "concerns_that_became_strategies": (RAISED, {}),
    "commitments_kept_on_time": (
        {
            "commitments": numbered(
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
    # The office of these cases names no question, so '' is the one it asks.
    "perceived_legitimacy": (survey(""), SURVEY),
    # six contacts in neighborhoods: two in the north, two in the south, one off the map of residents, one nowhere
    "outreach_contacts_per_1000": (
        OUTREACH,
        {
            ("", ""): (6, 1500, 4.0),
            (HOME, "north"): (2, 1000, 2.0),
            (HOME, "south"): (2, 500, 4.0),
            (HOME, "east"): (1, None, None),
            (HOME, "unknown"): (1, None, None),
        },
    ),
    # two incidents of SHOTS: one in the north, one nowhere
    "outreach_contacts_per_shooting": (
        OUTREACH,
        {
            ("", ""): (6, 2, 3.0),
            (LAYER, "north"): (2, 1, 2.0),
            (LAYER, "south"): (2, 0, None),
            (LAYER, "east"): (1, 0, None),
            (LAYER, "unknown"): (1, 1, 1.0),
        },
    ),
    "disputes_mediated": (OUTREACH, counts(PLACES[:2], 1, 1)),
    "disputes_mediated_per_shooting": (
        OUTREACH,
        {("", ""): (1, 2, 0.5), (LAYER, "north"): (1, 1, 1.0), (LAYER, "unknown"): (0, 1, 0.0)},
    ),
    "community_response_within_72h": (
        {
            "shootings": numbered(
                "shooting_id",
                # two victims of one incident; answered on the third day
                {"incident_id": "i1", "place_id": "p-north"},
                {"incident_id": "i1", "place_id": "p-north"},
                # answered too late; by a meeting; before it happened; not at all
                {"incident_id": "i2", "place_id": "p-north"},
                {"incident_id": "i3", "place_id": "p-south"},
                {"incident_id": "i4", "place_id": "p-south"},
                {"incident_id": "i8", "place_id": "p-south"},
                {"incident_id": "i5", "place_id": "p-south", "is_unfounded": True},
                {"incident_id": "i6", "place_id": "p-south", "occurred_date": "2024-03-28"},
                # its three days are not over
                {"incident_id": "i7", "place_id": "p-south", "occurred_date": "2024-03-29"},
                occurred_date="2024-01-20",
            ),
            "outreach": numbered(
                "outreach_id",
                {"incident_id": "i1", "outreach_type": "mediation", "outreach_date": "2024-01-23"},
                {"incident_id": "i8", "outreach_type": "response", "outreach_date": "2024-01-20"},
                {"incident_id": "i2", "outreach_type": "response", "outreach_date": "2024-01-24"},
                {"incident_id": "i3", "outreach_type": "community_meeting", "outreach_date": "2024-01-21"},
                {"incident_id": "i4", "outreach_type": "street_outreach", "outreach_date": "2024-01-19"},
                {"incident_id": "i6", "outreach_type": "street_outreach", "outreach_date": "2024-03-28"},
                {"incident_id": "i7", "outreach_type": "response", "outreach_date": "2024-03-29"},
                {"incident_id": None, "outreach_type": "response", "outreach_date": "2024-01-20"},
            ),
            "place_areas": AREAS,
        },
        shares(PLACES[:3], (3, 6), (1, 2), (2, 4)),
    ),
}
