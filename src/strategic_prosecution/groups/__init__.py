"""Groups: ties and clusters, leads, memberships that count, the scorecard and the two ranks.

Pure: frames in, frames out. Groups are prioritised, never people.
"""

from strategic_prosecution.groups.leads import find_leads, reconcile
from strategic_prosecution.groups.memberships import active_memberships
from strategic_prosecution.groups.networks import detect_clusters, same_side_ties
from strategic_prosecution.groups.priorities import group_priorities, priority_composition
from strategic_prosecution.groups.scorecard import group_scorecard

__all__ = [
    "active_memberships",
    "detect_clusters",
    "find_leads",
    "group_priorities",
    "group_scorecard",
    "priority_composition",
    "reconcile",
    "same_side_ties",
]
