"""Places: the offline geocoder. Reads the office's street layer, matches addresses on it, says how well that went."""

from strategic_prosecution.places.areas import assign_areas
from strategic_prosecution.places.code import geocoder_code
from strategic_prosecution.places.compiled import open_reference, save_reference
from strategic_prosecution.places.geocoder import geocode, suggest_aliases
from strategic_prosecution.places.quality import (
    against_floor,
    hold_out,
    leave_one_out,
    nearest_site,
    quality,
    street_names,
    wilson,
)
from strategic_prosecution.places.readers import (
    read_aliases,
    read_areas,
    read_intersections,
    read_places,
    read_points,
    read_streets,
)
from strategic_prosecution.places.reference import Reference, load_reference

__all__ = [
    "Reference",
    "against_floor",
    "assign_areas",
    "geocode",
    "geocoder_code",
    "hold_out",
    "leave_one_out",
    "load_reference",
    "nearest_site",
    "open_reference",
    "quality",
    "read_aliases",
    "read_areas",
    "read_intersections",
    "read_places",
    "read_points",
    "read_streets",
    "save_reference",
    "street_names",
    "suggest_aliases",
    "wilson",
]
