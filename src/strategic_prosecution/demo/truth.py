"""What is true of the county, counted from the generator's own arrays and never through the pipeline."""

from typing import Any

import numpy as np
import pandas as pd
from shapely import buffer, points, to_wkt

from strategic_prosecution.demo import days
from strategic_prosecution.demo.county import RESIDENT_SHARES
from strategic_prosecution.demo.generate import Planted
from strategic_prosecution.demo.groups import Groups
from strategic_prosecution.demo.incidents import FOUND_BY_LOOKING, SHOOTINGS, VIOLENT
from strategic_prosecution.demo.names import NAMES
from strategic_prosecution.demo.people import RACE_SHARES, RECORDED_RACES, SENTINEL
from strategic_prosecution.demo.spots import EFFECT, watched_blocks

ISO = "%Y-%m-%d"
# Around the corner of a hot spot: the middles of its blocks, the longest being 260 m and bent a little.
HOT_SPOT_RADIUS_M = 150.0
_PERSON_TABLES = {
    "incident_people": "incident_person_id", "arrests": "arrest_id", "defendants": "defendant_id",
    "supervision": "supervision_id", "diversion": "diversion_id", "notifications": "notification_id",
    "memberships": "membership_id",
}  # fmt: skip


def truth_tables(planted: Planted, corrections: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables of the truth by file name (without .csv)."""
    return {
        "hot_spots": hot_spots(planted),
        "watched_corners": watched_corners(planted),
        "incident_places": incident_places(planted),
        "groups": groups_table(planted),
        "group_members": _group_members(planted),
        "memberships": _memberships(planted),
        "people": people_table(planted),
        "person_records": person_records(planted),
        "corrections": corrections,
    }


def hot_spots(planted: Planted) -> pd.DataFrame:
    """One row per planted hot spot and category it shows in: place (metric CRS), kind, arm, days, incidents by year.

    A violence spot stands twice, for all violence and for shootings alone. ``incidents_last_90`` and ``_last_365`` are
    the windows that end on 2025-12-31. Incidents whose address was lost are counted too.
    """
    incidents = planted.tables["incidents"]
    parts = [
        _spot_counts(planted.spots, incidents, category=category, offenses=offenses)
        for category, offenses in (("violence", VIOLENT), ("shootings", SHOOTINGS), ("burglary", ("burglary",)))
    ]
    return pd.concat(parts, ignore_index=True)


def watched_corners(planted: Planted) -> pd.DataFrame:
    """One row per corner where police look: x, y, spot_id ('' for a quiet corner), area, found_last_365."""
    corners = watched_blocks(planted.street_map, planted.spots)
    incidents = planted.tables["incidents"]
    recent = incidents[incidents["offense_category"].isin(FOUND_BY_LOOKING) & (incidents["day"] > days.LAST - 365)]
    return pd.DataFrame(
        {
            "x": corners["x"].round(1),
            "y": corners["y"].round(1),
            "spot_id": corners["spot_id"],
            "area": to_wkt(
                buffer(points(corners[["x", "y"]].to_numpy()), HOT_SPOT_RADIUS_M, quad_segs=8), rounding_precision=1
            ),
            "found_last_365": [int(recent["segment"].isin(blocks).sum()) for blocks in corners["blocks"]],
        }
    )


def incident_places(planted: Planted) -> pd.DataFrame:
    """incident_id; x, y: the corner or the middle of the block, metres of the metric CRS; spot_id or ''; is_junk."""
    incidents = planted.tables["incidents"]
    spot = np.append(planted.spots["spot_id"].to_numpy(object), "")
    return pd.DataFrame(
        {
            "incident_id": incidents["incident_id"],
            "x": incidents["x"].round(1),
            "y": incidents["y"].round(1),
            "spot_id": spot[incidents["spot"]],
            "is_junk": incidents["is_junk"],
        }
    )


def groups_table(planted: Planted) -> pd.DataFrame:
    """One row per group: members, and shootings on each side in the 365 days to 2025-12-31, reviewed by that day.

    Distinct incidents, crimes only. Competition ranks among the groups reviewed in time; empty for the others and where
    there is no shooting.
    """
    groups, shootings = planted.groups, planted.tables["shootings"]
    recent = shootings[
        (shootings["day"] > days.LAST - 365) & (shootings["review_day"] != days.MISSING) & shootings["is_criminal"]
    ]
    table = pd.DataFrame({"group_id": groups.names, "members": np.bincount(groups.members["group"])})
    table["is_reviewed"] = ~table.index.isin(
        planted.tables["memberships"].query("why_not == 'group_not_reviewed'")["group"]
    )
    for side in ("suspect", "victim"):
        pairs = recent.loc[recent[f"group_{side}"] >= 0, ["incident", f"group_{side}"]].drop_duplicates()
        counts = pd.Series(np.bincount(pairs[f"group_{side}"], minlength=len(table)))
        table[f"shootings_{side}"] = counts
        ranked = counts[table["is_reviewed"] & (counts > 0)]
        rank = ranked.rank(method="min", ascending=False).astype("Int64")
        table[f"rank_{'by' if side == 'suspect' else 'against'}"] = rank.reindex(table.index)
    return table


def people_table(planted: Planted) -> pd.DataFrame:
    """One row per person: race_ethnicity, culture of the name, and of whom (family_of) they are the relation, or ''."""
    people = planted.people
    person_id = people["person_id"].to_numpy(object)
    relative = people["relative"].to_numpy()
    return pd.DataFrame(
        {
            "person_id": person_id,
            "race_ethnicity": people["race_ethnicity"],
            "culture": np.array(NAMES, dtype=object)[people["culture"]],
            "family_of": np.where(relative >= 0, person_id[relative], ""),
            "relation": people["relation"],
        }
    )


def person_records(planted: Planted) -> pd.DataFrame:
    """record_table, record_id, person_id: who each record is of. Custody and referrals repeat the arrest's person."""
    arrests = planted.tables["arrests"]
    referrals, custody = planted.tables["referrals"], planted.tables["custody"]
    parts = [
        pd.DataFrame({"record_table": name, "record_id": frame[key], "person": frame["person"]})
        for name, key in _PERSON_TABLES.items()
        for frame in (planted.tables[name],)
    ]
    booked = custody["is_booked"].to_numpy()
    parts.append(
        pd.DataFrame(
            {"record_table": "custody", "record_id": custody["custody_id"][booked], "person": arrests["person"][booked]}
        )
    )
    parts.append(
        pd.DataFrame(
            {
                "record_table": "referrals",
                "record_id": referrals["referral_id"],
                "person": arrests["person"].to_numpy()[referrals["arrest"]],
            }
        )
    )
    records = pd.concat(parts, ignore_index=True)
    records["person_id"] = planted.people["person_id"].to_numpy(object)[records.pop("person")]
    return records


def facts(planted: Planted, *, incidents: int, seed: int, dirty: pd.DataFrame) -> dict[str, Any]:
    """truth.json: what was asked for, what was planted, and the numbers a right pipeline finds on 2025-12-31.

    Dirty rows are out of every number: those set aside never were events, those kept are listed under ``dirty``.
    """
    spots = planted.spots
    arms = spots[spots["arm"] != ""]
    return {
        "about": "Everything in this folder is invented; the pipeline never reads it.",
        "incidents_asked_for": incidents,
        "seed": seed,
        "first_day": days.FIRST_DATE.isoformat(),
        "last_day": days.LAST_DATE.isoformat(),
        "sentinel": {"given_name": SENTINEL[0], "family_name": SENTINEL[1], "person_id": "P0000000"},
        "residents": {
            "total": int(planted.street_map.population["residents"].sum()),
            "race_ethnicity_shares": RESIDENT_SHARES,
        },
        "people_of_record_race_ethnicity_shares": dict(zip(RECORDED_RACES, RACE_SHARES, strict=True)),
        "rows": _rows(planted),
        "metrics": {"by_year": _by_year(planted), "whole_period": _whole_period(planted)},
        "feuds": _feuds(planted.groups),
        "intervention": {
            "start": days.INTERVENTION_DATE.isoformat(),
            "outcome": "shootings",
            "rate_ratio": EFFECT,
            "treated": arms.loc[arms["arm"] == "treated", "spot_id"].to_list(),
            "control": arms.loc[arms["arm"] == "control", "spot_id"].to_list(),
            "areas": "hot_spots.csv, column area, metres",
            "shootings": _arms(planted),
        },
        "dirty": {str(kind): int(count) for kind, count in dirty["kind"].value_counts().sort_index().items()},
    }


def _spot_counts(
    spots: pd.DataFrame, incidents: pd.DataFrame, *, category: str, offenses: tuple[str, ...]
) -> pd.DataFrame:
    shown = spots[spots["category"] == ("burglary" if category == "burglary" else "violence")]
    inside = incidents[(incidents["spot"] >= 0) & incidents["offense_category"].isin(offenses)]
    place = points(shown[["x", "y"]].to_numpy())
    table = pd.DataFrame(
        {
            "spot_id": shown["spot_id"],
            "category": category,
            "kind": shown["kind"],
            "arm": shown["arm"],
            "x": shown["x"].round(1),
            "y": shown["y"].round(1),
            "radius_m": HOT_SPOT_RADIUS_M,
            "first_day": days.day_text(shown["first_day"].to_numpy(), ISO),
            "last_day": days.day_text(shown["until_day"].to_numpy() - 1, ISO),
            "area": to_wkt(buffer(place, HOT_SPOT_RADIUS_M, quad_segs=8), rounding_precision=1),
        }
    )
    years = days.year_of(inside["day"].to_numpy())
    windows = {f"incidents_{year}": years == year for year in (2023, 2024, 2025)}
    windows |= {f"incidents_last_{n}": (inside["day"] > days.LAST - n).to_numpy() for n in (90, 365)}
    for column, chosen in windows.items():
        table[column] = np.bincount(inside.loc[chosen, "spot"], minlength=len(spots))[shown.index]
    return table


def _group_members(planted: Planted) -> pd.DataFrame:
    members = planted.groups.members
    arrests = planted.tables["arrests"]
    together = arrests["is_group_event"] & (arrests["day"] > days.LAST - 730)
    met = arrests.loc[together, "person"].value_counts()
    return pd.DataFrame(
        {
            "group_id": np.array(planted.groups.names, dtype=object)[members["group"]],
            "person_id": planted.people["person_id"].to_numpy(object)[members["person"]],
            "group_arrests_last_730": met.reindex(members["person"], fill_value=0).to_numpy(),
        }
    )


def _memberships(planted: Planted) -> pd.DataFrame:
    audit = planted.tables["memberships"]
    return pd.DataFrame(
        {
            "membership_id": audit["membership_id"],
            "person_id": planted.people["person_id"].to_numpy(object)[audit["person"]],
            "group_id": np.array(planted.groups.names, dtype=object)[audit["group"]],
            "counts_on_last_day": audit["why_not"] == "",
            "why_not": audit["why_not"],
        }
    )


def _rows(planted: Planted) -> dict[str, int]:
    """Records per core table, dirty rows apart."""
    counts = {name: len(frame) for name, frame in planted.tables.items() if name not in ("custody", "tracker")}
    counts["custody"] = int(planted.tables["custody"]["is_booked"].sum())
    for name, kind in (("strategies", "S"), ("commitments", "C")):
        counts[name] = int((planted.tables["tracker"]["kind"] == kind).sum())
    return counts


def _by_year(planted: Planted) -> dict[str, dict[str, int]]:
    """Counts by local calendar year of the event (of filing, receipt, ... where named so)."""
    tables = planted.tables
    incidents, shootings, arrests = tables["incidents"], tables["shootings"], tables["arrests"]
    homicides = incidents[incidents["offense_category"] == "homicide"]
    crimes = shootings[shootings["is_criminal"]]
    # A warrant or a superseding document takes a case off the docket without deciding it.
    ended = tables["cases"][~tables["cases"]["disposition"].isin(["", "warrant", "superseded"])]
    sets = {
        "incidents": incidents["day"],
        "violent_incidents": incidents.loc[incidents["offense_category"].isin(VIOLENT), "day"],
        "homicide_victims": homicides.loc[homicides.index.repeat(homicides["victim_count"]), "day"],
        "shooting_victims": crimes["day"],
        "nonfatal_shooting_victims": crimes.loc[~crimes["is_fatal"], "day"],
        "shooting_incidents": crimes.drop_duplicates("incident")["day"],
        "arrests": arrests["day"],
        "custodial_arrests": arrests.loc[arrests["arrest_type"] == "custodial", "day"],
        "referrals_received": tables["referrals"]["received_day"],
        "cases_filed": tables["cases"]["filed_day"],
        "cases_disposed": ended["disposition_day"],
        "cases_dismissed": ended.loc[ended["disposition"] == "dismissed", "disposition_day"],
    }
    counts = {}
    for name, day in sets.items():
        years = days.year_of(day.to_numpy())
        counts[name] = {str(year): int((years == year).sum()) for year in (2023, 2024, 2025)}
    return counts


def _whole_period(planted: Planted) -> dict[str, int | float]:
    tables = planted.tables
    arrests, referrals, sentences = tables["arrests"], tables["referrals"], tables["sentences"]
    custodial = int((arrests["arrest_type"] == "custodial").sum())
    results = referrals["screen_result"].value_counts()
    initial = sentences[sentences["is_initial"]]
    incidents = tables["incidents"]
    # The sixth text that police have for 'other' is in no code map.
    unlisted = (
        (incidents["agency"] == "police") & (incidents["offense_category"] == "other") & (incidents["variant"] == 5)
    )
    sentenced = int(initial["case_id"].nunique())
    incarcerated = int(initial.loc[initial["sentence_type"].isin(["prison", "jail"]), "case_id"].nunique())
    return {
        "custodial_arrests": custodial,
        "custodial_arrest_share": custodial / len(arrests),
        **{f"referrals_{name}": int(count) for name, count in results.drop("", errors="ignore").sort_index().items()},
        "referrals_pending": int((referrals["screen_result"] == "").sum()),
        "cases_filed": len(tables["cases"]),
        "cases_open": int((tables["cases"]["disposition_day"] == days.MISSING).sum()),
        "sentenced_defendants": sentenced,
        "incarcerated_defendants": incarcerated,
        "incarceration_rate": incarcerated / sentenced,
        "unmapped_incidents": int(unlisted.sum()),
    }


def _feuds(groups: Groups) -> list[dict[str, str]]:
    names = np.array(groups.names, dtype=object)
    feuds = groups.feuds.assign(
        group=names[groups.feuds["group"]],
        other=names[groups.feuds["other"]],
        known_on=days.day_text(groups.feuds["known_day"].to_numpy(), ISO),
        ended_on=days.day_text(groups.feuds["ended_day"].to_numpy(), ISO),
    )
    return feuds[["group", "other", "known_on", "ended_on"]].to_dict("records")  # type: ignore[return-value]


def _arms(planted: Planted) -> dict[str, dict[str, int]]:
    """Shootings (incidents) in the treated and the control places, in the two years before and the year after."""
    incidents = planted.tables["incidents"]
    shot = incidents[incidents["offense_category"].isin(SHOOTINGS) & (incidents["spot"] >= 0)]
    arm = planted.spots["arm"].to_numpy(object)[shot["spot"]]
    after = (shot["day"] >= days.INTERVENTION).to_numpy()
    return {
        name: {"before": int(((arm == name) & ~after).sum()), "after": int(((arm == name) & after).sum())}
        for name in ("treated", "control")
    }
