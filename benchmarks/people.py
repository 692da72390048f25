"""Linking a million records beside bare Splink, in one run: seconds, peak memory, and what a night of 1 % more costs.

    python benchmarks/people.py [--records 1000000]

Records: invented people of the demo county's naming cultures at its default level of mistakes, 2.5 records a person.
Each case runs in a process of its own, in turn:

ours   `resolve_people`: identifiers, names, Splink, constraints, review queue; the model estimated on these records
bare   Splink alone on the same records: the same comparisons, the same blocking rules as Splink writes them, u by
       random sampling and m from the state ids, predict, cluster_pairwise_predictions_at_threshold. The columns it
       reads (names, addresses and birth dates cleaned) are made beforehand by ours, and told apart
night  `resolve_people` on all but 1 % of the records, then on all: a night links everything anew, so the answer is that
       of a full relink by construction; shown is that the order in which records came changes nothing, and how many
       people of the first answer have another id in the second
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import warehouse
from strategic_prosecution.demo import linkable_people
from strategic_prosecution.people import PEOPLE, clean_names, resolve_people
from strategic_prosecution.people.queries import query

LIMIT_SECONDS, LIMIT_GIB, LIMIT_RATIO = 120.0, 6.0, 1.25
LINK_PROBABILITY = 0.99
SEED = 20260101
KEY = ["record_table", "record_id"]


def ours(folder: Path) -> dict[str, Any]:
    """The whole of linking; leaves Splink's settings for the bare run."""
    records = pd.read_parquet(folder / "records.parquet")
    began, base = time.perf_counter(), memory()
    found = resolve_people(records, link_probability=LINK_PROBABILITY, threads=2)
    seconds = time.perf_counter() - began
    (folder / "settings.json").write_text(json.dumps(found.compared.settings))
    return {
        "seconds": seconds,
        "gib": memory(),
        "gib before": base,
        "people": int(found.links["person_id"].nunique()),
        "spellings": found.compared.spellings,
        "pairs to review": len(found.pairs),
    }


def bare(folder: Path) -> dict[str, Any]:
    """Splink on every record: the names cleaned beforehand, blocks as in ours, clusters at the same probability."""
    from splink import DuckDBAPI, Linker

    records = pd.read_parquet(folder / "records.parquet")
    settings = json.loads((folder / "settings.json").read_text())
    settings["unique_id_column_name"] = "row"
    settings["blocking_rules_to_generate_predictions"] = [
        " and ".join(f"{sided(part, 'l')} = {sided(part, 'r')}" for part in parts) for parts in PEOPLE.blocks
    ]
    with warehouse.open_memory(threads=2) as connection:
        began = time.perf_counter()
        prepare(connection, records)
        cleaning = time.perf_counter() - began
        began = time.perf_counter()
        api = DuckDBAPI(connection)
        linker = Linker(api.register("prepared"), settings, log_level=None)
        scored = linker.inference.predict(threshold_match_probability=0.5)
        predicted = time.perf_counter() - began
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            scored, threshold_match_probability=LINK_PROBABILITY
        )
        seconds = time.perf_counter() - began
        began = time.perf_counter()
        untrained = json.loads(json.dumps(settings))
        for comparison in untrained["comparisons"]:
            for level in comparison["comparison_levels"]:
                level.pop("m_probability", None), level.pop("u_probability", None)
        trained = Linker(api.register("prepared"), untrained, log_level=None)
        trained.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        trained.training.estimate_m_from_label_column("number")
        training = time.perf_counter() - began
        found = connection.execute(f"select count(distinct cluster_id) from {clusters.physical_name}").fetchone()
        pairs = connection.execute(f"select count(*) from {scored.physical_name}").fetchone()
    assert found is not None and pairs is not None
    return {
        "seconds": seconds,
        "of these predict": predicted,
        "estimating besides": training,
        "cleaning besides": cleaning,
        "gib": memory(),
        "people": found[0],
        "pairs at 0.5": pairs[0],
    }


def sided(expression: str, side: str) -> str:
    """An expression of the model's blocks over one side of a pair."""
    return re.sub(r"\b(birth|family_key|given_key|given|family|address)\b", rf"{side}.\1", expression)


def prepare(connection: warehouse.Connection, records: pd.DataFrame) -> None:
    """Table ``prepared``: one row per record with what the model reads."""
    frame = records.sort_values(["known_date", *KEY], ignore_index=True).reset_index(names="row")
    connection.register("frame", frame)
    connection.execute(
        "create temp table records_cast as select row::bigint as row, null::bigint as identity, "
        "regexp_replace(upper(state_id), '[^A-Z0-9]', '', 'g') as number, null::bigint as lone, "
        "null::boolean as has_number, given_name, "
        "family_name, birth_date::date as birth_date, known_date::date as known_date, sex, home_address from frame"
    )
    clean_names(connection, "records_cast", "names")
    connection.execute(query("said"))
    connection.execute(
        "create temp table prepared as "
        "select said.* exclude (writing, name_fault, birth_fault, identity, lone, has_number), "
        "writings.* exclude (writing), strftime(birth, '%Y%m%d') as birth_text "
        "from said join writings using (writing) where birth is not null or address is not null"
    )


def night(folder: Path) -> dict[str, Any]:
    """All but 1 %, then all, then all in another order."""
    records = pd.read_parquet(folder / "records.parquet")
    is_new = pd.util.hash_pandas_object(records["record_id"], index=False).to_numpy() % 100 == 0
    before = resolve_people(records[~is_new], link_probability=LINK_PROBABILITY, threads=2).links
    began = time.perf_counter()
    after = resolve_people(records, link_probability=LINK_PROBABILITY, threads=2).links
    seconds = time.perf_counter() - began
    shuffled = pd.concat([records[~is_new], records[is_new]]).sample(frac=1, random_state=3)
    again = resolve_people(shuffled, link_probability=LINK_PROBABILITY, threads=2).links
    columns = [*KEY, "person_id", "confirmed_person_id", "basis", "probability"]
    same = again[columns].sort_values(KEY, ignore_index=True).equals(after[columns].sort_values(KEY, ignore_index=True))
    ids = before.merge(after, on=KEY, suffixes=("", "_after"))
    moved = ids.loc[ids["person_id"] != ids["person_id_after"], "person_id"].nunique()
    return {
        "seconds": seconds,
        "new records": int(is_new.sum()),
        "same in another order": bool(same),
        "people before": int(before["person_id"].nunique()),
        "of these with a record under another id": int(moved),
    }


def memory() -> float:
    """Peak resident memory of this process, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


CASES: dict[str, Callable[[Path], dict[str, Any]]] = {"ours": ours, "bare": bare, "night": night}


def main() -> None:
    """Write the records once, run the cases, print what they took and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case:
        print(json.dumps(CASES[asked.case](asked.folder)))
        return
    with tempfile.TemporaryDirectory() as name:
        records, _ = linkable_people(people=round(asked.records * 0.4), records=asked.records, seed=SEED)
        records.to_parquet(Path(name) / "records.parquet")
        del records
        told = {case: run(case, Path(name)) for case in CASES}
    for case, figures in told.items():
        print(f"{case:6}", ", ".join(f"{what} {value:,.4g}" if isinstance(value, float) else f"{what} {value:,}"
                                     for what, value in figures.items()))  # fmt: skip
    mine, theirs = told["ours"], told["bare"]
    print(
        f"seconds {mine['seconds']:.1f} (limit {LIMIT_SECONDS:.0f}), peak {mine['gib']:.2f} GiB (limit {LIMIT_GIB:.0f})"
    )
    whole = theirs["seconds"] + theirs["estimating besides"]
    cleaned = whole + theirs["cleaning besides"]
    print(
        f"ours / bare Splink: {mine['seconds'] / whole:.2f}, and {mine['seconds'] / cleaned:.2f} with the cleaning "
        f"counted on both sides (limit {LIMIT_RATIO})"
    )


def run(case: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--case", case, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ})
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    main()
