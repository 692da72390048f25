"""Publishing as one thing: what is in force, what a reader sees, and what a publication that died leaves behind."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from strategic_prosecution import warehouse
from strategic_prosecution.settings import Office, load_office

DAY = date(2024, 6, 30)
LINKS = ("internal", "public", "published.json")

DIE_WHILE_WRITING = """
import os, signal, sys
from datetime import date
from strategic_prosecution import warehouse
from strategic_prosecution.settings import load_office

def write(folder):
    (folder / "internal").mkdir()
    (folder / "internal" / "half.txt").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

office = load_office(sys.argv[1])
with warehouse.run(office, what="test"):
    warehouse.publish(office, write, as_of=date(2024, 7, 31))
"""
# Between the folder's rename and the move of the first link.
DIE_BEFORE_THE_LINKS_MOVE = """
import os, signal, sys
from datetime import date
from pathlib import Path
from strategic_prosecution import warehouse
from strategic_prosecution.settings import load_office

def write(folder):
    for edition in ("internal", "public"):
        (folder / edition).mkdir()

office = load_office(sys.argv[1])
with warehouse.run(office, what="test"):
    Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
    warehouse.publish(office, write, as_of=date(2024, 7, 31))
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    return load_office(path)


def publish(office: Office, text: str, *, as_of: date = DAY) -> Path:
    """Publish a real database with one text in it, and a file deeper down."""

    def write(folder: Path) -> None:
        for edition in ("internal", "public"):
            (folder / edition / "report").mkdir(parents=True)
            (folder / edition / "report" / "index.html").write_text(f"<p>{text}", encoding="utf-8")
            connection = warehouse.open_published(
                folder / edition / "office.duckdb", office, edition=edition, writable=True
            )
            connection.execute("create table metrics as select ? as note", [text])
            connection.close()

    with warehouse.run(office, what="test"):
        return warehouse.publish(office, write, as_of=as_of)


def in_force(office: Office) -> str:
    with duckdb.connect(str(office.processed_dir / "internal" / "office.duckdb"), read_only=True) as connection:
        (note,) = connection.execute("select note from metrics").fetchone()
    assert f"<p>{note}" == (office.processed_dir / "public" / "report" / "index.html").read_text(encoding="utf-8")
    return note


def hidden(office: Office) -> list[str]:
    """What is half-done: dot files and folders."""
    folders = (office.processed_dir, office.processed_dir / "runs")
    return [path.name for folder in folders for path in folder.iterdir() if path.name.startswith(".")]


def test_what_is_published_is_listed_with_its_hashes(office: Office):
    folder = publish(office, "one")
    assert {(office.processed_dir / name).readlink() for name in LINKS} == {
        Path("runs") / folder.name / name for name in LINKS
    }
    manifest = json.loads((office.processed_dir / "published.json").read_text(encoding="utf-8"))
    assert (manifest["run"], manifest["as_of"]) == (folder.name, "2024-06-30")
    assert manifest["files"] == {
        f"{edition}/{name}": hashlib.sha256((office.processed_dir / edition / name).read_bytes()).hexdigest()
        for edition in ("internal", "public")
        for name in ("office.duckdb", "report/index.html")
    }
    assert in_force(office) == "one" and hidden(office) == []


def test_it_is_for_its_owner_alone(office: Office):
    before = os.umask(0o000)
    try:
        folder = publish(office, "one")
    finally:
        os.umask(before)
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_last_three_runs_are_kept(office: Office):
    folders = [publish(office, str(number)) for number in range(5)]
    assert sorted((office.processed_dir / "runs").iterdir()) == sorted(folders[2:])
    assert in_force(office) == "4"


def test_a_reader_keeps_what_it_has_open(office: Office):
    publish(office, "old")
    path = office.processed_dir / "internal" / "office.duckdb"
    with duckdb.connect(str(path), read_only=True) as reader:
        seen = []

        def write(folder: Path) -> None:
            (folder / "internal").mkdir()
            (folder / "public").mkdir()
            seen.extend(reader.execute("select note from metrics").fetchone())

        with warehouse.run(office, what="test"):
            warehouse.publish(office, write, as_of=DAY)
        # Three more, and the folder of the file that is open is gone.
        for number in range(3):
            publish(office, f"new {number}")
        seen.extend(reader.execute("select note from metrics").fetchone())
    assert seen == ["old", "old"]
    assert in_force(office) == "new 2"


def test_a_writer_that_fails_leaves_the_old_publication_in_force(office: Office):
    publish(office, "old")
    before = (office.processed_dir / "published.json").read_bytes()

    def fail(folder: Path) -> None:
        (folder / "internal").mkdir()
        (folder / "internal" / "half.txt").write_text("half")
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"), warehouse.run(office, what="test"):
        warehouse.publish(office, fail, as_of=DAY)
    assert in_force(office) == "old"
    assert (office.processed_dir / "published.json").read_bytes() == before
    publish(office, "new")
    assert in_force(office) == "new" and hidden(office) == []


@pytest.mark.parametrize("script", [DIE_WHILE_WRITING, DIE_BEFORE_THE_LINKS_MOVE], ids=["writing", "linking"])
def test_a_killed_publication_leaves_the_old_one_and_the_next_cleans_up(office: Office, script: str):
    publish(office, "old")
    died = subprocess.run([sys.executable, "-c", script, str(office.path)], capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert in_force(office) == "old"
    assert len(hidden(office)) == 1
    publish(office, "new")
    assert in_force(office) == "new" and hidden(office) == []


def test_everything_is_on_disk_before_a_link_moves(office: Office, monkeypatch: pytest.MonkeyPatch):
    events: list[tuple[str, str]] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(descriptor: int) -> None:
        events.append(("synced", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        fsync(descriptor)

    def note_replace(self: Path, target: Path) -> Path:
        events.append(("moved", Path(target).name))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    folder = publish(office, "one")
    moves = [place for place, (what, _) in enumerate(events) if what == "moved"]
    assert [events[place][1] for place in moves] == list(LINKS)
    synced = {name.replace(f".{folder.name}.partial", folder.name) for _, name in events[: moves[0]]}
    assert {str(path) for path in [folder, *folder.rglob("*")]} <= synced
    assert str(folder.parent) in synced
    assert ("synced", str(office.processed_dir)) in events[moves[-1] :]


def test_publishing_belongs_to_a_run(office: Office):
    with pytest.raises(warehouse.WarehouseError, match="outside a run"):
        warehouse.publish(office, lambda folder: None, as_of=DAY)
