"""Bad input: one clear line (what, where, what to do), the other files land, nothing is lost silently."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from strategic_prosecution import extracts

POLICE = """
[extracts.police]
files = ["police/*.csv"]
extract_date = 2024-01-31
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "INCIDENT_NO", occurred_date = "DAY" }
"""
GOOD = "INCIDENT_NO,DAY\n1,2024-01-05\n2,2024-01-06\n"


def land(bench, office) -> tuple[int, int, int, int]:
    landed = extracts.land(bench.connection, office)
    return landed.files, landed.landed, landed.rows, landed.refused


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty; ask its source for a complete file"),
        (b"\n\n", "its first line is no header; put the column names there"),
        (b",,\n1,2,3\n", "its first line is no header; put the column names there"),
        (
            b"INCIDENT_NO,DAY,day\n1,2024-01-05,2024-01-05\n",
            "its header names [day] twice; rename one of the columns",
        ),
        (
            b"INCIDENT_NUM,DAY\n1,2024-01-05\n",
            "extracts.police.feeds[1].columns.incident_id: no column [INCIDENT_NO] in this extract; "
            "did you mean [INCIDENT_NUM]? ([INCIDENT_NO] is missing (now [INCIDENT_NUM]?), "
            "new: [INCIDENT_NUM]); the file does not land",
        ),
        (
            b"INCIDENT_NO,DAY,__row\n1,2024-01-05,7\n",
            "its header names [__row]; names with two underscores in front are ours: rename it",
        ),
    ],
)
def test_a_bad_file_gets_one_line_and_the_others_land(bench, content: bytes, why: str) -> None:
    bench.put("police/a_good.csv", GOOD)
    bench.put("police/bad.csv", content)
    bench.put("police/c_good.csv", GOOD.replace("1,", "3,"))
    assert land(bench, bench.office(POLICE)) == (3, 2, 4, 1)
    assert bench.problems() == [("unreadable_file", "police/bad.csv", None, None, None)]
    assert bench.why() == why


def test_no_file_at_all(bench) -> None:
    assert land(bench, bench.office(POLICE)) == (0, 0, 0, 1)
    assert bench.why() == "no file matches [police/*.csv] below raw_dir; put the extract there or correct `files`"


@pytest.mark.parametrize("pattern", ["../secret.csv", "police/../../secret.csv", "/etc/passwd", "/etc/*"])
def test_a_pattern_that_leaves_the_folder_lands_nothing_and_says_so(bench, pattern: str) -> None:
    (bench.folder / "data" / "secret.csv").write_text(GOOD, encoding="utf-8")
    bench.put("police/good.csv", GOOD)
    office = bench.office(POLICE.replace('"police/*.csv"', f'"{pattern}", "police/*.csv"'))
    assert land(bench, office) == (1, 1, 2, 1)
    assert bench.why() == f"pattern [{pattern}] leaves raw_dir; write it relative to raw_dir, without [..]"


@pytest.mark.parametrize("pattern", ["", "police/**.csv"])
def test_a_pattern_that_is_none(bench, pattern: str) -> None:
    office = bench.office(POLICE.replace('"police/*.csv"', f'"{pattern}"'))
    assert land(bench, office)[3] == 1
    assert f"pattern [{pattern}]" in bench.why() or f"[{pattern}] below raw_dir" in bench.why()


def test_a_file_that_vanishes_or_cannot_be_opened(bench, monkeypatch) -> None:
    path = bench.put("police/bad.csv", GOOD)
    bench.put("police/good.csv", GOOD.replace("1,", "3,"))
    opened = Path.open

    def refuse(self: Path, *args, **kwargs):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    assert land(bench, bench.office(POLICE)) == (2, 1, 2, 1)
    assert bench.why() == "cannot be read (Permission denied); check that it is there and its permissions"


def test_lines_that_do_not_fit_are_problems_with_their_line_and_counted(bench) -> None:
    content = 'INCIDENT_NO,DAY\n1,2024-01-05\n2\n3,2024-01-06\n4,2024-01-07,more,x\n5,2024-01-08\n"6"x,2024-01-09\n'
    bench.put("police/p.csv", content)
    office = bench.office(POLICE)
    assert land(bench, office) == (1, 1, 3, 0)
    assert bench.problems() == [
        ("ragged_row", "police/p.csv", 3, None, "2"),
        ("ragged_row", "police/p.csv", 5, None, "4,2024-01-07,more,x"),
        ("ragged_row", "police/p.csv", 7, None, '"6"x,2024-01-09'),
    ]
    whys = [why for (why,) in bench.rows("why", "meta.problems")]
    assert all(why.startswith("set aside: ") and why.endswith("correct the line at its source") for why in whys)
    built = bench.build(office, "2024-01-31")
    assert bench.account(built, "police", "incidents") == {"read": 6, "kept": 3, "set_aside": 3}
    assert bench.rows("source_row, incident_id", "core.incidents") == [(2, "1"), (4, "3"), (6, "5")]


def test_a_quote_that_never_ends_says_how_much_it_took(bench) -> None:
    bench.put("police/p.csv", 'INCIDENT_NO,DAY\n1,2024-01-05\n2,"2024-01-06\n3,2024-01-07\n4,2024-01-08\n')
    office = bench.office(POLICE)
    assert land(bench, office) == (1, 1, 1, 0)
    assert bench.why().startswith("set aside with 3 lines between its quotes: ")
    assert bench.account(bench.build(office, "2024-01-31"), "police", "incidents") == {
        "read": 2,
        "kept": 1,
        "set_aside": 1,
    }


SLOW_WRITER = """
import sys, time
with open(sys.argv[1], "w") as out:
    out.write("INCIDENT_NO,DAY\\n")
    out.flush()
    print("started", flush=True)
    for n in range(40):
        out.write(f"{n},2024-01-05\\n")
        out.flush()
        time.sleep(0.02)
"""


def test_a_file_still_being_written_waits_and_lands_whole(bench) -> None:
    office = bench.office(POLICE, settle_seconds=0.25)
    path = bench.folder / "data" / "raw" / "police" / "p.csv"
    path.parent.mkdir()
    with subprocess.Popen([sys.executable, "-c", SLOW_WRITER, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert land(bench, office) == (1, 0, 0, 1)
        assert bench.problems() == [("waiting_file", "police/p.csv", None, None, None)]
        assert bench.why() == "is still being written; it lands with the next run"
    assert land(bench, office) == (1, 1, 40, 0)
    assert bench.problems() == []


def test_a_file_that_changes_while_it_is_read_waits(bench, monkeypatch) -> None:
    path = bench.put("police/p.csv", GOOD)
    landing = import_module("strategic_prosecution.extracts.land")
    read = landing.read

    def read_and_write(*args, **kwargs):
        try:
            return read(*args, **kwargs)
        finally:
            with path.open("a") as out:
                out.write("3,2024-01-07\n")

    monkeypatch.setattr(landing, "read", read_and_write)
    assert land(bench, bench.office(POLICE)) == (1, 0, 0, 1)
    assert bench.why() == "changed while it was read; it lands with the next run"
    monkeypatch.undo()
    assert land(bench, bench.office(POLICE)) == (1, 1, 3, 0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            'extract_date = { column = "MADE" }',
            "extracts.police.extract_date.column: no column [MADE] in this extract; known: DAY, INCIDENT_NO; "
            "the file does not land",
        ),
        ('extract_date = { column = "INCIDENT_NO" }', "no day in column [INCIDENT_NO]; state it in extract_dates"),
        (
            'date_formats = ["%Y-%m-%d", "%Q"]',
            "extracts.police.date_formats [%Y-%m-%d, %Q] cannot all be understood; see strptime",
        ),
    ],
)
def test_settings_that_do_not_suit_the_file(bench, line: str, why: str) -> None:
    bench.put("police/p.csv", GOOD)
    office = bench.office(POLICE.replace("extract_date = 2024-01-31", line))
    assert land(bench, office) == (1, 0, 0, 1)
    assert bench.why() == why


def test_a_large_file_of_bad_lines_loses_none(bench) -> None:
    """Every tenth line has a column too few; the numbers of the good ones stay right."""
    lines = [f"{n}" if n % 10 == 0 else f"{n},2024-01-05" for n in range(2, 5002)]
    bench.put("police/p.csv", "INCIDENT_NO,DAY\n" + "\n".join(lines) + "\n")
    assert land(bench, bench.office(POLICE)) == (1, 1, 4500, 0)
    assert bench.rows("count(*) filter (INCIDENT_NO::bigint <> __row)", "raw.police") == [(0,)]
    assert bench.rows("count(*) filter (value::bigint <> row), count(*)", "meta.problems") == [(0, 500)]


def test_a_value_is_in_no_message_about_a_file(bench) -> None:
    """What a person typed stays out of lines that reach a terminal or a log."""
    bench.put("police/p.csv", "INCIDENT_NO,DAY\n1,Jane Doe\n")
    office = bench.office(POLICE.replace('"DAY"', '"cast(DAY as date)"'))
    assert land(bench, office) == (1, 0, 0, 1)
    assert bench.why() == (
        "extracts.police.feeds[1].columns.occurred_date: [cast(DAY as date)] fails on a row (ConversionException); "
        "use try_cast or try_strptime, which leave out what they cannot read; the file does not land"
    )


def test_an_expression_written_after_landing_that_fails_is_one_line(bench) -> None:
    bench.put("police/p.csv", "INCIDENT_NO,DAY\nx,2024-01-05\n")
    land(bench, bench.office(POLICE))
    office = bench.office(POLICE.replace('"DAY" }', '"DAY", victim_count = "cast(INCIDENT_NO as integer)" }'))
    with pytest.raises(ValueError, match=r"^extracts.police.feeds\[1\]: an expression fails on a landed row"):
        bench.build(office, "2024-01-31")


def test_a_symlink_to_nowhere_is_no_file(bench) -> None:
    bench.put("police/p.csv", GOOD)
    (bench.folder / "data" / "raw" / "police" / "q.csv").symlink_to("nowhere.csv")
    assert land(bench, bench.office(POLICE)) == (1, 1, 2, 0)
