"""One task per stage: what Prefect runs, retries and logs.

A task takes a path and a day, and returns counts. Nothing is persisted: with persistence on, a second run of a stage
on the same day would be skipped. A task is tried again only while another program has the database open; anything
else is a fault that a second try would repeat.
"""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, TypeVar

from prefect import get_run_logger, task

from pipelines import artifacts
from strategic_prosecution import stages, warehouse
from strategic_prosecution.extracts import ContractError
from strategic_prosecution.extracts.build import AccountingError
from strategic_prosecution.safeguards.release import ReleaseError
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.warehouse import WarehouseError, WarehouseLockedError

# Ten minutes: long enough to close a notebook, short enough for the night.
RETRIES = 20
RETRY_DELAY_SECONDS = 30

# Their messages name settings, files, tables, columns and numbers of rows, never a value of a row.
_WITHOUT_VALUES = (SettingsError, WarehouseError, ReleaseError, stages.NoExtractsError, AccountingError, ContractError)

T = TypeVar("T")


class StageFailed(RuntimeError):
    """A stage failed; the message says which, and holds no value of any row."""


class DatabaseBusy(StageFailed):
    """Another run or program has the database open; the only failure that is tried again."""


def attempt(stage: str, call: Callable[[], T]) -> T:
    """Call, and turn what it raises into a StageFailed that is safe to store.

    The message of an exception may quote a row (DuckDB: "Could not convert string ..."), and so may the exceptions
    it was raised from: only messages of our own types are passed on, and the chain is cut.
    """
    try:
        return call()
    except Exception as error:
        failure = _describe(stage, error)
    # Raised outside the handler, so that the original is not even its context.
    raise failure


def is_busy(_task: Any, _run: Any, state: Any) -> bool:
    """Whether a failed try is worth another: only when the database was open elsewhere."""
    return isinstance(state.data, DatabaseBusy)


_stage_task = partial(
    task,
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAY_SECONDS,
    retry_condition_fn=is_busy,
)


@_stage_task
def wait_for_database(office: str) -> None:
    """Open the database, and finish orders that were begun: the place to wait for a program that has it open."""

    def opened(settings: Office) -> None:
        stages.finish_orders(settings)

    _with_office("wait_for_database", office, opened)


@_stage_task
def land(office: str) -> stages.Counts:
    """Land new files."""
    return _counted("land", office, stages.land)


@_stage_task
def check_fresh(office: str) -> None:
    """Stop where an extract's newest file is older today than it may be."""

    def fresh(settings: Office) -> None:
        stages.check_fresh(settings, stages.calendar_day(settings))

    _with_office("check_fresh", office, fresh)


@_stage_task
def newest_extract_date(office: str) -> date:
    """The day of the newest extract that has landed: what ``as_of`` means when nobody names a day."""
    return _with_office("newest_extract_date", office, stages.newest_extract_date)


@_stage_task
def is_current(office: str, as_of: date) -> bool:
    """Whether a finished run of a day rests on what would be read today."""

    def current(settings: Office) -> bool:
        with warehouse.open_records(settings) as connection:
            return stages.is_current(connection, settings, as_of)

    return _with_office("is_current", office, current)


@_stage_task
def build_core(office: str, as_of: date) -> stages.Counts:
    """Build core as of a day."""
    return _counted("build_core", office, lambda settings: stages.build_core(settings, as_of))


@_stage_task
def link(office: str, as_of: date) -> stages.Counts:
    """Say which person each record of a person belongs to."""
    return _counted("link", office, lambda settings: stages.link(settings, as_of))


@_stage_task
def locate(office: str, as_of: date) -> stages.Counts:
    """Place every address."""
    return _counted("locate", office, lambda settings: stages.locate(settings, as_of))


@_stage_task
def hot_spots(office: str, as_of: date) -> stages.Counts:
    """Find where violence concentrates."""
    return _counted("hot_spots", office, lambda settings: stages.hot_spots(settings, as_of))


@_stage_task
def groups(office: str, as_of: date) -> stages.Counts:
    """Draw up the group tables."""
    return _counted("groups", office, lambda settings: stages.groups(settings, as_of))


@_stage_task
def metrics(office: str, as_of: date) -> stages.Counts:
    """Compute every metric."""
    return _counted("metrics", office, lambda settings: stages.metrics(settings, as_of))


@_stage_task
def publish(office: str, as_of: date) -> stages.Counts:
    """Publish both editions."""
    return _counted("publish", office, lambda settings: stages.publish(settings, as_of))


@_stage_task
def show_accounting(office: str, as_of: date) -> None:
    """Make the artifact of what became of every row."""
    _with_office("show_accounting", office, lambda settings: artifacts.show_accounting(settings, as_of))


@_stage_task
def show_public_metrics(office: str) -> None:
    """Make the artifact of the metrics anybody may see."""
    _with_office("show_public_metrics", office, artifacts.show_public_metrics)


@_stage_task
def finish(office: str, as_of: date, counts: dict[str, stages.Counts]) -> None:
    """Record the run of this process as done, with the hashes of its tables."""

    def recorded(settings: Office) -> None:
        with stages.running(settings, what="finish") as done:
            done(as_of, counts)

    _with_office("finish", office, recorded)


def _counted(stage: str, office: str, call: Callable[[Office], stages.Counts]) -> stages.Counts:
    counts = _with_office(stage, office, call)
    get_run_logger().info("%s: %s", stage, ", ".join(f"{name} {count}" for name, count in counts.items()))
    return counts


def _with_office(stage: str, office: str, call: Callable[[Office], T]) -> T:
    return attempt(stage, lambda: call(load_office(office)))


def _describe(stage: str, error: Exception) -> StageFailed:
    kind = type(error).__name__
    if isinstance(error, WarehouseLockedError):
        return DatabaseBusy(f"stage [{stage}]: {error}")
    if isinstance(error, _WITHOUT_VALUES):
        return StageFailed(f"stage [{stage}]: {kind}: {error}")
    return StageFailed(
        f"stage [{stage}]: {kind}; its message may quote a row, so it is not stored here: "
        "run `stratpro run --debug` on the machine that holds the data"
    )
