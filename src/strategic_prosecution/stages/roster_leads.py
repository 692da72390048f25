"""Leads of the newest core beside the roster, the events a lead rests on, and its adoption by a person.

A lead is a number. Nobody in it is named, listed or exported: whoever wants to know goes to the events, and finds a
basis for each member there, or does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model
from strategic_prosecution.groups import same_side_ties
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.stages.forms import FormError, read_form
from strategic_prosecution.stages.link_decisions import DecisionError, Record, record_named
from strategic_prosecution.stages.people_records import MEMBERSHIPS, core_day
from strategic_prosecution.stages.queries import query
from strategic_prosecution.stages.roster import RosterError, people_sql, plain
from strategic_prosecution.stages.roster_import import COLUMNS, IDENTITY, Entered, Entry, checked, enter, is_before_18
from strategic_prosecution.warehouse import Connection

# The columns of the form: a record of the member, and the basis.
FORM = (
    *("record", "criterion", "source", "author", "approver"),
    *("evidence_date", "last_fact_date", "known_on"),
)
_COPIED = tuple(name for name in (*IDENTITY, "race_ethnicity", "sex") if name in COLUMNS)
_BETWEEN = "\x1f"
_ENDS = ("source", "target")


@dataclass(frozen=True)
class Adopted:
    """What became of a lead: its lines as entered, whether the group is new, people of it with and without a line."""

    entered: Entered
    is_new_group: bool
    people: int
    people_left: int


def leads(connection: Connection, office: Office) -> pd.DataFrame:
    """The leads of the newest core: lead, people, ties, stability, against_the_roster, shares_with; by number.

    shares_with: groups of the roster with the number of people that are in both. No person, and no key of one.
    """
    day = core_day(connection, office)
    found = connection.execute(
        "select lead_number as lead, people, ties, stability, reconciled as against_the_roster from mart.leads "
        "where as_of = ? order by lead_number",
        [day],
    ).df()
    shared = connection.execute(
        "select lead_number as lead, string_agg(group_id || ': ' || people_in_both, ', ' order by group_id) as shares "
        "from mart.roster_matches where as_of = ? and status = 'matched' group by lead_number",
        [day],
    ).df()
    return found.assign(shares_with=found["lead"].map(shared.set_index("lead")["shares"]))


def lead_events(connection: Connection, office: Office, lead: int) -> pd.DataFrame:
    """The events in which the ties of a lead arose: event (``incident/ID`` or ``docket/ID``), event_date, people.

    people: how many of the lead are on this side of it. By day and event; logged. The rules are those of the ties:
    what left an event, or a person of it, out of the ties leaves it out here. Raises RosterError for no such lead.
    """
    members = _members(connection, office, lead)
    participations = connection.execute(query("participations")).df()
    sealed = {event for (event,) in connection.execute(query("roster_sealed_events")).fetchall()}
    near = participations.loc[participations["person_id"].isin(members), "event_id"]
    of_lead = participations[participations["event_id"].isin(set(near) - sealed)]
    # A person apart in each event: then a tie says of which event it is.
    apart = of_lead.assign(person_id=of_lead["event_id"] + _BETWEEN + of_lead["person_id"])
    ties, _ = same_side_ties(apart, as_of=core_day(connection, office), window_days=office.groups.window_days)
    ends = [ties[name].str.split(_BETWEEN, n=1, expand=True, regex=False).reindex(columns=[0, 1]) for name in _ENDS]
    inside = ends[0][1].isin(members) & ends[1][1].isin(members)
    people = pd.concat([end[inside] for end in ends]).drop_duplicates().groupby(0).size()
    days = of_lead.groupby("event_id")["event_date"].min()
    found = pd.DataFrame({"event": people.index, "event_date": days.reindex(people.index), "people": people.to_numpy()})
    if len(found):
        audit.append(office, "reviewed", lead=lead, events=len(found))
    return found.sort_values(["event_date", "event"], ignore_index=True)


def adopt(connection: Connection, office: Office, lead: int, *, group: str, form: Path, why: str, on: date) -> Adopted:
    """Take people of a lead into the roster, each by a record of theirs and with a basis: all lines, or none.

    Name, birth date and numbers are copied from the record named; no link takes part in it. People of the lead without
    a line are not adopted. For use inside a run. FormError for a line whose basis is not whole, whose record is not of
    a person of the lead, is of the other side, or has no date of birth, and whose evidence is from before 18;
    RosterError for no such lead and no reason.
    """
    if not why.strip():
        raise RosterError("say why, with --why")
    if not group.strip():
        raise RosterError("name the group, with --group")
    people = _members(connection, office, lead)
    lines = read_form(form, columns=FORM, required=FORM[:-1])
    if not lines:
        raise SettingsError(f"{form.name} has no line filled in; name a record of each member, and the basis")
    records, messages = {}, []
    for line in lines:
        try:
            records[line.where] = _record(line.values)
        except ValueError as error:
            messages.append(f"{line.where}: {error}")
    found = _read(connection, set(records.values()))
    entries: list[Entry] = []
    for line in lines:
        if (record := records.get(line.where)) is None:
            continue
        person = found.get(record)
        why_not = _why_not(person, line.values, lead=lead)
        if person is None or why_not:
            messages.append(f"{line.where}: {why_not}")
            continue
        basis = {name: line.values.get(name, "") for name in FORM[1:]}
        copied = {name: str(person[name] or "") for name in _COPIED}
        # Whoever adopts looks at the basis of each on this day.
        row = copied | basis | {"group_id": group.strip(), "reviewed_on": on.isoformat()}
        try:
            entries += checked([(line.where, row)], on=on)
        except FormError as error:
            messages += error.messages
            continue
        if is_before_18(person["birth_date"], entries[-1][1]["evidence_date"]):
            messages.append(f"{line.where}: the evidence is from before the 18th birthday, and no basis")
    if messages:
        order = [f"{line.where}:" for line in lines]
        raise FormError(sorted(messages, key=lambda text: [not text.startswith(where) for where in order]))
    whole = desk.current(connection, office, model.table("desk.memberships"), as_of=on)
    entered = enter(connection, office, entries, why=why.strip(), on=on)
    adopted = {found[record]["person_id"] for record in records.values()}
    return Adopted(
        entered=entered,
        is_new_group=not whole["group_id"].eq(group.strip()).any(),
        people=len(adopted),
        people_left=len(people - adopted),
    )


def _members(connection: Connection, office: Office, lead: int) -> set[str]:
    """The people of a lead, inside the office's own stages only."""
    core_day(connection, office)
    found = connection.execute("select person_id from core.lead_members where lead_number = ?", [lead]).fetchall()
    if not found:
        raise RosterError("the newest core has no lead of this number; `stratpro groups leads` shows them")
    return {person for (person,) in found}


def _record(values: Mapping[str, str]) -> Record:
    try:
        record = record_named(values["record"])
    except DecisionError as error:
        raise ValueError(str(error)) from None
    if record[0] == MEMBERSHIPS:
        raise ValueError("a membership is no basis of another; name an arrest, a case or another record of the person")
    return record


def _read(connection: Connection, records: set[Record]) -> dict[Record, dict[str, Any]]:
    """What core says in the records named, without those that are sealed."""
    named = pd.DataFrame(sorted(records), columns=["record_table", "record_id"], dtype="string[pyarrow]")
    connection.register("named_records", named)
    connection.execute(f"create or replace temp view people_in_core as {people_sql(*_COPIED)}")
    rows = plain(connection.execute(query("roster_named_records")).df())
    connection.execute("drop view people_in_core; drop view named_records")
    return {(row["record_table"], row["record_id"]): row for row in rows}


def _why_not(person: dict[str, Any] | None, values: Mapping[str, str], *, lead: int) -> str:
    """Why a line adopts nobody; '' where it may."""
    if person is None:
        return "the record is not in the newest core; look at its key, or run a night first"
    if person["lead_number"] != lead:
        return "the record is of nobody in this lead; adopt who is in it, or enter the rest with `groups import`"
    if person["is_other_side"]:
        return "the record is of a victim, a witness or another; name one in which the person was arrested or accused"
    if person["birth_date"] is None:
        return "the record has no date of birth, so nobody can say how old the person was; name another record"
    if missing := [name for name in FORM[1:-1] if not values[name]]:
        return f"[{missing[0]}] is empty: who is adopted needs a whole basis, and somebody who approved it"
    return ""
