"""The key of a table in a file: unique and stable by its values, plausible by its name; or none, and why."""

import re
from dataclasses import dataclass

from strategic_prosecution import model
from strategic_prosecution.extracts.propose.choose import Guess, named
from strategic_prosecution.extracts.propose.files import FoundLayout
from strategic_prosecution.extracts.propose.profiles import Shape
from strategic_prosecution.extracts.propose.vocabulary import COLUMNS
from strategic_prosecution.warehouse import Connection, identifier

_ROW_NUMBER = (
    r"^(objectid|object id|fid|row( id| number)?|record id|cartodb id|ogc fid|octo record id|index|unnamed.*)$"
)
# Tables whose rows are finer than what several rows of one file may share.
_STRICT = ("charges", "sentences", "shootings", "incident_people", "hearings", "surveys", "supervision", "custody")
# Tables whose key is of one event: its rows share the day.
_ONE_DAY = ("arrests",)
_LEAST_FILLED = 0.98
# Tables that only some rows of a file fill: those with a key.
_SOME_ROWS = ("custody",)
_LEAST_VARIED = 0.3
# Files repeat a row now and then.
_LEAST_UNIQUE = 0.995


@dataclass(frozen=True)
class Key:
    """What is the key of a table in a layout; ``guess`` is None when there is none and rows go by their content."""

    guess: Guess | None
    is_unique: bool
    why: str


@dataclass(frozen=True)
class _Candidate:
    shape: Shape
    how_named: float
    share: float
    filled: float
    is_row_number: bool
    changed: float | None


# A number that stands for another row this often in the next file numbers lines.
_MOSTLY = 0.5


def key_column(table: str) -> str:
    """Our key column of a fed table."""
    return model.DESK_KEYS.get(table, model.table(table).key[0])


def find_key(
    connection: Connection, layout: FoundLayout, table: str, shapes: tuple[Shape, ...], *, day: Guess | None
) -> Key:
    """The key of a table: a column, two columns joined, or none. Read on all rows of all files of the layout.

    A column that numbers the rows, or whose rows say something else in the next file, is no key. ``day``: the day of
    the event, for tables whose key stands for one event.
    """
    ours = key_column(table)
    found = [_measure(connection, layout, shape, table, day) for shape in shapes if _may_be(shape, table, ours)]
    found = [item for item in found if item.filled >= (0 if table in _SOME_ROWS else _LEAST_FILLED)]
    found.sort(key=lambda item: (-item.how_named, -item.share))
    rejected = [item for item in found if item.is_row_number or (item.changed or 0) > _MOSTLY]
    good = [item for item in found if item not in rejected and item.share >= _LEAST_VARIED]
    no = "".join(f"; {item.shape.name} is none: {_why_not(item)}" for item in rejected)
    if table in _STRICT:
        unique = next((item for item in good if item.share >= _LEAST_UNIQUE), None)
        if unique is None and (joined := _joined(connection, layout, shapes, table, found)):
            return Key(joined, True, joined.evidence + no)
        if unique is None and not good and rejected:
            unique = next((item for item in rejected if item.share == 1 and not (item.changed or 0) > _MOSTLY), None)
            no = "; it numbers the rows: see that the next file keeps its numbers" if unique else no
        if unique is None:
            return Key(None, False, f"no column or pair of columns is unique: rows go by their content{no}")
        said = "unique" if unique.share == 1 else f"{unique.share:.1%} of its rows are the only one of their key"
        return Key(_guess(ours, unique.shape), True, f"{said} in {unique.shape.rows:,} rows{no}")
    for item in good:
        if table in _ONE_DAY and item.share < 1 and day is not None and not _keeps_day(connection, layout, item, day):
            return _with_day(ours, item, day)
        said = f"unique in {item.shape.rows:,} rows" if item.share == 1 else _repeated(item)
        return Key(_guess(ours, item.shape), item.share == 1, said + no)
    return Key(None, False, f"no column is a key: rows go by their content{no}")


def line_numbers(
    connection: Connection, layout: FoundLayout, shapes: tuple[Shape, ...], unplaced: tuple[str, ...], day: Guess | None
) -> tuple[str, ...]:
    """Unplaced columns that number the lines of each file anew: in the next file a number stands for another row."""
    numbers = []
    for shape in shapes:
        if shape.name in unplaced and shape.whole > 0.99 and not shape.is_flag:
            item = _measure(connection, layout, shape, "incidents", day)
            if item.share == 1 and item.filled == 1 and (item.changed or 0) > _MOSTLY:
                numbers.append(shape.name)
    return tuple(numbers)


def _may_be(shape: Shape, table: str, ours: str) -> bool:
    is_named = _named_as_key(shape, table, ours) or re.search(_ROW_NUMBER, shape.words)
    is_date = shape.dates is not None and shape.dates.share > 0.9
    return bool(is_named) and not is_date and not shape.is_flag and shape.addresses < 0.5 and shape.longest <= 64


def _named_as_key(shape: Shape, table: str, ours: str) -> float:
    """How well a name fits the key of a table: by the names sources give it, or "<its own word> number" or id."""
    own = f"{ours.removesuffix('_id').replace('_', ' ')} (number|id)"
    return named(shape.words, COLUMNS[table][ours]) or (0.5 if re.fullmatch(own, shape.words) else 0.0)


def _measure(connection: Connection, layout: FoundLayout, shape: Shape, table: str, day: Guess | None) -> _Candidate:
    column = f"nullif(trim({identifier(shape.name)}), '')"
    row = connection.execute(
        f"select sum(d), sum(n), sum(rows), bool_and(is_whole and low <= 1 and high - low + 1 = d) "
        f"from (select count(distinct "
        f"{column}) as d, count({column}) as n, count(*) as rows, count(try_cast({column} as bigint)) = count(*) as "
        f"is_whole, min(try_cast({column} as bigint)) as low, max(try_cast({column} as bigint)) as high "
        f'from {layout.table} group by "__file")'
    ).fetchone()
    assert row is not None
    distinct, filled, rows, in_sequence = row
    is_counted = shape.whole > 0.99
    is_row_number = (is_counted and bool(re.search(_ROW_NUMBER, shape.words))) or (
        bool(in_sequence) and distinct == filled and table != "charges"
    )
    return _Candidate(
        shape=shape,
        how_named=_named_as_key(shape, table, key_column(table)),
        share=int(distinct) / max(int(filled), 1),
        filled=int(filled) / max(int(rows), 1),
        is_row_number=is_row_number,
        changed=_changed(connection, layout, column, day),
    )


def _changed(connection: Connection, layout: FoundLayout, column: str, day: Guess | None) -> float | None:
    """The share of keys in both of the two newest overlapping files whose rows have another day there."""
    if len(layout.files) < 2 or day is None:
        return None
    last = len(layout.files) - 1
    when = identifier(day.columns[0])
    row = connection.execute(
        f"select count(*), count(*) filter (a.moment is distinct from b.moment) from (select {column} as id, "
        f'min({when}) as moment from {layout.table} where "__file" = {last - 1} group by 1) as a join (select '
        f'{column} as id, min({when}) as moment from {layout.table} where "__file" = {last} group by 1) as b using (id)'
    ).fetchone()
    return row[1] / row[0] if row and row[0] >= 20 else None


def _joined(
    connection: Connection, layout: FoundLayout, shapes: tuple[Shape, ...], table: str, found: list[_Candidate]
) -> Guess | None:
    """Two columns that are unique together: an id of the finer thing with an id of the coarser one."""
    fine = [item.shape for item in found if not item.is_row_number]
    ids = [shape for shape in shapes if re.search(r"\b(id|number|sequence)$", shape.words) and not shape.dates]
    parents = COLUMNS[table].get("case_id", ()) + COLUMNS[table].get("incident_id", ())
    coarse = sorted((shape for shape in ids if named(shape.words, parents)), key=lambda s: -named(s.words, parents))
    ours = key_column(table)
    for one in fine[:4]:
        for other in coarse[:4]:
            if one is other:
                continue
            text = f"{identifier(other.name)} || '-' || {identifier(one.name)}"
            row = connection.execute(
                f'select count(*), count({text}), count(distinct ({text}, "__file")) from {layout.table}'
            ).fetchone()
            if row is not None and row[1] >= _LEAST_FILLED * row[0] and row[2] == row[1]:
                return Guess(ours, text, (other.name, one.name), f"unique together in {row[0]:,} rows")
    return None


def _keeps_day(connection: Connection, layout: FoundLayout, item: _Candidate, day: Guess) -> bool:
    column = identifier(item.shape.name)
    row = connection.execute(
        f"select count(*), count(*) filter (days > 1) from (select count(distinct {identifier(day.columns[0])}) as "
        f"days from {layout.table} where {column} is not null group by {column} having count(*) > 1)"
    ).fetchone()
    return not row or not row[0] or row[1] <= 0.02 * row[0]


def _with_day(ours: str, item: _Candidate, day: Guess) -> Key:
    text = f"{identifier(item.shape.name)} || ' ' || {identifier(day.columns[0])}"
    why = f"{item.shape.name} comes with several days, so it stands for a person or a case; joined with the day"
    return Key(Guess(ours, text, (item.shape.name, day.columns[0]), why), False, why)


def _guess(ours: str, shape: Shape) -> Guess:
    return Guess(ours, shape.name, (shape.name,), f"name says [{shape.words}]")


def _repeated(item: _Candidate) -> str:
    return (
        f"{item.share:.1%} as many values as rows: several rows (offenses, charges, victims, people) of one key; "
        "order_by says which is the record"
    )


def _why_not(item: _Candidate) -> str:
    if item.changed is not None and item.changed > _MOSTLY:
        return f"{item.changed:.0%} of its values stand for another row in the next file"
    return "it numbers the rows of a file"
