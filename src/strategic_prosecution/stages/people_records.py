"""Records of people as a reviewer needs them: what each is, of which day, and what it says of the person."""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.people.identifiers import usable_numbers
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.core import NoExtractsError
from strategic_prosecution.warehouse import Connection

MEMBERSHIPS = "memberships"
# The tables whose records are linked, with what one record of each is called.
TABLES = {
    "incident_people": "part in an incident",
    "arrests": "arrest",
    "referrals": "referral",
    "defendants": "charge in court",
    "custody": "custody",
    "supervision": "supervision",
    "diversion": "diversion",
    "notifications": "notification",
    MEMBERSHIPS: "membership",
}
# Race is left out: it says nothing of whether two records are of one person.
PERSON = (
    "given_name",
    "family_name",
    "birth_date",
    "sex",
    "state_id",
    "fbi_id",
    "source_person_id",
    "home_address",
)
_PLACED = ("case_id", "incident_id", "group_id", "role")


def core_day(connection: Connection, office: Office) -> date:
    """The day of the newest core; NoExtractsError where no night has made one."""
    day = warehouse.state(connection, "core_as_of")
    if day is None:
        raise NoExtractsError(f"no run yet in {office.processed_dir}; `stratpro run` makes the first")
    return date.fromisoformat(day)


def read_records(connection: Connection, office: Office, records: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Those of the records that are in the newest core, or were on the desk by its day; in key order.

    One row per record: record_table, record_id, what (its kind, day, case or incident, in words), and ``PERSON``.
    """
    wanted = pd.DataFrame(sorted(records), columns=["record_table", "record_id"], dtype="string")
    connection.register("wanted_records", wanted)
    memberships = desk.current(connection, office, model.table("desk.memberships"), as_of=core_day(connection, office))
    connection.register("memberships_now", memberships)
    found = connection.execute(
        " union all ".join(_read_one(name) for name in TABLES) + " order by record_table, record_id"
    ).df()
    connection.execute("drop view wanted_records; drop view memberships_now")
    return found.assign(what=_in_words(found))[["record_table", "record_id", "what", *PERSON]]


def read_people(connection: Connection, office: Office, records: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Each of the records, and all that is certain of the same person, without what is sealed; in key order.

    One row per record asked for (asked_table, asked_id) and record of its confirmed person, itself included: as
    ``read_records``, with number, its state number as it is compared (null: none that is valid).
    """
    asked = pd.DataFrame(sorted(records), columns=["asked_table", "asked_id"], dtype="string")
    connection.register("asked_records", asked)
    certain = connection.execute(
        f"""
        with sealed as (select table_name, record_id from ({desk.IN_FORCE}) where kind = 'seal')
        from (
            select asked_table, asked_id, other.record_table, other.record_id
            from asked_records
            join core.person_records as own on (own.record_table, own.record_id) = (asked_table, asked_id)
            join core.person_records as other using (confirmed_person_id)
            union
            select asked_table, asked_id, asked_table, asked_id from asked_records
        )
        where (asked_table, asked_id) not in (from sealed) and (record_table, record_id) not in (from sealed)
        """
    ).df()
    connection.execute("drop view asked_records")
    pairs = zip(certain["record_table"], certain["record_id"], strict=True)
    found = read_records(connection, office, set(pairs))
    found = found.assign(number=usable_numbers(found)["state_id"])
    order = ["asked_table", "asked_id", "record_table", "record_id"]
    return certain.merge(found, on=["record_table", "record_id"]).sort_values(order, ignore_index=True)


def _read_one(name: str) -> str:
    """The query for the wanted records of a table: its own days and numbers, or those of its case or incident."""
    is_desk = name == MEMBERSHIPS
    table = model.table(f"desk.{name}" if is_desk else f"core.{name}")
    key = model.DESK_KEYS[name] if is_desk else table.key[0]
    source = f"{'memberships_now' if is_desk else f'core.{name}'} as child"
    days = ["child.known_on"] if is_desk else _days(table, "child")
    if not days:
        parent, joined_by = ("cases", "case_id") if "case_id" in table.names else ("incidents", "incident_id")
        source += f" left join core.{parent} as parent using ({joined_by})"
        days = _days(model.table(f"core.{parent}"), "parent")
    columns = [
        f"{f'child.{column}' if column in table.names else 'null'}::{kind} as {column}"
        for column in (*_PLACED, *PERSON)
        for kind in ["date" if column == "birth_date" else "varchar"]
    ]
    return (
        f"select '{name}' as record_table, child.{key} as record_id, coalesce({', '.join(days)})::date as day, "
        f"{', '.join(columns)} from {source} "
        f"where child.{key} in (select record_id from wanted_records where record_table = '{name}')"
    )


def _days(table: model.Table, alias: str) -> list[str]:
    return [f"{alias}.{column.name}" for column in table.columns if column.dtype == "date" and not column.is_pii]


def _in_words(found: pd.DataFrame) -> pd.Series:
    """`arrest of 2024-01-10, incident I-1`; `membership of group GRP-01, known on 2024-03-31`."""
    is_membership = found["record_table"] == MEMBERSHIPS
    day, group = found["day"].astype("string").str[:10], found["group_id"].astype("string")
    words = found["record_table"].map(TABLES).astype(str)
    words += (" of group " + group.where(is_membership)).fillna("")
    words += (", known on " + day.where(is_membership)).fillna("")
    words += (" of " + day.mask(is_membership)).fillna("")
    said = found[list(_PLACED)].assign(group_id=group.mask(is_membership))
    for column, called in zip(_PLACED, ("case", "incident", "group", "as"), strict=True):
        words += (f", {called} " + said[column].astype("string")).fillna("")
    return words
