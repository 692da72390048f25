"""Charlottesville's four overlapping crime extracts and its firearm arrests, against plain pandas on the same files."""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from strategic_prosecution import extracts, warehouse
from strategic_prosecution.settings import Office, load_office
from tests.realdata.conftest import EXAMPLES, run_example

pytestmark = pytest.mark.realdata
COUNTED = ["kept", "merged", "set_aside", "superseded", "reversed", "withdrawn", "expunged", "not_yet"]
# The names in the order of the days on which the files were made, and those days.
MADE = {
    "crime_2018-07-21.csv": "2018-07-21",
    "crime_2018-08-28.csv": "2018-11-17",
    "crime_2018-11-26.csv": "2018-12-27",
    "crime_2019-09-28.csv": "2019-09-28",
}
NEWEST = date(2019, 9, 28)
# Calls to the police that report no offense.
CALLS = (
    "Accident", "Alarm", "Animal", "Assist", "Attemped Suicide", "Civil Problem", "Comm Relations", "Crime Prevent",
    "Crisis", "Death Investigation", "Field Interview", "Fire Alarm", "Fires Not Arson", "Found/", "Juvenile Invest",
    "Lost/", "Misc - Non-Criminal", "Missing", "Open Door", "Problem Solving", "Runaway", "Stop w", "Suicide",
    "Suspicious", "Tactical", "Towed", "Traffic", "Warrant",
)  # fmt: skip
TEXTS = {
    "homicide": ["Homicide-murder/non-negligent"],
    "robbery": ["Robbery - Armed", "Robbery - Strong Arm", "Robbery/Conversion"],
    "aggravated_assault": ["Assault Aggravated"],
    "burglary": ["Burglary"],
    "drugs": ["Drug/Narcotics Violation", "Narcotics", "Drug Equipment Violation", "Drug Investigation"],
    "motor_vehicle_theft": ["Motor Vehicle Theft", "Unauthorized Use of Motor Veh"],
    "weapons": ["Weapons Violations", "Shots Fired/Illegal Hunting"],
}


def folder() -> Path:
    return Path(os.environ["REALDATA"]) / "charlottesville"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """All rows of the four files; ``local`` is the local time: as written in the first file, else turned from UTC."""
    frames = [
        pd.read_csv(folder() / name, dtype=str, keep_default_na=False).assign(file=name, made=pd.Timestamp(made))
        for name, made in MADE.items()
    ]
    found = pd.concat(frames, ignore_index=True)
    assert len(found) == 121_049
    written = pd.to_datetime(found["DateReported"].str[:19], format="%Y/%m/%d %H:%M:%S")
    turned = written.dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    found["written"] = written
    found["local"] = turned.mask(found["file"] == "crime_2018-07-21.csv", written)
    found["is_offense"] = ~found["Offense"].str.startswith(CALLS)
    return found


@pytest.fixture(scope="module")
def newest(rows: pd.DataFrame) -> pd.DataFrame:
    """The record of each offense in the newest file that has it."""
    return rows[rows["is_offense"]].sort_values("made").drop_duplicates("IncidentID", keep="last")


@pytest.fixture(scope="module")
def charlottesville(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office, day = run_example("charlottesville", tmp_path_factory.mktemp("charlottesville"))
    # The newest arrest.
    assert day == date(2024, 4, 18)
    return office


@pytest.fixture(scope="module")
def records(charlottesville: Office) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.run(charlottesville, what="test"), warehouse.open_records(charlottesville) as connection:
        yield connection


def account(connection: duckdb.DuckDBPyConnection, extract: str) -> pd.Series:
    return connection.execute("select * from meta.accounting where extract = ?", [extract]).df().iloc[-1]


def problems(connection: duckdb.DuckDBPyConnection, kind: str) -> int:
    return connection.execute("select coalesce(sum(rows), 0) from meta.problems where kind = ?", [kind]).fetchone()[0]


def rule(connection: duckdb.DuckDBPyConnection, what: str) -> int:
    """Rows that a declared rule marked."""
    return connection.execute(
        "select coalesce(sum(rows), 0) from meta.problems where kind = 'rule' and contains(why, ?)", [what]
    ).fetchone()[0]


def trial(place: Path, files: list[str], *, change: dict[str, str] | None = None) -> Office:
    """The example over copies of some of its crime files, in a folder of its own."""
    raw = place / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy2(folder() / file, raw / file)
    text = (EXAMPLES / "charlottesville" / "office.toml").read_text(encoding="utf-8")
    for old, new in {'raw_dir = "$REALDATA/charlottesville"': f'raw_dir = "{raw}"', **(change or {})}.items():
        assert old in text
        text = text.replace(old, new)
    path = place / "office.toml"
    path.write_text(text, encoding="utf-8")
    return load_office(path)


def test_every_row_is_accounted_for(records, rows, newest):
    found = account(records, "crime")
    assert found["read"] == found[COUNTED].sum() == rows["is_offense"].sum()
    assert found["not_selected"] == (~rows["is_offense"]).sum()
    assert found["kept"] == len(newest)
    assert found["superseded"] == found["read"] - len(newest)


def test_incidents_by_month_and_offense(records, newest):
    found = records.execute(
        "select strftime(occurred_date, '%Y-%m') as month, offense_code as offense, count(*) as incidents"
        " from core.incidents group by all"
    ).df()
    expected = newest.groupby([newest["local"].dt.strftime("%Y-%m"), "Offense"]).size()
    pd.testing.assert_series_equal(
        found.set_index(["month", "offense"])["incidents"].sort_index(),
        expected.sort_index(),
        check_names=False,
        check_dtype=False,
    )


def test_offenses_renamed_between_files_are_one_category(records, newest):
    found = dict(records.execute("select offense_category, count(*) from core.incidents group by 1").fetchall())
    for category, texts in TEXTS.items():
        assert found[category] == newest["Offense"].isin(texts).sum(), category
    assert "unmapped" not in found
    assert problems(records, "unmapped_code") == 0


def test_windows_date_the_files_whose_names_are_wrong(rows):
    """Five years of 365 days: first day + 1,825 is the day in the name of the files with a right name."""
    first = rows.groupby("file")["local"].min().dt.normalize()
    assert (first + pd.Timedelta(days=1_825)).astype(str).to_dict() == MADE
    later = rows["local"].dt.normalize() > rows["made"]
    assert later.sum() == 0


def test_a_file_with_days_after_its_name_waits(tmp_path):
    change = {"\n[extracts.crime.extract_dates]\n": '\nextract_date = "filename"\n[extracts.crime.extract_dates]\n'}
    change |= {f'"{name}" = {made}\n': "" for name, made in MADE.items()}
    office = trial(tmp_path, list(MADE), change=change)
    with warehouse.open_trial(office) as connection:
        extracts.land(connection, office)
        waiting = connection.execute("select file from meta.problems where kind = 'waiting_file' order by 1").fetchall()
        landed = connection.execute("select count(*) from meta.loads").fetchone()
    assert waiting == [("crime_2018-08-28.csv",), ("crime_2018-11-26.csv",)]
    assert landed == (2,)


def test_what_has_aged_out_of_the_window_stays_and_nothing_is_withdrawn(records, rows):
    """Six records of the first day of a file are in older files only: the file begins within that day."""
    last = rows.sort_values("made").drop_duplicates("IncidentID", keep="last")
    assert (last["file"] != "crime_2019-09-28.csv").sum() == 7_748
    assert account(records, "crime")["withdrawn"] == 0
    oldest = records.execute("select min(reported_date) from core.incidents").fetchone()
    assert oldest == (date(2013, 7, 22),)


def test_a_record_that_vanishes_inside_the_window_is_withdrawn(tmp_path, rows):
    """The newest file without three offenses of 2017 that the file before it has."""
    both = rows[rows["is_offense"] & (rows["local"].dt.year == 2017)].groupby("IncidentID")["file"].nunique()
    gone = sorted(both.index[both == len(MADE)])[:3]
    files = ["crime_2018-11-26.csv", "crime_2019-09-28.csv"]
    office = trial(tmp_path, files)
    cut = office.raw_dir / files[1]
    lines = cut.read_text(encoding="utf-8").splitlines(keepends=True)
    cut.write_text("".join(line for line in lines if line.split(",")[2] not in gone), encoding="utf-8")
    with warehouse.open_trial(office) as connection:
        extracts.land(connection, office)
        before = extracts.build(connection, office, as_of=date(2018, 12, 31), run_id="test").accounting
        after = extracts.build(connection, office, as_of=NEWEST, run_id="test").accounting
        left = connection.execute("select count(*) from core.incidents where list_contains(?, incident_id)", [gone])
        assert left.fetchone() == (0,)
    assert (before["withdrawn"].sum(), after["withdrawn"].sum()) == (0, 3)


def test_the_four_files_give_one_result_in_any_order(tmp_path):
    hashes, accounts = [], []
    names = list(MADE)
    for number, order in enumerate((names, names[::-1], [names[i] for i in (2, 0, 3, 1)])):
        place = tmp_path / str(number)
        office = trial(place, [])
        with warehouse.open_trial(office) as connection:
            for file in order:
                office = trial(place, [file])
                extracts.land(connection, office)
            for day in (date(2018, 8, 31), date(2018, 12, 31), NEWEST):
                built = extracts.build(connection, office, as_of=day, run_id="test")
                found = connection.execute("select * from core.incidents order by all").df()
                hashes.append((day, int(pd.util.hash_pandas_object(found.astype(str)).sum())))
                accounts.append((day, *built.accounting[COUNTED].iloc[0]))
    assert len(set(hashes)) == 3
    assert len(set(accounts)) == 3


def test_utc_and_local_times_are_told_apart(records, newest):
    """A time marked +00 whose hour is HourReported is local; otherwise it is UTC and moves the day of some reports."""
    written = newest["written"].dt.strftime("%H%M") == newest["HourReported"]
    assert (written == (newest["file"] == "crime_2018-07-21.csv")).all()
    assert rule(records, "local time marked as UTC") == written.sum()
    expected = newest["written"].dt.tz_localize("UTC")
    local = newest.loc[written, "written"].dt.tz_localize("America/New_York", ambiguous=True)
    expected = expected.mask(written, local.dt.tz_convert("UTC")).dt.tz_localize(None)
    found = records.execute("select incident_id, reported_at, reported_date, occurred_date from core.incidents").df()
    found = found.set_index("incident_id").reindex(newest["IncidentID"])
    day = pd.Series(newest["local"].dt.normalize().to_numpy(), index=found.index)
    assert (pd.to_datetime(found["reported_date"]) == day).all()
    assert (pd.to_datetime(found["occurred_date"]) == day).all()
    assert (day != newest["written"].dt.normalize().to_numpy()).sum() > 3_000
    twice = newest["local"].dt.tz_localize("America/New_York", ambiguous="NaT", nonexistent="NaT").isna()
    same = found["reported_at"].to_numpy() == expected.to_numpy()
    # Of a time that occurs twice the first is meant.
    assert same[~twice.to_numpy()].all()
    assert same[(twice & written).to_numpy()].all()


def test_hours_of_the_clock_change_in_the_local_file(tmp_path, rows):
    """2:26 on 13 March 2016 did not exist: its instant is left out, its day is kept. Eight times occurred twice."""
    office = trial(tmp_path, ["crime_2018-07-21.csv"])
    local = rows.loc[(rows["file"] == "crime_2018-07-21.csv") & rows["is_offense"], "local"].dt
    gap = local.tz_localize("America/New_York", nonexistent="NaT", ambiguous=False).isna().sum()
    twice = local.tz_localize("America/New_York", nonexistent="shift_forward", ambiguous="NaT").isna().sum()
    assert gap == 1
    with warehouse.open_trial(office) as connection:
        extracts.land(connection, office)
        extracts.build(connection, office, as_of=date(2018, 7, 21), run_id="test")
        kinds = dict(
            connection.execute(
                "select kind, sum(rows) from meta.problems where column_name = 'reported_at' group by 1"
            ).fetchall()
        )
        assert (kinds["clock_gap"], kinds["clock_twice"]) == (gap, twice)
        found = connection.execute(
            "select incident_id, occurred_date, reported_date from core.incidents where reported_at is null"
        ).fetchall()
    assert found == [("201600001281", date(2016, 3, 13), date(2016, 3, 13))]


def test_the_hour_that_did_not_exist_is_told_by_the_later_files(records):
    found = records.execute("select reported_at from core.incidents where incident_id = '201600001281'").fetchone()
    assert str(found[0]) == "2016-03-13 06:26:00"


def test_blocks_streets_and_intersections(records, newest):
    block, street = newest["BlockNumber"].str.strip(), newest["StreetName"].str.strip()
    address = (block + " " + street).str.strip().where(street != "")
    found = records.execute("select address, count(*) as n from core.incidents group by 1").df()
    expected = address.value_counts()
    counts = found.dropna().set_index("address")["n"]
    assert counts.to_dict() == expected.to_dict()
    assert found.loc[found["address"].isna(), "n"].sum() == (street == "").sum()
    assert counts["300 6 1/2 ST SW"] > 0
    assert counts[counts.index.str.contains(" / ")].sum() > 100
    assert counts[counts.index.str.contains("@")].sum() > 10
    without = (block == "") & ~street.str.contains("[/@]")
    assert rule(records, "no block number") == without.sum()


def test_offenses_published_late_are_not_known_before(tmp_path):
    """Sexual offenses and homicides are in the newest file alone: at the end of 2018 nobody could count them."""
    names = list(MADE)
    office = trial(tmp_path, names)
    late = "select count(*) from core.incidents where offense_category in ('sexual_assault', 'homicide')"
    with warehouse.open_trial(office) as connection:
        extracts.land(connection, office)
        extracts.build(connection, office, as_of=date(2018, 12, 31), run_id="test")
        before = connection.execute(late).fetchone()
        extracts.build(connection, office, as_of=NEWEST, run_id="test")
        after = connection.execute(late).fetchone()
    newest = pd.read_csv(folder() / names[-1], dtype=str)["Offense"]
    assert before == (0,)
    assert after == (newest.str.startswith(("Sex Offense", "Homicide")).sum(),) == (286,)


def test_arrests_are_one_per_person_and_time(records):
    source = pd.read_csv(folder() / "odp_arrests.csv", dtype=str, keep_default_na=False)
    assert len(source) == 390
    arrests = source.drop_duplicates(["id", "arrest_datetime"])
    found = account(records, "arrests")
    assert (found["read"], found["kept"], found["merged"]) == (390, len(arrests), 390 - len(arrests))
    day = pd.to_datetime(arrests["arrest_datetime"]).dt.tz_convert("America/New_York").dt.date
    counted = records.execute("select arrest_date, count(*) from core.arrests group by 1").fetchall()
    assert {day.date() if hasattr(day, "date") else day: n for day, n in counted} == day.value_counts().to_dict()
    people = records.execute("select count(distinct person_id) from core.people").fetchone()
    assert people == (source["id"].nunique(),) == (233,)
    # "NA" is no house number.
    assert records.execute("select count(*) from core.arrests where starts_with(address, 'NA ')").fetchone() == (0,)


def test_nothing_lies_where_the_damaged_address_point_does(records, charlottesville):
    """One of the Master_Address_Points has lost the sign of its longitude; the file is no extract and no layer here."""
    points = pd.read_csv(folder() / "Master_Address_Points.csv", encoding="utf-8-sig")
    assert (points["lon"] > 0).sum() == 1
    files = [file for extract in charlottesville.extracts.values() for file in extract.files]
    assert files == ["crime_*.csv", "odp_arrests.csv"]
    west, east = records.execute("select min(longitude), max(longitude) from core.places").fetchone()
    assert -79 < west < east < -78


def test_no_number_is_shown_for_years_that_the_extract_does_not_hold(records):
    """The newest crime extract is of September 2019; arrests go on to 2024. No incidents is not zero incidents."""
    months = "select max(period_start) from mart.metrics where metric = 'violent_incidents' and period = 'month'"
    assert records.execute(months).fetchone()[0] <= date(2019, 9, 1)
    assert records.execute(f"{months} and complete").fetchone()[0] <= date(2019, 8, 1)


def test_the_report_lag_is_where_the_earlier_files_know_19_in_20(records, rows, newest):
    """Of the offenses known by 2019, what share did the three earlier files hold, by the age of the offense then?"""
    first = rows[rows["is_offense"]].groupby("IncidentID")["made"].min()
    days = newest.set_index("IncidentID")["local"].dt.normalize()
    seen = pd.concat(
        pd.DataFrame({"age": (made - days).dt.days, "known": first.reindex(days.index) <= made})
        for made in pd.to_datetime(list(MADE.values())[:3])
    ).query("0 <= age <= 180")
    lag, basis, through = records.execute(
        "select lag_days, lag_basis, complete_through from mart.report_lags "
        "where extract = 'crime' and as_of = (select max(as_of) from mart.report_lags)"
    ).fetchone()
    assert (basis, through) == ("arrival", NEWEST - pd.Timedelta(days=lag))
    assert seen[seen["age"] >= lag]["known"].mean() >= 0.95
    assert seen[seen["age"] < lag]["known"].mean() < 0.95
    # One week is far from complete, two months are complete: the lag lies between.
    by_week = seen.groupby(seen["age"] // 7)["known"].mean()
    assert by_week[0] < 0.9 and by_week[4:9].mean() > 0.97
    assert 7 <= lag <= 60
