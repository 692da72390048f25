"""The section on groups: whom to talk to first and how sure that is, what lies between groups, and whom it falls on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.group_picture import Picture, picture
from strategic_prosecution.report.group_work import Part, call_ins, forecast, roster, strategies, tonight
from strategic_prosecution.report.tables import Shown, View, absent, view
from strategic_prosecution.report.wording import day, days, decimal, integer, share, words, yes_no

NAMED = 6
# Rules of practice, section 6: for priorities, benchmarks come in this order; whatever else there is follows.
_BENCHMARKS = ("priority", "reviewed shooting victims", "known suspects", "arrests", "residents")
# Each rank: its name, the counts it rests on, and what these are.
_SIDES = (
    ("by", "suspect", "Violence by the group"),
    ("against", "victim", "Violence against the group"),
)


@dataclass(frozen=True)
class Groups:
    """The section: findings, the two ranks with what is folded under them, the picture, and the other parts."""

    findings: tuple[str, ...]
    ranks: View
    folded: tuple[View, ...]
    picture: Picture | None
    between: View
    composition: tuple[View, ...]
    parts: tuple[Part, ...]


def groups(data: ReportData) -> Groups:
    """The section of the internal edition, of its own day's rows; a table without rows is one sentence."""
    ties = tonight(data, "group_ties")
    priorities = tonight(data, "group_priorities").sort_values(
        ["rank_violence_by", "rank_violence_against", "group_id"], na_position="last", ignore_index=True
    )
    members = priorities.set_index("group_id")["members"].fillna(0).astype(int)
    return Groups(
        findings=tuple(_findings(data, priorities, ties)),
        ranks=group_priorities(data),
        folded=(_reasons(priorities), group_scorecard(data)),
        picture=picture(ties, members) if len(ties) else None,
        between=_between(data, ties),
        composition=composition(data),
        parts=(
            _custody(tonight(data, "priority_custody")),
            roster(data),
            call_ins(data),
            strategies(data),
            forecast(data),
        ),
    )


def _findings(data: ReportData, priorities: pd.DataFrame, ties: pd.DataFrame) -> list[str]:
    """What a chief should know before any table: who is first and how surely, feuds, promises past due."""
    if priorities.empty:
        return []
    late = tonight(data, "call_in_counts")["promises_late"].fillna(0).sum()
    firsts = [_first(priorities, *side, within=days(data.violent_window_days)) for side in _SIDES]
    return [
        *firsts,
        *_without_proactive(priorities),
        _feuds(ties),
        *([f"Promises past due and not kept: {integer(late)}."] if late else []),
    ]


def _first(priorities: pd.DataFrame, name: str, side: str, title: str, *, within: str) -> str:
    """Who is first on one side, and who cannot be told apart from the first.

    Whoever may hold rank 1 has an interval that overlaps that of the highest count; all such overlap each other.
    """
    count, rank = f"shootings_{side}", f"rank_violence_{name}"
    ranked = priorities[priorities[rank].notna()].sort_values([rank, "group_id"])
    if ranked.empty:
        return f"{title}: no shooting as {side} in {within}."
    first = ranked[ranked[rank] == 1]
    rivals = ranked[ranked[f"rank_{name}_low"] == 1]
    number = int(first[count].iloc[0])
    shootings = f"{integer(number)} shooting{'' if number == 1 else 's'} as {side}{' each' if len(first) > 1 else ''}"
    stands = f"{title}: {_listed(first['group_id'])} first, {shootings} in {within}"
    if len(rivals) == 1:
        return f"{stands}; the counts tell it apart from every other."
    named = [f"{group} ({integer(of)})" for group, of in zip(rivals["group_id"], rivals[count], strict=True)]
    return f"{stands}. {_listed(named)} cannot be told apart."


def _listed(names: Sequence[str] | pd.Series, most: int = NAMED) -> str:
    """Names in a sentence: A, B and C; of many the first few and how many more."""
    shown = list(names)
    if len(shown) > most:
        shown = [*shown[: most - 1], f"{integer(len(shown) - most + 1)} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _without_proactive(priorities: pd.DataFrame) -> list[str]:
    """Whether the ranks by violence of the group hold without memberships that rest on proactive arrests."""
    ranked = priorities[priorities["rank_violence_by"].notna()]
    if ranked.empty:
        return []
    without = ranked["rank_without_proactive"]
    if without.isna().all():
        return [
            "Whether a rank would hold without proactive arrests could not be examined: no membership can be tied to an"
            " arrest of its day. A rank counts reviewed shootings and no arrest; a membership decides only whether a"
            " group is ranked at all."
        ]
    moved = ranked[without.isna() | (without != ranked["rank_violence_by"])]
    if moved.empty:
        return [
            "Without memberships known to rest on proactive arrests every rank by violence of the group holds. A rank"
            " counts reviewed shootings and no arrest; a membership decides only whether a group is ranked at all."
        ]
    said = [
        f"{group} (no rank instead of {integer(rank)})"
        if pd.isna(other)
        else f"{group} ({integer(other)} instead of {integer(rank)})"
        for group, rank, other in zip(
            moved["group_id"], moved["rank_violence_by"], moved["rank_without_proactive"], strict=True
        )
    ]
    return [f"Without memberships that rest on proactive arrests other ranks are held by {_listed(said)}."]


def _feuds(ties: pd.DataFrame) -> str:
    feuds = ties[ties["open_feud"].eq(True).fillna(False).astype(bool)].sort_values(["group_id", "other_group_id"])
    pairs = [f"{row.group_id} with {row.other_group_id}" for row in feuds.itertuples()]
    return f"Open feuds: {'; '.join(pairs)}." if pairs else "No feud is open."


def group_priorities(data: ReportData) -> View:
    """The two ranks side by side, how far the counts can tell groups apart, and the window before."""
    frame = tonight(data, "group_priorities").sort_values(
        ["rank_violence_by", "rank_violence_against", "group_id"], na_position="last", ignore_index=True
    )
    card = _card(data).set_index("group_id")
    for name, side, _ in _SIDES:
        pairs = zip(frame[f"rank_{name}_low"], frame[f"rank_{name}_high"], strict=True)
        frame[f"range_{name}"] = pd.Series([_range(low, high) for low, high in pairs], dtype=object)
        for column in (f"shootings_{side}_confirmed", f"shootings_{side}_previous"):
            frame[column] = frame["group_id"].map(card[column])
    frame["without"] = frame["rank_without_proactive"].where(frame["rank_violence_by"].notna())
    rank = partial(integer, missing="not ranked")
    columns = (
        Shown("group_id", "Group"),
        Shown("rank_violence_by", "Rank: violence by", rank, numeric=True),
        Shown("range_by", "could be", numeric=True),
        Shown("without", "without proactive arrests", partial(integer, missing="none"), numeric=True, optional=True),
        *_counts("suspect"),
        Shown("rank_violence_against", "Rank: violence against", rank, numeric=True),
        Shown("range_against", "could be", numeric=True),
        *_counts("victim"),
        Shown("in_a_feud", "Both sides", yes_no),
        Shown("members", "Members that count", integer, numeric=True),
    )
    return view(
        frame,
        columns,
        caption=f"Groups to talk to first, by the shootings of {days(data.violent_window_days)}: two ranks, never one",
        empty=absent("groups with members that count"),
        notes=(
            "Violence by the group is the only input to a promise of enforcement; violence against it raises outreach"
            " and protection.",
            "Could be: the ranks a group may hold within the 95 % uncertainty of the counts. Groups that could be 1"
            " cannot be told apart.",
            "What stands first for being high falls by itself: fewer shootings than in the window before are no sign"
            " that anything worked.",
            *model.table("mart.group_priorities").warnings,
        ),
    )


def _counts(side: str) -> tuple[Shown, ...]:
    return (
        Shown(f"shootings_{side}", f"Shootings as {side}", integer, numeric=True),
        Shown(f"shootings_{side}_confirmed", "of these confirmed", integer, numeric=True, optional=True),
        Shown(f"shootings_{side}_previous", "window before", integer, numeric=True, optional=True),
    )


def _range(low: Any, high: Any) -> str:
    if pd.isna(low):
        return ""
    return integer(low) if low == high else f"{integer(low)}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{integer(high)}"


def _reasons(priorities: pd.DataFrame) -> View:
    columns = (Shown("group_id", "Group"), Shown("reasons", "Reasons", _lines))
    return view(priorities, columns, caption="The reasons for each rank, to be checked", empty="")


def _lines(value: Any) -> tuple[str, ...]:
    # A list column comes out of DuckDB as an array, out of a test as a list, and absent as a null.
    return tuple(str(line) for line in value) if hasattr(value, "__len__") and not isinstance(value, str) else ()


def _card(data: ReportData) -> pd.DataFrame:
    frame = tonight(data, "group_scorecard")
    return frame[frame["window_days"] == data.violent_window_days].sort_values("group_id", ignore_index=True)


def group_scorecard(data: ReportData) -> View:
    """The groups' window: shootings on either side, the window before, feuds, supervision and custody."""
    counts = (
        ("shootings_suspect", "Shootings as suspect"),
        ("shootings_suspect_confirmed", "of these confirmed"),
        ("shootings_suspect_previous", "window before"),
        ("homicides_suspect", "of these fatal"),
        ("shootings_victim", "Shootings as victim"),
        ("shootings_victim_confirmed", "of these confirmed"),
        ("shootings_victim_previous", "window before"),
        ("homicides_victim", "of these fatal"),
        ("open_feuds", "Open feuds"),
        ("members", "Members that count"),
        ("supervised_members", "on supervision"),
        ("members_in_custody", "in custody"),
    )
    columns = (
        Shown("group_id", "Group"),
        *(Shown(name, title, integer, numeric=True) for name, title in counts),
        Shown("last_event_date", "Last shooting", partial(day, missing="none")),
    )
    return view(
        _card(data),
        columns,
        caption=f"The groups over the last {days(data.violent_window_days)}",
        empty=absent("groups"),
        notes=model.table("mart.group_scorecard").warnings,
    )


def _between(data: ReportData, ties: pd.DataFrame) -> View:
    frame = ties.sort_values(["group_id", "other_group_id"], ignore_index=True)
    number = partial(integer, missing="0")
    columns = (
        Shown("group_id", "Group"),
        Shown("other_group_id", "Other group"),
        Shown("tied_pairs", "Tied pairs of members", number, numeric=True),
        Shown("shared_members", "People in both", number, numeric=True),
        Shown("shootings", f"Shootings between, {days(data.violent_window_days)}", number, numeric=True),
        Shown("open_feud", "Open feud", yes_no),
    )
    return view(
        frame,
        columns,
        caption="The picture as a table: what lies between groups",
        empty="Nothing lies between groups: no tie of members, no shooting, no open feud.",
        notes=(
            "Tied: arrested, charged or named as suspects together. One shooting may lie between several pairs: these"
            " counts do not add up.",
            *model.table("mart.group_ties").warnings,
        ),
    )


def composition(data: ReportData) -> tuple[View, ...]:
    """Who the priorities are about, beside the benchmarks: one table per topic and attribute."""
    frame = tonight(data, "disparities").dropna(subset=["numerator"])
    views = []
    for (topic, attribute), part in frame.groupby(["topic", "attribute"], sort=True):
        populations = sorted(part["population"].unique(), key=_benchmark_order)
        part = part.assign(
            text=part["numerator"].map(integer) + " (" + part["value"].map(share) + ")",
        )
        wide = part.pivot(index="segment", columns="population", values="text").reindex(columns=populations)
        wide = wide.fillna("0").sort_index().reset_index()
        columns = (
            Shown("segment", words(attribute), words),
            *(Shown(name, words(name), numeric=True) for name in populations),
        )
        views.append(
            view(
                wide,
                columns,
                caption=f"{words(topic)}: composition by {words(attribute).lower()}",
                empty="",
                notes=model.table("mart.disparities").warnings,
            )
        )
    return tuple(views)


def _benchmark_order(population: str) -> tuple[int, str]:
    plain = population.replace("_", " ")
    return (_BENCHMARKS.index(plain) if plain in _BENCHMARKS else len(_BENCHMARKS), population)


def _custody(frame: pd.DataFrame) -> Part:
    """Pretrial custody of people in first-ranked groups beside people alike: a difference, not an effect."""
    frame = frame.sort_values("ranked_on", ascending=False, ignore_index=True)
    title = "Custody of the people in first-ranked groups"
    if frame.empty:
        return Part(title, ("Their custody cannot be set beside that of others yet: no earlier ranks are held.",))
    written = ("custody_days", "comparison_days", "difference")
    limits = zip(frame["lower"], frame["upper"], strict=True)
    frame["range"] = pd.Series(
        ["too few matched" if pd.isna(low) else f"{decimal(low)} to {decimal(high)}" for low, high in limits],
        dtype=object,
    )
    columns = (
        Shown("ranked_on", "Ranked on", day),
        Shown("people", "People", integer, numeric=True),
        Shown("matched", "with a comparison", integer, numeric=True),
        Shown("comparison_people", "compared with", integer, numeric=True),
        *(
            Shown(name, heading, decimal, numeric=True)
            for name, heading in zip(written, ("Days in custody since", "of those alike", "difference"), strict=True)
        ),
        Shown("range", "95 % interval", numeric=True),
    )
    listed = view(frame, columns, caption="Custody since the day of the ranks, mean days per person", empty="")
    return Part(title, (_custody_sentence(frame.to_dict("records")[0]),), folded=(listed,))


def _custody_sentence(row: dict[Any, Any]) -> str:
    said = f"{integer(row['people'])} people were in the groups ranked first on {day(row['ranked_on'])}"
    if pd.isna(row["difference"]):
        return f"{said}; for too few of them others are alike, so no difference is told."
    limits = "too few matched for an interval" if pd.isna(row["lower"]) else f"95 % interval {row['range']}"
    return (
        f"{said}; {integer(row['matched'])} have others alike in facts from before that day. Since then they spent"
        f" {decimal(row['custody_days'])} days each in pretrial custody, the others {decimal(row['comparison_days'])}:"
        f" a difference of {decimal(row['difference'])} days ({limits})."
        f" {model.table('mart.priority_custody').warnings[0]}"
    )
