"""The roster: what stands on a day, forms entered whole or not at all, leads adopted with a basis, samples audited."""

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.fingerprints import fingerprint
from strategic_prosecution.groups import active_memberships
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.stages import roster, roster_audit, roster_import, roster_leads
from strategic_prosecution.stages.forms import FormError, read_form, write_form
from strategic_prosecution.stages.roster import RosterError
from strategic_prosecution.warehouse import Connection
from tests.stages import reviewed, rostered
from tests.stages.rostered import APRIL, BASIS, DAY, FEBRUARY, SECRETS

JANUARY = date(2024, 1, 31)
LINE = {name: str(value) for name, value in BASIS.items()} | {
    "group_id": "G3",
    "given_name": "Wilhelmina",
    "family_name": "Sparrowgate",
    "birth_date": "1995-05-05",
}


KEY = "a key of the tests, kept as long as they are"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", KEY)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return reviewed.make_office(tmp_path)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with warehouse.open_trial(reviewed.make_office(tmp_path_factory.mktemp("trial"))) as opened:
        yield opened


@pytest.fixture
def connection(trial: Connection) -> Connection:
    rostered.plant(trial)
    return trial


@pytest.fixture
def act(connection: Connection, office: Office) -> Callable[..., pd.Series]:
    def done(action: str, *, on: date = DAY, key: str = "MB-1", why: str = "letter") -> pd.Series:
        return roster.act(connection, office, key, action=action, why=why, on=on)

    return done


@pytest.fixture
def enter(connection: Connection, office: Office, tmp_path: Path) -> Callable[..., roster_import.Entered]:
    def entered(*lines: Mapping[str, str], on: date = DAY, ending: str = ".csv") -> roster_import.Entered:
        form = filled(tmp_path, lines, ending=ending)
        return roster_import.enter(
            connection, office, roster_import.read_memberships(form, on=on), why="entered", on=on
        )

    return entered


@pytest.fixture
def adopt(connection: Connection, office: Office, tmp_path: Path) -> Callable[..., roster_leads.Adopted]:
    def adopted(
        *lines: Mapping[str, str], lead: int = 1, group: str = "G9", on: date = DAY, why: str = "read the reports"
    ) -> roster_leads.Adopted:
        form = filled(tmp_path, lines)
        return roster_leads.adopt(connection, office, lead, group=group, form=form, why=why, on=on)

    return adopted


def filled(folder: Path, lines: tuple[Mapping[str, str], ...], *, ending: str = ".csv") -> Path:
    path = folder / f"form_{len(list(folder.iterdir()))}{ending}"
    write_form(path, columns=list(dict.fromkeys(name for line in lines for name in line)), rows=lines)
    return path


def reasons(connection: Connection, office: Office, day: date = DAY) -> dict[str, str]:
    rows = roster.weighed(connection, office, day)
    return dict(zip(rows["membership_id"], rows["reason"], strict=True))


def events(connection: Connection, table: str = "memberships") -> int:
    row = connection.execute(f"select count(*) from desk.{table}").fetchone()
    assert row is not None
    return int(row[0])


def messages(error: pytest.ExceptionInfo[FormError]) -> tuple[str, ...]:
    """Of each wrong line one line, in which no value of a record stands."""
    said = error.value.messages
    assert said and all("\n" not in text for text in said)
    assert not [secret for secret in (*SECRETS, "Sparrowgate", "Wilhelmina") for text in said if secret in text]
    return said


def seal(connection: Connection, table: str, key: str) -> None:
    desk.add(
        connection, model.table("desk.orders"), why="o", known_on=DAY, order_id="o", kind="seal", status="in_force"
    )
    connection.execute(
        "insert into desk.order_records by name select 'o' as order_id, ? as table_name, 'f' as fingerprint, "
        "? as record_id",
        [table, key],
    )
    connection.execute("insert into core.sealed_records values (?, ?)", [table, key])


# ------------------------------------------------------------------------------------------------- what stands on a day


def test_a_membership_stands_with_its_person_and_what_is_missing_of_the_birth_date(
    connection: Connection, office: Office
) -> None:
    rows = roster.memberships_as_of(connection, office, DAY).set_index("membership_id")
    assert rows["person_id"].to_dict() == {"MB-1": "p_1", "MB-2": "p_2", "MB-3": "p_2"}
    assert rows["confirmed_person_id"].to_dict() == {"MB-1": "p_1", "MB-2": "p_2", "MB-3": "p_8"}
    # MB-2 states none: of the records that are certainly hers the later, not that of the jail, which is only alike.
    assert rows.loc["MB-2", "birth_date"] == pd.Timestamp(1991, 5, 5)
    assert reasons(connection, office) == {"MB-1": "", "MB-2": "", "MB-3": ""}


def test_another_membership_of_the_same_person_says_the_birth_date_too(connection: Connection, office: Office) -> None:
    connection.execute("update core.person_records set confirmed_person_id = 'p_2' where record_id = 'MB-3'")
    connection.execute("update desk.memberships set birth_date = '1993-03-03' where membership_id = 'MB-3'")
    births = roster.memberships_as_of(connection, office, DAY).set_index("membership_id")["birth_date"]
    assert births["MB-2"] == births["MB-3"] == pd.Timestamp(1993, 3, 3)


def test_a_birth_date_that_only_a_likely_link_gives_is_none(connection: Connection, office: Office) -> None:
    """A father's date of birth would make a child's evidence count."""
    connection.execute("update core.person_records set confirmed_person_id = 'p_7' where record_id = 'MB-2'")
    assert reasons(connection, office)["MB-2"] == "age_unknown"
    connection.execute("update core.defendants set birth_date = '2006-01-01' where defendant_id = 'D-2'")
    connection.execute("update core.person_records set confirmed_person_id = 'p_2' where record_id = 'MB-2'")
    assert reasons(connection, office)["MB-2"] == "evidence_before_18"


def test_a_date_that_stands_for_an_unknown_one_is_no_birth_date(connection: Connection, office: Office) -> None:
    connection.execute("update desk.memberships set birth_date = '1900-01-01'")
    births = roster.memberships_as_of(connection, office, DAY).set_index("membership_id")["birth_date"]
    assert births["MB-1"] == pd.Timestamp(1987, 3, 14) and births["MB-2"] == pd.Timestamp(1991, 5, 5)
    assert reasons(connection, office) == {"MB-1": "", "MB-2": "", "MB-3": "age_unknown"}
    connection.execute("update core.arrests set birth_date = '1900-01-01' where arrest_id = 'A-2'")
    connection.execute("update core.defendants set birth_date = null where defendant_id = 'D-2'")
    assert reasons(connection, office)["MB-2"] == "age_unknown"


def test_a_contest_suspends_until_it_is_decided(connection: Connection, office: Office, act) -> None:
    assert act("contest")["reason"] == "contested"
    assert reasons(connection, office) == {"MB-1": "contested", "MB-2": "", "MB-3": ""}
    assert act("uphold")["reason"] == ""
    assert act("contest")["reason"] == "contested"
    assert act("remove")["reason"] == "removed_on_contest"
    assert reasons(connection, office, APRIL)["MB-1"] == "removed_on_contest"


def test_a_contest_outranks_a_later_file_of_the_audit(connection: Connection, office: Office, act) -> None:
    act("contest", on=JANUARY)
    rostered.membership(connection, "MB-1", "G1", birth_date=date(1987, 3, 14), source_load="l2", known_on=DAY)
    assert roster.memberships_as_of(connection, office, DAY)["source_load"].iloc[0] == "l2", "the file is the later one"
    assert reasons(connection, office)["MB-1"] == "contested"


def test_a_past_day_knows_only_the_actions_of_its_time(connection: Connection, office: Office, act) -> None:
    act("contest", on=JANUARY)
    act("uphold", on=DAY)
    assert reasons(connection, office, date(2024, 1, 25))["MB-1"] == ""
    assert reasons(connection, office, FEBRUARY)["MB-1"] == "contested"
    assert reasons(connection, office, DAY)["MB-1"] == ""


def test_what_takes_away_does_not_wait_for_the_next_extract_and_what_gives_back_does(
    connection: Connection, office: Office, act
) -> None:
    """The newest core is of the end of March; the letter came in April."""
    act("contest", on=APRIL)
    assert reasons(connection, office, DAY)["MB-1"] == "contested"
    assert reasons(connection, office, FEBRUARY)["MB-1"] == ""
    act("uphold", on=APRIL)
    assert reasons(connection, office, DAY)["MB-1"] == "contested"
    assert reasons(connection, office, APRIL)["MB-1"] == ""


def test_notice_counts_from_its_day_where_it_is_required(tmp_path: Path, connection: Connection) -> None:
    plain = reviewed.make_office(tmp_path)
    strict = plain.model_copy(update={"groups": plain.groups.model_copy(update={"notice_required": True})})
    assert reasons(connection, strict)["MB-1"] == "no_notice"
    roster.act(connection, strict, "MB-1", action="notice", why="letter", on=APRIL)
    assert reasons(connection, strict, DAY)["MB-1"] == "no_notice"
    assert reasons(connection, strict, APRIL) == {"MB-1": "", "MB-2": "no_notice", "MB-3": "no_notice"}


@pytest.mark.parametrize(
    ("before", "step", "said"),
    [
        ([], {"action": "contest", "key": "MB-77"}, "no membership on the desk"),
        ([], {"action": "contest", "why": " "}, "say why"),
        ([], {"action": "uphold"}, "nothing is contested"),
        ([("contest", DAY)], {"action": "contest"}, "contested already"),
        ([("remove", DAY)], {"action": "remove"}, "removed already"),
        ([("remove", DAY)], {"action": "uphold"}, "nothing is contested"),
        ([("contest", DAY)], {"action": "uphold", "on": FEBRUARY}, "the last step on it was on 2024-03-31"),
        ([("contest", APRIL)], {"action": "uphold", "on": DAY}, "the last step on it was on 2024-04-10"),
    ],
)
def test_a_step_that_cannot_follow_is_refused_and_leaves_nothing(
    connection: Connection, act, before: list[tuple[str, date]], step: dict[str, str], said: str
) -> None:
    for action, on in before:
        act(action, on=on)
    with pytest.raises(RosterError, match=said):
        act(**step)
    assert events(connection, "membership_actions") == len(before)


def test_a_sealed_membership_has_no_steps_and_is_not_listed(connection: Connection, office: Office, act) -> None:
    seal(connection, "memberships", "MB-1")
    with pytest.raises(RosterError, match="no membership on the desk"):
        act("contest")
    assert list(roster.listed(connection, office, on=DAY)["membership_id"]) == ["MB-2", "MB-3"]


def test_memberships_are_found_by_group_and_by_a_record_of_the_person(connection: Connection, office: Office) -> None:
    connection.execute("delete from core.person_records where record_id = 'MB-1'")
    shown = roster.listed(connection, office, on=DAY, group="G1")
    assert dict(zip(shown["membership_id"], shown["reason"], strict=True)) == {"MB-1": "not_linked_yet", "MB-2": ""}
    hers = roster.listed(connection, office, on=DAY, record=("arrests", "A-2"))
    assert dict(zip(hers["membership_id"], hers["link"], strict=True)) == {"MB-2": "certain", "MB-3": "likely"}
    assert not {"given_name", "family_name", "birth_date", "state_id", "person_id"} & set(hers.columns)
    with pytest.raises(RosterError, match="not in the newest core"):
        roster.listed(connection, office, on=DAY, record=("arrests", "A-99"))
    logged = [(entry["what"], audit.facts(entry)) for entry in audit.entries(office)]
    assert logged == [
        ("reviewed", {"memberships": 2, "of_a_record": False}),
        ("reviewed", {"memberships": 2, "of_a_record": True}),
    ]


# ------------------------------------------------------------------------------------------------------ entered by hand


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_form_is_entered_once_and_counts_once_it_is_linked(
    connection: Connection, office: Office, enter, ending: str
) -> None:
    done = enter(LINE, ending=ending)
    assert (done.recorded, done.corrected, done.unchanged, done.tips) == (1, 0, 0, 0)
    (key,) = set(reasons(connection, office)) - {"MB-1", "MB-2", "MB-3"}
    assert key.startswith("m_") and len(key) == 22
    rows = roster.memberships_as_of(connection, office, DAY).set_index("membership_id")
    assert rows.loc[key, "birth_date"] == pd.Timestamp(1995, 5, 5) and pd.isna(rows.loc[key, "source_load"])
    assert rows.loc[key, "known_on"] == pd.Timestamp(DAY)
    assert reasons(connection, office)[key] == "tip", "nobody knows yet who it is"
    connection.execute(
        "insert into core.person_records by name select 'memberships' as record_table, ? as record_id, "
        "'p_n' as person_id, 'p_n' as confirmed_person_id",
        [key],
    )
    assert reasons(connection, office)[key] == ""
    again = enter(LINE, LINE | {"given_name": " Wilhelmina "}, ending=ending)
    assert (again.recorded, again.unchanged, events(connection)) == (0, 2, 4)


def test_the_same_line_again_is_unchanged_and_another_day_is_no_change(
    connection: Connection, office: Office, enter
) -> None:
    enter(LINE)
    logged = len(audit.entries(office))
    assert enter(LINE, on=APRIL).unchanged == 1
    assert events(connection) == 4 and len(audit.entries(office)) == logged


def test_a_stated_end_may_lie_ahead(enter) -> None:
    assert enter(LINE | {"expires_on": "2024-12-31"}).recorded == 1


def test_a_correction_is_a_new_event_known_from_its_day(connection: Connection, office: Office, enter) -> None:
    enter(LINE | {"approver": ""})
    done = enter(LINE, on=APRIL)
    assert (done.recorded, done.corrected) == (1, 1)
    approvers = [
        roster.memberships_as_of(connection, office, day)
        .set_index("membership_id")["approver"]
        .drop(["MB-1", "MB-2", "MB-3"])
        .iloc[0]
        for day in (DAY, APRIL)
    ]
    assert pd.isna(approvers[0]) and approvers[1] == "Lt. Invented"
    with pytest.raises(FormError) as error:
        enter(LINE | {"author": "other"}, on=DAY)
    assert "known since 2024-04-10" in messages(error)[0]


def test_what_does_not_count_is_entered_and_told(connection: Connection, enter) -> None:
    done = enter(
        LINE | {"approver": ""},
        LINE | {"criterion": ""},
        LINE | {"group_id": "G4"},
        LINE | {"birth_date": "2006-06-02", "source": "b"},
        LINE | {"birth_date": "2005-06-01", "source": "c"},
        LINE | {"birth_date": "", "source": "d"},
        LINE | {"given_name": "zebulon", "family_name": "QUARTZMAN", "birth_date": "1987-03-14"},
        LINE | {"state_id": "ma-7654302", "given_name": "", "family_name": "", "birth_date": ""},
    )
    assert done == roster_import.Entered(
        recorded=8,
        corrected=0,
        unchanged=0,
        tips=2,
        # Quartzman by name and birth date, Fernwhistle by number.
        people_known=2,
        # Sparrowgate as born on four days, one of them unknown.
        people_not_known=4,
        # Sparrowgate in G3 and G4; Quartzman by name in G3 alone; Fernwhistle by number in G1 and G3.
        people_in_two_groups=2,
        evidence_before_18=1,
        birth_date_missing=2,
    )


@pytest.mark.parametrize("years", range(1990, 2000))
def test_eighteen_is_counted_as_the_night_counts_it(years: int) -> None:
    """The command and the night agree about each day around the birthday, leap days too."""
    for birth in (date(1992, 2, 29), date(years, 3, 1), date(years, 12, 31)):
        for offset in range(-3, 4):
            day = date(birth.year + 18, birth.month, min(birth.day, 28)) + timedelta(days=offset)
            row: dict[str, object] = dict.fromkeys(model.table("desk.memberships").names)
            row |= {**BASIS, "membership_id": "m", "person_id": "p", "group_id": "g", "birth_date": birth}
            row |= {"evidence_date": day, "known_on": day, "last_fact_date": day, "reviewed_on": day}
            _, left_out = active_memberships(pd.DataFrame([row]), as_of=day, criteria=model.MEMBERSHIP_CRITERIA)
            counted = left_out.set_index("reason")["memberships"]["evidence_before_18"]
            assert roster_import.is_before_18(birth, day) == bool(counted), (birth, day)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"group_id": ""}, "names no group"),
        ({"given_name": "", "family_name": ""}, "names nobody"),
        ({"criterion": "Family"}, "alone is never a basis"),
        ({"criterion": "neighborhood"}, "alone is never a basis"),
        ({"criterion": "self_admision"}, r"did you mean \[self_admission\]"),
        ({"birth_date": "14/03/1987"}, r"\[birth_date\] is no day"),
        ({"birth_date": "1900-01-01"}, r"\[birth_date\] is over 110 years ago"),
        ({"birth_date": "1987-02-30"}, r"\[birth_date\] is no day"),
        ({"evidence_date": "2024-04-01", "last_fact_date": "2024-04-01"}, r"\[evidence_date\] is after 2024-03-31"),
        ({"known_on": "2024-04-01"}, r"\[known_on\] is after 2024-03-31"),
        ({"known_on": "2023-01-01"}, r"\[known_on\] is before \[evidence_date\]"),
        ({"last_fact_date": "2023-01-01"}, r"\[last_fact_date\] is before \[evidence_date\]"),
        ({"birth_date": "2023-12-12"}, r"\[evidence_date\] is before \[birth_date\]"),
        ({"sex": "f"}, r"\[sex\] is none of"),
        ({"membership_id": "MB-1"}, "comes from an extract"),
        ({"source": "other", "membership_id": "H-1"}, "same membership_id"),
    ],
)
def test_one_wrong_line_and_nothing_is_entered(
    connection: Connection, office: Office, enter, change: dict[str, str], said: str
) -> None:
    with pytest.raises(FormError, match=said) as error:
        enter(LINE | {"membership_id": "H-1"}, LINE | change)
    assert len(messages(error)) == 1 and "line 3: " in messages(error)[0]
    assert events(connection) == 3 and audit.entries(office) == []


def test_every_wrong_line_is_told_and_unknown_columns_are_refused(connection: Connection, enter) -> None:
    with pytest.raises(FormError) as error:
        enter(LINE | {"group_id": ""}, LINE, LINE | {"criterion": "address"})
    assert [text.split(":")[0].split(", ")[1] for text in messages(error)] == ["line 2", "line 4"]
    with pytest.raises(SettingsError, match=r"\[aprover\]; did you mean \[approver\]"):
        enter(LINE | {"aprover": "x"})
    with pytest.raises(SettingsError, match="no line filled in"):
        enter({"group_id": ""})


def test_a_forgotten_membership_does_not_come_back_by_hand(
    connection: Connection, office: Office, enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(office.warehouse.fingerprint_key_env, "a long and random text for tests")
    from strategic_prosecution.fingerprints import fingerprint, fingerprint_key

    desk.add(connection, model.table("desk.orders"), why="o", known_on=DAY, order_id="x", kind="expunge", status="done")
    mark = fingerprint("memberships", "H-1", key=fingerprint_key(office))
    connection.execute(
        "insert into desk.order_records by name select 'x' as order_id, 'memberships' as table_name, ? as fingerprint",
        [mark],
    )
    with pytest.raises(FormError, match="made the office forget"):
        enter(LINE | {"membership_id": "H-1"})
    assert enter(LINE | {"membership_id": "H-2"}).recorded == 1
    connection.execute("delete from desk.state")


def test_an_empty_form_is_one_that_is_read_back(tmp_path: Path, enter) -> None:
    assert set(roster_import.FORM) <= set(roster_import.COLUMNS)
    assert enter({name: LINE.get(name, "") for name in roster_import.FORM}).recorded == 1


# --------------------------------------------------------------------------------------------------- leads and adoption

BASIS_LINE = {name: LINE[name] for name in roster_leads.FORM[1:-1]}


def test_leads_are_numbers_of_the_newest_night(connection: Connection, office: Office) -> None:
    shown = roster_leads.leads(connection, office)
    assert shown.to_dict("records")[0] == {
        "lead": 1,
        "people": 3,
        "ties": 3,
        "stability": 0.9,
        "against_the_roster": "matched",
        "shares_with": "G1: 2, G2: 1",
    }
    assert len(shown) == 2 and pd.isna(shown["shares_with"][1])


def test_a_lead_shows_the_events_in_which_its_ties_arose(connection: Connection, office: Office) -> None:
    """A-3 has no date of birth of his own, his person has; the domestic incident ties nobody."""
    for number, person in ((1, "p_1"), (2, "p_2")):
        connection.execute(
            "insert into core.arrests by name select ? as arrest_id, 'I-3' as incident_id, "
            "date '2024-02-03' as arrest_date",
            [f"A-3{number}"],
        )
        connection.execute(
            "insert into core.person_records by name select 'arrests' as record_table, ? as record_id, ? as person_id, "
            "? as confirmed_person_id",
            [f"A-3{number}", person, person],
        )
    found = roster_leads.lead_events(connection, office, 1)
    assert [tuple(row) for row in found.astype({"event_date": str}).itertuples(index=False)] == [
        ("incident/I-1", "2024-01-10", 3),
        ("docket/DK-7", "2024-02-20", 2),
    ]
    assert [(entry["what"], audit.facts(entry)) for entry in audit.entries(office)] == [
        ("reviewed", {"lead": 1, "events": 2})
    ]
    assert list(roster_leads.lead_events(connection, office, 2)["event"]) == ["incident/I-2"]
    with pytest.raises(RosterError, match="no lead of this number"):
        roster_leads.lead_events(connection, office, 3)


def test_a_sealed_incident_or_case_is_no_event_of_a_lead(connection: Connection, office: Office) -> None:
    seal(connection, "cases", "CR-7")
    assert list(roster_leads.lead_events(connection, office, 1)["event"]) == ["incident/I-1"]
    seal(connection, "incidents", "I-1")
    assert roster_leads.lead_events(connection, office, 1).empty


def test_an_event_counts_the_people_of_the_lead_alone(connection: Connection, office: Office) -> None:
    connection.execute("update core.arrests set incident_id = 'I-1' where arrest_id = 'A-4'")
    assert list(roster_leads.lead_events(connection, office, 1)["people"]) == [3, 2]
    assert roster_leads.lead_events(connection, office, 2).empty, (
        "one of its people alone in an event ties nobody of it"
    )


def test_a_lead_is_adopted_by_records_and_their_basis(connection: Connection, office: Office, adopt) -> None:
    done = adopt(
        {"record": "arrests/A-1"} | BASIS_LINE,
        {"record": "defendants/D-2"} | BASIS_LINE | {"known_on": "2024-03-01"},
    )
    assert (done.is_new_group, done.people, done.people_left, done.entered.recorded) == (True, 2, 1, 2)
    rows = roster.memberships_as_of(connection, office, DAY)
    rows = rows[rows["group_id"].eq("G9")].sort_values("state_id").reset_index(drop=True)
    assert list(rows["family_name"]) == ["Quartzman", "Fernwhistle"]
    # Of the record that was named, not of the others that the links give the same person.
    assert rows["state_id"].tolist()[0] == "MA1234501" and pd.isna(rows["state_id"][1])
    assert rows["birth_date"].dt.date.tolist() == [date(1987, 3, 14), date(1991, 5, 5)]
    assert rows["known_on"].dt.date.tolist() == [DAY, date(2024, 3, 1)]
    assert rows["reviewed_on"].dt.date.tolist() == [DAY, DAY]
    assert rows["source_load"].isna().all() and set(rows["why"]) == {"read the reports"}
    again = adopt({"record": "arrests/A-1"} | BASIS_LINE)
    assert (again.is_new_group, again.entered.recorded, again.entered.unchanged) == (False, 0, 1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"record": "arrests/A-4"}, "of nobody in this lead"),
        ({"record": "arrests/A-77"}, "not in the newest core"),
        ({"record": "arrest/A-1"}, "no table of people"),
        ({"record": "memberships/MB-1"}, "a membership is no basis"),
        ({"record": "incident_people/IP-1"}, "of a victim, a witness"),
        ({"record": "arrests/A-3"}, "has no date of birth"),
        ({"record": "arrests/A-1", "criterion": ""}, r"\[criterion\] is empty"),
        ({"record": "arrests/A-1", "approver": ""}, r"\[approver\] is empty"),
        ({"record": "arrests/A-1", "source": ""}, r"\[source\] is empty"),
        ({"record": "arrests/A-1", "evidence_date": ""}, r"\[evidence_date\] is empty"),
        ({"record": "arrests/A-1", "criterion": "family"}, "never a basis"),
        ({"record": "arrests/A-1", "evidence_date": "2005-03-13"}, "before the 18th birthday"),
        ({"record": "arrests/A-1", "last_fact_date": "2024-04-01"}, "is after 2024-03-31"),
    ],
)
def test_who_has_no_basis_is_not_adopted_and_nobody_else_of_the_form(
    connection: Connection, office: Office, adopt, line: dict[str, str], said: str
) -> None:
    with pytest.raises(FormError, match=said) as error:
        adopt({"record": "arrests/A-2"} | BASIS_LINE, BASIS_LINE | line)
    assert len(messages(error)) == 1 and "line 3: " in messages(error)[0]
    assert events(connection) == 3 and audit.entries(office) == []


def test_wrong_lines_of_an_adoption_are_told_in_their_order(connection: Connection, adopt) -> None:
    with pytest.raises(FormError) as error:
        adopt(
            {"record": "arrests/A-1"} | BASIS_LINE | {"evidence_date": "2005-03-13"},
            {"record": "arrests/A-2"} | BASIS_LINE | {"criterion": "family"},
            {"record": "arrests/A-4"} | BASIS_LINE,
            {"record": "x"} | BASIS_LINE,
        )
    assert [text.split(":")[0].split(", ")[1] for text in messages(error)] == ["line 2", "line 3", "line 4", "line 5"]


def test_a_victim_named_with_no_role_is_no_member_either(connection: Connection, adopt) -> None:
    connection.execute("update core.incident_people set role = null")
    with pytest.raises(FormError, match="of a victim, a witness"):
        adopt({"record": "incident_people/IP-1"} | BASIS_LINE)
    connection.execute("update core.incident_people set role = 'suspect'")
    assert adopt({"record": "incident_people/IP-1"} | BASIS_LINE).people == 1


def test_a_sealed_record_adopts_nobody(connection: Connection, adopt) -> None:
    # What is sealed has no link, and what has none is not in core for anybody.
    connection.execute("delete from core.person_records where record_id = 'A-1'")
    with pytest.raises(FormError, match="not in the newest core"):
        adopt({"record": "arrests/A-1"} | BASIS_LINE)


def test_an_adoption_needs_a_reason_a_group_and_a_lead(adopt) -> None:
    line = {"record": "arrests/A-1"} | BASIS_LINE
    for wrong, said in (({"why": " "}, "say why"), ({"group": ""}, "name the group"), ({"lead": 9}, "no lead")):
        with pytest.raises(RosterError, match=said):
            adopt(line, **wrong)


# -------------------------------------------------------------------------------------------------------- sample audits


@pytest.fixture
def drawn(connection: Connection, office: Office, tmp_path: Path) -> Path:
    """A sample of two of the three memberships, as a form."""
    form = tmp_path / "sample.csv"
    roster_audit.draw(connection, office, size=2, seed=4, form=form, recipient="the auditor", on=DAY)
    return form


def answered(form: Path, *answers: tuple[str, str], **changes: str) -> Path:
    lines = [dict(line.values) for line in read_form(form, columns=roster_audit.FORM, required=roster_audit.FORM)]
    for line, (finding, why) in zip(lines, answers, strict=False):
        line |= {"finding": finding, "why": why} | changes
    path = form.with_name(f"answer_{len(list(form.parent.iterdir()))}.csv")
    write_form(path, columns=roster_audit.FORM, rows=lines)
    return path


def test_a_draw_is_written_with_all_a_checker_needs_and_noted(
    connection: Connection, office: Office, drawn: Path
) -> None:
    with drawn.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 2 and {row["membership_id"] for row in rows} < {"MB-1", "MB-2", "MB-3"}
    for row in rows:
        assert row["finding"] == row["why"] == "" and row["criterion"] == "self_admission"
        assert row["birth_date"] and row["source"] == "report 12" and row["evidence_date"] == "2023-06-01"
        for told in ("Not evidence", desk.login(), "the auditor", "sample audit of the roster", "2024-04-30"):
            assert told in row["notice"]
    marked = {fingerprint("memberships", row["membership_id"], key=KEY.encode()) for row in rows}
    assert marked == {mark for (mark,) in connection.execute("select fingerprint from desk.order_records").fetchall()}
    assert drawn.stat().st_mode & 0o777 == 0o600
    facts = [(entry["what"], audit.facts(entry)) for entry in audit.entries(office)]
    assert [
        (what, told.get("memberships"), told.get("drawn_from"), told.get("view"), told.get("people"))
        for what, told in facts
    ] == [("roster_sampled", 2, 3, None, None), ("list_exported", None, None, "review", 2)]
    (export,) = desk.newest(connection, model.table("desk.list_exports")).to_dict("records")
    assert (export["view"], export["recipient"], export["people"]) == ("review", "the auditor", 2)
    assert export["expires_on"].date() == date(2024, 4, 30)
    rows = roster_audit.audit_rows(connection, DAY)
    assert rows[["seed", "sample_size", "drawn_from", "supported", "not_supported", "undecided"]].iloc[0].tolist() == [
        4,
        2,
        3,
        0,
        0,
        2,
    ]
    assert rows[["error_rate", "lower", "upper"]].isna().all(axis=None)


def test_only_what_counts_is_drawn_and_the_draw_can_be_repeated(
    connection: Connection, office: Office, tmp_path: Path, act
) -> None:
    act("contest")

    def keys(name: str, size: int) -> list[str]:
        roster_audit.draw(connection, office, size=size, seed=9, form=tmp_path / name, recipient="a", on=DAY)
        return [
            line.values["membership_id"] for line in read_form(tmp_path / name, columns=roster_audit.FORM, required=())
        ]

    assert keys("a.xlsx", 50) == ["MB-2", "MB-3"]
    assert keys("b.csv", 1) == keys("c.csv", 1)


def test_findings_are_recorded_and_the_error_rate_follows(connection: Connection, office: Office, drawn: Path) -> None:
    found = roster_audit.record_findings(
        connection, office, answered(drawn, ("supported", ""), ("not_supported", "the report is of another")), on=DAY
    )
    assert (found.recorded, found.unchanged, found.decided, found.drawn, found.drawn_from) == (2, 0, 2, 2, 3)
    (key,) = found.not_supported
    assert reasons(connection, office)[key] == "", "a finding takes nobody off: a person does"
    row = roster_audit.audit_rows(connection, DAY).iloc[0]
    assert (row["supported"], row["not_supported"], row["undecided"]) == (1, 1, 0)
    # One of two found; of three, one or two can be wrong.
    assert (row["error_rate"], row["lower"], row["upper"]) == (0.5, 1 / 3, 2 / 3)
    assert roster_audit.audit_rows(connection, FEBRUARY).empty
    assert list(roster_audit.audit_rows(connection, DAY).columns) == list(model.table("mart.roster_audits").names)
    again = roster_audit.record_findings(
        connection, office, answered(drawn, ("supported", ""), ("supported", "found it")), on=APRIL
    )
    assert (again.recorded, again.unchanged, again.not_supported) == (1, 1, ())
    assert roster_audit.audit_rows(connection, APRIL)["error_rate"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("answers", "changes", "said"),
    [
        ([("wrong", "x")], {}, "no finding is called so"),
        ([("not_supported", "")], {}, "say why"),
        ([("undecided", "")], {}, "say why"),
        ([("supported", "")], {"membership_id": "MB-9"}, "was not drawn in this sample"),
        ([("supported", "")], {"sample_id": "sample_x"}, "was not drawn in this sample"),
        ([("supported", ""), ("supported", "")], {"membership_id": "SAME"}, "in another line"),
    ],
)
def test_findings_that_do_not_fit_the_draw_are_refused(
    connection: Connection,
    office: Office,
    drawn: Path,
    answers: list[tuple[str, str]],
    changes: dict[str, str],
    said: str,
) -> None:
    before = events(connection, "membership_audits")
    if changes.get("membership_id") == "SAME":
        (first, *_) = read_form(drawn, columns=roster_audit.FORM, required=())
        changes = {"membership_id": first.values["membership_id"]}
    with pytest.raises(FormError, match=said) as error:
        roster_audit.record_findings(connection, office, answered(drawn, *answers, **changes), on=DAY)
    messages(error)
    assert events(connection, "membership_audits") == before


def test_findings_of_two_samples_are_not_read_together(
    connection: Connection, office: Office, drawn: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    roster_audit.draw(connection, office, size=3, seed=4, form=other, recipient="a", on=DAY)
    (first, *_), (second, *_) = (
        [
            dict(line.values) | {"finding": "supported"}
            for line in read_form(path, columns=roster_audit.FORM, required=())
        ]
        for path in (drawn, other)
    )
    both = tmp_path / "both.csv"
    write_form(both, columns=roster_audit.FORM, rows=[first, second | {"membership_id": "MB-3"}])
    with pytest.raises(FormError, match="line 3: it is of another sample"):
        roster_audit.record_findings(connection, office, both, on=DAY)


def test_a_form_without_findings_or_from_before_the_draw_is_refused(
    connection: Connection, office: Office, drawn: Path
) -> None:
    with pytest.raises(SettingsError, match="no finding filled in"):
        roster_audit.record_findings(connection, office, drawn, on=DAY)
    with pytest.raises(FormError, match="before the draw"):
        roster_audit.record_findings(connection, office, answered(drawn, ("supported", "")), on=FEBRUARY)


def test_nothing_is_drawn_of_an_old_core_or_of_nobody(connection: Connection, office: Office, tmp_path: Path) -> None:
    form = tmp_path / "s.csv"
    with pytest.raises(RosterError, match="run the night first"):
        roster_audit.draw(connection, office, size=2, seed=1, form=form, recipient="a", on=date(2024, 4, 15))
    connection.execute("delete from desk.memberships")
    with pytest.raises(RosterError, match="no membership counts"):
        roster_audit.draw(connection, office, size=2, seed=1, form=form, recipient="a", on=DAY)
    assert not form.exists() and audit.entries(office) == []


def test_the_roster_is_counted_by_what_counts_what_expires_and_why_not() -> None:
    active = pd.DataFrame(
        {"person_id": ["a", "a", "b"], "expires_on": pd.to_datetime(["2024-04-30", "2024-05-01", "2024-04-01"])}
    )
    left_out = pd.DataFrame({"reason": ["tip", "expired"], "memberships": [2, 0], "people": [1, 0]})
    rows = roster_audit.count_rows(active, left_out, as_of=DAY)
    assert list(rows.columns) == list(model.table("mart.roster_counts").names)
    assert [tuple(row) for row in rows[["reason", "memberships", "people"]].itertuples(index=False)] == [
        ("active", 3, 2),
        ("expiring", 2, 2),
        ("tip", 2, 1),
        ("expired", 0, 0),
    ]
