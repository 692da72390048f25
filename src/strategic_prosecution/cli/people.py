"""People: the pairs to look at, what a reviewer decided, and what stands."""

import csv
import io
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer
from rich.table import Table
from rich.text import Text

from strategic_prosecution import stages, warehouse
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
from strategic_prosecution.settings import SettingsError, load_office, nearest
from strategic_prosecution.stages import link_decisions, review_queue
from strategic_prosecution.stages.link_decisions import HANDLE, VERDICTS, Asked, DecisionError
from strategic_prosecution.stages.people_records import PERSON
from strategic_prosecution.stages.review_queue import NOTICE, Pair
from strategic_prosecution.stages.table_files import table_file
from strategic_prosecution.warehouse import Connection

commands = typer.Typer(help="Who is one person: pairs to look at, and what was decided.", no_args_is_help=True)
app.add_typer(commands, name="people")

_ON_SCREEN = 20
_CALLED = {"birth_date": "born", "source_person_id": "source's key", "home_address": "home"}
# Both sides of a thing stand beside each other.
_FORM = (
    *("verdict", "why", "left", "right", "kind", "question", "probability", "agreement", "changes"),
    *(f"{side}_{column}" for column in ("what", *PERSON, "numbers", "memberships") for side in ("left", "right")),
    "notice",
)


@commands.command()
def review(
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"how many pairs; default: {_ON_SCREEN} on the screen, all in a file")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="pairs of this kind only")] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", help="write the pairs as a form (.csv) to fill in; `people decide --file` reads it"),
    ] = None,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Show the pairs that a person should look at, those that change most first. It names people, and is logged."""
    with told_in_a_line(debug):
        settings = load_office(office)
        if export is not None:
            _check_form(export)
        with stages.holding(settings, what="people review", wait=wait):
            most = limit or (_ON_SCREEN if export is None else None)
            queue = review_queue.show(settings, kind=kind, limit=most, exported=export is not None)
        if export is not None:
            _write_form(export, queue.pairs)
        if as_json:
            output.print_json(json.dumps({"notice": NOTICE, **asdict(queue)}, default=str))
            return
        if export is None:
            if queue.pairs:
                output.print(NOTICE, soft_wrap=True)
            for pair in queue.pairs:
                _print_pair(pair)
        else:
            output.print(f"{export}: {len(queue.pairs)} pairs. {NOTICE} Delete it when it is read back", soft_wrap=True)
        output.print(f"{len(queue.pairs)} of {queue.of} pairs to look at, as of {queue.as_of}", soft_wrap=True)
        if queue.decided:
            output.print(
                f"{queue.decided} more are decided, and count once a run is as of their day or later", soft_wrap=True
            )


@commands.command()
def decide(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="PAIR same|different|open: a pair of `people review`, or two records as TABLE/ID; open takes a "
            "decision back",
            metavar="PAIR VERDICT",
        ),
    ] = None,
    why: Annotated[str, typer.Option("--why", help="what shows it")] = "",
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="decisions as CSV (- for standard input): left, right, verdict, why; all of it or nothing; "
            "what stands on the command line is seen by whoever lists processes",
        ),
    ] = None,
    two_numbers: Annotated[
        bool, typer.Option("--two-numbers", help="same, although the state numbers differ: one is wrong")
    ] = False,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Decide whether two records are of one person. It wins over every rule, and can be taken back.

    It counts in every run as of today or later. Of a file nothing is recorded unless every line is right.
    """
    with told_in_a_line(debug):
        settings = load_office(office)
        if (file is None) == (not words):
            raise SettingsError("say what is decided: PAIR same|different|open, or --file")
        with stages.holding(settings, what="people decide", wait=wait):
            known_on, newest = stages.calendar_day(settings), stages.newest_extract_date(settings)
            with warehouse.open_records(settings) as connection:
                unread: list[DecisionError] = []
                if file is None:
                    asked = [_asked(connection, words or [], why=why)]
                else:
                    asked, unread = _read(file, why=why)
                done = link_decisions.decide(
                    connection, settings, asked, known_on=known_on, two_numbers=two_numbers, unread=unread
                )
        if done.refused:
            for error in done.refused:
                errors.print(f"stratpro: {error}")
            if file is not None:
                errors.print(
                    f"stratpro: nothing of {_called_file(file)} is recorded; correct these lines, read it again"
                )
            raise typer.Exit(1)
        if as_json:
            days = {"counts_as_of": str(known_on), "newest_extract": str(newest)}
            output.print_json(json.dumps({"decided": done.recorded, "unchanged": done.unchanged, **days}))
        else:
            for pair, verdict in done.recorded.items():
                output.print(f"{pair[:HANDLE]}: {verdict}")
            for pair, verdict in done.unchanged.items():
                output.print(f"{pair[:HANDLE]}: {verdict}, as it stood already")
            if done.recorded:
                counts = f"counts in every run as of {known_on} or later; the newest extract is of {newest}"
                if newest < known_on:
                    counts += ", so not before an extract of that day or later has landed"
                output.print(counts, soft_wrap=True)


@commands.command(name="decisions")
def list_decisions(
    wait: Wait = False, as_json: Json = False, office: OfficeFile = DEFAULT_OFFICE, debug: Debug = False
) -> None:
    """Every decision in force: on which records, by whom, when and why. It names nobody."""
    with told_in_a_line(debug):
        settings = load_office(office)
        with (
            stages.holding(settings, what="people decisions", wait=wait),
            warehouse.open_records(settings) as connection,
        ):
            frame = link_decisions.listed(connection)
        frame["known_on"] = frame["known_on"].dt.strftime("%Y-%m-%d")
        if as_json:
            output.print_json(json.dumps(records_of(frame), default=str))
        else:
            print_frame("Decisions", frame)


def _asked(connection: Connection, words: list[str], *, why: str) -> Asked:
    *named, verdict = words
    if verdict not in VERDICTS:
        raise SettingsError(f"the last word is the verdict, and none is called so{nearest(verdict, VERDICTS)}")
    if len(named) == 1:
        left, right = link_decisions.pair_named(connection, named[0])
    elif len(named) == 2:
        left, right = link_decisions.record_named(named[0]), link_decisions.record_named(named[1])
    else:
        raise SettingsError("name one pair, or two records as TABLE/ID, before the verdict")
    return Asked(left, right, verdict, why)


def _called_file(file: Path) -> str:
    return "standard input" if str(file) == "-" else str(file)


def _read(file: Path, *, why: str) -> tuple[list[Asked], list[DecisionError]]:
    """Decisions of a CSV file, and its lines that name no records. A line without a verdict is skipped.

    Messages name the file and the line, never what stands in it.
    """
    called = _called_file(file)
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{called} cannot be read ({error.strerror}); name a file of decisions") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{called} is not UTF-8 text; save it as CSV in UTF-8") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if missing := {"left", "right", "verdict"} - set(rows.fieldnames or []):
        raise SettingsError(
            f"{called} lacks the column [{min(missing)}]; `stratpro people review --export` writes a form"
        )
    asked, unread = [], []
    for row in rows:
        where = f"{called}, line {rows.line_num}"
        if verdict := (row["verdict"] or "").strip().lower():
            try:
                left, right = (link_decisions.record_named(row[side] or "") for side in ("left", "right"))
            except DecisionError as error:
                unread.append(DecisionError(f"{where}: {error}"))
                continue
            asked.append(Asked(left, right, verdict, (row.get("why") or "").strip() or why, where=where))
    if not asked and not unread:
        raise SettingsError(f"{called} has no verdict filled in; write {', '.join(VERDICTS)} into that column")
    return asked, unread


def _print_pair(pair: Pair) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    sides = (pair.left, pair.right)
    said: list[tuple[str, list[Any]]] = [
        ("record", [side.record for side in sides]),
        ("", [side.what for side in sides]),
    ]
    said += [(_CALLED.get(name, name.replace("_", " ")), [side.person[name] for side in sides]) for name in PERSON]
    for title, values in said:
        if any(value is not None for value in values):
            table.add_row(f"   {title}", *(Text(_on_screen(value)) for value in values))
    for title, lists in (
        ("all state numbers", [side.numbers for side in sides]),
        ("memberships", [side.memberships for side in sides]),
    ):
        if any(lists):
            table.add_row(f"   {title}", *(Text("\n".join(map(_on_screen, values)) or "none") for values in lists))
    head = [f"{pair.place}.", pair.pair, pair.kind, f"probability {_probability(pair)}"]
    output.print(f"\n{'  '.join(head)}", soft_wrap=True)
    output.print(f"   {pair.question}", soft_wrap=True)
    output.print(table)
    output.print(f"   agreement: {_on_screen(pair.agreement)}", soft_wrap=True)
    output.print(f"   {pair.changes}", soft_wrap=True)


def _probability(pair: Pair) -> str:
    """A likeness is never certain, so none is shown as 1."""
    if pair.probability is None:
        return "unknown"
    return ">0.999" if pair.probability > 0.999 else f"{pair.probability:.3f}"


def _on_screen(value: Any) -> str:
    """What a source wrote, without what a terminal would obey."""
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _check_form(path: Path) -> None:
    if path.suffix.lower() != ".csv":
        raise SettingsError(f"--export [{path.name}] must end in .csv")
    if not path.parent.is_dir():
        raise SettingsError(f"--export: there is no folder [{path.parent}]; make it, or name another")
    if path.exists():
        raise SettingsError(f"--export [{path}] is there, and may be filled in; name another file")


def _write_form(path: Path, pairs: tuple[Pair, ...]) -> None:
    """One line per pair, to be filled in. A text that a spreadsheet would take for a formula gets an apostrophe.

    TABLE/ID begins with a letter, so ``left`` and ``right`` are read back as they were written.
    """
    rows = [
        {
            "left": pair.left.record,
            "right": pair.right.record,
            "kind": pair.kind,
            "question": pair.question,
            "probability": _probability(pair),
            "agreement": pair.agreement,
            "changes": pair.changes,
            "notice": NOTICE,
            **{
                f"{name}_{column}": value
                for name, side in (("left", pair.left), ("right", pair.right))
                for column, value in (
                    ("what", side.what),
                    *side.person.items(),
                    ("numbers", ", ".join(side.numbers)),
                    ("memberships", "; ".join(side.memberships)),
                )
            },
        }
        for pair in pairs
    ]
    cells = [{name: _in_cell(value) for name, value in row.items()} for row in rows]
    schema = pa.schema([(name, pa.string()) for name in _FORM])
    with table_file(path, schema, overwrite=False) as append:
        append(pa.Table.from_pylist(cells, schema))


def _in_cell(value: Any) -> str | None:
    return None if value is None else re.sub(r"^([=+\-@\t\r])", r"'\1", str(value))
