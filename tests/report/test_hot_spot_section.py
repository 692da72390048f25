"""The section on hot spots: what it says of a place in words, what it leaves out, and what it never makes up."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pandas as pd
import pytest

from strategic_prosecution.report import ReportData, map_html, maps, render_report
from strategic_prosecution.report.hot_spot_findings import findings
from strategic_prosecution.report.hot_spot_sides import sides
from strategic_prosecution.report.hot_spot_trials import trials, verdict
from strategic_prosecution.report.hot_spots import _SHADES, HotSpots, Part, hot_spots
from strategic_prosecution.report.tables import hot_spot_list

LAYER = "police_district"
WATCHED = ["category", "window_days", "rank", "sides_id", "incidents", "police_incidents", "area_title"]
# Every table of the section but the hot spots themselves: any of them may be empty.
OPTIONAL = (
    "hot_spot_variants",
    "hot_spot_sides",
    "hot_times",
    "hot_units",
    "near_repeat",
    "near_repeat_chains",
    "space_time_clusters",
    "hot_spot_accuracy",
    "forecasts",
    "forecast_cells",
)


@pytest.fixture(scope="module")
def section(internal: ReportData) -> HotSpots:
    return hot_spots(internal, layer=LAYER)


@pytest.fixture(scope="module")
def part(section: HotSpots) -> Part:
    """Violent incidents of the last 90 days: the choice that every table has rows of."""
    return next(part for part in section.parts if part.choice.title == "Violent, last 90 days")


def test_a_former_hot_spot_is_drawn_and_not_listed(part: Part) -> None:
    assert part.list.caption == "The first 10 of 12 hot spots"
    assert [spot.dashed for spot in part.drawn.spots] == [False] * 12 + [True] * 2
    assert part.sentences[-1] == (
        "2 former hot spots are drawn dashed and without a number: hot in an earlier window, and none now."
    )


def test_under_the_list_stand_all_incidents_and_how_such_hot_spots_held_up(part: Part) -> None:
    # The first ten have 40, 37, ... 13: 265 of the 4,000 everywhere.
    assert [sentence.replace("\u00a0", " ") for sentence in part.sentences[:2]] == [
        "Whole county or city: 4,000 incidents in these 90 days, 12 of them without a known place;"
        " 265 (6.6 %) in the hot spots listed.",
        "Over the 30 days since 11 March 2026 the hot spots of then caught 10.0 % of 540 incidents, last year's counts"
        " on as much area 20.0 %: last year's counts did better.",
    ]


def test_the_list_tells_how_ranks_move_and_shows_no_p(part: Part) -> None:
    titles = [title for title, _ in part.list.header]
    assert "Same days, mean of 3 years" in titles and not {"p", "q", "z"} & set(titles)
    moved = titles.index("Rank by crime harm")
    assert [row[moved].replace("\u00a0", " ") for row in part.list.rows[:3]] == ["2 (1 down)", "1 (1 up)", "3 (same)"]


def test_ties_move_no_rank_and_without_a_move_there_are_no_ranks(part: Part) -> None:
    spots = part.choice.spots.head(3)

    def moved(incidents: list[int], harm: list[float]) -> list[object] | None:
        told = hot_spot_list(spots.assign(incidents=incidents, crime_harm=harm))
        titles = [title for title, _ in told.header]
        if "Rank by crime harm" not in titles:
            return None
        return [str(row[titles.index("Rank by crime harm")]).replace("\u00a0", " ") for row in told.rows]

    # One weight: harm is a multiple of the count.
    assert moved([9, 9, 4], [90.0, 90.0, 40.0]) is None
    # Equal harm at ranks 1 and 2 is no move of either.
    assert moved([9, 8, 4], [90.0, 90.0, 40.0]) is None
    # The third is above both, whose harm is equal.
    assert moved([9, 9, 4], [50.0, 50.0, 60.0]) == ["2 (same)", "2 (same)", "1 (2 up)"]
    assert moved([9, 8, 4], [50.0, 40.0, 60.0]) == ["2 (1 down)", "3 (1 down)", "1 (2 up)"]


def test_by_crime_harm_nothing_is_listed_where_no_rank_moves(internal: ReportData) -> None:
    variants = internal.frame("hot_spot_variants")
    still = variants.assign(default_rank=variants["rank"])
    made = hot_spots(replace(internal, tables={**internal.tables, "hot_spot_variants": still}), layer=LAYER)
    (part,) = (one for one in made.parts if one.choice.title == "Violent, last 90 days")
    assert part.harm is None and part.sentences[-1] == "Weighted by crime harm, no rank moves."


def test_classes_are_said_in_words(part: Part) -> None:
    at = [title for title, _ in part.list.header].index("Class")
    assert [row[at] for row in part.list.rows[2:4]] == [
        "New: quiet in the periods before",
        "Not classed (other periods do not say)",
    ]


def test_counts_that_the_public_edition_hides_are_hidden_not_zero(part: Part) -> None:
    told = hot_spot_list(part.choice.spots.assign(incidents=None))
    at = [title for title, _ in told.header].index("Incidents")
    assert {row[at] for row in told.rows} == {"hidden"}


def test_over_policed_and_under_served_places_are_said_first(part: Part) -> None:
    assert part.sides is not None
    # Ten places, of each arrests, outreach and declined were tried.
    assert part.sides.sentences == (
        "More enforcement and less contact per reported incident than elsewhere: rank 1.",
        "More arrests per reported incident than elsewhere: ranks 1 and 2.",
        "Fewer outreach events per reported incident than elsewhere: rank 1.",
        "No outreach is recorded in 1 of the 10 hot spots: rank 3; 30 of 400 outreach events name no place.",
        "20 comparisons of enforcement and contact (and 10 of cases) were made here; at least one in twenty stands out"
        " by chance alone.",
    )


def test_no_extract_is_no_all_clear(internal: ReportData, part: Part) -> None:
    frame = internal.frame("hot_spot_sides")
    asked = frame["side"].isin(["enforcement", "contact"])
    nothing = ["value", "everywhere", "unplaced", "ratio", "lower", "upper", "reading"]
    frame.loc[asked, nothing] = None
    # Violence still has its interval.
    assert frame["lower"].notna().any()
    made = sides(frame, part.choice.first)
    assert made is not None and made.sentences == ("Enforcement and contact are not available here.",)
    told = findings(frame, [part.choice], pd.DataFrame(columns=WATCHED))
    assert told == ("Enforcement and contact are not available here.",)


def test_an_all_clear_needs_a_comparison_that_could_tell(internal: ReportData, part: Part) -> None:
    frame = internal.frame("hot_spot_sides")
    tried = frame["reading"].notna() & (frame["side"] != "violence")
    frame.loc[tried, "reading"] = "like"
    made = sides(frame, part.choice.first)
    # None at the third, and yet like elsewhere: contact is too rare for less to show.
    assert made is not None and made.sentences[:2] == (
        "Contact is too rare here to tell whether a place has less than elsewhere.",
        "No place has clearly more enforcement per reported incident than elsewhere.",
    )
    frame.loc[frame["measure"] == "outreach_events", "value"] = 5
    made = sides(frame, part.choice.first)
    assert made is not None and made.sentences[:2] == (
        "No place has clearly more enforcement or less contact per reported incident than elsewhere.",
        "30 of 400 outreach events name no place.",
    )


def test_violence_is_not_compared_in_a_list_it_made(part: Part) -> None:
    assert part.sides is not None
    assert part.sides.places.rows[2][2][1] == "Violent incidents: 9"
    assert "per reported incident of any kind, police-generated ones left out" in " ".join(part.sides.places.notes)


def test_what_stands_out_is_seen_at_once(internal: ReportData, part: Part, section: HotSpots, hostile: str) -> None:
    # Over the longest window there are no sides, and of the violent 90 days alone there are.
    assert not [line for line in section.findings if "rank 1" in line]
    shown = [part.choice]
    watched = internal.frame("hot_spot_variants")
    watched = watched[watched["sides_id"].notna()].assign(area_title=["Harbor", "Mills", "College"])
    assert findings(internal.frame("hot_spot_sides"), shown, watched) == (
        # Half as much at most is further off than one and a half times as much at least.
        "Violent, last 90 days, rank 1 (North & West): fewer outreach events (0.2 times) and more arrests (2.0 times)"
        " per reported incident than elsewhere.",
        f"Violent, last 90 days, rank 2 ({hostile}): more arrests (2.0 times) per reported incident than elsewhere.",
        "Violent, last 90 days: no outreach in spite of many incidents at rank 3 (Harbor, 34).",
        "Violent, last 90 days, not on the map (Harbor): 7 incidents found by police, 2 reported, 44 arrests.",
        "Violent, last 90 days, not on the map (Mills): 5 incidents found by police, 2 reported.",
        "Violent, last 90 days, not on the map (College): 5 incidents found by police, 2 reported.",
        "20 comparisons of enforcement and contact (and 10 of cases) were made here; at least one in twenty stands out"
        " by chance alone.",
    )
    many = findings(_more_arrests_at(internal, 7), shown, watched.iloc[:0])
    assert many[5] == "2 more such places stand under their lists."


def _more_arrests_at(data: ReportData, places: int) -> pd.DataFrame:
    frame = data.frame("hot_spot_sides")
    ids = [f"hs_violent_90_{number:02}" for number in range(places)]
    arrests = frame["hot_spot_id"].isin(ids) & (frame["measure"] == "arrests") & (frame["detail"] == "")
    frame.loc[arrests, ["reading", "lower"]] = ["more", 1.5]
    return frame


def test_the_four_sides_of_a_place_stand_beside_each_other(part: Part) -> None:
    assert part.sides is not None
    places = part.sides.places
    assert len(places.rows) == 10
    assert places.rows[0] == (
        "1",
        "North & West",
        ("Incidents: 12", "Violent incidents: 9", "Shootings: 3", "Homicides: 0"),
        ("Arrests: 30, more than elsewhere", "of these proactive: 11", "Detention days: 210"),
        ("Referred: 14", "Declined: 5", "Dismissed: 4", "Pending: 8", "Days to disposition: none to measure"),
        ("Outreach events: 1, fewer than elsewhere", "Victims contacted: 6"),
    )
    # No extract holds stops: said once, and nowhere 0.
    assert places.notes[0] == "Not available here: stops."
    assert not [line for row in places.rows for cell in row for line in cell if "Stops" in line]


def test_a_measure_missing_at_one_place_and_a_side_missing_at_all_are_not_zero(
    internal: ReportData, part: Part
) -> None:
    frame = internal.frame("hot_spot_sides")
    frame = frame[frame["side"] != "contact"].reset_index(drop=True)
    one = (frame["hot_spot_id"] == "hs_violent_90_00") & (frame["measure"] == "detention_days")
    frame.loc[one, ["value", "everywhere"]] = None
    made = sides(frame, part.choice.first)
    assert made is not None
    assert made.places.rows[0][3][-1] == "Detention days: not available here"
    assert made.places.rows[1][3][-1] == "Detention days: 210"
    assert {row[5] for row in made.places.rows} == {("not available here",)}


def test_reasons_of_the_office_stand_in_a_table_of_their_own(part: Part) -> None:
    assert part.sides is not None
    assert part.sides.reasons.rows[0] == (
        "1",
        "North & West",
        ("Insufficient evidence: 3", "Victim absent: 2"),
        ("Witness absent: 4",),
    )


def test_the_map_stands_with_and_without_police_generated_incidents(part: Part, section: HotSpots) -> None:
    assert part.with_police is not None
    # Twelve hot spots, eleven with five and one with seven.
    # The planted second, fifth and ninth are none of the default map.
    assert "(62 in the hot spots so found), 3 of the first 10 hot spots are others" in part.with_police.sentence
    without, counted = (drawn for _, drawn in part.with_police.maps)
    assert (len(without.spots), len(counted.spots)) == (14, 12) and without.outlines == counted.outlines
    assert section.parts[0].with_police is None


def test_the_crime_harm_map_names_its_table_of_weights(part: Part) -> None:
    assert part.harm is not None
    assert "0 of the first 10 not among the first 10 by count" in part.harm.caption
    assert [row[:2] for row in part.harm.rows[:3]] == [("1", "2"), ("2", "1"), ("3", "3")]
    assert "Invented County weights, 2025" in part.harm.notes[0]


def test_hours_are_numbers_and_the_busiest_is_darkest(part: Part) -> None:
    assert part.times is not None
    saturday = part.times.rows[5]
    # 24 hours with 1 each and 20 more at 23: 44 of 7 x 24 + 20.
    assert (saturday[0], saturday[2], part.times.total) == ("Saturday", "44", "188")
    assert (saturday[1][23].text, saturday[1][23].fill) == ("21", "#2b363c")
    assert {hour.text for hour in saturday[1][:23]} == {"1"}
    assert "50.0\u00a0% of the incidents are known only as an interval" in part.times.note


def test_every_figure_of_an_hour_can_be_read_on_its_shade() -> None:
    def light(color: str) -> float:
        # Relative luminance of WCAG 2.
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for _, fill, ink in _SHADES:
        high, low = sorted((light(fill), light(ink)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_streets_and_areas_list_their_first_ten(part: Part, hostile: str) -> None:
    by_area, by_segment = part.units
    assert (by_area.caption, len(by_area.rows)) == ("By police district", 6)
    assert (by_segment.caption, len(by_segment.rows)) == ("By street segment", 10)
    # A segment without a title goes by its id.
    assert by_segment.rows[1][:3] == ("2", "S01", "28") and by_area.rows[1][1] == hostile


def test_near_repeats_chains_and_clusters_are_said_in_words(section: HotSpots) -> None:
    (violent,) = section.sequences
    assert violent.sentences == (
        "Within 100 m and 7 days of each other: 1.6 times as many pairs of incidents as chance gives (p 0.005)."
        " For a while, what happens is followed by more nearby.",
        "7 chains of three or more incidents in the last year, each incident within 100 m and 7 days of another;"
        " the newest was on 12 March 2026.",
        "In space and time, going on now: 1 cluster beyond chance.",
        "In space and time, at any time in the last year: no cluster beyond chance (the likeliest has p 0.200).",
    )
    bands, chains, clusters = violent.views
    assert [row[:2] for row in bands.rows[:3:2]] == [
        ("0 to 100 m", "0 to 7 days"),
        ("over 100 to 200 m", "0 to 7 days"),
    ]
    assert chains.caption == "The newest 5 of 7 chains" and {row[1] for row in chains.rows} == {"North & West"}
    # The second cluster is no more than chance gives.
    assert [row[:2] for row in clusters.rows] == [("1", "Harbor")]


def test_no_more_pairs_than_chance_gives_is_said_so(internal: ReportData) -> None:
    pairs = internal.frame("near_repeat").assign(p_value=0.4)
    # Without hot spots there is no map to make.
    made = hot_spots(replace(internal, tables={"near_repeat": pairs}), layer=LAYER)
    assert made.sequences[0].sentences[0].endswith("(p 0.400). That cannot be told apart from chance.")


def test_whether_hot_spots_beat_last_years_counts_is_said_plainly(section: HotSpots) -> None:
    said = [sentence.replace("\u00a0", " ") for sentence in section.trials.sentences]
    # 10 % (8 to 12) against 20 % (16 to 24); 21 % (16.8 to 25.2) against 20 % (16 to 24).
    assert said == [
        "Violent, 365 days: No clear difference: over the 30 days since 11 March 2026 the hot spots of then caught"
        " 21.0 % of 540 incidents, last year's counts on as much area 20.0 %; the intervals overlap.",
        "Violent, 90 days: Over the 30 days since 11 March 2026 the hot spots of then caught 10.0 % of 540 incidents,"
        " last year's counts on as much area 20.0 %: last year's counts did better.",
    ]


def test_hot_spots_that_did_better_and_a_trial_of_none(internal: ReportData) -> None:
    frame = internal.frame("hot_spot_accuracy")
    ours = (frame["method"] == "hot_spots") & (frame["window_days"] == 90)
    figures = ["hit_rate", "hit_rate_lower", "hit_rate_upper"]
    frame.loc[ours, figures] = [0.5, 0.4, 0.6]
    better = verdict(frame, "violent", 90)
    assert better is not None and better.endswith(": the hot spots did better.")
    assert verdict(frame, "violent", 30) is None
    # Nothing was hot then: there is nothing to judge, and nothing is hidden.
    frame.loc[ours, ["cells", "pai", *figures]] = [0, None, 0.0, 0.0, 0.0]
    assert verdict(frame, "violent", 90) is None
    made = trials(replace(internal, tables={"hot_spot_accuracy": frame}), lambda points: []).accuracy
    (row,) = (one for one in made.rows if one[1:3] == ("90", "Hot spots"))
    assert "hidden" not in row and row.count("none chosen") == 2


def test_methods_stand_under_each_other_and_area_rules_beside(section: HotSpots) -> None:
    view = section.trials.accuracy
    assert view.caption.endswith("chosen on 11 March 2026, tried on the 30 days since")
    # Every place alike is a note.
    assert [row[2] for row in view.rows] == ["Hot spots", "Last year's counts", "Kernel density"] * 2
    assert "a PAI of 1." in view.notes[0] and "above 1, fewer came than expected" in view.notes[0]
    caught = [title for title, _ in view.header].index("Caught on as much area")
    assert view.rows[0][caught].replace("\u00a0", " ") == "21.0 % (16.8 to 25.2 %)"
    # Hot spots have an area of their own, and no other.
    assert view.rows[0][caught + 1] == "" and view.rows[1][caught + 1] != ""


def test_the_public_page_compares_with_nothing_it_does_not_hold(public: ReportData) -> None:
    made = trials(public, lambda points: [])
    assert made.sentences == () and {row[2] for row in made.accuracy.rows} == {"Hot spots"}
    assert "NIJ" not in " ".join(made.accuracy.notes)
    frame = public.frame("hot_spot_accuracy")
    hidden = frame.assign(**dict.fromkeys([name for name in frame if name.startswith(("hit_rate", "pai"))]))
    told = trials(replace(public, tables={"hot_spot_accuracy": hidden}), lambda points: []).accuracy
    at = [title for title, _ in told.header].index("PAI")
    assert {row[at] for row in told.rows} == {"hidden"}


@pytest.mark.slow
def test_the_public_page_has_no_sides_no_times_and_no_forecast(public: ReportData) -> None:
    page = render_report(public)
    section = page[page.index('<section aria-labelledby="hot-spots">') :]
    section = section[: section.index("</section>")].lower()
    assert "within 100 m and 7 days" in section
    for word in ("all sides", "hot times", "chains", "forecast", "with and without"):
        assert word not in section, word


def test_which_forecast_is_published_and_why(section: HotSpots) -> None:
    assert section.trials.forecasts == (
        "Shootings, the next 30 days: no forecast is published. Only 60 victim-reported incidents, below 100.",
        "Violent, the next 30 days: last year's counts are published. The model did not beat last year's counts, so"
        " last year's counts are shown.",
    )
    (cells,) = section.trials.places
    assert cells.caption == "Violent: the first 10 of 12 cells of the published forecast"
    assert cells.rows[0] == ("1", "Old Town", "2.00", "24")


@pytest.mark.slow
def test_without_their_tables_the_parts_are_one_line_or_nothing(
    internal: ReportData, without: Callable[[ReportData, str], ReportData]
) -> None:
    bare = internal
    for name in OPTIONAL:
        bare = without(bare, name)
    page = render_report(bare)
    section = page[page.index('<section aria-labelledby="hot-spots">') :]
    section = section[: section.index("</section>")]
    assert "<details>" not in section and "All sides" not in section
    assert "No near repeats, chains or clusters are held" in section
    assert "There are no earlier hot spots to try" in section and "No forecast is made" in section


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONAL)
def test_each_table_of_the_section_may_be_absent(
    internal: ReportData, without: Callable[[ReportData, str], ReportData], name: str
) -> None:
    assert len(hot_spots(without(internal, name), layer=LAYER).parts) == 3


def test_a_map_for_a_notebook_holds_all_it_needs(internal: ReportData, hostile: str) -> None:
    # Of the published columns these are enough.
    spots = internal.frame("hot_spots")[["category", "window_days", "rank", "geometry"]]
    fragment = map_html(spots, internal.frame("areas"), crs=internal.crs)
    frame = re.fullmatch(r'<div><iframe [^<>]* srcdoc="([^"<>]*)"></iframe></div>', fragment.strip())
    assert frame, "the page inside is escaped as a whole"
    page = unescape(frame.group(1))
    assert page.lstrip().startswith("<!DOCTYPE html>") and unescape(page).count("default-src 'none'; script-src") == 1
    assert len(page) > 1_000_000 and "<script src" not in page and hostile not in page


def test_a_map_without_a_hot_spot_is_refused(internal: ReportData) -> None:
    nothing = pd.DataFrame(columns=["category", "window_days", "rank", "geometry"])
    with pytest.raises(ValueError, match="no hot spot has a geometry"):
        map_html(nothing, internal.frame("areas"), crs=internal.crs)


def test_where_and_since_when_a_hot_spot_is(internal: ReportData) -> None:
    spots = maps.located(internal.frame("hot_spots"), internal.frame("areas"), crs=internal.crs)
    spots = spots[(spots["category"] == "violent") & (spots["window_days"] == 90)]
    first = spots["rank"] == 1
    named = spots.assign(
        hot_spot_id=spots["hot_spot_id"].where(~first, "hs_violent_90_c150_1_2_202505"),
        nearest_crossing=pd.Series(["N ALDER ST & W 5TH ST"] * len(spots), index=spots.index).where(first),
    )
    made = hot_spot_list(named)
    assert {"Near", "Since"} <= {title for title, _ in made.header}
    assert {"N ALDER ST & W 5TH ST", "May 2025"} <= set(made.rows[0])
    assert not {"Near", "Since"} & {title for title, _ in hot_spot_list(spots).header}
