"""Who may be named on a list. Fails closed: what is not known keeps a person off."""

import datetime as dt

import numpy as np
import pandas as pd

from strategic_prosecution.groups.inputs import count_reasons, day, local_dates, not_adult, require_columns

# In order of precedence: a person is kept off under the first that holds.
REASONS = (
    "record_withdrawn",
    "membership_not_active",
    "not_identified",
    "name_missing",
    "birth_date_missing",
    "birth_date_unsure",
    "under_18",
    "victim_or_witness_only",
    "only_juvenile_evidence",
    "only_juvenile_records",
    "dual_arrest",
    "tier_not_decided",
    "attorney_review",
    "warrant",
    "warrant_unknown",
    "open_case",
    "counsel",
    "counsel_unknown",
    "in_custody",
    "custody_unknown",
    "not_deconflicted",
    "no_advocate_clearance",
    "no_authority",
)
_PERSON = (
    "record_withdrawn",
    "not_identified",
    "name_missing",
    "birth_date_missing",
    "birth_date_unsure",
    "under_18",
    "victim_or_witness_only",
    "only_juvenile_records",
)
_MEMBERSHIP = ("membership_not_active", "only_juvenile_evidence")
_TIER = ("tier_not_decided", "attorney_review")
_CONTACT = (
    "warrant",
    "warrant_unknown",
    "open_case",
    "counsel",
    "counsel_unknown",
    "in_custody",
    "custody_unknown",
    "not_deconflicted",
    "no_authority",
)
_RULES = {
    "call_in": (*_PERSON, *_MEMBERSHIP, *_CONTACT),
    "custom_notification": (*_PERSON, *_MEMBERSHIP, *_CONTACT),
    "intimate_partner": (*_PERSON, *_TIER, *_CONTACT, "dual_arrest", "no_advocate_clearance"),
    "drug_market": (*_PERSON, *_TIER, *_CONTACT),
    # It names a case by its own record, to the attorneys who have it: no link stands between the two.
    "early_intervention": (*(rule for rule in _PERSON if rule != "not_identified"), *_TIER),
}
# No notice speaks to these: an attorney looks at the person's own conduct.
_ATTORNEY_TIERS = ("A", "prosecution_review")
_FLAGS = (
    "is_on_record",
    "is_membership_active",
    "is_identified",
    "has_accused_record",
    "has_open_dual_arrest",
    "has_open_warrant",
    "has_open_case",
    "has_counsel",
    "is_in_custody",
    "is_compelled",
)
_DATES = (
    "earliest_birth_date",
    "latest_birth_date",
    "evidence_date",
    "last_accused_date",
    "counsel_consent_on",
    "deconflicted_on",
    "advocate_cleared_on",
)
_TEXTS = ("person_id", "family_name", "tier", "warrant_cleared_by", "mandated_by")


def eligible_people(
    facts: pd.DataFrame, *, on: dt.date, kind: str, deconfliction_days: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who may be named on a list of a `kind` on local day `on`, and why the others may not.

    `facts`: one row per person and record by which the person would be named; null = unknown, and unknown = not
    eligible. By the records that identifiers and reviewers join (a probable link never names): person_id; is_on_record
    (neither withdrawn, expunged nor sealed); is_identified (an identifier or a reviewer ties the record to another of
    the person); family_name; earliest_birth_date and latest_birth_date; has_accused_record and last_accused_date
    (arrested, referred, charged, suspected, supervised or held: the newest day of these; having been a victim or a
    witness is none). By all links: has_open_case, has_open_warrant, has_counsel, is_in_custody. Of a check of this
    record: counsel_consent_on, warrant_cleared_by, deconflicted_on, advocate_cleared_on, mandated_by. Of a membership:
    is_membership_active, evidence_date (its qualifying fact). Of the other strategies: tier ('' = not decided),
    has_open_dual_arrest (one whose primary aggressor nobody recorded). Of the plan: is_compelled.

    Everybody: adults on `on` and at the newest accusing record, by the latest birth date; one that records state more
    than a year apart is unsure. call_in, custom_notification: an active membership whose evidence is of an adult.
    Every kind but early_intervention: no open warrant unless the supervising attorney cleared it; no open case and no
    counsel unless counsel consented by `on` (ABA Model Rule 4.2); not in custody; no investigation disturbed, by a
    stamp of the `deconfliction_days` days before `on` or of `on`; and authority to require it of whoever is compelled
    to attend. Someone under supervision is asked by those who supervise, so in a call-in the stage counts them as
    compelled: without mandated_by they are not invited as volunteers either. intimate_partner: no dual arrest left
    undecided, and a clearance by the victim advocate as fresh as the stamp. intimate_partner tier A and drug_market
    'prosecution_review' are an attorney's to look at, never a notice's. early_intervention is a list for the office's
    own attorneys, without contact, and names each case by its own record: the rules on contact and on the ties between
    records do not apply (a likely link still keeps off who is no first-time defendant).

    Returns two frames. The facts with `reason` ('' = may be named; else the first of ``REASONS`` that holds), in the
    order given. Left out: reason, records, people; one row per reason, zeros included. Raises ValueError for a missing
    column, an unknown kind, or deconfliction_days below one.
    """
    require_columns(facts, name="facts", columns=(*_TEXTS, *_FLAGS, *_DATES))
    if kind not in _RULES:
        raise ValueError(f"no kind [{kind}]; it is one of {', '.join(_RULES)}")
    if deconfliction_days < 1:
        raise ValueError(f"deconfliction_days [{deconfliction_days}] must be at least 1")
    rows = facts.reset_index(drop=True)
    rows = rows.assign(**{name: local_dates(rows[name], name=f"facts.{name}") for name in _DATES})
    holds = _conditions(rows, on=day(on), deconfliction_days=deconfliction_days)
    applied = [reason for reason in REASONS if reason in _RULES[kind]]
    reason = np.select([holds[name].to_numpy(dtype=bool) for name in applied], applied, default="").astype(object)
    left_out = count_reasons(reason, reasons=REASONS, rows="records", distinct={"people": rows["person_id"]})
    return rows.assign(reason=reason), left_out


def _conditions(rows: pd.DataFrame, *, on: pd.Timestamp, deconfliction_days: int) -> dict[str, pd.Series]:
    """Whether each reason holds. Written so that a null always keeps off."""
    yes = {name: rows[name].eq(True).fillna(False).astype(bool) for name in _FLAGS}
    no = {name: rows[name].eq(False).fillna(False).astype(bool) for name in _FLAGS}
    has = {name: rows[name].notna() & rows[name].astype("string").str.strip().ne("").fillna(False) for name in _TEXTS}
    earliest, latest = rows["earliest_birth_date"], rows["latest_birth_date"]
    today = pd.Series(on, index=rows.index)
    consented = rows["counsel_consent_on"].le(on)

    def is_fresh(stamp: pd.Series) -> pd.Series:
        fresh: pd.Series = (on - stamp).dt.days.between(0, deconfliction_days)
        return fresh

    return {
        "record_withdrawn": ~yes["is_on_record"],
        "membership_not_active": ~yes["is_membership_active"],
        "not_identified": ~yes["is_identified"] | ~has["person_id"],
        "name_missing": ~has["family_name"],
        "birth_date_missing": latest.isna() | earliest.isna(),
        "birth_date_unsure": ~latest.le(earliest + pd.DateOffset(years=1)) | earliest.gt(latest),
        "under_18": not_adult(latest, on=today),
        "victim_or_witness_only": ~yes["has_accused_record"],
        "only_juvenile_evidence": ~_is_of_adult(rows["evidence_date"], latest, on=on),
        "only_juvenile_records": ~_is_of_adult(rows["last_accused_date"], latest, on=on),
        "dual_arrest": ~no["has_open_dual_arrest"],
        "tier_not_decided": ~has["tier"],
        "attorney_review": rows["tier"].isin(_ATTORNEY_TIERS),
        "warrant": yes["has_open_warrant"] & ~has["warrant_cleared_by"],
        "warrant_unknown": ~yes["has_open_warrant"] & ~no["has_open_warrant"],
        "open_case": ~no["has_open_case"] & ~consented,
        "counsel": yes["has_counsel"] & ~consented,
        "counsel_unknown": ~yes["has_counsel"] & ~no["has_counsel"] & ~consented,
        "in_custody": yes["is_in_custody"],
        "custody_unknown": ~yes["is_in_custody"] & ~no["is_in_custody"],
        "not_deconflicted": ~is_fresh(rows["deconflicted_on"]),
        "no_advocate_clearance": ~is_fresh(rows["advocate_cleared_on"]),
        "no_authority": ~no["is_compelled"] & ~has["mandated_by"],
    }


def _is_of_adult(dates: pd.Series, birth_date: pd.Series, *, on: pd.Timestamp) -> pd.Series:
    # A day to come is a slip of the pen, and would make anybody an adult.
    return dates.le(on) & birth_date.notna() & ~not_adult(birth_date, on=dates)
