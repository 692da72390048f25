import dataclasses
from datetime import date
from typing import Any

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.report import ReportData
from strategic_prosecution.report.commitments import newest
from strategic_prosecution.report.environment import environment
from strategic_prosecution.report.problem_solving import ProblemSolving, problem_solving
from strategic_prosecution.report.tables import View
from tests.report.conftest import FakeMetric

LAYER = "district"
CROSS = "district x offense_category"
HOME = "district of residence"
QUARTERS = pd.date_range("2024-10-01", periods=5, freq="QS")
METRICS = (
    FakeMetric("community_response_within_72h", "Shootings answered", "engagement", "share", "rate", "shootings"),
    FakeMetric("disputes_mediated", "Disputes mediated", "engagement", "mediations", "count"),
)


def row(
    metric: str, breakdown: str, segment: str, numerator: float | None, denominator: float | None = None, **given: Any
) -> dict[str, Any]:
    return {
        "metric": metric,
        "breakdown": breakdown,
        "segment": segment,
        "numerator": numerator,
        "denominator": denominator,
        "value": None,
        "period": "quarter",
        "period_start": date(2025, 4, 1),
        "complete": True,
        "suppressed": numerator is None,
        **given,
    }


def counted(metric: str, breakdown: str, **segments: float | None) -> list[dict[str, Any]]:
    """All in the second quarter of 2025; none in the others, and 1,000 in one too old and one not complete."""
    rows = [row(metric, breakdown, name.replace("_x_", " x "), count) for name, count in segments.items()]
    quiet = [{**one, "numerator": 0, "period_start": start.date()} for one in rows for start in QUARTERS[[1, 3, 4]]]
    old = [{**one, "numerator": 1000, "period_start": QUARTERS[0].date()} for one in rows]
    unfinished = [{**one, "numerator": 1000, "period_start": date(2026, 1, 1), "complete": False} for one in rows]
    return [*rows, *quiet, *old, *unfinished]


CONTACTS = [
    {**one, "denominator": residents}
    for area, contacts, residents in (("n", 2, 1000), ("s", 12, 2000), ("e", 0, 1000))
    for one in counted("outreach_contacts_per_1000", HOME, **{area: contacts})
]
ROWS = [
    *counted("concerns_raised", CROSS, n_x_drugs=15, n_x_robbery=5, n_x_unknown=90, s_x_theft=9, unknown_x_drugs=40),
    *counted("incident_count", CROSS, n_x_drugs=10, n_x_robbery=30, n_x_theft=60, s_x_theft=3),
    *counted("cases_filed", CROSS, n_x_robbery=50, n_x_theft=50),
    *CONTACTS,
    *counted("shooting_incidents", LAYER, n=6, e=2),
    *[
        {**one, "denominator": of if one["numerator"] == done else 0}
        for area, done, of in (("n", 4, 6), ("e", 1, 2))
        for one in counted("community_response_within_72h", LAYER, **{area: done})
    ],
]


def office(rows: list[dict[str, Any]], *, edition: model.Edition = "internal", **tables: pd.DataFrame) -> ReportData:
    metrics = pd.DataFrame(rows).assign(as_of=date(2026, 2, 1)).reindex(columns=list(model.table("mart.metrics").names))
    areas = pd.DataFrame({"layer": LAYER, "area_id": ["n", "s", "e"], "title": ["North", "South", "East"]})
    return ReportData(
        office_name="Invented County",
        as_of=date(2026, 2, 1),
        edition=edition,
        headline=(),
        tables={"metrics": metrics, "areas": areas, **tables},
        metrics=METRICS,
        crs="EPSG:26986",
    )


def made(data: ReportData) -> ProblemSolving:
    return problem_solving(data, newest(data.frame("metrics")), layer=LAYER)


def table(part: ProblemSolving, begins: str) -> View:
    (found,) = [view for view in part.views if view.caption.startswith(begins)]
    return found


def test_concerns_beside_incidents_and_cases() -> None:
    part = made(office(ROWS))
    matching = table(part, "What residents raise")
    # North: 15 of 20 drugs, 5 robbery; incidents 10 %, 30 %, 60 % theft; cases half robbery, half theft.
    north = (
        "North",
        "20",
        "Drugs (75.0\u00a0% of concerns)",
        "10.0\u00a0%",
        "0.0\u00a0%",
        "35.0\u00a0%",
        "25.0\u00a0%",
    )
    south = ("South", "9", *["too few"] * 5)
    assert matching.rows == (north, south)
    said = [one for one in part.sentences if one.startswith("In North")]
    assert said == [
        "In North, residents raise drugs most, and no case about it was filed from there"
        " (January 2025 to December 2025)."
    ]


def test_an_area_whose_main_concern_is_prosecuted_is_not_called_out() -> None:
    part = made(office([*ROWS, *counted("cases_filed", CROSS, n_x_drugs=1)]))
    assert not [one for one in part.sentences if one.startswith("In North")]


def test_a_hidden_count_hides_what_rests_on_it() -> None:
    rows = [one for one in ROWS if one["metric"] != "cases_filed"]
    part = made(office([*rows, *counted("cases_filed", CROSS, n_x_robbery=50, n_x_drugs=None)], edition="public"))
    assert table(part, "What residents raise").rows[0][4::2] == ("hidden", "hidden")
    assert not [one for one in part.sentences if one.startswith("In North")]


def test_cases_that_no_extract_has_by_area_are_named_as_absent() -> None:
    matching = table(made(office([one for one in ROWS if one["metric"] != "cases_filed"])), "What residents raise")
    titles = [title for title, _ in matching.header]
    assert titles[3:] == ["its share of incidents", "Concerns matched by incidents"]
    assert matching.notes[-1] == "Not available here by area and offense: cases filed."


def test_contact_across_areas() -> None:
    part = made(office(ROWS))
    assert table(part, "Contact across").rows == (
        ("East", "1,000", "0", "0.00", "2", "2.00", "1 of 2"),
        ("North", "1,000", "2", "2.00", "6", "6.00", "4 of 6"),
        ("South", "2,000", "12", "6.00", "0", "0.00", "none to answer"),
    )
    # Contacts 0, 2, 12 over 1, 1, 2 thousand: 1 - (1/4 * 0 + 1/4 * 1/7 + 1/2 * 8/7) = 0.39.
    # Shootings 0, 2, 6 over 2, 1, 1 thousand: 1 - (1/2 * 0 + 1/4 * 1/4 + 1/4 * 5/4) = 0.625.
    gini_said, without, most = (one for one in part.sentences if not one.startswith("In North"))
    assert gini_said.startswith("Gini coefficient of contacts over residents: 0.39; of shootings 0.62 ")
    assert without == "Shootings and no contact: East."
    assert most == "North has the most shootings: 75.0\u00a0% of them, and 14.3\u00a0% of the contacts."


def test_what_follows_shootings_beside_the_year_before() -> None:
    years = [
        row("community_response_within_72h", "", "", 5, 10, period="year", period_start=start, value=value)
        for start, value in ((date(2024, 1, 1), 0.25), (date(2025, 1, 1), 0.5))
    ]
    unfinished = row("disputes_mediated", "", "", 5, period="year", period_start=date(2025, 1, 1), complete=False)
    after = table(made(office([*ROWS, *years, unfinished])), "Mediation")
    assert after.rows == (("Shootings answered", "2025", "50.0\u00a0%", "25.0\u00a0%", "share"),)


HOT_SPOTS = pd.DataFrame(
    [
        ("violent", 90, 1, 0, "n"),
        ("violent", 90, 2, 3, "s"),
        ("violent", 90, None, 0, "s"),
        ("violent", 365, 1, 0, "s"),
        ("burglary", 90, 1, 0, "e"),
        ("burglary", 90, 2, None, "e"),
    ],
    columns=["category", "window_days", "rank", "outreach_events", "area_id"],
).assign(hot_spot_id=list("abcdef"), incidents=7)


def test_hot_spots_that_nobody_met_in_ninety_days() -> None:
    sides = pd.DataFrame(
        {"measure": ["outreach_events"], "window_days": [90], "unplaced": [30], "everywhere": [400], "value": [0]}
    )
    part = made(office(ROWS, hot_spots=HOT_SPOTS, hot_spot_sides=sides))
    unmet = table(part, "Hot spots in which")
    assert unmet.rows == (("Burglary", "1", "East", "7"), ("Violent", "1", "North", "7"))
    assert unmet.notes == ("30 of the 400 contacts of these days name no place: some may have been there.",)
    assert part.sentences[:2] == (
        "Burglary: no contact with residents is recorded in 1 of the 1 hot spots in the last 90 days.",
        "Violent: no contact with residents is recorded in 1 of the 2 hot spots in the last 90 days.",
    )


def test_hot_spots_are_met_in_the_internal_edition_alone() -> None:
    part = made(office(ROWS, edition="public", hot_spots=HOT_SPOTS))
    assert not [view for view in part.views if view.caption.startswith("Hot spots")]


def test_an_office_without_outreach_is_told_what_is_missing() -> None:
    shots = counted("shooting_incidents", LAYER, n=6)
    part = made(office(shots))
    assert part.sentences == ()
    assert all(view.rows == () and "not available here" in view.empty for view in part.views)
    assert len(part.views) == 4


def test_the_page_names_no_area_it_has_no_map_of() -> None:
    data = dataclasses.replace(office(ROWS), tables={**office(ROWS).tables, "areas": pd.DataFrame({"layer": []})})
    assert all(view.rows == () for view in made(data).views)


def test_the_section_says_it_all_and_escapes_what_it_prints() -> None:
    hostile = HOT_SPOTS.assign(nearest_crossing="<b>MAIN ST</b>")
    part = made(office(ROWS, hot_spots=hostile))
    source = '{% import "macros.html.j2" as show %}{% include "problem_solving.html.j2" %}'
    page = environment().from_string(source).render(problem_solving=part)
    assert "&lt;b&gt;MAIN ST" in page and "<b>MAIN" not in page
    for said in (*part.sentences, *(view.caption for view in part.views)):
        assert said in page


def test_a_break_within_the_months_compared_is_in_the_notes() -> None:
    data = office(ROWS)
    breaks = ((date(2025, 5, 2), "new log"), (date(2024, 12, 31), "old log"))
    broken = made(dataclasses.replace(data, breaks=breaks))
    for begins in ("What residents raise", "Contact across"):
        notes = " ".join(table(broken, begins).notes)
        assert "Counting changed on" in notes and "(new log), within these months" in notes
        assert "old log" not in notes
        assert "Counting changed" not in " ".join(table(made(data), begins).notes)
