"""The fictional county as it was planted, in plain frames with dates: what the second computation starts from.

What the demo lists as dirty is put right: additional rows that are kept are added, codes that are in no map are
'unmapped', and what an extract does not carry is not known. Of the warehouse nothing is taken but the district of
houses beside a line between two of them.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from strategic_prosecution.demo import days
from strategic_prosecution.demo.county import DISTRICT_INCOMES, DISTRICTS, RENAMED_FROM, RENAMED_TO, StreetMap
from strategic_prosecution.demo.generate import Planted

AS_OF = pd.Timestamp(days.LAST_DATE)
VIOLENT = ("homicide", "nonfatal_shooting", "robbery", "aggravated_assault", "sexual_assault")
# Where the nonviolent are counted, an assault of any kind is violence.
ANY_VIOLENCE = (*VIOLENT, "simple_assault")
# What police write where there is no address; a mill or a milestone is a place, if on no map.
NO_ADDRESS = ("UNKNOWN", "REFUSED", "PO BOX 1182", "HOMELESS", "0", "N/A", "?? BLOCK")
NEAR_A_LINE_M = 25
_WORDS = {"STREET": "ST", "AVENUE": "AVE", "ROAD": "RD", "DRIVE": "DR"}
_SIDES = {"NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W"}


@dataclass(frozen=True)
class Plain:
    """Frames by table name, each with real dates (NaT where none), and the residents of each district."""

    tables: dict[str, pd.DataFrame]
    residents: pd.DataFrame
    quintile: dict[str, str]

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]


def plain_county(planted: Planted, *, folder: Path, placed: Mapping[str, str]) -> Plain:
    """Every table of the county, with true people (``person``), places and what the demo planted as dirt.

    ``placed``: the district the geocoder found for each address. It is asked only for a house within 25 m of the line
    between two districts, where how far along its block a number stands decides.
    """
    places = _Places(planted.street_map, placed)
    tables = {name: _dated(frame) for name, frame in planted.tables.items()}
    arrests = tables["arrests"].assign(
        area_id=lambda rows: rows["address"].map(places.district),
        residence_area=lambda rows: rows["home_address"].map(places.district),
        is_home_placed=lambda rows: rows["home_address"].map(places.is_placed),
    )
    custody = tables["custody"].assign(
        arrest=np.arange(len(tables["custody"])), **arrests[["person", "race_ethnicity", "residence_area"]]
    )
    cases = tables["cases"]
    defendants = tables["defendants"].assign(residence_area=lambda rows: rows["home_address"].map(places.district))
    incidents = _incidents(tables["incidents"], _dated(planted.clearances), places, folder=folder)
    custody["case_id"] = custody["arrest"].map(cases.set_index("arrest")["case_id"])
    people_of = defendants.set_index("case_id")[["person", "race_ethnicity", "sex", "residence_area", "defendant_id"]]
    where = incidents.set_index("incident_id")["area_id"]
    cases = cases.join(people_of, on="case_id").assign(area_id=lambda rows: rows["incident_id"].map(where))
    referrals = tables["referrals"].merge(
        arrests[["incident_id", "person", "race_ethnicity", "residence_area", "offense_category"]],
        left_on="arrest",
        right_index=True,
    )
    known = cases.loc[cases["referral"] >= 0].set_index("referral")["case_id"]
    referrals["case_id"] = pd.Series(referrals.index, referrals.index).map(known)
    groups = np.array([*planted.groups.names, None], dtype=object)
    shootings = _reviewed(tables["shootings"], groups)
    shootings["area_id"] = shootings["address"].map(places.district).fillna(shootings["incident_id"].map(where))
    outreach = tables["outreach"]
    outreach["area_id"] = outreach["address"].map(places.district).fillna(outreach["district"])
    stops = tables["stops"].assign(area_id=lambda rows: rows["address"].map(places.district))
    memberships = tables["memberships"].assign(group_id=lambda rows: groups[rows["group"].to_numpy()])
    notifications = tables["notifications"].assign(group_id=lambda rows: groups[rows["group"].to_numpy()])
    actions = tables["enforcement_actions"].assign(group_id=lambda rows: groups[rows["group_suspect"].to_numpy()])
    tables |= {
        "incidents": incidents,
        "arrests": arrests,
        "custody": custody[custody["is_booked"]].reset_index(drop=True),
        "cases": cases,
        "defendants": defendants,
        "referrals": referrals,
        "shootings": shootings,
        "outreach": outreach,
        "stops": stops,
        "memberships": memberships,
        "notifications": notifications,
        "enforcement_actions": actions,
    }
    incomes = pd.Series(DISTRICT_INCOMES, index=list(DISTRICTS))
    # The share of districts that are no richer, in fifths begun.
    quintile = {name: str(-(-5 * (incomes <= income).sum() // len(incomes))) for name, income in incomes.items()}
    return Plain(tables, planted.street_map.population, quintile)


def as_linked(county: Plain, person_of: Mapping[tuple[str, str], str]) -> Plain:
    """The county with people as the pipeline links their records, by table and key, where it misses somebody."""
    keys = {"arrests": "arrest_id", "custody": "custody_id", "defendants": "defendant_id", "diversion": "diversion_id"}
    tables = {
        name: county[name].assign(person=[person_of[name, key] for key in county[name][column]])
        for name, column in keys.items()
    }
    of_case = tables["defendants"].set_index("case_id")["person"]
    tables["cases"] = county["cases"].assign(person=county["cases"]["case_id"].map(of_case))
    return replace(county, tables=county.tables | tables)


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns ``x_day`` (days since the first) as dates ``x``; the day of the event, ``day``, as ``date``.

    Where there is an ``x`` already, as ``x_date``.
    """
    named = {column: column.removesuffix("_day") for column in frame if column.endswith("_day")}
    named = {column: f"{name}_date" if name in frame else name for column, name in named.items()}
    named |= {"disposition_day": "disposed"} if "disposition_day" in named else {}
    named |= {column: column for column in ("detained_from", "detained_to") if column in frame}
    dates = frame.assign(**{column: _date(frame[column]) for column in named}).rename(columns=named)
    return dates.assign(date=_date(frame["day"])) if "day" in frame else dates


def _date(numbers: pd.Series) -> pd.Series:
    known = numbers.astype(float).where(numbers != days.MISSING)
    return pd.Timestamp(days.FIRST_DATE) + pd.to_timedelta(known, unit="D")


def _reviewed(shootings: pd.DataFrame, groups: np.ndarray[Any, np.dtype[np.object_]]) -> pd.DataFrame:
    """The log with what it says of each side, known from the review on: ``suspects``, ``suspect_is``, ..."""
    rows = shootings.copy()
    reviewed = rows["review"].notna()
    for side, otherwise in (("suspect", "unknown"), ("victim", "no")):
        number = rows[f"group_{side}"].where(reviewed, -1)
        rows[f"{side}s"] = groups[number.to_numpy()]
        rows[f"{side}_is"] = rows[f"{side}_status"].where(number >= 0, otherwise).where(reviewed)
    return rows


def _incidents(planted: pd.DataFrame, clearances: pd.DataFrame, places: "_Places", *, folder: Path) -> pd.DataFrame:
    """The incidents with how they ended; of the sheriff's nothing is known but what, when, where and how many."""
    police = planted["agency"] == "police"
    nobody_maps = police & (planted["offense_category"] == "other") & (planted["variant"] == 5)
    rows = planted[["incident_id", "date", "victim_count", "address", "district"]].assign(
        offense_category=planted["offense_category"].mask(nobody_maps, "unmapped"),
        domestic=planted["is_domestic"].astype(object).where(police, None),
        injury=planted["injury"].where(police, ""),
    )
    ended = clearances.assign(date=_date(clearances["day"])).set_index("incident_id")
    rows["cleared"] = rows["incident_id"].map(ended["date"])
    rows["status"] = rows["incident_id"].map(ended["status"]).fillna("")
    rows = pd.concat([rows, _added(folder)], ignore_index=True)
    # Of two rows with one number in one file the last counts, and its place is one nobody can find.
    relocated = _relocated(folder)
    rows.loc[rows["incident_id"].isin(relocated), "address"] = "1 RELOCATED WAY"
    rows["area_id"] = rows["address"].map(places.district).fillna(rows["district"])
    rows["is_somewhere"] = ~rows["address"].isin(NO_ADDRESS)
    return rows


def _extract(folder: Path) -> tuple[list[dict[str, str]], pd.Series]:
    name = "rms/incidents_2025-12-31.csv"
    with (folder / "raw" / name).open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    dirty = pd.read_csv(folder / "truth" / "dirty_rows.csv")
    dirty = dirty[dirty["file"] == name]
    return rows, dirty.set_index("record")["kind"]


def _added(folder: Path) -> pd.DataFrame:
    """Additional rows that are kept: a code nobody listed, and blanks behind a text."""
    rows, kinds = _extract(folder)
    kept = [rows[record - 2] for record, kind in kinds.items() if kind in ("unmapped_code", "trailing_blanks")]
    offense = ["unmapped" if "ZZ" in row["OFFENSE"] else "theft" for row in kept]
    return pd.DataFrame(
        {
            "incident_id": [row["INCIDENT_NO"].strip() for row in kept],
            "date": pd.to_datetime([row["OCCURRED"] for row in kept], format="%m/%d/%Y %H:%M").normalize(),
            "victim_count": [int(row["VICTIMS"]) for row in kept],
            "address": [row["LOCATION"] for row in kept],
            "district": [row["DISTRICT"] for row in kept],
            "offense_category": offense,
            "domestic": [row["DOMESTIC"] == "Y" for row in kept],
            "injury": "",
            "status": "",
        }
    )


def _relocated(folder: Path) -> set[str]:
    rows, kinds = _extract(folder)
    return {rows[record - 2]["INCIDENT_NO"] for record, kind in kinds.items() if kind == "duplicate_different"}


class _Places:
    """From an address as written to the district it lies in, by the street map alone."""

    def __init__(self, street_map: StreetMap, placed: Mapping[str, str]) -> None:
        self._placed = placed
        segments = street_map.segments
        self._street = (segments["predir"] + " " + segments["name"] + " " + segments["type"]).str.strip()
        self._block = {
            (text, hundred): row
            for row, (text, hundred) in enumerate(zip(self._street, segments["hundred"], strict=True))
        }
        self._segments, self._nodes = segments, street_map.nodes
        self._districts = {name: shapely.polygons(ring) for name, ring in street_map.district_lines.items()}
        self._met: dict[str, set[int]] = {}
        for end in ("node_from", "node_to"):
            for text, node in zip(self._street, segments[end], strict=True):
                self._met.setdefault(text, set()).add(int(node))
        self._known: dict[str, str | None] = {}

    def district(self, address: str) -> str | None:
        """The district, or None for a place that is not on the map."""
        if address not in self._known:
            point = self._point(self._plain(address))
            self._known[address] = point and self._district(address, point)
        return self._known[address]

    def is_placed(self, address: str) -> bool:
        """Whether the map knows the place, in a district or outside of all."""
        return self._point(self._plain(address)) is not None

    def _district(self, address: str, point: shapely.Point) -> str | None:
        inside = next((name for name, shape in self._districts.items() if shape.contains(point)), None)
        is_house = address[:1].isdigit() and " BLOCK " not in address
        near = [name for name, shape in self._districts.items() if shape.distance(point) < NEAR_A_LINE_M]
        return self._placed.get(address, inside) if is_house and len(near) > 1 else inside

    @staticmethod
    def _plain(address: str) -> str:
        text = re.sub(r" APT \d+$", "", address).replace(f" {RENAMED_FROM} ", f" {RENAMED_TO} ")
        words = text.split(" ")
        words = [_SIDES.get(word, word) for word in words]
        words[-1] = _WORDS.get(words[-1], words[-1])
        return " ".join(words)

    def _point(self, text: str) -> shapely.Point | None:
        if " & " in text:
            first, second = text.split(" & ")
            nodes = self._met.get(first, set()) & self._met.get(second, set())
            return shapely.Point(*self._nodes.iloc[min(nodes)][["x", "y"]]) if nodes else None
        found = re.fullmatch(r"(\d+)( BLOCK OF)? (.+)", text)
        if found is None:
            return None
        number = int(found[1])
        row = self._block.get((found[3], number // 100 * 100))
        if row is None:
            return None
        segment = self._segments.iloc[row]
        share = 0.5 if found[2] else (number % 100) / 100
        return shapely.Point(
            segment["x_from"] + share * (segment["x_to"] - segment["x_from"]),
            segment["y_from"] + share * (segment["y_to"] - segment["y_from"]),
        )
