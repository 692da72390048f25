"""An order killed anywhere is not begun, or the next run finishes it: never half."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from strategic_prosecution import cli, model, stages, warehouse
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages import expungement
from tests.leaks import find_leaks
from tests.stages import planted
from tests.stages.planted import NEEDLES

pytestmark = pytest.mark.slow

# Gives the order and dies: around a step, or at the n-th statement or change of a file after it is said to begin.
WORKER = """
import os, signal, sys
from pathlib import Path
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages import expungement, orders
from strategic_prosecution.stages.selection import Asked
from strategic_prosecution.warehouse import opening, rewriting
from tests.stages import planted

path, how, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
done = None

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def tick():
    global done
    if done is None:
        return
    done += 1
    if how == "at" and done == number:
        die()

def counted(act):
    def counting(*arguments, **options):
        tick()
        return act(*arguments, **options)
    return counting

class Connection:
    def __init__(self, connection):
        self.__dict__["connection"] = connection
    def execute(self, *arguments):
        tick()
        return self.connection.execute(*arguments)
    def __getattr__(self, name):
        return getattr(self.connection, name)

connect = opening.connect
opening.connect = rewriting.connect = lambda *arguments, **options: Connection(connect(*arguments, **options))
for name in ("replace", "rename", "unlink", "symlink_to", "rmdir"):
    setattr(Path, name, counted(getattr(Path, name)))
for name in ("fsync", "replace"):
    setattr(os, name, counted(getattr(os, name)))

def around(place, step):
    def stepping(*arguments):
        if (how, number) == ("before", place):
            die()
        step(*arguments)
        if (how, number) == ("after", place):
            die()
    return stepping

expungement.STEPS = tuple(around(place, step) for place, step in enumerate(expungement.STEPS))
begin = orders.begin

def beginning(*arguments, **options):
    global done
    done = 0
    return begin(*arguments, **options)

orders.begin = beginning
planted.give(load_office(path), "expunge", Asked("person", planted.STATE_ID, "order of the court"))
print(done)
"""


@dataclass(frozen=True)
class Truth:
    """An office before the order, its core, that of an office which never had the rows, and what an order removes."""

    folder: Path
    core_before: dict[str, list[tuple]]
    core_never: dict[str, list[tuple]]
    removed: dict[str, int]
    ticks: int


def core_rows(office: Office) -> dict[str, list[tuple]]:
    """What stands in core, table by table; not which load and line said it."""
    found = {}
    with stages.holding(office, what="test"), warehouse.open_records(office) as connection:
        for table in model.tables("core"):
            names = ", ".join(name for name in table.names if name not in ("source_load", "source_row"))
            found[table.name] = connection.execute(f"select {names} from core.{table.name} order by all").fetchall()
    return found


def kill(office: Office, how: str, number: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WORKER, str(office.path), how, str(number)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def certificates(office: Office) -> list[dict]:
    folder = office.processed_dir / expungement.CERTIFICATES
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


@pytest.fixture(scope="module", autouse=True)
def _key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(planted.KEY_NAME, planted.KEY)
        yield


@pytest.fixture(scope="module")
def truth(_key: None, tmp_path_factory: pytest.TempPathFactory) -> Truth:
    folder = tmp_path_factory.mktemp("truth")
    never = planted.make_office(folder / "never", planted.without_him(planted.files()))
    stages.nightly(never)
    office = planted.make_office(folder / "office")
    stages.nightly(office)
    before = core_rows(office)
    undisturbed = copied(folder / "office", folder / "undisturbed")
    told = kill(undisturbed, "nowhere", 0)
    assert told.returncode == 0, told.stderr
    (certificate,) = certificates(undisturbed)
    assert sum(certificate["removed_rows"].values()) == 16
    return Truth(folder / "office", before, core_rows(never), certificate["removed_rows"], int(told.stdout))


def copied(folder: Path, to: Path) -> Office:
    shutil.copytree(folder, to, symlinks=True)
    return load_office(to / "office.toml")


def run_again(office: Office) -> None:
    """A run of what is compared here; where an order was begun, finishing it runs the whole night before this."""
    stages.nightly(office, stages=(*stages.CORE, stages.groups))


def assert_begun_and_done_or_neither(office: Office, truth: Truth) -> bool:
    """After a kill and one more run; returns whether the order was begun."""
    with stages.holding(office, what="test"), warehouse.open_records(office) as connection:
        statuses = {status for (status,) in connection.execute("select status from desk.orders").fetchall()}
    assert statuses in (set(), {"begun", "done"})
    if not statuses:
        assert core_rows(office) == truth.core_before
        assert certificates(office) == []
        assert find_leaks(office.processed_dir, (planted.CASE,), files="records.duckdb")
        return False
    assert find_leaks(office.processed_dir, NEEDLES) == []
    assert core_rows(office) == truth.core_never
    assert [certificate["removed_rows"] for certificate in certificates(office)] == [truth.removed]
    assert not [path for path in office.processed_dir.rglob("*") if path.name.endswith((".new", ".wal", ".partial"))]
    return True


def assert_readers_see_a_whole_edition_or_none(office: Office) -> None:
    for edition in ("internal", "public"):
        path = office.processed_dir / edition / "office.duckdb"
        if path.exists():
            with duckdb.connect(str(path), read_only=True) as connection:
                assert connection.execute("select count(*) from metrics").fetchone() != (0,)


# After one step is before the next.
AROUND = [*(("before", step) for step in range(len(expungement.STEPS))), ("after", len(expungement.STEPS) - 1)]


@pytest.mark.parametrize(
    ("how", "step"), AROUND, ids=[f"{how} {expungement.STEPS[step].__name__}" for how, step in AROUND]
)
def test_killed_around_a_step(truth: Truth, tmp_path: Path, how: str, step: int):
    office = copied(truth.folder, tmp_path / "office")
    assert kill(office, how, step).returncode == -signal.SIGKILL
    assert_readers_see_a_whole_edition_or_none(office)
    run_again(office)
    assert assert_begun_and_done_or_neither(office, truth), "an order whose steps have started is begun"


@pytest.mark.parametrize("part", [0.0, 0.004, 0.012, 0.02, 0.1, 0.3, 0.6, 0.85, 0.95, 1.0])
def test_killed_at_a_statement_or_a_change_of_a_file(truth: Truth, tmp_path: Path, part: float):
    office = copied(truth.folder, tmp_path / "office")
    assert kill(office, "at", 1 + round((truth.ticks - 1) * part)).returncode == -signal.SIGKILL
    assert_readers_see_a_whole_edition_or_none(office)
    run_again(office)
    begun = assert_begun_and_done_or_neither(office, truth)
    assert begun or part < 0.1


def test_killed_again_while_the_order_is_finished(truth: Truth, tmp_path: Path):
    office = copied(truth.folder, tmp_path / "office")
    for step in (2, 3, 5):
        assert kill(office, "before", step).returncode == -signal.SIGKILL
    run_again(office)
    assert assert_begun_and_done_or_neither(office, truth)


def test_asking_for_the_status_finishes_it_too(truth: Truth, tmp_path: Path):
    office = copied(truth.folder, tmp_path / "office")
    assert kill(office, "before", 1).returncode == -signal.SIGKILL
    told = CliRunner().invoke(cli.app, ["status", "--office", str(office.path)])
    assert told.exit_code == 0, told.output
    assert assert_begun_and_done_or_neither(office, truth)
    assert (office.processed_dir / "internal" / "office.duckdb").exists()
