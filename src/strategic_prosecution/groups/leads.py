"""Leads: clusters in the data that nobody has adopted yet. A number and counts; never a name, a list or an export."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from strategic_prosecution.groups.inputs import require_columns
from strategic_prosecution.groups.leiden import leiden
from strategic_prosecution.groups.networks import number_clusters, tie_graph


def find_leads(
    ties: pd.DataFrame, *, resolution: float, seed: int, seeds: int = 10, min_people: int = 3
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clusters of at least `min_people` people in the ties, with how firmly the data draw their borders.

    `ties`: source, target, weight, as from `same_side_ties`. The clusters are those of `detect_clusters` at `seed`;
    seeds - 1 further runs (seed + 1, ...) tell how stable they are. Returns two frames. Leads: lead_number (from 1,
    largest first), people, ties (pairs tied inside the lead), stability; this one may be shown. Lead members:
    person_id, lead_number; for matching inside the office's own stages only, never published.

    stability: of the pairs of people that the lead or the other run puts together, at least one of them in the lead,
    the share that both put together; mean over the other runs (the Jaccard stability of Hennig 2007, on pairs). 1 =
    every run draws the same border; null when seeds is 1.

    Raises ValueError for seeds < 1, min_people < 2, or what `detect_clusters` refuses.
    """
    if seeds < 1 or min_people < 2:
        raise ValueError(f"seeds [{seeds}] must be at least 1 and min_people [{min_people}] at least 2")
    if not (np.isfinite(resolution) and resolution > 0):
        raise ValueError(f"resolution [{resolution}] must be a positive number; 1.0 is the usual one")
    people, graph = tie_graph(ties)
    number = number_clusters(leiden(graph, resolution=resolution, seed=seed))
    size = np.bincount(number, minlength=1)[1:]
    agreement = [
        _pair_agreement(number, leiden(graph, resolution=resolution, seed=other))
        for other in range(seed + 1, seed + seeds)
    ]
    pairs = graph.tocoo()
    inside = (number[pairs.row] == number[pairs.col]) & (pairs.row < pairs.col)
    leads = pd.DataFrame(
        {
            "lead_number": np.arange(1, len(size) + 1, dtype=np.int64),
            "people": size.astype(np.int64),
            "ties": np.bincount(number[pairs.row[inside]], minlength=len(size) + 1)[1:].astype(np.int64),
            "stability": np.mean(agreement, axis=0) if agreement else np.full(len(size), np.nan),
        }
    )
    # Clusters are numbered largest first, so those that are large enough are the first numbers.
    leads = leads[leads["people"] >= min_people].reset_index(drop=True)
    members = pd.DataFrame({"person_id": people, "lead_number": number})
    members = members[members["lead_number"] <= len(leads)].sort_values("lead_number", kind="stable")
    return leads, members.reset_index(drop=True)


def _pair_agreement(number: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
    """Per cluster of `number` (from 1): pairs together in both / pairs together in either and touching the cluster."""
    overlap = pd.DataFrame({"number": number, "other": other}).value_counts(sort=False).rename("shared").reset_index()
    shared = overlap["shared"].to_numpy()
    whole = np.bincount(other)[overlap["other"]]
    both = np.bincount(overlap["number"], weights=_pair_count(shared))[1:]
    touching = np.bincount(overlap["number"], weights=_pair_count(whole) - _pair_count(whole - shared))[1:]
    return both / (_pair_count(np.bincount(number)[1:]) + touching - both)


def _pair_count(people: NDArray[np.int64]) -> NDArray[np.float64]:
    return people * (people - 1) / 2.0


def reconcile(lead_members: pd.DataFrame, memberships: pd.DataFrame) -> pd.DataFrame:
    """Leads beside the roster's groups: how many people they share. Nothing is merged or adopted here.

    `lead_members`: person_id, lead_number. `memberships`: the active ones, person_id and group_id. Returns one row per
    lead and group that share people (status 'matched'), one per lead that shares none ('only_in_data', group_id null)
    and one per group that shares none ('only_in_roster', lead_number null): lead_number, group_id, status,
    people_in_both, people_in_lead, people_in_group. Counts of people only; sorted by lead_number, then group_id.
    """
    require_columns(lead_members, name="lead_members", columns=("person_id", "lead_number"))
    require_columns(memberships, name="memberships", columns=("person_id", "group_id"))
    leads = lead_members[["person_id", "lead_number"]].drop_duplicates()
    roster = memberships[["person_id", "group_id"]].drop_duplicates()
    shared = leads.merge(roster, on="person_id").value_counts(["lead_number", "group_id"]).rename("people_in_both")
    in_lead = leads.groupby("lead_number", as_index=False).agg(people_in_lead=("person_id", "size"))
    in_group = roster.groupby("group_id", as_index=False).agg(people_in_group=("person_id", "size"))
    table = in_lead.merge(shared.reset_index(), on="lead_number", how="outer").merge(
        in_group, on="group_id", how="outer"
    )
    status = np.select(
        [table["people_in_both"].notna(), table["lead_number"].notna()], ["matched", "only_in_data"], "only_in_roster"
    )
    counts = ["lead_number", "people_in_both", "people_in_lead", "people_in_group"]
    table = table.assign(status=status).astype(dict.fromkeys(counts, "Int64"))
    table["people_in_both"] = table["people_in_both"].fillna(0)
    columns = ["lead_number", "group_id", "status", "people_in_both", "people_in_lead", "people_in_group"]
    return table[columns].sort_values(["lead_number", "group_id"], na_position="last").reset_index(drop=True)
