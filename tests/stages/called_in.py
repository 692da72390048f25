"""Two groups in a feud, a third, and who stands in no list: put straight into core and on the desk, for call-ins."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse import Connection
from tests.stages import reviewed

DAY = reviewed.DAY
# Person by person, with whom each was arrested. North: hub N1 and a pair apart; South: a chain; West: one alone.
GROUPS = {
    "NORTH": ("N1", "N2", "N3", "N4", "N5", "N6"),
    "SOUTH": ("S1", "S2", "S3", "S4"),
    "WEST": ("W1",),
}
TIES = (("N1", "N2"), ("N1", "N3"), ("N1", "N4"), ("N5", "N6"), ("S1", "S2"), ("S2", "S3"), ("S3", "S4"))
# Kept off whatever is checked: too young, and not identified.
UNDER_18, NOBODY_KNOWS = "N4", "S4"
MEMBERS = tuple(person for people in GROUPS.values() for person in people)


def name(person: str) -> str:
    """A family name that is nowhere else."""
    return f"Quartzman{person}"


def record(person: str) -> str:
    """The membership by which somebody is in a call-in, as TABLE/ID."""
    return f"memberships/MB-{person}"


def make_office(folder: Path) -> Office:
    """An office with this core and nothing checked."""
    office = reviewed.make_office(folder)
    with opened(office) as connection:
        plant(connection)
    return office


@contextmanager
def opened(office: Office) -> Iterator[Connection]:
    """The records and the desk, as a test puts things into them and looks."""
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        yield connection


def plant(connection: Connection) -> None:
    """Everybody of ``GROUPS`` in a core of ``DAY``, on probation since they were adults, arrested as in ``TIES``."""
    warehouse.set_state(connection, "core_as_of", DAY.isoformat())
    for group, people in GROUPS.items():
        for person in people:
            born = date(2007, 5, 1) if person == UNDER_18 else date(1990, 5, 1)
            _insert(
                connection,
                "core.group_memberships",
                membership_id=f"MB-{person}",
                person_id=f"p_{person}",
                linked_person_id=f"p_{person}",
                group_id=group,
                criterion="self_admission",
                known_on=DAY,
            )
            desk.add(
                connection,
                model.table("desk.memberships"),
                why="roster",
                known_on=date(2024, 1, 5),
                membership_id=f"MB-{person}",
                group_id=group,
                given_name="Zebulon",
                family_name=name(person),
                birth_date=born,
                criterion="self_admission",
                source="roster",
                author="an analyst",
                approver="a chief",
                evidence_date=date(2024, 1, 2),
                last_fact_date=date(2024, 1, 2),
                reviewed_on=date(2024, 1, 5),
            )
            _link(connection, "memberships", f"MB-{person}", person)
            if person != NOBODY_KNOWS:
                _insert(
                    connection,
                    "core.supervision",
                    supervision_id=f"SV-{person}",
                    supervision_type="probation",
                    start_date=date(2023, 1, 1),
                    end_date=date(2026, 1, 1),
                    given_name="Zebulon",
                    family_name=name(person),
                    birth_date=born,
                )
                _link(connection, "supervision", f"SV-{person}", person)
            _insert(connection, "core.people", person_id=f"p_{person}", birth_date=born)
    for pair in TIES:
        incident = "-".join(pair)
        _insert(
            connection,
            "core.incidents",
            incident_id=incident,
            occurred_date=date(2023, 12, 1),
            offense_category="drugs",
        )
        for person in (one for one in pair if one != NOBODY_KNOWS):
            _insert(
                connection,
                "core.arrests",
                arrest_id=f"AR-{incident}-{person}",
                incident_id=incident,
                arrest_date=date(2023, 12, 1),
                given_name="Zebulon",
                family_name=name(person),
                birth_date=date(2007, 5, 1) if person == UNDER_18 else date(1990, 5, 1),
            )
            _link(connection, "arrests", f"AR-{incident}-{person}", person)
    _insert(connection, "core.group_feuds", group_id="NORTH", other_group_id="SOUTH", known_on=DAY)
    for rank, group in enumerate(("SOUTH", "NORTH"), 1):
        _insert(connection, "mart.group_priorities", as_of=DAY, group_id=group, rank_violence_by=rank)
    _insert(connection, "mart.group_priorities", as_of=DAY, group_id="WEST", rank_violence_against=1)


def check(connection: Connection, *people: str, on: date = DAY, **values: object) -> None:
    """Every check made of somebody, and nothing found; ``values`` instead."""
    clear = {
        "deconflicted_on": on,
        "open_warrant": "no",
        "in_custody": "no",
        "counsel": "no",
        "mandated_by": "Riverton Parole",
    }
    for person in people:
        table, _, key = record(person).partition("/")
        named = {"check_id": record(person), "record_table": table, "record_id": key}
        desk.add(connection, model.table("desk.call_in_checks"), why="checks", known_on=on, **named, **clear | values)


def shoot(connection: Connection, incident: str, *, on: date, group: str, status: str = "confirmed") -> None:
    """A shooting of which a review found a group the suspect."""
    _insert(connection, "core.incidents", incident_id=incident, occurred_date=on, offense_category="homicide")
    _insert(
        connection,
        "core.shootings",
        shooting_id=f"SH-{incident}",
        incident_id=incident,
        occurred_date=on,
        group_suspect=group,
        group_suspect_status=status,
        review_date=on,
    )


def _link(connection: Connection, table: str, key: str, person: str) -> None:
    _insert(
        connection,
        "core.person_records",
        record_table=table,
        record_id=key,
        person_id=f"p_{person}",
        confirmed_person_id=f"p_{person}",
    )


def _insert(connection: Connection, table: str, **values: object) -> None:
    connection.execute(
        f"insert into {table} ({', '.join(values)}) values ({', '.join('?' * len(values))})", list(values.values())
    )
