"""Where numbers and blocks lie on straight streets, in plain loops: shares nothing with the package.

A street runs east along one y. It is a list of segments (x_from, x_to, left_from, left_to, right_from, right_to): the
ends as digitised, which may run west, and the numbers at those ends; a side of 0-0 has none.
"""

import math

Segment = tuple[float, float, int, int, int, int]


def number_on(
    segments: list[Segment], y: float, number: int, *, offset: float, inset: float
) -> tuple[float, float] | None:
    """x, y of a house number on the side that holds its parity; None when no such side holds it."""
    for x_from, x_to, left_from, left_to, right_from, right_to in segments:
        for side, first, last in ((1, left_from, left_to), (-1, right_from, right_to)):
            if first == last == 0 or number % 2 != first % 2:
                continue
            if not min(first, last) <= number <= max(first, last):
                continue
            share = 0.5 if first == last else (number - first) / (last - first)
            length = abs(x_to - x_from)
            kept = min(inset, length / 4)
            along = kept + share * (length - 2 * kept)
            east = 1 if x_to > x_from else -1
            # Left of a line that runs east is north; of one that runs west, south.
            return x_from + east * along, y + side * east * offset
    return None


def block_middle(segments: list[Segment], hundred: int) -> float | None:
    """x of the middle of a hundred-block: its pieces of segments, laid end to end; None when no number is in it."""
    pieces = []
    for x_from, x_to, left_from, left_to, right_from, right_to in segments:
        shares = []
        for first, last in ((left_from, left_to), (right_from, right_to)):
            low, high = max(min(first, last), hundred), min(max(first, last), hundred + 99)
            if (first, last) != (0, 0) and low <= high:
                for number in (low, high):
                    shares.append(0.5 if first == last else (number - first) / (last - first))
                if first == last:
                    shares += [0.0, 1.0]
        if shares:
            ends = sorted(x_from + share * (x_to - x_from) for share in (min(shares), max(shares)))
            pieces.append((ends[0], ends[1]))
    if not pieces:
        return None
    half = sum(end - begin for begin, end in pieces) / 2
    for begin, end in sorted(pieces):
        if half <= end - begin + 1e-9:
            return begin + half
        half -= end - begin
    return math.nan
