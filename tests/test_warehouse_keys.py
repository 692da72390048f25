"""Encrypted files open with their key and with nothing else, and the key stands in no message."""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution import model, warehouse
from strategic_prosecution.settings import Office, SettingsError, load_office

KEYS = {
    "SP_TEST_RECORDS": "records-key-Zq8vT1",
    "SP_TEST_DESK": "desk-key-Lm3xR7",
    "SP_TEST_PUBLISHED": "published-key-Wd5cN9",
}
ENCRYPTED = (
    '[warehouse]\nrecords_key_env = "SP_TEST_RECORDS"\ndesk_key_env = "SP_TEST_DESK"\n'
    'published_key_env = "SP_TEST_PUBLISHED"\n'
)
MARKERS = {
    "records.duckdb": "Quillon Marrowfax of Records",
    "desk.duckdb": "Quillon Marrowfax of the Desk",
    "office.duckdb": "Quillon Marrowfax in Print",
}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)


def make_office(folder: Path, *, warehouse_section: str) -> Office:
    path = folder / "office.toml"
    path.write_text(
        f'[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n{warehouse_section}', encoding="utf-8"
    )
    return load_office(path)


def fill(office: Office) -> dict[str, Path]:
    """A marker in each of the three files."""
    feuds = model.table("desk.feuds")
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute("create table raw.names as select ? as name", [MARKERS["records.duckdb"]])
        row = dict.fromkeys(feuds.names) | {"event_id": "1", "why": MARKERS["desk.duckdb"]}
        marks = ", ".join("?" for _ in row)
        connection.execute(f"insert into desk.feuds values ({marks})", list(row.values()))
    published = office.processed_dir / "office.duckdb"
    connection = warehouse.open_published(published, office, edition="internal", writable=True)
    connection.execute("create table metrics as select ? as note", [MARKERS["office.duckdb"]])
    connection.close()
    return {"records.duckdb": office.records_path, "desk.duckdb": office.desk_path, "office.duckdb": published}


def found(office: Office) -> tuple[str, ...]:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        rows = connection.execute("select name from raw.names union all select why from desk.feuds").fetchall()
    connection = warehouse.open_published(office.processed_dir / "office.duckdb", office, edition="internal")
    rows += connection.execute("select note from metrics").fetchall()
    connection.close()
    return tuple(text for (text,) in rows)


def test_a_marker_is_in_the_bytes_of_plain_files_and_not_of_encrypted_ones(tmp_path: Path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "encrypted").mkdir()
    plain = make_office(tmp_path / "plain", warehouse_section="")
    encrypted = make_office(tmp_path / "encrypted", warehouse_section=ENCRYPTED)
    for office, visible in ((plain, True), (encrypted, False)):
        for name, path in fill(office).items():
            assert (MARKERS[name].encode() in path.read_bytes()) is visible, (name, visible)
        everything = b"".join(path.read_bytes() for path in office.processed_dir.rglob("*") if path.is_file())
        assert (b"Marrowfax" in everything) is visible
        assert found(office) == tuple(MARKERS.values())
        assert not [key for key in KEYS.values() if key.encode() in everything]


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("SP_TEST_RECORDS", "records.duckdb"),
        ("SP_TEST_DESK", "desk.duckdb"),
        ("SP_TEST_PUBLISHED", "office.duckdb"),
    ],
)
def test_a_wrong_or_missing_key_is_one_line_without_any_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
):
    office = make_office(tmp_path, warehouse_section=ENCRYPTED)
    fill(office)
    before = {path: path.read_bytes() for path in office.processed_dir.glob("*.duckdb")}
    wrong = "wrong-key-Hh2bY6"
    for value, expected, said in (
        (wrong, warehouse.WarehouseError, f"{name} is encrypted, or its key is wrong; check the key's environment"),
        ("", SettingsError, f"office.toml: the environment variable [{variable}] holds no key; set it"),
        (None, SettingsError, f"office.toml: the environment variable [{variable}] holds no key; set it"),
    ):
        if value is None:
            monkeypatch.delenv(variable)
        else:
            monkeypatch.setenv(variable, value)
        with pytest.raises(expected) as caught:
            found(office)
        told = "".join(traceback.format_exception(caught.value))
        assert said in str(caught.value) and "\n" not in str(caught.value)
        assert not [key for key in (*KEYS.values(), wrong) if key in told or key in str(caught.value)]
    monkeypatch.setenv(variable, KEYS[variable])
    assert found(office) == tuple(MARKERS.values())
    assert {path: path.read_bytes() for path in before} == before


def test_settings_without_keys_do_not_open_encrypted_files_nor_the_other_way_round(tmp_path: Path):
    fill(make_office(tmp_path, warehouse_section=ENCRYPTED))
    plain = make_office(tmp_path, warehouse_section="")
    with pytest.raises(warehouse.WarehouseError, match=r"records\.duckdb is encrypted, or its key is wrong"):
        found(plain)
    for path in plain.processed_dir.glob("*.duckdb"):
        path.unlink()
    fill(plain)
    with pytest.raises(
        warehouse.WarehouseError, match=r"records\.duckdb is not encrypted, and office\.toml names a key"
    ):
        found(make_office(tmp_path, warehouse_section=ENCRYPTED))


def test_the_core_of_an_earlier_day_is_encrypted_too(tmp_path: Path):
    office = make_office(tmp_path, warehouse_section=ENCRYPTED)
    links = model.table("core.person_records")
    with warehouse.run(office, what="test"):
        with warehouse.open_records(office) as connection:
            warehouse.set_state(connection, "core_as_of", "2024-12-31")
        day = date(2024, 6, 30)
        with warehouse.open_records(office, day) as connection:
            marked = "select 'arrests' as record_table, 'Quillon Marrowfax' as record_id, 'p' as person_id, "
            warehouse.replace(
                connection, links, marked + "'c' as confirmed_person_id, 'alone' as basis, 1 as probability"
            )
        (scratch,) = (office.processed_dir / "scratch").iterdir()
        assert scratch.stat().st_size > 0
        assert b"Marrowfax" not in scratch.read_bytes()


# ------------------------------------------------------------------------------------------------ what lies beside them


# More than 60 MB of rows with the marker in them, each too different from the others to be compressed.
SORTED = """
    select md5(range::varchar) as turn, 'Quillon Marrowfax ' || sha256(range::varchar) as name
    from range(500000) order by turn
"""


@pytest.mark.parametrize("key", ["records_key_env", "desk_key_env", "published_key_env", None])
def test_what_a_query_spills_is_encrypted_as_soon_as_any_file_is(tmp_path: Path, key: str | None):
    section = '[warehouse]\nmemory_limit = "60MB"\nthreads = 1\n'
    office = make_office(tmp_path, warehouse_section=section + (f'{key} = "SP_TEST_RECORDS"\n' if key else ""))
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        cursor = connection.execute(SORTED)
        # The first row comes when all are sorted, and what was spilled for it lies there until the last is fetched.
        assert cursor.fetchone() is not None
        spilled = [path.read_bytes() for path in (office.processed_dir / "tmp").iterdir()]
        assert sum(map(len, spilled)) > 20_000_000
        assert any(b"Quillon Marrowfax" in content for content in spilled) is (key is None)
        modes = {path.stat().st_mode & 0o777 for path in (office.processed_dir / "tmp").iterdir()}
        assert modes == {0o600} and (office.processed_dir / "tmp").stat().st_mode & 0o777 == 0o700
    assert not list(office.processed_dir.glob("tmp/*"))


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_the_write_ahead_files_are_encrypted_too(tmp_path: Path, is_encrypted: bool):
    office = make_office(tmp_path, warehouse_section=ENCRYPTED if is_encrypted else "")
    with warehouse.run(office, what="test"):
        with warehouse.open_records(office) as connection:
            warehouse.set_state(connection, "core_as_of", "2024-12-31")
        with warehouse.open_records(office, date(2024, 6, 30)) as connection:
            for catalog in ("records.raw", "desk_file.desk", "scratch.core"):
                connection.execute(f"create table {catalog}.marked as select 'Quillon Marrowfax' as name")
            ahead = sorted(office.processed_dir.rglob("*.wal"))
            assert len(ahead) == 3
            for path in ahead:
                assert (b"Marrowfax" in path.read_bytes()) is not is_encrypted, path.name
                assert path.stat().st_mode & 0o777 == 0o600


def test_the_header_of_a_file_says_whether_it_is_encrypted(tmp_path: Path):
    for name, section in (("plain", ""), ("encrypted", ENCRYPTED)):
        (tmp_path / name).mkdir()
        files = fill(make_office(tmp_path / name, warehouse_section=section))
        assert {warehouse.is_encrypted(path) for path in files.values()} == {name == "encrypted"}


# ---------------------------------------------------------------------------------- no key and no name in what is told

NAME = "Zebulon Quartzman"
EVERY_KEY = KEYS | {
    "STRATEGIC_PROSECUTION_PSEUDONYM_KEY": "pseudonym-key-Pw4jD2",
    "STRATEGIC_PROSECUTION_FINGERPRINT_KEY": "fingerprint-key-Bx6sK8",
    "SP_TEST_WRONG": "wrong-key-Hh2bY6",
}
ARRESTS = """
[extracts.police]
files = "police_*.csv"
extract_date = "filename"
[[extracts.police.feeds]]
table = "arrests"
key = "arrest_id"
columns = { arrest_id = "NO", arrest_date = "DAY", family_name = "WHO" }
"""


def wrong_key(office: Office, environment: dict[str, str]) -> str:
    environment["SP_TEST_RECORDS"] = EVERY_KEY["SP_TEST_WRONG"]
    return "is encrypted, or its key is wrong"


def no_key(office: Office, environment: dict[str, str]) -> str:
    del environment["SP_TEST_DESK"]
    return "holds no key"


def key_in_an_open_file(office: Office, environment: dict[str, str]) -> str:
    secret = office.path.with_name("secret")
    secret.write_text(environment.pop("SP_TEST_DESK"), encoding="utf-8")
    secret.chmod(0o644)
    environment["SP_TEST_DESK_FILE"] = str(secret)
    return "is open to everybody"


def broken_extract(office: Office, environment: dict[str, str]) -> str:
    (office.raw_dir / "police_2024-07-31.csv").write_text(f"NO,WHEN,WHO\n1,2024-07-01,{NAME}\n", encoding="utf-8")
    return "did not land"


def bad_settings(office: Office, environment: dict[str, str]) -> str:
    text = office.path.read_text(encoding="utf-8")
    office.path.write_text(text.replace("desk_key_env", "desk_key"), encoding="utf-8")
    return "unknown key [warehouse.desk_key]"


def bad_expression(office: Office, environment: dict[str, str]) -> str:
    text = office.path.read_text(encoding="utf-8")
    office.path.write_text(
        text.replace('family_name = "WHO"', 'family_name = "cast(WHO as integer)::text"'), encoding="utf-8"
    )
    return "family_name"


def full_disk(office: Office, environment: dict[str, str]) -> str:
    environment["SP_TEST_LARGEST_FILE"] = "20000"
    return "Error"


TOLD = """
import os, resource, signal, sys, traceback
from strategic_prosecution.cli import app

# A file that may not grow is what a full disk is to a program.
if largest := os.environ.get("SP_TEST_LARGEST_FILE"):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
try:
    app(sys.argv[1:])
except SystemExit as end:
    print("ended with", end.code)
except BaseException as error:
    print("stratpro_told", "".join(traceback.format_exception(error)))
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    while frames is not None:
        for frame in frames.stack:
            if "strategic_prosecution" in frame.filename:
                print("locals of", frame.filename, frame.name, frame.locals)
        frames = frames.__cause__ or frames.__context__
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "fail", [wrong_key, no_key, key_in_an_open_file, broken_extract, bad_settings, bad_expression, full_disk]
)
def test_no_key_and_no_name_is_told_whatever_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail: Callable[[Office, dict[str, str]], str]
):
    office = make_office(tmp_path, warehouse_section=ENCRYPTED + ARRESTS)
    office.raw_dir.mkdir(parents=True)
    rows = "".join(f"{n},2024-06-01,{NAME}\n" for n in range(50))
    (office.raw_dir / "police_2024-06-30.csv").write_text("NO,DAY,WHO\n" + rows, encoding="utf-8")
    environment = dict(os.environ) | EVERY_KEY
    command = [sys.executable, "-c", TOLD, "run", "--office", str(office.path)]

    def told(*options: str) -> str:
        ended = subprocess.run([*command, *options], env=environment, capture_output=True, text=True, check=False)
        return ended.stdout + ended.stderr

    for name, key in EVERY_KEY.items():
        monkeypatch.setenv(name, key)
    with warehouse.run(office, what="test"), warehouse.open_records(office):
        pass
    said = fail(office, environment)
    for options in (("--debug",), ()):
        text = told(*options)
        assert said in text if options else "stratpro: " in text, text
        assert "ended with 0" not in text
        assert [key for key in EVERY_KEY.values() if key in text] == []
        assert "Zebulon" not in text and "Quartzman" not in text, text


def test_settings_hold_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, key in EVERY_KEY.items():
        monkeypatch.setenv(name, key)
    office = make_office(tmp_path, warehouse_section=ENCRYPTED)
    for text in (repr(office), str(office.model_dump()), office.model_dump_json(), str(office)):
        assert "SP_TEST_RECORDS" in text
        assert [key for key in EVERY_KEY.values() if key in text] == []


def test_a_key_written_into_the_settings_by_mistake_is_not_repeated(tmp_path: Path):
    key = EVERY_KEY["SP_TEST_WRONG"]
    for line in (f'records_key = "{key}"', f'memory_limit = "2GB"\nthreads = "{key}"'):
        with pytest.raises(SettingsError) as caught:
            make_office(tmp_path, warehouse_section=f"[warehouse]\n{line}\n")
        assert key not in "".join(traceback.format_exception(caught.value))
