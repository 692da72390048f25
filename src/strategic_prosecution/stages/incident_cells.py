"""Incidents by day and 50 m square, from which other cell sizes and windows can be tried without an address."""

from datetime import date

from strategic_prosecution import model, warehouse
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection


def write_incident_cells(connection: Connection, office: Office, as_of: date) -> int:
    """Replace core.incident_cells, as of a day; returns its rows. Reads core.incidents and core.places.

    For use inside ``transaction``.
    """
    parameters = {**mapped_offenses(office), "as_of": as_of}
    return warehouse.replace(connection, model.table("core.incident_cells"), query("incident_cells"), parameters)


def mapped_offenses(office: Office) -> dict[str, list[str]]:
    """Every pair of a mapped category and one of its offenses, as two lists of one length for a query."""
    pairs = [(name, one) for name, offenses in office.hotspots.categories.items() for one in dict.fromkeys(offenses)]
    return {"categories": [name for name, _ in pairs], "offenses": [offense for _, offense in pairs]}
