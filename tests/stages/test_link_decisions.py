"""Decisions on pairs of records: which stand on a day, which are refused and why, how a pair is named."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office
from strategic_prosecution.stages import link_decisions
from strategic_prosecution.stages.link_decisions import Asked, DecisionError, decide, decisions, listed, pair_id
from strategic_prosecution.stages.people_records import TABLES, read_people, read_records
from strategic_prosecution.warehouse import Connection
from tests.stages import reviewed
from tests.stages.reviewed import AGAIN, NAMELESS, NUMBERS, A, B, C, D

MARCH, APRIL, MAY = reviewed.DAY, date(2024, 4, 30), date(2024, 5, 31)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return reviewed.make_office(tmp_path)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with warehouse.open_trial(reviewed.make_office(tmp_path_factory.mktemp("trial"))) as opened:
        yield opened


@pytest.fixture
def connection(trial: Connection) -> Connection:
    """A core of the end of March with records of people on it and a membership on the desk."""
    reviewed.plant(trial)
    return trial


@pytest.fixture
def take(connection: Connection, office: Office):
    def taken(*asked: tuple, on: date = APRIL, why: str = "photo", two_numbers: bool = False):
        items = [
            Asked(left, right, verdict, why, where=f"line {n}") for n, (left, right, verdict) in enumerate(asked, 2)
        ]
        return decide(connection, office, items, known_on=on, two_numbers=two_numbers)

    return taken


def stands(connection: Connection, day: date) -> list[tuple]:
    return [tuple(row) for row in decisions(connection, day).itertuples(index=False)]


def refusal(done: link_decisions.Taken) -> str:
    """The one line of the only refusal, in which no key and no number stands."""
    (error,) = done.refused
    assert len(str(error).splitlines()) == 1
    assert not [told for told in ("A-1", "D-7", "B-3", "MB-4", *NUMBERS, "Quartzman") if told in str(error)]
    return str(error)


# ---------------------------------------------------------------------------------------------- what stands on a day


def test_a_pair_has_one_key_whoever_is_named_first():
    digest = hashlib.sha256(b"arrests/A-1\ndefendants/D-7/1").hexdigest()
    assert pair_id(A, B) == pair_id(B, A) == digest[:20]
    assert pair_id(A, C) != pair_id(A, B)


def test_a_decision_counts_from_its_day_on_with_the_smaller_record_on_the_left(connection: Connection, take):
    assert take((C, A, "same"), on=APRIL).recorded == {pair_id(A, C): "same"}
    assert stands(connection, MARCH) == []
    assert stands(connection, APRIL) == stands(connection, MAY) == [(*A, *C, "same")]
    assert list(decisions(connection, MARCH).columns) == list(decisions(connection, MAY).columns)


def test_of_a_pair_the_newest_event_of_its_day_counts_and_open_takes_it_back(connection: Connection, take):
    take((A, C, "same"), (D, A, "different"), on=MARCH)
    take((C, A, "different"), on=APRIL)
    take((A, C, "open"), on=MAY)
    assert stands(connection, MARCH) == [(*A, *C, "same"), (*A, *D, "different")]
    assert stands(connection, APRIL) == [(*A, *C, "different"), (*A, *D, "different")]
    assert stands(connection, MAY) == [(*A, *D, "different")]


def seal(connection: Connection, table: str, key: str, status: str) -> None:
    desk.add(
        connection, model.table("desk.orders"), why="order", known_on=MAY, order_id="o", kind="seal", status=status
    )
    values = {"order_id": "o", "table_name": table, "fingerprint": "f", "record_id": key}
    connection.execute(
        "insert into desk.order_records by name select ? as order_id, ? as table_name, ? as fingerprint, "
        "? as record_id",
        list(values.values()),
    )


@pytest.mark.parametrize(("sealed", "left"), [(A, (*C, *D, "different")), (D, (*A, *C, "same"))])
def test_a_sealed_record_has_no_decision_and_gets_none(connection: Connection, take, sealed, left):
    take((A, C, "same"), (C, D, "different"))
    seal(connection, *sealed, "in_force")
    assert stands(connection, MAY) == [left]
    assert len(listed(connection)) == 1
    assert "the second record is sealed" in refusal(take((NAMELESS, sealed, "same")))
    desk.add(
        connection, model.table("desk.orders"), why="order", known_on=MAY, order_id="o", kind="seal", status="lifted"
    )
    assert len(stands(connection, MAY)) == 2


def test_decisions_in_force_are_listed_by_record_with_who_and_why(connection: Connection, take):
    take((A, C, "same"), why="  tattoo\nseen ")
    row = listed(connection).iloc[0].to_dict()
    assert (row["pair"], row["left"], row["right"]) == (pair_id(A, C)[:8], "arrests/A-1", "custody/B-3")
    assert (row["verdict"], row["recorded_by"], row["why"]) == ("same", desk.login(), "tattoo\nseen")
    assert row["known_on"].date() == APRIL


# -------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((A, A, "same"), "the same record"),
        ((A, ("arrests", "A-9"), "same"), "the second record is not in the newest core"),
        ((("memberships", "MB-9"), A, "same"), "the first record is not in the newest core"),
        ((A, C, "open"), "nothing is decided on this pair"),
        ((A, C, "sane"), "did you mean [same]?"),
        ((A, B, "same"), "--two-numbers"),
        # Of its own it has no number; by what is certain, it is the person of A.
        ((AGAIN, B, "same"), "--two-numbers"),
    ],
)
def test_what_is_wrong_by_itself_is_refused_and_nothing_is_written(
    connection: Connection, office: Office, take, asked, said
):
    line = refusal(take(asked))
    assert line.startswith("line 2: ") and said in line
    assert connection.execute("select count(*) from desk.link_decisions").fetchone() == (0,)
    assert audit.entries(office) == []


def test_without_a_reason_nothing_is_decided(take):
    assert "say why" in refusal(take((A, C, "same"), why=" \n"))


def test_numbers_are_asked_of_same_only_and_two_may_be_said(connection: Connection, take):
    assert take((A, B, "different")).recorded
    assert take((A, B, "open")).recorded
    assert take((NAMELESS, B, "same")).recorded, "a word is no number"
    assert take((AGAIN, B, "same"), (C, D, "same"), two_numbers=True).recorded
    assert take((C, D, "open"))
    assert connection.execute("select why from desk.link_decisions order by rowid").fetchall()[-3:] == [
        ("[two numbers] photo",),
        ("photo",),
        ("photo",),
    ], "that there are two is written where there are two"
    assert stands(connection, MAY) == [(*AGAIN, *B, "same"), (*NAMELESS, *B, "same")]


def test_one_number_in_common_is_enough(connection: Connection, take):
    connection.execute("update core.person_records set confirmed_person_id = 'p_1' where record_table = 'defendants'")
    connection.execute(f"update core.custody set state_id = '{NUMBERS[1]}'")
    assert take((A, C, "same")).recorded


@pytest.mark.parametrize(
    ("first", "then", "chain"),
    [
        ([(A, C, "same"), (C, D, "same")], (A, D, "different"), [(A, C, "same"), (C, D, "same")]),
        ([(A, C, "same"), (A, D, "different")], (C, D, "same"), [(A, C, "same"), (A, D, "different")]),
        (
            [(A, C, "same"), (D, NAMELESS, "same"), (NAMELESS, C, "different")],
            (A, D, "same"),
            [(A, C, "same"), (NAMELESS, C, "different"), (D, NAMELESS, "same")],
        ),
    ],
)
def test_what_contradicts_others_is_refused_with_these(connection: Connection, take, first, then, chain):
    assert len(take(*first).recorded) == len(first)
    line = refusal(take(then))
    named = ", ".join(f"{pair_id(left, right)[:8]} {verdict}" for left, right, verdict in chain)
    assert f"({named})" in line
    assert f"decide {pair_id(*chain[0][:2])[:8]} open" in line
    # Once one of them is taken back, it is taken.
    left, right, _ = chain[0]
    assert take((left, right, "open"), then).refused == ()


def test_what_does_not_contradict_is_taken(connection: Connection, take):
    """`Different` does not chain, and a pair may be decided anew."""
    assert len(take((A, C, "different"), (C, D, "different"), (A, D, "same")).recorded) == 3
    assert "contradicts" in refusal(take((A, C, "same"))), "A is D, and D is not C"
    assert stands(connection, MAY) == [(*A, *C, "different"), (*A, *D, "same"), (*C, *D, "different")]


def test_lines_of_a_file_are_held_against_each_other_and_none_is_taken_unless_all_are(
    connection: Connection, office: Office, take
):
    done = take((A, C, "same"), (A, A, "same"), (C, D, "same"), (A, D, "different"), (D, C, "same"))
    assert [str(error).split(":")[0] for error in done.refused] == ["line 3", "line 5"]
    assert (done.recorded, done.unchanged) == ({}, {})
    assert stands(connection, MAY) == [] and audit.entries(office) == []
    done = take((A, C, "same"), (C, D, "same"), (D, C, "same"))
    assert done.recorded == {pair_id(A, C): "same", pair_id(C, D): "same"}
    assert done.unchanged == {pair_id(C, D): "same"}
    again = take((A, C, "same"), (C, D, "same"))
    assert again.recorded == {} and len(again.unchanged) == 2
    assert connection.execute("select count(*) from desk.link_decisions").fetchone() == (2,)
    (entry,) = audit.entries(office)
    assert entry["what"] == "links_decided"
    assert audit.facts(entry) == {"same": 2, "different": 0, "open": 0}
    assert "A-1" not in json.dumps(entry)


def test_two_verdicts_on_one_pair_are_both_refused(connection: Connection, take):
    done = take((A, C, "same"), (C, D, "same"), (C, A, "different"))
    assert [str(error).split(":")[0] for error in done.refused] == ["line 2", "line 4"]
    assert all("has two verdicts" in str(error) for error in done.refused)
    assert stands(connection, MAY) == []


def test_lines_that_could_not_be_read_let_none_be_taken(connection: Connection, office: Office):
    items, unread = [Asked(A, C, "same", "photo")], [DecisionError("line 3: TABLE/ID")]
    done = decide(connection, office, items, known_on=APRIL, unread=unread)
    assert done.refused == tuple(unread) and stands(connection, MAY) == []


# ------------------------------------------------------------------------------------------------ how a pair is named


def test_a_pair_is_named_by_the_beginning_of_its_key_in_the_queue_and_on_the_desk(connection: Connection, take):
    take((A, C, "same"))
    reviewed.queue(connection, {"left": A, "right": D})
    for pair in ((A, C), (A, D)):
        key = pair_id(*pair)
        assert link_decisions.pair_named(connection, key) == link_decisions.pair_named(connection, key[:5]) == pair
    for handle, said in (("0000", "no pair"), ("abc", "at least 4"), ("A-1", "TABLE/ID"), ("G" * 8, "at least 4")):
        with pytest.raises(DecisionError, match=said):
            link_decisions.pair_named(connection, handle)


def test_two_pairs_that_begin_alike_are_not_confused(connection: Connection):
    """Among enough pairs, some begin alike: found here by trying, as a birthday among 65,536."""
    known: dict[str, tuple] = {}
    for number in range(100_000):
        key = pair_id(A, ("arrests", str(number)))[:4]
        if key in known:
            break
        known[key] = ("arrests", str(number))
    for record in (known[key], ("arrests", str(number))):
        values = {"pair_id": pair_id(A, record), "left_table": A[0], "left_record": A[1], "verdict": "same"}
        values |= {"right_table": record[0], "right_record": record[1]}
        desk.add(connection, model.table("desk.link_decisions"), why="photo", known_on=MAY, **values)
    with pytest.raises(DecisionError, match="2 pairs begin so"):
        link_decisions.pair_named(connection, key)
    assert link_decisions.pair_named(connection, pair_id(A, known[key])[:12]) == (A, known[key])


def test_a_record_is_named_by_its_table_and_its_key_slashes_and_all():
    assert link_decisions.record_named("defendants/D-7/1") == B
    for text, said in (
        ("A-1", "TABLE/ID"),
        ("arrests/", "TABLE/ID"),
        ("arests/A-1", r"\[arrests\]"),
        ("cases/C", "people"),
    ):
        with pytest.raises(DecisionError, match=said):
            link_decisions.record_named(text)


# ------------------------------------------------------------------------------------------- records as they are shown


def test_every_table_of_people_can_be_decided_on():
    """Records that are linked have the source's own key of the person."""
    linked = [t.name for t in model.TABLES if t.is_fed and "source_person_id" in t.names]
    assert sorted(linked) == sorted(TABLES)


def test_a_record_says_what_it_is_of_which_day_and_of_which_case(connection: Connection, office: Office):
    found = read_records(connection, office, {A, B, C, D, ("arrests", "A-9")}).set_index("record_id")
    assert found["what"].to_dict() == {
        "A-1": "arrest of 2024-01-10, incident I-1",
        "D-7/1": "charge in court of 2024-02-01, case CR-5",
        "B-3": "custody of 2024-01-13",
        "MB-4": f"membership of group G1, known on {MARCH}",
    }
    assert found.loc["A-1", ["given_name", "state_id"]].tolist() == ["Zebulon", NUMBERS[0]]
    assert "race_ethnicity" not in found.columns


def test_of_a_record_all_that_is_certain_of_its_person_is_read_and_nothing_sealed(
    connection: Connection, office: Office
):
    found = read_people(connection, office, {AGAIN, D})
    columns = ["asked_id", "record_id", "number"]
    assert found[columns].fillna("").to_numpy().tolist() == [
        ["A-2", "A-1", NUMBERS[0]],
        ["A-2", "A-2", ""],
        ["MB-4", "MB-4", ""],
    ]
    seal(connection, *A, "in_force")
    assert read_people(connection, office, {A, AGAIN})["record_id"].tolist() == ["A-2"]


# ------------------------------------------------------------------------------------------------------ later days


def test_a_decision_makes_the_days_stale_from_its_own_on(connection: Connection, office: Office, take):
    days = (MARCH, APRIL, MAY)
    before = [stages.inputs(connection, office, day) for day in days]
    take((A, C, "same"), on=APRIL)
    after = [stages.inputs(connection, office, day) for day in days]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, False]
    take((A, C, "open"), on=MAY)
    assert [stages.inputs(connection, office, day) == found for day, found in zip(days, after, strict=True)] == [
        True,
        True,
        False,
    ]
