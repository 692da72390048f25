"""From arrest to sentence: referrals, cases, charges, hearings, sentences."""

from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.corruption import COURT
from strategic_prosecution.demo.people import Write

_REASONS = np.array(["insufficient evidence", "victim unavailable", "interest of justice", "search"], dtype=object)
_ENDINGS = {
    "guilty_plea": 0.55, "guilty_trial": 0.02, "not_guilty": 0.015, "dismissed": 0.255, "diverted": 0.10,
    "superseded": 0.02, "abated": 0.005, "transferred": 0.01, "warrant": 0.025,
}  # fmt: skip
_FELONY_SENTENCES = {"prison": 0.27, "jail": 0.24, "probation": 0.37, "conditional_discharge": 0.07, "fine": 0.05}
_OTHER_SENTENCES = {
    "jail": 0.18, "probation": 0.36, "fine": 0.26, "community_service": 0.12, "conditional_discharge": 0.08,
}  # fmt: skip


def make_referrals(rng: np.random.Generator, arrests: pd.DataFrame) -> pd.DataFrame:
    """One row per person referred: three arrests in four, every felony; ``arrest`` is the row of the arrest."""
    felony = (arrests["severity"] == "felony").to_numpy()
    sent = felony | (rng.random(len(arrests)) < 0.70) | (arrests["person"] == 0).to_numpy()
    received = arrests["day"].to_numpy() + rng.integers(0, 6, len(arrests))
    chosen = np.flatnonzero(sent & (received <= days.LAST))
    count = len(chosen)
    rows = pd.DataFrame({"arrest": chosen, "received_day": received[chosen]})
    rows = rows.sort_values(["received_day", "arrest"], kind="stable", ignore_index=True)
    rows.insert(0, "referral_id", "REF-" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(7))
    results = np.array(["approved", "rejected", "continued", "no_review"], dtype=object)
    result = rng.choice(results, count, p=[0.79, 0.14, 0.045, 0.025])
    result[(arrests["person"].to_numpy()[rows["arrest"]] == 0)] = "approved"
    rows["screen_day"] = days.capped(rows["received_day"].to_numpy() + rng.integers(0, 21, count))
    known = (rows["screen_day"] != days.MISSING).to_numpy()
    rows["screen_result"] = np.where(known, result, "")
    rows["decline_reason"] = np.where(rows["screen_result"] == "rejected", rng.choice(_REASONS, count), "")
    # Drawn aside, so that it moves nothing drawn after it.
    aside = rng.spawn(1)[0]
    rows["is_against_officer"] = aside.random(count) < 0.004
    # Police ask for a felony more often than the office files one.
    asked = felony[rows["arrest"]] | (aside.random(count) < 0.05)
    rows["severity"] = np.where(asked, "felony", "misdemeanor")
    return rows


def make_cases(rng: np.random.Generator, arrests: pd.DataFrame, referrals: pd.DataFrame) -> pd.DataFrame:
    """One row per defendant-case, in order of filing: approved referrals, and some filed without one.

    ``arrest`` is the row of the arrest, ``referral`` of the referral or -1; people arrested in one incident share the
    docket. An end after the last day is not known yet: the case is open.
    """
    approved = np.flatnonzero(referrals["screen_result"] == "approved")
    direct = np.setdiff1d(np.arange(len(arrests)), referrals["arrest"])
    direct = direct[rng.random(len(direct)) < 0.25]
    rows = pd.DataFrame(
        {
            "arrest": np.concatenate([referrals["arrest"].to_numpy()[approved], direct]),
            "referral": np.concatenate([approved, np.full(len(direct), -1)]),
            "ready": np.concatenate(
                [referrals["screen_day"].to_numpy()[approved], arrests["day"].to_numpy()[direct] + 3]
            ),
        }
    )
    rows["filed_day"] = rows.pop("ready") + rng.integers(0, 8, len(rows))
    rows = rows[rows["filed_day"] <= days.LAST]
    rows = rows.sort_values(["filed_day", "arrest"], kind="stable", ignore_index=True)
    count = len(rows)
    year = pd.Series(days.year_of(rows["filed_day"].to_numpy()) % 100).astype(str)
    number = pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(7)
    rows.insert(0, "case_id", year + "-CR-" + number)
    source = arrests.iloc[rows["arrest"]].reset_index(drop=True)
    rows["docket_id"] = "DKT" + rows["case_id"].groupby(source["incident_id"]).transform("first").str.slice(6)
    rows[["incident_id", "offense_category", "severity", "day"]] = source[
        ["incident_id", "offense_category", "severity", "day"]
    ]
    felony = (rows["severity"] == "felony").to_numpy()
    length = np.exp(rng.normal(np.where(felony, np.log(160), np.log(80)), 0.75, count)).astype(np.int64) + 1
    rows["disposition_day"] = days.capped(rows["filed_day"].to_numpy() + length)
    ended = (rows["disposition_day"] != days.MISSING).to_numpy()
    ending = rng.choice(np.array(list(_ENDINGS), dtype=object), count, p=list(_ENDINGS.values()))
    rows["disposition"] = np.where(ended, ending, "")
    reduced = felony & (rng.random(count) < 0.25) & np.isin(ending, ("guilty_plea",))
    rows["disposition_severity"] = np.where(ended, np.where(reduced, "misdemeanor", rows["severity"]), "")
    rows["disposition_reason"] = np.where(rows["disposition"] == "dismissed", rng.choice(_REASONS, count), "")
    counsel = np.array(["public", "appointed", "private", "self"], dtype=object)
    rows["defense_type"] = rng.choice(counsel, count, p=[0.62, 0.16, 0.19, 0.03])
    rows["attorney_id"] = "ADA-" + pd.Series(rng.integers(1, 25, count)).astype(str).str.zfill(2)
    referred = rows["referral"].to_numpy()
    rows["is_against_officer"] = (referred >= 0) & referrals["is_against_officer"].to_numpy()[referred]
    return rows


def make_defendants(cases: pd.DataFrame, arrests: pd.DataFrame, *, write: Write) -> pd.DataFrame:
    """The defendant of each case, as the office's own clerks wrote the name."""
    person = arrests["person"].to_numpy()[cases["arrest"]]
    written = write(person=person, day=cases["day"].to_numpy(), agency=COURT)
    written.insert(0, "defendant_id", "DEF" + cases["case_id"].str.replace("-CR-", ""))
    written["case_id"] = cases["case_id"]
    return written


def make_charges(rng: np.random.Generator, cases: pd.DataFrame) -> pd.DataFrame:
    """One to four charges a case; the first is the top charge, the others of the same or a lesser kind."""
    rows = _repeated(cases, times=rng.choice(np.array([1, 2, 3, 4]), len(cases), p=[0.5, 0.28, 0.15, 0.07]))
    top = rows["number"] == 1
    lesser = rng.choice(np.array(["public_order", "drugs", "weapons", "simple_assault"], dtype=object), len(rows))
    rows["offense_category"] = np.where(top, rows["offense_category"], lesser)
    rows["severity"] = np.where(top, rows["severity"], np.where(rng.random(len(rows)) < 0.3, "felony", "misdemeanor"))
    dropped = ~top & rows["disposition"].isin(["guilty_plea"]) & (rng.random(len(rows)) < 0.6)
    rows["disposition"] = np.where(dropped, "dismissed", rows["disposition"])
    rows["charge_id"] = rows["case_id"] + "/" + rows["number"].astype(str)
    return rows


def make_hearings(rng: np.random.Generator, cases: pd.DataFrame) -> pd.DataFrame:
    """One to three settings a case, up to its end or the last day."""
    rows = _repeated(cases, times=rng.integers(1, 4, len(cases)))
    end = np.where(rows["disposition_day"] == days.MISSING, days.LAST, rows["disposition_day"])
    span = (end - rows["filed_day"]).to_numpy()
    share = rows["number"] / rows.groupby("case")["number"].transform("max")
    rows["hearing_day"] = rows["filed_day"] + (span * share).astype(np.int64)
    rows["is_continued"] = rng.random(len(rows)) < 0.3
    rows["continued_by"] = np.where(
        rows["is_continued"], rng.choice(np.array(["defense", "prosecution", "court"], dtype=object), len(rows)), ""
    )
    for column, chance in (("victim_appeared", 0.4), ("witness_appeared", 0.5), ("police_appeared", 0.7)):
        rows[column] = rng.random(len(rows)) < chance
    rows["hearing_type"] = np.where(rows["number"] == 1, "arraignment", "status")
    # Drawn aside, so that it moves nothing drawn after it.
    aside = rng.spawn(1)[0]
    rows["defendant_appeared"] = aside.random(len(rows)) < 0.9
    preliminary = ((rows["number"] == 2) & (rows["severity"] == "felony")).to_numpy()
    rows["hearing_type"] = np.where(preliminary, "preliminary", rows["hearing_type"])
    held = np.where(aside.random(len(rows)) < 0.8, "Y", "N")
    rows["is_held_for_court"] = np.where(preliminary & ~rows["is_continued"], held, "")
    rows["hearing_id"] = "H" + pd.Series(np.arange(1, len(rows) + 1)).astype(str).str.zfill(8)
    return rows


def make_sentences(rng: np.random.Generator, cases: pd.DataFrame) -> pd.DataFrame:
    """Sentences of guilty cases: the main one, sometimes a fine beside it, sometimes a later resentence."""
    guilty = cases[cases["disposition"].isin(["guilty_plea", "guilty_trial"])].reset_index(drop=True)
    main = guilty[["case_id", "severity", "disposition_severity"]].copy()
    main["sentence_day"] = guilty["disposition_day"] + rng.integers(0, 31, len(guilty))
    main["sentence_type"] = np.where(
        main["disposition_severity"] == "felony",
        _pick(rng, _FELONY_SENTENCES, count=len(main)),
        _pick(rng, _OTHER_SENTENCES, count=len(main)),
    )
    main["is_initial"] = True
    fine = main[(rng.random(len(main)) < 0.2) & (main["sentence_type"] != "fine")].assign(sentence_type="fine")
    again = main[(rng.random(len(main)) < 0.05) & (main["sentence_type"] == "probation")]
    again = again.assign(sentence_type="jail", is_initial=False, sentence_day=again["sentence_day"] + 200)
    rows = pd.concat([main, fine, again], ignore_index=True)
    rows = rows[rows["sentence_day"] <= days.LAST]
    rows = rows.sort_values(["sentence_day", "case_id", "sentence_type"], kind="stable", ignore_index=True)
    rows.insert(0, "sentence_id", "SEN" + pd.Series(np.arange(1, len(rows) + 1)).astype(str).str.zfill(7))
    kind, count = rows["sentence_type"], len(rows)
    # Drawn aside, so that it moves nothing drawn after it.
    aside = rng.spawn(1)[0]
    prison, jail = rng.integers(2, 20, count) * 182, rng.integers(1, 12, count) * 30
    rows["max_days"] = np.select([kind == "prison", kind == "jail"], [prison, jail], -1)
    rows["min_days"] = np.select([kind == "prison", kind == "jail"], [prison // 2, jail], -1)
    rows["credit_days"] = np.where(rows["max_days"] > 0, rng.integers(0, 30, count), -1)
    rows["probation_days"] = np.where(kind == "probation", rng.integers(1, 5, count) * 180, -1)
    rows["community_service_hours"] = np.where(kind == "community_service", rng.integers(2, 15, count) * 10, -1)
    rows["fine_cents"] = np.where(kind == "fine", rng.integers(1, 11, count) * 5_000, -1)
    rows["fee_cents"] = np.where(rows["is_initial"], 12_500, -1)
    rows["is_life"] = (kind == "prison") & (aside.random(count) < 0.01)
    elsewhere = (kind == "jail") & (rows["disposition_severity"] == "felony") & (aside.random(count) < 0.2)
    rows["sentence_type"] = np.where(elsewhere, "community_corrections", kind)
    # Some probation begins with a month in jail.
    rows.loc[(kind == "probation") & (aside.random(count) < 0.1), ["min_days", "max_days"]] = 30
    return rows


def _repeated(cases: pd.DataFrame, *, times: Any) -> pd.DataFrame:
    """Each case ``times`` over, numbered from one."""
    rows = cases.loc[cases.index.repeat(times)].reset_index(names="case")
    rows["number"] = rows.groupby("case").cumcount() + 1
    return rows


def _pick(rng: np.random.Generator, shares: dict[str, float], *, count: int) -> Any:
    return rng.choice(np.array(list(shares), dtype=object), count, p=list(shares.values()))
