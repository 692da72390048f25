"""Rules of counting for community harm that one year counted in its March cannot show."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from strategic_prosecution.settings import IncarcerationRule, Metrics
from tests.metrics.given import AS_OF, Given, linked, numbered
from tests.metrics.given_diversion import DURING, FOLLOWED, RETURNED, after
from tests.metrics.given_punishment import LIFE_DAYS


def test_a_term_nobody_states_is_not_counted_and_life_by_the_offices_rule(measure: Callable[..., pd.DataFrame]) -> None:
    given = {
        "sentences": numbered(
            "sentence_id",
            {"case_id": "a", "sentence_type": "jail"},
            {"case_id": "b", "sentence_type": "prison", "is_life": True},
            {"case_id": "c", "sentence_type": "prison", "is_life": True, "min_days": 100},
            {"case_id": "d", "sentence_type": "prison", "min_days": 100, "credit_days": 1},
            sentence_date="2024-01-05",
        )
    }
    rules = Metrics(incarceration=IncarcerationRule(life_days=5_000))
    rows = measure(given, "incarceration_days_imposed", as_of=date(2025, 2, 1), rules=rules)
    whole = rows[rows["breakdown"] == ""]
    (year,) = whole[whole["period"].eq("year") & whole["period_start"].eq("2024-01-01")].to_dict("records")
    assert (year["numerator"], year["denominator"]) == (5_000 + 5_000 + 99, 3)


DETAINED = {"decision_date": "2024-01-02", "decision_type": "money_bail", "detained_from": "2024-01-01"}


def year_2024(rows: pd.DataFrame) -> tuple[Any, Any, bool]:
    whole = rows[rows["breakdown"].eq("") & rows["period"].eq("year") & rows["period_start"].eq("2024-01-01")]
    (found,) = whole[["numerator", "denominator", "complete"]].itertuples(index=False, name=None)
    return found


@pytest.mark.parametrize(
    ("dollars", "expected"),
    # 500 dollars where the office says nothing
    [(None, (1, 2)), (499, (0, 1)), (500, (1, 2)), (1_000, (2, 3))],
)
def test_low_bail_is_what_the_office_calls_low(
    measure: Callable[..., pd.DataFrame], dollars: int | None, expected: tuple[int, int]
) -> None:
    given = {
        "custody": [
            {"custody_id": f"b{cents}", "case_id": f"c{cents}", "bail_cents": cents, **DETAINED, **out}
            for cents, out in [(40_000, {"detained_to": "2024-01-03"}), (50_000, {}), (100_000, {}), (100_001, {})]
        ]
    }
    rules = {} if dollars is None else {"rules": Metrics(low_bail_dollars=dollars)}
    assert year_2024(measure(given, "low_bail_detention_share", as_of=date(2025, 2, 1), **rules))[:2] == expected


def test_a_release_has_30_days(measure: Callable[..., pd.DataFrame]) -> None:
    # decided on 31 December: they are over at the end of 30 January
    last = {"custody_id": "b", "case_id": "b", "decision_date": "2024-12-31", "decision_type": "own_recognizance"}
    given = {"custody": [{"custody_id": "a", "case_id": "a", **DETAINED}, last]}
    assert year_2024(measure(given, "release_rate", as_of=date(2025, 1, 29))) == (0, 1, False)
    assert year_2024(measure(given, "release_rate", as_of=date(2025, 1, 30))) == (1, 2, True)


def test_days_for_another_agency_and_of_the_own_case_are_counted_apart(measure: Callable[..., pd.DataFrame]) -> None:
    # the case ends on day 10, its booking with it, and the hold of the same days goes on to day 20
    given = {
        "cases": [{"case_id": "a", "disposition": "dismissed", "disposition_date": "2024-01-11"}],
        "custody": numbered(
            "custody_id",
            {},
            {"is_other_agency_hold": True},
            case_id="a",
            detained_from="2024-01-01",
            detained_to="2024-01-21",
        ),
        "person_records": linked("custody", **{"custody_id-1": "ann", "custody_id-2": "ann"}),
    }
    for metric, days in (("pretrial_detention_days", 10), ("other_agency_hold_days", 20)):
        assert year_2024(measure(given, metric, as_of=date(2025, 2, 1)))[:2] == (days, 1), metric


@pytest.mark.parametrize("metric", ["pretrial_safety_rate", "pretrial_success_rate"])
def test_where_nobody_is_told_apart_nobody_is_called_safe(measure: Callable[..., pd.DataFrame], metric: str) -> None:
    def released(**linked_to: str) -> pd.DataFrame:
        given = {
            "cases": numbered(
                "case_id",
                {"disposition": "guilty_plea", "disposition_date": "2024-03-01"},
                {},
                filed_date="2024-01-01",
            ),
            "defendants": numbered("defendant_id", {"case_id": "case_id-1"}, {"case_id": "case_id-2"}),
            "custody": [{"custody_id": "b", "case_id": "case_id-1", **DETAINED, "detained_to": "2024-01-05"}],
            "hearings": [
                {
                    "hearing_id": "h",
                    "case_id": "case_id-1",
                    "hearing_date": "2024-02-01",
                    "defendant_appeared": True,
                }
            ],
            "arrests": [{"arrest_id": "a", "arrest_date": "2024-02-01"}],
            "person_records": linked("defendants", **linked_to),
        }
        return measure(given, metric, as_of=date(2025, 2, 1))

    assert released()["denominator"].sum() == 0
    assert year_2024(released(**{"defendant_id-1": "ann", "defendant_id-2": "ann"}))[:2] == (1, 1)


def whole_year(rows: pd.DataFrame, metric: str, of: int = 2024) -> tuple[Any, Any]:
    """Numerator and denominator of a year; (0, 0) where nothing was ever counted."""
    chosen = rows[
        rows["metric"].eq(metric)
        & rows["breakdown"].eq("")
        & rows["period"].eq("year")
        & rows["period_start"].eq(f"{of}-01-01")
    ]
    found = chosen[["numerator", "denominator"]].astype(object)
    found = found.where(found.notna(), None)
    return tuple(found.iloc[0]) if len(found) else (0, 0)


FUTURE = ("future_years_of_incarceration", "future_years_of_supervision")


def anns(*sentences: dict[str, Any]) -> Given:
    """Sentences of one person, each in a case of its own, to prison on one day unless they say otherwise."""
    numbers = range(1, len(sentences) + 1)
    return {
        "cases": numbered("case_id", *({"filed_date": "2024-01-01"} for _ in numbers)),
        "defendants": numbered("defendant_id", *({"case_id": f"case_id-{number}"} for number in numbers)),
        "person_records": linked("defendants", **{f"defendant_id-{number}": "ann" for number in numbers}),
        "sentences": numbered(
            "sentence_id",
            *({"case_id": f"case_id-{number}", **row} for number, row in zip(numbers, sentences, strict=True)),
            sentence_date="2024-02-10",
            sentence_type="prison",
        ),
    }


@pytest.mark.parametrize(
    ("term", "years_held", "years_supervised"),
    [
        # the examples of the dashboard: 1 to 2 years, 11.5 to 23 months
        ({"min_days": 365, "max_days": 730}, 1.3, 0.7),
        ({"min_days": 350, "max_days": 700}, 0.958, 0.958),
    ],
)
def test_philadelphias_rule(
    measure: Callable[..., pd.DataFrame], term: dict[str, int], years_held: float, years_supervised: float
) -> None:
    rows = measure(anns(term), *FUTURE, as_of=AS_OF)
    years = rows[rows["period"].eq("year") & rows["breakdown"].eq("")].set_index("metric")["value"]
    assert years[FUTURE[0]] == pytest.approx(years_held, abs=0.005)
    assert years[FUTURE[1]] == pytest.approx(years_supervised, abs=0.005)


@pytest.mark.parametrize(
    ("sentences", "held", "supervised"),
    [
        # the longest minimum of one, the longest maximum of the other: to prison, with 1.3 * 400 days
        ([{"min_days": 400, "max_days": 500}, {"min_days": 100, "max_days": 900}], 520, 380),
        # on two days they are two terms, each of jail but the second: 400 and 130
        (
            [
                {"min_days": 400, "max_days": 500},
                {"min_days": 100, "max_days": 900, "sentence_date": "2024-02-11"},
            ],
            400 + 130,
            100 + 770,
        ),
        # of two probations the longest, after the term
        ([{"min_days": 10, "max_days": 30, "probation_days": 90}, {"probation_days": 365}], 10, 20 + 365),
        # probation with a jail term is held; without one it is not
        ([{"sentence_type": "probation", "max_days": 60, "probation_days": 90}], 60, 90),
        ([{"sentence_type": "community_corrections", "max_days": 60}, {"max_days": 7}], 7, 0),
        # more than the longest term nobody is held
        ([{"min_days": 700, "max_days": 800}], 800, 0),
        # a resentence counts for nothing, also beside an original sentence
        ([{"min_days": 10, "max_days": 20}, {"min_days": 500, "max_days": 900, "is_initial": False}], 10, 10),
        # life, whatever the days say, and whatever else is imposed
        ([{"is_life": True, "min_days": 10, "max_days": 20}, {"min_days": 50, "max_days": 90}], LIFE_DAYS, 0),
    ],
)
def test_terms_of_a_person_and_day_are_one(
    measure: Callable[..., pd.DataFrame], sentences: list[dict[str, Any]], held: int, supervised: int
) -> None:
    rows = measure(anns(*sentences), *FUTURE, as_of=AS_OF)
    assert whole_year(rows, FUTURE[0]) == (held, 1)
    assert whole_year(rows, FUTURE[1]) == (supervised, 1)


@pytest.mark.parametrize(
    ("term", "held", "supervised"),
    [
        ({"min_days": 100, "max_days": 364}, 50, 314),
        ({"min_days": 100, "max_days": 365}, 80, 285),
        ({"is_life": True, "min_days": 100, "max_days": 364}, 5_000, 0),
    ],
)
def test_a_state_has_its_own_rule(
    measure: Callable[..., pd.DataFrame], term: dict[str, Any], held: int, supervised: int
) -> None:
    rule = IncarcerationRule(
        prison_from_days=365, jail_share_of_minimum=0.5, prison_share_of_minimum=0.8, life_days=5_000
    )
    rows = measure(anns(term), *FUTURE, as_of=AS_OF, rules=Metrics(incarceration=rule))
    assert whole_year(rows, FUTURE[0]) == (held, 1)
    assert whole_year(rows, FUTURE[1]) == (supervised, 1)


def test_the_kind_of_a_sentence_is_that_of_the_first_day_its_money_of_all(measure: Callable[..., pd.DataFrame]) -> None:
    given: Given = {
        "cases": [
            {"case_id": "a", "filed_date": "2023-11-01", "filed_severity": "felony", "offense_category": "robbery"}
        ],
        "sentences": numbered(
            "sentence_id",
            {"sentence_date": "2024-01-10", "sentence_type": "probation", "fine_cents": 100},
            {"sentence_date": "2024-01-11", "sentence_type": "prison", "max_days": 30, "fee_cents": 50},
            {"sentence_date": "2024-01-11", "sentence_type": "prison", "is_life": True},
            # before it, but no original sentence
            {"sentence_date": "2024-01-09", "sentence_type": "jail", "fine_cents": 999, "is_initial": False},
            case_id="a",
        ),
    }
    expected = {
        "felony_incarceration_rate": (0, 1),
        "incarceration_reserved_for_serious": (0, 0),
        "felony_share_of_incarceration": (0, 0),
        "prison_sentences": (0, None),
        "jail_sentences": (0, None),
        "probation_sentences": (1, None),
        "life_sentences": (0, None),
        "incarceration_rate": (1, 1),
        "incarceration_days_imposed": (LIFE_DAYS, 1),
        "fines_fees_assessed": (150, 1),
        "fines_fees_assessed_per_case": (150, 1),
    }
    rows = measure(given, *expected, as_of=AS_OF)
    for metric, numbers in expected.items():
        assert whole_year(rows, metric) == numbers, metric


@pytest.mark.parametrize(
    ("spell", "as_of", "answered", "days"),
    [
        # violated on 1 January: day 90 is 31 March
        ({"sanction_date": "2024-03-31"}, "2024-03-31", (1, 1), (1, 1)),
        ({"sanction_date": "2024-04-01"}, "2024-04-01", (0, 1), (1, 1)),
        ({"sanction_date": "2024-01-01"}, "2024-03-31", (1, 1), (1, 1)),
        ({}, "2024-03-31", (0, 1), (0, 0)),
        # answered, but not yet 90 days ago
        ({"sanction_date": "2024-01-05"}, "2024-03-30", (0, 0), (1, 1)),
        # of the day before the violation: to something else
        ({"sanction_date": "2023-12-31"}, "2024-03-31", (0, 1), (0, 0)),
    ],
)
def test_a_response_has_90_days(
    measure: Callable[..., pd.DataFrame],
    spell: dict[str, str],
    as_of: str,
    answered: tuple[int, int],
    days: tuple[int, int],
) -> None:
    common = {"supervision_id": "a", "start_date": "2023-01-01", "violation_date": "2024-01-01"}
    # a response of the year before, so that the column is not empty
    other = {"supervision_id": "b", "start_date": "2023-01-01", "sanction_date": "2023-02-01"}
    given: Given = {"supervision": [{**common, **spell}, other]}
    rows = measure(given, "sanction_certainty", "sanction_swiftness_days", as_of=date.fromisoformat(as_of))
    assert whole_year(rows, "sanction_certainty") == answered
    assert whole_year(rows, "sanction_swiftness_days") == days


def test_what_nobody_dates_is_in_no_period(measure: Callable[..., pd.DataFrame]) -> None:
    given: Given = {
        "supervision": numbered(
            "supervision_id",
            {"sanction_date": "2024-01-05", "sanction_custody_days": 2},
            {"sanction_custody_days": 400},
            start_date="2023-01-01",
        )
    }
    rows = measure(given, "sanction_custody_days", as_of=AS_OF)
    assert whole_year(rows, "sanction_custody_days", of=2023) == (0, 0)
    assert whole_year(rows, "sanction_custody_days") == (2, 1)


AFTER_DIVERSION = [
    ("post_program_success_rate", "end_date", "failed"),
    ("deferred_recidivism_2yr", "accepted_date", "other_kind"),
    ("felony_recidivism_of_diversioners", "accepted_date", "petty no_case"),
]


@pytest.mark.parametrize(("metric", "column", "left_out"), AFTER_DIVERSION)
def test_what_happened_before_and_the_diverted_case_are_no_return(
    measure: Callable[..., pd.DataFrame], metric: str, column: str, left_out: str
) -> None:
    followed = set(FOLLOWED.split()) - set(left_out.split())
    returned = set(RETURNED.split()) - set(left_out.split())
    counted = followed - returned if metric == "post_program_success_rate" else returned
    rows = measure(after(column), metric, as_of=AS_OF)
    assert whole_year(rows, metric, of=2022) == (len(counted), len(followed))


@pytest.mark.parametrize(("metric", "column", "left_out"), AFTER_DIVERSION)
def test_the_window_is_the_offices_but_two_years_for_deferred_judgments(
    measure: Callable[..., pd.DataFrame], metric: str, column: str, left_out: str
) -> None:
    rows = measure(after(column), metric, as_of=AS_OF, rules=Metrics(recidivism_days=365))
    # After 365 days 'last_day' has not returned, and 'too_young' is old enough and has.
    assert (
        whole_year(rows, metric, of=2022)
        == {
            "post_program_success_rate": (7, 14),
            "deferred_recidivism_2yr": (7, 13),
            "felony_recidivism_of_diversioners": (6, 13),
        }[metric]
    ), left_out


@pytest.mark.parametrize(("metric", "column", "left_out"), AFTER_DIVERSION)
def test_a_cohort_younger_than_its_window_has_no_fact(
    measure: Callable[..., pd.DataFrame], metric: str, column: str, left_out: str
) -> None:
    # those of 1 March 2022 are all that 29 February 2024 adds to the one of the year before
    for as_of, some in ((date(2024, 2, 28), False), (date(2024, 2, 29), True)):
        rows = measure(after(column), metric, as_of=as_of)
        assert whole_year(rows, metric, of=2021)[1] == 1, left_out
        assert bool(whole_year(rows, metric, of=2022)[1]) is some
    for as_of, complete in ((date(2024, 12, 29), False), (date(2024, 12, 30), True)):
        rows = measure(after(column), metric, as_of=as_of)
        year = rows[rows["period"].eq("year") & rows["period_start"].eq("2022-01-01") & rows["breakdown"].eq("")]
        assert year["complete"].tolist() == [complete]


@pytest.mark.parametrize(
    ("metric", "given"),
    [("diversion_safety_rate", DURING), *((metric, after(column)) for metric, column, _ in AFTER_DIVERSION)],
)
def test_where_nobody_is_told_apart_nobody_is_said_to_have_stayed_away(
    measure: Callable[..., pd.DataFrame], metric: str, given: Given
) -> None:
    links = [row for row in given["person_records"] if row["record_table"] == "diversion"]
    assert measure(given, metric, as_of=AS_OF)["denominator"].sum() > 0
    assert measure({**given, "person_records": links}, metric, as_of=AS_OF)["denominator"].sum() == 0
