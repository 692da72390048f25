"""The files looked at: read into tables, and grouped into extracts and their layouts by name and header."""

import difflib
import os
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from strategic_prosecution.extracts.propose.words import words
from strategic_prosecution.extracts.readers import FileProblem, find_form, read
from strategic_prosecution.warehouse import Connection, identifier

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".json", ".geojson", ".ndjson", ".jsonl")
_MONTH = "|".join(f"{month}|{month[:3]}" for month in MONTHS)
_DAY_IN_NAME = re.compile(r"(\d{4})[-_]?(\d{2})[-_]?(\d{2})(?!\d)")
_PERIOD = re.compile(rf"(?<![a-z])(?:{_MONTH})(?=[-_ ]?\d)|\d+(?:[-_. ]\d+)*", re.IGNORECASE)
# Stems that say too little without their folder.
_GENERAL = {
    *("counts", "data", "export", "extract", "log", "list", "roster", "tracker", "report", "file", "table"),
    *("answers", "audit"),
}
# Headers of one extract share most of their words, whatever was renamed.
_ALIKE = 0.5


@dataclass(frozen=True)
class SourceFile:
    """One file, read as text into the table ``table``; ``name`` is its path below the common folder."""

    path: Path
    name: str
    table: str
    header: tuple[str, ...]
    rows: int
    geometry: bool = False


@dataclass
class FoundLayout:
    """Files of one extract with one header; ``table`` holds their rows, with "__file"."""

    name: str
    header: tuple[str, ...]
    files: list[SourceFile]
    table: str = ""
    # A name of the newest layout = this layout's name.
    renamed: dict[str, str] = field(default_factory=dict)


@dataclass
class FoundExtract:
    """Files that are deliveries of one thing; the newest layout stands first."""

    name: str
    patterns: tuple[str, ...]
    files: list[SourceFile]
    layouts: list[FoundLayout]


def expand(paths: list[Path]) -> list[Path]:
    """The files named, and the readable files of the folders named, in order of path."""
    found: set[Path] = set()
    for path in paths:
        inside = path.rglob("*") if path.is_dir() else [path]
        found.update(item.resolve() for item in inside if item.is_file() and (item == path or _is_data(item)))
    return sorted(found)


def common_folder(files: list[Path]) -> Path:
    """The folder that holds all files."""
    return Path(os.path.commonpath([str(path.parent) for path in files]))


def read_files(
    connection: Connection, files: list[Path], folder: Path, temp_dir: Path
) -> tuple[list[SourceFile], dict[str, str]]:
    """Read every file into a table of text; what cannot be read is returned by name with the reason."""
    found: list[SourceFile] = []
    unreadable: dict[str, str] = {}
    for number, path in enumerate(files):
        name = str(path.relative_to(folder))
        try:
            contents = read(connection, path, form=find_form(path), temp_dir=temp_dir)
        except (FileProblem, OSError) as problem:
            unreadable[name] = str(problem)
            continue
        table = f"file_{number}"
        connection.execute(f"create or replace table {table} as select * from incoming; drop table incoming")
        row = connection.execute(f"select count(*) from {table}").fetchone()
        header = tuple(contents.header)
        is_map = path.suffix.lower() == ".geojson"
        found.append(SourceFile(path, name, table, header, int(row[0]) if row else 0, is_map))
    return found, unreadable


def group(files: list[SourceFile], folder: Path) -> list[FoundExtract]:
    """Extracts: files whose names differ only in dates, months and numbers and whose headers are alike."""
    groups: list[list[SourceFile]] = []
    for file in files:
        for known in groups:
            if _template(known[0].name) == _template(file.name) and _alike(known[0].header, file.header) >= _ALIKE:
                known.append(file)
                break
        else:
            groups.append([file])
    names: dict[str, int] = {}
    extracts = []
    for members in sorted(groups, key=lambda items: items[0].name):
        name = _extract_name(members, folder)
        names[name] = names.get(name, 0) + 1
        name = name if names[name] == 1 else f"{name}_{names[name]}"
        extracts.append(FoundExtract(name, _patterns(members, files, folder), members, _layouts(members)))
    return extracts


def join_layout(connection: Connection, layout: FoundLayout, name: str) -> None:
    """All rows of a layout in one table, with the file and line of each."""
    listed = ", ".join(identifier(column) for column in layout.header)
    parts = [
        f'select {number} as "__file", "__row", {listed} from {file.table}' for number, file in enumerate(layout.files)
    ]
    layout.table = name
    connection.execute(f"create or replace table {name} as {' union all by name '.join(parts)}")


def order_of(name: str) -> tuple[int, ...]:
    """By what files of one extract are ordered: the day, month or year in their names."""
    text = name.lower()
    if day := day_in(name):
        return (day.year, day.month, day.day)
    years = re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", text)
    months = [number for number, month in enumerate(MONTHS, 1) if re.search(rf"(?<![a-z]){month[:3]}", text)]
    return (int(years[-1]) if years else 0, months[0] if months else 0, *(int(n) for n in re.findall(r"\d+", text)))


def day_in(name: str) -> date | None:
    """The last day that a file name says, as ``extracts`` reads it; None when it says none."""
    for year, month, day in reversed(_DAY_IN_NAME.findall(Path(name).name)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def month_in(name: str) -> tuple[int, int] | None:
    """(year, month) that a file name says in words or as YYYY-MM; None when it says none."""
    text = name.lower()
    if found := re.search(rf"(?<![a-z])({_MONTH})[-_ ]?((?:19|20)\d{{2}})(?!\d)", text):
        number = next(n for n, month in enumerate(MONTHS, 1) if month[:3] == found[1][:3])
        return int(found[2]), number
    found = re.search(r"(?<!\d)((?:19|20)\d{2})[-_]?(0[1-9]|1[0-2])(?![-_]?\d)", text)
    return (int(found[1]), int(found[2])) if found else None


def _is_data(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "~"))


def _template(name: str) -> str:
    return _PERIOD.sub("*", name.lower())


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """The share of header words two headers have in common, 0 to 1."""
    first, second = ({words(column) for column in header} for header in (one, other))
    if first == second:
        return 1.0
    tokens = [{token for column in header for token in column.split()} for header in (first, second)]
    return len(tokens[0] & tokens[1]) / max(len(tokens[0] | tokens[1]), 1)


def _extract_name(members: list[SourceFile], folder: Path) -> str:
    """A plain name: the stem without its dates, with its folder where the stem says too little."""
    path = Path(members[0].name)
    stem = _plain(_PERIOD.sub(" ", path.stem))
    above = [_plain(_PERIOD.sub(" ", part)) for part in (folder.name, *path.parts[:-1])]
    parents = [part for part in above if part]
    says_little = not stem or set(stem.split("_")) <= _GENERAL
    name = "_".join(part for part in (parents[-1], stem) if part) if says_little and parents else stem
    name = name or "extract"
    return (name if name[0].isalpha() else f"x_{name}")[:50].rstrip("_")


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _patterns(members: list[SourceFile], files: list[SourceFile], folder: Path) -> tuple[str, ...]:
    """One pattern that matches the files of the group and no other; else their names."""
    only = members[0].name
    if len(members) == 1 and not (day_in(only) or month_in(Path(only).stem)):
        return (escaped(only),)
    mine = {file.name for file in members}
    others = {file.name for file in files} - mine
    for blank in ("*", "*[0-9]*"):
        pattern = re.sub(r"\*+", blank.replace("\\", ""), _PERIOD.sub("*", escaped(only)))
        matched = {str(path.relative_to(folder)) for path in folder.glob(pattern)}
        if mine <= matched and not matched & others and all(_template(name) == _template(only) for name in matched):
            return (pattern,)
    return tuple(escaped(file.name) for file in sorted(members, key=lambda file: file.name))


def escaped(name: str) -> str:
    """A pattern for a text and no other."""
    return re.sub(r"([\[?*])", r"[\1]", name)


def _layouts(members: list[SourceFile]) -> list[FoundLayout]:
    """The headers of a group, that of the newest file first, with what was renamed between them."""
    byheader: dict[frozenset[str], FoundLayout] = {}
    for file in sorted(members, key=lambda file: (order_of(file.name), file.name), reverse=True):
        key = frozenset(column.casefold() for column in file.header)
        if key not in byheader:
            byheader[key] = FoundLayout(f"layout_{len(byheader) + 1}", file.header, [])
        byheader[key].files.insert(0, file)
    layouts = list(byheader.values())
    for layout in layouts[1:]:
        layout.renamed = _renames(layouts[0].header, layout.header)
    return layouts


def _renames(newest: tuple[str, ...], older: tuple[str, ...]) -> dict[str, str]:
    """Names of the newest layout = names of an older one that say the same, best pair first."""
    gone = [name for name in older if name.casefold() not in {item.casefold() for item in newest}]
    new = [name for name in newest if name.casefold() not in {item.casefold() for item in older}]
    pairs = sorted(((_same_name(one, other), one, other) for one in new for other in gone), reverse=True)
    renamed: dict[str, str] = {}
    for likeness, one, other in pairs:
        if likeness >= 0.5 and one not in renamed and other not in renamed.values():
            renamed[one] = other
    return {name: renamed[name] for name in newest if name in renamed}


def _same_name(one: str, other: str) -> float:
    """How alike two names are, 0 to 1: words in common, and letters."""
    first, second = set(words(one).split()), set(words(other).split())
    letters = difflib.SequenceMatcher(a=words(one), b=words(other)).ratio()
    return max(letters if letters >= 0.75 else 0.0, len(first & second) / min(len(first), len(second)))
