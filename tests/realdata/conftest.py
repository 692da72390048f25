"""The two examples on real public data, run once each, with what they write outside the repository."""

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from strategic_prosecution import stages
from strategic_prosecution.settings import Office, load_office

EXAMPLES = Path(__file__).parents[2] / "examples"


def run_example(name: str, folder: Path) -> tuple[Office, date]:
    """The example as it stands in the repository; its relative processed_dir now lies below ``folder``."""
    copy = folder / "examples" / name / "office.toml"
    copy.parent.mkdir(parents=True)
    shutil.copy(EXAMPLES / name / "office.toml", copy)
    office = load_office(copy)
    day, _ = stages.nightly(office)
    return office, day


def internal(office: Office) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(office.processed_dir / "internal" / "office.duckdb"), read_only=True)


@pytest.fixture(scope="session")
def cook_county(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, date]:
    return run_example("cook_county", tmp_path_factory.mktemp("cook"))


@pytest.fixture(scope="session")
def philadelphia(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, date]:
    return run_example("philadelphia", tmp_path_factory.mktemp("philadelphia"))
