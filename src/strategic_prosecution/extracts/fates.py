"""What becomes of each row of a feed: which row of a key speaks, and why the others do not."""

from datetime import date

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import literal, text_of, typed
from strategic_prosecution.extracts.columns import rules_of, texts_of, typed_columns
from strategic_prosecution.extracts.extract_dates import day_sql, known_date
from strategic_prosecution.extracts.visible import Part
from strategic_prosecution.settings import Extract, Feed, Office, Window
from strategic_prosecution.warehouse import Connection, identifier

SPEAKS = "('winner', 'merged', 'set_aside')"


def decide(
    connection: Connection,
    office: Office,
    *,
    extract: Extract,
    feed: Feed,
    table: model.Table,
    parts: list[Part],
    basis: str,
    as_of: date,
) -> None:
    """Make ``feed_fates``: one row per stored row of a feed that is visible, with its status.

    ``__status``: winner (makes the record), merged (describes it too), superseded, reversed, withdrawn, not_yet,
    set_aside. ``__weight``: deliveries of the row with that status; ``__others``: its further deliveries, superseded
    by the newest. ``__source`` (a span of that load) and ``__row``: for a winner and a row set aside, the first file
    and line that said the same, be it replaced since: only that line is known whatever landed first (on the desk, which
    keeps what each file said, the newest). ``__note``: why it was set aside.
    """
    is_dated = basis == "reconstructed"
    days = [known_date(connection, office, extract=extract, feed=feed, names=part.names) for part in parts]
    not_yet = (
        f'when "__known" is null or "__known" > date {literal(as_of.isoformat())} then \'not_yet\''
        if is_dated and any(days)
        else ""
    )
    rows = " union all ".join(
        _rows(connection, office, part=part, extract=extract, feed=feed, table=table, known=day if is_dated else None)
        for part, day in zip(parts, days, strict=True)
    )
    connection.execute(
        f"""
        create or replace temp table feed_rows as
        select rows.* exclude ("__known", "__is_ruled_out"),
            deliveries, used, newness, first_newness, counts_from, extract_date,
            case when not is_used then 'superseded' {not_yet} when "__is_ruled_out" or "__key" is null then 'set_aside'
            end as "__early",
            not "__is_ruled_out" and "__key" is not null and coalesce("__early", 'superseded') = 'superseded'
                as "__tells"
        from ({rows}) as rows join spans using ("__span")
        """
    )
    if feed.reversal:
        _reverse(connection)
    if feed.where and feed.key != "row" and not feed.order_by and not feed.reversal:
        _supersede_left_out(connection, office, extract=extract, feed=feed, table=table, parts=parts)
    _settle_set_aside(connection, parts, feed)
    # Contents are compared only where rows share a key; a row that is replaced may be the first to have said it.
    connection.execute(
        """
        create or replace temp table shared_keys as
        select "__key" from feed_rows where "__tells" group by "__key" having count(*) > 1
        """
    )
    _write_contents(connection, office, extract=extract, feed=feed, parts=parts)
    told = "newness desc" if table.schema == "desk" else "first_newness"
    missing = _missing(connection, office, extract=extract, feed=feed, parts=parts)
    is_missing = missing if basis == "observed" and not feed.reversal else "false"
    order, is_merged = _precedence(feed)
    connection.execute(
        f"""
        create or replace temp table feed_fates as
        with shared as (
            select * replace (
                    case when row_number() over newest = 1 then first_value("__source") over alike else "__source" end
                        as "__source",
                    case when row_number() over newest = 1 then first_value("__row") over alike else "__row" end
                        as "__row"
                ),
                case when row_number() over newest > 1 then case when {is_merged} then 'merged' else 'superseded' end
                end as "__lost"
            from feed_rows join feed_contents using ("__id")
            window
                newest as (
                    partition by "__key", "__early" order by {order}
                    rows between unbounded preceding and unbounded following
                ),
                alike as (
                    partition by "__key", "__written" order by {told}, "__row" desc
                    rows between unbounded preceding and unbounded following
                )
        ),
        others as (
            select feed_rows.* replace (
                    coalesce(set_aside_rows."__source", feed_rows."__source") as "__source",
                    coalesce(set_aside_rows."__row", feed_rows."__row") as "__row"
                ),
                null as "__said", null as "__written",
                case when is_repeat or ("__early" = 'set_aside' and {is_missing}) then 'superseded' end as "__lost"
            from feed_rows left join set_aside_rows using ("__id") left join window_starts using ("__span")
            where "__id" not in (select "__id" from feed_contents)
        ),
        fates as (
            select *, coalesce(
                    case when "__early" = 'set_aside' then "__lost" end, "__early", "__lost",
                    case when {is_missing} then 'withdrawn' else 'winner' end
                ) as "__status"
            from (from shared union all by name from others) left join window_starts using ("__span")
        )
        select "__id", "__span", "__source", "__row", "__key", "__note", "__status",
            case when "__status" = 'not_yet' then used else 1 end as "__weight",
            deliveries - "__weight" as "__others"
        from fates
        """
    )
    connection.execute(
        "drop table feed_rows; drop table set_aside_rows; drop table shared_keys; drop table feed_contents; "
        "drop table window_starts"
    )


def _precedence(feed: Feed) -> tuple[str, str]:
    """SQL: the order in which rows of one key speak, and whether one that does not speak describes the record too.

    A row's line says which is later only among rows of a key in one file, which are stored with it (``store``); where a
    feed says by what to order, what the rows say breaks ties.
    """
    within = "".join(f'"o${n}" asc nulls last, ' for n, _ in enumerate(feed.order_by))
    if feed.reversal:
        # A ledger adds up over its files; elsewhere the newest file speaks.
        return f'{within} newness desc, "__said", "__written"', "true"
    is_newest = "newness = first_value(newness) over newest"
    if feed.order_by:
        return f'newness desc, {within} "__said", "__written"', is_newest
    return 'newness desc, "__row" desc', f'{is_newest} and "__said" = first_value("__said") over newest'


def _settle_set_aside(connection: Connection, parts: list[Part], feed: Feed) -> None:
    """``set_aside_rows``: of a row set aside in several files the newest is; the others, and one whose key a newer file
    corrects (a ledger corrects nothing), only repeat it; and the first line that said it."""
    corrected = "false" if feed.reversal else "coalesce(newness < corrected, false)"
    contents = " union all ".join(f'select "__id", "__content", "__copy" from ({part.rows})' for part in parts)
    connection.execute(
        f"""
        create or replace temp table set_aside_rows as
        select "__id", (row_number() over (partition by "__content", "__copy", "__early" order by newness desc) > 1
                or {corrected}) and "__early" = 'set_aside' as is_repeat,
            first_value("__source") over alike as "__source", first_value("__row") over alike as "__row"
        from feed_rows join (
            select * from ({contents})
            where "__id" in (select "__id" from feed_rows where "__early" in ('set_aside', 'superseded'))
        ) using ("__id")
        left join (
            select "__key", max(newness) as corrected from feed_rows where "__early" is null group by "__key"
        ) using ("__key")
        window alike as (partition by "__content", "__copy" order by first_newness)
        qualify "__early" = 'set_aside'
        """
    )


def _rows(
    connection: Connection,
    office: Office,
    *,
    part: Part,
    extract: Extract,
    feed: Feed,
    table: model.Table,
    known: str | None,
) -> str:
    """The rows of one part with what decides between them."""

    def column(name: str) -> str:
        text = text_of(part.sql(connection, feed.columns[name]), extract)
        # Codes are compared as written: they are mapped later, for the rows that speak.
        is_code = table.column(name).dtype == "code"
        return text if is_code else typed(table.column(name), text, extract=extract, office=office)

    content = """left("__content", 20) || '-' || "__copy" """
    key = content if feed.key == "row" else column(feed.key)
    ruled_out = [
        f"coalesce(({part.sql(connection, rule.when)})::boolean, false)"
        for rule in feed.rules
        if rule.then == "set_aside"
    ]
    order = "".join(f', {column(name)} as "o${n}"' for n, name in enumerate(feed.order_by))
    more = ""
    if isinstance(extract.holds, Window):
        days = _window_day(connection, office, extract, feed, part)
        more += f', coalesce({", ".join([*days, "null::date"])}) as "__window"'
    if feed.reversal:
        match = ", ".join(f"coalesce(({column(name)})::varchar, '')" for name in feed.reversal.match)
        more += (
            f', coalesce(({part.sql(connection, feed.reversal.when)})::boolean, false) as "__reverses"'
            f', nullif(concat_ws(chr(31), {match}), {literal(chr(31) * (len(feed.reversal.match) - 1))}) as "__match"'
            f', {content} as "__whole"'
        )
    return f"""
        select "__id", "__span", "__span" as "__source", "__row", {key} as "__key", null::varchar as "__note",
            {known or "null::date"} as "__known", {" or ".join(ruled_out) or "false"} as "__is_ruled_out" {order} {more}
        from ({part.rows})
    """


def _window_day(connection: Connection, office: Office, extract: Extract, feed: Feed, part: Part) -> list[str]:
    """SQL for the day by which a rolling window holds a row."""
    assert isinstance(extract.holds, Window)
    return day_sql(connection, office, extract=extract, feed=feed, names=part.names, column=extract.holds.window)


def _write_contents(connection: Connection, office: Office, *, extract: Extract, feed: Feed, parts: list[Part]) -> None:
    """``feed_contents``: what the rows that share a key say, as written and, where it decides, in our types.

    It decides between rows of one key in one file, and in a ledger between all.
    """
    texts = " union all ".join(
        f"""
        select rows."__id", {texts_of(connection, part, extract, feed)} {rules_of(connection, part, feed)}
        from ({part.rows}) as rows where rows."__id" in (
            select "__id" from feed_rows where "__tells" and "__key" in (from shared_keys)
        )
        """
        for part in parts
    )
    connection.execute(f"create or replace temp table shared_texts as {texts}")
    rivals = '"__key"' if feed.reversal else '"__key", newness'
    connection.execute(
        f"""
        create or replace temp table rival_texts as
        select * from shared_texts where "__id" in (
            select "__id" from feed_rows where "__tells" qualify count(*) over (partition by {rivals}) > 1
        )
        """
    )
    columns, relation = typed_columns(connection, office, extract=extract, feed=feed, source="rival_texts")
    written = [identifier(f"t${name}") for name in columns]
    connection.execute(
        f"""
        create or replace temp table feed_contents as
        with said as (select "__id", {_digest(list(columns.values()), feed)} as "__said" from {relation})
        select "__id", "__said", {_digest(written, feed)} as "__written"
        from shared_texts left join said using ("__id")
        """
    )
    connection.execute("drop table shared_texts; drop table rival_texts")


def _digest(columns: list[str], feed: Feed) -> str:
    """SQL for what columns say together; in an order that has a meaning, where it breaks ties."""
    if feed.order_by or feed.reversal:
        return f"concat_ws(chr(31), {', '.join(f'coalesce(({sql})::varchar, chr(0))' for sql in columns)})"
    return f"hash({', '.join(columns)})"


def _supersede_left_out(
    connection: Connection, office: Office, *, extract: Extract, feed: Feed, table: model.Table, parts: list[Part]
) -> None:
    """A record that a newer file has only as a row that ``where`` leaves out (unfounded, sealed) does not stand."""
    text = [text_of(part.sql(connection, feed.columns[feed.key]), extract) for part in parts]
    keys = [typed(table.column(feed.key), sql, extract=extract, office=office) for sql in text]
    rows = " union all ".join(
        f'select {key} as "__key", "__span" from ({part.left_out})' for key, part in zip(keys, parts, strict=True)
    )
    connection.execute(
        f"""
        update feed_rows set "__early" = 'superseded'
        from (
            select "__key", max(newness) as left_out from ({rows}) join spans using ("__span")
            where is_used and "__key" is not null group by "__key"
        ) as newer
        where newer."__key" = feed_rows."__key" and newer.left_out > feed_rows.newness and "__early" is null
        """
    )


def _missing(connection: Connection, office: Office, *, extract: Extract, feed: Feed, parts: list[Part]) -> str:
    """SQL: whether a row is missing from a newer file that should hold it; makes ``window_starts``.

    The first day of a window may be cut: only the days after it must be whole.
    """
    connection.execute('create or replace temp table window_starts ("__span" integer, window_start date)')
    newest = "(select max(extract_date) from chosen_loads where is_used)"
    if extract.holds == "everything":
        return f"extract_date < {newest}"
    if not isinstance(extract.holds, Window):
        return "false"
    # All rows of a file tell its window, also those of other kinds than the feed selects.
    listed = [", ".join([*_window_day(connection, office, extract, feed, part), "null::date"]) for part in parts]
    days = " union all ".join(
        f'select "__span", coalesce({day}) as day from ({part.all_rows})'
        for day, part in zip(listed, parts, strict=True)
    )
    connection.execute(
        f"""
        insert into window_starts
        with days as (
            select "__span", day, count(*) as rows from ({days}) where day is not null group by "__span", day
        ),
        stood as (
            select chosen.extract_date, day, sum(rows) as rows
            from days join spans using ("__span")
            join chosen_loads as chosen on chosen.chain = spans.chain and chosen.link >= spans.from_link
                and chosen.link < spans."__until" and chosen.is_used
            group by chosen.extract_date, day
        ),
        -- A few days of long ago are typing errors, and open no window.
        shares as (
            select extract_date, day, sum(rows) over (partition by extract_date order by day)
                / sum(rows) over (partition by extract_date) as share_to_here
            from stood
        ),
        loads as (
            select extract_date, min(day) filter (share_to_here > 0.005) as first_day from shares group by extract_date
        )
        select "__span", min(loads.first_day) as window_start
        from spans join loads on loads.extract_date > spans.extract_date
        group by "__span"
        """
    )
    return f'coalesce("__window" > window_start and "__window" <= {newest}, false)'


def _reverse(connection: Connection) -> None:
    """Pair reversing rows with rows of the same or an earlier file that they take back.

    Of rows alike the first is taken back first. A reversing row that finds nothing is set aside. A row delivered again,
    word for word, is the same entry of the ledger, which stands from its first file.
    """
    connection.execute(
        """
        create or replace temp table pairs as
        with entries as (
            select *, min(case when "__early" is null then counts_from end) over same as since,
                min(first_newness) over same as told, arg_min("__row", first_newness) over same as told_row
            from feed_rows where "__tells"
            window same as (partition by "__whole")
            qualify "__early" is null
                and row_number() over (partition by "__whole", "__early" order by newness desc, "__id") = 1
        ),
        balances as (
            select *, sum(case when "__reverses" then -1 else 1 end) over entered as balance
            from entries where "__match" is not null
            window entered as (partition by "__match" order by since, "__reverses", told, told_row)
        ),
        matched as (
            select *, "__reverses" and balance < least(0, coalesce(min(balance) over (
                    partition by "__match" order by since, "__reverses", told, told_row
                    rows between unbounded preceding and 1 preceding
                ), 0)) as finds_nothing
            from balances
        ),
        numbered as (
            select *, count(*) filter ("__reverses" and not finds_nothing) over (partition by "__match") as taken_back,
                row_number() over (partition by "__match", "__reverses" order by since, told, told_row) as number
            from matched
        )
        select "__id", "__whole", case when "__reverses" and finds_nothing then 'set_aside'
                when "__reverses" or number <= taken_back then 'reversed' end as fate
        from numbered
        union all
        select "__id", "__whole", case when "__reverses" then 'set_aside' end from entries where "__match" is null
        """
    )
    connection.execute(
        """
        update feed_rows set
            "__early" = case when pairs."__id" = feed_rows."__id" then fate else 'superseded' end,
            "__note" = case when pairs."__id" = feed_rows."__id" and fate = 'set_aside' then 'unmatched_reversal' end,
            "__tells" = fate is null
        from pairs
        where "__tells" and pairs."__whole" = feed_rows."__whole"
            and (fate is not null or pairs."__id" <> feed_rows."__id")
        """
    )
    connection.execute("drop table pairs")
