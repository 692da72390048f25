"""Carrying out what is begun: every trace out, step by step, each of which may be done twice.

What must go is known by fingerprints alone. Killed between or in the middle of two steps, all steps are done again by
the next run: a row that is gone is not found again, a file rewritten is rewritten once more. The counts of what went
are kept in the transaction in which it went, so that the certificate is right whatever happened.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from strategic_prosecution import desk, extracts, model, warehouse
from strategic_prosecution.extracts.readers import FileProblem
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office
from strategic_prosecution.stages import backups
from strategic_prosecution.stages.people import charts_folder
from strategic_prosecution.warehouse import Connection, Key, WarehouseError

Night = Callable[[Office, date], object]
_PUBLISHED = "made anew without the records; every earlier one is removed"
_NONE = "removed; the night could not run, and nothing is published until one does"
LISTS = "lists"
CERTIFICATES = "certificates"


def carry_out(office: Office, night: Night) -> None:
    """Do every step for all orders that are begun. Raises what a step raises: the next run goes on."""
    for step in STEPS:
        step(office, night)


def remove_from_records(office: Office, _night: Night) -> None:
    """Raw rows go; what was made of them goes with core, which the night builds anew."""
    with warehouse.open_records(office) as connection:
        any_forgotten = extracts.load_forgotten(connection, office, begun=True)
        with warehouse.transaction(connection):
            if any_forgotten:
                extracts.remove_from_raw(connection, office)
            for table in model.tables("core"):
                connection.execute(warehouse.create_table(table, clause="create or replace table"))
            connection.execute("delete from meta.problems where problem_id like 'core-%' or problem_id like 'link-%'")
            # The text of a line that could not be split into columns belongs to nobody knows whom.
            connection.execute("update meta.problems set value = null")
            connection.execute("delete from meta.person_changes")


def remove_from_desk(office: Office, _night: Night) -> None:
    """Events on forgotten records go and are kept as a count; so does what other orders and pages say of them.

    A decision on a pair goes with either of its records.
    """
    with warehouse.open_records(office) as connection:
        if not extracts.load_forgotten(connection, office, begun=True):
            return
        _remove_pages(connection, office)
        with warehouse.transaction(connection):
            for table, about in model.DESK_RECORDS.items():
                _remove_events(connection, table, *about)
            connection.execute(
                "update desk.order_records set record_id = null "
                "where fingerprint in (select fingerprint from forgotten)"
            )
            # What was written of a disclosure may say whose it was.
            connection.execute(
                "update desk.disclosures set purpose = null, why = null where disclosure_id in "
                "(select order_id from desk.order_records where fingerprint in (select fingerprint from forgotten))"
            )


def _remove_events(connection: Connection, table: str, *about: tuple[str, str]) -> None:
    """Events on forgotten records; ``about``: SQL for the table and the key of each record that an event is about."""
    known = ", ".join(f"fingerprint_of({record_table}, {record})" for record_table, record in about)
    connection.execute(
        f"""
        create or replace temp table removed_events as
        select distinct event, order_id
        from (select rowid as event, unnest([{known}]) as fingerprint from desk.{table})
        join forgotten using (fingerprint)
        """
    )
    counts = "select order_id, count(*) from removed_events group by order_id"
    extracts.note_removals(connection, "desk", f"desk.{table}", counts)
    connection.execute(f"delete from desk.{table} where rowid in (select event from removed_events)")
    connection.execute("drop table removed_events")


def rewrite_files(office: Office, _night: Night) -> None:
    """Both databases are written anew: deleted rows are gone from their bytes."""
    for path, variable in (
        (office.records_path, office.warehouse.records_key_env),
        (office.desk_path, office.warehouse.desk_key_env),
    ):
        warehouse.rewrite(office, path, key=Key(variable))


def publish_anew(office: Office, night: Night) -> None:
    """Run the night of core's day again and remove every older edition; where it cannot run, nothing stays published.

    What is published has rows of people: an edition with the one meant does not outlive the order. Nor do charts of
    how records were linked, which count them.
    """
    if (charts := charts_folder(office)).exists():
        shutil.rmtree(charts)
    with warehouse.open_records(office) as connection:
        day = warehouse.state(connection, "core_as_of")
    published = False
    if day is not None:
        # What stops this night stops the next one too, and says why there: an order does not wait for it.
        with suppress(ValueError, RuntimeError, LookupError, duckdb.Error):
            night(office, date.fromisoformat(day))
            published = True
    warehouse.withdraw(office, keep=warehouse.current_run(office).run_id if published else None)


def rewrite_backups(office: Office, night: Night) -> None:
    """Backups that can be reached forget the same, and learn of the orders; the others are listed."""
    for folder in _backups(office):
        # One under an older key, on a full disk or one that is read only is not reached: the certificate says so.
        with suppress(WarehouseError, backups.BackupError, OSError):
            backups.remove_unfinished(folder)
            if backups.is_backup(folder):
                backups.forget(office, folder, steps=lambda copy: _forget_in(copy, night))


def _forget_in(copy: Office, night: Night) -> None:
    for step in (remove_from_records, remove_from_desk, rewrite_files):
        step(copy, night)


def certify(office: Office, _night: Night) -> None:
    """Write the certificate of each order, say so in the audit log, and close the order."""
    sources = _sources(office)
    with warehouse.open_records(office) as connection:
        begun = connection.execute(
            f"select order_id, kind, reference, why, known_on from ({desk.ORDERS_NOW}) where status = 'begun' "
            "order by order_id"
        ).fetchall()
        month_ends = connection.execute(
            "select distinct as_of::varchar from mart.data_quality "
            "where as_of::varchar <> (select value from meta.state where name = 'core_as_of') order by all"
        ).fetchall()
        copies = _listed_backups(connection)
        unread = sorted(
            file
            for (file,) in connection.execute(
                "select distinct file from meta.problems "
                "where kind in ('unreadable_file', 'unknown_layout', 'waiting_file')"
            ).fetchall()
        )
        for order_id, kind, reference, why, known_on in begun:
            counts = _sealed(connection, order_id) if kind == "seal" else _removed(connection, order_id)
            facts: dict[str, object] = {
                "office": office.office.name,
                "order": order_id,
                "kind": kind,
                "reference": reference,
                "ordered": known_on,
                "carried_out_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
                "carried_out_by": desk.login(),
            }
            facts |= {"published_editions": _PUBLISHED if (office.processed_dir / "internal").exists() else _NONE}
            if kind == "seal":
                facts |= {"sealed_records": counts}
            else:
                facts |= {
                    "removed_rows": counts,
                    "backups_rewritten": [str(copy) for copy in copies if backups.knows(office, copy, order_id)],
                    "backups_not_reached": [str(copy) for copy in copies if not backups.knows(office, copy, order_id)],
                    "source_files_that_still_hold_rows": sources.get(order_id, {}),
                    "files_that_never_landed": unread,
                    "disclosures_made_before": _told(connection, order_id, "disclosures", "disclosure_id"),
                    "lists_exported_before": _told(connection, order_id, "list_exports", "export_id"),
                }
            head = audit.head(office)
            facts |= {
                "days_counted_before_the_order": [day for (day,) in month_ends],
                "audit": {"entries": head.entries, "sha256": head.sha256},
            }
            if kind != "purge":
                _write_certificate(office, order_id, facts)
            audit.append(office, "order_done", order=order_id, kind=kind, rows=sum(counts.values()))
            with warehouse.transaction(connection):
                desk.add(
                    connection,
                    model.table("desk.orders"),
                    why=why,
                    known_on=known_on,
                    order_id=order_id,
                    kind=kind,
                    reference=reference,
                    status="in_force" if kind == "seal" else "done",
                    counts=json.dumps(counts),
                )
                if kind == "purge":
                    connection.execute("delete from desk.order_records where order_id = ?", [order_id])


STEPS: tuple[Callable[[Office, Night], None], ...] = (
    remove_from_records,
    remove_from_desk,
    rewrite_files,
    publish_anew,
    rewrite_backups,
    certify,
)


def _remove_pages(connection: Connection, office: Office) -> None:
    """Pages that name people and were made of forgotten records."""
    pages = connection.execute(
        "select distinct order_id from desk.order_records where fingerprint in (select fingerprint from forgotten) "
        "order by all"
    ).fetchall()
    for (page,) in pages:
        for path in (office.processed_dir / LISTS).glob(f"{page}.*"):
            path.unlink()


def _sealed(connection: Connection, order_id: str) -> dict[str, int]:
    rows = connection.execute(
        "select table_name, count(*) from desk.order_records where order_id = ? group by all order by all", [order_id]
    ).fetchall()
    return {table: int(count) for table, count in rows}


def _told(connection: Connection, order_id: str, table: str, key: str) -> list[str]:
    """Disclosures or lists of what an order names: our pages are gone, what was given out is not ours to take back."""
    rows = connection.execute(
        f"select distinct {key} from desk.{table} join desk.order_records as told on told.order_id = {key} "
        "where told.fingerprint in (select fingerprint from desk.order_records where order_id = ?) order by all",
        [order_id],
    ).fetchall()
    return [name for (name,) in rows]


def _removed(connection: Connection, order_id: str) -> dict[str, int]:
    rows = connection.execute(
        "select table_name, rows from meta.removals where order_id = $order union all "
        "select table_name, rows from desk.removals where order_id = $order order by all",
        {"order": order_id},
    ).fetchall()
    return {table: int(count) for table, count in rows}


def _backups(office: Office) -> list[Path]:
    with warehouse.open_records(office) as connection:
        return _listed_backups(connection)


def _listed_backups(connection: Connection) -> list[Path]:
    rows = connection.execute(
        "select folder from desk.backups group by folder having count(*) filter (why = ?) = 0 order by folder",
        [backups.FAILED],
    ).fetchall()
    return [Path(folder) for (folder,) in rows]


def _sources(office: Office) -> dict[str, dict[str, int]]:
    """By order: files below raw_dir that still hold its rows, with how many. They are the office's, never edited by us.

    A file that cannot be read any more is listed for every order, with -1.
    """
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with warehouse.open_records(office) as connection:
        if not extracts.load_forgotten(connection, office, begun=True):
            return found
        files = connection.execute(
            "select extract, file from meta.loads where expunged > 0 group by all order by all"
        ).fetchall()
        for extract, file in files:
            path = office.raw_dir / file
            if extract in office.extracts and path.is_file():
                try:
                    counts = extracts.count_forgotten(connection, office, name=extract, path=path)
                except FileProblem:
                    # It changed since it landed into something that does not land.
                    orders = connection.execute("select distinct order_id from forgotten order by all").fetchall()
                    counts = {order_id: -1 for (order_id,) in orders}
                for order_id, rows in counts.items():
                    found[order_id][file] = rows
    return found


def _write_certificate(office: Office, order_id: str, facts: dict[str, object]) -> None:
    folder = office.processed_dir / CERTIFICATES
    folder.mkdir(mode=0o700, exist_ok=True)
    warehouse.write_whole(
        folder / f"{order_id}.json", json.dumps(facts, indent=1, ensure_ascii=False, default=str) + "\n"
    )
