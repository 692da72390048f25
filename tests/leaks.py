"""A scanner for leaked values: opens what it knows (databases, Parquet, archives, pages), reads the bytes of the rest.

Compressed files hide a name from a plain byte search, so every format has to be opened, and every test that uses the
scanner shows first that it finds the value where it is known to be.
"""

import gzip
import html
import io
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

_SQLITE = b"SQLite format 3\x00"
_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"


def find_leaks(folder: Path, needles: tuple[str, ...], *, files: str = "*") -> list[str]:
    """Where any needle stands below a folder: 'file: table.column' or 'file: bytes'; links are not followed.

    ``files``: only those of such a name.
    """
    found = []
    for path in sorted(folder.rglob(files)):
        if path.is_symlink() or not path.is_file():
            continue
        for where in _in_file(path, needles):
            found.append(f"{path.relative_to(folder)}: {where}")
    return found


def _in_file(path: Path, needles: tuple[str, ...]) -> Iterator[str]:
    content = path.read_bytes()
    if _in_bytes(content, needles):
        yield "bytes"
    if content[8:12] == b"DUCK":
        yield from _in_duckdb(path, needles)
    elif content[:16] == _SQLITE:
        yield from _in_sqlite(path, needles)
    elif content[:4] == _PARQUET:
        with duckdb.connect() as connection:
            connection.execute("create view shown as select * from read_parquet(?)".replace("?", f"'{path}'"))
            yield from _in_tables(connection, needles)
    elif content[:4] == _ZIP:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if _in_bytes(archive.read(name), needles):
                    yield f"zip member {name}"
    elif content[:2] == _GZIP and _in_bytes(gzip.decompress(content), needles):
        yield "gzip"


def _in_bytes(content: bytes, needles: tuple[str, ...]) -> bool:
    folded = content.lower()
    texts = (folded, html.unescape(folded.decode("utf-8", errors="ignore")).lower().encode())
    for needle in needles:
        low = needle.lower()
        spellings = {low.encode(), low.encode("utf-16-le"), low.encode("unicode_escape")}
        if any(spelling in text for spelling in spellings for text in texts):
            return True
    return False


def _in_duckdb(path: Path, needles: tuple[str, ...]) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        yield from _in_tables(connection, needles)


def _in_tables(connection: duckdb.DuckDBPyConnection, needles: tuple[str, ...]) -> Iterator[str]:
    columns = connection.execute(
        "select table_catalog, table_schema, table_name, column_name from information_schema.columns "
        "where table_schema not in ('information_schema', 'pg_catalog')"
    ).fetchall()
    for catalog, schema, table, column in columns:
        # Any type as text: lists and structs spell their parts out, blobs their printable bytes.
        text = f'lower("{column}"::varchar)'
        where = " or ".join(f"contains({text}, ?)" for _ in needles)
        row = connection.execute(
            f'select count(*) from "{catalog}"."{schema}"."{table}" where {where}', [n.lower() for n in needles]
        ).fetchone()
        if row is not None and row[0]:
            yield f"{schema}.{table}.{column}"


def _in_sqlite(path: Path, needles: tuple[str, ...]) -> Iterator[str]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in connection.execute(f'select * from "{table}"'):
                texts = [bytes(v) if isinstance(v, bytes) else str(v).encode() for v in row if v is not None]
                if any(_in_bytes(text, needles) for text in texts):
                    yield f"table {table}"
                    break
