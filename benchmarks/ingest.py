"""Landing and core against a bare ``read_csv`` of the same file into a table, and what a year of nights costs.

    python benchmarks/ingest.py [--rows 1000000] [--nights 365] [--night-rows 20000] [--parts load,year] [--folder F]
    python benchmarks/ingest.py --full          # the year with 100,000 rows a night

Limits: landing and core at most 4 times the bare read, under 2 GiB; a night with one small new file opens no old file
and takes at most half the first load; a year of nightly full extracts with 1 % changed rows takes at most 3 times the
space and 2 times the time of one. Each part runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import ctypes
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

LIMITS = {"load": 4.0, "gib": 2.0, "old_files": 0, "night": 0.5, "year_space": 3.0, "year_time": 2.0}
SEED, THREADS, REPEATS, NEW_ROWS = 1, 2, 3, 1_000
NEW_YEAR = date(2024, 1, 1)
OFFENSES = ("ROBBERY", "BURGLARY", "THEFT", "ASSAULT AGG", "HOMICIDE", "VANDALISM", "FRAUD")
OFFICE = """
[office]
name = "Benchmark"
timezone = "America/New_York"
crs = "EPSG:26986"
raw_dir = "raw"
processed_dir = "processed"
settle_seconds = 0

[warehouse]
threads = {threads}

[extracts.police]
files = "*.csv"
extract_date = "filename"
holds = "{holds}"
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
[extracts.police.feeds.columns]
incident_id = "INCIDENT_NO"
occurred_at = "OCCURRED"
reported_at = "REPORTED"
offense_code = "OFFENSE"
offense_category = "OFFENSE"
weapon = "WEAPON"
address = "BLOCK || ' ' || STREET"
longitude = "X"
latitude = "Y"
area_id = "DISTRICT"
[extracts.police.codes.offense_category]
ROBBERY = "robbery"
BURGLARY = "burglary"
THEFT = "theft"
"ASSAULT AGG" = "aggravated_assault"
HOMICIDE = "homicide"
VANDALISM = "vandalism"
FRAUD = "fraud"
[extracts.police.codes.weapon]
GUN = "firearm"
KNIFE = "knife"
NONE = "none"
"""


# ---------------------------------------------------------------------------------------------------------- the files


def incidents(rows: int, *, first: int = 0, until: date = NEW_YEAR, days: int = 1800) -> Any:
    """A plausible extract: ten columns, numbered from ``first``, over the ``days`` before a day."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng([SEED, first])
    ended = pd.Timestamp(until) - pd.to_timedelta(rng.integers(1, 86_400 * days, rows), unit="s")
    streets = [f"{side} {name} ST" for side in "NSEW" for name in ("MAIN", "OAK", "ELM", "PINE", "MARKET", "WATER")]
    return pd.DataFrame(
        {
            "INCIDENT_NO": [f"2024-{number:08d}" for number in range(first, first + rows)],
            "OCCURRED": ended - pd.to_timedelta(rng.integers(0, 86_400 * 5, rows), unit="s"),
            "REPORTED": ended,
            "OFFENSE": rng.choice(OFFENSES, rows),
            "BLOCK": rng.integers(1, 99, rows) * 100,
            "STREET": rng.choice(streets, rows),
            "WEAPON": rng.choice(["GUN", "KNIFE", "NONE", ""], rows),
            "X": np.round(rng.uniform(-72, -71, rows), 6),
            "Y": np.round(rng.uniform(42, 43, rows), 6),
            "DISTRICT": rng.integers(1, 12, rows),
        }
    )


def write(frame: Any, folder: Path, day: date) -> Path:
    """The extract of a day."""
    path = folder / "raw" / f"incidents_{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, date_format="%Y-%m-%d %H:%M:%S")
    return path


def reclassify(frame: Any, night: int) -> None:
    """1 % of the rows get another offense, in place."""
    import numpy as np

    rng = np.random.default_rng([SEED, 10**9, night])
    chosen = rng.choice(len(frame), len(frame) // 100, replace=False)
    places = {name: place for place, name in enumerate(OFFENSES)}
    now = frame["OFFENSE"].iloc[chosen].map(places).to_numpy()
    column = frame.columns.get_loc("OFFENSE")
    frame.iloc[chosen, column] = np.array(OFFENSES)[(now + rng.integers(1, len(OFFENSES), len(chosen))) % len(OFFENSES)]


# ---------------------------------------------------------------------------------------- parts, each its own process


def make(folder: Path, rows: int) -> dict[str, Any]:
    """The first extract; what making it took is nobody's peak."""
    path = write(incidents(rows), folder, NEW_YEAR)
    return {"bytes": path.stat().st_size}


def bare(folder: Path, options: str) -> dict[str, Any]:
    """read_csv into a table of a file, and nothing else."""
    import duckdb

    path = folder / "bare.duckdb"
    path.unlink(missing_ok=True)
    began, busy = time.perf_counter(), time.process_time()
    connection = duckdb.connect(str(path), config={"threads": str(THREADS), "memory_limit": "2GB"})
    connection.execute(f"create table police as from read_csv('{folder}/raw/*.csv', header = true{options})")
    connection.close()
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "cpu": time.process_time() - busy, "bytes": path.stat().st_size}


def load(folder: Path, day: str, holds: str) -> dict[str, Any]:
    """One night: landing and core, each opening the database as the stages do; and which raw files were opened."""
    from strategic_prosecution import extracts, warehouse
    from strategic_prosecution.settings import load_office

    path = folder / "office.toml"
    path.write_text(OFFICE.format(threads=THREADS, holds=holds), encoding="utf-8")
    office = load_office(path)
    as_of = date.fromisoformat(day)
    with opened_files(folder / "raw") as opened, warehouse.run(office, what="benchmark") as run:
        began, busy = time.perf_counter(), time.process_time()
        with warehouse.open_records(office) as connection:
            landed = extracts.land(connection, office)
        landing = time.perf_counter() - began
        with warehouse.open_records(office, as_of) as connection:
            built = extracts.build(connection, office, as_of=as_of, run_id=run.run_id)
        seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    if landed.refused or not built.rows["incidents"]:
        raise SystemExit(f"the benchmark's own files did not land: {landed}")
    return {
        "seconds": seconds,
        "cpu": cpu,
        "landing": landing,
        "core": seconds - landing,
        "rows": built.rows["incidents"],
        "opened": sorted(opened),
        "bytes": office.records_path.stat().st_size,
    }


@contextmanager
def opened_files(folder: Path) -> Iterator[set[str]]:
    """The names of files of a folder that this process, DuckDB included, opens within the block (inotify(7))."""
    in_open, is_folder, head = 0x20, 0x40000000, struct.Struct("iIII")
    kernel = ctypes.CDLL(None, use_errno=True)
    descriptor = kernel.inotify_init1(os.O_NONBLOCK)
    if descriptor < 0 or kernel.inotify_add_watch(descriptor, os.fsencode(folder), in_open) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    names: set[str] = set()
    try:
        yield names
        while True:
            try:
                block = os.read(descriptor, 1 << 20)
            except BlockingIOError:
                break
            at = 0
            while at < len(block):
                _, mask, _, length = head.unpack_from(block, at)
                at += head.size
                if length and not mask & is_folder:
                    names.add(block[at : at + length].rstrip(b"\0").decode())
                at += length
    finally:
        os.close(descriptor)


def year(folder: Path, nights: int, rows: int) -> dict[str, Any]:
    """Night after night a full extract with 1 % changed rows and a few new ones; only landing and core are timed."""
    import pandas as pd

    frame = incidents(rows)
    write(frame, folder, NEW_YEAR)
    once = []
    for _ in range(REPEATS):
        shutil.rmtree(folder / "processed", ignore_errors=True)
        once.append(load(folder, NEW_YEAR.isoformat(), "everything"))
    found = [once[-1]]
    for night in range(1, nights):
        day = NEW_YEAR + timedelta(days=night)
        reclassify(frame, night)
        new = incidents(rows // 1000, first=len(frame), until=day, days=1)
        frame = pd.concat([frame, new], ignore_index=True)
        write(frame, folder, day)
        found.append(load(folder, day.isoformat(), "everything"))
        if night % 30 == 0 or night == nights - 1:
            last = found[-1]
            print(
                f"    night {night + 1:4}: {last['seconds']:7.2f} s (landing {last['landing']:.2f}, "
                f"core {last['core']:.2f}), {last['bytes'] / 2**20:8.1f} MiB",
                file=sys.stderr,
                flush=True,
            )
    if found[-1]["rows"] != len(frame):
        raise SystemExit(f"core has {found[-1]['rows']} incidents, the newest extract {len(frame)}")
    first, last = median_of(once), median_of(found[-REPEATS:])
    return {
        "first": first["seconds"],
        "last": last["seconds"],
        "cpu": last["cpu"] / first["cpu"],
        "sum": sum(night["seconds"] for night in found),
        "first_bytes": found[0]["bytes"],
        "last_bytes": found[-1]["bytes"],
    }


PARTS: dict[str, Callable[..., dict[str, Any]]] = {"make": make, "bare": bare, "load": load, "year": year}


def median_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The run of the median time."""
    return sorted(runs, key=lambda run: float(run["seconds"]))[len(runs) // 2]


def run_part(name: str, folder: Path, *arguments: Any) -> dict[str, Any]:
    """Run a part in a process of its own; what it found, and its peak memory."""
    command = [sys.executable, __file__, "--part", name, json.dumps([str(folder), *arguments])]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


# ---------------------------------------------------------------------------------------------------------- the report


def compare(what: str, value: float, limit: float, *, unit: str = "", cpu: float | None = None) -> None:
    """One figure beside its limit; the same of processor time, which a busy machine does not change."""
    beside = "" if cpu is None else f"  (processor time {cpu:.2f})"
    print(f"  {what:52} {value:8.2f}{unit} of {limit:g}{unit}{'' if value <= limit else '  OVER'}{beside}", flush=True)


def report_load(folder: Path, rows: int) -> None:
    """The first load against the bare read, and a night with one small new file against the first load."""
    size = run_part("make", folder, rows)["bytes"]
    print(f"\n{rows:,} rows, {size / 2**20:.0f} MiB, {THREADS} threads")
    bares = {}
    for name, options in (("DuckDB's own types", ""), ("all text", ", all_varchar = true")):
        bares[name] = median_of([run_part("bare", folder, options) for _ in range(REPEATS)])
        print(
            f"  bare read_csv, {name:37} {bares[name]['seconds']:8.2f} s  ({bares[name]['bytes'] / 2**20:.0f} MiB)",
            flush=True,
        )
    first = run_part("load", folder, NEW_YEAR.isoformat(), "changes")
    print(
        f"  first load {'':41} {first['seconds']:8.2f} s  (landing {first['landing']:.2f}, core {first['core']:.2f}, "
        f"{first['bytes'] / 2**20:.0f} MiB)"
    )
    for name, least in bares.items():
        ratio, cpu = first["seconds"] / least["seconds"], first["cpu"] / least["cpu"]
        compare(f"first load / bare read_csv, {name}", ratio, LIMITS["load"], cpu=cpu)
    compare("peak memory of the first load", first["gib"], LIMITS["gib"], unit=" GiB")
    nights, old = [], {f"incidents_{NEW_YEAR}.csv"}
    opened_old = 0
    for night in range(1, REPEATS + 1):
        day = NEW_YEAR + timedelta(days=night)
        path = write(incidents(NEW_ROWS, first=rows + night * NEW_ROWS, until=day, days=1), folder, day)
        nights.append(run_part("load", folder, day.isoformat(), "changes"))
        if path.name not in nights[-1]["opened"]:
            raise SystemExit("the new file was not seen to be opened: the count of old files means nothing")
        opened_old += len(old & set(nights[-1]["opened"]))
        old.add(path.name)
    usual = median_of(nights)
    print(
        f"  night with one new file of {NEW_ROWS:,} rows {'':16} {usual['seconds']:8.2f} s  "
        f"(landing {usual['landing']:.2f}, core {usual['core']:.2f})"
    )
    ratio, cpu = usual["seconds"] / first["seconds"], usual["cpu"] / first["cpu"]
    compare("that night / first load", ratio, LIMITS["night"], cpu=cpu)
    compare(f"old files opened in {REPEATS} such nights", opened_old, LIMITS["old_files"])
    compare("peak memory of such a night", max(night["gib"] for night in nights), LIMITS["gib"], unit=" GiB")


def report_year(folder: Path, nights: int, rows: int) -> None:
    """A year of full extracts against one."""
    print(f"\n{nights} nightly full extracts of {rows:,} rows, 1 % changed each night", flush=True)
    found = run_part("year", folder, nights, rows)
    print(
        f"  one night {found['first']:.2f} s, {found['first_bytes'] / 2**20:.1f} MiB; the last {found['last']:.2f} s, "
        f"{found['last_bytes'] / 2**20:.1f} MiB; the sum {found['sum']:.0f} s"
    )
    compare("space after the last / after the first", found["last_bytes"] / found["first_bytes"], LIMITS["year_space"])
    ratio = found["last"] / found["first"]
    compare("time of the last night / of one", ratio, LIMITS["year_time"], cpu=found["cpu"])
    compare("sum of the year / nights times one", found["sum"] / (nights * found["first"]), LIMITS["year_time"])
    compare("peak memory over the year", found["gib"], LIMITS["gib"], unit=" GiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--night-rows", type=int, default=20_000)
    parser.add_argument("--full", action="store_true", help="the year with 100,000 rows a night")
    parser.add_argument("--parts", default="load,year")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder when absent")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        folder, *arguments = json.loads(options.part[1])
        found = PARTS[options.part[0]](Path(folder), *arguments)
        print(json.dumps({**found, "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        for name in options.parts.split(","):
            folder = Path(made) / name
            folder.mkdir()
            if name == "load":
                report_load(folder, options.rows)
            else:
                report_year(folder, options.nights, 100_000 if options.full else options.night_rows)
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
