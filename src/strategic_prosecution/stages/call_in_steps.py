"""What happens to the people of a call-in: approved or removed at the review, invited, come, told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, nearest
from strategic_prosecution.stages.call_in_checks import may_be_named, said_of
from strategic_prosecution.stages.call_ins import (
    MEETINGS,
    CallIn,
    CallInError,
    add_call_in,
    add_steps,
    call_in_named,
    check_core,
    check_order,
    people_for,
    standing,
    write_named_form,
)
from strategic_prosecution.stages.forms import FormError, Line
from strategic_prosecution.warehouse import Connection

_STEP_OF = {"approve": "approved", "remove": "removed"}
_STEPS = ("invited", "attended", "delivered")
_NAMES = ("given_name", "family_name", "birth_date", "group_id", "session")
REVIEW_FORM = ("verdict", "why", "record", *_NAMES, "supervised_until", "may_be_invited", "decided")
STEPS_FORM = ("step", "step_date", "record", *_NAMES)


@dataclass(frozen=True)
class Reviewed:
    """What a review decided, what is undecided, and how the call-in stands after it; counts of records."""

    approved: int
    removed: int
    unchanged: int
    undecided: int
    status: str


def export_review(connection: Connection, office: Office, *, call_in_id: str, path: Path, on: date) -> int:
    """Write the planned people as a form to approve or remove each; returns how many lines. For use inside a run.

    Raises CallInError where the review is over, or core too old.
    """
    call_in = call_in_named(connection, call_in_id)
    check_order(call_in, on, until=("planned", "reviewed"))
    check_core(connection, office, on)
    rows = [
        {
            **{name: row.get(name) for name in ("record", *_NAMES, "supervised_until")},
            "may_be_invited": said_of(row),
            "decided": "" if row["step"] == "planned" else row["step"],
        }
        for row in _people(connection, office, call_in, on=on)
    ]
    purpose = "review of who is planned for a call-in"
    write_named_form(
        connection, office, path, columns=REVIEW_FORM, rows=rows, purpose=purpose, call_in_id=call_in_id, on=on
    )
    return len(rows)


def review(connection: Connection, office: Office, *, call_in_id: str, lines: Sequence[Line], on: date) -> Reviewed:
    """Record what a review decided on each line: all lines, or none. For use inside a run.

    A line without a verdict is undecided; the newest decision on a person counts until the call-in is held. Whoever may
    not be named on ``on`` cannot be approved. Raises FormError for lines that are wrong, CallInError as
    ``export_review``.
    """
    call_in = call_in_named(connection, call_in_id)
    check_order(call_in, on, until=("planned", "reviewed"))
    check_core(connection, office, on)
    people = {row["record"]: row for row in _people(connection, office, call_in, on=on)}
    wrong: list[str] = []
    decided: dict[str, dict[str, Any]] = {}
    unchanged = 0
    for line, record in _lines_about(lines, people, wrong):
        verdict, why = line.values.get("verdict", "").lower(), line.values.get("why", "")
        row = people[record]
        if not verdict:
            continue
        if verdict not in _STEP_OF:
            wrong.append(f"{line.where}: the verdict is approve or remove{nearest(verdict, _STEP_OF)}")
        elif verdict == "remove" and not why:
            wrong.append(f"{line.where}: say in [why] why this person is removed")
        elif verdict == "approve" and row["reason"]:
            wrong.append(f"{line.where}: may not be approved ({said_of(row)}); remove, or clear it with new checks")
        elif row["step"] == _STEP_OF[verdict]:
            unchanged += 1
        else:
            decided[record] = {**_key(row), "step": _STEP_OF[verdict], "why": why or "approved at the review"}
    after = {record: decided.get(record, row)["step"] for record, row in people.items()}
    wrong += _halves(people, after)
    if wrong:
        raise FormError(wrong)
    counts = Counter(step["step"] for step in decided.values())
    undecided = sum(step == "planned" for step in after.values())
    status = call_in.status if undecided else "reviewed"
    if decided:
        audit.append(
            office,
            "call_in_reviewed",
            call_in=call_in_id,
            approved=counts["approved"],
            removed=counts["removed"],
            undecided=undecided,
        )
        with warehouse.transaction(connection):
            add_steps(connection, call_in_id, decided.values(), why="", on=on)
            if status != call_in.status:
                why = "every planned person is approved or removed"
                add_call_in(connection, replace(call_in, status=status, known_on=on), why=why)
    return Reviewed(counts["approved"], counts["removed"], unchanged, undecided, status)


def export_steps(connection: Connection, office: Office, *, call_in_id: str, path: Path, on: date) -> int:
    """Write the approved people as a form for what happened to each; returns how many lines. For use inside a run."""
    call_in = call_in_named(connection, call_in_id)
    check_order(call_in, on, until=("reviewed", "held"))
    check_core(connection, office, on)
    rows = [
        {name: row.get(name) for name in ("record", *_NAMES)}
        for row in _people(connection, office, call_in, on=on)
        if row["step"] == "approved"
    ]
    purpose = "recording who was invited, came, and was told"
    write_named_form(
        connection, office, path, columns=STEPS_FORM, rows=rows, purpose=purpose, call_in_id=call_in_id, on=on
    )
    return len(rows)


def record_steps(
    connection: Connection, office: Office, *, call_in_id: str, lines: Sequence[Line], why: str, on: date
) -> dict[str, int]:
    """Record what happened to approved people: all lines, or none; returns step -> people. For use inside a run.

    One line per person and step; who did not come gets no line, and no entry. Raises FormError for lines that are
    wrong: a person not approved, a step out of order, a date after ``on`` or before the approval.
    """
    call_in = call_in_named(connection, call_in_id)
    check_order(call_in, on, until=("reviewed", "held"))
    found = standing(connection, office, call_in_id).people
    people = {f"{row['record_table']}/{row['record_id']}": row for row in _rows(found)}
    done = {
        (f"{table}/{key}", step): day
        for table, key, step, day in connection.execute(
            "select record_table, record_id, step, step_date from desk.call_in_people "
            "where call_in_id = ? and step in ('invited', 'attended', 'delivered') order by recorded_at, rowid",
            [call_in_id],
        ).fetchall()
    }
    wrong: list[str] = []
    steps: list[dict[str, Any]] = []
    # Whoever was invited in this form too may be said to have come in a line above it.
    filled = [line for line in lines if line.values.get("step") or line.values.get("step_date")]
    ordered = sorted(filled, key=lambda line: _place(line.values.get("step", "")))
    for line, record in _lines_about(ordered, people, wrong, doubled=False):
        step, row = line.values.get("step", "").lower(), people[record]
        day = _day(line.values.get("step_date", ""))
        why_not = _why_not(step, day, call_in=call_in, row=row, invited=done.get((record, "invited")), on=on)
        if why_not is None and (record, step) in done:
            why_not = "this step of this person is recorded already"
        if why_not is not None:
            wrong.append(f"{line.where}: {why_not}")
        else:
            assert day is not None
            done[record, step] = day
            steps.append({**_key(row), "step": step, "step_date": day})
    if wrong:
        raise FormError(wrong)
    counts = Counter(step["step"] for step in steps)
    if steps:
        audit.append(office, "call_in_recorded", call_in=call_in_id, **{step: counts[step] for step in _STEPS})
        with warehouse.transaction(connection):
            add_steps(connection, call_in_id, steps, why=why, on=on)
    return {step: counts[step] for step in _STEPS}


def record_held(
    connection: Connection, office: Office, *, call_in_id: str, held_on: date | None, why: str, on: date
) -> date:
    """Record that a call-in was held, and when (default: the day it was planned for, at the latest ``on``).

    Raises CallInError unless everybody planned was approved or removed, and somebody approved.
    """
    call_in = call_in_named(connection, call_in_id)
    check_order(call_in, on, until=("reviewed",))
    stands = standing(connection, office, call_in_id)
    if not stands.is_reviewed or not stands.people["step"].eq("approved").any():
        raise CallInError("nobody is approved for this call-in, or somebody undecided; finish the review first")
    day = held_on or min(call_in.held_on or on, on)
    if day > on:
        raise CallInError(f"it cannot have been held after {on}; name the day it was held")
    _change(connection, office, replace(call_in, status="held", held_on=day, known_on=on), why=why)
    return day


def record_cancelled(connection: Connection, office: Office, *, call_in_id: str, why: str, on: date) -> None:
    """Record that a call-in is not held; CallInError where it was, or where nobody says why."""
    call_in = call_in_named(connection, call_in_id)
    check_order(call_in, on, until=("planned", "reviewed"))
    if not why.strip():
        raise CallInError("say with --why why it is cancelled")
    _change(connection, office, replace(call_in, status="cancelled", known_on=on), why=why)


def record_help(
    connection: Connection, office: Office, *, call_in_id: str, offered: int, taken: int, why: str, on: date
) -> None:
    """Record how many were offered help and how many took it, as a provider counts; counts of several add up."""
    call_in = call_in_named(connection, call_in_id)
    check_order(call_in, on, until=("held",) if call_in.kind in MEETINGS else ("reviewed", "held"))
    if not 0 <= taken <= offered:
        raise CallInError(f"[{taken}] took help of [{offered}] who were offered it; both are counts, the first smaller")
    audit.append(office, "call_in_recorded", call_in=call_in_id, help_offered=offered, help_taken=taken)
    values = {"help_id": desk.new_id("help"), "call_in_id": call_in_id, "offered": offered, "taken": taken}
    desk.add(connection, model.table("desk.call_in_help"), why=why, known_on=on, **values)


def _change(connection: Connection, office: Office, call_in: CallIn, *, why: str) -> None:
    audit.append(office, "call_in_recorded", call_in=call_in.call_in_id, status=call_in.status)
    add_call_in(connection, call_in, why=why)


def _people(connection: Connection, office: Office, call_in: CallIn, *, on: date) -> list[dict[str, Any]]:
    """The people of a call-in with what is known of each on a day; names only of whoever may be named."""
    found = people_for(connection, office, kind=call_in.kind, mandated_by=call_in.mandated_by, on=on)
    people = standing(connection, office, call_in.call_in_id).people
    # The group of a record may have changed since, and the plan's is meant.
    known = found.drop(columns="group_id").drop_duplicates(["record_table", "record_id"])
    joined = people.merge(known, on=["record_table", "record_id"], how="left", validate="1:1")
    joined["reason"] = joined["reason"].fillna("not_there")
    joined["record"] = joined["record_table"] + "/" + joined["record_id"]
    is_named = joined["reason"].map(may_be_named)
    for name in ("given_name", "family_name", "birth_date", "supervised_until"):
        joined[name] = joined[name].astype(object).where(is_named, None)
    return _rows(joined)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, None where it has nothing."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _key(row: dict[str, Any]) -> dict[str, Any]:
    """What every step of a person repeats."""
    session = row["session"]
    return {
        "record_table": row["record_table"],
        "record_id": row["record_id"],
        "group_id": row["group_id"],
        "session": None if session is None else int(session),
    }


def _lines_about(
    lines: Sequence[Line], people: dict[str, dict[str, Any]], wrong: list[str], *, doubled: bool = True
) -> Iterator[tuple[Line, str]]:
    """The lines that name somebody of the call-in, each with its record; ``wrong`` gets what is said of the others."""
    seen: set[str] = set()
    for line in lines:
        record = line.values.get("record", "")
        if record not in people:
            wrong.append(f"{line.where}: [record] names nobody planned for this call-in; leave the column as it was")
        elif doubled and record in seen:
            wrong.append(f"{line.where}: this record stands in the form twice; leave one line")
        else:
            seen.add(record)
            yield line, record


def _halves(people: dict[str, dict[str, Any]], after: dict[str, str]) -> list[str]:
    """One message where somebody who stands for two groups would be approved for one and removed for the other."""
    by_person: dict[str, set[str]] = {}
    for record, row in people.items():
        if row["person_id"] is not None:
            by_person.setdefault(row["person_id"], set()).add(after[record])
    if any({"approved", "removed"} <= steps for steps in by_person.values()):
        return ["somebody who stands for two groups is approved for one and removed for another; decide both alike"]
    return []


def _why_not(
    step: str, day: date | None, *, call_in: CallIn, row: dict[str, Any], invited: date | None, on: date
) -> str | None:
    """Why a step of a person cannot be recorded, by itself."""
    if step not in _STEPS:
        return f"the step is {', '.join(_STEPS)}{nearest(step, _STEPS)}"
    if day is None:
        return "[step_date] is no day such as 2024-03-31"
    if day > on:
        return f"[step_date] is after {on}; what has not happened is not recorded"
    if row["step"] != "approved":
        return "this person was not approved at the review"
    if day < row["step_date"].date():
        return "[step_date] is before this person was approved"
    if step == "attended":
        if call_in.kind not in MEETINGS:
            return "nobody attends a notice; the step is delivered"
        if call_in.status != "held":
            return "the call-in is not held yet; record --held first"
        if invited is None:
            return "this person was not invited"
        if day < invited:
            return "[step_date] is before this person was invited"
    return None


def _place(step: str) -> int:
    return _STEPS.index(step.lower()) if step.lower() in _STEPS else len(_STEPS)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
