"""From files to core: land, build."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from strategic_prosecution import desk, extracts, model, warehouse
from strategic_prosecution.settings import Office
from strategic_prosecution.stages import desk_entries
from strategic_prosecution.warehouse import Connection


class NoExtractsError(RuntimeError):
    """No extract has landed that speaks of the day asked for."""


def land(office: Office, as_of: date | None = None) -> dict[str, int]:
    """Land new files and put new memberships and feuds on the desk; the same whatever the day."""
    with warehouse.open_records(office) as connection:
        landed = extracts.land(connection, office)
        recorded = {table.name: _record(connection, office, table) for table in model.tables("desk")}
    return {"files": landed.files, "landed": landed.landed, "rows": landed.rows, "refused_files": landed.refused} | {
        f"{name}_recorded": count for name, count in recorded.items()
    }


def newest_extract_date(office: Office) -> date:
    """The day of the newest load: what ``as_of`` means when nobody names a day."""
    with warehouse.open_records(office) as connection:
        row = connection.execute("select max(extract_date) from meta.loads").fetchone()
    if row is None or row[0] is None:
        raise NoExtractsError(f"no extract has landed from {office.raw_dir}; see `stratpro check`")
    day: date = row[0]
    return day


def calendar_day(office: Office) -> date:
    """The day it is in the office, for what happens on it; no result rests on it."""
    return datetime.now(ZoneInfo(office.office.timezone)).date()


def check_fresh(office: Office, today: date) -> None:
    """Raise ContractError for an extract whose newest file is older today than it may be."""
    with warehouse.open_records(office) as connection:
        extracts.check_freshness(connection, office, today)


def build_core(office: Office, as_of: date) -> dict[str, int]:
    """Build core as of a day, the problems with it, and the accounting of every row.

    Raises NoExtractsError for a day after the newest extract, ContractError where the extracts are not what office.toml
    and its expectations say they are.
    """
    run = warehouse.current_run(office)
    newest = newest_extract_date(office)
    if as_of > newest:
        raise NoExtractsError(f"nobody knows [{as_of}] yet: the newest extract is of {newest}; name a day up to it")
    with warehouse.open_records(office, as_of) as connection:
        built = extracts.build(connection, office, as_of=as_of, run_id=run.run_id)
        entered = desk_entries.lay_over_core(connection, as_of)
        with warehouse.transaction(connection):
            warehouse.replace_as_of(connection, model.table("mart.data_quality"), as_of, built.accounting)
            warehouse.replace_as_of(connection, model.table("mart.report_lags"), as_of, built.lags)
            # A gap of years ago stops no backfill.
            if not warehouse.is_past(connection, as_of):
                extracts.check_freshness(connection, office, as_of)
                extracts.check_expectations(connection, office)
    return {f"rows_{name}": count for name, count in built.rows.items() if count} | {
        **{f"desk_{name}": count for name, count in entered.items() if count},
        "problem_rows": built.problems,
        "reconstructed_tables": len(built.reconstructed),
        "missing_tables": len(built.missing),
    }


# What the desk has read of an extract: its files and their days.
_LOADS = "select md5(string_agg(load_id || extract_date, ',' order by load_id)) from meta.loads where extract = ?"


def _record(connection: Connection, office: Office, table: model.Table) -> int:
    """Put what the feeds of a desk table say on the desk: file by file, in the order of their days."""
    recorded = 0
    for extract, number in extracts.feeds_of(office, table.name):
        days = connection.execute(
            "select distinct extract_date from meta.loads where extract = ? order by extract_date", [extract]
        ).fetchall()
        read = f"{office.fingerprint} {connection.execute(_LOADS, [extract]).fetchone()}"
        if warehouse.state(connection, f"desk_read_{extract}_{number}") == read:
            continue
        for (day,) in days:
            feed = extracts.prepare(connection, office, extract_name=extract, number=number, as_of=day)
            if feed is not None:
                # What is on the desk stays: a broken file is stopped before.
                set_aside, rows = connection.execute(
                    f"select count(*) filter (\"__status\" = 'set_aside'), count(*) from {feed.relation}"
                ).fetchone() or (0, 0)
                extracts.check_share(extract, table.name, office.extracts[extract], set_aside=set_aside, of=rows)
                source = f"(from {feed.relation} where \"__status\" = 'winner')"
                why = f"imported from extract {extract}"
                recorded += desk.record(connection, table, source=source, columns=feed.columns, why=why)
                connection.execute(f"drop table {feed.relation}; drop table {feed.silent}")
        warehouse.set_state(connection, f"desk_read_{extract}_{number}", read)
    return recorded
