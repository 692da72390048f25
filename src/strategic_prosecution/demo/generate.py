"""The whole county in memory: every planted frame, in the one order in which the seed is spent."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import arrests as arresting
from strategic_prosecution.demo import court, dirt, office_work, services
from strategic_prosecution.demo import court_extracts as courts
from strategic_prosecution.demo import office_extracts as offices
from strategic_prosecution.demo import police_extracts as police
from strategic_prosecution.demo.corruption import Corruption
from strategic_prosecution.demo.county import StreetMap, build_map, draw_homes
from strategic_prosecution.demo.groups import Groups, make_groups
from strategic_prosecution.demo.incidents import make_incidents
from strategic_prosecution.demo.people import make_people, write_records
from strategic_prosecution.demo.sheets import Sheet
from strategic_prosecution.demo.shootings import make_shootings
from strategic_prosecution.demo.spots import plant_spots
from strategic_prosecution.demo.stops import make_stops, stop_sheet


@dataclass(frozen=True)
class Planted:
    """What was planted, before anything was misspelt into an extract: ``tables`` by the name of the core table."""

    street_map: StreetMap
    spots: pd.DataFrame
    people: pd.DataFrame
    groups: Groups
    tables: dict[str, pd.DataFrame]
    clearances: pd.DataFrame


def plant(rng: np.random.Generator, *, incidents: int, corruption: Corruption) -> Planted:
    """People, places, events and decisions; about 250,000 residents to 60,000 incidents."""
    street_map = build_map(rng, residents=round(incidents * 25 / 6))
    spots = plant_spots(rng, street_map, incidents=incidents)
    happened = make_incidents(rng, street_map, spots, count=incidents)
    arrested = round(incidents / 4)
    count = round(arrested * 0.6) + round(incidents * 0.15) + 400
    people = make_people(rng, count=count, homes=partial(draw_homes, rng, street_map), corruption=corruption)
    write = partial(write_records, rng, people, corruption=corruption)
    groups = make_groups(rng, people, incidents=incidents)
    others = np.setdiff1d(np.arange(1, len(people)), groups.members["person"])
    offenders = others[: round(arrested * 0.6)]
    shootings = make_shootings(rng, happened, people, groups, victims=others)
    arrests = arresting.make_arrests(rng, happened, groups, count=arrested, offenders=offenders, write=write)
    referrals = court.make_referrals(rng, arrests)
    cases = court.make_cases(rng, arrests, referrals)
    sentences = court.make_sentences(rng, cases)
    memberships = office_work.make_memberships(rng, groups, people, write=write)
    corners = happened.loc[~happened["is_junk"], "address"].head(500).to_numpy(object)
    tables = {
        "incidents": happened,
        "incident_people": arresting.make_incident_people(
            rng, happened, arrests, shootings, victims=others, write=write
        ),
        "shootings": shootings,
        "arrests": arrests,
        "custody": arresting.make_custody(rng, arrests),
        "referrals": referrals,
        "cases": cases,
        "defendants": court.make_defendants(cases, arrests, write=write),
        "charges": court.make_charges(rng, cases),
        "hearings": court.make_hearings(rng, cases),
        "sentences": sentences,
        "supervision": services.make_supervision(rng, cases, arrests, sentences, write=write),
        "diversion": services.make_diversion(rng, cases, arrests, write=write),
        "victims": services.make_victims(rng, cases, people),
        "memberships": memberships,
        "notifications": office_work.make_notifications(rng, memberships, write=write),
        "enforcement_actions": office_work.make_actions(rng, shootings),
        "outreach": office_work.make_outreach(rng, corners, shootings),
        "surveys": office_work.make_surveys(rng),
        "tracker": office_work.make_tracker(rng),
        "staff": office_work.make_staff(rng),
        "stops": make_stops(rng, street_map, spots, count=incidents // 10),
    }
    clearances = police.make_clearances(rng, happened, arrests)
    return Planted(street_map, spots, people, groups, tables, clearances)


def extract_sheets(rng: np.random.Generator, planted: Planted) -> Iterator[Sheet]:
    """Every extract of the last day as its vendor writes it, dirty rows and all: one at a time, for they are large."""
    tables, groups = planted.tables, planted.groups
    cases, referrals, arrests = tables["cases"], tables["referrals"], tables["arrests"]
    case_of_arrest = _lookup(cases["arrest"], cases["case_id"], size=len(arrests))
    referred = cases[cases["referral"] >= 0]
    case_of_referral = _lookup(referred["referral"], referred["case_id"], size=len(referrals))
    times = dirt.times(len(tables["incidents"]))
    armed = tables["incidents"].loc[tables["incidents"]["weapon"].isin(["knife", "other"]), "incident_id"]
    yield dirt.soil_incidents(rng, police.incident_sheet(tables["incidents"]), times=times)
    yield dirt.soil_clearances(police.clearance_sheet(planted.clearances), armed=armed, times=times)
    yield dirt.write_remarks(police.sheriff_sheet(tables["incidents"]), column="Narrative", times=times)
    persons = police.people_sheet(tables["incident_people"], group_names=groups.names)
    yield dirt.soil_persons(rng, persons, times=times)
    yield police.shooting_sheet(tables["shootings"], group_names=groups.names)
    bookings = police.booking_sheet(arrests, tables["custody"], case_of_arrest=case_of_arrest)
    yield dirt.soil_bookings(rng, bookings, times=times)
    yield courts.referral_sheet(referrals, arrests, case_of_referral=case_of_referral)
    yield dirt.soil_matters(rng, courts.matter_sheet(cases, tables["defendants"]), times=times)
    yield courts.charge_sheet(tables["charges"])
    yield courts.hearing_sheet(tables["hearings"])
    yield courts.sentence_sheet(tables["sentences"])
    yield courts.supervision_sheet(tables["supervision"])
    yield courts.diversion_sheet(tables["diversion"])
    yield courts.victim_sheet(tables["victims"])
    yield offices.audit_sheet(tables["memberships"], groups)
    yield offices.feud_sheet(groups)
    yield offices.notification_sheet(tables["notifications"], groups)
    yield offices.action_sheet(tables["enforcement_actions"], groups)
    yield offices.outreach_sheet(tables["outreach"])
    yield offices.survey_sheet(tables["surveys"])
    yield offices.tracker_sheet(tables["tracker"])
    yield offices.staff_sheet(tables["staff"])
    yield stop_sheet(tables["stops"])


def _lookup(rows: pd.Series, values: pd.Series, *, size: int) -> Any:
    found = np.full(size, "", dtype=object)
    found[rows.to_numpy()] = values.to_numpy(object)
    return found
