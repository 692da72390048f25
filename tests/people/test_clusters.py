"""Clusters under constraints, held against the rules read aloud and against a plain search."""

from itertools import combinations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from strategic_prosecution.people.clusters import NOBODY, Nodes, cluster

A, B, C, D = range(4)


def nodes(
    *, number: list[int | None], birth: list[int | None] | None = None, records: list[int] | None = None
) -> Nodes:
    def codes(values: list[int | None]) -> np.ndarray:
        return np.array([NOBODY if value is None else value for value in values], dtype=np.int64)

    size = len(number)
    return Nodes(codes(number), codes(birth or [None] * size), np.array(records or [1] * size, dtype=np.int64))


def ties(*pairs: tuple[int, int], decided: int = 0) -> pd.DataFrame:
    """The first ``decided`` of them are a reviewer's."""
    frame = pd.DataFrame(list(pairs), columns=["left", "right"], dtype="int64")
    return frame.assign(is_stated=np.arange(len(pairs)) < decided)


def sets(label: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(label == one).tolist()) for one in np.unique(label)}


def test_two_numbers_never_meet_through_a_third():
    found = cluster(nodes(number=[1, None, 2]), ties((A, B), (B, C)))
    assert sets(found.label) == {frozenset({A, B}), frozenset({C})}
    assert found.refused.to_dict("records") == [{"tie": 1, "why": "numbers_differ"}]


def test_the_stronger_tie_is_followed_first():
    found = cluster(nodes(number=[1, None, 2]), ties((B, C), (A, B)))
    assert sets(found.label) == {frozenset({A}), frozenset({B, C})}


def test_the_usual_birth_dates_of_two_clusters_may_not_clash():
    born = nodes(number=[None] * 4, birth=[5, 5, 6, 9], records=[3, 1, 1, 1])
    found = cluster(born, ties((A, B), (B, C), (C, D)), clashing_births=frozenset({(5, 9)}))
    assert sets(found.label) == {frozenset({A, B, C}), frozenset({D})}
    assert found.refused["why"].tolist() == ["birth_years"]


def test_a_reviewer_joins_two_numbers_and_parts_what_is_tied():
    found = cluster(nodes(number=[1, 2, None]), ties((A, B), decided=1))
    assert sets(found.label) == {frozenset({A, B}), frozenset({C})} and found.refused.empty
    found = cluster(nodes(number=[1, 1, 1]), ties((A, B), (B, C), (A, C)), apart=[(A, C)])
    assert sets(found.label) == {frozenset({A, B}), frozenset({C})}
    assert set(found.refused["why"]) == {"told_apart"}


def test_decisions_that_contradict_by_way_of_others_are_told():
    found = cluster(nodes(number=[None] * 3), ties((A, B), (B, C), decided=2), apart=[(A, C)])
    assert sets(found.label) == {frozenset({A, B}), frozenset({C})}
    assert found.refused["why"].tolist() == ["decisions_differ"]


_SIZE = 7
_PAIRS = list(combinations(range(_SIZE), 2))
_WORLD = st.tuples(
    st.lists(st.sampled_from([None, None, 0, 1, 2]), min_size=_SIZE, max_size=_SIZE),
    st.lists(st.sampled_from([None, 0, 1, 2]), min_size=_SIZE, max_size=_SIZE),
    st.permutations(_PAIRS).flatmap(lambda pairs: st.integers(0, 12).map(lambda n: pairs[:n])),
    st.lists(st.sampled_from(_PAIRS), max_size=3),
)


def reached(pairs: list[tuple[int, int]]) -> set[frozenset[int]]:
    """Whom everybody reaches, by walking from neighbor to neighbor."""
    found = set()
    for start in range(_SIZE):
        seen, waiting = {start}, [start]
        while waiting:
            at = waiting.pop()
            for a, b in [*pairs, *((b, a) for a, b in pairs)]:
                if a == at and b not in seen:
                    seen.add(b)
                    waiting.append(b)
        found.add(frozenset(seen))
    return found


@given(_WORLD)
def test_no_constraint_is_broken_and_nothing_else_is_parted(world):
    number, birth, pairs, apart = world
    found = cluster(nodes(number=number, birth=birth), ties(*pairs), apart=apart, clashing_births=frozenset({(0, 2)}))
    together = sets(found.label)
    for members in together:
        assert len({number[one] for one in members} - {None}) <= 1
        assert not any({a, b} <= members for a, b in apart)
    for part in reached(pairs):
        clashes = (
            len({number[one] for one in part} - {None}) > 1
            or any({a, b} <= part for a, b in apart)
            or {0, 2} <= {birth[one] for one in part}
        )
        # Where nothing clashes, a part is a cluster; where something does, its clusters are ties followed.
        assert clashes or part in together
        assert set().union(*(members for members in together if members & part)) == part
    followed = [pair for n, pair in enumerate(pairs) if n not in set(found.refused["tie"])]
    assert reached(followed) == together
