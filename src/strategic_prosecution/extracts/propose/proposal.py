"""What ``propose`` finds: extracts with their feeds, every guess with its evidence, and what could not be placed."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from strategic_prosecution.extracts.propose.choose import Guess
from strategic_prosecution.extracts.propose.codes import CodeMap


@dataclass(frozen=True)
class ProposedFeed:
    """One table an extract may fill. ``key`` is our key column or "row"; ``key_why`` says on what it rests."""

    table: str
    key: str
    key_why: str
    columns: tuple[Guess, ...]
    layouts: tuple[str, ...] = ()
    where: str = ""
    order_by: tuple[str, ...] = ()
    reversal_when: str = ""
    reversal_match: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def theirs(self, *ours: str) -> tuple[str, ...]:
        """The columns that fill the first of ours that is filled."""
        found = {guess.ours: guess.columns for guess in self.columns}
        return next((found[name] for name in ours if name in found), ())


@dataclass(frozen=True)
class ProposedLayout:
    """One header of an extract: a name the feeds use = this layout's column or expression."""

    name: str
    header: tuple[str, ...]
    columns: dict[str, str]
    files: tuple[str, ...]


@dataclass(frozen=True)
class ProposedExtract:
    """One section of office.toml."""

    name: str
    patterns: tuple[str, ...]
    files: tuple[str, ...]
    rows: int
    feeds: tuple[ProposedFeed, ...]
    date_formats: tuple[str, ...]
    timezone: str
    filler_dates: dict[date, int]
    line_numbers: tuple[str, ...]
    dated_by_name: bool
    extract_dates: dict[str, date]
    holds: str
    holds_why: str
    layouts: tuple[ProposedLayout, ...]
    codes: dict[str, CodeMap]
    notes: tuple[str, ...]
    unplaced: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """A file that is no extract: what it may be, with a hint for [places]."""

    name: str
    what: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """An office.toml to be: its extracts, what the files say of clock and map, and what found no place."""

    folder: Path
    extracts: tuple[ProposedExtract, ...]
    references: tuple[Reference, ...]
    unreadable: dict[str, str]
    name: str
    timezone: str
    timezone_why: str
    crs: str
    crs_why: str
