"""What is said of a person, over all records."""

import pandas as pd

_SAYS_NOTHING = ["unknown", "unmapped"]


def summarise_people(records: pd.DataFrame) -> pd.DataFrame:
    """One row per person: records, spellings (of name and birth date), most frequent birth_date, race_ethnicity, sex.

    ``records`` has person_id, record_table, record_id, known_date, writing, birth_date, race_ethnicity, sex; of values
    said equally often the one of the earliest record counts; unknown and unmapped do not while another is there.
    """
    ordered = records.sort_values(["known_date", "record_table", "record_id"], na_position="last", kind="stable")
    people = ordered.groupby("person_id", sort=True).agg(
        records=("record_id", "size"), spellings=("writing", "nunique")
    )
    for column in ("birth_date", "race_ethnicity", "sex"):
        people[column] = _most_frequent(ordered, column)
    return people.reset_index()


def _most_frequent(ordered: pd.DataFrame, column: str) -> pd.Series:
    said = ordered.loc[ordered[column].notna() & ~ordered[column].isin(_SAYS_NOTHING), ["person_id", column]]
    counts = said.groupby(["person_id", column], sort=False).size().rename("times").reset_index()
    first = counts.sort_values("times", ascending=False, kind="stable").drop_duplicates("person_id")
    return first.set_index("person_id")[column]
