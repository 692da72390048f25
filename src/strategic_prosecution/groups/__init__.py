"""Groups: ties and clusters, leads, memberships that count, the scorecard and the two ranks.

Pure: frames in, frames out. Groups are prioritised, never people.
"""

from strategic_prosecution.groups.audits import ErrorRate, error_rate, sample
from strategic_prosecution.groups.call_ins import (
    MissingTies,
    Selection,
    reach_without_ties,
    select_representatives,
)
from strategic_prosecution.groups.custody_difference import (
    CustodyDifference,
    custody_difference,
    days_held,
    facts_before,
    merged_stays,
)
from strategic_prosecution.groups.drug_market import drug_market_sides
from strategic_prosecution.groups.early_intervention import early_intervention
from strategic_prosecution.groups.eligibility import eligible_people
from strategic_prosecution.groups.forecast import GroupForecast, forecast_groups
from strategic_prosecution.groups.group_ties import ties_between_groups
from strategic_prosecution.groups.intimate_partner import intimate_partner_tiers
from strategic_prosecution.groups.leads import find_leads, reconcile
from strategic_prosecution.groups.memberships import active_memberships, lay_over_actions, weigh_memberships
from strategic_prosecution.groups.networks import detect_clusters, same_side_ties
from strategic_prosecution.groups.priorities import group_priorities, priority_composition
from strategic_prosecution.groups.response_times import response_times
from strategic_prosecution.groups.scorecard import group_scorecard
from strategic_prosecution.groups.seating import Seating, seat_sessions

__all__ = [
    "CustodyDifference",
    "ErrorRate",
    "GroupForecast",
    "MissingTies",
    "Seating",
    "Selection",
    "active_memberships",
    "custody_difference",
    "days_held",
    "detect_clusters",
    "drug_market_sides",
    "early_intervention",
    "eligible_people",
    "error_rate",
    "facts_before",
    "find_leads",
    "forecast_groups",
    "group_priorities",
    "group_scorecard",
    "intimate_partner_tiers",
    "lay_over_actions",
    "merged_stays",
    "priority_composition",
    "reach_without_ties",
    "reconcile",
    "response_times",
    "same_side_ties",
    "sample",
    "seat_sessions",
    "select_representatives",
    "ties_between_groups",
    "weigh_memberships",
]
