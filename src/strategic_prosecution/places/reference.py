"""The reference layer: the office's map compiled once into plain frames that matching only joins.

Matching needs to know which names are which street, which numbers lie on which side of which segment and at which
address point, which streets meet at which point, and which places have names.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pandas.api.types import is_object_dtype
from pyproj import CRS

from strategic_prosecution.places.blocks import hundred_blocks, one_house
from strategic_prosecution.places.house_numbers import house_numbers
from strategic_prosecution.places.lint import EVEN, MIXED, ODD, Findings, lint_sides
from strategic_prosecution.places.nodes import node_streets, position_ids, segment_ends, with_named
from strategic_prosecution.places.parse import clean_texts, read_as_streets
from strategic_prosecution.places.usps import AMBIGUOUS_SUFFIXES, DIRECTIONALS, SUFFIXES

_WIDEST_RANGE = 20_000
_FAR_SPREADS, _FAR_M = 5.0, 50_000.0
_PARTS = ["predir", "name", "suffix", "postdir"]
_STREET_TEXTS = ["street_predir", "street_pretype", "street_name", "street_type", "street_postdir"]
_RANGES = ["left_from", "left_to", "right_from", "right_to"]
_SIDE_FACTS = ["left_parity", "right_parity", "left_offset", "right_offset"]
# What cities write besides Publication 28 and can only mean one suffix.
_SUFFIXES = SUFFIXES | {word: every[0] for word, every in AMBIGUOUS_SUFFIXES.items() if len(every) == 1}
_PARITIES = {"E": EVEN, "O": ODD, "B": MIXED}
# Milliseconds are the coarsest that a Parquet file keeps.
_DAY: Final = "datetime64[ms]"


@dataclass(frozen=True, eq=False)
class Reference:
    """A compiled map. Positions are in `crs`, metres; ids of streets and nodes are row numbers.

    streets: street_id, label - one row per street (direction, name, suffix, direction)
    names: key, predir, name, suffix, postdir, street_id, alias, valid_from, valid_to - every name a street answers
        to; the dates (datetime64, null = open, valid_to exclusive) are those of a dated alias
    segments: segment_id, street_id, length; `lines` holds their geometry in the same order, digitised from -> to
    sides: segment, street_id, side (1 left, -1 right), start, end (numbers at the line's two ends, of all the ranges
        it has on that side), low, high (of this range), parity
        (0 even, 1 odd, 2 both), is_offset (the line already lies off the centre of the street) - one row per range,
        several for a side whose numbers have holes
    buckets: street_id, hundred, side - one row per hundred numbers a side touches; side is the row in `sides`
    nodes: node, x, y, reference_id;  node_streets: node, street_id - the streets that meet there
    points: point_id, street_id, number, x, y, uncertainty_m - one row per street and number; units are one row
    blocks: street_id, hundred, x, y, uncertainty_m, reference_id - the middle of every hundred-block
    places: key, label, place_id, x, y, category - one row per name of a named place; key is the name without blanks
    epochs: the days on which any alias begins or ends to hold, in order
    localities: town, state and ZIP texts an address may end in
    lint: kind, count - what is odd in the layers (not an error by itself)
    findings: kind, reference_id, street, what - the rows behind `lint`, at most 1,000 per kind
    fingerprint: SHA-256 of all of the above: equal for equal input, whatever its row order
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
    points: pd.DataFrame
    blocks: pd.DataFrame
    places: pd.DataFrame
    epochs: tuple[date, ...]
    lint: pd.DataFrame
    findings: pd.DataFrame
    localities: tuple[str, ...]
    fingerprint: str


def load_reference(
    *,
    streets: pd.DataFrame | None = None,
    points: pd.DataFrame | None = None,
    intersections: pd.DataFrame | None = None,
    aliases: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    localities: Sequence[str] = (),
    crs: str,
) -> Reference:
    """Compile a street layer, address points, or both, for `geocode`. Row order never matters.

    `streets`: street_predir, street_name, street_type, street_postdir, left_from, left_to, right_from, right_to,
    segment_id, geometry (LineString in the metric `crs`, digitised from -> to); blank or null where unknown. When
    street_type is blank on every row, street_name is read as a whole street string. Optional: street_pretype (in front
    of the name: AVENUE C), left_parity, right_parity (E, O, B), left_offset, right_offset (Y: the line already lies
    off the centre of the street). Rows of one segment_id, line and street are one segment with several ranges.
    `points`: number, street_name, x, y in `crs`; optional: point_id and the other parts of the street.
    `intersections`: street_a, street_b (text), x, y. `aliases`: alias, street (text): another name of a street of the
    layer; optional valid_from, valid_to (days; valid_to exclusive). `places`: name (several joined by `|` or `;`), x,
    y; optional: place_id, category. `localities`: town, state and ZIP texts the layers cover, accepted as the tail of
    an address. A point's street that is a street of the segments is that street.

    A range is usable when both numbers are readable, not negative, not both 0 and at most 20,000 apart. Its parity is
    that of its numbers when both have the same; else the stated one; else both. A point farther from the middle of its
    layer than 50 km and five times the layer's spread (null island, a lost sign, swapped axes) is left out. ValueError
    when a column is missing, or when neither a range nor a point is usable.
    """
    metric = CRS.from_user_input(crs)
    if not metric.is_projected or metric.axis_info[0].unit_conversion_factor != 1:
        raise ValueError(
            f"crs [{crs}] is not a projected system in metres; use that of your own zone (UTM, state plane)"
        )
    if streets is None and points is None:
        raise ValueError("reference: neither a street layer nor address points; add places.streets or places.points")
    findings = Findings()
    # Without a street layer there is nothing to say about one.
    of_streets = Findings() if streets is None else findings
    segments, listed = _segments(streets, of_streets)
    names = _names(listed)
    lines = segments["line"].to_numpy()
    sides = _sides(segments, _labels(listed), of_streets)
    # From here on a segment is one line, whatever number of ranges its rows gave it.
    first = segments.drop_duplicates("segment")
    lines, street_of = first["line"].to_numpy(), first["street_id"].to_numpy()
    nodes, node_of_end = segment_ends(lines)
    meets = node_streets(node_of_end, street_of)
    lint_sides(
        sides, segment_ids=first["segment_id"], labels=_labels(listed), node_of_end=node_of_end, findings=of_streets
    )

    addresses, listed, names = _points(points, listed, names, findings)
    addresses = one_house(addresses)
    if not len(sides) and not len(addresses):
        raise ValueError(_nothing_usable(streets, points))
    if intersections is not None:
        named, listed, names = _named_streets(intersections, listed, names)
        nodes, meets = with_named(nodes, meets, named)
    epochs: tuple[date, ...] = ()
    if aliases is not None:
        names = _with_aliases(names, aliases, findings)
        days = pd.concat([names["valid_from"], names["valid_to"]]).dropna().drop_duplicates().sort_values()
        epochs = tuple(day.date() for day in days)
    buckets = _buckets(sides)
    frames = {
        "streets": pd.DataFrame({"street_id": listed["street_id"], "label": _labels(listed)}),
        "names": names,
        "segments": pd.DataFrame(
            {"segment_id": first["segment_id"].to_numpy(), "street_id": street_of, "length": shapely.length(lines)}
        ),
        "sides": sides,
        "buckets": buckets,
        "blocks": hundred_blocks(
            sides=sides,
            buckets=buckets,
            segment_ids=first["segment_id"].to_numpy(),
            lines=lines,
            points=addresses,
        ),
        "nodes": nodes,
        "node_streets": meets,
        "points": addresses,
        "places": _places(places, _middle(lines, addresses), findings),
        "lint": findings.counts(),
        "findings": findings.table(),
    }
    # Text is text whatever the inputs held it in; equal references have equal columns.
    texts = {name: [c for c in frame if is_object_dtype(frame[c])] for name, frame in frames.items()}
    frames = {name: frame.astype(dict.fromkeys(texts[name], "str")) for name, frame in frames.items()}
    towns = tuple(sorted(set(clean_texts(sorted(set(localities)))) - {""}))
    return Reference(
        crs=crs,
        lines=lines,
        epochs=epochs,
        localities=towns,
        fingerprint=_fingerprint(frames, lines, crs, towns),
        **frames,
    )


def _nothing_usable(streets: pd.DataFrame | None, points: pd.DataFrame | None) -> str:
    said = []
    if streets is not None:
        said.append(
            f"street layer: none of its {len(streets)} segments has a usable address range; "
            "map left_from, left_to, right_from, right_to to the columns that hold house numbers"
        )
    if points is not None:
        said.append(
            f"address points: none of its {len(points)} points has a street, a number and a position; "
            "map street_name, number and the coordinates to the columns that hold them"
        )
    return "; ".join(said)


def _columns(frame: pd.DataFrame, kind: str, *, required: Sequence[str], optional: Sequence[str] = ()) -> pd.DataFrame:
    """The named columns of an input; an optional one that is missing is null. ValueError for a required one."""
    for column in required:
        if column not in frame.columns:
            raise ValueError(f"{kind}: column [{column}] is missing; it has {', '.join(map(str, frame.columns))}")
    return pd.DataFrame(frame).reindex(columns=[*required, *optional]).reset_index(drop=True)


def _text(values: pd.Series) -> pd.Series:
    """Stripped text, null as blank, computed once per distinct value."""
    codes, distinct = pd.factorize(values)
    stripped = np.append(pd.Series(distinct, dtype=object).astype(str).str.strip().to_numpy(dtype=object), "")
    return pd.Series(stripped[codes], index=values.index, dtype=object)


def _segments(streets: pd.DataFrame | None, findings: Findings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per segment and range, in an order of their contents only; and the streets they lie on.

    Columns: segment_id, line, wkb, the four numbers, the four facts of the sides, street_id, segment (number of the
    line they share).
    """
    required = ["street_predir", "street_name", "street_type", "street_postdir", *_RANGES, "segment_id", "geometry"]
    optional = ["street_pretype", *_SIDE_FACTS]
    if streets is None:
        layer = pd.DataFrame(columns=[*required, *optional], dtype=object)
    else:
        layer = _columns(streets, "street layer", required=required, optional=optional)
    street_code, parts = _street_parts(layer)
    named = (parts["name"] != "").to_numpy()[street_code]
    layer["line"] = _single_lines(layer["geometry"].to_numpy(dtype=object))
    for column in ("segment_id", *_SIDE_FACTS):
        layer[column] = _text(layer[column])
    lines = layer["line"].to_numpy()
    has_line = (shapely.get_type_id(lines) == 1) & (shapely.length(lines) > 0)
    label = pd.Series(_labels(parts).to_numpy(dtype=object)[street_code], index=layer.index)
    without = ~has_line | ~named
    for kind, odd in (("no_line", ~has_line), ("unnamed", has_line & ~named)):
        findings.add(kind, reference_id=layer["segment_id"][odd], street=label[odd], what="")
    layer = layer[~without].drop(columns="geometry").reset_index(drop=True)

    listed = parts[parts["name"] != ""].drop_duplicates().sort_values(_PARTS, ignore_index=True)
    listed = listed.assign(street_id=np.arange(len(listed)))
    street_of = parts.merge(listed, on=_PARTS, how="left")["street_id"].to_numpy()[street_code[~without]]
    used = np.unique(street_of.astype(np.int64))
    listed = listed[listed["street_id"].isin(used)].reset_index(drop=True)
    layer["street_id"] = np.searchsorted(used, street_of.astype(np.int64))
    listed["street_id"] = np.arange(len(listed))

    layer["wkb"] = shapely.to_wkb(layer["line"].to_numpy(), hex=True)
    blank = layer["segment_id"] == ""
    if blank.any():
        middle = shapely.line_interpolate_point(layer["line"].to_numpy(), 0.5, normalized=True)
        at = pd.DataFrame({"x": shapely.get_x(middle), "y": shapely.get_y(middle)})
        layer["segment_id"] = layer["segment_id"].where(~blank, position_ids("segment", at))
    for column in _RANGES:
        numbers = house_numbers(layer[column])
        odd = numbers["lettered"] | numbers["unreadable"]
        findings.add(
            "alphanumeric",
            reference_id=layer["segment_id"][odd],
            street=_labels(listed).iloc[layer["street_id"][odd]],
            what=layer[column][odd].astype(str),
        )
        layer[column] = numbers["number"]
    order = ["street_id", "segment_id", "wkb", *_RANGES, *_SIDE_FACTS]
    layer = layer.sort_values(order, ignore_index=True)
    facts = ["street_id", "wkb", *_RANGES, *_SIDE_FACTS]
    again = layer.duplicated(facts)
    findings.add(
        "duplicated",
        reference_id=layer["segment_id"][again],
        street=_labels(listed).iloc[layer["street_id"][again]],
        what="same line, street and ranges as another row",
    )
    layer = layer[~again].reset_index(drop=True)
    layer["segment"] = (~layer.duplicated(["street_id", "segment_id", "wkb"])).cumsum() - 1
    return layer, listed


def _single_lines(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    # Files often wrap a single line as a multi-line; parts that touch are joined without turning them round.
    merged = np.where(shapely.get_type_id(shapes) == 5, shapely.line_merge(shapes, directed=True), shapes)
    alone = (shapely.get_type_id(merged) == 5) & (shapely.get_num_geometries(merged) == 1)
    lines: NDArray[np.object_] = np.where(alone, shapely.get_geometry(merged, 0), merged)
    return lines


def _street_parts(layer: pd.DataFrame) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Which distinct street each row names, and predir, name, suffix, postdir of those, in standard abbreviations."""
    combined = np.zeros(len(layer), dtype=np.int64)
    for column in _STREET_TEXTS:
        codes, distinct = pd.factorize(layer[column], use_na_sentinel=False)
        combined = pd.factorize(combined * max(len(distinct), 1) + codes)[0].astype(np.int64)
    first = np.unique(combined, return_index=True)[1]
    rows = layer[_STREET_TEXTS].iloc[first].reset_index(drop=True).apply(_text)
    if (rows["street_type"] == "").all():
        # Everything the row says of its street, read as one string.
        whole = rows.agg(" ".join, axis=1).str.split().str.join(" ") if len(rows) else rows["street_name"]
        whole = _cleaned(whole)
        readings = read_as_streets(sorted(whole.unique())).drop_duplicates("text").set_index("text")
        return combined, readings[_PARTS].reindex(whole).fillna("").reset_index(drop=True)
    cleaned = _cleaned_columns(rows)
    # A suffix column that says `ST N` holds the direction after it too.
    pieces = cleaned["street_type"].str.extract(r"^(.*?)(?: ([NSEW]{1,2}))?$").fillna("")
    postdir = cleaned["street_postdir"].where(cleaned["street_postdir"] != "", pieces[1])
    name = cleaned["street_pretype"] + " " + cleaned["street_name"]
    parts = pd.DataFrame(
        {
            "predir": cleaned["street_predir"].map(lambda word: DIRECTIONALS.get(word, word)),
            "name": name.where(cleaned["street_name"] != "", "").str.strip(),
            "suffix": pieces[0].map(lambda word: _SUFFIXES.get(word, word)),
            "postdir": postdir.map(lambda word: DIRECTIONALS.get(word, word)),
        }
    )
    return combined, parts


def _cleaned(values: pd.Series) -> pd.Series:
    """Each text as the parser has it."""
    codes, distinct = pd.factorize(values)
    return pd.Series(np.array([*clean_texts(list(distinct)), ""], dtype=object)[codes], index=values.index)


def _cleaned_columns(texts: pd.DataFrame) -> pd.DataFrame:
    """`_cleaned` for several columns of text, asking the parser once."""
    whole = pd.concat([texts[column] for column in texts], ignore_index=True)
    columns = _cleaned(whole).to_numpy(dtype=object).reshape(len(texts.columns), len(texts))
    return pd.DataFrame(dict(zip(texts.columns, columns, strict=True)), index=texts.index)


def _sides(segments: pd.DataFrame, labels: pd.Series, findings: Findings) -> pd.DataFrame:
    """One row per usable range of a side of a segment, by segment, side and number."""
    both = []
    for sign, hand in ((1, "left"), (-1, "right")):
        side = segments[["segment", "street_id", "segment_id"]].assign(side=sign)
        side["start"], side["end"] = segments[f"{hand}_from"], segments[f"{hand}_to"]
        side["stated"] = segments[f"{hand}_parity"].str.upper().map(_PARITIES)
        side["is_offset"] = segments[f"{hand}_offset"].str.upper() == "Y"
        both.append(side)
    sides = pd.concat(both, ignore_index=True)
    low, high = sides[["start", "end"]].min(axis=1), sides[["start", "end"]].max(axis=1)
    given = sides["start"].notna() & sides["end"].notna() & (high > 0)
    usable = given & (low >= 0) & (high - low <= _WIDEST_RANGE)
    what = np.where(sides["side"] == 1, "left", "right")

    def add(kind: str, odd: pd.Series) -> None:
        findings.add(
            kind,
            reference_id=sides["segment_id"][odd],
            street=labels.iloc[sides["street_id"][odd]],
            what=pd.Series(what)[odd.to_numpy()],
        )

    of_side = [sides["segment"], sides["side"]]
    add("zero", ~given.groupby(of_side).transform("any") & ~sides.duplicated(["segment", "side"]))
    add("implausible", given & ~usable)
    same = (sides["start"] % 2 == sides["end"] % 2) & usable
    own = (sides["start"] % 2).where(same, MIXED)
    # Two numbers that agree outweigh one letter; left is not odd everywhere, so nothing else is assumed.
    add("parity_contradicted", same & sides["stated"].isin([EVEN, ODD]) & (sides["stated"] != own))
    stated_both = sides["stated"] == MIXED
    sides["parity"] = own.where(same & ~stated_both, sides["stated"].fillna(MIXED))
    sides["low"], sides["high"] = low, high
    whole = ["start", "end", "low", "high", "parity"]
    sides = sides[usable].astype(dict.fromkeys(whole, np.int64))
    columns = ["segment", "street_id", "side", *whole, "is_offset"]
    sides = sides[columns].drop_duplicates().sort_values(columns, ignore_index=True)
    # Several ranges share one line: 101-149 and 151-199 lie on its two halves, not each on all of it.
    of_line = sides.groupby(["segment", "side"])
    rises, falls = sides["start"] < sides["end"], sides["start"] > sides["end"]
    several = of_line["start"].transform("size") > 1
    up = several & rises.groupby([sides["segment"], sides["side"]]).transform("any")
    down = several & falls.groupby([sides["segment"], sides["side"]]).transform("any")
    lowest, highest = of_line["low"].transform("min"), of_line["high"].transform("max")
    sides.loc[up & ~down, "start"], sides.loc[up & ~down, "end"] = lowest, highest
    sides.loc[down & ~up, "start"], sides.loc[down & ~up, "end"] = highest, lowest
    return sides


def _buckets(sides: pd.DataFrame) -> pd.DataFrame:
    """One row per side and hundred it touches, so that a number is found by an equality join, overlaps included."""
    first, last = sides["low"].to_numpy() // 100, sides["high"].to_numpy() // 100
    times = last - first + 1
    step = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    side = np.repeat(np.arange(len(sides)), times)
    hundred = (np.repeat(first, times) + step) * 100
    return pd.DataFrame({"street_id": sides["street_id"].to_numpy()[side], "hundred": hundred, "side": side})


def _names(listed: pd.DataFrame) -> pd.DataFrame:
    """Each street under its own name and, where its suffix is read in several ways, under those."""
    # A name is one of the readings of its own text: the one that splits nothing off.
    readings = read_as_streets(sorted(listed["name"].unique()))
    keys = readings[readings["name"] == readings["text"]].drop_duplicates("text").set_index("text")["key"]
    own = listed.assign(key=listed["name"].map(keys), alias=False)
    variants = [
        own[own["suffix"] == suffix].assign(suffix=other)
        for suffix, others in AMBIGUOUS_SUFFIXES.items()
        for other in others
        if other != suffix
    ]
    names = pd.concat([own, *variants], ignore_index=True)
    never = pd.Series(pd.NaT, index=names.index, dtype=_DAY)
    return names[[*_PARTS, "street_id", "key", "alias"]].assign(valid_from=never, valid_to=never)


def _exact_streets(texts: Sequence[str], names: pd.DataFrame) -> pd.DataFrame:
    """text, street_id: the streets whose direction, name key and suffix a whole cleaned string states exactly."""
    readings = read_as_streets(texts)
    readings = readings[~readings["tail_dropped"]]
    joined = readings.merge(names, on=["key", "predir", "suffix", "postdir"], suffixes=("", "_street"))
    joined["spelled"] = joined["name"] == joined["name_street"]
    best = joined["spelled"] == joined.groupby("text")["spelled"].transform("max")
    return (
        joined.loc[best, ["text", "street_id"]].drop_duplicates().sort_values(["text", "street_id"], ignore_index=True)
    )


def _with_new(parts: pd.DataFrame, listed: pd.DataFrame, names: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Streets and names with further streets (distinct parts) at the end."""
    new = parts[_PARTS].drop_duplicates().sort_values(_PARTS, ignore_index=True)
    new["street_id"] = len(listed) + np.arange(len(new))
    return pd.concat([listed, new], ignore_index=True), pd.concat([names, _names(new)], ignore_index=True)


def _points(
    points: pd.DataFrame | None, listed: pd.DataFrame, names: pd.DataFrame, findings: Findings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """point_id, street_id, number, x, y of the usable address points; streets and names with those only they know.

    A lettered number (`12A`) stands for the plain one only where that has no point of its own.
    """
    if points is None:
        empty = pd.DataFrame({"point_id": pd.Series(dtype=str), "street_id": np.empty(0, np.int64)})
        return empty.assign(number=np.empty(0, np.int64), x=np.empty(0), y=np.empty(0)), listed, names
    others = [column for column in _STREET_TEXTS if column != "street_name"]
    layer = _columns(
        points, "address points", required=["number", "street_name", "x", "y"], optional=["point_id", *others]
    )
    street_code, parts = _street_parts(layer)
    ids, listed, names = _streets_of_points(parts, listed, names)
    numbers = house_numbers(layer["number"])
    x, y = (pd.to_numeric(layer[axis], errors="coerce").to_numpy(dtype=float, na_value=np.nan) for axis in ("x", "y"))
    table = pd.DataFrame(
        {"point_id": _text(layer["point_id"]), "street_id": ids[street_code], "number": numbers["number"]}
    ).assign(x=x.round(2), y=y.round(2))
    has_place = np.isfinite(x) & np.isfinite(y)
    placed = has_place.copy()
    placed[has_place] = ~_far(x[has_place], y[has_place], middle=np.column_stack([x[has_place], y[has_place]]))
    numbered = (table["number"] > 0).to_numpy()
    has_street = (table["street_id"] >= 0).to_numpy()
    label = np.append(_labels(listed).to_numpy(dtype=object), "")
    for kind, odd in (
        ("point_without_position", np.isnan(x) | np.isnan(y)),
        ("point_far_away", ~placed & ~(np.isnan(x) | np.isnan(y))),
        ("point_without_street", ~has_street),
        ("point_without_number", ~numbered & ~numbers["unreadable"].to_numpy()),
        ("alphanumeric", (numbers["lettered"] | numbers["unreadable"]).to_numpy()),
    ):
        findings.add(
            kind,
            reference_id=table["point_id"][odd],
            street=pd.Series(label[table["street_id"][odd]]),
            what=_text(layer["number"][odd]),
        )
    table["lettered"] = numbers["lettered"]
    table = table[placed & numbered & has_street].astype({"number": np.int64})
    address = ["street_id", "number"]
    table = table[table["lettered"] == table.groupby(address)["lettered"].transform("min")].drop(columns="lettered")
    table = table.sort_values([*address, "x", "y", "point_id"]).drop_duplicates([*address, "x", "y"])
    table = table[["point_id", *address, "x", "y"]].reset_index(drop=True)
    unnamed = table["point_id"] == ""
    if unnamed.any():
        table["point_id"] = table["point_id"].where(~unnamed, position_ids("point", table))
    return table, listed, names


def _streets_of_points(
    parts: pd.DataFrame, listed: pd.DataFrame, names: pd.DataFrame
) -> tuple[NDArray[np.int64], pd.DataFrame, pd.DataFrame]:
    """street_id of each row of parts (-1 without a name); streets and names with the new ones.

    The same parts are the same street; else the one street whose direction, name key and suffix the whole string
    states (MC KEAN ST of the segments is MCKEAN ST of the points); else a street only the points know.
    """
    text = _labels(parts)
    is_named = (parts["name"] != "").to_numpy()
    ids = parts.merge(listed, on=_PARTS, how="left")["street_id"].to_numpy(dtype=float, na_value=np.nan)
    open_text = text[is_named & np.isnan(ids)]
    found = _exact_streets(sorted(open_text.unique()), names)
    alone = found[~found.duplicated("text", keep=False)]
    street_of = dict(zip(alone["text"], alone["street_id"], strict=True))
    ids = np.where(np.isnan(ids) & is_named, text.map(street_of).to_numpy(dtype=float, na_value=np.nan), ids)
    listed, names = _with_new(parts[is_named & np.isnan(ids)], listed, names)
    new = parts.merge(listed, on=_PARTS, how="left")["street_id"].to_numpy(dtype=float, na_value=np.nan)
    ids = np.where(np.isnan(ids), new, ids)
    return np.where(is_named, ids, -1).astype(np.int64), listed, names


def _far(x: NDArray[np.float64], y: NDArray[np.float64], *, middle: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Positions farther from the median of `middle` (n, 2), in x or in y, than 50 km and five interquartile ranges."""
    if not len(middle):
        return np.zeros(len(x), dtype=bool)
    low, centre, high = np.quantile(middle, [0.25, 0.5, 0.75], axis=0)
    reach = _FAR_M + _FAR_SPREADS * (high - low)
    far: NDArray[np.bool_] = (np.abs(np.column_stack([x, y]) - centre) > reach).any(axis=1)
    return far


def _middle(lines: NDArray[np.object_], points: pd.DataFrame) -> NDArray[np.float64]:
    """Where the map is: the first points of its segments and its address points, as (n, 2)."""
    starts = shapely.get_coordinates(shapely.get_point(lines, 0))
    return np.concatenate([starts, points[["x", "y"]].to_numpy(dtype=float)])


def _places(places: pd.DataFrame | None, middle: NDArray[np.float64], findings: Findings) -> pd.DataFrame:
    """One row per name of a place: key, label (its first name), place_id, x, y, category."""
    columns = ["key", "label", "place_id", "x", "y", "category"]
    if places is None:
        return pd.DataFrame({column: pd.Series(dtype=float if column in "xy" else str) for column in columns})
    table = _columns(places, "places", required=["name", "x", "y"], optional=["place_id", "category"])
    for axis in ("x", "y"):
        table[axis] = pd.to_numeric(table[axis], errors="coerce").astype(float)
    for column in ("name", "place_id", "category"):
        table[column] = _text(table[column])
    placed = np.isfinite(table["x"]) & np.isfinite(table["y"])
    placed[placed] = ~_far(table["x"][placed].to_numpy(), table["y"][placed].to_numpy(), middle=middle)
    findings.add("place_far_away", reference_id=table["place_id"][~placed], street=table["name"][~placed], what="")
    table = table[placed].reset_index(drop=True)
    table["place_id"] = table["place_id"].where(table["place_id"] != "", position_ids("place", table))
    table["name"] = table["name"].str.split(r"[|;]", regex=True)
    table["label"] = table["name"].str[0].str.strip()
    table = table.explode("name", ignore_index=True)
    table["key"] = _cleaned(table["name"].astype(object)).str.replace(" ", "")
    named: pd.DataFrame = table.loc[table["key"] != "", columns].drop_duplicates()
    return named.sort_values(columns, ignore_index=True)


def _with_aliases(names: pd.DataFrame, aliases: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """`names` with every alias as one more name of its street, for the days it holds."""
    pairs = _columns(aliases, "aliases", required=["alias", "street"], optional=["valid_from", "valid_to"])
    pairs["alias"], pairs["street"] = _text(pairs["alias"]), _text(pairs["street"])
    for column in ("valid_from", "valid_to"):
        pairs[column] = pd.Series(pd.to_datetime(pairs[column])).dt.normalize().astype(_DAY)
    pairs = pairs.drop_duplicates()
    cleaned = _cleaned_columns(pairs[["alias", "street"]])
    pairs["alias_text"], pairs["text"] = cleaned["alias"], cleaned["street"]
    known = pairs.merge(_exact_streets(sorted(pairs["text"].unique()), names), on="text")
    lost = pairs[~pairs["text"].isin(known["text"])]
    findings.add("alias_without_street", reference_id=lost["alias"], street=lost["street"], what="")
    # The fullest split is the alias's own; the others would lend its street to bare words.
    readings = read_as_streets(sorted(known["alias_text"].unique())).drop_duplicates("text")
    extra = known.drop(columns="text").merge(readings, left_on="alias_text", right_on="text")
    extra = extra[["street_id", *_PARTS, "key", "valid_from", "valid_to"]].assign(alias=True)
    extra = extra.drop_duplicates()
    extra = extra.sort_values(["street_id", *_PARTS, "valid_from", "valid_to"], ignore_index=True)
    return pd.concat([names, extra[list(names.columns)]], ignore_index=True)


def _named_streets(
    intersections: pd.DataFrame, listed: pd.DataFrame, names: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """street_id_a, street_id_b, x, y per intersection; streets and names with those only the intersections know."""
    named = _columns(intersections, "intersections", required=["street_a", "street_b", "x", "y"])
    named = named.dropna().drop_duplicates()
    cleaned = _cleaned_columns(named[["street_a", "street_b"]])
    named["street_a"], named["street_b"] = cleaned["street_a"], cleaned["street_b"]
    texts = sorted(set(named["street_a"]) | set(named["street_b"]))
    found = _exact_streets(texts, names)
    unknown = read_as_streets(sorted(set(texts) - set(found["text"]))).drop_duplicates("text")
    listed, names = _with_new(unknown, listed, names)
    new = unknown.merge(listed, on=_PARTS)[["text", "street_id"]]
    found = pd.concat([found, new], ignore_index=True)
    for side in ("a", "b"):
        ids = found.rename(columns={"text": f"street_{side}", "street_id": f"street_id_{side}"})
        named = named.merge(ids, on=f"street_{side}")
    named = named[named["street_id_a"] != named["street_id_b"]]
    return named.sort_values(["x", "y", "street_id_a", "street_id_b"], ignore_index=True), listed, names


def _labels(listed: pd.DataFrame) -> pd.Series:
    text = listed["predir"] + " " + listed["name"] + " " + listed["suffix"] + " " + listed["postdir"]
    return text.str.split().str.join(" ")


def _fingerprint(
    frames: dict[str, pd.DataFrame], lines: NDArray[np.object_], crs: str, localities: tuple[str, ...]
) -> str:
    """SHA-256 over every compiled column, each preceded by its name and length."""
    digest = hashlib.sha256("|".join([crs, *localities]).encode())
    columns = [(f"{table}.{name}", frame[name]) for table, frame in sorted(frames.items()) for name in frame]
    columns.append(("lines", pd.Series(shapely.to_wkb(lines, hex=True), dtype=object)))
    for name, values in columns:
        is_text = values.dtype == object or isinstance(values.dtype, pd.StringDtype)
        content = "\x1f".join(values.tolist()).encode() if is_text else values.to_numpy().tobytes()
        digest.update(f"{name}|{len(values)}|{len(content)}|".encode())
        digest.update(content)
    return digest.hexdigest()
