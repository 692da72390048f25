"""What became of the people of the run before: where the records of a person_id went that somebody may still hold."""

from datetime import date

import pandas as pd

from strategic_prosecution import model, warehouse
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

_RECORD = ["record_table", "record_id", "person_id"]
_TABLE = model.table("meta.person_changes")
_KEY = ["person_id", "change", "other_person_id"]


def changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Where the records of each person of ``before`` are, if not all that are left are under the same person_id.

    Both have one row per record: record_table, record_id, person_id. Returns person_id, change, other_person_id and
    records (how many went there), in key order. A person goes on in its heir: the person of the same id, otherwise the
    one with most of its records (of equal ones, the smallest id). Then, for a person of before:

    split
        some of its records belong to another person than its heir; one row for each
    merged
        its heir has another id, and is the heir of somebody else too
    renamed
        its heir has another id, and is its heir alone: another record is its earliest now
    withdrawn
        none of its records is there any more; other_person_id and records are null

    New records that join a person, and records that leave without a trace while others stay, change nothing.
    """
    with warehouse.open_memory() as connection:
        connection.register("before", before[_RECORD])
        connection.register("after", after[_RECORD])
        return connection.execute(query("person_changes")).df().astype({"records": "Int64"})


def record(connection: Connection, as_of: date, before: pd.DataFrame, after: pd.DataFrame) -> int:
    """Add what changed to meta.person_changes, under a day; returns the changes. For use inside ``transaction``.

    ``before`` and ``after``: core.person_records as it was and as it is to be. A night that is tried again finds what
    the first try left and adds nothing, so the day goes on saying what the first try said; a night that finds something
    else (a file came late) adds to it, and whoever holds an id of the first try can follow that too.
    """
    found = changes(before, after)
    if len(found):
        known = connection.execute("select * exclude (as_of) from meta.person_changes where as_of = ?", [as_of]).df()
        told = pd.concat([known, found]).drop_duplicates(_KEY, keep="last").assign(as_of=as_of)
        warehouse.replace_as_of(connection, _TABLE, as_of, told)
    return len(found)
