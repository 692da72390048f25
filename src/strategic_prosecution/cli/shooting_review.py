"""The weekly shooting review: its packet, its forms, and what they say when they are filled in."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from strategic_prosecution import stages, warehouse
from strategic_prosecution.cli.shared import (
    DEFAULT_OFFICE,
    Debug,
    OfficeFile,
    Wait,
    app,
    errors,
    output,
    told_in_a_line,
)
from strategic_prosecution.settings import Office, SettingsError, load_office, nearest
from strategic_prosecution.stages.forms import FormError
from strategic_prosecution.stages.review_forms import FORMS, read_review_form, write_review_form
from strategic_prosecution.stages.shooting_review import DAYS_BETWEEN, write_packet

_DAY = ["%Y-%m-%d"]


@app.command()
def review(
    week: Annotated[
        datetime | None, typer.Option("--week", formats=_DAY, help="the meeting's day; default: the day of --on")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=_DAY, help=f"the last meeting's day; default: {DAYS_BETWEEN} days before"),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="write the meeting's packet: .html or .pdf")] = None,
    recipient: Annotated[str, typer.Option("--for", help="who gets the packet")] = "",
    purpose: Annotated[str, typer.Option("--purpose", help="what the packet is for; names nobody")] = "",
    form: Annotated[
        Path | None, typer.Option("--form", help="write a form to fill in: .csv or .xlsx; --file reads it")
    ] = None,
    form_of: Annotated[str, typer.Option("--form-of", help=f"what the form asks for: {', '.join(FORMS)}")] = "reviews",
    file: Annotated[
        Path | None, typer.Option("--file", help="read a filled-in form back: all of its lines, or none")
    ] = None,
    why: Annotated[str, typer.Option("--why", help="the reason of lines that give none")] = "",
    on: Annotated[
        datetime | None, typer.Option("--on", formats=_DAY, help="the day it is done; default: today in the office")
    ] = None,
    wait: Wait = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Prepare the weekly shooting review and record what it decided. The packet names people, and is logged."""
    with told_in_a_line(debug):
        settings = load_office(office)
        if [out, form, file].count(None) != 2:
            raise SettingsError("say one of --out FILE (the packet), --form FILE (to fill in), --file FILE (filled in)")
        if form_of not in FORMS:
            raise SettingsError(f"--form-of: no form [{form_of}]{nearest(form_of, FORMS)}")
        made_on = stages.calendar_day(settings) if on is None else on.date()
        day = made_on if week is None else week.date()
        last = day - timedelta(days=DAYS_BETWEEN) if since is None else since.date()
        if last >= day:
            raise SettingsError(
                f"--since [{last}] is not before the meeting's day [{day}]; name the last meeting's day"
            )
        with stages.holding(settings, what="review", wait=wait):
            if out is not None:
                written = write_packet(
                    settings, day=day, since=last, recipient=recipient, purpose=purpose, on=made_on, out=out
                )
                said = f"{written.export_id}: {written.shootings} shootings, {written.people} lines name people; {out}"
            else:
                with warehouse.open_records(settings) as connection:
                    if form is not None:
                        lines = write_review_form(
                            connection, settings, form, form=form_of, day=day, since=last, on=made_on
                        )
                        said = f"{form}: {lines} lines of {form_of}; fill it in, and read it with --file"
                    elif file is not None:
                        said = _read(connection, settings, file, why=why, on=made_on)
        output.print(said, soft_wrap=True)


def _read(connection: warehouse.Connection, settings: Office, file: Path, *, why: str, on: date) -> str:
    """Read a form back; each line that is wrong is a message of its own."""
    try:
        done = read_review_form(connection, settings, file, why=why, on=on)
    except FormError as error:
        for message in error.messages:
            errors.print(f"stratpro: {message}")
        errors.print(f"stratpro: nothing of {file} is recorded; correct these lines, read it again")
        raise typer.Exit(1) from None
    return (
        f"{done.recorded} lines of {done.form} recorded, {done.unchanged} said what is known; they count from {on} on"
    )
