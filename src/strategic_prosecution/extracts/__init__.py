"""From files as received to core: land each file once, cast, map codes, merge feeds, account for every row.

Public: ``land`` (files to raw), ``build`` (raw to core as of a day), ``feeds_of`` (which feeds fill which table),
``prepare`` (one feed, typed, as temporary tables), ``check_freshness`` and ``check_expectations`` (ContractError).
"""

from strategic_prosecution.extracts.build import build, feeds_of
from strategic_prosecution.extracts.contracts import ContractError, check_freshness, check_share
from strategic_prosecution.extracts.expectations import check_expectations
from strategic_prosecution.extracts.feeds import prepare
from strategic_prosecution.extracts.land import land

__all__ = [
    "ContractError",
    "build",
    "check_expectations",
    "check_freshness",
    "check_share",
    "feeds_of",
    "land",
    "prepare",
]
