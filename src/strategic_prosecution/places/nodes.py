"""Where streets meet: the ends of segments, and the corners a layer of named intersections adds."""

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

_NODE_SNAP_M = 1.0
_NAMED_NODE_M = 30.0


def segment_ends(lines: NDArray[np.object_]) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Nodes, and the node of each segment's first and last point (an array of two columns).

    Ends within a metre of each other are one node, at the mean of its distinct points. Nodes: node, x, y,
    reference_id.
    """
    if not len(lines):
        return empty_nodes(), np.empty((0, 2), dtype=np.int64)
    ends = shapely.get_coordinates(np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]))
    points, point_of = np.unique(np.round(ends, 2), axis=0, return_inverse=True)
    close = cKDTree(points).query_pairs(_NODE_SNAP_M, output_type="ndarray")
    graph = coo_array((np.ones(len(close)), (close[:, 0], close[:, 1])), shape=(len(points), len(points)))
    node_of_point = connected_components(graph, directed=False)[1].astype(np.int64)
    nodes = (
        pd.DataFrame({"node": node_of_point, "x": points[:, 0], "y": points[:, 1]}).groupby("node").mean().reset_index()
    )
    nodes["reference_id"] = position_ids("node", nodes)
    return nodes, node_of_point[point_of.ravel()].reshape(2, -1).T


def empty_nodes() -> pd.DataFrame:
    """No nodes, in the columns nodes have."""
    return pd.DataFrame({"node": np.empty(0, np.int64), "x": np.empty(0), "y": np.empty(0)}).assign(
        reference_id=pd.Series(dtype=str)
    )


def position_ids(kind: str, positions: pd.DataFrame) -> pd.Series:
    """`node 500000 4400000`: named by whole metres, so that an id does not depend on the order of the layer."""
    x, y = (positions[axis].round().astype(np.int64).astype(str) for axis in ("x", "y"))
    return kind + " " + x + " " + y


def node_streets(node_of_end: NDArray[np.int64], street_of: NDArray[np.int64]) -> pd.DataFrame:
    """node, street_id: the streets that meet at each node."""
    meets = pd.DataFrame({"node": node_of_end.ravel(), "street_id": np.repeat(street_of, 2)})
    return meets.drop_duplicates().sort_values(["node", "street_id"], ignore_index=True)


def with_named(nodes: pd.DataFrame, meets: pd.DataFrame, named: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes and their streets with the named intersections the segments do not already show.

    `named`: street_id_a, street_id_b, x, y. One that has a node of both streets within 30 m is already there.
    """
    pairs = named.reset_index(names="row")
    met = pairs.merge(meets.rename(columns={"street_id": "street_id_a"}), on="street_id_a")
    met = met.merge(meets.rename(columns={"street_id": "street_id_b"}), on=["node", "street_id_b"])
    met = met.merge(nodes[["node", "x", "y"]], on="node", suffixes=("", "_node"))
    near = np.hypot(met["x"] - met["x_node"], met["y"] - met["y_node"]) <= _NAMED_NODE_M
    extra = pairs[~pairs["row"].isin(met.loc[near, "row"])].reset_index(drop=True)
    extra["node"] = len(nodes) + np.arange(len(extra))
    extra["reference_id"] = position_ids("node", extra)
    more = [extra[["node", column]].rename(columns={column: "street_id"}) for column in ("street_id_a", "street_id_b")]
    return (
        pd.concat([nodes, extra[["node", "x", "y", "reference_id"]]], ignore_index=True),
        pd.concat([meets, *more], ignore_index=True),
    )
