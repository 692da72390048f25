"""The expectations file: TOML, one fact a line in a stable order, tolerances at the top."""

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution.extracts.contracts import ContractError
from strategic_prosecution.settings import nearest

# What is new is compared with the last so many months of what is expected.
YEAR_MONTHS = 12
# A code of fewer rows is not listed: it would come and go, and name a handful of people.
FEWEST_LISTED = 10
SHARE_DECIMALS = 6
_VALUE = ["table_name", "column_name", "value"]
_NUMBERS = ["history", "history_of", "year", "year_of", "dispersion"]
_HEAD = """\
# What core looked like when someone last looked; `stratpro expect` writes it, every build of the newest day is held
# to it. Exact counts: it belongs where office.toml is, not where the public reads. The tolerances are yours to change,
# and stay when the file is written again.
#
# complete_through  the last month listed: the one before the newest month with rows, which may have only begun
# lag_months        so many months before the month of the newest file came after it, and are not judged later either
# rows              of the complete months (with rows that have no day), and of the last twelve of them
# months            rows per complete month, by the day of the event; a month without rows is not listed
# empty             share of these rows in which a column is empty, and
# codes             share of the values there that are this code: of all, of the last twelve months, and how many times
#                   more it swings from month to month than chance makes it (variance; 1 = no more)
"""
_MEANINGS = {
    "share": "a share may move by this much (0.05 = five points)",
    "new_code": "share that a code not listed may have",
    "month_rewritten": "a listed month may gain or lose this share of its rows",
    "few_rows": "and so many rows in any case",
    "month_factor": "a new month may have so many times more or fewer rows than the mean of the last twelve",
    "standard_errors": "and less than this is chance, for shares and months",
}


@dataclass(frozen=True)
class Tolerances:
    """How far facts may move before they have drifted; each is a line at the top of the file."""

    share: float = 0.05
    new_code: float = 0.01
    month_rewritten: float = 0.05
    few_rows: float = 10
    month_factor: float = 1.5
    standard_errors: float = 4.0


@dataclass(frozen=True)
class Expected:
    """What the file says. By table: the last complete month ('' when none), months of lag, and rows up to that month.

    ``months``: table_name, month ('YYYY-MM'), rows. ``shares``: table_name, column_name, value ('' = empty), and of
    history and of its last twelve months the share and what it is a share of (history, history_of, year, year_of),
    and the dispersion of the twelve.
    """

    tolerances: Tolerances
    complete_through: dict[str, str]
    lag_months: dict[str, int]
    rows: dict[str, int]
    months: pd.DataFrame = field(repr=False)
    shares: pd.DataFrame = field(repr=False)


def write_expectations(path: Path, measured: pd.DataFrame, *, replace: bool = False) -> int:
    """Write measured counts as expectations; returns the number of facts (months and shares).

    ``measured`` as ``expectations.measure`` gives it. A file that exists is kept unless ``replace``, and then its
    tolerances are kept. Columns that are empty throughout are no expectation. Raises ContractError.
    """
    tolerances = Tolerances()
    if path.exists():
        if not replace:
            raise ContractError(f"{path.name} exists; look at it, and write it again with --replace")
        tolerances = _tolerances(_content(path).get("tolerances", {}), path)
    lines = [_HEAD, "[tolerances]"]
    for name, value in asdict(tolerances).items():
        lines += [f"# {_MEANINGS[name]}", f"{name} = {value}"]
    for table, rows in measured.groupby("table_name", sort=True):
        lines += _table_lines(str(table), rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    written = read_expectations(path)
    return len(written.months) + len(written.shares)


def read_expectations(path: Path) -> Expected:
    """Read an expectations file. Raises ContractError: which file, what is wrong, what to do."""
    content = _content(path)
    try:
        tolerances = _tolerances(content.pop("tolerances", {}), path)
        months = [
            (table, month, int(count)) for table, said in content.items() for month, count in said["months"].items()
        ]
        shares = [row for table, said in content.items() for row in _read_shares(table, said)]
        return Expected(
            tolerances,
            {table: str(said["complete_through"]) for table, said in content.items()},
            {table: int(said["lag_months"]) for table, said in content.items()},
            {table: int(said["rows"][0]) for table, said in content.items()},
            pd.DataFrame(months, columns=["table_name", "month", "rows"]).astype({"rows": "int64"}),
            pd.DataFrame(
                shares,
                columns=[*_VALUE, *_NUMBERS],
            ).astype(dict.fromkeys(_NUMBERS, "float64")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, ContractError):
            raise
        raise ContractError(
            f"expectations [{path.name}]: not as `stratpro expect` writes it ({type(error).__name__} {error}); "
            "take your change back, or write it again with --replace"
        ) from error


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractError(
            f"expectations [{path.name}] cannot be read ({error.strerror}); write it with `stratpro expect`"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(
            f"expectations [{path.name}]: not valid TOML: {error}; correct it, or remove it and write it again"
        ) from error


def count_shares(facts: pd.DataFrame, *, by: list[str]) -> pd.DataFrame:
    """What each value of each column is a share of, by groups of facts.

    Returns ``by``, column_name, value, rows, of: of an empty value all rows, of a code the rows with a value.
    """
    sums = facts.groupby([*by, "column_name", "value"])["rows"].sum().reset_index()
    every = sums.loc[sums["column_name"] == "", [*by, "rows"]].rename(columns={"rows": "every"})
    values = sums[sums["column_name"] != ""]
    empty = values.loc[values["value"] == "", [*by, "column_name", "rows"]].rename(columns={"rows": "empty"})
    joined = values.merge(every, on=by).merge(empty, on=[*by, "column_name"])
    joined["of"] = joined["every"].where(joined["value"] == "", joined["every"] - joined["empty"])
    return joined.drop(columns=["every", "empty"])


def months_to(last: str, count: int) -> list[str]:
    """The ``count`` months that end with ``last``, as 'YYYY-MM'."""
    return [str(month) for month in pd.period_range(end=last, periods=count, freq="M")]


def month_before(month: str, count: int = 1) -> str:
    """The month so many months before one."""
    return str(pd.Period(month, "M") - count)


def _table_lines(table: str, facts: pd.DataFrame) -> list[str]:
    rows = facts[facts["column_name"] == ""]
    newest = through = str(facts["complete_through"].iloc[0])
    if (dated := rows.loc[rows["month"] != "", "month"]).size and through:
        through = min(through, month_before(dated.max()))
    lag = pd.Period(newest, "M").ordinal - pd.Period(through, "M").ordinal if through else 0
    history = facts[facts["month"] <= through]
    year = history[history["month"].isin(months_to(through, YEAR_MONTHS) if through else [])]
    totals = [int(part.loc[part["column_name"] == "", "rows"].sum()) for part in (history, year)]
    key = f'"{table}"' if " " in table else table
    lines = ["", f"[{key}]", f'complete_through = "{through}"', f"lag_months = {lag}"]
    lines += [f"rows = [{totals[0]}, {totals[1]}]"]
    months = rows[(rows["month"] != "") & (rows["month"] <= through)].sort_values("month")
    lines += ["", f"[{key}.months]"]
    lines += [f"{month} = {count}" for month, count in zip(months["month"], months["rows"], strict=True)]
    shares = _both_shares(history, year)
    lines += ["", f"[{key}.empty]"]
    lines += [_share_line(str(row.column_name), row) for row in shares[shares["value"] == ""].itertuples()]
    codes = shares[(shares["value"] != "") & (shares["rows"] >= FEWEST_LISTED)]
    for column, values in codes.groupby("column_name", sort=True):
        lines += ["", f"[{key}.codes.{column}]"]
        lines += [_share_line(str(row.value), row) for row in values.itertuples()]
    return lines


def _both_shares(history: pd.DataFrame, year: pd.DataFrame) -> pd.DataFrame:
    """Shares of history and of its last year, without the columns that are empty throughout."""
    both = count_shares(history, by=["table_name"]).merge(
        count_shares(year, by=["table_name"]), on=_VALUE, how="left", suffixes=("", "_year")
    )
    both = both.merge(_dispersion(year), on=_VALUE, how="left")
    unused = both.loc[(both["value"] == "") & (both["rows"] == both["of"]), "column_name"]
    both = both[~both["column_name"].isin(unused)].sort_values(["column_name", "value"])
    return both.assign(
        share=(both["rows"] / both["of"]).round(SHARE_DECIMALS),
        share_year=(both["rows_year"] / both["of_year"]).fillna(0.0).round(SHARE_DECIMALS),
        dispersion=both["dispersion"].fillna(1.0).round(2),
    )


def _dispersion(year: pd.DataFrame) -> pd.DataFrame:
    """Pearson dispersion of each share over the months of a year: 1 where months differ no more than chance makes them.

    Sum of (rows - expected)^2 / (expected (1 - share)) over months less one, as in quasi-binomial regression
    (McCullagh and Nelder 1989, section 4.5); at least 1.
    """
    # A month without a value has no rows of it, and counts.
    none = year[["month", "table_name"]].drop_duplicates().merge(year[_VALUE].drop_duplicates(), on="table_name")
    months = count_shares(pd.concat([year, none.assign(rows=0)]), by=["table_name", "month"])
    months = months[months["of"] > 0]
    sums = months.groupby(_VALUE)[["rows", "of"]].transform("sum")
    share = sums["rows"] / sums["of"]
    variance = months["of"] * share * (1 - share)
    squares = (months["rows"] - months["of"] * share) ** 2 / variance.where(variance > 0)
    found = months.assign(squares=squares).groupby(_VALUE)["squares"].agg(["sum", "count"]).reset_index()
    dispersion = (found["sum"] / (found["count"] - 1).where(found["count"] > 1)).fillna(1.0).clip(lower=1.0)
    return found[_VALUE].assign(dispersion=dispersion)


def _share_line(name: str, row: Any) -> str:
    return f"{name} = [{row.share:.{SHARE_DECIMALS}f}, {row.share_year:.{SHARE_DECIMALS}f}, {row.dispersion:.2f}]"


def _read_shares(table: str, said: dict[str, Any]) -> list[tuple[str | float, ...]]:
    rows: list[tuple[str | float, ...]] = []
    for column, (history, year, dispersion) in said["empty"].items():
        rows.append((table, column, "", history, said["rows"][0], year, said["rows"][1], dispersion))
    for column, values in said.get("codes", {}).items():
        empty = said["empty"][column]
        of = [round(count * (1 - share)) for count, share in zip(said["rows"], empty[:2], strict=True)]
        for value, (history, year, dispersion) in values.items():
            rows.append((table, column, value, history, of[0], year, of[1], dispersion))
    return rows


def _tolerances(said: dict[str, Any], path: Path) -> Tolerances:
    known = [item.name for item in fields(Tolerances)]
    for name, value in said.items():
        if name not in known:
            raise ContractError(f"expectations [{path.name}]: no tolerance [{name}]{nearest(name, known)}")
        least = 1 if name == "month_factor" else 0
        if not isinstance(value, int | float) or isinstance(value, bool) or not value > least:
            raise ContractError(f"expectations [{path.name}]: tolerance {name} = [{value}] must be more than {least}")
    return Tolerances(**said)
