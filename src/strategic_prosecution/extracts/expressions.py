"""What office.toml may say about a column: a header, or one scalar expression over the extract's columns.

An expression is checked on DuckDB's parse tree and run as re-serialised text: no second statement, no subquery,
window or aggregate, only functions and types on the lists, only columns of that extract. Should the check be wrong
about something, the connection itself reaches no file outside its folders and changes no setting
(``warehouse.open_records``).
"""

import json
import re
from typing import Any

import duckdb

from strategic_prosecution.settings import nearest
from strategic_prosecution.warehouse import Connection, identifier

LONGEST_TEXT = 10_000
DEEPEST_NESTING = 100
_SHOWN_CHARACTERS = 120
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
        "last_day",
        "lcase",
        "least",
        "left",
        "length",
        "lower",
        "lpad",
        "ltrim",
        "make_date",
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
        "strip_accents",
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
        "trunc",
        "try_strptime",
        "ucase",
        "upper",
        "year",
    ]
)
_CLASSES = frozenset(
    ("COLUMN_REF", "CONSTANT", "FUNCTION", "OPERATOR", "CASE", "CAST", "COMPARISON", "CONJUNCTION", "BETWEEN")
)
_OPERATORS = frozenset(
    [
        "ARRAY_EXTRACT",
        "ARRAY_SLICE",
        "COMPARE_IN",
        "COMPARE_NOT_IN",
        "OPERATOR_COALESCE",
        "OPERATOR_IS_NOT_NULL",
        "OPERATOR_IS_NULL",
        "OPERATOR_NOT",
        "OPERATOR_TRY",
    ]
)
# Types whose values every installation reads alike. An instant with a zone is made by try_strptime with %z.
_TYPES = frozenset(
    [
        "BIGINT",
        "BOOLEAN",
        "DATE",
        "DECIMAL",
        "DOUBLE",
        "FLOAT",
        "HUGEINT",
        "INTEGER",
        "INTERVAL",
        "SMALLINT",
        "TIME",
        "TIMESTAMP",
        "TINYINT",
        "VARCHAR",
    ]
)


class ExpressionError(ValueError):
    """An expression of office.toml that is not one scalar expression over the extract's columns."""


def column_or_expression(connection: Connection, text: str, columns: list[str], *, where: str) -> str:
    """SQL for a header name or a checked expression. ``where`` names its place in office.toml for the error."""
    if text in columns:
        return identifier(text)
    return expression(connection, text, columns, where=where)


def expression(connection: Connection, text: str, columns: list[str], *, where: str) -> str:
    """Re-serialised SQL of one scalar expression; ExpressionError says in one line what is not allowed, and where."""
    said = f"{where}: [{shown(text)}]"
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(f"{said} is longer than {LONGEST_TEXT} characters; map codes with `codes` instead")
    # To the parser the text ends at a NUL, so what comes after it would go unseen.
    serialised = None if "\0" in text else _serialised(connection, text)
    try:
        tree = None if serialised is None else json.loads(serialised)
    except RecursionError:
        raise _too_deep(said) from None
    if tree is None or tree["error"]:
        raise ExpressionError(f"{said} is neither a column nor an expression{_nearest(text, columns)}")
    plain = json.loads(_serialised(connection, "0"))
    if _around_values(tree) != _around_values(plain):
        raise ExpressionError(f"{said} must be one scalar expression, without from, where or with")
    (value, *others) = tree["statements"][0]["node"]["select_list"]
    if others:
        raise ExpressionError(f"{said} must be one scalar expression")
    _check(value, columns, said=said, where=where)
    try:
        row = connection.execute("select json_deserialize_sql(?)", [serialised]).fetchone()
    except duckdb.Error:
        # A number too large for a double.
        raise ExpressionError(f"{said} holds a value that cannot be written; write it as text") from None
    assert row is not None
    return str(row[0]).strip().removeprefix("SELECT").strip().rstrip(";")


def shown(text: str) -> str:
    """A text of office.toml as an error quotes it: in one line, and not endless."""
    line = " ".join(re.sub(r"[^\x20-\x7e\xa0-\u2027\u202a-\U0010ffff]", " ", text).split())
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]} ..."


def _nearest(name: str, columns: list[str]) -> str:
    return nearest(name, [shown(column) for column in columns])


def _serialised(connection: Connection, text: str) -> str:
    row = connection.execute("select json_serialize_sql(?)", [f"select ({text}\n)"]).fetchone()
    assert row is not None
    return str(row[0])


def _around_values(tree: Any) -> list[Any]:
    """Everything in the statements but what they select."""
    return [{**statement["node"], "select_list": None} for statement in tree["statements"]]


def _too_deep(said: str) -> ExpressionError:
    return ExpressionError(f"{said} is nested more than {DEEPEST_NESTING} deep; map codes with `codes` instead")


def _check(root: Any, columns: list[str], *, said: str, where: str) -> None:
    """Refuse what is not on the lists. A depth is that of expressions within expressions."""
    pending = [(root, 0)]
    while pending:
        node, depth = pending.pop()
        if isinstance(node, list):
            pending += [(item, depth) for item in node]
        if not isinstance(node, dict):
            continue
        if "class" in node:
            depth += 1
            if depth > DEEPEST_NESTING:
                raise _too_deep(said)
            _check_node(node, columns, said=said, where=where)
        pending += [(item, depth) for item in node.values()]


def _check_node(node: dict[str, Any], columns: list[str], *, said: str, where: str) -> None:
    kind = node["class"]
    if kind not in _CLASSES:
        raise ExpressionError(f"{said} uses {kind.lower().replace('_', ' ')}, which is not allowed")
    if node.get("alias"):
        raise ExpressionError(f"{said} names a part [{shown(node['alias'])}], which is not allowed")
    if kind == "FUNCTION":
        name = node["function_name"]
        if name not in FUNCTIONS or node["schema"] not in ("", "main") or node["catalog"]:
            raise ExpressionError(f"{said} uses the function [{shown(name)}], which is not allowed")
        if node["filter"] is not None or node["distinct"] or node["order_bys"]["orders"] or node["export_state"]:
            raise ExpressionError(f"{said} uses filter, distinct or order by in [{name}], which is not allowed")
    if kind == "OPERATOR" and node["type"] not in _OPERATORS:
        raise ExpressionError(f"{said} uses {node['type'].lower().replace('_', ' ')}, which is not allowed")
    if kind == "CAST" and node["cast_type"]["id"] not in _TYPES:
        name = (node["cast_type"]["type_info"] or {}).get("name") or node["cast_type"]["id"]
        raise ExpressionError(f"{said} casts to [{shown(name.lower())}], which is not allowed")
    if kind == "COLUMN_REF":
        name = ".".join(node["column_names"])
        if len(node["column_names"]) > 1:
            raise ExpressionError(f'{said} names a table; a column with a dot is written "{shown(name)}"')
        if name not in columns:
            raise ExpressionError(f"{where}: no column [{shown(name)}] in this extract{_nearest(name, columns)}")
