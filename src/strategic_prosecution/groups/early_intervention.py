"""The opposite list: first-time, low-level defendants to keep out of the process."""

import datetime as dt
from collections.abc import Collection

import numpy as np
import pandas as pd

from strategic_prosecution.groups.inputs import day, local_dates, not_adult, require_columns

TIERS = ("before_charging", "after_charging")
# Why nobody can say whether a person belongs here, in order of precedence.
UNDECIDED = ("age_unknown", "incident_unknown", "injury_unknown", "weapon_unknown")
NONE = "none"
# Where injury and weapon are written down as a matter of course: nothing written is nothing known.
RECORDED_FOR = ("simple_assault", "weapons", "other")
_MATTER = (
    "record_table",
    "record_id",
    "person",
    "linked_person",
    "incident_id",
    "case_id",
    "event_date",
    "birth_date",
    "offense_category",
    "severity",
    "injury",
    "weapon",
    "is_domestic",
    "is_filed",
)
_RECORD = ("record_table", "record_id", "linked_person", "incident_id", "case_id", "record_date")
_UNKNOWN = ("unknown", "unmapped")
_RESULT = ("person", "tier", "reason", "record_table", "record_id")


def early_intervention(
    matters: pd.DataFrame,
    records: pd.DataFrame,
    *,
    as_of: dt.date,
    look_back_days: int,
    offenses: Collection[str],
    severities: Collection[str],
) -> pd.DataFrame:
    """First-time low-level defendants who may be offered a way out of the process: early intervention, diversion.

    `matters`: one row per open referral or open case of a person: record_table, record_id, person (by identifiers and
    reviewers), linked_person (by all links), incident_id, case_id, event_date, birth_date, offense_category and
    severity of the top charge, injury (worst, to a victim) and weapon of the incident, is_domestic, is_filed.
    `records`: everything that accuses a person, and every spell of supervision, diversion and custody: record_table,
    record_id, linked_person, incident_id, case_id, record_date (of a spell, its last day).

    The declared rule, ours: the top charge is one of `offenses` and of `severities`; an adult at the event (juveniles
    have their own court); no injured victim, no weapon, nothing domestic; and no other record by any link in the
    `look_back_days` days that end with `as_of`: a likely link excludes, and never includes. A record is of the
    same matter where it shares the incident or the case; one without a day counts as within the look-back.

    Returns one row per person in their order: person, tier ('before_charging': referred, not screened;
    'after_charging': an open case; '' = not decided), reason (why not: one of ``UNDECIDED``), record_table and
    record_id of the matter. Whoever the rule turns away is absent: nothing follows from not being here, and an
    attorney may divert anybody. Raises ValueError for a missing column or look_back_days below one.
    """
    require_columns(matters, name="matters", columns=_MATTER)
    require_columns(records, name="records", columns=_RECORD)
    if look_back_days < 1:
        raise ValueError(f"look_back_days [{look_back_days}] must be at least 1")
    rows = matters.assign(
        event_date=local_dates(matters["event_date"], name="matters.event_date"),
        birth_date=local_dates(matters["birth_date"], name="matters.birth_date"),
    )
    is_recorded_for = rows["offense_category"].isin(RECORDED_FOR)
    harm, unknown = {}, {}
    for name in ("injury", "weapon"):
        said = rows[name].astype("string").fillna("")
        harm[name] = ~said.isin(["", NONE, *_UNKNOWN])
        unknown[name] = said.isin(_UNKNOWN) | (said.eq("") & is_recorded_for)
    fits = (
        rows["person"].notna()
        & rows["offense_category"].isin(list(offenses))
        & rows["severity"].isin(list(severities))
        & ~rows["is_domestic"].eq(True).fillna(False).astype(bool)
        & ~(harm["injury"] | harm["weapon"])
        & ~not_adult(rows["birth_date"], on=rows["event_date"])
        & ~_has_other(rows, records, as_of=as_of, look_back_days=look_back_days)
    )
    conditions = (
        rows["birth_date"].isna() | rows["event_date"].isna(),
        rows["incident_id"].isna(),
        unknown["injury"],
        unknown["weapon"],
    )
    rows["reason"] = np.select([c.to_numpy(bool) for c in conditions], UNDECIDED, "").astype(object)
    filed = rows["is_filed"].eq(True).fillna(False).astype(bool)
    tier = np.where(filed, "after_charging", "before_charging")
    rows["tier"] = pd.Series(tier, index=rows.index, dtype=object).where(rows["reason"].eq(""), "")
    # One matter can be a referral and a case: what is filed speaks, and what lacks nothing.
    # Assigned before rows are taken: pandas fills an empty frame with what it is given.
    found = rows.assign(not_filed=~filed, lacks=rows["reason"].ne(""))[fits]
    found = found.sort_values(["person", "not_filed", "lacks", "record_table", "record_id"])
    return found.drop_duplicates("person")[list(_RESULT)].reset_index(drop=True)


def _has_other(matters: pd.DataFrame, records: pd.DataFrame, *, as_of: dt.date, look_back_days: int) -> pd.Series:
    """Whether the person of a matter has any record that is not of it."""
    when = local_dates(records["record_date"], name="records.record_date")
    ago = (day(as_of) - when).dt.days
    near = records[~ago.ge(look_back_days)]
    own = matters[["linked_person", "record_table", "record_id", "incident_id", "case_id"]].assign(row=matters.index)
    pairs = own.merge(near[list(_RECORD)], on="linked_person", suffixes=("", "_other"))
    same = (pairs["record_table"].eq(pairs["record_table_other"]) & pairs["record_id"].eq(pairs["record_id_other"])) | (
        # Null is like nothing, not even null.
        pairs["incident_id"].eq(pairs["incident_id_other"]).fillna(False) & pairs["incident_id"].notna()
    )
    same |= pairs["case_id"].eq(pairs["case_id_other"]).fillna(False) & pairs["case_id"].notna()
    return pd.Series(matters.index.isin(pairs.loc[~same.astype(bool), "row"]), index=matters.index)
