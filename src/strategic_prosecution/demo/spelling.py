"""How an agency writes a person's name: nicknames, romanisations, typing errors, lost accents, lost parts."""

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo.corruption import COURT, POLICE, Corruption
from strategic_prosecution.demo.cultures import CULTURES, NICKNAMES
from strategic_prosecution.demo.days import Texts

Mask = np.ndarray[Any, np.dtype[np.bool_]]

_NOBODY = np.array(
    [("JOHN", "DOE"), ("JANE", "DOE"), ("UNKNOWN", "UNKNOWN"), ("", "UNKNOWN"), ("BABY", "GIRL"), ("", "X")],
    dtype=object,
)
# Police write capitals without accents, save what other departments bring as they typed it.
_CAPITALS = 0.9
# Letters that no accent can be taken from.
_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ø": "o", "Ø": "O", "æ": "ae", "ß": "ss"})
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def write_names(
    rng: np.random.Generator, rows: pd.DataFrame, *, agency: str, corruption: Corruption, may_err: Mask
) -> tuple[Texts, Texts, Mask]:
    """(given_name, family_name, is_nobody) as ``agency`` writes each row of people; exact where not ``may_err``.

    rows: culture, given, middle, family, second_family, suffix.
    """
    count = len(rows)

    def hit(rate: Any) -> Mask:
        chosen: Mask = (rng.random(count) < rate) & may_err
        return chosen

    culture = rows["culture"].to_numpy()
    given, middle, family, second, suffix = (
        rows[part].to_numpy(object).copy() for part in ("given", "middle", "family", "second_family", "suffix")
    )
    _otherwise(rng, given, hit(corruption.nickname), lambda name: NICKNAMES.get(name, "").split())
    respelt_given, respelt_family = hit(corruption.respelt), hit(corruption.respelt)
    for number, how in enumerate(CULTURES):
        if how.respelt:
            spellings = _respeller(how.respelt)
            _otherwise(rng, given, respelt_given & (culture == number), spellings)
            _otherwise(rng, family, respelt_family & (culture == number), spellings)
    for name, rate in ((family, corruption.family_typing), (given, corruption.given_typing)):
        wrong = np.flatnonzero(hit(rate))
        name[wrong] = mistyped(rng, name[wrong])
    dropped = hit(corruption.second_family_dropped) & (second != "")
    keep_second = dropped & (rng.random(count) < 0.3)
    family = np.where(keep_second, [name[1:] for name in second], np.where(dropped, family, family + second))
    _otherwise(rng, family, hit(corruption.joint_otherwise), _joints)
    _otherwise(rng, given, hit(corruption.joint_otherwise), _joints)
    family = _with_suffix(rng, family, np.where(hit(corruption.suffix_dropped), "", suffix))
    short = rng.random(count)
    dropped = may_err & (short < corruption.middle_dropped)
    initial = may_err & ~dropped & (short < corruption.middle_dropped + corruption.middle_initial)
    middle = np.where(dropped, "", np.where(initial, _initials(middle), middle))
    given = np.where(
        hit(corruption.initial_only), _initials(given), np.where(middle == "", given, given + " " + middle)
    )
    first = np.array([how.family_first for how in CULTURES])[culture]
    swapped = hit(np.where(first, corruption.names_swapped_family_first, corruption.names_swapped))
    given, family = np.where(swapped, family, given), np.where(swapped, given, family)
    is_nobody = hit(corruption.nobody)
    given[is_nobody], family[is_nobody] = _NOBODY[rng.integers(0, len(_NOBODY), int(is_nobody.sum()))].T
    capitals = may_err & (agency == POLICE) & (rng.random(count) < _CAPITALS)
    for name in (given, family):
        _respell(name, capitals, lambda text: _without_accents(text).upper())
        if agency != COURT:
            _respell(name, ~capitals, _latin)
    return given, family, is_nobody


def mistyped(rng: np.random.Generator, names: Texts) -> Texts:
    """Each name with one typing error: a neighbouring key, a letter lost, doubled, or changed places with the next.

    Names of one letter, and empty ones, stay.
    """
    if not len(names):
        return names
    letters = np.array(names, dtype=str)
    width = letters.dtype.itemsize // 4 + 1
    letters = letters.astype(f"<U{width}").view(np.uint32).reshape(len(names), width)
    length = (letters != 0).sum(axis=1)
    at = (rng.random(len(names)) * np.maximum(length - 1, 1)).astype(np.int64)[:, None]
    place = np.arange(width)
    kind = np.where(length < 2, 4, rng.integers(0, 4, len(names)))[:, None]
    source = np.select(
        [kind == 1, kind == 2, (kind == 3) & (place == at), (kind == 3) & (place == at + 1)],
        [place + (place >= at), place - (place > at), place + 1, place - 1],
        place,
    )
    written = np.take_along_axis(letters, np.minimum(source, width - 1), axis=1)
    key = np.take_along_axis(letters, at, axis=1)
    beside = _BESIDE[rng.integers(0, 2, len(names))[:, None], np.minimum(key, 127)]
    written = np.where((kind == 0) & (place == at), beside, written).astype(np.uint32)
    return np.ascontiguousarray(written).view(f"<U{width}")[:, 0].astype(object)


def _otherwise(rng: np.random.Generator, names: Texts, chosen: Mask, alternatives: Callable[[str], list[str]]) -> None:
    """Puts one of the alternatives in the place of each chosen name that has any."""
    rows = np.flatnonzero(chosen)
    codes, distinct = pd.factorize(names[rows])
    others = [alternatives(name) or [name] for name in distinct]
    start = np.cumsum([0] + [len(options) for options in others])
    which = (rng.random(len(rows)) * np.diff(start)[codes]).astype(np.int64)
    flat = np.array([name for options in others for name in options], dtype=object)
    names[rows] = flat[start[codes] + which]


def _respell(names: Texts, chosen: Mask, spell: Callable[[str], str]) -> None:
    # There are fewer names than records: spell each once, then look it up.
    rows = np.flatnonzero(chosen)
    codes, distinct = pd.factorize(names[rows])
    names[rows] = np.array([spell(name) for name in distinct], dtype=object)[codes]


def _respeller(rules: tuple[tuple[str, str], ...]) -> Callable[[str], list[str]]:
    def spellings(name: str) -> list[str]:
        used = [(here, there) for here, there in rules if here in name]
        # "Liu" is not respelt as "Li" with a "u" behind it.
        whole = [(here, there) for here, there in used if not any(here != other and here in other for other, _ in used)]
        return [name.replace(here, there, 1) for here, there in whole]

    return spellings


def _joints(name: str) -> list[str]:
    """The same name with its hyphen, blank or apostrophe written otherwise."""
    joints = [mark for mark in "-' " if mark in name]
    others = {"-": (" ", ""), "'": ("", " "), " ": ("-", "")}
    return [name.replace(mark, other) for mark in joints for other in others[mark]]


def _with_suffix(rng: np.random.Generator, family: Texts, suffix: Texts) -> Texts:
    rows = np.flatnonzero(suffix != "")
    form = rng.integers(0, 3, len(rows))
    written = family.copy()
    written[rows] = [
        name + (f" {text}", f" {text.strip('.').upper()}", f", {text}")[number]
        for name, text, number in zip(family[rows], suffix[rows], form, strict=True)
    ]
    return written


def _initials(names: Texts) -> Texts:
    return np.array([name[:1] for name in names], dtype=object)


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFKD", text.translate(_PLAIN)).encode("ascii", "ignore").decode("ascii")


def _latin(text: str) -> str:
    """The same text with letters of Latin-1 only."""
    if text.isascii():
        return text
    return "".join(letter if ord(letter) < 256 else _without_accents(letter) for letter in text)


def _keys_beside() -> np.ndarray[Any, np.dtype[np.uint32]]:
    """For each ASCII character, the keys to its left and right; letters outside ASCII become an 'e'."""
    beside = np.tile(np.arange(128, dtype=np.uint32), (2, 1))
    beside[:, 127] = ord("e")
    for row in (*_KEYBOARD, *(row.upper() for row in _KEYBOARD)):
        for at, key in enumerate(row):
            beside[:, ord(key)] = ord(row[at - 1]), ord(row[(at + 1) % len(row)])
    return beside


_BESIDE = _keys_beside()
