"""Expressions of office.toml: one scalar expression over the extract's columns, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategic_prosecution import extracts
from strategic_prosecution.extracts.expressions import ExpressionError, column_or_expression, expression
from strategic_prosecution.warehouse import identifier

ROW = {
    "BLOCK": "1200",
    "STREET": "Main St",
    "DAY": "01/31/2024",
    "AMOUNT": "12.5",
    "EMPTY": None,
    "select": "keyword",
    "Case No": "with space",
    "dot.name": "with dot",
    'say "hi"': "with quotes",
    "😀": "with emoji",
    "it's": "with apostrophe",
    "a); drop table core.cases; --": "bobby",
    "two\nlines": "with a line end",
}

COMPUTE = """
import sys
from strategic_prosecution import warehouse
from strategic_prosecution.extracts.expressions import column_or_expression
from strategic_prosecution.settings import load_office

with warehouse.open_trial(load_office(sys.argv[1])) as connection:
    for text in sys.argv[2:]:
        sql = column_or_expression(connection, text, ["SEEN"], where="here")
        row = "select '2024-01-31 23:30 -0500' as SEEN"
        print(connection.execute(f"select ({sql})::varchar from ({row})").fetchone()[0])
"""


def compute(shared, text: str) -> object:
    sql = column_or_expression(shared.connection, text, list(ROW), where="here")
    columns = ", ".join(f"?::varchar as {identifier(name)}" for name in ROW)
    return shared.connection.execute(f"select ({sql})::varchar from (select {columns})", list(ROW.values())).fetchone()[
        0
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BLOCK || ' ' || STREET", "1200 Main St"),
        ("concat_ws('-', BLOCK, EMPTY, STREET)", "1200-Main St"),
        ("upper(STREET)", "MAIN ST"),
        ("coalesce(EMPTY, STREET)", "Main St"),
        ("nullif(BLOCK, '1200')", None),
        ("case when BLOCK = '1200' then 'a' else 'b' end", "a"),
        ("case BLOCK when '7' then 'a' end", None),
        ("if(STREET like 'Main%', 'yes', 'no')", "yes"),
        ("STREET ilike 'MAIN%' and BLOCK not in ('1', '2')", "true"),
        ("BLOCK between '1' and '2'", "true"),
        ("EMPTY is null or BLOCK is distinct from STREET", "true"),
        ("try_cast(AMOUNT as double) * 100", "1250.0"),
        ("try_cast(STREET as integer)", None),
        ("try_strptime(DAY, '%m/%d/%Y') + interval '4 hours'", "2024-01-31 04:00:00"),
        ("try_strptime(DAY, '%m/%d/%Y') <= date '2024-01-31'", "true"),
        ("extract(year from try_strptime(DAY, '%m/%d/%Y'))", "2024"),
        ("split_part(DAY, '/', 3)", "2024"),
        ("substring(DAY from 1 for 2)", "01"),
        ("regexp_extract(DAY, '^([0-9]+)/', 1)", "01"),
        ("lpad(BLOCK, 6, '0')", "001200"),
        ("'12/31/' || '1990'", "12/31/1990"),
        ("BLOCK -- a comment", "1200"),
        ("/* a comment */ BLOCK", "1200"),
        ("BLOCK --", "1200"),
        ("BLOCK /* ) */ -- )", "1200"),
        ("7", "7"),
        ("null", None),
        ("'\u201cit''s\u201d'", "\u201cit's\u201d"),
        ("$$a'b$$", "a'b"),
        ("STREET[1:4]", "Main"),
        ("try(cast(STREET as integer))", None),
        ("cast(AMOUNT as decimal(10, 1)) + 1::tinyint", "13.5"),
        ("strip_accents('Jos\u00e9 Nu\u00f1ez')", "Jose Nunez"),
        ("last_day(try_strptime(DAY, '%m/%d/%Y'))", "2024-01-31"),
        ("make_date(2024, 2, 29)", "2024-02-29"),
        ("try_strptime(DAY, '%m/%d/%Y') - interval 4 hour", "2024-01-30 20:00:00"),
        ("99999999999999999999.5", "99999999999999999999.5"),
        ("(" * 4990 + "BLOCK" + ")" * 4990, "1200"),
        ("upper(" * 90 + "STREET" + ")" * 90, "MAIN ST"),
    ],
)
def test_allowed(shared, text: str, expected: str | None) -> None:
    assert compute(shared, text) == expected


def test_hours_are_those_of_utc_wherever_the_program_runs(tmp_path: Path) -> None:
    """An instant written with its offset, on a machine in another zone: 23:30 in New York is 04:30 UTC the next day."""
    office = tmp_path / "office.toml"
    office.write_text('[office]\nname = "R"\ntimezone = "America/Chicago"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    at = "try_strptime(SEEN, '%Y-%m-%d %H:%M %z')"
    texts = [f"hour({at})", f"date_part('day', {at})", f"date_trunc('day', {at})", f"strftime({at}, '%H:%M')", at]
    said = subprocess.run(
        [sys.executable, "-c", COMPUTE, str(office), *texts],
        env={**os.environ, "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines() == ["4", "1", "2024-02-01 00:00:00+00", "04:30", "2024-02-01 04:30:00+00"]


@pytest.mark.parametrize("name", list(ROW))
def test_any_header_is_a_column_as_written(shared, name: str) -> None:
    assert compute(shared, name) == ROW[name]


@pytest.mark.parametrize("name", list(ROW))
def test_any_header_is_a_column_in_double_quotes(shared, name: str) -> None:
    expected = None if ROW[name] is None else f"{ROW[name]}!"
    assert compute(shared, f"{identifier(name)} || '!'") == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 from raw; drop table raw", "neither a column nor an expression"),
        ("1); drop table meta.loads; select (1", "neither a column nor an expression"),
        ("BLOCK; select 1", "neither a column nor an expression"),
        ("1) union select (2", "must be one scalar expression"),
        ("BLOCK) x, (STREET", "must be one scalar expression"),
        ("BLOCK, STREET", "function [row]"),
        ("BLOCK) as x where (true", "without from, where or with"),
        ("BLOCK) group by (BLOCK", "without from, where or with"),
        ("BLOCK) order by (BLOCK", "without from, where or with"),
        ("BLOCK) limit (1", "without from, where or with"),
        ("BLOCK) qualify (true", "without from, where or with"),
        ("BLOCK) using sample (10", "without from, where or with"),
        ("BLOCK) from (values (1)", "without from, where or with"),
        ("(select 1)", "uses subquery"),
        ("select 1", "uses subquery"),
        ("exists(select 1)", "uses subquery"),
        ("BLOCK in (select file from meta.loads)", "uses subquery"),
        ("case when true then (select max(file) from meta.loads) end", "uses subquery"),
        ("with t as (select 1) select 1", "uses subquery"),
        ("row_number() over ()", "uses window"),
        ("lag(BLOCK) over (order by DAY)", "uses window"),
        ("upper(lag(BLOCK) over (order by DAY))", "uses window"),
        ("count(*)", "function [count_star]"),
        ("max(BLOCK)", "function [max]"),
        ("coalesce(string_agg(BLOCK), '')", "function [string_agg]"),
        ("read_text('/etc/passwd')", "function [read_text]"),
        ("read_csv('x.csv')", "function [read_csv]"),
        ("glob('*')", "function [glob]"),
        ("getenv('HOME')", "function [getenv]"),
        ("current_setting('threads')", "function [current_setting]"),
        ("nextval('s')", "function [nextval]"),
        ("current_date", "no column [current_date]"),
        ("current_timestamp", "no column [current_timestamp]"),
        ("now()", "function [now]"),
        ("today()", "function [today]"),
        ("random()", "function [random]"),
        ("uuid()", "function [uuid]"),
        ("unnest([1, 2])", "function [unnest]"),
        ("list_transform([1], x -> x)", "function [list_transform]"),
        ("x -> x", "uses lambda"),
        ("lambda x: x", "uses lambda"),
        ("*", "uses star"),
        ("columns('B.*')", "uses star"),
        ("#1", "uses positional reference"),
        ("?", "uses parameter"),
        ("$1", "uses parameter"),
        ("$secret", "uses parameter"),
        ("rowid", "no column [rowid]"),
        ("__load", "no column [__load]"),
        ("core.cases.case_id", "names a table"),
        ("dot.name || ''", 'a column with a dot is written "dot.name"'),
        ("block", "no column [block]"),
        ("STREE", "did you mean [STREET]?"),
        ("upper(STREE)", "did you mean [STREET]?"),
        ("Cse No", "did you mean [Case No]?"),
        ("", "neither a column nor an expression"),
        ("  ", "neither a column nor an expression"),
        ("BLOCK || ,", "neither a column nor an expression"),
        ("1 /*", "neither a column nor an expression"),
        ("1) -- (", "neither a column nor an expression"),
        ("BLOCK\0", "neither a column nor an expression"),
        ("1)\0; drop table meta.loads", "neither a column nor an expression"),
        ("\u201cBLOCK\u201d", "no column [\u201cBLOCK\u201d]"),
        ("\u2018a\u2019", "no column [\u2018a\u2019]"),
        ("BLOCK) group by all having (true", "without from, where or with"),
        ("BLOCK) group by grouping sets ((BLOCK), (", "neither a column nor an expression"),
        ("BLOCK) group by cube (BLOCK", "without from, where or with"),
        ("values (1)", "uses subquery"),
        ("from meta.loads", "uses subquery"),
        ("table meta.loads", "uses subquery"),
        ("BLOCK = any(['1'])", "uses subquery"),
        ("array(select 1)", "uses subquery"),
        ("BLOCK = (from query('select 1'))", "uses subquery"),
        ("grouping(BLOCK)", "uses grouping function"),
        ("sum(BLOCK) filter (where true)", "function [sum]"),
        ("upper(BLOCK) filter (where true)", "uses filter, distinct or order by in [upper]"),
        ("upper(distinct BLOCK)", "uses filter, distinct or order by in [upper]"),
        ("upper(BLOCK order by DAY)", "uses filter, distinct or order by in [upper]"),
        ("upper(x := BLOCK)", "names a part [x]"),
        ("core.upper(BLOCK)", "function [upper]"),
        ("records.main.upper(BLOCK)", "function [upper]"),
        ("STREET.upper()", "function [upper]"),
        ("* exclude (DAY)", "uses star"),
        ("* like 'B%'", "uses star"),
        ("columns(c -> c = 'DAY')", "uses star"),
        ("columns(*)::varchar", "uses star"),
        ("STREET collate nocase", "uses collate"),
        ("DAY at time zone 'UTC'", "function [timezone]"),
        ("[BLOCK]", "function [list_value]"),
        ("{'a': BLOCK}", "function [struct_pack]"),
        ("map {'a': BLOCK}", "function [map]"),
        ("(BLOCK, DAY)", "function [row]"),
        ("BLOCK -> '$.a'", "uses lambda"),
        ("BLOCK ->> '$.a'", "function [->>]"),
        ("default", "uses default"),
        ("BLOCK::json", "casts to [json]"),
        ("BLOCK::mood", "casts to [mood]"),
        ("BLOCK::core.mood", "casts to [mood]"),
        ('BLOCK::"a b"', "casts to [a b]"),
        ("try_cast(BLOCK as mood)", "casts to [mood]"),
        ("BLOCK::enum('1200')", "casts to [enum]"),
        ("BLOCK::integer[]", "casts to [list]"),
        ("BLOCK::integer[3]", "casts to [array]"),
        ("BLOCK::struct(a integer)", "casts to [struct]"),
        ("BLOCK::map(varchar, integer)", "casts to [map]"),
        ("BLOCK::union(a integer)", "casts to [union]"),
        ("BLOCK::variant", "casts to [variant]"),
        ("BLOCK::blob", "casts to [blob]"),
        ("BLOCK::bit", "casts to [bit]"),
        ("BLOCK::uuid", "casts to [uuid]"),
        ("BLOCK::geometry", "casts to ["),
        ("DAY::timestamptz", "casts to [timestamp with time zone]"),
        ("1e400", "holds a value that cannot be written"),
        ("read_blob('/etc/passwd')", "function [read_blob]"),
        ("sniff_csv('/etc/passwd')", "function [sniff_csv]"),
        ("parquet_metadata('x')", "function [parquet_metadata]"),
        ("query('select 1')", "function [query]"),
        ("query_table('loads')", "function [query_table]"),
        ("getvariable('x')", "function [getvariable]"),
        ("version()", "function [version]"),
        ("pg_typeof(BLOCK)", "function [pg_typeof]"),
        ("setseed(0.5)", "function [setseed]"),
        ("gen_random_uuid()", "function [gen_random_uuid]"),
        ("txid_current()", "function [txid_current]"),
        ("current_database()", "function [current_database]"),
        ("get_current_time()", "function [get_current_time]"),
        ("current_localtimestamp()", "function [current_localtimestamp]"),
        ("age(DAY::timestamp)", "function [age]"),
        ("error(BLOCK)", "function [error]"),
        ("write_log(BLOCK)", "function [write_log]"),
        ("sleep_ms(1)", "function [sleep_ms]"),
        ("list_sum([1])", "function [list_sum]"),
        ("apply([1], x -> x)", "function [apply]"),
        ("(" * 10_000 + "1" + ")" * 10_000, "longer than 10000 characters"),
        ("'" + "a" * 2**20 + "'", "longer than 10000 characters"),
        ("upper(" * 101 + "STREET" + ")" * 101, "nested more than 100 deep"),
        ("upper(" * 900 + "STREET" + ")" * 900, "nested more than 100 deep"),
        ("BLOCK" + " || BLOCK" * 900, "nested more than 100 deep"),
        ("not " * 900 + "true", "nested more than 100 deep"),
        ("case when true then " * 300 + "1" + " end" * 300, "nested more than 100 deep"),
        ("[" * 300 + "]" * 300, "function [list_value]"),
        ("drop\n table\r\n meta.loads\u2028\t--", "[drop table meta.loads --] is neither"),
        ('"a\nb"', "no column [a b]"),
        ("two line", "did you mean [two lines]?"),
    ],
)
def test_refused(shared, text: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=r"^here: ") as caught:
        column_or_expression(shared.connection, text, list(ROW), where="here")
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 500


PIECES = (
    *(
        "BLOCK",
        "STREET",
        '"Case No"',
        "raw",
        "'a'",
        "'",
        '"',
        "1",
        "1e9",
        "null",
        "true",
        "*",
        "?",
        "$1",
        "#1",
        "\0",
        "\n",
    ),
    *("(", ")", "[", "]", "{", "}", ",", ";", "--", "/*", "*/", "::", "->", ":=", "||", "+", "-", "=", "<", ".", ":"),
    *("select", "from", "where", "union", "with", "over", "order by", "group by", "limit", "filter", "distinct", "as"),
    *(
        "case",
        "when",
        "then",
        "else",
        "end",
        "in",
        "is",
        "not",
        "and",
        "between",
        "like",
        "collate",
        "exists",
        "default",
    ),
    *("upper", "coalesce", "cast", "try_cast", "interval", "date", "count", "now()", "unnest", "integer", "json", "x"),
)


@settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join), st.text(max_size=40)))
def test_anything_is_refused_in_one_line_or_means_what_was_checked(shared, text: str) -> None:
    """What is run is checked like what was written, and is the same when checked again."""
    try:
        sql = expression(shared.connection, text, list(ROW), where="here")
    except ExpressionError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert expression(shared.connection, sql, list(ROW), where="here") == sql


POLICE = """
[extracts.police]
files = "p.csv"
extract_date = 2024-12-31
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
where = {where}
[extracts.police.feeds.columns]
incident_id = 'Case "No"'
occurred_date = "select"
offense_code = 'concat("😀", "a.b")'
victim_count = {count}
"""
CONTENT = '"Case ""No""",select,😀,a.b,N\n1,2024-01-01,x,y,2\n2,2024-01-02,x,,3\n3,2024-01-03,,y,four\n'


def test_odd_headers_from_file_to_core(bench) -> None:
    office = bench.office(POLICE.format(where="\"N <> '3'\"", count='"N"'))
    bench.put("p.csv", CONTENT)
    assert extracts.land(bench.connection, office).landed == 1
    built = bench.build(office, "2024-12-31")
    assert bench.rows("incident_id, offense_code, victim_count", "core.incidents") == [("1", "xy", 2), ("3", "y", None)]
    assert bench.account(built, "police", "incidents") == {"read": 2, "kept": 2, "not_selected": 1}
    assert bench.problems() == [("unreadable", "p.csv", 4, "victim_count", "four")]


@pytest.mark.parametrize(
    ("count", "says"),
    [
        ('"N * 2"', "[N * 2] cannot be computed: No function matches"),
        ('"cast(N as integer)"', "[cast(N as integer)] fails on a row (ConversionException)"),
    ],
)
def test_an_expression_the_data_does_not_bear_keeps_the_file_out(bench, count: str, says: str) -> None:
    office = bench.office(POLICE.format(where='"true"', count=count))
    bench.put("p.csv", CONTENT)
    assert extracts.land(bench.connection, office).refused == 1
    assert bench.why().startswith(f"extracts.police.feeds[1].columns.victim_count: {says}")
    assert "try_cast" in bench.why() and "four" not in bench.why()
