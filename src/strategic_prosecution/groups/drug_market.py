"""Drug-market candidates: who still sells in the market, and whether a call-in or an attorney's look comes first."""

import datetime as dt
from collections.abc import Collection

import numpy as np
import pandas as pd

from strategic_prosecution.groups.inputs import day, local_dates, not_adult, require_columns

SIDES = ("call_in", "prosecution_review")
# Why nobody can say the side, in order of precedence.
UNDECIDED = ("age_unknown", "not_located", "history_not_confirmed")
_RESULT = ("person", "tier", "reason", "arrests", "not_located", "history")


def drug_market_sides(
    arrests: pd.DataFrame,
    history: pd.DataFrame,
    *,
    as_of: dt.date,
    areas: Collection[str],
    active_days: int,
    min_arrests: int,
    violence_look_back_days: int,
) -> pd.DataFrame:
    """Who is still active in the chosen areas, and on which side of the rule; without areas, nobody.

    `arrests`: one row per arrest or charge for drugs: person (by identifiers and reviewers), linked_person (by all
    links), event_id (incident; null = told by its day), event_date, birth_date, area_id (null = not located).
    `history`: one row per arrest or charge for violence or with a gun, in the same columns but for area_id.

    The declared rule (Drug Market Intervention, National Network for Safe Communities and COPS Office 2015; they give
    no numbers, so the numbers are settings): active is who has at least `min_arrests` drug events in the areas in the
    `active_days` days that end with `as_of`. Without violence and guns in `violence_look_back_days` days: 'call_in',
    with the case kept unfiled as long as dealing does not resume. Otherwise 'prosecution_review': an attorney looks at
    the person's own conduct. That side is never a list for enforcement. An arrest for drugs is not proof of
    selling: the records do not tell selling from having, so people look before anybody is named.

    All records of one incident, or of one day, are one event. What happened before the 18th birthday does not count.
    Returns one row per person in their order: person, tier ('' = not decided), reason (why not: one of ``UNDECIDED``),
    arrests and not_located (drug events in the areas, and without a place), history (events of violence or guns, by
    confirmed links; one without a day counts). Not decided: age_unknown (an event that would count has no known age);
    not_located (active only if events without a place were in the areas); history_not_confirmed (history found by a
    likely link alone: enough to keep a person off a call-in, not enough to name one to an attorney).

    Raises ValueError for a missing column or a number below one.
    """
    require_columns(
        arrests,
        name="arrests",
        columns=("person", "linked_person", "event_id", "event_date", "birth_date", "area_id"),
    )
    require_columns(
        history, name="history", columns=("person", "linked_person", "event_id", "event_date", "birth_date")
    )
    if min(active_days, min_arrests, violence_look_back_days) < 1:
        raise ValueError("active_days, min_arrests and violence_look_back_days must each be at least 1")
    if not areas:
        return pd.DataFrame(columns=list(_RESULT))
    drugs = _events(arrests, name="arrests", as_of=as_of, days=active_days)
    drugs = drugs.assign(is_in=drugs["area_id"].isin(list(areas)), is_lost=drugs["area_id"].isna())
    drugs = drugs[drugs["is_in"] | drugs["is_lost"]]
    # One record of an incident that was placed places it.
    drugs = drugs.sort_values(["person", "event", "is_lost"], kind="stable").drop_duplicates(["person", "event"])
    drugs = drugs.sort_values(["person", "event_date", "is_lost"], kind="stable").drop_duplicates(
        ["person", "event_date"]
    )
    people = drugs.groupby("person").agg(
        linked_person=("linked_person", "min"), arrests=("is_in", "sum"), not_located=("is_lost", "sum")
    )
    surely = drugs["is_in"] & drugs["birth_date"].notna()
    known = surely.groupby(drugs["person"]).sum()
    people = people[people["arrests"] + people["not_located"] >= min_arrests]
    past = _events(history, name="history", as_of=as_of, days=violence_look_back_days, undated=True)
    own = past.drop_duplicates(["person", "event_date"]).groupby("person").size()
    people["history"] = own.reindex(people.index, fill_value=0)
    by_likely_link = people["linked_person"].isin(past["linked_person"].dropna()) & people["history"].eq(0)
    conditions = (
        people["arrests"].ge(min_arrests) & known.reindex(people.index).lt(min_arrests),
        people["arrests"].lt(min_arrests),
        by_likely_link,
    )
    people["reason"] = np.select([c.to_numpy(bool) for c in conditions], UNDECIDED, "").astype(object)
    people["tier"] = np.select(
        [people["reason"].ne("").to_numpy(), people["history"].gt(0).to_numpy()], ["", "prosecution_review"], "call_in"
    ).astype(object)
    return people.reset_index()[list(_RESULT)]


def _events(rows: pd.DataFrame, *, name: str, as_of: dt.date, days: int, undated: bool = False) -> pd.DataFrame:
    """Records of the days that end with the day, of adults and of people whose age is not known, with their event."""
    rows = rows.assign(
        event_date=local_dates(rows["event_date"], name=f"{name}.event_date"),
        birth_date=local_dates(rows["birth_date"], name=f"{name}.birth_date"),
    )
    ago = (day(as_of) - rows["event_date"]).dt.days
    inside = (ago.ge(0) & ago.lt(days)) | (ago.isna() & undated)
    rows = rows[inside & ~not_adult(rows["birth_date"], on=rows["event_date"])]
    return rows.assign(event=rows["event_id"].astype("string").fillna(rows["event_date"].dt.strftime("day %Y-%m-%d")))
