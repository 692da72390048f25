"""Everything in the reference a string could mean, with its faults: streets, then numbers on them or their corners.

Only exact joins on keys; nothing is compared by edit distance. What the string leaves out is a fault; what it states
and the reference contradicts is a rejection. The fault sizes follow the British Columbia geocoder's published
penalties (bcgov/ols-geocoder), except that a wrong direction or suffix, mild there, rejects here.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from strategic_prosecution.places.names import clean_name
from strategic_prosecution.places.parse import Parsed
from strategic_prosecution.places.reference import MIXED, Reference, read_as_streets

FAULTS: dict[str, int] = {
    "alias": 1,
    "spelling": 1,
    "tail_dropped": 1,
    "number_span": 1,
    "cross_street": 1,
    "direction_missing": 2,
    "side": 3,
    "direction_extra": 4,
    "suffix_missing": 6,
    "number_out_of_range": 10,
}
CEILINGS: dict[str, int] = {"range": 100, "intersection": 100, "block": 99, "range_out": 78, "street": 78}

_STREET_FAULTS = ["alias", "spelling", "tail_dropped", "direction_missing", "direction_extra", "suffix_missing"]
_COLUMNS = ["query", "match_type", "number", "street_id", "other_id", "side", "own_side", "node", "penalty", "faults"]


def find_candidates(parsed: Sequence[Parsed], reference: Reference) -> pd.DataFrame:
    """One row per query, reading and place it could be.

    query (position in `parsed`), match_type (range, block, intersection, range_out, street), number, street_id,
    other_id (an intersection's second street), side (row of `reference.sides`), own_side, node, score (0-100), faults
    (';'-joined). Blocks are not yet looked at; -1 where a column does not apply.
    """
    rows = [
        (query, reading_no, slot, len(reading.streets), reading.kind, reading.number, clean_name(text), reading.fault)
        for query, one in enumerate(parsed)
        for reading_no, reading in enumerate(one.readings)
        for slot, text in enumerate(reading.streets)
    ]
    slots = pd.DataFrame(rows, columns=["query", "reading", "slot", "slots", "kind", "number", "text", "fault"])
    meanings = slots.merge(_streets(slots["text"], reference), on="text")
    own_fault = meanings["fault"]
    meanings["penalty"] += own_fault.map(FAULTS).fillna(0).astype(np.int64)
    meanings["faults"] = np.where(own_fault == "", meanings["faults"], own_fault + ";" + meanings["faults"])
    found = [
        _ranges(meanings[meanings["kind"] == "exact"], reference),
        _blocks(meanings[meanings["kind"] == "block"], reference),
        _corners(meanings[meanings["kind"] == "intersection"], reference),
        meanings[meanings["kind"] == "street"].assign(match_type="street"),
    ]
    out = pd.concat([part.reindex(columns=_COLUMNS) for part in found], ignore_index=True)
    whole = ["number", "street_id", "other_id", "side", "node"]
    out[whole] = out[whole].astype(float).fillna(-1).astype(np.int64)
    out["own_side"] = out["own_side"].eq(True)
    out["score"] = np.clip(out["match_type"].map(CEILINGS).astype(float) - out["penalty"].astype(float), 0, 100)
    out["faults"] = out["faults"].str.strip(";")
    return out.drop(columns="penalty").sort_values(
        ["query", "score", "match_type", "street_id", "other_id", "side", "node", "faults"],
        ascending=[True, False, True, True, True, True, True, True],
        ignore_index=True,
    )


def _streets(texts: pd.Series, reference: Reference) -> pd.DataFrame:
    """text, street_id, penalty, faults: the best reading of each string as each street it could be."""
    readings = read_as_streets(sorted(texts.unique()))
    names = reference.names
    directed = (names["predir"] != "") | (names["postdir"] != "")
    names = names.assign(only_undirected=~directed.groupby([names["key"], names["suffix"]]).transform("any"))
    joined = readings.merge(names, on="key", suffixes=("", "_street"))
    unstated = (joined["predir"] == "") & (joined["postdir"] == "")
    undirected = (joined["predir_street"] == "") & (joined["postdir_street"] == "")
    same_direction = (joined["predir"] == joined["predir_street"]) & (joined["postdir"] == joined["postdir_street"])
    same_suffix = joined["suffix"] == joined["suffix_street"]
    joined["direction_missing"] = ~same_direction & unstated
    # A direction the layer does not know is forgiven only where no street of that name and suffix has any: on
    # Philadelphia's shootings 79 of 80 such blocks were the published place (W CHURCH LN for CHURCH LN).
    joined["direction_extra"] = ~same_direction & undirected & joined["only_undirected"]
    joined["suffix_missing"] = ~same_suffix
    joined["spelling"] = joined["name"] != joined["name_street"]
    possible = same_direction | joined["direction_missing"] | joined["direction_extra"]
    possible &= same_suffix | ((joined["suffix"] == "") & ~joined["complete"])
    joined = joined[possible].copy()
    sizes = np.array([FAULTS[fault] for fault in _STREET_FAULTS])
    has = joined[_STREET_FAULTS].to_numpy(dtype=bool)
    joined["penalty"] = has @ sizes
    joined["faults"] = _joined_faults(has)
    joined = joined.sort_values(["text", "street_id", "penalty", "faults"])
    return joined.drop_duplicates(["text", "street_id"])[["text", "street_id", "penalty", "faults"]]


def _joined_faults(has: NDArray[np.bool_]) -> NDArray[np.object_]:
    text = np.full(len(has), "", dtype=object)
    for column, fault in enumerate(_STREET_FAULTS):
        text = np.where(has[:, column], text + fault + ";", text)
    return text


def _ranges(meanings: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """House numbers on the sides whose range holds them; streets without one are `range_out`."""
    wanted = meanings.assign(hundred=meanings["number"] // 100 * 100).reset_index(drop=True)
    joined = wanted.reset_index(names="row").merge(reference.buckets, on=["street_id", "hundred"])
    sides = reference.sides.iloc[joined["side"].to_numpy()]
    number = joined["number"].to_numpy()
    inside = (number >= sides["low"].to_numpy()) & (number <= sides["high"].to_numpy()) & (number > 0)
    parity = sides["parity"].to_numpy()
    joined["own_side"] = (parity == MIXED) | (parity == number % 2)
    joined = joined[inside]
    # The facing side is only asked where the number has no side of its own; else it would be everybody's runner-up.
    joined = joined[joined["own_side"] | ~joined.groupby(["row", "street_id"])["own_side"].transform("any")].copy()
    joined["penalty"] += np.where(joined["own_side"], 0, FAULTS["side"])
    joined["faults"] = joined["faults"].where(joined["own_side"], joined["faults"] + "side;")
    outside = _outside(wanted[~wanted.index.isin(joined["row"])])
    return pd.concat([joined.assign(match_type="range"), outside], ignore_index=True)


def _blocks(meanings: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """Hundred-blocks that exist on the street; streets without that hundred are `range_out`."""
    known = reference.buckets[["street_id", "hundred"]].drop_duplicates()
    joined = meanings.merge(
        known.assign(there=True), left_on=["street_id", "number"], right_on=["street_id", "hundred"], how="left"
    )
    there = joined["there"].eq(True)
    return pd.concat([joined[there].assign(match_type="block"), _outside(joined[~there])], ignore_index=True)


def _outside(meanings: pd.DataFrame) -> pd.DataFrame:
    return meanings.assign(
        match_type="range_out",
        penalty=meanings["penalty"] + FAULTS["number_out_of_range"],
        faults=meanings["faults"] + "number_out_of_range;",
    )


def _corners(meanings: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """Points where all named streets meet, as different streets; two to four streets."""
    by = ["query", "reading", "node"]
    joined = meanings.merge(reference.node_streets, on="street_id")
    joined = joined.sort_values([*by, "slot", "penalty", "street_id"])
    joined = joined.drop_duplicates([*by, "slot"])
    groups = joined.groupby(by, as_index=False)
    corners = groups.agg(
        slots=("slots", "first"),
        met=("slot", "size"),
        different=("street_id", "nunique"),
        street_id=("street_id", "first"),
        other_id=("street_id", "last"),
        penalty=("penalty", "sum"),
        faults=("faults", "sum"),
    )
    corners = corners[(corners["met"] == corners["slots"]) & (corners["different"] == corners["slots"])]
    corners["faults"] = corners["faults"].map(
        lambda text: "".join(f"{f};" for f in dict.fromkeys(text.split(";")) if f)
    )
    return corners.assign(match_type="intersection")
