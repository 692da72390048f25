import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.groups import active_memberships, lay_over_actions, weigh_memberships
from strategic_prosecution.groups.memberships import MEMBERSHIP_REASONS

AS_OF = dt.date(2025, 6, 30)
CRITERIA = ["self_admission", "court_finding"]


def membership(**facts: object) -> dict[str, object]:
    row: dict[str, object] = {
        "membership_id": "m1",
        "person_id": "p1",
        "group_id": "North",
        "criterion": "self_admission",
        "source": "audit 12",
        "author": "author",
        "approver": "approver",
        "known_on": dt.date(2025, 1, 10),
        "last_fact_date": dt.date(2025, 1, 5),
        "expires_on": None,
        "reviewed_on": dt.date(2025, 1, 1),
        "notice_date": None,
        "contested_on": None,
        "contest_decided_on": None,
        "contest_outcome": None,
        "birth_date": dt.date(1995, 1, 1),
        "evidence_date": dt.date(2024, 1, 1),
    }
    return row | facts


def weigh(*rows: dict[str, object], **options: object) -> tuple[pd.DataFrame, dict[str, int]]:
    arguments = {"as_of": AS_OF, "criteria": CRITERIA} | options
    active, left_out = active_memberships(pd.DataFrame(list(rows)), **arguments)  # type: ignore[arg-type]
    assert list(left_out["reason"]) == list(MEMBERSHIP_REASONS)
    counts = left_out.set_index("reason")["memberships"]
    return active, counts[counts > 0].to_dict()


def test_a_membership_with_basis_and_clock_counts() -> None:
    active, left_out = weigh(membership())
    assert left_out == {}
    # 2025-01-05 + 730 days.
    assert active["expires_on"].tolist() == [pd.Timestamp(2027, 1, 5)]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"criterion": None}, "tip"),
        ({"criterion": "  "}, "tip"),
        ({"approver": None}, "tip"),
        ({"approver": ""}, "tip"),
        ({"person_id": None}, "tip"),
        ({"criterion": "seen nearby"}, "criterion_not_declared"),
        ({"criterion": "Family"}, "never_a_criterion"),
        ({"criterion": "address"}, "never_a_criterion"),
        ({"criterion": "neighborhood"}, "never_a_criterion"),
        ({"criterion": "victim"}, "never_a_criterion"),
        ({"criterion": "speech"}, "never_a_criterion"),
        ({"criterion": "religion"}, "never_a_criterion"),
        ({"criterion": "politics"}, "never_a_criterion"),
        ({"criterion": "assembly"}, "never_a_criterion"),
        ({"known_on": dt.date(2025, 7, 1)}, "known_after_as_of"),
        ({"known_on": None}, "known_after_as_of"),
        ({"last_fact_date": dt.date(2025, 7, 1)}, "known_after_as_of"),
        ({"last_fact_date": dt.date(2023, 7, 1)}, "expired"),
        ({"last_fact_date": None}, "expired"),
        ({"last_fact_date": None, "expires_on": dt.date(2030, 1, 1)}, "expired"),
        ({"expires_on": AS_OF}, "expired"),
        ({"reviewed_on": None}, "group_not_reviewed"),
        ({"reviewed_on": dt.date(2022, 7, 1)}, "group_not_reviewed"),
        ({"reviewed_on": dt.date(2025, 7, 1)}, "group_not_reviewed"),
        ({"contested_on": AS_OF}, "contested"),
        (
            {"contested_on": AS_OF, "contest_decided_on": dt.date(2025, 3, 1), "contest_outcome": "upheld"},
            "contested",
        ),
        ({"contested_on": AS_OF, "contest_decided_on": dt.date(2025, 7, 1)}, "contested"),
        (
            {"contested_on": dt.date(2025, 3, 1), "contest_decided_on": AS_OF, "contest_outcome": "removed"},
            "removed_on_contest",
        ),
        ({"contested_on": dt.date(2025, 3, 1), "contest_decided_on": AS_OF}, "removed_on_contest"),
        ({"evidence_date": dt.date(2012, 12, 31)}, "evidence_before_18"),
        ({"birth_date": None}, "age_unknown"),
        ({"birth_date": dt.date(1900, 1, 1)}, "age_unknown"),
        ({"evidence_date": None}, "age_unknown"),
    ],
)
def test_every_reason_leaves_a_membership_out_and_is_counted(facts: dict[str, object], reason: str) -> None:
    active, left_out = weigh(membership(), membership(membership_id="m2", **facts))
    assert active["membership_id"].tolist() == ["m1"]
    assert left_out == {reason: 1}


@pytest.mark.parametrize(
    "facts",
    [
        {"criterion": " Court_Finding "},
        {"known_on": AS_OF},
        {"last_fact_date": dt.date(2023, 7, 2)},  # expires 2025-07-01
        {"expires_on": dt.date(2025, 7, 1)},
        {"reviewed_on": dt.date(2022, 7, 2)},
        {"contested_on": dt.date(2025, 7, 1)},
        {"contested_on": dt.date(2025, 3, 1), "contest_decided_on": AS_OF, "contest_outcome": "upheld"},
        {"evidence_date": dt.date(2013, 1, 1)},  # the 18th birthday
    ],
)
def test_the_last_day_on_which_it_still_counts(facts: dict[str, object]) -> None:
    assert len(weigh(membership(**facts))[0]) == 1


def test_a_stated_end_only_shortens() -> None:
    active, _ = weigh(membership(expires_on=dt.date(9999, 12, 31)))
    assert active["expires_on"].tolist() == [pd.Timestamp(2027, 1, 5)]


def test_notice_counts_only_where_it_is_required() -> None:
    noticed = membership(membership_id="m2", notice_date=AS_OF)
    late = membership(membership_id="m3", notice_date=dt.date(2025, 7, 1))
    active, left_out = weigh(membership(), noticed, late, notice_required=True)
    assert active["membership_id"].tolist() == ["m2"]
    assert left_out == {"no_notice": 2}
    assert len(weigh(membership(), noticed, late)[0]) == 3


def test_refuses_what_no_office_may_set() -> None:
    with pytest.raises(ValueError, match=r"expiry_days \[1826\]"):
        weigh(membership(), expiry_days=1826)
    assert len(weigh(membership(), expiry_days=1825)[0]) == 1
    with pytest.raises(ValueError, match=r"\[address, family\]"):
        weigh(membership(), criteria=["Family", "self_admission", "address"])
    with pytest.raises(ValueError, match=r"review_days \[0\]"):
        weigh(membership(), review_days=0)
    with pytest.raises(ValueError, match=r"\[approver\]"):
        active_memberships(pd.DataFrame([membership()]).drop(columns="approver"), as_of=AS_OF, criteria=CRITERIA)


def test_no_rows() -> None:
    active, left_out = active_memberships(pd.DataFrame([membership()]).iloc[:0], as_of=AS_OF, criteria=CRITERIA)
    assert active.empty
    assert left_out["memberships"].sum() == 0


def some_day(*days: dt.date) -> st.SearchStrategy[dt.date | None]:
    return st.one_of(st.none(), st.sampled_from(days), st.dates(dt.date(2018, 1, 1), dt.date(2027, 1, 1)))


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "criterion": st.sampled_from([None, "", "self_admission", "family", "hunch"]),
            "approver": st.sampled_from([None, "approver"]),
            "known_on": some_day(AS_OF),
            "last_fact_date": some_day(AS_OF),
            "expires_on": some_day(AS_OF),
            "reviewed_on": some_day(AS_OF),
            "contested_on": some_day(AS_OF),
            "contest_decided_on": some_day(AS_OF),
            "contest_outcome": st.sampled_from([None, "upheld", "removed"]),
            "birth_date": st.one_of(st.none(), st.dates(dt.date(1990, 1, 1), dt.date(2012, 1, 1))),
            "evidence_date": some_day(AS_OF),
        }
    )
)
def test_no_tip_juvenile_expired_or_contested_row_ever_counts(facts: dict[str, object]) -> None:
    row = membership(**facts)
    active, left_out = weigh(row)
    assert len(active) + sum(left_out.values()) == 1
    if len(active):
        birth, evidence, fact, known = (row[n] for n in ("birth_date", "evidence_date", "last_fact_date", "known_on"))
        assert row["criterion"] == "self_admission"
        assert row["approver"] == "approver"
        assert isinstance(birth, dt.date)
        assert isinstance(evidence, dt.date)
        assert (evidence.year - birth.year, (evidence.month, evidence.day)) >= (18, (birth.month, birth.day))
        assert isinstance(fact, dt.date)
        assert AS_OF - dt.timedelta(days=730) < fact <= AS_OF
        assert row["expires_on"] is None or row["expires_on"] > AS_OF  # type: ignore[operator]
        assert isinstance(known, dt.date)
        assert known <= AS_OF
        if row["contested_on"] is not None and row["contested_on"] <= AS_OF:  # type: ignore[operator]
            assert row["contest_outcome"] == "upheld"


# ------------------------------------------------------------------------- what the office recorded, laid over an audit

DAYS = [dt.date(2025, 3, day) for day in range(1, 10)]


def reason_after(
    *actions: tuple[str, dt.date], as_of: dt.date = AS_OF, notice_required: bool = False, **audit: object
) -> str:
    """Why a membership of which the audit says ``audit`` does not count after the actions, recorded in this order."""
    rows = pd.DataFrame([membership(**audit), membership(membership_id="other")])
    done = pd.DataFrame(
        [("m1", action, day) for action, day in actions], columns=["membership_id", "action", "action_date"]
    )
    laid = lay_over_actions(rows, done, as_of=as_of)
    assert laid["membership_id"].tolist() == ["m1", "other"]
    weighed = weigh_memberships(laid, as_of=as_of, criteria=CRITERIA, notice_required=notice_required)
    if not notice_required:
        assert weighed["reason"][1] == "", "nothing was recorded on the other"
    return str(weighed["reason"][0])


@pytest.mark.parametrize(
    ("actions", "audit", "reason"),
    [
        ((), {}, ""),
        ((("contest", DAYS[3]),), {}, "contested"),
        ((("contest", DAYS[3]), ("uphold", DAYS[4])), {}, ""),
        ((("contest", DAYS[3]), ("uphold", DAYS[3])), {}, ""),
        ((("contest", DAYS[3]), ("remove", DAYS[3])), {}, "removed_on_contest"),
        ((("remove", DAYS[3]),), {}, "removed_on_contest"),
        # Contested again, on the day of the decision too.
        ((("contest", DAYS[3]), ("uphold", DAYS[4]), ("contest", DAYS[4])), {}, "contested"),
        ((("contest", DAYS[3]), ("remove", DAYS[4]), ("contest", DAYS[5])), {}, "contested"),
        ((("remove", DAYS[3]), ("contest", DAYS[4]), ("uphold", DAYS[5])), {}, ""),
        # What an audit says, and what was done since or before.
        ((("uphold", DAYS[4]),), {"contested_on": DAYS[3]}, ""),
        ((("uphold", DAYS[3]),), {"contested_on": DAYS[4]}, "contested"),
        (
            (("contest", DAYS[5]),),
            {"contested_on": DAYS[1], "contest_decided_on": DAYS[2], "contest_outcome": "upheld"},
            "contested",
        ),
        (
            (("contest", DAYS[2]),),
            {"contested_on": DAYS[1], "contest_decided_on": DAYS[2], "contest_outcome": "upheld"},
            "contested",
        ),
        (
            (("contest", DAYS[2]),),
            {"contested_on": DAYS[2], "contest_decided_on": DAYS[5], "contest_outcome": "upheld"},
            "",
        ),
        (
            (("contest", DAYS[2]), ("uphold", DAYS[4])),
            {"contested_on": DAYS[2], "contest_decided_on": DAYS[4], "contest_outcome": "removed"},
            "removed_on_contest",
        ),
        (
            (("contest", DAYS[2]), ("remove", DAYS[4])),
            {"contested_on": DAYS[2], "contest_decided_on": DAYS[4], "contest_outcome": "upheld"},
            "removed_on_contest",
        ),
        (
            (("contest", DAYS[2]), ("uphold", DAYS[6])),
            {"contested_on": DAYS[1], "contest_decided_on": DAYS[4], "contest_outcome": "removed"},
            "",
        ),
        # A day to come neither decides nor hides a contest of today.
        (
            (("contest", DAYS[2]),),
            {"contest_decided_on": dt.date(2025, 7, 2), "contest_outcome": "upheld"},
            "contested",
        ),
        ((("contest", DAYS[2]),), {"contested_on": dt.date(2025, 7, 2)}, "contested"),
        # A decision entered with a day before the contest that it decides.
        ((("contest", DAYS[5]), ("uphold", DAYS[4])), {}, ""),
    ],
)
def test_contests_and_decisions_of_both_sources(
    actions: tuple[tuple[str, dt.date], ...], audit: dict[str, object], reason: str
) -> None:
    assert reason_after(*actions, **audit) == reason


@pytest.mark.parametrize(
    ("actions", "audit", "reason"),
    [
        ((), {}, "no_notice"),
        ((("notice", DAYS[3]),), {}, ""),
        ((("contest", DAYS[3]), ("uphold", DAYS[3])), {}, "no_notice"),
        ((("notice", DAYS[3]),), {"notice_date": dt.date(2025, 7, 2)}, ""),
        ((), {"notice_date": dt.date(2025, 7, 2)}, "no_notice"),
        ((), {"notice_date": DAYS[1]}, ""),
    ],
)
def test_notice_of_either_source_counts(
    actions: tuple[tuple[str, dt.date], ...], audit: dict[str, object], reason: str
) -> None:
    assert reason_after(*actions, notice_required=True, **audit) == reason


def test_the_later_notice_is_the_one_that_is_told() -> None:
    rows = pd.DataFrame([membership(notice_date=DAYS[4])])
    none = pd.DataFrame({"membership_id": [], "action": [], "action_date": []}, dtype=object)
    to_come = pd.DataFrame([membership(notice_date=dt.date(2025, 7, 2))])
    assert lay_over_actions(to_come, none, as_of=AS_OF)["notice_date"].dt.date.tolist() == [dt.date(2025, 7, 2)]
    for recorded, told in ((DAYS[2], DAYS[4]), (DAYS[6], DAYS[6])):
        done = pd.DataFrame([("m1", "notice", recorded)], columns=["membership_id", "action", "action_date"])
        assert lay_over_actions(rows, done, as_of=AS_OF)["notice_date"].dt.date.tolist() == [told]


@given(steps=st.lists(st.sampled_from(["contest", "uphold", "remove", "notice"]), max_size=6), data=st.data())
@settings(max_examples=60, deadline=None)
def test_of_steps_in_the_order_of_their_days_the_last_one_stands(steps: list[str], data: st.DataObject) -> None:
    days = sorted(data.draw(st.lists(st.sampled_from(DAYS), min_size=len(steps), max_size=len(steps))))
    verdicts = [step for step in steps if step != "notice"]
    expected = {"contest": "contested", "remove": "removed_on_contest", "uphold": "", None: ""}
    assert reason_after(*zip(steps, days, strict=True)) == expected[verdicts[-1] if verdicts else None]
