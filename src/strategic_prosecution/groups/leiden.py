"""Leiden clustering of a weighted graph: ends on every input, gives the same answer for the same seed.

scikit-network 0.33.5 has a Leiden class, but its refinement step draws from the C library's unseeded rand(), so a
seed does not fix the answer, and on near-ties of 32-bit rounding it does not end (sknetwork-team/scikit-network
issue 592, fixed after that release). What is used from it is the compiled local move, which stops when a pass gains
less than a tolerance; refinement and aggregation are here.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from sknetwork.clustering.louvain_core import optimize_core

Labels = NDArray[np.int64]

# A pass over the nodes that gains less modularity than this is the last one. The rounding of 32-bit arithmetic adds
# up to under 1e-6 a pass, so rounding alone can never keep the passes going.
_MIN_GAIN = 1e-5
# One visiting order in a small component can end well below the best; the best of ten rarely does and costs little.
_SMALL_COMPONENT = 1000
_SMALL_STARTS = 10


def leiden(adjacency: sparse.csr_array, *, resolution: float, seed: int) -> Labels:
    """Clusters of a graph by modularity (Leiden: Traag, Waltman & van Eck 2019), one connected component at a time.

    `adjacency`: symmetric n x n, positive weights, zero diagonal, no isolates. Returns n labels from 0; every cluster
    is connected. Modularity is that of the whole graph (Newman & Girvan 2004, resolution of Reichardt & Bornholdt
    2006), to which components contribute independently. Refinement is greedy (the limit of zero randomness in the
    paper). The seed sets the orders in which nodes are visited.
    """
    if adjacency.shape[0] == 0:
        return np.zeros(0, dtype=np.int64)
    _, component = csgraph.connected_components(adjacency, directed=False)
    order = np.argsort(component, kind="stable")
    blocks = sparse.csr_array(adjacency[order][:, order])
    sizes = np.bincount(component)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    ties = blocks.indptr[starts]
    volume = np.add.reduceat(blocks.data, ties[:-1])
    own_resolution = resolution * volume / volume.sum()
    # Dividing a component cuts at least its weakest tie and saves at most a quarter of its squared volume: where that
    # cannot pay, it is one cluster without a search. Most components are pairs and small cliques of this kind.
    weakest = np.minimum.reduceat(blocks.data, ties[:-1])
    divisible = own_resolution * volume / 4 > weakest
    labels = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    next_label = len(sizes)
    for number in np.flatnonzero(divisible):
        first, last = starts[number], starts[number + 1]
        inner = slice(ties[number], ties[number + 1])
        indptr = blocks.indptr[first : last + 1] - ties[number]
        values = (blocks.data[inner] / volume[number], blocks.indices[inner] - first, indptr)
        block = sparse.csr_array(values, shape=(last - first, last - first))
        found = _best_of_starts(block, resolution=float(own_resolution[number]), seed=seed)
        labels[first:last] = next_label + found
        next_label += int(found.max()) + 1
    result = np.empty_like(labels)
    result[order] = labels
    return np.unique(result, return_inverse=True)[1].astype(np.int64)


def _best_of_starts(graph: sparse.csr_array, *, resolution: float, seed: int) -> Labels:
    nodes = graph.shape[0]
    rng = np.random.default_rng(seed)
    weights = np.asarray(graph.sum(axis=1), dtype=np.float64).ravel()
    best, best_quality = np.zeros(nodes, dtype=np.int64), -np.inf
    for _ in range(_SMALL_STARTS if nodes <= _SMALL_COMPONENT else 1):
        order = rng.permutation(nodes)
        shuffled = sparse.csr_array(graph[order][:, order])
        labels = np.empty(nodes, dtype=np.int64)
        labels[order] = _leiden_once(shuffled, weights[order], resolution=resolution)
        volumes = np.bincount(labels, weights=weights)
        quality = float(_ties_within(graph, labels).sum() - resolution * (volumes**2).sum())
        if quality > best_quality + _MIN_GAIN:
            best, best_quality = labels, quality
    return best


def _leiden_once(whole: sparse.csr_array, weights: NDArray[np.float64], *, resolution: float) -> Labels:
    graph, node = whole, np.arange(len(weights))
    labels = node
    while True:
        labels = _local_move(graph, weights, labels, resolution=resolution)
        refined = _refine(graph, weights, labels, resolution=resolution)
        clusters = labels[node]
        if refined.max() + 1 == len(weights):
            # A local move can take the bridge out of a cluster; dividing what is not connected only adds modularity.
            return _connected_parts(whole, clusters)
        # All nodes of a refined cluster carry one label; the next level starts from it.
        labels = np.unique(labels[np.unique(refined, return_index=True)[1]], return_inverse=True)[1]
        merge = sparse.csr_array((np.ones(len(refined)), refined, np.arange(len(refined) + 1)))
        graph = sparse.csr_array(merge.T @ graph @ merge)
        weights = np.bincount(refined, weights=weights).astype(np.float64)
        node = refined[node]


def _local_move(graph: sparse.csr_array, weights: NDArray[np.float64], labels: Labels, *, resolution: float) -> Labels:
    members = np.bincount(labels, weights=weights, minlength=len(labels)).astype(np.float32)
    node_weights = weights.astype(np.float32)
    moved, _ = optimize_core(
        labels.astype(np.int32),
        graph.indices.astype(np.int32),
        graph.indptr.astype(np.int32),
        graph.data.astype(np.float32),
        node_weights,
        node_weights,
        # The graph is undirected: weights out of and into a cluster are equal, but each is written to on its own.
        members,
        members.copy(),
        np.zeros(len(labels), dtype=np.float32),
        graph.diagonal().astype(np.float32),
        resolution,
        _MIN_GAIN,
    )
    return np.unique(np.asarray(moved), return_inverse=True)[1].astype(np.int64)


def _refine(graph: sparse.csr_array, weights: NDArray[np.float64], labels: Labels, *, resolution: float) -> Labels:
    """Parts of each cluster, grown from single nodes and only along ties inside it; each part is connected."""
    inside = _ties_within(graph, labels)
    parts = _local_move(inside, weights, np.arange(len(labels)), resolution=resolution)
    return _connected_parts(inside, parts)


def _connected_parts(graph: sparse.csr_array, labels: Labels) -> Labels:
    _, parts = csgraph.connected_components(_ties_within(graph, labels), directed=False)
    return parts.astype(np.int64)


def _ties_within(graph: sparse.csr_array, labels: Labels) -> sparse.csr_array:
    row = np.repeat(np.arange(len(labels)), np.diff(graph.indptr))
    same = labels[row] == labels[graph.indices]
    kept = np.concatenate([[0], np.cumsum(same)])[graph.indptr]
    return sparse.csr_array((graph.data[same], graph.indices[same], kept), shape=graph.shape)
