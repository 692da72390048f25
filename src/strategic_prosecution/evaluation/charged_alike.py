"""Relative rates among people already charged alike: strata of the charge, by Mantel and Haenszel."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from strategic_prosecution.evaluation.relative_rates import NO_GROUP, Stage, small_groups, typed

ALIKE = "charged alike"


@dataclass(frozen=True)
class AdjustedRatio:
    """A ratio of rates among people of the same stratum, with limits; None where undefined.

    The counts are those of the strata that hold both groups; ``strata``: how many these are.
    """

    ratio: float | None
    lower: float | None
    upper: float | None
    events: int
    at_risk: int
    reference_events: int
    reference_at_risk: int
    strata: int


def mantel_haenszel_ratio(
    *,
    events: npt.ArrayLike,
    at_risk: npt.ArrayLike,
    reference_events: npt.ArrayLike,
    reference_at_risk: npt.ArrayLike,
    confidence: float = 0.95,
) -> AdjustedRatio:
    """The ratio of two rates among people of the same stratum; one entry of the arrays per stratum.

    The estimate of Mantel and Haenszel for risks, its limits by Greenland and Robins (1985), which hold for a few large
    strata and for many sparse ones. Strata with one of the groups alone say nothing and are left out. The ratio is None
    without an event of the reference group; its limits are None too without one of the group (a ratio of 0), and where
    it happened to everybody.
    """
    counts = np.array([events, at_risk, reference_events, reference_at_risk], dtype=np.int64)
    counts = counts[:, (counts[1] > 0) & (counts[3] > 0)]
    a, n, b, m = counts.astype(np.float64)
    both = n + m
    above, below = float((a * m / both).sum()), float((b * n / both).sum())
    variance = float((((a + b) * n * m - a * b * both) / both**2).sum())
    ratio = above / below if below else None
    spread = sqrt(variance / (above * below)) if ratio and variance > 0 else None
    z = float(norm.ppf((1 + confidence) / 2))
    summed = counts.sum(axis=1)
    return AdjustedRatio(
        ratio=ratio,
        lower=ratio * exp(-z * spread) if ratio and spread else None,
        upper=ratio * exp(z * spread) if ratio and spread else None,
        events=int(summed[0]),
        at_risk=int(summed[1]),
        reference_events=int(summed[2]),
        reference_at_risk=int(summed[3]),
        strata=counts.shape[1],
    )


def relative_rates_alike(
    frame: pd.DataFrame,
    *,
    stages: Sequence[Stage],
    reference: str,
    smallest_share: float = 0.01,
    all_residents: int | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Stages whose events are part of the stage before, among people of the same stratum.

    ``frame``: counts as for ``relative_rates``, with a column ``stratum``. Rows of a null stratum (the charge is not
    known) are left out. Returns its columns, view 'conditional', stage '<stage>, charged alike', one row per stage and
    group that ``relative_rates`` compares with the reference: counts and rates are those of the strata that hold both,
    as they are, so that the ratio, which compares within strata, is not one rate over the other. No difference.
    """
    held = set(frame["stage"])
    small = small_groups(frame, smallest_share=smallest_share, all_residents=all_residents)
    groups = sorted(set(frame["group"]) - {reference, *NO_GROUP, *small})
    per_stratum = frame.pivot_table(
        index=["stage", "group"], columns="stratum", values="events", aggfunc="sum", fill_value=0
    ).sort_index(axis="columns")
    in_all = frame.groupby(["stage", "group"])["events"].sum()
    rows = []
    for stage in stages:
        if not {stage.name, stage.before} <= held:
            continue
        for group in groups:
            keys = [(name, whose) for whose in (group, reference) for name in (stage.name, stage.before)]
            counted = per_stratum.reindex(keys, fill_value=0).to_numpy(dtype=np.int64)
            found = mantel_haenszel_ratio(
                events=counted[0],
                at_risk=counted[1],
                reference_events=counted[2],
                reference_at_risk=counted[3],
                confidence=confidence,
            )
            left_out = int(in_all.get((stage.before, group), 0)) - found.at_risk
            rows.append(_row(stage, group, reference, found, left_out))
    return typed(rows)


def _row(stage: Stage, group: str, reference: str, found: AdjustedRatio, left_out: int) -> dict[str, Any]:
    why = "" if found.ratio is not None else "undefined: it happened to nobody of the reference group charged alike; "
    return {
        "stage": f"{stage.name}, {ALIKE}",
        "view": "conditional",
        "group": group,
        "reference": reference,
        "before": stage.before,
        "numerator": found.events,
        "denominator": found.at_risk,
        "value": found.events / found.at_risk if found.at_risk else None,
        "reference_numerator": found.reference_events,
        "reference_denominator": found.reference_at_risk,
        "reference_value": found.reference_events / found.reference_at_risk if found.reference_at_risk else None,
        "ratio": found.ratio,
        "ratio_lower": found.lower,
        "ratio_upper": found.upper,
        "note": f"{why}{found.strata} kinds of charge that both groups have; {left_out} of the group have none",
    }
