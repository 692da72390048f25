"""What is checked of a person before a call-in: who lacks which check, and the checks as people report them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.call_ins import check_core, write_named_form
from strategic_prosecution.stages.candidates import candidates
from strategic_prosecution.stages.forms import FormError, Line
from strategic_prosecution.warehouse import Connection

_CHECKS = model.table("desk.call_in_checks")
_DATES = ("deconflicted_on", "counsel_consent_on", "advocate_cleared_on")
_CODES = ("open_warrant", "in_custody", "counsel", "primary_aggressor")
_TEXTS = ("warrant_cleared_by", "mandated_by")
# In the order in which a form asks.
FORM = (
    "record",
    "given_name",
    "family_name",
    "birth_date",
    "group_id",
    "missing",
    "deconflicted_on",
    "open_warrant",
    "warrant_cleared_by",
    "in_custody",
    "counsel",
    "counsel_consent_on",
    "mandated_by",
    "advocate_cleared_on",
    "primary_aggressor",
)
_ASKED = tuple(name for name in FORM if name in (*_DATES, *_CODES, *_TEXTS))

# Reasons that keep somebody off a list until a check is made, with what is missing; and those that no check can cure.
CURED = {
    "dual_arrest": "a dual arrest: the primary aggressor is not recorded",
    "warrant": "an open warrant, which the supervising attorney has not cleared",
    "warrant_unknown": "nobody has said whether there is an open warrant",
    "open_case": "an open case, without counsel's consent",
    "counsel": "has counsel, who has not consented",
    "counsel_unknown": "nobody has said whether the person has counsel",
    "custody_unknown": "nobody has said whether the person is held",
    "not_deconflicted": "no fresh stamp that an investigation is not disturbed",
    "no_advocate_clearance": "no fresh clearance by the victim advocate",
    "no_authority": "under supervision, and no authority is named that can require attendance",
}
FINAL = {
    "record_withdrawn": "the record is withdrawn or sealed",
    "membership_not_active": "the membership does not count any more: expired, contested or removed",
    "not_identified": "no identifier and no reviewer ties the record to another of the person; see `stratpro "
    "people review`",
    "name_missing": "no name on record",
    "birth_date_missing": "no date of birth on record",
    "birth_date_unsure": "two dates of birth on record",
    "under_18": "under 18",
    "victim_or_witness_only": "on record as victim or witness only",
    "only_juvenile_evidence": "the membership rests on a fact from before the 18th birthday",
    "only_juvenile_records": "nothing on record from after the 18th birthday",
    "tier_not_decided": "the strategy's rule does not decide",
    "attorney_review": "an attorney's to look at, no notice's",
    "in_custody": "in custody",
    "own_groups_feud": "in two groups that feud with each other",
    "not_there": "the record is not in the newest core",
}


@dataclass(frozen=True)
class Lacking:
    """How many lines a form of checks has, by what is missing, and how many people no check can bring in, by reason."""

    lines: int
    missing: dict[str, int]
    kept_off: dict[str, int]


def in_words(reason: str) -> str:
    """Why somebody is kept off a list, in plain words."""
    return (CURED | FINAL)[reason]


def may_be_named(reason: str) -> bool:
    """Whether somebody kept off by a reason may stand in a form of the office's own: all that is missing is a check."""
    return not reason or reason in CURED


def said_of(row: dict[str, Any]) -> str:
    """Why somebody may be invited, or not, in words; holds no value of the record but group and end of supervision."""
    if row["reason"]:
        return f"no: {in_words(row['reason'])}"
    supervised = "not under supervision"
    if row.get("supervision_type"):
        until = row.get("supervised_until")
        supervised = f"on {row['supervision_type']}" + ("" if until is None else f" until {until:%Y-%m-%d}")
    who = "by the declared rule" if row.get("group_id") is None else f"confirmed member of {row['group_id']}"
    return f"yes: {who}; {supervised}; every check is made"


def export_checks(connection: Connection, office: Office, *, kind: str, path: Path, on: date) -> Lacking:
    """Write who could be named but for a check as a form, with what is known of the checks. For use inside a run.

    Whoever is kept off for another reason is counted, and not in it. Raises CallInError where core is too old.
    """
    check_core(connection, office, on)
    found = candidates(connection, office, kind=kind, on=on)
    made = desk.newest(connection, _CHECKS)[["record_table", "record_id", *_ASKED]]
    # Whom a check found in custody, a newer check may find at liberty.
    held = set((made["record_table"] + "/" + made["record_id"])[made["in_custody"] == "yes"])
    is_held = (found["record_table"] + "/" + found["record_id"]).isin(held) & found["reason"].eq("in_custody")
    lacks = found["reason"].isin(CURED) | is_held
    lacking = found[lacks]
    asked = lacking.drop(columns="mandated_by").merge(made, on=["record_table", "record_id"], how="left")
    asked = asked.assign(
        record=asked["record_table"] + "/" + asked["record_id"], missing=asked["reason"].map(in_words)
    ).drop_duplicates("record")
    rows = [
        {name: _plain(row[name]) for name in FORM}
        for row in asked.sort_values("record", kind="stable").to_dict("records")
    ]
    write_named_form(
        connection,
        office,
        path,
        columns=FORM,
        rows=rows,
        purpose=f"checks before {kind.replace('_', ' ')}",
        call_in_id=None,
        on=on,
    )
    kept_off = found[(found["reason"] != "") & ~lacks]
    return Lacking(len(rows), _counts(asked["reason"]), _counts(kept_off["reason"]))


def record_checks(
    connection: Connection, office: Office, *, kind: str, lines: Sequence[Line], why: str, on: date
) -> int:
    """Record the checks of a form: all lines, or none; returns how many. For use inside a run.

    A line says all that is known of the person's checks: an empty cell is an unknown. A line with nothing filled in is
    passed over. Raises FormError for lines that are wrong: no record of the newest core, a date after ``on``.
    """
    known = candidates(connection, office, kind=kind, on=on)
    records = set(known["record_table"] + "/" + known["record_id"])
    wrong: list[str] = []
    checks: dict[str, dict[str, Any]] = {}
    for line in lines:
        record = line.values.get("record", "")
        values, faults = _read(line, on=on)
        if not any(line.values.get(name) for name in _ASKED):
            continue
        if record not in records:
            faults.append("[record] names nobody who could be asked; leave the column as it was")
        if record in checks:
            faults.append("this record stands in the form twice; leave one line")
        wrong += [f"{line.where}: {fault}" for fault in faults]
        checks[record] = values
    if wrong:
        raise FormError(wrong)
    if checks:
        audit.append(office, "checks_recorded", checks=len(checks))
        with warehouse.transaction(connection):
            for record, values in checks.items():
                table, _, key = record.partition("/")
                named = {"check_id": record, "record_table": table, "record_id": key}
                desk.add(connection, _CHECKS, why=why, known_on=on, **named, **values)
    return len(checks)


def _read(line: Line, *, on: date) -> tuple[dict[str, Any], list[str]]:
    """The checks of a line, null where empty, and what is wrong with them."""
    values: dict[str, Any] = {}
    faults = []
    for name in _ASKED:
        text = line.values.get(name, "")
        values[name] = text or None
        if not text:
            continue
        if name in _CODES:
            values[name] = text.lower()
            if text.lower() not in ("yes", "no"):
                faults.append(f"[{name}] is yes or no, or empty where nobody knows")
        elif name in _DATES:
            try:
                values[name] = date.fromisoformat(text)
            except ValueError:
                faults.append(f"[{name}] is no day such as 2024-03-31")
                continue
            if values[name] > on:
                faults.append(f"[{name}] is after {on}; what has not happened is not recorded")
    return values, faults


def _plain(value: Any) -> Any:
    return None if pd.isna(value) else value


def _counts(reasons: pd.Series) -> dict[str, int]:
    return dict(sorted(Counter(reasons).items()))
