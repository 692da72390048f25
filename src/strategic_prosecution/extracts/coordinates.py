"""Coordinates in the extract's own reference system, as degrees."""

import pandas as pd
from pyproj import Transformer

from strategic_prosecution.warehouse import Connection


def to_degrees(connection: Connection, relation: str, *, crs: str) -> None:
    """Turn ``longitude`` and ``latitude`` of a table from a reference system into EPSG:4326 (x, then y).

    What lies outside the reach of the system becomes null, as does half a pair.
    """
    columns = {name for (name, *_) in connection.execute(f"describe {relation}").fetchall()}
    given = {"longitude", "latitude"} & columns
    if len(given) < 2:
        for name in given:
            connection.execute(f"update {relation} set {name} = null")
        return
    pairs = connection.execute(
        f"select distinct longitude as x, latitude as y from {relation} where coalesce(longitude, latitude) is not null"
    ).df()
    longitude, latitude = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(pairs["x"], pairs["y"])
    turned = pd.DataFrame({"x": pairs["x"], "y": pairs["y"], "longitude": longitude, "latitude": latitude})
    connection.register("turned", turned)
    connection.execute(
        f"""
        update {relation} as given set
            longitude = case when isfinite(turned.longitude) and isfinite(turned.latitude) then turned.longitude end,
            latitude = case when isfinite(turned.longitude) and isfinite(turned.latitude) then turned.latitude end
        from turned where turned.x is not distinct from given.longitude and turned.y is not distinct from given.latitude
        """
    )
    connection.execute("drop view turned")
