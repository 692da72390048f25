"""The office's own work and staff, counted a second time from what was planted."""

import pandas as pd

from tests.metrics.panel.plain_county import AS_OF, Plain
from tests.metrics.panel.plain_court import charged, disposed, filed


def _days(number: int) -> pd.Timedelta:
    return pd.Timedelta(days=number)


def _cleared(county: Plain) -> pd.DataFrame:
    begun = filed(county).query("disposition != 'superseded'")
    return pd.concat([disposed(county).assign(denominator=0), begun.assign(numerator=0)], ignore_index=True)


def open_cases(county: Plain) -> pd.DataFrame:
    rows = county["cases"]
    gone = rows["disposed"].where(rows["disposition"] != "warrant")
    return rows.assign(start=rows["filed"], end=gone, unit=rows["case_id"], numerator=1, denominator=0)


def _to_disposition(county: Plain, *, felony: bool) -> pd.DataFrame:
    """Days from filing to the first disposition; a warrant or a superseding document stops the clock."""
    rows = filed(county)
    rows = rows[rows["severity"] == "felony"] if felony else rows
    ended = rows["disposed"].fillna(AS_OF)
    return rows.assign(
        duration=(ended - rows["filed"]).dt.days,
        is_observed=~rows["disposition"].isin(["", "warrant", "superseded"]),
    )


def _mean_days(county: Plain) -> pd.DataFrame:
    rows = disposed(county)
    return rows.assign(numerator=rows["duration"])


def _within(county: Plain, severity: str, *, days: int) -> pd.DataFrame:
    rows = filed(county)
    rows = rows[(rows["severity"] == severity) & (rows["filed"] + _days(days) <= AS_OF)]
    taken = (rows["disposed"] - rows["filed"]).dt.days
    stopped = rows["disposition"].isin(["warrant", "superseded"])
    rows = rows[~(stopped & (taken < days))]
    return rows.assign(numerator=(~stopped & (taken <= days)).astype(int))


def _standard(county: Plain, severity: str, *, days: int) -> pd.DataFrame:
    rows = disposed(county)
    rows = rows[rows["severity"] == severity]
    return rows.assign(numerator=(rows["duration"] <= days).astype(int))


def _dismissed_felonies(county: Plain) -> pd.DataFrame:
    rows = charged(county)
    rows = rows[rows["dismissed"] & (rows["severity"] == "felony")]
    return rows.assign(date=rows["ended_on"], duration=(rows["ended_on"] - rows["filed"]).dt.days)


def _resolved(county: Plain, *ways: str) -> pd.DataFrame:
    """Cases filed at least 365 days ago, by how their charges had ended by day 365."""
    rows = charged(county)
    rows = rows[rows["filed"] + _days(365) <= AS_OF]
    taken = (rows["disposed"] - rows["filed"]).dt.days
    rows = rows[(rows["disposition"] != "superseded") & ~((rows["disposition"] == "warrant") & (taken < 365))]
    in_time = ~rows["is_open"] & ((rows["ended_on"] - rows["filed"]).dt.days <= 365)
    diverted = rows["diverted"]
    way = pd.Series("otherwise", index=rows.index)
    way[rows["dismissed"]] = "dismissal"
    way[rows["pleaded"]] = "plea"
    way[rows["tried"]] = "trial"
    way[diverted] = "diversion"
    way[~in_time] = "unresolved"
    return rows.assign(numerator=way.isin(ways).astype(int))


def _continued(county: Plain, *, times: int) -> pd.DataFrame:
    hearings = county["hearings"][["case_id", "hearing", "is_continued"]]
    rows = disposed(county).merge(hearings, on="case_id")
    rows = rows[rows["hearing"] <= rows["date"]]
    put_off = rows.groupby("case_id")["is_continued"].sum()
    found = disposed(county).set_index("case_id").loc[put_off.index]
    return found.assign(numerator=(put_off >= times).astype(int)).reset_index()


def staff(county: Plain, *roles: str) -> pd.DataFrame:
    rows = county["staff"]
    rows = rows[rows["role"].isin(roles)] if roles else rows
    # The last day is one of work.
    return rows.assign(end=rows["end"] + _days(1), numerator=0, denominator=1)


def _load(county: Plain) -> pd.DataFrame:
    cases = county["cases"]
    cases = cases.assign(start=cases["filed"], end=cases["disposed"], numerator=1, denominator=0)
    return pd.concat([cases, staff(county, "attorney").query("has_caseload")], ignore_index=True)


def _per_attorney(work: pd.DataFrame, county: Plain) -> pd.DataFrame:
    month_ends = pd.date_range("2023-01-01", AS_OF, freq="ME")
    attorneys = staff(county, "attorney").merge(pd.DataFrame({"date": month_ends}), how="cross")
    there = attorneys[(attorneys["start"] <= attorneys["date"]) & ~(attorneys["end"] <= attorneys["date"])]
    return pd.concat([work.assign(denominator=0), there], ignore_index=True)


def _uneven(county: Plain) -> pd.DataFrame:
    cases = county["cases"].query("severity == 'felony'")
    facts = []
    for day in pd.date_range("2023-01-01", AS_OF, freq="ME"):
        there = cases[(cases["filed"] <= day) & ~(cases["disposed"] <= day)]
        carried = there.groupby("attorney_id").size()
        if len(carried):
            over = (carried > 1.5 * carried.median()).astype(int).to_numpy()
            facts.append(pd.DataFrame({"date": day, "numerator": over, "denominator": 1}))
    return pd.concat(facts, ignore_index=True)


def _stayed(county: Plain) -> pd.DataFrame:
    facts = []
    rows = staff(county)
    for year in (2023, 2024, 2025):
        first, last = pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
        there = rows[(rows["start"] <= first) & ~(rows["end"] <= first)]
        stayed = (~(there["end"] <= last)).astype(int)
        facts.append(pd.DataFrame({"date": first, "numerator": stayed, "denominator": 1}))
    return pd.concat(facts, ignore_index=True)


def _share_of_staff(county: Plain, *roles: str, among: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = staff(county, *among)
    return rows.assign(numerator=rows["role"].isin(roles).astype(int))


def _analysts(county: Plain) -> pd.DataFrame:
    analysts = staff(county, "analyst").assign(numerator=1, denominator=0)
    return pd.concat([analysts, staff(county, "attorney")], ignore_index=True)


ORACLES = {
    "case_clearance_ratio": _cleared,
    "open_cases": open_cases,
    "median_days_to_disposition": lambda county: _to_disposition(county, felony=False),
    "felony_median_days_to_disposition": lambda county: _to_disposition(county, felony=True),
    "median_days_of_disposed": disposed,
    "felony_median_days_of_disposed": lambda county: disposed(county).query("severity == 'felony'"),
    "mean_days_to_disposition": _mean_days,
    **{
        f"{severity}_disposed_within_{days}d": lambda county, severity=severity, days=days: _within(
            county, severity, days=days
        )
        for severity, limits in (("felony", (90, 180, 365)), ("misdemeanor", (60, 90, 180)))
        for days in limits
    },
    "aba_time_standard_felony": lambda county: _standard(county, "felony", days=120),
    "aba_time_standard_misdemeanor": lambda county: _standard(county, "misdemeanor", days=30),
    "felony_dismissal_timeliness": _dismissed_felonies,
    "case_resolution_rate": lambda county: _resolved(
        county, "plea", "trial", "dismissal", "diversion", "otherwise"
    ),
    **{
        f"resolved_{name}": lambda county, way=way: _resolved(county, way)
        for name, way in (
            ("by_plea", "plea"), ("by_trial", "trial"), ("by_dismissal", "dismissal"), ("by_diversion", "diversion"),
            ("otherwise", "otherwise"),
        )
    },
    "unresolved_after_365d": lambda county: _resolved(county, "unresolved"),
    "court_delay_share": lambda county: _continued(county, times=1),
    "repeated_court_delay_share": lambda county: _continued(county, times=3),
    "caseload_open_per_attorney": _load,
    "cases_filed_per_prosecutor": lambda county: _per_attorney(filed(county), county),
    "cases_resolved_per_prosecutor": lambda county: _per_attorney(disposed(county), county),
    "felony_caseload_distribution": _uneven,
    "staff_retention_rate": _stayed,
    "clerical_paralegal_capacity": lambda county: _share_of_staff(county, "clerical", "paralegal"),
    "data_analytic_capacity": _analysts,
}  # fmt: skip
