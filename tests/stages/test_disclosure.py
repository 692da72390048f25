"""What a disclosure shows is what the files say of the person, all of it, and of nobody else who is.

The files are read here with Python's csv module, and what must and must not stand on a page is worked out by hand.
"""

import csv
import hashlib
import hmac
import json
import re
import shutil
import stat
from datetime import date
from pathlib import Path

import duckdb
import pytest

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.report.disclosure import MASKED
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages import orders
from strategic_prosecution.stages.disclosure import Disclosed, disclose
from strategic_prosecution.stages.selection import Asked, SelectionError
from tests.leaks import find_leaks
from tests.stages.conftest import office_in

pytestmark = pytest.mark.slow

TODAY = date(2024, 7, 1)
KEY = "a-key-of-this-test-and-of-nothing-else"
SOMEBODY = "[another person]"
OFFICE = """
[office]
name = "Small"
timezone = "America/New_York"
crs = "EPSG:26986"
raw_dir = "raw"
processed_dir = "processed"
settle_seconds = 0

[retention]
lists_days = 30

[release]
public_demo_key = "a-key-of-this-test-and-of-nothing-else"

[extracts.arrests]
files = "arrests_*.csv"
extract_date = "filename"
holds = "everything"
max_withdrawn_share = 1.0
max_set_aside_share = 1.0
system = "police"
[[extracts.arrests.feeds]]
table = "arrests"
key = "arrest_id"
[extracts.arrests.feeds.columns]
arrest_id = "NO"
incident_id = "INCIDENT"
arrest_date = "DAY"
source_person_id = "MNI"
state_id = "SID"
given_name = "FIRST"
family_name = "LAST"
birth_date = "BORN"
home_address = "HOME"

[extracts.matters]
files = "matters_*.csv"
extract_date = "filename"
[[extracts.matters.feeds]]
table = "cases"
key = "case_id"
columns = { case_id = "CASE", incident_id = "INCIDENT", filed_date = "FILED" }
[[extracts.matters.feeds]]
table = "defendants"
key = "defendant_id"
[extracts.matters.feeds.columns]
defendant_id = "DEF"
case_id = "CASE"
state_id = "SID"
given_name = "FIRST"
family_name = "upper(LAST)"
birth_date = "BORN"
[[extracts.matters.feeds]]
table = "incident_people"
key = "incident_person_id"
where = "VICTIM <> ''"
[extracts.matters.feeds.columns]
incident_person_id = "VICTIM"
incident_id = "INCIDENT"
role = "'victim'"
given_name = "V_FIRST"
family_name = "V_LAST"
birth_date = "V_BORN"
sex = "V_SEX"

[extracts.jail]
files = "jail_*.csv"
extract_date = "filename"
system = "jail"
[[extracts.jail.feeds]]
table = "custody"
key = "custody_id"
[extracts.jail.feeds.columns]
custody_id = "SPELL"
source_person_id = "INMATE"
given_name = "FIRST"
family_name = "LAST"
birth_date = "BORN"
detained_from = "FROM"

[extracts.persons]
files = "persons_*.csv"
extract_date = "filename"
[[extracts.persons.layouts]]
name = "whole names"
header = ["ROW", "INC", "WHO", "SID"]
columns = { given = "split_part(WHO, ' ', 1)", family = "split_part(WHO, ' ', 2)" }
[[extracts.persons.feeds]]
table = "incident_people"
key = "incident_person_id"
[extracts.persons.feeds.columns]
incident_person_id = "ROW"
incident_id = "INC"
role = "'suspect'"
state_id = "SID"
given_name = "given"
family_name = "upper(family)"

[extracts.referrals]
files = "referrals_*.csv"
extract_date = "filename"
[[extracts.referrals.feeds]]
table = "referrals"
key = "referral_id"
[extracts.referrals.feeds.columns]
referral_id = "REF"
case_id = "CASE"
received_date = "DAY"
given_name = "FIRST"
family_name = "LAST"
birth_date = "BORN"

[extracts.audit]
files = "audit_*.csv"
extract_date = "filename"
[[extracts.audit.feeds]]
table = "memberships"
key = "membership_id"
[extracts.audit.feeds.columns]
membership_id = "NO"
group_id = "GROUP"
state_id = "SID"
birth_date = "BORN"
criterion = "BASIS"
source = "SOURCE"
approver = "APPROVER"
evidence_date = "LAST"
reviewed_on = "LAST"
last_fact_date = "LAST"
known_on = "KNOWN"
"""
ARRESTS = "NO,INCIDENT,DAY,MNI,SID,FIRST,LAST,BORN,HOME,REMARK\n"
MAY = """\
A1,I1,2024-05-02,77001,MA1000001,Zebulon,Quartzman,1990-03-04,12 Hollow Lane,"said ""no""
and no more, to Ward"
A2,I1,2024-05-02,77002,MA1000002,Ward,Obsidian,1985-07-09,9 Elsewhere Rd,tall
A3,I1,2024-05-02,77003,MA1000003,Quillon,Quartzman,1992-01-30,9 Elsewhere Rd,
A9,I9,2024-05-09,,,ZEBULON,quartzman,1990-03-04,,
A8,I8,2024-05-08,77001,MA1000001,Zeb,Quartzman,1990-03-04,4 Former St,withdrawn since
"""
JUNE = """\
A1,I1,2024-05-02,77001,MA1000001,Zebulon,Quartzman,1990-03-04,12 Hollow Lane,"said ""no""
and no more, to Ward"
A2,I1,2024-05-02,77002,MA1000002,Ward,Obsidian,1985-07-09,9 Elsewhere Rd,tall
A3,I1,2024-05-02,77003,MA1000003,Quillon,Quartzman,1992-01-30,9 Elsewhere Rd,
A9,I9,2024-05-09,,,ZEBULON,quartzman,1990-03-04,,
A7,I7,some day,77001,MA1000001,Zebulon,Quartzman,1990-03-04,12 Hollow Lane,undated
"""
# Each of these ways to write them is somebody else's name, number or birth date; Forward and Limit are words.
NOTES = (
    "Forward to unit. WARD and ward obsidian; josé Nandu Feldspar, JOSE; QUILLON Quartzman\\x1b[2J "
    "dob 7/9/1985, MA-100-0002; 25 Dec 1971; 77002; Zebulon was there"
)
NOTES_MASKED = (
    f"Forward to unit. {SOMEBODY} and {SOMEBODY} {SOMEBODY}; {SOMEBODY} {SOMEBODY}, {SOMEBODY}; "
    f"{SOMEBODY} Quartzman\\x1b[2J dob {SOMEBODY}, {SOMEBODY}; {SOMEBODY}; {SOMEBODY}; Zebulon was there"
)
MATTERS = f"""\
CASE,INCIDENT,FILED,DEF,SID,FIRST,LAST,BORN,VICTIM,V_FIRST,V_LAST,V_BORN,V_SEX,NOTES
C1,I1,2024-05-10,D1,MA1000001,Zebulon,Quartzman,1990-03-04,V1,José,Ñandú-Feldspar,1971-12-25,F,"{NOTES}"
C2,I1,2024-05-10,D2,MA1000002,Ward,Obsidian,1985-07-09,,,,,,a note on him
C3,I5,2024-05-11,D3,MA1000006,Onyx,Marlstone,1983-02-02,,,,,,
C3,I5,2024-05-11,D4,MA1000007,Basalt,Pumice,1984-03-03,,,,,,of Basalt
""".replace("\\x1b", "\x1b")
JAIL = "SPELL,INMATE,FIRST,LAST,BORN,FROM\nS1,77001,Perpetua,Gneiss,1980-01-01,2024-05-03\n"
PERSONS = "ROW,INC,WHO,SID\nP1,I1,Perdita Slate,MA1000005\nP2,I1,Zebulon Quartzman,MA1000001\n"
REFERRALS = (
    "REF,CASE,DAY,FIRST,LAST,BORN\nR1,C1,2024-05-09,zebulon,QUARTZMAN,1990-03-04\nR2,C1,2024-05-09,Zebulon,Quartzman,\n"
)
AUDIT = """\
NO,GROUP,SID,BORN,BASIS,SOURCE,APPROVER,LAST,KNOWN
M1,G1,MA1000001,1990-03-04,self_admission,told by Ward,Supervisor 2,2024-01-05,2024-01-06
M2,G2,MA1000001,1990-03-04,,hearsay,,2024-01-05,2024-01-07
M3,G1,MA1000002,1985-07-09,self_admission,a session,Supervisor 2,2024-01-05,2024-01-06
"""
OTHERS = (
    *("Ward", "Obsidian", "Quillon", "Ñandú", "Feldspar", "Perdita", "Slate"),
    *("MA1000002", "MA1000003", "MA1000005", "1985-07-09", "1971-12-25"),
)


def make_office(folder: Path, more: str = "") -> Office:
    (folder / "raw").mkdir(parents=True)
    (folder / "office.toml").write_text(OFFICE + more, encoding="utf-8")
    for name, content in (
        ("arrests_2024-05-31", ARRESTS + MAY),
        ("arrests_2024-06-30", ARRESTS + JUNE),
        ("matters_2024-06-30", MATTERS),
        ("jail_2024-06-30", JAIL),
        ("audit_2024-06-30", AUDIT),
        ("persons_2024-06-30", PERSONS),
        ("referrals_2024-06-30", REFERRALS),
    ):
        (folder / "raw" / f"{name}.csv").write_text(content, encoding="utf-8")
    return load_office(folder / "office.toml")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    stages.nightly(make_office(folder / "office"))
    return folder / "office"


@pytest.fixture
def office(ran: Path, tmp_path: Path) -> Office:
    shutil.copytree(ran, tmp_path / "office", symlinks=True)
    return load_office(tmp_path / "office" / "office.toml")


def disclosed(office: Office, table: str, key: str, *, whole_case: bool = False, **options: object) -> Disclosed:
    asked = Asked(table, key, "a reason", whole_case=whole_case)
    with stages.holding(office, what="test"):
        pages, refused = disclose(
            office, [asked], recipient="A. Counsel", purpose="discovery", known_on=TODAY, **options
        )
    for error in refused:
        raise error
    [page] = pages
    return page


def ordered(office: Office, kind: str, table: str, key: str) -> str:
    with stages.holding(office, what="test"):
        planned = orders.plan(office, kind, [Asked(table, key, "an order", "24-ORD-1")])
        [order] = orders.begin(office, planned.plans, known_on=TODAY)
        stages.finish_orders(office)
    return order


def parts(text: str) -> dict[str, str]:
    """The page's parts by their titles."""
    found = re.split(r"(?m)^(.+)\n=+$", text)
    return dict(zip(found[1::2], found[2::2], strict=True))


def items(part: str) -> dict[str, list[str]]:
    """A part's items by their titles, as lines."""
    found = re.split(r"(?m)^-- (.+)$", part)
    return {
        title: [line.strip() for line in body.splitlines() if line.strip()]
        for title, body in zip(found[1::2], found[2::2], strict=True)
    }


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))


def desk_rows(office: Office, query: str) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{office.desk_path}' as desk_file (read_only); use desk_file")
        return connection.execute(query).fetchall()


# ---------------------------------------------------------------------------------------------- what is on the page


def test_the_head_says_for_whom_why_and_until_when(office: Office):
    page = disclosed(office, "person", "MA1000001")
    head = page.text.split("What was asked")[0]
    for said in (
        page.disclosure_id,
        "for: A. Counsel",
        "purpose: discovery",
        "expires: 2024-07-31",  # thirty days after the first of July
        "Not evidence; not for charging, bail or sentencing argument.",
        "a person reads this before it leaves",
        "Sealed records are not shown.",
    ):
        assert said in head


def test_every_row_of_the_person_is_there_as_written(office: Office):
    rows = items(parts(disclosed(office, "person", "MA1000001").text)["Source rows"])
    titles = [title.split(": ", 1)[1] for title in rows]
    assert titles == [
        "arrests_2024-05-31.csv, record 2 of the file (the header is 1)",
        "arrests_2024-05-31.csv, record 6 of the file (the header is 1)",
        # On line 7 of the file: the first of its records has two lines.
        "arrests_2024-06-30.csv, record 6 of the file (the header is 1)",
        "matters_2024-06-30.csv, record 2 of the file (the header is 1)",
        "persons_2024-06-30.csv, record 3 of the file (the header is 1)",
        "referrals_2024-06-30.csv, record 2 of the file (the header is 1)",
        "audit_2024-06-30.csv, record 2 of the file (the header is 1)",
        "audit_2024-06-30.csv, record 3 of the file (the header is 1)",
    ]
    first = next(iter(rows.values()))
    assert "extract date: 2024-05-31" in first
    assert "stood in: 2 files, the last arrests_2024-06-30.csv of 2024-06-30" in first
    assert rf'REMARK *: said "no"\nand no more, to {SOMEBODY}' in first
    for line in ("NO: A1", "MNI: 77001", "SID: MA1000001", "BORN: 1990-03-04", "HOME: 12 Hollow Lane"):
        assert line in first


def test_other_people_are_masked_wherever_they_stand(office: Office):
    page = disclosed(office, "person", "MA1000001")
    [matter] = [lines for title, lines in items(parts(page.text)["Source rows"]).items() if "matters" in title]
    for line in ("SID: MA1000001", "FIRST: Zebulon", "LAST: Quartzman", "BORN: 1990-03-04", f"NOTES *: {NOTES_MASKED}"):
        assert line in matter
    for column in ("V_FIRST", "V_LAST", "V_BORN", "V_SEX"):
        assert f"{column}: {SOMEBODY}" in matter
    assert not [name for name in OTHERS if name.casefold() in words(page.text) | set(page.text.split())]
    assert "9 Elsewhere Rd" not in page.text and "tall" not in page.text and "a note on him" not in page.text


def test_the_same_family_name_is_left_and_said_so(office: Office):
    text = parts(disclosed(office, "person", "MA1000001").text)
    # Quartzman is the cousin's name too; Zebulon that of the referral which nothing but the name ties to him.
    assert (
        "2 names or numbers are the person's and somebody else's too"
        in text["What was asked, and how the person was identified"]
    )
    others = items(text["In the same cases and incidents"])
    assert f"family_name: {SOMEBODY}" in others["arrests A3"]


def test_others_of_the_incident_are_there_without_what_is_about_them(office: Office):
    others = items(parts(disclosed(office, "person", "MA1000001").text)["In the same cases and incidents"])
    assert {"arrests A2", "arrests A3", "incident_people V1", "incident_people P1"} <= set(others)
    assert {"cases C2", "defendants D2"}.isdisjoint(others)
    row = next(lines for lines in others.values() if "NO: A2" in lines)
    assert {"INCIDENT: I1", "DAY: 2024-05-02"} <= set(row)
    for column in ("MNI", "SID", "FIRST", "LAST", "BORN", "HOME", "REMARK *"):
        assert f"{column}: {SOMEBODY}" in row
    # A layout makes two columns of one, and the feed another of these.
    row = next(lines for lines in others.values() if "ROW: P1" in lines)
    assert {f"WHO: {SOMEBODY}", f"SID: {SOMEBODY}", "INC: I1"} <= set(row)


def test_records_say_why_they_are_not_in_core(office: Office):
    records = items(parts(disclosed(office, "person", "MA1000001").text)["Records made of these rows"])
    assert "arrest_date: 2024-05-02" in records["arrests A1"]
    [gone] = [line for line in records["arrests A8"] if line.startswith("not in the newest core")]
    assert "withdrawn" in gone
    [undated] = [line for line in records["arrests A7"] if line.startswith("not in the newest core")]
    assert "set aside" in undated and "arrest_date" in undated
    assert "filed_date: 2024-05-10" in records["cases C1"]


def test_how_the_person_was_identified_and_who_may_be_the_same(office: Office):
    found = items(
        parts(disclosed(office, "person", "MA1000001").text)["What was asked, and how the person was identified"]
    )
    assert found["state_id MA1000001"] == ["joins: 1 defendants, 1 incident_people, 2 memberships, 3 arrests"]
    assert found["source_person_id police:77001"] == ["joins: 3 arrests"]
    [possible] = [lines for title, lines in found.items() if title.startswith("possible")]
    assert possible == ["arrests: 1 records, not shown"]


OF_HIM = ("A1", "D1", "P2", "M1", "M2")
LINKS = "Links: what they rest on, what reviewers decided, what waits for a reviewer"


def plant_links(office: Office) -> None:
    """Links by numbers only, but for one by likeness and one by a reviewer; three decisions, and a pair that waits."""
    why_same = "the mother of Onyx Marlstone said so"
    decisions = [
        ("2024-06-01 10:00", "same", "arrests", "A1", "defendants", "D3", why_same),
        ("2024-06-02 10:00", "different", "custody", "S1", "arrests", "A1", "Perpetua Gneiss was in jail then"),
        ("2024-06-03 10:00", "open", "custody", "S1", "arrests", "A1", "the photo is of nobody"),
        ("2024-06-04 10:00", "different", "arrests", "A3", "memberships", "M1", "Quillon is the brother"),
        ("2024-06-05 10:00", "same", "arrests", "A2", "defendants", "D2", "not about him"),
    ]
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute("delete from core.person_pairs")
        connection.execute("update core.person_records set confirmed_person_id = record_id, basis = 'alone'")
        connection.execute(
            "update core.person_records set confirmed_person_id = 'p_him', basis = 'identifier' "
            "where list_contains(?, record_id)",
            [OF_HIM],
        )
        connection.execute("update core.person_records set person_id = confirmed_person_id, probability = 1")
        connection.execute(
            "update core.person_records set person_id = 'p_him', basis = 'probabilistic', probability = 0.9951 "
            "where record_id = 'A9'"
        )
        connection.execute(
            "update core.person_records set person_id = 'p_him', confirmed_person_id = 'p_him', basis = 'reviewed' "
            "where record_id = 'D3'"
        )
        for number, (at, verdict, *records, why) in enumerate(decisions):
            pair = "-".join(sorted((records[1], records[3])))
            connection.execute(
                "insert into desk.link_decisions (event_id, recorded_at, recorded_by, why, pair_id, left_table, "
                "left_record, right_table, right_record, verdict, known_on) "
                "values (?, ?, 'analyst7', ?, ?, ?, ?, ?, ?, ?, '2024-06-01')",
                [str(number), at, why, pair, *records, verdict],
            )
        for place, left, right, records in (
            (1, "A3", "p_him", ("arrests", "A3", "defendants", "D1")),
            (2, "A2", "A3", ("arrests", "A2", "arrests", "A3")),
        ):
            connection.execute(
                "insert into core.person_pairs by name select ? as left_person_id, ? as right_person_id, "
                "? as left_table, ? as left_record, ? as right_table, ? as right_record, 'possible' as kind, "
                "0.8125 as probability, false as is_joined, 'family name agrees' as agreement, ? as place",
                [left, right, *records, place],
            )


def test_links_say_what_they_rest_on_and_name_nobody_else(office: Office):
    plant_links(office)
    page = disclosed(office, "person", "MA1000001")
    found = re.split(r"(?m)^-- ", parts(page.text)[LINKS])
    shown = {tuple(line.strip() for line in item.strip().splitlines()) for item in found[1:]}
    assert shown == {
        # By hand: A1, D1, P2, M1 and M2 have his number, R1 of his case has none.
        (
            "links in the newest core",
            "alone, joined with nothing else: 1 records, probability 1.0",
            "identifier, confirmed: 5 records, probability 1.0",
        ),
        (
            "joined with them in the newest core, not shown",
            "arrests: 1 records, by likeness only, not confirmed, probability 0.9951 to 0.9951",
            "defendants: 1 records, joined by a reviewer",
        ),
        (
            "decided by a reviewer: the same person",
            "record: arrests A1",
            f"and: defendants of {SOMEBODY}",
            "by: analyst7",
            "known on: 2024-06-01",
            f"why: the mother of {SOMEBODY} {SOMEBODY} said so",
            "stands: yes",
        ),
        (
            "decided by a reviewer: different people",
            "record: arrests A1",
            f"and: custody of {SOMEBODY}",
            "by: analyst7",
            "known on: 2024-06-01",
            f"why: {SOMEBODY} {SOMEBODY} was in jail then",
            "stands: no, a later decision on the same records took its place",
        ),
        (
            "decided by a reviewer: taken back",
            "record: arrests A1",
            f"and: custody of {SOMEBODY}",
            "by: analyst7",
            "known on: 2024-06-01",
            "why: the photo is of nobody",
            "stands: yes",
        ),
        (
            "decided by a reviewer: different people",
            "record: memberships M1",
            f"and: arrests of {SOMEBODY}",
            "by: analyst7",
            "known on: 2024-06-01",
            f"why: {SOMEBODY} is the brother",
            "stands: yes",
        ),
        (
            "waits for a reviewer: possible",
            "record: defendants D1",
            f"and: arrests of {SOMEBODY}",
            "probability: 0.8125",
            "agreement: family name agrees",
            "joined in the newest core: no",
        ),
    }
    assert not words(page.text) & {"onyx", "marlstone", "perpetua", "gneiss", "a9", "d3", "s1"}
    # What likeness joins is not the person's: neither row nor record of it is there.
    assert not [title for title in items(parts(page.text)["Records made of these rows"]) if title.split()[1] == "A9"]


def test_decisions_and_pairs_of_what_is_sealed_are_not_shown(office: Office):
    plant_links(office)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute(
            "insert into desk.orders (event_id, recorded_at, order_id, kind, status) "
            "values ('e', '2024-06-30', 'order_1', 'seal', 'in_force')"
        )
        connection.execute("insert into desk.order_records values ('order_1', 'memberships', 'x', 'M1')")
        connection.execute("insert into desk.order_records values ('order_1', 'defendants', 'y', 'D3')")
    part = parts(disclosed(office, "person", "MA1000001").text)[LINKS]
    assert "memberships M1" not in part and "defendants of" not in part and "joined by a reviewer" not in part
    assert "record: arrests A1" in part, "positive control"
    part = parts(disclosed(office, "person", "MA1000001", authority="order of the court").text)[LINKS]
    assert "memberships M1" in part and "defendants of" in part


def test_a_membership_entered_by_hand_is_found_by_its_newest_numbers(office: Office):
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for event, at, state, fbi in (("e1", "2024-06-01", "MA1000002", None), ("e2", "2024-06-02", None, "77112AA9")):
            connection.execute(
                "insert into desk.memberships (event_id, recorded_at, recorded_by, membership_id, state_id, fbi_id, "
                "group_id, known_on) values (?, ?, 'analyst7', 'HAND-1', ?, ?, 'G9', '2024-06-01')",
                [event, at, state, fbi],
            )
    page = disclosed(office, "person", "77112AA9")
    assert "fbi_id 77112AA9" in items(parts(page.text)["What was asked, and how the person was identified"])
    told = parts(page.text)["Memberships and tips: every event on the desk, in order"]
    assert told.count("fbi_id: 77112AA9") == 1 and told.count("HAND-1") >= 2
    # The newest event speaks: the number of the first was a mistake.
    with warehouse.run(office, what="test"):
        planned = orders.plan(office, "hold", [Asked("person", "MA1000002", "appeal")])
    assert ("memberships", "HAND-1") not in planned.plans[0].selection.records


def test_without_an_identifier_a_record_of_the_case_needs_the_whole_name_and_birth_date(office: Office):
    text = parts(disclosed(office, "person", "MA1000001").text)
    assert "given_name: zebulon" in items(text["Records made of these rows"])["referrals R1"]
    assert f"given_name: {SOMEBODY}" in items(text["In the same cases and incidents"])["referrals R2"]


def test_memberships_and_tips_are_there_with_their_events(office: Office):
    found = items(
        parts(disclosed(office, "person", "MA1000001").text)["Memberships and tips: every event on the desk, in order"]
    )
    assert len(found) == 2
    assert {"criterion: self_admission", "approver: Supervisor 2", f"source: told by {SOMEBODY}"} <= set(
        found["membership M1"]
    )
    [tip] = [title for title in found if title.startswith("tip") and title.endswith("M2")]
    assert {"counts in the newest core: no", "source: hearsay", "known_on: 2024-01-07"} <= set(found[tip])


def test_a_case_takes_what_is_filed_under_it_and_no_more_of_the_person(office: Office):
    text = disclosed(office, "cases", "C1").text
    rows = [title for title in items(parts(text)["Source rows"]) if "matters" in title]
    assert len(rows) == 1
    assert "A8" not in text and "membership M1" not in text
    assert "of the same person that were not asked for: 3 arrests, 1 incident_people, 2 memberships" in text
    assert not [name for name in OTHERS if name.casefold() in words(text)]


def test_a_case_of_several_is_disclosed_of_one_of_them_or_as_a_whole(office: Office):
    with pytest.raises(SelectionError, match="2 defendants"):
        disclosed(office, "cases", "C3")
    whole = disclosed(office, "cases", "C3", whole_case=True).text
    assert "LAST: Marlstone" in whole and "LAST: Pumice" in whole and "NOTES *: of Basalt" in whole
    one = disclosed(office, "person", "MA1000006").text
    assert "LAST: Marlstone" in one and "defendants D4" in one and "filed_date: 2024-05-11" in one
    assert not {"basalt", "pumice", "ma1000007"} & words(one)


def test_before_any_core_the_rows_are_there(tmp_path: Path):
    office = make_office(tmp_path / "office")
    with stages.holding(office, what="test"):
        stages.land(office)
    page = disclosed(office, "person", "MA1000001")
    records = items(parts(page.text)["Records made of these rows"])
    assert "not in the newest core: there is no core yet" in records["arrests A1"]
    assert "HOME: 12 Hollow Lane" in page.text and "Obsidian" not in page.text


def test_two_systems_with_the_same_key_are_two_people(office: Office):
    with pytest.raises(SelectionError, match="2 people have this key"):
        disclosed(office, "person", "77001")
    text = disclosed(office, "person", "jail:77001").text
    assert "Gneiss" in text and "Quartzman" not in text


def test_who_is_unknown_is_said_without_a_value_and_nothing_is_logged(office: Office):
    before = audit.head(office)
    with pytest.raises(SelectionError) as error:
        disclosed(office, "person", "MA9999999")
    assert "MA9999999" not in str(error.value)
    assert audit.head(office) == before and desk_rows(office, "from desk.disclosures") == []
    assert not (office.processed_dir / "lists").exists()


# ------------------------------------------------------------------------------------------------------ sealed


def test_sealed_records_are_counted_and_their_rows_are_not_shown(office: Office):
    seal = ordered(office, "seal", "cases", "C1")
    page = disclosed(office, "person", "MA1000001")
    # The case, its defendant and two referrals; the victim who stands in the same row and the arrest are not sealed.
    assert page.sealed == 4
    assert "4 sealed records are not shown" in page.text
    assert "matters_2024-06-30.csv" not in page.text and "2024-05-10" not in page.text
    assert "12 Hollow Lane" in page.text
    assert f"-- {seal}" in parts(page.text)["Orders that touch them"]


def test_sealed_records_are_shown_by_an_authority_that_is_noted(office: Office):
    ordered(office, "seal", "cases", "C1")
    page = disclosed(office, "person", "MA1000001", authority="order of 1 July")
    assert page.sealed == 0
    assert "matters_2024-06-30.csv" in page.text and "by the authority of: order of 1 July" in page.text
    assert desk_rows(office, "select why, with_sealed from desk.disclosures") == [("order of 1 July", True)]
    assert audit.entries(office)[-1]["with_sealed"] is True


def test_a_hold_on_the_person_is_told(office: Office):
    hold = ordered(office, "hold", "person", "MA1000001")
    order = items(parts(disclosed(office, "person", "MA1000001").text)["Orders that touch them"])[hold]
    assert {"kind: hold", "status: in_force", "reference: 24-ORD-1", "why: an order"} <= set(order)


def test_a_hold_on_the_person_is_told_of_what_came_later(office: Office):
    hold = ordered(office, "hold", "person", "MA1000001")
    later = ARRESTS + "A6,I6,2024-06-30,77001,MA1000001,Zebulon,Quartzman,1990-03-04,,\n"
    (office.raw_dir / "arrests_2024-07-31.csv").write_text(later, encoding="utf-8")
    with stages.holding(office, what="test"):
        stages.land(office)
    text = parts(disclosed(office, "arrests", "A6").text)
    assert f"-- {hold}" in text["Orders that touch them"]
    assert "it is newer than core" in text["Records made of these rows"]


# ------------------------------------------------------------------------------------------------- what is logged


def by_hand(table: str, record: str) -> str:
    return hmac.new(KEY.encode(), f"{table}\x1f{record}".encode(), hashlib.sha256).hexdigest()


def test_it_is_on_the_desk_and_in_the_audit_log_without_a_name(office: Office):
    page = disclosed(office, "person", "MA1000001")
    [row] = desk_rows(
        office,
        "select disclosure_id, recipient, purpose, with_sealed, records, known_on, fingerprint from desk.disclosures",
    )
    assert row[:4] == (page.disclosure_id, "A. Counsel", "discovery", False)
    assert row[4:] == (page.records, TODAY, by_hand("arrests", "A1"))
    said = desk_rows(office, "select order_id, table_name, fingerprint, record_id from desk.order_records")
    for table, record in (
        ("arrests", "A1"),
        ("arrests", "A8"),
        ("cases", "C1"),
        ("defendants", "D1"),
        ("memberships", "M2"),
    ):
        assert (page.disclosure_id, table, by_hand(table, record), None) in said
    # What is shown of others is on the page too: an order about them finds it.
    assert (page.disclosure_id, "arrests", by_hand("arrests", "A2"), None) in said
    entry = audit.entries(office)[-1]
    assert (entry["what"], entry["disclosure"], entry["records"]) == ("disclosed", page.disclosure_id, page.records)
    assert sorted(entry["fingerprints"]) == sorted({fingerprint for _, _, fingerprint, _ in said})
    log = (office.processed_dir / "audit.jsonl").read_text(encoding="utf-8")
    assert not [name for name in ("Zebulon", "Quartzman", "MA1000001", "Counsel", "discovery") if name in log]
    assert audit.verify(office) == []


def test_the_next_disclosure_tells_of_the_one_before(office: Office):
    first = disclosed(office, "person", "MA1000001")
    assert "none" in parts(first.text)["Earlier disclosures of them"]
    second = parts(disclosed(office, "cases", "C1").text)
    assert "recipient: A. Counsel" in items(second["Earlier disclosures of them"])[first.disclosure_id]
    assert f"disclosure: {first.disclosure_id}" in second["In the audit log"]
    assert first.disclosure_id not in disclosed(office, "person", "jail:77001").text


def test_what_was_entered_on_the_desk_about_the_person_is_there_and_about_others_is_not(office: Office):
    """A contest, a finding, a check, a step, a promise acted on, and a list; others' are not."""
    day = date(2024, 6, 30)
    about = {
        "membership_actions": {"action": "contest", "action_date": day},
        "membership_audits": {"finding": "not_supported", "sample_id": "sample_1"},
        "call_in_checks": {"open_warrant": "yes"},
        "call_in_people": {"call_in_id": "callin_1", "step": "planned", "step_date": day},
        "promises": {"own_conduct": "fired beside Quillon", "made_on": day},
    }
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for membership, why in (("M1", "his own"), ("M9", "not about him")):
            for name, values in about.items():
                table = model.table(f"desk.{name}")
                keys = {"membership_id": membership, "record_table": "memberships", "record_id": membership}
                own = {key: value for key, value in keys.items() if key in table.names}
                own[model.DESK_KEYS[name]] = f"{name}/{membership}"
                desk.add(connection, table, why=why, known_on=day, **(own | values))
        for export, mark in (("export_1", by_hand("memberships", "M1")), ("export_2", by_hand("memberships", "M9"))):
            said = {"export_id": export, "view": "probation", "recipient": "Probation of Faux", "people": 3}
            desk.add(connection, model.table("desk.list_exports"), why="the call-in", known_on=day, **said)
            connection.execute("insert into desk.order_records values (?, 'memberships', ?, null)", [export, mark])
    found = parts(disclosed(office, "person", "MA1000001").text)
    assert "action: contest" in found["Contests, decisions on contests, and notices"]
    assert "finding: not_supported" in found["Sample audits of the roster"]
    assert "open_warrant: yes" in found["Checks before a call-in"]
    assert "step: planned" in found["Call-ins and other notices: every step"]
    assert f"own_conduct: fired beside {MASKED}" in found["Promises, and actions under them"]
    assert list(items(found["Lists and packets that named them"])) == ["export_1"]
    assert "recipient: Probation of Faux" in found["Lists and packets that named them"]
    assert not [title for title, text in found.items() if "not about him" in text]


def test_a_log_that_cannot_be_written_stops_it(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(audit, "append", full)
    with pytest.raises(OSError, match="no space left"):
        disclosed(office, "person", "MA1000001", out=tmp_path / "page.txt")
    assert not (tmp_path / "page.txt").exists()
    assert desk_rows(office, "from desk.disclosures") == []


def test_without_a_fingerprint_key_nothing_is_disclosed(ran: Path, tmp_path: Path):
    shutil.copytree(ran, tmp_path / "office", symlinks=True)
    settings = tmp_path / "office" / "office.toml"
    settings.write_text(OFFICE.replace(f'public_demo_key = "{KEY}"', ""), encoding="utf-8")
    with pytest.raises(SettingsError, match="FINGERPRINT_KEY"):
        disclosed(load_office(settings), "person", "MA1000001")
    assert not (tmp_path / "office" / "processed" / "lists").exists()


# ----------------------------------------------------------------------------------------------------- its file


def test_the_page_is_for_its_owner_alone(office: Office):
    page = disclosed(office, "person", "MA1000001")
    assert page.path == office.processed_dir / "lists" / f"{page.disclosure_id}.txt"
    assert stat.S_IMODE(page.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(page.path.parent.stat().st_mode) == 0o700
    assert page.path.read_text(encoding="utf-8") == page.text


def test_a_file_that_is_there_is_not_replaced(office: Office, tmp_path: Path):
    (tmp_path / "page.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SettingsError, match="is there already"):
        disclosed(office, "person", "MA1000001", out=tmp_path / "page.txt")
    assert (tmp_path / "page.txt").read_text(encoding="utf-8") == "mine"
    assert desk_rows(office, "from desk.disclosures") == []


def test_a_disk_that_fills_leaves_no_part_of_a_page(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def full(path: Path, text: str) -> None:
        path.with_name(f".{path.name}.new").write_text(text[:100], encoding="utf-8")
        raise OSError("no space left")

    monkeypatch.setattr(warehouse, "write_whole", full)
    (tmp_path / "out").mkdir()
    with pytest.raises(OSError, match="no space left"):
        disclosed(office, "person", "MA1000001", out=tmp_path / "out" / "page.txt")
    assert list((tmp_path / "out").iterdir()) == []


def test_nothing_on_the_page_moves_a_cursor(office: Office):
    text = disclosed(office, "person", "MA1000001").text
    assert "\x1b" not in text and "\\x1b[2J" in text
    assert all(letter.isprintable() or letter == "\n" for letter in text)


def test_an_encrypted_office_discloses_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = {f"{file}_key_env": f"SP_TEST_{file.upper()}" for file in ("records", "desk", "published")}
    for name in names.values():
        monkeypatch.setenv(name, hashlib.sha256(name.encode()).hexdigest())
    more = "\n[warehouse]\n" + "".join(f'{option} = "{name}"\n' for option, name in names.items())
    office = make_office(tmp_path / "office", more)
    stages.nightly(office)
    page = disclosed(office, "person", "MA1000001")
    assert "12 Hollow Lane" in page.text and not [name for name in OTHERS if name.casefold() in words(page.text)]
    assert "rows of group_memberships: 1" in parts(page.text)["In published editions"]


# ------------------------------------------------------------------------------------------ the planted person


def names_in(county: Path) -> tuple[list[dict[str, str]], set[str]]:
    """Every row of the raw files that names the planted person, and the cases and incidents it is of."""
    rows, of = [], set()
    for path in sorted((county / "raw").rglob("*.csv")):
        for row in read_csv(path):
            if "Leakwatcherton" in row.values():
                rows.append(row)
                of |= {row[name] for name in row if name in CASES_AND_INCIDENTS and row[name]}
    return rows, of


CASES_AND_INCIDENTS = (
    "INCIDENT_NO",
    "Incident",
    "Prosecution No",
    "incident_no",
    "matter_id",
    "Matter ID",
    "Incident No",
)
FAMILY, GIVEN = (
    ("LAST", "Last Name", "surname", "Surname", "last", "last_name"),
    ("FIRST", "First Name", "given", "Given Name", "first", "first_name"),
)
NUMBERS = ("MNI", "SID", "police_id", "sid", "Party ID", "client", "client_id")


def read_csv(path: Path) -> list[dict[str, str]]:
    encoding = "latin-1" if "bookings" in path.name else "utf-8-sig"
    with path.open(encoding=encoding, newline="") as handle:
        delimiter = ";" if ";" in handle.readline() else ","
        handle.seek(0)
        return [
            {k: v for k, v in row.items() if isinstance(v, str)} for row in csv.DictReader(handle, delimiter=delimiter)
        ]


def test_the_planted_person_is_found_whole_and_after_an_expungement_by_nothing(tmp_path: Path):
    office = office_in(tmp_path, incidents=1000)
    stages.nightly(office)
    planted, of = names_in(tmp_path)
    assert len(planted) > 5, "positive control: the person is in the files"
    state_id = next(row["SID"] for row in planted if row.get("SID"))
    page = disclosed(office, "person", state_id)
    shown = items(parts(page.text)["Source rows"])
    for row in planted:
        wanted = {f"{name}: {value}" for name, value in row.items() if value}
        assert any(wanted <= {line.replace(" *: ", ": ", 1) for line in lines} for lines in shown.values()), row

    # Everybody else in the same cases and incidents, by plain reading.
    others, numbers = set(), set()
    for path in sorted((tmp_path / "raw").rglob("*.csv")):
        for row in read_csv(path):
            if "Leakwatcherton" not in row.values() and of & {row.get(name) for name in CASES_AND_INCIDENTS}:
                others |= {row[name] for name in (*FAMILY, *GIVEN) if row.get(name)}
                numbers |= {row[name] for name in NUMBERS if row.get(name)}
    assert len(others) > 5 and len(numbers) > 5, "positive control: there are others"
    assert not (others | numbers) & {line.strip().split(": ", 1)[-1] for line in page.text.splitlines()}
    assert not [name for name in others if len(name) > 2 and re.search(rf"(?i)\b{re.escape(name)}\b", page.text)]
    assert not [number for number in numbers if number in page.text]

    ordered(office, "expunge", "person", state_id)
    assert find_leaks(office.processed_dir, ("Zzyxqua", "Leakwatcherton", state_id)) == []
    with pytest.raises(SelectionError):
        disclosed(office, "person", state_id)
    assert not page.path.exists()
    assert json.loads((office.processed_dir / "published.json").read_text())["as_of"] == "2025-12-31"
