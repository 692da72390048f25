"""The whole night on the fictional county, stage by stage: seconds and peak memory, beside the limits it must keep.

    python benchmarks/nightly.py [incidents ...]

Limits at the default size (60,000 incidents, 2 cores): 90 s and 2 GiB. Each size runs in a process of its own, so that
its peak is its own.
"""

import itertools
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT_SECONDS, LIMIT_GIB = 90, 2


def measure(incidents: int) -> None:
    """Run one size and print a table."""
    from strategic_prosecution import stages
    from strategic_prosecution.demo import write_county
    from strategic_prosecution.settings import load_office

    with tempfile.TemporaryDirectory() as folder:
        marks = [("start", time.perf_counter())]
        county = write_county(Path(folder), incidents=incidents)
        marks.append(("county", time.perf_counter()))
        stages.nightly(
            load_office(county.office_toml), progress=lambda name, _: marks.append((name, time.perf_counter()))
        )
        marks.append(("hashes", time.perf_counter()))
    total = marks[-1][1] - marks[0][1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\n{incidents:,} incidents")
    for (_, before), (name, after) in itertools.pairwise(marks):
        print(f"  {name:12} {after - before:8.2f} s")
    print(f"  {'total':12} {total:8.2f} s = {total / LIMIT_SECONDS:.2f} of {LIMIT_SECONDS} s", flush=True)
    print(f"  {'peak':12} {peak:8.2f} GiB = {peak / LIMIT_GIB:.2f} of {LIMIT_GIB} GiB", flush=True)


if __name__ == "__main__":
    sizes = sys.argv[1:] or ["60000"]
    if len(sizes) == 1:
        measure(int(sizes[0]))
    else:
        for size in sizes:
            subprocess.run([sys.executable, __file__, size], check=True)
