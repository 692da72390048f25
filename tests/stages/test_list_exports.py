"""Who gets which columns of whom, what is refused, and that nothing is written that the desk does not know of."""

import csv
import hashlib
import hmac
import io
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.report.named_page import NOT_EVIDENCE
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.stages import call_ins, list_exports, named_exports
from strategic_prosecution.stages.call_ins import CallIn, CallInError
from strategic_prosecution.stages.list_exports import LISTS, VIEWS, Exported, Said
from strategic_prosecution.warehouse import Connection
from tests.stages import called_in, reviewed
from tests.stages.called_in import DAY, check, name

pytestmark = pytest.mark.slow

KEY = "a-key-of-this-test-and-of-nothing-else"
HELD = DAY + timedelta(days=10)
# Who sits where; N6 is a volunteer, and W1 is required to come by the parole agency.
SEATS = {"N1": ("NORTH", 1), "N6": ("NORTH", 1), "S2": ("SOUTH", 2), "W1": ("WEST", 1)}
TOUCHED = ("call_ins", "call_in_people", "call_in_checks", "promises", "list_exports", "order_records", "feuds")
FOR = {"recipient": "Riverton Outreach", "purpose": "asking people to the meeting", "agreement": "MOU 12 of 2024"}
# What must not stand in a view for others: on supervision, from which group, checked, ranked, tied.
EXPOSURE = (
    *("probation", "parole", "supervis", "NORTH", "SOUTH", "WEST", "1990", "officer", "MB-", "rank", "tie", "reason"),
)
NAMES = tuple(name(person) for person in called_in.MEMBERS)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with warehouse.open_trial(reviewed.make_office(tmp_path_factory.mktemp("trial"))) as opened:
        called_in.plant(opened)
        opened.execute("delete from core.supervision where supervision_id = 'SV-N6'")
        opened.execute("update core.supervision set supervision_type = 'parole' where supervision_id = 'SV-W1'")
        yield opened


@pytest.fixture
def connection(trial: Connection, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """Core and roster, everybody checked, and nothing of a call-in."""
    monkeypatch.setenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", KEY)
    for table in TOUCHED:
        trial.execute(f"delete from desk.{table}")
    trial.execute("delete from desk.state")
    warehouse.set_state(trial, "core_as_of", DAY.isoformat())
    check(trial, *SEATS)
    return trial


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return reviewed.make_office(tmp_path)


def lay(
    connection: Connection,
    *,
    removed: tuple[str, ...] = (),
    undecided: tuple[str, ...] = (),
    seats: dict[str, tuple[str | None, int | None]] | None = None,
    **said: Any,
) -> str:
    """A call-in as the review left it."""
    made = CallIn(desk.new_id("callin"), "call_in", "reviewed", HELD, None, None, "{}", DAY)
    made = replace(made, **said)
    call_ins.add_call_in(connection, made, why="w")
    steps = [
        {"record_table": "memberships", "record_id": f"MB-{person}", "group_id": group, "session": session}
        for person, (group, session) in (SEATS if seats is None else seats).items()
    ]
    call_ins.add_steps(connection, made.call_in_id, [step | {"step": "planned"} for step in steps], why="w", on=DAY)
    decided = [
        step | {"step": "removed" if step["record_id"].removeprefix("MB-") in removed else "approved"}
        for step in steps
        if step["record_id"].removeprefix("MB-") not in undecided
    ]
    call_ins.add_steps(connection, made.call_in_id, decided, why="w", on=DAY)
    return made.call_in_id


def export(
    connection: Connection, office: Office, call_in_id: str, view: str, *, on: date = DAY, **options: Any
) -> Exported:
    folder = options.pop("folder", office.path.parent / "out")
    return list_exports.export(
        office, connection, call_in_id=call_in_id, view=view, folder=folder, on=on, **FOR | {"pdf": False} | options
    )


def lines(done: Exported) -> list[dict[str, str]]:
    [path] = [path for path in done.files if path.suffix == ".csv"]
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def texts(done: Exported) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in done.files)


def refused(connection: Connection, office: Office, call_in_id: str, view: str = "outreach", **options: Any) -> str:
    """The message of a refusal, after which there is no file, no entry and no event."""
    error = options.pop("error", CallInError)
    before = audit.head(office)
    with pytest.raises(error) as raised:
        export(connection, office, call_in_id, view, **options)
    assert list((office.path.parent / "out").glob("*")) == [] and audit.head(office) == before
    assert connection.execute("select count(*) from desk.list_exports").fetchall() == [(0,)]
    assert not [one for one in NAMES if one in str(raised.value)]
    return str(raised.value)


# ------------------------------------------------------------------------------------------------ what a view has


def test_each_view_has_its_columns_and_no_other(connection: Connection, office: Office):
    """The allow-list, written out a second time."""
    allowed = {
        "probation": {"given_name", "family_name", "held_on", "session"},
        "outreach": {"given_name", "family_name", "held_on", "session"},
        "providers": {"code", "held_on", "session"},
        "community": {"held_on", "session", "people"},
    }
    key = lay(connection)
    for view, columns in allowed.items():
        done = export(connection, office, key, view)
        assert set(lines(done)[0]) == columns | {"notice"}, view
        page = next(path for path in done.files if path.suffix == ".html").read_text(encoding="utf-8")
        assert page.count('scope="col"') == len(columns), view
        table = page.split("<table")[1] + "".join(path.read_text() for path in done.files if path.suffix == ".csv")
        assert [word for word in EXPOSURE if word in table] == [], view
    assert set(LISTS) == {*allowed, "review"} and {view for views in VIEWS.values() for view in views} <= {
        *model.LIST_VIEWS
    } - {"meeting"}


def test_an_agency_is_told_of_those_it_supervises_alone(connection: Connection, office: Office):
    key = lay(connection)
    assert [line["family_name"] for line in lines(export(connection, office, key, "probation"))] == [
        name("N1"),
        name("S2"),
    ]
    parole = lines(export(connection, office, key, "probation", supervision="parole"))
    assert [(line["family_name"], line["session"], line["held_on"]) for line in parole] == [
        (name("W1"), "1", "2024-04-10")
    ]


def test_providers_have_a_code_that_only_the_key_makes_and_that_is_of_one_call_in(
    connection: Connection, office: Office
):
    first, second = lay(connection), lay(connection)
    done = export(connection, office, first, "providers")
    expected = {
        hmac.new(KEY.encode(), f"code of {first}\x1fmemberships/MB-{person}".encode(), hashlib.sha256)
        .hexdigest()[:10]
        .upper()
        for person in SEATS
    }
    codes = {line["code"] for line in lines(done)}
    assert codes == expected and not [one for one in NAMES if one in texts(done)]
    assert codes.isdisjoint(line["code"] for line in lines(export(connection, office, second, "providers")))
    # The mapping is in the office's own view.
    review = lines(export(connection, office, first, "review"))
    assert {line["code"] for line in review} == codes and {line["family_name"] for line in review} == {
        name(person) for person in SEATS
    }


def test_the_community_is_told_of_nobody(connection: Connection, office: Office):
    done = export(connection, office, lay(connection), "community")
    assert [(line["session"], line["people"]) for line in lines(done)] == [("1", "3"), ("2", "1")]
    assert not [one for one in (*NAMES, "Zebulon") if one in texts(done)]
    assert connection.execute("select people from desk.list_exports").fetchall() == [(0,)]
    assert connection.execute("select count(*) from desk.order_records").fetchall() == [(0,)]


def test_every_file_says_who_made_it_for_whom_and_what_it_is_not(connection: Connection, office: Office):
    done = export(connection, office, lay(connection), "outreach")
    expires = DAY + timedelta(days=office.groups.call_ins.list_days)
    assert done.expires_on == expires
    for path in done.files:
        text = path.read_text(encoding="utf-8")
        for said in (NOT_EVIDENCE, desk.login(), *FOR.values(), f"{expires}"):
            assert said in text, path.suffix
    assert all(NOT_EVIDENCE in line["notice"] for line in lines(done))


def test_a_name_that_is_a_formula_is_text(connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch):
    found = list_exports.people_for

    def renamed(*arguments: Any, **options: Any) -> pd.DataFrame:
        return found(*arguments, **options).assign(given_name="=HYPERLINK(1)", family_name="@Quartzman")

    monkeypatch.setattr(list_exports, "people_for", renamed)
    line = lines(export(connection, office, lay(connection), "outreach"))[0]
    assert (line["given_name"], line["family_name"]) == ("'=HYPERLINK(1)", "'@Quartzman")


def test_somebody_who_stands_for_two_groups_is_named_once(
    connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch
):
    found = list_exports.people_for

    def one_person(*arguments: Any, **options: Any) -> pd.DataFrame:
        frame = found(*arguments, **options)
        return frame.assign(person_id=frame["person_id"].replace("p_W1", "p_N1"))

    monkeypatch.setattr(list_exports, "people_for", one_person)
    key = lay(connection)
    done = export(connection, office, key, "outreach")
    assert (done.people, len(lines(done))) == (3, 3)
    assert len({line["code"] for line in lines(export(connection, office, key, "review"))}) == 3
    # Each of the records is known as told.
    marked = connection.execute("select count(*) from desk.order_records where order_id = ?", [done.export_id])
    assert marked.fetchall() == [(4,)]


# ------------------------------------------------------------------------------------------------ letters and sheets


def test_letters_go_to_the_approved_and_say_who_requires_it(connection: Connection, office: Office):
    said = Said(places=("Opal Hall", "Onyx Hall"), times=("6 pm", "8 pm"), contact="555-0100")
    done = export(connection, office, lay(connection, removed=("W1",)), "letters", said=said)
    _, *letters = texts(done).split("<article")
    by_name = {one: letter for one in NAMES for letter in letters if one in letter}
    assert len(letters) == len(by_name) == 3
    assert "Riverton Parole requires you to come" in by_name[name("N1")]
    assert "You do not have to come. Nothing happens if you do not." in by_name[name("N6")]
    assert "Onyx Hall" in by_name[name("S2")] and "Opal Hall" not in by_name[name("S2")]


def test_nobody_is_required_where_the_plan_says_so(connection: Connection, office: Office):
    key = lay(connection, plan='{"is_voluntary": true}')
    assert "requires you" not in texts(export(connection, office, key, "letters"))


def test_a_plan_without_compulsion_has_no_view_for_an_agency(connection: Connection, office: Office):
    assert "nobody is required" in refused(
        connection, office, lay(connection, plan='{"is_voluntary": true}'), "probation"
    )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said(places=("Opal Hall",)), "--place is given once per session, in order: 2 times"),
        (Said(times=("6 pm",) * 3), "--time is given once per session, in order: 2 times"),
        (Said(places=("Opal Hall",) * 2, times=("6 pm",) * 2), "two sessions would be at one place and time"),
    ],
)
def test_sessions_stay_apart(connection: Connection, office: Office, said: Said, words: str):
    assert words in refused(connection, office, lay(connection), "letters", said=said, error=SettingsError)


def test_a_place_stays_with_its_session_when_nobody_of_another_is_left(connection: Connection, office: Office):
    check(connection, "N1", "N6", "W1", counsel="yes")
    said = Said(places=("Opal Hall", "Onyx Hall"))
    done = export(connection, office, lay(connection), "letters", said=said)
    assert "Onyx Hall" in texts(done) and "Opal Hall" not in texts(done)


def test_the_briefing_names_who_comes_feuds_and_promises_that_are_owed(connection: Connection, office: Office):
    key = lay(connection)
    desk.add(
        connection,
        model.table("desk.feuds"),
        why="w",
        known_on=DAY,
        feud_id="F1",
        group_id="NORTH",
        other_group_id="SOUTH",
    )
    for number, values in enumerate(
        (
            {"group_id": "NORTH", "what": "a clinic on Opal Street"},
            {"group_id": "SOUTH", "what": "kept already", "kept_on": DAY},
            {"group_id": "EAST", "what": "to somebody else"},
            {"group_id": "SOUTH", "what": "now about Quillfeather", "record_table": "arrests", "record_id": "A-1"},
        )
    ):
        said = {"promise_id": f"promise_{number}", "call_in_id": key, "kind": "help", "made_on": DAY, **values}
        desk.add(connection, model.table("desk.promises"), why="w", known_on=DAY, **said)
    text = texts(export(connection, office, key, "briefing"))
    assert "<li>NORTH and SOUTH</li>" in text and "a clinic on Opal Street" in text
    assert not [words for words in ("kept already", "to somebody else", "Quillfeather") if words in text]
    assert [name(person) in text for person in SEATS] == [True] * 4
    assert not [words for words in ("probation", "parole", "1990", "MB-", "Riverton Parole") if words in text]


def chosen(*people: str, **values: Any) -> pd.DataFrame:
    """What the rule of another strategy finds, all eligible."""
    return pd.DataFrame(
        [
            {
                "record_table": "memberships",
                "record_id": f"MB-{person}",
                "group_id": None,
                "tier": "D",
                "person_id": f"p_{person}",
                "linked_person_id": f"p_{person}",
                "given_name": "Zebulon",
                "family_name": name(person),
                "birth_date": date(1990, 5, 1),
                "supervision_type": None,
                "supervised_until": None,
                "officer": None,
                "mandated_by": None,
                "reason": "",
            }
            | values
            for person in people
        ]
    )


@pytest.mark.parametrize("kind", VIEWS)
def test_a_kind_has_its_views_and_no_other(
    kind: str, connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch
):
    frame = chosen("N1", "S2", supervision_type="probation", mandated_by="Riverton Parole")
    monkeypatch.setattr(list_exports, "people_for", lambda *_, **__: frame)
    check(connection, "N1", "S2", advocate_cleared_on=DAY)
    is_meeting = kind in call_ins.MEETINGS
    seats = dict.fromkeys(("N1", "S2"), (None, 1 if is_meeting else None))
    key = lay(connection, kind=kind, held_on=HELD if is_meeting else None, seats=seats)
    for view in model.LIST_VIEWS:
        if view in VIEWS[kind]:
            assert export(connection, office, key, view).people == 2
        else:
            with pytest.raises(SettingsError, match=f"{kind} has no view"):
                export(connection, office, key, view)


def test_no_intimate_partner_letter_without_the_advocates_clearance(
    connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(list_exports, "people_for", lambda *_, **__: chosen("N1", "S2"))
    key = lay(connection, kind="intimate_partner", held_on=None, seats={"N1": (None, None), "S2": (None, None)})
    check(connection, "N1", advocate_cleared_on=DAY)
    assert "no clearance" in refused(connection, office, key, "letters")
    check(connection, "S2", advocate_cleared_on=DAY + timedelta(days=1))
    assert "no clearance" in refused(connection, office, key, "letters")
    check(connection, "S2", advocate_cleared_on=DAY)
    assert export(connection, office, key, "letters").people == 2


# ------------------------------------------------------------------------------------------------ what is refused


def test_nothing_leaves_before_everybody_is_approved_or_removed(connection: Connection, office: Office):
    for view in VIEWS["call_in"]:
        key = lay(connection, undecided=("S2",))
        assert "the review is not over" in refused(connection, office, key, view)
        assert "only while it is reviewed" in refused(connection, office, lay(connection, status="planned"), view)
        assert "cancelled" in refused(connection, office, lay(connection, status="cancelled"), view)


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (DAY + timedelta(days=15), "run the night first"),
        (DAY - timedelta(days=1), "name that day or a later one"),
        (HELD + timedelta(days=1), "the meeting was on"),
    ],
)
def test_a_day_on_which_nobody_may_be_told(connection: Connection, office: Office, on: date, words: str):
    assert words in refused(connection, office, lay(connection), on=on)


def test_a_day_before_what_core_knows_is_refused(connection: Connection, office: Office):
    key = lay(connection)
    warehouse.set_state(connection, "core_as_of", f"{DAY + timedelta(days=2)}")
    assert "would be left out" in refused(connection, office, key, on=DAY + timedelta(days=1))


def test_a_meeting_has_a_day(connection: Connection, office: Office):
    assert "has no day yet" in refused(connection, office, lay(connection, held_on=None))


def test_groups_of_one_session_that_fell_out_since_the_plan(connection: Connection, office: Office):
    key = lay(connection)
    values = {"feud_id": "F1", "group_id": "WEST", "other_group_id": "NORTH"}
    desk.add(connection, model.table("desk.feuds"), why="w", known_on=DAY, **values)
    assert "NORTH and WEST are in an open feud and in one session" in refused(connection, office, key)
    desk.add(connection, model.table("desk.feuds"), why="w", known_on=DAY, **values | {"ended_on": DAY})
    assert export(connection, office, key, "outreach").people == 4


@pytest.mark.parametrize("word", ["recipient", "purpose", "agreement"])
@pytest.mark.parametrize("said", ["", "  ", "two\nlines", "x" * 201])
def test_recipient_purpose_and_agreement_are_said(connection: Connection, office: Office, word: str, said: str):
    told = refused(connection, office, lay(connection), error=SettingsError, **{word: said})
    assert f"--{word} is said in one line" in told


def test_without_a_fingerprint_key_nothing_leaves(
    connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY")
    assert "holds no key" in refused(connection, office, lay(connection), error=SettingsError)


def test_who_may_not_be_named_any_more_is_left_out_and_counted(connection: Connection, office: Office):
    key = lay(connection)
    check(connection, "N1", counsel="yes")
    done = export(connection, office, key, "review")
    assert (done.people, done.left_out) == (3, 1) and name("N1") not in texts(done)
    assert "1 person approved at the review is not here" in texts(done)
    # How many there were is not a partner's to know.
    assert "not here" not in texts(export(connection, office, key, "outreach"))
    check(connection, "N6", "S2", "W1", in_custody="yes")
    with pytest.raises(CallInError, match="nobody approved may be named on 2024-03-31"):
        export(connection, office, key, "outreach")


def test_a_sealed_record_is_on_no_list(connection: Connection, office: Office):
    key = lay(connection)
    values = {"order_id": "order_1", "kind": "seal", "status": "in_force", "reference": "r"}
    desk.add(connection, model.table("desk.orders"), why="w", known_on=DAY, **values)
    connection.execute("insert into desk.order_records values ('order_1', 'memberships', 'f', 'MB-N1')")
    try:
        done = export(connection, office, key, "outreach")
    finally:
        connection.execute("delete from desk.orders")
    assert done.people == 3 and name("N1") not in texts(done)


# ------------------------------------------------------------------------------------------------ what is written down


def test_the_desk_says_who_was_told_of_whom_by_fingerprints(connection: Connection, office: Office):
    done = export(connection, office, lay(connection, removed=("W1",)), "outreach", pdf=True)
    row = connection.execute(
        "select view, recipient, why, agreement, people, files, expires_on, known_on from desk.list_exports "
        "where export_id = ?",
        [done.export_id],
    ).fetchone()
    assert row is not None
    assert row[:5] == ("outreach", FOR["recipient"], FOR["purpose"], FOR["agreement"], 3)
    assert json.loads(row[5]) == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in done.files}
    assert {path.suffix for path in done.files} == {".csv", ".html", ".pdf"} and row[6:] == (done.expires_on, DAY)
    marked = connection.execute("select table_name, fingerprint, record_id from desk.order_records").fetchall()
    assert sorted(marked) == sorted(
        (
            "memberships",
            hmac.new(KEY.encode(), f"memberships\x1fMB-{person}".encode(), hashlib.sha256).hexdigest(),
            None,
        )
        for person in ("N1", "N6", "S2")
    )
    [entry] = [entry for entry in audit.entries(office) if entry["what"] == "list_exported"]
    assert (entry["view"], entry["people"], entry["export"]) == ("outreach", 3, done.export_id)
    log = (office.processed_dir / "audit.jsonl").read_text()
    assert not [one for one in (*NAMES, "Zebulon", "MB-", *FOR.values()) if one in log]


def test_files_and_their_folder_are_their_owners_alone(connection: Connection, office: Office):
    done = export(connection, office, lay(connection), "outreach", pdf=True)
    assert {stat.S_IMODE(path.stat().st_mode) for path in done.files} == {0o600}
    assert stat.S_IMODE(done.files[0].parent.stat().st_mode) == 0o700


def test_a_folder_that_others_can_open_or_that_is_none_is_refused(connection: Connection, office: Office):
    (office.path.parent / "open").mkdir(mode=0o755)
    key = lay(connection)
    assert "is open to others; chmod 700" in refused(
        connection, office, key, folder=office.path.parent / "open", error=SettingsError
    )
    for folder in (office.path, office.path.parent / "not" / "there"):
        assert "cannot be used" in refused(connection, office, key, folder=folder, error=SettingsError)


def test_a_file_that_is_there_is_not_replaced(connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch):
    key = lay(connection)
    done = export(connection, office, key, "outreach")
    before = texts(done)
    monkeypatch.setattr(desk, "new_id", lambda prefix: done.export_id)
    with pytest.raises(SettingsError, match="cannot be used"):
        export(connection, office, key, "outreach")
    assert texts(done) == before


@pytest.mark.parametrize("fails", ["audit.append", "desk.add", "desk.check_fingerprint_key"])
def test_no_file_is_left_that_no_record_tells_of(
    fails: str, connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch
):
    key = lay(connection)
    module, _, function = fails.partition(".")
    seen: list[int] = []

    def fail(*_: Any, **__: Any) -> None:
        seen.append(sum(path.stat().st_size for path in (office.path.parent / "out").glob("*")))
        raise KeyboardInterrupt

    monkeypatch.setattr(getattr(named_exports, module), function, fail)
    with pytest.raises(KeyboardInterrupt):
        export(connection, office, key, "outreach")
    # Nothing was in a file while the records were not made, and no file is left.
    assert seen == [0] and list((office.path.parent / "out").glob("*")) == []
    assert connection.execute("select count(*) from desk.list_exports").fetchall() == [(0,)]


# ------------------------------------------------------------------------------------------------ whatever is decided


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fates=st.fixed_dictionaries(
        {person: st.sampled_from(("approved", "removed", "counsel", "in_custody", "stale")) for person in SEATS}
    ),
    view=st.sampled_from(VIEWS["call_in"]),
)
def test_only_the_approved_who_may_be_named_are_ever_in_a_file(
    connection: Connection, office: Office, fates: dict[str, str], view: str
):
    for table in ("call_ins", "call_in_people", "call_in_checks"):
        connection.execute(f"delete from desk.{table}")
    for person, fate in fates.items():
        found = {fate: "yes"} if fate in ("counsel", "in_custody") else {}
        check(connection, person, on=DAY - timedelta(days=20 if fate == "stale" else 0), **found)
    key = lay(connection, removed=tuple(person for person, fate in fates.items() if fate == "removed"))
    may = {person for person, fate in fates.items() if fate == "approved"}
    if view == "probation":
        may &= {"N1", "S2"}
    try:
        done = export(connection, office, key, view)
    except CallInError:
        assert not may
        return
    text = texts(done)
    named = {person for person in called_in.MEMBERS if name(person) in text}
    assert named == (set() if view in ("providers", "community") else may)
    assert done.people == len(may)
    log = (office.processed_dir / "audit.jsonl").read_text()
    assert not [one for one in NAMES if one in log]
