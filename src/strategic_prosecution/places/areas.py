"""Which area a point lies in."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray


def assign_areas(x: ArrayLike, y: ArrayLike, areas: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """area_id of the area each point lies in, None outside every area and for null coordinates. Same length as x.

    x, y: metres in the CRS of `areas` (columns area_id, geometry). A point on a border, or in overlapping areas, goes
    to the lowest area_id, so that the answer does not depend on the order of the layer.
    """
    easting, northing = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    out = np.full(len(easting), None, dtype=object)
    there = np.flatnonzero(np.isfinite(easting) & np.isfinite(northing))
    ordered = areas.sort_values("area_id", kind="stable")
    tree = shapely.STRtree(ordered.geometry.to_numpy())
    point, area = tree.query(shapely.points(easting[there], northing[there]), predicate="intersects")
    first = pd.Series(area).groupby(point).min()
    out[there[first.index.to_numpy()]] = ordered["area_id"].to_numpy()[first.to_numpy()]
    return out
