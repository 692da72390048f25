"""What lies between groups, on a few people and by hand."""

from datetime import date

import pandas as pd
import pytest

from strategic_prosecution.groups import ties_between_groups

AS_OF = date(2025, 6, 30)


def between(**changed: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int, int, bool]]:
    given = {
        # Ann and Abe are of A, Bo and Bea of B, Cy of C; Di is of A and of C.
        "memberships": pd.DataFrame(
            [("Ann", "A"), ("Abe", "A"), ("Bo", "B"), ("Bea", "B"), ("Cy", "C"), ("Di", "A"), ("Di", "C")],
            columns=["person_id", "group_id"],
        ),
        "ties": pd.DataFrame(
            [("Abe", "Ann"), ("Ann", "Bo"), ("Bea", "Ann"), ("Ann", "Eve"), ("Ann", "Di"), ("Cy", "Di")],
            columns=["source", "target"],
        ),
        "feuds": pd.DataFrame([("C", "B")], columns=["group_id", "other_group_id"]),
        "involvements": pd.DataFrame(
            [
                ("I1", date(2025, 6, 1), "B", "suspect", date(2025, 6, 2)),
                ("I1", date(2025, 6, 1), "A", "victim", date(2025, 6, 2)),
                ("I2", date(2025, 5, 1), "A", "suspect", date(2025, 5, 2)),
                ("I2", date(2025, 5, 1), "B", "victim", date(2025, 5, 2)),
                # Before the window, known too late, within one group.
                ("I3", date(2024, 5, 1), "A", "suspect", date(2024, 5, 2)),
                ("I3", date(2024, 5, 1), "B", "victim", date(2024, 5, 2)),
                ("I4", date(2025, 6, 20), "A", "suspect", date(2025, 7, 2)),
                ("I4", date(2025, 6, 20), "B", "victim", date(2025, 6, 21)),
                ("I5", date(2025, 6, 20), "C", "suspect", date(2025, 6, 21)),
                ("I5", date(2025, 6, 20), "C", "victim", date(2025, 6, 21)),
            ],
            columns=["incident_id", "event_date", "group_id", "side", "known_on"],
        ),
    } | changed
    table = ties_between_groups(**given, as_of=AS_OF, window_days=365)
    assert list(table.columns) == [
        "group_id", "other_group_id", "tied_pairs", "shared_members", "shootings", "open_feud",
    ]  # fmt: skip
    return {(a, b): (int(t), int(m), int(s), bool(f)) for a, b, t, m, s, f in table.itertuples(index=False, name=None)}


def test_ties_shared_members_shootings_and_feuds_are_counted_by_pair_of_groups():
    # Ann-Bo and Ann-Bea tie A and B; Di is shared by A and C, and her ties with either are no ties between them.
    assert between() == {("A", "B"): (2, 0, 2, False), ("A", "C"): (0, 1, 0, False), ("B", "C"): (0, 0, 0, True)}


def test_a_tie_said_twice_or_the_other_way_round_counts_once():
    twice = pd.DataFrame([("Ann", "Bo"), ("Ann", "Bo")], columns=["source", "target"])
    other = pd.DataFrame([("Bo", "Ann")], columns=["source", "target"])
    assert between(ties=twice)["A", "B"][0] == between(ties=other)["A", "B"][0] == 1


def test_without_anything_there_is_no_pair():
    columns = ["incident_id", "event_date", "group_id", "side", "known_on"]
    nothing = pd.DataFrame({name: [] for name in columns})
    assert (
        between(
            ties=pd.DataFrame({"source": [], "target": []}),
            memberships=pd.DataFrame({"person_id": [], "group_id": []}),
            feuds=pd.DataFrame({"group_id": [], "other_group_id": []}),
            involvements=nothing,
        )
        == {}
    )


def test_a_frame_without_a_column_is_refused():
    with pytest.raises(ValueError, match="no column"):
        between(feuds=pd.DataFrame({"group_id": ["A"]}))
