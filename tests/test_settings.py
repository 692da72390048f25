"""office.toml: every typo is refused with the nearest known key, every wrong value in one line, every path absolute."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution.settings import Office, SettingsError, load_office, nearest

OFFICE = '[office]\nname = "Riverton"\ntimezone = "America/New_York"\ncrs = "EPSG:26986"\n'
EXTRACT = '[extracts.police]\nfiles = "incidents/*.csv"\n'
FEED = (
    '[[extracts.police.feeds]]\ntable = "incidents"\nkey = "incident_id"\n'
    'columns = { incident_id = "NO", offense_category = "OFFENSE" }\n'
)
POPULATION = '[places.population]\nfile = "p.csv"\nlayer = "district"\narea_id = "D"\ntotal = "T"\n'
AREAS = '[[places.areas]]\nlayer = "district"\nfile = "d.geojson"\nid = "D"\n'


@pytest.fixture
def office_toml(tmp_path: Path) -> Path:
    return tmp_path / "office.toml"


def load(path: Path, *parts: str) -> Office:
    path.write_text("".join(parts), encoding="utf-8")
    return load_office(path)


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        (f"{OFFICE}[hotspot]\ncell_m = 150\n", "hotspot", "hotspots"),
        (f'{OFFICE}tiemzone = "UTC"\n', "office.tiemzone", "timezone"),
        (f'{OFFICE}{EXTRACT}encodin = "utf-8"\n{FEED}', "extracts.police.encodin", "encoding"),
        (f'{OFFICE}{EXTRACT}{FEED}were = "x"\n', "extracts.police.feeds.0.were", "where"),
        (f'{OFFICE}[places]\nstreet = "s"\n', "places.street", "streets"),
        (f'{OFFICE}[places.streets]\nfile = "s"\ncolumn = {{}}\n', "places.streets.column", "columns"),
        (f'{OFFICE}{AREAS}titel = "x"\n', "places.areas.0.titel", "title"),
        (f'{OFFICE}{AREAS}{POPULATION}totl = "x"\n', "places.population.totl", "total"),
        (f"{OFFICE}[hotspots]\ncellm = 150\n", "hotspots.cellm", "cell_m"),
        (f"{OFFICE}[groups]\nexpire_days = 30\n", "groups.expire_days", "expiry_days"),
        (f"{OFFICE}[metrics]\nheadlines = []\n", "metrics.headlines", "headline"),
        (f'{OFFICE}[[breaks]]\ndate = 2018-06-01\nwhat = "x"\ntables = []\ntable = 1\n', "breaks.0.table", "tables"),
        (f"{OFFICE}[release]\nmin_cel = 5\n", "release.min_cel", "min_cell"),
        (f'{OFFICE}[warehouse]\nrecord_key_env = "K"\n', "warehouse.record_key_env", "records_key_env"),
    ],
)
def test_a_mistyped_key_is_refused_with_the_nearest_known_one(office_toml: Path, text: str, key: str, meant: str):
    with pytest.raises(SettingsError) as caught:
        load(office_toml, text)
    assert str(caught.value) == f"office.toml: unknown key [{key}]; did you mean [{meant}]?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            FEED.replace('"incidents"', '"incident"'),
            "[incident] is not one an extract can fill; did you mean [incidents]?",
        ),
        (
            FEED.replace("offense_category", "offence_category"),
            "no column [offence_category]; did you mean [offense_category]?",
        ),
        (
            FEED.replace('key = "incident_id"', 'key = "NO"'),
            'key [NO] of table [incidents] must be "incident_id" or "row"',
        ),
        (FEED.replace('incident_id = "NO", ', ""), "maps no column to its key [incident_id]"),
        (f'{FEED}order_by = ["reported_at"]\n', "order_by [reported_at] is not among the columns"),
        (
            f'{FEED}[extracts.police.codes.ofense_category]\nX = "theft"\n',
            "no feed maps; did you mean [offense_category]?",
        ),
        (
            f'{FEED}[extracts.police.codes.offense_category]\nX = "thefts"\n',
            "[thefts] is no value of incidents.offense_category; did you mean [theft]?",
        ),
    ],
    ids=["table", "column", "key", "key not mapped", "order_by", "codes of what", "codes to what"],
)
def test_a_feed_fits_the_model(office_toml: Path, text: str, said: str):
    with pytest.raises(SettingsError) as caught:
        load(office_toml, OFFICE, EXTRACT, text)
    assert said in str(caught.value)
    assert str(caught.value).startswith("office.toml: extracts.police")


def test_codes_may_map_to_any_value_of_the_model(office_toml: Path):
    codes = '[extracts.police.codes.offense_category]\n"HOM*" = "homicide"\n"?" = "unknown"\n'
    office = load(office_toml, OFFICE, EXTRACT, FEED, codes)
    assert office.extracts["police"].codes == {"offense_category": {"HOM*": "homicide", "?": "unknown"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("office = 3\n", "office: Input should be a valid dictionary"),
        (OFFICE.replace('"Riverton"', "3"), "office.name: Input should be a valid string"),
        (OFFICE.replace('name = "Riverton"\n', ""), "key [office.name] is missing"),
        (OFFICE.replace("America/New_York", "Mars/Olympus"), "time zone [Mars/Olympus] is not known"),
        (OFFICE.replace("EPSG:26986", "EPSG:1"), "office.crs: [EPSG:1] is not known"),
        (OFFICE.replace("EPSG:26986", "EPSG:4326"), "[EPSG:4326] is not a projected system in metres"),
        (OFFICE.replace("EPSG:26986", "EPSG:2272"), "[EPSG:2272] is not a projected system in metres"),
        (f"{OFFICE}settle_seconds = -1\n", "office.settle_seconds: Input should be greater than or equal to 0"),
        (f'{OFFICE}[release]\nmin_cell = "ten"\n', "release.min_cell: Input should be a valid integer"),
        (f"{OFFICE}[release]\nmin_cell = 1\n", "release.min_cell: Input should be greater than or equal to 2"),
        (f"{OFFICE}[groups]\nexpiry_days = 1826\n", "groups.expiry_days: Input should be less than or equal to 1825"),
        (f"{OFFICE}[hotspots]\nwindows_days = [0]\n", "hotspots.windows_days.0: Input should be greater than 0"),
        (f"{OFFICE}[hotspots]\nwindows_days = []\n", "hotspots.windows_days: Tuple should have at least 1 item"),
        (f'{OFFICE}[hotspots.categories]\nguns = ["weapon"]\n', "no offense [weapon]; did you mean [weapons]?"),
        (f'{OFFICE}[warehouse]\nmemory_limit = "lots"\n', '[lots] is no amount of memory; write it like "2GB"'),
        (
            f'{OFFICE}[[breaks]]\ndate = 2018-06-01\nwhat = "x"\ntables = ["case"]\n',
            "no table [case]; did you mean [cases]?",
        ),
        (
            f'{OFFICE}[release]\nsmallest_public_area = "distrct"\n{AREAS}',
            "[distrct] is no layer of places.areas; did you mean [district]?",
        ),
        (f"{OFFICE}{POPULATION}", "places.population.layer [district] is no layer of places.areas"),
        (f'{OFFICE}[groups.drug_market]\nareas = ["D1"]\n', "groups.drug_market has areas and no layer"),
        (
            f'{OFFICE}{AREAS}[groups.drug_market]\nlayer = "distrct"\n',
            "groups.drug_market.layer [distrct] is no layer of places.areas; did you mean [district]?",
        ),
        (
            f'{OFFICE}{AREAS}{POPULATION}race_ethnicity = {{ blak = "B" }}\n',
            "[blak] is no race_ethnicity; did you mean [black]?",
        ),
        (f'{OFFICE}[extracts."Police RMS"]\nfiles = "x"\nfeeds = []\n', "extract name [Police RMS]: use lower-case"),
        (
            f'{OFFICE}{EXTRACT}holds = "all"\n{FEED}',
            'extracts.police.holds: [all] must be "everything", "changes" or {',
        ),
        (f'{OFFICE}{EXTRACT}timezone = "X/Y"\n{FEED}', "extracts.police.timezone: time zone [X/Y] is not known"),
        (f"{OFFICE}{EXTRACT}", "key [extracts.police.feeds] is missing"),
        (
            f'{OFFICE}{EXTRACT}extract_date = "file name"\n{FEED}',
            'extract_date: [file name] must be a date, "filename" or { column = "..." }',
        ),
        (
            f"{OFFICE}{EXTRACT}extract_date = {{}}\n{FEED}",
            'extract_date: [{}] must be a date, "filename" or { column = "..." }',
        ),
        (
            f'{OFFICE}{EXTRACT}extract_date = {{ colum = "A" }}\n{FEED}',
            'must be a date, "filename" or { column = "..." }',
        ),
        (f'path = "elsewhere"\n{OFFICE}', "[path] and [fingerprint] are not settings; remove them"),
        ("[office\n", "not valid TOML"),
    ],
)
def test_a_wrong_value_is_one_line_that_says_where(office_toml: Path, text: str, said: str):
    with pytest.raises(SettingsError) as caught:
        load(office_toml, text)
    message = str(caught.value)
    assert message.startswith("office.toml: ") and said in message and "\n" not in message


def test_a_headline_has_at_most_twelve_metrics(office_toml: Path):
    names = ", ".join(f'"m{n}"' for n in range(13))
    with pytest.raises(SettingsError, match=r"metrics\.headline: .* at most 12"):
        load(office_toml, OFFICE, f"[metrics]\nheadline = [{names}]\n")


@pytest.mark.parametrize(
    ("written", "read"),
    [("2024-02-29", date(2024, 2, 29)), ('"filename"', "filename"), ('{ column = "MADE" }', {"column": "MADE"})],
)
def test_three_ways_to_date_an_extract(office_toml: Path, written: str, read: object):
    office = load(office_toml, OFFICE, EXTRACT, f"extract_date = {written}\n", FEED)
    assert office.extracts["police"].extract_date == read


def test_files_may_be_one_pattern_or_several_and_person_keys_belong_to_a_system(office_toml: Path):
    court = f'[extracts.court]\nfiles = ["a.csv", "b/*.csv"]\nsystem = "cms"\n{FEED.replace("police", "court")}'
    office = load(office_toml, OFFICE, EXTRACT, FEED, court)
    assert office.extracts["police"].files == ("incidents/*.csv",)
    assert office.extracts["court"].files == ("a.csv", "b/*.csv")
    assert (office.extracts["police"].system, office.extracts["court"].system) == ("police", "cms")


def test_paths_are_absolute_from_the_folder_of_the_file(
    office_toml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EXTRACTS", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path.parent)
    office = load(office_toml, OFFICE, 'raw_dir = "${EXTRACTS}/raw"\n')
    assert office.path == office_toml
    assert office.raw_dir == tmp_path / "elsewhere" / "raw"
    assert office.processed_dir == tmp_path / "data" / "processed"
    assert office.records_path == tmp_path / "data" / "processed" / "records.duckdb"
    assert office.desk_path == tmp_path / "data" / "processed" / "desk.duckdb"
    assert office.resolve("~/streets.geojson") == tmp_path / "home" / "streets.geojson"
    assert office.resolve("../shared/x.csv") == tmp_path.parent / "shared" / "x.csv"
    assert office.resolve("/srv/x.csv") == Path("/srv/x.csv")


@pytest.mark.parametrize("written", ["$NOWHERE_SET/raw", "${NOWHERE_SET}/raw"])
def test_a_path_needs_its_environment_variable(office_toml: Path, written: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NOWHERE_SET", raising=False)
    office = load(office_toml, OFFICE, f'raw_dir = "{written}"\n')
    with pytest.raises(SettingsError) as caught:
        _ = office.raw_dir
    assert str(caught.value) == f"office.toml: path [{written}] needs the environment variable NOWHERE_SET; set it"


def test_a_missing_file_says_how_to_name_it(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"nope\.toml: cannot be read .*; give its path with --office"):
        load_office(tmp_path / "nope.toml")


def test_a_file_in_another_encoding_is_no_toml(office_toml: Path):
    office_toml.write_bytes(OFFICE.replace("Riverton", "Rivertón").encode("latin-1"))
    with pytest.raises(SettingsError, match=r"office\.toml: not valid TOML"):
        load_office(office_toml)


def test_the_fingerprint_is_that_of_the_bytes(office_toml: Path):
    first = load(office_toml, OFFICE).fingerprint
    assert first == hashlib.sha256(office_toml.read_bytes()).hexdigest()
    assert load(office_toml, OFFICE).fingerprint == first
    assert load(office_toml, OFFICE, "# a comment\n").fingerprint != first


def test_settings_are_frozen(office_toml: Path):
    office = load(office_toml, OFFICE)
    with pytest.raises(ValueError, match="frozen"):
        office.release = None


def test_nearest_names_one_or_lists_or_says_nothing():
    assert nearest("incidnts", ["incidents", "arrests"]) == "; did you mean [incidents]?"
    assert nearest("zzz", ["incidents", "arrests"]) == "; known: arrests, incidents"
    assert nearest("zzz", []) == ""
