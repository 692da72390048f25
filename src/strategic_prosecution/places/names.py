"""Street strings: cleaning, the comparison key of a name, and every way a string can be split into a street.

A string is not read once: `SOUTH ST`, `E ST`, `CANAL PARK`, `PARK AVE` and `BROAD ST 7` each have several readings,
and the reference layer decides which one is a street.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from strategic_prosecution.places.usps import (
    AMBIGUOUS_SUFFIXES,
    DIRECTIONALS,
    ORDINAL_WORDS,
    PLURAL_SUFFIXES,
    ROUTE_WORDS,
    SUFFIXES,
    UNITS_ALONE,
    UNITS_WITH_ID,
    ordinal,
)

_GLUED_MIXED_CASE = re.compile(r"(?<![A-Za-z])([NSEW])(?=[A-Z][a-z])")
_PARENTHESES = re.compile(r"\([^()]*\)")
_INITIALS = re.compile(r"(?<=\b[A-Z])\.(?=[A-Z]\b)")
_ORDINAL = re.compile(r"(\d+)(?:ST|ND|RD|TH)")
_GLUED_ORDINAL = re.compile(r"\b([NSEW])(?=\d+(?:ST|ND|RD|TH)\b)")


class StreetReading(NamedTuple):
    """One way to read a street string. `complete`: it ends in a suffix kept in the name, so no suffix is missing."""

    predir: str
    name: str
    suffix: str
    postdir: str
    complete: bool
    tail_dropped: bool


def clean(text: str) -> str:
    """Upper case, without accents, quotes, bracketed remarks and surplus blanks; `N18th` and `WOntario` are split.

    Commas, `#`, `&`, `/`, `@`, hyphens and backslashes stay: they carry meaning for the parser.
    """
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = _GLUED_MIXED_CASE.sub(r"\1 ", text).upper()
    text = _PARENTHESES.sub(" ", text)
    text = re.sub("[\"`'\u2018\u2019\u201c\u201d]", "", text)
    text = _INITIALS.sub("", text).replace(".", " ")
    text = _GLUED_ORDINAL.sub(r"\1 ", text)
    return " ".join(text.split())


def clean_name(text: str) -> str:
    """A street name as it is stored: `clean`, hyphens and commas as blanks."""
    return " ".join(re.sub(r"[-,;:]", " ", clean(text)).split())


@lru_cache(maxsize=200_000)
def name_key(name: str) -> str:
    """The key two spellings of one street name share: no blanks, ordinals in digits, SAINT = ST, MC KEAN = MCKEAN.

    Different names can share a key (LA RUE, LARUE); a match on the key alone carries the fault `spelling`.
    """
    tokens = name.split()
    words: list[str] = []
    while tokens:
        pair = "".join(tokens[:2])
        if len(tokens) > 1 and pair in ORDINAL_WORDS and tokens[0] not in ORDINAL_WORDS:
            words.append(ordinal(ORDINAL_WORDS[pair]))
            tokens = tokens[2:]
            continue
        token = tokens.pop(0)
        digits = _ORDINAL.fullmatch(token)
        if token in ORDINAL_WORDS:
            token = ordinal(ORDINAL_WORDS[token])
        elif digits:
            token = ordinal(int(digits[1]))
        words.append(token)
    if len(words) == 1:
        return ordinal(int(words[0])) if words[0].isdecimal() else words[0]
    if not words:
        return ""
    last = words[-1]
    if last.isdecimal() or len(last) == 1:
        words[:-1] = [SUFFIXES.get(word, word) for word in words[:-1]]
    else:
        words[-1] = SUFFIXES.get(last, last)
    first = {"SAINT": "ST", "MOUNT": "MT", "FORT": "FT"}.get(words[0], words[0])
    # The mark keeps WEST END (W_END) apart from WEND.
    words[0] = DIRECTIONALS[first] + "_" if first in DIRECTIONALS else first
    return "".join(words)


def _without_unit(tokens: list[str]) -> list[str] | None:
    """The tokens before a trailing unit, or None. A unit is seen only after a suffix, or as a designator and its id."""
    for at in range(1, len(tokens)):
        token, tail = tokens[at], tokens[at + 1 :]
        if token in UNITS_WITH_ID or token.startswith("#"):
            has_id = len(token) > 1 and token.startswith("#")
            has_id = has_id or bool(tail and (any(c.isdigit() for c in tail[0]) or len(tail[0]) == 1))
            if has_id and not all(t in DIRECTIONALS for t in tokens[:at]):
                return tokens[:at]
    for at in range(1, len(tokens) - 1):
        before, tail = tokens[:at], tokens[at + 1 :]
        if (
            tokens[at] not in SUFFIXES
            or tokens[at] in ROUTE_WORDS
            or all(t in DIRECTIONALS or t in ROUTE_WORDS for t in before)
        ):
            continue
        if tail[0] in DIRECTIONALS and len(tail[0]) <= 2 and len(tail) > 1:
            before_tail, tail = tokens[: at + 2], tail[1:]
        else:
            before_tail = tokens[: at + 1]
        designated = any(t in UNITS_WITH_ID or t in UNITS_ALONE for t in tail) and not any(t in SUFFIXES for t in tail)
        bare = (
            len(tail) == 1 and tail[0] not in DIRECTIONALS and (len(tail[0]) == 1 or any(c.isdigit() for c in tail[0]))
        )
        if designated or bare:
            return before_tail
    return None


@lru_cache(maxsize=200_000)
def street_readings(text: str) -> tuple[StreetReading, ...]:
    """Every way to split one cleaned street string (no house number) into direction, name, suffix, direction.

    The fullest split comes first. An empty string has no reading. Source of the idea: parse alternatives decided by
    the reference, as in the British Columbia geocoder's parse derivations (bcgov/ols-geocoder, described, not
    copied).
    """
    tokens = clean_name(text).split()
    if not tokens:
        return ()
    bodies = [(tokens, False)]
    shorter = _without_unit(tokens)
    if shorter:
        bodies.append((shorter, True))
    readings: dict[StreetReading, None] = {}
    for body, dropped in bodies:
        starts = [("", body)]
        if body[0] in DIRECTIONALS and len(body) > 1:
            starts.insert(0, (DIRECTIONALS[body[0]], body[1:]))
        for predir, rest in starts:
            ends = [("", rest)]
            if rest[-1] in DIRECTIONALS and len(rest) > 1:
                ends.insert(0, (DIRECTIONALS[rest[-1]], rest[:-1]))
            for postdir, core in ends:
                for suffix, name, complete in _suffix_splits(core):
                    readings[StreetReading(predir, " ".join(name), suffix, postdir, complete, dropped)] = None
    # NORTHEAST AVE is first of all a street named NORTHEAST, not a street named AVE.
    return tuple(sorted(readings, key=lambda reading: reading.suffix == "" and reading.name in SUFFIXES))


def _suffix_splits(tokens: list[str]) -> list[tuple[str, list[str], bool]]:
    """(suffix, name tokens, complete) for each way to see a suffix at the end of `tokens`."""
    last = tokens[-1]
    if len(tokens) == 1:
        return [("", tokens, False)]
    if last in PLURAL_SUFFIXES:
        return [("", tokens[:-1], False)]
    if last in AMBIGUOUS_SUFFIXES:
        splits = [(suffix, tokens[:-1], False) for suffix in AMBIGUOUS_SUFFIXES[last]]
    elif last in SUFFIXES:
        splits = [(SUFFIXES[last], tokens[:-1], False)]
    else:
        return [("", tokens, False)]
    return [*splits, ("", tokens, True)]
