"""Sample audits of the roster: which memberships are drawn, and what the findings say of all of them."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class ErrorRate:
    """The share of memberships that are not supported, with its interval; all None where nothing is decided."""

    value: float | None
    lower: float | None
    upper: float | None


def sample(ids: Collection[str], *, size: int, seed: int) -> tuple[str, ...]:
    """A simple random sample without replacement, in id order; all ids where there are no more than `size`.

    It depends on the ids, size and seed, not on the order of the ids. Raises ValueError for a size under 1 or an id
    that is there twice.
    """
    ordered = sorted(ids)
    if size < 1:
        raise ValueError(f"size [{size}] must be at least 1")
    if len(set(ordered)) < len(ordered):
        raise ValueError("ids: one is there twice; give each once")
    drawn = np.random.default_rng(seed).choice(len(ordered), size=min(size, len(ordered)), replace=False)
    return tuple(ordered[place] for place in sorted(drawn))


def error_rate(*, not_supported: int, decided: int, population: int) -> ErrorRate:
    """The share not supported in a finite population, from a simple random sample of it; two-sided 95 %.

    value: not_supported / decided. The limits are exact: of all numbers of unsupported memberships that a population of
    this size can have, the smallest and the largest under which neither so many nor so few would be found with a
    chance of 2.5 % or less (hypergeometric tails; Buonaccorsi 1987, the Clopper-Pearson interval of a finite
    population). They cover at least 95 %, and are one point once everything is decided. It takes those decided for a
    random part of those drawn.

    Raises ValueError for counts that do not fit into each other.
    """
    if not 0 <= not_supported <= decided <= population:
        raise ValueError(
            f"not_supported [{not_supported}], decided [{decided}] and population [{population}] must not fall"
        )
    if not decided:
        return ErrorRate(None, None, None)
    possible = np.arange(not_supported, population - (decided - not_supported) + 1)
    tail = (1 - CONFIDENCE) / 2
    at_least = stats.hypergeom.sf(not_supported - 1, population, possible, decided)
    at_most = stats.hypergeom.cdf(not_supported, population, possible, decided)
    return ErrorRate(
        value=not_supported / decided,
        lower=float(possible[at_least > tail].min() / population),
        upper=float(possible[at_most > tail].max() / population),
    )
