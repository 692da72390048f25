"""What names people and leaves the office's data: the audit log and the desk know of it before there is a file."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.fingerprints import fingerprint, fingerprint_key
from strategic_prosecution.report.named_page import Heading
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse import Connection

Record = tuple[str, str]


def note_export(
    connection: Connection,
    office: Office,
    *,
    view: str,
    heading: Heading,
    records: Iterable[Record],
    people: int,
    files: Mapping[str, str | None],
    on: date,
    call_in_id: str | None = None,
    export_id: str | None = None,
    **facts: Any,
) -> str:
    """Say in the audit log and on the desk what is about to be given to whom; returns its export_id.

    ``records``: by which the people are named; each is marked by its fingerprint, so that an order on it finds the
    list. ``files``: name -> SHA-256, or None for a form, which changes as it is filled in. ``facts``: what else the
    audit log is told. Raises SettingsError without a fingerprint key.
    """
    key, export_id = fingerprint_key(office), export_id or desk.new_id("export")
    marks = sorted({(table, fingerprint(table, record, key=key)) for table, record in records})
    audit.append(
        office,
        "list_exported",
        export=export_id,
        call_in=call_in_id,
        view=view,
        people=people,
        expires_on=heading.expires_on,
        files_sha256=[digest for digest in files.values() if digest is not None],
        fingerprints=sorted({mark for _, mark in marks}),
        **facts,
    )
    with warehouse.transaction(connection):
        desk.check_fingerprint_key(connection, key)
        desk.add(
            connection,
            model.table("desk.list_exports"),
            why=heading.purpose,
            known_on=on,
            export_id=export_id,
            call_in_id=call_in_id,
            view=view,
            recipient=heading.recipient,
            agreement=heading.agreement,
            people=people,
            files=json.dumps(dict(files)),
            expires_on=heading.expires_on,
        )
        for table, mark in marks:
            connection.execute("insert into desk.order_records values (?, ?, ?, null)", [export_id, table, mark])
    return export_id
