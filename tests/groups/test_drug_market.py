import datetime as dt

import pandas as pd
import pytest

from strategic_prosecution.groups import drug_market_sides

AS_OF = dt.date(2025, 6, 30)
COLUMNS = ["person", "linked_person", "event_id", "event_date", "birth_date", "area_id"]
BORN = dt.date(1985, 5, 5)


def arrest(
    incident: str | None = "I1",
    on: str | None = "2025-05-01",
    area: str | None = "north",
    *,
    person: str = "p",
    linked: str = "L",
    born: dt.date | None = BORN,
) -> tuple[object, ...]:
    return person, linked, incident, on and dt.date.fromisoformat(on), born, area


SOLD = [arrest(), arrest("I2", "2025-05-09")]


def sides(
    arrests: list[tuple[object, ...]],
    history: list[tuple[object, ...]] | None = None,
    areas: tuple[str, ...] = ("north",),
) -> pd.DataFrame:
    return drug_market_sides(
        pd.DataFrame(arrests, columns=COLUMNS),
        pd.DataFrame(history or [], columns=COLUMNS),
        as_of=AS_OF,
        areas=areas,
        active_days=90,
        min_arrests=2,
        violence_look_back_days=1000,
    )


def side(arrests: list[tuple[object, ...]], history: list[tuple[object, ...]] | None = None) -> tuple[str, str]:
    found = sides(arrests, history)
    return (found.at[0, "tier"], found.at[0, "reason"]) if len(found) else ("absent", "")


def test_the_declared_rule() -> None:
    assert side(SOLD) == ("call_in", "")
    assert side(SOLD, [arrest("V", "2023-01-01", None)]) == ("prosecution_review", "")
    assert side(SOLD[:1]) == ("absent", "")


def test_no_area_is_nobody() -> None:
    assert sides(SOLD, areas=()).empty
    assert sides(SOLD, areas=("south",)).empty


def test_records_of_one_incident_or_one_day_are_one_event() -> None:
    assert side([arrest(), arrest(on="2025-05-20")]) == ("absent", "")
    assert side([arrest(), arrest("I2")]) == ("absent", "")
    assert side([arrest(None), arrest(None, "2025-05-02")]) == ("call_in", "")
    # A record of the incident that was placed places the other.
    assert side([arrest(area=None), arrest(), arrest("I2", "2025-05-09")]) == ("call_in", "")


def test_windows_end_with_the_day() -> None:
    first = (AS_OF - dt.timedelta(days=89)).isoformat()
    before = (AS_OF - dt.timedelta(days=90)).isoformat()
    assert side([SOLD[0], arrest("I9", first)]) == ("call_in", "")
    assert side([SOLD[0], arrest("I9", before)]) == ("absent", "")
    assert side([SOLD[0], arrest("I9", "2025-07-01")]) == ("absent", "")
    long_ago = (AS_OF - dt.timedelta(days=1000)).isoformat()
    assert side(SOLD, [arrest("V", long_ago)]) == ("call_in", "")
    assert side(SOLD, [arrest("V", (AS_OF - dt.timedelta(days=999)).isoformat())]) == ("prosecution_review", "")


def test_what_is_not_known_is_not_decided() -> None:
    assert side([SOLD[0], arrest("I2", "2025-05-09", None)]) == ("", "not_located")
    assert side([arrest(born=None), arrest("I2", "2025-05-09", born=None)]) == ("", "age_unknown")
    # Violence found by a likely link keeps a person off the call-in and names nobody to an attorney.
    assert side(SOLD, [arrest("V", "2025-01-01", None, person="someone else")]) == ("", "history_not_confirmed")
    # Violence without a day is violence.
    assert side(SOLD, [arrest("V", None, None)]) == ("prosecution_review", "")


def test_what_happened_before_the_18th_birthday_does_not_count() -> None:
    young = dt.date(2007, 5, 5)
    assert side([arrest(born=young), arrest("I2", "2025-05-09", born=young)]) == ("absent", "")
    own = [arrest(born=dt.date(2006, 1, 1)), arrest("I2", "2025-05-09", born=dt.date(2006, 1, 1))]
    assert side(own, [arrest("V", "2023-12-31", born=dt.date(2006, 1, 1))]) == ("call_in", "")


def test_rows_in_any_order_and_several_people() -> None:
    rows = [*SOLD, arrest(person="q", linked="M"), arrest("I7", "2025-06-01", person="q", linked="M")]
    found = sides(rows, [arrest("V", "2024-01-01", person="q", linked="M")])
    assert found["tier"].tolist() == ["call_in", "prosecution_review"]
    pd.testing.assert_frame_equal(found, sides(rows[::-1], [arrest("V", "2024-01-01", person="q", linked="M")]))


def test_wrong_use_is_refused() -> None:
    empty = pd.DataFrame(columns=COLUMNS)
    counts = {"active_days": 1, "min_arrests": 1, "violence_look_back_days": 1}
    for name in counts:
        with pytest.raises(ValueError, match="at least 1"):
            drug_market_sides(empty, empty, as_of=AS_OF, areas=("a",), **(counts | {name: 0}))
    with pytest.raises(ValueError, match="area_id"):
        drug_market_sides(empty.drop(columns="area_id"), empty, as_of=AS_OF, areas=("a",), **counts)
