import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.groups import response_times

AS_OF = dt.date(2025, 6, 30)
START = dt.date(2025, 3, 1)
VIOLATIONS = ["person", "supervision_type", "violation_date", "sanction_date", "end_date"]
CUSTODY = ["person", "detained_from", "detained_to"]


def later(days: int | None, since: dt.date = START) -> dt.date | None:
    return None if days is None else since + dt.timedelta(days=days)


def violation(
    answered: int | None, *, ended: int | None = None, person: str | None = "p", kind: str | None = "probation"
) -> tuple[object, ...]:
    """Answered, or the spell ended, so many days after the first of March."""
    return person, kind, START, later(answered), later(ended)


def times(*rows: tuple[object, ...], custody: tuple[tuple[object, ...], ...] = (), days: int = 365) -> pd.DataFrame:
    return response_times(
        pd.DataFrame(list(rows), columns=VIOLATIONS),
        custody=pd.DataFrame(list(custody), columns=CUSTODY),
        as_of=AS_OF,
        window_days=days,
    ).set_index("supervision_type")


def test_kaplan_and_meier_by_hand() -> None:
    # Answered after 2, 4, 9 and 30 days; two spells ended unanswered after 3 and 10 days.
    # S(2) = 5/6; S(4) = 5/6 * 3/4 = 5/8; S(9) = 5/8 * 2/3 = 5/12: half is reached on day 9; within 7 days 3/8.
    rows = [
        violation(2),
        violation(4),
        violation(9),
        violation(30),
        violation(None, ended=3),
        violation(None, ended=10),
    ]
    found = times(*rows).loc["probation"]
    assert found["violations"] == 6
    assert found["answered"] == 4
    assert found["median_days"] == 9
    assert found["within_7_days"] == pytest.approx(3 / 8)


def test_without_censoring_it_is_the_plain_share_and_the_lower_median() -> None:
    found = times(violation(0), violation(7), violation(8), violation(20)).loc["probation"]
    assert found["within_7_days"] == 0.5
    assert found["median_days"] == 7


def test_nothing_is_said_past_what_was_followed() -> None:
    assert times(violation(None, ended=5), violation(2)).loc["probation", "within_7_days"] != 0.5
    assert np.isnan(times(violation(None, ended=5), violation(2)).loc["probation", "within_7_days"])
    assert np.isnan(times(violation(None)).loc["probation", "median_days"])
    assert times(violation(None)).loc["probation", "within_7_days"] == 0


def test_an_answer_before_the_violation_or_after_the_day_is_none() -> None:
    found = times(violation(-1), violation(122)).loc["probation"]
    assert later(121) == AS_OF
    assert found["answered"] == 0


def test_the_window_and_the_kinds() -> None:
    assert times(violation(1), days=122).loc["probation", "violations"] == 1
    assert times(violation(1), days=121).empty
    found = times(violation(1), violation(1, kind="parole"), violation(1, kind=None))
    assert found.index.tolist() == ["parole", "probation", "unknown"]
    assert found["window_days"].tolist() == [365] * 3


def stay(first: int, end: int | None, person: str = "p") -> tuple[object, ...]:
    return person, later(first), later(end)


@pytest.mark.parametrize(
    ("custody", "days"),
    [
        ([stay(4, 10)], 6),
        ([stay(34, 36)], 2),
        ([stay(35, 40)], 0),
        ([stay(3, 40)], 0),
        ([stay(5, 8), stay(7, 12), stay(12, 13)], 8),
        ([stay(5, 8), stay(20, 22)], 5),
        ([stay(5, None)], 117),
        ([stay(5, 8, "someone else")], 0),
        ([stay(5, 5)], 0),
    ],
)
def test_custody_that_began_within_30_days_after_the_answer(custody: list[tuple[object, ...]], days: int) -> None:
    assert times(violation(4), custody=tuple(custody)).loc["probation", "custody_days"] == days


def test_a_stay_counts_once_and_an_unlinked_or_unanswered_violation_costs_nothing() -> None:
    stays = (stay(5, 8), (None, later(5), later(50)))
    rows = [violation(4), violation(5), violation(4, person=None), violation(None)]
    assert times(*rows, custody=stays).loc["probation", "custody_days"] == 3


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=12), st.randoms())
def test_the_curve_again_one_day_at_a_time(rows, random) -> None:  # type: ignore[no-untyped-def]
    """Product of shares over days, by plain arithmetic."""
    events = [violation(n) if is_answered else violation(None, ended=n) for n, is_answered in rows]
    share, median, seven = 1.0, np.nan, 1.0
    for day in range(13):
        at_risk = sum(n >= day for n, _ in rows)
        answered = sum(n == day and is_answered for n, is_answered in rows)
        share *= 1 - answered / at_risk if at_risk else 1
        if share <= 0.5 + 1e-9 and np.isnan(median):
            median = day
        if day == 7:
            seven = share
    found = times(*events).loc["probation"]
    assert np.isnan(median) == np.isnan(found["median_days"])
    assert np.isnan(median) or found["median_days"] == median
    if max(n for n, _ in rows) >= 7 or seven < 1e-9:
        assert found["within_7_days"] == pytest.approx(1 - seven, abs=1e-9)
    else:
        assert np.isnan(found["within_7_days"])
    random.shuffle(events)
    pd.testing.assert_frame_equal(times(*events), times(*sorted(events, key=str)))


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="window_days"):
        times(violation(1), days=0)
    with pytest.raises(ValueError, match="violations: no column"):
        response_times(pd.DataFrame(), custody=pd.DataFrame(columns=CUSTODY), as_of=AS_OF, window_days=1)


def test_no_violation_is_no_row() -> None:
    assert times().empty
