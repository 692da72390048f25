"""What an office may count on from an extract: shares set aside and withdrawn, rows of a file, age of the newest file.

Each contract is a setting of the extract. ``*_breaches`` say all that is broken, for a list; ``check_*`` raise.
No message holds a value of a row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from strategic_prosecution.settings import Extract, Office
from strategic_prosecution.warehouse import Connection

# So many may be set aside, or vanish in a night, whatever the share: 1 of 3 rows is a typing error, not a broken feed.
FEW_ROWS = 10
# Named in an error; the rest are counted.
NAMED = 5


class ContractError(ValueError):
    """The extracts are not what office.toml says they are; the message says which, by how much, and what to do."""


@dataclass(frozen=True)
class Breach:
    """One contract that does not hold: of which extract, table and column ('' where it is about all), and why."""

    extract: str
    why: str
    table_name: str = ""
    column_name: str = ""
    rows: int = 0


def check_accounting(office: Office, accounting: pd.DataFrame) -> None:
    """Raise ContractError when feeds set aside or lost a larger share of their rows than their extracts allow.

    ``accounting``: one row per feed, the columns of ``mart.data_quality``. See ``accounting_breaches``.
    """
    raise_for(accounting_breaches(office, accounting))


def check_share(name: str, table: str, extract: Extract, *, set_aside: int, of: int) -> None:
    """Raise ContractError when a larger share of rows is set aside than an extract allows."""
    breach = _over(name, table, "max_set_aside_share", extract.max_set_aside_share, set_aside, of)
    raise_for([breach] if breach else [])


def check_freshness(connection: Connection, office: Office, as_of: date) -> None:
    """Raise ContractError naming every extract that was too old on a local day. See ``freshness_breaches``."""
    raise_for(freshness_breaches(connection, office, as_of))


def check_rows(name: str, extract: Extract, rows: int) -> str | None:
    """What is wrong with a file of so many rows under ``expected_rows`` (both ends allowed); None when nothing is."""
    if extract.expected_rows is None or extract.expected_rows[0] <= rows <= extract.expected_rows[1]:
        return None
    fewest, most = extract.expected_rows
    return (
        f"has {rows} rows, and extracts.{name}.expected_rows is [{fewest}, {most}]; "
        "check the file, or correct the range; it does not land"
    )


def accounting_breaches(office: Office, accounting: pd.DataFrame) -> list[Breach]:
    """The feeds that set aside, or whose newest file lacks, a larger share of rows than their extract allows.

    Grain: one row of ``accounting`` per feed. A row replaced by a newer one (superseded) or of a later day (not_yet)
    says nothing about the file, so the share of rows set aside is of the others; that of the newest file is judged by
    itself, for a long past would hide a night that is lost. A share exactly at the limit holds,
    and so does any share of at most ``FEW_ROWS`` rows. Without a key a corrected row is one gone and one new, so
    feeds with ``key = "row"`` have no share of withdrawn rows.
    """
    breaches = []
    for row in accounting.to_dict("records"):
        name, table = str(row["extract"]), str(row["table_name"])
        extract = office.extracts[name]
        judged = int(row["read"] - row["superseded"] - row["not_yet"])
        if breach := _over(name, table, "max_set_aside_share", extract.max_set_aside_share, row["set_aside"], judged):
            breaches.append(breach)
        newest = int(row["newest_set_aside"])
        if not breach and (
            of_newest := _over(
                name,
                table,
                "max_set_aside_share",
                extract.max_set_aside_share,
                newest,
                int(row["newest_read"]),
                where="rows of the newest file for",
            )
        ):
            breaches.append(of_newest)
        has_key = extract.feeds[row["feed"] - 1].key != "row"
        gone, held, allowed = row["newest_withdrawn"], int(row["held_before"]), extract.max_withdrawn_share
        if has_key and (breach := _over(name, table, "max_withdrawn_share", allowed, gone, held)):
            breaches.append(breach)
    return breaches


def freshness_breaches(connection: Connection, office: Office, as_of: date) -> list[Breach]:
    """The extracts with ``max_age_days`` whose newest file made by the end of ``as_of`` is older, or that have none.

    A day before the first file of an extract is reconstructed from that file: it has no age then.
    """
    found = connection.execute(
        "select extract, max(extract_date) filter (extract_date <= ?) from meta.loads group by extract", [as_of]
    ).fetchall()
    newest: dict[str, date | None] = dict(found)
    breaches = []
    for name, extract in office.extracts.items():
        if extract.max_age_days is None:
            continue
        day = newest.get(name)
        if name not in newest:
            breaches.append(Breach(name, f"no file has landed, and max_age_days = {extract.max_age_days}; bring one"))
        elif day is not None and (age := (as_of - day).days) > extract.max_age_days:
            why = f"its newest file is of {day}, {age} days before {as_of}, more than max_age_days = "
            breaches.append(Breach(name, f"{why}{extract.max_age_days}; ask for a newer one, or allow it"))
    return breaches


def without_limits(office: Office) -> Office:
    """The same office with nothing that stops a build, so that a check sees all that is wrong, not the first only."""
    off = {"max_set_aside_share": 1.0, "max_withdrawn_share": 1.0, "max_age_days": None}
    extracts = {name: extract.model_copy(update=off) for name, extract in office.extracts.items()}
    section = office.office.model_copy(update={"expectations": None})
    return office.model_copy(update={"extracts": extracts, "office": section})


def raise_for(breaches: Iterable[Breach]) -> None:
    """Raise ContractError in one line for the breaches there are, the first ones named."""
    said = [_said(breach) for breach in breaches]
    if said:
        more = f"; and {len(said) - NAMED} more, see `stratpro check`" if len(said) > NAMED else ""
        raise ContractError("; ".join(said[:NAMED]) + more)


def _over(
    name: str, table: str, setting: str, allowed: float, rows: int, of: int, *, where: str = "rows of"
) -> Breach | None:
    # 0.29 * 100 is a little less than 29 in binary, and 29 of 100 rows are no more than a share of 0.29.
    if rows <= max(FEW_ROWS, allowed * of + 1e-9):
        return None
    became, advice = {
        "max_set_aside_share": ("were set aside", "`stratpro check` lists why: correct the feed, or allow it"),
        "max_withdrawn_share": ("are missing from its newest file", "check the file, or allow it"),
    }[setting]
    share = f"{100 * rows / of:.2f} %"
    why = f"{rows} of {of} {where} [{table}] {became} ({share}), more than {setting} = {allowed}; {advice}"
    return Breach(name, why, table_name=table, rows=int(rows))


def _said(breach: Breach) -> str:
    return f"extract [{breach.extract}]: {breach.why}"
