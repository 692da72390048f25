"""What an order is about: the records it names, those that belong to them, and every row that says anything of them.

An order names a case, another record, or a person. A case takes everything filed under its number with it. A person is
all records that identifiers join, and the cases in which nobody else is charged. What is only related (other records
of the same person, the arrest that led to the case) is counted, not reached: the order has to name it.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from strategic_prosecution import extracts, model
from strategic_prosecution.people import join_by_identifiers
from strategic_prosecution.safeguards import pseudonym_key, pseudonyms
from strategic_prosecution.settings import Office, nearest
from strategic_prosecution.warehouse import Connection

PERSON = extracts.PERSON
# By these a person is known; names are no identifiers.
_NUMBER_COLUMNS = ("source_person_id", "state_id", "fbi_id")
_NUMBERS = ", ".join(_NUMBER_COLUMNS)


class SelectionError(ValueError):
    """What was asked for cannot be found as it was said. The message holds no value; ``near`` is for a screen only."""

    def __init__(self, message: str, near: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.near = near


@dataclass(frozen=True)
class Asked:
    """What an order names: ``person``, or a table of the model, and the key; and what it says to check it by."""

    table: str
    key: str
    why: str
    reference: str = ""
    name: str = ""
    birth_date: date | None = None
    # Where it was said, for messages: "line 3".
    where: str = "the order"
    # Every defendant of a case is meant.
    whole_case: bool = False
    # The name or birth date in the order differs from the record's, and the record is meant.
    despite_name: bool = False


@dataclass(frozen=True)
class Selection:
    """Records reached, what their fingerprints are made of, the people they are about, and what else there is.

    ``touched``: records of others that lose a row, or a decision on them and one that is reached. ``cases``: the
    numbers under which the records stand. ``related``: records of the same people that are not reached, by table.
    ``possible``: records that no identifier joins, with the same name and birth date, or joined in the newest core all
    the same: nobody knows whose they are. ``with_it`` and ``also_lost``: records of the same people, and of others,
    that stand in no row but those to be removed. ``known_by_content``: records without a readable key, known again
    only while a row says the same.
    """

    asked: Asked
    records: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, str], ...]
    people: tuple[str, ...]
    rows: int
    touched: tuple[tuple[str, str], ...] = ()
    cases: tuple[str, ...] = ()
    related: dict[str, int] = field(default_factory=dict)
    possible: dict[str, int] = field(default_factory=dict)
    with_it: dict[str, int] = field(default_factory=dict)
    also_lost: dict[str, int] = field(default_factory=dict)
    known_by_content: int = 0

    @property
    def by_table(self) -> dict[str, int]:
        """Records reached, by table."""
        return dict(sorted(Counter(table for table, _ in self.records).items()))


def selectable() -> list[str]:
    """The tables whose records an order may name: those about people and cases."""
    about = {"source_person_id", "case_id"}
    return [table.name for table in model.fed_tables() if about & set(table.names)]


def prepare(connection: Connection, office: Office) -> None:
    """List every row of raw, and which person each record is about, in temporary tables for ``select``.

    ``record_people``: one row per record that is about a person: record_table, record_id, person_id.
    """
    extracts.list_every_row(connection, office)
    connection.execute(
        f"""
        create or replace temp table newest_rows as
        with newest as (
            from every_row qualify newness = max(newness) over (partition by record_table, record_id, extract)
        )
        -- As in core, extracts that speak of one record complete one another.
        select record_table, record_id, {
            ", ".join(
                f"first({column} order by newness desc, extract, id) filter ({column} is not null) as {column}"
                for column in ("case_id", *_NUMBER_COLUMNS, "given_name", "family_name", "birth_date")
            )
        }
        from newest group by record_table, record_id
        """
    )
    records = connection.execute(
        f"select record_table, record_id, {_NUMBERS}, null::date as known_date from newest_rows "
        f"where coalesce({_NUMBERS}) is not null order by record_table, record_id"
    ).df()
    links = join_by_identifiers(records)
    connection.register("link_rows", links)
    connection.execute(
        "create or replace temp table record_people as "
        "select record_table::varchar as record_table, record_id::varchar as record_id, "
        "person_id::varchar as person_id from link_rows"
    )
    connection.execute("drop view link_rows")


def select(connection: Connection, office: Office, asked: Asked) -> Selection:
    """Find what is asked for. Raises SelectionError where there is no such record, or more than one thing is meant."""
    connection.execute("create or replace temp table reached (record_table varchar, record_id varchar)")
    connection.execute("create or replace temp table meant_people (person_id varchar)")
    connection.execute("create or replace temp table whole_cases (case_id varchar)")
    if asked.table == PERSON:
        _reach_person(connection, office, asked)
    else:
        _reach_record(connection, asked)
    _check_name(connection, asked)
    _check_words(connection, asked)
    connection.execute(
        """
        create or replace temp table lost_rows as
        select distinct extract, id from every_row
        where (mark_table, mark_id) in (
            select (mark_table, mark_id) from every_row where (record_table, record_id) in (from reached)
        ) or (case_id in (from whole_cases) and list_contains(?, record_table))
        """,
        [list(extracts.OF_A_CASE)],
    )
    numbers = _NUMBER_MARKS if asked.table == PERSON else ""
    return Selection(
        asked,
        records=_pairs(connection, "select distinct record_table, record_id from reached order by all"),
        marks=_pairs(
            connection,
            "select mark_table, mark_id from every_row where (record_table, record_id) in (from reached) "
            f"union select 'cases', case_id from whole_cases {numbers} order by all",
        ),
        people=tuple(person for (person,) in connection.execute("from meant_people order by all").fetchall()),
        rows=_count(connection, "select count(*) from lost_rows"),
        touched=_pairs(connection, _TOUCHED),
        cases=tuple(
            case
            for (case,) in connection.execute(
                "select distinct case_id from newest_rows where (record_table, record_id) in (from reached) "
                "and case_id is not null order by all"
            ).fetchall()
        ),
        known_by_content=_count(
            connection,
            "select count(distinct (record_table, record_id)) from every_row "
            "where (record_table, record_id) in (from reached) and starts_with(mark_table, 'raw.')",
        ),
        related=_counts(
            connection,
            "select record_table, count(*) from record_people where person_id in (from meant_people) "
            "and (record_table, record_id) not in (from reached) group by all order by all",
        ),
        possible=_counts(connection, _POSSIBLE),
        with_it=_counts(connection, _LOST.format(whose="person_id in (from meant_people)")),
        also_lost=_counts(connection, _LOST.format(whose="coalesce(person_id not in (from meant_people), true)")),
    )


_TOUCHED = """
    with pairs as (
        select left_table, left_record, right_table, right_record from desk.link_decisions
        union
        select right_table, right_record, left_table, left_record from desk.link_decisions
    ),
    touched(record_table, record_id) as (
        select record_table, record_id from every_row where (extract, id) in (from lost_rows)
        union
        select right_table, right_record from pairs where (left_table, left_record) in (from reached)
    )
    from touched where (record_table, record_id) not in (from reached) order by all
"""
# Records that are not reached, and stand in no row but those to be removed.
_LOST = """
    with lost as (
        select record_table, record_id from every_row where (record_table, record_id) not in (from reached)
        group by all having bool_and((extract, id) in (from lost_rows))
    )
    select record_table, count(*) from lost left join record_people using (record_table, record_id)
    where {whose} group by all order by all
"""
_POSSIBLE = """
    with said as (
        select distinct lower(given_name) as given, lower(family_name) as family, birth_date
        from every_row join record_people using (record_table, record_id) where person_id in (from meant_people)
    ),
    theirs as (
        select record_table, record_id from record_people where person_id in (from meant_people)
    ),
    possible as (
        select record_table, record_id
        from newest_rows anti join record_people using (record_table, record_id)
        join said
            on given = lower(given_name) and family = lower(family_name) and said.birth_date = newest_rows.birth_date
        union
        -- A link by likeness or by a reviewer is no identifier.
        select record_table, record_id
        from core.person_records anti join theirs using (record_table, record_id)
        where person_id in (select person_id from core.person_records join theirs using (record_table, record_id))
    )
    select record_table, count(*) from possible
    where (record_table, record_id) not in (from reached) group by all order by all
"""
# The numbers by which a row of a person is known where its own key cannot be read.
_NUMBER_MARKS = f"""
    union select '{PERSON}', number
    from (select unnest([{_NUMBERS}]) as number from newest_rows
        where (record_table, record_id) in (from reached))
    where number is not null
"""


def people_called(connection: Connection, key: str) -> frozenset[str]:
    """The people whose state number, FBI number or source key a key is, with or without the name of its system."""
    rows = connection.execute(
        """
        select distinct person_id from newest_rows join record_people using (record_table, record_id)
        where $key in (state_id, fbi_id, source_person_id) or ends_with(source_person_id, ':' || $key)
        """,
        {"key": key},
    ).fetchall()
    return frozenset(person for (person,) in rows)


def _reach_person(connection: Connection, office: Office, asked: Asked) -> None:
    connection.execute("insert into meant_people select unnest(?)", [sorted(people_called(connection, asked.key))])
    if not _count(connection, "select count(*) from meant_people"):
        connection.execute(
            "insert into meant_people select distinct linked.person_id from record_people as linked "
            "join core.person_records as known using (record_table, record_id) "
            "where list_contains(?, known.confirmed_person_id)",
            [_called(connection, office, asked.key)],
        )
        if (joined := _count(connection, "select count(*) from meant_people")) > 1:
            raise SelectionError(
                f"{asked.where}: reviewers have joined {joined} people of different numbers in this person; name each "
                "by its number"
            )
    people = _count(connection, "select count(*) from meant_people")
    if not people:
        near = _near(connection, asked.key, f"select distinct unnest([{_NUMBERS}]) from newest_rows")
        raise _not_found(asked, "person", near)
    if people > 1:
        raise SelectionError(
            f"{asked.where}: {people} people have this key in different systems; name the system too (system:key)"
        )
    connection.execute(
        "insert into reached select record_table, record_id from record_people where person_id in (from meant_people)"
    )
    _reach_cases(connection, "select case_id from newest_rows where (record_table, record_id) in (from reached)")


def _called(connection: Connection, office: Office, key: str) -> list[str]:
    """The person ids of core that a key calls by themselves or by their pseudonym, links by likeness left out."""
    people = connection.execute(
        "select distinct confirmed_person_id as person_id from core.person_records order by all"
    ).df()["person_id"]
    secret = pseudonym_key(office)
    called = people[people == key]
    if secret is not None and called.empty:
        called = people[pseudonyms(people, key=secret) == key]
    return [str(person) for person in called]


def _reach_record(connection: Connection, asked: Asked) -> None:
    known = [PERSON, *selectable()]
    if asked.table not in known:
        raise SelectionError(
            f"{asked.where}: no order is about a record of [{asked.table}]{nearest(asked.table, known)}"
        )
    found = [asked.table, asked.key]
    if not _count(connection, "select count(*) from newest_rows where record_table = ? and record_id = ?", found):
        near = _near(connection, asked.key, f"select record_id from newest_rows where record_table = '{asked.table}'")
        raise _not_found(asked, asked.table, near)
    connection.execute("insert into reached values (?, ?)", found)
    connection.execute(
        "insert into meant_people select distinct person_id from record_people "
        "where (record_table, record_id) in (from reached)"
    )
    if asked.table == "cases":
        _reach_case(connection, asked)
    elif asked.table == "defendants":
        _reach_cases(connection, "select case_id from newest_rows where (record_table, record_id) in (from reached)")


# Whoever is named in a row without a readable key may be a defendant.
_CHARGED = (
    "(record_table = 'defendants' or (starts_with(record_table, 'raw.') "
    f"and coalesce({_NUMBERS}, given_name, family_name) is not null))"
)


def _reach_case(connection: Connection, asked: Asked) -> None:
    """A case with everything under its number, if one person is charged in it."""
    connection.execute(
        "insert into meant_people select distinct person_id from record_people join newest_rows "
        "using (record_table, record_id) where record_table = 'defendants' and case_id = ?",
        [asked.key],
    )
    # One person may be charged twice in a case.
    defendants = _count(
        connection,
        "select count(distinct coalesce(person_id, record_id)) from newest_rows "
        f"left join record_people using (record_table, record_id) where {_CHARGED} and case_id = ?",
        [asked.key],
    )
    if defendants > 1 and not asked.whole_case:
        raise SelectionError(
            f"{asked.where}: {defendants} defendants are charged in this case; name the one meant (table defendants), "
            "or say that the whole case is meant"
        )
    connection.execute("insert into whole_cases values (?)", [asked.key])
    connection.execute(
        "insert into reached select record_table, record_id from newest_rows where case_id = ?", [asked.key]
    )


def _reach_cases(connection: Connection, cases: str) -> None:
    """Of these cases, those in which nobody is charged but who is reached, with everything under their number.

    What another person's identifiers stand on stays.
    """
    connection.execute(
        f"""
        insert into whole_cases
        select case_id from ({cases}) where case_id is not null
        except
        select case_id from newest_rows
        where {_CHARGED} and case_id is not null and (record_table, record_id) not in (from reached)
        """
    )
    connection.execute(
        """
        insert into reached
        select record_table, record_id from newest_rows left join record_people using (record_table, record_id)
        where (case_id in (from whole_cases) or (record_table = 'cases' and record_id in (from whole_cases)))
            and (person_id is null or person_id in (from meant_people))
        """
    )


def _check_name(connection: Connection, asked: Asked) -> None:
    """Refuse where the name or the birth date that the order states is on no row of the people meant."""
    if asked.despite_name or not (asked.name or asked.birth_date):
        return
    said = connection.execute(
        """
        select distinct given_name, family_name, birth_date from every_row
        left join record_people using (record_table, record_id)
        where (record_table, record_id) in (from reached) or person_id in (from meant_people)
        """
    ).fetchall()
    names = [_parts(f"{given or ''} {family or ''}") for given, family, _ in said if given or family]
    said_name = _parts(asked.name)
    if asked.name and not any(said_name and (said_name <= name or name <= said_name) for name in names):
        raise SelectionError(f"{asked.where}: the name in the order is not the name in the records; {_ASK}")
    days = {day for _, _, day in said if day is not None}
    if asked.birth_date and asked.birth_date not in days:
        raise SelectionError(f"{asked.where}: the birth date in the order is not the one in the records; {_ASK}")
    # A number given to two people by mistake joins them.
    of_others = asked.birth_date and days != {asked.birth_date}
    if asked.table == PERSON and (of_others or (said_name and any(not said_name & name for name in names))):
        raise SelectionError(
            f"{asked.where}: some of the records that its number joins have another name or birth date; {_ASK}"
        )


def _check_words(connection: Connection, asked: Asked) -> None:
    """Refuse a reason or reference that says whose order it is: the desk keeps both for ever."""
    said = f"{asked.why} {asked.reference}"
    if not said.strip():
        return
    rows = connection.execute(
        f"""
        select distinct record_id, case_id, {_NUMBERS}, birth_date::varchar, given_name, family_name
        from every_row left join record_people using (record_table, record_id)
        where (record_table, record_id) in (from reached) or person_id in (from meant_people)
        """
    ).fetchall()
    numbers = {key for row in rows for key in row[:-2] if key and len(_together(key)) >= _TELLING}
    # A source's key is written with its system or without.
    numbers |= {asked.key, *(key.partition(":")[2] for key in numbers if ":" in key)}
    names = {part for row in rows for name in row[-2:] if name for part in _words(name) if len(part) > 1}
    words = _words(said)
    spaced = f" {' '.join(words)} "
    if (
        names & {*words}
        or any(f" {' '.join(_words(key))} " in spaced for key in numbers)
        or any(len(_together(key)) > _TELLING and _together(key) in _together(said) for key in numbers)
    ):
        raise SelectionError(
            f"{asked.where}: the reason or the reference holds a number or a name of what is meant, and both are kept "
            "for ever; say it without"
        )


# Keys with fewer letters and digits than this stand in days and other numbers by chance.
_TELLING = 4
_ASK = "look again, and say that the record is meant despite the difference if it is"


def _parts(name: str) -> frozenset[str]:
    """The parts of a name, whatever their order, accents and punctuation."""
    return frozenset(_words(name))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower() or text.lower()
    return "".join(letter if letter.isalnum() else " " for letter in plain).split()


def _together(text: str) -> str:
    return "".join(_words(text))


def _near(connection: Connection, key: str, query: str) -> tuple[str, ...]:
    """Keys that differ in case, punctuation and zeros only."""
    rows = connection.execute(
        f"""
        with folded as (
            select key, regexp_replace(lower(key), '[^a-z1-9]', '', 'g') as plain from ({query}) as keys(key)
        )
        select distinct key from folded
        where plain = regexp_replace(lower($key), '[^a-z1-9]', '', 'g') and plain <> '' order by key limit 5
        """,
        {"key": key},
    ).fetchall()
    return tuple(str(found) for (found,) in rows)


def _not_found(asked: Asked, what: str, near: tuple[str, ...]) -> SelectionError:
    hint = f"{len(near)} are spelled almost like it" if near else "nothing is spelled almost like it either"
    return SelectionError(f"{asked.where}: no record of [{what}] has this key in any extract; {hint}", near)


def _count(connection: Connection, query: str, parameters: list[str] | None = None) -> int:
    row = connection.execute(query, parameters or []).fetchone()
    return 0 if row is None else int(row[0])


def _counts(connection: Connection, query: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in connection.execute(query).fetchall()}


def _pairs(connection: Connection, query: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(first), str(second)) for first, second in connection.execute(query).fetchall())
