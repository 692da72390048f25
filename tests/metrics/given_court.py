"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from typing import Any

from tests.metrics.given import AREAS, FELONY, HOME, LAYER, Expected, Given, linked, numbered

Parts = dict[str, dict[str, str]]


def tally(units: dict[str, tuple[int, int | None]], parts: Parts, *breakdowns: str) -> Expected:
    """Add up what each unit comes to, by the segments it is in; a unit that ``parts`` does not name is in 'unknown'.

    (numerator, denominator) of each unit; None for a metric that has none. (0, 0) for one that other years count.
    """
    sums: dict[tuple[str, str], tuple[int, int | None]] = {}
    for unit, (top, bottom) in units.items():
        for breakdown in ("", *breakdowns):
            key = (breakdown, parts.get(unit, {}).get(breakdown, "unknown") if breakdown else "")
            before = sums.get(key, (0, None if bottom is None else 0))
            sums[key] = (before[0] + top, None if bottom is None else bottom + (before[1] or 0))
    return {
        key: (top, bottom, float(top) if bottom is None else top / bottom if bottom else None)
        for key, (top, bottom) in sums.items()
    }


def share(counted: str, among: str) -> dict[str, tuple[int, int | None]]:
    """Units counted, of all of those named; in words, as the cases are named below."""
    return {unit: (int(unit in counted.split()), 1) for unit in among.split()}


def count(units: str) -> dict[str, tuple[int, int | None]]:
    return dict.fromkeys(units.split(), (1, None))


RACE, OFFENSE, SEVERITY, COUNSEL, INCOME = (
    "race_ethnicity",
    "offense_category",
    "severity",
    "defense_type",
    "income_quintile",
)
DEFENDANT = (HOME, RACE, OFFENSE)

REFERRALS = numbered(
    "referral_id",
    # 1 decided in 2024 though received before; 2 and 3 dated by receipt
    {"screen_result": "approved", "screen_date": "2024-01-02", "received_date": "2023-12-31", "case_id": "c1"},
    {"screen_result": "approved", "race_ethnicity": "black", "case_id": "c2"},
    {"screen_result": "rejected", "race_ethnicity": "black", "severity": "felony"},
    {"screen_result": "continued", "severity": "felony"},
    {"screen_result": "no_review"},
    {"screen_result": "other"},
    {"screen_result": None, "severity": "felony"},
    {"screen_result": "unknown"},
    {"screen_result": "unmapped"},
    # rejected, no felony, of another offense
    {"screen_result": "rejected", "severity": "misdemeanor", "offense_category": "theft"},
    # not yet known on AS_OF
    {"screen_result": "rejected", "severity": "felony", "received_date": "2024-04-01"},
    received_date="2024-01-01",
    offense_category="drugs",
)
REFERRAL_PARTS: Parts = {
    f"{number}": {
        RACE: "black" if number in (2, 3) else "unknown",
        OFFENSE: "theft" if number == 10 else "drugs",
        SEVERITY: "misdemeanor" if number == 10 else "felony" if number in (3, 4, 7) else "unknown",
    }
    for number in range(1, 11)
}
RESULTS = "1 2 3 4 5 6 10"

# name: offense, severity, how its charges ended (None: open; no charge at all: the case speaks for itself)
_ENDED: dict[str, tuple[str, str, tuple[str | None, ...]]] = {
    "dropped": ("robbery", "felony", ("dismissed", "superseded")),
    "mixed": ("sexual_assault", "felony", ("dismissed", "guilty_plea")),
    "open": ("robbery", "felony", ("dismissed", None)),
    "dead": ("robbery", "felony", ("abated",)),
    "replaced": ("robbery", "felony", ("superseded",)),
    "diverted": ("sexual_assault", "felony", ("dismissed", "diverted")),
    # accepted into a program: dropped for that; who failed it, or never accepted, was not
    "program": ("robbery", "felony", ("dismissed",)),
    "failed": ("robbery", "felony", ("dismissed",)),
    "offered": ("robbery", "felony", ("dismissed",)),
    # filed again 29 days later, and convicted by verdict then
    "refiled": ("robbery", "felony", ("dismissed",)),
    "again": ("robbery", "felony", ("guilty_trial",)),
    # filed again against the same person: 91 days later, for another incident; against another person
    "too_late": ("theft", "misdemeanor", ("not_guilty",)),
    "elsewhere": ("theft", "misdemeanor", ("dismissed",)),
    "of_another": ("theft", "misdemeanor", ("dismissed",)),
    "warrant": ("robbery", "felony", ("warrant",)),
    "acquitted": ("sexual_assault", "felony", ("not_guilty",)),
    # dismissed on the day of the same person's plea in another case
    "for_plea": ("robbery", "felony", ("dismissed",)),
    "plea": ("simple_assault", "misdemeanor", ("guilty_plea",)),
    "silent": ("theft", "misdemeanor", (None, None)),
    "bare": ("theft", "misdemeanor", ()),
    "pending": ("theft", "misdemeanor", ()),
    "who_knows": ("theft", "misdemeanor", ("unknown",)),
    "moved": ("theft", "misdemeanor", ("transferred",)),
    # of the year before
    "earlier": ("robbery", "felony", ("dismissed",)),
}
_PERSONS = {
    "refiled": "cas",
    "again": "cas",
    "earlier": "dee",
    "too_late": "dee",
    "elsewhere": "cas",
    "of_another": "eve",
    "for_plea": "fay",
    "plea": "fay",
}
_CASE: dict[str, dict[str, Any]] = {
    "refiled": {"incident_id": "i-refiled"},
    "again": {"incident_id": "i-refiled", "filed_date": "2024-03-01"},
    "of_another": {"incident_id": "i-refiled", "filed_date": "2024-03-02"},
    "elsewhere": {"incident_id": "i-south", "filed_date": "2024-02-03"},
    "earlier": {"incident_id": "i-earlier", "filed_date": "2023-11-01"},
    "too_late": {"incident_id": "i-earlier", "filed_date": "2024-03-01"},
    "dropped": {"incident_id": "i-south", "defense_type": "public"},
    "mixed": {"incident_id": "i-north", "defense_type": "private"},
    "bare": {"disposition": "dismissed", "disposition_date": "2024-02-01", "incident_id": "i-north"},
    "silent": {"disposition": "guilty_trial", "disposition_date": "2024-02-01"},
    "warrant": {"disposition": "warrant", "disposition_date": "2024-02-01"},
}
_DAY = {"earlier": "2023-12-01", "for_plea": "2024-02-05", "plea": "2024-02-05"}
ENDED: Given = {
    "cases": [
        {
            "case_id": name,
            "filed_date": "2024-01-01",
            "offense_category": offense,
            "filed_severity": severity,
            **_CASE.get(name, {}),
        }
        for name, (offense, severity, _) in _ENDED.items()
    ],
    "charges": [
        {
            "charge_id": f"{name}-{number}",
            "case_id": name,
            "disposition": how,
            # a charge without a day of its own has that of the case
            "disposition_date": _DAY.get(name, "2024-02-01" if name != "again" else "2024-03-20") if how else None,
        }
        for name, (_, _, ends) in _ENDED.items()
        for number, how in enumerate(ends)
    ],
    "defendants": [
        *({"defendant_id": f"d-{name}", "case_id": name} for name in _PERSONS),
        {
            "defendant_id": "d-dropped",
            "case_id": "dropped",
            "race_ethnicity": "black",
            "sex": "female",
            "home_place_id": "p-north",
        },
        {
            "defendant_id": "d-mixed",
            "case_id": "mixed",
            "race_ethnicity": "white",
            "sex": "male",
            "home_place_id": "p-south",
        },
    ],
    "person_records": linked("defendants", **{f"d-{name}": person for name, person in _PERSONS.items()}),
    "diversion": numbered(
        "diversion_id",
        {"case_id": "program", "accepted_date": "2024-01-10"},
        {"case_id": "failed", "accepted_date": "2024-01-10", "exit_status": "failed"},
        {"case_id": "offered"},
        offered_date="2024-01-05",
    ),
    "incidents": [
        {"incident_id": "i-north", "occurred_date": "2023-12-20", "place_id": "p-north"},
        {"incident_id": "i-south", "occurred_date": "2023-12-20", "place_id": "p-south"},
    ],
    "victims": numbered(
        "victim_id",
        {"case_id": "dropped", "race_ethnicity": "black"},
        {"case_id": "mixed", "race_ethnicity": "white"},
        {"case_id": "mixed", "race_ethnicity": "black"},
        {"case_id": "refiled"},
        {"case_id": "again"},
        {"case_id": "open"},
        {"case_id": "moved", "race_ethnicity": "white"},
        {"case_id": None},
        opened_date="2024-01-05",
    ),
    "areas": [
        {"layer": LAYER, "area_id": "north", "income_quintile": 1},
        {"layer": LAYER, "area_id": "south", "income_quintile": 5},
    ],
    "place_areas": AREAS,
}
ENDED_PARTS: Parts = {name: {OFFENSE: offense, SEVERITY: severity} for name, (offense, severity, _) in _ENDED.items()}
ENDED_PARTS["dropped"] |= {HOME: "north", RACE: "black", COUNSEL: "public"}
ENDED_PARTS["mixed"] |= {HOME: "south", RACE: "white", COUNSEL: "private"}
FELONIES_COUNTED = "dropped mixed failed offered refiled acquitted"
OTHERS_COUNTED = "too_late elsewhere of_another plea silent bare moved"
COUNTED = f"{FELONIES_COUNTED} {OTHERS_COUNTED}"
DISMISSED = "dropped failed offered elsewhere of_another bare"
CONVICTED = "mixed refiled plea silent"
# "earlier" is of 2023: its segments have a row in 2024 too
EARLIER: dict[str, tuple[int, int | None]] = {"earlier": (0, 0)}

REDUCED: Given = {
    "cases": numbered(
        "case_id",
        {"disposition": "guilty_plea", "disposition_severity": "misdemeanor", "defense_type": "public"},
        {"disposition": "guilty_trial", "disposition_severity": "felony"},
        {"disposition": "guilty_plea", "disposition_severity": "unknown"},
        {"disposition": "dismissed", "disposition_severity": "misdemeanor"},
        {"disposition": "guilty_plea", "disposition_severity": "felony", "filed_severity": "misdemeanor"},
        {"disposition": "guilty_plea", "disposition_severity": "infraction", "filed_severity": "misdemeanor"},
        {"disposition": "guilty_plea", "disposition_severity": "misdemeanor", "filed_severity": "misdemeanor"},
        {"disposition": "guilty_plea", "disposition_severity": "infraction", "filed_severity": "infraction"},
        {"disposition": "guilty_plea", "disposition_severity": "felony"},
        {"disposition": "guilty_plea"},
        {"disposition": "warrant", "disposition_severity": "misdemeanor"},
        {"disposition": "superseded", "disposition_severity": "misdemeanor"},
        {"disposition": "unknown"},
        {"disposition": "unmapped"},
        {},
        {"disposition": "guilty_plea", "disposition_severity": "misdemeanor", "filed_severity": "unknown"},
        {"disposition": "guilty_plea", "disposition_severity": "unmapped"},
        **{**FELONY, "disposition_date": "2024-02-01"},
    ),
    "defendants": [
        {"defendant_id": "d1", "case_id": "case_id-1", "race_ethnicity": "black", "home_place_id": "p-north"},
        {"defendant_id": "d2", "case_id": "case_id-2", "race_ethnicity": "white", "home_place_id": "p-south"},
    ],
    "place_areas": AREAS,
    "areas": ENDED["areas"],
}
REDUCED["cases"][14]["disposition_date"] = None
REDUCED_PARTS: Parts = {str(number): {OFFENSE: "drugs"} for number in range(1, 18)}
REDUCED_PARTS["1"] |= {HOME: "north", RACE: "black", COUNSEL: "public", INCOME: "1"}
REDUCED_PARTS["2"] |= {HOME: "south", RACE: "white", INCOME: "5"}

# ann was convicted of robbery, bob of a felony theft, cas of a misdemeanor, dee of what nobody knows, eve of an
# infraction, fay of robbery, but only after the new case; gus never. hal has no other case.
_PAST = {
    "ann": ("robbery", "felony", "2022-01-01"),
    "bob": ("theft", "felony", "2022-01-01"),
    "cas": ("theft", "misdemeanor", "2022-01-01"),
    "dee": ("theft", "unknown", "2022-01-01"),
    "eve": ("theft", "infraction", "2022-01-01"),
    "fay": ("robbery", "felony", "2024-02-01"),
    # both: the felony decides
    "ivy": ("theft", "felony", "2022-01-01"),
    "joe": ("theft", "misdemeanor", "2022-01-01"),
}
_NOW = (*_PAST, "gus", "hal")
PRIORS: Given = {
    "cases": [
        *(
            {
                "case_id": f"new-{person}",
                "filed_date": "2024-02-01",
                "offense_category": "theft" if person == "hal" else "aggravated_assault",
                "filed_severity": "felony",
            }
            for person in _NOW
        ),
        *({"case_id": f"old-{person}", "filed_date": "2021-01-01", "offense_category": "drugs"} for person in _PAST),
        # dismissed: no conviction, whatever it was for
        {"case_id": "old-gus", "filed_date": "2021-01-01", "offense_category": "robbery"},
        # without charge rows: the case speaks; 1,095 days before the new case, and one more, which is too long ago
        *(
            {
                "case_id": f"older-{person}",
                "filed_date": "2020-01-01",
                "offense_category": "homicide",
                "filed_severity": "felony",
                "disposition": "guilty_plea",
                "disposition_severity": "misdemeanor",
                "disposition_date": day,
            }
            for person, day in (("ivy", "2021-02-01"), ("gus", "2021-01-31"))
        ),
    ],
    "charges": [
        *(
            {
                "charge_id": f"old-{person}",
                "case_id": f"old-{person}",
                "offense_category": offense,
                "severity": severity,
                "disposition": "guilty_trial",
                "disposition_date": day,
            }
            for person, (offense, severity, day) in _PAST.items()
        ),
        *(
            {
                "charge_id": f"new-{person}",
                "case_id": f"new-{person}",
                "severity": "misdemeanor" if person == "hal" else "felony",
                "disposition": "guilty_plea",
                "disposition_date": "2024-03-01",
            }
            for person in _NOW
        ),
        {
            "charge_id": "old-gus",
            "case_id": "old-gus",
            "offense_category": "robbery",
            "severity": "felony",
            "disposition": "dismissed",
            "disposition_date": "2021-02-01",
        },
    ],
    "defendants": [
        {"defendant_id": f"{case}-{person}", "case_id": f"{case}-{person}", "race_ethnicity": "black"}
        for case, people in (("new", _NOW), ("old", (*_PAST, "gus")), ("older", ("ivy", "gus")))
        for person in people
    ],
    "person_records": linked(
        "defendants",
        **{f"{case}-{person}": person for case in ("new", "old", "older") for person in _NOW},
    ),
}
PRIOR_PARTS: Parts = {person: {RACE: "black", OFFENSE: "aggravated_assault"} for person in _NOW}
# Those convicted of a felony in 2024: not hal; not dee, whose past nobody knows. fay's robbery was after the filing;
# her own conviction in it is one of 2024 too, with nothing before that filing.
FELONS = "ann bob cas eve fay ivy joe gus"
OLD_FELONS: dict[str, tuple[int, int | None]] = {"old": (0, 0)}

_HELD = {"is_held_for_court": True}
HEARD: Given = {
    "cases": numbered(
        "case_id",
        *({"incident_id": f"i{number}"} for number in range(1, 7)),
        {},
        {"incident_id": "i8"},
        filed_date="2024-01-01",
        # whatever the code says: the shooting log tells
        offense_category="aggravated_assault",
    ),
    "hearings": numbered(
        "hearing_id",
        # 1 not held, then held in January; 2 not held twice, at last in March; 3 nobody was hit; 4 somebody died; of 5
        # nothing was decided
        {"case_id": "case_id-1", "hearing_date": "2023-12-20", "is_held_for_court": False},
        {"case_id": "case_id-1", "hearing_date": "2024-01-20", **_HELD},
        {"case_id": "case_id-2", "hearing_date": "2023-12-20", "is_held_for_court": False},
        {"case_id": "case_id-2", "hearing_date": "2024-03-31", "is_held_for_court": False},
        {"case_id": "case_id-3", "hearing_date": "2024-02-20", **_HELD},
        {"case_id": "case_id-4", "hearing_date": "2024-02-20", **_HELD},
        {"case_id": "case_id-5", "hearing_date": "2024-02-20"},
        # held, with another hearing after AS_OF; 7 without an incident
        {"case_id": "case_id-6", "hearing_date": "2024-02-21", "is_held_for_court": False},
        {"case_id": "case_id-6", "hearing_date": "2024-04-21", **_HELD},
        {"case_id": "case_id-7", "hearing_date": "2024-02-20", **_HELD},
        # held in 2023 already
        {"case_id": "case_id-8", "hearing_date": "2023-12-20", **_HELD},
        {"case_id": "case_id-8", "hearing_date": "2024-01-20", **_HELD},
    ),
    "shootings": numbered(
        "shooting_id",
        {"incident_id": "i1"},
        {"incident_id": "i1"},
        {"incident_id": "i2"},
        {"incident_id": "i3", "wound_type": "none"},
        {"incident_id": "i4", "is_fatal": True},
        {"incident_id": "i5"},
        {"incident_id": "i6"},
        {"incident_id": "i8"},
        occurred_date="2023-12-01",
        is_fatal=False,
        intent="criminal",
    ),
}

_TWO_YEARS = {"sentence_date": "2022-01-10"}
RETURNS: Given = {
    "cases": [
        *(
            {"case_id": f"old-{person}", "filed_date": "2021-12-01", "filed_severity": "felony"}
            for person in "abcdefghi"
        ),
        # a charged on the last day of two years; b the day after; c on the day itself; d for what was before it
        {"case_id": "new-a", "filed_date": "2024-01-10", "incident_id": "i-after"},
        {"case_id": "new-b", "filed_date": "2024-01-11"},
        {"case_id": "new-c", "filed_date": "2022-01-10"},
        {"case_id": "new-d", "filed_date": "2022-06-01", "incident_id": "i-before"},
        # e was held in custody, f was sentenced in April, g and h have two cases on one day
        {"case_id": "new-e", "filed_date": "2022-06-01"},
        {"case_id": "new-f", "filed_date": "2022-06-01"},
        {"case_id": "more-f", "filed_date": "2022-07-01"},
        {"case_id": "also-g", "filed_date": "2021-12-01", "filed_severity": "misdemeanor"},
        {"case_id": "also-h", "filed_date": "2021-12-01", "filed_severity": "felony"},
    ],
    "sentences": [
        *(
            {"sentence_id": f"s-{person}", "case_id": f"old-{person}", "sentence_type": "probation", **_TWO_YEARS}
            for person in "abcdgh"
        ),
        {"sentence_id": "s-e", "case_id": "old-e", "sentence_type": "jail", **_TWO_YEARS},
        {"sentence_id": "s-e2", "case_id": "old-e", "sentence_type": "fine", **_TWO_YEARS},
        {"sentence_id": "s-f", "case_id": "old-f", "sentence_type": "fine", "sentence_date": "2022-04-01"},
        {"sentence_id": "s-g2", "case_id": "also-g", "sentence_type": "fine", **_TWO_YEARS},
        {"sentence_id": "s-h3", "case_id": "also-h", "sentence_type": "fine", **_TWO_YEARS},
        # probation with jail is custody; a resentence is none
        {"sentence_id": "s-i", "case_id": "old-i", "sentence_type": "probation", "max_days": 30, **_TWO_YEARS},
        {
            "sentence_id": "s-h2",
            "case_id": "old-h",
            "sentence_type": "fine",
            "sentence_date": "2022-03-01",
            "is_initial": False,
        },
    ],
    "incidents": [
        {"incident_id": "i-after", "occurred_date": "2022-01-11"},
        {"incident_id": "i-before", "occurred_date": "2022-01-10"},
    ],
    "defendants": [
        *(
            {"defendant_id": f"old-{person}", "case_id": f"old-{person}", "race_ethnicity": "black"}
            for person in "abcdefghi"
        ),
        *({"defendant_id": f"new-{person}", "case_id": f"new-{person}"} for person in "abcdef"),
        {"defendant_id": "more-f", "case_id": "more-f"},
        {"defendant_id": "also-g", "case_id": "also-g", "race_ethnicity": "white"},
        {"defendant_id": "also-h", "case_id": "also-h", "race_ethnicity": "black"},
    ],
    "person_records": linked(
        "defendants",
        **{f"old-{person}": person for person in "abcdefghi"},
        **{f"new-{person}": person for person in "abcdef"},
        **{"also-g": "g", "also-h": "h", "more-f": "f"},
    ),
}

CASES: dict[str, tuple[Given, Expected]] = {
    "screening_approval_rate": (
        {"referrals": REFERRALS},
        tally(share("1 2", "1 2 3 10"), REFERRAL_PARTS, RACE, OFFENSE, SEVERITY),
    ),
    **{
        f"screening_{result}_share": (
            {"referrals": REFERRALS},
            tally(share(counted, RESULTS), REFERRAL_PARTS, RACE, OFFENSE),
        )
        for result, counted in (("approved", "1 2"), ("rejected", "3 10"), ("continued", "4"), ("no_review", "5"))
    },
    "felony_referral_decline_rate": (
        {"referrals": REFERRALS},
        tally(share("3", "3 4 7"), REFERRAL_PARTS, RACE, OFFENSE),
    ),
    # the first was received in 2023
    "referrals_not_filed_share": (
        # 3 names the number that its case would have
        {
            "referrals": [
                {**row, "case_id": "none"} if row["referral_id"].endswith("-3") else row for row in REFERRALS
            ],
            "cases": [{"case_id": "c1"}, {"case_id": "c2"}],
        },
        tally({**share("3 4 5 6 7 8 9 10", "2 3 4 5 6 7 8 9 10"), "1": (0, 0)}, REFERRAL_PARTS, RACE, OFFENSE),
    ),
    "percent_filed_as_felony": (
        REDUCED,
        tally(
            share("1 2 3 4 9 10 11 12 13 14 15 17", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 17"),
            REDUCED_PARTS,
            *DEFENDANT,
        ),
    ),
    "dismissal_rate": (ENDED, tally({**share(DISMISSED, COUNTED), **EARLIER}, ENDED_PARTS, *DEFENDANT)),
    "felony_dismissal_rate": (
        ENDED,
        tally({**share(DISMISSED, FELONIES_COUNTED), **EARLIER}, ENDED_PARTS, RACE, OFFENSE),
    ),
    "conviction_rate": (ENDED, tally({**share(CONVICTED, COUNTED), **EARLIER}, ENDED_PARTS, *DEFENDANT, COUNSEL)),
    "trial_conviction_rate": (
        ENDED,
        tally(share("refiled silent", "refiled too_late acquitted silent"), ENDED_PARTS, RACE, OFFENSE),
    ),
    "violent_acquittal_rate": (
        ENDED,
        tally({**share("acquitted", FELONIES_COUNTED), **EARLIER}, ENDED_PARTS, RACE, OFFENSE),
    ),
    "sexual_assault_conviction_rate": (ENDED, tally(share("mixed", "mixed acquitted"), ENDED_PARTS, RACE)),
    "felony_reduced_share": (REDUCED, tally(share("1", "1 2 4 9"), REDUCED_PARTS, *DEFENDANT)),
    "charge_integrity": (REDUCED, tally(share("1", "1 2 9"), REDUCED_PARTS, *DEFENDANT)),
    "violent_cases_filed": (
        ENDED,
        tally(
            {
                **count(
                    "dropped mixed open dead replaced diverted program failed offered refiled again warrant acquitted"
                    " for_plea"
                ),
                "earlier": (0, None),
            },
            {
                **ENDED_PARTS,
                "dropped": {**ENDED_PARTS["dropped"], LAYER: "south"},
                "mixed": {**ENDED_PARTS["mixed"], LAYER: "north"},
            },
            LAYER,
            *DEFENDANT,
        ),
    ),
    # ivy pleaded to a homicide as a misdemeanor; old cases of violence are of other years
    "violent_recidivism": (
        PRIORS,
        tally(
            {**share("ann ivy", "ann bob cas dee eve fay gus ivy joe"), "robbed": (0, 0), "killed": (0, 0)},
            {
                **PRIOR_PARTS,
                "robbed": {RACE: "black", OFFENSE: "robbery"},
                "killed": {RACE: "black", OFFENSE: "homicide"},
            },
            RACE,
            OFFENSE,
        ),
    ),
    **{
        name: (
            PRIORS,
            tally(
                {**share(counted, FELONS), "old-fay": (int(name == "no_prior_conviction_share"), 1), "old": (0, 0)},
                {
                    **PRIOR_PARTS,
                    "old-fay": {RACE: "black", OFFENSE: "drugs"},
                    "old": {RACE: "black", OFFENSE: "drugs"},
                },
                RACE,
                OFFENSE,
            ),
        )
        for name, counted in (
            ("prior_felony_share", "ann bob ivy"),
            ("prior_misdemeanor_only_share", "cas joe"),
            ("no_prior_conviction_share", "eve fay gus"),
        )
    },
    # two years after a sentence in 2024 are not over; those of 2022 are in test_counting_rules_court
    "recidivism_rate": (
        RETURNS,
        tally(
            dict.fromkeys("abcdgh", (0, 0)),
            {
                **{person: {RACE: "black", SEVERITY: "felony"} for person in "abcdh"},
            },
            RACE,
            SEVERITY,
        ),
    ),
    "prelim_hearing_pass_rate": (HEARD, tally(share("1", "1 2 6"), {})),
}
