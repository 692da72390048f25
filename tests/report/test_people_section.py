import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.report import ReportData, render_report
from strategic_prosecution.report.people import Linking, people

LINKING = Linking(link_probability=0.99, origin="estimated", labelled_pairs=4321)
PAIRS, RECORDS = "pairs of spellings", "records"
RATES = ["found", "false_links", "mistyped_numbers"]


def _rows() -> list[tuple[object, ...]]:
    """measure, breakdown, segment, numerator, denominator, lower, upper, unit."""
    curve = [
        ("0.5", 9900, 10000, 90, 9990),
        ("0.9", 9800, 10000, 40, 9840),
        ("0.99", 9700, 10000, 8, 9708),
        ("0.9999", 8000, 10000, 0, 0),
    ]
    along = [
        row
        for at, found, of, wrong, joined in curve
        for row in (
            ("found", "probability", at, found, of, found / of - 0.004, found / of + 0.004, PAIRS),
            ("false_links", "probability", at, wrong, joined, *_limits(wrong, joined), PAIRS),
        )
    ]
    return [
        ("found", "", "", 9700, 10000, 0.966, 0.973, PAIRS),
        ("false_links", "", "", 8, 9708, 0.0004, 0.0016, PAIRS),
        ("mistyped_numbers", "", "", 50, 9758, 0.004, 0.007, PAIRS),
        *along,
        ("found", "race_ethnicity", "white", 5880, 6000, 0.976, 0.983, PAIRS),
        ("found", "not_race_ethnicity", "white", 3910, 4594, 0.841, 0.861, PAIRS),
        ("found", "race_ethnicity", "black", 2940, 3000, 0.974, 0.984, PAIRS),
        ("found", "not_race_ethnicity", "black", 6850, 7594, 0.895, 0.909, PAIRS),
        ("found", "race_ethnicity", "hispanic", 874, 994, 0.857, 0.898, PAIRS),
        ("found", "not_race_ethnicity", "hispanic", 8916, 9600, 0.923, 0.934, PAIRS),
        # Below all others, and wholly below white people's, but not below all others beyond chance.
        ("found", "race_ethnicity", "pacific_islander", 91, 100, 0.838, 0.952, PAIRS),
        ("found", "not_race_ethnicity", "pacific_islander", 9694, 10494, 0.918, 0.929, PAIRS),
        ("found", "race_ethnicity", "unknown", 0, 500, 0.0, 0.008, PAIRS),
        ("found", "not_race_ethnicity", "unknown", 9790, 10094, 0.966, 0.973, PAIRS),
        ("false_links", "race_ethnicity", "white", 2, 5882, 0.0001, 0.0012, PAIRS),
        ("false_links", "not_race_ethnicity", "white", 31, 3845, 0.006, 0.0114, PAIRS),
        ("false_links", "race_ethnicity", "black", 30, 2970, 0.007, 0.0144, PAIRS),
        ("false_links", "not_race_ethnicity", "black", 3, 6757, 0.0002, 0.0013, PAIRS),
        ("false_links", "race_ethnicity", "hispanic", 4, 878, 0.0018, 0.0117, PAIRS),
        ("false_links", "not_race_ethnicity", "hispanic", 32, 8852, 0.0026, 0.0051, PAIRS),
        # Nobody without a race was joined with another number: nothing to compare.
        ("false_links", "race_ethnicity", "unknown", 0, 0, None, None, PAIRS),
        ("false_links", "not_race_ethnicity", "unknown", 33, 9727, 0.0024, 0.0048, PAIRS),
        ("found", "sex", "female", 2910, 3000, 0.963, 0.976, PAIRS),
        ("found", "not_sex", "female", 6790, 7000, 0.965, 0.974, PAIRS),
        ("false_links", "sex", "female", 8, 9708, 0.0004, 0.0016, PAIRS),
        ("false_links", "not_sex", "female", 0, 0, None, None, PAIRS),
        ("found", "sex", "male", 6790, 7000, 0.965, 0.974, PAIRS),
        ("found", "not_sex", "male", 2910, 3000, 0.963, 0.976, PAIRS),
        ("linked_records", "", "", 30000, 40000, 0.746, 0.754, RECORDS),
        ("confirmed", "", "", 20000, 40000, 0.495, 0.505, RECORDS),
        ("linked_records", "record_table", "arrests", 20000, 25000, 0.795, 0.805, RECORDS),
        ("confirmed", "record_table", "arrests", 15000, 25000, 0.594, 0.606, RECORDS),
        ("linked_records", "basis", "identifier", 19990, 40000, 0.495, 0.505, RECORDS),
        ("linked_records", "basis", "probabilistic", 10000, 40000, 0.246, 0.254, RECORDS),
        ("people", "", "", 18000, None, None, None, "people"),
        ("largest_person", "", "", 17, None, None, None, "writings"),
        ("to_review", "", "", 120, None, None, None, "pairs of people"),
        ("to_review", "kind", "possible", 80, None, None, None, "pairs of people"),
        ("to_review", "kind", "numbers_differ", 40, None, None, None, "pairs of people"),
    ]


def _limits(wrong: int, joined: int) -> tuple[float | None, float | None]:
    return (max(wrong / joined - 0.001, 0), wrong / joined + 0.001) if joined else (None, None)


@pytest.fixture
def linked(internal: ReportData) -> Callable[..., ReportData]:
    """An office of which only the links are known; rows of some measures changed or left out."""

    def make(*, without: str = "$", change: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame) -> ReportData:
        columns = ["measure", "breakdown", "segment", "numerator", "denominator", "lower", "upper", "unit"]
        frame = pd.DataFrame(_rows(), columns=columns)
        frame["as_of"] = pd.Timestamp(internal.as_of)
        counts = frame[["numerator", "denominator"]].astype(float)
        frame["value"] = counts["numerator"] / counts["denominator"].where(counts["denominator"] > 0)
        frame = change(frame[~frame["measure"].str.fullmatch(without)])
        assert set(frame.columns) == set(model.table("mart.linkage_quality").names)
        return replace(internal, tables={"linkage_quality": frame.reset_index(drop=True)})

    return make


def _said(data: ReportData, linking: Linking | None = LINKING) -> str:
    return " ".join(people(data, linking).sentences).replace("\u00a0", " ")


def _view(data: ReportData, caption: str) -> list[tuple[object, ...]]:
    section = people(data, LINKING)
    (one,) = [view for view in (*section.by_attribute, *section.views) if view.caption.startswith(caption)]
    return [tuple(str(cell).replace("\u00a0", " ") for cell in row) for row in one.rows]


def test_a_chief_reads_one_sentence_on_what_is_found_and_what_is_false(linked: Callable[..., ReportData]) -> None:
    said = _said(linked())
    assert "names, dates and addresses alone would have joined 97 (10,000 pairs)." in said
    # 0.8 of 1,000 is neither none nor hidden by rounding.
    assert (
        "Of 1,000 pairs that likeness would join and that both carry a number, 1 have different ones "
        "(9,708 such pairs)." in said
    )
    assert "Of 9,758 joined pairs with two numbers, 50 have numbers one digit apart: rather mistyped" in said
    assert "18,000 people; the person written in the most ways, by name and birth date, is written in 17; 120" in said
    assert "estimated on 4,321 pairs" in said and "10 April 2026" in said and "joined from 0.99 up" in said


@pytest.mark.parametrize(
    "measure, numerator, expected",
    [
        ("found", 9999, "more than 99 ("),
        ("found", 10000, "joined 100 ("),
        ("false_links", 1, "fewer than 1 have"),
        ("false_links", 0, "a number, 0 have"),
    ],
)
def test_rounding_makes_nothing_perfect(
    linked: Callable[..., ReportData], measure: str, numerator: int, expected: str
) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        is_it = (frame["measure"] == measure) & (frame["breakdown"] == "")
        value = (numerator / frame["denominator"].astype(float)).where(is_it, frame["value"])
        return frame.assign(numerator=frame["numerator"].where(~is_it, numerator), value=value)

    assert expected in _said(linked(change=change))


def test_who_is_linked_worse_is_said_in_words_and_marked(linked: Callable[..., ReportData]) -> None:
    said = _said(linked())
    assert "misses records more often where people are recorded as Hispanic: it finds 87.9 % of their pairs, " in said
    assert "92.9 % of all others'." in said
    assert "two people for one more often where they are recorded as Black: 10.1 of 1,000 joined pairs, " in said
    assert "0.4 of all others'." in said
    assert said.count("more often") == 2
    # Found: five of race and two of sex. False: three of race; of unknown race and of other sexes no pair is joined.
    assert "10 comparisons. Where nothing differs, chance alone marks about 1 in 40 of them or fewer." in said
    rows = {row[0]: row for row in _view(linked(), "Links by race/ethnicity")}
    assert rows["Hispanic"][1:3] == ("994", "87.9 % (85.7 to 89.8 %)")
    assert rows["Black"][3:5] == ("2,970", "10.1 (7.0 to 14.4)")
    assert {name: row[-1] for name, row in rows.items()} == {
        "White": "",
        "Black": "FALSE MORE OFTEN than all others",
        "Hispanic": "MISSED MORE OFTEN than all others",
        "Pacific Islander": "",
        "Unknown": "MISSED MORE OFTEN than all others",
    }
    assert [row[-1] for row in _view(linked(), "Links by sex")] == ["", ""]


def test_a_night_without_mistyped_numbers_does_not_speak_of_them(linked: Callable[..., ReportData]) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(numerator=frame["numerator"].where(frame["measure"] != "mistyped_numbers", 0))

    assert "mistyped" not in _said(linked(change=change))


def test_the_curve_marks_the_probability_in_force(linked: Callable[..., ReportData]) -> None:
    rows = _view(linked(), "Found and false links by")
    assert [(row[0], row[-1]) for row in rows] == [("0.5", ""), ("0.9", ""), ("0.99", "in force"), ("0.9999", "")]
    assert rows[-1][2] == "no pair"
    found, false_links = people(linked(), LINKING).curves
    # By nines: 0.99 is two of the four, counted from the 0.3 of one half; the box is 306 wide from 46 on.
    assert found.in_force == false_links.in_force == pytest.approx(46 + 306 * (2 - 0.30103) / (4 - 0.30103), abs=0.06)
    assert len(found.line.split()) == 4 and len(false_links.line.split()) == 3
    heights = [float(point.split(",")[1]) for point in found.line.split()]
    assert heights == sorted(heights), "fewer are found as the probability grows: lower on the page"
    assert [tick.text.replace("\u00a0", " ") for tick in found.y_ticks] == ["50 %", "75 %", "100 %"]
    assert [tick.text.replace("\u00a0", " ") for tick in false_links.y_ticks] == ["0 %", "1 %", "2 %"]
    assert [curve.in_force for curve in people(linked(), None).curves] == [None, None]


def test_what_a_list_may_use_stands_by_table_and_the_queue_by_kind(linked: Callable[..., ReportData]) -> None:
    data = linked()
    assert _view(data, "Records of people by table") == [
        ("All", "40,000", "30,000 (75.0 %)", "20,000 (50.0 %)"),
        ("Arrests", "25,000", "20,000 (80.0 %)", "15,000 (60.0 %)"),
    ]
    assert [row[1] for row in _view(data, "What the links rest on")] == ["19,990", "10,000"]
    assert [row[1] for row in _view(data, "Pairs that a person should look at")] == ["80", "40"]


def test_every_kind_basis_and_origin_has_its_words(linked: Callable[..., ReportData]) -> None:
    kinds = [
        name
        for name in model.table("core.person_pairs").column("kind").values
        if name not in (model.UNKNOWN, model.UNMAPPED)
    ]
    assert len(kinds) >= 6

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        queue = frame[frame["breakdown"] == "kind"].iloc[[0] * len(kinds)].assign(segment=kinds)
        return pd.concat([frame[frame["breakdown"] != "kind"], queue])

    plain = {name.replace("_", " ").capitalize() for name in kinds}
    assert not plain & {str(row[0]) for row in _view(linked(change=change), "Pairs that a person should look at")}
    for origin in ("shipped", "estimated"):
        assert "Linked as of 10 April 2026 with" in _said(linked(), replace(LINKING, origin=origin))


def test_without_numbers_the_page_says_what_would_measure_it(linked: Callable[..., ReportData]) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        is_rate = frame["measure"].isin(RATES)
        frame = frame[~is_rate | frame["breakdown"].isin(["", "probability"])]
        is_rate = frame["measure"].isin(RATES)
        for name in ("numerator", "denominator"):
            frame[name] = frame[name].where(~is_rate, 0)
        for name in ("value", "lower", "upper"):
            frame[name] = frame[name].where(~is_rate)
        return frame

    data = linked(change=change)
    said = _said(data)
    assert "cannot be measured here. What would: a state identification number" in said
    assert "Of 100 pairs" not in said and "18,000 people" in said and "comparisons" not in said
    section = people(data, LINKING)
    assert section.by_attribute == () and section.curves == ()
    assert len(section.views) == 3


def test_the_internal_page_alone_has_the_section(linked: Callable[..., ReportData], public: ReportData) -> None:
    page = render_report(linked(), linking=LINKING)
    assert re.search(r'<h3 id="geocoding">.*<h3 id="people">.*<h3>Not available here</h3>', page, flags=re.DOTALL)
    assert page.count(">in force</text>") == 2 and "http://" not in page
    assert "single name is never joined by likeness" in page
    assert 'id="people"' not in render_report(replace(public, tables={}), linking=LINKING)
    with pytest.raises(ValueError, match="linkage_quality"):
        replace(public, tables={"linkage_quality": linked().tables["linkage_quality"]})


def test_a_night_without_links_says_so(internal: ReportData) -> None:
    page = render_report(replace(internal, tables={}))
    assert "People were not linked that night, or there are no records of people." in page
