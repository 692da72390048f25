"""Who sits in which session of a call-in, so that nobody meets a group that theirs feuds with."""

import time
from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from strategic_prosecution.groups.inputs import require_columns

# scipy's word for a program without an answer.
_IMPOSSIBLE = 2
# The places of somebody's groups among all groups, and how many people have exactly these: they are seated as one.
_Party = tuple[tuple[int, ...], int]


@dataclass(frozen=True, eq=False, kw_only=True)
class Seating:
    """``sessions``: person, session (from 1, largest first), in the order of people's ids. ``unseated``: people whose
    own groups feud with each other, whom no session is safe for. ``optimal``: proven that fewer sessions, fewer
    divided groups or more even sizes are not possible; sessions are safe either way.
    """

    sessions: pd.DataFrame
    unseated: tuple[str | int, ...]
    optimal: bool


def seat_sessions(people: pd.DataFrame, feuds: pd.DataFrame, *, time_limit: float = 10.0) -> Seating:
    """The fewest sessions in which no two people meet whose groups feud with each other.

    `people`: person, group; one row per person and group of theirs, group null for a person of none, who may sit
    anywhere. `feuds`: group_id, other_group_id, either way round; groups without people do not matter. People of
    exactly the same groups sit together. Of the seatings with the fewest sessions, one that divides groups least (the
    fewest sessions more than one per group, summed), then one with the least difference between the largest and the
    smallest session; the same whatever the order of rows. By an integer program (HiGHS, through scipy); if
    `time_limit` seconds do not prove it best, what was found, or a greedy colouring (DSATUR: Brelaz 1979).

    Raises ValueError for a missing column, a null person, or a feud that does not name two different groups.
    """
    require_columns(people, name="people", columns=("person", "group"))
    require_columns(feuds, name="feuds", columns=("group_id", "other_group_id"))
    if people["person"].isna().any():
        raise ValueError(f"people: [{int(people['person'].isna().sum())}] rows name no person; leave them out")
    sides = feuds["group_id"], feuds["other_group_id"]
    wrong = int((sides[0].isna() | sides[1].isna() | sides[0].eq(sides[1])).sum())
    if wrong:
        # Left out in silence, a slip of the pen would seat two enemies side by side.
        raise ValueError(f"feuds: [{wrong}] rows do not name two different groups; correct them")

    names = pd.Index(people["group"].dropna().unique()).sort_values()
    ends = np.column_stack([names.get_indexer(pd.Index(side)) for side in sides])
    hostile = {tuple(pair) for pair in np.sort(ends[(ends >= 0).all(axis=1)], axis=1).tolist()}
    numbered = people.assign(group=names.get_indexer(pd.Index(people["group"])))
    groups_of: dict[Any, tuple[int, ...]] = {
        person: tuple(sorted(set(groups[groups >= 0]))) for person, groups in numbered.groupby("person")["group"]
    }
    torn = [person for person, groups in groups_of.items() if _feud(groups, groups, hostile)]
    seated = [person for person in groups_of if person not in set(torn)]
    sizes = Counter(groups_of[person] for person in seated)
    # Those of no group fill up what is left.
    anywhere = sizes.pop((), 0)
    parties = sorted(sizes.items())
    session, spare, is_proven = _seat(parties, hostile, anywhere=anywhere, deadline=time.monotonic() + time_limit)

    of_party = dict(zip((groups for groups, _ in parties), session, strict=True))
    free = iter(np.repeat(np.arange(len(spare)), spare).tolist())
    table = pd.DataFrame(
        {"person": seated, "session": [of_party[g] if (g := groups_of[p]) else next(free) for p in seated]}
    )
    first = table.reset_index().groupby("session")["index"].agg(["size", "first"])
    order = first.sort_values(["size", "first"], ascending=[False, True]).index
    table["session"] = table["session"].map({old: new for new, old in enumerate(order, start=1)}).astype("int64")
    return Seating(sessions=table, unseated=tuple(torn), optimal=is_proven)


def _feud(groups: tuple[int, ...], others: tuple[int, ...], hostile: set[tuple[int, int]]) -> bool:
    return any((min(pair), max(pair)) in hostile for pair in product(groups, others))


def _seat(
    parties: list[_Party], hostile: set[tuple[int, int]], *, anywhere: int, deadline: float
) -> tuple[list[int], list[int], bool]:
    """Each party's session from 0, how many people of no group each session takes, and whether that is proven best."""
    apart = np.array([[_feud(one, other, hostile) for other, _ in parties] for one, _ in parties], dtype=bool)
    greedy = _colour(apart)
    most = max(greedy, default=0) + 1
    if most == 1:
        return greedy, [anywhere], True
    enemies = _all_apart(apart)
    for sessions in range(len(enemies), most + 1):
        answer = _solve(parties, hostile, enemies, sessions=sessions, anywhere=anywhere, deadline=deadline)
        if answer is None:
            break
        if answer[0]:
            return answer
    size = np.bincount(greedy, weights=[count for _, count in parties]).astype(int)
    spare = np.zeros(most, dtype=int)
    for _ in range(anywhere):
        spare[np.argmin(size + spare)] += 1
    return greedy, spare.tolist(), False


def _colour(apart: NDArray[np.bool_]) -> list[int]:
    """A session for each party: the one with enemies in most sessions first, in the first session without (DSATUR)."""
    session = np.full(len(apart), -1)
    for _ in range(len(apart)):
        taken = [set(session[enemies & (session >= 0)].tolist()) for enemies in apart]
        waiting = np.flatnonzero(session < 0)
        party = max(waiting, key=lambda party: (len(taken[party]), apart[party].sum(), -party))
        session[party] = next(number for number in range(len(apart)) if number not in taken[party])
    return session.tolist()


def _all_apart(apart: NDArray[np.bool_]) -> list[int]:
    """Parties of which no two can meet: that many sessions are needed at least."""
    found: list[int] = []
    for party in np.argsort(-apart.sum(axis=1), kind="stable").tolist():
        if apart[party, found].all():
            found.append(party)
    return found


def _solve(
    parties: list[_Party],
    hostile: set[tuple[int, int]],
    enemies: list[int],
    *,
    sessions: int,
    anywhere: int,
    deadline: float,
) -> tuple[list[int], list[int], bool] | None:
    """HiGHS' seating in so many sessions; of nobody where that is impossible, None where time ran out."""
    left = deadline - time.monotonic()
    if left <= 0:
        return None
    people = np.array([count for _, count in parties])
    belongs = np.array([(party, group) for party, (groups, _) in enumerate(parties) for group in groups])
    group_count, pairs = int(belongs[:, 1].max()) + 1, len(belongs)
    feuds = np.array([pair for pair in sorted(hostile) if pair[1] < group_count])
    each = np.eye(sessions)

    def rows(coefficients: NDArray[Any]) -> sparse.csr_array:
        """One row per row of the coefficients and session."""
        return sparse.csr_array(sparse.kron(coefficients, each))

    # Unknowns, each per session: is a party there, is a group, how many of no group; then the largest and smallest.
    shares = np.eye(group_count)
    size, spare, one = rows(people[None, :]), sparse.csr_array(each), np.ones((sessions, 1))
    blocks: Any = [
        [sparse.kron(np.eye(len(parties)), np.ones((1, sessions))), None, None, None, None],
        [rows(np.eye(len(parties))[belongs[:, 0]]), -rows(shares[belongs[:, 1]]), None, None, None],
        [None, rows(shares[feuds[:, 0]] + shares[feuds[:, 1]]), None, None, None],
        [size, None, spare, -one, None],
        [-size, None, -spare, None, one],
        [None, None, np.ones((1, sessions)), None, None],
    ]
    counts = (len(parties), pairs * sessions, len(feuds) * sessions, sessions, sessions, 1)
    lowest = np.repeat([1.0, -np.inf, -np.inf, -np.inf, -np.inf, anywhere], counts)
    highest = np.repeat([1.0, 0.0, 1.0, 0.0, 0.0, anywhere], counts)
    places, presences = len(parties) * sessions, group_count * sessions
    # A group more in a session outweighs any difference in size.
    total = float(people.sum() + anywhere)
    cost = np.repeat([0.0, total + 1.0, 0.0, 1.0, -1.0], (places, presences, sessions, 1, 1))
    most = np.repeat([1.0, 1.0, total, total, total], (places, presences, sessions, 1, 1))
    least = np.zeros_like(most)
    # Sessions have no names yet: parties that cannot meet take the first ones.
    least[[party * sessions + number for number, party in enumerate(enemies)]] = 1.0
    answer = milp(
        cost,
        constraints=LinearConstraint(sparse.block_array(blocks, format="csr"), lb=lowest, ub=highest),
        bounds=Bounds(least, most),
        integrality=np.repeat([1, 0, 1, 0, 0], (places, presences, sessions, 1, 1)),
        options={"time_limit": left, "mip_rel_gap": 0.0},
    )
    if answer.status == _IMPOSSIBLE:
        return [], [], True
    if answer.x is None:
        return None
    session = answer.x[:places].reshape(len(parties), sessions).argmax(axis=1).tolist()
    free = np.rint(answer.x[places + presences :][:sessions]).astype(int).tolist()
    return session, free, answer.status == 0
