"""`init` on four cities' files against a truth read from the files by hand: right, wrong, unplaced."""

import os
from collections import Counter
from pathlib import Path

import pytest

from strategic_prosecution import extracts, warehouse
from strategic_prosecution.extracts.propose import Proposal, ProposedFeed, propose, render
from strategic_prosecution.settings import load_office

pytestmark = pytest.mark.realdata

# (table, layout or "") -> our column: their columns; several sets where each is right; () where the file has none.
# Columns in capitals of the second list must be right: when, where, what, and the key.
Truth = dict[tuple[str, str, str], dict[str, list[set[str]]]]
ESSENTIAL = ("key", "date", "address", "offense_category")


def one(*columns: str) -> list[set[str]]:
    return [set(columns)]


PERSON = {"race_ethnicity": one("race"), "sex": one("gender"), "age": one("age_at_incident")}
CHARGE_KEY = [{"case_participant_id", "charge_id"}, {"case_participant_id", "charge_version_id"}]
COOK_COUNTY: Truth = {
    ("intake", "referrals", ""): {
        "key": one("case_participant_id"),
        "date": one("received_date"),
        "offense_category": one("offense_category"),
        "case_id": one("case_participant_id"),
        "agency": one("law_enforcement_agency"),
        "screen_date": one("felony_review_date"),
        "screen_result": one("felony_review_result"),
        "decline_reason": one("participant_status"),
        **PERSON,
    },
    ("initiation", "charges", ""): {
        "key": CHARGE_KEY,
        "date": one("event_date"),
        "offense_category": one("offense_category"),
        "case_id": one("case_participant_id"),
        "charge_code": one("aoic"),
        "charge_title": one("charge_offense_title"),
        "severity": one("class"),
        "is_primary": one("primary_charge"),
    },
    ("initiation", "cases", ""): {
        "key": one("case_participant_id"),
        "date": one("event_date"),
        "offense_category": one("offense_category"),
        "docket_id": one("case_id"),
        "filed_severity": one("class"),
        "first_filed_charge": one("charge_offense_title"),
    },
    ("initiation", "defendants", ""): {
        "key": one("case_participant_id"),
        "case_id": one("case_participant_id"),
        **PERSON,
    },
    ("dispositions", "charges", ""): {
        "key": CHARGE_KEY,
        "date": one("disposition_date"),
        "offense_category": one("offense_category"),
        "disposition": one("charge_disposition"),
        "charge_code": one("disposition_charged_aoic"),
        "charge_title": one("disposition_charged_offense_title"),
        "severity": one("disposition_charged_class"),
        "is_primary": one("primary_charge"),
    },
    ("dispositions", "cases", ""): {
        "key": one("case_participant_id"),
        "date": one("disposition_date"),
        "disposition": one("charge_disposition"),
        "disposition_reason": one("charge_disposition_reason"),
        "disposition_severity": one("disposition_charged_class"),
        "disposition_charge": one("disposition_charged_offense_title"),
        "court": one("court_name"),
    },
    # Not even case, charge and version together are unique.
    ("sentencing", "sentences", ""): {
        "key": one(),
        "date": one("sentence_date"),
        "case_id": one("case_participant_id"),
        "sentence_type": one("sentence_type"),
        "min_days": one("commitment_term", "commitment_unit"),
        "is_initial": one("sentence_phase"),
    },
}
PHILADELPHIA: Truth = {
    ("shootings", "shootings", ""): {
        "key": one("objectid"),
        "date": [{"date", "hour"}, {"date"}],
        "address": one("location"),
        "incident_id": one("dc_key"),
        "is_fatal": one("is_fatal"),
        "race_ethnicity": [{"race", "latino"}],
        "sex": one("is_male"),
        "age": one("age"),
        "longitude": one("lng"),
        "latitude": one("lat"),
        "intent": one("is_officer_involved"),
    },
    ("shootings", "incidents", ""): {
        "key": one("dc_key"),
        "date": [{"date", "hour"}, {"date"}],
        "address": one("location"),
        "offense_category": one("is_fatal"),
        "longitude": one("lng"),
        "latitude": one("lat"),
        "area_id": one("dist"),
    },
    ("court_cases", "cases", ""): {
        "key": one("case_id"),
        "date": one("filing_date"),
        "incident_id": one("dc_key"),
        "court": [{"court_office"}, {"court_type"}],
    },
    ("court_cases", "defendants", ""): {
        "key": one("case_id", "person_id"),
        "case_id": one("case_id"),
        "source_person_id": one("person_id"),
        "birth_date": one("birth_year"),
    },
}
CHARLOTTESVILLE: Truth = {
    ("crime", "incidents", ""): {
        "key": one("IncidentID"),
        "date": one("DateReported"),
        "address": one("BlockNumber", "StreetName"),
        "offense_category": one("Offense"),
        "reported_at": one("DateReported"),
    },
    # A row per charge; id stands for a person.
    ("odp_arrests", "arrests", ""): {
        "key": one("id", "arrest_datetime"),
        "date": one("arrest_datetime"),
        "address": [{"address"}, {"house_number", "street"}],
        "offense_category": one("statute_description"),
        "charge_code": one("statute"),
        "source_person_id": one("id"),
        "sex": one("sex"),
        "longitude": one("lon"),
        "latitude": one("lat"),
    },
}
_ST_LOUIS = {
    "address": one("ILEADSAddress", "ILEADSStreet"),
    "offense_category": one("Description"),
    "offense_code": one("Crime"),
    "area_id": [{"District"}, {"Neighborhood"}],
    "longitude": one("XCoord"),
    "latitude": one("YCoord"),
}
ST_LOUIS: Truth = {
    ("st_louis", "incidents", "layout_1"): {"key": one("Complaint"), "date": one("DateOccur"), **_ST_LOUIS},
    ("st_louis", "incidents", "layout_2"): {"key": one(), "date": one("DateOccured"), **_ST_LOUIS},
}
CITIES = {
    "cook_county": COOK_COUNTY,
    "philadelphia": PHILADELPHIA,
    "charlottesville": CHARLOTTESVILLE,
    "st_louis": ST_LOUIS,
}
# The day of each table that must be right.
DAYS = {
    "incidents": ("occurred_at", "occurred_date"),
    "shootings": ("occurred_at", "occurred_date"),
    "arrests": ("arrest_at", "arrest_date"),
    "referrals": ("received_date",),
    "charges": ("disposition_date", "filed_date"),
    "cases": ("disposition_date", "filed_date"),
    "sentences": ("sentence_date",),
    "defendants": (),
}


@pytest.fixture(scope="module", params=CITIES)
def city(request: pytest.FixtureRequest) -> tuple[str, Proposal]:
    return request.param, propose([Path(os.environ["REALDATA"]) / request.param])


def compared(truth: Truth, proposal: Proposal) -> list[tuple[str, str, str, str, str, str]]:
    """(extract, table, our column, verdict, proposed, true) of everything in the truth."""
    rows = []
    for (extract, table, layout), columns in truth.items():
        feeds = [
            feed
            for item in proposal.extracts
            if item.name == extract
            for feed in item.feeds
            if feed.table == table and (not layout or layout in feed.layouts)
        ]
        for ours, right in columns.items():
            found = _proposed(feeds, ours, table)
            if found is None and right == [set()] and feeds:
                verdict = "right"
            else:
                verdict = "unplaced" if found is None else "right" if found in right else "wrong"
            shown = " + ".join(sorted(found)) if found else "-"
            rows.append((extract, table, ours, verdict, shown, " or ".join(" + ".join(sorted(x)) for x in right)))
    return rows


def _proposed(feeds: list[ProposedFeed], ours: str, table: str) -> set[str] | None:
    for feed in feeds:
        names = {"key": (feed.key,), "date": DAYS[table]}.get(ours, (ours,))
        if found := feed.theirs(*names):
            return set(found)
    return None


def test_date_address_offense_and_key_are_right_without_a_hand(
    city: tuple[str, Proposal], capsys: pytest.CaptureFixture[str]
) -> None:
    name, proposal = city
    rows = compared(CITIES[name], proposal)
    with capsys.disabled():
        print(f"\n{name}: {dict(Counter(verdict for *_, verdict, _, _ in rows))}")
        for row in rows:
            if row[3] != "right":
                print("  ", *row, sep="  ")
    assert [row for row in rows if row[2] in ESSENTIAL and row[3] != "right"] == []
    assert [row for row in rows if row[3] == "wrong"] == []


def test_what_is_proposed_lands_every_file_and_sets_nothing_aside_for_its_date(
    city: tuple[str, Proposal], tmp_path: Path
) -> None:
    _, proposal = city
    path = tmp_path / "office.toml"
    path.write_text(render(proposal), encoding="utf-8")
    office = load_office(path)
    with warehouse.open_trial(office) as connection:
        landed = extracts.land(connection, office)
        assert (landed.refused, landed.landed) == (0, sum(len(extract.files) for extract in proposal.extracts))


def test_what_the_files_say_of_their_clocks_is_said(city: tuple[str, Proposal]) -> None:
    name, proposal = city
    notes = [note for extract in proposal.extracts for note in extract.notes]
    if name == "cook_county":
        for other in ("initiation", "dispositions"):
            said = f"arrest_date of intake is always 4 h ahead of {other} for the same case_participant_id"
            assert any(note.startswith(said) for note in notes)
    if name == "charlottesville":
        agree = [note for note in notes if "agrees with HourReported: local times in spite of" in note]
        ahead = [note for note in notes if "is 4 or 5 h ahead of HourReported" in note]
        assert [note.split(":")[0] for note in agree] == ["crime_2018-07-21.csv"]
        assert len(ahead) == 3
        assert any("crime_2018-08-28.csv: 3.7% of its events lie after 2018-08-28" in note for note in notes)
    if name == "st_louis":
        assert proposal.extracts[0].filler_dates


def test_codes_are_values_that_occur_often_enough_to_show(city: tuple[str, Proposal], tmp_path: Path) -> None:
    _, proposal = city
    path = tmp_path / "office.toml"
    path.write_text(render(proposal), encoding="utf-8")
    office = load_office(path)
    for extract in proposal.extracts:
        for column, codes in extract.codes.items():
            assert min([rows for *_, rows in codes.mapped], default=5) >= 5
            assert len(office.extracts[extract.name].codes.get(column, {})) == len(codes.mapped) <= 400


def test_reference_files_are_no_extracts(city: tuple[str, Proposal]) -> None:
    name, proposal = city
    files = {file for extract in proposal.extracts for file in extract.files}
    references = {reference.name for reference in proposal.references}
    assert (
        references
        == {
            "cook_county": set(),
            "philadelphia": {
                "police_districts.geojson",
                "street_alias.csv",
                "street_segments.csv",
                "tract_population.csv",
                "tracts.geojson",
            },
            "charlottesville": {"Master_Address_Points.csv", "geocoded_blocks.csv"},
            "st_louis": {"population_by_neighborhood.csv"},
        }[name]
    )
    assert files & references == set()
    assert len(files) == {"cook_county": 4, "philadelphia": 2, "charlottesville": 5, "st_louis": 36}[name]


def test_only_what_numbers_lines_is_called_a_line_number(city: tuple[str, Proposal]) -> None:
    """RecordID begins anew in each of the Charlottesville files; nothing else in the four sets does."""
    name, proposal = city
    numbers = {extract.name: extract.line_numbers for extract in proposal.extracts if extract.line_numbers}
    assert numbers == ({"crime": ("RecordID",)} if name == "charlottesville" else {})
