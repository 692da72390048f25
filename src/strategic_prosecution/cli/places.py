"""Places: geocode a file, or list what could not be placed."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pandas as pd
import pyarrow
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from strategic_prosecution import desk, stages, warehouse
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
from strategic_prosecution.places import against_floor, suggest_aliases, wilson
from strategic_prosecution.places.geocoder import HITS
from strategic_prosecution.places.quality import HIT_RATE_FLOOR
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages.geocode_file import Geocoded, geocode_file
from strategic_prosecution.stages.geocode_file import Progress as Told
from strategic_prosecution.stages.geocoding_quality import fix_list
from strategic_prosecution.stages.reference import compiled
from strategic_prosecution.stages.table_files import check_out, table_file

_TOP_REASONS = 10
_VERDICTS = {
    "above": "above the floor of 85 %",
    "below": "BELOW the floor of 85 %: read a map of it with care",
    "undecided": "the floor of 85 % lies within the interval",
}


@app.command()
def geocode(
    file: Annotated[Path | None, typer.Argument(help="CSV, Excel or Parquet")] = None,
    address: Annotated[
        list[str] | None, typer.Option("--address", help="the column with the address; several are joined by a blank")
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", help="the column with the day for which names of streets count")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="the file to write: .csv, .xlsx or .parquet says what it is")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="write over a file that is there")] = False,
    sheet: Annotated[str | None, typer.Option("--sheet", help="the sheet of a workbook that has several")] = None,
    unplaced: Annotated[
        bool,
        typer.Option("--fix-list", help="instead: the office's own strings that were not placed, by records; logged"),
    ] = False,
    suggestions: Annotated[
        Path | None,
        typer.Option("--suggestions", help="of --fix-list: write names that may be meant, for a person to confirm"),
    ] = None,
    lint: Annotated[
        bool, typer.Option("--lint", help="instead: what is odd in the office's own layers; every row with --out")
    ] = False,
    table: Annotated[str, typer.Option("--table", help="of --fix-list: which table")] = "incidents",
    top: Annotated[int, typer.Option("--top", min=1, help="of --fix-list: how many strings")] = 50,
    wait: Wait = False,
    office: OfficeFile = DEFAULT_OFFICE,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Place the addresses of a file on the office's own map: its rows in their order, with the answers beside them.

    Nothing is sent anywhere and no database is needed. Exit 1 when not one row was placed.
    """
    with told_in_a_line(debug):
        settings = load_office(office)
        if (unplaced or lint) and (file is not None or address or date or sheet or (unplaced and lint)):
            raise SettingsError(
                "--fix-list and --lint look at what the office has: give one, and leave the file and its columns out"
            )
        if lint:
            _lint_layers(settings, out=out, overwrite=overwrite, as_json=as_json)
            return
        if unplaced:
            _list_unplaced(
                settings,
                table=table,
                top=top,
                out=out,
                suggestions=suggestions,
                overwrite=overwrite,
                wait=wait,
                as_json=as_json,
            )
            return
        if file is None or not address or out is None:
            raise SettingsError(
                "name the file, the column with its addresses (--address) and the file to write (--out)"
            )
        with _unwinding(), _bar(as_json) as progress:
            done = geocode_file(
                settings,
                file,
                out,
                addresses=address,
                date_column=date,
                sheet=sheet,
                overwrite=overwrite,
                progress=progress,
            )
        _summarise(done, out, as_json=as_json)
        if done.rows and not done.counted("records", geocodable=False)[0]:
            raise typer.Exit(1)


def _lint_layers(office: Office, *, out: Path | None, overwrite: bool, as_json: bool) -> None:
    """What the keeper of the map should look at; nothing of it stops the geocoder."""
    if out is not None:
        check_out(out, overwrite=overwrite)
    reference = compiled(office, keep=False)
    if reference is None:
        raise SettingsError(f"{office.path.name}: [places.streets] or [places.points] is missing; name a layer")
    odd = reference.lint[reference.lint["count"] > 0].sort_values(["count", "kind"], ascending=[False, True])
    if out is not None:
        _write(reference.findings, out, overwrite=overwrite)
    if as_json:
        output.print_json(json.dumps({"lint": records_of(odd), "out": None if out is None else str(out)}))
        return
    segments, points = len(reference.segments), len(reference.points)
    output.print(f"{len(reference.streets):,} streets, {segments:,} segments, {points:,} house numbers with a point")
    print_frame("What is odd in the layers", odd.reset_index(drop=True))
    if out is not None:
        output.print(f"{len(reference.findings):,} rows, at most 1,000 of a kind: {out}", soft_wrap=True)


def _summarise(done: Geocoded, out: Path, *, as_json: bool) -> None:
    rates = []
    for unit in ("records", "strings"):
        for geocodable in (False, True):
            placed, total = done.counted(unit, geocodable=geocodable)
            of = "that say where they are" if geocodable else "all"
            rates.append({"counted": unit, "of": of, "placed": placed, "total": total})
    hit = pd.DataFrame(rates).join(wilson([row["placed"] for row in rates], [row["total"] for row in rates]))
    by_type = done.answers.groupby("match_type", as_index=False)[["records", "strings"]].sum()
    by_type["counts_as_placed"] = by_type["match_type"].isin(HITS)
    by_type = by_type.sort_values(["records", "match_type"], ascending=[False, True], ignore_index=True)
    reasons = done.answers[done.answers["match_type"] == "none"].drop(columns="match_type")
    reasons = reasons.sort_values(["records", "reason"], ascending=[False, True], ignore_index=True).head(_TOP_REASONS)
    ties = int(by_type.loc[by_type["match_type"] == "tie", "records"].sum())
    if as_json:
        said = {"rows": done.rows, "out": str(out), "ties": ties, "unread_dates": done.unread_dates}
        frames = {"hit_rates": hit, "match_types": by_type, "reasons": reasons}
        said |= {name: records_of(frame) for name, frame in frames.items()} | {"floor": HIT_RATE_FLOOR}
        output.print_json(json.dumps(said))
        return
    output.print(f"{done.rows:,} rows, {int(done.answers['strings'].sum()):,} distinct strings: {out}", soft_wrap=True)
    for row in hit.to_dict("records"):
        if row["total"]:
            output.print(
                f"placed {row['placed']:,} of {row['total']:,} {row['counted']} ({row['of']}): {row['value']:.1%}, "
                f"95 % interval {row['lower']:.1%} to {row['upper']:.1%}"
            )
    if done.rows:
        output.print(f"against the field's floor: {_VERDICTS[against_floor(hit)[0]]}")
    print_frame("By match type", by_type.astype({"counts_as_placed": str}))
    if ties:
        output.print(f"{ties:,} rows are ties: equally good places too far apart, so they have no coordinates")
    if len(reasons):
        print_frame("Why none was found", reasons)
    if done.unread_dates:
        output.print(f"mind: {done.unread_dates:,} dates are neither ISO nor month/day/year; they counted as none")


@contextmanager
def _unwinding() -> Iterator[None]:
    """Within, a kill and a closed terminal end the program as Ctrl-C does: no file with addresses is left behind."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    # Somebody who ignores one of them (nohup) means it.
    asked = [number for number, handler in before.items() if handler is signal.SIG_DFL]
    for number in asked:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in asked:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


@contextmanager
def _bar(as_json: bool) -> Iterator[Told]:
    """A bar of the distinct strings done, on a terminal; nothing where nobody watches."""
    if as_json or not errors.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("geocoding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def _list_unplaced(
    office: Office,
    *,
    table: str,
    top: int,
    out: Path | None,
    suggestions: Path | None,
    overwrite: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Whole strings as written may name people: for a terminal or a named file, and the log tells of it."""
    files = [file for file in (out, suggestions) if file is not None]
    if not files and (as_json or not sys.stdout.isatty()):
        raise SettingsError("the list holds addresses as written; look at it on a terminal, or name a file with --out")
    for file in files:
        check_out(file, overwrite=overwrite)
    if not office.records_path.exists():
        raise stages.NoExtractsError(f"no run yet in {office.processed_dir}; start with `stratpro run`")
    with stages.holding(office, what="fix list", wait=wait), warehouse.open_records(office) as connection:
        unplaced = fix_list(connection, table=table)
        rows = unplaced.head(top)
        name, is_home = table.removesuffix(" (home)"), table.endswith(" (home)")
        audit.append(
            office,
            "list_exported",
            list=desk.new_id("list"),
            table=name,
            home=is_home,
            rows=len(rows),
            file=bool(files),
        )
    reference = compiled(office, keep=False)
    aliases = None if reference is None else suggest_aliases(unplaced["address"], reference)
    if out is not None:
        _write(rows, out, overwrite=overwrite)
        output.print(f"{len(rows):,} strings in {out}; they are as written and may name people", soft_wrap=True)
    if suggestions is not None and aliases is not None:
        _write(aliases, suggestions, overwrite=overwrite)
        output.print(
            f"{len(aliases):,} names that may be meant in {suggestions}; leave those in that somebody who knows the "
            "streets confirms, and name the file in [places.confirmed_aliases]",
            soft_wrap=True,
        )
    if not files:
        print_frame(f"Not placed: {table}, by records", rows)
        if aliases is not None and len(aliases):
            print_frame("Names that may be meant: nothing counts until somebody confirms it", aliases.head(top))


def _write(frame: pd.DataFrame, file: Path, *, overwrite: bool) -> None:
    written = pyarrow.Table.from_pandas(frame, preserve_index=False)
    with table_file(file, written.schema, overwrite=overwrite) as append:
        append(written)
