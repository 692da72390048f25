"""How numbers, dates and codes are written for people. Everything here takes a plain value and returns text."""

from datetime import date
from typing import Any

import pandas as pd

NOT_ENOUGH = "not enough cases"
HIDDEN = "hidden"
NOT_KNOWN = "not known"
# A share is stored between 0 and 1 and written in percent.
SHARE_UNITS = ("share", "%", "percent", "proportion")
# Written out: the names that calendar and strftime give depend on the machine's locale.
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_THIN = "\u00a0"


def integer(value: Any, missing: str = NOT_KNOWN) -> str:
    """A whole number with thousands separated: 1,234."""
    return missing if pd.isna(value) else f"{round(float(value)):,}"


def decimal(value: Any, digits: int = 1, missing: str = NOT_KNOWN) -> str:
    """A number with so many decimals: 1,234.5."""
    return missing if pd.isna(value) else f"{float(value):,.{digits}f}"


def share(value: Any, missing: str = NOT_KNOWN) -> str:
    """A share between 0 and 1 in percent: 12.3 %."""
    return missing if pd.isna(value) else f"{float(value) * 100:.1f}{_THIN}%"


def is_share(unit: str) -> bool:
    """Whether values of this unit are shares."""
    return unit.split(" ")[0].lower() in SHARE_UNITS


def measure(value: Any, unit: str, missing: str = NOT_ENOUGH) -> str:
    """A metric's value in its unit: percent for shares, no decimals for whole numbers, else one (two below 10)."""
    if pd.isna(value):
        return missing
    if is_share(unit):
        return share(value)
    number = float(value)
    if number.is_integer():
        return integer(number)
    return decimal(number, 2 if abs(number) < 10 else 1)


def interval(lower: Any, upper: Any, unit: str) -> str:
    """The limits of an interval, ``3.0 to 12.4``; an open end is said in words; '' when there is none."""
    if pd.isna(lower) and pd.isna(upper):
        return ""
    if pd.isna(upper):
        return f"{measure(lower, unit)} or more"
    if pd.isna(lower):
        return f"up to {measure(upper, unit)}"
    if is_share(unit):
        return f"{decimal(float(lower) * 100)} to {share(upper)}"
    highest = max(abs(float(lower)), abs(float(upper)))
    # Limits are rarely whole numbers: as many decimals as a value of that size is written with.
    digits = 0 if highest >= 100 else 1 if highest >= 10 else 2
    return f"{decimal(lower, digits)} to {decimal(upper, digits)}"


def day(value: Any, missing: str = NOT_KNOWN) -> str:
    """A day: 5 March 2026."""
    if pd.isna(value):
        return missing
    moment = pd.Timestamp(value)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def period(kind: str, start: date | pd.Timestamp) -> str:
    """A period: March 2026, Jan to Mar 2026, 2026."""
    if kind == "year":
        return str(start.year)
    if kind == "quarter":
        return f"{MONTHS[start.month - 1][:3]} to {MONTHS[start.month + 1][:3]} {start.year}"
    return f"{MONTHS[start.month - 1]} {start.year}"


def words(code: Any, missing: str = NOT_KNOWN) -> str:
    """A code as words: native_american -> Native american becomes 'Native American'; unknown stays a word."""
    if pd.isna(code) or code == "":
        return missing
    text = str(code)
    return _NAMES.get(text, text.replace("_", " ").capitalize() if text.islower() else text.replace("_", " "))


_NAMES = {
    "race_ethnicity": "Race/ethnicity",
    "asian": "Asian",
    "black": "Black",
    "hispanic": "Hispanic",
    "native_american": "Native American",
    "pacific_islander": "Pacific Islander",
    "white": "White",
    "unmapped": "Code not mapped yet",
}


def yes_no(value: Any) -> str:
    """A flag as a word."""
    return NOT_KNOWN if pd.isna(value) else ("yes" if bool(value) else "no")


def days(number: Any) -> str:
    """A number of days: 1 day, 30 days."""
    return f"{integer(number)} day{'' if number == 1 else 's'}"


def without_scheme(text: str) -> str:
    """Text with the scheme of any address taken off: what the page prints is then never an address to follow."""
    return text.replace("https://", "").replace("http://", "")
