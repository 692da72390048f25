"""`stratpro people`: what a reviewer sees, decides and reads back, what is refused, and what is written down of it."""

import csv
import json
import shutil
import stat
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli, desk, model, stages, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages import review_queue
from strategic_prosecution.stages.link_decisions import pair_id
from tests.stages import reviewed
from tests.stages.planted import read
from tests.stages.reviewed import AGAIN, NUMBERS, A, B, C, D

# By place: what would give most memberships comes first, whatever their keys.
AB, AC, CD = pair_id(A, B)[:8], pair_id(A, C)[:8], pair_id(C, D)[:8]
AGREEMENT = "family name agrees; birth date missing; sex agrees"
QUEUE = (
    {"left": C, "right": D, "memberships": 2, "records": 5, "probability": 0.912, "agreement": AGREEMENT},
    {"left": A, "right": B, "kind": "joined", "is_joined": True, "records": 1, "probability": 0.9996},
    {"left": A, "right": C, "kind": "birth_years", "memberships": 1, "is_joined": True, "records": 3},
)
NOTICE = "Not evidence; not for charging, bail or sentencing argument."


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    office = reviewed.make_office(tmp_path_factory.mktemp("planted"))
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        reviewed.plant(connection)
        # Written in another order than their places.
        reviewed.queue(connection, *QUEUE)
        connection.execute("create table turned as from core.person_pairs order by place desc")
        connection.execute(
            "delete from core.person_pairs; insert into core.person_pairs from turned; drop table turned"
        )
    return office.path.parent


@pytest.fixture
def office(planted: Path, tmp_path: Path) -> Office:
    shutil.copytree(planted, tmp_path / "office")
    return load_office(tmp_path / "office" / "office.toml")


def stratpro(office: Office, *arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, ["people", *arguments, "--office", str(office.path)], input=stdin)


def said(office: Office, *arguments: str) -> str:
    result = stratpro(office, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def one_line(result: Result, *, code: int) -> str:
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("stratpro: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def events(office: Office) -> list[tuple]:
    return read(office, "select left_record, right_record, verdict, why from desk.link_decisions order by rowid")


def logged(office: Office) -> list[tuple[str, dict]]:
    return [(entry["what"], audit.facts(entry)) for entry in audit.entries(office)]


# ------------------------------------------------------------------------------------------------------- the queue


def test_the_queue_shows_pairs_in_its_order_both_records_side_by_side(office: Office):
    shown = said(office, "review")
    heads = [line.split("  ")[:3] for line in shown.splitlines() if line[:2] in ("1.", "2.", "3.")]
    assert heads == [["1.", CD, "possible"], ["2.", AB, "joined"], ["3.", AC, "birth_years"]]
    assert shown.startswith(NOTICE)
    assert [line.split("  ")[3] for line in shown.splitlines() if line[:2] in ("1.", "2.", "3.")] == [
        "probability 0.912",
        "probability >0.999",
        "probability unknown",
    ]
    assert (
        "   same: counts and lists use it (gives 2 memberships 5 confirmed records); different: they stay apart\n"
        in shown
    )
    assert "   same: lists may use it (confirms 1 record); different: counts use it no more (parts 1 record)\n" in shown
    assert (
        "   same: lists may use it (gives 1 membership 3 confirmed records); different: counts use it no more (takes 3 "
        "records from 1 membership)\n"
    ) in shown
    assert "agreement: birth date missing; family name agrees; sex agrees" in shown
    (line,) = [line for line in shown.splitlines() if line.split()[:2] == ["state", "id"] and NUMBERS[1] in line]
    assert line.split() == ["state", "id", *NUMBERS]
    for told in ("arrest of 2024-01-10, incident I-1", "charge in court of 2024-02-01, case CR-5", "417 Faux Crescent"):
        assert told in shown
    (line,) = [line for line in shown.splitlines() if line.split()[:1] == ["memberships"]]
    assert line.split("  ")[-1].strip() == "MB-4, membership of group G1, known on 2024-03-31"
    assert "3 of 3 pairs to look at, as of 2024-03-31" in shown
    assert "black" not in shown and "race" not in shown
    assert "\x1b" not in shown and "Quartz\ufffd[2Jman" in shown, "a name is no order to the terminal"


def test_who_saw_how_many_pairs_is_logged_and_nobody_they_are_about(office: Office):
    said(office, "review", "--limit", "2")
    said(office, "review", "--kind", "same_number")
    said(office, "review", "--kind", "joined", "--json")
    assert logged(office) == [
        ("people_review_shown", {"pairs": 2, "exported": False}),
        ("people_review_shown", {"pairs": 1, "exported": False}),
    ]
    assert audit.verify(office) == []


def test_the_queue_for_machines(office: Office):
    told = json.loads(said(office, "review", "--kind", "joined", "--json"))
    assert told["notice"].startswith(NOTICE)
    assert (told["as_of"], told["of"], told["decided"]) == ("2024-03-31", 1, 0)
    (pair,) = told["pairs"]
    assert (pair["pair"], pair["place"], pair["probability"]) == (AB, 2, 0.9996)
    assert pair["left"]["record"] == "arrests/A-1" and pair["right"]["record"] == "defendants/D-7/1"
    assert pair["left"]["person"]["birth_date"] == "1987-03-14"
    assert pair["right"]["person"]["birth_date"] is None


def test_both_numbers_of_two_people_are_shown_although_the_records_have_none(office: Office):
    """A-2 has no number of its own, nor has B-3: those that others of the same person have."""
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute("delete from core.person_pairs")
        connection.execute("update core.person_records set confirmed_person_id = 'p_3' where record_id = 'B-3'")
        reviewed.queue(connection, {"left": AGAIN, "right": C, "kind": "numbers_differ"})
    shown = said(office, "review")
    (line,) = [line for line in shown.splitlines() if line.split()[:3] == ["all", "state", "numbers"]]
    assert line.split()[3:] == list(NUMBERS)
    (pair,) = json.loads(said(office, "review", "--json"))["pairs"]
    assert (pair["left"]["numbers"], pair["right"]["numbers"]) == ([NUMBERS[0]], [NUMBERS[1]])
    assert pair["left"]["person"]["state_id"] is pair["right"]["person"]["state_id"] is None


def test_every_kind_of_pair_has_a_question_that_is_shown(office: Office):
    kinds = model.table("core.person_pairs").column("kind").values
    assert set(review_queue.QUESTIONS) == set(kinds) - {model.UNKNOWN, model.UNMAPPED}
    for text in review_queue.QUESTIONS.values():
        assert "same" in text and "different" in text
    shown = said(office, "review")
    assert "counted as one person because they are alike; no number says so." in shown
    assert "father and son" in shown and "an alias" not in shown


def test_an_unknown_kind_is_one_line_with_the_nearest(office: Office):
    assert "did you mean [joined]?" in one_line(stratpro(office, "review", "--kind", "jioned"), code=2)
    assert one_line(stratpro(office, "review", "--kind", "zzz"), code=2).count("same_number") == 1


def test_before_the_first_run_there_is_no_queue(tmp_path: Path):
    empty = reviewed.make_office(tmp_path)
    assert "`stratpro run`" in one_line(stratpro(empty, "review"), code=1)
    line = one_line(stratpro(empty, "decide", "arrests/A", "arrests/B", "same", "--why", "x"), code=1)
    assert "no extract has landed" in line


# ---------------------------------------------------------------------------------------------------- one decision


@pytest.mark.slow
def test_a_pair_is_decided_by_its_handle_leaves_the_queue_and_waits(office: Office):
    told = said(office, "decide", CD[:5], "same", "--why", "photo")
    assert f"{CD}: same" in told
    assert (
        f"counts in every run as of {stages.calendar_day(office)} or later; the newest extract is of 2024-03-31, so "
        "not before an extract of that day or later has landed\n"
    ) in told
    assert events(office) == [("B-3", "MB-4", "same", "photo")]
    assert read(office, "select known_on, recorded_by from desk.link_decisions") == [
        (stages.calendar_day(office), desk.login())
    ]
    shown = said(office, "review")
    assert CD not in shown and "2 of 2 pairs to look at" in shown and "1 more are decided, and count once" in shown
    assert "as it stood already" in said(office, "decide", CD, "same", "--why", "photo")
    assert f"{CD}: open" in said(office, "decide", CD, "open", "--why", "wrong photo")
    assert "3 of 3 pairs" in said(office, "review", "--limit", "3")
    assert len(events(office)) == 2


def test_where_an_extract_of_the_day_is_there_nothing_is_waited_for(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stages, "calendar_day", lambda _: date(2024, 3, 31))
    told = said(office, "decide", CD, "same", "--why", "photo")
    assert "counts in every run as of 2024-03-31 or later; the newest extract is of 2024-03-31\n" in told


def test_what_a_run_has_heard_and_still_asks_is_shown(office: Office):
    """A decision of before core's day counts in it: what the linker asks all the same, a reviewer must see."""
    said(office, "decide", CD, "same", "--why", "photo")
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute("update desk.link_decisions set known_on = ?", [reviewed.DAY])
    assert CD in said(office, "review")


def test_two_records_are_decided_by_their_keys(office: Office):
    said(office, "decide", "memberships/MB-4", "arrests/A-1", "different", "--why", "another tattoo")
    assert events(office) == [("A-1", "MB-4", "different", "another tattoo")]
    listed = json.loads(said(office, "decisions", "--json"))
    assert [(row["left"], row["right"], row["verdict"], row["why"], row["known_on"]) for row in listed] == [
        ("arrests/A-1", "memberships/MB-4", "different", "another tattoo", str(stages.calendar_day(office)))
    ]
    table = said(office, "decisions")
    assert pair_id(A, D)[:8] in table and desk.login() in table and "Quartz" not in table


def test_two_numbers_must_be_said(office: Office):
    line = one_line(stratpro(office, "decide", AB, "same", "--why", "prints"), code=1)
    assert "--two-numbers" in line and not [number for number in NUMBERS if number in line]
    said(office, "decide", AB, "same", "--why", "prints", "--two-numbers")
    assert events(office) == [("A-1", "D-7/1", "same", "[two numbers] prints")]
    assert "[two numbers] prints" in said(office, "decisions")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "say what is decided"),
        ([CD], 2, "the last word is the verdict"),
        ([CD, "sane", "--why", "x"], 2, "did you mean [same]?"),
        ([CD, "zzz", "--why", "x"], 2, "none is called so; known: different, open, same\n"),
        (["same", "--why", "x"], 2, "name one pair, or two records"),
        (["arrests/A-1", "custody/B-3", "arrests/A-2", "same", "--why", "x"], 2, "name one pair, or two records"),
        ([CD, "same", "--file", "f.csv"], 2, "say what is decided"),
        (["ffffffffffff", "same", "--why", "x"], 1, "no pair of the queue"),
        (["A-1", "custody/B-3", "same", "--why", "x"], 1, "TABLE/ID"),
        (["custdy/B-3", "arrests/A-1", "same", "--why", "x"], 1, "did you mean [custody]?"),
        (["arrests/A-9", "custody/B-3", "same", "--why", "x"], 1, "the first record is not in the newest core"),
        (["arrests/A-1", "arrests/A-1", "same", "--why", "x"], 1, "the same record"),
        ([CD, "same"], 1, "say why"),
        ([CD, "open", "--why", "x"], 1, "nothing is decided on this pair"),
        (["--file", "nowhere.csv"], 2, "cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_changes(office: Office, arguments: list[str], code: int, told: str):
    assert told in one_line(stratpro(office, "decide", *arguments), code=code)
    assert events(office) == [] and logged(office) == []


# -------------------------------------------------------------------------------------------------------- the form


def fill(form: Path, filled: Path, **verdicts: str) -> None:
    """What a reviewer does in a spreadsheet: verdict and reason of some lines, by the record on the left."""
    with form.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        row["verdict"] = verdicts.get(row["right"].split("/")[0], "")
        row["why"] = "compared" if row["verdict"] else ""
    with filled.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.slow
def test_the_queue_goes_out_as_a_form_and_comes_back_decided(office: Office, tmp_path: Path):
    form, filled = tmp_path / "form.csv", tmp_path / "filled.csv"
    told = said(office, "review", "--export", str(form))
    assert "3 pairs" in told and NOTICE in told and "Quartz" not in told
    assert stat.S_IMODE(form.stat().st_mode) == 0o600
    rows = list(csv.DictReader(form.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0])[:4] == ["verdict", "why", "left", "right"]
    assert [(row["verdict"], row["why"]) for row in rows] == [("", "")] * 3
    assert all(row["notice"].startswith(NOTICE) for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert rows[1]["right_family_name"] == "'=QUARTZMAN"
    assert (rows[1]["left_numbers"], rows[1]["probability"]) == (NUMBERS[0], ">0.999")
    assert rows[0]["right_memberships"] == "MB-4, membership of group G1, known on 2024-03-31"
    assert "no number says so" in rows[1]["question"]
    fill(form, filled, memberships="SAME ", custody="different")
    told = said(office, "decide", "--file", str(filled))
    assert events(office) == [("B-3", "MB-4", "same", "compared"), ("A-1", "B-3", "different", "compared")]
    assert f"{CD}: same" in told and f"{AC}: different" in told
    assert json.loads(said(office, "decide", "--file", str(filled), "--json"))["unchanged"] != {}
    assert len(events(office)) == 2, "a file read twice decides once"
    assert logged(office) == [
        ("people_review_shown", {"pairs": 3, "exported": True}),
        ("links_decided", {"same": 1, "different": 1, "open": 0}),
    ]


def test_a_form_is_not_written_over_one_that_may_be_filled_in(office: Office, tmp_path: Path):
    (tmp_path / "form.csv").write_text("mine", encoding="utf-8")
    assert "is there" in one_line(stratpro(office, "review", "--export", str(tmp_path / "form.csv")), code=2)
    line = one_line(stratpro(office, "review", "--export", str(tmp_path / "nowhere" / "form.csv")), code=2)
    assert "--export: there is no folder" in line and "--out" not in line
    assert ".csv" in one_line(stratpro(office, "review", "--export", str(tmp_path / "form.xlsx")), code=2)
    assert logged(office) == []
    assert (tmp_path / "form.csv").read_text(encoding="utf-8") == "mine"


HEAD = "left,right,verdict,why\n"


def test_of_a_file_every_bad_line_is_told_and_nothing_is_taken(office: Office):
    lines = [
        "arrests/A-1,custody/B-3,same,photo",
        "custody/B-3,memberships/MB-4,same,photo",
        "arrests/A-1,memberships/MB-4,different,photo",
        "arrests/A-9,custody/B-3,same,photo",
        "arrests/A-2,custody/B-3,same,",
        "arrests/A-2,custody/B-3,,",
        "A-2,custody/B-3,same,photo",
    ]
    result = stratpro(office, "decide", "--file", "-", stdin=HEAD + "\n".join(lines) + "\n")
    assert result.exit_code == 1
    *told, last = result.stderr.splitlines()
    assert sorted(line.split(":")[1].strip() for line in told) == [
        f"standard input, line {number}" for number in (4, 5, 6, 8)
    ]
    assert "nothing of standard input is recorded" in last
    assert "contradicts" in result.stderr and "not in the newest core" in result.stderr and "say why" in result.stderr
    assert "A-9" not in result.stderr
    assert result.stdout == "" and events(office) == [] and logged(office) == []
    good = HEAD + "\n".join(lines[:2]) + "\n"
    assert stratpro(office, "decide", "--file", "-", stdin=good).exit_code == 0
    assert [event[:3] for event in events(office)] == [("A-1", "B-3", "same"), ("B-3", "MB-4", "same")]


@pytest.mark.parametrize(("content", "line"), [("A-1,custody/B-3,same,photo\n", 2), ("custody/B-3\n,\n,,same\n", 4)])
def test_a_line_that_names_no_records_is_told_with_its_file(office: Office, tmp_path: Path, content: str, line: int):
    (tmp_path / "decided.csv").write_text(HEAD + content, encoding="utf-8")
    result = stratpro(office, "decide", "--file", str(tmp_path / "decided.csv"))
    told, last = result.stderr.splitlines()
    assert result.exit_code == 1 and "B-3" not in result.stderr
    assert told.startswith(f"stratpro: {tmp_path}/decided.csv, line {line}: a record is written TABLE/ID")
    assert "nothing of" in last and "decided.csv" in last


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"left,right,why\n", "lacks the column [verdict]"),
        (HEAD.encode(), "has no verdict filled in"),
        (HEAD.encode() + b"arrests/A-1,custody/B-3,,\n", "has no verdict filled in"),
        (b"\xff\xfeleft", "is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(office: Office, tmp_path: Path, content: bytes, told: str):
    (tmp_path / "decided.csv").write_bytes(content)
    line = one_line(stratpro(office, "decide", "--file", str(tmp_path / "decided.csv")), code=2)
    assert told in line and "B-3" not in line
    assert events(office) == []
