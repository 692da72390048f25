"""The packet of a meeting on a tiny office made by hand: what is on the page, and who is never on it."""

import hashlib
import json
import shutil
import stat
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.report.shooting_review import Case, Side
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages import shooting_review
from strategic_prosecution.warehouse import Connection
from tests.stages.planted import KEY, KEY_NAME, fingerprint_by_hmac

MEETING = date(2024, 3, 20)
CORE_DAY = date(2024, 3, 19)
OFFICE = """
[office]
name = "Tiny"
timezone = "America/New_York"
crs = "EPSG:26986"
processed_dir = "processed"
[[places.areas]]
layer = "district"
file = "areas.geojson"
id = "id"
[release]
smallest_public_area = "district"
"""
VICTIM, SUSPECT, JUVENILE, LIKELY = "Ottilie Faketon", "Barnaby Notreal", "Wilbur Underage", "Horatio Likely"
GONE = "Cornelius Contested"


def put(connection: Connection, table: str, **values: object) -> None:
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    connection.execute(f"insert into {table} ({columns}) values ({marks})", list(values.values()))


def person(connection: Connection, table: str, key: str, confirmed: str, linked: str | None = None) -> None:
    ids = {"person_id": linked or confirmed, "confirmed_person_id": confirmed}
    put(connection, "core.person_records", record_table=table, record_id=key, **ids)


def member(connection: Connection, key: str, name: str, group: str, confirmed: str, **more: object) -> None:
    given, family = name.split()
    expires = more.pop("expires_on", date(2025, 3, 1))
    values = {"given_name": given, "family_name": family, "birth_date": date(1990, 1, 1), **more}
    about = {"membership_id": key, "group_id": group, **values}
    desk.add(connection, model.table("desk.memberships"), why="roster", known_on=date(2024, 1, 1), **about)
    put(
        connection,
        "core.group_memberships",
        membership_id=key,
        person_id=confirmed,
        linked_person_id=confirmed,
        group_id=group,
        known_on=date(2024, 1, 1),
        expires_on=expires,
    )
    person(connection, "memberships", key, confirmed)


def shot(connection: Connection, key: str, incident: str, day: date, **more: object) -> None:
    at = datetime(day.year, day.month, day.day, 23, 30) + timedelta(hours=4)
    values = {"occurred_date": day, "occurred_at": at, "intent": "criminal", "wound_type": "penetrating", **more}
    put(connection, "core.shootings", shooting_id=key, incident_id=incident, **values)


def plant(connection: Connection) -> None:
    """Three shootings of the week, one before, one after; a case; members to whom something happens."""
    warehouse.set_state(connection, "core_as_of", CORE_DAY.isoformat())
    connection.execute("insert into core.areas by name select 'district' as layer, 'D1' as area_id, 'Mudside' as title")
    for place, x in (("p1", 1000.0), ("p2", 1150.0), ("p3", 9000.0)):
        put(connection, "core.places", place_id=place, x=x, y=500.0)
        put(connection, "core.place_areas", place_id=place, layer="district", area_id="D1")
    here = {"address": "100 BLOCK OF FALSE ST", "place_id": "p1"}
    shot(connection, "S1", "I-1", date(2024, 3, 14), is_fatal=True, **here)
    shot(connection, "S2", "I-1", date(2024, 3, 14), is_fatal=False, **here)
    shot(connection, "S3", "I-2", date(2024, 3, 16), place_id="p2", address="FALSE ST & SHAM AVE")
    shot(connection, "S4", "I-3", date(2024, 3, 17), place_id="p3", address="9 NOWHERE RD")
    shot(connection, "S5", "I-4", date(2024, 3, 1), place_id="p3", address="9 NOWHERE RD")
    shot(connection, "S6", "I-5", MEETING)
    shot(connection, "S7", "I-6", date(2024, 3, 15), intent="self_inflicted")
    shot(connection, "S8", "I-7", date(2024, 3, 15))
    put(connection, "core.sealed_records", record_table="incidents", record_id="I-7")
    for incident in ("I-1", "I-2", "I-3", "I-4", "I-5", "I-7"):
        put(connection, "core.incidents", incident_id=incident, occurred_date=date(2024, 3, 14))
    for key, role, name in (("IP-1", "victim", VICTIM), ("IP-2", "suspect", SUSPECT), ("IP-3", "witness", "Wit Ness")):
        given, family = name.split()
        values = {"incident_id": "I-1", "role": role, "given_name": given, "family_name": family}
        put(connection, "core.incident_people", incident_person_id=key, **values)
    given, family = SUSPECT.split()
    arrested = {"incident_id": "I-1", "given_name": given, "family_name": family}
    put(connection, "core.arrests", arrest_id="A-1", arrest_date=date(2024, 3, 15), **arrested)
    put(connection, "core.arrests", arrest_id="A-9", arrest_date=date(2024, 3, 15), incident_id="I-1")
    put(connection, "core.sealed_records", record_table="arrests", record_id="A-9")
    received = {"received_date": date(2024, 3, 16), "screen_date": date(2024, 3, 17), "screen_result": "approved"}
    put(connection, "core.referrals", referral_id="R-1", incident_id="I-1", case_id="CR-1", **received)
    filed = {"filed_date": date(2024, 3, 18), "first_filed_charge": "265/15A"}
    put(connection, "core.cases", case_id="CR-1", incident_id="I-1", **filed)
    put(connection, "core.cases", case_id="CR-9", incident_id="I-2", **filed)
    put(connection, "core.defendants", defendant_id="D-9", case_id="CR-9")
    put(connection, "core.sealed_records", record_table="defendants", record_id="D-9")
    for key, day in (("H-1", date(2024, 3, 19)), ("H-2", date(2024, 4, 2)), ("H-3", date(2024, 5, 2))):
        put(connection, "core.hearings", hearing_id=key, case_id="CR-1", hearing_date=day, hearing_type="status")
    put(connection, "core.victims", victim_id="V-1", incident_id="I-1", case_id="CR-1", contact_count=3)
    contacted = {"first_contact_date": date(2024, 3, 16), "contact_count": 2}
    put(connection, "core.victims", victim_id="V-2", incident_id="I-1", **contacted)
    put(connection, "core.group_feuds", group_id="G1", other_group_id="G2", known_on=date(2024, 1, 1))
    put(connection, "core.group_feuds", group_id="G1", other_group_id="G3", known_on=date(2024, 3, 15))
    _members(connection)
    promise = {"promise_id": "promise_1", "kind": "help", "what": "a job fair", "group_id": "G2", "owner_role": "mayor"}
    table = model.table("desk.promises")
    desk.add(connection, table, why="w", known_on=date(2024, 3, 1), made_on=date(2024, 3, 1), **promise)
    kept = promise | {"promise_id": "promise_2", "kept_on": date(2024, 3, 5)}
    desk.add(connection, table, why="w", known_on=date(2024, 3, 6), made_on=date(2024, 3, 1), **kept)
    old = {"action_id": "E-1", "group_id": "G1", "action_type": "promise", "promised_date": date(2024, 2, 1)}
    put(connection, "core.enforcement_actions", **old, source_load="l1")
    for key, due, done in (("C-1", 10, None), ("C-2", 25, None), ("C-3", 18, 15), ("C-4", 8, 8)):
        values = {"made_date": date(2024, 3, 6), "due_date": date(2024, 3, due), "owner_role": "unit chief"}
        values["done_date"] = date(2024, 3, done) if done else None
        put(connection, "core.commitments", commitment_id=key, what=f"task {key}", **values)
    ranks = {"rank_violence_by": 1, "rank_by_low": 1, "rank_by_high": 4, "shootings_suspect": 7, "shootings_victim": 0}
    put(connection, "mart.group_priorities", as_of=CORE_DAY, group_id="G2", members=5, supervised_members=2, **ranks)


def _members(connection: Connection) -> None:
    member(connection, "M-1", "Zebulon Quartzman", "G1", "q1")
    member(connection, "M-2", JUVENILE, "G1", "q2", birth_date=date(2006, 3, 21))
    member(connection, "M-3", "Nobirth Dateless", "G1", "q3", birth_date=None)
    member(connection, "M-4", LIKELY, "G2", "q4")
    member(connection, "M-5", GONE, "G2", "q5")
    member(connection, "M-6", "Percival Expiring", "G2", "q6", expires_on=date(2024, 4, 10))
    member(connection, "M-7", "Mortimer Expired", "G2", "q7", expires_on=MEETING)
    member(connection, "M-8", "Ebenezer Young", "G2", "q8")
    action = {"action_id": "a1", "membership_id": "M-5", "action": "contest", "action_date": CORE_DAY}
    desk.add(connection, model.table("desk.membership_actions"), why="asked", known_on=CORE_DAY, **action)
    # Of the ninth day before, a second booking still holds Q9.
    member(connection, "M-9", "Septimus Held", "G2", "q9")
    member(connection, "M-10", "Lazarus Awaited", "G2", "q10")
    spells = (
        ("B-1", "q1", None, date(2024, 3, 11)),
        ("B-2", "q2", None, date(2024, 3, 11)),
        ("B-3", "q3", None, date(2024, 3, 11)),
        ("B-4", "x4", "q4", date(2024, 3, 11)),
        ("B-5", "q5", None, date(2024, 3, 11)),
        ("B-8", "q8", None, date(2024, 3, 11)),
        ("B-9", "q9", None, date(2024, 3, 11)),
        ("B-10", "q10", None, date(2024, 4, 1)),
        ("B-11", "q1", None, date(2024, 1, 11)),
    )
    for key, confirmed, linked, until in spells:
        put(connection, "core.custody", custody_id=key, detained_from=date(2024, 1, 5), detained_to=until)
        person(connection, "custody", key, confirmed, linked)
    put(connection, "core.custody", custody_id="B-99", detained_from=date(2024, 3, 1))
    person(connection, "custody", "B-99", "q9")
    # Another record of the same person says that she is 17.
    put(connection, "core.arrests", arrest_id="A-8", arrest_date=date(2024, 2, 1), birth_date=date(2006, 9, 9))
    person(connection, "arrests", "A-8", "q8")
    values = {"supervision_type": "parole", "start_date": date(2023, 1, 1)}
    put(connection, "core.supervision", supervision_id="P-1", end_date=date(2024, 4, 19), **values)
    put(connection, "core.supervision", supervision_id="P-2", end_date=date(2024, 4, 20), **values)
    person(connection, "supervision", "P-1", "q1")
    person(connection, "supervision", "P-2", "q6")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "office.toml").write_text(OFFICE, encoding="utf-8")
    office = load_office(folder / "office.toml")
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        plant(connection)
    return folder


@pytest.fixture
def office(planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv(KEY_NAME, KEY)
    shutil.copytree(planted, tmp_path / "office")
    return load_office(tmp_path / "office" / "office.toml")


def say(office: Office, incident: str, side: str, known_on: date = CORE_DAY, **values: object) -> None:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        about = {"review_id": f"{incident}/{side}", "incident_id": incident, "side": side, **values}
        desk.add(connection, model.table("desk.incident_reviews"), why="seen", known_on=known_on, **about)


def packet_of(office: Office, *, on: date = MEETING) -> tuple[shooting_review.Packet, list[tuple[str, str]]]:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        since = MEETING - timedelta(days=7)
        return shooting_review.read_packet(connection, office, day=MEETING, since=since, on=on)


def write(office: Office, out: Path, **more: object) -> shooting_review.Written:
    asked = {"day": MEETING, "since": None, "recipient": "review partners", "purpose": "weekly review", "on": MEETING}
    with stages.holding(office, what="test"):
        return shooting_review.write_packet(office, **(asked | more), out=out)


def test_the_shootings_since_the_last_meeting_and_no_others(office: Office):
    packet, _ = packet_of(office)
    one, two, three = packet.shootings
    assert (one.incident_id, one.day, one.at, one.hit) == ("I-1", date(2024, 3, 14), "23:30", "1 killed, 1 wounded")
    assert (one.address, one.area) == ("100 BLOCK OF FALSE ST", "Mudside")
    assert (two.incident_id, three.incident_id) == ("I-2", "I-3")
    assert packet.later == ("I-5",), "of the meeting's own day, for the next"
    assert ([shot.incident_id for shot in packet.older], packet.older_count) == (["I-4"], 1)


def test_what_a_review_found_stands_and_suspected_is_not_confirmed(office: Office):
    say(office, "I-1", "victim", group_id="G1", status="suspected")
    say(office, "I-1", "suspect", group_id="G2", status="confirmed")
    say(office, "I-2", "victim", group_id="G9", status="confirmed")
    packet, _ = packet_of(office)
    one, two, _ = packet.shootings
    assert one.sides == (Side("victim", "G1", "suspected"), Side("suspect", "G2", "confirmed"))
    assert one.feuds == (("G1", "G2"),)
    (watch,) = one.watches
    assert (watch.group, watch.status, watch.until, watch.feuds) == ("G1", "suspected", date(2024, 4, 13), ("G2", "G3"))
    assert [watch.group for watch in packet.watches] == ["G1", "G9"], "groups in a feud first"
    assert two.feuds == ()
    before, _ = packet_of(office, on=CORE_DAY - timedelta(days=1))
    assert before.shootings[0].sides == (), "what is known later is not heard"


def test_linked_by_the_review_by_place_by_groups_and_by_case(office: Office):
    def links(office: Office) -> dict[tuple[str, str], tuple[str, ...]]:
        packet, _ = packet_of(office)
        return {(shot.incident_id, link.incident_id): link.whys for shot in packet.shootings for link in shot.links}

    near = "within 200 m and 14 days"
    assert links(office) == {("I-1", "I-2"): (near,), ("I-2", "I-1"): (near,)}, "I-4 is 16 days before I-3"
    say(office, "I-3", "victim", group_id="G1", status="suspected", linked_incident_id="I-4")
    say(office, "I-3", "suspect", group_id="G2", status="suspected")
    say(office, "I-4", "victim", group_id="G2", status="confirmed")
    say(office, "I-4", "suspect", group_id="G1", status="confirmed")
    say(office, "I-2", "suspect", group_id="G2", status="confirmed", linked_incident_id="I-7")
    same = "the same two groups within 30 days"
    assert links(office) == {
        ("I-1", "I-2"): (near,),
        ("I-2", "I-1"): (near,),
        ("I-3", "I-4"): ("the review says so", same),
    }, "a sealed incident is linked to nothing"
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute("update core.cases set docket_id = 'DK-1' where case_id = 'CR-1'")
        put(connection, "core.cases", case_id="CR-3", incident_id="I-3", docket_id="DK-1")
    assert links(office)["I-3", "I-1"] == ("in the same court case",)


def test_the_case_of_a_shooting_and_what_is_missing(office: Office):
    packet, _ = packet_of(office)
    one, two, _ = packet.shootings
    assert one.cases == (
        Case(
            case_id="CR-1",
            received=date(2024, 3, 16),
            screened=date(2024, 3, 17),
            screen_result="approved",
            filed=date(2024, 3, 18),
            charge="265/15A",
            ended=None,
            disposition=None,
            hearing=date(2024, 4, 2),
            hearing_type="status",
        ),
    )
    assert (one.arrests, one.first_arrest) == (1, date(2024, 3, 15)), "a sealed arrest is not there"
    assert (one.victims, one.contacted, one.first_contact, one.contacts) == (2, 1, date(2024, 3, 16), 5)
    assert one.witnesses == 1
    assert one.missing == (
        "review of the victim's side",
        "review of the suspect's side",
        "motive",
        "first contact with a victim",
    )
    assert two.cases == (), "a defendant of its case is sealed"
    assert "arrest" in two.missing and "victim in the office's records" in two.missing


def test_members_are_named_by_confirmed_links_alone_and_never_young_or_contested(office: Office):
    packet, records = packet_of(office)
    told = {
        kind.title.split(" in the")[0]: ([(m.day, m.name, m.groups, m.detail) for m in kind.named], kind.unnamed)
        for kind in packet.members
    }
    assert told == {
        "Released from custody": (
            [(date(2024, 3, 11), "Zebulon Quartzman", ("G1",), None)],
            (("birth date missing", 1), ("under 18", 2)),
        ),
        "Release expected": ([(date(2024, 4, 1), "Lazarus Awaited", ("G2",), None)], ()),
        "Supervision ends": ([(date(2024, 4, 19), "Zebulon Quartzman", ("G1",), "parole")], ()),
        "Membership expires": ([(date(2024, 4, 10), "Percival Expiring", ("G2",), None)], ()),
    }
    assert records == [
        ("custody", "B-1"),
        ("custody", "B-10"),
        ("memberships", "M-1"),
        ("memberships", "M-10"),
        ("memberships", "M-6"),
        ("supervision", "P-1"),
    ]


def test_what_is_owed_and_what_changed(office: Office):
    say(office, "I-1", "victim", group_id="G1", status="suspected", known_on=date(2024, 3, 18))
    packet, _ = packet_of(office)
    assert [(one.what, one.to, one.owner, one.standing) for one in packet.promises] == [
        ("enforcement", "G1", None, "due"),
        ("help: a job fair", "G2", "mayor", "due"),
    ]
    assert [(one.what, one.standing, one.on) for one in packet.commitments] == [
        ("task C-1", "late", date(2024, 3, 10)),
        ("task C-2", "due", date(2024, 3, 25)),
        ("task C-3", "done", date(2024, 3, 15)),
    ]
    assert {what: (now, before) for what, now, before in packet.counts} == {
        "shooting incidents": (3, 0),
        "people killed": (1, 0),
        "people wounded": (3, 0),
        "arrests after a shooting": (1, 0),
        "cases filed after a shooting": (1, 0),
        "incidents reviewed": (1, 0),
        "memberships new in the roster": (0, 0),
        "feuds new in the roster": (1, 0),
        "commitments done": (1, 1),
    }
    (first,) = packet.priorities
    assert (first.group, first.by, first.against) == ("G2", "1 (1 to 4)", "–")


def test_the_page_names_no_victim_witness_suspect_or_likely_link_and_is_logged(office: Office, tmp_path: Path):
    out = tmp_path / "packet.html"
    done = write(office, out)
    assert (done.shootings, done.people) == (3, 4)
    text = out.read_text(encoding="utf-8")
    assert "Zebulon Quartzman" in text and "Not evidence; not for charging, bail or sentencing argument." in text
    for told in ("review partners", "weekly review", "2024-04-19", "CR-1", "next hearing 2024-04-02"):
        assert told in text
    for name in (VICTIM, SUSPECT, JUVENILE, LIKELY, GONE, "Wit Ness", "Nobirth Dateless", "Ebenezer Young"):
        for part in name.split():
            assert part not in text.split("<main>")[1], part
    for name in ("Septimus", "Mortimer", "I-6", "I-7", "CR-9"):
        assert name not in text
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    (entry,) = [entry for entry in audit.entries(office) if entry["what"] == "list_exported"]
    facts = audit.facts(entry)
    assert (facts["export"], facts["view"], facts["people"]) == (done.export_id, "meeting", 4)
    assert fingerprint_by_hmac("memberships", "M-6") in facts["fingerprints"] and len(facts["fingerprints"]) == 6
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        (row,) = connection.execute(
            "select export_id, view, recipient, people, files, why, expires_on from desk.list_exports"
        ).fetchall()
        marks = connection.execute("select table_name, fingerprint, record_id from desk.order_records").fetchall()
    assert row[:4] == (done.export_id, "meeting", "review partners", 4)
    assert list(json.loads(row[4])) == ["packet.html"] and row[5:] == ("weekly review", date(2024, 4, 19))
    assert ("memberships", fingerprint_by_hmac("memberships", "M-1"), None) in marks and len(marks) == 6


@pytest.mark.slow
def test_a_packet_prints(office: Office, tmp_path: Path):
    out = tmp_path / "packet.pdf"
    write(office, out)
    content = out.read_bytes()
    assert content.startswith(b"%PDF-") and stat.S_IMODE(out.stat().st_mode) == 0o600
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        ((files,),) = connection.execute("select files from desk.list_exports").fetchall()
    assert json.loads(files) == {"packet.pdf": hashlib.sha256(content).hexdigest()}


def test_what_cannot_be_written_is_refused_before_it_is_logged(office: Office, tmp_path: Path):
    there = tmp_path / "there.html"
    there.write_text("mine", encoding="utf-8")
    with pytest.raises(SettingsError, match="not replaced"):
        write(office, there)
    assert there.read_text(encoding="utf-8") == "mine"
    with pytest.raises(SettingsError, match="must end in"):
        write(office, tmp_path / "packet.docx")
    with pytest.raises(SettingsError, match="--for"):
        write(office, tmp_path / "p.html", recipient=" ")
    with pytest.raises(SettingsError, match="--since"):
        write(office, tmp_path / "p.html", since=MEETING)
    late = CORE_DAY + timedelta(days=15)
    for days in ({"on": late}, {"day": late}):
        with pytest.raises(shooting_review.StaleCoreError, match="run the night first"):
            write(office, tmp_path / "p.html", **days)
    assert audit.entries(office) == [] and not (tmp_path / "p.html").exists()


def test_a_log_that_cannot_be_written_leaves_no_page(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(audit, "append", full)
    with pytest.raises(OSError, match="no space"):
        write(office, tmp_path / "p.html")
    assert not (tmp_path / "p.html").exists()
