"""Mistakes in what is written about a person beside the name: birth dates, numbers, addresses."""

from typing import Any

import numpy as np

from strategic_prosecution.demo import days
from strategic_prosecution.demo.corruption import Corruption
from strategic_prosecution.demo.days import Ints, Texts

_FIRST = np.datetime64(days.FIRST_DATE, "D")
# Of the digits of YYYYMMDD, the century apart.
_POWERS = np.array([1, 10, 100, 1_000, 10_000, 100_000])
_PLACEHOLDER = int((np.datetime64("1900-01-01", "D") - _FIRST).astype(int))
_ADDRESSES = (
    (" ST", " STREET"), (" AVE", " AVENUE"), (" RD", " ROAD"), (" DR", " DRIVE"), (" N ", " NORTH "),
    (" S ", " SOUTH "), (" E ", " EAST "), (" W ", " WEST "),
)  # fmt: skip


def miswrite_births(
    rng: np.random.Generator, born: Ints, *, day: Ints, corruption: Corruption, may_err: Any, is_unknown: Any
) -> Ints:
    """Birth days as written on ``day``: one mistake at most each; MISSING where missing or ``is_unknown``.

    Mistakes that give no date, or one after ``day``, are not made. Day and month change places where they can, so that
    the rate is that of all records.
    """
    luck = np.where(may_err, rng.random(len(born)), np.inf)
    year, month, number = _parts(born)
    can_swap = (number <= 12) & (number != month)
    kinds = {
        "missing": corruption.birth_missing,
        "placeholder": corruption.birth_placeholder,
        "next": corruption.birth_year_next,
        "decade": corruption.birth_decade,
        "digit": corruption.birth_digit,
        "swapped": corruption.birth_swapped * len(born) / max(can_swap.sum(), 1),
    }
    upto = np.cumsum(list(kinds.values()))
    kind = {name: (luck >= high - rate) & (luck < high) for (name, rate), high in zip(kinds.items(), upto, strict=True)}
    sign = rng.choice(np.array([-1, 1]), len(born))
    shift = sign * (np.where(kind["next"], 1, 0) + np.where(kind["decade"], 10, 0))
    swap = kind["swapped"]
    parts = year + shift, np.where(swap, number, month), np.where(swap, month, number)
    written = np.where(_is_date(*parts), _day(*parts), born)
    rows = np.flatnonzero(kind["digit"])
    written[rows] = _one_digit_off(rng, born[rows])
    written = np.where(written > day, born, written)
    written[kind["placeholder"]] = _PLACEHOLDER
    return np.where(kind["missing"] | is_unknown, days.MISSING, written)


def miswrite_digits(rng: np.random.Generator, numbers: Texts, *, chosen: Any) -> Texts:
    """The same numbers, one digit of each chosen one changed; their first two letters stay."""
    written = numbers.copy()
    rows = np.flatnonzero(chosen)
    at = 2 + (rng.random(len(rows)) * [len(text) - 2 for text in numbers[rows]]).astype(np.int64)
    more = rng.integers(1, 10, len(rows))
    written[rows] = [
        text[:place] + str((int(text[place]) + add) % 10) + text[place + 1 :]
        for text, place, add in zip(numbers[rows], at, more, strict=True)
    ]
    return written


def miswrite_addresses(rng: np.random.Generator, addresses: Texts, *, chosen: Any) -> Texts:
    """The same addresses, each chosen one with a word spelt out, or a flat behind it."""
    written = addresses.copy()
    rows = np.flatnonzero(chosen)
    flat = rng.integers(1, 40, len(rows))
    written[rows] = [
        f"{_spelt_out(text)}{f' APT {number}' if number % 3 == 0 and text[:1].isdigit() else ''}"
        for text, number in zip(addresses[rows], flat, strict=True)
    ]
    return written


def _spelt_out(address: str) -> str:
    for short, long in _ADDRESSES:
        if short.endswith(" "):
            address = address.replace(short, long)
        elif address.endswith(short):
            address = address.removesuffix(short) + long
    return address


def _one_digit_off(rng: np.random.Generator, born: Ints) -> Ints:
    """Birth days with one digit of YYYYMMDD changed, the century apart; a few find no other date and stay."""
    written = born.copy()
    left = np.arange(len(born))
    for _ in range(6):
        year, month, number = _parts(born[left])
        digits = year * 10_000 + month * 100 + number
        power = _POWERS[rng.integers(0, len(_POWERS), len(left))]
        digit = digits // power % 10
        other = (digit + rng.integers(1, 10, len(left))) % 10
        digits = digits + (other - digit) * power
        parts = digits // 10_000, digits // 100 % 100, digits % 100
        is_date = _is_date(*parts)
        written[left[is_date]] = _day(*(part[is_date] for part in parts))
        left = left[~is_date]
    return written


def _parts(day: Ints) -> tuple[Ints, Ints, Ints]:
    date = _FIRST + day
    month = date.astype("datetime64[M]")
    number = (date - month.astype("datetime64[D]")).astype(np.int64) + 1
    months = month.astype(np.int64)
    return months // 12 + 1970, months % 12 + 1, number


def _day(year: Ints, month: Ints, number: Ints) -> Ints:
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]")
    return (first - _FIRST).astype(np.int64) + number - 1


def _is_date(year: Ints, month: Ints, number: Ints) -> Any:
    real = (month >= 1) & (month <= 12) & (number >= 1) & (number <= 31)
    again = _parts(_day(year, np.where(real, month, 1), np.where(real, number, 1)))
    return real & (again[2] == number)
