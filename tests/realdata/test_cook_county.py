"""Cook County's public felony data: what the pipeline publishes against plain pandas on the same files."""

import os
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from strategic_prosecution import warehouse

pytestmark = pytest.mark.realdata
AS_OF = pd.Timestamp("2019-12-02")
COUNTED = ["kept", "merged", "set_aside", "superseded", "reversed", "withdrawn", "expunged", "not_yet"]


def source(name: str) -> pd.DataFrame:
    return pd.read_csv(Path(os.environ["REALDATA"]) / "cook_county" / f"{name}.csv", dtype=str)


@pytest.fixture(scope="module")
def database(cook_county):
    office, day = cook_county
    assert day == date(2019, 12, 2)
    with duckdb.connect(str(office.processed_dir / "internal" / "office.duckdb"), read_only=True) as connection:
        yield connection


def value(database, metric: str, year: int) -> tuple[int, int, float]:
    row = database.execute(
        "select numerator, denominator, value from metrics_now "
        "where metric = ? and period = 'year' and breakdown = '' and period_start = make_date(?, 1, 1)",
        [metric, year],
    ).fetchone()
    assert row is not None, metric
    return row


def test_every_row_is_accounted_for(database):
    rows = database.execute("select * from data_quality").df()
    assert (rows["read"] == rows[COUNTED].sum(axis=1)).all()
    lines = {name: len(source(name)) for name in ("intake", "initiation", "dispositions", "sentencing")}
    assert lines == {"intake": 17_962, "initiation": 35_864, "dispositions": 10_244, "sentencing": 2_168}
    for extract, count in lines.items():
        feeds = rows[rows["extract"] == extract]
        assert len(feeds) and (feeds["read"] + feeds["not_selected"] == count).all(), extract
    kept = rows.groupby("table_name")["kept"].sum()
    assert kept["referrals"] == source("intake")["case_participant_id"].nunique()
    assert kept["cases"] == source("initiation")["case_participant_id"].nunique()


def test_screening_approval_share(database):
    """Approved / (approved + rejected) by the day of the review (rules of practice, section 7)."""
    intake = source("intake")
    # Times stand four hours ahead of the local clock all year round.
    day = pd.to_datetime(intake["felony_review_date"]) - pd.Timedelta(hours=4)
    decided = intake[(day.dt.year == 2019) & (day <= AS_OF + pd.Timedelta(hours=23))]
    approved = int((decided["felony_review_result"] == "Approved").sum())
    rejected = int((decided["felony_review_result"] == "Rejected").sum())
    found = value(database, "screening_approval_rate", 2019)
    assert found[:2] == (approved, approved + rejected)
    assert found[2] == pytest.approx(approved / (approved + rejected))
    assert 0.75 < found[2] < 0.85


def test_median_days_from_filing_to_disposition_counts_open_cases_as_open(database):
    """Kaplan-Meier by hand: each step multiplies by 1 - ended / at risk; the median is the first day
    at or below half."""
    initiation, dispositions = source("initiation"), source("dispositions")
    filed = pd.to_datetime(initiation["event_date"]).groupby(initiation["case_participant_id"]).min()
    filed = filed[(filed.dt.year == 2019) & (filed <= AS_OF)]
    ending = dispositions[
        (dispositions["primary_charge"] == "true")
        & ~dispositions["charge_disposition"].isin(["BFW", "Superseded by Indictment"])
    ]
    ended = pd.to_datetime(ending["disposition_date"], format="%m/%d/%Y %I:%M:%S %p")
    ended = ended.groupby(ending["case_participant_id"]).min().reindex(filed.index)
    # A day after the extract (a typing error such as 2109) has not happened; one before filing cannot be a duration.
    is_ended = ended.notna() & (ended <= AS_OF)
    days = (ended.where(is_ended, AS_OF) - filed).dt.days
    kept = days >= 0
    days, is_ended = days[kept].to_numpy(), is_ended[kept].to_numpy()
    surviving, median = 1.0, None
    for step in np.unique(days[is_ended]):
        at_risk = (days >= step).sum()
        surviving *= 1 - ((days == step) & is_ended).sum() / at_risk
        if surviving <= 0.5 + 1e-12:
            median = int(step)
            break
    found = value(database, "median_days_to_disposition", 2019)
    assert median is not None
    assert found[2] == median
    # The naive median of ended cases alone would be far too short.
    assert np.median(days[is_ended]) < median


def test_share_of_sentenced_defendants_with_incarceration(database):
    """Defendants by the year of their first original sentence, and of these those with prison, jail or boot camp."""
    sentencing = source("sentencing")
    original = sentencing[sentencing["sentence_phase"] == "Original Sentencing"]
    day = pd.to_datetime(original["sentence_date"], format="%m/%d/%Y %I:%M:%S %p")
    custody = original["sentence_type"].isin(["Prison", "Jail", "Cook County Boot Camp"])
    defendants = pd.DataFrame({"day": day, "custody": custody}).groupby(original["case_participant_id"])
    defendants = defendants.agg({"day": "min", "custody": "any"})
    sentenced = defendants[(defendants["day"].dt.year == 2019) & (defendants["day"] <= AS_OF)]
    found = value(database, "incarceration_rate", 2019)
    assert found[:2] == (int(sentenced["custody"].sum()), len(sentenced))


def test_what_the_extracts_do_not_hold_is_not_measured(database):
    measured = {name for (name,) in database.execute("select distinct metric from metrics_now").fetchall()}
    assert {"cases_referred", "dismissal_rate", "open_cases"} <= measured
    assert not measured & {
        "violent_incidents",
        "arrests",
        "clearance_rate",
        "fines_fees_assessed",
        "community_meetings",
    }


def test_people_are_not_joined_across_cases_without_an_identifier(cook_county):
    office, _ = cook_county
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        rows = connection.execute("select basis, count(*) from core.person_records group by basis").fetchall()
    assert dict(rows).keys() == {"alone"}


@pytest.fixture(scope="module")
def records(cook_county):
    office, _ = cook_county
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        yield connection


def test_intake_is_four_hours_ahead_and_the_day_is_read_without_them(records):
    """The same arrests stand exactly four hours apart in the two files, in summer and in winter."""
    intake, initiation = source("intake"), source("initiation")
    both = intake.merge(initiation, on="case_participant_id", suffixes=("", "_initiation"))
    both = both.drop_duplicates("case_participant_id")
    apart = pd.to_datetime(both["arrest_date"]) - pd.to_datetime(both["arrest_date_initiation"])
    assert len(apart.dropna()) == 13_539
    assert set(apart.dropna()) == {pd.Timedelta(hours=4)}
    received = records.execute("select referral_id, received_date from core.referrals").df()
    received = received.set_index("referral_id")["received_date"].reindex(both["case_participant_id"])
    assert (received.to_numpy() == pd.to_datetime(both["received_date_initiation"]).to_numpy()).all()


def test_dates_in_either_format_are_all_read(records):
    """initiation writes 2019-01-05, dispositions and sentencing 1/5/2019 12:00:00 AM."""
    assert source("initiation")["event_date"].dropna().str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    sentenced = source("sentencing")["sentence_date"]
    assert sentenced.str.fullmatch(r"\d+/\d+/\d{4} 12:00:00 AM").all()
    assert records.execute("select count(*) from meta.problems where kind = 'unreadable'").fetchone() == (0,)
    expected = pd.to_datetime(sentenced, format="%m/%d/%Y %I:%M:%S %p").value_counts()
    found = dict(records.execute("select sentence_date::varchar, count(*) from core.sentences group by 1").fetchall())
    # A typing error puts one sentence into the year 2219: a pandas day of nanoseconds reaches that far.
    assert found == {str(day.date()): count for day, count in expected.items()}


def test_days_after_the_extract_are_kept_counted_and_in_no_period(records, database):
    """Hearings already set for later, and three typing errors (2109, 2219)."""
    last = AS_OF.date().isoformat()
    filed = (
        pd.to_datetime(source("initiation")["event_date"]).groupby(source("initiation")["case_participant_id"]).min()
    )
    late = int((filed > AS_OF).sum())
    assert late > 0
    found = records.execute("select count(*) from core.cases where filed_date > ?", [last]).fetchone()
    assert found == (late,)
    counted = records.execute(
        "select coalesce(sum(rows), 0) from meta.problems where kind = 'out_of_range' and table_name = 'cases'"
    ).fetchone()
    # Each charge is a row; a warrant is dated 2109.
    assert counted == ((pd.to_datetime(source("initiation")["event_date"]) > AS_OF).sum() + 1,) == (209,)
    assert database.execute("select count(*) from metrics_now where period_start > ?", [last]).fetchone() == (0,)


def test_dispositions_before_the_filing_are_kept_and_counted(records):
    initiation, dispositions = source("initiation"), source("dispositions")
    filed = pd.to_datetime(initiation["event_date"]).groupby(initiation["case_participant_id"]).min()
    ending = dispositions[
        (dispositions["primary_charge"] == "true")
        & ~dispositions["charge_disposition"].isin(["BFW", "Superseded by Indictment"])
    ]
    ended = pd.to_datetime(ending["disposition_date"], format="%m/%d/%Y %I:%M:%S %p")
    ended = ended.groupby(ending["case_participant_id"]).min()
    before = int((ended < filed.reindex(ended.index)).sum())
    assert before == 60
    found = records.execute("select count(*) from core.cases where disposition_date < filed_date").fetchone()
    assert found == (before,)
    counted = records.execute(
        "select coalesce(sum(rows), 0) from meta.problems where kind = 'out_of_order' and table_name = 'cases'"
    ).fetchone()
    assert counted == (before,)


def test_race_written_two_ways_is_one_value(records):
    intake = source("intake").drop_duplicates("case_participant_id")
    hispanic = intake["race"].eq("HISPANIC") | intake["race"].str.contains("Hispanic or Latino", na=False)
    assert intake["race"].eq("HISPANIC").sum() > 0
    found = records.execute("select count(*) from core.referrals where race_ethnicity = 'hispanic'").fetchone()
    assert found == (int(hispanic.sum()),)


def test_participants_of_one_case_are_cases_of_one_docket(records):
    """The office counts by defendant: 14,339 of them on fewer dockets."""
    initiation = source("initiation")
    found = records.execute("select count(*), count(distinct docket_id) from core.cases").fetchone()
    assert found == (initiation["case_participant_id"].nunique(), initiation["case_id"].nunique())
    assert found[0] > found[1]


def test_arrests_of_1965_date_nothing(records):
    """Arrest times, which reach back to 1965, fill no column: no case or referral is older than the cohort's events."""
    assert source("intake")["arrest_date"].min() == "1965-11-06 19:59:00"
    first = records.execute("select min(received_date) from core.referrals").fetchone()
    assert first == (date(2019, 1, 1),)
    first = records.execute("select min(filed_date) from core.cases").fetchone()
    assert str(first[0]) == source("initiation")["event_date"].min()


def test_without_addresses_nothing_is_placed(records):
    assert records.execute("select count(*) from core.places").fetchone() == (0,)
