"""Faults that a hostile reading of the orders found: each office is the smallest that shows one."""

from pathlib import Path

import pytest

from strategic_prosecution import stages
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages import orders, retention
from strategic_prosecution.stages.disclosure import disclose
from strategic_prosecution.stages.selection import Asked
from tests.leaks import find_leaks
from tests.stages import planted
from tests.stages.planted import LAST_DAY, give, read

pytestmark = pytest.mark.slow

HIM, HIS = "MA7654321", Asked("person", "MA7654321", "court")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(planted.KEY_NAME, planted.KEY)


def extract(name: str, feeds: dict[str, tuple[str, str]]) -> str:
    """An extract; feeds: table -> key and columns as TOML."""
    text = f'[extracts.{name}]\nfiles = "{name}_*.csv"\nextract_date = "filename"\n'
    for table, (key, columns) in feeds.items():
        text += f'[[extracts.{name}.feeds]]\ntable = "{table}"\nkey = "{key}"\ncolumns = {{ {columns} }}\n'
    return text


def make(folder: Path, settings: str, **files: str) -> Office:
    head = planted.OFFICE.split("[extracts.")[0]
    (folder / "office.toml").write_text(head + settings)
    (folder / "raw").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "raw" / f"{name}_2024-01-31.csv").write_text(text)
    office = load_office(folder / "office.toml")
    # Whole nights are what an order runs itself.
    stages.nightly(office, stages=stages.CORE)
    return office


PERSON = 'state_id = "SID", given_name = "GIVEN"'
ARRESTS = extract("arrests", {"arrests": ("arrest_id", f'arrest_id = "NO", arrest_date = "DAY", {PERSON}')})
CUSTODY = extract("custody", {"custody": ("custody_id", f'custody_id = "NO", detained_from = "DAY", {PERSON}')})
COURT = extract(
    "court",
    {
        "cases": ("case_id", 'case_id = "CASE", filed_date = "DAY"'),
        "defendants": ("defendant_id", f'defendant_id = "NO", case_id = "CASE", birth_date = "BORN", {PERSON}'),
    },
)
TWO = f"NO,SID,GIVEN,DAY\nX-1,{HIM},Zebulon,2024-01-02\nX-2,MA1112223,Ottoline,2024-01-03\n"


def test_expunging_what_is_sealed_leaves_the_others_linked(tmp_path: Path):
    office = make(tmp_path, ARRESTS, arrests=TWO)
    give(office, "seal", HIS)
    give(office, "expunge", HIS)
    assert read(office, "select record_id from core.person_records") == [("X-2",)]


def test_a_number_that_one_of_two_extracts_gives_reaches_the_record(tmp_path: Path):
    homes = extract("homes", {"arrests": ("arrest_id", 'arrest_id = "NO", home_address = "HOME", arrest_date = "DAY"')})
    # The extract without the number has more files: its newest is newer.
    (tmp_path / "raw").mkdir()
    text = "NO,HOME,DAY\nX-1,417 Nowhere Crescent,2024-01-02\n"
    (tmp_path / "raw" / "homes_2024-01-15.csv").write_text(text.replace("417", "416"))
    office = make(tmp_path, ARRESTS + homes, arrests=TWO + f"X-3,{HIM},Zebulon,2024-01-04\n", homes=text)
    give(office, "expunge", HIS)
    assert find_leaks(office.processed_dir, (HIM, "Zebulon", "417 Nowhere")) == []


def test_an_extract_taken_out_of_the_settings_stops_an_order(tmp_path: Path):
    office = make(tmp_path, ARRESTS + CUSTODY, arrests=TWO, custody=TWO)
    office.path.write_text(office.path.read_text().replace(CUSTODY, ""))
    with pytest.raises(orders.OrderError, match=r"\[custody\] have landed"):
        give(load_office(office.path), "expunge", HIS)


def test_a_hold_holds_a_row_that_another_order_would_take(tmp_path: Path):
    victim = 'incident_person_id = "NO", incident_id = "NO", state_id = "VSID"'
    wide = ARRESTS.replace("columns = { arrest_id", "columns = { arrest_id")
    wide += (
        f'[[extracts.arrests.feeds]]\ntable = "incident_people"\nkey = "incident_person_id"\ncolumns = {{ {victim} }}\n'
    )
    office = make(tmp_path, wide, arrests=f"NO,SID,GIVEN,DAY,VSID\nX-1,{HIM},Zebulon,2024-01-02,MA5550001\n")
    give(office, "hold", Asked("person", "MA5550001", "appeal"))
    assert set(give(office, "expunge", HIS).values()) == {"queued"}


def test_a_hold_on_a_case_holds_what_is_filed_under_it_later(tmp_path: Path):
    hearings = extract(
        "hearings", {"hearings": ("hearing_id", 'hearing_id = "NO", case_id = "CASE", hearing_date = "DAY"')}
    )
    court = f"NO,CASE,SID,GIVEN,BORN,DAY\nD-1,CR-1,{HIM},Zebulon,,2024-01-02\n"
    office = make(tmp_path, COURT + hearings, court=court, hearings="NO,CASE,DAY\nH-1,CR-1,2024-01-05\n")
    give(office, "hold", Asked("cases", "CR-1", "appeal"))
    (office.raw_dir / "hearings_2024-02-29.csv").write_text("NO,CASE,DAY\nH-9,CR-1,2024-02-05\n")
    stages.nightly(office, stages=stages.CORE)
    assert set(give(office, "expunge", Asked("hearings", "H-9", "court")).values()) == {"queued"}


def test_a_purge_of_a_membership_leaves_the_arrest_in_its_row(tmp_path: Path):
    roster = 'membership_id = "NO", group_id = "GANG", criterion = "\'self_admission\'", approver = "\'x\'", '
    roster += f'evidence_date = "DAY", last_fact_date = "DAY", reviewed_on = "DAY", {PERSON}'
    wide = (
        ARRESTS
        + f'[[extracts.arrests.feeds]]\ntable = "memberships"\nkey = "membership_id"\ncolumns = {{ {roster} }}\n'
    )
    office = make(tmp_path, wide, arrests=f"NO,SID,GIVEN,DAY,GANG\nX-1,{HIM},Zebulon,2018-01-02,G1\n")
    due = retention.purge(office, today=LAST_DAY).set_index("what")
    assert (due.loc["memberships", "removed"], due.loc["memberships", "held_back"]) == (0, 1)
    assert read(office, "select arrest_id from core.arrests") == [("X-1",)]


@pytest.mark.parametrize("what", [Asked("cases", "CR-1", "court"), HIS])
def test_a_defendant_whose_key_cannot_be_read_is_one(tmp_path: Path, what: Asked):
    court = (
        f"NO,CASE,SID,GIVEN,BORN,DAY\nD-1,CR-1,{HIM},Zebulon,,2024-01-02\n1.2E+05,CR-1,MA5550001,Ottoline,,2024-01-02\n"
    )
    office = make(tmp_path, COURT, court=court)
    with stages.holding(office, what="test"):
        planned = orders.plan(office, "expunge", [what])
    if what is HIS:
        assert planned.plans[0].selection.records == (("defendants", "D-1"),)
    else:
        assert "2 defendants" in str(planned.refused[0])


def test_a_number_that_two_people_share_by_mistake_is_told(tmp_path: Path):
    court = f"NO,CASE,SID,GIVEN,BORN,DAY\nD-1,CR-1,{HIM},Zebulon,1987-03-14,2024-01-02\n"
    court += f"D-2,CR-2,{HIM},Ottoline,1991-05-06,2024-01-03\n"
    office = make(tmp_path, COURT, court=court)
    with stages.holding(office, what="test"):
        planned = orders.plan(office, "expunge", [Asked("person", HIM, "court", name="Zebulon")])
    assert "another name" in str(planned.refused[0])


FBI = "77112AA9"
WITH_FBI = ARRESTS.replace('state_id = "SID"', 'state_id = "SID", fbi_id = "UCN"')
BOOKINGS = extract(
    "custody",
    {"custody": ("custody_id", 'custody_id = "NO", detained_from = "DAY", fbi_id = "UCN", given_name = "GIVEN"')},
)


def make_with_fbi(folder: Path) -> Office:
    return make(
        folder,
        WITH_FBI + BOOKINGS,
        arrests=f"NO,SID,UCN,GIVEN,DAY\nX-1,{HIM},{FBI},Zebulon,2024-01-02\nX-2,MA1112223,,Ottoline,2024-01-03\n",
        custody=f"NO,UCN,GIVEN,DAY\nB-1,{FBI},Zebulon,2024-01-03\n",
    )


def decide(office: Office, *records: str) -> None:
    """Put a decision on two records on the desk, as it stands there."""
    read(
        office,
        "insert into desk.link_decisions (event_id, recorded_at, known_on, why, pair_id, verdict, left_table, "
        f"left_record, right_table, right_record) values ('e', '2024-02-01', '2024-02-01', 'a photo', 'p', "
        f"'different', {', '.join(repr(part) for part in records)})",
    )


def test_an_order_for_an_fbi_number_finds_the_person_and_keeps_out_what_has_no_other_key(tmp_path: Path):
    office = make_with_fbi(tmp_path)
    assert find_leaks(office.processed_dir, (FBI,))
    give(office, "expunge", Asked("person", FBI, "court"))
    assert find_leaks(office.processed_dir, (HIM, FBI, "Zebulon")) == []
    (office.raw_dir / "custody_2024-02-29.csv").write_text(f"NO,UCN,GIVEN,DAY\n1.2E+05,{FBI},Zebulon,2024-02-03\n")
    stages.nightly(office)
    assert find_leaks(office.processed_dir, (FBI, "Zebulon")) == []


def test_a_sealed_record_keeps_its_fbi_number_to_itself(tmp_path: Path):
    office = make_with_fbi(tmp_path)
    assert read(office, "select fbi_id from core.custody") == [(FBI,)]
    give(office, "seal", Asked("custody", "B-1", "by statute"))
    assert read(office, "select fbi_id from core.custody") == [(None,)]
    assert read(office, "select record_id from core.person_records order by all") == [("X-1",), ("X-2",)]


def test_an_fbi_number_in_the_reason_is_refused(tmp_path: Path):
    office = make_with_fbi(tmp_path)
    with stages.holding(office, what="test"):
        planned = orders.plan(office, "expunge", [Asked("custody", "B-1", "order on FBI number 77112-AA9")])
    assert "number or a name" in str(planned.refused[0])


def test_what_is_joined_without_a_number_is_told_and_not_reached(tmp_path: Path):
    office = make_with_fbi(tmp_path)
    read(office, "update core.person_records set person_id = 'p_both'")
    with stages.holding(office, what="test"):
        (found,) = orders.plan(office, "expunge", [HIS]).plans
    assert found.selection.records == (("arrests", "X-1"), ("custody", "B-1"))
    assert found.selection.possible == {"arrests": 1}


def test_an_id_of_our_own_calls_whom_numbers_and_reviewers_join(tmp_path: Path):
    office = make_with_fbi(tmp_path)
    read(office, "update core.person_records set person_id = 'p_all', confirmed_person_id = 'p_' || record_table")
    read(office, "update core.person_records set confirmed_person_id = 'p_him' where record_id <> 'X-2'")
    with stages.holding(office, what="test"):
        planned = orders.plan(office, "hold", [Asked("person", who, "appeal") for who in ("p_him", "p_all")])
        assert [item.selection.records for item in planned.plans] == [(("arrests", "X-1"), ("custody", "B-1"))]
        assert "no record of [person]" in str(planned.refused[0])
    read(office, "update core.person_records set confirmed_person_id = 'p_him'")
    with stages.holding(office, what="test"):
        planned = orders.plan(office, "hold", [Asked("person", "p_him", "appeal")])
    assert "reviewers have joined 2 people" in str(planned.refused[0])


def test_a_hold_holds_a_decision_that_another_order_would_take(tmp_path: Path):
    office = make(tmp_path, ARRESTS, arrests=TWO)
    decide(office, "arrests", "X-1", "arrests", "X-2")
    give(office, "hold", Asked("person", "MA1112223", "appeal"))
    assert set(give(office, "expunge", HIS).values()) == {"queued"}


def test_a_decision_on_what_is_sealed_stays(tmp_path: Path):
    office = make(tmp_path, ARRESTS, arrests=TWO)
    decide(office, "arrests", "X-1", "arrests", "X-2")
    give(office, "seal", HIS)
    assert read(office, "select count(*) from desk.link_decisions") == [(1,)]


def test_a_page_does_not_say_the_number_in_another_ones_key(tmp_path: Path):
    court = f"NO,CASE,SID,GIVEN,BORN,DAY\nCR-1-{HIM},CR-1,{HIM},Zebulon,,2024-01-02\n"
    court += "CR-1-MA5550001,CR-1,MA5550001,Ottoline,,2024-01-02\n"
    office = make(tmp_path, COURT, court=court)
    with stages.holding(office, what="test"):
        (page,), _ = disclose(office, [HIS], recipient="counsel", purpose="discovery", known_on=LAST_DAY)
        assert "MA5550001" not in page.text
        done, refused = disclose(office, [HIS], recipient="counsel of Zebulon", purpose="discovery", known_on=LAST_DAY)
    assert done == [] and len(refused) == 1


def test_each_of_two_orders_on_one_record_has_its_count(tmp_path: Path):
    office = make(tmp_path, ARRESTS, arrests=TWO)
    taken = give(office, "expunge", HIS, Asked("arrests", "X-1", "court"))
    for order in taken:
        assert '"raw.arrests": 1' in (office.processed_dir / "certificates" / f"{order}.json").read_text()
