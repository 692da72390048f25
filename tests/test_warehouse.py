"""One way to open the database, cores that belong to a run and a day, replacing and hashing tables."""

import hashlib
import os
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from strategic_prosecution import model, warehouse
from strategic_prosecution.settings import Office, load_office

JUNE, JULY, AUGUST = date(2024, 6, 30), date(2024, 7, 31), date(2024, 8, 31)
LINKS = model.table("core.person_records")
QUALITY = model.table("mart.geocoding_quality")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "America/New_York"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    return load_office(path)


def links(*ids: str, probability: float | list[float] = 1.0) -> pd.DataFrame:
    frame = pd.DataFrame({"record_id": list(ids), "record_table": "arrests", "basis": "alone"})
    people = "p_" + frame["record_id"]
    return frame.assign(person_id=people, confirmed_person_id=people, probability=probability)


def build_core(office: Office, as_of: date, *ids: str) -> None:
    """What the stage that builds core does, in small: replace, and say whose core it is of which day."""
    with warehouse.open_records(office, as_of) as connection, warehouse.transaction(connection):
        warehouse.replace(connection, LINKS, links(*ids))
        if not warehouse.is_past(connection, as_of):
            warehouse.set_state(connection, "core_run", warehouse.current_run(office).run_id)
            warehouse.set_state(connection, "core_as_of", as_of.isoformat())


def core_ids(connection: warehouse.Connection) -> list[str]:
    rows = connection.execute("select record_id from core.person_records order by record_id").fetchall()
    return [name for (name,) in rows]


def on_disk(office: Office) -> list[str]:
    with duckdb.connect(str(office.records_path), read_only=True) as connection:
        return core_ids(connection)


# ------------------------------------------------------------------------------------------------------- opening


def test_files_are_for_their_owner_alone_whatever_the_umask(office: Office):
    before = os.umask(0o022)
    try:
        with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
            connection.execute("create table raw.x as select 1 as a")
        assert os.umask(0o022) == 0o022, "the run gives the umask back"
    finally:
        os.umask(before)
    files = [path for path in office.processed_dir.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"records.duckdb", "desk.duckdb", "records.duckdb.lock"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(office.processed_dir.stat().st_mode) == 0o700


def test_the_one_open_is_utc_without_network_and_sees_no_python_variable(office: Office):
    visible = pd.DataFrame({"a": [1]})
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for name, value in (
            ("TimeZone", "UTC"),
            ("autoinstall_known_extensions", False),
            ("autoload_known_extensions", False),
            ("threads", 2),
        ):
            assert connection.execute("select current_setting(?)", [name]).fetchone() == (value,)
        with pytest.raises(duckdb.CatalogException):
            connection.execute("from visible")
    assert len(visible) == 1


def test_every_table_of_meta_mart_and_desk_is_there_from_the_start(office: Office):
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for schema in ("meta", "mart", "desk"):
            for table in model.tables(schema):
                found = connection.execute(f"describe {schema}.{table.name}").df()
                assert list(found["column_name"]) == list(table.names)
        assert warehouse.state(connection, "schema_version") == str(warehouse.SCHEMA_VERSION)
        assert warehouse.state(connection, "core_as_of") is None


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("99", r"schema version 99, this program knows \d+; update the program"),
        ("1", r"schema version 1, from before the first release, .*; move it away and run again"),
    ],
)
def test_a_newer_or_older_file_is_refused(office: Office, version: str, said: str):
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        warehouse.set_state(connection, "schema_version", version)
    with (
        warehouse.run(office, what="test"),
        pytest.raises(warehouse.WarehouseError, match=said),
        warehouse.open_records(office),
    ):
        pass


def test_a_file_that_is_no_database_is_one_line(office: Office):
    office.processed_dir.mkdir(parents=True)
    office.records_path.write_bytes(b"not a database" * 1000)
    with (
        warehouse.run(office, what="test"),
        pytest.raises(warehouse.WarehouseError, match=r"records\.duckdb cannot be opened") as caught,
        warehouse.open_records(office),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_a_stranger_who_has_the_file_open_is_named_as_such(office: Office):
    with warehouse.run(office, what="test"), warehouse.open_records(office):
        pass
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.readline()"
    stranger = subprocess.Popen(
        [sys.executable, "-c", script, str(office.records_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert stranger.stdout is not None and stranger.stdout.readline() == b"open\n"
        with (
            warehouse.run(office, what="test"),
            pytest.raises(
                warehouse.WarehouseLockedError, match=r"records\.duckdb is open in another program; close it"
            ),
            warehouse.open_records(office),
        ):
            pass
    finally:
        stranger.communicate(b"\n")
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        assert connection.execute("select count(*) from meta.runs").fetchone() == (0,)


def test_a_trial_is_in_memory(office: Office):
    with warehouse.open_trial(office) as connection:
        connection.execute("create table raw.x as select 1 as a")
        warehouse.replace(connection, LINKS, links("1"))
        assert core_ids(connection) == ["1"]
    assert not office.processed_dir.exists()


# ------------------------------------------------------------------------------------------- whose core, which day


def test_a_stage_outside_of_a_run_is_refused(office: Office):
    with pytest.raises(warehouse.WarehouseError, match="outside a run"), warehouse.open_records(office):
        pass
    assert not office.processed_dir.exists()


def test_core_is_there_for_the_run_and_the_day_it_was_built_for(office: Office):
    with warehouse.run(office, what="test"):
        build_core(office, JULY, "1", "2")
        with warehouse.open_core(office, JULY) as connection:
            assert core_ids(connection) == ["1", "2"]


def test_the_core_of_another_run_is_refused(office: Office):
    with warehouse.run(office, what="first") as first:
        build_core(office, JULY, "1")
    with (
        warehouse.run(office, what="second") as second,
        pytest.raises(warehouse.WarehouseError) as caught,
        warehouse.open_core(office, JULY),
    ):
        pass
    for name in (first.run_id, second.run_id, "run the stages from the first"):
        assert name in str(caught.value)


def test_the_core_of_another_day_is_refused(office: Office):
    with warehouse.run(office, what="test"):
        build_core(office, JULY, "1")
        for day in (AUGUST, JUNE):
            with (
                pytest.raises(warehouse.WarehouseError, match="run the stages from the first"),
                warehouse.open_core(office, day),
            ):
                pass


def test_an_earlier_day_has_its_own_core_and_leaves_the_newest_alone(office: Office):
    with warehouse.run(office, what="test"):
        build_core(office, AUGUST, "1", "2", "3")
    before = office.records_path.read_bytes()
    with warehouse.run(office, what="test") as run:
        build_core(office, JUNE, "1")
        build_core(office, JULY, "1", "2")
        for day, ids in ((JUNE, ["1"]), (JULY, ["1", "2"])):
            with warehouse.open_core(office, day) as connection:
                assert core_ids(connection) == ids
                direct = connection.execute("select count(*) from records.core.person_records").fetchone()
                assert direct == (3,)
        assert on_disk(office) == ["1", "2", "3"]
        scratch = list((office.processed_dir / "scratch").iterdir())
        assert len(scratch) == 2 and all(run.run_id in path.name for path in scratch)
        assert {stat.S_IMODE(path.stat().st_mode) for path in scratch} == {0o600}
    assert on_disk(office) == ["1", "2", "3"]
    assert office.records_path.read_bytes() == before
    assert not any((office.processed_dir / "scratch").iterdir())


def test_results_of_an_earlier_day_go_to_the_one_mart(office: Office):
    with warehouse.run(office, what="test"):
        build_core(office, AUGUST, "1")
        build_core(office, JUNE, "1")
        with warehouse.open_core(office, JUNE) as connection, warehouse.transaction(connection):
            warehouse.replace_as_of(connection, QUALITY, JUNE, quality(JUNE))
    with duckdb.connect(str(office.records_path), read_only=True) as connection:
        assert connection.execute("select distinct as_of from mart.geocoding_quality").fetchall() == [(JUNE,)]


# ------------------------------------------------------------------------------------------------------ replacing


def quality(as_of: date, *tables: str) -> pd.DataFrame:
    frame = pd.DataFrame({"table_name": tables or ("incidents",), "as_of": as_of, "breakdown": "", "segment": ""})
    others = {column.name: None for column in QUALITY.columns if column.name not in frame}
    return frame.assign(**others | {"records": 4, "matched_records": 4, "value": 1.0, "lower": 0.5, "upper": 1.0})


def test_replacing_goes_by_name_and_casts_to_the_model(office: Office):
    frame = links("1", "2")[list(reversed(LINKS.names))].assign(extra=7, probability="0.25")
    with warehouse.open_trial(office) as connection:
        assert warehouse.replace(connection, LINKS, frame) == 2
        rows = connection.execute("from core.person_records").fetchall()
        assert rows == [("arrests", "1", "p_1", "p_1", "alone", 0.25), ("arrests", "2", "p_2", "p_2", "alone", 0.25)]
        query = (
            "select 7 as record_id, 'arrests' as record_table, 'p' as person_id, 'c' as confirmed_person_id, "
            "'alone' as basis, ? as probability"
        )
        assert warehouse.replace(connection, LINKS, query, [1]) == 1
        assert connection.execute("from core.person_records").fetchall() == [("arrests", "7", "p", "c", "alone", 1.0)]


def test_replacing_refuses_missing_columns_and_what_cannot_be_cast(office: Office):
    with warehouse.open_trial(office) as connection:
        with pytest.raises(ValueError, match=r"rows for \[person_records\] lack the columns \['basis'\]"):
            warehouse.replace(connection, LINKS, links("1").drop(columns="basis"))
        with pytest.raises(duckdb.ConversionException):
            warehouse.replace(connection, LINKS, links("1").assign(probability="half"))


def test_replacing_refuses_two_rows_of_one_key_and_leaves_the_table_as_it_was(office: Office):
    with warehouse.open_trial(office) as connection:
        warehouse.replace(connection, LINKS, links("1"))
        with (
            pytest.raises(warehouse.WarehouseError, match=r"\[person_records\]: 3 rows but 2 keys"),
            warehouse.transaction(connection),
        ):
            warehouse.replace(connection, LINKS, links("2", "3", "3"))
        assert core_ids(connection) == ["1"]


def test_a_null_key_is_refused(office: Office):
    said = {"records": 1, "spellings": 1, "birth_date": None, "race_ethnicity": None, "sex": None}
    people = pd.DataFrame({"person_id": [None], **said})
    with (
        warehouse.open_trial(office) as connection,
        pytest.raises(warehouse.WarehouseError, match="1 rows but 0 keys"),
    ):
        warehouse.replace(connection, model.table("core.people"), people)


def test_an_error_in_a_transaction_undoes_all_of_it(office: Office):
    with warehouse.run(office, what="test"):
        build_core(office, JULY, "1")
        with warehouse.open_core(office, JULY) as connection:
            with pytest.raises(RuntimeError, match="planted"), warehouse.transaction(connection):
                warehouse.replace(connection, LINKS, links("7", "8"))
                warehouse.set_state(connection, "core_as_of", "1999-01-01")
                connection.execute("create table raw.half (a integer)")
                raise RuntimeError("planted")
            assert core_ids(connection) == ["1"]
            assert warehouse.state(connection, "core_as_of") == JULY.isoformat()
        assert on_disk(office) == ["1"]
        with warehouse.open_core(office, JULY) as connection:
            found = connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
            assert found == []


def test_the_rows_of_one_day_are_replaced_and_the_others_stay(office: Office):
    with warehouse.open_trial(office) as connection:
        warehouse.replace_as_of(connection, QUALITY, JUNE, quality(JUNE, "incidents", "arrests"))
        warehouse.replace_as_of(connection, QUALITY, JULY, quality(JULY, "incidents"))
        june = warehouse.table_hash(connection, QUALITY, JUNE)
        warehouse.replace_as_of(connection, QUALITY, JULY, quality(JULY, "cases"))
        rows = connection.execute("select as_of, table_name from mart.geocoding_quality order by all").fetchall()
        assert rows == [(JUNE, "arrests"), (JUNE, "incidents"), (JULY, "cases")]
        assert warehouse.table_hash(connection, QUALITY, JUNE) == june


# -------------------------------------------------------------------------------------------------------- hashing


def link_hash(connection: warehouse.Connection, frame: pd.DataFrame) -> str:
    connection.execute(warehouse.create_table(LINKS, clause="create or replace table"))
    connection.register("rows", frame)
    connection.execute("insert into core.person_records by name from rows")
    return warehouse.table_hash(connection, LINKS)


def test_the_hash_is_sha256_over_lines_in_key_order(office: Office):
    text = "arrests\x1f1\x1fp_1\x1fp_1\x1falone\x1f0.333333333333\narrests\x1f2\x1fp_2\x1fp_2\x1f\x00\x1f1\n"
    frame = links("2", "1", probability=[1.0, 1 / 3])
    with warehouse.open_trial(office) as connection:
        found = link_hash(connection, frame.assign(basis=[None, "alone"]))
    assert found == hashlib.sha256(text.encode()).hexdigest()


def test_the_hash_depends_on_no_order_of_loading_and_no_number_of_threads(office: Office):
    ids = [f"{number:05d}" for number in range(30_000)]
    frame = links(*ids).assign(probability=np.random.default_rng(1).random(len(ids)))
    found = set()
    for threads, shuffled in (
        (1, frame),
        (2, frame.sample(frac=1, random_state=1)),
        (4, frame.sample(frac=1, random_state=2)),
    ):
        section = office.warehouse.model_copy(update={"threads": threads})
        with warehouse.open_trial(office.model_copy(update={"warehouse": section})) as connection:
            assert connection.execute("select current_setting('threads')").fetchone() == (threads,)
            found.add(link_hash(connection, shuffled))
    assert len(found) == 1


@pytest.mark.parametrize(
    "changed",
    [
        links("1", "2", probability=[0.3, 0.3000000001]),
        links("1", "2", probability=[0.3, np.nan]),
        links("1", "2", probability=0.3).assign(basis=["alone", None]),
        links("1", "2", probability=0.3).assign(basis=["alone", ""]),
        links("1", "2", probability=0.3).assign(person_id=["p_1", "p_1"]),
        links("1", probability=0.3),
        links("1", "2", "3", probability=0.3),
    ],
    ids=["double", "null double", "null text", "empty text", "text", "a row less", "a row more"],
)
def test_the_hash_sees_a_changed_value(office: Office, changed: pd.DataFrame):
    with warehouse.open_trial(office) as connection:
        same = {link_hash(connection, links("1", "2", probability=0.3)) for _ in range(2)}
        assert len(same) == 1
        assert link_hash(connection, changed) not in same


def test_null_and_empty_are_two_things(office: Office):
    with warehouse.open_trial(office) as connection:
        empty = link_hash(connection, links("1").assign(basis=""))
        assert link_hash(connection, links("1").assign(basis=None)) != empty


def test_doubles_count_to_twelve_significant_digits(office: Office):
    with warehouse.open_trial(office) as connection:
        assert 0.1 + 0.2 != 0.3
        assert link_hash(connection, links("1", probability=0.1 + 0.2)) == link_hash(
            connection, links("1", probability=0.3)
        )
        large = 123_456_789_012.0
        assert link_hash(connection, links("1", probability=large)) == link_hash(
            connection, links("1", probability=large + 1e-4)
        )
        assert link_hash(connection, links("1", probability=large)) != link_hash(
            connection, links("1", probability=large + 1)
        )


def test_lists_and_shapes_count_too(office: Office):
    def one(reasons: list[str]) -> pd.DataFrame:
        table = model.table("mart.group_priorities")
        return pd.DataFrame([dict.fromkeys(table.names) | {"as_of": JUNE, "group_id": "G", "reasons": reasons}])

    of_one = {"layer": "d", "area_id": "1", "title": "One", "area_m2": 1.0}
    unknown = {"median_household_income": None, "income_quintile": None}
    areas = pd.DataFrame({**of_one, **unknown, "geometry": [b"\x01"]})
    with warehouse.open_trial(office) as connection:
        hashes = set()
        for reasons in (["a", "b"], ["a, b"], ["b", "a"], []):
            warehouse.replace_as_of(connection, model.table("mart.group_priorities"), JUNE, one(reasons))
            hashes.add(warehouse.table_hash(connection, model.table("mart.group_priorities"), JUNE))
        for geometry in (b"\x01", b"\x02"):
            warehouse.replace(connection, model.table("core.areas"), areas.assign(geometry=[geometry]))
            hashes.add(warehouse.table_hash(connection, model.table("core.areas")))
    assert len(hashes) == 6
