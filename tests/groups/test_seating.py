from collections.abc import Iterator
from itertools import combinations, product
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.groups import Seating, seat_sessions, seating


def people_of(**groups: str) -> pd.DataFrame:
    rows = [(person, group) for person, letters in groups.items() for group in letters or [None]]
    return pd.DataFrame(rows, columns=["person", "group"])


def feuds_of(*pairs: str) -> pd.DataFrame:
    return pd.DataFrame([tuple(pair) for pair in pairs], columns=["group_id", "other_group_id"])


def sessions_of(found: Seating) -> dict[object, int]:
    return dict(zip(found.sessions["person"], found.sessions["session"], strict=True))


def test_no_feud_one_session() -> None:
    found = seat_sessions(people_of(a="A", b="B", c=""), feuds_of("AX"))
    assert sessions_of(found) == {"a": 1, "b": 1, "c": 1}
    assert found.optimal
    assert found.unseated == ()


def test_groups_that_feud_are_apart_and_the_larger_session_is_the_first() -> None:
    # B feuds with A and C; D sits where there is more room.
    people = people_of(a="A", b="B", c="C", d="D", e="A", f="C")
    assert sessions_of(seat_sessions(people, feuds_of("AB", "BC"))) == {"a": 1, "b": 2, "c": 1, "d": 2, "e": 1, "f": 1}


def test_five_feuds_in_a_ring_need_three_sessions() -> None:
    # No three of them all feud with each other: only trying shows that two sessions are too few.
    found = seat_sessions(people_of(a="A", b="B", c="C", d="D", e="E"), feuds_of("AB", "BC", "CD", "DE", "EA"))
    assert sorted(found.sessions["session"].value_counts()) == [1, 2, 2]
    assert found.optimal


def test_a_person_whose_own_groups_feud_is_not_seated() -> None:
    found = seat_sessions(people_of(a="A", t="AB", b="B"), feuds_of("BA"))
    assert found.unseated == ("t",)
    assert sessions_of(found) == {"a": 1, "b": 2}


def test_a_group_stays_together_where_that_costs_no_session() -> None:
    # The one of A and Z may not meet X; the other four of A could, but sit with their own.
    people = people_of(a="A", b="A", c="A", d="A", z="AZ", x="X")
    assert sessions_of(seat_sessions(people, feuds_of("ZX"))) == {"a": 1, "b": 1, "c": 1, "d": 1, "z": 1, "x": 2}


def test_together_comes_before_even() -> None:
    # With the one of A beside X, two and two: but then A would sit in both sessions.
    people = people_of(a="A", v="AZ", w="AZ", x="X")
    assert sessions_of(seat_sessions(people, feuds_of("ZX"))) == {"a": 1, "v": 1, "w": 1, "x": 2}


def test_a_ring_of_feuds_that_the_greedy_choice_gives_a_session_too_many() -> None:
    # That three sessions do was found by trying all; DSATUR uses four.
    feuds = feuds_of("AD", "AH", "BD", "BE", "BH", "CE", "CF", "CG", "DG", "DH", "EF", "FG")
    people = people_of(**{letter.lower(): letter for letter in "ABCDEFGH"})
    greedy, exact = (seat_sessions(people, feuds, time_limit=limit) for limit in (0, 10))
    assert_safe(people, feuds, greedy)
    assert_safe(people, feuds, exact)
    assert (greedy.sessions["session"].max(), exact.sessions["session"].max()) == (4, 3)
    assert (greedy.optimal, exact.optimal) == (False, True)


def test_without_time_those_of_no_group_still_even_the_sessions_out() -> None:
    found = seat_sessions(people_of(a="A", b="B", e="", f="", g="", h=""), feuds_of("AB"), time_limit=0)
    assert sorted(found.sessions["session"].value_counts()) == [3, 3]


def test_those_of_no_group_even_the_sessions_out() -> None:
    found = seat_sessions(people_of(a="A", b="A", c="A", d="B", e="", f="", g=""), feuds_of("AB"))
    assert sorted(found.sessions["session"].value_counts()) == [3, 4]


def test_nobody_no_session() -> None:
    found = seat_sessions(people_of(), feuds_of("AB"))
    assert list(found.sessions.columns) == ["person", "session"]
    assert (len(found.sessions), found.unseated, found.optimal) == (0, (), True)


def test_refuses_what_would_seat_enemies_by_mistake() -> None:
    with pytest.raises(ValueError, match=r"feuds: \[2\] rows do not name two different groups"):
        seat_sessions(people_of(a="A"), pd.DataFrame({"group_id": ["A", "A", "A"], "other_group_id": ["A", None, "B"]}))
    with pytest.raises(ValueError, match=r"people: \[1\] rows name no person"):
        seat_sessions(pd.DataFrame({"person": [None, "a"], "group": ["A", "B"]}), feuds_of())
    with pytest.raises(ValueError, match=r"no column \[other_group_id\]"):
        seat_sessions(people_of(a="A"), feuds_of()[["group_id"]])


RING = people_of(a="A", b="B", c="C", d="D", e="E", f="", g="E")
FEUDS = feuds_of("AB", "BC", "CD", "DE", "EA")


def assert_safe(people: pd.DataFrame, feuds: pd.DataFrame, found: Seating) -> None:
    of = people.dropna().groupby("person")["group"].agg(set).to_dict()
    enemies = {frozenset(pair) for pair in feuds.itertuples(index=False)}
    session = sessions_of(found)
    for one, other in combinations(session, 2):
        if session[one] == session[other]:
            assert not any(frozenset(pair) in enemies for pair in product(of.get(one, ()), of.get(other, ())))
    assert sorted([*session, *found.unseated]) == sorted(people["person"].unique())
    torn = [p for p, own in of.items() if any(frozenset(pair) in enemies for pair in combinations(own, 2))]
    assert list(found.unseated) == sorted(torn)


@pytest.mark.parametrize("limit", [0, 10])
def test_without_time_seats_are_safe_and_said_to_be_unproven(limit: int) -> None:
    found = seat_sessions(RING, FEUDS, time_limit=limit)
    assert_safe(RING, FEUDS, found)
    assert len(found.sessions) == 7
    assert found.optimal == (limit > 0)


def test_an_unproven_seating_is_used_and_said_to_be_unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    real = seating.milp

    def early(*arguments: object, **options: object) -> SimpleNamespace:
        answer = real(*arguments, **options)
        return SimpleNamespace(x=answer.x, status=1 if answer.status == 0 else answer.status)

    monkeypatch.setattr(seating, "milp", early)
    found = seat_sessions(RING, FEUDS)
    assert_safe(RING, FEUDS, found)
    assert not found.optimal
    assert found.sessions["session"].max() == 3


GROUPS = st.sets(st.sampled_from("ABCD"), max_size=2)
PAIRS = st.sets(st.sampled_from(["AB", "AC", "AD", "BC", "BD", "CD"]), max_size=5)


def partitions(people: list[str]) -> Iterator[dict[str, int]]:
    """Every way to put people into sessions without names."""
    found = [[0]] if people else []
    for _ in people[1:]:
        found = [[*labels, new] for labels in found for new in range(max(labels) + 2)]
    return (dict(zip(people, labels, strict=True)) for labels in found)


def rank(session: dict[str, int], of: dict[str, set[str]]) -> tuple[int, int, int]:
    """Sessions, how often a group is divided, and the difference in size: less is better."""
    sizes = [list(session.values()).count(number) for number in set(session.values())]
    places = {group: {session[p] for p in session if group in of[p]} for group in "ABCD"}
    return len(sizes), sum(max(len(where) - 1, 0) for where in places.values()), max(sizes) - min(sizes)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(GROUPS, max_size=6), PAIRS, st.randoms(use_true_random=False))
def test_no_seating_is_better_and_no_pair_in_feud_meets(
    groups: list[set[str]], pairs: set[str], random: object
) -> None:
    of = {f"p{number}": own for number, own in enumerate(groups)}
    people = people_of(**{person: "".join(sorted(own)) for person, own in of.items()})
    feuds = feuds_of(*sorted(pairs))
    found = seat_sessions(people, feuds)
    assert_safe(people, feuds, found)
    assert found.optimal
    shuffled = people.sample(frac=1, random_state=random.randrange(99))  # type: ignore[attr-defined]
    again = seat_sessions(shuffled, feuds.iloc[::-1].set_axis(["other_group_id", "group_id"], axis=1))
    assert sessions_of(again) == sessions_of(found)

    def meets_no_enemy(session: dict[str, int]) -> bool:
        return not any(
            session[one] == session[other]
            and any("".join(sorted(pair)) in pairs for pair in product(of[one], of[other]))
            for one, other in combinations(session, 2)
        )

    seated = [person for person in of if person not in found.unseated]
    # People of the same groups sit together.
    safe = [
        session
        for session in partitions(seated)
        if meets_no_enemy(session)
        and all(session[a] == session[b] for a, b in combinations(seated, 2) if of[a] and of[a] == of[b])
    ]
    if seated:
        assert rank(sessions_of(found), of) == min(rank(session, of) for session in safe)
