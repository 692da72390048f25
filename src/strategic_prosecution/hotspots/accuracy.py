"""How well a prediction, or last period's hot spots, held up in the period after."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from strategic_prosecution.hotspots.grid import Grid


@dataclass(frozen=True)
class HotSpotAccuracy:
    """What one period's hot spots caught of the incidents of another period; None where undefined.

    incidents, incidents_captured: in the whole mask and in the cells of the hot spots. cells, cells_outside: hot-spot
    cells in the mask, and those no longer in it (left out of everything else). area_m2: of those in the mask.
    hit_rate: incidents_captured / incidents, the share of incidents caught (Chainey, Tompson and Uhlig 2008).
    area_share: area_m2 / area of the mask. pai: hit_rate / area_share, the prediction accuracy index (same source).
    pei: pai / the highest pai any choice of as many cells could reach, the prediction efficiency index (Hunt 2016).
    cells_hit_share: share of the hot-spot cells with at least one incident.
    """

    incidents: int
    incidents_captured: int
    cells: int
    cells_outside: int
    area_m2: float
    hit_rate: float | None
    area_share: float | None
    pai: float | None
    pei: float | None
    cells_hit_share: float | None


def prediction_accuracy(observed: ArrayLike, predicted: ArrayLike, area: ArrayLike) -> pd.DataFrame:
    """PAI, PEI and recapture rate index of a prediction, for the first place, the first two, and so on.

    observed: incidents that happened, predicted: incidents forecast, area: size of each place, all above 0 (a single
    number: all the same). One value per place, no nulls.
    Returns one row per place, from the highest predicted density down; ties put the lowest observed density first, so
    that a prediction gets no credit for what it cannot tell apart. Columns: place (position in the input), observed,
    predicted, area, and, cumulated to that row: cumulative_observed, cumulative_predicted, cumulative_area, pai
    (share of observed / share of area; Chainey, Tompson and Uhlig 2008), pei (pai / the highest pai reachable on as
    much area; Hunt 2016), recapture_rate_index (predicted / observed, after Levine 2008 in the form of ptools by
    Wheeler: above 1 the prediction was too high). Undefined values (nothing observed) are NaN.
    With places of unequal area the highest reachable count on that area may use a part of a place.

    Descriptive: no test, nothing random.
    Raises ValueError for nulls, negative counts, areas not above 0, or inputs of different length.
    """
    happened, forecast = np.asarray(observed, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if happened.ndim != 1 or forecast.shape != happened.shape:
        raise ValueError(
            f"observed has shape [{happened.shape}], predicted [{forecast.shape}]; give one value per place"
        )
    size = np.asarray(area, dtype=np.float64)
    if size.ndim > 0 and size.shape != happened.shape:
        raise ValueError(f"area has shape [{size.shape}]; give one value per place [{happened.size}], or a single one")
    size = np.broadcast_to(size, happened.shape)
    if not ((happened >= 0) & (forecast >= 0) & (size > 0) & np.isfinite(happened + forecast + size)).all():
        raise ValueError("observed and predicted must be 0 or more, area above 0, and none of them null or infinite")

    density = happened / size
    order = np.lexsort((np.arange(happened.size), density, -forecast / size))
    caught, promised, covered = (np.cumsum(values[order]) for values in (happened, forecast, size))
    total, whole = happened.sum(), size.sum()
    best_order = np.argsort(-density, kind="stable")
    best = np.interp(
        covered, np.append(0.0, np.cumsum(size[best_order])), np.append(0.0, np.cumsum(happened[best_order]))
    )
    return pd.DataFrame(
        {
            "place": order,
            "observed": happened[order],
            "predicted": forecast[order],
            "area": size[order],
            "cumulative_observed": caught,
            "cumulative_predicted": promised,
            "cumulative_area": covered,
            "pai": _ratio(caught * whole, total * covered),
            "pei": _ratio(caught, best),
            "recapture_rate_index": _ratio(promised, caught),
        }
    )


def hot_spot_accuracy(cell_ids: Sequence[str], observed_counts: NDArray[np.int64], grid: Grid) -> HotSpotAccuracy:
    """What the hot spots of an earlier window caught of the incidents counted since.

    cell_ids: the cells of the earlier hot spots (HotSpots.spots["cells"], all in one list; a cell given twice counts
    once). observed_counts: incidents of the later period per cell (count_points on the same grid). The later period
    must not overlap the window the hot spots were chosen from, or they are graded on what they were chosen for.

    Raises ValueError when the counts are not of the grid's shape or the cells are of another size.
    """
    if observed_counts.shape != grid.mask.shape:
        raise ValueError(f"counts have shape [{observed_counts.shape}], the grid [{grid.mask.shape}]; use one grid")
    located = np.unique(grid.locate_cell_ids(sorted(set(cell_ids))), return_counts=True)
    chosen = located[0][located[0] >= 0]
    outside = int(located[1][located[0] < 0].sum())

    counts = observed_counts[grid.mask]
    flagged = observed_counts.ravel()[chosen]
    incidents, captured = int(counts.sum()), int(flagged.sum())
    best = int(np.sort(counts)[::-1][: chosen.size].sum())
    return HotSpotAccuracy(
        incidents=incidents,
        incidents_captured=captured,
        cells=chosen.size,
        cells_outside=outside,
        area_m2=chosen.size * grid.cell_area_m2,
        hit_rate=_share(captured, incidents),
        area_share=_share(chosen.size, counts.size),
        pai=_share(captured * counts.size, incidents * chosen.size),
        pei=_share(captured, best),
        cells_hit_share=_share(int(np.count_nonzero(flagged)), chosen.size),
    )


def _share(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=ratio, where=denominator > 0)
    return ratio
