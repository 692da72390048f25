"""Runs that are killed, and runs that meet: the tables are those of an undisturbed run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from strategic_prosecution import warehouse
from strategic_prosecution.demo import write_county
from strategic_prosecution.settings import Office, load_office
from tests.stages.test_explain import ARRESTS, THREE, TWO
from tests.stages.test_small_office import office as small_office

pytestmark = pytest.mark.slow

INCIDENTS = 1000


def start(office: Office, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "strategic_prosecution.cli", "run", "--office", str(office.path), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def hashes(office: Office, as_of: str) -> dict[str, str]:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        row = connection.execute(
            "select table_hashes from meta.runs where status = 'done' and as_of = ? order by started_at desc limit 1",
            [as_of],
        ).fetchone()
    assert row is not None
    return json.loads(row[0])


def county(folder: Path) -> Office:
    return load_office(write_county(folder, incidents=INCIDENTS).office_toml)


def test_a_killed_run_run_again_gives_the_tables_of_an_undisturbed_one(tmp_path):
    undisturbed = county(tmp_path / "undisturbed")
    begun = time.monotonic()
    run = start(undisturbed)
    _, told = run.communicate()
    assert run.returncode == 0, told.decode()
    whole = time.monotonic() - begun
    expected = hashes(undisturbed, "2025-12-31")

    killed = county(tmp_path / "killed")
    reached = []
    for part in (0.25, 0.45, 0.6, 0.75, 0.9):
        run = start(killed)
        time.sleep(whole * part)
        if run.poll() is None:
            os.kill(run.pid, signal.SIGKILL)
            reached.append(part)
        run.communicate()
        assert warehouse.lock_holder(killed) is None, "the kernel frees the lock of a killed run"
    assert len(reached) >= 3
    run = start(killed)
    _, told = run.communicate()
    assert run.returncode == 0, told.decode()
    assert hashes(killed, "2025-12-31") == expected
    assert not list((killed.processed_dir / "runs").glob(".*"))


def arrests_of_two_months(folder: Path) -> Office:
    folder.mkdir()
    (folder / "log_2024-01-31.csv").write_text(TWO)
    (folder / "log_2024-02-29.csv").write_text(THREE)
    return small_office(folder, ARRESTS)


def test_two_runs_of_different_days_started_together_each_rest_on_their_own_core(tmp_path):
    days = ("2024-01-31", "2024-02-29")
    alone = {}
    for day in days:
        office = arrests_of_two_months(tmp_path / day)
        run = start(office, "--as-of", day)
        _, told = run.communicate()
        assert run.returncode == 0, told.decode()
        alone[day] = hashes(office, day)
    assert alone[days[0]]["core.arrests"] != alone[days[1]]["core.arrests"]
    together = arrests_of_two_months(tmp_path / "together")
    for turn in range(10):
        first, second = days if turn % 2 == 0 else days[::-1]
        runs = [start(together, "--wait", "--as-of", first)]
        time.sleep(0.2)
        runs.append(start(together, "--wait", "--as-of", second))
        for run in runs:
            _, told = run.communicate()
            assert run.returncode == 0, told.decode()
        for day in days:
            assert hashes(together, day) == alone[day], (turn, day)


def test_without_waiting_the_second_says_who_holds_the_database(tmp_path):
    office = arrests_of_two_months(tmp_path / "office")
    with warehouse.run(office, what="a test that holds on"):
        run = start(office)
        _, told = run.communicate()
    assert run.returncode == 1
    line = told.decode()
    assert "a test that holds on" in line and str(os.getpid()) in line and "--wait" in line
    assert len(line.strip().splitlines()) == 1
