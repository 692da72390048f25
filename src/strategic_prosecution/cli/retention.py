"""Retention: purge."""

import json
import sys
from typing import Annotated

import typer

from strategic_prosecution import stages
from strategic_prosecution.cli.shared import (
    DEFAULT_OFFICE,
    Debug,
    Json,
    OfficeFile,
    Wait,
    app,
    output,
    print_frame,
    records_of,
    told_in_a_line,
)
from strategic_prosecution.settings import SettingsError, load_office
from strategic_prosecution.stages import retention


@app.command()
def purge(
    office: OfficeFile = DEFAULT_OFFICE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would go; write nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    wait: Wait = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Remove what is older than the settings keep it; what a hold names stays."""
    with told_in_a_line(debug):
        settings = load_office(office)
        today = stages.calendar_day(settings)
        if not (dry_run or yes or sys.stdin.isatty()):
            raise SettingsError("what is purged is gone for good; see it with --dry-run, then add --yes")
        if not (dry_run or yes):
            due = retention.purge(settings, today=today, dry_run=True, wait=wait)
            print_frame("Would go", due)
            if not due["removed"].sum():
                return
            if not typer.confirm("Remove it for good?"):
                raise typer.Exit(1)
        removed = retention.purge(settings, today=today, dry_run=dry_run, wait=wait)
        if as_json:
            output.print_json(json.dumps({"dry_run": dry_run, "purged": records_of(removed)}))
            return
        print_frame("Would go" if dry_run else "Removed", removed)
        if held_back := removed["held_back"].sum():
            output.print(f"{held_back} held back: under a hold, or contested and not decided")
