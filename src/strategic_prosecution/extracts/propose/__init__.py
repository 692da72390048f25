"""Looking at files and proposing an office.toml: which tables they fill, from which columns, on what evidence.

Public: ``propose`` (files to a ``Proposal``), ``render`` (a proposal to the text of office.toml), ``summary`` (a
proposal to one row per feed).
"""

from strategic_prosecution.extracts.propose.assemble import propose
from strategic_prosecution.extracts.propose.proposal import Proposal, ProposedExtract, ProposedFeed
from strategic_prosecution.extracts.propose.render import render, summary

__all__ = ["Proposal", "ProposedExtract", "ProposedFeed", "propose", "render", "summary"]
