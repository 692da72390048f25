"""One person across extracts. Public: ``link_people``, ``summarise_people``."""

from strategic_prosecution.people.link import link_people, summarise_people

__all__ = ["link_people", "summarise_people"]
