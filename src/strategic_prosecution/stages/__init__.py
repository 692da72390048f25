"""The stages of a night, in order: the only code that joins the warehouse and the packages.

A stage is ``stage(office, as_of) -> Counts``: it opens the database late, closes it early and returns counts, never a
row. ``nightly`` calls them without Prefect; ``pipelines`` wraps the same functions.
"""

import hashlib
import json
import platform
from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

from strategic_prosecution import model, warehouse
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.stages import orders
from strategic_prosecution.stages.core import (
    NoExtractsError,
    build_core,
    calendar_day,
    check_fresh,
    land,
    newest_extract_date,
)
from strategic_prosecution.stages.crime_harm import crime_harm_weights
from strategic_prosecution.stages.groups import groups
from strategic_prosecution.stages.hot_spots import hot_spots
from strategic_prosecution.stages.metric_signals import metric_signals
from strategic_prosecution.stages.metrics import metrics as compute_metrics
from strategic_prosecution.stages.people import link
from strategic_prosecution.stages.places import locate
from strategic_prosecution.stages.publish import notes, publish
from strategic_prosecution.stages.queries import query
from strategic_prosecution.stages.reference import layer_files
from strategic_prosecution.stages.relative_rates import relative_rates

Counts = dict[str, int]
Stage = Callable[[Office, date], Counts]

__all__ = [
    "CORE",
    "NIGHTLY",
    "Counts",
    "NoExtractsError",
    "Stage",
    "build_core",
    "calendar_day",
    "check_fresh",
    "check_settings",
    "finish_orders",
    "groups",
    "holding",
    "hot_spots",
    "inputs",
    "is_current",
    "land",
    "link",
    "locate",
    "metrics",
    "month_ends",
    "newest_extract_date",
    "nightly",
    "notes",
    "publish",
    "running",
]


def metrics(office: Office, as_of: date) -> Counts:
    """Every metric, what stands out among them, and the rates of each stage beside those of the reference group."""
    return {
        **compute_metrics(office, as_of),
        **metric_signals(office, as_of),
        **relative_rates(office, as_of),
    }


# What every analysis needs, then everything, in order. ``land`` comes before: it needs no day and may give one.
CORE: tuple[Stage, ...] = (build_core, link, locate)
NIGHTLY: tuple[Stage, ...] = (*CORE, hot_spots, groups, metrics, publish)


def nightly(
    office: Office,
    as_of: date | None = None,
    *,
    wait: bool = False,
    today: date | None = None,
    stages: tuple[Stage, ...] = NIGHTLY,
    progress: Callable[[str, Counts], None] = lambda name, counts: None,
) -> tuple[date, dict[str, Counts]]:
    """Run the stages as of a day (default: the newest extract date); returns the day and what each stage counted.

    ``today``: the day the run is made, on which the newest files must be as fresh as they should; not given for a day
    of the past. ``progress`` is told of each finished stage. Raises what the stages raise; nothing half-done is left in
    force.
    """
    with running(office, what="nightly", wait=wait) as finish:
        counts = {"land": land(office)}
        progress("land", counts["land"])
        if today is not None:
            check_fresh(office, today)
        day = as_of or newest_extract_date(office)
        for stage in stages:
            counts[stage.__name__] = stage(office, day)
            progress(stage.__name__, counts[stage.__name__])
        finish(day, counts)
    return day, counts


def month_ends(first: date, last: date) -> list[date]:
    """The last days of months from ``first`` to ``last``, both included; SettingsError when there are none."""
    if last < first:
        raise SettingsError(f"the last day [{last}] is before the first [{first}]; swap them")
    ends, year, month = [], first.year, first.month
    while (end := date(year, month, monthrange(year, month)[1])) <= last:
        ends.append(end)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    if not ends:
        raise SettingsError(f"no month ends between {first} and {last}; widen the range")
    return ends


@contextmanager
def holding(office: Office, *, what: str, wait: bool = False) -> Iterator[warehouse.Run]:
    """Hold the run lock; an order that was begun, and whose program died, is carried out before anything else."""
    with warehouse.run(office, what=what, wait=wait):
        finish_orders(office)
        yield warehouse.current_run(office)


def finish_orders(office: Office) -> tuple[str, ...]:
    """Carry out every order that is begun; returns their ids. For use inside a run."""
    return orders.finish_begun(office, night=nightly)


@contextmanager
def running(
    office: Office, *, what: str, wait: bool = False
) -> Iterator[Callable[[date, dict[str, Counts]], dict[str, str]]]:
    """Hold the run lock and keep the record of the run; yields ``finish(as_of, counts)``, which returns table hashes.

    Nested in a run of this process it is that run. A run that raises is recorded as failed. The audit log has its start
    and its end.
    """
    check_settings(office)
    with holding(office, what=what, wait=wait) as run:
        with warehouse.open_records(office) as connection:
            if not connection.execute("select 1 from meta.runs where run_id = ?", [run.run_id]).fetchall():
                audit.append(office, "run_started", run_id=run.run_id)
                connection.execute(
                    "insert into meta.runs (run_id, started_at, status) values (?, ?, 'running')",
                    [run.run_id, run.started_at.replace(tzinfo=None)],
                )

        def finish(as_of: date, counts: dict[str, Counts]) -> dict[str, str]:
            hashes = table_hashes(office, as_of)
            landed = counts.get("land", {})
            audit.append(
                office,
                "run_finished",
                run_id=run.run_id,
                as_of=as_of,
                files=landed.get("landed"),
                rows=landed.get("rows"),
                refused_files=landed.get("refused_files"),
                problem_rows=counts.get("build_core", {}).get("problem_rows"),
            )
            with warehouse.open_records(office) as connection:
                connection.execute(
                    "update meta.runs set status = 'done', finished_at = ?, as_of = ?, inputs = ?, table_hashes = ?, "
                    "counts = ? where run_id = ?",
                    [
                        _now(),
                        as_of,
                        json.dumps(inputs(connection, office, as_of)),
                        json.dumps(hashes),
                        json.dumps(counts),
                        run.run_id,
                    ],
                )
            return hashes

        try:
            yield finish
        except BaseException:
            with warehouse.open_records(office) as connection:
                failed = connection.execute(
                    "update meta.runs set status = 'failed', finished_at = ? where run_id = ? and status = 'running'",
                    [_now(), run.run_id],
                ).fetchone()
            if failed != (0,):
                # A disk that is full is told of by what failed on it; the log then has a start without an end.
                with suppress(OSError):
                    audit.append(office, "run_failed", run_id=run.run_id)
            raise


def check_settings(office: Office) -> None:
    """Refuse at the start what only a later stage would trip over: a headline metric nobody defines, wrong weights."""
    crime_harm_weights(office)
    known = [metric.name for metric in METRICS]
    for name in office.metrics.headline:
        if name not in known:
            raise SettingsError(f"{office.path.name}: metrics.headline: no metric [{name}]{nearest(name, known)}")


def table_hashes(office: Office, as_of: date) -> dict[str, str]:
    """SHA-256 of every core table and of the mart rows of a day, by qualified name."""
    with warehouse.open_core(office, as_of) as connection:
        core = {f"core.{t.name}": warehouse.table_hash(connection, t) for t in model.tables("core")}
        mart = {f"mart.{t.name}": warehouse.table_hash(connection, t, as_of) for t in model.tables("mart")}
        metrics_table = model.table("mart.metrics")
        mart["mart.metrics"] = warehouse.table_hash(connection, metrics_table, as_of, rows=query("metrics_as_known"))
    return core | mart


def is_current(connection: warehouse.Connection, office: Office, as_of: date) -> bool:
    """Whether a whole night of a day rests on what would be read today; False makes the day stale.

    A run of some stages only is no night, but one that read something else makes the night before it stale.
    """
    rows = connection.execute(
        "select inputs, counts from meta.runs where as_of = ? and status = 'done' order by finished_at desc", [as_of]
    ).fetchall()
    now = inputs(connection, office, as_of)
    whole = {stage.__name__ for stage in NIGHTLY}
    for read, counted in rows:
        if json.loads(read) != now:
            return False
        if whole <= json.loads(counted).keys():
            return True
    return False


def inputs(connection: warehouse.Connection, office: Office, as_of: date) -> dict[str, str]:
    """What the results of a day depend on: loads and decisions known by then, settings, layers, code."""
    found = layer_files(office)
    if office.office.expectations is not None:
        found[office.office.expectations] = [office.resolve(office.office.expectations)]
    if office.hotspots.crime_harm is not None:
        found[office.hotspots.crime_harm.file] = [office.resolve(office.hotspots.crime_harm.file)]
    known = connection.execute(query("inputs"), {"as_of": as_of}).fetchall()
    return {
        "loads and decisions": hashlib.sha256(repr(known).encode()).hexdigest(),
        "office.toml": office.fingerprint,
        **{text: _files_fingerprint(paths) for text, paths in found.items() if any(map(Path.is_file, paths))},
        "code": _code_fingerprint(),
        "strategic-prosecution": version("strategic-prosecution"),
        "python": platform.python_version(),
    }


def _files_fingerprint(paths: list[Path]) -> str:
    """SHA-256 of the bytes of the files that are there, one after the other: one of them for all but shapefiles."""
    digest = hashlib.sha256()
    for path in filter(Path.is_file, paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _code_fingerprint() -> str:
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".sql", ".j2"):
            digest.update(f"{path.relative_to(package)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
