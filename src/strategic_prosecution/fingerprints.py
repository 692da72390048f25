"""Keyed fingerprints: a record that must be forgotten is still known when it comes again, and only to who has the key.

A fingerprint is the HMAC-SHA256 of a table and a key of it, in hexadecimal digits, under the office's fingerprint key.
The number of a case is short and regular, so a plain digest of it could be guessed.
"""

import hashlib
import hmac

from strategic_prosecution.keys import find_key
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.warehouse import Connection, quoted

_BLOCK = 64


def fingerprint_key(office: Office) -> bytes:
    """The office's fingerprint key, or the demo county's public one; SettingsError where there is none."""
    name = office.warehouse.fingerprint_key_env
    text = find_key(name) or office.release.public_demo_key
    if not text:
        raise SettingsError(
            f"the environment variable [{name}] holds no key, and without it no order can be taken and no expunged "
            "record be known again; set it to a long random text, and keep it as long as the office"
        )
    return text.encode()


def fingerprint(table: str, record_id: str, *, key: bytes) -> str:
    """The fingerprint of one record."""
    return hmac.new(key, _message(table, record_id), hashlib.sha256).hexdigest()


def install(connection: Connection, *, key: bytes) -> None:
    """Make ``fingerprint_of(table, id)`` a function of the connection: the same digest, in SQL.

    The key is bound, never written in SQL: it lies in a temporary table, as HMAC's two padded keys.
    """
    padded = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    connection.execute(
        "create or replace temp table fingerprint_pads as select ?::blob as inner_pad, ?::blob as outer_pad",
        [inner, outer],
    )
    message = f"encode(table_name || {quoted(chr(31))} || record_id)"
    connection.execute(
        f"""
        create or replace temp macro fingerprint_of(table_name, record_id) as
        sha256((select outer_pad from fingerprint_pads) || unhex(
            sha256((select inner_pad from fingerprint_pads) || {message})))
        """
    )


def _message(table: str, record_id: str) -> bytes:
    return f"{table}\x1f{record_id}".encode()
