"""Files that are no extracts: streets, address points, populations, areas, answers of a geocoder."""

import re

from strategic_prosecution.extracts.propose.files import FoundLayout
from strategic_prosecution.extracts.propose.profiles import Shape
from strategic_prosecution.extracts.propose.proposal import Reference

# (what it is, words of its header all of which occur); the first that fits.
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("other names of streets: [places.aliases]", (r"(cl|official|alias|full).*(street|name)",
        r"alias|cl pre|old name|pre dir")),
    ("street segments with address ranges: [places.streets]", (r"(l|left).*(from|f|add)|from.*(l|left)|l f add",
        r"(st|street).*name|^name$")),
    ("nodes or edges of a network", (r"^(source|from|node|edge)", r"^(target|to|weight|size|label)")),
    ("residents by area: [places.population]", (r"population|residents|^pop \d|total pop",)),
    ("answers of a geocoder: compare with `geocode`, no extract",
        (r"formatted address|match type|location type|loc type",)),
    ("address points: no extract; a layer for the map", (r"address|street number", r"longitude|^x$|point x",
        r"latitude|^y$|point y")),
)  # fmt: skip


def what_it_is(layout: FoundLayout, shapes: tuple[Shape, ...]) -> Reference | None:
    """What a file without any day may be; None for one whose rows are dated, which is an extract."""
    name = layout.files[0].name
    is_dated = any(shape.dates and shape.dates.share > 0.9 and shape.filled > 0.3 for shape in shapes)
    if is_dated:
        return None
    headers = [shape.words for shape in shapes]
    for what, patterns in _KINDS:
        if all(any(re.search(pattern, header) for header in headers) for pattern in patterns):
            return Reference(name, what, tuple(layout.header))
    if any(re.search(r"^(wkt|the geom|geom|geometry|shape)$", header) for header in headers):
        return Reference(name, "a map layer: [[places.areas]] for polygons", tuple(layout.header))
    return None
