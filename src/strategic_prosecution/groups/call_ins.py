"""Who to invite so that word reaches the whole group, chosen exactly, and how much hangs on ties that may not exist.

The question is a dominating set (Wheeler, McLean, Becker & Worden 2019, doi 10.1080/24751979.2019.1630661), answered
by an integer program (HiGHS, through scipy). It knows ties and who may be invited, and nothing else about a person.
"""

import heapq
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csgraph

from strategic_prosecution.groups.inputs import require_columns

Person = str | int
Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]

# HiGHS holds constraints to a millionth; what falls short by less is enough.
_ENOUGH = 1e-6
# Sums of many such millionths.
_NEARLY = 1e-4
# Ways to ask HiGHS.
_HALVED, _WHOLE = False, True


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Who is invited and who is reached by it; people and groups in the order of their ids.

    ``reached``: invited, or tied to somebody invited. ``unreachable``: neither eligible nor tied to somebody who is.
    Who is in neither was left out for want of seats. ``unrepresented``: groups with nobody invited.
    ``reach``: expected people reached in Wheeler's sum; ``expected_reach``: the same if people come independently of
    each other, never more. Without attendance both are the number reached.
    ``optimal``: proven that nothing is better. ``method``: 'exact' (the integer program) or 'greedy' (time ran out and
    the greedy choice was as good). ``bound``: what was proven that no choice can better, of the number
    invited where everybody reachable is reached, else of the reach. ``gap``: how far that is from what was found, as
    a share of what was found. ``ties_dropped``: rows of the ties that were repeats, of a person with themselves, or
    with somebody who is no member.
    """

    invited: tuple[Person, ...]
    reached: tuple[Person, ...]
    unreachable: tuple[Person, ...]
    unrepresented: tuple[Person, ...]
    reach: float
    expected_reach: float
    optimal: bool
    method: str
    bound: float
    gap: float
    ties_dropped: int


@dataclass(frozen=True, kw_only=True)
class MissingTies:
    """People reached over the draws: the mean, the 2.5th and 97.5th percentile, and the worst draw."""

    mean: float
    lower: float
    upper: float
    lowest: int


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """Who of the candidates is invited; `bound` is of the reach if `is_reach`, else of the number invited."""

    chosen: Chosen
    bound: float
    is_reach: bool
    is_proven: bool
    is_greedy: bool


def select_representatives(
    edges: pd.DataFrame,
    members: Iterable[Person],
    *,
    eligible: Iterable[Person] | None = None,
    seats: int | None = None,
    attendance: Mapping[Person, float] | pd.Series | None = None,
    groups: pd.DataFrame | None = None,
    time_limit: float = 60.0,
) -> Selection:
    """The fewest people to invite so that word reaches every member, or the most reach for a number of seats.

    A member is reached if invited or tied to somebody invited. `edges`: source, target; undirected; repeats, ties of a
    person with themselves and ties to people who are no members are dropped and counted. `members`: whom word shall
    reach, tied or not. `eligible`: who may be invited (None: every member).

    Without `seats`: the fewest invited who reach everybody the eligible can reach. With `seats`: at most so many
    invited, the most reached, and of those choices one with the fewest invited.

    `attendance`: person -> probability of coming when invited (1 where missing; whoever has 0 is as if not eligible).
    Then a member counts as reached to the extent of R_i = min(1, sum of the probabilities of the invited among them
    and those they are tied to), and sum R_i is what seats maximise: Wheeler's formulation, with his note on treatment
    non-compliance. Without seats: the fewest invited with R_i = 1 for every member for whom all the eligible together
    make 1, and with R_i as high as all of them together make it for the others, who need all of theirs invited.

    `groups`: person, group. Every group with an eligible member has at least one invited (a person of two groups
    stands for both); where seats are too few, the most groups come first, then reach.

    Of equally good choices one is taken by the order of ids, whatever the order of rows; it says nothing about a
    person. Proven best within `time_limit` seconds, or the better of what HiGHS and a lazy greedy choice (Minoux 1978)
    found, with the gap that is proven; what is found at the limit depends on the machine.

    Raises ValueError for a missing column, a null or mixed id among members, an eligible person who is no member, a
    probability that is none, or a setting out of range.
    """
    if seats is not None and seats < 0:
        raise ValueError(f"seats [{seats}] must not be negative")
    if not time_limit >= 0:
        raise ValueError(f"time_limit [{time_limit}] must be a number of seconds, 0 for the greedy choice alone")
    deadline = time.monotonic() + time_limit
    people = _sorted_ids(members, name="members")
    adjacency, dropped = _ties(edges, people)
    comes = _chances(people, eligible=eligible, attendance=attendance)
    candidates = np.flatnonzero(comes > 0)
    closed = sparse.csr_array(adjacency + sparse.eye_array(len(people), format="csr"))
    hears = sparse.csr_array(closed[:, candidates] * comes[candidates])
    stands, names = _groups(groups, people)
    stands = stands[:, candidates].tocsr()
    answer = _choose(hears, stands, seats=seats, deadline=deadline)

    told = hears @ answer.chosen
    reach = float(np.minimum(told, 1.0).sum())
    found = reach if answer.is_reach else float(answer.chosen.sum())
    short = 0.0 if answer.is_proven else abs(answer.bound - found)
    return Selection(
        invited=_named(people.take(candidates), answer.chosen),
        reached=_named(people, told > 0),
        unreachable=_named(people, np.diff(hears.indptr) == 0),
        unrepresented=_named(names, stands @ answer.chosen == 0),
        reach=reach,
        expected_reach=_expected_reach(hears, answer.chosen),
        optimal=answer.is_proven,
        method="greedy" if answer.is_greedy else "exact",
        bound=answer.bound,
        gap=short / found if found else short,
        ties_dropped=dropped,
    )


def reach_without_ties(
    edges: pd.DataFrame,
    members: Iterable[Person],
    invited: Iterable[Person],
    *,
    share: float,
    draws: int = 200,
    seed: int,
) -> MissingTies:
    """How many members the invited reach when some of the ties the data show do not exist.

    In each draw every tie is taken away with probability `share`, independently of the others; ties, members and reach
    as in `select_representatives` without attendance. The other error needs no draw: a tie that is missing from the
    data can only add to the reach.

    Raises ValueError for somebody invited who is no member, or a share or number of draws out of range.
    """
    if not 0 <= share <= 1 or draws < 1:
        raise ValueError(f"share [{share}] must be between 0 and 1 and draws [{draws}] at least 1")
    people = _sorted_ids(members, name="members")
    adjacency, _ = _ties(edges, people)
    is_invited = _among(people, invited, name="invited")
    # Each entry is a tie by which word goes from an invited person to one who is not; no other tie matters.
    told, _ = sparse.csr_array(adjacency[~is_invited][:, is_invited]).nonzero()
    random = np.random.default_rng(seed)
    reached = np.array([np.unique(told[random.random(told.size) >= share]).size for _ in range(draws)])
    reached += int(is_invited.sum())
    lower, upper = np.percentile(reached, (2.5, 97.5))
    return MissingTies(mean=float(reached.mean()), lower=float(lower), upper=float(upper), lowest=int(reached.min()))


def _sorted_ids(ids: Iterable[Person], *, name: str) -> pd.Index:
    index = pd.Index(list(ids)).unique()
    if index.hasnans:
        raise ValueError(f"{name}: holds an empty id; leave it out")
    try:
        return index.sort_values()
    except TypeError:
        raise ValueError(f"{name}: holds ids of more than one kind; give text or whole numbers, not both") from None


def _among(people: pd.Index, ids: Iterable[Person], *, name: str) -> Chosen:
    places = people.get_indexer(pd.Index(list(ids)))
    strangers = int((places < 0).sum())
    if strangers:
        raise ValueError(f"{name}: [{strangers}] of {len(places)} are no members; leave them out or make them members")
    return np.isin(np.arange(len(people)), places)


def _ties(edges: pd.DataFrame, people: pd.Index) -> tuple[sparse.csr_array, int]:
    """Who is tied to whom, both ways, as ones; and how many rows added no tie."""
    require_columns(edges, name="edges", columns=("source", "target"))
    ends = np.column_stack([people.get_indexer(pd.Index(edges[column])) for column in ("source", "target")])
    ends = np.sort(ends[(ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])], axis=1)
    low, high = np.unique(ends, axis=0).T
    half = sparse.csr_array((np.ones(len(low)), (low, high)), shape=(len(people), len(people)))
    return sparse.csr_array(half + half.T), len(edges) - len(low)


def _chances(
    people: pd.Index, *, eligible: Iterable[Person] | None, attendance: Mapping[Person, float] | pd.Series | None
) -> Floats:
    """Each member's probability of coming; 0 for whoever may not be invited."""
    comes = np.ones(len(people))
    if attendance is not None:
        given = attendance if isinstance(attendance, pd.Series) else pd.Series(dict(attendance), dtype=float)
        if given.index.has_duplicates:
            raise ValueError("attendance: holds somebody twice; give one probability for each person")
        known = given.to_numpy(dtype=float)
        bad = int((~((known >= 0) & (known <= 1))).sum())
        if bad:
            raise ValueError(f"attendance: [{bad}] of {len(known)} values are no probability; give 0 to 1")
        places = given.index.get_indexer(people)
        comes[places >= 0] = known[places[places >= 0]]
    if eligible is not None:
        comes[~_among(people, eligible, name="eligible")] = 0.0
    return comes


def _groups(groups: pd.DataFrame | None, people: pd.Index) -> tuple[sparse.csr_array, pd.Index]:
    """One row per group with ones for its members; and the groups' ids in order."""
    if groups is None:
        return sparse.csr_array((0, len(people))), pd.Index([])
    require_columns(groups, name="groups", columns=("person", "group"))
    names = _sorted_ids(groups["group"].dropna(), name="groups.group")
    group, person = names.get_indexer(pd.Index(groups["group"])), people.get_indexer(pd.Index(groups["person"]))
    ends = np.unique(np.column_stack([group, person])[(group >= 0) & (person >= 0)], axis=0).T
    return sparse.csr_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(len(names), len(people))), names


def _named(ids: pd.Index, chosen: Chosen) -> tuple[Person, ...]:
    return tuple(ids[chosen].tolist())


def _expected_reach(hears: sparse.csr_array, chosen: Chosen) -> float:
    stays_away = np.ones(hears.shape[0])
    columns = hears.tocsc()
    for column in np.flatnonzero(chosen):
        inside = slice(columns.indptr[column], columns.indptr[column + 1])
        stays_away[columns.indices[inside]] *= 1.0 - columns.data[inside]
    return float((1.0 - stays_away).sum())


def _choose(hears: sparse.csr_array, stands: sparse.csr_array, *, seats: int | None, deadline: float) -> _Answer:
    """`hears`: what each member (row) hears from each candidate; `stands`: which group (row) they stand for."""
    rows = sparse.csr_array(sparse.vstack([hears, stands]))
    if seats is None:
        return _fewest(rows, deadline=deadline)
    fewest = None
    if _fewest_possible(rows, deadline=deadline) <= seats:
        now = time.monotonic()
        fewest = _fewest(rows, deadline=now + (deadline - now) / 2)
        if fewest.chosen.sum() <= seats:
            return fewest
    # Not everybody can be reached, so every seat is taken: one more person always adds something.
    nobody = np.zeros(rows.shape[1], dtype=bool)
    groups = _most(stands, seats=seats, deadline=deadline, keep=stands[:0], begin=nobody)
    answer = _most(hears, seats=seats, deadline=deadline, keep=stands, begin=groups.chosen)
    if fewest is not None and _heard(rows, answer.chosen) >= _target(rows).sum() - _ENOUGH:
        # Unless time ran out above and this search reached everybody after all.
        is_proven = bool(answer.chosen.sum() <= fewest.bound)
        return replace(answer, bound=fewest.bound, is_reach=False, is_proven=is_proven)
    return replace(answer, is_proven=answer.is_proven and groups.is_proven)


def _target(rows: sparse.csr_array) -> Floats:
    """What each row hears if every candidate is invited, up to 1: the most there is."""
    return np.minimum(rows.sum(axis=1), 1.0)


def _heard(rows: sparse.csr_array, chosen: Chosen) -> float:
    return float(np.minimum(rows @ chosen, 1.0).sum())


def _most_possible(rows: sparse.csr_array, seats: int) -> float:
    """A ceiling of what so many people can add, without a search: nobody repeats what another said."""
    return min(float(np.sort(rows.sum(axis=0))[::-1][:seats].sum()), float(_target(rows).sum()))


def _fewest_possible(rows: sparse.csr_array, *, deadline: float) -> float:
    """A floor of how many it takes for every row to hear its target: the answer if people could be halved."""
    _, floor = _solve_fewest(rows, deadline=deadline, ways=(_HALVED,))
    return max(0.0, float(np.ceil(floor - _ENOUGH)))


def _fewest(rows: sparse.csr_array, *, deadline: float) -> _Answer:
    """The fewest candidates from whom every row hears its target; parts that share no candidate one by one."""
    chosen = np.zeros(rows.shape[1], dtype=bool)
    rows, matter = _kernel(rows)
    entries, size = rows.tocoo(), rows.shape
    shared = sparse.coo_array((entries.data, (entries.row, size[0] + entries.col)), shape=(sum(size), sum(size)))
    part = csgraph.connected_components(shared, directed=False)[1]
    row_part, column_part = part[: size[0]], part[size[0] :]
    candidates = np.bincount(column_part, minlength=part.max(initial=0) + 1)
    answers = []
    # Small parts first: what time they leave is for the large ones. A row without a candidate is a part by itself.
    for number in sorted(np.unique(column_part), key=lambda number: (candidates[number], number)):
        columns = np.flatnonzero(column_part == number)
        answers.append(_fewest_of_part(rows[row_part == number][:, columns], deadline=deadline))
        chosen[matter[columns]] = answers[-1].chosen
    return _Answer(
        chosen=chosen,
        bound=sum(answer.bound for answer in answers),
        is_reach=False,
        is_proven=all(answer.is_proven for answer in answers),
        is_greedy=any(answer.is_greedy for answer in answers),
    )


def _kernel(rows: sparse.csr_array) -> tuple[sparse.csr_array, NDArray[np.int64]]:
    """The rows and candidates that decide the fewest; it makes large groups three times faster.

    Left out is a candidate whom another equals or outdoes, and a row that hears whenever another row does: both only
    where coming is sure.
    """
    matter = np.arange(rows.shape[1])
    size = None
    while size != rows.shape:
        size = rows.shape
        outdone, _ = _contained(sparse.csr_array(rows.T))
        best = (rows.sum(axis=0) > 0) & ~np.isin(np.arange(size[1]), outdone)
        rows, matter = sparse.csr_array(rows[:, best]), matter[best]
        _, follows = _contained(rows)
        rows = sparse.csr_array(rows[~np.isin(np.arange(size[0]), follows)])
    return rows, matter


def _contained(sets: sparse.csr_array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows of ones, the first of them all within the second; of equal rows the later is in the earlier."""
    # A probability below 1 makes the product smaller than the count, and its row no part of any other.
    common, size = (sets @ sets.T).tocoo(), np.diff(sets.indptr)
    inner, outer = common.row, common.col
    within = (common.data == size[inner]) & ((size[inner] < size[outer]) | (inner > outer))
    return inner[within], outer[within]


def _fewest_of_part(rows: sparse.csr_array, *, deadline: float) -> _Answer:
    target = _target(rows)
    chosen = _greedy(rows)
    bound = max(1.0, np.ceil(target.sum() / rows.sum(axis=0).max() - _ENOUGH))
    is_greedy = bool(chosen.sum() > bound)
    if is_greedy:
        attempts, proven = _solve_fewest(rows, deadline=deadline)
        bound = max(bound, np.ceil(proven - _ENOUGH))
        for attempt in attempts:
            found = _greedy(rows, begin=attempt)
            if found.sum() < chosen.sum():
                chosen, is_greedy = found, False
    is_proven = bool(chosen.sum() <= bound)
    return _Answer(
        chosen=chosen, bound=float(bound), is_reach=False, is_proven=is_proven, is_greedy=is_greedy and not is_proven
    )


def _most(rows: sparse.csr_array, *, seats: int, deadline: float, keep: sparse.csr_array, begin: Chosen) -> _Answer:
    """The candidates for so many seats from whom the rows hear the most; `keep` hears no less than from `begin`."""
    chosen = _greedy(rows, seats=seats, begin=begin)
    bound = _most_possible(rows, seats)
    is_greedy = _heard(rows, chosen) < bound - _ENOUGH
    if is_greedy:
        floor = _heard(keep, begin)
        attempts, proven = _solve_most(rows, seats=seats, keep=keep, floor=floor, deadline=deadline)
        # Where nobody's coming is in doubt, the number reached is whole.
        is_whole = bool((rows.data == 1.0).all())
        bound = min(bound, float(np.floor(proven + _ENOUGH)) if is_whole else proven)
        for attempt in attempts:
            found = _greedy(rows, seats=seats, begin=attempt)
            is_better = _heard(rows, found) > _heard(rows, chosen) + _ENOUGH
            if is_better and _heard(keep, found) >= floor - _ENOUGH:
                chosen, is_greedy = found, False
    is_proven = _heard(rows, chosen) >= bound - _NEARLY
    return _Answer(
        chosen=chosen, bound=bound, is_reach=True, is_proven=is_proven, is_greedy=is_greedy and not is_proven
    )


def _greedy(rows: sparse.csr_array, *, seats: int | None = None, begin: Chosen | None = None) -> Chosen:
    """Whoever adds most is invited next, from `begin` on, until nothing can be added or the seats are taken.

    Lazily (Minoux 1978): what somebody adds only shrinks, so whoever still leads after a second look is next.
    """
    columns = rows.tocsc()
    chosen = np.zeros(rows.shape[1], dtype=bool) if begin is None else begin.copy()
    left = _target(rows) - np.minimum(rows @ chosen, 1.0)

    def adds(candidate: int) -> float:
        inside = slice(columns.indptr[candidate], columns.indptr[candidate + 1])
        return float(np.minimum(columns.data[inside], left[columns.indices[inside]]).sum())

    queue = [(-adds(candidate), candidate) for candidate in np.flatnonzero(~chosen).tolist()]
    heapq.heapify(queue)
    open_seats = len(queue) if seats is None else seats - int(chosen.sum())
    while queue and open_seats > 0:
        _, candidate = heapq.heappop(queue)
        now = (-adds(candidate), candidate)
        if queue and now > queue[0]:
            heapq.heappush(queue, now)
        elif now[0] < -_ENOUGH:
            chosen[candidate] = True
            open_seats -= 1
            inside = slice(columns.indptr[candidate], columns.indptr[candidate + 1])
            still = left[columns.indices[inside]] - columns.data[inside]
            left[columns.indices[inside]] = np.where(still > _ENOUGH, still, 0.0)
    return chosen


def _solve_fewest(
    rows: sparse.csr_array, *, deadline: float, ways: tuple[bool, ...] = (_HALVED, _WHOLE)
) -> tuple[list[Chosen], float]:
    """What HiGHS chose of the fewest from whom every row hears its target, and the proven floor of their number."""
    limits = LinearConstraint(rows, lb=_target(rows))
    ones = np.ones(rows.shape[1])
    return _solve(ones, limits=[limits], highest=ones, candidates=len(ones), deadline=deadline, ways=ways)


def _solve_most(
    rows: sparse.csr_array, *, seats: int, keep: sparse.csr_array, floor: float, deadline: float
) -> tuple[list[Chosen], float]:
    """What HiGHS chose of so many from whom the rows hear the most in all, and the proven ceiling of that."""
    everything = sparse.csr_array(sparse.vstack([rows, keep]))
    (hearing, candidates), kept = rows.shape, keep.shape[0]
    # After the candidates, the unknowns are what each row hears: no more than is said, nor than its target.
    one_row_each = sparse.hstack([-everything, sparse.eye_array(hearing + kept)])
    invited, heard, represented = np.repeat(np.eye(3), (candidates, hearing, kept), axis=0).T
    limits = [LinearConstraint(one_row_each, ub=0.0), LinearConstraint(invited, ub=seats)]
    if kept:
        limits.append(LinearConstraint(represented, lb=floor))
    highest = np.concatenate([np.ones(candidates), _target(everything)])
    ways = (_HALVED, _WHOLE)
    found, bound = _solve(-heard, limits=limits, highest=highest, candidates=candidates, deadline=deadline, ways=ways)
    return found, -bound


def _solve(
    cost: Floats,
    *,
    limits: list[LinearConstraint],
    highest: Floats,
    candidates: int,
    deadline: float,
    ways: tuple[bool, ...],
) -> tuple[list[Chosen], float]:
    """Whom HiGHS chose at the least cost it found, in each way, as far as time went; and the proven floor of the cost.

    First as if people could be halved, which is quick, proves a floor and is sure of some; then whole.
    """
    found, floor = [], -np.inf
    for way in ways if cost.size else ():
        left = deadline - time.monotonic()
        if left <= 0:
            break
        answer = milp(
            cost,
            constraints=limits,
            bounds=Bounds(0.0, highest),
            integrality=((np.arange(len(cost)) < candidates) & way).astype(np.int64),
            options={"time_limit": left, "mip_rel_gap": 0.0},
        )
        if answer.x is not None:
            found.append(answer.x[:candidates] > (0.5 if way is _WHOLE else 1.0 - _ENOUGH))
        # Without whole unknowns there are no branches: the answer is the floor.
        proven = answer.mip_dual_bound if way is _WHOLE else answer.fun if answer.success else None
        floor = max(floor, -np.inf if proven is None else float(proven))
    return found, floor
