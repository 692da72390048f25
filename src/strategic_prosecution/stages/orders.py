"""Orders to expunge, seal and hold: planned without a trace, begun in one transaction, and then carried out.

An order is begun or it is not: what it names is on the desk, as fingerprints, in the transaction that begins it. From
then on whoever takes the run lock next finishes it (``finish_begun``), whatever happened to the program meanwhile. What
a hold names is not destroyed: the order waits (``queued``) until the hold is lifted.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.fingerprints import fingerprint, fingerprint_key
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office
from strategic_prosecution.stages import expungement, selection
from strategic_prosecution.stages.selection import PERSON, Asked, Selection, SelectionError
from strategic_prosecution.warehouse import Connection

KINDS = ("expunge", "seal", "hold")
_ORDERS = "desk.orders"


class OrderError(ValueError):
    """An order cannot be taken, or lifted, as asked; the message holds no value of a record."""


@dataclass(frozen=True)
class Plan:
    """What an order would reach, and the holds that stand against it."""

    kind: str
    selection: Selection
    holds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """The orders that can be taken, why others cannot, and those of which an earlier order left nothing, in words."""

    plans: tuple[Plan, ...]
    refused: tuple[SelectionError, ...]
    done: tuple[str, ...] = ()


def plan(office: Office, kind: str, asked: Sequence[Asked]) -> Planned:
    """Find what orders are about. Nothing is written; for use inside a run."""
    plans, refused, done = [], [], []
    with warehouse.open_records(office) as connection:
        selection.prepare(connection, office)
        if kind == "expunge":
            _check_all_named(connection, office)
        held = _held(connection) if kind == "expunge" else []
        for item in asked:
            try:
                found = selection.select(connection, office, item)
            except SelectionError as error:
                earlier = _earlier(connection, office, item) if kind == "expunge" else None
                if earlier is None:
                    refused.append(error)
                else:
                    done.append(f"{item.where}: nothing is left of it: {earlier} expunged it")
            else:
                plans.append(Plan(kind, found, tuple(hold.order_id for hold in held if hold.blocks(found))))
    return Planned(tuple(plans), tuple(refused), tuple(done))


def _check_all_named(connection: Connection, office: Office) -> None:
    """Refuse while raw holds an extract that office.toml does not name: nobody can say whose its rows are."""
    rows = connection.execute(
        "select distinct extract from meta.loads where not list_contains(?, extract) order by all",
        [list(office.extracts)],
    ).fetchall()
    if rows:
        raise OrderError(
            f"the extracts [{', '.join(name for (name,) in rows)}] have landed, and office.toml names them no more: "
            "what they hold of a person cannot be found; put them back, with their feeds"
        )


def _earlier(connection: Connection, office: Office, asked: Asked) -> str | None:
    """The order that expunged what is asked for."""
    row = connection.execute(
        f"""
        select min(order_id) from desk.order_records join ({desk.ORDERS_NOW}) as orders using (order_id)
        where kind = 'expunge' and status = 'done' and fingerprint = ?
        """,
        [fingerprint(asked.table, asked.key, key=fingerprint_key(office))],
    ).fetchone()
    return None if row is None else row[0]


def begin(office: Office, plans: Iterable[Plan], *, known_on: date) -> dict[str, str]:
    """Put orders on the desk: order_id -> status. An order is begun, or queued behind a hold; a hold is in force.

    Raises SettingsError without a fingerprint key, WarehouseError where the disk has no room to write the files anew.
    Nothing is carried out here: see ``finish_begun``.
    """
    key = fingerprint_key(office)
    plans = tuple(plans)
    if any(item.kind != "hold" and not item.holds for item in plans):
        for path in (office.records_path, office.desk_path):
            warehouse.need_space(path)
    taken = {}
    with warehouse.open_records(office) as connection:
        for item in plans:
            status = "in_force" if item.kind == "hold" else "queued" if item.holds else "begun"
            rows = pd.DataFrame(_rows(item, key=key), columns=["table_name", "fingerprint", "record_id"])
            taken[_record(connection, office, item, status=status, rows=rows, key=key, known_on=known_on)] = status
    return taken


def forget(office: Office, records: Sequence[tuple[str, str]], *, why: str, known_on: date) -> str | None:
    """Begin a purge of records: carried out like an expungement, but what comes again later may stay.

    Returns the order_id, or None where there is nothing to purge. ``finish_begun`` carries it out.
    """
    if not records:
        return None
    key = fingerprint_key(office)
    found = Selection(Asked(records[0][0], "", why), tuple(records), tuple(records), (), 0)
    rows = pd.DataFrame(
        [(table, fingerprint(table, record, key=key), None) for table, record in records],
        columns=["table_name", "fingerprint", "record_id"],
    )
    with warehouse.open_records(office) as connection:
        return _record(connection, office, Plan("purge", found), status="begun", rows=rows, key=key, known_on=known_on)


def lift(office: Office, order_id: str, *, kind: str, why: str, known_on: date) -> None:
    """Lift a seal or a hold. Orders that waited for a lifted hold alone are begun.

    Raises OrderError where there is no such order in force.
    """
    with warehouse.open_records(office) as connection:
        row = connection.execute(
            f"select reference from ({desk.ORDERS_NOW}) where order_id = ? and kind = ? and status = 'in_force'",
            [order_id, kind],
        ).fetchone()
        if row is None:
            raise OrderError(f"no {kind} in force is called so; `stratpro orders` lists them")
        audit.append(office, "order_lifted", order=order_id, kind=kind)
        with warehouse.transaction(connection):
            values = {"order_id": order_id, "kind": kind, "reference": row[0], "status": "lifted"}
            desk.add(connection, model.table(_ORDERS), why=why, known_on=known_on, **values)
            # What stood under it is not needed any more, and a later order may have to forget it.
            connection.execute("update desk.order_records set record_id = null where order_id = ?", [order_id])
        _begin_freed(connection, office, known_on=known_on)


def waiting_for(office: Office, order_id: str) -> tuple[str, ...]:
    """Orders that are queued behind a hold, by what they were told of it when they came."""
    with warehouse.open_records(office) as connection:
        rows = connection.execute(
            f"select order_id from ({desk.ORDERS_NOW}) where status = 'queued' and order_id in "
            "(select order_id from desk.order_records where fingerprint in "
            "(select fingerprint from desk.order_records where order_id = $hold) or record_id = $hold) order by all",
            {"hold": order_id},
        ).fetchall()
    return tuple(order for (order,) in rows)


def listed(office: Office) -> pd.DataFrame:
    """Every order as it stands: order_id, kind, status, reference, records, recorded_by, recorded_at, why."""
    with warehouse.open_records(office) as connection:
        return connection.execute(
            f"""
            select order_id, kind, status, reference, known_on, recorded_by, why,
                (select count(*) from desk.order_records where order_records.order_id = orders.order_id
                    and table_name not in ('hold', 'person') and not starts_with(table_name, 'raw.')) as records
            from ({desk.ORDERS_NOW}) as orders where kind <> 'purge' order by recorded_at, order_id
            """
        ).df()


def finish_begun(office: Office, night: Callable[[Office, date], object]) -> tuple[str, ...]:
    """Carry out what is begun and not done; returns the ids. For use inside a run, before anything reads records."""
    if warehouse.is_finishing(office):
        return ()
    with warehouse.finishing(office):
        with warehouse.open_records(office) as connection:
            begun = connection.execute(
                f"select order_id from ({desk.ORDERS_NOW}) where status = 'begun' order by order_id"
            ).fetchall()
        if begun:
            expungement.carry_out(office, night)
            # The night that published belongs to the orders: what comes after them publishes again.
            warehouse.go_on(office)
    return tuple(order_id for (order_id,) in begun)


def _rows(item: Plan, *, key: bytes) -> list[tuple[str, str, str | None]]:
    """table, fingerprint and, where the record stays, its key."""
    found = item.selection
    if item.kind == "expunge":
        # Records beside marks: pages and seals know a record without a key of its own by its number in core.
        gone = {*found.records, *found.marks, (found.asked.table, found.asked.key)}
        forgotten: list[tuple[str, str, str | None]] = [
            (table, fingerprint(table, mark, key=key), None) for table, mark in sorted(gone)
        ]
        return forgotten + [("hold", fingerprint("hold", hold, key=key), hold) for hold in item.holds]
    kept = set(found.records)
    if item.kind == "hold":
        # Among the marks of a person are the numbers, by which what extracts bring later is held too.
        kept |= set(found.marks)
    return [(table, fingerprint(table, record, key=key), record) for table, record in sorted(kept)]


def _record(
    connection: Connection,
    office: Office,
    item: Plan,
    *,
    status: str,
    rows: pd.DataFrame,
    key: bytes,
    known_on: date,
) -> str:
    order_id = desk.new_id("order")
    facts: dict[str, object] = {"order": order_id, "kind": item.kind, "records": len(rows)}
    if item.kind in ("expunge", "purge"):
        # From these a desk restored from before the order can be told what to forget.
        facts |= {"tables": rows["table_name"].tolist(), "fingerprints": rows["fingerprint"].tolist()}
    audit.append(office, f"order_{status}", **facts)
    connection.register("rows_of_order", rows.astype("string"))
    with warehouse.transaction(connection):
        desk.check_fingerprint_key(connection, key)
        values = {"order_id": order_id, "kind": item.kind, "status": status}
        asked = item.selection.asked
        desk.add(
            connection, model.table(_ORDERS), why=asked.why, known_on=known_on, reference=asked.reference, **values
        )
        connection.execute(
            "insert into desk.order_records by name select distinct ? as order_id, * from rows_of_order", [order_id]
        )
    connection.execute("drop view rows_of_order")
    return order_id


@dataclass(frozen=True)
class _Hold:
    """A hold in force: the records and the people it names."""

    order_id: str
    records: frozenset[tuple[str, str]]
    people: frozenset[str]

    def blocks(self, found: Selection) -> bool:
        """Whether it names a record, its case, or a person, that an order would reach or take a row from."""
        reached = {*found.records, *found.marks, *found.touched, *(("cases", case) for case in found.cases)}
        return bool(self.records & reached) or bool(self.people & set(found.people))


def _held(connection: Connection) -> list[_Hold]:
    holds = []
    rows = connection.execute(
        f"""
        select order_id, list((table_name, record_id) order by table_name, record_id)
        from desk.order_records join ({desk.ORDERS_NOW}) as orders using (order_id)
        where kind = 'hold' and status = 'in_force' group by order_id order by order_id
        """
    ).fetchall()
    for order_id, named in rows:
        records = frozenset((table, record) for table, record in named)
        # A key that has come to call several people holds all of them.
        called = [selection.people_called(connection, key) for table, key in sorted(records) if table == PERSON]
        holds.append(_Hold(order_id, records, frozenset().union(*called)))
    return holds


def _begin_freed(connection: Connection, office: Office, *, known_on: date) -> None:
    """Begin the queued orders whose records no hold in force names any more."""
    freed = connection.execute(
        f"""
        with queued as (select * from ({desk.ORDERS_NOW}) where kind = 'expunge' and status = 'queued'),
        in_force as (select order_id from ({desk.ORDERS_NOW}) where kind = 'hold' and status = 'in_force'),
        held as (select fingerprint from desk.order_records where order_id in (from in_force))
        select order_id, reference, why from queued
        where order_id not in (
            select order_id from desk.order_records
            where fingerprint in (from held) or (table_name = 'hold' and record_id in (from in_force))
        )
        order by order_id
        """
    ).fetchall()
    for order_id, reference, why in freed:
        rows = connection.execute(
            "select table_name, fingerprint from desk.order_records where order_id = ? order by all", [order_id]
        ).df()
        facts = {"tables": rows["table_name"].tolist(), "fingerprints": rows["fingerprint"].tolist()}
        audit.append(office, "order_begun", order=order_id, kind="expunge", records=len(rows), **facts)
        with warehouse.transaction(connection):
            desk.add(
                connection,
                model.table(_ORDERS),
                why=why,
                known_on=known_on,
                order_id=order_id,
                kind="expunge",
                reference=reference,
                status="begun",
            )
