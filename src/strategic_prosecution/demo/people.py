"""The people of the county, all invented, and how agencies write them down."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.corruption import AGENCIES, DEFAULT, TAKES_PRINTS, Corruption
from strategic_prosecution.demo.mistakes import miswrite_addresses, miswrite_births, miswrite_digits
from strategic_prosecution.demo.names import draw_cultures, draw_families, draw_names
from strategic_prosecution.demo.relatives import make_relatives
from strategic_prosecution.demo.spelling import write_names

# write_records for the people of one county.
Write = Callable[..., pd.DataFrame]
SENTINEL = ("Zzyxqua", "Leakwatcherton")
RECORDED_RACES = ("black", "white", "hispanic", "asian", "other", "native_american", "unknown")
RACE_SHARES = (0.34, 0.36, 0.22, 0.03, 0.02, 0.01, 0.02)
_LETTERS = np.array(list("ABCDEFGHJKLMNPRTVWX"), dtype=object)
_WITH_FBI_ID = 0.5
# A prime: steps of it, by any modulus it does not divide, meet no number twice.
_STEP = 7_368_787


def make_people(
    rng: np.random.Generator,
    *,
    count: int,
    homes: Callable[[int], days.Texts],
    corruption: Corruption = DEFAULT,
) -> pd.DataFrame:
    """``count`` people; ``homes`` draws so many addresses.

    Columns: person_id, given, middle, family, second_family, suffix (names.draw_names), culture (row of CULTURES),
    birth_day, race_ethnicity, sex, state_id, fbi_id ('' if none), home_address; next_address from moved_day,
    next_family from married_day (MISSING if never); relative, relation (relatives.make_relatives). Person 0 carries a
    name found nowhere else, for leak tests. Ages at the start run from 15 to 75, mostly young.
    """
    race = rng.choice(np.array(RECORDED_RACES, dtype=object), count, p=RACE_SHARES)
    sex = rng.choice(np.array(["male", "female", "unknown"], dtype=object), count, p=[0.76, 0.235, 0.005])
    culture = draw_cultures(rng, race)
    age_days = (15 + 60 * rng.beta(1.3, 3.2, count)) * 365.25
    people = draw_names(rng, culture=culture, sex=sex).assign(
        suffix="",
        culture=culture,
        birth_day=-age_days.astype(np.int64),
        race_ethnicity=race,
        sex=sex,
        home_address=_homes(rng, homes(count)),
    )
    people = people.astype(dict.fromkeys(("suffix", "race_ethnicity", "sex", "home_address"), object))
    make_relatives(rng, people)
    people.insert(0, "person_id", "P" + pd.Series(np.arange(count)).astype(str).str.zfill(7))
    people["state_id"] = _state_ids(rng, count)
    people["fbi_id"] = np.where(rng.random(count) < _WITH_FBI_ID, _fbi_ids(rng, count), "")
    people["next_address"] = _homes(rng, homes(count))
    people["moved_day"] = _some_day(rng, rng.random(count) < corruption.moved)
    # By the middle of the period half of those who marry in it have married.
    marries = (rng.random(count) < 2 * corruption.family_changed) & (people["sex"] == "female").to_numpy()
    people["next_family"] = draw_families(rng, culture=people["culture"].to_numpy(np.int64))
    people["married_day"] = _some_day(rng, marries)
    exact: dict[str, Any] = {"given": SENTINEL[0], "family": SENTINEL[1], "middle": "", "second_family": ""}
    exact |= {"birth_day": -9861, "moved_day": days.MISSING, "married_day": days.MISSING}
    people.loc[0, list(exact)] = list(exact.values())
    return people


def write_records(
    rng: np.random.Generator,
    people: pd.DataFrame,
    *,
    person: Any,
    day: Any,
    agency: str,
    corruption: Corruption = DEFAULT,
) -> pd.DataFrame:
    """How one agency writes down these people on these days: one row per element of ``person`` (row numbers).

    Columns: person, source_person_id, state_id, fbi_id ('' where missing), given_name, family_name, birth_day (MISSING
    where unknown), race_ethnicity, sex, age (the true one), home_address. One person in ten has two of the agency's
    own keys. The planted leak-test person is always written exactly.
    """
    person, day = np.asarray(person), np.asarray(day)
    count, may_err = len(person), person != 0

    def hit(rate: float) -> Any:
        return (rng.random(count) < rate) & may_err

    rows = people.iloc[person].reset_index(drop=True)
    married = _since(rows["married_day"], day)
    rows.loc[married, "family"] = rows.loc[married, "next_family"]
    rows.loc[married, "second_family"] = ""
    given, family, is_nobody = write_names(rng, rows, agency=agency, corruption=corruption, may_err=may_err)
    state_id = rows["state_id"].to_numpy(object)
    state_id = miswrite_digits(rng, state_id, chosen=hit(corruption.state_id_digit))
    state_id[hit(corruption.state_id_missing(agency))] = ""
    fbi_id = rows["fbi_id"].to_numpy(object)
    fbi_id[hit(corruption.fbi_id_missing) | (agency not in TAKES_PRINTS)] = ""
    born = rows["birth_day"].to_numpy()
    address = np.where(_since(rows["moved_day"], day), rows["next_address"], rows["home_address"])
    return pd.DataFrame(
        {
            "person": person,
            "source_person_id": _own_keys(rng, person, agency=agency, corruption=corruption),
            "state_id": state_id,
            "fbi_id": fbi_id,
            "given_name": given,
            "family_name": family,
            "birth_day": miswrite_births(
                rng, born, day=day, corruption=corruption, may_err=may_err, is_unknown=is_nobody
            ),
            "race_ethnicity": rows["race_ethnicity"],
            "sex": rows["sex"],
            "age": ((day - born) // 365.25).astype(np.int64),
            "home_address": miswrite_addresses(rng, address, chosen=hit(corruption.address_otherwise)),
        }
    )


def _homes(rng: np.random.Generator, address: days.Texts) -> days.Texts:
    elsewhere = rng.random(len(address))
    address[elsewhere < 0.06] = "77 OUTER RD, FARHAVEN COUNTY"
    address[elsewhere > 0.97] = "HOMELESS"
    return address


def _some_day(rng: np.random.Generator, chosen: Any) -> days.Ints:
    return np.where(chosen, rng.integers(0, days.DAYS, len(chosen)), days.MISSING)


def _since(changed: pd.Series, day: Any) -> Any:
    return ((changed != days.MISSING) & (changed <= day)).to_numpy()


def _own_keys(rng: np.random.Generator, person: Any, *, agency: str, corruption: Corruption) -> pd.Series:
    twice = (person % 10 == 3) & (rng.random(len(person)) < 0.5)
    # Some are booked under the key of somebody else.
    holder = np.where(person % 1000 >= 1000 * (1 - corruption.shared_key), person - 500, person)
    # Each agency counts in its own way: one number is not one person in two of them.
    start = 1_234_567 * AGENCIES.index(agency)
    return agency + pd.Series(1_000_000 + (start + _STEP * (2 * holder + twice)) % 9_000_000).astype(str)


def _different(rng: np.random.Generator, count: int, *, below: int) -> days.Ints:
    """Different whole numbers from 0, in no order."""
    numbers: days.Ints = (rng.integers(below) + _STEP * np.arange(count)) % below
    return numbers


def _state_ids(rng: np.random.Generator, count: int) -> days.Texts:
    numbers = 10_000_000 + _different(rng, count, below=90_000_000)
    return ("RV" + pd.Series(numbers).astype(str)).to_numpy(object)


def _fbi_ids(rng: np.random.Generator, count: int) -> days.Texts:
    """Five digits, two letters and a digit: 48213AB7."""
    letters = len(_LETTERS)
    rest, last = np.divmod(_different(rng, count, below=90_000 * letters**2 * 10), 10)
    rest, second = np.divmod(rest, letters)
    front, first = np.divmod(rest, letters)
    front, last = (pd.Series(part).astype(str).to_numpy(object) for part in (front + 10_000, last))
    numbers: days.Texts = front + _LETTERS[first] + _LETTERS[second] + last
    return numbers
