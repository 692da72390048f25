"""Diversion and what follows it, counted a second time from what was planted."""

import pandas as pd

from tests.metrics.panel.plain_county import AS_OF, Plain
from tests.metrics.panel.plain_court import accepted_diversions, filed

_RECIDIVISM_DAYS = 730


def _diverted(county: Plain) -> pd.DataFrame:
    rows = filed(county)
    accepted = accepted_diversions(county, failed=True)
    diverted = rows["case_id"].isin(accepted) | (rows["disposition"] == "diverted")
    return rows.assign(numerator=diverted.astype(int))


def _dated(county: Plain, column: str) -> pd.DataFrame:
    """Diversions by the day in ``column``."""
    rows = county["diversion"].dropna(subset=column)
    return rows.assign(date=rows[column], numerator=1, denominator=1)


def _completed(county: Plain) -> pd.DataFrame:
    rows = _dated(county, "end")
    return rows.assign(numerator=(rows["exit_status"] == "completed").astype(int))


def _deferred(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["diversion_type"] == "deferred_judgment"]


def _charged_again(county: Plain, rows: pd.DataFrame, *, since: str, until: pd.Series) -> pd.Series:
    """Whether each was charged in another case filed after the day ``since``, by ``until``, for something after it."""
    happened = county["incidents"].set_index("incident_id")["date"]
    new = county["cases"][["case_id", "person", "incident_id", "filed"]].rename(columns={"case_id": "new_case_id"})
    new["happened"] = new["incident_id"].map(happened)
    of = rows[["diversion_id", "case_id", "person"]].assign(since=rows[since], until=until)
    pairs = of.merge(new, on="person").query("case_id != new_case_id")
    again = (pairs["since"] < pairs["filed"]) & (pairs["filed"] <= pairs["until"])
    again &= ~(pairs["happened"] <= pairs["since"])
    return rows["diversion_id"].isin(pairs.loc[again, "diversion_id"])


def _safe(county: Plain) -> pd.DataFrame:
    rows = _dated(county, "end")
    again = _charged_again(county, rows, since="start", until=rows["end"])
    return rows.assign(numerator=(~again).astype(int))


def _within_two_years(county: Plain, rows: pd.DataFrame) -> pd.DataFrame:
    """Those whose two years are over: whether charged again in them."""
    rows = rows[rows["date"] + pd.Timedelta(days=_RECIDIVISM_DAYS) <= AS_OF]
    until = rows["date"] + pd.Timedelta(days=_RECIDIVISM_DAYS)
    return rows.assign(numerator=_charged_again(county, rows, since="date", until=until).astype(int))


def _stayed_out(county: Plain) -> pd.DataFrame:
    rows = _within_two_years(county, _completed(county).query("numerator == 1"))
    return rows.assign(numerator=1 - rows["numerator"])


def _from_felonies(county: Plain) -> pd.DataFrame:
    felonies = county["cases"].query("severity == 'felony'")["case_id"]
    rows = _dated(county, "accepted")
    return _within_two_years(county, rows[rows["case_id"].isin(felonies)])


def _taking(county: Plain, since: str, until: str, *, by: str) -> pd.DataFrame:
    rows = _dated(county, by)
    return rows.assign(duration=(rows[until] - rows[since]).dt.days)


ORACLES = {
    "diversion_rate": _diverted,
    "diversion_success_rate": _completed,
    "diversion_safety_rate": _safe,
    "post_program_success_rate": _stayed_out,
    "deferred_success_rate": lambda county: _deferred(_completed(county)),
    "deferred_recidivism_2yr": lambda county: _within_two_years(county, _deferred(_dated(county, "accepted"))),
    "felony_recidivism_of_diversioners": _from_felonies,
    "time_to_placement": lambda county: _taking(county, "offered", "start", by="start"),
    "time_in_diversion": lambda county: _taking(county, "start", "end", by="end"),
    "conditional_plea_diversions": lambda county: _dated(county, "accepted").query(
        "diversion_type == 'conditional_plea'"
    ),
}
