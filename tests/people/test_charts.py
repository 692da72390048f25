"""The charts of a model: readable without a network, by their owner only, and without a word about anybody."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from strategic_prosecution.people import charts
from strategic_prosecution.people.charts import save_charts
from strategic_prosecution.warehouse import open_memory

NAMES = ("zebulon", "quartzman")
CHARTS = {"blocking_rules", "m_u_parameters", "match_weights", "match_weights_histogram", "unlinkables"}
pytestmark = pytest.mark.slow


@contextmanager
def _linked(*, threshold: float | None = None) -> Iterator[tuple[Linker, Any, Any]]:
    """A small model with term frequencies; the most frequent family name is left out of a blocking rule."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "unique_id": np.arange(300),
            "given": random.choice([NAMES[0], "jaydemo", "mosample"], 300),
            "family": random.choice([NAMES[1], "beetest", "ceetest"], 300),
            "year": random.integers(1950, 2000, 300),
        }
    )
    with open_memory(threads=1) as connection:
        records = DuckDBAPI(connection).register(frame)
        model = SettingsCreator(
            link_type="dedupe_only",
            probability_two_random_records_match=0.01,
            comparisons=[
                comparisons.JaroWinklerAtThresholds("given").configure(term_frequency_adjustments=True),
                comparisons.ExactMatch("family").configure(term_frequency_adjustments=True),
                comparisons.ExactMatch("year"),
            ],
            blocking_rules_to_generate_predictions=[
                block_on("year"),
                f"l.family = r.family and l.family not in ('{NAMES[1]}', 'O''{NAMES[0]}')",
            ],
        )
        linker = Linker(records, model, log_level=None)
        linker.training.estimate_u_using_random_sampling(max_pairs=10_000, seed=1)
        yield linker, records, linker.inference.predict(threshold_match_weight=threshold)


def test_charts_stand_alone_and_name_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "people"
    folder.mkdir(mode=0o755)
    (folder / "match_weights.svg").write_text("old", encoding="utf-8")
    with _linked() as (linker, records, compared):
        # The control: what the charts are made from does hold the names.
        assert NAMES[1] in str(compared.as_record_list(limit=50))
        assert NAMES[1] in str(linker.misc.save_model_to_json())
        save_charts(linker, folder, spellings=records, compared=compared)
    files = sorted(folder.iterdir())
    assert {path.stem for path in files} == CHARTS
    assert {path.suffix for path in files} == {".html", ".svg"}
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not any(name in text.lower() for name in NAMES), path.name
        assert not re.search(r"<script[^>]*\bsrc|<link|<iframe|\bcdn\.", text), path.name
        assert path.suffix == ".svg" or '"embedOptions":{"actions":false}' in text, "the menu sends data to a page"
        assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    rules = (folder / "blocking_rules.svg").read_text(encoding="utf-8")
    assert "l.family = r.family" in rules and "'…'" in rules


def test_a_sample_too_small_is_not_told_by_quoting_the_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Splink warns of it with the rule, and the values in it; a warning is an error here.
    monkeypatch.setattr(charts, "_COUNTED", 60)
    with _linked() as (linker, records, compared):
        save_charts(linker, tmp_path, spellings=records, compared=compared)
    assert "Estimated Count" in (tmp_path / "blocking_rules.svg").read_text(encoding="utf-8")


def test_no_pair_above_the_least_weight_leaves_the_histogram_out(tmp_path: Path) -> None:
    with _linked(threshold=60) as (linker, records, compared):
        save_charts(linker, tmp_path, spellings=records, compared=compared)
    assert {path.stem for path in tmp_path.iterdir()} == CHARTS - {"match_weights_histogram"}
