"""Orders: expunge, seal, hold, and what stands."""

import csv
import io
import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from strategic_prosecution import stages
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
from strategic_prosecution.settings import Office, SettingsError, load_office, nearest
from strategic_prosecution.stages import orders
from strategic_prosecution.stages.orders import KINDS, Plan
from strategic_prosecution.stages.selection import Asked

_FILE_COLUMNS = ("table", "key", "name", "birth_date", "reference", "why")
_DONE = {"expunge": "expunged", "seal": "sealed", "hold": "held"}

File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        help="orders as CSV (- for standard input): table, key and, where known, name, birth_date, reference, why; "
        "what stands on the command line is seen by whoever lists processes",
    ),
]
Case = Annotated[str | None, typer.Option("--case", help="a case, with everything under its number")]
Person = Annotated[str | None, typer.Option("--person", help="state number, source key, or pseudonym of a person")]
Record = Annotated[str | None, typer.Option("--record", help="another record, as table:key")]
Why = Annotated[str, typer.Option("--why", help="the authority for it; names nobody")]
Reference = Annotated[str, typer.Option("--reference", help="the court's or counsel's number of the order")]
WholeCase = Annotated[bool, typer.Option("--whole-case", help="every defendant of the case is meant")]
DespiteName = Annotated[bool, typer.Option("--despite-name", help="the name in the order is spelled differently")]
WithOthers = Annotated[
    bool, typer.Option("--with-others", help="also lose records of others that stand in no other row")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what it would reach, and change nothing")]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask")]


@app.command()
def expunge(
    file: File = None,
    case: Case = None,
    person: Person = None,
    record: Record = None,
    why: Why = "",
    reference: Reference = "",
    whole_case: WholeCase = False,
    despite_name: DespiteName = False,
    with_others: WithOthers = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Destroy records by order, with every trace of them, and write a certificate. It cannot be taken back."""
    with told_in_a_line(debug):
        settings = load_office(office)
        asked = asked_for(file, case=case, person=person, record=record, why=why, reference=reference)
        asked = [meant(item, whole_case=whole_case, despite_name=despite_name) for item in asked]
        _take(
            settings,
            "expunge",
            asked,
            with_others=with_others,
            dry_run=dry_run,
            yes=yes,
            wait=wait,
            as_json=as_json,
        )


@app.command()
def seal(
    file: File = None,
    case: Case = None,
    person: Person = None,
    record: Record = None,
    lift: Annotated[str | None, typer.Option("--lift", help="the order_id of a seal to lift")] = None,
    why: Why = "",
    reference: Reference = "",
    whole_case: WholeCase = False,
    despite_name: DespiteName = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Seal records: they are counted, and no list, group, link or page names them."""
    with told_in_a_line(debug):
        settings = load_office(office)
        if lift is not None:
            _lift(settings, lift, "seal", why=why, yes=True, wait=wait)
            return
        asked = asked_for(file, case=case, person=person, record=record, why=why, reference=reference)
        asked = [meant(item, whole_case=whole_case, despite_name=despite_name) for item in asked]
        _take(settings, "seal", asked, with_others=True, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json)


@app.command()
def hold(
    what: Annotated[str, typer.Argument(help="add or release")],
    order: Annotated[str | None, typer.Argument(help="the order_id of the hold to release")] = None,
    file: File = None,
    case: Case = None,
    person: Person = None,
    record: Record = None,
    why: Why = "",
    reference: Reference = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = False,
    as_json: Json = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Hold records: no order and no purge destroys them until the hold is released. What waited is then carried out."""
    with told_in_a_line(debug):
        settings = load_office(office)
        if what == "release":
            if order is None:
                raise SettingsError("say which hold: `stratpro hold release ORDER_ID`; `stratpro orders` lists them")
            _lift(settings, order, "hold", why=why, yes=yes, wait=wait)
        elif what == "add":
            asked = [
                meant(item, whole_case=True, despite_name=False)
                for item in asked_for(file, case=case, person=person, record=record, why=why, reference=reference)
            ]
            _take(settings, "hold", asked, with_others=True, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json)
        else:
            raise SettingsError(f"[{what}] is neither add nor release{nearest(what, ['add', 'release'])}")


@app.command(name="orders")
def list_orders(
    wait: Wait = False, as_json: Json = False, office: OfficeFile = DEFAULT_OFFICE, debug: Debug = False
) -> None:
    """Every order to expunge, seal or hold, as it stands."""
    with told_in_a_line(debug):
        settings = load_office(office)
        with stages.holding(settings, what="orders", wait=wait):
            frame = orders.listed(settings)
        if as_json:
            output.print_json(json.dumps(records_of(frame), default=str))
        else:
            print_frame("Orders", frame)


def _take(
    office: Office,
    kind: str,
    asked: list[Asked],
    *,
    with_others: bool,
    dry_run: bool,
    yes: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Plan, show, ask, begin and carry out. Exit 1 when an order could not be taken."""
    assert kind in KINDS
    with stages.holding(office, what=kind, wait=wait):
        planned = orders.plan(office, kind, asked)
        taken = [item for item in planned.plans if with_others or not item.selection.also_lost]
        spared = [item for item in planned.plans if item not in taken]
        shown = pd.DataFrame([_row(item) for item in planned.plans])
        if as_json and dry_run:
            output.print_json(json.dumps(records_of(shown)))
        elif not as_json and len(shown):
            print_frame(f"To be {_DONE[kind]}", shown)
        for error in planned.refused:
            errors.print(f"stratpro: {error}")
            if error.near and sys.stderr.isatty():
                errors.print(f"  {', '.join(error.near)}")
        for line in planned.done:
            errors.print(f"stratpro: {line}")
        for item in spared:
            errors.print(
                f"stratpro: {item.selection.asked.where}: its rows are the only ones of records of others "
                f"({_counts(item.selection.also_lost)}), which would be lost too; --with-others accepts that"
            )
        if taken and not dry_run:
            _confirm(kind, taken, yes=yes)
            status = orders.begin(office, taken, known_on=stages.calendar_day(office))
            stages.finish_orders(office)
            _report(office, kind, status, as_json=as_json)
        if planned.refused or spared:
            raise typer.Exit(1)


def _confirm(kind: str, plans: list[Plan], *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise SettingsError(f"nothing was {_DONE[kind]}: look at what `--dry-run` says, then say --yes")
    records = sum(len(item.selection.records) for item in plans)
    last = " This cannot be taken back." if kind == "expunge" else ""
    try:
        agreed = typer.confirm(f"{records} records of {len(plans)} orders are going to be {_DONE[kind]}.{last} Go on?")
    except typer.Abort:
        agreed = False
    if not agreed:
        errors.print(f"stratpro: nothing was {_DONE[kind]}")
        raise typer.Exit(1)


def _report(office: Office, kind: str, status: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        output.print_json(json.dumps(status))
        return
    for order_id, became in status.items():
        if became == "queued":
            output.print(f"{order_id} waits: a hold stands against it; it is carried out when the hold is released")
        elif kind != "hold":
            certificate = office.processed_dir / "certificates" / f"{order_id}.json"
            output.print(f"{order_id} is carried out; certificate: {certificate}", soft_wrap=True)
            facts = json.loads(certificate.read_text(encoding="utf-8"))
            if sources := facts.get("source_files_that_still_hold_rows"):
                rows = sum(rows for rows in sources.values() if rows > 0)
                output.print(f"yours to do: {len(sources)} files as received still hold {rows:,} rows of it")
            if days := facts["days_counted_before_the_order"]:
                output.print(f"{len(days)} earlier days still count it: `stratpro backfill` runs them again")
        else:
            output.print(f"{order_id} is in force")


def _lift(office: Office, order_id: str, kind: str, *, why: str, yes: bool, wait: bool) -> None:
    if not why:
        raise SettingsError("say why, with --why")
    with stages.holding(office, what=f"lift {kind}", wait=wait):
        waiting = orders.waiting_for(office, order_id)
        if waiting and not yes:
            told = f"{len(waiting)} orders to expunge wait for this hold: {', '.join(waiting)}"
            if not sys.stdin.isatty():
                raise SettingsError(f"nothing was lifted: {told}; releasing it destroys what they name: say --yes")
            if not typer.confirm(f"{told}. Releasing it destroys what they name, and cannot be taken back. Go on?"):
                output.print("nothing was lifted")
                raise typer.Exit(1)
        orders.lift(office, order_id, kind=kind, why=why, known_on=stages.calendar_day(office))
        carried_out = stages.finish_orders(office)
    output.print(f"{order_id} is lifted")
    for order in carried_out:
        certificate = office.processed_dir / "certificates" / f"{order}.json"
        output.print(f"{order}, which waited for it, is carried out; certificate: {certificate}", soft_wrap=True)


def asked_for(
    file: Path | None, *, case: str | None, person: str | None, record: str | None, why: str, reference: str
) -> list[Asked]:
    """What options or a file name; SettingsError where that is nothing, or more than one thing."""
    named = [("cases", case), ("person", person)]
    if record is not None:
        table, colon, key = record.partition(":")
        if not colon:
            raise SettingsError("--record is written table:key")
        named.append((table, key))
    given = [(table, key) for table, key in named if key]
    if len(given) + (file is not None) != 1:
        raise SettingsError("say what is meant: one of --case, --person, --record, or --file")
    if file is not None:
        return _read(file, why=why, reference=reference)
    if not why:
        raise SettingsError("say why (the authority for it), with --why")
    return [Asked(given[0][0], given[0][1], why, reference)]


def _read(file: Path, *, why: str, reference: str) -> list[Asked]:
    """Orders of a CSV file; messages name the line, never what stands in it."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{file} cannot be read ({error.strerror}); name a file of orders") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not UTF-8 text; save it as CSV in UTF-8") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    columns = rows.fieldnames or []
    for name in columns:
        if name not in _FILE_COLUMNS:
            raise SettingsError(f"{file}: no column of orders is called so{nearest(name, _FILE_COLUMNS)}")
    if missing := {"table", "key"} - set(columns):
        raise SettingsError(f"{file} lacks the column [{min(missing)}]")
    asked = []
    for row in rows:
        where = f"line {rows.line_num}"
        said = {name: (value or "").strip() for name, value in row.items() if name is not None}
        if not said["table"] or not said["key"] or None in row:
            raise SettingsError(f"{file}, {where}: table and key are needed, and no more than the header names")
        table = "cases" if said["table"] == "case" else said["table"]
        reason = said.get("why") or why
        if not reason:
            raise SettingsError(f"{file}, {where}: say why (the authority for it), there or with --why")
        asked.append(
            Asked(
                table,
                said["key"],
                reason,
                said.get("reference") or reference,
                name=said.get("name", ""),
                birth_date=_day(said.get("birth_date", ""), f"{file}, {where}"),
                where=where,
            )
        )
    if not asked:
        raise SettingsError(f"{file} has no orders")
    return asked


def _day(text: str, where: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SettingsError(f"{where}: birth_date is no day; write it YYYY-MM-DD") from None


def meant(item: Asked, *, whole_case: bool, despite_name: bool) -> Asked:
    """The same, with what the command line says of all."""
    return Asked(**{**vars(item), "whole_case": whole_case, "despite_name": despite_name})


def _row(item: Plan) -> dict[str, object]:
    found = item.selection
    return {
        "order": found.asked.where,
        "records": _counts(found.by_table),
        "rows": found.rows,
        "people": len(found.people),
        "related, not reached": _counts(found.related),
        "possible, not reached": _counts(found.possible),
        "known by content only": found.known_by_content,
        **({"of the same person, lost too": _counts(found.with_it)} if item.kind == "expunge" else {}),
        **({"of others, lost too": _counts(found.also_lost)} if item.kind == "expunge" else {}),
        "holds": len(item.holds),
    }


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {table}" for table, count in counts.items())
