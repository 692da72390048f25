"""The public edition at the size of a large county: seconds and memory of hiding its small cells, and what is hidden.

    python benchmarks/suppression.py [--scale 1.0] [--min-cell 10]

County: that of benchmarks/metrics.py over ten years, its 25 districts and its offenses of unequal size. Three nights,
each in a process of its own: the first publication; the last night of the next month, quarter and year, after one row
in 500 was withdrawn from every table; the night after that, with nothing new. Limits: 10 minutes for the first, 2
minutes of processor time for each of the others, 4 GiB.
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
import metrics as county

from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS, SUMS
from strategic_prosecution.safeguards import newest_values, releasable, suppress
from strategic_prosecution.stages.publish import (
    _PUBLIC_CELLS,
    _PUBLIC_METRICS,
    _SAID,
    _about_people,
    _finished,
    _remember,
)

LIMIT_FIRST, LIMIT_AFTER, LIMIT_GIB = 600, 120, 4
NIGHTS = (date(2024, 11, 30), date(2024, 12, 31), date(2025, 1, 1))
county.FIRST_DAY, county.DAYS = "date '2015-01-01'", 3653
WITHDRAWN = 500


def make_county(file: Path, scale: float) -> None:
    """The county of benchmarks/metrics.py, its districts and offenses of unequal size, and nothing published yet."""
    county.make_county(file, scale)
    with duckdb.connect(str(file)) as connection:
        # The square of an even draw: the largest of 25 has a fifth of all places, the smallest a fiftieth.
        connection.execute(
            "update core.place_areas "
            "set area_id = 'd' || floor(25 * pow(hash(place_id, 'area') % 10000 / 10000, 2))::integer"
        )
        for table in model.tables("core"):
            if table.name in county.ROWS and "offense_category" in table.names:
                values = [
                    value
                    for value in reversed(table.column("offense_category").values)
                    if value not in ("unmapped", "all")
                ]
                connection.execute(
                    f"update core.{table.name} set offense_category = $values[1 + floor({len(values)} * "
                    f"pow(hash({table.key[0]}, 'offense') % 10000 / 10000, 2))::integer]",
                    {"values": values},
                )
        connection.execute("create schema meta")
        columns = ", ".join(f"{column.name} {model.SQL_TYPES[column.dtype]}" for column in _PUBLIC_CELLS.columns)
        connection.execute(f"create table meta.public_cells ({columns})")


def withdraw(file: Path) -> None:
    """Take one row in 500 from every table."""
    with duckdb.connect(str(file)) as connection:
        for table in model.tables("core"):
            if table.name in county.ROWS:
                connection.execute(
                    f"delete from core.{table.name} where hash({table.key[0]}, 'withdrawn') % {WITHDRAWN} = 0"
                )


def publish_night(file: Path, as_of: date, min_cell: int) -> None:
    """Hide the small cells of a night as its publication does, and remember what was said."""
    with duckdb.connect(str(file)) as connection:
        said = connection.execute("from meta.public_cells").df()
        columns = ", ".join(releasable(model.table("mart.metrics"), "public"))
        rows = connection.execute(
            f"select {columns} from mart.metrics where as_of <= $as_of and metric in (select unnest($public))",
            {"as_of": as_of, "public": [metric.name for metric in _PUBLIC_METRICS]},
        ).df()
        rows = _finished(newest_values(rows))
        begun, busy = time.perf_counter(), time.process_time()
        shown = suppress(
            rows,
            metrics=METRICS,
            min_cell=min_cell,
            sums=SUMS,
            said=said.reindex(columns=[*_PUBLIC_CELLS.key, *_SAID]),
        )
        seconds, busy = time.perf_counter() - begun, time.process_time() - busy
        _remember(connection, shown, said=said, as_of=as_of)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    of_people = shown[_about_people(shown)]
    limit = LIMIT_AFTER if len(said) else LIMIT_FIRST
    print(f"\n{as_of}: {len(shown):,} cells, {len(of_people):,} about people, {len(said):,} of them said before")
    print(f"  {'hidden':12}{of_people['suppressed'].mean():8.1%} of those about people")
    for period, part in of_people.groupby("period"):
        print(f"    {period:10}{part['suppressed'].mean():8.1%} of {len(part):,}")
    print(f"  {'hiding':12}{seconds:8.1f} s, {busy:.1f} s of processor = {busy / limit:.2f} of {limit} s")
    print(f"  {'peak':12}{peak:8.2f} GiB = {peak / LIMIT_GIB:.2f} of {LIMIT_GIB} GiB", flush=True)


def main() -> None:
    """Make the county, then compute and publish its nights, each step in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--min-cell", type=int, default=10)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--step", choices=["make", "compute", "publish", "withdraw"], default="make")
    parser.add_argument("--night", type=date.fromisoformat)
    asked = parser.parse_args()
    if asked.file is None:
        with tempfile.TemporaryDirectory() as folder:
            again = [sys.executable, __file__, "--file", str(Path(folder) / "county.duckdb"), *sys.argv[1:]]
            subprocess.run(again, check=True)
            for number, night in enumerate(NIGHTS):
                if number == 1:
                    subprocess.run([*again, "--step", "withdraw"], check=True)
                for step in ("compute", "publish"):
                    subprocess.run([*again, "--step", step, "--night", night.isoformat()], check=True)
    elif asked.step == "make":
        make_county(asked.file, asked.scale)
    elif asked.step == "withdraw":
        withdraw(asked.file)
    elif asked.step == "compute":
        county.compute_night(asked.file, asked.night, slowest=0, only=[])
    else:
        publish_night(asked.file, asked.night, asked.min_cell)


if __name__ == "__main__":
    main()
