"""Promises made at a call-in: made, kept, and what was done under them to a person, for that person's own conduct."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, nearest
from strategic_prosecution.stages.call_ins import MEETINGS, CallInError, call_in_named, check_order, standing
from strategic_prosecution.stages.desk_entries import entered
from strategic_prosecution.stages.forms import FormError, Line
from strategic_prosecution.warehouse import Connection

_PROMISES = model.table("desk.promises")
KINDS = _PROMISES.column("kind").values
ENFORCEMENT_FORM = ("incident_id", "record", "own_conduct", "approving_attorney", "lesser_step")
# What may be said of anybody in a group, and is nobody's conduct.
_MEMBERSHIP = re.compile(
    r"\b(a|an|the|is|was|are|being|known|active|confirmed|suspected|gang|group|crew|member|members|membership|associate|"
    r"associates|affiliate|affiliated|affiliation|belongs|belonging|with|in|of|to|he|she|they|person)\b"
)


def promise(
    connection: Connection,
    office: Office,
    *,
    call_in_id: str,
    kind: str,
    group: str | None,
    what: str,
    owner: str,
    due: date,
    why: str,
    on: date,
) -> str:
    """Record a promise made at a call-in; returns its promise_id. For use inside a run.

    Raises CallInError for a group that nobody approved stands for, without words or an owner, or due before it is made.
    A promise of enforcement is made to a group.
    """
    call_in = call_in_named(connection, call_in_id)
    check_order(call_in, on, until=("held",) if call_in.kind in MEETINGS else ("reviewed", "held"))
    if kind not in KINDS:
        raise CallInError(f"a promise is of {' or '.join(KINDS)}{nearest(kind, KINDS)}")
    if not what.strip() or not owner.strip():
        raise CallInError("say with --what what is promised, and with --owner whose role keeps it")
    if due < on:
        raise CallInError(f"a promise made on {on} cannot be due before; name a later day")
    people = standing(connection, office, call_in_id).people
    groups = set(people.loc[people["step"] == "approved", "group_id"].dropna())
    if group is None and kind == "enforcement":
        raise CallInError("a promise of enforcement is made to a group; name it with --group")
    if group is not None and group not in groups:
        raise CallInError(f"nobody approved for this call-in stands for that group{nearest(group, sorted(groups))}")
    promise_id = desk.new_id("promise")
    audit.append(office, "call_in_recorded", call_in=call_in_id, promise=promise_id)
    desk.add(
        connection,
        _PROMISES,
        why=why,
        known_on=on,
        promise_id=promise_id,
        call_in_id=call_in_id,
        group_id=group,
        kind=kind,
        what=what.strip(),
        owner_role=owner.strip(),
        made_on=on,
        due_on=due,
    )
    return promise_id


def keep(connection: Connection, office: Office, *, call_in_id: str, promise_id: str, why: str, on: date) -> None:
    """Record that a promise was kept; CallInError where there is none such, or it was kept. For use inside a run."""
    said = _promise(connection, call_in_id, promise_id, on=on)
    if said["kept_on"] is not None:
        raise CallInError(f"this promise was kept on {said['kept_on']} already")
    audit.append(office, "call_in_recorded", call_in=call_in_id, promise=promise_id, kept=True)
    desk.add(connection, _PROMISES, why=why, known_on=on, **said | {"kept_on": on})


def enforce(
    connection: Connection,
    office: Office,
    *,
    call_in_id: str,
    promise_id: str,
    lines: Sequence[Line],
    why: str,
    on: date,
) -> int:
    """Record enforcement under a promise, one person a line: all lines, or none. Returns how many.

    Each line names an incident since the promise of which a review found the group confirmed as the suspect, a record
    of a confirmed member of it, that person's own conduct, who approved, and the lesser step considered. Raises
    FormError for lines that are wrong, CallInError for another promise than one of enforcement. For use inside a run.
    """
    said = _promise(connection, call_in_id, promise_id, on=on)
    if said["kind"] != "enforcement":
        raise CallInError("this promise is of help; enforcement rests on a promise of enforcement alone")
    triggers = _triggers(connection, group=said["group_id"], since=said["made_on"], on=on)
    members = _members(connection, group=said["group_id"])
    wrong: list[str] = []
    actions: list[dict[str, Any]] = []
    for line in lines:
        values = {name: line.values.get(name, "").strip() for name in ENFORCEMENT_FORM}
        faults = [
            f"[{name}] is empty; an action under a promise records it" for name, text in values.items() if not text
        ]
        if values["incident_id"] and values["incident_id"] not in triggers:
            faults.append(
                "no review found this group confirmed as the suspect of that incident since the promise; violence by "
                "the group is its only trigger"
            )
        if values["record"] and values["record"] not in members:
            faults.append("[record] is of nobody who is a member of this group by identifiers or a reviewer's decision")
        if values["own_conduct"] and not _is_conduct(values["own_conduct"], group=said["group_id"]):
            faults.append("[own_conduct] says no more than that somebody is in a group; say what the person did")
        wrong += [f"{line.where}: {fault}" for fault in faults]
        table, _, key = values["record"].partition("/")
        actions.append(
            {
                "trigger_incident_id": values["incident_id"],
                "record_table": table,
                "record_id": key,
                **{name: values[name] for name in ("own_conduct", "approving_attorney", "lesser_step")},
            }
        )
    if not lines:
        raise CallInError("the form has no line filled in; one line is one person")
    if wrong:
        raise FormError(wrong)
    audit.append(office, "call_in_recorded", call_in=call_in_id, promise=promise_id, enforcement=len(actions))
    with warehouse.transaction(connection):
        kept = said if said["kept_on"] is not None else said | {"kept_on": on}
        if kept is not said:
            # Apart from the person: an order that takes the person out leaves the promise kept.
            desk.add(connection, _PROMISES, why=why, known_on=on, **kept)
        for action in actions:
            desk.add(connection, _PROMISES, why=why, known_on=on, **kept | action)
    return len(actions)


def listed(connection: Connection, on: date) -> pd.DataFrame:
    """Every promise as known on a day: promise_id, call_in_id, group_id, kind, owner_role, made_on, due_on, kept_on."""
    return connection.execute(
        """
        select promise_id, call_in_id, group_id, kind, owner_role, made_on, due_on, kept_on
        from desk.promises
        where known_on <= ? and record_id is null
        qualify row_number() over (partition by promise_id order by recorded_at desc, rowid desc) = 1
        order by made_on, promise_id
        """,
        [on],
    ).df()


def _promise(connection: Connection, call_in_id: str, promise_id: str, *, on: date) -> dict[str, Any]:
    """What a promise of a call-in says, of itself and of nobody acted on."""
    call_in_named(connection, call_in_id)
    names = ("promise_id", "call_in_id", "group_id", "kind", "what", "owner_role", "made_on", "due_on", "kept_on")
    row = connection.execute(
        f"select {', '.join(names)} from desk.promises where promise_id = ? and call_in_id = ? and record_id is null "
        "order by recorded_at desc, rowid desc limit 1",
        [promise_id, call_in_id],
    ).fetchone()
    if row is None:
        raise CallInError("no promise of this call-in has that key; `stratpro callin list` shows them")
    said = dict(zip(names, row, strict=True))
    if on < said["made_on"]:
        raise CallInError(f"this promise was made on {said['made_on']}; name that day or a later one")
    return said


def _triggers(connection: Connection, *, group: str, since: date, on: date) -> set[str]:
    """Incidents of a group's own violence from the promise to a day, as the newest review has them."""
    rows = connection.execute(
        f"""
        select distinct incident_id from ({entered("shootings")}) as shootings
        where group_suspect = $group and group_suspect_status = 'confirmed' and review_date <= $as_of
            and occurred_date between $since and $as_of
            -- The same shootings as the rank counts: lawful self-defense is nobody's violence.
            and coalesce(is_unfounded, false) = false
            and coalesce(intent, 'unknown') in ('criminal', 'unknown', 'unmapped')
            and ('incidents', incident_id) not in (select record_table, record_id from core.sealed_records)
            and ('shootings', shooting_id) not in (select record_table, record_id from core.sealed_records)
        """,
        {"as_of": on, "group": group, "since": since},
    ).fetchall()
    return {incident_id for (incident_id,) in rows}


def _members(connection: Connection, *, group: str) -> set[str]:
    """Every record, as TABLE/ID, of somebody whose membership of a group counts, by confirmed links; none sealed."""
    rows = connection.execute(
        f"""
        select distinct record_table || '/' || record_id from core.person_records
        where confirmed_person_id in (select person_id from core.group_memberships where group_id = $group)
            and (record_table, record_id) not in (
                select table_name, record_id from ({desk.IN_FORCE}) where kind = 'seal'
            )
        """,
        {"group": group},
    ).fetchall()
    return {record for (record,) in rows}


def _is_conduct(text: str, *, group: str) -> bool:
    """Whether anything is said beyond being in a group."""
    rest = _MEMBERSHIP.sub(" ", text.casefold().replace(group.casefold(), " "))
    return bool(re.search(r"\w", rest))
