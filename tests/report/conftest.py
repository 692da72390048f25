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
    tables: tuple[str, ...] = ()
    open_ended: bool = False


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


CHOICES = (("shootings", 365), ("violent", 90), ("violent", 365))


def hot_spots_table() -> pd.DataFrame:
    """Twelve hot spots per category and window, and two former ones; the second lies in a district of hostile name."""
    random = np.random.default_rng(7)
    frames = []
    for category, days in CHOICES:
        number = np.arange(14)
        is_former = number >= 12
        boxes = _boxes(random, 14)
        frames.append(
            pd.DataFrame(
                {
                    "hot_spot_id": [f"hs_{category}_{days}_{one:02}" for one in number],
                    "category": category,
                    "window_days": days,
                    "rank": np.where(is_former, np.nan, number + 1),
                    "incidents": np.where(is_former, 1, 40 - 3 * number),
                    "incidents_previous": 40 - 2 * number,
                    "same_days_mean": 35 - 2.5 * number,
                    "same_days_years": 3,
                    "police_incidents": number % 4,
                    "stability": np.linspace(1, 0.25, 14),
                    "crime_harm": np.r_[990.0, 1000.0, 1000.0 - 10 * number[2:]],
                    # The first two change places.
                    "crime_harm_rank": np.where(is_former, np.nan, np.r_[2, 1, 3:15]),
                    "z": np.linspace(9, 3, 14),
                    "area_m2": [box.area for box in boxes],
                    "persistence": [
                        *["persistent", "emerging", "new", None, "intermittent", "emerging"] * 2,
                        *["former"] * 2,
                    ],
                    "outreach_events": number,
                    "arrests": number,
                    "area_id": [DISTRICTS[one % 6] for one in number],
                    "geometry": _published(boxes),
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True).assign(as_of=pd.Timestamp(AS_OF))
    return frame.reindex(columns=list(model.table("mart.hot_spots").names))


def _boxes(random: np.random.Generator, number: int) -> list[shapely.Polygon]:
    east = WEST + 150 * random.integers(2, 96, number)
    north = SOUTH + 150 * random.integers(2, 62, number)
    sizes = zip(east, north, random.integers(1, 5, number), random.integers(1, 3, number), strict=True)
    return [shapely.box(x, y, x + 150 * wide, y + 150 * high) for x, y, wide, high in sizes]


def _published(boxes: list[shapely.Polygon]) -> list[bytearray]:
    back = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    shapes = shapely.transform(np.array(boxes), lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1])))
    return [bytearray(shapely.to_wkb(shape)) for shape in shapes]


def variants_table() -> pd.DataFrame:
    """With police-generated incidents three of the first ten are others; by crime harm two change places."""
    random = np.random.default_rng(8)
    spots = hot_spots_table()
    frames = []
    for variant in ("with_police", "crime_harm"):
        part = spots[(spots["category"] == "violent") & (spots["window_days"] == 90)].head(12).reset_index(drop=True)
        part = part.assign(variant=variant, default_rank=part["rank"])
        if variant == "with_police":
            part["police_incidents"] = 5
            new = [1, 4, 8]
            part.loc[new, ["hot_spot_id", "default_rank"]] = None
            part.loc[new, "sides_id"] = ["police_1", "police_4", "police_8"]
            part.loc[1, "police_incidents"] = 7
            part.loc[new, "incidents"] = 2
            part.loc[new, "geometry"] = pd.Series(_published(_boxes(random, 3)), index=new, dtype=object)
        else:
            part["default_rank"] = [2, 1, *range(3, 13)]
            part["hot_spot_id"] = [f"hs_violent_90_{rank - 1:02}" for rank in part["default_rank"]]
        frames.append(part)
    return pd.concat(frames, ignore_index=True).reindex(columns=list(model.table("mart.hot_spot_variants").names))


SIDE_MEASURES = (
    ("violence", "incidents", "", 12, 4000),
    ("violence", "violent_incidents", "", 9, 2100),
    ("violence", "shootings", "", 3, 240),
    ("violence", "homicides", "", 0, 36),
    ("enforcement", "arrests", "", 30, 5000),
    ("enforcement", "arrests", "proactive", 11, 1900),
    ("enforcement", "stops", "", None, None),
    ("enforcement", "detention_days", "", 210, 40000),
    ("cases", "referred", "", 14, 3000),
    ("cases", "declined", "", 5, 900),
    ("cases", "declined", "insufficient_evidence", 3, 500),
    ("cases", "declined", "victim_absent", 2, 300),
    ("cases", "declined", "de_minimis", 0, 100),
    ("cases", "dismissed", "", 4, 800),
    ("cases", "dismissed", "witness_absent", 4, 200),
    ("cases", "pending", "", 8, 1700),
    ("cases", "days_to_disposition", "", None, 143),
    ("contact", "outreach_events", "", 1, 400),
    ("contact", "victims_contacted", "", 6, 1300),
)


def sides_table() -> pd.DataFrame:
    """The first has more arrests and less outreach than elsewhere, the second more arrests; no extract holds stops.

    The third has no outreach, and "less" violence, which is never a finding. One place that police-generated incidents
    alone make a hot spot has 44 arrests. 30 of all 400 outreach events name no place.
    """
    frame = pd.DataFrame(
        [("violent", 90, f"hs_violent_90_{number:02}", *row) for number in range(12) for row in SIDE_MEASURES],
        columns=[
            "category",
            "window_days",
            "hot_spot_id",
            "side",
            "measure",
            "detail",
            "value",
            "everywhere",
        ],
    )
    tried = frame["measure"].isin(["arrests", "outreach_events", "declined"]) & (frame["detail"] == "")
    frame["lower"] = np.where(tried, 0.8, np.nan)
    frame["reading"] = np.where(tried, "like", None)
    first, second = (frame["hot_spot_id"] == f"hs_violent_90_{number:02}" for number in range(2))
    frame.loc[tried & (first | second) & (frame["measure"] == "arrests"), "reading"] = "more"
    frame.loc[tried & first & (frame["measure"] == "outreach_events"), "reading"] = "less"
    frame[["ratio", "upper"]] = np.where(tried, 1.0, np.nan)[:, None] * [1.0, 1.25]
    frame.loc[frame["reading"] == "more", ["ratio", "lower", "upper"]] = [2.0, 1.5, 3.0]
    frame.loc[frame["reading"] == "less", ["ratio", "lower", "upper"]] = [0.25, 0.1, 0.5]
    third = frame["hot_spot_id"] == "hs_violent_90_02"
    frame.loc[third & (frame["measure"] == "outreach_events"), "value"] = 0
    frame.loc[third & (frame["measure"] == "violent_incidents"), ["lower", "reading"]] = [0.1, "less"]
    frame.loc[frame["measure"] == "incidents", "unplaced"] = 12
    frame.loc[frame["measure"] == "outreach_events", "unplaced"] = 30
    watched = frame[first].assign(hot_spot_id="police_1", reading=None)
    watched.loc[watched["measure"] == "arrests", "value"] = 44
    return (
        pd.concat([frame, watched], ignore_index=True)
        .assign(unit="", as_of=pd.Timestamp(AS_OF))
        .reindex(columns=list(model.table("mart.hot_spot_sides").names))
    )


def times_table() -> pd.DataFrame:
    """One incident in each hour of the week, twenty more on Saturdays at 23; half of all from intervals."""
    frame = pd.MultiIndex.from_product([range(1, 8), range(24)], names=["weekday", "hour"]).to_frame(index=False)
    frame["incidents"] = 1.0 + 20 * ((frame["weekday"] == 6) & (frame["hour"] == 23))
    return frame.assign(from_intervals=frame["incidents"] / 2, category="violent", window_days=90)


def near_repeat_table() -> pd.DataFrame:
    """Three bands of distance by two of time; within 100 m and 7 days 1.6 times chance."""
    bands = [((0, 100), (100, 200), (200, 400)), ((0, 7), (7, 14))]
    frame = pd.DataFrame(
        [(*distance, *time) for distance in bands[0] for time in bands[1]],
        columns=["distance_from", "distance_to", "time_from", "time_to"],
    )
    return frame.assign(
        category="violent",
        observed=[160, 110, 205, 190, 800, 805],
        expected=[100.0, 100.0, 200.0, 200.0, 800.0, 800.0],
        knox_ratio=[1.6, 1.1, 1.025, 0.95, 1.0, 1.00625],
        p_value=[0.005, 0.18, 0.4, 0.7, 0.5, 0.45],
    )


def chains_table() -> pd.DataFrame:
    """Seven chains, all about the middle of the first district."""
    number = np.arange(1, 8)
    return pd.DataFrame(
        {
            "category": "violent",
            "chain": number,
            "incidents": 10 - number,
            "first_date": pd.Timestamp("2026-03-01") - pd.to_timedelta(20 * number, unit="D"),
            "last_date": pd.Timestamp("2026-04-01") - pd.to_timedelta(20 * number, unit="D"),
            "x": WEST + 2500.0,
            "y": SOUTH + 2500.0,
            "radius_m": 80.0,
        }
    )


def clusters_table() -> pd.DataFrame:
    """One cluster going on now beyond chance, in the third district; of the year's two none is."""
    return pd.DataFrame(
        {
            "category": "violent",
            "mode": ["prospective", "prospective", "retrospective", "retrospective"],
            "rank": [1, 2, 1, 2],
            "x": WEST + 12500.0,
            "y": SOUTH + 2500.0,
            "radius_m": [420.0, 300.0, 900.0, 500.0],
            "first_date": pd.Timestamp("2026-03-30"),
            "last_date": pd.Timestamp(AS_OF),
            "observed": [9, 4, 15, 6],
            "expected": [1.9, 1.5, 7.0, 3.0],
            "log_likelihood_ratio": [7.1, 1.9, 4.3, 1.1],
            "p_value": [0.01, 0.6, 0.2, 0.9],
        }
    )


def units_table() -> pd.DataFrame:
    """Fifteen street segments and the six districts; the second segment has no title."""
    segments = pd.DataFrame(
        {
            "unit": "segment",
            "unit_id": [f"S{number:02}" for number in range(15)],
            "title": [f"Quartz St, {number}00 block" if number != 1 else None for number in range(15)],
            "rank": np.arange(1, 16),
            "incidents": np.arange(30, 0, -2),
            "length_m": 110.0,
        }
    )
    districts = pd.DataFrame(
        {
            "unit": "police_district",
            "unit_id": DISTRICTS,
            "title": ["North & West", HOSTILE, "Harbor", "Old Town", "Mills", "College"],
            "rank": np.arange(1, 7),
            "incidents": 90,
            "area_m2": 25e6,
        }
    )
    both = pd.concat([segments, districts], ignore_index=True)
    return both.assign(category="violent", window_days=90, incidents_previous=12, is_hot=both["rank"] <= 2)


def accuracy_table(edition: model.Edition) -> pd.DataFrame:
    """The hot spots beat last year's counts over 365 days within the intervals, and lose over 90 days beyond them."""
    caught = {
        ("violent", 90): {"hot_spots": 0.1, "last_year": 0.2, "density": 0.18, "uniform": 0.012},
        ("violent", 365): {"hot_spots": 0.21, "last_year": 0.2, "density": 0.18, "uniform": 0.012},
    }
    rules = {"hot_spots": 0.012, "nij_smallest": 0.0017, "nij_largest": 0.0051}
    rows = [
        (category, days, method, rule, rate * area / 0.012, area)
        for (category, days), methods in caught.items()
        for method, rate in methods.items()
        for rule, area in rules.items()
        if method == rule or (edition == "internal" and method != "hot_spots")
    ]
    frame = pd.DataFrame(rows, columns=["category", "window_days", "method", "area_rule", "hit_rate", "area_share"])
    return frame.assign(
        chosen_on=pd.Timestamp("2026-03-11"),
        trial_days=30,
        hot_spots=np.where(frame["method"] == "hot_spots", 12, np.nan),
        cells=24,
        incidents=540,
        incidents_inside=frame["hit_rate"] * 540,
        hit_rate_lower=frame["hit_rate"] * 0.8,
        hit_rate_upper=frame["hit_rate"] * 1.2,
        pai=frame["hit_rate"] / frame["area_share"],
        pai_lower=frame["hit_rate"] / frame["area_share"] * 0.8,
        pai_upper=frame["hit_rate"] / frame["area_share"] * 1.2,
        pei=0.61,
        recapture_rate_index=0.93,
    )


def _forecast_tables() -> dict[str, pd.DataFrame]:
    forecasts = pd.DataFrame(
        {
            "category": ["shootings", "violent"],
            "trial_days": 30,
            "published": ["none", "last_year"],
            "reason": [
                "only 60 victim-reported incidents, below 100",
                "the model did not beat last year's counts, so last year's counts are shown",
            ],
        }
    )
    cells = pd.DataFrame(
        {
            "category": "violent",
            "rank": np.arange(1, 13),
            "x": WEST + 2500.0,
            "y": SOUTH + 7500.0,
            "expected": np.linspace(2, 0.5, 12),
            "incidents_last_year": np.arange(24, 0, -2),
        }
    )
    return {"forecasts": forecasts, "forecast_cells": cells}


def _small_tables() -> dict[str, pd.DataFrame]:
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
            "rank_against_low": [1, 1, 3],
            "rank_against_high": [2, 2, 3],
            "rank_without_proactive": [2, 1, None],
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
        **_group_work_tables(),
    }


def _group_work_tables() -> dict[str, pd.DataFrame]:
    """A feud, a tie and a shooting; a roster with tips; a call-in with a promise past due; the other strategies."""
    ties = pd.DataFrame(
        {
            "group_id": ["Group 01", "Group 02"],
            "other_group_id": ["Group 02", "Group 03"],
            "tied_pairs": [0, 6],
            "shared_members": [0, 1],
            "shootings": [4, 0],
            "open_feud": [True, False],
        }
    )
    counts = pd.DataFrame(
        [("active", 52, 50), ("expiring", 4, 4), ("tip", 9, 8), ("expired", 11, 11), ("no_notice", 0, 0)],
        columns=["reason", "memberships", "people"],
    )
    audit = {"sample_id": "sample_a", "seed": 1, "sample_size": 20, "drawn_from": 52, "supported": 15}
    audit |= {"not_supported": 3, "undecided": 2, "error_rate": 3 / 18, "lower": 0.05, "upper": 0.37}
    matches = pd.DataFrame(
        [
            (1, "matched", 1, "Group 01", 20, 31, 24),
            (2, "matched", 1, "Group 02", 2, 31, 17),
            (3, "only_in_data", 2, None, 0, 12, None),
            (4, "only_in_roster", None, "Group 03", 0, None, 9),
        ],
        columns=[
            "match_number",
            "status",
            "lead_number",
            "group_id",
            "people_in_both",
            "people_in_lead",
            "people_in_group",
        ],
    )
    strategies = pd.DataFrame(
        [
            ("drug_market", "call_in", 7, 0),
            ("early_intervention", "after_charging", 40, 0),
            ("early_intervention", "before_charging", 81, 0),
            ("early_intervention", "not_decided", 0, 13),
            ("intimate_partner", "A", 2, 0),
        ],
        columns=["strategy", "tier", "people", "not_decided"],
    )
    answers = pd.DataFrame(
        [("parole", 730, 9, 1, None, 0.1, 0), ("probation", 730, 60, 44, 5.0, 0.6, 120)],
        columns=[
            "supervision_type",
            "window_days",
            "violations",
            "answered",
            "median_days",
            "within_7_days",
            "custody_days",
        ],
    )
    custody = {"ranked_on": pd.Timestamp("2025-10-31"), "people": 41, "matched": 30, "comparison_people": 77}
    custody |= {"custody_days": 12.25, "comparison_days": 8.0, "difference": 4.25, "lower": -1.5, "upper": 10.0}
    held = {"call_in_id": "callin_b", "kind": "call_in", "status": "held", "held_on": pd.Timestamp("2026-02-03")}
    held |= {"planned": 14, "approved": 12, "removed": 2, "invited": 12, "attended": 9, "delivered": 11}
    held |= {"help_offered": 9, "help_taken": 5, "promises": 6, "promises_kept": 3, "promises_late": 2}
    planned = {"call_in_id": "callin_a", "kind": "custom_notification", "status": "planned", "planned": 3}
    return {
        "group_ties": ties,
        "roster_counts": counts,
        "roster_audits": pd.DataFrame([audit]),
        "roster_matches": matches,
        "strategy_counts": strategies,
        "response_times": answers,
        "priority_custody": pd.DataFrame([custody]),
        "call_in_counts": pd.DataFrame([held, planned]),
        "group_forecasts": pd.DataFrame(
            {
                "group_id": ["Group 01", "Group 02"],
                "horizon_days": 180,
                "expected": [5.25, 3.0],
                "lower": [2.0, 1.0],
                "upper": [9.0, 6.0],
                "last_year": [4, 2],
            }
        ),
        "group_forecast_trials": pd.DataFrame(
            {
                "rule": ["forecast", "last_year"],
                "trials": 12,
                "events": 140,
                "mean_absolute_error": [1.25, 1.5],
                "share_in_first_three": [0.9, 0.8],
            }
        ),
    }


def _internal_tables() -> dict[str, pd.DataFrame]:
    return {
        "hot_spot_variants": variants_table(),
        "hot_spot_sides": sides_table(),
        "hot_times": times_table(),
        "hot_units": units_table(),
        "near_repeat_chains": chains_table(),
        "space_time_clusters": clusters_table(),
        **_forecast_tables(),
        **_group_tables(),
    }


def fake_report(edition: model.Edition) -> ReportData:
    """The invented office's report of one edition."""
    tables = {
        "metrics": metrics_table(),
        "hot_spots": hot_spots_table(),
        "areas": areas_table(),
        "population": population_table(),
        "near_repeat": near_repeat_table(),
        "hot_spot_accuracy": accuracy_table(edition),
        **_small_tables(),
        **(_internal_tables() if edition == "internal" else {}),
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
        crime_harm="Invented County weights, 2025",
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
