"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from typing import Any

from tests.metrics.given import CASE_PARTS, CASE_TABLES, FILED_CASES, Expected, Given, linked, numbered, shares
from tests.metrics.given_court import RACE, Parts, count, share, tally

DEFERRED = {"diversion_type": "deferred_judgment"}
PROGRAMS: Given = {
    "diversion": [
        {"diversion_id": name, "offered_date": "2024-01-01", **row}
        for name, row in {
            "completed": {
                **DEFERRED,
                "start_date": "2024-01-11",
                "end_date": "2024-03-01",
                "exit_status": "completed",
                "race_ethnicity": "black",
            },
            # begun in the year before
            "failed": {
                **DEFERRED,
                "offered_date": "2023-11-01",
                "start_date": "2023-12-01",
                "end_date": "2024-02-10",
                "exit_status": "failed",
                "race_ethnicity": "black",
            },
            # begun on the day of the offer, over on AS_OF
            "withdrawn": {
                **DEFERRED,
                "start_date": "2024-01-01",
                "end_date": "2024-03-31",
                "exit_status": "withdrawn",
                "race_ethnicity": "white",
            },
            "active": {**DEFERRED, "start_date": "2024-02-01", "exit_status": "active", "race_ethnicity": "white"},
            # ended, nobody knows how
            "unknown": {
                **DEFERRED,
                "start_date": "2024-01-21",
                "end_date": "2024-03-01",
                "exit_status": "unknown",
            },
            "pretrial": {
                "diversion_type": "pretrial",
                "offered_date": "2024-03-05",
                "start_date": "2024-03-15",
                "end_date": "2024-03-15",
                "exit_status": "completed",
                "race_ethnicity": "asian",
            },
            # accepted, never begun; accepted on the first day; not accepted; accepted before the year, or after AS_OF
            "plea": {"diversion_type": "conditional_plea", "accepted_date": "2024-02-01", "race_ethnicity": "white"},
            "new_year": {"diversion_type": "conditional_plea", "accepted_date": "2024-01-01"},
            "offered": {"diversion_type": "conditional_plea", "race_ethnicity": "other"},
            "plea_before": {
                "diversion_type": "conditional_plea",
                "offered_date": "2023-12-01",
                "accepted_date": "2023-12-31",
                "race_ethnicity": "hispanic",
            },
            "plea_tomorrow": {
                "diversion_type": "conditional_plea",
                "accepted_date": "2024-04-01",
                "race_ethnicity": "other",
            },
            # of another kind, or nobody says of which
            "other_kind": {**DEFERRED, "accepted_date": "2024-02-01", "race_ethnicity": "other"},
            "no_kind": {"accepted_date": "2024-02-01", "race_ethnicity": "other"},
            "tomorrow": {
                **DEFERRED,
                "start_date": "2024-04-01",
                "end_date": "2024-04-01",
                "exit_status": "completed",
                "race_ethnicity": "other",
            },
            "last_year": {
                **DEFERRED,
                "offered_date": "2023-11-01",
                "start_date": "2023-11-05",
                "end_date": "2023-12-31",
                "exit_status": "completed",
                "race_ethnicity": "hispanic",
            },
        }.items()
    ],
}
PROGRAM_PARTS: Parts = {
    **{name: {RACE: "black"} for name in ("completed", "failed")},
    **{name: {RACE: "white"} for name in ("withdrawn", "active", "plea")},
    **{name: {RACE: "hispanic"} for name in ("last_year", "plea_before")},
    "pretrial": {RACE: "asian"},
}

# name: diversion, from 10 January to 10 March unless it says otherwise; (filed, happened) of other cases of the person
_DURING: dict[str, tuple[dict[str, Any], tuple[tuple[str, str | None], ...]]] = {
    "clean": ({"race_ethnicity": "black"}, ()),
    # the day after the first, nobody knows when it happened; the last day; in the middle, on the day after the first
    "next_day": ({"race_ethnicity": "black"}, (("2024-01-11", None),)),
    "last_day": ({"race_ethnicity": "white"}, (("2024-03-10", "2024-03-10"), ("2024-02-01", "2024-01-20"))),
    "new_offense": ({"exit_status": "completed"}, (("2024-02-01", "2024-01-11"),)),
    # for what happened on the first day; filed on that day; before it; on the day after the last
    "old_offense": ({"race_ethnicity": "white"}, (("2024-02-01", "2024-01-10"),)),
    "first_day": ({}, (("2024-01-10", None),)),
    "earlier": ({}, (("2023-06-01", "2023-05-01"),)),
    "afterwards": ({}, (("2024-03-11", "2024-02-01"),)),
    # another defendant than the first of a case
    "codefendant": ({}, ()),
    "as_of": ({"end_date": "2024-03-31"}, (("2024-03-31", None),)),
    # nobody knows who it was; never begun; not over
    "stranger": ({"race_ethnicity": "asian"}, ()),
    "never_begun": ({"start_date": None, "race_ethnicity": "asian"}, ()),
    "active": ({"end_date": None, "race_ethnicity": "asian"}, (("2024-02-01", "2024-02-01"),)),
    "tomorrow": ({"end_date": "2024-04-01", "race_ethnicity": "asian"}, ()),
    "last_year": ({"start_date": "2023-10-01", "end_date": "2023-12-31", "race_ethnicity": "hispanic"}, ()),
}
DURING: Given = {
    "diversion": [
        {
            "diversion_id": name,
            "case_id": name,
            "offered_date": "2023-09-01",
            "start_date": "2024-01-10",
            "end_date": "2024-03-10",
            **own,
        }
        for name, (own, _) in _DURING.items()
    ],
    "cases": [
        # the case that is diverted is filed and happened in the middle, too
        *({"case_id": name, "filed_date": "2024-01-20", "incident_id": "2024-01-15"} for name in _DURING),
        *(
            {"case_id": f"{name}-{filed}", "filed_date": filed, "incident_id": happened}
            for name, (_, charged) in _DURING.items()
            for filed, happened in charged
        ),
        {"case_id": "somebody", "filed_date": "2024-02-01"},
    ],
    "incidents": [
        {"incident_id": day, "occurred_date": day}
        for day in sorted({"2024-01-15", *(day for _, charged in _DURING.values() for _, day in charged if day)})
    ],
    "defendants": [
        *({"defendant_id": name, "case_id": name} for name in _DURING),
        *(
            {"defendant_id": f"{name}-{filed}", "case_id": f"{name}-{filed}"}
            for name, (_, charged) in _DURING.items()
            for filed, _ in charged
        ),
        {"defendant_id": "somebody", "case_id": "somebody"},
        {"defendant_id": "codefendant-2", "case_id": "somebody"},
    ],
    "person_records": [
        *linked("diversion", **{name: name for name in _DURING if name != "stranger"}),
        *linked("defendants", **{name: name for name in _DURING}),
        *linked(
            "defendants",
            **{f"{name}-{filed}": name for name, (_, charged) in _DURING.items() for filed, _ in charged},
        ),
        *linked("defendants", **{"codefendant-2": "codefendant"}),
    ],
}

# name: what its diversion has of its own, what its case has; (filed, happened) of other cases of the person. The days
# are counted from 1 March 2022: 730 of them are over on 29 February 2024.
_AFTER: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[tuple[str, str | None], ...]]] = {
    "nobody": ({}, {}, ()),
    "last_day": ({"race_ethnicity": "black"}, {}, (("2024-02-29", "2024-02-29"),)),
    "day_late": ({"race_ethnicity": "black"}, {}, (("2024-03-01", "2022-03-02"),)),
    "same_day": ({}, {}, (("2022-03-01", None),)),
    "next_day": ({}, {}, (("2022-03-02", None),)),
    # for what happened on the day, and on the next
    "old_offense": ({"race_ethnicity": "white"}, {}, (("2022-06-01", "2022-03-01"),)),
    "new_offense": ({"race_ethnicity": "white"}, {}, (("2022-06-01", "2022-03-02"),)),
    # the diverted case itself, filed late
    "own": ({}, {"filed_date": "2022-06-01"}, ()),
    "often": ({}, {}, (("2022-06-01", None), ("2022-07-01", None))),
    # 730 days ago on AS_OF, and 729
    "just_old": ({"day": "2022-04-01"}, {}, ()),
    "too_young": ({"day": "2022-04-02", "race_ethnicity": "asian"}, {}, (("2022-06-01", None),)),
    "this_year": ({"day": "2024-01-10", "race_ethnicity": "asian"}, {}, (("2024-02-01", None),)),
    "year_before": ({"day": "2021-12-31", "race_ethnicity": "hispanic"}, {}, ()),
    # nobody knows who it was
    "stranger": ({"race_ethnicity": "asian"}, {}, ()),
    # of another kind; of a misdemeanor; of no case that anybody knows; not completed
    "other_kind": ({"diversion_type": "pretrial"}, {}, (("2022-06-01", None),)),
    "petty": ({}, {"filed_severity": "misdemeanor"}, (("2022-06-01", None),)),
    "no_case": ({"case_id": None}, {}, (("2022-06-01", None),)),
    "failed": ({"exit_status": "failed"}, {}, (("2022-06-01", None),)),
}
# Those of 2022 whose days are over on AS_OF, and those of them who were charged again.
FOLLOWED = (
    "nobody last_day day_late same_day next_day old_offense new_offense own often just_old other_kind petty no_case"
    " failed"
)
RETURNED = "last_day next_day new_offense often other_kind petty no_case failed"


def after(column: str) -> Given:
    """The diversions above, with the day from which days are counted in a column."""
    others = {"offered_date": "2021-01-01", "accepted_date": "2021-01-01", "end_date": "2023-06-01"}
    return {
        "diversion": [
            {
                "diversion_id": name,
                "case_id": name,
                "diversion_type": "deferred_judgment",
                "exit_status": "completed",
                **others,
                column: own.get("day", "2022-03-01"),
                **{key: value for key, value in own.items() if key != "day"},
            }
            for name, (own, _, _) in _AFTER.items()
        ],
        "cases": [
            *(
                {"case_id": name, "filed_date": "2021-01-01", "filed_severity": "felony", **case}
                for name, (_, case, _) in _AFTER.items()
            ),
            # of any severity
            *(
                {
                    "case_id": f"{name}-{filed}",
                    "filed_date": filed,
                    "incident_id": happened,
                    "filed_severity": "misdemeanor",
                }
                for name, (*_, charged) in _AFTER.items()
                for filed, happened in charged
            ),
        ],
        "incidents": [
            {"incident_id": day, "occurred_date": day}
            for day in sorted({day for *_, charged in _AFTER.values() for _, day in charged if day})
        ],
        "defendants": [
            *({"defendant_id": name, "case_id": name} for name in _AFTER),
            *(
                {"defendant_id": f"{name}-{filed}", "case_id": f"{name}-{filed}"}
                for name, (*_, charged) in _AFTER.items()
                for filed, _ in charged
            ),
        ],
        "person_records": [
            *linked("diversion", **{name: name for name in _AFTER if name != "stranger"}),
            *linked("defendants", **{name: name for name in _AFTER}),
            *linked(
                "defendants",
                **{f"{name}-{filed}": name for name, (*_, charged) in _AFTER.items() for filed, _ in charged},
            ),
        ],
    }


# Who is of 2024 is followed too short a time to be counted.
TOO_YOUNG: Expected = {
    ("", ""): (0, 0, None),
    **{(RACE, race): (0, 0, None) for race in ("black", "hispanic", "unknown", "white")},
}

CASES: dict[str, tuple[Given, Expected]] = {
    "diversion_rate": (
        {
            **CASE_TABLES,
            "cases": [
                *FILED_CASES[:2],
                {**FILED_CASES[2], "disposition": "diverted", "disposition_date": "2024-03-01"},
            ],
            "diversion": numbered(
                "diversion_id",
                {"case_id": "case_id-1", "accepted_date": "2024-01-20"},
                {"case_id": "case_id-1", "accepted_date": "2024-02-20"},
                {"case_id": "case_id-2", "accepted_date": None},
                {"case_id": "case_id-2", "accepted_date": "2024-04-20"},
                {"case_id": "before filing", "accepted_date": "2024-01-20"},
                offered_date="2024-01-10",
            ),
        },
        shares(CASE_PARTS, (2, 3), (1, 1), (0, 1), (1, 1), (1, 1), (0, 1), (1, 1), (2, 3)),
    ),
    "diversion_success_rate": (
        PROGRAMS,
        tally(
            {**share("completed pretrial", "completed failed withdrawn pretrial"), "last_year": (0, 0)},
            PROGRAM_PARTS,
            RACE,
        ),
    ),
    "deferred_success_rate": (
        PROGRAMS,
        tally({**share("completed", "completed failed withdrawn"), "last_year": (0, 0)}, PROGRAM_PARTS, RACE),
    ),
    "conditional_plea_diversions": (
        PROGRAMS,
        tally({**count("plea new_year"), "plea_before": (0, None)}, PROGRAM_PARTS, RACE),
    ),
    "time_to_placement": (
        PROGRAMS,
        {
            # 0, 10, 10, 20, 31
            ("", ""): (5, 5, 10.0),
            (RACE, "asian"): (1, 1, 10.0),
            (RACE, "black"): (1, 1, 10.0),
            # 0, 31
            (RACE, "white"): (2, 2, 15.5),
            (RACE, "unknown"): (1, 1, 20.0),
            (RACE, "hispanic"): (0, 0, None),
        },
    ),
    "time_in_diversion": (
        PROGRAMS,
        {
            # 0, 40, 50, 71, 90
            ("", ""): (5, 5, 50.0),
            (RACE, "asian"): (1, 1, 0.0),
            # 50, 71
            (RACE, "black"): (2, 2, 60.5),
            (RACE, "white"): (1, 1, 90.0),
            (RACE, "unknown"): (1, 1, 40.0),
            (RACE, "hispanic"): (0, 0, None),
        },
    ),
    "diversion_safety_rate": (
        DURING,
        tally(
            {
                **share(
                    "clean old_offense first_day earlier afterwards",
                    "clean next_day last_day new_offense old_offense first_day earlier afterwards codefendant as_of",
                ),
                "last_year": (0, 0),
            },
            {
                **{name: {RACE: "black"} for name in ("clean", "next_day")},
                **{name: {RACE: "white"} for name in ("last_day", "old_offense")},
                "last_year": {RACE: "hispanic"},
            },
            RACE,
        ),
    ),
    "post_program_success_rate": (after("end_date"), TOO_YOUNG),
    "deferred_recidivism_2yr": (after("accepted_date"), TOO_YOUNG),
    "felony_recidivism_of_diversioners": (after("accepted_date"), TOO_YOUNG),
}
