"""What an open connection refuses whatever it is told to execute: here the check of expressions is bypassed."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from strategic_prosecution import warehouse
from strategic_prosecution.settings import Office, load_office

# Refused by the check too, for another reason: see tests/extracts/test_expressions.py.
OUTSIDE = [
    "read_text('{secret}')",
    "read_blob('{secret}')",
    "read_csv('{secret}')",
    "read_json('{secret}')",
    "read_parquet('{secret}')",
    "read_csv('{raw}/../secret.csv')",
    "read_csv('{raw}/./x/../../secret.csv')",
    "read_csv('{raw}//../secret.csv')",
    "read_csv('{raw}/link.csv')",
    "read_csv('{raw}/linked/secret.csv')",
    "read_csv('{raw}-beside/secret.csv')",
    "read_csv('file://{secret}')",
    "read_csv('http://127.0.0.1:9/a.csv')",
    "read_csv('s3://bucket/a.csv')",
    "read_csv('/dev/stdin')",
    "'{secret}'",
    "glob('{outside}/*')",
    "glob('/etc/*')",
    "sniff_csv('{secret}')",
    "parquet_metadata('{secret}')",
    "parquet_schema('{secret}')",
    "query('from read_text(''{secret}'')')",
]
STATEMENTS = [
    "copy (select 1) to '{outside}/taken.csv'",
    "copy (select 1) to '{raw}/../taken.csv'",
    "copy (select 1) to '{raw}/linked/taken.csv'",
    "copy (select 1 as a, 2 as b) to '{outside}/taken' (format parquet, partition_by (a))",
    "export database '{outside}/taken'",
    "import database '{outside}'",
    "attach '{outside}/taken.duckdb' as taken",
    "attach '{outside}/strange.duckdb' as strange (read_only)",
    "attach 'http://127.0.0.1:9/a.duckdb' as a",
    "attach 'host=127.0.0.1' as a (type postgres)",
    "install httpfs",
    "install httpfs from community",
    "force install httpfs",
    "load httpfs",
    "load '{outside}/a.duckdb_extension'",
    "update extensions",
    "create secret a (type s3)",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set allowed_directories = ['/']",
    "set allowed_paths = ['{secret}']",
    "reset enable_external_access",
    "reset lock_configuration",
    "set threads = 1",
    "set memory_limit = '64GB'",
    "set temp_directory = '{outside}'",
    "set TimeZone = 'Asia/Tokyo'",
    "set autoload_known_extensions = true",
    "set autoinstall_known_extensions = true",
    "set allow_unsigned_extensions = true",
    "set custom_extension_repository = 'http://127.0.0.1:9'",
    "set python_enable_replacements = true",
    "set log_query_path = '{outside}/taken.log'",
    "set home_directory = '{outside}'",
    "set default_order = 'desc'",
    "set null_order = 'nulls_first'",
    "pragma threads = 1",
    "pragma enable_profiling = 'json'",
    "pragma profiling_output = '{outside}/taken.json'",
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office with an extract, a file beside its folders, and links out of them."""
    folder = tmp_path_factory.mktemp("confined")
    path = folder / "office.toml"
    path.write_text(
        '[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\nraw_dir = "it\'s [raw]"\n'
        '[warehouse]\nmemory_limit = "100MB"\n',
        encoding="utf-8",
    )
    office = load_office(path)
    office.raw_dir.mkdir()
    (office.raw_dir / "extract.csv").write_text("a\n1\n", encoding="utf-8")
    for outside in (folder, Path(f"{office.raw_dir}-beside")):
        outside.mkdir(exist_ok=True)
        (outside / "secret.csv").write_text("word\nMarrowfax\n", encoding="utf-8")
    (office.raw_dir / "link.csv").symlink_to(folder / "secret.csv")
    (office.raw_dir / "linked").symlink_to(folder)
    duckdb.connect(str(folder / "strange.duckdb")).close()
    return office


@pytest.fixture(scope="module", params=["records", "trial", "published"])
def connection(request: pytest.FixtureRequest, office: Office) -> Iterator[warehouse.Connection]:
    if request.param == "trial":
        with warehouse.open_trial(office) as connection:
            yield connection
        return
    with warehouse.run(office, what="test"):
        if request.param == "records":
            with warehouse.open_records(office) as connection:
                yield connection
            return
        path = office.processed_dir / "office.duckdb"
        connection = warehouse.open_published(path, office, edition="internal", writable=True)
        yield connection
        connection.close()


def attempt(connection: warehouse.Connection, office: Office, sql: str) -> None:
    """Execute what must be refused; the refusal is DuckDB's, and nothing was written beside the office's folders."""
    folder = office.path.parent
    names = {
        "secret": folder / "secret.csv",
        "outside": folder,
        "raw": office.raw_dir,
    }
    before = sorted(folder.iterdir())
    with pytest.raises(duckdb.Error) as caught:
        connection.execute(sql.format(**{name: str(path).replace("'", "''") for name, path in names.items()}))
    expected = ("disabled", "Cannot access", "locked", "Cannot change", "extension httpfs to be loaded")
    assert any(words in str(caught.value) for words in expected), str(caught.value)
    assert sorted(folder.iterdir()) == before
    assert connection.execute("select 1").fetchone() == (1,), "the connection still works"


@pytest.mark.parametrize("source", OUTSIDE)
def test_no_file_outside_is_read(connection: warehouse.Connection, office: Office, source: str):
    attempt(connection, office, f"from {source}")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_nothing_is_written_outside_and_no_setting_changes(
    connection: warehouse.Connection, office: Office, statement: str
):
    attempt(connection, office, statement)


def test_the_attack_of_a_naive_version_reads_nothing(office: Office):
    """What an expression in place of a column becomes without the check: a second statement runs, and finds no file."""
    secret = str(office.path.parent / "secret.csv").replace("'", "''")
    with warehouse.open_trial(office) as connection:
        connection.execute("create table raw.police as select 1 as a")
        attack = f"1 from raw.police; create table raw.taken as from read_text('{secret}'); select 1"
        with pytest.raises(duckdb.PermissionException, match="disabled by configuration"):
            connection.execute(f"select {attack} from raw.police")
        assert connection.execute("select count(*) from duckdb_tables() where table_name = 'taken'").fetchone() == (0,)


def test_the_environment_is_not_to_be_had(connection: warehouse.Connection):
    with pytest.raises(duckdb.CatalogException, match="getenv does not exist"):
        connection.execute("select getenv('HOME')")


def test_no_key_is_to_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    key = "records-key-Zq8vT1"
    monkeypatch.setenv("SP_TEST_RECORDS", key)
    path = tmp_path / "office.toml"
    section = '[warehouse]\nrecords_key_env = "SP_TEST_RECORDS"\n'
    path.write_text(f'[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n{section}', encoding="utf-8")
    office = load_office(path)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for source in ("duckdb_databases()", "duckdb_settings()", "pragma_database_list"):
            rows = connection.execute(f"from {source}").fetchall()
            assert rows and key not in str(rows), source
        # The extension that writes encrypted files could reach the network.
        for attack in ("from read_text('http://127.0.0.1:9/')", "attach 'http://127.0.0.1:9/a.duckdb' as a"):
            with pytest.raises(duckdb.PermissionException, match="disabled by configuration"):
                connection.execute(attack)


def test_work_inside_goes_on(office: Office):
    """Extracts are read, memory spills, frames and files of the office come and go, and what is written stays."""
    with warehouse.run(office, what="test"):
        with warehouse.open_records(office) as connection:
            raw = str(office.raw_dir / "extract.csv").replace("'", "''")
            assert connection.execute(f"from read_csv('{raw}')").fetchall() == [(1,)]
            connection.execute(
                "create table raw.big as select range as i, md5(range::varchar) as m from range(2000000)"
            )
            connection.execute("create temp table sorted as from raw.big order by m")
            (spilled,) = connection.execute("select count(*) from duckdb_temporary_files()").fetchone()
            assert spilled > 0
            connection.register("incoming_rows", pd.DataFrame({"a": [1, 2]}))
            with warehouse.transaction(connection):
                connection.execute("create table raw.frame as from incoming_rows")
            made = str(office.processed_dir / "made.parquet").replace("'", "''")
            connection.execute(f"copy raw.frame to '{made}' (format parquet)")
            assert connection.execute(f"select sum(a) from read_parquet('{made}')").fetchone() == (3,)
        with warehouse.open_records(office) as connection:
            assert connection.execute("select count(*) from raw.big").fetchone() == (2_000_000,)
            assert connection.execute("select sum(a) from raw.frame").fetchone() == (3,)
            connection.execute("drop table raw.big; drop table raw.frame")


def test_a_trial_reads_extracts_and_not_what_was_processed(office: Office):
    office.processed_dir.mkdir(exist_ok=True)
    inside = office.processed_dir / "inside.csv"
    inside.write_text("a\n1\n", encoding="utf-8")
    with warehouse.open_trial(office) as connection:
        raw = str(office.raw_dir / "extract.csv").replace("'", "''")
        assert connection.execute(f"from read_csv('{raw}')").fetchall() == [(1,)]
        attempt(connection, office, f"from read_csv('{inside}')")
    inside.unlink()
