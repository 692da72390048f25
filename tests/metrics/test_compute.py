"""Periods, zeros, completeness, basis: what is true of every metric."""

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pytest
from scipy.stats import chi2

from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS, compute, describe, unavailable
from strategic_prosecution.settings import Metrics as Rules

Measure = Callable[..., pd.DataFrame]


def _incidents(*days: str, category: str = "robbery") -> list[dict[str, Any]]:
    return [
        {"incident_id": f"{category}{number}", "occurred_date": day, "offense_category": category}
        for number, day in enumerate(days)
    ]


def _cases(*filed: str) -> list[dict[str, Any]]:
    """Open cases, and one warrant: dispositions are recorded here, these have none."""
    warrant = {"disposition_date": filed[0], "disposition": "warrant"}
    return [
        {"case_id": str(number), "filed_date": day, **(warrant if number == 0 else {})}
        for number, day in enumerate((filed[0], *filed))
    ]


def _series(rows: pd.DataFrame, period: str, *, breakdown: str = "", segment: str = "") -> dict[str, Any]:
    chosen = rows.query("period == @period and breakdown == @breakdown and segment == @segment")
    return dict(zip(chosen["period_start"].dt.strftime("%Y-%m-%d"), chosen["numerator"], strict=True))


def test_columns_are_those_of_the_mart(measure: Measure) -> None:
    rows = measure({"incidents": _incidents("2024-01-31")}, "violent_incidents", as_of=date(2024, 2, 1))
    nothing = measure({}, "violent_incidents", as_of=date(2024, 2, 1))
    assert tuple(rows.columns) == tuple(nothing.columns) == model.table("mart.metrics").names
    assert rows.dtypes.to_dict() == nothing.dtypes.to_dict()
    assert not len(nothing)
    assert not rows.duplicated(list(model.table("mart.metrics").key)).any()


def test_nulls_and_dates_survive_the_database(connection: duckdb.DuckDBPyConnection, measure: Measure) -> None:
    given = {"cases": _cases("2024-01-05")}
    connection.register("incoming", measure(given, "median_days_to_disposition", as_of=date(2024, 2, 1)))
    columns = ", ".join(
        f"{column.name} {model.SQL_TYPES[column.dtype]}" for column in model.table("mart.metrics").columns
    )
    connection.execute(f"create temp table stored ({columns})")
    connection.execute("insert into stored by name select * from incoming")
    found = connection.execute(
        "select period_start, numerator, denominator, value, lower from stored "
        "where period = 'month' and breakdown = '' order by period_start"
    ).fetchall()
    assert found == [(date(2024, 1, 1), 0, 2, None, None), (date(2024, 2, 1), 0, 0, None, None)]


def test_every_period_has_a_row_and_nothing_is_zero(measure: Measure) -> None:
    # The table begins with a theft in November: no homicide before February is a count of 0, not a hole.
    given = {"incidents": [*_incidents("2024-02-29", category="homicide"), *_incidents("2023-11-30", category="theft")]}
    rows = measure(given, "homicide_incidents", as_of=date(2024, 3, 15))
    months = {"2023-11-01": 0, "2023-12-01": 0, "2024-01-01": 0, "2024-02-01": 1, "2024-03-01": 0}
    assert _series(rows, "month") == months
    assert _series(rows, "quarter") == {"2023-10-01": 0, "2024-01-01": 1}
    assert _series(rows, "year") == {"2023-01-01": 0, "2024-01-01": 1}


def test_a_segment_seen_once_has_a_row_in_every_period(measure: Measure) -> None:
    given = {"incidents": _incidents("2024-01-05", "2024-01-06") + _incidents("2024-03-05", category="homicide")}
    rows = measure(given, "violent_incidents", as_of=date(2024, 3, 31))
    by = {"breakdown": "offense_category"}
    assert list(_series(rows, "month", segment="robbery", **by).values()) == [2, 0, 0]
    assert list(_series(rows, "month", segment="homicide", **by).values()) == [0, 0, 1]


def test_first_period_leaves_early_months_out_and_no_quarter_cut(measure: Measure) -> None:
    given = {"incidents": _incidents("1965-06-01", "2024-01-05", "2024-02-05")}
    rows = measure(given, "violent_incidents", as_of=date(2024, 2, 28), first_period=date(2024, 2, 1))
    assert _series(rows, "month") == {"2024-02-01": 1}
    assert _series(rows, "quarter") == {"2024-01-01": 2}


def test_first_period_after_as_of_is_refused(measure: Measure) -> None:
    with pytest.raises(ValueError, match=r"first_period \[2025-01-01\] is after as_of"):
        measure(
            {"incidents": _incidents("2024-01-05")},
            "violent_incidents",
            as_of=date(2024, 2, 28),
            first_period=date(2025, 1, 1),
        )


def test_complete_means_the_period_and_the_follow_up_are_over(measure: Measure) -> None:
    given = {"incidents": _incidents("2023-01-05", "2024-01-05")}
    given["incidents"][0]["clearance_status"] = "open"
    rows = measure(given, "violent_incidents", "clearance_rate", as_of=date(2024, 1, 31))
    months = rows.query("period == 'month' and breakdown == ''").set_index(["metric", "period_start"])["complete"]
    assert months["violent_incidents", "2024-01-01"] and not months["clearance_rate", "2024-01-01"]
    # 31 January 2023 and 365 days is 31 January 2024
    assert months["clearance_rate", "2023-01-01"] and not months["clearance_rate", "2023-02-01"]
    years = rows.query("period == 'year' and breakdown == ''").set_index(["metric", "period_start"])["complete"]
    assert years["violent_incidents", "2023-01-01"] and not years["violent_incidents", "2024-01-01"]


def test_the_cohort_is_complete_when_the_window_of_the_office_is_over(measure: Measure) -> None:
    given = {
        "cases": [{"case_id": "1", "filed_date": "2023-01-02"}, {"case_id": "2", "filed_date": "2023-01-02"}],
        "defendants": [{"defendant_id": one, "case_id": one} for one in ("1", "2")],
        "sentences": [{"sentence_id": "1", "case_id": "1", "sentence_date": "2023-01-05", "sentence_type": "fine"}],
        # the same person in two cases: people can be told apart
        "person_records": [{"record_table": "defendants", "record_id": one, "person_id": "p"} for one in ("1", "2")],
    }

    def is_complete(**rules: int) -> bool:
        # 31 January 2023 and 180 days is 30 July 2023
        rows = measure(given, "recidivism_rate", as_of=date(2023, 7, 30), rules=Rules(**rules))
        months = rows.query("period == 'month' and breakdown == ''").set_index("period_start")["complete"]
        # without a fact there is no row at all
        return bool(months.get("2023-01-01", False))

    assert is_complete(recidivism_days=180)
    assert not is_complete(recidivism_days=181)
    assert not is_complete()


def test_a_month_of_cases_without_one_that_counts_is_a_zero(measure: Measure) -> None:
    # A case may lack its filing day, so no day of cases is required.
    given = {
        "cases": [
            {"case_id": "1", "filed_date": "2023-12-20", "is_against_officer": False},
            {"case_id": "2", "filed_date": "2024-02-03", "is_against_officer": True},
            {"case_id": "3", "filed_date": None},
        ]
    }
    rows = measure(given, "officer_cases_filed", as_of=date(2024, 2, 29))
    assert _series(rows, "month") == {"2023-12-01": 0, "2024-01-01": 0, "2024-02-01": 1}


def test_periods_that_know_too_little_of_the_past_are_not_complete(measure: Measure) -> None:
    cases = [
        {"case_id": str(number), "filed_date": day, "offense_category": "robbery", "disposition": "dismissed"}
        for number, day in enumerate(("2020-01-01", "2022-12-30", "2023-01-15"))
    ]
    given = {
        "cases": cases,
        "defendants": [{"defendant_id": case["case_id"], "case_id": case["case_id"]} for case in cases],
        "person_records": [
            {"record_table": "defendants", "record_id": case["case_id"], "person_id": "p"} for case in cases
        ],
    }
    rows = measure(given, "violent_recidivism", as_of=date(2023, 2, 28))
    months = rows.query("period == 'month' and breakdown == ''").set_index("period_start")["complete"]
    # 1 January 2020 and 1,095 days is 31 December 2022
    assert not months["2022-12-01"] and months["2023-01-01"] and not months["2020-01-01"]


def test_what_the_office_did_is_no_sample(measure: Measure) -> None:
    given = {
        "outreach": [
            {
                "outreach_id": "1",
                "outreach_date": "2024-01-05",
                "outreach_type": "community_meeting",
                "concern": "lights",
                "partner": "a church",
            }
        ]
    }
    rows = measure(given, "community_meetings", "concerns_raised", "partners_engaged", as_of=date(2024, 1, 31))
    january = rows.query("period == 'month' and breakdown == ''").set_index("metric")
    assert january.loc[["community_meetings", "concerns_raised", "partners_engaged"], "numerator"].tolist() == [1, 1, 1]
    assert january.loc[["community_meetings", "partners_engaged"], ["lower", "upper"]].isna().all(axis=None)
    # one event: exact limits of a Poisson count
    assert january.loc["concerns_raised", "lower"] == pytest.approx(chi2.ppf(0.025, 2) / 2)


def test_a_rate_without_residents_says_so(measure: Measure) -> None:
    given = {
        "incidents": _incidents("2024-01-05"),
        "population": [{"layer": "tract", "area_id": "1", "race_ethnicity": "all", "age_band": "all", "population": 9}],
    }
    rows = measure(given, "incident_rate", as_of=date(2024, 1, 31), layer="beat")
    assert rows["value"].isna().all()
    assert set(rows["note"]) == {"undefined: no residents known for these areas"}
    there = measure(given, "incident_rate", as_of=date(2024, 1, 31), layer="tract")
    assert there["note"].isna().all() and there["value"].notna().all()


def test_basis_follows_the_tables(measure: Measure) -> None:
    given = {
        "incidents": _incidents("2024-01-05"),
        "arrests": [{"arrest_id": "1", "arrest_date": "2024-01-05"}],
    }
    rows = measure(given, "arrests", "violent_incidents", as_of=date(2024, 1, 31), reconstructed_tables={"arrests"})
    assert rows.groupby("metric")["basis"].unique().map(list).to_dict() == {
        "arrests": ["reconstructed"],
        "violent_incidents": ["observed"],
    }


def test_a_metric_without_its_table_has_no_row_and_is_named(
    connection: duckdb.DuckDBPyConnection, measure: Measure
) -> None:
    given = {"arrests": [{"arrest_id": "1", "arrest_date": "2024-01-05"}]}
    options = {"as_of": date(2024, 1, 31), "missing_tables": {"population", "victims"}}
    rows = measure(given, "arrests", "arrests_per_1000", **options)
    assert set(rows["metric"]) == {"arrests"}
    lacking = unavailable(connection, metrics=METRICS, missing_tables={"population", "victims"})
    assert lacking["arrests_per_1000"] == ("population",)
    assert lacking["victim_contact_rate"] == ("victims",)
    assert "arrests" not in lacking


def test_a_column_nobody_fills_is_not_a_share_of_zero(connection: duckdb.DuckDBPyConnection, measure: Measure) -> None:
    given = {
        "incidents": _incidents("2024-01-05"),
        "cases": [{"case_id": "1", "filed_date": "2024-01-05"}],
        "sentences": [{"sentence_id": "1", "case_id": "1", "sentence_date": "2024-01-05", "sentence_type": "jail"}],
    }
    names = ("clearance_rate", "open_cases", "incarceration_days_imposed", "violent_incidents", "incarceration_rate")
    rows = measure(given, *names, as_of=date(2024, 1, 31))
    assert set(rows["metric"]) == {"violent_incidents", "incarceration_rate"}
    lacking = unavailable(connection, metrics=METRICS, missing_tables=())
    assert lacking["clearance_rate"] == ("incidents.clearance_status",)
    assert lacking["incarceration_days_imposed"] == ("sentences.min_days or sentences.max_days",)


def test_without_a_layer_there_is_no_breakdown_by_area(measure: Measure) -> None:
    given = {"arrests": [{"arrest_id": "1", "arrest_date": "2024-01-05", "race_ethnicity": "white"}]}
    rows = measure(given, "arrests", as_of=date(2024, 1, 31), layer=None)
    assert set(rows["breakdown"]) == {"", "race_ethnicity", "offense_category"}


def test_names_of_a_combined_breakdown_are_alphabetical(measure: Measure) -> None:
    given = {"incidents": [{**row, "area_id": "9"} for row in _incidents("2024-01-05")]}
    for layer, name, segment in [
        ("beat", "beat x offense_category", "9 x robbery"),
        ("zone", "offense_category x zone", "robbery x 9"),
    ]:
        rows = measure(given, "violent_incidents", as_of=date(2024, 1, 31), layer=layer)
        assert set(rows.loc[rows["breakdown"].str.contains(" x "), "breakdown"]) == {name}
        assert set(rows.loc[rows["breakdown"] == name, "segment"]) == {segment}


def test_counts_have_exact_limits_and_stocks_none(measure: Measure) -> None:
    rows = measure({"cases": _cases("2024-01-05")}, "cases_filed", "open_cases", as_of=date(2024, 1, 31))
    whole = rows[(rows["period"] == "month") & (rows["breakdown"] == "")].set_index("metric")
    filed, open_ = whole.loc["cases_filed"], whole.loc["open_cases"]
    assert (filed["lower"], filed["upper"]) == pytest.approx((chi2.ppf(0.025, 4) / 2, chi2.ppf(0.975, 6) / 2))
    assert open_["value"] == 2 and pd.isna(open_["lower"]) and pd.isna(open_["denominator"])


def test_a_stock_is_what_is_open_on_the_last_day(measure: Measure) -> None:
    cases = [
        {"case_id": "1", "filed_date": "2024-01-31", "disposition_date": "2024-02-29", "disposition": "dismissed"},
        {"case_id": "2", "filed_date": "2024-02-01", "disposition_date": "2024-03-01", "disposition": "dismissed"},
    ]
    rows = measure({"cases": cases}, "open_cases", as_of=date(2024, 3, 10))
    assert _series(rows, "month") == {"2024-01-01": 1, "2024-02-01": 1, "2024-03-01": 0}
    assert _series(rows, "year") == {"2024-01-01": 0}


def test_days_of_months_add_up_to_the_quarter(measure: Measure) -> None:
    custody = [{"custody_id": "1", "detained_from": "2024-01-30", "detained_to": "2024-03-02"}]
    rows = measure({"custody": custody}, "pretrial_detention_days", as_of=date(2024, 3, 31))
    assert _series(rows, "month") == {"2024-01-01": 2, "2024-02-01": 29, "2024-03-01": 1}
    assert _series(rows, "quarter") == {"2024-01-01": 32}


def test_a_median_not_reached_is_null_and_says_so(measure: Measure) -> None:
    rows = measure({"cases": _cases("2024-01-05")}, "median_days_to_disposition", as_of=date(2024, 1, 31))
    assert len(rows) and rows["value"].isna().all()
    assert rows["note"].str.contains("still open").all()


@pytest.mark.parametrize("threads", [1, 2])
def test_row_order_and_threads_change_nothing(
    connection: duckdb.DuckDBPyConnection, measure: Measure, threads: int
) -> None:
    cases = [
        {
            "case_id": str(number),
            "filed_date": f"2023-{number % 12 + 1:02}-01",
            "disposition_date": f"2024-0{number % 6 + 1}-11" if number % 3 else None,
            "disposition": "dismissed" if number % 3 else None,
        }
        for number in range(60)
    ]
    names = ("median_days_to_disposition", "cases_filed", "dismissal_rate", "open_cases")
    one = measure({"cases": cases}, *names, as_of=date(2024, 6, 30))
    connection.execute(f"set threads = {threads}")
    other = measure({"cases": cases[::-1]}, *names, as_of=date(2024, 6, 30))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_nothing_is_left_behind(connection: duckdb.DuckDBPyConnection, measure: Measure) -> None:
    measure({"incidents": _incidents("2024-01-05")}, "violent_incidents", as_of=date(2024, 1, 31), layer="beat")
    left = connection.execute("select table_name from information_schema.tables where table_name like 'metric%'")
    assert left.fetchall() == []


def test_describe_says_where_a_definition_comes_from() -> None:
    for metric in METRICS:
        text = describe(metric.name)
        assert metric.definition in text and metric.source in text and f"grade: {metric.grade}" in text


def test_describe_of_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(KeyError, match=r"metric \[dismisal_rate\] is not defined: did you mean \[dismissal_rate\]"):
        describe("dismisal_rate")


def test_compute_of_nothing_is_an_empty_frame(connection: duckdb.DuckDBPyConnection) -> None:
    rows = compute(
        connection, metrics=(), as_of=date(2024, 1, 1), layer=None, missing_tables=(), reconstructed_tables=()
    )
    assert rows.empty and tuple(rows.columns) == model.table("mart.metrics").names


def test_an_area_that_is_not_on_the_map_is_unknown(measure: Measure) -> None:
    """A beat or a block in the source's own column is finer than the layer that may be shown."""
    rows = measure(
        {
            "incidents": [
                {"incident_id": "1", "occurred_date": "2024-01-05", "offense_category": "robbery", "area_id": "9"},
                {
                    "incident_id": "2",
                    "occurred_date": "2024-01-06",
                    "offense_category": "robbery",
                    "area_id": "beat 12",
                },
            ],
            "areas": [{"layer": "district", "area_id": "9"}],
        },
        "violent_incidents",
        as_of=date(2024, 12, 31),
        layer="district",
    )
    years = rows[(rows["period"] == "year") & (rows["breakdown"] == "district")]
    assert dict(zip(years["segment"], years["numerator"], strict=True)) == {"9": 1, "unknown": 1}
