"""Names for invented people, drawn by naming culture: a few family names are frequent, most are rare."""

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo.cultures import CULTURES, MARKS, SHARES
from strategic_prosecution.demo.days import Ints, Texts

NAMES = tuple(culture.name for culture in CULTURES)
# Families of one culture are always ranked alike, whatever the county's seed.
_ORDER = 1


@dataclass(frozen=True)
class Pool:
    """Names with the sum of the shares up to each."""

    names: Texts
    upto: np.ndarray[Any, np.dtype[np.float64]]

    def draw(self, rng: np.random.Generator, count: int) -> Texts:
        drawn: Texts = self.names[np.searchsorted(self.upto, rng.random(count) * self.upto[-1], side="right")]
        return drawn


def draw_cultures(rng: np.random.Generator, race_ethnicity: Any) -> Ints:
    """A culture (row of CULTURES) for each recorded race or ethnicity, in the declared shares."""
    drawn = np.zeros(len(race_ethnicity), dtype=np.int64)
    for race, shares in SHARES.items():
        rows = np.flatnonzero(race_ethnicity == race)
        drawn[rows] = rng.choice([NAMES.index(name) for name in shares], len(rows), p=list(shares.values()))
    return drawn


def draw_names(rng: np.random.Generator, *, culture: Ints, sex: Any) -> pd.DataFrame:
    """A full name for each person: given, middle ('' if none), family, second_family.

    ``second_family`` begins with the blank or hyphen that joins it to the first; '' if none. Text as the people
    themselves write it, with letters of their own language.
    """
    count = len(culture)
    given, middle, family, second = (np.full(count, "", dtype=object) for _ in range(4))
    for number, how in enumerate(CULTURES):
        for is_female in (False, True):
            rows = np.flatnonzero((culture == number) & ((np.asarray(sex) == "female") == is_female))
            given[rows] = given_names(number, is_female).draw(rng, len(rows))
            middles = middle_names(number, is_female).draw(rng, len(rows))
            has_middle = (rng.random(len(rows)) < how.middle) & (middles != given[rows])
            middle[rows] = np.where(has_middle, middles, "")
        rows = np.flatnonzero(culture == number)
        family[rows], second[rows] = _families(rng, number, len(rows))
    return pd.DataFrame({"given": given, "middle": middle, "family": family, "second_family": second}, dtype=object)


def draw_families(rng: np.random.Generator, *, culture: Ints) -> Texts:
    """A single family name of each culture, without particle."""
    drawn = np.full(len(culture), "", dtype=object)
    for number in range(len(CULTURES)):
        rows = np.flatnonzero(culture == number)
        drawn[rows] = family_names(number).draw(rng, len(rows))
    return drawn


@cache
def family_names(number: int) -> Pool:
    """Every family name of a culture (row of CULTURES), the most frequent first."""
    how = CULTURES[number]
    frequent = [name + MARKS[at % len(MARKS)] for at, name in enumerate(how.families.split())]
    built = [stem + mark for stem, mark in product(_joined(*how.stems), MARKS)]
    built = [name for name in built if name not in set(frequent)]
    np.random.default_rng(_ORDER).shuffle(built)
    return _pool(frequent + built, shares=how.shares, skew=how.skew)


@cache
def given_names(number: int, is_female: bool) -> Pool:
    """Every given name of men or of women of a culture, ordinary ones first."""
    how = CULTURES[number]
    ordinary = (how.female if is_female else how.male).split()
    built = _joined(*(how.female_parts if is_female else how.male_parts))
    return _pool(list(dict.fromkeys(ordinary + built)), shares=(), skew=0.8)


@cache
def middle_names(number: int, is_female: bool) -> Pool:
    """Every middle name of men or of women of a culture."""
    own = CULTURES[number].middles[is_female].split()
    return _pool(own, shares=(), skew=1.0) if own else given_names(number, is_female)


def _families(rng: np.random.Generator, number: int, count: int) -> tuple[Texts, Texts]:
    how = CULTURES[number]
    first, second = (family_names(number).draw(rng, count) for _ in range(2))
    if how.particles:
        particle = rng.choice(np.array(how.particles, dtype=object), count)
        first = np.where(rng.random(count) < how.particle, particle + first, first)
    joint = np.where(rng.random(count) < how.hyphenated, "-", " ").astype(object)
    return first, np.where(rng.random(count) < how.doubles, joint + second, "")


def _pool(names: list[str], *, shares: tuple[float, ...], skew: float) -> Pool:
    # Two ranks are added: no single name is to stand as far above the second as in Zipf's own law.
    tail = np.power(np.arange(len(shares), len(names)) + 3.0, -skew)
    weights = np.concatenate([shares, tail / tail.sum() * (1 - sum(shares))])
    return Pool(np.array(names, dtype=object), np.cumsum(weights))


def _joined(first: str, second: str) -> list[str]:
    return [one + other for one, other in product(first.split(), second.split())]
