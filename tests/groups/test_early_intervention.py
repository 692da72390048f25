import datetime as dt

import pandas as pd
import pytest

from strategic_prosecution.groups import early_intervention

AS_OF = dt.date(2025, 6, 30)
FIRST: dict[str, object] = {
    "record_table": "referrals",
    "record_id": "R1",
    "person": "p",
    "linked_person": "L",
    "incident_id": "I1",
    "case_id": None,
    "event_date": dt.date(2025, 6, 1),
    "birth_date": dt.date(2000, 1, 1),
    "offense_category": "theft",
    "severity": "misdemeanor",
    "injury": None,
    "weapon": None,
    "is_domestic": False,
    "is_filed": False,
}
RECORD = {"record_table": "referrals", "record_id": "R1", "linked_person": "L", "incident_id": "I1", "case_id": None}
OWN = {**RECORD, "record_date": dt.date(2025, 6, 2)}


def found(
    *matters: dict[str, object], records: list[dict[str, object]] | None = None, days: int = 3650
) -> list[tuple[str, str]]:
    table = early_intervention(
        pd.DataFrame([FIRST | matter for matter in matters], columns=list(FIRST)),
        pd.DataFrame(records or [OWN], columns=list(OWN)),
        as_of=AS_OF,
        look_back_days=days,
        offenses=("theft", "drugs", "simple_assault"),
        severities=("misdemeanor",),
    )
    return [tuple(row) for row in table[["tier", "reason"]].to_numpy().tolist()]


def test_a_first_low_level_matter_before_and_after_charging() -> None:
    assert found({}) == [("before_charging", "")]
    assert found({"is_filed": True, "record_table": "defendants", "record_id": "D1", "case_id": "C1"}) == [
        ("after_charging", "")
    ]
    # The referral and the case it became are one matter.
    case = {"is_filed": True, "record_table": "defendants", "record_id": "D1", "case_id": "C1"}
    assert found({}, case) == [("after_charging", "")]


@pytest.mark.parametrize(
    "turned_away",
    [
        {"offense_category": "robbery"},
        {"severity": "felony"},
        {"severity": None},
        {"is_domestic": True},
        {"injury": "minor"},
        {"weapon": "knife"},
        {"birth_date": dt.date(2007, 6, 2)},
        {"person": None},
    ],
)
def test_who_the_rule_turns_away_is_absent(turned_away: dict[str, object]) -> None:
    assert found(turned_away) == []


def test_eighteen_on_the_day_is_an_adult() -> None:
    assert found({"birth_date": dt.date(2007, 6, 1)}) == [("before_charging", "")]


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ({"birth_date": None}, "age_unknown"),
        ({"event_date": None}, "age_unknown"),
        ({"incident_id": None}, "incident_unknown"),
        ({"injury": "unknown"}, "injury_unknown"),
        ({"weapon": "unmapped"}, "weapon_unknown"),
        ({"offense_category": "simple_assault"}, "injury_unknown"),
        ({"offense_category": "simple_assault", "injury": "none"}, "weapon_unknown"),
    ],
)
def test_what_is_needed_and_missing_is_not_decided(lacking: dict[str, object], reason: str) -> None:
    assert found(lacking) == [("", reason)]


def test_nothing_written_and_none_are_the_same_for_a_theft() -> None:
    assert found({"injury": "none", "weapon": "none"}) == [("before_charging", "")]


def other(**values: object) -> dict[str, object]:
    return {**OWN, "record_table": "arrests", "record_id": "A9", "incident_id": "I9", **values}


def test_any_other_record_by_any_link_excludes() -> None:
    assert found({}, records=[OWN, other()]) == []
    assert found({}, records=[OWN, other(record_date=None)]) == []
    assert found({}, records=[OWN, other(incident_id=None)]) == []
    assert found({}, records=[OWN, other(record_date=dt.date(2025, 6, 29))]) == []
    # Of another person, it does not.
    assert found({}, records=[OWN, other(linked_person="M")]) == [("before_charging", "")]


def test_records_of_the_same_incident_or_case_are_the_same_matter() -> None:
    assert found({}, records=[OWN, other(incident_id="I1")]) == [("before_charging", "")]
    case = {"case_id": "C1", "is_filed": True, "record_table": "defendants", "record_id": "D1"}
    assert found(case, records=[other(incident_id=None, case_id="C1")]) == [("after_charging", "")]
    assert found(case, records=[other(incident_id=None, case_id="C2")]) == []


def test_a_referral_is_its_own_record_though_it_names_no_incident() -> None:
    own = {**OWN, "incident_id": None}
    assert found({"incident_id": None}, records=[own]) == [("", "incident_unknown")]
    # Two records without an incident have none in common.
    assert found({"incident_id": None}, records=[own, other(incident_id=None)]) == []


def test_the_look_back() -> None:
    gone = AS_OF - dt.timedelta(days=100)
    assert found({}, records=[OWN, other(record_date=gone)], days=100) == [("before_charging", "")]
    assert found({}, records=[OWN, other(record_date=gone + dt.timedelta(days=1))], days=100) == []


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="look_back_days"):
        found({}, days=0)
    with pytest.raises(ValueError, match="matters: no column"):
        early_intervention(pd.DataFrame(), pd.DataFrame(), as_of=AS_OF, look_back_days=1, offenses=(), severities=())


def test_nobody_gives_nobody() -> None:
    assert found(records=[]) == []
