"""From files as received to core: land each file once, cast, map codes, merge feeds, account for every row.

Public: ``land`` (files to raw), ``build`` (raw to core as of a day), ``feeds_of`` (which feeds fill which table),
``prepare`` (one feed, typed, as temporary tables), ``check_freshness`` and ``check_expectations`` (ContractError),
``list_every_row`` (what an order may be about), ``load_forgotten``, ``remove_from_raw``, ``count_forgotten`` and
``note_removals`` (what orders take out).
"""

from strategic_prosecution.extracts.build import build, feeds_of
from strategic_prosecution.extracts.contracts import ContractError, check_freshness, check_share
from strategic_prosecution.extracts.every_row import OF_A_CASE, PERSON, list_every_row
from strategic_prosecution.extracts.expectations import check_expectations
from strategic_prosecution.extracts.expunged import count_forgotten, load_forgotten, note_removals, remove_from_raw
from strategic_prosecution.extracts.feeds import prepare
from strategic_prosecution.extracts.land import land

__all__ = [
    "OF_A_CASE",
    "PERSON",
    "ContractError",
    "build",
    "check_expectations",
    "check_freshness",
    "check_share",
    "count_forgotten",
    "feeds_of",
    "land",
    "list_every_row",
    "load_forgotten",
    "note_removals",
    "prepare",
    "remove_from_raw",
]
