"""One person across records: what is joined by identifiers, by likeness, by reviewers, and what never is."""

import hashlib
from typing import Any

import pandas as pd
import pytest

from strategic_prosecution.people import Linkage, link_people, resolve_people

COLUMNS = ("key", "state_id", "given_name", "family_name", "birth_date", "sex", "home_address")
Row = tuple[Any, ...]
# One office with one case of everything: tables are told by the first letter of a key.
TABLES = {"a": "arrests", "d": "defendants", "m": "memberships"}
RECORDS: tuple[Row, ...] = (
    ("a-equal", None, "Zebulon", "Quartzman", "1990-05-17", "male", None),
    ("d-equal", None, "ZEBULON", "QUARTZMAN", "1990-05-17", "male", None),
    ("a-typo", None, "Marabel", "Fenwickson", "1985-03-04", "female", None),
    ("d-typo", None, "Marabel", "Fenwicksen", "1985-03-04", "female", None),
    ("a-day", None, "Torvald", "Nimblegate", "1979-02-11", "male", None),
    ("d-day", None, "Torvald", "Nimblegate", "1979-11-02", "male", None),
    ("a-short", None, "William", "Ostertest", "1979-02-13", "male", None),
    ("d-short", None, "Bill", "Ostertest", "1979-02-13", None, None),
    ("a-order", None, "Nguyen", "Testvan", "1999-12-13", "male", None),
    ("d-order", None, "Testvan", "Nguyen", "1999-12-13", "male", None),
    ("a-hyphen", None, "Maria", "Pruebas-Ejemplez", "1991-06-21", "female", None),
    ("d-hyphen", None, "Maria", "Pruebas Ejemplez", "1991-06-21", "female", None),
    ("a-twin", None, "Jaydemo", "Twinfield", "2000-06-13", "male", "12 OAK ST"),
    ("d-twin", None, "Brendano", "Twinfield", "2000-06-13", "male", "12 OAK ST"),
    ("a-father", None, "Peter", "Oldsample", "1960-06-13", "male", "12 ELM ST"),
    ("d-father", None, "Peter", "Oldsample", "1985-01-20", "male", "12 ELM ST"),
    ("a-undated", None, "Nora", "Undatedtest", None, "female", "12 ASH ST"),
    ("d-undated", None, "Nora", "Undatedtest", "1985-01-20", "female", "12 ASH ST"),
    ("a-nobody", None, "John", "Doe", "1985-01-20", "male", None),
    ("d-nobody", None, "John", "Doe", "1985-01-20", "male", None),
    ("a-number", "RV51234", "Ottilie", "Newnametest", "1985-01-20", "female", None),
    ("d-number", "rv-51234", "Ottilie", "Oldnameproto", "1985-01-20", "female", None),
    ("a-two", "RV61234", "Quirin", "Doppeltest", "1988-08-08", "male", None),
    ("d-two", "RV69999", "Quirin", "Doppeltest", "1988-08-08", "male", None),
    ("m-two", None, "Quirin", "Doppeltest", "1988-08-08", "male", None),
    ("a-wrong", "RV71234", "Severin", "Firstdemo", "1971-03-09", "male", None),
    ("d-wrong", "RV71234", "Severin", "Firstdemo", "1971-03-09", "male", None),
    ("m-wrong", "RV71234", "Abelardo", "Otherfaux", "1996-10-25", "male", None),
    ("a-member", "RV81234", "Leocadia", "Ruftest", "1995-05-05", "female", None),
    ("d-member", "RV81234", "Leocadia", "Ruftest", "1995-05-05", "female", None),
    ("m-member", None, "Leocadia", "Ruftest", "1995-05-05", "female", None),
    ("a-boy", None, "Daniel", "Geminitest", "2001-06-13", "male", "14 OAK ST"),
    ("d-boy", None, "Daniela", "Geminitest", "2001-06-13", "female", "14 OAK ST"),
    ("a-junior", None, "Lothar Jr", "Sampleson", "1980-06-13", "male", "15 OAK ST"),
    ("d-junior", None, "Lothar Sr", "Sampleson", "1960-06-13", "male", "15 OAK ST"),
    ("a-single", None, None, "Suhartotest", "1980-06-13", "male", None),
    ("a-long", None, "Anton", "ab" * 4500, "1980-06-13", "male", None),
    ("a-future", None, "Futura", "Laterproto", "2031-05-05", "female", None),
    ("a-letter", None, "Anton", "X", "1985-01-20", "male", None),
    ("a-none", None, None, None, "1985-01-20", "male", None),
    ("a-old", None, "Methuselina", "Longagotest", "1850-05-05", "female", None),
)


def frame(rows: tuple[Row, ...]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    return found.assign(
        record_table=found["key"].str[0].map(TABLES),
        record_id=found["key"],
        birth_date=pd.to_datetime(found["birth_date"]),
        known_date=pd.Timestamp("2024-05-01"),
    ).drop(columns="key")


def decided(*rows: tuple[str, str, str]) -> pd.DataFrame:
    names = ["left_table", "left_record", "right_table", "right_record", "verdict"]
    return pd.DataFrame(
        [(TABLES[left[0]], left, TABLES[right[0]], right, verdict) for left, right, verdict in rows],
        columns=names,
        dtype=object,
    )


@pytest.fixture(scope="module")
def linkage() -> Linkage:
    return resolve_people(frame(RECORDS))


def person(linkage: Linkage, key: str, column: str = "person_id") -> Any:
    return linkage.links.set_index("record_id").loc[key, column]


@pytest.mark.parametrize("who", ["equal", "typo", "day", "short", "order", "hyphen", "number", "member"])
def test_records_of_one_person_are_joined(linkage: Linkage, who: str):
    assert person(linkage, f"a-{who}") == person(linkage, f"d-{who}")


@pytest.mark.parametrize("who", ["twin", "father", "undated", "nobody", "two", "boy", "junior"])
def test_records_of_two_people_are_not(linkage: Linkage, who: str):
    assert person(linkage, f"a-{who}") != person(linkage, f"d-{who}")


def test_nobody_else_is_joined(linkage: Linkage):
    together = linkage.links.groupby("person_id")["record_id"].agg(lambda keys: {key[2:] for key in keys})
    assert all(len(whos) == 1 for whos in together)


def test_every_link_says_what_it_rests_on_and_lists_can_tell(linkage: Linkage):
    assert [person(linkage, key, "basis") for key in ("a-number", "d-number", "a-equal", "a-twin", "m-member")] == [
        "identifier",
        "identifier",
        "probabilistic",
        "alone",
        "probabilistic",
    ]
    assert person(linkage, "a-member") == person(linkage, "m-member")
    assert person(linkage, "a-member", "confirmed_person_id") == person(linkage, "d-member", "confirmed_person_id")
    assert person(linkage, "a-member", "confirmed_person_id") != person(linkage, "m-member", "confirmed_person_id")
    # m-wrong is tied by its number, and in doubt for all the rest.
    by_likeness = (linkage.links["basis"] == "probabilistic") & (linkage.links["record_id"] != "m-wrong")
    assert linkage.links.loc[by_likeness, "probability"].between(0.99, 1, inclusive="left").all()
    assert (linkage.links.loc[~by_likeness, "probability"] == 1).all()


def test_the_id_is_that_of_the_earliest_record(linkage: Linkage):
    # One day for all: of these the first by table and key.
    assert person(linkage, "d-equal") == "p_" + hashlib.sha256(b"arrests/a-equal").hexdigest()[:16]
    assert person(linkage, "d-equal", "confirmed_person_id") == (
        "p_" + hashlib.sha256(b"defendants/d-equal").hexdigest()[:16]
    )


def test_a_number_under_which_everything_differs_counts_confirms_nothing_and_is_asked_about(linkage: Linkage):
    assert person(linkage, "a-wrong") == person(linkage, "d-wrong") == person(linkage, "m-wrong")
    confirmed = [person(linkage, key, "confirmed_person_id") for key in ("a-wrong", "d-wrong", "m-wrong")]
    assert confirmed[0] == confirmed[1] != confirmed[2]
    assert person(linkage, "m-wrong", "basis") == "probabilistic"
    asked = linkage.pairs[linkage.pairs["kind"] == "same_number"]
    assert set(asked[["left_record", "right_record"]].to_numpy().ravel()) == {"a-wrong", "m-wrong"}


def test_the_queue_asks_what_would_change_a_list_first(linkage: Linkage):
    kinds = linkage.pairs.set_index("place")["kind"].to_dict()
    assert sorted(kinds) == list(range(1, len(kinds) + 1))
    assert linkage.pairs["memberships"].is_monotonic_decreasing
    asked = {frozenset(pair): kind for *pair, kind in linkage.pairs[["left_record", "right_record", "kind"]].to_numpy()}
    assert asked[frozenset({"a-member", "m-member"})] == "joined"
    assert asked[frozenset({"a-undated", "d-undated"})] == "possible"
    assert asked[frozenset({"a-two", "d-two"})] == "numbers_differ"
    # Twins, and a father and his son, are no question.
    assert not {"a-twin", "a-father"} & set(linkage.pairs["left_record"])


def test_what_agrees_is_told_in_words_without_a_value(linkage: Linkage):
    pair = linkage.pairs[linkage.pairs["kind"] == "possible"].iloc[0]
    assert pair["agreement"] == ("given name equal; family name equal; birth date missing; sex equal; address equal")


def test_what_cannot_be_used_is_told(linkage: Linkage):
    faults = {(key, column): why for key, column, why in linkage.faults[["record_id", "column", "why"]].to_numpy()}
    assert faults[("a-future", "birth_date")] == "after the day of the record"
    assert faults[("a-old", "birth_date")] == "more than 110 years before the record"
    assert faults[("a-none", "family_name")] == "no name"
    assert faults[("a-letter", "family_name")] == "one letter"
    assert faults[("a-nobody", "family_name")] == "stands for nobody"
    assert faults[("a-single", "family_name")] == "one name only"
    assert faults[("a-long", "family_name")] == "too long"
    assert {key for key, _ in faults} == {
        *("a-future", "a-old", "a-none", "a-letter", "a-nobody", "d-nobody", "a-single", "a-long")
    }


@pytest.mark.slow
def test_the_order_of_records_changes_nothing(linkage: Linkage):
    again = resolve_people(frame(RECORDS).sample(frac=1, random_state=7))
    key = ["record_table", "record_id"]
    pd.testing.assert_frame_equal(
        again.links.sort_values(key, ignore_index=True), linkage.links.sort_values(key, ignore_index=True)
    )
    pd.testing.assert_frame_equal(again.pairs, linkage.pairs)


@pytest.mark.slow
def test_a_reviewer_always_wins():
    found = resolve_people(
        frame(RECORDS),
        decisions=decided(
            ("a-undated", "d-undated", "same"),
            ("a-equal", "d-equal", "different"),
            ("a-number", "d-number", "different"),
            ("a-member", "m-member", "same"),
            ("a-two", "d-two", "same"),
            ("a-gone", "d-gone", "same"),
        ),
    )
    assert person(found, "a-undated", "confirmed_person_id") == person(found, "d-undated", "confirmed_person_id")
    assert person(found, "d-undated", "basis") == "reviewed"
    assert person(found, "a-equal") != person(found, "d-equal")
    assert person(found, "a-number") != person(found, "d-number")
    assert person(found, "d-member", "confirmed_person_id") == person(found, "m-member", "confirmed_person_id")
    assert (person(found, "d-member", "basis"), person(found, "m-member", "basis")) == ("identifier", "reviewed")
    assert person(found, "a-two") == person(found, "d-two")
    # What is decided is not asked about again.
    asked = {frozenset(pair) for pair in found.pairs[["left_record", "right_record"]].to_numpy().tolist()}
    assert not asked & {
        frozenset(pair) for pair in (("a-undated", "d-undated"), ("a-equal", "d-equal"), ("a-member", "m-member"))
    }


@pytest.mark.slow
def test_ten_thousand_records_alike_are_nobodys():
    rows = [(f"a{n}", None, "Zebulon", "Quartzman", "1990-05-17", "male", "12 OAK ST") for n in range(10_000)]
    nobody = [(f"d{n}", None, "Unknown", "Unknown", None, None, None) for n in range(10_000)]
    filler = [(f"m{n}", None, f"Given{n % 97}", f"Name{n}test", "1977-07-07", None, None) for n in range(300)]
    found = resolve_people(frame((*rows, *nobody, *filler)))
    links = found.links.groupby("record_table")["person_id"].nunique()
    assert links.to_dict() == {"arrests": 10_000, "defendants": 10_000, "memberships": 300}
    assert found.compared.tried == 0
    assert found.faults["why"].value_counts().to_dict() == {
        "stands for nobody": 10_000,
        "so many records without a number say exactly the same": 10_000,
        "so many have it that it stands for an unknown date": 300,
    }


@pytest.mark.slow
def test_of_one_number_who_is_told_apart_leaves_by_itself_and_alone():
    rows = (
        ("a0", "RV51234", "Severin", "Oddtest", "1971-03-09", "male", None),
        *((f"a{n}", "RV51234", "Severin", "Firstdemo", "1971-03-09", "male", None) for n in range(1, 4)),
    )
    for told_apart in (["a1"], ["a1", "a2", "a3"]):
        found = resolve_people(frame(rows), decisions=decided(*(("a0", other, "different") for other in told_apart)))
        assert len({person(found, f"a{n}", "confirmed_person_id") for n in (1, 2, 3)}) == 1
        assert person(found, "a0") != person(found, "a1")
        assert found.pairs.empty


@pytest.mark.slow
def test_decisions_that_cannot_all_be_true_are_asked_about():
    rows = tuple((key, None, "Severin", f"Name{key[1:]}test", "1971-03-09", None, None) for key in ("a1", "a2", "a3"))
    found = resolve_people(
        frame(rows), decisions=decided(("a1", "a2", "same"), ("a2", "a3", "same"), ("a1", "a3", "different"))
    )
    assert person(found, "a1") != person(found, "a3")
    assert found.pairs["kind"].tolist() == ["decisions_differ"]
    two = (
        ("a1", "RV11234", "Severin", "Onetest", "1971-03-09", None, None),
        ("a2", "RV22345", "Severin", "Twotest", "1975-08-21", None, None),
        ("d1", "RV11234", "Severin", "Onetest", "1971-03-09", None, None),
        ("d2", "RV22345", "Severin", "Twotest", "1975-08-21", None, None),
    )
    found = resolve_people(frame(two), decisions=decided(("a1", "a2", "same"), ("d1", "d2", "different")))
    assert person(found, "a1") == person(found, "a2") and person(found, "d1") != person(found, "d2")
    assert "decisions_differ" in found.pairs["kind"].tolist()


@pytest.mark.slow
def test_an_alias_under_a_right_number_takes_nobody_elses_records():
    rows = (
        *((f"a{n}", "RV51234", "Severin", "Firstdemo", "1971-03-09", "male", None) for n in range(3)),
        ("a9", "RV51234", "Abelardo", "Otherfaux", "1996-10-25", "male", None),
        *((f"d{n}", "RV69999", "Abelardo", "Otherfaux", "1996-10-25", "male", None) for n in range(3)),
        ("m1", None, "Abelardo", "Otherfaux", "1996-10-25", "male", None),
    )
    found = resolve_people(frame(rows))
    numbers = found.links.merge(frame(rows)[["record_id", "state_id"]], on="record_id")
    assert (numbers.groupby("person_id")["state_id"].nunique() <= 1).all()
    assert person(found, "a9") == person(found, "a0") != person(found, "d0")
    assert person(found, "m1") == person(found, "d0")


def test_records_without_anything_are_alone():
    bare = pd.DataFrame({"record_table": ["arrests", "arrests"], "record_id": ["1", "2"]})
    links = link_people(bare)
    assert links["basis"].tolist() == ["alone", "alone"] and links["person_id"].nunique() == 2
    assert link_people(bare.iloc[:0]).empty


def test_a_record_twice_is_refused():
    with pytest.raises(ValueError, match="must be unique by record_table and record_id"):
        resolve_people(frame((RECORDS[0], RECORDS[0])))
