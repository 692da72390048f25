"""Expressions of office.toml: one scalar expression over the extract's columns, and nothing else."""

import pytest

from strategic_prosecution import extracts
from strategic_prosecution.extracts.expressions import ExpressionError, column_or_expression
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
}


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
        ("7", "7"),
        ("null", None),
    ],
)
def test_allowed(shared, text: str, expected: str | None) -> None:
    assert compute(shared, text) == expected


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
    ],
)
def test_refused(shared, text: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=r"^here: ") as caught:
        column_or_expression(shared.connection, text, list(ROW), where="here")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


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
        ('"grouping(N)"', "[grouping(N)] cannot be computed"),
        ('"cast(N as integer)"', "[cast(N as integer)] fails on a row (ConversionException)"),
    ],
)
def test_an_expression_the_data_does_not_bear_keeps_the_file_out(bench, count: str, says: str) -> None:
    office = bench.office(POLICE.format(where='"true"', count=count))
    bench.put("p.csv", CONTENT)
    assert extracts.land(bench.connection, office).refused == 1
    assert bench.why().startswith(f"extracts.police.feeds[1].columns.victim_count: {says}")
    assert "try_cast" in bench.why() and "four" not in bench.why()
