"""Lists, letters and packets of a call-in: files that name people, each for one recipient; counts on the screen."""

import json
from pathlib import Path
from typing import Annotated

import typer

from strategic_prosecution import model, stages, warehouse
from strategic_prosecution.cli.call_ins import CallInId, On, commands
from strategic_prosecution.cli.shared import DEFAULT_OFFICE, Debug, Json, OfficeFile, Wait, output, told_in_a_line
from strategic_prosecution.settings import SettingsError, load_office
from strategic_prosecution.stages import list_exports
from strategic_prosecution.stages.list_exports import SUPERVISION, Said


@commands.command()
def export(
    call_in_id: CallInId,
    view: Annotated[
        str,
        typer.Option("--for", help=f"whose view: {', '.join(name for name in model.LIST_VIEWS if name != 'meeting')}"),
    ],
    recipient: Annotated[str, typer.Option("--recipient", help="who gets it")],
    purpose: Annotated[str, typer.Option("--purpose", help="what it is for; names nobody it is about")],
    agreement: Annotated[str, typer.Option("--agreement", help="under which agreement it is given")],
    out: Annotated[
        Path, typer.Option("--out", help="the folder for the files, for its owner alone; made where it is not there")
    ],
    place: Annotated[
        list[str] | None, typer.Option("--place", help="where: once per session, in order; default: a line to fill in")
    ] = None,
    time: Annotated[
        list[str] | None, typer.Option("--time", help="when: once per session, in order; default: a line to fill in")
    ] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", help="who answers for help, on letters; default: a line to fill in")
    ] = None,
    supervision: Annotated[
        str, typer.Option("--supervision", help=f"of --for probation, whose people: {' or '.join(SUPERVISION)}")
    ] = "probation",
    html: Annotated[bool, typer.Option("--html/--no-html", help="write the page as HTML")] = True,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="write the page as PDF")] = True,
    on: On = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Write one recipient's view of a reviewed call-in. The files name people; the export is logged first."""
    with told_in_a_line(debug):
        settings = load_office(office)
        with stages.holding(settings, what="callin export", wait=wait), warehouse.open_records(settings) as connection:
            today = stages.calendar_day(settings)
            day = today if on is None else on.date()
            if day > today:
                raise SettingsError(f"--on [{day}] has not come yet; name a day up to {today}")
            done = list_exports.export(
                settings,
                connection,
                call_in_id=call_in_id,
                view=view,
                recipient=recipient,
                purpose=purpose,
                agreement=agreement,
                folder=out,
                on=day,
                said=Said(tuple(place or ()), tuple(time or ()), contact),
                supervision=supervision,
                html=html,
                pdf=pdf,
            )
        names = [path.name for path in done.files]
        if as_json:
            counts = {"people": done.people, "left_out": done.left_out, "expires_on": f"{done.expires_on}"}
            output.print_json(json.dumps({"export_id": done.export_id, "files": names, **counts}))
            return
        output.print(f"{done.export_id}: people: {done.people}; destroy it by {done.expires_on}", soft_wrap=True)
        if done.left_out:
            output.print(
                f"approved and left out: {done.left_out}, who may not be named on {day}; "
                "`stratpro callin checks` says what is missing",
                soft_wrap=True,
            )
        for name in names:
            output.print(name, soft_wrap=True)
