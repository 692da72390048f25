"""The package's queries, in files: read top to bottom, bound parameters, grain in the header."""

from importlib import resources


def query(name: str) -> str:
    """The text of ``sql/<name>.sql``."""
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
