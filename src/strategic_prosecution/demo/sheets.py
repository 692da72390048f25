"""A sheet is one file of an extract as its vendor would write it: text columns, a header style, a code list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days

# What is wrong with a row, for the truth; never written into the file.
DIRT = "_dirt"


@dataclass(frozen=True)
class Sheet:
    """``frame`` holds text only, plus DIRT; ``tail`` is written after the last row, as it stands (ragged lines)."""

    path: str
    frame: pd.DataFrame
    encoding: str = "utf-8"
    delimiter: str = ","
    newline: str = "\n"
    tail: tuple[str, ...] = ()


def sheet(
    path: str, columns: Mapping[str, Any], *, encoding: str = "utf-8", delimiter: str = ",", newline: str = "\n"
) -> Sheet:
    """A sheet of these columns; '' where nothing is known."""
    frame = pd.DataFrame({name: np.asarray(values, dtype=object) for name, values in columns.items()}, dtype=object)
    frame[DIRT] = ""
    return Sheet(path, frame, encoding=encoding, delimiter=delimiter, newline=newline)


def coded(values: Any, codes: Mapping[str, str]) -> Any:
    """Each of our values in the vendor's code; '' where there is none."""
    return pd.Series(np.asarray(values, dtype=object)).map(codes).fillna("").to_numpy(object)


def varied(values: Any, texts: Mapping[str, tuple[str, ...]], *, variant: Any) -> Any:
    """Each of our values as one of the texts the vendor has for it."""
    chosen = np.full(len(values), "", dtype=object)
    names, which = np.asarray(values, dtype=object), np.asarray(variant)
    for name, options in texts.items():
        rows = np.flatnonzero(names == name)
        chosen[rows] = np.array(options, dtype=object)[which[rows] % len(options)]
    return chosen


def number(values: Any) -> Any:
    """Whole numbers as text; '' where negative."""
    texts = pd.Series(np.asarray(values)).astype("int64")
    return texts.astype(str).where(texts >= 0, "").to_numpy(object)


def yes_no(values: Any) -> Any:
    """Y or N."""
    return np.where(np.asarray(values, dtype=bool), "Y", "N").astype(object)


def date_columns(frame: pd.DataFrame, form: str, **columns: str) -> dict[str, Any]:
    """theirs = our day column, written in strftime's form."""
    return {theirs: days.day_text(frame[ours].to_numpy(), form) for theirs, ours in columns.items()}


RACES = {
    "black": "B", "white": "W", "hispanic": "H", "asian": "A", "native_american": "I", "other": "O", "unknown": "U",
}  # fmt: skip
SEXES = {"male": "M", "female": "F", "unknown": "U"}
POLICE_OFFENSES = {
    "homicide": ("HOMICIDE - MURDER", "HOMICIDE - MANSLAUGHTER"),
    "nonfatal_shooting": ("SHOOTING - NONFATAL",),
    "robbery": ("ROBBERY - ARMED", "ROBBERY - STRONGARM", "ROBBERY - CARJACKING"),
    "aggravated_assault": ("ASSAULT - AGGRAVATED", "ASSAULT - AGG W/ WEAPON"),
    "sexual_assault": ("SEX OFFENSE - RAPE", "SEX OFFENSE - OTHER"),
    "simple_assault": ("ASSAULT - SIMPLE", "ASSAULT - THREATS"),
    "burglary": ("BURGLARY - RESIDENCE", "BURGLARY - COMMERCIAL"),
    "theft": ("THEFT - SHOPLIFTING", "THEFT - FROM VEHICLE", "THEFT - OTHER"),
    "motor_vehicle_theft": ("AUTO THEFT",),
    "arson": ("ARSON",),
    "vandalism": ("VANDALISM", "GRAFFITI"),
    "weapons": ("WEAPONS - POSSESSION", "WEAPONS - DISCHARGE"),
    "drugs": ("NARCOTICS - POSSESSION", "NARCOTICS - SALE"),
    "fraud": ("FRAUD", "FORGERY"),
    "public_order": ("DISORDERLY CONDUCT", "TRESPASS"),
    "driving_under_influence": ("DUI",),
    "traffic": ("TRAFFIC - CRIMINAL",),
    # The last of these is in nobody's code map.
    "other": ("MISC - OTHER", "MISC - WELFARE", "MISC - PROPERTY", "MISC - NOISE", "MISC - LOST", "CIVIL STANDBY"),
}
SHERIFF_OFFENSES = {
    "robbery": "120", "aggravated_assault": "13A", "sexual_assault": "11A", "simple_assault": "13B", "burglary": "220",
    "theft": "23H", "motor_vehicle_theft": "240", "arson": "200", "vandalism": "290", "weapons": "520", "drugs": "35A",
    "fraud": "26A", "public_order": "90C", "driving_under_influence": "90D", "traffic": "90T", "other": "90Z",
}  # fmt: skip
OFFICE_OFFENSES = {
    "homicide": "100", "nonfatal_shooting": "150", "robbery": "200", "aggravated_assault": "310",
    "sexual_assault": "250", "simple_assault": "320", "burglary": "400", "theft": "500", "motor_vehicle_theft": "550",
    "arson": "600", "vandalism": "610", "weapons": "700", "drugs": "710", "fraud": "720", "public_order": "800",
    "driving_under_influence": "810", "traffic": "820", "other": "900",
}  # fmt: skip
LEVELS = {"felony": "F", "misdemeanor": "M"}
DISPOSITIONS = {
    "guilty_plea": "PLEA", "guilty_trial": "VERDICT-G", "not_guilty": "VERDICT-NG", "dismissed": "DISM",
    "diverted": "DIV", "superseded": "SUPR", "abated": "ABATE", "transferred": "XFER", "warrant": "WARR",
}  # fmt: skip
