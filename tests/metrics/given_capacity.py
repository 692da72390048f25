"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from tests.metrics.given import (
    AREAS,
    CASE_TABLES,
    CROSS,
    DEFENDANTS,
    FILED_CASES,
    HOME,
    LAYER,
    MEDIAN,
    Expected,
    Given,
    numbered,
)
from tests.metrics.given_court import (
    ENDED,
    OFFENSE,
    RACE,
    REFERRAL_PARTS,
    REFERRALS,
    SEVERITY,
    Parts,
    count,
    share,
    tally,
)

# disposed before it was filed
BACKWARDS = {
    "case_id": "back",
    "filed_date": "2024-01-02",
    "filed_severity": "felony",
    "disposition_date": "2024-01-01",
    "disposition": "dismissed",
}
# 1 plea on day 10, 2 dismissed on day 30, 3 open, 4 warrant, 5 superseded; then what FILED_CASES has not.
DOCKET: Given = {
    "cases": [
        *FILED_CASES,
        *(
            {
                "case_id": name,
                "filed_date": "2024-01-01",
                "filed_severity": "felony",
                "offense_category": "theft",
                **row,
            }
            for name, row in {
                "hung": {"disposition": "guilty_trial", "disposition_date": "2024-03-31"},
                "free": {"disposition": "not_guilty", "disposition_date": "2024-03-01"},
                "ended": {"disposition_date": "2024-02-01", "filed_severity": "misdemeanor"},
                # on the day it was filed
                "at_once": {"disposition": "dismissed", "disposition_date": "2024-01-01"},
                "petty_at_once": {
                    "disposition": "dismissed",
                    "disposition_date": "2024-01-01",
                    "filed_severity": "misdemeanor",
                },
                "moved": {
                    "disposition": "transferred",
                    "disposition_date": "2024-01-31",
                    "filed_severity": "misdemeanor",
                },
                "petty": {"filed_severity": "misdemeanor", "disposition": "warrant", "disposition_date": "2024-01-05"},
                # disposed before it was filed
                "backwards": {
                    "filed_date": "2024-01-02",
                    "disposition": "guilty_plea",
                    "disposition_date": "2024-01-01",
                },
                "petty_backwards": {
                    "filed_date": "2024-01-02",
                    "disposition": "guilty_plea",
                    "disposition_date": "2024-01-01",
                    "filed_severity": "misdemeanor",
                },
                # its 60 and 90 days are not over
                "young": {"filed_date": "2024-02-02", "disposition": "diverted", "disposition_date": "2024-02-03"},
                "undated": {"filed_date": None, "disposition": "dismissed", "disposition_date": "2024-02-03"},
                # over, but of 2023
                "last_year": {"filed_date": "2023-01-02", "filed_severity": "misdemeanor"},
                "last_felony": {"filed_date": "2023-01-02"},
            }.items()
        ),
    ],
    "defendants": DEFENDANTS,
    "place_areas": AREAS,
}
PARTS: Parts = {
    "1": {HOME: "north", RACE: "black", OFFENSE: "drugs", SEVERITY: "felony"},
    "2": {HOME: "south", RACE: "white", OFFENSE: "drugs", SEVERITY: "felony"},
    **{number: {OFFENSE: "drugs", SEVERITY: "felony"} for number in ("3", "4", "5")},
    **{
        name: {OFFENSE: "theft", SEVERITY: "felony"}
        for name in ("hung", "free", "at_once", "backwards", "young", "undated", "last_felony")
    },
    **{
        name: {OFFENSE: "theft", SEVERITY: "misdemeanor"}
        for name in ("ended", "moved", "petty", "petty_at_once", "petty_backwards", "last_year")
    },
}
CASE = (HOME, RACE, OFFENSE, SEVERITY)
ENDED_IN_ORDER = "1 2 hung free ended moved young at_once petty_at_once"
OLD: dict[str, tuple[int, int | None]] = {"last_year": (0, 0), "last_felony": (0, 0)}

DAYS = {
    "1": 10,
    "2": 30,
    "hung": 90,
    "free": 60,
    "ended": 31,
    "moved": 30,
    "young": 1,
    "at_once": 0,
    "petty_at_once": 0,
}


def medians(values: dict[tuple[str, str], tuple[int, float]]) -> Expected:
    return {key: (units, units, value) for key, (units, value) in values.items()}


HEARINGS = [
    {"hearing_id": f"h{number}", "case_id": case, "hearing_date": day, "is_continued": continued}
    for number, (case, day, continued) in enumerate(
        [
            # 1 never continued; 2 three times, once on the day it ended; hung twice, and once after its end
            ("case_id-1", "2024-01-05", False),
            ("case_id-2", "2024-01-05", True),
            ("case_id-2", "2024-01-15", True),
            ("case_id-2", "2024-01-31", True),
            ("hung", "2024-01-05", True),
            ("hung", "2024-01-06", True),
            ("hung", "2024-04-01", True),
            # of free nobody knows, young was heard after it ended, 3 is open, 4 on warrant
            ("free", "2024-01-05", None),
            ("young", "2024-02-04", True),
            # once, on the day it ended
            ("ended", "2024-02-01", True),
            ("case_id-3", "2024-01-05", True),
            ("case_id-4", "2024-01-02", True),
        ]
    )
]

STAFF = [
    {"staff_id": name, "role": role, "start_date": start, "end_date": end, "has_caseload": carries}
    for name, role, start, end, carries in [
        ("ada", "attorney", "2020-01-01", None, True),
        ("bo", "attorney", "2020-01-01", "2024-01-31", True),
        ("cy", "attorney", "2024-01-02", "2024-03-31", True),
        ("di", "attorney", "2024-03-01", None, False),
        ("ed", "attorney", "2020-01-01", None, None),
        ("flo", "paralegal", "2020-01-01", None, True),
        ("guy", "clerical", "2020-01-01", "2023-12-31", None),
        ("hal", "clerical", "2020-01-01", "2024-03-30", None),
        ("moe", "clerical", "2024-02-01", None, None),
        ("nat", "attorney", "2024-01-15", "2024-03-30", True),
        ("ida", "analyst", "2020-01-01", None, None),
        ("jo", "unknown", "2020-01-01", None, None),
        ("kit", None, "2020-01-01", None, None),
        ("lee", "other", "2024-04-01", None, True),
    ]
]
# ada has three open felonies, bo one, cy one, ed none; hers are more than 1.5 times the median, 1, as long as they are.
ASSIGNED: Given = {
    "staff": STAFF,
    "cases": numbered(
        "case_id",
        {"attorney_id": "ada"},
        {"attorney_id": "ada"},
        # disposed on the last day of February: not open at its end
        {"attorney_id": "ada", "disposition_date": "2024-02-29", "disposition": "dismissed"},
        {"attorney_id": "bo"},
        {"attorney_id": "cy", "filed_date": "2024-02-29"},
        {"attorney_id": "cy", "filed_date": "2024-01-05", "filed_severity": "misdemeanor"},
        {"attorney_id": "ed", "disposition_date": "2024-01-20", "disposition": "warrant"},
        {"attorney_id": "ed", "disposition_date": "2024-01-20", "disposition": "superseded"},
        # all he had was disposed on the last day of January
        {"attorney_id": "fay", "disposition_date": "2024-01-31", "disposition": "dismissed"},
        {"attorney_id": None},
        filed_date="2024-01-05",
        filed_severity="felony",
    ),
}

CASES: dict[str, tuple[Given, Expected]] = {
    # all but the first, received in 2023; the last is of April
    "cases_referred": (
        {"referrals": REFERRALS},
        tally({**count("2 3 4 5 6 7 8 9 10"), "1": (0, None)}, REFERRAL_PARTS, RACE, OFFENSE, SEVERITY),
    ),
    "cases_declined": ({"referrals": REFERRALS}, tally(count("3 10"), REFERRAL_PARTS, RACE, OFFENSE, SEVERITY)),
    # by place of event: of the first case alone it is known
    "cases_filed": (
        {
            **DOCKET,
            "cases": [
                {**case, "incident_id": "i1"} if case["case_id"] == "case_id-1" else case for case in DOCKET["cases"]
            ],
            "incidents": [{"incident_id": "i1", "occurred_date": "2024-01-01", "area_id": "north"}],
        },
        tally(
            {
                **count("1 2 3 4 5 hung free ended moved petty backwards petty_backwards young at_once petty_at_once"),
                **dict.fromkeys(OLD, (0, None)),
            },
            {
                unit: {
                    **PARTS.get(unit, {}),
                    LAYER: "north" if unit == "1" else "unknown",
                    CROSS: f"{'north' if unit == '1' else 'unknown'} x {PARTS.get(unit, {}).get(OFFENSE, 'unknown')}",
                }
                for unit in {
                    **PARTS,
                    **count("1 2 3 4 5 hung free ended moved petty backwards"),
                    **OLD,
                    **count("petty_backwards young at_once petty_at_once"),
                }
            },
            *CASE,
            LAYER,
            CROSS,
        ),
    ),
    "cases_disposed": (
        DOCKET,
        tally(count(f"{ENDED_IN_ORDER} undated backwards petty_backwards"), PARTS, *CASE),
    ),
    "cases_disposed_by_plea": (DOCKET, tally(count("1 backwards petty_backwards"), PARTS, RACE, OFFENSE, LAYER)),
    "cases_disposed_by_trial": (DOCKET, tally(count("hung free"), PARTS, RACE, OFFENSE, LAYER)),
    "cases_disposed_by_dismissal": (
        DOCKET,
        tally(count("2 undated at_once petty_at_once"), PARTS, RACE, OFFENSE, LAYER),
    ),
    "cases_disposed_otherwise": (DOCKET, tally(count("ended moved young"), PARTS, RACE, OFFENSE, LAYER)),
    "case_clearance_ratio": (
        DOCKET,
        tally(
            {
                **dict.fromkeys(ENDED_IN_ORDER.split(), (1, 1)),
                "backwards": (1, 1),
                "petty_backwards": (1, 1),
                **dict.fromkeys(("3", "4", "petty"), (0, 1)),
                **OLD,
            },
            PARTS,
            OFFENSE,
            SEVERITY,
        ),
    ),
    # 3 is open, 4 and petty on warrant; those of 2023 still are; 5 was superseded, 1 and 2 open at no month's end
    "open_cases": (DOCKET, tally(count("3 4 petty last_year last_felony"), PARTS, *CASE)),
    "median_days_to_disposition": (
        {**CASE_TABLES, "cases": [*FILED_CASES, BACKWARDS]},
        MEDIAN,
    ),
    "felony_median_days_to_disposition": (
        {
            **CASE_TABLES,
            "cases": [
                *FILED_CASES,
                {
                    "case_id": "petty",
                    "filed_date": "2024-01-01",
                    "filed_severity": "misdemeanor",
                    "disposition_date": "2024-01-02",
                    "disposition": "dismissed",
                },
                BACKWARDS,
            ],
        },
        MEDIAN,
    ),
    # 0 0 1 10 30 30 31 60 90: felonies 0 1 10 30 60 90, misdemeanors 0 30 31
    "median_days_of_disposed": (
        DOCKET,
        medians(
            {
                ("", ""): (9, 30.0),
                (OFFENSE, "drugs"): (2, 20.0),
                (OFFENSE, "theft"): (7, 30.0),
                (SEVERITY, "felony"): (6, 20.0),
                (SEVERITY, "misdemeanor"): (3, 30.0),
            }
        ),
    ),
    "felony_median_days_of_disposed": (
        DOCKET,
        medians({("", ""): (6, 20.0), (OFFENSE, "drugs"): (2, 20.0), (OFFENSE, "theft"): (4, 30.5)}),
    ),
    "mean_days_to_disposition": (
        DOCKET,
        tally({name: (days, 1) for name, days in DAYS.items()}, PARTS, OFFENSE, SEVERITY),
    ),
    # filed on 1 January 2024, 90 days ago: hung on day 90 is in time, 4 and 5 stopped before
    "felony_disposed_within_90d": (
        DOCKET,
        tally({**share("1 2 hung free at_once", "1 2 3 hung free at_once"), "last_felony": (0, 0)}, PARTS, OFFENSE),
    ),
    # no case of 2024 is 180 days old
    "felony_disposed_within_180d": (DOCKET, tally({"last_felony": (0, 0)}, PARTS, OFFENSE)),
    "felony_disposed_within_365d": (DOCKET, tally({"last_felony": (0, 0)}, PARTS, OFFENSE)),
    "misdemeanor_disposed_within_60d": (
        DOCKET,
        tally({**share("ended moved petty_at_once", "ended moved petty_at_once"), "last_year": (0, 0)}, PARTS, OFFENSE),
    ),
    "misdemeanor_disposed_within_90d": (
        DOCKET,
        tally({**share("ended moved petty_at_once", "ended moved petty_at_once"), "last_year": (0, 0)}, PARTS, OFFENSE),
    ),
    "misdemeanor_disposed_within_180d": (DOCKET, tally({"last_year": (0, 0)}, PARTS, OFFENSE)),
    "aba_time_standard_felony": (
        {
            **DOCKET,
            "cases": [
                *DOCKET["cases"],
                # days 120 and 121
                *numbered(
                    "case_id",
                    {"disposition_date": "2024-03-01"},
                    {"disposition_date": "2024-03-02"},
                    disposition="dismissed",
                    filed_date="2023-11-02",
                    filed_severity="felony",
                    offense_category="theft",
                ),
            ],
        },
        tally(
            share("1 2 hung free young at_once long", "1 2 hung free young at_once long longer"),
            {**PARTS, "long": {OFFENSE: "theft"}, "longer": {OFFENSE: "theft"}},
            OFFENSE,
        ),
    ),
    # moved on day 30, ended on day 31
    "aba_time_standard_misdemeanor": (
        DOCKET,
        tally(share("moved petty_at_once", "moved ended petty_at_once"), PARTS, OFFENSE),
    ),
    # dropped, failed and offered, 31 days after filing, and for_plea after 35; refiled was filed again
    "felony_dismissal_timeliness": (
        ENDED,
        {
            ("", ""): (5, 5, 31.0),
            (RACE, "black"): (1, 1, 31.0),
            (RACE, "unknown"): (4, 4, 31.0),
            (OFFENSE, "robbery"): (5, 5, 31.0),
        },
    ),
    **{
        name: (DOCKET, tally(OLD, PARTS, RACE, OFFENSE))
        for name in (
            "case_resolution_rate",
            "resolved_by_plea",
            "resolved_by_trial",
            "resolved_by_dismissal",
            "resolved_by_diversion",
            "resolved_otherwise",
            "unresolved_after_365d",
        )
    },
    "court_delay_share": (
        {**DOCKET, "hearings": HEARINGS},
        tally(share("2 hung ended", "1 2 hung ended"), PARTS, OFFENSE, SEVERITY),
    ),
    "repeated_court_delay_share": (
        {**DOCKET, "hearings": HEARINGS},
        tally(share("2", "1 2 hung ended"), PARTS, OFFENSE, SEVERITY),
    ),
    # open on 31 March: 1, 2, 4, 5 and 6; carrying cases: ada, and cy on the last day
    "caseload_open_per_attorney": (ASSIGNED, {("", ""): (5, 2, 2.5)}),
    # at the ends of January, February and March: ada, bo, cy, ed, nat; ada, cy, ed, nat; ada, cy, di, ed
    "cases_filed_per_prosecutor": (ASSIGNED, {("", ""): (10, 5 + 4 + 4, 10 / 13)}),
    "cases_resolved_per_prosecutor": (ASSIGNED, {("", ""): (2, 13, 2 / 13)}),
    # January: ada 3, bo 1. February: ada 2, bo 1, cy 1. March: the same. Medians 2, 1 and 1: ada in each but January
    "felony_caseload_distribution": (ASSIGNED, {("", ""): (2, 8, 0.25)}),
    # there on 1 January: ada, bo, ed, flo, hal, ida, jo, kit; gone by 31 March: bo, and hal the day before
    "staff_retention_rate": ({"staff": STAFF}, {("", ""): (6, 8, 0.75)}),
    # there on 31 March: ada, cy, di, ed, flo, ida, moe
    "clerical_paralegal_capacity": ({"staff": STAFF}, {("", ""): (2, 7, 2 / 7)}),
    "data_analytic_capacity": ({"staff": STAFF}, {("", ""): (1, 4, 0.25)}),
}
