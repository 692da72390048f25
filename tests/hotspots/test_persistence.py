from datetime import date

import numpy as np
import pandas as pd
import pytest
from shapely import box

from strategic_prosecution.hotspots import (
    classify_persistence,
    follow_hot_spots,
    former_hot_spots,
    locate_incidents,
    make_grid,
    match_identity,
    name_hot_spots,
)

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


# ------------------------------------------------------------------------------------------------- from month to month

JUNE, JULY, AUGUST = date(2024, 6, 30), date(2024, 7, 31), date(2024, 8, 31)


def months(*rows: tuple[date, str, str]) -> pd.DataFrame:
    """month_end, hot_spot_id, cells (one letter each)."""
    frame = pd.DataFrame(rows, columns=["month_end", "hot_spot_id", "cells"])
    return frame.assign(month_end=pd.to_datetime(frame["month_end"]), cells=frame["cells"].map(list))


def test_a_place_that_comes_back_gets_its_name_back_and_last_month_goes_first():
    history = months((JUNE, "hs_gone", "abc"), (JULY, "hs_last", "cd"))
    # "bcd" shares two cells with each; last month's takes it. "ab" is the one that was gone.
    names = name_hot_spots(spots("bcd", "ab", "xy"), history, category="shooting", as_of=AUGUST)
    assert names.tolist() == ["hs_last", "hs_gone", "hs_shooting_x_202408"]


def test_memory_ends():
    history = months((date(2022, 1, 31), "hs_old", "ab"), (JULY, "hs_last", "cd"))
    assert name_hot_spots(spots("ab"), history, category="s", as_of=AUGUST).tolist() == ["hs_s_a_202408"]
    kept = name_hot_spots(spots("ab"), history, category="s", as_of=AUGUST, memory_days=1000)
    assert kept.tolist() == ["hs_old"]


def test_former_ones_were_chosen_twice_by_windows_that_ended_before_this_one_began():
    history = months(
        (date(2023, 11, 30), "hs_moved", "ab"),
        (date(2023, 11, 30), "hs_still", "de"),
        (date(2023, 11, 30), "hs_next_door", "fg"),
        (date(2024, 1, 31), "hs_too_short", "k"),
        (date(2024, 2, 29), "hs_moved", "bc"),
        (date(2024, 2, 29), "hs_still", "de"),
        (date(2024, 2, 29), "hs_next_door", "fg"),
        (date(2024, 2, 29), "hs_too_short", "k"),
        (JULY, "hs_moved", "cx"),
        (JULY, "hs_too_new", "yz"),
    )
    current = pd.DataFrame({"hot_spot_id": ["hs_still", "hs_other"], "cells": [list("de"), list("gh")]})
    former = former_hot_spots(history, current, as_of=AUGUST, window_days=90, former_days=365)
    assert former.to_dict("records") == [{"hot_spot_id": "hs_moved", "cells": ["b", "c"]}]
    assert former_hot_spots(history, current, as_of=AUGUST, window_days=90, former_days=30).empty
    twice = pd.concat(
        [history, months((date(2023, 10, 31), "hs_before", "bq"), (date(2024, 1, 31), "hs_before", "bq"))]
    )
    again = former_hot_spots(
        twice.sort_values("month_end", kind="stable"), current, as_of=AUGUST, window_days=90, former_days=365
    )
    assert again["hot_spot_id"].tolist() == ["hs_moved"]
    assert former_hot_spots(history.iloc[:0], current, as_of=AUGUST, window_days=90, former_days=365).empty


def test_month_by_month_the_ids_are_the_same_whatever_was_asked_before():
    rng = np.random.default_rng(3)
    grid = make_grid([], [], cell_m=100, boundary=box(5000, 7000, 9000, 11000))
    x, y = 6050 + rng.integers(0, 3, 300) * 900.0, np.full(300, 8050.0)
    day = pd.Series(pd.Timestamp(AUGUST) - pd.to_timedelta(rng.integers(0, 150, 300), unit="D"))
    located = locate_incidents(x, y, day, grid=grid)
    options = {"category": "s", "window_days": 30}
    both = follow_hot_spots(located, month_ends=[JUNE, JULY], **options)
    assert both["month_end"].dt.date.tolist() == [JUNE] * 3 + [JULY] * 3
    assert both["hot_spot_id"].nunique() == 3
    assert set(both["hot_spot_id"]) == {f"hs_s_c100_{east}_80_202406" for east in (60, 69, 78)}
    first = follow_hot_spots(located, month_ends=[JUNE], **options)
    pd.testing.assert_frame_equal(first, both.head(3))
    assert follow_hot_spots(located, month_ends=[], **options).empty
