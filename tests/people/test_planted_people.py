"""The linker on people whose truth is planted, on seeds that served for no tuning: who is joined, and who is not."""

import pandas as pd
import pytest

from strategic_prosecution.demo import DEFAULT, HEAVY, LIGHT, linkable_people
from strategic_prosecution.demo.corruption import Corruption
from strategic_prosecution.people import link_people

pytestmark = pytest.mark.slow
NUMBERS = ("state_id", "fbi_id", "source_person_id")


def of_pairs(found: pd.Series, true: pd.Series) -> tuple[float, float]:
    """Precision and recall over pairs of records, counted by the sizes of the groups they make."""
    frame = pd.DataFrame({"found": found.to_numpy(), "true": true.to_numpy()})
    both, joined, right = (
        sum(size * (size - 1) / 2 for size in frame.groupby(columns).size())
        for columns in (["found", "true"], ["found"], ["true"])
    )
    return both / joined, both / right


@pytest.mark.parametrize(
    ("level", "seed", "least_precision", "least_recall"),
    [(LIGHT, 101, 0.997, 0.98), (DEFAULT, 101, 0.997, 0.97), (DEFAULT, 102, 0.997, 0.97), (HEAVY, 101, 0.995, 0.93)],
    ids=["light", "default", "default, another seed", "heavy"],
)
def test_people_are_joined_as_planted(level: Corruption, seed: int, least_precision: float, least_recall: float):
    records, truth = linkable_people(people=8_000, records=20_000, seed=seed, corruption=level)
    links = link_people(records)
    precision, recall = of_pairs(links["person_id"], truth["person_id"])
    print(f"precision {precision:.5f}, recall {recall:.5f}")
    assert precision >= least_precision and recall >= least_recall
    # Without likeness nobody is joined to a stranger but by a wrong digit or a shared key.
    assert of_pairs(links["confirmed_person_id"], truth["person_id"])[0] >= 0.999


def test_names_alone_serve_no_group_much_worse_than_another():
    records, truth = linkable_people(people=16_000, records=40_000, seed=103)
    links = link_people(records.assign(**dict.fromkeys(NUMBERS)))
    assert of_pairs(links["person_id"], truth["person_id"])[0] >= 0.997
    recall = {}
    for ethnicity, rows in truth.groupby("race_ethnicity"):
        if len(rows) >= 1_000:
            recall[ethnicity] = of_pairs(links.loc[rows.index, "person_id"], rows["person_id"])[1]
    print(recall)
    assert len(recall) >= 4 and min(recall.values()) >= max(recall.values()) - 0.06
