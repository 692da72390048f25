"""What a page says of the records that it is about, part by part, with other people masked."""

from collections import Counter, defaultdict
from datetime import date, datetime

import pandas as pd

from strategic_prosecution import model, warehouse
from strategic_prosecution.fingerprints import fingerprint
from strategic_prosecution.report.disclosure import MASKED, Item, Mask, Section
from strategic_prosecution.safeguards import audit, pseudonym_key, pseudonyms
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.disclosed_desk import desk_entries
from strategic_prosecution.stages.disclosed_links import links, list_links
from strategic_prosecution.stages.disclosed_rows import Row, read_rows
from strategic_prosecution.stages.disclosed_scope import (
    IDENTITY,
    Record,
    Scope,
    frame_of,
    is_about_somebody,
    known_of,
    marks_of,
    pairs,
    whole_name,
)
from strategic_prosecution.stages.selection import PERSON
from strategic_prosecution.warehouse import Connection, WarehouseError

# What says something of a person without being named in the model as personal.
_OF_A_PERSON = frozenset(
    (
        *IDENTITY,
        *("race_ethnicity", "sex", "age"),
        *("group_id", "group_status", "group_victim", "group_victim_status", "group_suspect", "group_suspect_status"),
        *("declined_participation", "was_threatened", "contact_count", "first_contact_date"),
    )
)

_STRUCTURED = ("date", "timestamp", "integer", "double", "cents", "boolean")


def sections(connection: Connection, office: Office, scope: Scope, *, key: bytes) -> list[Section]:
    """The parts of a page below its head. What an order took away since is not there; nothing is written."""
    rows = read_rows(connection, office, scope.all_records)
    mask = _mask(connection, scope, rows, linked=list_links(connection, scope))
    open_rows = [row for row in rows if not any(entry.record in scope.sealed for entry in row.entries)]
    about, around = (
        [row for row in open_rows if any(entry.record in scope.about for entry in row.entries) == is_own]
        for is_own in (True, False)
    )
    made_of: defaultdict[Record, list[Row]] = defaultdict(list)
    for row in rows:
        for record in {entry.record for entry in row.entries}:
            made_of[record].append(row)
    numbers = {id(row): number for number, row in enumerate([*about, *around], start=1)}
    own_shown, others_shown = sorted(scope.about), sorted(scope.shown - scope.about)

    def records(listed: list[Record]) -> tuple[Item, ...]:
        return tuple(
            _record_item(connection, scope, record, mask=mask, rows=made_of[record], numbers=numbers)
            for record in listed
            # What has no readable key is a row and no record.
            if not record[0].startswith("raw.")
        )

    hidden = len(rows) - len(open_rows)
    withheld = (f"{hidden} rows are not shown: sealed records stand on them.",) if hidden else ()
    return [
        _identified(connection, scope, mask),
        links(connection, mask),
        Section(
            "Source rows",
            ("Every column as written; * marks a column that office.toml maps to nothing.", *withheld),
            tuple(_row_item(row, scope, mask=mask, number=numbers[id(row)]) for row in about),
        ),
        Section("Records made of these rows", (), records(own_shown)),
        Section(
            "In the same cases and incidents",
            (
                f"Of other people, what is about them is shown as {MASKED}.",
                *(
                    (f"{scope.other_cases} other cases of the same incidents are not shown.",)
                    if scope.other_cases
                    else ()
                ),
            ),
            (*records(others_shown), *(_row_item(row, scope, mask=mask, number=numbers[id(row)]) for row in around)),
        ),
        _memberships(connection, scope, mask),
        *desk_entries(connection, scope.about | {each for each in scope.shown if each[0] == "incidents"}, mask),
        *_traces(connection, office, scope, mask, key=key),
        _editions(connection, office, scope),
    ]


def _identified(connection: Connection, scope: Scope, mask: Mask) -> Section:
    """What was asked, what joined the records, and what was not joined."""
    asked, shown = scope.selection.asked, scope.shown & scope.own
    hidden = len(scope.all_records & scope.sealed)
    said = [
        f"asked for: {asked.table} {asked.key}",
        f"records shown: {_counted(scope.about)}",
        f"in the same cases and incidents: {_counted(scope.shown - scope.about)}",
        f"records of the same person that were not asked for: {_counts(scope.selection.related)}",
    ]
    if hidden:
        said.append(f"{hidden} sealed records are not shown")
    if mask.shared:
        said.append(
            f"{mask.shared} names or numbers are the person's and somebody else's too: masking cannot tell them apart, "
            "and leaves them"
        )
    connection.register("shown_rows", frame_of(shown))
    said.append("Its records are those that identifiers join; none is shown because of a name.")
    items = []
    for column in ("state_id", "fbi_id", "source_person_id"):
        for number, tables in connection.execute(
            f"""
            select {column}, string_agg(told, ', ' order by told) from (
                select {column}, count(*) || ' ' || record_table as told from newest_rows
                where (record_table, record_id) in (from shown_rows) and {column} is not null
                group by {column}, record_table
            ) group by {column} order by {column}
            """
        ).fetchall():
            items.append(Item(f"{column} {number}", (("joins", tables),)))
    items.append(
        Item(
            "possible, not joined: the same name and birth date, no identifier in common", _possible(connection, scope)
        )
    )
    connection.execute("drop view shown_rows")
    return Section("What was asked, and how the person was identified", tuple(said), tuple(items))


def _possible(connection: Connection, scope: Scope) -> tuple[tuple[str, str], ...]:
    """Records that share a name and birth date with the person's, by table; sealed ones are not counted."""
    said = connection.execute(
        "select distinct given_name, family_name, birth_date from every_row "
        "where (record_table, record_id) in (from shown_rows) and birth_date is not null"
    ).fetchall()
    names = {whole_name(*row) for row in said}
    alike = connection.execute(
        "select record_table, record_id, given_name, family_name, birth_date from newest_rows "
        "where list_contains(?, birth_date)",
        [sorted({day for _, _, day in said})],
    ).fetchall()
    found = Counter(
        table
        for table, record, *name in alike
        if whole_name(*name) in names and (table, record) not in scope.own | scope.sealed
    )
    return tuple((table, f"{count} records, not shown") for table, count in sorted(found.items())) or (("", "none"),)


def _row_item(row: Row, scope: Scope, *, mask: Mask, number: int) -> Item:
    hidden = _hidden_columns(row, scope)
    kinds = {
        column: kind
        for entry in row.entries
        for column, kind in _kinds(entry.mapped, entry.table, is_own=entry.record in scope.own).items()
    }
    own = {
        column
        for entry in row.entries
        if entry.record in scope.own
        for ours, columns in entry.mapped.items()
        if ours in IDENTITY
        for column in columns
    }
    mapped = {column for entry in row.entries for columns in entry.mapped.values() for column in columns}
    lines = []
    for column, value in row.values.items():
        star = "" if column in mapped else " *"
        if column in hidden:
            shown = MASKED
        elif column in own:
            shown = value
        else:
            shown = mask.text(value, numbers=kinds.get(column) != "plain")
        lines.append((f"{column}{star}", shown))
    files = f"{row.files} files, the last {mask.text(row.last_file, numbers=False)} of {row.last_day}"
    stood_in = (("stood in", files),) if row.files > 1 else ()
    told = [
        ("of record", f"{entry.record[0]}:{_key(entry.record, scope, mask)}")
        for entry in row.entries
        if entry.record in scope.shown
    ]
    return Item(
        f"row {number}: {mask.text(row.file, numbers=False)}, record {row.line} of the file (the header is 1)",
        (
            ("extract date", str(row.first_day)),
            *stood_in,
            *told,
            *lines,
            *((("left empty", ", ".join(row.empty)),) if row.empty and not hidden else ()),
            *(("problem", mask.text(problem)) for problem in row.problems),
        ),
    )


def _kinds(mapped: dict[str, tuple[str, ...]], table: str, *, is_own: bool) -> dict[str, str]:
    """Which of a row's columns hold a day, a count, or a key that is not made of somebody else's number."""
    columns = model.table(table)
    return {
        column: "plain"
        for ours, theirs in mapped.items()
        if columns.column(ours).dtype in _STRUCTURED or (is_own and ours.endswith("_id") and ours not in IDENTITY)
        for column in theirs
        if ours not in IDENTITY
    }


def _hidden_columns(row: Row, scope: Scope) -> set[str]:
    """The columns of a row that are about somebody else.

    In a row of the person, those that only somebody else's record takes something about people from. In a row of others
    all but what a record that is shown takes something else from: what is mapped to nothing may be anything.
    """
    own, of_others, open_columns = set(), set(), set()
    is_own = is_others = False
    for entry in row.entries:
        if entry.record in scope.own:
            is_own = True
            own |= {column for columns in entry.mapped.values() for column in columns}
            continue
        somebody = is_about_somebody(entry.table)
        is_others |= somebody
        for ours, columns in entry.mapped.items():
            if somebody and _is_of_a_person(entry.table, ours):
                of_others |= set(columns)
            elif entry.record in scope.shown:
                open_columns |= set(columns)
    if is_own:
        return of_others - own
    return set(row.values) - (open_columns - of_others) if is_others else set()


def _is_of_a_person(table: str, column: str) -> bool:
    """Whether a column of a record about somebody says who it is, or something of them."""
    return column in _OF_A_PERSON or model.table(table).column(column).is_pii


def _record_item(
    connection: Connection,
    scope: Scope,
    record: Record,
    *,
    mask: Mask,
    rows: list[Row],
    numbers: dict[int, int],
) -> Item:
    table = next(table for table in model.fed_tables() if table.name == record[0])
    is_own = record in scope.own
    told = [str(numbers[id(row)]) for row in rows if id(row) in numbers]
    lines = [("rows", ", ".join(told) or "none that is shown")]
    if table.schema == "core":
        found = connection.execute(f"select * from core.{table.name} where {table.key[0]} = ?", [record[1]]).df()
        if found.empty:
            lines.append(("not in the newest core", _why_not(connection, rows)))
        lines += [
            (str(name), _core_value(table, str(name), value, mask=mask, is_own=is_own))
            for row in found.to_dict("records")
            for name, value in row.items()
            if name not in ("source_load", "source_row") and not _is_empty(value)
        ]
    return Item(f"{record[0]} {_key(record, scope, mask)}", tuple(lines))


def _key(record: Record, scope: Scope, mask: Mask) -> str:
    """The key of a record; somebody else's may be made of their number."""
    return mask.text(record[1], numbers=record not in scope.own)


def _core_value(table: model.Table, name: str, value: object, *, mask: Mask, is_own: bool) -> str:
    if is_own and name in IDENTITY:
        return _text(value)
    if not is_own and is_about_somebody(table.name) and _is_of_a_person(table.name, name):
        return MASKED
    plain = table.column(name).dtype in _STRUCTURED or (is_own and name.endswith("_id"))
    return mask.text(_text(value), numbers=not plain)


def _why_not(connection: Connection, rows: list[Row]) -> str:
    """Why no record of core is made of these rows, as far as the tables tell."""
    built = warehouse.state(connection, "core_as_of")
    if built is None:
        return "there is no core yet"
    if all(row.first_day > date.fromisoformat(built) for row in rows):
        return f"it is newer than core, which is of {built}"
    if all(row.is_gone for row in rows):
        return "withdrawn or superseded: it is missing from the newest file of its extract"
    problems = sorted({problem for row in rows for problem in row.problems})
    if problems:
        return "set aside: " + "; ".join(problems)
    return "the tables do not say: its feed leaves the row out, or another row took its place"


def _memberships(connection: Connection, scope: Scope, mask: Mask) -> Section:
    """Every event on the person's memberships and tips, in the order in which they were recorded."""
    table = model.table("desk.memberships")
    ids = sorted(record for name, record in scope.shown & scope.own if name == "memberships")
    events = connection.execute(
        "from desk.memberships where list_contains(?, membership_id) order by recorded_at, rowid", [ids]
    ).df()
    counting = {
        str(key): _text(ends)
        for key, ends in connection.execute("select membership_id, expires_on from core.group_memberships").fetchall()
    }
    items = []
    for event in events.to_dict("records"):
        is_tip = _is_empty(event["criterion"]) or _is_empty(event["approver"])
        until = counting.get(event["membership_id"])
        lines = [("counts in the newest core", f"yes, until {until}" if until else "no")]
        lines += [
            (name, _core_value(table, name, event[name], mask=mask, is_own=True))
            for name in table.names
            if name not in ("source_load", "source_row") and not _is_empty(event[name])
        ]
        kind = "tip (without a basis or an approver, it counts nowhere)" if is_tip else "membership"
        items.append(Item(f"{kind} {event['membership_id']}", tuple(lines)))
    said = "Intelligence, not evidence." if items else "none"
    return Section("Memberships and tips: every event on the desk, in order", (said,), tuple(items))


def _traces(connection: Connection, office: Office, scope: Scope, mask: Mask, *, key: bytes) -> list[Section]:
    """Orders on the records, earlier disclosures of them, and what the audit log tells of them."""
    records = sorted(scope.reached | (scope.all_records & scope.own))
    marks = {fingerprint(table, record, key=key) for table, record in (*records, *marks_of(connection, records))}
    marks |= {fingerprint(PERSON, name, key=key) for name in _names_of(connection, scope)}
    connection.register("own_marks", pd.DataFrame({"fingerprint": sorted(marks)}, dtype="string"))
    touching = connection.execute(
        "select order_id, count(*) from desk.order_records "
        "where fingerprint in (from own_marks) group by all order by all"
    ).fetchall()
    connection.execute("drop view own_marks")
    found = {order: int(count) for order, count in touching}
    sections = []
    for title, name, of in (
        ("Orders that touch them", "orders", "order_id"),
        ("Earlier disclosures of them", "disclosures", "disclosure_id"),
        ("Lists and packets that named them", "list_exports", "export_id"),
    ):
        events = connection.execute(
            f"from desk.{name} where list_contains(?, {of}) order by recorded_at, rowid", [sorted(found)]
        ).df()
        items = tuple(
            Item(
                str(event[of]),
                (
                    ("of these records", str(found[event[of]])),
                    *(
                        (column, mask.text(_text(event[column])))
                        for column in model.table(f"desk.{name}").names
                        if column not in ("event_id", "fingerprint", of) and not _is_empty(event[column])
                    ),
                ),
            )
            for event in events.to_dict("records")
        )
        sections.append(Section(title, () if items else ("none",), items))
    entries = [
        entry
        for entry in audit.entries(office)
        if marks & set(entry.get("fingerprints") or ())
        or {entry.get("order"), entry.get("disclosure"), entry.get("export")} & set(found)
    ]
    items = tuple(
        Item(
            f"entry {entry['entry']}: {entry['what']}",
            (
                ("at", str(entry["at"])),
                ("by", str(entry["who"])),
                *(
                    (name, str(value))
                    for name, value in audit.facts(entry).items()
                    if name not in ("fingerprints", "tables")
                ),
            ),
        )
        for entry in entries
    )
    sections.append(Section("In the audit log", () if items else ("none",), items))
    return sections


def _editions(connection: Connection, office: Office, scope: Scope) -> Section:
    """Which published editions that are kept hold a row of the person, under which pseudonym."""
    connection.register("shown_rows", frame_of(scope.shown & scope.own))
    people = connection.execute(
        "select distinct unnest([person_id, confirmed_person_id]) as person_id from core.person_records "
        "where (record_table, record_id) in (from shown_rows) order by all"
    ).df()["person_id"]
    connection.execute("drop view shown_rows")
    key = pseudonym_key(office)
    if key is None or people.empty:
        return Section("In published editions", ("none",))
    names = sorted(pseudonyms(people, key=key))
    items, said = [], []
    for path in sorted((office.processed_dir / "runs").glob("[!.]*/internal/office.duckdb")):
        try:
            published = warehouse.open_published(path, office, edition="internal")
        except WarehouseError:
            said.append(f"run {path.parts[-3]} cannot be opened with the key of today")
            continue
        try:
            held = published.execute(
                "select person_id, count(*) from group_memberships where list_contains(?, person_id) "
                "group by all order by all",
                [names],
            ).fetchall()
        finally:
            published.close()
        items += [
            Item(
                f"run {path.parts[-3]}, internal edition",
                (("pseudonym", name), ("rows of group_memberships", str(count))),
            )
            for name, count in held
        ]
    return Section("In published editions", tuple(said) if items or said else ("none",), tuple(items))


def _mask(connection: Connection, scope: Scope, rows: list[Row], *, linked: frozenset[Record]) -> Mask:
    """A mask of everybody else who stands in the same cases, incidents, rows and links."""
    around = {entry.record for row in rows for entry in row.entries if is_about_somebody(entry.table)}
    around |= pairs(connection, "select record_table, record_id from context") | linked
    connection.register("other_rows", frame_of(frozenset(around - scope.own)))
    connection.execute(
        """
        create or replace temp table other_records as
        select record_table, record_id from other_rows
        union
        select record_table, record_id from record_people where person_id in (
            select person_id from record_people where (record_table, record_id) in (from other_rows)
        )
        """
    )
    connection.execute("drop view other_rows")
    others = pairs(connection, "select record_table, record_id from other_records") - scope.own
    return Mask(others=known_of(connection, others), own=known_of(connection, scope.own))


def _names_of(connection: Connection, scope: Scope) -> set[str]:
    """By what a hold may name the person: each number, with and without its system, and what was asked for."""
    numbers = known_of(connection, scope.own).numbers | {scope.selection.asked.key}
    return {name for number in numbers for name in (number, number.rpartition(":")[2])}


def _counted(records: frozenset[Record]) -> str:
    return _counts(dict(sorted(Counter(table for table, _ in records).items())))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {table}" for table, count in counts.items()) or "none"


def _is_empty(value: object) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)) or value == ""


def _text(value: object) -> str:
    """A value of the databases as the page has it: a day without its midnight."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == datetime.min.time() else f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return str(value)
