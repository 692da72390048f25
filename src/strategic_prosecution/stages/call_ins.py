"""Call-ins and other notices as they stand on the desk: what each is, who is in it, and what may be counted of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model
from strategic_prosecution.report.named_page import Heading
from strategic_prosecution.settings import Office, nearest
from strategic_prosecution.stages.candidates import candidates
from strategic_prosecution.stages.forms import check_form, write_form
from strategic_prosecution.stages.named_exports import note_export
from strategic_prosecution.stages.people_records import core_day
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

# People come together; the other notices go to one person at a time.
MEETINGS = ("call_in", "drug_market")
_CALL_INS = model.table("desk.call_ins")
_PEOPLE = ["record_table", "record_id", "group_id", "session", "step", "step_date", "was_invited"]


class CallInError(ValueError):
    """Something of a call-in cannot be done as asked; the message holds no value of a person's record."""


@dataclass(frozen=True)
class CallIn:
    """What the newest event of a call-in says; ``known_on`` is that event's day."""

    call_in_id: str
    kind: str
    status: str
    held_on: date | None
    mandated_by: str | None
    seats: int | None
    plan: str | None
    known_on: date


@dataclass(frozen=True)
class Standing:
    """A call-in and its people, without what is sealed.

    people: one row per record, in order of group, session and record: record_table, record_id, group_id, session, step
    (the newest of planned, approved, removed), step_date (its day), was_invited.
    is_reviewed: somebody is planned, and everybody planned is approved or removed.
    """

    call_in_id: str
    kind: str
    status: str
    held_on: date | None
    mandated_by: str | None
    people: pd.DataFrame
    is_reviewed: bool


def call_in_named(connection: Connection, call_in_id: str) -> CallIn:
    """The call-in of that key; CallInError where there is none."""
    columns = ", ".join(CallIn.__dataclass_fields__)
    row = connection.execute(
        f"select {columns} from desk.call_ins where call_in_id = ? order by recorded_at desc, rowid desc limit 1",
        [call_in_id],
    ).fetchone()
    if row is None:
        known = connection.execute("select distinct call_in_id from desk.call_ins order by all").fetchall()
        close = nearest(call_in_id, [key for (key,) in known])
        raise CallInError(f"no call-in has that key{close}; `stratpro callin list` shows them")
    return CallIn(*row)


def add_call_in(connection: Connection, call_in: CallIn, *, why: str) -> None:
    """Append what a call-in says now."""
    desk.add(connection, _CALL_INS, why=why, **vars(call_in))


def standing(connection: Connection, office: Office, call_in_id: str) -> Standing:
    """A call-in and its people as the desk has them now; CallInError where no call-in has that key."""
    call_in = call_in_named(connection, call_in_id)
    people = connection.execute(
        f"""
        with steps as (
            select *, rowid as row_number from desk.call_in_people
            where call_in_id = $call_in and (record_table, record_id) not in (
                select table_name, record_id from ({desk.IN_FORCE}) where kind = 'seal'
            )
        ),
        invited as (select distinct record_table, record_id from steps where step = 'invited')
        select record_table, record_id, group_id, session, step, step_date,
            (record_table, record_id) in (from invited) as was_invited
        from steps
        where step in ('planned', 'approved', 'removed')
        qualify row_number() over (
            partition by record_table, record_id order by recorded_at desc, row_number desc
        ) = 1
        order by group_id, session, record_table, record_id
        """,
        {"call_in": call_in_id},
    ).df()[_PEOPLE]
    return Standing(
        call_in_id,
        call_in.kind,
        call_in.status,
        call_in.held_on,
        call_in.mandated_by,
        people,
        is_reviewed=bool(len(people)) and not people["step"].eq("planned").any(),
    )


def check_order(call_in: CallIn, on: date, *, until: Sequence[str] = ("planned", "reviewed", "held")) -> None:
    """Raise CallInError where nothing may be done any more, or not yet, with a call-in on a day."""
    if call_in.status not in until:
        raise CallInError(f"the call-in is {call_in.status}: that is done only while it is {' or '.join(until)}")
    if on < call_in.known_on:
        raise CallInError(f"the newest event of this call-in is of {call_in.known_on}; name that day or a later one")


def check_core(connection: Connection, office: Office, on: date) -> None:
    """Raise CallInError where the newest core is too old for naming anybody on a day, or newer than the day."""
    day, most = core_day(connection, office), office.groups.call_ins.deconfliction_days
    if on < day:
        raise CallInError(f"the newest core is of {day}: what it knows since {on} would be left out; name a later day")
    if (on - day).days > most:
        raise CallInError(
            f"the newest core is of {day}, more than {most} days before {on}: whoever has a new case or is in custody "
            "would be named; run the night first"
        )


def people_for(connection: Connection, office: Office, *, kind: str, mandated_by: str | None, on: date) -> pd.DataFrame:
    """``candidates``, with the authority that the whole call-in has, for those who have none of their own."""
    found = candidates(connection, office, kind=kind, on=on)
    if not mandated_by:
        return found
    is_supervised = found["supervision_type"].notna()
    own = found["mandated_by"].where(found["mandated_by"].astype("string").str.strip().ne("").fillna(False))
    # The last of the reasons: whoever has it would be eligible with an authority.
    return found.assign(
        mandated_by=own.mask(own.isna() & is_supervised, mandated_by),
        reason=found["reason"].mask(found["reason"].eq("no_authority") & is_supervised, ""),
    )


def add_steps(
    connection: Connection, call_in_id: str, steps: Iterable[Mapping[str, Any]], *, why: str, on: date
) -> None:
    """Append steps of people: record_table, record_id, group_id, session, step, and step_date or why where not common.

    For use inside ``transaction``, after the audit log has their number.
    """
    table = model.table("desk.call_in_people")
    for step in steps:
        values = {"step_date": on, "why": why, **step}
        desk.add(connection, table, known_on=on, step_id=desk.new_id("step"), call_in_id=call_in_id, **values)


def write_named_form(
    connection: Connection,
    office: Office,
    path: Path,
    *,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    purpose: str,
    call_in_id: str | None,
    on: date,
) -> str:
    """Write a form that names people, each line with its heading in ``notice``; logged first. Returns its export_id."""
    check_form(path)
    heading = Heading(
        produced_by=desk.login(),
        produced_at=datetime.now(UTC).replace(tzinfo=None),
        recipient=desk.login(),
        purpose=purpose,
        expires_on=date.fromordinal(on.toordinal() + office.groups.call_ins.list_days),
    )
    notice = "; ".join(f"{label}: {value}" for label, value in heading.lines)
    split = (str(row["record"]).partition("/") for row in rows)
    records = [(table, record) for table, _, record in split]
    export_id = note_export(
        connection,
        office,
        view="review",
        heading=heading,
        records=records,
        people=len(set(records)),
        files={path.name: None},
        on=on,
        call_in_id=call_in_id,
    )
    write_form(path, columns=(*columns, "notice"), rows=[{**row, "notice": notice} for row in rows])
    return export_id


def count_rows(connection: Connection, as_of: date) -> pd.DataFrame:
    """mart.call_in_counts as known at the end of a day: one row per call-in, counts of people and promises."""
    return connection.execute(query("call_in_counts"), {"as_of": as_of}).df()


def core_rows(connection: Connection, as_of: date) -> dict[str, pd.DataFrame]:
    """Rows for core.notifications and core.enforcement_actions from what the desk knew by a day, by table.

    All columns of the table, null where the desk says nothing. Notifications are made of counts: they carry nothing of
    the person, no number that follows from one, and for a meeting one date for all; true where something happened, null
    otherwise. Attendance of a meeting, which is there once it is held, is true or false, and who stayed away has no
    group either. An action's promised_date is null: the promise has its own row.
    """
    return {
        name: connection.execute(query(text), {"as_of": as_of})
        .df()
        .reindex(columns=list(model.table(f"core.{name}").names))
        for name, text in (("notifications", "desk_notifications"), ("enforcement_actions", "desk_promises"))
    }
