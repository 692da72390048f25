"""Rules of counting for safety, call-ins and engagement that one year counted in its March cannot show."""

import re
from collections.abc import Callable
from datetime import date
from importlib import resources

import pandas as pd
import pytest

from strategic_prosecution import model
from tests.metrics.given import LAYER, Given, linked, numbered
from tests.metrics.given_call_ins import FEUDS, TOLD
from tests.metrics.given_engagement import RAISED

Measure = Callable[..., pd.DataFrame]
# 365 days after 2024-01-15 are over, 180 days after 2024-08-05 are just over.
LATER = date(2025, 2, 1)


def year(rows: pd.DataFrame, metric: str, segment: str = "") -> tuple[float, float, float, bool]:
    chosen = rows[
        (rows["metric"] == metric)
        & (rows["period"] == "year")
        & (rows["period_start"] == "2024-01-01")
        & (rows["segment"] == segment)
    ]
    ((*numbers, complete),) = chosen[["numerator", "denominator", "value", "complete"]].itertuples(index=False)
    return (*numbers, complete)


@pytest.mark.parametrize(
    ("metric", "given", "numerator", "denominator", "value"),
    [
        # ann on the 180th day; bob on the 181st. Told: ann, bob, eve, fay, gus, oz, pat, quy; hal's days are not over.
        ("notified_reoffending_180d", TOLD, 1, 8, 1 / 8),
        # of those told by 2 February 2024, without gus and quy: ann, bob, and eve on the 365th day
        ("notified_reoffending_365d", TOLD, 3, 6, 3 / 6),
        # ann, bob for theft, fay for an assault at home
        ("notified_without_arrest_180d", TOLD, 5, 8, 5 / 8),
        # ann 10 days held, bob 8, gus 2
        ("notified_days_at_liberty_180d", TOLD, 8 * 180 - 20, 8, 177.5),
        # bob, eve, fay, gus, oz and pat had a domestic arrest in the 730 days before
        ("dv_notified_recidivism_180d", TOLD, 1, 6, 1 / 6),
        # gus has not had 365 days; fay, bob and eve were arrested in them, oz on the 366th
        ("dv_notified_recidivism_365d", TOLD, 3, 5, 3 / 5),
        # ida; not cas on the 181st day. Also lou once for two groups, gus though told in August, rae, sol and tam
        ("non_notified_peer_offending_180d", TOLD, 1, 7, 1 / 7),
        # without rae: ida, cas, and lou on the 365th day; tam on the 366th
        ("non_notified_peer_offending_365d", TOLD, 3, 6, 3 / 6),
        # eight concerns of residents: lights in the north and without an area, and dealing
        ("concerns_that_became_strategies", RAISED, 3, 8, 3 / 8),
    ],
)
def test_a_window_counts_once_it_is_over(
    measure: Measure, metric: str, given: Given, numerator: int, denominator: int, value: float
) -> None:
    rows = measure(given, metric, as_of=LATER, layer=LAYER)
    assert year(rows, metric)[:3] == (numerator, denominator, pytest.approx(value, abs=1e-12))


def test_a_cohort_is_complete_when_its_last_window_is_over(measure: Measure) -> None:
    metric = "notified_reoffending_180d"
    # 180 days from the last day of 2024 are over on 29 June 2025; hal is in it by then.
    for as_of, complete in ((date(2025, 6, 28), False), (date(2025, 6, 29), True)):
        assert year(measure(TOLD, metric, as_of=as_of), metric) == (1, 9, pytest.approx(1 / 9), complete)


def test_a_shooting_back_after_ninety_days_is_no_answer(measure: Measure) -> None:
    metric = "group_retaliation_interval"
    late = {"incident_id": "i31", "occurred_date": "2024-06-29", "group_suspect": "g1", "group_victim": "g2"}
    later = {"incident_id": "i32", "occurred_date": "2024-09-28", "group_suspect": "g2", "group_victim": "g1"}
    status = {"group_suspect_status": "confirmed", "group_victim_status": "confirmed"}
    shots = [{"shooting_id": row["incident_id"], **status, **row} for row in (late, later)]
    given = {"shootings": [*FEUDS["shootings"], *shots]}
    # 0, 10, 14, 15, 16, 30, 31 and 60 days, and 90 from 31 March; the 91 days from 29 June are too many
    assert year(measure(given, metric, as_of=LATER), metric)[:3] == (9, 9, 16.0)


def test_columbus_says_36_of_100_confirmed_and_46_with_suspected(measure: Measure) -> None:
    statuses = ["confirmed"] * 36 + ["suspected"] * 10 + ["no"] * 54
    shootings = numbered(
        "shooting_id",
        *({"incident_id": f"i{number}", "group_suspect_status": status} for number, status in enumerate(statuses)),
        occurred_date="2024-01-20",
        review_date="2024-01-30",
    )
    names = ("group_involved_confirmed_share", "group_involved_share")
    rows = measure({"shootings": shootings}, *names, as_of=LATER)
    assert [year(rows, name)[:3] for name in names] == [(36, 100, 0.36), (46, 100, 0.46)]


def test_denver_averages(measure: Measure) -> None:
    def contacted(*days: int) -> Given:
        first = pd.Timestamp("2024-01-01")
        contacts = [(first + pd.Timedelta(days=number)).date() for number in days]
        return {
            "victims": numbered(
                "victim_id", *({"first_contact_date": day} for day in contacts), opened_date=first.date()
            )
        }

    mean, median = "speedy_victim_contact_days", "median_days_to_victim_contact"
    assert year(measure(contacted(24, 55, 17, 87, 100), mean, as_of=LATER), mean)[2] == pytest.approx(56.6)
    assert year(measure(contacted(1, 3, 3, 6, 7, 8, 9), median, as_of=LATER), median)[2] == 6


def test_an_offense_code_is_no_shooting(measure: Measure) -> None:
    given = {
        "incidents": [{"incident_id": "i1", "occurred_date": "2024-02-01", "offense_category": "nonfatal_shooting"}],
        "shootings": [{"shooting_id": "s1", "incident_id": "i0", "occurred_date": "2024-01-01", "is_fatal": True}],
    }
    names = ("nonfatal_shooting_victims", "nonfatal_shooting_incidents", "violent_incidents")
    rows = measure(given, *names, as_of=LATER)
    assert [year(rows, name)[0] for name in names] == [0, 0, 1]


def test_what_no_extract_says_is_not_available_and_not_zero(measure: Measure) -> None:
    given = {
        "incidents": [{"incident_id": "i1", "occurred_date": "2024-02-01", "offense_category": "robbery"}],
        "outreach": [{"outreach_id": "o1", "outreach_date": "2024-02-01", "outreach_type": "walk_in"}],
    }
    lacking = (
        # no clearance is recorded anywhere; no shooting log; nobody asked residents
        "clearance_rate",
        "clearances_per_incident",
        "shooting_incidents",
        "perceived_safety",
        # no row names an incident, a concern, a partner; no income of areas, no residents
        "community_response_within_72h",
        "concerns_raised",
        "partners_engaged",
        "outreach_events_low_income",
        "dv_calls_for_service",
    )
    missing = ("shootings", "surveys", "population")
    rows = measure(given, *lacking, "incident_count", as_of=LATER, layer=LAYER, missing_tables=missing)
    assert set(rows["metric"]) == {"incident_count"}


def test_violence_is_what_the_model_says() -> None:
    folder = resources.files("strategic_prosecution.metrics")
    names = ("incident_facts", "first_notices", "untold_members")
    texts = [(folder / "shared" / f"{name}.sql").read_text(encoding="utf-8") for name in names]
    texts.append((folder / "sql" / "child_violent_victimization.sql").read_text(encoding="utf-8"))
    for text in texts:
        (listed,) = re.findall(r"offense_category in \(([^)]*)\)", text)
        assert tuple(re.findall(r"'(\w+)'", listed)) == model.VIOLENT_OFFENSES


def test_attendance_is_read_by_metrics_of_the_meeting_alone() -> None:
    folder = resources.files("strategic_prosecution.metrics")
    reading = {
        path.name
        for part in ("sql", "shared")
        for path in (folder / part).iterdir()
        if "has_attended" in path.read_text(encoding="utf-8")
    }
    assert reading == {"callin_attendance_rate.sql", "groups_represented_share.sql"}


def test_memberships_that_overlap_are_one_stretch(measure: Measure) -> None:
    long, short, late = ("2024-01-05", "2024-04-10"), ("2024-01-10", "2024-01-20"), ("2024-03-05", "2024-04-05")
    spells = [
        # one person thrice in one group, one in three groups, three people in one group
        *(("ann", "g1", spell) for spell in (long, short, late)),
        *(("eve", group, spell) for group, spell in (("g5", long), ("g6", short), ("g7", late))),
        *((person, "g3", spell) for person, spell in (("bob", long), ("cas", short), ("dee", late))),
        # expired before it was known
        ("xan", "g9", ("2024-03-01", "2024-01-15")),
    ]
    supervised = {
        "ann": ("2023-01-01", "2024-03-25"),
        "eve": ("2023-01-01", None),
        # over before the membership, begun after it
        "bob": ("2023-01-01", "2023-11-15"),
        "cas": ("2024-02-01", None),
    }
    given = {
        "group_memberships": [
            {"membership_id": f"m{n}", "linked_person_id": person, "group_id": group, "known_on": a, "expires_on": b}
            for n, (person, group, (a, b)) in enumerate(spells)
        ],
        "supervision": [
            {"supervision_id": person, "supervision_type": "probation", "start_date": start, "end_date": end}
            for person, (start, end) in supervised.items()
        ],
        "person_records": linked("supervision", **{person: person for person in supervised}),
        "population": [{"layer": LAYER, "area_id": "n", "race_ethnicity": "all", "age_band": "all", "population": 50}],
    }
    names = ("active_groups", "group_population_share", "group_size", "supervised_member_count")
    rows = measure(given, *names, as_of=date(2024, 4, 30), layer=LAYER)
    months = rows[(rows["period"] == "month") & (rows["numerator"] != 0)]
    found = {
        name: dict(zip(part["period_start"].dt.strftime("%b"), part["numerator"], strict=True))
        for name, part in months.groupby("metric")
    }
    assert found == {
        "active_groups": {"Jan": 3, "Feb": 3, "Mar": 4},
        "group_population_share": {"Jan": 3, "Feb": 3, "Mar": 4},
        "group_size": {"Jan": 3, "Feb": 3, "Mar": 5},
        "supervised_member_count": {"Jan": 2, "Feb": 2, "Mar": 1},
    }


def test_what_the_log_or_the_records_call_no_crime_is_no_homicide(measure: Measure) -> None:
    given: Given = {
        "incidents": numbered(
            "incident_id",
            {},  # counts: the log is silent
            {},  # the one killed was shot in self-defense
            {},  # one of two by an officer: the other counts
            {"clearance_status": "unfounded"},  # the log has a death; the records found it unfounded
            occurred_date="2024-01-05",
            offense_category="homicide",
        ),
        "shootings": numbered(
            "shooting_id",
            {"incident_id": "incident_id-2", "intent": "self_defense"},
            {"incident_id": "incident_id-3", "intent": "officer"},
            {"incident_id": "incident_id-3", "intent": "criminal"},
            {"incident_id": "incident_id-4", "intent": "criminal"},
            occurred_date="2024-01-05",
            is_fatal=True,
        ),
    }
    rows = measure(given, "homicide_victims", "homicide_incidents", as_of=LATER, layer=LAYER)
    assert year(rows, "homicide_victims")[0] == year(rows, "homicide_incidents")[0] == 2


def test_a_call_in_whose_attendance_nobody_recorded_says_nothing_of_groups(measure: Measure) -> None:
    given: Given = {
        "group_memberships": [
            {"membership_id": "m1", "linked_person_id": "ann", "group_id": "g1", "known_on": "2024-01-01"}
        ],
        "notifications": numbered(
            "notification_id",
            {"notification_date": "2024-02-01", "has_attended": None},
            {"notification_date": "2024-03-01", "has_attended": False},
            mode="call_in",
            group_id="g1",
        ),
    }
    rows = measure(given, "groups_represented_share", as_of=LATER, layer=LAYER)
    assert year(rows, "groups_represented_share")[:2] == (0, 1)


def test_a_repeat_needs_an_address_and_a_year_of_records_before(measure: Measure) -> None:
    given: Given = {
        "incidents": numbered(
            "incident_id",
            {"occurred_date": "2023-01-02", "place_id": "home"},
            {"occurred_date": "2024-01-05", "place_id": "home"},
            {"occurred_date": "2024-01-06", "place_id": "home"},
            {"occurred_date": "2024-01-07", "place_id": "refused"},
            {"occurred_date": "2024-01-08", "place_id": "refused"},
            is_domestic=True,
        ),
        "places": [{"place_id": "home", "is_geocodable": True}, {"place_id": "refused", "is_geocodable": False}],
    }
    rows = measure(given, "dv_repeat_calls_share", as_of=LATER, layer=LAYER)
    assert year(rows, "dv_repeat_calls_share") == (1, 2, 0.5, False), "records begin less than 365 days before 2024"
    before = {**given, "incidents": [*given["incidents"], {"incident_id": "old", "occurred_date": "2022-12-31"}]}
    assert year(measure(before, "dv_repeat_calls_share", as_of=LATER, layer=LAYER), "dv_repeat_calls_share")[3]
