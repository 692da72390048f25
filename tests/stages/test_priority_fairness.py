"""Custody of prioritised people beside others alike, and what is left of the ranks without proactive arrests."""

from collections.abc import Iterator
from datetime import date, timedelta

import pandas as pd
import pytest

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.groups import find_leads, same_side_ties
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.priority_fairness import (
    FOLLOWED_DAYS,
    custody_rows,
    leads_without_proactive,
    proactive_arrests,
    rank_without_proactive,
)
from strategic_prosecution.warehouse import Connection
from tests.stages import reviewed

AS_OF = date(2025, 6, 30)
THEN = AS_OF - timedelta(days=FOLLOWED_DAYS)
BORN = date(1990, 6, 1)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return reviewed.make_office(tmp_path_factory.mktemp("priorities"))


@pytest.fixture(scope="module")
def trial(office: Office) -> Iterator[Connection]:
    with warehouse.open_trial(office) as opened:
        yield opened


@pytest.fixture
def connection(trial: Connection) -> Connection:
    for name in (*(f"core.{table.name}" for table in model.tables("core")), *reviewed.TOUCHED):
        trial.execute(f"delete from {name}")
    warehouse.set_state(trial, "core_as_of", AS_OF.isoformat())
    return trial


def put(connection: Connection, table: str, **values: object) -> None:
    connection.execute(
        f"insert into core.{table} ({', '.join(values)}) values ({', '.join('?' * len(values))})", list(values.values())
    )


def linked(connection: Connection, table: str, key: str, person: str) -> None:
    put(
        connection,
        "person_records",
        record_table=table,
        record_id=key,
        person_id=person,
        confirmed_person_id=f"sure {person}",
    )


def known(connection: Connection, person: str, *, arrested: date | None = THEN - timedelta(days=10)) -> None:
    put(connection, "people", person_id=person, birth_date=BORN, sex="male")
    if arrested:
        put(connection, "arrests", arrest_id=f"A {person}", arrest_date=arrested, birth_date=BORN)
        linked(connection, "arrests", f"A {person}", person)


def member(
    connection: Connection, person: str, group: str, *, on: date = THEN - timedelta(days=100), **stated: object
) -> None:
    values = {
        "membership_id": f"M {person}",
        "group_id": group,
        "criterion": "court_finding",
        "source": "court",
        "author": "x",
        "approver": "y",
        "birth_date": BORN,
        "evidence_date": THEN - timedelta(days=300),
        "last_fact_date": THEN - timedelta(days=200),
        "reviewed_on": THEN - timedelta(days=200),
        **stated,
    }
    desk.add(connection, model.table("desk.memberships"), why="roster", known_on=on, **values)
    linked(connection, "memberships", f"M {person}", person)


def shooting(connection: Connection, key: str, group: str, *, reviewed_on: date = THEN) -> None:
    put(
        connection,
        "shootings",
        shooting_id=key,
        incident_id=key,
        occurred_date=THEN - timedelta(days=30),
        intent="criminal",
        wound_type="graze",
        group_suspect=group,
        group_suspect_status="confirmed",
        review_date=reviewed_on,
    )


def held(connection: Connection, person: str, days: int, *, since: date = THEN + timedelta(days=20)) -> None:
    key = f"B {person}"
    put(connection, "custody", custody_id=key, detained_from=since, detained_to=since + timedelta(days=days))
    linked(connection, "custody", key, person)


def row(connection: Connection, office: Office) -> dict[str, object]:
    found = custody_rows(connection, office, AS_OF)
    warehouse.replace_as_of(connection, model.table("mart.priority_custody"), AS_OF, found)
    assert len(found) == 1
    assert found.at[0, "ranked_on"] == THEN
    values: dict[str, object] = found.iloc[0].to_dict()
    return values


def test_a_county_without_groups_has_a_row_without_a_difference(connection: Connection, office: Office) -> None:
    known(connection, "other")
    found = row(connection, office)
    assert (found["people"], found["matched"], found["comparison_people"]) == (0, 0, 0)
    assert pd.isna(found["difference"])


def test_planted_days_come_back(connection: Connection, office: Office) -> None:
    shooting(connection, "S1", "North")
    for n in range(4):
        known(connection, f"member {n}")
        member(connection, f"member {n}", "North")
        known(connection, f"other {n}")
    held(connection, "member 0", 40)
    held(connection, "member 1", 20)
    held(connection, "other 0", 8)
    # Held before that day only: another fact before it, so nobody's comparison here.
    known(connection, "held before")
    held(connection, "held before", 30, since=THEN - timedelta(days=60))
    found = row(connection, office)
    assert (found["people"], found["matched"], found["comparison_people"]) == (4, 4, 4)
    assert (found["custody_days"], found["comparison_days"], found["difference"]) == (15.0, 2.0, 13.0)


def test_what_came_to_notice_since_is_in_neither(connection: Connection, office: Office) -> None:
    shooting(connection, "S1", "North")
    shooting(connection, "S2", "South", reviewed_on=THEN + timedelta(days=1))
    for person in ("north", "north later", "south", "other", "new"):
        known(connection, person, arrested=THEN + timedelta(days=9) if person == "new" else THEN)
    member(connection, "north", "North")
    member(connection, "north later", "North", on=THEN + timedelta(days=1))
    member(connection, "south", "South")
    for person in ("north later", "south", "new"):
        held(connection, person, 90)
    found = row(connection, office)
    # North ranked then with one member; who joined the roster later, and the group ranked later, are others.
    assert (found["people"], found["comparison_people"]) == (1, 3)
    assert found["comparison_days"] == pytest.approx(180 / 3)


def test_who_first_came_to_notice_since_is_no_comparison(connection: Connection, office: Office) -> None:
    """Nothing in the 730 days before: alike in all that is matched, but for when a record first accused them."""
    shooting(connection, "S1", "North")
    long_ago = THEN - timedelta(days=900)
    for person, arrested in (("north", long_ago), ("other", long_ago), ("new", THEN + timedelta(days=9))):
        known(connection, person, arrested=arrested)
    member(connection, "north", "North")
    held(connection, "new", 90)
    found = row(connection, office)
    assert (found["people"], found["comparison_people"], found["comparison_days"]) == (1, 1, 0.0)


def test_a_membership_that_did_not_count_then_prioritises_nobody(connection: Connection, office: Office) -> None:
    shooting(connection, "S1", "North")
    for person in ("counts", "expired", "tip"):
        known(connection, person)
    member(connection, "counts", "North")
    member(connection, "expired", "North", expires_on=THEN)
    member(connection, "tip", "North", approver=None)
    assert row(connection, office)["people"] == 1


def test_five_ranks_and_a_group_shot_at_alone_are_not_all_prioritised(connection: Connection, office: Office) -> None:
    for n in range(1, 8):
        for k in range(8 - n):
            shooting(connection, f"S{n}-{k}", f"G{n}")
        known(connection, f"p{n}")
        member(connection, f"p{n}", f"G{n}")
    assert row(connection, office)["people"] == 5
    assert row(connection, office)["comparison_people"] == 2


# -------------------------------------------------------------------------------------------- without proactive arrests


def on_arrest(
    person: str, group: str, evidence: str, criterion: str = "co_arrest_group_incident"
) -> tuple[object, ...]:
    return person, group, criterion, pd.Timestamp(evidence)


def rank_by_members(memberships: pd.DataFrame) -> pd.DataFrame:
    """A plain stand-in for the night's ranking: groups of anybody, by planted shootings."""
    shootings = {"North": 5, "South": 3, "West": 1}
    groups = sorted(memberships["group_id"].unique(), key=lambda group: -shootings[group])
    return pd.DataFrame({"group_id": groups, "rank_violence_by": range(1, len(groups) + 1)})


def test_memberships_on_proactive_arrests_fall_and_others_stand() -> None:
    active = pd.DataFrame(
        [
            on_arrest("p1", "North", "2025-01-01"),
            on_arrest("p2", "South", "2025-01-01"),
            on_arrest("p3", "South", "2025-02-02", "court_finding"),
            on_arrest("p4", "West", "2025-03-03"),
            on_arrest("p5", "West", "2025-04-04"),
        ],
        columns=["person_id", "group_id", "criterion", "evidence_date"],
    )
    arrests = pd.DataFrame(
        [
            ("p1", date(2025, 1, 1), True),
            ("p1", date(2025, 1, 1), True),
            ("p2", date(2025, 1, 2), True),
            ("p3", date(2025, 2, 2), True),
            # Another arrest on that day: the evidence may be that one.
            ("p4", date(2025, 3, 3), True),
            ("p4", date(2025, 3, 3), False),
        ],
        columns=["person", "arrest_date", "is_proactive"],
    )
    ranks, counts = rank_without_proactive(active, arrests, rank=rank_by_members)
    assert ranks.isna().to_dict() == {"North": True, "South": False, "West": False}
    assert ranks.dropna().to_dict() == {"South": 1, "West": 2}
    assert counts == {
        "memberships_on_proactive_arrests": 1,
        "groups_ranked": 3,
        "groups_ranked_otherwise": 3,
        "groups_no_longer_ranked": 1,
    }
    same, unchanged = rank_without_proactive(active, arrests.assign(is_proactive=False), rank=rank_by_members)
    assert same.to_dict() == {"North": 1, "South": 2, "West": 3}
    assert unchanged["groups_ranked_otherwise"] == unchanged["memberships_on_proactive_arrests"] == 0
    assert rank_without_proactive(active[:0], arrests[:0], rank=rank_by_members)[1]["groups_ranked"] == 0


def test_an_arrest_that_does_not_say_is_not_proactive(connection: Connection) -> None:
    known(connection, "p")
    (said,) = proactive_arrests(connection).to_dict("records")
    assert (said["person"], said["is_proactive"], said["is_violent"]) == ("p", False, False)


def test_leads_of_proactive_arrests_are_not_found_without_them() -> None:
    def found_in(together: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        participations = pd.DataFrame(
            [(f"incident/{event}", person) for event, people in together.items() for person in people],
            columns=["event_id", "person_id"],
        ).assign(event_date=date(2025, 1, 1), birth_date=BORN, is_domestic=False, is_protest=False, kind="arrest")
        ties, _ = same_side_ties(participations, as_of=AS_OF, window_days=730)
        return participations, find_leads(ties, resolution=1.0, seed=1, seeds=1)[1]

    participations, members = found_in({"I1": "abc", "I2": "abc", "I3": "xyz", "I4": "xyz"})
    arrests = pd.DataFrame({"incident_id": ["I1", "I3", "I4", None], "is_proactive": [True, True, True, True]})

    def counts(without: pd.DataFrame) -> dict[str, int]:
        return leads_without_proactive(
            participations, without, members, as_of=AS_OF, window_days=730, resolution=1.0, seed=1
        )

    assert counts(arrests) == {"leads": 2, "leads_without_proactive": 1}
    assert counts(arrests.assign(is_proactive=False)) == {"leads": 2, "leads_without_proactive": 2}
    assert counts(arrests.assign(incident_id=["I1", "I2", "I3", "I4"])) == {"leads": 2, "leads_without_proactive": 0}
    # Three of seven people are not the lead again; four are.
    members = pd.DataFrame({"person_id": list("abcdefg"), "lead_number": 1})
    for rest, again in (("abc", 0), ("abcd", 1)):
        participations, _ = found_in({"I1": "abcdefg", "I2": rest})
        assert counts(arrests.assign(incident_id="I1")) == {"leads": 1, "leads_without_proactive": again}
