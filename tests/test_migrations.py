"""The databases of the first release open today: nothing that cannot be had again is lost, whatever happens meanwhile.

``first_release`` holds an office, its files and the two databases that the first release wrote of them.
"""

import gzip
import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from strategic_prosecution import model, stages, warehouse
from strategic_prosecution.settings import Office, load_office

FIRST_RELEASE = Path(__file__).parent / "first_release"
JANUARY, FEBRUARY = date(2025, 1, 31), date(2025, 2, 28)
# What the first release held, by file, and where it says its schema version.
HELD = {
    "records": ("raw.audit", "raw.cases", "raw.feuds", "meta.loads", "meta.runs", "meta.problems", "meta.accounting"),
    "desk": ("desk.memberships", "desk.feuds"),
}
# Columns that tables it had got since.
NEW_COLUMNS = {"expunged", "fbi_id", "is_against_officer"}
STATE = {"records": "meta.state", "desk": "desk.state"}
ENCRYPTED = '\n[warehouse]\nrecords_key_env = "SP_TEST_RECORDS"\ndesk_key_env = "SP_TEST_DESK"\n'
KEYS = {"records": "records-key-Vw4nK8", "desk": "desk-key-Pz7mB2"}
EMPTY = hashlib.sha256().hexdigest()

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATEGIC_PROSECUTION_PSEUDONYM_KEY", "a key of the tests")
    monkeypatch.setenv("SP_TEST_RECORDS", KEYS["records"])
    monkeypatch.setenv("SP_TEST_DESK", KEYS["desk"])


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return first_release(tmp_path)


def first_release(folder: Path) -> Office:
    shutil.copytree(FIRST_RELEASE, folder, dirs_exist_ok=True)
    office = load_office(folder / "office.toml")
    office.processed_dir.mkdir(parents=True)
    for path in (office.records_path, office.desk_path):
        path.write_bytes(gzip.decompress((folder / f"{path.name}.gz").read_bytes()))
    return office


@contextmanager
def plain(path: Path, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database as DuckDB opens it without us; under a name that is not its schema's."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as file (read_only {str(read_only).lower()})")
        connection.execute("use file")
        yield connection


def held(office: Office) -> Rows:
    """The rows of raw, meta and desk as plain DuckDB reads them, in the columns of the first release, line by line."""
    rows: Rows = {}
    for file, path in (("records", office.records_path), ("desk", office.desk_path)):
        with plain(path) as connection:
            for name in HELD[file]:
                columns = old_columns(connection, name)
                rows[name] = connection.execute(f"select {', '.join(columns)} from {name} order by rowid").fetchall()
    return rows


def old_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    names = [name for (name, *_) in connection.execute(f"describe {table}").fetchall()]
    return [name for name in names if name not in NEW_COLUMNS]


def opened(office: Office) -> None:
    with warehouse.run(office, what="test"), warehouse.open_records(office):
        pass


def written(office: Office) -> dict[str, str]:
    """Every file that we write, by its bytes; of the lock, only that it is there."""
    return {
        str(path.relative_to(office.processed_dir)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(office.processed_dir.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def versions(connection: warehouse.Connection) -> list[tuple[str]]:
    return connection.execute(
        "select value from records.meta.state where name = 'schema_version' "
        "union all select value from desk_file.desk.state where name = 'schema_version'"
    ).fetchall()


def shapes(connection: warehouse.Connection) -> dict[str, set[tuple[str, str]]]:
    """The columns of every table of meta, mart and desk."""
    found: dict[str, set[tuple[str, str]]] = {}
    for name, column, kind in connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where schema_name in ('meta', 'mart', 'desk')"
    ).fetchall():
        found.setdefault(name, set()).add((column, kind))
    return found


def hashes(office: Office, day: date) -> dict[str, str]:
    """What the newest whole night of a day recorded."""
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        row = connection.execute(
            "select table_hashes from meta.runs where status = 'done' and as_of = ? order by started_at desc limit 1",
            [day],
        ).fetchone()
    assert row is not None
    found: dict[str, str] = json.loads(row[0])
    return found


def test_the_fixture_is_of_the_first_release(office: Office):
    with plain(office.records_path) as connection:
        assert connection.execute("select value from meta.state where name = 'schema_version'").fetchone() == ("2",)
    with plain(office.desk_path) as connection:
        assert connection.execute("select distinct table_name from duckdb_tables() order by 1").fetchall() == [
            ("feuds",),
            ("memberships",),
        ]
    assert {name: len(rows) for name, rows in held(office).items()} == {
        "raw.audit": 2,
        "raw.cases": 5,
        "raw.feuds": 1,
        "meta.loads": 4,
        "meta.runs": 2,
        "meta.problems": 1,
        "meta.accounting": 8,
        "desk.memberships": 2,
        "desk.feuds": 1,
    }


def test_a_file_of_the_first_release_becomes_one_of_today_and_keeps_every_row(office: Office, tmp_path: Path):
    before = held(office)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        assert versions(connection) == [(str(warehouse.SCHEMA_VERSION),)] * 2
        assert connection.execute("select distinct expunged from meta.loads").fetchall() == [(0,)]
        migrated = shapes(connection)
    assert held(office) == before
    fresh = load_office(shutil.copy(office.path, tmp_path / "new_office.toml"))
    section = fresh.office.model_copy(update={"processed_dir": "fresh"})
    fresh = fresh.model_copy(update={"office": section})
    with warehouse.run(fresh, what="test"), warehouse.open_records(fresh) as connection:
        assert migrated == shapes(connection), "a migrated file is made like a new one"


def test_opening_it_again_changes_nothing(office: Office):
    opened(office)
    before = written(office)
    opened(office)
    assert written(office) == before


# Has other columns since, and no rows for a table that no extract gives an address; people are joined otherwise since.
RESHAPED = {
    *("mart.geocoding_quality", "mart.group_priorities", "mart.metrics"),
    *("core.people", "core.person_records", "core.group_memberships"),
}
# Has columns more, which the first release's files do not fill.
WIDENED = {"core.defendants", "core.cases"}
# Says of the same records what nobody measured then.
TOLD_ANEW = {
    *("mart.linkage_quality", "mart.hot_times"),
    *("mart.roster_counts", "mart.roster_matches", "mart.group_ties"),
    *("mart.priority_custody", "mart.strategy_counts"),
    *("mart.metric_signals", "mart.race_quality", "mart.relative_rates"),
}


@pytest.mark.slow
def test_a_night_on_it_gives_the_tables_that_the_first_release_gave(office: Office):
    recorded = {day: hashes(office, day) for day in (JANUARY, FEBRUARY)}
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        assert not any(stages.is_current(connection, office, day) for day in recorded), "other code, so stale"
    for day, first in recorded.items():
        _, counts = stages.nightly(office, day)
        assert counts["land"]["landed"] == 0, "what had landed does not land again"
        # Every row of it is as the first release made it; what is new since then holds nothing here.
        again = hashes(office, day)
        same = first.keys() - RESHAPED - WIDENED
        assert {name: again[name] for name in same} == {name: first[name] for name in same}
        assert [name for name in sorted(again.keys() - first.keys() - TOLD_ANEW) if again[name] != EMPTY] == []
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for name in WIDENED:
            table = model.table(name)
            narrow = replace(table, columns=tuple(c for c in table.columns if c.name not in NEW_COLUMNS))
            assert warehouse.table_hash(connection, narrow) == recorded[FEBRUARY][name]
        assert all(stages.is_current(connection, office, day) for day in recorded)


@pytest.mark.slow
def test_encrypted_files_are_migrated_and_stay_encrypted(office: Office):
    before = held(office)
    office.path.write_text(office.path.read_text(encoding="utf-8") + ENCRYPTED, encoding="utf-8")
    office = load_office(office.path)
    with warehouse.run(office, what="test"):
        for path, variable in ((office.records_path, "SP_TEST_RECORDS"), (office.desk_path, "SP_TEST_DESK")):
            warehouse.rewrite(office, path, key=warehouse.Key(None), new_key=warehouse.Key(variable))
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        assert versions(connection) == [(str(warehouse.SCHEMA_VERSION),)] * 2
        for name, rows in before.items():
            kept = ", ".join(old_columns(connection, name))
            found = connection.execute(f"select {kept} from {name} order by rowid").fetchall()
            assert found == rows, name
    for path in (office.records_path, office.desk_path):
        with pytest.raises(duckdb.Error, match=r"(?i)encrypt"):
            duckdb.connect(str(path), read_only=True)
    stages.nightly(office, FEBRUARY)


@pytest.mark.parametrize("file", ["records", "desk"])
def test_a_file_of_a_newer_program_is_refused_and_neither_is_touched(office: Office, file: str):
    opened(office)
    path = office.processed_dir / f"{file}.duckdb"
    with plain(path, read_only=False) as connection:
        connection.execute(f"update {STATE[file]} set value = '99' where name = 'schema_version'")
    other = "desk" if file == "records" else "records"
    (office.processed_dir / f"{other}.duckdb").write_bytes(
        gzip.decompress((FIRST_RELEASE / f"{other}.duckdb.gz").read_bytes())
    )
    before = written(office)
    with pytest.raises(warehouse.WarehouseError, match=rf"{file}\.duckdb has schema version 99.*update the program"):
        opened(office)
    assert written(office) == before


# In the order of a migration: what is about to be executed when the process is killed, and how often it was before.
MOMENTS = {
    "before anything": ("begin", 0),
    "before the numbered file": ("-- Grain", 0),
    "before the first new table": ("create schema", 0),
    "in the middle of the tables": ("create table if not exists records.meta", 2),
    "before it says its version": ("insert into records.meta.state", 0),
    "before records is committed": ("commit", 0),
    "between the two files": ("begin", 1),
    "in the middle of the desk": ("create table if not exists desk_file", 3),
    "before desk is committed": ("commit", 1),
}
KILLED = """
import os, signal, sys
from pathlib import Path
from strategic_prosecution import warehouse
from strategic_prosecution.settings import load_office
from strategic_prosecution.warehouse import opening

start, times = sys.argv[2], int(sys.argv[3])
lay_foundation = opening.lay_foundation

class Killed:
    def __init__(self, connection):
        self.connection, self.seen = connection, 0

    def execute(self, sql, *parameters):
        if sql.startswith(start):
            if self.seen == times:
                os.kill(os.getpid(), signal.SIGKILL)
            self.seen += 1
        return self.connection.execute(sql, *parameters)

opening.lay_foundation = lambda connection: lay_foundation(Killed(connection))
office = load_office(Path(sys.argv[1]))
with warehouse.run(office, what="test"), warehouse.open_records(office):
    pass
"""


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_in_the_middle_it_opens_again(office: Office, moment: str):
    before = held(office)
    start, times = MOMENTS[moment]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(office.path), start, str(times)], capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        assert versions(connection) == [(str(warehouse.SCHEMA_VERSION),)] * 2
        assert connection.execute("select distinct expunged from meta.loads").fetchall() == [(0,)]
    assert held(office) == before
    assert not list(office.processed_dir.glob("*.wal"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed",
    [
        "alter table mart.group_scorecard drop column open_feuds",
        "alter table mart.group_scorecard add column mood varchar",
        "alter table mart.group_scorecard alter column as_of type varchar",
    ],
    ids=["a column less", "a column more", "another type"],
)
def test_a_built_table_of_another_shape_is_emptied_and_made_anew_by_a_night(office: Office, changed: str):
    recorded = hashes(first_release(office.path.parent / "beside"), FEBRUARY)
    with plain(office.records_path, read_only=False) as connection:
        connection.execute(changed)
        scorecards = connection.execute("select count(*) from mart.group_scorecard").fetchone()
        metrics = connection.execute("select count(*) from mart.metrics").fetchone()
    assert scorecards and scorecards[0] > 0
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        table = model.table("mart.group_scorecard")
        found = connection.execute(f"describe mart.{table.name}").fetchall()
        assert [(name, kind.lower()) for name, kind, *_ in found] == [
            (column.name, model.SQL_TYPES[column.dtype]) for column in table.columns
        ]
        assert connection.execute("select count(*) from mart.group_scorecard").fetchone() == (0,)
        assert connection.execute("select count(*) from mart.metrics").fetchone() == metrics, "the others stay"
        assert not stages.is_current(connection, office, FEBRUARY), "its days are run again"
    stages.nightly(office, FEBRUARY)
    assert hashes(office, FEBRUARY)["mart.group_scorecard"] == recorded["mart.group_scorecard"]


def test_a_numbered_file_is_of_a_version_that_is_reached():
    numbered = sorted((Path(warehouse.__file__).parent / "migrations").iterdir())
    assert numbered
    for path in numbered:
        number, file = path.stem.split("_")
        assert 2 < int(number) <= warehouse.SCHEMA_VERSION and file in HELD and path.suffix == ".sql"
