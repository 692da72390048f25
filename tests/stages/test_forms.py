"""Forms: what is written is what is read, in both kinds of file; nothing is a formula; a wrong form is refused."""

from datetime import date, datetime
from pathlib import Path

import pytest

from strategic_prosecution.settings import SettingsError
from strategic_prosecution.stages.forms import read_form, write_form

COLUMNS = ("record", "name", "day", "count", "verdict")
ROWS = [
    {"record": "memberships/MB-1", "name": "=Zebulon", "day": date(2025, 3, 1), "count": 3, "verdict": None},
    {"record": "memberships/MB-2", "name": '-Q,\n"uartz" é', "day": datetime(2025, 3, 2), "verdict": "approve"},
    {"record": "memberships/MB-3", "name": "'t Faux", "day": None, "count": float("nan"), "verdict": "+"},
]
SAID = [
    {"record": "memberships/MB-1", "name": "=Zebulon", "day": "2025-03-01", "count": "3", "verdict": ""},
    {"record": "memberships/MB-2", "name": '-Q,\n"uartz" é', "day": "2025-03-02", "count": "", "verdict": "approve"},
    {"record": "memberships/MB-3", "name": "'t Faux", "day": "", "count": "", "verdict": "+"},
]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_what_is_written_is_read_back(tmp_path: Path, ending: str):
    path = tmp_path / f"form{ending}"
    write_form(path, columns=COLUMNS, rows=ROWS)
    assert path.stat().st_mode & 0o777 == 0o600
    lines = read_form(path, columns=COLUMNS, required=("record",))
    assert [dict(line.values) for line in lines] == SAID
    assert [line.where for line in lines][:1] == [f"form{ending}, line 2"]


def test_no_cell_begins_as_a_formula(tmp_path: Path):
    path = tmp_path / "form.csv"
    write_form(path, columns=COLUMNS, rows=ROWS)
    cells = [cell.strip('"') for cell in path.read_text(encoding="utf-8").replace("\n", ",").split(",")]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@")]


def test_empty_lines_are_skipped_and_short_ones_filled(tmp_path: Path):
    path = tmp_path / "form.csv"
    path.write_text("\ufeffrecord,verdict\n,\nmemberships/MB-1\n\nmemberships/MB-2,approve,,\n", encoding="utf-8")
    lines = read_form(path, columns=COLUMNS, required=("record", "verdict"))
    assert [(line.where[-6:], dict(line.values)) for line in lines] == [
        ("line 3", {"record": "memberships/MB-1", "verdict": ""}),
        ("line 5", {"record": "memberships/MB-2", "verdict": "approve"}),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("record\nx\n", "lacks the column [verdict]"),
        ("record,verdikt\nx,y\n", "lacks the column [verdict]"),
        ("record,verdict,verdikt\nx,y,z\n", "no column is called [verdikt]; did you mean [verdict]?"),
        ("record,verdict,verdict\nx,y,z\n", "twice"),
        ("", "lacks the column [record]"),
    ],
)
def test_a_form_of_another_shape_is_refused(tmp_path: Path, text: str, said: str):
    path = tmp_path / "form.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        read_form(path, columns=COLUMNS, required=("record", "verdict"))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "content"), [("form.csv", b"record\n\xff\xfe\n"), ("form.xlsx", b"no workbook"), ("gone.csv", None)]
)
def test_a_file_that_is_no_form_is_refused_without_its_content(tmp_path: Path, name: str, content: bytes | None):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError) as error:
        read_form(tmp_path / name, columns=COLUMNS, required=("record",))
    assert name in str(error.value) and "workbook;" not in str(content)


def test_nothing_is_written_over(tmp_path: Path):
    path = tmp_path / "form.csv"
    write_form(path, columns=COLUMNS, rows=ROWS)
    for other, said in ((path, "is there"), (tmp_path / "form.pdf", "must end"), (tmp_path / "no" / "f.csv", "folder")):
        with pytest.raises(SettingsError, match=said):
            write_form(other, columns=COLUMNS, rows=[])
