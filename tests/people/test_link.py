"""Who is one person: by identifiers only, never two state numbers in one, the same whatever the order of loading."""

import hashlib
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.people import link_people, summarise_people

COLUMNS = ("record_table", "record_id", "source_person_id", "state_id", "known_date")
Record = tuple[str, str, str | None, str | None, str | None]


def frame(*records: Record) -> pd.DataFrame:
    found = pd.DataFrame(list(records), columns=list(COLUMNS), dtype=object)
    return found.assign(known_date=pd.to_datetime(found["known_date"]))


def people(*records: Record) -> list[set[str]]:
    """The records of each person, by record_id."""
    linked = link_people(frame(*records))
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
    "number", ["0000", "9999999", "0", "12", "000-00", "", " ", "XXXXXX", "UNKNOWN", "none", "----"]
)
def test_placeholders_join_nothing(number: str):
    assert people(("arrests", "a1", None, number, "2024-01-01"), ("arrests", "a2", None, number, "2024-01-02")) == [
        {"a1"},
        {"a2"},
    ]


def test_a_placeholder_does_not_dispute_a_source_key():
    assert people(
        ("arrests", "a1", "rms:1", "0000", "2024-01-01"),
        ("arrests", "a2", "rms:1", "MA12345", "2024-01-02"),
        ("arrests", "a3", "rms:1", "UNKNOWN", "2024-01-03"),
    ) == [{"a1", "a2", "a3"}]


def test_nothing_is_guessed_and_who_is_alone_stays_alone():
    linked = link_people(
        frame(("arrests", "a1", None, None, "2024-01-01"), ("arrests", "a2", None, None, "2024-01-01"))
    )
    assert linked["person_id"].nunique() == 2
    assert linked["basis"].tolist() == ["alone", "alone"] and linked["probability"].tolist() == [1.0, 1.0]


def test_the_result_has_the_order_of_the_input_and_says_what_it_rests_on():
    linked = link_people(
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
    linked = link_people(
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
        link_people(frame(row, row))
    assert len(link_people(frame(row, ("custody", *row[1:])))) == 2


@pytest.mark.parametrize("empty", [None, float("nan"), pd.NA])
def test_columns_without_a_value_may_be_of_any_kind(empty: Any):
    rows = frame(("arrests", "a1", None, None, None), ("arrests", "a2", None, None, None))
    linked = link_people(rows.assign(source_person_id=empty, state_id=empty, known_date=pd.NaT))
    assert linked["person_id"].nunique() == 2 and linked["basis"].eq("alone").all()


def test_no_records_are_no_people():
    assert link_people(frame()).empty


# ----------------------------------------------------------------------------------------------------- properties

_KEYS = st.sampled_from([None, None, "rms:1", "rms:2", "cms:1"])
_NUMBERS = st.sampled_from([None, None, "0000", "MA1111A", "MA2222B", "MA3333C"])
_DAYS = st.integers(1, 28).map(lambda day: f"2024-01-{day:02d}")
_RECORDS = st.lists(st.tuples(_KEYS, _NUMBERS, _DAYS), min_size=1, max_size=12)


def numbered(rows: list[tuple[Any, Any, str]], *, start: int = 0) -> list[Record]:
    return [("arrests", f"a{start + n:02d}", *row) for n, row in enumerate(rows)]


def by_the_rules(records: list[Record]) -> list[set[str]]:
    """The same rules read aloud, one record at a time."""
    numbers: dict[str, set[str]] = {}
    for _, _, key, number, _ in records:
        if key and number and number != "0000":
            numbers.setdefault(key, set()).add(number)
    persons: dict[str, set[str]] = {}
    for _, name, key, number, _ in records:
        known = numbers.get(key or "", set())
        if number and number != "0000":
            who = number
        elif key and len(known) == 1:
            who = next(iter(known))
        elif key and not known:
            who = key
        else:
            who = name
        persons.setdefault(who, set()).add(name)
    return sorted(persons.values(), key=min)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(_RECORDS)
def test_people_are_those_of_the_rules(rows: list[tuple[Any, Any, str]]):
    assert people(*numbered(rows)) == by_the_rules(numbered(rows))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(_RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_loading_changes_nothing(rows: list[tuple[Any, Any, str]], random: Any):
    records = numbered(rows)
    shuffled = random.sample(records, len(records))
    first = link_people(frame(*records)).set_index("record_id")
    second = link_people(frame(*shuffled)).set_index("record_id").loc[first.index]
    pd.testing.assert_frame_equal(first, second)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(_RECORDS, _RECORDS)
def test_later_records_change_no_id_unless_they_merge_or_split(
    rows: list[tuple[Any, Any, str]], more: list[tuple[Any, Any, str]]
):
    early = numbered(rows)
    late = [(*record[:4], record[4].replace("2024-01", "2024-02")) for record in numbered(more, start=len(rows))]
    before = link_people(frame(*early)).set_index("record_id")["person_id"]
    after = link_people(frame(*early, *late)).set_index("record_id")["person_id"].loc[before.index]
    old = {frozenset(ids): person for person, ids in before.groupby(before).groups.items()}
    new = {frozenset(ids): person for person, ids in after.groupby(after).groups.items()}
    first_day = {record[1]: (record[4], record[1]) for record in early}
    for ids, person in new.items():
        if ids in old:
            assert person == old[ids]
        # Merged or split: the id of the earliest of the records that are together now.
        assert person == "p_" + hashlib.sha256(f"arrests/{min(ids, key=first_day.get)}".encode()).hexdigest()[:16]


# ------------------------------------------------------------------------------------------------------ summaries


def test_a_person_is_what_most_records_say_and_ties_go_to_the_earliest():
    records = pd.DataFrame(
        [
            ("p1", "arrests", "1", "2024-01-01", "1990-01-01", "unknown", "male"),
            ("p1", "arrests", "2", "2024-02-01", "1990-01-02", "black", "female"),
            ("p1", "arrests", "3", "2024-03-01", "1990-01-02", "white", "unmapped"),
            ("p2", "arrests", "4", "2024-01-01", None, "unknown", None),
        ],
        columns=[
            "person_id",
            "record_table",
            "record_id",
            "known_date",
            "birth_date",
            "race_ethnicity",
            "sex",
        ],
    )
    for shuffled in (records, records[::-1]):
        found = summarise_people(shuffled).set_index("person_id")
        assert found["records"].to_dict() == {"p1": 3, "p2": 1}
        assert found.loc["p1", ["birth_date", "race_ethnicity", "sex"]].tolist() == ["1990-01-02", "black", "male"]
        assert found.loc["p2", ["birth_date", "race_ethnicity", "sex"]].isna().all()


def test_a_hundred_thousand_records_are_linked():
    number = pd.Series(range(100_000))
    records = pd.DataFrame(
        {
            "record_table": "arrests",
            "record_id": number.astype(str),
            "source_person_id": ("rms:" + (number % 30_000).astype(str)).where(number % 3 > 0),
            "state_id": ("MA" + (number % 20_000 + 10_000).astype(str)).where(number % 5 == 0),
            "known_date": pd.Timestamp("2024-01-01") + pd.to_timedelta(number % 365, unit="D"),
        }
    )
    linked = link_people(records)
    assert len(linked) == 100_000 and linked["person_id"].notna().all()
