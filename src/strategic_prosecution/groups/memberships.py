"""Which recorded memberships count on a day. Membership is intelligence: it has a basis and a clock."""

import datetime as dt
from collections.abc import Collection

import numpy as np
import pandas as pd

from strategic_prosecution.groups.inputs import count_reasons, day, local_dates, not_adult, require_columns

# 28 CFR 23.20(h): review or purge within five years.
LONGEST_EXPIRY_DAYS = 1825
NEVER_A_CRITERION = ("family", "address", "neighborhood", "victim", "speech", "religion", "politics", "assembly")
# The office's finding that leaves a contested membership standing.
CONTEST_UPHELD = "upheld"
# In order of precedence: a membership is counted under the first that holds.
MEMBERSHIP_REASONS = (
    "tip",
    "never_a_criterion",
    "criterion_not_declared",
    "known_after_as_of",
    "expired",
    "group_not_reviewed",
    "contested",
    "removed_on_contest",
    "no_notice",
    "evidence_before_18",
    "age_unknown",
)
_DATES = (
    "known_on",
    "last_fact_date",
    "expires_on",
    "reviewed_on",
    "notice_date",
    "contested_on",
    "contest_decided_on",
    "birth_date",
    "evidence_date",
)
_TEXTS = ("membership_id", "person_id", "group_id", "criterion", "source", "author", "approver", "contest_outcome")


def active_memberships(
    memberships: pd.DataFrame,
    *,
    as_of: dt.date,
    criteria: Collection[str],
    expiry_days: int = 730,
    review_days: int = 1095,
    notice_required: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Memberships that count at the end of local day `as_of`, and how many do not, by reason.

    `memberships`: one row per recorded membership: membership_id, person_id, group_id, criterion, source, author,
    approver, known_on, last_fact_date, expires_on, reviewed_on (last review of the group), notice_date, contested_on,
    contest_decided_on, contest_outcome, birth_date, evidence_date (earliest qualifying fact). Dates are local; a day
    after `as_of` has not happened yet. `criteria`: the office's declared list.

    Left out, first reason first: tip (no person, group, criterion or approver); never_a_criterion (family, address,
    neighborhood, victim, speech, religion, politics, assembly); criterion_not_declared; known_after_as_of (known, or
    resting on a fact, after `as_of`, or without a date of knowledge); expired; group_not_reviewed within
    `review_days`; contested and not decided; removed_on_contest (decided with any outcome but 'upheld', the word for a
    membership left standing); no_notice (when `notice_required`); evidence_before_18; age_unknown (no birth date or no
    evidence date). Every doubt leaves a membership out.

    A membership counts on [known_on, expires_on). It expires `expiry_days` after the last qualifying fact, or on its
    stated expires_on where that is earlier; without a last fact it has expired. Source of the rules: 28 CFR Part 23;
    California Penal Code 186.34-186.36.

    Returns two frames. Active: the rows that count, in the order given, with expires_on filled in and dates as
    datetime64. Left out: reason, memberships, people; one row per reason, zeros included. A person may have several
    active rows in one group: count distinct people.

    Raises ValueError for a missing column, expiry_days outside 1 to 1825, review_days < 1, or a declared criterion
    that may never be one.
    """
    require_columns(memberships, name="memberships", columns=(*_TEXTS, *_DATES))
    if not 1 <= expiry_days <= LONGEST_EXPIRY_DAYS:
        raise ValueError(f"expiry_days [{expiry_days}] must lie between 1 and {LONGEST_EXPIRY_DAYS} (five years)")
    if review_days < 1:
        raise ValueError(f"review_days [{review_days}] must be at least 1")
    forbidden = sorted({_plain(criterion) for criterion in criteria} & set(NEVER_A_CRITERION))
    if forbidden:
        raise ValueError(f"criteria: [{', '.join(forbidden)}] can never be the basis of a membership; take it out")
    rows = memberships.reset_index(drop=True)
    rows = rows.assign(**{name: local_dates(rows[name], name=f"memberships.{name}") for name in _DATES})
    default_end = rows["last_fact_date"] + pd.Timedelta(days=expiry_days)
    # A stated end only ever shortens; without a last fact there is nothing to run from.
    rows["expires_on"] = rows["expires_on"].fillna(default_end).where(lambda end: end < default_end, default_end)
    reason = _reason(rows, as_of=as_of, criteria=criteria, review_days=review_days, notice_required=notice_required)
    left_out = count_reasons(
        reason, reasons=MEMBERSHIP_REASONS, rows="memberships", distinct={"people": rows["person_id"]}
    )
    return rows[reason == ""].reset_index(drop=True), left_out


def _reason(
    rows: pd.DataFrame, *, as_of: dt.date, criteria: Collection[str], review_days: int, notice_required: bool
) -> np.ndarray:
    today = day(as_of)
    criterion = rows["criterion"].map(_plain, na_action="ignore")
    contested = rows["contested_on"].le(today)
    # A contest raised after the last decision is a new one.
    decided = rows["contest_decided_on"].le(today) & ~(contested & rows["contest_decided_on"].lt(rows["contested_on"]))
    conditions = {
        "tip": _blank(rows["person_id"]) | _blank(rows["group_id"]) | _blank(criterion) | _blank(rows["approver"]),
        "never_a_criterion": criterion.isin(NEVER_A_CRITERION),
        "criterion_not_declared": ~criterion.isin([_plain(declared) for declared in criteria]),
        "known_after_as_of": ~rows["known_on"].le(today) | rows["last_fact_date"].gt(today),
        "expired": ~rows["expires_on"].gt(today),
        "group_not_reviewed": ~(
            rows["reviewed_on"].le(today) & (rows["reviewed_on"] + pd.Timedelta(days=review_days)).gt(today)
        ),
        "contested": contested & ~decided,
        # A decision without a date of contest is still a decision.
        "removed_on_contest": decided & rows["contest_outcome"].ne(CONTEST_UPHELD).fillna(True),
        "no_notice": ~rows["notice_date"].le(today) & notice_required,
        "evidence_before_18": not_adult(rows["birth_date"], on=rows["evidence_date"]),
        "age_unknown": rows["birth_date"].isna() | rows["evidence_date"].isna(),
    }
    holds = [condition.to_numpy(dtype=bool) for condition in conditions.values()]
    return np.select(holds, list(conditions), default="").astype(object)


def _plain(text: str) -> str:
    return str(text).strip().lower()


def _blank(values: pd.Series) -> pd.Series:
    return values.isna() | values.astype("string").str.strip().eq("").fillna(True).astype(bool)
