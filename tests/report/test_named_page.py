"""Pages that name people: the heading is on every sheet, nothing is fetched or run, the PDF is the same twice."""

import builtins
import re
import shutil
import subprocess
import sys
import zlib
from datetime import date, datetime
from html import unescape
from pathlib import Path

import pytest
from jinja2 import ChoiceLoader, DictLoader, Environment

from strategic_prosecution.report import named_page
from strategic_prosecution.report.environment import environment
from strategic_prosecution.report.named_page import NOT_EVIDENCE, Heading, render_named, to_pdf

# What closes a style element, a string and a rule, if it is not escaped.
NASTY = 'R&D </style><script>alert(1)</script> "x" */ } \\ ünï'
HEADING = Heading("zquartzman", datetime(2025, 12, 31, 9, 30), NASTY, "a trial; of it", date(2026, 1, 30), "MOU 12")
LONG = (
    '{% extends "named_page.html.j2" %}{% block title %}A trial{% endblock %}{% block content %}<h1>Trial</h1>'
    "<table><caption>People</caption><thead><tr><th scope='col'>Name</th></tr></thead><tbody>"
    "{% for n in range(rows) %}<tr><th scope='row'>{{ name }} {{ n }}</th></tr>{% endfor %}</tbody></table>"
    "{{ more | safe }}{% endblock %}"
)


@pytest.fixture(autouse=True)
def _trial_template(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Environment = environment()
    made.loader = ChoiceLoader([made.loader, DictLoader({"trial": LONG})])
    monkeypatch.setattr(named_page, "environment", lambda: made)


def page(*, rows: int = 3, more: str = "") -> str:
    return render_named("trial", heading=HEADING, name="Zebulon <b>Quartzman</b>", rows=rows, more=more)


def of_css(text: str) -> str:
    """A string of CSS as a browser reads it (CSS Syntax Module Level 3, 4.3.7)."""
    return re.sub(r"\\([0-9a-f]{1,6}) ", lambda match: chr(int(match[1], 16)), text)


def test_the_heading_says_who_when_for_whom_why_and_until_when():
    assert HEADING.lines == (
        ("Warning", "Not evidence; not for charging, bail or sentencing argument."),
        ("Produced by", "zquartzman"),
        ("At", "2025-12-31 09:30 UTC"),
        ("For", NASTY),
        ("Purpose", "a trial; of it"),
        ("Under", "MOU 12"),
        ("Expires", "2026-01-30; destroy it by then"),
    )


def test_what_is_typed_in_cannot_leave_its_place():
    text = page()
    assert "<script" not in text and text.count("</style>") == 1 and "<b>" not in text
    strings = re.findall(r'content: "((?:[^"\\]|\\.)*)"', text)
    assert of_css(strings[0]) == NOT_EVIDENCE
    assert of_css(strings[1]) == (
        f"Produced by zquartzman; at 2025-12-31 09:30 UTC; for {NASTY}; purpose a trial; of it; under MOU 12; "
        "expires 2026-01-30; destroy it by then"
    )


def test_a_browser_is_told_to_load_and_run_nothing():
    text = page()
    assert "default-src 'none'; script-src 'none'" in unescape(text) and '<html lang="en">' in text
    assert not re.search(r"(?i)\b(src|href)\s*=|url\(|@import|https?://", text)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_every_printed_sheet_has_the_heading_and_its_number(tmp_path: Path):
    (tmp_path / "page.pdf").write_bytes(to_pdf(page(rows=90)))
    sheets = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "page.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout.split("\f")[:-1]
    assert len(sheets) > 2
    for number, sheet in enumerate(sheets, 1):
        words = " ".join(sheet.split())
        assert NOT_EVIDENCE in words and f"Page {number} of {len(sheets)}" in words
        assert "Produced by zquartzman" in words and "2026-01-30; destroy it by then" in words


def test_the_pdf_is_tagged_titled_and_dated_by_its_heading():
    document = to_pdf(page())
    told = b"".join(_streams(document))
    assert document.startswith(b"%PDF-1.7")
    assert b"/Title (A trial)" in told and b"/CreationDate (D:20251231093000Z)" in told
    assert b"/StructTreeRoot" in told and b"/Lang (en)" in told and b"pdfuaid" in told
    assert b"/TH" in told and b"/H1" in told


def _streams(document: bytes) -> list[bytes]:
    found = []
    for raw in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        try:
            found.append(zlib.decompress(raw))
        except zlib.error:
            found.append(raw)
    return found


def test_the_same_page_gives_the_same_bytes_and_another_does_not():
    assert to_pdf(page()) == to_pdf(page())
    assert to_pdf(page()) != to_pdf(page(more="<p>more</p>"))


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(tmp_path: Path):
    (tmp_path / "page.html").write_text(page(), encoding="utf-8")
    program = (
        "import hashlib, sys; from pathlib import Path; from strategic_prosecution.report.named_page import to_pdf; "
        "print(hashlib.sha256(to_pdf(Path(sys.argv[1]).read_text(encoding='utf-8'))).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "page.html")],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize(
    "more",
    [
        '<img src="file://{file}" alt="x">',
        '<link rel="stylesheet" href="file://{file}">',
        '<link rel="attachment" href="file://{file}">',
        "<style>@import url(file://{file}); p {{ background: url(file://{file}) }}</style><p>x</p>",
        '<img src="http://127.0.0.1:9/x.png" alt="x">',
    ],
)
def test_nothing_is_fetched_from_the_disk_or_a_network(
    more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    file = tmp_path / "secret.css"
    file.write_text("p { color: red } /* Quillmere */", encoding="utf-8")
    opened: list[str] = []
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda self, url, *_, **__: opened.append(str(url)))
    document = to_pdf(page(more=more.format(file=file)))
    assert opened == []
    assert b"Quillmere" not in b"".join(_streams(document)) + document
    # It was asked for, and refused.
    assert "disallowed protocol" in caplog.text


def test_without_pango_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    load = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libgobject-2.0-0'")
        return load(name, *rest, **more)

    text = page()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ValueError, match=r"Pango; install it .*, or ask for HTML alone") as error:
        to_pdf(text)
    assert "\n" not in str(error.value)
