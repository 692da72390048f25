from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.report import ReportData
from strategic_prosecution.report.commitments import comparisons, newest, summaries
from strategic_prosecution.report.fairness import by_area, by_race, residents_by_race


def _metrics(rows: list[dict[str, object]]) -> pd.DataFrame:
    filled = {
        "as_of": date(2026, 4, 10),
        "metric": "violent_incidents",
        "period": "quarter",
        "breakdown": "",
        "segment": "",
        "basis": "observed",
        "complete": True,
        "suppressed": False,
    }
    frame = pd.DataFrame([filled | row for row in rows])
    return newest(frame.reindex(columns=list(model.table("mart.metrics").names)))


def _data(internal: ReportData, breaks: tuple[tuple[date, str], ...] = ()) -> ReportData:
    return replace(internal, breaks=breaks)


def test_the_latest_complete_period_stands_beside_the_same_a_year_before(internal: ReportData) -> None:
    metrics = _metrics(
        [
            {"period_start": date(2025, 1, 1), "value": 90, "lower": 72, "upper": 111},
            {"period_start": date(2025, 10, 1), "value": 70, "lower": 55, "upper": 88},
            {"period_start": date(2026, 1, 1), "value": 80, "lower": 63, "upper": 99.6, "basis": "reconstructed"},
            {"period_start": date(2026, 4, 1), "value": 9, "complete": False},
        ]
    )
    (comparison,) = summaries(_data(internal), metrics)["violent_incidents"].comparisons
    assert comparison.period == "Jan to Mar 2026"
    assert (comparison.now.value, comparison.now.limits) == ("80", "63.0 to 99.6")
    assert comparison.before is not None
    assert (comparison.before.value, comparison.before.limits) == ("90", "72 to 111")
    assert comparison.reconstructed and comparison.breaks == ()
    assert comparisons([comparison] * 40) == (40, 2)


@pytest.mark.parametrize(
    ("day", "across"),
    [(date(2025, 1, 1), ()), (date(2025, 6, 1), (1,)), (date(2026, 4, 1), ()), (date(2026, 1, 1), (1,))],
)
def test_a_comparison_across_a_break_says_so(internal: ReportData, day: date, across: tuple[int, ...]) -> None:
    metrics = _metrics([{"period_start": date(year, 1, 1), "value": 80} for year in (2025, 2026)])
    (comparison,) = summaries(_data(internal, ((day, "new system"),)), metrics)["violent_incidents"].comparisons
    assert comparison.breaks == across


def test_hidden_undefined_and_missing_are_three_things(internal: ReportData) -> None:
    metrics = _metrics(
        [
            {"period_start": date(2025, 1, 1), "value": None, "suppressed": True},
            {"period_start": date(2026, 1, 1), "value": None},
            {"metric": "arrests", "period_start": date(2026, 1, 1), "value": 3},
        ]
    )
    made = summaries(_data(internal), metrics)
    comparison = made["violent_incidents"].line
    assert comparison is not None and comparison.before is not None
    assert (comparison.now.value, comparison.before.value) == ("not enough cases", "hidden")
    assert made["arrests"].line is not None and made["arrests"].line.before is None
    assert made["dismissal_rate"].line is None
    assert comparisons([comparison]) == (0, 0)


def test_the_newest_value_of_a_period_counts() -> None:
    rows = [{"as_of": date(2026, month, 28), "period_start": date(2026, 1, 1), "value": month} for month in (4, 5, 3)]
    assert _metrics(rows)["value"].tolist() == [5]


def test_hidden_cells_are_counted_and_past_a_fifth_the_page_offers_a_coarser_view(internal: ReportData) -> None:
    segments = ("asian", "black", "hispanic", "white")
    rows = [
        {"metric": "arrests", "breakdown": "race_ethnicity", "segment": race, "period": period, "value": 50,
         "numerator": 50, "period_start": date(2025, 1, 1), "suppressed": race == "asian"}
        for race in segments
        for period in ("year", "quarter")
    ]  # fmt: skip
    total = {"metric": "arrests", "period": "year", "period_start": date(2025, 1, 1), "value": 200, "numerator": 200}
    views, hidden = by_race(internal, _metrics([*rows, total]))
    (view,) = views
    assert view.rows[0][:3] == ("Asian", "hidden", "hidden")
    assert view.rows[1][:3] == ("Black", "50", "25.0\u00a0%")
    assert view.rows[1][3] == "28.0\u00a0%"
    assert "residents" in view.notes[0]
    assert (hidden.cells, hidden.of, hidden.share) == (1, 4, "25.0\u00a0%")
    assert "Several years" in hidden.advice
    fewer = by_race(internal, _metrics([row | {"suppressed": False} for row in rows]))[1]
    assert (fewer.cells, fewer.advice) == (0, "")


def test_residents_by_race_are_shares_of_the_layer(internal: ReportData) -> None:
    shares = residents_by_race(internal, newest(internal.frame("metrics")))
    assert shares.round(3).to_dict() == {"asian": 0.08, "black": 0.28, "hispanic": 0.22, "white": 0.42}


def test_headline_metrics_by_area_name_the_area_and_its_residents(internal: ReportData) -> None:
    view, _ = by_area(internal, newest(internal.frame("metrics")))
    assert view is not None
    assert [title for title, _ in view.header] == [
        "Police district",
        "Residents",
        "Violent incidents, 2025",
        "Shooting incidents, 2025",
        "Arrests, 2025",
        "Sentenced to prison or jail, 2025",
    ]
    assert view.rows[0] == ("North & West", "26,667", "360", "44", "820", "37.0\u00a0%")
    assert by_area(internal, newest(internal.frame("metrics").iloc[:0]))[0] is None
