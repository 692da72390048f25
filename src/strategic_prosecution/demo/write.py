"""Files to disk: same bytes for the same county, untouched when nothing changed, dated as their extract says."""

import filecmp
import json
import os
import re
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.demo import days
from strategic_prosecution.demo.sheets import DIRT, Sheet

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


def write_sheet(folder: Path, sheet: Sheet) -> Path:
    """One extract file, in its vendor's encoding, delimiter and line ends."""
    path = folder / sheet.path
    part = _part(path)
    frame = sheet.frame.drop(columns=DIRT)
    frame.to_csv(part, index=False, encoding=sheet.encoding, sep=sheet.delimiter, lineterminator=sheet.newline)
    if sheet.tail:
        with part.open("a", encoding=sheet.encoding, newline="") as out:
            out.writelines(line + sheet.newline for line in sheet.tail)
    return _settle(part, path)


def write_table(path: Path, frame: pd.DataFrame) -> Path:
    """A plain UTF-8 CSV: reference layers and the truth."""
    part = _part(path)
    frame.to_csv(part, index=False, lineterminator="\n")
    return _settle(part, path)


def write_json(path: Path, content: Any) -> Path:
    """Indented JSON, keys in the order given."""
    return write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> Path:
    """UTF-8 text."""
    part = _part(path)
    part.write_text(text, encoding="utf-8")
    return _settle(part, path)


def dirty_rows(sheet: Sheet) -> pd.DataFrame:
    """Where each dirty row stands: file, record (header = 1), line (a field may run over several), kind.

    A row of kind ``duplicate_last`` is the one that counts and is not listed. Ragged lines stand at the end.
    """
    frame = sheet.frame
    texts = frame.drop(columns=DIRT)
    breaks = sum((texts[column].str.count("\n").to_numpy(np.int64) for column in texts), np.zeros(len(frame), np.int64))
    record = np.arange(2, len(frame) + 2 + len(sheet.tail))
    before = np.concatenate([[0], np.cumsum(breaks)])
    line = record + np.concatenate([before[:-1], np.full(len(sheet.tail), before[-1])])
    kind = np.concatenate([frame[DIRT].to_numpy(object), np.full(len(sheet.tail), "ragged_row", dtype=object)])
    rows = pd.DataFrame({"file": sheet.path.removeprefix("raw/"), "record": record, "line": line, "kind": kind})
    return rows[~rows["kind"].isin(["", "duplicate_last"])]


def _part(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.part")


def _settle(part: Path, path: Path) -> Path:
    """Put the finished file in place unless it is there already; its time is that of its extract."""
    if path.exists() and filecmp.cmp(part, path, shallow=False):
        part.unlink()
    else:
        part.replace(path)
    found = _DATE.search(path.name)
    day = datetime(*(int(part) for part in found.groups())).date() if found else days.LAST_DATE  # type: ignore[arg-type]
    moment = datetime.combine(day, time(), UTC).timestamp()
    os.utime(path, (moment, moment))
    return path
