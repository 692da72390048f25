"""Call-ins: plan, check, review, record, list. Counts and keys on the screen; names in forms alone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from strategic_prosecution import stages, warehouse
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
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages import call_in_checks, call_in_plans, call_in_steps, call_ins, promises
from strategic_prosecution.stages.call_in_plans import Plan, Wanted
from strategic_prosecution.stages.forms import FormError, read_form, write_form
from strategic_prosecution.warehouse import Connection

commands = typer.Typer(
    help="Call-ins and other notices: who may be invited, who is, what became of it.", no_args_is_help=True
)
app.add_typer(commands, name="callin")

_FORMATS = ["%Y-%m-%d"]
_NOTICE = "It names people: not evidence; not for charging, bail or sentencing argument. Delete it when it is read back"

On = Annotated[
    datetime | None,
    typer.Option("--on", formats=_FORMATS, help="the day it is entered or listed; default: today in the office"),
]
Kind = Annotated[str, typer.Option("--kind", help="whom it speaks to")]
Why = Annotated[str, typer.Option("--why", help="what for; names nobody")]
CallInId = Annotated[str, typer.Argument(metavar="ID", help="key of the call-in, as `stratpro callin list` shows it")]
Export = Annotated[Path | None, typer.Option("--export", help="write the form (.csv or .xlsx) to fill in")]
File = Annotated[Path | None, typer.Option("--file", help="read the filled-in form: all lines, or none")]


@commands.command()
def checks(
    export: Export = None,
    file: File = None,
    kind: Kind = "call_in",
    why: Why = "checks before a call-in",
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Who could be named but for a check, as a form; and the checks, read back. The form names people; it is logged."""
    with _told(debug):
        settings = load_office(office)
        _one_of(export, file)
        with _desk(settings, on, what="callin checks", wait=wait) as (connection, day):
            if export is not None:
                lacking = call_in_checks.export_checks(connection, settings, kind=kind, path=export, on=day)
                told: dict[str, Any] = {
                    "lines": lacking.lines,
                    "missing": lacking.missing,
                    "kept_off": lacking.kept_off,
                }
            else:
                columns = (*call_in_checks.FORM, "notice")
                lines = read_form(_named(file), columns=columns, required=("record",))
                recorded = call_in_checks.record_checks(connection, settings, kind=kind, lines=lines, why=why, on=day)
                told = {"recorded": recorded}
        if as_json:
            output.print_json(json.dumps(told))
        elif export is None:
            output.print(f"{told['recorded']} checks recorded, as of {day}", soft_wrap=True)
        else:
            output.print(f"{export}: {told['lines']} lines. {_NOTICE}", soft_wrap=True)
            _print_reasons("Missing", told["missing"])
            _print_reasons("Kept off for what no check can cure, and not in the form", told["kept_off"])


@commands.command()
def plan(
    kind: Kind = "call_in",
    group: Annotated[
        list[str] | None, typer.Option("--group", help="a group, as often as needed; default: all with a rank")
    ] = None,
    first: Annotated[
        int | None, typer.Option("--first", min=1, help="the first so many groups by the rank of violence by")
    ] = None,
    record: Annotated[
        str | None, typer.Option("--record", help="of a custom notification: a person's record, as TABLE/ID")
    ] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="of the intimate-partner strategy: one tier")] = None,
    seats: Annotated[
        int | None, typer.Option("--seats", min=1, help="at most so many people; default: as few as reach everybody")
    ] = None,
    held_on: Annotated[
        datetime | None, typer.Option("--held-on", formats=_FORMATS, help="the day it is to be held")
    ] = None,
    mandated_by: Annotated[
        str | None, typer.Option("--mandated-by", help="authority that can require people under supervision to come")
    ] = None,
    voluntary: Annotated[bool, typer.Option("--voluntary", help="nobody is required to come")] = False,
    why: Why = "",
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Plan whom to invite: the fewest who reach everybody, no feud in one room, every group there. Names nobody."""
    with _told(debug):
        settings = load_office(office)
        wanted = Wanted(
            kind=kind,
            groups=tuple(group or ()),
            first=first,
            record=record,
            tier=tier,
            seats=seats,
            held_on=None if held_on is None else held_on.date(),
            mandated_by=mandated_by,
            is_voluntary=voluntary,
        )
        with _desk(settings, on, what="callin plan", wait=wait) as (connection, day):
            made = call_in_plans.plan(connection, settings, wanted=wanted, why=why, on=day)
        if as_json:
            sessions = {str(number): people for number, people in made.sessions.items()}
            groups = records_of(made.groups)
            output.print_json(
                json.dumps(
                    {"call_in_id": made.call_in_id, "by_group": groups, "people_by_session": sessions, **made.facts}
                )
            )
        else:
            _print_plan(made, seats=seats)
        if made.call_in_id is None:
            errors.print("stratpro: nobody may be invited, so nothing is recorded; `stratpro callin checks` may help")
            raise typer.Exit(1)


@commands.command()
def review(
    call_in_id: CallInId,
    export: Export = None,
    file: File = None,
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Approve or remove each planned person, by a form that names them; nothing is exported before everybody is."""
    with _told(debug):
        settings = load_office(office)
        _one_of(export, file)
        with _desk(settings, on, what="callin review", wait=wait) as (connection, day):
            if export is not None:
                people = call_in_steps.export_review(connection, settings, call_in_id=call_in_id, path=export, on=day)
                told: dict[str, Any] = {"lines": people}
                said = f"{export}: {people} lines. {_NOTICE}"
            else:
                columns = (*call_in_steps.REVIEW_FORM, "notice")
                lines = read_form(_named(file), columns=columns, required=("record", "verdict"))
                done = call_in_steps.review(connection, settings, call_in_id=call_in_id, lines=lines, on=day)
                told = vars(done)
                said = (
                    f"{done.approved} approved, {done.removed} removed, {done.unchanged} as they stood, "
                    f"{done.undecided} undecided; the call-in is {done.status}"
                )
        _print_told(told, said, as_json=as_json)


@commands.command()
def record(
    call_in_id: CallInId,
    form: Annotated[
        Path | None, typer.Option("--form", help="write the form for --file: of people, or with --enforce of actions")
    ] = None,
    file: File = None,
    held: Annotated[bool, typer.Option("--held", help="it was held")] = False,
    held_on: Annotated[
        datetime | None, typer.Option("--held-on", formats=_FORMATS, help="with --held: on which day")
    ] = None,
    cancelled: Annotated[bool, typer.Option("--cancelled", help="it is not held; say --why")] = False,
    help_offered: Annotated[
        int | None, typer.Option("--help-offered", min=0, help="people offered help, as a provider counts")
    ] = None,
    help_taken: Annotated[int | None, typer.Option("--help-taken", min=0, help="of these, who took it")] = None,
    promise: Annotated[str | None, typer.Option("--promise", help="a promise made: enforcement or help")] = None,
    group: Annotated[str | None, typer.Option("--group", help="with --promise: to which group")] = None,
    what: Annotated[str, typer.Option("--what", help="with --promise: what was promised; names nobody")] = "",
    owner: Annotated[str, typer.Option("--owner", help="with --promise: the role that keeps it")] = "",
    due: Annotated[
        datetime | None, typer.Option("--due", formats=_FORMATS, help="with --promise: the day it is due")
    ] = None,
    kept: Annotated[str | None, typer.Option("--kept", metavar="PROMISE", help="a promise was kept")] = None,
    enforce: Annotated[
        str | None,
        typer.Option(
            "--enforce",
            metavar="PROMISE",
            help="enforcement under a promise, from --file: incident, record, the person's own conduct, approving "
            "attorney, lesser step; --form writes the form",
        ),
    ] = None,
    why: Why = "",
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """What became of a call-in: invited, held, attended, told, help (counts), promises made, kept, acted under.

    One thing at a time. Who did not come, or declined help, is not written down.
    """
    with _told(debug):
        settings = load_office(office)
        has_help = help_offered is not None or help_taken is not None
        asked = [held, cancelled, has_help, promise is not None, kept is not None, enforce is not None]
        if sum(asked) + (enforce is None and (form is not None or file is not None)) != 1:
            raise SettingsError(
                "say one thing: --form or --file, --held, --cancelled, --help-offered with --help-taken, --promise, "
                "--kept, or --enforce with --file"
            )
        if form is not None or enforce is not None:
            _one_of(form, file)
        with _desk(settings, on, what="callin record", wait=wait) as (connection, day):
            target: dict[str, Any] = {"call_in_id": call_in_id, "on": day}
            told: dict[str, Any]
            noted = target | {"why": why.strip() or "recorded"}
            if enforce is not None and form is not None:
                call_ins.call_in_named(connection, call_in_id)
                write_form(form, columns=promises.ENFORCEMENT_FORM, rows=[])
                told, said = (
                    {"form": str(form)},
                    f"{form}: one line is one person acted on for that person's own conduct",
                )
            elif enforce is not None:
                lines = read_form(_named(file), columns=promises.ENFORCEMENT_FORM, required=promises.ENFORCEMENT_FORM)
                count = promises.enforce(connection, settings, promise_id=enforce, lines=lines, **noted)
                told, said = {"enforcement": count}, f"{count} actions recorded under the promise"
            elif held:
                day_held = call_in_steps.record_held(
                    connection, settings, held_on=None if held_on is None else held_on.date(), **noted
                )
                told, said = {"held_on": f"{day_held}"}, f"held on {day_held}"
            elif cancelled:
                call_in_steps.record_cancelled(connection, settings, **target, why=why)
                told, said = {"status": "cancelled"}, "cancelled"
            elif has_help:
                if help_offered is None or help_taken is None:
                    raise SettingsError("give both counts: --help-offered and --help-taken")
                call_in_steps.record_help(connection, settings, offered=help_offered, taken=help_taken, **noted)
                told = {"help_offered": help_offered, "help_taken": help_taken}
                said = f"help offered to {help_offered}, taken by {help_taken}"
            elif promise is not None:
                if due is None:
                    raise SettingsError("say with --due by when the promise is to be kept")
                made = promises.promise(
                    connection, settings, kind=promise, group=group, what=what, owner=owner, due=due.date(), **noted
                )
                told, said = {"promise_id": made}, f"{made}: due on {due.date()}"
            elif kept is not None:
                promises.keep(connection, settings, promise_id=kept, **noted)
                told, said = {"promise_id": kept, "kept_on": f"{day}"}, f"{kept}: kept on {day}"
            elif form is not None:
                count = call_in_steps.export_steps(connection, settings, path=form, **target)
                told, said = {"lines": count}, f"{form}: {count} lines. {_NOTICE}"
            else:
                lines = read_form(
                    _named(file),
                    columns=(*call_in_steps.STEPS_FORM, "notice"),
                    required=("record", "step", "step_date"),
                )
                told = call_in_steps.record_steps(connection, settings, lines=lines, **noted)
                said = ", ".join(f"{count} {step}" for step, count in told.items())
        _print_told(told, said, as_json=as_json)


@commands.command(name="list")
def list_call_ins(
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Every call-in and promise as it stands, in counts. It names nobody."""
    with _told(debug):
        settings = load_office(office)
        with _desk(settings, on, what="callin list", wait=wait) as (connection, day):
            counts = call_ins.count_rows(connection, day).drop(columns="as_of")
            made = promises.listed(connection, day)
        for frame in (counts, made):
            for name in frame.columns.intersection(["held_on", "made_on", "due_on", "kept_on"]):
                frame[name] = frame[name].dt.strftime("%Y-%m-%d")
        if as_json:
            output.print_json(json.dumps({"call_ins": records_of(counts), "promises": records_of(made)}))
        else:
            print_frame("Call-ins", counts)
            print_frame("Promises", made)


@contextmanager
def _told(debug: bool) -> Iterator[None]:
    """``told_in_a_line``, and of a form every line that is wrong."""
    with told_in_a_line(debug):
        try:
            yield
        except FormError as error:
            if debug:
                raise
            for message in error.messages:
                errors.print(f"stratpro: {message}")
            errors.print("stratpro: nothing of the form is recorded; correct these lines, read it again")
            raise typer.Exit(1) from None


@contextmanager
def _desk(office: Office, on: datetime | None, *, what: str, wait: bool) -> Iterator[tuple[Connection, date]]:
    """The records and the desk, held, with the day on which something is entered or listed."""
    with stages.holding(office, what=what, wait=wait), warehouse.open_records(office) as connection:
        today = stages.calendar_day(office)
        day = today if on is None else on.date()
        if day > today:
            raise SettingsError(f"--on [{day}] has not come yet; name a day up to {today}")
        yield connection, day


def _one_of(form: Path | None, file: Path | None) -> None:
    if (form is None) == (file is None):
        raise SettingsError("either write a form, or read one back with --file")


def _named(file: Path | None) -> Path:
    assert file is not None
    return file


def _print_told(told: dict[str, Any], said: str, *, as_json: bool) -> None:
    if as_json:
        output.print_json(json.dumps(told))
    else:
        output.print(said, soft_wrap=True)


def _people(count: int) -> str:
    return "person" if count == 1 else "people"


def _print_reasons(title: str, reasons: dict[str, int]) -> None:
    if reasons:
        output.print(f"{title}:")
    for reason, count in reasons.items():
        output.print(f"   {count:>4}  {call_in_checks.in_words(reason)}", soft_wrap=True)


def _print_plan(made: Plan, *, seats: int | None) -> None:
    facts = made.facts
    if made.call_in_id is not None:
        output.print(
            f"{made.call_in_id}: {facts['planned']} {_people(facts['planned'])} planned, by core of {facts['core_day']}"
        )
    if len(made.groups):
        print_frame("Groups", made.groups)
    _print_reasons("May not be invited", made.not_eligible)
    if made.call_in_id is None:
        return
    for number, people in made.sessions.items():
        output.print(f"session {number}: {people} {_people(people)}")
    if facts["unrepresented"]:
        output.print(f"nobody is invited from {', '.join(facts['unrepresented'])}", soft_wrap=True)
    if "optimal" not in facts:
        return
    output.print(
        f"reaches {facts['reached']} of {facts['members']} members if everybody invited comes; expected "
        f"{facts['expected_reach']:.1f}, {facts['wheeler_reach']:.1f} in Wheeler's sum; {facts['unreachable']} cannot "
        "be reached",
        soft_wrap=True,
    )
    aim = "no fewer people do it" if seats is None else "no other choice for these seats reaches more"
    if facts["optimal"]:
        output.print(f"proven best: {aim}", soft_wrap=True)
    else:
        output.print(
            f"not proven best ({facts['method']}): a better plan would be at most {facts['gap']:.0%} better; "
            "[groups.call_ins] time_limit_seconds gives it more time",
            soft_wrap=True,
        )
    said = [
        f"{_SHARES[share]} were missing, {missing['mean']:.1f} of {facts['members']} ({missing['lower']:.0f} to "
        f"{missing['upper']:.0f})"
        for share, missing in facts["sensitivity"].items()
    ]
    output.print(f"it would reach, if {'; if '.join(said)}", soft_wrap=True)


_SHARES = {"0.10": "one tie in ten", "0.25": "one in four"}
