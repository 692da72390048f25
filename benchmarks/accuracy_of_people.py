"""How right the linker is on people whose truth is planted: levels of mistakes, thresholds, naming cultures.

    python benchmarks/accuracy_of_people.py [--records 60000] [--seeds 101 102 103]

Seeds 1 to 9 served for tuning; those of the default are for measuring only. Of all pairs of records: precision (share
of the joined that are one person's) and recall (share of one person's that are joined), with all identifiers, with
each agency's own keys only, and with names, dates and addresses alone.
"""

import argparse
from collections.abc import Iterable

import numpy as np
import pandas as pd

from strategic_prosecution.demo import linkable_people
from strategic_prosecution.demo.corruption import DEFAULT, HEAVY, LIGHT
from strategic_prosecution.people import resolve_people

LEVELS = {"light": LIGHT, "default": DEFAULT, "heavy": HEAVY}
THRESHOLDS = (0.5, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999)
FLOOR_PRECISION, FLOOR_RECALL = 0.997, 0.97
WITHOUT = {
    "all identifiers": (),
    "own keys only": ("state_id", "fbi_id"),
    "names, dates, addresses": ("state_id", "fbi_id", "source_person_id"),
}


def precision_and_recall(found: Iterable[str], true: Iterable[str]) -> tuple[float, float]:
    """Of pairs of records: how many of the joined are right, how many of the right are joined."""
    frame = pd.DataFrame({"found": list(found), "true": list(true)})
    both, joined, right = (_pairs(frame, columns) for columns in (["found", "true"], ["found"], ["true"]))
    return both / joined if joined else np.nan, both / right if right else np.nan


def _pairs(frame: pd.DataFrame, columns: list[str]) -> float:
    size = frame.groupby(columns).size().to_numpy(float)
    return float((size * (size - 1) / 2).sum())


def told(found: pd.Series, true: pd.Series) -> str:
    precision, recall = precision_and_recall(found, true)
    return f"{precision:.5f} {recall:.5f}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    asked = parser.parse_args()
    print(
        f"precision and recall, {asked.records:,} records; floors at the default level {FLOOR_PRECISION} {FLOOR_RECALL}"
    )
    for seed in asked.seeds:
        for name, level in LEVELS.items():
            records, truth = linkable_people(
                people=round(asked.records * 0.4), records=asked.records, seed=seed, corruption=level
            )
            for what, left_out in WITHOUT.items():
                links = resolve_people(records.assign(**dict.fromkeys(left_out))).links
                line = f"seed {seed} {name:8} {what:24} {told(links['person_id'], truth['person_id'])}"
                print(line, "  confirmed only", told(links["confirmed_person_id"], truth["person_id"]), flush=True)
                if name == "default" and seed == asked.seeds[0]:
                    by_who(links, truth)
    thresholds(asked.records, asked.seeds[0])


def by_who(links: pd.DataFrame, truth: pd.DataFrame) -> None:
    """By planted ethnicity and naming culture: pairs of records of these people among themselves."""
    for column in ("race_ethnicity", "culture"):
        for value, rows in truth.groupby(column):
            chosen = links.loc[rows.index, "person_id"]
            print(f"      {column:15} {value:16} {len(rows):7,} records  {told(chosen, rows['person_id'])}")


def thresholds(count: int, seed: int) -> None:
    """The curve: the default level, identifiers left out, by the probability from which pairs are joined."""
    records, truth = linkable_people(people=round(count * 0.4), records=count, seed=seed)
    for what, left_out in WITHOUT.items():
        for threshold in THRESHOLDS:
            links = resolve_people(records.assign(**dict.fromkeys(left_out)), link_probability=threshold).links
            print(f"threshold {threshold:<7} {what:24} {told(links['person_id'], truth['person_id'])}", flush=True)


if __name__ == "__main__":
    main()
