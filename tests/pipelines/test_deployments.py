"""prefect.yaml: every flow deployed, one pool, no telemetry, nothing of this machine. No server."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow

from pipelines import flows, tasks

ROOT = Path(__file__).parents[2]
FLOWS = {"backfill", "groups", "hotspots", "ingest", "metrics", "nightly"}
TASKS = {task.name: task for task in vars(tasks).values() if hasattr(task, "retry_condition_fn")}


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    answer: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    return answer


def test_every_flow_is_deployed_under_its_name(settings: dict[str, Any]) -> None:
    assert {name for name, value in vars(flows).items() if isinstance(value, Flow)} == FLOWS
    entrypoints = {deployment["name"]: deployment["entrypoint"] for deployment in settings["deployments"]}
    assert entrypoints == {name: f"pipelines/flows.py:{name}" for name in FLOWS}


def test_all_share_one_pool_and_send_no_usage_statistics(settings: dict[str, Any]) -> None:
    for deployment in settings["deployments"]:
        pool = deployment["work_pool"]
        assert pool["name"] == "strategic-prosecution"
        assert pool["job_variables"]["env"] == {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


def test_only_the_night_is_scheduled(settings: dict[str, Any]) -> None:
    scheduled = {
        deployment["name"]: [schedule["cron"] for schedule in deployment["schedules"]]
        for deployment in settings["deployments"]
        if "schedules" in deployment
    }
    assert scheduled == {"nightly": ["15 2 * * *"]}


def test_nothing_of_the_deploying_machine_is_stored(settings: dict[str, Any]) -> None:
    (step,) = settings["pull"]
    assert step == {
        "prefect.deployments.steps.set_working_directory": {"directory": "{{ $STRATEGIC_PROSECUTION_HOME }}"}
    }
    assert str(ROOT) not in (ROOT / "prefect.yaml").read_text()


@pytest.mark.parametrize("flow", [getattr(flows, name) for name in sorted(FLOWS)], ids=lambda flow: flow.name)
def test_parameters_are_paths_and_days(flow: Flow[..., Any]) -> None:
    kinds = {
        name: (schema.get("type"), schema.get("format"), [kind.get("format") for kind in schema.get("anyOf", [])])
        for name, schema in flow.parameters.properties.items()
    }
    allowed = {"office": ("string", None, []), "as_of": (None, None, ["date", None])}
    allowed |= {"first": ("string", "date", []), "last": ("string", "date", [])}
    assert kinds == {name: allowed[name] for name in kinds}
    assert flow.persist_result is False


@pytest.mark.parametrize("name", sorted(TASKS))
def test_tasks_persist_nothing_and_retry_on_a_lock_alone(name: str) -> None:
    assert TASKS[name].persist_result is False
    assert TASKS[name].retry_condition_fn is tasks.is_busy
