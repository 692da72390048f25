"""What became of people between two runs: worked out by hand, and by a plain loop over every person."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution import model, warehouse
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages.person_changes import changes, record
from strategic_prosecution.warehouse import Connection

MONDAY, TUESDAY = date(2024, 3, 4), date(2024, 3, 5)
People = dict[str, str]


def frame(people: People) -> pd.DataFrame:
    """record -> person as core.person_records has it."""
    rows = [("arrests", name, person, "more") for name, person in people.items()]
    return pd.DataFrame(rows, columns=["record_table", "record_id", "person_id", "basis"], dtype=object)


def told(before: People, after: People) -> list[tuple]:
    found = changes(frame(before), frame(after))
    assert list(found.columns) == ["person_id", "change", "other_person_id", "records"]
    return plain(found)


def plain(found: pd.DataFrame) -> list[tuple]:
    return [tuple(None if pd.isna(value) else value for value in row) for row in found.itertuples(index=False)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({}, {"a": "P"}, []),
        ({"a": "P"}, {"a": "P", "b": "P", "c": "Q"}, []),
        ({"a": "P", "b": "P"}, {"a": "P"}, []),
        ({"a": "P", "b": "P"}, {"c": "Q"}, [("P", "withdrawn", None, None)]),
        # One of the two keeps its id.
        ({"a": "P", "b": "Q", "c": "Q"}, dict.fromkeys("abc", "P"), [("Q", "merged", "P", 2)]),
        # An earlier record came to light, of one person and of two.
        ({"b": "P", "c": "P"}, dict.fromkeys("abc", "N"), [("P", "renamed", "N", 2)]),
        ({"b": "P", "c": "Q"}, dict.fromkeys("abc", "N"), [("P", "merged", "N", 1), ("Q", "merged", "N", 1)]),
        # Most of its records went, and still who keeps the id is its heir.
        ({"a": "P", "b": "P", "c": "P"}, {"a": "P", "b": "Q", "c": "Q"}, [("P", "split", "Q", 2)]),
        # Its id is gone: the larger part is its heir; of equal parts, the smaller id.
        (
            {"a": "P", "b": "P", "c": "P"},
            {"a": "Q", "b": "R", "c": "R"},
            [("P", "renamed", "R", 2), ("P", "split", "Q", 1)],
        ),
        ({"a": "P", "b": "P"}, {"a": "R", "b": "Q"}, [("P", "renamed", "Q", 1), ("P", "split", "R", 1)]),
        # A part of one joins another: nobody is merged, for both go on.
        ({"a": "P", "b": "P", "c": "Q"}, {"a": "P", "b": "Q", "c": "Q"}, [("P", "split", "Q", 1)]),
        # A part of P goes to N, in which Q goes on under another id: Q did not join P.
        (
            {"a": "P", "b": "P", "c": "Q"},
            {"a": "P", "b": "N", "c": "N"},
            [("P", "split", "N", 1), ("Q", "renamed", "N", 1)],
        ),
        # The id went to somebody else's records, as a reader must not think.
        ({"a": "P", "b": "Q"}, {"a": "Q", "b": "P"}, [("P", "renamed", "Q", 1), ("Q", "renamed", "P", 1)]),
    ],
)
def test_by_hand(before: People, after: People, expected: list[tuple]):
    assert told(before, after) == expected


def by_loop(before: People, after: People) -> list[tuple]:
    """The same from the words of the docstring, one person at a time."""
    went: dict[str, Counter[str]] = {}
    for name, person in before.items():
        went.setdefault(person, Counter())
        if name in after:
            went[person][after[name]] += 1
    heirs = {
        person: person if person in places else min(places, key=lambda place: (-places[place], place))
        for person, places in went.items()
        if places
    }
    found = []
    for person, places in went.items():
        if not places:
            found.append((person, "withdrawn", None, None))
        for place, records in places.items():
            if place != heirs[person]:
                found.append((person, "split", place, records))
            elif place != person:
                alone = [other for other, heir in heirs.items() if heir == place] == [person]
                found.append((person, "renamed" if alone else "merged", place, records))
    return sorted(found, key=lambda row: (row[0], row[1], row[2] or ""))


PEOPLE = st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from("PQRS"), max_size=10)


@settings(max_examples=30, deadline=None)
@given(PEOPLE, PEOPLE)
def test_like_a_loop_over_people(before: People, after: People):
    assert told(before, after) == by_loop(before, after)


@settings(max_examples=15, deadline=None)
@given(PEOPLE, PEOPLE)
def test_every_record_is_found_by_who_holds_its_old_id(before: People, after: People):
    """Under the same id, or under one that the changes name."""
    led: dict[str, set[str]] = {}
    for person, _, other, _ in told(before, after):
        led.setdefault(person, {person}).add(other)
    for name in before.keys() & after.keys():
        assert after[name] in led.get(before[name], {before[name]})


# ------------------------------------------------------------------------------------------------ written down


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    with warehouse.open_trial(load_office(path)) as opened:
        yield opened


def rows(connection: Connection) -> list[tuple]:
    return connection.execute("from meta.person_changes order by all").fetchall()


def note(connection: Connection, day: date, before: People, after: People) -> int:
    with warehouse.transaction(connection):
        return record(connection, day, frame(before), frame(after))


TWO, ONE, NEW = {"a": "P", "b": "Q"}, {"a": "P", "b": "P"}, {"a": "N", "b": "N"}
MERGED, RENAMED = (TUESDAY, "Q", "merged", "P", 1), (TUESDAY, "P", "renamed", "N", 2)


def test_a_night_tried_again_says_the_same(connection: Connection):
    assert note(connection, MONDAY, {}, TWO) == 0
    assert note(connection, TUESDAY, TWO, ONE) == 1
    assert rows(connection) == [MERGED]
    assert note(connection, TUESDAY, ONE, ONE) == 0
    assert rows(connection) == [MERGED]
    assert note(connection, TUESDAY, TWO, ONE) == 1, "it was rolled back, and is done again"
    assert rows(connection) == [MERGED]


def test_who_holds_an_id_of_the_day_before_can_follow_a_night_that_was_run_again(connection: Connection):
    note(connection, TUESDAY, TWO, ONE)
    note(connection, TUESDAY, ONE, NEW)
    assert rows(connection) == [RENAMED, MERGED]


def test_other_days_stay_and_a_withdrawn_person_has_no_place(connection: Connection):
    note(connection, MONDAY, {"c": "W"}, {})
    note(connection, TUESDAY, TWO, ONE)
    assert rows(connection) == [(MONDAY, "W", "withdrawn", None, None), MERGED]


def test_every_change_is_one_that_the_dictionary_explains():
    declared = set(model.table("meta.person_changes").column("change").values)
    assert {"merged", "split", "renamed", "withdrawn"} <= declared
