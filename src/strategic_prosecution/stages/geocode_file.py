"""A file of addresses, geocoded on the office's map: the same rows in the same order, with the answers beside them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from strategic_prosecution import warehouse
from strategic_prosecution.extracts.readers import FileProblem, find_form, read
from strategic_prosecution.places import Reference, geocode
from strategic_prosecution.places.geocoder import HITS, RESULT_COLUMNS
from strategic_prosecution.places.quality import NOT_GEOCODABLE
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.stages.queries import query
from strategic_prosecution.stages.reference import compiled, match_settings
from strategic_prosecution.stages.table_files import check_out, table_file
from strategic_prosecution.warehouse import Connection, identifier

# Rows, and distinct strings, that are in Python's hands at once.
CHUNK = 100_000
_NUMBERS = ("score", "x", "y", "lon", "lat", "uncertainty_m", "spread_m", "gap")
_RESULTS = pa.schema(
    [
        (name, pa.float64() if name in _NUMBERS else pa.int64() if name == "n_candidates" else pa.string())
        for name in RESULT_COLUMNS
    ]
)
_SQL_TYPES = {pa.float64(): "double", pa.int64(): "bigint", pa.string(): "varchar"}

Progress = Callable[[int, int], None]
Chunks = Callable[[Sequence[str]], Iterator[pa.Table]]


@dataclass(frozen=True)
class Geocoded:
    """What a file came to: ``answers`` has one row per match type and reason (of none): records, strings."""

    rows: int
    answers: pd.DataFrame
    unread_dates: int

    def counted(self, unit: str, *, geocodable: bool) -> tuple[int, int]:
        """(placed, all) in ``records`` or distinct ``strings``; of all, or of those that say where they are."""
        inside = ~self.answers["reason"].isin(NOT_GEOCODABLE) if geocodable else self.answers["reason"].notna()
        hit = self.answers["match_type"].isin(HITS)
        return int(self.answers.loc[hit, unit].sum()), int(self.answers.loc[inside, unit].sum())


def geocode_file(
    office: Office,
    source: Path,
    out: Path,
    *,
    addresses: Sequence[str],
    date_column: str | None = None,
    sheet: str | None = None,
    overwrite: bool = False,
    progress: Progress = lambda done, total: None,
) -> Geocoded:
    """Write the rows of a file, in their order and as they are, with the columns of `places.geocode` after them.

    source
        CSV (any encoding and delimiter), Excel (``sheet``: which, where there are several) or Parquet
    out
        ``.csv``, ``.xlsx`` or ``.parquet``; written whole or not at all, with mode 0600
    addresses
        its columns that make the address, joined by a blank
    date_column
        the day for which names of streets count, ISO or month/day/year; asked only where aliases have days
    progress
        told of the distinct strings done, and of all

    A result column that the file has already makes all of them ``geocode_...``. Columns of CSV and Excel are text:
    leading zeros and dates stay as they stand; an empty cell stays empty. Columns of Parquet keep their types in
    Parquet. Our own text never begins like a formula in CSV, and nothing is a formula in Excel; what stood in the file
    stays. No database of the office is read or written. Raises SettingsError for wrong usage, ValueError for a file
    that cannot be read whole: a row that does not fit its header would be lost.
    """
    if not source.is_file():
        raise SettingsError(f"[{source}] is not there; name the file with the addresses")
    check_out(out, overwrite=overwrite)
    if out.exists() and out.samefile(source):
        raise SettingsError(f"--out [{out}] is the file with the addresses; name another")
    reference = compiled(office, keep=False)
    if reference is None:
        raise SettingsError(f"{office.path.name}: [places.streets] or [places.points] is missing; name a layer")
    # Temporary files of its own: the office's folder stays as it is, and may be a run's.
    with TemporaryDirectory(prefix="stratpro-geocode-") as folder:
        section = office.office.model_copy(update={"raw_dir": str(source.resolve().parent), "processed_dir": folder})
        with warehouse.open_trial(office.model_copy(update={"office": section})) as connection:
            schema, chunks = _open(connection, source, sheet=sheet, temp_dir=Path(folder) / "tmp")
            for name in (*addresses, *([date_column] if date_column else [])):
                if name not in schema.names:
                    raise SettingsError(f"{source.name} has no column [{name}]{nearest(name, schema.names)}")
            unread = _ask(connection, chunks, addresses=addresses, date_column=date_column, epochs=reference.epochs)
            _answer(connection, office, reference, progress)
            rows = _write(connection, schema, chunks, out, overwrite=overwrite)
            answers = connection.execute(query("geocoded_file")).df()
    if rows != int(answers["records"].sum()):
        raise RuntimeError(f"{rows} rows were written of {int(answers['records'].sum())}; [{out.name}] is not complete")
    return Geocoded(rows, answers, unread)


def _open(connection: Connection, source: Path, *, sheet: str | None, temp_dir: Path) -> tuple[pa.Schema, Chunks]:
    """The columns of a file, and what yields the rows of some of them, in order and in parts."""
    try:
        form = find_form(source, sheet=sheet)
        if form.kind == "parquet":
            return _open_parquet(source)
        if form.kind not in ("csv", "excel"):
            raise SettingsError(f"{source.name} is neither CSV, Excel nor Parquet; save it as one of these")
        contents = read(connection, source, form=form, temp_dir=temp_dir)
    except FileProblem as error:
        raise ValueError(f"{source.name} {error}") from None
    if contents.ragged:
        numbers = ", ".join(str(number) for number, _, _ in contents.ragged[:5])
        raise ValueError(
            f"{source.name}: {len(contents.ragged)} records do not fit its header (the first: {numbers}) and would be "
            "lost; correct them"
        )

    def chunks(columns: Sequence[str]) -> Iterator[pa.Table]:
        last = 0
        chosen = ", ".join(identifier(name) for name in columns)
        while True:
            part = connection.execute(
                f'select "__row", {chosen} from incoming where "__row" > ? order by "__row" limit {CHUNK}', [last]
            ).to_arrow_table()
            if not part.num_rows:
                return
            last = part["__row"][-1].as_py()
            yield part.drop_columns(["__row"])

    return pa.schema([(name, pa.string()) for name in contents.header]), chunks


def _open_parquet(source: Path) -> tuple[pa.Schema, Chunks]:
    try:
        schema = pq.read_schema(source)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{source.name} cannot be read as Parquet ({type(error).__name__})") from None
    if len(set(schema.names)) < len(schema.names):
        raise ValueError(f"{source.name} names a column twice; rename one of the columns")

    def chunks(columns: Sequence[str]) -> Iterator[pa.Table]:
        with pq.ParquetFile(source) as file:
            for batch in file.iter_batches(batch_size=CHUNK, columns=list(columns)):
                yield pa.Table.from_batches([batch])

    return schema, chunks


def _ask(
    connection: Connection,
    chunks: Chunks,
    *,
    addresses: Sequence[str],
    date_column: str | None,
    epochs: Sequence[date],
) -> int:
    """Fill ``asked`` (position, string_id) and ``strings`` (string_id, address, epoch); returns dates not understood.

    Of a day only its epoch counts, the days from one change of a street's name to the next; -1 for no day.
    """
    connection.execute("create temp table lines (position bigint, address varchar, day_text varchar)")
    position = 0
    for part in chunks(list(dict.fromkeys([*addresses, *([date_column] if date_column else [])]))):
        texts = [_text(part[name]) for name in addresses]
        address = texts[0] if len(texts) == 1 else _joined(texts)
        days = pa.nulls(part.num_rows, pa.string()) if date_column is None else _text(part[date_column])
        numbers = pa.array(range(position, position + part.num_rows), pa.int64())
        connection.register("part", pa.table({"position": numbers, "address": address, "day_text": days}))
        connection.execute("insert into lines select position, coalesce(address, ''), nullif(day_text, '') from part")
        connection.unregister("part")
        position += part.num_rows
    connection.execute(
        f"create temp table known_lines as {query('asked_addresses')}", {"epochs": [day.isoformat() for day in epochs]}
    )
    connection.execute(
        "create temp table strings as select row_number() over (order by address, epoch) - 1 as string_id, * "
        "from (select distinct address, epoch from known_lines)"
    )
    connection.execute(
        "create temp table asked as select position, string_id from known_lines join strings using (address, epoch) "
        "order by position"
    )
    (unread,) = connection.execute("select count(*) from known_lines where is_unread").fetchone() or (0,)
    connection.execute("drop table lines; drop table known_lines")
    return int(unread)


def _text(column: pa.ChunkedArray) -> pa.Array:
    """A column as text, as the readers of extracts write it: whole numbers without ``.0``."""
    values = column.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type):
        written = [
            None if v is None or v != v else str(int(v)) if v.is_integer() else repr(v) for v in values.to_pylist()
        ]
        return pa.array(written, pa.string())
    try:
        return pc.cast(values, pa.string())
    except pa.ArrowException:
        raise SettingsError("a column of addresses or dates holds lists or records; name one of text") from None


def _joined(texts: Sequence[pa.Array]) -> pa.Array:
    # Arrow's own skipping of nulls loses a row in which every part is null.
    whole = pc.binary_join_element_wise(*(pc.fill_null(text, "") for text in texts), " ")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(whole, r"\s+", " "))


def _answer(connection: Connection, office: Office, reference: Reference, progress: Progress) -> None:
    """Fill ``answers`` (string_id and the columns of the geocoder), distinct strings in parts."""
    columns = ", ".join(f"{field.name} {_SQL_TYPES[field.type]}" for field in _RESULTS)
    connection.execute(f"create temp table answers (string_id bigint, {columns})")
    (total,) = connection.execute("select count(*) from strings").fetchone() or (0,)
    settings = match_settings(office)
    for start in range(0, total, CHUNK):
        progress(start, total)
        part = connection.execute(
            "select string_id, address, epoch from strings where string_id >= ? and string_id < ? order by string_id",
            [start, start + CHUNK],
        ).df()
        days = [_day(int(epoch), reference.epochs) for epoch in part["epoch"]] if reference.epochs else None
        found = geocode(part["address"], reference, dates=days, **settings)
        connection.register("found", found.assign(string_id=part["string_id"]))
        connection.execute(f"insert into answers select string_id, {', '.join(_RESULTS.names)} from found")
        connection.unregister("found")
    progress(total, total)


def _day(epoch: int, epochs: Sequence[date]) -> date | None:
    """A day of the epoch that begins with so many changes behind it."""
    if epoch < 0:
        return None
    return epochs[epoch - 1] if epoch else epochs[0] - timedelta(days=1)


def _write(connection: Connection, schema: pa.Schema, chunks: Chunks, out: Path, *, overwrite: bool) -> int:
    prefix = ""
    taken = {name.casefold() for name in schema.names}
    while taken & {f"{prefix}{name}" for name in _RESULTS.names}:
        prefix += "geocode_"
    names = [f"{prefix}{name}" for name in _RESULTS.names]
    results = pa.schema([field.with_name(name) for field, name in zip(_RESULTS, names, strict=True)])
    whole = pa.schema([*schema, *results], metadata=schema.metadata)
    # Text of ours that a spreadsheet would take for a formula.
    is_csv = out.suffix.lower() == ".csv"
    chosen = [
        rf"regexp_replace({field.name}, '^([=+\-@\t\r])', '''\1') as {field.name}"
        if is_csv and field.type == pa.string()
        else field.name
        for field in _RESULTS
    ]
    position = 0
    with table_file(out, whole, overwrite=overwrite) as append:
        for part in chunks(schema.names):
            answers = connection.execute(
                f"select {', '.join(chosen)} from asked join answers using (string_id) "
                "where position >= ? and position < ? order by position",
                [position, position + part.num_rows],
            ).to_arrow_table()
            if answers.num_rows != part.num_rows:
                raise RuntimeError(f"{answers.num_rows} answers for {part.num_rows} rows; nothing was written")
            columns = [*part.columns, *answers.cast(_RESULTS).columns]
            append(pa.Table.from_arrays(columns, schema=whole))
            position += part.num_rows
    return position
