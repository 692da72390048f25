"""Records of invented people without a county around them: for tests and benchmarks of linkage."""

from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.corruption import AUDIT, COURT, DEFAULT, DIVERSION, POLICE, PROBATION, Corruption
from strategic_prosecution.demo.names import NAMES
from strategic_prosecution.demo.people import make_people, write_records

# Of all records; which agency writes them, and how their keys begin.
_TABLES = {
    "arrests": (0.36, POLICE, "A"),
    "custody": (0.24, POLICE, "CU"),
    "defendants": (0.22, COURT, "D"),
    "supervision": (0.10, PROBATION, "SUP"),
    "diversion": (0.05, DIVERSION, "DIV"),
    "memberships": (0.03, AUDIT, "MB"),
}
_DIRECTIONS = np.array(["", "N ", "S ", "E ", "W "], dtype=object)
_TREES = np.array(
    [
        "ALDER", "ASPEN", "BIRCH", "CEDAR", "CHERRY", "CYPRESS", "ELM", "FIR", "HAWTHORN", "HAZEL", "HICKORY",
        "JUNIPER", "LARCH", "LINDEN", "LOCUST", "MAPLE", "OAK", "PEAR", "PINE", "POPLAR", "ROWAN", "SPRUCE",
        "SUMAC", "SYCAMORE", "TAMARACK", "WALNUT", "WILLOW", "YEW",
    ],
    dtype=object,
)  # fmt: skip
_WORDS = np.array(
    ["", "BROOK", "CREST", "DALE", "FIELD", "GATE", "GROVE", "HILL", "MILL", "RIDGE", "VIEW"], dtype=object
)
_KINDS = np.array([" ST", " AVE", " RD", " DR", " CT", " LN"], dtype=object)


def linkable_people(
    *, people: int, records: int, seed: int, corruption: Corruption = DEFAULT
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``records`` records of ``people`` invented people, and of whom each of them is.

    The records, in order of ``known_date``: record_table, record_id, source_person_id (null in memberships), state_id,
    fbi_id, given_name, family_name, birth_date, sex, race_ethnicity, home_address, known_date; null where the agency
    has nothing. The truth, in the same order: record_table, record_id, person_id, race_ethnicity, culture. Everybody
    has one record or more, most have few. The same arguments give the same frames. Raises ValueError where there are
    fewer records than people, or fewer people than ten.
    """
    if not 10 <= people <= records:
        raise ValueError(
            f"[{records}] records of [{people}] people cannot be; ask for 10 people or more, each with one"
        )
    rng = np.random.default_rng(seed)
    planted = make_people(rng, count=people, homes=lambda count: _homes(rng, count), corruption=corruption)
    busy = rng.exponential(size=people)
    person = np.concatenate([np.arange(people), rng.choice(people, records - people, p=busy / busy.sum())])
    person = rng.permutation(person)
    day = np.sort(rng.integers(0, days.DAYS, records))
    table = rng.choice(len(_TABLES), records, p=[share for share, _, _ in _TABLES.values()])
    parts = []
    for number, (name, (_, agency, prefix)) in enumerate(_TABLES.items()):
        rows = np.flatnonzero(table == number)
        written = write_records(rng, planted, person=person[rows], day=day[rows], agency=agency, corruption=corruption)
        written.insert(0, "record_table", name)
        written.insert(1, "record_id", prefix + pd.Series(np.arange(1, len(rows) + 1)).astype(str).str.zfill(8))
        written["known_date"], written["place"] = _dates(day[rows]), rows
        # An audit is a list of names.
        if agency == AUDIT:
            written["source_person_id"] = ""
        parts.append(written)
    frame = pd.concat(parts, ignore_index=True).sort_values("place", ignore_index=True)
    frame["birth_date"] = _dates(frame["birth_day"].to_numpy())
    texts = ["source_person_id", "state_id", "fbi_id", "given_name", "family_name", "home_address"]
    frame[texts] = frame[texts].mask(frame[texts] == "")
    who = planted.iloc[frame["person"]].reset_index(drop=True)
    truth = frame[["record_table", "record_id"]].assign(
        person_id=who["person_id"],
        race_ethnicity=who["race_ethnicity"],
        culture=np.array(NAMES, dtype=object)[who["culture"]],
    )
    order = ["record_table", "record_id", *texts[:5], "birth_date", "sex", "race_ethnicity", texts[5], "known_date"]
    return frame[order], truth


def _dates(day: Any) -> Any:
    date = np.datetime64(days.FIRST_DATE, "D") + day.astype("timedelta64[D]")
    return pd.Series(np.where(day == days.MISSING, np.datetime64("NaT"), date))


def _homes(rng: np.random.Generator, count: int) -> days.Texts:
    house = pd.Series(rng.integers(100, 4000, count)).astype(str).to_numpy(object)
    street, word = rng.choice(_TREES, count), rng.choice(_WORDS, count)
    homes: days.Texts = house + " " + rng.choice(_DIRECTIONS, count) + street + word + rng.choice(_KINDS, count)
    return homes
