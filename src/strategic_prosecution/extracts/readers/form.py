"""What form a file has: its kind by name and first bytes, and how its text is to be read; and its fingerprint."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from strategic_prosecution.extracts.readers import delimiters, text, workbook
from strategic_prosecution.extracts.readers.problem import FileProblem

__all__ = ["FileProblem", "Form", "find_form", "fingerprint"]

Kind = Literal["csv", "excel", "parquet", "json", "geojson"]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".tab", ".psv"), "csv"),
    **dict.fromkeys((".xlsx", ".xlsm"), "excel"),
    ".parquet": "parquet",
    **dict.fromkeys((".json", ".jsonl", ".ndjson", ".geojson"), "json"),
}
_TITLES = {"csv": "CSV", "excel": "Excel", "parquet": "Parquet", "json": "JSON", "geojson": "GeoJSON"}
_SPELLED = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe", " ": "space", "": "none"}
# An office's own header may begin with [ too: only the beginning of an object or of an array of objects is JSON.
_JSON = re.compile(rb'\s*(?:\{\s*["}]|\[\s*[{\]])')
_MARKUP = re.compile(rb"\s*<(?:!doctype html|html|head|body|meta|style|table|\?xml|script)", re.IGNORECASE)
_COLLECTION = re.compile(rb'"FeatureCollection"')
# First bytes of what no reader takes, and what to do about it.
_REFUSED = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "is an old .xls workbook or one with a password; save it as .xlsx without one",
    b"\x1f\x8b": "is compressed (gzip); unpack it",
    b"%PDF": "is a PDF; ask its source for the table as CSV or .xlsx",
}
_LOOK = 1 << 16


@dataclass(frozen=True)
class Form:
    """How a file is read. ``found`` names the fields that were found in the file, the others were stated."""

    kind: Kind
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    line_end: str = ""
    sheet: str = ""
    found: tuple[str, ...] = ()

    def describe(self) -> str:
        """The form for people: ``CSV, utf-8 (found), delimiter tab (stated), quote " (found)``."""
        parts = [_TITLES[self.kind]]
        for name in ("encoding", "delimiter", "quote", "sheet"):
            value = getattr(self, name)
            if value or (name == "quote" and self.kind == "csv"):
                word = "" if name == "encoding" else f"{name} "
                how = "found" if name in self.found else "stated"
                parts.append(f"{word}{value if name == 'sheet' else _SPELLED.get(value, value)} ({how})")
        return ", ".join(parts)


def fingerprint(path: Path) -> str:
    """SHA-256 of the bytes of a file, in hexadecimal; FileProblem when it is empty."""
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256")
        if handle.tell() == 0:
            raise FileProblem("is empty; ask its source for a complete file")
    return digest.hexdigest()


def find_form(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Form:
    """The form of a file: what is stated, and the rest as found in the file.

    The kind goes by the name; the first bytes must agree, and decide for a name that says nothing. The encoding is that
    of the byte-order mark, else UTF-8 if all of the file is, else UTF-16 by its NULs, else cp1252 (Latin-1 where a byte
    occurs that cp1252 does not define). For delimiter and quote see ``delimiters.find``. Raises FileProblem for a file
    that is empty, that is not what its name says, that no reader takes, whose stated encoding does not decode, or whose
    sheet is not clear.
    """
    kind = _kind(path)
    if kind == "excel":
        return Form(kind, sheet=workbook.choose(path, sheet), found=() if sheet else ("sheet",))
    if kind == "parquet":
        return Form(kind)
    codec, line_end = text.scan(path, encoding)
    found = ["encoding"] if encoding is None else []
    if kind != "csv":
        return Form(kind, encoding=codec, found=tuple(found))
    mark, quote = delimiters.find(path, codec, delimiter)
    found += ["delimiter", "quote"] if delimiter is None else ["quote"]
    return Form("csv", encoding=codec, delimiter=mark, quote=quote, line_end=line_end, found=tuple(found))


def _kind(path: Path) -> Kind:
    """The kind by the name of the file, once its first bytes agree; by the bytes for a name that says nothing."""
    with path.open("rb") as handle:
        first = handle.read(_LOOK)
        handle.seek(max(0, path.stat().st_size - _LOOK))
        last = handle.read(_LOOK)
    if not first:
        raise FileProblem("is empty; ask its source for a complete file")
    suffix = path.suffix.lower()
    for magic, why in _REFUSED.items():
        if first.startswith(magic):
            raise FileProblem(why)
    stated = _KINDS.get(suffix)
    is_table = first.startswith(b"PAR1") or last.endswith(b"PAR1")
    seen: Kind = "csv"
    if first.startswith(b"PK\x03\x04"):
        if not workbook.is_workbook(path):
            raise FileProblem("is a zip archive and no workbook, or damaged; unpack it, or ask for it again")
        seen = "excel"
    elif is_table or stated == "parquet":
        seen = "parquet"
    elif _JSON.match(first.removeprefix(b"\xef\xbb\xbf")):
        seen = "json"
    elif _MARKUP.match(first.removeprefix(b"\xef\xbb\xbf")):
        raise FileProblem(f"is a web page or XML named [{suffix}]; open it in a spreadsheet and save it as .xlsx")
    elif stated == "json":
        # JSON in UTF-16, or damaged: its reader says what is wrong.
        seen = "json"
    if seen == "parquet" and not is_table:
        raise FileProblem("is no Parquet file whatever its name says, or is cut off; ask its source for it again")
    if stated not in (None, seen):
        right = next(name for name, kind in _KINDS.items() if kind == seen)
        raise FileProblem(f"is named [{suffix}] and is {_TITLES[seen]}; rename it to [{right}]")
    if seen == "json" and (suffix == ".geojson" or any(map(_COLLECTION.search, (first, last)))):
        return "geojson"
    return seen
