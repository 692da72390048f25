"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from typing import Any

from tests.metrics.given import AREAS, HOME, LAYER, RESIDENTS, Expected, Given, counts, linked, numbered
from tests.metrics.given_court import COUNSEL, INCOME, OFFENSE, RACE, SEVERITY, Parts, count, share, tally

BLACK_NORTH = {"race_ethnicity": "black", "home_place_id": "p-north"}
WHITE_SOUTH = {"race_ethnicity": "white", "home_place_id": "p-south"}
LIFE_DAYS = 10_957


def amounts(units: dict[str, int], parts: Parts, *breakdowns: str, divisor: float = 1) -> Expected:
    """Sums of what each unit comes to, the units beside them."""
    sums = tally({unit: (amount, 1) for unit, amount in units.items()}, parts, *breakdowns)
    return {key: (top, bottom, top / divisor) for key, (top, bottom, _) in sums.items()}


# name: what its case has of its own, its sentences; a theft filed as a felony, sentenced on 10 February, otherwise
_SENTENCED: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...]]] = {
    # two terms of one day run together: 300 - 20 days, not 300 + 100; the fine of one, the fee too
    "term": (
        {"offense_category": "robbery", "incident_id": "i-north", "defense_type": "public"},
        (
            {"sentence_type": "prison", "min_days": 300, "max_days": 900, "credit_days": 20, "is_initial": True},
            {"sentence_type": "jail", "max_days": 100, "fine_cents": 5_000, "fee_cents": 250},
        ),
    ),
    # a misdemeanor in the end; all of its term already served: 0 days, not less
    "covered": (
        {"disposition_severity": "misdemeanor", "incident_id": "i-south"},
        ({"sentence_type": "jail", "max_days": 10, "credit_days": 30},),
    ),
    # of no known severity in the end: as filed
    "youth": (
        {"offense_category": "weapons", "disposition_severity": "unknown", "defense_type": "private"},
        ({"sentence_type": "youth_corrections", "max_days": 200},),
    ),
    "community": (
        {"offense_category": "drugs", "defense_type": "public"},
        (
            {"sentence_type": "community_corrections", "max_days": 200, "fee_cents": 100},
            {"sentence_type": "community_corrections", "max_days": 100},
        ),
    ),
    # probation with a jail term, without one, and with one of no days
    "split": (
        {"offense_category": "sexual_assault"},
        ({"sentence_type": "probation", "max_days": 90, "probation_days": 365},),
    ),
    "probation": (
        {"incident_id": "i-south"},
        (
            {"sentence_type": "probation", "probation_days": 365, "fine_cents": 1_000},
            # a resentence is no original sentence
            {
                "sentence_type": "prison",
                "min_days": 999,
                "fine_cents": 999,
                "fee_cents": 999,
                "is_life": True,
                "is_initial": False,
            },
        ),
    ),
    "no_jail_days": ({}, ({"sentence_type": "probation", "max_days": 0},)),
    # time served is not incarceration; a fine of nothing is stated
    "served": ({}, ({"sentence_type": "time_served", "max_days": 30, "fine_cents": 0},)),
    # more original sentences on a later day
    "twice": (
        {},
        (
            {"sentence_type": "probation", "sentence_date": "2024-01-10", "fine_cents": 10_000},
            {"sentence_type": "prison", "sentence_date": "2024-02-20", "min_days": 60, "fee_cents": 5_000},
        ),
    ),
    "life_later": (
        {"offense_category": "arson"},
        (
            {"sentence_type": "jail", "sentence_date": "2024-01-10", "max_days": 30},
            {"sentence_type": "prison", "sentence_date": "2024-02-20", "is_life": True},
        ),
    ),
    "life": (
        {"offense_category": "nonfatal_shooting"},
        ({"sentence_type": "prison", "is_life": True, "min_days": 100},),
    ),
    # longer than a life term counts as, and for life it is not
    "capped": (
        {"offense_category": "burglary"},
        ({"sentence_type": "prison", "min_days": 99_999, "is_life": False},),
    ),
    "misdemeanor": (
        {"offense_category": "simple_assault", "filed_severity": "misdemeanor"},
        ({"sentence_type": "jail", "max_days": 30},),
    ),
    "infraction": (
        {"offense_category": "public_order", "filed_severity": "infraction"},
        ({"sentence_type": "jail", "max_days": 5},),
    ),
    # nobody knows the severity, nor how long
    "no_severity": (
        {"offense_category": "homicide", "filed_severity": "unknown", "disposition_severity": "unmapped"},
        ({"sentence_type": "prison"},),
    ),
    # nobody knows of what
    "no_offense": ({"offense_category": "unknown"}, ({"sentence_type": "jail", "min_days": 1, "max_days": 20},)),
    "unmapped": ({"offense_category": "unmapped"}, ({"sentence_type": "prison", "max_days": 10},)),
    # two defendants who differ; sentenced on AS_OF
    "pair": (
        {"offense_category": "aggravated_assault", "incident_id": "i-north"},
        ({"sentence_type": "jail", "max_days": 15, "sentence_date": "2024-03-31"},),
    ),
    # nobody says to what
    "nobody_says": ({}, ({"sentence_type": None},)),
    # first sentenced the year before
    "before": (
        {},
        (
            {"sentence_type": "jail", "max_days": 40, "sentence_date": "2023-12-31", "fine_cents": 300},
            {"sentence_type": "prison", "min_days": 500, "is_life": True, "fine_cents": 700},
        ),
    ),
    "resentenced": (
        {},
        (
            {"sentence_type": "probation", "sentence_date": "2023-12-31"},
            {"sentence_type": "prison", "max_days": 500, "is_initial": False},
        ),
    ),
    # not yet known on AS_OF
    "tomorrow": (
        {"offense_category": "robbery", "defense_type": "self"},
        (
            {
                "sentence_type": "prison",
                "max_days": 500,
                "is_life": True,
                "fine_cents": 500,
                "sentence_date": "2024-04-01",
            },
            {"sentence_type": "community_corrections", "sentence_date": "2024-04-01"},
        ),
    ),
}
_DEFENDANT = {
    **dict.fromkeys(("term", "community"), BLACK_NORTH),
    **dict.fromkeys(("covered", "youth", "probation", "life"), WHITE_SOUTH),
    "pair": BLACK_NORTH,
    "tomorrow": {"race_ethnicity": "asian"},
}
SENTENCED: Given = {
    "cases": [
        {"case_id": name, "filed_date": "2023-11-01", "offense_category": "theft", "filed_severity": "felony", **own}
        for name, (own, _) in _SENTENCED.items()
    ],
    "defendants": [
        *({"defendant_id": name, "case_id": name, **own} for name, own in _DEFENDANT.items()),
        {"defendant_id": "pair-2", "case_id": "pair", **WHITE_SOUTH},
    ],
    "sentences": [
        *(
            {"sentence_id": f"{name}-{number}", "case_id": name, "sentence_date": "2024-02-10", **sentence}
            for name, (_, sentences) in _SENTENCED.items()
            for number, sentence in enumerate(sentences, start=1)
        ),
        # of a case that no extract has
        {
            "sentence_id": "no_case",
            "case_id": "no_case",
            "sentence_date": "2024-01-01",
            "sentence_type": "prison",
            "max_days": 70,
        },
    ],
    "incidents": [
        {"incident_id": "i-north", "occurred_date": "2023-10-01", "place_id": "p-north"},
        {"incident_id": "i-south", "occurred_date": "2023-10-01", "place_id": "p-south"},
    ],
    "place_areas": AREAS,
    "areas": [
        {"layer": LAYER, "area_id": "north", "income_quintile": 1},
        {"layer": LAYER, "area_id": "south", "income_quintile": 5},
    ],
}
OF_THE_YEAR_BEFORE = "before resentenced"
ALL = " ".join([*(name for name in _SENTENCED if name not in f"{OF_THE_YEAR_BEFORE} tomorrow".split()), "no_case"])
FELONIES = (
    "term youth community split probation no_jail_days served twice life_later life capped no_offense unmapped pair"
    " nobody_says"
)
_OFFENSE_OF = {name: own.get("offense_category", "theft") for name, (own, _) in _SENTENCED.items()}
_SEVERITY_OF = {
    **dict.fromkeys(f"{FELONIES} {OF_THE_YEAR_BEFORE}".split(), "felony"),
    **dict.fromkeys(("covered", "misdemeanor"), "misdemeanor"),
    "infraction": "infraction",
}
SENTENCED_PARTS: Parts = {
    name: {OFFENSE: offense, SEVERITY: _SEVERITY_OF.get(name, "unknown")} for name, offense in _OFFENSE_OF.items()
}
for _name in ("term", "community"):
    SENTENCED_PARTS[_name] |= {HOME: "north", RACE: "black", COUNSEL: "public", INCOME: "1"}
for _name in ("covered", "youth", "probation", "life"):
    SENTENCED_PARTS[_name] |= {HOME: "south", RACE: "white", INCOME: "5"}
SENTENCED_PARTS["youth"] |= {COUNSEL: "private"}
for _name, _area in (("term", "north"), ("pair", "north"), ("covered", "south"), ("probation", "south")):
    SENTENCED_PARTS[_name] |= {LAYER: _area}


def none_of(units: str, top: int = 0, bottom: int | None = 0) -> dict[str, tuple[int, int | None]]:
    """Units of another year: their segments are shown, with nothing in them."""
    return dict.fromkeys(units.split(), (top, bottom))


# Incarcerated on the first day; 'twice' was later only.
LOCKED_UP = (
    "term covered youth community split life_later life capped misdemeanor infraction no_severity no_offense unmapped"
    " pair no_case"
)
FINED = {"term": 5_250, "community": 100, "probation": 1_000, "served": 0, "twice": 15_000}

# name: offense and severity of its case, its sentences, the convictions of its defendant in another case; what is not
# said is a theft as a misdemeanor, filed on 15 December 2023 and sentenced on 10 February, without any.
_JAIL = {"sentence_type": "jail"}
_JAILED: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...], tuple[str, str] | None]] = {
    # the longest of two terms; convicted 1,096 days before the filing
    "long_ago": (
        {},
        ({**_JAIL, "max_days": 10}, {**_JAIL, "min_days": 3, "max_days": 20}),
        ("guilty_plea", "2020-12-14"),
    ),
    "lately": ({}, ({**_JAIL, "max_days": 500},), ("guilty_plea", "2020-12-15")),
    "day_before": ({}, ({**_JAIL, "max_days": 500},), ("guilty_trial", "2023-12-14")),
    "same_day": ({}, ({**_JAIL, "max_days": 60},), ("guilty_plea", "2023-12-15")),
    "dismissed": ({}, ({**_JAIL, "max_days": 8},), ("dismissed", "2023-01-01")),
    # only one end of the term is given; nothing but the term that counts was convicted in this case
    "shortest": ({"disposition": "guilty_plea", "disposition_date": "2024-02-01"}, ({**_JAIL, "min_days": 40},), None),
    # the second of two defendants
    "pair": ({}, ({**_JAIL, "max_days": 500},), ("guilty_plea", "2023-01-01")),
    # time served covers it; all but a day of it
    "covered": ({}, ({**_JAIL, "max_days": 30, "credit_days": 30},), None),
    "a_day_more": ({}, ({**_JAIL, "max_days": 30, "credit_days": 29},), None),
    "reduced": (
        {"filed_severity": "felony", "disposition_severity": "misdemeanor"},
        ({**_JAIL, "max_days": 50},),
        None,
    ),
    "felony": ({"filed_severity": "felony"}, ({**_JAIL, "max_days": 500},), None),
    "infraction": ({"filed_severity": "infraction"}, ({**_JAIL, "max_days": 500},), None),
    "no_severity": ({"filed_severity": "unknown"}, ({**_JAIL, "max_days": 500},), None),
    "robbery": ({"offense_category": "robbery"}, ({**_JAIL, "max_days": 500},), None),
    "unknown": ({"offense_category": "unknown"}, ({**_JAIL, "max_days": 500},), None),
    "unmapped": ({"offense_category": "unmapped"}, ({**_JAIL, "max_days": 500},), None),
    "nothing": ({"offense_category": None}, ({**_JAIL, "max_days": 500},), None),
    "prison": ({}, ({**_JAIL, "max_days": 500}, {"sentence_type": "prison"}), None),
    "probation": ({}, ({"sentence_type": "probation", "probation_days": 500},), None),
    "unstated": ({}, (_JAIL,), None),
    "resentenced": ({}, ({"sentence_type": "fine"}, {**_JAIL, "max_days": 500, "is_initial": False}), None),
    "before": ({}, ({**_JAIL, "max_days": 500, "sentence_date": "2023-12-31"},), None),
    "tomorrow": ({}, ({**_JAIL, "max_days": 500, "sentence_date": "2024-04-01"},), None),
}
_JAILED_RACE = {
    **dict.fromkeys(("long_ago", "same_day", "dismissed", "robbery"), "black"),
    "shortest": "white",
    "before": "hispanic",
    "tomorrow": "asian",
}
JAILED: Given = {
    "cases": [
        *(
            {
                "case_id": name,
                "filed_date": "2023-12-15",
                "offense_category": "theft",
                "filed_severity": "misdemeanor",
                **own,
            }
            for name, (own, _, _) in _JAILED.items()
        ),
        *(
            {"case_id": f"old-{name}", "filed_date": "2020-01-01", "disposition": past[0], "disposition_date": past[1]}
            for name, (_, _, past) in _JAILED.items()
            if past
        ),
    ],
    "sentences": [
        {"sentence_id": f"{name}-{number}", "case_id": name, "sentence_date": "2024-02-10", **sentence}
        for name, (_, sentences, _) in _JAILED.items()
        for number, sentence in enumerate(sentences, start=1)
    ],
    "defendants": [
        *({"defendant_id": name, "case_id": name, "race_ethnicity": _JAILED_RACE.get(name)} for name in _JAILED),
        {"defendant_id": "pair-2", "case_id": "pair"},
        *({"defendant_id": f"old-{name}", "case_id": f"old-{name}"} for name, (*_, past) in _JAILED.items() if past),
    ],
    "person_records": linked(
        "defendants",
        **{name: name for name in _JAILED},
        **{"pair-2": "pair-2"},
        **{f"old-{name}": name for name, (*_, past) in _JAILED.items() if past and name != "pair"},
        **{"old-pair": "pair-2"},
    ),
}

# name of a person and day: cases of that day, each with what it has of its own and its sentence
_AHEAD: dict[str, tuple[dict[str, Any], ...]] = {
    # two cases of one day: the longest minimum and the longest maximum, and probation of one; 1.3 * 400
    "ann": (
        {"sentence_type": "prison", "min_days": 300, "max_days": 800, **BLACK_NORTH},
        {
            "sentence_type": "jail",
            "min_days": 400,
            "max_days": 600,
            "probation_days": 100,
            "race_ethnicity": "black",
            "home_place_id": "p-south",
        },
    ),
    # and once more, on another day
    "ann_again": (
        {
            "sentence_type": "jail",
            "min_days": 10,
            "max_days": 20,
            "sentence_date": "2024-03-05",
            "race_ethnicity": "black",
        },
    ),
    # under two years
    "bob": ({"sentence_type": "jail", "min_days": 350, "max_days": 700, **WHITE_SOUTH},),
    # one end given: the day before prison begins, its first day (1.3 * 730, at most 730), the shortest alone
    "cas": ({"sentence_type": "jail", "min_days": 600, **WHITE_SOUTH},),
    "dee": ({"sentence_type": "jail", "max_days": 729, **WHITE_SOUTH},),
    "eve": ({"sentence_type": "prison", "max_days": 730, **WHITE_SOUTH},),
    # life, whatever the days say
    "fay": ({"sentence_type": "prison", "is_life": True, "min_days": 100, "max_days": 200},),
    # probation with a jail term, and alone; on AS_OF
    "gus": ({"sentence_type": "probation", "max_days": 90, "probation_days": 365, "sentence_date": "2024-03-31"},),
    "hal": ({"sentence_type": "probation", "probation_days": 180},),
    # a resentence counts for nothing
    "ivy": ({"sentence_type": "prison", "min_days": 500, "max_days": 900, "probation_days": 9, "is_initial": False},),
    # credit is not taken off
    "joe": ({"sentence_type": "jail", "min_days": 100, "max_days": 100, "credit_days": 40},),
    # neither held in prison or jail nor on probation
    "kim": (
        {"sentence_type": "community_corrections", "min_days": 300, "max_days": 300},
        {"sentence_type": "jail"},
    ),
    "last_year": (
        {"sentence_type": "jail", "max_days": 5, "sentence_date": "2023-12-31", "race_ethnicity": "hispanic"},
    ),
    "tomorrow": ({"sentence_type": "jail", "max_days": 5, "sentence_date": "2024-04-01", "race_ethnicity": "asian"},),
}
_PERSONAL = ("race_ethnicity", "home_place_id")
AHEAD: Given = {
    "cases": [
        {"case_id": f"{name}-{number}", "filed_date": "2023-11-01"}
        for name, cases in _AHEAD.items()
        for number in range(len(cases))
    ],
    "defendants": [
        {
            "defendant_id": f"{name}-{number}",
            "case_id": f"{name}-{number}",
            **{column: case[column] for column in _PERSONAL if column in case},
        }
        for name, cases in _AHEAD.items()
        for number, case in enumerate(cases)
    ],
    "sentences": [
        {
            "sentence_id": f"{name}-{number}",
            "case_id": f"{name}-{number}",
            "sentence_date": "2024-02-10",
            **{column: value for column, value in case.items() if column not in _PERSONAL},
        }
        for name, cases in _AHEAD.items()
        for number, case in enumerate(cases)
    ],
    "person_records": linked(
        "defendants",
        **{
            f"{name}-{number}": name.removesuffix("_again")
            for name, cases in _AHEAD.items()
            for number in range(len(cases))
        },
    ),
    "place_areas": AREAS,
}
AHEAD_PARTS: Parts = {
    "ann": {RACE: "black"},
    **{name: {HOME: "south", RACE: "white"} for name in ("bob", "cas", "dee", "eve")},
    "last_year": {RACE: "hispanic"},
}

SPELLS: Given = {
    "supervision": numbered(
        "supervision_id",
        # two spells of one person at once, by the race of the earlier
        {"start_date": "2024-01-01", "supervision_type": "probation", "race_ethnicity": "black"},
        {
            "start_date": "2024-02-01",
            "end_date": "2024-06-30",
            "supervision_type": "parole",
            "race_ethnicity": "white",
        },
        # the last day counts; pretrial supervision is another thing
        {"start_date": "2024-01-01", "end_date": "2024-03-31", "supervision_type": "parole"},
        {"start_date": "2024-01-01", "end_date": "2024-03-30", "supervision_type": "parole"},
        {"start_date": "2024-01-01", "supervision_type": "pretrial", "race_ethnicity": "asian"},
        {"start_date": "2024-01-01", "supervision_type": None, "race_ethnicity": "asian"},
        # bob, one after the other, the first from the year before: 10 days and 5
        {
            "start_date": "2023-12-01",
            "end_date": "2024-01-10",
            "supervision_type": "probation",
            "race_ethnicity": "white",
        },
        {
            "start_date": "2024-01-20",
            "end_date": "2024-01-24",
            "supervision_type": "probation",
            "race_ethnicity": "white",
        },
        # over before the year; begins after AS_OF
        {
            "start_date": "2023-01-01",
            "end_date": "2023-12-31",
            "supervision_type": "parole",
            "race_ethnicity": "hispanic",
        },
        {"start_date": "2024-04-01", "supervision_type": "parole", "race_ethnicity": "asian"},
    ),
    "person_records": linked(
        "supervision",
        **{
            "supervision_id-1": "ann",
            "supervision_id-2": "ann",
            "supervision_id-7": "bob",
            "supervision_id-8": "bob",
        },
    ),
}

_SUPERVISED = {"supervision_type": "probation", "start_date": "2023-01-01"}
ENDED_SPELLS: Given = {
    "supervision": [
        {"supervision_id": name, **_SUPERVISED, **spell}
        for name, spell in {
            "over": {"end_date": "2024-01-01", "race_ethnicity": "black"},
            # before its last day, and without one
            "revoked": {
                "end_date": "2025-01-01",
                "sanction_date": "2024-03-01",
                "is_revoked": True,
                "race_ethnicity": "black",
            },
            "parole": {
                "supervision_type": "parole",
                "sanction_date": "2024-03-31",
                "is_revoked": True,
                "race_ethnicity": "white",
            },
            # a response that did not end it
            "answered": {
                "end_date": "2024-03-31",
                "sanction_date": "2024-02-01",
                "is_revoked": False,
                "race_ethnicity": "white",
            },
            "answered_and_on": {"sanction_date": "2024-02-01", "is_revoked": False, "race_ethnicity": "asian"},
            # on what day it was revoked, nobody says
            "undated": {"end_date": "2024-02-01", "is_revoked": True},
            "open": {"race_ethnicity": "asian"},
            "pretrial": {"supervision_type": "pretrial", "end_date": "2024-02-01", "race_ethnicity": "asian"},
            "tomorrow": {"end_date": "2024-04-01", "race_ethnicity": "asian"},
            # over before the year, planned to end in it
            "last_year": {
                "end_date": "2024-02-01",
                "sanction_date": "2023-12-31",
                "is_revoked": True,
                "race_ethnicity": "hispanic",
            },
        }.items()
    ],
}

ANSWERS: Given = {
    "supervision": [
        {"supervision_id": name, "start_date": "2023-01-01", **spell}
        for name, spell in {
            # 90 days ago: 1 January
            "soon": {
                "violation_date": "2024-01-01",
                "sanction_date": "2024-01-05",
                "sanction_custody_days": 2,
                "race_ethnicity": "black",
            },
            "day_90": {
                "violation_date": "2024-01-01",
                "sanction_date": "2024-03-31",
                "sanction_custody_days": 30,
                "race_ethnicity": "white",
            },
            "day_91": {
                "violation_date": "2024-01-01",
                "sanction_date": "2024-04-01",
                "sanction_custody_days": 500,
                "race_ethnicity": "white",
            },
            "never": {"violation_date": "2024-01-01", "race_ethnicity": "black"},
            # to something else
            "sooner": {"violation_date": "2024-01-01", "sanction_date": "2023-12-31", "race_ethnicity": "black"},
            "pretrial": {
                "supervision_type": "pretrial",
                "violation_date": "2024-01-01",
                "sanction_date": "2024-02-01",
                "sanction_custody_days": 0,
            },
            # 89 days ago; on the same day, without a word about custody
            "young": {"violation_date": "2024-01-02", "sanction_date": "2024-01-02", "race_ethnicity": "asian"},
            # of the year before, the response of one in this year
            "last_year": {"violation_date": "2023-12-31", "sanction_date": "2024-01-10"},
            "all_last_year": {
                "violation_date": "2023-12-15",
                "sanction_date": "2023-12-20",
                "sanction_custody_days": 7,
                "race_ethnicity": "hispanic",
            },
            # to what, nobody says; when, nobody says
            "unasked": {"sanction_date": "2024-02-01", "sanction_custody_days": 4, "race_ethnicity": "white"},
            "undated": {"sanction_custody_days": 400, "race_ethnicity": "white"},
            "none": {},
        }.items()
    ],
}
ANSWER_PARTS: Parts = {
    **{name: {RACE: "black"} for name in ("soon", "never", "sooner")},
    **{name: {RACE: "white"} for name in ("day_90", "day_91", "unasked")},
    "young": {RACE: "asian"},
    "all_last_year": {RACE: "hispanic"},
}

CASES: dict[str, tuple[Given, Expected]] = {
    "incarceration_rate": (
        SENTENCED,
        tally(
            {
                **share(
                    "term covered twice life_later life capped misdemeanor infraction no_severity no_offense unmapped"
                    " pair no_case",
                    ALL,
                ),
                **none_of(OF_THE_YEAR_BEFORE),
            },
            SENTENCED_PARTS,
            HOME,
            RACE,
            OFFENSE,
        ),
    ),
    "felony_incarceration_rate": (
        SENTENCED,
        tally(
            {**share(LOCKED_UP, FELONIES), **none_of(OF_THE_YEAR_BEFORE)},
            SENTENCED_PARTS,
            HOME,
            RACE,
            COUNSEL,
            INCOME,
        ),
    ),
    "incarceration_reserved_for_serious": (
        SENTENCED,
        tally(
            {
                **share(
                    "term youth split life misdemeanor no_severity pair",
                    "term covered youth community split life_later life capped misdemeanor infraction no_severity pair",
                ),
                **none_of("before"),
            },
            SENTENCED_PARTS,
            RACE,
            SEVERITY,
        ),
    ),
    "felony_share_of_incarceration": (
        SENTENCED,
        tally(
            {
                **share(
                    FELONIES,
                    "term covered youth community split life_later life capped misdemeanor infraction no_offense"
                    " unmapped pair",
                ),
                **none_of("before"),
            },
            SENTENCED_PARTS,
            RACE,
        ),
    ),
    "prison_sentences": (
        SENTENCED,
        tally(count("term life capped no_severity unmapped no_case"), SENTENCED_PARTS, HOME, RACE, SEVERITY),
    ),
    "jail_sentences": (
        SENTENCED,
        tally(
            count("term covered life_later misdemeanor infraction no_offense pair"),
            SENTENCED_PARTS,
            HOME,
            RACE,
            SEVERITY,
        ),
    ),
    "probation_sentences": (
        SENTENCED,
        tally(count("split probation no_jail_days twice"), SENTENCED_PARTS, HOME, RACE, SEVERITY),
    ),
    "community_corrections_sentences": (
        SENTENCED,
        tally(count("community"), SENTENCED_PARTS, HOME, RACE, SEVERITY),
    ),
    "life_sentences": (SENTENCED, tally(count("life"), SENTENCED_PARTS, RACE)),
    "incarceration_days_imposed": (
        SENTENCED,
        amounts(
            {
                "term": 300 - 20,
                "covered": 0,
                "twice": 60,
                "life_later": LIFE_DAYS,
                "life": LIFE_DAYS,
                "capped": LIFE_DAYS,
                "misdemeanor": 30,
                "infraction": 5,
                "no_offense": 1,
                "unmapped": 10,
                "pair": 15,
                "no_case": 70,
            },
            SENTENCED_PARTS,
            LAYER,
            HOME,
            RACE,
        ),
    ),
    "fines_fees_assessed": (SENTENCED, amounts(FINED, SENTENCED_PARTS, LAYER, HOME, RACE, divisor=100)),
    "fines_fees_assessed_per_case": (
        SENTENCED,
        {
            key: (top, bottom, top / bottom / 100 if bottom else None)
            for key, (top, bottom, _) in tally(
                {name: (FINED.get(name, 0), 1) for name in ALL.split()}, SENTENCED_PARTS, HOME, RACE
            ).items()
        },
    ),
    "jail_length_nonviolent_misdemeanor": (
        JAILED,
        {
            # 8, 20, 30, 40, 50, 60
            ("", ""): (6, 6, 35.0),
            # 8, 20, 60
            (RACE, "black"): (3, 3, 20.0),
            (RACE, "white"): (1, 1, 40.0),
            # 30, 50
            (RACE, "unknown"): (2, 2, 40.0),
            (RACE, "hispanic"): (0, 0, None),
        },
    ),
    # ann is one of the people, on two days
    "future_years_of_incarceration": (
        AHEAD,
        amounts(
            {
                "ann": 520 + 10,
                "bob": 350,
                "cas": 600,
                "dee": 729,
                "eve": 730,
                "fay": LIFE_DAYS,
                "gus": 90,
                "joe": 100,
            },
            AHEAD_PARTS,
            HOME,
            RACE,
            divisor=365.25,
        )
        | {(RACE, "hispanic"): (0, 0, 0.0)},
    ),
    "future_years_of_supervision": (
        AHEAD,
        amounts(
            {
                "ann": 800 - 520 + 100 + 10,
                "bob": 350,
                "cas": 0,
                "dee": 0,
                "eve": 0,
                "fay": 0,
                "gus": 365,
                "hal": 180,
                "joe": 0,
            },
            AHEAD_PARTS,
            HOME,
            RACE,
            divisor=365.25,
        )
        | {(RACE, "hispanic"): (0, 0, 0.0)},
    ),
    # on 31 March: ann and the third; white and hispanic people only on earlier days
    "supervised_people": (
        SPELLS,
        counts([("", ""), *((RACE, race) for race in ("black", "unknown", "white", "hispanic"))], 2, 1, 1, 0, 0),
    ),
    "supervision_days": (
        SPELLS,
        {
            ("", ""): (91 + 91 + 90 + 15, 4, 287.0),
            (RACE, "black"): (91, 1, 91.0),
            (RACE, "white"): (15, 1, 15.0),
            (RACE, "unknown"): (181, 2, 181.0),
            (RACE, "hispanic"): (0, 0, 0.0),
        },
    ),
    "supervision_days_per_1000": (
        {**SPELLS, "population": RESIDENTS},
        {
            ("", ""): (287, 1000, 287.0),
            (RACE, "black"): (91, 250, 364.0),
            (RACE, "white"): (15, None, None),
            (RACE, "unknown"): (181, None, None),
            (RACE, "hispanic"): (0, None, None),
        },
    ),
    "supervision_revocation_rate": (
        ENDED_SPELLS,
        tally(
            {**share("revoked parole undated", "over revoked parole answered undated"), **none_of("last_year")},
            {
                **{name: {RACE: "black"} for name in ("over", "revoked")},
                **{name: {RACE: "white"} for name in ("parole", "answered")},
                "last_year": {RACE: "hispanic"},
            },
            RACE,
        ),
    ),
    "sanction_certainty": (
        ANSWERS,
        tally(
            {
                **share("soon day_90 pretrial", "soon day_90 day_91 never sooner pretrial"),
                **none_of("last_year all_last_year"),
            },
            ANSWER_PARTS,
            RACE,
        ),
    ),
    "sanction_swiftness_days": (
        ANSWERS,
        {
            # 0, 4, 10, 31, 90
            ("", ""): (5, 5, 10.0),
            (RACE, "asian"): (1, 1, 0.0),
            (RACE, "black"): (1, 1, 4.0),
            (RACE, "white"): (1, 1, 90.0),
            # 10, 31
            (RACE, "unknown"): (2, 2, 20.5),
            (RACE, "hispanic"): (0, 0, None),
        },
    ),
    "sanction_custody_days": (
        ANSWERS,
        amounts({"soon": 2, "day_90": 30, "pretrial": 0, "unasked": 4}, ANSWER_PARTS, RACE)
        | {(RACE, "hispanic"): (0, 0, 0.0)},
    ),
}
