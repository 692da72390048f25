"""What is said of a person is what most of their records say."""

import pandas as pd

from strategic_prosecution.people import summarise_people


def test_a_person_is_what_most_records_say_and_ties_go_to_the_earliest():
    records = pd.DataFrame(
        [
            ("p1", "arrests", "1", "2024-01-01", 2, "1990-01-01", "unknown", "male"),
            ("p1", "arrests", "2", "2024-02-01", 4, "1990-01-02", "black", "female"),
            ("p1", "arrests", "3", "2024-03-01", 4, "1990-01-02", "white", "unmapped"),
            ("p2", "arrests", "4", "2024-01-01", None, None, "unknown", None),
        ],
        columns=[
            "person_id",
            "record_table",
            "record_id",
            "known_date",
            "writing",
            "birth_date",
            "race_ethnicity",
            "sex",
        ],
    )
    for shuffled in (records, records[::-1]):
        found = summarise_people(shuffled).set_index("person_id")
        assert found["records"].to_dict() == {"p1": 3, "p2": 1}
        assert found["spellings"].to_dict() == {"p1": 2, "p2": 0}
        assert found.loc["p1", ["birth_date", "race_ethnicity", "sex"]].tolist() == ["1990-01-02", "black", "male"]
        assert found.loc["p2", ["birth_date", "race_ethnicity", "sex"]].isna().all()
