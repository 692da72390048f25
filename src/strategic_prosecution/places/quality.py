"""How much was placed: hit rates with both denominators."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from strategic_prosecution.places.parse import NOT_GEOCODABLE

HITS = ("point", "point_interpolated", "range", "block", "intersection", "place")
"""Match types that count as hits: those with coordinates. A number off its street, or a bare street, is none."""


def quality(results: pd.DataFrame, weights: ArrayLike, *, confidence: float = 0.95) -> pd.DataFrame:
    """Hit rate and share of each match type, by records and by distinct strings, over all and over geocodable only.

    `results`: `geocode`'s answer for distinct strings, one row each; `weights`: records per string, same length.
    Geocodable leaves out empty, unknown, post box and homeless strings, which no layer could place.

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
                count = int(weight[inside & chosen].sum())
                rows.append((counted, denominator, match_type, count, total, *_share(count, total, confidence)))
    columns = ["counted", "denominator", "match_type", "count", "total", "share", "lower", "upper"]
    return pd.DataFrame(rows, columns=columns)


def _share(count: int, total: int, confidence: float) -> tuple[float | None, float | None, float | None]:
    if total == 0:
        return None, None, None
    z = float(norm.ppf(0.5 + confidence / 2))
    share = count / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * np.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return share, max(0.0, float(centre - half)), min(1.0, float(centre + half))
