from itertools import combinations, product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from strategic_prosecution.groups import call_ins, reach_without_ties, select_representatives
from strategic_prosecution.groups.call_ins import Selection


def ties(*pairs: str) -> pd.DataFrame:
    return pd.DataFrame([tuple(pair) for pair in pairs], columns=["source", "target"])


def star(leaves: int) -> pd.DataFrame:
    return pd.DataFrame({"source": 0, "target": range(1, leaves + 1)})


def hard(people: int, seed: int) -> pd.DataFrame:
    """A graph in which nobody is outdone by another, so that being greedy costs something."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(random.integers(0, people, (people * 5 // 2, 2)), columns=["source", "target"])


def test_a_star_needs_its_centre() -> None:
    found = select_representatives(star(4), range(5))
    assert found == Selection(
        invited=(0,),
        reached=(0, 1, 2, 3, 4),
        unreachable=(),
        unrepresented=(),
        reach=5.0,
        expected_reach=5.0,
        optimal=True,
        method="exact",
        bound=1.0,
        gap=0.0,
        ties_dropped=0,
    )


def test_who_may_not_be_invited_is_reached_through_others_or_not_at_all() -> None:
    # a - b - c - d, and e alone. Without b, c and e, a reaches itself and b, d itself and c.
    found = select_representatives(ties("ab", "bc", "cd"), "abcde", eligible="ad")
    assert found.invited == ("a", "d")
    assert found.reached == tuple("abcd")
    assert found.unreachable == ("e",)
    assert found.optimal


def test_seats_buy_the_most_reach_and_are_not_filled_for_nothing() -> None:
    # Two stars of 4 and 3 people and a pair.
    edges = ties("ab", "ac", "ad", "pq", "pr", "xy")
    reach = {seats: select_representatives(edges, "abcdpqrxy", seats=seats) for seats in range(6)}
    assert [found.reach for found in reach.values()] == [0, 4, 7, 9, 9, 9]
    assert [len(found.invited) for found in reach.values()] == [0, 1, 2, 3, 3, 3]
    assert reach[2].invited == ("a", "p")
    assert reach[2].unreachable == ()
    assert all(found.optimal for found in reach.values())


def test_attendance_worked_by_hand() -> None:
    # A centre and two leaves who each come half the time. The centre alone: everybody hears a half. With a leaf: the
    # two hear it once on average (Wheeler's sum), three times in four if they come independently; the other a half.
    half = {0: 0.5, 1: 0.5, 2: 0.5}
    one, two, three = (select_representatives(star(2), range(3), seats=n, attendance=half) for n in (1, 2, 3))
    assert (one.invited, one.reach, one.expected_reach) == ((0,), 1.5, 1.5)
    assert (two.reach, two.expected_reach) == (2.5, 2.0)
    assert (three.reach, three.expected_reach) == (3.0, 0.875 + 2 * 0.75)
    # Each leaf makes 1 only together with the centre.
    assert select_representatives(star(2), range(3), attendance=half).invited == (0, 1, 2)


def test_without_seats_attendance_is_made_as_high_as_it_can_be() -> None:
    # b can reach 0.9 at most, and only with both; c and d reach 1 with d alone, who always comes.
    found = select_representatives(ties("ab", "cd"), "abcd", attendance={"a": 0.3, "b": 0.6, "c": 0.9})
    assert found.invited == ("a", "b", "d")
    assert found.reach == pytest.approx(3.8)
    assert found.expected_reach == pytest.approx(2 * (1 - 0.7 * 0.4) + 2)


def test_whoever_never_comes_is_as_if_not_eligible() -> None:
    found = select_representatives(ties("ab"), "abc", attendance=pd.Series({"a": 0.0, "c": 0.0}))
    assert (found.invited, found.unreachable) == (("b",), ("c",))


def test_every_group_has_somebody_invited() -> None:
    # c reaches everybody but stands for North alone; d stands for East and South.
    edges = ties("ca", "cb", "cd", "ce")
    of = pd.DataFrame(
        [("c", "North"), ("d", "East"), ("d", "South"), ("e", "East"), ("x", "West"), ("a", "Hill")],
        columns=["person", "group"],
    )
    found = select_representatives(edges, "abcde", eligible="bcde", groups=of)
    assert found.invited == ("c", "d")
    assert found.unrepresented == ("Hill", "West")
    # One seat: two groups before four people more.
    assert select_representatives(edges, "abcde", eligible="bcde", groups=of, seats=1).invited == ("d",)


def test_what_is_handed_in_is_checked_and_no_id_is_told() -> None:
    with pytest.raises(ValueError, match=r"eligible: \[2\] of 3 are no members") as refusal:
        select_representatives(ties("ab"), "ab", eligible=["a", "Quartzman", "Zebulon"])
    assert "Quartzman" not in str(refusal.value)
    with pytest.raises(ValueError, match=r"attendance: \[2\] of 3 values"):
        select_representatives(ties("ab"), "ab", attendance={"a": 1.1, "b": float("nan"), "c": 0.5})
    with pytest.raises(ValueError, match="somebody twice"):
        select_representatives(ties("ab"), "ab", attendance=pd.Series([0.1, 0.9], index=["a", "a"]))
    with pytest.raises(ValueError, match="empty id"):
        select_representatives(ties("ab"), ["a", None])
    with pytest.raises(ValueError, match="more than one kind"):
        select_representatives(ties("ab"), ["a", 1])
    with pytest.raises(ValueError, match=r"seats \[-1\]"):
        select_representatives(ties("ab"), "ab", seats=-1)
    with pytest.raises(ValueError, match="time_limit"):
        select_representatives(ties("ab"), "ab", time_limit=float("nan"))
    with pytest.raises(ValueError, match=r"no column \[target\]"):
        select_representatives(ties("ab")[["source"]], "ab")
    with pytest.raises(ValueError, match=r"no column \[group\]"):
        select_representatives(ties("ab"), "ab", groups=pd.DataFrame({"person": ["a"]}))


def test_ties_that_add_nothing_are_dropped_and_counted() -> None:
    edges = pd.concat([ties("ab", "ba", "ab", "aa", "ax", "bc"), pd.DataFrame({"source": ["a"], "target": [None]})])
    found = select_representatives(edges, "abc")
    assert found.invited == ("b",)
    assert found.ties_dropped == 5


def test_the_smallest_cases_give_a_clear_result() -> None:
    nothing = ties()
    alone = select_representatives(nothing, ["a"])
    assert (alone.invited, alone.reached, alone.optimal) == (("a",), ("a",), True)
    assert select_representatives(nothing, [3, 1, 2, 1]).invited == (1, 2, 3)
    nobody = select_representatives(ties("ab"), [])
    assert (nobody.invited, nobody.reached, nobody.unreachable, nobody.optimal, nobody.gap) == ((), (), (), True, 0)
    for seats in (None, 0, 2):
        not_one = select_representatives(ties("ab"), "ab", eligible=[], seats=seats)
        assert (not_one.invited, not_one.reached, not_one.unreachable) == ((), (), ("a", "b"))
        assert (not_one.optimal, not_one.method, not_one.bound, not_one.gap) == (True, "exact", 0, 0)


def test_ids_come_back_as_they_were() -> None:
    found = select_representatives(star(3), np.arange(4))
    assert [type(person) for person in found.reached] == [int] * 4


# ------------------------------------------------------------------------------------------------- time that runs out


def test_without_time_the_choice_is_greedy_and_says_so() -> None:
    edges = hard(60, seed=1)
    exact, greedy = (select_representatives(edges, range(60), time_limit=limit) for limit in (60, 0))
    assert exact.optimal
    assert (greedy.optimal, greedy.method) == (False, "greedy")
    assert len(greedy.reached) == 60
    assert greedy.bound <= len(exact.invited) < len(greedy.invited)
    assert greedy.gap == pytest.approx((len(greedy.invited) - greedy.bound) / len(greedy.invited))


def test_without_time_seats_are_filled_greedily() -> None:
    # The centre tells 7, then two more tell 2 each; the best three tell 4 each.
    edges = ties("xa", "xb", "xc", "xd", "xe", "xf", "pa", "pb", "pg", "qc", "qd", "qh", "re", "rf", "ri")
    members = sorted(set("".join(edges["source"] + edges["target"])))
    exact, greedy = (select_representatives(edges, members, seats=3, time_limit=limit) for limit in (60, 0))
    assert exact.invited == ("p", "q", "r")
    assert (exact.reach, exact.optimal) == (12, True)
    assert greedy.invited[-1] == "x"
    assert (greedy.reach, greedy.optimal, greedy.method) == (11, False, "greedy")
    assert 12 <= greedy.bound <= 13
    assert greedy.gap == pytest.approx((greedy.bound - 11) / 11)


def stopped(monkeypatch: pytest.MonkeyPatch, *, found: float | None, spared: int = 99) -> None:
    """HiGHS as if it ran out of time, the first `spared` times: its answer unproven by three, or all `found`, or none.

    Asked about people in halves it has no time either.
    """
    real, asked = call_ins.milp, []

    def early(*arguments: object, **options: object) -> SimpleNamespace:
        answer = real(*arguments, **options)
        if not np.any(options["integrality"]):
            return SimpleNamespace(x=None, mip_dual_bound=None, fun=None, success=False)
        asked.append(1)
        if len(asked) > spared:
            return answer
        x = None if found is None else answer.x if np.isnan(found) else np.full_like(answer.x, found)
        return SimpleNamespace(x=x, mip_dual_bound=answer.mip_dual_bound - 3, fun=None, success=False)

    monkeypatch.setattr(call_ins, "milp", early)


AS_IT_IS = float("nan")


def test_an_unproven_answer_that_beats_the_greedy_one_is_taken_with_its_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = hard(60, seed=1)
    best = select_representatives(edges, range(60))
    few = select_representatives(edges, range(60), seats=6)
    doubt = {person: 0.7 + person / 1000 for person in range(60)}
    unsure = select_representatives(edges, range(60), seats=6, attendance=doubt)
    stopped(monkeypatch, found=AS_IT_IS)
    late = select_representatives(edges, range(60))
    assert (len(late.invited), late.method, late.optimal) == (len(best.invited), "exact", False)
    assert late.bound == len(best.invited) - 3
    assert late.gap == pytest.approx(3 / len(best.invited))
    late = select_representatives(edges, range(60), seats=6)
    assert (late.reach, late.bound, late.optimal) == (few.reach, few.reach + 3, False)
    assert late.gap == pytest.approx(3 / few.reach)
    late = select_representatives(edges, range(60), seats=6, attendance=doubt)
    assert late.bound == pytest.approx(unsure.reach + 3)


@pytest.mark.parametrize("found", [None, 1.0, 0.0])
def test_a_search_that_found_nothing_useful_leaves_the_greedy_choice(
    monkeypatch: pytest.MonkeyPatch, found: float | None
) -> None:
    edges = hard(60, seed=1)
    greedy = select_representatives(edges, range(60), time_limit=0)
    proven = len(select_representatives(edges, range(60)).invited)
    stopped(monkeypatch, found=found)
    late = select_representatives(edges, range(60))
    assert (late.invited, late.method, late.optimal) == (greedy.invited, "greedy", False)
    assert late.bound == max(greedy.bound, proven - 3)


def test_more_reach_never_costs_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    # One seat: c tells five, but only d, tied to nobody, stands for a group.
    real = call_ins.milp

    def sure_of_c(*arguments: object, **options: object) -> SimpleNamespace:
        answer = real(*arguments, **options)
        x = answer.x if np.any(options["integrality"]) else np.eye(len(answer.x))[0]
        return SimpleNamespace(x=x, mip_dual_bound=answer.mip_dual_bound, fun=answer.fun, success=True)

    monkeypatch.setattr(call_ins, "milp", sure_of_c)
    of = pd.DataFrame({"person": ["d"], "group": ["North"]})
    found = select_representatives(ties("ca", "cb", "ce", "cf"), "abcdef", eligible="cd", groups=of, seats=1)
    assert (found.invited, found.unrepresented, found.reach) == (("d",), (), 1)


def test_reaching_everybody_by_seats_is_no_proof_that_fewer_would_not(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = hard(60, seed=1)
    seats = len(select_representatives(edges, range(60)).invited)
    stopped(monkeypatch, found=None, spared=1)
    late = select_representatives(edges, range(60), seats=seats)
    assert (len(late.invited), len(late.reached)) == (seats, 60)
    assert (late.optimal, late.bound) == (False, seats - 3)
    assert late.gap == pytest.approx(3 / seats)


def test_groups_not_proven_to_be_the_most_are_not_called_best() -> None:
    # Everybody is tied to everybody; who stands for which group is as hard as the ties of `hard`.
    of = hard(60, seed=1)
    groups = pd.concat(
        [
            pd.DataFrame({"person": range(60), "group": range(60)}),
            of.set_axis(["person", "group"], axis=1),
            of.set_axis(["group", "person"], axis=1),
        ]
    )
    everybody = pd.DataFrame(combinations(range(60), 2), columns=["source", "target"])
    exact, greedy = (
        select_representatives(everybody, range(60), groups=groups, seats=10, time_limit=limit) for limit in (60, 0)
    )
    assert (exact.optimal, exact.reach, greedy.reach) == (True, 60, 60)
    assert len(exact.unrepresented) < len(greedy.unrepresented)
    assert (greedy.optimal, greedy.gap) == (False, 0)


def test_the_greedy_choice_is_whoever_adds_most_each_time() -> None:
    edges, told, invited = hard(40, seed=2), set(), []
    near = {i: {i} | {j for pair in edges.itertuples(index=False) if i in pair for j in pair} for i in range(40)}
    for _ in range(7):
        invited.append(max(near, key=lambda person: (len(near[person] - told), -person)))
        told |= near[invited[-1]]
    found = select_representatives(edges, range(40), seats=7, time_limit=0)
    assert found.invited == tuple(sorted(invited))
    assert not found.optimal


def test_seats_to_spare_stay_empty() -> None:
    edges = hard(60, seed=1)
    fewest = select_representatives(edges, range(60))
    assert select_representatives(edges, range(60), seats=len(fewest.invited) + 4) == fewest


# ------------------------------------------------------------------------------------------------------- brute force

Case = tuple[list[tuple[int, int]], int, list[int], dict[int, float] | None, list[tuple[int, int]] | None]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    people = draw(st.integers(0, 7))
    person = st.integers(0, max(people - 1, 0))
    edges = draw(st.lists(st.tuples(person, person), max_size=12)) if people else []
    eligible = draw(st.lists(person, unique=True, max_size=people)) if people else []
    eligible = draw(st.sampled_from([eligible, list(range(people))]))
    chances = st.sampled_from([0.0, 0.2, 0.25, 0.5, 0.75, 0.9, 1.0])
    attendance = draw(st.none() | st.dictionaries(person, chances)) if people else None
    groups = draw(st.none() | st.lists(st.tuples(person, st.integers(0, 3)), max_size=8))
    return edges, people, eligible, attendance, groups


def frame(pairs: list[tuple[int, int]], *columns: str) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=list(columns))


def select(case: Case, *, seats: int | None) -> Selection:
    edges, people, eligible, attendance, groups = case
    return select_representatives(
        frame(edges, "source", "target"),
        range(people),
        eligible=eligible,
        attendance=attendance,
        groups=None if groups is None else frame(groups, "person", "group"),
        seats=seats,
    )


class Oracle:
    """The definitions, one person and one choice at a time."""

    def __init__(self, case: Case) -> None:
        edges, self.people, eligible, attendance, groups = case
        self.comes = {person: (attendance or {}).get(person, 1.0) for person in eligible}
        self.comes = {person: chance for person, chance in self.comes.items() if chance > 0}
        self.near = {i: {i} | {j for pair in edges for j in pair if i in pair} for i in range(self.people)}
        self.groups = {
            group: {person for person, other in groups or [] if other == group and person < self.people}
            for _, group in groups or []
        }

    def hears(self, invited: tuple[int, ...], person: int) -> float:
        return min(1.0, sum(self.comes[other] for other in invited if other in self.near[person]))

    def reach(self, invited: tuple[int, ...]) -> float:
        return round(sum(self.hears(invited, person) for person in range(self.people)), 6)

    def represented(self, invited: tuple[int, ...]) -> int:
        return sum(bool(of & set(invited)) for of in self.groups.values())

    def expected(self, invited: tuple[int, ...]) -> float:
        """Over every way the invited may come or stay away."""
        total = 0.0
        for here in product([True, False], repeat=len(invited)):
            chance, present = 1.0, set()
            for person, is_here in zip(invited, here, strict=True):
                chance *= self.comes[person] if is_here else 1 - self.comes[person]
                present |= {person} if is_here else set()
            total += chance * sum(bool(self.near[person] & present) for person in range(self.people))
        return total

    def choices(self) -> list[tuple[int, ...]]:
        return [c for size in range(len(self.comes) + 1) for c in combinations(sorted(self.comes), size)]

    def best(self, seats: int | None) -> tuple[int, float, int]:
        """Groups, reach, invited: the best there is."""
        everybody = tuple(sorted(self.comes))
        keys = [
            (self.represented(c), self.reach(c), -len(c)) for c in self.choices() if seats is None or len(c) <= seats
        ]
        if seats is None:
            keys = [key for key in keys if key[:2] == (self.represented(everybody), self.reach(everybody))]
        groups, reach, fewest = max(keys)
        return groups, reach, -fewest


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(cases(), st.none() | st.integers(0, 4))
def test_nothing_beats_it(case: Case, seats: int | None) -> None:
    oracle, found = Oracle(case), select(case, seats=seats)
    assert found.optimal
    assert found.method == "exact"
    assert found.gap == 0
    groups, reach, invited = oracle.best(seats)
    assert (oracle.represented(found.invited), oracle.reach(found.invited)) == (groups, reach)
    assert len(found.invited) == invited
    assert found.reach == pytest.approx(reach)
    everybody = tuple(sorted(oracle.comes))
    is_all = (groups, reach) == (oracle.represented(everybody), oracle.reach(everybody))
    assert found.bound == pytest.approx(invited if is_all else reach)
    assert found.expected_reach == pytest.approx(oracle.expected(found.invited))
    people = range(oracle.people)
    assert found.reached == tuple(i for i in people if oracle.near[i] & set(found.invited))
    assert found.unreachable == tuple(i for i in people if not oracle.near[i] & set(oracle.comes))
    assert found.unrepresented == tuple(sorted(g for g, of in oracle.groups.items() if not of & set(found.invited)))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(cases(), st.none() | st.integers(0, 4), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_and_names_change_no_number(
    case: Case, seats: int | None, random: object
) -> None:
    edges, people, eligible, attendance, groups = case
    found = select(case, seats=seats)

    def shuffled(items: list) -> list:
        return random.sample(items, len(items))  # type: ignore[attr-defined, no-any-return]

    again = select_representatives(
        frame(shuffled([pair[::-1] for pair in edges]), "source", "target"),
        shuffled(list(range(people))),
        eligible=shuffled(eligible),
        attendance=None if attendance is None else pd.Series(dict(shuffled(list(attendance.items()))), dtype=float),
        groups=None if groups is None else frame(shuffled(groups), "person", "group"),
        seats=seats,
    )
    assert again == found
    name = dict(enumerate(shuffled([f"P{number}" for number in range(max(people, 1))])))
    renamed = select_representatives(
        frame([(name[a], name[b]) for a, b in edges], "source", "target"),
        [name[i] for i in range(people)],
        eligible=[name[i] for i in eligible],
        attendance=None if attendance is None else {name[i]: chance for i, chance in attendance.items()},
        groups=None if groups is None else frame([(name[i], g) for i, g in groups], "person", "group"),
        seats=seats,
    )
    assert (len(renamed.invited), len(renamed.unrepresented)) == (len(found.invited), len(found.unrepresented))
    assert renamed.reach == pytest.approx(found.reach)
    assert set(renamed.unreachable) == {name[i] for i in found.unreachable}


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_more_seats_never_reach_less(seed: int, in_doubt: bool) -> None:
    random = np.random.default_rng(seed)
    attendance = dict(enumerate(random.uniform(0.2, 1, 14))) if in_doubt else None
    found = [
        select_representatives(hard(14, seed), range(14), seats=seats, attendance=attendance) for seats in range(6)
    ]
    reach = [selection.reach for selection in found]
    assert np.diff(reach).min() >= -1e-6
    assert all(len(selection.invited) <= seats for seats, selection in enumerate(found))


# ------------------------------------------------------------------------------------------------------ missing ties


def test_reach_without_ties_is_that_of_a_binomial_worked_by_hand() -> None:
    # Each of 30 leaves is still told with probability 0.7.
    found = reach_without_ties(star(30), range(31), [0], share=0.3, draws=4000, seed=1)
    told = binom(30, 0.7)
    assert found.mean == pytest.approx(1 + 21, abs=4 * told.std() / np.sqrt(4000))
    assert abs(found.lower - 1 - told.ppf(0.025)) <= 1
    assert abs(found.upper - 1 - told.ppf(0.975)) <= 1
    assert found.lowest < found.lower


def test_who_is_told_by_two_is_safer() -> None:
    # Told by one of two with probability 1 - 0.4 ** 2; a tie between the two adds nothing.
    edges = pd.DataFrame({"source": [0] * 20 + [1] * 20 + [0], "target": [*range(2, 22), *range(2, 22), 1]})
    found = reach_without_ties(edges, range(22), [0, 1], share=0.4, draws=4000, seed=2)
    assert found.mean == pytest.approx(2 + 20 * 0.84, abs=4 * binom(20, 0.84).std() / np.sqrt(4000))


def test_no_tie_missing_and_all_ties_missing() -> None:
    whole, none = (reach_without_ties(star(5), range(7), [0, 6], share=share, seed=1) for share in (0, 1))
    assert (whole.mean, whole.lower, whole.upper, whole.lowest) == (7, 7, 7, 7)
    assert (none.mean, none.lowest) == (2, 2)


def test_missing_ties_depend_on_the_seed_and_not_on_the_order_of_rows() -> None:
    edges = hard(40, seed=3)
    first = reach_without_ties(edges, range(40), range(5), share=0.5, seed=1)
    assert reach_without_ties(edges[::-1], reversed(range(40)), range(5), share=0.5, seed=1) == first
    assert reach_without_ties(edges, range(40), range(5), share=0.5, seed=2) != first


def test_missing_ties_refuse_a_stranger_and_settings_out_of_range() -> None:
    with pytest.raises(ValueError, match=r"invited: \[1\] of 1 are no members"):
        reach_without_ties(star(2), range(3), [7], share=0.1, seed=1)
    with pytest.raises(ValueError, match=r"share \[1.5\]"):
        reach_without_ties(star(2), range(3), [0], share=1.5, seed=1)
    with pytest.raises(ValueError, match=r"draws \[0\]"):
        reach_without_ties(star(2), range(3), [0], share=0.5, draws=0, seed=1)
