"""Keys come from the environment or from a secret store's file; they stand in no setting, log or message.

office.toml names a variable. The key is the variable's value or, where ``<NAME>_FILE`` is set instead, what the file it
names holds: the way systemd credentials and container secrets are handed to a program.
"""

import os
import stat
from pathlib import Path

from strategic_prosecution.settings import Office, SettingsError


def find_key(name: str) -> str | None:
    """The key of a variable, or None where neither it nor ``<name>_FILE`` is set.

    The line end of a file is no part of its key. Raises SettingsError where both are set, for a key that is no text,
    and for a file that cannot be read, is empty, or is open to others than its owner and group.
    """
    file = key_file(name)
    if file is None:
        return _variable(name)
    said = f"the file that [{name}_FILE] names"
    if os.environ.get(name):
        raise SettingsError(f"[{name}] and [{name}_FILE] are both set, and may say two things; unset one")
    try:
        with file.open("rb") as handle:
            is_open = stat.S_IMODE(os.fstat(handle.fileno()).st_mode) & 0o007
            key = "" if is_open else _text(handle.read())
    except OSError as error:
        raise SettingsError(f"{said} cannot be read ({error.strerror}); put the key there") from None
    if is_open:
        raise SettingsError(f"{said} is open to everybody; chmod 600 it, and change the key")
    if key is None:
        raise SettingsError(f"{said} is no UTF-8 text; put a key of letters and digits there")
    if not key.strip("\r\n"):
        raise SettingsError(f"{said} is empty; put the key there")
    return key.strip("\r\n")


def key_file(name: str) -> Path | None:
    """The file that holds the key of a variable; None where ``<name>_FILE`` is not set."""
    file = os.environ.get(f"{name}_FILE")
    return Path(file) if file else None


def need_key(office: Office, name: str) -> str:
    """The key of a variable; SettingsError where there is none."""
    key = find_key(name)
    if key is None:
        raise SettingsError(f"{office.path.name}: the environment variable [{name}] holds no key; set it")
    return key


def _variable(name: str) -> str | None:
    key = _text(os.fsencode(os.environ.get(name, "")))
    if key is None:
        raise SettingsError(f"the environment variable [{name}] is no UTF-8 text; set it to letters and digits")
    return key or None


def _text(content: bytes) -> str | None:
    # The error of a decoder carries what it could not decode, so none is let out.
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
