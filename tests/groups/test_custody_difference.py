import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.groups import custody_difference, days_held, facts_before, merged_stays

ON = dt.date(2025, 1, 1)
SEED = 7


def day(n: int | None) -> dt.date | None:
    """So many days after the day of the ranks."""
    return None if n is None else ON + dt.timedelta(days=n)


def stays(*spells: tuple[str | None, int | None, int | None]) -> pd.DataFrame:
    rows = [(person, day(first), day(end)) for person, first, end in spells]
    return merged_stays(pd.DataFrame(rows, columns=["person", "detained_from", "detained_to"]))


# ------------------------------------------------------------------------------------------------------ days held


def test_overlapping_and_adjoining_bookings_are_one_stay() -> None:
    found = stays(("p", 5, 9), ("p", 0, 5), ("p", 1, 3), ("p", 10, 12), ("q", 4, None), ("q", 6, 7), (None, 1, 2))
    assert found["person"].tolist() == ["p", "p", "q"]
    assert found["first_day"].dt.date.tolist() == [day(0), day(10), day(4)]
    assert found["end_day"].dt.date.tolist()[:2] == [day(9), day(12)]
    assert pd.isna(found["end_day"].iloc[2])


def test_days_are_those_after_the_first_day_up_to_the_last() -> None:
    held = days_held(
        stays(("p", -5, 3), ("p", 8, None), ("q", -5, 1), ("r", 0, 1)), after=ON, until=ON + dt.timedelta(10)
    )
    # p: days 1 and 2, then 8, 9 and 10; what was before does not count.
    assert held.to_dict() == {"p": 5, "q": 0, "r": 0}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("pq"), st.integers(-20, 30), st.integers(-20, 40) | st.none()), max_size=8))
def test_days_again_one_by_one(spells: list[tuple[str, int, int | None]]) -> None:
    held = days_held(stays(*spells), after=ON, until=ON + dt.timedelta(days=15))
    for person in "pq":
        own = [(first, 99 if end is None else end) for who, first, end in spells if who == person]
        assert held.get(person, 0) == sum(any(a <= n < b for a, b in own) for n in range(1, 16))


# ------------------------------------------------------------------------------------------------------ facts before


def facts(
    *,
    born: dt.date | None = dt.date(1990, 6, 1),
    sex: str | None = "male",
    arrests: tuple[tuple[int, bool], ...] = (),
    spells: tuple[tuple[int, int | None], ...] = (),
    supervision: tuple[tuple[int, int | None], ...] = (),
) -> dict[str, object]:
    people = pd.DataFrame({"person": ["p", "q"], "birth_date": [born] * 2, "sex": [sex] * 2})
    found = facts_before(
        people,
        arrests=pd.DataFrame([("p", day(n), v) for n, v in arrests], columns=["person", "arrest_date", "is_violent"]),
        stays=stays(*(("p", first, end) for first, end in spells)),
        supervision=pd.DataFrame(
            [("p", day(first), day(end)) for first, end in supervision], columns=["person", "start_date", "end_date"]
        ),
        on=ON,
    )
    # What is said of one person is said of nobody else.
    assert found.iloc[1].tolist()[3:] == [0, False, 0, False, False]
    first: dict[str, object] = found.iloc[0].to_dict()
    return first


def test_arrests_of_730_days_and_no_later_ones() -> None:
    assert facts(arrests=((0, False), (-729, True)))["arrests"] == 2
    assert facts(arrests=((0, False), (-729, True)))["violent_arrest"]
    found = facts(arrests=((1, True), (-730, True), (-3, False)))
    assert (found["arrests"], found["violent_arrest"]) == (1, False)
    assert facts(arrests=((-1, False),) * 5)["arrests"] == 3


@pytest.mark.parametrize(
    ("days", "band"), [(0, 0), (1, 1), (7, 1), (8, 2), (30, 2), (31, 3), (90, 3), (91, 4), (700, 4)]
)
def test_custody_before_in_bands(days: int, band: int) -> None:
    assert facts(spells=((-days, 0),))["custody_band"] == band


def test_custody_and_supervision_on_the_day() -> None:
    assert facts(spells=((0, 1),))["held"]
    assert facts(spells=((-3, None),))["held"]
    assert not facts(spells=((-3, 0),))["held"]
    assert not facts(spells=((1, 5),))["held"]
    assert facts(supervision=((-9, 0),))["supervised"]
    assert facts(supervision=((0, None),))["supervised"]
    assert not facts(supervision=((-9, -1), (1, None)))["supervised"]


def test_age_on_the_day_and_what_is_unknown() -> None:
    bands = [
        facts(born=dt.date(year, month, 1))["age_band"] for year, month in ((2007, 1), (2007, 2), (2000, 1), (1980, 1))
    ]
    assert bands == [1, 0, 2, 4]
    assert facts(born=None)["age_band"] == -1
    assert facts(sex=None)["sex"] == "unknown"


# ------------------------------------------------------------------------------------------------------ difference


def people(rows: list[tuple[str, bool, int]]) -> pd.DataFrame:
    """Stratum, whether prioritised, days."""
    frame = pd.DataFrame(rows, columns=["stratum", "is_priority", "days"])
    return frame.assign(person=[f"p{n}" for n in range(len(frame))])


def test_by_hand() -> None:
    rows = [("a", True, 10), ("a", True, 20), ("a", False, 4), ("a", False, 6), ("a", False, 8)]
    rows += [("b", True, 3), ("b", False, 1), ("nobody alike", True, 90), ("others only", False, 50)]
    found = custody_difference(people(rows), seed=SEED, strata=["stratum"])
    assert (found.people, found.matched, found.comparison_people) == (4, 3, 4)
    # (10 + 20 + 3) / 3 against (6 + 6 + 1) / 3.
    assert found.custody_days == pytest.approx(11)
    assert found.comparison_days == pytest.approx(13 / 3)
    assert found.difference == pytest.approx(20 / 3)
    assert (found.lower, found.upper) == (None, None)


@pytest.mark.parametrize("rows", [[], [("a", False, 5)], [("a", True, 5)], [("a", True, 5), ("b", False, 5)]], ids=len)
def test_nobody_matched_is_null_and_never_zero(rows: list[tuple[str, bool, int]]) -> None:
    found = custody_difference(people(rows), seed=SEED, strata=["stratum"])
    assert (found.matched, found.comparison_people) == (0, 0)
    assert found.people == sum(is_priority for _, is_priority, _ in rows)
    assert [found.custody_days, found.comparison_days, found.difference, found.lower, found.upper] == [None] * 5


def simulated(rng: np.random.Generator, *, effect: int, size: int = 600) -> pd.DataFrame:
    """What is matched drives both priority and custody; `effect` days are added to the prioritised."""
    stratum = rng.integers(0, 4, size)
    is_priority = rng.random(size) < np.array([0.05, 0.1, 0.3, 0.5])[stratum]
    is_held = rng.random(size) < np.array([0.1, 0.2, 0.4, 0.6])[stratum]
    days = is_held * np.minimum(rng.geometric(1 / 20, size), 120) + is_priority * effect
    return people(list(zip(stratum.astype(str), is_priority.tolist(), days.tolist(), strict=True)))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_same_again_person_by_person(seed: int) -> None:
    frame = simulated(np.random.default_rng(seed), effect=3, size=60)
    own, others = [], []
    for row in frame[frame["is_priority"]].itertuples():
        alike = frame[~frame["is_priority"] & (frame["stratum"] == row.stratum)]
        if len(alike):
            own.append(row.days)
            others.append(alike["days"].mean())
    found = custody_difference(frame, seed=SEED, strata=["stratum"], draws=19)
    assert found.matched == len(own)
    if own:
        assert found.difference == pytest.approx(np.mean(own) - np.mean(others))
    mixed = frame.sample(frac=1, random_state=seed)
    assert custody_difference(mixed, seed=SEED, strata=["stratum"], draws=19) == found


def test_few_matched_people_have_a_difference_and_no_limits() -> None:
    """99 people, none held, beside others of whom a tenth are: a bootstrap would be sure of less custody."""
    others = [("a", False, 90 * (n % 10 == 0)) for n in range(300)]
    for matched, has_limits in ((99, False), (100, True)):
        found = custody_difference(people([("a", True, 0)] * matched + others), seed=SEED, strata=["stratum"])
        assert found.difference == pytest.approx(-9)
        assert (found.lower is not None and found.upper is not None) == has_limits


@pytest.mark.parametrize("alone", [0, 20])
def test_the_limits_are_those_of_drawing_people_one_by_one(alone: int) -> None:
    """A second bootstrap that draws persons, not cells; the limits agree to a tenth of their width.

    With `alone`, a stratum has one person to compare with, who is in about two of three draws only.
    """
    frame = simulated(np.random.default_rng(3), effect=10, size=600)
    rare = [("4", True, 30)] * alone + [("4", False, 40)] * bool(alone)
    frame = people([*frame[["stratum", "is_priority", "days"]].itertuples(index=False, name=None), *rare])
    found = custody_difference(frame, seed=SEED, strata=["stratum"], draws=999)
    rng = np.random.default_rng(99)
    sides = [frame[frame["is_priority"]], frame[~frame["is_priority"]]]
    numbers = [(side["stratum"].astype(int).to_numpy(), side["days"].to_numpy()) for side in sides]
    differences = []
    for _ in range(999):
        (own, own_days), (other, other_days) = (
            (stratum[drawn], days[drawn])
            for stratum, days in numbers
            for drawn in [rng.integers(0, len(days), len(days))]
        )
        compared = np.bincount(other, minlength=5)
        means = np.bincount(other, other_days, 5) / np.maximum(compared, 1)
        kept = compared[own] > 0
        differences.append(own_days[kept].mean() - means[own[kept]].mean())
    width = found.upper - found.lower  # type: ignore[operator]
    assert [found.lower, found.upper] == pytest.approx(np.quantile(differences, (0.025, 0.975)), abs=width / 10)


def test_a_plain_comparison_would_mislead_and_this_one_does_not() -> None:
    frame = simulated(np.random.default_rng(1), effect=0, size=20_000)
    plain = frame.groupby("is_priority")["days"].mean()
    found = custody_difference(frame, seed=SEED, strata=["stratum"], draws=99)
    assert plain[True] - plain[False] > 3
    assert abs(found.difference) < 1  # type: ignore[arg-type]
    planted = custody_difference(
        simulated(np.random.default_rng(1), effect=9, size=20_000), seed=SEED, strata=["stratum"]
    )
    assert planted.difference == pytest.approx(9, abs=1)


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0, 9])
def test_the_interval_holds_the_truth_as_often_as_it_says(effect: int) -> None:
    """400 simulated counties of 600 people, about 140 prioritised; nominal 95 %, four standard errors allowed."""
    held = 0
    for seed in range(400):
        found = custody_difference(
            simulated(np.random.default_rng(seed), effect=effect), seed=seed, strata=["stratum"], draws=399
        )
        held += found.lower <= effect <= found.upper  # type: ignore[operator]
    assert 0.907 <= held / 400 <= 0.994


def test_the_same_seed_the_same_limits() -> None:
    frame = simulated(np.random.default_rng(5), effect=0)
    first, again, other = (custody_difference(frame, seed=seed, strata=["stratum"]) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first.difference == other.difference


def test_wrong_use_is_refused() -> None:
    frame = people([("a", True, 1), ("a", False, 2)])
    with pytest.raises(ValueError, match="two rows"):
        custody_difference(pd.concat([frame, frame]), seed=SEED, strata=["stratum"])
    with pytest.raises(ValueError, match="no column"):
        custody_difference(frame, seed=SEED)
