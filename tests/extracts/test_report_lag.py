"""How late an extract learns of events: planted delays are found, and what cannot be known is not said."""

from datetime import date, timedelta

import pandas as pd
import pytest

from strategic_prosecution import extracts
from strategic_prosecution.extracts.report_lag import ReportLag, report_lag

START = date(2024, 1, 1)
DAYS = 200


def arrivals(delays: dict[int, int], made: list[date]) -> pd.DataFrame:
    """Each day has ``delays[d]`` events that reach the source d days later, and are first seen in the next file."""
    rows = []
    for day in (START + timedelta(days=n) for n in range(DAYS)):
        for delay, events in delays.items():
            seen = [file for file in made if file >= day + timedelta(days=delay)]
            if seen:
                rows.append({"day": day, "first_seen": min(seen), "events": events})
    return pd.DataFrame(rows)


NIGHTLY = [START + timedelta(days=n) for n in range(DAYS)]
MONTHLY = [date(2024, month, 28) for month in (1, 2, 3, 4, 5, 6)]


@pytest.mark.parametrize("made", [NIGHTLY, MONTHLY], ids=["nightly", "monthly"])
@pytest.mark.parametrize(
    ("delays", "lag"),
    [
        ({0: 40}, 0),
        # 4 % late: 96 % are there at once, and that is enough.
        ({0: 96, 30: 4}, 0),
        # 10 % come after 20 days: until then nine in ten are known.
        ({0: 90, 20: 10}, 20),
        ({0: 50, 9: 50}, 9),
    ],
)
def test_planted_delays_are_found(made: list[date], delays: dict[int, int], lag: int) -> None:
    found = report_lag(arrivals(delays, made), made)
    assert found == ReportLag(lag, "arrival")


def test_what_cannot_be_known_is_not_said() -> None:
    """One file says nothing of delays; a handful of events neither."""
    one = arrivals({0: 40}, [date(2024, 7, 1)])
    assert report_lag(one, [date(2024, 7, 1)]) == ReportLag(None, "unknown")
    few = pd.DataFrame({"day": [START], "first_seen": [START], "events": [99]})
    assert report_lag(few, NIGHTLY) == ReportLag(None, "unknown")


POLICE = """
[extracts.police]
files = "police*.csv"
extract_date = "filename"
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", occurred_date = "DAY", reported_date = "REPORTED" }
"""


def lines(last: date, *, known: date, late: int) -> str:
    """Ten incidents a day from May 2024 on; the tenth is reported, and known, ``late`` days after it."""
    rows = []
    for n in range((last - date(2024, 5, 1)).days + 1):
        day = date(2024, 5, 1) + timedelta(days=n)
        for number in range(10):
            reported = day + timedelta(days=late if number == 9 else 0)
            if reported <= known:
                rows.append(f"{day:%m%d}-{number},{day},{reported}\n")
    return "NO,DAY,REPORTED\n" + "".join(rows)


def lag_row(built) -> tuple:
    [row] = built.lags[["lag_days", "lag_basis", "complete_through"]].itertuples(index=False)
    return tuple(row)


def test_from_files_to_the_day_it_is_complete(bench) -> None:
    """Two full months of overlap tell the delay; one file alone has the report dates of its source."""
    office = bench.office(POLICE)
    june = date(2024, 6, 30)
    bench.put("police_2024-06-30.csv", lines(june, known=june, late=12))
    extracts.land(bench.connection, office)
    assert lag_row(bench.build(office, "2024-06-30")) == (12, "report date", date(2024, 6, 18))
    july = date(2024, 7, 31)
    bench.put("police_2024-07-31.csv", lines(july, known=july, late=12))
    extracts.land(bench.connection, office)
    days, basis, complete = lag_row(bench.build(office, "2024-07-31"))
    assert (basis, complete) == ("arrival", july - timedelta(days=days))
    assert days == 12
    # What was known in June does not change with what July tells.
    assert lag_row(bench.build(office, "2024-06-30")) == (12, "report date", date(2024, 6, 18))


def test_before_the_first_file_there_is_no_lag(bench) -> None:
    office = bench.office(POLICE)
    bench.put("police_2024-06-30.csv", lines(date(2024, 6, 30), known=date(2024, 6, 30), late=3))
    extracts.land(bench.connection, office)
    assert bench.build(office, "2024-05-20").lags.empty
