"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from typing import Any

from tests.metrics.given import (
    AREAS,
    ARREST_SHARE,
    ARRESTS,
    HOME,
    LAYER,
    RESIDENTS,
    Expected,
    Given,
    numbered,
)
from tests.metrics.given_court import OFFENSE, RACE, SEVERITY, Parts, count, share, tally

# 1 lives in the north; 2 at what no map knows, of 3 and 6 nobody knows; 4 in another layer's area only, 5 in no area
HOMES = numbered(
    "arrest_id",
    {"place_id": "p-north", "home_address": "1 A St", "home_place_id": "p-north", "race_ethnicity": "black"},
    {"place_id": "p-north", "home_address": "NO SUCH ST", "home_place_id": "p-nowhere", "race_ethnicity": "white"},
    {},
    {"place_id": "p-north", "home_address": "2 B St", "home_place_id": "p-tract", "race_ethnicity": "white"},
    {
        "arrest_date": "2024-03-31",
        "place_id": "p-south",
        "home_address": "3 C St",
        "home_place_id": "p-away",
        "race_ethnicity": "black",
    },
    {"home_address": "HOMELESS", "race_ethnicity": "black"},
    # not yet known on AS_OF
    {"arrest_date": "2024-04-01", "home_place_id": "p-away"},
    arrest_date="2024-01-01",
)
HOME_TABLES: Given = {
    "arrests": HOMES,
    "places": [
        {"place_id": "p-nowhere"},
        *({"place_id": place, "x": 1.0} for place in ("p-north", "p-tract", "p-away")),
    ],
    "place_areas": [*AREAS, {"place_id": "p-tract", "layer": "tract", "area_id": "t1"}],
}
HOME_PARTS: Parts = {
    "1": {LAYER: "north", RACE: "black"},
    "2": {LAYER: "north", RACE: "white"},
    "4": {LAYER: "north", RACE: "white"},
    "5": {LAYER: "south", RACE: "black"},
    "6": {RACE: "black"},
}

MISDEMEANORS = numbered(
    "arrest_id",
    {"arrest_type": "citation", "place_id": "p-north", "home_place_id": "p-south", "race_ethnicity": "black"},
    {"arrest_type": "summons", "place_id": "p-north", "race_ethnicity": "white", "arrest_date": "2024-03-31"},
    {"arrest_type": "custodial", "place_id": "p-south", "home_place_id": "p-south", "race_ethnicity": "white"},
    # no misdemeanor that anybody knows
    {"arrest_type": "citation", "severity": "felony"},
    {"arrest_type": "citation", "severity": "infraction"},
    {"arrest_type": "citation", "severity": "unknown"},
    {"arrest_type": "citation", "severity": None},
    # violent; of an unknown offense
    {"arrest_type": "citation", "offense_category": "robbery"},
    {"arrest_type": "custodial", "offense_category": "sexual_assault"},
    {"arrest_type": "citation", "offense_category": "simple_assault"},
    {"arrest_type": "citation", "offense_category": "unknown"},
    {"arrest_type": "citation", "offense_category": "unmapped"},
    {"arrest_type": "citation", "offense_category": None},
    # of an unknown kind
    {"arrest_type": None},
    {"arrest_type": "unknown"},
    {"arrest_type": "unmapped"},
    # of the year before; not yet known on AS_OF
    {"arrest_type": "citation", "arrest_date": "2023-12-31"},
    {"arrest_type": "citation", "arrest_date": "2024-04-01"},
    arrest_date="2024-01-01",
    severity="misdemeanor",
    offense_category="theft",
)

STOPS: Given = {
    "stops": numbered(
        "stop_id",
        {"stop_date": "2024-01-01", "is_search": True, "place_id": "p-north", "race_ethnicity": "black"},
        {"stop_date": "2024-03-31", "is_search": False, "place_id": "p-north", "race_ethnicity": "white"},
        {"stop_date": "2024-02-01", "is_search": False, "place_id": "p-south", "race_ethnicity": "black"},
        # searched or not, nobody says
        {"stop_date": "2024-02-01", "is_search": None},
        {"stop_date": "2024-04-01", "is_search": True},
    ),
    "place_areas": AREAS,
}
STOP_PARTS: Parts = {
    "1": {LAYER: "north", RACE: "black"},
    "2": {LAYER: "north", RACE: "white"},
    "3": {LAYER: "south", RACE: "black"},
}

# filed: day and severity of the case that the referral became
_FILED: dict[str, tuple[str | None, str | None]] = {
    "as_felony": ("2024-01-01", "felony"),
    "as_misdemeanor": ("2024-03-31", "misdemeanor"),
    "as_infraction": ("2024-02-01", "infraction"),
    # two referrals for felonies are two, of one case
    "pair": ("2024-02-01", "misdemeanor"),
    "unknown": ("2024-02-01", "unknown"),
    "unmapped": ("2024-02-01", "unmapped"),
    "unsaid": ("2024-02-01", None),
    "undated": (None, "misdemeanor"),
    "year_before": ("2023-12-31", "misdemeanor"),
    "tomorrow": ("2024-04-01", "misdemeanor"),
    "petty": ("2024-02-01", "misdemeanor"),
    "nobody_knows": ("2024-02-01", "misdemeanor"),
}
LABELS: Given = {
    # received in 2023, whatever the year of the filing
    "referrals": [
        *(
            {
                "referral_id": name,
                "case_id": name,
                "received_date": "2023-12-15",
                "severity": "felony",
                "offense_category": "theft",
                **own,
            }
            for name, own in {
                **{name: {} for name in _FILED},
                "as_felony": {"race_ethnicity": "black", "offense_category": "drugs"},
                "as_misdemeanor": {"race_ethnicity": "black", "offense_category": "drugs"},
                "as_infraction": {"race_ethnicity": "white"},
                "also_pair": {"case_id": "pair", "race_ethnicity": "white"},
                # referred for less than a felony, or for what nobody knows
                "petty": {"severity": "misdemeanor"},
                "nobody_knows": {"severity": "unknown"},
                # became no case: none named, or none of that number
                "declined": {"case_id": None, "received_date": "2024-01-02"},
                "no_such_case": {"received_date": "2024-01-02"},
            }.items()
        ),
    ],
    "cases": [
        {"case_id": name, "filed_date": day, "filed_severity": severity} for name, (day, severity) in _FILED.items()
    ],
}
LABEL_PARTS: Parts = {
    "as_felony": {RACE: "black", OFFENSE: "drugs"},
    "as_misdemeanor": {RACE: "black", OFFENSE: "drugs"},
    "as_infraction": {RACE: "white", OFFENSE: "theft"},
    "also_pair": {RACE: "white", OFFENSE: "theft"},
    "pair": {OFFENSE: "theft"},
    "year_before": {OFFENSE: "theft"},
}

# Filed on 1 December and disposed of on 1 February, unless they say otherwise.
_ENDED: dict[str, dict[str, Any]] = {
    "often": {"filed_severity": "felony"},
    "never": {"filed_severity": "felony"},
    "once": {"filed_severity": "misdemeanor", "disposition_date": "2024-03-31"},
    "differ": {"filed_severity": "misdemeanor"},
    # no disposition
    "warrant": {"disposition": "warrant"},
    "superseded": {"disposition": "superseded"},
    "open": {"disposition": None, "disposition_date": None},
    "year_before": {"filed_severity": "felony", "disposition_date": "2023-12-31"},
    "tomorrow": {"disposition_date": "2024-04-01"},
}
_HEARD = {
    # on the day of filing, twice on one day, on the day of disposition; not before, not after
    "often": ("2023-11-30", "2023-12-01", "2024-01-10", "2024-01-10", "2024-02-01", "2024-02-02"),
    "once": ("2024-03-31", "2024-04-01"),
    "differ": ("2024-01-10", "2024-01-11"),
    **dict.fromkeys(("warrant", "superseded", "open", "year_before", "tomorrow"), ("2023-12-10",)),
}
APPEARANCES: Given = {
    "cases": [
        {
            "case_id": name,
            "filed_date": "2023-12-01",
            "disposition": "guilty_plea",
            "disposition_date": "2024-02-01",
            **own,
        }
        for name, own in _ENDED.items()
    ],
    # held or continued, a hearing is one
    "hearings": [
        {"hearing_id": f"{name}-{number}", "case_id": name, "hearing_date": day, "is_continued": number == 2}
        for name, days in _HEARD.items()
        for number, day in enumerate(days)
    ],
    "defendants": [
        {"defendant_id": "d1", "case_id": "often", "race_ethnicity": "black", "home_place_id": "p-north"},
        {"defendant_id": "d2", "case_id": "never", "race_ethnicity": "white", "home_place_id": "p-south"},
        {"defendant_id": "d3", "case_id": "differ", "race_ethnicity": "black", "home_place_id": "p-north"},
        {"defendant_id": "d4", "case_id": "differ", "race_ethnicity": "white", "home_place_id": "p-south"},
    ],
    "place_areas": AREAS,
}

_VICTIM_CAME, _VICTIM_ABSENT = {"victim_appeared": True}, {"victim_appeared": False}
# name: how it ended, and day and attendance of its hearings
_DISMISSED: dict[str, tuple[dict[str, Any], dict[str, dict[str, bool]]]] = {
    "victim": ({}, {"2024-01-10": _VICTIM_CAME, "2024-02-01": _VICTIM_ABSENT}),
    "witness": ({}, {"2024-01-20": {"witness_appeared": False, "victim_appeared": True, "police_appeared": True}}),
    "police": ({"disposition_date": "2024-03-31"}, {"2024-01-20": {"police_appeared": False}}),
    # absent before the last hearing, or at one after the dismissal
    "came_at_last": ({}, {"2024-01-10": _VICTIM_ABSENT, "2024-01-20": _VICTIM_CAME, "2024-02-02": _VICTIM_ABSENT}),
    # that the defendant was absent says nothing of the others
    "defendant": ({}, {"2024-01-20": {"police_appeared": True, "defendant_appeared": False}}),
    "defendant_only": ({}, {"2024-01-20": {"defendant_appeared": False}}),
    # nothing known of the last hearing; no hearing by then, or at all
    "not_known": ({}, {"2024-01-10": _VICTIM_ABSENT, "2024-01-20": {}}),
    "too_late": ({}, {"2024-02-02": _VICTIM_ABSENT}),
    "no_hearing": ({}, {}),
    # not dismissed in the year to AS_OF
    "convicted": ({"disposition": "guilty_trial"}, {"2024-01-20": _VICTIM_ABSENT}),
    "warrant": ({"disposition": "warrant"}, {"2024-01-20": _VICTIM_ABSENT}),
    "open": ({"disposition": None, "disposition_date": None}, {"2024-01-20": _VICTIM_ABSENT}),
    # one of its charges was dismissed, the other was not
    "in_part": ({}, {"2024-01-20": _VICTIM_ABSENT}),
    "year_before": ({"disposition_date": "2023-12-31"}, {"2023-12-20": _VICTIM_ABSENT}),
    "tomorrow": ({"disposition_date": "2024-04-01"}, {"2024-01-20": _VICTIM_ABSENT}),
}
ABSENCES: Given = {
    "cases": [
        {
            "case_id": name,
            "filed_date": "2023-12-01",
            "disposition": "dismissed",
            "disposition_date": "2024-02-01",
            "offense_category": "robbery" if name in ("victim", "witness") else "theft",
            **own,
        }
        for name, (own, _) in _DISMISSED.items()
    ],
    "charges": numbered(
        "charge_id",
        {"case_id": "in_part", "disposition": "dismissed", "disposition_date": "2024-02-01"},
        {"case_id": "in_part", "disposition": "guilty_plea", "disposition_date": "2024-02-01"},
    ),
    "hearings": [
        {"hearing_id": f"{name}-{day}", "case_id": name, "hearing_date": day, **came}
        for name, (_, heard) in _DISMISSED.items()
        for day, came in heard.items()
    ],
    "defendants": [
        {"defendant_id": "d1", "case_id": "victim", "race_ethnicity": "black"},
        {"defendant_id": "d2", "case_id": "came_at_last", "race_ethnicity": "black"},
        {"defendant_id": "d3", "case_id": "police", "race_ethnicity": "black"},
        {"defendant_id": "d4", "case_id": "police", "race_ethnicity": "white"},
        {"defendant_id": "d5", "case_id": "defendant", "race_ethnicity": "white"},
    ],
}
ABSENCE_PARTS: Parts = {
    "victim": {RACE: "black", OFFENSE: "robbery"},
    "witness": {OFFENSE: "robbery"},
    "police": {OFFENSE: "theft"},
    "came_at_last": {RACE: "black", OFFENSE: "theft"},
    "defendant": {RACE: "white", OFFENSE: "theft"},
    "year_before": {OFFENSE: "theft"},
}

CASES: dict[str, tuple[Given, Expected]] = {
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
            "population": RESIDENTS,
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
    "arrests_residence_unknown_share": (HOME_TABLES, tally(share("2 3 6", "1 2 3 4 5 6"), HOME_PARTS, LAYER, RACE)),
    "arrests_from_outside_share": (HOME_TABLES, tally(share("4 5", "1 4 5"), HOME_PARTS, LAYER, RACE)),
    "low_level_arrest_share": ({"arrests": ARRESTS, "place_areas": AREAS}, ARREST_SHARE),
    "custodial_arrest_share": (
        {"arrests": ARRESTS, "place_areas": AREAS},
        {key: (bottom - top, bottom, 1 - value) for key, (top, bottom, value) in ARREST_SHARE.items()},
    ),
    "promise_to_appear_share": (
        {"arrests": MISDEMEANORS, "place_areas": AREAS},
        tally(
            {**share("1 2", "1 2 3"), "year_before": (0, 0)},
            {
                "1": {LAYER: "north", HOME: "south", RACE: "black"},
                "2": {LAYER: "north", RACE: "white"},
                "3": {LAYER: "south", HOME: "south", RACE: "white"},
            },
            LAYER,
            HOME,
            RACE,
        ),
    ),
    "proactive_arrest_share": ({"arrests": ARRESTS, "place_areas": AREAS}, ARREST_SHARE),
    "stops": (STOPS, tally(count("1 2 3 4"), STOP_PARTS, LAYER, RACE)),
    "search_share": (STOPS, tally(share("1", "1 2 3"), STOP_PARTS, LAYER, RACE)),
    "avoidable_felony_label_rate": (
        LABELS,
        tally(
            {
                **share(
                    "as_misdemeanor as_infraction pair also_pair",
                    "as_felony as_misdemeanor as_infraction pair also_pair",
                ),
                "year_before": (0, 0),
            },
            LABEL_PARTS,
            RACE,
            OFFENSE,
        ),
    ),
    "court_appearances_per_case": (
        APPEARANCES,
        tally(
            {"often": (4, 1), "never": (0, 1), "once": (1, 1), "differ": (2, 1), "year_before": (0, 0)},
            {
                "often": {HOME: "north", RACE: "black", SEVERITY: "felony"},
                "never": {HOME: "south", RACE: "white", SEVERITY: "felony"},
                "once": {SEVERITY: "misdemeanor"},
                "differ": {SEVERITY: "misdemeanor"},
                "year_before": {SEVERITY: "felony"},
            },
            HOME,
            RACE,
            SEVERITY,
        ),
    ),
    "victim_nonparticipation_rate": (
        ABSENCES,
        tally(
            {
                **share("victim witness police", "victim witness police came_at_last defendant"),
                "year_before": (0, 0),
            },
            ABSENCE_PARTS,
            RACE,
            OFFENSE,
        ),
    ),
}
