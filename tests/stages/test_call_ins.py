"""The life of a call-in on the desk: what is planned, in which order it goes on, what is refused, what is kept."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.groups.eligibility import REASONS
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.stages import call_in_checks, call_in_plans, call_in_steps, call_ins, expungement, promises
from strategic_prosecution.stages.call_in_plans import Wanted, plan
from strategic_prosecution.stages.call_ins import CallIn, CallInError, core_rows, count_rows, standing
from strategic_prosecution.stages.forms import FormError, Line, read_form
from strategic_prosecution.warehouse import Connection
from tests.stages import called_in, reviewed
from tests.stages.called_in import DAY, NOBODY_KNOWS, check, record, shoot

LATER = DAY + timedelta(days=7)
TOUCHED = (
    *("call_ins", "call_in_people", "call_in_help", "call_in_checks", "promises", "list_exports"),
    *("orders", "order_records", "incident_reviews"),
)
CALL_IN = Wanted(groups=("NORTH", "SOUTH", "WEST"))
ALL = tuple(person for person in called_in.MEMBERS if person not in (called_in.UNDER_18, NOBODY_KNOWS))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", "a key of the tests, kept as long as they are")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return reviewed.make_office(tmp_path)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with warehouse.open_trial(reviewed.make_office(tmp_path_factory.mktemp("trial"))) as opened:
        called_in.plant(opened)
        yield opened


@pytest.fixture
def connection(trial: Connection) -> Connection:
    """Core and roster, with nothing of a call-in on the desk."""
    for table in TOUCHED:
        trial.execute(f"delete from desk.{table}")
    trial.execute("delete from core.shootings; delete from core.incidents where offense_category = 'homicide'")
    return trial


def make_plan(
    connection: Connection, office: Office, wanted: Wanted = CALL_IN, *, on: date = DAY
) -> call_in_plans.Plan:
    return plan(connection, office, wanted=wanted, why="three shootings in a month", on=on)


def planned(connection: Connection, office: Office, wanted: Wanted = CALL_IN) -> str:
    """The key of a call-in of everybody who may be invited, checked."""
    check(connection, *ALL)
    made = make_plan(connection, office, wanted)
    assert made.call_in_id is not None
    return made.call_in_id


def form(*rows: dict[str, str]) -> list[Line]:
    return [Line(f"form, line {number}", row) for number, row in enumerate(rows, 2)]


def people_of(connection: Connection, office: Office, call_in_id: str) -> dict[str, str]:
    """Person -> the newest decision."""
    found = standing(connection, office, call_in_id).people
    return {key.removeprefix("MB-"): step for key, step in zip(found["record_id"], found["step"], strict=True)}


def approve(connection: Connection, office: Office, call_in_id: str, *removed: str) -> None:
    lines = form(
        *(
            {"record": record(person), "verdict": "remove" if person in removed else "approve", "why": "seen"}
            for person in people_of(connection, office, call_in_id)
        )
    )
    call_in_steps.review(connection, office, call_in_id=call_in_id, lines=lines, on=DAY)


def steps(connection: Connection, office: Office, call_in_id: str, *said: tuple[str, str, date], on: date = LATER):
    lines = form(*({"record": record(p), "step": step, "step_date": f"{day}"} for p, step, day in said))
    return call_in_steps.record_steps(connection, office, call_in_id=call_in_id, lines=lines, why="log", on=on)


def hold(connection: Connection, office: Office, call_in_id: str) -> None:
    call_in_steps.record_held(connection, office, call_in_id=call_in_id, held_on=LATER, why="held", on=LATER)


def lay(connection: Connection, status: str, *removed: str, kind: str = "call_in") -> str:
    """A call-in of four people as earlier commands would have left it, put straight on the desk."""
    call_in = CallIn(desk.new_id("callin"), kind, "planned", None, None, None, "{}", DAY)
    call_ins.add_call_in(connection, call_in, why="w")
    people = [
        {"record_table": "memberships", "record_id": f"MB-{person}", "group_id": group, "session": session}
        for person, group, session in (("N1", "NORTH", 1), ("N5", "NORTH", 1), ("S2", "SOUTH", 2), ("W1", "WEST", 1))
    ]
    planned_steps = [{**person, "step": "planned"} for person in people]
    call_ins.add_steps(connection, call_in.call_in_id, planned_steps, why="w", on=DAY)
    if status != "planned":
        gone = {f"MB-{person}" for person in removed}
        decided = [{**person, "step": "removed" if person["record_id"] in gone else "approved"} for person in people]
        call_ins.add_steps(connection, call_in.call_in_id, decided, why="w", on=DAY)
        call_ins.add_call_in(connection, replace(call_in, status="reviewed"), why="w")
    if status == "held":
        call_ins.add_call_in(connection, replace(call_in, status="held", held_on=LATER, known_on=LATER), why="w")
    return call_in.call_in_id


def make_promise(connection: Connection, office: Office, call_in_id: str, **said: Any) -> str:
    values = {"kind": "enforcement", "group": "SOUTH", "what": "the group that shoots next", "owner": "chief"}
    return promises.promise(
        connection, office, call_in_id=call_in_id, due=LATER + timedelta(30), why="said", on=LATER, **values | said
    )


def wrong_lines(raised: pytest.ExceptionInfo[FormError]) -> tuple[str, ...]:
    """What is said of each line, in which no value of it stands."""
    told = " ".join(raised.value.messages)
    assert not [name for name in ("Quartzman", "Zebulon", "MB-", "1990") if name in told]
    return raised.value.messages


def assert_said(raised: pytest.ExceptionInfo[FormError], said: Iterable[str], *, first: int) -> None:
    """One message for each line from the first on, as expected."""
    messages = wrong_lines(raised)
    for number, (message, expected) in enumerate(zip(messages, said, strict=True), first):
        assert re.match(f"form, line {number}: .*{expected}", message), message


def rows(connection: Connection, table: str) -> int:
    return connection.execute(f"select count(*) from desk.{table}").fetchone()[0]


# --------------------------------------------------------------------------------------------------------- the plan


def test_a_plan_invites_the_fewest_who_reach_all_and_every_group(connection: Connection, office: Office):
    """By hand: N1 tells N2 and N3; one of N5 and N6; S2 tells S1 and S3; W1 is alone. S4 has no tie, and no name."""
    made = call_in_plans.plan(connection, office, wanted=CALL_IN, why="w", on=DAY)
    assert made.call_in_id is None and rows(connection, "call_ins") == 0, "nobody is checked"
    assert made.not_eligible == {"membership_not_active": 1, "not_identified": 1, "warrant_unknown": 9}
    check(connection, *ALL)
    made = make_plan(connection, office)
    assert made.groups.to_dict("list") == {
        "group_id": ["NORTH", "SOUTH", "WEST"],
        "members": [5, 4, 1],
        "may_be_invited": [5, 3, 1],
        "planned": [2, 1, 1],
        "reached": [5, 3, 1],
        "not_reachable": [0, 1, 0],
    }
    invited = set(people_of(connection, office, made.call_in_id))
    assert invited - {"N5", "N6"} == {"N1", "S2", "W1"} and len(invited) == 4
    facts = made.facts
    assert (facts["members"], facts["eligible"], facts["planned"], facts["reached"]) == (10, 9, 4, 9)
    assert (facts["unreachable"], facts["wheeler_reach"], facts["optimal"]) == (1, 9, True)
    assert set(facts["sensitivity"]) == {"0.10", "0.25"}


def test_the_same_desk_gives_the_same_plan_and_each_call_in_its_own_key(connection: Connection, office: Office):
    first = planned(connection, office)
    second = planned(connection, office)
    assert first != second
    plans = connection.execute("select plan from desk.call_ins order by rowid").fetchall()
    assert plans[0] == plans[1]
    one, other = (standing(connection, office, key).people for key in (first, second))
    assert one.equals(other)


def test_a_feuding_pair_is_never_in_one_session(connection: Connection, office: Office):
    people = standing(connection, office, planned(connection, office)).people
    sessions = {group: set(part["session"]) for group, part in people.groupby("group_id")}
    assert not sessions["NORTH"] & sessions["SOUTH"]
    assert people["session"].notna().all()


def test_a_likely_link_to_the_other_group_keeps_somebody_away_from_the_feud(connection: Connection, office: Office):
    """W1 may be in SOUTH too, by a link nobody confirmed: never beside NORTH. N5, likely in both, beside nobody."""
    for person, group in (("W1", "SOUTH"), ("N1", "SOUTH")):
        connection.execute(
            "insert into core.group_memberships by name select ? as membership_id, 'p_other' as person_id, "
            "? as linked_person_id, ? as group_id",
            [f"MB-likely-{person}", f"p_{person}", group],
        )
    try:
        made_id = planned(connection, office)
    finally:
        connection.execute("delete from core.group_memberships where membership_id like 'MB-likely-%'")
    people = standing(connection, office, made_id).people.set_index("record_id")
    assert "MB-N1" not in people.index
    west = people.loc["MB-W1", "session"]
    assert west not in set(people.loc[people["group_id"] == "NORTH", "session"])
    facts = json.loads(connection.execute("select plan from desk.call_ins").fetchone()[0])
    assert facts["not_eligible"]["own_groups_feud"] == 1


def test_seats_go_to_every_group_first_then_to_reach(connection: Connection, office: Office):
    made = people_of(connection, office, planned(connection, office, replace(CALL_IN, seats=3)))
    assert set(made) == {"N1", "S2", "W1"}


def test_groups_are_those_with_a_rank_by_violence_and_unknown_ones_are_refused(connection: Connection, office: Office):
    check(connection, *ALL)
    assert make_plan(connection, office, Wanted()).facts["groups"] == ["NORTH", "SOUTH"]
    assert make_plan(connection, office, Wanted(first=1)).facts["groups"] == ["SOUTH"]
    with pytest.raises(SettingsError, match="NORTH"):
        make_plan(connection, office, Wanted(groups=("NORHT",)))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(kind="callin"), "call_in"),
        (Wanted(groups=("NORTH",), first=1), "--first"),
        (Wanted(kind="drug_market", seats=3), "--seats"),
        (Wanted(kind="intimate_partner", groups=("NORTH",)), "--group"),
        (Wanted(kind="custom_notification"), "--record"),
        (Wanted(is_voluntary=True, mandated_by="Parole"), "--voluntary"),
        (Wanted(held_on=DAY - timedelta(1)), "--held-on"),
    ],
)
def test_what_cannot_be_asked_so_is_refused(connection: Connection, office: Office, wanted: Wanted, said: str):
    with pytest.raises(SettingsError, match=said):
        make_plan(connection, office, wanted)


def test_a_group_of_one_is_planned_and_a_group_that_nobody_may_stand_for_is_not(connection: Connection, office: Office):
    made = make_plan(connection, office, Wanted(groups=("WEST",)))
    assert made.call_in_id is None and made.groups["members"].tolist() == [1]
    assert planned(connection, office, Wanted(groups=("WEST",)))
    assert rows(connection, "call_in_people") == 1


def test_an_authority_of_the_whole_call_in_stands_for_those_without_one(connection: Connection, office: Office):
    check(connection, "W1", mandated_by=None)
    west = Wanted(groups=("WEST",))
    assert make_plan(connection, office, west).not_eligible == {"no_authority": 1}
    made = make_plan(connection, office, replace(west, mandated_by="Riverton Probation"))
    assert made.call_in_id is not None
    # The review goes by the authority of the plan too.
    approve(connection, office, made.call_in_id)
    assert standing(connection, office, made.call_in_id).status == "reviewed"


def test_who_comes_of_their_own_will_comes_one_time_in_six(connection: Connection, office: Office):
    """Wheeler's sum by hand: W1 alone, invited as a volunteer, is reached to a sixth."""
    check(connection, "W1")
    west = Wanted(groups=("WEST",))
    assert make_plan(connection, office, west).facts["wheeler_reach"] == pytest.approx(1.0)
    voluntary = make_plan(connection, office, replace(west, is_voluntary=True))
    assert voluntary.facts["wheeler_reach"] == pytest.approx(0.167)


def test_a_custom_notification_goes_to_everybody_who_may_be_named(connection: Connection, office: Office):
    notice = Wanted(kind="custom_notification", groups=("NORTH",))
    assert set(people_of(connection, office, planned(connection, office, notice))) == {"N1", "N2", "N3", "N5", "N6"}
    one = Wanted(kind="custom_notification", record=record("N3"))
    assert set(people_of(connection, office, planned(connection, office, one))) == {"N3"}
    with pytest.raises(CallInError, match="names nobody"):
        make_plan(connection, office, replace(one, record="memberships/MB-none"))


def test_an_old_core_names_nobody(connection: Connection, office: Office, tmp_path: Path):
    call_in_id = lay(connection, "planned")
    late = DAY + timedelta(office.groups.call_ins.deconfliction_days)
    call_ins.check_core(connection, office, late)
    too_late = late + timedelta(1)
    form = tmp_path / "form.csv"
    for act in (
        lambda: make_plan(connection, office, on=too_late),
        lambda: call_in_checks.export_checks(connection, office, kind="call_in", path=form, on=too_late),
        lambda: call_in_steps.export_review(connection, office, call_in_id=call_in_id, path=form, on=too_late),
    ):
        with pytest.raises(CallInError, match="run the night first"):
            act()
    assert not form.exists() and rows(connection, "list_exports") == 0


# --------------------------------------------------------------------------------------------------------- the checks


def test_checks_are_asked_for_who_lacks_nothing_else_and_read_back(connection: Connection, office: Office, tmp_path):
    path = tmp_path / "checks.csv"
    lacking = call_in_checks.export_checks(connection, office, kind="call_in", path=path, on=DAY)
    assert (lacking.lines, lacking.missing) == (9, {"warrant_unknown": 9})
    assert lacking.kept_off == {"membership_not_active": 1, "not_identified": 1}
    lines = read_form(path, columns=(*call_in_checks.FORM, "notice"), required=("record",))
    assert [line.values["record"] for line in lines] == sorted(record(person) for person in ALL)
    assert lines[0].values["family_name"] == called_in.name("N1")
    assert "Not evidence; not for charging, bail or sentencing argument." in lines[0].values["notice"]
    assert "Expires: 2024-04-30" in lines[0].values["notice"]
    said = {"deconflicted_on": f"{DAY}", "open_warrant": "No", "in_custody": "no", "counsel": "no"}
    filled = [
        Line(line.where, {**line.values, **said, "mandated_by": "Parole"}) for line in lines if line.where[-1] != "2"
    ] + [lines[0]]
    made = call_in_checks.record_checks(connection, office, kind="call_in", lines=filled, why="w", on=DAY)
    assert made == 8, "a line with nothing filled in is passed over"
    found = call_in_checks.candidates(connection, office, kind="call_in", on=DAY)
    assert set(found.loc[found["reason"] == "", "record_id"]) == {f"MB-{person}" for person in ALL if person != "N1"}
    (export,) = connection.execute("select view, people, recipient, expires_on from desk.list_exports").fetchall()
    assert export == ("review", 9, desk.login(), date(2024, 4, 30))


def test_what_was_checked_before_stands_in_the_form_and_custody_can_be_corrected(
    connection: Connection, office: Office, tmp_path: Path
):
    check(connection, "N1", in_custody="yes")
    check(connection, "N2", deconflicted_on=None, counsel="yes", counsel_consent_on=DAY)
    call_in_checks.export_checks(connection, office, kind="call_in", path=tmp_path / "f.xlsx", on=DAY)
    lines = read_form(tmp_path / "f.xlsx", columns=(*call_in_checks.FORM, "notice"), required=("record",))
    by_record = {line.values["record"]: line.values for line in lines}
    assert by_record[record("N1")]["in_custody"] == "yes"
    assert by_record[record("N2")]["counsel_consent_on"] == f"{DAY}"
    assert by_record[record("N2")]["deconflicted_on"] == ""


def test_of_a_form_with_wrong_checks_none_is_recorded(connection: Connection, office: Office):
    good = {"record": record("N1"), "deconflicted_on": f"{DAY}", "open_warrant": "no"}
    wrong = {
        "is after": {"record": record("N2"), "deconflicted_on": f"{DAY + timedelta(1)}"},
        "is no day": {"record": record("N3"), "counsel_consent_on": "last week"},
        "yes or no": {"record": record("N5"), "in_custody": "perhaps"},
        "names nobody": {"record": "memberships/MB-none"},
        "twice": {},
    }
    with pytest.raises(FormError) as raised:
        lines = form(good, *(good | change for change in wrong.values()))
        call_in_checks.record_checks(connection, office, kind="call_in", lines=lines, why="w", on=DAY)
    assert_said(raised, wrong, first=3)
    assert rows(connection, "call_in_checks") == 0


def test_every_reason_has_words():
    assert {*call_in_checks.CURED, *call_in_checks.FINAL} == {*REASONS, call_in_plans.OWN_GROUPS_FEUD, "not_there"}
    assert not set(call_in_checks.CURED) & set(call_in_checks.FINAL)


# --------------------------------------------------------------------------------------------------------- the review


def test_each_planned_person_is_approved_or_removed_and_then_it_is_reviewed(
    connection: Connection, office: Office, tmp_path: Path
):
    call_in_id = planned(connection, office)
    path = tmp_path / "review.csv"
    count = call_in_steps.export_review(connection, office, call_in_id=call_in_id, path=path, on=DAY)
    lines = read_form(path, columns=(*call_in_steps.REVIEW_FORM, "notice"), required=("record", "verdict"))
    assert count == len(lines) == 4
    first = lines[0].values
    assert (first["family_name"], first["birth_date"], first["group_id"]) == (
        called_in.name("N1"),
        "1990-05-01",
        "NORTH",
    )
    assert first["supervised_until"] == "2026-01-01"
    assert (
        first["may_be_invited"] == "yes: confirmed member of NORTH; on probation until 2026-01-01; every check is made"
    )
    half = [Line(line.where, {**line.values, "verdict": "approve"}) for line in lines[:2]]
    done = call_in_steps.review(connection, office, call_in_id=call_in_id, lines=[*half, *lines[2:]], on=DAY)
    assert (done.approved, done.removed, done.undecided, done.status) == (2, 0, 2, "planned")
    assert not standing(connection, office, call_in_id).is_reviewed
    rest = [Line(line.where, {**line.values, "verdict": "REMOVE", "why": "moved away"}) for line in lines[2:]]
    done = call_in_steps.review(connection, office, call_in_id=call_in_id, lines=[*half, *rest], on=DAY)
    assert (done.approved, done.removed, done.unchanged, done.status) == (0, 2, 2, "reviewed")
    assert standing(connection, office, call_in_id).is_reviewed
    who = connection.execute(
        "select recorded_by, why from desk.call_in_people where step = 'removed' group by all"
    ).fetchall()
    assert who == [(desk.login(), "moved away")]


def test_a_decision_is_taken_back_by_a_newer_one_until_it_is_held(connection: Connection, office: Office):
    check(connection, *ALL)
    call_in_id = lay(connection, "planned")
    approve(connection, office, call_in_id, "W1")
    assert people_of(connection, office, call_in_id)["W1"] == "removed"
    approve(connection, office, call_in_id, "S2")
    assert people_of(connection, office, call_in_id) | {"S2": "removed", "W1": "approved"} == people_of(
        connection, office, call_in_id
    )
    assert rows(connection, "call_in_people") == 4 + 4 + 2, "nothing is overwritten"
    hold(connection, office, call_in_id)
    with pytest.raises(CallInError, match="is held"):
        approve(connection, office, call_in_id)


def test_who_may_not_be_named_any_more_is_listed_without_a_name_and_not_approved(
    connection: Connection, office: Office, tmp_path: Path
):
    check(connection, *ALL)
    call_in_id = lay(connection, "planned")
    check(connection, "N1", open_warrant="yes")
    check(connection, "W1", in_custody="yes")
    path = tmp_path / "review.csv"
    call_in_steps.export_review(connection, office, call_in_id=call_in_id, path=path, on=DAY)
    by_record = {
        line.values["record"]: line.values
        for line in read_form(path, columns=(*call_in_steps.REVIEW_FORM, "notice"), required=("record",))
    }
    assert by_record[record("N1")]["may_be_invited"].startswith("no: an open warrant")
    assert by_record[record("N1")]["family_name"] == called_in.name("N1")
    assert by_record[record("W1")]["may_be_invited"] == "no: in custody"
    assert called_in.name("W1") not in path.read_text()
    with pytest.raises(FormError) as raised:
        approve(connection, office, call_in_id)
    assert len(wrong_lines(raised)) == 2
    assert set(people_of(connection, office, call_in_id).values()) == {"planned"}, "all lines, or none"
    approve(connection, office, call_in_id, "N1", "W1")


def test_of_a_review_with_wrong_lines_nothing_is_recorded(connection: Connection, office: Office):
    check(connection, *ALL)
    call_in_id = lay(connection, "planned")
    wrong = {
        "names nobody planned": {"record": record("N4"), "verdict": "approve"},
        "approve or remove": {"record": record("N1"), "verdict": "aprove"},
        "say in .why.": {"record": record("S2"), "verdict": "remove"},
        ".*twice": {"record": record("W1"), "verdict": "approve"},
    }
    with pytest.raises(FormError) as raised:
        lines = form({"record": record("W1"), "verdict": "approve"}, *wrong.values())
        call_in_steps.review(connection, office, call_in_id=call_in_id, lines=lines, on=DAY)
    assert_said(raised, wrong, first=3)
    assert rows(connection, "call_in_people") == 4


def test_somebody_of_two_groups_is_approved_for_both_or_none(connection: Connection, office: Office):
    check(connection, *ALL)
    call_in_id = lay(connection, "planned")
    connection.execute(
        "update core.group_memberships set person_id = 'p_N1', linked_person_id = 'p_N1' where membership_id = 'MB-W1'"
    )
    connection.execute(
        "update core.person_records set person_id = 'p_N1', confirmed_person_id = 'p_N1' where record_id like '%-W1'"
    )
    try:
        with pytest.raises(FormError, match="two groups"):
            approve(connection, office, call_in_id, "W1")
        approve(connection, office, call_in_id)
    finally:
        connection.execute(
            "update core.group_memberships set person_id = 'p_W1', linked_person_id = 'p_W1' "
            "where membership_id = 'MB-W1'"
        )
        connection.execute(
            "update core.person_records set person_id = 'p_W1', confirmed_person_id = 'p_W1' "
            "where record_id like '%-W1'"
        )


# ------------------------------------------------------------------------------------------- invited, held, attended


def test_life_goes_on_in_order(connection: Connection, office: Office):
    check(connection, *ALL)
    call_in_id = lay(connection, "planned")
    for act in (
        lambda: steps(connection, office, call_in_id, ("N1", "invited", DAY)),
        lambda: hold(connection, office, call_in_id),
        lambda: call_in_steps.record_help(
            connection, office, call_in_id=call_in_id, offered=2, taken=1, why="w", on=LATER
        ),
        lambda: make_promise(connection, office, call_in_id),
    ):
        with pytest.raises(CallInError, match="the call-in is planned"):
            act()
    approve(connection, office, call_in_id, "W1")
    with pytest.raises(FormError, match="not held yet"):
        steps(connection, office, call_in_id, ("N1", "invited", DAY), ("N1", "attended", LATER))
    assert steps(connection, office, call_in_id, ("N1", "invited", DAY), ("S2", "invited", DAY))["invited"] == 2
    hold(connection, office, call_in_id)
    told = steps(connection, office, call_in_id, ("N1", "delivered", LATER), ("N1", "attended", LATER))
    assert told == {"invited": 0, "attended": 1, "delivered": 1}
    assert standing(connection, office, call_in_id).people.set_index("record_id")["was_invited"].to_dict() == {
        key: key in ("MB-N1", "MB-S2") for key in standing(connection, office, call_in_id).people["record_id"]
    }
    with pytest.raises(CallInError, match="is held"):
        call_in_steps.record_cancelled(connection, office, call_in_id=call_in_id, why="rain", on=LATER)


def test_of_a_form_with_a_step_out_of_order_nothing_is_recorded(connection: Connection, office: Office):
    call_in_id = lay(connection, "held", "W1")
    steps(connection, office, call_in_id, ("N1", "invited", DAY + timedelta(2)))
    before = rows(connection, "call_in_people")
    for said, step in {
        "not approved": ("W1", "invited", LATER),
        "not invited": ("S2", "attended", LATER),
        "before this person was invited": ("N1", "attended", DAY),
        "before this person was approved": ("N5", "invited", DAY - timedelta(1)),
        "is after": ("N1", "delivered", LATER + timedelta(1)),
        "already": ("N1", "invited", LATER),
        "the step is": ("N1", "absent", LATER),
        "names nobody planned": ("N4", "invited", LATER),
    }.items():
        with pytest.raises(FormError, match=said) as raised:
            steps(connection, office, call_in_id, ("N5", "delivered", LATER), step)
        assert len(wrong_lines(raised)) == 1
    assert rows(connection, "call_in_people") == before


def test_what_did_not_happen_yet_and_what_was_cancelled(connection: Connection, office: Office):
    call_in_id = lay(connection, "reviewed")
    with pytest.raises(CallInError, match="--why"):
        call_in_steps.record_cancelled(connection, office, call_in_id=call_in_id, why=" ", on=DAY)
    with pytest.raises(CallInError, match="newest event"):
        call_in_steps.record_cancelled(connection, office, call_in_id=call_in_id, why="rain", on=DAY - timedelta(1))
    with pytest.raises(CallInError, match="cannot have been held after"):
        call_in_steps.record_held(connection, office, call_in_id=call_in_id, held_on=LATER, why="w", on=DAY)
    call_in_steps.record_cancelled(connection, office, call_in_id=call_in_id, why="rain", on=DAY)
    with pytest.raises(CallInError, match="is cancelled"):
        hold(connection, office, call_in_id)
    with pytest.raises(CallInError, match="callin list"):
        standing(connection, office, "callin_0")


def test_a_call_in_without_anybody_approved_is_not_held(connection: Connection, office: Office):
    call_in_id = lay(connection, "reviewed", "N1", "N5", "S2", "W1")
    with pytest.raises(CallInError, match="nobody is approved"):
        hold(connection, office, call_in_id)


def test_nobody_attends_a_notice_that_is_delivered(connection: Connection, office: Office):
    call_in_id = lay(connection, "reviewed", kind="custom_notification")
    with pytest.raises(FormError, match="nobody attends a notice"):
        steps(connection, office, call_in_id, ("W1", "attended", LATER))
    assert steps(connection, office, call_in_id, ("W1", "delivered", LATER))["delivered"] == 1


def test_help_is_counts_and_no_more_take_it_than_were_offered(connection: Connection, office: Office):
    call_in_id = lay(connection, "held")
    for offered, taken in ((4, 2), (3, 1)):
        call_in_steps.record_help(
            connection, office, call_in_id=call_in_id, offered=offered, taken=taken, why="provider", on=LATER
        )
    with pytest.raises(CallInError, match="took help"):
        call_in_steps.record_help(connection, office, call_in_id=call_in_id, offered=2, taken=3, why="p", on=LATER)
    counted = count_rows(connection, LATER).iloc[0]
    assert (counted["help_offered"], counted["help_taken"]) == (7, 3), "counts of several providers add up"
    columns = set(model.table("desk.call_in_help").names)
    assert not columns & {"record_table", "record_id", "group_id"}


# ------------------------------------------------------------------------------------------------------- the promises

ACTION = {
    "incident_id": "HO-1",
    "record": "arrests/AR-S1-S2-S1",
    "own_conduct": "seen with the gun on the night",
    "approving_attorney": "Chief Quillfeather",
    "lesser_step": "a visit was considered",
}


def enforce(connection: Connection, office: Office, call_in_id: str, promise_id: str, *lines: dict[str, str]) -> int:
    shoot(connection, "HO-1", on=LATER + timedelta(3), group="SOUTH")
    return promises.enforce(
        connection,
        office,
        call_in_id=call_in_id,
        promise_id=promise_id,
        lines=form(*lines),
        why="the promise",
        on=LATER + timedelta(5),
    )


def test_a_promise_is_made_kept_and_counted(connection: Connection, office: Office):
    call_in_id = lay(connection, "held")
    first = make_promise(connection, office, call_in_id)
    make_promise(connection, office, call_in_id, kind="help", group="WEST", what="a job fair")
    counted = count_rows(connection, LATER).iloc[0]
    assert (counted["promises"], counted["promises_kept"], counted["promises_late"]) == (2, 0, 0)
    promises.keep(connection, office, call_in_id=call_in_id, promise_id=first, why="done", on=LATER + timedelta(9))
    with pytest.raises(CallInError, match="already"):
        promises.keep(connection, office, call_in_id=call_in_id, promise_id=first, why="done", on=LATER + timedelta(9))
    late = count_rows(connection, LATER + timedelta(31)).iloc[0]
    assert (late["promises"], late["promises_kept"], late["promises_late"]) == (2, 1, 1)
    assert count_rows(connection, LATER + timedelta(30)).iloc[0]["promises_late"] == 0
    assert count_rows(connection, LATER + timedelta(8)).iloc[0]["promises_kept"] == 0, "that day did not know it yet"


@pytest.mark.parametrize(
    ("said", "why_not"),
    [
        ({"group": "EAST"}, "nobody approved"),
        ({"group": None}, "made to a group"),
        ({"kind": "revenge"}, "enforcement or help"),
        ({"what": " "}, "--what"),
        ({"owner": ""}, "--owner"),
    ],
)
def test_a_promise_that_is_refused(connection: Connection, office: Office, said, why_not):
    with pytest.raises(CallInError, match=why_not):
        make_promise(connection, office, lay(connection, "held"), **said)
    assert rows(connection, "promises") == 0


def test_an_action_under_a_promise_keeps_it_and_says_all_that_it_must(connection: Connection, office: Office):
    call_in_id = lay(connection, "held")
    promise_id = make_promise(connection, office, call_in_id)
    another = ACTION | {"record": "memberships/MB-S3"}
    assert enforce(connection, office, call_in_id, promise_id, ACTION, another) == 2
    day = LATER + timedelta(5)
    assert count_rows(connection, day).iloc[0][["promises", "promises_kept"]].tolist() == [1, 1]
    actions = core_rows(connection, day)["enforcement_actions"]
    assert list(actions.columns) == list(model.table("core.enforcement_actions").names)
    assert sorted(actions["action_type"]) == ["enforcement", "enforcement", "promise"]
    taken = actions[actions["action_type"] == "enforcement"]
    assert set(taken["trigger_incident_id"]) == {"HO-1"} and set(taken["own_conduct"]) == {ACTION["own_conduct"]}
    (promised,) = actions[actions["action_type"] == "promise"].to_dict("records")
    assert (promised["promised_date"].date(), promised["action_date"].date()) == (LATER, day)
    # One promise is one promised action, whatever is done under it.
    assert actions["promised_date"].notna().sum() == 1
    assert actions["action_id"].is_unique
    assert len(core_rows(connection, LATER)["enforcement_actions"]) == 1


def test_no_action_without_own_conduct_and_the_groups_own_violence(connection: Connection, office: Office):
    call_in_id = lay(connection, "held")
    promise_id = make_promise(connection, office, call_in_id)
    shoot(connection, "HO-suspected", on=LATER + timedelta(2), group="SOUTH", status="suspected")
    shoot(connection, "HO-before", on=DAY, group="SOUTH")
    shoot(connection, "HO-of-others", on=LATER + timedelta(2), group="NORTH")
    wrong = [
        *((f"{name}. is empty", {name: ""}) for name in ACTION),
        ("in a group", {"own_conduct": "SOUTH"}),
        ("in a group", {"own_conduct": "He is a known member of South."}),
        ("nobody who is a member", {"record": record("N1")}),
        ("nobody who is a member", {"record": "arrests/AR-none"}),
        ("no review found", {"incident_id": "HO-none"}),
        ("no review found", {"incident_id": "HO-suspected"}),
        ("no review found", {"incident_id": "HO-before"}),
        ("no review found", {"incident_id": "HO-of-others"}),
    ]
    with pytest.raises(FormError) as raised:
        enforce(connection, office, call_in_id, promise_id, ACTION, *(ACTION | change for _, change in wrong))
    assert_said(raised, [said for said, _ in wrong], first=3)
    assert rows(connection, "promises") == 1


def test_a_later_review_that_finds_no_group_ends_the_trigger(connection: Connection, office: Office):
    call_in_id = lay(connection, "held")
    promise_id = make_promise(connection, office, call_in_id)
    desk.add(
        connection,
        model.table("desk.incident_reviews"),
        why="new evidence",
        known_on=LATER + timedelta(4),
        review_id="HO-1/suspect",
        incident_id="HO-1",
        side="suspect",
        group_id="SOUTH",
        status="no",
    )
    with pytest.raises(FormError, match="no review found"):
        enforce(connection, office, call_in_id, promise_id, ACTION)


def test_enforcement_rests_on_a_promise_of_enforcement_of_this_call_in(connection: Connection, office: Office):
    call_in_id = lay(connection, "held")
    help_promised = make_promise(connection, office, call_in_id, kind="help")
    with pytest.raises(CallInError, match="is of help"):
        enforce(connection, office, call_in_id, help_promised, ACTION)
    with pytest.raises(CallInError, match="no promise of this call-in"):
        enforce(connection, office, lay(connection, "held"), help_promised, ACTION)


# -------------------------------------------------------------------------------------------------- what may be counted


def test_counts_of_a_call_in_are_those_of_the_day(connection: Connection, office: Office):
    call_in_id = lay(connection, "reviewed", "W1")
    steps(connection, office, call_in_id, *((person, "invited", DAY) for person in ("N1", "S2")), on=DAY)
    hold(connection, office, call_in_id)
    steps(connection, office, call_in_id, ("N1", "attended", LATER), ("N1", "delivered", LATER))
    now = count_rows(connection, LATER)
    assert list(now.columns) == list(model.table("mart.call_in_counts").names)
    assert now.iloc[0][["status", "planned", "approved", "removed", "invited"]].tolist() == ["held", 4, 3, 1, 2]
    assert now[["attended", "delivered", "help_offered", "help_taken"]].isna().all(axis=None), "two were invited"
    then = count_rows(connection, DAY).iloc[0]
    assert then[["status", "invited"]].tolist() == ["reviewed", 2]
    assert count_rows(connection, DAY - timedelta(1)).empty
    warehouse.replace_as_of(connection, model.table("mart.call_in_counts"), LATER, now)
    connection.execute("delete from mart.call_in_counts")


def test_of_five_invited_the_counts_say_how_many_came(connection: Connection):
    call_in_id = lay(connection, "held")
    people = [
        {"record_table": "memberships", "record_id": f"MB-{person}", "group_id": "NORTH", "session": 1}
        for person in ("N1", "N2", "N3", "N4", "N5")
    ]
    call_ins.add_steps(connection, call_in_id, [{**person, "step": "invited"} for person in people], why="w", on=DAY)
    call_ins.add_steps(connection, call_in_id, [{**people[0], "step": "attended"}], why="w", on=DAY)
    assert count_rows(connection, DAY).iloc[0][["invited", "attended", "delivered"]].tolist() == [5, 1, 0]


def test_somebody_of_two_groups_is_one_person_in_the_counts(connection: Connection, office: Office):
    lay(connection, "planned")
    connection.execute("update core.person_records set confirmed_person_id = 'p_N1' where record_id = 'MB-W1'")
    try:
        assert count_rows(connection, DAY).iloc[0]["planned"] == 3
    finally:
        connection.execute("update core.person_records set confirmed_person_id = 'p_W1' where record_id = 'MB-W1'")


def test_who_was_invited_and_did_not_come_cannot_be_recognised(connection: Connection, office: Office):
    """Two plans that differ in nothing but who came give the same rows."""

    def told(came: str) -> list[dict[str, Any]]:
        for table in TOUCHED:
            connection.execute(f"delete from desk.{table}")
        call_in_id = lay(connection, "reviewed", "S2", "W1")
        steps(connection, office, call_in_id, ("N1", "invited", DAY), ("N5", "invited", DAY))
        hold(connection, office, call_in_id)
        assert core_rows(connection, DAY)["notifications"].empty, "it is there once it is held"
        steps(connection, office, call_in_id, (came, "attended", LATER), (came, "delivered", LATER))
        frame = core_rows(connection, LATER)["notifications"]
        assert list(frame.columns) == list(model.table("core.notifications").names)
        assert frame["notification_id"].is_unique and {day.date() for day in frame["notification_date"]} == {LATER}
        # Each call-in has a random key of its own.
        return frame.drop(columns="notification_id").dropna(axis=1, how="all").to_dict("records")

    rows_of_one, rows_of_other = told("N1"), told("N5")
    key = lambda row: repr(sorted(row.items()))  # noqa: E731
    assert sorted(rows_of_one, key=key) == sorted(rows_of_other, key=key)
    assert len(rows_of_one) == 2
    assert {name for row in rows_of_one for name in row} == {
        "group_id",
        "mode",
        "notification_date",
        "was_invited",
        "has_attended",
        "message_delivered",
    }
    (came,) = (row for row in rows_of_one if row["has_attended"] is True)
    (stayed,) = (row for row in rows_of_one if row["has_attended"] is not True)
    assert came["group_id"] == "NORTH" and came["message_delivered"] is True
    assert pd.isna(stayed["group_id"]) and stayed["message_delivered"] is None, "nor by the group, where it sent one"


def test_no_number_of_a_notification_tells_the_group_of_who_stayed_away(connection: Connection, office: Office):
    """Whoever knows the call-in can make its numbers: of who stayed away they may say no more than the row does."""
    call_in_id = lay(connection, "reviewed")
    steps(connection, office, call_in_id, *((person, "invited", DAY) for person in ("N1", "S2", "W1")))
    hold(connection, office, call_in_id)
    made = {
        hashlib.sha256(chr(31).join([call_in_id, group, str(number)]).encode()).hexdigest()[:20]
        for group in called_in.GROUPS
        for number in range(1, 10)
    }
    frame = core_rows(connection, LATER)["notifications"]
    assert len(frame) == 3 and frame["group_id"].isna().all()
    assert not made & set(frame["notification_id"])


def test_a_cancelled_meeting_notified_nobody(connection: Connection, office: Office):
    call_in_id = lay(connection, "reviewed")
    steps(connection, office, call_in_id, ("N1", "invited", DAY))
    call_in_steps.record_cancelled(connection, office, call_in_id=call_in_id, why="rain", on=LATER)
    assert core_rows(connection, LATER)["notifications"].empty


# --------------------------------------------------------------------------------------------------- orders, the log


def forget(connection: Connection, *records: tuple[str, str]) -> None:
    """What expungement does with the desk for records that an order is to forget."""
    connection.execute("create or replace temp macro fingerprint_of(a, b) as a || '/' || b")
    connection.execute(
        "create or replace temp table forgotten (order_id varchar, table_name varchar, fingerprint varchar)"
    )
    for table, key in records:
        connection.execute("insert into forgotten values ('o', ?, ?)", [table, f"{table}/{key}"])
    for table, about in model.DESK_RECORDS.items():
        expungement._remove_events(connection, table, *about)


def test_an_expunged_membership_takes_steps_checks_and_actions_with_it(connection: Connection, office: Office):
    call_in_id = lay(connection, "held")
    promise_id = make_promise(connection, office, call_in_id)
    south = ACTION | {"record": "memberships/MB-S2"}
    enforce(connection, office, call_in_id, promise_id, south)
    steps(connection, office, call_in_id, ("S2", "invited", LATER))
    members = connection.execute("from desk.memberships").df()
    forget(connection, ("memberships", "MB-S2"))
    connection.execute("delete from desk.memberships")
    connection.register("members", members)
    connection.execute("insert into desk.memberships by name from members")
    connection.unregister("members")
    for table in ("call_in_people", "call_in_checks", "promises"):
        left = connection.execute(f"select count(*) from desk.{table} where record_id = 'MB-S2'").fetchone()
        assert left == (0,), table
    assert "S2" not in people_of(connection, office, call_in_id)
    counted = count_rows(connection, LATER + timedelta(5)).iloc[0]
    assert (counted["promises"], counted["promises_kept"]) == (1, 1), "the promise is the group's, and was kept"


def test_a_sealed_membership_is_in_no_call_in(connection: Connection, office: Office):
    call_in_id = lay(connection, "planned")
    desk.add(
        connection,
        model.table("desk.orders"),
        why="o",
        known_on=DAY,
        order_id="o",
        kind="seal",
        status="in_force",
    )
    connection.execute(
        "insert into desk.order_records values ('o', 'memberships', 'f', 'MB-W1')",
    )
    assert "W1" not in people_of(connection, office, call_in_id)
    with pytest.raises(FormError, match="names nobody planned"):
        lines = form({"record": record("W1"), "verdict": "approve"})
        call_in_steps.review(connection, office, call_in_id=call_in_id, lines=lines, on=DAY)


def test_the_log_tells_of_each_step_in_counts_and_keys(connection: Connection, office: Office):
    call_in_id = planned(connection, office)
    approve(connection, office, call_in_id)
    hold(connection, office, call_in_id)
    steps(connection, office, call_in_id, ("N1", "invited", LATER))
    promise_id = make_promise(connection, office, call_in_id)
    enforce(connection, office, call_in_id, promise_id, ACTION)
    told = [(entry["what"], audit.facts(entry)) for entry in audit.entries(office)]
    assert [what for what, _ in told] == [
        "call_in_planned",
        "call_in_reviewed",
        "call_in_recorded",
        "call_in_recorded",
        "call_in_recorded",
        "call_in_recorded",
    ]
    assert told[0][1] == {"call_in": call_in_id, "kind": "call_in", "groups": 3, "people": 4, "sessions": 2}
    assert told[1][1] == {"call_in": call_in_id, "approved": 4, "removed": 0, "undecided": 0}
    assert told[3][1] == {"call_in": call_in_id, "invited": 1, "attended": 0, "delivered": 0}
    log = (office.processed_dir / "audit.jsonl").read_text()
    for secret in ("Quartzman", "Zebulon", "MB-", "NORTH", "Quillfeather", "1990"):
        assert secret not in log
