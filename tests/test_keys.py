"""Where keys come from: a variable or a secret store's file, and what is said where neither can be used."""

import os
import traceback
from pathlib import Path

import pytest

from strategic_prosecution.keys import find_key, need_key
from strategic_prosecution.settings import Office, SettingsError

NAME = "SP_TEST_KEY"
SECRET = "Zebulon-Quartzman-is-no-key-9Xw4"
OFFICE = Office(office={"name": "R", "timezone": "UTC", "crs": "EPSG:26986"}, path=Path("office.toml"), fingerprint="")


@pytest.fixture(autouse=True)
def _neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A secret store's file, for its owner alone."""
    path = tmp_path / "credential"
    path.touch(mode=0o600)
    monkeypatch.setenv(f"{NAME}_FILE", str(path))
    return path


def refusal() -> str:
    """What is said of the key, in one line in which it does not stand; nor in any frame on the way."""
    with pytest.raises(SettingsError) as caught:
        find_key(NAME)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    # Our own locals hold what the test plants, so only the frames of the package count.
    told = [frame for frame in frames.stack if "strategic_prosecution" in frame.filename]
    assert told and SECRET not in str([frame.locals for frame in told])
    context = caught.value.__context__
    assert SECRET not in str(caught.value) and SECRET.encode() not in getattr(context, "object", b"")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_key_is_the_variables_value_to_the_last_character(monkeypatch: pytest.MonkeyPatch):
    assert find_key(NAME) is None
    monkeypatch.setenv(NAME, f" {SECRET}\r")
    assert find_key(NAME) == f" {SECRET}\r"
    monkeypatch.setenv(NAME, "")
    assert find_key(NAME) is None


@pytest.mark.parametrize("content", ["{}", "{}\n", "{}\r\n", "\ufeff{}\r\n"])
def test_a_key_is_what_a_file_holds_without_its_line_end(file: Path, content: str):
    file.write_bytes(content.format(SECRET).encode())
    assert find_key(NAME) == SECRET


def test_blanks_inside_a_file_are_part_of_the_key(file: Path, monkeypatch: pytest.MonkeyPatch):
    file.write_text(f" {SECRET} two\n", encoding="utf-8")
    assert find_key(NAME) == f" {SECRET} two"
    # A variable that is set to nothing is not set.
    monkeypatch.setenv(NAME, "")
    assert find_key(NAME) == f" {SECRET} two"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_a_file_open_to_everybody_is_refused_and_its_owners_and_groups_is_not(file: Path, mode: int):
    file.write_text(SECRET, encoding="utf-8")
    for allowed in (0o400, 0o600, 0o640, 0o440):
        file.chmod(allowed)
        assert find_key(NAME) == SECRET
    file.chmod(mode)
    assert refusal() == f"the file that [{NAME}_FILE] names is open to everybody; chmod 600 it, and change the key"


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\n\n"])
def test_an_empty_file_is_no_key(file: Path, content: bytes):
    file.write_bytes(content)
    assert refusal() == f"the file that [{NAME}_FILE] names is empty; put the key there"


def test_a_file_that_is_not_there_or_is_a_folder_cannot_be_read(file: Path):
    file.unlink()
    assert "names cannot be read (No such file or directory); put the key there" in refusal()
    file.mkdir(mode=0o700)
    assert "names cannot be read (Is a directory); put the key there" in refusal()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads every file")
def test_a_file_that_may_not_be_read_is_told(file: Path):
    file.write_text(SECRET, encoding="utf-8")
    file.chmod(0o000)
    assert "names cannot be read (Permission denied); put the key there" in refusal()


def test_bytes_that_are_no_text_are_no_key(file: Path, monkeypatch: pytest.MonkeyPatch):
    file.write_bytes(SECRET.encode() + b"\xff")
    assert "is no UTF-8 text" in refusal()
    monkeypatch.delenv(f"{NAME}_FILE")
    monkeypatch.setenv(NAME, os.fsdecode(SECRET.encode() + b"\xff"))
    assert refusal().startswith(f"the environment variable [{NAME}] is no UTF-8 text")


def test_both_set_is_refused_rather_than_guessed(file: Path, monkeypatch: pytest.MonkeyPatch):
    file.write_text("another", encoding="utf-8")
    monkeypatch.setenv(NAME, SECRET)
    assert refusal() == f"[{NAME}] and [{NAME}_FILE] are both set, and may say two things; unset one"


def test_a_key_that_is_needed_and_missing_names_its_variable():
    with pytest.raises(SettingsError, match=r"office\.toml: the environment variable \[SP_TEST_KEY\] holds no key"):
        need_key(OFFICE, NAME)
