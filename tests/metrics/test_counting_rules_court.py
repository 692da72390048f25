"""Rules of counting for court, capacity and fairness that one year counted in its March cannot show."""

import re
from collections.abc import Callable
from datetime import date
from importlib import resources
from typing import Any

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.metrics.capacity import CAPACITY_METRICS
from strategic_prosecution.metrics.court import COURT_METRICS
from strategic_prosecution.metrics.fairness import FAIRNESS_METRICS
from tests.metrics.given import LAYER, Given, linked, numbered
from tests.metrics.given_capacity import ASSIGNED, DOCKET
from tests.metrics.given_court import ENDED, PRIORS, REFERRALS, RETURNS

Measure = Callable[..., pd.DataFrame]
# 365 days after 1 January 2024 are over.
LATER = date(2025, 2, 1)
KINDS = (
    "resolved_by_plea",
    "resolved_by_trial",
    "resolved_by_dismissal",
    "resolved_by_diversion",
    "resolved_otherwise",
    "unresolved_after_365d",
)


def year(rows: pd.DataFrame, metric: str, of: int = 2024) -> tuple[Any, Any, bool]:
    chosen = rows[
        (rows["metric"] == metric)
        & (rows["period"] == "year")
        & (rows["period_start"] == f"{of}-01-01")
        & (rows["breakdown"] == "")
    ]
    # where nothing was ever counted there is no row
    found = list(chosen[["numerator", "denominator", "complete"]].itertuples(index=False, name=None))
    return found[0] if found else (0, 0, False)


def numbers(measure: Measure, given: Given, metric: str, *, as_of: date = LATER, of: int = 2024) -> tuple[Any, Any]:
    return year(measure(given, metric, as_of=as_of, layer=LAYER), metric, of)[:2]


def filed_again(day: str, **changed: Any) -> Given:
    """ann's case of 1 January is dismissed on 1 February, and another is filed on a day."""
    again = {"case_id": "b", "incident_id": "i1", "filed_date": day, "filed_severity": "felony", **changed}
    return {
        "cases": [
            {
                "case_id": "a",
                "incident_id": "i1",
                "filed_date": "2024-01-01",
                "filed_severity": "felony",
                "disposition": "dismissed",
                "disposition_date": "2024-02-01",
            },
            again,
        ],
        "defendants": [{"defendant_id": "d-a", "case_id": "a"}, {"defendant_id": "d-b", "case_id": "b"}],
        "person_records": linked("defendants", **{"d-a": "ann", "d-b": "ann"}),
    }


CONVICTED = {"disposition": "guilty_plea", "disposition_date": "2024-08-01"}


@pytest.mark.parametrize(
    ("day", "changed", "dismissed", "convicted"),
    [
        # one case with the fate of the new filing, while that is open, dismissed for good, or convicted
        ("2024-05-01", {}, (0, 0), (0, 0)),
        ("2024-05-01", {"disposition": "dismissed", "disposition_date": "2024-08-01"}, (1, 1), (0, 1)),
        ("2024-05-01", CONVICTED, (0, 1), (1, 1)),
        ("2024-05-01", {**CONVICTED, "disposition": "diverted"}, (0, 0), (0, 0)),
        # on the day of the dismissal; 90 days after it, and 91
        ("2024-02-01", CONVICTED, (0, 1), (1, 1)),
        ("2024-05-02", CONVICTED, (1, 2), (1, 2)),
        # before the dismissal: a case of its own
        ("2024-01-31", CONVICTED, (1, 2), (1, 2)),
        ("2024-05-01", {**CONVICTED, "incident_id": "i2"}, (1, 2), (1, 2)),
        ("2024-05-01", {**CONVICTED, "incident_id": None}, (1, 2), (1, 2)),
    ],
)
def test_a_case_filed_again_is_followed(
    measure: Measure,
    day: str,
    changed: dict[str, Any],
    dismissed: tuple[int, int],
    convicted: tuple[int, int],
) -> None:
    given = filed_again(day, **changed)
    assert numbers(measure, given, "dismissal_rate") == dismissed
    assert numbers(measure, given, "felony_dismissal_rate") == dismissed
    assert numbers(measure, given, "conviction_rate") == convicted


def test_a_chain_of_filings_is_one_case_and_ends(measure: Measure) -> None:
    # filed and dismissed four times, twice on one day, and convicted at last
    days = ["2024-01-01", "2024-02-01", "2024-02-01", "2024-03-01", "2024-04-01"]
    ends = ["2024-02-01", "2024-02-01", "2024-03-01", "2024-03-31", "2024-05-01"]
    ways = ["dismissed"] * 4 + ["guilty_plea"]
    given = {
        "cases": numbered(
            "case_id",
            *(
                {"filed_date": day, "disposition_date": end, "disposition": how}
                for day, end, how in zip(days, ends, ways, strict=True)
            ),
            incident_id="i1",
        ),
        "defendants": numbered("defendant_id", *({"case_id": f"case_id-{number}"} for number in range(1, 6))),
        "person_records": linked("defendants", **{f"defendant_id-{number}": "ann" for number in range(1, 6)}),
    }
    assert numbers(measure, given, "conviction_rate") == (1, 1)
    assert numbers(measure, given, "resolved_by_plea") == (1, 1)


def test_every_charge_has_to_end(measure: Measure) -> None:
    def charged(*ends: tuple[str | None, str | None]) -> Given:
        return {
            "cases": [{"case_id": "a", "filed_date": "2024-01-01"}],
            "charges": numbered(
                "charge_id",
                *({"disposition": how, "disposition_date": day} for how, day in ends),
                case_id="a",
            ),
        }

    day = "2024-02-01"
    for ends, expected in [
        ([("dismissed", day), ("dismissed", day)], (1, 1)),
        ([("dismissed", day), (None, None)], (0, 0)),
        ([("dismissed", day), ("warrant", day)], (0, 0)),
        # without a day, neither of its own nor of the case
        ([("dismissed", day), ("dismissed", None)], (0, 0)),
        ([("dismissed", day), ("superseded", day)], (1, 1)),
        ([("superseded", day)], (0, 0)),
        ([("abated", day)], (0, 0)),
        ([("dismissed", day), ("guilty_plea", day)], (0, 1)),
        ([("dismissed", day), ("transferred", day)], (0, 1)),
    ]:
        assert numbers(measure, charged(*ends), "dismissal_rate") == expected, ends


def test_where_a_year_after_filing_stands(measure: Measure) -> None:
    rows = measure(ENDED, "case_resolution_rate", *KINDS, as_of=LATER, layer=LAYER)
    found = {name: year(rows, name)[:2] for name in ("case_resolution_rate", *KINDS)}
    # Of 23 cases of 2024 four are too young on 1 February 2025: again (which is refiled), too_late, elsewhere and
    # of_another. Left out: replaced and warrant.
    assert found == {
        "case_resolution_rate": (15, 17),
        # mixed, plea
        "resolved_by_plea": (2, 17),
        # refiled, acquitted, silent
        "resolved_by_trial": (3, 17),
        # dropped, failed, offered, for_plea, bare
        "resolved_by_dismissal": (5, 17),
        # diverted, program
        "resolved_by_diversion": (2, 17),
        # dead, who_knows, moved
        "resolved_otherwise": (3, 17),
        # open, pending
        "unresolved_after_365d": (2, 17),
    }


def test_kinds_of_resolution_add_up(measure: Measure) -> None:
    rows = measure(ENDED, "case_resolution_rate", *KINDS, as_of=LATER, layer=LAYER)
    keys = ["period", "period_start", "breakdown", "segment"]
    wide = rows.pivot_table(index=keys, columns="metric", values=["numerator", "denominator"], aggfunc="sum")
    for name in KINDS:
        assert (wide["denominator"][name] == wide["denominator"]["case_resolution_rate"]).all()
    resolved = wide["numerator"][list(KINDS[:-1])].sum(axis=1)
    assert (resolved == wide["numerator"]["case_resolution_rate"]).all()
    assert (resolved + wide["numerator"][KINDS[-1]] == wide["denominator"]["case_resolution_rate"]).all()


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        # filed on 1 January 2024, a leap year: day 365 is 31 December
        ({"disposition": "guilty_plea", "disposition_date": "2024-12-31"}, (1, 1)),
        ({"disposition": "guilty_plea", "disposition_date": "2025-01-01"}, (0, 1)),
        ({}, (0, 1)),
        ({"disposition": "warrant", "disposition_date": "2024-12-30"}, (0, 0)),
        ({"disposition": "warrant", "disposition_date": "2024-12-31"}, (0, 1)),
        ({"disposition": "superseded", "disposition_date": "2024-12-30"}, (0, 0)),
        ({"disposition": "guilty_plea", "disposition_date": "2023-12-31"}, (0, 0)),
    ],
)
def test_a_year_is_365_days_and_a_warrant_stops_it(
    measure: Measure, ended: dict[str, Any], expected: tuple[int, int]
) -> None:
    given = {"cases": [{"case_id": "a", "filed_date": "2024-01-01", "filed_severity": "felony", **ended}]}
    # somebody else's disposition: without any the metric is not available
    given["cases"].append({"case_id": "b", "disposition": "dismissed", "disposition_date": "2023-01-01"})
    assert numbers(measure, given, "resolved_by_plea") == expected
    assert numbers(measure, given, "felony_disposed_within_365d") == expected


@pytest.mark.parametrize(
    ("severity", "days"),
    [
        ("felony", 90),
        ("felony", 180),
        ("felony", 365),
        ("misdemeanor", 60),
        ("misdemeanor", 90),
        ("misdemeanor", 180),
    ],
)
def test_time_standards(measure: Measure, severity: str, days: int) -> None:
    metric = f"{severity}_disposed_within_{days}d"
    first = pd.Timestamp("2024-01-05")

    def after(number: int) -> date:
        return (first + pd.Timedelta(days=number)).date()

    ways = [
        # in time on the last day, late the day after, late and open
        ("dismissed", days),
        ("dismissed", days + 1),
        (None, None),
        # on warrant the day before: in neither number; on the last day: late
        ("warrant", days - 1),
        ("warrant", days),
        ("superseded", days - 1),
        ("dismissed", -1),
    ]
    given = {
        "cases": [
            *numbered(
                "case_id",
                *(
                    {"disposition": how, "disposition_date": None if number is None else after(number)}
                    for how, number in ways
                ),
                filed_date=first.date(),
                filed_severity=severity,
            ),
            {
                "case_id": "else",
                "filed_date": first.date(),
                "filed_severity": "infraction",
                "disposition": "dismissed",
                "disposition_date": after(1),
            },
            # filed a day later: on the last day of the others not yet in
            {
                "case_id": "young",
                "filed_date": after(1),
                "filed_severity": severity,
                "disposition": "dismissed",
                "disposition_date": after(2),
            },
        ]
    }
    # On that day the late ones were open still: what core says as of then.
    on_day = {"cases": [dict(row) for row in given["cases"]]}
    on_day["cases"][1] |= {"disposition": None, "disposition_date": None}
    assert numbers(measure, on_day, metric, as_of=after(days - 1)) == (0, 0)
    assert numbers(measure, on_day, metric, as_of=after(days)) == (1, 4)
    assert numbers(measure, given, metric, as_of=after(days + 1)) == (2, 5)
    # a cohort of 2024 is complete as many days after its last
    whole = date(2024, 12, 31) + pd.Timedelta(days=days)
    for as_of, complete in ((whole - pd.Timedelta(days=1), False), (whole, True)):
        assert year(measure(given, metric, as_of=as_of), metric) == (2, 5, complete)


def test_the_naive_median_stands_beside_kaplan_meiers(measure: Measure) -> None:
    # Three cases ended after 10, 20 and 30 days, and four are open: of those that ended the median is 20 days, while
    # most of the cohort has not ended. With six open after 30 days S never gets to a half.
    ended = [{"disposition": "dismissed", "disposition_date": f"2024-01-{day}"} for day in (11, 21, 31)]
    cases = numbered("case_id", *ended, *[{} for _ in range(4)], filed_date="2024-01-01", filed_severity="felony")
    rows = measure({"cases": cases}, "felony_median_days_of_disposed", "felony_median_days_to_disposition", as_of=LATER)
    values = rows[rows["period"] == "year"].groupby("metric")["value"].first()
    assert values["felony_median_days_of_disposed"] == 20
    assert year(rows, "felony_median_days_to_disposition")[:2] == (3, 7)
    assert rows.loc[rows["metric"] == "felony_median_days_to_disposition", "value"].isna().all()


def test_a_case_may_end_on_the_day_it_is_filed_and_not_before(measure: Measure) -> None:
    for ended, expected in (("2024-01-10", (1, 1)), ("2024-01-09", (0, 0))):
        case = {"case_id": "a", "filed_date": "2024-01-10", "filed_severity": "felony", "disposition_date": ended}
        given = {"cases": [{**case, "disposition": "dismissed"}]}
        for metric in (
            "median_days_to_disposition",
            "felony_median_days_to_disposition",
            "median_days_of_disposed",
            "felony_median_days_of_disposed",
            "felony_dismissal_timeliness",
            "resolved_by_dismissal",
        ):
            assert numbers(measure, given, metric) == expected, metric


def test_persons_and_property(measure: Measure) -> None:
    row = {"filed_date": "2024-01-10", "disposition_date": "2024-01-20", "disposition": "dismissed"}
    given = {
        "cases": numbered("case_id", *({"offense_category": offense} for offense in model.OFFENSES), **row),
        "areas": [{"layer": LAYER, "area_id": "north", "income_quintile": 1}],
    }
    # violence and simple assault; burglary, the two thefts, arson, vandalism and fraud
    assert numbers(measure, given, "dismissal_across_ses") == (len(model.VIOLENT_OFFENSES) + 1, 6)
    assert numbers(measure, given, "property_dismissal_across_ses") == (6, 6)


def test_coming_back_within_two_years(measure: Measure) -> None:
    # Of a, b, c, d, g and h, sentenced without custody on 10 January 2022, a was charged within two years.
    assert numbers(measure, RETURNS, "recidivism_rate", as_of=date(2024, 3, 30), of=2022) == (1, 6)
    assert numbers(measure, RETURNS, "recidivism_rate", as_of=date(2024, 1, 9), of=2022) == (0, 0)
    # g's two cases of one day say different things of her race and severity
    rows = measure(RETURNS, "recidivism_rate", as_of=date(2024, 3, 30), layer=LAYER)
    rows = rows[(rows["period"] == "year") & (rows["period_start"] == "2022-01-01") & (rows["breakdown"] != "")]
    assert dict(zip(rows["segment"], zip(rows["numerator"], rows["denominator"], strict=True), strict=True)) == {
        "black": (1, 5),
        "felony": (1, 5),
        "unknown": (0, 1),
    }
    # 730 days from 1 April 2022 f's window is over too, and f was charged in June 2022
    assert numbers(measure, RETURNS, "recidivism_rate", as_of=date(2024, 3, 31), of=2022) == (2, 7)


def test_people_who_cannot_be_told_apart_have_no_past(measure: Measure) -> None:
    def alone(given: Given) -> Given:
        people = {row["record_id"]: row["record_id"] for row in given["person_records"]}
        return {**given, "person_records": linked("defendants", **people)}

    for name in ("violent_recidivism", "prior_felony_share", "no_prior_conviction_share"):
        assert numbers(measure, PRIORS, name)[1] > 0
        assert numbers(measure, alone(PRIORS), name) == (0, 0)
    assert numbers(measure, alone(RETURNS), "recidivism_rate", of=2022) == (0, 0)


def test_shares_of_felony_convictions_add_up(measure: Measure) -> None:
    names = ("prior_felony_share", "prior_misdemeanor_only_share", "no_prior_conviction_share")
    rows = measure(PRIORS, *names, as_of=LATER, layer=LAYER)
    keys = ["period", "period_start", "breakdown", "segment"]
    summed = rows.groupby(keys)["numerator"].sum()
    for name in names:
        of_one = rows[rows["metric"] == name].set_index(keys)["denominator"]
        assert (of_one == summed.reindex(of_one.index)).all()
    assert summed.max() > 1


def test_results_of_screening_add_up_to_less_than_one_by_those_of_another_kind(measure: Measure) -> None:
    names = [f"screening_{result}_share" for result in ("approved", "rejected", "continued", "no_review")]
    rows = measure({"referrals": REFERRALS}, *names, as_of=LATER)
    found = [year(rows, name)[:2] for name in names]
    # referral 6 has another result; the rejection of April 2024 is known by then
    assert (sum(top for top, _ in found), {bottom for _, bottom in found}) == (7, {8})


def test_one_felony_load_far_over_the_median(measure: Measure) -> None:
    # loads of 2, 2 and 3: the median is 2, and 3 is not more than 3; of 2, 2 and 4 one is
    def loads(*sizes: int) -> Given:
        rows = [{"attorney_id": f"x{number}"} for number, size in enumerate(sizes) for _ in range(size)]
        cases = numbered("case_id", *rows, filed_date="2025-01-05", filed_severity="felony")
        return {"cases": [*cases, {"case_id": "past", "disposition_date": "2024-01-01"}]}

    # at the end of January, and on 1 February, as_of
    assert numbers(measure, loads(2, 2, 3), "felony_caseload_distribution", of=2025) == (0, 6)
    assert numbers(measure, loads(2, 2, 4), "felony_caseload_distribution", of=2025) == (2, 6)
    assert numbers(measure, loads(10, 10, 16), "felony_caseload_distribution", of=2025) == (2, 6)


def test_staff_who_left_in_the_year_are_not_retained(measure: Measure) -> None:
    # there on 1 January: ada, bo, ed, flo, hal, ida, jo, kit; bo, hal and nobody else left in 2024
    assert year(measure(ASSIGNED, "staff_retention_rate", as_of=LATER), "staff_retention_rate")[:2] == (6, 8)
    # in 2023 guy left on the last day
    assert numbers(measure, ASSIGNED, "staff_retention_rate", of=2023) == (9, 9)
    staff = [{"staff_id": "ada", "role": "attorney", "start_date": "2024-01-01", "end_date": "2024-12-31"}]
    assert numbers(measure, {"staff": staff}, "staff_retention_rate") == (1, 1)
    staff[0]["end_date"] = "2024-12-30"
    assert numbers(measure, {"staff": staff}, "staff_retention_rate") == (0, 1)
    # on 1 January 2025 she was gone
    assert numbers(measure, {"staff": staff}, "staff_retention_rate", of=2025) == (0, 0)


def test_what_no_extract_says_is_not_available_and_not_zero(measure: Measure) -> None:
    family = [metric.name for metric in (*COURT_METRICS, *CAPACITY_METRICS, *FAIRNESS_METRICS)]
    given = {
        "cases": [{"case_id": "a", "filed_date": "2024-01-01"}],
        "referrals": [{"referral_id": "r", "received_date": "2024-01-01"}],
        "defendants": [{"defendant_id": "d", "case_id": "a"}],
        "hearings": [{"hearing_id": "h", "case_id": "a", "hearing_date": "2024-01-01"}],
        "sentences": [{"sentence_id": "s", "case_id": "a", "sentence_date": "2024-01-01"}],
        "shootings": [{"shooting_id": "x", "incident_id": "i", "occurred_date": "2024-01-01", "is_fatal": False}],
    }
    rows = measure(given, *family, as_of=LATER, layer=LAYER, missing_tables=("staff", "victims"))
    assert set(rows["metric"]) == {"cases_filed", "cases_referred"}


def test_undefined_is_null(measure: Measure) -> None:
    rates = [
        metric.name
        for metric in (*COURT_METRICS, *CAPACITY_METRICS, *FAIRNESS_METRICS)
        if metric.statistic in ("rate", "ratio", "stock_ratio", "stock_share", "mean")
    ]
    rows = measure({**ENDED, **ASSIGNED, "referrals": REFERRALS}, *rates, as_of=LATER, layer=LAYER)
    nothing = rows["denominator"] == 0
    assert nothing.any() and rows.loc[nothing, "value"].isna().all()
    assert rows.loc[~nothing, "value"].notna().all()


def test_nothing_is_counted_by_a_person_of_the_office() -> None:
    family = (*COURT_METRICS, *CAPACITY_METRICS, *FAIRNESS_METRICS)
    assert all(metric.protects == "person" for metric in family)
    for metric in METRICS:
        selected = re.sub(r"--[^\n]*", "", metric.sql)
        assert not re.search(r"attorney_id as |\bofficer as |\bjudge\b", selected), metric.name


def test_violence_is_what_the_model_says() -> None:
    folder = resources.files("strategic_prosecution.metrics") / "shared"
    for name in ("case_facts", "case_convictions"):
        (listed,) = re.findall(r"offense_category in \(([^)]*)\)", (folder / f"{name}.sql").read_text(encoding="utf-8"))
        assert tuple(re.findall(r"'(\w+)'", listed)) == model.VIOLENT_OFFENSES


def test_order_of_rows_changes_nothing(measure: Measure) -> None:
    names = ("conviction_rate", "resolved_by_plea", "violent_recidivism", "felony_caseload_distribution")
    given: Given = {
        table: [*ENDED.get(table, []), *(row for row in PRIORS.get(table, []) if table != "areas")]
        for table in {*ENDED, *PRIORS}
    }
    turned = {table: rows[::-1] for table, rows in given.items()}
    given["cases"] = [{**row, "attorney_id": "x"} for row in given["cases"]]
    turned["cases"] = given["cases"][::-1]
    before, after = (measure(tables, *names, as_of=LATER, layer=LAYER) for tables in (given, turned))
    pd.testing.assert_frame_equal(before, after)


def test_workload_adds_up_over_the_ways_cases_end(measure: Measure) -> None:
    kinds = ["cases_disposed_by_plea", "cases_disposed_by_trial", "cases_disposed_by_dismissal"]
    kinds.append("cases_disposed_otherwise")
    rows = measure(DOCKET, "cases_disposed", *kinds, as_of=LATER, layer=LAYER)
    assert sum(year(rows, name)[0] for name in kinds) == year(rows, "cases_disposed")[0] == 12


@pytest.mark.parametrize(("other", "expected"), [("dismissed", (1, 1)), ("unknown", (0, 0)), ("unmapped", (0, 0))])
def test_a_case_with_a_charge_whose_end_nobody_knows_is_not_dismissed(
    measure: Measure, other: str, expected: tuple[int, int]
) -> None:
    given: Given = {
        "cases": [{"case_id": "a", "filed_date": "2024-01-01", "filed_severity": "felony"}],
        "charges": [
            {"charge_id": number, "case_id": "a", "disposition": how, "disposition_date": "2024-02-01"}
            for number, how in (("1", "dismissed"), ("2", other))
        ],
    }
    assert numbers(measure, given, "dismissal_rate") == expected
