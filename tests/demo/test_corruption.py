"""Each kind of mistake is made alone, as often as stated, and only where it can be."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rapidfuzz.distance import OSA

from strategic_prosecution.demo import DEFAULT, HEAVY, LIGHT, Corruption, days
from strategic_prosecution.demo.corruption import AUDIT, CALL_IN, COURT, DIVERSION, POLICE, PROBATION
from strategic_prosecution.demo.names import NAMES
from strategic_prosecution.demo.people import SENTINEL, make_people, write_records
from strategic_prosecution.demo.relatives import make_relatives
from strategic_prosecution.demo.spelling import mistyped

NONE = Corruption(**{rate.name: 0.0 for rate in fields(Corruption)})
COUNT = 8_000


def homes(count: int) -> days.Texts:
    return np.array([f"{number} N ALDER ST" for number in range(count)], dtype=object)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    everybody = replace(NONE, moved=1.0, family_changed=0.5)
    return make_people(np.random.default_rng(1), count=COUNT, homes=homes, corruption=everybody)


def written(people: pd.DataFrame, agency: str = COURT, *, day: int = -1, **rates: float) -> pd.DataFrame:
    """One record of everybody but the leak-test person, before anybody has moved or married."""
    person = np.arange(1, len(people))
    records = write_records(
        np.random.default_rng(2),
        people,
        person=person,
        day=np.full(len(person), day),
        agency=agency,
        corruption=replace(NONE, **rates),
    )
    return records.set_index(person)


def test_without_corruption_a_court_writes_what_is_true(people: pd.DataFrame) -> None:
    records, true = written(people), people.iloc[1:]
    middle = true["middle"].where(true["middle"] == "", " " + true["middle"])
    assert (records["given_name"] == true["given"] + middle).all()
    suffixed = true["suffix"] != ""
    assert (records["family_name"] == true["family"] + true["second_family"])[~suffixed].all()
    assert records.loc[suffixed, "family_name"].str.contains(r"(?: Jr\.| JR| III| Sr\.| SR)$").all()
    for column in ("state_id", "birth_day", "home_address", "race_ethnicity", "sex"):
        assert (records[column] == true[column]).all(), column
    # Nobody takes prints in court.
    assert (records["fbi_id"] == "").all()


@pytest.mark.parametrize(
    ("level", "agency", "share"),
    [
        (DEFAULT, POLICE, 0.25),
        (DEFAULT, COURT, 0.45),
        (DEFAULT, PROBATION, 0.10),
        (DEFAULT, DIVERSION, 0.60),
        (DEFAULT, AUDIT, 0.50),
        (DEFAULT, CALL_IN, 0.60),
        (LIGHT, POLICE, 0.125),
        (HEAVY, COURT, 0.80),
    ],
)
def test_state_ids_are_missing_as_stated(people: pd.DataFrame, level: Corruption, agency: str, share: float) -> None:
    person = np.arange(1, len(people))
    records = write_records(
        np.random.default_rng(3), people, person=person, day=person * 0, agency=agency, corruption=level
    )
    assert (records["state_id"] == "").mean() == pytest.approx(share, abs=0.025)


def test_a_wrong_digit_is_one_digit(people: pd.DataFrame) -> None:
    records, true = written(people, state_id_digit=1.0), people.iloc[1:]
    apart = [
        sum(one != other for one, other in zip(*pair, strict=True))
        for pair in zip(records["state_id"], true["state_id"], strict=True)
    ]
    assert set(apart) == {1}
    assert records["state_id"].str.fullmatch(r"RV\d{8}").all()


def test_fbi_ids_are_of_half_the_people_where_prints_are_taken(people: pd.DataFrame) -> None:
    records = written(people, PROBATION, fbi_id_missing=0.4)
    present = records.loc[records["fbi_id"] != "", "fbi_id"]
    assert present.str.fullmatch(r"\d{5}[A-Z]{2}\d").all()
    assert present.is_unique
    assert (present.str[5] != present.str[6]).mean() > 0.9
    assert len(present) / len(records) == pytest.approx(0.5 * 0.6, abs=0.025)


def true_dates(people: pd.DataFrame, records: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    first = pd.Timestamp("2023-01-01")
    both = (records["birth_day"], people.loc[records.index, "birth_day"])
    one, other = (first + pd.to_timedelta(day, unit="D") for day in both)
    return one, other


@pytest.mark.parametrize(
    ("kind", "is_so"),
    [
        ("birth_missing", lambda now, true: now.isna()),
        ("birth_placeholder", lambda now, true: now == "1900-01-01"),
        (
            "birth_swapped",
            lambda now, true: (now.dt.month == true.dt.day) & (now.dt.day == true.dt.month) & (now != true),
        ),
        (
            "birth_year_next",
            lambda now, true: (
                ((now.dt.year - true.dt.year).abs() == 1) & ((now.dt.day_of_year - true.dt.day_of_year).abs() < 2)
            ),
        ),
        ("birth_decade", lambda now, true: (now.dt.year - true.dt.year).abs() == 10),
        (
            "birth_digit",
            lambda now, true: [
                OSA.distance(f"{one:%Y%m%d}", f"{other:%Y%m%d}") == 1 for one, other in zip(now, true, strict=True)
            ],
        ),
    ],
)
def test_birth_dates_go_wrong_in_one_way_at_a_time(people: pd.DataFrame, kind: str, is_so: Any) -> None:
    records = written(people, **{kind: 0.1})
    unknown = records["birth_day"] == days.MISSING
    records.loc[unknown, "birth_day"] = 0
    now, true = true_dates(people, records)
    now[unknown] = pd.NaT
    wrong = now.ne(true)
    # Half of all dates of birth cannot be turned round; the others make up for it. A few dates find no other.
    assert wrong.mean() == pytest.approx(0.1, abs=0.015)
    assert np.asarray(is_so(now, true))[wrong].all()
    assert not (now > pd.Timestamp("2022-12-31")).any()


def test_one_typing_error_is_one_edit() -> None:
    names = np.array(["Quartzmantest", "Ñustaprueba", "Lê", "ABBA", "o", ""] * 500, dtype=object)
    after = mistyped(np.random.default_rng(4), names)
    distances = pd.Series([OSA.distance(one, other) for one, other in zip(names, after, strict=True)])
    assert distances.max() == 1
    # Two letters that are alike may change places; a name of one letter stays.
    assert distances[pd.Series(names).str.len() > 4].mean() > 0.98
    assert (distances[pd.Series(names).str.len() < 2] == 0).all()
    lengths = pd.Series([len(other) - len(one) for one, other in zip(names, after, strict=True)])
    assert set(lengths) == {-1, 0, 1}


def test_nicknames_stand_for_names_that_have_them(people: pd.DataFrame) -> None:
    given = written(people, nickname=1.0)["given_name"].str.split().str[0]
    williams = given[people.loc[given.index, "given"] == "William"]
    assert len(williams) > 20
    assert set(williams) == {"Bill", "Will", "Billy", "Willie", "Liam"}
    # Nobody has a short name for an invented one.
    assert (given[people.loc[given.index, "given"] == "Devell"] == "Devell").all()


def test_other_romanisations(people: pd.DataFrame) -> None:
    records, culture = written(people, respelt=1.0), np.array(NAMES)[people["culture"][1:]]
    mohammed = (people["given"][1:] == "Mohammed").to_numpy() & (culture == "arabic")
    assert set(records.loc[mohammed, "given_name"].str.split().str[0]) == {"Muhammad", "Mohamed", "Mohammad"}
    german = people["family"][1:].str.startswith("Müller").to_numpy() & (culture == "german_nordic")
    assert records.loc[german, "family_name"].str.startswith("Mueller").all()
    english = np.isin(culture, ["english", "english_second"]) & (people["suffix"][1:] == "").to_numpy()
    true = people["family"] + people["second_family"]
    assert (records.loc[english, "family_name"] == true[1:][english]).all()


def test_parts_of_names_are_lost_and_joined_otherwise(people: pd.DataFrame) -> None:
    two = people.index[(people["second_family"] != "") & (people["suffix"] == "") & (people.index > 0)]
    lost = written(people, second_family_dropped=1.0).loc[two, "family_name"]
    first, second = people.loc[two, "family"], people.loc[two, "second_family"].str.slice(1)
    assert ((lost == first) | (lost == second)).all()
    assert 0.2 < (lost == second).mean() < 0.4
    joined = written(people, joint_otherwise=1.0).loc[two, "family_name"]
    whole = first + people.loc[two, "second_family"]
    assert (joined != whole).all()
    assert (joined.str.replace(r"[-' ]", "", regex=True) == whole.str.replace(r"[-' ]", "", regex=True)).all()
    middles = written(people, middle_dropped=0.4, middle_initial=0.3)["given_name"]
    had = people.index[(people["middle"] != "") & (people.index > 0)]
    rest = pd.Series(
        [name.removeprefix(given).strip() for name, given in zip(middles[had], people.loc[had, "given"], strict=True)]
    )
    assert (rest == "").mean() == pytest.approx(0.4, abs=0.03)
    assert (rest.str.len() == 1).mean() == pytest.approx(0.3, abs=0.03)


def test_given_and_family_name_change_places_most_where_the_family_comes_first(people: pd.DataFrame) -> None:
    records = written(people, names_swapped=0.1, names_swapped_family_first=0.9)
    is_swapped = records["family_name"].str.split().str[0] == people["given"][1:]
    first = np.isin(np.array(NAMES)[people["culture"][1:]], ["vietnamese", "chinese", "korean"])
    assert is_swapped[first].mean() == pytest.approx(0.9, abs=0.1)
    assert is_swapped[~first].mean() == pytest.approx(0.1, abs=0.02)


def test_records_of_nobody_have_no_birth_date(people: pd.DataFrame) -> None:
    records = written(people, nobody=0.05)
    nobody = records["family_name"].isin(["DOE", "UNKNOWN", "GIRL", "X"])
    assert nobody.mean() == pytest.approx(0.05, abs=0.01)
    assert ((records["birth_day"] == days.MISSING) == nobody).all()


def test_police_write_capitals_and_only_the_court_writes_every_letter(people: pd.DataFrame) -> None:
    police, court, probation = (written(people, agency) for agency in (POLICE, COURT, PROBATION))
    shouted = police["family_name"] == police["family_name"].str.upper()
    assert shouted.mean() == pytest.approx(0.9, abs=0.02)
    assert police.loc[shouted, "family_name"].map(str.isascii).all()
    for records, has_all in ((police, False), (probation, False), (court, True)):
        text = "".join(records["given_name"] + records["family_name"])
        assert ("ễ" in text) == has_all
        assert (max(map(ord, text)) > 255) == has_all
    assert "ü" in "".join(probation["family_name"])
    assert not (probation["family_name"] == probation["family_name"].str.upper()).any()


def test_people_move_and_women_marry_for_good(people: pd.DataFrame) -> None:
    women = people.index[(people["sex"] == "female") & (people.index > 0)]
    before, after = written(people), written(people, day=days.LAST)
    assert (before["home_address"] == people["home_address"][1:]).all()
    assert (after["home_address"] == people["next_address"][1:]).all()
    assert (after.loc[women, "family_name"] == people.loc[women, "next_family"]).all()
    men = people.index[(people["sex"] == "male") & (people["suffix"] == "") & (people.index > 0)]
    assert (after.loc[men, "family_name"] == before.loc[men, "family_name"]).all()


def test_addresses_are_written_with_small_differences(people: pd.DataFrame) -> None:
    address = written(people, address_otherwise=1.0)["home_address"]
    plain = address.str.replace(r" APT \d+$", "", regex=True)
    plain = plain.str.replace("NORTH", "N").str.replace("STREET", "ST").str.replace("ROAD", "RD")
    assert (plain == people["home_address"][1:]).all()
    assert (address != people["home_address"][1:]).mean() > 0.9


def test_the_leak_test_person_is_always_written_exactly(people: pd.DataFrame) -> None:
    person = np.zeros(2_000, dtype=np.int64)
    records = write_records(
        np.random.default_rng(5), people, person=person, day=person, agency=POLICE, corruption=HEAVY
    )
    assert set(zip(records["given_name"], records["family_name"], strict=True)) == {SENTINEL}
    for column in ("state_id", "birth_day", "home_address"):
        assert records[column].nunique() == 1, column


def test_agencies_have_keys_of_their_own(people: pd.DataFrame) -> None:
    person = np.tile(np.arange(1, 4_000), 6)
    holders = {}
    for level in (DEFAULT, HEAVY):
        records = write_records(
            np.random.default_rng(6), people, person=person, day=person * 0, agency=POLICE, corruption=level
        )
        keys = records.groupby("person")["source_person_id"].nunique()
        assert (keys == 2).mean() == pytest.approx(0.1, abs=0.02)
        assert keys.max() == 2
        holders[level] = records.groupby("source_person_id")["person"].nunique()
    assert holders[DEFAULT].max() == 1
    assert holders[HEAVY].max() == 2
    assert (holders[HEAVY] == 2).mean() == pytest.approx(0.003, abs=0.001)
    court = written(people)["source_person_id"].str.extract(r"(\d+)$")[0]
    police = written(people, POLICE)["source_person_id"].str.extract(r"(\d+)$")[0]
    assert not (court == police).any()


def test_relatives_are_the_pairs_that_are_hard_to_tell_apart(people: pd.DataFrame) -> None:
    for relation, share in (("twin", 0.015), ("father", 0.02), ("sibling", 0.03)):
        second = people[people["relation"] == relation]
        first = people.loc[second["relative"]]
        assert 2 * len(second) / COUNT == pytest.approx(share, abs=0.001)
        for column in ("family", "second_family", "home_address", "race_ethnicity"):
            assert (second[column].to_numpy() == first[column].to_numpy()).all()
        years = (first["birth_day"].to_numpy() - second["birth_day"].to_numpy()) / 365.25
        same_given = second["given"].to_numpy() == first["given"].to_numpy()
        if relation == "father":
            assert same_given.all()
            assert (years.min(), years.max()) >= (18, 18)
            assert years.max() <= 35
            assert set(second["suffix"]) == {"Sr."}
            assert set(first["suffix"]) <= {"Jr.", "III"}
            assert set(second["sex"]) == set(first["sex"]) == {"male"}
        else:
            assert not same_given.any()
            assert (years == 0).all() if relation == "twin" else ((years > 0.9) & (years < 12.1)).all()
    twins = people[people["relation"] == "twin"]
    alike = (
        twins["given"].str.slice(0, 3).to_numpy() == people.loc[twins["relative"], "given"].str.slice(0, 3).to_numpy()
    )
    assert 0.45 < alike.mean() < 0.65


def test_no_twins_bear_one_name(people: pd.DataFrame) -> None:
    again = people.assign(given="Jayden")
    again["given"] = again["given"].astype(object)
    make_relatives(np.random.default_rng(7), again)
    twins = again[again["relation"] == "twin"]
    assert len(twins) > 50
    assert not (twins["given"] == "Jayden").any()
