"""Which metrics compare cohorts that were followed for different times: every metric of cases and referrals, twice."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from typing import Any

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS

YOUNG, OLD = date(2024, 2, 15), date(2025, 6, 30)
FILED = date(2022, 12, 5)
# Long past a year after filing, and after YOUNG.
LATE = date(2024, 9, 2)
FED = {"cases", "victims", "referrals", "incidents", "arrests"}
# A Kaplan-Meier median weighs the open cases, and so does not move with the time they were followed.
SEEN = [metric for metric in METRICS if FED.issuperset(metric.tables) and metric.statistic != "median_km"]
# What becomes known late in these records, by hand: the test must be able to fail.
CHANGED = {
    "plea_to_lesser_rate",
    "dismissal_rate",
    "felony_dismissal_rate",
    "dismissal_rate_by_victim",
    "dismissal_across_ses",
    "property_dismissal_across_ses",
    "conviction_rate",
    "trial_conviction_rate",
    "felony_reduced_share",
    "charge_integrity",
    "violent_acquittal_rate",
    "sexual_assault_conviction_rate",
    "felony_referral_decline_rate",
    "referrals_not_filed_share",
    "clearance_rate",
    "days_incident_to_arrest",
    "victim_contact_rate",
    "speedy_victim_contact_days",
    "median_days_to_victim_contact",
}
OFFENSES = ("sexual_assault", "theft", "simple_assault")
# How a case ended soon, and how the next one of the same kind ends late.
ENDS = (("dismissed", "guilty_trial"), ("guilty_plea", "guilty_plea"), ("not_guilty", "dismissed"))

Rows = list[dict[str, Any]]


def known(tables: dict[str, Rows], day: date) -> dict[str, Rows]:
    """The records as an office had them on a day: what is dated later is not yet filled in."""

    def seen(table: model.Table, row: dict[str, Any]) -> dict[str, Any]:
        late = {name for name in row if isinstance(row[name], date) and row[name] > day}
        late |= {column.name for column in table.columns if column.known_from in late}
        return {name: value for name, value in row.items() if name not in late}

    held: dict[str, Rows] = {}
    for name, rows in tables.items():
        table = model.table(f"core.{name}")
        held[name] = [seen(table, row) for row in rows if not table.dated_by or row[table.dated_by] <= day]
    return held


def office_records() -> dict[str, Rows]:
    """Alike records of one month: half of what becomes of them is known soon, half of it late."""
    soon = FILED + timedelta(days=60)
    cases: Rows = []
    for offense, severity, (first, second) in product(OFFENSES, ("felony", "misdemeanor"), ENDS):
        for ended, how in ((soon, first), (LATE, second)):
            lesser = {"felony": "misdemeanor", "misdemeanor": "infraction"}[severity] if ended == LATE else severity
            cases.append(
                {
                    "case_id": f"c{len(cases)}",
                    "filed_date": FILED,
                    "filed_severity": severity,
                    "offense_category": offense,
                    "disposition": how,
                    "disposition_date": ended,
                    "disposition_severity": lesser if how.startswith("guilty") else None,
                }
            )
    referral = {"received_date": FILED, "severity": "felony", "screen_result": "rejected", "screen_date": soon}
    refiled = {"case_id": "late", "filed_date": LATE, "filed_severity": "felony", "offense_category": "theft"}
    return {
        "areas": [{"layer": "zone", "area_id": "1", "income_quintile": 1}],
        "cases": [*cases, refiled],
        "victims": [
            {
                "victim_id": f"v{case['case_id']}",
                "case_id": case["case_id"],
                "opened_date": FILED,
                "first_contact_date": case["disposition_date"],
            }
            for case in cases
        ],
        "incidents": [
            {
                "incident_id": str(ended),
                "occurred_date": FILED,
                "reported_date": FILED,
                "offense_category": "robbery",
                "clearance_status": "arrest",
                "cleared_date": ended,
            }
            for ended in (soon, LATE)
        ],
        "arrests": [
            {"arrest_id": str(ended), "arrest_date": ended, "incident_id": str(ended)} for ended in (soon, LATE)
        ],
        "referrals": [
            {"referral_id": "r1", **referral, "case_id": None},
            {"referral_id": "r2", **referral, "screen_date": LATE, "case_id": None},
            {"referral_id": "r3", **referral, "screen_result": "approved", "case_id": "late"},
        ],
    }


def young_and_old(measure: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """The month of the filings as of both days, by metric: what was counted, and whether it counts as complete."""
    frames = {}
    for day in (YOUNG, OLD):
        names = [metric.name for metric in SEEN]
        rows = measure(known(office_records(), day), *names, as_of=day, layer="zone")
        month = rows[(rows["period"] == "month") & (rows["period_start"] == FILED.replace(day=1).isoformat())]
        frames[day] = month[month["breakdown"] == ""].set_index("metric")[["numerator", "denominator", "complete"]]
    return frames[YOUNG].join(frames[OLD], suffixes=("_young", "_old"))


@pytest.mark.slow
def test_a_cohort_that_still_changes_when_it_is_complete_is_not_compared_over_time(
    measure: Callable[..., pd.DataFrame],
) -> None:
    rows = young_and_old(measure)
    counts = rows[rows["complete_young"]].drop(columns=["complete_young", "complete_old"]).fillna(-1)
    changed = (counts["numerator_young"] != counts["numerator_old"]) | (
        counts["denominator_young"] != counts["denominator_old"]
    )
    open_ended = {metric.name for metric in SEEN if metric.open_ended}
    assert set(counts.index[changed]) - open_ended == set()
    assert set(counts.index[changed]) == CHANGED
