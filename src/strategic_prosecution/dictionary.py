"""The data dictionary, written from the model: what every table and column is, and what may be published.

``python -m strategic_prosecution.dictionary`` prints it; docs/dictionary.md is its committed copy.
"""

from strategic_prosecution import model

_SCHEMAS = {
    "core": "Records as of a day, in the office's own words. Never published row by row, save where a table says so.",
    "desk": "What people recorded or decided. Append-only, never rebuilt, never published.",
    "mart": "Results, one set of rows per `as_of`.",
    "meta": "Runs, loads and problems. Never published.",
}


def dictionary() -> str:
    """The data dictionary as Markdown: one section per schema and table of ``model.TABLES``, one row per column."""
    parts = ["# Data dictionary", "Written by `make docs` from the data model. Do not edit it here.", _LEGEND]
    for schema, what in _SCHEMAS.items():
        parts += [f"## {schema}", what, *(_table(table) for table in model.tables(schema))]
    return "\n\n".join(parts) + "\n"


_LEGEND = """\
- **personal**: never in a published file. **pseudonym**: in the internal edition only, as a keyed digest, and only
  where the office has a pseudonym key. **internal**: not in the public edition.
- *known from*: in reconstructed history the value is null until that day.
- `unknown`: the source says it does not know. `unmapped`: the source says something office.toml has no code for.
- Dates are the office's calendar days, instants are UTC, money is whole US cents, geometry is WKB."""


def _table(table: model.Table) -> str:
    lines = [
        f"### {table.schema}.{table.name}",
        "",
        f"{_sentence(table.grain)} Key: {', '.join(f'`{name}`' for name in table.key)}. "
        f"Published: {' and '.join(table.editions) or 'never'}.",
        "",
        *(f"- {warning}" for warning in table.warnings),
        *([""] if table.warnings else []),
        "| column | type | what it is | values |",
        "|---|---|---|---|",
        *(_row(column) for column in table.columns),
    ]
    return "\n".join(lines)


def _row(column: model.Column) -> str:
    marks = [
        mark
        for mark, is_so in (
            ("required", column.required),
            ("**personal**", column.is_pii),
            ("**pseudonym**", column.is_person),
            ("**internal**", column.is_internal),
            (f"*known from* `{column.known_from}`", bool(column.known_from)),
        )
        if is_so
    ]
    what = "; ".join([column.description, *marks]).replace("|", "\\|")
    dtype = f"{column.dtype}, {column.unit}" if column.unit else column.dtype
    return f"| `{column.name}` | {dtype} | {what} | {', '.join(column.values)} |"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


if __name__ == "__main__":
    print(dictionary(), end="")
