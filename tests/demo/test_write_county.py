"""The county on disk: the same arguments give the same bytes, and office.toml fits the files it names."""

import csv
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.demo import HEAVY, County, write_county
from strategic_prosecution.settings import Extract, load_office


def fingerprints(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of last change of every file below a folder."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def read(path: Path, extract: Extract) -> pd.DataFrame:
    # Python's own reader as the oracle: pandas would guess types, and pads short lines.
    with path.open(encoding=extract.encoding, newline="") as handle:
        header, *rows = csv.reader(handle, delimiter=extract.delimiter or ",")
    return pd.DataFrame([row for row in rows if len(row) == len(header)], columns=header)


def test_same_arguments_give_the_same_bytes_and_rewrite_nothing(county: County, tmp_path: Path) -> None:
    before = fingerprints(county.folder)
    inodes = {path: path.stat().st_ino for path in county.extracts}
    assert write_county(county.folder, incidents=2000) == county
    assert fingerprints(county.folder) == before
    assert {path: path.stat().st_ino for path in county.extracts} == inodes
    write_county(tmp_path, incidents=2000)
    assert fingerprints(tmp_path) == before


def test_another_seed_or_level_is_another_county(county: County, tmp_path: Path) -> None:
    other = write_county(tmp_path, incidents=2000, seed=7, corruption=HEAVY)
    assert other.counts["incidents"] == county.counts["incidents"] == 2000
    assert (tmp_path / "raw/rms/incidents_2025-12-31.csv").read_bytes() != county.extracts[1].read_bytes()
    with_id = [
        pd.read_csv(each.raw_dir / "jail/bookings_2025-12-31.csv", encoding="latin-1")["SID"].notna().mean()
        for each in (county, other)
    ]
    assert with_id == pytest.approx([0.75, 0.5], abs=0.06)


def test_a_damaged_file_is_written_again(tmp_path: Path) -> None:
    county = write_county(tmp_path, incidents=1000)
    before = fingerprints(tmp_path)
    county.extracts[0].write_text("damaged")
    write_county(tmp_path, incidents=1000)
    assert fingerprints(tmp_path) == before


def test_files_carry_the_day_of_their_extract(county: County) -> None:
    days = {path.name: datetime.fromtimestamp(path.stat().st_mtime, UTC).date() for path in county.extracts}
    assert days["incidents_2025-11-30.csv"] == date(2025, 11, 30)
    assert days["SO_incidents_20251231.csv"] == date(2025, 12, 31)


def test_too_small_a_county_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\[999\] are too few"):
        write_county(tmp_path, incidents=999)
    assert list(tmp_path.iterdir()) == []


def test_sizes_follow_incidents(county: County) -> None:
    counts = county.counts
    # A small county has relatively more arrests: its groups still have to be met together.
    assert 0.2 < counts["arrests"] / counts["incidents"] < 0.4
    assert 0.12 < counts["cases"] / counts["incidents"] < 0.26
    assert counts["defendants"] == counts["cases"] <= counts["charges"]
    fed = {table.name for table in model.fed_tables()}
    assert set(counts) == fed - {"feuds"}
    assert all(count > 0 for count in counts.values())


def test_every_mapped_header_exists_and_every_file_is_named_by_an_extract(county: County) -> None:
    office = load_office(county.office_toml)
    named: list[Path] = []
    for name, extract in office.extracts.items():
        paths = sorted(path for pattern in extract.files for path in office.raw_dir.glob(pattern))
        assert paths, name
        named += paths
        for path in paths:
            header = set(read(path, extract).columns)
            for feed in extract.feeds:
                mapped = [text for text in feed.columns.values() if not any(mark in text for mark in "\"'(")]
                assert set(mapped) <= header, (name, set(mapped) - header)
    assert sorted(named) == sorted(county.extracts)
    assert {feed.table for extract in office.extracts.values() for feed in extract.feeds} == {
        table.name for table in model.fed_tables()
    }


def test_layers_that_office_toml_names_have_the_columns_it_names(county: County) -> None:
    places = load_office(county.office_toml).places
    assert places.streets and places.aliases and places.population
    for file, columns in (
        (places.streets.file, places.streets.columns.values()),
        (places.aliases.file, places.aliases.columns.values()),
        (
            places.population.file,
            [places.population.area_id, places.population.total, *places.population.race_ethnicity.values()],
        ),
    ):
        assert set(columns) <= set(pd.read_csv(county.folder / file, nrows=5).columns)


def test_vendors_differ_as_promised(county: County) -> None:
    raw = {path.relative_to(county.raw_dir).as_posix(): path.read_bytes() for path in county.extracts}
    assert raw["shooting_log/shootings_2025-12-31.csv"].startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in raw["sheriff/SO_incidents_20251231.csv"]
    with pytest.raises(UnicodeDecodeError):
        raw["jail/bookings_2025-12-31.csv"].decode("utf-8")
    raw["jail/bookings_2025-12-31.csv"].decode("latin-1")


def test_dates_are_readable_in_the_formats_office_toml_states(county: County) -> None:
    office = load_office(county.office_toml)
    sheriff = read(county.raw_dir / "sheriff/SO_incidents_20251231.csv", office.extracts["sheriff_incidents"])
    stated = office.extracts["sheriff_incidents"].date_formats[0]
    times = [datetime.strptime(text, stated) for text in sheriff["Event Date"]]
    assert min(times).year == 2023
    assert max(times) <= datetime(2025, 12, 31, 23, 59)
    reported = [datetime.strptime(text, stated) for text in sheriff["Reported"]]
    assert all(earlier <= later for earlier, later in pairwise(reported))


def test_shooting_log_is_utc_of_the_incident_files_local_time(county: County) -> None:
    log = pd.read_csv(county.raw_dir / "shooting_log/shootings_2025-12-31.csv", encoding="utf-8-sig")
    incidents = pd.read_csv(county.extracts[1], dtype=str, on_bad_lines="skip").drop_duplicates("INCIDENT_NO")
    both = log.merge(incidents, left_on="incident", right_on="INCIDENT_NO")
    assert len(both) == len(log)
    local = pd.to_datetime(both["OCCURRED"], format="%m/%d/%Y %H:%M")
    behind = (pd.to_datetime(both["occurred_utc"]).dt.tz_localize(None) - local).dt.total_seconds() / 3600
    # New York is 5 hours behind UTC in winter, 4 in summer; 2024-07-01 is summer, 2024-01-15 winter.
    summer = local.dt.month.isin([5, 6, 7, 8, 9])
    assert set(behind[summer]) == {4.0}
    assert set(behind[local.dt.month.isin([12, 1, 2])]) == {5.0}


def test_later_incident_file_holds_the_corrections(county: County) -> None:
    earlier, later = (
        pd.read_csv(path, dtype=str, keep_default_na=False, on_bad_lines="skip")
        .drop_duplicates("INCIDENT_NO", keep="first")
        .set_index("INCIDENT_NO")
        for path in county.extracts[:2]
    )
    corrections = pd.read_csv(county.truth_dir / "corrections.csv", dtype=str, keep_default_na=False)
    assert len(corrections) > 3
    same = earlier.index.intersection(later.index)
    assert len(same) == len(earlier)
    differs = {
        (number, column)
        for column in ("OFFENSE", "LOCATION", "WEAPON", "OCCURRED", "VICTIMS")
        for number in same[(earlier.loc[same, column] != later.loc[same, column]).to_numpy()]
    }
    assert differs == set(zip(corrections["incident_id"], corrections["column"], strict=True))
    for row in corrections.itertuples():
        assert (earlier.loc[row.incident_id, row.column], later.loc[row.incident_id, row.column]) == (
            row.before,
            row.after,
        )
