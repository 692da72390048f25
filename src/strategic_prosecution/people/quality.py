"""How good the links are, held against the numbers that some records carry, and where a run must stop."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from rapidfuzz.distance import OSA
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

from strategic_prosecution.model import UNKNOWN, UNMAPPED

CURVE = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)
"""Probabilities at which found and false links are told beside the one in force."""

_ATTRIBUTES = ("race_ethnicity", "sex")
_edits = np.frompyfunc(OSA.distance, 2, 1)
_SPELLINGS, _RECORDS = "pairs of spellings", "records"
_COLUMNS = ("measure", "breakdown", "segment", "numerator", "denominator", "unit")
Integers = NDArray[np.int64]
# Measure, breakdown, segment, numerator, denominator, unit; as many independent ones as the denominator is worth.
Row = tuple[str, str, str, int, int | None, str, float | None]
# A measure, and of each number the pairs of which it is true and all of which it could be.
Shares = list[tuple[str, Integers, Integers]]


class LinkageError(ValueError):
    """The links are not to be trusted; the message says how many of them, why, and what to do, and names nobody."""


def linkage_quality(
    spellings: pd.DataFrame,
    compared: pd.DataFrame,
    records: pd.DataFrame,
    *,
    link_probability: float,
    pairs_to_review: pd.Series,
) -> pd.DataFrame:
    """mart.linkage_quality of a day, without as_of: one row per measure, breakdown and segment.

    spellings
        one row per spelling (a distinct way of writing a person): spelling (integer), records (how many write it),
        number (the valid state number, or null), race_ethnicity, sex (null where not known)
    compared
        every pair of spellings that the blocking rules brought together, once: left, right, probability (by names,
        dates and addresses, never by the number; 0 where likeness may not join them). Pairs below the least value of
        `CURVE` may be left out
    records
        one row per record of a person: record_table, person_id, confirmed_person_id, basis, spelling (null where its
        name or birth date says too little), writing (of name and birth date), race_ethnicity, sex
    link_probability
        the probability in force, from which pairs are joined
    pairs_to_review
        one kind per pair that waits for a reviewer

    Of pairs of spellings: `found` (pairs with one number that are joined, of all pairs with one number: what names
    alone would have found directly, without a third spelling between), `mistyped_numbers` (joined pairs whose two
    numbers are one edit or one transposition apart, of all joined pairs with two numbers) and `false_links` (joined
    pairs whose numbers differ by more, of joined pairs with two numbers that are not mistyped). Each is told at every
    probability of `CURVE` and by the attributes of the people whose numbers they are: a number's most frequent value,
    weighted by records, ties to its first spelling; a joined pair of two people of different segments counts in both.
    Breakdowns not_race_ethnicity and not_sex are all pairs without anybody of the segment. Records written exactly
    alike are one spelling and stand in none of these: the shares are those of pairs that are hard.

    Of records: `linked_records`, `alone`, `confirmed` (with another, by confirmed_person_id), `unusable`. Of people:
    `people` and `largest_person` (its writings), counts without a denominator. `to_review` counts pairs, in all and by
    kind.

    Columns measure, breakdown, segment, numerator, denominator, value, lower, upper, unit. The limits are Wilson's
    (1927) at 95 %. Pairs of one number stand and fall together, so of pairs of spellings they go by as many independent
    pairs as these are worth (design effect, Kish 1965; Rao and Scott 1992). Raises ValueError when a probability is
    null or not between 0 and 1, or a pair names a spelling that is not among `spellings`.
    """
    rows = [
        *_pair_rows(spellings.sort_values("spelling", ignore_index=True), compared, link_probability),
        *_record_rows(records),
        *_people_rows(records, pairs_to_review),
    ]
    table = pd.DataFrame(rows, columns=[*_COLUMNS, "worth"])
    table["numerator"] = table["numerator"].astype("Int64")
    table["denominator"] = table["denominator"].astype("Int64")
    total = table["denominator"].astype(float)
    table["value"] = table["numerator"].astype(float) / total.where(total > 0)
    worth = table["worth"].astype(float)
    lower, upper = proportion_confint((table["value"] * worth).to_numpy(), worth.to_numpy(), method="wilson")
    # At none and at all of them the limit is 0 or 1 exactly; the formula leaves a rounding error.
    table["lower"] = np.where(table["value"] == 0, 0.0, lower)
    table["upper"] = np.where(table["value"] == 1, 1.0, upper)
    return table[[*_COLUMNS[:-1], "value", "lower", "upper", "unit"]]


def check_growth(
    quality: pd.DataFrame, *, spellings_per_person: ArrayLike, largest_person: int, max_false_links: float
) -> None:
    """Raise LinkageError when a person grew beyond belief, or when too many links join two numbers.

    quality
        what `linkage_quality` gave
    spellings_per_person
        how many spellings each person has, in any order
    largest_person, max_false_links
        as in `[people]` of office.toml

    False links are held against the limit by the lower end of their interval: a small office is not stopped by chance.
    """
    sizes = np.asarray(spellings_per_person)
    too_large = sizes[sizes > largest_person]
    if len(too_large):
        people = "1 person is" if len(too_large) == 1 else f"{len(too_large):,} people are"
        raise LinkageError(
            f"people: {people} written in more than {largest_person} ways (the most: {too_large.max():,}), so records "
            "of several may have been joined: look at `stratpro people review`; raise [people] largest_person if it "
            "is right"
        )
    whole = quality[(quality["measure"] == "false_links") & (quality["breakdown"] == "")].iloc[0]
    if whole["lower"] > max_false_links:
        raise LinkageError(
            f"people: of {whole['denominator']:,} pairs with two numbers that likeness would join "
            f"{whole['numerator']:,} have numbers that differ by more than a mistyped digit ({whole['value']:.1%}, at "
            f"least {whole['lower']:.1%}), more than [people] max_false_links {max_false_links}: look at `stratpro "
            "people review`, and raise [people] link_probability"
        )


def _pair_rows(spellings: pd.DataFrame, compared: pd.DataFrame, link_probability: float) -> Iterator[Row]:
    """Found and false links and mistyped numbers: in all, along the curve, and by attribute."""
    number, numbers = pd.factorize(spellings["number"])
    pairs = _numbered(spellings["spelling"], compared, number, numbers)
    sizes: Integers = np.bincount(number[number >= 0], minlength=len(numbers)).astype(np.int64)
    possible = sizes * (sizes - 1) // 2

    for at in sorted({*CURVE, link_probability}):
        shares = _shares(pairs[pairs["probability"] >= at], possible)
        yield from _share_rows("probability", str(at), shares)
        if at == link_probability:
            yield from _share_rows("", "", shares)

    joined = pairs[pairs["probability"] >= link_probability]
    in_all = _shares(joined, possible)
    for attribute in _ATTRIBUTES:
        segment_of, segments = _segments(spellings, number, attribute, numbers=len(numbers))
        one, other = (segment_of[joined[side]] for side in ("first", "second"))
        for code, segment in sorted(enumerate(segments), key=lambda pair: pair[1]):
            here = _shares(joined[(one == code) | (other == code)], np.where(segment_of == code, possible, 0))
            elsewhere = [
                (measure, all_true - true, all_of - of)
                for (measure, all_true, all_of), (_, true, of) in zip(in_all, here, strict=True)
            ]
            yield from _share_rows(attribute, segment, here)
            yield from _share_rows(f"not_{attribute}", segment, elsewhere)


def _numbered(spelling: pd.Series, compared: pd.DataFrame, number: NDArray[np.intp], numbers: pd.Index) -> pd.DataFrame:
    """Pairs with two numbers: first (the number that was written first), second, probability, is_mistyped."""
    probability = compared["probability"].to_numpy(dtype=float)
    if not ((probability >= 0) & (probability <= 1)).all():
        raise ValueError("compared: a probability is null or not between 0 and 1; compare the pairs again")
    place = pd.Index(spelling)
    at_left, at_right = (place.get_indexer(compared[side]) for side in ("left", "right"))
    if (at_left < 0).any() or (at_right < 0).any():
        raise ValueError("compared: a pair names a spelling that is not among the spellings; compare the pairs again")
    left, right = number[at_left], number[at_right]
    has_two = (left >= 0) & (right >= 0)
    pairs = pd.DataFrame(
        {
            "first": np.minimum(left, right)[has_two],
            "second": np.maximum(left, right)[has_two],
            "probability": probability[has_two],
            "is_mistyped": False,
        }
    )
    differ = pairs["first"] != pairs["second"]
    written = (numbers.to_numpy(dtype=object)[pairs.loc[differ, side]] for side in ("first", "second"))
    pairs.loc[differ, "is_mistyped"] = _edits(*written).astype(int) <= 1
    return pairs


def _shares(joined: pd.DataFrame, possible: Integers) -> Shares:
    """Of each number the joined pairs that are right, false and mistyped, and of how many; ``possible``: with itself.

    A pair of two numbers is of the one that was written first.
    """
    first = joined["first"].to_numpy()
    is_right = first == joined["second"].to_numpy()
    is_mistyped = joined["is_mistyped"].to_numpy()
    right, mistyped, false = (
        np.bincount(first[which], minlength=len(possible)).astype(np.int64)
        for which in (is_right, is_mistyped, ~is_right & ~is_mistyped)
    )
    return [
        ("found", right, possible),
        ("false_links", false, right + false),
        ("mistyped_numbers", mistyped, right + false + mistyped),
    ]


def _share_rows(breakdown: str, segment: str, shares: Shares) -> Iterator[Row]:
    for measure, true, of in shares:
        yield measure, breakdown, segment, int(true.sum()), int(of.sum()), _SPELLINGS, _worth(true, of)


def _worth(true: Integers, of: Integers) -> float | None:
    """As many independent pairs as these are worth, by the variance of a ratio over numbers, linearised.

    Never more than there are; where all or none are true, or all are of one number, as many as there are numbers. None
    where there are no pairs.
    """
    true, of = true[of > 0], of[of > 0]
    numbers, total = len(of), float(of.sum())
    if not numbers:
        return None
    value = float(true.sum()) / total
    if numbers == 1 or value in (0.0, 1.0):
        return float(numbers)
    variance = numbers / (numbers - 1) * float(np.square(true - value * of).sum()) / total**2
    of_one_pair = value * (1 - value)
    return of_one_pair / max(variance, of_one_pair / total)


def _segments(
    spellings: pd.DataFrame, number: NDArray[Any], attribute: str, *, numbers: int
) -> tuple[Integers, list[str]]:
    """Each number's most frequent value as a code, and the values that occur; unknown where nothing else is said."""
    said = pd.DataFrame(
        {"number": number, "value": spellings[attribute].astype(object), "records": spellings["records"]}
    )
    said = said[(said["number"] >= 0) & said["value"].notna() & ~said["value"].isin([UNKNOWN, UNMAPPED])]
    counts = said.groupby(["number", "value"], sort=False)["records"].sum().reset_index()
    most = counts.sort_values("records", ascending=False, kind="stable").drop_duplicates("number")
    values = np.full(numbers, UNKNOWN, dtype=object)
    values[most["number"].to_numpy()] = most["value"].to_numpy()
    codes, segments = pd.factorize(values)
    return codes, [str(segment) for segment in segments]


def _record_rows(records: pd.DataFrame) -> Iterator[Row]:
    """How many records are linked, alone, confirmed and unusable: in all, by attribute and table, and by basis."""
    basis = records["basis"].astype(object)
    linked, confirmed = (records[person].duplicated(keep=False) for person in ("person_id", "confirmed_person_id"))
    marks = pd.DataFrame(
        {
            "linked_records": linked,
            "alone": basis == "alone",
            "confirmed": confirmed,
            "unusable": records["spelling"].isna(),
        }
    )
    for measure in marks.columns:
        yield _record_row(measure, "", "", int(marks[measure].sum()), len(marks))
    for breakdown in (*_ATTRIBUTES, "record_table"):
        segment = records[breakdown].astype(object)
        groups = marks.groupby(segment.where(segment.notna(), UNKNOWN), sort=True)
        counts, totals = groups.sum(), groups.size()
        for measure in marks.columns:
            for name, count, total in zip(totals.index, counts[measure], totals, strict=True):
                yield _record_row(measure, breakdown, str(name), int(count), int(total))
    for name, count in basis[linked].value_counts().sort_index().items():
        yield _record_row("linked_records", "basis", str(name), int(count), len(marks))


def _record_row(measure: str, breakdown: str, segment: str, count: int, total: int) -> Row:
    return measure, breakdown, segment, count, total, _RECORDS, total or None


def _people_rows(records: pd.DataFrame, pairs_to_review: pd.Series) -> Iterator[Row]:
    yield "people", "", "", records["person_id"].nunique(), None, "people", None
    largest = records.groupby("person_id")["writing"].nunique().max() if len(records) else 0
    yield "largest_person", "", "", int(largest), None, "writings", None
    yield "to_review", "", "", len(pairs_to_review), None, "pairs of people", None
    for kind, count in pairs_to_review.value_counts().sort_index().items():
        yield "to_review", "kind", str(kind), int(count), None, "pairs of people", None
