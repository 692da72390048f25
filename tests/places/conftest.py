"""A town of a few streets around (500000, 4400000) in EPSG:26918, small enough to place every address by hand."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from strategic_prosecution.places import Reference, load_reference

CRS = "EPSG:26918"
X0, Y0 = 500_000.0, 4_400_000.0

# segment_id, direction, name, suffix, left from-to, right from-to, points relative to the origin
SEGMENTS = [
    ("m1", "", "MAIN", "ST", 101, 199, 100, 198, [(0, 0), (100, 0)]),
    ("m2", "", "MAIN", "ST", 201, 219, 200, 218, [(100, 0), (140, 0)]),
    ("m3", "", "MAIN", "ST", 221, 299, 220, 298, [(140, 0), (200, 0)]),
    ("o1", "", "OAK", "AVE", 198, 100, 199, 101, [(300, 0), (300, 100)]),
    ("n5", "N", "5TH", "ST", 101, 199, 100, 198, [(200, 0), (200, 100)]),
    ("s5", "S", "5TH", "ST", 101, 199, 100, 198, [(200, 0), (200, -100)]),
    ("s5b", "S", "5TH", "ST", 201, 299, 200, 298, [(200, -100), (200, -200)]),
    ("lp", "", "LOOP", "RD", 0, 0, 2, 98, [(0, 0), (0, 50), (200, 50), (200, 0)]),
    ("so", "", "SOUTH", "ST", 1, 99, 0, 0, [(0, 500), (100, 500)]),
    ("es", "", "E", "ST", 1, 99, 2, 98, [(0, 600), (100, 600)]),
    ("cp", "", "CANAL", "PARK", 1, 99, 2, 98, [(0, 700), (100, 700)]),
    ("mc", "", "MC KINLEY", "ST", 1, 99, 2, 98, [(0, 800), (100, 800)]),
    ("34", "", "34TH", "ST", 1, 99, 2, 98, [(0, 900), (100, 900)]),
    ("be", "", "BENT", "LN", 1000, 1998, 1001, 1999, [(0, 1000), (1000, 1000)]),
    ("g1", "", "GAP", "ST", 101, 149, 100, 148, [(0, 1100), (50, 1100)]),
    ("g2", "", "GAP", "ST", 151, 199, 150, 198, [(350, 1100), (400, 1100)]),
    ("d1", "", "DUAL", "BLVD", 101, 199, 0, 0, [(0, 1230), (200, 1230)]),
    ("d2", "", "DUAL", "BLVD", 0, 0, 100, 198, [(0, 1200), (200, 1200)]),
]


@pytest.fixture(scope="session")
def streets() -> gpd.GeoDataFrame:
    columns = [
        "segment_id",
        "street_predir",
        "street_name",
        "street_type",
        "left_from",
        "left_to",
        "right_from",
        "right_to",
    ]
    frame = pd.DataFrame([row[:8] for row in SEGMENTS], columns=columns).assign(street_postdir=None)
    lines = [LineString([(X0 + x, Y0 + y) for x, y in row[8]]) for row in SEGMENTS]
    return gpd.GeoDataFrame(frame, geometry=lines, crs=CRS)


@pytest.fixture(scope="session")
def town(streets: gpd.GeoDataFrame) -> Reference:
    aliases = pd.DataFrame({"alias": ["OLD POST ROAD", "NOWHERE ST"], "street": ["MAIN ST", "ABSENT AVE"]})
    return load_reference(streets=streets, aliases=aliases, localities=("Riverton", "PA", "19000"), crs=CRS)
