"""Three numbers of real felony cases, against plain pandas."""

import os
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from strategic_prosecution.metrics import METRICS, compute

pytestmark = pytest.mark.realdata
AS_OF = date(2019, 12, 2)
PERSON = "case_participant_id"


@pytest.fixture
def files() -> dict[str, pd.DataFrame]:
    folder = Path(os.environ["REALDATA"]) / "cook_county"
    names = ("intake", "initiation", "dispositions", "sentencing")
    return {name: pd.read_csv(folder / f"{name}.csv", dtype="str") for name in names}


def _days(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column, format="mixed").dt.normalize()


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame) -> None:
    connection.register("incoming", rows)
    connection.execute(f"delete from core.{table}")
    connection.execute(f"insert into core.{table} by name select * from incoming")
    connection.unregister("incoming")


def _value(connection: duckdb.DuckDBPyConnection, name: str) -> pd.Series:
    metrics = [metric for metric in METRICS if metric.name == name]
    rows = compute(connection, metrics=metrics, as_of=AS_OF, layer=None, missing_tables=(), reconstructed_tables=())
    whole = rows[(rows["period"] == "year") & (rows["breakdown"] == "") & (rows["period_start"] == "2019-01-01")]
    return whole.iloc[0]


def test_screening_approval(connection: duckdb.DuckDBPyConnection, files: dict[str, pd.DataFrame]) -> None:
    intake = files["intake"]
    _fill(
        connection,
        "referrals",
        pd.DataFrame(
            {
                "referral_id": intake[PERSON],
                "received_date": _days(intake["received_date"]),
                "screen_date": _days(intake["felony_review_date"]),
                "screen_result": intake["felony_review_result"].str.lower(),
            }
        ),
    )
    decided = _days(intake["felony_review_date"].fillna(intake["received_date"]))
    # One review is dated after the extract: not known yet.
    known = (decided.dt.year == 2019) & (decided <= pd.Timestamp(AS_OF))
    results = intake.loc[known, "felony_review_result"].value_counts()
    found = _value(connection, "screening_approval_rate")
    assert found["numerator"] == results["Approved"] > 5_000
    assert found["value"] == results["Approved"] / (results["Approved"] + results["Rejected"])


def test_incarceration_of_sentenced_defendants(
    connection: duckdb.DuckDBPyConnection, files: dict[str, pd.DataFrame]
) -> None:
    sentences = files["sentencing"]
    _fill(
        connection,
        "sentences",
        pd.DataFrame(
            {
                "sentence_id": sentences.index.astype(str),
                "case_id": sentences[PERSON],
                "sentence_date": _days(sentences["sentence_date"]),
                "sentence_type": sentences["sentence_type"].str.lower(),
                "is_initial": sentences["sentence_phase"] == "Original Sentencing",
            }
        ),
    )
    original = sentences[sentences["sentence_phase"] == "Original Sentencing"]
    behind_bars = original["sentence_type"].isin(["Prison", "Jail"])
    people = behind_bars.groupby(original[PERSON]).any()
    first = _days(original["sentence_date"]).groupby(original[PERSON]).min()
    people = people[first.dt.year == 2019]
    found = _value(connection, "incarceration_rate")
    assert (found["numerator"], found["denominator"]) == (people.sum(), len(people))
    assert found["value"] == people.sum() / len(people)


def test_median_days_with_open_cases(connection: duckdb.DuckDBPyConnection, files: dict[str, pd.DataFrame]) -> None:
    initiation, dispositions = files["initiation"], files["dispositions"]
    filed = _days(initiation["event_date"]).groupby(initiation[PERSON]).min()
    ended = _days(dispositions["disposition_date"]).groupby(dispositions[PERSON]).min()
    cases = pd.DataFrame({"filed_date": filed}).join(ended.rename("disposition_date")).reset_index()
    _fill(connection, "cases", cases.rename(columns={PERSON: "case_id"}).assign(disposition="other"))

    cohort = cases[cases["filed_date"].dt.year == 2019]
    days = (cohort["disposition_date"].fillna(pd.Timestamp(AS_OF)) - cohort["filed_date"]).dt.days
    seen = cohort["disposition_date"].notna()[days >= 0]
    days = days[days >= 0]
    survival = 1.0
    for day in sorted(set(days[seen])):
        survival *= 1 - (seen & (days == day)).sum() / (days >= day).sum()
        if survival <= 0.5:
            break
    assert survival <= 0.5
    found = _value(connection, "median_days_to_disposition")
    assert (found["numerator"], found["denominator"], found["value"]) == (seen.sum(), len(days), day)
