"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from typing import Any

from tests.metrics.given import AREAS, HOME, LAYER, RESIDENTS, Expected, Given, linked, numbered
from tests.metrics.given_court import RACE, Parts, share, tally

INCIDENTS = [
    {"incident_id": "i-north", "occurred_date": "2023-11-01", "place_id": "p-north"},
    {"incident_id": "i-south", "occurred_date": "2023-11-01", "place_id": "p-south"},
]
BLACK_NORTH = {"race_ethnicity": "black", "home_place_id": "p-north"}
WHITE_SOUTH = {"race_ethnicity": "white", "home_place_id": "p-south"}

# Case 1 ended on 31 January; a superseded document is no disposition; 3 is open.
BOOKED: Given = {
    "cases": numbered(
        "case_id",
        {"incident_id": "i-south", "disposition_date": "2024-01-31", "disposition": "dismissed"},
        {"incident_id": "i-north", "disposition_date": "2024-01-05", "disposition": "superseded"},
        {"incident_id": "i-north"},
        filed_date="2023-12-01",
    ),
    "custody": numbered(
        "custody_id",
        # ann's two bookings overlap: 10 to 20 January once, by the race, home and place of the earlier
        {"case_id": "case_id-3", "detained_from": "2024-01-10", "detained_to": "2024-01-15", **BLACK_NORTH},
        {"case_id": "case_id-1", "detained_from": "2024-01-12", "detained_to": "2024-01-20", **WHITE_SOUTH},
        # ann again: two days more of one person
        {"detained_from": "2024-02-10", "detained_to": "2024-02-12", **WHITE_SOUTH},
        # released in March, but the case ended on 31 January: 11 days; where the person lives, nobody knows
        {
            "case_id": "case_id-1",
            "detained_from": "2024-01-20",
            "detained_to": "2024-03-01",
            "race_ethnicity": "white",
        },
        # from the year before, and still there: 91 days of 2024 to the end of AS_OF
        {"case_id": "case_id-2", "detained_from": "2023-12-30", **WHITE_SOUTH},
        # since AS_OF: one day; since the day after: not yet known
        {"case_id": "case_id-3", "detained_from": "2024-03-31", **BLACK_NORTH},
        {"case_id": "case_id-3", "detained_from": "2024-04-01", **BLACK_NORTH},
        # no day at all: out on the day they came in, out on 1 January, booked after the case had ended, never detained
        {"case_id": "case_id-3", "detained_from": "2024-01-10", "detained_to": "2024-01-10", **BLACK_NORTH},
        {"case_id": "case_id-3", "detained_from": "2023-12-01", "detained_to": "2024-01-01", **BLACK_NORTH},
        {"case_id": "case_id-1", "detained_from": "2024-02-02", "detained_to": "2024-02-10", **BLACK_NORTH},
        {"case_id": "case_id-3", "decision_date": "2024-01-10", "decision_type": "own_recognizance", **BLACK_NORTH},
        # held for another agency
        {
            "case_id": "case_id-3",
            "detained_from": "2024-02-01",
            "detained_to": "2024-02-09",
            "is_other_agency_hold": True,
            **BLACK_NORTH,
        },
    ),
    "person_records": linked("custody", **{f"custody_id-{number}": "ann" for number in (1, 2, 3)}),
    "incidents": INCIDENTS,
    "place_areas": AREAS,
}

HELD_FOR_OTHERS: Given = {
    "cases": [{"case_id": "ended", "disposition_date": "2024-01-31", "disposition": "dismissed"}],
    "custody": numbered(
        "custody_id",
        # ann's two holds overlap: 10 to 20 January once, by the race of the earlier
        {"detained_from": "2024-01-10", "detained_to": "2024-01-15", "race_ethnicity": "black"},
        {"detained_from": "2024-01-12", "detained_to": "2024-01-20", "race_ethnicity": "white"},
        # the end of the own case is not the end of the hold: 12 days of January and 29 of February
        {
            "case_id": "ended",
            "detained_from": "2024-01-20",
            "detained_to": "2024-03-01",
            "race_ethnicity": "white",
        },
        # from the year before, and still there: 91 days
        {"detained_from": "2023-12-30"},
        # not yet known on AS_OF
        {"detained_from": "2024-04-01"},
        # detained in an own case meanwhile, or nobody says for whom: no hold
        {"detained_from": "2024-01-15", "detained_to": "2024-03-01", "is_other_agency_hold": False},
        {"detained_from": "2024-01-15", "detained_to": "2024-03-01", "is_other_agency_hold": None},
        # ann once more: the days in the own case do not join two holds
        {"detained_from": "2024-02-20", "detained_to": "2024-02-25", "race_ethnicity": "black"},
        is_other_agency_hold=True,
    ),
    "person_records": linked("custody", **{f"custody_id-{number}": "ann" for number in (1, 2, 6, 8)}),
}


def bookings(**rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Bookings by name, of a case of that name unless they say otherwise."""
    return [{"custody_id": name, "case_id": name, **row} for name, row in rows.items()]


DECIDED = {"decision_date": "2024-01-02", "decision_type": "money_bail", "detained_from": "2024-01-01"}
RECOGNIZANCE = {"decision_date": "2024-01-02", "decision_type": "own_recognizance"}
ORDERED = {"decision_date": "2024-01-02", "decision_type": "detained"}
HOLD = {"is_other_agency_hold": True}
DECISIONS: Given = {
    "custody": bookings(
        # detained by the decision, whatever came after it
        ordered={**ORDERED, **BLACK_NORTH},
        ordered_but_out={**ORDERED, "detained_from": "2024-01-01", "detained_to": "2024-01-03"},
        # out on the day after the decision; a day later; never
        next_day={**DECIDED, "detained_to": "2024-01-03", **BLACK_NORTH},
        day_later={**DECIDED, "detained_to": "2024-01-04", **WHITE_SOUTH},
        still_there={**DECIDED, "race_ethnicity": "white"},
        # the first decision counts, of this year or of the year before
        first=RECOGNIZANCE,
        second={**ORDERED, "case_id": "first", "decision_date": "2024-02-02"},
        year_before={**ORDERED, "decision_date": "2023-12-31"},
        year_after={**RECOGNIZANCE, "case_id": "year_before"},
        # a hold is no decision of the case
        hold={**ORDERED, **HOLD},
        early_hold={**ORDERED, **HOLD, "case_id": "after_hold"},
        after_hold={**RECOGNIZANCE, "decision_date": "2024-01-10"},
        # each stands for a case
        no_case={**ORDERED, "case_id": None},
        no_case_either={**RECOGNIZANCE, "case_id": None},
        # when was it decided?
        undated={"detained_from": "2024-01-01"},
        # the first day; AS_OF; not yet known on AS_OF
        new_year={**RECOGNIZANCE, "decision_date": "2024-01-01"},
        as_of={**RECOGNIZANCE, "decision_date": "2024-03-31"},
        tomorrow={**ORDERED, "decision_date": "2024-04-01"},
    ),
    "place_areas": AREAS,
}
DECISION_PARTS: Parts = {
    "ordered": {HOME: "north", RACE: "black"},
    "next_day": {HOME: "north", RACE: "black"},
    "day_later": {HOME: "south", RACE: "white"},
    "still_there": {RACE: "white"},
}

_SENTENCED = (
    "ordered next_day day_later still_there first hold never_booked theft unknown nothing traffic before resentenced"
    " tomorrow"
)
_OFFENSES = {"traffic": "traffic", "unknown": "unknown", "nothing": None}
_SENTENCED_ON = {"before": "2023-12-31", "resentenced": "2023-12-31", "tomorrow": "2024-04-01", "theft": "2024-03-31"}
SENTENCED: Given = {
    "cases": [
        {"case_id": name, "filed_date": "2023-11-01", "offense_category": _OFFENSES.get(name, "theft")}
        for name in _SENTENCED.split()
    ],
    "sentences": [
        *(
            {"sentence_id": name, "case_id": name, "sentence_date": _SENTENCED_ON.get(name, "2024-02-01")}
            for name in _SENTENCED.split()
        ),
        # a second sentence, and a resentence: the case was sentenced before
        {"sentence_id": "before-2", "case_id": "before", "sentence_date": "2024-02-01"},
        {
            "sentence_id": "resentenced-2",
            "case_id": "resentenced",
            "sentence_date": "2024-02-01",
            "is_initial": False,
        },
        # two sentences of one day: one case
        {"sentence_id": "ordered-2", "case_id": "ordered", "sentence_date": "2024-02-01"},
    ],
    "custody": bookings(
        # decided in the year before
        ordered={**ORDERED, "decision_date": "2023-11-02"},
        next_day={**DECIDED, "detained_to": "2024-01-03"},
        day_later={**DECIDED, "detained_to": "2024-01-04"},
        still_there=DECIDED,
        first=RECOGNIZANCE,
        second={**ORDERED, "case_id": "first", "decision_date": "2024-01-20"},
        hold={**ORDERED, **HOLD},
        # nobody knows of what offense: not of traffic
        unknown=ORDERED,
        nothing=ORDERED,
        traffic=ORDERED,
        before=ORDERED,
        resentenced=ORDERED,
        tomorrow=ORDERED,
    ),
    "defendants": [
        {"defendant_id": "d1", "case_id": "ordered", **BLACK_NORTH},
        {"defendant_id": "d2", "case_id": "next_day", **BLACK_NORTH},
        {"defendant_id": "d3", "case_id": "day_later", **WHITE_SOUTH},
        # two defendants who differ
        {"defendant_id": "d4", "case_id": "still_there", **BLACK_NORTH},
        {"defendant_id": "d5", "case_id": "still_there", **WHITE_SOUTH},
    ],
    "place_areas": AREAS,
}

LOW = {**DECIDED, "bail_cents": 50_000}
BAILS: Given = {
    "custody": bookings(
        # 500 dollars, and a cent more; released on the day after, a day later
        at_most={**LOW, "race_ethnicity": "black"},
        a_cent_more={**LOW, "bail_cents": 50_001, "race_ethnicity": "black"},
        day_later={**LOW, "bail_cents": 10_000, "detained_to": "2024-01-04", "race_ethnicity": "white"},
        next_day={**LOW, "bail_cents": 0, "detained_to": "2024-01-03", "race_ethnicity": "white"},
        # no bail that anybody knows, or another decision
        nobody_knows={**DECIDED, "race_ethnicity": "black"},
        recognizance={**RECOGNIZANCE, "bail_cents": 10_000},
        supervised={**LOW, "decision_type": "supervised_release"},
        ordered={**LOW, "decision_type": "detained"},
        # the first decision of the case
        lowered={**LOW, "bail_cents": 90_000},
        lowered_to={**LOW, "case_id": "lowered", "decision_date": "2024-02-02"},
        raised={**LOW, "detained_to": "2024-01-02"},
        raised_to={
            **LOW,
            "case_id": "raised",
            "decision_date": "2024-02-02",
            "bail_cents": 90_000,
            "detained_from": "2024-02-01",
        },
        hold={**LOW, **HOLD},
        year_before={**LOW, "decision_date": "2023-12-31", "detained_from": "2023-12-30"},
        tomorrow={**LOW, "decision_date": "2024-04-01"},
    ),
}

_UNTIL_DISPOSED = {"disposition_date": "2024-01-20", "disposition": "guilty_plea"}
TO_RELEASE: Given = {
    "cases": [
        {"case_id": "disposed", **_UNTIL_DISPOSED},
        {"case_id": "disposed_next_day", "disposition_date": "2024-01-03", "disposition": "guilty_plea"},
        {"case_id": "at_disposition", **_UNTIL_DISPOSED},
        {"case_id": "day_before", **_UNTIL_DISPOSED},
        # no disposition
        {"case_id": "superseded", "disposition_date": "2024-01-20", "disposition": "superseded"},
    ],
    "custody": bookings(
        # 30 days before AS_OF, and 29
        as_old={**RECOGNIZANCE, "decision_date": "2024-03-01", **BLACK_NORTH},
        too_young={**RECOGNIZANCE, "decision_date": "2024-03-02", **BLACK_NORTH},
        # out 30 days after 2 January, and 31; never; on the way
        day_30={**DECIDED, "detained_to": "2024-02-01", **BLACK_NORTH},
        day_31={**DECIDED, "detained_to": "2024-02-02", **WHITE_SOUTH},
        never=DECIDED,
        # detained by the decision, and out later; nobody says that they came out
        ordered_but_out={**ORDERED, "detained_from": "2024-01-01", "detained_to": "2024-01-20", **WHITE_SOUTH},
        ordered_out_next_day={**ORDERED, "detained_from": "2024-01-01", "detained_to": "2024-01-03", **WHITE_SOUTH},
        ordered=ORDERED,
        # out with the disposition, or after it
        disposed={**DECIDED, "detained_to": "2024-01-25"},
        disposed_next_day={**DECIDED, "detained_to": "2024-01-03"},
        at_disposition={**DECIDED, "detained_to": "2024-01-20"},
        day_before={**DECIDED, "detained_to": "2024-01-19"},
        superseded={**DECIDED, "detained_to": "2024-01-25"},
        # each stands for a case
        no_case={**RECOGNIZANCE, "case_id": None},
        no_case_either={**DECIDED, "case_id": None},
        hold={**RECOGNIZANCE, **HOLD},
        year_before={**RECOGNIZANCE, "decision_date": "2023-12-31"},
        year_after={**RECOGNIZANCE, "case_id": "year_before"},
    ),
    "place_areas": AREAS,
}
RELEASE_PARTS: Parts = {
    "as_old": {HOME: "north", RACE: "black"},
    "day_30": {HOME: "north", RACE: "black"},
    "day_31": {HOME: "south", RACE: "white"},
    "ordered_but_out": {HOME: "south", RACE: "white"},
    "ordered_out_next_day": {HOME: "south", RACE: "white"},
}

_DROPPED = {"disposition": "dismissed", "disposition_date": "2024-02-01", "filed_date": "2023-11-15"}
_TWO_DAYS = {"detained_from": "2024-01-10", "detained_to": "2024-01-12"}
DROPPED: Given = {
    "cases": [
        {"case_id": "anns", **_DROPPED, "incident_id": "i-south"},
        {"case_id": "anns_other", **_DROPPED, "disposition_date": "2024-02-05", "incident_id": "i-south"},
        {"case_id": "long", **_DROPPED, "disposition_date": "2024-03-31", "incident_id": "i-north"},
        {"case_id": "pair", **_DROPPED},
        # dismissed, but filed again against the same person
        {"case_id": "first_filing", **_DROPPED, "incident_id": "i-north"},
        {"case_id": "filed_again", "filed_date": "2024-03-01", "incident_id": "i-north"},
        # filed again as well, and dismissed again: one case, that of its first filing, with the days of both
        {"case_id": "twice", **_DROPPED, "incident_id": "i-south"},
        {
            "case_id": "twice_again",
            "filed_date": "2024-02-20",
            "disposition": "dismissed",
            "disposition_date": "2024-03-10",
            "incident_id": "i-south",
        },
        # nobody detained in them, or only for another agency
        {"case_id": "free", **_DROPPED},
        {"case_id": "hold", **_DROPPED},
        # not dismissed
        {"case_id": "plea", **_DROPPED, "disposition": "guilty_plea"},
        {"case_id": "warrant", **_DROPPED, "disposition": "warrant"},
        {"case_id": "open", **_DROPPED, "disposition": None, "disposition_date": None},
        {"case_id": "in_part", **_DROPPED},
        {"case_id": "before", **_DROPPED, "disposition_date": "2023-12-31", "incident_id": "i-south"},
        {"case_id": "tomorrow", **_DROPPED, "disposition_date": "2024-04-01"},
    ],
    "charges": numbered(
        "charge_id",
        {"case_id": "in_part", "disposition": "dismissed", "disposition_date": "2024-02-01"},
        {"case_id": "in_part", "disposition": "guilty_plea", "disposition_date": "2024-02-01"},
    ),
    "custody": [
        *bookings(
            # overlapping bookings of ann in one case: 10 to 25 January once, 15 days
            anns={"detained_from": "2024-01-10", "detained_to": "2024-01-20", **BLACK_NORTH},
            anns_2={"case_id": "anns", "detained_from": "2024-01-15", "detained_to": "2024-01-25", **BLACK_NORTH},
            # 10 days in her other case, some of them the same
            anns_other={"detained_from": "2024-01-18", "detained_to": "2024-01-28", **BLACK_NORTH},
            # to the dismissal, which is not counted: 31 days of December, 31, 29 and 30
            long={"detained_from": "2023-12-01", "race_ethnicity": "white"},
            # two people in one case: 2 days and 3; one of them is not linked
            pair={**_TWO_DAYS, **BLACK_NORTH},
            pair_2={"case_id": "pair", "detained_from": "2024-01-10", "detained_to": "2024-01-13", **WHITE_SOUTH},
            # to the first dismissal, 22 days, though out later; 2 days of the second filing
            twice={"detained_from": "2024-01-10", "detained_to": "2024-02-15", **BLACK_NORTH},
            twice_again={"detained_from": "2024-03-01", "detained_to": "2024-03-03", **BLACK_NORTH},
            hold={**_TWO_DAYS, **HOLD},
            no_case={**_TWO_DAYS, "case_id": None},
            before={"detained_from": "2023-12-01", "detained_to": "2023-12-10", **BLACK_NORTH},
        ),
        *bookings(
            **dict.fromkeys(
                ("first_filing", "filed_again", "plea", "warrant", "open", "in_part", "tomorrow"), _TWO_DAYS
            )
        ),
    ],
    "defendants": [
        *({"defendant_id": name, "case_id": name, **BLACK_NORTH} for name in ("anns", "anns_other", "before")),
        {"defendant_id": "long", "case_id": "long", "race_ethnicity": "white"},
        {"defendant_id": "pair", "case_id": "pair", **BLACK_NORTH},
        {"defendant_id": "pair_2", "case_id": "pair", **WHITE_SOUTH},
        *({"defendant_id": name, "case_id": name, **BLACK_NORTH} for name in ("twice", "twice_again")),
        {"defendant_id": "first_filing", "case_id": "first_filing"},
        {"defendant_id": "filed_again", "case_id": "filed_again"},
    ],
    "person_records": [
        *linked("custody", anns="ann", anns_2="ann", anns_other="ann", pair="bob"),
        *linked("defendants", anns="ann", anns_other="ann", first_filing="cas", filed_again="cas"),
        *linked("defendants", twice="dee", twice_again="dee"),
    ],
    "incidents": INCIDENTS,
    "place_areas": AREAS,
}

# Booked on 2 January, out on 10 January, disposed of on 1 February, unless they say otherwise.
_OUT = {
    "decision_date": "2024-01-03",
    "decision_type": "money_bail",
    "detained_from": "2024-01-02",
    "detained_to": "2024-01-10",
}
_CAME = (("2024-01-20", True),)
# name: what its case has of its own, its booking, (day, appeared) of its hearings
_RELEASED: dict[str, tuple[dict[str, Any], dict[str, Any] | None, tuple[tuple[str, bool | None], ...]]] = {
    "came": ({}, _OUT, _CAME),
    "missed": ({}, _OUT, (*_CAME, ("2024-01-25", False))),
    # absent up to the day of the release, or after the end: in between is from the day after it to the last day
    "absent_before": ({}, _OUT, (("2024-01-05", False), ("2024-01-10", False), *_CAME)),
    "absent_after": ({}, _OUT, (*_CAME, ("2024-02-02", False))),
    "absent_at_end": ({}, _OUT, (*_CAME, ("2024-02-01", False))),
    # attendance known at one of two hearings; only before and after; of no hearing
    "half_known": ({}, _OUT, (*_CAME, ("2024-01-25", None))),
    "not_known": ({}, _OUT, (("2024-01-05", True), ("2024-01-20", None), ("2024-02-10", True))),
    "no_hearing": ({}, _OUT, ()),
    # came to that hearing, but not to another; nothing is known of any
    "warrant": ({"disposition": "warrant"}, _OUT, _CAME),
    "warrant_not_known": ({"disposition": "warrant"}, _OUT, ()),
    # never detained
    "recognizance": ({}, {"decision_date": "2024-01-03", "decision_type": "own_recognizance"}, _CAME),
    # not released before trial, or only from a hold; nobody says
    "held": ({}, {**_OUT, "detained_to": None}, _CAME),
    "out_at_end": ({}, {**_OUT, "detained_to": "2024-02-01"}, _CAME),
    "hold": ({}, {**_OUT, **HOLD}, _CAME),
    "unbooked": ({}, None, _CAME),
    # not ended, or not in the year to AS_OF
    "open": ({"disposition": None, "disposition_date": None}, _OUT, _CAME),
    "superseded": ({"disposition": "superseded"}, _OUT, _CAME),
    "tomorrow": ({"disposition_date": "2024-04-01"}, _OUT, _CAME),
    "before": (
        {"disposition_date": "2023-12-31"},
        {**_OUT, "decision_date": "2023-11-03", "detained_from": "2023-11-02", "detained_to": "2023-11-10"},
        (("2023-12-01", True),),
    ),
    # arrested again, some for what was before
    "arrested": ({}, _OUT, _CAME),
    "missed_and_arrested": ({}, _OUT, (("2024-01-20", False),)),
    "not_known_and_arrested": ({}, _OUT, ()),
    "for_unknown": ({}, _OUT, _CAME),
    "on_last_day": ({}, _OUT, _CAME),
    "for_old": ({}, _OUT, _CAME),
    "too_early": ({}, _OUT, _CAME),
    "too_late": ({}, _OUT, _CAME),
    "codefendant": ({}, _OUT, _CAME),
}
# arrest: day, incident
_ARRESTED: dict[str, tuple[str, str | None]] = {
    "arrested": ("2024-01-25", "i-since"),
    "missed_and_arrested": ("2024-01-25", "i-since"),
    "not_known_and_arrested": ("2024-01-25", "i-since"),
    # for what, nobody says: then the day of the arrest tells
    "for_unknown": ("2024-01-25", None),
    "on_last_day": ("2024-02-01", "i-since"),
    # of the day of the release, not after it
    "for_old": ("2024-01-25", "i-old"),
    # before the release, and after the end
    "too_early": ("2024-01-08", None),
    "too_late": ("2024-02-02", "i-since"),
    # of the second defendant
    "codefendant-2": ("2024-01-25", "i-since"),
    # of somebody who is not linked
    "stranger": ("2024-01-25", "i-since"),
}
_DEFENDANT = {"came": BLACK_NORTH, "missed": BLACK_NORTH, "arrested": WHITE_SOUTH, "no_hearing": WHITE_SOUTH}
RELEASED: Given = {
    "cases": [
        {
            "case_id": name,
            "filed_date": "2023-11-01",
            "disposition": "guilty_plea",
            "disposition_date": "2024-02-01",
            **own,
        }
        for name, (own, _, _) in _RELEASED.items()
    ],
    "custody": bookings(
        **{name: {**booked, **_DEFENDANT.get(name, {})} for name, (_, booked, _) in _RELEASED.items() if booked}
    ),
    "hearings": [
        {"hearing_id": f"{name}-{day}", "case_id": name, "hearing_date": day, "defendant_appeared": appeared}
        for name, (_, _, heard) in _RELEASED.items()
        for day, appeared in heard
    ],
    "arrests": [
        {"arrest_id": f"a-{name}", "arrest_date": day, "incident_id": incident}
        for name, (day, incident) in _ARRESTED.items()
    ],
    "defendants": [
        *({"defendant_id": name, "case_id": name, **_DEFENDANT.get(name, {})} for name in _RELEASED),
        {"defendant_id": "codefendant-2", "case_id": "codefendant"},
    ],
    "person_records": [
        # people are told apart where somebody has two cases
        *linked("defendants", **{name: name for name in _RELEASED if name != "open"}, open="held"),
        *linked("defendants", **{"codefendant-2": "codefendant-2"}),
        *linked("arrests", **{f"a-{name}": name for name in _ARRESTED if name != "stranger"}),
    ],
    "incidents": [
        {"incident_id": "i-old", "occurred_date": "2024-01-10"},
        {"incident_id": "i-since", "occurred_date": "2024-01-15"},
    ],
    "place_areas": AREAS,
}
RELEASED_PARTS: Parts = {
    "came": {HOME: "north", RACE: "black"},
    "missed": {HOME: "north", RACE: "black"},
    "arrested": {HOME: "south", RACE: "white"},
    "no_hearing": {HOME: "south", RACE: "white"},
}
HEARD = (
    "came missed absent_before absent_after absent_at_end half_known warrant recognizance arrested missed_and_arrested"
    " for_unknown on_last_day for_old too_early too_late codefendant"
)
NONE_BEFORE: dict[str, tuple[int, int | None]] = {"before": (0, 0)}

CASES: dict[str, tuple[Given, Expected]] = {
    "pretrial_detention_days": (
        BOOKED,
        {
            ("", ""): (10 + 2 + 11 + 91 + 1, 4, 115.0),
            (LAYER, "north"): (10 + 91 + 1, 3, 102.0),
            (LAYER, "south"): (11, 1, 11.0),
            (LAYER, "unknown"): (2, 1, 2.0),
            (HOME, "north"): (10 + 1, 2, 11.0),
            (HOME, "south"): (2 + 91, 2, 93.0),
            (HOME, "unknown"): (11, 1, 11.0),
            (RACE, "black"): (10 + 1, 2, 11.0),
            (RACE, "white"): (2 + 11 + 91, 3, 104.0),
        },
    ),
    "pretrial_detention_days_per_1000": (
        {**BOOKED, "population": RESIDENTS},
        {
            ("", ""): (115, 1000, 115.0),
            (HOME, "north"): (11, 400, 27.5),
            (HOME, "south"): (93, 100, 930.0),
            (HOME, "east"): (0, 500, 0.0),
            (HOME, "unknown"): (11, None, None),
            (RACE, "black"): (11, 250, 44.0),
            (RACE, "white"): (104, None, None),
        },
    ),
    "other_agency_hold_days": (
        HELD_FOR_OTHERS,
        {
            ("", ""): (10 + 5 + 41 + 91, 3, 147.0),
            (RACE, "black"): (10 + 5, 1, 15.0),
            (RACE, "white"): (41, 1, 41.0),
            (RACE, "unknown"): (91, 1, 91.0),
        },
    ),
    "pretrial_detention_rate": (
        DECISIONS,
        tally(
            {
                **share(
                    "ordered ordered_but_out day_later still_there no_case",
                    "ordered ordered_but_out next_day day_later still_there first after_hold no_case no_case_either"
                    " new_year as_of",
                ),
                "year_before": (0, 0),
            },
            DECISION_PARTS,
            HOME,
            RACE,
        ),
    ),
    "pretrial_detention_rate_ppi": (
        SENTENCED,
        tally(
            {
                **share(
                    "ordered day_later still_there unknown nothing",
                    "ordered next_day day_later still_there first hold never_booked theft unknown nothing",
                ),
                "before": (0, 0),
            },
            {
                "ordered": {HOME: "north", RACE: "black"},
                "next_day": {HOME: "north", RACE: "black"},
                "day_later": {HOME: "south", RACE: "white"},
            },
            HOME,
            RACE,
        ),
    ),
    "low_bail_detention_share": (
        BAILS,
        tally(
            {**share("at_most day_later", "at_most day_later next_day raised"), "year_before": (0, 0)},
            {"at_most": {RACE: "black"}, "day_later": {RACE: "white"}, "next_day": {RACE: "white"}},
            RACE,
        ),
    ),
    "release_rate": (
        TO_RELEASE,
        tally(
            {
                **share(
                    "as_old day_30 ordered_but_out ordered_out_next_day day_before superseded no_case",
                    "as_old day_30 day_31 never ordered_but_out ordered_out_next_day ordered disposed"
                    " disposed_next_day at_disposition day_before superseded"
                    " no_case no_case_either",
                ),
                "year_before": (0, 0),
            },
            RELEASE_PARTS,
            HOME,
            RACE,
        ),
    ),
    "detention_days_in_dismissed_cases": (
        DROPPED,
        {
            ("", ""): (15 + 10 + 121 + 5 + 24, 5, 175.0),
            (LAYER, "north"): (121, 1, 121.0),
            (LAYER, "south"): (15 + 10 + 24, 3, 49.0),
            (LAYER, "unknown"): (5, 1, 5.0),
            (HOME, "north"): (15 + 10 + 24, 3, 49.0),
            (HOME, "unknown"): (121 + 5, 2, 126.0),
            (RACE, "black"): (15 + 10 + 24, 3, 49.0),
            (RACE, "white"): (121, 1, 121.0),
            (RACE, "unknown"): (5, 1, 5.0),
        },
    ),
    "appearance_rate": (
        RELEASED,
        tally(
            {
                **share(
                    "came absent_before absent_after half_known recognizance arrested for_unknown on_last_day for_old"
                    " too_early too_late codefendant",
                    HEARD,
                ),
                **NONE_BEFORE,
            },
            RELEASED_PARTS,
            HOME,
            RACE,
        ),
    ),
    "pretrial_safety_rate": (
        RELEASED,
        tally(
            {
                **share(
                    "came missed absent_before absent_after absent_at_end half_known not_known no_hearing warrant"
                    " warrant_not_known recognizance for_old too_early too_late",
                    f"{HEARD} not_known no_hearing warrant_not_known not_known_and_arrested",
                ),
                **NONE_BEFORE,
            },
            RELEASED_PARTS,
            HOME,
            RACE,
        ),
    ),
    "pretrial_success_rate": (
        RELEASED,
        tally(
            {
                **share(
                    "came absent_before absent_after half_known recognizance for_old too_early too_late",
                    HEARD,
                ),
                **NONE_BEFORE,
            },
            RELEASED_PARTS,
            HOME,
            RACE,
        ),
    ),
}
