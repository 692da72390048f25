"""The reference layer: the office's street layer compiled once into plain frames that matching only joins.

Matching needs three things of a street layer: which names are which street, which numbers lie on which side of which
segment, and which streets meet at which point.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from strategic_prosecution.places.names import clean_name, name_key, street_readings
from strategic_prosecution.places.readers import STREET_COLUMNS
from strategic_prosecution.places.usps import AMBIGUOUS_SUFFIXES, DIRECTIONALS, SUFFIXES

EVEN, ODD, MIXED = 0, 1, 2
_WIDEST_RANGE = 20_000
_NODE_SNAP_M = 1.0
_NAMED_NODE_M = 30.0
_PARTS = ["predir", "name", "suffix", "postdir"]


@dataclass(frozen=True, eq=False)
class Reference:
    """A compiled street layer. Positions are in `crs`, metres.

    streets: street_id, label - one row per street (direction, name, suffix, direction)
    names: key, predir, name, suffix, postdir, street_id, alias - every name a street answers to
    segments: segment_id, street_id, length; `lines` holds their geometry in the same order, digitised from -> to
    sides: segment, street_id, side (1 left, -1 right), start, end (numbers at the line's two ends), low, high, parity
    buckets: street_id, hundred, side - one row per hundred numbers a side touches
    nodes: node, x, y, reference_id;  node_streets: node, street_id - the streets that meet there
    localities: town, state and ZIP texts an address may end in
    lint: kind, count - what is odd in the layer (not an error by itself)
    fingerprint: SHA-256 of the input's contents, whatever its row order
    """

    crs: str
    streets: pd.DataFrame
    names: pd.DataFrame
    segments: pd.DataFrame
    lines: NDArray[np.object_]
    sides: pd.DataFrame
    buckets: pd.DataFrame
    nodes: pd.DataFrame
    node_streets: pd.DataFrame
    lint: pd.DataFrame
    localities: tuple[str, ...]
    fingerprint: str


def load_reference(
    *,
    streets: pd.DataFrame,
    intersections: pd.DataFrame | None = None,
    aliases: pd.DataFrame | None = None,
    localities: tuple[str, ...] = (),
    crs: str,
) -> Reference:
    """Compile a street layer for `geocode`.

    `streets`: street_predir, street_name, street_type, street_postdir, left_from, left_to, right_from, right_to,
    segment_id, geometry (LineString in the metric `crs`, digitised from -> to); blank or null where unknown. When
    street_type is blank on every row, street_name is read as a whole street string. `intersections`: street_a,
    street_b (text), x, y in `crs`. `aliases`: alias, street (text): another name of a street of the layer.
    `localities`: town, state and ZIP texts the layer covers, accepted as the tail of an address. Row order never
    matters.

    A side is usable when both numbers are whole, not negative, not both 0 and at most 20,000 apart. ValueError when a
    column is missing or no side of any segment is usable.
    """
    metric = CRS.from_user_input(crs)
    if not metric.is_projected or metric.axis_info[0].unit_conversion_factor != 1:
        raise ValueError(f"crs [{crs}] is not a projected system in metres; use one such as EPSG:26918 (UTM zone 18N)")
    layer, lint = _layer(streets)
    parts = _street_parts(layer)
    lint["unnamed"] = int((parts["name"] == "").sum())
    keep = (parts["name"] != "").to_numpy()
    layer, parts = layer[keep].reset_index(drop=True), parts[keep].reset_index(drop=True)

    listed = parts.drop_duplicates().sort_values(_PARTS, ignore_index=True)
    listed["street_id"] = np.arange(len(listed))
    street_of = parts.merge(listed, on=_PARTS, how="left")["street_id"].to_numpy()

    sides = _sides(layer, street_of, lint)
    if not len(sides):
        raise ValueError(
            f"street layer: none of its {len(streets)} segments has a usable address range; map left_from, left_to, "
            "right_from, right_to to the columns that hold house numbers"
        )
    names = _names(listed)
    if aliases is not None:
        names, lint["alias_without_street"] = _with_aliases(names, aliases)
    nodes, node_streets = _nodes(layer["line"].to_numpy(), street_of)
    if intersections is not None:
        listed, names, named = _named_streets(intersections, listed, names)
        nodes, node_streets = _with_named(nodes, node_streets, named)
    line_array = layer["line"].to_numpy()
    return Reference(
        crs=crs,
        streets=pd.DataFrame({"street_id": listed["street_id"], "label": _labels(listed)}),
        names=names,
        segments=pd.DataFrame(
            {"segment_id": layer["segment_id"], "street_id": street_of, "length": shapely.length(line_array)}
        ),
        lines=line_array,
        sides=sides,
        buckets=_buckets(sides),
        nodes=nodes,
        node_streets=node_streets,
        lint=pd.DataFrame(sorted(lint.items()), columns=["kind", "count"]),
        localities=tuple(sorted({clean_name(place) for place in localities} - {""})),
        fingerprint=_fingerprint(layer, intersections, aliases, localities, crs),
    )


def _layer(streets: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """The layer as text and numbers, in an order that depends on its contents only, one line string per row."""
    missing = [c for c in (*STREET_COLUMNS, "geometry") if c not in streets.columns]
    if missing:
        raise ValueError(
            f"street layer: column [{missing[0]}] is missing; it has {', '.join(map(str, streets.columns))}"
        )
    layer = pd.DataFrame(index=range(len(streets)))
    for column in ("street_predir", "street_name", "street_type", "street_postdir", "segment_id"):
        layer[column] = (
            streets[column].astype(object).where(streets[column].notna(), "").astype(str).str.strip().to_numpy()
        )
    for column in ("left_from", "left_to", "right_from", "right_to"):
        layer[column] = pd.to_numeric(streets[column].astype(object), errors="coerce").to_numpy(
            dtype=float, na_value=np.nan
        )
    lines = streets["geometry"].to_numpy()
    kind = shapely.get_type_id(lines)
    # Files often wrap a single line as a multi-line; parts that touch are joined without turning them round.
    lines = np.where(kind == 5, shapely.line_merge(lines, directed=True), lines)
    lines = np.where(
        (shapely.get_type_id(lines) == 5) & (shapely.get_num_geometries(lines) == 1),
        shapely.get_geometry(lines, 0),
        lines,
    )
    layer["line"] = lines
    usable = (shapely.get_type_id(lines) == 1) & (shapely.length(lines) > 0)
    layer["wkb"] = shapely.to_wkb(lines, hex=True)
    lint = {"no_line": int((~usable).sum())}
    order = ["segment_id", "wkb", "street_name", "street_type", "street_predir", "street_postdir"]
    order += ["left_from", "left_to", "right_from", "right_to"]
    return layer[usable].sort_values(order, ignore_index=True), lint


def _street_parts(layer: pd.DataFrame) -> pd.DataFrame:
    """predir, name, suffix, postdir of each segment, in standard abbreviations; unknown words stay as they are."""
    if (layer["street_type"] == "").all():
        distinct = layer["street_name"].drop_duplicates()
        first = {text: street_readings(clean_name(text))[:1] for text in distinct}
        rows = [(r[0].predir, r[0].name, r[0].suffix, r[0].postdir) if r else ("", "", "", "") for r in first.values()]
        table = pd.DataFrame(rows, columns=_PARTS, index=list(first))
        return table.loc[layer["street_name"]].reset_index(drop=True)
    cleaned = {
        c: _mapped(layer[c], clean_name) for c in ("street_predir", "street_name", "street_type", "street_postdir")
    }
    # A suffix column that says `ST N` holds the direction after it too.
    pieces = cleaned["street_type"].str.extract(r"^(.*?)(?: ([NSEW]{1,2}))?$").fillna("")
    postdir = cleaned["street_postdir"].where(cleaned["street_postdir"] != "", pieces[1])
    return pd.DataFrame(
        {
            "predir": _mapped(cleaned["street_predir"], lambda word: DIRECTIONALS.get(word, word)),
            "name": cleaned["street_name"],
            "suffix": _mapped(pieces[0], lambda word: SUFFIXES.get(word, word)),
            "postdir": _mapped(postdir, lambda word: DIRECTIONALS.get(word, word)),
        }
    )


def _mapped(values: pd.Series, function: Callable[[str], str]) -> pd.Series:
    """`function` of each value, computed once per distinct value."""
    return values.map({value: function(value) for value in values.unique()})


def _sides(layer: pd.DataFrame, street_of: NDArray[np.int64], lint: dict[str, int]) -> pd.DataFrame:
    """One row per usable side of a segment; counts the odd ones into `lint`."""
    both = []
    for sign, start, end in ((1, "left_from", "left_to"), (-1, "right_from", "right_to")):
        side = pd.DataFrame({"segment": np.arange(len(layer)), "street_id": street_of, "side": sign})
        side["start"], side["end"] = layer[start].to_numpy(), layer[end].to_numpy()
        both.append(side)
    sides = pd.concat(both, ignore_index=True).sort_values(["segment", "side"], ignore_index=True)
    low, high = sides[["start", "end"]].min(axis=1), sides[["start", "end"]].max(axis=1)
    stated = sides["start"].notna() & sides["end"].notna() & (high > 0)
    whole = stated & (low >= 0) & (sides["start"] % 1 == 0) & (sides["end"] % 1 == 0)
    usable = whole & (high - low <= _WIDEST_RANGE)
    lint["zero"] = int((~stated).sum())
    lint["implausible"] = int((stated & ~usable).sum())
    sides = sides[usable].reset_index(drop=True).astype({"start": np.int64, "end": np.int64})
    sides["low"], sides["high"] = sides[["start", "end"]].min(axis=1), sides[["start", "end"]].max(axis=1)
    same = sides["start"] % 2 == sides["end"] % 2
    # The parity is the range's own; left is not odd everywhere.
    sides["parity"] = np.where(same, sides["start"] % 2, MIXED)
    lint["reversed"] = int((sides["start"] > sides["end"]).sum())
    lint["mixed_parity"] = int((~same).sum())
    lint["overlapping"] = _overlapping(sides)
    return sides


def _overlapping(sides: pd.DataFrame) -> int:
    """Sides whose numbers begin inside an earlier side of the same street and parity."""
    count = 0
    for parity in (EVEN, ODD):
        some = sides[(sides["parity"] == parity) | (sides["parity"] == MIXED)]
        some = some.sort_values(["street_id", "low", "high", "segment", "side"])
        reach = some.groupby("street_id")["high"].cummax().groupby(some["street_id"]).shift()
        count += int((some["low"] <= reach).sum())
    return count


def _buckets(sides: pd.DataFrame) -> pd.DataFrame:
    """One row per side and hundred it touches, so that a number is found by an equality join, overlaps included."""
    first, last = sides["low"].to_numpy() // 100, sides["high"].to_numpy() // 100
    times = last - first + 1
    step = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    side = np.repeat(np.arange(len(sides)), times)
    hundred = (np.repeat(first, times) + step) * 100
    return pd.DataFrame({"street_id": sides["street_id"].to_numpy()[side], "hundred": hundred, "side": side})


def _names(listed: pd.DataFrame) -> pd.DataFrame:
    names = listed.assign(key=listed["name"].map(name_key), alias=False)
    readings = [
        names[names["suffix"] == suffix].assign(suffix=other)
        for suffix, others in AMBIGUOUS_SUFFIXES.items()
        for other in others
        if other != suffix
    ]
    return pd.concat([names, *readings], ignore_index=True)


def read_as_streets(texts: list[str]) -> pd.DataFrame:
    """Every reading of each street string: text, predir, name, suffix, postdir, complete, tail_dropped, key."""
    rows = [(text, *reading) for text in texts for reading in street_readings(clean_name(text))]
    frame = pd.DataFrame(rows, columns=["text", *_PARTS, "complete", "tail_dropped"])
    frame["key"] = [name_key(name) for name in frame["name"]]
    return frame


def _exact_streets(texts: list[str], names: pd.DataFrame) -> pd.DataFrame:
    """text, street_id: the streets whose direction, name key and suffix a whole string states exactly."""
    readings = read_as_streets(texts)
    readings = readings[~readings["tail_dropped"]]
    joined = readings.merge(names, on=["key", "predir", "suffix", "postdir"], suffixes=("", "_street"))
    joined["spelled"] = joined["name"] == joined["name_street"]
    best = joined["spelled"] == joined.groupby("text")["spelled"].transform("max")
    return (
        joined.loc[best, ["text", "street_id"]].drop_duplicates().sort_values(["text", "street_id"], ignore_index=True)
    )


def _with_aliases(names: pd.DataFrame, aliases: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """`names` with every alias as one more name of its street; and how many aliases name no street of the layer."""
    pairs = pd.DataFrame(
        {"alias": aliases["alias"].astype(str), "text": aliases["street"].astype(str)}
    ).drop_duplicates()
    known = pairs.merge(_exact_streets(sorted(pairs["text"].unique()), names), on="text")
    readings = read_as_streets(sorted(known["alias"].unique()))
    # The fullest split is the alias's own; the others would lend its street to bare words.
    readings = readings.drop_duplicates("text").rename(columns={"text": "alias_text"})
    extra = known.merge(readings, left_on="alias", right_on="alias_text")
    extra = extra[["street_id", *_PARTS, "key"]].assign(alias=True)
    extra = extra.drop_duplicates().sort_values(["street_id", *_PARTS], ignore_index=True)
    return pd.concat([names, extra], ignore_index=True), int(len(pairs) - len(pairs[pairs["text"].isin(known["text"])]))


def _nodes(lines: NDArray[np.object_], street_of: NDArray[np.int64]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ends of segments within a metre of each other are one node; and the streets that meet at each node."""
    ends = shapely.get_coordinates(np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]))
    points, point_of = np.unique(np.round(ends, 2), axis=0, return_inverse=True)
    close = cKDTree(points).query_pairs(_NODE_SNAP_M, output_type="ndarray")
    graph = coo_array((np.ones(len(close)), (close[:, 0], close[:, 1])), shape=(len(points), len(points)))
    node_of_point = connected_components(graph, directed=False)[1]
    nodes = (
        pd.DataFrame({"node": node_of_point, "x": points[:, 0], "y": points[:, 1]}).groupby("node").mean().reset_index()
    )
    nodes["reference_id"] = _node_ids(nodes)
    meets = pd.DataFrame({"node": node_of_point[point_of.ravel()], "street_id": np.tile(street_of, 2)})
    return nodes, meets.drop_duplicates().sort_values(["node", "street_id"], ignore_index=True)


def _node_ids(nodes: pd.DataFrame) -> pd.Series:
    """Named by position, so that the id does not depend on the order of the layer."""
    return (
        "node "
        + nodes["x"].round().astype(np.int64).astype(str)
        + " "
        + nodes["y"].round().astype(np.int64).astype(str)
    )


def _named_streets(
    intersections: pd.DataFrame, listed: pd.DataFrame, names: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Streets and names with those only the intersections know; street_id_a, street_id_b, x, y per intersection."""
    for column in ("street_a", "street_b", "x", "y"):
        if column not in intersections.columns:
            raise ValueError(
                f"intersections: column [{column}] is missing; it has {', '.join(map(str, intersections.columns))}"
            )
    named = intersections[["street_a", "street_b", "x", "y"]].dropna().drop_duplicates()
    texts = sorted(set(named["street_a"]) | set(named["street_b"]))
    found = _exact_streets(texts, names)
    unknown = read_as_streets(sorted(set(texts) - set(found["text"]))).drop_duplicates("text")
    new = unknown[_PARTS].drop_duplicates().sort_values(_PARTS, ignore_index=True)
    new["street_id"] = len(listed) + np.arange(len(new))
    found = pd.concat([found, unknown.merge(new, on=_PARTS)[["text", "street_id"]]], ignore_index=True)
    for side in ("a", "b"):
        ids = found.rename(columns={"text": f"street_{side}", "street_id": f"street_id_{side}"})
        named = named.merge(ids, on=f"street_{side}")
    named = named[named["street_id_a"] != named["street_id_b"]]
    named = named.sort_values(["x", "y", "street_id_a", "street_id_b"], ignore_index=True)
    return pd.concat([listed, new], ignore_index=True), pd.concat([names, _names(new)], ignore_index=True), named


def _with_named(
    nodes: pd.DataFrame, node_streets: pd.DataFrame, named: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes with the named intersections the layer does not already show: no node of both streets within 30 m."""
    pairs = named.reset_index(names="row")
    met = pairs.merge(node_streets.rename(columns={"street_id": "street_id_a"}), on="street_id_a")
    met = met.merge(node_streets.rename(columns={"street_id": "street_id_b"}), on=["node", "street_id_b"])
    met = met.merge(nodes[["node", "x", "y"]], on="node", suffixes=("", "_node"))
    near = np.hypot(met["x"] - met["x_node"], met["y"] - met["y_node"]) <= _NAMED_NODE_M
    extra = pairs[~pairs["row"].isin(met.loc[near, "row"])].reset_index(drop=True)
    extra["node"] = len(nodes) + np.arange(len(extra))
    extra["reference_id"] = _node_ids(extra)
    meets = [extra[["node", column]].rename(columns={column: "street_id"}) for column in ("street_id_a", "street_id_b")]
    return (
        pd.concat([nodes, extra[["node", "x", "y", "reference_id"]]], ignore_index=True),
        pd.concat([node_streets, *meets], ignore_index=True),
    )


def _labels(listed: pd.DataFrame) -> pd.Series:
    text = listed["predir"] + " " + listed["name"] + " " + listed["suffix"] + " " + listed["postdir"]
    return text.str.split().str.join(" ")


def _fingerprint(
    layer: pd.DataFrame,
    intersections: pd.DataFrame | None,
    aliases: pd.DataFrame | None,
    localities: tuple[str, ...],
    crs: str,
) -> str:
    digest = hashlib.sha256(f"{crs}|{sorted(localities)}".encode())
    digest.update(layer.drop(columns="line").to_csv(index=False).encode())
    for table, columns in ((intersections, ["street_a", "street_b", "x", "y"]), (aliases, ["alias", "street"])):
        if table is not None:
            digest.update(table[columns].sort_values(columns).to_csv(index=False).encode())
    return digest.hexdigest()
