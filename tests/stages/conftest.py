"""One small fictional county, run once for all tests that only look."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution import stages
from strategic_prosecution.demo import County, write_county
from strategic_prosecution.settings import Office, load_office

LAST_DAY = date(2025, 12, 31)


@dataclass(frozen=True)
class RunCounty:
    """A county after one nightly run, with what each stage counted."""

    county: County
    office: Office
    counts: dict[str, stages.Counts]


@pytest.fixture(scope="session")
def small_county(tmp_path_factory: pytest.TempPathFactory) -> RunCounty:
    county = write_county(tmp_path_factory.mktemp("county"), incidents=4000)
    office = load_office(county.office_toml)
    day, counts = stages.nightly(office)
    assert day == LAST_DAY
    return RunCounty(county, office, counts)


def office_in(folder: Path, *, incidents: int = 1000) -> Office:
    """A fresh, smaller county of its own for a test that disturbs it."""
    return load_office(write_county(folder, incidents=incidents).office_toml)
