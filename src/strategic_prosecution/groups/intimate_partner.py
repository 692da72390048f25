"""Tiers of the intimate-partner strategy: whom a notice may speak to, and how firmly. A rule, never a forecast."""

import datetime as dt

import numpy as np
import pandas as pd

from strategic_prosecution.groups.inputs import day, local_dates, not_adult, require_columns

TIERS = ("A", "B", "C", "D")
KINDS = ("charge", "complaint", "felony_conviction")
# Why nobody can say the tier, in order of precedence.
UNDECIDED = ("dual_arrest", "incident_unknown", "age_unknown", "date_unknown")
MOST_CHARGES = 3
_COLUMNS = (
    "person",
    "kind",
    "event_id",
    "event_date",
    "birth_date",
    "is_weapon_used",
    "is_dual",
    "primary_aggressor",
)
_RESULT = ("person", "tier", "reason", "charges", "complaints", "weapon_charges", "felony_convictions", "reasons")


def intimate_partner_tiers(
    events: pd.DataFrame, *, as_of: dt.date, look_back_days: int, convictions_known: bool = True
) -> pd.DataFrame:
    """The tier of each person accused in a domestic incident in the `look_back_days` days that end with `as_of`.

    `events`: one row per record: person, kind, event_id (incident; null for a conviction), event_date, birth_date,
    is_weapon_used, is_dual, primary_aggressor ('yes' | 'no' | null). kind 'charge': arrested or charged;
    'complaint': named as a suspect without either; 'felony_conviction'. is_dual: two or more people were arrested or
    charged at the incident, or the person is also named as its victim; null where that cannot be known.

    The declared rule, after the tiers of High Point's Offender Focused Domestic Violence Initiative (Sechrist & Weil
    2016), with the look-back, which they do not state, a setting:
    D: no charge, at least one complaint. C: one charge. B: two charges. A: three or more charges, or at least one
    charge and a felony conviction or a weapon used at a charge. High Point's words for A are "most domestic-violence
    charges, convicted felon or weapon use"; we read the last two as each enough by itself, and three as "most". The
    newest charge's own conviction is no history: the stage leaves it out. A complaint
    alone is tier D whatever else is on record: there is no charge to answer. An unknown weapon is no weapon:
    only a known fact raises a tier.

    All records of one incident are one event, a charge where any is; so are all events of one day. What happened
    before the 18th birthday does not count. A dual arrest is nobody's tier until the primary aggressor is recorded:
    then it counts for that person, and not for the other.

    "Domestic" is wider than intimate partner: siblings and parents are in it, and the records do not say which. Who is
    placed here is looked at by people, and by the victim-advocate partner, before any notice.

    Returns one row per person in their order: person, tier ('' = not decided), reason (why not: one of ``UNDECIDED``,
    '' where decided), charges, complaints, weapon_charges, felony_convictions (events counted) and reasons (list of
    sentences that can be checked; without `convictions_known`, one says that tier A could not look at them). People
    whose events all fall away are absent.

    Raises ValueError for a missing column, an unknown kind, or look_back_days below one.
    """
    require_columns(events, name="events", columns=_COLUMNS)
    if look_back_days < 1:
        raise ValueError(f"look_back_days [{look_back_days}] must be at least 1")
    other = sorted(set(events["kind"].astype(str)) - set(KINDS))
    if other:
        raise ValueError(f"events.kind: [{', '.join(other)}] is none of {', '.join(KINDS)}")
    rows = _in_look_back(events, as_of=as_of, look_back_days=look_back_days)
    is_conviction = rows["kind"].eq("felony_conviction")
    incidents = _by_incident(rows[~is_conviction])
    undecided = incidents[incidents["undecided"].ne("")].sort_values(
        "undecided", key=lambda reason: reason.map(UNDECIDED.index), kind="stable"
    )
    people = _counted(incidents, rows[is_conviction & rows["event_date"].notna() & rows["birth_date"].notna()])
    reason = undecided.drop_duplicates("person").set_index("person")["undecided"]
    people["reason"] = reason.reindex(people.index).fillna("").astype(object)
    people = people[people[["charges", "complaints"]].sum(axis=1).gt(0) | people["reason"].ne("")]
    graver = (people["weapon_charges"] > 0) | (people["felony_convictions"] > 0)
    rule = {
        "": people["reason"].ne(""),
        "D": people["charges"].eq(0),
        "A": people["charges"].ge(MOST_CHARGES) | graver,
        "B": people["charges"].eq(2),
    }
    people["tier"] = np.select([holds.to_numpy(bool) for holds in rule.values()], list(rule), "C").astype(object)
    people["reasons"] = _reasons(people, days=look_back_days, convictions_known=convictions_known)
    return people.rename_axis("person").reset_index()[list(_RESULT)]


def _in_look_back(events: pd.DataFrame, *, as_of: dt.date, look_back_days: int) -> pd.DataFrame:
    """Events of adults, and of people or days unknown, that are not known to lie outside the look-back."""
    rows = events.assign(
        event_date=local_dates(events["event_date"], name="events.event_date"),
        birth_date=local_dates(events["birth_date"], name="events.birth_date"),
    )
    ago = (day(as_of) - rows["event_date"]).dt.days
    outside = ago.lt(0) | ago.ge(look_back_days)
    kept: pd.Series = rows["person"].notna() & ~outside & ~not_adult(rows["birth_date"], on=rows["event_date"])
    return rows.loc[kept]


def _by_incident(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per person and incident, with why it cannot be counted; without those of which another was to blame."""
    is_dual = rows["is_dual"].astype("boolean")
    flags = rows.assign(
        is_charge=rows["kind"].eq("charge"),
        is_weapon_used=rows["is_weapon_used"].eq(True).fillna(False).astype(bool),
        dual=is_dual.fillna(False).astype(bool),
        unknown=is_dual.isna(),
        is_aggressor=rows["primary_aggressor"].eq("yes").fillna(False).astype(bool),
        is_not_aggressor=rows["primary_aggressor"].eq("no").fillna(False).astype(bool),
        no_birth=rows["birth_date"].isna(),
        # An incident that nobody numbered is told by its day.
        event=rows["event_id"].astype("string").fillna(rows["event_date"].dt.strftime("day %Y-%m-%d")).fillna(""),
    )
    incidents = flags.groupby(["person", "event"], as_index=False).agg(
        event_date=("event_date", "min"),
        is_charge=("is_charge", "any"),
        is_weapon_used=("is_weapon_used", "any"),
        dual=("dual", "any"),
        unknown=("unknown", "any"),
        is_aggressor=("is_aggressor", "any"),
        is_not_aggressor=("is_not_aggressor", "any"),
        no_birth=("no_birth", "any"),
    )
    # Both said of one person is nothing said.
    decided = incidents["is_aggressor"] ^ incidents["is_not_aggressor"]
    conditions = (
        incidents["dual"] & ~decided,
        incidents["unknown"] & ~decided,
        incidents["no_birth"],
        incidents["event_date"].isna(),
    )
    incidents["undecided"] = np.select([c.to_numpy(bool) for c in conditions], UNDECIDED, "").astype(object)
    of_another = decided & incidents["is_not_aggressor"] & (incidents["dual"] | incidents["unknown"])
    return incidents[~of_another]


def _counted(incidents: pd.DataFrame, convictions: pd.DataFrame) -> pd.DataFrame:
    """Events per person: those of one day are one, a charge where any is."""
    sure = incidents[incidents["undecided"].eq("")]
    days = sure.assign(is_weapon_charge=sure["is_charge"] & sure["is_weapon_used"])
    days = days.groupby(["person", "event_date"], as_index=False).agg(
        is_charge=("is_charge", "any"), is_weapon_charge=("is_weapon_charge", "any")
    )
    by_person = {
        "charges": days[days["is_charge"]].groupby("person").size(),
        "complaints": days[~days["is_charge"]].groupby("person").size(),
        "weapon_charges": days[days["is_weapon_charge"]].groupby("person").size(),
        "felony_convictions": convictions.drop_duplicates(["person", "event_date"]).groupby("person").size(),
    }
    people = pd.Index(sorted(incidents["person"].unique()), name="person")
    return pd.DataFrame(
        {name: counts.reindex(people, fill_value=0) for name, counts in by_person.items()}, index=people
    )


def _reasons(people: pd.DataFrame, *, days: int, convictions_known: bool) -> pd.Series:
    said = {
        "charges": "days with a domestic charge or arrest",
        "complaints": "days with a domestic complaint without a charge",
        "weapon_charges": "of the charges with a weapon used",
        "felony_convictions": "felony convictions",
    }
    missing = [] if convictions_known else ["convictions are not in the data: tier A goes by charges and weapons alone"]
    sentences = [
        [f"{count} {said[name]} in {days} days" for name, count in zip(said, counts, strict=True) if count] + missing
        for counts in people[list(said)].itertuples(index=False, name=None)
    ]
    return pd.Series(sentences, index=people.index, dtype=object)
