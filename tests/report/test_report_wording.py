from datetime import date

import numpy as np
import pandas as pd
import pytest

from strategic_prosecution.report import wording


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (1234, "incidents", "1,234"),
        (1234.0, "incidents", "1,234"),
        (0.1234, "share", "12.3\u00a0%"),
        (1.0, "share", "100.0\u00a0%"),
        (7.6914, "per 1,000 residents", "7.69"),
        (143.25, "days", "143.2"),
        (None, "share", "not enough cases"),
        (np.nan, "days", "not enough cases"),
        (pd.NA, "incidents", "not enough cases"),
        (0, "incidents", "0"),
    ],
)
def test_a_value_is_written_in_its_unit(value: object, unit: str, written: str) -> None:
    assert wording.measure(value, unit) == written


@pytest.mark.parametrize(
    ("lower", "upper", "unit", "written"),
    [
        (0.101, 0.145, "share", "10.1 to 14.5\u00a0%"),
        (3, 12.44, "victims", "3.0 to 12.4"),
        (454.2, 544.8, "arrests", "454 to 545"),
        (7.6, 7.8, "per 1,000 residents", "7.60 to 7.80"),
        (120, None, "days", "120 or more"),
        (None, 90, "days", "up to 90"),
        (None, None, "days", ""),
    ],
)
def test_an_interval_says_an_open_end_in_words(lower: object, upper: object, unit: str, written: str) -> None:
    assert wording.interval(lower, upper, unit) == written


def test_days_and_periods_are_written_the_same_in_every_locale() -> None:
    assert wording.day(date(2026, 4, 1)) == "1 April 2026"
    assert wording.day(pd.NaT) == "not known"
    assert wording.period("month", date(2026, 4, 1)) == "April 2026"
    assert wording.period("quarter", date(2026, 10, 1)) == "Oct to Dec 2026"
    assert wording.period("year", date(2026, 1, 1)) == "2026"


def test_codes_become_words() -> None:
    assert wording.words("native_american") == "Native American"
    assert wording.words("set_aside") == "Set aside"
    assert wording.words(None) == "not known"
    assert wording.yes_no(np.True_) == "yes"
    assert wording.yes_no(None) == "not known"
