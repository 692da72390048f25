"""Which column of a layer holds what: by the office's mapping, else by the header, else a one-line error.

Headers are compared without case, blanks and punctuation. A layer is recognised only when it can mean one thing; the
names known here are those of the Census Bureau's TIGER/Line (ADDRFEAT, EDGES), the NENA NG9-1-1 GIS data model, the
National Address Database, OpenAddresses, and of layers that cities publish.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from strategic_prosecution.places.usps import DIRECTIONALS, SUFFIXES

_SIDE, _END, _STEM = "(?P<side>left|right|l|r)", "(?P<end>from|to|fr|f|t)", "(?P<stem>{})"
_HOUSE = "address|addr|add|ad|hn|hno|hse|house|number|num|nbr|no|"
# L_F_ADD, LFROMHN, LEFT_FROM; FROMLEFT, FromAddr_L, FRADDL; L_ADD_FROM, LADDF.
_RANGE_HEADERS = [
    re.compile(pattern.format(_HOUSE))
    for pattern in (_SIDE + _END + _STEM, _END + _STEM + _SIDE, _SIDE + _STEM + _END, _STEM + _SIDE + _END)
]
_ENDS = {"from": "from", "fr": "from", "f": "from", "to": "to", "t": "to"}

# Ours -> known headers, the most telling first. Where the words could mean something else the values decide.
_STREET_PARTS: dict[str, tuple[str, ...]] = {
    "street_predir": (
        "stpredir", "predir", "predirection", "prefixdir", "predirabrv", "fedirp", "streetpredir", "prefixdirection",
        "predirectional", "predirect", "stdir", "streetdir", "strdir",
        "dirpre", "dirprefix", "lstpredir", "prefix", "stprefix", "pre", "dir", "direction",
    ),
    "street_pretype": ("stpretyp", "stpretype", "pretype", "pretyp", "pretypabrv", "streetpretype", "prefixtype"),
    "street_type": (
        "stpostyp", "stpostype", "sttype", "streettype", "strtype", "sttyp", "suftypabrv", "posttype", "postype",
        "suftype", "suffixtype", "streetsuffix", "stsuffix", "stsuf", "fetype", "roadtype", "lsttype", "suffix",
        "suf", "type",
    ),
    "street_postdir": (
        "stposdir", "stpostdir", "postdir", "posdir", "postdirection", "sufdir", "suffixdir", "sufdirabrv", "fedirs",
        "streetpostdir", "suffixdirection", "postdirectional", "dirsuf", "dirsuffix", "lstposdir", "sfxdir",
        "suffix", "suf",
    ),
}  # fmt: skip
_BASE_NAMES = (
    "stname", "streetname", "strname", "stnam", "stnm", "fename", "roadname", "rdname", "basename", "namebase", "name",
    "street", "lstname",
)  # fmt: skip
_WHOLE_NAMES = (
    "fullname", "fullstname", "fullstreet", "fullstreetname", "streetfull", "stfull", "strfull", "stnamefull",
    "fullroadname", "completestreetname", "street", "streetname", "stname", "label", "roadname", "name",
)  # fmt: skip
_STREET_IDS = ("tlid", "rclnguid", "nguid", "rcluniqueid", "segid", "segmentid", "clid", "centerlineid", "roadsegid",
               "uniqueid", "id", "objectid", "fid", "ogcfid", "gid", "globalid")  # fmt: skip
_STREET_SIDES: dict[str, tuple[str, ...]] = {
    "left_parity": ("parityl", "lparity", "leftparity"),
    "right_parity": ("parityr", "rparity", "rightparity"),
    "left_offset": ("offsetl",),
    "right_offset": ("offsetr",),
}
_NUMBERS = ("addnumber", "number", "housenumber", "stnumber", "streetnumber", "addressnumber", "addrnum", "addrnumber",
            "addrno", "addno", "housenum", "houseno", "hseno", "hsenum", "stno", "stnum", "hno", "num", "addrhn",
            "strnum", "civicnumber")  # fmt: skip
_POINT_IDS = ("hash", "addressid", "addrid", "siteaddid", "sitenguid", "addnguid", "uuid", "guid", "nguid", "pointid",
              "masteraddressid", "id", "objectid", "fid", "gid", "globalid")  # fmt: skip
_UNITS = ("unit", "unitnumber", "unitnum", "unitid", "apartment", "apt", "subaddress")
_LON = ("lon", "longitude", "long", "lng", "pointlon")
_LAT = ("lat", "latitude", "pointlat")
_PLACE_NAMES = ("name", "placename", "landmark", "commonname", "facility", "facilityname", "facname", "title", "label")
_PLACE_IDS = ("placeid", "id", "objectid", "fid", "gid", "globalid")
_CATEGORIES = ("category", "placetype", "facilitytype", "type", "kind", "amenity")

_DIRECTIONS = frozenset(DIRECTIONALS)
_TYPES = frozenset(SUFFIXES)


def known_streets(frame: pd.DataFrame, columns: Mapping[str, str], *, path: str | Path) -> dict[str, str]:
    """ours -> theirs for a street layer: what `columns` maps, and what its header says of the rest."""
    found = dict(columns)
    if not {"left_from", "left_to", "right_from", "right_to"} <= set(found):
        ranges = _range_columns(frame, path=path)
        found = {**ranges, **found}
    if "street_name" not in found:
        found = {**_name_columns(frame, found, path=path), **found}
    _add(found, "segment_id", frame, _STREET_IDS)
    for ours, names in _STREET_SIDES.items():
        _add(found, ours, frame, names)
    return found


def known_points(frame: pd.DataFrame, columns: Mapping[str, str], *, path: str | Path) -> dict[str, str]:
    """ours -> theirs for address points; lon and lat (or x and y) only where the header has them."""
    found = dict(columns)
    _add(found, "number", frame, _NUMBERS)
    if "number" not in found:
        raise ValueError(f"address points [{path}]: no column of house numbers; {_map_one('number', _NUMBERS, frame)}")
    if "street_name" not in found:
        found = {**_name_columns(frame, found, path=path), **found}
    _add(found, "point_id", frame, _POINT_IDS)
    _add(found, "unit", frame, _UNITS)
    return found


def known_places(frame: pd.DataFrame, columns: Mapping[str, str], *, path: str | Path) -> dict[str, str]:
    """ours -> theirs for named places."""
    found = dict(columns)
    for ours, names in (("name", _PLACE_NAMES), ("place_id", _PLACE_IDS), ("category", _CATEGORIES)):
        _add(found, ours, frame, names)
    if "name" not in found:
        raise ValueError(f"places [{path}]: no column of names; {_map_one('name', _PLACE_NAMES, frame)}")
    return found


def known_coordinates(frame: pd.DataFrame, columns: Mapping[str, str]) -> dict[str, str]:
    """lon and lat, or x and y as mapped; empty when there are none."""
    found = {ours: columns[ours] for ours in ("lon", "lat", "x", "y") if ours in columns}
    if not found:
        _add(found, "lon", frame, _LON)
        _add(found, "lat", frame, _LAT)
    return found if len(found) == 2 else {}


def column(frame: pd.DataFrame, name: str, path: str | Path) -> pd.Series:
    """The named column as stripped text, blanks and nulls as None; whole numbers without their `.0`."""
    if name not in frame.columns:
        raise ValueError(f"file [{path}]: {unknown(name, [str(c) for c in frame.columns])}")
    values = frame[name]
    if pd.api.types.is_float_dtype(values.dtype) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    codes, distinct = pd.factorize(values)
    text = pd.Series(distinct).astype("string").str.strip().to_numpy(dtype=object, na_value="")
    # A null has the code -1: the last of the texts.
    texts = np.array([*(each or None for each in text), None], dtype=object)
    return pd.Series(texts[codes], index=frame.index, dtype=object)


def unknown(name: str, known: Sequence[str]) -> str:
    """The words for a column that is not there: the nearest ones, else some that are."""
    folded = {c.casefold(): c for c in known}
    near = [folded[c] for c in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    hint = f"nearest: {', '.join(near)}" if near else f"there are: {', '.join(known)}"
    return f"there is no column [{name}]; {hint}"


def _plain(header: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(header).casefold())


def _headers(frame: pd.DataFrame, taken: Iterable[str]) -> dict[str, str]:
    """Plain header -> header of the columns nothing took; the first of two with one plain header.

    A prefix that three columns or more share (a table's name before each: `site.NUMBER`, `geo_NUMBER`) may be left
    out, unless the rest is the name of another column.
    """
    every = [str(c) for c in frame.columns if c != "geometry"]
    free = [text for text in reversed(every) if text not in set(taken)]
    prefixes = Counter(text[: at.end()] for text in every for at in re.finditer(r"[._]", text))
    shared = sorted(prefix for prefix, columns in prefixes.items() if columns >= 3)
    out = {_plain(text.removeprefix(prefix)): text for prefix in shared for text in free}
    return out | {_plain(text): text for text in free}


def _add(found: dict[str, str], ours: str, frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Recognise one more column, if the header has it and nothing else took it."""
    if ours in found:
        return
    headers = _headers(frame, found.values())
    for name in names:
        if name in headers:
            found[ours] = headers[name]
            return


def _map_one(ours: str, names: Sequence[str], frame: pd.DataFrame) -> str:
    """What to do when nothing was recognised, with the columns that come nearest."""
    headers = {_plain(c): str(c) for c in frame.columns if c != "geometry"}
    near = [headers[n] for name in names[:4] for n in difflib.get_close_matches(name, headers, n=2, cutoff=0.6)]
    shown = list(dict.fromkeys(near))[:4]
    hint = f"nearest: {', '.join(shown)}" if shown else f"there are: {', '.join(list(headers.values())[:12])}"
    return f"map [{ours}] in its columns ({hint})"


def _families(headers: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Headers of ranges (plain, as written), grouped by what they share besides the side and the end."""
    families: dict[tuple[int, str], dict[str, str]] = {}
    for plain, header in headers:
        for shape, pattern in enumerate(_RANGE_HEADERS):
            if match := pattern.fullmatch(plain):
                ours = f"{'left' if match['side'][0] == 'l' else 'right'}_{_ENDS[match['end']]}"
                families.setdefault((shape, match["stem"]), {})[ours] = header
                break
    return list(families.values())


def _range_columns(frame: pd.DataFrame, *, path: str | Path) -> dict[str, str]:
    """The four range columns: one family of headers that differ only in the side and the end."""
    families = _families((_plain(c), str(c)) for c in frame.columns)
    families = families or _families(_headers(frame, ()).items())
    whole = [family for family in families if len(family) == 4]
    if len(whole) == 1:
        return whole[0]
    if whole:
        shown = " or ".join("/".join(family.values()) for family in whole)
        raise ValueError(f"streets [{path}]: address ranges in {shown}? map left_from, left_to, right_from, right_to")
    partial = max(families, key=len, default={})
    for ours in ("left_from", "left_to", "right_from", "right_to"):
        if ours not in partial:
            names = ["lfromhn", "lfromadd", "fromaddrl", "leftfrom"] if ours == "left_from" else [ours.replace("_", "")]
            raise ValueError(
                f"streets [{path}]: no column is mapped to [{ours}] and none is recognised; "
                f"{_map_one(ours, names, frame)}"
            )
    return partial


def _name_columns(frame: pd.DataFrame, taken: Mapping[str, str], *, path: str | Path) -> dict[str, str]:
    """The columns of the street's name: its parts where name and type stand apart, else the whole string."""
    headers = _headers(frame, taken.values())
    parts = {
        ours: next((headers[n] for n in names if n in headers and _says(frame[headers[n]], ours)), None)
        for ours, names in _STREET_PARTS.items()
    }
    base = next((headers[n] for n in _BASE_NAMES if n in headers), None)
    if base and parts["street_type"]:
        return {"street_name": base, **{ours: theirs for ours, theirs in parts.items() if theirs}}
    whole = next((headers[n] for n in _WHOLE_NAMES if n in headers), None)
    if whole is None:
        raise ValueError(f"file [{path}]: no column of street names; {_map_one('street_name', _WHOLE_NAMES, frame)}")
    if _plain(whole) in _BASE_NAMES:
        # MAIN in one column and N in another, without any type: the direction still belongs to it.
        return {"street_name": whole, **{ours: theirs for ours, theirs in parts.items() if theirs and theirs != whole}}
    return {"street_name": whole}


def _says(values: pd.Series, ours: str) -> bool:
    """Whether most values of a column are what a part of a street is: PREFIX and TYPE can mean anything."""
    if ours == "street_pretype":
        return True
    text = values.dropna().astype(str).str.strip().str.upper().str.replace(".", "")
    text = text[text != ""]
    words = _TYPES if ours == "street_type" else _DIRECTIONS
    return bool(text.isin(words).mean() >= 0.5) if len(text) else True
