"""Fairness by stage on the page: both views in one row, what is not said, and the rule by which race counts."""

from dataclasses import replace
from math import log2

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.report import ReportData
from strategic_prosecution.report.environment import environment
from strategic_prosecution.report.relative_rates import RelativeRates, relative_rates

RESIDENTS = "1,000 residents"
PAGE = (
    '{% import "macros.html.j2" as show %}{% with relative_rates = section %}{% include "relative_rates.html.j2" %}'
    "{% endwith %}"
)
# stage, view, segment, benchmark, numerator, denominator, value, ratio with limits, difference with limits, gap, note
Row = tuple[object, ...]
NONE = (None, None, None)
ROWS: tuple[Row, ...] = (
    ("arrested", "cumulative", "white", RESIDENTS, 60, 6000, 10.0, (1, None, None), (0, None, None), None, None),
    ("arrested", "cumulative", "black", RESIDENTS, 90, 3000, 30.0, (3, 2.16, 4.16), (20, 13.5, 27.4), None, None),
    ("arrested", "cumulative", "asian", RESIDENTS, 3, 99, 30.3, NONE, NONE, None, "no ratio"),
    ("arrested", "cumulative", "unknown", RESIDENTS, 5, None, None, NONE, NONE, None, "no group"),
    ("arrested", "cumulative", "unmapped", RESIDENTS, 0, None, None, NONE, NONE, None, "no group"),
    ("filed", "cumulative", "white", RESIDENTS, 40, 6000, 6.67, (1, None, None), (0, None, None), None, None),
    ("filed", "cumulative", "black", RESIDENTS, 70, 3000, 23.33, (3.5, 2.37, 5.16), (16.7, 10, 24), None, None),
    ("arrested", "conditional", "white", RESIDENTS, 60, 6000, 10.0, (1, None, None), (0, None, None), None, None),
    ("arrested", "conditional", "black", RESIDENTS, 90, 3000, 30.0, (3, 2.16, 4.16), (20, 13.5, 27.4), 1.123, None),
    ("filed", "conditional", "white", "arrests", 40, 60, 0.6667, (1, None, None), (0, None, None), None, None),
    ("filed", "conditional", "black", "arrests", 70, 90, 0.7778, (0.8, 0.62, 1.03), (-0.111, -0.21, 0), -0.123, None),
    ("detained", "conditional", "white", "decisions", 8, 16, 0.5, (1, None, None), (0, None, None), None, None),
    ("detained", "conditional", "black", "decisions", 0, 60, 0.0, (0, None, None), (-0.5, -0.7, -0.3), None, "none"),
    ("detained, charged alike", "conditional", "black", "decisions", 3, 44, 0, (0.25, 0.1, 0.6), NONE, None, "4 kinds"),
)  # fmt: skip


def rows_of(rows: tuple[Row, ...] = ROWS, *, year: int = 2021, attribute: str = "race_ethnicity") -> pd.DataFrame:
    made = []
    for stage, view, segment, benchmark, numerator, denominator, value, ratio, difference, gap, note in rows:
        assert isinstance(ratio, tuple) and isinstance(difference, tuple)
        limits = dict(zip(("ratio", "ratio_lower", "ratio_upper"), ratio, strict=True))
        points = dict(zip(("difference", "difference_lower", "difference_upper"), difference, strict=True))
        made.append(
            {
                "period": "year", "period_start": pd.Timestamp(year, 1, 1), "stage": stage, "view": view,
                "attribute": attribute, "segment": segment, "reference": "white", "benchmark": benchmark,
                "numerator": numerator, "denominator": denominator, "value": value, **limits, **points,
                "share_of_gap": gap, "note": note,
            }
        )  # fmt: skip
    frame = pd.DataFrame(made).reindex(columns=list(model.table("mart.relative_rates").names))
    numbers = [column.name for column in model.table("mart.relative_rates").columns if column.dtype == "double"]
    return frame.astype(dict.fromkeys(numbers, "float64")).astype({"numerator": "Int64", "denominator": "Int64"})


QUALITY = pd.DataFrame(
    {
        "table_name": ["defendants", "arrests"],
        "records": [200, 400],
        "unknown": [0, 10],
        "unmapped": [0, 1],
        "people_elsewhere": [0, 80],
        "people_disagreeing": [0, 4],
    }
)


def section_of(data: ReportData, rates: pd.DataFrame, quality: pd.DataFrame = QUALITY) -> RelativeRates:
    return relative_rates(replace(data, tables={"relative_rates": rates, "race_quality": quality}))


def lines(section: RelativeRates) -> dict[str, dict[str, str]]:
    """First cell of a row -> the others by the title of their column."""
    view = section.compared[0].views
    titles = [title for title, _ in view.header[1:]]
    return {
        str(row[0]): dict(zip(titles, (str(cell).replace("\u00a0", " ") for cell in row[1:]), strict=True))
        for row in view.rows
    }


def test_both_views_stand_in_one_row(internal: ReportData) -> None:
    found = lines(section_of(internal, rows_of()))
    assert found["Filed: Black"] == {
        "Number": "70",
        "Per 1,000 residents": "23.3",
        "Relative rate index, cumulative": "3.50 (2.37 to 5.16)",
        "Difference per 1,000": "+16.7 (+10.0 to +24.0)",
        "Of the stage before": "90",
        "Rate": "77.8 %",
        "Relative rate index, conditional": "0.80 (0.62 to 1.03)",
        "Difference in points": "-11.1 (-21.0 to +0.0)",
    }
    # The first stage is per resident twice: no points.
    arrested = found["Arrested: Black"]
    assert (arrested["Rate"], arrested["Difference in points"]) == ("30.0 per 1,000", "–")
    assert arrested["Difference per 1,000"] == "+20.0 (+13.5 to +27.4)"


def test_what_is_compared_with_comes_first_and_what_is_undefined_is_a_dash(internal: ReportData) -> None:
    found = lines(section_of(internal, rows_of()))
    # Asian, unknown and unmapped people have no conditional row here; detained has no cumulative one.
    assert list(found) == [
        "Arrested: White", "Arrested: Black", "Filed: White", "Filed: Black", "Detained: White", "Detained: Black",
    ]  # fmt: skip
    index = "Relative rate index, conditional"
    assert found["Arrested: White"][index] == "1 (compared with)"
    assert found["Detained: Black"][index] == "0.00"
    assert found["Detained: White"]["Relative rate index, cumulative"] != found["Detained: White"][index]
    small = rows_of((*ROWS, ("filed", "conditional", "asian", "arrests", 2, 3, 0.67, NONE, NONE, None, "no ratio")))
    asian = lines(section_of(internal, small))["Filed: Asian"]
    assert (asian["Number"], asian["Of the stage before"], asian[index], asian["Difference in points"]) == (
        "2", "3", "–", "–",
    )  # fmt: skip


def test_an_unmapped_code_is_shown_where_a_record_has_it(internal: ReportData) -> None:
    def shown(number: int) -> bool:
        more = ("filed", "conditional", "unmapped", "arrests", number, 9, 0.0, NONE, NONE, None, "no group")
        return "Filed: Code not mapped yet" in lines(section_of(internal, rows_of((*ROWS, more))))

    assert shown(1) and not shown(0)


def test_where_the_gap_arises_is_said_in_one_sentence(internal: ReportData) -> None:
    (said,) = section_of(internal, rows_of()).compared[0].sentences
    assert said == (
        "Black beside White, given the stage before: more often at arrested 3.00 (2.16 to 4.16). "
        "At the other steps the index cannot be told from 1."
    )
    rows = rows_of()
    has_limits = rows["ratio_lower"].notna()
    rows.loc[has_limits, "ratio_lower"] = 0.5
    (said,) = section_of(internal, rows).compared[0].sentences
    assert said == "At no step can a group's index be told from 1: where a gap arises is not said."
    rows.loc[has_limits, "ratio_upper"] = 0.9
    (said,) = section_of(internal, rows).compared[0].sentences
    assert "given the stage before: less often at arrested" in said


def test_the_year_its_missing_stages_and_chance_are_said(internal: ReportData) -> None:
    year, missing, chance = section_of(internal, rows_of()).sentences
    assert year.startswith("The year 2021: its arrests")
    assert missing == (
        "Not available here for 2021: referred, approved, diverted, dismissed, convicted, incarcerated. No extract "
        "fills what they need for all of it."
    )
    # Of the two conditional indexes with limits 3.00 leaves 1 out.
    assert chance.startswith("Conditional indexes with limits: 2. The limits of 1 do not hold 1;")


def test_the_year_before_stands_beside_the_newest(internal: ReportData) -> None:
    earlier = rows_of(tuple(row for row in ROWS if row[0] == "filed"), year=2020).assign(ratio=1.5)
    found = lines(section_of(internal, pd.concat([earlier, rows_of()])))
    assert found["Filed: Black"]["Index the year before"] == "1.50"
    assert found["Arrested: Black"]["Index the year before"] == "–"
    assert "Index the year before" not in lines(section_of(internal, rows_of()))["Filed: Black"]


def test_those_charged_alike_stand_apart_beside_the_unadjusted(internal: ReportData) -> None:
    one = section_of(internal, rows_of()).compared[0]
    assert one.alike.rows == (("Detained: Black", "3", "44", "0.00", "0.25 (0.10 to 0.60)", "4 kinds"),)
    assert "already charged alike" in one.alike.caption
    assert not any("alike" in str(row[0]) for row in one.views.rows)


def test_by_sex_there_is_nothing_per_resident(internal: ReportData) -> None:
    rows = rows_of(tuple(row for row in ROWS if row[1] == "conditional"), attribute="sex")
    rows["share_of_gap"] = float("nan")
    (one,) = section_of(internal, rows).compared
    assert one.title == "Sex" and "arrested 3.00" in one.sentences[0]
    titles = [title for title, _ in one.views.header]
    assert "Per 1,000 residents" not in titles and "Relative rate index, conditional" in titles


def test_how_race_is_recorded_stands_with_its_rule(internal: ReportData) -> None:
    quality = section_of(internal, rows_of()).quality
    rows = [tuple(str(cell).replace("\u00a0", " ") for cell in row) for row in quality.rows]
    assert rows == [
        ("Arrests", "400", "10 (2.5 %)", "1 (0.2 %)", "80", "4 (5.0 %)"),
        ("Defendants", "200", "0 (0.0 %)", "0 (0.0 %)", "0", "–"),
    ]
    assert "every stage counts by what its own record says" in quality.notes[0]


def test_dots_stand_on_a_scale_of_doublings(internal: ReportData) -> None:
    plot = section_of(internal, rows_of()).compared[0].plot
    assert plot is not None
    assert [dot.name for dot in plot.dots] == ["Arrested: Black", "Filed: Black"]
    ticks = {tick.text: tick.at for tick in plot.ticks}
    assert list(ticks) == ["1/2", "1", "2", "4", "8"] and ticks["1"] == plot.one
    step = ticks["2"] - ticks["1"]
    assert ticks["8"] - ticks["4"] == pytest.approx(step, abs=0.11)
    for dot, (ratio, lower, upper) in zip(plot.dots, ((3, 2.16, 4.16), (0.8, 0.62, 1.03)), strict=True):
        for at, value in ((dot.x, ratio), (dot.lower, lower), (dot.upper, upper)):
            assert at == pytest.approx(plot.one + step * log2(value), abs=0.2)
    none = rows_of().assign(ratio_lower=float("nan"))
    assert section_of(internal, none).compared[0].plot is None


def test_the_page_says_it_all_and_nothing_causal(internal: ReportData) -> None:
    page = environment().from_string(PAGE).render(section=section_of(internal, rows_of()))
    assert "3.50 (2.37 to 5.16)" in page and "charged alike" in page and page.count("<circle") == 2
    assert "RRI" not in page and "RRI" not in " ".join(section_of(internal, rows_of()).sentences)
    for word in ("because", "caused", "discriminat", "bias", "due to", "effect of", "leads to"):
        assert word not in page.lower(), word


def test_a_break_in_the_window_of_a_stage_is_said(internal: ReportData) -> None:
    frame = rows_of()
    frame["note"] = frame["note"].mask(frame["stage"] == "filed", "counting changed on 2021-06-01 (NIBRS; new codes)")
    frame["note"] = frame["note"].mask(frame["stage"] == "detained", "none; counting changed on 2021-07-01 (bail law)")
    said = section_of(internal, frame).sentences
    for told in (
        "2021-06-01 (NIBRS; new codes), in the window of: filed.",
        "2021-07-01 (bail law), in the window of: d",
    ):
        assert any(one.startswith(f"Counting changed on {told}") for one in said)
    assert not any("Counting changed" in one for one in section_of(internal, rows_of()).sentences)


def test_without_rows_the_page_says_why(internal: ReportData) -> None:
    section = section_of(internal, rows_of().iloc[:0], QUALITY.iloc[:0])
    assert section.compared == () and "nothing is compared" in section.sentences[0]
    page = environment().from_string(PAGE).render(section=section)
    assert "nothing is compared" in page and "No table holds race or ethnicity." in page


def test_the_public_edition_has_no_such_table(public: ReportData) -> None:
    with pytest.raises(ValueError, match="relative_rates"):
        replace(public, tables={"relative_rates": rows_of()})
