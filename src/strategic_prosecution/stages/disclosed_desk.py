"""What people entered on the desk about the records of a page: contests, audits, checks, call-ins, promises."""

from collections.abc import Collection
from datetime import datetime

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.report.disclosure import Item, Mask, Section
from strategic_prosecution.stages.disclosed_scope import Record
from strategic_prosecution.warehouse import Connection

# Tables of the desk -> what their events are called. Memberships, link decisions and orders have parts of their own.
_TITLES = {
    "membership_actions": "Contests, decisions on contests, and notices",
    "membership_audits": "Sample audits of the roster",
    "call_in_checks": "Checks before a call-in",
    "call_in_people": "Call-ins and other notices: every step",
    "promises": "Promises, and actions under them",
    "incident_reviews": "Shooting reviews of the incidents",
}
_PLAIN = ("date", "timestamp", "integer", "code", "boolean")


def desk_entries(connection: Connection, shown: Collection[Record], mask: Mask) -> list[Section]:
    """One part per table of the desk with every event about the records shown, in the order of recording."""
    connection.register("shown_records", pd.DataFrame(sorted(shown), columns=["t", "r"], dtype="string"))
    sections = []
    for name, title in _TITLES.items():
        table = model.table(f"desk.{name}")
        about = " or ".join(f"({of}, {record}) in (from shown_records)" for of, record in model.DESK_RECORDS[name])
        events = connection.execute(f"from desk.{name} where {about} order by recorded_at, rowid").df()
        items = tuple(
            Item(
                f"{table.name.replace('_', ' ')}, {_text(event['recorded_at'])}",
                tuple(
                    (column.name, mask.text(_text(event[column.name]), numbers=column.dtype not in _PLAIN))
                    for column in table.columns
                    if column.name not in ("event_id", "recorded_at") and not pd.isna(event[column.name])
                ),
            )
            for event in events.to_dict("records")
        )
        sections.append(Section(title, () if items else ("none",), items))
    connection.execute("drop view shown_records")
    return sections


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == datetime.min.time() else f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return str(value)
