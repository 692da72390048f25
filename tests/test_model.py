"""The canonical model holds together, and what it marks as personal has no way out."""

import pytest

from strategic_prosecution import model
from strategic_prosecution.safeguards import releasable

EVERY = pytest.mark.parametrize("table", model.TABLES, ids=lambda table: f"{table.schema}.{table.name}")
# Records and desk each say their schema version and count what an order removed; both are named with their schema.
KEPT_BY_BOTH_FILES = ("state", "removals")
NAMES_A_PERSON = {
    "given_name",
    "family_name",
    "birth_date",
    "state_id",
    "fbi_id",
    "source_person_id",
    "address",
    "home_address",
    "longitude",
    "latitude",
    "place_id",
    "home_place_id",
    "author",
    "approver",
    "recorded_by",
}


def test_tables_are_unique_and_can_be_looked_up():
    qualified = [f"{table.schema}.{table.name}" for table in model.TABLES]
    assert len(set(qualified)) == len(qualified)
    bare = [table.name for table in model.TABLES if table.name not in KEPT_BY_BOTH_FILES]
    assert len(set(bare)) == len(bare), "a bare name would be ambiguous"
    for name in KEPT_BY_BOTH_FILES:
        assert {table.schema for table in model.TABLES if table.name == name} == {"meta", "desk"}
    assert all(model.table(name) is table for name, table in zip(qualified, model.TABLES, strict=True))
    with pytest.raises(KeyError):
        model.table("core.incident")


@EVERY
def test_columns_are_unique_described_and_of_a_known_type(table: model.Table):
    assert len(set(table.names)) == len(table.names)
    assert table.grain and all(column.description for column in table.columns)
    assert {column.dtype for column in table.columns} <= set(model.SQL_TYPES)


@EVERY
def test_the_key_exists(table: model.Table):
    assert table.key and set(table.key) <= set(table.names)


@EVERY
def test_dates_that_date_something_are_dates_of_the_table(table: model.Table):
    dates = {column.name for column in table.columns if column.dtype == "date"}
    assert table.dated_by in dates | {""}
    assert {column.known_from for column in table.columns} - {""} <= dates
    for column in table.columns:
        if column.known_from:
            assert table.column(column.known_from).known_from == column.known_from, "it becomes known with itself"


@EVERY
def test_codes_have_values_with_the_two_unknowns_and_nothing_else_has(table: model.Table):
    for column in table.columns:
        if column.dtype == "code":
            # What a person enters on the desk comes from no source that could leave it open.
            if table.schema != "desk" or table.is_fed:
                assert {model.UNKNOWN, model.UNMAPPED} <= set(column.values), column.name
            assert len(set(column.values)) == len(column.values) >= 2, column.name
        else:
            assert not column.values, column.name


def test_fed_tables_carry_the_file_and_line_of_each_row():
    fed = model.fed_tables()
    assert {"incidents", "arrests", "cases", "defendants", "memberships", "feuds"} <= {table.name for table in fed}
    assert all({"source_load", "source_row"} <= set(table.names) for table in fed)
    assert all(len(table.key) == 1 and table.column(table.key[0]).required for table in fed)
    for name, key in model.DESK_KEYS.items():
        assert model.table(f"desk.{name}").column(key).required
    assert set(model.DESK_KEYS) == {table.name for table in model.tables("desk") if "event_id" in table.names}


def test_accounting_publishes_what_it_holds():
    assert model.table("meta.accounting").columns == model.table("mart.data_quality").columns


@EVERY
def test_what_names_or_places_a_person_is_marked(table: model.Table):
    for name in NAMES_A_PERSON.intersection(table.names):
        assert table.column(name).is_pii, name


def test_positions_of_places_are_marked():
    places = model.table("core.places")
    assert all(places.column(name).is_pii for name in ("x", "y", "matched_address"))


@EVERY
def test_nothing_personal_can_be_published(table: model.Table):
    for edition in ("internal", "public"):
        shown = releasable(table, edition)
        assert not any(table.column(name).is_pii for name in shown)
        assert bool(shown) == (edition in table.editions)


def test_the_public_edition_has_no_person_and_no_group():
    public = {table.name: releasable(table, "public") for table in model.TABLES if "public" in table.editions}
    assert {"metrics", "hot_spots", "areas", "data_quality"} <= set(public)
    assert not [name for name in public if "group" in name or "person" in name or "people" in name or name == "leads"]
    assert not [(name, c) for name, columns in public.items() for c in columns if "group" in c or "person" in c]
    assert not [name for name in public if any(column.is_person for column in model.table(name).columns)]


def test_raw_desk_and_meta_are_never_published():
    assert not [table.name for table in (*model.tables("desk"), *model.tables("meta")) if table.editions]
    assert {table.name for table in model.tables("core") if table.editions} == {
        "areas",
        "population",
        "incident_cells",
        "group_memberships",
        "group_feuds",
    }


def test_a_membership_never_rests_on_who_somebody_is_or_says():
    forbidden = ("family", "address", "neighborhood", "victim", "speech", "religion", "politic", "assembly", "race")
    assert model.MEMBERSHIP_CRITERIA
    assert not [name for name in model.MEMBERSHIP_CRITERIA if any(word in name for word in forbidden)]
