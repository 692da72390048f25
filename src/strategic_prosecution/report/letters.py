"""Letters, packets and lists of a call-in as pages: frozen records in, a page out; each holds only what may be said.

A letter is about nobody but the person it goes to. Its record has no field for a victim, an incident, a group, another
person or evidence, so none can be said. What only the office knows (an address, an attorney's words) is left blank.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from strategic_prosecution.report.named_page import Heading, render_named
from strategic_prosecution.report.tables import View


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who writes: the office, and where somebody asks for help; None is a line to fill in."""

    office_name: str
    contact: str | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """One session of a meeting; place and time None are lines to fill in."""

    number: int
    held_on: date
    place: str | None = None
    time: str | None = None


@dataclass(frozen=True, kw_only=True)
class Invited:
    """Somebody who is asked to a session; ``mandated_by``: who requires it, None for a volunteer."""

    name: str
    session: Session
    mandated_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cleared:
    """Somebody to whom a notice may go since the victim-advocate partner cleared it on a day."""

    name: str
    cleared_on: date


@dataclass(frozen=True, kw_only=True)
class Seated:
    """Somebody who comes to a session for a group."""

    name: str
    group: str
    session: Session


@dataclass(frozen=True, kw_only=True)
class Owed:
    """A promise to a group that is not kept yet; ``what`` None where it has become about a person."""

    group: str
    kind: str
    what: str | None
    owner_role: str | None
    made_on: date
    due_on: date | None


def invitations(people: Sequence[Invited], *, sender: Sender, heading: Heading, left_out: int = 0) -> str:
    """A letter to each person who is asked to come, by session, after a cover sheet for the office.

    Each letter begins on a front side and has no number of other letters on it.
    """
    ordered = sorted(people, key=lambda person: person.session.number)
    sessions = {person.session.number: person.session for person in ordered}
    letters = [(session, sum(one.session == session for one in ordered)) for session in sessions.values()]
    return render_named(
        "invitation.html.j2", heading=heading, people=ordered, sessions=letters, sender=sender, left_out=left_out
    )


def intimate_partner_letters(
    people: Sequence[Cleared], *, sender: Sender, sent_on: date, heading: Heading, left_out: int = 0
) -> str:
    """A letter to each person whose notice the victim-advocate partner has cleared, after a cover sheet for the office.

    The clearance stands on the cover alone: a letter that told of it would tell that somebody had spoken.
    """
    return render_named(
        "intimate_partner.html.j2", heading=heading, people=people, sender=sender, sent_on=sent_on, left_out=left_out
    )


def custom_notifications(names: Sequence[str], *, sender: Sender, heading: Heading, left_out: int = 0) -> str:
    """A packet for each person who is visited: a sheet for the team, and the letter that is handed over.

    The statement of the person's own legal exposure is an attorney's to write and to approve: lines to fill.
    """
    return render_named("custom_notification.html.j2", heading=heading, names=names, sender=sender, left_out=left_out)


def briefing(
    people: Sequence[Seated],
    *,
    feuds: Sequence[tuple[str, str]],
    owed: Sequence[Owed],
    sender: Sender,
    heading: Heading,
    left_out: int = 0,
) -> str:
    """The sheet of the team that holds the meeting: per session and group who comes, what is said, what is owed."""
    sessions = {person.session.number: person.session for person in people}
    by_group: dict[int, dict[str, list[str]]] = {}
    for person in people:
        by_group.setdefault(person.session.number, {}).setdefault(person.group, []).append(person.name)
    return render_named(
        "briefing.html.j2",
        heading=heading,
        sessions=[(sessions[number], sorted(by_group[number].items())) for number in sorted(sessions)],
        feuds=feuds,
        owed=owed,
        sender=sender,
        left_out=left_out,
    )


def named_list(
    shown: View, *, title: str, said: Sequence[str], sender: Sender, heading: Heading, left_out: int = 0
) -> str:
    """A list as a page: a title, what the reader has to know, and the table."""
    return render_named(
        "named_list.html.j2",
        heading=heading,
        view=shown,
        page_title=title,
        said=said,
        sender=sender,
        left_out=left_out,
    )
