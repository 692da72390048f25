"""Keys of the pseudonyms: the first is noted, another is refused, a rotation leaves no edition under an older one."""

import hashlib
import hmac
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages import pseudonym_keys
from strategic_prosecution.stages.publish import publish
from tests.stages.planted import read

VARIABLE = "STRATEGIC_PROSECUTION_PSEUDONYM_KEY"
FIRST, SECOND, THIRD = "first-key-Qx7vL2", "second-key-Hn4tR8", "third-key-Wb6mY3"
TODAY, LAST_DAY = date(2024, 5, 2), date(2024, 3, 31)


@pytest.fixture(autouse=True)
def _first_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, FIRST)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    return load_office(path)


def check(office: Office) -> None:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        pseudonym_keys.check_key(connection, office, known_on=TODAY)


def marks(office: Office) -> list[str]:
    return [mark for (mark,) in read(office, "select key_mark from desk.pseudonym_keys order by rowid")]


def mark_of(key: str) -> str:
    return hmac.new(key.encode(), b"mark of the key of the pseudonyms", "sha256").hexdigest()


def published(office: Office, name: str) -> Path:
    """An edition as far as withdrawing it goes."""
    folder = office.processed_dir / "runs" / name / "internal"
    folder.mkdir(parents=True)
    (folder / "office.duckdb").write_bytes(b"pseudonyms")
    return folder.parent


def rotate(office: Office, night, *, why: str = "it leaked") -> bool:
    with warehouse.run(office, what="test"):
        return pseudonym_keys.rotate(office, why=why, known_on=TODAY, night=night)


class Night:
    """Stands for a night: it is told of its day, checks the key as `publish` does, publishes, finishes; or dies."""

    def __init__(self, *, dies: str = "") -> None:
        self.days: list[date | None] = []
        self.dies = dies

    def __call__(self, office: Office, day: date | None) -> None:
        self.days.append(day)
        if self.dies == "before":
            raise ValueError("the night cannot run")
        with warehouse.open_records(office) as connection:
            pseudonym_keys.check_key(connection, office, known_on=TODAY)
        published(office, warehouse.current_run(office).run_id)
        if self.dies == "between":
            raise KeyboardInterrupt
        pseudonym_keys.finish(office)


def editions(office: Office) -> list[str]:
    return sorted(path.name for path in (office.processed_dir / "runs").glob("*"))


@pytest.fixture
def begun(office: Office) -> Office:
    """Published under the first key as of a day, twice."""
    check(office)
    published(office, "20240401T000000000000_aaaaaa")
    published(office, "20240402T000000000000_bbbbbb")
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        warehouse.set_state(connection, "core_as_of", LAST_DAY.isoformat())
    return office


# ------------------------------------------------------------------------------------------------ the key in force


def test_the_first_key_is_noted_once_by_a_mark_that_is_no_key(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(VARIABLE)
    check(office)
    assert marks(office) == []
    monkeypatch.setenv(VARIABLE, FIRST)
    check(office)
    check(office)
    assert marks(office) == [mark_of(FIRST)]
    assert read(office, "select known_on, recorded_by from desk.pseudonym_keys") == [(TODAY, desk.login())]
    for path in office.processed_dir.rglob("*"):
        assert not path.is_file() or FIRST.encode() not in path.read_bytes()


def test_another_key_is_refused_in_one_line_that_says_what_to_do(office: Office, monkeypatch: pytest.MonkeyPatch):
    check(office)
    monkeypatch.setenv(VARIABLE, SECOND)
    with pytest.raises(SettingsError, match="run `stratpro pseudonyms rotate`") as refused:
        check(office)
    assert SECOND not in str(refused.value) and FIRST not in str(refused.value) and VARIABLE in str(refused.value)
    assert marks(office) == [mark_of(FIRST)]


@pytest.mark.parametrize("key", [None, ""])
def test_once_a_key_is_in_force_a_run_without_one_is_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch, key: str | None
):
    check(office)
    monkeypatch.delenv(VARIABLE)
    if key is not None:
        monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(SettingsError, match="holds no key of the pseudonyms, and one is in force") as refused:
        check(office)
    assert VARIABLE in str(refused.value) and len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("key", ["fifteen-letters", "ä" * 15])
def test_a_short_key_is_put_in_force_by_nothing(begun: Office, monkeypatch: pytest.MonkeyPatch, key: str):
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(SettingsError, match="fewer than 16 characters") as refused:
        rotate(begun, Night())
    assert key not in str(refused.value) and len(str(refused.value).splitlines()) == 1
    assert marks(begun) == [mark_of(FIRST)] and audit.entries(begun) == []


def test_a_short_key_is_not_the_first_one_either(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, "fifteen-letters")
    with pytest.raises(SettingsError, match="fewer than 16 characters"):
        check(office)
    assert marks(office) == []
    monkeypatch.setenv(VARIABLE, "sixteen-letters!")
    check(office)
    assert marks(office) == [mark_of("sixteen-letters!")]


def test_a_key_that_was_in_force_before_never_comes_back(begun: Office, monkeypatch: pytest.MonkeyPatch):
    for key in (SECOND, THIRD):
        monkeypatch.setenv(VARIABLE, key)
        assert rotate(begun, Night()) is True
    for key in (FIRST, SECOND):
        monkeypatch.setenv(VARIABLE, key)
        with pytest.raises(SettingsError, match="was in force before") as refused:
            rotate(begun, Night())
        assert key not in str(refused.value) and len(str(refused.value).splitlines()) == 1
    assert marks(begun) == [mark_of(key) for key in (FIRST, SECOND, THIRD)]


def test_the_public_key_of_the_demo_is_a_key_like_any_other(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(VARIABLE)
    release = office.release.model_copy(update={"public_demo_key": "the public demo key"})
    demo = office.model_copy(update={"release": release})
    check(demo)
    assert marks(demo) == [mark_of("the public demo key")]
    monkeypatch.setenv(VARIABLE, SECOND)
    with pytest.raises(SettingsError, match="rotate"):
        check(demo)


# ------------------------------------------------------------------------------------------------------- a rotation


def test_a_rotation_publishes_cores_day_anew_and_removes_what_was_published(
    begun: Office, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(VARIABLE, SECOND)
    night = Night()
    assert rotate(begun, night) is True
    assert night.days == [LAST_DAY]
    assert marks(begun) == [mark_of(FIRST), mark_of(SECOND)]
    (only,) = editions(begun)
    assert only > "20240402T"
    (entry,) = audit.entries(begun)
    assert (entry["what"], audit.facts(entry)) == ("pseudonyms_rotated", {"editions": 2})
    assert read(begun, "select why from desk.pseudonym_keys order by rowid")[1] == ("it leaked",)
    check(begun)
    monkeypatch.setenv(VARIABLE, FIRST)
    with pytest.raises(SettingsError, match="rotate"):
        check(begun)


@pytest.mark.parametrize(
    ("key", "why", "said"),
    [(None, "it leaked", "holds no key"), (FIRST, "it leaked", "is the one in force"), (SECOND, " ", "say why")],
)
def test_what_cannot_be_rotated_is_refused_and_nothing_changes(
    begun: Office, monkeypatch: pytest.MonkeyPatch, key: str | None, why: str, said: str
):
    monkeypatch.delenv(VARIABLE)
    if key is not None:
        monkeypatch.setenv(VARIABLE, key)
    night = Night()
    before = editions(begun)
    with pytest.raises(SettingsError, match=said) as refused:
        rotate(begun, night, why=why)
    assert len(str(refused.value).splitlines()) == 1 and (key is None or key not in str(refused.value))
    assert (night.days, editions(begun), marks(begun)) == ([], before, [mark_of(FIRST)])
    assert audit.entries(begun) == []


def test_before_the_first_publication_there_is_nothing_to_rotate(office: Office):
    with pytest.raises(SettingsError, match="no pseudonyms are published yet"):
        rotate(office, Night())
    assert marks(office) == []


@pytest.mark.parametrize("dies", ["before", "between"])
def test_a_rotation_that_died_is_finished_by_running_it_again(
    begun: Office, monkeypatch: pytest.MonkeyPatch, dies: str
):
    monkeypatch.setenv(VARIABLE, SECOND)
    with pytest.raises((ValueError, KeyboardInterrupt)):
        rotate(begun, Night(dies=dies))
    assert len(editions(begun)) == (2 if dies == "before" else 3), "the old ones are there still"
    assert rotate(begun, Night()) is False
    assert len(editions(begun)) == 1
    assert marks(begun) == [mark_of(FIRST), mark_of(SECOND)], "one rotation, however often it was run"
    assert [entry["what"] for entry in audit.entries(begun)] == ["pseudonyms_rotated"]
    with pytest.raises(SettingsError, match="is the one in force"):
        rotate(begun, Night())


def test_a_rotation_that_died_is_finished_by_the_next_night(begun: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, SECOND)
    with pytest.raises(KeyboardInterrupt):
        rotate(begun, Night(dies="between"))
    with warehouse.run(begun, what="test"):
        Night()(begun, LAST_DAY)
    assert len(editions(begun)) == 1
    with warehouse.run(begun, what="test"):
        Night()(begun, LAST_DAY)
    assert len(editions(begun)) == 2, "a night after that removes nothing"


def test_a_third_key_before_the_second_is_finished_is_one_more_rotation(begun: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, SECOND)
    with pytest.raises(ValueError, match="cannot run"):
        rotate(begun, Night(dies="before"))
    monkeypatch.setenv(VARIABLE, THIRD)
    assert rotate(begun, Night()) is True
    assert marks(begun) == [mark_of(key) for key in (FIRST, SECOND, THIRD)]
    assert len(editions(begun)) == 1


# ------------------------------------------------------------------------------------------------------ whole nights

EXTRACTS = """
raw_dir = "raw"
processed_dir = "processed"
settle_seconds = 0
[extracts.audit]
files = "audit_*.csv"
extract_date = "filename"
[[extracts.audit.feeds]]
table = "memberships"
key = "membership_id"
columns = { membership_id = "NO", group_id = "GROUP", state_id = "SID", birth_date = "BORN", criterion = "CRITERION", \
approver = "BY", evidence_date = "FACT", last_fact_date = "FACT", reviewed_on = "FACT" }
"""
ROSTER = "NO,GROUP,SID,BORN,CRITERION,BY,FACT\n" + "".join(
    f"m{n},G1,MA10000{n},1990-01-0{n},self_admission,lieutenant,2023-12-01\n" for n in range(1, 6)
)


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first_night")
    path = folder / "office.toml"
    path.write_text(f'[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n{EXTRACTS}', encoding="utf-8")
    (folder / "raw").mkdir()
    (folder / "raw" / "audit_2024-03-31.csv").write_text(ROSTER, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, FIRST)
        stages.nightly(load_office(path))
    return folder


@pytest.fixture
def run_once(first_night: Path, tmp_path: Path) -> Office:
    shutil.copytree(first_night, tmp_path / "office", symlinks=True)
    return load_office(tmp_path / "office" / "office.toml")


def columns_of_people(office: Office) -> dict[str, set[str]]:
    """Every value of a column that names a person, in the internal edition: table.column -> values."""
    path = office.processed_dir / "internal" / "office.duckdb"
    connection = warehouse.open_published(path, office, edition="internal")
    try:
        there = connection.execute("select table_name, column_name from information_schema.columns").fetchall()
        names = {(t.name, c.name) for t in model.TABLES for c in t.columns if c.is_person}
        return {
            f"{table}.{column}": {
                value for (value,) in connection.execute(f"select distinct {column} from {table}").fetchall()
            }
            for table, column in there
            if (table, column) in names or column.endswith("person_id")
        }
    finally:
        connection.close()


@pytest.mark.slow
def test_without_a_key_no_table_that_names_a_person_is_published(run_once: Office, monkeypatch: pytest.MonkeyPatch):
    """Every table that may be published and names a person is there with a key, and none of them without one."""
    meant = {f"{t.name}.{c.name}" for t in model.TABLES for c in t.columns if c.is_person and "internal" in t.editions}
    assert meant and columns_of_people(run_once).keys() == meant
    assert not [t.name for t in model.TABLES if "public" in t.editions and any(c.is_person for c in t.columns)]
    monkeypatch.delenv(VARIABLE)
    before = (run_once.processed_dir / "published.json").read_bytes()
    with pytest.raises(SettingsError, match="one is in force"):
        stages.nightly(run_once)
    assert (run_once.processed_dir / "published.json").read_bytes() == before
    # As if no key had ever been there.
    with warehouse.run(run_once, what="test"), warehouse.open_records(run_once) as connection:
        connection.execute("delete from desk.pseudonym_keys")
    stages.nightly(run_once)
    assert columns_of_people(run_once) == {}
    files = json.loads((run_once.processed_dir / "published.json").read_text(encoding="utf-8"))["files"]
    assert not [file for file in files for name in meant if name.split(".")[0] in file]


@pytest.mark.slow
def test_a_night_keeps_the_pseudonyms_and_a_rotation_leaves_none_that_joins(
    run_once: Office, monkeypatch: pytest.MonkeyPatch
):
    first = columns_of_people(run_once)["group_memberships.person_id"]
    people = {person for (person,) in read(run_once, "select person_id from core.group_memberships")}
    assert first == {hmac.new(FIRST.encode(), p.encode(), hashlib.sha256).hexdigest()[:16] for p in people}
    stages.nightly(run_once)
    assert columns_of_people(run_once)["group_memberships.person_id"] == first
    monkeypatch.setenv(VARIABLE, SECOND)
    with pytest.raises(SettingsError, match="rotate"):
        stages.nightly(run_once)
    with stages.holding(run_once, what="test"):
        pseudonym_keys.rotate(run_once, why="it leaked", known_on=TODAY, night=stages.nightly)
    second = columns_of_people(run_once)["group_memberships.person_id"]
    assert len(second) == len(first) == 5 and not first & second
    assert len(editions(run_once)) == 1
    assert audit.verify(run_once) == []
    for path in (run_once.processed_dir / "runs").rglob("*"):
        assert not path.is_file() or not [name for name in first if name.encode() in path.read_bytes()]


@pytest.mark.slow
def test_a_rotation_killed_before_old_editions_are_gone_is_finished(run_once: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, SECOND)

    def dies(office: Office, **_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("strategic_prosecution.warehouse.withdraw", dies)
        with pytest.raises(KeyboardInterrupt), stages.holding(run_once, what="test"):
            pseudonym_keys.rotate(run_once, why="it leaked", known_on=TODAY, night=stages.nightly)
    assert len(editions(run_once)) == 2
    stages.nightly(run_once)
    assert len(editions(run_once)) == 1


def test_publish_is_the_stage_that_checks_and_finishes():
    """The fast tests above stand for a night by calling both; this is where a night calls them."""
    assert {"check_key", "finish"} <= set(publish.__code__.co_names)
