"""The map of hot spots: interactive (Bokeh, inlined, offline) and drawn (plain SVG, for print and without scripts).

Both draw in the office's metric CRS over the outlines of one area layer, without tiles: a tile would be a request.
"""

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import shapely
from bokeh.embed import json_item
from bokeh.models import ColumnDataSource, DataRange1d, HoverTool
from bokeh.models.renderers import DataRenderer
from bokeh.plotting import figure
from bokeh.resources import Resources
from markupsafe import Markup
from pyproj import Transformer

from strategic_prosecution import model
from strategic_prosecution.report.environment import environment, policy
from strategic_prosecution.report.tables import HOT_SPOTS_LISTED, PERSISTENCE, persistence
from strategic_prosecution.report.wording import HIDDEN, NOT_KNOWN, days, integer, without_scheme, words

GEOGRAPHIC = "EPSG:4326"
FORMER = "former"
# Fill by persistence class, dark enough for white figures on it (4.5:1); tooltip, table and legend name it too.
CLASSES = {
    "persistent": "#7a0177",
    "emerging": "#c2410c",
    "intermittent": "#2b6cb0",
    "new": "#0f766e",
    FORMER: "#6b7280",
    "": "#3f4c55",
}
_CHOICE = ["category", "window_days"]
DRAWN_WIDTH = 640
_DRAWN_HEIGHT_AT_MOST = 760
_MARGIN = 0.03
# Outlines are simplified to this share of the map's width: finer than a pixel, a tenth of the bytes.
_SIMPLIFY = 1 / 3000


@dataclass(frozen=True)
class Choice:
    """One category and window that the map can show."""

    key: str
    category: str
    window_days: int
    spots: pd.DataFrame

    @property
    def title(self) -> str:
        """The choice in words."""
        return f"{words(self.category)}, last {days(self.window_days)}"

    @property
    def first(self) -> pd.DataFrame:
        """The hot spots that are numbered and listed; a former one has no rank."""
        return self.spots[self.spots["rank"].notna()].head(HOT_SPOTS_LISTED)


@dataclass(frozen=True)
class Drawn:
    """One drawn shape: its SVG path and fill; a former hot spot is dashed."""

    path: str
    fill: str
    dashed: bool


@dataclass(frozen=True)
class Mark:
    """A numbered mark on one of the first hot spots."""

    x: float
    y: float
    text: str
    fill: str


@dataclass(frozen=True)
class DrawnMap:
    """A map of one choice as SVG parts in a box of DRAWN_WIDTH x height; the scale bar in box units and words."""

    height: int
    outlines: str
    spots: tuple[Drawn, ...]
    marks: tuple[Mark, ...]
    scale: float
    scale_text: str


@dataclass(frozen=True)
class InteractiveMap:
    """BokehJS, the map as JSON, and the script that joins them with the list of choices; all '' without a choice."""

    library: Markup
    item: Markup
    script: Markup


def map_html(spots: pd.DataFrame, areas: pd.DataFrame, *, crs: str, height: int = 660) -> str:
    """The report's interactive map alone, as a piece of HTML for a notebook: IPython.display.HTML(map_html(...)).

    ``spots`` and ``areas`` as in ``located``: of mart.hot_spots, geometry, category, window_days and rank must be
    there, the rest may be absent; each category and window is a choice of the list above the map. ``height``: pixels.
    The piece is a frame of its own that holds BokehJS, and whose Content-Security-Policy refuses every request.
    Raises ValueError when no hot spot has a geometry.
    """
    placed = located(spots, areas, crs=crs)
    shown = choices(placed)
    if not shown:
        raise ValueError("no hot spot has a geometry: there is nothing to draw")
    interactive = interactive_map(shown, outlines(areas, placed))
    return (
        environment()
        .get_template("map.html.j2")
        .render(
            choices=shown,
            classes=legend(placed) if "persistence" in spots else {},
            map=interactive,
            policy=policy(interactive.library, interactive.script),
            height=height,
        )
    )


def interactive_map(shown: tuple[Choice, ...], areas: np.ndarray) -> InteractiveMap:
    """The interactive map of ``shown`` over the outlines of ``areas`` (as from ``outlines``)."""
    if not shown:
        return InteractiveMap(Markup(), Markup(), Markup())
    # The library, our script and the JSON (its < > & are escaped) go in as they are: scripts are hashed to the letter.
    return InteractiveMap(
        Markup(bokeh_library()), Markup(bokeh_item(shown, areas)), Markup(environment().get_template("map.js").render())
    )


def legend(spots: pd.DataFrame) -> dict[str, str]:
    """Fill by persistence class in words, of the classes that ``spots`` has."""
    held = set(spots["persistence"].where(spots["persistence"].notna(), ""))
    return {PERSISTENCE[name]: fill for name, fill in CLASSES.items() if name in held}


def located(spots: pd.DataFrame, areas: pd.DataFrame, *, crs: str) -> pd.DataFrame:
    """Hot spots with ``shape`` (shapely, in ``crs``, metres) and ``area_title``; those without a geometry are left out.

    ``spots.geometry`` is WKB in EPSG:4326, longitude first; columns of mart.hot_spots that ``spots`` lacks are null.
    ``areas``: the rows of one layer. Raises pyproj.exceptions.CRSError when ``crs`` is none.
    """
    absent = [name for name in model.table("mart.hot_spots").names if name not in spots]
    placed = spots[spots["geometry"].notna()].reset_index(drop=True).assign(**dict.fromkeys(absent))
    shapes = shapely.from_wkb(placed["geometry"].map(bytes).to_numpy(dtype=object))
    if len(placed):
        transformer = Transformer.from_crs(GEOGRAPHIC, crs, always_xy=True)
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))
    area = placed["area_id"].astype(object)
    title = area.map(dict(zip(areas["area_id"], areas["title"], strict=True))).astype(object)
    title = title.where(title.notna(), area.where(area.notna(), NOT_KNOWN))
    return placed.assign(
        shape=pd.Series(shapes, index=placed.index, dtype=object), area_title=title.map(str).map(without_scheme)
    )


def choices(spots: pd.DataFrame) -> tuple[Choice, ...]:
    """The categories and windows of ``spots`` (as from ``located``), in alphabetical order, long windows first."""
    groups = {(str(category), int(str(window))): part for (category, window), part in spots.groupby(_CHOICE)}
    order = sorted(groups, key=lambda key: (key[0], -key[1]))
    return tuple(
        Choice(f"choice-{number}", *key, groups[key].sort_values(["rank", "hot_spot_id"]))
        for number, key in enumerate(order)
    )


def outlines(areas: pd.DataFrame, spots: pd.DataFrame) -> np.ndarray:
    """The shapes of one layer's areas (WKB, metric CRS), simplified to what a map of that width can show."""
    shapes = shapely.from_wkb(areas["geometry"].dropna().map(bytes).to_numpy(dtype=object))
    if not len(shapes):
        return np.array([], dtype=object)
    west, _, east, _ = _bounds(shapes, spots)
    simplified: np.ndarray = shapely.simplify(shapes, (east - west) * _SIMPLIFY)
    return simplified


def _bounds(areas: np.ndarray, spots: pd.DataFrame) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.total_bounds(np.r_[areas, spots["shape"].to_numpy(dtype=object)])
    margin = max(east - west, north - south) * _MARGIN
    return west - margin, south - margin, east + margin, north + margin


def _rings(shapes: np.ndarray) -> list[np.ndarray]:
    """Coordinates of every ring, outer and inner."""
    rings = shapely.get_rings(shapely.get_parts(shapes))
    return [shapely.get_coordinates(ring) for ring in rings]


def _fills(spots: pd.DataFrame) -> list[str]:
    return [CLASSES.get(str(name), CLASSES[""]) for name in spots["persistence"]]


def draw(choice: Choice, areas: np.ndarray, spots: pd.DataFrame) -> DrawnMap:
    """The map of one choice; all choices share the frame of ``areas`` and all ``spots``."""
    west, south, east, north = _bounds(areas, spots)
    scale = min(DRAWN_WIDTH / (east - west), _DRAWN_HEIGHT_AT_MOST / (north - south))
    left = (DRAWN_WIDTH - (east - west) * scale) / 2

    def box(xy: np.ndarray) -> np.ndarray:
        return np.column_stack([(xy[:, 0] - west) * scale + left, (north - xy[:, 1]) * scale])

    def path(shapes: np.ndarray) -> str:
        return "".join(_path(box(ring)) for ring in _rings(shapes))

    first = choice.first
    at = box(shapely.get_coordinates(shapely.point_on_surface(first["shape"].to_numpy(dtype=object))))
    length = _round_length((east - west) / 5)
    # Drawn last to first, so that the first rank lies on top.
    marks = [
        Mark(float(x), float(y), integer(rank), fill)
        for (x, y), rank, fill in zip(at.round(1), first["rank"], _fills(first), strict=True)
    ]
    shapes = choice.spots["shape"].to_numpy(dtype=object)
    return DrawnMap(
        height=round((north - south) * scale),
        outlines=path(areas),
        spots=tuple(
            Drawn(path(np.array([shape])), fill, fill == CLASSES[FORMER])
            for shape, fill in zip(shapes, _fills(choice.spots), strict=True)
        ),
        marks=tuple(reversed(marks)),
        scale=round(length * scale, 1),
        scale_text=f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m",
    )


def _path(ring: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring[:-1].tolist()) + "Z"


def _round_length(metres: float) -> float:
    step = 10.0 ** np.floor(np.log10(metres))
    return float(max(step * factor for factor in (1, 2, 5) if step * factor <= metres))


def bokeh_library() -> str:
    """BokehJS as the installed package ships it, to be inlined: only the part that draws, without widgets or tables."""
    source: str = Resources(mode="inline", components=["bokeh"], minified=True).js_raw[0]
    if "</script" in source.lower():
        raise ValueError(
            "the installed BokehJS cannot be inlined: it contains [</script]; pin another version of bokeh"
        )
    return source


def bokeh_item(shown: tuple[Choice, ...], areas: np.ndarray) -> str:
    """The interactive map as JSON for ``Bokeh.embed.embed_item``, safe inside a script element.

    Layers are named ``<choice key>-shape``, ``-mark`` and ``-rank``; only the first choice's start visible.
    The text is a function of the data: Bokeh's own running ids are numbered anew.
    """
    plot = figure(
        # A metre is as long upwards as sideways, which Bokeh keeps to with ranges that follow the data only.
        x_range=DataRange1d(range_padding=_MARGIN),
        y_range=DataRange1d(range_padding=_MARGIN),
        match_aspect=True,
        sizing_mode="stretch_width",
        height=560,
        tools="pan,wheel_zoom,box_zoom,reset",
        toolbar_location="above",
        background_fill_color="#ffffff",
        outline_line_color="#9aa5ad",
        name="hot-spots",
    )
    plot.axis.visible = False
    plot.grid.visible = False
    plot.toolbar.logo = None
    rings = _rings(areas)
    plot.multi_line(
        xs=[ring[:, 0].round(1).tolist() for ring in rings],
        ys=[ring[:, 1].round(1).tolist() for ring in rings],
        line_color="#6b7780",
        line_width=1,
    )
    hovered: list[DataRenderer] = []
    for number, choice in enumerate(shown):
        source = ColumnDataSource(data=_columns(choice.spots))
        layer = plot.multi_polygons(
            xs="xs",
            ys="ys",
            source=source,
            fill_color="fill",
            line_color="fill",
            line_dash="dash",
            fill_alpha=0.55,
            line_width=2,
            name=f"{choice.key}-shape",
            visible=number == 0,
        )
        first = ColumnDataSource(data=_marks(choice.first))
        marks = plot.scatter(
            x="x",
            y="y",
            source=first,
            size=18,
            fill_color="fill",
            line_color="#ffffff",
            name=f"{choice.key}-mark",
            visible=number == 0,
        )
        ranks = plot.text(
            x="x",
            y="y",
            text="rank",
            source=first,
            text_font_size="11px",
            text_font_style="bold",
            text_color="#ffffff",
            text_align="center",
            text_baseline="middle",
            name=f"{choice.key}-rank",
            visible=number == 0,
        )
        marks.level = ranks.level = "overlay"
        hovered.append(layer)
    tooltips = [
        ("Rank", "@rank"),
        ("Area", "@area"),
        ("Incidents", "@incidents"),
        ("Window before", "@before"),
        ("Class", "@class_name"),
    ]
    plot.add_tools(HoverTool(tooltips=tooltips, renderers=hovered, point_policy="follow_mouse"))
    text = json.dumps(_renumbered(json_item(plot)), separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _columns(spots: pd.DataFrame) -> dict[str, Any]:
    shapes = spots["shape"].to_numpy(dtype=object)
    coordinates = [
        [[_ring(ring) for ring in _rings(np.array([part]))] for part in shapely.get_parts(one)] for one in shapes
    ]
    return {
        "xs": [[[x for x, _ in part] for part in shape] for shape in coordinates],
        "ys": [[[y for _, y in part] for part in shape] for shape in coordinates],
        "fill": (fills := _fills(spots)),
        "dash": ["dashed" if fill == CLASSES[FORMER] else "solid" for fill in fills],
        "rank": spots["rank"].map(partial(integer, missing="none: former")).tolist(),
        "area": spots["area_title"].tolist(),
        "incidents": spots["incidents"].map(partial(integer, missing=HIDDEN)).tolist(),
        "before": spots["incidents_previous"].map(integer).tolist(),
        "class_name": spots["persistence"].map(persistence).tolist(),
    }


def _marks(spots: pd.DataFrame) -> dict[str, Any]:
    # Drawn last to first, so that the first rank lies on top.
    middle = shapely.get_coordinates(shapely.point_on_surface(spots["shape"].to_numpy(dtype=object))).round(1)[::-1]
    return {
        "x": middle[:, 0].tolist(),
        "y": middle[:, 1].tolist(),
        "rank": spots["rank"].map(integer).tolist()[::-1],
        "fill": _fills(spots)[::-1],
    }


def _ring(ring: np.ndarray) -> tuple[list[float], list[float]]:
    return ring[:, 0].round(1).tolist(), ring[:, 1].round(1).tolist()


_MODEL_ID = re.compile(r"p\d+")


def _renumbered(item: Any) -> Any:
    """The item with model ids numbered in order of appearance: Bokeh counts on over the life of the process."""
    numbers: dict[str, str] = {}

    def fresh(value: str) -> str:
        return numbers.setdefault(value, f"m{len(numbers) + 1}")

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: fresh(value)
                if key in ("id", "root_id") and isinstance(value, str) and _MODEL_ID.fullmatch(value)
                else walk(value)
                for key, value in node.items()
            }
        return [walk(each) for each in node] if isinstance(node, list | tuple) else node

    return walk(item)
