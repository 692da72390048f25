"""Relative rate index: how often an event befalls one group beside another, stage by stage of the process.

Method: OJJDP, Racial and Ethnic Disparity Databook (relative rate index; groups under 1 % of residents left out).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import pandas as pd
from scipy.stats import chi2, norm

from strategic_prosecution.model import UNKNOWN, UNMAPPED

RESIDENTS = "residents"
PER_RESIDENTS = 1000
COLUMNS = (
    "stage", "view", "group", "reference", "before", "numerator", "denominator", "value", "reference_numerator",
    "reference_denominator", "reference_value", "ratio", "ratio_lower", "ratio_upper", "difference",
    "difference_lower", "difference_upper", "share_of_gap", "note",
)  # fmt: skip
NO_GROUP = (UNKNOWN, UNMAPPED)
_INTEGERS = ("numerator", "denominator", "reference_numerator", "reference_denominator")
_TEXTS = ("stage", "view", "group", "reference", "before", "note")


@dataclass(frozen=True)
class Stage:
    """A stage of the process: its name and the stage before, of which its rate is a share.

    ``before``: RESIDENTS, another stage, or a count given beside the stages. ``is_part``: each event is one of those
    before; False where both are only counts of the same period (arrests and referrals of two agencies), and always for
    residents, who may be arrested twice.
    """

    name: str
    before: str = RESIDENTS
    is_part: bool = True


@dataclass(frozen=True)
class RelativeRate:
    """Two rates, their ratio and their difference, with limits; None where undefined."""

    rate: float | None
    reference_rate: float | None
    ratio: float | None
    ratio_lower: float | None
    ratio_upper: float | None
    difference: float | None
    difference_lower: float | None
    difference_upper: float | None


def relative_rate_index(
    *,
    events: int,
    at_risk: int,
    reference_events: int,
    reference_at_risk: int,
    is_part: bool = True,
    confidence: float = 0.95,
) -> RelativeRate:
    """The rate of a group over the rate of a reference group, and less it, with limits.

    is_part
        each event is one of those at risk (detained of cases filed): two binomials. False where it is not (arrests per
        resident: one resident may be arrested twice, and who was exposed is known only in number): two Poisson counts,
        so that those at risk add nothing to the variance and events may outnumber them

    Ratio: log-normal limits, exp(ln ratio +- z sqrt(1/a - 1/n + 1/b - 1/m)) (Katz et al. 1978), without 1/n and 1/m for
    Poisson counts. Difference: hybrid score limits from the Wilson limits of both (Newcombe 1998, method 10); for
    Poisson counts the same of the exact limits (Garwood 1936; Zou and Donner 2008).

    None: the rate of a group with nobody at risk, and all that rests on it; the ratio where the reference group has no
    event; its limits where the group has none, which is a ratio of 0, and where it happened to everybody of a group:
    the formula takes that for certain, with 3 of 3 as with 300 of 300. Raises ValueError for counts below 0, and for
    events that outnumber those at risk.
    """
    pairs = ((events, at_risk), (reference_events, reference_at_risk))
    if min(map(min, pairs)) < 0:
        raise ValueError("relative_rate_index: a count is below 0; give counts of events and of those at risk")
    if is_part and any(count > of for count, of in pairs):
        raise ValueError("relative_rate_index: more events than at risk; where they are no part of it, is_part=False")
    z = float(norm.ppf((1 + confidence) / 2))
    rate, reference_rate = (count / of if of else None for count, of in pairs)
    if rate is None or reference_rate is None:
        return RelativeRate(rate, reference_rate, None, None, None, None, None, None)
    ratio = rate / reference_rate if reference_events else None
    is_certain = is_part and any(count == of for count, of in pairs)
    spread = _log_spread(pairs, is_part) if ratio and not is_certain else None
    difference = rate - reference_rate
    (lower, upper), (reference_lower, reference_upper) = (
        _wilson(count, of, z) if is_part else _garwood(count, of, confidence) for count, of in pairs
    )
    return RelativeRate(
        rate=rate,
        reference_rate=reference_rate,
        ratio=ratio,
        ratio_lower=ratio * exp(-z * spread) if ratio and spread else None,
        ratio_upper=ratio * exp(z * spread) if ratio and spread else None,
        difference=difference,
        difference_lower=difference - sqrt((rate - lower) ** 2 + (reference_upper - reference_rate) ** 2),
        difference_upper=difference + sqrt((upper - rate) ** 2 + (reference_rate - reference_lower) ** 2),
    )


def _log_spread(pairs: tuple[tuple[int, int], ...], is_part: bool) -> float:
    """Standard error of the logarithm of a ratio."""
    return sqrt(sum((1 / count - 1 / of) if is_part else 1 / count for count, of in pairs))


def _wilson(count: int, of: int, z: float) -> tuple[float, float]:
    """Limits of a share (Wilson 1927)."""
    share = count / of
    middle = share + z**2 / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    shrink = 1 + z**2 / of
    # At 0 and at all the limit is exactly that; the formula leaves a rounding error.
    return (0.0 if count == 0 else (middle - spread) / shrink, 1.0 if count == of else (middle + spread) / shrink)


def _garwood(count: int, of: int, confidence: float) -> tuple[float, float]:
    """Exact limits of a Poisson rate (Garwood 1936)."""
    tail = (1 - confidence) / 2
    lower = float(chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return lower / of, float(chi2.isf(tail, 2 * count + 2)) / 2 / of


def relative_rates(
    frame: pd.DataFrame,
    *,
    stages: Sequence[Stage],
    reference: str,
    last: str = "",
    smallest_share: float = 0.01,
    all_residents: int | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Every stage and group beside the reference group, per 1,000 residents and as a share of the stage before.

    frame
        counts: stage, group, events (whole numbers); residents and whatever else a stage is a share of are rows too. A
        group without a row has no event there; without a row of residents it has none that are known
    stages
        in the order of the process; those without any row are left out
    last
        end of the chain along which the gap is taken apart; '' for none
    smallest_share
        groups with a smaller share of residents get no ratio and no difference
    all_residents
        where the groups do not cover them all; default: the sum over the groups

    Returns COLUMNS, one row per view ('cumulative': per 1,000 residents; 'conditional': as a share of the stage before,
    which of the first stage is residents again), stage and group, in that order; no cumulative view without residents.
    The reference group has a ratio of 1; 'unknown' and 'unmapped' are no groups and have none; ``note`` says why else
    there is none.

    share_of_gap stands at the conditional rows of the chain of stages that leads to ``last``: the logarithm of each
    ratio over that of the cumulative ratio of ``last``, which is their product. Shares may be below 0 or above 1 and
    add up to 1. Null where the cumulative ratio is 1 within its limits or has none, or a ratio of the chain is
    undefined or 0. Raises ValueError for a stage that is a share of something without a row.
    """
    counts = {(str(stage), str(group)): int(n) for stage, group, n in _summed(frame)}
    held = {stage for stage, _ in counts}
    present = [stage for stage in stages if stage.name in held]
    for stage in present:
        if stage.before not in {RESIDENTS, *held}:
            raise ValueError(f"relative_rates: stage [{stage.name}] is a share of [{stage.before}], which has no row")
    groups = sorted({group for _, group in counts})
    small = small_groups(frame, smallest_share=smallest_share, all_residents=all_residents)
    cumulative = [Stage(stage.name) for stage in present] if RESIDENTS in held else []
    rows = [
        {
            "view": view,
            **_row(stage, group, counts, reference=reference, is_small=group in small, confidence=confidence),
        }
        for view, of in (("cumulative", cumulative), ("conditional", present))
        for stage in of
        for group in groups
    ]
    made = typed(rows)
    return made.assign(share_of_gap=_shares_of_gap(made, _chain(present, last)))


def small_groups(frame: pd.DataFrame, *, smallest_share: float, all_residents: int | None) -> frozenset[str]:
    """Groups with too small a share of residents to be compared; none where residents are not known."""
    residents = {group: number for stage, group, number in _summed(frame) if stage == RESIDENTS}
    everybody = sum(residents.values()) if all_residents is None else all_residents
    return frozenset(group for group, number in residents.items() if number < smallest_share * everybody)


def typed(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a frame of COLUMNS: counts are integers, what is not given is null."""
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = {name: "float64" for name in COLUMNS if name not in (*_INTEGERS, *_TEXTS)}
    return frame.astype({**numbers, **dict.fromkeys(_INTEGERS, "Int64"), "note": object})


def _summed(frame: pd.DataFrame) -> list[tuple[str, str, int]]:
    rows = frame.groupby(["stage", "group"], as_index=False)["events"].sum()
    return list(rows.itertuples(index=False, name=None))


def _row(
    stage: Stage,
    group: str,
    counts: Mapping[tuple[str, str], int],
    *,
    reference: str,
    is_small: bool,
    confidence: float,
) -> dict[str, Any]:
    per_resident = stage.before == RESIDENTS
    # Nobody before is nobody; residents without a row are people whose number is not known.
    otherwise = None if per_resident else 0
    events, reference_events = (counts.get((stage.name, one), 0) for one in (group, reference))
    at_risk, reference_at_risk = (counts.get((stage.before, one), otherwise) for one in (group, reference))
    found = relative_rate_index(
        events=events,
        at_risk=at_risk or 0,
        reference_events=reference_events,
        reference_at_risk=reference_at_risk or 0,
        is_part=stage.is_part and not per_resident,
        confidence=confidence,
    )
    scale = PER_RESIDENTS if per_resident else 1
    row = {
        "stage": stage.name,
        "group": group,
        "reference": reference,
        "before": stage.before,
        "numerator": events,
        "denominator": at_risk,
        "value": _times(found.rate, scale),
        "reference_numerator": reference_events,
        "reference_denominator": reference_at_risk,
        "reference_value": _times(found.reference_rate, scale),
    }
    if group in NO_GROUP:
        return row | {"note": "no group: the records do not say"}
    if is_small:
        return row | {"note": "no ratio: too small a share of residents"}
    if group == reference:
        return row | {"ratio": found.ratio, "difference": found.difference}
    return row | {
        "ratio": found.ratio,
        "ratio_lower": found.ratio_lower,
        "ratio_upper": found.ratio_upper,
        "difference": _times(found.difference, scale),
        "difference_lower": _times(found.difference_lower, scale),
        "difference_upper": _times(found.difference_upper, scale),
        "note": _why_none(found, at_risk, reference_at_risk),
    }


def _times(value: float | None, scale: int) -> float | None:
    return None if value is None else value * scale


def _why_none(found: RelativeRate, at_risk: int | None, reference_at_risk: int | None) -> str | None:
    if at_risk is None or reference_at_risk is None:
        return "undefined: residents of the group are not known"
    if found.rate is None or found.reference_rate is None:
        return "undefined: nobody to whom it could happen"
    if found.ratio is None:
        return "undefined: it happened to nobody of the reference group"
    if found.ratio_lower is None:
        return "no limits: it happened to nobody or to everybody"
    return None


def _chain(stages: Sequence[Stage], last: str) -> list[str]:
    """From residents to ``last``; empty where the stages before it do not lead back to residents."""
    before = {stage.name: stage.before for stage in stages}
    chain: list[str] = []
    at = last
    while at in before:
        chain.insert(0, at)
        at = before[at]
    return chain if at == RESIDENTS else []


def _shares_of_gap(rows: pd.DataFrame, chain: Sequence[str]) -> pd.Series:
    """One value per row, null off the chain."""
    shares = pd.Series(float("nan"), index=rows.index)
    if not chain:
        return shares
    of_chain = (rows["view"] == "conditional") & rows["stage"].isin(chain)
    whole = rows[(rows["view"] == "cumulative") & (rows["stage"] == chain[-1])]
    for cumulative in whole.to_dict("records"):
        links = rows.loc[of_chain & (rows["group"] == cumulative["group"]), "ratio"]
        if (cumulative["ratio_lower"] > 1 or cumulative["ratio_upper"] < 1) and bool((links > 0).all()):
            shares[links.index] = links.map(log) / log(cumulative["ratio"])
    return shares
