"""Groups: memberships that count, leads, the scorecard, the two ranks, who stands behind them, what it costs whom."""

from datetime import date
from functools import partial

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.groups import (
    active_memberships,
    find_leads,
    forecast_groups,
    group_priorities,
    group_scorecard,
    priority_composition,
    reconcile,
    same_side_ties,
    ties_between_groups,
)
from strategic_prosecution.settings import Office
from strategic_prosecution.stages import call_ins, priority_fairness, roster, roster_audit, strategies
from strategic_prosecution.stages.priority_fairness import FIRST_RANKS
from strategic_prosecution.stages.queries import query

WINDOWS = (30, 90, 365, 730)


def groups(office: Office, as_of: date) -> dict[str, int]:
    """Build the group views of core and the group tables of mart as of a day."""
    settings = office.groups
    with warehouse.open_core(office, as_of) as connection:
        memberships = roster.memberships_as_of(connection, office, as_of)
        feuds = desk.current(connection, office, model.table("desk.feuds"), as_of=as_of)
        participations = connection.execute(query("participations")).df()
        involvements = connection.execute(query("involvements")).df()
        standing = connection.execute(query("standing")).df()
        benchmarks = connection.execute(query("benchmarks"), {"as_of": as_of, "window_days": settings.window_days}).df()
        people = connection.execute("select person_id, race_ethnicity, sex from core.people order by person_id").df()
        arrests = priority_fairness.proactive_arrests(connection)
        made_elsewhere = {
            "priority_custody": priority_fairness.custody_rows(connection, office, as_of),
            "roster_audits": roster_audit.audit_rows(connection, as_of),
            "strategy_counts": strategies.strategy_counts(connection, office, as_of),
            "response_times": strategies.response_rows(connection, office, as_of),
            "call_in_counts": call_ins.count_rows(connection, as_of),
        }
    active, left_out = active_memberships(
        memberships,
        as_of=as_of,
        criteria=model.MEMBERSHIP_CRITERIA,
        expiry_days=settings.expiry_days,
        review_days=settings.review_days,
        notice_required=settings.notice_required,
    )
    tied = {"window_days": settings.window_days, "half_life_days": settings.tie_half_life_days}
    ties, _ = same_side_ties(participations, as_of=as_of, **tied)
    leads, lead_members = find_leads(ties, resolution=settings.resolution, seed=settings.seed)
    matches = reconcile(lead_members, active)
    open_feuds = feuds[feuds["ended_on"].isna() | (feuds["ended_on"] > pd.Timestamp(as_of))]
    is_custody = standing["kind"] == "custody"
    card = partial(
        group_scorecard,
        involvements=involvements,
        feuds=open_feuds,
        supervision=standing[~is_custody].rename(columns={"first_day": "start_date", "last_day": "end_date"}),
        custody=standing[is_custody].rename(columns={"first_day": "detained_from", "last_day": "detained_to"}),
        as_of=as_of,
        windows=tuple(sorted({*WINDOWS, settings.violent_window_days})),
    )
    rank = partial(group_priorities, violent_window_days=settings.violent_window_days)
    scorecard = card(memberships=active)
    priorities = rank(scorecard)
    without, resting = priority_fairness.rank_without_proactive(
        active, arrests, rank=lambda members: rank(card(memberships=members))
    )
    priorities["rank_without_proactive"] = priorities["group_id"].map(without).astype("Int64")
    first = priorities[
        priorities["rank_violence_by"].le(FIRST_RANKS) | priorities["rank_violence_against"].le(FIRST_RANKS)
    ]
    composed = people[people["person_id"].isin(active.loc[active["group_id"].isin(first["group_id"]), "person_id"])]
    matched = set(matches.loc[matches["status"] == "matched", "lead_number"])
    between = ties_between_groups(
        ties=ties,
        memberships=active,
        feuds=open_feuds,
        involvements=involvements,
        as_of=as_of,
        window_days=settings.violent_window_days,
    )
    tables = {
        "leads": leads.assign(
            resolution=settings.resolution,
            seed=settings.seed,
            reconciled=leads["lead_number"].map(lambda number: "matched" if number in matched else "only_in_data"),
        ),
        "group_scorecard": scorecard,
        "group_priorities": priorities,
        "disparities": _composition_rows(priority_composition(composed, benchmarks), as_of),
        "roster_counts": roster_audit.count_rows(active, left_out, as_of=as_of),
        "roster_matches": matches.assign(match_number=range(1, len(matches) + 1)),
        "group_ties": between,
        **_forecast_rows(office, involvements, as_of),
        **made_elsewhere,
    }
    with warehouse.open_core(office, as_of) as connection:
        with warehouse.transaction(connection):
            named = active.assign(linked_person_id=active["person_id"], person_id=active["confirmed_person_id"])
            warehouse.replace(connection, model.table("core.group_memberships"), named)
            warehouse.replace(connection, model.table("core.group_feuds"), _pairs(open_feuds))
            warehouse.replace(connection, model.table("core.lead_members"), lead_members)
        with warehouse.transaction(connection):
            for name, rows in tables.items():
                warehouse.replace_as_of(connection, model.table(f"mart.{name}"), as_of, rows.assign(as_of=as_of))
    without_arrests = priority_fairness.leads_without_proactive(
        participations,
        arrests,
        lead_members,
        as_of=as_of,
        resolution=settings.resolution,
        seed=settings.seed,
        **tied,
    )
    return {
        "memberships": len(active),
        "groups": int(active["group_id"].nunique()),
        **without_arrests,
        **resting,
        **{
            f"left_out_{reason}": int(count)
            for reason, count in zip(left_out["reason"], left_out["memberships"], strict=True)
            if count
        },
    }


def _forecast_rows(office: Office, involvements: pd.DataFrame, as_of: date) -> dict[str, pd.DataFrame]:
    """The forecast and its trials, where the office asks for one and there are shootings enough; else empty tables."""
    days = office.groups.forecast_days
    made = {name: pd.DataFrame(columns=model.table(f"mart.{name}").names) for name in _FORECASTS}
    if office.groups.forecast:
        foretold = forecast_groups(involvements, as_of=as_of, horizon_days=days)
        if len(foretold.groups):
            made["group_forecasts"] = foretold.groups.assign(horizon_days=days)
        if len(foretold.trials):
            made["group_forecast_trials"] = foretold.trials
    return made


_FORECASTS = ("group_forecasts", "group_forecast_trials")


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
