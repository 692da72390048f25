"""Which groups to talk to first: two ranks with checkable reasons, and who they fall on."""

import numpy as np
import pandas as pd
from scipy.stats import chi2

from strategic_prosecution.groups.inputs import require_columns

CONFIDENCE = 0.95
ATTRIBUTES = ("race_ethnicity", "sex")
# In the order they are read: closest to the violence first.
BENCHMARKS = ("reviewed_shooting_victims", "known_suspects", "arrests", "residents")
UNKNOWN = "unknown"
_SCORECARD_COLUMNS = (
    "group_id",
    "window_days",
    "shootings_suspect",
    "shootings_suspect_confirmed",
    "shootings_victim",
    "shootings_victim_confirmed",
    "last_suspect_date",
    "last_victim_date",
    "last_event_date",
    "members",
    "supervised_members",
)


def group_priorities(scorecard: pd.DataFrame, *, violent_window_days: int = 365) -> pd.DataFrame:
    """Two ranks per group, never one: by violence of the group and by violence against it.

    `scorecard`: as from `group_scorecard`, with a window of `violent_window_days`. Returns one row per group, by
    rank_violence_by (nulls last) then group_id:
    rank_violence_by: competition rank by distinct shootings as suspect, confirmed or suspected (equal counts share a
    rank, the next is skipped); the only input to a promise of enforcement.
    rank_violence_against: the same by shootings as victim; it raises outreach and protection, nothing else.
    A rank is null without such a shooting, and for a group without an active membership: nobody may be invited.
    rank_by_low, rank_by_high, rank_against_low, rank_against_high: the ranks the counts allow. Each count has its exact
    95 % Poisson interval (Garwood 1936), two-sided, no correction for the number of groups. Two groups whose intervals
    overlap cannot be told apart, so a group's rank runs from one below the groups surely above it to just above those
    surely below; groups without a shooting count among them. Overlap is the cautious rule: intervals that touch can
    still differ at 5 %.
    in_a_feud: both ranks are held. members, supervised_members, shootings_suspect, shootings_victim, last_event_date:
    from the scorecard. reasons: list of sentences that can be checked against the incidents. confirmed_member_share:
    share of the shootings as suspect whose group involvement is confirmed; null without one.

    Counts of incidents only: no race, ethnicity, sex, or fact about one person enters. Raises ValueError for a missing
    column or window.
    """
    require_columns(scorecard, name="scorecard", columns=_SCORECARD_COLUMNS)
    card = scorecard[scorecard["window_days"] == violent_window_days].set_index("group_id")
    if card.empty and len(scorecard):
        held = ", ".join(str(days) for days in sorted(scorecard["window_days"].unique()))
        raise ValueError(f"scorecard: no window of [{violent_window_days}] days, only [{held}]; compute that window")
    if card.index.has_duplicates:
        raise ValueError(
            f"scorecard: several rows for a group in the window of [{violent_window_days}] days; pass one as_of"
        )
    invitable = card["members"] > 0
    by = _ranks(card["shootings_suspect"], invitable=invitable, name="by")
    against = _ranks(card["shootings_victim"], invitable=invitable, name="against")
    kept = ["members", "supervised_members", "shootings_suspect", "shootings_victim", "last_event_date"]
    table = pd.concat([by, against, card[kept]], axis=1)
    table["in_a_feud"] = table["rank_violence_by"].notna() & table["rank_violence_against"].notna()
    table["confirmed_member_share"] = card["shootings_suspect_confirmed"] / card["shootings_suspect"].where(
        card["shootings_suspect"] > 0
    )
    table["reasons"] = _reasons(table, card, days=violent_window_days)
    return table.reset_index().sort_values(["rank_violence_by", "group_id"], na_position="last", ignore_index=True)


def _ranks(count: pd.Series, *, invitable: pd.Series, name: str) -> pd.DataFrame:
    # A group without a shooting has no rank, and may yet be as violent as one with a few.
    counted = count[invitable].astype("int64")
    number = counted.to_numpy()
    tail = (1 - CONFIDENCE) / 2
    lowest = np.where(number > 0, chi2.ppf(tail, 2 * np.maximum(number, 1)) / 2, 0.0)
    highest = np.asarray(chi2.ppf(1 - tail, 2 * number + 2) / 2)
    ranked, lower, upper = counted[number > 0], lowest[number > 0], highest[number > 0]
    surely_above = len(counted) - np.searchsorted(np.sort(lowest), upper, side="right")
    surely_below = np.searchsorted(np.sort(highest), lower, side="left")
    ranks = pd.DataFrame(
        {
            f"rank_violence_{name}": ranked.rank(method="min", ascending=False).astype("int64"),
            f"rank_{name}_low": surely_above + 1,
            f"rank_{name}_high": len(counted) - surely_below,
        },
        index=ranked.index,
    )
    return ranks.reindex(count.index).astype("Int64")


def _reasons(table: pd.DataFrame, card: pd.DataFrame, *, days: int) -> pd.Series:
    sentences = pd.DataFrame(index=card.index, dtype=object)
    for side, name in (("suspect", "by"), ("victim", "against")):
        sentences[side] = _shooting_sentence(card, side=side, days=days)
        sentences[f"{side}_range"] = _range_sentence(table, name=name)
    sentences["feud"] = np.where(table["in_a_feud"], "in a feud: violence by and against the group in the window", "")
    sentences["members"] = np.where(card["members"] > 0, "", "no active membership: not ranked")
    # Lists are what the column holds; the sentences above are made column by column.
    lists = [[sentence for sentence in row if sentence] for row in sentences.to_numpy().tolist()]
    return pd.Series(lists, index=card.index, dtype=object)


def _shooting_sentence(card: pd.DataFrame, *, side: str, days: int) -> pd.Series:
    count = card[f"shootings_{side}"]
    noun = count.eq(1).map({True: "shooting", False: "shootings"})
    confirmed = card[f"shootings_{side}_confirmed"].astype(str)
    last = pd.to_datetime(card[f"last_{side}_date"]).dt.strftime("%Y-%m-%d").fillna("unknown")
    text = count.astype(str) + " " + noun + f" as {side} (" + confirmed + f" confirmed) in {days} days, last " + last
    return text.astype(object).where(count > 0, "")


def _range_sentence(table: pd.DataFrame, *, name: str) -> pd.Series:
    low, high = table[f"rank_{name}_low"], table[f"rank_{name}_high"]
    text = f"rank by violence {name} the group: from ".replace("by violence by", "by violence of")
    said = text + low.astype(str) + " to " + high.astype(str) + " within the 95 % intervals of the counts"
    return said.astype(object).where(low.ne(high).fillna(False).astype(bool), "")


def priority_composition(priority_people: pd.DataFrame, benchmarks: pd.DataFrame) -> pd.DataFrame:
    """Race, ethnicity and sex of the people the first-ranked groups hold, beside four benchmarks.

    These attributes never enter a priority; this table always stands beside one. `priority_people`: person_id,
    race_ethnicity, sex of the active members of the groups looked at; a person in several groups counts once.
    `benchmarks`: benchmark ('reviewed_shooting_victims' | 'known_suspects' | 'arrests' | 'residents'), attribute
    ('race_ethnicity' | 'sex'), value, count. A null value is 'unknown' and stays in the denominator.

    Returns one row per attribute and value, in that order: priority_count, priority_share, then <benchmark>_count and
    _share in the order above. A share is of all people of that column and attribute, unknown included. A benchmark
    that does not cover an attribute is null, never zero. Exact counts of people: for the internal edition only.

    Raises ValueError for a missing column, an unknown benchmark or attribute, or one person with two values.
    """
    require_columns(priority_people, name="priority_people", columns=("person_id", *ATTRIBUTES))
    require_columns(benchmarks, name="benchmarks", columns=("benchmark", "attribute", "value", "count"))
    for column, allowed in (("benchmark", BENCHMARKS), ("attribute", ATTRIBUTES)):
        other = sorted(set(benchmarks[column].astype(str)) - set(allowed))
        if other:
            raise ValueError(f"benchmarks.{column}: [{', '.join(other)}] is none of {', '.join(allowed)}")
    people = priority_people[["person_id", *ATTRIBUTES]].fillna(dict.fromkeys(ATTRIBUTES, UNKNOWN)).drop_duplicates()
    doubled = int(people["person_id"].duplicated().sum())
    if doubled:
        raise ValueError(f"priority_people: [{doubled}] people have two values; apply the office's rule first")
    long = people.melt(id_vars="person_id", value_vars=list(ATTRIBUTES), var_name="attribute")
    priority = long.groupby(["attribute", "value"], as_index=False).agg(count=("person_id", "size"))
    rows = pd.concat(
        [priority.assign(benchmark="priority"), benchmarks.assign(value=benchmarks["value"].fillna(UNKNOWN))]
    )
    counts = rows.pivot_table(index=["attribute", "value"], columns="benchmark", values="count", aggfunc="sum")
    counts = counts.reindex(columns=["priority", *BENCHMARKS]).astype("Int64")
    totals = counts.groupby(level="attribute").transform("sum", min_count=1)
    # Where a column covers the attribute, a value it does not hold is a true zero.
    counts = counts.fillna(0).where(totals.notna())
    shares = counts.astype("Float64") / totals.where(totals > 0)
    table = pd.concat([counts.add_suffix("_count"), shares.astype("float64").add_suffix("_share")], axis=1)
    ordered = [f"{name}_{kind}" for name in ("priority", *BENCHMARKS) for kind in ("count", "share")]
    return table[ordered].rename_axis(columns=None).reset_index()
