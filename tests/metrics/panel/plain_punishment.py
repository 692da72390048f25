"""Sentences and supervision, counted a second time from what was planted."""

import pandas as pd

from tests.metrics.panel.plain_county import ANY_VIOLENCE, AS_OF, Plain
from tests.metrics.panel.plain_court import convictions

_LIFE_DAYS = 10_957
_PRISON_FROM_DAYS = 730
_SERIOUS = (*ANY_VIOLENCE, "weapons")
_CUSTODY = ("prison", "jail", "youth_corrections", "community_corrections")


def _days(number: int) -> pd.Timedelta:
    return pd.Timedelta(days=number)


def _original(county: Plain) -> pd.DataFrame:
    """Original sentences, a term or an amount that is not stated being none."""
    rows = county["sentences"].query("is_initial").drop(columns=["severity", "disposition_severity"])
    amounts = ["min_days", "max_days", "credit_days", "probation_days", "fine_cents", "fee_cents"]
    rows[amounts] = rows[amounts].where(rows[amounts] >= 0)
    return rows.assign(is_term=rows["sentence_type"].isin(["prison", "jail"]))


def first_sentences(county: Plain) -> pd.DataFrame:
    """One row per case: the day of its first original sentence, and what its original sentences come to."""
    rows = _original(county)
    kind = rows["sentence_type"]
    stated = rows["min_days"].fillna(rows["max_days"])
    term = (stated - rows["credit_days"].fillna(0)).clip(lower=0, upper=_LIFE_DAYS).mask(rows["is_life"], _LIFE_DAYS)
    left = (kind == "jail") & ~(rows["credit_days"] >= stated)
    rows = rows.assign(
        term=term.where(rows["is_term"]),
        jail_term=stated.where(left),
        money=rows[["fine_cents", "fee_cents"]].sum(axis=1, min_count=1),
        held=kind.isin(_CUSTODY) | ((kind == "probation") & (rows["max_days"] > 0)),
        **{name: kind == name for name in ("prison", "jail", "probation", "community_corrections")},
    )
    by_case = rows.groupby("case_id")
    marks = ["is_term", "held", "prison", "jail", "probation", "community_corrections", "is_life"]
    found = by_case[marks].any().join(by_case[["term", "jail_term"]].max())
    found["date"] = by_case["sentence"].min()
    found["money"] = by_case["money"].sum(min_count=1)
    whose = ["offense_category", "race_ethnicity", "residence_area", "area_id", "person", "filed", "defense_type"]
    cases = county["cases"].set_index("case_id")
    ended_as = cases["disposition_severity"].replace("", None).fillna(cases["severity"])
    found = found.join(cases[whose].assign(severity=ended_as)).reset_index()
    return found.assign(denominator=1, income_quintile=found["residence_area"].map(county.quintile))


def _share(rows: pd.DataFrame, counted: pd.Series) -> pd.DataFrame:
    return rows.assign(numerator=counted.astype(int))


def _with(county: Plain, mark: str) -> pd.DataFrame:
    rows = first_sentences(county)
    return rows[rows[mark]].assign(numerator=1)


def _felonies_held(county: Plain) -> pd.DataFrame:
    rows = first_sentences(county).query("severity == 'felony'")
    return _share(rows, rows["held"])


def _summed(county: Plain, column: str) -> pd.DataFrame:
    rows = first_sentences(county).dropna(subset=column)
    return rows.assign(numerator=rows[column].astype(int), unit=rows["case_id"])


def _money_per_case(county: Plain) -> pd.DataFrame:
    rows = first_sentences(county)
    return rows.assign(numerator=rows["money"].fillna(0).astype(int))


def _expected(county: Plain) -> pd.DataFrame:
    """One row per person and day of an original sentence: days expected to be held, to be supervised after."""
    rows = _original(county)
    rows = rows.join(county["cases"].set_index("case_id")[["person", "race_ethnicity", "residence_area"]], on="case_id")
    rows["is_term"] |= (rows["sentence_type"] == "probation") & (rows["max_days"] > 0)
    for column in ("min_days", "max_days"):
        rows[column] = rows[column].where(rows["is_term"])
    rows["is_life"] &= rows["is_term"]
    rows["unit"] = rows["person"].astype(str) + " " + rows["sentence"].astype(str)
    found = rows.groupby("unit").agg(
        date=("sentence", "first"),
        shortest=("min_days", "max"),
        longest=("max_days", "max"),
        probation=("probation_days", "max"),
        is_life=("is_life", "any"),
    )
    for column in ("race_ethnicity", "residence_area"):
        of = rows.groupby("unit")[column]
        found[column] = of.first().where(of.nunique(dropna=False) == 1)
    shortest, longest = found["shortest"].fillna(found["longest"]), found["longest"].fillna(found["shortest"])
    share = (longest < _PRISON_FROM_DAYS).map({True: 1.0, False: 1.3})
    # Whole days, a half rounded up.
    held = (shortest * share + 0.5).floordiv(1).clip(upper=longest)
    left = (longest - held).mask(found["is_life"], 0)
    found["held"] = held.mask(found["is_life"], _LIFE_DAYS)
    found["after"] = pd.concat([left, found["probation"]], axis=1).sum(axis=1, min_count=1)
    return found.reset_index().assign(unit=lambda days: days["unit"].str.rsplit(" ", n=1).str[0])


def _years(county: Plain, column: str) -> pd.DataFrame:
    rows = _expected(county).dropna(subset=column)
    return rows.assign(numerator=rows[column].astype(int))


def _first_jail(county: Plain) -> pd.DataFrame:
    rows = first_sentences(county).query("severity == 'misdemeanor' and not prison").dropna(subset="jail_term")
    rows = rows[~rows["offense_category"].isin(ANY_VIOLENCE)]
    pairs = rows[["case_id", "person", "filed"]].merge(convictions(county), on="person", suffixes=("", "_before"))
    since = (pairs["filed"] - pairs["disposed"]).dt.days
    before = pairs.loc[since.between(1, 1095) & (pairs["case_id"] != pairs["case_id_before"]), "case_id"]
    rows = rows[~rows["case_id"].isin(before)]
    return rows.assign(duration=rows["jail_term"])


def _supervised(county: Plain) -> pd.DataFrame:
    rows = county["supervision"]
    return rows.assign(end=rows["end"] + _days(1), unit=rows["person"])


def _supervised_days(county: Plain) -> pd.DataFrame:
    """A stay of one day for each day somebody was supervised."""
    rows = _supervised(county)
    rows["end"] = rows["end"].clip(upper=AS_OF + _days(1))
    days = [
        pd.DataFrame({"person": person, "start": pd.date_range(first, end - _days(1)), "race_ethnicity": race})
        for person, first, end, race in zip(
            rows["person"], rows["start"], rows["end"], rows["race_ethnicity"], strict=True
        )
    ]
    every = pd.concat(days, ignore_index=True).drop_duplicates(["person", "start"])
    return every.assign(end=every["start"] + _days(1), unit=every["person"])


def _ended(county: Plain) -> pd.DataFrame:
    rows = county["supervision"]
    ended = rows["end"].mask(rows["is_revoked"], rows["sanction_date"])
    return _share(rows.assign(date=ended, denominator=1), rows["is_revoked"])


def _answered(county: Plain) -> pd.DataFrame:
    rows = county["supervision"].dropna(subset="violation")
    rows = rows[rows["violation"] + _days(90) <= AS_OF].assign(date=lambda found: found["violation"], denominator=1)
    return _share(rows, (rows["sanction_date"] - rows["violation"]).dt.days <= 90)


def _responses(county: Plain) -> pd.DataFrame:
    rows = county["supervision"].dropna(subset="sanction_date")
    taken = (rows["sanction_date"] - rows["violation"]).dt.days
    custody = rows["sanction_custody_days"]
    return rows.assign(date=rows["sanction_date"], duration=taken, numerator=custody, unit=rows["supervision_id"])


def _of_held(county: Plain, column: str, *values: str) -> pd.DataFrame:
    rows = first_sentences(county).query("held")
    return _share(rows, rows[column].isin(values))


ORACLES = {
    "incarceration_rate": lambda county: _share(rows := first_sentences(county), rows["is_term"]),
    "felony_incarceration_rate": _felonies_held,
    "incarceration_reserved_for_serious": lambda county: _of_held(county, "offense_category", *_SERIOUS),
    "felony_share_of_incarceration": lambda county: _of_held(county, "severity", "felony"),
    "prison_sentences": lambda county: _with(county, "prison"),
    "jail_sentences": lambda county: _with(county, "jail"),
    "probation_sentences": lambda county: _with(county, "probation"),
    "community_corrections_sentences": lambda county: _with(county, "community_corrections"),
    "life_sentences": lambda county: _with(county, "is_life"),
    "incarceration_days_imposed": lambda county: _summed(county, "term"),
    "future_years_of_incarceration": lambda county: _years(county, "held"),
    "future_years_of_supervision": lambda county: _years(county, "after"),
    "jail_length_nonviolent_misdemeanor": _first_jail,
    "fines_fees_assessed": lambda county: _summed(county, "money"),
    "fines_fees_assessed_per_case": _money_per_case,
    "supervised_people": _supervised,
    "supervision_days": _supervised_days,
    "supervision_days_per_1000": _supervised_days,
    "supervision_revocation_rate": _ended,
    "sanction_certainty": _answered,
    "sanction_swiftness_days": _responses,
    "sanction_custody_days": _responses,
}
