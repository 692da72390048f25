"""Pseudonyms: a keyed digest in place of each person key. Pseudonymised is not anonymous: it stays in the office."""

import hashlib
import hmac

import pandas as pd

from strategic_prosecution.keys import find_key
from strategic_prosecution.settings import Office

LENGTH = 16
# Fewer characters can be tried out, and every pseudonym undone.
SHORTEST_KEY = 16
# No person_id is written so: they begin with p_.
_MARKED = b"mark of the key of the pseudonyms"


def pseudonym_key(office: Office) -> bytes | None:
    """The office's key from its environment, the demo county's public one, or None: then no person is published."""
    text = find_key(office.release.pseudonym_key_env) or office.release.public_demo_key
    return text.encode() if text else None


def pseudonyms(person_ids: pd.Series, *, key: bytes) -> pd.Series:
    """HMAC-SHA256 of each person_id under the key, shortened to 16 hexadecimal digits; null stays null.

    These are 64 bits, as many as a person_id has. That any two of n people get one pseudonym has a chance of at most
    n squared / 2 to the 65th: 1 in 37 million for a million people, 1 in 3,700 for a hundred million.
    """
    names = {
        person: hmac.new(key, str(person).encode(), hashlib.sha256).hexdigest()[:LENGTH]
        for person in person_ids.dropna().unique()
    }
    return person_ids.map(names)


def key_mark(key: bytes) -> str:
    """What a key is known again by: HMAC-SHA256 of a constant under it. It gives neither the key nor a pseudonym."""
    return hmac.new(key, _MARKED, hashlib.sha256).hexdigest()
