"""What every command shares: its options, where it prints, and errors as one line."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from strategic_prosecution.settings import SettingsError

app = typer.Typer(
    name="stratpro",
    help="Strategic prosecution from an office's own extracts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# Piped output is for files and grep: never folded to a width nobody set.
output = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 240)
errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

OfficeFile = Annotated[Path, typer.Option("--office", help="the office's settings file", metavar="FILE")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", formats=["%Y-%m-%d"], help="what was known at the end of this day; default: newest extract"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="print JSON for machines")]
Wait = Annotated[bool, typer.Option("--wait", help="wait for a run that holds the database")]
Debug = Annotated[bool, typer.Option("--debug", help="show the traceback of an error")]

DEFAULT_OFFICE = Path("office.toml")


@contextmanager
def told_in_a_line(debug: bool) -> Iterator[None]:
    """Errors the user can act on are one line on stderr; 2 for settings and usage, 1 for data and the database."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except SettingsError as error:
        _fail(error, code=2, debug=debug)
    except (ValueError, RuntimeError, OSError) as error:
        _fail(error, code=1, debug=debug)
    except Exception as error:
        # Nobody wrote this message for a reader, and it may hold a value of a row.
        if debug:
            raise
        _fail(RuntimeError(f"[{type(error).__name__}] was not expected; --debug shows where"), code=1, debug=debug)


def _fail(error: Exception, *, code: int, debug: bool) -> None:
    if debug:
        raise error
    errors.print(f"stratpro: {' '.join(str(error).split())}")
    sys.exit(code)


def records_of(frame: Any) -> list[dict[str, Any]]:
    """A frame as JSON has it."""
    records: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return records


def print_frame(title: str, frame: Any) -> None:
    """A frame as a table, without the columns that are 0 or empty throughout."""
    if frame.empty:
        output.print(f"{title}: none")
        return
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    shown = [name for name in frame.columns if frame[name].replace(0, None).notna().any()]
    for name in shown:
        is_number = frame[name].dtype.kind in "iu"
        table.add_column(str(name), overflow="fold", justify="right" if is_number else "left")
    for row in frame[shown].itertuples(index=False):
        table.add_row(*(Text(_shown(value)) for value in row))
    output.print(table)


def _shown(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == datetime.min.time() else f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int) else str(value)
