"""From files to a proposal: read, group, choose, and say what is known about clock, map and history."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from strategic_prosecution import model, warehouse
from strategic_prosecution.extracts.propose import files as found_files
from strategic_prosecution.extracts.propose import history, reference
from strategic_prosecution.extracts.propose.choose import Guess
from strategic_prosecution.extracts.propose.codes import CodeMap, propose_codes
from strategic_prosecution.extracts.propose.dates import fillers
from strategic_prosecution.extracts.propose.feeds import feeds_of_layout
from strategic_prosecution.extracts.propose.files import FoundExtract, FoundLayout
from strategic_prosecution.extracts.propose.keys import line_numbers
from strategic_prosecution.extracts.propose.profiles import Shape, shapes
from strategic_prosecution.extracts.propose.proposal import (
    Proposal,
    ProposedExtract,
    ProposedFeed,
    ProposedLayout,
    Reference,
)
from strategic_prosecution.settings import Office, OfficeSection
from strategic_prosecution.warehouse import Connection

_Looked = list[tuple[FoundLayout, tuple[Shape, ...]]]


def propose(
    paths: list[Path], *, name: str | None = None, timezone: str | None = None, crs: str | None = None
) -> Proposal:
    """Look at files (or folders of files) and propose an office.toml that reads them.

    Pure of clocks: the same files give the same proposal. Large files are sampled for the shape of their values; keys,
    date ranges and overlaps are read on all rows. Nothing is written beside temporary files. ``name``, ``timezone``
    (as "America/Chicago") and ``crs`` (projected, in metres) are stated when known; else the proposal holds what the
    coordinates suggest. Raises FileNotFoundError for a path that is not there and for no file at all.
    """
    if missing := [path for path in paths if not path.exists()]:
        raise FileNotFoundError(f"[{missing[0]}] is not there; name files or folders of extracts")
    listed = found_files.expand(paths)
    if not listed:
        raise FileNotFoundError("no file to look at; name files or folders that hold .csv, .xlsx, .parquet or .json")
    folder = found_files.common_folder(listed)
    with (
        TemporaryDirectory(prefix="stratpro-init-") as temp,
        warehouse.open_trial(_scratch(temp, folder)) as connection,
    ):
        sources, unreadable = found_files.read_files(connection, listed, folder, Path(temp) / "tmp")
        groups = found_files.group(sources, folder)
        looked = {group.name: _look(connection, group) for group in groups}
        extracts, references = [], []
        filled = {group.name: _fill(connection, group, looked[group.name]) for group in groups}
        filled = _without_doubles(connection, filled, looked)
        for group in groups:
            first, first_shapes = looked[group.name][0]
            hint = reference.what_it_is(first, first_shapes)
            if hint is not None and (group.files[0].geometry or not filled[group.name] or hint.columns):
                references.append(replace(hint, name=", ".join(group.patterns)))
            elif filled[group.name]:
                extracts.append(_extract(connection, group, looked[group.name], filled[group.name]))
            else:
                why = "no table of ours fits: name its table and columns by hand, or leave it out"
                references.append(Reference(", ".join(group.patterns), why, ()))
        extracts = _with_shared_tables(_with_shifts(connection, extracts, looked))
        zone, zone_why, system, system_why = _clock_and_map(looked, timezone, crs)
    return Proposal(
        folder=folder,
        extracts=tuple(extracts),
        references=tuple(references),
        unreadable=unreadable,
        name=name or folder.name.replace("_", " ").title() or "Our office",
        timezone=zone,
        timezone_why=zone_why,
        crs=system,
        crs_why=system_why,
    )


def _scratch(temp: str, folder: Path) -> Office:
    """An office of nothing, whose databases are in memory and whose temporary files go with the folder."""
    section = OfficeSection(name="init", timezone="UTC", crs="EPSG:26918", raw_dir=str(folder), processed_dir=temp)
    return Office(office=section, path=Path(temp) / "office.toml", fingerprint="")


def _look(connection: Connection, group: FoundExtract) -> _Looked:
    looked = []
    for number, layout in enumerate(group.layouts):
        found_files.join_layout(connection, layout, f"{group.name}__{number}")
        looked.append((layout, shapes(connection, layout)))
    return looked


def _fill(connection: Connection, group: FoundExtract, looked: _Looked) -> list[ProposedFeed]:
    """The feeds of the newest layout; an older layout gets its own where its key is another."""
    name = " ".join((group.name, *(str(Path(file.name).parent) for file in group.files[:1])))
    newest, newest_shapes = looked[0]
    feeds = feeds_of_layout(connection, newest, name, newest_shapes)
    others = []
    for layout, layout_shapes in looked[1:]:
        older = feeds_of_layout(connection, layout, name, layout_shapes)
        by_table = {(feed.table, feed.where): feed for feed in feeds}
        own = [feed for feed in older if (mine := by_table.get((feed.table, feed.where))) and mine.key != feed.key]
        others += [replace(feed, layouts=(layout.name,)) for feed in own]
    split = {feed.table for feed in others}
    if split:
        apart = {name for feed in others for name in feed.layouts}
        rest = tuple(layout.name for layout, _ in looked if layout.name not in apart)
        feeds = [replace(feed, layouts=rest) if feed.table in split else feed for feed in feeds]
    return feeds + others


def _without_doubles(
    connection: Connection, filled: dict[str, list[ProposedFeed]], looked: dict[str, _Looked]
) -> dict[str, list[ProposedFeed]]:
    """Leave out what a file would fill besides, where another file brings the same records first of all."""
    first = {name: feeds[0] for name, feeds in filled.items() if feeds}

    def is_double(name: str, feed: ProposedFeed) -> bool:
        others = [other for other, own in first.items() if other != name and own.table == feed.table]
        return any(
            _shares_keys(connection, (looked[name][0][0], feed), (looked[other][0][0], first[other]))
            for other in others
        )

    return {
        name: [*feeds[:1], *(feed for feed in feeds[1:] if not is_double(name, feed))] for name, feeds in filled.items()
    }


def _shares_keys(
    connection: Connection, one: tuple[FoundLayout, ProposedFeed], other: tuple[FoundLayout, ProposedFeed]
) -> bool:
    """Whether at least half of the keys of one feed are keys of the other."""
    sides = []
    for layout, feed in (one, other):
        columns = feed.theirs(feed.key)
        if len(columns) != 1:
            return False
        sides.append(f"select distinct trim({warehouse.identifier(columns[0])}) as id from {layout.table}")
    row = connection.execute(
        f"select count(*), count(b.id) from ({sides[0]}) as a left join ({sides[1]}) as b using (id)"
    ).fetchone()
    return row is not None and row[1] >= 0.5 * max(row[0], 1)


def _extract(
    connection: Connection, group: FoundExtract, looked: _Looked, feeds: list[ProposedFeed]
) -> ProposedExtract:
    layout, layout_shapes = looked[0]
    dated = {
        guess.ours: guess for feed in feeds for guess in feed.columns if guess.formats and guess.ours != "birth_date"
    }
    formats = _formats(feeds, looked)
    filler = {
        day: rows
        for item, _ in looked
        for guess in dated.values()
        if len(guess.columns) == 1 and guess.columns[0] in item.header
        for day, rows in fillers(connection, item.table, guess.columns[0], guess.formats).items()
    }
    dates = history.file_dates(connection, _event_days(group, feeds))
    first = feeds[0]
    day = next((guess for guess in first.columns if guess.formats and len(guess.columns) == 1), None)
    key = first.columns[0] if first.key != "row" else None
    window = next((name for name in (_day_column(first, day),) if name), "")
    used = {column for feed in feeds for guess in feed.columns for column in guess.columns}
    unplaced = tuple(shape.name for shape in layout_shapes if shape.name not in used)
    numbers = line_numbers(connection, layout, layout_shapes, unplaced, day)
    holds, why = history.what_missing_means(connection, layout, key, day, window, line_numbers=numbers)
    notes = [note for item, item_shapes in looked for note in history.clock_notes(connection, item, item_shapes)]
    literal_z = any(form.endswith("Z") for form in formats)
    return ProposedExtract(
        name=group.name,
        patterns=group.patterns,
        files=tuple(file.name for file in group.files),
        rows=sum(file.rows for file in group.files),
        feeds=tuple(feeds),
        date_formats=formats,
        timezone="UTC" if literal_z else "",
        filler_dates=dict(sorted(filler.items())),
        line_numbers=numbers,
        dated_by_name=dates.by_name,
        extract_dates=dict(sorted(dates.stated.items())),
        holds=holds,
        holds_why=why,
        layouts=_layouts(group, feeds) if len(group.layouts) > 1 else (),
        codes={
            guess.ours: _counted(connection, looked, feed.table, guess)
            for feed in reversed(feeds)
            for guess in feed.columns
            if guess.codes
        },
        notes=(*dates.notes, *notes),
        unplaced=unplaced,
    )


def _formats(feeds: list[ProposedFeed], looked: _Looked) -> tuple[str, ...]:
    """All formats of an extract, over its layouts.

    Two-digit years come first: a year of four digits would read them as of the first century.
    """
    found = dict.fromkeys(form for feed in feeds for guess in feed.columns for form in guess.formats)
    days = {guess.columns[0] for feed in feeds for guess in feed.columns if guess.formats}
    for layout, layout_shapes in looked[1:]:
        meant = {layout.renamed.get(name, name) for name in days}
        for shape in layout_shapes:
            if shape.name in meant and shape.dates:
                found |= dict.fromkeys(shape.dates.formats)
    listed = list(found)
    return tuple(sorted(listed, key=lambda form: ("%y" not in form, listed.index(form))))


def _counted(connection: Connection, looked: _Looked, table: str, guess: Guess) -> CodeMap:
    """The codes of a column with the rows of all files, not of the sample the choice was made on."""
    counts: dict[str, int] = {}
    for layout, _ in looked:
        name = layout.renamed.get(guess.columns[0], guess.columns[0])
        if name in layout.header:
            text = f"nullif(trim({warehouse.identifier(name)}), '')"
            rows = connection.execute(
                f"select {text}, count(*) from {layout.table} where {text} is not null group by 1"
            ).fetchall()
            for value, n in rows:
                counts[value] = counts.get(value, 0) + int(n)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return propose_codes(model.table(table).column(guess.ours), tuple(ranked))


def _event_days(
    group: FoundExtract, feeds: list[ProposedFeed]
) -> list[tuple[found_files.SourceFile, tuple[str, ...], tuple[str, ...]]]:
    """For every file the columns that say when things happened: not birth dates, nor days that lie ahead."""
    ahead = ("birth_date", "end_date", "due_date", "expires_on", "hearing_date", "detained_to", "occurred_until")
    past = [guess for feed in feeds for guess in feed.columns if guess.formats and guess.ours not in ahead]
    past = [guess for guess in past if len(guess.columns) == 1]
    formats = tuple(dict.fromkeys(form for guess in past for form in guess.formats))
    names = tuple(dict.fromkeys(guess.columns[0] for guess in past))
    return [(file, tuple(name for name in names if name in file.header), formats) for file in group.files]


def _day_column(feed: ProposedFeed, day: Guess | None) -> str:
    if day is None:
        return ""
    name = day.ours.removesuffix("_at") + "_date" if day.ours.endswith("_at") else day.ours
    columns = {column.name: column.dtype for column in model.table(feed.table).columns}
    return name if columns.get(name) == "date" else ""


def _layouts(group: FoundExtract, feeds: list[ProposedFeed]) -> tuple[ProposedLayout, ...]:
    """Every header of an extract; a column a shared feed uses and a layout lacks is empty there."""
    found = []
    for layout in group.layouts:
        used = {
            column
            for feed in feeds
            if not feed.layouts or layout.name in feed.layouts
            for guess in feed.columns
            for column in guess.columns
        }
        lacking = {name for name in used if name not in layout.header and name not in layout.renamed}
        columns = {**layout.renamed, **dict.fromkeys(sorted(lacking), "cast(null as varchar)")}
        files = tuple(file.name for file in layout.files)
        found.append(ProposedLayout(layout.name, layout.header, columns, files))
    return tuple(found)


def _with_shifts(
    connection: Connection, extracts: list[ProposedExtract], looked: dict[str, _Looked]
) -> list[ProposedExtract]:
    """Notes on times of one key that differ by the same hours between two extracts."""
    notes: dict[str, list[str]] = {}
    for one, other in combinations(extracts, 2):
        (first, first_shapes), (second, second_shapes) = looked[one.name][0], looked[other.name][0]
        keys = {column for feed in one.feeds for column in feed.theirs("case_id", "incident_id", "referral_id")}
        by = next((column for column in sorted(keys) if column in second.header), None)
        timed = {shape.name: shape.dates for shape in first_shapes if shape.dates and shape.dates.has_time}
        both = [(shape, timed[shape.name]) for shape in second_shapes if shape.name in timed and shape.dates]
        for shape, dates in both if by else ():
            assert by is not None and shape.dates is not None
            formats = (dates.formats, shape.dates.formats)
            hours = history.shift_between(
                connection, first.table, second.table, key=by, column=shape.name, formats=formats
            )
            if hours:
                ahead, behind = (one.name, other.name) if hours > 0 else (other.name, one.name)
                said = f"{shape.name} of {ahead} is always {abs(hours)} h ahead of {behind} for the same {by}"
                said += ": one of them is not local time"
                notes.setdefault(one.name, []).append(said)
                notes.setdefault(other.name, []).append(said)
    return [replace(item, notes=(*item.notes, *notes.get(item.name, ()))) for item in extracts]


def _with_shared_tables(extracts: list[ProposedExtract]) -> list[ProposedExtract]:
    """Notes on tables that several extracts fill."""
    by_name = {item.name: {feed.table for feed in item.feeds} for item in extracts}

    def shared(item: ProposedExtract) -> list[str]:
        both = {name: sorted(by_name[item.name] & tables) for name, tables in by_name.items() if name != item.name}
        return [
            f"fills {', '.join(tables)}, as {name} does: make them one extract with layouts if they are one table over "
            "time; else see that no record counts twice"
            for name, tables in both.items()
            if tables
        ]

    return [replace(item, notes=(*item.notes, *shared(item))) for item in extracts]


def _clock_and_map(looked: dict[str, _Looked], timezone: str | None, crs: str | None) -> tuple[str, str, str, str]:
    """Time zone and UTM zone by the middle of the degrees found, unless stated."""
    middles = [
        (shape.low + shape.high) / 2
        for layouts in looked.values()
        for _, item_shapes in layouts
        for shape in item_shapes
        if shape.low is not None and shape.high is not None and -180 <= shape.low <= shape.high <= -60
        if shape.words.endswith("longitude") or shape.words in ("x", "longitude x", "point x")
    ]
    middle = sorted(middles)[len(middles) // 2] if middles else None
    zones = ((-85.5, "New_York"), (-101.0, "Chicago"), (-114.0, "Denver"), (-130.0, "Los_Angeles"))
    guessed = next((zone for west, zone in zones if middle is not None and middle > west), "New_York")
    said = "a guess from the longitudes" if middle is not None else "a placeholder: nothing in the files says it"
    zone_why = "as stated" if timezone else f"{said}; state the office's own"
    utm = int((middle + 180) // 6) + 1 if middle is not None else 18
    crs_why = "as stated" if crs else f"UTM zone {utm} (NAD83), {said}; any projected system in metres"
    return timezone or f"America/{guessed}", zone_why, crs or f"EPSG:{26900 + utm}", crs_why
