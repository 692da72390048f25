"""Work with residents and victims, counted a second time from what was planted."""

import pandas as pd

from tests.metrics.panel.plain_county import AS_OF, VIOLENT, Plain
from tests.metrics.panel.plain_safety import answers, shooting_incidents

_INDOORS = ("walk_in", "partner_meeting")


def _victims(county: Plain) -> pd.DataFrame:
    return county["victims"].assign(date=lambda rows: rows["filed"], numerator=1, denominator=1)


def _reached(county: Plain) -> pd.DataFrame:
    rows = _victims(county)
    return rows.assign(numerator=rows["contact"].notna().astype(int))


def _days_to_contact(county: Plain) -> pd.DataFrame:
    rows = _victims(county)
    rows = rows[rows["contact"].notna()]
    taken = (rows["contact"] - rows["filed"]).dt.days.clip(lower=0)
    return rows.assign(duration=taken, numerator=taken)


def _share_of_victims(county: Plain, column: str) -> pd.DataFrame:
    rows = _victims(county)
    return rows.assign(numerator=rows[column].astype(int))


def _children(county: Plain) -> pd.DataFrame:
    cases, victims = county["cases"], county["victims"]
    young = victims.loc[victims["age"].between(0, 17), "case_id"]
    rows = cases[cases["offense_category"].isin(VIOLENT) & cases["case_id"].isin(young)]
    return rows.assign(date=rows["filed"], numerator=1)


def _contacts(county: Plain, *kinds: str) -> pd.DataFrame:
    rows = county["outreach"]
    return rows[rows["outreach_type"].isin(kinds)].assign(numerator=1, denominator=1)


def _outdoors(county: Plain) -> pd.DataFrame:
    rows = county["outreach"]
    rows = rows[~rows["outreach_type"].isin(_INDOORS)]
    return rows.assign(numerator=1, denominator=1, residence_area=rows["area_id"])


def _partners(county: Plain) -> pd.DataFrame:
    rows = county["outreach"]
    return rows[rows["partner"] != ""].assign(unit=rows["partner"])


def _low_income(county: Plain) -> pd.DataFrame:
    rows = _outdoors(county)
    rows = rows.assign(fifth=rows["area_id"].map(county.quintile)).dropna(subset="fifth")
    return rows.assign(numerator=rows["fifth"].isin(["1", "2"]).astype(int))


def _strategies(county: Plain) -> pd.DataFrame:
    rows = county["tracker"].query("kind == 'S'")
    return rows.assign(
        date=rows["start"], unit=rows["strategy"], area_id=rows["district"], end=rows["due"] + pd.Timedelta(days=1),
        numerator=1, denominator=1,
    )  # fmt: skip


def _commitments(county: Plain) -> pd.DataFrame:
    rows = county["tracker"].query("kind == 'C'")
    on_time = rows["done"].notna() & (rows["done"] <= rows["due"])
    return rows[rows["due"] <= AS_OF].assign(date=rows["due"], numerator=on_time.astype(int), denominator=1)


def _concerns(county: Plain) -> pd.DataFrame:
    rows = county["outreach"]
    rows = rows[(rows["outreach_type"] != "partner_meeting") & (rows["concern"] != "")]
    return rows.assign(numerator=1, denominator=1, offense_category=rows["concern_offense"])


def _taken_up(county: Plain) -> pd.DataFrame:
    rows = _concerns(county)
    rows = rows[rows["date"] + pd.Timedelta(days=365) <= AS_OF].reset_index(drop=True).reset_index(names="row")
    begun = _strategies(county)[["concern", "start", "area_id"]]
    pairs = rows[["row", "concern", "date", "area_id"]].merge(begun, on="concern", suffixes=("", "_strategy"))
    later = (pairs["start"] - pairs["date"]).dt.days
    answered = pairs.loc[later.between(0, 365) & (pairs["area_id"] == pairs["area_id_strategy"]), "row"]
    return rows.assign(numerator=rows["row"].isin(answered).astype(int))


def _per_shooting(contacts: pd.DataFrame, county: Plain) -> pd.DataFrame:
    shootings = shooting_incidents(county)
    return pd.concat([contacts.assign(denominator=0), shootings.assign(numerator=0, denominator=1)], ignore_index=True)


def _answered(county: Plain) -> pd.DataFrame:
    shootings = shooting_incidents(county)
    shootings = shootings[shootings["date"] + pd.Timedelta(days=3) <= AS_OF]
    contacts = _contacts(county, "response", "mediation", "street_outreach")
    pairs = shootings.merge(contacts, on="incident_id", suffixes=("", "_contact"))
    soon = pairs.loc[(pairs["date_contact"] - pairs["date"]).dt.days.between(0, 3), "incident_id"]
    return shootings.assign(numerator=shootings["incident_id"].isin(soon).astype(int))


ORACLES = {
    "victim_contact_rate": _reached,
    "speedy_victim_contact_days": _days_to_contact,
    "median_days_to_victim_contact": _days_to_contact,
    "child_violent_victimization": _children,
    "victim_declined_share": lambda county: _share_of_victims(county, "declined"),
    "victim_threatened_share": lambda county: _share_of_victims(county, "threatened"),
    "office_walkins": lambda county: _contacts(county, "walk_in"),
    "community_meetings": lambda county: _contacts(county, "community_meeting"),
    "partner_meetings": lambda county: _contacts(county, "partner_meeting"),
    "partners_engaged": _partners,
    "outreach_events_low_income": _low_income,
    "problem_solving_projects": _strategies,
    "strategies_started": _strategies,
    "community_priorities_handled": lambda county: _strategies(county).assign(
        numerator=lambda rows: (rows["origin"] == "residents").astype(int)
    ),
    "strategies_with_evaluation": lambda county: _strategies(county).assign(
        numerator=lambda rows: rows["has_evaluation"].astype(int)
    ),
    "concerns_raised": _concerns,
    "concerns_that_became_strategies": _taken_up,
    "commitments_kept_on_time": _commitments,
    "perceived_legitimacy": lambda county: answers(county, "trust_in_office"),
    "outreach_contacts_per_1000": _outdoors,
    "outreach_contacts_per_shooting": lambda county: _per_shooting(_outdoors(county), county),
    "disputes_mediated": lambda county: _contacts(county, "mediation"),
    "disputes_mediated_per_shooting": lambda county: _per_shooting(_contacts(county, "mediation"), county),
    "community_response_within_72h": _answered,
}
