"""JSON and GeoJSON into ``incoming``: the keys of all records are the columns, in the order they first appear.

Numbers stay as written (39 digits, ``1.10``), booleans are ``true`` and ``false``, nested values are JSON text, half a
surrogate pair becomes U+FFFD. Of a feature: its properties, then ``longitude`` and ``latitude`` as they stand in the
file when it is a point, else ``geometry`` as GeoJSON text, and ``id`` when it has one; a property of one of these names
wins over ours. Coordinates in another reference system are converted where the extract says so, not here.
"""

import json
from pathlib import Path
from typing import Any

from strategic_prosecution.extracts.readers import incoming
from strategic_prosecution.extracts.readers.json_items import items
from strategic_prosecution.extracts.readers.problem import FileProblem
from strategic_prosecution.warehouse import Connection

Record = dict[str, Any]


def read(
    connection: Connection, path: Path, encoding: str, *, is_geographic: bool
) -> tuple[list[str], list[incoming.Ragged]]:
    """Fill ``incoming``; returns the columns and the items that are no object.

    ``__row`` is the number of the item, the first being 2.
    """
    keys: dict[str, None] = {}
    header: list[str] = []
    ragged: list[incoming.Ragged] = []
    numbers: list[int] = []
    records: list[Record] = []
    size = 0
    incoming.start(connection, [])

    def flush() -> None:
        nonlocal header, size
        known = len(header)
        header = incoming.check_header(list(keys))
        incoming.widen(connection, header[known:])
        _append(connection, numbers, [[_text(record.get(key)) for record in records] for key in keys])
        numbers.clear()
        records.clear()
        size = 0

    for number, value, text, why in items(path, encoding):
        try:
            record = None if value is None else _feature(value, text) if is_geographic else _flat(value, text)
        except ValueError as error:
            record, why = None, f"a nested value cannot be read ({type(error).__name__})"
        if record is None:
            ragged.append(incoming.ragged(number, text, why or "no feature"))
            continue
        keys.update(dict.fromkeys(record))
        numbers.append(number)
        records.append(record)
        size += len(text)
        if len(records) == incoming.CHUNK_RECORDS or size > incoming.CHUNK_TEXT:
            flush()
    if not keys:
        raise FileProblem("holds no record with a name in it; ask its source for a complete file")
    flush()
    return header, ragged


def _append(connection: Connection, numbers: list[int], columns: list[list[str | None]]) -> None:
    try:
        incoming.append(connection, numbers, columns)
    except UnicodeEncodeError:
        whole = [
            [value and value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for value in column]
            for column in columns
        ]
        incoming.append(connection, numbers, whole)


def _flat(value: Record, text: str) -> Record:
    """A record whose nested values are JSON text."""
    if any(isinstance(item, (dict, list)) for item in value.values()):
        return value | _nested(value, json.loads(text))
    return value


def _nested(value: Record, again: Record) -> Record:
    """The nested values of a record as JSON text, from the record with its numbers as numbers."""
    return {key: _json(again[key]) for key, item in value.items() if isinstance(item, (dict, list))}


def _feature(value: Record, text: str) -> Record | None:
    """The columns of a GeoJSON feature, or None when it is none."""
    properties, geometry = value.get("properties"), value.get("geometry")
    if value.get("type") != "Feature" or not isinstance(properties, dict | None):
        return None
    record = dict(properties or {})
    if any(isinstance(item, (dict, list)) for item in record.values()):
        record |= _nested(record, json.loads(text)["properties"])
    ours: Record = {}
    if isinstance(geometry, dict):
        place = geometry.get("coordinates")
        if geometry.get("type") == "Point" and isinstance(place, list) and len(place) in (0, 2, 3):
            ours = dict(zip(("longitude", "latitude"), place, strict=False))
        else:
            ours = {"geometry": _json(json.loads(text)["geometry"])}
    if "id" in value:
        ours["id"] = value["id"]
    names = {key.casefold() for key in record}
    return record | {key: item for key, item in ours.items() if key not in names}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return "true" if value is True else "false" if value is False else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
