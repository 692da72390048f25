"""A Parquet file into ``incoming``: every value as text.

A whole floating-point number below 2^53, exact as it is, has no ``.0``, a larger one keeps its exponent (``1.7E+41``),
NaN is null; a timestamp is ``YYYY-MM-DD HH:MM:SS[.ffffff]``, one with a zone is UTC and ends in ``+00``; lists, structs
and maps are JSON text; bytes are hexadecimal.
"""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from strategic_prosecution.extracts.readers import incoming
from strategic_prosecution.extracts.readers.problem import FileProblem
from strategic_prosecution.warehouse import Connection, identifier

_EXACT = "9007199254740992"


def read(connection: Connection, path: Path) -> tuple[list[str], list[incoming.Ragged]]:
    """Fill ``incoming``; ``__row`` is the record's number, the first being 2. No record of a Parquet file is ragged."""
    try:
        names = pq.read_schema(path).names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FileProblem(_damaged(error)) from None
    header = incoming.check_header(names)
    source = f"read_parquet({incoming.path_literal(path)}, hive_partitioning = false)"
    try:
        found = connection.execute(f"describe select * from {source}").fetchall()
        values = ", ".join(
            f"nullif({_text(identifier(theirs), dtype)}, '') as {identifier(ours)}"
            for ours, (theirs, dtype, *_) in zip(header, found, strict=True)
        )
        connection.execute(
            f'create or replace temp table incoming as select row_number() over () + 1 as "__row", {values} '
            f"from {source}"
        )
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise FileProblem(_damaged(error)) from None
    return header, []


def _damaged(error: Exception) -> str:
    return f"cannot be read as Parquet ({type(error).__name__}); ask its source for it again"


def _text(column: str, dtype: str) -> str:
    if dtype in ("FLOAT", "DOUBLE"):
        whole = f"{column} = trunc({column}) and abs({column}) < {_EXACT}"
        return (
            f"case when isnan({column}) then null when {whole} then {column}::bigint::varchar "
            f"else upper({column}::varchar) end"
        )
    if dtype == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {column})::varchar || '+00'"
    if dtype == "BLOB":
        return f"hex({column})"
    if dtype.endswith("]") or dtype.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({column})::varchar"
    return f"{column}::varchar"
