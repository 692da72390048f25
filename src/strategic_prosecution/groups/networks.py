"""Ties between people on the same side of one event, and the clusters they form."""

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from strategic_prosecution.groups.inputs import count_reasons, day, local_dates, not_adult, require_columns
from strategic_prosecution.groups.leiden import leiden

SAME_SIDE_KINDS = ("arrest", "case", "suspect")
# In order of precedence: a participation is counted under the first that holds.
TIE_REASONS = (
    "not_linked",
    "not_same_side",
    "date_unknown",
    "outside_window",
    "domestic",
    "protest_or_public_order",
    "too_many_people",
    "under_18",
    "age_unknown",
    "single_person",
)
_PARTICIPATION_COLUMNS = ("event_id", "person_id", "event_date", "birth_date", "is_domestic", "is_protest", "kind")


def same_side_ties(
    participations: pd.DataFrame,
    *,
    as_of: dt.date,
    window_days: int,
    max_people: int = 10,
    half_life_days: int | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ties between people arrested, charged or named as suspects together, and what was left out of them.

    `participations`: one row per person and event: event_id (the same for every kind of record of one incident),
    person_id, event_date, birth_date, is_domestic, is_protest (protest or public-order arrest), kind
    ('arrest' | 'case' | 'suspect'; rows of any other kind, such as victims, never tie). A null flag reads as false,
    a null birth date as not adult. The event's date is the earliest of its rows; the window is the `window_days` days
    that end with `as_of`. Rows dated after `as_of` stand apart: they neither join nor change an earlier event.

    Returns two frames. Ties: source < target, weight (sum over events of 1 / (people - 1): Newman 2001; with
    `half_life_days` each event's share is halved for every so many days it lies before `as_of`), events,
    last_event_date; one row per pair, in id order. Left out: reason, participations (distinct person and event; rows
    where either is null), events, people; one row per reason, zeros included. Every participation is in a tied event
    or under exactly one reason. An event with more than `max_people` people on this side is left out whole; people
    under 18 at the event, or of unknown age, are taken out of the event before it is weighted. With `half_life_days`
    an event weighs half for every so many days that it lies before `as_of`.

    Raises ValueError for a missing column or a setting out of range.
    """
    require_columns(participations, name="participations", columns=_PARTICIPATION_COLUMNS)
    if window_days < 1 or max_people < 2:
        raise ValueError(f"window_days [{window_days}] must be at least 1 and max_people [{max_people}] at least 2")
    if half_life_days is not None and half_life_days < 1:
        raise ValueError(f"half_life_days [{half_life_days}] must be at least 1, or None for none")
    if half_life_days is not None and half_life_days * 100 < window_days:
        # Past that, the weights of the oldest events vanish in 32-bit numbers, and with them their ties.
        raise ValueError(
            f"half_life_days [{half_life_days}] must be at least a hundredth of window_days [{window_days}]"
        )
    rows = pd.DataFrame(
        {
            "event": pd.factorize(participations["event_id"], sort=True)[0],
            "person": pd.factorize(participations["person_id"], sort=True)[0],
            "date": local_dates(participations["event_date"], name="participations.event_date").to_numpy(),
            "birth": local_dates(participations["birth_date"], name="participations.birth_date").to_numpy(),
            "is_domestic": participations["is_domestic"].eq(True).fillna(False).to_numpy(dtype=bool),
            "is_protest": participations["is_protest"].eq(True).fillna(False).to_numpy(dtype=bool),
            "same_side": participations["kind"].isin(SAME_SIDE_KINDS).to_numpy(),
        }
    )
    rows["is_later"] = rows["date"].gt(day(as_of))
    people = _one_row_per_person(rows)
    people["reason"] = _tie_reason(people, as_of=as_of, window_days=window_days, max_people=max_people)
    adults = people["reason"].eq("")
    people["n"] = people[adults].groupby("event")["person"].transform("size").reindex(people.index)
    people.loc[adults & people["n"].lt(2), "reason"] = "single_person"
    left_out = count_reasons(
        people["reason"].to_numpy(),
        reasons=TIE_REASONS,
        rows="participations",
        distinct={
            "events": people["event"].where(people["event"] >= 0),
            "people": people["person"].where(people["person"] >= 0),
        },
    )
    ids = pd.factorize(participations["person_id"], sort=True)[1]
    tied = people[people["reason"].eq("")]
    halvings = (day(as_of) - tied["date"]).dt.days / half_life_days if half_life_days else 0.0
    return _pairs(tied.assign(recency=0.5**halvings), ids=pd.Index(ids)), left_out


def _one_row_per_person(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per event and person (each unlinked row by itself), with the facts of the whole event."""
    # What is dated after as_of must not complete an event that began before it.
    event = rows.groupby(["event", "is_later"])
    facts = rows.assign(
        date=event["date"].transform("min"),
        is_domestic=event["is_domestic"].transform("any"),
        is_protest=event["is_protest"].transform("any"),
    )
    linked = (facts["event"] >= 0) & (facts["person"] >= 0)
    # Two birth dates for one person: the later keeps more out. A suspect row outweighs a victim row of that person.
    merged = (
        facts[linked]
        .groupby(["event", "is_later", "person"], as_index=False)
        .agg(
            date=("date", "first"),
            birth=("birth", "max"),
            is_domestic=("is_domestic", "first"),
            is_protest=("is_protest", "first"),
            same_side=("same_side", "any"),
        )
    )
    people = pd.concat([merged, facts.loc[~linked, merged.columns]], ignore_index=True)
    # People who could not be linked still make the event larger.
    people["size"] = people.groupby(["event", "is_later"])["same_side"].transform("sum")
    return people


def _tie_reason(people: pd.DataFrame, *, as_of: dt.date, window_days: int, max_people: int) -> NDArray[np.object_]:
    last = day(as_of)
    in_window = people["date"].gt(last - pd.Timedelta(days=window_days)) & people["date"].le(last)
    conditions = {
        "not_linked": people["event"].lt(0) | people["person"].lt(0),
        "not_same_side": ~people["same_side"],
        "date_unknown": people["date"].isna(),
        "outside_window": ~in_window,
        "domestic": people["is_domestic"],
        "protest_or_public_order": people["is_protest"],
        "too_many_people": people["size"].gt(max_people),
        "under_18": not_adult(people["birth"], on=people["date"]),
        "age_unknown": people["birth"].isna(),
    }
    return np.select([c.to_numpy(dtype=bool) for c in conditions.values()], list(conditions), default="").astype(object)


def _pairs(people: pd.DataFrame, *, ids: pd.Index) -> pd.DataFrame:
    seats = people[["event", "person", "date", "n", "recency"]]
    pairs = seats.merge(seats[["event", "person"]], on="event", suffixes=("", "_other"))
    # The order of the sum is fixed, so the same events give the same weight to the last bit.
    pairs = pairs[pairs["person"] < pairs["person_other"]].sort_values(["person", "person_other", "event"])
    pairs["share"] = pairs["recency"] / (pairs["n"] - 1.0)
    ties = pairs.groupby(["person", "person_other"], as_index=False).agg(
        weight=("share", "sum"), events=("event", "size"), last_event_date=("date", "max")
    )
    return pd.DataFrame(
        {
            "source": ids.take(ties["person"].to_numpy(dtype=np.intp)),
            "target": ids.take(ties["person_other"].to_numpy(dtype=np.intp)),
            "weight": ties["weight"].astype("float64"),
            "events": ties["events"].astype("int64"),
            "last_event_date": ties["last_event_date"],
        }
    )


def tie_graph(edges: pd.DataFrame) -> tuple[pd.Index, sparse.csr_array]:
    """People in id order and their symmetric tie weights; several rows of a pair, in either direction, add up.

    `edges`: source, target and, if given, weight (1 otherwise). A tie of a person to themselves is dropped. Raises
    ValueError for a null end or a weight that is not a positive number.
    """
    require_columns(edges, name="edges", columns=("source", "target"))
    weight = edges["weight"].to_numpy(dtype=float) if "weight" in edges.columns else np.ones(len(edges))
    bad = int((~np.isfinite(weight) | (weight <= 0)).sum())
    if bad:
        raise ValueError(f"edges.weight: [{bad}] of {len(edges)} rows hold no positive number; leave such ties out")
    codes, people = pd.factorize(pd.concat([edges["source"], edges["target"]], ignore_index=True), sort=True)
    if (codes < 0).any():
        raise ValueError(f"edges: [{int((codes < 0).sum())}] ends are null; leave such ties out")
    source, target = codes[: len(edges)], codes[len(edges) :]
    ties = pd.DataFrame({"low": np.minimum(source, target), "high": np.maximum(source, target), "weight": weight})
    ties = ties[ties["low"] < ties["high"]].sort_values(["low", "high", "weight"])
    ties = ties.groupby(["low", "high"], as_index=False).agg(weight=("weight", "sum"))
    low, high, total = ties["low"].to_numpy(), ties["high"].to_numpy(), ties["weight"].to_numpy()
    shape = (len(people), len(people))
    half = sparse.csr_array((total, (low, high)), shape=shape)
    graph = (half + half.T).tocsr()
    tied = np.flatnonzero(np.diff(graph.indptr))
    return pd.Index(people).take(tied), graph[tied][:, tied].tocsr()


def number_clusters(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels renumbered from 1 by size, largest first, then by the position of the first member."""
    _, first, inverse, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    number = np.empty(len(sizes), dtype=np.int64)
    number[np.lexsort((first, -sizes))] = np.arange(1, len(sizes) + 1)
    return number[inverse]


def detect_clusters(edges: pd.DataFrame, *, resolution: float = 1.0, seed: int) -> pd.DataFrame:
    """Clusters of people by modularity (Leiden: Traag, Waltman & van Eck 2019); none spans two connected components.

    `edges`: source, target and optionally weight; undirected, several rows of a pair add up. Returns one row per
    person with a tie: person, cluster. Clusters are numbered from 1 by size, largest first, then by smallest person
    id; rows are in that order. People without a tie are absent. The answer depends on the ties, resolution and seed,
    not on the order of rows. A larger resolution gives smaller clusters. A cluster is a pattern in records, not a
    group: it becomes one only when a person adopts it.

    Raises ValueError for a missing column, a null end, or a weight or resolution that is not a positive number.
    """
    if not (np.isfinite(resolution) and resolution > 0):
        raise ValueError(f"resolution [{resolution}] must be a positive number; 1.0 is the usual one")
    people, graph = tie_graph(edges)
    cluster = number_clusters(leiden(graph, resolution=resolution, seed=seed))
    order = np.argsort(cluster, kind="stable")
    return pd.DataFrame({"person": people.take(order), "cluster": cluster[order]})
