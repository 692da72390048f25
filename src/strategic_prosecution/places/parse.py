"""Address strings -> their readings: what kind of place each names, its number, and the street strings it names.

The work is done by the queries in `sql/` on whole tables of distinct strings. A string can have more than one reading
(`5 AVE & MAIN ST`, `RICHARD AND MARION WAY`, `SOUTH ST`); all are returned and the reference decides.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib import resources

import pandas as pd

from strategic_prosecution.places.usps import (
    AMBIGUOUS_SUFFIXES,
    DIRECTIONALS,
    ORDINAL_WORDS,
    PLURAL_SUFFIXES,
    PRIMARY_NAMES,
    ROUTE_WORDS,
    STATES,
    SUFFIXES,
    UNITS_ALONE,
    UNITS_WITH_ID,
    ordinal,
)
from strategic_prosecution.warehouse import Connection, open_memory

PARSE_FAULTS: dict[str, str] = {
    "number_span": "1014-16 N 5TH ST: one building with two numbers; the first is read",
    "number_letter": "1200-A, 1200A, 1200 A, 7003\\2: what is glued to the number is left out",
    "half_number": "1200 1/2: the fraction is left out",
    "cross_street": "1200 MAIN ST / OAK AVE: the number is read, the other street is not",
    "number_dropped": "1200 MAIN ST / OAK AVE read as the corner of the two streets",
    "cross_street_missing": "MAIN ST &: the text ends where the second street should stand",
    "near": "MAIN ST NEAR OAK AVE, 1200 MAIN ST N/O OAK AVE: on the first street, not on the corner",
    "digit_for_letter": "W00DF0RD as WOODFORD, 1OTH as 10TH, 12O0 as 1200",
    "glued": "NVODGES ST as N VODGES ST, MAIN STN as MAIN ST N, MAINS T as MAIN ST",
    "locality_misspelt": "1200 MAIN ST, CAMBRIGDE: a known locality, one slip of the pen off",
    "tail_dropped": "100 HYDRAULIC CAMBRIDGE as 100 HYDRAULIC; CITY HALL, 100 MAIN ST as 100 MAIN ST",
}
"""Every fault a reading can have, with an example of what it says. A reading has at most one."""

_NUMBER_SPAN_LIMIT = 20
_LONG_NAME = 7  # letters; of shorter names too many are one letter from another
_COUNTRIES = ("USA", "U S A", "US", "UNITED STATES", "UNITED STATES OF AMERICA")
_BLOCK = r"(?:BLOCKS?|BLKS?|BLCK|BLOC)\b(?: OF\b)?(?: THE\b)?"
_DIRECTION = "|".join(sorted(DIRECTIONALS, key=lambda word: (-len(word), word)))
_TYPE = "|".join(sorted({*SUFFIXES, *AMBIGUOUS_SUFFIXES} - PLURAL_SUFFIXES, key=lambda word: (-len(word), word)))
# A second street named in words: none of these is a town's last word or a state (CT).
_STREET_END = (
    "ST|STREET|AVE?|AVENUE|RD|ROAD|DR|DRIVE|BLVD|BOULEVARD|LN|LANE|PL|PLACE|COURT|TER|TERRACE|CIR|CIRCLE|WAY|PKWY"
    "|PARKWAY|HWY|HIGHWAY|PIKE"
)
_NEAR = "(?:NEAR|NR|BETWEEN|BTWN|BTW|(?:NE|NW|SE|SW|[NSEWC])/OF?)"
_UNIT = "APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|FL|FLR|FLOOR|BLDG|BUILDING|LOT|SPC|SPACE|TRLR|TRAILER|DEPT|PMB"
_UNIT_ID = r"(?:[A-Z]?\d{1,5}[A-Z]?|[A-Z])"
_UNIT_TEXT = (
    rf"(?:{_UNIT}) ?#? ?[A-Z0-9-]{{1,6}}|# ?[A-Z0-9-]{{1,6}}|{'|'.join(sorted(UNITS_ALONE))}"
    rf"|\d{{1,2}}(?:ST|ND|RD|TH) (?:FL|FLR|FLOOR)|[A-Z]?\d{{1,4}}[A-Z]?|[A-Z]"
)
_NOTHING_KNOWN = (
    "UNK(?:NOWN|N|WN)?|N/?A|NONE|NULL|TBD|XX+|NO ADDRESS|(?:NOT|NONE|NO ADDRESS) "
    "(?:KNOWN|GIVEN|STATED|AVAILABLE|PROVIDED|REPORTED|LISTED)|UNDETERMINED|UNDISCLOSED|WITHHELD|REDACTED|REFUSED|"
    r"CONFIDENTIAL|UNSPECIFIED|-+|\?+"
)

_PATTERNS: dict[str, str] = {
    # Cleaning.
    "ordinal_tails": r"\b(\d+(?:ST|ND|RD|TH))"
    r"(FL|FLR|FLOOR|ST|STREET|AVE?|AVENUE|RD|ROAD|PL|PLACE|BLVD|DR|CT|LN|TER|WAY)\b",
    # Strings without a place.
    "unknown_text": rf"[< ]*(?:(?:ADDRESS|LOCATION|STREET) )?(?:0+ )?(?:{_NOTHING_KNOWN})"
    rf"(?:[ ,/]+(?:{_NOTHING_KNOWN}|ADDRESS|LOCATION|STREET|ST|BLOCK))*[ >]*",
    "hopeless_hint": "BOX|POB|HOME|NFA|TRANSIENT|FIXED|PERMANENT|DELIVERY|UNHOUSED|UNSHELTERED|OUT OF",
    "po_box": r"\b(?:P ?O ?BOX|P ?O ?B \d+|POST OFFICE BOX)\b|^BOX #? ?\d+$",
    "homeless": r"\b(?:HOMELESS|UNHOUSED|UNSHELTERED|TRANSIENT|NO (?:FIXED|PERMANENT|HOME) (?:ADDRESS|ABODE|RESIDENCE)"
    r"|GENERAL DELIVERY)\b|^NFA$",
    "out_of_area": r"\bOUT OF (?:STATE|COUNTY|CITY|TOWN|AREA|COUNTRY|DISTRICT|JURISDICTION)\b",
    # Behind and before commas.
    "number_only": rf"^(?:\d{{1,6}}(?: ?{_BLOCK})?|\d{{1,4}}XX(?: ?{_BLOCK})?)$",
    "ends_town": rf"(?:^| )(?:{'|'.join([*sorted(STATES), *_COUNTRIES])}|\d{{5}}(?:[- ]\d{{4}})?)$",
    "block_only": rf"^(?:\d{{1,6}} ?{_BLOCK}|\d{{1,4}}XX)$",
    "numbered_street": r"^\d{1,6}(?:-?[A-Z]|-\d{1,6}|XX| 1/2)? .*[A-Z]{2,}",
    "unit_part": rf"^(?:{_DIRECTION}|ST|STREET|AVE?|AVENUE|RD|ROAD|DR|DRIVE|BLVD|LN|LANE|PL|PLACE|WAY|TER"
    rf"|(?:{_UNIT_TEXT})(?: (?:{_UNIT_TEXT}))*)$",
    # Before the number.
    "unit_first": rf"^(?:(?:{_UNIT}) ?#? ?{_UNIT_ID} |# ?(?:[A-Z]?\d{{1,3}}[A-Z]?|[A-Z]) )"
    r"(\d{1,6}(?:-\d{1,6})? [A-Z0-9].*)$",
    "unit_second": r"^(\d{1,6}) (?:OF|(?:(?:APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|BLDG) ?#? ?|# ?)"
    rf"{_UNIT_ID}) (.+)$",
    "words_first": r"^(?:# ?|(?:(?:NA|N/A|NULL|ON|IN|AT|THE|OF|REAR|FRONT|BEHIND) )+)(\d{1,6}(?: |XX|-).*)$"
    rf"|^(?:(?:AT|THE|ON) )*(?:(?:{_DIRECTION}) )?(?:CORNER|INTERSECTION|JUNCTION) OF (.+)$"
    r"|^(?:(?:NA|N/A|NULL|UNK(?:NOWN)?) (?:BLOCK (?:OF )?)?|(?:BLOCK|BLK) OF )([A-Z].*)$",
    # Between streets.
    "marks": r" ?[&@\\/+] ?",
    "marks_and_words": r" ?[&@\\/+] ?| (?:AND|AT) ",
    "near": rf"^(.+?) {_NEAR} .",
    "near_hint": f" {_NEAR} ",
    "near_street": rf" {_NEAR} (?:.+ (?:{_STREET_END})|(?:.* )?\d+(?:ST|ND|RD|TH))(?: (?:{_DIRECTION}))?$",
    "two_addresses": r"^\d{1,6} .*[A-Z]{2}.*(?: ?[&@\\/+] ?| (?:AND|AT) )(?:\d{3,6}|\d{1,6} BL(?:OC)?K) .*[A-Z]{2}",
    "second_number_and_type": rf"(?:[&@\\/+] ?| (?:AND|AT) )\d{{3}}(?: ½)? (?:{_TYPE})\b",
    "crossed_by_x": rf"^([^&@\\/+]* (?:{_TYPE})|\d+(?:ST|ND|RD|TH)) X ([A-Z0-9].*)$",
    "ends_street": rf" (?:{_TYPE}|{_DIRECTION})$|\d(?:ST|ND|RD|TH)$",
    # Numbers.
    "block_behind": r"^(\d{1,6})(?:S|TH)?(?: ?(?:-|~|TO) ?\d{1,6})?( HUNDRED)?"
    rf"(?: ({_DIRECTION}))?[ -]?{_BLOCK}[ -]*(.+)$",
    "block_before": r"^(?:BLOCK|BLK)(?: OF)?(?: NO| #)? ?(\d{1,6})(?: OF)? (.+)$",
    "block_after": r"^([A-Z].*) (\d{1,6}) (?:BLOCK|BLK)$",
    "block_last": r"^(\d{1,6})(?: ?- ?\d{1,6})? (.+) (?:BLOCK|BLK)$",
    "unit_block": rf"^UNIT {_BLOCK} (.+)$",
    "masked_number": rf"^(\d{{1,5}})?(?:XX|--|\*\*)(?: ?{_BLOCK})?(?: OF)? (.+)$",
    "number_span": r"^(\d{1,6}) ?(-|~) ?(\d{1,6})(?:[ -]?½)? (.+)$",
    "typed_number": r"^(\d[0-9OIL]{0,2}[OIL][0-9OIL]?\d|\d{1,4}OO) (.+)$",
    "house_number": r"^(\d{1,6})(-?[A-Z]|-[A-Z]\d{1,3}|-\d{1,2}[A-Z])?(?:[ -]?(½))? (.+)$",
    "glued_number": r"^(\d{1,6})-?([A-Z]{2,} .+|[A-Z]{4,})$",
    "numbered_name": rf"^(?:(?:{_DIRECTION}) )?\d+(?:ST|ND|RD|TH)\b",
    "number_and_type": rf"^\d{{1,3}}(?: ½)? (?:{_TYPE})\b",
    "letter_street": rf"^[A-Z] (?:{_TYPE})\b",
    # Names.
    "unit_hint": rf"(?:^| )(?:{'|'.join(sorted({*UNITS_WITH_ID, *UNITS_ALONE} - {'#'}))})(?: |$)|#"
    r"|(?:^| )(?:APT|UNIT|STE|SUITE|BLDG|RM|ROOM|FL|FLR|LOT)[A-Z]?\d|(?:NORTH|SOUTH|EAST|WEST)BOUND$| [NSEW]B$"
    r"|\d\S*$|(?:^| )\S$| (?:APT|UNIT)[A-Z]$",
    # Florida, not a floor: ST FL 00999, ST FL.
    "florida": r" [A-Z]+ FL(?: \d{5})?(?: \d{4})?$",
    "ordinal_hint": r"\d| .$|FIRST|SECOND|THIRD|FOURTH|FIFTH|SIXTH|SEVENTH|EIGHTH|NINTH|TENTH|ELEVENTH|TWELFTH"
    "|TEENTH|TIETH",
    "typed_hint": r"\b[A-Z]+[01]+(?:[A-Z]|\b)|\b0[A-Z]{2}|\b[0-9OIL]*[OIL][0-9OIL]*(?:ST|ND|RD|TH)\b",
    # Only what no English word begins with: WALNUT is no W ALNUT, and EASTON no E ASTON.
    "glued_direction": r"^(N)([BCDFGHJKLMNPQRSTVWXZ][A-Z]{3,})|^(S)([BDFGJRVXZ][A-Z]{3,})"
    r"|^(W)([BCDFGJKLMNPQSTVXZ][A-Z]{3,})",
    # MAINS T and MAINS T NW; 4TH S TNE; MAIN STN.
    "slipped_letter": rf"([A-Z0-9])(?:(S) (T)|(A) (VE)|(R) (D))( (?:{_DIRECTION}))?$",
    "slipped_blank": r" S T(NE|NW|SE|SW|[NSEW])$",
    "glued_suffix": r" (ST|RD|DR|CT|LN|BLVD)(NE|NW|SE|SW|[NEW])$| (AVE|PL)(NE|NW|SE|SW|[EW])$",
}

_GLUED = ("glued_direction", "slipped_letter", "slipped_blank", "glued_suffix")


def parse_strings(connection: Connection, *, localities: Collection[str]) -> None:
    """Read every string of the table `strings`; fills the temp tables `readings` and `unreadable`.

    `strings`: string_id integer, text varchar without nulls, one row per string.

    `readings`: string_id integer, reading smallint (from 0), kind varchar, number integer, slot smallint, slots
    smallint, street varchar, fault varchar; one row per street of a reading. kind: exact, block, intersection, street,
    place. number: the house number, the hundred of a block (0 for `0 BLOCK`), -1 for the rest. An intersection has two
    to four slots, the rest one. street: the cleaned street string, of a place the whole text. fault: empty or one of
    PARSE_FAULTS.

    `unreadable`: string_id integer, reason varchar: empty, unknown, po_box, homeless, out_of_area, not_parsed,
    tail_not_read. Every string is in one of the two tables and in none twice.

    `localities`: names, states and ZIP codes the reference layer covers; as a tail (`, CAMBRIDGE MA 02139-1234`) they
    are dropped, names of seven letters or more also one slip of the pen off (`CAMBRIGDE`). Any other text behind a
    comma or in parentheses that is no unit makes the string unreadable (`tail_not_read`): a town that cannot be
    checked must not be geocoded as if it were here. Without localities every such tail is.
    """
    _prepare(connection)
    _set(connection, _locality_patterns(_clean(connection, sorted(set(localities)))))
    connection.execute(_query("strings"))


def read_streets(connection: Connection) -> None:
    """Split every string of the table `street_texts` into a street; fills the temp table `street_readings`.

    `street_texts`: text varchar, cleaned (`clean_texts`, or `readings.street`).

    `street_readings`: text, rank smallint, predir, name, suffix, postdir, complete boolean, tail_dropped boolean, key;
    one row per way to split a string, the fullest first (rank 0). complete: the name ends in a suffix kept in it, so
    no suffix is missing. tail_dropped: a unit behind the street is left out. key: what two spellings of one name share
    (no blanks, ordinals in digits, SAINT = ST, MC KEAN = MCKEAN, US HIGHWAY 29 = US 29); different names can share one
    (LA RUE, LARUE). An empty text has no reading; any other has one with the whole text for its name.

    Source of the idea: parse alternatives decided by the reference, as in the British Columbia geocoder's parse
    derivations (bcgov/ols-geocoder, described, not copied).
    """
    _prepare(connection)
    connection.execute(_query("streets"))


def read_as_streets(texts: Sequence[str], *, connection: Connection | None = None) -> pd.DataFrame:
    """The readings of street strings as written, for compiling a reference: `read_streets` of the cleaned texts.

    One row per distinct cleaned text and reading, ordered by text and rank; columns as in `street_readings`. Replaces
    `street_texts` and `street_readings` of a given connection.
    """
    with _prepared(connection) as opened:
        frame = pd.DataFrame({"text": _clean(opened, texts)}, dtype="str")
        opened.register("cleaned_texts", frame)
        opened.execute("create or replace temp table street_texts as select distinct text from cleaned_texts")
        opened.unregister("cleaned_texts")
        opened.execute(_query("streets"))
        return opened.execute("from street_readings order by text, rank").df()


def clean_texts(texts: Sequence[str], *, connection: Connection | None = None) -> list[str]:
    """Each text as `readings.street` has it, in the same order: upper case, no accents, marks or surplus blanks."""
    with _prepared(connection) as opened:
        return _clean(opened, texts)


def split_corners(texts: Sequence[str]) -> list[list[str]]:
    """The distinct streets of each corner's name (`Elm St & Oak St`), cleaned, in their order; same order as `texts`.

    For compiling a reference, whose names are taken at their word: a text without a separator is one street.
    """
    with _prepared(None) as opened:
        rows = opened.execute(_query("split_corners"), [list(texts)]).fetchall()
    return [streets for (streets,) in rows]


@contextmanager
def _prepared(connection: Connection | None) -> Iterator[Connection]:
    """The given connection, or one of its own that is closed at the end; with patterns, word tables and macros."""
    with nullcontext(connection) if connection is not None else open_memory() as opened:
        _prepare(opened)
        yield opened


def _prepare(connection: Connection) -> None:
    """Patterns, word tables and macros of a connection, once."""
    if connection.execute("select getvariable('number_span_limit')").fetchall() != [(None,)]:
        return
    fronted = _either("unit_first", "unit_second", "words_first")
    own = {"fronted": fronted, "glued": _either(*_GLUED), "number_span_limit": _NUMBER_SPAN_LIMIT}
    _set(connection, {**_PATTERNS, **_words(), **own})
    connection.execute(_query("words"))
    connection.execute(_query("cleaning"))


def _set(connection: Connection, variables: Mapping[str, object]) -> None:
    """A pattern in a variable is a constant to a query: it is compiled once, not for every row."""
    for name, value in variables.items():
        connection.execute(f"set variable {name} = ?", [value])


def _clean(connection: Connection, texts: Sequence[str]) -> list[str]:
    rows = connection.execute(_query("clean_texts"), [list(texts)]).fetchall()
    return [text for (text,) in rows]


def _locality_patterns(known: Collection[str]) -> dict[str, object]:
    """Patterns of a tail of known localities; a ZIP code is also known with its four digits more."""
    places = sorted({*known, *_COUNTRIES} - {""}, key=lambda place: (-len(place), place))
    every = _any_of(places)
    # OAK HILL CT: the first word of a tail is not one that also ends a street (CT, NE).
    first = _any_of([place for place in places if place not in SUFFIXES and place not in DIRECTIONALS])
    long = [
        place for place in places if re.fullmatch(rf"(?: ?[A-Z]){{{_LONG_NAME},}}", place) and place not in _COUNTRIES
    ]
    shapes = "|".join(sorted({rf"{place[0]}[A-Z ]{{{len(place) - 2},{len(place)}}}" for place in long}))
    alone = "|".join(sorted(UNITS_ALONE))
    unit = rf"(?: (?:(?:{_UNIT}) ?#? ?[A-Z0-9-]{{1,6}}|# ?[A-Z0-9-]{{1,6}}|\d{{1,4}}[A-Z]?|{alone}))?"
    return {
        "locality_part": rf"(?:(?:^| ){every})+$",
        "locality_end": rf" {every}$",
        "locality_after_street": rf"^(.*? (?:{_TYPE}|{_DIRECTION}){unit}) {first}(?: {every})*$",
        "two_localities": rf"^(.*?[A-Z]{{2,}}.*?) {first}(?: {every})+$",
        "one_locality": rf"^(.*[A-Z]{{2,}}) {first}$",
        "doubtful": f"{_either('typed_hint', *_GLUED)}| {first}$",
        "localities_at_end": rf", ?{every}(?:[ ,]+{every})*$",
        # Up to three words, one of which may be the first of a locality's name.
        "words_before_locality": rf"(?:^|[ ,])((?:[A-Z]+ ){{0,2}}[A-Z]{{4,}})((?:[ ,]+{every})*)$",
        "perhaps_misspelt": rf"[ ,](?:{shapes})(?:[ ,]+{every})*$",
        "long_localities": long,
    }


def _either(*names: str) -> str:
    return "|".join(_PATTERNS[name] for name in names)


def _any_of(places: Sequence[str]) -> str:
    words = [re.escape(place) + (r"(?:[- ]\d{4})?" if re.fullmatch(r"\d{5}", place) else "") for place in places]
    return f"(?:{'|'.join(words)})"


def _words() -> dict[str, object]:
    """Lists for `sql/words.sql`: the words of Publication 28 and what each can be; the suffixes each can be."""
    words = sorted(
        {*SUFFIXES, *DIRECTIONALS, *UNITS_WITH_ID, *UNITS_ALONE, *ROUTE_WORDS, *ORDINAL_WORDS, *AMBIGUOUS_SUFFIXES}
    )
    spelled: dict[str, tuple[str, ...]] = {word: (suffix,) for word, suffix in SUFFIXES.items()}
    spelled |= AMBIGUOUS_SUFFIXES | dict.fromkeys(PLURAL_SUFFIXES, ("",))
    suffixes = [(word, place, one) for word, every in spelled.items() for place, one in enumerate(every)]
    return {
        "street_words": words,
        "street_word_signs": [_sign(word) for word in words],
        "street_word_suffixes": [PRIMARY_NAMES[SUFFIXES[word]] if word in SUFFIXES else None for word in words],
        "street_word_ordinals": [ordinal(ORDINAL_WORDS[word]) if word in ORDINAL_WORDS else None for word in words],
        "suffix_words": [word for word, _, _ in suffixes],
        "suffix_places": [place for _, place, _ in suffixes],
        "suffix_values": [suffix for _, _, suffix in suffixes],
    }


def _sign(word: str) -> str | None:
    """What a word can be in a street string, as `sql/streets.sql` explains the signs."""
    if word in DIRECTIONALS:
        return {1: "n", 2: "d"}.get(len(word), "D")
    if word in SUFFIXES or word in AMBIGUOUS_SUFFIXES:
        return "R" if word in ROUTE_WORDS else "K" if word in UNITS_WITH_ID else "S"
    if word in ROUTE_WORDS:
        return "r"
    if word in ORDINAL_WORDS:
        return "o"
    return "U" if word in UNITS_WITH_ID else "A" if word in UNITS_ALONE else None


@cache
def _query(name: str) -> str:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
