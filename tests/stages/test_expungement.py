"""An order comes back from nothing: neither from an old extract, nor from a copy, nor by building all anew."""

import csv
import json
import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution import model, stages, warehouse
from strategic_prosecution.extracts import ContractError
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages import orders
from strategic_prosecution.stages.selection import Asked
from tests.leaks import find_leaks
from tests.stages import planted
from tests.stages.planted import CASE, NEEDLES, STATE_ID, give, read

pytestmark = pytest.mark.slow

HIM = Asked("person", STATE_ID, "order of the court", "2024 M 11")
COUNTED = "kept + merged + set_aside + superseded + reversed + withdrawn + expunged + not_yet"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(planted.KEY_NAME, planted.KEY)


def core_rows(office: Office) -> dict[str, list[tuple]]:
    """What stands in core, table by table; not which load and line said it."""
    found = {}
    with stages.holding(office, what="test"), warehouse.open_records(office) as connection:
        for table in model.tables("core"):
            names = [name for name in table.names if name not in ("source_load", "source_row")]
            found[table.name] = connection.execute(
                f"select {', '.join(names)} from core.{table.name} order by all"
            ).fetchall()
    return found


def lines_about_him(path: Path) -> int:
    """By Python's csv module: lines of the header's width that say something of him."""
    with path.open(newline="", encoding="utf-8") as handle:
        header, *rows = csv.reader(handle)
    return sum(len(row) == len(header) and planted.is_his(row) for row in rows)


def assert_nothing_is_back(office: Office) -> None:
    assert find_leaks(office.processed_dir, NEEDLES, files="*s*.duckdb") == []
    assert find_leaks(office.processed_dir, NEEDLES, files="*.html") == []
    assert read(office, f"select count(*) from meta.accounting where read <> {COUNTED}") == [(0,)]
    # What a file held is what Python reads in it.
    newest = "qualify row_number() over (partition by file order by landed_at desc) = 1"
    for file, rows, expunged in read(office, f"select file, rows, expunged from meta.loads {newest}"):
        path = office.raw_dir / file
        with path.open(newline="", encoding="utf-8") as handle:
            header, *lines = csv.reader(handle)
        assert (rows, expunged or 0) == (sum(len(line) == len(header) for line in lines), lines_about_him(path)), file


@pytest.fixture(scope="module")
def expunged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an office after the order; copied by each test that disturbs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(planted.KEY_NAME, planted.KEY)
        office = planted.make_office(tmp_path_factory.mktemp("expunged"))
        stages.nightly(office)
        give(office, "expunge", HIM)
    return office.path.parent


@pytest.fixture
def office(expunged: Path, tmp_path: Path) -> Office:
    folder = tmp_path / "office"
    shutil.copytree(expunged, folder, symlinks=True)
    return load_office(folder / "office.toml")


def test_the_tables_are_those_of_an_office_that_never_had_the_rows(office: Office, tmp_path: Path):
    never = planted.make_office(tmp_path / "never", planted.without_him(planted.files()))
    stages.nightly(never, stages=(*stages.CORE, stages.groups))
    theirs = core_rows(never)
    assert theirs["arrests"] and theirs["defendants"] and theirs["group_memberships"]
    assert core_rows(office) == theirs
    assert_nothing_is_back(office)


def test_files_delivered_again_bring_nothing_back(office: Office):
    """The same under another name, a corrected copy, and a newer full file that still holds the rows."""
    shutil.copy(office.raw_dir / "court_2024-03-31.csv", office.raw_dir / "court_again_2024-03-31.csv")
    now = (office.raw_dir / "arrests_2024-02-29.csv").read_text()
    (office.raw_dir / "arrests_2024-02-29.csv").write_text(
        now.replace("417 Nowhere Crescent", "417 Nowhere Crescent Apt 2")
    )
    (office.raw_dir / "arrests_2024-04-30.csv").write_text(now)
    charges = (office.raw_dir / "charges_2024-03-31.csv").read_text()
    (office.raw_dir / "charges_2024-04-30.csv").write_text(charges.replace("265/15A", "265/15A AMENDED"))
    before = core_rows(office)
    stages.nightly(office)
    assert_nothing_is_back(office)
    after = core_rows(office)
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
    newest = "select extract, file, sum(expunged) from meta.loads group by all having sum(expunged) > 0 order by all"
    assert ("arrests", "arrests_2024-04-30.csv", 3) in read(office, newest)


def test_all_built_anew_from_the_files_brings_nothing_back(office: Office):
    before = core_rows(office)
    office.records_path.unlink()
    stages.nightly(office)
    assert_nothing_is_back(office)
    assert core_rows(office) == before
    assert read(office, "select count(*), count(value) from meta.problems where kind = 'ragged_row'") == [(1, 0)]


def test_the_desk_alone_is_forgotten_too(tmp_path: Path):
    """Events whose file is nowhere any more: not in raw, not below raw_dir."""
    office = planted.make_office(tmp_path)
    stages.nightly(office, stages=stages.CORE)
    office.records_path.unlink()
    (office.raw_dir / "audit_2024-02-29.csv").unlink()
    stages.nightly(office, stages=stages.CORE)
    assert "desk.duckdb: desk.memberships.membership_id" in find_leaks(office.processed_dir, ("MB-4410",))
    give(office, "expunge", HIM)
    assert find_leaks(office.processed_dir, NEEDLES) == []


def test_memberships_without_a_number_are_forgotten_too(tmp_path: Path):
    """A roster whose rows are known by their content: on the desk they have a number that raw does not know."""
    office = planted.make_office(tmp_path)
    path = office.path
    path.write_text(
        path.read_text().replace('key = "membership_id"', 'key = "row"').replace('membership_id = "NO"\n', "")
    )
    office = load_office(path)
    stages.nightly(office, stages=stages.CORE)
    assert "desk.duckdb: desk.memberships.state_id" in find_leaks(office.processed_dir, (STATE_ID,))
    others = read(office, f"select count(*) from desk.memberships where state_id <> '{STATE_ID}'")
    give(office, "expunge", HIM)
    assert find_leaks(office.processed_dir, NEEDLES) == []
    assert read(office, "select count(*) from desk.memberships") == others == [(planted.PEOPLE + 1,)]


def test_what_the_person_does_after_the_order_is_a_new_record(office: Office):
    header, *rows = (office.raw_dir / "court_2024-03-31.csv").read_text().splitlines()
    new = f"CR-2024-0900,1,{STATE_ID},Zebulon,Quartzman,1987-03-14,2024-04-20,OPEN,"
    (office.raw_dir / "court_2024-04-30.csv").write_text("\n".join([header, *rows, new]) + "\n")
    stages.nightly(office, stages=stages.CORE)
    assert read(office, f"select case_id from core.defendants where state_id = '{STATE_ID}'") == [("CR-2024-0900",)]
    assert find_leaks(office.processed_dir, (CASE,)) == []


@pytest.mark.parametrize(("key", "said"), [(None, "holds no key"), ("another key", "not the one under which")])
def test_without_the_right_key_nothing_lands(
    office: Office, monkeypatch: pytest.MonkeyPatch, key: str | None, said: str
):
    if key is None:
        monkeypatch.delenv(planted.KEY_NAME)
    else:
        monkeypatch.setenv(planted.KEY_NAME, key)
    shutil.copy(office.raw_dir / "court_2024-03-31.csv", office.raw_dir / "court_2024-04-30.csv")
    loads = read(office, "select count(*) from meta.loads")
    with pytest.raises(SettingsError, match=said) as caught:
        stages.nightly(office)
    assert len(str(caught.value).splitlines()) == 1
    assert read(office, "select count(*) from meta.loads") == loads
    assert find_leaks(office.processed_dir, NEEDLES, files="*s*.duckdb") == []


def test_each_certificate_counts_its_own_rows(office: Office):
    (second,) = give(office, "expunge", Asked("cases", "CR-1-3", "order of the court"))
    certificate = json.loads((office.processed_dir / "certificates" / f"{second}.json").read_text())
    # A case, a charge and a hearing, each in one file.
    assert certificate["removed_rows"] == {"raw.charges": 1, "raw.court": 1, "raw.hearings": 1}
    assert certificate["source_files_that_still_hold_rows"] == {
        "charges_2024-03-31.csv": 1,
        "court_2024-03-31.csv": 1,
        "hearings_2024-03-31.csv": 1,
    }


def test_a_night_that_cannot_run_leaves_nothing_published(tmp_path: Path):
    """The order is carried out, and no edition with the person stays."""
    office = planted.make_office(tmp_path)
    stages.nightly(office)
    assert (office.processed_dir / "internal").exists()

    def night(_office: Office, _day: date) -> None:
        raise ContractError("too many rows were withdrawn")

    with stages.holding(office, what="test"):
        plans = orders.plan(office, "expunge", [HIM]).plans
        (order,) = orders.begin(office, plans, known_on=planted.LAST_DAY)
        orders.finish_begun(office, night)
    assert find_leaks(office.processed_dir, NEEDLES) == []
    links = ("internal", "public", "published.json")
    assert not [name for name in links if os.path.lexists(office.processed_dir / name)]
    assert list((office.processed_dir / "runs").iterdir()) == []
    certificate = json.loads((office.processed_dir / "certificates" / f"{order}.json").read_text())
    assert (
        certificate["published_editions"] == "removed; the night could not run, and nothing is published until one does"
    )
    stages.nightly(office)
    assert (office.processed_dir / "internal" / "office.duckdb").exists()
