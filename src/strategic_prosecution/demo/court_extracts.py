"""The extracts of the office's case management, the court, the probation department, diversion and victim services."""

from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.sheets import (
    DISPOSITIONS,
    LEVELS,
    OFFICE_OFFENSES,
    RACES,
    SEXES,
    Sheet,
    coded,
    date_columns,
    number,
    sheet,
    yes_no,
)

ISO = "%Y-%m-%d"
US = "%m/%d/%Y"
_SCREENED = {"approved": "APPR", "rejected": "DECL", "continued": "CONT", "no_review": "NOREV"}


def referral_sheet(referrals: pd.DataFrame, arrests: pd.DataFrame, *, case_of_referral: Any) -> Sheet:
    """Referrals for a charging decision; the party columns repeat the booking's spelling."""
    source = arrests.iloc[referrals["arrest"]].reset_index(drop=True)
    return sheet(
        "raw/cms/referrals_2025-12-31.csv",
        {
            "referral_no": referrals["referral_id"],
            **date_columns(referrals, ISO, received="received_day"),
            "incident_no": source["incident_id"],
            "police_id": source["source_person_id"],
            "sid": source["state_id"],
            "given": source["given_name"],
            "surname": source["family_name"],
            "dob": days.day_text(source["birth_day"].to_numpy(), ISO),
            "race": coded(source["race_ethnicity"], RACES),
            "sex": coded(source["sex"], SEXES),
            "age": number(source["age"]),
            "agency": coded(source["agency"], {"police": "RIVERTON PD", "sheriff": "COUNTY SO"}),
            "offense_code": coded(source["offense_category"], OFFICE_OFFENSES),
            "level": coded(referrals["severity"], LEVELS),
            **date_columns(referrals, ISO, screened="screen_day"),
            "decision": coded(referrals["screen_result"], _SCREENED),
            "reason": referrals["decline_reason"],
            "officer_conduct": yes_no(referrals["is_against_officer"]),
            "matter_id": case_of_referral,
        },
    )


def matter_sheet(cases: pd.DataFrame, defendants: pd.DataFrame) -> Sheet:
    """One row per matter with its defendant: one file, two feeds; headers with spaces."""
    return sheet(
        "raw/cms/matters_2025-12-31.csv",
        {
            "Matter ID": cases["case_id"],
            "Docket": cases["docket_id"],
            "Incident No": cases["incident_id"],
            **date_columns(cases, US, Filed="filed_day"),
            "Lead Offense": coded(cases["offense_category"], OFFICE_OFFENSES),
            "Level": coded(cases["severity"], LEVELS),
            **date_columns(cases, US, Disposed="disposition_day"),
            "Disposition": coded(cases["disposition"], DISPOSITIONS),
            "Reason": cases["disposition_reason"],
            "Disposed Level": coded(cases["disposition_severity"], LEVELS),
            "Counsel": cases["defense_type"].str.upper(),
            "Assigned": cases["attorney_id"],
            "Officer Conduct": yes_no(cases["is_against_officer"]),
            "Defendant ID": defendants["defendant_id"],
            "Party ID": defendants["source_person_id"],
            "SID": defendants["state_id"],
            "Given Name": defendants["given_name"],
            "Surname": defendants["family_name"],
            "DOB": days.day_text(defendants["birth_day"].to_numpy(), US),
            "Race": coded(defendants["race_ethnicity"], RACES),
            "Sex": coded(defendants["sex"], SEXES),
            "Age": number(defendants["age"]),
            "Home Address": defendants["home_address"],
            "Notes": np.full(len(cases), "", dtype=object),
        },
    )


def charge_sheet(charges: pd.DataFrame) -> Sheet:
    """Counts of the charging documents."""
    code = coded(charges["offense_category"], OFFICE_OFFENSES)
    return sheet(
        "raw/cms/counts_2025-12-31.csv",
        {
            "count_id": charges["charge_id"],
            "matter_id": charges["case_id"],
            "count_no": number(charges["number"]),
            "offense_code": code,
            "title": charges["offense_category"].str.replace("_", " "),
            "level": coded(charges["severity"], LEVELS),
            **date_columns(charges, US, filed="filed_day", disposed="disposition_day"),
            "disposition": coded(charges["disposition"], DISPOSITIONS),
        },
    )


def hearing_sheet(hearings: pd.DataFrame) -> Sheet:
    """The court's calendar."""
    return sheet(
        "raw/court/calendar_2025-12-31.csv",
        {
            "EVENT_ID": hearings["hearing_id"],
            "CASE_NO": hearings["case_id"],
            **date_columns(hearings, "%Y%m%d", EVENT_DATE="hearing_day"),
            "EVENT_TYPE": hearings["hearing_type"].str.upper(),
            "CONTINUED": yes_no(hearings["is_continued"]),
            "CONTINUED_BY": hearings["continued_by"].str.upper(),
            "HELD_FOR_COURT": hearings["is_held_for_court"],
            "DEFENDANT_PRESENT": yes_no(hearings["defendant_appeared"]),
            "VICTIM_PRESENT": yes_no(hearings["victim_appeared"]),
            "WITNESS_PRESENT": yes_no(hearings["witness_appeared"]),
            "OFFICER_PRESENT": yes_no(hearings["police_appeared"]),
        },
    )


def sentence_sheet(sentences: pd.DataFrame) -> Sheet:
    """Sentences; terms in days, money in cents."""
    return sheet(
        "raw/court/sentences_2025-12-31.csv",
        {
            "SENTENCE_ID": sentences["sentence_id"],
            "CASE_NO": sentences["case_id"],
            **date_columns(sentences, "%Y%m%d", SENTENCE_DATE="sentence_day"),
            "KIND": sentences["sentence_type"].str.upper().str.replace("_", " "),
            "MIN_DAYS": number(sentences["min_days"]),
            "MAX_DAYS": number(sentences["max_days"]),
            "CREDIT_DAYS": number(sentences["credit_days"]),
            "PROBATION_DAYS": number(sentences["probation_days"]),
            "SERVICE_HOURS": number(sentences["community_service_hours"]),
            "FINE_CENTS": number(sentences["fine_cents"]),
            "FEE_CENTS": number(sentences["fee_cents"]),
            "ORIGINAL": yes_no(sentences["is_initial"]),
            "LIFE": yes_no(sentences["is_life"]),
        },
    )


def supervision_sheet(supervision: pd.DataFrame) -> Sheet:
    """Probation and parole."""
    form = "%d.%m.%Y"
    return sheet(
        "raw/probation/caseload_20251231.csv",
        {
            "spell": supervision["supervision_id"],
            "client": supervision["source_person_id"],
            "sid": supervision["state_id"],
            "fbi": supervision["fbi_id"],
            "first": supervision["given_name"],
            "last": supervision["family_name"],
            "born": days.day_text(supervision["birth_day"].to_numpy(), form),
            "race": coded(supervision["race_ethnicity"], RACES),
            "sex": coded(supervision["sex"], SEXES),
            "type": supervision["supervision_type"],
            **date_columns(supervision, form, start="start_day", end="end_day", violation="violation_day"),
            "sanction": supervision["sanction"],
            **date_columns(supervision, form, sanctioned="sanction_day"),
            "custody_days": number(supervision["sanction_custody_days"]),
            "revoked": np.where(supervision["sanction"] == "", "", yes_no(supervision["is_revoked"])),
            "officer": supervision["officer"],
        },
        delimiter=";",
    )


def diversion_sheet(diversion: pd.DataFrame) -> Sheet:
    """Offers of diversion."""
    return sheet(
        "raw/diversion/roster_2025-12-31.csv",
        {
            "offer_id": diversion["diversion_id"],
            "matter_id": diversion["case_id"],
            "client_id": diversion["source_person_id"],
            "sid": diversion["state_id"],
            "first_name": diversion["given_name"],
            "last_name": diversion["family_name"],
            "birth_date": days.day_text(diversion["birth_day"].to_numpy(), ISO),
            "race": diversion["race_ethnicity"],
            "sex": diversion["sex"],
            "age": number(diversion["age"]),
            "program": diversion["program"],
            "kind": diversion["diversion_type"],
            **date_columns(
                diversion, ISO, offered="offered_day", accepted="accepted_day", started="start_day", ended="end_day"
            ),
            "exit": diversion["exit_status"],
        },
    )


def victim_sheet(victims: pd.DataFrame) -> Sheet:
    """Victim services: nobody's name leaves that system."""
    return sheet(
        "raw/victim_services/victims_2025-12-31.csv",
        {
            "victim_no": victims["victim_id"],
            "matter_id": victims["case_id"],
            "incident_no": victims["incident_id"],
            **date_columns(victims, ISO, opened="filed_day", first_contact="contact_day"),
            "contacts": number(victims["contact_count"]),
            "race": victims["race_ethnicity"],
            "sex": victims["sex"],
            "age": number(victims["age"]),
            "declined": yes_no(victims["declined"]),
            "threatened": yes_no(victims["threatened"]),
        },
    )
