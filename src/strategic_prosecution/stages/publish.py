"""What leaves the warehouse: allow-listed tables in two editions, each with its report, published as one thing."""

from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from strategic_prosecution import model, warehouse
from strategic_prosecution.metrics import METRICS, SUMS
from strategic_prosecution.report import ReportData, render_report
from strategic_prosecution.report.people import Linking
from strategic_prosecution.safeguards import (
    audit,
    check_release,
    newest_values,
    pseudonym_key,
    pseudonyms,
    releasable,
    suppress,
)
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.core import calendar_day
from strategic_prosecution.stages.geocoding_quality import public_quality
from strategic_prosecution.stages.metrics import missing_tables
from strategic_prosecution.stages.pseudonym_keys import check_key, finish
from strategic_prosecution.warehouse import Connection, key_columns

# Month ends are kept for ever; of other nights, those after a day.
OLD_NIGHTS = "as_of <> last_day(as_of) and as_of <= ?"
# Who is on the group list, how many were told and when, is intelligence.
INTERNAL_COMMITMENT = "call-ins"
_PUBLIC_METRICS = tuple(metric for metric in METRICS if metric.commitment != INTERNAL_COMMITMENT)
# Over fewer hot spots than this, a total says what single small places hold.
FEWEST_HOT_SPOTS = 3
_PUBLIC_CELLS = model.table("meta.public_cells")
_SAID = ["suppressed", "numerator", "denominator", "value", "lower", "upper"]
Frames = dict[str, pd.DataFrame]


def publish(office: Office, as_of: date) -> dict[str, int]:
    """Prune old nights and publish both editions. A run for an earlier day than the newest core publishes nothing.

    Raises SettingsError where the key of the pseudonyms is another than the one in force.
    """
    with warehouse.open_core(office, as_of) as connection:
        if warehouse.is_past(connection, as_of):
            return {"published": 0}
        check_key(connection, office, known_on=calendar_day(office))
        _prune(connection, office, as_of)
        tables = {table.name: _read(connection, table) for table in model.TABLES if table.editions}
        missing = missing_tables(connection, office, as_of)
        linking = _linking(connection, office, as_of)
        said = connection.execute("from meta.public_cells").df()
        public = _public(office, tables, said=said)
        # Before anything is out: what is remembered too much is hidden, what is forgotten is given away.
        _remember(connection, public["metrics"], said=said, as_of=as_of)
    editions: dict[model.Edition, Frames] = {"internal": _internal(office, tables), "public": public}

    def write(folder: Path) -> None:
        for edition, frames in editions.items():
            (folder / edition / "report").mkdir(parents=True)
            _write_database(office, folder / edition, edition, frames)
            page = render_report(_report_data(office, edition, frames, as_of=as_of, missing=missing), linking=linking)
            (folder / edition / "report" / "index.html").write_text(page, encoding="utf-8")

    def announce(files: dict[str, str]) -> dict[str, Any]:
        run_id = warehouse.current_run(office).run_id
        # Geometries of areas and cells of hot spots are in metres; who reads them must know of which plane.
        return {"crs": office.office.crs, "audit": asdict(audit.release(office, files, run_id=run_id, as_of=as_of))}

    warehouse.publish(office, write, as_of=as_of, announce=announce)
    finish(office)
    return {
        "published": 1,
        **{f"{edition}_tables": len(frames) for edition, frames in editions.items()},
        "public_cells": len(public["metrics"]),
        "public_hidden": int(public["metrics"]["suppressed"].sum()),
    }


def night_tables() -> tuple[model.Table, ...]:
    """The tables that hold nights: results and accounting by ``as_of``."""
    return (*model.tables("mart"), model.table("meta.accounting"))


def _prune(connection: Connection, office: Office, as_of: date) -> None:
    """Drop all but the last ``retention.nights_days`` nights from mart and the accounting; month ends stay."""
    with warehouse.transaction(connection):
        for table in night_tables():
            connection.execute(
                f"delete from {table.schema}.{table.name} where {OLD_NIGHTS}",
                [as_of - timedelta(days=office.retention.nights_days)],
            )


def _read(connection: Connection, table: model.Table) -> pd.DataFrame:
    """The columns of a table that any edition may hold; nothing else is read."""
    columns = key_columns(releasable(table, "internal"))
    return connection.execute(
        f"select {columns} from {table.schema}.{table.name} order by {key_columns(table.key)}"
    ).df()


def _linking(connection: Connection, office: Office, as_of: date) -> Linking | None:
    """By which model people were linked; None where the day has none."""
    row = connection.execute(
        "select origin, labelled_pairs from meta.person_models where as_of = ?", [as_of]
    ).fetchone()
    return None if row is None else Linking(office.people.link_probability, str(row[0]), int(row[1] or 0))


def _internal(office: Office, tables: Frames) -> Frames:
    """Exact counts, groups and pseudonyms. Without a pseudonym key no table with a person is published."""
    key = pseudonym_key(office)
    frames: Frames = {}
    for name, frame in tables.items():
        people = [column.name for column in model.table(name).columns if column.is_person]
        if people and key is None:
            continue
        frames[name] = frame.assign(**{column: pseudonyms(frame[column], key=key) for column in people if key})
    return frames


def _remember(connection: Connection, shown: pd.DataFrame, *, said: pd.DataFrame, as_of: date) -> None:
    """What the public edition says of each cell about people, beside what earlier ones said of others."""
    told = shown[_about_people(shown) & (shown["suppressed"] | shown["numerator"].notna())].assign(said_on=as_of)
    key = list(_PUBLIC_CELLS.key)
    told = told[[*key, "said_on", *_SAID]].astype({"period_start": "datetime64[us]", "said_on": "datetime64[us]"})
    if len(said):
        before = said.astype({"period_start": "datetime64[us]", "said_on": "datetime64[us]"})
        told = pd.concat([told, before], ignore_index=True).drop_duplicates(key, keep="first")
    with warehouse.transaction(connection):
        warehouse.replace(connection, _PUBLIC_CELLS, told)


def _public(office: Office, tables: Frames, *, said: pd.DataFrame) -> Frames:
    """The newest values only, suppressed: no group, no person-level row, no exact count of a small place."""
    frames: Frames = {}
    for name, frame in tables.items():
        columns = releasable(model.table(name), "public")
        if columns:
            newest = frame
            if name == "metrics":
                newest = newest_values(frame[frame["metric"].isin([metric.name for metric in _PUBLIC_METRICS])])
            # Which nights of geocoding_quality are told is `public_quality`'s to say.
            elif "as_of" in frame.columns and len(frame) and name != "geocoding_quality":
                newest = frame[frame["as_of"] == frame["as_of"].max()]
            frames[name] = newest[list(columns)].reset_index(drop=True)
    frames["metrics"] = suppress(
        _finished(frames["metrics"]),
        metrics=METRICS,
        min_cell=office.release.min_cell,
        sums=SUMS,
        said=said.reindex(columns=[*_PUBLIC_CELLS.key, *_SAID]),
    )
    frames["geocoding_quality"] = public_quality(frames["geocoding_quality"], min_cell=office.release.min_cell)
    # A hot spot is smaller than any public area, so its count is hidden like a count of people.
    spots = frames["hot_spots"]
    counts = spots["incidents"].astype("Int64")
    frames["hot_spots"] = spots.assign(incidents=counts.where(counts >= office.release.min_cell))
    frames["hot_spot_accuracy"] = _coarse_accuracy(frames["hot_spot_accuracy"], min_cell=office.release.min_cell)
    # Which files on groups an office holds, and how many rows, is intelligence.
    quality = frames["data_quality"]
    public = quality[~quality["table_name"].isin(model.DESK_KEYS)].reset_index(drop=True)
    frames["data_quality"] = public.assign(read=public["read"] - _withheld(tables["data_quality"], public))
    return frames


def _withheld(quality: pd.DataFrame, public: pd.DataFrame) -> pd.Series:
    """Rows that were withdrawn or expunged, by feed: a sum that does not add up would tell how many."""
    key = list(model.table("mart.data_quality").key)
    gone = quality.assign(gone=quality["withdrawn"] + quality["expunged"])[[*key, "gone"]]
    return public[key].merge(gone, on=key, how="left", validate="one_to_one")["gone"]


def _finished(rows: pd.DataFrame) -> pd.DataFrame:
    """Of what small cells hide, finished periods alone: from night to night a running one would tell of one person.

    A cohort whose follow-up runs is not finished. Of a breakdown quarters and years are told: in a month too few people
    are in a part of it for much to be shown.
    """
    about_people = _about_people(rows)
    is_too_fine = (rows["period"] == "month") & (rows["breakdown"] != "")
    return rows[~about_people | (rows["complete"].astype(bool) & ~is_too_fine)].reset_index(drop=True)


def _about_people(rows: pd.DataFrame) -> pd.Series:
    about_people = rows["metric"].isin([metric.name for metric in METRICS if metric.protects == "person"])
    return about_people | rows["breakdown"].str.contains("race_ethnicity|sex", regex=True)


def _coarse_accuracy(accuracy: pd.DataFrame, *, min_cell: int) -> pd.DataFrame:
    """Accuracy of the hot spots alone, without what would count the incidents of a few small places, or of the rest."""
    ours = accuracy[(accuracy["method"] == "hot_spots") & (accuracy["area_rule"] == "hot_spots")]
    inside = ours["incidents_inside"]
    shown = (ours["hot_spots"] >= FEWEST_HOT_SPOTS) & (inside >= min_cell) & (ours["incidents"] - inside >= min_cell)
    # Each of these counts the incidents inside once the incidents and the area are known.
    told = ("incidents_inside", "hit_rate", "pai", "pei", "recapture_rate_index")
    hidden = [name for name in map(str, ours) if name.startswith(told)]
    return ours.assign(**{name: ours[name].where(shown) for name in hidden}).reset_index(drop=True)


def _write_database(office: Office, folder: Path, edition: model.Edition, frames: Frames) -> None:
    """``office.duckdb`` and, where it is not encrypted, the same tables as Parquet, which cannot be."""
    is_encrypted = edition == "internal" and office.warehouse.published_key_env is not None
    connection = warehouse.open_published(folder / "office.duckdb", office, edition=edition, writable=True)
    try:
        for name, frame in frames.items():
            table = model.table(name)
            types = ", ".join(f'"{c}" {model.SQL_TYPES[table.column(c).dtype]}' for c in frame.columns)
            connection.execute(f"create table {name} ({types})")
            # Text of pandas is text of Arrow: handed over as such, it is not taken apart first.
            connection.register("incoming_rows", pa.Table.from_pandas(frame, preserve_index=False))
            connection.execute(f"insert into {name} by name from incoming_rows")
            connection.execute("drop view incoming_rows")
            if not is_encrypted:
                path = str(folder / f"{name}.parquet").replace("'", "''")
                connection.execute(f"copy {name} to '{path}' (format parquet)")
        connection.execute(
            "create view metrics_now as select * from metrics qualify row_number() over "
            "(partition by metric, period, period_start, breakdown, segment order by as_of desc) = 1"
        )
        written: dict[str, list[str]] = {}
        for name, column in connection.execute(
            "select table_name, column_name from information_schema.columns where table_catalog = 'office' "
            "order by table_name, ordinal_position"
        ).fetchall():
            written.setdefault(name, []).append(column)
        check_release(written, edition=edition)
    finally:
        connection.close()


def _report_data(
    office: Office, edition: model.Edition, frames: Frames, *, as_of: date, missing: frozenset[str]
) -> ReportData:
    newest = {
        name: frame
        if name == "metrics" or "as_of" not in frame or frame.empty
        else frame[frame["as_of"] == frame["as_of"].max()]
        for name, frame in frames.items()
        if not any(column.is_person for column in model.table(name).columns)
    }
    newest["metrics"] = newest_values(frames["metrics"])
    return ReportData(
        office_name=office.office.name,
        as_of=as_of,
        edition=edition,
        headline=office.metrics.headline,
        tables=newest,
        metrics=METRICS if edition == "internal" else _PUBLIC_METRICS,
        crs=office.office.crs,
        notes=notes(office, edition),
        not_available=tuple(sorted(missing)),
        breaks=tuple((item.date, item.what) for item in office.breaks),
        violent_window_days=office.groups.violent_window_days,
        crime_harm="" if office.hotspots.crime_harm is None else office.hotspots.crime_harm.version,
    )


def notes(office: Office, edition: model.Edition) -> tuple[str, ...]:
    """What a reader of an edition, and whoever runs the night, should be told about how it was made."""
    said = []
    if office.release.public_demo_key:
        said.append("A fictional county: every person, place and event in it is invented.")
    if edition == "internal":
        if pseudonym_key(office) is None:
            said.append(
                f"No pseudonym key: tables with a person are not published. Set {office.release.pseudonym_key_env}."
            )
        if office.warehouse.records_key_env is None:
            said.append("The databases are not encrypted: name keys in [warehouse] of office.toml.")
    return tuple(said)
