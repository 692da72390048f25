"""Every sum a reader can form from published rows: over segments, over time, and across metrics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from strategic_prosecution.safeguards.small_cells import COUNTED, KEY, Adds, Cells, Numbers

Places = npt.NDArray[np.int64]
# ("metric.numerator", ("metric.numerator", ...)): in every cell the first is the sum of the others.
Sums = Sequence[tuple[str, Sequence[str]]]
_CELL = KEY[1:]
_STOCKS = [name for name, counted in COUNTED.items() if counted[0].over_time == "last"]
_WIDER = (("month", "quarter", "Q"), ("quarter", "year", "Y"), ("month", "year", "Y"))


@dataclass(frozen=True)
class System:
    """Numbers and the sums they stand in, as a reader sees them.

    - ``sums``: a line per sum, a column per number. A reader's idea of the hidden numbers is off the truth by amounts
      that ``sums`` takes to 0: what it has too much of one, it has too little of the others; ``lines_of``: turned over;
    - ``row``: the row that shows a number; -1 where none does;
    - ``down``: how far below the truth a reader can think it, knowing that no count is below 0;
    - ``need``: how wide the range must stay in which a reader can place it, 0 for any.
    """

    sums: sparse.csr_array
    lines_of: sparse.csr_array
    row: Places
    down: Numbers
    need: Numbers


def system(rows: pd.DataFrame, cells: Cells, *, sums: Sums = ()) -> System:
    """The numbers of rows (sorted by key) and every sum they stand in.

    Where a sum does not come out in the data, a reader is taken to know by how much. Metrics that say the same number
    of the whole county in every period are taken to be known for the same number in every cell.
    """
    places = np.flatnonzero(~np.isnan(cells.values[:, 0]))
    frame = rows.iloc[places][KEY].assign(place=places, statistic=cells.statistics[places])
    lines = _Lines(len(rows), cells)
    for part, total, family in _over_segments(frame):
        lines.add(part, total, family, over="segments")
    for part, total, family in _over_time(frame):
        lines.add(part, total, family, over="time")
    _across(frame, cells, sums, lines)
    return lines.system()


class _Lines:
    """Sums as they are found. Number c of row r is column c * rows + r; unknown differences come after."""

    def __init__(self, rows: int, cells: Cells) -> None:
        self.rows, self.cells = rows, cells
        shares = cells.values[:, 0] + cells.values[:, 1]
        self.values = np.concatenate([cells.values[:, 0], cells.values[:, 1], shares])
        self.line: list[Places] = []
        self.column: list[Places] = []
        self.sign: list[Numbers] = []
        self.slack: list[Numbers] = []
        self.lines, self.columns = 0, len(self.values)

    def add(self, part: Places, total: Places, family: Places, *, over: str) -> None:
        """Rows that add up: the parts of a family to its total."""
        statistics = self.cells.statistics[total].astype(str)
        for statistic in np.unique(statistics):
            mine = statistics == statistic
            for number, counted in enumerate(COUNTED[statistic]):
                adds: Adds = counted.over_segments if over == "segments" else counted.over_time
                shift = number * self.rows
                self.add_numbers(part[mine] + shift, total[mine] + shift, family[mine], at_most=adds == "cover")

    def add_numbers(self, part: Places, total: Places, family: Places, *, at_most: bool = False) -> None:
        """Numbers that add up; ``at_most``: a part is at most the total, and the total at most the parts together."""
        if not len(part):
            return
        _, first, family = np.unique(family, return_index=True, return_inverse=True)
        size, of = len(first), total[first]
        self._entries(family, part, np.ones(len(part)))
        self._entries(np.arange(size), of, -np.ones(size))
        if at_most:
            together = np.bincount(family, weights=self.values[part], minlength=size)
            self._slack(np.arange(size), together - self.values[of])
            self.lines += size
            pairs = np.arange(len(part))
            self._entries(pairs, total, np.ones(len(part)))
            self._entries(pairs, part, -np.ones(len(part)))
            self._slack(pairs, self.values[total] - self.values[part])
            size = len(part)
        self.lines += size

    def _entries(self, line: Places, column: Places, sign: Numbers) -> None:
        self.line.append(line + self.lines)
        self.column.append(column)
        self.sign.append(sign)

    def _slack(self, line: Places, left: Numbers) -> None:
        self._entries(line, np.arange(self.columns, self.columns + len(line)), -np.ones(len(line)))
        self.slack.append(np.maximum(left, 0.0))
        self.columns += len(line)

    def system(self) -> System:
        line, column, sign = (
            np.concatenate(found) if found else np.zeros(0) for found in (self.line, self.column, self.sign)
        )
        matrix = sparse.coo_array(
            (sign, (line.astype(np.int64), column.astype(np.int64))), shape=(self.lines, self.columns)
        )
        left = np.concatenate([np.zeros(0), *self.slack])
        need = self.cells.need
        return System(
            sums=sparse.csr_array(matrix),
            lines_of=sparse.csr_array(matrix.T),
            row=np.concatenate([np.tile(np.arange(self.rows), 3), np.full(len(left), -1)]),
            down=np.concatenate([np.nan_to_num(self.values), left]),
            need=np.concatenate([need[:, 0], need[:, 1], np.zeros(self.rows + len(left))]),
        )


Found = tuple[Places, Places, Places]


def _over_segments(frame: pd.DataFrame) -> Iterator[Found]:
    """Each breakdown adds up to every breakdown by some of its dimensions; to the nearest, where they all have one."""
    for breakdown in sorted(set(frame["breakdown"].unique()) - {""}):
        names = breakdown.split(" x ")
        parts = frame[frame["breakdown"] == breakdown]
        values = parts["segment"].str.split(" x ", expand=True) if len(names) > 1 else parts[["segment"]]
        if values.shape[1] != len(names) or values.isna().to_numpy().any():
            raise ValueError(f"suppress: segments of [{breakdown}] do not have {len(names)} values joined by ' x '")
        values.columns = pd.RangeIndex(len(names))
        met: set[int] = set()
        for size in reversed(range(len(names))):
            here: set[int] = set()
            for kept in combinations(range(len(names)), size):
                segment = values[kept[0]] if kept else pd.Series("", index=parts.index)
                for place in kept[1:]:
                    segment = segment + " x " + values[place]
                coarser = " x ".join(names[place] for place in kept)
                keyed = parts.assign(breakdown=coarser, segment=segment)
                part, total, family = _matched(keyed, frame[frame["breakdown"] == coarser])
                if not met.issuperset(part.tolist()):
                    yield part, total, family
                    here.update(part.tolist())
            met |= here


def _over_time(frame: pd.DataFrame) -> Iterator[Found]:
    """Months add up to quarters, these to years; what is open at their end is what is open at the end of the last."""
    met: set[int] = set()
    for shorter, longer, frequency in _WIDER:
        parts = frame[frame["period"] == shorter]
        if longer == "year" and shorter == "month":
            parts = parts[~parts["place"].isin(met)]
        periods = parts["period_start"].dt.to_period(frequency)
        ends = parts["period_start"].dt.to_period("Q" if shorter == "quarter" else "M").dt.end_time
        is_last = ends == periods.dt.end_time
        keyed = parts.assign(period=longer, period_start=periods.dt.start_time.astype(parts["period_start"].dtype))
        counted = keyed[is_last | ~parts["statistic"].isin(_STOCKS)]
        part, total, family = _matched(counted, frame[frame["period"] == longer])
        if longer == "quarter":
            met.update(part.tolist())
        yield part, total, family


def _matched(parts: pd.DataFrame, frame: pd.DataFrame) -> Found:
    joined = parts[[*KEY, "place"]].merge(frame[[*KEY, "place"]], on=KEY, suffixes=("", "_total"))
    part, total = (joined[name].to_numpy(dtype=np.int64) for name in ("place", "place_total"))
    return part, total, total


def _across(frame: pd.DataFrame, cells: Cells, sums: Sums, lines: _Lines) -> None:
    """Sums across metrics: those that are declared, and numbers that are the same all over."""
    found = [*sums, *_same(frame, cells)]
    used = {name for total, parts in found for name in (total, *parts)}
    size = len(cells.statistics)
    # Cells as numbers, which are compared faster than what they stand for.
    coded = frame.set_index(frame.groupby(_CELL, sort=False, dropna=False).ngroup())
    of_metric = {str(metric): places for metric, places in coded.groupby("metric")["place"]}
    for name in sorted(used):
        metric, _, kind = name.rpartition(".")
        if kind == "denominator" and metric in of_metric:
            places = of_metric[metric].to_numpy(dtype=np.int64)
            if _number(cells, places[0], kind) == 2:
                both = np.concatenate([places, places + size])
                lines.add_numbers(both, np.tile(places + 2 * size, 2), np.tile(places, 2))
    for total, parts in found:
        # A sum is one where every part of it is said.
        joined = pd.concat([_numbers(of_metric, cells, name) for name in (total, *parts)], axis=1, join="inner")
        whole, *said = joined.to_numpy(dtype=np.int64).T
        every = np.tile(whole, len(said))
        lines.add_numbers(np.concatenate(said), every, every)


def _number(cells: Cells, place: int, kind: str) -> int | None:
    """Which number of a row is of a kind; a share's denominator is its two numbers together, and the third."""
    kinds = [counted.kind for counted in COUNTED[cells.statistics[place]]]
    if kind in kinds:
        return kinds.index(kind)
    return 2 if kind == "denominator" and "remainder" in kinds else None


def _numbers(of_metric: Mapping[str, pd.Series], cells: Cells, name: str) -> pd.Series:
    """The number of ``metric.kind`` in each cell; ``of_metric``: where the rows of each metric are, by cell."""
    metric, _, kind = name.rpartition(".")
    if metric not in of_metric:
        return pd.Series(dtype="int64")
    places = of_metric[metric]
    number = _number(cells, int(places.iloc[0]), kind)
    if number is None:
        raise ValueError(f"suppress: [{name}] counts nobody; name another number of [{metric}] in the sum")
    return places + number * len(cells.statistics)


def _same(frame: pd.DataFrame, cells: Cells) -> Iterator[tuple[str, tuple[str]]]:
    """Pairs of numbers of two metrics that are the same for the whole county in every period, and not always 0."""
    wholes = frame[frame["breakdown"] == ""]
    wholes = wholes.assign(time=wholes.groupby(["period", "period_start"], dropna=False).ngroup())
    seen: dict[bytes, str] = {}
    for metric, part in wholes.groupby("metric", sort=True):
        places = part["place"].to_numpy(dtype=np.int64)
        numerator, second = cells.values[places, 0], cells.values[places, 1]
        kinds = [counted.kind for counted in COUNTED[cells.statistics[places[0]]]]
        given = {"numerator": numerator}
        if "remainder" in kinds:
            given |= {"remainder": second, "denominator": numerator + second}
        elif "denominator" in kinds:
            given |= {"denominator": second}
        times = part["time"].to_numpy().tobytes()
        for kind, values in given.items():
            if not values.any():
                continue
            mark = times + values.tobytes()
            name = f"{metric}.{kind}"
            if mark in seen:
                yield seen[mark], (name,)
            else:
                seen[mark] = name
