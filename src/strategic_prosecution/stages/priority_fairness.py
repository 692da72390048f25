"""Whom the priorities cost what: custody since beside others alike, and ranks without proactive arrests."""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.groups import (
    custody_difference,
    days_held,
    facts_before,
    find_leads,
    group_priorities,
    group_scorecard,
    merged_stays,
    same_side_ties,
)
from strategic_prosecution.groups.scorecard import SUPERVISION_TYPES
from strategic_prosecution.settings import Office
from strategic_prosecution.stages import roster
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

FIRST_RANKS = 5
FOLLOWED_DAYS = 180
ON_AN_ARREST = "co_arrest_group_incident"
# A lead found again: of the people in either, at least this share is in both.
_SAME_LEAD = 0.5


def custody_rows(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    """mart.priority_custody: one row, always; its means are null where nobody is matched.

    Prioritised are the people of groups ranked first to fifth by violence, 180 days before `as_of`, by what was known
    then of memberships and shootings. The others are everybody else whom a record accused by then: who came to notice
    since is no comparison, since custody itself brings people to notice.
    """
    then = as_of - timedelta(days=FOLLOWED_DAYS)
    arrests = proactive_arrests(connection)
    stays = merged_stays(connection.execute(query("priority_custody")).df())
    standing = connection.execute(query("standing")).df()
    supervision = standing[standing["supervision_type"].isin(SUPERVISION_TYPES)].rename(
        columns={"person_id": "person", "first_day": "start_date", "last_day": "end_date"}
    )
    people = connection.execute(query("priority_people")).df()
    prioritised = people["person"].isin(_prioritised(connection, office, then))
    people = people[prioritised | people["first_day"].le(pd.Timestamp(then))]
    facts = facts_before(people, arrests=arrests, stays=stays, supervision=supervision, on=then)
    held = days_held(stays, after=then, until=as_of)
    found = custody_difference(
        facts.assign(
            is_priority=prioritised[people.index].to_numpy(),
            days=facts["person"].map(held).fillna(0).astype("int64"),
        ),
        seed=office.groups.seed,
    )
    row = pd.DataFrame([{"as_of": as_of, "ranked_on": then, **vars(found)}])
    return row[list(model.table("mart.priority_custody").names)]


def _prioritised(connection: Connection, office: Office, then: date) -> pd.Series:
    """People, by all links, of the groups ranked first on a past day by what was known on it."""
    known = roster.weighed(connection, office, then)
    active = known[known["reason"].eq("")]
    nobody = pd.DataFrame(columns=["person_id", "supervision_type", "start_date", "end_date"])
    days = office.groups.violent_window_days
    scorecard = group_scorecard(
        involvements=connection.execute(query("involvements")).df(),
        memberships=active,
        feuds=pd.DataFrame(columns=["group_id", "other_group_id", "known_on"]),
        # Neither feuds nor who is supervised or held enters a rank.
        supervision=nobody,
        custody=pd.DataFrame(columns=["person_id", "detained_from", "detained_to"]),
        as_of=then,
        windows=(days,),
    )
    ranks = group_priorities(scorecard, violent_window_days=days)
    first = ranks.loc[ranks["rank_violence_by"].le(FIRST_RANKS).fillna(False), "group_id"]
    people: pd.Series = active.loc[active["group_id"].isin(first), "person_id"]
    return people


def proactive_arrests(connection: Connection) -> pd.DataFrame:
    """Arrests of linked people: person (by all links), arrest_date, is_violent, is_proactive, incident_id."""
    return connection.execute(query("priority_arrests"), {"violent": list(model.VIOLENT_OFFENSES)}).df()


def rank_without_proactive(
    active: pd.DataFrame, arrests: pd.DataFrame, *, rank: Callable[[pd.DataFrame], pd.DataFrame]
) -> tuple[pd.Series, dict[str, int]]:
    """What is left of the ranks without the memberships that rest on a proactive arrest.

    `active`: the memberships that count: person_id (by all links), group_id, criterion, evidence_date. `arrests`: as
    from ``proactive_arrests``. `rank`: memberships -> group_id, rank_violence_by, the way the night ranks. A
    membership rests on a proactive arrest where its criterion is an arrest with the group and the day of its evidence
    has a proactive arrest of the person and no other; an arrest that does not say counts as another.

    Returns the rank per group_id (null = no longer ranked; all null where no membership that rests on an arrest can be
    tied to one of its day, so that nothing could be examined) of all groups ranked as they are, and counts:
    memberships_on_proactive_arrests, groups_ranked, groups_ranked_otherwise and, of these, groups_no_longer_ranked.
    """
    resting = rests_on_proactive(active, arrests)
    now = rank(active).set_index("group_id")["rank_violence_by"].astype("Int64").dropna()
    without = rank(active[~resting]).set_index("group_id")["rank_violence_by"].astype("Int64").reindex(now.index)
    counts = {
        "memberships_on_proactive_arrests": int(resting.sum()),
        "groups_ranked": len(now),
        "groups_ranked_otherwise": int((without.isna() | without.ne(now)).fillna(True).sum()),
        "groups_no_longer_ranked": int(without.isna().sum()),
    }
    on_an_arrest = active["criterion"].eq(ON_AN_ARREST)
    if on_an_arrest.any() and not _has_arrest(active, arrests)[on_an_arrest].any():
        # Nothing could be taken out: that a rank holds would be no finding.
        without = without.mask(without.notna())
    return without.rename("rank_without_proactive"), counts


def rests_on_proactive(active: pd.DataFrame, arrests: pd.DataFrame) -> pd.Series:
    """Whether each membership rests on a proactive arrest alone, as ``rank_without_proactive`` says."""
    only = _arrest_days(arrests).groupby(["person", "day"])["is_proactive"].all()
    return pd.Series(_evidence(active).isin(only[only].index), index=active.index) & active["criterion"].eq(
        ON_AN_ARREST
    )


def _has_arrest(active: pd.DataFrame, arrests: pd.DataFrame) -> pd.Series:
    days = _arrest_days(arrests).set_index(["person", "day"]).index
    return pd.Series(_evidence(active).isin(days), index=active.index)


def _arrest_days(arrests: pd.DataFrame) -> pd.DataFrame:
    return arrests.assign(day=pd.to_datetime(arrests["arrest_date"]).astype("datetime64[us]"))


def _evidence(active: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays(
        [active["person_id"], pd.to_datetime(active["evidence_date"]).astype("datetime64[us]")]
    )


def leads_without_proactive(
    participations: pd.DataFrame,
    arrests: pd.DataFrame,
    lead_members: pd.DataFrame,
    *,
    as_of: date,
    window_days: int,
    resolution: float,
    seed: int,
    **ties: int,
) -> dict[str, int]:
    """How many leads would be found without the events at which anybody was arrested proactively.

    `participations` and `lead_members`: as the night has them; `ties`: what else ``same_side_ties`` was told. A lead is
    found again where a lead of the other events holds at least half of the people in either. Counts: leads,
    leads_without_proactive.
    """
    proactive = "incident/" + arrests.loc[arrests["is_proactive"], "incident_id"].dropna()
    rest = participations[~participations["event_id"].isin(proactive)]
    pairs, _ = same_side_ties(rest, as_of=as_of, window_days=window_days, **ties)
    _, again = find_leads(pairs, resolution=resolution, seed=seed, seeds=1)
    both = lead_members.merge(again, on="person_id", suffixes=("", "_again"))
    shared = both.groupby(["lead_number", "lead_number_again"]).size().rename("both").reset_index()
    size, size_again = lead_members["lead_number"].value_counts(), again["lead_number"].value_counts()
    either = shared["lead_number"].map(size) + shared["lead_number_again"].map(size_again) - shared["both"]
    found = shared.loc[shared["both"] / either >= _SAME_LEAD, "lead_number"].nunique()
    return {"leads": len(size), "leads_without_proactive": int(found)}
