"""The truth agrees with the files: counted again here from the extracts, by other means than the generator's."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely import contains_xy, from_wkt
from shapely.geometry import shape

from strategic_prosecution.demo import County

VIOLENT = ("HOMICIDE", "SHOOTING", "ROBBERY", "ASSAULT - AGG", "SEX OFFENSE")


@pytest.fixture(scope="module")
def truth(county: County) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((county.truth_dir / "truth.json").read_text(encoding="utf-8"))
    return loaded


def raw(county: County, path: str, **how: Any) -> pd.DataFrame:
    return pd.read_csv(county.raw_dir / path, dtype=str, keep_default_na=False, on_bad_lines="skip", **how)


def table(county: County, name: str) -> pd.DataFrame:
    return pd.read_csv(county.truth_dir / f"{name}.csv", keep_default_na=False)


def by_year(years: pd.Series) -> dict[str, int]:
    counts = years.astype(str).value_counts()
    return {year: int(counts.get(year, 0)) for year in ("2023", "2024", "2025")}


def test_counts_of_crimes_by_year(county: County, truth: dict[str, Any]) -> None:
    police = raw(county, "rms/incidents_2025-12-31.csv").drop_duplicates("INCIDENT_NO")
    sheriff = raw(county, "sheriff/SO_incidents_20251231.csv", sep=";")
    violent = police[police["OFFENSE"].str.startswith(VIOLENT)]
    theirs = sheriff[sheriff["NIBRS"].isin(["120", "13A", "11A"])]
    found = pd.concat([violent["OCCURRED"].str[6:10], theirs["Event Date"].str[7:11]])
    assert by_year(found) == truth["metrics"]["by_year"]["violent_incidents"]
    homicides = violent[violent["OFFENSE"].str.startswith("HOMICIDE")]
    victims = homicides["VICTIMS"].astype(int).groupby(homicides["OCCURRED"].str[6:10]).sum()
    assert {year: int(victims.get(year, 0)) for year in ("2023", "2024", "2025")} == truth["metrics"]["by_year"][
        "homicide_victims"
    ]


def test_counts_of_shootings(county: County, truth: dict[str, Any]) -> None:
    log = raw(county, "shooting_log/shootings_2025-12-31.csv", encoding="utf-8-sig")
    crimes = log[(log["how"] == "criminal") & (log["unfounded"] == "N")]
    # The years of UTC and of New York differ for a few hours only; the local year decides.
    local = pd.to_datetime(crimes["occurred_utc"]).dt.tz_convert("America/New_York")
    assert by_year(local.dt.year) == truth["metrics"]["by_year"]["shooting_victims"]
    nonfatal = (crimes["fatal"] == "N").to_numpy()
    assert by_year(local.dt.year[nonfatal]) == truth["metrics"]["by_year"]["nonfatal_shooting_victims"]
    first = ~crimes["incident"].duplicated()
    assert by_year(local.dt.year[first.to_numpy()]) == truth["metrics"]["by_year"]["shooting_incidents"]


def test_arrests_referrals_and_sentences(county: County, truth: dict[str, Any]) -> None:
    whole = truth["metrics"]["whole_period"]
    arrests = raw(county, "jail/bookings_2025-12-31.csv", encoding="latin-1").drop_duplicates("Arrest No")
    arrests = arrests[~arrests["Arrest No"].str.startswith("AX")]
    assert by_year(arrests["Arrest Date/Time"].str[:4]) == truth["metrics"]["by_year"]["arrests"]
    assert (arrests["Type"] == "C").sum() == whole["custodial_arrests"]
    assert whole["custodial_arrest_share"] == (arrests["Type"] == "C").mean()
    decisions = raw(county, "cms/referrals_2025-12-31.csv")["decision"].value_counts()
    assert (decisions["APPR"], decisions["DECL"]) == (whole["referrals_approved"], whole["referrals_rejected"])
    matters = raw(county, "cms/matters_2025-12-31.csv")
    matters = matters[matters["Matter ID"] != ""]
    assert by_year(matters["Filed"].str[6:]) == truth["metrics"]["by_year"]["cases_filed"]
    assert (matters["Disposed"] == "").sum() == whole["cases_open"]
    sentences = raw(county, "court/sentences_2025-12-31.csv")
    original = sentences[sentences["ORIGINAL"] == "Y"]
    locked = original[original["KIND"].isin(["PRISON", "JAIL"])]
    assert whole["incarceration_rate"] == locked["CASE_NO"].nunique() / original["CASE_NO"].nunique()


def test_nothing_ends_after_the_last_day(county: County) -> None:
    sentences = raw(county, "court/sentences_2025-12-31.csv")
    assert sentences["SENTENCE_DATE"].max() <= "20251231"
    referrals = raw(county, "cms/referrals_2025-12-31.csv")
    assert referrals[["received", "screened"]].max().max() <= "2025-12-31"
    assert (referrals.loc[referrals["matter_id"] != "", "decision"] == "APPR").all()


def test_dirty_rows_are_where_the_truth_says(county: County, truth: dict[str, Any]) -> None:
    dirty = table(county, "dirty_rows")
    lines = (county.raw_dir / "rms/incidents_2025-12-31.csv").read_text(encoding="utf-8").split("\n")
    here = dirty[dirty["file"] == "rms/incidents_2025-12-31.csv"]
    signs = {
        "unreadable_date": "13/45/2024",
        "unmapped_code": "ZZ CODE NOBODY LISTED",
        "future_date": "07/04/2026",
        "quoted_newline": 'said ""come back""',
        "comma_in_quotes": '"left, then right',
        "trailing_blanks": "   ",
        "blank_row": ",,,,,,,,,,,,",
        "ragged_row": "RPX-9000",
    }
    for kind, sign in signs.items():
        at = set(here.loc[here["kind"] == kind, "line"])
        assert at == {number for number, line in enumerate(lines, start=1) if sign in line}, kind
    assert (here.loc[here["kind"] == "ragged_row", "line"] - here.loc[here["kind"] == "ragged_row", "record"]).min() > 0
    assert set(dirty["kind"]) == set(truth["dirty"])
    future = (here["kind"] == "future_date").sum()
    assert 0 < future / truth["rows"]["incidents"] < 0.005


def test_hot_spots_are_where_and_when_the_truth_says(county: County) -> None:
    spots = table(county, "hot_spots")
    places = table(county, "incident_places")
    places = places[places["spot_id"] != ""]
    area = spots.drop_duplicates("spot_id").set_index("spot_id")["area"].map(from_wkt)
    inside = contains_xy(area.loc[places["spot_id"]].to_numpy(), places["x"].to_numpy(), places["y"].to_numpy())
    assert inside.all()
    kinds = spots[spots["category"] == "violence"].groupby("kind")["incidents_last_365"]
    assert kinds.min()["persistent"] >= 5
    assert kinds.min()["emerging"] >= 5
    assert kinds.max()["former"] == 0
    emerging = spots[spots["kind"] == "emerging"]
    assert (emerging[["incidents_2023", "incidents_2024"]] == 0).all().all()
    last = date(2025, 12, 31)
    assert (pd.to_datetime(emerging["first_day"]).dt.date > last - timedelta(days=365)).all()
    apart = spots.drop_duplicates("spot_id")[["x", "y"]].to_numpy()
    distance = np.hypot(*(apart[:, None] - apart[None]).transpose(2, 0, 1))
    assert distance[np.triu_indices(len(apart), 1)].min() >= 900


def test_the_intervention_shows_as_planted(truth: dict[str, Any]) -> None:
    shot = truth["intervention"]["shootings"]
    fall = {arm: shot[arm]["after"] / shot[arm]["before"] for arm in ("treated", "control")}
    # Numbers are small here: 24 shootings more or less a year leave a rounding error of a tenth.
    assert fall["treated"] / fall["control"] == pytest.approx(truth["intervention"]["rate_ratio"], abs=0.1)


def test_block_addresses_lie_in_their_district(county: County) -> None:
    layer = json.loads((county.layers_dir / "districts.geojson").read_text())
    assert len(layer["features"]) == 8
    outlines = {item["properties"]["district"]: shape(item["geometry"]) for item in layer["features"]}
    assert all(outline.is_valid for outline in outlines.values())
    streets = pd.read_csv(county.layers_dir / "streets.csv")
    low = streets[["l_f_add", "r_f_add"]].max(axis=1) // 100 * 100
    name = (
        low.astype(str)
        + " BLOCK OF "
        + streets["pre_dir"].fillna("")
        + " "
        + streets["st_name"]
        + " "
        + streets["st_type"]
    )
    middle = from_wkt(streets["wkt"].to_numpy())
    block = pd.DataFrame({"LOCATION": name, "middle": [line.interpolate(0.5, normalized=True) for line in middle]})
    assert not block["LOCATION"].duplicated().any()
    found = raw(county, "rms/incidents_2025-12-31.csv").merge(block, on="LOCATION")
    assert len(found) > 1000
    assert all(outlines[row.DISTRICT].contains(row.middle) for row in found.itertuples())


def test_groups_are_arrested_together_and_have_an_order(county: County, truth: dict[str, Any]) -> None:
    members, groups, records = (table(county, name) for name in ("group_members", "groups", "person_records"))
    assert 8 <= len(groups) <= 12
    assert groups["members"].between(8, 25).all()
    assert not members["person_id"].duplicated().any()
    assert (members["group_arrests_last_730"] > 0).mean() > 0.8
    # Side by side in one incident: members of one group far oftener than of two.
    arrests = raw(county, "jail/bookings_2025-12-31.csv", encoding="latin-1")
    who = arrests.merge(records[records["record_table"] == "arrests"], left_on="Arrest No", right_on="record_id")
    who = who.merge(members, on="person_id")[["Incident", "group_id", "person_id"]].drop_duplicates()
    pairs = who.merge(who, on="Incident")
    pairs = pairs[pairs["person_id_x"] < pairs["person_id_y"]]
    assert (pairs["group_id_x"] == pairs["group_id_y"]).mean() > 0.9
    top = groups["shootings_suspect"].sort_values(ascending=False)
    assert top.iloc[0] > top.iloc[1] > 0
    log = raw(county, "shooting_log/shootings_2025-12-31.csv", encoding="utf-8-sig")
    recent = log[(log["occurred_utc"] >= "2025-01-01T05") & (log["how"] == "criminal") & (log["unfounded"] == "N")]
    counted = recent.loc[recent["suspect_group"] != "", ["incident", "suspect_group"]].drop_duplicates()
    assert counted["suspect_group"].value_counts().to_dict() == {
        row.group_id: row.shootings_suspect for row in groups.itertuples() if row.shootings_suspect
    }
    for feud in truth["feuds"]:
        pair = {feud["group"], feud["other"]}
        sides = set(zip(log["suspect_group"], log["victim_group"], strict=True))
        assert any({first, second} == pair for first, second in sides)


def test_memberships_say_why_they_do_not_count(county: County) -> None:
    audit = raw(county, "groups/audit_2025-12-31.csv").set_index("row_id")
    truth = table(county, "memberships").set_index("membership_id")
    reasons = truth["why_not"]
    assert {"", "tip", "expired"} <= set(reasons)
    assert (audit.loc[reasons == "tip", "approver"] == "").all()
    counted = audit[reasons == ""]
    assert (counted["approver"] != "").all()
    assert not counted["criterion"].eq("family").any()
    last = datetime(2025, 12, 31)
    assert all(datetime.fromisoformat(day) + timedelta(days=730) > last for day in counted["last_fact"])
    born, fact = (pd.to_datetime(counted[column]) for column in ("birth_date", "evidence"))
    eighteen = [day.replace(year=day.year + 18) if (day.month, day.day) != (2, 29) else None for day in born]
    assert all(birthday is None or birthday <= day for birthday, day in zip(eighteen, fact, strict=True))
    assert ((audit["contested"] != "") & (audit["outcome"] == "") & (reasons == "")).sum() == 0


def test_records_of_one_person_are_spelt_in_several_ways(county: County) -> None:
    records = table(county, "person_records")
    assert not records[["record_table", "record_id"]].duplicated().any()
    arrests = raw(county, "jail/bookings_2025-12-31.csv", encoding="latin-1")
    arrests = arrests[~arrests["Arrest No"].str.startswith("AX")].drop_duplicates("Arrest No")
    assert 0.70 < (arrests["SID"] != "").mean() < 0.80
    who = arrests.merge(records[records["record_table"] == "arrests"], left_on="Arrest No", right_on="record_id")
    assert len(who) == len(arrests)
    # Hardly a state id is of two people (a digit may be wrong); one person is written in more than one way.
    assert (who[who["SID"] != ""].groupby("SID")["person_id"].nunique() > 1).mean() < 0.005
    assert who.loc[who["FBI No"] != "", "FBI No"].str.fullmatch(r"\d{5}[A-Z]{2}\d").all()
    assert 0.2 < (who["FBI No"] != "").mean() < 0.4
    spelt = who.groupby("person_id")["Last Name"].nunique()
    assert (spelt > 1).sum() > 5


def test_people_of_the_truth_have_a_culture_and_some_have_relatives(county: County) -> None:
    people, records = table(county, "people").set_index("person_id"), table(county, "person_records")
    assert set(records["person_id"]) <= set(people.index)
    related = people[people["family_of"] != ""]
    assert set(related["relation"]) == {"twin", "father", "sibling"}
    assert set(people.loc[people["family_of"] == "", "relation"]) == {""}
    assert not (related["family_of"] == related.index).any()
    other = people.loc[related["family_of"]]
    assert (related["culture"].to_numpy() == other["culture"].to_numpy()).all()
    # Some pairs are both on record, or there would be nobody to take for the other.
    on_record = related.index.isin(records["person_id"]) & related["family_of"].isin(records["person_id"])
    assert on_record.sum() > 5
    assert people["culture"].nunique() > 8


def test_the_court_writes_letters_that_other_systems_lose(county: County) -> None:
    def letters(frame: pd.DataFrame, *columns: str) -> set[str]:
        return {letter for column in columns for letter in "".join(frame[column]) if ord(letter) > 255}

    assert letters(raw(county, "cms/matters_2025-12-31.csv"), "Given Name", "Surname")
    assert not letters(raw(county, "probation/caseload_20251231.csv", sep=";"), "first", "last")


def test_the_planted_name_stands_where_leaks_are_looked_for(county: County, truth: dict[str, Any]) -> None:
    given, family = truth["sentinel"]["given_name"], truth["sentinel"]["family_name"]
    for file, encoding, first, last in (
        ("jail/bookings_2025-12-31.csv", "latin-1", "First Name", "Last Name"),
        ("cms/matters_2025-12-31.csv", "utf-8", "Given Name", "Surname"),
        ("groups/audit_2025-12-31.csv", "utf-8", "first_name", "last_name"),
    ):
        rows = raw(county, file, encoding=encoding)
        planted = rows[rows[last] == family]
        assert len(planted) >= 1, file
        assert set(planted[first]) == {given}


def test_race_of_those_arrested_is_as_planted(county: County, truth: dict[str, Any]) -> None:
    people = table(county, "person_records")
    arrests = raw(county, "jail/bookings_2025-12-31.csv", encoding="latin-1")
    who = arrests.merge(people[people["record_table"] == "arrests"], left_on="Arrest No", right_on="record_id")
    once = who.drop_duplicates("person_id")
    planted = truth["people_of_record_race_ethnicity_shares"]
    assert sum(planted.values()) == pytest.approx(1)
    for code, race in (("B", "black"), ("W", "white"), ("H", "hispanic")):
        spread = 4 * np.sqrt(planted[race] * (1 - planted[race]) / len(once))
        assert abs((once["Race"] == code).mean() - planted[race]) < spread
