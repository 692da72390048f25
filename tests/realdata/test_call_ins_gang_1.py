"""The gang whose call-in Wheeler works through: who reaches its 22 people, proven elsewhere by other programs."""

import os
from pathlib import Path

import pandas as pd
import pytest

from strategic_prosecution.groups import Selection, select_representatives

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def gang() -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = Path(os.environ["REALDATA"]) / "worked_examples"
    edges = pd.read_csv(folder / "Edges_Gang1.csv").rename(columns={"Source": "source", "Target": "target"})
    return edges[["source", "target"]], pd.read_csv(folder / "Nodes_Gang1.csv")


def invite(gang: tuple[pd.DataFrame, pd.DataFrame], **options: object) -> Selection:
    edges, people = gang
    found = select_representatives(edges, people["Id"], **options)  # type: ignore[arg-type]
    assert found.optimal
    told = set(found.invited)
    for source, target in edges.itertuples(index=False):
        told |= {source, target} if {source, target} & set(found.invited) else set()
    assert set(found.reached) == told
    return found


def test_eight_people_reach_all_and_no_fewer_do(gang):
    found = invite(gang)
    assert (len(found.invited), found.bound, len(found.reached), found.unreachable) == (8, 8, 22, ())
    # 24 ties, each written in both directions.
    assert found.ties_dropped == len(gang[0]) - 24


@pytest.mark.parametrize(("seats", "reach"), [(3, 14), (5, 18), (8, 22)])
def test_seats_reach_at_least_what_is_known(gang, seats, reach):
    found = invite(gang, seats=seats)
    assert len(found.reached) >= reach
    assert len(found.invited) <= seats


def test_those_under_supervision_cannot_reach_all(gang):
    supervised = gang[1].loc[gang[1]["Prob_or_Par"] == 1, "Id"]
    found = invite(gang, eligible=supervised)
    assert set(found.invited) <= set(supervised)
    assert (len(found.reached), len(found.unreachable)) == (13, 9)


def test_those_who_came_reached_six(gang):
    attended = gang[1].loc[gang[1]["Attended"] == 1, "Id"]
    assert len(invite(gang, eligible=attended).reached) == 6
