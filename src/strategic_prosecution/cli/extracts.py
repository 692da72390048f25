"""Extracts: init, check, expect. Nothing is kept of what they read."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import pandas as pd
import typer

from strategic_prosecution import extracts, model, stages, warehouse
from strategic_prosecution.cli.shared import (
    DEFAULT_OFFICE,
    Debug,
    Json,
    OfficeFile,
    app,
    output,
    print_frame,
    records_of,
    told_in_a_line,
)
from strategic_prosecution.extracts import contracts, expectations, findings
from strategic_prosecution.extracts.expectations_file import write_expectations
from strategic_prosecution.extracts.land import Landed
from strategic_prosecution.extracts.propose import notes, propose, render, summary
from strategic_prosecution.safeguards import protection
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages.reference import compiled


@app.command()
def check(
    office: OfficeFile = DEFAULT_OFFICE,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="the day asked about; default: today")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Validate every extract, and who can reach the files; writes nothing. Exit 1 when there is a problem."""
    # What stands in a row is for the eyes of who asks, never for a file or a pipe.
    on_screen = sys.stdout.isatty() and not as_json
    with told_in_a_line(debug):
        settings = load_office(office)
        unprotected = protection.faults(settings)
        day = as_of.date() if as_of else stages.calendar_day(settings)
        # A layer that cannot be read stops a run only after every extract has landed.
        compiled(settings, keep=False)
        with _trial(settings, day) as (connection, landed):
            accounting = connection.execute("select * exclude (as_of) from meta.accounting order by all").df()
            problems = findings.problems(connection, settings, accounting=accounting, day=day)
            files = findings.files(connection, settings)
        if as_json:
            frames = {"files": files, "problems": problems.drop(columns="examples"), "accounting": accounting}
            said = {name: records_of(frame) for name, frame in frames.items()} | {"protection": unprotected}
            output.print_json(json.dumps(said, default=str))
        else:
            print_frame("Files", files)
            print_frame("Rows by feed", accounting)
            print_frame("Problems", problems if on_screen else problems.drop(columns="examples"))
            output.print(f"Faults of protection: {len(unprotected) or 'none'}")
            for fault in unprotected:
                output.print(f"  {fault}", soft_wrap=True)
            output.print(f"{landed.files} files, {landed.landed} readable, {landed.rows} rows. Nothing was written.")
        if len(problems) or unprotected:
            raise typer.Exit(1)


@app.command()
def expect(
    office: OfficeFile = DEFAULT_OFFICE,
    out: Annotated[
        Path | None, typer.Option(help="the file to write; default: office.expectations, or expectations.toml")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="write it again; its tolerances stay")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write what the extracts look like now as what is expected of them; later runs that drift from it stop."""
    with told_in_a_line(debug):
        settings = load_office(office)
        named = settings.office.expectations
        path = out or settings.resolve(named or "expectations.toml")
        with _trial(settings) as (connection, landed):
            if not landed.landed:
                raise stages.NoExtractsError(f"no extract has landed from {settings.raw_dir}; see `stratpro check`")
            measured = expectations.measure(connection, settings)
            facts = write_expectations(path, measured, replace=replace)
            judged = measured[measured["month"] <= measured["complete_through"]]
            free = sorted(set(measured["table_name"]) - set(judged["table_name"]))
        if as_json:
            output.print_json(json.dumps({"file": str(path), "facts": facts}))
            return
        if landed.refused:
            output.print(f"mind: {landed.refused} files did not land; `stratpro check` says which and why")
        if free:
            output.print(
                f"mind: nothing is expected of {', '.join(free)}: no month of it is complete yet", soft_wrap=True
            )
        output.print(f"{facts:,} facts in {path}; keep it under version control with {office.name}", soft_wrap=True)
        if named is None or settings.resolve(named) != path.resolve():
            output.print(f'runs are held to it once [office] says expectations = "{path.name}"', soft_wrap=True)


@app.command()
def init(
    files: Annotated[list[Path], typer.Argument(help="extracts, or folders that hold them")],
    out: Annotated[Path, typer.Option(help="the file to write; never one that is there")] = DEFAULT_OFFICE,
    name: Annotated[str | None, typer.Option(help="the office's name")] = None,
    timezone: Annotated[str | None, typer.Option(help='its time zone, such as "America/Chicago"')] = None,
    crs: Annotated[str | None, typer.Option(help="its map: a projected system in metres, such as EPSG:26916")] = None,
    debug: Debug = False,
) -> None:
    """Look at extracts and write an office.toml that reads them, with the evidence for every guess."""
    with told_in_a_line(debug):
        if out.exists():
            raise SettingsError(f"[{out}] is there and is not overwritten; name another file with --out")
        if missing := [path for path in files if not path.exists()]:
            raise SettingsError(f"[{missing[0]}] is not there; name extracts or folders that hold them")
        proposal = propose(files, name=name, timezone=timezone, crs=crs)
        # "x" refuses a file that came meanwhile.
        with out.open("x", encoding="utf-8") as handle:
            handle.write(render(proposal, beside=out.resolve().parent))
        print_frame("Proposed", pd.DataFrame(summary(proposal)))
        for note in notes(proposal):
            output.print(f"mind: {note}", soft_wrap=True)
        for extract in proposal.extracts:
            if extract.unplaced:
                output.print(f"{extract.name}, could not place: {', '.join(extract.unplaced)}", soft_wrap=True)
        for reference in proposal.references:
            output.print(f"{reference.name}: {reference.what}", soft_wrap=True)
        for file, why in proposal.unreadable.items():
            output.print(f"{file}: {why}", soft_wrap=True)
        output.print(f"{out} written: read its comments, correct it, then run `stratpro check --office {out}`")


@contextmanager
def _trial(office: Office, until: date | None = None) -> Iterator[tuple[warehouse.Connection, Landed]]:
    """Land and build in memory, as of the newest extract up to a day, and let no contract stop it."""
    stages.check_settings(office)
    # Temporary files of its own: the office's folder stays as it is, and may be a run's.
    with TemporaryDirectory(prefix="stratpro-check-") as folder:
        trial = _processing_in(contracts.without_limits(office), folder)
        with warehouse.open_trial(trial) as connection:
            landed = extracts.land(connection, trial)
            row = connection.execute("select max(extract_date) from meta.loads").fetchone()
            if row is not None and row[0] is not None:
                day = min(row[0], until or row[0])
                built = extracts.build(connection, trial, as_of=day, run_id="check")
                warehouse.replace_as_of(connection, model.table("mart.report_lags"), day, built.lags)
            yield connection, landed


def _processing_in(office: Office, folder: str) -> Office:
    section = office.office.model_copy(update={"processed_dir": folder})
    return office.model_copy(update={"office": section})
