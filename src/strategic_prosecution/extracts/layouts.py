"""Column layouts: which one a file has, and its columns in the words the feeds use."""

import difflib

from strategic_prosecution.extracts.expressions import column_or_expression
from strategic_prosecution.extracts.readers import FileProblem
from strategic_prosecution.settings import Extract, Feed, Layout
from strategic_prosecution.warehouse import Connection, identifier


def find_layout(extract: Extract, header: list[str]) -> Layout | None:
    """The declared layout with these columns, in any order; None where the extract declares none.

    Raises FileProblem (``unknown_layout``) with the difference to the nearest layout.
    """
    if not extract.layouts:
        return None
    found = _folded(header)
    for layout in extract.layouts:
        if _folded(layout.header) == found:
            return layout
    nearest = max(extract.layouts, key=lambda layout: len(_folded(layout.header) & found))
    missing = [name for name in nearest.header if _fold(name) not in found]
    new = [name for name in header if _fold(name) not in _folded(nearest.header)]
    raise FileProblem(
        f"has columns of no declared layout; nearest is [{nearest.name}]: {_difference(missing, new)}; "
        "declare it in `layouts`",
        kind="unknown_layout",
    )


def missing_columns(wanted: list[str], header: list[str]) -> str:
    """What a header without declared layouts lacks, with what may have taken its place."""
    found, known = _folded(header), _folded(wanted)
    return _difference(
        [name for name in dict.fromkeys(wanted) if _fold(name) not in found],
        [name for name in header if _fold(name) not in known],
    )


def names_in_words(layout: Layout | None, header: list[str]) -> list[str]:
    """The column names a feed may use on a file: its own, and those the layout makes of them."""
    made = [] if layout is None else list(layout.columns)
    return [*made, *(name for name in header if name not in made)]


def in_words(connection: Connection, layout: Layout | None, header: list[str], *, extract: str) -> str:
    """The select list that gives a file's columns the names the feeds use."""
    if layout is None or not layout.columns:
        return ", ".join(identifier(name) for name in header)
    made = {_fold(name) for name in layout.columns}
    place = f"extracts.{extract}.layouts.{layout.name}.columns"
    columns = [
        f"{column_or_expression(connection, theirs, header, where=f'{place}.{name}')} as {identifier(name)}"
        for name, theirs in layout.columns.items()
    ]
    return ", ".join([*columns, *(identifier(name) for name in header if _fold(name) not in made)])


def reads(feed: Feed, layout: Layout | None) -> bool:
    """Whether a feed reads files of a layout."""
    return layout is None or not feed.layouts or layout.name in feed.layouts


def _difference(missing: list[str], new: list[str]) -> str:
    said = []
    for name in missing:
        close = difflib.get_close_matches(_fold(name), [_fold(item) for item in new], n=1, cutoff=0.6)
        became = next((item for item in new if close and _fold(item) == close[0]), None)
        said.append(f"[{name}] is missing" + (f" (now [{became}]?)" if became else ""))
    return ", ".join([*said, *([f"new: {', '.join(f'[{name}]' for name in new)}"] if new else [])])


def _fold(name: str) -> str:
    return name.strip().casefold()


def _folded(names: list[str] | tuple[str, ...]) -> set[str]:
    return {_fold(name) for name in names}
