"""The text of a file: its encoding, how its lines end, and a copy of it that every reader takes."""

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strategic_prosecution.extracts.readers.problem import FileProblem

BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Bytes that cp1252 leaves undefined.
_NOT_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
_LOOK = 1 << 14
MIXED = "mixed"


def scan(path: Path, stated: str | None) -> tuple[str, str]:
    """(encoding, line end) of a file in one pass; the line end is ``\\n``, ``\\r\\n``, ``mixed``, or "" if not UTF-8.

    Raises FileProblem when the stated encoding is not known or does not decode the whole file.
    """
    if stated is not None:
        try:
            io.TextIOWrapper(io.BytesIO(), encoding=stated)  # refuses codecs that are not of text
        except LookupError:
            raise FileProblem(f"encoding [{stated}] is not known; name one such as utf-8, latin-1, utf-16") from None
    codec = stated or _by_first_bytes(path) or "utf-8"
    position, line_end = _decodes(path, codec)
    if position is None:
        return codec, line_end
    if stated is not None or codec != "utf-8":
        raise FileProblem(f"is not {codec} near byte {position}; state its encoding (latin-1, cp1252, utf-16)")
    with path.open("rb") as handle:
        is_latin = any(byte in block for block in iter(lambda: handle.read(BLOCK), b"") for byte in _NOT_CP1252)
    return "latin-1" if is_latin else "cp1252", ""


def is_utf8(encoding: str) -> bool:
    """Whether an encoding is UTF-8, with or without its mark."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


@contextmanager
def readable(path: Path, encoding: str, line_end: str, temp_dir: Path) -> Iterator[tuple[Path, str]]:
    """A UTF-8 file whose lines all end alike, and how: the file itself, or a copy that is gone afterwards."""
    if is_utf8(encoding) and line_end in ("\n", "\r\n"):
        yield path, line_end
        return
    temp_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = temp_dir / "transcoded.csv"
    try:
        with path.open(encoding=encoding, newline=None) as source, copy.open("w", encoding="utf-8", newline="") as out:
            while block := source.read(BLOCK):
                out.write(block)
        yield copy, "\n"
    finally:
        copy.unlink(missing_ok=True)


def _by_first_bytes(path: Path) -> str | None:
    """The encoding a byte-order mark names, or UTF-16 by the places of its NULs."""
    with path.open("rb") as handle:
        first = handle.read(_LOOK)
    for mark, codec in _MARKS:
        if first.startswith(mark):
            return codec
    even, odd = first[::2], first[1::2]
    # Text of a Western office has a NUL in every other byte of UTF-16, and on one side only.
    share = 0.3
    if odd.count(0) > share * len(odd) and even.count(0) < odd.count(0) / 10:
        return "utf-16-le"
    if even.count(0) > share * len(even) and odd.count(0) < even.count(0) / 10:
        return "utf-16-be"
    return None


def _decodes(path: Path, codec: str) -> tuple[int | None, str]:
    """(where decoding fails or None, how lines end): lines are looked at in UTF-8 only, inside quotes too."""
    decoder = codecs.getincrementaldecoder(codec)()
    in_utf8 = is_utf8(codec)
    position, ends, held, pending = 0, set[str](), b"", 0
    try:
        with path.open("rb") as handle:
            while block := handle.read(BLOCK):
                # Plain ASCII needs no decoding, unless the last block ended inside a character.
                if pending or not (in_utf8 and block.isascii()):
                    decoder.decode(block)
                    pending = len(decoder.getstate()[0])
                position += len(block)
                if in_utf8 and len(ends) < 2:
                    block = held + block
                    # A block may end between the two halves of one line end.
                    held = b"\r" if block.endswith(b"\r") else b""
                    ends |= _line_ends(block.removesuffix(b"\r"))
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return position - pending + error.start, ""
    ends |= {"\r"} if held else set()
    if not in_utf8:
        return None, ""
    return None, MIXED if len(ends) > 1 or ends == {"\r"} else next(iter(ends), "\n")


def _line_ends(block: bytes) -> set[str]:
    """Which of the three line ends occur."""
    if b"\r" not in block:
        return {"\n"} if b"\n" in block else set()
    pairs = block.count(b"\r\n")
    found = {"\r\n"} if pairs else set()
    found |= {"\n"} if block.count(b"\n") > pairs else set()
    return found | ({"\r"} if block.count(b"\r") > pairs else set())
