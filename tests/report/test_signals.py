"""What the page says of alarms: how many tests, how many by chance, and which figures are called up or down."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.report import ReportData, charts
from strategic_prosecution.report.environment import environment
from strategic_prosecution.report.signals import signals
from tests.report.conftest import HEADLINE, HOSTILE

START = pd.Timestamp("2025-03-01")


def row(metric: str, kind: str = "control_chart", **values: object) -> dict[str, object]:
    base: dict[str, object] = dict.fromkeys(model.table("mart.metric_signals").names)
    base |= {
        "kind": kind,
        "metric": metric,
        "period": "month",
        "period_start": START,
        "period_end": START + pd.offsets.MonthEnd(0),
        "breakdown": "",
        "segment": "",
        "observed": 50.0,
        "expected": 30.0,
        "lower": 20.0,
        "upper": 41.0,
        "lower_wide": 15.0,
        "upper_wide": 48.0,
        "p_value": 0.0004,
        "is_headline": metric in HEADLINE,
        "verdict": "none",
    }
    return base | values


@pytest.fixture
def told(internal: ReportData) -> Callable[..., ReportData]:
    def make(*rows: dict[str, object]) -> ReportData:
        frame = pd.DataFrame(list(rows), columns=list(model.table("mart.metric_signals").names))
        frame["as_of"] = frame["as_of"].fillna(pd.Timestamp(internal.as_of))
        return replace(internal, tables=dict(internal.tables) | {"metric_signals": frame})

    return make


def said(data: ReportData) -> str:
    return " ".join(signals(data).sentences).replace("\u00a0", " ")


def test_tests_and_alarms_by_chance_are_counted(told) -> None:
    rows = [row("violent_incidents", period_start=START + pd.DateOffset(months=n)) for n in range(12)]
    rows[3] |= {"verdict": "up"}
    others = [row("dismissal_rate", "funnel", segment=f"X{n}", q_value=0.5, breakdown="tract") for n in range(200)]
    others[7] |= {"verdict": "down", "q_value": 0.01}
    others[8] |= {"verdict": "down", "q_value": 0.02}
    untested = [row("arrests", p_value=None, verdict="not_tested", note="months are missing")]
    text = said(told(*rows, *others, *untested))
    assert "12 figures of headline metrics, named in office.toml, were tested, each at 0.2 %." in text
    assert "fewer than 0.1 would stand out by chance alone; 1 does" in text
    assert "200 figures of other metrics were tested together" in text
    assert "2 do, and of such about 5.0 % are chance" in text
    assert "Tested one by one at 5 %, about 10 would have stood out" in text
    assert "Headline metrics of which nothing could be tested: Shooting incidents; Arrests; Sentenced" in text


def test_headline_metrics_come_first_and_the_rest_by_certainty(told) -> None:
    data = told(
        row("dismissal_rate", "funnel", segment="D3", breakdown="police_district", observed=0.5, expected=0.25,
            lower_wide=0.1, upper_wide=0.4, period="year",
            period_start=pd.Timestamp("2025-01-01"), verdict="up", q_value=0.03),
        row("community_meetings", verdict="down", observed=1.0, q_value=0.01),
        row("violent_incidents", verdict="up"),
        row("homicide_victims"),
    )  # fmt: skip
    table = signals(data).standing_out
    assert [cells[0] for cells in table.rows] == ["Violent incidents", "Community meetings", "Cases dismissed"]
    beside = ("50", "30 (15 to 48)", "the months before")
    assert table.rows[0] == ("Violent incidents", "headline", "March 2025", "up", *beside)
    where, verdict, observed, expected = table.rows[2][2:6]
    assert where == "2025, Harbor (police district)"
    assert (verdict, observed, expected) == ("up", "50.0\u00a0%", "25.0\u00a0% (10.0\u00a0% to 40.0\u00a0%)")


def test_only_the_rows_of_the_day_count(told) -> None:
    data = told(row("violent_incidents", verdict="up", as_of=pd.Timestamp(date(2026, 4, 9))))
    assert signals(data).standing_out.rows == ()
    assert said(data).startswith("Nothing could be tested")


def test_without_the_table_nothing_is_tested(internal: ReportData) -> None:
    made = signals(internal)
    assert made.charts == () and made.standing_out.empty == "Nothing stands out beyond chance."
    assert "Nothing could be tested" in made.sentences[0]


def test_a_headline_metric_is_drawn_with_the_limits_of_its_tested_months(told) -> None:
    rows = [row("violent_incidents", period_start=START + pd.DateOffset(months=n)) for n in range(1, 13)]
    (watched,) = signals(told(*rows)).charts
    assert watched.title == "Violent incidents"
    # Twelve months up and twelve back; the months before have no band.
    assert watched.chart.band.count("L") == 23
    assert "April 2023 to March 2026" in watched.chart.label


def test_windows_and_the_year_to_date(told) -> None:
    last = pd.Timestamp("2026-03-20")
    window = row(
        "violent_incidents",
        "same_days",
        period_start=last - pd.Timedelta(days=27),
        period_end=last,
        observed=44,
        expected=36.333,
    )
    year = row(
        "violent_incidents",
        "same_days",
        period="year",
        period_start=pd.Timestamp("2026-01-01"),
        period_end=last,
        observed=90,
        expected=120,
        p_value=None,
        verdict="not_tested",
    )
    made = signals(told(window, year))
    assert made.windows.rows == (("Violent incidents", "20 March 2026", "44", "36.3", "90", "120", "-25.0\u00a0%"),)
    assert [cells[1:4] for cells in made.tested.rows] == [("0", "0", "0"), ("0", "0", "0"), ("1", "0", "0")]
    untold = window | {"expected": None, "p_value": None, "note": "months are missing"}
    nothing = signals(told(untold, year | {"expected": 0}))
    assert nothing.windows.rows[0][3] == "months are missing" and nothing.windows.rows[0][6] == "none to divide by"


def test_why_not_is_counted(told) -> None:
    reasons = [
        "needs 5 areas",
        "needs 24 finished months after the first, has 3",
        "counting changed on 2025-02-03: x",
        "not finished",
    ]
    rows = [
        row("arrests", p_value=None, verdict="not_tested", note=note, period_start=START + pd.DateOffset(months=n))
        for n, note in enumerate(reasons)
    ]
    months = signals(told(*rows, row("arrests", verdict="up"))).tested.rows[0]
    assert months == (
        "the months before", "1", "1", "4",
        ("1: counting changed", "1: not finished", "2: too few finished months, or areas"),
    )  # fmt: skip


def test_the_section_escapes_what_the_data_say(told) -> None:
    data = told(
        row("violent_incidents", "funnel", segment="D2", breakdown="police_district of residence", verdict="up")
    )
    made = signals(data)
    assert HOSTILE in made.standing_out.rows[0][2]
    template = environment().from_string('{% import "macros.html.j2" as show %}{% include "signals.html.j2" %}')
    page = template.render(signals=made, box=charts)
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert page.count("<table>") == 2, "what stands out, and what was tested"
