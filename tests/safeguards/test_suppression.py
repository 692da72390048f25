"""What a reader can work out from the numbers shown: nothing small about people."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.safeguards.suppression import NOTE, share_hidden, suppress

MIN_CELL = 10


@dataclass(frozen=True)
class Known:
    name: str
    protects: str
    statistic: str


KNOWN = (
    Known("cases", "person", "count"),
    Known("rate", "person", "rate"),
    Known("median", "person", "median_km"),
    Known("days", "person", "days"),
    Known("open", "person", "stock"),
    Known("shootings", "event", "count"),
)
Cell = tuple[str, str, str, str, str, int | None, int | None]


def _frame(*cells: Cell) -> pd.DataFrame:
    """metric, period, period_start, breakdown, segment, numerator, denominator."""
    columns = ["metric", "period", "period_start", "breakdown", "segment", "numerator", "denominator"]
    frame = pd.DataFrame(cells, columns=columns)
    frame = frame.astype({"numerator": "Int64", "denominator": "Int64", "period_start": "datetime64[us]"})
    value = frame["numerator"].astype("float64")
    return frame.assign(value=value, lower=value - 1, upper=value + 1, suppressed=False, note=None)


def _segments(
    metric: str, counts: dict[str, int], *, breakdown: str = "district", total: int | None = None
) -> pd.DataFrame:
    whole = sum(counts.values()) if total is None else total
    cells: list[Cell] = [(metric, "year", "2024-01-01", breakdown, name, count, None) for name, count in counts.items()]
    return _frame((metric, "year", "2024-01-01", "", "", whole, None), *cells)


def _hidden(frame: pd.DataFrame) -> list[str]:
    shown = suppress(frame, metrics=KNOWN, min_cell=MIN_CELL)
    return shown.loc[shown["suppressed"], "segment"].tolist()


def test_small_counts_of_people_are_hidden_and_the_next_smallest_with_them() -> None:
    assert _hidden(_segments("cases", {"a": 100, "b": 3, "c": 40, "d": 50})) == ["b", "c"]


def test_two_small_cells_whose_sum_is_small_need_a_third() -> None:
    # total less the visible gives b + c = 5: five people
    assert _hidden(_segments("cases", {"a": 100, "b": 3, "c": 2, "d": 50})) == ["b", "c", "d"]
    assert _hidden(_segments("cases", {"a": 100, "b": 6, "c": 5, "d": 50})) == ["b", "c"]


def test_zero_and_the_threshold_itself_are_shown() -> None:
    assert _hidden(_segments("cases", {"a": 10, "b": 0, "c": 40})) == []


def test_a_zero_is_no_cover() -> None:
    assert _hidden(_segments("cases", {"a": 100, "b": 3, "c": 0, "d": 50})) == ["b", "d"]


def test_ties_go_by_key() -> None:
    assert _hidden(_segments("cases", {"d": 40, "a": 40, "b": 3})) == ["a", "b"]


def test_events_are_shown_however_small() -> None:
    assert _hidden(_segments("shootings", {"a": 1, "b": 2, "c": 40})) == []


def test_events_by_race_are_about_people() -> None:
    frame = _segments("shootings", {"black": 3, "white": 40, "other": 20}, breakdown="race_ethnicity")
    assert _hidden(frame) == ["black", "other"]
    # The total of an event stays, even when all its parts are hidden.
    frame = _segments("shootings", {"black": 3, "white": 2}, breakdown="race_ethnicity")
    assert _hidden(frame) == ["black", "white"]


def test_an_area_that_is_called_like_a_race_is_no_breakdown_by_race() -> None:
    assert _hidden(_segments("shootings", {"white": 3, "sex": 40})) == []


def test_a_rate_is_hidden_by_its_remainder_too() -> None:
    frame = _frame(
        *(("rate", "year", "2024-01-01", "", "", 120, 200),),
        *(("rate", "year", "2024-01-01", "district", "a", 48, 50),),
        *(("rate", "year", "2024-01-01", "district", "b", 30, 60),),
        *(("rate", "year", "2024-01-01", "district", "c", 42, 90),),
    )
    assert _hidden(frame) == ["a", "b"]
    assert _hidden(frame.assign(metric="median")) == ["a", "b"]


def test_days_are_hidden_by_the_people_behind_them() -> None:
    frame = _frame(
        ("days", "year", "2024-01-01", "", "", 900, 60),
        ("days", "year", "2024-01-01", "district", "a", 90, 3),
        ("days", "year", "2024-01-01", "district", "b", 310, 8),
        ("days", "year", "2024-01-01", "district", "c", 500, 50),
    )
    # a and b may be the same people on different days: together they count as 8, not 11
    assert _hidden(frame) == ["a", "b", "c"]


def test_months_protect_their_quarter() -> None:
    frame = _frame(
        ("cases", "quarter", "2024-01-01", "", "", 63, None),
        ("cases", "month", "2024-01-01", "", "", 3, None),
        ("cases", "month", "2024-02-01", "", "", 40, None),
        ("cases", "month", "2024-03-01", "", "", 20, None),
    )
    shown = suppress(frame, metrics=KNOWN, min_cell=MIN_CELL)
    assert shown["suppressed"].tolist() == [False, True, False, True]


def test_a_quarter_of_one_month_is_hidden_with_it() -> None:
    # Data begin in March: the month is the quarter and the year. By district, b is hidden to cover a.
    cells: list[Cell] = []
    for period, start in (("month", "2024-03-01"), ("quarter", "2024-01-01"), ("year", "2024-01-01")):
        for breakdown, segment, count in (
            ("", "", 60),
            ("district", "a", 5),
            ("district", "b", 25),
            ("district", "c", 30),
        ):
            cells.append(("cases", period, start, breakdown, segment, count, None))
    shown = suppress(_frame(*cells), metrics=KNOWN, min_cell=MIN_CELL)
    assert shown.groupby("segment")["suppressed"].sum().to_dict() == {"": 0, "a": 3, "b": 3, "c": 0}


def _calendar(months: dict[int, int], *quarters_and_year: int) -> pd.DataFrame:
    starts = [*(f"2024-{month:02}-01" for month in months)]
    cells: list[Cell] = [
        ("cases", "month", start, "", "", count, None) for start, count in zip(starts, months.values(), strict=True)
    ]
    *quarters, year = quarters_and_year
    for number, count in enumerate(quarters):
        cells.append(("cases", "quarter", f"2024-{1 + 3 * number:02}-01", "", "", count, None))
    return _frame(*cells, ("cases", "year", "2024-01-01", "", "", year, None))


def _hidden_periods(frame: pd.DataFrame) -> list[str]:
    shown = suppress(frame, metrics=KNOWN, min_cell=MIN_CELL)
    hidden = shown[shown["suppressed"]]
    return [f"{period} {start:%m}" for period, start in zip(hidden["period"], hidden["period_start"], strict=True)]


def test_months_of_hidden_quarters_protect_the_year() -> None:
    # The first quarter (3) takes the second (40) with it; January and May alone would still be 5 = year less the rest.
    frame = _calendar({1: 3, 2: 0, 3: 0, 4: 38, 5: 2, 6: 0, 7: 90, 8: 90, 9: 90}, 3, 40, 270, 313)
    assert _hidden_periods(frame) == ["month 01", "month 04", "month 05", "quarter 01", "quarter 04"]


def test_cover_is_taken_where_it_opens_nothing_else() -> None:
    # Data begin in March, which is the first quarter: hidden, March would need that quarter hidden, and a cover for it.
    frame = _calendar({3: 30, 4: 5, 5: 60, 6: 70}, 30, 135, 165)
    assert _hidden_periods(frame) == ["month 04", "month 05"]


def test_stocks_do_not_add_up_over_time() -> None:
    frame = _frame(
        ("open", "quarter", "2024-01-01", "", "", 40, None),
        ("open", "month", "2024-01-01", "", "", 3, None),
        ("open", "month", "2024-02-01", "", "", 20, None),
        ("open", "month", "2024-03-01", "", "", 40, None),
    )
    assert suppress(frame, metrics=KNOWN, min_cell=MIN_CELL)["suppressed"].tolist() == [False, True, False, False]


def test_a_combined_breakdown_protects_both_of_its_sides() -> None:
    counts = {("n", "x"): 3, ("n", "y"): 30, ("n", "z"): 50, ("s", "x"): 40, ("s", "y"): 25, ("s", "z"): 60}
    cells: list[Cell] = [
        ("cases", "year", "2024-01-01", "district x offense_category", f"{area} x {offense}", count, None)
        for (area, offense), count in counts.items()
    ]
    for area in "ns":
        count = sum(value for key, value in counts.items() if key[0] == area)
        cells.append(("cases", "year", "2024-01-01", "district", area, count, None))
    for offense in "xyz":
        count = sum(value for key, value in counts.items() if key[1] == offense)
        cells.append(("cases", "year", "2024-01-01", "offense_category", offense, count, None))
    cells.append(("cases", "year", "2024-01-01", "", "", sum(counts.values()), None))
    # n x x needs cover in its row (n x y) and its column (s x x), and those two in theirs (s x y)
    assert sorted(_hidden(_frame(*cells))) == ["n x x", "n x y", "s x x", "s x y"]


def test_hidden_rows_say_nothing_but_that_they_are_hidden() -> None:
    frame = _segments("cases", {"a": 100, "b": 3, "c": 40})
    shown = suppress(frame, metrics=KNOWN, min_cell=MIN_CELL)
    hidden = shown[shown["suppressed"]]
    assert hidden[["numerator", "denominator", "value", "lower", "upper"]].isna().all(axis=None)
    assert set(hidden["note"]) == {NOTE}
    visible = shown[~shown["suppressed"]]
    pd.testing.assert_frame_equal(visible, frame.loc[visible.index], check_dtype=False)


def test_order_and_index_are_kept() -> None:
    frame = _segments("cases", {"d": 100, "b": 3, "c": 40}).set_index(pd.Index([7, 7, 1, 0]))
    shown = suppress(frame, metrics=KNOWN, min_cell=MIN_CELL)
    assert shown.index.tolist() == [7, 7, 1, 0]
    assert shown["suppressed"].tolist() == [False, False, True, True]


def test_rows_without_numbers_are_left_alone() -> None:
    frame = _frame(("cases", "year", "2024-01-01", "", "", None, None))
    assert suppress(frame, metrics=KNOWN, min_cell=MIN_CELL)["suppressed"].tolist() == [False]


def test_two_rows_for_a_cell_are_refused() -> None:
    frame = pd.concat([_segments("cases", {"a": 1})] * 2)
    with pytest.raises(ValueError, match=r"two rows for one cell of \['cases', 'year'\]"):
        suppress(frame, metrics=KNOWN, min_cell=MIN_CELL)


def test_a_metric_without_definition_is_refused_not_shown() -> None:
    with pytest.raises(ValueError, match=r"\['mystery'\] have no definition"):
        suppress(_segments("mystery", {"a": 1}), metrics=KNOWN, min_cell=MIN_CELL)


def test_nothing_in_nothing_out() -> None:
    assert suppress(_frame(), metrics=KNOWN, min_cell=MIN_CELL).empty


def test_share_hidden() -> None:
    shown = suppress(_segments("cases", {"a": 100, "b": 3, "c": 40}), metrics=KNOWN, min_cell=MIN_CELL)
    found = share_hidden(shown).set_index("breakdown")[["cells", "hidden", "share"]]
    assert found.loc["district"].tolist() == [3, 2, 2 / 3]
    assert found.loc[""].tolist() == [1, 0, 0]
    assert share_hidden(shown, by=["metric"])["share"].tolist() == [0.5]


AREAS, OFFENSES, MONTHS = ("n", "s", "w"), ("x", "y"), (1, 2, 3, 4, 5, 6)
COUNT = st.one_of(st.integers(0, 12), st.integers(0, 60))


def _cube(numerators: np.ndarray, remainders: np.ndarray, metric: str) -> pd.DataFrame:
    """Every sum of an area x offense x month cube, as the metrics are published."""
    months = pd.to_datetime([f"2024-{month:02}-01" for month in MONTHS])
    rows = pd.DataFrame(
        [
            (area, offense, start, numerators[place], numerators[place] + remainders[place])
            for (area, offense, start), place in zip(
                product(AREAS, OFFENSES, months), np.ndindex(numerators.shape), strict=True
            )
        ],
        columns=["area", "offense", "start", "numerator", "denominator"],
    )
    frames = []
    for period, frequency in (("month", "M"), ("quarter", "Q"), ("year", "Y")):
        starts = rows["start"].dt.to_period(frequency).dt.start_time
        for breakdown, segment in (
            ("", pd.Series("", index=rows.index)),
            ("district", rows["area"]),
            ("offense_category", rows["offense"]),
            ("district x offense_category", rows["area"] + " x " + rows["offense"]),
        ):
            keyed = rows.assign(period_start=starts, segment=segment)
            summed = keyed.groupby(["period_start", "segment"])[["numerator", "denominator"]].sum().reset_index()
            frames.append(summed.assign(metric=metric, period=period, breakdown=breakdown))
    frame = pd.concat(frames, ignore_index=True).assign(lower=0.0, upper=0.0, suppressed=False, note=None)
    return frame.assign(value=frame["numerator"] / 1.0)


def _sums(frame: pd.DataFrame) -> list[tuple[int, list[int]]]:
    """Every total and its parts, written out plainly: places in the frame."""
    places = {
        tuple(key): place
        for place, key in enumerate(frame[["period", "period_start", "breakdown", "segment"]].itertuples(index=False))
    }
    families: dict[tuple[object, ...], list[int]] = {}
    for (period, start, breakdown, segment), place in places.items():
        names, values = breakdown.split(" x ") if breakdown else [], segment.split(" x ") if segment else []
        for keep in product([True, False], repeat=len(names)):
            if not all(keep):
                kept = [number for number, kept in enumerate(keep) if kept]
                total = (period, start, " x ".join(names[k] for k in kept), " x ".join(values[k] for k in kept))
                families.setdefault((total, breakdown), []).append(place)
        for longer, frequency in (("quarter", "Q"), ("year", "Y")):
            if period == "month" or (period == "quarter" and longer == "year"):
                begin = start.to_period(frequency).start_time
                families.setdefault(((longer, begin, breakdown, segment), period), []).append(place)
    return [(places[total], parts) for (total, _), parts in families.items()]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(COUNT, min_size=36, max_size=36),
    st.lists(COUNT, min_size=36, max_size=36),
    st.sampled_from(["cases", "rate"]),
)
def test_no_single_sum_gives_a_hidden_cell_away(counts: list[int], others: list[int], metric: str) -> None:
    shape = (len(AREAS), len(OFFENSES), len(MONTHS))
    frame = _cube(np.array(counts).reshape(shape), np.array(others).reshape(shape), metric)
    shown = suppress(frame, metrics=KNOWN, min_cell=MIN_CELL)
    hidden = shown["suppressed"].to_numpy()
    numerator = frame["numerator"].to_numpy()
    remainder = (frame["denominator"] - frame["numerator"]).to_numpy() if metric == "rate" else np.zeros(len(frame))
    small = ((numerator > 0) & (numerator < MIN_CELL)) | ((remainder > 0) & (remainder < MIN_CELL))
    assert hidden[small].all()
    for total, parts in _sums(frame):
        hidden_parts = [part for part in parts if hidden[part]]
        if hidden[total]:
            assert hidden_parts, "a hidden total whose parts are all visible is their sum"
        elif hidden_parts:
            assert len(hidden_parts) > 1, "a visible total less its visible parts is the hidden one"
            for left in (numerator[hidden_parts].sum(), remainder[hidden_parts].sum()):
                assert not 0 < left < MIN_CELL, "the hidden parts together are a small cell"
