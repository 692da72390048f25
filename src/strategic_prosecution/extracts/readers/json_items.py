"""The records of a JSON file one after the other, without holding the file: an array, a line each, or an object around.

Numbers come as they are written, as text.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from strategic_prosecution.extracts.readers.problem import FileProblem

_BLOCK = 1 << 20
_LONGEST = 1 << 26
# A number keeps its digits: 39 of them do not fit a double.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)

# (record number with the first = 2, the record or None, its text, why it is none).
Item = tuple[int, dict[str, Any] | None, str, str]


def items(path: Path, encoding: str) -> Iterator[Item]:
    """The records of a file; FileProblem where it has none, or is cut off or damaged."""
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as handle:
        if _has_a_record_a_line(handle, path):
            yield from _of_lines(handle)
            return
        stream = _Stream(handle)
        opening = stream.peek()
        if opening == "[":
            yield from _of_array(stream)
        elif opening == "{":
            yield from _of_object(stream)
        else:
            raise FileProblem("is no JSON: it begins with neither [[] nor [{]; ask its source for it again")
        if stream.peek():
            raise FileProblem(f"goes on after its end near character {stream.place()}; ask its source for it again")


def _has_a_record_a_line(handle: TextIO, path: Path) -> bool:
    """Whether each line is a record: by the name, or because the first line is an object and there are others."""
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return True
    first = handle.readline(_BLOCK)
    has_others = any(line.strip() for line in handle)
    handle.seek(0)
    try:
        return has_others and isinstance(_DECODER.decode(first), dict)
    except (json.JSONDecodeError, RecursionError):
        return False


def _of_lines(handle: TextIO) -> Iterator[Item]:
    number = 1
    for line in handle:
        if not line.strip():
            continue
        number += 1
        try:
            value = _DECODER.decode(line)
        except json.JSONDecodeError as error:
            yield number, None, line, f"no JSON near character {error.pos + 1}"
        except RecursionError:
            yield number, None, line, "nested too deeply"
        else:
            yield _item(number, value, line)


def _item(number: int, value: Any, text: str) -> Item:
    return (number, value, text, "") if isinstance(value, dict) else (number, None, text, "no JSON object")


def _of_array(stream: "_Stream", first: int = 2) -> Iterator[Item]:
    """The items of the array the stream stands at."""
    stream.take("[")
    number = first
    while stream.peek() != "]":
        if number > first:
            stream.take(",")
        yield _item(number, *stream.value())
        number += 1
    stream.take("]")


def _of_object(stream: "_Stream") -> Iterator[Item]:
    """The items of the one array of objects in an object; the rest of it is passed over."""
    stream.take("{")
    found: list[str] = []
    number = 0
    while stream.peek() != "}":
        if number:
            stream.take(",")
        number += 1
        key, _ = stream.value()
        stream.take(":")
        if stream.peek() != "[":
            stream.value()
            continue
        values = _of_array(stream)
        head = next(values, None)
        if head is not None and head[1] is not None:
            found.append(str(key))
            if len(found) > 1:
                raise FileProblem(f"holds two arrays of objects, [{found[0]}] and [{found[1]}]; save one of them alone")
            yield head
            yield from values
        else:
            for _ in values:
                pass
    stream.take("}")
    if not found:
        raise FileProblem("holds no array of objects; save its records as an array, or one object a line")


class _Stream:
    """JSON text read block by block; what has been taken is let go."""

    def __init__(self, handle: TextIO) -> None:
        self._handle = handle
        self._text = ""
        self._at = 0
        self._gone = 0

    def place(self) -> int:
        return self._gone + self._at + 1

    def peek(self) -> str:
        """The next character that is no space, or "" at the end."""
        while True:
            while self._at < len(self._text):
                if not self._text[self._at].isspace():
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, character: str) -> None:
        if (found := self.peek()) != character:
            what = "ends" if not found else "is no JSON"
            raise FileProblem(f"{what} near character {self.place()}; ask its source for it again")
        self._at += 1

    def value(self) -> tuple[Any, str]:
        """The next value and its text."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                # Damaged, or not all of it is here yet.
                if not self._more():
                    raise FileProblem(
                        f"is no JSON, or cut off, near character {self.place()}; ask its source for it again"
                    ) from None
                continue
            except RecursionError:
                raise FileProblem(f"is nested too deeply near character {self.place()}; it does not land") from None
            # A number at the end of what is here may go on in what is not.
            if end == len(self._text) and self._more():
                continue
            text = self._text[self._at : end]
            self._at = end
            return value, text

    def _more(self) -> bool:
        left = self._text[self._at :]
        if len(left) > _LONGEST:
            raise FileProblem(f"has no end of a value within 64 MiB of character {self.place()}; it does not land")
        # Twice as much each time, so that a long value is not parsed over and over.
        block = self._handle.read(max(_BLOCK, len(left)))
        if block:
            self._gone += self._at
            self._text, self._at = left + block, 0
        return bool(block)
