"""What of raw is there to be seen on a day: the files made by then, and of each stored row the files it stood in."""

import json
from dataclasses import dataclass
from datetime import date

from strategic_prosecution.extracts.casts import literal
from strategic_prosecution.extracts.expressions import column_or_expression
from strategic_prosecution.extracts.layouts import find_layout, in_words, names_in_words, reads
from strategic_prosecution.extracts.readers import FileProblem
from strategic_prosecution.settings import Extract, Feed
from strategic_prosecution.warehouse import Connection, identifier


class LayoutError(ValueError):
    """A file that landed has a layout that office.toml does not declare any more."""


@dataclass(frozen=True)
class Part:
    """The visible rows of one layout, in the words of the feeds.

    ``rows`` is a query for ``__id``, ``__span``, ``__load``, ``__row``, ``__copy``, ``__content`` (of the whole row)
    and the columns ``names``.
    """

    rows: str
    # The same for all rows of the layout, whatever the feed's ``where``; and for those it leaves out.
    all_rows: str
    left_out: str
    names: list[str]
    place: str

    def sql(self, connection: Connection, text: str) -> str:
        """SQL for a column or expression of a feed over ``rows``."""
        return column_or_expression(connection, text, self.names, where=self.place)


def see(connection: Connection, name: str, extract: Extract, as_of: date) -> str:
    """Make ``chosen_loads`` and ``spans`` of an extract as of a day; returns observed or reconstructed.

    Loads made by then count; before the first, the first, and history is reconstructed. What was made later does not
    exist on that day: it is neither read nor accounted for. A file delivered again under its name for the same day
    replaces what it held before. Newer is the later day, then the later file name, never the order of landing.

    A span is what rows of one load that stood in the same later files of its chain have in common: how many files
    (``deliveries``; ``used`` without those replaced), the newest that is not replaced, the first of all
    (``first_newness``, ``first_seen``), and the first that is not replaced (``counts_from``).
    """
    connection.execute(
        """
        create or replace temp table chosen_loads as
        with loads as (
            select load_id, extract_date, chain, link, header,
                row_number() over (order by extract_date, file, landed_at, load_id) as newness,
                row_number() over (partition by file, extract_date order by landed_at desc, load_id) = 1 as is_used
            from meta.loads where extract = $extract
        ),
        bounds as (
            select min(extract_date) as earliest, max(extract_date) filter (extract_date <= $as_of) as newest from loads
        )
        select loads.*, null::varchar as layout from loads, bounds
        where extract_date <= coalesce(newest, earliest)
        """,
        {"extract": name, "as_of": as_of},
    )
    for (header,) in connection.execute("select distinct header from chosen_loads order by all").fetchall():
        try:
            layout = find_layout(extract, json.loads(header))
        except FileProblem as problem:
            raise LayoutError(f"extracts.{name}: a file that landed {problem}") from problem
        if layout is not None:
            connection.execute("update chosen_loads set layout = ? where header = ?", [layout.name, header])
    connection.execute(
        f"""
        create or replace temp table spans as
        with held as (select distinct "__load", "__until" from raw.{name}),
        stood as (
            select "__load", "__until", first_load.chain, first_load.link as from_link,
                count(*)::integer as deliveries, (count(*) filter (is_used))::integer as used,
                coalesce(max(newness) filter (is_used), max(newness)) as newness, min(newness) as first_newness,
                coalesce(min(newness) filter (is_used), min(newness)) as counts_from,
                min(chosen.extract_date) as first_seen
            from held join meta.loads as first_load on first_load.load_id = held."__load"
            join chosen_loads as chosen on chosen.chain = first_load.chain
                and chosen.link >= first_load.link and chosen.link < held."__until"
            group by "__load", "__until", first_load.chain, first_load.link
        )
        select stood.*, used > 0 as is_used, newest.load_id as newest_load, newest.extract_date, newest.layout,
            row_number() over (order by first_newness, "__until", "__load")::integer as "__span"
        from stood join chosen_loads as newest using (newness)
        """
    )
    row = connection.execute("select count(*) from chosen_loads where extract_date <= ?", [as_of]).fetchone()
    return "observed" if row is not None and row[0] else "reconstructed"


def parts(
    connection: Connection, name: str, extract: Extract, *, feed: Feed, number: int, headers: list[str]
) -> list[Part]:
    """The visible rows a feed selects, a part for each layout it reads that has any."""
    place = f"extracts.{name}.feeds[{number}]"
    seen = {layout for (layout,) in connection.execute("select distinct layout from chosen_loads").fetchall()}
    found = []
    for layout in extract.layouts or (None,):
        if not reads(feed, layout) or (layout and layout.name not in seen):
            continue
        names = names_in_words(layout, headers)
        columns = in_words(connection, layout, headers, extract=name)
        of_layout = f"where layout = {literal(layout.name)}" if layout else ""
        rows = f"""
            select source.rowid as "__id", "__span", source."__load", "__row", "__copy",
                {content_of(headers, extract)} as "__content", {columns}
            from raw.{name} as source
            join (select "__span", "__load", "__until" from spans {of_layout}) as seen using ("__load", "__until")
        """
        all_rows, left_out = rows, ""
        if feed.where:
            where = column_or_expression(connection, feed.where, names, where=f"{place}.where")
            left_out = f"select * from ({rows}) where not coalesce(({where})::boolean, false)"
            rows = f"select * from ({rows}) where coalesce({where}, false)"
        found.append(Part(rows, all_rows, left_out, names, place))
    return found


def content_of(headers: list[str], extract: Extract) -> str:
    """What a row says, whatever the order of columns and whatever columns other layouts have."""
    named = ", ".join(
        f"{literal(name.casefold())} || '=' || nullif({identifier(name)}, '')"
        for name in sorted(headers, key=str.casefold)
        if name not in extract.line_numbers
    )
    return f"md5(concat_ws(chr(31), {named}))"
