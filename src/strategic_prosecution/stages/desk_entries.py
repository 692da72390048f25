"""What people entered on the desk, read like one more extract: reviews, strategies, commitments and call-ins in core.

A row that the desk gave has no source_load: the accounting of rows is of the extracts, and knows nothing of it.
"""

from datetime import date

from strategic_prosecution import model, warehouse
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

# Tables of core whose rows the desk adds or replaces by key, with the events that do.
ENTRIES = {"strategies": "strategy_entries", "commitments": "commitment_entries"}
# Tables of core to which the life of call-ins adds rows that name nobody, with their queries.
CALL_INS = {"notifications": "desk_notifications", "enforcement_actions": "desk_promises"}


def lay_over_core(connection: Connection, as_of: date) -> dict[str, int]:
    """Put what the desk knew by a day into core; returns how many rows it gave or changed, by table.

    A finding of an incident review stands on every shooting of its incident, unless the extract's own review of that
    side is of a later day. A strategy or commitment of the desk takes the place of the extract's of the same key,
    from its first day on. Notifications and promises of call-ins are added, without a person. What is sealed stays
    out. Writes core alone, in a transaction of its own; done twice, it is as done once.
    """
    laid = {}
    with warehouse.transaction(connection):
        for name in ("shootings", *ENTRIES, *CALL_INS):
            connection.execute(f"create or replace temp table laid_over as {entered(name)}", {"as_of": as_of})
            row = connection.execute(f"select count(*) from (from laid_over except all from core.{name})").fetchone()
            laid[name] = 0 if row is None else int(row[0])
            if laid[name]:
                warehouse.replace(connection, model.table(f"core.{name}"), "from laid_over")
            connection.execute("drop table laid_over")
    return laid


def entered(name: str) -> str:
    """The query for a table of core that the desk adds to or changes, with its word by ``$as_of`` in it."""
    if name == "shootings":
        return query("reviewed_shootings")
    if name in CALL_INS:
        return f"from core.{name} where source_load is not null union all by name ({query(CALL_INS[name])})"
    table, key = model.table(f"core.{name}"), model.table(f"core.{name}").key[0]
    columns = ", ".join(column for column in table.names if column not in ("source_load", "source_row"))
    return f"""
        with newest as (
            from desk.{ENTRIES[name]} where known_on <= $as_of
            qualify row_number() over (partition by {key} order by recorded_at desc, rowid desc) = 1
        ),
        entered as (
            from newest
            where {table.dated_by} <= $as_of
                and {key} not in (select record_id from core.sealed_records where record_table = '{name}')
        )
        select {columns}, source_load, source_row from core.{name} where {key} not in (select {key} from entered)
        union all
        select {columns}, null, null from entered
    """
