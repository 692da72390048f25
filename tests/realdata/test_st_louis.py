"""St. Louis' public crime files: a ledger in two layouts, against plain pandas and the police's own totals."""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import geopandas as gpd
import pandas as pd
import pytest

from strategic_prosecution import extracts, warehouse
from strategic_prosecution.settings import Office, load_office
from tests.realdata.conftest import EXAMPLES, run_example

pytestmark = pytest.mark.realdata
COUNTED = ["kept", "merged", "set_aside", "superseded", "reversed", "withdrawn", "expunged", "not_yet"]
# Without complaint numbers: January 2012 to May 2013, July and August 2013.
FIRST_LAYOUT = 19
CATEGORIES = {"homicide": "01", "robbery": "03", "aggravated_assault": "04", "burglary": "05", "theft": "06"}


def folder() -> Path:
    return Path(os.environ["REALDATA"]) / "st_louis"


@pytest.fixture(scope="module")
def ledger() -> pd.DataFrame:
    """All rows in the order of the months, both layouts under the later one's names."""
    older = {"MonthReportedtoMSHP": "CodedMonth", "DateOccured": "DateOccur"}
    frames = [
        pd.read_csv(path, dtype=str, keep_default_na=False, encoding="cp1252")
        .rename(columns=older)
        .assign(file=f"{path.parent.name}/{path.name}", line=lambda frame: range(2, len(frame) + 2))
        for path in sorted(folder().glob("20*/*.csv"))
    ]
    rows = pd.concat(frames).sort_values(["CodedMonth", "line"], ignore_index=True)
    assert len(frames) == 36
    assert len(rows) == 153_233
    rows["time"] = pd.to_datetime(rows["DateOccur"], format="%m/%d/%Y %H:%M")
    rows["code"] = rows["Crime"].str.strip().str.zfill(6)
    rows["count"] = rows["Count"].astype(int)
    number, street = rows["ILEADSAddress"].str.strip(), rows["ILEADSStreet"].str.strip()
    rows["address"] = street.where(number.isin(["0", ""]), number + " " + street)
    rows["area"] = rows["Neighborhood"].mask(rows["Neighborhood"] == "0")
    rows["x"] = pd.to_numeric(rows["XCoord"]).replace(0, float("nan"))
    place = ["CodedMonth", "DateOccur", "ILEADSAddress", "ILEADSStreet"]
    rows["incident"] = rows["Complaint"].fillna(rows[place].agg("|".join, axis=1))
    return rows


def settle(rows: pd.DataFrame) -> tuple[set[int], set[int]]:
    """Rows taken back with the rows that do so; and those that find nothing. Month by month, by hand."""
    standing: dict[tuple, list[int]] = {}
    paired, alone = set(), set()
    match = dict(
        zip(rows.index, rows[["time", "code", "Neighborhood"]].itertuples(index=False, name=None), strict=True)
    )
    for _, month in rows.groupby("CodedMonth"):
        for row in month.index[month["count"] == 1]:
            standing.setdefault(match[row], []).append(row)
        for row in month.index[month["count"] == -1]:
            if standing.get(match[row]):
                paired |= {row, standing[match[row]].pop(0)}
            else:
                alone.add(row)
    return paired, alone


def stand(rows: pd.DataFrame, paired: set[int]) -> pd.DataFrame:
    """One row per incident that stands: the lowest code among its rows that count, of these the earliest that has a
    place."""
    is_filler = rows["time"].dt.normalize() == pd.Timestamp("1900-01-01")
    left = rows[(rows["count"] == 1) & ~rows.index.isin(paired) & ~is_filler]
    return left.sort_values(["code", "time", "address", "area", "x"]).drop_duplicates("incident")


@pytest.fixture(scope="module")
def pairs(ledger: pd.DataFrame) -> tuple[set[int], set[int]]:
    return settle(ledger)


@pytest.fixture(scope="module")
def incidents(ledger: pd.DataFrame, pairs: tuple[set[int], set[int]]) -> pd.DataFrame:
    return stand(ledger, pairs[0])


@pytest.fixture(scope="module")
def st_louis(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office, day = run_example("st_louis", tmp_path_factory.mktemp("st_louis"))
    assert day == date(2014, 12, 31)
    return office


@pytest.fixture(scope="module")
def records(st_louis: Office) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.run(st_louis, what="test"), warehouse.open_records(st_louis) as connection:
        yield connection


def account(connection: duckdb.DuckDBPyConnection) -> pd.Series:
    return connection.execute("select * from meta.accounting where extract = 'crime'").df().iloc[0]


def problems(connection: duckdb.DuckDBPyConnection, kind: str) -> int:
    return connection.execute("select coalesce(sum(rows), 0) from meta.problems where kind = ?", [kind]).fetchone()[0]


def trial(folder: Path, files: list[str], *, change: dict[str, str] | None = None) -> Office:
    """The example over copies of some of its files, in a folder of its own."""
    raw = folder / "raw"
    for file in files:
        (raw / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(Path(os.environ["REALDATA"]) / "st_louis" / file, raw / file)
    text = (EXAMPLES / "st_louis" / "office.toml").read_text(encoding="utf-8")
    for old, new in {'raw_dir = "$REALDATA/st_louis"': f'raw_dir = "{raw}"', **(change or {})}.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "office.toml"
    folder.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_office(path)


def test_the_ledger_adds_up_to_what_the_police_published(ledger):
    """Our reading of Count, before anything is compared with it.

    Uniform Crime Reporting totals of the St. Louis Metropolitan Police for 2012 and 2013 as reported by KSDK, homicides
    of 2014 as reported by St. Louis Public Radio on 12 January 2015.
    """
    part_one = ledger[ledger["code"] < "090000"]
    year, offense = part_one["CodedMonth"].str[:4], part_one["code"].str[:2]
    found = part_one.groupby([year, offense])["count"].sum()
    assert found["2012"].sum() == 27_853
    assert found["2013"].sum() == 26_342
    assert found["2012"][["01", "02", "03"]].tolist() == [113, 199, 1_777]
    assert found["2013"][["01", "02", "03", "04"]].tolist() == [120, 333, 1_458, 3_167]
    assert found["2014"]["01"] == 159


def test_every_row_is_accounted_for(records, ledger, pairs, incidents):
    found = account(records)
    assert found["read"] == found[COUNTED].sum() == 153_233
    assert found["not_selected"] == 0
    fillers = int((ledger["time"] < "1901-01-01").sum())
    assert fillers == 6
    assert found["reversed"] == len(pairs[0]) == 2 * 1_901
    assert found["set_aside"] == len(pairs[1]) + fillers == 107 + 6
    assert found["kept"] == len(incidents) == 142_840
    assert found["merged"] == 153_233 - 3_802 - 113 - 142_840
    assert found[["superseded", "withdrawn", "expunged", "not_yet"]].sum() == 0


def test_each_file_is_of_a_month_and_a_layout(records):
    loads = records.execute("select file, rows, extract_date, extract_date_from, header from meta.loads").df()
    assert len(loads) == 36
    month = pd.to_datetime(loads["file"].str.extract(r"/(\w+)\.csv")[0], format="%B%Y")
    assert (loads["extract_date"] == month + pd.offsets.MonthEnd(0)).all()
    assert set(loads["extract_date_from"]) == {"column"}
    assert (~loads["header"].str.contains("Complaint")).sum() == FIRST_LAYOUT


def test_incidents_by_month_offense_and_neighborhood(records, incidents):
    """The expected table is made by hand; only the reading of the codes is repeated here."""
    found = records.execute(
        "select strftime(occurred_date, '%Y-%m') as month, offense_code as code, coalesce(area_id, '0') as area,"
        " count(*) as incidents from core.incidents group by all order by all"
    ).df()
    area = incidents["Neighborhood"]
    expected = incidents.groupby([incidents["time"].dt.strftime("%Y-%m"), incidents["code"], area]).size()
    expected.index.names = ["month", "code", "area"]
    pd.testing.assert_series_equal(
        found.set_index(["month", "code", "area"])["incidents"].sort_index(),
        expected.sort_index(),
        check_names=False,
        check_dtype=False,
    )
    counted = records.execute("select offense_category, count(*) from core.incidents group by 1").fetchall()
    by_category = dict(counted)
    for category, first in CATEGORIES.items():
        assert by_category[category] == (incidents["code"].str[:2] == first).sum(), category
    rapes = incidents["code"].str.startswith(("02", "1721")).sum()
    assert by_category["sexual_assault"] == rapes
    assert problems(records, "unmapped_code") == 0


def test_a_row_counts_until_the_month_that_takes_it_back(tmp_path, ledger):
    """Twice the same question: January alone, and January when February and March have been delivered."""
    months = [f"2012/{name}2012.csv" for name in ("january", "february", "march")]
    found, expected = {}, {}
    office = trial(tmp_path, months)
    with warehouse.open_trial(office) as connection:
        extracts.land(connection, office)
        for month, day in (("2012-01", date(2012, 1, 31)), ("2012-03", date(2012, 3, 31))):
            extracts.build(connection, office, as_of=day, run_id="test")
            found[month] = connection.execute(
                "select count(*) from core.incidents where occurred_date between '2012-01-01' and '2012-01-31' "
                "and offense_category = 'motor_vehicle_theft'"
            ).fetchone()[0]
            known = ledger[ledger["CodedMonth"] <= month]
            left = stand(known, settle(known)[0])
            left = left[left["time"].between("2012-01-01", "2012-01-31 23:59")]
            expected[month] = int((left["code"].str[:2] == "07").sum())
    assert found == expected
    assert found["2012-01"] != found["2012-03"]


def test_any_order_of_delivery_gives_the_same_incidents(tmp_path):
    """Across both layouts: June 2013 has complaint numbers, the months around it do not."""
    months = [f"2013/{name}2013.csv" for name in ("may", "june", "july", "august", "september")]
    hashes = []
    for number, order in enumerate((months, months[::-1], [months[i] for i in (2, 0, 4, 1, 3)])):
        place = tmp_path / str(number)
        office = trial(place, [])
        with warehouse.open_trial(office) as connection:
            for file in order:
                office = trial(place, [file])
                extracts.land(connection, office)
            extracts.build(connection, office, as_of=date(2013, 9, 30), run_id="test")
            rows = connection.execute("select * exclude (source_load) from core.incidents order by all").df()
            hashes.append(int(pd.util.hash_pandas_object(rows.astype(str)).sum()))
    assert len(set(hashes)) == 1


def test_a_layout_nobody_declared_stops_that_file_alone(tmp_path):
    months = ["2013/may2013.csv", "2013/june2013.csv"]
    office = trial(tmp_path, months)
    changed = office.raw_dir / months[0]
    header, rest = changed.read_text(encoding="utf-8").split("\n", 1)
    changed.write_text(header.replace("DateOccured", "DateOccurred") + "\n" + rest, encoding="utf-8")
    with warehouse.open_trial(office) as connection:
        extracts.land(connection, office)
        assert connection.execute("select file from meta.loads").fetchall() == [(months[1],)]
        found = connection.execute("select file, why from meta.problems where kind = 'unknown_layout'").fetchall()
    assert [file for file, _ in found] == [months[0]]
    assert "[DateOccured]" in found[0][1]
    assert "[DateOccurred]" in found[0][1]


def test_1900_is_not_a_day_and_late_reports_stay(records, incidents):
    assert problems(records, "filler_date") >= 6
    late = incidents.loc[incidents["time"] < "2001-01-01", "time"]
    found = records.execute(
        "select count(*), min(occurred_date) from core.incidents where occurred_date < '2001-01-01'"
    )
    assert found.fetchone() == (len(late), late.min().date())
    assert len(late) > 50
    # They are in no period before the first one the office names.
    early = records.execute("select count(*) from mart.metrics where period_start < '2012-01-01'").fetchone()
    assert early == (0,)


def test_hours_of_the_clock_change(records, ledger):
    """Four times fall into the hour that spring skips: the instant is left out, the day is kept."""
    gap = ledger["time"].dt.tz_localize("America/Chicago", nonexistent="NaT", ambiguous=False).isna()
    assert gap.sum() == 4
    assert problems(records, "clock_gap") == 4
    assert problems(records, "unreadable") == 0
    found = records.execute("select count(*) from core.incidents where occurred_at is null").fetchone()
    assert found == (4,)


def test_places_by_the_published_coordinates(records, incidents):
    """Feet of the state's own system, turned to degrees by us; polygons found by geopandas in feet."""
    x, y = incidents["x"], pd.to_numeric(incidents["YCoord"])
    known = x.notna()
    total, placed = records.execute("select count(*), count(longitude) from core.incidents").fetchone()
    assert (total, placed) == (len(incidents), int(known.sum()))
    areas = gpd.read_file(folder() / "neighborhoods")
    points = gpd.GeoDataFrame(
        {"incident": incidents.loc[known, "incident"]}, geometry=gpd.points_from_xy(x[known], y[known]), crs=areas.crs
    )
    expected = gpd.sjoin(points, areas[["NHD_NUM", "geometry"]], predicate="within")
    expected = expected[~expected.index.duplicated()]["NHD_NUM"].value_counts()
    found = records.execute(
        "select p.area_id, count(*) as incidents from core.incidents as i join core.place_areas as p"
        " on p.place_id = i.place_id and p.layer = 'neighborhood' group by 1"
    ).df()
    found = found.set_index(found["area_id"].astype(int))["incidents"]
    apart = found.sub(expected, fill_value=0).abs().sum()
    assert apart / expected.sum() < 0.0005
    agrees = records.execute(
        "select avg((p.area_id = i.area_id)::integer) from core.incidents as i join core.place_areas as p"
        " on p.place_id = i.place_id and p.layer = 'neighborhood' where i.area_id is not null"
    ).fetchone()[0]
    assert agrees > 0.95


def test_addresses_and_intersections_as_written(records, ledger, pairs, incidents):
    number, street = incidents["ILEADSAddress"].str.strip(), incidents["ILEADSStreet"].str.strip()
    crossing = street.str.contains("/") & (number == "0")
    found = records.execute(
        "select count(*) filter (contains(address, '/') and not regexp_matches(address, '^[0-9]+ ')),"
        " count(*) filter (address = 'S 7TH BLVD / RUSSELL'), count(*) filter (address is null) from core.incidents"
    ).fetchone()
    numbered = street.str.match(r"\d+ ")
    assert found[0] == int((crossing & ~numbered).sum())
    assert found[1] == int((crossing & (street == "S 7TH BLVD / RUSSELL")).sum())
    assert found[2] == int(((street == "UNKNOWN") | ((street == "") & number.isin(["", "0"]))).sum())
    rules = dict(records.execute("select why, sum(rows) from meta.problems where kind = 'rule' group by 1").fetchall())
    # A rule counts every row that is not taken back, also those that describe an incident already told.
    left = ledger[~ledger.index.isin(pairs[0])]
    marked = {
        "coordinates 0": left["x"].isna(),
        "address unknown": left["ILEADSStreet"].str.strip() == "UNKNOWN",
        "cut off": (left["ILEADSStreet"].str.len() == 20) & left["ILEADSStreet"].str.contains("/"),
    }
    for what, is_such in marked.items():
        assert [rows for why, rows in rules.items() if what in why] == [is_such.sum()], what


def test_codes_have_no_blanks_and_letters_survive(records, ledger):
    assert ledger["Crime"].str.startswith(" ").sum() == 85_581
    assert records.execute("select count(*) from core.incidents where length(offense_code) <> 6").fetchone() == (0,)
    # Two files are in the code page of Windows, the rest in plain ASCII.
    cafe = "select count(*) from raw.crime where contains(LocationName, 'CAFÉ')"
    assert records.execute(cafe).fetchone() == (1,)


def test_residents_are_those_of_the_file(records):
    residents = pd.read_csv(folder() / "population_by_neighborhood.csv")
    found = dict(records.execute("select area_id, population from core.population").fetchall())
    assert len(found) == 79
    for number, people in zip(residents["NHD_NUM"], residents["pop13"], strict=True):
        assert found[str(number)] == round(people)
