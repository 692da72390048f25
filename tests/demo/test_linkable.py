"""Records without a county: complete, repeatable, and of whom the truth says."""

import pandas as pd
import pytest

from strategic_prosecution.demo import HEAVY, linkable_people

Frames = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def frames() -> Frames:
    return linkable_people(people=2_000, records=6_000, seed=3)


def test_records_and_truth_are_row_by_row_of_the_same(frames: Frames) -> None:
    records, truth = frames
    assert list(records.columns) == [
        "record_table", "record_id", "source_person_id", "state_id", "fbi_id", "given_name", "family_name",
        "birth_date", "sex", "race_ethnicity", "home_address", "known_date",
    ]  # fmt: skip
    assert list(truth.columns) == ["record_table", "record_id", "person_id", "race_ethnicity", "culture"]
    assert len(records) == 6_000
    assert not records[["record_table", "record_id"]].duplicated().any()
    pd.testing.assert_frame_equal(records[["record_table", "record_id"]], truth[["record_table", "record_id"]])
    assert records["known_date"].is_monotonic_increasing
    assert records["birth_date"].dtype.kind == records["known_date"].dtype.kind == "M"


def test_everybody_is_there_and_some_are_there_often(frames: Frames) -> None:
    per_person = frames[1]["person_id"].value_counts()
    assert len(per_person) == 2_000
    # Beyond the first record, two per person on average, falling off by a third from each number to the next.
    assert (per_person == 1).mean() == pytest.approx(1 / 3, abs=0.04)
    assert (per_person == 2).mean() == pytest.approx(2 / 9, abs=0.04)
    assert per_person.max() > 10


def test_what_an_agency_does_not_have_is_null_and_never_blank(frames: Frames) -> None:
    records = frames[0]
    assert not records.eq("").any().any()
    missing = records.isna().groupby(records["record_table"]).mean()
    assert missing.loc["memberships", "source_person_id"] == 1
    assert missing.loc["arrests", "source_person_id"] == 0
    assert missing.loc["arrests", "state_id"] == pytest.approx(0.25, abs=0.04)
    assert missing.loc["defendants", "state_id"] == pytest.approx(0.45, abs=0.05)
    assert missing.loc["defendants", "fbi_id"] == 1
    assert missing["birth_date"].between(0.005, 0.05).all()
    assert (missing[["sex", "race_ethnicity", "home_address", "known_date"]] == 0).all().all()


def test_records_of_one_person_agree_mostly_and_differ_in_spelling(frames: Frames) -> None:
    records, truth = frames
    person = truth["person_id"]
    assert (records.groupby(person)["state_id"].nunique() <= 2).all()
    assert person.groupby(records["state_id"]).nunique().max() == 1
    plain = records["family_name"].str.lower()
    spelt = plain.groupby(person).nunique()
    assert 0.1 < (spelt > 1).mean() < 0.5


def test_the_same_arguments_give_the_same_frames(frames: Frames) -> None:
    for one, again in zip(frames, linkable_people(people=2_000, records=6_000, seed=3), strict=True):
        pd.testing.assert_frame_equal(one, again)
    other, _ = linkable_people(people=2_000, records=6_000, seed=4)
    assert not other["family_name"].equals(frames[0]["family_name"])


def test_a_heavier_level_is_heavier(frames: Frames) -> None:
    heavy, _ = linkable_people(people=2_000, records=6_000, seed=3, corruption=HEAVY)
    for column in ("state_id", "birth_date"):
        assert heavy[column].isna().mean() > 1.5 * frames[0][column].isna().mean()


@pytest.mark.parametrize(("people", "records"), [(9, 100), (100, 99)])
def test_what_cannot_be_is_refused(people: int, records: int) -> None:
    with pytest.raises(ValueError, match=rf"\[{records}\] records of \[{people}\] people cannot be"):
        linkable_people(people=people, records=records, seed=1)
