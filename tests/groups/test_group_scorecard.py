import datetime as dt

import pandas as pd
import pytest

from strategic_prosecution.groups import group_scorecard

AS_OF = dt.date(2025, 6, 30)
INVOLVEMENT = ["incident_id", "event_date", "is_fatal", "group_id", "side", "status", "known_on"]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def involvements(*rows: str) -> pd.DataFrame:
    """Each row in words: incident date fatal group side status known."""
    cells = [row.split() for row in rows]
    return pd.DataFrame(
        [
            [i, day(d), fatal == "fatal", group, side, status, day(known)]
            for i, d, fatal, group, side, status, known in cells
        ],
        columns=INVOLVEMENT,
    )


def card(events: pd.DataFrame, **frames: object) -> pd.DataFrame:
    inputs: dict[str, object] = {
        "memberships": pd.DataFrame({"person_id": ["p1"], "group_id": ["North"]}),
        "feuds": pd.DataFrame({"group_id": [], "other_group_id": [], "known_on": [], "ended_on": []}),
        "supervision": pd.DataFrame({"person_id": [], "supervision_type": [], "start_date": [], "end_date": []}),
        "custody": pd.DataFrame({"person_id": [], "detained_from": [], "detained_to": []}),
        "as_of": AS_OF,
    }
    return group_scorecard(involvements=events, **(inputs | frames))  # type: ignore[arg-type]


def row(table: pd.DataFrame, group: str, window: int) -> pd.Series:
    found = table[(table["group_id"] == group) & (table["window_days"] == window)]
    assert len(found) == 1
    return found.iloc[0]


def test_one_group_worked_by_hand() -> None:
    table = card(
        involvements(
            "i1 2025-06-20 fatal North suspect confirmed 2025-06-21",
            "i1 2025-06-20 fatal North suspect suspected 2025-06-21",  # a second suspect: one incident, confirmed
            "i2 2025-06-10 not North suspect suspected 2025-06-11",
            "i2 2025-06-10 not East victim confirmed 2025-06-11",
            "i3 2025-06-30 not North victim confirmed 2025-06-30",
            "i4 2025-05-31 not North suspect confirmed 2025-06-01",  # 30 days ago: the window before
            "i8 2025-05-01 not North suspect confirmed 2025-06-01",  # 60 days ago: before that
            "i5 2025-06-01 not North suspect confirmed 2025-06-02",  # 29 days ago: inside
            "i6 2025-06-29 not North suspect confirmed 2025-07-01",  # learned afterwards
            "i7 2025-07-01 not North suspect confirmed 2025-06-30",  # not happened yet
        )
    )
    north = row(table, "North", 30)
    expected = {
        "shootings_suspect": 3,
        "shootings_suspect_confirmed": 2,
        "shootings_suspect_suspected": 1,
        "shootings_suspect_previous": 1,
        "homicides_suspect": 1,
        "shootings_victim": 1,
        "shootings_victim_confirmed": 1,
        "shootings_victim_suspected": 0,
        "shootings_victim_previous": 0,
        "homicides_victim": 0,
        "members": 1,
    }
    assert north[list(expected)].to_dict() == expected
    assert north["last_suspect_date"] == pd.Timestamp(2025, 6, 20)
    assert north["last_event_date"] == pd.Timestamp(2025, 6, 30)
    assert row(table, "North", 90)["shootings_suspect"] == 5
    # A group without a member is shown with its violence; its own null dates stay null.
    east = row(table, "East", 30)
    assert (east["shootings_victim"], east["shootings_suspect"], east["members"]) == (1, 0, 0)
    assert pd.isna(east["last_suspect_date"])


def test_one_row_per_group_and_window_in_order() -> None:
    table = card(involvements("i 2025-06-20 not East suspect confirmed 2025-06-21"), windows=(365, 30))
    assert table[["group_id", "window_days"]].to_numpy().tolist() == [
        ["East", 30],
        ["East", 365],
        ["North", 30],
        ["North", 365],
    ]


def test_members_on_probation_or_parole_and_in_custody_as_of_the_day() -> None:
    people = [f"p{number}" for number in range(1, 8)]
    supervision = pd.DataFrame(
        [
            ["p1", "probation", day("2025-01-01"), None],
            ["p1", "parole", day("2025-01-01"), None],
            ["p2", "parole", day("2025-01-01"), AS_OF],  # its last day counts
            ["p3", "parole", day("2025-01-01"), day("2025-06-29")],
            ["p4", "pretrial", day("2025-01-01"), None],
            ["p5", "probation", day("2025-07-01"), None],
            ["p9", "probation", day("2025-01-01"), None],  # no member
            [None, "probation", day("2025-01-01"), None],
        ],
        columns=["person_id", "supervision_type", "start_date", "end_date"],
    )
    custody = pd.DataFrame(
        [
            ["p1", day("2025-06-01"), None],
            ["p2", day("2025-06-01"), AS_OF],  # released that day
            ["p3", AS_OF, day("2025-07-01")],
            ["p3", day("2025-06-30"), None],
            ["p6", day("2025-07-01"), None],
            ["p7", None, None],
        ],
        columns=["person_id", "detained_from", "detained_to"],
    )
    # p1 rests on two facts and is one member.
    members = pd.DataFrame({"person_id": [*people, "p1"], "group_id": "North"})
    north = row(card(involvements(), memberships=members, supervision=supervision, custody=custody), "North", 30)
    assert (north["members"], north["supervised_members"], north["members_in_custody"]) == (7, 2, 2)


def test_feuds_have_two_sides_and_an_end() -> None:
    feuds = pd.DataFrame(
        [
            ["North", "East", day("2025-01-01"), None],
            ["East", "North", day("2025-02-01"), None],
            ["North", "South", day("2025-01-01"), AS_OF],
            ["North", "West", day("2025-07-01"), None],
        ],
        columns=["group_id", "other_group_id", "known_on", "ended_on"],
    )
    members = pd.DataFrame({"person_id": ["a", "b", "c"], "group_id": ["North", "East", "South"]})
    table = card(involvements(), memberships=members, feuds=feuds)
    assert table[table["window_days"] == 30]["open_feuds"].tolist() == [1, 1, 0]
    still_open = card(involvements(), memberships=members, feuds=feuds.drop(columns="ended_on"))
    assert still_open[still_open["window_days"] == 30]["open_feuds"].tolist() == [1, 2, 1]


def test_a_shooting_with_two_groups_counts_in_each() -> None:
    table = card(
        involvements(
            "i 2025-06-20 not East suspect confirmed 2025-06-21", "i 2025-06-20 not North suspect suspected 2025-06-21"
        )
    )
    assert table[table["window_days"] == 30]["shootings_suspect"].tolist() == [1, 1]


def test_row_order_changes_nothing() -> None:
    events = involvements(*[f"i{n} 2025-0{1 + n % 6}-1{n} not G{n % 3} suspect confirmed 2025-06-21" for n in range(9)])
    pd.testing.assert_frame_equal(card(events), card(events.iloc[::-1]))


def test_nothing_in_gives_an_empty_card() -> None:
    empty = card(involvements(), memberships=pd.DataFrame({"person_id": [], "group_id": []}))
    assert empty.empty
    assert {"group_id", "window_days", "members", "last_event_date"} <= set(empty.columns)


def test_refuses_an_unknown_side_or_status_or_window() -> None:
    with pytest.raises(ValueError, match=r"side: \[witness\]"):
        card(involvements("i 2025-06-20 not East witness confirmed 2025-06-21"))
    with pytest.raises(ValueError, match=r"status: \[maybe\]"):
        card(involvements("i 2025-06-20 not East suspect maybe 2025-06-21"))
    with pytest.raises(ValueError, match=r"windows \[30, 0\]"):
        card(involvements(), windows=(30, 0))
