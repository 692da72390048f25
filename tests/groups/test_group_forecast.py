"""The forecast of groups: moments by hand, what was known, the trials, and its silence."""

from datetime import date, timedelta

import pandas as pd
import pytest
from scipy.stats import nbinom

from strategic_prosecution.groups import forecast_groups

AS_OF = date(2025, 12, 31)


def shootings(group: str, days_ago: list[int], *, late: int = 0) -> pd.DataFrame:
    dates = [AS_OF - timedelta(days=n) for n in days_ago]
    return pd.DataFrame(
        {
            "incident_id": [f"{group}-{n}-{i}" for i, n in enumerate(days_ago)],
            "event_date": dates,
            "group_id": group,
            "side": "suspect",
            "known_on": [day + timedelta(days=late) for day in dates],
        }
    )


def county(per_year: dict[str, int], *, years: int = 3) -> pd.DataFrame:
    """Shootings spread evenly: so many a year for each group."""
    spread = [
        shootings(group, [round(365 * (i + 0.5) / n) for i in range(n * years)]) for group, n in per_year.items() if n
    ]
    return pd.concat(spread, ignore_index=True)


def test_each_count_is_drawn_towards_the_mean_by_the_moments():
    made = forecast_groups(county({"A": 40, "B": 20, "C": 10, "D": 2}), as_of=AS_OF, horizon_days=365)
    # By hand: mean 18, squared deviations 484 + 4 + 64 + 256 = 808 over 3; what exceeds the mean is the groups' own.
    shape, rate = 18**2 / (808 / 3 - 18), 18 / (808 / 3 - 18)
    by_hand = [(shape + n) / (rate + 1) for n in (40, 20, 10, 2)]
    assert made.groups["group_id"].tolist() == ["A", "B", "C", "D"]
    assert made.groups["expected"].tolist() == pytest.approx(by_hand)
    assert made.groups["last_year"].tolist() == [40, 20, 10, 2]
    odds = (rate + 1) / (rate + 2)
    assert made.groups["upper"].tolist() == [nbinom.ppf(0.9, shape + n, odds) for n in (40, 20, 10, 2)]


def test_groups_alike_are_all_given_the_mean():
    made = forecast_groups(county({"A": 20, "B": 20}), as_of=AS_OF, horizon_days=73)
    assert made.groups["expected"].tolist() == pytest.approx([4.0, 4.0])


def test_what_was_not_known_on_a_day_does_not_enter_it():
    known = county({"A": 30, "B": 10})
    late = shootings("C", list(range(1, 60)), late=100)
    with_late = forecast_groups(pd.concat([known, late]), as_of=AS_OF, horizon_days=180)
    assert with_late.groups["group_id"].tolist() == ["A", "B"]
    assert with_late.groups.equals(forecast_groups(known, as_of=AS_OF, horizon_days=180).groups)


def test_reviews_that_come_late_do_not_lower_what_is_expected():
    late = county({"A": 40, "B": 20}).assign(known_on=lambda c: [day + timedelta(days=60) for day in c["event_date"]])
    soon = forecast_groups(county({"A": 40, "B": 20}), as_of=AS_OF, horizon_days=365).groups["expected"].tolist()
    assert forecast_groups(late, as_of=AS_OF, horizon_days=365).groups["expected"].tolist() == pytest.approx(soon, 0.05)


def test_under_a_hundred_shootings_nothing_is_foretold():
    few = forecast_groups(county({"A": 33}), as_of=AS_OF, horizon_days=180)
    assert (few.events, len(few.groups), len(few.trials)) == (99, 0, 0)
    assert len(forecast_groups(county({"A": 34}), as_of=AS_OF, horizon_days=180).groups) == 1


def test_the_trials_tell_both_rules_on_the_same_past_days():
    made = forecast_groups(county({"A": 40, "B": 20, "C": 10, "D": 2}), as_of=AS_OF, horizon_days=180)
    assert made.trials["rule"].tolist() == ["forecast", "last_year"]
    # History begins 1,091 days before the day: trials at 180, 210, ... 720 days before it.
    assert made.trials["trials"].tolist() == [19, 19]
    assert made.trials["events"].nunique() == 1
    # Evenly spread shootings: last year's count is right to within one, and the first three groups have all but D's.
    last_year = made.trials.set_index("rule").loc["last_year"]
    assert last_year["mean_absolute_error"] < 1 and last_year["share_in_first_three"] == pytest.approx(
        70 / 72, abs=0.01
    )


def test_a_horizon_of_no_day_is_refused():
    with pytest.raises(ValueError, match="horizon_days"):
        forecast_groups(county({"A": 40}), as_of=AS_OF, horizon_days=0)
