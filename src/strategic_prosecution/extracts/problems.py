"""What is wrong with rows: one problem each, by file, line and column, with what became of it."""

from itertools import combinations

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import DEGREES, is_id, is_mangled, literal, orders_of, parsed, zone_of
from strategic_prosecution.extracts.clocks import changes_of
from strategic_prosecution.extracts.fates import SPEAKS
from strategic_prosecution.extracts.feeds import PreparedFeed
from strategic_prosecution.settings import Extract, Office
from strategic_prosecution.warehouse import Connection, identifier

_ONE = '"__status" in ' + SPEAKS
_BECAME = {"keep": "kept", "set_aside": "set aside"}


def begin(connection: Connection) -> None:
    """Make the temporary table ``found_problems``, empty. For use inside ``transaction``."""
    connection.execute(
        """create or replace temp table found_problems (extract varchar, table_name varchar, "load" varchar,
        "row" bigint, column_name varchar, value varchar, kind varchar, why varchar, rows bigint)"""
    )
    # DuckDB 1.5.5 loses a parallel insert (122,880 rows or more) that follows an empty one into a table to which the
    # transaction has added nothing yet; a row that came and went prevents it.
    connection.execute("insert into found_problems (rows) values (0)")
    connection.execute("delete from found_problems")


def note(connection: Connection, office: Office, table: model.Table, feeds: list[PreparedFeed]) -> None:
    """Add the problems of the feeds of one table, after its rows are merged."""
    for feed in feeds:
        extract = office.extracts[feed.extract]
        _note_rows(connection, extract, feed)
        _note_values(connection, extract, feed)
        _note_times(connection, office, extract, feed)
        _note_duplicates(connection, feed)
    _note_conflicts(connection, table, feeds)
    if table.schema == "core":
        _note_order(connection, table)


def keep(connection: Connection) -> None:
    """Replace the row problems of meta.problems, which speaks of the newest core."""
    connection.execute("delete from meta.problems where problem_id like 'core-%'")
    connection.execute(
        """
        insert into meta.problems by name
        with found as (
            select found_problems.extract, table_name, file, "row", column_name, value, kind, why, found_problems.rows
            from found_problems left join meta.loads on load_id = "load"
        )
        select *,
            'core-' || format('{:08d}', row_number() over (
                order by extract, file, "row", table_name, column_name, value, why
            )) as problem_id
        from found
        """
    )


def _add(connection: Connection, feed: PreparedFeed, select: str) -> None:
    connection.execute(
        f"insert into found_problems select {literal(feed.extract)}, {literal(feed.table.name)}, {select}"
    )


def _note_rows(connection: Connection, extract: Extract, feed: PreparedFeed) -> None:
    """Rows without a key, rows after their file's day, reversals of nothing, and rows that a rule marks."""
    key = model.DESK_KEYS.get(feed.table.name, feed.table.key[0])
    unmangled = f"not {is_mangled(identifier(f't${key}'))}" if key in feed.written else "true"
    _add(
        connection,
        feed,
        f"""
        "__load", "__row", '{key}', null, 'missing_key', 'set aside: no readable key', "__weight"
        from {feed.relation}
        where "__status" = 'set_aside' and "__key" is null and "__note" is null and coalesce({unmangled}, true)
        """,
    )
    _add(
        connection,
        feed,
        f"""
        "__load", "__row", null, null, 'unmatched_reversal', 'set aside: takes back a row that is in no earlier file',
            "__weight"
        from {feed.relation} where "__note" = 'unmatched_reversal'
        """,
    )
    _add(
        connection,
        feed,
        f"""
        "__load", "__row", '{feed.table.dated_by}', "__known"::varchar, 'out_of_range',
            'dated after its extract was made: kept, and in no period before that day', 1
        from {feed.relation} where {_ONE} and "__known" > "__extract_date"
        """,
    )
    for name in (name for name in feed.columns if feed.table.column(name).known_from == name):
        _add(
            connection,
            feed,
            f"""
            "__load", "__row", '{name}', {name}::varchar, 'out_of_range', 'after its extract was made: kept', 1
            from {feed.relation} where {_ONE} and {name} > "__extract_date"
            """,
        )
    for n, rule in enumerate(feed.feed.rules, start=1):
        became = _BECAME.get(rule.then, f"left out: {', '.join(rule.columns)}")
        column = literal(rule.columns[0]) if len(rule.columns) == 1 else "null"
        _add(
            connection,
            feed,
            f"""
            "__load", min("__row"), {column}, null, 'rule', {literal(f"{rule.what}: {became}")}, sum("__weight")::bigint
            from {feed.relation} where {_ONE} and "r${n}" group by "__load"
            """,
        )


def _note_values(connection: Connection, extract: Extract, feed: PreparedFeed) -> None:
    """Values that could not be read as what they should be."""
    for name in feed.written:
        column, text, value = feed.table.column(name), identifier(f"t${name}"), identifier(name)
        unreadable = f"{_ONE} and {text} is not null and {value} is null {_unless_hidden(feed, column)}"
        if column.dtype == "code":
            _add(
                connection,
                feed,
                f"""
                null, null, '{name}', {text}, 'unmapped_code',
                    'kept as unmapped: add it to the codes of this extract', count(*)
                from {feed.relation} where {_ONE} and {value} = '{model.UNMAPPED}' group by {text}
                """,
            )
        elif is_id(column):
            _add(
                connection,
                feed,
                f"""
                "__load", "__row", '{name}', {text}, 'mangled_id',
                    'a spreadsheet cut the digits off this id; the value is left out'
                    || case when "__status" = 'set_aside' then ', the row set aside' else '' end
                    || '; export it as text', "__weight"
                from {feed.relation} where {unreadable} and {is_mangled(text)}
                """,
            )
        elif column.dtype != "text":
            kind, why = _misfit(column, extract)
            is_read, unread = f"try_cast({text} as double) is not null", why
            if column.dtype in ("date", "timestamp"):
                # A time that is left out because no clock shows it is a problem of its own.
                unreadable += f" and {identifier(f'c${name}')} is null" if column.dtype == "timestamp" else ""
                is_read, unread = f"{parsed(text, extract.date_formats)} is not null", f"not readable as {column.dtype}"
            _add(
                connection,
                feed,
                f"""
                "__load", "__row", '{name}', {text}, case when {is_read} then '{kind}' else 'unreadable' end,
                    case when {is_read} then {literal(why)} else {literal(unread)} end || '; the value is left out'
                    || case when "__status" = 'set_aside' then ', the row set aside' else '' end, 1
                from {feed.relation} where {unreadable}
                """,
            )


def _misfit(column: model.Column, extract: Extract) -> tuple[str, str]:
    """Kind and reason of a value that is read and cannot be taken."""
    if column.dtype in ("date", "timestamp"):
        return "filler_date", "stands for a day not known"
    if column.name == "age":
        return "out_of_range", "not an age"
    if column.name in DEGREES and extract.crs:
        return "out_of_range", f"no coordinate of [{extract.crs}], or one of a pair alone"
    if column.name in DEGREES:
        return "out_of_range", "not in degrees (state the `crs` of this extract)"
    return "unreadable", f"not readable as {column.dtype}"


def _unless_hidden(feed: PreparedFeed, column: model.Column) -> str:
    """Not a problem: a value not yet known in reconstructed history, or left out by a rule."""
    if feed.basis == "reconstructed" and column.known_from:
        return "and false"
    marks = [f'"r${n}"' for n, rule in enumerate(feed.feed.rules, start=1) if column.name in rule.columns]
    return f"and not ({' or '.join(marks)})" if marks else ""


def _note_times(connection: Connection, office: Office, extract: Extract, feed: PreparedFeed) -> None:
    """Times that clocks skip or show twice, and dates that two declared formats read as different days."""
    for name in feed.clocks:
        if not changes_of(connection, feed.relation, name, zone=zone_of(extract, office)):
            continue
        for kind, why in (
            ("clock_gap", "the clocks skip this time; the time is left out, its day kept"),
            ("clock_twice", "the clocks show this time twice; the first is taken"),
        ):
            _add(
                connection,
                feed,
                f"""
                "__load", "__row", '{name}', {identifier(f"c${name}")}::varchar, '{kind}', '{why}', 1
                from {feed.relation} join clock_changes
                    on day = {identifier(f"c${name}")}::date and kind = '{kind}'
                        and {identifier(f"c${name}")} >= since and {identifier(f"c${name}")} < until
                where {_ONE}
                """,
            )
    orders = orders_of(extract.date_formats)
    if len(orders) < 2:
        return
    for name in feed.written:
        if feed.table.column(name).dtype not in ("date", "timestamp"):
            continue
        text = identifier(f"t${name}")
        days = ", ".join(f"{parsed(text, tuple(formats))}::date" for formats in orders.values())
        _add(
            connection,
            feed,
            f"""
            "__load", "__row", '{name}', {text}, 'ambiguous_date',
                {literal(f"different days by {' and '.join(f[0] for f in orders.values())}; the first is taken")}, 1
            from {feed.relation} where {_ONE} and list_unique([{days}]) > 1
            """,
        )


def _note_duplicates(connection: Connection, feed: PreparedFeed) -> None:
    if feed.feed.order_by or feed.feed.reversal:
        # Several rows of one key are meant.
        return
    key = model.DESK_KEYS.get(feed.table.name, feed.table.key[0])
    ruled_out = [f'"r${n}"' for n, rule in enumerate(feed.feed.rules, start=1) if rule.then == "set_aside"]
    _add(
        connection,
        feed,
        f"""
        arg_max("__load", "__row"), max("__row"), '{key}', "__key", 'duplicate_key',
            'rows of one file with one key and different content: the last counts', count(*)
        from {feed.silent}
        where "__status" = 'superseded'
            and ("__key", "__newest_load") in (
                select ("__key", "__newest_load") from {feed.relation} where not ({" or ".join(ruled_out) or "false"})
            )
        group by "__key"
        """,
    )


def _note_conflicts(connection: Connection, table: model.Table, feeds: list[PreparedFeed]) -> None:
    for first, second in combinations(feeds, 2):
        for name in second.columns:
            column = table.column(name)
            if name not in first.columns or name in table.key:
                continue
            unknown = f"not in ('{model.UNKNOWN}', '{model.UNMAPPED}')" if column.dtype == "code" else "is not null"
            quoted = identifier(name)
            written = second.as_written(name, of="b.")
            _add(
                connection,
                second,
                f"""
                b."__load", b."__row", '{name}', {written}, 'conflict',
                    'differs from extract [{first.extract}], which comes first in office.toml and counts', 1
                from {first.relation} as a join {second.relation} as b on a."__key" = b."__key"
                where a."__status" = 'winner' and b."__status" = 'winner' and a.{quoted} <> b.{quoted}
                    and a.{quoted} {unknown} and b.{quoted} {unknown}
                """,
            )


def _note_order(connection: Connection, table: model.Table) -> None:
    """Days of a record in an order that cannot be, whichever feeds gave them."""
    for earlier, later in table.orders:
        connection.execute(
            f"""
            insert into found_problems
            select extract, '{table.name}', source_load, source_row, '{later}',
                {later}::varchar || ' before ' || {earlier}::varchar, 'out_of_order',
                'before {earlier}: kept as both are; correct it at its source', 1
            from core.{table.name} join meta.loads on load_id = source_load
            where {later} < {earlier}
            """
        )
