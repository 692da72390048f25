"""From plain facts to numerator, denominator and value of every period and segment: by pandas, line by line.

A fact is a row with ``date``, ``numerator``, ``denominator`` and columns to break it down by; a stay has ``start`` and
``end`` (the day after its last; NaT where it goes on).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tests.metrics.panel.plain_county import AS_OF

FREQUENCIES = {"month": "M", "quarter": "Q", "year": "Y"}
# The layer of release.smallest_public_area in the demo's office.toml.
SHOWN_AS = {"area_id": "police_district", "residence_area": "police_district of residence"}
KEY = ["period", "period_start", "breakdown", "segment"]


def periods() -> pd.DataFrame:
    """Every month, quarter and year of the county: period, period_start, last (its last day)."""
    parts = [
        pd.DataFrame(
            {
                "period": kind,
                "period_start": (index := pd.period_range("2023-01-01", AS_OF, freq=frequency)).start_time,
                "last": index.end_time.normalize(),
            }
        )
        for kind, frequency in FREQUENCIES.items()
    ]
    return pd.concat(parts, ignore_index=True)


def segmented(facts: pd.DataFrame, breakdowns: Sequence[str]) -> pd.DataFrame:
    """Each fact once for the whole and once for each breakdown."""
    parts = [facts.assign(breakdown="", segment="")]
    for breakdown in breakdowns:
        columns = sorted(breakdown.split(" x "), key=lambda column: SHOWN_AS.get(column, column))
        segment = facts[columns[0]].fillna("unknown").replace("", "unknown")
        for column in columns[1:]:
            segment = segment + " x " + facts[column].fillna("unknown").replace("", "unknown")
        shown = " x ".join(SHOWN_AS.get(column, column) for column in columns)
        parts.append(facts.assign(breakdown=shown, segment=segment))
    return pd.concat(parts, ignore_index=True)


def dated(facts: pd.DataFrame) -> pd.DataFrame:
    """Each fact once for its month, its quarter and its year; those without a day, or after the last, in none."""
    facts = facts[facts["date"].notna() & (facts["date"] <= AS_OF)]
    parts = [
        facts.assign(period=kind, period_start=facts["date"].dt.to_period(frequency).dt.start_time)
        for kind, frequency in FREQUENCIES.items()
    ]
    return pd.concat(parts, ignore_index=True)


def at_ends(stays: pd.DataFrame) -> pd.DataFrame:
    """Each stay once for every period on whose last day it is there."""
    stays = stays.assign(end=stays["end"].fillna(pd.Timestamp.max.normalize()))
    every = stays.merge(periods(), how="cross")
    return every[(every["start"] <= every["last"]) & (every["last"] < every["end"])]


def inside(stays: pd.DataFrame) -> pd.DataFrame:
    """Each stay once for every period it touches, with the days of it that are inside: ``days``."""
    stays = stays.assign(end=stays["end"].fillna(AS_OF + pd.Timedelta(days=1)))
    every = stays.merge(periods(), how="cross")
    tomorrow = np.minimum(every["last"], AS_OF) + pd.Timedelta(days=1)
    first = np.maximum(every["start"], every["period_start"])
    every["days"] = (np.minimum(every["end"], tomorrow) - first).dt.days
    return every[every["days"] > 0]


def measured(
    statistic: str, facts: pd.DataFrame, breakdowns: Sequence[str], *, residents: pd.DataFrame, divisor: float = 1
) -> pd.DataFrame:
    """Columns KEY, numerator, denominator (NaN where there is none), value (NaN where undefined).

    ``divisor``: a value is that many of what is counted.
    """
    facts = segmented(facts, breakdowns)
    if statistic in ("stock", "stock_share", "stock_ratio", "stock_per_capita"):
        groups = at_ends(facts).groupby(KEY)
    elif statistic in ("days", "days_per_capita"):
        groups = inside(facts).groupby(KEY)
    else:
        groups = dated(facts).groupby(KEY)
    match statistic:
        case "count":
            rows = groups.agg(numerator=("numerator", "sum"))
            rows["value"] = rows["numerator"].astype(float)
        case "distinct":
            rows = groups.agg(numerator=("unit", "nunique"))
            rows["value"] = rows["numerator"].astype(float)
        case "rate" | "ratio" | "mean" | "stock_share" | "stock_ratio":
            rows = groups.agg(numerator=("numerator", "sum"), denominator=("denominator", "sum"))
            rows["value"] = rows["numerator"] / rows["denominator"].where(rows["denominator"] > 0)
        case "sum":
            rows = groups.agg(numerator=("numerator", "sum"), denominator=("unit", "nunique"))
            rows["value"] = rows["numerator"].astype(float)
        case "days":
            rows = groups.agg(numerator=("days", "sum"), denominator=("unit", "nunique"))
            rows["value"] = rows["numerator"].astype(float)
        case "per_capita" | "stock_per_capita" | "days_per_capita":
            rows = groups.agg(numerator=("days" if statistic == "days_per_capita" else "numerator", "sum"))
            rows["denominator"] = _residents(rows, residents)
            rows["value"] = 1000 * rows["numerator"] / rows["denominator"]
        case "stock":
            rows = groups.agg(numerator=("unit", "nunique"))
            rows["value"] = rows["numerator"].astype(float)
        case "median":
            rows = groups.agg(numerator=("duration", "size"), value=("duration", "median"))
            rows["denominator"] = rows["numerator"]
        case "median_km":
            rows = groups.agg(numerator=("is_observed", "sum"), denominator=("is_observed", "size"))
            rows["value"] = groups[["duration", "is_observed"]].apply(_kaplan_meier)
        case "weighted_mean":
            rows = groups.agg(numerator=("weight", "size"))
            rows["value"] = groups[["answer", "weight"]].apply(lambda g: np.average(g["answer"], weights=g["weight"]))
        case _:
            raise ValueError(f"no plain way of counting [{statistic}]")
    rows["value"] /= divisor
    return rows.reset_index().reindex(columns=[*KEY, "numerator", "denominator", "value"])


def _residents(rows: pd.DataFrame, residents: pd.DataFrame) -> list[float]:
    by_area = residents.set_index("district")
    found = []
    for _, _, breakdown, segment in rows.index:
        match breakdown:
            case "police_district of residence":
                found.append(by_area["residents"].get(segment, np.nan))
            case "race_ethnicity":
                found.append(by_area[segment].sum() if segment in by_area else np.nan)
            case _:
                found.append(by_area["residents"].sum())
    return found


def _kaplan_meier(group: pd.DataFrame) -> float:
    """The first day on which half or less of the cohort is left; where exactly half, halfway to the next event."""
    survival = 1.0
    for day in sorted(group.loc[group["is_observed"], "duration"].unique()):
        at_risk = (group["duration"] >= day).sum()
        ended = ((group["duration"] == day) & group["is_observed"]).sum()
        survival *= 1 - ended / at_risk
        if survival <= 0.5 + 1e-12:
            return float(day)
    return float("nan")
