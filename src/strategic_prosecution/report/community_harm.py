"""Community harm beside crime reduction: what arrest, detention and sentences take, and from which neighborhoods."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from strategic_prosecution.model import UNKNOWN
from strategic_prosecution.report.commitments import Figure
from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.fairness import Hidden, hidden
from strategic_prosecution.report.gini import gini
from strategic_prosecution.report.hot_spot_sides import NOT_AVAILABLE
from strategic_prosecution.report.last_year import (
    area_titles,
    beside_the_year_before,
    broken_within,
    last_year,
    span,
    summed,
)
from strategic_prosecution.report.tables import Shown, View, view
from strategic_prosecution.report.wording import HIDDEN, NOT_KNOWN, decimal, integer, share, words

BURDENS = (
    "arrests",
    "arrests_per_1000",
    "low_level_arrest_share",
    "custodial_arrest_share",
    "stops",
    "search_share",
    "pretrial_detention_rate",
    "pretrial_detention_days",
    "pretrial_detention_days_per_1000",
    "other_agency_hold_days",
    "court_appearances_per_case",
    "dismissal_rate",
    "cases_disposed_by_dismissal",
    "felony_dismissal_timeliness",
    "detention_days_in_dismissed_cases",
    "incarceration_days_imposed",
    "future_years_of_incarceration",
    "life_sentences",
    "fines_fees_assessed",
    "fines_fees_assessed_per_case",
    "supervised_people",
    "supervision_days",
    "supervision_days_per_1000",
    "sanction_custody_days",
    "future_years_of_supervision",
)
CRIME = (
    "incident_count",
    "violent_incidents",
    "shooting_incidents",
    "homicide_victims",
    "nonfatal_shooting_victims",
)
# What each area's people carry, and what is said of it: metric, column, noun within a sentence.
_CARRIED = {
    "arrests": "arrests",
    "pretrial_detention_days": "days detained before trial",
    "incarceration_days_imposed": "days of incarceration imposed",
    "fines_fees_assessed": "fines and fees, in dollars",
}
# Per resident; dollars are left as they are.
_DIVIDED = ("arrests", "pretrial_detention_days", "incarceration_days_imposed")
# What happened in each area, the office's part first.
_THERE = {
    "arrests": "arrests",
    "pretrial_detention_days": "days detained, cases from there",
    "cases_disposed_by_dismissal": "cases dismissed",
    "detention_days_in_dismissed_cases": "days detained in cases dismissed",
    "incident_count": "incidents",
    "violent_incidents": "violent incidents",
    "shooting_incidents": "shootings",
}
_DAYS, _VIOLENT, _SHOOTINGS = "pretrial_detention_days", "violent_incidents", "shooting_incidents"


@dataclass(frozen=True)
class CommunityHarm:
    """Burdens and crime over all, and by area over the twelve months of ``span`` ('' when no area has figures).

    ``broken``: where counting changed within these months.
    """

    over_all: tuple[View, ...]
    by_area: tuple[View, ...]
    sentences: tuple[str, ...]
    span: str
    broken: tuple[str, ...]
    hidden: Hidden


def community_harm(data: ReportData, metrics: pd.DataFrame, *, layer: str) -> CommunityHarm:
    """What the work of the office takes from people, beside crime, by where they live and by where it happened.

    ``metrics``: as from ``commitments.newest``; ``layer``: the page's layer of areas. Areas are counted over the last
    four complete quarters that all these metrics have; in the public edition over the last complete year, for of four
    quarters of few people one is nearly always hidden. Nothing is netted.
    """
    home = f"{layer} of residence"
    placed = metrics[metrics["breakdown"].isin((layer, home))] if layer else metrics.iloc[:0]
    kind = "quarter" if data.edition == "internal" else "year"
    rows = _whole(last_year(placed, (*_CARRIED, *_THERE), kind=kind))
    titles = area_titles(data, layer)
    carried = _by_area(rows, tuple(_CARRIED), breakdown=home, titles=titles)
    there = _by_area(rows, tuple(_THERE), breakdown=layer, titles=titles)
    residents = _residents(data, layer)
    over_all = _over_all(data, metrics)
    return CommunityHarm(
        over_all=over_all,
        by_area=(_where_people_live(carried, residents, titles), _where_it_happened(there, titles)),
        sentences=_sentences(carried, there, residents, titles),
        span=span(rows) if len(rows) else "",
        broken=broken_within(rows, data.breaks),
        hidden=_hidden(over_all, (carried, there)),
    )


def _hidden(over_all: Sequence[View], by_area: Sequence[pd.DataFrame]) -> Hidden:
    """How much is hidden, a year and the year before over all, and every amount of an area."""
    years = [cell == HIDDEN for table in over_all for row in table.rows for cell in row[2:4]]
    amounts = [bool(cell) for frame in by_area for cell in frame.isna().to_numpy().ravel()]
    return hidden([Figure("", "", suppressed=cell, defined=True) for cell in (*years, *amounts)], kind="year")


def _over_all(data: ReportData, metrics: pd.DataFrame) -> tuple[View, View]:
    needs = f"{NOT_AVAILABLE}. It needs a complete year of"
    harm, crime = "Community harm, over all", "Crime, over all"
    return (
        beside_the_year_before(
            data,
            metrics,
            BURDENS,
            title="Community harm",
            caption=harm,
            empty=f"{harm}: {needs} arrests, custody, cases or sentences.",
        ),
        beside_the_year_before(
            data, metrics, CRIME, title="Crime", caption=crime, empty=f"{crime}: {needs} incidents or shootings."
        ),
    )


def _whole(rows: pd.DataFrame) -> pd.DataFrame:
    """Without the metrics that lack a part of the twelve months: a sum over fewer would look like less."""
    if rows.empty:
        return rows
    expected = 1 if rows["period"].eq("year").all() else 4
    return rows[rows.groupby("metric")["period_start"].transform("nunique") == expected]


def _by_area(rows: pd.DataFrame, names: Sequence[str], *, breakdown: str, titles: dict[str, str]) -> pd.DataFrame:
    """One row per area, then those not on the map, ``unknown`` last; a column per metric held; null where hidden.

    Amounts are in the metric's unit. An area that a metric never speaks of had none of it.
    """
    amounts = {name: summed(rows, name, breakdown, "value") for name in names}
    held = {name: amount for name, amount in amounts.items() if len(amount)}
    others = {str(segment) for amount in held.values() for segment in amount.index} - set(titles)
    order = [*titles, *sorted(others - {UNKNOWN}), *sorted(others & {UNKNOWN})]
    return pd.DataFrame({name: amount.reindex(order, fill_value=0.0) for name, amount in held.items()}, index=order)


def _residents(data: ReportData, layer: str) -> pd.Series:
    people = data.frame("population")
    whole = people[(people["layer"] == layer) & (people["race_ethnicity"] == "all") & (people["age_band"] == "all")]
    return whole.set_index("area_id")["population"].astype(float)


def _where_people_live(carried: pd.DataFrame, residents: pd.Series, titles: dict[str, str]) -> View:
    caption = "By where people live"
    needed = f"{caption}: {NOT_AVAILABLE}. It needs areas, the homes of people arrested, detained or sentenced, and a"
    if carried.empty:
        return View(caption=caption, header=(), rows=(), empty=f"{needed} complete year of them.")
    frame = carried.assign(
        title=[titles.get(area, _elsewhere(area, "Residence")) for area in carried.index],
        residents=[integer(residents.get(area), missing=NOT_KNOWN if area in titles else "") for area in carried.index],
        **{f"{name}_rate": _rates(carried[name], residents, titles) for name in _DIVIDED if name in carried},
    )
    columns = [Shown("title", "Area"), Shown("residents", "Residents", numeric=True)]
    for name, noun in _CARRIED.items():
        if name in carried:
            columns.append(Shown(name, noun.capitalize(), partial(integer, missing=HIDDEN), numeric=True))
        if f"{name}_rate" in frame:
            columns.append(Shown(f"{name}_rate", "per 1,000 residents", numeric=True))
    notes = (
        "A person counts where they live, wherever it happened; only these figures are divided by residents. The last"
        " line has people whose home is not known or lies outside, and no rate.",
        *_without(carried, _CARRIED, "by residence"),
    )
    return view(frame, columns, caption=caption, empty="", notes=notes)


def _where_it_happened(there: pd.DataFrame, titles: dict[str, str]) -> View:
    caption = "By where it happened"
    if there.empty:
        empty = f"{caption}: {NOT_AVAILABLE}. It needs areas, and a complete year of incidents, arrests or cases there."
        return View(caption=caption, header=(), rows=(), empty=empty)
    frame = there.assign(title=[titles.get(area, _elsewhere(area, "Place")) for area in there.index])
    columns = (
        Shown("title", "Area"),
        *(
            Shown(name, noun.capitalize(), partial(integer, missing=HIDDEN), numeric=True)
            for name, noun in _THERE.items()
            if name in there
        ),
    )
    notes = (
        "An arrest where it was made; days detained, and dismissals, of cases from incidents there. Many who are there"
        " live elsewhere: no figure here is divided by residents.",
        *_without(there, _THERE, "by place"),
    )
    return view(frame, columns, caption=caption, empty="", notes=notes)


def _elsewhere(area: str, what: str) -> str:
    return f"{what} unknown or outside" if area == UNKNOWN else words(area)


def _rates(amounts: pd.Series, residents: pd.Series, titles: dict[str, str]) -> list[str]:
    """Amounts per 1,000 residents in words; nothing for who lives in no area of the map."""
    people = residents.reindex(amounts.index)
    rates = 1000 * amounts / people.where(people > 0)
    missing = [
        "" if area not in titles else HIDDEN if pd.isna(amount) else NOT_KNOWN for area, amount in amounts.items()
    ]
    return [decimal(rate, missing=said) for rate, said in zip(rates, missing, strict=True)]


def _without(frame: pd.DataFrame, nouns: dict[str, str], how: str) -> tuple[str, ...]:
    absent = [noun for name, noun in nouns.items() if name not in frame]
    return (f"{words(NOT_AVAILABLE)} {how}, for a whole year: {'; '.join(absent)}.",) if absent else ()


def _sentences(
    carried: pd.DataFrame, there: pd.DataFrame, residents: pd.Series, titles: dict[str, str]
) -> tuple[str, ...]:
    return (
        *_unequal(carried, there, residents),
        *_homes_unknown(carried),
        *_most_days(carried, there, residents, titles),
    )


def _unequal(carried: pd.DataFrame, there: pd.DataFrame, residents: pd.Series) -> list[str]:
    """How unequally burdens, and crime, are spread over residents; no figure where an area is hidden."""
    said = []
    for frame, name, noun in (
        *((carried, name, f"{_CARRIED[name]}, by where people live") for name in _DIVIDED),
        *((there, name, f"{_THERE[name]}, by where they happened") for name in (_VIOLENT, _SHOOTINGS)),
    ):
        if name not in frame:
            continue
        known = frame[name].reindex(residents.index[residents > 0])
        if known.isna().any():
            said.append(f"Gini coefficient of {noun}: not given, an area is hidden to protect people.")
        elif (unequal := gini(known.tolist(), residents[known.index].tolist())) is not None:
            said.append(f"Gini coefficient of {noun}: {decimal(unequal, 2)}.")
    return said


def _homes_unknown(carried: pd.DataFrame) -> list[str]:
    """The share of each burden that is laid on nobody's neighborhood."""
    said = []
    for name in ("arrests", _DAYS):
        if name not in carried or UNKNOWN not in carried.index:
            continue
        unknown, whole = float(carried[name][UNKNOWN]), float(carried[name].sum(skipna=False))
        if whole > 0 and pd.notna(unknown):
            said.append(f"{share(unknown / whole)} of {_CARRIED[name]}")
    return [f"Residence unknown or outside: {', '.join(said)}."] if said else []


def _most_days(carried: pd.DataFrame, there: pd.DataFrame, residents: pd.Series, titles: dict[str, str]) -> list[str]:
    """The area whose people are detained most for its residents, beside the violence there."""
    if _DAYS not in carried or _VIOLENT not in there:
        return []
    people = residents[(residents > 0) & residents.index.isin(titles)]
    days, violent = carried[_DAYS].reindex(people.index), there[_VIOLENT].reindex(list(titles))
    # the highest among those shown need not be the highest
    if days.isna().any() or violent.isna().any() or not (days.sum() > 0 and violent.sum() > 0):
        return []
    most = str((days / people).idxmax())
    return [
        f"{titles[most]} has the most days detained before trial for its residents,"
        f" {decimal(1000 * days[most] / people[most])} per 1,000; {share(violent[most] / violent.sum())} of the violent"
        " incidents were there."
    ]
