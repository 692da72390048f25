"""Dirty rows of every kind we claim to handle, planted where the truth stays countable.

What has to be set aside is planted as additional rows, so that no real event is lost by it; what must survive (a line
break in a field, a comma, an accent) is planted in real rows. ``DIRT`` names the kind in each row concerned.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from strategic_prosecution.demo.sheets import DIRT, Sheet


def times(incidents: int) -> int:
    """How many dirty rows of each kind: from two to twenty, by the size of the county."""
    return int(np.clip(incidents // 5000, 2, 20))


def soil_incidents(rng: np.random.Generator, sheet: Sheet, *, times: int) -> Sheet:
    frame = write_remarks(sheet, column="REMARKS", times=times).frame
    # Only thefts are copied: no count of violence can depend on how a copy is treated.
    model = frame[frame["OFFENSE"].str.startswith("THEFT") & (frame[DIRT] == "")].head(7 * times)
    parts = [model.iloc[number * times : (number + 1) * times].copy() for number in range(7)]
    unreadable, keyless, undated, unmapped, future, trailing, blank = parts
    for number, part in enumerate(parts):
        part["INCIDENT_NO"] = [f"RPX-{number}{row:04d}" for row in range(len(part))]
    unreadable["OCCURRED"] = unreadable["REPORTED"] = "13/45/2024 25:61"
    keyless["INCIDENT_NO"] = ""
    undated["OCCURRED"] = ""
    unmapped["OFFENSE"] = "ZZ CODE NOBODY LISTED"
    # One future row in a thousand at most: more would make the whole file wait.
    future = future.head(max(1, min(times, len(frame) // 1000)))
    future["OCCURRED"] = future["REPORTED"] = "07/04/2026 12:00"
    trailing["OFFENSE"] += "   "
    trailing["INCIDENT_NO"] += "  "
    blank = blank.head(2)
    blank[:] = ""
    kinds = ("unreadable_date", "missing_key", "missing_required", "unmapped_code", "future_date", "trailing_blanks")
    for part, kind in zip((unreadable, keyless, undated, unmapped, future, trailing), kinds, strict=True):
        part[DIRT] = kind
    blank[DIRT] = "blank_row"
    frame = _scattered(rng, frame, pd.concat([unreadable, keyless, undated, unmapped, future, trailing, blank]))
    again = frame[frame["OFFENSE"].str.startswith("THEFT") & (frame[DIRT] == "")].tail(2 * times)
    identical, different = again.head(times).copy(), again.tail(times).copy()
    identical[DIRT] = "duplicate_identical"
    different["LOCATION"] = "1 RELOCATED WAY"
    # Of two rows with one key in one file the last counts: the earlier ones are replaced.
    frame.loc[different.index, DIRT] = "duplicate_different"
    frame = pd.concat([frame, identical, different.assign(**{DIRT: "duplicate_last"})], ignore_index=True)
    tail = ("RPX-90001,01/02/2025 10:00", "RPX-90002" + ",01/02/2025 10:00" * (len(sheet.frame.columns) + 2))
    return replace(sheet, frame=frame, tail=tail)


def write_remarks(sheet: Sheet, *, column: str, times: int) -> Sheet:
    """Free text with line breaks, commas, semicolons and quotation marks, in rows that are right otherwise."""
    frame = sheet.frame
    clean = frame.index[frame[DIRT] == ""]
    breaks, commas = clean[times : 2 * times], clean[2 * times : 3 * times]
    frame.loc[breaks, [column, DIRT]] = ['caller said "come back"\nsecond line of the remark', "quoted_newline"]
    frame.loc[commas, [column, DIRT]] = ["left, then right; no further, as told", "comma_in_quotes"]
    return sheet


def soil_clearances(sheet: Sheet, *, armed: pd.Series, times: int) -> Sheet:
    """A gun where the incident report (``armed``) has a knife, and clearances of incidents nobody has."""
    frame = sheet.frame
    rows = frame.index[frame["Incident Number"].isin(armed)][:times]
    frame.loc[rows, ["Weapon Confirmed", DIRT]] = ["GUN", "conflict"]
    orphans = frame[frame[DIRT] == ""].head(times).copy()
    orphans["Incident Number"] = [f"RP22-{row:07d}" for row in range(len(orphans))]
    orphans[DIRT] = "missing_required"
    return replace(sheet, frame=pd.concat([frame, orphans], ignore_index=True))


def soil_persons(rng: np.random.Generator, sheet: Sheet, *, times: int) -> Sheet:
    """Ages nobody has, on additional witnesses."""
    odd = sheet.frame.head(times).copy()
    odd["PERSON_ROW"] = [f"IPX{row:07d}" for row in range(len(odd))]
    odd[["ROLE", "MNI", "SID", "FIRST", "LAST", "DOB", "GROUP", "GROUP_STATUS"]] = ["W", *[""] * 7]
    odd["AGE"] = np.where(np.arange(len(odd)) % 2 == 0, "-3", "199")
    odd[DIRT] = "implausible_age"
    return replace(sheet, frame=_scattered(rng, sheet.frame, odd))


def soil_bookings(rng: np.random.Generator, sheet: Sheet, *, times: int) -> Sheet:
    """Arrests on days that do not exist, a repeated row; and the names with letters outside ASCII that are there."""
    frame = sheet.frame
    accented = ~(frame["First Name"] + frame["Last Name"]).map(str.isascii).to_numpy(bool)
    frame.loc[accented, DIRT] = "non_ascii"
    impossible = frame[frame["Type"] == "T"].head(times).copy()
    impossible["Arrest No"] = [f"AX{row:07d}" for row in range(len(impossible))]
    impossible["Arrest Date/Time"] = "2024/02/31 10:00"
    impossible[DIRT] = "unreadable_date"
    frame = _scattered(rng, frame, impossible)
    twice = frame[frame[DIRT] == ""].tail(2).assign(**{DIRT: "duplicate_identical"})
    return replace(sheet, frame=pd.concat([frame, twice], ignore_index=True))


def soil_matters(rng: np.random.Generator, sheet: Sheet, *, times: int) -> Sheet:
    """Matters without a number, and notes with line breaks."""
    frame = write_remarks(sheet, column="Notes", times=times).frame
    keyless = frame.head(times).copy()
    keyless["Matter ID"] = keyless["Defendant ID"] = ""
    keyless[DIRT] = "missing_key"
    return replace(sheet, frame=_scattered(rng, frame, keyless))


def _scattered(rng: np.random.Generator, frame: pd.DataFrame, extra: pd.DataFrame) -> pd.DataFrame:
    """The additional rows among the others, anywhere."""
    place = np.concatenate([np.arange(len(frame)) + 0.5, rng.integers(1, len(frame), len(extra))])
    together = pd.concat([frame, extra], ignore_index=True)
    return together.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
