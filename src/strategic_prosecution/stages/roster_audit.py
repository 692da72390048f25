"""Sample audits of the roster: a seeded draw for somebody to check, what they found, and how much of it is wrong.

The draw itself stands on the desk, so that nothing can be left out of it afterwards, and nothing put in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.groups import ErrorRate, error_rate, sample
from strategic_prosecution.report.named_page import Heading
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.stages.forms import FormError, Line, check_form, read_form, write_form
from strategic_prosecution.stages.named_exports import note_export
from strategic_prosecution.stages.people_records import core_day
from strategic_prosecution.stages.queries import query
from strategic_prosecution.stages.roster import RosterError, plain, weighed
from strategic_prosecution.warehouse import Connection

NOTICE = "Not evidence; not for charging, bail or sentencing argument."
EXPIRING_DAYS = 30
_AUDITS = model.table("desk.membership_audits")
FINDINGS = _AUDITS.column("finding").values
_DRAWN = "drawn, and not checked yet"
# What is filled in stands first, then what a checker needs.
_SHOWN = (
    *("group_id", "given_name", "family_name", "birth_date", "state_id", "fbi_id", "source_person_id"),
    *("criterion", "source", "author", "approver", "evidence_date", "last_fact_date", "reviewed_on", "known_on"),
)
FORM = ("sample_id", "membership_id", "finding", "why", *_SHOWN, "notice")


@dataclass(frozen=True)
class Drawn:
    """A sample drawn and written: how many of how many, and the day after which the form is to be destroyed."""

    sample_id: str
    memberships: int
    drawn_from: int
    expires_on: date


@dataclass(frozen=True)
class Found:
    """What a form of findings brought: new and unchanged lines, memberships not supported, and the sample so far."""

    sample_id: str
    recorded: int
    unchanged: int
    not_supported: tuple[str, ...]
    decided: int
    drawn: int
    drawn_from: int
    rate: ErrorRate


def draw(
    connection: Connection, office: Office, *, size: int, seed: int, form: Path, recipient: str, on: date
) -> Drawn:
    """Draw memberships that count on a day, write them as a form with all that a checker needs, and note both.

    The form names people: it is an export of the view ``review``, on the desk and in the audit log. For use inside a
    run. Raises RosterError where nothing counts or the newest core is too old, SettingsError for a form that cannot be
    written.
    """
    newest, most = core_day(connection, office), office.groups.call_ins.deconfliction_days
    if (on - newest).days > most:
        raise RosterError(f"the newest core is of {newest}, over {most} days before {on}; run the night first")
    rows = weighed(connection, office, on)
    rows = rows[rows["reason"].eq("")].set_index("membership_id")
    if rows.empty:
        raise RosterError(f"no membership counts on {on}; there is nothing to draw from")
    check_form(form)
    drawn = sample(list(rows.index), size=size, seed=seed)
    sample_id = desk.new_id("sample")
    heading = Heading(
        produced_by=desk.login(),
        produced_at=datetime.now(UTC).replace(tzinfo=None),
        recipient=recipient,
        purpose="sample audit of the roster",
        expires_on=on + timedelta(days=office.groups.call_ins.list_days),
    )
    notice = "; ".join(f"{label}: {value}" for label, value in heading.lines)
    lines = rows.loc[list(drawn)].reset_index().assign(sample_id=sample_id, finding=None, why=None, notice=notice)
    facts = {"sample": sample_id, "seed": seed, "memberships": len(drawn), "drawn_from": len(rows)}
    audit.append(office, "roster_sampled", **facts)
    note_export(
        connection,
        office,
        view="review",
        heading=heading,
        records=[("memberships", membership) for membership in drawn],
        people=len(drawn),
        files={form.name: None},
        on=on,
    )
    with warehouse.transaction(connection):
        for membership in drawn:
            _add(
                connection,
                {"membership_id": membership, "sample_id": sample_id, "seed": seed}
                | {"sample_size": len(drawn), "drawn_from": len(rows)},
                finding="undecided",
                why=_DRAWN,
                on=on,
            )
    write_form(form, columns=FORM, rows=plain(lines))
    return Drawn(sample_id, len(drawn), len(rows), heading.expires_on)


def record_findings(connection: Connection, office: Office, form: Path, *, on: date) -> Found:
    """Record the findings of a filled-in form: all lines, or none. A line without a finding stays undecided.

    For use inside a run. FormError for a line of another sample than the first, a membership that was not drawn in it
    or stands there twice, no such finding, and one that is not ``supported`` without saying why.
    """
    lines = [
        line
        for line in read_form(form, columns=FORM, required=("sample_id", "membership_id", "finding", "why"))
        if line.values["finding"]
    ]
    if not lines:
        raise SettingsError(f"{form.name} has no finding filled in; write {', '.join(FINDINGS)} into that column")
    sample_id = lines[0].values["sample_id"]
    standing = {
        row["membership_id"]: row for row in plain(desk.newest(connection, _AUDITS)) if row["sample_id"] == sample_id
    }
    _check(lines, standing, sample_id=sample_id, on=on)
    new = [line for line in lines if not _stands(line, standing[line.values["membership_id"]])]
    if new:
        counts = {finding: sum(line.values["finding"] == finding for line in new) for finding in FINDINGS}
        audit.append(office, "roster_sampled", sample=sample_id, **counts)
        with warehouse.transaction(connection):
            for line in new:
                drawn = standing[line.values["membership_id"]]
                kept = ("membership_id", "sample_id", "seed", "sample_size", "drawn_from")
                _add(
                    connection,
                    {name: drawn[name] for name in kept},
                    finding=line.values["finding"],
                    why=line.values["why"],
                    on=on,
                )
    (row,) = (row for row in plain(audit_rows(connection, on)) if row["sample_id"] == sample_id)
    return Found(
        sample_id=sample_id,
        recorded=len(new),
        unchanged=len(lines) - len(new),
        not_supported=tuple(
            line.values["membership_id"] for line in lines if line.values["finding"] == "not_supported"
        ),
        decided=row["supported"] + row["not_supported"],
        drawn=row["sample_size"],
        drawn_from=row["drawn_from"],
        rate=_rate(row),
    )


def audit_rows(connection: Connection, as_of: date) -> pd.DataFrame:
    """mart.roster_audits: one row per sample with findings known by a day, and the error rate they give."""
    found = connection.execute(query("roster_audits"), {"as_of": as_of}).df()
    rates = [_rate(row) for row in plain(found)]
    found = found.assign(
        as_of=as_of,
        undecided=found["sample_size"] - found["supported"] - found["not_supported"],
        **{
            column: pd.Series([getattr(rate, name) for rate in rates], dtype="Float64")
            for column, name in (("error_rate", "value"), ("lower", "lower"), ("upper", "upper"))
        },
    )
    return found[list(model.table("mart.roster_audits").names)]


def count_rows(active: pd.DataFrame, left_out: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """mart.roster_counts of ``active_memberships``: those that count, those of them about to expire, the others by why.

    People are counted by all links, each once in a row.
    """
    is_expiring = active["expires_on"] <= pd.Timestamp(as_of) + pd.Timedelta(days=EXPIRING_DAYS)
    counted = pd.DataFrame(
        [
            (reason, len(rows), rows["person_id"].nunique())
            for reason, rows in (("active", active), ("expiring", active[is_expiring]))
        ],
        columns=["reason", "memberships", "people"],
    )
    return pd.concat([counted, left_out[list(counted.columns)]], ignore_index=True).assign(as_of=as_of)[
        list(model.table("mart.roster_counts").names)
    ]


def _rate(row: Mapping[str, Any]) -> ErrorRate:
    return error_rate(
        not_supported=row["not_supported"],
        decided=row["supported"] + row["not_supported"],
        population=row["drawn_from"],
    )


def _stands(line: Line, finding: Mapping[str, Any]) -> bool:
    return (line.values["finding"], line.values["why"]) == (finding["finding"], finding["why"])


def _check(lines: Sequence[Line], standing: Mapping[str, Mapping[str, Any]], *, sample_id: str, on: date) -> None:
    messages, seen = [], set()
    for line in lines:
        said = line.values
        if said["sample_id"] != sample_id:
            messages.append(f"{line.where}: it is of another sample than the first line; read each sample by itself")
        elif said["membership_id"] not in standing:
            messages.append(f"{line.where}: this membership was not drawn in this sample, or is forgotten by an order")
        elif said["membership_id"] in seen:
            messages.append(f"{line.where}: this membership has a finding in another line; leave one of the two")
        elif said["finding"] not in FINDINGS:
            messages.append(f"{line.where}: no finding is called so{nearest(said['finding'], FINDINGS)}")
        elif said["finding"] != "supported" and not said["why"]:
            messages.append(f"{line.where}: say why, in the column [why]")
        elif on < standing[said["membership_id"]]["known_on"]:
            messages.append(f"{line.where}: {on} is before the draw, or before the finding that stands")
        seen.add(said["membership_id"])
    if messages:
        raise FormError(messages)


def _add(connection: Connection, drawn: dict[str, Any], *, finding: str, why: str, on: date) -> None:
    desk.add(
        connection,
        _AUDITS,
        why=why,
        known_on=on,
        finding_id=f"{drawn['sample_id']}/{drawn['membership_id']}",
        finding=finding,
        **drawn,
    )
