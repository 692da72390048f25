"""What became of referrals and cases, counted a second time from what was planted."""

import pandas as pd

from tests.metrics.panel.plain_county import AS_OF, VIOLENT, Plain
from tests.metrics.panel.plain_safety import shot

OFF_THE_DOCKET = ("", "warrant", "superseded")
_GUILTY = ("guilty_plea", "guilty_trial")
_VERDICTS = ("guilty_trial", "not_guilty")
_ASSAULT = (*VIOLENT, "simple_assault")
_PROPERTY = ("burglary", "theft", "motor_vehicle_theft", "arson", "vandalism", "fraud")
_CUSTODY = ("prison", "jail", "community_corrections")


def _days(number: int) -> pd.Timedelta:
    return pd.Timedelta(days=number)


def filed(county: Plain) -> pd.DataFrame:
    rows = county["cases"]
    return rows.assign(date=rows["filed"], numerator=1, denominator=1)


def disposed(county: Plain) -> pd.DataFrame:
    """Cases by the day of their first disposition; a warrant or a superseding document is none."""
    rows = county["cases"]
    rows = rows[~rows["disposition"].isin(OFF_THE_DOCKET)]
    taken = (rows["disposed"] - rows["filed"]).dt.days
    return rows.assign(date=rows["disposed"], numerator=1, denominator=1, duration=taken)


def accepted_diversions(county: Plain, *, failed: bool) -> set[str]:
    rows = county["diversion"].dropna(subset="accepted")
    # Who withdrew is on the way of everybody else again.
    return set(rows["case_id"] if failed else rows.loc[~rows["exit_status"].isin(["failed", "withdrawn"]), "case_id"])


def charged(county: Plain) -> pd.DataFrame:
    """One row per case: how its charges ended. Superseded and abated charges decide nothing."""
    charges = county["charges"]
    how = charges["disposition"]
    rows = charges.assign(
        is_open=how.isin(["", "warrant"]),
        decides=~how.isin(["", "warrant", "superseded", "abated"]),
        convicted=how.isin(_GUILTY),
        acquitted=how == "not_guilty",
        tried=how.isin(_VERDICTS),
        pleaded=how == "guilty_plea",
        diverted=how == "diverted",
        left=~how.isin(["", "warrant", "superseded", "abated", "dismissed"]),
    )
    columns = ["is_open", "decides", "convicted", "acquitted", "tried", "pleaded", "diverted", "left"]
    by_case = rows.groupby("case_id")[columns].any()
    by_case["ended_on"] = rows.groupby("case_id")["disposed"].max()
    by_case["dismissed"] = by_case["decides"] & ~by_case["left"] & ~by_case["is_open"]
    cases = filed(county).merge(by_case, left_on="case_id", right_index=True)
    cases["diverted"] |= cases["case_id"].isin(accepted_diversions(county, failed=False))
    again = cases[cases["dismissed"]].merge(cases, on=["person", "incident_id"], suffixes=("", "_new"))
    again = again[(again["case_id"] != again["case_id_new"]) & (again["filed_new"] > again["ended_on"])]
    if (again["filed_new"] <= again["ended_on"] + _days(90)).any():
        raise AssertionError("the county files a case again: count what becomes of it")
    return cases


def decided(county: Plain) -> pd.DataFrame:
    """Cases with every charge ended, none diverted, none dismissed for a plea in another case."""
    cases = charged(county)
    rows = cases[~cases["is_open"] & cases["decides"] & ~cases["diverted"]]
    pleas = cases.loc[cases["pleaded"] & ~cases["is_open"], ["case_id", "person", "ended_on"]]
    pairs = rows[rows["dismissed"]].merge(pleas, on=["person", "ended_on"], suffixes=("", "_plea"))
    bargained = pairs.loc[pairs["case_id"] != pairs["case_id_plea"], "case_id"]
    return rows[~rows["case_id"].isin(bargained)]


def _of_decided(county: Plain, column: str, which: str = "all") -> pd.DataFrame:
    rows = decided(county)
    chosen = {
        "all": rows["decides"],
        "felony": rows["severity"] == "felony",
        "violent": rows["offense_category"].isin(VIOLENT),
        "assault": rows["offense_category"].isin(_ASSAULT),
        "property": rows["offense_category"].isin(_PROPERTY),
        "sexual": rows["offense_category"] == "sexual_assault",
        "tried": rows["tried"],
    }[which]
    rows = rows[chosen]
    fifth = rows["area_id"].map(county.quintile)
    acquitted = rows["acquitted"] & ~rows["convicted"]
    return rows.assign(income_quintile=fifth, acquitted=acquitted).assign(
        numerator=lambda found: found[column].astype(int)
    )


def _by_victim(county: Plain) -> pd.DataFrame:
    rows = decided(county).drop(columns=["race_ethnicity", "sex"])
    victims = county["victims"][["case_id", "race_ethnicity"]]
    rows = rows.merge(victims, on="case_id")
    return rows.assign(numerator=rows["dismissed"].astype(int))


def _pleas(county: Plain) -> pd.DataFrame:
    rows = filed(county)
    rows = rows[rows["disposition"] == "guilty_plea"]
    lesser = (rows["severity"] == "felony") & (rows["disposition_severity"] == "misdemeanor")
    return rows.assign(numerator=lesser.astype(int), income_quintile=rows["residence_area"].map(county.quintile))


def _felonies_reduced(county: Plain, *, convicted: bool) -> pd.DataFrame:
    rows = filed(county)
    rows = rows[(rows["severity"] == "felony") & ~rows["disposition"].isin(OFF_THE_DOCKET)]
    rows = rows[rows["disposition"].isin(_GUILTY)] if convicted else rows
    reduced = rows["disposition"].isin(_GUILTY) & (rows["disposition_severity"] == "misdemeanor")
    return rows.assign(numerator=reduced.astype(int))


def _as_felony(county: Plain) -> pd.DataFrame:
    rows = filed(county)
    return rows.assign(numerator=(rows["severity"] == "felony").astype(int))


def _victims_of_violence(county: Plain) -> pd.DataFrame:
    cases = county["cases"].query("offense_category in @VIOLENT")[["case_id", "filed"]]
    rows = county["victims"].drop(columns="filed").merge(cases, on="case_id")
    return rows.assign(date=rows["filed"], numerator=1)


def _violent_with_victim(county: Plain) -> pd.DataFrame:
    rows = filed(county)
    rows = rows[rows["offense_category"].isin(VIOLENT) & rows["case_id"].isin(county["victims"]["case_id"])]
    return rows.assign(income_quintile=rows["area_id"].map(county.quintile))


def screened(county: Plain) -> pd.DataFrame:
    rows = county["referrals"]
    rows = rows[rows["screen_result"] != ""]
    return rows.assign(date=rows["screen"].fillna(rows["received"]), denominator=1)


def _screened_as(county: Plain, result: str) -> pd.DataFrame:
    rows = screened(county)
    return rows.assign(numerator=(rows["screen_result"] == result).astype(int))


def received(county: Plain) -> pd.DataFrame:
    rows = county["referrals"]
    return rows.assign(date=rows["received"], numerator=1, denominator=1)


def _declined_felonies(county: Plain) -> pd.DataFrame:
    rows = received(county).query("severity == 'felony'")
    return rows.assign(numerator=(rows["screen_result"] == "rejected").astype(int))


def _not_filed(county: Plain) -> pd.DataFrame:
    rows = received(county)
    return rows.assign(numerator=rows["case_id"].isna().astype(int))


def convictions(county: Plain) -> pd.DataFrame:
    """One row per charge that ended in a conviction: case, person, day, offense, severity."""
    charges = county["charges"]
    rows = charges[charges["disposition"].isin(_GUILTY)]
    return rows.merge(county["defendants"][["case_id", "person"]], on="case_id")[
        ["case_id", "person", "disposed", "offense_category", "severity"]
    ]


def _had_before(rows: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Whether the person of each case has one of these convictions in the three years before it, in another case."""
    pairs = rows[["case_id", "person", "filed"]].merge(before, on="person", suffixes=("", "_before"))
    ago = (pairs["filed"] - pairs["disposed"]).dt.days
    earlier = (pairs["case_id"] != pairs["case_id_before"]) & ago.between(1, 1095)
    return rows["case_id"].isin(pairs.loc[earlier, "case_id"])


def _prior_violence(county: Plain) -> pd.DataFrame:
    rows = filed(county)
    rows = rows[rows["offense_category"].isin(VIOLENT)]
    before = convictions(county).query("offense_category in @VIOLENT")
    return rows.assign(numerator=_had_before(rows, before).astype(int))


def _priors(county: Plain, which: str) -> pd.DataFrame:
    every = convictions(county)
    felonies = every[every["severity"] == "felony"]
    rows = county["cases"]
    rows = rows[rows["case_id"].isin(felonies["case_id"])]
    rows = rows.assign(date=rows["case_id"].map(every.groupby("case_id")["disposed"].min()), denominator=1)
    felony, lesser = _had_before(rows, felonies), _had_before(rows, every[every["severity"] != "felony"])
    found = {"felony": felony, "misdemeanor only": lesser & ~felony, "none": ~lesser & ~felony}[which]
    return rows.assign(numerator=found.astype(int))


def _charged_again(county: Plain) -> pd.DataFrame:
    sentences = county["sentences"].drop(columns="severity").rename(columns={"disposition_severity": "severity"})
    rows = sentences.merge(county["cases"][["case_id", "person", "race_ethnicity", "incident_id"]], on="case_id")
    held = rows["sentence_type"].isin(_CUSTODY) | ((rows["sentence_type"] == "probation") & (rows["max_days"] > 0))
    held_on = set(zip(rows.loc[held, "person"], rows.loc[held, "sentence"], strict=True))
    rows = rows[rows["is_initial"]].sort_values(["sentence", "severity", "case_id"])
    rows = rows[[pair not in held_on for pair in zip(rows["person"], rows["sentence"], strict=True)]]
    rows = rows.drop_duplicates(["person", "sentence"]).reset_index(drop=True).reset_index(names="row")
    rows = rows[rows["sentence"] + _days(730) <= AS_OF]
    happened = county["incidents"].set_index("incident_id")["date"]
    new = county["cases"].assign(happened=county["cases"]["incident_id"].map(happened))
    pairs = rows[["row", "person", "sentence"]].merge(new[["person", "filed", "happened"]], on="person")
    after = (pairs["filed"] - pairs["sentence"]).dt.days
    again = after.between(1, 730) & ~(pairs["happened"] <= pairs["sentence"])
    found = pairs.loc[again, "row"]
    return rows.assign(date=rows["sentence"], numerator=rows["row"].isin(found).astype(int), denominator=1)


def _preliminary(county: Plain) -> pd.DataFrame:
    log = shot(county)
    survived = log.groupby("incident_id")["is_fatal"].any()
    survived = set(survived.index[~survived])
    heard = county["hearings"].query("hearing_type == 'preliminary' and is_held_for_court != ''")
    incident = heard["case_id"].map(county["cases"].set_index("case_id")["incident_id"])
    rows = heard[incident.isin(survived)].sort_values(["is_held_for_court", "hearing"])
    rows = rows.drop_duplicates("case_id", keep="last")
    held = (rows["is_held_for_court"] == "Y").astype(int)
    return rows.assign(date=rows["hearing"], numerator=held, denominator=1)


ORACLES = {
    "plea_to_lesser_rate": _pleas,
    "dismissal_rate_by_victim": _by_victim,
    "victimization_of_minorities": _victims_of_violence,
    "violent_victimization_by_income": _violent_with_victim,
    "dismissal_across_ses": lambda county: _of_decided(county, "dismissed", "assault"),
    "property_dismissal_across_ses": lambda county: _of_decided(county, "dismissed", "property"),
    "officer_cases_referred": lambda county: received(county).query("is_against_officer"),
    "officer_cases_filed": lambda county: filed(county).query("is_against_officer"),
    "officer_cases_disposed": lambda county: disposed(county).query("is_against_officer"),
    "screening_approval_rate": lambda county: _screened_as(county, "approved").query(
        "screen_result in ('approved', 'rejected')"
    ),
    "screening_approved_share": lambda county: _screened_as(county, "approved"),
    "screening_rejected_share": lambda county: _screened_as(county, "rejected"),
    "screening_continued_share": lambda county: _screened_as(county, "continued"),
    "screening_no_review_share": lambda county: _screened_as(county, "no_review"),
    "felony_referral_decline_rate": _declined_felonies,
    "referrals_not_filed_share": _not_filed,
    "percent_filed_as_felony": _as_felony,
    "dismissal_rate": lambda county: _of_decided(county, "dismissed"),
    "felony_dismissal_rate": lambda county: _of_decided(county, "dismissed", "felony"),
    "conviction_rate": lambda county: _of_decided(county, "convicted"),
    "trial_conviction_rate": lambda county: _of_decided(county, "convicted", "tried"),
    "felony_reduced_share": lambda county: _felonies_reduced(county, convicted=False),
    "charge_integrity": lambda county: _felonies_reduced(county, convicted=True),
    "violent_cases_filed": lambda county: filed(county).query("offense_category in @VIOLENT"),
    "violent_recidivism": _prior_violence,
    "prior_felony_share": lambda county: _priors(county, "felony"),
    "prior_misdemeanor_only_share": lambda county: _priors(county, "misdemeanor only"),
    "no_prior_conviction_share": lambda county: _priors(county, "none"),
    "recidivism_rate": _charged_again,
    "violent_acquittal_rate": lambda county: _of_decided(county, "acquitted", "violent"),
    "sexual_assault_conviction_rate": lambda county: _of_decided(county, "convicted", "sexual"),
    "prelim_hearing_pass_rate": _preliminary,
    "cases_referred": received,
    "cases_declined": lambda county: _screened_as(county, "rejected").query("numerator == 1"),
    "cases_filed": filed,
    "cases_disposed": disposed,
    "cases_disposed_by_plea": lambda county: disposed(county).query("disposition == 'guilty_plea'"),
    "cases_disposed_by_trial": lambda county: disposed(county).query("disposition in @_VERDICTS"),
    "cases_disposed_by_dismissal": lambda county: disposed(county).query("disposition == 'dismissed'"),
    "cases_disposed_otherwise": lambda county: disposed(county).query(
        "disposition in ('diverted', 'abated', 'transferred')"
    ),
}
