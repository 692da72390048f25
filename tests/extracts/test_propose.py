"""`init`: files in, an office.toml that reads them out, with evidence and without anything about a person."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from strategic_prosecution import cli, extracts, model
from strategic_prosecution.demo import write_county
from strategic_prosecution.extracts.propose import (
    Proposal,
    ProposedExtract,
    ProposedFeed,
    notes,
    profiles,
    propose,
    render,
    summary,
)
from strategic_prosecution.extracts.propose.codes import propose_codes
from strategic_prosecution.extracts.propose.dates import read_dates
from strategic_prosecution.extracts.propose.words import words
from strategic_prosecution.settings import load_office
from tests.extracts.conftest import Bench

ROWS = 60
START = datetime(2019, 1, 3, 14, 20)


def table(columns: dict[str, list[str] | Callable[[int], str]], rows: int = ROWS) -> str:
    """A CSV of ``rows`` rows: a list is repeated, a function gets the number of the row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    made = [[cells(n) if callable(cells) else cells[n % len(cells)] for cells in columns.values()] for n in range(rows)]
    writer.writerows(made)
    return text.getvalue()


def day(form: str) -> Callable[[int], str]:
    return lambda n: (START + timedelta(hours=31 * n, minutes=7 * n)).strftime(form)


def number(prefix: str) -> Callable[[int], str]:
    return lambda n: f"{prefix}{500 + 3 * n}"


BLOCKS = ["1200 BLOCK OAK AVE", "300 N MAIN ST", "77XX W 5TH ST", "MAIN ST / OAK AVE"]
OFFENSES = ["LARCENY", "BURGLARY", "ROBBERY", "SIMPLE ASSAULT"]


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Proposal]:
    """Write files by name and propose."""

    def proposed(**files: str) -> Proposal:
        for name, content in files.items():
            path = tmp_path / "raw" / name.replace("__", "/")
            path.with_suffix(".csv").parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".csv").write_text(content, encoding="utf-8")
        return propose([tmp_path / "raw"])

    return proposed


def only(proposal: Proposal) -> ProposedExtract:
    [extract] = proposal.extracts
    return extract


def filled(feed: ProposedFeed) -> dict[str, tuple[str, ...]]:
    return {guess.ours: guess.columns for guess in feed.columns}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("CMPLNT_FR_DT", "complaint from date"),
        ("DateOccured", "date occurred"),
        ("MonthReportedtoMSHP", "month reportedto mshp"),
        ("Crm Cd Desc", "crime code description"),
        ("100 Block Address", "100 block address"),
        ("CrimeDateTime", "crime date time"),
        ("incidentid", "incident id"),
        ("Arrest #", "arrest number"),
    ],
)
def test_names_are_read_as_words(name: str, said: str) -> None:
    assert words(name) == said


# Headers as the cities publish them; the values are invented.
CITIES = {
    "chicago": (
        {
            "ID": number("1100"),
            "Case Number": number("JC"),
            "Date": day("%m/%d/%Y %I:%M:%S %p"),
            "Block": ["012XX W OAK AVE", "003XX N MAIN ST"],
            "IUCR": ["0486", "0810"],
            "Primary Type": ["BATTERY", "THEFT", "NARCOTICS"],
            "Description": ["SIMPLE", "OVER $500"],
            "Location Description": ["STREET", "RESIDENCE"],
            "Arrest": ["true", "false"],
            "Domestic": ["false", "true"],
            "Beat": ["0111", "2535"],
            "X Coordinate": ["1176000", "1150000"],
            "Y Coordinate": ["1900000", "1880000"],
            "Updated On": day("%m/%d/%Y %I:%M:%S %p"),
            "Latitude": ["41.88", "41.79"],
            "Longitude": ["-87.63", "-87.70"],
        },
        ("Case Number", "Date", "Block", "Primary Type"),
    ),
    "nypd_complaints": (
        {
            "CMPLNT_NUM": number("7"),
            "ADDR_PCT_CD": ["44", "75"],
            "CMPLNT_FR_DT": day("%m/%d/%Y"),
            "CMPLNT_FR_TM": day("%H:%M:%S"),
            "RPT_DT": day("%m/%d/%Y"),
            "KY_CD": ["341", "344"],
            "OFNS_DESC": ["PETIT LARCENY", "ASSAULT 3 & RELATED OFFENSES", "DANGEROUS DRUGS"],
            "PREM_TYP_DESC": ["STREET", "BAR/NIGHT CLUB"],
            "SUSP_RACE": ["BLACK", "WHITE"],
            "VIC_SEX": ["M", "F"],
        },
        ("CMPLNT_NUM", "CMPLNT_FR_DT + CMPLNT_FR_TM", None, "OFNS_DESC"),
    ),
    "los_angeles_crime": (
        {
            "DR_NO": number("19"),
            "Date Rptd": day("%m/%d/%Y 12:00:00 AM"),
            "DATE OCC": day("%m/%d/%Y 12:00:00 AM"),
            "TIME OCC": day("%H%M"),
            "AREA": ["01", "14"],
            "Rpt Dist No": ["0111", "1494"],
            "Crm Cd": ["330", "510"],
            "Crm Cd Desc": ["BURGLARY FROM VEHICLE", "VEHICLE - STOLEN", "BATTERY - SIMPLE ASSAULT"],
            "Premis Desc": ["STREET", "SIDEWALK"],
            "Status Desc": ["Invest Cont", "Adult Arrest"],
            "LOCATION": ["1200 S OAK AV", "700 MAIN ST"],
            "Cross Street": ["", "5TH ST"],
            "LAT": ["34.05", "34.10"],
            "LON": ["-118.24", "-118.30"],
        },
        ("DR_NO", "DATE OCC + TIME OCC", "LOCATION", "Crm Cd Desc"),
    ),
    "dc_incidents": (
        {
            "X": ["-77.01", "-77.03"],
            "Y": ["38.90", "38.91"],
            "CCN": number("29"),
            "REPORT_DAT": day("%Y/%m/%d %H:%M:%S+00"),
            "OFFENSE": ["THEFT F/AUTO", "ROBBERY", "ASSAULT W/DANGEROUS WEAPON"],
            "BLOCK": ["1200 - 1299 BLOCK OF OAK STREET NW", "MAIN STREET NE / 5TH STREET NE"],
            "START_DATE": day("%Y/%m/%d %H:%M:%S+00"),
            "END_DATE": day("%Y/%m/%d %H:%M:%S+00"),
            "OBJECTID": lambda n: str(n + 1),
        },
        ("CCN", "START_DATE", "BLOCK", "OFFENSE"),
    ),
    "boston_crime": (
        {
            "INCIDENT_NUMBER": number("I19"),
            "OFFENSE_CODE": ["3115", "613"],
            "OFFENSE_DESCRIPTION": ["LARCENY SHOPLIFTING", "VANDALISM", "ASSAULT SIMPLE - BATTERY"],
            "SHOOTING": ["", "Y"],
            "OCCURRED_ON_DATE": day("%Y-%m-%d %H:%M:%S"),
            "HOUR": day("%H"),
            "STREET": ["OAK AVE", "MAIN ST"],
            "Lat": ["42.33", "42.30"],
            "Long": ["-71.08", "-71.06"],
        },
        ("INCIDENT_NUMBER", "OCCURRED_ON_DATE", "STREET", "OFFENSE_DESCRIPTION"),
    ),
    "seattle_crime": (
        {
            "Report Number": number("2019-"),
            "Offense ID": number("79"),
            "Offense Start DateTime": day("%m/%d/%Y %I:%M:%S %p"),
            "Report DateTime": day("%m/%d/%Y %I:%M:%S %p"),
            "Offense": ["Simple Assault", "Theft From Motor Vehicle", "Drug/Narcotic Violations"],
            "Offense Code": ["13B", "23F", "35A"],
            "100 Block Address": ["12XX BLOCK OF OAK AVE", "3XX BLOCK OF MAIN ST"],
        },
        ("Report Number", "Offense Start DateTime", "100 Block Address", "Offense"),
    ),
    "denver_crime": (
        {
            "incident_id": number("2019"),
            "offense_id": number("77"),
            "OFFENSE_TYPE_ID": ["theft-shoplift", "assault-simple"],
            "OFFENSE_CATEGORY_ID": ["larceny", "auto-theft", "aggravated-assault"],
            "FIRST_OCCURRENCE_DATE": day("%m/%d/%Y %I:%M:%S %p"),
            "REPORTED_DATE": day("%m/%d/%Y %I:%M:%S %p"),
            "INCIDENT_ADDRESS": ["1200 N OAK ST", "300 BLK MAIN AVE"],
            "GEO_LON": ["-104.98", "-104.91"],
            "GEO_LAT": ["39.74", "39.70"],
        },
        ("incident_id", "FIRST_OCCURRENCE_DATE", "INCIDENT_ADDRESS", "OFFENSE_CATEGORY_ID|OFFENSE_TYPE_ID"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("city", CITIES)
def test_incidents_of_other_cities_find_key_date_address_and_offense(city: str, look: Callable[..., Proposal]) -> None:
    columns, (key, when, where, what) = CITIES[city]
    [feed] = only(look(**{city: table(columns)})).feeds
    assert feed.table == "incidents"
    found = filled(feed)
    assert found["incident_id"] == (key,)
    assert " + ".join(found.get("occurred_at", found.get("occurred_date", ()))) == when
    assert found.get("address") == (None if where is None else (where,))
    assert found["offense_category"][0] in what.split("|")


def test_what_is_proposed_loads_lands_and_builds(bench: Bench) -> None:
    for city, (columns, _) in CITIES.items():
        bench.put(f"{city}/{city}_2019-06-30.csv", table(columns))
    path = bench.folder / "proposed.toml"
    proposal = propose([bench.folder / "data" / "raw"], timezone="America/Chicago", crs="EPSG:26916")
    path.write_text(render(proposal, beside=bench.folder), encoding="utf-8")
    office = load_office(path)
    landed = extracts.land(bench.connection, office)
    assert (landed.files, landed.landed, landed.refused) == (len(CITIES), len(CITIES), 0)
    bench.build(office, "2019-06-30")
    assert bench.rows("count(*)", "core.incidents") == [(ROWS * len(CITIES),)]
    assert bench.rows("count(*)", "meta.problems where kind in ('missing_required', 'missing_key')") == [(0,)]


def test_the_same_files_give_the_same_text(look: Callable[..., Proposal]) -> None:
    files = {city: table(columns) for city, (columns, _) in list(CITIES.items())[:2]}
    assert render(look(**files)) == render(look(**files))


def test_a_number_of_rows_is_no_key_and_a_file_that_forgets_its_past_is_a_window(
    look: Callable[..., Proposal],
) -> None:
    def crimes(first: int, count: int) -> str:
        return table(
            {
                "RecordID": lambda n: str(n + 1),
                "IncidentID": lambda n: f"2018{first + n:05d}",
                "DateReported": lambda n: f"{date(2018, 1, 1) + timedelta(days=first + n):%Y/%m/%d}",
                "Offense": OFFENSES,
                "BlockNumber": ["100", "1400"],
                "StreetName": ["OAK AVE", "MAIN ST"],
            },
            count,
        )

    extract = only(look(**{"crime_2018-06-01": crimes(0, 100), "crime_2018-07-01": crimes(40, 130)}))
    assert filled(extract.feeds[0])["incident_id"] == ("IncidentID",)
    assert "RecordID is none" in extract.feeds[0].key_why
    assert (extract.holds, extract.dated_by_name, extract.extract_dates) == (
        '{ window = "occurred_date" }',
        True,
        {},
    )
    assert filled(extract.feeds[0])["address"] == ("BlockNumber", "StreetName")
    assert filled(extract.feeds[0])["occurred_date"] == filled(extract.feeds[0])["reported_date"] == ("DateReported",)


def incidents(first: int, last: int) -> str:
    return table(
        {
            "INCIDENT_NO": lambda n: f"A{first + n:04d}",
            "OCCURRED": lambda n: f"{date(2024, 1, 1) + timedelta(days=first + n):%Y-%m-%d}",
            "OFFENSE": OFFENSES,
            "LOCATION": BLOCKS,
        },
        last - first,
    )


def test_a_file_with_all_the_keys_before_it_holds_everything(look: Callable[..., Proposal]) -> None:
    extract = only(look(**{"incidents_2024-03-01": incidents(0, 50), "incidents_2024-04-01": incidents(0, 80)}))
    assert extract.holds == '"everything"'


def test_files_without_a_common_key_are_changes(look: Callable[..., Proposal]) -> None:
    extract = only(look(**{"incidents_2024-03-01": incidents(0, 50), "incidents_2024-04-01": incidents(50, 90)}))
    assert (extract.holds, extract.holds_why) == ('"changes"', "the files do not overlap")


def test_a_file_with_events_after_the_day_in_its_name_gets_its_newest_event(look: Callable[..., Proposal]) -> None:
    extract = only(look(**{"incidents_2024-02-01": incidents(0, 60)}))
    assert extract.extract_dates == {"incidents_2024-02-01.csv": date(2024, 2, 29)}
    assert "46.7% of its events lie after 2024-02-01" in extract.notes[0]


def test_a_layout_without_a_key_gets_a_feed_of_its_own(look: Callable[..., Proposal], tmp_path: Path) -> None:
    street = {"Count": ["1"] * 9 + ["-1"], "Description": OFFENSES, "ILEADSAddress": ["1200", "0"]}
    rest = {"ILEADSStreet": ["OAK AVE", "MAIN ST / 5TH ST"], "XCoord": ["896011.4", "0"], "YCoord": ["1020706", "0"]}
    old = {"MonthReportedtoMSHP": ["2013-01"], "DateOccured": day("%m/%d/%Y %H:%M"), "NewCrimeIndicator": ["Y"]}
    new = {
        "Complaint": number("13-"),
        "CodedMonth": ["2013-02"],
        "DateOccur": day("%m/%d/%Y %H:%M"),
        "FlagCrime": ["Y"],
    }
    proposal = look(january2013=table(old | street | rest), february2013=table(new | street | rest))
    extract = only(proposal)
    assert [(feed.key, feed.layouts) for feed in extract.feeds] == [
        ("incident_id", ("layout_1",)),
        ("row", ("layout_2",)),
    ]
    assert extract.layouts[1].columns == {
        "CodedMonth": "MonthReportedtoMSHP",
        "DateOccur": "DateOccured",
        "FlagCrime": "NewCrimeIndicator",
    }
    # No file is older than its events, whatever its name. Feet are no degrees: said, not mapped.
    assert extract.extract_dates == {"february2013.csv": date(2019, 3, 21), "january2013.csv": date(2019, 3, 21)}
    assert all("longitude" not in filled(feed) for feed in extract.feeds)
    assert any("add longitude = XCoord" in note for note in extract.feeds[0].notes)
    path = tmp_path / "office.toml"
    path.write_text(render(proposal), encoding="utf-8")
    feeds = load_office(path).extracts[extract.name].feeds
    assert feeds[1].key == "row"
    assert feeds[0].columns["address"] == "concat_ws(' ', nullif(\"ILEADSAddress\", '0'), \"ILEADSStreet\")"


def test_a_count_of_minus_one_is_a_reversal(look: Callable[..., Proposal]) -> None:
    crimes = {
        "Complaint": lambda n: f"14-{n // 2:04d}" if n % 10 < 2 else f"14-{n:04d}",
        "DateOccur": lambda n: f"01/{n // 2 % 28 + 1:02d}/2014 10:00" if n % 10 < 2 else "01/01/2014 11:00",
        "Count": lambda n: "-1" if n % 10 == 1 else "1",
        "Description": ["LARCENY", "LARCENY", *OFFENSES],
        "Street Address": ["1200 OAK AVE"],
    }
    feed = only(look(crime=table(crimes))).feeds[0]
    assert (feed.reversal_when, feed.reversal_match) == ("trim(\"Count\") = '-1'", ("incident_id",))


def test_codes_are_counted_on_all_rows_and_layouts_keep_their_formats(
    look: Callable[..., Proposal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "SAMPLE_ROWS", 20)
    crimes = {"Incident Number": number("A"), "Offense": OFFENSES, "Address": BLOCKS}
    old = table({"Occurred": day("%m/%d/%Y"), **crimes, "Beat": ["1"]})
    new = table({"Occurred Date": day("%Y-%m-%d"), **crimes})
    extract = only(look(**{"incidents_2019-05-01": old, "incidents_2019-06-01": new}))
    assert extract.date_formats == ("%Y-%m-%d", "%m/%d/%Y")
    assert extract.codes["offense_category"].rows == 2 * ROWS
    assert [rows for _, _, rows in extract.codes["offense_category"].mapped] == [2 * ROWS // 4] * 4
    assert extract.layouts[1].columns == {"Occurred Date": "Occurred"}


def test_a_column_that_may_hold_names_shows_none(look: Callable[..., Proposal]) -> None:
    people = {"Incident Number": number("A"), "Occurred": day("%Y-%m-%d"), "Offense": OFFENSES, "Address": BLOCKS}
    text = render(look(incidents=table(people | {"Reported By": ["Zzyxleak", "Qwertleak"]})))
    assert "leak" not in text
    assert "Reported By" in text


def test_one_row_per_charge_fills_charges_cases_and_defendants(look: Callable[..., Proposal]) -> None:
    charges = {
        "case_id": lambda n: f"C{n // 4}",
        "case_participant_id": lambda n: f"P{n // 2}",
        "charge_id": lambda n: f"{n // 4}-{n % 2}",
        "primary_charge": ["true", "false"],
        "charge_offense_title": ["RETAIL THEFT", "BATTERY"],
        "class": ["4", "A"],
        "event_date": day("%Y-%m-%d"),
        "race": ["Black", "White [Hispanic or Latino]"],
        "gender": ["Male", "Female"],
        "age_at_incident": ["31", "22"],
    }
    extract = only(look(initiation=table(charges)))
    assert [(feed.table, feed.key, feed.where) for feed in extract.feeds] == [
        ("charges", "charge_id", ""),
        ("cases", "case_id", ""),
        ("cases", "case_id", "\"primary_charge\" = 'true'"),
        ("defendants", "defendant_id", ""),
    ]
    assert filled(extract.feeds[0])["charge_id"] == ("case_participant_id", "charge_id")
    assert filled(extract.feeds[1])["case_id"] == ("case_participant_id",)
    assert filled(extract.feeds[1])["filed_date"] == ("event_date",)
    assert extract.codes["race_ethnicity"].share == 1


def test_a_person_arrested_twice_is_two_arrests(look: Callable[..., Proposal]) -> None:
    arrests = {
        "arrest_datetime": lambda n: f"2024-01-{n // 3 % 28 + 1:02d}T{n // 3 % 24:02d}:31:00Z",
        "id": lambda n: str(n // 3 % 18),
        "statute_description": ["FIREARM: USE IN FELONY", "LARCENY"],
        "address": BLOCKS,
        "sex": ["Male", "Female"],
    }
    extract = only(look(arrests=table(arrests)))
    assert filled(extract.feeds[0])["arrest_id"] == ("id", "arrest_datetime")
    assert extract.timezone == "UTC"


def test_times_are_held_against_the_hour_beside_them(look: Callable[..., Proposal]) -> None:
    def crimes(ahead: int) -> str:
        return table(
            {
                "IncidentID": lambda n: f"{ahead}{n:05d}",
                "DateReported": lambda n: f"{START + timedelta(days=n, hours=ahead):%Y/%m/%d %H:%M:%S}+00",
                "HourReported": ["1420"],
                "Offense": OFFENSES,
                "Address": BLOCKS,
            }
        )

    notes = only(look(**{"crime_2020-01-01": crimes(0), "crime_2020-02-01": crimes(4)})).notes
    assert notes == (
        "crime_2020-01-01.csv: DateReported agrees with HourReported: local times in spite of their offset",
        "crime_2020-02-01.csv: DateReported is 4 h ahead of HourReported: UTC if that is local",
    )


def test_one_time_in_two_files_that_differ_by_hours_is_said(look: Callable[..., Proposal]) -> None:
    def cases(ahead: int) -> dict[str, list[str] | Callable[[int], str]]:
        return {
            "case_participant_id": number("P"),
            "arrest_date": lambda n: f"{START + timedelta(days=n, hours=ahead):%Y-%m-%d %H:%M:%S}",
            "offense_category": OFFENSES,
        }

    proposal = look(
        intake=table(cases(4) | {"received_date": day("%Y-%m-%d"), "felony_review_result": ["Approved", "Rejected"]}),
        initiation=table(cases(0) | {"charge_id": number("C"), "event_date": day("%Y-%m-%d"), "class": ["4"]}),
    )
    said = "arrest_date of intake is always 4 h ahead of initiation for the same case_participant_id"
    assert all(any(note.startswith(said) for note in extract.notes) for extract in proposal.extracts)
    assert len(proposal.extracts) == 2


@pytest.mark.parametrize("header", ["FBI_NO", "FBI Number", "fbi", "UCN", "FBI ID", "Universal Control Number"])
def test_an_fbi_number_is_known_by_its_headers(look: Callable[..., Proposal], header: str) -> None:
    arrests = {
        "Arrest No": number("A"),
        "Arrest Date": day("%Y-%m-%d"),
        "SID": number("MA10"),
        header: number("77112AA"),
        "Last Name": ["Quartzman", "Obsidian"],
        # The FBI's code of an offense is no number of a person.
        "FBI Code": ["06", "08B"],
    }
    columns = filled(only(look(arrests=table(arrests))).feeds[0])
    assert {name: columns[name][0] for name in ("state_id", "fbi_id")} == {"state_id": "SID", "fbi_id": header}


def test_nothing_about_a_person_is_in_the_text(look: Callable[..., Proposal]) -> None:
    people = {
        "Arrest No": number("A"),
        "Arrest Date": day("%Y-%m-%d"),
        "Last Name": ["Zzyxleak"],
        "First Name": ["Qwertleak"],
        "DOB": ["04/05/1991"],
        "MNI": number("MNI77"),
        "Race": ["B"] * 30 + ["Zzyxleak"],
        "Sex": ["M", "F"],
        "Top Charge": ["THEFT"] * 40 + ["Vvornleak"],
        "Arrest Location": ["1234 LEAKWATER ST"],
        "Home Address": ["99 LEAKWATER ST"],
    }
    proposal = look(bookings=table(people))
    text = render(proposal) + str(summary(proposal))
    assert [word for word in ("leak", "LEAK", "04/05", "MNI77", "1991") if word in text] == []
    # ... and the search finds what is there: the same value in more than a few rows of a code column is a code.
    assert "Vvornleak" in render(look(bookings=table(people | {"Top Charge": ["THEFT", "Vvornleak"]})))


def test_maps_and_lists_of_places_are_no_extracts(look: Callable[..., Proposal]) -> None:
    proposal = look(
        streets=table({"st_name": ["OAK"], "l_f_add": ["1"], "l_t_add": ["99"], "wkt": ["LINESTRING(0 0, 1 1)"]}),
        population=table({"GEOID": number("42"), "total_population": ["1947"]}),
        geocoded=table({"address": BLOCKS, "lat": ["38.0"], "lon": ["-78.5"], "formatted_address": BLOCKS}),
    )
    assert proposal.extracts == ()
    assert {reference.name: reference.what.split(":")[0] for reference in proposal.references} == {
        "streets.csv": "street segments with address ranges",
        "population.csv": "residents by area",
        "geocoded.csv": "answers of a geocoder",
    }


def test_a_file_nobody_can_read_is_named_and_the_rest_is_proposed(look: Callable[..., Proposal]) -> None:
    proposal = look(incidents=incidents(0, 40), empty="")
    assert list(proposal.unreadable) == ["empty.csv"]
    assert [extract.name for extract in proposal.extracts] == ["incidents"]
    load = render(proposal)
    assert "# empty.csv: could not be read" in load


DATES = {
    "one": (["2024-01-31", "2024-02-01"], ("%Y-%m-%d",), False),
    "two in one column": (
        ["2019-01-05", "2019-02-06", "1/15/2019 12:00:00 AM"],
        ("%Y-%m-%d", "%m/%d/%Y %I:%M:%S %p"),
        False,
    ),
    "with an offset": (["2014/01/01 14:14:00+00", "2014/01/02 01:00:00+00"], ("%Y/%m/%d %H:%M:%S%z",), True),
    "short hours": (["1/1/2006 0:01", "12/31/2013 23:59"], ("%m/%d/%Y %H:%M",), True),
    "months by name": (["05-Jan-2023 15:54", "28-Feb-2023 00:10"], ("%d-%b-%Y %H:%M",), True),
    "day first": (["13/01/2024", "02/03/2024"], ("%d/%m/%Y",), False),
    "no separators": (["20240131", "20231201"], ("%Y%m%d",), False),
    "two-digit years": (["1/15/19", "2/28/19"], ("%m/%d/%y",), False),
}


@pytest.mark.parametrize("kind", DATES)
def test_dates_are_read_by_the_formats_they_need(kind: str, shared: Bench) -> None:
    values, formats, has_time = DATES[kind]
    shared.connection.execute("create or replace temp table said (d varchar)")
    shared.connection.executemany("insert into said values (?)", [[value] for value in values])
    found = read_dates(shared.connection, "said", "d", tuple(values))
    assert found is not None
    assert (set(found.formats), found.share, found.has_time) == (set(formats), 1, has_time)


def test_a_day_that_could_be_a_month_is_said(shared: Bench) -> None:
    shared.connection.execute("create or replace temp table said as select '03/04/2024' as d")
    found = read_dates(shared.connection, "said", "d", ("03/04/2024",))
    assert found is not None
    assert (found.formats, found.ambiguous) == (("%m/%d/%Y",), "no day over 12 tells %m/%d/%Y from %d/%m/%Y")


@pytest.mark.parametrize("values", [("121000", "20305"), ("1200 OAK AVE", "300 MAIN ST"), ("0810", "1430")])
def test_codes_addresses_and_hours_are_no_dates(values: tuple[str, ...], shared: Bench) -> None:
    shared.connection.execute("create or replace temp table said (d varchar)")
    shared.connection.executemany("insert into said values (?)", [[value] for value in values])
    assert read_dates(shared.connection, "said", "d", values) is None


# NIBRS codes and titles: FBI, National Incident-Based Reporting System User Manual.
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Larceny - From Motor Vehicle", "theft"),
        ("Theft From Motor Vehicle", "theft"),
        ("Motor Vehicle Theft", "motor_vehicle_theft"),
        ("auto-theft", "motor_vehicle_theft"),
        ("AGG.ASSAULT-FIREARM/CITIZEN ADULT 1ST DEGREE", "aggravated_assault"),
        ("ASSAULT W/DANGEROUS WEAPON", "aggravated_assault"),
        ("FELONY ASSAULT", "aggravated_assault"),
        ("Assault Simple", "simple_assault"),
        ("Attempt Homicide", "aggravated_assault"),
        ("MURDER & NON-NEGL. MANSLAUGHTER", "homicide"),
        ("STLG BY DECEIT/IDENTITY THEFT REPORT", "theft"),
        ("SEX OFFNS-CHILD MOLESTATION", "sexual_assault"),
        ("Hit and Run", "traffic"),
        ("Fires Not Arson", "other"),
        ("Driving Under the Influence", "driving_under_influence"),
        ("UUW - Unlawful Use of Weapon", "weapons"),
        ("DANGEROUS DRUGS", "drugs"),
        ("DESTRUCTION OF PROPERTY-MALICIOUS/PRIV PROP", "vandalism"),
        ("SEXUAL ASSAULT", "sexual_assault"),
        ("MURDER - ATTEMPTED", "aggravated_assault"),
        ("NON CRIMINAL", "other"),
        ("BURGLARY - NON-RESIDENTIAL", "burglary"),
        ("FAIL TO REGISTER AS SEX OFFENDER", "other"),
        ("ASSAULT, NON-AGGRAVATED", "simple_assault"),
    ],
)
def test_offenses_are_known_by_their_words(theirs: str, ours: str) -> None:
    found = propose_codes(model.table("incidents").column("offense_category"), ((theirs, 9),))
    assert [mapped for _, mapped, _ in found.mapped] == [ours]


@pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [
        ("disposition", "GUILTY - JURY", "guilty_trial"),
        ("disposition", "NOT GUILTY", "not_guilty"),
        ("disposition", "Acquitted after verdict", "not_guilty"),
        ("disposition", "NO TRUE BILL", "dismissed"),
        ("disposition", "NOT CONVICTED", None),
        ("disposition", "NON-CONVICTION", None),
        ("disposition", "CONVICTION VACATED", None),
        ("disposition", "PLED NOT GUILTY", None),
        ("disposition", "PLEA WITHDRAWN", None),
        ("race_ethnicity", "White (Non-Hispanic)", "white"),
        ("race_ethnicity", "White [Hispanic or Latino]", "hispanic"),
        ("race_ethnicity", "NOT HISPANIC OR LATINO", None),
        ("severity", "NON-FELONY", None),
        ("screen_result", "Not Accepted", "rejected"),
        ("decision_type", "HELD WITHOUT BAIL", "detained"),
        ("exit_status", "Unsuccessful", "failed"),
        ("arrest_type", "NON-CUSTODIAL", None),
    ],
)
def test_what_is_denied_is_not_taken_for_it(name: str, theirs: str, ours: str | None) -> None:
    column = next(column for table in model.TABLES for column in table.columns if column.name == name)
    found = propose_codes(column, ((theirs, 9),))
    assert [mapped for _, mapped, _ in found.mapped] == ([ours] if ours else [])


def test_codes_are_exact_values_that_are_no_patterns(look: Callable[..., Proposal], tmp_path: Path) -> None:
    offenses = ["THEFT *", "ASSAULT [SIMPLE]", 'ROBBERY "GUN"?', "BURGLARY\x7f\\"]
    crimes = {"Incident Number": number("A"), "Occurred": day("%Y-%m-%d"), "Address": BLOCKS}
    rare = lambda n: "SEXUAL ASSAULT" if n < 4 else offenses[n % 4]  # noqa: E731
    proposal = look(incidents=table(crimes | {"Offense": rare}))
    path = tmp_path / "office.toml"
    path.write_text(render(proposal), encoding="utf-8")
    assert load_office(path).extracts["incidents"].codes["offense_category"] == {
        "ASSAULT [[]SIMPLE]": "simple_assault",
        "BURGLARY\x7f\\": "burglary",
        'ROBBERY "GUN"[?]': "robbery",
        "THEFT [*]": "theft",
    }
    assert "SEXUAL" not in path.read_text(encoding="utf-8")
    assert "fewer than 5 rows each, 4 rows in all" in path.read_text(encoding="utf-8")


def test_a_map_of_codes_ends_somewhere() -> None:
    found = propose_codes(
        model.table("incidents").column("offense_category"), tuple((f"THEFT {n}", 5) for n in range(500))
    )
    assert (len(found.mapped), found.unlisted_rows, found.known) == (400, 500, 1)


@pytest.mark.parametrize("name", ["REF_NO", "ReferralNum", "Referral Key", "REFERRAL_NBR", "ref id"])
def test_the_number_of_a_referral_is_its_key(name: str, look: Callable[..., Proposal]) -> None:
    referrals = {"Case No": number("C"), name: number("R"), "Received": day("%Y-%m-%d"), "Offense": OFFENSES}
    feed = only(look(referrals=table(referrals | {"Decision": ["Accepted", "Rejected"]}))).feeds[0]
    assert (feed.table, filled(feed)["referral_id"], filled(feed)["case_id"]) == ("referrals", (name,), ("Case No",))


@pytest.mark.parametrize(
    ("file", "number_of", "when", "why"),
    [
        ("traffic_stops", "Stop ID", "Stop Date", "Reason for Stop"),
        ("field_interviews", "Contact Number", "Contact Date", "Stop Reason"),
        ("stops_2024", "STOP_NO", "DateOfStop", "STOP_BASIS"),
    ],
)
def test_a_file_of_stops_is_known(
    file: str, number_of: str, when: str, why: str, look: Callable[..., Proposal]
) -> None:
    stops = {number_of: number("S"), when: day("%Y-%m-%d"), why: ["SPEEDING", "EQUIPMENT"], "Subject Race": ["B", "W"]}
    feed = only(look(**{file: table(stops | {"Searched": ["Y", "N"], "Location": BLOCKS})})).feeds[0]
    assert (feed.table, feed.key) == ("stops", "stop_id")
    expected = {"stop_id": number_of, "stop_date": when, "reason": why, "is_search": "Searched", "address": "Location"}
    assert {ours: filled(feed).get(ours) for ours in expected} == {ours: (name,) for ours, name in expected.items()}


def test_a_list_of_bus_stops_is_none(look: Callable[..., Proposal]) -> None:
    stops = {
        "Stop ID": number("S"),
        "Stop Name": BLOCKS,
        "Route": ["1", "7"],
        "Location": BLOCKS,
        "Date": day("%Y-%m-%d"),
    }
    assert [feed.table for extract in look(bus_stops=table(stops)).extracts for feed in extract.feeds] == []


def unkeyed(first: int, last: int, corrected: int = -1) -> str:
    return table(
        {
            "Occurred": lambda n: f"{date(2024, 1, 1) + timedelta(days=first + n):%Y-%m-%d}",
            "Offense": lambda n: "ARSON" if n == corrected else OFFENSES[n % 4],
            "Address": BLOCKS,
        },
        last - first,
    )


def test_whole_files_without_a_key_hold_everything(look: Callable[..., Proposal]) -> None:
    extract = only(look(**{"incidents_2024-03-01": unkeyed(0, 50), "incidents_2024-04-01": unkeyed(0, 80, 7)}))
    assert (extract.feeds[0].key, extract.holds) == ("row", '"everything"')
    assert "at least 98.0% of the whole rows" in extract.holds_why
    assert "a corrected row is one gone and one new" in extract.holds_why


def test_files_without_a_key_that_forget_their_past_are_a_window(look: Callable[..., Proposal]) -> None:
    extract = only(look(**{"incidents_2024-03-01": unkeyed(0, 60), "incidents_2024-04-01": unkeyed(4, 80)}))
    assert extract.holds == '{ window = "occurred_date" }'


def test_a_table_that_two_extracts_fill_is_said(look: Callable[..., Proposal]) -> None:
    old = {"CCN": number("B"), "START_DATE": day("%m/%d/%Y"), "OFFENSE": OFFENSES, "BLOCK": BLOCKS, "PSA": ["1"]}
    proposal = look(crimes=incidents(0, 40), legacy=table(old))
    said = [note.split(": ")[:2] for note in notes(proposal) if ": fills" in note]
    assert said == [["crimes", "fills incidents, as legacy does"], ["legacy", "fills incidents, as crimes does"]]
    assert "# Mind: fills incidents, as legacy does" in render(proposal)


def test_nibrs_codes_are_known_and_other_numbers_are_not_taken_for_them() -> None:
    offense = model.table("incidents").column("offense_category")
    nibrs = propose_codes(offense, (("13A", 5), ("23H", 5), ("120", 5), ("200", 5), ("90Z", 5)))
    assert list(nibrs.mapped) == [
        ("120", "robbery", 5),
        ("13A", "aggravated_assault", 5),
        ("200", "arson", 5),
        ("23H", "theft", 5),
        ("90Z", "other", 5),
    ]
    assert nibrs.share == 1
    own = propose_codes(offense, (("100", 5), ("120", 4), ("200", 5)))
    assert (own.known, own.unplaced, own.rare_rows) == (0, (("100", 5), ("200", 5)), 4)


# What the true office.toml of the county says in other words: constants, expressions, rows told apart by `where`.
BEYOND = {
    ("cms_matters", "court"),
    ("cms_matters", "disposition_severity"),
    # The title says it in words.
    ("cms_counts", "offense_category"),
    ("cms_counts", "is_primary"),
    ("strategy_tracker", "end_date"),
}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    write_county(folder, incidents=1000)
    return folder


def test_the_fictional_county_is_proposed_as_it_is(county: Path) -> None:
    true = load_office(county / "office.toml")
    proposal = propose([county / "raw"])
    by_file = {file: extract for extract in proposal.extracts for file in extract.files}
    compared, wrong = 0, []
    for name, extract in true.extracts.items():
        path = min(true.raw_dir.glob(extract.files[0]))
        found = by_file[str(path.relative_to(true.raw_dir))]
        for feed in (feed for feed in extract.feeds if feed.table != "commitments"):
            got = {
                ours: columns
                for mine in found.feeds
                if mine.table == feed.table
                for ours, columns in filled(mine).items()
            }
            for ours, theirs in feed.columns.items():
                column = (theirs[6:-1] if theirs.startswith("lower(") else theirs).strip('"')
                if (name, ours) not in BEYOND and any(got.values()):
                    compared += 1
                    as_day = ours.replace("_at", "_date") if ours.endswith("_at") else ours
                    wrong += [] if got.get(ours, got.get(as_day)) == (column,) else [(name, ours, theirs)]
    # A column without a value says nothing: nobody of a small county was given notice.
    assert [item for item in wrong if item[1] not in ("notice_date", "contested_on", "contest_decided_on")] == []
    assert compared > 270


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "incidents.csv").write_text(incidents(0, 40), encoding="utf-8")
    out = tmp_path / "office.toml"
    run = CliRunner()
    said = run.invoke(cli.app, ["init", str(tmp_path / "incidents.csv"), "--out", str(out), "--name", "Test"])
    assert said.exit_code == 0
    assert "INCIDENT_NO" in said.stdout
    assert load_office(out).office.name == "Test"
    written = out.read_bytes()
    again = run.invoke(cli.app, ["init", str(tmp_path / "incidents.csv"), "--out", str(out)])
    assert (again.exit_code, out.read_bytes() == written) == (2, True)
    missing = run.invoke(cli.app, ["init", str(tmp_path / "nowhere"), "--out", str(tmp_path / "other.toml")])
    assert (missing.exit_code, (tmp_path / "other.toml").exists()) == (2, False)
