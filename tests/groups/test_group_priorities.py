import inspect

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.groups import group_priorities, priority_composition


def scorecard(counts: dict[str, tuple[int, int]], *, members: int = 5) -> pd.DataFrame:
    """Per group: shootings as suspect and as victim, one less than all of them confirmed."""
    suspect, victim = (pd.Series([pair[side] for pair in counts.values()], dtype="int64") for side in (0, 1))
    day = pd.Series(pd.Timestamp(2025, 3, 2), index=suspect.index)
    return pd.DataFrame(
        {
            "group_id": list(counts),
            "window_days": 365,
            "shootings_suspect": suspect,
            "shootings_suspect_confirmed": (suspect - 1).clip(lower=0),
            "shootings_victim": victim,
            "shootings_victim_confirmed": (victim - 1).clip(lower=0),
            "last_suspect_date": day.where(suspect > 0),
            "last_victim_date": day.where(victim > 0),
            "last_event_date": day.where(suspect + victim > 0),
            "members": members,
            "supervised_members": 2,
        }
    )


def test_two_competition_ranks_and_null_for_none() -> None:
    table = group_priorities(scorecard({"A": (4, 0), "B": (4, 1), "C": (1, 3), "D": (0, 0)}))
    assert table["group_id"].tolist() == ["A", "B", "C", "D"]
    assert table["rank_violence_by"].tolist()[:3] == [1, 1, 3]
    assert pd.isna(table["rank_violence_by"].iloc[3])
    assert table["rank_violence_against"].fillna(-1).tolist() == [-1, 2, 1, -1]
    assert table["in_a_feud"].tolist() == [False, True, True, False]
    assert table["confirmed_member_share"].tolist()[:3] == [0.75, 0.75, 0.0]
    assert pd.isna(table["confirmed_member_share"].iloc[3])
    # Nothing that joins the two ranks into one.
    assert [name for name in table.columns if name.startswith("rank_violence")] == [
        "rank_violence_by",
        "rank_violence_against",
    ]


def test_reasons_can_be_checked() -> None:
    table = group_priorities(scorecard({"A": (4, 1), "B": (0, 0), "C": (30, 0)})).set_index("group_id")
    assert table["reasons"].to_dict() == {
        "C": ["30 shootings as suspect (29 confirmed) in 365 days, last 2025-03-02"],
        "A": [
            "4 shootings as suspect (3 confirmed) in 365 days, last 2025-03-02",
            "rank by violence of the group: from 2 to 3 within the 95 % intervals of the counts",
            "1 shooting as victim (0 confirmed) in 365 days, last 2025-03-02",
            "rank by violence against the group: from 1 to 3 within the 95 % intervals of the counts",
            "in a feud: violence by and against the group in the window",
        ],
        "B": [],
    }


def test_ranks_the_counts_allow() -> None:
    # Exact 95 % Poisson intervals (Garwood 1936): 20: 12.22-30.89, 10: 4.80-18.39, 3: 0.62-8.77, 2: 0.24-7.22.
    table = group_priorities(scorecard({"A": (20, 0), "B": (10, 0), "C": (3, 0), "D": (2, 0)}))
    assert table["rank_by_low"].tolist() == [1, 1, 2, 2]
    assert table["rank_by_high"].tolist() == [2, 4, 4, 4]
    assert "rank by violence of the group: from 1 to 2 within the 95 % intervals of the counts" in table["reasons"][0]


def test_intervals_that_just_overlap_and_just_do_not() -> None:
    # 3: 0.62-8.77; 15: 8.40-24.74; 16: 9.15-25.98.
    assert group_priorities(scorecard({"A": (15, 0), "B": (3, 0)}))["rank_by_high"].tolist() == [2, 2]
    assert group_priorities(scorecard({"A": (16, 0), "B": (3, 0)}))["rank_by_high"].tolist() == [1, 2]


def test_groups_without_a_shooting_are_no_surely_calmer() -> None:
    # 0: 0-3.69; 1: 0.03-5.57; 10: 4.80-18.39.
    table = group_priorities(scorecard({"A": (1, 0), "B": (0, 0), "C": (0, 0)}))
    assert table["rank_by_high"].tolist()[:1] == [3] and table["rank_by_high"].isna().tolist() == [False, True, True]
    assert group_priorities(scorecard({"A": (10, 0), "B": (0, 0)}))["rank_by_high"].tolist()[0] == 1


def test_a_group_nobody_may_be_invited_from_is_not_ranked() -> None:
    table = group_priorities(scorecard({"A": (4, 1)}, members=0))
    assert table[["rank_violence_by", "rank_violence_against"]].isna().all(axis=None)
    assert table["reasons"][0][-1] == "no active membership: not ranked"
    assert table["shootings_suspect"].tolist() == [4]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12), st.randoms())
def test_rank_lies_in_its_range_and_row_order_changes_nothing(pairs: list[tuple[int, int]], random: object) -> None:
    card = scorecard({f"G{number:02}": pair for number, pair in enumerate(pairs)})
    table = group_priorities(card)
    ranked = table[table["rank_violence_by"].notna()]
    assert (ranked["rank_by_low"] <= ranked["rank_violence_by"]).all()
    assert (ranked["rank_violence_by"] <= ranked["rank_by_high"]).all()
    assert ranked["rank_by_high"].max() <= len(table) if len(ranked) else True
    assert (table["rank_violence_by"].isna() == (table["shootings_suspect"] == 0)).all()
    order = list(card.index)
    random.shuffle(order)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(table, group_priorities(card.loc[order]))


def test_an_empty_scorecard_gives_no_rows() -> None:
    empty = group_priorities(scorecard({"A": (1, 1)}).iloc[:0])
    assert empty.empty
    assert {"rank_violence_by", "rank_violence_against", "reasons"} <= set(empty.columns)


def test_refuses_a_window_that_was_not_computed_and_two_days_at_once() -> None:
    card = scorecard({"A": (1, 1)})
    with pytest.raises(ValueError, match=r"\[90\] days, only \[365\]"):
        group_priorities(card, violent_window_days=90)
    with pytest.raises(ValueError, match="several rows for a group"):
        group_priorities(pd.concat([card, card]))


def test_race_and_sex_are_no_input_of_a_priority() -> None:
    card = scorecard({"A": (4, 1), "B": (2, 2)})
    with_race = card.assign(race_ethnicity=["black", "white"], sex=["male", "female"], age=[20, 40])
    pd.testing.assert_frame_equal(group_priorities(card), group_priorities(with_race))
    assert set(inspect.signature(group_priorities).parameters) == {"scorecard", "violent_window_days"}


PEOPLE = pd.DataFrame(
    {
        "person_id": ["a", "a", "b", "c", "d"],
        "race_ethnicity": ["black", "black", "black", "white", None],
        "sex": ["male", "male", "male", "female", "male"],
    }
)


def test_composition_beside_its_benchmarks_worked_by_hand() -> None:
    benchmarks = pd.DataFrame(
        [
            ["residents", "race_ethnicity", "black", 20],
            ["residents", "race_ethnicity", "white", 60],
            ["residents", "race_ethnicity", "asian", 20],
            ["reviewed_shooting_victims", "sex", "male", 9],
            ["reviewed_shooting_victims", "sex", None, 1],
        ],
        columns=["benchmark", "attribute", "value", "count"],
    )
    table = priority_composition(PEOPLE, benchmarks).set_index(["attribute", "value"])
    assert list(table.index) == [
        ("race_ethnicity", "asian"),
        ("race_ethnicity", "black"),
        ("race_ethnicity", "unknown"),
        ("race_ethnicity", "white"),
        ("sex", "female"),
        ("sex", "male"),
        ("sex", "unknown"),
    ]
    assert table["priority_count"].tolist() == [0, 2, 1, 1, 1, 3, 0]
    assert table["priority_share"].tolist() == [0.0, 0.5, 0.25, 0.25, 0.25, 0.75, 0.0]
    assert table["residents_share"].tolist()[:4] == [0.2, 0.2, 0.0, 0.6]
    # Not covered is null, never zero.
    assert table["residents_count"].isna().tolist() == [False] * 4 + [True] * 3
    assert table["residents_share"].isna().tolist() == [False] * 4 + [True] * 3
    assert table["arrests_count"].isna().all()
    assert table["reviewed_shooting_victims_share"].tolist()[4:] == [0.0, 0.9, 0.1]
    assert list(table.columns[:4]) == [
        "priority_count",
        "priority_share",
        "reviewed_shooting_victims_count",
        "reviewed_shooting_victims_share",
    ]


def test_composition_without_people_or_without_benchmarks() -> None:
    none = pd.DataFrame({"benchmark": [], "attribute": [], "value": [], "count": []})
    table = priority_composition(PEOPLE, none)
    assert table["priority_count"].sum() == 2 * 4
    assert table["residents_count"].isna().all()
    residents = pd.DataFrame({"benchmark": ["residents"], "attribute": ["sex"], "value": ["male"], "count": [3]})
    nobody = priority_composition(PEOPLE.iloc[:0], residents)
    assert nobody["residents_share"].tolist() == [1.0]
    assert np.isnan(nobody["priority_share"].to_numpy(dtype=float)).all()


def test_composition_refuses_two_values_for_one_person_and_unknown_benchmarks() -> None:
    none = pd.DataFrame({"benchmark": [], "attribute": [], "value": [], "count": []})
    with pytest.raises(ValueError, match=r"\[1\] people have two values"):
        priority_composition(pd.concat([PEOPLE, PEOPLE.head(1).assign(sex="female")]), none)
    other = pd.DataFrame({"benchmark": ["voters"], "attribute": ["sex"], "value": ["male"], "count": [3]})
    with pytest.raises(ValueError, match=r"benchmark: \[voters\]"):
        priority_composition(PEOPLE, other)
