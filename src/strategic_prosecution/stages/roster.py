"""The roster: which memberships stand on a day, what the office recorded on them, and what a person may look up.

What the office records itself (contests, decisions on them, notices) is laid over what the audit states, and stays
apart from it: a later file of the audit does not take it back.
"""

from datetime import date
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.groups import lay_over_actions, weigh_memberships
from strategic_prosecution.groups.memberships import OLDEST_YEARS
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.people_records import MEMBERSHIPS, TABLES, core_day
from strategic_prosecution.warehouse import Connection

ACTIONS = model.table("desk.membership_actions").column("action").values
NOT_LINKED = "not_linked_yet"
_ROSTER = model.table("desk.memberships")
_LISTED = [
    *("membership_id", "group_id", "criterion", "reason", "known_on", "expires_on", "contested_on"),
    *("contest_decided_on", "notice_date"),
]


class RosterError(ValueError):
    """Something cannot be recorded on the roster; the message holds no value of a record."""


def memberships_as_of(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    """The newest known event of each membership, the person it is linked to, and what the office recorded on it.

    One row per membership in id order: the columns of desk.memberships; person_id (by all links), confirmed_person_id
    (by identifiers and reviewers), both null where nothing is linked yet. A date of birth comes from the audit, or from
    the records of the confirmed person where the audit has none: the latest they say, since doubt keeps a record out.

    Actions count that were known by then. In the newest core a contest and a removal hold at once, whatever their day:
    nobody who contested waits for the next extract. What gives a membership back waits for its day.
    """
    rows = desk.current(connection, office, _ROSTER, as_of=as_of)
    linked = connection.execute(
        f"select record_id as membership_id, person_id, confirmed_person_id from core.person_records "
        f"where record_table = '{MEMBERSHIPS}'"
    ).df()
    rows = rows.merge(linked, on="membership_id", how="left")
    births = pd.concat([_births(connection), rows[["confirmed_person_id", "birth_date"]]]).dropna()
    born = births.groupby("confirmed_person_id")["birth_date"].max().rename("born")
    rows = rows.merge(born, on="confirmed_person_id", how="left")
    said = rows["birth_date"].where(rows["birth_date"].ge(pd.Timestamp(as_of) - pd.DateOffset(years=OLDEST_YEARS)))
    rows = rows.assign(birth_date=said.fillna(rows["born"])).drop(columns="born")
    return lay_over_actions(rows, _actions(connection, as_of), as_of=as_of)


def weighed(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    """``memberships_as_of`` with ``reason``: '' where a membership counts, else the first rule that keeps it out."""
    settings = office.groups
    return weigh_memberships(
        memberships_as_of(connection, office, as_of),
        as_of=as_of,
        criteria=model.MEMBERSHIP_CRITERIA,
        expiry_days=settings.expiry_days,
        review_days=settings.review_days,
        notice_required=settings.notice_required,
    )


def listed(
    connection: Connection,
    office: Office,
    *,
    on: date,
    group: str | None = None,
    record: tuple[str, str] | None = None,
) -> pd.DataFrame:
    """Memberships without a name: membership_id, group_id, criterion, reason ('' counts), days; in id order.

    ``record``: those of the same person as this record, with ``link``: 'certain' by identifiers and reviewers, 'likely'
    by likeness. Logged. Raises RosterError for a record that is not in the newest core.
    """
    rows = weighed(connection, office, on)
    is_tip = rows["reason"].eq("tip") & rows["criterion"].notna() & rows["approver"].notna()
    rows["reason"] = rows["reason"].mask(is_tip & rows["person_id"].isna(), NOT_LINKED)
    columns = _LISTED
    if group is not None:
        rows = rows[rows["group_id"].eq(group)]
    if record is not None:
        people = connection.execute(
            "select person_id, confirmed_person_id from core.person_records where record_table = ? and record_id = ?",
            list(record),
        ).fetchone()
        if people is None:
            raise RosterError("the record is not in the newest core; look at its key, or run a night first")
        rows = rows[rows["person_id"].eq(people[0])]
        is_certain = rows["confirmed_person_id"].eq(people[1])
        rows = rows.assign(link=is_certain.map({True: "certain", False: "likely"}))
        columns = [*columns, "link"]
    if len(rows):
        audit.append(office, "reviewed", memberships=len(rows), of_a_record=record is not None)
    return rows[columns].reset_index(drop=True)


def act(
    connection: Connection, office: Office, membership_id: str, *, action: str, why: str, on: date
) -> "pd.Series[Any]":
    """Record a contest, the decision on one, or a notice; returns the membership as it stands with it.

    action
        one of ``ACTIONS``: contest suspends, uphold lets it stand again, remove takes it off for good, also where
        nobody contested it (an audit may find that), notice says that the person was told

    For use inside a run. Raises RosterError for a membership that is not on the desk, no reason, a contest of what is
    contested already, an upheld contest that nobody made, and a day before the last step.
    """
    if not why.strip():
        raise RosterError("say why, with --why")
    now = max(on, core_day(connection, office))
    rows = memberships_as_of(connection, office, now)
    found = rows[rows["membership_id"].eq(membership_id)]
    if found.empty:
        raise RosterError("no membership on the desk has this id; `stratpro groups list` shows them")
    state = found.iloc[0]
    if action != "notice":
        _check_step(connection, state, action=action, on=on)
    audit.append(office, "roster_changed", **{name: int(name == action) for name in ACTIONS})
    with warehouse.transaction(connection):
        desk.add(
            connection,
            model.table("desk.membership_actions"),
            why=why.strip(),
            known_on=on,
            action_id=desk.new_id("action"),
            membership_id=membership_id,
            action=action,
            action_date=on,
        )
    rows = weighed(connection, office, now)
    return rows[rows["membership_id"].eq(membership_id)].iloc[0]


def people_sql(*columns: str) -> str:
    """A query for every record of a person in core but those of the roster: record_table, record_id and columns."""
    return " union all ".join(
        f"select '{name}' as record_table, {model.table(f'core.{name}').key[0]} as record_id, {', '.join(columns)} "
        f"from core.{name}"
        for name in TABLES
        if name != MEMBERSHIPS
    )


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None for null, and days as days."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {str(name): value.date() if isinstance(value, pd.Timestamp) else value for name, value in row.items()}
        for row in rows
    ]


def _births(connection: Connection) -> pd.DataFrame:
    """What core says of the birth of people who may be on the roster: confirmed_person_id, birth_date."""
    return connection.execute(
        f"""
        select confirmed_person_id, max(birth_date) as birth_date
        from ({people_sql("birth_date")}) join core.person_records using (record_table, record_id)
        where confirmed_person_id in (
            select confirmed_person_id from core.person_records where record_table = '{MEMBERSHIPS}'
        )
        group by all
        """
    ).df()


def _actions(connection: Connection, as_of: date) -> pd.DataFrame:
    """The actions that count as of a day, in the order in which they were recorded."""
    is_newest = not warehouse.is_past(connection, as_of)
    return connection.execute(
        """
        select membership_id, action, least(action_date, $as_of) as action_date from desk.membership_actions
        where known_on <= $as_of or ($is_newest and action in ('contest', 'remove'))
        order by recorded_at, rowid
        """,
        {"as_of": as_of, "is_newest": is_newest},
    ).df()


def _check_step(connection: Connection, state: "pd.Series[Any]", *, action: str, on: date) -> None:
    """Raise RosterError for a step that cannot follow the last one."""
    contested, decided = state["contested_on"], state["contest_decided_on"]
    recorded = connection.execute(
        "select max(action_date) from desk.membership_actions where membership_id = ? and action <> 'notice'",
        [state["membership_id"]],
    ).fetchone()
    days = [day.date() for day in (contested, decided) if pd.notna(day)] + [day for day in recorded or () if day]
    if days and on < max(days):
        raise RosterError(f"the last step on it was on {max(days)}; the next is of that day or after it")
    is_open = pd.notna(contested) and (pd.isna(decided) or decided < contested)
    if action == "contest" and is_open:
        raise RosterError("it is contested already, and suspended until --decide uphold or --decide remove")
    if action == "uphold" and not is_open:
        raise RosterError("nothing is contested and open, so nothing can be upheld; a contest comes first")
    if action == "remove" and not is_open and state["contest_outcome"] == "removed":
        raise RosterError("it is removed already; a contest opens it again")
