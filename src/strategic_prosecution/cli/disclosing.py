"""Disclosing what is held on a person or a case to an attorney."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from strategic_prosecution import stages
from strategic_prosecution.cli.orders import Case, DespiteName, Person, Record, WholeCase, asked_for, meant
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
from strategic_prosecution.settings import SettingsError, load_office
from strategic_prosecution.stages.disclosure import disclose as disclose_each

File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        help="what is asked for as CSV (- for standard input): table, key and, where known, name, birth_date; what "
        "stands on the command line is seen by whoever lists processes",
    ),
]


@app.command()
def disclose(
    recipient: Annotated[str, typer.Option("--for", help="the attorney it is for")],
    purpose: Annotated[str, typer.Option("--purpose", help="what it is for; names nobody it is about")],
    file: File = None,
    case: Case = None,
    person: Person = None,
    record: Record = None,
    whole_case: WholeCase = False,
    despite_name: DespiteName = False,
    with_sealed: Annotated[bool, typer.Option("--with-sealed", help="show sealed records too")] = False,
    authority: Annotated[
        str | None, typer.Option("--authority", help="what allows to show sealed records; names nobody it is about")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="the page's file (- for standard output); default: in lists of processed_dir"),
    ] = None,
    wait: Wait = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Write everything held on a person or a case for an attorney, other people masked. It is logged."""
    with told_in_a_line(debug):
        settings = load_office(office)
        if with_sealed != (authority is not None):
            raise SettingsError("sealed records are shown with both --with-sealed and --authority, or not at all")
        asked = [
            meant(item, whole_case=whole_case, despite_name=despite_name)
            for item in asked_for(file, case=case, person=person, record=record, why=purpose, reference="")
        ]
        if out is not None and len(asked) > 1:
            raise SettingsError("--out takes one page; leave it out, and each is written into lists of processed_dir")
        with stages.holding(settings, what="disclose", wait=wait):
            done, refused = disclose_each(
                settings,
                asked,
                recipient=recipient,
                purpose=purpose,
                known_on=stages.calendar_day(settings),
                authority=authority,
                out=out,
            )
        for page in done:
            if page.path is None:
                typer.echo(page.text, nl=False)
            else:
                output.print(f"{page.disclosure_id}: {page.records} records; {page.path}", soft_wrap=True)
        for error in refused:
            errors.print(f"stratpro: {error}")
            if error.near and sys.stderr.isatty():
                errors.print(f"  {', '.join(error.near)}")
        if refused:
            raise typer.Exit(1)
