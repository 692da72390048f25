"""A folder for extracts, an office.toml around them, and the three databases in memory."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from strategic_prosecution import extracts, model, warehouse
from strategic_prosecution.extracts.build import Built
from strategic_prosecution.settings import Office, load_office

OFFICE = '[office]\nname = "Test County"\ntimezone = "America/New_York"\ncrs = "EPSG:26986"\nsettle_seconds = 0\n'
COUNTED = ("kept", "merged", "set_aside", "superseded", "reversed", "withdrawn", "expunged", "not_yet")


@dataclass
class Bench:
    """Write a file, land, build, look."""

    folder: Path
    connection: warehouse.Connection

    def put(self, name: str, content: str | bytes, *, changed: str = "2024-06-01") -> Path:
        """Write a file below raw_dir, last changed at noon UTC of a day."""
        path = self.folder / "data" / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        when = datetime.fromisoformat(f"{changed}T12:00:00").replace(tzinfo=UTC).timestamp()
        os.utime(path, (when, when))
        return path

    def office(self, extracts_toml: str, *, settle_seconds: float = 0) -> Office:
        """The office whose extracts are these."""
        path = self.folder / "office.toml"
        head = OFFICE.replace("settle_seconds = 0", f"settle_seconds = {settle_seconds}")
        path.write_text(head + extracts_toml, encoding="utf-8")
        return load_office(path)

    def build(self, office: Office, as_of: str) -> Built:
        """Build core as of a day; every feed's accounting adds up."""
        built = extracts.build(self.connection, office, as_of=date.fromisoformat(as_of), run_id="test")
        rows = built.accounting
        assert (rows["read"] == rows[list(COUNTED)].sum(axis=1)).all()
        return built

    def rows(self, columns: str, source: str) -> list[tuple]:
        """Rows of a query in order of all its columns."""
        return self.connection.execute(f"select {columns} from {source} order by all").fetchall()

    def problems(self) -> list[tuple]:
        """(kind, file, row, column, value) of everything in meta.problems."""
        return self.rows("kind, file, row, column_name, value", "meta.problems")

    def why(self) -> str:
        """What the one problem there is says."""
        [(why,)] = self.rows("why", "meta.problems")
        return why

    def hashes(self) -> dict[str, str]:
        """The hash of every core table that has rows."""
        tables = [table for table in model.fed_tables() if table.schema == "core"]
        filled = [table for table in tables if self.rows("count(*)", f"core.{table.name}") != [(0,)]]
        return {table.name: warehouse.table_hash(self.connection, table) for table in filled}

    def account(self, built: Built, extract: str, table: str, *, feed: int = 1) -> dict[str, int]:
        """What a feed's rows became, the categories without rows left out."""
        rows = built.accounting
        row = rows[(rows["extract"] == extract) & (rows["table_name"] == table) & (rows["feed"] == feed)].iloc[0]
        return {name: int(row[name]) for name in ("read", *COUNTED, "not_selected") if row[name]}


@contextmanager
def _bench_in(folder: Path) -> Iterator[Bench]:
    path = folder / "office.toml"
    path.write_text(OFFICE, encoding="utf-8")
    (folder / "data" / "raw").mkdir(parents=True)
    with warehouse.open_trial(load_office(path)) as connection:
        yield Bench(folder, connection)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with _bench_in(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bench for tests that land nothing."""
    with _bench_in(tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def new_bench(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], AbstractContextManager[Bench]]:
    """As many benches as a test wants: ``with new_bench() as bench``."""
    return lambda: _bench_in(tmp_path_factory.mktemp("bench"))
