"""An invented office with every published table, some rows hidden, some hostile: the input of the report's tests."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from strategic_prosecution import model
from strategic_prosecution.report import ReportData

AS_OF = date(2026, 4, 10)
CRS = "EPSG:26986"
WEST, SOUTH = 236_000, 898_000
HOSTILE = '<script>document.title = "taken"</script><img src=x onerror="document.title=\'taken\'">'


@dataclass(frozen=True)
class FakeMetric:
    """The attributes that the report reads of a metric."""

    name: str
    title: str
    commitment: str
    unit: str
    statistic: str
    denominator: str = ""
    definition: str = "Counted by the day of the event."
    numerator: str = "events of the period"
    better: str = "lower"
    protects: str = "event"
    source: str = "Invented Institute 2024, https://example.org/guide"
    grade: str = "D"
    warnings: tuple[str, ...] = ()


METRICS = (
    FakeMetric("violent_incidents", "Violent incidents", "crime reduction", "incidents", "count"),
    FakeMetric("shooting_incidents", "Shooting incidents", "crime reduction", "incidents", "count"),
    FakeMetric("homicide_victims", "Homicide victims", "crime reduction", "victims", "count"),
    FakeMetric(
        "clearance_rate", "Violent incidents cleared by arrest", "crime reduction", "share", "rate", "incidents"
    ),
    FakeMetric("arrests", "Arrests", "community harm", "arrests", "count", protects="person"),
    FakeMetric(
        "arrests_per_1000", "Arrests per 1,000 residents", "community harm", "per 1,000 residents", "per_capita"
    ),
    FakeMetric(
        "low_level_arrest_share", "Arrests for low-level offenses", "community harm", "share", "rate", "arrests"
    ),
    FakeMetric(
        "incarceration_rate", "Sentenced to prison or jail", "community harm", "share", "rate", "defendants sentenced"
    ),
    FakeMetric("dismissal_rate", "Cases dismissed", "fairness", "share", "rate", "cases filed"),
    FakeMetric(
        "felony_median_days", "Median days to disposition, felonies", "capacity", "days", "median_km", "felony cases"
    ),
    FakeMetric("community_meetings", "Community meetings", "engagement", "meetings", "count", better="higher"),
    FakeMetric("diversion_rate", "Cases diverted", "prevention", "share", "rate", "cases disposed"),
    FakeMetric("victim_contact_rate", "Victims contacted within two days", "engagement", "share", "rate", "victims"),
)
HEADLINE = ("violent_incidents", "shooting_incidents", "arrests", "incarceration_rate")
LEVEL = {
    "violent_incidents": 180,
    "shooting_incidents": 22,
    "homicide_victims": 3,
    "arrests": 410,
    "arrests_per_1000": 410,
    "community_meetings": 6,
}
RACES = {"black": 0.42, "hispanic": 0.25, "white": 0.3, "asian": 0.03}
RESIDENTS = {"black": 0.28, "hispanic": 0.22, "white": 0.42, "asian": 0.08}
DISTRICTS = tuple(f"D{number}" for number in range(1, 7))
POPULATION = 160_000


def metrics_table() -> pd.DataFrame:
    """mart.metrics of the invented office: every metric but victim_contact_rate, which has no extract."""
    return pd.concat([_rows(metric) for metric in METRICS if metric.name != "victim_contact_rate"], ignore_index=True)


def _rows(metric: FakeMetric) -> pd.DataFrame:
    parts = [_segment(metric, "", "", 1.0)]
    parts += [_segment(metric, "police_district", area, 1 / 6) for area in DISTRICTS]
    if metric.commitment != "crime reduction":
        parts += [_segment(metric, "race_ethnicity", race, part) for race, part in RACES.items()]
    return pd.concat(parts, ignore_index=True)


def _segment(metric: FakeMetric, breakdown: str, segment: str, part: float) -> pd.DataFrame:
    periods = [("month", 1, "2023-01-01", 40), ("quarter", 3, "2023-01-01", 14), ("year", 12, "2023-01-01", 4)]
    frames = []
    for kind, months, first, number in periods:
        start = pd.date_range(first, periods=number, freq=pd.DateOffset(months=months))
        wave = 1 + 0.25 * np.sin(np.arange(number) * 2 * np.pi * months / 12)
        count = np.rint(LEVEL.get(metric.name, 300) * part * months * wave).astype(int)
        frames.append(
            pd.DataFrame({"period": kind, "period_start": start, "period_end": _ends(start, months), "count": count})
        )
    frame = pd.concat(frames, ignore_index=True)
    count = frame.pop("count").astype(float)
    rate = metric.statistic in ("rate", "median_km", "per_capita")
    denominator = pd.Series(POPULATION * part, count.index) if metric.statistic == "per_capita" else count
    numerator = np.rint(count * 0.37) if metric.statistic == "rate" else count
    value = numerator / denominator if rate else numerator
    value = {"per_capita": value * 1000, "median_km": value * 0 + 143}.get(metric.statistic, value)
    spread = 2 * np.sqrt(np.maximum(numerator, 1)) / (denominator if rate else 1)
    frame = frame.assign(
        as_of=pd.Timestamp(AS_OF),
        metric=metric.name,
        breakdown=breakdown,
        segment=segment,
        numerator=numerator,
        denominator=denominator if rate else np.nan,
        value=value,
        lower=np.maximum(value - spread, 0),
        upper=value + spread,
        unit=metric.unit,
        basis="reconstructed" if metric.name == "diversion_rate" else "observed",
        complete=frame["period_end"] <= pd.Timestamp(AS_OF),
        suppressed=False,
        note=None,
    )
    if segment == "asian":
        frame.loc[:, ["numerator", "denominator", "value", "lower", "upper"]] = np.nan
        frame["suppressed"] = True
    return frame[list(model.table("mart.metrics").names)]


def _ends(start: pd.DatetimeIndex, months: int) -> pd.DatetimeIndex:
    return start + pd.DateOffset(months=months) - pd.Timedelta(days=1)


def areas_table() -> pd.DataFrame:
    """Six districts of 5 km, three by two."""
    boxes = [
        shapely.box(WEST + 5000 * i, SOUTH + 5000 * j, WEST + 5000 * (i + 1), SOUTH + 5000 * (j + 1))
        for j in range(2)
        for i in range(3)
    ]
    return pd.DataFrame(
        {
            "layer": "police_district",
            "area_id": DISTRICTS,
            "title": ["North & West", HOSTILE, "Harbor", "Old Town", "Mills", "College"],
            "area_m2": 25e6,
            "geometry": [shapely.to_wkb(box) for box in boxes],
        }
    )


def population_table() -> pd.DataFrame:
    """Residents of the districts by race/ethnicity and in all."""
    shares = {**RESIDENTS, "all": 1.0}
    rows = [
        ("police_district", area, race, "all", round(POPULATION / 6 * part))
        for area in DISTRICTS
        for race, part in shares.items()
    ]
    return pd.DataFrame(rows, columns=list(model.table("core.population").names))


def hot_spots_table() -> pd.DataFrame:
    """Twelve hot spots per category and window, one to eight cells; the second lies in a district of hostile name."""
    back = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    random = np.random.default_rng(7)
    frames = []
    for category, days in (("shootings", 365), ("violent", 90), ("violent", 365)):
        east = WEST + 150 * random.integers(2, 96, 12)
        north = SOUTH + 150 * random.integers(2, 62, 12)
        boxes = [
            shapely.box(x, y, x + 150 * wide, y + 150 * high)
            for x, y, wide, high in zip(east, north, random.integers(1, 5, 12), random.integers(1, 3, 12), strict=True)
        ]
        shapes = shapely.transform(np.array(boxes), lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1])))
        frames.append(
            pd.DataFrame(
                {
                    "hot_spot_id": [f"hs_{category}_{days}_{number:02}" for number in range(12)],
                    "category": category,
                    "window_days": days,
                    "rank": np.arange(1, 13),
                    "incidents": np.arange(40, 4, -3),
                    "incidents_previous": np.arange(30, 6, -2),
                    "stability": np.linspace(1, 0.25, 12),
                    "crime_harm": np.nan,
                    "z": np.linspace(9, 3, 12),
                    "area_m2": [box.area for box in boxes],
                    "persistence": (["persistent", "emerging", "intermittent", "former"] * 3),
                    "outreach_events": np.arange(12),
                    "arrests": np.arange(12),
                    "area_id": [DISTRICTS[number % 6] for number in range(12)],
                    "geometry": [bytearray(shapely.to_wkb(shape)) for shape in shapes],
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True).assign(as_of=pd.Timestamp(AS_OF))
    return frame.reindex(columns=list(model.table("mart.hot_spots").names))


def _small_tables() -> dict[str, pd.DataFrame]:
    accuracy = pd.DataFrame(
        {
            "category": ["violent", "violent"],
            "window_days": [90, 365],
            "hot_spots": [12, 12],
            "incidents": [540, 2160],
            "incidents_inside": [97, 432],
            "area_share": [0.012, 0.014],
            "hit_rate": [97 / 540, 0.2],
            "pai": [14.97, 14.29],
            "pei": [0.61, None],
        }
    )
    quality = pd.DataFrame(
        {
            "extract": ["police_incidents", "cases"],
            "table_name": ["incidents", "cases"],
            "feed": [1, 1],
            "basis": ["observed", "reconstructed"],
            "not_selected": [0, 12],
            "read": [61234, 10044],
            "kept": [61000, 10001],
            "merged": [0, 20],
            "set_aside": [34, 3],
            "superseded": [200, 0],
            "reversed": [0, 0],
            "withdrawn": [0, 0],
            "expunged": [0, 0],
            "not_yet": [0, 19],
        }
    )
    geocoding = pd.DataFrame(
        [
            ("incidents", "", "", 61000, 60000, 57000, False),
            ("incidents", "match_type", "range", 57000, 57000, 57000, False),
            ("incidents", "match_type", "none", 4000, 3000, 0, False),
            ("incidents", "reason", "no_such_street", 3000, 3000, 0, False),
            ("incidents", "year", "2025", 20000, 19900, 19000, False),
            ("incidents", "unmatched_street", HOSTILE, 700, 700, 0, False),
            ("incidents", "institution", "Riverton Jail", 900, 900, 900, False),
            ("arrests", "", "", 15000, 14800, 12000, False),
            ("arrests", "race_ethnicity", "black", 5000, 4900, 3500, False),
            ("arrests", "race_ethnicity", "white", 10000, 9900, 8500, False),
            ("arrests (home)", "", "", None, None, None, True),
        ],
        columns=[
            "table_name",
            "breakdown",
            "segment",
            "records",
            "geocodable_records",
            "matched_records",
            "suppressed",
        ],
    )
    geocoding["share"] = geocoding["records"] / 61000
    geocoding["distinct_strings"] = [9000, 8000, 1000, 900, 4000, 30, 2, 4000, None, None, None]
    for ending, of in (("", "records"), ("_geocodable", "geocodable_records")):
        geocoding[f"value{ending}"] = geocoding["matched_records"] / geocoding[of]
        geocoding[f"lower{ending}"] = geocoding[f"value{ending}"] - 0.01
        geocoding[f"upper{ending}"] = geocoding[f"value{ending}"] + 0.01
    geocoding["against_floor"] = ["above", None, None, None, "above", None, None, "below", None, None, None]
    trials = pd.DataFrame(
        {
            "trial": ["hold_out", "hold_out", "leave_one_out"],
            "match_type": ["", "range", ""],
            "tried": [2000, 2000, 5000],
            "matched": [4, 4, 4900],
            "value": [0.002, 0.002, 0.98],
            "lower": [0.001, 0.001, 0.97],
            "upper": [0.005, 0.005, 0.99],
            "median_m": [None, None, 8.25],
            "p90_m": [None, None, 31.5],
        }
    )
    lags = pd.DataFrame(
        {
            "extract": ["court", "police"],
            "table_name": ["cases", "incidents"],
            "feed": [1, 1],
            "newest_extract_date": pd.to_datetime(["2025-12-31", "2025-12-31"]),
            "lag_days": pd.array([None, 9], dtype="Int64"),
            "lag_basis": ["unknown", "arrival"],
            "complete_through": pd.to_datetime([None, "2025-12-22"]),
        }
    )
    return {
        "hot_spot_accuracy": accuracy,
        "data_quality": quality,
        "report_lags": lags,
        "geocoding_quality": geocoding,
        "geocoding_error": trials,
    }


def _group_tables() -> dict[str, pd.DataFrame]:
    groups = ["Group 01", "Group 02", "Group 03"]
    priorities = pd.DataFrame(
        {
            "group_id": groups,
            "rank_violence_by": [1, 2, None],
            "rank_violence_against": [2, 1, 3],
            "rank_by_low": [1, 1, None],
            "rank_by_high": [2, 2, None],
            "in_a_feud": [True, True, False],
            "members": [24, 17, 9],
            "supervised_members": [11, 4, 2],
            "shootings_suspect": [9, 5, 0],
            "shootings_victim": [4, 6, 1],
            "last_event_date": pd.to_datetime(["2026-03-02", "2026-03-20", "2025-08-09"]),
            "reasons": [
                np.array(
                    ["9 shootings as suspect (6 confirmed) in 365 days, last 2026-03-02", "an open feud"], dtype=object
                ),
                ["5 shootings as suspect (5 confirmed) in 365 days, last 2026-01-11"],
                ["1 shooting as victim (1 confirmed) in 365 days, last 2025-08-09"],
            ],
            "confirmed_member_share": [6 / 9, 1.0, None],
        }
    )
    scorecard = pd.DataFrame({"group_id": groups, "window_days": 365})
    for name in model.table("mart.group_scorecard").names[3:]:
        scorecard[name] = [5, 3, 0]
    scorecard["last_event_date"] = priorities["last_event_date"]
    leads = pd.DataFrame(
        {
            "lead_number": [1, 2],
            "people": [31, 12],
            "ties": [60, 18],
            "stability": [0.93, 0.71],
            "reconciled": ["matched", "only_in_data"],
        }
    )
    populations = {"arrests": 5000, "priority": 41, "residents": 160000, "reviewed_shooting_victims": 210}
    disparities = pd.DataFrame(
        [
            ("group_priorities", "race_ethnicity", race, population, round(total * part), total, part)
            for population, total in populations.items()
            for race, part in RACES.items()
        ],
        columns=["topic", "attribute", "segment", "population", "numerator", "denominator", "value"],
    )
    return {
        "group_priorities": priorities,
        "group_scorecard": scorecard,
        "leads": leads,
        "disparities": disparities,
    }


def fake_report(edition: model.Edition) -> ReportData:
    """The invented office's report of one edition."""
    tables = {
        "metrics": metrics_table(),
        "hot_spots": hot_spots_table(),
        "areas": areas_table(),
        "population": population_table(),
        **_small_tables(),
        **(_group_tables() if edition == "internal" else {}),
    }
    return ReportData(
        office_name="Invented County District Attorney",
        as_of=AS_OF,
        edition=edition,
        headline=HEADLINE,
        tables=tables,
        metrics=METRICS,
        crs=CRS,
        notes=("The records file is not encrypted.",),
        not_available=("supervision", "surveys"),
        breaks=((date(2024, 6, 1), "new records system"),),
    )


@pytest.fixture(scope="session")
def internal() -> ReportData:
    return fake_report("internal")


@pytest.fixture(scope="session")
def public() -> ReportData:
    return fake_report("public")


@pytest.fixture
def without() -> Callable[[ReportData, str], ReportData]:
    """The report without one table."""

    def drop(data: ReportData, name: str) -> ReportData:
        return replace(data, tables={other: frame for other, frame in data.tables.items() if other != name})

    return drop


@pytest.fixture
def hostile() -> str:
    """The title of the second district: markup that would take over the page's title if it were not escaped."""
    return HOSTILE
