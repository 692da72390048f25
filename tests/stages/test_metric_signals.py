"""From stored metrics and records to what is called up or down: which rows are read, which rule judges them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from strategic_prosecution import model, warehouse
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.settings import Break, Metrics, Office, Release
from strategic_prosecution.stages.metric_signals import OPEN_ENDED, metric_signals
from strategic_prosecution.stages.metric_signals import _over_time as over_time
from strategic_prosecution.warehouse import Connection
from tests.stages.reviewed import make_office

AS_OF = date(2025, 3, 31)
MONTHS = pd.date_range("2021-01-01", "2025-03-01", freq="MS")
DISTRICTS = ("D1", "D2", "D3", "D4", "D5", "D6", "unknown")
# Around 20 a month, a little more even than chance; then one month that is not.
VIOLENT = {start: 18 + 2 * (number % 3) for number, start in enumerate(MONTHS)} | {MONTHS[-2]: 60}


def metric_row(metric: str, period: str, start: pd.Timestamp, **values: object) -> dict[str, object]:
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    row: dict[str, object] = dict.fromkeys(model.table("mart.metrics").names)
    return row | {
        "as_of": AS_OF,
        "metric": metric,
        "period": period,
        "period_start": start,
        "period_end": start + pd.DateOffset(months=months, days=-1),
        "breakdown": "",
        "segment": "",
        "basis": "observed",
        "complete": True,
        "suppressed": False,
        **values,
    }


def metric_rows() -> list[dict[str, object]]:
    last, year = MONTHS[-1], pd.Timestamp("2024-01-01")
    rows = [
        metric_row("violent_incidents", "month", start, numerator=count, complete=start != last)
        for start, count in VIOLENT.items()
    ]
    # What an earlier night said of the month that stands out, and what a later one will say.
    for day, count in ((date(2025, 3, 30), 19), (date(2025, 4, 1), 21)):
        rows.append(metric_row("violent_incidents", "month", MONTHS[-2], numerator=count, as_of=day))
    for district in DISTRICTS:
        there = {"segment": district, "breakdown": "district"}
        cleared = there | {"numerator": 5 if district == "D4" else 60, "denominator": 120}
        too_early, too_short = there | {"numerator": 0, "denominator": 9}, there | {"numerator": 1, "denominator": 9}
        arrested = there | {"numerator": 99, "denominator": 9000}
        rows += [
            metric_row("clearance_rate", "year", year, **cleared),
            metric_row("clearance_rate", "year", pd.Timestamp("2025-01-01"), complete=False, **too_early),
            metric_row("clearance_rate", "quarter", pd.Timestamp("2024-10-01"), **too_short),
            metric_row("arrests_per_1000", "year", year, **arrested),
            metric_row("arrests_per_1000", "year", year, **(arrested | {"breakdown": "district of residence"})),
        ]
    rows.append(metric_row("homicide_victims", "month", last, note="no longer in the data"))
    rows.append(metric_row("clearance_rate", "month", last, numerator=3, denominator=9))
    rows.append(metric_row("arrests_per_1000", "month", last, numerator=3, denominator=9))
    return rows


def plant(connection: Connection) -> None:
    """The stored metrics, and an incident on the 15th of each month for each that was counted."""
    frame = pd.DataFrame(metric_rows())
    for day in sorted(frame["as_of"].unique()):
        warehouse.replace_as_of(connection, model.table("mart.metrics"), day, frame[frame["as_of"] == day])
    counted = pd.DataFrame({"start": list(VIOLENT), "number": list(VIOLENT.values())})
    connection.register("counted", counted)
    connection.execute(
        """
        insert into core.incidents by name
        select
            strftime(start, '%Y-%m') || '-' || unnest(range(number)) as incident_id,
            start::date + 14 as occurred_date,
            'robbery' as offense_category
        from counted
        """
    )
    connection.unregister("counted")


def settings(folder: Path, *, headline: tuple[str, ...] = (), breaks: tuple[Break, ...] = ()) -> Office:
    return make_office(folder).model_copy(
        update={
            "metrics": Metrics(headline=headline),
            "release": Release(smallest_public_area="district"),
            "breaks": breaks,
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("signals")
    office = make_office(made)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        plant(connection)
    yield made


def signals(office: Office) -> tuple[dict[str, int], pd.DataFrame]:
    with warehouse.run(office, what="test") as run:
        with warehouse.open_records(office) as connection:
            warehouse.set_state(connection, "core_run", run.run_id)
            warehouse.set_state(connection, "core_as_of", AS_OF.isoformat())
        counts = metric_signals(office, AS_OF)
        with warehouse.open_records(office) as connection:
            return counts, connection.execute("select * from mart.metric_signals").df()


def test_a_headline_month_far_out_is_called_up(folder: Path) -> None:
    counts, rows = signals(settings(folder, headline=("violent_incidents",)))
    chart = rows[(rows["kind"] == "control_chart") & (rows["metric"] == "violent_incidents")].set_index("period_start")
    assert len(chart) == 13
    out = chart.loc[MONTHS[-2]]
    assert (out["observed"], out["verdict"], out["is_headline"]) == (60, "up", True)
    assert pd.isna(out["q_value"]) and out["p_value"] < 1e-6 and out["upper_wide"] < 40
    assert chart.loc[MONTHS[-1], ["verdict", "note"]].tolist() == ["not_tested", "not finished"]
    assert chart.loc[MONTHS[-13:-2], "verdict"].eq("none").all()
    assert counts["headline_tested"] == 12 + 1 and counts["up"] == 1
    assert counts["tested"] == rows["p_value"].notna().sum()
    assert "homicide_victims" not in set(rows["metric"]), "what is no longer in the data"


def test_areas_are_judged_together_and_only_where_people_live(folder: Path) -> None:
    _, rows = signals(settings(folder))
    funnel = rows[rows["kind"] == "funnel"]
    cleared = funnel[funnel["metric"] == "clearance_rate"].set_index("segment")
    assert sorted(cleared.index) == ["D1", "D2", "D3", "D4", "D5", "D6"], "unknown is no area"
    assert cleared["period_start"].eq(pd.Timestamp("2024-01-01")).all(), "the latest complete year"
    assert cleared.loc["D4", "expected"] == pytest.approx(305 / 720)
    assert cleared["p_value"].idxmin() == "D4" and cleared["q_value"].notna().all()
    arrests = funnel[funnel["metric"] == "arrests_per_1000"]
    assert arrests["breakdown"].unique().tolist() == ["district of residence"]
    assert arrests["observed"].to_numpy() == pytest.approx(11)


def test_the_last_28_days_stand_beside_those_of_three_years(folder: Path) -> None:
    _, rows = signals(settings(folder))
    windows = rows[rows["kind"] == "same_days"].set_index("period")
    # 4 to 31 March, with what was counted on the 15th of March of each year.
    marches = [VIOLENT[pd.Timestamp(year, 3, 1)] for year in (2025, 2024, 2023, 2022)]
    short = windows.loc["month"]
    assert (short["period_start"], short["observed"]) == (pd.Timestamp("2025-03-04"), marches[0])
    assert short["expected"] == pytest.approx(sum(marches[1:]) / 3)
    year = windows.loc["year"]
    quarters = [sum(VIOLENT[pd.Timestamp(at, month, 1)] for month in (1, 2, 3)) for at in (2025, 2024)]
    assert [year["observed"], year["expected"]] == quarters
    assert year["verdict"] == "not_tested"


def test_what_the_tables_do_not_know_yet_is_in_no_window(folder: Path) -> None:
    office = settings(folder)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute(
            "insert into mart.report_lags by name select ?::date as as_of, 'x' as extract, 'incidents' as table_name, "
            "1 as feed, date '2025-03-20' as newest_extract_date, date '2025-03-10' as complete_through",
            [AS_OF],
        )
    try:
        _, rows = signals(office)
    finally:
        with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
            connection.execute("delete from mart.report_lags")
    short = rows[(rows["kind"] == "same_days") & (rows["period"] == "month")].iloc[0]
    assert short["period_end"] == pd.Timestamp("2025-03-10")
    assert short["observed"] == 60, "the 15th of February, not that of March"


def test_a_break_of_its_tables_stops_a_metric_and_no_other(folder: Path) -> None:
    broken = Break(date=date(2024, 7, 1), what="new system", tables=("arrests",))
    _, rows = signals(settings(folder, breaks=(broken,)))
    arrests = rows[(rows["kind"] == "funnel") & (rows["metric"] == "arrests_per_1000")]
    assert arrests["note"].eq("counting changed on 2024-07-01: not compared across it").all()
    assert arrests["verdict"].eq("not_tested").all()
    assert rows.loc[rows["metric"] == "violent_incidents", "p_value"].notna().sum() == 13
    broken = Break(date=date(2023, 7, 1), what="new system", tables=("incidents",))
    _, rows = signals(settings(folder, breaks=(broken,)))
    assert rows.loc[rows["metric"] == "violent_incidents", "p_value"].isna().all()


def test_a_second_run_says_the_same_once(folder: Path) -> None:
    _, first = signals(settings(folder))
    _, second = signals(settings(folder))
    pd.testing.assert_frame_equal(first, second)


def test_an_office_without_metrics_has_no_signals(tmp_path: Path) -> None:
    counts, rows = signals(settings(tmp_path))
    assert rows.empty and counts == {"tested": 0, "headline_tested": 0, "up": 0, "down": 0}


def test_a_share_whose_outcomes_may_still_come_is_not_tested_over_time() -> None:
    """A cohort of a month ago has had less time than those it would be compared with."""
    months = pd.DataFrame(
        metric_row("m", "month", start, numerator=5 if start == MONTHS[-1] else 30, denominator=60) for start in MONTHS
    )
    settled = next(metric for metric in METRICS if metric.name == "low_level_arrest_share")
    charts = [
        next(iter(over_time(replace(settled, open_ended=open_ended), months, months, [], None, AS_OF)))[-1]
        for open_ended in (False, True)
    ]
    assert charts[0]["p_value"].notna().sum() == 12 and charts[0]["p_value"].iloc[-1] < 0.002
    assert charts[1]["p_value"].isna().all() and set(charts[1]["note"]) == {OPEN_ENDED}
    assert charts[1]["observed"].tolist() == charts[0]["observed"].tolist()
