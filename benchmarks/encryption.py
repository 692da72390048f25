"""What encryption costs: one fictional county plain and under three keys, in one process; and a file written anew.

    python benchmarks/encryption.py [--incidents 20000] [--rewrite-rows 1000000]

Prints seconds of the night, of opening, and the size of the files, each with its ratio encrypted / plain; then seconds
and megabytes of writing a records file anew, plain and under a key.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from strategic_prosecution import stages, warehouse
from strategic_prosecution.demo import write_county
from strategic_prosecution.settings import Office, load_office

VARIABLES = {file: f"STRATPRO_BENCHMARK_{file.upper()}" for file in ("records", "desk", "published")}
KEYS = "\n[warehouse]\n" + "".join(f'{file}_key_env = "{variable}"\n' for file, variable in VARIABLES.items())
OPENINGS = 20


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """How long a piece of work takes by the clock, and by the processor, which others on the machine disturb less."""
    begun, worked = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - worked


def open_often(office: Office) -> None:
    """Open records and desk, as each stage does."""
    with warehouse.run(office, what="benchmark"):
        for _ in range(OPENINGS):
            with warehouse.open_records(office):
                pass


def measure(office: Office) -> dict[str, float]:
    """One office: a first night, the next one, opening, and megabytes of each kind of file."""
    night, night_cpu = seconds(lambda: stages.nightly(office))
    again, again_cpu = seconds(lambda: stages.nightly(office))
    opening, opening_cpu = seconds(lambda: open_often(office))
    published = office.processed_dir / "internal" / "office.duckdb"
    return {
        "first night, s": night,
        "first night, CPU s": night_cpu,
        "next night, s": again,
        "next night, CPU s": again_cpu,
        "open, ms": opening / OPENINGS * 1000,
        "open, CPU ms": opening_cpu / OPENINGS * 1000,
        "records, MB": office.records_path.stat().st_size / 1e6,
        "desk, MB": office.desk_path.stat().st_size / 1e6,
        "published, MB": published.stat().st_size / 1e6,
    }


def compare(folder: Path, incidents: int) -> None:
    """The same county plain and encrypted, side by side."""
    offices = {}
    for name, section in (("plain", ""), ("encrypted", KEYS)):
        toml = write_county(folder / name, incidents=incidents).office_toml
        toml.write_text(toml.read_text(encoding="utf-8") + section, encoding="utf-8")
        offices[name] = load_office(toml)
    plain, encrypted = (measure(office) for office in offices.values())
    print(f"\n{incidents:,} incidents{'plain':>19}{'encrypted':>12}{'ratio':>8}")
    for name, value in plain.items():
        print(f"  {name:28}{value:10.2f}{encrypted[name]:12.2f}{encrypted[name] / value:8.2f}", flush=True)


def rewrite(folder: Path, rows: int) -> None:
    """A records file of many rows, written anew: plain, to its first key, and under that key."""
    folder.mkdir()
    toml = folder / "office.toml"
    toml.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    office = load_office(toml)
    plain, key = warehouse.Key(None), warehouse.Key(VARIABLES["records"])
    with warehouse.run(office, what="benchmark"):
        with warehouse.open_records(office) as connection:
            connection.execute(
                "create table raw.arrests as select range as arrest_id, sha256(range::varchar) as name, "
                "date '2020-01-01' + (range % 1500)::integer as arrest_date, (range % 977)::varchar || ' MAIN ST' as "
                f"address from range({rows})"
            )
        print(f"\n{rows:,} rows written anew")
        for name, old, new in (("plain", plain, plain), ("to a first key", plain, key), ("encrypted", key, key)):
            before = office.records_path.stat().st_size / 1e6
            took, _ = seconds(
                lambda old=old, new=new: warehouse.rewrite(office, office.records_path, key=old, new_key=new)
            )
            print(f"  {name:28}{took:10.2f} s{before:9.1f} MB = {before / took:.0f} MB/s", flush=True)


def main() -> None:
    """Run both parts and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=20_000)
    parser.add_argument("--rewrite-rows", type=int, default=1_000_000)
    arguments = parser.parse_args()
    for variable in VARIABLES.values():
        os.environ[variable] = f"no secret: {variable}"
    with tempfile.TemporaryDirectory() as folder:
        rewrite(Path(folder) / "rewrite", arguments.rewrite_rows)
        compare(Path(folder), arguments.incidents)


if __name__ == "__main__":
    main()
