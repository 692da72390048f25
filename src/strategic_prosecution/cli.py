"""The command line: parse, call, print. Exit 0 fine, 1 the data has problems, 2 wrong usage; errors are one line."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import pandas as pd
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from strategic_prosecution import extracts, model, stages, warehouse
from strategic_prosecution.demo import write_county
from strategic_prosecution.extracts import contracts, expectations, findings
from strategic_prosecution.extracts.expectations_file import write_expectations
from strategic_prosecution.extracts.land import Landed
from strategic_prosecution.extracts.propose import notes, propose, render, summary
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.metrics import describe as describe_metric
from strategic_prosecution.settings import Office, SettingsError, load_office, nearest

app = typer.Typer(
    name="stratpro",
    help="Strategic prosecution from an office's own extracts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# Piped output is for files and grep: never folded to a width nobody set.
output = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 240)
errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

OfficeFile = Annotated[Path, typer.Option("--office", help="the office's settings file", metavar="FILE")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", formats=["%Y-%m-%d"], help="what was known at the end of this day; default: newest extract"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="print JSON for machines")]
Wait = Annotated[bool, typer.Option("--wait", help="wait for a run that holds the database")]
Debug = Annotated[bool, typer.Option("--debug", help="show the traceback of an error")]

DEFAULT_OFFICE = Path("office.toml")


def main() -> None:
    """Entry point of ``strategic-prosecution`` and ``stratpro``."""
    app()


@app.command()
def run(
    office: OfficeFile = DEFAULT_OFFICE,
    as_of: AsOf = None,
    wait: Wait = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run the nightly stages in one go: land, build, link, locate, hot spots, groups, metrics, publish."""
    with _errors(debug):
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
    with _errors(debug):
        write_county(folder, incidents=incidents, seed=seed)
        _run(load_office(folder / "office.toml"), None, wait=wait, as_json=as_json)


@app.command()
def check(
    office: OfficeFile = DEFAULT_OFFICE,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="the day asked about; default: today")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Validate every extract and print the problems; writes nothing. Exit 1 when there are any."""
    # What stands in a row is for the eyes of who asks, never for a file or a pipe.
    on_screen = sys.stdout.isatty() and not as_json
    with _errors(debug):
        settings = load_office(office)
        day = as_of.date() if as_of else stages.calendar_day(settings)
        with _trial(settings, day) as (connection, landed):
            accounting = connection.execute("select * exclude (as_of) from meta.accounting order by all").df()
            problems = findings.problems(connection, settings, accounting=accounting, day=day)
            files = findings.files(connection, settings)
        if as_json:
            frames = {"files": files, "problems": problems.drop(columns="examples"), "accounting": accounting}
            output.print_json(json.dumps({name: _records(frame) for name, frame in frames.items()}, default=str))
        else:
            _print_frame("Files", files)
            _print_frame("Rows by feed", accounting)
            _print_frame("Problems", problems if on_screen else problems.drop(columns="examples"))
            output.print(f"{landed.files} files, {landed.landed} readable, {landed.rows} rows. Nothing was written.")
        if len(problems):
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
    with _errors(debug):
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
    with _errors(debug):
        if out.exists():
            raise SettingsError(f"[{out}] is there and is not overwritten; name another file with --out")
        if missing := [path for path in files if not path.exists()]:
            raise SettingsError(f"[{missing[0]}] is not there; name extracts or folders that hold them")
        proposal = propose(files, name=name, timezone=timezone, crs=crs)
        # "x" refuses a file that came meanwhile.
        with out.open("x", encoding="utf-8") as handle:
            handle.write(render(proposal, beside=out.resolve().parent))
        _print_frame("Proposed", pd.DataFrame(summary(proposal)))
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
    with _errors(debug):
        settings = load_office(office)
        done = []
        for day in stages.month_ends(first.date(), last.date()):
            with warehouse.run(settings, what=f"backfill {day}", wait=wait):
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
    with _errors(debug):
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
        with warehouse.run(settings, what="status"), warehouse.open_records(settings) as connection:
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
            stale = [day.isoformat() for (day,) in days if not stages.is_current(connection, settings, day)]
        if as_json:
            frames = {"runs": runs, "extracts": fresh, "lags": lags, "accounting": accounting, "problems": problems}
            said = {name: _records(frame) for name, frame in frames.items()} | {"stale": stale, "lock": None}
            output.print_json(json.dumps(said, default=str))
            return
        _print_frame("Runs", runs)
        _print_frame("Extracts", fresh)
        _print_frame("How late events arrive", lags)
        _print_frame("Rows by feed, newest day", accounting)
        _print_frame("Problems", problems)
        output.print("Stale days: " + (", ".join(stale) + " (recompute with `stratpro backfill`)" if stale else "none"))
        output.print(f"Report: {settings.processed_dir / 'internal' / 'report' / 'index.html'}")


@app.command()
def describe(
    name: Annotated[str | None, typer.Argument(help="a table or a metric")] = None, debug: Debug = False
) -> None:
    """Say what a table or a metric is; without a name, list them."""
    with _errors(debug):
        if name is None:
            for table in model.TABLES:
                output.print(f"{table.schema}.{table.name}: {table.grain}", soft_wrap=True)
            for metric in METRICS:
                output.print(f"{metric.name}: {metric.title}", soft_wrap=True)
            return
        if name in {metric.name for metric in METRICS}:
            output.print(describe_metric(name), soft_wrap=True)
            return
        try:
            table = model.table(name)
        except KeyError:
            known = [*(item.name for item in model.TABLES), *(metric.name for metric in METRICS)]
            raise SettingsError(f"no table or metric [{name}]{nearest(name, known)}") from None
        _describe_table(table)


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


@contextmanager
def _errors(debug: bool) -> Iterator[None]:
    """Errors the user can act on are one line on stderr; 2 for settings and usage, 1 for data and the database."""
    try:
        yield
    except typer.Exit:
        raise
    except SettingsError as error:
        _fail(error, code=2, debug=debug)
    except (ValueError, RuntimeError, OSError) as error:
        _fail(error, code=1, debug=debug)
    except Exception as error:
        # Nobody wrote this message for a reader, and it may hold a value of a row.
        if debug:
            raise
        _fail(RuntimeError(f"[{type(error).__name__}] was not expected; --debug shows where"), code=1, debug=debug)


def _fail(error: Exception, *, code: int, debug: bool) -> None:
    if debug:
        raise error
    errors.print(f"stratpro: {' '.join(str(error).split())}")
    sys.exit(code)


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


def _records(frame: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return records


def _print_frame(title: str, frame: Any) -> None:
    """A frame as a table, without the columns that are 0 or empty throughout."""
    if frame.empty:
        output.print(f"{title}: none")
        return
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    shown = [name for name in frame.columns if frame[name].replace(0, None).notna().any()]
    for name in shown:
        is_number = frame[name].dtype.kind in "iu"
        table.add_column(str(name), overflow="fold", justify="right" if is_number else "left")
    for row in frame[shown].itertuples(index=False):
        table.add_row(*(Text(_shown(value)) for value in row))
    output.print(table)


def _shown(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == datetime.min.time() else f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _describe_table(table: model.Table) -> None:
    output.print(f"{table.schema}.{table.name}: {table.grain}; key {', '.join(table.key)}", soft_wrap=True)
    output.print(f"published: {', '.join(table.editions) or 'never'}")
    for warning in table.warnings:
        output.print(f"mind: {warning}", soft_wrap=True)
    shown = Table("column", "type", "unit", "what", "values")
    for column in table.columns:
        marks = " (personal)" if column.is_pii else " (pseudonym)" if column.is_person else ""
        shown.add_row(
            column.name, column.dtype, column.unit, column.description + marks, ", ".join(column.values), style=None
        )
    output.print(shown)


if __name__ == "__main__":
    main()
