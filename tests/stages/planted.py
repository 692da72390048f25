"""A hand-made office in which one person is planted in every place a row can hide, beside people who must stay.

Everything about Zebulon Quartzman has to go with an order; everything about Ottoline Quartzman has to stay.
"""

import csv
import hmac
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from strategic_prosecution import stages, warehouse
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages import orders
from strategic_prosecution.stages.selection import Asked

STATE_ID, SOURCE_KEY, CASE = "MA7654321", "P-99812", "CR-2024-0077"
OTHER_STATE_ID, OTHER_CASE = "MA1112223", "CR-2024-0078"
# What must be nowhere after the order: any of these is a trace.
NEEDLES = (
    "Zebulon",
    "1987-03-14",
    "03/14/1987",
    STATE_ID,
    SOURCE_KEY,
    CASE,
    "417 Nowhere Crescent",
    "AR-555001",
    "AR-555002",
    "MB-4410",
    "MB-4411",
)
PEOPLE = 40
LAST_DAY = date(2024, 3, 31)

OFFICE = """
[office]
name = "Planted"
timezone = "America/New_York"
crs = "EPSG:26986"
raw_dir = "raw"
processed_dir = "processed"
settle_seconds = 0

[extracts.arrests]
files = "arrests_*.csv"
extract_date = "filename"
holds = "everything"
date_formats = ["%Y-%m-%d", "%m/%d/%Y"]
[[extracts.arrests.layouts]]
name = "now"
header = ["NO", "PERSON", "SID", "NAME", "BORN", "HOME", "DAY", "INC"]
[[extracts.arrests.layouts]]
name = "before"
header = ["NO", "PERSON", "SID", "GIVEN", "FAMILY", "BORN", "HOME", "DAY", "INC"]
columns = { NAME = "FAMILY || ', ' || GIVEN" }
[[extracts.arrests.feeds]]
table = "arrests"
key = "arrest_id"
[extracts.arrests.feeds.columns]
arrest_id = "NO"
source_person_id = "PERSON"
state_id = "SID"
family_name = "split_part(NAME, ', ', 1)"
given_name = "split_part(NAME, ', ', 2)"
birth_date = "BORN"
home_address = "HOME"
arrest_date = "DAY"
incident_id = "INC"

[extracts.incidents]
files = "incidents_*.csv"
extract_date = "filename"
[[extracts.incidents.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY" }

[extracts.involved]
files = "involved_*.csv"
extract_date = "filename"
date_formats = ["%m/%d/%Y"]
[[extracts.involved.feeds]]
table = "incident_people"
key = "incident_person_id"
[extracts.involved.feeds.columns]
incident_person_id = "INC || '/' || SEQ"
incident_id = "INC"
state_id = "SID"
given_name = "GIVEN"
family_name = "FAMILY"
birth_date = "BORN"

[extracts.court]
files = "court_*.csv"
extract_date = "filename"
[[extracts.court.feeds]]
table = "cases"
key = "case_id"
where = "STATUS <> 'TEST'"
columns = { case_id = "CASE_NO", filed_date = "FILED" }
[[extracts.court.feeds]]
table = "defendants"
key = "defendant_id"
where = "STATUS <> 'TEST'"
[extracts.court.feeds.columns]
defendant_id = "CASE_NO || '-' || DEF"
case_id = "CASE_NO"
state_id = "SID"
given_name = "GIVEN"
family_name = "FAMILY"
birth_date = "BORN"

[extracts.charges]
files = "charges_*.csv"
extract_date = "filename"
[[extracts.charges.feeds]]
table = "charges"
key = "row"
columns = { case_id = "CASE_NO", charge_code = "CODE", filed_date = "FILED" }

[extracts.hearings]
files = "hearings_*.csv"
extract_date = "filename"
[[extracts.hearings.feeds]]
table = "hearings"
key = "hearing_id"
columns = { hearing_id = "NO", case_id = "CASE_NO", hearing_date = "DAY" }

[extracts.custody]
files = "custody_*.csv"
extract_date = "filename"
system = "arrests"
[[extracts.custody.feeds]]
table = "custody"
key = "custody_id"
columns = { custody_id = "BOOKING", source_person_id = "PERSON", detained_from = "DAY", case_id = "CASE_NO" }

[extracts.audit]
files = "audit_*.csv"
extract_date = "filename"
holds = "everything"
[[extracts.audit.feeds]]
table = "memberships"
key = "membership_id"
[extracts.audit.feeds.columns]
membership_id = "NO"
group_id = "GROUP"
state_id = "SID"
given_name = "GIVEN"
family_name = "FAMILY"
birth_date = "BORN"
criterion = "'self_admission'"
approver = "APPROVER"
evidence_date = "FACT"
last_fact_date = "FACT"
reviewed_on = "FACT"
"""

ARRESTS_NOW = ("NO", "PERSON", "SID", "NAME", "BORN", "HOME", "DAY", "INC")
ARRESTS_BEFORE = ("NO", "PERSON", "SID", "GIVEN", "FAMILY", "BORN", "HOME", "DAY", "INC")
INVOLVED = ("INC", "SEQ", "SID", "GIVEN", "FAMILY", "BORN")
COURT = ("CASE_NO", "DEF", "SID", "GIVEN", "FAMILY", "BORN", "FILED", "STATUS", "NOTE")


def files() -> dict[str, list[tuple[str, ...]]]:
    """Every extract file, its header first: the planted person, her namesake, and the crowd around them."""
    crowd = range(PEOPLE)
    ar_old = [
        (f"AR-{n}", f"P-{n}", f"MA20{n:05}", f"Given{n}", f"Family{n}", "1990-01-01", f"{n} Elm St", "2024-01-05", "")
        for n in crowd
    ]
    ar_now = [
        (f"AR-{n}", f"P-{n}", f"MA20{n:05}", f"Family{n}, Given{n}", "1990-01-01", f"{n} Elm St", "2024-01-05", "")
        for n in crowd
    ]
    her_arrest = ("AR-600", "P-600", OTHER_STATE_ID, "Quartzman, Ottoline", "1991-05-06", "9 Elm St", "2024-01-09", "")
    court = [(f"CR-1-{n}", "1", f"MA20{n:05}", "", "", "1990-01-01", "2024-01-06", "OPEN", "") for n in crowd]
    court += [(OTHER_CASE, "1", OTHER_STATE_ID, "Ottoline", "Quartzman", "1991-05-06", "2024-01-10", "OPEN", "")]
    planted_defendant = (CASE, "1", STATE_ID, "ZEBULON", "QUARTZMAN", "1987-03-14", "2024-01-11")
    members = [(f"MB-{n}", "G1", f"MA20{n:05}", "", "", "1990-01-01", "lieutenant", "2024-01-02") for n in crowd]
    members += [("MB-600", "G1", OTHER_STATE_ID, "Ottoline", "Quartzman", "1991-05-06", "lieutenant", "2024-01-02")]
    audit_head = ("NO", "GROUP", "SID", "GIVEN", "FAMILY", "BORN", "APPROVER", "FACT")
    return {
        "arrests_2024-01-31.csv": [
            ARRESTS_BEFORE,
            *ar_old,
            (
                "AR-600",
                "P-600",
                OTHER_STATE_ID,
                "Ottoline",
                "Quartzman",
                "1991-05-06",
                "9 Elm St",
                "2024-01-09",
                "",
            ),
            # His address is corrected by the newer files: this row is superseded.
            (
                "AR-555001",
                SOURCE_KEY,
                STATE_ID,
                "Zebulon",
                "Quartzman",
                "1987-03-14",
                "416 Nowhere Crescent",
                "2024-01-10",
                "I-1",
            ),
        ],
        "arrests_2024-02-29.csv": [
            ARRESTS_NOW,
            *ar_now,
            her_arrest,
            (
                "AR-555001",
                SOURCE_KEY,
                STATE_ID,
                "Quartzman, Zebulon",
                "1987-03-14",
                "417 Nowhere Crescent",
                "2024-01-10",
                "I-1",
            ),
            (
                "AR-555002",
                SOURCE_KEY,
                "",
                "QUARTZMAN, ZEBULON",
                "03/14/1987",
                "417 Nowhere Crescent",
                "2024-02-10",
                "I-2",
            ),
            # A spreadsheet has taken this number's digits; only the person says whose row it is.
            (
                "1.2E+05",
                SOURCE_KEY,
                STATE_ID,
                "Quartzman, Zebulon",
                "1987-03-14",
                "417 Nowhere Crescent",
                "2024-02-11",
                "",
            ),
        ],
        # AR-555002 is missing from the newest full file: withdrawn.
        "arrests_2024-03-31.csv": [
            ARRESTS_NOW,
            *ar_now,
            her_arrest,
            (
                "AR-555001",
                SOURCE_KEY,
                STATE_ID,
                "Quartzman, Zebulon",
                "1987-03-14",
                "417 Nowhere Crescent",
                "2024-01-10",
                "I-1",
            ),
        ],
        "incidents_2024-03-31.csv": [
            ("NO", "DAY"),
            ("I-1", "2024-01-09"),
            ("I-2", "2024-02-09"),
            *((f"I-9{n}", "2024-01-04") for n in crowd),
        ],
        "involved_2024-03-31.csv": [
            INVOLVED,
            ("I-1", "1", STATE_ID, "Zebulon", "Quartzman", "03/14/1987"),
            ("I-1", "2", OTHER_STATE_ID, "Ottoline", "Quartzman", "05/06/1991"),
            # A comma too many: this line is no row.
            ("I-2", "1", STATE_ID, "Zebulon", "Quartzman", "03/14/1987", "stray"),
            *((f"I-9{n}", "1", f"MA20{n:05}", "", "", "01/01/1990") for n in crowd),
        ],
        "court_2024-03-31.csv": [
            COURT,
            *court,
            (*planted_defendant, "OPEN", f"see {CASE} and the file of Zebulon"),
            (CASE, "2", STATE_ID, "Zebulon", "Quartzman", "1987-03-14", "2024-01-11", "TEST", "left out by where"),
        ],
        "charges_2024-03-31.csv": [
            ("CASE_NO", "CODE", "FILED"),
            *((f"CR-1-{n}", "265/13A", "2024-01-06") for n in crowd),
            (OTHER_CASE, "265/13A", "2024-01-10"),
            (CASE, "265/15A", "2024-01-11"),
            (CASE, "265/15B", "2024-01-11"),
        ],
        "hearings_2024-03-31.csv": [
            ("NO", "CASE_NO", "DAY"),
            *((f"H-{n}", f"CR-1-{n}", "2024-02-01") for n in crowd),
            ("H-600", OTHER_CASE, "2024-02-01"),
            # A day that is none: the row is set aside, and its problem holds the number of the case.
            (f"H-{CASE}-1", CASE, f"{CASE}?"),
            (f"H-{CASE}-2", CASE, "2024-02-02"),
        ],
        "custody_2024-03-31.csv": [
            ("BOOKING", "PERSON", "DAY", "CASE_NO"),
            *((f"B-{n}", f"P-{n}", "2024-01-05", "") for n in crowd),
            ("B-77", SOURCE_KEY, "2024-01-10", CASE),
        ],
        "audit_2024-02-29.csv": [
            audit_head,
            *members,
            ("MB-4410", "G1", STATE_ID, "Zebulon", "Quartzman", "1987-03-14", "lieutenant", "2024-01-02"),
            # Nobody approved it: a tip.
            ("MB-4411", "G2", STATE_ID, "Zebulon", "Quartzman", "1987-03-14", "", "2024-01-02"),
        ],
    }


def is_his(row: Iterable[str]) -> bool:
    """Whether a row is about the planted person or his case, by what stands in it."""
    text = "\x1f".join(row).lower()
    return any(needle.lower() in text for needle in NEEDLES)


def write_files(raw: Path, contents: dict[str, list[tuple[str, ...]]]) -> None:
    raw.mkdir(parents=True, exist_ok=True)
    for name, rows in contents.items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        (raw / name).write_text(text.getvalue(), encoding="utf-8")


def without_him(contents: dict[str, list[tuple[str, ...]]]) -> dict[str, list[tuple[str, ...]]]:
    return {name: [row for row in rows if not is_his(row)] for name, rows in contents.items()}


def make_office(folder: Path, contents: dict[str, list[tuple[str, ...]]] | None = None, more: str = "") -> Office:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "office.toml"
    path.write_text(OFFICE + more, encoding="utf-8")
    write_files(folder / "raw", files() if contents is None else contents)
    return load_office(path)


KEY_NAME, KEY = "STRATEGIC_PROSECUTION_FINGERPRINT_KEY", "kept as long as the office"


def give(office: Office, kind: str, *asked: Asked) -> dict[str, str]:
    """Give orders and have them carried out: order_id -> status. Every one must be takeable."""
    with stages.holding(office, what=kind):
        planned = orders.plan(office, kind, asked)
        assert planned.refused == ()
        begun = orders.begin(office, planned.plans, known_on=LAST_DAY)
        stages.finish_orders(office)
    return begun


def read(office: Office, sql: str) -> list[tuple]:
    with stages.holding(office, what="test"), warehouse.open_records(office) as connection:
        return connection.execute(sql).fetchall()


def fingerprint_by_hmac(table: str, record: str) -> str:
    return hmac.new(KEY.encode(), f"{table}\x1f{record}".encode(), "sha256").hexdigest()
