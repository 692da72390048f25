import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.groups import intimate_partner_tiers

AS_OF = dt.date(2025, 6, 30)
COLUMNS = ["person", "kind", "event_id", "event_date", "birth_date", "is_weapon_used", "is_dual", "primary_aggressor"]
BORN = dt.date(1985, 5, 5)


def event(
    kind: str = "charge",
    incident: str | None = "I1",
    on: str | None = "2025-01-10",
    *,
    person: str = "p",
    born: dt.date | None = BORN,
    weapon: bool | None = None,
    dual: bool | None = False,
    aggressor: str | None = None,
) -> tuple[object, ...]:
    return person, kind, incident, on and dt.date.fromisoformat(on), born, weapon, dual, aggressor


def tiers(*events: tuple[object, ...], days: int = 1825, **known: bool) -> pd.DataFrame:
    frame = pd.DataFrame(list(events), columns=COLUMNS)
    return intimate_partner_tiers(frame, as_of=AS_OF, look_back_days=days, **known).set_index("person")


def tier(*events: tuple[object, ...], days: int = 1825) -> tuple[str, str]:
    found = tiers(*events, days=days)
    return (found.at["p", "tier"], found.at["p", "reason"]) if "p" in found.index else ("absent", "")


CHARGES = [event(incident=f"I{n}", on=f"2025-0{n}-10") for n in range(1, 5)]
FELON = event("felony_conviction", None, "2023-02-02")


# High Point's published words, each read off the table by hand.
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([event("complaint")], "D"),
        ([event("complaint"), event("complaint", "I2", "2025-02-10")], "D"),
        ([event("complaint", weapon=True), FELON], "D"),
        (CHARGES[:1], "C"),
        ([CHARGES[0], event("complaint", "I9", "2025-05-05")], "C"),
        (CHARGES[:2], "B"),
        (CHARGES[:3], "A"),
        (CHARGES, "A"),
        ([CHARGES[0], FELON], "A"),
        ([event(weapon=True)], "A"),
        ([*CHARGES[:2], event("complaint", "I2", "2025-02-10", weapon=True)], "A"),
        ([CHARGES[0], event("complaint", "I9", "2025-05-05", weapon=True)], "C"),
    ],
)
def test_the_published_rule(events: list[tuple[object, ...]], expected: str) -> None:
    assert tier(*events) == (expected, "")


def test_a_conviction_alone_is_nobody() -> None:
    assert tier(FELON) == ("absent", "")


def test_records_of_one_incident_and_events_of_one_day_are_one() -> None:
    # A complaint, an arrest and a later charge of one incident; and two arrests on one day.
    assert tier(event("complaint"), event(), event(on="2025-03-01")) == ("C", "")
    assert tier(event(), event(incident="I2"), event("complaint", "I3")) == ("C", "")
    found = tiers(event(), event(incident="I2"), event("complaint", "I3"))
    assert found.loc["p", ["charges", "complaints"]].tolist() == [1, 0]


def test_the_look_back_is_the_days_that_end_with_the_day() -> None:
    first = AS_OF - dt.timedelta(days=99)
    assert tier(event(on=first.isoformat()), days=100) == ("C", "")
    assert tier(event(on=(first - dt.timedelta(days=1)).isoformat()), days=100) == ("absent", "")
    assert tier(event(on=AS_OF.isoformat()), days=1) == ("C", "")
    assert tier(event(on="2025-07-01")) == ("absent", "")
    assert tier(CHARGES[3], event("felony_conviction", None, "2024-01-01"), days=365) == ("C", "")


def test_what_happened_before_the_18th_birthday_does_not_count() -> None:
    assert tier(event(born=dt.date(2007, 1, 11))) == ("absent", "")
    assert tier(event(born=dt.date(2007, 1, 10))) == ("C", "")
    young = dt.date(2006, 6, 1)
    assert tier(event(born=young), event("felony_conviction", None, "2023-02-02", born=young)) == ("C", "")


def test_a_dual_arrest_is_nobodys_tier_until_the_primary_aggressor_is_recorded() -> None:
    assert tier(event(dual=True)) == ("", "dual_arrest")
    assert tier(*CHARGES[1:], event(dual=True)) == ("", "dual_arrest")
    assert tier(event(dual=True, aggressor="yes")) == ("C", "")
    assert tier(event(dual=True, aggressor="no")) == ("absent", "")
    assert tier(CHARGES[1], event(dual=True, aggressor="no")) == ("C", "")
    both = [event(dual=True, aggressor="no"), event("complaint", dual=True, aggressor="yes")]
    assert tier(*both) == ("", "dual_arrest")
    # What was recorded of one arrest says nothing of an incident that was no dual arrest.
    assert tier(event(aggressor="no")) == ("C", "")


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        (event(dual=None, incident=None), "incident_unknown"),
        (event(born=None), "age_unknown"),
        (event(on=None), "date_unknown"),
    ],
)
def test_what_is_needed_and_missing_leaves_a_person_undecided(lacking: tuple[object, ...], reason: str) -> None:
    assert tier(lacking) == ("", reason)
    assert tier(*CHARGES[1:], lacking) == ("", reason)


def test_an_unknown_weapon_and_a_conviction_without_a_day_raise_nobody() -> None:
    assert tier(event(weapon=None)) == ("C", "")
    assert tier(event(), event("felony_conviction", None, None)) == ("C", "")


def test_the_reasons_can_be_checked_and_say_what_is_not_in_the_data() -> None:
    found = tiers(*CHARGES[:2], event("complaint", "I8", "2025-05-05"), FELON)
    assert found.at["p", "reasons"] == [
        "2 days with a domestic charge or arrest in 1825 days",
        "1 days with a domestic complaint without a charge in 1825 days",
        "1 felony convictions in 1825 days",
    ]
    silent = tiers(CHARGES[0], convictions_known=False)
    assert silent.at["p", "reasons"][-1] == (
        "convictions are not in the data: tier A goes by charges and weapons alone"
    )


def test_nobody_gives_nobody() -> None:
    assert tiers().empty


@pytest.mark.parametrize(
    ("events", "days", "message"),
    [([event("arrest")], 10, r"events.kind: \[arrest\]"), ([event()], 0, r"look_back_days \[0\]")],
)
def test_wrong_use_is_refused(events: list[tuple[object, ...]], days: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiers(*events, days=days)
    with pytest.raises(ValueError, match="no column"):
        intimate_partner_tiers(pd.DataFrame(columns=COLUMNS[1:]), as_of=AS_OF, look_back_days=1)


_EVENTS = st.lists(
    st.builds(
        event,
        st.sampled_from(["charge", "complaint", "felony_conviction"]),
        st.sampled_from(["I1", "I2", "I3", "I4", None]),
        st.sampled_from(["2020-07-01", "2020-06-30", "2024-12-01", "2025-01-10", "2025-06-30", None]),
        person=st.sampled_from(["p", "q"]),
        born=st.sampled_from([BORN, dt.date(2007, 1, 1), None]),
        weapon=st.sampled_from([True, False, None]),
        dual=st.sampled_from([True, False, False, False, None]),
        aggressor=st.sampled_from(["yes", "no", None]),
    ),
    max_size=8,
)


def _plainly(events: list[tuple[object, ...]], person: str) -> str:
    """The rule again, one person and one event at a time."""
    found: dict[str, list[tuple[object, ...]]] = {}
    convictions = 0
    for who, kind, incident, on, born, *rest in events:
        if who != person:
            continue
        if isinstance(on, dt.date) and not dt.timedelta(0) <= AS_OF - on < dt.timedelta(days=1825):
            continue
        if isinstance(on, dt.date) and isinstance(born, dt.date):
            adult = dt.date(born.year + 18, born.month, born.day)
            if on < adult:
                continue
        if kind == "felony_conviction":
            convictions += on is not None and born is not None
            continue
        found.setdefault(str(incident) if incident else f"on {on}", []).append((kind, on, born, *rest))
    undecided, days = False, {}
    for records in found.values():
        said = {record[5] for record in records} - {None}
        in_doubt = any(record[4] is not False for record in records)
        if in_doubt and said == {"no"}:
            continue
        if (
            (in_doubt and said != {"yes"})
            or any(record[2] is None for record in records)
            or all(record[1] is None for record in records)
        ):
            undecided = True
        else:
            charged = any(record[0] == "charge" for record in records)
            armed = charged and any(record[3] is True for record in records)
            first = min(record[1] for record in records if record[1] is not None)  # type: ignore[type-var]
            was = days.get(first, (False, False))
            days[first] = (was[0] or charged, was[1] or armed)
    if undecided:
        return ""
    charges = sum(charged for charged, _ in days.values())
    if not days:
        return "absent"
    if not charges:
        return "D"
    if charges >= 3 or convictions or any(armed for _, armed in days.values()):
        return "A"
    return {1: "C", 2: "B"}[charges]


@settings(max_examples=25, deadline=None)
@given(_EVENTS, st.randoms(use_true_random=False))
def test_any_events_in_any_order_give_what_the_rule_says(events: list[tuple[object, ...]], random) -> None:  # type: ignore[no-untyped-def]
    found = tiers(*events)
    for person in ("p", "q"):
        said = found.at[person, "tier"] if person in found.index else "absent"
        assert said == _plainly(events, person)
    random.shuffle(events)
    pd.testing.assert_frame_equal(found, tiers(*events))
