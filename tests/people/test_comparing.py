"""Probabilities held against Fellegi and Sunter's formula worked by hand, and blocks that cannot explode."""

import math

import pandas as pd
import pytest

from strategic_prosecution.people import Comparison, Level, Model, compare_pairs

NAME = Comparison(
    "name",
    (
        Level("missing", "name_l is null or name_r is null", is_null=True),
        Level("equal", "name_l = name_r", 0.9, 0.01, by_frequency=True),
        Level("different", "else", 0.1, 0.99),
    ),
    column="name",
)
SEX = Comparison(
    "sex",
    (
        Level("missing", "sex_l is null or sex_r is null", is_null=True),
        Level("equal", "sex_l = sex_r", 0.99, 0.5),
        Level("different", "else", 0.01, 0.5),
    ),
)
MODEL = Model((NAME, SEX), blocks=(("town",),), matches_per_spelling=2.0)


def frame(*rows: tuple[str | None, str | None, str | None]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["name", "sex", "town"], dtype="string")
    return found.assign(spelling=range(len(rows)), number=pd.Series([None] * len(rows), dtype="string"))


def test_odds_are_prior_odds_times_what_each_agreement_is_worth():
    found = compare_pairs(
        frame(("ann", "f", "x"), ("ann", "m", "x"), ("bea", None, "x"), ("bea", "f", "y")), model=MODEL, least=0.0
    )
    likely = found.pairs.set_index(["left", "right"])["probability"]
    # The prior: 2 matches a spelling among (at least) 10,000.
    odds = (2 / 10_000) / (1 - 2 / 10_000)
    # Two of four names are ann; the shipped frequency 0.01 counts as 2,000 spellings.
    frequency = (2 + 2_000 * 0.01) / (4 + 2_000)
    expected = {
        (0, 1): odds * 0.9 / frequency * 0.01 / 0.5,
        (0, 2): odds * 0.1 / 0.99,
        (1, 2): odds * 0.1 / 0.99,
    }
    assert likely.index.tolist() == list(expected)
    for pair, each in expected.items():
        assert math.isclose(likely[pair], each / (1 + each), rel_tol=1e-9)
    assert found.pairs[["level_name", "level_sex"]].to_numpy().tolist() == [[1, 2], [2, 0], [2, 0]]
    assert (found.tried, found.labelled, found.blocks_too_large) == (3, 0, 0)


def test_a_value_shared_by_too_many_makes_no_block():
    filler = [("doe", "m", "unknown")] * 5_000
    found = compare_pairs(frame(*filler, ("ann", "f", "x"), ("ann", "f", "x")), model=MODEL, least=0.0)
    assert found.blocks_too_large == 1 and found.tried == 1
    assert found.pairs[["left", "right"]].to_numpy().tolist() == [[5_000, 5_001]]


def test_where_nothing_shares_a_block_nothing_is_compared():
    found = compare_pairs(frame(("ann", "f", "x"), ("ann", "f", None)), model=MODEL)
    assert found.pairs.empty and found.pairs.columns.tolist()[:3] == ["left", "right", "probability"]


@pytest.mark.slow
def test_with_enough_numbers_the_model_is_estimated():
    # 2,500 pairs with one number each: the names agree in 80 % of them, the sexes in all.
    pairs = [(n, side) for n in range(2_500) for side in range(2)]
    found = pd.DataFrame(
        {
            "spelling": range(len(pairs)),
            "number": [f"N{n}" for n, _ in pairs],
            "name": [f"name{n}" if side == 0 or n % 5 else "other" for n, side in pairs],
            "sex": [("f", "m")[n % 2] for n, _ in pairs],
            "town": [f"t{n}" for n, _ in pairs],
        }
    )
    estimated = compare_pairs(found, model=MODEL)
    assert estimated.labelled == 2_500
    name, sex = estimated.model.comparisons
    # The shipped 0.9 and 0.1 count as 500 pairs beside 2,500.
    assert math.isclose(name.levels[1].m, (2_500 * 0.8 + 500 * 0.9) / 3_000, rel_tol=1e-6)
    assert math.isclose(name.levels[2].m, (2_500 * 0.2 + 500 * 0.1) / 3_000, rel_tol=1e-6)
    assert math.isclose(sex.levels[1].m, (2_500 * 1.0 + 500 * 0.99) / 3_000, rel_tol=1e-6)
    # Half of the strangers are of the other sex; the shipped 0.5 says the same.
    assert math.isclose(sex.levels[1].u, 0.5, abs_tol=0.02)
