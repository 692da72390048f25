"""Who may be named: every single doubt keeps a person off, whatever else speaks for them."""

import datetime as dt
import re
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution import groups, model
from strategic_prosecution.groups import eligible_people
from strategic_prosecution.groups.eligibility import REASONS

ON = dt.date(2025, 6, 30)
DAYS = 14
KINDS = model.CALL_IN_KINDS
MEMBERS = ("call_in", "custom_notification")
CONTACT = tuple(kind for kind in KINDS if kind != "early_intervention")
STRATEGIES = tuple(kind for kind in KINDS if kind not in MEMBERS)
TODAY, TOO_OLD, TOMORROW = ON, ON - dt.timedelta(days=15), ON + dt.timedelta(days=1)
TURNS_18_TOMORROW = dt.date(2007, 7, 1)
GOOD: dict[str, object] = {
    "person_id": "p_1",
    "is_on_record": True,
    "is_membership_active": True,
    "is_identified": True,
    "family_name": "Quartzman",
    "earliest_birth_date": dt.date(1995, 2, 1),
    "latest_birth_date": dt.date(1995, 2, 1),
    "has_accused_record": True,
    "last_accused_date": dt.date(2024, 5, 1),
    "evidence_date": dt.date(2024, 1, 1),
    "tier": "B",
    "has_open_dual_arrest": False,
    "has_open_warrant": False,
    "warrant_cleared_by": None,
    "has_open_case": False,
    "has_counsel": False,
    "counsel_consent_on": None,
    "is_in_custody": False,
    "deconflicted_on": TODAY,
    "advocate_cleared_on": TODAY,
    "is_compelled": False,
    "mandated_by": None,
}
# What each fact must not say, in which kinds, and the reason it gives. None stands for unknown.
Bad = tuple[dict[str, object], tuple[str, ...], str]
BAD: tuple[Bad, ...] = (
    *(({"is_on_record": value}, KINDS, "record_withdrawn") for value in (None, False)),
    *(({"is_membership_active": value}, MEMBERS, "membership_not_active") for value in (None, False)),
    *(({"is_identified": value}, CONTACT, "not_identified") for value in (None, False)),
    *(({"person_id": value}, CONTACT, "not_identified") for value in (None, "")),
    *(({"family_name": value}, KINDS, "name_missing") for value in (None, "", "  ")),
    ({"latest_birth_date": None}, KINDS, "birth_date_missing"),
    ({"earliest_birth_date": None}, KINDS, "birth_date_missing"),
    ({"latest_birth_date": dt.date(1996, 2, 2)}, KINDS, "birth_date_unsure"),
    ({"earliest_birth_date": dt.date(1995, 2, 2)}, KINDS, "birth_date_unsure"),
    *(
        ({"earliest_birth_date": born, "latest_birth_date": born}, KINDS, "under_18")
        for born in (TURNS_18_TOMORROW, dt.date(2012, 1, 1), TOMORROW)
    ),
    ({"earliest_birth_date": dt.date(2007, 6, 30), "latest_birth_date": TURNS_18_TOMORROW}, KINDS, "under_18"),
    *(({"has_accused_record": value}, KINDS, "victim_or_witness_only") for value in (None, False)),
    *(
        ({"evidence_date": value}, MEMBERS, "only_juvenile_evidence")
        for value in (None, dt.date(2013, 1, 31), TOMORROW)
    ),
    *(
        ({"last_accused_date": value}, KINDS, "only_juvenile_records")
        for value in (None, dt.date(2013, 1, 31), TOMORROW)
    ),
    *(({"has_open_dual_arrest": value}, ("intimate_partner",), "dual_arrest") for value in (None, True)),
    *(({"tier": value}, STRATEGIES, "tier_not_decided") for value in (None, "")),
    ({"tier": "A"}, STRATEGIES, "attorney_review"),
    ({"tier": "prosecution_review"}, STRATEGIES, "attorney_review"),
    *(({"has_open_warrant": True, "warrant_cleared_by": value}, CONTACT, "warrant") for value in (None, " ")),
    *(
        ({"has_open_warrant": None, "warrant_cleared_by": value}, CONTACT, "warrant_unknown")
        for value in (None, "the supervising attorney")
    ),
    *(
        ({"has_open_case": value, "counsel_consent_on": consent}, CONTACT, "open_case")
        for value in (None, True)
        for consent in (None, TOMORROW)
    ),
    *(({"has_counsel": True, "counsel_consent_on": consent}, CONTACT, "counsel") for consent in (None, TOMORROW)),
    ({"has_counsel": None}, CONTACT, "counsel_unknown"),
    ({"is_in_custody": True}, CONTACT, "in_custody"),
    ({"is_in_custody": None}, CONTACT, "custody_unknown"),
    *(({"deconflicted_on": value}, CONTACT, "not_deconflicted") for value in (None, TOO_OLD, TOMORROW)),
    *(
        ({"advocate_cleared_on": value}, ("intimate_partner",), "no_advocate_clearance")
        for value in (None, TOO_OLD, TOMORROW)
    ),
    *(
        ({"is_compelled": value, "mandated_by": authority}, CONTACT, "no_authority")
        for value in (None, True)
        for authority in (None, "")
    ),
)
# Every fact with something that may be said of it, good or bad, and unknown.
birth_dates = st.sampled_from([None, dt.date(1995, 2, 1), dt.date(1996, 2, 1), TURNS_18_TOMORROW, dt.date(2010, 1, 1)])
days = st.sampled_from([None, dt.date(2011, 1, 1), dt.date(2024, 5, 1), TOO_OLD, TODAY, TOMORROW])
flags = st.sampled_from([None, True, False])
texts = st.sampled_from([None, "", "B", "A", "somebody"])
ANY = st.fixed_dictionaries(
    {
        name: birth_dates
        if "birth" in name
        else flags
        if name.startswith(("is_", "has_"))
        else days
        if name.endswith(("_on", "_date"))
        else texts
        for name in GOOD
    }
)
NOT_FOR_ALL = {
    "a juvenile": {"earliest_birth_date": dt.date(2008, 1, 1), "latest_birth_date": dt.date(2008, 1, 1)},
    "no birth date": {"earliest_birth_date": None, "latest_birth_date": None},
    "a victim only": {"has_accused_record": False, "last_accused_date": None},
    "withdrawn, expunged or sealed": {"is_on_record": False},
    "only juvenile records": {"last_accused_date": dt.date(2005, 1, 1)},
}
NOT_FOR_CONTACT = {
    "an unreviewed link of .99": {"is_identified": False},
    "an open case without consent": {"has_open_case": True, "counsel_consent_on": None},
    "counsel without consent": {"has_counsel": True, "counsel_consent_on": None},
}
NOT_FOR_MEMBERS = {
    "an expired or contested membership": {"is_membership_active": False},
    "only juvenile evidence": {"evidence_date": dt.date(2005, 1, 1)},
}


def reasons(*rows: dict[str, object], kind: str = "call_in") -> list[str]:
    facts = pd.DataFrame(list(rows), columns=list(GOOD))
    people, left_out = eligible_people(facts, on=ON, kind=kind, deconfliction_days=DAYS)
    assert list(left_out["reason"]) == list(REASONS)
    assert left_out["records"].sum() == people["reason"].ne("").sum()
    return list(people["reason"])


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_without_a_doubt_may_be_named(kind: str) -> None:
    assert reasons(GOOD, kind=kind) == [""]


@pytest.mark.parametrize("kind", KINDS)
def test_any_one_fact_unknown_or_bad_keeps_a_person_off(kind: str) -> None:
    rows = [(GOOD | bad, reason if kind in kinds else "") for bad, kinds, reason in BAD]
    assert reasons(*(row for row, _ in rows), kind=kind) == [reason for _, reason in rows]


def test_every_reason_is_tried_and_every_fact_is_made_unknown() -> None:
    assert {reason for _, _, reason in BAD} == set(REASONS)
    unknown = {name for bad, _, _ in BAD for name, value in bad.items() if value is None}
    # What stands for a person, where something stands against, is tried with it.
    assert unknown == set(GOOD)


@pytest.mark.parametrize(
    "facts",
    [
        {"has_open_case": True, "counsel_consent_on": ON},
        {"has_counsel": True, "counsel_consent_on": dt.date(2025, 1, 1)},
        {"has_counsel": None, "counsel_consent_on": ON},
        {"has_open_warrant": True, "warrant_cleared_by": "the supervising attorney"},
        {"is_compelled": True, "mandated_by": "Riverton County Probation"},
        {"deconflicted_on": ON - dt.timedelta(days=14), "advocate_cleared_on": ON - dt.timedelta(days=14)},
        # Eighteen on the day itself; two dates a year apart are a slip of the pen.
        {"earliest_birth_date": dt.date(2007, 6, 30), "latest_birth_date": dt.date(2007, 6, 30)}
        | {"evidence_date": ON, "last_accused_date": ON},
        {"earliest_birth_date": dt.date(1994, 2, 1)},
    ],
)
def test_what_clears_a_doubt_clears_it(facts: dict[str, object]) -> None:
    for kind in CONTACT:
        assert reasons(GOOD | facts, kind=kind) == [""], kind


def test_somebody_born_on_a_leap_day_is_eighteen_on_the_first_of_march() -> None:
    born = {"earliest_birth_date": dt.date(2008, 2, 29), "latest_birth_date": dt.date(2008, 2, 29)}
    seen = {"last_accused_date": dt.date(2026, 3, 1), "evidence_date": dt.date(2026, 3, 1)}
    facts = pd.DataFrame([GOOD | born | seen])
    for on, reason in ((dt.date(2026, 2, 28), "under_18"), (dt.date(2026, 3, 1), "")):
        stamped = facts.assign(deconflicted_on=on)
        people, _ = eligible_people(stamped, on=on, kind="call_in", deconfliction_days=DAYS)
        assert list(people["reason"]) == [reason]


@given(row=ANY, kept=st.sets(st.sampled_from(sorted(GOOD)), min_size=len(GOOD) - 4))
@settings(max_examples=12, deadline=None)
def test_never_eligible_whatever_else_is_said(row: dict[str, object], kept: set[str]) -> None:
    # Facts drawn at random are seldom all good, so most stay as they are.
    near = row | {name: GOOD[name] for name in kept}
    for kind in KINDS:
        never = dict(NOT_FOR_ALL)
        never |= NOT_FOR_CONTACT if kind in CONTACT else {}
        never |= NOT_FOR_MEMBERS if kind in MEMBERS else {}
        said = reasons(*(near | bad for bad in never.values()), kind=kind)
        assert dict(zip(never, map(bool, said), strict=True)) == dict.fromkeys(never, True), kind


@given(row=ANY)
@settings(max_examples=12, deadline=None)
def test_whoever_is_eligible_meets_every_rule_as_it_is_written(row: dict[str, object]) -> None:
    pairs = [GOOD | {name: row[name], other: row[other]} for name, other in combinations(GOOD, 2)]
    for kind in KINDS:
        for row, reason in zip(pairs, reasons(*pairs, kind=kind), strict=True):
            assert (reason == "") == may_be_named(row, kind), (kind, row, reason)


def may_be_named(row: dict[str, object], kind: str) -> bool:
    """The rules of practice, section 2, read once more."""

    def adult(day: object) -> bool:
        born = row["latest_birth_date"]
        if not isinstance(born, dt.date) or not isinstance(day, dt.date) or day > ON:
            return False
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) >= 18

    def fresh(day: object) -> bool:
        return isinstance(day, dt.date) and 0 <= (ON - day).days <= DAYS

    first, last = row["earliest_birth_date"], row["latest_birth_date"]
    if not (isinstance(first, dt.date) and isinstance(last, dt.date)):
        return False
    one_person = first <= last <= first.replace(year=first.year + 1)
    consent = row["counsel_consent_on"]
    consented = isinstance(consent, dt.date) and consent <= ON
    good = bool(row["is_on_record"] and row["family_name"])
    # The opposite list names a case by its own record, to the office's own attorneys.
    good = good and (kind == "early_intervention" or bool(row["is_identified"] and row["person_id"]))
    good = good and one_person and adult(ON) and bool(row["has_accused_record"]) and adult(row["last_accused_date"])
    if kind in MEMBERS:
        good = good and bool(row["is_membership_active"]) and adult(row["evidence_date"])
    else:
        good = good and bool(row["tier"]) and row["tier"] not in ("A", "prosecution_review")
    if kind == "intimate_partner":
        good = good and row["has_open_dual_arrest"] is False and fresh(row["advocate_cleared_on"])
    if kind != "early_intervention":
        good = good and (
            row["has_open_warrant"] is False or bool(row["has_open_warrant"] and row["warrant_cleared_by"])
        )
        good = good and (consented or (row["has_open_case"] is False and row["has_counsel"] is False))
        good = good and row["is_in_custody"] is False and fresh(row["deconflicted_on"])
        good = good and (row["is_compelled"] is False or bool(row["mandated_by"]))
    return good


def test_reasons_and_counts_are_those_of_the_rows_in_any_order() -> None:
    rows = [GOOD | {"person_id": f"p_{n}"} | bad for n, (bad, _, _) in enumerate(BAD) if "person_id" not in bad]
    rows += [GOOD | {"person_id": "p_0", "is_on_record": False}]
    facts = pd.DataFrame(rows)
    people, left_out = eligible_people(facts, on=ON, kind="call_in", deconfliction_days=DAYS)
    turned, counted = eligible_people(facts[::-1], on=ON, kind="call_in", deconfliction_days=DAYS)
    assert list(turned["reason"])[::-1] == list(people["reason"])
    pd.testing.assert_frame_equal(left_out, counted)
    # Two rows of p_0, and the one of p_1: three records of two people.
    withdrawn = left_out.set_index("reason").loc["record_withdrawn"]
    assert (withdrawn["records"], withdrawn["people"]) == (3, 2)


def test_nobody_is_a_clear_result() -> None:
    assert reasons() == []


def test_wrong_arguments_are_refused() -> None:
    facts = pd.DataFrame([GOOD])
    with pytest.raises(ValueError, match=r"no kind \[letter\]"):
        eligible_people(facts, on=ON, kind="letter", deconfliction_days=DAYS)
    with pytest.raises(ValueError, match="deconfliction_days"):
        eligible_people(facts, on=ON, kind="call_in", deconfliction_days=0)
    for name in GOOD:
        with pytest.raises(ValueError, match=name):
            eligible_people(facts.drop(columns=name), on=ON, kind="call_in", deconfliction_days=DAYS)


def test_whoever_came_or_took_help_is_read_by_nothing_that_ranks_or_selects() -> None:
    package = Path(groups.__file__).parent
    stages = package.parent / "stages"
    read = [*package.glob("*.py"), stages / "candidates.py", *(stages / "sql").glob("candidates*.sql")]
    assert len(read) > 10
    # No word of core.notifications or of the help that was offered; the chance that somebody comes is an assumption.
    words = re.compile(
        r"has_attended|\battended\b|call_in_help|support_offered|support_accepted|core\.notifications", re.IGNORECASE
    )
    assert words.search("where has_attended") and words.search("step = 'attended'")
    assert {path.name for path in read if words.search(path.read_text(encoding="utf-8"))} == set()
