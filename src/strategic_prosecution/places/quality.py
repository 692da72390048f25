"""How much was placed, how much of that wrongly, and how far off: hit rates, held-out streets, left-out points."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from strategic_prosecution import warehouse
from strategic_prosecution.places.geocoder import HITS, geocode
from strategic_prosecution.places.parse import parse_strings
from strategic_prosecution.places.reference import Reference

NOT_GEOCODABLE = ("empty", "unknown", "po_box", "homeless", "out_of_area")
"""Reasons of strings that say nowhere on this map where they are: no layer could place them."""

HIT_RATE_FLOOR = 0.85
"""Ratcliffe (2004): below this share of records placed, a map of aggregates may differ significantly from the truth."""

# Points left out together are this many apart in the order of streets and numbers: none is another's neighbor.
_TURNS = 10
_SEED = "geocoding trial"
_LABEL = r"^\d+ (?:BLOCK )?"
_TRIALS = ["trial", "match_type", "tried", "matched", "value", "lower", "upper", "median_m", "p90_m"]


def quality(results: pd.DataFrame, weights: ArrayLike, *, confidence: float = 0.95) -> pd.DataFrame:
    """Hit rate and share of each match type, by records and by distinct strings, over all and over geocodable only.

    `results`: `geocode`'s answer for distinct strings, one row each; `weights`: records per string, same length.
    Geocodable leaves out what no layer could place (`NOT_GEOCODABLE`).

    Rows: counted (records | strings), denominator (all | geocodable), match_type (`hit` = all hits together, then
    each type present, ties and none included). Columns: count, total, share, lower, upper; share and interval are
    None when total is 0. Interval: Wilson (1927) score interval, two-sided; records of one string succeed together,
    so by records it is too narrow. ValueError when lengths differ or a weight is negative.
    """
    records = np.asarray(weights, dtype=float)
    if records.shape != (len(results),) or (records < 0).any():
        raise ValueError(f"weights: need one count >= 0 per result; got [{records.shape}] for [{len(results)}] results")
    kind = results["match_type"].to_numpy(dtype=object)
    geocodable = ~((kind == "none") & results["faults"].isin(NOT_GEOCODABLE).to_numpy())
    rows = []
    for counted, weight in (("records", records), ("strings", np.ones(len(results)))):
        for denominator, inside in (("all", np.ones(len(results), dtype=bool)), ("geocodable", geocodable)):
            total = int(weight[inside].sum())
            for match_type in ("hit", *sorted(set(kind[inside]))):
                chosen = np.isin(kind, HITS) if match_type == "hit" else kind == match_type
                rows.append((counted, denominator, match_type, int(weight[inside & chosen].sum()), total))
    table = pd.DataFrame(rows, columns=["counted", "denominator", "match_type", "count", "total"])
    rates = wilson(table["count"], table["total"], confidence=confidence).rename(columns={"value": "share"})
    return table.join(rates.astype(object).where(rates.notna(), None))


def wilson(count: ArrayLike, total: ArrayLike, *, confidence: float = 0.95) -> pd.DataFrame:
    """value, lower, upper: the share count / total with its two-sided Wilson (1927) score interval.

    One row per pair, index 0..n-1. NaN where total is 0 or null.
    """
    n = np.asarray(total, dtype=float)
    n = np.where(n > 0, n, np.nan)
    share = np.asarray(count, dtype=float) / n
    z = float(norm.ppf(0.5 + confidence / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At none and at all of them the limit is 0 or 1 exactly; the formula leaves a rounding error.
    lower = np.where(share == 0, 0.0, np.maximum(0, centre - half))
    upper = np.where(share == 1, 1.0, np.minimum(1, centre + half))
    return pd.DataFrame({"value": share, "lower": lower, "upper": upper})


def against_floor(rates: pd.DataFrame) -> NDArray[np.object_]:
    """above, below or undecided (the interval holds the floor of 85 %) for each row of `wilson`; None without a rate.

    The floor is one for mapping aggregates (Ratcliffe 2004), no mark of quality.
    """
    lower, upper = rates["lower"].to_numpy(dtype=float), rates["upper"].to_numpy(dtype=float)
    verdict = np.full(len(rates), None, dtype=object)
    known = np.isfinite(lower) & np.isfinite(upper)
    verdict[known] = "undecided"
    verdict[known & (lower >= HIT_RATE_FLOOR)] = "above"
    verdict[known & (upper < HIT_RATE_FLOOR)] = "below"
    return verdict


def hold_out(
    answers: pd.DataFrame, reference: Reference, *, share: float = 0.05, most: int = 20_000, **settings: Any
) -> pd.DataFrame:
    """How often a string is placed although its street is not in the reference: each such hit is false.

    answers
        distinct strings as `geocode` answered them on the whole reference: address, match_type, matched_address
    share, most
        share of the streets that is left out, by name; and how many of the strings on them are tried at most
    settings
        of `geocode`

    Rows: '' for all, then each match type that the strings had before. Columns: trial (hold_out), match_type, tried,
    matched, value (the false-match rate), lower, upper; median_m and p90_m are null. No rows where nothing was placed
    on those streets. Streets and strings are drawn by the SHA-256 of their names: the same streets in every run, also
    after a street or an alias came into the layer, so that two nights can be compared. Ties on the whole reference are
    not tried, though one may be placed once its other street is gone; strings of one street fail together, so the
    interval is too narrow. Method: a street that is left out stands for one that the layer does not have yet.
    """
    labels = pd.Series(reference.streets["label"].unique(), dtype=object)
    held = set(_drawn(labels, _SEED, most=int(np.ceil(share * len(labels)))))
    placed = answers[answers["match_type"].isin(HITS) & (answers["match_type"] != "place")]
    placed = placed.drop_duplicates("address").reset_index(drop=True)
    is_corner = placed["match_type"] == "intersection"
    named = placed["matched_address"].str.replace(_LABEL, "", regex=True).where(~is_corner, placed["matched_address"])
    streets = pd.concat([named[~is_corner], named[is_corner].str.split(" & ").explode()])
    placed = placed[streets.isin(held).groupby(level=0).any()]
    placed = placed[placed["address"].isin(_drawn(placed["address"], _SEED, most=most))]
    gone = reference.streets.loc[reference.streets["label"].isin(held), "street_id"]
    without = replace(
        reference,
        names=reference.names[~reference.names["street_id"].isin(gone)].reset_index(drop=True),
        node_streets=reference.node_streets[~reference.node_streets["street_id"].isin(gone)].reset_index(drop=True),
    )
    found = geocode(placed["address"].tolist(), without, **settings)
    tried = pd.DataFrame(
        {"match_type": placed["match_type"].to_numpy(), "is_matched": found["match_type"].isin(HITS).to_numpy()}
    )
    return _trials("hold_out", tried)


def leave_one_out(reference: Reference, *, most: int = 5_000, **settings: Any) -> pd.DataFrame:
    """How far from an address point its address is placed when that point is not in the reference.

    Tried are at most `most` numbers with one point each, drawn by the SHA-256 of their addresses; `settings` are
    those of `geocode`. They are left out ten times a tenth, each with its neighbors on the street still there.

    Rows: '' for all, then each match type found. Columns: trial (leave_one_out), match_type, tried, matched, value
    (share placed), lower, upper, median_m and p90_m (distance of those placed). No rows without address points.
    """
    points = reference.points
    if not len(points):
        return pd.DataFrame(columns=_TRIALS)
    label = reference.streets.set_index("street_id")["label"]
    single = points[~points.duplicated(["street_id", "number"], keep=False)].copy()
    single["address"] = single["number"].astype(str) + " " + single["street_id"].map(label)
    single = single[~single["address"].duplicated(keep=False)]
    single = single[single["address"].isin(_drawn(single["address"], _SEED, most=most))]
    single = single.sort_values(["street_id", "number"])
    turn = np.arange(len(single)) % _TURNS
    parts = [pd.DataFrame({"match_type": [], "is_matched": [], "metres": []})]
    for one in range(min(_TURNS, len(single))):
        left_out = single[turn == one]
        # A block that was made of the very point would lead back to it.
        hundreds = left_out["street_id"] * 10**7 + left_out["number"] // 100
        is_own = (reference.blocks["street_id"] * 10**7 + reference.blocks["hundred"] // 100).isin(hundreds)
        without = replace(
            reference,
            points=points[~points.index.isin(left_out.index)].reset_index(drop=True),
            blocks=reference.blocks[~is_own].reset_index(drop=True),
        )
        found = geocode(left_out["address"].tolist(), without, **settings)
        metres = np.hypot(
            found["x"].to_numpy(dtype=float) - left_out["x"].to_numpy(),
            found["y"].to_numpy(dtype=float) - left_out["y"].to_numpy(),
        )
        is_matched = found["match_type"].isin(HITS).to_numpy()
        parts.append(pd.DataFrame({"match_type": found["match_type"], "is_matched": is_matched, "metres": metres}))
    return _trials("leave_one_out", pd.concat(parts[1:] or parts, ignore_index=True))


def street_names(addresses: Sequence[str], *, localities: Sequence[str] = ()) -> list[str | None]:
    """The street that each address names beside a number, cleaned; None where there is no number, or no street.

    One per address, in their order. For a list of streets that the layer does not have: text without a number may be
    anything, a person's name too, and is not told.
    """
    texts = pd.DataFrame({"string_id": np.arange(len(addresses), dtype=np.int32), "text": list(addresses)})
    with warehouse.open_memory() as connection:
        connection.register("given", texts)
        connection.execute(
            "create temp table strings as select string_id::integer as string_id, text::varchar as text from given"
        )
        parse_strings(connection, localities=localities)
        found = connection.execute(
            "select string_id, street from readings "
            "where reading = 0 and slot = 0 and kind in ('exact', 'block') order by string_id"
        ).fetchall()
    by_number = dict(found)
    return [by_number.get(number) for number in range(len(addresses))]


def nearest_site(x: ArrayLike, y: ArrayLike, sites: pd.DataFrame, *, within_m: float) -> NDArray[np.object_]:
    """The label of the nearest site within so many metres of each point, None where there is none.

    x, y: metres, one pair per answer; sites: label, x, y in the same CRS. Of two as near, the first by label.
    """
    easting, northing = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    out = np.full(len(easting), None, dtype=object)
    there = np.flatnonzero(np.isfinite(easting) & np.isfinite(northing))
    ordered = sites.sort_values(["label", "x", "y"], kind="stable")
    if not len(ordered) or not len(there):
        return out
    tree = shapely.STRtree(shapely.points(ordered["x"].to_numpy(), ordered["y"].to_numpy()))
    (point, site), metres = tree.query_nearest(
        shapely.points(easting[there], northing[there]), max_distance=within_m, return_distance=True
    )
    near = pd.DataFrame({"point": point, "metres": metres, "site": site}).sort_values(["point", "metres", "site"])
    near = near.drop_duplicates("point")
    out[there[near["point"]]] = ordered["label"].to_numpy()[near["site"]]
    return out


def _drawn(texts: pd.Series, seed: str, *, most: int) -> list[str]:
    """At most so many of the distinct texts, those whose SHA-256 with the seed comes first."""
    return sorted(texts.unique(), key=lambda text: sha256(f"{seed}\n{text}".encode()).digest())[:most]


def _trials(trial: str, tried: pd.DataFrame) -> pd.DataFrame:
    """One row for all that was tried, then one per match type: the counts, the rate, and the error where it has one."""
    rows = []
    for match_type in ("", *sorted(tried["match_type"].unique())):
        part = tried if match_type == "" else tried[tried["match_type"] == match_type]
        metres = part.loc[part["is_matched"].astype(bool), "metres"] if "metres" in part else pd.Series(dtype=float)
        rows.append(
            {
                "trial": trial,
                "match_type": match_type,
                "tried": len(part),
                "matched": int(part["is_matched"].sum()),
                "median_m": metres.quantile(0.5),
                "p90_m": metres.quantile(0.9),
            }
        )
    table = pd.DataFrame(rows)
    if not len(tried):
        return pd.DataFrame(columns=_TRIALS)
    return table.join(wilson(table["matched"], table["tried"]))[_TRIALS]
