"""The section on groups: what a chief reads first, which rows are this night's, what is said where nothing is held."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.report import ReportData, render_report
from strategic_prosecution.report.group_work import Part
from strategic_prosecution.report.groups import Groups, group_priorities, groups
from strategic_prosecution.report.tables import View

TABLES = (
    "group_priorities",
    "group_scorecard",
    "leads",
    "group_ties",
    "roster_counts",
    "roster_audits",
    "roster_matches",
    "strategy_counts",
    "response_times",
    "priority_custody",
    "call_in_counts",
    "disparities",
    "group_forecasts",
    "group_forecast_trials",
)


@pytest.fixture(scope="module")
def section(internal: ReportData) -> Groups:
    return groups(internal)


def _with(data: ReportData, **frames: pd.DataFrame) -> ReportData:
    return replace(data, tables={**data.tables, **frames})


def _part(section: Groups, title: str) -> Part:
    (part,) = [one for one in section.parts if one.title == title]
    return part


def _plain(said: tuple[str, ...]) -> list[str]:
    return [sentence.replace("\u00a0", " ") for sentence in said]


def test_what_a_chief_reads_first(section: Groups) -> None:
    assert _plain(section.findings) == [
        "Violence by the group: Group 01 first, 9 shootings as suspect in 365 days. Group 01 (9) and Group 02 (5)"
        " cannot be told apart.",
        "Violence against the group: Group 02 first, 6 shootings as victim in 365 days. Group 02 (6) and Group 01 (4)"
        " cannot be told apart.",
        "Without memberships that rest on proactive arrests other ranks are held by Group 01 (2 instead of 1) and"
        " Group 02 (1 instead of 2).",
        "Open feuds: Group 01 with Group 02.",
        "Promises past due and not kept: 2.",
    ]


def test_a_first_group_that_the_counts_tell_apart(internal: ReportData) -> None:
    frame = internal.frame("group_priorities").assign(
        rank_by_low=[1, 2, None],
        rank_by_high=[1, 2, None],
        rank_without_proactive=[1, 2, None],
        rank_violence_against=None,
    )
    said = groups(_with(internal, group_priorities=frame)).findings
    assert said[0].endswith("in 365 days; the counts tell it apart from every other.")
    assert said[1] == "Violence against the group: no shooting as victim in 365 days."
    assert said[2].startswith("Without memberships known to rest on proactive arrests every rank by violence")
    assert "counts reviewed shootings and no arrest" in said[2]


def test_equal_counts_are_first_together_and_many_are_counted(internal: ReportData) -> None:
    names = [f"G{number}" for number in range(1, 9)]
    frame = pd.DataFrame({"group_id": names, "rank_violence_by": 1, "rank_by_low": 1, "rank_by_high": 8})
    frame = frame.assign(shootings_suspect=1, members=4)
    said = groups(_with(internal, group_priorities=frame)).findings[0]
    assert said == (
        "Violence by the group: G1, G2, G3, G4, G5 and 3 more first, 1 shooting as suspect each in 365 days."
        " G1 (1), G2 (1), G3 (1), G4 (1), G5 (1) and 3 more cannot be told apart."
    )


def test_a_rank_that_no_group_keeps_without_proactive_arrests_is_not_passed_over(internal: ReportData) -> None:
    frame = internal.frame("group_priorities").assign(rank_without_proactive=None)
    assert "could not be examined" in groups(_with(internal, group_priorities=frame)).findings[2]
    # As DuckDB gives them: whole numbers with nulls of their own.
    frame["rank_without_proactive"] = pd.array([1, None, None], dtype="Int64")
    frame["rank_violence_by"] = pd.array([1, 2, None], dtype="Int64")
    assert groups(_with(internal, group_priorities=frame)).findings[2].endswith("Group 02 (no rank instead of 2).")


def test_two_ranks_stand_side_by_side_each_with_its_range(section: Groups) -> None:
    titles = [title for title, _ in section.ranks.header]
    assert titles[:4] == ["Group", "Rank: violence by", "could be", "without proactive arrests"]
    assert titles[7:9] == ["Rank: violence against", "could be"]
    rows = [tuple(str(cell).replace("\u00a0", " ") for cell in row) for row in section.ranks.rows]
    assert [(*row[:4], *row[7:9]) for row in rows] == [
        ("Group 01", "1", "1 to 2", "2", "2", "1 to 2"),
        ("Group 02", "2", "1 to 2", "1", "1", "1 to 2"),
        ("Group 03", "not ranked", "", "none", "3", "3"),
    ]
    assert not any("score" in title.lower() for title in titles)


def test_the_window_before_is_that_of_the_ranks(internal: ReportData) -> None:
    card = internal.frame("group_scorecard")
    other = card.assign(window_days=90, shootings_suspect_previous=[77, 77, 77])
    both = _with(internal, group_scorecard=pd.concat([card, other]))
    at = [title for title, _ in group_priorities(both).header].index("window before")
    assert [row[at] for row in group_priorities(both).rows] == ["5", "3", "0"]
    assert [row[at] for row in group_priorities(replace(both, violent_window_days=90)).rows] == ["77"] * 3
    assert "by the shootings of 90 days" in group_priorities(replace(both, violent_window_days=90)).caption


def test_findings_and_ranks_do_not_say_how_many_could_be_invited(internal: ReportData) -> None:
    frames = {name: internal.frame(name) for name in ("group_priorities", "group_scorecard")}
    made = groups(_with(internal, **{name: frame.assign(supervised_members=777) for name, frame in frames.items()}))
    assert "777" not in repr((made.findings, made.ranks, made.picture, made.between)) and "777" in repr(made.folded)


@pytest.mark.parametrize("name", TABLES)
def test_rows_of_another_night_are_not_shown(internal: ReportData, name: str) -> None:
    frame = internal.frame(name)
    earlier = _with(internal, **{name: frame.assign(as_of=pd.Timestamp("2026-03-31"))})
    assert groups(earlier) == groups(_with(internal, **{name: frame.iloc[:0]}))
    now = _with(internal, **{name: frame.assign(as_of=pd.Timestamp(internal.as_of))})
    assert groups(now) == groups(internal) != groups(earlier)


def _views(section: Groups) -> list[View]:
    parts = [view for part in section.parts for view in (*part.views, *part.folded)]
    return [section.ranks, *section.folded, section.between, *section.composition, *parts]


def test_what_is_empty_is_one_sentence_and_no_table(internal: ReportData) -> None:
    empty = groups(replace(internal, tables={}))
    assert empty.findings == () and empty.picture is None and empty.composition == ()
    assert [part.sentences for part in empty.parts] == [
        ("Their custody cannot be set beside that of others yet: no earlier ranks are held.",),
        (
            "No membership is on the roster.",
            "No sample of the roster has been audited, so how much of it is wrong is not known.",
        ),
        (),
        (),
        ("No forecast is made: not asked for, or fewer than 100 reviewed shootings.",),
    ]
    assert not [view for view in _views(empty) if view.rows]
    page = render_report(replace(internal, tables={}))
    within = page[page.index('<section aria-labelledby="groups">') :].partition("</section>")[0]
    assert "<table" not in within and "<details" not in within and "<svg" not in within


@pytest.mark.parametrize("name", TABLES)
def test_each_table_may_be_absent(
    internal: ReportData, without: Callable[[ReportData, str], ReportData], name: str
) -> None:
    assert all(len(view.header) == len(row) for view in _views(groups(without(internal, name))) for row in view.rows)


def test_benchmarks_stand_in_the_order_of_closeness_to_the_violence(section: Groups) -> None:
    (view,) = section.composition
    assert [title for title, _ in view.header] == [
        "Race/ethnicity",
        "Priority",
        "Reviewed shooting victims",
        "Arrests",
        "Residents",
    ]
    assert view.rows[1][:2] == ("Black", "17 (42.0\u00a0%)")


def test_custody_is_a_difference_and_no_effect(internal: ReportData, section: Groups) -> None:
    title = "Custody of the people in first-ranked groups"
    (said,) = _part(section, title).sentences
    assert said == (
        "41 people were in the groups ranked first on 31 October 2025; 30 have others alike in facts from before that"
        " day. Since then they spent 12.2 days each in pretrial custody, the others 8.0: a difference of 4.2 days (95 %"
        " interval -1.5 to 10.0). A difference, not an effect: people in first-ranked groups differ in more than is"
        " matched."
    )
    held = internal.frame("priority_custody")
    earlier = held.assign(ranked_on=pd.Timestamp("2024-10-31"), people=7)
    assert _part(groups(_with(internal, priority_custody=pd.concat([earlier, held]))), title).sentences == (said,)
    none = held.assign(matched=0, difference=None, custody_days=None)
    assert _part(groups(_with(internal, priority_custody=none)), title).sentences[0].endswith("no difference is told.")


def test_the_roster_says_what_counts_and_how_much_is_wrong(internal: ReportData, section: Groups) -> None:
    part = _part(section, "The roster behind the ranks")
    assert _plain(part.sentences) == [
        "Memberships that count: 52, of 50 people; 4 of these expire within 30 days unless a new fact is recorded."
        " Others, which count nowhere: 20.",
        "Sample audit: of 20 memberships drawn from 52, 18 are decided and 3 of these not supported: 16.7 % in error"
        " (95 % interval 5.0 to 37.0 %).",
        "Roster beside the data: groups that share people with a lead 2, leads that share people with a group 1; groups"
        " only in the roster 1, leads only in the data 1. Nothing is merged.",
    ]
    standing, matched, found = part.folded
    # A reason that holds for nothing is left out.
    assert [row[:2] for row in standing.rows] == [
        ("Count", "52"),
        ("of these expire within 30 days", "4"),
        ("Tips: no person, group, criterion or approver", "9"),
        ("Expired", "11"),
    ]
    assert [row[:2] for row in matched.rows] == [("Group 01", "1"), ("Group 02", "1"), ("Group 03", "none")]
    assert [row[0] for row in found.rows] == ["1", "2"]
    many = pd.DataFrame({"lead_number": range(1, 31), "people": 5, "ties": 9})
    (listed,) = _part(groups(_with(internal, leads=many)), part.title).folded[-1:]
    assert len(listed.rows) == 20 and listed.caption.startswith("Leads: the largest 20 of 30 clusters")
    audit = internal.frame("roster_audits")
    second = audit.assign(sample_id="sample_0", error_rate=None, supported=0, not_supported=0, undecided=20)
    several = _part(groups(_with(internal, roster_audits=pd.concat([audit, second]))), part.title)
    assert [row[::6] for row in several.folded[1].rows] == [
        ("sample_0", "no error rate yet"),
        ("sample_a", "16.7\u00a0% in error (95 % interval 5.0 to 37.0\u00a0%)"),
    ]


def test_call_ins_are_counts_with_those_to_come_first(section: Groups) -> None:
    part = _part(section, "Call-ins and other notices")
    assert part.sentences == ("Promises: 6 made, 3 kept, 2 past due and not kept.",)
    (view,) = part.views
    assert [row[:5] for row in view.rows] == [
        ("callin_a", "Custom notification", "Planned", "not set", "3"),
        ("callin_b", "Call-in", "Held", "3 February 2026", "14"),
    ]


def test_what_keeps_people_out_comes_before_other_strategies(section: Groups) -> None:
    part = _part(section, "Other strategies")
    assert part.sentences == (
        "Early intervention: first-time low-level defendants who may be kept out of the process: 121. For 13 more a"
        " fact is missing.",
    )
    tiers, answers = part.views
    assert [row[0] for row in tiers.rows] == ["Early intervention"] * 3 + ["Intimate partner", "Drug market"]
    assert [row[:5:2] for row in answers.rows] == [("Parole", "9", "not reached"), ("Probation", "60", "5.0")]


def test_a_forecast_stands_beside_last_years_count_with_its_trials(internal: ReportData, section: Groups) -> None:
    part = _part(section, "Forecast")
    assert part.sentences == (
        "On 12 past days the forecast missed by 1.25 shootings per group, last year's count by 1.50. The forecast was"
        " nearer.",
    )
    (view,) = part.views
    assert view.rows[0] == ("Group 01", "5.2", "2.00 to 9.00", "4")
    trials = internal.frame("group_forecast_trials").assign(mean_absolute_error=[1.5, 1.5])
    worse = _part(groups(_with(internal, group_forecast_trials=trials)), "Forecast").sentences[0]
    assert worse.endswith("The forecast did no better: read last year's count instead.")
    untried = _part(groups(_with(internal, group_forecast_trials=trials.iloc[:0])), "Forecast").sentences
    assert untried == ("It was not tried on past days: read last year's count.",)


@pytest.mark.slow
def test_the_public_page_has_no_group_at_all(internal: ReportData, public: ReportData) -> None:
    page, inside = render_report(public), render_report(internal)
    for word in ("Group 01", "Call-ins and other notices", "roster", "feud", "talk first", "Early intervention: "):
        assert word in inside and word not in page, word
    assert not {name for name in TABLES if "public" in model.table(f"mart.{name}").editions}


@pytest.mark.parametrize("name", TABLES)
def test_no_table_of_the_section_holds_a_person(name: str) -> None:
    assert not [column.name for column in model.table(f"mart.{name}").columns if column.is_person or column.is_pii]
