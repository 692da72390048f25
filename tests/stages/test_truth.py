"""What was planted in the county at its default size, and what the pipeline finds of it."""

import json
from datetime import date

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sklearn.metrics import adjusted_rand_score

from strategic_prosecution import stages, warehouse
from strategic_prosecution.demo import write_county
from strategic_prosecution.groups import detect_clusters, same_side_ties
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages.queries import query

pytestmark = pytest.mark.slow
AS_OF = date(2025, 12, 31)


@pytest.fixture(scope="module")
def default_county(tmp_path_factory):
    county = write_county(tmp_path_factory.mktemp("county"))
    office = load_office(county.office_toml)
    stages.nightly(office)
    with duckdb.connect(str(office.processed_dir / "internal" / "office.duckdb"), read_only=True) as connection:
        yield county, office, connection


def found_spots(connection, crs: str, category: str, days: int, *, former: bool = False) -> gpd.GeoDataFrame:
    """Hot spots in order of rank; with ``former`` also those that are none now, last."""
    rows = connection.execute(
        "select rank, persistence, geometry from hot_spots where category = ? and window_days = ? "
        "and (rank is not null or ?) order by rank nulls last, hot_spot_id",
        [category, days, former],
    ).df()
    shapes = gpd.GeoSeries.from_wkb(rows["geometry"].map(bytes), crs="EPSG:4326").to_crs(crs)
    return gpd.GeoDataFrame(rows.drop(columns="geometry"), geometry=shapes)


def test_planted_hot_spots_are_in_the_top_ranks(default_county):
    county, office, connection = default_county
    truth = pd.read_csv(county.truth_dir / "hot_spots.csv")
    for category in ("violence", "shootings", "burglary"):
        planted = truth[(truth["category"] == category) & truth["kind"].isin(["persistent", "emerging"])]
        areas = shapely.from_wkt(planted["area"].to_numpy())
        found = found_spots(connection, office.office.crs, category, 365)
        top = found.head(len(planted))
        recall = np.mean([top.geometry.intersects(area).any() for area in areas])
        precision = np.mean([shapely.intersects(areas, shape).any() for shape in top.geometry])
        print(
            f"{category}: {len(planted)} planted, recall in the top {len(top)} {recall:.2f}, precision {precision:.2f}"
        )
        assert len(planted) >= 5
        assert recall >= 0.9
        assert precision >= 0.9


def test_classes_are_the_planted_ones(default_county):
    """The confusion table of planted and found, of the hot spots of the last 90 days and those that are none now."""
    county, office, connection = default_county
    truth = pd.read_csv(county.truth_dir / "hot_spots.csv")
    rows = []
    for category in ("violence", "burglary"):
        found = found_spots(connection, office.office.crs, category, 90, former=True)
        planted = truth[truth["category"] == category]
        for kind, area in zip(planted["kind"], shapely.from_wkt(planted["area"].to_numpy()), strict=True):
            overlap = found.geometry.intersection(area).area
            best = found.loc[overlap.idxmax(), "persistence"] if overlap.max() > 0 else "not found"
            rows.append((kind, best if pd.notna(best) else "none"))
        former = found[found["persistence"] == "former"]
        still = shapely.from_wkt(planted.loc[planted["kind"] != "former", "area"].to_numpy())
        assert not any(former.geometry.intersects(area).any() for area in still), "a place that is hot is not former"
    table = pd.crosstab(*zip(*rows, strict=True), rownames=["planted"], colnames=["found"])
    print(table.to_string())
    for kind in ("persistent", "emerging", "former"):
        assert table.loc[kind].sum() >= 6
        assert table.loc[kind, kind] / table.loc[kind].sum() >= 0.8, kind


def test_gone_hot_spots_are_not_among_the_found(default_county):
    county, office, connection = default_county
    truth = pd.read_csv(county.truth_dir / "hot_spots.csv")
    gone = shapely.from_wkt(truth.loc[truth["kind"] == "former", "area"].to_numpy())
    assert len(gone)
    for category in ("violence", "burglary"):
        found = found_spots(connection, office.office.crs, category, 90)
        assert not any(found.geometry.intersects(shape).any() for shape in gone)


def test_last_periods_hot_spots_beat_their_share_of_the_area(default_county):
    _, _, connection = default_county
    rows = connection.execute(
        "select * from hot_spot_accuracy where window_days = 365 and area_rule = 'hot_spots' and category <> 'disorder'"
    ).df()
    print(rows[["category", "method", "hot_spots", "hit_rate", "area_share", "pai"]].to_string(index=False))
    found = rows[rows["method"] == "hot_spots"]
    assert len(found) == 3
    assert (found["pai"] > 10).all()
    assert (found["hit_rate"] < 1).all()
    assert rows.loc[rows["method"] == "uniform", "pai"].to_numpy() == pytest.approx(1)


def test_where_police_look_is_on_the_map_that_counts_what_they_find_and_on_no_other(default_county):
    county, office, connection = default_county
    watched = pd.read_csv(county.truth_dir / "watched_corners.csv")
    quiet = shapely.from_wkt(watched.loc[watched["spot_id"].isna(), "area"].to_numpy())
    rows = connection.execute(
        "select geometry, incidents, police_incidents from hot_spot_variants "
        "where variant = 'with_police' and category = 'disorder' and window_days = 365 order by rank limit 3"
    ).df()
    looked = gpd.GeoSeries.from_wkb(rows["geometry"].map(bytes), crs="EPSG:4326").to_crs(office.office.crs)
    corners = shapely.from_wkt(watched["area"].to_numpy())
    assert all(looked.intersects(area).any() for area in corners)
    assert (rows["police_incidents"] > 10 * rows["incidents"]).all()
    for category in ("violence", "shootings"):
        found = found_spots(connection, office.office.crs, category, 365)
        assert not any(found.geometry.intersects(area).any() for area in quiet)
    # What only police-generated incidents make a hot spot shows what police did there, without a ratio.
    seen = connection.execute(
        "select geometry, value, ratio from hot_spot_variants as variants join hot_spot_sides as sides "
        "on (sides.category, sides.window_days, sides.hot_spot_id) = "
        "(variants.category, variants.window_days, variants.sides_id) "
        "where variant = 'with_police' and variants.window_days = 365 and measure = 'stops'"
    ).df()
    shapes = gpd.GeoSeries.from_wkb(seen["geometry"].map(bytes), crs="EPSG:4326").to_crs(office.office.crs)
    at_quiet = np.any([shapes.intersects(area) for area in quiet], axis=0)
    assert at_quiet.any() and (seen.loc[at_quiet, "value"] > 100).all()
    assert seen["ratio"].isna().all()


def test_the_watched_hot_spot_is_seen_at_once(default_county):
    """The strongest control spot has the arrests and stops of a watched corner, the others those of their violence."""
    county, office, connection = default_county
    watched = pd.read_csv(county.truth_dir / "watched_corners.csv").dropna(subset="spot_id")
    area = shapely.from_wkt(watched["area"].iloc[0])
    rows = connection.execute(
        "select geometry, measure, reading, ratio from hot_spots join hot_spot_sides "
        "using (as_of, category, window_days, hot_spot_id) "
        "where category = 'violence' and window_days = 365 and rank is not null and detail = '' "
        "and measure in ('arrests', 'stops')"
    ).df()
    shapes = gpd.GeoSeries.from_wkb(rows["geometry"].map(bytes), crs="EPSG:4326").to_crs(office.office.crs)
    here = rows[shapes.intersects(area).to_numpy()]
    print(rows.drop(columns="geometry").assign(watched=shapes.intersects(area).to_numpy()).to_string())
    assert here["reading"].tolist() == ["more", "more"]
    others = rows[~shapes.intersects(area).to_numpy() & (rows["measure"] == "stops").to_numpy()]
    assert (others["reading"] == "more").mean() < 0.1


def test_planted_groups_are_recovered_from_co_arrests(default_county):
    county, office, _ = default_county
    truth = pd.read_csv(county.truth_dir / "group_members.csv", dtype=str)
    records = pd.read_csv(county.truth_dir / "person_records.csv", dtype=str)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        participations = connection.execute(query("participations")).df()
        linked = connection.execute("select record_table, record_id, person_id as linked from core.person_records").df()
    ties, _ = same_side_ties(participations, as_of=AS_OF, window_days=office.groups.window_days)
    clusters = detect_clusters(ties, resolution=office.groups.resolution, seed=office.groups.seed)
    tied = pd.concat([ties["source"], ties["target"]]).value_counts()
    both = linked.merge(records, on=["record_table", "record_id"])
    whom = both.groupby("linked")["person_id"].agg(lambda ids: ids.mode().iloc[0])
    people = clusters[clusters["person"].map(tied) >= 2].assign(true=lambda c: c["person"].map(whom))
    members = people.merge(truth, left_on="true", right_on="person_id")
    score = adjusted_rand_score(members["group_id"], members["cluster"])
    print(f"{len(members)} members with two or more ties in {members['group_id'].nunique()} groups: ARI {score:.3f}")
    assert members["group_id"].nunique() >= 8
    assert score >= 0.9


def test_ranks_of_groups_are_the_planted_ones(default_county):
    county, _, connection = default_county
    truth = pd.read_csv(county.truth_dir / "groups.csv").set_index("group_id")
    found = connection.execute("select * from group_priorities").df().set_index("group_id")
    for group_id, planted in truth.iterrows():
        row = found.loc[group_id]
        assert row["shootings_suspect"] == planted["shootings_suspect"]
        assert row["shootings_victim"] == planted["shootings_victim"]
        if pd.notna(planted["rank_by"]):
            assert row["rank_violence_by"] == planted["rank_by"]
            assert row["rank_violence_against"] == planted["rank_against"]


def test_open_feuds_are_found_and_ended_ones_are_not(default_county):
    county, _, connection = default_county
    feuds = json.loads((county.truth_dir / "truth.json").read_text())["feuds"]
    still_open = {frozenset((feud["group"], feud["other"])) for feud in feuds if not feud["ended_on"]}
    found = connection.execute("select group_id, other_group_id from group_feuds").fetchall()
    assert {frozenset(pair) for pair in found} == still_open


def test_memberships_that_count_are_those_the_rules_leave(default_county):
    county, office, connection = default_county
    truth = pd.read_csv(county.truth_dir / "memberships.csv", dtype=str)
    counts = set(truth.loc[truth["counts_on_last_day"] == "True", "membership_id"])
    with warehouse.run(office, what="test"), warehouse.open_records(office) as records:
        found = {m for (m,) in records.execute("select membership_id from core.group_memberships").fetchall()}
    assert found == counts
    assert connection.execute("select count(*) from group_memberships").fetchone() == (len(counts),)


def test_records_of_one_person_are_joined_and_those_of_two_are_not(default_county):
    """Of pairs of records: at least 99.7 % of the joined are one person's, at least 97 % of one person's are joined."""
    county, office, _ = default_county
    records = pd.read_csv(county.truth_dir / "person_records.csv", dtype=str)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        linked = connection.execute(
            "select record_table, record_id, person_id as linked, confirmed_person_id as confirmed "
            "from core.person_records"
        ).df()
    both = linked.merge(records, on=["record_table", "record_id"])
    assert len(both) > 0.99 * len(linked)

    def pairs(*columns: str) -> float:
        size = both.groupby(list(columns)).size()
        return float((size * (size - 1) / 2).sum())

    precision, recall = (
        pairs("person_id", "linked") / pairs("linked"),
        pairs("person_id", "linked") / pairs("person_id"),
    )
    print(f"people: pairwise precision {precision:.5f}, recall {recall:.5f}")
    assert precision >= 0.997 and recall >= 0.97
    # What lists may go by: a wrong digit may name somebody else, likeness never.
    assert pairs("person_id", "confirmed") / pairs("confirmed") >= 0.999


def test_addresses_are_placed_where_they_were_planted(default_county):
    county, office, _ = default_county
    truth = pd.read_csv(county.truth_dir / "incident_places.csv")
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        placed = connection.execute(
            "select incident_id, match_type, places.x as found_x, places.y as found_y "
            "from core.incidents join core.places using (place_id)"
        ).df()
    both = truth[~truth["is_junk"]].merge(placed, on="incident_id")
    hit = both["found_x"].notna()
    apart = np.hypot(both["x"] - both["found_x"], both["y"] - both["found_y"])[hit]
    print(f"hit {hit.mean():.1%}, median {apart.median():.1f} m, largest {apart.max():.0f} m")
    assert hit.mean() > 0.98
    assert apart.max() < 250
