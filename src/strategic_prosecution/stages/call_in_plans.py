"""Planning a call-in: who may be invited, the fewest who reach the group, and who sits with whom."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.groups.call_ins import Selection, reach_without_ties, select_representatives
from strategic_prosecution.groups.eligibility import REASONS
from strategic_prosecution.groups.seating import seat_sessions
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.stages.call_ins import (
    MEETINGS,
    CallIn,
    CallInError,
    add_call_in,
    add_steps,
    check_core,
    people_for,
)
from strategic_prosecution.stages.candidates import ties_between
from strategic_prosecution.stages.people_records import core_day
from strategic_prosecution.warehouse import Connection

OWN_GROUPS_FEUD = "own_groups_feud"
# What is said of a plan if so many of its ties do not exist.
MISSING_SHARES = (0.10, 0.25)
_BY_RECORD = ["record_table", "record_id"]


@dataclass(frozen=True)
class Wanted:
    """What somebody asks a plan for. ``first``: so many groups by the rank of violence by; none named: all ranked."""

    kind: str = "call_in"
    groups: tuple[str, ...] = ()
    first: int | None = None
    record: str | None = None
    tier: str | None = None
    seats: int | None = None
    held_on: date | None = None
    mandated_by: str | None = None
    is_voluntary: bool = False


@dataclass(frozen=True)
class Plan:
    """What was planned, in counts; ``call_in_id`` is None where nobody could be, and nothing is recorded.

    groups: one row per group: group_id, members, may_be_invited, planned, reached, not_reachable (people; whoever is in
    two groups counts in both). not_eligible: people by the reason that keeps them off. sessions: people by session.
    facts: what is kept with the call-in.
    """

    call_in_id: str | None
    groups: pd.DataFrame
    not_eligible: dict[str, int]
    sessions: dict[int, int]
    facts: dict[str, Any]


def plan(connection: Connection, office: Office, *, wanted: Wanted, why: str, on: date) -> Plan:
    """Plan a call-in or another notice, and record it with one step for each person and group. For use inside a run.

    A call-in invites the fewest who reach everybody of its groups who can be reached, or the most reach for its seats
    (see ``select_representatives``); the other notices go to everybody who may be named. Nobody whose own groups feud
    is invited to a meeting, and no two whose groups feud share a session. The same desk and core give the same plan.

    Raises SettingsError for what cannot be asked so, CallInError where core is too old or nobody gives a reason.
    """
    _check_wanted(wanted, why=why, on=on)
    check_core(connection, office, on)
    groups = _groups(connection, office, wanted)
    found = people_for(connection, office, kind=wanted.kind, mandated_by=wanted.mandated_by, on=on)
    found = _asked_for(found, wanted, groups=groups)
    members = _members(found)
    found, memberships = _without_own_feuds(connection, found, wanted)
    eligible = found[found["reason"] == ""]
    facts: dict[str, Any] = {"core_day": f"{core_day(connection, office)}", "seed": office.groups.seed}
    people: Sequence[Any] = sorted(eligible["person_id"].unique())
    reached, unreachable = set(people), set[Any]()
    if wanted.kind == "call_in":
        chosen, facts["sensitivity"] = _choose(connection, office, wanted, members=members, eligible=eligible)
        people, reached, unreachable = chosen.invited, set(chosen.reached), set(chosen.unreachable)
        facts |= {name: getattr(chosen, name) for name in ("optimal", "method", "bound", "gap", "ties_dropped")}
        facts |= {"wheeler_reach": chosen.reach, "expected_reach": chosen.expected_reach}
    planned = (
        eligible[eligible["person_id"].isin(people)]
        .sort_values(["person_id", "group_id", *_BY_RECORD], kind="stable")
        .drop_duplicates(["person_id", "group_id"])
    )
    session: dict[Any, int] = {}
    if wanted.kind in MEETINGS:
        session, facts["sessions_optimal"] = _seat(connection, people, memberships)
    sessions = {number: list(session.values()).count(number) for number in sorted(set(session.values()))}
    by_group = _by_group(groups, members, eligible=eligible, planned=planned, reached=reached, unreachable=unreachable)
    not_eligible = _not_eligible(found)
    facts |= {
        "members": int(members["person_id"].nunique()) if len(members) else _people_in(found),
        "eligible": int(eligible["person_id"].nunique()),
        "planned": len(people),
        "reached": len(reached),
        "unreachable": len(unreachable),
        "not_eligible": not_eligible,
        "sessions": len(sessions),
        "groups": by_group["group_id"].tolist(),
        "unrepresented": by_group.loc[by_group["planned"] == 0, "group_id"].tolist(),
        "is_voluntary": wanted.is_voluntary,
    }
    if planned.empty:
        return Plan(None, by_group, not_eligible, sessions, facts)
    call_in_id = desk.new_id("callin")
    named = planned[[*_BY_RECORD, "group_id"]].astype(object).where(planned[[*_BY_RECORD, "group_id"]].notna(), None)
    steps = [
        {"record_table": table, "record_id": key, "group_id": group, "session": session.get(person), "step": "planned"}
        for (table, key, group), person in zip(
            named.itertuples(index=False, name=None), planned["person_id"], strict=True
        )
    ]
    call_in = CallIn(
        call_in_id,
        wanted.kind,
        "planned",
        wanted.held_on,
        wanted.mandated_by,
        wanted.seats,
        json.dumps(facts, sort_keys=True),
        on,
    )
    audit.append(
        office,
        "call_in_planned",
        call_in=call_in_id,
        kind=wanted.kind,
        groups=len(by_group),
        people=len(people),
        sessions=len(sessions),
    )
    with warehouse.transaction(connection):
        add_call_in(connection, call_in, why=why)
        add_steps(connection, call_in_id, steps, why=why, on=on)
    return Plan(call_in_id, by_group, not_eligible, sessions, facts)


def _check_wanted(wanted: Wanted, *, why: str, on: date) -> None:
    if wanted.kind not in model.CALL_IN_KINDS:
        raise SettingsError(f"--kind [{wanted.kind}] is none{nearest(wanted.kind, model.CALL_IN_KINDS)}")
    if not why.strip():
        raise SettingsError("say with --why what the plan is made for")
    if wanted.held_on is not None and wanted.held_on < on:
        raise SettingsError(f"--held-on [{wanted.held_on}] is before {on}, the day it is planned; name a later day")
    if wanted.is_voluntary and wanted.mandated_by:
        raise SettingsError("--voluntary means that nobody is required to come: leave --mandated-by out")
    if wanted.groups and wanted.first is not None:
        raise SettingsError("--group and --first both say which groups; give one of them")
    for option, given, kinds in (
        ("--group", wanted.groups, ("call_in", "custom_notification")),
        ("--first", wanted.first, ("call_in",)),
        ("--seats", wanted.seats, ("call_in",)),
        ("--record", wanted.record, ("custom_notification",)),
        ("--tier", wanted.tier, ("intimate_partner",)),
    ):
        if given and wanted.kind not in kinds:
            raise SettingsError(f"{option} is for {' and '.join(kinds)}, not for {wanted.kind}; leave it out")
    if wanted.kind == "custom_notification" and bool(wanted.groups) == bool(wanted.record):
        raise SettingsError("a custom notification goes to the people of a --group, or to the person of a --record")


def _groups(connection: Connection, office: Office, wanted: Wanted) -> list[str]:
    """The groups that are meant, in order; SettingsError for one that nobody knows."""
    ranked = connection.execute(
        "select group_id, rank_violence_by from mart.group_priorities "
        "where as_of = ? and rank_violence_by is not null order by rank_violence_by, group_id",
        [core_day(connection, office)],
    ).fetchall()
    rows = connection.execute("select distinct group_id from core.group_memberships").fetchall()
    known = {group for (group,) in rows} | {group for group, _ in ranked}
    for group in wanted.groups:
        if group not in known:
            raise SettingsError(f"--group [{group}] is no group of the newest core{nearest(group, sorted(known))}")
    if wanted.groups or wanted.kind != "call_in":
        return sorted(set(wanted.groups))
    # Groups of one rank come together: nobody can tell them apart.
    meant = sorted(group for group, rank in ranked if wanted.first is None or rank <= wanted.first)
    if not meant:
        raise CallInError("no group has a rank by violence, and none is named; name groups with --group")
    return meant


def _members(found: pd.DataFrame) -> pd.DataFrame:
    """The people whose membership counts on the day, by confirmed person and group, in order."""
    counts = ~found["reason"].isin(("record_withdrawn", "membership_not_active")) & found["person_id"].notna()
    members = found.loc[counts & found["group_id"].notna(), ["group_id", "person_id"]]
    return members.drop_duplicates().sort_values(["group_id", "person_id"], ignore_index=True)


def _asked_for(found: pd.DataFrame, wanted: Wanted, *, groups: Sequence[str]) -> pd.DataFrame:
    """The candidates that are meant."""
    if groups:
        return found[found["group_id"].isin(groups)]
    if wanted.record is not None:
        found = found[found["record_table"] + "/" + found["record_id"] == wanted.record]
        if found.empty:
            raise CallInError("--record names nobody who could be notified; a record is written TABLE/ID")
    if wanted.tier is not None:
        if wanted.tier not in (tiers := sorted(set(found["tier"].dropna()) - {""})):
            raise CallInError(f"nobody is in tier [{wanted.tier}]; there are {', '.join(tiers) or 'none'}")
        found = found[found["tier"] == wanted.tier]
    return found


def _without_own_feuds(
    connection: Connection, found: pd.DataFrame, wanted: Wanted
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Candidates, with whoever is in two groups that feud kept off a meeting; and all groups of each by any link."""
    # A group known by a likely link alone still keeps two people apart; whoever is in none may sit anywhere.
    memberships = connection.execute(
        "select distinct linked_person_id, group_id from core.group_memberships order by all"
    ).df()
    people = found[["person_id", "linked_person_id"]].dropna().drop_duplicates()
    groups = people.merge(memberships, on="linked_person_id", how="left")[["person_id", "group_id"]].drop_duplicates()
    groups = groups.set_axis(["person", "group"], axis=1).sort_values(["person", "group"], ignore_index=True)
    if wanted.kind in MEETINGS:
        torn = seat_sessions(groups, _feuds(connection)).unseated
        is_torn = (found["reason"] == "") & found["person_id"].isin(torn)
        found = found.assign(reason=found["reason"].mask(is_torn, OWN_GROUPS_FEUD))
    return found, groups


def _choose(
    connection: Connection, office: Office, wanted: Wanted, *, members: pd.DataFrame, eligible: pd.DataFrame
) -> tuple[Selection, dict[str, dict[str, float]]]:
    """Who is invited, and what is left of the reach if ties are missing."""
    settings = office.groups.call_ins
    people = sorted(members["person_id"].unique())
    ties = ties_between(connection, office, people=people)
    must_come = eligible["supervision_type"].notna() & eligible["mandated_by"].notna()
    compelled = set() if wanted.is_voluntary else set(eligible.loc[must_come, "person_id"])
    comes = {
        person: settings.attendance_supervised if person in compelled else settings.attendance_voluntary
        for person in eligible["person_id"]
    }
    stands = eligible[["person_id", "group_id"]].drop_duplicates()
    chosen = select_representatives(
        ties,
        people,
        eligible=sorted(comes),
        seats=wanted.seats,
        attendance=comes,
        groups=stands.set_axis(["person", "group"], axis=1),
        time_limit=settings.time_limit_seconds,
    )
    sensitivity = {
        f"{share:.2f}": asdict(reach_without_ties(ties, people, chosen.invited, share=share, seed=office.groups.seed))
        for share in MISSING_SHARES
    }
    return chosen, sensitivity


def _seat(connection: Connection, people: Sequence[Any], memberships: pd.DataFrame) -> tuple[dict[Any, int], bool]:
    """Person -> session, and whether no better seating is possible."""
    seating = seat_sessions(memberships[memberships["person"].isin(people)], _feuds(connection))
    assert not seating.unseated
    numbers = seating.sessions["session"].astype(int)
    return dict(zip(seating.sessions["person"], numbers, strict=True)), seating.optimal


def _feuds(connection: Connection) -> pd.DataFrame:
    return connection.execute("select group_id, other_group_id from core.group_feuds order by all").df()


def _by_group(
    groups: list[str],
    members: pd.DataFrame,
    *,
    eligible: pd.DataFrame,
    planned: pd.DataFrame,
    reached: set[Any],
    unreachable: set[Any],
) -> pd.DataFrame:
    """Counts of people by group, for the groups that were asked for."""

    def people(rows: pd.DataFrame) -> pd.Series:
        return rows.groupby("group_id")["person_id"].nunique().reindex(groups, fill_value=0).astype("int64")

    counts = {
        "members": people(members),
        "may_be_invited": people(eligible),
        "planned": people(planned),
        "reached": people(members[members["person_id"].isin(reached)]),
        "not_reachable": people(members[members["person_id"].isin(unreachable)]),
    }
    return pd.DataFrame({"group_id": groups, **{name: column.to_numpy() for name, column in counts.items()}})


def _not_eligible(found: pd.DataFrame) -> dict[str, int]:
    """People by what keeps them off, by the record that comes nearest to naming them; none who may be named."""
    order = {reason: place for place, reason in enumerate((*REASONS, OWN_GROUPS_FEUD, ""))}
    people = found.assign(
        person=found["linked_person_id"].fillna(found["record_table"] + "/" + found["record_id"]),
        place=found["reason"].map(order),
    )
    nearest_to = people.sort_values(["person", "place"], kind="stable").drop_duplicates("person", keep="last")
    counts = nearest_to.loc[nearest_to["reason"] != "", "reason"].value_counts()
    return {str(reason): int(count) for reason, count in sorted(counts.items())}


def _people_in(found: pd.DataFrame) -> int:
    return int(found["linked_person_id"].fillna(found["record_table"] + "/" + found["record_id"]).nunique())
