"""Files that others could read, change or replace are told one by one, each with a remedy that works."""

import grp
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from strategic_prosecution import cli, warehouse
from strategic_prosecution.safeguards import audit, protection
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.warehouse import lock

KEY = "SP_TEST_PROTECTED"
OFFICE = '[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n'
EXTRACT = """
[extracts.police]
files = "police_*.csv"
extract_date = "filename"
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY", offense_category = "WHAT" }
"""
is_root = os.geteuid() == 0
only_root = pytest.mark.skipif(not is_root, reason="only the superuser gives files away")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def group(path: Path) -> str:
    return grp.getgrgid(path.lstat().st_gid).gr_name


def groups() -> tuple[str, str, str]:
    """Three groups this process may give: for the superuser three of the machine's, else its own."""
    given = sorted(entry.gr_name for entry in grp.getgrall() if entry.gr_gid != os.getegid())
    if is_root:
        return given[0], given[1], given[2]
    own = grp.getgrgid(os.getegid()).gr_name
    return own, own, own


def work(office: Office) -> None:
    """What a night leaves: databases, an audit log, a published run; and a certificate."""

    def write(folder: Path) -> None:
        (folder / "internal" / "report").mkdir(parents=True)
        (folder / "internal" / "report" / "index.html").write_text("<p>", encoding="utf-8")
        connection = warehouse.open_published(
            folder / "internal" / "office.duckdb", office, edition="internal", writable=True
        )
        connection.execute("create table metrics as select 1 as a")
        connection.close()

    with warehouse.run(office, what="test"):
        audit.append(office, "run_started")
        with warehouse.open_records(office) as connection:
            connection.execute("create table raw.x as select 1 as a")
        warehouse.publish(office, write, as_of=date(2024, 6, 30))
        (office.processed_dir / "certificates").mkdir()
        (office.processed_dir / "certificates" / "order_1.json").write_text("{}", encoding="utf-8")


def make_office(folder: Path, *, section: str = "") -> Office:
    path = folder / "office.toml"
    path.write_text(OFFICE + section + EXTRACT, encoding="utf-8")
    path.chmod(0o600)
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    raw.chmod(0o700)
    (raw / "police_2024-06-30.csv").write_text("NO,DAY,WHAT\n1,2024-06-01,robbery\n", encoding="utf-8")
    return load_office(path)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office after a night, in a folder everybody may pass, so that only its own modes protect it."""
    made = make_office(tmp_path)
    work(made)
    # The folders above belong to the test run, and are closed; the office's machine need not be so.
    monkeypatch.setattr(protection, "_is_reached", lambda path, who: True)
    return made


@pytest.fixture
def tmp_path_of_all() -> Iterator[Path]:
    """A folder of its own that another account reaches too."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def run_of(office: Office) -> Path:
    (run,) = (office.processed_dir / "runs").iterdir()
    return run


OPENED: dict[str, tuple[Callable[[Office], Path], int]] = {
    "processed_dir": (lambda office: office.processed_dir, 0o755),
    "records": (lambda office: office.records_path, 0o644),
    "desk": (lambda office: office.desk_path, 0o640),
    "lock": (lambda office: office.processed_dir / "records.duckdb.lock", 0o606),
    "audit": (lambda office: office.processed_dir / "audit.jsonl", 0o640),
    "runs": (lambda office: office.processed_dir / "runs", 0o711),
    "run": (lambda office: run_of(office), 0o750),
    "published database": (lambda office: run_of(office) / "internal" / "office.duckdb", 0o604),
    "published list": (lambda office: run_of(office) / "published.json", 0o644),
    "report": (lambda office: run_of(office) / "internal" / "report" / "index.html", 0o640),
    "certificate": (lambda office: office.processed_dir / "certificates" / "order_1.json", 0o644),
    "raw_dir": (lambda office: office.raw_dir, 0o705),
    "raw_dir to write": (lambda office: office.raw_dir, 0o702),
    "office.toml to all": (lambda office: office.path, 0o602),
    "office.toml to the group": (lambda office: office.path, 0o620),
}


def test_after_a_night_nothing_is_open(office: Office):
    assert protection.faults(office) == []
    # What others may read of the settings, and the office's group of the extracts, is the office's to say.
    office.path.chmod(0o644)
    office.raw_dir.chmod(0o770)
    assert protection.faults(office) == []


@pytest.mark.parametrize("what", OPENED)
def test_what_is_open_is_one_line_and_its_remedy_closes_it(office: Office, what: str):
    find, opened = OPENED[what]
    path = find(office)
    before = mode(path)
    path.chmod(opened)
    (fault,) = protection.faults(office)
    assert str(path) in fault and "\n" not in fault
    remedy = fault.rsplit("; ", maxsplit=1)[1]
    assert remedy.startswith("chmod ") and remedy.endswith(str(path))
    subprocess.run(remedy.split(), check=True)
    assert protection.faults(office) == []
    assert mode(path) & ~before == 0


def test_folders_above_that_are_closed_protect_what_the_office_keeps_below(tmp_path: Path):
    office = make_office(tmp_path)
    office.raw_dir.chmod(0o755)
    office.path.chmod(0o666)
    tmp_path.chmod(0o700)
    assert protection.faults(office) == []


def test_a_link_where_a_file_should_be_is_told(office: Office, tmp_path: Path):
    for path in (office.desk_path, run_of(office) / "internal" / "office.duckdb"):
        aside = tmp_path / "aside"
        path.rename(aside)
        path.symlink_to(aside)
        (fault,) = protection.faults(office)
        assert fault.startswith(f"{path} is a link")
        path.unlink()
        aside.rename(path)
    assert protection.faults(office) == []


@only_root
def test_a_file_of_another_account_is_told(office: Office):
    os.chown(office.desk_path, 1, -1)
    (fault,) = protection.faults(office)
    assert str(office.desk_path) in fault and fault.endswith(f"; chown root {office.desk_path}")
    subprocess.run(fault.rsplit("; ", maxsplit=1)[1].split(), check=True)
    assert protection.faults(office) == []


def test_a_key_file_open_to_everybody_is_told(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    secret = tmp_path / "pseudonyms"
    secret.write_text("sesame", encoding="utf-8")
    secret.chmod(0o644)
    monkeypatch.setenv("STRATEGIC_PROSECUTION_PSEUDONYM_KEY_FILE", str(secret))
    (fault,) = protection.faults(office)
    assert "[STRATEGIC_PROSECUTION_PSEUDONYM_KEY_FILE] names is open to everybody; chmod 600 it" in fault
    assert "sesame" not in fault
    secret.chmod(0o400)
    assert protection.faults(office) == []


def test_databases_in_plain_text_beside_keys_are_told(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(KEY, "sesame")
    text = office.path.read_text(encoding="utf-8")
    office.path.write_text(f'{text}\n[warehouse]\nrecords_key_env = "{KEY}"\n', encoding="utf-8")
    told = protection.faults(load_office(office.path))
    assert [line.split(" is not encrypted")[0] for line in told if "is not encrypted" in line] == [
        str(office.records_path)
    ]
    assert sum("names keys, and none for" in line for line in told) == 2 and len(told) == 3
    for file in ("records", "desk", "published"):
        told = CliRunner().invoke(cli.app, ["keys", "rotate", file, "--new-key-env", KEY, "--office", str(office.path)])
        assert told.exit_code == 0, told.output
    named = "".join(f'{file}_key_env = "{KEY}"\n' for file in ("records", "desk", "published"))
    office.path.write_text(f"{text}\n[warehouse]\n{named}", encoding="utf-8")
    assert protection.faults(load_office(office.path)) == []


@pytest.mark.slow
def test_check_prints_the_faults_and_ends_with_1_and_run_counts_them(tmp_path: Path):
    office = make_office(tmp_path)
    arguments = ["--as-of", "2024-06-30", "--office", str(office.path)]
    assert "faults of protection" not in CliRunner().invoke(cli.app, ["run", *arguments]).output
    clean = CliRunner().invoke(cli.app, ["check", *arguments])
    assert clean.exit_code == 0 and "Faults of protection: none" in clean.output
    office.records_path.chmod(0o644)
    (run_of(office) / "published.json").chmod(0o644)
    told = CliRunner().invoke(cli.app, ["check", *arguments])
    assert told.exit_code == 1 and f"chmod 600 {office.records_path}\n" in told.output
    machine = CliRunner().invoke(cli.app, ["check", "--json", *arguments])
    assert machine.exit_code == 1 and len(json.loads(machine.stdout)["protection"]) == 2
    again = CliRunner().invoke(cli.app, ["run", *arguments])
    assert again.exit_code == 0 and "faults of protection: 2; `stratpro check` lists them" in again.output
    assert mode(office.records_path) == 0o644, "a run repairs nothing unasked"


# ------------------------------------------------------------------------------------------------------------ groups


def test_files_go_to_their_groups_and_folders_let_them_through(tmp_path: Path):
    records, desk, published = groups()
    office = make_office(
        tmp_path,
        section=f'[warehouse]\nrecords_group = "{records}"\ndesk_group = "{desk}"\npublished_group = "{published}"\n',
    )
    before = os.umask(0o022)
    try:
        work(office)
        with warehouse.run(office, what="test"), warehouse.open_records(office):
            pass
    finally:
        os.umask(before)
    processed = office.processed_dir
    assert mode(processed) == 0o711
    for name, owner in (
        ("records.duckdb", records),
        ("records.duckdb.lock", records),
        ("audit.jsonl", records),
        ("desk.duckdb", desk),
    ):
        assert (mode(processed / name), group(processed / name)) == (0o640, owner), name
    below = [path for path in (processed / "runs").rglob("*") if not path.is_symlink()]
    assert len(below) >= 5
    for path in (processed / "runs", *below):
        assert (mode(path), group(path)) == (0o750 if path.is_dir() else 0o640, published), path
    assert mode(processed / "certificates") == 0o700
    assert protection.faults(office) == []
    # A file written anew has what the one before had.
    with warehouse.run(office, what="test"):
        warehouse.rewrite(office, office.desk_path, key=warehouse.Key(None))
    assert (mode(office.desk_path), group(office.desk_path)) == (0o640, desk)


@only_root
def test_a_file_of_another_group_is_told_and_a_run_gives_it_back(tmp_path: Path):
    records = groups()[0]
    office = make_office(tmp_path, section=f'[warehouse]\nrecords_group = "{records}"\n')
    work(office)
    os.chown(office.records_path, -1, 0)
    (fault,) = protection.faults(office)
    assert fault.endswith(f"; chgrp {records} {office.records_path}")
    with warehouse.run(office, what="test"), warehouse.open_records(office):
        pass
    assert protection.faults(office) == []


def test_a_group_that_is_none_stops_in_one_line_and_is_told_by_check(tmp_path: Path):
    office = make_office(tmp_path, section='[warehouse]\ndesk_group = "quartzman"\n')
    with (
        warehouse.run(office, what="test"),
        pytest.raises(SettingsError, match=r"names the group \[quartzman\], and this machine has none; make it"),
        warehouse.open_records(office),
    ):
        pass
    assert any("the group [quartzman], and this machine has none" in line for line in protection.faults(office))


@only_root
def test_a_group_that_is_not_the_processes_to_give_is_one_line(tmp_path_of_all: Path):
    office = make_office(tmp_path_of_all, section='[warehouse]\nrecords_group = "daemon"\n')
    give = (
        "import os, sys\nfrom strategic_prosecution import warehouse\n"
        "from strategic_prosecution.settings import load_office\n"
        "office = load_office(sys.argv[1])\nos.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n"
        "try:\n    with warehouse.run(office, what='test'), warehouse.open_records(office):\n        pass\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    for path in (tmp_path_of_all, office.path):
        path.chmod(0o755)
    (tmp_path_of_all / "data").chmod(0o777)
    told = subprocess.run(
        [sys.executable, "-c", give, str(office.path)], capture_output=True, text=True, check=True
    ).stdout
    assert told.startswith("SettingsError") and len(told.splitlines()) == 1
    assert "cannot be given to the group [daemon] of [warehouse]" in told


def test_files_are_never_wider_than_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each change of mode or group is followed by a look at all files."""
    records, desk, published = groups()
    office = make_office(
        tmp_path,
        section=f'[warehouse]\nrecords_group = "{records}"\ndesk_group = "{desk}"\npublished_group = "{published}"\n',
    )
    seen: dict[str, set[tuple[int, int]]] = {}

    def looked(change: Callable[..., None]) -> Callable[..., None]:
        def changed(*arguments: object, **named: object) -> None:
            for look in (False, True):
                if look:
                    change(*arguments, **named)
                for path in office.processed_dir.rglob("*"):
                    found = path.lstat()
                    if path.is_file() and not path.is_symlink():
                        seen.setdefault(path.name, set()).add((stat.S_IMODE(found.st_mode), found.st_gid))

        return changed

    monkeypatch.setattr(os, "chown", looked(os.chown))
    monkeypatch.setattr(os, "chmod", looked(os.chmod))
    monkeypatch.setattr(lock, "_take", looked(lock._take))
    work(office)
    assert {"records.duckdb", "desk.duckdb", "office.duckdb", "index.html"} <= set(seen)
    meant = {"desk.duckdb": (desk, 0o640), "office.duckdb": (published, 0o640), "index.html": (published, 0o640)}
    for name, states in seen.items():
        owner, widest = meant.get(
            name, (records, 0o640) if name.startswith(("records", "audit")) else (published, 0o640)
        )
        for bits, number in states:
            assert bits & ~widest == 0, (name, oct(bits))
            if bits & 0o070:
                assert number == grp.getgrnam(owner).gr_gid, name
