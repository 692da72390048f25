"""Fairness by stage: relative rate indexes per resident and given the stage before, and where the gap arises."""

from dataclasses import dataclass
from functools import partial
from math import ceil, floor, log2
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.model import UNKNOWN, UNMAPPED
from strategic_prosecution.report.charts import Tick
from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.tables import Shown, View, view
from strategic_prosecution.report.wording import decimal, integer, share, words

STAGES = ("arrested", "referred", "approved", "filed", "detained", "diverted", "dismissed", "convicted", "incarcerated")
DASH = "\N{EN DASH}"
_ALIKE = ", charged alike"
_RESIDENTS = "1,000 residents"
# How the notes of mart.relative_rates begin that name a break.
_BROKEN = "counting changed on "
# The dot plot: names to the left, one line of text per ratio.
_WIDTH, _NAMES, _RIGHT, _TOP, _BOTTOM, _LINE = 520, 190, 12, 8, 22, 16
# The axis runs in steps of two and ends at a 32nd and at 32.
_FURTHEST = 5


@dataclass(frozen=True)
class Dot:
    """One ratio in the plot: its name, its place and that of its limits."""

    name: str
    y: float
    x: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Plot:
    """Ratios with limits on a logarithmic axis, in a box of width x height; ``one`` is where 1 stands.

    Names end at ``names_end``; lines of the grid run from ``top`` to ``foot``.
    """

    label: str
    width: int
    height: int
    names_end: int
    top: int
    foot: int
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    one: float


@dataclass(frozen=True)
class Compared:
    """One attribute: what to take from it, both views side by side, the ratios drawn, those charged alike."""

    title: str
    sentences: tuple[str, ...]
    views: View
    alike: View
    plot: Plot | None


@dataclass(frozen=True)
class RelativeRates:
    """The part of the page on fairness by stage."""

    sentences: tuple[str, ...]
    compared: tuple[Compared, ...]
    quality: View


def relative_rates(data: ReportData) -> RelativeRates:
    """The newest year of mart.relative_rates, the year before beside it, and how race/ethnicity is recorded."""
    frame = data.frame("relative_rates")
    frame = frame[frame["period"] == "year"].copy()
    years = sorted(frame["period_start"].unique())
    newest = frame[frame["period_start"] == years[-1]] if years else frame
    before = frame[frame["period_start"] == years[-2]] if len(years) > 1 else frame.iloc[:0]
    compared = tuple(
        _compared(newest[newest["attribute"] == attribute], before, attribute=attribute)
        for attribute in ("race_ethnicity", "sex")
        if (newest["attribute"] == attribute).any()
    )
    return RelativeRates(
        sentences=(*_sentences(newest), *_broken(newest)),
        compared=compared,
        quality=_quality(data.frame("race_quality")),
    )


def _sentences(newest: pd.DataFrame) -> tuple[str, ...]:
    if newest.empty:
        return (
            "No year of arrests, referrals or cases is over for long enough to know what became of it, or no extract "
            "holds them: nothing is compared.",
        )
    year = newest["period_start"].iloc[0].year
    absent = [words(stage).lower() for stage in STAGES if stage not in set(newest["stage"])]
    missing = [f"Not available here for {year}: {', '.join(absent)}. No extract fills what they need for all of it."]
    steps = newest[(newest["view"] == "conditional") & newest["stage"].isin(STAGES)]
    drawn = steps[steps["ratio_lower"].notna()]
    apart = int(((drawn["ratio_lower"] > 1) | (drawn["ratio_upper"] < 1)).sum())
    return (
        f"The year {year}: its arrests and referrals, the cases filed in it, and what became of each case within a "
        "year of its filing.",
        *(missing if absent else []),
        f"Conditional indexes with limits: {integer(len(drawn))}. The limits of {integer(apart)} do not hold 1; where "
        "nothing differs, chance alone does that to about 1 in 20.",
    )


def _broken(newest: pd.DataFrame) -> list[str]:
    """Where counting changed within the window of a stage, as the notes of its rows say."""
    rows = newest[newest["stage"].isin(STAGES) & newest["note"].notna()]
    parts = rows.assign(part=rows["note"].astype(str).str.split(f"; (?={_BROKEN})", regex=True)).explode("part")
    parts = parts[parts["part"].str.startswith(_BROKEN)]
    return [
        f"C{str(part)[1:]}, in the window of: {', '.join(of['stage'].unique())}. An index there, and the one of the"
        " year before beside it, may differ for that alone."
        for part, of in parts.groupby("part", sort=True)
    ]


def _compared(rows: pd.DataFrame, before: pd.DataFrame, *, attribute: str) -> Compared:
    reference = words(rows["reference"].iloc[0])
    keys = ["stage", "view", "attribute", "segment"]
    rows = rows.merge(before[[*keys, "ratio"]], how="left", on=keys, suffixes=("", "_before"))
    rows["place"] = rows["stage"].map({stage: place for place, stage in enumerate(STAGES)})
    rows["is_other"] = rows["segment"] != rows["reference"]
    # Codes that no record has are no row.
    rows = rows[~(rows["segment"].isin([UNKNOWN, UNMAPPED]) & rows["numerator"].eq(0))]
    rows = rows.sort_values(["place", "is_other", "segment"], ignore_index=True)
    plain = rows[rows["place"].notna()]
    of = {name: plain[plain["view"] == name] for name in ("cumulative", "conditional")}
    alike = rows[rows["stage"].str.endswith(_ALIKE)].sort_values(["stage", "segment"])
    title = words(attribute)
    return Compared(
        title=title,
        sentences=tuple(_gap_sentences(of["conditional"], reference)),
        views=_both_views(of["conditional"], of["cumulative"], title, reference),
        alike=_alike(alike, of["conditional"], title, reference),
        plot=_plot(of["conditional"], reference),
    )


def _gap_sentences(conditional: pd.DataFrame, reference: str) -> list[str]:
    """Per group the steps at which its index is beyond 1 with its limits: where along the process a gap arises."""
    said = []
    for group, steps in conditional[conditional["is_other"] & conditional["ratio_lower"].notna()].groupby("segment"):
        told = {
            direction: [f"{row['stage']} {_ratio(row)}" for row in _records(steps[beyond])]
            for direction, beyond in (
                ("more often at", steps["ratio_lower"] > 1),
                ("less often at", steps["ratio_upper"] < 1),
            )
        }
        parts = [f"{direction} {', '.join(steps)}" for direction, steps in told.items() if steps]
        if parts:
            said.append(
                f"{words(group)} beside {reference}, given the stage before: {'; '.join(parts)}. "
                "At the other steps the index cannot be told from 1."
            )
    if not said and len(conditional):
        said.append("At no step can a group's index be told from 1: where a gap arises is not said.")
    return said


def _ratio(row: dict[str, Any]) -> str:
    if row["segment"] == row["reference"]:
        return "1 (compared with)"
    if pd.isna(row["ratio"]):
        return DASH
    limits = f" ({decimal(row['ratio_lower'], 2)} to {decimal(row['ratio_upper'], 2)})"
    return decimal(row["ratio"], 2) + ("" if pd.isna(row["ratio_lower"]) else limits)


def _rate(row: dict[str, Any]) -> str:
    if row["benchmark"] == _RESIDENTS:
        return decimal(row["value"], missing=DASH) + ("" if pd.isna(row["value"]) else " per 1,000")
    return share(row["value"], missing=DASH)


def _difference(row: dict[str, Any]) -> str:
    """Points of a share, or per 1,000 residents."""
    if pd.isna(row["difference"]) or row["segment"] == row["reference"]:
        return DASH
    times = 1 if row["benchmark"] == _RESIDENTS else 100
    value, lower, upper = (float(row[name]) * times for name in ("difference", "difference_lower", "difference_upper"))
    return f"{value:+,.1f} ({lower:+,.1f} to {upper:+,.1f})"


def _both_views(conditional: pd.DataFrame, cumulative: pd.DataFrame, title: str, reference: str) -> View:
    """One row per stage and group, both views side by side; the left half is left out where nobody counts residents."""
    whole = _written(cumulative).set_index(["stage", "segment"])[["value", "index", "points", "ratio_before"]]
    rows = _written(conditional).join(whole.add_suffix("_whole"), on=["stage", "segment"])
    # The first stage is per resident in both: its difference stands on the left alone, for it is in no points.
    rows["points"] = rows["points"].mask(rows["benchmark"] == _RESIDENTS, DASH)
    benchmarks = conditional.drop_duplicates("stage")
    columns = (
        Shown("who", f"Stage: {title.lower()}"),
        Shown("numerator", "Number", integer, numeric=True),
        Shown("value_whole", "Per 1,000 residents", partial(decimal, missing=DASH), numeric=True, optional=True),
        Shown("index_whole", "Relative rate index, cumulative", numeric=True, optional=True),
        Shown("points_whole", "Difference per 1,000", numeric=True, optional=True),
        Shown("ratio_before_whole", "Index the year before", _two, numeric=True, optional=True),
        Shown("denominator", "Of the stage before", partial(integer, missing=DASH), numeric=True),
        Shown("rate", "Rate", numeric=True),
        Shown("index", "Relative rate index, conditional", numeric=True),
        Shown("points", "Difference in points", numeric=True),
        Shown("ratio_before", "Index the year before", _two, numeric=True, optional=True),
    )
    of = "; ".join(f"{row['stage']}, {row['benchmark']}" for row in benchmarks.to_dict("records"))
    return view(
        rows,
        columns,
        caption=f"Per resident, and given the stage before, beside {reference}",
        empty="",
        notes=(
            f"Benchmarks. Cumulative: residents of the group, who may count more than once, and beside whom people who "
            f"do not live here count too. Conditional, the stage before: {of}. Referred of arrested, and filed of "
            "referred, are counts of one year, not the same people. Unadjusted.",
            "In brackets 95 % limits. Shares of the stage before: index Katz et al. 1978, difference Newcombe 1998 "
            "(method 10). Per resident, and for counts of one year: both counts as Poisson, difference by their exact "
            "limits (Garwood 1936; Zou and Donner 2008).",
            f"{DASH}: undefined, a group under 1 % of residents, or a value that is no group. Cases still open a year "
            "after their filing count as neither dismissed nor convicted. Dismissed, declined and diverted are "
            "different things: a case that was diverted is not counted as dismissed.",
        ),
    )


def _two(value: Any) -> str:
    return decimal(value, 2, missing=DASH)


def _written(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with what their cells say."""
    records = _records(rows)
    return rows.assign(
        who=[f"{words(row['stage'].removesuffix(_ALIKE))}: {words(row['segment'])}" for row in records],
        index=[_ratio(row) for row in records],
        rate=[_rate(row) for row in records],
        points=[_difference(row) for row in records],
    )


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _alike(rows: pd.DataFrame, plain: pd.DataFrame, title: str, reference: str) -> View:
    unadjusted = {(row["stage"], row["segment"]): _ratio(row) for row in _records(plain)}
    keys = zip(rows["stage"].str.removesuffix(_ALIKE), rows["segment"], strict=True)
    columns = (
        Shown("who", f"Stage: {title.lower()}"),
        Shown("numerator", "Number", integer, numeric=True),
        Shown("denominator", "Of", integer, numeric=True),
        Shown("unadjusted", "Index, unadjusted", numeric=True),
        Shown("index", "Index, charged alike", numeric=True),
        Shown("note", "Rests on"),
    )
    written = _written(rows)
    written["unadjusted"] = pd.Series([unadjusted.get(key, DASH) for key in keys], index=written.index, dtype=object)
    return view(
        written,
        columns,
        caption=f"Among those already charged alike, beside {reference}",
        empty="",
        notes=(
            "Adjusted: cases with the same offense category and severity at filing are compared with each other "
            "(Mantel and Haenszel; limits by Greenland and Robins 1985). Who is charged with what is a decision too: "
            "this says nothing of differences that stand in the charge.",
        ),
    )


def _quality(frame: pd.DataFrame) -> View:
    frame = frame.sort_values("table_name", ignore_index=True)
    counts = frame[["records", "unknown", "unmapped", "people_elsewhere", "people_disagreeing"]].astype(float)
    frame["not_known"] = _parts(counts["unknown"], counts["records"])
    frame["not_mapped"] = _parts(counts["unmapped"], counts["records"])
    frame["disagreeing"] = _parts(counts["people_disagreeing"], counts["people_elsewhere"])
    columns = (
        Shown("table_name", "Table", words),
        Shown("records", "Records", integer, numeric=True),
        Shown("not_known", "Not known", numeric=True),
        Shown("not_mapped", "Code not mapped yet", numeric=True),
        Shown("people_elsewhere", "People known in another table too", integer, numeric=True),
        Shown("disagreeing", "of whom the tables disagree", numeric=True),
    )
    return view(
        frame,
        columns,
        caption="How race and ethnicity are recorded",
        empty="No table holds race or ethnicity.",
        notes=(
            "The rule: every stage counts by what its own record says: the arrest, the referral, the booking, the "
            "case's defendants. A case whose defendants differ counts as not known. The value kept for a person (the "
            "most frequent on the person's records, ties to the earliest) is used nowhere here. People are joined by "
            "all links, so a wrong link can look like a disagreement.",
        ),
    )


def _parts(counts: pd.Series, of: pd.Series) -> pd.Series:
    pairs = zip(counts, of, strict=True)
    written = [f"{integer(count)} ({share(count / whole)})" if whole else DASH for count, whole in pairs]
    return pd.Series(written, index=counts.index, dtype=object)


def _plot(rows: pd.DataFrame, reference: str) -> Plot | None:
    """Every index with limits, one line each; limits past the axis are cut off there."""
    drawn = rows[rows["ratio_lower"].notna() & (rows["segment"] != rows["reference"])]
    if drawn.empty:
        return None
    ratios = drawn[["ratio", "ratio_lower", "ratio_upper"]].to_numpy(dtype=float)
    first = max(floor(log2(ratios.min())), -_FURTHEST)
    last = min(max(ceil(log2(ratios.max())), first + 1), _FURTHEST)
    first, last = min(first, -1), max(last, 1)
    span = _WIDTH - _NAMES - _RIGHT

    def across(values: Any) -> np.ndarray:
        along: np.ndarray = np.clip((np.log2(values) - first) / (last - first), 0, 1)
        return _NAMES + span * along

    x = across(ratios).round(1).tolist()
    powers = range(first, last + 1)
    return Plot(
        label=(
            f"{len(drawn)} indexes from {decimal(ratios[:, 0].min(), 2)} to {decimal(ratios[:, 0].max(), 2)}, beside "
            f"{reference}"
        ),
        width=_WIDTH,
        height=_TOP + _LINE * len(drawn) + _BOTTOM,
        names_end=_NAMES - 8,
        top=_TOP,
        foot=_TOP + _LINE * len(drawn),
        dots=tuple(
            Dot(f"{words(row['stage'])}: {words(row['segment'])}", _TOP + _LINE * (number + 0.5), *places)
            for number, (row, places) in enumerate(zip(drawn.to_dict("records"), x, strict=True))
        ),
        ticks=tuple(
            Tick(round(float(across(2.0**power)), 1), f"{2**power:g}" if power >= 0 else f"1/{2**-power}")
            for power in powers
        ),
        one=round(float(across(1.0)), 1),
    )
