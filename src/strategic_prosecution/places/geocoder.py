"""`geocode`: address strings in, one row per string out, in the same order."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from strategic_prosecution.places.candidates import find_candidates
from strategic_prosecution.places.parse import Parsed, parse_address
from strategic_prosecution.places.positions import block_runs, number_positions
from strategic_prosecution.places.reference import Reference

RESULT_COLUMNS = (
    "status",
    "match_type",
    "score",
    "faults",
    "matched_address",
    "reference_id",
    "x",
    "y",
    "lon",
    "lat",
    "uncertainty_m",
    "n_candidates",
    "spread_m",
    "gap",
)
_CORNER_UNCERTAINTY_M = 15.0


def geocode(
    addresses: Sequence[str | None] | pd.Series,
    reference: Reference,
    *,
    offset_m: float = 10.0,
    inset_m: float = 10.0,
    tie_tolerance_m: float = 75.0,
) -> pd.DataFrame:
    """Place each address on the reference layer, or say why not. One row per address, same order and index 0..n-1.

    status: matched (has coordinates), tie (equally good places too far apart, no coordinates), unmatched.
    match_type: range, block and intersection are hits. range_out (the street is known, the number is on none of its
    ranges), street (no number), tie and none have no coordinates.
    score: 100 minus the sizes of the faults (`candidates.FAULTS`), at most 99 for a block and 78 without a position;
    0 for none. faults: joined by `;`, empty when there are none. For none it is the reason: empty, unknown, po_box,
    homeless (not geocodable), not_parsed, tail_not_read (text after a comma that is no unit and none of the
    reference's localities), no_such_street, no_such_corner. `direction_extra`: the string states a direction, and the
    layer has none for that name. x, y: metres in the reference's crs, lon, lat: EPSG:4326; null without a hit.
    uncertainty_m: a radius by construction, not a measured error: half the segment or the block, 15 m for a corner,
    plus half the spread of equal candidates. n_candidates: places with the best score. spread_m: diagonal of their
    bounding box. gap: best score minus the runner-up's, null without one.

    A block is the middle of its whole run of segments, without offset. A corner is where the named streets share a
    node of the layer, or a named intersection. A direction or suffix that is stated and differs is a rejection; names
    are never compared by edit distance. offset_m and inset_m apply to house numbers (`positions.interpolate`).
    Equally good places within tie_tolerance_m give their centroid (the rule of morpc-py's address-point geocoder).
    The answer for a string depends on the string, the reference and the three settings only. Method: candidates with
    fault penalties after the British Columbia geocoder (bcgov/ols-geocoder); offset and inset after Ratcliffe (2001).
    """
    codes, distinct = _distinct(addresses)
    parsed = [parse_address(text, localities=reference.localities) for text in distinct]
    candidates = find_candidates(parsed, reference)
    best = _best(candidates)
    placed = _placed(best, reference, offset_m=offset_m, inset_m=inset_m, tie_tolerance_m=tie_tolerance_m)
    answers = _answers(placed, reference, len(distinct), tie_tolerance_m)
    answers["faults"] = answers["faults"].where(answers["match_type"] != "none", _reasons(parsed))
    return answers.iloc[codes].reset_index(drop=True)


def _distinct(addresses: Sequence[str | None] | pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Position of each address among the distinct strings, and those in sorted order; null is the empty string."""
    values = pd.Series(addresses, dtype=object)
    values = values.where(values.notna(), "").astype(str)
    codes, distinct = pd.factorize(values.to_numpy(dtype=object), sort=True)
    return codes, [str(text) for text in distinct]


def _best(candidates: pd.DataFrame) -> pd.DataFrame:
    """The candidates of the highest score per query, with `gap` to the next lower one."""
    top = candidates.groupby("query")["score"].transform("max")
    lower = candidates[candidates["score"] < top].groupby("query")["score"].max()
    best = candidates[candidates["score"] == top].copy()
    best["gap"] = best["score"] - best["query"].map(lower)
    return best


def _placed(
    best: pd.DataFrame, reference: Reference, *, offset_m: float, inset_m: float, tie_tolerance_m: float
) -> pd.DataFrame:
    """One row per place, with x, y, uncertainty_m, reference_id, matched_address; a block in two runs gives two."""
    label = reference.streets["label"].to_numpy()
    on_range = best[best["match_type"] == "range"].copy()
    points, uncertainty = number_positions(
        reference,
        side=on_range["side"].to_numpy(),
        number=on_range["number"].to_numpy(),
        own_side=on_range["own_side"].to_numpy(),
        offset_m=offset_m,
        inset_m=inset_m,
    )
    on_range["x"], on_range["y"], on_range["uncertainty_m"] = points[:, 0], points[:, 1], uncertainty
    segment = reference.sides["segment"].to_numpy()[on_range["side"]]
    on_range["reference_id"] = reference.segments["segment_id"].to_numpy()[segment]
    on_range["matched_address"] = on_range["number"].astype(str) + " " + label[on_range["street_id"]]

    block = best[best["match_type"] == "block"]
    wanted = block[["street_id", "number"]].drop_duplicates().rename(columns={"number": "hundred"})
    runs = block_runs(reference, wanted, gap_m=tie_tolerance_m)
    block = block.merge(runs.rename(columns={"hundred": "number"}), on=["street_id", "number"])
    block["uncertainty_m"] = block["length"] / 2
    block["matched_address"] = block["number"].astype(str) + " BLOCK " + label[block["street_id"]]

    corner = best[best["match_type"] == "intersection"].merge(reference.nodes, on="node")
    corner["uncertainty_m"] = _CORNER_UNCERTAINTY_M
    corner["matched_address"] = label[corner["street_id"]] + " & " + label[corner["other_id"]]

    rest = best[best["match_type"].isin(["range_out", "street"])].copy()
    rest["matched_address"] = label[rest["street_id"]]
    return pd.concat([on_range, block, corner, rest], ignore_index=True)


def _answers(placed: pd.DataFrame, reference: Reference, count: int, tie_tolerance_m: float) -> pd.DataFrame:
    """One row per query from its equally good places."""
    placed = placed.sort_values(["query", "match_type", "matched_address", "reference_id", "x", "y"])
    groups = placed.groupby("query")
    out = groups[["match_type", "score", "faults", "matched_address", "reference_id", "gap"]].first()
    box = groups[["x", "y"]].agg(["min", "max", "mean"])
    out["n_candidates"] = groups.size()
    out["spread_m"] = np.hypot(box[("x", "max")] - box[("x", "min")], box[("y", "max")] - box[("y", "min")])
    out["x"], out["y"] = box[("x", "mean")].round(3), box[("y", "mean")].round(3)
    out["uncertainty_m"] = (groups["uncertainty_m"].max() + out["spread_m"] / 2).round(1)
    hit = out["x"].notna()
    tie = hit & (out["spread_m"] > tie_tolerance_m)
    out["status"] = np.select([tie, hit], ["tie", "matched"], "unmatched")
    out.loc[tie, "match_type"] = "tie"
    out.loc[tie, ["matched_address", "reference_id"]] = None
    out.loc[tie, ["x", "y", "uncertainty_m"]] = np.nan
    to_lonlat = Transformer.from_crs(reference.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(out["x"].to_numpy(dtype=float), out["y"].to_numpy(dtype=float))
    out["lon"], out["lat"] = (np.where(np.isfinite(v), np.round(v, 7), np.nan) for v in (lon, lat))
    out = out.reindex(range(count))
    out["status"] = out["status"].fillna("unmatched")
    out["match_type"] = out["match_type"].fillna("none")
    out["faults"] = out["faults"].fillna("")
    out["score"], out["n_candidates"] = out["score"].fillna(0.0), out["n_candidates"].fillna(0).astype(np.int64)
    text = ["matched_address", "reference_id"]
    out[text] = out[text].astype(object).where(out[text].notna(), None)
    return out[list(RESULT_COLUMNS)]


def _reasons(parsed: Sequence[Parsed]) -> pd.Series:
    """Why a string has no candidate at all."""
    missing = [
        "no_such_corner" if any(r.kind == "intersection" for r in one.readings) else "no_such_street" for one in parsed
    ]
    return pd.Series([one.reason or reason for one, reason in zip(parsed, missing, strict=True)], dtype=object)
