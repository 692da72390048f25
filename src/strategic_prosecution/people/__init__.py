"""One person across extracts. Public: ``resolve_people``, ``link_people`` and what they rest on."""

from strategic_prosecution.people.comparing import Compared, compare_pairs
from strategic_prosecution.people.identifiers import join_by_identifiers, unusable_numbers, usable_numbers
from strategic_prosecution.people.link import Linkage, link_people, resolve_people
from strategic_prosecution.people.model import PEOPLE, Comparison, Level, Model
from strategic_prosecution.people.names import clean_names
from strategic_prosecution.people.quality import LinkageError, check_growth, linkage_quality
from strategic_prosecution.people.summary import summarise_people

__all__ = [
    "PEOPLE",
    "Compared",
    "Comparison",
    "Level",
    "Linkage",
    "LinkageError",
    "Model",
    "check_growth",
    "clean_names",
    "compare_pairs",
    "join_by_identifiers",
    "link_people",
    "linkage_quality",
    "resolve_people",
    "summarise_people",
    "unusable_numbers",
    "usable_numbers",
]
