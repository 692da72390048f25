"""The weekly shooting review: what the newest core and the desk say of the shootings since the last meeting, on a page.

The page names members of the roster alone, by their confirmed links; who was hit, saw it or was arrested is counted. It
is logged, and its names are on the desk as fingerprints, before it is written.
"""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.report import shooting_review as page
from strategic_prosecution.report.named_page import Heading, to_pdf
from strategic_prosecution.report.shooting_review import (
    Case,
    Link,
    Member,
    Members,
    Owed,
    Packet,
    Priority,
    Shooting,
    Side,
    Unreviewed,
    Watch,
)
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.stages.desk_entries import entered
from strategic_prosecution.stages.named_exports import note_export
from strategic_prosecution.stages.people_records import core_day
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

DAYS_BETWEEN = 7
ENDINGS = (".html", ".pdf")
# Another shooting this near in place and time may belong with one (the bands in which near repeats are looked for).
NEAR_M, NEAR_DAYS = 200, 14
_SOON_DAYS = 30
_OLDER_LISTED = 15
_RANKS = 10
_EVENTS = {
    "released": f"Released from custody in the last {_SOON_DAYS} days",
    "release expected": f"Release expected in the next {_SOON_DAYS} days",
    "supervision ends": f"Supervision ends in the next {_SOON_DAYS} days",
    "membership expires": f"Membership expires in the next {_SOON_DAYS} days",
}


class StaleCoreError(RuntimeError):
    """The newest core is of a day too far from the meeting's."""


@dataclass(frozen=True)
class Written:
    """A packet that was written: its key, where it is, and how many shootings and named lines it has."""

    export_id: str
    path: Path
    shootings: int
    people: int


def write_packet(
    office: Office, *, day: date, since: date | None, recipient: str, purpose: str, on: date, out: Path
) -> Written:
    """Write the page of the meeting of a day, .html or .pdf, mode 0600; logged first. For use inside a run.

    ``since``: the day of the last meeting, whose shootings are in; default: ``DAYS_BETWEEN`` days before ``day``.
    ``on``: the day it is made. Raises SettingsError for options and files that cannot be, StaleCoreError where the
    newest core is of a day more than [groups.call_ins] deconfliction_days from either; then nothing is logged.
    """
    since = since or day - timedelta(days=DAYS_BETWEEN)
    if since >= day:
        raise SettingsError(f"--since [{since}] is not before the meeting's day [{day}]; name the last meeting's day")
    if out.suffix.lower() not in ENDINGS:
        raise SettingsError(f"--out [{out.name}] must end in {' or '.join(ENDINGS)}")
    for said, option in ((recipient, "--for"), (purpose, "--purpose")):
        if not said.strip() or not said.isprintable():
            raise SettingsError(f"{option} is said in one line of plain text")
    with warehouse.open_records(office) as connection:
        packet, records = read_packet(connection, office, day=day, since=since, on=on)
        heading = Heading(
            produced_by=desk.login(),
            produced_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            recipient=recipient,
            purpose=purpose,
            expires_on=on + timedelta(days=office.groups.call_ins.list_days),
        )
        text = page.render_packet(packet, heading=heading)
        content = to_pdf(text) if out.suffix.lower() == ".pdf" else text.encode()
        export_id = desk.new_id("export")
        _reserve(out)
        try:
            note_export(
                connection,
                office,
                view="meeting",
                heading=heading,
                records=records,
                people=packet.people,
                files={out.name: hashlib.sha256(content).hexdigest()},
                on=on,
                export_id=export_id,
                shootings=len(packet.shootings),
            )
            _fill(out, content)
        except BaseException:
            out.unlink(missing_ok=True)
            raise
    return Written(export_id, out, len(packet.shootings), packet.people)


def read_packet(
    connection: Connection, office: Office, *, day: date, since: date, on: date
) -> tuple[Packet, list[tuple[str, str]]]:
    """What the page says, and the records (table, key) by which it names people. Changes nothing."""
    known = check_core(connection, office, day, on)
    settings = office.groups
    first = day - timedelta(days=settings.violent_window_days)
    prepare(connection, office, on=on, first=first)
    incidents = _rows(connection, "from temp.review_incidents order by day, shot_at nulls last, incident_id")
    sides = _by_incident(
        _rows(connection, "from temp.review_sides order by incident_id, side desc, status, group_id"),
        lambda row: Side(row.side, row.group_id, row.status),
    )
    rivals = _rivals(connection)
    watches = _watches(incidents, sides, rivals, day=day, days=settings.retaliation_days)
    older = [row for row in incidents if row.day < since and row.review_date is None]
    members, records = _members(connection, office, known=known, day=day, on=on)
    packet = Packet(
        office=office.office.name,
        day=day,
        since=since,
        known=known,
        shootings=_shootings(
            connection,
            office,
            [row for row in incidents if since <= row.day < day],
            sides=sides,
            rivals=rivals,
            watches=watches,
            day=day,
            since=since,
            on=on,
        ),
        watches=watches,
        later=tuple(row.incident_id for row in incidents if row.day >= day),
        older=tuple(
            Unreviewed(row.incident_id, row.day, row.killed, row.wounded, row.address)
            for row in older[::-1][:_OLDER_LISTED]
        ),
        older_count=len(older),
        older_since=first,
        counts=tuple(
            (row.what, row.this_time, row.time_before)
            for row in _rows(connection, query("review_week"), since=since, day=day)
        ),
        members=members,
        promises=_promises(connection, day=day, on=on, first=first),
        commitments=_commitments(connection, day=day, since=since, on=on, first=first),
        priorities=_priorities(connection, known),
    )
    return packet, records


def check_core(connection: Connection, office: Office, *days: date) -> date:
    """The day of the newest core; StaleCoreError where it is too far from a day for what is made of it."""
    known, most = core_day(connection, office), office.groups.call_ins.deconfliction_days
    for day in days:
        if abs((day - known).days) > most:
            raise StaleCoreError(
                f"the newest core is of {known}, more than {most} days from {day}; run the night first, or name "
                "another day"
            )
    return known


def prepare(connection: Connection, office: Office, *, on: date, first: date) -> None:
    """Make the temporary tables of a review: shootings as the desk knows them, their incidents since a day, sides."""
    layer = office.release.smallest_public_area
    for name, sql, values in (
        ("reviewed_shootings", query("reviewed_shootings"), {"as_of": on}),
        ("review_commitments", entered("commitments"), {"as_of": on}),
        ("closed_cases", query("review_closed_cases"), {}),
        ("review_incidents", query("review_incidents"), {"first": first, "layer": layer}),
        ("review_sides", query("review_sides"), {}),
    ):
        connection.execute(f"create or replace temp table {name} as {sql}", values)


def _rows(connection: Connection, sql: str, **values: Any) -> list[Any]:
    """The rows of a query, each with its columns as attributes, nulls as None."""
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _by_incident(rows: list[Any], make: Callable[[Any], Any]) -> dict[str, list[Any]]:
    made: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        made[row.incident_id].append(make(row))
    return made


def _groups(sides: Iterable[Side], side: str) -> dict[str, str]:
    """The groups of a side that are confirmed or suspected, with their status; one that is both is confirmed."""
    told: dict[str, str] = {}
    for one in sides:
        if one.side == side and one.status in page.INVOLVED and one.group is not None:
            told.setdefault(one.group, one.status)
    return told


def _rivals(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The groups that each group has an open feud with."""
    rivals: dict[str, set[str]] = defaultdict(set)
    for one, other in connection.execute("select group_id, other_group_id from core.group_feuds").fetchall():
        rivals[one].add(other)
        rivals[other].add(one)
    return {group: tuple(sorted(others)) for group, others in rivals.items()}


def _watches(
    incidents: list[Any], sides: dict[str, list[Side]], rivals: dict[str, tuple[str, ...]], *, day: date, days: int
) -> tuple[Watch, ...]:
    """The windows open on a day: for each group of the victim's side, until so many days after the shooting."""
    watches = [
        Watch(row.incident_id, row.day, group, status, until, rivals.get(group, ()))
        for row in incidents
        for group, status in _groups(sides.get(row.incident_id, ()), "victim").items()
        if row.day < day <= (until := row.day + timedelta(days=days))
    ]
    return tuple(sorted(watches, key=lambda one: (not one.feuds, one.until, one.group, one.incident_id)))


def _shootings(
    connection: Connection,
    office: Office,
    incidents: list[Any],
    *,
    sides: dict[str, list[Side]],
    rivals: dict[str, tuple[str, ...]],
    watches: tuple[Watch, ...],
    day: date,
    since: date,
    on: date,
) -> tuple[Shooting, ...]:
    zone = ZoneInfo(office.office.timezone)
    links: dict[str, dict[tuple[date, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in _rows(
        connection,
        query("review_links"),
        since=since,
        on=on,
        near_m=NEAR_M,
        near_days=NEAR_DAYS,
        retaliation_days=office.groups.retaliation_days,
    ):
        links[row.incident_id][row.day, row.other_id].append(row.why)
    cases = _by_incident(
        _rows(connection, query("review_cases"), since=since, day=day),
        lambda row: Case(
            case_id=row.case_id,
            received=row.received_date,
            screened=row.screen_date,
            screen_result=row.screen_result,
            filed=row.filed_date,
            charge=row.first_filed_charge,
            ended=row.disposition_date,
            disposition=row.disposition,
            hearing=row.hearing_date,
            hearing_type=row.hearing_type,
        ),
    )
    contacts = {row.incident_id: row for row in _rows(connection, query("review_contacts"), since=since, day=day)}
    told = []
    for row in incidents:
        found, contact = sides.get(row.incident_id, []), contacts[row.incident_id]
        hit, did = _groups(found, "victim"), _groups(found, "suspect")
        told.append(
            Shooting(
                incident_id=row.incident_id,
                day=row.day,
                at=f"{row.shot_at.replace(tzinfo=UTC).astimezone(zone):%H:%M}" if row.shot_at else "",
                address=row.address,
                area=row.area,
                killed=row.killed,
                wounded=row.wounded,
                motive=row.motive,
                sides=tuple(found),
                feuds=tuple((one, other) for one in hit for other in did if other in rivals.get(one, ())),
                watches=tuple(watch for watch in watches if watch.incident_id == row.incident_id),
                links=tuple(Link(other, on, tuple(why)) for (on, other), why in links[row.incident_id].items()),
                arrests=contact.arrests,
                first_arrest=contact.first_arrest,
                cases=tuple(cases.get(row.incident_id, ())),
                victims=contact.victims,
                contacted=contact.contacted,
                first_contact=contact.first_contact,
                contacts=contact.contacts,
                witnesses=contact.witnesses,
            )
        )
    return tuple(told)


def _members(
    connection: Connection, office: Office, *, known: date, day: date, on: date
) -> tuple[tuple[Members, ...], list[tuple[str, str]]]:
    """Members with something that happens to them, by kind; and the records by which they are named."""
    roster = desk.current(connection, office, model.table("desk.memberships"), as_of=known)
    connection.register("roster_now", roster)
    connection.execute(
        "create or replace temp table roster as "
        "select membership_id, given_name, family_name, birth_date::date as birth_date from roster_now"
    )
    connection.execute("drop view roster_now")
    born = " union all ".join(
        f"select '{table.name}' as record_table, {table.key[0]} as record_id, birth_date from core.{table.name}"
        for table in model.tables("core")
        if "source_person_id" in table.names
    )
    connection.execute(
        "create or replace temp table births as select confirmed_person_id, max(birth_date) as youngest "
        f"from ({born}) join core.person_records using (record_table, record_id) group by confirmed_person_id"
    )
    kinds, records = [], set()
    rows = _rows(connection, query("review_people"), day=day, on=on, days=_SOON_DAYS)
    for event, title in _EVENTS.items():
        named: dict[tuple[date, str], list[Any]] = defaultdict(list)
        unnamed: dict[str, str] = {}
        for row in rows:
            if row.event != event:
                continue
            if row.reason:
                unnamed[row.person_id] = row.reason
                continue
            named[row.day, row.person_id].append(row)
            records |= {("memberships", row.membership_id), (row.record_table, row.record_id)}
        lines = [
            Member(
                of,
                " ".join(filter(None, (rows[0].given_name, rows[0].family_name))),
                tuple(sorted({row.group_id for row in rows})),
                rows[0].detail,
            )
            for (of, _), rows in named.items()
        ]
        lines.sort(key=lambda line: (line.day, line.name, line.groups))
        kinds.append(Members(title, tuple(lines), tuple(sorted(Counter(unnamed.values()).items()))))
    return tuple(kinds), sorted(records)


def _promises(connection: Connection, *, day: date, on: date, first: date) -> tuple[Owed, ...]:
    """Promises that are not kept yet: those of the desk, and those that extracts tell of."""
    owed = [
        Owed(
            f"{row.kind}: {row.what}" if row.what else row.kind,
            row.group_id,
            row.owner_role,
            row.made_on,
            "late" if row.due_on and row.due_on < day else "due",
            row.due_on,
        )
        for row in _rows(connection, query("review_promises"), on=on, first=first)
    ]
    return tuple(sorted(owed, key=_urgency))


def _commitments(connection: Connection, *, day: date, since: date, on: date, first: date) -> tuple[Owed, ...]:
    """Commitments made since a day that are open, and those done since the last meeting."""
    strategies = f"(select strategy_id, title from ({entered('strategies')}))"
    rows = _rows(
        connection,
        f"""
        select coalesce(what, commitment_id) as what, coalesce(title, strategy_id) as strategy, owner_role, made_date,
            due_date, done_date
        from temp.review_commitments left join {strategies} using (strategy_id)
        where (done_date is null and made_date >= $first) or (done_date >= $since and done_date <= $as_of)
        """,
        first=first,
        since=since,
        as_of=on,
    )
    owed = [
        Owed(
            row.what,
            row.strategy,
            row.owner_role,
            row.made_date,
            "done" if row.done_date else "late" if row.due_date and row.due_date < day else "due",
            row.done_date or row.due_date,
        )
        for row in rows
    ]
    return tuple(sorted(owed, key=_urgency))


def _urgency(owed: Owed) -> tuple[int, date, date, str, str]:
    order = ("late", "due", "done").index(owed.standing)
    return order, owed.on or date.max, owed.made or date.max, owed.what, owed.to or ""


def _priorities(connection: Connection, known: date) -> tuple[Priority, ...]:
    rows = _rows(
        connection,
        """
        from mart.group_priorities
        where as_of = $known and least(rank_violence_by, rank_violence_against) <= $ranks
        order by rank_violence_by nulls last, rank_violence_against nulls last, group_id
        """,
        known=known,
        ranks=_RANKS,
    )
    return tuple(
        Priority(
            row.group_id,
            _rank(row.rank_violence_by, row.rank_by_low, row.rank_by_high),
            _rank(row.rank_violence_against, row.rank_against_low, row.rank_against_high),
            row.shootings_suspect,
            row.shootings_victim,
            row.last_event_date,
            row.members,
            row.supervised_members,
        )
        for row in rows
    )


def _rank(rank: int | None, low: int | None, high: int | None) -> str:
    if rank is None:
        return "–"
    return str(rank) if low is None or low == high else f"{rank} ({low} to {high})"


def _reserve(out: Path) -> None:
    """Make the page's file, empty: a file that is there already is never replaced."""
    try:
        os.close(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise SettingsError(f"{out} is there already, and is not replaced; name another file with --out") from None
    except OSError as error:
        raise SettingsError(f"{out} cannot be written ({error.strerror}); name another file with --out") from None


def _fill(out: Path, content: bytes) -> None:
    with out.open("r+b") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
