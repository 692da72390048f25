"""The section on hot spots: the map and list of each choice, and what is found out about those places."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import shapely

from strategic_prosecution import model
from strategic_prosecution.report import maps
from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.hot_spot_findings import findings
from strategic_prosecution.report.hot_spot_sides import Side, sides
from strategic_prosecution.report.hot_spot_trials import Trials, trials, verdict
from strategic_prosecution.report.tables import HOT_SPOTS_LISTED, Shown, View, hot_spot_list, view
from strategic_prosecution.report.wording import (
    NOT_KNOWN,
    day,
    days,
    decimal,
    integer,
    share,
    without_scheme,
    words,
    yes_no,
)

SIGNIFICANT = 0.05
CHAINS_LISTED = 5
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Background and figure of an hour by its share of the busiest: steps that keep the figure readable, in print too.
_SHADES = (
    (0.0, "#ffffff", "#1b2a33"),
    (0.2, "#eceff1", "#1b2a33"),
    (0.4, "#d5dbdf", "#1b2a33"),
    (0.6, "#b4bdc3", "#1b2a33"),
    (0.8, "#5d6970", "#ffffff"),
    (1.0, "#2b363c", "#ffffff"),
)


@dataclass(frozen=True)
class Hour:
    """One hour of one weekday: its incidents, and how the cell is filled."""

    text: str
    fill: str
    ink: str


@dataclass(frozen=True)
class HotTimes:
    """Incidents by weekday and hour; each row ends with its sum, and ``by_hour`` is the sum over the week."""

    rows: tuple[tuple[str, tuple[Hour, ...], str], ...]
    by_hour: tuple[str, ...]
    total: str
    note: str


@dataclass(frozen=True)
class WithPolice:
    """The map without and with police-generated incidents, side by side, and what changes."""

    sentence: str
    maps: tuple[tuple[str, maps.DrawnMap], ...]


@dataclass(frozen=True)
class Part:
    """What the page says about one category and window."""

    choice: maps.Choice
    drawn: maps.DrawnMap
    list: View
    sentences: tuple[str, ...]
    harm: View | None
    sides: Side | None
    with_police: WithPolice | None
    times: HotTimes | None
    units: tuple[View, ...]


@dataclass(frozen=True)
class Sequences:
    """What follows closely in place and time, for one category: in sentences, and in tables."""

    title: str
    sentences: tuple[str, ...]
    views: tuple[View, ...]


@dataclass(frozen=True)
class HotSpots:
    """The section: a part per category and window, what is close in place and time, and how earlier ones held up."""

    findings: tuple[str, ...]
    parts: tuple[Part, ...]
    sequences: tuple[Sequences, ...]
    trials: Trials
    outlines: bool
    classes: dict[str, str]
    warnings: tuple[str, ...]
    map: maps.InteractiveMap


def hot_spots(data: ReportData, *, layer: str) -> HotSpots:
    """The section of one edition over the areas of ``layer``; a table without rows leaves its part out.

    Raises pyproj.exceptions.CRSError when there are hot spots and ``data.crs`` is none.
    """
    areas = data.frame("areas")
    areas = areas[areas["layer"] == layer]
    spots = maps.located(data.frame("hot_spots"), areas, crs=data.crs)
    shown = maps.choices(spots)
    shapes = maps.outlines(areas, spots)
    return HotSpots(
        findings=findings(data.frame("hot_spot_sides"), shown, _watched(data, areas)),
        parts=tuple(_part(data, choice, shapes, spots, areas) for choice in shown),
        sequences=_sequences(data, areas),
        trials=trials(data, partial(_areas_at, areas)),
        outlines=len(shapes) > 0,
        classes=maps.legend(spots),
        warnings=model.table("mart.hot_spots").warnings,
        map=maps.interactive_map(shown, shapes),
    )


def _part(data: ReportData, choice: maps.Choice, shapes: np.ndarray, spots: pd.DataFrame, areas: pd.DataFrame) -> Part:
    return Part(
        choice=choice,
        drawn=maps.draw(choice, shapes, spots),
        list=hot_spot_list(choice.spots),
        sentences=tuple(_about(data, choice)),
        harm=_harm(data, choice),
        sides=sides(_of(data.frame("hot_spot_sides"), choice), choice.first),
        with_police=_with_police(data, choice, shapes, spots, areas),
        times=_times(_of(data.frame("hot_times"), choice)),
        units=_units(_of(data.frame("hot_units"), choice)),
    )


def _of(frame: pd.DataFrame, choice: maps.Choice) -> pd.DataFrame:
    return frame[(frame["category"] == choice.category) & (frame["window_days"] == choice.window_days)]


def _watched(data: ReportData, areas: pd.DataFrame) -> pd.DataFrame:
    """Hot spots that police-generated incidents alone make, with the area they lie in."""
    frame = data.frame("hot_spot_variants")
    frame = maps.located(frame[frame["sides_id"].notna()], areas, crs=data.crs)
    middle = shapely.get_coordinates(shapely.point_on_surface(frame["shape"].to_numpy(dtype=object)))
    return frame.assign(area_title=_areas_at(areas, pd.DataFrame(middle, columns=["x", "y"])))


def _about(data: ReportData, choice: maps.Choice) -> list[str]:
    """What is said under the list: all incidents beside it, how such hot spots held up, and what is not in it."""
    held_up = verdict(data.frame("hot_spot_accuracy"), choice.category, choice.window_days)
    return [
        *_whole(_of(data.frame("hot_spot_sides"), choice), choice),
        *([held_up] if held_up else []),
        *_former(choice.spots),
        *_unmoved(_of(data.frame("hot_spot_variants"), choice)),
    ]


def _whole(sides_of: pd.DataFrame, choice: maps.Choice) -> list[str]:
    """All incidents of the window in the whole county or city, and how many of them the list holds."""
    rows = sides_of[(sides_of["measure"] == "incidents") & (sides_of["detail"] == "")]
    everywhere, unplaced = (rows[name].astype(float).max() for name in ("everywhere", "unplaced"))
    listed = choice.first["incidents"].astype(float)
    if not everywhere > 0 or listed.isna().any():
        return []
    nowhere = f", {integer(unplaced)} of them without a known place" if unplaced > 0 else ""
    return [
        f"Whole county or city: {integer(everywhere)} incidents in these {days(choice.window_days)}{nowhere};"
        f" {integer(listed.sum())} ({share(listed.sum() / everywhere)}) in the hot spots listed."
    ]


def _unmoved(variants: pd.DataFrame) -> list[str]:
    harm = variants[variants["variant"] == "crime_harm"]
    return ["Weighted by crime harm, no rank moves."] if len(harm) and not _moves(harm) else []


def _moves(harm: pd.DataFrame) -> bool:
    return bool((harm["rank"].astype(float) != harm["default_rank"].astype(float)).any())


def _former(spots: pd.DataFrame) -> list[str]:
    former = int(spots["rank"].isna().sum())
    if not former:
        return []
    places = "1 former hot spot is" if former == 1 else f"{former} former hot spots are"
    return [f"{places} drawn dashed and without a number: hot in an earlier window, and none now."]


def _harm(data: ReportData, choice: maps.Choice) -> View | None:
    """Hot spots found anew with each incident weighted by crime harm, beside their rank by count."""
    frame = _of(data.frame("hot_spot_variants"), choice)
    frame = frame[frame["variant"] == "crime_harm"].sort_values("rank", ignore_index=True)
    if not _moves(frame):
        return None
    frame = frame.head(HOT_SPOTS_LISTED)
    titles = choice.spots.drop_duplicates("hot_spot_id").set_index("hot_spot_id")["area_title"]
    frame["area_title"] = frame["hot_spot_id"].map(titles).fillna(NOT_KNOWN)
    columns = (
        Shown("rank", "Rank by crime harm", integer, numeric=True),
        Shown("default_rank", "Rank by count", partial(integer, missing="no hot spot by count"), numeric=True),
        Shown("area_title", "Area"),
        Shown("crime_harm", "Crime harm", decimal, numeric=True),
        Shown("incidents", "Incidents", integer, numeric=True),
    )
    elsewhere = _not_among_the_first(frame)
    return view(
        frame,
        columns,
        caption="Hot spots of a map on which each incident counts by its crime harm, so their shapes differ a little"
        f"; {elsewhere} of the first {len(frame)} not among the first {HOT_SPOTS_LISTED} by count",
        empty="",
        notes=(f"Weights: {data.crime_harm or 'the table of the office'}. Other weights give another order.",),
    )


def _not_among_the_first(frame: pd.DataFrame) -> int:
    return int((~(frame["default_rank"].astype(float) <= HOT_SPOTS_LISTED)).sum())


def _with_police(
    data: ReportData, choice: maps.Choice, shapes: np.ndarray, spots: pd.DataFrame, areas: pd.DataFrame
) -> WithPolice | None:
    frame = _of(data.frame("hot_spot_variants"), choice)
    frame = frame[frame["variant"] == "with_police"]
    police = frame["police_incidents"].fillna(0).sum()
    if not police:
        return None
    classes = choice.spots.drop_duplicates("hot_spot_id").set_index("hot_spot_id")["persistence"]
    counted = maps.located(frame.assign(persistence=frame["hot_spot_id"].map(classes)), areas, crs=data.crs)
    (other,) = maps.choices(counted)
    changed = _not_among_the_first(other.first)
    return WithPolice(
        sentence=f"Police-generated incidents show where police looked, and are left out of the map. With them"
        f" ({integer(police)} in the hot spots so found), {changed} of the first {len(other.first)} hot spots"
        f" {'is another' if changed == 1 else 'are others'} than on the map without.",
        maps=(
            ("Without police-generated incidents", maps.draw(choice, shapes, spots)),
            ("With police-generated incidents; dark grey: no hot spot without them", maps.draw(other, shapes, spots)),
        ),
    )


def _times(frame: pd.DataFrame) -> HotTimes | None:
    if not frame["incidents"].sum():
        return None
    week = frame.pivot(index="weekday", columns="hour", values="incidents").astype(float)
    week = week.reindex(index=range(1, 8), columns=range(24)).fillna(0.0)
    busiest, total = float(week.to_numpy().max()), float(week.to_numpy().sum())
    # Parts of incidents are told where whole ones are few.
    write = integer if busiest >= 10 else partial(decimal, digits=1)
    rows = tuple(
        (
            _WEEKDAYS[int(weekday) - 1],
            tuple(_hour(value, busiest, "0" if value == 0 else str(write(value))) for value in hours),
            integer(hours.sum()),
        )
        for weekday, hours in zip(week.index, week.to_numpy(), strict=True)
    )
    from_intervals = float(frame["from_intervals"].astype(float).sum()) / total
    return HotTimes(
        rows=rows,
        by_hour=tuple(integer(value) for value in week.sum()),
        total=integer(total),
        note=f"Local time. {share(from_intervals)} of the incidents are known only as an interval and count in parts,"
        " spread evenly over it. The darker, the more incidents.",
    )


def _hour(value: float, busiest: float, text: str) -> Hour:
    _, fill, ink = next(step for step in _SHADES if value <= step[0] * busiest)
    return Hour(text, fill, ink)


def _units(frame: pd.DataFrame) -> tuple[View, ...]:
    """The first street segments, and the first areas of each layer."""
    columns = (
        Shown("rank", "Rank", integer, numeric=True),
        Shown("title", "Place", _title),
        Shown("incidents", "Incidents", integer, numeric=True),
        Shown("incidents_previous", "Window before", integer, numeric=True),
        Shown("length_m", "Metres", integer, numeric=True, optional=True),
        Shown("is_hot", "Hot spot among its neighbors", yes_no),
    )
    return tuple(
        view(
            part.assign(title=part["title"].fillna(part["unit_id"])).sort_values("rank").head(HOT_SPOTS_LISTED),
            columns,
            caption="By street segment" if unit == "segment" else f"By {words(unit).lower()}",
            empty="",
        )
        for unit, part in frame.groupby("unit", sort=True)
    )


def _title(value: object) -> str:
    return without_scheme(str(value))


def _sequences(data: ReportData, areas: pd.DataFrame) -> tuple[Sequences, ...]:
    near, chains, clusters = (data.frame(name) for name in ("near_repeat", "near_repeat_chains", "space_time_clusters"))
    categories = sorted({str(name) for frame in (near, chains, clusters) for name in frame["category"]})
    made = []
    for category in categories:
        pairs, chained, clustered = (frame[frame["category"] == category] for frame in (near, chains, clusters))
        going_on = clustered[clustered["mode"] == "prospective"].sort_values("rank", ignore_index=True)
        views = [
            _bands(pairs) if len(pairs) else None,
            _chain_list(chained, areas) if len(chained) else None,
            _cluster_list(going_on, areas) if _beyond_chance(going_on) else None,
        ]
        sentences = [*_near_sentences(pairs), *_chain_sentences(chained, pairs), *_cluster_sentences(clustered)]
        made.append(Sequences(words(category), tuple(sentences), tuple(one for one in views if one is not None)))
    return tuple(made)


def _near_sentences(pairs: pd.DataFrame) -> list[str]:
    """The first band of both in words."""
    first = pairs.sort_values(["distance_to", "time_to"]).head(1)
    if first.empty or pd.isna(first["knox_ratio"].iloc[0]):
        return []
    row = first.iloc[0]
    beyond = row["p_value"] <= SIGNIFICANT
    return [
        f"Within {integer(row['distance_to'])} m and {days(row['time_to'])} of each other:"
        f" {decimal(row['knox_ratio'])} times as many pairs of incidents as chance gives"
        f" (p {_p(row['p_value'])}). "
        + (
            "For a while, what happens is followed by more nearby."
            if beyond and row["knox_ratio"] > 1
            else "That cannot be told apart from chance."
        )
    ]


def _p(value: float) -> str:
    return decimal(value, digits=3)


def _bands(pairs: pd.DataFrame) -> View:
    frame = pairs.sort_values(["distance_to", "time_to"], ignore_index=True)
    frame["distance"] = _band(frame["distance_from"], frame["distance_to"], _metres)
    frame["time"] = _band(frame["time_from"], frame["time_to"], days)
    columns = (
        Shown("distance", "Distance"),
        Shown("time", "Time apart"),
        Shown("observed", "Pairs", integer, numeric=True),
        Shown("expected", "by chance", decimal, numeric=True),
        Shown("knox_ratio", "times chance", partial(decimal, digits=2), numeric=True),
        Shown("p_value", "p", _p, numeric=True),
    )
    return view(
        frame,
        columns,
        caption="Near repeats: pairs of incidents of the last year by how close they are",
        empty="",
        notes=(
            "By chance: with the same places and days, joined at random (Knox 1964). p: how often chance gives as many"
            " pairs; over all rows together, one in twenty is below 0.05 by chance alone.",
            "One event held under several numbers, and addresses placed at one point of a block, look like repeats: the"
            " first row tells of the records too.",
        ),
    )


def _metres(number: float) -> str:
    return f"{integer(number)} m"


def _band(above: pd.Series, until: pd.Series, write: Callable[[float], str]) -> pd.Series:
    pairs = zip(above, until, strict=True)
    return pd.Series(
        [f"{'0' if low == 0 else 'over ' + integer(low)} to {write(high)}" for low, high in pairs],
        index=above.index,
        dtype=object,
    )


def _chain_sentences(chains: pd.DataFrame, pairs: pd.DataFrame) -> list[str]:
    if chains.empty:
        return []
    count = f"{integer(len(chains))} chain{'' if len(chains) == 1 else 's'} of three or more incidents in the last year"
    if pairs.empty:
        return [f"{count}; the newest incident of one was on {day(chains['last_date'].max())}."]
    return [
        f"{count}, each incident within {integer(pairs['distance_to'].min())} m and"
        f" {days(pairs['time_to'].min())} of another; the newest was on {day(chains['last_date'].max())}."
    ]


def _chain_list(chains: pd.DataFrame, areas: pd.DataFrame) -> View:
    newest = chains.sort_values("chain", ignore_index=True).head(CHAINS_LISTED)
    columns = (
        Shown("chain", "Chain", integer, numeric=True),
        Shown("area", "Area"),
        Shown("incidents", "Incidents", integer, numeric=True),
        Shown("first_date", "First", day),
        Shown("last_date", "Last", day),
        Shown("radius_m", "Radius, metres", integer, numeric=True),
    )
    return view(
        newest.assign(area=_areas_at(areas, newest)),
        columns,
        caption=f"The newest {len(newest)} of {len(chains)} chains",
        empty="",
    )


def _beyond_chance(clusters: pd.DataFrame) -> int:
    return int((clusters["p_value"].astype(float) <= SIGNIFICANT).sum())


def _cluster_sentences(clusters: pd.DataFrame) -> list[str]:
    said = []
    for mode, when in (("prospective", "going on now"), ("retrospective", "at any time in the last year")):
        part = clusters[clusters["mode"] == mode]
        if len(part):
            number = _beyond_chance(part)
            found = "no cluster" if not number else "1 cluster" if number == 1 else f"{number} clusters"
            said.append(
                f"In space and time, {when}: {found} beyond chance"
                + ("." if number else f" (the likeliest has p {_p(part['p_value'].astype(float).min())}).")
            )
    return said


def _cluster_list(going_on: pd.DataFrame, areas: pd.DataFrame) -> View:
    beyond = going_on[going_on["p_value"] <= SIGNIFICANT].head(HOT_SPOTS_LISTED)
    columns = (
        Shown("rank", "Cluster", integer, numeric=True),
        Shown("area", "Area around its middle"),
        Shown("radius_m", "Radius, metres", integer, numeric=True),
        Shown("first_date", "Since", day),
        Shown("observed", "Incidents", integer, numeric=True),
        Shown("expected", "by chance", decimal, numeric=True),
        Shown("p_value", "p", _p, numeric=True),
    )
    return view(
        beyond.assign(area=_areas_at(areas, beyond)),
        columns,
        caption="Clusters in space and time that are going on now",
        empty="",
        notes=("Space-time permutation scan (Kulldorff 2005): p counts every place and length that was looked at.",),
    )


def _areas_at(areas: pd.DataFrame, points: pd.DataFrame) -> list[str]:
    """The title of the area that holds each point (x, y in the CRS of ``areas``)."""
    held = areas[areas["geometry"].notna()]
    tree = shapely.STRtree(shapely.from_wkb(held["geometry"].map(bytes).to_numpy(dtype=object)))
    at = shapely.points(points["x"].to_numpy(dtype=float), points["y"].to_numpy(dtype=float))
    point, area = tree.query(at, predicate="intersects")
    # A point on a border is in the first of its areas.
    first = dict(zip(point[::-1].tolist(), held["title"].to_numpy(dtype=object)[area][::-1], strict=True))
    return [without_scheme(str(first[number])) if number in first else NOT_KNOWN for number in range(len(points))]
