"""The extracts of police and sheriff: incidents twice, clearances, people named, bookings, the shooting log."""

from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.sheets import (
    DIRT,
    LEVELS,
    POLICE_OFFENSES,
    RACES,
    SEXES,
    SHERIFF_OFFENSES,
    Sheet,
    coded,
    date_columns,
    number,
    sheet,
    varied,
    yes_no,
)

_WEAPONS = {"firearm": "GUN", "knife": "KNIFE", "other": "OTHER", "none": "NONE"}
_INJURIES = {"fatal": "FATAL", "serious": "SERIOUS", "minor": "MINOR", "none": "NONE"}
_SOURCES = {"victim": "VICTIM", "police": "ON VIEW", "company": "COMPANY", "other": "OTHER"}
_CLEARED = {"arrest": "CBA", "exceptional": "EXC", "unfounded": "UNF"}
_STATUS = {"confirmed": "GMI-C", "suspected": "GMI-S"}


def incident_sheet(incidents: pd.DataFrame) -> Sheet:
    """The whole incident file of the police, as extracted on the last day."""
    police = incidents[incidents["agency"] == "police"].reset_index(drop=True)
    form = "%m/%d/%Y %H:%M"
    later = sheet(
        "raw/rms/incidents_2025-12-31.csv",
        {
            "INCIDENT_NO": police["incident_id"],
            "OCCURRED": days.instant_text(police["minute"].to_numpy(), form),
            "OCCURRED_TO": days.instant_text(police["until"].to_numpy(), form),
            "REPORTED": days.instant_text(police["reported"].to_numpy(), form),
            "OFFENSE": varied(police["offense_category"], POLICE_OFFENSES, variant=police["variant"]),
            "WEAPON": coded(police["weapon"], _WEAPONS),
            "INJURY": coded(police["injury"], _INJURIES),
            "DOMESTIC": yes_no(police["is_domestic"]),
            "SOURCE": coded(police["reported_by"], _SOURCES),
            "LOCATION": police["address"],
            "DISTRICT": police["district"],
            "VICTIMS": number(police["victim_count"]),
            "REMARKS": np.full(len(police), "", dtype=object),
        },
    )
    later.frame.loc[police["is_junk"].to_numpy(), DIRT] = "junk_address"
    return later


def earlier_incident_sheet(rng: np.random.Generator, incidents: pd.DataFrame) -> tuple[Sheet, pd.DataFrame]:
    """The same file a month earlier, and what the later one corrected in it: incident_id, column, before, after.

    Some assaults stood as simple that turned out aggravated, some places were not known yet: one row in a hundred.
    """
    known = incidents["reported"] // days.MINUTES <= days.EARLIER_EXTRACT
    frame = incident_sheet(incidents[known]).frame
    frame[DIRT] = ""
    upgraded = (frame["OFFENSE"] == "ASSAULT - AGGRAVATED").to_numpy() & (rng.random(len(frame)) < 0.08)
    moved = ~upgraded & (rng.random(len(frame)) < 0.006)
    corrections = pd.concat(
        [
            _corrected(frame, rows=upgraded, column="OFFENSE", before="ASSAULT - SIMPLE"),
            _corrected(frame, rows=moved, column="LOCATION", before="UNKNOWN"),
        ],
        ignore_index=True,
    )
    return Sheet("raw/rms/incidents_2025-11-30.csv", frame), corrections


def sheriff_sheet(incidents: pd.DataFrame) -> Sheet:
    """The sheriff's incidents: other codes, other dates, semicolons, Windows line ends."""
    rows = incidents[incidents["agency"] == "sheriff"]
    form = "%d-%b-%Y %H:%M"
    return sheet(
        "raw/sheriff/SO_incidents_20251231.csv",
        {
            "Case Number": rows["incident_id"],
            "Event Date": days.instant_text(rows["minute"].to_numpy(), form),
            "Reported": days.instant_text(rows["reported"].to_numpy(), form),
            "NIBRS": coded(rows["offense_category"], SHERIFF_OFFENSES),
            "Location": rows["address"].str.replace(" BLOCK OF ", " BLOCK "),
            "Beat": rows["district"],
            "Victim Count": number(rows["victim_count"]),
            "Narrative": "",
        },
        delimiter=";",
        newline="\r\n",
    )


def make_clearances(rng: np.random.Generator, incidents: pd.DataFrame, arrests: pd.DataFrame) -> pd.DataFrame:
    """incident_id, day, status of each police incident that was cleared: by the first arrest, or otherwise."""
    first = arrests.groupby("incident")["day"].min()
    police = (incidents["agency"] == "police").to_numpy()
    day = pd.Series(days.MISSING, index=incidents.index)
    day.loc[first.index] = first
    status = np.where(day != days.MISSING, "arrest", "").astype(object)
    draw = rng.random(len(incidents))
    nonviolent = incidents["offense_category"].isin(["theft", "fraud", "vandalism", "burglary"]).to_numpy()
    status[(status == "") & (draw < 0.02)] = "exceptional"
    status[(status == "") & nonviolent & (draw > 0.985)] = "unfounded"
    later = days.capped(incidents["day"].to_numpy() + 20)
    frame = pd.DataFrame(
        {
            "incident_id": incidents["incident_id"],
            "day": np.where(day == days.MISSING, later, day),
            "status": status,
        }
    )
    known: pd.DataFrame = frame[police & (status != "") & (frame["day"] != days.MISSING)]
    return known.reset_index(drop=True)


def clearance_sheet(clearances: pd.DataFrame) -> Sheet:
    """How incidents ended, from the detectives' own system: fills columns of the same incidents."""
    return sheet(
        "raw/rms/clearances_2025-12-31.csv",
        {
            "Incident Number": clearances["incident_id"],
            **date_columns(clearances, "%Y%m%d", **{"Date Cleared": "day"}),
            "Disposition": coded(clearances["status"], _CLEARED),
            "Weapon Confirmed": np.full(len(clearances), "", dtype=object),
        },
    )


def people_sheet(people: pd.DataFrame, *, group_names: tuple[str, ...]) -> Sheet:
    """Victims, suspects and witnesses."""
    return sheet(
        "raw/rms/persons_2025-12-31.csv",
        {
            "PERSON_ROW": people["incident_person_id"],
            "INCIDENT_NO": people["incident_id"],
            "ROLE": coded(people["role"], {"victim": "V", "suspect": "S", "witness": "W"}),
            **_person(people, "MNI", "SID", "FIRST", "LAST", "DOB", form="%m/%d/%Y"),
            "RACE": coded(people["race_ethnicity"], RACES),
            "SEX": coded(people["sex"], SEXES),
            "AGE": number(people["age"]),
            "GROUP": _group(people["group"], group_names),
            "GROUP_STATUS": coded(people["group_status"], _STATUS),
        },
    )


def booking_sheet(arrests: pd.DataFrame, custody: pd.DataFrame, *, case_of_arrest: Any) -> Sheet:
    """Arrests, and for those taken to jail the release decision: one file, two feeds; Latin-1."""
    form = "%Y/%m/%d"
    return sheet(
        "raw/jail/bookings_2025-12-31.csv",
        {
            "Arrest No": arrests["arrest_id"],
            "Incident": arrests["incident_id"],
            "Arrest Date/Time": days.instant_text(arrests["minute"].to_numpy(), form + " %H:%M"),
            **_person(arrests, "MNI", "SID", "First Name", "Last Name", "Birth Date", form=form),
            "FBI No": arrests["fbi_id"],
            "Race": coded(arrests["race_ethnicity"], RACES),
            "Sex": coded(arrests["sex"], SEXES),
            "Age": number(arrests["age"]),
            "Top Charge": coded(
                arrests["offense_category"], {name: texts[0] for name, texts in POLICE_OFFENSES.items()}
            ),
            "Class": coded(arrests["severity"], LEVELS),
            "Type": coded(arrests["arrest_type"], {"custodial": "C", "citation": "T", "summons": "S"}),
            "On View": yes_no(arrests["is_proactive"]),
            "Domestic": yes_no(arrests["is_domestic"]),
            "Arrest Location": arrests["address"],
            "Home Address": arrests["home_address"],
            "Agency": coded(arrests["agency"], {"police": "RIVERTON PD", "sheriff": "COUNTY SO"}),
            "Booking No": np.where(custody["is_booked"], custody["custody_id"], ""),
            "Prosecution No": case_of_arrest,
            **date_columns(custody, form, **{"Decision Date": "decision_day"}),
            "Release Decision": coded(
                custody["decision_type"],
                {"own_recognizance": "ROR", "supervised_release": "SUPV", "money_bail": "BAIL", "detained": "HOLD"},
            ),
            "Bail (cents)": number(custody["bail_cents"]),
            **date_columns(custody, form, **{"Held From": "detained_from", "Held To": "detained_to"}),
            "Other Hold": yes_no(custody["is_other_agency_hold"]),
        },
        encoding="latin-1",
    )


def shooting_sheet(shootings: pd.DataFrame, *, group_names: tuple[str, ...]) -> Sheet:
    """The shooting log: UTC instants, a byte-order mark; group columns filled at the weekly review only."""
    reviewed = (shootings["review_day"] != days.MISSING).to_numpy()
    suspect, victim = (_group(shootings[f"group_{side}"], group_names) for side in ("suspect", "victim"))
    return sheet(
        "raw/shooting_log/shootings_2025-12-31.csv",
        {
            "victim_id": shootings["shooting_id"],
            "incident": shootings["incident_id"],
            "occurred_utc": days.instant_text(days.to_utc(shootings["minute"].to_numpy()), "%Y-%m-%dT%H:%M:%SZ"),
            "fatal": yes_no(shootings["is_fatal"]),
            "wound": shootings["wound_type"],
            "how": shootings["intent"],
            "motive": shootings["motive"],
            "race": shootings["race_ethnicity"],
            "sex": shootings["sex"],
            "age": number(shootings["age"]),
            "location": shootings["address"],
            "victim_group": np.where(reviewed, victim, ""),
            "victim_group_status": np.where(
                reviewed, np.where(victim != "", coded(shootings["victim_status"], _STATUS), "NO"), ""
            ),
            "suspect_group": np.where(reviewed, suspect, ""),
            "suspect_group_status": np.where(
                reviewed, np.where(suspect != "", coded(shootings["suspect_status"], _STATUS), "UNK"), ""
            ),
            **date_columns(shootings, "%Y-%m-%d", reviewed="review_day"),
            "unfounded": yes_no(shootings["is_unfounded"]),
        },
        encoding="utf-8-sig",
    )


def _corrected(frame: pd.DataFrame, *, rows: Any, column: str, before: str) -> pd.DataFrame:
    """Puts the earlier value into the earlier file and says what the later one has instead."""
    after = frame.loc[rows, column].copy()
    frame.loc[rows, column] = before
    return pd.DataFrame(
        {"incident_id": frame.loc[rows, "INCIDENT_NO"], "column": column, "before": before, "after": after}
    )


def _person(
    rows: pd.DataFrame, own: str, state: str, given: str, family: str, birth: str, *, form: str
) -> dict[str, Any]:
    return {
        own: rows["source_person_id"],
        state: rows["state_id"],
        given: rows["given_name"],
        family: rows["family_name"],
        birth: days.day_text(rows["birth_day"].to_numpy(), form),
    }


def _group(numbers: pd.Series, names: tuple[str, ...]) -> Any:
    return np.array([*names, ""], dtype=object)[numbers.to_numpy()]
