"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from tests.metrics.given import Expected, Given, numbered
from tests.metrics.given_court import (
    COUNSEL,
    ENDED,
    INCOME,
    OFFENSE,
    RACE,
    REDUCED,
    REDUCED_PARTS,
    count,
    share,
    tally,
)

OFFICERS: Given = {
    "referrals": numbered(
        "referral_id",
        {"is_against_officer": True},
        {"is_against_officer": False},
        {},
        received_date="2024-01-01",
    ),
    "cases": numbered(
        "case_id",
        {"is_against_officer": True, "disposition": "dismissed", "disposition_date": "2024-02-01"},
        {"is_against_officer": True},
        {"is_against_officer": True, "disposition": "warrant", "disposition_date": "2024-02-01"},
        {"is_against_officer": False, "disposition": "dismissed", "disposition_date": "2024-02-01"},
        {"disposition": "dismissed", "disposition_date": "2024-02-01"},
        filed_date="2024-01-01",
    ),
}

CASES: dict[str, tuple[Given, Expected]] = {
    "plea_to_lesser_rate": (REDUCED, tally(share("1 6", "1 5 6 7 9"), REDUCED_PARTS, RACE, COUNSEL, INCOME, OFFENSE)),
    # of dropped one victim, of mixed two, of refiled one, of moved one
    "dismissal_rate_by_victim": (
        ENDED,
        tally(
            share("dropped", "dropped mixed-1 mixed-2 refiled moved"),
            {
                "dropped": {RACE: "black", OFFENSE: "robbery"},
                "mixed-1": {RACE: "white", OFFENSE: "sexual_assault"},
                "mixed-2": {RACE: "black", OFFENSE: "sexual_assault"},
                "refiled": {OFFENSE: "robbery"},
                "moved": {RACE: "white", OFFENSE: "theft"},
            },
            RACE,
            OFFENSE,
        ),
    ),
    # not the one of moved, a theft; an open case counts as any
    "victimization_of_minorities": (
        ENDED,
        tally(
            count("dropped mixed-1 mixed-2 refiled again open"),
            {"dropped": {RACE: "black"}, "mixed-1": {RACE: "white"}, "mixed-2": {RACE: "black"}},
            RACE,
        ),
    ),
    # dropped happened in the south, though he lives in the north; mixed in the north
    "violent_victimization_by_income": (
        ENDED,
        tally(
            count("dropped mixed refiled again open"),
            {"dropped": {INCOME: "5"}, "mixed": {INCOME: "1"}},
            INCOME,
        ),
    ),
    "dismissal_across_ses": (
        ENDED,
        tally(
            {
                **share("dropped failed offered", "dropped mixed failed offered refiled acquitted plea"),
                "earlier": (0, 0),
            },
            {"dropped": {INCOME: "5"}, "mixed": {INCOME: "1"}},
            INCOME,
        ),
    ),
    "property_dismissal_across_ses": (
        ENDED,
        tally(
            share("elsewhere of_another bare", "too_late elsewhere of_another silent bare moved"),
            {"elsewhere": {INCOME: "5"}, "bare": {INCOME: "1"}},
            INCOME,
        ),
    ),
    "officer_cases_referred": (OFFICERS, {("", ""): (1, None, 1.0)}),
    "officer_cases_filed": (OFFICERS, {("", ""): (3, None, 3.0)}),
    "officer_cases_disposed": (OFFICERS, {("", ""): (1, None, 1.0)}),
}
