"""Candidates: who could be named on a list, by which record, and what keeps each of the others off it."""

from collections.abc import Iterable
from datetime import date
from typing import cast

import pandas as pd

from strategic_prosecution import desk, model
from strategic_prosecution.groups import eligible_people, lay_over_actions, same_side_ties, weigh_memberships
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.people_records import MEMBERSHIPS, core_day, read_people
from strategic_prosecution.stages.queries import query
from strategic_prosecution.stages.strategies import Strategy, people_of
from strategic_prosecution.warehouse import Connection

# Kinds whose people are members of groups, and kinds at which whoever is supervised is compelled to attend.
_OF_MEMBERS = ("call_in", "custom_notification")
_COMPELLING = ("call_in", "drug_market")
_RECORD = ["record_table", "record_id"]
_PERSON = ["person_id", "linked_person_id"]
# What the night's link of a membership rests on.
_WRITTEN = ["source_person_id", "state_id", "fbi_id", "given_name", "family_name", "birth_date"]
_COLUMNS = [
    *_RECORD,
    "group_id",
    "tier",
    *_PERSON,
    "given_name",
    "family_name",
    "birth_date",
    "supervision_type",
    "supervised_until",
    "officer",
    "mandated_by",
    "reason",
]


def candidates(connection: Connection, office: Office, *, kind: str, on: date) -> pd.DataFrame:
    """Everybody whom a list of a kind could name on a day, and why it may not; in key order.

    One row per record by which a person would be named, and group: record_table, record_id, group_id, tier, person_id
    (by identifiers and reviewers), linked_person_id (by all links: never to be shown), given_name, family_name,
    birth_date (the latest of the person's records), supervision_type (probation | parole), supervised_until, officer,
    mandated_by, reason ('' = may be named; else of ``groups.eligibility.REASONS``). Null where unknown or not so.

    Memberships of the newest core, weighed again by what the desk says on the day: one contested, removed or expired
    since is not active, and one whose writing of the person changed is not identified until the next night. For the
    other kinds, the people that their strategy's rule finds. What is sealed is not there. A contest, a removal and a
    yes to an open warrant, to custody or to counsel count whatever day they are of; what speaks for a person counts
    from its day on, and only for the record that was checked. NoExtractsError where no night has made a core.
    """
    named = _members(connection, office, on) if kind in _OF_MEMBERS else _chosen(connection, office, kind, on)
    facts = named.merge(_known(connection, named, on), on=_RECORD, validate="one_to_one")
    facts = facts.merge(_written(connection, office, named), on=_RECORD, how="left", validate="one_to_one")
    facts = facts.assign(
        is_identified=facts["is_tied"].eq(True) & facts["is_as_linked"],
        is_compelled=facts["supervision_type"].notna() & (kind in _COMPELLING),
    )
    people, _ = eligible_people(facts, on=on, kind=kind, deconfliction_days=office.groups.call_ins.deconfliction_days)
    people = people.rename(columns={"latest_birth_date": "birth_date"})
    return people.sort_values(_RECORD, ignore_index=True)[_COLUMNS]


def ties_between(connection: Connection, office: Office, *, people: Iterable[str]) -> pd.DataFrame:
    """Same-side ties of the window that ends with core's day, among confirmed people: source, target, weight, events.

    One row per pair, source < target, in id order; see ``groups.same_side_ties``.
    """
    rows = connection.execute(query("participations")).df()
    rows = rows.assign(person_id=rows["confirmed_person_id"])
    day, window = core_day(connection, office), office.groups.window_days
    ties, _ = same_side_ties(rows, as_of=day, window_days=window)
    among = set(people)
    ties = ties[ties["source"].isin(among) & ties["target"].isin(among)]
    return ties[["source", "target", "weight", "events"]].reset_index(drop=True)


def _members(connection: Connection, office: Office, on: date) -> pd.DataFrame:
    """The memberships of the newest core, with whether each still counts and still says of whom it is."""
    rows = connection.execute(
        "select 'memberships' as record_table, membership_id as record_id, members.group_id, '' as tier, "
        "members.person_id, linked_person_id, people.birth_date as known_birth_date "
        "from core.group_memberships as members left join core.people on people.person_id = linked_person_id"
    ).df()
    table, settings = model.table("desk.memberships"), office.groups
    then = desk.current(connection, office, table, as_of=core_day(connection, office))
    now = desk.current(connection, office, table, as_of=on).merge(
        rows[["record_id", "person_id", "known_birth_date"]], left_on="membership_id", right_on="record_id"
    )
    # What speaks for a person counts from its day on; what suspends, at once.
    actions = connection.execute(
        "select membership_id, action, least(action_date, $on) as action_date from desk.membership_actions "
        "where action in ('contest', 'remove') or greatest(action_date, known_on) <= $on order by recorded_at, rowid",
        {"on": on},
    ).df()
    weighed = weigh_memberships(
        lay_over_actions(now, actions, as_of=on).assign(
            birth_date=now["birth_date"].fillna(now["known_birth_date"]),
        ),
        as_of=on,
        criteria=model.MEMBERSHIP_CRITERIA,
        expiry_days=settings.expiry_days,
        review_days=settings.review_days,
        notice_required=settings.notice_required,
    )
    said = weighed.set_index("membership_id").reindex(rows["record_id"]).reset_index(drop=True)
    written, linked = (frame.set_index("membership_id").reindex(rows["record_id"])[_WRITTEN] for frame in (now, then))
    is_same = written.eq(linked) | (written.isna() & linked.isna())
    return rows.assign(
        is_membership_active=said["reason"].eq("") & said["group_id"].eq(rows["group_id"]),
        evidence_date=said["evidence_date"],
        is_as_linked=is_same.all(axis=1).to_numpy(),
        has_open_dual_arrest=False,
    )


def _chosen(connection: Connection, office: Office, kind: str, on: date) -> pd.DataFrame:
    """The people whom the rule of another strategy finds, each by a record on the accused side."""
    rows = people_of(connection, office, as_of=on, strategy=cast(Strategy, kind))
    return rows[[*_RECORD, *_PERSON]].assign(
        group_id=None,
        tier=rows["tier"].where(rows["reason"].eq(""), ""),
        is_membership_active=False,
        evidence_date=None,
        is_as_linked=True,
        has_open_dual_arrest=rows["reason"].eq("dual_arrest"),
    )


def _known(connection: Connection, named: pd.DataFrame, on: date) -> pd.DataFrame:
    """What core and the checks say of each person, for the records that are not sealed."""
    sealed = f"select table_name as record_table, record_id from ({desk.IN_FORCE}) where kind = 'seal'"
    connection.execute(f"create or replace temp table candidates_sealed as {sealed}")
    connection.register("named_records", named[[*_RECORD, *_PERSON]].astype("string"))
    connection.execute(
        "create or replace temp table candidate_records as from named_records "
        "where (record_table, record_id) not in (from candidates_sealed)"
    )
    connection.unregister("named_records")
    known = connection.execute(query("candidates"), {"on": on}).df()
    connection.execute("drop table temp.candidate_records; drop table temp.candidates_sealed")
    return known


def _written(connection: Connection, office: Office, named: pd.DataFrame) -> pd.DataFrame:
    """What the records of each confirmed person state: is_on_record, is_tied, names, birth dates.

    A membership is tied by a record of another kind: two memberships of one person say no more than one. The name is
    that of the record itself, else of the first of the person's others that has one.
    """
    asked = ["asked_table", "asked_id"]
    rows = read_people(connection, office, set(named[_RECORD].itertuples(index=False, name=None)))
    is_own = rows["asked_table"].eq(rows["record_table"]) & rows["asked_id"].eq(rows["record_id"])
    is_another = ~is_own & ~(rows["asked_table"].eq(MEMBERSHIPS) & rows["record_table"].eq(MEMBERSHIPS))
    people = (
        rows.assign(is_on_record=is_own, is_tied=is_another)
        .groupby(asked, as_index=False)
        .agg(
            is_on_record=("is_on_record", "any"),
            is_tied=("is_tied", "any"),
            earliest_birth_date=("birth_date", "min"),
            latest_birth_date=("birth_date", "max"),
        )
    )
    with_name = rows[rows["family_name"].astype("string").str.strip().ne("").fillna(False)].assign(is_other=~is_own)
    names = with_name.sort_values([*asked, "is_other", *_RECORD]).drop_duplicates(asked)
    people = people.merge(names[[*asked, "given_name", "family_name"]], on=asked, how="left")
    return people.rename(columns=dict(zip(asked, _RECORD, strict=True)))
