"""Problem solving with residents: places nobody met, what residents raise beside what is prosecuted, who is met."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.model import UNKNOWN, UNMAPPED
from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.gini import gini
from strategic_prosecution.report.hot_spot_sides import NOT_AVAILABLE
from strategic_prosecution.report.last_year import (
    Breaks,
    area_titles,
    beside_the_year_before,
    broken_within,
    last_year,
    span,
    summed,
)
from strategic_prosecution.report.tables import Shown, View, view
from strategic_prosecution.report.wording import (
    HIDDEN,
    days,
    decimal,
    integer,
    share,
    words,
)

UNMET_DAYS = 90
LISTED = 20
# Under this many concerns about an offense, shares of them say nothing.
FEWEST_CONCERNS = 10
_UNSAID = (UNKNOWN, UNMAPPED)
_CONCERNS, _INCIDENTS, _CASES = "concerns_raised", "incident_count", "cases_filed"
_CONTACTS, _SHOOTINGS, _ANSWERED = (
    "outreach_contacts_per_1000",
    "shooting_incidents",
    "community_response_within_72h",
)
_NAMED = {"incidents": "incidents", "cases": "cases filed"}
_AFTER = (_ANSWERED, "disputes_mediated", "disputes_mediated_per_shooting", "outreach_contacts_per_shooting")


@dataclass(frozen=True)
class ProblemSolving:
    """What to take from it in sentences, and the tables behind them; a table without rows says why."""

    sentences: tuple[str, ...]
    views: tuple[View, ...]


def problem_solving(data: ReportData, metrics: pd.DataFrame, *, layer: str) -> ProblemSolving:
    """Hot spots without contact, concerns beside incidents and cases, contact across areas, and what follows shootings.

    ``metrics``: as from ``commitments.newest``; ``layer``: the page's layer of areas. Counts are those of the last four
    complete quarters that all compared metrics have. Hot spots and contact with them are of the internal edition.
    """
    titles = area_titles(data, layer)
    parts = [
        *([_unmet(data, titles)] if data.edition == "internal" else []),
        _matching(metrics, layer=layer, titles=titles, breaks=data.breaks),
        _equity(metrics, layer=layer, titles=titles, breaks=data.breaks),
        _after(data, metrics),
    ]
    return ProblemSolving(
        sentences=tuple(sentence for sentences, _ in parts for sentence in sentences),
        views=tuple(table for _, table in parts),
    )


def _unmet(data: ReportData, titles: dict[str, str]) -> tuple[list[str], View]:
    """Hot spots of the window of 90 days in which no contact is recorded."""
    spots = data.frame("hot_spots")
    spots = spots[(spots["window_days"] == UNMET_DAYS) & spots["rank"].notna() & spots["outreach_events"].notna()]
    unmet = spots[spots["outreach_events"] == 0].sort_values(["category", "rank", "hot_spot_id"], ignore_index=True)
    said = []
    for category, of in spots.groupby("category", sort=True):
        none = int((of["outreach_events"] == 0).sum())
        said.append(
            f"{words(category)}: no contact with residents is recorded in {integer(none)} of the {integer(len(of))} hot"
            f" spots in the last {days(UNMET_DAYS)}."
        )
    sides = data.frame("hot_spot_sides")
    contact = sides[(sides["measure"] == "outreach_events") & (sides["window_days"] == UNMET_DAYS)]
    unplaced, everywhere = contact["unplaced"].max(), contact["everywhere"].max()
    notes = [f"The first {LISTED} are listed, by category and rank."] if len(unmet) > LISTED else []
    if everywhere > 0 and unplaced >= 0:
        notes.append(
            f"{integer(unplaced)} of the {integer(everywhere)} contacts of these days name no place: some may have been"
            " there."
        )
    shown = unmet.head(LISTED).assign(area=unmet["area_id"].map(lambda area: titles.get(area, words(area))))
    columns = (
        Shown("category", "Hot spot of", words),
        Shown("rank", "Rank", integer, numeric=True),
        Shown("area", "Area"),
        Shown("nearest_crossing", "Near", optional=True),
        Shown("incidents", "Incidents", integer, numeric=True),
        Shown("arrests", "Arrests", integer, numeric=True, optional=True),
    )
    caption = f"Hot spots in which nobody met residents in the last {days(UNMET_DAYS)}"
    empty = (
        f"Every hot spot of the last {days(UNMET_DAYS)} was met."
        if len(spots)
        else f"{caption}: {NOT_AVAILABLE}. It needs an outreach log, and hot spots of that window."
    )
    return said, view(shown, columns, caption=caption, empty=empty, notes=notes)


def _matching(metrics: pd.DataFrame, *, layer: str, titles: dict[str, str], breaks: Breaks) -> tuple[list[str], View]:
    """What residents raise in each area, beside what happens and what is prosecuted there, by offense."""
    caption = "What residents raise, beside what is reported and what is prosecuted there"
    crossed = " x ".join(sorted((layer, "offense_category")))
    rows = last_year(metrics, (_CONCERNS, _INCIDENTS, _CASES))
    counts = {name: _by_area(summed(rows, name, crossed), crossed, layer) for name in (_CONCERNS, _INCIDENTS, _CASES)}
    raised = counts[_CONCERNS]
    if raised.empty:
        needed = f"{caption}: {NOT_AVAILABLE}. It needs an outreach log with the offense that each concern is about."
        return [], View(caption=caption, header=(), rows=(), empty=needed)
    lines = []
    for area in [area for area in raised.index if area in titles]:
        none = pd.Series(dtype=float)
        of_area = {name: frame.loc[area] if area in frame.index else none for name, frame in counts.items()}
        lines.append({"area": titles[area], **_compared(of_area)})
    frame = pd.DataFrame(lines, columns=["area", "concerns", "most", "incidents", "cases", "of_incidents", "of_cases"])
    # what no extract holds has no column
    absent = [name for name, metric in (("incidents", _INCIDENTS), ("cases", _CASES)) if counts[metric].empty]
    frame[[column for name in absent for column in (name, f"of_{name}")]] = None
    columns = (
        Shown("area", "Area"),
        Shown("concerns", "Concerns about an offense", partial(integer, missing=HIDDEN), numeric=True),
        Shown("most", "Raised most"),
        Shown("incidents", "its share of incidents", numeric=True, optional=True),
        Shown("cases", "its share of cases filed", numeric=True, optional=True),
        Shown("of_incidents", "Concerns matched by incidents", numeric=True, optional=True),
        Shown("of_cases", "Concerns matched by cases", numeric=True, optional=True),
    )
    said = [
        f"In {line['area']}, residents raise {words(line['offense']).lower()} most, and no case about it was filed from"
        f" there ({span(rows)})."
        for line in lines
        if line["is_unprosecuted"]
    ]
    notes: tuple[str, ...] = (
        f"{span(rows)}. Concerns about no offense (street lights, trust) are left out. Who does not come to a meeting"
        " is not heard.",
        "Matched: the part of the concerns that would find an incident, or a case filed, of the same offense if both"
        " were shared out alike; 100 % is the same mix (Renkonen 1938). What residents raise need not be what happens"
        " most, nor what a prosecution would solve: a low figure is a question to ask them."
        f" Under {FEWEST_CONCERNS} concerns nothing is compared.",
        *broken_within(rows, breaks),
    )
    if absent:
        notes = (
            *notes,
            f"{words(NOT_AVAILABLE)} by area and offense: {' and '.join(_NAMED[name] for name in absent)}.",
        )
    empty = "No concern about an offense names an area."
    return said, view(frame, columns, caption=f"{caption}, by area", empty=empty, notes=notes)


def _by_area(counts: pd.Series, crossed: str, layer: str) -> pd.DataFrame:
    """One row per area, one column per known offense; 0 where nothing is counted, null where it is hidden."""
    first = crossed.split(" x ")[0] == layer
    parts = counts.index.to_series().astype(str).str.split(" x ", n=1, expand=True).reindex(columns=[0, 1])
    long = pd.DataFrame({"area": parts[0 if first else 1], "offense": parts[1 if first else 0], "count": counts})
    long = long[~long["offense"].isin(_UNSAID)]
    wide = long.pivot(index="area", columns="offense", values="count")
    held = long.assign(held=True).pivot(index="area", columns="offense", values="held").notna()
    return wide.astype(float).where(held, 0.0)


def _compared(of_area: dict[str, pd.Series]) -> dict[str, Any]:
    """The cells of one area, from its counts by offense."""
    raised = of_area[_CONCERNS]
    total = raised.sum(skipna=False)
    line: dict[str, Any] = {"concerns": total, "is_unprosecuted": False}
    if pd.isna(total) or total < FEWEST_CONCERNS:
        few = HIDDEN if pd.isna(total) else "too few"
        return {**line, **dict.fromkeys(("most", "incidents", "cases", "of_incidents", "of_cases"), few)}
    shares = raised / total
    # Columns are in order of the alphabet, so of offenses raised alike the first stands.
    most = str(shares.idxmax())
    line |= {"offense": most, "most": f"{words(most)} ({share(shares[most])} of concerns)"}
    for name, counted in (("incidents", of_area[_INCIDENTS]), ("cases", of_area[_CASES])):
        line[name], line[f"of_{name}"] = _beside(shares, most, counted)
    cases = of_area[_CASES]
    line["is_unprosecuted"] = bool(cases.notna().all() and cases.sum() > 0 and cases.get(most, 0) == 0)
    return line


def _beside(shares: pd.Series, most: str, counted: pd.Series) -> tuple[str, str]:
    """The share of the most raised offense among what is counted, and how far both mixes overlap."""
    if counted.empty:
        return "none", "none"
    if counted.isna().any():
        return HIDDEN, HIDDEN
    if counted.sum() == 0:
        return "none", "none"
    other = counted / counted.sum()
    return share(other.get(most, 0.0)), share(np.minimum(*shares.align(other, fill_value=0.0)).sum())


def _equity(metrics: pd.DataFrame, *, layer: str, titles: dict[str, str], breaks: Breaks) -> tuple[list[str], View]:
    """Contacts per resident across areas, beside shootings and what followed them."""
    caption = "Contact across neighborhoods, beside shootings"
    rows = last_year(metrics, (_CONTACTS, _SHOOTINGS, _ANSWERED))
    home = f"{layer} of residence"
    contacts = summed(rows, _CONTACTS, home)
    if contacts.empty:
        needed = f"{caption}: {NOT_AVAILABLE}. It needs an outreach log with areas, and their residents."
        return [], View(caption=caption, header=(), rows=(), empty=needed)
    of_home = rows[(rows["metric"] == _CONTACTS) & (rows["breakdown"] == home)]
    there = {
        "shootings": summed(rows, _SHOOTINGS, layer),
        "answered": summed(rows, _ANSWERED, layer),
        "to_answer": summed(rows, _ANSWERED, layer, "denominator"),
    }
    frame = pd.DataFrame(
        {
            "contacts": contacts,
            "residents": of_home.groupby("segment")["denominator"].max(),
            # an area that a metric never speaks of had none of it; a hidden count stays null
            **{
                name: counts.reindex(contacts.index, fill_value=np.nan if counts.empty else 0.0)
                for name, counts in there.items()
            },
        }
    )
    frame = frame[frame.index.isin(titles)].rename_axis("area").reset_index()
    frame["title"] = frame["area"].map(titles)
    for name in ("contacts", "shootings"):
        frame[f"{name}_rate"] = 1000 * frame[name] / frame["residents"].where(frame["residents"] > 0)
    pairs = zip(frame["answered"], frame["to_answer"], strict=True)
    frame["after"] = [f"{integer(done)} of {integer(of)}" if of > 0 else "none to answer" for done, of in pairs]
    frame = frame.sort_values(["contacts_rate", "area"], ignore_index=True)
    number = partial(integer, missing=HIDDEN)
    columns = (
        Shown("title", "Area"),
        Shown("residents", "Residents", integer, numeric=True),
        Shown("contacts", "Contacts", number, numeric=True),
        Shown("contacts_rate", "per 1,000 residents", partial(decimal, digits=2), numeric=True),
        Shown("shootings", "Shootings", number, numeric=True, optional=True),
        Shown("shootings_rate", "per 1,000 residents", partial(decimal, digits=2), numeric=True, optional=True),
        Shown("after", "Answered within 72 hours"),
    )
    notes = (
        f"{span(rows)}. Fewest contacts per resident first. Contacts: meetings, street outreach, mediations and"
        " responses, without walk-ins and meetings with partners. Areas are where a contact or a shooting was,"
        " residents those who live there.",
        *broken_within(rows, breaks),
    )
    return _equity_sentences(frame), view(frame, columns, caption=caption, empty="", notes=notes)


def _equity_sentences(frame: pd.DataFrame) -> list[str]:
    known = frame[frame["residents"] > 0]
    people = known["residents"].tolist()
    contacts, shootings = (
        gini(known[name].tolist(), people) if known[name].notna().all() else None for name in ("contacts", "shootings")
    )
    said = []
    if contacts is not None:
        beside = "" if shootings is None else f"; of shootings {decimal(shootings, 2)}"
        said.append(
            f"Gini coefficient of contacts over residents: {decimal(contacts, 2)}{beside} (0: every area as its"
            " residents; towards 1: all in one area)."
        )
    without = known.loc[(known["shootings"] > 0) & (known["contacts"] == 0), "title"]
    if len(without):
        said.append(f"Shootings and no contact: {', '.join(without.astype(str))}.")
    if contacts is not None and shootings is not None:
        most = known.sort_values(["shootings", "area"], ascending=[False, True]).iloc[0]
        said.append(
            f"{most['title']} has the most shootings: {share(most['shootings'] / known['shootings'].sum())} of them,"
            f" and {share(most['contacts'] / known['contacts'].sum())} of the contacts."
        )
    return said


def _after(data: ReportData, metrics: pd.DataFrame) -> tuple[list[str], View]:
    """Mediation and community response after shootings, the latest complete year beside the year before."""
    caption = "Mediation and community response after shootings"
    return [], beside_the_year_before(
        data,
        metrics,
        _AFTER,
        title="After shootings",
        caption=caption,
        empty=f"{caption}: {NOT_AVAILABLE}. It needs a shooting log, an outreach log, and a complete year of both.",
        notes=("Counted by partners. In brackets the 95 % interval, where there is one.",),
    )
