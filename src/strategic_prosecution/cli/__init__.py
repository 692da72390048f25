"""The command line: parse, call, print. Exit 0 fine, 1 the data has problems, 2 wrong usage; errors are one line.

Public: ``main``, the entry point of ``strategic-prosecution`` and ``stratpro``, and ``app``, all commands.
"""

from strategic_prosecution.cli import (
    audit,
    backups,
    call_ins,
    describe,
    disclosing,
    explain,
    extracts,
    groups,
    keys,
    list_exports,
    nights,
    orders,
    people,
    places,
    pseudonyms,
    retention,
    shooting_review,
)
from strategic_prosecution.cli.shared import app

__all__ = ["app", "main"]

# Importing a module of commands adds them to the app.
COMMANDS = (
    nights,
    extracts,
    keys,
    describe,
    explain,
    audit,
    orders,
    disclosing,
    retention,
    backups,
    places,
    people,
    call_ins,
    list_exports,
    pseudonyms,
    groups,
    shooting_review,
)


def main() -> None:
    """Run the command that the arguments name."""
    app()
