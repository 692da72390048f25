"""What follows a case: supervision, diversion, work with victims."""

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.corruption import DIVERSION, PROBATION
from strategic_prosecution.demo.incidents import VIOLENT
from strategic_prosecution.demo.people import Write


def make_supervision(
    rng: np.random.Generator, cases: pd.DataFrame, arrests: pd.DataFrame, sentences: pd.DataFrame, *, write: Write
) -> pd.DataFrame:
    """Probation from the sentences, and some people who were on parole before the first day."""
    on_probation = sentences[(sentences["sentence_type"] == "probation") & sentences["is_initial"]]
    person_of = pd.Series(arrests["person"].to_numpy()[cases["arrest"]], index=cases["case_id"])
    probation = pd.DataFrame(
        {
            "person": person_of.loc[on_probation["case_id"]].to_numpy(),
            "start_day": on_probation["sentence_day"].to_numpy(),
            "length": on_probation["probation_days"].to_numpy(),
            "supervision_type": "probation",
        }
    )
    parolees = max(len(cases) // 40, 10)
    parole = pd.DataFrame(
        {
            "person": rng.choice(arrests["person"].unique(), parolees, replace=False),
            "start_day": rng.integers(-200, days.DAYS, parolees),
            "length": rng.integers(2, 6, parolees) * 180,
            "supervision_type": "parole",
        }
    )
    rows = pd.concat([probation, parole], ignore_index=True)
    rows = rows.sort_values(["start_day", "person"], kind="stable", ignore_index=True)
    count = len(rows)
    rows.insert(0, "supervision_id", "SUP" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(6))
    rows["end_day"] = rows["start_day"] + rows.pop("length")
    violated = rng.random(count) < 0.25
    violation = rows["start_day"].to_numpy() + rng.integers(20, 180, count)
    rows["violation_day"] = np.where(violated, days.capped(violation), days.MISSING)
    answered = (rows["violation_day"] != days.MISSING).to_numpy() & (rng.random(count) < 0.85)
    rows["sanction_day"] = np.where(answered, days.capped(violation + rng.integers(1, 40, count)), days.MISSING)
    sanctions = np.array(["warning", "curfew", "short custody"], dtype=object)
    rows["sanction"] = np.where(rows["sanction_day"] != days.MISSING, rng.choice(sanctions, count), "")
    # Drawn aside, so that it moves nothing drawn after it.
    aside = rng.spawn(1)[0]
    short = (rows["sanction"] == "short custody").to_numpy()
    rows["sanction_custody_days"] = np.where(
        short, aside.integers(1, 11, count), np.where(rows["sanction"] == "", -1, 0)
    )
    rows["is_revoked"] = short & (aside.random(count) < 0.25)
    rows["officer"] = "PO-" + pd.Series(rng.integers(1, 31, count)).astype(str).str.zfill(2)
    person = rows["person"].to_numpy()
    written = write(person=person, day=rows["start_day"].to_numpy(), agency=PROBATION)
    return pd.concat([rows.drop(columns="person"), written], axis=1)


def make_diversion(
    rng: np.random.Generator, cases: pd.DataFrame, arrests: pd.DataFrame, *, write: Write
) -> pd.DataFrame:
    """Offers of diversion: the cases that ended so, and others that were offered it and went on."""
    offered = (cases["disposition"] == "diverted").to_numpy() | (rng.random(len(cases)) < 0.04)
    rows = cases.loc[offered, ["case_id", "arrest", "filed_day", "disposition"]].reset_index(drop=True)
    count = len(rows)
    rows.insert(0, "diversion_id", "DIV" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(6))
    rows["offered_day"] = rows["filed_day"]
    accepted = (rows["disposition"] == "diverted").to_numpy() | (rng.random(count) < 0.4)
    rows["accepted_day"] = np.where(accepted, days.capped(rows["offered_day"].to_numpy() + 7), days.MISSING)
    started = accepted & (rng.random(count) < 0.95)
    rows["start_day"] = np.where(started, days.capped(rows["offered_day"].to_numpy() + 14), days.MISSING)
    end = rows["offered_day"].to_numpy() + rng.integers(90, 270, count)
    rows["end_day"] = np.where(rows["start_day"] != days.MISSING, days.capped(end), days.MISSING)
    exits = rng.choice(np.array(["completed", "failed", "withdrawn"], dtype=object), count, p=[0.72, 0.2, 0.08])
    rows["exit_status"] = np.where(rows["end_day"] != days.MISSING, exits, "")
    rows["program"] = rng.choice(np.array(["restorative", "treatment", "community"], dtype=object), count)
    # Drawn aside, so that it moves nothing drawn after it.
    aside = rng.spawn(1)[0]
    kinds = np.array(["pretrial", "deferred_judgment", "conditional_plea"], dtype=object)
    rows["diversion_type"] = aside.choice(kinds, count, p=[0.6, 0.25, 0.15])
    person = arrests["person"].to_numpy()[rows["arrest"]]
    written = write(person=person, day=rows["offered_day"].to_numpy(), agency=DIVERSION)
    return pd.concat([rows, written], axis=1)


def make_victims(rng: np.random.Generator, cases: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """One row per victim of a filed case of violence, and of some others: first contact, and whether they took part."""
    violent = cases["offense_category"].isin(VIOLENT).to_numpy()
    assault = (cases["offense_category"] == "simple_assault").to_numpy()
    wanted = violent | (rng.random(len(cases)) < np.where(assault, 0.8, 0.08))
    rows = cases.loc[wanted, ["case_id", "incident_id", "filed_day"]].reset_index(drop=True)
    count = len(rows)
    rows.insert(0, "victim_id", "VW" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(7))
    reached = rng.random(count) < 0.86
    contact = rows["filed_day"].to_numpy() + rng.geometric(0.15, count)
    rows["contact_day"] = np.where(reached, days.capped(contact), days.MISSING)
    rows["contact_count"] = np.where(rows["contact_day"] != days.MISSING, rng.integers(1, 9, count), 0)
    rows["declined"] = rng.random(count) < 0.15
    rows["threatened"] = rng.random(count) < 0.06
    hurt = people.iloc[rng.integers(0, len(people), count)].reset_index(drop=True)
    rows[["race_ethnicity", "sex"]] = hurt[["race_ethnicity", "sex"]]
    rows["age"] = ((rows["filed_day"] - hurt["birth_day"]) // 365.25).astype(np.int64)
    return rows
