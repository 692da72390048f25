"""Random histories of files - late, corrected, re-delivered, reordered, cut - against the plain model of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from strategic_prosecution import extracts, model
from tests.extracts.plain_history import HEAD, KINDS, Load, Row, expect, land

QUIET = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a failing example is small already; shrinking builds for minutes
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
DAYS = ("2024-01-31", "2024-02-15", "2024-02-29", "2024-03-31")
BEFORE = date(2024, 1, 20)
HOLDS = {"everything": '"everything"', "changes": '"changes"', "window": '{ window = "filed_date" }'}
EXTRACT = """
[extracts.{kind}]
files = "court*.csv"
extract_date = "filename"
holds = {holds}
max_withdrawn_share = 1.0
max_set_aside_share = 1.0
[[extracts.{kind}.feeds]]
table = "charges"
key = "{key}"
columns = {{ {columns} }}
rules = [{{ what = "void", when = "NOTE = 'void'", then = "set_aside" }}]
{more}
"""
COLUMNS = {
    "case_id": "WHAT",
    "charge_number": "SEQ",
    "filed_date": "DAY",
    "charge_title": "WHAT",
}
REVERSAL = "reversal = { when = \"SIGN = '-1'\", match = ['charge_id', 'filed_date'] }"
ORDER = "order_by = ['charge_number']"
MORE = {"keyed": "", "rows": "", "ordered": ORDER, "ledger": f"{REVERSAL}\n{{order}}"}


@dataclass(frozen=True)
class File:
    """A delivery: name, rows, and the order of its columns."""

    name: str
    rows: tuple[Row, ...]
    columns: tuple[str, ...]

    @property
    def made(self) -> date:
        return date.fromisoformat(self.name[6:16])

    @property
    def content(self) -> str:
        lines = [",".join(self.columns)]
        for row in self.rows:
            values = dict(zip(HEAD, row, strict=True))
            lines.append(",".join(values.get(column, "") for column in self.columns))
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Told:
    """What a build says: table hashes, accounting, rows with their file and line."""

    hashes: dict[str, str]
    accounting: dict[str, dict[str, int]]
    rows: list[tuple]


ROWS = st.tuples(
    st.sampled_from(("1", "1", "2", "3", "")),
    st.sampled_from(("1", "2", "01", "")),
    st.sampled_from(("2024-01-05", "2024-01-15", "2024-01-28", "")),
    st.sampled_from(("a", "b")),
    st.sampled_from(("1", "1", "-1")),
    st.sampled_from(("", "", "x", "void")),
)
LAYOUTS = st.sampled_from((HEAD, HEAD, HEAD, (*reversed(HEAD),), (*HEAD, "MORE")))


@st.composite
def histories(draw: st.DrawFn, *, least: int) -> tuple[File, ...]:
    """Files in the order they arrive: parts of a few rows, some twice, in any order of rows and days."""
    all_rows = draw(st.lists(ROWS, min_size=4, max_size=7))
    files: list[File] = []
    for _ in range(draw(st.integers(2, 5))):
        if files and draw(st.integers(0, 5)) == 0:
            rows = list(draw(st.sampled_from(files)).rows)
        else:
            rows = [row for row in all_rows if draw(st.sampled_from((True, True, True, False)))]
            if draw(st.integers(0, 3)) == 0:
                rows = list(draw(st.permutations(rows)))
            if draw(st.integers(0, 3)) == 0:
                rows.append(draw(st.sampled_from(all_rows)))
        name = f"court_{draw(st.sampled_from(DAYS))}_{draw(st.sampled_from(('a', 'b')))}.csv"
        file = File(name.replace("_a.csv", ".csv"), tuple(rows), draw(LAYOUTS))
        # Copies of one day under two names are a matter of landing.
        if len(rows) >= least and all(
            (file.content, file.made) != (other.content, other.made) or file.name == other.name for other in files
        ):
            files.append(file)
    assume(files)
    return tuple(files)


@st.composite
def other_order(draw: st.DrawFn, files: tuple[File, ...]) -> tuple[File, ...]:
    """The files in any order; of one name the last to come still comes last."""
    queues = {file.name: [other for other in files if other.name == file.name] for file in files}
    return tuple(queues[file.name].pop(0) for file in draw(st.permutations(files)))


def toml(holds: str, *, ledger_order: str) -> str:
    """Four extracts of the same files, one of each kind, that fill one table with keys of their own."""
    made = ""
    for kind in KINDS:
        key = "row" if kind == "rows" else "charge_id"
        columns = COLUMNS if kind == "rows" else {"charge_id": f"nullif('{kind}' || NO, '{kind}')", **COLUMNS}
        listed = ", ".join(f'{ours} = "{theirs}"' for ours, theirs in columns.items())
        more = MORE[kind].replace("{order}", ledger_order)
        made += EXTRACT.format(kind=kind, holds=HOLDS[holds], key=key, columns=listed, more=more)
    return made


def land_file(bench, text: str, file: File, *, turn: int) -> None:
    day = date.fromordinal(date(2024, 6, 1).toordinal() + turn)
    bench.put(file.name, file.content, changed=day.isoformat())
    assert extracts.land(bench.connection, bench.office(text)).refused == 0, bench.problems()


def build(bench, text: str, as_of: date) -> Told:
    result = bench.build(bench.office(text), as_of.isoformat())
    rows = bench.rows(
        "extract, charge_id, charge_number, filed_date::varchar, charge_title, file, source_row",
        "core.charges join meta.loads on load_id = source_load",
    )
    accounting = {kind: bench.account(result, kind, "charges") for kind in result.accounting["extract"]}
    return Told(bench.hashes(), accounting, rows)


def problems(bench) -> list[tuple]:
    """Those of the newest core."""
    return bench.rows("* exclude (problem_id)", "meta.problems")


def compare(told: Told, loads: list[Load], holds: str, as_of: date, *, is_ordered: bool) -> None:
    """The tables and the accounting are those of the plain model."""
    for kind in KINDS:
        expected = expect(loads, kind, holds, as_of, is_ordered=is_ordered)
        assert told.accounting[kind] == {name: count for name, count in expected.counts.items() if count}, kind
        # The key of a row without one is a digest.
        records = [("" if kind == "rows" else f"{kind}{key}", *record) for key, record in expected.records.items()]
        found = [("" if kind == "rows" else key, *record) for extract, key, *record in told.rows if extract == kind]
        assert sorted(map(str, found)) == sorted(map(str, records)), kind


@pytest.fixture(autouse=True)
def _only_charges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty tables that nobody feeds take most of the time of a build."""
    tables = tuple(table for table in model.fed_tables() if table.name == "charges")
    monkeypatch.setattr(model, "fed_tables", lambda: tables)


@pytest.mark.slow
@settings(QUIET, max_examples=8)
@given(data=st.data(), holds=st.sampled_from(tuple(HOLDS)), is_ordered=st.booleans())
def test_any_history_on_time_or_later(new_bench: Callable, data: st.DataObject, holds: str, is_ordered: bool) -> None:
    """Landed and built as files arrive, and built again where one arrives late; or landed in any order, then built."""
    files = data.draw(histories(least=0 if holds == "changes" else 1))
    text = toml(holds, ledger_order=ORDER if is_ordered else "")
    loads: list[Load] = []
    then: dict[date, Told] = {}
    with new_bench() as on_time, new_bench() as later:
        for turn, file in enumerate(files):
            land(loads, file.name, file.made, list(file.rows), file.content, turn=turn)
            land_file(on_time, text, file, turn=turn)
            then = {as_of: told for as_of, told in then.items() if as_of < file.made}
            then[file.made] = build(on_time, text, file.made)
        for turn, file in enumerate(data.draw(other_order(files))):
            land_file(later, text, file, turn=turn)
        for as_of in [BEFORE, *sorted({file.made for file in files})]:
            told = then.get(as_of) or build(on_time, text, as_of)
            compare(told, loads, holds, as_of, is_ordered=is_ordered)
            assert build(later, text, as_of) == told
        assert problems(later) == problems(on_time)
