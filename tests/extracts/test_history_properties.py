"""Random histories of files - late, corrected, re-delivered, reordered, cut - against the plain model of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from strategic_prosecution import extracts
from tests.extracts.plain_history import HEAD, KINDS, Row, expect, land

QUIET = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a failing example is small already; shrinking builds for minutes
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
DAYS = ("2024-01-31", "2024-02-15", "2024-02-29", "2024-03-31")
BEFORE = "2024-01-20"
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
    for _ in range(draw(st.integers(2, 6))):
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
    return tuple(files)


def toml(holds: str, *, ledger_order: str) -> str:
    made = ""
    for kind in KINDS:
        key = "row" if kind == "rows" else "charge_id"
        columns = COLUMNS if kind == "rows" else {"charge_id": f"nullif('{kind}' || NO, '{kind}')", **COLUMNS}
        listed = ", ".join(f'{ours} = "{theirs}"' for ours, theirs in columns.items())
        more = MORE[kind].replace("{order}", ledger_order)
        made += EXTRACT.format(kind=kind, holds=HOLDS[holds], key=key, columns=listed, more=more)
    return made


def seen(bench, text: str, as_of: str) -> tuple:
    """Everything a build says: hashes, accounting, rows with their file and line, and problems."""
    result = bench.build(bench.office(text), as_of)
    accounting = {kind: bench.account(result, kind, "charges") for kind in KINDS if has_landed(result, kind)}
    rows = bench.rows(
        "charge_id, charge_number, filed_date, charge_title, file, source_row, extract",
        "core.charges join meta.loads on load_id = source_load",
    )
    problems = bench.rows("extract, kind, file, row, column_name, value, rows", "meta.problems")
    return bench.hashes(), accounting, rows, problems


def has_landed(result, kind: str) -> bool:
    return kind in set(result.accounting["extract"])


def landed(bench, text: str, files: tuple[File, ...], *, build: bool) -> None:
    for turn, file in enumerate(files):
        day = date(2024, 6, 1).toordinal() + turn
        bench.put(file.name, file.content, changed=date.fromordinal(day).isoformat())
        result = extracts.land(bench.connection, bench.office(text))
        assert result.refused == 0, bench.rows("why", "meta.problems")
        if build:
            bench.build(bench.office(text), file.made.isoformat())


def in_any_order(draw: Callable, files: tuple[File, ...]) -> tuple[File, ...]:
    """Another order of landing; of one name the last to come still comes last."""
    order = list(draw(st.permutations(files)))
    names = {file.name for file in files}
    queues = {name: [file for file in files if file.name == name] for name in names}
    return tuple(queues[file.name].pop(0) for file in order)


@settings(QUIET, max_examples=12)
@given(data=st.data(), holds=st.sampled_from(tuple(HOLDS)), is_ordered=st.booleans())
def test_any_history_in_any_order(new_bench: Callable, data: st.DataObject, holds: str, is_ordered: bool) -> None:
    files = data.draw(histories(least=0 if holds == "changes" else 1))
    other_order = in_any_order(data.draw, files)
    text = toml(holds, ledger_order=ORDER if is_ordered else "")
    loads: list = []
    for turn, file in enumerate(files):
        land(loads, file.name, file.made, list(file.rows), file.content, turn=turn)
    days = sorted({file.made.isoformat() for file in files})
    with new_bench() as on_time, new_bench() as later:
        landed(on_time, text, files, build=False)
        landed(later, text, other_order, build=False)
        for as_of in [BEFORE, *days]:
            told = seen(on_time, text, as_of)
            again = seen(later, text, as_of)
            compare(loads, holds, as_of, told, is_ordered=is_ordered)
            assert told == again


def compare(loads: list, holds: str, as_of: str, told: tuple, *, is_ordered: bool) -> None:
    _, accounting, rows, _ = told
    for kind in KINDS:
        if kind not in accounting:
            assert not loads
            continue
        expected = expect(loads, kind, holds, date.fromisoformat(as_of), is_ordered=is_ordered)
        assert accounting[kind] == {name: count for name, count in expected.counts.items() if count}, (kind, as_of)
        found = [(key, *record) for key, *record, extract in rows if extract == kind]
        records = sorted((key, *record) for key, record in expected.records.items())
        if kind == "rows":
            found, records = (sorted((row[1:] for row in part), key=str) for part in (found, records))
        else:
            records = [(f"{kind}{key}", *record) for key, *record in records]
        assert [tuple(map(text_of, row)) for row in found] == [tuple(map(text_of, row)) for row in records], (
            kind,
            as_of,
        )


def text_of(value: object) -> str:
    return str(value)
