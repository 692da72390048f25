"""Join records of one person by identifiers: the state identification number, then the source's own person key.

Nothing is guessed from names here. Two different valid state numbers never meet in one person, and a record without
an identifier stays alone.
"""

import hashlib

import pandas as pd

SHORTEST_STATE_ID = 4
# One character over and over, or a word such as UNKNOWN.
_PLACEHOLDER = r"(.)\1*$|[A-Z]+$"


def link_people(records: pd.DataFrame) -> pd.DataFrame:
    """Which person each record belongs to.

    ``records`` has one row per record: record_table, record_id, source_person_id, state_id, known_date. Returns
    record_table, record_id, person_id, basis (identifier | alone), probability (1.0), in the order of the input.
    A source key seen with exactly one valid state number stands for that number; seen with several, it joins nothing.
    ``person_id`` is a digest of the person's earliest record, so it does not depend on the order of loading. Raises
    ValueError when a record occurs twice.
    """
    frame = records[["record_table", "record_id", "source_person_id", "state_id", "known_date"]].reset_index(drop=True)
    # A column without a value may come as floats.
    frame = frame.astype({"source_person_id": object})
    if frame.duplicated(["record_table", "record_id"]).any():
        raise ValueError("records to link must be unique by record_table and record_id; correct the extract's key")
    state = _valid_state_id(frame["state_id"])
    pairs = pd.DataFrame({"key": frame["source_person_id"], "state": state}).dropna().drop_duplicates()
    numbers = pairs.groupby("key")["state"].agg(["size", "min"])
    unique = numbers.loc[numbers["size"] == 1, "min"]
    disputed = set(numbers.index[numbers["size"] > 1])
    identity = state.where(state.notna(), frame["source_person_id"].map(unique))
    key = frame["source_person_id"].where(~frame["source_person_id"].isin(disputed))
    alone = frame["record_table"] + "/" + frame["record_id"]
    leader = ("state:" + identity).where(identity.notna(), ("key:" + key).where(key.notna(), "record:" + alone))
    ordered = frame.assign(leader=leader, record=alone).sort_values(
        ["known_date", "record_table", "record_id"], na_position="last", kind="stable"
    )
    earliest = ordered.drop_duplicates("leader").set_index("leader")["record"]
    names = pd.Series(
        ["p_" + hashlib.sha256(text.encode()).hexdigest()[:16] for text in earliest], index=earliest.index
    )
    joined = leader.duplicated(keep=False)
    return pd.DataFrame(
        {
            "record_table": frame["record_table"],
            "record_id": frame["record_id"],
            "person_id": leader.map(names),
            "basis": joined.map({True: "identifier", False: "alone"}),
            "probability": 1.0,
        }
    )


def summarise_people(records: pd.DataFrame) -> pd.DataFrame:
    """One row per person: records, and the most frequent birth_date, race_ethnicity and sex (ties: earliest record).

    ``records`` has person_id, record_table, record_id, known_date, birth_date, race_ethnicity, sex; unknown and
    unmapped values do not count while another is there.
    """
    ordered = records.sort_values(["known_date", "record_table", "record_id"], na_position="last", kind="stable")
    people = ordered.groupby("person_id", sort=True).size().rename("records").to_frame()
    for column in ("birth_date", "race_ethnicity", "sex"):
        people[column] = _most_frequent(ordered, column)
    return people.reset_index()


def _most_frequent(ordered: pd.DataFrame, column: str) -> pd.Series:
    said = ordered.loc[ordered[column].notna() & ~ordered[column].isin(["unknown", "unmapped"]), ["person_id", column]]
    counts = said.groupby(["person_id", column], sort=False).size().rename("times").reset_index()
    first = counts.sort_values("times", ascending=False, kind="stable").drop_duplicates("person_id")
    return first.set_index("person_id")[column]


def _valid_state_id(values: pd.Series) -> pd.Series:
    text = values.astype("string").str.upper().str.replace(r"[^A-Z0-9]", "", regex=True)
    is_real = (text.str.len() >= SHORTEST_STATE_ID) & ~text.str.match(_PLACEHOLDER, na=True)
    return text.where(is_real.fillna(False)).astype(object).where(lambda kept: kept.notna(), None)
