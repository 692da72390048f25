"""The office's map, compiled once and kept until a layer, a setting or the geocoder changes."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution.places import (
    Reference,
    geocoder_code,
    load_reference,
    open_reference,
    read_aliases,
    read_intersections,
    read_places,
    read_points,
    read_streets,
    save_reference,
)
from strategic_prosecution.settings import Layer, Office

# What makes a row of core.places beside the geocoder.
_OWN = ("places.py", "reference.py")
# Layers of several files of one name: the shapes, their table, their projection.
_IN_PARTS = (".shp", ".tab", ".mif")
# Only of what is named here: `processed_dir` and the like change no answer.
_COMPILING = {"streets", "points", "intersections", "aliases", "confirmed_aliases", "named_places", "localities"}
_MATCHING = ("offset_m", "inset_m", "tie_tolerance_m", "fuzzy")


def layer_files(office: Office) -> dict[str, list[Path]]:
    """Every file that the map is read from, those beside a shapefile included, by how office.toml writes it."""
    places = office.places
    written = [layer.file for layer in _layers(office)]
    written += [area.file for area in places.areas]
    written += [places.population.file] if places.population and places.population.file else []
    written += [places.streets.addr] if places.streets and places.streets.addr else []
    return {text: _parts(office.resolve(text)) for text in written}


def match_settings(office: Office) -> dict[str, Any]:
    """The settings of `places.geocode` as office.toml has them."""
    return {name: getattr(office.places, name) for name in _MATCHING} | {"threads": office.warehouse.threads}


def geocoder_key(office: Office) -> str:
    """SHA-256 of all that the answer for an address depends on: layers, settings, the geocoder's code.

    Whether coordinates of an extract are trusted is one of them: core.places has these too.
    """
    matching = {name: getattr(office.places, name) for name in (*_MATCHING, "use_coordinates")}
    own = [hashlib.sha256((Path(__file__).parent / name).read_bytes()).hexdigest() for name in _OWN]
    return _digest([reference_key(office), repr(sorted(matching.items())), *own])


def reference_key(office: Office) -> str:
    """SHA-256 of what the compiled reference depends on: the bytes of its layers, how they are read, the code."""
    places = office.places
    named = {layer.file for layer in _layers(office)} | {places.streets.addr if places.streets else None}
    files = [
        f"{text} {path.name} {_fingerprint(path)}"
        for text, paths in layer_files(office).items()
        if text in named
        for path in paths
        if path.is_file()
    ]
    settings = places.model_dump_json(include=_COMPILING)
    return _digest([geocoder_code(), office.office.crs, settings, *files])


def compiled(office: Office, *, keep: bool) -> Reference | None:
    """The reference of the office's layers; None without a street layer and address points.

    Opened where it is kept in ``reference`` of processed_dir, else compiled; ``keep`` writes it there, whole or not at
    all, and removes older ones. A kept one that cannot be opened is compiled anew. Raises ValueError for a layer that
    cannot be read, or that changes meanwhile.
    """
    if office.places.streets is None and office.places.points is None:
        return None
    key = reference_key(office)
    path = office.processed_dir / "reference" / f"{key}.zip"
    # Not there, cut off, damaged (zipfile has RuntimeError for that too) or not ours to read: its layers are there.
    with suppress(ValueError, OSError, RuntimeError):
        return open_reference(path)
    reference = _compile(office)
    if reference_key(office) != key:
        raise ValueError("a layer of [places] changed while it was read; run again once it is copied whole")
    if keep:
        _keep(reference, path)
    return reference


def _keep(reference: Reference, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    save_reference(reference, path)
    path.chmod(0o600)
    for old in path.parent.iterdir():
        if old != path:
            old.unlink()


def _compile(office: Office) -> Reference:
    places, crs = office.places, office.office.crs

    def read(layer: Layer | None, reader: Any, **more: Any) -> pd.DataFrame | None:
        if layer is None:
            return None
        frame: pd.DataFrame = reader(office.resolve(layer.file), columns=layer.columns, **more)
        return frame

    addr = places.streets.addr if places.streets else None
    tables = (read(places.aliases, read_aliases), read(places.confirmed_aliases, read_aliases))
    aliases = [table for table in tables if table is not None]
    return load_reference(
        streets=read(places.streets, read_streets, crs=crs, **({"addr": office.resolve(addr)} if addr else {})),
        points=read(places.points, read_points, crs=crs),
        intersections=read(places.intersections, read_intersections, crs=crs),
        aliases=pd.concat(aliases, ignore_index=True) if aliases else None,
        places=read(places.named_places, read_places, crs=crs),
        localities=places.localities,
        crs=crs,
    )


def _layers(office: Office) -> list[Layer]:
    places = office.places
    layers = (places.streets, places.points, places.intersections, places.named_places)
    return [layer for layer in (*layers, places.aliases, places.confirmed_aliases) if layer is not None]


def _parts(path: Path) -> list[Path]:
    """The files of a layer: all of a folder (a file geodatabase), those beside a shapefile, what SQLite has yet to add.

    Locks of programs that only look at it are none of them.
    """
    if path.is_dir():
        found = [part for part in path.rglob("*") if part.is_file()]
    elif path.suffix.lower() in _IN_PARTS and path.parent.is_dir():
        found = [part for part in path.parent.iterdir() if part.name.startswith(f"{path.stem}.")]
    else:
        found = [path, path.with_name(f"{path.name}-wal")]
    return sorted(part for part in found if part.suffix.lower() != ".lock")


def _fingerprint(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
