"""Names as written -> their parts, the sound of them, and the names they may be short for.

The work is done by the queries in `sql/` on whole tables of distinct names.
"""

import csv
from functools import cache
from importlib import resources

from strategic_prosecution.people.queries import query
from strategic_prosecution.warehouse import Connection

_STEPS = ("names_lines", "names_parts", "names_keys")


def clean_names(connection: Connection, source: str, into: str) -> None:
    """Make the temp table ``into``: one row per distinct (given_name, family_name) of the relation ``source``.

    Both columns stay as written and are the key, nulls kept: join with `is not distinct from`. The rest is in small
    letters a-z, Cyrillic and Greek transliterated, other scripts as they are; null where there is none.

    given: the first given name, one with hyphens as one word. middle: the others, initials too, a blank between.
    family: the whole family name as one word, without particles (de la, van der, al) unless nothing else is left;
    Mc, O', St, Le, Di, Ben belong to the word. families: its parts of two letters or more (Garcia-Lopez is two).
    suffix: jr, sr, ii, iii, iv. words: every word of the name, each once, sorted.
    given_key, family_key: equal for the usual romanisations of one name, seldom for two names.
    given_forms: the names that the given name may be short for, and itself, sorted.
    name_fault: null, or 'no name', 'no letters', 'stands for nobody' (John Doe, unknown, baby boy; then every other
    column is null) or 'one letter' (the family name, or the given name where that is all there is; a doubt).

    A name wholly in one field, LAST, FIRST MIDDLE, is divided. What follows "aka", or stands in quotation marks or
    parentheses, is dropped, with titles and digits. Null, None, Test, Na, Minor and Doe are family names beside an
    ordinary given name; Unknown, FNU, LNU never are names.
    """
    names, shorts = _nicknames()
    connection.execute(
        "create or replace temp table name_pairs as "
        f"select distinct given_name::varchar as given_name, family_name::varchar as family_name from {source}"
    )
    connection.execute(
        "create or replace temp table name_forms as "
        "select unnest($1::varchar[]) as name, unnest($2::varchar[]) as short",
        [names, shorts],
    )
    for step in _STEPS:
        connection.execute(query(step))
    connection.execute(f"create or replace temp table {into} as {query('names')}")
    for table in ("name_pairs", "name_lines", "name_parts", "name_keys", "name_forms"):
        connection.execute(f"drop table {table}")


@cache
def _nicknames() -> tuple[list[str], list[str]]:
    """Names and what they are shortened to, one of each per pair."""
    with (resources.files(__package__) / "nicknames.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [row["name"] for row in rows], [row["short"] for row in rows]
