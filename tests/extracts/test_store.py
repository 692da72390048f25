"""Raw stores a row that a newer file merely repeats once, and says in which files it stood."""

import importlib
from datetime import date

import pytest

from strategic_prosecution import extracts
from strategic_prosecution.extracts.store import OPEN

# The package gives the name to the function.
LANDING = importlib.import_module("strategic_prosecution.extracts.land")
HEAD = "NO,DAY,WHAT\n"
TOML = """
[extracts.rms]
files = "rms*.csv"
extract_date = "filename"
{more}
[[extracts.rms.feeds]]
table = "incidents"
key = "{key}"
columns = {{ {columns} }}
"""
BY_KEY = 'incident_id = "NO", occurred_date = "DAY", offense_category = "WHAT"'
BY_ROW = 'occurred_date = "DAY", offense_category = "WHAT"'
LOADS = "chain = first_value(chain) over (order by landed_at), link, rows, new_rows"


def toml(*, key: str = "incident_id", more: str = "") -> str:
    return TOML.format(key=key, columns=BY_ROW if key == "row" else BY_KEY, more=more)


def put(bench, day: str, *lines: str, name: str = "rms", changed: str = "2024-06-01") -> None:
    bench.put(f"{name}_{day}.csv", HEAD + "".join(f"{line}\n" for line in lines), changed=changed)


def land(bench, text: str | None = None) -> None:
    assert extracts.land(bench.connection, bench.office(text or toml())).refused == 0


def loads(bench) -> list[tuple]:
    """(is in the chain of the first load, link, rows, new rows) of each load in order of landing."""
    found = bench.connection.execute(f"select {LOADS} from meta.loads order by landed_at").fetchall()
    return [tuple(row) for row in found]


def held(bench) -> list[tuple]:
    """(number, what, first file's day, link from which it is gone or None) of each stored row."""
    return bench.rows(
        f'NO, WHAT, extract_date::varchar, nullif("__until", {OPEN})',
        'raw.rms join meta.loads on load_id = "__load"',
    )


def test_a_year_of_nights_takes_little_more_than_one_file(bench) -> None:
    """200 rows, 2 changed and 1 new each of 20 nights: 200 + 20 x 3 rows are stored of 4,410 delivered."""
    what = dict.fromkeys(range(200), "theft")
    for night in range(21):
        if night:
            what |= {2 * night: f"n{night}", 2 * night + 100: f"n{night}", 1000 + night: "theft"}
        put(bench, f"2024-05-{night + 1:02d}", *(f"{number},2024-01-05,{said}" for number, said in what.items()))
        land(bench)
    assert [new for *_, new in loads(bench)] == [200] + [3] * 20
    assert [link for _, link, *_ in loads(bench)] == list(range(21))
    assert bench.rows("count(*)", "raw.rms") == [(260,)]
    result = bench.build(bench.office(toml(more='holds = "everything"')), "2024-05-21")
    assert bench.account(result, "rms", "incidents") == {"read": 4410, "kept": 220, "superseded": 4190}


def test_a_row_that_is_gone_and_comes_back_is_stored_again(bench) -> None:
    """A, B, A: the first A ends where B begins, and the second A is a row of its own."""
    for day, what in (("2024-01-31", "theft"), ("2024-02-29", "arson"), ("2024-03-31", "theft")):
        put(bench, day, f"1,2024-01-05,{what}", "2,2024-01-06,fraud")
        land(bench)
    assert loads(bench) == [(True, 0, 2, 2), (True, 1, 2, 1), (True, 2, 2, 1)]
    assert held(bench) == [
        ("1", "arson", "2024-02-29", 2),
        ("1", "theft", "2024-01-31", 1),
        ("1", "theft", "2024-03-31", None),
        ("2", "fraud", "2024-01-31", None),
    ]
    result = bench.build(bench.office(toml()), "2024-03-31")
    assert bench.account(result, "rms", "incidents") == {"read": 6, "kept": 2, "superseded": 4}
    assert bench.rows("offense_category, source_row", "core.incidents") == [("fraud", 3), ("theft", 2)]


def test_a_shuffled_file_with_moved_columns_is_found_again(bench) -> None:
    put(bench, "2024-01-31", "1,2024-01-05,theft", "2,2024-01-06,arson", "3,2024-01-07,fraud")
    land(bench)
    bench.put("rms_2024-02-29.csv", "WHAT,NO,DAY\nfraud,3,2024-01-07\ntheft,1,2024-01-05\narson,2,2024-01-06\n")
    land(bench)
    assert loads(bench) == [(True, 0, 3, 3), (True, 1, 3, 0)]


@pytest.mark.parametrize(("shared", "expected"), [(2, (True, 1, 4, 2)), (1, (False, 0, 4, 4))])
def test_a_file_that_shares_less_than_half_begins_a_chain(bench, shared: int, expected: tuple) -> None:
    lines = [f"{number},2024-01-05,theft" for number in range(8)]
    put(bench, "2024-01-31", *lines[:4])
    land(bench)
    put(bench, "2024-02-29", *lines[4 - shared : 8 - shared])
    land(bench)
    assert loads(bench) == [(True, 0, 4, 4), expected]


def test_another_layout_and_an_older_file_begin_chains(bench) -> None:
    lines = ["1,2024-01-05,theft", "2,2024-01-06,arson"]
    put(bench, "2024-02-29", *lines)
    land(bench)
    put(bench, "2024-01-31", *lines)
    land(bench)
    bench.put("rms_2024-03-31.csv", "NO,DAY,WHAT,MORE\n1,2024-01-05,theft,\n2,2024-01-06,arson,\n")
    land(bench)
    assert loads(bench) == [(True, 0, 2, 2), (False, 0, 2, 2), (False, 0, 2, 2)]
    result = bench.build(bench.office(toml(key="row")), "2024-03-31")
    assert bench.account(result, "rms", "incidents") == {"read": 6, "kept": 2, "superseded": 4}


def test_equal_rows_are_found_one_by_one(bench) -> None:
    """Three alike, then two: the third is gone; then four: the third and fourth are new."""
    for day, copies in (("2024-01-31", 3), ("2024-02-29", 2), ("2024-03-31", 4)):
        put(bench, day, *["1,2024-01-05,theft"] * copies, "2,2024-01-05,theft")
        land(bench, toml(key="row"))
    assert [new for *_, new in loads(bench)] == [4, 0, 2]
    text = toml(key="row", more='holds = "everything"\nmax_withdrawn_share = 1')
    for as_of, counts in (
        ("2024-02-29", {"read": 7, "kept": 3, "superseded": 3, "withdrawn": 1}),
        ("2024-03-31", {"read": 12, "kept": 5, "superseded": 7}),
    ):
        assert bench.account(bench.build(bench.office(text), as_of), "rms", "incidents") == counts


def test_lines_of_one_key_are_stored_with_the_file_that_orders_them(bench) -> None:
    """The last line of a key speaks; where it stood in an older file says nothing."""
    put(bench, "2024-01-31", "1,2024-01-05,theft", "1,2024-01-05,arson", "2,2024-01-06,fraud", "3,2024-01-06,fraud")
    land(bench)
    put(bench, "2024-02-29", "2,2024-01-06,fraud", "3,2024-01-06,fraud", "1,2024-01-05,arson", "1,2024-01-05,theft")
    land(bench)
    assert [new for *_, new in loads(bench)] == [4, 2]
    bench.build(bench.office(toml()), "2024-02-29")
    assert bench.rows("offense_category, source_row", "core.incidents where incident_id = '1'") == [("theft", 2)]


def test_killed_while_it_lands_nothing_of_a_file_is_there(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are stored and older ones marked as gone; then it stops before the load is noted."""
    put(bench, "2024-01-31", "1,2024-01-05,theft", "2,2024-01-06,arson")
    land(bench)
    before = held(bench), bench.rows("*", "meta.loads"), bench.rows("*", "raw.rms")
    put(bench, "2024-02-29", "1,2024-01-05,fraud", "2,2024-01-06,arson")

    def store_and_stop(*arguments: object, **named: object) -> None:
        store(*arguments, **named)
        raise KeyboardInterrupt

    store = LANDING.store
    with monkeypatch.context() as patch:
        patch.setattr(LANDING, "store", store_and_stop)
        with pytest.raises(KeyboardInterrupt):
            land(bench)
    assert (held(bench), bench.rows("*", "meta.loads"), bench.rows("*", "raw.rms")) == before
    land(bench)
    assert loads(bench) == [(True, 0, 2, 2), (True, 1, 2, 1)]
    assert held(bench)[:2] == [("1", "fraud", "2024-02-29", None), ("1", "theft", "2024-01-31", 1)]


def test_a_new_file_stored_after_a_kill_is_what_it_would_have_been(new_bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first file of an extract, killed: the table it made is gone with it."""
    with new_bench() as bench:
        put(bench, "2024-01-31", "1,2024-01-05,theft")
        with monkeypatch.context() as patch:
            patch.setattr(LANDING, "_add_problems", _stop)
            with pytest.raises(KeyboardInterrupt):
                land(bench)
        assert bench.rows("*", "meta.loads") == []
        land(bench)
        bench.build(bench.office(toml()), "2024-01-31")
        assert bench.rows("incident_id", "core.incidents") == [("1",)]


def _stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_as_of_a_day_in_the_middle_of_a_chain(bench) -> None:
    """What was delivered by then, and no more: later links neither read nor take away."""
    for day, lines in (
        ("2024-01-31", ["1,2024-01-05,theft", "2,2024-01-05,theft"]),
        ("2024-02-29", ["1,2024-01-05,theft", "2,2024-01-05,arson", "3,2024-01-05,theft"]),
        ("2024-03-31", ["1,2024-01-05,theft", "3,2024-01-05,theft"]),
    ):
        put(bench, day, *lines)
        land(bench)
    text = toml(more='holds = "everything"\nmax_withdrawn_share = 1')
    for as_of, counts in (
        (date(2024, 1, 31), {"read": 2, "kept": 2}),
        (date(2024, 2, 29), {"read": 5, "kept": 3, "superseded": 2}),
        (date(2024, 3, 31), {"read": 7, "kept": 2, "superseded": 4, "withdrawn": 1}),
    ):
        result = bench.build(bench.office(text), as_of.isoformat())
        assert bench.account(result, "rms", "incidents") == counts
