"""The commands of the README, for real: server with a password, pool, deployments, worker, a scheduled run."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
PREFECT = Path(sys.executable).with_name("prefect")
POOL = "strategic-prosecution"
AUTH = "analyst:correct horse"
SERVER_SECONDS = 180
RUN_SECONDS = 300


class Server:
    """A Prefect server of our own: its environment, its commands, its answers."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.home = folder / "prefect"
        self.output = folder / "output"
        self.output.mkdir()
        self.api = f"http://127.0.0.1:{self.port}/api"
        ours = ("PREFECT_", "STRATEGIC_PROSECUTION_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_API_AUTH_STRING": AUTH,
            "PREFECT_API_AUTH_STRING": AUTH,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
        }

    @contextmanager
    def running(self, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A Prefect command that runs until it is stopped, with all it started."""
        with (self.output / f"{arguments[0]}.txt").open("wb") as output:
            process = subprocess.Popen(
                [PREFECT, *arguments],
                env=self.environment | environment,
                cwd=self.output,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                self._stop(process)

    def command(self, *arguments: str, folder: Path) -> None:
        done = subprocess.run(
            [PREFECT, "--no-prompt", *arguments],
            env=self.environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, f"prefect {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"

    def ask(self, path: str, question: dict[str, Any] | None = None, *, auth: str = AUTH) -> Any:
        request = urllib.request.Request(
            f"{self.api}/{path}",
            data=None if question is None else json.dumps(question).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Basic {base64.b64encode(auth.encode()).decode()}",
            },
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def said(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text()[-6000:]}" for path in sorted(self.output.iterdir()))

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        for number, seconds in ((signal.SIGINT, 15), (signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            try:
                os.killpg(process.pid, number)
                process.wait(seconds)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


def wait_until(condition: Callable[[], bool], *, seconds: float, server: Server) -> None:
    """Ask again and again; the test fails with what the processes said when the time is over."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s\n{server.said()}"
        time.sleep(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on this machine's own address, with a password."""
    server = Server(tmp_path_factory.mktemp("server"))

    def answers() -> bool:
        try:
            return bool(server.ask("health"))
        except OSError:
            return False

    with server.running("server", "start", "--host", "127.0.0.1", "--port", str(server.port)):
        wait_until(answers, seconds=SERVER_SECONDS, server=server)
        yield server


def test_a_scheduled_night_runs_in_the_worker(
    server: Server, tmp_path: Path, write_office: Callable[[Path], str], find_in_files: Any, sentinel: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.ask("deployments/filter", {}, auth="analyst:wrong")
    assert refused.value.code == 401

    # Where the worker lives: the flows, and office.toml beside them.
    home = tmp_path / "home"
    write_office(home)
    (home / "pipelines").symlink_to(ROOT / "pipelines")
    server.command("work-pool", "create", "--type", "process", POOL, folder=ROOT)
    server.command("work-pool", "set-concurrency-limit", POOL, "1", folder=ROOT)
    server.command("deploy", "--all", folder=ROOT)
    deployments = {deployment["name"]: deployment for deployment in server.ask("deployments/filter", {})}
    assert set(deployments) == {"backfill", "groups", "hotspots", "ingest", "metrics", "nightly"}
    assert {deployment["work_pool_name"] for deployment in deployments.values()} == {POOL}
    (schedule,) = deployments["nightly"]["schedules"]
    assert schedule["schedule"]["cron"] == "15 2 * * *"
    (step,) = deployments["nightly"]["pull_steps"]
    assert step["prefect.deployments.steps.set_working_directory"] == {"directory": "{{ $STRATEGIC_PROSECUTION_HOME }}"}
    assert server.ask(f"work_pools/{POOL}")["concurrency_limit"] == 1
    # The night of prefect.yaml is hours away: clear it, as the README says, and have one soon.
    server.command("deployment", "schedule", "clear", "-y", "nightly/nightly", folder=ROOT)
    server.command("deployment", "schedule", "create", "nightly/nightly", "--interval", "30", folder=ROOT)

    def completed() -> list[dict[str, Any]]:
        runs = server.ask(
            "flow_runs/filter",
            {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}, "limit": 20},
        )
        failed = [run["state"]["message"] for run in runs if run["state_type"] != "COMPLETED"]
        assert not failed, f"{failed}\n{server.said()}"
        return [run for run in runs if run["deployment_id"] == deployments["nightly"]["id"]]

    with server.running("worker", "start", "--pool", POOL, STRATEGIC_PROSECUTION_HOME=str(home)):
        wait_until(lambda: bool(completed()), seconds=RUN_SECONDS, server=server)
        run = completed()[0]
        server.command("deployment", "schedule", "clear", "-y", "nightly/nightly", folder=ROOT)
    assert run["auto_scheduled"]
    assert run["parameters"] == {"office": "office.toml"}
    assert json.loads((home / "processed" / "published.json").read_text())["as_of"] == "2024-03-31"

    assert find_in_files(home / "raw", sentinel), "the name is not in the extracts: nothing is tested"
    assert find_in_files(server.home, "land: files 2"), "the log is not where we search"
    assert find_in_files(server.home, sentinel) == []
    assert sentinel not in server.said()
