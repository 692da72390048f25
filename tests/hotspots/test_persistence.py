from datetime import date

import numpy as np
import pandas as pd
import pytest

from strategic_prosecution.hotspots import classify_persistence, match_identity

AS_OF = date(2024, 7, 31)


def spots(*cells: str) -> pd.DataFrame:
    """Hot spots in order of rank, each given by one letter per cell, peak first."""
    return pd.DataFrame(
        {
            "rank": pd.Series(range(1, len(cells) + 1), dtype="int64"),
            "peak_cell": pd.Series([names[0] for names in cells], dtype="str"),
            "cells": pd.Series([list(names) for names in cells], dtype=object),
        }
    )


def known(**cells: str) -> pd.DataFrame:
    return pd.DataFrame({"hot_spot_id": list(cells), "cells": [list(names) for names in cells.values()]})


def match(current, previous, **options):
    matched = match_identity(current, previous, category="shooting", as_of=AS_OF, **options)
    assert list(matched.columns) == ["rank", "hot_spot_id", "overlap_cells", "is_new"]
    return matched


def test_a_hot_spot_keeps_its_id_and_a_new_one_is_named_after_its_peak_and_month():
    matched = match(spots("xyz", "abcd"), known(hs_1="bcde", hs_2="q"))
    assert matched["hot_spot_id"].tolist() == ["hs_shooting_x_202407", "hs_1"]
    assert matched["overlap_cells"].tolist() == [0, 3]
    assert matched["is_new"].tolist() == [True, False]


def test_thirty_percent_is_of_the_smaller_one():
    ten, large = "abcdefghij", "abcABCDEFGHIJKLMNOPQ"
    assert not match(spots(large), known(hs_1=ten)).loc[0, "is_new"]
    assert match(spots(large[1:]), known(hs_1=ten)).loc[0, "is_new"]
    assert not match(spots(large[1:]), known(hs_1=ten), min_overlap=0.2).loc[0, "is_new"]


def test_a_split_gives_the_id_to_the_larger_share_and_a_merger_keeps_one():
    split = match(spots("ab", "cdef"), known(hs_1="abcdef"))
    assert split["hot_spot_id"].tolist() == ["hs_shooting_a_202407", "hs_1"]
    merged = match(spots("abcdef"), known(hs_1="ab", hs_2="cdef"))
    assert merged["hot_spot_id"].tolist() == ["hs_2"]


def test_ties_go_to_the_lower_id_and_then_to_the_better_rank():
    assert match(spots("abcd"), known(hs_2="ab", hs_1="cd"))["hot_spot_id"].tolist() == ["hs_1"]
    assert match(spots("ab", "cd"), known(hs_1="abcd"))["is_new"].tolist() == [False, True]


def test_the_order_of_the_rows_makes_no_difference():
    current, previous = spots("abc", "def", "ghi"), known(hs_1="ad", hs_2="be", hs_3="gh")
    straight = match(current, previous)
    pd.testing.assert_frame_equal(straight, match(current.iloc[::-1], previous.iloc[::-1]))


def test_without_a_previous_month_all_are_new_and_without_current_ones_there_is_nothing():
    for previous in (known(), pd.DataFrame()):
        assert match(spots("ab", "cd"), previous)["is_new"].all()
    empty = match(spots(), known(hs_1="ab"))
    pd.testing.assert_series_equal(empty.dtypes, match(spots("ab"), known(hs_1="ab")).dtypes)
    assert empty.empty


def test_hot_spots_of_the_same_month_are_refused_as_previous_ones():
    with pytest.raises(ValueError, match=r"hs_shooting_a_202407.*month end before \[2024-07\]"):
        match(spots("ab"), known(hs_shooting_a_202407="yz"))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([3, 1, 2, 1, 4, 1, 0, 2, 1, 1], "persistent"),
        ([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], "former"),  # 80 % of all, but no more.
        ([0, 0, 0, 0, 0, 0, 0, 0, 2, 5], "emerging"),
        ([0, 2, 0, 0, 1, 0, 0, 0, 3, 0], "intermittent"),
        ([0, 2, 0, 0, 1, 0, 0, 0, 0, 0], "former"),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], None),
    ],
)
def test_classes_by_hand(counts, expected):
    assert classify_persistence([counts], recent=2).tolist() == [expected]


def test_the_parameters_move_the_limits():
    counts = np.array([[1] + [0] * 10 + [4], [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 4]])
    # 1 of 11 earlier periods is 9 %, below a tenth; 3 of 11 are above.
    assert classify_persistence(counts, recent=1).tolist() == ["emerging", "intermittent"]
    assert classify_persistence(counts, recent=1, minimum_share=0.05).tolist() == ["intermittent", "intermittent"]
    assert classify_persistence(counts, recent=1, active_count=2).tolist() == ["emerging", "emerging"]
    assert classify_persistence(counts, recent=1, persistent_share=0.33).tolist() == ["emerging", "persistent"]
    assert classify_persistence(np.zeros((0, 6))).tolist() == []


@pytest.mark.parametrize(
    ("counts", "recent", "message"),
    [
        ([1, 2, 3], 1, "hot spots x periods"),
        ([[1, 2, 3]], 3, r"recent is \[3\] of \[3\]"),
        ([[1, 2, 3]], 0, r"recent is \[0\] of \[3\]"),
        ([[1, np.nan, 3]], 1, "without incidents is 0"),
        ([[1, -1, 3]], 1, "negative"),
    ],
)
def test_bad_counts_are_refused(counts, recent, message):
    with pytest.raises(ValueError, match=message):
        classify_persistence(counts, recent=recent)
