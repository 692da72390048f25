"""Every metric at the size of a large county: seconds of each, of all with what is kept of them, and peak memory.

    python benchmarks/metrics.py [--slowest 25] [--scale 1.0] [--only METRIC ...] [--nights 2]

County: eight years, 25 districts, 1,000,000 incidents, 200,000 cases with 500,000 charges and 600,000 hearings, 150,000
arrests, 250,000 referrals and the other tables in proportion, made of hashes: the same each time. Limits: 60 s and
2 GiB on 2 threads with the memory limit of the warehouse. The county is made in a process of its own, and each night is
computed in a process of its own, so that its peak is its own. The first night keeps every period, a later one those of
thirteen months.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.metrics.compute import compute_each
from strategic_prosecution.settings import Metrics as Rules
from strategic_prosecution.stages.metrics import keep

LIMIT_SECONDS, LIMIT_GIB = 60, 2
AS_OF = date(2024, 12, 31)
RULES = Rules(safety_question="safe", legitimacy_question="fair")
LAYER = "district"
FIRST_DAY = "date '2017-01-01'"
DAYS = 2922
ROWS = {
    "incidents": 1_000_000, "incident_people": 300_000, "shootings": 12_000, "arrests": 150_000, "stops": 100_000,
    "referrals": 250_000, "cases": 200_000, "defendants": 205_000, "charges": 500_000, "hearings": 600_000,
    "custody": 100_000, "sentences": 120_000, "supervision": 60_000, "diversion": 30_000, "victims": 150_000,
    "notifications": 4_000, "enforcement_actions": 1_000, "outreach": 20_000, "surveys": 20_000, "strategies": 200,
    "commitments": 1_000, "staff": 400, "group_memberships": 3_000, "group_feuds": 200,
}  # fmt: skip
# Dates that follow another by up to so many days, and the share of rows that have one, in tenths.
AFTER = {
    "reported_date": (5, 10), "cleared_date": (200, 4), "screen_date": (20, 9),
    "disposition_date": (700, 8), "detained_to": (120, 9), "end_date": (700, 8),
    "violation_date": (300, 3), "sanction_date": (330, 2), "first_contact_date": (60, 8),
    "accepted_date": (20, 7), "start_date": (30, 7), "action_date": (60, 6),
    "review_date": (20, 8), "due_date": (90, 10), "done_date": (120, 7),
    "expires_on": (730, 10),
}  # fmt: skip
STARTS = ("occurred_date", "arrest_date", "stop_date", "received_date", "filed_date", "hearing_date", "decision_date",
          "detained_from", "sentence_date", "offered_date", "opened_date", "notification_date", "promised_date",
          "outreach_date", "survey_date", "made_date", "known_on")  # fmt: skip
# Other tables' rows, by the name of the column that holds their key.
LINKS = {
    "incident_id": ("incidents", "incident_id"), "case_id": ("cases", "case_id"), "place_id": ("places", "place_id"),
    "home_place_id": ("places", "place_id"), "trigger_incident_id": ("incidents", "incident_id"),
    "strategy_id": ("strategies", "strategy_id"),
}  # fmt: skip
PLACES, PEOPLE, GROUPS = 40_000, 120_000, 60
RACES = ("asian", "black", "hispanic", "native_american", "pacific_islander", "white", "other")


def _draw(name: str, below: int) -> str:
    """A number from 0 for each row: a hash of its number and the column."""
    return f"(hash(range, '{name}') % {below})::integer"


def _value(table: model.Table, column: model.Column, rows: dict[str, int]) -> str:
    name = column.name
    start = f"{FIRST_DAY} + {_draw('start', DAYS)}"
    if (name,) == table.key:
        return f"'{table.name}-' || range"
    if name in LINKS:
        other = LINKS[name][0]
        count = PLACES if other == "places" else rows[other]
        return f"'{other}-' || {_draw(name, count)}"
    if name in AFTER and not (name == "start_date" and column.required):
        days, tenths = AFTER[name]
        return f"case when {_draw(name + 'has', 10)} < {tenths} then {start} + {_draw(name, days)} end"
    if name in STARTS or name == "start_date":
        return start
    if name == "area_id":
        return f"'d' || {_draw(name, 25)}"
    if name in ("group_id", "other_group_id", "group_victim", "group_suspect"):
        return f"'g' || {_draw(name, GROUPS)}"
    if name in ("person_id", "linked_person_id"):
        return f"'p' || {_draw('person', PEOPLE)}"
    if name == "question":
        return f"['safe', 'fair'][1 + {_draw(name, 2)}]"
    if name == "answer":
        return f"1 + {_draw(name, 5)}"
    if name == "weight":
        return f"0.5 + {_draw(name, 100)} / 100.0"
    if column.values:
        known = [value for value in column.values if value not in ("unmapped", "all")]
        return f"{known}[1 + {_draw(name, len(known))}]"
    plain = {"boolean": f"{_draw(name, 4)} = 0", "integer": _draw(name, 400), "cents": f"{_draw(name, 900_000)}"}
    return plain.get(column.dtype, "null")


def make_county(file: Path, scale: float) -> None:
    """Core and mart of the county, in a database of its own."""
    rows = {name: max(int(count * scale), 10) for name, count in ROWS.items()}
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema core; create schema mart")
        for table in (*model.tables("core"), model.table("mart.metrics")):
            columns = ", ".join(f"{column.name} {model.SQL_TYPES[column.dtype]}" for column in table.columns)
            connection.execute(f"create table {table.schema}.{table.name} ({columns})")
        for table in model.tables("core"):
            if table.name in rows:
                values = ", ".join(
                    f"({_value(table, column, rows)})::{model.SQL_TYPES[column.dtype]}" for column in table.columns
                )
                connection.execute(f"insert into core.{table.name} select {values} from range({rows[table.name]})")
            if "source_person_id" in table.names:
                connection.execute(
                    "insert into core.person_records (record_table, record_id, person_id, confirmed_person_id) "
                    f"select '{table.name}', {table.key[0]}, person, person from (select {table.key[0]}, "
                    f"'p' || (hash({table.key[0]}) % {PEOPLE}) as person from core.{table.name})"
                )
        connection.execute(
            "insert into core.areas (layer, area_id, median_household_income, income_quintile) "
            f"select '{LAYER}', 'd' || range, 20000 + 3000 * range, 1 + range // 5 from range(25)"
        )
        connection.execute(
            f"insert into core.place_areas select 'places-' || range, '{LAYER}', 'd' || (range % 25) "
            f"from range({PLACES})"
        )
        connection.execute(
            f"insert into core.population select '{LAYER}', 'd' || a.range, race, 'all', "
            f"case when race = 'all' then 21000 else 3000 end from range(25) as a, "
            f"(select unnest({[*RACES, 'all']}) as race)"
        )


def compute_night(file: Path, as_of: date, slowest: int, only: list[str]) -> None:
    """One night: every metric, and what is kept of it; a table of seconds."""
    chosen = [metric for metric in METRICS if not only or metric.name in only]
    seconds: list[tuple[float, str, int]] = []
    begun = time.perf_counter()
    settings = {"threads": "2", "memory_limit": "2GB", "preserve_insertion_order": "false"}
    with duckdb.connect(str(file), config=settings) as connection:

        def timed():  # type: ignore[no-untyped-def]
            mark = time.perf_counter()
            each = compute_each(
                connection, metrics=chosen, as_of=as_of, layer=LAYER, missing_tables=(), reconstructed_tables=(),
                rules=RULES,
            )  # fmt: skip
            for frame in each:
                now = time.perf_counter()
                seconds.append((now - mark, str(frame["metric"].iloc[0]), len(frame)))
                yield frame
                mark = time.perf_counter()

        counts = keep(connection, timed(), as_of=as_of)
    total = time.perf_counter() - begun
    computing = sum(second for second, _, _ in seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\n{as_of}: {len(seconds)} of {len(chosen)} metrics, {counts}")
    for second, name, rows in sorted(seconds, reverse=True)[:slowest]:
        print(f"  {name:40}{second:8.2f} s {rows:10,} rows")
    print(f"  {'all metrics':40}{computing:8.2f} s (the first with the shared facts)")
    print(f"  {'what is kept':40}{total - computing:8.2f} s")
    print(f"  {'total':40}{total:8.2f} s = {total / LIMIT_SECONDS:.2f} of {LIMIT_SECONDS} s")
    print(f"  {'peak':40}{peak:8.2f} GiB = {peak / LIMIT_GIB:.2f} of {LIMIT_GIB} GiB", flush=True)


def main() -> None:
    """Make the county, then compute its nights, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slowest", type=int, default=25)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--nights", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--file", type=Path)
    parser.add_argument("--night", type=date.fromisoformat)
    asked = parser.parse_args()
    if asked.night:
        compute_night(asked.file, asked.night, asked.slowest, asked.only)
    elif asked.file:
        make_county(asked.file, asked.scale)
    else:
        with tempfile.TemporaryDirectory() as folder:
            again = [sys.executable, __file__, "--file", str(Path(folder) / "county.duckdb"), *sys.argv[1:]]
            subprocess.run(again, check=True)
            for month_end in [date(2024, 11, 30), AS_OF][-asked.nights :]:
                subprocess.run([*again, "--night", month_end.isoformat()], check=True)


if __name__ == "__main__":
    main()
