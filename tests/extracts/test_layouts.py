"""Columns that change over the years: which layout a file has, in which words the feeds read it, what is refused."""

from datetime import date

import pytest

from strategic_prosecution import extracts
from strategic_prosecution.extracts.layouts import find_layout
from strategic_prosecution.extracts.readers import FileProblem
from strategic_prosecution.extracts.visible import LayoutError

RMS = """
[extracts.rms]
files = "rms*.csv"
extract_date = "filename"
date_formats = ["%Y-%m-%d", "%m/%d/%Y"]
[[extracts.rms.layouts]]
name = "old"
header = ["Complaint", "Date", "Crime", "House", "Street"]
[extracts.rms.layouts.columns]
INCIDENT_NO = "Complaint"
DAY = "Date"
WHAT = "Crime"
ADDRESS = "House || ' ' || Street"
[[extracts.rms.layouts]]
name = "new"
header = ["INCIDENT_NO", "DAY", "WHAT", "ADDRESS"]
[[extracts.rms.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "INCIDENT_NO", occurred_date = "DAY", offense_category = "WHAT", address = "ADDRESS" }
"""
OLD = "Complaint,Date,Crime,House,Street\n1,12/30/2019,robbery,10,MAIN ST\n2,12/31/2019,arson,20,ELM ST\n"
NEW = "INCIDENT_NO,DAY,WHAT,ADDRESS\n2,2019-12-31,theft,20 ELM ST\n3,2020-01-02,arson,30 OAK ST\n"
ROWS = [
    ("1", date(2019, 12, 30), "robbery", "10 MAIN ST"),
    ("2", date(2019, 12, 31), "theft", "20 ELM ST"),
    ("3", date(2020, 1, 2), "arson", "30 OAK ST"),
]
INCIDENTS = "incident_id, occurred_date, offense_category, address"


def land(bench, toml: str = RMS) -> tuple[int, int, int, int]:
    landed = extracts.land(bench.connection, bench.office(toml))
    return landed.files, landed.landed, landed.rows, landed.refused


def test_files_of_several_layouts_are_read_in_one_set_of_words(bench) -> None:
    """The old one by renames and an expression; a record in both is that of the newer file."""
    bench.put("rms_2020-01-01.csv", OLD)
    bench.put("rms_2020-02-01.csv", NEW)
    assert land(bench) == (2, 2, 4, 0)
    built = bench.build(bench.office(RMS), "2020-02-01")
    assert bench.rows(INCIDENTS, "core.incidents") == ROWS
    assert bench.account(built, "rms", "incidents") == {"read": 4, "kept": 3, "superseded": 1}
    assert bench.problems() == []


def test_the_layouts_may_land_in_any_order_and_nights(bench) -> None:
    bench.put("rms_2020-02-01.csv", NEW)
    assert land(bench) == (1, 1, 2, 0)
    bench.put("rms_2020-01-01.csv", OLD)
    assert land(bench) == (2, 1, 2, 0)
    bench.build(bench.office(RMS), "2020-02-01")
    assert bench.rows(INCIDENTS, "core.incidents") == ROWS


@pytest.mark.parametrize(
    "header",
    [
        "DAY,ADDRESS,INCIDENT_NO,WHAT",
        "day,address,incident_no,what",
        '" DAY ",Address," Incident_No",WHAT',
        "\ufeffDay,ADDRESS,INCIDENT_NO,WHAT",
    ],
)
def test_order_case_and_spaces_of_a_header_do_not_matter(bench, header: str) -> None:
    bench.put("rms_2020-02-01.csv", f"{header}\n2020-01-02,30 OAK ST,3,arson\n")
    assert land(bench) == (1, 1, 1, 0)
    bench.build(bench.office(RMS), "2020-02-01")
    assert bench.rows(INCIDENTS, "core.incidents") == ROWS[2:]


def test_a_layout_in_another_case_than_the_file_before(bench) -> None:
    """Both spellings are one column, and an expression finds it under the declared one."""
    bench.put("rms_2020-01-01.csv", OLD)
    bench.put("rms_2020-01-02.csv", OLD.upper().replace("1,12/30", "7,12/29"))
    assert land(bench) == (2, 2, 4, 0)
    bench.build(bench.office(RMS), "2020-01-02")
    assert bench.rows(INCIDENTS, "core.incidents") == [
        ROWS[0],
        ("2", date(2019, 12, 31), "arson", "20 ELM ST"),
        ("7", date(2019, 12, 29), "robbery", "10 MAIN ST"),
    ]
    assert len(bench.rows("column_name", "duckdb_columns() where table_name = 'rms' and column_name ilike 'date'")) == 1


def test_a_feed_reads_only_its_layouts(bench) -> None:
    """Without a key in the old layout its rows are records of their own; each row is read by one feed."""
    toml = RMS.replace(
        '[[extracts.rms.feeds]]\ntable = "incidents"\n',
        """[[extracts.rms.feeds]]
table = "incidents"
key = "row"
layouts = ["old"]
columns = { occurred_date = "Date", address = "ADDRESS" }
[[extracts.rms.feeds]]
table = "incidents"
layouts = ["new"]
""",
    )
    bench.put("rms_2020-01-01.csv", OLD + "3,12/31/2019,too,many,columns,here\n")
    bench.put("rms_2020-02-01.csv", NEW)
    assert land(bench, toml) == (2, 2, 4, 0)
    built = bench.build(bench.office(toml), "2020-02-01")
    assert bench.account(built, "rms", "incidents") == {"read": 3, "kept": 2, "set_aside": 1, "not_selected": 2}
    assert bench.account(built, "rms", "incidents", feed=2) == {"read": 2, "kept": 2, "not_selected": 2}
    assert bench.rows("occurred_date, address", "core.incidents") == [
        (date(2019, 12, 30), "10 MAIN ST"),
        (date(2019, 12, 31), "20 ELM ST"),
        (date(2019, 12, 31), "20 ELM ST"),
        (date(2020, 1, 2), "30 OAK ST"),
    ]


def test_ids_of_rows_do_not_hang_on_the_order_of_columns(bench, new_bench) -> None:
    toml = RMS.replace('key = "incident_id"', 'key = "row"').replace('incident_id = "INCIDENT_NO", ', "")
    ids = []
    for content in (NEW, "ADDRESS,what,DAY,INCIDENT_NO\n20 ELM ST,theft,2019-12-31,2\n30 OAK ST,arson,2020-01-02,3\n"):
        with new_bench() as other:
            other.put("rms_2020-02-01.csv", content)
            office = other.office(toml)
            extracts.land(other.connection, office)
            other.build(office, "2020-02-01")
            ids.append(other.rows(INCIDENTS, "core.incidents"))
    assert ids[0] == ids[1] and len(ids[0]) == 2


# ------------------------------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("header", "difference"),
    [
        ("INCIDENT_NO,DATE,WHAT,ADDRESS", "[DAY] is missing, new: [DATE]"),
        ("INCIDENT_NUM,DAY,WHAT,ADDRESS", "[INCIDENT_NO] is missing (now [INCIDENT_NUM]?), new: [INCIDENT_NUM]"),
        ("INCIDENT_NO,DAY,WHAT", "[ADDRESS] is missing"),
        ("INCIDENT_NO,DAY,WHAT,ADDRESS,RACE,SEX", "new: [RACE], [SEX]"),
    ],
)
def test_a_layout_nobody_declared_stops_its_file_with_the_difference_and_the_rest_load(bench, header, difference):
    bench.put("rms_2020-01-01.csv", OLD)
    bench.put("rms_2020-02-01.csv", NEW)
    bench.put("rms_2020-03-01.csv", f"{header}\n" + ",".join("x" for _ in header.split(",")) + "\n")
    assert land(bench) == (3, 2, 4, 1)
    assert bench.problems() == [("unknown_layout", "rms_2020-03-01.csv", None, None, None)]
    assert bench.why() == (
        f"has columns of no declared layout; nearest is [new]: {difference}; declare it in `layouts`"
    )
    bench.build(bench.office(RMS), "2020-03-01")
    assert bench.rows(INCIDENTS, "core.incidents") == ROWS


def test_the_nearest_layout_is_the_one_with_the_smallest_difference(bench) -> None:
    """Not the wide one that happens to hold more of the same names."""
    wide = ", ".join(f'"C{n}"' for n in range(40))
    toml = RMS.replace(
        'header = ["Complaint", "Date", "Crime", "House", "Street"]',
        f'header = ["INCIDENT_NO", "DAY", "ADDR", {wide}]',
    )
    with pytest.raises(FileProblem, match=r"nearest is \[new\]: \[WHAT\] is missing, \[ADDRESS\] is missing \(now"):
        find_layout(bench.office(toml).extracts["rms"], ["INCIDENT_NO", "DAY", "ADDR"])


def test_a_large_difference_is_still_one_short_line(bench) -> None:
    header = [f"A very long name of a column\nthat somebody wrote in full {n}" for n in range(300)]
    with pytest.raises(FileProblem) as caught:
        find_layout(bench.office(RMS).extracts["rms"], header)
    said = str(caught.value)
    assert len(said) < 700 and "\n" not in said and said.endswith(" and 294 more; declare it in `layouts`")


def test_names_that_differ_beyond_a_to_z_are_two_columns(bench) -> None:
    """To the database É and é are two names."""
    toml = RMS.replace('"ADDRESS"]', '"ÉTAT"]').replace('address = "ADDRESS"', 'address = "ÉTAT"')
    office = bench.office(toml)
    assert find_layout(office.extracts["rms"], ["incident_no", "day", "what", "ÉTAT"]).name == "new"
    with pytest.raises(FileProblem, match=r"\[ÉTAT\] is missing \(now \[état\]\?\)|new: \[état\]"):
        find_layout(office.extracts["rms"], ["incident_no", "day", "what", "état"])


def test_a_declared_file_lands_once_its_layout_is_declared(bench) -> None:
    bench.put("rms_2020-02-01.csv", "NR,DAY,WHAT,ADDRESS\n3,2020-01-02,arson,30 OAK ST\n")
    assert land(bench) == (1, 0, 0, 1)
    toml = RMS + (
        '[[extracts.rms.layouts]]\nname = "newest"\nheader = ["NR", "DAY", "WHAT", "ADDRESS"]\n'
        'columns = { INCIDENT_NO = "NR" }\n'
    )
    assert land(bench, toml) == (1, 1, 1, 0)
    bench.build(bench.office(toml), "2020-02-01")
    assert bench.rows(INCIDENTS, "core.incidents") == ROWS[2:]


def test_a_layout_taken_out_of_office_toml_after_landing_is_one_line(bench) -> None:
    bench.put("rms_2020-01-01.csv", OLD)
    bench.put("rms_2020-02-01.csv", NEW)
    land(bench)
    toml = RMS[: RMS.index("[[extracts.rms.layouts]]")] + RMS[RMS.rindex("[[extracts.rms.layouts]]") :]
    with pytest.raises(LayoutError) as caught:
        bench.build(bench.office(toml), "2020-02-01")
    assert str(caught.value).startswith(
        "extracts.rms: a file that landed has columns of no declared layout; nearest is [new]: [INCIDENT_NO] is missing"
    )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (
            "Complain",
            "extracts.rms.layouts.old.columns.INCIDENT_NO: no column [Complain] in this extract; "
            "did you mean [Complaint]?; the file does not land",
        ),
        (
            "(select 1)",
            "extracts.rms.layouts.old.columns.INCIDENT_NO: [(select 1)] uses subquery, which is not allowed; "
            "the file does not land",
        ),
    ],
)
def test_a_layout_s_column_that_cannot_be_had(bench, made: str, why: str) -> None:
    bench.put("rms_2020-01-01.csv", OLD)
    assert land(bench, RMS.replace('INCIDENT_NO = "Complaint"', f'INCIDENT_NO = "{made}"')) == (1, 0, 0, 1)
    assert bench.why() == why


def test_a_mapped_column_no_layout_makes(bench) -> None:
    bench.put("rms_2020-01-01.csv", OLD)
    bench.put("rms_2020-02-01.csv", NEW)
    assert land(bench, RMS.replace('ADDRESS = "House', 'ADDRES = "House')) == (2, 1, 2, 1)
    assert "no column [ADDRESS] in this extract; did you mean [ADDRES]?" in bench.why()
