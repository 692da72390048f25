"""A roster, records of people and a lead put straight into core and on the desk."""

from datetime import date

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.warehouse import Connection

FEBRUARY, DAY, APRIL = date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 10)
NAMES = ("Zebulon", "Quartzman", "Ottoline", "Fernwhistle", "Barnaby", "Mosslight", "Percival", "Thistledown")
NUMBERS = ("MA1234501", "MA7654302", "MA5550003")
# Never on a screen, in a message or in the audit log.
SECRETS = (*NAMES, *NUMBERS, "1987-03-14", "1990-05-05", "1991-02-02")
# By record: all links, and what identifiers and reviewers say alone.
PEOPLE = {
    ("arrests", "A-1"): ("p_1", "p_1"),
    ("arrests", "A-2"): ("p_2", "p_2"),
    ("arrests", "A-3"): ("p_3", "p_3"),
    ("arrests", "A-4"): ("p_4", "p_4"),
    ("arrests", "A-5"): ("p_5", "p_5"),
    ("defendants", "D-1"): ("p_1", "p_1"),
    ("defendants", "D-2"): ("p_2", "p_2"),
    ("custody", "C-2"): ("p_2", "p_9"),
    ("incident_people", "IP-1"): ("p_1", "p_1"),
    ("memberships", "MB-1"): ("p_1", "p_1"),
    ("memberships", "MB-2"): ("p_2", "p_2"),
    ("memberships", "MB-3"): ("p_2", "p_8"),
}
LEAD = {1: ("p_1", "p_2", "p_3"), 2: ("p_4", "p_5")}
# What a membership that counts says.
BASIS = {
    "criterion": "self_admission",
    "source": "report 12",
    "author": "Det. Invented",
    "approver": "Lt. Invented",
    "evidence_date": date(2023, 6, 1),
    "last_fact_date": date(2023, 12, 1),
    "reviewed_on": date(2024, 1, 15),
}
_CORE = (
    *("incidents", "arrests", "cases", "defendants", "custody", "incident_people"),
    *("people", "person_records", "lead_members", "sealed_records"),
)
_DESK = ("memberships", "membership_actions", "membership_audits", "list_exports", "orders", "order_records")


def plant(connection: Connection) -> None:
    """A core of ``DAY`` with a lead and three memberships of an extract, whatever was there before."""
    emptied = [f"core.{name}" for name in _CORE] + [f"desk.{name}" for name in _DESK]
    for name in (*emptied, "meta.loads", "mart.leads", "mart.roster_matches"):
        connection.execute(f"delete from {name}")
    warehouse.set_state(connection, "core_as_of", DAY.isoformat())
    connection.execute(
        "insert into meta.loads by name from (values ('l1', 'audit', ?::date), ('l2', 'arrests', ?::date)) "
        "as rows(load_id, extract, extract_date)",
        [FEBRUARY, DAY],
    )
    connection.execute(
        """
        insert into core.incidents by name from (values
            ('I-1', date '2024-01-10', false), ('I-2', date '2024-02-01', false), ('I-3', date '2024-02-03', true)
        ) as rows(incident_id, occurred_date, is_domestic);
        insert into core.arrests by name from (values
            ('A-1', 'I-1', date '2024-01-10', 'Zebulon', 'Quartzman', date '1987-03-14', 'MA1234501'),
            ('A-2', 'I-1', date '2024-01-10', 'Ottoline', 'Fernwhistle', date '1990-05-05', 'MA7654302'),
            ('A-3', 'I-1', date '2024-01-10', 'Barnaby', 'Mosslight', null, null),
            ('A-4', 'I-2', date '2024-02-01', 'Percival', 'Thistledown', date '1991-02-02', 'MA5550003'),
            ('A-5', 'I-2', date '2024-02-01', 'Zeb', 'Thistledown', date '1992-02-02', null)
        ) as rows(arrest_id, incident_id, arrest_date, given_name, family_name, birth_date, state_id);
        insert into core.cases by name from (values ('CR-7', 'DK-7', date '2024-02-20')
        ) as rows(case_id, docket_id, filed_date);
        insert into core.defendants by name from (values
            ('D-1', 'CR-7', 'Zebulon', 'Quartzman', date '1987-03-14'),
            ('D-2', 'CR-7', 'Ottoline', 'Fernwhistle', date '1991-05-05')
        ) as rows(defendant_id, case_id, given_name, family_name, birth_date);
        insert into core.custody by name from (values ('C-2', date '2024-02-02', date '1999-09-09')
        ) as rows(custody_id, detained_from, birth_date);
        insert into core.incident_people by name from (values
            ('IP-1', 'I-3', 'victim', 'Zebulon', 'Quartzman', date '1987-03-14')
        ) as rows(incident_person_id, incident_id, role, given_name, family_name, birth_date);
        insert into core.people by name select unnest(['p_1', 'p_2', 'p_3', 'p_4', 'p_5']) as person_id,
            unnest([date '1987-03-14', '1990-05-05', '1988-01-01', '1991-02-02', '1992-02-02']) as birth_date;
        """
    )
    connection.executemany(
        "insert into core.person_records by name select ? as record_table, ? as record_id, ? as person_id, "
        "? as confirmed_person_id",
        [[*record, *people] for record, people in PEOPLE.items()],
    )
    connection.executemany(
        "insert into core.lead_members values (?, ?)", [[who, lead] for lead, people in LEAD.items() for who in people]
    )
    membership(connection, "MB-1", "G1", state_id="MA1234501", birth_date=date(1987, 3, 14), source_load="l1")
    membership(connection, "MB-2", "G1", family_name="Fernwhistle", state_id="MA7654302", source_load="l1")
    membership(connection, "MB-3", "G2", family_name="Fernwhistle", birth_date=date(1990, 5, 5), source_load="l1")
    connection.execute(
        "insert into mart.leads by name from (values (?::date, 1, 3, 3, 0.9, 'matched'), (?::date, 2, 2, 1, 0.5, "
        "'only_in_data'), (?::date, 1, 9, 9, 0.1, 'matched')) "
        "as rows(as_of, lead_number, people, ties, stability, reconciled)",
        [DAY, DAY, FEBRUARY],
    )
    connection.execute(
        "insert into mart.roster_matches by name from (values (1, 'matched', 1, 'G1', 2), (2, 'matched', 1, 'G2', 1), "
        "(3, 'only_in_data', 2, null, 0)) as rows(match_number, status, lead_number, group_id, people_in_both), "
        "(select ?::date as as_of)",
        [DAY],
    )


def membership(connection: Connection, key: str, group: str, **values: object) -> None:
    """Put an event of a membership on the desk, with a basis that counts unless ``values`` say otherwise."""
    said = {"known_on": date(2024, 1, 20), "membership_id": key, "group_id": group, **BASIS, **values}
    desk.add(connection, model.table("desk.memberships"), why="audit", **said)  # type: ignore[arg-type]
