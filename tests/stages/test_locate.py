"""Places of a tiny invented town: what is taken over from the newest core and what is not, and hand-counted quality."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from strategic_prosecution import model, stages, warehouse
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages import places as locating
from strategic_prosecution.stages import reference as compiling
from strategic_prosecution.stages.geocoding_quality import fix_list, public_quality
from tests.leaks import find_leaks

# Long ones; `make test` has the rules of matching in `tests/places`.
pytestmark = pytest.mark.slow

DAY = date(2024, 6, 30)
YEAR_END = date(2023, 12, 31)
OFFICE = """
[office]
name = "Invented Town"
timezone = "America/New_York"
crs = "EPSG:26918"
settle_seconds = 0

[release]
min_cell = 2
smallest_public_area = "district"
public_demo_key = "no secret: for invented people only"

[extracts.police]
files = "incidents_*.csv"
extract_date = "filename"
holds = "everything"
max_withdrawn_share = 1.0
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY", offense_category = "WHAT", address = "AT", area_id = "DIST" }

[extracts.jail]
files = "arrests_*.csv"
extract_date = "filename"
[[extracts.jail.feeds]]
table = "arrests"
key = "arrest_id"
columns = { arrest_id = "NO", arrest_date = "DAY", race_ethnicity = "RACE", address = "AT", home_address = "HOME" }

[places]
PLACES
[places.streets]
file = "streets.csv"
[places.streets.columns]
street_name = "NAME"
left_from = "LF"
left_to = "LT"
right_from = "RF"
right_to = "RT"
segment_id = "ID"
geometry = "wkt"
[places.named_places]
file = "named.csv"
columns = { name = "NAME", category = "KIND", lon = "LON", lat = "LAT" }
[[places.areas]]
layer = "district"
file = "districts.csv"
id = "DIST"
[places.population]
layer = "district"
total = "PEOPLE"
"""
STREETS = """ID,NAME,LF,LT,RF,RT,wkt
g1,GANDER ST,101,199,100,198,"LINESTRING (-75.1700 39.9500, -75.1685 39.9500)"
g2,GANDER ST,201,299,200,298,"LINESTRING (-75.1685 39.9500, -75.1670 39.9500)"
p1,PLOVER AVE,101,199,100,198,"LINESTRING (-75.1685 39.9490, -75.1685 39.9500)"
p2,PLOVER AVE,201,299,200,298,"LINESTRING (-75.1685 39.9500, -75.1685 39.9510)"
t1,TEAL RD,101,199,100,198,"LINESTRING (-75.1700 39.9510, -75.1685 39.9510)"
"""
NAMED = "NAME,KIND,LON,LAT\nGANDER JAIL,jail,-75.1700,39.9520\nPLOVER PARK,park,-75.1650,39.9520\n"
DISTRICTS = """DIST,PEOPLE,wkt
north,"1,200","POLYGON ((-75.18 39.95, -75.16 39.95, -75.16 39.96, -75.18 39.96, -75.18 39.95))"
"""
INCIDENTS = """NO,DAY,WHAT,AT,DIST
1,2023-02-01,robbery,120 GANDER ST,north
2,2023-03-01,robbery,120 GANDER ST,north
3,2024-02-01,theft,100 BLOCK OF GANDER ST,south
4,2024-02-02,theft,GANDER ST & PLOVER AVE,south
5,2024-02-03,theft,9900 GANDER ST,
6,2024-02-04,theft,PO BOX 5,
7,2024-02-05,theft,12 NOWHERE LN,south
8,2024-02-06,theft,14 NOWHERE LN,south
9,2024-02-07,theft,12 NOWHERE LN,south
10,2024-02-08,theft,,south
"""
ARRESTS = """NO,DAY,RACE,AT,HOME
a1,2024-01-01,black,120 GANDER ST,130 TEAL RD
a2,2024-01-02,black,GANDER JAIL,77 NOWHERE LN
a3,2024-01-03,white,120 GANDER ST,140 TEAL RD
a4,2024-01-04,white,120 GANDER ST,140 TEAL RD
"""


def town(folder: Path, *, places: str = "", incidents: str = INCIDENTS) -> Office:
    """The town's office: its files, written where they are missing or differ."""
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    files = {
        folder / "office.toml": OFFICE.replace("PLACES", places),
        folder / "streets.csv": STREETS,
        folder / "named.csv": NAMED,
        folder / "districts.csv": DISTRICTS,
        raw / "incidents_2024-06-29.csv": incidents,
        raw / "arrests_2024-06-30.csv": ARRESTS,
    }
    for path, text in files.items():
        if not path.exists():
            path.write_text(text, encoding="utf-8")
    return load_office(folder / "office.toml")


def rewrite(folder: Path, name: str, old: str, new: str) -> Office:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load_office(folder / "office.toml")


def located(office: Office) -> dict[str, int]:
    return stages.nightly(office, stages=stages.CORE)[1]["locate"]


def hashes(office: Office) -> dict[str, str]:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        tables = [model.table(name) for name in ("core.places", "core.place_areas")]
        results = [model.table(name) for name in ("mart.geocoding_quality", "mart.geocoding_error")]
        return {table.name: warehouse.table_hash(connection, table) for table in tables} | {
            table.name: warehouse.table_hash(connection, table, DAY) for table in results
        }


@dataclass(frozen=True)
class Night:
    """The town after a whole night."""

    office: Office
    folder: Path
    located: dict[str, int]

    def copy(self, folder: Path) -> Office:
        """The town as it was after that night, to be disturbed."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        return load_office(folder / "office.toml")

    def rows(self, table: str, breakdown: str | None = None) -> pd.DataFrame:
        with warehouse.run(self.office, what="test"), warehouse.open_records(self.office) as connection:
            frame = connection.execute("from mart.geocoding_quality where table_name = ? order by all", [table]).df()
        return (frame if breakdown is None else frame[frame["breakdown"] == breakdown]).set_index("segment")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("town")
    office = town(folder)
    _, counts = stages.nightly(office)
    return Night(office, folder, counts["locate"])


# -------------------------------------------------------------------------------------------------------- quality


def test_hit_rates_by_records_and_strings_with_both_denominators(night: Night) -> None:
    whole = night.rows("incidents", "").loc[""]
    counts = [
        "records",
        "geocodable_records",
        "matched_records",
        "out_of_range_records",
        "tie_records",
        "distinct_strings",
        "geocodable_strings",
        "matched_strings",
    ]
    assert whole[counts].tolist() == [10, 8, 4, 1, 0, 7, 6, 3]
    rates = ["value", "value_geocodable", "value_strings", "value_geocodable_strings"]
    assert whole[rates].tolist() == pytest.approx([4 / 10, 4 / 8, 3 / 7, 3 / 6])
    # Wilson 1927 for 4 of 10, as the textbooks print it.
    assert whole[["lower", "upper"]].tolist() == pytest.approx([0.16818, 0.68733], abs=1e-5)
    assert whole["against_floor"] == "below"


def test_splits_add_up_and_have_no_rate_where_they_say_it_themselves(night: Night) -> None:
    types = night.rows("incidents", "match_type")
    assert types["records"].to_dict() == {"block": 1, "intersection": 1, "none": 5, "range": 2, "range_out": 1}
    assert types["value"].isna().all() and types["share"].sum() == pytest.approx(1)
    assert night.rows("incidents", "reason")["records"].to_dict() == {"empty": 1, "no_such_street": 3, "po_box": 1}
    years = night.rows("incidents", "year")
    assert years[["records", "matched_records"]].to_numpy().tolist() == [[2, 2], [8, 2]]
    assert night.rows("incidents", "offense")["records"].to_dict() == {"robbery": 2, "theft": 8}
    assert night.rows("incidents", "district")["records"].to_dict() == {"north": 2, "south": 6, "unknown": 2}
    assert night.rows("incidents", "race_ethnicity").empty
    homes = night.rows("arrests (home)", "race_ethnicity")
    assert homes[["records", "matched_records"]].to_numpy().tolist() == [[2, 1], [2, 2]]


def test_what_no_extract_gives_has_no_rate(night: Night) -> None:
    """Custody and shootings have no extract here, and nobody says in what district an arrest was made."""
    with warehouse.run(night.office, what="test"), warehouse.open_records(night.office) as connection:
        tables = connection.execute("select distinct table_name from mart.geocoding_quality order by 1").fetchall()
    assert tables == [("arrests",), ("arrests (home)",), ("incidents",)]
    assert night.rows("arrests", "offense").empty


def test_institutions_and_streets_that_the_layer_lacks(night: Night) -> None:
    assert night.rows("arrests", "institution")["records"].to_dict() == {"GANDER JAIL": 1}
    assert night.rows("incidents", "institution").empty
    assert night.rows("incidents", "unmatched_street")["records"].to_dict() == {"NOWHERE LN": 3}
    # Where people live is not told, whatever street it names.
    assert night.rows("arrests (home)", "unmatched_street").empty and night.rows("arrests", "unmatched_street").empty


def test_published_files_hold_no_address_and_the_public_ones_no_street(night: Night) -> None:
    runs = night.office.processed_dir / "runs"
    addresses = ("130 TEAL RD", "140 TEAL RD", "77 NOWHERE LN", "12 NOWHERE LN", "120 GANDER ST")
    assert find_leaks(night.office.processed_dir, ("140 TEAL RD",), files="records.duckdb")
    assert find_leaks(runs, addresses) == []
    (public,) = runs.glob("*/public")
    assert find_leaks(public, ("NOWHERE LN", "GANDER ST", "GANDER JAIL")) == []


def test_what_the_public_may_see_hides_a_few_people() -> None:
    columns = ["table_name", "breakdown", "segment", "records", "geocodable_records", "matched_records"]
    rows = pd.DataFrame(
        [
            ("incidents", "", "", 100, 99, 98),
            ("incidents", "unmatched_street", "NOWHERE LN", 2, 2, 0),
            ("incidents", "institution", "JAIL", 50, 50, 50),
            ("incidents", "match_type", "tie", 1, 1, 0),
            ("arrests", "", "", 300, 280, 250),
            ("arrests", "match_type", "range", 250, 250, 250),
            ("arrests", "race_ethnicity", "black", 100, 90, 80),
            ("arrests", "race_ethnicity", "white", 150, 140, 120),
            ("arrests", "race_ethnicity", "asian", 50, 50, 50),
            ("arrests (home)", "", "", 300, 295, 250),
        ],
        columns=columns,
    ).assign(as_of=YEAR_END)
    for name in model.table("mart.geocoding_quality").names:
        if name not in rows:
            rows[name] = 7.0
    shown = public_quality(rows, min_cell=10).set_index(["table_name", "breakdown", "segment"]).sort_index()
    assert {cell: None if pd.isna(count) else count for cell, count in shown["records"].items()} == {
        ("incidents", "", ""): 100,
        ("incidents", "match_type", "tie"): 1,
        ("arrests", "", ""): 300,
        ("arrests", "race_ethnicity", "black"): 100,
        ("arrests", "race_ethnicity", "white"): 150,
        ("arrests", "race_ethnicity", "asian"): 50,
        # 5 people have no address at all.
        ("arrests (home)", "", ""): None,
    }
    assert shown["suppressed"].sum() == 1
    # The next night of the year tells of events only: of people it says again what the year end said.
    next_night = rows.assign(as_of=DAY, records=rows["records"] + 1)
    both = public_quality(pd.concat([rows, next_night]), min_cell=10)
    of_people = both["table_name"] != "incidents"
    assert set(both.loc[of_people, "as_of"]) == {YEAR_END} and set(both.loc[~of_people, "as_of"]) == {DAY}
    assert set(public_quality(next_night, min_cell=10)["table_name"]) == {"incidents"}
    assert shown.loc["arrests", "tie_records"].isna().all() and shown.loc["arrests", "matched_strings"].isna().all()


def test_the_fix_list_is_by_records_and_knows_its_tables(night: Night) -> None:
    with warehouse.run(night.office, what="test"), warehouse.open_records(night.office) as connection:
        rows = fix_list(connection, table="incidents")
        homes = fix_list(connection, table="arrests (home)")
        with pytest.raises(SettingsError, match=r"\[arrest\] has no addresses; did you mean \[arrests\]"):
            fix_list(connection, table="arrest")
    assert rows[["address", "faults", "records"]].to_numpy().tolist() == [
        ["12 NOWHERE LN", "no_such_street", 2],
        ["14 NOWHERE LN", "no_such_street", 1],
        ["9900 GANDER ST", "number_out_of_range", 1],
    ]
    assert homes["address"].tolist() == ["77 NOWHERE LN"]


def test_residents_may_be_columns_of_the_area_layer(night: Night) -> None:
    with warehouse.run(night.office, what="test"), warehouse.open_records(night.office) as connection:
        rows = connection.execute("select layer, area_id, race_ethnicity, population from core.population").fetchall()
    assert rows == [("district", "north", "all", 1200)]


# ---------------------------------------------------------------------------------------------------------- cache


def test_a_second_night_takes_everything_over_and_changes_nothing(night: Night, tmp_path: Path) -> None:
    office = night.copy(tmp_path)
    before = hashes(office)
    assert night.located["taken_over"] == 0 and night.located["places"] == 11
    assert located(office) == night.located | {"taken_over": 11}
    assert hashes(office) == before


def test_only_new_addresses_are_geocoded_and_old_ones_leave(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = night.copy(tmp_path / "warm")
    asked: list[list[str]] = []
    real = locating.geocode

    def told(addresses: pd.Series, *others: object, **settings: object) -> pd.DataFrame:
        asked.append(list(addresses))
        return real(addresses, *others, **settings)

    monkeypatch.setattr(locating, "geocode", told)
    newer = INCIDENTS.replace("PO BOX 5", "250 PLOVER AVE")
    (office.raw_dir / "incidents_2024-06-30.csv").write_text(newer, encoding="utf-8")
    second = located(office)
    assert asked == [["250 PLOVER AVE"]]
    # One came, one went.
    assert second["places"] == 11 and second["taken_over"] == 10
    cold = town(tmp_path / "cold", incidents=newer)
    located(cold)
    assert hashes(cold)["places"] == hashes(office)["places"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("office.toml", "[places]\n", "[places]\noffset_m = 20.0\n"),
        ("office.toml", "[places]\n", "[places]\nfuzzy = false\n"),
        ("office.toml", "[places]\n", '[places]\nlocalities = ["Invented Town"]\n'),
        ("office.toml", "[places]\n", "[places]\nuse_coordinates = true\n"),
        ("streets.csv", "g2,GANDER ST,201,299", "g2,GANDER ST,203,299"),
        ("named.csv", "-75.1700,39.9520", "-75.1701,39.9520"),
    ],
)
def test_another_setting_or_layer_is_another_key(tmp_path: Path, name: str, old: str, new: str) -> None:
    before = compiling.geocoder_key(town(tmp_path))
    assert compiling.geocoder_key(rewrite(tmp_path, name, old, new)) != before


def test_another_layer_takes_nothing_over(night: Night, tmp_path: Path) -> None:
    night.copy(tmp_path)
    assert located(rewrite(tmp_path, "streets.csv", "g2,GANDER ST,201,299", "g2,GANDER ST,203,299"))["taken_over"] == 0


def test_what_changes_no_answer_keeps_the_key(tmp_path: Path) -> None:
    before = compiling.geocoder_key(town(tmp_path))
    assert compiling.geocoder_key(rewrite(tmp_path, "office.toml", "Invented Town", "Invented City")) == before
    assert compiling.geocoder_key(rewrite(tmp_path, "districts.csv", "1,200", "1,300")) == before


def test_another_geocoder_takes_nothing_over_and_compiles_anew(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = night.copy(tmp_path)
    (old,) = (office.processed_dir / "reference").iterdir()
    monkeypatch.setattr(compiling, "geocoder_code", lambda: "another")
    assert located(office)["taken_over"] == 0
    (new,) = (office.processed_dir / "reference").iterdir()
    assert new.name != old.name and new.stat().st_mode & 0o777 == 0o600


def test_what_was_emptied_is_not_taken_over_and_comes_out_the_same(night: Night, tmp_path: Path) -> None:
    office = night.copy(tmp_path)
    before = hashes(office)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        for table in model.tables("core"):
            connection.execute(warehouse.create_table(table, clause="create or replace table"))
    assert located(office)["taken_over"] == 0
    assert hashes(office) == before


def test_a_night_that_dies_in_locate_leaves_what_was_there(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = night.copy(tmp_path)
    before = hashes(office)
    rewrite(tmp_path, "office.toml", "[places]\n", "[places]\noffset_m = 20.0\n")
    other = load_office(tmp_path / "office.toml")
    with monkeypatch.context() as patch:
        patch.setattr(locating, "_place_areas", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            located(other)
    rewrite(tmp_path, "office.toml", "offset_m = 20.0\n", "")
    assert located(load_office(tmp_path / "office.toml")) == night.located | {"taken_over": 11}
    assert hashes(office) == before


@pytest.mark.parametrize("name", ["s.gdb", "s.gpkg", "s[1].shp"])
def test_a_layer_is_all_its_files(tmp_path: Path, name: str) -> None:
    """A file geodatabase is a folder, a shapefile several files."""
    office = rewrite_layer(tmp_path, name, left_from=101)
    before = compiling.geocoder_key(office)
    assert compiling.compiled(office, keep=False) is not None
    # To read it is not to change it.
    assert compiling.geocoder_key(office) == before
    assert compiling.geocoder_key(rewrite_layer(tmp_path, name, left_from=103)) != before


def rewrite_layer(folder: Path, name: str, *, left_from: int) -> Office:
    office = town(folder)
    table = pd.read_csv(folder / "streets.csv", dtype=str).assign(LF=str(left_from))
    layer = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries.from_wkt(table["wkt"]), crs="EPSG:4326").drop(columns="wkt")
    path = folder / name
    if path.is_dir():
        shutil.rmtree(path)
    layer.to_file(path, driver="OpenFileGDB" if name.endswith(".gdb") else None)
    if "streets.csv" not in (folder / "office.toml").read_text(encoding="utf-8"):
        return office
    rewrite(folder, "office.toml", 'geometry = "wkt"\n', "")
    return rewrite(folder, "office.toml", '"streets.csv"', f'"{name}"')


def test_a_layer_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = town(tmp_path)
    real = compiling.read_streets

    def replaced(path: Path, **more: object) -> pd.DataFrame:
        frame = real(path, **more)  # type: ignore[arg-type]
        rewrite(tmp_path, "streets.csv", "g2,GANDER ST,201,299", "g2,GANDER ST,203,299")
        return frame

    with monkeypatch.context() as patch:
        patch.setattr(compiling, "read_streets", replaced)
        with pytest.raises(ValueError, match="changed while it was read"):
            compiling.compiled(office, keep=True)
    assert not (office.processed_dir / "reference").exists()


def test_a_damaged_reference_is_compiled_anew(night: Night, tmp_path: Path) -> None:
    office = night.copy(tmp_path)
    (kept,) = (office.processed_dir / "reference").iterdir()
    whole = kept.read_bytes()
    listed = whole.index(b"PK\x01\x02")
    packed_unknown = whole[: listed + 10] + b"\x63" + whole[listed + 11 :]
    for damage in (whole[:200], b"", whole[:-30] + b"x" * 30, packed_unknown):
        kept.write_bytes(damage)
        assert compiling.compiled(office, keep=True) is not None
        assert kept.read_bytes() == whole


def test_an_earlier_day_takes_over_too_and_leaves_the_newest_as_it_is(night: Night, tmp_path: Path) -> None:
    office = night.copy(tmp_path)
    before = hashes(office)
    _, counts = stages.nightly(office, date(2024, 6, 29), stages=stages.CORE)
    assert counts["locate"]["taken_over"] == counts["locate"]["places"] > 0
    assert hashes(office) == before


def test_names_with_days_are_asked_anew_every_night(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text(
        "alias,street,valid_from,valid_to\nNOWHERE LN,TEAL RD,,2024-02-06\n", encoding="utf-8"
    )
    places = "[places.aliases]\nfile = 'aliases.csv'"
    columns = "columns = { alias = 'alias', street = 'street', valid_from = 'valid_from', valid_to = 'valid_to' }"
    office = town(tmp_path, places=f"{places}\n{columns}")
    assert located(office)["taken_over"] == located(office)["taken_over"] == 0
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        rows = connection.execute(
            "select distinct address, origin from core.incidents join core.places using (place_id) "
            "where address like '%NOWHERE%' order by 1"
        ).fetchall()
    # The name was given up on 6 February, before or on the day of the newest record of either.
    assert rows == [("12 NOWHERE LN", "none"), ("14 NOWHERE LN", "none")]
