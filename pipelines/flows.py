"""The flows: which stages run, in which order, under one run lock.

A flow holds the office's run lock from its first to its last task; a flow called by another in the same process
shares it, for with one worker a child in a process of its own would be waited for for ever. By itself a flow builds
the core it needs and publishes what it found; inside a night, the night does both once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial

from prefect import flow, get_run_logger

from pipelines import tasks
from strategic_prosecution import stages, warehouse
from strategic_prosecution.settings import Office, load_office

Counts = dict[str, stages.Counts]

_flow = partial(flow, persist_result=False)


@_flow
def ingest(office: str = "office.toml", as_of: date | None = None) -> Counts:
    """Land new files, build core as of a day (default: the newest extract's) and show what became of every row."""
    with _run_of(office, "ingest") as begins_here:
        counts = {"land": tasks.land(office)}
        if as_of is None:
            tasks.check_fresh(office)
        day = as_of or tasks.newest_extract_date(office)
        counts |= _core(office, day)
        if begins_here:
            tasks.finish(office, day, counts)
    return counts


@_flow
def hotspots(office: str = "office.toml", as_of: date | None = None) -> Counts:
    """Find the hot spots of a day."""
    return _analysis("hot_spots", tasks.hot_spots, office=office, as_of=as_of)


@_flow
def groups(office: str = "office.toml", as_of: date | None = None) -> Counts:
    """Draw up the group tables of a day."""
    return _analysis("groups", tasks.groups, office=office, as_of=as_of)


@_flow
def metrics(office: str = "office.toml", as_of: date | None = None) -> Counts:
    """Compute the metrics of a day."""
    return _analysis("metrics", tasks.metrics, office=office, as_of=as_of)


@_flow
def nightly(office: str = "office.toml", as_of: date | None = None) -> Counts:
    """Everything, as of a day (default: the newest extract's), published once at the end."""
    with _run_of(office, "nightly"):
        counts: Counts = ingest(office, as_of)
        day = as_of or tasks.newest_extract_date(office)
        counts |= hotspots(office, day)
        counts |= groups(office, day)
        counts |= metrics(office, day)
        counts |= _publish(office, day)
        tasks.finish(office, day, counts)
    return counts


@_flow
def backfill(first: date, last: date, office: str = "office.toml") -> dict[str, str]:
    """One night per month end from ``first`` to ``last``; what is up to date is skipped, so a stopped one resumes.

    Returns, per month end, whether it was computed.
    """
    done = {}
    settings = tasks.attempt("backfill", lambda: load_office(office))
    for day in tasks.attempt("backfill", lambda: stages.month_ends(first, last)):
        # The lock alone: a day that is up to date is no run.
        with warehouse.run(settings, what=f"backfill {day}", wait=True):
            tasks.wait_for_database(office)
            tasks.land(office)
            if day > tasks.newest_extract_date(office):
                done[day.isoformat()] = "no extract yet"
            elif tasks.is_current(office, day):
                done[day.isoformat()] = "already up to date"
            else:
                nightly(office, day)
                done[day.isoformat()] = "computed"
    return done


def _analysis(name: str, stage: Callable[[str, date], stages.Counts], *, office: str, as_of: date | None) -> Counts:
    """One stage; by itself, core and the group views before it, for metrics and publishing read both."""
    with _run_of(office, name) as begins_here:
        day = as_of or tasks.newest_extract_date(office)
        counts: Counts = {}
        if begins_here:
            counts |= _core(office, day)
            if stage is not tasks.groups:
                counts["groups"] = tasks.groups(office, day)
        counts[name] = stage(office, day)
        if begins_here:
            counts |= _publish(office, day)
            tasks.finish(office, day, counts)
    return counts


def _core(office: str, day: date) -> Counts:
    counts = {
        "build_core": tasks.build_core(office, day),
        "link": tasks.link(office, day),
        "locate": tasks.locate(office, day),
    }
    tasks.show_accounting(office, day)
    return counts


def _publish(office: str, day: date) -> Counts:
    counts = tasks.publish(office, day)
    # A day before the newest is stored, not published: there is nothing new to show.
    if counts["published"]:
        tasks.show_public_metrics(office)
    return {"publish": counts}


@contextmanager
def _run_of(office: str, what: str) -> Iterator[bool]:
    """Hold the run lock, waiting for who has it, and keep the record of the run; yields whether it begins here."""
    settings = tasks.attempt(what, lambda: load_office(office))
    begins_here = not _is_in_run(settings)
    if begins_here and (holder := warehouse.lock_holder(settings)):
        get_run_logger().info("waiting for run %s (%s)", holder.get("run"), holder.get("what"))
    with warehouse.run(settings, what=what, wait=True):
        if begins_here:
            tasks.wait_for_database(office)
        with stages.running(settings, what=what):
            yield begins_here


def _is_in_run(settings: Office) -> bool:
    try:
        warehouse.current_run(settings)
    except warehouse.WarehouseError:
        return False
    return True
