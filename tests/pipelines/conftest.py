"""One Prefect harness for the session, a tiny office, and a search of all that Prefect stores."""

import gc
import os
import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Before the first import of prefect, which reads them: a home of its own, and no telemetry.
_home = tempfile.TemporaryDirectory(prefix="prefect-home-")
os.environ |= {"PREFECT_HOME": _home.name, "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
sys.path.insert(0, str(Path(__file__).parents[2]))

# An arrested person of the tiny office, who must be nowhere in Prefect.
SENTINEL = "Zzyzx-Quillfeather"

OFFICE = """
[office]
name = "Tiny County"
timezone = "America/New_York"
crs = "EPSG:26986"
case_unit = "defendant"
raw_dir = "raw"
processed_dir = "processed"

[places]
use_coordinates = true

[extracts.incidents]
files = "incidents_*.csv"
date_formats = ["%Y-%m-%d"]
extract_date = "filename"
holds = "everything"

[[extracts.incidents.feeds]]
table = "incidents"
key = "incident_id"

[extracts.incidents.feeds.columns]
incident_id = "ID"
occurred_at = "WHEN"
offense_category = "WHAT"
longitude = "LON"
latitude = "LAT"

[extracts.incidents.codes.offense_category]
"SHOOTING" = "nonfatal_shooting"
"THEFT" = "theft"

[extracts.arrests]
files = "arrests_*.csv"
date_formats = ["%Y-%m-%d"]
extract_date = "filename"
holds = "everything"

[[extracts.arrests.feeds]]
table = "arrests"
key = "arrest_id"

[extracts.arrests.feeds.columns]
arrest_id = "ID"
incident_id = "INCIDENT"
arrest_date = "WHEN"
source_person_id = "PERSON"
family_name = "NAME"
home_address = "HOME"
"""

INCIDENTS = """ID,WHEN,WHAT,LON,LAT
I1,2024-01-10,SHOOTING,-71.100,42.300
I2,2024-01-20,SHOOTING,-71.100,42.300
I3,2024-02-03,THEFT,-71.120,42.310
I4,2024-02-14,SHOOTING,-71.100,42.300
I5,2024-03-02,THEFT,-71.130,42.320
"""

# The last row has the name where the date should be: it is set aside, and its value is kept with the problem.
ARRESTS = f"""ID,INCIDENT,WHEN,PERSON,NAME,HOME
A1,I1,2024-01-11,P1,{SENTINEL},1 {SENTINEL} Street
A2,I1,2024-01-11,P2,Example,2 Example Street
A3,I4,2024-02-15,P1,{SENTINEL},1 {SENTINEL} Street
A4,I5,{SENTINEL},P3,{SENTINEL},3 Example Street
"""


@pytest.fixture(scope="session")
def sentinel() -> str:
    """The name that must be nowhere in Prefect."""
    return SENTINEL


@pytest.fixture(scope="session")
def write_office() -> Callable[[Path], str]:
    """Write the tiny office into a folder; returns the path of its office.toml, as flows take it."""

    def write(folder: Path) -> str:
        (folder / "raw").mkdir(parents=True)
        (folder / "raw" / "incidents_2024-03-31.csv").write_text(INCIDENTS)
        (folder / "raw" / "arrests_2024-03-31.csv").write_text(ARRESTS)
        for path in (folder / "raw").iterdir():
            # Landing leaves alone what may still be being written.
            os.utime(path, (1_711_900_000, 1_711_900_000))
        (folder / "office.toml").write_text(OFFICE)
        return str(folder / "office.toml")

    return write


@pytest.fixture
def office(tmp_path: Path, write_office: Callable[[Path], str]) -> str:
    """A tiny office of the test's own."""
    return write_office(tmp_path / "office")


@pytest.fixture(autouse=True)
def _prefects_sockets() -> Iterator[None]:
    """Prefect's client leaves sockets to the collector; collected here, they fail no test that runs later."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    """The one harness: a Prefect server of the session's own."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def find_in_files() -> Callable[[Path, str], list[str]]:
    """Where a text is under a folder: every value of every table of an SQLite file, and the bytes of every file."""

    def find(folder: Path, text: str) -> list[str]:
        found = []
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = path.read_bytes()
            if text.encode() in content:
                found.append(str(path))
            if content.startswith(b"SQLite format 3"):
                found += [f"{path}: {place}" for place in _find_in_sqlite(path, text)]
        return found

    return find


def _find_in_sqlite(path: Path, text: str) -> list[str]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        found = []
        for table in tables:
            columns = [row[1] for row in connection.execute(f'pragma table_info("{table}")')]
            for column in columns:
                query = f'select count(*) from "{table}" where instr(cast("{column}" as text), ?)'
                if connection.execute(query, [text]).fetchone() != (0,):
                    found.append(f"{table}.{column}")
    finally:
        connection.close()
    return found
