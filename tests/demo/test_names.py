"""Names are frequent as in their culture, and nobody bears a name that could be somebody's."""

import re

import numpy as np
import pandas as pd
import pytest

from strategic_prosecution.demo import names
from strategic_prosecution.demo.cultures import SHARES

# Written out again here: what makes a family name look invented.
INVENTED = re.compile("test|demo|faux|sample|fiction|proto|mock|trial|dummy|fable|pretend|invent")


def drawn(culture: str, *, count: int, sex: str = "male", seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    codes = np.full(count, names.NAMES.index(culture))
    return names.draw_names(rng, culture=codes, sex=np.full(count, sex, dtype=object))


@pytest.mark.parametrize("culture", names.NAMES)
def test_every_family_name_says_that_it_is_none(culture: str) -> None:
    people = drawn(culture, count=500)
    assert people["family"].map(lambda name: INVENTED.search(name) is not None).all()
    second = people.loc[people["second_family"] != "", "second_family"]
    assert second.map(lambda name: name[0] in " -" and INVENTED.search(name) is not None).all()
    assert (people["given"] != "").all()


@pytest.mark.parametrize(
    ("culture", "most_frequent", "share"), [("vietnamese", 1, 0.35), ("korean", 3, 0.45), ("navajo", 2, 0.16)]
)
def test_a_few_family_names_carry_a_large_share(culture: str, most_frequent: int, share: float) -> None:
    counts = drawn(culture, count=20_000)["family"].str.replace(r"^.*[ ]", "", regex=True).value_counts()
    # Four standard errors of a share of 20,000.
    assert counts.head(most_frequent).sum() / 20_000 == pytest.approx(share, abs=0.015)


def test_a_county_has_thousands_of_family_names() -> None:
    assert drawn("english", count=18_000)["family"].nunique() > 3_000
    spanish = drawn("spanish", count=18_000)
    assert spanish["family"].nunique() > 1_500
    assert 0.5 < (spanish["second_family"] != "").mean() < 0.6
    assert spanish["given"].map(lambda name: not name.isascii()).any()


def test_shares_of_cultures_add_up_and_name_known_ones() -> None:
    assert {name for shares in SHARES.values() for name in shares} == set(names.NAMES)
    for race, shares in SHARES.items():
        assert sum(shares.values()) == pytest.approx(1), race


def test_cultures_follow_what_is_recorded() -> None:
    race = np.array(["hispanic", "black"] * 5_000, dtype=object)
    culture = np.array(names.NAMES)[names.draw_cultures(np.random.default_rng(2), race)]
    assert (culture[race == "hispanic"] == "spanish").mean() == pytest.approx(0.94, abs=0.015)
    assert set(culture[race == "black"]) == {"english_second", "west_african", "arabic", "spanish"}
