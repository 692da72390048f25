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

    Raises SettingsError for a file that cannot be read, is empty, or is open to others than its owner and group.
    """
    if key := os.environ.get(name):
        return key
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return None
    path = Path(file)
    try:
        mode = path.stat().st_mode
        key = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the file that [{name}_FILE] names cannot be read; put the key there") from error
    if stat.S_IMODE(mode) & 0o007:
        raise SettingsError(f"the file that [{name}_FILE] names is open to everybody; chmod 600 it, and change the key")
    if not key:
        raise SettingsError(f"the file that [{name}_FILE] names is empty; put the key there")
    return key


def need_key(office: Office, name: str) -> str:
    """The key of a variable; SettingsError where there is none."""
    key = find_key(name)
    if key is None:
        raise SettingsError(f"{office.path.name}: the environment variable [{name}] holds no key; set it")
    return key
