"""Groups: the roster entered, adopted from leads, contested and audited. Only the form of an audit names people."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from strategic_prosecution import desk, stages, warehouse
from strategic_prosecution.cli.shared import (
    DEFAULT_OFFICE,
    Debug,
    Json,
    OfficeFile,
    Wait,
    app,
    errors,
    output,
    print_frame,
    records_of,
    told_in_a_line,
)
from strategic_prosecution.settings import Office, SettingsError, load_office, nearest
from strategic_prosecution.stages import roster, roster_audit, roster_import, roster_leads
from strategic_prosecution.stages.forms import FormError, write_form
from strategic_prosecution.stages.link_decisions import record_named
from strategic_prosecution.stages.roster import NOT_LINKED
from strategic_prosecution.stages.roster_import import Entered
from strategic_prosecution.warehouse import Connection

commands = typer.Typer(help="The roster of groups: enter, adopt, contest, audit.", no_args_is_help=True)
app.add_typer(commands, name="groups")

On = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="the day it is done or looked at; default: today in the office"),
]
_DECISIONS = ("uphold", "remove")
_WHY_NOT = {
    "": "counts",
    "tip": "a tip: no criterion or no approver",
    NOT_LINKED: "not linked yet: the next night does",
    "evidence_before_18": "evidence from before 18",
    "age_unknown": "no date of birth, or of the evidence",
    "no_notice": "no notice given",
    "group_not_reviewed": "group not reviewed in time",
}


@commands.command(name="import")
def enter(
    file: Annotated[
        Path | None, typer.Argument(help="memberships, as .csv or .xlsx: all lines are right, or none counts")
    ] = None,
    export: Annotated[Path | None, typer.Option("--export", help="write an empty form instead (.csv or .xlsx)")] = None,
    why: Annotated[str, typer.Option("--why", help="the reason that is kept with each line")] = "entered from a form",
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Enter memberships by hand, for an office whose group audit is no extract. The next night links them."""
    with told_in_a_line(debug):
        settings = load_office(office)
        if (file is None) == (export is None):
            raise SettingsError("name a form of memberships to read, or --export FORM to write an empty one")
        if export is not None:
            _write_empty(export, roster_import.FORM)
            return
        assert file is not None
        day = _day(settings, on)
        with _telling_lines(file), _open(settings, what="groups import", wait=wait) as connection:
            entries = roster_import.read_memberships(file, on=day)
            done = roster_import.enter(connection, settings, entries, why=why, on=day)
        if as_json:
            output.print_json(json.dumps(asdict(done)))
        else:
            _print_entered(done, day)


@commands.command(name="leads")
def show_leads(
    lead: Annotated[int | None, typer.Option("--lead", help="the events in which the ties of this lead arose")] = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Clusters in the data that nobody adopted: numbers and events, never a person."""
    with told_in_a_line(debug):
        settings = load_office(office)
        with _open(settings, what="groups leads", wait=wait) as connection:
            if lead is None:
                frame = roster_leads.leads(connection, settings)
            else:
                frame = roster_leads.lead_events(connection, settings, lead)
                frame["event_date"] = frame["event_date"].dt.strftime("%Y-%m-%d")
        if as_json:
            output.print_json(json.dumps(records_of(frame)))
            return
        if "stability" in frame:
            frame["stability"] = frame["stability"].map("{:.2f}".format, na_action="ignore")
        print_frame("Leads" if lead is None else f"Events of lead {lead}", frame)
        output.print(
            "A lead is a number: nobody is named, listed or approached by it. `groups adopt` takes it into the roster, "
            "with a basis for each member",
            soft_wrap=True,
        )


@commands.command()
def adopt(
    lead: Annotated[int, typer.Argument(help="number of the lead in the newest core")],
    group: Annotated[str, typer.Option("--group", help="group it becomes, new or on the roster")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", help="a record and a basis for each member (.csv or .xlsx)")
    ] = None,
    export: Annotated[Path | None, typer.Option("--export", help="write an empty form instead (.csv or .xlsx)")] = None,
    why: Annotated[str, typer.Option("--why", help="what it is adopted for")] = "",
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Take people of a lead into the roster, each by a record of theirs and with a basis; the others stay out."""
    with told_in_a_line(debug):
        settings = load_office(office)
        if (file is None) == (export is None):
            raise SettingsError("name a filled-in form with --file, or --export FORM to write an empty one")
        if export is not None:
            _write_empty(export, roster_leads.FORM)
            return
        assert file is not None
        day = _day(settings, on)
        with _telling_lines(file), _open(settings, what="groups adopt", wait=wait) as connection:
            done = roster_leads.adopt(connection, settings, lead, group=group, form=file, why=why, on=day)
        if as_json:
            output.print_json(json.dumps(asdict(done)))
            return
        is_new = "a new group" if done.is_new_group else "a group that is on the roster already"
        output.print(
            f"lead {lead}: {done.people} people adopted into {is_new}; {done.people_left} of the lead have no line and "
            "are not adopted",
            soft_wrap=True,
        )
        _print_entered(done.entered, day)


@commands.command()
def contest(
    membership: Annotated[str, typer.Argument(help="id of the membership; `groups list` shows them")],
    why: Annotated[str, typer.Option("--why", help="what is said against it, or why it is decided so")] = "",
    decide: Annotated[str | None, typer.Option("--decide", help="uphold (it stands again) or remove")] = None,
    on: On = None,
    wait: Wait = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Record that a membership is contested, which suspends it at once, or decide on it."""
    with told_in_a_line(debug):
        settings = load_office(office)
        if decide is not None and decide not in _DECISIONS:
            raise SettingsError(f"--decide: no decision is called so{nearest(decide, _DECISIONS)}")
        day = _day(settings, on)
        with _open(settings, what="groups contest", wait=wait) as connection:
            stands = roster.act(connection, settings, membership, action=decide or "contest", why=why, on=day)
        if decide is None:
            said = "suspended: lists leave it out from now on, counts and networks from the next night on"
        elif decide == "remove":
            said = "removed: lists leave it out from now on, counts and networks from the next night on"
        else:
            reason = stands["reason"]
            other = "" if reason in ("", "contested") else f"; it does not count all the same: {_worded(reason)}"
            said = f"upheld: it stands in every run as of {day} or later{other}"
        output.print(said, soft_wrap=True)


@commands.command()
def notice(
    membership: Annotated[str, typer.Argument(help="id of the membership; `groups list` shows them")],
    on: On = None,
    why: Annotated[str, typer.Option("--why", help="how notice was given")] = "notice given",
    wait: Wait = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Record that the person was given notice of a membership."""
    with told_in_a_line(debug):
        settings = load_office(office)
        day = _day(settings, on)
        with _open(settings, what="groups notice", wait=wait) as connection:
            roster.act(connection, settings, membership, action="notice", why=why, on=day)
        output.print(f"notice of {day} is recorded; it counts in every run as of that day or later", soft_wrap=True)


@commands.command(name="list")
def list_memberships(
    group: Annotated[str | None, typer.Option("--group", help="memberships in this group only")] = None,
    record: Annotated[
        str | None, typer.Option("--record", help="of the person of this record only: TABLE/ID, such as arrests/A-1")
    ] = None,
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Memberships by id, with whether they count on a day or why not. It names nobody."""
    with told_in_a_line(debug):
        settings = load_office(office)
        day = _day(settings, on)
        named = None if record is None else record_named(record)
        with _open(settings, what="groups list", wait=wait) as connection:
            frame = roster.listed(connection, settings, on=day, group=group, record=named)
        for name in ("known_on", "expires_on", "contested_on", "contest_decided_on", "notice_date"):
            frame[name] = frame[name].dt.strftime("%Y-%m-%d")
        if as_json:
            output.print_json(json.dumps(records_of(frame)))
            return
        frame["reason"] = frame["reason"].map(_worded)
        print_frame(f"Memberships on {day}", frame)
        output.print("Intelligence, not evidence: not for charging, bail or sentencing argument", soft_wrap=True)


@commands.command(name="audit")
def audit_roster(
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="draw so many memberships to check")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="seed of the draw")] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="write the draw as a form (.csv or .xlsx); it names people")
    ] = None,
    recipient: Annotated[str | None, typer.Option("--recipient", help="who checks; default: whoever runs this")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="record the findings of a filled-in form")] = None,
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Draw a sample of the memberships that count for somebody to check, or record what they found."""
    with told_in_a_line(debug):
        settings = load_office(office)
        day = _day(settings, on)
        if file is not None and (sample, seed, export) == (None, None, None):
            _record_findings(settings, file, day, wait=wait, as_json=as_json)
            return
        if file is not None or sample is None or seed is None or export is None:
            raise SettingsError("draw with --sample, --seed and --export together, or record findings with --file")
        with _open(settings, what="groups audit", wait=wait) as connection:
            drawn = roster_audit.draw(
                connection,
                settings,
                size=sample,
                seed=seed,
                form=export,
                recipient=recipient or desk.login(),
                on=day,
            )
        if as_json:
            output.print_json(json.dumps(asdict(drawn), default=str))
            return
        output.print(
            f"{export}: {drawn.memberships} of {drawn.drawn_from} memberships that count on {day}. "
            f"{roster_audit.NOTICE} Fill in [finding] and [why], read it back with --file, destroy it by "
            f"{drawn.expires_on}",
            soft_wrap=True,
        )


def _record_findings(settings: Office, file: Path, day: date, *, wait: bool, as_json: bool) -> None:
    with _telling_lines(file), _open(settings, what="groups audit", wait=wait) as connection:
        found = roster_audit.record_findings(connection, settings, file, on=day)
    if as_json:
        output.print_json(json.dumps(asdict(found)))
        return
    output.print(
        f"{found.recorded} findings recorded, {found.unchanged} as they stood already; {found.decided} of "
        f"{found.drawn} drawn are decided",
        soft_wrap=True,
    )
    if found.rate.value is not None:
        output.print(
            f"not supported: {found.rate.value:.1%} of those decided; of all {found.drawn_from} memberships on the day "
            f"of the draw between {found.rate.lower:.1%} and {found.rate.upper:.1%} (95 %)",
            soft_wrap=True,
        )
    for membership in found.not_supported:
        output.print(
            f"{membership} is not supported and still counts; to take it off the roster: "
            f"stratpro groups contest {membership} --decide remove --why ...",
            soft_wrap=True,
        )


def _print_entered(done: Entered, day: date) -> None:
    output.print(
        f"{done.recorded} memberships recorded, {done.corrected} of them corrections; {done.unchanged} as they stood "
        "already",
        soft_wrap=True,
    )
    for count, said in (
        (done.tips, "tips, without a criterion or an approver: they count nowhere"),
        (done.evidence_before_18, "with evidence from before the 18th birthday: they do not count"),
        (
            done.birth_date_missing,
            "without a date of birth: they do not count unless a confirmed record of it says one",
        ),
    ):
        if count:
            output.print(f"{count} {said}", soft_wrap=True)
    if done.recorded:
        output.print(
            f"people: {done.people_known} known in core, {done.people_not_known} not known so far, "
            f"{done.people_in_two_groups} in two groups or more",
            soft_wrap=True,
        )
        output.print(f"the next night as of {day} or later links them; until then they count nowhere", soft_wrap=True)


def _worded(reason: str) -> str:
    return _WHY_NOT.get(reason, reason.replace("_", " "))


def _write_empty(path: Path, columns: tuple[str, ...]) -> None:
    write_form(path, columns=columns, rows=[])
    output.print(f"{path}: an empty form; one line per membership", soft_wrap=True)


def _day(settings: Office, on: datetime | None) -> date:
    today = stages.calendar_day(settings)
    if on is not None and on.date() > today:
        raise SettingsError(f"--on [{on.date()}] has not come yet; name a day up to {today}")
    return today if on is None else on.date()


@contextmanager
def _open(settings: Office, *, what: str, wait: bool) -> Iterator[Connection]:
    with stages.holding(settings, what=what, wait=wait), warehouse.open_records(settings) as connection:
        yield connection


@contextmanager
def _telling_lines(file: Path) -> Iterator[None]:
    """Of a form that is wrong, say of each line why."""
    try:
        yield
    except FormError as error:
        for message in error.messages:
            errors.print(f"stratpro: {message}")
        errors.print(f"stratpro: nothing of {file} is recorded; correct these lines, read it again")
        raise typer.Exit(1) from None
