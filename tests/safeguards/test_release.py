"""The last look: what is really in an edition is compared with the allow-list, and one column too many stops it."""

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.safeguards import ReleaseError, check_release, newest_values, releasable


def test_the_editions_differ_in_groups_people_and_exact_positions():
    memberships = model.table("core.group_memberships")
    assert "person_id" in releasable(memberships, "internal")
    assert releasable(memberships, "public") == ()
    assert releasable(model.table("core.incident_people"), "internal") == ()
    spots = model.table("mart.hot_spots")
    internal_only = {column.name for column in spots.columns if column.is_internal}
    assert set(releasable(spots, "internal")) - set(releasable(spots, "public")) == internal_only


def test_columns_of_each_kind_by_edition():
    table = model.Table(
        "mart",
        "planted",
        "one row per test",
        ("shown",),
        (
            model.Column("shown", "text", "shown"),
            model.Column("name", "text", "a name", is_pii=True),
            model.Column("person_id", "text", "a person", is_person=True),
            model.Column("exact", "integer", "exact", is_internal=True),
        ),
        editions=("internal", "public"),
    )
    assert releasable(table, "internal") == ("shown", "person_id", "exact")
    assert releasable(table, "public") == ("shown",)


def test_what_the_model_allows_passes():
    for edition in ("internal", "public"):
        allowed = {t.name: list(releasable(t, edition)) for t in model.TABLES if edition in t.editions}
        check_release(allowed | {"metrics_now": allowed["metrics"]}, edition=edition)
        check_release({"metrics": ["metric"]}, edition=edition)
        check_release({}, edition=edition)


@pytest.mark.parametrize(
    ("found", "edition", "said"),
    [
        ({"people": ["person_id"]}, "internal", r"table \[people\] may not be in the internal edition"),
        ({"scratch": []}, "internal", r"table \[scratch\] may not be in the internal edition"),
        ({"group_memberships": ["group_id"]}, "public", r"table \[group_memberships\] may not be in the public"),
        ({"group_priorities": ["group_id"]}, "public", r"table \[group_priorities\] may not be in the public"),
        ({"leads": ["people"]}, "public", r"table \[leads\] may not be in the public"),
        ({"metrics": ["metric", "officer"]}, "internal", r"column \[metrics\.officer\] may not be in the internal"),
        ({"metrics_now": ["person_id"]}, "public", r"column \[metrics_now\.person_id\] may not be in the public"),
    ],
)
def test_one_table_or_column_too_many_stops_it(found: dict[str, list[str]], edition: model.Edition, said: str):
    with pytest.raises(ReleaseError, match=f"{said}.*; nothing was published"):
        check_release(found, edition=edition)


def test_the_newest_value_of_each_cell_counts_whatever_the_order():
    rows = pd.DataFrame(
        {
            "as_of": pd.to_datetime(["2024-01-31", "2024-03-31", "2024-02-29", "2024-01-31"]),
            "metric": ["arrests", "arrests", "arrests", "arrests"],
            "period": "month",
            "period_start": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-01", "2023-12-01"]),
            "breakdown": "",
            "segment": "",
            "numerator": [1, 3, 2, 9],
        }
    )
    for frame in (rows, rows.iloc[[2, 1, 3, 0]]):
        assert newest_values(frame)["numerator"].tolist() == [9, 3]
