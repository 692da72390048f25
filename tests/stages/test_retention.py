"""What is older than its period goes, and nothing else: the days are worked out by hand, the bytes are read."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages import expungement
from strategic_prosecution.stages.orders import OrderError
from strategic_prosecution.stages.retention import purge
from strategic_prosecution.warehouse import WarehouseError
from tests.leaks import find_leaks

pytestmark = pytest.mark.slow

OFFICE = """
[office]
name = "Small"
timezone = "America/New_York"
crs = "EPSG:26986"
raw_dir = "raw"
processed_dir = "processed"
settle_seconds = 0

[groups]
expiry_days = 730

[extracts.audit]
files = "audit_*.csv"
extract_date = "filename"
holds = "everything"
max_withdrawn_share = 1.0
[[extracts.audit.feeds]]
table = "memberships"
key = "membership_id"
[extracts.audit.feeds.columns]
membership_id = "NO"
group_id = "'G1'"
state_id = "SID"
birth_date = "'1990-01-01'"
criterion = "'self_admission'"
approver = "'lieutenant'"
evidence_date = "'2022-01-01'"
reviewed_on = "'2026-01-01'"
last_fact_date = "LAST"
expires_on = "ENDS"
contested_on = "CONTESTED"
contest_decided_on = "DECIDED"
known_on = "KNOWN"
"""
HEAD = "NO,SID,LAST,ENDS,CONTESTED,DECIDED,KNOWN\n"
SEPTEMBER = """\
renewed,MA100001,2023-01-01,,,,2023-01-02
corrected,MA100002,2026-09-01,,,,2023-01-02
dropped,MA100003,2023-01-01,,,,2023-01-02
"""
# 730 days after the last fact, and then 180 days before TODAY: a last fact before 2024-05-24 is too old.
OCTOBER = """\
renewed,MA100001,2026-09-01,,,,2023-01-02
corrected,MA100002,2023-01-01,,,,2023-01-02
old,MA100004,2024-05-23,,,,2024-05-24
just in time,MA100005,2024-05-24,,,,2024-05-25
current,MA100006,2026-10-01,,,,2026-10-02
ended early,MA100007,2026-01-01,2026-05-23,,,2026-01-02
stated too late,MA100008,2024-05-23,2030-01-01,,,2024-05-24
contested,MA100009,2023-01-01,,2024-01-05,,2023-01-02
decided,MA100010,2023-01-01,,2024-01-05,2024-03-01,2023-01-02
contested again,MA100011,2023-01-01,,2024-06-01,2024-03-01,2023-01-02
held,MA100012,2023-01-01,,,,2023-01-02
of a held person,MA100013,2023-01-01,,,,2023-01-02
without a fact,MA100014,,,,,2026-10-02
without a fact for long,MA100015,,,,,2024-01-02
a line that does not fit,MA100016,Zebulon,Quartzman,Hollow Lane 12,1990-01-01,2024-01-02,more
"""
GONE = {"corrected", "dropped", "old", "ended early", "stated too late", "decided", "without a fact for long"}
HELD_BACK = {"contested", "contested again", "held", "of a held person"}
STAYS = {"renewed", "just in time", "current", "without a fact"}
TODAY = date(2026, 11, 20)
PLANTED = "Quartzman"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of an office after a night, with two holds on the desk."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "raw").mkdir()
    (folder / "raw" / "audit_2026-09-30.csv").write_text(HEAD + SEPTEMBER, encoding="utf-8")
    (folder / "raw" / "audit_2026-10-31.csv").write_text(HEAD + OCTOBER, encoding="utf-8")
    (folder / "office.toml").write_text(OFFICE, encoding="utf-8")
    settings = load_office(folder / "office.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", "for invented people only")
        stages.nightly(settings)
        hold(settings, "memberships", "held")
        hold(settings, "person", "MA100013")
        yield folder


@pytest.fixture
def office(ran: Path, tmp_path: Path) -> Office:
    """A copy of that office for a test that disturbs it."""
    shutil.copytree(ran, tmp_path / "office", symlinks=True)
    return load_office(tmp_path / "office" / "office.toml")


def hold(settings: Office, table: str, record: str, status: str = "in_force") -> None:
    with warehouse.run(settings, what="test"), warehouse.open_records(settings) as connection:
        order = desk.new_id("order")
        told: dict[str, Any] = {"why": "test", "known_on": TODAY, "order_id": order, "kind": "hold", "status": status}
        desk.add(connection, model.table("desk.orders"), **told)
        connection.execute("insert into desk.order_records values (?, ?, ?, ?)", [order, table, record, record])


def read(settings: Office, sql: str, terms: Any = None) -> list[tuple[Any, ...]]:
    with warehouse.run(settings, what="test"), warehouse.open_records(settings) as connection:
        return connection.execute(sql, terms).fetchall()


def everything(settings: Office) -> dict[str, str]:
    """The SHA-256 of every file below the office's folder, and where every link leads."""
    return {
        str(path): str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(settings.path.parent.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def plant_old_things(settings: Office) -> None:
    """Something too old of everything that has a period."""
    read(settings, "insert into mart.data_quality (as_of) values ('2026-09-26')")
    read(settings, "update meta.loads set landed_at = '2025-11-19 12:00'")
    read(settings, "insert into meta.runs (run_id, started_at, status) values ('r0', '2020-01-01', 'failed')")
    for number in range(4):
        (settings.processed_dir / "runs" / f"2020010{number}T000000000000_abcdef").mkdir()
    listed(settings, "lists/page.html", TODAY.replace(year=2025))


def listed(settings: Office, name: str, day: date) -> Path:
    path = settings.processed_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("Zebulon Quartzman", encoding="utf-8")
    # Noon in the office: hours away from either end of the day.
    moment = (day - date(1970, 1, 1)).days * 86_400 + 17 * 3600
    os.utime(path, (moment, moment))
    return path


def counted(settings: Office, **more: Any) -> dict[str, int]:
    told = purge(settings, today=TODAY, **more)
    return {what: int(removed) for what, removed in zip(told["what"], told["removed"], strict=True)}


# -------------------------------------------------------------------------------------------------------- dry run


def test_a_dry_run_says_what_would_go_and_writes_nothing(office: Office):
    plant_old_things(office)
    before = everything(office)
    told = purge(office, today=TODAY, dry_run=True)
    assert everything(office) == before
    assert told.values.tolist() == [
        ["nights", "rows", "35 days", date(2026, 9, 27), 1, 0],
        ["published_runs", "runs", "3 runs", None, 2, 0],
        ["problem_values", "values", "365 days", date(2025, 11, 20), 1, 0],
        ["log", "rows", "1095 days", date(2023, 11, 21), 1, 0],
        ["lists", "files", "90 days", date(2026, 8, 22), 1, 0],
        ["memberships", "memberships", "180 days after they expired", date(2026, 5, 24), len(GONE), len(HELD_BACK)],
    ]


def test_where_nothing_ran_nothing_is_made(tmp_path: Path):
    (tmp_path / "office.toml").write_text(OFFICE, encoding="utf-8")
    with pytest.raises(stages.NoExtractsError, match="no run yet"):
        purge(load_office(tmp_path / "office.toml"), today=TODAY)
    assert [path.name for path in tmp_path.iterdir()] == ["office.toml"]


# ---------------------------------------------------------------------------------------------------------- whole


def test_what_a_dry_run_says_goes_once_and_is_in_the_audit_log(office: Office):
    plant_old_things(office)
    said = counted(office, dry_run=True)
    assert counted(office) == said
    purged = [audit.facts(entry) for entry in audit.entries(office) if entry["what"] == "purged"]
    assert purged == [said | {"held_back": len(HELD_BACK)}]
    assert audit.verify(office) == []
    again = counted(office)
    assert {what: count for what, count in again.items() if count} == {}
    assert [entry["what"] for entry in audit.entries(office)].count("purged") == 1


@pytest.mark.parametrize("lacking", ["room", "fingerprint key", "audit log"])
def test_what_would_stop_it_stops_it_before_anything_goes(
    office: Office, monkeypatch: pytest.MonkeyPatch, lacking: str
):
    def refuse(*arguments: object, **more: object) -> None:
        raise WarehouseError("no room")

    plant_old_things(office)
    before = everything(office)
    if lacking == "room":
        monkeypatch.setattr(warehouse, "need_space", refuse)
    elif lacking == "audit log":
        monkeypatch.setattr(audit, "append", refuse)
    else:
        monkeypatch.delenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY")
    with pytest.raises((WarehouseError, SettingsError)):
        purge(office, today=TODAY)
    assert everything(office) == before


# --------------------------------------------------------------------------------------------------------- nights


def test_of_nights_the_last_35_and_the_month_ends_stay(office: Office):
    assert read(office, "select distinct as_of from mart.data_quality") == [(date(2026, 10, 31),)]
    for day in ("2026-09-27", "2026-09-26", "2026-08-31", "2024-02-28", "2024-02-29"):
        for table in ("mart.data_quality", "mart.hot_spots", "meta.accounting"):
            read(office, f"insert into {table} (as_of) values ('{day}')")
    assert counted(office)["nights"] == 2 * 3
    kept = read(office, "select distinct as_of from mart.data_quality order by all")
    assert [str(day) for (day,) in kept] == ["2024-02-29", "2026-08-31", "2026-09-27", "2026-10-31"]
    assert read(office, "select distinct as_of from mart.hot_spots order by all") == kept[:3]
    assert kept == read(office, "select distinct as_of from meta.accounting order by all")


def test_a_night_prunes_by_the_same_setting(ran: Path, tmp_path: Path):
    shutil.copytree(ran, tmp_path / "office", symlinks=True)
    with (tmp_path / "office" / "office.toml").open("a", encoding="utf-8") as handle:
        handle.write("\n[retention]\nnights_days = 10\n")
    settings = load_office(tmp_path / "office" / "office.toml")
    for day in ("2026-10-22", "2026-10-21"):
        read(settings, f"insert into mart.hot_spots (as_of) values ('{day}')")
    stages.nightly(settings)
    assert read(settings, "select as_of from mart.hot_spots") == [(date(2026, 10, 22),)]


# ------------------------------------------------------------------------------------------------- published runs


def test_the_newest_published_runs_stay_and_the_one_in_force_whatever_its_name(office: Office):
    runs = office.processed_dir / "runs"
    (in_force,) = [path.name for path in runs.iterdir()]
    newer = [f"9999010{number}T000000000000_abcdef" for number in range(5)]
    for name in newer:
        (runs / name / "internal").mkdir(parents=True)
        (runs / name / "internal" / "office.duckdb").write_bytes(b"x")
    told = purge(office, today=TODAY, dry_run=True)
    assert told.set_index("what").loc["published_runs", "removed"] == 2
    read(office, "delete from desk.memberships")
    purge(office, today=TODAY)
    assert sorted(path.name for path in runs.iterdir()) == [in_force, *newer[2:]]
    assert (office.processed_dir / "internal" / "office.duckdb").is_file()


# ------------------------------------------------------------------------------------------------------- problems


@pytest.mark.parametrize(("landed", "goes"), [("2025-11-20 04:59:59", True), ("2025-11-20 05:00:00", False)])
def test_the_text_of_a_line_goes_365_of_the_offices_days_after_it_landed(office: Office, landed: str, goes: bool):
    # Midnight in New York in November is five in the morning, UTC.
    read(office, "update meta.loads set landed_at = ?", [landed])
    read(office, "delete from desk.memberships")
    before = read(office, "select problem_id, file, row, kind, why from meta.problems")
    assert counted(office)["problem_values"] == goes
    ((value,),) = read(office, "select value from meta.problems where kind = 'ragged_row'")
    assert (value is None) == goes
    assert read(office, "select problem_id, file, row, kind, why from meta.problems") == before


def test_a_file_that_comes_under_one_name_every_night_keeps_no_text_for_ever(office: Office):
    read(office, "update meta.loads set landed_at = '2020-01-01'")
    read(office, "delete from desk.memberships")
    read(
        office,
        "insert into meta.loads (load_id, extract, file, landed_at) "
        "select 'newer', extract, file, '2026-11-19' from meta.loads where file = 'audit_2026-10-31.csv'",
    )
    assert counted(office, dry_run=True)["problem_values"] == 1
    # Moved since: no load knows the name any more.
    read(office, "update meta.loads set file = 'old/' || file")
    assert counted(office, dry_run=True)["problem_values"] == 1


def test_the_text_is_gone_from_the_bytes_also_when_the_first_purge_died(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    read(office, "update meta.loads set landed_at = '2020-01-01'")
    read(office, "delete from desk.memberships")
    with duckdb.connect(str(office.records_path)) as connection:
        connection.execute("set force_compression = 'uncompressed'")
        connection.execute("create table meta.copied as from meta.problems; drop table meta.problems")
        connection.execute("alter table meta.copied rename to problems; checkpoint")
    assert PLANTED.encode() in office.records_path.read_bytes()

    def die(*arguments: object, **more: object) -> None:
        raise WarehouseError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(warehouse, "rewrite", die)
        with pytest.raises(WarehouseError):
            purge(office, today=TODAY)
    assert PLANTED.encode() in office.records_path.read_bytes(), (
        "an update leaves the old bytes: else this test is void"
    )
    assert counted(office)["problem_values"] == 0
    assert PLANTED.encode() not in office.records_path.read_bytes()
    assert read(office, "select * from meta.state where name like 'purge%'") == []


# ------------------------------------------------------------------------------------------------------------ log


def test_of_the_log_what_says_that_a_day_is_up_to_date_stays(office: Office):
    whole = json.dumps({stage.__name__: {} for stage in stages.NIGHTLY})
    part = json.dumps({"land": {}})
    runs = [
        ("older whole night", "2020-01-31", "2020-02-01", "done", whole),
        ("newest whole night", "2020-01-31", "2020-02-02", "done", whole),
        ("some stages after it", "2020-01-31", "2020-02-03", "done", part),
        ("some stages before it", "2020-01-31", "2020-01-31", "done", part),
        ("only some stages", "2020-02-29", "2020-03-01", "done", part),
        ("failed", None, "2020-02-04", "failed", None),
        ("young failed", None, "2023-11-21 05:00", "failed", None),
        ("just too old", None, "2023-11-21 04:59", "failed", None),
    ]
    for name, as_of, moment, status, counts in runs:
        read(
            office,
            "insert into meta.runs (run_id, as_of, started_at, finished_at, status, counts) values (?, ?, ?, ?, ?, ?)",
            [name, as_of, moment, moment, status, counts],
        )
    read(office, "insert into meta.runs (run_id, started_at, status) values ('killed', '2020-02-05', 'running')")
    read(office, "delete from desk.memberships")
    ((tonight,),) = read(office, "select run_id from meta.runs where as_of = '2026-10-31'")
    assert counted(office)["log"] == 6
    left = {name for (name,) in read(office, "select run_id from meta.runs")}
    assert left == {"newest whole night", "some stages after it", "young failed", tonight}


# ---------------------------------------------------------------------------------------------------------- lists


def test_pages_that_name_people_go_and_what_a_link_leads_to_stays(office: Office):
    read(office, "delete from desk.memberships")
    young = listed(office, "lists/young.html", date(2026, 8, 22))
    old = [listed(office, name, date(2026, 8, 21)) for name in ("lists/old.html", "lists/below/old.csv")]
    elsewhere = listed(office, "elsewhere.html", date(2026, 11, 1))
    links = [office.processed_dir / "lists" / name for name in ("link.html", "leads nowhere.html")]
    for link, target in zip(links, (elsewhere, office.processed_dir / "gone.html"), strict=True):
        link.symlink_to(target)
        os.utime(link, (0, 0), follow_symlinks=False)
    assert counted(office)["lists"] == 4
    assert young.exists() and elsewhere.exists()
    assert [path for path in (*old, *links) if path.is_symlink() or path.exists()] == []


# ---------------------------------------------------------------------------------------------------- memberships


def test_memberships_expired_for_long_go_with_every_trace_and_no_others(office: Office):
    needles = tuple(f"MA1000{number:02d}" for number in (2, 3, 4, 7, 8, 10, 15))
    assert find_leaks(office.processed_dir, needles)
    assert {name for (name,) in read(office, "select membership_id from desk.memberships")} == GONE | HELD_BACK | STAYS
    told = purge(office, today=TODAY).set_index("what").loc["memberships"]
    assert (told["removed"], told["held_back"]) == (len(GONE), len(HELD_BACK))
    assert {name for (name,) in read(office, "select membership_id from desk.memberships")} == HELD_BACK | STAYS
    assert {name for (name,) in read(office, 'select "NO" from raw.audit')} == HELD_BACK | STAYS
    assert find_leaks(office.processed_dir, needles) == []


def test_decisions_on_links_go_with_a_membership_and_stay_with_what_is_held(office: Office):
    for event, *records in (
        ("goes", "memberships", "dropped", "arrests", "X-1"),
        ("goes too", "custody", "B-1", "memberships", "decided"),
        ("on what is held", "memberships", "old", "memberships", "held"),
        # Withdrawn: it may come back.
        ("on what is nowhere", "arrests", "X-1", "arrests", "X-2"),
    ):
        read(
            office,
            "insert into desk.link_decisions (event_id, recorded_at, known_on, why, pair_id, verdict, left_table, "
            "left_record, right_table, right_record) "
            "values (?, '2024-01-01', '2024-01-01', 'a photo', ?, 'different', ?, ?, ?, ?)",
            [event, event, *records],
        )
    told = purge(office, today=TODAY).set_index("what").loc["memberships"]
    assert (told["removed"], told["held_back"]) == (len(GONE) - 1, len(HELD_BACK) + 1)
    left = {event for (event,) in read(office, "select event_id from desk.link_decisions")}
    assert left == {"on what is held", "on what is nowhere"}


def test_one_that_went_may_come_again(office: Office):
    purge(office, today=TODAY)
    renewed = "old,MA100004,2026-11-01,,,,2026-11-02\n"
    (office.raw_dir / "audit_2026-11-21.csv").write_text(HEAD + renewed, encoding="utf-8")
    stages.nightly(office)
    rows = read(office, "select last_fact_date from desk.memberships where membership_id = 'old'")
    assert rows == [(date(2026, 11, 1),)]


def test_a_purge_that_died_is_finished_by_the_next_one(office: Office, monkeypatch: pytest.MonkeyPatch):
    def die(*arguments: object) -> None:
        raise WarehouseError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(expungement, "carry_out", die)
        with pytest.raises(WarehouseError, match="killed"):
            purge(office, today=TODAY)
    before = everything(office)
    with pytest.raises(WarehouseError, match="not carried out yet"):
        purge(office, today=TODAY, dry_run=True)
    assert everything(office) == before
    purge(office, today=TODAY)
    assert {name for (name,) in read(office, "select membership_id from desk.memberships")} == HELD_BACK | STAYS


def test_a_hold_that_cannot_be_followed_stops_the_purge(office: Office):
    hold(office, "person", "MA999999")
    before = everything(office)
    for dry_run in (True, False):
        with pytest.raises(OrderError, match="nothing is purged") as error:
            purge(office, today=TODAY, dry_run=dry_run)
        assert "MA999999" not in str(error.value)
    assert everything(office) == before


def test_a_lifted_hold_holds_nothing_back(office: Office):
    read(office, "update desk.orders set status = 'lifted'")
    told = purge(office, today=TODAY, dry_run=True).set_index("what").loc["memberships"]
    assert (told["removed"], told["held_back"]) == (len(GONE) + 2, 2)


def test_what_is_said_of_a_day_to_come_is_not_over(office: Office):
    read(office, "update desk.memberships set known_on = '2026-11-21' where membership_id = 'old'")
    told = purge(office, today=TODAY, dry_run=True).set_index("what").loc["memberships"]
    assert told["removed"] == len(GONE) - 1


# ------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("retention", "said"),
    [
        ("log_days = 364", "retention.log_days: Input should be greater than or equal to 365"),
        ("nights_days = 0", "retention.nights_days: Input should be greater than 0"),
        ("published_runs = 0", "retention.published_runs: Input should be greater than 0"),
        ("lists_days = 1826", "retention.lists_days: Input should be less than or equal to 1825"),
        ("membership_grace_days = -1", "retention.membership_grace_days: Input should be greater than or equal to 0"),
        # Five years are 1825 days; 730 go by before it expires.
        ("membership_grace_days = 1096", "28 CFR 23.20(h) allows no more; make it at most 1095"),
    ],
)
def test_a_period_that_a_rule_forbids_is_refused(tmp_path: Path, retention: str, said: str):
    path = tmp_path / "office.toml"
    path.write_text(OFFICE + f"[retention]\n{retention}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_office(path)
    assert said in str(error.value)


def test_the_longest_grace_that_the_rule_allows_is_taken(tmp_path: Path):
    path = tmp_path / "office.toml"
    path.write_text(OFFICE + "[retention]\nmembership_grace_days = 1095\n", encoding="utf-8")
    assert load_office(path).retention.membership_grace_days == 1095
