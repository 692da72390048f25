"""Looking at files and proposing an office.toml: which tables they fill, from which columns, on what evidence.

Public: ``propose`` (files to a ``Proposal``), ``render`` (a proposal to the text of office.toml), ``summary`` (a
proposal to one row per feed), ``notes`` (what to mind).
"""

from strategic_prosecution.extracts.propose.assemble import propose
from strategic_prosecution.extracts.propose.proposal import Proposal, ProposedExtract, ProposedFeed
from strategic_prosecution.extracts.propose.render import notes, render, summary

__all__ = ["Proposal", "ProposedExtract", "ProposedFeed", "notes", "propose", "render", "summary"]
