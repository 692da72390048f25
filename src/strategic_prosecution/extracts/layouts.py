"""Column layouts: which one a file has, and its columns in the words the feeds use."""

import difflib

from strategic_prosecution.extracts.expressions import column_or_expression, shown
from strategic_prosecution.extracts.readers import FileProblem
from strategic_prosecution.settings import Extract, Feed, Layout
from strategic_prosecution.warehouse import Connection, identifier

# Names of a difference that are said, each way.
_NAMED = 6
_LONGEST_NAME = 40


def find_layout(extract: Extract, header: list[str]) -> Layout | None:
    """The declared layout with these columns, in any order and case; None where the extract declares none.

    Raises FileProblem (``unknown_layout``) with the difference to the nearest layout.
    """
    if not extract.layouts:
        return None
    found = _folded(header)
    for layout in extract.layouts:
        if _folded(layout.header) == found:
            return layout
    nearest = min(extract.layouts, key=lambda layout: len(_folded(layout.header) ^ found))
    missing = [name for name in nearest.header if fold(name) not in found]
    new = [name for name in header if fold(name) not in _folded(nearest.header)]
    raise FileProblem(
        f"has columns of no declared layout; nearest is [{nearest.name}]: {_difference(missing, new)}; "
        "declare it in `layouts`",
        kind="unknown_layout",
    )


def missing_columns(wanted: list[str], header: list[str]) -> str:
    """What a header without declared layouts lacks, with what may have taken its place."""
    found, known = _folded(header), _folded(wanted)
    return _difference(
        [name for name in dict.fromkeys(wanted) if fold(name) not in found],
        [name for name in header if fold(name) not in known],
    )


def names_in_words(layout: Layout | None, header: list[str]) -> list[str]:
    """The column names a feed may use on a file: those the layout makes, and its own as the layout spells them."""
    if layout is None:
        return list(header)
    made = _folded(list(layout.columns))
    return [*layout.columns, *(name for name in _spelled(layout, header) if fold(name) not in made)]


def in_words(connection: Connection, layout: Layout | None, header: list[str], *, extract: str) -> str:
    """The select list that gives a file's columns the names the feeds use."""
    place = f"extracts.{extract}.layouts.{layout.name}.columns" if layout else ""
    made = layout.columns if layout else {}
    own = header if layout is None else _spelled(layout, header)
    return ", ".join(
        f"{column_or_expression(connection, made[name], own, where=f'{place}.{name}')} as {identifier(name)}"
        if name in made
        else identifier(name)
        for name in names_in_words(layout, header)
    )


def reads(feed: Feed, layout: Layout | None) -> bool:
    """Whether a feed reads files of a layout."""
    return layout is None or not feed.layouts or layout.name in feed.layouts


def _difference(missing: list[str], new: list[str]) -> str:
    said = []
    for name in missing[:_NAMED]:
        close = difflib.get_close_matches(fold(name), [fold(item) for item in new], n=1, cutoff=0.6)
        became = next((item for item in new if close and fold(item) == close[0]), None)
        said.append(f"[{_short(name)}] is missing" + (f" (now [{_short(became)}]?)" if became else ""))
    if len(missing) > _NAMED:
        said.append(f"and {len(missing) - _NAMED} more are missing")
    if new:
        more = f" and {len(new) - _NAMED} more" if len(new) > _NAMED else ""
        said.append(f"new: {', '.join(f'[{_short(name)}]' for name in new[:_NAMED])}{more}")
    return ", ".join(said)


def _short(name: str) -> str:
    name = shown(name)
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]} ..."


def _spelled(layout: Layout, header: list[str]) -> list[str]:
    """A header as the layout spells it: to the database both are the same name."""
    declared = {fold(name): name.strip() for name in layout.header}
    return [declared.get(fold(name), name) for name in header]


def fold(name: str) -> str:
    """A name without its case, which is that of A to Z only, as in the database."""
    return name.strip().encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _folded(names: list[str] | tuple[str, ...]) -> set[str]:
    return {fold(name) for name in names}
