"""How well the records of one person are joined, for whom worse, and what a list of people may rest on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.model import UNKNOWN, UNMAPPED
from strategic_prosecution.report.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Tick
from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.tables import Shown, View, view
from strategic_prosecution.report.wording import day, decimal, integer, interval, share, words

_BASES = {
    "identifier": "a number or the source's own key",
    "reviewed": "a reviewer's decision",
    "probabilistic": "likeness of names, dates and addresses",
}
_KINDS = {
    "joined": "joined by likeness: right?",
    "possible": "alike, not joined: one person?",
    "numbers_differ": "alike, with two numbers: one of them wrong?",
    "same_number": "one number, otherwise unlike: a number used twice?",
    "birth_years": "would be one person but for the birth year",
    "decisions_differ": "decisions that contradict each other",
}
_ORIGINS = {
    "shipped": "with the parameters that come with the program: fewer than 500 people with a number are written in "
    "more than one way",
    "estimated": "with parameters estimated on {pairs} pairs of this office that carry one number",
}
# Axes are so long, from the perfect end.
_AXES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_MARKED = (0.5, 0.9, 0.99, 0.999, 0.9999)


@dataclass(frozen=True)
class Linking:
    """How people were linked: the probability from which pairs are joined, and where the model comes from.

    ``origin``: shipped or estimated; ``labelled_pairs``: the pairs with one number that it was estimated on.
    """

    link_probability: float
    origin: str
    labelled_pairs: int


@dataclass(frozen=True)
class Curve:
    """A share over the probabilities as coordinates in the box of a chart; ``in_force`` is where the line stands."""

    title: str
    label: str
    line: str
    band: str
    in_force: float | None
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class People:
    """The part of the page on links: what to take from it in sentences, who is linked worse, the curves, the rest."""

    sentences: tuple[str, ...]
    by_attribute: tuple[View, ...]
    curves: tuple[Curve, ...]
    views: tuple[View, ...]


def people(data: ReportData, linking: Linking | None) -> People:
    """Found and false links in all, by race/ethnicity and sex, and by probability; what links rest on; who reviews.

    Where no pair carries one number these say that quality cannot be measured here, and what would.
    """
    frame = data.frame("linkage_quality")
    frame[["value", "lower", "upper"]] = frame[["value", "lower", "upper"]].astype(float)
    found, false_links, mistyped = (_whole(frame, name) for name in ("found", "false_links", "mistyped_numbers"))
    is_measured = bool(found.get("denominator")) or bool(false_links.get("denominator"))
    compared = {attribute: _by_attribute(frame, attribute) for attribute in ("race_ethnicity", "sex")}
    sentences = [
        *([_whole_sentence(found, false_links)] if is_measured else []),
        *([_mistyped_sentence(mistyped)] if mistyped.get("numerator") else []),
        *([_unmeasured(_whole(frame, "unusable"))] if len(frame) and not is_measured else []),
        *([] if len(frame) else ["People were not linked that night, or there are no records of people."]),
        *(said for rows in compared.values() for said in _worse_sentences(rows)),
        *_comparisons_sentence(sum(_comparisons(rows) for rows in compared.values())),
        *_size_sentences(data, frame, linking),
    ]
    return People(
        sentences=tuple(sentences),
        by_attribute=tuple(_attribute_view(name, rows) for name, rows in compared.items()) if is_measured else (),
        curves=_curves(frame, linking) if is_measured else (),
        views=tuple(
            one
            for one in (
                *([_thresholds(frame, linking)] if is_measured else []),
                _tables(frame),
                _bases(frame),
                _queue(frame),
            )
            if one.rows
        ),
    )


def _whole(frame: pd.DataFrame, measure: str) -> dict[str, Any]:
    """The row of a measure over all; empty where there is none, 0 of 0 where nothing could be counted."""
    rows = frame[(frame["measure"] == measure) & (frame["breakdown"] == "")]
    return {str(name): value for name, value in rows.iloc[0].items()} if len(rows) else {}


def _rate(value: float, lower: float, upper: float, *, missing: str = "no pair") -> str:
    return missing if pd.isna(value) else f"{share(value)} ({interval(lower, upper, 'share')})"


def _per_thousand(value: float, lower: float, upper: float) -> str:
    """False links are few: in percent with one decimal they would all be 0."""
    known = f"{decimal(value * 1000)} ({decimal(lower * 1000)} to {decimal(upper * 1000)})"
    return "no pair" if pd.isna(value) else known


_WRITTEN: dict[str, Callable[..., str]] = {
    "found": _rate,
    "false_links": _per_thousand,
    "unusable": partial(_rate, missing="not told"),
}


def _of(row: dict[str, Any], among: int) -> str:
    """So many of 100 or 1,000; what rounding would make none or all is said in words."""
    counted = round(float(row["value"]) * among)
    if counted == among and row["numerator"] < row["denominator"]:
        return f"more than {integer(among - 1)}"
    if counted == 0 and row["numerator"] > 0:
        return "fewer than 1"
    return integer(counted)


def _whole_sentence(found: dict[str, Any], false_links: dict[str, Any]) -> str:
    said = []
    if found["denominator"]:
        said.append(
            "Of 100 pairs of records known by number to be one person's, and written differently, names, dates and "
            f"addresses alone would have joined {_of(found, 100)} ({integer(found['denominator'])} pairs)."
        )
    if false_links["denominator"]:
        said.append(
            f"Of 1,000 pairs that likeness would join and that both carry a number, {_of(false_links, 1000)} have "
            f"different ones ({integer(false_links['denominator'])} such pairs)."
        )
    return " ".join(said)


def _unmeasured(unusable: dict[str, Any]) -> str:
    if _says_nothing(unusable):
        return "No record has a name and a birth date, so none is joined by likeness, and there is nothing to measure."
    return (
        "No two records that are written differently carry one number, so how well people are linked cannot be "
        "measured here. What would: a state identification number (state_id) in two extracts, such as arrests and "
        "custody."
    )


def _says_nothing(unusable: dict[str, Any]) -> bool:
    return bool(unusable.get("denominator")) and unusable["numerator"] == unusable["denominator"]


def _mistyped_sentence(mistyped: dict[str, Any]) -> str:
    return (
        f"Of {integer(mistyped['denominator'])} joined pairs with two numbers, {integer(mistyped['numerator'])} have "
        "numbers one digit apart: rather mistyped than two people's, so they are not among the false ones."
    )


def _by_attribute(frame: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """One row per segment, found and false links beside each other, and whether each is worse than all others' are."""
    rows = pd.DataFrame({"segment": sorted(frame.loc[frame["breakdown"] == attribute, "segment"].unique())})
    for whose, breakdown in (("", attribute), ("others_", f"not_{attribute}")):
        part = frame[frame["breakdown"] == breakdown]
        for measure in _WRITTEN:
            of = part[part["measure"] == measure].set_index("segment")
            for name in ("denominator", "value", "lower", "upper"):
                rows[f"{whose}{measure}_{name}"] = rows["segment"].map(of[name].astype(float))
    rows["is_missed_more"] = rows["found_upper"] < rows["others_found_lower"]
    rows["is_false_more"] = rows["false_links_lower"] > rows["others_false_links_upper"]
    return rows


def _comparisons(rows: pd.DataFrame) -> int:
    """How many segments could be compared with all others together, in found and in false links."""
    return sum(
        int(rows[[f"{measure}_value", f"others_{measure}_value"]].notna().all(axis=1).sum())
        for measure in ("found", "false_links")
    )


def _worse_sentences(rows: pd.DataFrame) -> list[str]:
    """In words, each known segment that is linked worse than all others together, beyond the intervals."""
    said = []
    for row in rows[~rows["segment"].isin([UNKNOWN, UNMAPPED])].to_dict("records"):
        if row["is_missed_more"]:
            said.append(
                f"The linker misses records more often where people are recorded as {words(row['segment'])}: it finds "
                f"{share(row['found_value'])} of their pairs, {share(row['others_found_value'])} of all others'. One "
                "person then counts as several: too many people, and too few repeated arrests or cases for each."
            )
        if row["is_false_more"]:
            said.append(
                f"The linker takes two people for one more often where they are recorded as {words(row['segment'])}: "
                f"{decimal(row['false_links_value'] * 1000)} of 1,000 joined pairs, "
                f"{decimal(row['others_false_links_value'] * 1000)} of all others'. Records of one then count as "
                "another's."
            )
    return said


def _comparisons_sentence(comparisons: int) -> list[str]:
    if not comparisons:
        return []
    return [
        "Every race/ethnicity and sex is compared with all others together, in what is found and in what is false: "
        f"{integer(comparisons)} comparisons. Where nothing differs, chance alone marks about 1 in 40 of them or fewer."
    ]


def _size_sentences(data: ReportData, frame: pd.DataFrame, linking: Linking | None) -> list[str]:
    said = []
    if linking is not None:
        origin = _ORIGINS[linking.origin].format(pairs=integer(linking.labelled_pairs))
        said.append(f"Linked as of {day(data.as_of)} {origin}; pairs are joined from {linking.link_probability} up.")
    linked, people_row, largest, review = (
        _whole(frame, measure) for measure in ("linked_records", "people", "largest_person", "to_review")
    )
    if people_row and linked and not linked["numerator"] and _says_nothing(_whole(frame, "unusable")):
        said.append(
            f"Nothing tells whether two of the {integer(linked['denominator'])} records are of one person: each counts "
            "as a person of its own, so counts of people are too high."
        )
    elif people_row and linked:
        said.append(
            f"{integer(linked['denominator'])} records are of {integer(people_row['numerator'])} people; the person "
            f"written in the most ways, by name and birth date, is written in {integer(largest['numerator'])}; "
            f"{integer(review['numerator'])} pairs wait for a reviewer."
        )
    return said


def _attribute_view(attribute: str, rows: pd.DataFrame) -> View:
    shown = rows.copy()
    for measure, write in _WRITTEN.items():
        limits = (shown[f"{measure}_{name}"] for name in ("value", "lower", "upper"))
        shown[measure] = pd.Series([write(*row) for row in zip(*limits, strict=True)], dtype=object)
    marks = zip(rows["is_missed_more"], rows["is_false_more"], strict=True)
    shown["mark"] = pd.Series([_mark(*row) for row in marks], dtype=object)
    columns = (
        Shown("segment", words(attribute), words),
        Shown("found_denominator", "Pairs with the same number", partial(integer, missing="0"), numeric=True),
        Shown("found", "of these found", numeric=True),
        Shown(
            "false_links_denominator",
            "Pairs likeness would join, both numbered",
            partial(integer, missing="0"),
            numeric=True,
        ),
        Shown("false_links", "false, of 1,000 of these", numeric=True),
        Shown("unusable", "Records that say too little", numeric=True),
        Shown("mark", "Beyond the intervals"),
    )
    return view(
        shown,
        columns,
        caption=f"Links by {words(attribute).lower()}",
        empty="",
        notes=(
            "Pairs of different ways of writing a person; what is written exactly alike is joined anyway and stands in "
            "none of this. Found: joined directly; through a third way of writing more come together. In brackets the "
            "95 % interval (Wilson 1927). Pairs of one person stand and fall together, so it goes by as many "
            "independent pairs as these are worth (Kish 1965; Rao and Scott 1992).",
            "Marked: the interval lies wholly on the worse side of that of all others together. Race/ethnicity is "
            "never an input of the linker.",
        )
        if attribute == "race_ethnicity"
        else (),
    )


def _mark(is_missed_more: bool, is_false_more: bool) -> str:
    said = ["MISSED MORE OFTEN than all others"] if is_missed_more else []
    said += ["FALSE MORE OFTEN than all others"] if is_false_more else []
    return "; ".join(said)


def _along(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    part = frame[(frame["measure"] == measure) & (frame["breakdown"] == "probability")].copy()
    part["at"] = part["segment"].astype(float)
    return part.sort_values("at", ignore_index=True)


def _thresholds(frame: pd.DataFrame, linking: Linking | None) -> View:
    found, false_links = (_along(frame, measure) for measure in ("found", "false_links"))
    rows = pd.DataFrame({"at": found["at"]})
    for name, part in (("found", found), ("false_links", false_links)):
        limits = zip(part["value"], part["lower"], part["upper"], strict=True)
        rows[name] = pd.Series([_WRITTEN[name](*row) for row in limits], dtype=object)
    in_force = rows["at"] == (linking.link_probability if linking else None)
    rows["in_force"] = in_force.map({True: "in force", False: ""})
    columns = (
        Shown("at", "Joined from", "{:g}".format, numeric=True),
        Shown("found", "Found, of pairs with one number", numeric=True),
        Shown("false_links", "False, of 1,000 joined pairs with two numbers", numeric=True),
        Shown("in_force", ""),
    )
    return view(rows, columns, caption="Found and false links by the probability from which pairs are joined", empty="")


def _tables(frame: pd.DataFrame) -> View:
    part = frame[frame["breakdown"].isin(["", "record_table"])].copy()
    part = part[part["measure"].isin(["linked_records", "alone", "confirmed", "unusable"])]
    pairs = zip(part["numerator"], part["value"], strict=True)
    part["cell"] = pd.Series([f"{integer(count)} ({share(of)})" for count, of in pairs], index=part.index, dtype=object)
    wide = part.pivot(index="segment", columns="measure", values="cell").reset_index()
    records = part.drop_duplicates("segment").set_index("segment")["denominator"]
    wide["records"] = wide["segment"].map(records)
    wide["title"] = wide["segment"].map(lambda name: words(name) if name else "All")
    columns = (
        Shown("title", "Table"),
        Shown("records", "Records", integer, numeric=True),
        *(
            Shown(name, title, numeric=True)
            for name, title in (
                ("linked_records", "Joined with another"),
                ("confirmed", "By number or reviewer"),
                ("alone", "Alone"),
                ("unusable", "Say too little"),
            )
            if name in wide
        ),
    )
    return view(
        wide,
        columns,
        caption="Records of people by table, and which of them are joined so that a list of people may use it",
        empty="",
        notes=(
            "A list names people through links made by a number or confirmed by a reviewer only. Links by likeness "
            "inform counts, never a name.",
        ),
    )


def _bases(frame: pd.DataFrame) -> View:
    rows = frame[(frame["measure"] == "linked_records") & (frame["breakdown"] == "basis")].copy()
    rows = rows.sort_values("numerator", ascending=False, ignore_index=True)
    columns = (
        Shown("segment", "Joined by", lambda basis: _BASES.get(basis, words(basis))),
        Shown("numerator", "Records", integer, numeric=True),
        Shown("value", "of all", share, numeric=True),
    )
    return view(rows, columns, caption="What the links rest on", empty="")


def _queue(frame: pd.DataFrame) -> View:
    rows = frame[(frame["measure"] == "to_review") & (frame["breakdown"] == "kind")].copy()
    rows = rows.sort_values(["numerator", "segment"], ascending=[False, True], ignore_index=True)
    columns = (
        Shown("segment", "Waiting for a reviewer", lambda kind: _KINDS.get(kind, words(kind))),
        Shown("numerator", "Pairs", integer, numeric=True),
    )
    return view(
        rows,
        columns,
        caption="Pairs that a person should look at: stratpro people review",
        empty="",
    )


def _curves(frame: pd.DataFrame, linking: Linking | None) -> tuple[Curve, ...]:
    at = linking.link_probability if linking else None
    drawn = (
        _curve(_along(frame, "found"), title="Found, of pairs with one number", best=1.0, in_force=at),
        _curve(_along(frame, "false_links"), title="False, of joined pairs with two numbers", best=0.0, in_force=at),
    )
    return tuple(curve for curve in drawn if curve is not None)


def _curve(points: pd.DataFrame, *, title: str, best: float, in_force: float | None) -> Curve | None:
    """The share over the probabilities, these by their number of nines; the axis begins at the best share."""
    points = points.dropna(subset=["value"])
    if points.empty:
        return None
    value, lower, upper = (points[name].to_numpy(dtype=float) for name in ("value", "lower", "upper"))
    far = np.maximum(np.abs(lower - best), np.abs(upper - best)).max()
    length = next((axis for axis in _AXES if axis >= far), 1.0)
    bottom = 0.0 if best == 0 else 1.0 - length

    def up(shares: np.ndarray) -> np.ndarray:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (shares - bottom) / length

    x = _across(points["at"].to_numpy(dtype=float))
    ticks = np.array([bottom, bottom + length / 2, bottom + length])
    first, last = points.iloc[0], points.iloc[-1]
    return Curve(
        title=title,
        label=f"{share(first['value'])} at {first['at']:g}, {share(last['value'])} at {last['at']:g}",
        line=_path(x, up(value)),
        band=_path(np.r_[x, x[::-1]], np.r_[up(upper), up(lower)[::-1]]),
        in_force=None if in_force is None else round(float(_across(np.array([in_force]))[0]), 1),
        x_ticks=tuple(
            Tick(round(float(place), 1), f"{at:g}")
            for place, at in zip(_across(np.array(_MARKED)), _MARKED, strict=True)
        ),
        y_ticks=tuple(
            Tick(round(float(place), 1), f"{round(at * 100, 6):g}\N{NO-BREAK SPACE}%")
            for place, at in zip(up(ticks), ticks, strict=True)
        ),
    )


def _across(probabilities: np.ndarray) -> np.ndarray:
    nines = -np.log10(1 - probabilities)
    first, last = -np.log10(1 - np.array([_MARKED[0], _MARKED[-1]]))
    along: np.ndarray = np.clip((nines - first) / (last - first), 0, 1)
    return LEFT + (WIDTH - LEFT - RIGHT) * along


def _path(x: np.ndarray, y: np.ndarray) -> str:
    """The points of an SVG line."""
    return " ".join(f"{across:.1f},{up:.1f}" for across, up in zip(x.tolist(), y.tolist(), strict=True))
