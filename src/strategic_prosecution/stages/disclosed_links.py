"""What a page says of links: on what they rest, what reviewers decided, and what waits for a reviewer.

What only likeness or a reviewer joins with the person may be somebody else's, so it is counted and never shown.
"""

from collections.abc import Hashable
from typing import Any

import pandas as pd

from strategic_prosecution.report.disclosure import MASKED, Item, Mask, Section
from strategic_prosecution.stages.disclosed_scope import Record, Scope, frame_of, pairs
from strategic_prosecution.warehouse import Connection

_VERDICTS = {"same": "the same person", "different": "different people", "open": "taken back"}
_BASES = {
    "identifier": "identifier, confirmed",
    "reviewed": "reviewed, confirmed",
    "probabilistic": "probabilistic, by likeness only, not confirmed",
    "alone": "alone, joined with nothing else",
}


def list_links(connection: Connection, scope: Scope) -> frozenset[Record]:
    """Make ``own_links``, ``linked``, ``decisions`` and ``waiting``; returns the records at the other end of all.

    ``own_links``: core.person_records of what is the person's and may be shown. ``linked``: of other records that are
    joined with these. ``decisions``, ``waiting``: events of the desk, and pairs of the queue, on what is the person's.
    What is sealed stands in none.
    """
    connection.register("own_rows", frame_of(scope.shown & scope.own))
    connection.register("hidden_rows", frame_of(scope.sealed))
    connection.execute(
        "create or replace temp table own_links as select * from core.person_records "
        "where (record_table, record_id) in (from own_rows)"
    )
    connection.execute(
        """
        create or replace temp table linked as
        select *, confirmed_person_id in (select confirmed_person_id from own_links) as is_confirmed
        from core.person_records
        where person_id in (select person_id from own_links)
            and (record_table, record_id) not in (from own_rows) and (record_table, record_id) not in (from hidden_rows)
        """
    )
    connection.execute(
        """
        create or replace temp table decisions as
        select *, (left_table, left_record) in (from own_rows) as is_left,
            (right_table, right_record) in (from own_rows) as is_right,
            row_number() over (partition by pair_id order by recorded_at desc, rowid desc) = 1 as stands
        from desk.link_decisions
        where (is_left or is_right) and (left_table, left_record) not in (from hidden_rows)
            and (right_table, right_record) not in (from hidden_rows)
        order by recorded_at, rowid
        """
    )
    connection.execute(
        """
        create or replace temp table waiting as
        select *, left_person_id in (select confirmed_person_id from own_links) as is_left,
            right_person_id in (select confirmed_person_id from own_links) as is_right
        from core.person_pairs where is_left or is_right order by place
        """
    )
    others = pairs(
        connection,
        """
        select record_table, record_id from linked
        union select left_table, left_record from decisions union select right_table, right_record from decisions
        union select left_table, left_record from waiting union select right_table, right_record from waiting
        """,
    )
    connection.execute("drop view own_rows")
    connection.execute("drop view hidden_rows")
    return others - scope.own


def links(connection: Connection, mask: Mask) -> Section:
    """The links of the person's records, from what ``list_links`` has listed."""
    said = (
        "The records shown are those that numbers join. What only likeness or a reviewer joins with them is counted "
        "here: it may be somebody else's, and is not shown.",
    )
    return Section(
        "Links: what they rest on, what reviewers decided, what waits for a reviewer",
        said,
        (
            Item("links in the newest core", _made(connection)),
            Item("joined with them in the newest core, not shown", _joined(connection)),
            *_decided(connection, mask),
            *_waiting(connection, mask),
        ),
    )


def _made(connection: Connection) -> tuple[tuple[str, str], ...]:
    found = connection.execute(
        "select basis, probability, count(*) from own_links group by all order by all"
    ).fetchall()
    lines = tuple((_BASES[basis], f"{count} records, probability {chance}") for basis, chance, count in found)
    return lines or (("", "none: there is no core yet, or it holds none"),)


def _joined(connection: Connection) -> tuple[tuple[str, str], ...]:
    found = connection.execute(
        "select record_table, is_confirmed, count(*), min(probability), max(probability) from linked "
        "group by all order by all"
    ).fetchall()
    lines = tuple(
        (table, f"{count} records, joined by a reviewer")
        if is_confirmed
        else (table, f"{count} records, by likeness only, not confirmed, probability {least:.4f} to {most:.4f}")
        for table, is_confirmed, count, least, most in found
    )
    return lines or (("", "none"),)


def _decided(connection: Connection, mask: Mask) -> list[Item]:
    """Every decision on the person's records, in the order in which they were recorded."""
    return [
        Item(
            f"decided by a reviewer: {_VERDICTS[event['verdict']]}",
            (
                *_ends(event, mask),
                ("by", str(event["recorded_by"])),
                ("known on", f"{event['known_on']:%Y-%m-%d}"),
                ("why", mask.text(event["why"] or "not said")),
                ("stands", "yes" if event["stands"] else "no, a later decision on the same records took its place"),
            ),
        )
        for event in _rows(connection, "decisions")
    ]


def _waiting(connection: Connection, mask: Mask) -> list[Item]:
    return [
        Item(
            f"waits for a reviewer: {pair['kind']}",
            (
                *_ends(pair, mask),
                ("probability", "unknown" if pd.isna(pair["probability"]) else f"{pair['probability']:.4f}"),
                ("agreement", mask.text(pair["agreement"] or "not said")),
                ("joined in the newest core", "yes" if pair["is_joined"] else "no"),
            ),
        )
        for pair in _rows(connection, "waiting")
    ]


def _rows(connection: Connection, table: str) -> list[dict[Hashable, Any]]:
    return connection.execute(f"from {table}").df().to_dict("records")


def _ends(pair: dict[Hashable, Any], mask: Mask) -> list[tuple[str, str]]:
    """Both records of a pair; of somebody else's only what it is."""
    return [
        ("record", f"{pair[f'{side}_table']} {mask.text(pair[f'{side}_record'], numbers=False)}")
        if pair[f"is_{side}"]
        else ("and", f"{pair[f'{side}_table']} of {MASKED}")
        for side in sorted(("left", "right"), key=lambda side: not pair[f"is_{side}"])
    ]
