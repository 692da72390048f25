"""`stratpro purge`: shows, asks, and removes nothing that it was not told to."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from strategic_prosecution import cli
from strategic_prosecution.cli import retention
from strategic_prosecution.settings import load_office
from tests.test_cli import everything, make_office, one_line, stratpro


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_office(tmp_path_factory.mktemp("ran"))
    assert stratpro("run", office=path).exit_code == 0
    return path


@pytest.fixture
def page(ran: Path) -> Iterator[Path]:
    """A page that names people, from long ago; gone after the test, whichever test is next."""
    path = load_office(ran).processed_dir / "lists" / "page.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text("Zebulon Quartzman", encoding="utf-8")
    os.utime(path, (0, 0))
    yield path
    path.unlink(missing_ok=True)


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {name: content for name, (_, _, content) in everything(folder).items()}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))


def test_a_dry_run_shows_and_writes_nothing(ran: Path, page: Path):
    before = bytes_below(ran.parent)
    result = stratpro("purge", "--dry-run", office=ran)
    assert result.exit_code == 0, result.output
    assert bytes_below(ran.parent) == before
    assert "Would go" in result.stdout and "Quartzman" not in result.stdout
    told = json.loads(stratpro("purge", "--dry-run", "--json", office=ran).stdout)
    assert told["dry_run"] is True
    assert {item["what"]: item["removed"] for item in told["purged"]} == {
        "nights": 0,
        "published_runs": 0,
        "problem_values": 0,
        "log": 0,
        "lists": 1,
        "memberships": 0,
    }


def test_without_a_terminal_it_wants_a_yes(ran: Path, page: Path):
    assert "--dry-run, then add --yes" in one_line(stratpro("purge", office=ran), code=2)
    assert page.exists()
    result = stratpro("purge", "--yes", office=ran)
    assert (result.exit_code, page.exists()) == (0, False), result.output


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("\n", 1), ("y\n", 0)])
@pytest.mark.usefixtures("terminal")
def test_on_a_terminal_it_shows_and_asks(ran: Path, page: Path, answer: str, code: int):
    result = CliRunner().invoke(cli.app, ["purge", "--office", str(ran)], input=answer)
    assert result.exit_code == code, result.output
    assert "Would go" in result.stdout
    assert page.exists() == (code == 1)


@pytest.mark.usefixtures("terminal")
def test_where_nothing_is_due_it_does_not_ask(ran: Path):
    result = stratpro("purge", office=ran)
    assert result.exit_code == 0, result.output
    assert "Remove it for good?" not in result.output


def test_where_nothing_ran_it_says_so_in_a_line(tmp_path: Path):
    assert "no run yet" in one_line(stratpro("purge", "--yes", office=make_office(tmp_path)), code=1)
    assert not (tmp_path / "data" / "processed").exists()
