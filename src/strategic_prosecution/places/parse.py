"""One address string -> what kind of place it names, its number, and the street strings it names.

Kinds: `exact` (1234 N BROAD ST), `block` (1200 BLOCK OF N BROAD ST, 012XX, 1200-1299), `intersection` (BROAD & PINE),
`street` (no number). A string can have more than one reading (`5 AVE & MAIN ST`); all are returned and the reference
decides.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from strategic_prosecution.places.names import clean, clean_name
from strategic_prosecution.places.usps import DIRECTIONALS, SUFFIXES

NOT_GEOCODABLE = ("empty", "unknown", "po_box", "homeless")
"""Reasons under which no geocoder could place the record; the second denominator of the hit rate leaves them out."""

_UNKNOWN = re.compile(
    r"(?:UNK(?:NOWN|N|WN)?|N/?A|NONE|NULL|<NULL>|NOT (?:KNOWN|GIVEN|STATED)|UNDETERMINED|-+|\?+)"
    r"(?: (?:ADDRESS|LOCATION))?"
)
_PO_BOX = re.compile(r"\b(?:P ?O ?BOX|POST OFFICE BOX)\b")
_HOMELESS = re.compile(r"\b(?:HOMELESS|TRANSIENT|NO FIXED (?:ADDRESS|ABODE)|NO PERMANENT ADDRESS|GENERAL DELIVERY)\b")
_BLOCK = re.compile(r"(\d{1,6}) ?(?:BLOCKS?|BLKS?|BLCK|BLOC)\b(?: OF\b)? ?(.+)")
_MASKED = re.compile(r"(\d{1,4})XX(?: (?:BLOCK|BLK)\b)?(?: OF\b)? (.+)")
_SPAN = re.compile(r"(\d{1,6}) ?- ?(\d{1,6}) (.+)")
_EXACT = re.compile(r"(\d{1,6})(?:-?([A-Z]))?(?: 1/2)? (.+)")
_GLUED = re.compile(r"(\d{1,6})(?!(?:ST|ND|RD|TH)\b)([A-Z]{2,} .+)")
# `1/2` is a number, not a corner.
_SEPARATOR = re.compile(r" ?(?:[&@\\]|(?<!\b1)/|/(?!2\b)) ?| (?:AND|AT) ")
_UNIT = re.compile(
    r"(?:APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|FL|FLOOR|BLDG) ?#?[A-Z0-9-]{1,6}|# ?[A-Z0-9-]{1,6}|REAR|FRONT|BSMT"
    r"|\d(?:ST|ND|RD|TH) (?:FL|FLOOR)|[A-Z]?\d{1,4}[A-Z]?"
)
_NUMBER_SPAN_LIMIT = 20


class Reading(NamedTuple):
    """One reading of an address. `streets`: one string, or one per street of a corner. `fault`: its name or empty."""

    kind: str
    number: int
    streets: tuple[str, ...]
    fault: str


class Parsed(NamedTuple):
    """All readings of one string; without any, `reason` says why."""

    readings: tuple[Reading, ...]
    reason: str


def parse_address(text: str, *, localities: Collection[str] = ()) -> Parsed:
    """Read one address string.

    `localities`: upper-case names, states and ZIP codes that the reference layer covers; as a tail (`, CAMBRIDGE MA
    02139`) they are dropped. Any other text after a comma that is not a unit makes the string unreadable
    (`tail_not_read`): a town that cannot be checked must not be geocoded as if it were here.
    """
    line = clean(text)
    reason = _hopeless(line)
    if reason:
        return Parsed((), reason)
    line, unread = _without_tail(line, localities)
    if unread:
        return Parsed((), "tail_not_read")
    parts = [part for part in _SEPARATOR.split(line) if part]
    cut_off = len(parts) == 1 and _SEPARATOR.search(line) is not None
    if not parts:
        return Parsed((), "not_parsed")
    numbered = _numbered(parts[0])
    if len(parts) > 1:
        crossing = [Reading("intersection", -1, tuple(parts), "")]
        with_cross = [r._replace(fault="cross_street") for r in numbered]
        return Parsed((*with_cross, *crossing), "")
    if cut_off and not numbered:
        # The second street is missing: the whole first street would be a guess.
        return Parsed((Reading("street", -1, (parts[0],), "cross_street_missing"),), "")
    return Parsed((*numbered, Reading("street", -1, (parts[0],), "")), "")


def split_streets(text: str) -> tuple[str, ...]:
    """The distinct street strings of an intersection's name, cleaned, in their order."""
    return tuple(dict.fromkeys(part for part in _SEPARATOR.split(clean(text)) if part))


def _hopeless(line: str) -> str:
    if not line:
        return "empty"
    if _UNKNOWN.fullmatch(line):
        return "unknown"
    if _PO_BOX.search(line):
        return "po_box"
    if _HOMELESS.search(line):
        return "homeless"
    return "" if any(c.isalpha() for c in line) else "not_parsed"


def _numbered(part: str) -> list[Reading]:
    """Readings with a house or block number; most specific pattern only."""
    if match := _BLOCK.fullmatch(part):
        return [Reading("block", int(match[1]) // 100 * 100, (match[2],), "")]
    if match := _MASKED.fullmatch(part):
        return [Reading("block", int(match[1]) * 100, (match[2],), "")]
    if match := _SPAN.fullmatch(part):
        return _span(match[1], match[2], match[3])
    if match := _EXACT.fullmatch(part):
        # 1500W CLEARFIELD ST: the letter is a direction; any other letter is part of the house number.
        street = f"{match[2]} {match[3]}" if match[2] in DIRECTIONALS else match[3]
        return [Reading("exact", int(match[1]), (street,), "")]
    if match := _GLUED.fullmatch(part):
        return [Reading("exact", int(match[1]), (match[2],), "")]
    return []


def _span(first: str, last: str, street: str) -> list[Reading]:
    """1200-1299 is a block; 1014-16 and 1014-1016 are one building. Anything else (Queens' 123-45) is not read."""
    low, high = int(first), int(last)
    if high < low and len(last) < len(first):
        high = int(first[: -len(last)] + last)
    if low % 100 <= 1 and high % 100 >= 98 and high // 100 == low // 100:
        return [Reading("block", low // 100 * 100, (street,), "")]
    if low < high <= low + _NUMBER_SPAN_LIMIT and (high - low) % 2 == 0:
        return [Reading("exact", low, (street,), "number_span")]
    return []


def _without_tail(line: str, localities: Collection[str]) -> tuple[str, bool]:
    """(line without a known locality tail, whether an unreadable tail is left)."""
    known = sorted({clean_name(place) for place in localities} - {""}, key=lambda place: (-len(place), place))
    head, *tail = [part.strip() for part in line.split(",")]
    unread = False
    for part in tail:
        rest = part
        while place := next((p for p in known if rest == p or rest.endswith(" " + p)), None):
            rest = rest[: len(rest) - len(place)].strip()
        if rest and _is_unit(rest):
            head = f"{head} {rest}"
        elif rest:
            unread = True
    # Without a comma a locality is only seen after something that ends a street: PHILADELPHIA AVE keeps its name.
    while place := next((p for p in known if head.endswith(" " + p)), None):
        shorter = head[: -len(place)].strip()
        ends = shorter.split()[-1]
        if not (ends in SUFFIXES or ends in DIRECTIONALS or any(shorter.endswith(" " + p) for p in known)):
            break
        head = shorter
    return head, unread


def _is_unit(text: str) -> bool:
    return _UNIT.fullmatch(text) is not None
