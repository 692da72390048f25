"""The run lock between real processes: who holds it, who waits, and that kill -9 frees it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from strategic_prosecution import warehouse
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.warehouse import lock

HOLD = """
import sys
from strategic_prosecution import warehouse
from strategic_prosecution.settings import load_office

with warehouse.run(load_office(sys.argv[1]), what="holding") as run:
    print(run.run_id, flush=True)
    sys.stdin.readline()
"""


def make_office(folder: Path) -> Office:
    folder.mkdir(exist_ok=True)
    path = folder / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    return load_office(path)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


@contextmanager
def held_elsewhere(office: Office) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process in a run of this office: the process and its run."""
    command = [sys.executable, "-c", HOLD, str(office.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            yield holder, holder.stdout.readline().strip()
        finally:
            if holder.poll() is None:
                holder.communicate("\n", timeout=30)


def test_a_held_lock_says_who_holds_it_since_when_and_what_to_do(office: Office):
    with held_elsewhere(office) as (holder, run_id):
        with pytest.raises(warehouse.WarehouseLockedError) as caught, warehouse.run(office, what="second"):
            pass
        said = warehouse.lock_holder(office)
        assert said is not None
        assert (said["pid"], said["run"], said["what"]) == (holder.pid, run_id, "holding")
        for part in (f"run [{run_id}]", "holding", f"process {holder.pid}", said["since"], "--wait"):
            assert part in str(caught.value)
        since = datetime.fromisoformat(said["since"])
        assert 0 <= (datetime.now(UTC) - since).total_seconds() < 60
    assert warehouse.lock_holder(office) is None
    with warehouse.run(office, what="second") as run:
        assert run.what == "second"


def test_waiting_takes_the_lock_when_it_is_free(office: Office, monkeypatch: pytest.MonkeyPatch):
    slept = []
    with held_elsewhere(office) as (holder, run_id):

        def let_go(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 2:
                holder.communicate("\n", timeout=30)

        monkeypatch.setattr(lock, "time", SimpleNamespace(sleep=let_go))
        with warehouse.run(office, what="second", wait=True) as run:
            assert run.run_id != run_id
            assert holder.returncode == 0
    assert len(slept) == 2


def test_kill_9_frees_the_lock_and_the_next_run_cleans_up(office: Office):
    with held_elsewhere(office) as (holder, _):
        leftovers = [office.processed_dir / "scratch" / "dead_20240630.duckdb", office.processed_dir / "tmp" / "x.csv"]
        for path in leftovers:
            path.parent.mkdir()
            path.write_bytes(b"x")
        os.kill(holder.pid, signal.SIGKILL)
        assert holder.wait(timeout=30) == -signal.SIGKILL
        assert warehouse.lock_holder(office) is None
        with warehouse.run(office, what="next"):
            assert not any(path.exists() for path in leftovers)


def test_runs_nested_in_one_process_are_one(office: Office):
    with warehouse.run(office, what="outer") as outer:
        with warehouse.run(office, what="inner") as inner:
            assert inner is outer
        assert warehouse.current_run(office) is outer
        with warehouse.open_records(office) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    with pytest.raises(warehouse.WarehouseError, match="outside a run"):
        warehouse.current_run(office)


def test_an_error_gives_the_lock_back(office: Office):
    with pytest.raises(KeyError), warehouse.run(office, what="broken"):
        raise KeyError("planted")
    assert warehouse.lock_holder(office) is None
    with warehouse.run(office, what="next") as run, warehouse.run(office, what="nested") as nested:
        assert nested is run


def test_offices_do_not_stand_in_each_others_way(tmp_path: Path):
    one, two = make_office(tmp_path / "one"), make_office(tmp_path / "two")
    with warehouse.run(one, what="a") as first, warehouse.run(two, what="b") as second:
        assert first.run_id != second.run_id
        assert warehouse.current_run(one) is first


def test_nobody_holds_what_was_never_run(office: Office):
    assert warehouse.lock_holder(office) is None
    assert not office.processed_dir.exists(), "asking makes nothing"
