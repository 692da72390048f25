import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.report import ReportData
from strategic_prosecution.report.commitments import newest
from strategic_prosecution.report.community_harm import CommunityHarm, community_harm
from strategic_prosecution.report.environment import environment
from strategic_prosecution.report.tables import View
from tests.report.conftest import FakeMetric

PLACE, HOME = "district", "district of residence"
METRICS = (
    FakeMetric("violent_incidents", "Violent incidents", "crime reduction", "incidents", "count"),
    FakeMetric("fines_fees_assessed", "Fines and fees", "community harm", "US dollars", "sum"),
    FakeMetric("low_level_arrest_share", "Low-level arrests", "community harm", "share", "rate", "arrests"),
    FakeMetric("arrests", "Arrests", "community harm", "arrests", "count"),
)
STARTS = pd.date_range("2024-10-01", periods=6, freq="QS")


def row(metric: str, start: date, value: float | None, **given: Any) -> dict[str, Any]:
    return {
        "metric": metric,
        "period": "year",
        "period_start": start,
        "breakdown": "",
        "segment": "",
        "numerator": value,
        "value": value,
        "complete": True,
        "suppressed": value is None,
        **given,
    }


def of_areas(
    metric: str, breakdown: str, values: dict[str, float | None], *, scale: int = 1, kind: str = "quarter"
) -> Iterator[dict[str, Any]]:
    """All in April 2025, nothing in the other quarters of 2025; 999 in one too old, and in one not complete."""
    starts = [date(2025, 1, 1)] if kind == "year" else [start.date() for start in STARTS]
    for segment, value in values.items():
        for start in starts:
            is_outside = kind == "quarter" and start in (starts[0], starts[-1])
            quiet = kind == "quarter" and start != date(2025, 4, 1)
            shown = 999 if is_outside else 0 if quiet else value
            of = {"breakdown": breakdown, "segment": segment, "period": kind}
            complete = kind == "year" or start != starts[-1]
            numerator = None if shown is None else shown * scale
            yield row(metric, start, shown, **of, numerator=numerator, complete=complete)


def office_rows(kind: str = "quarter", **other: dict[str, float | None]) -> list[dict[str, Any]]:
    """Residents: North 1,000, South 2,000, East 1,000. ``other``: values by residence in place of these."""
    homes: dict[str, dict[str, float | None]] = {
        "arrests": {"n": 30, "s": 20, "e": 10, "unknown": 20},
        "pretrial_detention_days": {"n": 30, "s": 0, "e": 10, "unknown": 10},
        "incarceration_days_imposed": {"e": 365},
        **other,
    }
    there: dict[str, dict[str, float | None]] = {
        "arrests": {"n": 8, "s": 70, "unknown": 2},
        "pretrial_detention_days": {"s": 50},
        "incident_count": {"n": 40, "s": 90, "e": 20},
        "violent_incidents": {"n": 10, "s": 20, "e": 10},
    }
    return [
        *(one for metric, values in homes.items() for one in of_areas(metric, HOME, values, kind=kind)),
        *of_areas("fines_fees_assessed", HOME, {"n": 150.4, "unknown": 2000}, scale=100, kind=kind),
        *(one for metric, values in there.items() for one in of_areas(metric, PLACE, values, kind=kind)),
    ]


def office(rows: list[dict[str, Any]], *, edition: model.Edition = "internal", **other: Any) -> ReportData:
    metrics = pd.DataFrame(rows).assign(as_of=date(2026, 2, 1)).reindex(columns=list(model.table("mart.metrics").names))
    areas = pd.DataFrame({"layer": PLACE, "area_id": ["n", "s", "e"], "title": ["North", "South", "East"]})
    everybody = {"layer": PLACE, "race_ethnicity": "all", "age_band": "all"}
    some = {"layer": PLACE, "race_ethnicity": "black", "age_band": "all", "area_id": "n", "population": 400}
    people = [
        {**everybody, "area_id": area, "population": count} for area, count in (("n", 1000), ("s", 2000), ("e", 1000))
    ]
    return ReportData(
        office_name="Invented County",
        as_of=date(2026, 2, 1),
        edition=edition,
        headline=(),
        tables={"metrics": metrics, "areas": areas, "population": pd.DataFrame([*people, some])},
        crs="EPSG:26986",
        **{"metrics": METRICS, **other},
    )


def made(data: ReportData) -> CommunityHarm:
    return community_harm(data, newest(data.frame("metrics")), layer=PLACE)


def titles(view: View) -> list[str]:
    return [title for title, _ in view.header]


def test_burdens_and_crime_stand_in_two_tables_of_the_same_columns() -> None:
    rows = [
        row("arrests", date(2024, 1, 1), 410, lower=371.3, upper=451.7),
        row("arrests", date(2023, 1, 1), 400),
        row("arrests", date(2025, 1, 1), 90, complete=False),
        row("low_level_arrest_share", date(2024, 1, 1), 0.25),
        row("violent_incidents", date(2024, 1, 1), 80),
    ]
    harm, crime = made(office(rows)).over_all
    # in the order of the panel, not of the definitions
    assert harm.rows == (
        ("Arrests", "2024", "410 (371\u00a0to\u00a0452)", "400", "arrests"),
        ("Low-level arrests", "2024", "25.0\u00a0%", "not held", "share"),
    )
    assert crime.rows == (("Violent incidents", "2024", "80", "not held", "incidents"),)
    assert titles(harm)[1:] == titles(crime)[1:] == ["Year", "Value", "The year before", "Unit"]


def test_a_year_before_that_is_not_whole_is_not_put_beside_a_whole_one() -> None:
    rows = [
        row("arrests", date(2024, 1, 1), 410),
        row("arrests", date(2023, 1, 1), 40, complete=False),
        row("violent_incidents", date(2024, 1, 1), 80),
        row("violent_incidents", date(2023, 1, 1), 30),
    ]
    followed = tuple(dataclasses.replace(one, open_ended=one.name == "violent_incidents") for one in METRICS)
    harm, crime = made(office(rows, metrics=followed)).over_all
    assert harm.rows[0][3] == "not complete"
    assert crime.rows[0][3] == "not comparable"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2023, 1, 1), "400"),
        (date(2023, 6, 1), "400 (across break 1)"),
        (date(2024, 12, 31), "400 (across break 1)"),
        (date(2025, 1, 1), "400"),
    ],
)
def test_a_year_before_across_a_break_says_so(day: date, said: str) -> None:
    rows = [row("arrests", date(2024, 1, 1), 410), row("arrests", date(2023, 1, 1), 400)]
    harm, _ = made(office(rows, breaks=((day, "new records system"),))).over_all
    assert harm.rows[0][3] == said


def test_burdens_by_residence_are_divided_by_residents_and_the_unknown_are_not() -> None:
    home, _ = made(office(office_rows())).by_area
    rate = "per 1,000 residents"
    assert titles(home) == [
        "Area",
        "Residents",
        *("Arrests", rate),
        *("Days detained before trial", rate),
        *("Days of incarceration imposed", rate),
        "Fines and fees, in dollars",
    ]
    assert home.rows == (
        ("North", "1,000", "30", "30.0", "30", "30.0", "0", "0.0", "150"),
        ("South", "2,000", "20", "10.0", "0", "0.0", "0", "0.0", "0"),
        ("East", "1,000", "10", "10.0", "10", "10.0", "365", "365.0", "0"),
        ("Residence unknown or outside", "", "20", "", "10", "", "0", "", "2,000"),
    )


def test_what_happened_in_an_area_is_never_divided_by_residents() -> None:
    _, there = made(office(office_rows())).by_area
    assert titles(there) == [
        "Area",
        "Arrests",
        "Days detained, cases from there",
        "Incidents",
        "Violent incidents",
    ]
    assert there.rows == (
        ("North", "8", "0", "40", "10"),
        ("South", "70", "50", "90", "20"),
        ("East", "0", "0", "20", "10"),
        ("Place unknown or outside", "2", "0", "0", "0"),
    )
    assert "no figure here is divided by residents" in there.notes[0]
    assert there.notes[1] == (
        "Not available here by place, for a whole year: cases dismissed; days detained in cases dismissed; shootings."
    )


def test_how_unequally_burdens_and_crime_are_spread() -> None:
    said = made(office(office_rows())).sentences
    # Arrests 10, 20, 30 over 1, 2, 1 thousand: 1 - (1/4 * 1/6 + 1/2 * 4/6 + 1/4 * 9/6) = 0.25.
    # Days 0, 10, 30 over 2, 1, 1 thousand: 1 - (1/2 * 0 + 1/4 * 1/4 + 1/4 * 5/4) = 0.625.
    # All 365 days with a quarter of the residents: 1 - 1/4. Violent incidents as the residents: 0.
    assert said == (
        "Gini coefficient of arrests, by where people live: 0.25.",
        "Gini coefficient of days detained before trial, by where people live: 0.62.",
        "Gini coefficient of days of incarceration imposed, by where people live: 0.75.",
        "Gini coefficient of violent incidents, by where they happened: 0.00.",
        "Residence unknown or outside: 25.0\u00a0% of arrests, 20.0\u00a0% of days detained before trial.",
        "North has the most days detained before trial for its residents, 30.0 per 1,000; 25.0\u00a0% of the violent"
        " incidents were there.",
    )


def test_a_hidden_area_stays_hidden_in_every_figure_that_rests_on_it() -> None:
    days = {"n": None, "s": 0, "e": 10, "unknown": 10}
    part = made(office(office_rows("year", pretrial_detention_days=days), edition="public"))
    home, _ = part.by_area
    assert [line[4:6] for line in home.rows] == [("hidden", "hidden"), ("0", "0.0"), ("10", "10.0"), ("10", "")]
    assert part.sentences[1:] == (
        "Gini coefficient of days detained before trial, by where people live: not given, an area is hidden to protect"
        " people.",
        "Gini coefficient of days of incarceration imposed, by where people live: 0.75.",
        "Gini coefficient of violent incidents, by where they happened: 0.00.",
        "Residence unknown or outside: 25.0\u00a0% of arrests.",
    )
    # Four amounts in each of four lines by residence, as many by place.
    assert (part.hidden.cells, part.hidden.of, part.hidden.advice) == (1, 32, "")


def test_a_hidden_quarter_hides_the_year_of_the_internal_edition() -> None:
    home, _ = made(office(office_rows(arrests={"n": None, "s": 20}))).by_area
    assert home.rows[0][2:4] == ("hidden", "hidden")


def test_the_public_edition_counts_the_year_for_its_quarters_hide_more() -> None:
    quarters = office_rows(arrests={"n": None, "s": None, "e": None})
    part = made(office([*quarters, *office_rows("year")], edition="public"))
    assert [line[2] for line in part.by_area[0].rows] == ["30", "20", "10", "20"]
    assert part.span == "January 2025 to December 2025"


def test_a_metric_without_a_quarter_of_the_year_is_left_out_and_named() -> None:
    late = [
        one
        for one in office_rows()
        if one["metric"] != "incarceration_days_imposed" or one["period_start"] >= date(2025, 7, 1)
    ]
    part = made(office(late))
    assert titles(part.by_area[0])[6:] == ["Fines and fees, in dollars"]
    assert part.by_area[0].notes[-1].endswith("by residence, for a whole year: days of incarceration imposed.")
    assert not [one for one in part.sentences if "incarceration" in one]


def test_areas_count_to_the_last_quarter_that_every_metric_has() -> None:
    behind = [
        {**one, "complete": one["complete"] and (one["metric"] != "arrests" or one["period_start"] < date(2025, 10, 1))}
        for one in office_rows()
    ]
    part = made(office(behind))
    assert part.span == "October 2024 to September 2025"
    # with the 999 of the quarter that is now inside
    assert part.by_area[0].rows[0][2] == "1,029"


@pytest.mark.parametrize(("kind", "edition"), [("quarter", "internal"), ("year", "public")])
def test_a_break_within_the_months_of_the_areas_is_said(kind: str, edition: model.Edition) -> None:
    breaks = ((date(2025, 12, 31), "new jail log"), (date(2026, 1, 1), "later"), (date(2025, 1, 1), "at the start"))
    part = made(office(office_rows(kind), edition=edition, breaks=breaks))
    (said,) = part.broken
    assert said.startswith("Counting changed on 31 December 2025 (new jail log), within these months")


def test_an_area_without_residents_has_no_rate_and_no_part_in_the_sentences() -> None:
    data = office(office_rows())
    people = data.tables["population"]
    part = made(dataclasses.replace(data, tables={**data.tables, "population": people[people["area_id"] != "n"]}))
    assert part.by_area[0].rows[0][:4] == ("North", "not known", "30", "not known")
    assert part.sentences[-1].startswith("East has the most days detained")


def test_an_area_that_is_not_on_the_map_keeps_its_line() -> None:
    home, _ = made(office(office_rows(arrests={"n": 1, "old_mill": 5, "unknown": 2}))).by_area
    assert [line[0] for line in home.rows] == ["North", "South", "East", "Old mill", "Residence unknown or outside"]
    assert home.rows[3][:4] == ("Old mill", "", "5", "")


def test_an_office_without_these_extracts_is_told_what_is_missing() -> None:
    part = made(office([row("clearance_rate", date(2024, 1, 1), 0.5)]))
    assert (part.sentences, part.span, part.hidden.of) == ((), "", 0)
    assert len((*part.over_all, *part.by_area)) == 4
    assert all(view.rows == () and "not available here" in view.empty for view in (*part.over_all, *part.by_area))


def test_a_page_without_a_layer_has_no_areas() -> None:
    data = office(office_rows())
    part = community_harm(data, newest(data.frame("metrics")), layer="")
    assert all("not available here" in view.empty for view in part.by_area)


def test_the_section_says_it_all_and_that_nothing_is_netted() -> None:
    data = office([*office_rows(), row("arrests", date(2024, 1, 1), 410)])
    areas = data.tables["areas"].replace("North", "<b>North</b>")
    part = made(dataclasses.replace(data, tables={**data.tables, "areas": areas}))
    source = '{% import "macros.html.j2" as show %}{% include "community_harm.html.j2" %}'
    page = environment().from_string(source).render(community_harm=part)
    assert "&lt;b&gt;North" in page and "<b>North" not in page
    assert "never added up, subtracted or divided by one another" in page
    assert "January 2025 to December 2025" in page
    for said in (*part.sentences[:-1], *(view.caption for view in part.by_area)):
        assert said in page
