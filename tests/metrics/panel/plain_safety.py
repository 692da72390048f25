"""Community safety, counted a second time from what was planted."""

import pandas as pd

from tests.metrics.panel.plain_county import VIOLENT, Plain


def founded(county: Plain) -> pd.DataFrame:
    incidents = county["incidents"]
    return incidents[incidents["status"] != "unfounded"].assign(numerator=1, denominator=1)


def violence(county: Plain) -> pd.DataFrame:
    incidents = founded(county)
    return incidents[incidents["offense_category"].isin(VIOLENT)]


def shot(county: Plain) -> pd.DataFrame:
    """People hit by gunfire fired with criminal intent."""
    log = county["shootings"]
    rows = log[(log["intent"] == "criminal") & ~log["is_unfounded"] & (log["wound_type"] != "none")]
    return rows.assign(numerator=1, denominator=1)


def shooting_incidents(county: Plain) -> pd.DataFrame:
    rows = shot(county).sort_values(["date", "shooting_id"])
    deadly = rows.groupby("incident_id")["is_fatal"].transform("any")
    return rows.assign(is_deadly=deadly).drop_duplicates("incident_id")


def homicide_victims(county: Plain) -> pd.DataFrame:
    incidents = founded(county)
    killed = shot(county).query("is_fatal").groupby("incident_id").size()
    by_log = incidents["incident_id"].map(killed)
    rows = incidents.assign(numerator=by_log.fillna(incidents["victim_count"]))
    return rows[by_log.notna() | (incidents["offense_category"] == "homicide")]


def homicide_incidents(county: Plain) -> pd.DataFrame:
    return homicide_victims(county).assign(numerator=1)


def _cleared(county: Plain, how: str) -> pd.DataFrame:
    rows = violence(county)
    return rows.assign(numerator=(rows["status"] == how).astype(int))


def _clearances_per_incident(county: Plain, how: str) -> pd.DataFrame:
    rows = violence(county)
    ended = rows[rows["status"] == how]
    return pd.concat([rows.assign(numerator=0), ended.assign(date=ended["cleared"], denominator=0)], ignore_index=True)


def _shootings_cleared(county: Plain, *, fatal: bool) -> pd.DataFrame:
    rows = shot(county)
    rows = rows[rows["is_fatal"] == fatal]
    status = rows["incident_id"].map(county["incidents"].set_index("incident_id")["status"])
    return rows.assign(numerator=(status == "arrest").astype(int))


def days_incident_to_arrest(county: Plain) -> pd.DataFrame:
    rows = violence(county).merge(
        county["arrests"][["incident_id", "date"]], on="incident_id", suffixes=("", "_arrest")
    )
    rows = rows[rows["date_arrest"] >= rows["date"]]
    rows["duration"] = (rows["date_arrest"] - rows["date"]).dt.days
    return rows.sort_values("duration").drop_duplicates("incident_id")


def answers(county: Plain, question: str) -> pd.DataFrame:
    rows = county["surveys"]
    return rows[rows["question"] == question].assign(area_id=rows["district"], weight=rows["weight"].astype(float))


def _lethality(county: Plain) -> pd.DataFrame:
    rows = shot(county)
    return rows.assign(numerator=rows["is_fatal"].astype(int))


ORACLES = {
    "violent_incidents": violence,
    "incident_count": founded,
    "incident_rate": founded,
    "homicide_victims": homicide_victims,
    "homicide_incidents": homicide_incidents,
    "nonfatal_shooting_victims": lambda county: shot(county).query("not is_fatal"),
    "nonfatal_shooting_incidents": lambda county: shooting_incidents(county).query("not is_deadly"),
    "shooting_incidents": shooting_incidents,
    "shooting_lethality_rate": _lethality,
    "clearance_rate": lambda county: _cleared(county, "arrest"),
    "exceptional_clearance_rate": lambda county: _cleared(county, "exceptional"),
    "clearances_per_incident": lambda county: _clearances_per_incident(county, "arrest"),
    "exceptional_clearances_per_incident": lambda county: _clearances_per_incident(county, "exceptional"),
    "fatal_shooting_clearance_rate": lambda county: _shootings_cleared(county, fatal=True),
    "nonfatal_shooting_clearance_rate": lambda county: _shootings_cleared(county, fatal=False),
    "days_incident_to_arrest": days_incident_to_arrest,
    "perceived_safety": lambda county: answers(county, "safe_at_night"),
}
