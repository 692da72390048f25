"""Flows against a real Prefect server of the session: same tables as without Prefect, and no person in Prefect."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefect import flow, get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL

from pipelines import artifacts, flows, tasks
from strategic_prosecution import stages, warehouse
from strategic_prosecution.demo import write_county
from strategic_prosecution.settings import load_office

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("prefect")]

AS_OF = date(2024, 3, 31)
FIRST, LAST = date(2024, 2, 1), date(2024, 3, 31)

Find = Callable[[Path, str], list[str]]


def recorded_runs(office: str) -> list[tuple[Any, ...]]:
    settings = load_office(office)
    with warehouse.run(settings, what="test"), warehouse.open_records(settings) as connection:
        return connection.execute("select status, as_of, table_hashes from meta.runs order by started_at").fetchall()


def published(office: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((load_office(office).processed_dir / "published.json").read_text())
    return answer


def prefect_folder() -> Path:
    """Where the harness keeps its database, after what is still in memory has been sent to it."""
    APILogHandler().flush()
    return Path(PREFECT_SERVER_DATABASE_CONNECTION_URL.value().split("///")[1]).parent


def artifact_rows(key: str) -> list[dict[str, Any]]:
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])))
    newest = max(found, key=lambda artifact: artifact.created)
    rows: list[dict[str, Any]] = json.loads(newest.data)
    return rows


@pytest.fixture(scope="module")
def night(prefect: None, tmp_path_factory: pytest.TempPathFactory, write_office: Callable[[Path], str]) -> str:
    """The tiny office after a night."""
    office = write_office(tmp_path_factory.mktemp("night") / "office")
    flows.nightly(office)
    return office


def test_the_night_leaves_the_tables_it_leaves_without_prefect(night: str, office: str) -> None:
    stages.nightly(load_office(office))
    ((status, as_of, hashes),) = recorded_runs(night)
    ((_, _, hashes_without_prefect),) = recorded_runs(office)
    assert (status, as_of) == ("done", AS_OF)
    assert json.loads(hashes)
    assert hashes == hashes_without_prefect
    assert published(night)["as_of"] == AS_OF.isoformat()


@pytest.mark.slow
def test_the_night_of_the_fictional_county_is_the_same_without_prefect(tmp_path: Path) -> None:
    offices = [str(write_county(tmp_path / name, incidents=1000).office_toml) for name in ("prefect", "plain")]
    flows.nightly(offices[0])
    stages.nightly(load_office(offices[1]))
    (with_prefect,), (without_prefect,) = (recorded_runs(office) for office in offices)
    assert with_prefect == without_prefect


def test_artifacts_account_for_every_row_and_show_the_public_edition(office: str) -> None:
    flows.nightly(office)
    rows = {row["extract"]: row for row in artifact_rows(artifacts.ACCOUNTING_KEY)}
    assert (rows["incidents"]["read"], rows["incidents"]["kept"]) == (5, 5)
    assert (rows["arrests"]["read"], rows["arrests"]["kept"], rows["arrests"]["set_aside"]) == (4, 3, 1)
    shown = {(row["metric"], row["period"], row["period_start"]): row for row in artifact_rows(artifacts.METRICS_KEY)}
    # One shooting is an event, and shown; one arrest is of a person, fewer than the ten that may be shown.
    # The files are of the last day of the quarter, so the last complete period is February.
    assert shown["violent_incidents", "month", "2024-02-01"]["value"] == 1
    assert shown["arrests", "month", "2024-02-01"]["value"] is None
    assert shown["arrests", "month", "2024-02-01"]["suppressed"]
    assert not any(period == "quarter" for _, period, _ in shown)


def test_prefect_is_told_no_name(night: str, sentinel: str, find_in_files: Find) -> None:
    assert find_in_files(Path(night).parent / "raw", sentinel), "the name is not in the extracts: nothing is tested"
    assert find_in_files(prefect_folder(), Path(night).parent.parent.name), "the run is not where we search"
    assert find_in_files(prefect_folder(), sentinel) == []


@pytest.mark.parametrize(
    ("name", "analyses"),
    [("hotspots", ["groups", "hot_spots"]), ("groups", ["groups"]), ("metrics", ["groups", "metrics"])],
)
def test_an_analysis_alone_builds_what_it_needs_and_publishes_but_is_no_night(
    office: str, name: str, analyses: list[str]
) -> None:
    flows.ingest(office)
    counts = getattr(flows, name)(office, AS_OF)
    assert list(counts) == ["build_core", "link", "locate", *analyses, "publish"]
    assert published(office)["as_of"] == AS_OF.isoformat()
    settings = load_office(office)
    with warehouse.run(settings, what="test"), warehouse.open_records(settings) as connection:
        assert not stages.is_current(connection, settings, AS_OF)


def test_backfill_computes_each_month_end_once(office: str) -> None:
    assert flows.backfill(FIRST, LAST, office) == {"2024-02-29": "computed", "2024-03-31": "computed"}
    assert flows.backfill(FIRST, LAST, office) == {
        "2024-02-29": "already up to date",
        "2024-03-31": "already up to date",
    }


def test_backfill_of_no_month_end_says_so(office: str) -> None:
    with pytest.raises(tasks.StageFailed, match=r"no month ends between 2024-02-01 and 2024-02-02; widen the range"):
        flows.backfill(date(2024, 2, 1), date(2024, 2, 2), office)


def test_a_flow_waits_for_a_run_and_for_a_program_that_has_the_database(
    office: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_office(office)
    stages.nightly(settings)
    monkeypatch.setattr(tasks.wait_for_database, "retry_delay_seconds", 1)
    run = (
        "import sys, time; from strategic_prosecution import warehouse; from strategic_prosecution.settings import *\n"
        "with warehouse.run(load_office(sys.argv[1]), what='a run by hand'): print('held', flush=True); time.sleep(2)"
    )
    program = "import sys, time, duckdb\nwith duckdb.connect(sys.argv[1]): print('held', flush=True); time.sleep(4)"
    holders = [
        subprocess.Popen([sys.executable, "-c", code, argument], stdout=subprocess.PIPE)
        for code, argument in ((run, office), (program, str(settings.records_path)))
    ]
    try:
        for holder in holders:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
        flows.ingest(office)
        assert [holder.wait(30) for holder in holders] == [0, 0]
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


def test_prefect_is_told_no_name_when_a_stage_fails(
    office: str, sentinel: str, find_in_files: Find, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> stages.Counts:
        try:
            raise KeyError(sentinel)
        except KeyError as error:
            raise ValueError(f"could not convert [{sentinel}]") from error

    monkeypatch.setattr(stages, "hot_spots", failing)
    state = flows.nightly(office, return_state=True)
    failure = state.result(raise_on_failure=False)
    assert isinstance(failure, tasks.StageFailed)
    assert failure.__cause__ is None
    assert failure.__context__ is None
    assert str(failure).startswith("stage [hot_spots]: ValueError; its message may quote a row")
    assert "stage [hot_spots]" in caplog.text
    assert sentinel not in caplog.text
    assert find_in_files(prefect_folder(), "stage [hot_spots]")
    assert find_in_files(prefect_folder(), sentinel) == []
    assert [status for status, *_ in recorded_runs(office)] == ["failed"]


def test_the_search_finds_what_prefect_is_told(find_in_files: Find) -> None:
    @flow
    def telling(name: str) -> None:
        get_run_logger().info("logged: %s %s", "Planted", "Logname")

    telling("Planted Parametername")
    assert find_in_files(prefect_folder(), "Planted Parametername")
    assert find_in_files(prefect_folder(), "Planted Logname")
