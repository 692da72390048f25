"""Arrests, stops and what referrals and hearings cost, counted a second time from what was planted."""

import pandas as pd

from tests.metrics.panel.plain_county import ANY_VIOLENCE, Plain
from tests.metrics.panel.plain_court import disposed, received


def arrests(county: Plain) -> pd.DataFrame:
    return county["arrests"].assign(numerator=1, denominator=1)


def _share_of_arrests(county: Plain, column: str, *values: object) -> pd.DataFrame:
    rows = arrests(county)
    return rows.assign(numerator=rows[column].isin(values).astype(int))


def _from_outside(county: Plain) -> pd.DataFrame:
    rows = arrests(county)
    rows = rows[rows["is_home_placed"]]
    return rows.assign(numerator=rows["residence_area"].isna().astype(int))


def _promised(county: Plain) -> pd.DataFrame:
    rows = _share_of_arrests(county, "arrest_type", "citation", "summons")
    return rows[(rows["severity"] == "misdemeanor") & ~rows["offense_category"].isin(ANY_VIOLENCE)]


def _stops(county: Plain) -> pd.DataFrame:
    return county["stops"].assign(numerator=1, denominator=1)


def _relabelled(county: Plain) -> pd.DataFrame:
    """Referrals for a felony by the day their case was filed."""
    rows = received(county).query("severity == 'felony'").dropna(subset="case_id")
    cases = county["cases"].set_index("case_id")
    as_filed = rows["case_id"].map(cases["severity"])
    return rows.assign(date=rows["case_id"].map(cases["filed"]), numerator=(as_filed == "misdemeanor").astype(int))


def _days_in_court(county: Plain) -> pd.DataFrame:
    rows = disposed(county)
    heard = county["hearings"][["case_id", "hearing"]].merge(rows[["case_id", "filed", "date"]], on="case_id")
    heard = heard[(heard["filed"] <= heard["hearing"]) & (heard["hearing"] <= heard["date"])]
    return rows.assign(numerator=rows["case_id"].map(heard.groupby("case_id").size()).fillna(0).astype(int))


def _somebody_absent(county: Plain) -> pd.DataFrame:
    """Dismissed cases by who came to their last hearing."""
    rows = disposed(county).query("disposition == 'dismissed'")
    heard = county["hearings"].drop(columns="filed", errors="ignore")
    heard = heard.merge(rows[["case_id", "date"]], on="case_id", suffixes=("_hearing", ""))
    heard = heard[heard["hearing"] <= heard["date"]]
    last = heard[heard["hearing"] == heard.groupby("case_id")["hearing"].transform("max")]
    came = last[["victim_appeared", "witness_appeared", "police_appeared"]].all(axis=1)
    all_came = came.groupby(last["case_id"]).all()
    rows = rows[rows["case_id"].isin(all_came.index)]
    return rows.assign(numerator=(~rows["case_id"].map(all_came).astype(bool)).astype(int))


ORACLES = {
    "arrests": arrests,
    "arrests_per_1000": arrests,
    "arrests_residence_unknown_share": lambda county: _share_of_arrests(county, "is_home_placed", False),
    "arrests_from_outside_share": _from_outside,
    "low_level_arrest_share": lambda county: _share_of_arrests(county, "severity", "misdemeanor"),
    "custodial_arrest_share": lambda county: _share_of_arrests(county, "arrest_type", "custodial"),
    "promise_to_appear_share": _promised,
    "proactive_arrest_share": lambda county: _share_of_arrests(county, "is_proactive", True),
    "stops": _stops,
    "search_share": lambda county: _stops(county).assign(numerator=lambda rows: rows["is_search"].astype(int)),
    "avoidable_felony_label_rate": _relabelled,
    "court_appearances_per_case": _days_in_court,
    "victim_nonparticipation_rate": _somebody_absent,
}
