"""The pairs of people that a reviewer should look at, with what is known of both; it names people."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.stages.link_decisions import HANDLE, Record, pair_id
from strategic_prosecution.stages.people_records import MEMBERSHIPS, PERSON, core_day, read_people

# Rules of practice, section 3: what pages that name people say of themselves.
NOTICE = "Not evidence; not for charging, bail or sentencing argument. For the reviewer of these pairs alone."
# What each kind of pair asks, and what the answers say.
QUESTIONS = {
    "joined": "counted as one person because they are alike; no number says so. same: they are one; different: two",
    "possible": "alike, but too little to count them as one, or a birth date is missing. same: one person; different: "
    "two",
    "numbers_differ": "alike, but with two state numbers. same: one person, and a number is wrong (say --two-numbers); "
    "different: two people, such as brothers",
    "same_number": "one number, neither birth date nor names agree: an alias, or a wrong number. same: the number is "
    "right, the record is confirmed with it; different: the number is wrong, the record is taken out",
    "birth_years": "alike, but born in clearly different years. same: one person, and a birth date is wrong; "
    "different: two people, such as father and son",
    "decisions_differ": "decisions contradict each other by way of these two; `stratpro people decisions` lists all. "
    "same or different: decide these two anew; or take the wrong one back with open",
}
_PAIRS = model.table("core.person_pairs")
_NAMED = ["left_table", "left_record", "right_table", "right_record"]


@dataclass(frozen=True)
class Side:
    """One record of a pair: its key as TABLE/ID, what it is, and what it says of the person (null: nothing).

    numbers, memberships: every valid state number, and every membership with its key and group, of all that is certain
    of the same person.
    """

    record: str
    what: str | None
    person: dict[str, Any]
    numbers: tuple[str, ...]
    memberships: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """One pair of the queue: what is asked, what agrees (what is missing first), how probable it is that both are one
    person, and what each answer changes.
    """

    pair: str
    place: int
    kind: str
    question: str
    probability: float | None
    agreement: str
    changes: str
    left: Side
    right: Side


@dataclass(frozen=True)
class Queue:
    """The first pairs of the queue; how many there are in all, and how many more are decided and wait for a run."""

    as_of: date
    pairs: tuple[Pair, ...]
    of: int
    decided: int


def show(office: Office, *, kind: str | None = None, limit: int | None = None, exported: bool = False) -> Queue:
    """The queue of the newest core in its order, without the pairs decided since; written to the audit log.

    ``kind``: pairs of this kind only. ``exported``: they go into a file. For use inside a run. Raises
    SettingsError for an unknown kind, NoExtractsError where there was no run yet.
    """
    if kind is not None and kind not in QUESTIONS:
        raise SettingsError(f"[{kind}] is no kind of pair{nearest(kind, QUESTIONS)}")
    with warehouse.open_records(office) as connection:
        as_of = core_day(connection, office)
        rows = connection.execute(
            "from core.person_pairs where $kind is null or kind = $kind "
            "order by place, left_person_id, right_person_id",
            {"kind": kind},
        ).df()
        rows["pair_id"] = [
            pair_id((left_table, left), (right_table, right))
            for left_table, left, right_table, right in rows[_NAMED].itertuples(index=False, name=None)
        ]
        events = desk.newest(connection, model.table("desk.link_decisions"))
        is_since = (events["known_on"] > pd.Timestamp(as_of)) & (events["verdict"] != "open")
        is_decided = rows["pair_id"].isin(events.loc[is_since, "pair_id"])
        shown = rows[~is_decided].head(len(rows) if limit is None else limit)
        sides = [shown[_NAMED[:2]], shown[_NAMED[2:]]]
        records = {record for side in sides for record in side.itertuples(index=False, name=None)}
        read = read_people(connection, office, records)
        if len(shown):
            audit.append(office, "people_review_shown", pairs=len(shown), exported=exported)
    known: dict[Record, list[dict[str, Any]]] = defaultdict(list)
    for row in _plain(read):
        known[(row["asked_table"], row["asked_id"])].append(row)
    pairs = tuple(_pair(row, known) for row in _plain(shown))
    return Queue(as_of, pairs, int((~is_decided).sum()), int(is_decided.sum()))


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None for null, and days as days."""
    rows = []
    for row in frame.to_dict("records"):
        values = {str(name): None if pd.isna(value) else value for name, value in row.items()}
        rows.append({n: value.date() if isinstance(value, pd.Timestamp) else value for n, value in values.items()})
    return rows


def _pair(row: dict[str, Any], known: dict[Record, list[dict[str, Any]]]) -> Pair:
    def side(name: str) -> Side:
        record = (row[f"{name}_table"], row[f"{name}_record"])
        person = known.get(record, [])
        said = next((other for other in person if (other["record_table"], other["record_id"]) == record), {})
        return Side(
            "/".join(record),
            said.get("what"),
            {column: said.get(column) for column in PERSON},
            numbers=tuple(sorted({other["number"] for other in person if other["number"] is not None})),
            memberships=tuple(
                f"{other['record_id']}, {other['what']}" for other in person if other["record_table"] == MEMBERSHIPS
            ),
        )

    return Pair(
        pair=row["pair_id"][:HANDLE],
        place=row["place"],
        kind=row["kind"],
        question=QUESTIONS[row["kind"]],
        probability=row["probability"],
        agreement=_missing_first(row["agreement"] or ""),
        changes=_changes(bool(row["is_joined"]), memberships=row["memberships"] or 0, records=row["records"] or 0),
        left=side("left"),
        right=side("right"),
    )


def _missing_first(agreement: str) -> str:
    """What is missing weighs most with whoever decides."""
    return "; ".join(sorted(agreement.split("; "), key=lambda said: not said.endswith(" missing")))


def _changes(is_joined: bool, *, memberships: int, records: int) -> str:
    """What each verdict would change, for counts and for lists."""
    moved = f"{records} record{'' if records == 1 else 's'}"
    confirmed = f"{records} confirmed record{'' if records == 1 else 's'}"
    owned = f"{memberships} membership{'' if memberships == 1 else 's'}"
    given = f"gives {owned} {confirmed}" if memberships else f"confirms {moved}"
    if is_joined:
        taken = f"takes {moved} from {owned}" if memberships else f"parts {moved}"
        return f"same: lists may use it ({given}); different: counts use it no more ({taken})"
    return f"same: counts and lists use it ({given}); different: they stay apart"
