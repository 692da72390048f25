"""What core must hold of an extract as of a day, said a second time in plain Python: lists, dictionaries and loops.

The rows of a file are texts under ``HEAD``: the number of a record, its place within it, a day, what it says, 1 or -1
(which takes a row back), and a note nobody maps; ``void`` there is set aside by a rule.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

HEAD = ("NO", "SEQ", "DAY", "WHAT", "SIGN", "NOTE")
KINDS = ("keyed", "rows", "ordered", "ledger")
Row = tuple[str, ...]


@dataclass
class Load:
    """A file as it landed, and when among all: a file seen to hold it again lands again."""

    file: str
    made: date
    rows: list[Row]
    text: str
    turn: int


@dataclass(eq=False)
class Delivery:
    """One line of one load."""

    load: Load
    line: int
    row: Row
    copy: int
    status: str = ""
    is_ruled_out: bool = False

    @property
    def content(self) -> tuple[Row, int]:
        return self.row, self.copy

    @property
    def day(self) -> date | None:
        return date.fromisoformat(self.row[2]) if self.row[2] else None

    @property
    def newness(self) -> tuple[date, str, int]:
        return self.load.made, self.load.file, self.load.turn

    @property
    def key(self) -> object:
        return self.row[0] or None

    @property
    def mapped(self) -> Row:
        """What is kept of the row, as written."""
        no, seq, day, what, *_ = self.row
        return no, what, seq, day, what

    @property
    def said(self) -> tuple[object, ...]:
        """What is kept of the row, in our types."""
        no, seq, day, what, *_ = self.row
        return no, what, int(seq) if seq else None, day, what


@dataclass
class Expected:
    """Records by key: (place, day, what, file, line) of the record; and the number of rows of each status."""

    records: dict[object, tuple[object, ...]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


def land(loads: list[Load], file: str, made: date, rows: list[Row], text: str, *, turn: int) -> None:
    """Note a file: the same content under the same name for the same day is the load it was, and speaks again."""
    for load in loads:
        if (load.file, load.made, load.text) == (file, made, text):
            load.turn = turn
            return
    loads.append(Load(file, made, rows, text, turn))


def expect(loads: list[Load], kind: str, holds: str, as_of: date, *, is_ordered: bool) -> Expected:
    """What core holds of a kind of feed as of a day, and what became of every row of every file there was."""
    observed = any(load.made <= as_of for load in loads)
    until = as_of if observed else min((load.made for load in loads), default=as_of)
    visible = sorted((load for load in loads if load.made <= until), key=lambda load: (load.made, load.file, load.turn))
    last_turn = {(load.file, load.made): load.turn for load in visible}
    deliveries = []
    for load in visible:
        copies: Counter[Row] = Counter()
        for line, row in enumerate(load.rows, start=2):
            copies[row] += 1
            delivery = Delivery(load, line, row, copies[row])
            deliveries.append(delivery)
            delivery.is_ruled_out = row[5] == "void" or (kind != "rows" and delivery.key is None)
            if load.turn < last_turn[load.file, load.made]:
                delivery.status = "superseded"
            elif not observed and (delivery.day is None or delivery.day > as_of):
                delivery.status = "not_yet"
            elif delivery.is_ruled_out:
                delivery.status = "set_aside"
    replaced = [delivery for delivery in deliveries if delivery.status == "superseded"]
    missing = _missing([one for one in deliveries if one not in replaced], holds) if observed else set()
    if kind == "ledger":
        _take_back(deliveries)
        missing = set()
    _settle_set_aside(deliveries, missing, has_key=kind in ("keyed", "ordered"))
    fell = {delivery.content for delivery in deliveries if delivery.status in ("set_aside", "reversed")}
    telling = [delivery for delivery in deliveries if not delivery.is_ruled_out and delivery.content not in fell]
    expected = Expected()
    by_key: dict[object, list[Delivery]] = {}
    for delivery in deliveries:
        if not delivery.status:
            by_key.setdefault(delivery.content if kind == "rows" else delivery.key, []).append(delivery)
    for key, rivals in by_key.items():
        record = _choose(rivals, kind, is_ordered=is_ordered)
        if id(record) in missing:
            record.status = "withdrawn"
            continue
        record.status = "kept"
        alike = [one for one in telling if one.mapped == record.mapped and one.status != "not_yet"]
        if kind == "rows":
            alike = [one for one in alike if one.content == record.content]
        first = min(alike, key=lambda one: (one.newness, -one.line))
        _, _, seq, day, what = record.said
        expected.records[key] = (seq, day or None, what, first.load.file, first.line)
    expected.counts = Counter(delivery.status for delivery in deliveries)
    expected.counts["read"] = len(deliveries)
    return expected


def _choose(rivals: list[Delivery], kind: str, *, is_ordered: bool) -> Delivery:
    """The delivery that is the record; the others are merged with it or superseded by it."""

    def place(delivery: Delivery) -> tuple[bool, int]:
        return (delivery.row[1] == "", int(delivery.row[1] or 0)) if kind == "ordered" or is_ordered else (False, 0)

    def last_words(delivery: Delivery) -> tuple[str, ...]:
        return tuple(str(words or chr(0)) for words in (*delivery.said, *delivery.mapped))

    newest = max(delivery.newness for delivery in rivals)
    latest = [delivery for delivery in rivals if delivery.newness == newest]
    if kind == "ledger":
        first = min(place(delivery) for delivery in rivals)
        best = [delivery for delivery in rivals if place(delivery) == first]
        best = [one for one in best if one.newness == max(other.newness for other in best)]
        record = min(best, key=last_words)
    elif kind == "ordered":
        record = min(latest, key=lambda delivery: (place(delivery), last_words(delivery)))
    else:
        record = max(latest, key=lambda delivery: delivery.line)
    for other in rivals:
        is_merged = kind == "ledger" or (other.newness == newest and (kind == "ordered" or other.said == record.said))
        other.status = "merged" if is_merged else "superseded"
    return record


def _settle_set_aside(deliveries: list[Delivery], missing: set[int], *, has_key: bool) -> None:
    """Of a row set aside in several files the newest is; it is superseded when a newer file holds all but it.

    So it is, but in a ledger, when a newer file says something that stands under its key.
    """
    standing = [delivery for delivery in deliveries if not delivery.status and has_key]
    newest: dict[object, Delivery] = {}
    for delivery in deliveries:
        if delivery.status == "set_aside":
            if delivery.content in newest:
                newest[delivery.content].status = "superseded"
            newest[delivery.content] = delivery
    for delivery in newest.values():
        is_corrected = any(one.key == delivery.key and one.newness > delivery.newness for one in standing)
        if id(delivery) in missing or is_corrected:
            delivery.status = "superseded"


def _missing(counted: list[Delivery], holds: str) -> set[int]:
    """Deliveries that a newer file should repeat and does not hold; by the newest file they stood in."""
    newest = max((delivery.load.made for delivery in counted), default=date.min)
    if holds == "everything":
        return {id(delivery) for delivery in counted if delivery.load.made < newest}
    if holds == "changes":
        return set()
    first_days: dict[date, date] = {}
    for delivery in counted:
        if delivery.day and delivery.status != "set_aside":
            first = first_days.get(delivery.load.made, date.max)
            first_days[delivery.load.made] = min(first, delivery.day)
    missing = set()
    for delivery in counted:
        starts = [first for made, first in first_days.items() if made > delivery.load.made]
        if starts and delivery.day and min(starts) < delivery.day <= newest:
            missing.add(id(delivery))
    return missing


def _take_back(deliveries: list[Delivery]) -> None:
    """Each reversing row takes back the first row of its number and day there is, in its own file or an earlier one."""
    entries: dict[object, list[Delivery]] = {}
    told: dict[object, Delivery] = {}
    for delivery in deliveries:
        if delivery.status in ("", "superseded"):
            told.setdefault(delivery.content, delivery)
        if not delivery.status:
            entries.setdefault(delivery.content, []).append(delivery)
    for same in entries.values():
        for delivery in same[:-1]:
            delivery.status = "superseded"

    def order(content: object) -> tuple[object, ...]:
        first = entries[content][0]
        return first.newness, first.row[4] == "-1", told[content].newness, told[content].line

    standing: dict[object, list[Delivery]] = {}
    for content in sorted(entries, key=order):
        entry = entries[content][-1]
        match = (entry.row[0], entry.row[2])
        if entry.row[4] != "-1":
            standing.setdefault(match, []).append(entry)
        elif standing.get(match):
            standing[match].pop(0).status = "reversed"
            entry.status = "reversed"
        else:
            entry.status = "set_aside"
