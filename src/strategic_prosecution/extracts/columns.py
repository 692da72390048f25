"""The columns of a feed: as written (``t$name``), on the extract's clock (``c$name``), and typed."""

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import clock, code_map, instant, text_of, typed
from strategic_prosecution.extracts.visible import Part
from strategic_prosecution.settings import Extract, Feed, Office
from strategic_prosecution.warehouse import Connection, identifier


def texts_of(connection: Connection, part: Part, extract: Extract, feed: Feed) -> str:
    """The select list of a feed's columns as written."""
    return ", ".join(
        f"{text_of(part.sql(connection, theirs), extract)} as {identifier(f't${ours}')}"
        for ours, theirs in feed.columns.items()
    )


def typed_columns(
    connection: Connection, office: Office, *, extract: Extract, feed: Feed, source: str
) -> tuple[dict[str, str], str]:
    """SQL for each mapped column, typed, and the relation it is to be read from: ``typed_texts``, made of ``source``.

    ``source`` is a table with the columns as written. Makes a code map (``codes_name``) of the values that occur.
    """
    table = next(table for table in model.fed_tables() if table.name == feed.table)
    joins, clocks, columns = "", "", {}
    for ours in feed.columns:
        column, text = table.column(ours), identifier(f"t${ours}")
        if column.dtype == "code":
            name = f"codes_{ours}"
            code_map(connection, source=source, text=text, column=column, extract=extract, name=name)
            joins += f" left join {name} on {name}.theirs = {text}"
            sql = f"{name}.ours"
        elif column.dtype == "timestamp":
            clocks += f", {clock(text, extract)} as {identifier(f'c${ours}')}"
            sql = instant(text, identifier(f"c${ours}"), extract, office)
        else:
            sql = typed(column, text, extract=extract, office=office)
        columns[ours] = unless_left_out(sql, ours, feed)
    return columns, f"(select *{clocks} from {source}) as typed_texts {joins}"


def unless_left_out(sql: str, ours: str, feed: Feed) -> str:
    """A column's SQL, null where a rule leaves the column out."""
    marks = [f'"r${n}"' for n, rule in enumerate(feed.rules, start=1) if ours in rule.columns]
    return f"case when not ({' or '.join(marks)}) then {sql} end" if marks else sql


def rules_of(connection: Connection, part: Part, feed: Feed) -> str:
    """The select list of the rules that mark a row (``r$number``), with its comma."""
    return "".join(
        f', coalesce(({part.sql(connection, rule.when)})::boolean, false) as "r${n}"'
        for n, rule in enumerate(feed.rules, start=1)
    )
