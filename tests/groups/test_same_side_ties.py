import datetime as dt
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.groups import same_side_ties
from strategic_prosecution.groups.networks import TIE_REASONS

AS_OF = dt.date(2025, 6, 30)
ADULT = dt.date(1990, 5, 5)


def person(
    event: str, who: str | None, day: dt.date | None = dt.date(2025, 3, 1), **facts: object
) -> dict[str, object]:
    row = {
        "event_id": event,
        "person_id": who,
        "event_date": day,
        "birth_date": ADULT,
        "is_domestic": False,
        "is_protest": False,
        "kind": "arrest",
    }
    return row | facts


def ties_of(*rows: dict[str, object], **settings: int) -> tuple[pd.DataFrame, dict[str, int]]:
    ties, left_out = same_side_ties(pd.DataFrame(list(rows)), as_of=AS_OF, **{"window_days": 730, **settings})
    assert list(left_out["reason"]) == list(TIE_REASONS)
    counts = left_out.set_index("reason")["participations"]
    return ties, counts[counts > 0].to_dict()


def test_five_arrested_together_tie_with_a_quarter_each() -> None:
    ties, left_out = ties_of(*[person("e", who) for who in "edcba"])
    assert len(ties) == 10
    assert (ties["weight"] == 0.25).all()
    assert (ties["source"] < ties["target"]).all()
    assert left_out == {}


def test_weights_of_two_events_worked_by_hand() -> None:
    # e1: a, b, c (1/2 each); e2: a, b (1); a-b together 1.5.
    ties, _ = ties_of(*[person("e1", who, dt.date(2025, 1, 2)) for who in "abc"], *[person("e2", who) for who in "ba"])
    assert ties.to_dict("list") == {
        "source": ["a", "a", "b"],
        "target": ["b", "c", "c"],
        "weight": [1.5, 0.5, 0.5],
        "events": [2, 1, 1],
        "last_event_date": [pd.Timestamp(2025, 3, 1), pd.Timestamp(2025, 1, 2), pd.Timestamp(2025, 1, 2)],
    }


def test_older_events_weigh_less_worked_by_hand() -> None:
    # Three arrested 365 days before: 1/2 x 1/2. Two arrested on the day itself: 1; 730 days before it would be 1/4.
    ties, _ = ties_of(
        *[person("e1", who, dt.date(2024, 6, 30)) for who in "abc"],
        *[person("e2", who, AS_OF) for who in "ab"],
        *[person("e3", who, dt.date(2023, 7, 1)) for who in "xy"],
        half_life_days=365,
        window_days=731,
    )
    assert ties["weight"].tolist() == [1.25, 0.25, 0.25, 0.25]
    assert ties["events"].tolist() == [2, 1, 1, 1]
    half = ties_of(*[person("e", who, dt.date(2025, 6, 20)) for who in "ab"], half_life_days=20)[0]
    assert half["weight"].tolist() == pytest.approx([0.5**0.5])
    with pytest.raises(ValueError, match=r"half_life_days \[7\] must be at least a hundredth of window_days \[730\]"):
        ties_of(person("e", "a"), half_life_days=7)


def test_a_victim_never_ties_to_a_suspect() -> None:
    ties, left_out = ties_of(person("e", "a", kind="suspect"), person("e", "v", kind="victim"))
    assert ties.empty
    assert left_out == {"not_same_side": 1, "single_person": 1}


def test_arrested_and_suspected_in_one_incident_are_on_one_side_and_count_once() -> None:
    ties, left_out = ties_of(
        person("e", "a"),
        person("e", "a", kind="case"),
        person("e", "b", kind="suspect"),
        person("e", "b", kind="victim"),
    )
    assert ties[["weight", "events"]].to_numpy().tolist() == [[1.0, 1]]
    assert left_out == {}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_domestic": True}, "domestic"),
        ({"is_protest": True}, "protest_or_public_order"),
        ({"event_date": None}, "date_unknown"),
        ({"event_date": dt.date(2023, 7, 1)}, "outside_window"),  # 730 days before 2025-06-30
        ({"event_date": dt.date(2025, 7, 1)}, "outside_window"),
    ],
)
def test_an_event_is_left_out_whole(facts: dict[str, object], reason: str) -> None:
    ties, left_out = ties_of(person("e", "a", **facts), person("e", "b", **facts))
    assert ties.empty
    assert left_out == {reason: 2}


def test_one_flagged_record_flags_the_event() -> None:
    ties, left_out = ties_of(person("e", "a", is_domestic=None), person("e", "b", is_domestic=True))
    assert ties.empty
    assert left_out == {"domestic": 2}


def test_the_window_is_half_open() -> None:
    first_day = [person("e", who, dt.date(2023, 7, 2)) for who in "ab"]
    last_day = [person("f", who, AS_OF) for who in "ab"]
    assert ties_of(*first_day, *last_day)[0]["events"].tolist() == [2]


def test_a_later_record_does_not_complete_an_earlier_event() -> None:
    ties, left_out = ties_of(person("e", "a"), person("e", "b", dt.date(2025, 7, 15)))
    assert ties.empty
    assert left_out == {"outside_window": 1, "single_person": 1}


def test_more_than_ten_people_are_no_group_of_companions() -> None:
    crowd = [person("e", f"p{number:02}") for number in range(11)]
    ties, left_out = ties_of(*crowd)
    assert ties.empty
    assert left_out == {"too_many_people": 11}
    assert len(ties_of(*crowd[:10])[0]) == 45
    assert ties_of(*crowd[:4], max_people=3)[1] == {"too_many_people": 4}


def test_unlinked_people_make_an_event_larger_and_are_counted() -> None:
    unlinked = [person("e", None) for _ in range(9)]
    ties, left_out = ties_of(person("e", "a"), person("e", "b"), *unlinked)
    assert ties.empty
    assert left_out == {"not_linked": 9, "too_many_people": 2}


def test_a_juvenile_is_taken_out_before_the_event_is_weighted() -> None:
    day = dt.date(2025, 3, 1)
    ties, left_out = ties_of(
        person("e", "a", day),
        person("e", "b", day),
        person("e", "c", day, birth_date=dt.date(2007, 3, 1)),  # 18 that day
        person("e", "j", day, birth_date=dt.date(2007, 3, 2)),  # 18 the next day
        person("e", "u", day, birth_date=None),
    )
    assert set(ties["source"]) | set(ties["target"]) == {"a", "b", "c"}
    assert (ties["weight"] == 0.5).all()
    assert left_out == {"under_18": 1, "age_unknown": 1}


def test_of_two_birth_dates_the_later_decides() -> None:
    young = person("e", "a", birth_date=dt.date(2010, 1, 1))
    assert ties_of(person("e", "a"), young, person("e", "b"))[1] == {"under_18": 1, "single_person": 1}


def test_born_on_29_february_is_18_on_1_march() -> None:
    leap = dt.date(2004, 2, 29)
    before = [person("e", "a", dt.date(2022, 2, 28)), person("e", "l", dt.date(2022, 2, 28), birth_date=leap)]
    on = [person("e", "a", dt.date(2022, 3, 1)), person("e", "l", dt.date(2022, 3, 1), birth_date=leap)]
    assert ties_of(*before, window_days=3650)[0].empty
    assert len(ties_of(*on, window_days=3650)[0]) == 1


def test_no_rows_give_no_ties_and_every_reason_at_zero() -> None:
    empty = pd.DataFrame([person("e", "a")]).iloc[:0]
    ties, left_out = same_side_ties(empty, as_of=AS_OF, window_days=730)
    assert list(ties.columns) == ["source", "target", "weight", "events", "last_event_date"]
    assert ties.empty
    assert left_out[["participations", "events", "people"]].to_numpy().sum() == 0


def test_refuses_a_missing_column_and_settings_out_of_range() -> None:
    frame = pd.DataFrame([person("e", "a")])
    with pytest.raises(ValueError, match=r"\[is_protest\]"):
        same_side_ties(frame.drop(columns="is_protest"), as_of=AS_OF, window_days=730)
    with pytest.raises(ValueError, match=r"window_days \[0\]"):
        same_side_ties(frame, as_of=AS_OF, window_days=0)
    with pytest.raises(ValueError, match="no date") as refusal:
        same_side_ties(frame.assign(birth_date="Ann Example"), as_of=AS_OF, window_days=730)
    assert "Ann" not in str(refusal.value)
    with pytest.raises(ValueError, match=r"event_date: holds something that is no date"):
        same_side_ties(frame.assign(event_date=2025), as_of=AS_OF, window_days=730)
    with pytest.raises(ValueError, match=r"time zone"):
        same_side_ties(frame.assign(event_date=pd.Timestamp(2025, 1, 1, tz="UTC")), as_of=AS_OF, window_days=730)


PARTICIPATION = st.builds(
    person,
    st.sampled_from(["e1", "e2", "e3"]),
    st.sampled_from(["a", "b", "c", "d", None]),
    st.sampled_from([dt.date(2025, 3, 1), dt.date(2025, 3, 2), dt.date(2020, 1, 1), dt.date(2026, 1, 1), None]),
    birth_date=st.sampled_from([ADULT, dt.date(2010, 1, 1), None]),
    is_domestic=st.sampled_from([True, False, None]),
    is_protest=st.sampled_from([True, False, None]),
    kind=st.sampled_from(["arrest", "case", "suspect", "victim"]),
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(st.lists(PARTICIPATION, min_size=1, max_size=14), st.randoms(use_true_random=False))
def test_row_order_changes_nothing_and_everybody_is_counted(rows: list[dict[str, object]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    frame = pd.DataFrame(rows)
    ties, left_out = same_side_ties(frame, as_of=AS_OF, window_days=730)
    again, left_out_again = same_side_ties(pd.DataFrame(shuffled), as_of=AS_OF, window_days=730)
    pd.testing.assert_frame_equal(ties, again)
    pd.testing.assert_frame_equal(left_out, left_out_again)
    expected, kept = slowly(rows)
    assert {(r.source, r.target): r.weight for r in ties.itertuples()} == pytest.approx(expected)
    distinct = {(r["event_id"], r["person_id"], is_later(r)) for r in rows if r["person_id"] is not None}
    unlinked = sum(r["person_id"] is None for r in rows)
    assert left_out["participations"].sum() + kept == len(distinct) + unlinked


def is_later(row: dict[str, object]) -> bool:
    day = row["event_date"]
    return isinstance(day, dt.date) and day > AS_OF


def slowly(rows: list[dict[str, object]]) -> tuple[dict[tuple[str, str], float], int]:
    """The rule again, one event at a time, for the two birth dates and the few days the strategy draws."""
    weights: dict[tuple[str, str], float] = {}
    kept = 0
    for event in {str(r["event_id"]) for r in rows}:
        records = [r for r in rows if r["event_id"] == event and not is_later(r)]
        days = [r["event_date"] for r in records if r["event_date"] is not None]
        flagged = any(r["is_domestic"] is True or r["is_protest"] is True for r in records)
        if not days or min(days) < dt.date(2023, 7, 2) or flagged:  # type: ignore[type-var, operator]
            continue
        sides = {r["person_id"] for r in records if r["kind"] != "victim"} - {None}
        births = {p: {r["birth_date"] for r in records if r["person_id"] == p} for p in sides}
        people = sorted(str(p) for p in sides if ADULT in births[p] and dt.date(2010, 1, 1) not in births[p])
        if len(people) > 1:
            kept += len(people)
            for pair in combinations(people, 2):
                weights[pair] = weights.get(pair, 0.0) + 1 / (len(people) - 1)
    return weights, kept
