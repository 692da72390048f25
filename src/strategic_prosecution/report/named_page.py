"""Pages that name people: each says on every printed sheet who made it, for whom and why, and what it is not for."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from markupsafe import Markup

from strategic_prosecution.report.environment import environment, policy

NOT_EVIDENCE = "Not evidence; not for charging, bail or sentencing argument."


@dataclass(frozen=True)
class Heading:
    """What every page that names people carries: who made it, when (UTC), for whom, for what, and when it ends."""

    produced_by: str
    produced_at: datetime
    recipient: str
    purpose: str
    expires_on: date
    agreement: str | None = None

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The heading as a file says it: label and value, the warning first."""
        under = () if self.agreement is None else (("Under", self.agreement),)
        return (
            ("Warning", NOT_EVIDENCE),
            ("Produced by", self.produced_by),
            ("At", f"{self.produced_at:%Y-%m-%d %H:%M} UTC"),
            ("For", self.recipient),
            ("Purpose", self.purpose),
            *under,
            ("Expires", f"{self.expires_on:%Y-%m-%d}; destroy it by then"),
        )


def render_named(template: str, *, heading: Heading, **context: Any) -> str:
    """A template that extends named_page.html.j2, as one self-contained page; it loads nothing and runs nothing.

    The same heading and context give the same text. Values are escaped. The margin of every printed sheet has the
    heading in one line, in WeasyPrint and in a browser.
    """
    running = "; ".join(f"{label.lower()} {value}" for label, value in heading.lines[1:])
    return (
        environment()
        .get_template(template)
        .render(
            heading=heading,
            not_evidence=NOT_EVIDENCE,
            policy=policy(),
            above=_in_css(NOT_EVIDENCE),
            below=_in_css(running[0].upper() + running[1:]),
            **context,
        )
    )


def to_pdf(html: str) -> bytes:
    """A page as a tagged PDF on Letter paper, its margins wide enough for A4; the same page gives the same bytes.

    Nothing is fetched: what a page refers to is left out. Raises ValueError where WeasyPrint finds no Pango.
    """
    try:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except OSError:
        raise ValueError(
            "no PDF can be made: WeasyPrint does not find Pango; install it (Debian: libpango-1.0-0, "
            "libpangoft2-1.0-0, libharfbuzz-subset0), or ask for HTML alone"
        ) from None
    fonts, nowhere = FontConfiguration(), URLFetcher(allowed_protocols=())
    paper = CSS(string="@page { size: letter }", font_config=fonts, url_fetcher=nowhere)
    document: bytes = HTML(string=html, url_fetcher=nowhere).write_pdf(
        stylesheets=[paper],
        font_config=fonts,
        pdf_identifier=sha256(html.encode()).digest()[:16],
        pdf_variant="pdf/ua-1",
    )
    return document


def _in_css(text: str) -> Markup:
    """A text as a string of CSS inside a style element: whatever is no plain letter or digit is written as its number.

    Markup, as nothing is left in it that HTML would read. The space after a number ends it.
    """
    letters = (letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):x} " for letter in text)
    return Markup(f'"{"".join(letters)}"')
