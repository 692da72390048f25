"""Places: the offline geocoder. Reads the office's street layer, matches addresses on it, says how well that went."""

from strategic_prosecution.places.areas import assign_areas
from strategic_prosecution.places.geocoder import geocode
from strategic_prosecution.places.quality import quality
from strategic_prosecution.places.readers import read_aliases, read_areas, read_intersections, read_streets
from strategic_prosecution.places.reference import Reference, load_reference

__all__ = [
    "Reference",
    "assign_areas",
    "geocode",
    "load_reference",
    "quality",
    "read_aliases",
    "read_areas",
    "read_intersections",
    "read_streets",
]
