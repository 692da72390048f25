"""``python -m strategic_prosecution.cli``."""

from strategic_prosecution.cli import main

main()
