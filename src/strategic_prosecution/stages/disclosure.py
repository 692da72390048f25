"""Everything held on a person or a case, for an attorney: found, written down as disclosed, and put on a page.

What is disclosed is what an order about the same person or case would reach, and what stands in the same cases and
incidents. Other people there are shown without what is about them. The disclosure is on the desk and in the audit log,
as fingerprints, before its page is written.
"""

import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.fingerprints import fingerprint, fingerprint_key
from strategic_prosecution.report.disclosure import Section, render_page
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.stages import selection
from strategic_prosecution.stages.disclosed_page import sections
from strategic_prosecution.stages.disclosed_rows import list_record_rows
from strategic_prosecution.stages.disclosed_scope import Scope, find_scope, marks_of
from strategic_prosecution.stages.expungement import LISTS
from strategic_prosecution.stages.selection import Asked, SelectionError
from strategic_prosecution.warehouse import Connection


@dataclass(frozen=True)
class Disclosed:
    """One disclosure: its key, where its page is (None: nowhere but in ``text``), and what it shows and does not."""

    disclosure_id: str
    path: Path | None
    text: str
    records: int
    sealed: int


def disclose(
    office: Office,
    asked: list[Asked],
    *,
    recipient: str,
    purpose: str,
    known_on: date,
    authority: str | None = None,
    out: Path | None = None,
) -> tuple[list[Disclosed], list[SelectionError]]:
    """Disclose each thing asked for; returns the disclosures, and why the others are none. For use inside a run.

    authority
        for showing sealed records too; None: they are counted only
    out
        the file to write instead of one below processed_dir, or "-": none is written; one disclosure only

    Raises SettingsError without a fingerprint key, and for a file that is there already; then nothing is disclosed.
    """
    for said, option in (
        (recipient, "--for"),
        (purpose, "--purpose"),
        ("-" if authority is None else authority, "--authority"),
    ):
        if not said.strip() or not said.isprintable():
            raise SettingsError(f"{option} is said in one line of plain text")
    key = fingerprint_key(office)
    done, refused = [], []
    with warehouse.open_records(office) as connection:
        selection.prepare(connection, office)
        list_record_rows(connection, office)
        for item in asked:
            try:
                said = f"{recipient} {purpose} {authority or ''}"
                found = selection.select(connection, office, replace(item, why=said))
            except SelectionError as error:
                refused.append(error)
                continue
            scope = find_scope(connection, found, with_sealed=authority is not None)
            disclosure_id = desk.new_id("disclosure")
            head = _head(
                office,
                disclosure_id,
                recipient=recipient,
                purpose=purpose,
                known_on=known_on,
                authority=authority,
            )
            text = render_page([head, *sections(connection, office, scope, key=key)])
            path = None if out == Path("-") else _reserve(office, out, disclosure_id)
            try:
                _record(
                    connection,
                    office,
                    scope,
                    key=key,
                    disclosure_id=disclosure_id,
                    recipient=recipient,
                    purpose=purpose,
                    authority=authority,
                    known_on=known_on,
                )
                if path is not None:
                    warehouse.write_whole(path, text)
            except BaseException:
                if path is not None:
                    path.unlink(missing_ok=True)
                    path.with_name(f".{path.name}.new").unlink(missing_ok=True)
                raise
            done.append(Disclosed(disclosure_id, path, text, len(scope.shown), len(scope.all_records & scope.sealed)))
    return done, refused


def _head(
    office: Office, disclosure_id: str, *, recipient: str, purpose: str, known_on: date, authority: str | None
) -> Section:
    expires = known_on + timedelta(days=office.retention.lists_days)
    return Section(
        f"Disclosure {disclosure_id}",
        (
            office.office.name,
            f"produced by: {desk.login()}",
            f"at: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            f"for: {recipient}",
            f"purpose: {purpose}",
            f"expires: {expires}; destroy it by then",
            "Not evidence; not for charging, bail or sentencing argument.",
            "Third parties are masked; a person reads this before it leaves. A nickname, a misspelling, or a name in a",
            "column that office.toml maps to nothing (marked *) may stand here unmasked.",
            "Sealed records are shown, by the authority of: " + authority
            if authority
            else "Sealed records are not shown.",
        ),
    )


def _reserve(office: Office, out: Path | None, disclosure_id: str) -> Path:
    """Make the page's file, empty: a file that is there already is never replaced."""
    path = office.processed_dir / LISTS / f"{disclosure_id}.txt" if out is None else out
    if out is None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise SettingsError(f"{path} is there already, and is not replaced; name another file with --out") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}); name another file with --out") from None
    return path


def _record(
    connection: Connection,
    office: Office,
    scope: Scope,
    *,
    key: bytes,
    disclosure_id: str,
    recipient: str,
    purpose: str,
    authority: str | None,
    known_on: date,
) -> None:
    """Say in the audit log and on the desk what is about to be disclosed to whom."""
    records = sorted(scope.reached | scope.shown)
    marked = {
        (table, fingerprint(table, record, key=key)) for table, record in (*records, *marks_of(connection, records))
    }
    rows = pd.DataFrame(sorted(marked), columns=["table_name", "fingerprint"]).astype("string")
    audit.append(
        office,
        "disclosed",
        disclosure=disclosure_id,
        records=len(scope.shown),
        with_sealed=authority is not None,
        fingerprints=sorted(set(rows["fingerprint"])),
    )
    connection.register("rows_of_disclosure", rows)
    with warehouse.transaction(connection):
        desk.check_fingerprint_key(connection, key)
        desk.add(
            connection,
            model.table("desk.disclosures"),
            why=purpose if authority is None else authority,
            known_on=known_on,
            disclosure_id=disclosure_id,
            fingerprint=fingerprint(*min(scope.reached), key=key),
            recipient=recipient,
            purpose=purpose,
            with_sealed=authority is not None,
            records=len(scope.shown),
        )
        connection.execute(
            "insert into desk.order_records by name "
            "select ? as order_id, *, null::varchar as record_id from rows_of_disclosure",
            [disclosure_id],
        )
    connection.execute("drop view rows_of_disclosure")
