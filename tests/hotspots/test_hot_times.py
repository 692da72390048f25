from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from strategic_prosecution.hotspots import hot_times

# A Monday.
WEEK = datetime(2024, 3, 4)


def at(weekday: int, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return WEEK + timedelta(days=weekday - 1, hours=int(hour), minutes=int(minute))


def filled(found, column: str = "incidents") -> dict[tuple[int, int], float]:
    hours = found.hours[found.hours[column] != 0]
    return {(row.weekday, row.hour): getattr(row, column) for row in hours.itertuples()}


def test_all_168_hours_are_there_even_without_an_incident():
    found = hot_times([], [])
    assert found.hours[["weekday", "hour"]].to_numpy().tolist() == [[d, h] for d in range(1, 8) for h in range(24)]
    assert (found.hours["incidents"] == 0).all()
    assert found.incidents == 0


def test_a_time_counts_in_its_hour():
    found = hot_times([at(3, "14:59"), at(7, "23:00"), at(3, "14:00")])
    assert filled(found) == {(3, 14): 2, (7, 23): 1}
    assert filled(found, "from_intervals") == {}


def test_an_interval_counts_in_parts_by_overlap():
    # 15 of 90 minutes in hour 9, 60 in hour 10, 15 in hour 11.
    found = hot_times([at(2, "09:45")], [at(2, "11:15")])
    assert filled(found) == pytest.approx({(2, 9): 1 / 6, (2, 10): 4 / 6, (2, 11): 1 / 6})
    assert filled(found, "from_intervals") == filled(found)
    assert (found.incidents, found.intervals) == (1, 1)


def test_an_interval_runs_over_the_end_of_the_week():
    found = hot_times([at(7, "23:30"), at(7, "22:10")], [at(8, "00:30"), None])
    assert filled(found) == {(7, 23): 0.5, (1, 0): 0.5, (7, 22): 1}
    assert filled(found, "from_intervals") == {(7, 23): 0.5, (1, 0): 0.5}


def test_an_interval_within_one_hour_and_one_that_ends_on_the_hour():
    found = hot_times([at(1, "08:10"), at(1, "10:00")], [at(1, "08:20"), at(1, "11:00")])
    assert filled(found, "from_intervals") == {(1, 8): 1, (1, 10): 1}


def test_a_whole_week_counts_the_same_everywhere_and_more_says_nothing():
    found = hot_times([at(1, "05:30"), at(1, "05:30")], [at(8, "05:30"), at(8, "05:31")])
    np.testing.assert_allclose(found.hours["incidents"], 1 / 168, rtol=1e-12)
    assert (found.incidents, found.too_long) == (1, 1)
    assert hot_times([at(1, "05:30")], [at(1, "08:31")], max_hours=3).too_long == 1


def test_an_end_before_the_start_is_left_out_and_counted():
    found = hot_times([at(1, "05:30"), at(1, "06:00")], [at(1, "05:29"), at(1, "06:00")])
    assert filled(found) == {(1, 6): 1}
    assert (found.incidents, found.reversed, found.intervals) == (1, 1, 0)


def test_a_day_without_a_time_counts_over_its_day():
    found = hot_times([at(5, "00:00"), at(6, "13:00")], has_time=[False, True])
    assert filled(found) == pytest.approx({**{(5, hour): 1 / 24 for hour in range(24)}, (6, 13): 1})
    assert (found.incidents, found.whole_days, found.at_midnight) == (2, 1, 0)


def test_a_minute_past_midnight_is_a_day_without_a_time():
    found = hot_times([at(5, "00:01"), at(6, "00:02"), at(6, "00:01")], [None, None, at(6, "00:31")])
    assert found.whole_days == 1
    assert filled(found)[(5, 12)] == pytest.approx(1 / 24)
    assert filled(found)[(6, 0)] == 2


def test_few_midnights_are_midnight_and_many_are_no_time():
    others = [at(1, "20:00")] * 18
    few = hot_times([at(4, "00:00")] * 2 + others)
    assert filled(few) == {(4, 0): 2, (1, 20): 18}
    assert (few.at_midnight, few.whole_days) == (2, 0)
    many = hot_times([at(4, "00:00")] * 3 + others)
    assert filled(many)[(4, 17)] == pytest.approx(3 / 24)
    assert (many.at_midnight, many.whole_days) == (3, 3)


def minute_by_minute(starts: list[datetime], ends: list[datetime]) -> np.ndarray:
    hours = np.zeros((7, 24))
    for start, end in zip(starts, ends, strict=True):
        minutes = int((end - start).total_seconds() // 60)
        for number in range(minutes):
            moment = start + timedelta(minutes=number)
            hours[moment.weekday(), moment.hour] += 1 / minutes
    return hours


def test_equal_to_a_loop_over_every_minute():
    random = np.random.default_rng(11)
    starts = [WEEK + timedelta(minutes=int(m)) for m in random.integers(2, 400 * 1440, 60)]
    ends = [start + timedelta(minutes=int(m)) for start, m in zip(starts, random.integers(1, 6000, 60), strict=True)]
    found = hot_times(starts, ends)
    expected = minute_by_minute(starts, ends).ravel()
    np.testing.assert_allclose(found.hours["incidents"], expected, rtol=0, atol=1e-9)
    assert found.hours["incidents"].sum() == pytest.approx(found.incidents, abs=1e-9)


def test_counts_stand_for_rows_and_their_order_makes_no_difference():
    random = np.random.default_rng(12)
    starts = pd.Series([WEEK + timedelta(minutes=int(m)) for m in random.integers(2, 10080, 500)])
    ends = starts + pd.to_timedelta(random.integers(0, 3000, 500), unit="min")
    count = random.integers(1, 4, 500)
    found = hot_times(starts, ends, count=count)
    rows = np.repeat(np.arange(500), count)
    each = hot_times(starts[rows], ends[rows])
    np.testing.assert_allclose(found.hours["incidents"], each.hours["incidents"], rtol=0, atol=1e-9)
    assert (found.incidents, found.intervals) == (each.incidents, each.intervals) == (count.sum(), each.intervals)
    order = random.permutation(500)
    again = hot_times(starts[order], ends[order], count=count[order])
    pd.testing.assert_frame_equal(again.hours, found.hours, check_exact=True)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ([None], [at(1, "05:00")], "starts are null"),
        ([at(1, "05:00")], [], "as many of end"),
        (pd.Series([at(1, "05:00")]).dt.tz_localize("UTC"), None, "in time zone"),
    ],
)
def test_bad_input_is_refused(start, end, message):
    with pytest.raises(ValueError, match=message):
        hot_times(start, end)
