"""Memberships entered by hand, for an office whose audit is no extract: a form is read whole, or nothing of it counts.

Each line becomes an event on the desk. A line without a criterion or an approver is a tip: it is kept, and counts
nowhere. The next night links what was entered.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import desk, extracts, model, warehouse
from strategic_prosecution.groups.memberships import NEVER_A_CRITERION, OLDEST_YEARS
from strategic_prosecution.people import usable_numbers
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.stages.forms import FormError, read_form
from strategic_prosecution.stages.roster import people_sql, plain
from strategic_prosecution.warehouse import Connection

_ROSTER = model.table("desk.memberships")
# What a form may have: all that an audit states. Age says nothing that a date of birth does not.
COLUMNS = tuple(
    name
    for name in _ROSTER.names
    if name not in ("event_id", "recorded_at", "recorded_by", "why", "source_load", "source_row", "age")
)
# What an empty form has.
FORM = tuple(name for name in COLUMNS if name not in ("race_ethnicity", "sex") and not name.startswith("contest"))
IDENTITY = ("given_name", "family_name", "birth_date", "state_id", "fbi_id", "source_person_id")
_EVIDENCE = ("criterion", "source", "evidence_date")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

# One line: where it stands, and its values by column.
Entry = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Entered:
    """What became of a form: lines recorded (of these corrections and tips) and unchanged; what to know of the rest.

    By their own statements: people known and not known in core, in two groups or more (of the whole roster), and lines
    that will not count because their evidence is from before 18 or their date of birth is missing.
    """

    recorded: int
    corrected: int
    unchanged: int
    tips: int
    people_known: int
    people_not_known: int
    people_in_two_groups: int
    evidence_before_18: int
    birth_date_missing: int


def read_memberships(path: Path, *, on: date) -> list[Entry]:
    """The lines of a form of memberships, typed; FormError where any is wrong, SettingsError where it is no form."""
    lines = read_form(path, columns=COLUMNS, required=("group_id",))
    if not lines:
        raise SettingsError(f"{path.name} has no line filled in; write a membership on each")
    return checked(((line.where, line.values) for line in lines), on=on)


def checked(lines: Iterable[tuple[str, Mapping[str, str]]], *, on: date) -> list[Entry]:
    """Lines typed by the model and checked one by one; FormError with a message per wrong line."""
    entries, messages = [], []
    for where, values in lines:
        try:
            entries.append((where, _checked(values, on=on)))
        except ValueError as error:
            messages.append(f"{where}: {error}")
    if messages:
        raise FormError(messages)
    return entries


def enter(connection: Connection, office: Office, entries: Sequence[Entry], *, why: str, on: date) -> Entered:
    """Put the memberships of a form on the desk: all, or none. The same line again changes nothing.

    A line without membership_id gets one: a digest of group, person and evidence. Without known_on it is known ``on``;
    a correction always is. For use inside a run. FormError for a key that is there twice, one that an extract speaks of
    (its next file would outrank the form), one that an order made the office forget, and a correction of an earlier day
    than what it corrects.
    """
    keyed = [(where, row | {"membership_id": row["membership_id"] or membership_key(row)}) for where, row in entries]
    standing = connection.execute(
        "from desk.memberships qualify row_number() over "
        "(partition by membership_id order by known_on desc, recorded_at desc, rowid desc) = 1"
    ).df()
    known = {row["membership_id"]: row for row in plain(standing)}
    from_extracts = {
        key
        for (key,) in connection.execute(
            "select distinct membership_id from desk.memberships where source_load is not null"
        ).fetchall()
    }
    forgotten = _forgotten(connection, office, [row["membership_id"] for _, row in keyed])
    new: dict[str, dict[str, Any]] = {}
    seen: dict[str, dict[str, Any]] = {}
    corrected, messages = 0, []
    for where, row in keyed:
        key, was = row["membership_id"], known.get(row["membership_id"])
        if key in forgotten:
            messages.append(f"{where}: an order made the office forget this membership; take the line out")
        elif key in from_extracts:
            messages.append(f"{where}: this membership comes from an extract, which would outrank it; correct it there")
        elif key in seen:
            if seen[key] != row:
                messages.append(
                    f"{where}: another line of the form has the same membership_id, and says something else"
                )
        elif was is None:
            new[key] = row | {"known_on": row["known_on"] or on}
        elif any(row[name] != was[name] for name in COLUMNS if name != "known_on"):
            new[key] = row | {"known_on": on}
            corrected += 1
            if on < was["known_on"]:
                messages.append(f"{where}: what it corrects is known since {was['known_on']}; enter it --on that day")
        seen[key] = row
    if messages:
        raise FormError(messages)
    tips = sum(is_tip(row) for row in new.values())
    if new:
        audit.append(office, "roster_changed", memberships=len(new), corrected=corrected, tips=tips)
        with warehouse.transaction(connection):
            for row in new.values():
                desk.add(connection, _ROSTER, why=why, **row)
    return _counted(connection, office, new, unchanged=len(keyed) - len(new), corrected=corrected, on=on)


def is_tip(row: Mapping[str, Any]) -> bool:
    """Whether a membership has no basis or nobody who approved it."""
    return not row["criterion"] or not row["approver"]


def membership_key(row: Mapping[str, Any]) -> str:
    """The key of a membership that has none: a digest of group, person and evidence."""
    said = [str(row[name] or "").strip().lower() for name in ("group_id", *IDENTITY, *_EVIDENCE)]
    return "m_" + hashlib.sha256(json.dumps(said).encode()).hexdigest()[:20]


def is_before_18(birth_date: date, evidence_date: date) -> bool:
    """Whether somebody was under 18 on a day; born on 29 February, they turn 18 on 1 March."""
    turned = (evidence_date.month, evidence_date.day) >= (birth_date.month, birth_date.day)
    return evidence_date.year - birth_date.year - (not turned) < 18


def _checked(values: Mapping[str, str], *, on: date) -> dict[str, Any]:
    row = {name: _typed(_ROSTER.column(name), values.get(name, "").strip()) for name in COLUMNS}
    if not row["group_id"]:
        raise ValueError("it names no group; fill in [group_id]")
    if not any(row[name] for name in IDENTITY if name != "birth_date"):
        raise ValueError("it names nobody; fill in a name or a number")
    if row["criterion"]:
        row["criterion"] = row["criterion"].lower()
        if row["criterion"] in NEVER_A_CRITERION:
            raise ValueError(f"{', '.join(NEVER_A_CRITERION[:-1])} or {NEVER_A_CRITERION[-1]} alone is never a basis")
        if row["criterion"] not in model.MEMBERSHIP_CRITERIA:
            raise ValueError(f"no criterion is called so{nearest(row['criterion'], model.MEMBERSHIP_CRITERIA)}")
    for name in COLUMNS:
        if name != "expires_on" and isinstance(row[name], date) and row[name] > on:
            raise ValueError(f"[{name}] is after {on}")
    if row["birth_date"] and on.year - row["birth_date"].year > OLDEST_YEARS:
        raise ValueError(
            f"[birth_date] is over {OLDEST_YEARS} years ago, and stands for an unknown one; leave it empty"
        )
    for first, second in (
        ("birth_date", "evidence_date"),
        ("evidence_date", "last_fact_date"),
        ("evidence_date", "known_on"),
    ):
        if row[first] and row[second] and row[second] < row[first]:
            raise ValueError(f"[{second}] is before [{first}]; one of the two is wrong")
    return row


def _typed(column: model.Column, text: str) -> Any:
    if not text:
        return None
    if column.dtype == "date":
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise ValueError(f"[{column.name}] is no day; write it as 2024-03-31")
    if column.dtype == "code" and column.name != "criterion" and text not in column.values:
        raise ValueError(f"[{column.name}] is none of {', '.join(column.values)}")
    return text


def _forgotten(connection: Connection, office: Office, keys: Sequence[str]) -> set[str]:
    """Those of the memberships that an order of expungement is about."""
    if not extracts.load_forgotten(connection, office):
        return set()
    found = connection.execute(
        "select key from (select unnest($keys) as key) "
        "where fingerprint_of('memberships', key) in (select fingerprint from forgotten)",
        {"keys": list(keys)},
    ).fetchall()
    return {key for (key,) in found}


def _counted(
    connection: Connection,
    office: Office,
    new: Mapping[str, dict[str, Any]],
    *,
    unchanged: int,
    corrected: int,
    on: date,
) -> Entered:
    rows = pd.DataFrame(list(new.values()), columns=list(COLUMNS))
    whole = desk.current(connection, office, _ROSTER, as_of=on)
    groups = whole.assign(who=_who(whole)).groupby("who")["group_id"].nunique()
    who = _who(rows)
    births = rows[["birth_date", "evidence_date"]].dropna()
    known = _known(connection, rows)
    return Entered(
        recorded=len(rows),
        corrected=corrected,
        unchanged=unchanged,
        tips=sum(is_tip(row) for row in new.values()),
        people_known=int(who[known].nunique()),
        people_not_known=int(who[~known].nunique()),
        people_in_two_groups=int(groups.reindex(who.unique()).ge(2).sum()),
        evidence_before_18=sum(is_before_18(*pair) for pair in births.itertuples(index=False, name=None)),
        birth_date_missing=int(rows["birth_date"].isna().sum()),
    )


def _numbers(rows: pd.DataFrame) -> "pd.Series[str]":
    asked = rows[["state_id", "fbi_id", "source_person_id"]].assign(record_table="memberships", record_id=rows.index)
    return usable_numbers(asked)["state_id"].astype("object")


def _names(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {name: rows[name].astype("string").str.strip().str.lower() for name in ("given_name", "family_name")}
        | {"birth_date": pd.to_datetime(rows["birth_date"]).dt.strftime("%Y-%m-%d")}
    )


def _who(rows: pd.DataFrame) -> "pd.Series[str]":
    """Who a membership says it is of: by the state's number, else by names and date of birth."""
    names = _names(rows).astype("object").fillna("").agg("|".join, axis=1) if len(rows) else pd.Series(dtype="object")
    return _numbers(rows).fillna(names)


def _known(connection: Connection, rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether anybody in core has the number, or the names and date of birth, of each membership."""
    asked = _names(rows).assign(number=_numbers(rows).astype("string"), line=range(len(rows)))
    connection.register("asked_people", asked.convert_dtypes(dtype_backend="pyarrow"))
    people = people_sql("state_id", "given_name", "family_name", "birth_date")
    found = connection.execute(
        f"""
        with people as (
            select regexp_replace(upper(state_id), '[^0-9A-Z]', '', 'g') as number,
                lower(trim(given_name)) as given_name, lower(trim(family_name)) as family_name, birth_date
            from ({people}) join core.person_records using (record_table, record_id)
        )
        select line from asked_people as asked
        where asked.number::varchar in (select number from people)
            or (given_name::varchar, family_name::varchar, birth_date::date) in (
                select (given_name, family_name, birth_date) from people where birth_date is not null
            )
        """
    ).fetchall()
    connection.unregister("asked_people")
    return pd.Series(rows.reset_index(drop=True).index.isin([line for (line,) in found]), index=rows.index, dtype=bool)
