"""A compiled reference as one file, so that the office's layers are read and compiled once, not every night."""

import io
import json
import os
import zipfile
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import shapely

from strategic_prosecution.places.reference import Reference

# Goes up whenever the fields or columns of `Reference` change: an older file is then compiled again.
FORMAT = 1
_FRAMES = tuple(field.name for field in fields(Reference) if field.type is pd.DataFrame)
_ABOUT = "reference.json"
_LINE = "line"


def save_reference(reference: Reference, path: str | Path) -> None:
    """Write a compiled reference whole or not at all, in the place of an older one.

    The file is a zip of Parquet tables, the lines as WKB beside their segments, and a small JSON with the rest. It
    holds what the layers hold, which is public.
    """
    file = Path(path)
    fresh = file.with_name(f".{file.name}.new")
    about = {
        "format": FORMAT,
        "fingerprint": reference.fingerprint,
        "crs": reference.crs,
        "epochs": [day.isoformat() for day in reference.epochs],
        "localities": list(reference.localities),
    }
    try:
        with fresh.open("wb") as handle:
            with zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as archive:
                # Without a stamp of its own each member has 1980: equal references are equal files.
                archive.writestr(zipfile.ZipInfo(_ABOUT), json.dumps(about))
                for name in _FRAMES:
                    frame = getattr(reference, name)
                    if name == "segments":
                        frame = frame.assign(**{_LINE: shapely.to_wkb(reference.lines)})
                    archive.writestr(zipfile.ZipInfo(f"{name}.parquet"), _parquet(frame))
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def open_reference(path: str | Path) -> Reference:
    """Read what `save_reference` wrote. ValueError when the file is damaged or of another version: delete it."""
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"compiled reference [{file}] does not exist; compile the layers again")
    try:
        with zipfile.ZipFile(file) as archive:
            about = json.loads(archive.read(_ABOUT))
            if about["format"] != FORMAT:
                raise ValueError(f"it has the format {about['format']}, this program reads {FORMAT}")
            frames = {
                name: pyarrow.parquet.read_table(io.BytesIO(archive.read(f"{name}.parquet"))).to_pandas()
                for name in _FRAMES
            }
        lines = shapely.from_wkb(frames["segments"].pop(_LINE).to_numpy(dtype=object))
        return Reference(
            crs=about["crs"],
            lines=np.asarray(lines, dtype=object),
            epochs=tuple(date.fromisoformat(day) for day in about["epochs"]),
            localities=tuple(about["localities"]),
            fingerprint=about["fingerprint"],
            **frames,
        )
    except (zipfile.BadZipFile, pyarrow.ArrowException, shapely.errors.GEOSException, KeyError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(
            f"compiled reference [{file}] cannot be used: {reason}; delete it, and compile again"
        ) from error


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    pyarrow.parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
