"""The documents say what is so: the dictionary is current, commands and targets exist, terms are there and in order."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer.main

from strategic_prosecution import cli, model
from strategic_prosecution.dictionary import dictionary
from strategic_prosecution.metrics import METRICS

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").glob("*/README.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
# The field's words that people mix up (rules of practice, section 8), and ours that the documents lean on.
REQUIRED_TERMS = {
    "Accounting",
    "Arrest",
    "As of",
    "Basis",
    "Call-in",
    "Case",
    "Charge",
    "Cluster",
    "Community",
    "Community harm",
    "Crime harm",
    "Defendant",
    "Desk",
    "Edition",
    "Expunge",
    "Extract",
    "Feed",
    "Felony review",
    "Feud",
    "Group",
    "Group audit",
    "Headline metric",
    "Hot spot",
    "Incident",
    "Lead",
    "Membership",
    "Pardon",
    "Partner offices",
    "Places with / without the strategy",
    "Priority",
    "Pseudonym",
    "Recapture rate index",
    "Referral",
    "Relative rate index",
    "Screening",
    "Seal",
    "Suppression",
    "Tip",
    "Unknown",
    "Unmapped",
    "Vacate",
    "Violence against",
    "Violence by",
    "Withdrawn",
}
# The control families of NIST SP 800-53 that the CJIS Security Policy has, in its order of letters.
POLICY_AREAS = [
    "AC",
    "AT",
    "AU",
    "CA",
    "CM",
    "CP",
    "IA",
    "IR",
    "MA",
    "MP",
    "PE",
    "PL",
    "PS",
    "RA",
    "SA",
    "SC",
    "SI",
    "SR",
]
DANGERS = {
    "administrator",
    "analyst",
    "a defendant's adversary",
    "attacker of the public edition",
    "curious colleague",
    "expunged person",
    "malicious office.toml",
    "malicious or broken extract",
    "thief of a backup",
    "thief of a laptop",
    "vendor with the map",
    "wrongly linked person",
}


def test_the_dictionary_is_current() -> None:
    committed = (ROOT / "docs" / "dictionary.md").read_text(encoding="utf-8")
    assert committed == dictionary(), "docs/dictionary.md is not what the model says: run `make docs`"


def test_the_dictionary_has_every_table_and_column() -> None:
    sections = dict(re.findall(r"(?ms)^### (\S+)\n(.*?)(?=^##|\Z)", dictionary()))
    assert list(sections) == [f"{table.schema}.{table.name}" for table in _by_schema()]
    for table in model.TABLES:
        listed = re.findall(r"(?m)^\| `(\w+)` \|", sections[f"{table.schema}.{table.name}"])
        assert listed == list(table.names)


def test_the_dictionary_marks_what_is_personal() -> None:
    marked = re.findall(r"(?m)^\| `(\w+)` \|.*\*\*personal\*\*", dictionary())
    assert sorted(marked) == sorted(c.name for table in model.TABLES for c in table.columns if c.is_pii)
    assert {"family_name", "birth_date", "address"} <= set(marked)


def test_the_readme_opens_with_the_two_commands() -> None:
    opening = _read("README.md").splitlines()[:8]
    assert [line.split()[:2] for line in opening if line.startswith("make ")] == [["make", "demo"], ["make", "test"]]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_targets_named_are_real(path: Path) -> None:
    code = "\n".join(re.findall(r"(?s)```.*?```|`[^`\n]+`", path.read_text(encoding="utf-8")))
    commands = getattr(typer.main.get_command(cli.app), "commands", {})
    assert set(re.findall(r"\bstratpro ([a-z][\w-]*)", code)) <= set(commands)
    for command, rest in re.findall(r"\bstratpro ([a-z][\w-]*)([^\n`]*)", code):
        known = _options(commands[command], rest.split())
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"stratpro {command}{rest}"
    options = {option for command in commands.values() for option in _options(command)}
    assert set(re.findall(r"`(--[a-z-]+)", code)) <= options
    assert set(re.findall(r"\bmake ([a-z][\w-]*)", code)) <= _make_targets()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decisions_are_short_and_whole(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
    assert lines[0].startswith(f"# {path.name[:3]}. ")
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:3] for path in DECISIONS] == [f"{number:03d}" for number in range(1, len(DECISIONS) + 1)]


def test_the_glossary_has_the_terms_in_order() -> None:
    terms = re.findall(r"(?m)^\*\*(.+?)\*\*:", _read("docs/glossary.md"))
    assert REQUIRED_TERMS - set(terms) == set()
    plain = [re.sub(r"[^a-z ]", "", term.lower()) for term in terms]
    assert plain == sorted(set(plain))


def test_glossary_entries_are_short() -> None:
    entries = re.split(r"\n\n", _read("docs/glossary.md").strip())[2:]
    assert [entry for entry in entries if not entry.startswith("**") or entry.count("\n") > 1] == []


def test_metrics_named_in_the_example_exist() -> None:
    headline = re.search(r"(?m)^headline = \[(.*)\]", _read("office.example.toml"))
    assert headline is not None
    assert set(re.findall(r'"(\w+)"', headline[1])) <= {metric.name for metric in METRICS}


def test_the_licence_is_the_unmodified_text() -> None:
    text = _read("LICENSE")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_contributing_opens_with_the_rule_on_case_data() -> None:
    first = next(line for line in _read("CONTRIBUTING.md").splitlines()[1:] if line)
    assert first.startswith("**Never put real case data in an issue")


def test_the_security_page_goes_through_every_policy_area_and_danger() -> None:
    page = _read("docs/security.md")
    assert re.findall(r"(?m)^\| \*\*([A-Z]{2})\*\* ", page) == POLICY_AREAS
    dangers = re.findall(r"(?m)^\| \*\*([^*]+)\*\*", page.split("## Threats")[1].split("\n## ")[0])
    assert {danger.lower() for danger in dangers} >= DANGERS


def _options(command: Any, words: Sequence[str] = ()) -> set[str]:
    """The options of a command; of a family of commands, those of the one that the words name, or of all."""
    family = getattr(command, "commands", None)
    if family is None:
        return {option for parameter in command.params for option in parameter.opts}
    if words:
        assert words[0] in family, f"no command [{command.name} {words[0]}]"
        return _options(family[words[0]])
    return {option for member in family.values() for option in _options(member)}


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _by_schema() -> list[model.Table]:
    return [table for schema in ("core", "desk", "mart", "meta") for table in model.tables(schema)]


def _make_targets() -> set[str]:
    return set(re.findall(r"(?m)^([a-z][\w-]*):", _read("Makefile")))
