"""Lists, letters and packets of a reviewed call-in: one view per recipient, on the desk before a file of it is there.

Who is on a list is asked anew on the day of the export: an approval is necessary and not enough.
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model
from strategic_prosecution.fingerprints import fingerprint, fingerprint_key
from strategic_prosecution.report import letters
from strategic_prosecution.report.letters import Cleared, Invited, Owed, Seated, Sender, Session
from strategic_prosecution.report.named_page import Heading, to_pdf
from strategic_prosecution.report.tables import View
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.stages.call_ins import (
    MEETINGS,
    CallIn,
    CallInError,
    call_in_named,
    check_core,
    check_order,
    people_for,
    standing,
)
from strategic_prosecution.stages.named_exports import note_export
from strategic_prosecution.warehouse import Connection

# Whose view has which columns; a file has these and no other, and the heading in ``notice``.
LISTS: dict[str, tuple[str, ...]] = {
    "probation": ("given_name", "family_name", "held_on", "session"),
    "outreach": ("given_name", "family_name", "held_on", "session"),
    "providers": ("code", "held_on", "session"),
    "community": ("held_on", "session", "people"),
    "review": (
        *("given_name", "family_name", "birth_date", "record", "group_id", "session", "code"),
        *("supervision_type", "officer", "mandated_by", "approved_by", "approved_on"),
    ),
}
_MEETING_VIEWS = ("probation", "outreach", "providers", "community", "letters", "briefing", "review")
# What a kind of notice has a view for. Intimate-partner notices and the early-intervention list stay with the office.
VIEWS: dict[str, tuple[str, ...]] = {
    "call_in": _MEETING_VIEWS,
    "drug_market": _MEETING_VIEWS,
    "custom_notification": ("outreach", "providers", "letters", "review"),
    "intimate_partner": ("letters", "review"),
    "early_intervention": ("review",),
}
SUPERVISION = ("probation", "parole")
_TITLES = {
    "probation": "people to require at a meeting",
    "outreach": "people to ask to a meeting",
    "providers": "people whom help is offered, by code",
    "community": "how many are asked to each session",
    "review": "people approved at the review",
}
_SAID: dict[str, tuple[str, ...]] = {
    "probation": (
        "Tell each person of the day and the session, and nothing else. Nobody is arrested at the meeting or on the "
        "way to it. Who comes is not asked of you, and who does not come is not written down.",
        "The session of one person is not told to another.",
    ),
    "outreach": (
        "Ask each person, in your own words. Nobody has to tell you anything, and nothing told to you is asked of you.",
        "The session of one person is not told to another.",
    ),
    "providers": (
        "One code is one person of this meeting, and the same code for no other. Report how many were offered help "
        "and how many took it: no name, no code, no kind of help.",
    ),
    "community": ("Nobody is named here.",),
    "review": ("For the office alone. The code is the one that providers have.",),
    "early_intervention": (
        "For the office's attorneys alone: first-time defendants of low-level offenses who may be kept out of the "
        "process by diversion, deferred prosecution or no charge at all. Nobody is written to from this list.",
        "The attorney decides each case on its own; not being on this list says nothing against anybody.",
    ),
}
_EARLY = ("given_name", "family_name", "birth_date", "record", "approved_by", "approved_on")
# Columns of a file that share one of a page, which has no room for all.
_TOGETHER = {
    "Group, session": ("group_id", "session"),
    "Supervision, authority": ("supervision_type", "officer", "mandated_by"),
    "Approved": ("approved_by", "approved_on"),
}
_LONGEST = 200
_CODE_DIGITS = 10
_KEY = ["record_table", "record_id"]


@dataclass(frozen=True)
class Exported:
    """One export: its key and files, how many people they name or count, and how many approved people they do not."""

    export_id: str
    files: tuple[Path, ...]
    people: int
    left_out: int
    expires_on: date


@dataclass(frozen=True)
class Said:
    """What only the office knows of a meeting: one place and time per session, in order; who answers for help."""

    places: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    contact: str | None = None


def export(
    office: Office,
    connection: Connection,
    *,
    call_in_id: str,
    view: str,
    recipient: str,
    purpose: str,
    agreement: str,
    folder: Path,
    on: date,
    said: Said | None = None,
    supervision: str = "probation",
    html: bool = True,
    pdf: bool = True,
) -> Exported:
    """Write the files of a view into a folder; the audit log and the desk know of them first. For use inside a run.

    Only who was approved at the review, and may still be named on ``on``, is on it. A list is a CSV and, as asked, a
    page; letters and the briefing are pages. ``supervision``: whose people the probation view names. Files are for
    their owner alone; none is replaced.

    Raises CallInError where nobody may be told: a review that is not over, a core too old, a meeting that is past,
    groups in a feud in one session, nobody left. Raises SettingsError for words that are missing or too long, a view
    the kind has not, a folder that cannot be used, and without a fingerprint key. Then nothing is exported.
    """
    said = said or Said()
    for words, option in ((recipient, "--recipient"), (purpose, "--purpose"), (agreement, "--agreement")):
        _check_words(words, option)
    for words in (*said.places, *said.times, *([] if said.contact is None else [said.contact])):
        _check_words(words, "--place, --time or --contact")
    call_in = call_in_named(connection, call_in_id)
    _check_view(call_in, view, pages=html or pdf, supervision=supervision)
    _check_day(connection, office, call_in, on=on)
    key = fingerprint_key(office)
    approved = _approved(connection, office, call_in)
    _check_feuds(connection, office, call_in, approved, on=on)
    people, left_out = _still_eligible(connection, office, call_in, approved, on=on)
    if view == "probation":
        people = people[people["supervision_type"].eq(supervision)]
        if people.empty:
            raise CallInError(f"nobody on this list is on {supervision} on {on}; there is nothing to export")
    heading = Heading(
        produced_by=desk.login(),
        produced_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        recipient=recipient,
        purpose=purpose,
        expires_on=on + timedelta(days=office.groups.call_ins.list_days),
        agreement=agreement,
    )
    sessions = _sessions(call_in, approved, said)
    sender = Sender(office_name=office.office.name, contact=said.contact)
    if view in LISTS:
        people = people.assign(code=_codes(people, call_in_id, key=key), held_on=call_in.held_on)
        columns = _EARLY if call_in.kind == "early_intervention" else LISTS[view]
        rows = _rows(people, view, columns)
        page = _list_page(call_in, view, columns, rows, sender=sender, heading=heading, left_out=left_out)
    elif view == "briefing":
        page = _briefing(connection, office, people, sessions, sender=sender, heading=heading, left_out=left_out, on=on)
    else:
        page = _letters(connection, call_in, people, sessions, sender=sender, heading=heading, left_out=left_out, on=on)
    contents = {
        **({".csv": _csv(columns, rows, heading)} if view in LISTS else {}),
        **({".html": page.encode()} if html else {}),
        **({".pdf": to_pdf(page)} if pdf else {}),
    }
    export_id = desk.new_id("export")
    with _reserved(folder, [f"{export_id}_{view}{ending}" for ending in contents]) as files:
        named = people if view != "community" else people.iloc[:0]
        note_export(
            connection,
            office,
            view=view,
            heading=heading,
            records=named[_KEY].itertuples(index=False, name=None),
            people=named["person_id"].nunique(),
            export_id=export_id,
            call_in_id=call_in_id,
            left_out=left_out,
            files={
                path.name: sha256(content).hexdigest() for path, content in zip(files, contents.values(), strict=True)
            },
            on=on,
        )
        for path, content in zip(files, contents.values(), strict=True):
            with path.open("r+b") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
    return Exported(export_id, files, people["person_id"].nunique(), left_out, heading.expires_on)


def _check_words(words: str, option: str) -> None:
    if not words.strip() or not words.isprintable() or len(words) > _LONGEST:
        raise SettingsError(f"{option} is said in one line of plain text, at most {_LONGEST} characters")


def _check_view(call_in: CallIn, view: str, *, pages: bool, supervision: str) -> None:
    known = VIEWS[call_in.kind]
    if view not in known:
        raise SettingsError(f"{call_in.kind} has no view [{view}]{nearest(view, known)}; it has {', '.join(known)}")
    if view not in LISTS and not pages:
        raise SettingsError(f"{view} is a page; ask for HTML, PDF or both")
    if supervision not in SUPERVISION:
        raise SettingsError(f"no supervision [{supervision}]{nearest(supervision, SUPERVISION)}")
    if view == "probation" and _is_voluntary(call_in):
        raise CallInError("nobody is required to come to this meeting, so nobody is to be told to require it")


def _is_voluntary(call_in: CallIn) -> bool:
    return bool(json.loads(call_in.plan or "{}").get("is_voluntary", False))


def _check_day(connection: Connection, office: Office, call_in: CallIn, *, on: date) -> None:
    """Whether anything of a call-in may be exported on a day at all."""
    check_order(call_in, on, until=("reviewed", "held"))
    check_core(connection, office, on)
    if call_in.kind in MEETINGS:
        if call_in.held_on is None:
            raise CallInError("the meeting has no day yet; plan it with one")
        if call_in.held_on < on:
            raise CallInError(f"the meeting was on {call_in.held_on}; a list of who was to come is not needed any more")


def _approved(connection: Connection, office: Office, call_in: CallIn) -> pd.DataFrame:
    """Who was approved, and by whom; CallInError unless everybody planned is approved or removed."""
    stands = standing(connection, office, call_in.call_in_id)
    if not stands.is_reviewed:
        raise CallInError("the review is not over: everybody planned is approved or removed before anything leaves")
    approvals = connection.execute(
        """
        select record_table, record_id, recorded_by as approved_by, step_date as approved_on
        from desk.call_in_people where call_in_id = ? and step = 'approved'
        qualify row_number() over (partition by record_table, record_id order by recorded_at desc, rowid desc) = 1
        """,
        [call_in.call_in_id],
    ).df()
    found = stands.people[stands.people["step"].eq("approved")].drop(columns=["step", "step_date", "was_invited"])
    return found.merge(approvals, on=_KEY, how="left", validate="one_to_one")


def _still_eligible(
    connection: Connection, office: Office, call_in: CallIn, approved: pd.DataFrame, *, on: date
) -> tuple[pd.DataFrame, int]:
    """The approved people who may be named on a day, in the order of the plan, and how many of the approved may not.

    The group is the plan's. CallInError where nobody is left.
    """
    found = people_for(connection, office, kind=call_in.kind, mandated_by=call_in.mandated_by, on=on)
    known = found.drop(columns="group_id").drop_duplicates(_KEY)
    people = approved.merge(known, on=_KEY, how="left", validate="one_to_one")
    is_named = people["reason"].eq("").fillna(False).astype(bool) & people["person_id"].notna()
    named = people[is_named].reset_index(drop=True)
    if named.empty:
        raise CallInError(f"nobody approved may be named on {on}; `stratpro callin checks` says what is missing")
    # Who stands for two groups, and may be named for one of them, is not left out.
    others = people[~is_named & ~people["person_id"].isin(named["person_id"])]
    left_out = others["person_id"].fillna(others["record_table"] + "/" + others["record_id"]).nunique()
    return named, int(left_out)


def _open_feuds(connection: Connection, office: Office, *, on: date) -> list[tuple[str, str]]:
    feuds = desk.current(connection, office, model.table("desk.feuds"), as_of=on)
    still = feuds[feuds["ended_on"].isna() | (feuds["ended_on"] > pd.Timestamp(on))]
    pairs = zip(still["group_id"], still["other_group_id"], strict=True)
    return sorted({(min(pair), max(pair)) for pair in pairs})


def _check_feuds(connection: Connection, office: Office, call_in: CallIn, approved: pd.DataFrame, *, on: date) -> None:
    """A feud may have begun since the plan; its sides never meet."""
    if call_in.kind not in MEETINGS:
        return
    seats = {(row.group_id, row.session) for row in approved.itertuples()}
    for one, other in _open_feuds(connection, office, on=on):
        if any((one, session) in seats and (other, session) in seats for _, session in seats):
            raise CallInError(
                f"the groups {one} and {other} are in an open feud and in one session; plan the call-in anew"
            )


def _sessions(call_in: CallIn, approved: pd.DataFrame, said: Said) -> dict[int, Session]:
    """The sessions by number, each with its place and time. All that were planned: a place belongs to a number."""
    if call_in.kind not in MEETINGS or call_in.held_on is None:
        return {}
    numbers = sorted({int(number) for number in approved["session"].fillna(1)})
    for given, option in ((said.places, "--place"), (said.times, "--time")):
        if given and len(given) != len(numbers):
            raise SettingsError(f"{option} is given once per session, in order: {len(numbers)} times, or not at all")
    both = list(zip(said.places, said.times, strict=False))
    if len(set(both)) < len(both):
        raise SettingsError("two sessions would be at one place and time; they are apart for people's safety")
    return {
        number: Session(
            number=number,
            held_on=call_in.held_on,
            place=said.places[place] if said.places else None,
            time=said.times[place] if said.times else None,
        )
        for place, number in enumerate(numbers)
    }


def _codes(people: pd.DataFrame, call_in_id: str, *, key: bytes) -> list[str]:
    """A code of each person for this call-in alone: who has the key can make it again, nobody else can.

    Of the person's first record in it, as the key of a person may change with the links of a night.
    """
    records = people["record_table"] + "/" + people["record_id"]
    first = records.groupby(people["person_id"]).transform("min")
    return [fingerprint(f"code of {call_in_id}", record, key=key)[:_CODE_DIGITS].upper() for record in first]


def _rows(people: pd.DataFrame, view: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """The lines of a list as text: one per person, except that the review has one per record."""
    if view == "community":
        frame = people.groupby("session", dropna=False).agg(
            held_on=("held_on", "first"), people=("person_id", "nunique")
        )
        frame = frame.reset_index()
    elif view == "review":
        frame = people.assign(record=people["record_table"] + "/" + people["record_id"])
    else:
        frame = people.drop_duplicates("person_id")
    order = [name for name in ("session", "family_name", "given_name", "code") if name in columns]
    frame = frame.sort_values(order, kind="stable")
    return [{name: _text(row[name]) for name in columns} for row in frame.to_dict("records")]


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return str(int(value)) if isinstance(value, float) else str(value)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]], heading: Heading) -> bytes:
    """A list as CSV, the heading on every line; what a spreadsheet would take for a formula gets an apostrophe."""
    notice = "; ".join(f"{label}: {value}" for label, value in heading.lines)
    text = io.StringIO()
    writer = csv.DictWriter(text, [*columns, "notice"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {**row, "notice": notice}
        writer.writerow({name: re.sub(r"^([=+\-@\t\r])", r"'\1", value) for name, value in cells.items()})
    return text.getvalue().encode()


def _list_page(
    call_in: CallIn,
    view: str,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    *,
    sender: Sender,
    heading: Heading,
    left_out: int,
) -> str:
    is_early = call_in.kind == "early_intervention"
    together = {title: names for title, names in _TOGETHER.items() if set(names) <= set(columns)}
    apart = [name for name in columns if name not in {one for names in together.values() for one in names}]
    said = {name.replace("_", " ").capitalize(): (name,) for name in apart} | together
    counted = {"community": "session", "review": "record"}.get(view, "person")
    shown = View(
        caption=f"One line per {counted}: {len(rows)}",
        header=tuple((title, title == "People") for title in said),
        rows=tuple(
            tuple(", ".join(filter(None, (row[name] for name in names))) for names in said.values()) for row in rows
        ),
    )
    return letters.named_list(
        shown,
        title="first-time defendants who may be kept out of the process" if is_early else _TITLES[view],
        said=_SAID["early_intervention" if is_early else view],
        sender=sender,
        heading=heading,
        # How many others there were is the office's to know.
        left_out=left_out if view == "review" else 0,
    )


def _names(people: pd.DataFrame) -> list[str]:
    given, family = (people[name].fillna("").astype(str).str.strip() for name in ("given_name", "family_name"))
    return (given + " " + family).str.strip().tolist()


def _briefing(
    connection: Connection,
    office: Office,
    people: pd.DataFrame,
    sessions: Mapping[int, Session],
    *,
    sender: Sender,
    heading: Heading,
    left_out: int,
    on: date,
) -> str:
    groups = people["group_id"].fillna("none")
    at = people["session"].fillna(1).astype(int)
    seated = [
        Seated(name=name, group=group, session=sessions[number])
        for name, group, number in sorted(zip(_names(people), groups, at, strict=True))
    ]
    return letters.briefing(
        seated,
        feuds=[pair for pair in _open_feuds(connection, office, on=on) if set(pair) <= set(groups)],
        owed=_owed(connection, set(groups), on=on),
        sender=sender,
        heading=heading,
        left_out=left_out,
    )


def _owed(connection: Connection, groups: set[str], *, on: date) -> list[Owed]:
    """Promises to the groups that are not kept, without the words of those that have come to be about a person."""
    promises = desk.newest(connection, model.table("desk.promises"))
    promises = promises[
        promises["group_id"].isin(groups) & promises["kept_on"].isna() & promises["made_on"].le(pd.Timestamp(on))
    ].sort_values(["due_on", "group_id", "promise_id"], na_position="last")
    return [
        Owed(
            group=row["group_id"],
            kind=row["kind"],
            what=None if pd.isna(row["what"]) or not pd.isna(row["record_id"]) else row["what"],
            owner_role=None if pd.isna(row["owner_role"]) else row["owner_role"],
            made_on=row["made_on"].date(),
            due_on=None if pd.isna(row["due_on"]) else row["due_on"].date(),
        )
        for row in promises.to_dict("records")
    ]


def _letters(
    connection: Connection,
    call_in: CallIn,
    people: pd.DataFrame,
    sessions: Mapping[int, Session],
    *,
    sender: Sender,
    heading: Heading,
    left_out: int,
    on: date,
) -> str:
    """The letters of a kind, one per person."""
    people = people.drop_duplicates("person_id")
    names = _names(people)
    if call_in.kind == "custom_notification":
        return letters.custom_notifications(sorted(names), sender=sender, heading=heading, left_out=left_out)
    if call_in.kind == "intimate_partner":
        cleared = _clearances(connection, on=on)
        days = [cleared.get(record) for record in people[_KEY].itertuples(index=False, name=None)]
        if None in days:
            raise CallInError("a notice has no clearance of the victim-advocate partner; no letter is written")
        told = [Cleared(name=name, cleared_on=day) for name, day in zip(names, days, strict=True) if day is not None]
        return letters.intimate_partner_letters(told, sender=sender, sent_on=on, heading=heading, left_out=left_out)
    at = people["session"].fillna(1).astype(int)
    is_required = people["supervision_type"].notna() & people["mandated_by"].notna() & (not _is_voluntary(call_in))
    required = [str(by) if is_so else None for by, is_so in zip(people["mandated_by"], is_required, strict=True)]
    invited = [
        Invited(name=name, session=sessions[number], mandated_by=by)
        for name, number, by in zip(names, at, required, strict=True)
    ]
    return letters.invitations(
        sorted(invited, key=lambda person: person.name), sender=sender, heading=heading, left_out=left_out
    )


def _clearances(connection: Connection, *, on: date) -> dict[tuple[str, str], date]:
    """The day on which the victim-advocate partner cleared a notice, by record, for those it did by a day."""
    checks = desk.newest(connection, model.table("desk.call_in_checks"))
    checks = checks[checks["advocate_cleared_on"].le(pd.Timestamp(on))]
    return {
        (row["record_table"], row["record_id"]): row["advocate_cleared_on"].date() for row in checks.to_dict("records")
    }


@contextmanager
def _reserved(folder: Path, names: Sequence[str]) -> Iterator[tuple[Path, ...]]:
    """The files, empty and ours alone, in a folder that is ours alone; gone again if anything is raised."""
    files: list[Path] = []
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            raise SettingsError(f"--out: [{folder}] is open to others; chmod 700 it, or name another folder")
        for name in names:
            os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
            files.append(folder / name)
        yield tuple(files)
    except BaseException as error:
        for path in files:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError) and not files:
            raise SettingsError(f"--out: [{folder}] cannot be used ({error.strerror}); name another folder") from None
        raise
