"""What is odd in a street layer. Findings are for the keeper of the map; none of them stops the geocoder."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EVEN, ODD, MIXED = 0, 1, 2
_HOLE = 100
_SHOWN_PER_KIND = 1_000
_COLUMNS = ["kind", "reference_id", "street", "what"]


@dataclass
class Findings:
    """Collects findings while a reference is compiled; `table` and `counts` are what it keeps of them."""

    frames: list[pd.DataFrame] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def add(self, kind: str, *, reference_id: pd.Series, street: pd.Series, what: pd.Series | str) -> None:
        """One row per odd thing. A kind that was looked for and not found has the count 0."""
        found = pd.DataFrame({"reference_id": reference_id.to_numpy(), "street": street.to_numpy()})
        found["what"] = what if isinstance(what, str) else what.to_numpy()
        self.kinds.append(kind)
        self.frames.append(found.assign(kind=kind)[_COLUMNS].astype(str))

    def counts(self) -> pd.DataFrame:
        """kind, count: one row per kind that was looked for, by kind."""
        total = dict.fromkeys(self.kinds, 0)
        for kind, frame in zip(self.kinds, self.frames, strict=True):
            total[kind] += len(frame)
        return pd.DataFrame(sorted(total.items()), columns=["kind", "count"])

    def table(self) -> pd.DataFrame:
        """kind, reference_id, street, what: at most 1,000 rows per kind, in an order of their contents only."""
        found = pd.concat(self.frames, ignore_index=True).sort_values(_COLUMNS, kind="stable")
        return found.groupby("kind").head(_SHOWN_PER_KIND).reset_index(drop=True)


def lint_sides(
    sides: pd.DataFrame,
    *,
    segment_ids: pd.Series,
    labels: pd.Series,
    node_of_end: NDArray[np.int64],
    findings: Findings,
) -> None:
    """Find what is odd among usable sides.

    descending: the numbers run down along the digitised line, which is normal. reversed: at every end where the
    segment touches others of its street, its numbers would fit theirs better the other way round. mixed_parity: even
    and odd numbers on one side. overlapping: begins inside an earlier side of the street and parity. gap: more than a
    hundred numbers between consecutive ranges of a street and parity whose segments touch. same_parity_both_sides,
    zero_on_one_side: left and right are both even or both odd; only one of them has a range.
    """
    reference_id = segment_ids.to_numpy()[sides["segment"]]
    street = labels.to_numpy()[sides["street_id"]]
    shown = sides.assign(
        reference_id=reference_id,
        street=street,
        what=np.where(sides["side"] == 1, "left ", "right ")
        + sides["start"].astype(str).to_numpy(dtype=object)
        + "-"
        + sides["end"].astype(str).to_numpy(dtype=object),
    )

    def add(kind: str, rows: pd.DataFrame) -> None:
        findings.add(kind, reference_id=rows["reference_id"], street=rows["street"], what=rows["what"])

    add("descending", shown[shown["start"] > shown["end"]])
    add("reversed", shown[shown["segment"].isin(_reversed(sides, node_of_end))].drop_duplicates("segment"))
    add("mixed_parity", shown[shown["parity"] == MIXED])
    overlapping, holes = _overlapping_and_gaps(shown, node_of_end)
    add("overlapping", overlapping)
    add("gap", holes)
    plain = shown[shown["parity"] != MIXED].drop_duplicates(["segment", "side", "parity"])
    add("same_parity_both_sides", plain[plain.duplicated(["segment", "parity"])])
    one_sided = shown.groupby("segment")["side"].transform("nunique") == 1
    add("zero_on_one_side", shown[one_sided].drop_duplicates("segment"))


def _overlapping_and_gaps(sides: pd.DataFrame, node_of_end: NDArray[np.int64]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sides that begin inside an earlier one, and sides that begin too far behind the previous one they touch."""
    overlapping, holes = [], []
    for parity in (EVEN, ODD):
        some = sides[(sides["parity"] == parity) | (sides["parity"] == MIXED)]
        some = some.sort_values(["street_id", "low", "high", "segment", "side"])
        street = some["street_id"]
        reach = some.groupby("street_id")["high"].cummax().groupby(street).shift()
        overlapping.append(some[(some["low"] <= reach).to_numpy()])
        before = some.groupby("street_id")["segment"].shift().fillna(some["segment"]).astype(np.int64)
        one, other = node_of_end[some["segment"]], node_of_end[before]
        touches = (one[:, :, None] == other[:, None, :]).any(axis=(1, 2)) & (some["segment"] != before)
        hole = some["low"] - reach
        far = (touches & (hole > _HOLE)).to_numpy()
        holes.append(some[far].assign(what=some["what"][far] + " follows " + reach[far].astype(np.int64).astype(str)))
    return pd.concat(overlapping), pd.concat(holes)


def _reversed(sides: pd.DataFrame, node_of_end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Segments whose numbers fit the touching segments of their street better when they are turned round."""
    ends = sides.groupby(["street_id", "segment"], as_index=False).agg(start=("start", "mean"), end=("end", "mean"))
    segment = ends["segment"].to_numpy()
    ends = ends[(node_of_end[segment, 0] != node_of_end[segment, 1])].reset_index(drop=True)
    segment = ends["segment"].to_numpy()
    here = pd.concat(
        [
            pd.DataFrame(
                {
                    "street_id": ends["street_id"],
                    "segment": segment,
                    "end": end,
                    "node": node_of_end[segment, end],
                    "near": ends["start" if end == 0 else "end"],
                    "far": ends["end" if end == 0 else "start"],
                }
            )
            for end in (0, 1)
        ]
    )
    pairs = here.merge(
        here[["street_id", "node", "segment", "near"]], on=["street_id", "node"], suffixes=("", "_other")
    )
    pairs = pairs[pairs["segment"] != pairs["segment_other"]]
    as_is, turned = (pairs[own].sub(pairs["near_other"]).abs() for own in ("near", "far"))
    at_end = pairs.assign(worse=as_is - turned, turned=turned).groupby(["segment", "end"])
    # Where numbering starts afresh, neither way round fits, and nothing is known of the direction.
    better = (at_end["worse"].sum() > 0) & (at_end["turned"].min() <= _HOLE)
    everywhere = better.groupby("segment").all()
    return everywhere.index[everywhere].to_numpy(dtype=np.int64)
