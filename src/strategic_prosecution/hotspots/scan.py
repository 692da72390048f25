"""The space-time permutation scan: where and when incidents come together more than place and time alone explain."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import xlogy

from strategic_prosecution.hotspots.grid import finite_points
from strategic_prosecution.hotspots.near_repeat import day_numbers

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Locations as far from a centre as each other, to the millimetre, come into its circles together.
DECIMALS = 3
# Incidents seen from the centres of one block, and cylinders compared at once: they bound the memory.
VIEWS_AT_ONCE = 1_000_000
CYLINDERS_AT_ONCE = 400_000
# Circles are searched in classes by the incidents they hold: the narrower a class, the closer the bound that spares
# most of its cylinders; the wider, the fewer the classes.
CLASS_WIDTH = 1.5
# Windows are looked at by length, roughly first: more than one of these days and up to the next.
LENGTHS = (1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450, 1_000_000)
# The first guess at the largest likelihood ratio, lowered until something is found: it decides the time taken only.
FIRST_GUESS = 16.0
COLUMNS = (
    "rank",
    "centre",
    "x",
    "y",
    "radius_m",
    "locations",
    "first_day",
    "last_day",
    "observed",
    "expected",
    "log_likelihood_ratio",
    "p_value",
)


def space_time_scan(
    cases: pd.DataFrame,
    locations: pd.DataFrame,
    *,
    max_radius_m: float,
    max_days: int,
    prospective: bool = True,
    max_share: float = 0.5,
    permutations: int = 999,
    seed: int,
    min_cases: int = 2,
    alpha: float = 0.05,
    end: Any = None,
) -> pd.DataFrame:
    """Find the cylinders (a circle and the days of a window) that hold more incidents than place and time explain.

    cases: frame with location (a label of the index of locations), day (local calendar day or whole number) and, where
    a row is several incidents, count; no nulls. locations: frame with x and y, metres in the plane (project longitudes
    and latitudes first), one row per location; those without incidents are centres too.
    Circles have their centre at a location and grow through the locations around it in order of distance, up to
    max_radius_m and to max_share of all incidents; locations equally far (to the millimetre) come in together. Windows
    are 1 to max_days whole days; prospective: those that last until end (default: the last day with an incident), for
    what is still going on; otherwise all of them. A cylinder has at least min_cases incidents.

    Returns one row per cluster: rank, centre (label), x, y, radius_m, locations (labels inside, in order of distance),
    first_day, last_day, observed, expected (incidents of the circle x incidents of the window / all incidents),
    log_likelihood_ratio, p_value. The most likely cluster is always there (unless no cylinder holds more than
    expected), and after it those with a p_value of at most alpha that share no location on the same day with one above.
    Of equally likely ones the smaller radius, the fewer days, the earlier, then the centre farther west and south.

    Null hypothesis: places and days are unrelated. Days are permuted over the incidents, which keeps the count of each
    place and of each day: neither busy places nor seasons make a cluster, and no population is needed (Kulldorff,
    Heffernan, Hartman, Assuncao and Mostashari 2005). log_likelihood_ratio is that of a Poisson count;
    p_value = (r + 1) / (permutations + 1), r the permutations whose most likely cylinder anywhere reaches as much. It
    is corrected for all places, sizes and windows of this scan, not for scanning again every night.
    The order of the rows makes no difference. Empty cases give an empty frame.
    Raises ValueError for nulls, unknown or repeated locations, days after end, or settings out of their range.
    """
    for name, value, fine, remedy in [
        ("max_radius_m", max_radius_m, np.isfinite(max_radius_m) and max_radius_m >= 0, "0 or more metres"),
        ("max_days", max_days, max_days >= 1, "at least 1"),
        ("max_share", max_share, 0 < max_share <= 1, "a share above 0 and at most 1"),
        ("permutations", permutations, permutations >= 1, "at least 1"),
        ("min_cases", min_cases, min_cases >= 1, "at least 1"),
        ("alpha", alpha, 0 <= alpha <= 1, "a share from 0 to 1"),
    ]:
        if not fine:
            raise ValueError(f"{name} is [{value}]; give {remedy}")
    study = _study(cases, locations, end=end, max_radius_m=max_radius_m, max_days=max_days, min_cases=min_cases)
    if not study.day.size:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})
    most = int(max_share * study.day.size)
    largest = np.zeros(permutations + 1)
    for block in _blocks(study, np.arange(study.x.size), most=most, prospective=prospective):
        for number in range(permutations + 1):
            day = study.day
            if number:
                day = np.random.default_rng([seed, number]).permutation(day)
            guess = 0.9 * min(largest[:number], default=FIRST_GUESS)
            largest[number] = max(largest[number], block.largest(day, reached=largest[number], guess=guess))
    by_chance = np.sort(largest[1:])[::-1]
    # As many permutations may reach as much as a cluster whose p value is at most alpha.
    allowed = int(np.floor(alpha * (permutations + 1) + 1e-9)) - 1
    needed = np.inf if allowed < 0 else 0.0 if allowed >= permutations else np.nextafter(by_chance[allowed], np.inf)
    clusters = _clusters(study, most=most, prospective=prospective, floor=min(needed, largest[0]), needed=needed)
    return _frame(clusters, study, by_chance)


@dataclass(frozen=True)
class _Study:
    """The incidents and locations of a scan, in an order of their own; days from 0."""

    # By location, in order of x and y.
    x: Floats
    y: Floats
    label: pd.Index
    first_case: Integers
    case_count: Integers
    # By incident, in order of location and day.
    day: NDArray[np.int32]
    # All incidents before each day; one more than there are days.
    before: Integers
    dates: pd.Series
    max_radius_m: float
    max_days: int
    min_cases: int

    @property
    def end(self) -> int:
        """The last day."""
        return self.before.size - 2

    def expected(self, inside: Integers | int, in_window: Integers) -> Floats:
        """Incidents of a circle in a window, if place and time go their own ways."""
        return np.asarray(inside * in_window / self.day.size, dtype=np.float64)

    def likelihood_ratio(self, observed: Integers, expected: Floats) -> Floats:
        """Logarithm; 0 where no more than expected."""
        total = self.day.size
        more = observed > expected
        # Where it is not more, the value does not matter, but must be one.
        inside = np.where(more, observed, 1)
        chance = np.where(more, expected, 1.0)
        outside = xlogy(total - inside, np.where(more & (inside < total), (total - inside) / (total - chance), 1.0))
        return np.where(more, inside * np.log(inside / chance) + outside, 0.0)


@dataclass(frozen=True)
class _Cylinders:
    """Cylinders, one per entry: centre (position in the study), incidents of the circle, first and last day."""

    centre: Integers
    size: Integers
    radius: Floats
    first: Integers
    last: Integers
    observed: Integers
    ratio: Floats

    def take(self, positions: Any) -> "_Cylinders":
        return _Cylinders(*(getattr(self, name)[positions] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class _Taken:
    """A cluster already given: how far each centre is from its nearest location, and its days."""

    distance: Floats
    first: int
    last: int


class _Block:
    """The circles around some centres, and the incidents each of these sees."""

    def __init__(self, study: _Study, centres: Integers, *, most: int, prospective: bool) -> None:
        self.study, self.prospective = study, prospective
        occupied = np.flatnonzero(study.case_count)
        here = cKDTree(np.column_stack([study.x[centres], study.y[centres]]))
        there = cKDTree(np.column_stack([study.x[occupied], study.y[occupied]]))
        near = here.sparse_distance_matrix(there, study.max_radius_m + 2 * 10.0**-DECIMALS, output_type="ndarray")
        seer, seen, distance = near["i"], occupied[near["j"]], np.round(near["v"], DECIMALS)
        order = np.lexsort((seen, distance, seer))
        order = order[distance[order] <= study.max_radius_m]
        seer, seen, distance = seer[order], seen[order], distance[order]
        # What the circle holds that reaches to this location, with all those as far away.
        total = np.cumsum(study.case_count[seen])
        starts = np.flatnonzero(np.diff(seer, prepend=-1))
        earlier = np.repeat(np.append(0, total)[starts], np.diff(np.append(starts, seer.size)))
        ring = np.append((np.diff(seer) != 0) | (np.diff(distance) != 0), True)
        ring_of = np.cumsum(ring) - ring
        size = (total - earlier)[ring][ring_of]
        fits = size <= most
        self.ring_centre, self.ring_size, self.ring_radius = seer[ring], size[ring], distance[ring]
        self.ring_key = self.ring_centre * (study.day.size + 1) + self.ring_size
        seer, seen, size = seer[fits], seen[fits], size[fits]
        self.centres = centres
        times = study.case_count[seen]
        self.case = np.repeat(study.first_case[seen] - (np.cumsum(times) - times), times) + np.arange(times.sum())
        # One whole number says who sees, when (added with each permutation) and from which size of circle on.
        self.stride = study.end + 1 + study.max_days
        self.bits = int(study.day.size).bit_length()
        self.view = np.repeat((seer * self.stride << self.bits) + size, times)
        self.largest_size = int(size.max(initial=0))
        # The fewest incidents in a window of 1, 2, ... days bound what is expected from below.
        lengths = np.arange(1, min(study.max_days, study.end + 1) + 1)
        if prospective:
            self.in_window = study.before[-1] - study.before[study.end + 1 - lengths]
        else:
            self.in_window = np.array([np.min(study.before[days:] - study.before[:-days]) for days in lengths])
        self.by_length: dict[tuple[int, int], Floats] = {}
        self.by_count: dict[tuple[int, int], Floats] = {}

    def largest(self, day: NDArray[np.int32], *, reached: float, guess: float) -> float:
        """The largest likelihood ratio of any cylinder; 0 where there is none above ``reached``."""
        floor = reached or guess
        while True:
            found = max((cylinders.ratio.max() for cylinders in self.cylinders(day, floor=floor)), default=0.0)
            if found or reached or floor == 0:
                return float(found)
            floor = 0.75 * floor if floor > 0.1 else 0.0

    def best(self, *, floor: float, taken: list[_Taken]) -> _Cylinders | None:
        """The best cylinder of each centre as observed, of those that reach floor and share nothing with taken ones."""
        parts = list(self.cylinders(self.study.day, floor=floor, taken=taken))
        if not parts:
            return None
        names = _Cylinders.__dataclass_fields__
        every = _Cylinders(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
        order = np.lexsort((every.first, every.last - every.first, every.radius, -every.ratio, every.centre))
        return every.take(order[np.flatnonzero(np.diff(every.centre[order], prepend=-1))])

    def cylinders(
        self, day: NDArray[np.int32], *, floor: float, taken: list[_Taken] | None = None
    ) -> Iterator[_Cylinders]:
        """The best circle for each centre and window, where it reaches floor and is above 0."""
        case, view = self.case, self.view
        if self.prospective:
            recent = day[case] > self.study.end - self.study.max_days
            case, view = case[recent], view[recent]
        packed = np.sort(view + (day[case].astype(np.int64) << self.bits))
        when, size = packed >> self.bits, packed & ((1 << self.bits) - 1)
        when = when.astype(np.int32 if self.centres.size * self.stride < 2**31 else np.int64)
        barred = [self._barred(cluster) for cluster in taken or []]
        widest = self.largest_size
        while widest and when.size:
            narrowest = int(widest / CLASS_WIDTH) + 1 if widest > 2 else widest
            for start, observed in self._windows(when, narrowest, widest, floor):
                rows = max(1, CYLINDERS_AT_ONCE // observed)
                for position in range(0, start.size, rows):
                    found = self._compare(
                        start[position : position + rows], observed, when=when, size=size, floor=floor, barred=barred
                    )
                    if found.ratio.size:
                        yield found
            widest = narrowest - 1
            inner = size <= widest
            when, size = when[inner], size[inner]

    def _windows(self, when: Integers, narrowest: int, widest: int, floor: float) -> Iterator[tuple[Integers, int]]:
        """Positions from which so many incidents lie in one window, short enough that the class could reach floor."""
        starts_day = np.append(True, when[1:] != when[:-1])
        if self.prospective:
            centre = when // self.stride
            last = np.append(np.flatnonzero(np.diff(centre)), when.size - 1)
            until = np.repeat(last, np.diff(np.append(-1, last)))
            observed = until - np.arange(when.size) + 1
            length = self.study.end - when % self.stride + 1
            for count in np.flatnonzero(np.bincount(observed[starts_day])).tolist():
                if count >= self.study.min_cases:
                    longest = self._longest(narrowest, count, floor)
                    yield np.flatnonzero(starts_day & (observed == count) & (length <= longest)), count
            return
        ends_day = np.append(when[1:] != when[:-1], True)
        start = np.flatnonzero(starts_day & self._promising(when, narrowest, widest, floor))
        for count in range(self.study.min_cases, widest + 1):
            lag = count - 1
            start = start[: np.searchsorted(start, when.size - lag)]
            apart = when[start + lag] - when[start]
            near = apart < self.study.max_days
            start, apart = start[near], apart[near]
            if not start.size:
                return
            if longest := self._longest(narrowest, count, floor):
                found = start[apart < longest]
                yield found[ends_day[found + lag]], count

    def _promising(self, when: Integers, narrowest: int, widest: int, floor: float) -> NDArray[np.bool_]:
        """From where some window could hold enough incidents to reach floor; a rough look that spares most others."""
        promising = np.zeros(when.size, dtype=np.bool_)
        shorter = 0
        for longer in LENGTHS:
            if shorter < self.in_window.size:
                fewest = self._fewest(narrowest, widest, shorter + 1, floor)
                if fewest <= min(widest, when.size):
                    lag = fewest - 1
                    length = min(longer, self.study.max_days)
                    promising[: when.size - lag] |= when[lag:] - when[: when.size - lag] < length
            shorter = longer
        return promising

    def _fewest(self, narrowest: int, widest: int, length: int, floor: float) -> int:
        """The fewest incidents that reach floor in the narrowest circle of a class and a window of this length."""
        key = (narrowest, length)
        if key not in self.by_count:
            observed = np.arange(1, widest + 1)
            in_window = np.maximum(self.in_window[length - 1], observed)
            self.by_count[key] = self.study.likelihood_ratio(observed, self.study.expected(narrowest, in_window))
        return int(np.searchsorted(self.by_count[key], floor - 1e-9)) + 1

    def _longest(self, narrowest: int, observed: int, floor: float) -> int:
        """The longest window in which so many incidents in the narrowest circle of a class reach floor."""
        key = (narrowest, observed)
        if key not in self.by_length:
            # Circle and window hold at least these incidents.
            expected = self.study.expected(max(narrowest, observed), np.maximum(self.in_window, observed))
            self.by_length[key] = self.study.likelihood_ratio(np.full(expected.size, observed), expected)
        return int(np.count_nonzero(self.by_length[key] >= floor - 1e-9))

    def _compare(
        self,
        start: Integers,
        observed: int,
        *,
        when: Integers,
        size: Integers,
        floor: float,
        barred: list[tuple[Integers, int, int]],
    ) -> _Cylinders:
        """Of each window the circle with the largest likelihood ratio, where it reaches floor."""
        centre, first = np.divmod(when[start].astype(np.int64), self.stride)
        last = np.full(start.size, self.study.end) if self.prospective else when[start + observed - 1] % self.stride
        # Smallest circle first: the first k incidents are in the circle of the k-th.
        sizes = np.sort(size[start[:, None] + np.arange(observed)], axis=1)
        inside = np.arange(1, observed + 1)
        in_window = self.study.before[last + 1] - self.study.before[first]
        ratio = self.study.likelihood_ratio(
            np.broadcast_to(inside, sizes.shape), self.study.expected(sizes, in_window[:, None])
        )
        ratio[:, : self.study.min_cases - 1] = 0.0
        for from_size, first_taken, last_taken in barred:
            at_once = (first <= last_taken) & (last >= first_taken)
            ratio[at_once[:, None] & (sizes >= from_size[centre][:, None])] = 0.0
        best = np.argmax(ratio, axis=1)
        row = np.arange(start.size)
        reached = np.flatnonzero((ratio[row, best] >= floor) & (ratio[row, best] > 0))
        row, best = row[reached], best[reached]
        centre, circle = centre[reached], sizes[row, best]
        ring = np.searchsorted(self.ring_key, centre * (self.study.day.size + 1) + circle)
        return _Cylinders(
            self.centres[centre],
            circle,
            self.ring_radius[ring],
            first[reached],
            last[reached].astype(np.int64),
            best + 1,
            ratio[row, best],
        )

    def _barred(self, cluster: _Taken) -> tuple[Integers, int, int]:
        """For each centre the size from which its circles touch the cluster; and the days of the cluster."""
        touches = self.ring_radius >= cluster.distance[self.centres][self.ring_centre]
        from_size = np.full(self.centres.size, self.study.day.size + 1)
        np.minimum.at(from_size, self.ring_centre[touches], self.ring_size[touches])
        return from_size, cluster.first, cluster.last


def _study(
    cases: pd.DataFrame, locations: pd.DataFrame, *, end: Any, max_radius_m: float, max_days: int, min_cases: int
) -> _Study:
    x, y = finite_points(locations["x"], locations["y"])
    if not locations.index.is_unique:
        raise ValueError("the index of locations holds labels twice; give one row per location")
    order = np.lexsort((y, x))
    x, y, label = x[order], y[order], locations.index[order]
    location = label.get_indexer(pd.Index(cases["location"]))
    if (location < 0).any():
        raise ValueError(
            f"[{np.count_nonzero(location < 0)}] of [{len(cases)}] cases name a location that is not there"
        )
    day = day_numbers(cases["day"], size=len(cases))
    if "count" in cases:
        count = cases["count"].to_numpy(dtype=np.int64)
        if (count < 0).any():
            raise ValueError("cases hold counts below 0; give the incidents of each location and day")
        location, day = np.repeat(location, count), np.repeat(day, count)
    first = int(day.min()) if day.size else 0
    last = int(day.max()) if day.size else 0
    if end is not None:
        stated = int(day_numbers([end], size=1)[0])
        if day.size and last > stated:
            raise ValueError(f"cases go on until after end [{end}]; leave out those after it")
        last = stated
    days = np.arange(first, last + 1) if day.size else np.arange(1)
    sequence = np.lexsort((day, location))
    numbers = pd.Series(days)
    is_number = pd.api.types.is_numeric_dtype(pd.Series(cases["day"]).dtype)
    case_count = np.bincount(location, minlength=x.size)
    return _Study(
        x=x,
        y=y,
        label=label,
        first_case=np.cumsum(case_count) - case_count,
        case_count=case_count,
        day=(day[sequence] - first).astype(np.int32),
        before=np.append(0, np.cumsum(np.bincount(day - first, minlength=days.size))),
        dates=numbers if is_number else pd.to_datetime(numbers, unit="D"),
        max_radius_m=max_radius_m,
        max_days=max_days,
        min_cases=min_cases,
    )


def _blocks(study: _Study, centres: Integers, *, most: int, prospective: bool) -> Iterator[_Block]:
    """The centres in blocks that see a bounded number of incidents."""
    occupied = np.flatnonzero(study.case_count)
    points = np.column_stack([study.x, study.y])
    # Circles hold no fewer than those of the locations; the incidents seen are counted location by location.
    seen = cKDTree(np.repeat(points[occupied], study.case_count[occupied], axis=0)).query_ball_point(
        points[centres], study.max_radius_m, return_length=True
    )
    group = np.cumsum(np.minimum(seen, VIEWS_AT_ONCE)) // VIEWS_AT_ONCE
    for number in np.unique(group):
        yield _Block(study, centres[group == number], most=most, prospective=prospective)


def _clusters(
    study: _Study, *, most: int, prospective: bool, floor: float, needed: float
) -> list[tuple[_Cylinders, Integers]]:
    """The most likely cluster, and of the others that reach ``needed`` each that shares nothing with one above."""
    best: dict[int, _Cylinders] = {}
    taken: list[_Taken] = []
    clusters: list[tuple[_Cylinders, Integers]] = []
    points = np.column_stack([study.x, study.y])
    changed = np.arange(study.x.size)
    while True:
        for block in _blocks(study, changed, most=most, prospective=prospective) if changed.size else ():
            found = block.best(floor=floor if not taken else needed, taken=taken)
            if found is not None:
                best.update({int(centre): found.take([k]) for k, centre in enumerate(found.centre)})
        if not best:
            return clusters
        # Centres are in order of x and y.
        top = min(
            best.values(),
            key=lambda one: (-one.ratio[0], one.radius[0], one.last[0] - one.first[0], one.first[0], one.centre[0]),
        )
        distance = np.round(np.hypot(*(points - points[top.centre[0]]).T), DECIMALS)
        members = np.flatnonzero(distance <= top.radius[0])
        members = members[np.argsort(distance[members], kind="stable")]
        clusters.append((top, members))
        nearest = np.round(cKDTree(points[members]).query(points)[0], DECIMALS)
        taken.append(_Taken(nearest, int(top.first[0]), int(top.last[0])))
        gone = [
            centre
            for centre, one in best.items()
            if one.radius[0] >= nearest[centre] and one.first[0] <= top.last[0] and one.last[0] >= top.first[0]
        ]
        for centre in gone:
            del best[centre]
        best = {centre: one for centre, one in best.items() if one.ratio[0] >= needed}
        changed = np.array(sorted(gone), dtype=np.int64) if np.isfinite(needed) else np.array([], dtype=np.int64)


def _frame(clusters: list[tuple[_Cylinders, Integers]], study: _Study, by_chance: Floats) -> pd.DataFrame:
    rows = []
    for rank, (cluster, members) in enumerate(clusters, start=1):
        centre, ratio = int(cluster.centre[0]), float(cluster.ratio[0])
        first, last = int(cluster.first[0]), int(cluster.last[0])
        in_window = study.before[last + 1] - study.before[first]
        rows.append(
            (
                rank,
                study.label[centre],
                study.x[centre],
                study.y[centre],
                float(cluster.radius[0]),
                study.label[members].tolist(),
                study.dates.iloc[first],
                study.dates.iloc[last],
                int(cluster.observed[0]),
                float(cluster.size[0] * in_window / study.day.size),
                ratio,
                (int(np.count_nonzero(by_chance >= ratio)) + 1) / (by_chance.size + 1),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))
