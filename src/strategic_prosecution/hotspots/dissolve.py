"""Selected cells become hot spots: pieces that hang together and are no larger than a patrol can stand on."""

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from strategic_prosecution.hotspots.grid import Grid

Integers = NDArray[np.int64]

_QUEEN = np.array([(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)])


def group_cells(row: Integers, column: Integers, precedence: Integers, *, max_cells: int) -> Integers:
    """Group selected cells into hot spots of at most max_cells cells.

    row, column: the selected cells, each once. precedence: a permutation, 0 for the highest cell; with it there are no
    ties. Returns for each cell the position (in these arrays) of the peak of its hot spot.

    Cells that touch, also at a corner, are one hot spot, unless that is larger than max_cells: on a busy avenue such
    chains grow to the size of a district, and "go there" is then no advice. Those are split at their local maxima:
    each cell goes uphill to its highest neighbour until it reaches a peak, as in a watershed. What is still too large
    (one broad hill) keeps the max_cells cells nearest its peak, and the rest is grouped again. Every hot spot hangs
    together.
    """
    if max_cells < 1:
        raise ValueError(f"max_cells is [{max_cells}]; a hot spot has at least one cell")
    neighbours = _neighbours(row, column)
    peak = np.full(row.size, -1, dtype=np.int64)
    while (pending := peak < 0).any():
        component = _connected(neighbours, np.where(pending, 0, -1))
        whole = pending & (np.bincount(component)[component] <= max_cells)
        peak[whole] = _highest(component, precedence)[whole]

        top = _uphill(neighbours, precedence, among=pending & ~whole)
        ours = np.flatnonzero(top >= 0)
        ours = ours[np.lexsort((precedence[ours], _squared_distance(row, column, ours, top[ours]), top[ours]))]
        near = ours[_place_in_run(top[ours]) < max_cells]
        core = np.full(row.size, -1, dtype=np.int64)
        core[near] = top[near]
        piece = _connected(neighbours, core)
        # The cells nearest the peak may be cut off from it by a gap; those wait for the next turn.
        kept = near[piece[near] == piece[top[near]]]
        peak[kept] = top[kept]
    return peak


def outlines(grid: Grid, row: Integers, column: Integers, spot: Integers) -> list[BaseGeometry]:
    """The outline of each hot spot in ascending order of spot, in the CRS of the grid.

    A polygon, or a multipolygon when parts touch at a corner only.
    """
    order = np.argsort(spot, kind="stable")
    left, bottom = grid.x0 + column[order] * grid.cell_m, grid.y0 + row[order] * grid.cell_m
    boxes = shapely.box(left, bottom, left + grid.cell_m, bottom + grid.cell_m)
    starts = np.flatnonzero(np.diff(spot[order])) + 1
    return [shapely.normalize(shapely.union_all(part)) for part in np.split(boxes, starts) if len(part)]


def _neighbours(row: Integers, column: Integers) -> Integers:
    """Positions of the eight neighbours of each cell, n x 8, -1 where that cell is not selected."""
    if not row.size:
        return np.empty((0, 8), dtype=np.int64)
    width = int(column.max() - column.min()) + 3
    key = (row - row.min() + 1) * width + (column - column.min() + 1)
    order = np.argsort(key)
    wanted = key[:, None] + _QUEEN[:, 0] * width + _QUEEN[:, 1]
    at = np.minimum(np.searchsorted(key, wanted, sorter=order), row.size - 1)
    return np.where(key[order[at]] == wanted, order[at], -1)


def _connected(neighbours: Integers, group: Integers) -> Integers:
    """Label the pieces of each group (-1 is no group: such cells are pieces of their own)."""
    n = group.size
    source, slot = np.nonzero((neighbours >= 0) & (group >= 0)[:, None])
    target = neighbours[source, slot]
    same = group[source] == group[target]
    edges = sparse.coo_array((np.ones(int(same.sum())), (source[same], target[same])), shape=(n, n))
    return connected_components(edges, directed=False)[1].astype(np.int64)


def _highest(component: Integers, precedence: Integers) -> Integers:
    """For each cell the position of the highest cell of its component."""
    order = np.argsort(precedence)
    _, first = np.unique(component[order], return_index=True)
    return order[first][component]


def _uphill(neighbours: Integers, precedence: Integers, *, among: NDArray[np.bool_]) -> Integers:
    """For each cell of `among` the peak it reaches by steps to its highest neighbour; -1 for other cells."""
    n = precedence.size
    # One place more, so that "no neighbour" (-1) reads the lowest height of all.
    height = np.append(np.where(among, precedence, n), n)
    around = np.column_stack([np.arange(n), neighbours])
    up = around[np.arange(n), np.argmin(height[around], axis=1)]
    up = np.where(among, up, np.arange(n))
    while not np.array_equal(up, further := up[up]):
        up = further
    return np.where(among, up, -1)


def _squared_distance(row: Integers, column: Integers, cell: Integers, other: Integers) -> Integers:
    return (row[cell] - row[other]) ** 2 + (column[cell] - column[other]) ** 2


def _place_in_run(values: Integers) -> Integers:
    """0, 1, 2, ... within each run of equal values."""
    place = np.arange(values.size)
    starts = np.flatnonzero(np.diff(values, prepend=-1))
    return place - np.repeat(starts, np.diff(starts, append=values.size))
