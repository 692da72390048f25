"""Backups: backup, restore."""

import json
from dataclasses import asdict
from pathlib import Path
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
    told_in_a_line,
)
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages import backups


@app.command()
def backup(
    to: Annotated[Path, typer.Option("--to", help="the folder, on another disk, that gets a folder for it")],
    office: OfficeFile = DEFAULT_OFFICE,
    records: Annotated[
        bool, typer.Option("--records", help="copy the records too: needed where raw files are overwritten or archived")
    ] = False,
    wait: Wait = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Back up the desk, the audit log and the list of raw files; the raw files are for the office to back up."""
    with told_in_a_line(debug):
        settings = load_office(office)
        day = stages.calendar_day(settings)
        with stages.holding(settings, what="backup", wait=wait):
            made = backups.backup(settings, to, known_on=day, with_records=records)
        if as_json:
            output.print_json(json.dumps(asdict(made), default=str))
            return
        output.print(f"{made.folder}: {made.files} files, {made.bytes / 1e6:,.1f} MB", soft_wrap=True)
        if made.is_on_same_disk:
            output.print("mind: the same disk holds it and what it is of", soft_wrap=True)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="a folder that `stratpro backup` wrote")],
    office: OfficeFile = DEFAULT_OFFICE,
    yes: Annotated[bool, typer.Option("--yes", help="also over events and files that the backup has not")] = False,
    wait: Wait = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Put a backup in force, after verifying it; the next run builds what it does not hold from the raw files."""
    with told_in_a_line(debug):
        settings = load_office(office)
        done = backups.restore(settings, folder, yes=yes, wait=wait)
        if as_json:
            output.print_json(json.dumps(asdict(done), default=str))
            return
        records = "its records" if done.with_records else "no records"
        output.print(f"restored {done.backup_id}: a desk of {done.events:,} events, {records}", soft_wrap=True)
        for note in _notes(done):
            output.print(f"mind: {note}", soft_wrap=True)
        output.print(f"now run `stratpro run --office {office}`", soft_wrap=True)


def _notes(done: backups.Restored) -> list[str]:
    raw = done.raw
    notes = [f"{name} is not the one of the backup, whose copy is in its folder" for name in done.settings]
    if done.lost:
        notes.append(f"{done.lost:,} events of the desk that was in place are gone")
    if done.begun:
        notes.append(
            f"{len(done.begun)} orders to forget are newer than the backup; the next run carries them out again"
        )
    if done.unknown:
        notes.append(f"seals, holds and waiting orders to enter again: {', '.join(done.unknown)}")
    if raw.times:
        notes.append(f"{raw.times:,} raw files got back the time of change they had")
    if raw.missing:
        notes.append(f"not in raw_dir any more: {', '.join(raw.missing)}")
    if raw.changed:
        notes.append(f"of another content than was landed: {', '.join(raw.changed)}")
    for file, day in raw.gone:
        notes.append(f"the delivery of {file} of {day} is nowhere any more; a backup with --records holds it, if any")
    return notes
