"""What letters, packets and briefings say, and what they have no place for; how hard they are to read."""

import re
import shutil
import subprocess
from dataclasses import fields
from datetime import date, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from strategic_prosecution.report.letters import (
    Cleared,
    Invited,
    Owed,
    Seated,
    Sender,
    Session,
    briefing,
    custom_notifications,
    intimate_partner_letters,
    invitations,
    named_list,
)
from strategic_prosecution.report.named_page import NOT_EVIDENCE, Heading, to_pdf
from strategic_prosecution.report.tables import View

HEADING = Heading("zq", datetime(2025, 12, 31, 9, 30), "the office", "the call-in", date(2026, 1, 30), "MOU 12")
SENDER = Sender(office_name="Quillmere County District Attorney", contact="Ottoline Marblewood, 555-0100")
DAY = date(2026, 1, 20)
ONE = Session(number=1, held_on=DAY, place="Opal Street Library", time="6 pm")
TWO = Session(number=2, held_on=DAY)
REQUIRED = Invited(name="Ichabod Gneiss", session=ONE, mandated_by="Quillmere Probation")
VOLUNTEER = Invited(name="Zebulon Quartzman", session=TWO)
# Words of a charge sheet: none has a place in a letter that is no accusation.
ACCUSING = (
    *("victim", "suspect", "defendant", "incident", "evidence", "gang", "member", "charge", "offender", "criminal"),
    *("probation", "parole", "shooting of", "your group", "complaint", "advocate", "police report"),
)


class _Text(HTMLParser):
    """What stands between the tags of articles, which are the letters."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[list[str]] = []
        self.is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "article":
            self.letters.append([])
            self.is_inside = True
        elif self.is_inside:
            self.letters[-1].append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.is_inside = self.is_inside and tag != "article"

    def handle_data(self, data: str) -> None:
        if self.is_inside:
            self.letters[-1].append(data)


def letters_of(page: str) -> list[str]:
    parser = _Text()
    parser.feed(page)
    return ["".join(letter) for letter in parser.letters]


def cover_of(page: str) -> str:
    return unescape(page.split("<main>")[1].split("<article")[0])


def all_letters() -> dict[str, str]:
    volunteer, required = (
        letters_of(invitations([one], sender=SENDER, heading=HEADING))[0] for one in (VOLUNTEER, REQUIRED)
    )
    cleared = [Cleared(name="Zebulon Quartzman", cleared_on=date(2025, 12, 20))]
    notice = intimate_partner_letters(cleared, sender=SENDER, sent_on=date(2025, 12, 31), heading=HEADING)
    custom = custom_notifications(["Zebulon Quartzman"], sender=SENDER, heading=HEADING)
    return {
        "volunteer": volunteer,
        "required": required.replace("Quillmere Probation", "The court"),
        "notice": letters_of(notice)[0],
        "custom": letters_of(custom)[0],
    }


def grade(text: str) -> float:
    """Flesch-Kincaid grade level (Kincaid and others, 1975), syllables counted as groups of vowels."""
    sentences = [one for one in re.split(r"[.!?\n]+", text) if len(re.findall("[A-Za-z]+", one)) > 3]
    words = re.findall(r"[A-Za-z']+", " ".join(sentences))
    syllables = sum(max(1, len(re.findall("[aeiouy]+", re.sub("e$", "", word.lower())))) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def test_the_measure_of_reading_is_right_on_known_texts():
    """Twelve words of one syllable in two sentences: 0.39 * 6 + 11.8 - 15.59 = -1.45; a statute is far above 8."""
    assert grade("The cat sat on the mat. The dog ran to the man.") == pytest.approx(-1.45)
    statute = (
        "Notwithstanding any other provision of law, whoever intentionally communicates intimidating representations "
        "concerning anticipated prosecutorial determinations commits an aggravated administrative violation."
    )
    assert grade(statute) > 20


@pytest.mark.parametrize("kind", ["volunteer", "required", "notice", "custom"])
def test_letters_read_like_the_eighth_grade_at_most(kind: str):
    assert grade(all_letters()[kind]) <= 8


@pytest.mark.parametrize("kind", ["volunteer", "required", "notice", "custom"])
def test_letters_accuse_nobody_and_offer_help_that_can_be_declined(kind: str):
    letter = " ".join(all_letters()[kind].split())
    assert "This is no arrest and no accusation." in letter
    assert "If you say no, it will not be used against you." in letter and "555-0100" in letter
    assert [word for word in ACCUSING if word in letter.lower()] == []


def test_letters_have_no_field_for_anybody_or_anything_else():
    assert [field.name for field in fields(Invited)] == ["name", "session", "mandated_by"]
    assert [field.name for field in fields(Cleared)] == ["name", "cleared_on"]
    assert [field.name for field in fields(Session)] == ["number", "held_on", "place", "time"]
    assert [field.name for field in fields(Sender)] == ["office_name", "contact"]


def test_a_volunteer_is_told_so_and_who_is_required_by_whom():
    required, volunteer = letters_of(invitations([VOLUNTEER, REQUIRED], sender=SENDER, heading=HEADING))
    assert "You do not have to come. Nothing happens if you do not." in volunteer
    assert "requires you" not in volunteer and "You have to come" not in volunteer
    assert "Quillmere Probation requires you to come." in required and "You do not have to come" not in required


def test_a_letter_has_one_name_and_the_place_of_its_own_session():
    page = invitations([VOLUNTEER, REQUIRED], sender=SENDER, heading=HEADING, left_out=2)
    required, volunteer = letters_of(page)
    assert "Ichabod Gneiss" in required and "Quartzman" not in required
    assert "Zebulon Quartzman" in volunteer and "Gneiss" not in volunteer
    assert "Opal Street Library" in required and "Opal Street Library" not in volunteer and "6 pm" not in volunteer
    assert "Quartzman" not in cover_of(page) and "2 people approved at the review are not here" in cover_of(page)
    assert page.count('aria-label="place: to fill in"') == page.count('aria-label="time: to fill in"') == 1


def test_the_clearance_stands_on_the_cover_and_in_no_letter():
    cleared = [Cleared(name="Zebulon Quartzman", cleared_on=date(2025, 12, 20))]
    page = intimate_partner_letters(cleared, sender=SENDER, sent_on=date(2025, 12, 31), heading=HEADING)
    [letter] = letters_of(page)
    assert "20 December 2025" in cover_of(page) and "20 December 2025" not in letter and "clear" not in letter
    with pytest.raises(TypeError, match="cleared_on"):
        Cleared(name="Zebulon Quartzman")  # type: ignore[call-arg]


def test_a_packet_leaves_the_legal_statement_to_an_attorney():
    page = custom_notifications(["Zebulon Quartzman", "Ichabod Gneiss"], sender=SENDER, heading=HEADING)
    for label in ("address", "day and place", "attorney", "approving attorney"):
        assert page.count(f'aria-label="{label}: to fill in"') >= 2
    assert page.count('aria-label="statement: to fill in by an attorney"') == 2
    assert "Approved by" in page and len(letters_of(page)) == 2


def test_a_briefing_seats_groups_by_session_and_says_what_is_owed():
    people = [
        Seated(name="Zebulon Quartzman", group="OPAL", session=ONE),
        Seated(name="Ichabod Gneiss", group="ONYX", session=TWO),
    ]
    owed = [
        Owed(group="OPAL", kind="help", what="a clinic", owner_role="chief", made_on=DAY, due_on=None),
        Owed(group="ONYX", kind="enforcement", what=None, owner_role=None, made_on=DAY, due_on=DAY),
    ]
    page = briefing(people, feuds=[("ONYX", "OPAL")], owed=owed, sender=SENDER, heading=HEADING, left_out=1)
    first, second = page.split("<h2>Session 1</h2>")[1].split("<h2>Session 2</h2>")
    assert "Zebulon Quartzman" in first and "Ichabod" not in first
    assert "Ichabod Gneiss" in second.split("<h2>")[0] and "Zebulon" not in second
    assert "<li>ONYX and OPAL</li>" in page and "1 person approved at the review is not here" in page
    assert "a clinic" in page and "about a person by now, and not shown here" in page
    assert (
        page.index("The community&#39;s voice" if "&#39;s voice" in page else "The community's voice")
        < page.index('<th scope="row">Help</th>')
        < page.index("Notice of what follows")
    )


def test_a_list_with_nothing_special_is_a_captioned_table_of_escaped_cells():
    shown = View(caption="2 lines", header=(("Name", False), ("People", True)), rows=(("<Zebulon>", "3"),))
    page = named_list(shown, title="a list", said=("Say this.",), sender=SENDER, heading=HEADING)
    assert "<caption>2 lines</caption>" in page and "&lt;Zebulon&gt;" in page and '<td class="n">3</td>' in page
    assert NOT_EVIDENCE in page and "not here" not in page


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_each_letter_is_one_sheet_alone_and_says_nothing_of_how_many(tmp_path: Path):
    people = [REQUIRED, VOLUNTEER, Invited(name="Peregrine Feldspar", session=ONE)]
    (tmp_path / "letters.pdf").write_bytes(to_pdf(invitations(people, sender=SENDER, heading=HEADING)))
    sheets = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "letters.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout.split("\f")[:-1]
    names = ("Gneiss", "Quartzman", "Feldspar")
    found = [[name for name in names if name in sheet] for sheet in sheets]
    # A cover and its back, then each letter on a front side, the blank backs between.
    assert found == [[], [], ["Gneiss"], [], ["Feldspar"], [], ["Quartzman"]]
    for number, sheet in enumerate(sheets):
        assert NOT_EVIDENCE in sheet
        if found[number]:
            assert "Page" not in sheet
