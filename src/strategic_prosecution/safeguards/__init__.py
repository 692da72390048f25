"""Safeguards: the audit log, pseudonyms, suppression of small counts, and the last look before publishing."""

from strategic_prosecution.safeguards import audit
from strategic_prosecution.safeguards.pseudonyms import key_mark, pseudonym_key, pseudonyms
from strategic_prosecution.safeguards.release import ReleaseError, check_release, newest_values, releasable
from strategic_prosecution.safeguards.suppression import share_hidden, suppress

__all__ = [
    "ReleaseError",
    "audit",
    "check_release",
    "key_mark",
    "newest_values",
    "pseudonym_key",
    "pseudonyms",
    "releasable",
    "share_hidden",
    "suppress",
]
