"""The other strategies on records put straight into core: who is named by which record, and who is kept off."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.settings import DrugMarket, Office
from strategic_prosecution.stages.strategies import people_of, response_rows, strategy_counts
from strategic_prosecution.warehouse import Connection
from tests.stages import reviewed

AS_OF = date(2025, 6, 30)
BORN = date(1985, 5, 5)
EMPTIED = ("desk.call_in_checks", "desk.orders", "desk.order_records")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return reviewed.make_office(tmp_path_factory.mktemp("strategies"))


@pytest.fixture(scope="module")
def trial(office: Office) -> Iterator[Connection]:
    with warehouse.open_trial(office) as opened:
        yield opened


@pytest.fixture
def core(trial: Connection) -> "Core":
    for name in (*(f"core.{table.name}" for table in model.tables("core")), *EMPTIED):
        trial.execute(f"delete from {name}")
    return Core(trial)


class Core:
    """Puts rows into core; who a record is of is said by a person, or by one certain and one likely."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def put(self, table: str, **values: object) -> None:
        self.connection.execute(
            f"insert into core.{table} ({', '.join(values)}) values ({', '.join('?' * len(values))})",
            list(values.values()),
        )

    def person(self, table: str, key: str, of: str, linked: str | None) -> None:
        linked = linked or of
        self.put("person_records", record_table=table, record_id=key, person_id=linked, confirmed_person_id=of)
        if not self.connection.execute("select 1 from core.people where person_id = ?", [linked]).fetchall():
            self.put("people", person_id=linked, birth_date=BORN)

    def incident(self, key: str, on: date, **values: object) -> None:
        self.put("incidents", incident_id=key, occurred_date=on, **values)

    def arrest(self, key: str, of: str, on: date, *, linked: str | None = None, **values: object) -> None:
        self.put("arrests", **{"arrest_id": key, "arrest_date": on, "birth_date": BORN} | values)
        self.person("arrests", key, of, linked)

    def involved(self, key: str, of: str, incident: str, role: str, *, linked: str | None = None) -> None:
        self.put("incident_people", incident_person_id=key, incident_id=incident, role=role, birth_date=BORN)
        self.person("incident_people", key, of, linked)

    def case(self, key: str, of: str, on: date, *, linked: str | None = None, **values: object) -> None:
        self.put("cases", case_id=key, filed_date=on, **values)
        self.put("defendants", defendant_id=f"{key}/1", case_id=key, birth_date=BORN)
        self.person("defendants", f"{key}/1", of, linked)

    def referral(self, key: str, of: str, on: date, *, linked: str | None = None, **values: object) -> None:
        low = {"offense_category": "theft", "severity": "misdemeanor"}
        self.put("referrals", **{"referral_id": key, "received_date": on, "birth_date": BORN} | low | values)
        self.person("referrals", key, of, linked)


def placed(core: Core, office: Office, strategy: str) -> dict[str, tuple[str, str]]:
    found = people_of(core.connection, office, as_of=AS_OF, strategy=strategy)  # type: ignore[arg-type]
    assert found["person_id"].is_unique
    return {row.person_id: (row.tier, row.reason) for row in found.itertuples()}


# ---------------------------------------------------------------------------------------------------- intimate partner


def domestic(core: Core, key: str, on: date, **values: object) -> None:
    core.incident(key, on, is_domestic=True, **values)


def test_tiers_from_records_each_person_by_the_newest(core: Core, office: Office) -> None:
    domestic(core, "I1", date(2025, 1, 5))
    domestic(core, "I2", date(2025, 2, 5))
    core.incident("I3", date(2025, 3, 5), is_domestic=False)
    core.involved("S1", "complained of", "I1", "suspect")
    core.involved("V1", "a victim", "I1", "victim")
    core.arrest("A1", "charged twice", date(2025, 1, 6), is_domestic=True, incident_id="I4")
    core.incident("I4", date(2025, 1, 6))
    core.arrest("A2", "charged twice", date(2025, 2, 6), incident_id="I2")
    core.case("C1", "charged twice", date(2025, 2, 20), incident_id="I2")
    core.arrest("A3", "not domestic", date(2025, 3, 6), incident_id="I3")
    core.arrest("A4", "charged twice", date(2025, 6, 6), incident_id="I3")
    assert placed(core, office, "intimate_partner") == {"complained of": ("D", ""), "charged twice": ("B", "")}
    found = people_of(core.connection, office, as_of=AS_OF, strategy="intimate_partner").set_index("person_id")
    assert found.at["charged twice", "record_id"] == "A4"
    assert found.at["complained of", "record_table"] == "incident_people"
    assert core.connection.execute("select count(*) from duckdb_tables() where temporary").fetchone() == (0,)


@pytest.mark.parametrize(
    ("fact", "tier"),
    [
        ({}, "C"),
        ({"disposition": "guilty_plea", "disposition_severity": "felony"}, "A"),
        ({"disposition": "guilty_plea", "disposition_severity": "misdemeanor"}, "C"),
        ({"disposition": "dismissed", "disposition_severity": "felony"}, "C"),
    ],
)
def test_a_felony_conviction_of_any_kind_raises_a_charge(
    core: Core, office: Office, fact: dict[str, object], tier: str
) -> None:
    domestic(core, "I1", date(2025, 1, 5))
    core.arrest("A1", "p", date(2025, 1, 5), incident_id="I1")
    core.case("C1", "p", date(2024, 1, 5), disposition_date=date(2024, 6, 1), **fact)
    assert placed(core, office, "intimate_partner") == {"p": (tier, "")}
    # Of a docket with two defendants nobody knows whose conviction it is.
    core.put("defendants", defendant_id="C1/2", case_id="C1")
    assert placed(core, office, "intimate_partner") == {"p": ("C", "")}


def test_a_charges_own_conviction_and_one_for_conduct_before_eighteen_are_no_history(
    core: Core, office: Office
) -> None:
    felony = {"disposition": "guilty_plea", "disposition_severity": "felony", "disposition_date": date(2025, 5, 1)}
    domestic(core, "I1", date(2025, 1, 5))
    core.arrest("A1", "p", date(2025, 1, 5), incident_id="I1")
    core.case("C1", "p", date(2025, 1, 9), incident_id="I1", **felony)
    assert placed(core, office, "intimate_partner") == {"p": ("C", "")}
    # Convicted lately of what was done at seventeen.
    core.incident("I0", BORN.replace(year=BORN.year + 17))
    core.case("C0", "p", date(2025, 1, 2), incident_id="I0", **felony)
    assert placed(core, office, "intimate_partner") == {"p": ("C", "")}
    # With a newer charge the older one's conviction is a history.
    domestic(core, "I2", date(2025, 6, 5))
    core.arrest("A2", "p", date(2025, 6, 5), incident_id="I2")
    assert placed(core, office, "intimate_partner") == {"p": ("A", "")}


def test_an_acquittal_and_an_unfounded_incident_accuse_nobody(core: Core, office: Office) -> None:
    domestic(core, "I1", date(2025, 1, 5))
    domestic(core, "I2", date(2025, 2, 5), clearance_status="unfounded")
    core.arrest("A1", "p", date(2025, 1, 5), incident_id="I1")
    core.involved("S1", "p", "I1", "suspect")
    core.involved("S2", "p", "I2", "suspect")
    core.case("C1", "p", date(2025, 1, 9), incident_id="I1", disposition="not_guilty")
    assert placed(core, office, "intimate_partner") == {}


def test_a_likely_link_adds_no_charge(core: Core, office: Office) -> None:
    for n, of in enumerate(("p", "likely p"), 1):
        domestic(core, f"I{n}", date(2025, n, 5))
        core.arrest(f"A{n}", of, date(2025, n, 5), incident_id=f"I{n}", linked="L")
    assert placed(core, office, "intimate_partner") == {"p": ("C", ""), "likely p": ("C", "")}


def check(core: Core, table: str, key: str, said: str, on: date) -> None:
    desk.add(
        core.connection,
        model.table("desk.call_in_checks"),
        why="seen",
        known_on=on,
        check_id=f"{table}/{key}",
        record_table=table,
        record_id=key,
        primary_aggressor=said,
    )


def test_two_people_arrested_at_one_incident_wait_for_the_primary_aggressor(core: Core, office: Office) -> None:
    domestic(core, "I1", date(2025, 1, 5))
    core.arrest("A1", "p", date(2025, 1, 5), incident_id="I1")
    core.arrest("A2", "q", date(2025, 1, 5), incident_id="I1")
    waiting = {"p": ("", "dual_arrest"), "q": ("", "dual_arrest")}
    assert placed(core, office, "intimate_partner") == waiting
    # Said before the arrest it says nothing of it; nor does what is known only later.
    check(core, "arrests", "A1", "yes", date(2025, 1, 4))
    check(core, "arrests", "A2", "no", date(2025, 7, 1))
    assert placed(core, office, "intimate_partner") == waiting
    check(core, "arrests", "A1", "yes", date(2025, 2, 1))
    check(core, "arrests", "A2", "no", date(2025, 2, 1))
    assert placed(core, office, "intimate_partner") == {"p": ("C", "")}


def test_another_arrestee_whose_record_is_sealed_was_there_all_the_same(core: Core, office: Office) -> None:
    domestic(core, "I1", date(2025, 1, 5))
    core.arrest("A1", "p", date(2025, 1, 5), incident_id="I1")
    core.put("arrests", arrest_id="A2", arrest_date=date(2025, 1, 5), incident_id="I1")
    assert placed(core, office, "intimate_partner") == {"p": ("", "dual_arrest")}


def test_a_victim_of_the_same_incident_by_any_link_waits_too(core: Core, office: Office) -> None:
    domestic(core, "I1", date(2025, 1, 5))
    core.arrest("A1", "p", date(2025, 1, 5), incident_id="I1", linked="L")
    core.involved("V1", "likely p", "I1", "victim", linked="L")
    assert placed(core, office, "intimate_partner") == {"p": ("", "dual_arrest")}


def test_a_birth_date_by_a_likely_link_tells_nobodys_age_and_any_younger_one_counts(core: Core, office: Office) -> None:
    for n, of in enumerate(("undated", "young"), 1):
        domestic(core, f"I{n}", date(2025, 1, n))
        core.arrest(f"A{n}", of, date(2025, 1, n), incident_id=f"I{n}", birth_date=None)
    core.arrest("A9", "young", date(2024, 1, 1), birth_date=date(2008, 1, 1))
    core.arrest("A8", "young", date(2024, 2, 1), birth_date=BORN)
    assert placed(core, office, "intimate_partner") == {"undated": ("", "age_unknown")}


def test_what_was_sealed_since_core_was_built_is_as_if_not_there(core: Core, office: Office) -> None:
    for n in (1, 2):
        domestic(core, f"I{n}", date(2025, n, 5))
        core.arrest(f"A{n}", "p", date(2025, n, 5), incident_id=f"I{n}")
    assert placed(core, office, "intimate_partner") == {"p": ("B", "")}
    core.connection.execute(
        "insert into desk.orders by name select 'o' as order_id, 'seal' as kind, 'in_force' as status, "
        "'e' as event_id, now()::timestamp as recorded_at, current_date as known_on"
    )
    core.connection.execute(
        "insert into desk.order_records by name select 'o' as order_id, 'arrests' as table_name, "
        "'A2' as record_id, 'f' as fingerprint"
    )
    found = people_of(core.connection, office, as_of=AS_OF, strategy="intimate_partner")
    assert found[["record_id", "tier"]].to_numpy().tolist() == [["A1", "C"]]


# --------------------------------------------------------------------------------------------------------- drug market


def market(office: Office, **values: object) -> Office:
    settings = DrugMarket(layer="beats", areas=("north",), **values)  # type: ignore[arg-type]
    return office.model_copy(update={"groups": office.groups.model_copy(update={"drug_market": settings})})


def sold(core: Core, of: str, *, linked: str | None = None, place: str | None = "pl") -> None:
    for month in (3, 5):
        key = f"{of}-{month}"
        core.arrest(
            key, of, date(2025, month, 1), linked=linked, offense_category="drugs", place_id=place, incident_id=None
        )


def test_drug_market_sides_from_records(core: Core, office: Office) -> None:
    core.put("place_areas", place_id="pl", layer="beats", area_id="north")
    core.put("place_areas", place_id="other", layer="districts", area_id="north")
    core.put("place_areas", place_id="other", layer="beats", area_id="south")
    for of in ("talked to", "looked at", "by a likely link"):
        sold(core, of, linked=f"L {of}")
    sold(core, "elsewhere", place="other")
    sold(core, "nowhere", place=None)
    core.incident("G", date(2024, 1, 1), weapon="firearm")
    core.arrest("V1", "looked at", date(2024, 1, 1), linked="L looked at", incident_id="G")
    core.arrest(
        "V2", "likely", date(2024, 1, 1), linked="L by a likely link", offense_category="robbery", incident_id=None
    )
    # Named as a suspect only: not arrested, not charged.
    core.involved("S1", "talked to", "G", "suspect", linked="L talked to")
    assert placed(core, market(office), "drug_market") == {
        "talked to": ("call_in", ""),
        "looked at": ("prosecution_review", ""),
        "by a likely link": ("", "history_not_confirmed"),
        "nowhere": ("", "not_located"),
    }
    assert placed(core, office, "drug_market") == {}
    # A charge without a place of its own is where its incident was.
    core.incident("D", date(2025, 6, 1), place_id="pl", offense_category="drugs")
    core.case("C9", "charged", date(2025, 6, 3), incident_id="D")
    assert placed(core, market(office, min_arrests=1), "drug_market")["charged"] == ("call_in", "")


# -------------------------------------------------------------------------------------------------- early intervention


def test_first_timers_before_and_after_charging(core: Core, office: Office) -> None:
    for n in range(1, 5):
        core.incident(f"I{n}", date(2025, 6, n), offense_category="theft")
    core.referral("R1", "referred", date(2025, 6, 5), incident_id="I1")
    core.arrest("A1", "referred", date(2025, 6, 1), incident_id="I1")
    core.case(
        "C2", "charged", date(2025, 6, 9), incident_id="I2", offense_category="theft", filed_severity="misdemeanor"
    )
    core.referral("R2", "charged", date(2025, 6, 5), incident_id="I2", case_id="C2")
    core.referral("R3", "rejected", date(2025, 6, 5), incident_id="I3", screen_date=AS_OF, screen_result="rejected")
    core.case(
        "C4", "over", date(2025, 6, 9), incident_id="I4", offense_category="theft", filed_severity="misdemeanor",
        disposition_date=AS_OF, disposition="dismissed",
    )  # fmt: skip
    assert placed(core, office, "early_intervention") == {
        "referred": ("before_charging", ""),
        "charged": ("after_charging", ""),
    }


@pytest.mark.parametrize("kind", ["arrest", "suspect", "supervision", "diversion", "hold", "case"])
def test_any_other_record_by_a_likely_link_excludes_a_first_timer(core: Core, office: Office, kind: str) -> None:
    core.incident("I1", date(2025, 6, 1), offense_category="theft")
    core.referral("R1", "p", date(2025, 6, 5), incident_id="I1", linked="L")
    assert placed(core, office, "early_intervention") == {"p": ("before_charging", "")}
    long_ago = date(2016, 1, 1)
    if kind == "arrest":
        core.arrest("A9", "likely p", long_ago, linked="L", incident_id=None)
    elif kind == "suspect":
        core.incident("I9", long_ago)
        core.involved("S9", "likely p", "I9", "suspect", linked="L")
    elif kind == "supervision":
        core.put("supervision", supervision_id="U9", supervision_type="probation", start_date=date(2010, 1, 1))
        core.person("supervision", "U9", "likely p", "L")
    elif kind == "diversion":
        core.put("diversion", diversion_id="V9", offered_date=long_ago)
        core.person("diversion", "V9", "likely p", "L")
    elif kind == "hold":
        core.put("custody", custody_id="B9", detained_from=long_ago, is_other_agency_hold=True)
        core.person("custody", "B9", "likely p", "L")
    else:
        core.case("C9", "likely p", long_ago, linked="L")
    assert "p" not in placed(core, office, "early_intervention")


def test_pretrial_supervision_and_booking_of_the_same_matter_exclude_nobody(core: Core, office: Office) -> None:
    core.incident("I1", date(2025, 6, 1), offense_category="theft")
    core.case("C1", "p", date(2025, 6, 9), incident_id="I1", offense_category="theft", filed_severity="misdemeanor")
    core.put("supervision", supervision_id="U1", supervision_type="pretrial", start_date=date(2025, 6, 10))
    core.person("supervision", "U1", "p", None)
    for key, case in (("B1", "C1"), ("B2", None)):
        core.put("custody", custody_id=key, case_id=case, detained_from=date(2025, 6, 1))
        core.person("custody", key, "p", None)
    assert placed(core, office, "early_intervention") == {"p": ("after_charging", "")}
    core.put("custody", custody_id="B3", case_id="C0", detained_from=date(2025, 1, 1))
    core.person("custody", "B3", "p", None)
    assert placed(core, office, "early_intervention") == {}


def test_a_referral_whose_person_was_charged_in_the_meantime_is_charged(core: Core, office: Office) -> None:
    core.incident("I1", date(2025, 6, 1), offense_category="theft")
    core.referral("R1", "p", date(2025, 6, 5), incident_id="I1")
    core.referral("R2", "q", date(2025, 6, 5), incident_id="I1")
    core.case("C1", "p", date(2025, 6, 9), incident_id="I1", offense_category="theft", filed_severity="felony")
    # Charged with more than a misdemeanor; the other person of the incident is still to be screened.
    assert placed(core, office, "early_intervention") == {"q": ("before_charging", "")}


# -------------------------------------------------------------------------------------------------------------- counts


def test_counts_by_tier_with_zeros_and_only_of_what_is_available(core: Core, office: Office) -> None:
    assert strategy_counts(core.connection, office, AS_OF).empty
    domestic(core, "I1", date(2025, 1, 5))
    domestic(core, "I2", date(2025, 2, 5))
    core.involved("S1", "p", "I1", "suspect")
    core.arrest("A1", "q", date(2025, 2, 5), incident_id="I2", birth_date=None)
    found = strategy_counts(core.connection, office, AS_OF)
    assert found.drop(columns="as_of").to_numpy().tolist() == [
        ["intimate_partner", "A", 0, 0],
        ["intimate_partner", "B", 0, 0],
        ["intimate_partner", "C", 0, 0],
        ["intimate_partner", "D", 1, 0],
        ["intimate_partner", "not_decided", 0, 1],
    ]
    core.referral("R1", "r", date(2025, 6, 5))
    found = strategy_counts(core.connection, market(office), AS_OF)
    assert found["strategy"].unique().tolist() == ["intimate_partner", "drug_market", "early_intervention"]
    warehouse.replace_as_of(core.connection, model.table("mart.strategy_counts"), AS_OF, found)


def test_response_times_end_custody_with_the_case(core: Core, office: Office) -> None:
    assert response_rows(core.connection, office, AS_OF).empty
    core.put(
        "supervision", supervision_id="U1", supervision_type="probation", start_date=date(2024, 1, 1),
        violation_date=date(2025, 1, 1), sanction_date=date(2025, 1, 5),
    )  # fmt: skip
    core.person("supervision", "U1", "p", None)
    core.put("cases", case_id="C1", disposition="dismissed", disposition_date=date(2025, 1, 12))
    core.put("custody", custody_id="B1", case_id="C1", detained_from=date(2025, 1, 10), detained_to=date(2025, 3, 1))
    core.put("custody", custody_id="B2", detained_from=date(2025, 1, 20), is_other_agency_hold=True)
    for key in ("B1", "B2"):
        core.person("custody", key, "p", None)
    found = response_rows(core.connection, office, AS_OF)
    assert found.drop(columns="as_of").to_numpy().tolist() == [["probation", 730, 1, 1, 4.0, 1.0, 2]]
    warehouse.replace_as_of(core.connection, model.table("mart.response_times"), AS_OF, found)
    assert isinstance(found, pd.DataFrame)


def test_an_office_without_any_record_has_empty_tables(core: Core, office: Office, tmp_path: Path) -> None:
    for strategy in ("intimate_partner", "drug_market", "early_intervention"):
        assert placed(core, market(office), strategy) == {}
    assert list(response_rows(core.connection, office, AS_OF).columns) == list(model.table("mart.response_times").names)
