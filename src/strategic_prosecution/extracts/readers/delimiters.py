"""Which delimiter and which quote a text file has, from its first records."""

import csv
import io
import re
from itertools import islice
from pathlib import Path

_DELIMITERS = (",", ";", "\t", "|")
_RECORDS = 100
_LOOK = 1 << 18
# Python's own limit of 128 KiB is too small for narratives and geometries.
LONGEST_FIELD = 1 << 24


def find(path: Path, encoding: str, stated: str | None) -> tuple[str, str]:
    """(delimiter, quote) of a text file; the delimiter stated, or found.

    Found is the delimiter that splits the most of the first 100 records into as many fields as the header, at least
    two; of equals the one with more fields. A file that none splits has one column and the delimiter ``,``. The quote
    is ``'`` where fields are wrapped in it, "" where taking ``"`` literally makes every record fit and taking it as a
    quote does not, else ``"``.
    """
    with path.open(encoding=encoding, newline="") as handle:
        sample = handle.read(_LOOK).removeprefix("\ufeff")
        is_whole = not handle.read(1)
    best = (",", '"') if stated is None else (stated, '"')
    best_fit = (0.0, 1)
    for delimiter in (stated,) if stated is not None else _DELIMITERS:
        for quote in ("'",) if _is_wrapped(sample, delimiter) else ('"', ""):
            share, width = _fit(sample, delimiter, quote, is_whole=is_whole)
            if width > 1 and (quote or share == 1) and (share, width) > best_fit:
                best, best_fit = (delimiter, quote), (share, width)
    return best


def _is_wrapped(sample: str, delimiter: str) -> bool:
    """Whether fields are wrapped in single quotes: no field begins with one and ends without, and two at least do."""
    mark = re.escape(delimiter)
    begin = re.findall(rf"(?:^|{mark})'", sample, re.MULTILINE)
    whole = re.findall(rf"(?:^|{mark})'(?:[^']|'')*'(?={mark}|\r?$)", sample, re.MULTILINE)
    return 2 <= len(whole) >= len(begin) - 1 and '"' not in sample


def _fit(sample: str, delimiter: str, quote: str, *, is_whole: bool) -> tuple[float, int]:
    """(share of the first records that are as wide as the header, that width)."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(
        io.StringIO(sample, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        skipinitialspace=True,
    )
    records = [record for record in islice(reader, _RECORDS + 1) if record]
    if 1 < len(records) <= _RECORDS and not is_whole:
        # The last record may be cut off.
        records.pop()
    if not records:
        return 0.0, 1
    width = len(records[0])
    return sum(len(record) == width for record in records) / len(records), width
