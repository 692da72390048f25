"""The page of a shooting review: what it says of a shooting, and how confirmed and suspected stay apart."""

import re
from dataclasses import replace
from datetime import date, datetime

from strategic_prosecution.report.named_page import Heading
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
    render_packet,
)

HEADING = Heading(
    produced_by="analyst",
    produced_at=datetime(2024, 3, 20, 9, 0),
    recipient="review partners",
    purpose="weekly review",
    expires_on=date(2024, 4, 19),
)
CASE = Case(
    case_id="CR-1",
    received=date(2024, 3, 15),
    screened=date(2024, 3, 16),
    screen_result="no_review",
    filed=date(2024, 3, 17),
    charge="265/15A",
    ended=None,
    disposition=None,
    hearing=date(2024, 4, 2),
    hearing_type="status",
)
WATCH = Watch("I-1", date(2024, 3, 14), "G1", "suspected", date(2024, 4, 13), ("G2",))
SHOOTING = Shooting(
    incident_id="I-1",
    day=date(2024, 3, 14),
    at="23:30",
    address="100 BLOCK OF <FALSE> ST",
    area="Mudside",
    killed=1,
    wounded=2,
    motive="dispute",
    sides=(Side("victim", "G1", "suspected"), Side("suspect", "G2", "confirmed")),
    feuds=(("G1", "G2"),),
    watches=(WATCH,),
    links=(Link("I-0", date(2024, 3, 10), ("within 200 m and 14 days",)),),
    arrests=1,
    first_arrest=date(2024, 3, 15),
    cases=(CASE,),
    victims=2,
    contacted=2,
    first_contact=date(2024, 3, 15),
    contacts=5,
    witnesses=1,
)
PACKET = Packet(
    office="Tiny",
    day=date(2024, 3, 20),
    since=date(2024, 3, 13),
    known=date(2024, 3, 19),
    shootings=(SHOOTING,),
    watches=(WATCH,),
    later=("I-9",),
    older=(Unreviewed("I-4", date(2024, 3, 1), 0, 1, None),),
    older_count=3,
    older_since=date(2023, 3, 21),
    counts=(("shooting incidents", 1, 0),),
    members=(
        Members("Released", (Member(date(2024, 3, 11), "Zebulon Quartzman", ("G1", "G3"), None),), (("under 18", 2),)),
        Members("Supervision ends", (), (("birth date missing", 1),)),
        Members("Membership expires", (), ()),
    ),
    promises=(Owed("help: a job fair", "G2", "mayor", date(2024, 3, 1), "late", date(2024, 3, 9)),),
    commitments=(),
    priorities=(Priority("G2", "1 (1 to 4)", "–", 7, 0, date(2024, 3, 2), 5, 2),),
)


def words(packet: Packet) -> str:
    """The page's text as a reader sees it."""
    text = render_packet(packet, heading=HEADING).split("<main>")[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_nothing_is_missing_of_a_shooting_that_has_everything():
    assert SHOOTING.missing == ()
    assert SHOOTING.hit == "1 killed, 2 wounded"


def test_what_is_missing_is_listed():
    bare = replace(SHOOTING, address=None, motive=None, sides=(), arrests=0, cases=(), victims=0, contacted=0)
    assert bare.missing == (
        "place",
        "review of the victim's side",
        "review of the suspect's side",
        "motive",
        "arrest",
        "victim in the office's records",
    )
    unknown = replace(SHOOTING, sides=(Side("victim", None, "no"), Side("suspect", None, "unknown")))
    assert unknown.missing == ("group of the suspect's side",)
    assert replace(SHOOTING, cases=()).missing == ("referral to the office",)
    referred = replace(CASE, case_id=None, screened=None, filed=None, hearing=None)
    assert replace(SHOOTING, cases=(referred,)).missing == ("case number", "charging decision")
    assert replace(SHOOTING, cases=(replace(CASE, hearing=None),)).missing == ("next hearing",)
    assert replace(SHOOTING, cases=(replace(CASE, hearing=None, ended=date(2024, 3, 18)),)).missing == ()
    assert replace(SHOOTING, contacted=1).missing == ("first contact with a victim",)


def test_a_block_says_what_a_meeting_asks():
    told = words(PACKET)
    for said in (
        "1. I-1 · Thu 14 Mar 23:30 · 1 killed, 2 wounded · 100 BLOCK OF &lt;FALSE&gt; ST (Mudside)",
        "Victim&#39;s side G1 suspected Suspect&#39;s side G2 confirmed",
        "Open feud G1 and G2",
        "watch G1 (suspected) until 2024-04-13; in an open feud with G2",
        "I-0, 2024-03-10: within 200 m and 14 days",
        "1, the first on 2024-03-15",
        "CR-1, received 2024-03-15, no review 2024-03-16, filed 2024-03-17 (265/15A), next hearing 2024-04-02 (status)",
        "2 of 2 reached, first on 2024-03-15; 5 contacts; 1 witness recorded by police",
        "Known already, and for the next meeting: I-9.",
        "Older, never reviewed (3 since 2023-03-21)",
        "The newest 1 are listed.",
        "2024-03-11 Zebulon Quartzman G1, G3",
        "Counted and not named: 2 under 18",
        "Nobody is named; counted: 1 birth date missing",
        "Membership expires: nobody.",
        "help: a job fair G2 mayor 2024-03-01 late since 2024-03-09",
        "No commitment is open.",
        "G2 1 (1 to 4) – 7 0 2024-03-02 5 2",
    ):
        assert said in re.sub(r" +([:.;,])", r"\1", told), said
    assert "Missing:" not in told
    assert PACKET.people == 1


def test_an_empty_week_is_a_page_too():
    nothing = replace(PACKET, shootings=(), watches=(), later=(), older=(), older_count=0, promises=(), priorities=())
    told = words(nothing)
    for said in ("No shooting is known in these days.", "None: no group", "No promise is open.", "No group is ranked."):
        assert said in told
    assert "Older, never reviewed" not in told and "for the next meeting" not in told
