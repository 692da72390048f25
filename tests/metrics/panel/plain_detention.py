"""Detention before trial and release, counted a second time from what was planted."""

import pandas as pd

from tests.metrics.panel.plain_call_ins import detained_days
from tests.metrics.panel.plain_county import AS_OF, Plain
from tests.metrics.panel.plain_court import disposed, filed
from tests.metrics.panel.plain_punishment import first_sentences

_LOW_BAIL_CENTS = 50_000


def _days(number: int) -> pd.Timedelta:
    return pd.Timedelta(days=number)


def _bookings(county: Plain) -> pd.DataFrame:
    """Those not for another agency, with the case and the place of its incident."""
    rows = county["custody"]
    rows = rows[~rows["is_other_agency_hold"]]
    return rows.assign(area_id=rows["case_id"].map(county["cases"].set_index("case_id")["area_id"]))


def _first_decisions(county: Plain) -> pd.DataFrame:
    """Cases, or bookings that name none, by the day of the first decision: whether held after the day following it."""
    rows = _bookings(county)
    held = (rows["detained_to"] > rows["decision"] + _days(1)) | (
        rows["detained_from"].notna() & rows["detained_to"].isna() & (rows["decision"] + _days(1) < AS_OF)
    )
    rows = rows.assign(
        date=rows["decision"],
        held=held,
        detained=held | (rows["decision_type"] == "detained"),
        counted=rows["case_id"].fillna(rows["custody_id"]),
        denominator=1,
    )
    return rows.sort_values(["decision", "custody_id"]).drop_duplicates("counted")


def _detained(county: Plain) -> pd.DataFrame:
    return _first_decisions(county).assign(numerator=lambda rows: rows["detained"].astype(int))


def _low_bail(county: Plain) -> pd.DataFrame:
    rows = _first_decisions(county)
    rows = rows[(rows["decision_type"] == "money_bail") & rows["bail_cents"].between(0, _LOW_BAIL_CENTS)]
    return rows.assign(numerator=rows["held"].astype(int))


def _sentenced(county: Plain) -> pd.DataFrame:
    rows = first_sentences(county).query("offense_category != 'traffic'")
    decisions = _first_decisions(county).dropna(subset="case_id").set_index("case_id")["detained"]
    return rows.assign(numerator=rows["case_id"].map(decisions).eq(True).astype(int))


def _let_go(county: Plain) -> pd.DataFrame:
    """Cases decided 30 days ago or more: whether their defendant was free on a day of these, before the disposition."""
    rows = _first_decisions(county)
    rows = rows[rows["decision"] + _days(30) <= AS_OF]
    ended = rows["case_id"].map(disposed(county).set_index("case_id")["disposed"])
    free = _free_from(county, rows["person"], rows["decision"])
    in_time = (free <= rows["decision"] + _days(30)) & ~(free >= ended)
    return rows.assign(numerator=in_time.astype(int))


def _free_from(county: Plain, people: pd.Series, days: pd.Series) -> pd.Series:
    """The first day from each of ``days`` on which the person was not detained in any case."""
    held = set(detained_days(county).itertuples(index=False, name=None))
    free = []
    for person, day in zip(people, days, strict=True):
        while (person, day) in held:
            day += _days(1)
        free.append(day)
    return pd.Series(free, index=days.index)


def _stays(days: pd.DataFrame, bookings: pd.DataFrame) -> pd.DataFrame:
    """A stay of one day for each day somebody was held, with what the first booking of the days in a row says."""
    held = days.rename(columns={"date": "start"}).sort_values(["person", "start"])
    gap = held.groupby("person")["start"].diff() != _days(1)
    held["began"] = held.groupby(gap.cumsum())["start"].transform("first")
    whose = bookings.sort_values("detained_from").drop_duplicates(["person", "detained_from"])
    whose = whose[["person", "detained_from", "race_ethnicity", "residence_area", "area_id"]]
    held = held.merge(whose.rename(columns={"detained_from": "began"}), on=["person", "began"], how="left")
    return held.assign(end=held["start"] + _days(1), unit=held["person"])


def _detained_days(county: Plain) -> pd.DataFrame:
    return _stays(detained_days(county), _bookings(county))


def _held_elsewhere(county: Plain) -> pd.DataFrame:
    rows = county["custody"]
    rows = rows[rows["is_other_agency_hold"] & rows["detained_from"].notna()].assign(area_id=None)
    return _stays(_each_day(rows, rows["detained_to"], "person"), rows)


def _each_day(rows: pd.DataFrame, until: pd.Series, unit: str) -> pd.DataFrame:
    """``unit``, date: every day from the first of each booking to the one before ``until``, once."""
    spells = [
        pd.DataFrame({unit: of, "date": pd.date_range(first, last - _days(1))})
        for of, first, last in zip(rows[unit], rows["detained_from"], until.fillna(AS_OF + _days(1)), strict=True)
    ]
    return pd.concat(spells, ignore_index=True).drop_duplicates()


def _in_dismissed_cases(county: Plain) -> pd.DataFrame:
    """Dismissed cases with the days somebody was held in them; the county files none of them again."""
    cases = disposed(county).query("disposition == 'dismissed'").set_index("case_id", drop=False)
    rows = _bookings(county)
    rows = rows[rows["detained_from"].notna() & rows["case_id"].isin(cases.index)]
    until = pd.concat([rows["detained_to"], rows["case_id"].map(cases["disposed"])], axis=1).min(axis=1)
    held = _each_day(rows, until, "case_id").groupby("case_id").size()
    return cases.loc[held.index].assign(numerator=held, unit=held.index).reset_index(drop=True)


def _released(county: Plain) -> pd.DataFrame:
    """Cases by the day they ended, or were stopped by a warrant, whose defendant was free before: since when."""
    decided = _first_decisions(county).dropna(subset="case_id").set_index("case_id")
    since = _free_from(county, decided["person"], decided["decision"])
    rows = filed(county).query("disposition not in ('', 'superseded')")
    rows = rows.assign(
        date=rows["disposed"], since=rows["case_id"].map(since), is_warrant=rows["disposition"] == "warrant"
    )
    return rows[rows["since"] < rows["date"]]


def _came(county: Plain) -> pd.DataFrame:
    """Those with known attendance at a hearing after the release and by then: whether one was missed."""
    rows = _released(county)
    heard = county["hearings"][["case_id", "hearing", "defendant_appeared"]].merge(
        rows[["case_id", "since", "date"]], on="case_id"
    )
    heard = heard[(heard["since"] < heard["hearing"]) & (heard["hearing"] <= heard["date"])]
    all_came = heard.groupby("case_id")["defendant_appeared"].all()
    rows = rows[rows["case_id"].isin(all_came.index)]
    missed = ~rows["case_id"].map(all_came).astype(bool) | rows["is_warrant"]
    return rows.assign(missed=missed, numerator=(~missed).astype(int))


def _arrested_again(county: Plain, rows: pd.DataFrame) -> pd.Series:
    """Whether the defendant was arrested between release and end for something that happened after the release."""
    happened = county["incidents"].set_index("incident_id")["date"]
    arrests = county["arrests"].assign(arrested=county["arrests"]["date"])
    arrests["happened"] = arrests["incident_id"].map(happened)
    pairs = rows[["case_id", "person", "since", "date"]].merge(arrests[["person", "arrested", "happened"]], on="person")
    again = (pairs["since"] < pairs["arrested"]) & (pairs["arrested"] <= pairs["date"])
    again &= ~(pairs["happened"] <= pairs["since"])
    return rows["case_id"].isin(pairs.loc[again, "case_id"])


def _safe(county: Plain) -> pd.DataFrame:
    rows = _released(county)
    return rows.assign(numerator=(~_arrested_again(county, rows)).astype(int))


def _succeeded(county: Plain) -> pd.DataFrame:
    rows = _came(county)
    return rows.assign(numerator=(~rows["missed"] & ~_arrested_again(county, rows)).astype(int))


ORACLES = {
    "pretrial_detention_days": _detained_days,
    "pretrial_detention_days_per_1000": _detained_days,
    "other_agency_hold_days": _held_elsewhere,
    "pretrial_detention_rate": _detained,
    "pretrial_detention_rate_ppi": _sentenced,
    "low_bail_detention_share": _low_bail,
    "release_rate": _let_go,
    "detention_days_in_dismissed_cases": _in_dismissed_cases,
    "appearance_rate": _came,
    "pretrial_safety_rate": _safe,
    "pretrial_success_rate": _succeeded,
}
