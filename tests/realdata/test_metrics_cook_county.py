"""Every metric on Cook County's public felony data: what its files allow, and the figures against plain pandas.

Pandas starts from the files as received and from the definitions in words; nothing of ours is between. The files hold
the cases received in 2019, up to 2 December: beside the year stands its first quarter, the oldest cohort there is.
"""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from strategic_prosecution import warehouse
from strategic_prosecution.metrics import METRICS, unavailable
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.metrics import missing_tables

pytestmark = pytest.mark.realdata
AS_OF = pd.Timestamp("2019-12-02")
PARTICIPANT = "case_participant_id"
PERIODS = {
    "year": (pd.Timestamp("2019-01-01"), pd.Timestamp("2019-12-31")),
    "quarter": (pd.Timestamp("2019-01-01"), pd.Timestamp("2019-03-31")),
}

ALLOWED = {
    "aba_time_standard_felony",
    "aba_time_standard_misdemeanor",
    "case_clearance_ratio",
    "case_resolution_rate",
    "cases_declined",
    "cases_disposed",
    "cases_disposed_by_dismissal",
    "cases_disposed_by_plea",
    "cases_disposed_by_trial",
    "cases_disposed_otherwise",
    "cases_filed",
    "cases_referred",
    "charge_integrity",
    "community_corrections_sentences",
    "conviction_rate",
    "dismissal_rate",
    "diversion_rate",
    "felony_dismissal_rate",
    "felony_dismissal_timeliness",
    "felony_disposed_within_180d",
    "felony_disposed_within_365d",
    "felony_disposed_within_90d",
    "felony_incarceration_rate",
    "felony_median_days_of_disposed",
    "felony_median_days_to_disposition",
    "felony_reduced_share",
    "felony_share_of_incarceration",
    "future_years_of_incarceration",
    "future_years_of_supervision",
    "incarceration_days_imposed",
    "incarceration_rate",
    "incarceration_reserved_for_serious",
    "jail_sentences",
    "mean_days_to_disposition",
    "median_days_of_disposed",
    "median_days_to_disposition",
    "misdemeanor_disposed_within_180d",
    "misdemeanor_disposed_within_60d",
    "misdemeanor_disposed_within_90d",
    "open_cases",
    "percent_filed_as_felony",
    "plea_to_lesser_rate",
    "prison_sentences",
    "probation_sentences",
    "referrals_not_filed_share",
    "resolved_by_dismissal",
    "resolved_by_diversion",
    "resolved_by_plea",
    "resolved_by_trial",
    "resolved_otherwise",
    "screening_approval_rate",
    "screening_approved_share",
    "screening_continued_share",
    "screening_no_review_share",
    "screening_rejected_share",
    "sexual_assault_conviction_rate",
    "trial_conviction_rate",
    "unresolved_after_365d",
    "violent_acquittal_rate",
    "violent_cases_filed",
}
# Nobody has two cases: the files have no key of a person, so nobody's past or return is seen.
NOBODY_FOLLOWED = {
    "jail_length_nonviolent_misdemeanor",
    "no_prior_conviction_share",
    "prior_felony_share",
    "prior_misdemeanor_only_share",
    "recidivism_rate",
    "violent_recidivism",
}
# A year after its filing, no case of 2019 had got.
TOO_YOUNG = {
    "case_resolution_rate",
    "felony_disposed_within_365d",
    "resolved_by_dismissal",
    "resolved_by_diversion",
    "resolved_by_plea",
    "resolved_by_trial",
    "resolved_otherwise",
    "unresolved_after_365d",
}
# Of four cases at most, all.
FEW = {
    "aba_time_standard_misdemeanor",
    "misdemeanor_disposed_within_180d",
    "misdemeanor_disposed_within_60d",
    "misdemeanor_disposed_within_90d",
}
# A case counts as filed on its first event, the preliminary hearing, which is where most dismissals come.
ENDED_AT_THE_FIRST_EVENT = {"felony_dismissal_timeliness"}
# None of the sentences of the files is of this kind.
NONE_IMPOSED = {"community_corrections_sentences"}
SERIOUS = (
    "Homicide|Aggravated (?:Battery|Assault|Discharge)|Battery|Robbery|Vehicular Hijacking|Sex Crimes|Child Pornography"
    "|UUW|^Gun |Reckless Discharge of Firearm|Armed Violence"
)
# Why the files fill no row of these tables, or no value of these columns.
NOT_IN_THE_FILES = {
    "areas": "a city and a police district, no place and no map",
    "arrests": "the day of arrest of those referred alone: not the arrests made",
    "commitments": "no such file",
    "custody": "no release decision and no booking",
    "diversion": "who finished a program is told, who was offered one is not",
    "enforcement_actions": "no such file",
    "group_memberships": "no roster",
    "hearings": "the first court event and the arraignment alone: no list of hearings",
    "incidents": "the incidents of those referred alone: not what was reported",
    "notifications": "no such file",
    "outreach": "no such file",
    "population": "no place to live in",
    "shootings": "no such file",
    "staff": "judges, who are not of the office",
    "stops": "no such file",
    "strategies": "no such file",
    "supervision": "probation as imposed, not as served",
    "surveys": "no such file",
    "victims": "no such file",
    "areas.income_quintile": "no map",
    "cases.attorney_id": "judges alone",
    "cases.defense_type": "no counsel",
    "cases.is_against_officer": "no mark for officers",
    "referrals.is_against_officer": "no mark for officers",
    "referrals.severity": "the class of an offense comes with the charge, not with the referral",
    "sentences.credit_days": "no credit",
    "sentences.fine_cents or sentences.fee_cents": "no money",
    "sentences.is_life": "no term for life",
}


@dataclass(frozen=True)
class Figure:
    """What the panel should say: denominator None where the metric has none, value None where it is undefined."""

    numerator: int
    denominator: int | None
    value: float | None


@pytest.fixture(scope="module")
def panel(cook_county: tuple[Office, date]) -> pd.DataFrame:
    office, _ = cook_county
    path = office.processed_dir / "internal" / "office.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select * from metrics_now").df()


@pytest.fixture(scope="module")
def wholes(panel: pd.DataFrame) -> pd.DataFrame:
    """The figures of the office as a whole, by metric, period and first day."""
    return panel[panel["breakdown"] == ""].set_index(["metric", "period", "period_start"]).sort_index()


@pytest.fixture(scope="module")
def lacking(cook_county: tuple[Office, date]) -> dict[str, tuple[str, ...]]:
    office, day = cook_county
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        missing = missing_tables(connection, office, day)
        return unavailable(connection, metrics=METRICS, missing_tables=missing)


# ----------------------------------------------------------------------------------------------- the files, in pandas


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(Path(os.environ["REALDATA"]) / "cook_county" / f"{name}.csv", dtype=str)


def american(days: pd.Series) -> pd.Series:
    """Days written 4/8/2019 12:00:00 AM, of which one is in the year 2219."""
    return pd.to_datetime(days, format="%m/%d/%Y %I:%M:%S %p").astype("datetime64[s]")


def severity(classes: pd.Series) -> pd.Series:
    """Illinois: M, X and 1-4 are felonies, A-C misdemeanors, P petty offenses; Z and O are not known to us."""
    names = dict.fromkeys("MX1234", "felony") | dict.fromkeys("ABC", "misdemeanor") | {"P": "infraction"}
    return classes.map(names)


def race(written: pd.Series) -> pd.Series:
    names = {"Black": "black", "White": "white", "Asian": "asian", "HISPANIC": "hispanic", "Biracial": "other"}
    names |= {"American Indian": "native_american"}
    is_hispanic = written.str.contains("Hispanic or Latino", na=False)
    return written.map(names).mask(is_hispanic, "hispanic").fillna("unknown")


PROGRAMS = [
    "DDPP Graduate",
    "Deferred Prosecution Program Completed",
    "DGS Graduation",
    "Drug Court Graduate",
    "Mental Health Graduate",
]
ENDINGS = {
    "Plea Of Guilty": "plea",
    "Plea of Guilty - Amended Charge": "plea",
    "Plea of Guilty - Lesser Included": "plea",
    "Finding Guilty": "guilty",
    "Verdict Guilty": "guilty",
    "FNG": "acquitted",
    "FNG Reason Insanity": "acquitted",
    "Verdict-Not Guilty": "acquitted",
    "Nolle Prosecution": "dismissed",
    "FNPC": "dismissed",
    "Case Dismissed": "dismissed",
    "Superseded by Indictment": "superseded",
    "Death Suggested-Cause Abated": "abated",
    "Transferred - Misd Crt": "transferred",
    "BFW": "warrant",
}


@pytest.fixture(scope="module")
def referrals() -> pd.DataFrame:
    """One row per participant referred: the day received, the day and the result of felony review."""
    intake = read("intake")
    hours = pd.Timedelta(hours=4)
    received = (pd.to_datetime(intake["received_date"]) - hours).dt.normalize()
    reviewed = (pd.to_datetime(intake["felony_review_date"]) - hours).dt.normalize()
    # What is dated after the extract is not known yet.
    known = reviewed.isna() | (reviewed <= AS_OF)
    return pd.DataFrame(
        {
            "participant": intake[PARTICIPANT],
            "received": received,
            "day": reviewed.where(known).fillna(received),
            "result": intake["felony_review_result"].fillna("none").where(known),
            "race": race(intake["race"]),
        }
    )


def endings() -> pd.DataFrame:
    """The rows of dispositions.csv with their day and how the charge ended; without those dated after the extract."""
    rows = read("dispositions")
    how = rows["charge_disposition"].map(ENDINGS).mask(rows["charge_disposition_reason"].isin(PROGRAMS), "diverted")
    assert how.notna().all()
    rows = rows.assign(day=american(rows["disposition_date"]), ending=how)
    return rows[rows["day"] <= AS_OF]


@pytest.fixture(scope="module")
def charges() -> pd.DataFrame:
    """One row per charge and participant, with the day it ended and how."""
    keys = [PARTICIPANT, "charge_id"]
    every = pd.concat([read(name)[keys] for name in ("initiation", "dispositions")]).drop_duplicates()
    return every.merge(endings()[[*keys, "day", "ending"]], on=keys, how="left", validate="one_to_one")


@pytest.fixture(scope="module")
def cases(charges: pd.DataFrame) -> pd.DataFrame:
    """One row per participant in a case: filed on the first event, over when the primary charge is."""
    initiation = read("initiation")
    table = pd.to_datetime(initiation["event_date"]).astype("datetime64[s]").groupby(initiation[PARTICIPANT]).min()
    table = table.rename("filed").to_frame()
    primary = initiation[initiation["primary_charge"] == "true"].drop_duplicates(PARTICIPANT).set_index(PARTICIPANT)
    table["severity"] = severity(primary["class"])
    table["race"] = race(initiation["race"]).groupby(initiation[PARTICIPANT]).first()
    last = endings().query("primary_charge == 'true'").set_index(PARTICIPANT)
    table["left"] = last["day"]
    table["left_by"] = last["ending"]
    is_end = ~table["left_by"].isin(["warrant", "superseded"])
    table["disposed"] = table["left"].where(is_end)
    table["disposition"] = table["left_by"].where(is_end)
    table["severity_at_end"] = severity(last["disposition_charged_class"])
    table["days"] = (table["left"].fillna(AS_OF) - table["filed"]).dt.days

    of_case = charges.assign(open=charges["ending"].isna() | charges["ending"].eq("warrant"))
    by_case = of_case.groupby(PARTICIPANT)
    counts = of_case.groupby([PARTICIPANT, "ending"]).size().unstack(fill_value=0)
    counts = counts.reindex(table.index, fill_value=0)
    decided = counts.drop(columns=["superseded", "abated", "warrant"]).sum(axis=1)
    table["is_over"] = ~by_case["open"].any().reindex(table.index)
    table["over_on"] = by_case["day"].max()
    table["is_counted"] = table["is_over"] & (decided > 0) & (counts["diverted"] == 0)
    table["is_convicted"] = (counts["plea"] + counts["guilty"]) > 0
    table["is_tried"] = (counts["guilty"] + counts["acquitted"]) > 0
    table["is_acquitted"] = (counts["acquitted"] > 0) & ~table["is_convicted"]
    table["is_dismissed"] = table["is_over"] & (decided > 0) & (counts["dismissed"] == decided)
    return table


@pytest.fixture(scope="module")
def sentenced(cases: pd.DataFrame) -> pd.DataFrame:
    """One row per participant with an original sentence: the first day, its kinds, and the longest term."""
    rows = read("sentencing")
    rows = rows[rows["sentence_phase"] == "Original Sentencing"]
    length = rows["commitment_unit"].map({"Year(s)": 365, "Months": 30, "Days": 1})
    is_term = rows["sentence_type"].isin(["Prison", "Jail"])
    rows = rows.assign(
        day=american(rows["sentence_date"]),
        custody=rows["sentence_type"].isin(["Prison", "Jail", "Cook County Boot Camp"]),
        term=np.floor(pd.to_numeric(rows["commitment_term"]) * length).where(is_term),
    )
    found = rows.groupby(PARTICIPANT).agg(day=("day", "min"), custody=("custody", "any"), term=("term", "max"))
    first = rows[rows["day"] == rows[PARTICIPANT].map(found["day"])]
    kinds = first.groupby(PARTICIPANT)["sentence_type"].agg(set)
    found["custody_at_first"] = first.groupby(PARTICIPANT)["custody"].any()
    found["prison"] = kinds.map(lambda types: "Prison" in types)
    found["jail"] = kinds.map(lambda types: bool({"Jail", "Cook County Boot Camp"} & types))
    found["probation"] = kinds.map(lambda types: bool({"Probation", "2nd Chance Probation"} & types))
    primary = read("initiation").query("primary_charge == 'true'").drop_duplicates(PARTICIPANT).set_index(PARTICIPANT)
    found["offense"] = primary["offense_category"]
    found["severity"] = cases["severity_at_end"].fillna(cases["severity"])
    return found


@pytest.fixture(scope="module")
def expected_days() -> pd.DataFrame:
    """One row per participant and day of original sentences: days expected to be held, and supervised after it.

    Illinois: half of the one number that a term is; what is left of it, and probation, is supervised.
    """
    rows = read("sentencing")
    rows = rows[rows["sentence_phase"] == "Original Sentencing"]
    length = rows["commitment_unit"].map({"Year(s)": 365, "Months": 30, "Days": 1})
    stated = np.floor(pd.to_numeric(rows["commitment_term"]) * length)
    at_liberty = ["Probation", "2nd Chance Probation", "Supervision", "Conditional Discharge"]
    rows = rows.assign(
        day=american(rows["sentence_date"]),
        term=stated.where(rows["sentence_type"].isin(["Prison", "Jail"])),
        probation=stated.where(rows["sentence_type"].isin(at_liberty)),
    )
    days = rows.groupby([PARTICIPANT, "day"])[["term", "probation"]].max().reset_index()
    days["held"] = np.floor(days["term"] / 2 + 0.5)
    days["supervised"] = (days["term"] - days["held"]).add(days["probation"], fill_value=0)
    return days


# ------------------------------------------------------------------------------------------- the figures in plain words


def share(part: pd.Series, of: pd.Series | None = None) -> Figure:
    """How many of those in ``of`` (default: of all) are in ``part``."""
    rows = part if of is None else part[of]
    return Figure(int(rows.sum()), len(rows), rows.sum() / len(rows) if len(rows) else None)


def count(rows: pd.Series) -> Figure:
    return Figure(int(rows.sum()), None, float(rows.sum()))


def plain_median(days: pd.Series) -> Figure:
    return Figure(len(days), len(days), float(np.median(days)))


def median_with_open_cases(days: pd.Series, is_over: pd.Series) -> Figure:
    """The first day by which the product of (1 - ended / still there) is half or less (Kaplan & Meier 1958)."""
    remaining = 1.0
    for day in np.sort(days[is_over].unique()):
        remaining *= 1 - ((days == day) & is_over).sum() / (days >= day).sum()
        if remaining <= 0.5:
            return Figure(int(is_over.sum()), len(days), float(day))
    return Figure(int(is_over.sum()), len(days), None)


def figures(
    referrals: pd.DataFrame,
    cases: pd.DataFrame,
    sentenced: pd.DataFrame,
    expected_days: pd.DataFrame,
    first: pd.Timestamp,
    last: pd.Timestamp,
) -> dict[str, Figure]:
    """What the metrics should say of a period, up to the day of the extract."""
    last = min(last, AS_OF)
    referred = referrals["received"].between(first, last)
    screened = referrals[referrals["day"].between(first, last) & referrals["result"].notna()]
    approved, rejected = screened["result"] == "Approved", screened["result"] == "Rejected"

    filed = cases[cases["filed"].between(first, last)]
    felonies = filed[filed["severity"] == "felony"]
    counted, counted_felonies = filed[filed["is_counted"]], felonies[felonies["is_counted"]]
    started, in_order = filed[filed["days"] >= 0], felonies[felonies["days"] >= 0]
    lasting = filed[filed["left_by"] != "superseded"]
    convicted = filed["disposition"].isin(["plea", "guilty"])
    lesser = filed["severity_at_end"].isin(["misdemeanor", "infraction"])
    is_felony, end_known = filed["severity"] == "felony", filed["severity_at_end"].notna()
    pleaded = (filed["disposition"] == "plea") & filed["severity"].isin(["felony", "misdemeanor"]) & end_known
    is_lower = (is_felony & lesser) | (filed["severity_at_end"] == "infraction")

    disposed = cases[cases["disposed"].between(first, last)]
    dated, timed = disposed[disposed["filed"].notna()], disposed[disposed["days"] >= 0]
    timed_felonies = timed[timed["severity"] == "felony"]
    gone = cases[cases["is_dismissed"] & cases["over_on"].between(first, last) & (cases["severity"] == "felony")]
    to_dismissal = (gone["over_on"] - gone["filed"]).dt.days
    left = cases["left"].where(cases["left_by"] != "warrant")
    sentences = sentenced[sentenced["day"].between(first, last)]
    terms = sentences["term"].dropna()
    locked = sentences[sentences["custody_at_first"]]
    by_day = expected_days[expected_days["day"].between(first, last)]

    def years(column: str) -> Figure:
        days = by_day.dropna(subset=column)
        return Figure(int(days[column].sum()), days[PARTICIPANT].nunique(), days[column].sum() / 365.25)

    def within(days: int) -> Figure:
        old = in_order[in_order["filed"] + pd.Timedelta(days=days) <= AS_OF]
        in_time = old["disposed"].notna() & (old["days"] <= days)
        return share(in_time, old["disposed"].notna() | (old["days"] >= days))

    return {
        "cases_referred": count(referred),
        "cases_declined": count(rejected),
        "screening_approval_rate": share(approved, approved | rejected),
        "screening_approved_share": share(approved),
        "screening_rejected_share": share(rejected),
        "screening_continued_share": share(screened["result"] == "Continued Investigation"),
        "screening_no_review_share": share(screened["result"] == "none"),
        "referrals_not_filed_share": share(~referrals["participant"].isin(cases.index), referred),
        "cases_filed": Figure(len(filed), None, float(len(filed))),
        "percent_filed_as_felony": share(is_felony, filed["severity"].notna()),
        "dismissal_rate": share(counted["is_dismissed"]),
        "felony_dismissal_rate": share(counted_felonies["is_dismissed"]),
        "conviction_rate": share(counted["is_convicted"]),
        "trial_conviction_rate": share(counted["is_convicted"], counted["is_tried"]),
        "felony_reduced_share": share(
            convicted & lesser, is_felony & filed["disposition"].notna() & (end_known | ~convicted)
        ),
        "charge_integrity": share(lesser, is_felony & convicted & end_known),
        "plea_to_lesser_rate": share(is_lower, pleaded),
        "felony_disposed_within_90d": within(90),
        "felony_disposed_within_180d": within(180),
        "felony_median_days_to_disposition": median_with_open_cases(in_order["days"], in_order["disposed"].notna()),
        "felony_median_days_of_disposed": plain_median(timed_felonies["days"]),
        "median_days_of_disposed": plain_median(timed["days"]),
        "mean_days_to_disposition": Figure(int(timed["days"].sum()), len(timed), timed["days"].sum() / len(timed)),
        "felony_dismissal_timeliness": plain_median(to_dismissal[to_dismissal >= 0]),
        "aba_time_standard_felony": share(timed_felonies["days"] <= 120),
        "median_days_to_disposition": median_with_open_cases(started["days"], started["disposed"].notna()),
        "case_clearance_ratio": Figure(len(dated), len(lasting), len(dated) / len(lasting)),
        "cases_disposed": Figure(len(disposed), None, float(len(disposed))),
        "cases_disposed_by_plea": count(disposed["disposition"] == "plea"),
        "cases_disposed_by_trial": count(disposed["disposition"].isin(["guilty", "acquitted"])),
        "cases_disposed_by_dismissal": count(disposed["disposition"] == "dismissed"),
        "open_cases": count((cases["filed"] <= last) & (left.isna() | (left > last))),
        "diversion_rate": share(filed["disposition"] == "diverted"),
        "incarceration_rate": share(sentences["custody"]),
        "incarceration_days_imposed": Figure(int(terms.sum()), len(terms), float(terms.sum())),
        "felony_incarceration_rate": share(sentences["custody_at_first"], sentences["severity"] == "felony"),
        "felony_share_of_incarceration": share(locked["severity"] == "felony", locked["severity"].notna()),
        "incarceration_reserved_for_serious": share(
            locked["offense"].str.contains(SERIOUS, na=False), locked["offense"].notna()
        ),
        "prison_sentences": count(sentences["prison"]),
        "jail_sentences": count(sentences["jail"]),
        "probation_sentences": count(sentences["probation"]),
        "community_corrections_sentences": Figure(0, None, 0.0),
        "future_years_of_incarceration": years("held"),
        "future_years_of_supervision": years("supervised"),
    }


@pytest.fixture(scope="module")
def expected(
    referrals: pd.DataFrame, cases: pd.DataFrame, sentenced: pd.DataFrame, expected_days: pd.DataFrame
) -> dict[str, dict[str, Figure]]:
    return {period: figures(referrals, cases, sentenced, expected_days, *days) for period, days in PERIODS.items()}


def found(wholes: pd.DataFrame, name: str, period: str) -> Figure:
    row = wholes.loc[(name, period, PERIODS[period][0])]
    denominator = None if pd.isna(row["denominator"]) else int(row["denominator"])
    return Figure(int(row["numerator"]), denominator, None if pd.isna(row["value"]) else float(row["value"]))


@pytest.mark.parametrize("period", PERIODS)
def test_the_panel_says_what_pandas_says(
    wholes: pd.DataFrame, expected: dict[str, dict[str, Figure]], period: str
) -> None:
    figures = expected[period]
    assert {name: found(wholes, name, period) for name in figures} == figures


@pytest.mark.parametrize("name", ["screening_approval_rate", "conviction_rate"])
def test_by_race_and_ethnicity(panel: pd.DataFrame, referrals: pd.DataFrame, cases: pd.DataFrame, name: str) -> None:
    first, _ = PERIODS["year"]
    reviewed = referrals[referrals["day"].between(first, AS_OF) & referrals["result"].isin(["Approved", "Rejected"])]
    counted = cases[cases["filed"].between(first, AS_OF) & cases["is_counted"]]
    rows = {
        "screening_approval_rate": reviewed.assign(yes=reviewed["result"] == "Approved"),
        "conviction_rate": counted.assign(yes=counted["is_convicted"]),
    }[name]
    year = panel[(panel["metric"] == name) & (panel["period"] == "year") & (panel["breakdown"] == "race_ethnicity")]
    in_panel = {row.segment: (int(row.numerator), int(row.denominator)) for row in year.itertuples()}
    in_files = rows.groupby("race")["yes"].agg(["sum", "size"])
    assert in_panel == {row.Index: (int(row.sum), int(row.size)) for row in in_files.itertuples()}


# -------------------------------------------------------------------------------------------------- the whole panel


def test_every_metric_has_rows_or_a_reason(panel: pd.DataFrame, lacking: dict[str, tuple[str, ...]]) -> None:
    assert set(panel["metric"]) == ALLOWED
    assert {metric.name for metric in METRICS} - ALLOWED - set(lacking) == NOBODY_FOLLOWED
    assert not ALLOWED & set(lacking)
    wanting = {what for reasons in lacking.values() for what in reasons}
    assert wanting - set(NOT_IN_THE_FILES) == set()


def test_a_charge_that_ended_is_one_that_was_filed(cook_county: tuple[Office, date]) -> None:
    """Amended charges change their version: kept by version, 701 of them would stay open beside what they became."""
    office, _ = cook_county
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        counted = connection.execute("select count(*) from core.charges").fetchone()
    assert counted == (len(read("initiation")),) == (35_864,)


def test_what_no_file_holds_is_undefined_or_absent_and_never_a_zero(wholes: pd.DataFrame) -> None:
    year = wholes.xs(("year", PERIODS["year"][0]), level=("period", "period_start"))
    assert set(year.index[year["value"].isna()]) == TOO_YOUNG
    assert (year.loc[sorted(TOO_YOUNG), "denominator"] == 0).all()
    assert set(year.index[year["value"] == 0]) == ENDED_AT_THE_FIRST_EVENT | NONE_IMPOSED
    shares = year[year["unit"] == "share"]
    assert set(shares.index[shares["value"] == 1]) == FEW
    assert (shares.loc[sorted(FEW), "denominator"] <= 4).all()


def test_no_figure_is_impossible(panel: pd.DataFrame) -> None:
    known = panel[panel["value"].notna()]
    assert (known["value"] >= 0).all()
    assert (known.loc[known["unit"] == "share", "value"] <= 1).all()
    limits = known[known["lower"].notna() & known["upper"].notna()]
    assert ((limits["lower"] <= limits["value"] + 1e-12) & (limits["value"] <= limits["upper"] + 1e-12)).all()
    assert (panel["period_end"] >= PERIODS["year"][0]).all() and (panel["period_start"] <= AS_OF).all()


def test_approval_is_40_70_73_or_79_percent_by_its_denominator(wholes: pd.DataFrame) -> None:
    """Of all referred, of those reviewed, of those approved, rejected or continued, of those decided."""
    approved, rejected, continued, unreviewed = (
        found(wholes, f"screening_{result}_share", "year")
        for result in ("approved", "rejected", "continued", "no_review")
    )
    everyone = approved.denominator
    decided = approved.numerator + rejected.numerator
    denominators = [everyone, everyone - unreviewed.numerator, decided + continued.numerator, decided]
    assert [round(100 * approved.numerator / count) for count in denominators] == [40, 70, 73, 79]
    assert found(wholes, "screening_approval_rate", "year").denominator == decided


def test_the_median_of_those_disposed_is_far_too_short(wholes: pd.DataFrame) -> None:
    """Most felonies of the cohort are open: 33 days of those that ended, 224 with the open ones."""
    naive = found(wholes, "felony_median_days_of_disposed", "year")
    assert (naive.value, found(wholes, "felony_median_days_to_disposition", "year").value) == (33, 224)
