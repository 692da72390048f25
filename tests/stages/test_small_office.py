"""Small offices made by hand: what the desk says on a day, whose violence counts, which ties are left out."""

from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution import stages, warehouse
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages.core import NoExtractsError

pytestmark = pytest.mark.slow

AUDIT = """
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
birth_date = "BORN"
criterion = "'self_admission'"
approver = "'lieutenant'"
evidence_date = "FACT"
last_fact_date = "FACT"
reviewed_on = "FACT"
"""
HEAD = "NO,GROUP,SID,BORN,FACT\n"
TWO = HEAD + "m1,G1,MA100001,1990-01-01,2023-12-01\nm2,G1,MA100002,1991-01-01,2023-12-02\n"
ONE = HEAD + "m1,G1,MA100001,1990-01-01,2024-02-20\n"
JANUARY, FEBRUARY = date(2024, 1, 31), date(2024, 2, 29)


def office(folder: Path, extracts: str) -> Office:
    path = folder / "office.toml"
    head = '[office]\nname = "Small"\ntimezone = "America/New_York"\ncrs = "EPSG:26986"\nraw_dir = "."\n'
    head += 'processed_dir = "processed"\nsettle_seconds = 0\n'
    path.write_text(head + extracts, encoding="utf-8")
    return load_office(path)


def read(settings: Office, sql: str) -> list[tuple]:
    with warehouse.run(settings, what="test"), warehouse.open_records(settings) as connection:
        return connection.execute(sql).fetchall()


def members(settings: Office, day: date) -> list[tuple]:
    return read(
        settings, f"select group_id, members from mart.group_scorecard where as_of = '{day}' and window_days = 365"
    )


@pytest.mark.slow
def test_a_membership_missing_from_a_full_audit_is_out_that_night_and_was_in_before(tmp_path):
    settings = office(tmp_path, AUDIT)
    (tmp_path / "audit_2024-01-31.csv").write_text(TWO)
    stages.nightly(settings)
    (tmp_path / "audit_2024-02-29.csv").write_text(ONE)
    stages.nightly(settings)
    stages.nightly(settings, JANUARY)
    assert members(settings, FEBRUARY) == [("G1", 1)]
    assert members(settings, JANUARY) == [("G1", 2)], "February's facts are not January's"


@pytest.mark.slow
def test_audits_landed_together_say_what_audits_landed_in_turn_say(tmp_path):
    settings = office(tmp_path, AUDIT)
    (tmp_path / "audit_2024-02-29.csv").write_text(ONE)
    (tmp_path / "audit_2024-01-31.csv").write_text(TWO)
    stages.nightly(settings)
    stages.nightly(settings, JANUARY)
    assert members(settings, FEBRUARY) == [("G1", 1)]
    assert members(settings, JANUARY) == [("G1", 2)]


def test_a_day_after_the_newest_extract_is_refused(tmp_path):
    settings = office(tmp_path, AUDIT)
    (tmp_path / "audit_2024-01-31.csv").write_text(TWO)
    with pytest.raises(NoExtractsError, match="newest extract is of 2024-01-31"):
        stages.nightly(settings, date(2034, 1, 31))
    day, counts = stages.nightly(settings)
    assert (day, counts["publish"]["published"]) == (JANUARY, 1)


@pytest.mark.slow
def test_self_defense_is_nobodys_violence(tmp_path):
    settings = office(
        tmp_path,
        AUDIT
        + """
[extracts.log]
files = "log_*.csv"
extract_date = "filename"
[[extracts.log.feeds]]
table = "shootings"
key = "shooting_id"
[extracts.log.feeds.columns]
shooting_id = "NO"
incident_id = "NO"
occurred_date = "DAY"
intent = "INTENT"
group_suspect = "'G1'"
group_suspect_status = "'confirmed'"
review_date = "DAY"
""",
    )
    (tmp_path / "audit_2024-01-31.csv").write_text(TWO)
    (tmp_path / "log_2024-01-31.csv").write_text(
        "NO,DAY,INTENT\n1,2024-01-02,self_defense\n2,2024-01-03,self_defense\n3,2024-01-04,criminal\n"
    )
    stages.nightly(settings)
    assert read(settings, "select shootings_suspect from mart.group_priorities") == [(1,)]


def test_a_domestic_incident_ties_nobody_though_only_the_incident_says_so(tmp_path):
    feeds = """
[extracts.incidents]
files = "incidents_*.csv"
extract_date = "filename"
[[extracts.incidents.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY", is_domestic = "DV" }
[extracts.arrests]
files = "arrests_*.csv"
extract_date = "filename"
[[extracts.arrests.feeds]]
table = "arrests"
key = "arrest_id"
columns = { arrest_id = "NO", incident_id = "INC", arrest_date = "DAY", state_id = "SID", birth_date = "BORN" }
"""
    settings = office(tmp_path, feeds)
    (tmp_path / "incidents_2024-01-31.csv").write_text("NO,DAY,DV\ni1,2024-01-02,Y\ni2,2024-01-03,N\n")
    rows = [f"{i}{n},{i},2024-01-04,MA20000{n},1990-01-01" for i in ("i1", "i2") for n in range(4 if i == "i1" else 3)]
    (tmp_path / "arrests_2024-01-31.csv").write_text("NO,INC,DAY,SID,BORN\n" + "\n".join(rows) + "\n")
    stages.nightly(settings)
    assert read(settings, "select people, ties from mart.leads") == [(3, 3)]


def test_a_birth_date_keeps_its_day_whatever_the_time_zone(tmp_path):
    feeds = """
[extracts.arrests]
files = "arrests_*.csv"
extract_date = "filename"
timezone = "UTC"
date_formats = ["%Y-%m-%d %H:%M:%S"]
[[extracts.arrests.feeds]]
table = "arrests"
key = "arrest_id"
columns = { arrest_id = "NO", arrest_at = "AT", birth_date = "BORN" }
"""
    settings = office(tmp_path, feeds)
    (tmp_path / "arrests_2024-01-31.csv").write_text("NO,AT,BORN\n1,2024-01-05 02:30:00,2005-05-05 00:00:00\n")
    stages.nightly(settings)
    assert read(settings, "select arrest_date, birth_date from core.arrests") == [(date(2024, 1, 4), date(2005, 5, 5))]
