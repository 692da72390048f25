"""Encrypted files open with their key and with nothing else, and the key stands in no message."""

import traceback
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
    with pytest.raises(warehouse.WarehouseError, match=r"records\.duckdb is (encrypted|not encrypted)"):
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
            warehouse.replace(connection, links, marked + "'alone' as basis, 1 as probability")
        (scratch,) = (office.processed_dir / "scratch").iterdir()
        assert scratch.stat().st_size > 0
        assert b"Marrowfax" not in scratch.read_bytes()
