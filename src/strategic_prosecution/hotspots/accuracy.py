"""How well a prediction, or the hot spots of an earlier day, held up in the days after."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from strategic_prosecution.hotspots.grid import Grid

# The forecast area of the NIJ Real-Time Crime Forecasting Challenge (2017): 0.25 to 0.75 square miles in all, of the
# 147.71 of the Portland Police Bureau's districts (0.17 % and 0.51 %).
NIJ_SMALLEST_SHARE = 0.25 / 147.71
NIJ_LARGEST_SHARE = 0.75 / 147.71

DRAWS = 1999
CONFIDENCE = 0.95
JEFFREYS = 0.5

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """What the cells chosen on one day caught of the incidents of the days after; None where undefined.

    incidents: in the whole mask; incidents_inside: in the chosen cells, expected over ties. cells: chosen cells.
    area_share: chosen area / area of the mask. hit_rate: incidents_inside / incidents. pai: hit_rate / area_share, the
    prediction accuracy index (Chainey, Tompson and Uhlig 2008). pei: pai / the highest pai any choice of as
    many cells could reach, the prediction efficiency index (Hunt 2016). recapture_rate_index: incidents expected inside
    / incidents_inside (after Levine 2008): above 1 more was expected than came; None without an expectation.
    hit_rate_lower, hit_rate_upper, pai_lower, pai_upper: 95 % bootstrap intervals, see try_cells.
    """

    incidents: int
    incidents_inside: float
    cells: int
    area_share: float
    hit_rate: float | None
    hit_rate_lower: float | None
    hit_rate_upper: float | None
    pai: float | None
    pai_lower: float | None
    pai_upper: float | None
    pei: float | None
    recapture_rate_index: float | None


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


def nij_cells(grid: Grid) -> tuple[int, int]:
    """How many cells are the least and the most area that NIJ's forecasting challenge allowed, as a share of the mask.

    Rounded into the allowed range (up and down), and at least one cell.
    """
    cells = int(np.count_nonzero(grid.mask))
    return math.ceil(NIJ_SMALLEST_SHARE * cells), max(1, math.floor(NIJ_LARGEST_SHARE * cells))


def choose_cells(expected: Doubles, *, cells: int, grid: Grid) -> Doubles:
    """Choose the cells with the highest expectation; cells that tie at the cut share what is left of the area.

    expected: rows x columns of the grid; values outside the mask are not read. cells: how many to choose, at most those
    of the mask are.
    Returns for each cell the share of it that is chosen: 1, 0, or for ties at the cut (cells left / cells that tie).
    What a random choice among the ties would catch on average is then a plain weighted sum, and a baseline with many
    equal cells gains or loses nothing by their order. Shares add up to ``cells``; 0 outside the mask.
    Raises ValueError for another shape than the grid's, for nulls inside the mask, or for negative cells.
    """
    _one_grid(expected, grid)
    values = expected[grid.mask]
    if np.isnan(values).any() or cells < 0:
        raise ValueError(f"cells is [{cells}] and must be 0 or more; expected must have no nulls inside the mask")
    share = np.zeros(grid.mask.shape)
    if cells == 0 or values.size == 0:
        return share
    left = min(cells, values.size)
    cut = np.partition(values, values.size - left)[values.size - left]
    above, tied = values > cut, values == cut
    share[grid.mask] = above + tied * ((left - np.count_nonzero(above)) / np.count_nonzero(tied))
    return share


def mark_cells(cell_ids: list[str], *, grid: Grid) -> Doubles:
    """The cells of hot spots as shares, for try_cells: 1 for a cell named, else 0.

    A cell named twice counts once, one outside the mask not at all. Raises ValueError for cells of another size.
    """
    share = np.zeros(grid.mask.shape)
    located = grid.locate_cell_ids(sorted(set(cell_ids)))
    share.ravel()[located[located >= 0]] = 1.0
    return share


def try_cells(
    chosen: Doubles, observed: NDArray[np.int64], *, grid: Grid, seed: int, expected: Doubles | None = None
) -> Trial:
    """Try chosen cells on the incidents counted after the choice.

    chosen: share of each cell that is chosen (choose_cells, mark_cells). observed: incidents of the later days per cell
    (count_points on the same grid). expected: incidents expected per cell in these days, for the recapture rate index;
    not read outside the mask. The days must not overlap those the choice was made on, or it is graded on what it was
    made for.

    Intervals: the places are fixed, the incidents of the trial are what chance could have dealt otherwise, so these are
    resampled: the Bayesian bootstrap (Rubin 1981) of incidents over the kinds of cells that the choice tells apart
    (chosen, not chosen, tied), each with half an incident added (Jeffreys), percentiles of 1,999 draws. Without that
    half, 0 of 5 would be reported as exactly 0. Simulated with independent incidents, hit rates of 2 to 30 %, 5 to 500
    incidents: these intervals hold the truth in 90 to 99 of 100 trials, 96 on average; plain percentiles in 12 to 98,
    76 on average. Incidents that come together (one event, several reports) widen the truth and not the interval: with
    1.4 reports per event it holds in 82 to 96.

    Raises ValueError when shapes are not the grid's.
    """
    for values in (chosen, observed) if expected is None else (chosen, observed, expected):
        _one_grid(values, grid)
    shares, counts = chosen[grid.mask], observed[grid.mask]
    kinds, kind = np.unique(shares, return_inverse=True)
    cells = round(float(shares.sum()))
    per_kind = np.bincount(kind, weights=counts, minlength=kinds.size).astype(np.float64)
    incidents, inside = int(counts.sum()), float(per_kind @ kinds)
    best = int(np.sort(counts)[::-1][:cells].sum())
    area_share = cells / counts.size if counts.size else 0.0
    hit_rate = _share(inside, incidents)
    lower, upper = None, None
    if hit_rate is not None:
        low, high = _interval(kinds, per_kind, seed=seed)
        # With the half incident added, an interval around none caught of a few would begin above none.
        lower, upper = min(low, hit_rate), max(high, hit_rate)
    promised = None if expected is None else float((shares * expected[grid.mask]).sum())
    return Trial(
        incidents=incidents,
        incidents_inside=inside,
        cells=cells,
        area_share=area_share,
        hit_rate=hit_rate,
        hit_rate_lower=lower,
        hit_rate_upper=upper,
        pai=_share(hit_rate, area_share),
        pai_lower=_share(lower, area_share),
        pai_upper=_share(upper, area_share),
        pei=_share(inside, best),
        recapture_rate_index=_share(promised, inside),
    )


def _interval(kinds: Doubles, per_kind: Doubles, *, seed: int) -> tuple[float, float]:
    drawn = np.random.default_rng(seed).dirichlet(per_kind + JEFFREYS, size=DRAWS) @ kinds
    lower, upper = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(lower), float(upper)


def _one_grid(values: NDArray[np.float64] | NDArray[np.int64], grid: Grid) -> None:
    if values.shape != grid.mask.shape:
        raise ValueError(f"cells have shape [{values.shape}], the grid [{grid.mask.shape}]; use one grid")


def _share(numerator: float | None, denominator: float) -> float | None:
    return numerator / denominator if numerator is not None and denominator else None


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=ratio, where=denominator > 0)
    return ratio
