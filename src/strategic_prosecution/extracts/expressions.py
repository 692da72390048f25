"""What office.toml may say about a column: a header, or one scalar expression over the extract's columns.

An expression is checked on DuckDB's parse tree and run as re-serialised text: no second statement, no subquery,
window or aggregate, only functions on the list, only columns of that extract.
"""

import json
from typing import Any

from strategic_prosecution.settings import nearest
from strategic_prosecution.warehouse import Connection, identifier

# Deterministic, without side effects, and enough to tidy text, dates and codes.
FUNCTIONS = frozenset(
    [
        "+",
        "-",
        "*",
        "/",
        "%",
        "||",
        "~~",
        "!~~",
        "~~*",
        "!~~*",
        "~~~",
        "abs",
        "ceil",
        "coalesce",
        "concat",
        "concat_ws",
        "contains",
        "date_diff",
        "date_part",
        "date_trunc",
        "day",
        "ends_with",
        "floor",
        "greatest",
        "hour",
        "if",
        "ifnull",
        "lcase",
        "least",
        "left",
        "length",
        "lower",
        "lpad",
        "ltrim",
        "md5",
        "minute",
        "month",
        "nullif",
        "prefix",
        "regexp_extract",
        "regexp_full_match",
        "regexp_matches",
        "regexp_replace",
        "replace",
        "right",
        "round",
        "rpad",
        "rtrim",
        "split_part",
        "starts_with",
        "strftime",
        "strptime",
        "substr",
        "substring",
        "suffix",
        "to_days",
        "to_hours",
        "to_minutes",
        "to_seconds",
        "translate",
        "trim",
        "try_strptime",
        "ucase",
        "upper",
        "year",
    ]
)
_CLASSES = frozenset(
    ("COLUMN_REF", "CONSTANT", "FUNCTION", "OPERATOR", "CASE", "CAST", "COMPARISON", "CONJUNCTION", "BETWEEN")
)


class ExpressionError(ValueError):
    """An expression of office.toml that is not one scalar expression over the extract's columns."""


def column_or_expression(connection: Connection, text: str, columns: list[str], *, where: str) -> str:
    """SQL for a header name or a checked expression. ``where`` names its place in office.toml for the error."""
    if text in columns:
        return identifier(text)
    return expression(connection, text, columns, where=where)


def expression(connection: Connection, text: str, columns: list[str], *, where: str) -> str:
    """Re-serialised SQL of one scalar expression; ExpressionError says what is not allowed, and where."""
    row = connection.execute("select json_serialize_sql(?)", [f"select ({text}\n)"]).fetchone()
    assert row is not None
    tree = json.loads(row[0])
    if tree.get("error"):
        known = nearest(text, columns)
        raise ExpressionError(f"{where}: [{text}] is neither a column nor an expression{known}")
    statements = tree["statements"]
    node = statements[0]["node"]
    if len(statements) != 1 or node.get("type") != "SELECT_NODE" or len(node.get("select_list", [])) != 1:
        raise ExpressionError(f"{where}: [{text}] must be one scalar expression")
    if (
        node["from_table"]["type"] != "EMPTY"
        or node["where_clause"] is not None
        or node["modifiers"]
        or node["group_expressions"]
        or node["having"] is not None
        or node["qualify"] is not None
        or node["sample"] is not None
        or node["cte_map"]["map"]
    ):
        raise ExpressionError(f"{where}: [{text}] must be one scalar expression, without from, where or with")
    _check(node["select_list"][0], columns, text=text, where=where)
    row = connection.execute("select json_deserialize_sql(?)", [json.dumps(tree)]).fetchone()
    assert row is not None
    return str(row[0]).strip().removeprefix("SELECT").strip().rstrip(";")


def _check(node: Any, columns: list[str], *, text: str, where: str) -> None:
    if isinstance(node, list):
        for item in node:
            _check(item, columns, text=text, where=where)
        return
    if not isinstance(node, dict):
        return
    kind = node.get("class")
    if kind is not None and kind not in _CLASSES:
        raise ExpressionError(f"{where}: [{text}] uses {kind.lower().replace('_', ' ')}, which is not allowed")
    if kind == "FUNCTION" and node["function_name"] not in FUNCTIONS:
        name = node["function_name"]
        raise ExpressionError(f"{where}: [{text}] uses the function [{name}], which is not allowed")
    if kind == "COLUMN_REF":
        name = ".".join(node["column_names"])
        if len(node["column_names"]) > 1:
            raise ExpressionError(f'{where}: [{text}] names a table; a column with a dot is written "{name}"')
        if name not in columns:
            raise ExpressionError(f"{where}: no column [{name}] in this extract{nearest(name, columns)}")
    for value in node.values():
        _check(value, columns, text=text, where=where)
