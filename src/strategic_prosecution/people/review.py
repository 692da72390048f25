"""Which pairs a reviewer should look at, and what a decision would change."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from strategic_prosecution.people.model import Model

COLUMNS = (
    "left_person_id", "right_person_id", "left_table", "left_record", "right_table", "right_record", "kind",
    "probability", "is_joined", "agreement", "memberships", "records", "place",
)  # fmt: skip
_TOLD_APART = "told_apart"
Ints = NDArray[np.int64]


def pairs_to_review(
    frame: pd.DataFrame,
    *,
    pairs: pd.DataFrame,
    units: pd.DataFrame,
    person: Ints,
    refused: pd.DataFrame,
    contradicted: pd.DataFrame,
    disputed: list[tuple[int, int]],
    confirmed: Ints,
    decided: list[tuple[int, int]],
    ids: pd.DataFrame,
    model: Model,
    review_probability: float,
) -> pd.DataFrame:
    """One row per pair of confirmed people worth a reviewer's time, in the order of what a decision would change.

    ``frame``: records in the order of rows; ``confirmed``: for each row the first row of its confirmed person;
    ``person``: for each first row that of its person by all links. ``pairs``: compared spellings with may_join and
    joins; ``units``: of these the pairs of confirmed people, with left, right, left_row, right_row. ``refused``: ties
    that a constraint stopped, with why; ``contradicted``: row and usual_row of records whose number is another's;
    ``disputed``: pairs of rows on which decisions contradict each other; ``decided``: pairs of rows that a reviewer
    decided on: these people are not asked about again.

    joined: one person by likeness, and a list would gain from knowing; possible: alike, not enough to join, or without
    a birth date; numbers_differ, birth_years, decisions_differ: alike enough, and a constraint stopped it; same_number:
    one identifier, and everything else differs.
    """
    found = _likely(pairs, units, person, refused, model=model, review_probability=review_probability)
    numbered = _rows_asked(
        contradicted[["row", "usual_row"]].to_numpy(np.int64),
        confirmed,
        kind="same_number",
        agreement="one number; neither birth date nor names agree",
    )
    differing = _rows_asked(
        np.array(disputed, dtype=np.int64).reshape(-1, 2),
        confirmed,
        kind="decisions_differ",
        agreement="decisions contradict each other by way of others, or of a number",
    )
    found = pd.concat([differing, numbered, found], ignore_index=True)
    ends = np.sort(found[["left", "right"]].to_numpy(np.int64), axis=1).reshape(-1, 2)
    known = {tuple(sorted((int(confirmed[a]), int(confirmed[b])))) for a, b in decided}
    is_decided = np.fromiter((pair in known for pair in map(tuple, ends.tolist())), bool, count=len(found))
    found = found[(ends[:, 0] != ends[:, 1]) & (~is_decided | (found["kind"] == "decisions_differ"))]
    size = len(frame)
    is_membership = (frame["record_table"] == "memberships").to_numpy()
    of_unit = np.bincount(confirmed, minlength=size)
    memberships = np.bincount(confirmed[is_membership], minlength=size)
    left, right = found["left"].to_numpy(np.int64), found["right"].to_numpy(np.int64)
    found = found.assign(
        is_joined=person[left] == person[right],
        memberships=memberships[left] + memberships[right],
        records=np.minimum(of_unit[left], of_unit[right]),
    )
    found = found[(found["kind"] != "joined") | (found["memberships"] > 0)]
    return _named(frame, found, ids).sort_values("place").reset_index(drop=True)


def _rows_asked(rows: Ints, confirmed: Ints, *, kind: str, agreement: str) -> pd.DataFrame:
    """Pairs of rows as questions about their confirmed people."""
    left, right = rows[:, 0], rows[:, 1]
    return pd.DataFrame(
        {
            "left_row": left,
            "right_row": right,
            "left": confirmed[left],
            "right": confirmed[right],
            "kind": kind,
            "probability": np.nan,
            "agreement": agreement,
        }
    )


def _likely(
    pairs: pd.DataFrame,
    units: pd.DataFrame,
    person: Ints,
    refused: pd.DataFrame,
    *,
    model: Model,
    review_probability: float,
) -> pd.DataFrame:
    """The most alike spellings of each pair of confirmed people that is worth asking about."""
    told = pairs.loc[units.index]
    between = units.assign(probability=told["probability"], joins=told["joins"], may_join=told["may_join"])
    ends = np.sort(between[["left", "right"]].to_numpy(np.int64), axis=1)
    between = between.assign(low=ends[:, 0], high=ends[:, 1])
    between = between[(between["low"] != between["high"]) & (between["probability"] >= review_probability)]
    between = between.merge(
        refused.rename(columns={"left": "low", "right": "high"})[["low", "high", "why"]], on=["low", "high"], how="left"
    ).set_index(between.index)
    is_one = person[between["low"].to_numpy(np.int64)] == person[between["high"].to_numpy(np.int64)]
    # What contradicts is no question: brothers and sisters, fathers and sons.
    is_doubtful = between["may_join"] | _without_the_needed(pairs.loc[between.index], model)
    between["kind"] = np.select(
        [is_one & between["joins"], is_one, between["why"].notna(), ~between["joins"] & is_doubtful],
        ["joined", "", between["why"].fillna(""), "possible"],
        default="",
    )
    between = between[~between["kind"].isin(["", _TOLD_APART])]
    between = between.sort_values(["probability", "left_row", "right_row"], ascending=[False, True, True])
    between = between.drop_duplicates(["low", "high"])
    return between.assign(agreement=_agreement(pairs.loc[between.index], model))[
        ["left_row", "right_row", "left", "right", "kind", "probability", "agreement"]
    ]


def _without_the_needed(pairs: pd.DataFrame, model: Model) -> pd.Series:
    """Pairs that lack something without which likeness joins nothing, and that nothing contradicts."""
    lacking = pd.Series(False, index=pairs.index)
    for comparison in model.comparisons:
        level = pairs[f"level_{comparison.name}"]
        for n, stated in enumerate(comparison.levels):
            if stated.is_null and comparison.is_needed:
                lacking |= level == n
    for comparison in model.comparisons:
        level = pairs[f"level_{comparison.name}"]
        for n, stated in enumerate(comparison.levels):
            if stated.contradicts:
                lacking &= level != n
    return lacking


def _agreement(pairs: pd.DataFrame, model: Model) -> pd.Series:
    """What agrees and what does not, in words; of what is missing, only what likeness needs."""
    text = pd.Series("", index=pairs.index, dtype=object)
    for comparison in model.comparisons:
        words = {
            n: "" if level.is_null and not comparison.is_needed else f"; {level.what}"
            for n, level in enumerate(comparison.levels)
        }
        text += pairs[f"level_{comparison.name}"].map(words).astype(object)
    return text.str.removeprefix("; ")


def _named(frame: pd.DataFrame, found: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    """With the keys and confirmed people of both records, the smaller id first, and the place in the queue."""
    columns: dict[str, Any] = {}
    confirmed = ids["confirmed_person_id"].to_numpy()
    rows = {side: found[f"{side}_row"].to_numpy(np.int64) for side in ("left", "right")}
    swapped = confirmed[rows["left"]] > confirmed[rows["right"]]
    first, second = np.where(swapped, rows["right"], rows["left"]), np.where(swapped, rows["left"], rows["right"])
    for side, row in (("left", first), ("right", second)):
        columns[f"{side}_person_id"] = confirmed[row]
        columns[f"{side}_table"] = frame["record_table"].to_numpy()[row]
        columns[f"{side}_record"] = frame["record_id"].to_numpy()[row]
    named = pd.DataFrame(columns, index=found.index).join(
        found[["kind", "probability", "is_joined", "agreement", "memberships", "records"]]
    )
    named = named.drop_duplicates(["left_person_id", "right_person_id"])
    order = ["memberships", "is_joined", "records", "probability", "left_person_id", "right_person_id"]
    # What is joined and least likely is most in doubt.
    named = named.sort_values(order, ascending=[False, True, False, True, True, True], na_position="first")
    return named.assign(place=np.arange(1, len(named) + 1))[list(COLUMNS)]
