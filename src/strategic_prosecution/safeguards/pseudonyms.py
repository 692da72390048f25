"""Pseudonyms: a keyed digest in place of each person key. Pseudonymised is not anonymous: it stays in the office."""

import hashlib
import hmac

import pandas as pd

from strategic_prosecution.keys import find_key
from strategic_prosecution.settings import Office

LENGTH = 16


def pseudonym_key(office: Office) -> bytes | None:
    """The office's key from its environment, the demo county's public one, or None: then no person is published."""
    text = find_key(office.release.pseudonym_key_env) or office.release.public_demo_key
    return text.encode() if text else None


def pseudonyms(person_ids: pd.Series, *, key: bytes) -> pd.Series:
    """HMAC-SHA256 of each person_id under the key, shortened to 16 hexadecimal digits; null stays null."""
    names = {
        person: hmac.new(key, str(person).encode(), hashlib.sha256).hexdigest()[:LENGTH]
        for person in person_ids.dropna().unique()
    }
    return person_ids.map(names)
