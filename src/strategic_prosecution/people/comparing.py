"""Which spellings are of one person, by likeness: Splink's Fellegi-Sunter model on pairs that share a block.

Everything is a function of the rows and the model: samples are the first by hash, not by chance, and what a small
office's rows show is shrunk to the shipped parameters.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import warehouse
from strategic_prosecution.people.model import Comparison, Model
from strategic_prosecution.warehouse import Connection

# A value shared by more spellings than this makes no block: a filler, or so common that it tells nothing.
LARGEST_BLOCK = 400
# Spellings with different numbers: their pairs tell how often strangers agree.
_STRANGERS = 400
# Spellings with one number tell how the records of one person differ.
_LABELLED, _FEWEST_LABELLED, _MOST_OF_ONE = 10_000, 500, 4
# How many pairs, or spellings, the shipped m, u and term frequencies are worth.
_TRUST_M, _TRUST_U, _TRUST_FREQUENCY = 500, 100_000, 2_000
_LEAST = 1e-7
# A column as the conditions of levels name it: of the left or of the right row.
_SIDED = re.compile(r"\b([a-z_]+)_([lr])\b")


@dataclass(frozen=True)
class Compared:
    """Pairs of spellings with their probability, and how they came about.

    ``pairs``: left, right (spelling, left < right), probability, and per comparison ``level_<name>``, the number of the
    level of the model that holds. ``tried``: pairs that share a block, once per block; ``blocks_too_large``: values
    that made no block; ``labelled``: pairs with one number that the model was estimated from, 0 where the shipped
    parameters hold.
    """

    pairs: pd.DataFrame
    model: Model
    tried: int
    blocks_too_large: int
    labelled: int
    spellings: int
    settings: dict[str, Any]


def compare_pairs(
    frame: pd.DataFrame, *, model: Model, least: float = 0.5, estimate: bool = True, threads: int | None = None
) -> Compared:
    """Compare the pairs of any frame by a model of one's own; see ``compare``.

    ``frame``: spelling (unique integers), number (an identifier that tells which pairs are one person's, for
    estimating; null where there is none) and what the model's comparisons and blocks read. Without ``estimate`` the
    model holds as it stands.
    """
    with warehouse.open_memory(threads=threads) as connection:
        connection.register("given", frame)
        connection.execute(
            "create temp table spellings as "
            "select *, spelling as first_row, false as is_twin from given order by spelling"
        )
        return compare(connection, model=model, least=least, estimate=estimate)


def compare(
    connection: Connection, *, model: Model, least: float, charts: Path | None = None, estimate: bool = True
) -> Compared:
    """Compare the pairs of the table ``spellings`` that share a block; returns those of at least ``least`` probability.

    ``spellings`` has spelling (integer key), first_row, is_twin, number (valid state id or null) and what the model's
    comparisons and blocks read. m is estimated from pairs of one number, at most four spellings a
    number, where there are 500 such numbers; u from all pairs of 400 spellings with different numbers where there are
    as many, four such pairs for one. The shipped values count as 500 and 100,000 pairs beside.
    ``charts``: folder for the charts of a model that was estimated.
    """
    too_large, tried = _lay_blocks(connection, model)
    count = _number(connection, "select count(*) from spellings where not is_twin")
    if not tried:
        return Compared(_no_pairs(model), model, 0, too_large, 0, count, {})
    fitted, labelled = _estimated(connection, model, spellings=count) if estimate else (model, 0)
    linker, table = _linker(connection, "blocked", fitted, spellings=count)
    _shrink_frequencies(connection, linker, fitted)
    predicted = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
    pairs = connection.execute(_with_levels(fitted, predicted.physical_name)).df()
    if charts is not None and labelled:
        from strategic_prosecution.people.charts import save_charts

        save_charts(linker, charts, spellings=table, compared=predicted)
    return Compared(pairs, fitted, tried, too_large, labelled, count, _settings(linker))


def level_case(comparison: Comparison) -> str:
    """SQL for the number of the level that holds between rows l and r."""
    cases = (
        f"else {n}" if level.condition == "else" else f"when {_sided(level.condition)} then {n}"
        for n, level in enumerate(comparison.levels)
    )
    return f"case {' '.join(cases)} end"


def _sided(condition: str) -> str:
    return _SIDED.sub(lambda match: f"{match[2]}.{match[1]}", condition)


def _settings(linker: Any) -> dict[str, Any]:
    """Splink's settings without the name that it draws for each linker."""
    settings: dict[str, Any] = linker.misc.save_model_to_json()
    settings.pop("linker_uid", None)
    return settings


def _with_levels(model: Model, predicted: str) -> str:
    """The pairs of a table of Splink's with the level of each comparison: what agrees, and what contradicts."""
    levels = ", ".join(f"({level_case(each)})::tinyint as level_{each.name}" for each in model.comparisons)
    return (
        f"select spelling_l as left, spelling_r as right, match_probability as probability, {levels} from {predicted} "
        "join spellings as l on l.spelling = spelling_l join spellings as r on r.spelling = spelling_r order by 1, 2"
    )


def _lay_blocks(connection: Connection, model: Model) -> tuple[int, int]:
    """Table ``blocked``: spellings with one column per block, null where the value is shared by too many.

    Returns how many values that are, and how many pairs the others make, counted once per block.
    """
    keys = [
        f"case when {' and '.join(f'{part} is not null' for part in parts)} then hash({', '.join(parts)}) end block_{n}"
        for n, parts in enumerate(model.blocks)
    ]
    connection.execute(f"create or replace temp table keyed as select spelling, {', '.join(keys)} from spellings")
    sizes = " union all ".join(
        f"select {n} as block, block_{n} as value, count(*) as n from keyed where block_{n} is not null group by all"
        for n in range(len(model.blocks))
    )
    connection.execute(f"create or replace temp table block_sizes as {sizes}")
    large = f"select value from block_sizes where n > {LARGEST_BLOCK} and block = "
    kept = ", ".join(
        f"case when block_{n} not in ({large}{n}) then block_{n} end as block_{n}" for n in range(len(model.blocks))
    )
    connection.execute(
        f"create or replace temp table blocked as select spellings.*, keys.* exclude (spelling) "
        f"from spellings join (select spelling, {kept} from keyed) as keys using (spelling) order by spelling"
    )
    return (
        _number(connection, f"select count(*) from block_sizes where n > {LARGEST_BLOCK}"),
        _number(connection, f"select coalesce(sum(n * (n - 1) / 2), 0) from block_sizes where n <= {LARGEST_BLOCK}"),
    )


def _estimated(connection: Connection, model: Model, *, spellings: int) -> tuple[Model, int]:
    """The model with m and u of these rows, as far as there are enough, and from how many labelled pairs."""
    fitted = model
    numbers = _number(connection, "select count(distinct number) from spellings")
    if numbers >= _STRANGERS:
        # One spelling a number: two of one person's would pass for strangers who agree.
        connection.execute(
            "create or replace temp table strangers as select * from blocked where number is not null "
            "qualify row_number() over (partition by number order by spelling) = 1 "
            f"order by hash(first_row), first_row limit {_STRANGERS}"
        )
        linker, _ = _linker(connection, "strangers", model, spellings=spellings, with_parameters=False)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e9, min_count_per_level=None, num_chunks=1)
        known = _known(connection, model, "strangers", "l.spelling < r.spelling")
        # Pairs of 400 people are far from independent: one of them known to many tells on hundreds of pairs.
        fitted = _shrunk(fitted, "u", _trained(linker, "u_probability"), known, worth=0.25, trust=_TRUST_U)
    # A few spellings of each: nobody's habits are everybody's.
    connection.execute(
        "create or replace temp table labelled as "
        "with few as (select * from blocked where number is not null and not is_twin "
        f"qualify row_number() over (partition by number order by spelling) <= {_MOST_OF_ONE}) "
        "from few where number in (select number from few group by number having count(*) > 1 "
        f"order by hash(number), number limit {_LABELLED})"
    )
    same = "l.number = r.number and l.spelling < r.spelling"
    labelled = _number(connection, f"select count(*) from labelled as l join labelled as r on {same}")
    numbers = _number(connection, "select count(distinct number) from labelled")
    if numbers < _FEWEST_LABELLED:
        return fitted, 0
    linker, _ = _linker(connection, "labelled", model, spellings=spellings, with_parameters=False)
    linker.training.estimate_m_from_label_column("number")
    known = _known(connection, model, "labelled", same)
    fitted = _shrunk(fitted, "m", _trained(linker, "m_probability"), known, worth=1.0, trust=_TRUST_M)
    rate = connection.execute(
        f"select sum(n * (least(n, {_MOST_OF_ONE}) - 1)) / sum(n) from "
        "(select count(*) as n from spellings where number is not null and not is_twin group by number)"
    ).fetchone()
    assert rate is not None
    return replace(fitted, matches_per_spelling=min(max(float(rate[0]), 0.2), 5.0)), labelled


def _known(connection: Connection, model: Model, table: str, pairs: str) -> dict[str, int]:
    """In how many pairs of a table each comparison says something."""
    counts = ", ".join(
        f"count(*) filter (not ({' or '.join(_sided(level.condition) for level in each.levels if level.is_null)}))"
        if any(level.is_null for level in each.levels)
        else "count(*)"
        for each in model.comparisons
    )
    row = connection.execute(f"select {counts} from {table} as l join {table} as r on {pairs}").fetchone()
    assert row is not None
    return dict(zip((each.name for each in model.comparisons), row, strict=True))


def _shrunk(
    model: Model, which: str, found: dict[str, dict[str, float]], known: dict[str, int], *, worth: float, trust: float
) -> Model:
    """The model with what was found, each comparison by the pairs that show it, weighed against the shipped values."""
    comparisons = []
    for comparison in model.comparisons:
        pairs = known[comparison.name] * worth
        levels = tuple(
            level
            if level.is_null
            else replace(
                level,
                **{
                    which: max(
                        (pairs * found[comparison.name].get(level.what, 0.0) + trust * getattr(level, which))
                        / (pairs + trust),
                        _LEAST,
                    )
                },
            )
            for level in comparison.levels
        )
        comparisons.append(replace(comparison, levels=levels))
    return replace(model, comparisons=tuple(comparisons))


def _linker(
    connection: Connection, table: str, model: Model, *, spellings: int, with_parameters: bool = True
) -> tuple[Any, Any]:
    """A Splink linker on a table of this connection, silent; and the table as Splink knows it."""
    # Splink brings SQL parsers and charts along: they are loaded when people are linked, not with the program.
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection)
    settings = splink_settings(model, spellings=spellings, with_parameters=with_parameters)
    known = api.register(table)
    return Linker(known, settings, log_level=None, validate_settings=False), known


def splink_settings(model: Model, *, spellings: int, with_parameters: bool = True) -> dict[str, Any]:
    """The model in Splink's words; the prior goes by how many spellings there are, at least 10,000.

    Without parameters it is one to be trained: an agreement that no pair shows then has none, not the shipped one.
    """
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "spelling",
        "probability_two_random_records_match": model.matches_per_spelling / max(spellings, 10_000),
        "blocking_rules_to_generate_predictions": [f"l.block_{n} = r.block_{n}" for n in range(len(model.blocks))],
        "comparisons": [
            {
                "output_column_name": comparison.name,
                "comparison_levels": [
                    {
                        "sql_condition": level.condition.upper() if level.condition == "else" else level.condition,
                        "label_for_charts": level.what,
                        **(
                            {"is_null_level": True}
                            if level.is_null
                            else {"m_probability": level.m, "u_probability": level.u}
                            if with_parameters
                            else {}
                        ),
                        **({"tf_adjustment_column": comparison.column} if level.by_frequency else {}),
                    }
                    for level in comparison.levels
                ],
            }
            for comparison in model.comparisons
        ],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def _trained(linker: Any, which: str) -> dict[str, dict[str, float]]:
    """comparison -> level, in words -> probability."""
    return {
        comparison["output_column_name"]: {
            level["label_for_charts"]: level[which]
            for level in comparison["comparison_levels"]
            if isinstance(level.get(which), float)
        }
        for comparison in linker.misc.save_model_to_json()["comparisons"]
    }


def _shrink_frequencies(connection: Connection, linker: Any, model: Model) -> None:
    """Term frequencies of the spellings, with the shipped one of any value counted as 2,000 spellings beside them."""
    for comparison in model.comparisons:
        column = comparison.column
        shipped = [level.u for level in comparison.levels if level.by_frequency]
        if shipped:
            connection.execute(
                f"create or replace temp table frequency_{column} as "
                f"select {column}, ((count(*) + $trust * $shipped) / (sum(count(*)) over () + $trust))::double "
                f"as tf_{column} from spellings where {column} is not null and not is_twin group by {column}",
                {"trust": _TRUST_FREQUENCY, "shipped": shipped[0]},
            )
            table = linker._db_api.register(f"frequency_{column}")
            linker.table_management.register_term_frequency_lookup(table, column)


def _no_pairs(model: Model) -> pd.DataFrame:
    columns = {"left": "int64", "right": "int64", "probability": "float64"}
    columns |= {f"level_{comparison.name}": "int8" for comparison in model.comparisons}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def _number(connection: Connection, text: str) -> int:
    row = connection.execute(text).fetchone()
    assert row is not None
    return int(row[0])
