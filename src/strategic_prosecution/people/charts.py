"""Splink's own charts of a model, as files that the analyst can open without a network: no name stands in them."""

import json
import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Splink and the drawing are loaded when people are linked, not with the program.
if TYPE_CHECKING:
    from splink import Linker
    from splink.internals.charts import SplinkChart
    from splink.internals.splink_dataframe import SplinkDataFrame

# Where the data of a chart holds SQL. A rule whose largest blocks were left out names them by their values.
_SQL = ("blocking_rule", "equi_join_conditions", "filter_conditions", "sql_condition")
_LITERAL = re.compile(r"'(?:[^']|'')*'")
# The menu of a chart would send its data to a web page when it is asked to.
_WITHOUT_MENU = {"embedOptions": {"actions": False}}
# What Splink's specifications are written in.
_VEGA_LITE = "5.21"
# Up to so many spellings, pairs are counted; of more, a sample of that many.
_COUNTED = 50_000


def save_charts(linker: "Linker", folder: Path, *, spellings: "SplinkDataFrame", compared: "SplinkDataFrame") -> None:
    """Write Splink's charts of a model into a folder, each as one HTML page without an outside script and as SVG.

    linker
        with the model in force
    folder
        made where it is not there (mode 0700); charts of the same names are replaced (files: mode 0600)
    spellings
        the table that the linker was given
    compared
        what its ``predict`` gave, with match weights

    match_weights, m_u_parameters, match_weights_histogram (without pairs: left out), unlinkables (the share of
    spellings that say too little to be linked even with themselves), blocking_rules (pairs that each rule adds, from
    a sample). Charts of single values and single pairs (term frequencies, waterfall) are not written: they name
    people. A value in a rule or a condition is written as '…'.
    """
    import vl_convert

    charts: dict[str, SplinkChart[Any]] = {
        "match_weights": linker.visualisations.match_weights_chart(),
        "m_u_parameters": linker.visualisations.m_u_parameters_chart(),
        "unlinkables": linker.evaluation.unlinkables_chart(),
        "blocking_rules": _blocking_chart(linker, spellings),
    }
    if compared.as_record_list(limit=1):
        charts["match_weights_histogram"] = linker.visualisations.match_weights_histogram(compared)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, chart in charts.items():
        spec = chart.chart_dict | {"usermeta": _WITHOUT_MENU}
        spec["data"] = {"values": [_without_literals(row) for row in spec["data"]["values"]]}
        # DuckDB's bins are decimals, which JSON does not know.
        text = json.dumps(spec, default=float)
        _write(folder / f"{name}.svg", vl_convert.vegalite_to_svg(text, vl_version=_VEGA_LITE))
        _write(folder / f"{name}.html", vl_convert.vegalite_to_html(text, vl_version=_VEGA_LITE, bundle=True))


def _blocking_chart(linker: "Linker", spellings: "SplinkDataFrame") -> "SplinkChart[Any]":
    from splink.blocking_analysis import chart_comparisons_from_blocking_rules

    settings = linker.misc.save_model_to_json()
    counted = f"select count(*) as rows from {spellings.physical_name}"
    rows = linker.misc.query_sql(counted, output_type="pandas")  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        # Splink's word on a small sample quotes the rule, and with it the values that the rule leaves out.
        warnings.simplefilter("ignore", UserWarning)
        return chart_comparisons_from_blocking_rules(
            spellings,
            blocking_rules=settings["blocking_rules_to_generate_predictions"],
            link_type=settings["link_type"],
            unique_id_column_name=settings["unique_id_column_name"],
            record_sample_proportion=min(1.0, _COUNTED / max(int(rows["rows"].iloc[0]), 1)),
        )


def _without_literals(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: _LITERAL.sub("'…'", row[name]) for name in _SQL if row.get(name)}


def _write(path: Path, text: str) -> None:
    """The file, readable by its owner only from the first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
