"""The rows behind one published figure, down to file and line, and the queries that found them.

What counts is decided by the metric's own query and by the restriction that made the figure, never anew: the rows are
those of its facts. Rows of sealed records are counted and not shown; names and dates of birth are shown of nobody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model, stages, warehouse
from strategic_prosecution.metrics import METRICS, Metric, facts_behind, parameters
from strategic_prosecution.metrics.cells import PER_RESIDENT, aggregate, run
from strategic_prosecution.metrics.fingerprints import queries, tables_read
from strategic_prosecution.metrics.record import Period
from strategic_prosecution.metrics.refresh import GONE
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.warehouse import Connection

COLUMNS = (
    "fact", "numerator", "denominator", "role", "table", "key", "file", "line", "date", "until", "days", "value",
    "weight",
)  # fmt: skip
COUNTED, RESIDENTS = "counted", "residents"
# How a row that is not counted belongs to one that is; the first that holds is named.
_LINKS = ("case", "incident", "person", "group")
_INCIDENTS = ("incident_id", "trigger_incident_id")
_PERIOD = re.compile(r"(?P<year>\d{4})(-(?P<month>0[1-9]|1[0-2])|-Q(?P<quarter>[1-4]))?")
_LISTED = (
    "create or replace temp table explained_rows (fact bigint, role varchar, of_table varchar, record_table varchar, "
    "record_id varchar, source_load varchar, source_row bigint, is_hidden boolean)"
)


class ExplainError(ValueError):
    """There is no such figure, or it cannot be taken apart as of that day."""


@dataclass(frozen=True)
class Cell:
    """One cell of mart.metrics by its key, and what is published in it."""

    metric: Metric
    as_of: date
    period: Period
    period_start: date
    breakdown: str
    segment: str
    numerator: int
    denominator: int | None
    value: float | None


@dataclass(frozen=True)
class Explained:
    """A cell, what the rows add up to, and the rows.

    ``rows``: one per row of a table that a fact rests on (role 'counted') or that stands in the same case or incident
    or is of the same person or group (role says which) in a table the query reads; and per part of the residents.
    Columns COLUMNS; what a fact adds to numerator and denominator stands on its first row, so that both columns add up.
    ``line`` is that of the first source row where several files made one row; file and line are null for what was
    entered on the desk, and table too for a fact of which no row was found.
    ``hidden``: rows of facts that rest on a sealed record, and of sealed records beside others; they are in
    ``numerator`` and ``denominator`` and not in ``rows``. ``facts`` were counted, ``hidden_facts`` of them are hidden.
    """

    cell: Cell
    numerator: int
    denominator: int | None
    rows: pd.DataFrame
    facts: int
    hidden: int
    hidden_facts: int
    hidden_numerator: int
    hidden_denominator: int
    sql: str

    @property
    def is_withheld(self) -> bool:
        """Whether no row is listed: who came to a call-in and who stayed away is told of nobody."""
        return tells_attendance(self.cell.metric)

    @property
    def agrees(self) -> bool:
        """Whether the rows add up to what is published."""
        return (self.numerator, self.denominator) == (self.cell.numerator, self.cell.denominator)


def tells_attendance(metric: Metric) -> bool:
    """Whether the rows of a metric would say of people whether they came to a call-in."""
    return any("has_attended" in text for text in queries(metric).values())


def explain(
    office: Office, name: str, *, period: str, breakdown: str = "", segment: str = "", as_of: date | None = None
) -> Explained:
    """Take one published figure apart. For use inside a run; the audit log has it before anything is read.

    period
        '2024', '2024-Q1' or '2024-03'
    breakdown, segment
        as in mart.metrics; '' and '' for the whole
    as_of
        a day that was computed; default: the newest. What core was on an earlier one is built anew, beside the newest

    Raises SettingsError for a metric, period or breakdown that is none, ExplainError where there is no such figure, or
    where what an earlier day rested on is not what it was.
    """
    metric = next((metric for metric in METRICS if metric.name == name), None)
    if metric is None:
        raise SettingsError(f"no metric [{name}]{nearest(name, [metric.name for metric in METRICS])}")
    kind, start = period_of(period)
    with warehouse.open_records(office) as connection:
        cell = find_cell(connection, metric, kind, start, breakdown=breakdown, segment=segment, as_of=as_of)
        is_past = warehouse.is_past(connection, cell.as_of)
        if is_past and not stages.is_current(connection, office, cell.as_of):
            raise ExplainError(
                f"what [{cell.as_of}] rested on has changed since it was computed; compute it again with `stratpro run "
                f"--as-of {cell.as_of}`, then explain it"
            )
    audit.append(
        office,
        "explained",
        metric=f"metric.{metric.name}",
        as_of=cell.as_of,
        period=kind,
        period_start=start,
        numerator=cell.numerator,
        denominator=cell.denominator,
    )
    if is_past:
        for stage in (*stages.CORE, stages.groups):
            stage(office, cell.as_of)
    with warehouse.open_records(office, cell.as_of) as connection:
        return explain_cell(connection, office, cell)


def period_of(text: str) -> tuple[Period, date]:
    """The kind and the first day of a period written '2024', '2024-Q1' or '2024-03'; SettingsError for another."""
    found = _PERIOD.fullmatch(text)
    if found is None:
        raise SettingsError(f"--period [{text}] is none; write a year (2024), a quarter (2024-Q1) or a month (2024-03)")
    year = int(found["year"])
    if found["month"]:
        return "month", date(year, int(found["month"]), 1)
    if found["quarter"]:
        return "quarter", date(year, 3 * int(found["quarter"]) - 2, 1)
    return "year", date(year, 1, 1)


def find_cell(
    connection: Connection,
    metric: Metric,
    period: Period,
    start: date,
    *,
    breakdown: str,
    segment: str,
    as_of: date | None,
) -> Cell:
    """What is published in a cell at the end of a day: the newest row by then, for days store what changed.

    Raises ExplainError for a day that is not computed and for a cell that has no row, with what there is.
    """
    days = [day for (day,) in connection.execute("select distinct as_of from mart.metrics order by as_of").fetchall()]
    if not days:
        raise ExplainError("no metric is computed yet; start with `stratpro run`")
    day = as_of or days[-1]
    if day not in days:
        raise ExplainError(f"nothing is computed as of [{day}]; `stratpro run --as-of {day}` does it")
    rows = connection.execute(
        "select numerator, denominator, value, note from mart.metrics where as_of <= ? and metric = ? and period = ? "
        "and period_start = ? and breakdown = ? and segment = ? order by as_of desc limit 1",
        [day, metric.name, period, start, breakdown, segment],
    ).fetchall()
    if not rows or rows[0][0] is None or rows[0][3] == GONE:
        raise ExplainError(_why_there_is_none(connection, metric, period, start, breakdown=breakdown, day=day))
    numerator, denominator, value, _ = rows[0]
    return Cell(metric, day, period, start, breakdown, segment, numerator, denominator, value)


def _why_there_is_none(
    connection: Connection, metric: Metric, period: Period, start: date, *, breakdown: str, day: date
) -> str:
    def found(column: str, *conditions: str) -> list[Any]:
        where = " and ".join(("as_of <= $day and metric = $metric", *conditions))
        sql = f"select distinct {column} from mart.metrics where {where} order by {column}"
        asked = {"day": day, "metric": metric.name, "period": period, "start": start, "breakdown": breakdown}
        return [value for (value,) in run(connection, sql, asked).fetchall()]

    if not found("metric"):
        return f"metric [{metric.name}] is not available here: no extract fills {', '.join(metric.tables)} as it needs"
    of_period = ("period = $period", "period_start = $start")
    if not found("period_start", *of_period):
        kinds = ", ".join(metric.periods)
        return f"metric [{metric.name}] has no {period} of {start}; it has {kinds} from {found('period_start')[0]} on"
    if not found("segment", *of_period, "breakdown = $breakdown"):
        known = ", ".join(f"[{name}]" for name in found("breakdown", *of_period) if name)
        return f"metric [{metric.name}] has no --breakdown [{breakdown}]; it has {known or 'none'}"
    known = ", ".join(found("segment", *of_period, "breakdown = $breakdown")[:20])
    return f"metric [{metric.name}] has no such --segment of [{breakdown}]; it has {known}"


def explain_cell(connection: Connection, office: Office, cell: Cell) -> Explained:
    """Take a cell apart with the core of its day in the search path; ExplainError where core does not hold it."""
    layer = office.release.smallest_public_area
    try:
        facts = facts_behind(
            connection,
            cell.metric,
            as_of=cell.as_of,
            layer=layer,
            period=cell.period,
            period_start=cell.period_start,
            breakdown=cell.breakdown,
            segment=cell.segment,
            rules=office.metrics,
        )
    except KeyError as error:
        raise ExplainError(
            f"metric [{cell.metric.name}]: no row of core is in this cell any more; run the night again"
        ) from error
    facts.insert(0, "fact", range(1, len(facts) + 1))
    found = _rows(connection, office, cell, facts)
    residents = _residents(connection, office, cell)
    hidden = set(found.loc[found["is_hidden"] & (found["role"] == COUNTED), "fact"])
    is_hidden = found["is_hidden"] | found["fact"].isin(hidden)
    of_hidden = facts[facts["fact"].isin(hidden)]
    shown = pd.concat([_laid_out(facts[~facts["fact"].isin(hidden)], found[~is_hidden]), residents], ignore_index=True)
    denominator = None
    if cell.denominator is not None:
        denominator = int(residents["denominator"].sum() if len(residents) else facts["denominator"].sum())
    return Explained(
        cell=cell,
        numerator=int(facts["numerator"].sum()),
        denominator=denominator,
        rows=shown.iloc[:0] if tells_attendance(cell.metric) else shown,
        facts=len(facts),
        hidden=int(is_hidden.sum()),
        hidden_facts=len(hidden),
        hidden_numerator=int(of_hidden["numerator"].sum()),
        hidden_denominator=int(of_hidden["denominator"].sum()),
        sql=_sql(office, cell),
    )


def _rows(connection: Connection, office: Office, cell: Cell, facts: pd.DataFrame) -> pd.DataFrame:
    """The rows of core that the facts rest on, and those that belong to them: _LISTED, and the file of each."""
    metric = cell.metric
    _list_sealed(connection, office, cell.as_of)
    connection.register("explained_facts", facts[["fact", "unit_id", "records"]])
    connection.execute(_LISTED)
    first, *others = metric.tables
    connection.execute(
        f"""
        insert into explained_rows
        select distinct f.fact, '{COUNTED}', '{first}', {_row_of(first)}
        from (select fact, unnest(records) as record from explained_facts) as f
        join {_relation(first)} as t on t.{_key(first)} = f.record
        """
    )
    # A fact that names no record of the first table is one of another: a shooting beside contacts, a member of staff.
    for table in filter(_is_of_records, others):
        known = [name for name in ("case_id", *_INCIDENTS, "group_id") if name in _names(table)]
        matches = " or ".join(f"t.{name} = f.unit_id" for name in dict.fromkeys((_key(table), *known)))
        connection.execute(
            f"""
            insert into explained_rows
            select distinct f.fact, '{COUNTED}', '{table}', {_row_of(table)}
            from explained_facts as f join {_relation(table)} as t on {matches}
            where len(f.records) = 0
            """
        )
    _add_related(connection, metric)
    rows = connection.execute(
        """
        select
            r.fact, r.role, r.record_table as "table", r.record_id as "key", l.file, r.source_row as line, r.is_hidden
        from explained_rows as r left join meta.loads as l on l.load_id = r.source_load
        """
    ).df()
    connection.unregister("explained_facts")
    return rows


def _list_sealed(connection: Connection, office: Office, as_of: date) -> None:
    """Make explained_sealed, explained_closed (cases that are sealed, or a defendant is) and explained_memberships."""
    connection.execute(
        f"""
        create or replace temp table explained_sealed as
        select record_table, record_id from core.sealed_records
        union
        select table_name, record_id from ({desk.IN_FORCE}) where kind = 'seal'
        """
    )
    connection.execute(
        """
        create or replace temp table explained_closed as
        select record_id as case_id from explained_sealed where record_table = 'cases'
        union
        select case_id from core.defendants
        where defendant_id in (select record_id from explained_sealed where record_table = 'defendants')
        """
    )
    memberships = desk.current(connection, office, model.table("desk.memberships"), as_of=as_of)
    connection.register("explained_given", memberships[["membership_id", "group_id", "source_load", "source_row"]])
    connection.execute("create or replace temp table explained_memberships as from explained_given")
    connection.unregister("explained_given")


def _add_related(connection: Connection, metric: Metric) -> None:
    """Add the rows that stand in the same case or incident as a counted one, or are of the same person or group.

    Of the tables that the queries read; of the same person only where they look at people, of the same group only where
    groups are counted.
    """
    read = tables_read(metric)
    links = [
        link
        for link in _LINKS
        if (link != "person" or "person_records" in read) and (link != "group" or metric.counts == "group")
    ]
    counted = [of for (of,) in connection.execute("select distinct of_table from explained_rows order by 1").fetchall()]
    of_counted = [
        f"select r.fact, k.link, k.id from explained_rows as r join ({of}) as k on k.record_id = r.record_id "
        f"where r.of_table = '{table}'"
        for table in counted
        for of in _links(table, links)
    ]
    if not of_counted:
        return
    connection.execute(f"create or replace temp table explained_links as {' union '.join(of_counted)}")
    for table in sorted({*read, *metric.tables} - {metric.tables[0]}):
        of_table = list(_links(table, links)) if _is_of_records(table) else []
        if not of_table:
            continue
        order = ", ".join(f"'{link}'" for link in _LINKS)
        connection.execute(
            f"""
            insert into explained_rows
            with related as (
                select l.fact, k.record_id, min(list_position([{order}], k.link)) as place
                from explained_links as l join ({" union ".join(of_table)}) as k using (link, id)
                group by all
            )
            select r.fact, 'same ' || [{order}][r.place], '{table}', {_row_of(table)}
            from related as r join {_relation(table)} as t on t.{_key(table)} = r.record_id
            where (r.fact, t.{_key(table)}) not in (
                select (fact, record_id) from explained_rows where of_table = '{table}' and role = '{COUNTED}'
            )
            """
        )


def _links(table: str, links: list[str]) -> Iterator[str]:
    """Queries for record_id, link and id: to what the rows of a table belong."""
    names, key = _names(table), _key(table)
    columns = {"case": ("case_id",), "incident": _INCIDENTS, "group": ("group_id",)}
    for link in links:
        for column in columns.get(link, ()):
            if column in names:
                yield (
                    f"select {key} as record_id, '{link}' as link, {column} as id from {_relation(table)} "
                    f"where {column} is not null"
                )
    if "person" in links:
        if table == "cases":
            people = (
                "select d.case_id as record_id, 'person' as link, p.person_id as id from core.defendants as d "
                "join core.person_records as p on p.record_table = 'defendants' and p.record_id = d.defendant_id"
            )
        elif table == "group_memberships":
            people = (
                "select membership_id as record_id, 'person' as link, linked_person_id as id "
                "from core.group_memberships"
            )
        else:
            people = (
                "select record_id, 'person' as link, person_id as id from core.person_records "
                f"where record_table = '{table}'"
            )
        yield people


def _row_of(table: str) -> str:
    """What explained_rows has of a row of a table, ``t``, besides fact and role."""
    shown = "memberships" if table == "group_memberships" else table
    is_closed = "or t.case_id in (from explained_closed)" if "case_id" in _names(table) else ""
    return (
        f"'{shown}', t.{_key(table)}, t.source_load, t.source_row, "
        f"('{shown}', t.{_key(table)}) in (from explained_sealed) {is_closed}"
    )


def _relation(table: str) -> str:
    """Where the rows of a table carry the file and line they came from."""
    return "temp.explained_memberships" if table == "group_memberships" else f"core.{table}"


def _is_of_records(table: str) -> bool:
    return table == "group_memberships" or (f"core.{table}" in _CORE and model.table(f"core.{table}").is_fed)


_CORE = {f"core.{table.name}" for table in model.tables("core")}


def _key(table: str) -> str:
    return model.table(f"core.{table}").key[0]


def _names(table: str) -> tuple[str, ...]:
    return model.table(f"core.{table}").names


def _laid_out(facts: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of facts, the counted ones first; what a fact adds stands on its first row, and only there."""
    rows = facts.drop(columns=["unit_id", "records"]).merge(found, on="fact", how="left")
    rows["role"] = rows["role"].fillna(COUNTED)
    rows["is_beside"] = rows["role"] != COUNTED
    rows = rows.sort_values(["fact", "is_beside", "role", "table", "key"], ignore_index=True)
    is_first = ~rows["fact"].duplicated()
    for name in ("numerator", "denominator", "duration_days", "value", "weight"):
        rows[name] = rows[name].where(is_first)
    return rows.assign(
        date=rows["event_date"].fillna(rows["from_date"]).where(is_first),
        until=rows["until_date"].where(is_first),
        days=rows["duration_days"].astype("Int64"),
        line=rows["line"].astype("Int64"),
    )[list(COLUMNS)]


def _residents(connection: Connection, office: Office, cell: Cell) -> pd.DataFrame:
    """The rows of the population that are the denominator of a figure per resident; none for other figures."""
    none = pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})
    population = office.places.population
    if cell.metric.statistic not in PER_RESIDENT or cell.denominator is None or population is None:
        return none
    layer = office.release.smallest_public_area
    everyone = run(connection, aggregate("population"), {"layer": layer}).df()
    names = cell.breakdown.split(" x ") if cell.breakdown else []
    segments = dict(zip(names, cell.segment.split(" x "), strict=False))
    race = segments.get("race_ethnicity")
    of_cell = everyone[
        (everyone["race_ethnicity"] == race) if race is not None else (everyone["race_ethnicity"] == "all")
    ]
    for name, column in ((f"{layer} of residence", "residence_area"), ("income_quintile", "income_quintile")):
        if name in segments:
            of_cell = of_cell[of_cell[column] == segments[name]]
    of_cell = of_cell.sort_values(["residence_area", "race_ethnicity"])
    keys = [f"{layer}/{row.residence_area}/{row.race_ethnicity}" for row in of_cell.itertuples()]
    rows = none.reindex(range(len(of_cell)))
    return rows.assign(
        denominator=of_cell["residents"].to_numpy(),
        role=RESIDENTS,
        table="population",
        key=keys,
        file=population.file or "the file of the layer",
    )


def _sql(office: Office, cell: Cell) -> str:
    """The queries that were run, in order, and the parameters that were bound."""
    bound = parameters(as_of=cell.as_of, layer=office.release.smallest_public_area, rules=office.metrics)
    texts = queries(cell.metric)
    named = {name for text in texts.values() for name in re.findall(r"\$(\w+)", text)}
    lines = [f"-- ${name} = {value}" for name, value in bound.items() if name in named]
    parts = [f"-- metrics/{file}\n{text.strip()};" for file, text in texts.items()]
    restriction = f"-- metrics/aggregate/behind.sql: of these facts, those of this cell\n{aggregate('behind').strip()};"
    return "\n\n".join(["\n".join(lines), *parts, restriction]).strip()
