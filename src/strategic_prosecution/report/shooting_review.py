"""The packet of a weekly shooting review: one page that a meeting can go through, one block per shooting."""

from dataclasses import dataclass
from datetime import date

from strategic_prosecution.report.named_page import Heading, render_named

INVOLVED = ("confirmed", "suspected")
_SIDES = {"victim": "Victim's side", "suspect": "Suspect's side"}


@dataclass(frozen=True)
class Side:
    """One finding on a side of a shooting: its group, and confirmed, suspected, no or unknown."""

    side: str
    group: str | None
    status: str


@dataclass(frozen=True)
class Link:
    """Another incident that may belong with a shooting, and why."""

    incident_id: str
    day: date
    whys: tuple[str, ...]


@dataclass(frozen=True)
class Watch:
    """The days in which an answer of the victim's group is watched for; ``feuds``: groups it has an open feud with."""

    incident_id: str
    day: date
    group: str
    status: str
    until: date
    feuds: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A referral or case that came of a shooting; what is not known, or has not happened, is None."""

    case_id: str | None
    received: date | None
    screened: date | None
    screen_result: str | None
    filed: date | None
    charge: str | None
    ended: date | None
    disposition: str | None
    hearing: date | None
    hearing_type: str | None


@dataclass(frozen=True)
class Shooting:
    """One shooting incident, as a meeting talks about it; nobody hit, seen or arrested is named.

    ``at`` is the local time, '' where only the day is known. ``feuds`` are open ones between groups of both sides.
    """

    incident_id: str
    day: date
    at: str
    address: str | None
    area: str | None
    killed: int
    wounded: int
    motive: str | None
    sides: tuple[Side, ...]
    feuds: tuple[tuple[str, str], ...]
    watches: tuple[Watch, ...]
    links: tuple[Link, ...]
    arrests: int
    first_arrest: date | None
    cases: tuple[Case, ...]
    victims: int
    contacted: int
    first_contact: date | None
    contacts: int
    witnesses: int

    @property
    def hit(self) -> str:
        """`1 killed, 2 wounded`."""
        return _hit(self.killed, self.wounded)

    @property
    def findings(self) -> tuple[tuple[str, str, tuple[Side, ...]], ...]:
        """Per side of the shooting: its title, `not reviewed` where nothing is found, and its findings."""
        told = {side: tuple(one for one in self.sides if one.side == side) for side in _SIDES}
        return tuple((title, "" if told[side] else "not reviewed", told[side]) for side, title in _SIDES.items())

    @property
    def missing(self) -> tuple[str, ...]:
        """What the meeting does not have yet, in the order in which it is talked about."""
        suspects = [one.status for one in self.sides if one.side == "suspect"]
        cases = [case for case in self.cases if case.case_id is not None]
        is_open = any(case.ended is None for case in cases)
        checks = (
            (not self.address, "place"),
            (not any(one.side == "victim" for one in self.sides), "review of the victim's side"),
            (not suspects, "review of the suspect's side"),
            (bool(suspects) and set(suspects) == {"unknown"}, "group of the suspect's side"),
            (not self.motive, "motive"),
            (not self.arrests, "arrest"),
            (bool(self.arrests) and not self.cases, "referral to the office"),
            (bool(self.cases) and not cases, "case number"),
            (any(case.received and not case.screened and not case.filed for case in self.cases), "charging decision"),
            (is_open and not any(case.hearing for case in cases), "next hearing"),
            (not self.victims, "victim in the office's records"),
            (self.contacted < self.victims, "first contact with a victim"),
        )
        return tuple(what for is_missing, what in checks if is_missing)


@dataclass(frozen=True)
class Unreviewed:
    """A shooting of before that no meeting has reviewed, in one line."""

    incident_id: str
    day: date
    killed: int
    wounded: int
    address: str | None

    @property
    def hit(self) -> str:
        """`1 killed, 2 wounded`."""
        return _hit(self.killed, self.wounded)


@dataclass(frozen=True)
class Member:
    """A member with something that happens to them, named through links that identifiers or reviewers made."""

    day: date
    name: str
    groups: tuple[str, ...]
    detail: str | None


@dataclass(frozen=True)
class Members:
    """The members with one kind of event, by day, and how many more are counted and not named, by reason."""

    title: str
    named: tuple[Member, ...]
    unnamed: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Owed:
    """A promise or commitment: ``standing`` is late, due or done; ``on`` the day of that, None where none is set."""

    what: str
    to: str | None
    owner: str | None
    made: date | None
    standing: str
    on: date | None


@dataclass(frozen=True)
class Priority:
    """A group's two ranks with the range in which each may lie, and what stands behind them."""

    group: str
    by: str
    against: str
    shootings_by: int
    shootings_against: int
    last: date | None
    members: int
    supervised: int


@dataclass(frozen=True)
class Packet:
    """Everything on the page. ``day`` is the meeting's; ``known`` the day whose end the records show.

    ``watches``: every window open on that day, of shootings before ``since`` too. ``later``: shootings of the meeting's
    day or after, which are for the next. ``older``: the newest that were never reviewed, of ``older_count``.
    """

    office: str
    day: date
    since: date
    known: date
    shootings: tuple[Shooting, ...]
    watches: tuple[Watch, ...]
    later: tuple[str, ...]
    older: tuple[Unreviewed, ...]
    older_count: int
    older_since: date
    counts: tuple[tuple[str, int, int], ...]
    members: tuple[Members, ...]
    promises: tuple[Owed, ...]
    commitments: tuple[Owed, ...]
    priorities: tuple[Priority, ...]

    @property
    def people(self) -> int:
        """How many lines of the page name somebody."""
        return sum(len(kind.named) for kind in self.members)


def render_packet(packet: Packet, *, heading: Heading) -> str:
    """The packet as one self-contained page that prints, with its heading on every sheet."""
    return render_named("shooting_review.html.j2", heading=heading, packet=packet, involved=INVOLVED)


def _hit(killed: int, wounded: int) -> str:
    return ", ".join(f"{count} {what}" for count, what in ((killed, "killed"), (wounded, "wounded")) if count)
