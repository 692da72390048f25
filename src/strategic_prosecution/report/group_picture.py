"""What lies between groups as one drawing, by group never by person: plain SVG that prints and needs no script."""

from dataclasses import dataclass
from math import cos, hypot, pi, sin, sqrt

import pandas as pd

from strategic_prosecution.report.environment import environment
from strategic_prosecution.report.wording import integer

WIDTH, HEIGHT = 480, 400
MOST_DRAWN = 36
_MIDDLE_X, _MIDDLE_Y, _RADIUS = WIDTH / 2, HEIGHT / 2, 150
# So many names of such length stand around the circle without running into each other; beyond, numbers do.
_MOST_NAMED, _LONGEST_NAME = 14, 10
# How far a feud bends away from the straight line of a tie, and how far apart figures must stand.
_BEND = 14
_APART = 18
# Where on its line a figure may stand, the middle first.
_PLACES = (0.5, 0.4, 0.6, 0.32, 0.68, 0.25, 0.75)

Point = tuple[float, float]
Curve = tuple[Point, Point, Point]


@dataclass(frozen=True)
class Node:
    """A group: a circle whose area goes with its members, and its name or number beside it."""

    x: float
    y: float
    radius: float
    label: str
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True)
class Line:
    """A line between two groups: tie (as wide as there are tied pairs), feud, or shootings alone."""

    kind: str
    path: str
    width: float


@dataclass(frozen=True)
class Figure:
    """Shootings between two groups, on the line that joins them."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Picture:
    """Coordinates in a box of ``width`` x ``height``. ``key``: what numbers stand for names."""

    description: str
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    figures: tuple[Figure, ...]
    key: tuple[tuple[str, str], ...]
    note: str
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class _Pair:
    group: str
    other: str
    tied: int
    shootings: int
    is_feud: bool
    straight: Curve
    bent: Curve


def picture(ties: pd.DataFrame, members: pd.Series) -> Picture | None:
    """Groups on a circle in the order of their names, and what lies between them; None without a group.

    ``ties``: rows of mart.group_ties of one day. ``members``: members that count, by group_id; a group that is only in
    ``ties`` has none. A group keeps its place as long as the groups are the same, so two months can be compared. Of
    more than MOST_DRAWN groups those with most between them are drawn, and the note says so.
    """
    every = sorted({*members.index, *ties["group_id"], *ties["other_group_id"]})
    if not every:
        return None
    groups = _drawn(every, ties, members)
    at = {group: _place(number, len(groups)) for number, group in enumerate(groups)}
    is_named = len(groups) <= _MOST_NAMED and max(map(len, groups)) <= _LONGEST_NAME
    labels = {group: group if is_named else str(number) for number, group in enumerate(groups, start=1)}
    pairs = _pairs(ties[ties["group_id"].isin(groups) & ties["other_group_id"].isin(groups)], at)
    return Picture(
        description=_description(pairs, groups=len(groups)),
        nodes=tuple(_nodes(at, members.reindex(groups).fillna(0).astype(int), labels)),
        lines=tuple(_lines(pairs)),
        figures=tuple(_figures(pairs)),
        key=() if is_named else tuple((label, group) for group, label in labels.items()),
        note=f"Drawn are the {len(groups)} groups with most between them, of {len(every)}."
        if len(every) > len(groups)
        else "",
    )


def _pairs(ties: pd.DataFrame, at: dict[str, Point]) -> list[_Pair]:
    """The pairs that a line joins, in order; two groups that only share members are left to the table."""
    counts = ties[["tied_pairs", "shootings"]].fillna(0).astype(int)
    feud = ties["open_feud"].eq(True).fillna(False).astype(bool)
    is_joined = counts.gt(0).any(axis=1) | feud
    rows = ties.assign(**counts, open_feud=feud)[is_joined].sort_values(["group_id", "other_group_id"])
    return [
        _Pair(
            group=row["group_id"],
            other=row["other_group_id"],
            tied=row["tied_pairs"],
            shootings=row["shootings"],
            is_feud=row["open_feud"],
            straight=_curve(at[row["group_id"]], at[row["other_group_id"]], bend=0),
            bent=_curve(at[row["group_id"]], at[row["other_group_id"]], bend=_BEND),
        )
        for row in rows.to_dict("records")
    ]


def picture_html(ties: pd.DataFrame, members: pd.Series) -> str:
    """The picture as a piece of HTML that asks nothing of the network, for a notebook; '' without a group."""
    drawn = picture(ties, members)
    if drawn is None:
        return ""
    return environment().get_template("group_picture.html.j2").render(drawn=drawn)


def _drawn(groups: list[str], ties: pd.DataFrame, members: pd.Series) -> list[str]:
    ends = pd.concat([ties["group_id"], ties["other_group_id"]]).value_counts()
    first = sorted(groups, key=lambda group: (-ends.get(group, 0), -members.get(group, 0), group))
    return sorted(first[:MOST_DRAWN])


def _place(number: int, of: int) -> Point:
    """Clockwise from the top."""
    turn = 2 * pi * number / of
    return _MIDDLE_X + _RADIUS * sin(turn), _MIDDLE_Y - _RADIUS * cos(turn)


def _nodes(at: dict[str, Point], members: pd.Series, labels: dict[str, str]) -> list[Node]:
    largest = min(20.0, 0.42 * 2 * pi * _RADIUS / len(at))
    most = max(int(members.max()), 1)
    return [_node(place, max(3.0, largest * sqrt(members[group] / most)), labels[group]) for group, place in at.items()]


def _node(place: Point, radius: float, label: str) -> Node:
    x, y = place
    out_x, out_y = (x - _MIDDLE_X) / _RADIUS, (y - _MIDDLE_Y) / _RADIUS
    is_aside = abs(out_x) > 0.3
    away = radius + (6 if is_aside else 12)
    return Node(
        x=round(x, 1),
        y=round(y, 1),
        radius=round(radius, 1),
        label=label,
        label_x=round(x + away * out_x, 1),
        label_y=round(y + away * out_y + 4, 1),
        anchor="middle" if not is_aside else "start" if out_x > 0 else "end",
    )


def _lines(pairs: list[_Pair]) -> list[Line]:
    """Ties lie under feuds; a pair with shootings and neither is joined by dots."""
    most = max((pair.tied for pair in pairs), default=0)
    ties = [Line("tie", _path(pair.straight), round(1.5 + 6.5 * pair.tied / most, 1)) for pair in pairs if pair.tied]
    dots = [Line("shootings", _path(pair.straight), 1.5) for pair in pairs if not pair.tied and not pair.is_feud]
    return ties + dots + [Line("feud", _path(pair.bent), 2.5) for pair in pairs if pair.is_feud]


def _curve(start: Point, end: Point, *, bend: float) -> Curve:
    """Both ends of a line, and between them the point that pulls it aside."""
    (x, y), (end_x, end_y) = start, end
    # The middle of the curve lies half as far aside as that point.
    aside = 2 * bend / hypot(end_x - x, end_y - y)
    return start, ((x + end_x) / 2 + aside * (y - end_y), (y + end_y) / 2 + aside * (end_x - x)), end


def _path(curve: Curve) -> str:
    (x, y), (pull_x, pull_y), (end_x, end_y) = curve
    return f"M{x:.1f} {y:.1f}Q{pull_x:.1f} {pull_y:.1f} {end_x:.1f} {end_y:.1f}"


def _figures(pairs: list[_Pair]) -> list[Figure]:
    """Shootings of each pair, moved along their line where another figure stands already."""
    placed: list[Figure] = []
    for pair in pairs:
        if pair.shootings:
            places = [_along(pair.bent if pair.is_feud else pair.straight, part) for part in _PLACES]
            free = (place for place in places if all(hypot(place[0] - f.x, place[1] - f.y) >= _APART for f in placed))
            x, y = next(free, places[0])
            placed.append(Figure(round(x, 1), round(y, 1), integer(pair.shootings)))
    return placed


def _along(curve: Curve, part: float) -> Point:
    start, pull, end = curve
    x, y = (
        (1 - part) ** 2 * a + 2 * part * (1 - part) * b + part**2 * c for a, b, c in zip(start, pull, end, strict=True)
    )
    return x, y


def _description(pairs: list[_Pair], *, groups: int) -> str:
    tied = [pair for pair in pairs if pair.tied]
    feuds = [f"{pair.group} and {pair.other}" for pair in pairs if pair.is_feud]
    shot = sum(pair.shootings > 0 for pair in pairs)
    most = max(tied, key=lambda pair: pair.tied, default=None)
    said = (
        f"{_number(groups, 'group')} on a circle",
        f"{_number(len(tied), 'pair')} of them tied" + (f", most {most.group} and {most.other}" if most else ""),
        f"open feuds: {', '.join(feuds)}" if feuds else "no open feud",
        f"shootings between {_number(shot, 'pair')}" if shot else "no shooting between two groups",
    )
    return "; ".join(said) + "."


def _number(count: int, what: str) -> str:
    return f"{integer(count)} {what}{'' if count == 1 else 's'}"
