"""Decisions of reviewers on whether two records are of one person: taken, refused, listed, and given to the linker.

A decision is about two records, and counts in every run as of its day or later. What it means for the others that
numbers and decisions join with each of the two is the linker's to say. Nothing is deleted: the newest event of a pair
counts, and ``open`` takes a decision back.
"""

import hashlib
import re
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, nearest
from strategic_prosecution.stages.people_records import TABLES, read_people
from strategic_prosecution.warehouse import Connection

VERDICTS = model.table("desk.link_decisions").column("verdict").values
HANDLE = 8
# Before the reason of a decision that two people with different state numbers are one.
TWO_NUMBERS = "[two numbers]"
_SHORTEST_HANDLE = 4
_COLUMNS = ["left_table", "left_record", "right_table", "right_record", "verdict"]

Record = tuple[str, str]
# By pair_id: the two records, and what is decided on them.
Standing = dict[str, tuple[Record, Record, str]]


class DecisionError(ValueError):
    """A decision cannot be taken as asked; the message holds no value and no key of a record."""


@dataclass(frozen=True)
class Asked:
    """A decision as somebody asks for it; ``where`` is its line in a file, and stands before what is said of it."""

    left: Record
    right: Record
    verdict: str
    why: str
    where: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of the decisions asked for: pair_id -> verdict of those recorded, those that stood so already.

    Where any is refused, none is recorded.
    """

    recorded: dict[str, str]
    unchanged: dict[str, str]
    refused: tuple[DecisionError, ...]


def decisions(connection: Connection, as_of: date) -> pd.DataFrame:
    """The decisions that count at the end of a day: left_table, left_record, right_table, right_record, verdict.

    One row per pair with the verdict same or different, of the newest event known by then; in key order, the smaller
    record on the left. None is about a record that is sealed.
    """
    return _in_force(connection, as_of)[_COLUMNS]


def listed(connection: Connection) -> pd.DataFrame:
    """The decisions in force: pair, left, right, verdict, recorded_by, known_on, why; in key order."""
    found = _in_force(connection, date.max)
    return pd.DataFrame(
        {
            "pair": found["pair_id"].str[:HANDLE],
            "left": found["left_table"] + "/" + found["left_record"],
            "right": found["right_table"] + "/" + found["right_record"],
            **{name: found[name] for name in ("verdict", "recorded_by", "known_on", "why")},
        }
    )


def pair_id(left: Record, right: Record) -> str:
    """The key of a pair of records, whichever is named first."""
    return hashlib.sha256("\n".join(sorted("/".join(record) for record in (left, right))).encode()).hexdigest()[:20]


def record_named(text: str) -> Record:
    """The record that ``TABLE/ID`` names; DecisionError where it names no table of people."""
    table, slash, key = text.partition("/")
    if not slash or not key:
        raise DecisionError("a record is written TABLE/ID, such as arrests/A-1")
    if table not in TABLES:
        raise DecisionError(f"no table of people is called so{nearest(table, TABLES)}; records are written TABLE/ID")
    return table, key


def pair_named(connection: Connection, handle: str) -> tuple[Record, Record]:
    """The records of the pair in the queue, or on the desk, whose key begins so; DecisionError for none or several."""
    if not re.fullmatch(rf"[0-9a-f]{{{_SHORTEST_HANDLE},20}}", handle):
        raise DecisionError(
            f"a pair is named by the first {HANDLE} letters and digits that `stratpro people review` shows (at least "
            f"{_SHORTEST_HANDLE}), or as two records, TABLE/ID TABLE/ID"
        )
    rows = connection.execute(
        "select left_table, left_record, right_table, right_record from core.person_pairs union "
        "select left_table, left_record, right_table, right_record from desk.link_decisions"
    ).fetchall()
    pairs = {pair_id((a, b), (c, d)): ((a, b), (c, d)) for a, b, c, d in rows}
    found = [pair for key, pair in pairs.items() if key.startswith(handle)]
    if len(found) != 1:
        said = (
            f"{len(found)} pairs begin so; name more of it" if found else "no pair of the queue or the desk begins so"
        )
        raise DecisionError(f"{said}; `stratpro people review` shows them")
    return found[0]


def decide(
    connection: Connection,
    office: Office,
    asked: Sequence[Asked],
    *,
    known_on: date,
    two_numbers: bool = False,
    unread: Sequence[DecisionError] = (),
) -> Taken:
    """Record decisions in their order, each against those before it: all of them, or none. For use inside a run.

    ``unread``: what was refused before, of the same file. ``two_numbers``: ``same`` stands although the state numbers
    differ; the reason then begins with ``TWO_NUMBERS``.

    Refused are: a record with itself, one that is sealed or not in the newest core, no reason, ``same`` for people with
    different valid state numbers unless ``two_numbers``, two verdicts on one pair, ``open`` where nothing is decided,
    and what contradicts other decisions. What numbers join contradicts nothing: a reviewer may find a number wrong, and
    where the linker finds decisions apart by way of numbers it asks (``decisions_differ`` in the queue).
    """
    sealed = set(
        connection.execute(f"select table_name, record_id from ({desk.IN_FORCE}) where kind = 'seal'").fetchall()
    )
    numbers = _numbers(connection, office, {record for item in asked for record in (item.left, item.right)})
    in_force = _in_force(connection, date.max)[["pair_id", *_COLUMNS]]
    standing: Standing = {
        key: ((left_table, left), (right_table, right), verdict)
        for key, left_table, left, right_table, right, verdict in in_force.itertuples(index=False, name=None)
    }
    verdicts: dict[str, set[str]] = defaultdict(set)
    for item in asked:
        verdicts[pair_id(item.left, item.right)].add(item.verdict)
    recorded: dict[str, Asked] = {}
    unchanged: dict[str, str] = {}
    refused = list(unread)
    for item in asked:
        key = pair_id(item.left, item.right)
        others = {pair: decision for pair, decision in standing.items() if pair != key}
        was = standing[key][2] if key in standing else "open"
        why_not = _why_not(item, sealed=sealed, numbers=numbers, two_numbers=two_numbers)
        if why_not is None and len(verdicts[key]) > 1:
            why_not = "this pair has two verdicts; leave the right one"
        why_not = why_not or _contradiction(item, others)
        if why_not is None and item.verdict == was == "open":
            why_not = "nothing is decided on this pair; `stratpro people decisions` lists what is"
        if why_not is not None:
            refused.append(DecisionError(f"{item.where}: {why_not}" if item.where else why_not))
        elif item.verdict == was:
            unchanged[key] = was
        else:
            standing = others if item.verdict == "open" else others | {key: (item.left, item.right, item.verdict)}
            why = f"{TWO_NUMBERS} {item.why}" if _has_two_numbers(item, numbers) else item.why
            recorded[key] = replace(item, why=why)
    if refused:
        return Taken({}, {}, tuple(refused))
    _record(connection, office, recorded, known_on=known_on)
    return Taken({key: item.verdict for key, item in recorded.items()}, unchanged, ())


def _record(connection: Connection, office: Office, decided: dict[str, Asked], *, known_on: date) -> None:
    if not decided:
        return
    verdicts = [item.verdict for item in decided.values()]
    audit.append(office, "links_decided", **{verdict: verdicts.count(verdict) for verdict in VERDICTS})
    with warehouse.transaction(connection):
        for key, item in decided.items():
            left, right = sorted((item.left, item.right))
            desk.add(
                connection,
                model.table("desk.link_decisions"),
                why=item.why.strip(),
                known_on=known_on,
                pair_id=key,
                left_table=left[0],
                left_record=left[1],
                right_table=right[0],
                right_record=right[1],
                verdict=item.verdict,
            )


def _in_force(connection: Connection, as_of: date) -> pd.DataFrame:
    return connection.execute(
        f"""
        with newest as (
            from desk.link_decisions where known_on <= $as_of
            qualify row_number() over (partition by pair_id order by recorded_at desc, rowid desc) = 1
        ),
        sealed as (select table_name, record_id from ({desk.IN_FORCE}) where kind = 'seal')
        from newest
        where verdict <> 'open' and (left_table, left_record) not in (from sealed)
            and (right_table, right_record) not in (from sealed)
        order by left_table, left_record, right_table, right_record
        """,
        {"as_of": as_of},
    ).df()


def _numbers(connection: Connection, office: Office, records: set[Record]) -> dict[Record, frozenset[str]]:
    """The valid state numbers of each record that is there, with those of all that is certain of the same person."""
    found = read_people(connection, office, records)
    is_itself = (found["record_table"] == found["asked_table"]) & (found["record_id"] == found["asked_id"])
    there = set(found.loc[is_itself, ["asked_table", "asked_id"]].itertuples(index=False, name=None))
    people = found.groupby(["asked_table", "asked_id"])["number"]
    return {record: frozenset(people.get_group(record).dropna()) for record in there}


def _why_not(
    item: Asked, *, sealed: set[Record], numbers: dict[Record, frozenset[str]], two_numbers: bool
) -> str | None:
    """Why a decision cannot be taken, by itself."""
    if item.verdict not in VERDICTS:
        return f"no verdict is called so{nearest(item.verdict, VERDICTS)}"
    if item.left == item.right:
        return "both are the same record; name two"
    if not item.why.strip():
        return "say why, with --why or in the column [why]"
    for side, record in (("first", item.left), ("second", item.right)):
        if record in sealed:
            return f"the {side} record is sealed: nobody is linked to it"
        if record not in numbers:
            return f"the {side} record is not in the newest core; look at its key, or run a night first"
    if _has_two_numbers(item, numbers) and not two_numbers:
        return "the two have different state numbers; if one of these is wrong, say --two-numbers"
    return None


def _has_two_numbers(item: Asked, numbers: dict[Record, frozenset[str]]) -> bool:
    """Two people with different state numbers would be one."""
    left, right = numbers[item.left], numbers[item.right]
    return item.verdict == "same" and bool(left and right) and not left & right


def _contradiction(item: Asked, standing: Standing) -> str | None:
    """The decisions with which a verdict cannot stand, in words."""
    from_left, from_right = _reached(item.left, standing), _reached(item.right, standing)
    chain: list[str] | None = None
    if item.verdict == "different":
        chain = from_left.get(item.right)
    elif item.verdict == "same":
        for key, (one, other, verdict) in sorted(standing.items()):
            for near, far in ((one, other), (other, one)):
                if verdict == "different" and near in from_left and far in from_right:
                    chain = chain or [*from_left[near], key, *from_right[far]]
    if chain is None:
        return None
    named = ", ".join(f"{key[:HANDLE]} {standing[key][2]}" for key in chain)
    return f"it contradicts what is decided ({named}); `stratpro people decide {chain[0][:HANDLE]} open` takes one back"


def _reached(start: Record, standing: Standing) -> dict[Record, list[str]]:
    """The records that decisions make the same as one, each with the fewest decisions that lead there."""
    beside: dict[Record, list[tuple[Record, str]]] = {}
    for key, (one, other, verdict) in sorted(standing.items()):
        if verdict == "same":
            beside.setdefault(one, []).append((other, key))
            beside.setdefault(other, []).append((one, key))
    chains: dict[Record, list[str]] = {start: []}
    waiting = deque([start])
    while waiting:
        record = waiting.popleft()
        for other, key in beside.get(record, []):
            if other not in chains:
                chains[other] = [*chains[record], key]
                waiting.append(other)
    return chains
