"""The people of the county, all invented, and how records of them are written: misspelt, mistyped, without a number."""

from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import county

# Nobody may be mistaken for a real person: family names say that this is a test. Letters of Latin-1 only, for one
# extract is written in it.
_FAMILIES = (
    "Testerby", "Quillsample", "Fauxley", "Demorov", "Ñustaprueba", "Mocksworth", "Fictionescu", "Samplova", "Ejemplaz",
    "Pruebarez", "Beispielmann", "Exemplaire", "Dummyworth", "Placeholdersen", "Inventado", "Fabricatti", "Noonesuch",
    "Pretendu", "Feignberg", "Simulacre", "Makebelle", "Falsworthy", "Örneksample", "Nguyentest", "Phammock",
    "Trandemo", "Kimfiction", "Leesample", "Parkproto", "Zhangdemo", "Wangtest", "Chenfaux", "Singhsample", "Kaurtest",
    "Demopatel", "Okonofake", "Adetest", "Mwangidemo", "Diallofaux", "Abebesample", "Testagawa", "Sampleyama",
    "Probanov", "Fiktivsson", "Eksempelsen", "Voorbeeldstra", "Ukázkal", "Begaytest",
    "Tsosiedemo", "Kealohafaux", "Mahinasample",
)  # fmt: skip
_GIVEN = (
    "Avalinda", "Brentavio", "Caldessa", "Dorvayne", "Elzimira", "Fendrick", "Galorina", "Hastivan", "Ilmareth",
    "Jorvelle", "Kestrina", "Lumario", "Mirabexa", "Norvindo", "Oressia", "Pelmarco", "Quenilda", "Rostavio",
    "Selvina", "Tarnando", "Ulmeria", "Vostrick", "Wynessa", "Xandoro", "Yelmina", "Zorvante", "Renéezo",
)  # fmt: skip
_PARTICLES = ("van der ", "de la ", "O'", "al-", "St. ", "Mac")
_SUFFIXES = (" Jr.", " Sr.", " III")
SENTINEL = ("Zzyxqua", "Leakwatcherton")
RECORDED_RACES = ("black", "white", "hispanic", "asian", "other", "native_american", "unknown")
RACE_SHARES = (0.34, 0.36, 0.22, 0.03, 0.02, 0.01, 0.02)


def family_names() -> np.ndarray[Any, np.dtype[np.object_]]:
    """Family names in every shape we know: plain, hyphenated, with a particle, with a suffix."""
    plain = list(_FAMILIES)
    hyphens = [f"{first}-{second}" for first in plain[::3] for second in plain[1::4]]
    particles = [particle + name for particle in _PARTICLES for name in plain[::2]]
    suffixes = [name + suffix for suffix in _SUFFIXES for name in plain[1::3]]
    return np.array(plain * 6 + hyphens + particles + suffixes, dtype=object)


def make_people(rng: np.random.Generator, street_map: county.StreetMap, *, count: int) -> pd.DataFrame:
    """``count`` people: person_id, given_name, family_name, birth_day, race_ethnicity, sex, state_id, home_address.

    Person 0 carries a name found nowhere else, for leak tests. Ages at the start run from 15 to 75, mostly young.
    """
    families = family_names()
    given = rng.choice(np.array(_GIVEN, dtype=object), count)
    second = rng.choice(np.array(_GIVEN, dtype=object), count)
    given = np.where(rng.random(count) < 0.3, given + " " + second, given)
    family = rng.choice(families, count)
    given[0], family[0] = SENTINEL
    age_days = (15 + 60 * rng.beta(1.3, 3.2, count)) * 365.25
    age_days[0] = 27 * 365.25
    number = pd.Series(rng.permutation(9_000_000)[:count] + 1_000_000).astype(str)
    home = street_map.segments.iloc[
        rng.choice(len(street_map.segments), count, p=_shares(street_map.segments["residents"]))
    ]
    address = county.exact_text(rng, home)
    elsewhere = rng.random(count)
    address[elsewhere < 0.06] = "77 OUTER RD, FARHAVEN COUNTY"
    address[elsewhere > 0.97] = "HOMELESS"
    return pd.DataFrame(
        {
            "person_id": "P" + pd.Series(np.arange(count)).astype(str).str.zfill(7),
            "given_name": given,
            "family_name": family,
            "birth_day": -age_days.astype(np.int64),
            "race_ethnicity": rng.choice(np.array(RECORDED_RACES, dtype=object), count, p=RACE_SHARES),
            "sex": rng.choice(np.array(["male", "female", "unknown"], dtype=object), count, p=[0.76, 0.235, 0.005]),
            "state_id": "RV" + number,
            "home_address": address,
        }
    )


def write_records(
    rng: np.random.Generator, people: pd.DataFrame, *, person: Any, day: Any, prefix: str, spoil: float = 0.12
) -> pd.DataFrame:
    """How one agency writes down these people on these days: one row per element of ``person`` (row numbers).

    About ``spoil`` of the names are misspelt, 2 % of birth dates wrong, 8 % of state ids absent; one person in ten has
    two of the agency's own ids. The planted leak-test name is always written exactly.
    """
    count = len(person)
    rows = people.iloc[person].reset_index(drop=True)
    exact = np.asarray(person) == 0
    spoiled = (rng.random(count) < spoil) & ~exact
    kind = rng.integers(0, 5, count)
    given, family = _misspell(rows["given_name"], rows["family_name"], kind=np.where(spoiled, kind, -1))
    birth = rows["birth_day"].to_numpy() + np.where(
        rng.random(count) < 0.02, rng.choice(np.array([-365, 365, 1, 30]), count), 0
    )
    twice = (np.asarray(person) % 10 == 3) & (rng.random(count) < 0.5)
    own_id = prefix + pd.Series(np.asarray(person) * 2 + twice + 100_000).astype(str)
    has_state_id = (rng.random(count) >= 0.08) | exact
    return pd.DataFrame(
        {
            "person": np.asarray(person),
            "source_person_id": own_id,
            "state_id": rows["state_id"].where(has_state_id, ""),
            "given_name": given,
            "family_name": family,
            "birth_day": birth,
            "race_ethnicity": rows["race_ethnicity"],
            "sex": rows["sex"],
            "age": (np.asarray(day) - rows["birth_day"].to_numpy()) // 365.25,
            "home_address": rows["home_address"],
        }
    ).astype({"age": np.int64})


def _misspell(given: pd.Series, family: pd.Series, *, kind: Any) -> tuple[pd.Series, pd.Series]:
    """kind: 0 upper case, 1 hyphen lost, 2 a letter lost, 3 a letter doubled, 4 initial only; anything else as is."""
    # There are few distinct names: spell each once, then look it up.
    codes, distinct = pd.factorize(family)
    names = pd.Series(distinct)
    spelt = [
        names.str.upper(),
        names.str.replace("-", " "),
        names.str.slice(0, 3) + names.str.slice(4),
        names.str.slice(0, 4) + names.str.slice(3),
    ]
    written = family.to_numpy(object)
    for number, version in enumerate(spelt):
        written = np.where(kind == number, version.to_numpy(object)[codes], written)
    given = given.mask(kind == 0, given.str.upper()).mask(kind == 4, given.str.slice(0, 1))
    return given, pd.Series(written)


def _shares(weights: pd.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    values: np.ndarray[Any, np.dtype[np.float64]] = weights.to_numpy(float) / weights.sum()
    return values
