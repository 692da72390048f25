"""The county's clock: whole days and minutes since 2023-01-01, local time, and how they are written as text.

Everything is generated as integers; text is made once per distinct day, because formatting a date per row is slow.
"""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

FIRST_DATE = date(2023, 1, 1)
LAST_DATE = date(2025, 12, 31)
EARLIER_EXTRACT_DATE = date(2025, 11, 30)
INTERVENTION_DATE = date(2025, 1, 1)
TIMEZONE = "America/New_York"
MINUTES = 1440
# No date: far before any birth date.
MISSING = -1_000_000

Ints = np.ndarray[Any, np.dtype[np.int64]]
Texts = np.ndarray[Any, np.dtype[np.object_]]


def day_number(day: date) -> int:
    """Days since 2023-01-01."""
    return (day - FIRST_DATE).days


LAST = day_number(LAST_DATE)
DAYS = LAST + 1
EARLIER_EXTRACT = day_number(EARLIER_EXTRACT_DATE)
INTERVENTION = day_number(INTERVENTION_DATE)


def year_of(days: Ints) -> Ints:
    """Calendar year of each day number."""
    unique, inverse = np.unique(days, return_inverse=True)
    years = np.array([(FIRST_DATE + timedelta(days=int(day))).year for day in unique], dtype=np.int64)
    return years[inverse]


def calendar_number(days: Ints) -> Ints:
    """Each day as the number YYYYMMDD: the difference of two, by 10,000, is whole years by the calendar."""
    return day_text(days, "%Y%m%d").astype(np.int64)


def day_text(days: Ints, form: str) -> Texts:
    """Each day in strftime's form; '' where MISSING."""
    unique, inverse = np.unique(np.asarray(days, dtype=np.int64), return_inverse=True)
    texts = ["" if day == MISSING else (FIRST_DATE + timedelta(days=int(day))).strftime(form) for day in unique]
    return np.array(texts, dtype=object)[inverse]


def instant_text(minutes: Ints, form: str) -> Texts:
    """Each instant (minutes since the first midnight) in strftime's form, the day's part first; '' where MISSING."""
    cut = form.index("%H")
    known = minutes != MISSING
    clock = np.array([f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(MINUTES)], dtype=object)
    clock = np.array([_clock(text, form[cut:]) for text in clock], dtype=object)
    text: Texts = day_text(np.where(known, minutes // MINUTES, MISSING), form[:cut]) + clock[minutes % MINUTES]
    return np.where(known, text, "").astype(object)


def to_utc(minutes: Ints) -> Ints:
    """Local minutes as UTC minutes, by the county's zone; a clock time skipped in spring is moved on an hour."""
    known = minutes != MISSING
    local = pd.DatetimeIndex(
        np.datetime64(FIRST_DATE, "m") + np.where(known, minutes, 0).astype("timedelta64[m]"),
    ).tz_localize(TIMEZONE, ambiguous=np.ones(len(minutes), dtype=bool), nonexistent="shift_forward")
    instants = local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[m]")
    utc = (instants - np.datetime64(FIRST_DATE, "m")).astype(np.int64)
    return np.where(known, utc, MISSING)


def capped(days: Ints) -> Ints:
    """Days the extract cannot know yet (after the last day) become MISSING."""
    return np.where(days > LAST, MISSING, days)


def _clock(text: str, form: str) -> str:
    hour, minute = text.split(":")
    return form.replace("%H", hour).replace("%M", minute).replace("%S", "00")
