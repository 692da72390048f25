"""Records of people put straight into core and on the desk, for a reviewer to decide on."""

from datetime import date
from pathlib import Path

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.warehouse import Connection

DAY = date(2024, 3, 31)
A, B, C, D = ("arrests", "A-1"), ("defendants", "D-7/1"), ("custody", "B-3"), ("memberships", "MB-4")
AGAIN, NAMELESS = ("arrests", "A-2"), ("arrests", "A-3")
# Two people have a number: A and, with A, AGAIN; B. The others have none.
NUMBERS = ("MA1234501", "MA7654302")
PEOPLE = {A: "p_1", AGAIN: "p_1", NAMELESS: "p_2", B: "p_3", C: "p_4", D: "p_5"}
TOUCHED = ("desk.link_decisions", "desk.orders", "desk.order_records", "desk.memberships", "meta.loads")


def make_office(folder: Path) -> Office:
    """An office without extracts: everything in its databases is put there by a test."""
    path = folder / "office.toml"
    path.write_text(
        '[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\nprocessed_dir = "processed"\n', encoding="utf-8"
    )
    return load_office(path)


def plant(connection: Connection) -> None:
    """The records of ``PEOPLE`` in a core of ``DAY``, whatever was there before."""
    for name in (*(f"core.{table.name}" for table in model.tables("core")), *TOUCHED):
        connection.execute(f"delete from {name}")
    warehouse.set_state(connection, "core_as_of", DAY.isoformat())
    connection.execute(
        f"""
        insert into core.arrests by name
        from (values
            ('A-1', date '2024-01-10', 'Zebulon', '{NUMBERS[0]}', 'I-1', date '1987-03-14', '417 Faux Crescent'),
            ('A-2', date '2024-01-11', 'Zeb', null, null, null, null),
            ('A-3', date '2024-01-12', null, 'UNKNOWN', null, null, null)
        ) as rows(arrest_id, arrest_date, given_name, state_id, incident_id, birth_date, home_address)
        """
    )
    connection.execute("insert into core.cases by name select 'CR-5' as case_id, date '2024-02-01' as filed_date")
    connection.execute(
        f"insert into core.defendants by name select 'D-7/1' as defendant_id, 'CR-5' as case_id, "
        f"'{NUMBERS[1]}' as state_id, '=QUARTZMAN' as family_name, 'male' as sex, 'black' as race_ethnicity"
    )
    connection.execute(
        "insert into core.custody by name select 'B-3' as custody_id, date '2024-01-13' as detained_from, "
        "'Quartz\x1b[2Jman' as family_name"
    )
    connection.execute(
        "insert into meta.loads by name select 'l1' as load_id, 'audit' as extract, ?::date as extract_date", [DAY]
    )
    values = {"membership_id": "MB-4", "group_id": "G1", "family_name": "Quartzmann", "source_load": "l1"}
    desk.add(connection, model.table("desk.memberships"), why="roster", known_on=DAY, **values)
    for (table, key), person in PEOPLE.items():
        connection.execute(
            "insert into core.person_records by name select ? as record_table, ? as record_id, ? as person_id, "
            "? as confirmed_person_id",
            [table, key, person, person],
        )


def queue(connection: Connection, *pairs: dict[str, object]) -> None:
    """Put pairs into core.person_pairs: left and right, and what else is given, in the order of their places."""
    for place, given in enumerate(pairs, 1):
        values = {"place": place, "kind": "possible", "is_joined": False, "memberships": 0, "records": 1, **given}
        for side in ("left", "right"):
            record = values.pop(side)
            values |= {f"{side}_table": record[0], f"{side}_record": record[1], f"{side}_person_id": PEOPLE[record]}
        connection.execute(
            f"insert into core.person_pairs ({', '.join(values)}) values ({', '.join('?' * len(values))})",
            list(values.values()),
        )
