"""Nights: run, demo, backfill, status."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from strategic_prosecution import desk, stages, warehouse
from strategic_prosecution.cli.shared import (
    DEFAULT_OFFICE,
    AsOf,
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
from strategic_prosecution.demo import write_county
from strategic_prosecution.safeguards import protection
from strategic_prosecution.settings import Office, load_office


@app.command()
def run(
    office: OfficeFile = DEFAULT_OFFICE,
    as_of: AsOf = None,
    wait: Wait = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run the nightly stages in one go: land, build, link, locate, hot spots, groups, metrics, publish."""
    with told_in_a_line(debug):
        settings = load_office(office)
        _run(settings, as_of.date() if as_of else None, wait=wait, as_json=as_json)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="where the fictional county is written")] = Path("data/demo"),
    incidents: Annotated[int, typer.Option(min=1000, help="about how many incidents")] = 60_000,
    seed: Annotated[int, typer.Option(help="seed of the county")] = 20240101,
    wait: Wait = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make the fictional county and run the nightly stages on it."""
    with told_in_a_line(debug):
        write_county(folder, incidents=incidents, seed=seed)
        _run(load_office(folder / "office.toml"), None, wait=wait, as_json=as_json)


@app.command()
def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="last day")],
    office: OfficeFile = DEFAULT_OFFICE,
    wait: Wait = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """One run per month end in a range; what is up to date is skipped, so a stopped backfill resumes."""
    with told_in_a_line(debug):
        settings = load_office(office)
        done = []
        for day in stages.month_ends(first.date(), last.date()):
            with stages.holding(settings, what=f"backfill {day}", wait=wait):
                stages.land(settings)
                with warehouse.open_records(settings) as connection:
                    current = stages.is_current(connection, settings, day)
                if day > stages.newest_extract_date(settings):
                    did = "no extract yet"
                elif current:
                    did = "already up to date"
                else:
                    stages.nightly(settings, day)
                    did = "computed"
            done.append({"as_of": day.isoformat(), "did": did})
            if not as_json:
                output.print(f"{day}  {done[-1]['did']}")
        if as_json:
            output.print_json(json.dumps(done))


@app.command()
def status(office: OfficeFile = DEFAULT_OFFICE, as_json: Json = False, debug: Debug = False) -> None:
    """Runs, accounting, freshness, stale days, and who holds the lock."""
    with told_in_a_line(debug):
        settings = load_office(office)
        holder = warehouse.lock_holder(settings)
        if holder is not None:
            said: dict[str, Any] = {"lock": holder}
            if as_json:
                output.print_json(json.dumps(said))
            else:
                output.print(
                    f"run {holder.get('run')} ({holder.get('what')}) holds the database since {holder.get('since')}; "
                    "ask again when it is done"
                )
            return
        if not settings.records_path.exists():
            raise stages.NoExtractsError(f"no run yet in {settings.processed_dir}; start with `stratpro run`")
        with stages.holding(settings, what="status"), warehouse.open_records(settings) as connection:
            runs = connection.execute(
                "select run_id, as_of, started_at, finished_at, status from meta.runs "
                "where status <> 'running' order by started_at desc limit 10"
            ).df()
            fresh = connection.execute(
                "select extract, count(*) as loads, max(extract_date) as newest, sum(rows)::bigint as rows, "
                "sum(new_rows)::bigint as stored from meta.loads group by extract order by extract"
            ).df()
            lags = connection.execute(
                "select * exclude (as_of) from mart.report_lags "
                "where as_of = (select max(as_of) from mart.report_lags) order by all"
            ).df()
            accounting = connection.execute(
                "select * from meta.accounting where as_of = (select max(as_of) from meta.accounting) "
                "order by extract, feed"
            ).df()
            problems = connection.execute(
                "select extract, kind, sum(rows)::bigint as rows from meta.problems group by all order by all"
            ).df()
            days = connection.execute("select distinct as_of from mart.data_quality order by as_of").fetchall()
            waiting = f"select order_id from ({desk.ORDERS_NOW}) where status = 'queued'"
            queued = len(connection.execute(waiting).fetchall())
            stale = [day.isoformat() for (day,) in days if not stages.is_current(connection, settings, day)]
        if as_json:
            frames = {"runs": runs, "extracts": fresh, "lags": lags, "accounting": accounting, "problems": problems}
            said = {name: records_of(frame) for name, frame in frames.items()} | {"stale": stale, "lock": None}
            said["queued_orders"] = queued
            output.print_json(json.dumps(said, default=str))
            return
        print_frame("Runs", runs)
        print_frame("Extracts", fresh)
        print_frame("How late events arrive", lags)
        print_frame("Rows by feed, newest day", accounting)
        print_frame("Problems", problems)
        if queued:
            output.print(f"Orders that wait for a hold: {queued} (`stratpro orders` lists them)")
        output.print("Stale days: " + (", ".join(stale) + " (recompute with `stratpro backfill`)" if stale else "none"))
        output.print(f"Report: {settings.processed_dir / 'internal' / 'report' / 'index.html'}")


def _run(office: Office, as_of: date | None, *, wait: bool, as_json: bool) -> None:
    started = datetime.now()
    with _progress(as_json) as progress:
        today = None if as_of else stages.calendar_day(office)
        day, counts = stages.nightly(office, as_of, wait=wait, today=today, progress=progress)
    seconds = (datetime.now() - started).total_seconds()
    report = office.processed_dir / "internal" / "report" / "index.html"
    published = bool(counts["publish"].get("published"))
    if as_json:
        output.print_json(json.dumps({"as_of": day.isoformat(), "stages": counts, "report": str(report)}))
    else:
        output.print(f"as of {day} in {seconds:.0f} s")
        for note in stages.notes(office, "internal"):
            output.print(f"mind: {note}", soft_wrap=True)
        if problems := counts["build_core"]["problem_rows"]:
            output.print(f"{problems:,} rows with a problem: `stratpro check` lists them", soft_wrap=True)
        if faults := len(protection.faults(office)):
            output.print(f"faults of protection: {faults:,}; `stratpro check` lists them", soft_wrap=True)
        output.print(
            f"report: {report}"
            if published
            else "a day before the newest: its results are stored, nothing is published",
            soft_wrap=True,
        )
    if refused := counts["land"]["refused_files"]:
        errors.print(f"stratpro: {refused} files did not land; `stratpro check` says which and why")
        raise typer.Exit(1)


@contextmanager
def _progress(as_json: bool) -> Iterator[Callable[[str, stages.Counts], None]]:
    """Each stage as it ends; a spinner between them on a terminal, nothing where nobody watches."""
    if as_json or not output.is_terminal:
        yield lambda name, counts: None
        return
    with output.status("landing extracts") as spinner:

        def progress(name: str, counts: stages.Counts) -> None:
            shown = ", ".join(f"{key} {value:,}" for key, value in list(counts.items())[:4])
            output.print(f"{name}  {shown}")
            spinner.update("working")

        yield progress
