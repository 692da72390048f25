"""Groups, call-ins and domestic violence, counted a second time from what was planted."""

import pandas as pd

from strategic_prosecution.demo.office_work import EXPIRY_DAYS
from tests.metrics.panel.plain_county import AS_OF, VIOLENT, Plain
from tests.metrics.panel.plain_safety import founded, shooting_incidents, shot

_INVOLVED = ("confirmed", "suspected")


def _days(number: int) -> pd.Timedelta:
    return pd.Timedelta(days=number)


def reviewed_shootings(county: Plain) -> pd.DataFrame:
    """One row per shooting incident: what its review says of the groups of its victims and its suspect."""
    rows = shot(county).sort_values(["date", "shooting_id"])
    sides = rows[["suspect_is", "victim_is"]]
    rows = rows.assign(
        is_reviewed=rows["review"].notna(),
        confirmed=(sides == "confirmed").any(axis=1),
        involved=sides.isin(_INVOLVED).any(axis=1),
        ruled_out=(sides == "no").all(axis=1),
    )
    by_incident = rows.groupby("incident_id")
    found = by_incident.agg(
        date=("date", "min"),
        is_reviewed=("is_reviewed", "any"),
        confirmed=("confirmed", "any"),
        involved=("involved", "any"),
        ruled_out=("ruled_out", "all"),
        is_deadly=("is_fatal", "any"),
    )
    kind = found["is_deadly"].map({True: "homicide", False: "nonfatal_shooting"})
    return found.assign(offense_category=kind, denominator=1).reset_index()


def _share_of_shootings(county: Plain, column: str, *, reviewed: bool) -> pd.DataFrame:
    rows = reviewed_shootings(county)
    rows = rows[rows["is_reviewed"]] if reviewed else rows
    return rows.assign(numerator=rows[column].astype(int))


def _not_known(county: Plain) -> pd.DataFrame:
    rows = reviewed_shootings(county)
    return rows.assign(numerator=(~rows["involved"] & ~rows["ruled_out"]).astype(int))


def members(county: Plain) -> pd.DataFrame:
    """Memberships that count as of the last day, from the day they were known to the day they expire."""
    rows = county["memberships"].query("why_not == ''")
    # A placeholder is no birth date, and without one nobody can tell whether the evidence is from before 18.
    rows = rows[rows["birth"] != pd.Timestamp("1900-01-01")]
    by_rule = rows["last_fact"] + _days(EXPIRY_DAYS)
    end = by_rule.where(rows["expires"].isna() | (by_rule < rows["expires"]), rows["expires"])
    return rows.assign(start=rows["known"], end=end, unit=rows["person"], numerator=1, denominator=0)


def _group_size(county: Plain) -> pd.DataFrame:
    rows = members(county).drop_duplicates(["person", "group_id", "start", "end"])
    days = pd.date_range("2023-01-01", AS_OF)
    # The groups there are, day by day.
    there = [
        pd.DataFrame({"start": [day], "unit": [group]})
        for day in days
        for group in sorted(rows.loc[(rows["start"] <= day) & (day < rows["end"]), "group_id"].unique())
    ]
    groups = pd.concat(there, ignore_index=True)
    return pd.concat(
        [rows, groups.assign(end=groups["start"] + _days(1), numerator=0, denominator=1)], ignore_index=True
    )


def _supervised_members(county: Plain) -> pd.DataFrame:
    both = members(county).merge(county["supervision"], on="person", suffixes=("", "_supervised"))
    start = both[["start", "start_supervised"]].max(axis=1)
    last = (both["end_supervised"] + _days(1)).fillna(pd.Timestamp("2100-01-01"))
    both = both.assign(start=start, end=pd.concat([both["end"], last], axis=1).min(axis=1), unit=both["person"])
    return both[both["start"] < both["end"]]


def _represented(county: Plain) -> pd.DataFrame:
    rows, notices = members(county), county["notifications"].query("mode == 'call_in'")
    facts = []
    for day, of_the_day in notices.groupby("date"):
        there = rows.loc[(rows["start"] <= day) & (day < rows["end"]), "group_id"].unique()
        came = set(of_the_day.loc[of_the_day["has_attended"], "group_id"])
        facts.append(pd.DataFrame({"date": day, "numerator": [int(g in came) for g in there], "denominator": 1}))
    return pd.concat(facts, ignore_index=True)


def first_notices(county: Plain, *, window: int) -> pd.DataFrame:
    """People told for the first time, their window over."""
    rows = county["notifications"]
    rows = rows[rows["message_delivered"]].sort_values("date").drop_duplicates("person")
    return rows[rows["date"] + _days(window) <= AS_OF].assign(denominator=1)


def _arrested(rows: pd.DataFrame, arrests: pd.DataFrame, *, window: int) -> pd.Series:
    """Whether the person of each row was arrested from the day after its date to the end of the window."""
    numbered = rows.reset_index(drop=True).reset_index(names="row")[["row", "person", "date"]]
    pairs = numbered.merge(arrests[["person", "date"]], on="person", suffixes=("", "_arrest"))
    after = (pairs["date_arrest"] - pairs["date"]).dt.days
    found = pairs.loc[after.between(1, window), "row"]
    return pd.Series(numbered["row"].isin(found).to_numpy(), index=rows.index)


def _violent_arrests(county: Plain) -> pd.DataFrame:
    return county["arrests"][county["arrests"]["offense_category"].isin(VIOLENT)]


def _told(county: Plain, *, window: int) -> pd.DataFrame:
    rows = first_notices(county, window=window)
    return rows.assign(numerator=_arrested(rows, _violent_arrests(county), window=window).astype(int))


def _not_arrested(county: Plain) -> pd.DataFrame:
    rows = first_notices(county, window=180)
    return rows.assign(numerator=(~_arrested(rows, county["arrests"], window=180)).astype(int))


def _peers(county: Plain, *, window: int) -> pd.DataFrame:
    notices = county["notifications"]
    told = notices[notices["message_delivered"]].sort_values("date")
    first_of_person = told.drop_duplicates("person").set_index("person")["date"]
    first_of_group = told.drop_duplicates("group_id")[["group_id", "date"]]
    rows = members(county).drop(columns="date", errors="ignore").merge(first_of_group, on="group_id")
    rows = rows[(rows["start"] <= rows["date"]) & (rows["date"] < rows["end"])]
    before = rows["person"].map(first_of_person)
    rows = rows[before.isna() | (before > rows["date"])].drop_duplicates(["person", "group_id"])
    rows = rows[rows["date"] + _days(window) <= AS_OF]
    return rows.assign(numerator=_arrested(rows, _violent_arrests(county), window=window).astype(int), denominator=1)


def detained_days(county: Plain) -> pd.DataFrame:
    """person, date: every day a person was in pretrial detention, once, holds for other agencies apart.

    A spell ends at release or at the first disposition of its case.
    """
    rows = county["custody"]
    rows = rows[rows["detained_from"].notna() & ~rows["is_other_agency_hold"]]
    cases = county["cases"].set_index("case_id")
    ended = cases.loc[~cases["disposition"].isin(["", "warrant", "superseded"]), "disposed"]
    disposed = pd.to_datetime(rows["case_id"].map(ended))
    until = pd.concat([rows["detained_to"], disposed], axis=1).min(axis=1).fillna(AS_OF + _days(1))
    spells = [
        pd.DataFrame({"person": person, "date": pd.date_range(first, last - _days(1))})
        for person, first, last in zip(rows["person"], rows["detained_from"], until, strict=True)
        if first < last
    ]
    return pd.concat(spells, ignore_index=True).drop_duplicates()


def _at_liberty(county: Plain) -> pd.DataFrame:
    rows = first_notices(county, window=180).reset_index(drop=True).reset_index(names="row")
    pairs = rows[["row", "person", "date"]].merge(detained_days(county), on="person", suffixes=("", "_held"))
    after = (pairs["date_held"] - pairs["date"]).dt.days
    held = pairs[after.between(1, 180)].groupby("row").size()
    return rows.assign(numerator=180 - rows["row"].map(held).fillna(0).astype(int))


def _between_groups(county: Plain) -> pd.DataFrame:
    """One row per incident and pair of groups: suspects, victims, date."""
    rows = shot(county).sort_values("date")
    rows = rows[rows["suspects"].notna() & rows["victims"].notna() & (rows["suspects"] != rows["victims"])]
    return rows.drop_duplicates(["incident_id", "suspects", "victims"])


def _shot_back(county: Plain) -> pd.DataFrame:
    rows = _between_groups(county)
    other = rows[["incident_id", "suspects", "victims", "date"]].rename(
        columns={"suspects": "victims", "victims": "suspects"}
    )
    pairs = rows.merge(other, on=["suspects", "victims"], suffixes=("", "_back"))
    pairs = pairs[(pairs["incident_id"] != pairs["incident_id_back"])]
    pairs["duration"] = (pairs["date_back"] - pairs["date"]).dt.days
    return pairs[pairs["duration"] >= 0].sort_values("duration").drop_duplicates(["incident_id", "suspects", "victims"])


def _retaliation(county: Plain, *, window: int) -> pd.DataFrame:
    rows = _between_groups(county)
    rows = rows[rows["date"] + _days(window) <= AS_OF]
    back = _shot_back(county).query("duration <= @window")
    keys = pd.MultiIndex.from_frame(back[["incident_id", "suspects", "victims"]])
    found = pd.MultiIndex.from_frame(rows[["incident_id", "suspects", "victims"]]).isin(keys)
    return rows.assign(numerator=found.astype(int))


def _interval(county: Plain) -> pd.DataFrame:
    rows = _shot_back(county)
    return rows[(rows["date"] + _days(90) <= AS_OF) & (rows["duration"] <= 90)]


def _responses(county: Plain) -> pd.DataFrame:
    actions = county["enforcement_actions"].dropna(subset="action")
    rows = shooting_incidents(county).merge(actions[["incident_id", "group_id", "action"]], on="incident_id")
    rows["duration"] = (rows["action"] - rows["date"]).dt.days
    return rows[rows["duration"] >= 0].sort_values("duration").drop_duplicates(["incident_id", "group_id"])


def _promises(county: Plain) -> pd.DataFrame:
    rows = county["enforcement_actions"]
    return rows.assign(date=rows["promised"], numerator=rows["action"].notna().astype(int), denominator=1)


def _actions_per_shooting(county: Plain) -> pd.DataFrame:
    actions = county["enforcement_actions"]
    shootings = reviewed_shootings(county).query("involved")
    return pd.concat(
        [actions.assign(date=actions["action"], numerator=1, denominator=0), shootings.assign(numerator=0)],
        ignore_index=True,
    )


def _attendance(county: Plain) -> pd.DataFrame:
    rows = county["notifications"].query("mode == 'call_in' and was_invited")
    return rows.assign(numerator=rows["has_attended"].astype(int), denominator=1)


def _domestic(county: Plain) -> pd.DataFrame:
    rows = founded(county)
    return rows[rows["domestic"].eq(True)]


def _repeated(county: Plain) -> pd.DataFrame:
    """Of several on one day the first is no repeat of the others."""
    rows = _domestic(county)
    rows = rows[rows["is_somewhere"]].sort_values(["date", "incident_id"])
    before = (rows["date"] - rows.groupby("address")["date"].shift()).dt.days
    return rows.assign(numerator=(before <= 365).astype(int))


def _injured(county: Plain) -> pd.DataFrame:
    rows = _domestic(county)
    rows = rows[rows["injury"] != ""]
    return rows.assign(numerator=(rows["injury"] != "none").astype(int))


def _told_after_domestic(county: Plain, *, window: int) -> pd.DataFrame:
    rows = first_notices(county, window=window)
    domestic = county["arrests"][county["arrests"]["is_domestic"]]
    pairs = rows[["notification_id", "person", "date"]].merge(
        domestic[["person", "date"]], on="person", suffixes=("", "_arrest")
    )
    before = (pairs["date"] - pairs["date_arrest"]).dt.days
    rows = rows[rows["notification_id"].isin(pairs.loc[before.between(1, 730), "notification_id"])]
    return rows.assign(numerator=_arrested(rows, domestic, window=window).astype(int))


def _offers(county: Plain) -> pd.DataFrame:
    rows = county["outreach"]
    return rows.assign(numerator=rows["accepted"], denominator=rows["offered"])


ORACLES = {
    "group_involved_share": lambda county: _share_of_shootings(county, "involved", reviewed=True),
    "group_involved_confirmed_share": lambda county: _share_of_shootings(county, "confirmed", reviewed=True),
    "group_involved_share_of_all": lambda county: _share_of_shootings(county, "involved", reviewed=False),
    "group_involvement_unknown_share": _not_known,
    "group_population_share": lambda county: members(county).drop_duplicates("person"),
    "active_groups": lambda county: members(county).assign(unit=lambda rows: rows["group_id"]),
    "group_size": _group_size,
    "supervised_member_count": _supervised_members,
    "groups_represented_share": _represented,
    "callin_attendance_rate": _attendance,
    "notified_reoffending_180d": lambda county: _told(county, window=180),
    "notified_reoffending_365d": lambda county: _told(county, window=365),
    "non_notified_peer_offending_180d": lambda county: _peers(county, window=180),
    "non_notified_peer_offending_365d": lambda county: _peers(county, window=365),
    "notified_without_arrest_180d": _not_arrested,
    "notified_days_at_liberty_180d": _at_liberty,
    "group_retaliation_interval": _interval,
    "retaliation_within_14d": lambda county: _retaliation(county, window=14),
    "retaliation_within_30d": lambda county: _retaliation(county, window=30),
    "days_violence_to_group_response": _responses,
    "promise_kept_rate": _promises,
    "enforcement_actions_per_gmi_incident": _actions_per_shooting,
    "services_uptake_rate": _offers,
    "custom_notifications_made": lambda county: (
        county["notifications"].query("mode == 'custom' and message_delivered").assign(numerator=1)
    ),
    "dv_notified_recidivism_180d": lambda county: _told_after_domestic(county, window=180),
    "dv_notified_recidivism_365d": lambda county: _told_after_domestic(county, window=365),
    "dv_calls_for_service": _domestic,
    "dv_repeat_calls_share": _repeated,
    "dv_injuries_per_incident": _injured,
}
