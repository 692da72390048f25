"""Groups: memberships that count, leads, the scorecard, the two ranks, and who stands behind them."""

from datetime import date

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.groups import (
    active_memberships,
    find_leads,
    group_priorities,
    group_scorecard,
    priority_composition,
    reconcile,
    same_side_ties,
)
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

WINDOWS = (30, 90, 365, 730)
# The composition table is drawn for the groups first in line on either rank.
FIRST_RANKS = 5


def groups(office: Office, as_of: date) -> dict[str, int]:
    """Build the group views of core and the group tables of mart as of a day."""
    with warehouse.open_core(office, as_of) as connection:
        memberships = _memberships(connection, office, as_of)
        feuds = desk.current(connection, office, model.table("desk.feuds"), as_of=as_of)
        participations = connection.execute(query("participations")).df()
        involvements = connection.execute(query("involvements")).df()
        standing = connection.execute(query("standing")).df()
        benchmarks = connection.execute(
            query("benchmarks"), {"as_of": as_of, "window_days": office.groups.window_days}
        ).df()
        people = connection.execute("select person_id, race_ethnicity, sex from core.people order by person_id").df()
    settings = office.groups
    active, left_out = active_memberships(
        memberships,
        as_of=as_of,
        criteria=model.MEMBERSHIP_CRITERIA,
        expiry_days=settings.expiry_days,
        review_days=settings.review_days,
        notice_required=settings.notice_required,
    )
    ties, _ = same_side_ties(participations, as_of=as_of, window_days=settings.window_days)
    leads, lead_members = find_leads(ties, resolution=settings.resolution, seed=settings.seed)
    matches = reconcile(lead_members, active)
    open_feuds = feuds[feuds["ended_on"].isna() | (feuds["ended_on"] > pd.Timestamp(as_of))]
    is_custody = standing["kind"] == "custody"
    scorecard = group_scorecard(
        involvements=involvements,
        memberships=active,
        feuds=open_feuds,
        supervision=standing[~is_custody].rename(columns={"first_day": "start_date", "last_day": "end_date"}),
        custody=standing[is_custody].rename(columns={"first_day": "detained_from", "last_day": "detained_to"}),
        as_of=as_of,
        windows=tuple(sorted({*WINDOWS, settings.violent_window_days})),
    )
    priorities = group_priorities(scorecard, violent_window_days=settings.violent_window_days)
    first = priorities[
        priorities["rank_violence_by"].le(FIRST_RANKS) | priorities["rank_violence_against"].le(FIRST_RANKS)
    ]
    composed = people[people["person_id"].isin(active.loc[active["group_id"].isin(first["group_id"]), "person_id"])]
    disparities = _composition_rows(priority_composition(composed, benchmarks), as_of)
    matched = set(matches.loc[matches["status"] == "matched", "lead_number"])
    leads = leads.assign(
        as_of=as_of,
        resolution=settings.resolution,
        seed=settings.seed,
        reconciled=leads["lead_number"].map(lambda number: "matched" if number in matched else "only_in_data"),
    )
    with warehouse.open_core(office, as_of) as connection:
        with warehouse.transaction(connection):
            named = active.assign(linked_person_id=active["person_id"], person_id=active["confirmed_person_id"])
            warehouse.replace(connection, model.table("core.group_memberships"), named)
            warehouse.replace(connection, model.table("core.group_feuds"), _pairs(open_feuds))
        with warehouse.transaction(connection):
            for name, rows in (
                ("leads", leads),
                ("group_scorecard", scorecard.assign(as_of=as_of)),
                ("group_priorities", priorities.assign(as_of=as_of)),
                ("disparities", disparities),
            ):
                warehouse.replace_as_of(connection, model.table(f"mart.{name}"), as_of, rows)
    return {
        "memberships": len(active),
        "groups": int(active["group_id"].nunique()),
        "leads": len(leads),
        **{
            f"left_out_{reason}": int(count)
            for reason, count in zip(left_out["reason"], left_out["memberships"], strict=True)
            if count
        },
    }


def _memberships(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    """The newest known event of each membership with the person it is linked to.

    A date of birth comes from the audit, or from the linked person where the audit has none.
    """
    rows = desk.current(connection, office, model.table("desk.memberships"), as_of=as_of)
    linked = connection.execute(
        "select record_id as membership_id, person_id, confirmed_person_id, people.birth_date as known_birth_date "
        "from core.person_records join core.people using (person_id) where record_table = 'memberships'"
    ).df()
    rows = rows.merge(linked, on="membership_id", how="left")
    return rows.assign(birth_date=rows["birth_date"].fillna(rows["known_birth_date"]))


def _pairs(feuds: pd.DataFrame) -> pd.DataFrame:
    """One row per unordered pair of groups, since the earliest day it was known."""
    pairs = feuds[["group_id", "other_group_id", "known_on"]].copy()
    swapped = pairs["group_id"] > pairs["other_group_id"]
    pairs.loc[swapped, ["group_id", "other_group_id"]] = pairs.loc[swapped, ["other_group_id", "group_id"]].to_numpy()
    return pairs.sort_values("known_on", kind="stable").drop_duplicates(["group_id", "other_group_id"])


def _composition_rows(composition: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """mart.disparities: the composition table as one row per attribute, value and population."""
    frames = []
    for column in (name for name in composition.columns if name.endswith("_count")):
        population = column.removesuffix("_count")
        counts = composition[column].astype("Int64")
        totals = composition.assign(n=counts).groupby("attribute")["n"].transform("sum", min_count=1)
        rows = pd.DataFrame(
            {
                "as_of": as_of,
                "topic": "group priorities",
                "attribute": composition["attribute"],
                "segment": composition["value"],
                "population": population,
                "numerator": counts,
                "denominator": totals.astype("Int64"),
                "value": composition[f"{population}_share"].astype(float),
            }
        )
        frames.append(rows[rows["numerator"].notna()])
    return pd.concat(frames, ignore_index=True)[list(model.table("mart.disparities").names)]
