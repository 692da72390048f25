"""Who is one person by numbers: never two state numbers in one, the same whatever the order of loading."""

import hashlib
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.people import join_by_identifiers, unusable_numbers, usable_numbers

COLUMNS = ("record_table", "record_id", "source_person_id", "state_id", "known_date", "fbi_id")
# Without an FBI number where it says nothing of it.
Record = tuple[str, str, str | None, str | None, str | None] | tuple[str, str, str | None, str | None, str | None, Any]


def frame(*records: Record) -> pd.DataFrame:
    found = pd.DataFrame([(*record, None)[:6] for record in records], columns=list(COLUMNS), dtype=object)
    return found.assign(known_date=pd.to_datetime(found["known_date"]))


def told(*numbers: tuple[str | None, str | None, str | None]) -> list[set[int]]:
    """The records of each person, by place, of records with a source key, a state and an FBI number."""
    records = [
        ("arrests", str(place), key, state, "2024-01-01", fbi) for place, (key, state, fbi) in enumerate(numbers)
    ]
    return sorted(({int(place) for place in ids} for ids in people(*records)), key=min)


def people(*records: Record) -> list[set[str]]:
    """The records of each person, by record_id."""
    linked = join_by_identifiers(frame(*records))
    return sorted((set(ids) for _, ids in linked.groupby("person_id")["record_id"]), key=min)


def test_a_state_number_joins_across_tables_and_systems():
    assert people(
        ("arrests", "a1", "rms:1", "MA12345", "2024-01-01"),
        ("referrals", "r1", "cms:9", "ma-123 45", "2024-02-01"),
        ("custody", "c1", None, " MA12345", "2024-03-01"),
        ("arrests", "a2", "rms:2", "MA12346", "2024-01-01"),
    ) == [{"a1", "c1", "r1"}, {"a2"}]


def test_a_source_key_joins_within_its_system_and_brings_its_state_number():
    assert people(
        ("arrests", "a1", "rms:1", None, "2024-01-01"),
        ("arrests", "a2", "rms:1", "MA12345", "2024-02-01"),
        ("arrests", "a3", "cms:1", None, "2024-02-01"),
        ("custody", "c1", None, "MA12345", "2024-03-01"),
    ) == [{"a1", "a2", "c1"}, {"a3"}]


def test_two_state_numbers_never_meet_even_through_a_source_key():
    assert people(
        ("arrests", "a1", "rms:1", "MA11111A", "2024-01-01"),
        ("arrests", "a2", "rms:1", "MA22222B", "2024-01-02"),
        ("arrests", "a3", "rms:1", None, "2024-01-03"),
        ("arrests", "a4", "rms:2", "MA22222B", "2024-01-04"),
        ("arrests", "a5", "rms:2", None, "2024-01-05"),
    ) == [{"a1"}, {"a2", "a4", "a5"}, {"a3"}]


@pytest.mark.parametrize(
    "number",
    [
        *("0000", "9999999", "0", "12", "000-00", "", " ", "XXXXXX", "UNKNOWN", "none", "----"),
        *("123456789", "012-345-678", "987654321", "MA000000", "UNKNOWN 1", "None1234", "1.23457E+15", "A1", "ABCDEF"),
    ],
)
def test_placeholders_join_nothing(number: str):
    assert told((None, number, None), (None, number, None)) == [{0}, {1}]
    assert told((None, None, number), (None, None, number)) == [{0}, {1}]


@pytest.mark.parametrize("number", ["MA22222", "1357924", "NA12345", "12E45678", "ma 1000", "123458"])
def test_numbers_that_look_odd_are_numbers(number: str):
    assert told((None, number, None), (None, number, None)) == [{0, 1}]
    assert told((None, None, number), (None, None, number)) == [{0, 1}]


@pytest.mark.parametrize("key", ["rms:0", "rms:000", "rms:unknown", "rms:N/A", "rms:", "rms:X"])
def test_keys_that_mean_nobody_join_nothing(key: str):
    assert told((key, None, None), (key, None, None), (key, "MA12345", None)) == [{0}, {1}, {2}]


def test_keys_are_as_the_system_writes_them():
    # A system may count its people from 1, and may know case.
    assert told(("rms:1", None, None), ("rms:1", None, None), ("rms:01", None, None)) == [{0, 1}, {2}]
    assert told(("rms:ab1", None, None), ("rms:AB1", None, None)) == [{0}, {1}]


def test_an_fbi_number_stands_for_the_state_number_it_is_seen_with():
    assert told((None, "MA12345", "77112 AA"), (None, None, "77112aa"), (None, "MA12345", None)) == [{0, 1, 2}]
    assert told((None, None, "77112AA"), (None, None, "77112AA"), (None, None, "88112AA")) == [{0, 1}, {2}]


def test_an_fbi_number_of_two_state_numbers_joins_nothing():
    assert told(
        (None, "MA11111A", "77112AA"), (None, "MA22222B", "77112AA"), (None, None, "77112AA"), (None, None, "77112AA")
    ) == [{0}, {1}, {2}, {3}]


def test_two_fbi_numbers_under_one_state_number_are_of_one_person():
    assert told(
        (None, "MA12345", "77112AA"), (None, "MA12345", "88112BB"), (None, None, "77112AA"), (None, None, "88112BB")
    ) == [{0, 1, 2, 3}]


def test_a_source_key_brings_together_what_no_record_says_at_once():
    # The key stands for the state number, and so the FBI number that is only seen with the key.
    assert told(("rms:1", "MA12345", None), ("rms:1", None, "77112AA"), (None, None, "77112AA")) == [{0, 1, 2}]
    assert told(("rms:1", None, "77112AA"), ("rms:1", None, None), ("cms:4", None, "77112AA")) == [{0, 1, 2}]


def test_a_source_key_of_two_fbi_numbers_and_no_state_number_joins_nothing():
    assert told(
        ("rms:1", None, "77112AA"), ("rms:1", None, "88112BB"), ("rms:1", None, None), (None, None, "88112BB")
    ) == [{0}, {1, 3}, {2}]


def test_what_two_numbers_say_differently_is_said_by_the_one_that_is_nearer():
    # The FBI number was seen with the first state number, the key with the second: the FBI number is nearer the person.
    assert told(
        ("rms:1", None, "77112AA"), (None, "MA11111A", "77112AA"), ("rms:1", "MA22222B", None), ("rms:1", None, None)
    ) == [{0, 1}, {2}, {3}]


def test_a_check_character_is_part_of_the_number_when_there_is_one_only():
    assert told((None, "1472583-6", None), (None, "1472583", None), (None, "14725836", None)) == [{0, 1, 2}]
    assert told((None, "1472583-6", None), (None, "1472583-7", None), (None, "1472583", None)) == [{0}, {1}, {2}]
    # What nobody wrote apart is another number.
    assert told((None, "14725836", None), (None, "1472583", None)) == [{0}, {1}]
    assert told((None, None, "77112/A"), (None, None, "77112")) == [{0, 1}]


def test_usable_numbers_are_as_they_are_compared():
    records = frame(
        ("arrests", "1", "rms:1", " ma-123 45", None, "0000"), ("arrests", "2", "rms:0", "1472583", None, "ab 12c")
    )
    more = frame(("arrests", "3", None, "1472583-6", None, None))
    found = usable_numbers(pd.concat([records, more]).set_axis([4, 4, 9]))
    assert found.index.tolist() == [4, 4, 9]
    assert found.astype(object).where(found.notna(), None).to_numpy().tolist() == [
        ["MA12345", None, "rms:1"],
        ["14725836", "AB12C", None],
        ["14725836", None, None],
    ]


def test_unusable_numbers_are_listed_with_why():
    records = frame(
        ("arrests", "1", "rms:0", "0000", None, "12"),
        ("custody", "1", "rms:unknown", "123456", None, "1.2E+8"),
        ("custody", "2", "rms:2", "UNKNOWN", None, "99999"),
        ("custody", "3", None, "MA12345", None, " - "),
        ("custody", "4", None, "MA000", None, None),
    )
    assert unusable_numbers(records.drop(columns="known_date")).to_numpy().tolist() == [
        ["arrests", "1", "state_id", "one character over and over"],
        ["custody", "1", "state_id", "digits in a row"],
        ["custody", "2", "state_id", "a word, not a number"],
        ["custody", "4", "state_id", "nothing but zeros"],
        ["arrests", "1", "fbi_id", "fewer than 4 letters and digits"],
        ["custody", "1", "fbi_id", "a spreadsheet cut it short"],
        ["custody", "2", "fbi_id", "one character over and over"],
        ["arrests", "1", "source_person_id", "nothing but zeros"],
        ["custody", "1", "source_person_id", "a word, not a key"],
    ]
    assert unusable_numbers(frame()).columns.tolist() == ["record_table", "record_id", "column", "why"]


def test_a_placeholder_does_not_dispute_a_source_key():
    assert people(
        ("arrests", "a1", "rms:1", "0000", "2024-01-01"),
        ("arrests", "a2", "rms:1", "MA12345", "2024-01-02"),
        ("arrests", "a3", "rms:1", "UNKNOWN", "2024-01-03"),
    ) == [{"a1", "a2", "a3"}]


def test_nothing_is_guessed_and_who_is_alone_stays_alone():
    linked = join_by_identifiers(
        frame(("arrests", "a1", None, None, "2024-01-01"), ("arrests", "a2", None, None, "2024-01-01"))
    )
    assert linked["person_id"].nunique() == 2
    assert linked["basis"].tolist() == ["alone", "alone"] and linked["probability"].tolist() == [1.0, 1.0]


def test_the_result_has_the_order_of_the_input_and_says_what_it_rests_on():
    linked = join_by_identifiers(
        frame(
            ("referrals", "1", "cms:1", None, None),
            ("arrests", "1", None, None, "2024-01-01"),
            ("arrests", "2", "cms:1", None, "2024-01-01"),
        ).set_axis([7, 3, 3])
    )
    assert list(linked.columns) == ["record_table", "record_id", "person_id", "basis", "probability"]
    assert linked[["record_table", "record_id", "basis"]].to_numpy().tolist() == [
        ["referrals", "1", "identifier"],
        ["arrests", "1", "alone"],
        ["arrests", "2", "identifier"],
    ]


def test_the_id_is_that_of_the_earliest_record():
    linked = join_by_identifiers(
        frame(
            ("referrals", "r1", "cms:1", None, "2024-02-01"),
            ("arrests", "a9", "cms:1", None, "2024-01-01"),
            ("custody", "c1", "cms:1", None, None),
        )
    )
    expected = "p_" + hashlib.sha256(b"arrests/a9").hexdigest()[:16]
    assert set(linked["person_id"]) == {expected}


def test_a_record_twice_is_refused():
    row = ("arrests", "a1", None, None, "2024-01-01")
    with pytest.raises(ValueError, match="must be unique by record_table and record_id"):
        join_by_identifiers(frame(row, row))
    assert len(join_by_identifiers(frame(row, ("custody", *row[1:])))) == 2


@pytest.mark.parametrize("empty", [None, float("nan"), pd.NA])
def test_columns_without_a_value_may_be_of_any_kind(empty: Any):
    rows = frame(("arrests", "a1", None, None, None), ("arrests", "a2", None, None, None))
    linked = join_by_identifiers(rows.assign(source_person_id=empty, state_id=empty, fbi_id=empty, known_date=pd.NaT))
    assert linked["person_id"].nunique() == 2 and linked["basis"].eq("alone").all()


def test_no_records_are_no_people():
    assert join_by_identifiers(frame()).empty


# ----------------------------------------------------------------------------------------------------- properties

_KEYS = st.sampled_from([None, None, "rms:1", "rms:2", "cms:1"])
_NUMBERS = st.sampled_from([None, None, "0000", "MA1111A", "MA2222B", "MA3333C"])
_FBI_NUMBERS = st.sampled_from([None, None, "UNKNOWN", "51A1", "52B2", "53C3"])
_DAYS = st.integers(1, 28).map(lambda day: f"2024-01-{day:02d}")
_RECORDS = st.lists(st.tuples(_KEYS, _NUMBERS, _DAYS, _FBI_NUMBERS), min_size=1, max_size=12)
Row = tuple[Any, Any, str, Any]


def numbered(rows: list[Row], *, start: int = 0) -> list[Record]:
    return [("arrests", f"a{start + n:02d}", *row) for n, row in enumerate(rows)]


def by_the_rules(records: list[Record]) -> list[set[str]]:
    """The same rules read aloud, one number at a time."""
    said = [
        {"state": state if state != "0000" else None, "fbi": fbi if fbi != "UNKNOWN" else None, "key": key}
        for _, _, key, state, _, fbi in records
    ]
    who: list[str | None] = [each["state"] for each in said]

    def stands_for(kind: str, number: str) -> set[str]:
        return {person for each, person in zip(said, who, strict=True) if each[kind] == number and person}

    def lend(kind: str) -> None:
        for number in {each[kind] for each in said} - {None}:
            if len(people := stands_for(kind, number)) == 1:
                for place, each in enumerate(said):
                    if each[kind] == number and not who[place]:
                        who[place] = min(people)

    def lead(kind: str) -> None:
        for number in {each[kind] for each in said} - {None}:
            if not stands_for(kind, number):
                for place, each in enumerate(said):
                    if each[kind] == number and not who[place]:
                        who[place] = f"{kind} {number}"

    before: list[str | None] = []
    while before != who:
        before = list(who)
        lend("fbi")
        lend("key")
    lead("fbi")
    lend("key")
    lead("key")
    persons: dict[str, set[str]] = {}
    for person, record in zip(who, records, strict=True):
        persons.setdefault(person or record[1], set()).add(record[1])
    return sorted(persons.values(), key=min)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(_RECORDS)
def test_people_are_those_of_the_rules(rows: list[Row]):
    found = people(*numbered(rows))
    assert found == by_the_rules(numbered(rows))
    state = {record[1]: record[3] for record in numbered(rows)}
    assert all(len({state[record] for record in person} - {None, "0000"}) <= 1 for person in found)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(_RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_loading_changes_nothing(rows: list[Row], random: Any):
    records = numbered(rows)
    shuffled = random.sample(records, len(records))
    first = join_by_identifiers(frame(*records)).set_index("record_id")
    second = join_by_identifiers(frame(*shuffled)).set_index("record_id").loc[first.index]
    pd.testing.assert_frame_equal(first, second)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(_RECORDS, _RECORDS)
def test_later_records_change_no_id_unless_they_merge_or_split(rows: list[Row], more: list[Row]):
    early = numbered(rows)
    late = [
        (*record[:4], record[4].replace("2024-01", "2024-02"), *record[5:])
        for record in numbered(more, start=len(rows))
    ]
    before = join_by_identifiers(frame(*early)).set_index("record_id")["person_id"]
    after = join_by_identifiers(frame(*early, *late)).set_index("record_id")["person_id"].loc[before.index]
    old = {frozenset(ids): person for person, ids in before.groupby(before).groups.items()}
    new = {frozenset(ids): person for person, ids in after.groupby(after).groups.items()}
    first_day = {record[1]: (record[4], record[1]) for record in early}
    for ids, person in new.items():
        if ids in old:
            assert person == old[ids]
        # Merged or split: the id of the earliest of the records that are together now.
        assert person == "p_" + hashlib.sha256(f"arrests/{min(ids, key=first_day.get)}".encode()).hexdigest()[:16]
