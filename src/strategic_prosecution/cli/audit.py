"""The audit log: verify it, show it."""

import json
from typing import Annotated

import typer

from strategic_prosecution.cli.shared import (
    DEFAULT_OFFICE,
    Debug,
    Json,
    OfficeFile,
    app,
    output,
    told_in_a_line,
)
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import load_office

commands = typer.Typer(help="The audit log: who did what and when.", no_args_is_help=True)
app.add_typer(commands, name="audit")


@commands.command()
def verify(office: OfficeFile = DEFAULT_OFFICE, as_json: Json = False, debug: Debug = False) -> None:
    """Find what was changed, taken out, put in or cut off. Opens no database, needs no key. Exit 1 for a fault."""
    with told_in_a_line(debug):
        settings = load_office(office)
        faults = audit.verify(settings)
        if not faults and not audit.entries(settings):
            faults = [
                f"there is no entry in {settings.processed_dir}: a new office has none until its first run, any other "
                "has lost them; restore a backup"
            ]
        head = audit.head(settings)
        if as_json:
            output.print_json(json.dumps({"entries": head.entries, "sha256": head.sha256, "faults": faults}))
        else:
            for fault in faults:
                output.print(fault, soft_wrap=True)
            found = f"{len(faults)} faults" if faults else "whole"
            output.print(f"{head.entries:,} entries, {found}; the newest has SHA-256 {head.sha256}", soft_wrap=True)
        if faults:
            raise typer.Exit(1)


@commands.command()
def show(
    office: OfficeFile = DEFAULT_OFFICE,
    last: Annotated[int, typer.Option(min=1, help="how many entries, of the newest")] = 20,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Print the newest entries, unverified: who did what and when."""
    with told_in_a_line(debug):
        entries = audit.entries(load_office(office))[-last:]
        if as_json:
            output.print_json(json.dumps(entries))
            return
        for entry in entries:
            facts = " ".join(f"{name}={json.dumps(value)}" for name, value in audit.facts(entry).items())
            output.print(f"{entry['entry']}  {entry['at']}  {entry['who']}  {entry['what']}  {facts}", soft_wrap=True)
