"""`stratpro pseudonyms rotate`: what is said, what is refused, and that no key is ever printed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli, stages, warehouse
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages import pseudonym_keys

VARIABLE = "STRATEGIC_PROSECUTION_PSEUDONYM_KEY"
FIRST, SECOND = "first-key-Qx7vL2", "second-key-Hn4tR8"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Whose first key is noted; a night of it only says that it ran."""
    monkeypatch.setenv(VARIABLE, FIRST)
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    settings = load_office(path)
    with warehouse.run(settings, what="test"), warehouse.open_records(settings) as connection:
        pseudonym_keys.check_key(connection, settings, known_on=stages.calendar_day(settings))
    monkeypatch.setattr(stages, "nightly", lambda office, day: pseudonym_keys.finish(office))
    return settings


def rotate(office: Office, *arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["pseudonyms", "rotate", *arguments, "--office", str(office.path)])


def test_it_says_what_was_done_and_what_partners_must_get(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, SECOND)
    result = rotate(office, "--why", "it leaked")
    assert result.exit_code == 0, result.output
    assert "the new key is in force; every earlier edition is removed" in result.stdout
    assert "partners" in result.stdout and FIRST not in result.output and SECOND not in result.output


def test_run_again_after_it_was_stopped_it_says_so(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, SECOND)
    monkeypatch.setattr(stages, "nightly", lambda office, day: 1 / 0)
    assert rotate(office, "--why", "it leaked").exit_code == 1
    monkeypatch.setattr(stages, "nightly", lambda office, day: pseudonym_keys.finish(office))
    assert "the rotation that was stopped is finished" in rotate(office).stdout


@pytest.mark.parametrize(
    ("key", "arguments", "said"),
    [
        ("", ["--why", "it leaked"], "holds no key"),
        (FIRST, ["--why", "it leaked"], "is the one in force"),
        (SECOND, [], "say why"),
        ("short", ["--why", "it leaked"], "fewer than 16 characters"),
    ],
)
def test_what_is_refused_is_one_line(
    office: Office, monkeypatch: pytest.MonkeyPatch, key: str, arguments: list[str], said: str
):
    monkeypatch.setenv(VARIABLE, key)
    result = rotate(office, *arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("stratpro: ") and result.stderr.count("\n") == 1 and said in result.stderr
    assert "key-" not in result.stderr


def test_while_a_run_holds_the_lock_nothing_is_rotated(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, SECOND)

    def held(*_: object, **__: object) -> None:
        raise warehouse.WarehouseLockedError("run [x] holds the database")

    monkeypatch.setattr(stages, "holding", held)
    assert "holds the database" in rotate(office, "--why", "it leaked").stderr
