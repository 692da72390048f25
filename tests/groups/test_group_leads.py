from itertools import combinations

import pandas as pd
import pytest

from strategic_prosecution.groups import find_leads, reconcile
from strategic_prosecution.groups.leads import _pair_agreement


def ties_of(*cliques: str) -> pd.DataFrame:
    pairs = [pair for letters in cliques for pair in combinations(letters, 2)]
    return pd.DataFrame(pairs, columns=["source", "target"]).assign(weight=1.0)


def test_leads_are_numbers_with_counts_and_no_person() -> None:
    leads, members = find_leads(ties_of("vwxyz", "abcd", "mn"), resolution=1.0, seed=3)
    assert leads.to_dict("list") == {
        "lead_number": [1, 2],
        "people": [5, 4],
        "ties": [10, 6],
        "stability": [1.0, 1.0],
    }
    assert members.to_dict("list") == {"person_id": list("vwxyzabcd"), "lead_number": [1] * 5 + [2] * 4}


def test_pair_agreement_worked_by_hand() -> None:
    # Base {0,1,2,3} {4,5}; the other run {0,1} {2,3,4,5}.
    # First: 2 pairs in both; 6 in the base; touching it in the other run 1 + 5: 2 / (6 + 6 - 2).
    # Second: 1 in both; 1 in the base; touching it 5: 1 / (1 + 5 - 1).
    base, other = pd.Series([1, 1, 1, 1, 2, 2]).to_numpy(), pd.Series([0, 0, 1, 1, 1, 1]).to_numpy()
    assert _pair_agreement(base, other) == pytest.approx([0.2, 0.2])
    assert _pair_agreement(base, base - 1) == pytest.approx([1.0, 1.0])


def test_a_border_the_data_do_not_draw_is_unstable() -> None:
    ring = pd.DataFrame({"source": range(60), "target": [(n + 1) % 60 for n in range(60)], "weight": 1.0})
    leads, _ = find_leads(ring, resolution=1.0, seed=1)
    assert leads["stability"].between(0, 0.9).all()


def test_one_seed_knows_nothing_of_stability() -> None:
    leads, _ = find_leads(ties_of("abcd"), resolution=1.0, seed=3, seeds=1)
    assert leads["stability"].isna().all()


def test_no_ties_no_leads() -> None:
    leads, members = find_leads(ties_of("ab").iloc[:0], resolution=1.0, seed=3)
    assert list(leads.columns) == ["lead_number", "people", "ties", "stability"]
    assert leads.empty
    assert members.empty


def test_row_order_changes_no_lead() -> None:
    ties = ties_of("abcd", "defg", "gh", "stuv")
    first, again = (find_leads(t, resolution=1.0, seed=2) for t in (ties, ties.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(first[0], again[0])
    pd.testing.assert_frame_equal(first[1], again[1])


def test_refuses_settings_out_of_range() -> None:
    with pytest.raises(ValueError, match=r"seeds \[0\]"):
        find_leads(ties_of("abc"), resolution=1.0, seed=3, seeds=0)
    with pytest.raises(ValueError, match=r"resolution \[-1\]"):
        find_leads(ties_of("abc"), resolution=-1, seed=3)


def test_reconcile_counts_overlaps_and_merges_nothing() -> None:
    lead_members = pd.DataFrame({"person_id": list("abcdef"), "lead_number": [1, 1, 1, 1, 2, 2]})
    roster = pd.DataFrame(
        {"person_id": list("abbcxyz"), "group_id": ["North", "North", "North", "East", "East", "South", "South"]}
    )
    table = reconcile(lead_members, roster)
    assert table.astype(object).where(table.notna(), None).to_numpy().tolist() == [
        [1, "East", "matched", 1, 4, 2],
        [1, "North", "matched", 2, 4, 2],
        [2, None, "only_in_data", 0, 2, None],
        [None, "South", "only_in_roster", 0, None, 2],
    ]
    assert "person_id" not in table.columns


def test_reconcile_without_a_roster_or_without_leads() -> None:
    lead_members = pd.DataFrame({"person_id": ["a", "b"], "lead_number": [1, 1]})
    roster = pd.DataFrame({"person_id": ["a"], "group_id": ["North"]})
    assert reconcile(lead_members, roster.iloc[:0])["status"].tolist() == ["only_in_data"]
    assert reconcile(lead_members.iloc[:0], roster)["status"].tolist() == ["only_in_roster"]
    assert reconcile(lead_members.iloc[:0], roster.iloc[:0]).empty
