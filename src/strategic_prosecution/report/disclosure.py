"""The page of what is held on a person or a case, as plain text, with other people masked.

Masking works on what the records say of other people: their names, their numbers and their birth dates, wherever they
stand. A nickname, a misspelling or a name that no extract maps to a column is not known, so a person reads each page.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MASKED = "[another person]"
# Below these a number or a part of a name is too common to mean anybody.
SHORTEST_NUMBER = 4
SHORTEST_PART = 3
# Parts of names that are words of everyday text, or of addresses.
_NOBODY = frozenset(
    (
        *("abu", "ben", "bin", "bint", "dela", "della", "delle", "del", "den", "der", "des", "dos", "las", "los"),
        *("mac", "san", "santa", "saint", "van", "von", "iii", "jnr", "snr"),
    )
)
_DATE_FORMS = (
    *("{y}{m:02}{d:02}", "{y}-{m}-{d}", "{y}/{m}/{d}", "{m}/{d}/{y}", "{m}-{d}-{y}", "{m}/{d}/{s:02}"),
    *("{d}.{m}.{y}", "{d}/{m}/{y}", "{d}-{m}-{y}"),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"})


@dataclass(frozen=True)
class Known:
    """What records say of people: names, numbers (of the state, of a source), birth dates."""

    names: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    birth_dates: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Item:
    """One thing on the page: what it is, and its lines of label and value. A line without a label is a sentence."""

    title: str
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    title: str
    said: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()


class Mask:
    """Other people's names and numbers out of texts, as whole words, in any case and with or without accents.

    What is the person's own is never masked; ``shared`` counts the names and numbers that are somebody else's too.
    """

    def __init__(self, *, others: Known, own: Known) -> None:
        names, own_names = _names(others.names), _names(own.names)
        numbers, own_numbers = _numbers(others), _numbers(own)
        self.shared = len(names & own_names) + len(numbers & own_numbers)
        self._names = _pattern(r"[\W_]*".join(map(re.escape, words)) for words in names - own_names)
        self._numbers = _pattern(r"[\W_]?".join(map(re.escape, digits)) for digits in numbers - own_numbers)
        days = others.birth_dates - own.birth_dates
        self._dates = _pattern((pattern for day in days for pattern in _dates(day)), end=r"(?![^\W_])|(?=t\d)")

    def text(self, value: str, *, numbers: bool = True) -> str:
        """The text without them; ``numbers=False`` for a value that is a day, a count, or a key of something else."""
        patterns = (self._names, self._numbers, self._dates) if numbers else (self._names,)
        folded, places = _folded(value)
        spans = sorted(match.span() for pattern in patterns if pattern for match in pattern.finditer(folded))
        shown, done = [], 0
        for first, last in spans:
            start, end = places[first], places[last]
            if start >= done:
                shown += [value[done:start], MASKED]
            done = max(done, end)
        return "".join([*shown, value[done:]])


def name_words(name: str) -> tuple[str, ...]:
    """A name as words without case, accents and punctuation: equal for what is spelled alike."""
    return tuple(re.findall(r"[^\W_]+", _folded(name)[0]))


def render_page(sections: Iterable[Section]) -> str:
    """The page as text that prints. Nothing in it moves a cursor: characters that are not printed are spelled out."""
    lines: list[str] = []
    for section in sections:
        lines += ["", section.title, "=" * len(section.title), *map(_printed, section.said)]
        for item in section.items:
            lines += ["", f"-- {_printed(item.title)}"]
            lines += [f"   {_printed(f'{label}: {value}' if label else value)}" for label, value in item.lines]
    return "\n".join(lines[1:]) + "\n"


def _printed(text: str) -> str:
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode("ascii")
        for letter in text
    )


def _names(names: Iterable[str]) -> set[tuple[str, ...]]:
    """Whole names, and those of their parts that mean somebody by themselves."""
    found = set()
    for name in names:
        words = name_words(name)
        if len("".join(words)) > 1:
            found.add(words)
        found |= {(word,) for word in words if len(word) >= SHORTEST_PART and word not in _NOBODY}
    return found - {(word,) for word in _NOBODY}


def _numbers(known: Known) -> set[str]:
    """Numbers by their letters and digits; with and without the system that a source's own key begins with."""
    spelled = {text for number in known.numbers for text in (number, number.rpartition(":")[2])}
    plain = {"".join(name_words(text)) for text in spelled}
    return {text for text in plain if len(text) >= SHORTEST_NUMBER and len(set(text)) > 1 and re.search(r"\d", text)}


def _dates(day: date) -> set[str]:
    """A day in the forms that files write days in, with or without zeros before."""
    parts = {"y": day.year, "m": day.month, "d": day.day, "s": day.year % 100}
    numeric = {re.sub(r"(?<!\d)(\d)(?!\d)", r"0?\1", re.escape(form.format(**parts))) for form in _DATE_FORMS}
    month = _MONTHS[day.month - 1]
    return numeric | {
        rf"0?{day.day}[\W_]*{month}[a-z]*[\W_]*{day.year}",
        rf"{month}[a-z]*[\W_]*0?{day.day}[\W_]*{day.year}",
    }


def _pattern(patterns: Iterable[str], *, end: str = r"(?![^\W_])") -> re.Pattern[str] | None:
    """Any of these, as whole words; the longest first, so that a whole name goes before its parts."""
    ordered = sorted(set(patterns), key=lambda pattern: (-len(pattern), pattern))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(ordered)})(?:{end})") if ordered else None


def _folded(text: str) -> tuple[str, list[int]]:
    """A text without case and accents, and for each place in it, and its end, the place in the text as written."""
    folded, places = [], []
    for place, letter in enumerate(text):
        plain = unicodedata.normalize("NFKD", letter).casefold().translate(_LETTERS)
        for sign in plain:
            if not unicodedata.combining(sign):
                folded.append(sign)
                places.append(place)
    return "".join(folded), [*places, len(text)]
