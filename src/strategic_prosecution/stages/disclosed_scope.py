"""Whom and what a disclosure is about: the person's records, what stands beside them, and what is sealed."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from strategic_prosecution import desk, model
from strategic_prosecution.report.disclosure import Known, name_words
from strategic_prosecution.stages.selection import PERSON, Selection
from strategic_prosecution.warehouse import Connection

Record = tuple[str, str]

# The columns that name a person.
IDENTITY = ("source_person_id", "state_id", "fbi_id", "given_name", "family_name", "birth_date")

_ABOUT_SOMEBODY = frozenset((*IDENTITY, "race_ethnicity", "sex", "age"))


@dataclass(frozen=True)
class Scope:
    """What a page is about: the person's records, those asked for, all there are, and those that are sealed."""

    selection: Selection
    own: frozenset[Record]
    reached: frozenset[Record]
    # With what stands in the same cases and incidents.
    all_records: frozenset[Record]
    sealed: frozenset[Record]
    other_cases: int

    @property
    def about(self) -> frozenset[Record]:
        """The person's own records, and what was filed in the cases in which nobody else is charged."""
        cases = {record for record in self.reached if not is_about_somebody(record[0])}
        return self.shown & (self.own | cases)

    @property
    def shown(self) -> frozenset[Record]:
        """What may be shown."""
        return self.all_records - self.sealed


def find_scope(connection: Connection, found: Selection, *, with_sealed: bool) -> Scope:
    """Which records the page is about, and whose they are."""
    asked, reached = found.asked, frozenset(found.records)
    sealed = pairs(connection, f"select table_name, record_id from ({desk.IN_FORCE}) where kind = 'seal'")
    # A sealed record leads to no case and no incident either: what stands there would tell of it.
    connection.register("leading_records", frame_of(reached if with_sealed else reached - sealed))
    connection.execute("create or replace temp table starting as from leading_records")
    connection.execute("drop view leading_records")
    connection.execute(
        """
        create or replace temp table context_cases as
        select distinct case_id from (
            select case_id from newest_rows where (record_table, record_id) in (from starting)
            union all select record_id from starting where record_table = 'cases'
        ) where case_id is not null
        """
    )
    connection.execute(
        """
        create or replace temp table context as
        with incidents as (
            select distinct incident_id from record_rows
            where incident_id is not null and ((record_table, record_id) in (from starting)
                or (record_table = 'cases' and record_id in (from context_cases)))
        )
        select distinct record_table, record_id,
            coalesce(newest_rows.case_id in (from context_cases), false)
                or (record_table, record_id) in (from reached) as is_of_case
        from newest_rows join record_rows using (record_table, record_id)
        where newest_rows.case_id in (from context_cases) or (record_table, record_id) in (from reached)
            or record_rows.incident_id in (from incidents)
            or (record_table = 'incidents' and record_id in (from incidents))
        """
    )
    # Somebody else's case is not the person's because both were at one incident.
    elsewhere = pairs(
        connection,
        "select distinct record_table, record_id from context join newest_rows using (record_table, record_id) "
        "left join record_people using (record_table, record_id) "
        "where not is_of_case and newest_rows.case_id is not null "
        "and coalesce(person_id not in (from meant_people), true)",
    )
    own = pairs(
        connection,
        "select record_table, record_id from record_people where person_id in (from meant_people)",
    )
    if asked.table != PERSON:
        own |= {(asked.table, asked.key)}
    if asked.table == "cases":
        own |= {record for record in reached if record[0] == "defendants"}
    own |= _same_person(connection, own)
    return Scope(
        found,
        own=own,
        reached=reached,
        all_records=pairs(connection, "select record_table, record_id from context") - elsewhere,
        sealed=frozenset() if with_sealed else sealed,
        other_cases=len({record for record in elsewhere if record[0] == "cases"}),
    )


def _same_person(connection: Connection, own: frozenset[Record]) -> frozenset[Record]:
    """Records without any identifier that the case reaches, with the person's whole name and birth date."""
    connection.register("own_rows", frame_of(own))
    said = connection.execute(
        "select distinct given_name, family_name, birth_date from every_row "
        "where (record_table, record_id) in (from own_rows) and birth_date is not null"
    ).fetchall()
    connection.execute("drop view own_rows")
    names = {whole_name(*row) for row in said}
    rows = connection.execute(
        "select record_table, record_id, given_name, family_name, birth_date from newest_rows "
        "where (record_table, record_id) in (from reached) and birth_date is not null "
        "and coalesce(source_person_id, state_id, fbi_id) is null"
    ).fetchall()
    return frozenset((table, record) for table, record, *name in rows if whole_name(*name) in names)


def known_of(connection: Connection, records: frozenset[Record]) -> Known:
    """What all rows of these records say of people, also rows that do not count any more."""
    connection.register("known_rows", frame_of(records))
    said = connection.execute(
        "select distinct given_name, family_name, state_id, fbi_id, source_person_id, birth_date from every_row "
        "where (record_table, record_id) in (from known_rows)"
    ).fetchall()
    connection.execute("drop view known_rows")
    return Known(
        names=frozenset(name for row in said for name in row[:2] if name),
        numbers=frozenset(number for row in said for number in row[2:5] if number),
        birth_dates=frozenset(row[5] for row in said if row[5]),
    )


def marks_of(connection: Connection, records: list[Record]) -> frozenset[Record]:
    connection.register("marked_rows", frame_of(frozenset(records)))
    marks = pairs(
        connection,
        "select distinct mark_table, mark_id from every_row where (record_table, record_id) in (from marked_rows)",
    )
    connection.execute("drop view marked_rows")
    return marks


def whole_name(given: str | None, family: str | None, birth_date: date) -> tuple[object, ...]:
    return name_words(given or ""), name_words(family or ""), birth_date


def is_about_somebody(table: str) -> bool:
    return table.startswith("raw.") or bool(_ABOUT_SOMEBODY & set(model.table(table).names))


def frame_of(records: frozenset[Record]) -> pd.DataFrame:
    return pd.DataFrame(sorted(records), columns=["record_table", "record_id"], dtype="string")


def pairs(connection: Connection, query: str) -> frozenset[Record]:
    return frozenset((str(table), str(record)) for table, record in connection.execute(query).fetchall())
