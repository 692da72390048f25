"""What the values of each column look like, without keeping them: shares and shapes, and frequent code values."""

import re
from dataclasses import dataclass

from strategic_prosecution.extracts.propose.dates import Dates, read_dates
from strategic_prosecution.extracts.propose.files import FoundLayout
from strategic_prosecution.extracts.propose.words import words
from strategic_prosecution.warehouse import Connection, identifier

# Rows looked at for the shape of values, spread over the files; keys and date ranges are read on all rows.
SAMPLE_ROWS = 50_000
_TOP_VALUES = 400
_STREET = (
    r"\b(AVE|AVENUE|ST|STREET|RD|ROAD|DR|DRIVE|LN|LANE|BLVD|BLV|CT|COURT|PL|PLACE|PKWY|HWY|HIGHWAY|CIR|WAY|TER|"
    r"TERR|TERRACE|SQ|PIKE|EXPY|FWY|BROADWAY|ALY|ALLEY|RTE|ROUTE|XING|LOOP|TRL)\b"
)
_BLOCK = r"^\s*[0-9X]+(-[0-9]+)?( 1/2)?\s+[A-Z0-9]|\bBLOCK\b|\bBLK\b"
_CORNER = r"[A-Z0-9]\s*(/|&|@|\bAND\b|\bAT\b)\s*[A-Z0-9]"
_YES_NO = {"y", "n", "yes", "no", "true", "false", "t", "f", "0", "1", "0.0", "1.0"}


@dataclass(frozen=True)
class Shape:
    """One column: how full, how varied, and what its values could be. Shares are of the filled rows looked at."""

    name: str
    words: str
    filled: float
    distinct: int
    rows: int
    numeric: float
    whole: float
    low: float | None
    high: float | None
    addresses: float
    streets: float
    letters: float
    longest: int
    dates: Dates | None
    top: tuple[tuple[str, int], ...]

    @property
    def is_flag(self) -> bool:
        """Whether the values are yes and no."""
        return 0 < len(self.top) <= 4 and {value.lower() for value, _ in self.top} <= _YES_NO

    @property
    def is_clock(self) -> bool:
        """Whether the values are a time of day: an hour, 1430, 14:30."""
        if self.numeric > 0.95:
            return self.low is not None and self.high is not None and self.low >= 0 and self.high <= 2400
        return bool(self.top) and all(re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?( ?[AP]M)?", value) for value, _ in self.top)


def shapes(connection: Connection, layout: FoundLayout) -> tuple[Shape, ...]:
    """The shape of every column of a layout; the rows looked at are spread evenly over its files."""
    row = connection.execute(f"select count(*) from {layout.table}").fetchone()
    rows = int(row[0]) if row else 0
    step = max(1, rows // SAMPLE_ROWS)
    connection.execute(
        f"create or replace temp table sampled as select * exclude (n) from (select *, row_number() over "
        f'(order by "__file", "__row") as n from {layout.table}) where n % {step} = 0 or n = 1'
    )
    return tuple(_shape(connection, name, rows) for name in layout.header)


def _shape(connection: Connection, name: str, rows: int) -> Shape:
    text = f"nullif(trim({identifier(name)}), '')"
    connection.execute(
        f"create or replace temp table counted as select value, upper(value) as big, try_cast(value as double) as x, "
        f"count(*) as n from (select {text} as value from sampled) group by value"
    )
    row = connection.execute(
        f"""
        with numbers as (
            select try_cast({text} as double) as x from sampled where isfinite(try_cast({text} as double))
        )
        select coalesce(sum(n) filter (value is not null), 0), coalesce(sum(n), 0),
            count(*) filter (value is not null), coalesce(sum(n) filter (isfinite(x)), 0),
            coalesce(sum(n) filter (isfinite(x) and x = trunc(x)), 0),
            (select quantile_cont(x, 0.01) from numbers where x <> 0), (select quantile_cont(x, 0.99) from numbers),
            coalesce(sum(n) filter (regexp_matches(big, $block) or
                (regexp_matches(big, $corner) and regexp_matches(big, $street))), 0),
            coalesce(sum(n) filter (regexp_matches(big, $street)), 0),
            coalesce(sum(n) filter (regexp_matches(big, '[A-Z]')), 0), coalesce(max(length(value)), 0)
        from counted
        """,
        {"block": _BLOCK, "corner": _CORNER, "street": _STREET},
    ).fetchone()
    assert row is not None
    top = connection.execute(
        f"select value, n from counted where value is not null order by n desc, value limit {_TOP_VALUES}"
    ).fetchall()
    full = max(int(row[0]), 1)
    is_address_like = row[7] / full > 0.3 and row[9] / full > 0.5
    examples = tuple(str(value) for value, _ in top[:200])
    return Shape(
        name=name,
        words=words(name),
        filled=row[0] / max(int(row[1]), 1),
        distinct=int(row[2]),
        rows=rows,
        numeric=row[3] / full,
        whole=row[4] / full,
        low=row[5],
        high=row[6],
        addresses=row[7] / full if row[9] / full > 0.5 else 0.0,
        streets=row[8] / full,
        letters=row[9] / full,
        longest=int(row[10]),
        dates=None if is_address_like and row[8] / full > 0.3 else read_dates(connection, "sampled", name, examples),
        top=tuple((str(value), int(n)) for value, n in top),
    )
