"""What a careful reader would try: many problems, odd headers, shares over time, records that move between feeds."""

from datetime import date, timedelta

import pytest

from strategic_prosecution import extracts
from strategic_prosecution.extracts.contracts import ContractError

HEAD = "NO,DAY,WHAT\n"
COLUMNS = 'incident_id = "NO", occurred_date = "DAY", offense_category = "WHAT"'


def rms(settings: str = "", *, feed: str = "", columns: str = COLUMNS, more: str = "") -> str:
    return f"""
[extracts.rms]
files = "rms*.csv"
extract_date = "filename"
{settings}
[[extracts.rms.feeds]]
table = "incidents"
key = "incident_id"
columns = {{ {columns} }}
{feed}
{more}
"""


def built(bench, toml: str, as_of: str):
    office = bench.office(toml)
    extracts.land(bench.connection, office)
    return bench.build(office, as_of)


def numbers(bench) -> list[str]:
    return [number for (number,) in bench.rows("incident_id", "core.incidents")]


def test_two_hundred_thousand_problems_are_two_hundred_thousand(bench) -> None:
    """The database once lost an insert of many rows that came after one of none, in one transaction."""
    rows = "".join(f"{number},2024-01-05,theft,bad\n" for number in range(200_000))
    bench.put("rms_2024-01-31.csv", "NO,DAY,WHAT,N\n" + rows)
    result = built(bench, rms(columns=COLUMNS + ', victim_count = "N"'), "2024-01-31")
    assert result.problems == 200_000
    assert bench.rows("count(*)", "meta.problems where kind = 'unreadable'") == [(200_000,)]


@pytest.mark.parametrize("name", ["extract_date", "layout", "chain", "used", "newness", "deliveries", "load_id"])
def test_a_column_may_be_called_what_we_call_ours(bench, name: str) -> None:
    bench.put("rms_2024-01-31.csv", f"NO,DAY,WHAT,{name}\n1,2024-01-05,theft,A\n2,2024-01-06,arson,\n")
    toml = rms(columns=f"{COLUMNS}, address = '\"{name}\"'", feed=f"""where = '"{name}" is not null'""")
    built(bench, toml, "2024-01-31")
    assert bench.rows("incident_id, address", "core.incidents") == [("1", "A")]


@pytest.mark.parametrize(
    "feed",
    ['where = "FLAG"', 'rules = [{ what = "x", when = "FLAG", then = "leave_out", columns = ["occurred_date"] }]'],
)
def test_a_condition_that_is_a_text_is_one_line_without_the_text(bench, feed: str) -> None:
    bench.put("rms_2024-01-31.csv", "NO,DAY,WHAT,FLAG\n1,2024-01-05,theft,FAUX NAME\n")
    bench.put("rms_2024-02-29.csv", "NO,DAY,WHAT,FLAG\n1,2024-01-05,theft,true\n")
    landed = extracts.land(bench.connection, bench.office(rms(feed=feed)))
    assert (landed.landed, landed.refused) == (1, 1)
    assert "FLAG" in bench.why() and "FAUX" not in bench.why()


def test_one_in_a_hundred_a_night_is_never_too_many(bench) -> None:
    """Each night lacks 10 of 1,000 rows and has 10 new: the share that stops is of the newest file."""
    for night in range(1, 15):
        rows = "".join(f"{n},2024-01-05,theft\n" for n in range(10 * night, 10 * night + 1000))
        bench.put(f"rms_2024-02-{night:02d}.csv", HEAD + rows)
        result = built(bench, rms('holds = "everything"\nmax_withdrawn_share = 0.02'), f"2024-02-{night:02d}")
    assert bench.account(result, "rms", "incidents")["withdrawn"] == 130


def test_many_new_rows_hide_no_missing_ones(bench) -> None:
    bench.put("rms_2024-02-01.csv", HEAD + "".join(f"{n},2024-01-05,theft\n" for n in range(100)))
    bench.put("rms_2024-02-02.csv", HEAD + "".join(f"{n},2024-01-05,theft\n" for n in range(40, 540)))
    with pytest.raises(ContractError, match="40 of 100 rows"):
        built(bench, rms('holds = "everything"'), "2024-02-02")


def test_a_lost_night_is_not_hidden_by_a_long_past(bench) -> None:
    bench.put("rms_2024-02-01.csv", HEAD + "".join(f"{n},2024-01-05,theft\n" for n in range(2000)))
    bench.put("rms_2024-02-02.csv", HEAD + ",2024-02-01,theft\n" * 40 + "9999,2024-02-01,theft\n")
    with pytest.raises(ContractError, match=r"40 of 41 rows of the newest file for \[incidents\] were set aside"):
        built(bench, rms(), "2024-02-02")


def test_another_layout_goes_on_with_the_records(bench) -> None:
    toml = rms(
        'holds = "everything"',
        feed='layouts = ["old"]',
        more="""
[[extracts.rms.feeds]]
table = "incidents"
key = "incident_id"
layouts = ["new"]
columns = { incident_id = "ID", occurred_date = "DATE", offense_category = "OFF" }
[[extracts.rms.layouts]]
name = "old"
header = ["NO", "DAY", "WHAT"]
[[extracts.rms.layouts]]
name = "new"
header = ["ID", "DATE", "OFF"]
""",
    )
    bench.put("rms_2024-01-31.csv", HEAD + "".join(f"{n},2024-01-05,theft\n" for n in range(100)))
    bench.put("rms_2024-02-29.csv", "ID,DATE,OFF\n" + "".join(f"{n},2024-01-05,arson\n" for n in range(1, 101)))
    result = built(bench, toml, "2024-02-29")
    assert bench.account(result, "rms", "incidents") == {
        "read": 100, "superseded": 99, "withdrawn": 1, "not_selected": 100
    }  # fmt: skip
    assert bench.account(result, "rms", "incidents", feed=2) == {"read": 100, "kept": 100, "not_selected": 100}


def window(first: int, last: int, more: str = "") -> str:
    days = (date(2024, 1, 1) + timedelta(days=n) for n in range(first, last))
    return HEAD + "".join(f"{day:%m%d}-{n},{day},theft\n" for day in days for n in range(5)) + more


def test_a_mistyped_year_opens_no_window(bench) -> None:
    bench.put("rms_2024-03-01.csv", window(0, 60))
    bench.put("rms_2024-03-04.csv", window(3, 63, "typo,1924-02-20,theft\n"))
    result = built(bench, rms('holds = { window = "occurred_date" }'), "2024-03-04")
    assert "withdrawn" not in bench.account(result, "rms", "incidents")


@pytest.mark.parametrize("holds", ['"changes"', '"everything"', '{ window = "occurred_date" }'])
def test_a_record_that_becomes_what_the_feed_leaves_out_does_not_stand(bench, holds: str) -> None:
    """Sealed, unfounded, expunged at its source: the newest row of the record is one that ``where`` leaves out."""
    feed = "where = \"WHAT <> 'sealed'\""
    bench.put("rms_2024-01-31.csv", HEAD + "1,2024-01-05,theft\n2,2024-01-06,theft\n3,2024-01-02,theft\n")
    bench.put("rms_2024-02-29.csv", HEAD + "1,2024-01-05,sealed\n2,2024-01-06,theft\n3,2024-01-02,theft\n")
    built(bench, rms(f"holds = {holds}", feed=feed), "2024-02-29")
    assert numbers(bench) == ["2", "3"]
    built(bench, rms(f"holds = {holds}", feed=feed), "2024-01-31")
    assert numbers(bench) == ["1", "2", "3"]


def test_a_place_is_of_one_feed(bench) -> None:
    """Half of one place and half of another would be a place nobody named."""
    toml = rms(
        columns=COLUMNS + ', longitude = "X", latitude = "Y"',
        more="""
[extracts.cad]
files = "cad*.csv"
extract_date = "filename"
[[extracts.cad.feeds]]
table = "incidents"
key = "incident_id"
columns = { incident_id = "NO", longitude = "X", latitude = "Y" }
""",
    )
    bench.put("rms_2024-01-31.csv", "NO,DAY,WHAT,X,Y\n1,2024-01-05,theft,west,42.1\n2,2024-01-05,theft,-71.0,42.3\n")
    bench.put("cad_2024-01-31.csv", "NO,X,Y\n1,-80.0,40.0\n2,-80.0,40.0\n")
    built(bench, toml, "2024-01-31")
    assert bench.rows("incident_id, longitude, latitude", "core.incidents") == [("1", -80.0, 40.0), ("2", -71.0, 42.3)]
