"""Which recorded memberships count on a day. Membership is intelligence: it has a basis and a clock."""

import datetime as dt
from collections.abc import Collection

import numpy as np
import pandas as pd

from strategic_prosecution.groups.inputs import count_reasons, day, local_dates, not_adult, require_columns

# 28 CFR 23.20(h): review or purge within five years.
LONGEST_EXPIRY_DAYS = 1825
# Whoever was born longer ago has a date of birth that stands for an unknown one.
OLDEST_YEARS = 110
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
_OUTCOME = "contest_outcome"
# By the action with which the office records it.
_OUTCOMES = {"uphold": CONTEST_UPHELD, "remove": "removed"}
_LAID_OVER = ("notice_date", "contested_on", "contest_decided_on", _OUTCOME)
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
    membership left standing); no_notice (when `notice_required`); evidence_before_18; age_unknown (no birth date,
    one over 110 years before `as_of`, or no evidence date). Every doubt leaves a membership out.

    A membership counts on [known_on, expires_on). It expires `expiry_days` after the last qualifying fact, or on its
    stated expires_on where that is earlier; without a last fact it has expired. Source of the rules: 28 CFR Part 23;
    California Penal Code 186.34-186.36.

    Returns two frames. Active: the rows that count, in the order given, with expires_on filled in and dates as
    datetime64. Left out: reason, memberships, people; one row per reason, zeros included. A person may have several
    active rows in one group: count distinct people.

    Raises ValueError for a missing column, expiry_days outside 1 to 1825, review_days < 1, or a declared criterion
    that may never be one.
    """
    rows = weigh_memberships(
        memberships,
        as_of=as_of,
        criteria=criteria,
        expiry_days=expiry_days,
        review_days=review_days,
        notice_required=notice_required,
    )
    reason = rows.pop("reason").to_numpy()
    left_out = count_reasons(
        reason, reasons=MEMBERSHIP_REASONS, rows="memberships", distinct={"people": rows["person_id"]}
    )
    return rows[reason == ""].reset_index(drop=True), left_out


def weigh_memberships(
    memberships: pd.DataFrame,
    *,
    as_of: dt.date,
    criteria: Collection[str],
    expiry_days: int = 730,
    review_days: int = 1095,
    notice_required: bool = False,
) -> pd.DataFrame:
    """Every membership, in the order given, with its `reason`: '' where it counts, else why it does not.

    Arguments, rules, order of the reasons and errors are those of `active_memberships`; expires_on is filled in.
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
    return rows.assign(reason=reason)


def lay_over_actions(memberships: pd.DataFrame, actions: pd.DataFrame, *, as_of: dt.date) -> pd.DataFrame:
    """Memberships as an audit states them, with the contests, decisions and notices that the office recorded itself.

    `memberships`: membership_id, contested_on, contest_decided_on, contest_outcome, notice_date and any others.
    `actions`: membership_id, action ('contest' | 'uphold' | 'remove' | 'notice'), action_date, in the order in which
    they were recorded. Returns the memberships in the order given, with these four columns as both together say.

    The later of the two sources speaks, by day; what an audit dates after `as_of` has not happened yet. A contest
    recorded after a decision suspends anew, on the same day too. Of two decisions of one day, the one that does not
    leave the membership standing counts. Every doubt suspends.
    """
    require_columns(memberships, name="memberships", columns=("membership_id", *_LAID_OVER))
    require_columns(actions, name="actions", columns=("membership_id", "action", "action_date"))
    rows = memberships.reset_index(drop=True)
    said = {name: local_dates(rows[name], name=f"memberships.{name}") for name in _LAID_OVER if name != _OUTCOME}
    happened = {name: dates.where(dates.le(day(as_of))) for name, dates in said.items()}
    done = actions.assign(action_date=local_dates(actions["action_date"], name="actions.action_date"))
    newest = _last(done[done["action"].ne("notice")], rows)
    action, on = newest["action"], newest["action_date"]
    contest = _last(done[done["action"].eq("contest")], rows)["action_date"]
    notice = _later(happened["notice_date"], _last(done[done["action"].eq("notice")], rows)["action_date"])
    is_open, is_decision = action.eq("contest"), action.isin(_OUTCOMES)
    is_audits = happened["contest_decided_on"].gt(on) | (
        happened["contest_decided_on"].eq(on) & is_decision & rows[_OUTCOME].ne(CONTEST_UPHELD).fillna(True)
    )
    decided = happened["contest_decided_on"].where(is_audits, on.mask(is_open))
    outcome = rows[_OUTCOME].where(is_audits, action.map(_OUTCOMES))
    # A decision is on the contests recorded before it, whatever day they were said to be of.
    contested = _later(happened["contested_on"], contest.mask(is_decision & contest.gt(on), on))
    is_touched = is_open | is_decision
    return rows.assign(
        notice_date=notice.fillna(said["notice_date"]),
        contested_on=contested.where(is_touched, said["contested_on"]),
        contest_decided_on=decided.where(is_touched, said["contest_decided_on"]),
        contest_outcome=outcome.where(is_touched, rows[_OUTCOME]),
    )


def _last(actions: pd.DataFrame, memberships: pd.DataFrame) -> pd.DataFrame:
    """The action recorded last of each membership, with its index; nulls where there is none."""
    last = actions.drop_duplicates("membership_id", keep="last").set_index("membership_id")
    return last.reindex(memberships["membership_id"]).set_axis(memberships.index)


def _later(first: pd.Series, second: pd.Series) -> pd.Series:
    return first.where(first.ge(second) | second.isna(), second)


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
        # Nor does one without any date give a membership back.
        "removed_on_contest": (decided & rows["contest_outcome"].ne(CONTEST_UPHELD).fillna(True))
        | (
            rows["contest_decided_on"].isna()
            & rows["contest_outcome"].notna()
            & rows["contest_outcome"].ne(CONTEST_UPHELD)
        ),
        "no_notice": ~rows["notice_date"].le(today) & notice_required,
        "evidence_before_18": not_adult(rows["birth_date"], on=rows["evidence_date"]),
        "age_unknown": ~rows["birth_date"].ge(today - pd.DateOffset(years=OLDEST_YEARS)) | rows["evidence_date"].isna(),
    }
    holds = [condition.to_numpy(dtype=bool) for condition in conditions.values()]
    return np.select(holds, list(conditions), default="").astype(object)


def _plain(text: str) -> str:
    return str(text).strip().lower()


def _blank(values: pd.Series) -> pd.Series:
    return values.isna() | values.astype("string").str.strip().eq("").fillna(True).astype(bool)
