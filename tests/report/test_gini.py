import pytest

from strategic_prosecution.report.gini import gini


def test_gini_of_equal_areas() -> None:
    # Reference value: 0, 0, 1, 3, 6 of equal residents give 0.6.
    assert gini([6, 0, 1, 3, 0], [10] * 5) == pytest.approx(0.6)
    assert gini([5, 5, 5], [7, 7, 7]) == pytest.approx(0)


def test_gini_goes_by_residents_not_by_areas() -> None:
    # Twice the contacts for twice the residents is equal; one area in two is the same as its halves.
    assert gini([2, 4], [100, 200]) == pytest.approx(0)
    assert gini([0, 8], [100, 200]) == pytest.approx(gini([0, 3, 5], [100, 75, 125]))
    # All contacts with a third of the residents: 1 - 1/3.
    assert gini([9, 0], [100, 200]) == pytest.approx(2 / 3)


def test_gini_orders_areas_by_amount_per_resident() -> None:
    # 3 over 300 is less than 2 over 100: 1 - (3/4 * 0.6 + 1/4 * 1.6) = 0.15.
    assert gini([3, 2], [300, 100]) == pytest.approx(0.15)


def test_gini_without_anything_to_spread_is_undefined() -> None:
    assert gini([0, 0], [100, 200]) is None
    assert gini([5], [0]) is None
