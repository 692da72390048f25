"""Retention: what is older than office.toml's [retention] allows is removed, and its count goes into the audit log.

What a hold names stays. Results of month ends and the audit log are kept for ever.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from strategic_prosecution import desk, extracts, stages, warehouse
from strategic_prosecution.fingerprints import fingerprint_key
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office
from strategic_prosecution.stages import orders, selection
from strategic_prosecution.stages.publish import OLD_NIGHTS, night_tables
from strategic_prosecution.stages.queries import query
from strategic_prosecution.stages.selection import PERSON, Asked, SelectionError
from strategic_prosecution.warehouse import Connection

# In meta.state while the bytes of emptied values may still stand in the file.
_REWRITE = "purge_rewrite"
# A problem does not say which landing of its file it is of: going by the first keeps the promise.
_OLD_PROBLEMS = """
    kind = 'ragged_row' and value is not null and coalesce(
        (select min(landed_at) from meta.loads where loads.extract = problems.extract and loads.file = problems.file),
        (select min(landed_at) from meta.loads where loads.extract = problems.extract)
    ) < $before
"""
# Whether a day is up to date rests on its newest whole night and on what ran after it.
_OLD_RUNS = """
    started_at < $before and not exists (
        select 1 from (
            select as_of, max(finished_at) as finished_at from meta.runs
            where status = 'done' and list_has_all(json_keys(counts), $whole) group by as_of
        ) as whole
        where whole.as_of = runs.as_of and whole.finished_at <= runs.finished_at
    )
"""


@dataclass(frozen=True)
class _Due:
    """One thing whose period has run out for some: how much of it, and what removes it."""

    what: str
    of: str
    period: str
    older_than: date | None
    removed: int
    held_back: int = 0
    statements: tuple[tuple[str, Any], ...] = ()
    # Emptied values are gone from the bytes of the file only when it is written anew.
    is_rewritten: bool = False
    paths: tuple[Path, ...] = ()
    memberships: tuple[str, ...] = ()


def purge(office: Office, *, today: date, dry_run: bool = False, wait: bool = False) -> pd.DataFrame:
    """Remove what is older than its period; with ``dry_run`` only say what that is.

    One row per thing with a period: what, of (what is counted), period, older_than (what is from before that day goes;
    null for runs, of which the newest stay), removed, held_back (memberships under a hold, or contested and not
    decided). Raises NoExtractsError where nothing ran yet, WarehouseLockedError where another run holds the database,
    WarehouseError where there is no room to rewrite it, OrderError for a hold that cannot be followed.
    """
    if not office.records_path.exists():
        raise stages.NoExtractsError(f"no run yet in {office.processed_dir}; there is nothing to purge")
    # To finish an order that was begun would be to write.
    hold = warehouse.run if dry_run else stages.holding
    with hold(office, what="purge", wait=wait):
        with warehouse.open_records(office) as connection:
            due = [
                _nights(connection, office),
                _published_runs(office),
                _problems(connection, office, today),
                _log(connection, office, today),
                _lists(office, today),
                _memberships(connection, office, today),
            ]
        if not dry_run:
            _remove(office, due, today)
    columns = ["what", "of", "period", "older_than", "removed", "held_back"]
    return pd.DataFrame([[getattr(item, name) for name in columns] for item in due], columns=columns)


def _nights(connection: Connection, office: Office) -> _Due:
    """Nights count from the newest one: an office that pauses keeps what it last saw."""
    days = office.retention.nights_days
    newest = _one(connection, "select max(as_of) from mart.data_quality")
    if newest is None:
        return _Due("nights", "rows", f"{days} days", None, 0)
    through = newest - timedelta(days=days)
    where = [f"from {table.schema}.{table.name} where {OLD_NIGHTS}" for table in night_tables()]
    rows = sum(_one(connection, f"select count(*) {old}", [through]) for old in where)
    statements = tuple((f"delete {old}", [through]) for old in where)
    return _Due("nights", "rows", f"{days} days", through + timedelta(days=1), rows, statements=statements)


def _published_runs(office: Office) -> _Due:
    kept = office.retention.published_runs
    in_force = (office.processed_dir / "internal").resolve().parent
    runs = sorted(path for path in (office.processed_dir / "runs").glob("[!.]*"))
    old = tuple(path for path in runs[:-kept] if path.resolve() != in_force)
    return _Due("published_runs", "runs", f"{kept} runs", None, len(old), paths=old)


def _problems(connection: Connection, office: Office, today: date) -> _Due:
    days = office.retention.problem_days
    first = today - timedelta(days=days)
    terms = {"before": _midnight(office, first)}
    rows = _one(connection, f"select count(*) from meta.problems where {_OLD_PROBLEMS}", terms)
    is_rewritten = rows > 0 or warehouse.state(connection, _REWRITE) is not None
    noted = "insert into meta.state select $name, 'due' where $name not in (select name from meta.state)"
    statements: tuple[tuple[str, Any], ...] = (
        (f"update meta.problems set value = null where {_OLD_PROBLEMS}", terms),
        (noted, {"name": _REWRITE}),
    )
    return _Due(
        "problem_values",
        "values",
        f"{days} days",
        first,
        rows,
        statements=statements if is_rewritten else (),
        is_rewritten=is_rewritten,
    )


def _log(connection: Connection, office: Office, today: date) -> _Due:
    days = office.retention.log_days
    first = today - timedelta(days=days)
    terms = {"before": _midnight(office, first), "whole": [stage.__name__ for stage in stages.NIGHTLY]}
    rows = _one(connection, f"select count(*) from meta.runs where {_OLD_RUNS}", terms)
    statements = ((f"delete from meta.runs where {_OLD_RUNS}", terms),)
    return _Due("log", "rows", f"{days} days", first, rows, statements=statements)


def _lists(office: Office, today: date) -> _Due:
    days = office.retention.lists_days
    first = today - timedelta(days=days)
    before = _midnight(office, first).replace(tzinfo=UTC).timestamp()
    files = (
        path for path in sorted((office.processed_dir / "lists").rglob("*")) if path.is_symlink() or path.is_file()
    )
    old = tuple(path for path in files if path.lstat().st_mtime < before)
    return _Due("lists", "files", f"{days} days", first, len(old), paths=old)


def _memberships(connection: Connection, office: Office, today: date) -> _Due:
    days = office.retention.membership_grace_days
    first = today - timedelta(days=days)
    connection.execute(f"create or replace temp table in_force as {desk.IN_FORCE}")
    _hold_people(connection, office)
    _hold_decided(connection)
    expired = connection.execute(
        query("expired_memberships"),
        {"day": today, "older_than": first, "expiry_days": office.groups.expiry_days},
    ).fetchall()
    free = _alone(connection, office, tuple(membership for membership, is_held_back in expired if not is_held_back))
    return _Due(
        "memberships",
        "memberships",
        f"{days} days after they expired",
        first,
        len(free),
        held_back=len(expired) - len(free),
        memberships=free,
    )


def _alone(connection: Connection, office: Office, memberships: tuple[str, ...]) -> tuple[str, ...]:
    """Those whose rows speak of no other record: a row goes whole, and an arrest in it does not expire."""
    if not memberships:
        return ()
    extracts.list_every_row(connection, office)
    shared = connection.execute(
        """
        select distinct record_id from every_row where record_table = 'memberships' and (extract, id) in (
            select (extract, id) from every_row where record_table <> 'memberships'
        )
        """
    ).fetchall()
    return tuple(membership for membership in memberships if (membership,) not in shared)


def _hold_people(connection: Connection, office: Office) -> None:
    """Add to ``in_force`` the records that a hold on a person reaches by now; OrderError where nobody can say which."""
    people = connection.execute(
        f"""
        select distinct order_id, record_id from desk.order_records join ({desk.ORDERS_NOW}) as orders using (order_id)
        where kind = 'hold' and status = 'in_force' and table_name = ? order by all
        """,
        [PERSON],
    ).fetchall()
    if people:
        selection.prepare(connection, office)
    for order_id, person in people:
        try:
            records = selection.select(connection, office, Asked(PERSON, person, "")).records
        except SelectionError:
            raise orders.OrderError(
                f"the hold [{order_id}] names a person whose records cannot be found for certain any more, so nothing "
                "is purged; hold the records, or the person with the system named, and release this hold"
            ) from None
        connection.executemany("insert into in_force values ('hold', ?, ?)", records)


def _hold_decided(connection: Connection) -> None:
    """Add to ``in_force`` what a reviewer decided on together with a held record: the decision would go with it."""
    connection.execute(
        """
        insert into in_force
        with pairs as (
            select left_table, left_record, right_table, right_record from desk.link_decisions
            union
            select right_table, right_record, left_table, left_record from desk.link_decisions
        )
        select 'hold', right_table, right_record from pairs
        where (left_table, left_record) in (select table_name, record_id from in_force where kind = 'hold')
        """
    )


def _remove(office: Office, due: Sequence[_Due], today: date) -> None:
    """Remove what is due. Killed at any moment, the next purge removes the rest."""
    memberships = [membership for item in due for membership in item.memberships]
    is_rewritten = any(item.is_rewritten for item in due)
    # What would stop it in the middle stops it here.
    if memberships:
        fingerprint_key(office)
    if is_rewritten:
        warehouse.need_space(office.records_path)
    removed = {item.what: item.removed for item in due if item.removed}
    if removed:
        audit.append(office, "purged", **removed, held_back=sum(item.held_back for item in due))
    with warehouse.open_records(office) as connection, warehouse.transaction(connection):
        for statement, terms in (pair for item in due for pair in item.statements):
            connection.execute(statement, terms)
    for path in (path for item in due for path in item.paths):
        _remove_path(path)
    if is_rewritten:
        warehouse.rewrite(office, office.records_path, key=warehouse.Key(office.warehouse.records_key_env))
        with warehouse.open_records(office) as connection:
            connection.execute("delete from meta.state where name = ?", [_REWRITE])
    if memberships:
        why = f"expired more than {office.retention.membership_grace_days} days before"
        orders.forget(office, [("memberships", membership) for membership in memberships], why=why, known_on=today)
        stages.finish_orders(office)


def _remove_path(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _one(connection: Connection, sql: str, terms: Any = None) -> Any:
    row = connection.execute(sql, terms).fetchone()
    return None if row is None else row[0]


def _midnight(office: Office, day: date) -> datetime:
    """The instant a local day begins, in UTC."""
    start = datetime.combine(day, time(), tzinfo=ZoneInfo(office.office.timezone))
    return start.astimezone(UTC).replace(tzinfo=None)
