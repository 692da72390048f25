"""Relatives among the invented people: the pairs that are hardest to tell apart."""

import numpy as np
import pandas as pd

from strategic_prosecution.demo.days import Ints
from strategic_prosecution.demo.names import given_names, middle_names

# Shares of all people; each pair is two.
TWINS, FATHERS_AND_SONS, SIBLINGS = 0.015, 0.02, 0.03
_YEAR = 365
_ENDINGS = np.array(["den", "lin", "mar", "vio", "essa", "ona", "rick", "el"], dtype=object)
_OLDEST = 80


def make_relatives(rng: np.random.Generator, people: pd.DataFrame) -> None:
    """Makes pairs of neighbouring rows relatives, in place; fills ``relative`` (row of the other or -1), ``relation``.

    The second of a pair takes family name, race, culture and address of the first. A twin has the birth day too, and a
    given name that begins alike in every other pair; a father has the given name, and is 18 to 35 years older; a
    sibling is one to twelve years apart. Row 0 has no relatives.
    """
    people["relative"], people["relation"] = -1, ""
    first = 2 * rng.permutation(np.arange(1, len(people) // 2))
    pairs = [round(len(people) * share / 2) for share in (FATHERS_AND_SONS, TWINS, SIBLINGS)]
    sons = first[people.loc[first, "sex"] == "male"][: pairs[0]]
    others = first[~np.isin(first, sons)]
    twins, siblings = others[: pairs[1]], others[pairs[1] : pairs[1] + pairs[2]]
    for relation, one in (("twin", twins), ("father", sons), ("sibling", siblings)):
        shared = ["race_ethnicity", "culture", "family", "second_family", "home_address"]
        people.loc[one + 1, shared] = people.loc[one, shared].to_numpy()
        people.loc[one + 1, "relative"] = one
        people.loc[one + 1, "relation"] = relation
    _name_twins(rng, people, twins)
    _name_others(rng, people, siblings)
    people.loc[twins + 1, "birth_day"] = people.loc[twins, "birth_day"].to_numpy()
    apart = rng.integers(_YEAR, 12 * _YEAR, len(siblings))
    people.loc[siblings + 1, "birth_day"] = people.loc[siblings, "birth_day"].to_numpy() - apart
    people.loc[sons + 1, ["given", "middle"]] = people.loc[sons, ["given", "middle"]].to_numpy()
    people.loc[sons + 1, "sex"] = "male"
    people.loc[sons, "suffix"] = rng.choice(np.array(["Jr.", "Jr.", "III"], dtype=object), len(sons))
    people.loc[sons + 1, "suffix"] = "Sr."
    # A son is young enough for his father to be about.
    son = np.maximum(people.loc[sons, "birth_day"].to_numpy(), -(_OLDEST - 35) * _YEAR)
    people.loc[sons, "birth_day"] = son
    people.loc[sons + 1, "birth_day"] = son - rng.integers(18 * _YEAR + 5, 35 * _YEAR, len(sons))


def _name_twins(rng: np.random.Generator, people: pd.DataFrame, one: Ints) -> None:
    _name_others(rng, people, one)
    alike = one[::2]
    start = people.loc[alike, "given"].str.slice(0, 3).to_numpy(object)
    people.loc[alike + 1, "given"] = start + rng.choice(_ENDINGS, len(alike))
    # A few would bear the same name.
    same = alike[(people.loc[alike, "given"].to_numpy() == people.loc[alike + 1, "given"].to_numpy())]
    people.loc[same + 1, "given"] += "a"


def _name_others(rng: np.random.Generator, people: pd.DataFrame, one: Ints) -> None:
    """Given names of the second of each pair, of the family's culture, and not that of the first."""
    culture = people.loc[one + 1, "culture"].to_numpy(np.int64)
    is_female = (people.loc[one + 1, "sex"] == "female").to_numpy()
    given = people.loc[one, "given"].to_numpy(object)
    for number in np.unique(culture):
        for female in (False, True):
            rows = np.flatnonzero((culture == number) & (is_female == female))
            names = given_names(int(number), female).names
            drawn = rng.integers(0, len(names), len(rows))
            taken = names[drawn] == given[rows]
            people.loc[one[rows] + 1, "given"] = names[(drawn + taken) % len(names)]
            middle = middle_names(int(number), female).draw(rng, len(rows))
            has_middle = (people.loc[one[rows] + 1, "middle"] != "").to_numpy()
            people.loc[one[rows] + 1, "middle"] = np.where(has_middle, middle, "")
