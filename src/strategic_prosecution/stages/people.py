"""Link: say which person each record of a person belongs to, how sure that is, and what a reviewer should look at."""

import json
import shutil
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.extracts.extract_dates import dating_columns
from strategic_prosecution.people import Linkage, check_growth, linkage_quality, resolve_people, summarise_people
from strategic_prosecution.settings import Office
from strategic_prosecution.stages import link_decisions, person_changes
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

CHARTS = "people"
"""Folder below processed_dir with the charts of the newest model."""
# A row known with its parent dates from the parent's day.
_PARENTS = {"incident_people": ("incidents", "incident_id"), "defendants": ("cases", "case_id")}
_IDENTITY = (
    "source_person_id",
    "state_id",
    "fbi_id",
    "given_name",
    "family_name",
    "birth_date",
    "race_ethnicity",
    "sex",
)
_COLUMNS = ("record_table", "record_id", "known_date", *_IDENTITY, "home_address", "source_load", "source_row")
_RECORD = ["record_table", "record_id"]
_FAULTS = {"birth_date": "unusable_birth_date", "family_name": "unusable_name"}


def link(office: Office, as_of: date) -> dict[str, int]:
    """Link the records of people known by a day; the same records and decisions give the same people.

    Raises LinkageError where people grew beyond belief: nothing is written then.
    """
    with warehouse.open_core(office, as_of) as connection:
        records = pd.concat([*_core_records(connection), _memberships(connection, office, as_of)], ignore_index=True)
        decisions = link_decisions.decisions(connection, as_of)
        is_newest = not warehouse.is_past(connection, as_of)
    settings = office.people
    shutil.rmtree(_new_charts(office), ignore_errors=True)
    found = resolve_people(
        records,
        decisions=decisions,
        link_probability=settings.link_probability,
        review_probability=settings.review_probability,
        charts=_new_charts(office) if is_newest else None,
        threads=office.warehouse.threads,
    )
    linked = records.merge(found.links, on=_RECORD, validate="one_to_one")
    people = summarise_people(linked)
    quality = linkage_quality(
        _described(found, linked),
        found.may_join,
        linked,
        link_probability=settings.link_probability,
        pairs_to_review=found.pairs["kind"],
    )
    check_growth(
        quality,
        spellings_per_person=people["spellings"],
        largest_person=settings.largest_person,
        max_false_links=settings.max_false_links,
    )
    with warehouse.open_core(office, as_of) as connection:
        before = connection.execute("select record_table, record_id, person_id from core.person_records").df()
        # The core of a past day is in a file of its own: one transaction cannot write both.
        with warehouse.transaction(connection):
            warehouse.replace_as_of(connection, model.table("mart.linkage_quality"), as_of, quality.assign(as_of=as_of))
            warehouse.replace_as_of(connection, model.table("meta.person_models"), as_of, _model(found, as_of))
            if is_newest:
                person_changes.record(connection, as_of, before, found.links)
                _keep_faults(connection, found.faults, records)
        with warehouse.transaction(connection):
            warehouse.replace(connection, model.table("core.people"), people)
            warehouse.replace(connection, model.table("core.person_records"), found.links)
            warehouse.replace(connection, model.table("core.person_pairs"), found.pairs)
    if is_newest:
        shutil.rmtree(charts_folder(office), ignore_errors=True)
        if _new_charts(office).exists():
            _new_charts(office).rename(charts_folder(office))
    bases = found.links["basis"].value_counts()
    return {
        "records": len(found.links),
        "people": len(people),
        **{f"by_{basis}": int(bases.get(basis, 0)) for basis in model.LINK_BASES},
        "unusable": int(found.links["spelling"].isna().sum()),
        "pairs_to_review": len(found.pairs),
    }


def charts_folder(office: Office) -> Path:
    """Where the charts of the newest model lie."""
    return office.processed_dir / CHARTS


def _new_charts(office: Office) -> Path:
    """Where charts wait until the links are in force: those of a night that stops replace none."""
    return charts_folder(office).with_name(".people")


def _core_records(connection: Connection) -> list[pd.DataFrame]:
    """One frame per core table with a person: its records, as they stand, and the day each dates from."""
    frames = []
    for table in model.tables("core"):
        if "source_person_id" not in table.names:
            continue
        parent, key = _PARENTS.get(table.name, (table.name, table.key[0]))
        known = ", ".join(f"parent.{name}" for name in dating_columns(model.table(f"core.{parent}")))
        home = "child.home_address" if "home_address" in table.names else "null"
        # What the desk says of a call-in names nobody.
        named = "child.source_load is not null and " if table.name == "notifications" else ""
        frames.append(
            connection.execute(
                f"select '{table.name}' as record_table, child.{table.key[0]} as record_id, "
                f"coalesce({known}) as known_date, {', '.join(f'child.{name}' for name in _IDENTITY)}, "
                f"{home} as home_address, child.source_load, child.source_row "
                f"from core.{table.name} as child left join core.{parent} as parent using ({key}) "
                f"where {named}child.{table.key[0]} not in "
                f"(select record_id from core.sealed_records where record_table = '{table.name}') "
                "order by record_id"
            ).df()
        )
    return [frame for frame in frames if len(frame)]


def _memberships(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    rows = desk.current(connection, office, model.table("desk.memberships"), as_of=as_of)
    return rows.assign(
        record_table="memberships", record_id=rows["membership_id"], known_date=rows["known_on"], home_address=None
    )[list(_COLUMNS)]


def _described(found: Linkage, linked: pd.DataFrame) -> pd.DataFrame:
    """The spellings with the race and sex that their first record gives."""
    first = (
        linked.dropna(subset="spelling").drop_duplicates("spelling").set_index("spelling")[["race_ethnicity", "sex"]]
    )
    return found.spellings.join(first, on="spelling")


def _model(found: Linkage, as_of: date) -> pd.DataFrame:
    compared = found.compared
    return pd.DataFrame(
        {
            "as_of": [as_of],
            "origin": ["estimated" if compared.labelled else "shipped"],
            "spellings": [compared.spellings],
            "pairs": [compared.tried],
            "labelled_pairs": [compared.labelled],
            "values_left_out": [compared.blocks_too_large],
            "settings": [json.dumps(compared.settings, sort_keys=True)],
            "program": [f"splink {version('splink')}"],
        }
    )


def _keep_faults(connection: Connection, faults: pd.DataFrame, records: pd.DataFrame) -> None:
    """Replace the problems that linking found: one row per file, column and reason, its first line standing for all."""
    told = faults.merge(records[[*_RECORD, "source_load", "source_row"]], on=_RECORD).rename(
        columns={"column": "column_name"}
    )
    told["kind"] = told["column_name"].map(_FAULTS).fillna("unusable_number")
    connection.register("link_faults", told.astype({"source_load": object}))
    connection.execute("delete from meta.problems where problem_id like 'link-%'")
    connection.execute(query("link_problems"))
    connection.unregister("link_faults")
