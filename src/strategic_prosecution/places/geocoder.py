"""`geocode`: address strings in, one row per string out, in the same order."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree

from strategic_prosecution import warehouse
from strategic_prosecution.places.parse import parse_strings, read_streets
from strategic_prosecution.places.positions import between_points, number_positions
from strategic_prosecution.places.reference import Reference
from strategic_prosecution.warehouse import Connection

HITS = ("point", "point_interpolated", "range", "block", "intersection", "place")
"""Match types that count as hits: those with coordinates. A number off its street, or a bare street, is none."""

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
# Two of DuckDB's row groups: with fewer strings one core would do all the work.
_CHUNK = 245_760
_CORNER_UNCERTAINTY_M = 15.0
_CLOSE_NODES_M = 40.0
_PLACE_UNCERTAINTY_M = 50.0


def geocode(
    addresses: Sequence[str | None] | pd.Series,
    reference: Reference,
    *,
    dates: Sequence[date | None] | pd.Series | None = None,
    offset_m: float = 10.0,
    inset_m: float = 10.0,
    tie_tolerance_m: float = 75.0,
    fuzzy: bool = True,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Place each address on the reference layer, or say why not. One row per address, same order and index 0..n-1.

    status: matched (has coordinates), tie (equally good places too far apart, no coordinates), unmatched.
    match_type: point, point_interpolated (between two points of the street), range, block, intersection and place are
    hits. range_out (the street is known, the number is nowhere on it), street (no number), tie and none have no
    coordinates.
    score: 100 minus the sizes of the faults, at most 99 for a block and 78 without a position (both in
    `sql/faults.sql`); 0 for none. faults: joined by `;`, empty when there are none. For none it is the reason: empty,
    unknown, po_box, homeless (not geocodable), not_parsed, tail_not_read (text after a comma that is no unit and none
    of the reference's localities), no_such_street, similar_street, no_such_corner, no_such_place. x, y: metres in the
    reference's crs, lon, lat: EPSG:4326; null without a hit. uncertainty_m: a radius by construction, not a measured
    error: half the segment, the block or the way between two points, 10 m for a point, 15 m for a corner, 50 m for a
    named place, plus half the spread of equal candidates. n_candidates: places with the best score. spread_m: diagonal
    of their bounding box. gap: best score minus the runner-up's, null without one.

    A block is the middle of its whole run of segments, or of its points, without offset (`blocks.hundred_blocks`);
    where the layer lacks it, the way between its neighbours up to two hundreds off. A corner is where the named
    streets share a node of the layer, a named intersection, or the middle of two ends at most 40 m apart. A direction
    or suffix that is stated and differs is a rejection; where it is left out and several streets of the name could
    hold the number, each is equally good. `fuzzy`: a name of five letters or more that is no name of the layer may be
    one edit off one, with the same first letter, direction and suffix and the number on it, if that leaves one street.
    A second street that the layer does not have is no cross street. offset_m and inset_m apply to house numbers on
    ranges (`positions.interpolate`). Equally good places within tie_tolerance_m give their centroid (the rule of
    morpc-py's address-point geocoder). `dates`: when each address was true, for names that streets had for a time
    (local days, no instants); null or left out: any name they ever had.

    The answer for a string depends on the string, its date, the reference and the settings, whatever else is asked
    along with it. `threads` None: all cores. `progress` is called with (done, all) distinct strings. Method:
    candidates with fault penalties after the British Columbia geocoder (bcgov/ols-geocoder); offset and inset after
    Ratcliffe (2001); one edit by common deletions after Mor and Fraenkel (1982).
    """
    codes, strings = _distinct(addresses, dates, reference.epochs)
    parts = []
    with warehouse.open_memory(threads=threads) as connection:
        _lay_out(connection, reference)
        for start in range(0, max(len(strings), 1), _CHUNK):
            chunk = strings.iloc[start : start + _CHUNK].reset_index(drop=True)
            best, reasons = _candidates(connection, chunk, reference, fuzzy=fuzzy)
            placed = _placed(best, reference, offset_m=offset_m, inset_m=inset_m)
            parts.append(_answers(placed, reasons, reference, len(chunk), tie_tolerance_m))
            if progress:
                progress(min(start + _CHUNK, len(strings)), len(strings))
    answers = pd.concat(parts, ignore_index=True)
    return answers.iloc[codes].reset_index(drop=True)


def suggest_aliases(addresses: Sequence[str | None] | pd.Series, reference: Reference) -> pd.DataFrame:
    """Streets of the layer that unmatched addresses may mean, for a person to confirm as aliases.

    One row per street as it is written and the only street of the layer that has its numbers, where the two differ in
    suffix or one letter: alias, street (both text, as `load_reference` takes aliases), strings (distinct
    addresses that would be placed), the most first. Nothing here is a match: a stated suffix that differs is a
    rejection until somebody who knows the streets has confirmed that it is the same one.
    """
    _, strings = _distinct(addresses, None, ())
    unmatched = geocode(strings["text"], reference)["match_type"].isin(["none", "range_out", "street"]).to_numpy()
    strings = strings[unmatched].reset_index(drop=True)
    parts = []
    with warehouse.open_memory() as connection:
        _lay_out(connection, reference)
        for start in range(0, max(len(strings), 1), _CHUNK):
            chunk = strings.iloc[start : start + _CHUNK].reset_index(drop=True)
            _find(connection, chunk, reference, fuzzy=True, contradicted=True)
            parts.append(connection.execute(_sql("suggestions")).df())
    found = pd.concat(parts).groupby(["alias", "street"], as_index=False)["strings"].sum()
    found = found[~found["alias"].duplicated(keep=False)]
    ordered: pd.DataFrame = found.sort_values(["strings", "alias"], ascending=[False, True], ignore_index=True)
    return ordered


def _distinct(
    addresses: Sequence[str | None] | pd.Series,
    dates: Sequence[date | None] | pd.Series | None,
    epochs: tuple[date, ...],
) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """Position of each address among the distinct ones (text, day); null is the empty string.

    A date matters only by what lies between the days on which names of streets begin and end to count.
    """
    values = pd.Series(addresses, dtype=object)
    codes, distinct = pd.factorize(values.where(values.notna(), "").to_numpy(dtype=object))
    texts = _as_text(distinct)
    if dates is None or not epochs:
        return codes, pd.DataFrame({"text": texts, "day": pd.Series(pd.NaT, index=range(len(texts)))})
    when = pd.to_datetime(pd.Series(dates, dtype=object)).to_numpy(dtype="datetime64[D]")
    if len(when) != len(values):
        raise ValueError(f"dates: need one per address; got [{len(when)}] for [{len(values)}] addresses")
    starts = np.array([epochs[0] - timedelta(days=1), *epochs], dtype="datetime64[D]")
    epoch = np.where(np.isnat(when), -1, np.searchsorted(starts[1:], when, side="right"))
    codes, pairs = pd.factorize(codes.astype(np.int64) * (len(starts) + 1) + epoch + 1)
    epoch = pairs % (len(starts) + 1) - 1
    day = np.where(epoch < 0, np.datetime64("NaT"), starts[epoch])
    return codes, pd.DataFrame({"text": texts[pairs // (len(starts) + 1)], "day": day.astype("datetime64[s]")})


def _as_text(values: NDArray[np.object_]) -> NDArray[np.object_]:
    """Values as text; halves of characters, which no encoding can hold, as question marks."""
    texts = [str(value) for value in values]
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        texts = [text.encode(errors="replace").decode() for text in texts]
    return np.array(texts, dtype=object)


def _lay_out(connection: Connection, reference: Reference) -> None:
    """The reference as the tables that every chunk of strings is joined to."""
    close = cKDTree(reference.nodes[["x", "y"]].to_numpy(dtype=float).reshape(-1, 2)).query_pairs(
        _CLOSE_NODES_M, output_type="ndarray"
    )
    node = reference.nodes["node"].to_numpy()
    frames = {
        "layer_streets": reference.streets,
        "layer_names": reference.names,
        "layer_sides": reference.sides[["low", "high", "parity"]].rename_axis("row").reset_index(),
        "layer_buckets": reference.buckets,
        "layer_points": reference.points[["street_id", "number", "x", "y"]].rename_axis("row").reset_index(),
        "layer_places": reference.places[["key", "label"]].rename_axis("row").reset_index(),
        "layer_blocks": reference.blocks[["street_id", "hundred", "x", "y"]].rename_axis("row").reset_index(),
        "layer_nodes": reference.nodes[["node"]],
        "layer_node_streets": reference.node_streets,
        "layer_close_nodes": pd.DataFrame({"node": node[close[:, 0]], "other_node": node[close[:, 1]]}),
    }
    for name, frame in frames.items():
        _put(connection, name, frame)
    connection.execute(_sql("faults"))
    connection.execute(_sql("layer"))


def _put(connection: Connection, name: str, frame: pd.DataFrame) -> None:
    connection.register("frame", frame)
    connection.execute(f"create or replace temp table {name} as select * from frame")
    connection.unregister("frame")


def _sql(name: str) -> str:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _candidates(
    connection: Connection, strings: pd.DataFrame, reference: Reference, *, fuzzy: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The best places of each string (`sql/best.sql`), and why a string has none."""
    _find(connection, strings, reference, fuzzy=fuzzy, contradicted=False)
    connection.execute(_sql("corners"))
    connection.execute(_sql("best"))
    return _fetched(connection, _sql("in_order")), _fetched(connection, _sql("reasons"))


def _find(
    connection: Connection, strings: pd.DataFrame, reference: Reference, *, fuzzy: bool, contradicted: bool
) -> None:
    """Read the strings, and find the streets they may name and the numbers on them."""
    connection.register("frame", strings.rename_axis("string_id").reset_index())
    connection.execute(_sql("chunk"))
    connection.unregister("frame")
    parse_strings(connection, localities=reference.localities)
    connection.execute("create or replace temp table street_texts as select distinct street as text from readings")
    read_streets(connection)
    connection.execute(_sql("street_keys"), {"fuzzy": fuzzy})
    connection.execute(_sql("meanings"), {"contradicted": contradicted})
    connection.execute(_sql("numbered"))
    connection.execute(_sql("found"))


def _fetched(connection: Connection, query: str) -> pd.DataFrame:
    """The rows of a query; text as Python's own, null as None."""
    blanks = {"f": np.nan, "O": None}
    columns: dict[str, Any] = connection.execute(query).fetchnumpy()
    return pd.DataFrame({name: np.ma.filled(some, blanks.get(some.dtype.kind, 0)) for name, some in columns.items()})


def _placed(best: pd.DataFrame, reference: Reference, *, offset_m: float, inset_m: float) -> pd.DataFrame:
    """x, y, uncertainty_m and reference_id of each row of `best`."""
    kind = best["match_type"].to_numpy(dtype=object)
    place, other = best["place"].to_numpy(), best["other"].to_numpy()
    share = best["share"].to_numpy()
    xy, uncertainty = np.full((len(best), 2), np.nan), np.full(len(best), np.nan)
    ids = np.full(len(best), None, dtype=object)

    some = np.flatnonzero(kind == "range")
    side = place[some]
    xy[some], uncertainty[some] = number_positions(
        reference,
        side=side,
        number=best["number"].to_numpy()[some],
        own_side=best["own_side"].to_numpy(dtype=bool)[some],
        offset_m=offset_m,
        inset_m=inset_m,
    )
    ids[some] = _ids(reference.segments.iloc[reference.sides["segment"].to_numpy()[side]], "segment_id")

    # What has a position of its own: columns x, y, uncertainty_m and id, and how sure the layer is where it says none.
    for match_type, layer, id_column, unsure in (
        ("point", reference.points, "point_id", None),
        ("point_interpolated", reference.points, "point_id", 0.0),
        ("block", reference.blocks, "reference_id", None),
        ("intersection", reference.nodes, "reference_id", _CORNER_UNCERTAINTY_M),
        ("place", reference.places, "place_id", _PLACE_UNCERTAINTY_M),
    ):
        some = np.flatnonzero(kind == match_type)
        one = place[some]
        # Most lie at one row of the layer; the others between two.
        two = np.where(other[some] >= 0, other[some], one)
        at = layer[["x", "y"]].to_numpy(dtype=float)
        xy[some], apart = between_points(at[one], at[two], share[some])
        own = layer["uncertainty_m"].to_numpy()[one] if unsure is None else unsure
        uncertainty[some] = np.maximum(own, apart)
        ids[some] = _ids(layer.iloc[one], id_column)
    return best.assign(x=xy[:, 0], y=xy[:, 1], uncertainty_m=uncertainty, reference_id=ids)


def _ids(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    return frame[column].to_numpy(dtype=object)


def _answers(
    placed: pd.DataFrame, reasons: pd.DataFrame, reference: Reference, count: int, tie_tolerance_m: float
) -> pd.DataFrame:
    """One row per string from its equally good places, which stand together."""
    string = placed["string_id"].to_numpy()
    first = np.flatnonzero(np.diff(string, prepend=-1))
    size = np.diff(first, append=len(string))
    x, y = placed["x"].to_numpy(dtype=float), placed["y"].to_numpy(dtype=float)
    spread = np.hypot(_width(x, first), _width(y, first))
    hit = np.isfinite(x[first])
    tie = hit & (spread > tie_tolerance_m)
    where = string[first]

    def spread_out(values: NDArray[Any], blank: object, *, dtype: Any = np.float64) -> NDArray[Any]:
        out = np.full(count, blank, dtype=dtype)
        out[where] = values
        return out

    def of_first(column: str, *, dtype: Any = np.float64) -> NDArray[Any]:
        values: NDArray[Any] = placed[column].to_numpy(dtype=dtype)[first]
        return values

    def unless_tie(column: str) -> NDArray[Any]:
        values = of_first(column, dtype=object)
        values[tie] = None
        return spread_out(values, None, dtype=object)

    uncertainty = np.maximum.reduceat(placed["uncertainty_m"].to_numpy(dtype=float), first) if len(first) else x
    middle = {name: np.round(_total(values, first) / size, 3) for name, values in (("x", x), ("y", y))}
    status = np.where(tie, "tie", np.where(hit, "matched", "unmatched"))
    faults = spread_out(of_first("faults", dtype=object), "", dtype=object)
    faults[reasons["string_id"].to_numpy()] = reasons["reason"].to_numpy(dtype=object)
    out = pd.DataFrame(
        {
            "status": spread_out(status, "unmatched", dtype=object),
            "match_type": spread_out(np.where(tie, "tie", of_first("match_type", dtype=object)), "none", dtype=object),
            "score": spread_out(of_first("score"), 0.0),
            "faults": faults,
            "matched_address": unless_tie("matched_address"),
            "reference_id": unless_tie("reference_id"),
            "x": spread_out(np.where(tie, np.nan, middle["x"]), np.nan),
            "y": spread_out(np.where(tie, np.nan, middle["y"]), np.nan),
            "uncertainty_m": spread_out(np.where(tie, np.nan, np.round(uncertainty + spread / 2, 1)), np.nan),
            "n_candidates": spread_out(size, 0, dtype=np.int64),
            "spread_m": spread_out(np.where(hit, np.round(spread, 3), np.nan), np.nan),
            "gap": spread_out(of_first("gap"), np.nan),
        }
    )
    to_lonlat = Transformer.from_crs(reference.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(out["x"].to_numpy(), out["y"].to_numpy())
    out["lon"], out["lat"] = (np.where(np.isfinite(v), np.round(v, 7), np.nan) for v in (lon, lat))
    return out[list(RESULT_COLUMNS)]


def _width(values: NDArray[np.float64], first: NDArray[np.intp]) -> NDArray[np.float64]:
    if not len(first):
        return values
    return np.maximum.reduceat(values, first) - np.minimum.reduceat(values, first)


def _total(values: NDArray[np.float64], first: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.add.reduceat(values, first) if len(first) else values
