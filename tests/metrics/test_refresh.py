"""Which periods an as_of keeps, and what the newest row of a key then says."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from strategic_prosecution.metrics import refresh
from strategic_prosecution.metrics.compute import KEY
from strategic_prosecution.metrics.refresh import GONE

Measure = Callable[..., pd.DataFrame]
DAYS = [f"{year}-{month:02}-10" for year in (2021, 2022, 2023) for month in range(1, 13)]


LAST_DAY = date(2023, 12, 31)


def kept_of(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """What the last day of 2023 keeps when the month end before and the night before said the same."""
    return refresh(now, before, earlier=before, as_of=LAST_DAY)


@pytest.fixture
def by_year(measure: Measure) -> Callable[..., pd.DataFrame]:
    def run(as_of: date, *, less: int = 0) -> pd.DataFrame:
        rows: list[dict[str, Any]] = [
            {"arrest_id": f"a{number}", "arrest_date": day, "race_ethnicity": "other" if day == DAYS[0] else "white"}
            for number, day in enumerate(DAYS)
        ]
        return measure({"arrests": rows[less:]}, "arrests", as_of=as_of)

    return run


def test_keeps_thirteen_months_when_nothing_changed(by_year: Callable[..., pd.DataFrame]) -> None:
    kept = kept_of(by_year(date(2023, 12, 31)), by_year(date(2023, 12, 31)))
    months = kept[kept["period"] == "month"]["period_start"]
    # ended after 30 November 2022
    assert months.min() == pd.Timestamp("2022-12-01")
    assert kept[kept["period"] == "year"]["period_start"].min() == pd.Timestamp("2022-01-01")


def test_keeps_everything_the_first_time(by_year: Callable[..., pd.DataFrame]) -> None:
    now = by_year(date(2023, 12, 31))
    pd.testing.assert_frame_equal(kept_of(now, now.iloc[:0]), now)


def test_keeps_an_older_period_that_changed_and_its_quarter_and_year(by_year: Callable[..., pd.DataFrame]) -> None:
    before = by_year(date(2023, 11, 30))
    changed = before["period_start"] == "2021-03-01"
    before.loc[changed, "value"] += 1
    kept = kept_of(by_year(date(2023, 12, 31)), before)
    assert set(kept[(kept["period_end"] < "2022-11-01")]["period_start"]) == {pd.Timestamp("2021-03-01")}


def test_an_older_period_that_became_complete_is_kept(by_year: Callable[..., pd.DataFrame]) -> None:
    before = by_year(date(2023, 11, 30)).assign(complete=False)
    now = by_year(date(2023, 12, 31))
    recent = pd.to_datetime(now["period_end"]) > pd.Timestamp("2022-11-30")
    assert len(kept_of(now, before)) == (now["complete"] | recent).sum() > recent.sum()


def test_a_number_withdrawn_is_not_the_newest_for_ever(by_year: Callable[..., pd.DataFrame]) -> None:
    before = by_year(date(2023, 11, 30))
    # The only arrest of race 'other', in January 2021, is gone; so the data begin in February.
    now = by_year(date(2023, 12, 31), less=1)
    kept = kept_of(now, before)
    gone = kept[kept["note"] == GONE]
    assert len(gone)
    assert gone[["numerator", "denominator", "value", "lower", "upper"]].isna().all(axis=None)
    assert set(gone["as_of"]) == {pd.Timestamp("2023-12-31")}
    stored = pd.concat([before, kept]).sort_values("as_of").drop_duplicates(KEY, keep="last").sort_values(KEY)
    newest = stored[stored["note"] != GONE].reset_index(drop=True).drop(columns="as_of")
    pd.testing.assert_frame_equal(newest, now.drop(columns="as_of"))
    # said once
    again = kept_of(now, stored)
    assert not (again["note"] == GONE).any()


def test_when_nothing_is_left_everything_is_taken_back(by_year: Callable[..., pd.DataFrame]) -> None:
    before = by_year(date(2023, 11, 30))
    kept = kept_of(before.iloc[:0], before)
    assert len(kept) == len(before)
    assert (kept["note"] == GONE).all() and kept["numerator"].isna().all()


def test_what_only_a_night_said_is_taken_back(by_year: Callable[..., pd.DataFrame]) -> None:
    now = by_year(LAST_DAY, less=1)
    night = by_year(date(2023, 12, 30))
    kept = refresh(now, now.iloc[:0], earlier=night, as_of=LAST_DAY)
    gone = kept[kept["note"] == GONE]
    assert len(gone) and set(gone["as_of"]) == {pd.Timestamp(LAST_DAY)}


def test_rows_read_back_from_the_database_compare_equal(connection: Any, by_year: Callable[..., pd.DataFrame]) -> None:
    now = by_year(date(2023, 12, 31))
    stored = connection.execute("select * from now order by all").df()
    assert len(kept_of(now, stored)) == len(kept_of(now, now)) < len(now)
