"""Who could be named on a list: one person of a small office, and everything that keeps them off it."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.candidates import candidates, ties_between
from strategic_prosecution.stages.core import NoExtractsError
from strategic_prosecution.warehouse import Connection
from tests.stages import reviewed

NIGHT = reviewed.DAY
ON = NIGHT + timedelta(days=5)
TOMORROW = ON + timedelta(days=1)
MEMBERSHIP = {
    "group_id": "G1",
    "given_name": "Zebulon",
    "family_name": "Quartzman",
    "birth_date": date(1990, 5, 17),
    "criterion": "self_admission",
    "author": "author",
    "approver": "approver",
    "evidence_date": date(2023, 11, 1),
    "last_fact_date": date(2023, 11, 1),
    "reviewed_on": date(2024, 1, 1),
    "source_load": "l1",
}
CHECK = {
    "deconflicted_on": ON,
    "open_warrant": "no",
    "in_custody": "no",
    "counsel": "no",
}
COLUMNS = [
    "record_table",
    "record_id",
    "group_id",
    "tier",
    "person_id",
    "linked_person_id",
    "given_name",
    "family_name",
    "birth_date",
    "supervision_type",
    "supervised_until",
    "officer",
    "mandated_by",
    "reason",
]
# One thing that is done to the person of a number, whose keys end with it.
Step = Callable[[Connection, int], None]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return reviewed.make_office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def connection(office: Office) -> Iterator[Connection]:
    """A night of an office without people, in memory."""
    with warehouse.open_trial(office) as opened:
        warehouse.set_state(opened, "core_as_of", NIGHT.isoformat())
        put(opened, "meta.loads", load_id="l1", extract="audit", extract_date=NIGHT)
        yield opened


def plant(connection: Connection, who: int, *steps: Step) -> None:
    """A member with one arrest of the same person, and a check that found nothing; then what is done to them."""
    put(connection, "core.people", person_id=f"p_{who}", birth_date=date(1990, 5, 17))
    key = {"membership_id": f"M-{who}", "group_id": "G1"}
    linked = {"person_id": f"c_{who}", "linked_person_id": f"p_{who}", "expires_on": date(2025, 10, 31)}
    put(connection, "core.group_memberships", **key, **linked)
    link(connection, who, "memberships", "M")
    add(connection, "memberships", known_on=NIGHT, membership_id=f"M-{who}", **MEMBERSHIP)
    given = (record("arrests", "A", arrest_date=date(2023, 6, 1), birth_date=date(1990, 5, 17)), check())
    for step in (*given, *steps):
        step(connection, who)


def put(connection: Connection, table: str, **values: object) -> None:
    connection.execute(
        f"insert into {table} ({', '.join(values)}) values ({', '.join('?' * len(values))})", list(values.values())
    )


def add(connection: Connection, table: str, *, known_on: date, **values: object) -> None:
    desk.add(connection, model.table(f"desk.{table}"), why="entered", known_on=known_on, **values)


def link(connection: Connection, who: int, table: str, key: str, *, likely: bool = False) -> None:
    """Say whose record it is; a likely one is linked, and neither an identifier nor a reviewer says so."""
    confirmed, basis, probability = ("q", "probabilistic", 0.99) if likely else ("c", "identifier", 1.0)
    ids = {"person_id": f"p_{who}", "confirmed_person_id": f"{confirmed}_{who}"}
    values = {"record_table": table, "record_id": f"{key}-{who}", "basis": basis, "probability": probability}
    put(connection, "core.person_records", **values, **ids)


def record(table: str, key: str, *, likely: bool = False, **values: object) -> Step:
    def recorded(connection: Connection, who: int) -> None:
        own = {name: f"{value}-{who}" if name.endswith("_id") else value for name, value in values.items()}
        put(connection, f"core.{table}", **{model.table(f"core.{table}").key[0]: f"{key}-{who}"}, **own)
        if "source_person_id" in model.table(f"core.{table}").names:
            link(connection, who, table, key, likely=likely)

    return recorded


def sql(text: str) -> Step:
    return lambda connection, who: [connection.execute(part) for part in text.format(who=who).split(";")] and None


def check(of: tuple[str, str] = ("memberships", "M"), *, known_on: date = ON, **values: object) -> Step:
    def checked(connection: Connection, who: int) -> None:
        table, key = of[0], f"{of[1]}-{who}"
        named = {"check_id": f"{table}/{key}", "record_table": table, "record_id": key}
        add(connection, "call_in_checks", known_on=known_on, **named, **CHECK | values)

    return checked


def action(kind: str, day: date = ON, *, known_on: date = ON) -> Step:
    def done(connection: Connection, who: int) -> None:
        values = {"membership_id": f"M-{who}", "action": kind, "action_date": day}
        add(connection, "membership_actions", known_on=known_on, action_id=desk.new_id("action"), **values)

    return done


def membership(**values: object) -> Step:
    """What the desk says of the membership since the night."""
    return lambda connection, who: add(
        connection, "memberships", known_on=ON, membership_id=f"M-{who}", **MEMBERSHIP | values
    )


def seal(table: str, key: str) -> Step:
    def sealed(connection: Connection, who: int) -> None:
        order = f"o_{key}_{who}"
        add(connection, "orders", known_on=ON, order_id=order, kind="seal", status="in_force")
        values = {"order_id": order, "table_name": table, "record_id": f"{key}-{who}"}
        put(connection, "desk.order_records", fingerprint="f", **values)

    return sealed


def found(connection: Connection, office: Office, *, kind: str = "call_in", on: date = ON) -> pd.DataFrame:
    rows = candidates(connection, office, kind=kind, on=on)
    assert list(rows.columns) == COLUMNS
    assert rows["record_id"].is_monotonic_increasing
    return rows


def reasons(connection: Connection, office: Office, *, kind: str = "call_in", on: date = ON) -> dict[str, str]:
    rows = found(connection, office, kind=kind, on=on)
    return dict(zip(rows["record_id"], rows["reason"], strict=True))


def test_somebody_without_a_doubt_is_named_by_the_roster_and_the_records(
    connection: Connection, office: Office
) -> None:
    plant(connection, 1)
    for kind in ("call_in", "custom_notification"):
        (row,) = found(connection, office, kind=kind).to_dict("records")
        assert (row["record_table"], row["record_id"], row["group_id"], row["tier"]) == ("memberships", "M-1", "G1", "")
        assert (row["person_id"], row["linked_person_id"], row["reason"]) == ("c_1", "p_1", "")
        assert (row["given_name"], row["family_name"]) == ("Zebulon", "Quartzman")
        assert row["birth_date"] == pd.Timestamp(1990, 5, 17)
        assert all(pd.isna(row[name]) for name in ("supervision_type", "supervised_until", "officer", "mandated_by"))


def case(*, likely: bool = True, **values: object) -> tuple[Step, Step]:
    """A case of somebody who is likely, and no more, to be the person."""
    return (
        record("cases", "C", **{"filed_date": date(2024, 2, 1), **values}),
        record("defendants", "D", likely=likely, case_id="C"),
    )


VICTIM = record("incident_people", "V", incident_id="I", role="victim", birth_date=date(1990, 5, 17))
NO_ARREST = sql("delete from core.arrests where arrest_id = 'A-{who}'; "
                "delete from core.person_records where record_id = 'A-{who}'")  # fmt: skip
NOT_CHECKED = sql("delete from desk.call_in_checks where record_id = 'M-{who}'")
HELD = {"detained_from": date(2024, 3, 1), "decision_date": date(2024, 3, 1)}
ENDED = {"disposition": "dismissed", "disposition_date": date(2024, 3, 1)}
AT_LARGE = ENDED | {"disposition": "warrant"}
DECIDED = (action("contest", NIGHT), action("uphold"))
CLEARED = {"open_warrant": "yes", "warrant_cleared_by": "the supervising attorney"}
OF_ARREST = ("arrests", "A")


def roster(said: str) -> Step:
    """What the roster says otherwise, and said already on the night."""
    return sql(f"update desk.memberships set {said} where membership_id = 'M-{{who}}'")


def arrest(said: str) -> Step:
    return sql(f"update core.arrests set {said} where arrest_id = 'A-{{who}}'")


def linked(said: str, key: str = "A") -> Step:
    return sql(f"update core.person_records set {said} where record_id = '{key}-{{who}}'")


# What keeps a person off, by what is done to them.
OFF: dict[str, tuple[tuple[Step, ...], str]] = {
    "contested since the night": ((action("contest"),), "membership_not_active"),
    "contested, with a day to come": ((action("contest", TOMORROW, known_on=TOMORROW),), "membership_not_active"),
    "contested again": ((*DECIDED, action("contest")), "membership_not_active"),
    "upheld tomorrow": ((action("contest"), action("uphold", TOMORROW)), "membership_not_active"),
    "removed": ((action("contest"), action("remove")), "membership_not_active"),
    "removed, entered tomorrow": ((action("remove", known_on=TOMORROW),), "membership_not_active"),
    "contested in the audit": ((membership(contested_on=NIGHT),), "membership_not_active"),
    "expired since": ((membership(expires_on=ON),), "membership_not_active"),
    "moved to another group": ((membership(group_id="G2"),), "membership_not_active"),
    "nothing of it left": (
        (sql("delete from desk.memberships where membership_id = 'M-{who}'"), NO_ARREST),
        "record_withdrawn",
    ),
    "gone from the desk": ((sql("delete from desk.memberships where membership_id = 'M-{who}'"),), "record_withdrawn"),
    "written otherwise since": ((membership(state_id="MA1234501"),), "not_identified"),
    "an unreviewed link of .99": (
        (linked("confirmed_person_id = 'q_{who}', basis = 'probabilistic', probability = 0.99"),),
        "not_identified",
    ),
    "accused by a likely link alone": ((linked("confirmed_person_id = 'q_{who}'"), VICTIM), "victim_or_witness_only"),
    "the arrest withdrawn or expunged": ((NO_ARREST,), "not_identified"),
    "the arrest sealed since": ((seal("arrests", "A"),), "not_identified"),
    "a victim only": ((NO_ARREST, VICTIM), "victim_or_witness_only"),
    "a victim, the arrest sealed since": ((VICTIM, seal("arrests", "A")), "victim_or_witness_only"),
    "no birth date": ((arrest("birth_date = null"), roster("birth_date = null")), "birth_date_missing"),
    "two birth dates": ((arrest("birth_date = '2000-05-01'"),), "birth_date_unsure"),
    "under 18": ((arrest("birth_date = '2006-04-06'"), roster("birth_date = '2005-09-01'")), "under_18"),
    "evidence from before 18": (
        (arrest("birth_date = '2006-04-01'"), roster("birth_date = '2005-09-01', evidence_date = '2024-01-15'")),
        "only_juvenile_evidence",
    ),
    "arrested before 18": ((arrest("arrest_date = '2008-05-16'"),), "only_juvenile_records"),
    "for what was done before 18": (
        (
            arrest("arrest_date = '2008-06-01', incident_id = 'I-{who}'"),
            record("incidents", "I", occurred_date=date(2008, 5, 16)),
        ),
        "only_juvenile_records",
    ),
    "arrested on no known day": ((arrest("arrest_date = null"),), "only_juvenile_records"),
    "arrested on a day to come": ((arrest(f"arrest_date = '{TOMORROW}'"),), "only_juvenile_records"),
    "no name": ((roster("family_name = null"),), "name_missing"),
    "an open case": (case(likely=False), "open_case"),
    "an open case by a likely link": (case(), "open_case"),
    "a case that was reopened": (case(**ENDED, is_reopened=True), "open_case"),
    "a case whose end we cannot read": (case(**ENDED | {"disposition": "unmapped"}), "open_case"),
    "a case that ended on no known day": (case(disposition="dismissed"), "open_case"),
    "a defendant without a case": ((record("defendants", "D", likely=True, case_id="C"),), "open_case"),
    "a referral that waits": ((record("referrals", "R", likely=True, received_date=NIGHT),), "open_case"),
    "a case that only custody tells of": (
        (record("cases", "C", filed_date=NIGHT), record("custody", "B", likely=True, case_id="C")),
        "open_case",
    ),
    "consent of tomorrow": ((*case(), check(counsel_consent_on=TOMORROW)), "open_case"),
    "consent for another record": ((*case(), check(OF_ARREST, counsel_consent_on=ON)), "open_case"),
    "a bench warrant": (case(**AT_LARGE), "warrant"),
    "a bench warrant cleared": ((*case(**AT_LARGE), check(**CLEARED)), "open_case"),
    "cleared, and nobody looked": ((*case(**AT_LARGE), check(**CLEARED | {"open_warrant": None})), "warrant"),
    "cleared for another record": ((*case(**AT_LARGE), check(OF_ARREST, **CLEARED)), "warrant"),
    "a warrant found": ((check(open_warrant="yes"),), "warrant"),
    "a warrant found for another record": ((check(OF_ARREST, open_warrant="yes"),), "warrant"),
    "a warrant found for a likely record": (
        (
            linked("confirmed_person_id = 'q_{who}'"),
            record("referrals", "R", received_date=date(2023, 6, 1), screen_result="rejected"),
            check(OF_ARREST, open_warrant="yes"),
        ),
        "warrant",
    ),
    "a warrant entered tomorrow": ((check(open_warrant="yes", known_on=TOMORROW),), "warrant"),
    "not checked for warrants": ((check(open_warrant=None),), "warrant_unknown"),
    "not checked": ((NOT_CHECKED,), "warrant_unknown"),
    "checked tomorrow": ((NOT_CHECKED, check(known_on=TOMORROW)), "warrant_unknown"),
    "another record checked": ((NOT_CHECKED, check(OF_ARREST)), "warrant_unknown"),
    "counsel known": ((check(counsel="yes"),), "counsel"),
    "counsel unknown": ((check(counsel="unknown"),), "counsel_unknown"),
    "in custody": ((record("custody", "B", **HELD),), "in_custody"),
    "in custody by a likely link": ((record("custody", "B", likely=True, **HELD),), "in_custody"),
    "in custody, no first day": ((record("custody", "B", likely=True, decision_type="detained"),), "in_custody"),
    "released tomorrow": ((record("custody", "B", likely=True, **HELD, detained_to=TOMORROW),), "in_custody"),
    "found in custody": ((check(in_custody="yes"),), "in_custody"),
    "custody unknown": ((check(in_custody=None),), "custody_unknown"),
    "stamped too long ago": ((check(deconflicted_on=ON - timedelta(days=15)),), "not_deconflicted"),
    "stamped tomorrow": ((check(deconflicted_on=TOMORROW),), "not_deconflicted"),
}
# What keeps nobody off.
NOT_OFF: dict[str, tuple[Step, ...]] = {
    "a contest decided": DECIDED,
    "said again": (membership(),),
    "joined by a reviewer": (linked("basis = 'reviewed'"),),
    "consent": (*case(), check(counsel_consent_on=ON)),
    "a bench warrant cleared, with consent": (*case(**AT_LARGE), check(**CLEARED, counsel_consent_on=ON)),
    "a case that ended": case(**ENDED),
    "another court's case": (record("custody", "B", **HELD, detained_to=NIGHT, case_id="ELSEWHERE"),),
    "a referral declined": (record("referrals", "R", received_date=NIGHT, screen_result="rejected"),),
    "a slip of the pen": (record("arrests", "A2", arrest_date=TOMORROW, birth_date=date(1990, 5, 17)),),
    "released today": (record("custody", "B", **HELD, detained_to=ON),),
    "never detained": (record("custody", "B", decision_date=NIGHT, decision_type="own_recognizance"),),
    "stamped two weeks ago": (check(deconflicted_on=ON - timedelta(days=14)),),
    "supervision that ended": (
        record("supervision", "S", supervision_type="parole", start_date=date(2020, 1, 1), end_date=NIGHT),
    ),
    "a sealed case": (*case(), seal("defendants", "D")),
    "not contested any more, and checked again": (action("contest", NIGHT), action("uphold"), check()),
}


def test_whatever_keeps_off_does_and_nothing_else(connection: Connection, office: Office) -> None:
    expected = {}
    for who, (why, (steps, reason)) in enumerate(OFF.items(), 100):
        plant(connection, who, *steps)
        expected[f"M-{who}"] = (why, reason)
    for who, (why, steps) in enumerate(NOT_OFF.items(), 500):
        plant(connection, who, *steps)
        expected[f"M-{who}"] = (why, "")
    for kind in ("call_in", "custom_notification"):
        said = reasons(connection, office, kind=kind)
        assert {key: (why, said[key]) for key, (why, _) in expected.items()} == expected


# What speaks for nobody: records that a likely link gives the person, and having been hurt.
FOR_NOBODY = {
    "arrest": record("arrests", "AL", likely=True, arrest_date=NIGHT, birth_date=date(1990, 5, 17), family_name="Q"),
    "suspect": record("incident_people", "PL", likely=True, role="suspect", birth_date=date(1990, 5, 17)),
    "referral": record("referrals", "RL", likely=True, received_date=NIGHT, screen_result="rejected"),
    "custody": record("custody", "BL", likely=True, **HELD, detained_to=NIGHT, birth_date=date(1990, 5, 17)),
    "supervision": record("supervision", "SL", likely=True, supervision_type="parole", start_date=NIGHT),
    "checked": check(
        ("arrests", "AL"), advocate_cleared_on=ON, counsel_consent_on=ON, **CLEARED | {"open_warrant": "no"}
    ),
    "victim": record("incident_people", "VL", role="victim"),
    "witness": record("incident_people", "WL", role="witness"),
}


@pytest.mark.slow
@given(
    people=st.lists(
        st.tuples(st.sampled_from(sorted(OFF)), st.sets(st.sampled_from(sorted(FOR_NOBODY)))), min_size=30, max_size=60
    )
)
# A person more or less says nothing of why one came through: no shrinking.
@settings(max_examples=3, deadline=None, phases=(Phase.generate,))
def test_whoever_is_kept_off_stays_off_whatever_is_likely(office: Office, people: list[tuple[str, set[str]]]) -> None:
    with warehouse.open_trial(office) as connection:
        warehouse.set_state(connection, "core_as_of", NIGHT.isoformat())
        put(connection, "meta.loads", load_id="l1", extract="audit", extract_date=NIGHT)
        for who, (why, others) in enumerate(people):
            plant(connection, who, *(FOR_NOBODY[name] for name in sorted(others)), *OFF[why][0])
        for kind in ("call_in", "custom_notification"):
            said = reasons(connection, office, kind=kind)
            named = [people[int(key.removeprefix("M-"))] for key, reason in said.items() if reason == ""]
            assert (len(said), named) == (len(people), [])


# ------------------------------------------------------------------------------------------- what the other rows say


def supervision(key: str, kind: str, until: date | None, *, officer: str) -> Step:
    spell = {"supervision_type": kind, "start_date": date(2024, 1, 1), "end_date": until, "officer": officer}
    return record("supervision", key, **spell)


def test_whoever_is_supervised_comes_to_a_call_in_by_authority_alone(connection: Connection, office: Office) -> None:
    spells = (
        supervision("S1", "probation", ON, officer="PO-1"),
        supervision("S2", "parole", TOMORROW, officer="PO-2"),
        supervision("S3", "pretrial", date(2025, 1, 1), officer="PO-3"),
    )
    plant(connection, 1, *spells)
    plant(connection, 2, *spells, check(mandated_by="Riverton County Probation"))
    plant(connection, 3, *spells, check(OF_ARREST, mandated_by="Riverton County Probation"))
    plant(connection, 4, supervision("S1", "probation", None, officer="PO-4"))
    assert reasons(connection, office) == {
        "M-1": "no_authority",
        "M-2": "",
        "M-3": "no_authority",
        "M-4": "no_authority",
    }
    visited = found(connection, office, kind="custom_notification").set_index("record_id")
    assert list(visited["reason"]) == [""] * 4, "nobody is compelled to be visited"
    assert list(visited["supervision_type"]) == ["parole", "parole", "parole", "probation"]
    assert list(visited["officer"]) == ["PO-2", "PO-2", "PO-2", "PO-4"]
    assert list(visited["supervised_until"].isna()) == [False, False, False, True]
    assert visited.loc["M-1", "supervised_until"] == pd.Timestamp(TOMORROW)
    assert list(visited["mandated_by"].fillna("")) == ["", "Riverton County Probation", "", ""]


def test_a_likely_link_supervises_nobody(connection: Connection, office: Office) -> None:
    plant(connection, 1, record("supervision", "S", likely=True, supervision_type="parole", start_date=NIGHT))
    (row,) = found(connection, office).to_dict("records")
    assert (row["reason"], row["supervision_type"]) == ("", None)


def test_a_name_is_the_rosters_and_comes_from_another_record_where_it_has_none(
    connection: Connection, office: Office
) -> None:
    other = arrest("given_name = 'Aaron', family_name = 'Bramblewick'")
    plant(connection, 1, other)
    plant(connection, 2, other, roster("given_name = null, family_name = ' '"))
    rows = found(connection, office)
    assert list(rows["reason"]) == ["", ""]
    assert list(rows["given_name"] + " " + rows["family_name"]) == ["Zebulon Quartzman", "Aaron Bramblewick"]


def test_the_latest_birth_date_is_the_one_shown(connection: Connection, office: Office) -> None:
    plant(connection, 1, arrest("birth_date = '1991-03-01'"))
    assert found(connection, office)["birth_date"].tolist() == [pd.Timestamp(1991, 3, 1)]


def test_a_sealed_membership_is_not_there(connection: Connection, office: Office) -> None:
    plant(connection, 1, seal("memberships", "M"))
    plant(connection, 2)
    assert reasons(connection, office) == {"M-2": ""}


def test_two_memberships_tie_nobody_and_one_person_in_two_groups_has_two_rows(
    connection: Connection, office: Office
) -> None:
    for who in (1, 2):
        plant(connection, who)
        second = {"membership_id": f"N-{who}", "group_id": "G2"}
        ids = {"person_id": f"c_{who}", "linked_person_id": f"p_{who}"}
        put(connection, "core.group_memberships", **second, **ids)
        link(connection, who, "memberships", "N")
        add(connection, "memberships", known_on=NIGHT, **MEMBERSHIP | second)
        check(("memberships", "N"))(connection, who)
    NO_ARREST(connection, 2)
    check(("memberships", "N"), in_custody="yes")(connection, 1)
    rows = found(connection, office)
    assert list(zip(rows["record_id"], rows["group_id"], rows["reason"], strict=True)) == [
        ("M-1", "G1", "in_custody"),
        ("M-2", "G1", "not_identified"),
        ("N-1", "G2", "in_custody"),
        ("N-2", "G2", "not_identified"),
    ]


def test_the_clock_goes_on_after_the_night(connection: Connection, office: Office) -> None:
    plant(connection, 1)
    # 2023-11-01 + 730 days.
    for on, reason in ((date(2025, 10, 30), ""), (date(2025, 10, 31), "membership_not_active")):
        check(deconflicted_on=on)(connection, 1)
        assert reasons(connection, office, on=on) == {"M-1": reason}


def test_an_office_without_people_has_no_candidates_and_one_without_a_night_says_so(
    connection: Connection, office: Office
) -> None:
    for kind in model.CALL_IN_KINDS:
        assert found(connection, office, kind=kind).empty
    connection.execute("delete from meta.state where name = 'core_as_of'")
    with pytest.raises(NoExtractsError, match="no run yet"):
        candidates(connection, office, kind="call_in", on=ON)


# ------------------------------------------------------------------------------------------------ the other strategies


def accuse(connection: Connection, who: int, *, incident: str, domestic: bool = True) -> None:
    """Two records of an arrest and the charge it led to, both of one person."""
    put(
        connection,
        "core.arrests",
        arrest_id=f"A-{who}",
        incident_id=incident,
        arrest_date=date(2024, 1, 5),
        is_domestic=domestic,
        family_name="Quartzman",
        birth_date=date(1990, 5, 17),
    )
    link(connection, who, "arrests", "A")
    filed = {"filed_date": date(2024, 1, 9), "incident_id": incident, "offense_category": "simple_assault"}
    put(connection, "core.cases", case_id=f"C-{who}", **filed, disposition="dismissed", disposition_date=NIGHT)
    put(
        connection,
        "core.defendants",
        defendant_id=f"D-{who}",
        case_id=f"C-{who}",
        family_name="Quartzman",
        birth_date=date(1990, 5, 17),
    )
    link(connection, who, "defendants", "D")
    put(connection, "core.people", person_id=f"p_{who}", birth_date=date(1990, 5, 17))


def test_no_intimate_partner_notice_without_the_advocate_or_after_a_dual_arrest_undecided(
    connection: Connection, office: Office
) -> None:
    for who in (1, 2, 3, 4):
        incident = "I-dual" if who > 2 else f"I-{who}"
        put(connection, "core.incidents", incident_id=f"I-{who}", occurred_date=date(2024, 1, 5), is_domestic=True)
        accuse(connection, who, incident=incident)
        # By which of the two records a person is named is for the strategy to say.
        for of in (OF_ARREST, ("defendants", "D")):
            check(of, advocate_cleared_on=None if who == 1 else ON)(connection, who)
    put(connection, "core.incidents", incident_id="I-dual", occurred_date=date(2024, 1, 5), is_domestic=True)
    rows = found(connection, office, kind="intimate_partner").set_index("person_id")
    assert rows["reason"].to_dict() == {
        "c_1": "no_advocate_clearance",
        "c_2": "",
        "c_3": "dual_arrest",
        "c_4": "dual_arrest",
    }
    assert rows.loc["c_2", "tier"] == "C" and rows.loc["c_3", "tier"] == ""
    assert rows["group_id"].isna().all()


def test_a_tier_with_a_doubt_is_none(connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ["record_table", "record_id", "person_id", "linked_person_id", "tier", "reason"]
    doubted = pd.DataFrame([["arrests", "A-1", "c_1", "p_1", "C", "age_unknown"]], columns=columns)
    monkeypatch.setattr("strategic_prosecution.stages.candidates.people_of", lambda *_, **__: doubted)
    accuse(connection, 1, incident="I-1")
    assert reasons(connection, office, kind="intimate_partner") == {"A-1": "tier_not_decided"}


def test_one_record_alone_identifies_nobody(connection: Connection, office: Office) -> None:
    put(connection, "core.incidents", incident_id="I-1", occurred_date=date(2024, 1, 5), is_domestic=True)
    accuse(connection, 1, incident="I-1")
    connection.execute("update core.person_records set confirmed_person_id = 'q_1' where record_table = 'defendants'")
    assert set(found(connection, office, kind="intimate_partner")["reason"]) == {"not_identified"}


def test_a_list_for_the_offices_own_attorneys_needs_no_check(connection: Connection, office: Office) -> None:
    put(connection, "core.incidents", incident_id="I-1", occurred_date=date(2024, 3, 5), is_domestic=False,
        injury="none", weapon="none")  # fmt: skip
    values = {"incident_id": "I-1", "family_name": "Quartzman", "birth_date": date(1990, 5, 17)}
    charged = {"offense_category": "theft", "severity": "misdemeanor"}
    put(connection, "core.arrests", arrest_id="A-1", arrest_date=date(2024, 3, 5), **charged, **values)
    put(connection, "core.referrals", referral_id="R-1", received_date=date(2024, 3, 6), **charged, **values)
    put(connection, "core.people", person_id="p_1", birth_date=date(1990, 5, 17))
    link(connection, 1, "arrests", "A")
    link(connection, 1, "referrals", "R")
    (row,) = found(connection, office, kind="early_intervention").to_dict("records")
    assert (row["person_id"], row["tier"], row["reason"]) == ("c_1", "before_charging", "")
    connection.execute("update core.arrests set birth_date = null; update core.referrals set birth_date = null")
    rows = found(connection, office, kind="early_intervention")
    assert "" not in set(rows["reason"])


# ----------------------------------------------------------------------------------------------------------------- ties


def test_ties_are_between_confirmed_people_of_one_side_within_the_window(
    connection: Connection, office: Office
) -> None:
    def together(incident: str, day: date, *people: int, role: str = "suspect") -> None:
        put(connection, "core.incidents", incident_id=incident, occurred_date=day)
        for who in people:
            key = f"{incident}-{role}"
            put(
                connection,
                "core.incident_people",
                incident_person_id=f"{key}-{who}",
                incident_id=incident,
                role=role,
            )
            link(connection, who, "incident_people", key)

    for who in (1, 2, 3, 4, 5):
        put(connection, "core.people", person_id=f"p_{who}", birth_date=date(1990, 5, 17))
    together("I1", NIGHT, 1, 2, 3)
    together("I2", date(2023, 1, 1), 1, 2)
    together("I3", date(2022, 3, 31), 3, 4)
    together("I4", NIGHT, 4)
    together("I4v", NIGHT, 5, role="victim")
    ties = ties_between(connection, office, people=["c_1", "c_2", "c_3", "c_4", "c_5"])
    # I1: three people, half a tie each; I2: a whole one; I3 is older than 730 days; a victim stands on no side.
    assert ties.to_dict("list") == {
        "source": ["c_1", "c_1", "c_2"],
        "target": ["c_2", "c_3", "c_3"],
        "weight": [1.5, 0.5, 0.5],
        "events": [2, 1, 1],
    }
    assert ties_between(connection, office, people=["c_3", "c_2"]).values.tolist() == [["c_2", "c_3", 0.5, 1]]
    assert ties_between(connection, office, people=[]).empty
    connection.execute("update core.person_records set confirmed_person_id = 'q_3' where person_id = 'p_3'")
    assert "c_3" not in set(ties_between(connection, office, people=["c_1", "c_2", "c_3"])["target"])
