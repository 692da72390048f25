"""A proposal as the text of office.toml, every guess with its evidence beside it, and as rows of a table."""

import json
import re
from pathlib import Path

from strategic_prosecution.extracts.propose.choose import Guess
from strategic_prosecution.extracts.propose.codes import FEWEST_SHOWN, CodeMap
from strategic_prosecution.extracts.propose.files import escaped
from strategic_prosecution.extracts.propose.proposal import Proposal, ProposedExtract, ProposedFeed, ProposedLayout

_WIDTH = 116
_MOST_UNPLACED = 30


def render(proposal: Proposal, *, beside: Path | None = None) -> str:
    """The text of an office.toml. ``beside``: the folder it will stand in, from which raw_dir is written relative.

    Holds no value of a column of names, birth dates, persons or addresses, and of code columns only values of five
    rows or more.
    """
    raw = proposal.folder
    shown = raw.relative_to(beside) if beside is not None and raw.is_relative_to(beside) else raw
    lines = [
        "# Proposed from the files themselves: read every line that has a guess in it, then run `stratpro check`.",
        "# Shares are of a sample spread over the files; keys, counts of codes and days of files are of all rows.",
        "",
        "[office]",
        f"name = {_text(proposal.name)}",
        *_comment(proposal.timezone_why),
        f"timezone = {_text(proposal.timezone)}",
        *_comment(proposal.crs_why),
        f"crs = {_text(proposal.crs)}",
        f"raw_dir = {_text(str(shown))}",
        f"processed_dir = {_text('data/processed')}",
    ]
    for extract in proposal.extracts:
        lines += ["", *_extract(extract)]
    if proposal.references:
        lines += ["", "# No extracts:"]
        for reference in proposal.references:
            lines += _comment(f"{reference.name}: {reference.what}")
    for name, why in proposal.unreadable.items():
        lines += _comment(f"{name}: could not be read: {why}")
    return "\n".join(lines) + "\n"


def summary(proposal: Proposal) -> list[dict[str, str]]:
    """One row per feed: files, extract, table, key, date, address, offense, holds; "-" where the file has none."""
    rows = []
    for extract in proposal.extracts:
        for feed in extract.feeds:
            key = next((guess.theirs for guess in feed.columns if guess.ours == feed.key), "-")
            rows.append(
                {
                    "files": ", ".join(extract.patterns[:1]) + (" ..." if len(extract.patterns) > 1 else ""),
                    "extract": extract.name,
                    "table": feed.table + (f" ({', '.join(feed.layouts)})" if feed.layouts else ""),
                    "key": key if feed.key != "row" else "none: row",
                    "date": _shown(
                        feed, *(guess.ours for guess in feed.columns if guess.formats and guess.ours != "birth_date")
                    ),
                    "address": _shown(feed, "address"),
                    "offense": _shown(feed, "offense_category"),
                    "holds": extract.holds.strip('"'),
                }
            )
    return rows


def notes(proposal: Proposal) -> list[str]:
    """What to mind, one text per note: the extract and what its files say."""
    return [f"{extract.name}: {note}" for extract in proposal.extracts for note in extract.notes]


def _shown(feed: ProposedFeed, *ours: str) -> str:
    return " + ".join(feed.theirs(*ours)) or "-"


def _extract(extract: ProposedExtract) -> list[str]:
    place = f"extracts.{extract.name}"
    patterns = [_text(pattern) for pattern in extract.patterns]
    lines = [f"# {'-' * (_WIDTH - len(extract.name) - 1)} {extract.name}"]
    lines += _comment(f"{_counted(len(extract.files), 'file')}, {_counted(extract.rows, 'row')}")
    for note in extract.notes:
        lines += _comment(f"Mind: {note}")
    if extract.unplaced:
        lines += _comment(f"Could not place: {', '.join(extract.unplaced)}")
    lines += [f"[{place}]", f"files = {patterns[0] if len(patterns) == 1 else _list(patterns)}"]
    if extract.date_formats:
        lines.append(f"date_formats = {_list([_text(form) for form in extract.date_formats])}")
    if extract.timezone:
        lines += _comment("times end in Z, which says UTC")
        lines.append(f"timezone = {_text(extract.timezone)}")
    if extract.filler_dates:
        said = ", ".join(f"{day} in {rows:,} rows" for day, rows in extract.filler_dates.items())
        lines += _comment(f"days that stand for not known: {said}")
        lines.append(f"filler_dates = {_list([day.isoformat() for day in extract.filler_dates])}")
    if extract.line_numbers:
        lines += _comment("number the lines of each file anew, so they are no content")
        lines.append(f"line_numbers = {_list([_text(name) for name in extract.line_numbers])}")
    if extract.dated_by_name:
        lines.append('extract_date = "filename"')
    lines += _comment(extract.holds_why)
    lines.append(f"holds = {extract.holds}")
    if extract.extract_dates:
        lines += ["", f"[{place}.extract_dates]"]
        lines += [f"{_text(name)} = {day.isoformat()}" for name, day in extract.extract_dates.items()]
    for layout in extract.layouts:
        lines += _layout(place, layout)
    for feed in extract.feeds:
        lines += _feed(place, feed)
    for column, codes in extract.codes.items():
        lines += _codes(place, column, codes)
    return lines


def _layout(place: str, layout: ProposedLayout) -> list[str]:
    lines = ["", *_comment(f"{len(layout.files)} files: {layout.files[0]} ... {layout.files[-1]}")]
    lines += [f"[[{place}.layouts]]", f"name = {_text(layout.name)}"]
    lines.append(f"header = {_list([_text(name) for name in layout.header])}")
    if layout.columns:
        lines.append(f"[{place}.layouts.columns]")
        lines += [f"{_text(name)} = {_text(theirs)}" for name, theirs in layout.columns.items()]
    return lines


def _feed(place: str, feed: ProposedFeed) -> list[str]:
    lines = ["", *_comment(f"Key: {feed.key_why}")]
    for note in feed.notes:
        lines += _comment(note)
    lines += [f"[[{place}.feeds]]", f"table = {_text(feed.table)}", f"key = {_text(feed.key)}"]
    if feed.layouts:
        lines.append(f"layouts = {_list([_text(name) for name in feed.layouts])}")
    if feed.where:
        lines.append(f"where = {_text(feed.where)}")
    if feed.order_by:
        lines.append(f"order_by = {_list([_text(name) for name in feed.order_by])}")
    if feed.reversal_when:
        match = _list([_text(name) for name in feed.reversal_match])
        lines.append(f"reversal = {{ when = {_text(feed.reversal_when)}, match = {match} }}")
    lines.append(f"[{place}.feeds.columns]")
    for guess in feed.columns:
        lines += [*_comment(_why(guess)), f"{guess.ours} = {_text(guess.theirs)}"]
    return lines


def _why(guess: Guess) -> str:
    return guess.evidence + (f"; or [{guess.alternative}]" if guess.alternative else "")


def _codes(place: str, column: str, codes: CodeMap) -> list[str]:
    lines = [""]
    if codes.unplaced:
        said = [f"{json.dumps(value)} {rows:,}" for value, rows in codes.unplaced[:_MOST_UNPLACED]]
        if more := len(codes.unplaced) - len(said):
            said.append(_counted(more, "more value"))
        lines += _comment(f"No value of ours for: {', '.join(said)}")
    if codes.rare_rows:
        rare = f"values of fewer than {FEWEST_SHOWN} rows each, {_counted(codes.rare_rows, 'row')} in all"
        lines += _comment(f"Unmapped, too rare to show: {rare}")
    if codes.unlisted_rows:
        lines += _comment(f"Unmapped, beyond this list: values in {_counted(codes.unlisted_rows, 'row')}")
    if not codes.mapped:
        return lines if len(lines) > 1 else []
    lines.append(f"[{place}.codes.{column}]")
    for value, ours, rows in codes.mapped:
        lines.append(f"{_text(escaped(value))} = {_text(ours)}  # {_counted(rows, 'row')}")
    return lines


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _comment(text: str) -> list[str]:
    """Lines of comment no wider than the page."""
    lines, line = [], "#"
    for word in re.sub(r"[\0-\x20\x7f]+", " ", text).strip().split(" "):
        if len(line) + 1 + len(word) > _WIDTH and line != "#":
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


def _text(value: str) -> str:
    """A TOML string; JSON's escapes are TOML's, which wants DEL escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(items: list[str]) -> str:
    line = f"[{', '.join(items)}]"
    if len(line) <= _WIDTH - 20:
        return line
    return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
