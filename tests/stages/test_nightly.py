"""A whole night on the fictional county: the same twice, every row accounted for, nothing personal published."""

import json
import stat
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from strategic_prosecution import model, stages, warehouse

LAST_DAY = date(2025, 12, 31)
COUNTED = ("kept", "merged", "set_aside", "superseded", "reversed", "withdrawn", "expunged", "not_yet")


def published(office, edition: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(office.processed_dir / edition / "office.duckdb"), read_only=True)


def recorded_hashes(office) -> list[dict[str, str]]:
    """Of every whole night of the last day; other tests may have run other days and other stages."""
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        rows = connection.execute(
            "select table_hashes from meta.runs where status = 'done' and as_of = ? order by started_at", [LAST_DAY]
        )
        return [json.loads(text) for (text,) in rows.fetchall()]


def core_hashes(office) -> dict[str, str]:
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        return {table.name: warehouse.table_hash(connection, table) for table in model.tables("core")}


@pytest.mark.slow
def test_a_second_run_lands_nothing_and_changes_no_table(small_county):
    _, again = stages.nightly(small_county.office)
    assert small_county.counts["land"]["landed"] == small_county.counts["land"]["files"] > 20
    assert again["land"]["landed"] == 0
    first, *rest = recorded_hashes(small_county.office)
    assert rest and all(later == first for later in rest)
    assert {"core.incidents", "core.places", "mart.hot_spots", "mart.metrics", "mart.group_priorities"} <= set(first)


def test_every_row_of_every_feed_is_accounted_for(small_county):
    with published(small_county.office, "internal") as connection:
        rows = connection.execute("select * from data_quality").df()
    assert len(rows) > 20
    assert (rows["read"] == rows[list(COUNTED)].sum(axis=1)).all()
    raw = small_county.county.raw_dir
    clearances = rows[(rows["extract"] == "police_clearances")].iloc[0]
    lines = len(
        pd.read_csv(next(raw.glob("rms/*clear*.csv")), dtype=str, sep=None, engine="python", encoding="latin-1")
    )
    assert clearances["read"] + clearances["not_selected"] == lines


def test_counts_equal_what_was_planted(small_county):
    truth = json.loads((small_county.county.truth_dir / "truth.json").read_text())["metrics"]["by_year"]
    with published(small_county.office, "internal") as connection:
        values = connection.execute(
            "select metric, year(period_start)::varchar as year, numerator from metrics_now "
            "where period = 'year' and breakdown = ''"
        ).df()
    found = values.set_index(["metric", "year"])["numerator"]
    for metric, planted in (
        ("violent_incidents", "violent_incidents"),
        ("homicide_victims", "homicide_victims"),
        ("nonfatal_shooting_victims", "nonfatal_shooting_victims"),
        ("shooting_incidents", "shooting_incidents"),
        ("arrests", "arrests"),
        ("custodial_arrest_share", "custodial_arrests"),
        ("cases_referred", "referrals_received"),
        ("cases_filed", "cases_filed"),
    ):
        for year, count in truth[planted].items():
            assert found[metric, year] == count, (metric, year)


def test_shares_equal_what_was_planted(small_county):
    truth = json.loads((small_county.county.truth_dir / "truth.json").read_text())["metrics"]["whole_period"]
    with published(small_county.office, "internal") as connection:
        sums = connection.execute(
            "select metric, sum(numerator)::bigint as n, sum(denominator)::bigint as d from metrics_now "
            "where period = 'year' and breakdown = '' group by metric"
        ).df()
    found = sums.set_index("metric")
    approved, rejected = truth["referrals_approved"], truth["referrals_rejected"]
    assert tuple(found.loc["screening_approval_rate"]) == (approved, approved + rejected)
    assert tuple(found.loc["incarceration_rate"]) == (truth["incarcerated_defendants"], truth["sentenced_defendants"])


def test_only_allowed_tables_and_columns_are_published(small_county):
    for edition in ("internal", "public"):
        with published(small_county.office, edition) as connection:
            columns = connection.execute("select table_name, column_name from information_schema.columns").fetchall()
        assert columns
        for table_name, column_name in columns:
            table = model.table("metrics" if table_name == "metrics_now" else table_name)
            column = table.column(column_name)
            assert edition in table.editions
            assert not column.is_pii
            assert not (edition == "public" and (column.is_person or column.is_internal))
    with published(small_county.office, "public") as connection:
        names = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert not {name for name in names if "group" in name or "lead" in name or "person" in name or "people" in name}


def test_pseudonyms_stand_for_people_and_only_inside(small_county):
    with published(small_county.office, "internal") as connection:
        shown = {p for (p,) in connection.execute("select person_id from group_memberships").fetchall()}
    with warehouse.run(small_county.office, what="test"), warehouse.open_records(small_county.office) as connection:
        known = {p for (p,) in connection.execute("select person_id from core.people").fetchall()}
    assert shown and not shown & known


def test_small_counts_of_people_are_hidden_in_the_public_edition(small_county):
    minimum = small_county.office.release.min_cell
    with published(small_county.office, "public") as connection:
        rows = connection.execute("select * from metrics").df()
        spots = connection.execute("select incidents from hot_spots").df()
    by_race = rows[rows["breakdown"].str.contains("race_ethnicity") & ~rows["suppressed"]]
    small = by_race["numerator"].between(1, minimum - 1)
    assert len(by_race) and not small.any()
    hidden = rows[rows["suppressed"]]
    assert len(hidden) and hidden[["numerator", "denominator", "value", "lower", "upper"]].isna().all(axis=None)
    assert not spots["incidents"].between(1, minimum - 1).any()


def test_files_are_for_their_owner_alone(small_county):
    processed = small_county.office.processed_dir
    files = [path for path in processed.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 10
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in [processed, *(path for path in processed.rglob("*") if path.is_dir() and not path.is_symlink())]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path


def test_published_json_names_the_run_and_every_file(small_county):
    processed = small_county.office.processed_dir
    manifest = json.loads((processed / "published.json").read_text())
    assert manifest["as_of"] == "2025-12-31"
    folder = (processed / "internal").resolve().parent
    assert folder.name == manifest["run"]
    on_disk = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"published.json"}
    assert on_disk == set(manifest["files"])


@pytest.mark.slow
def test_an_earlier_day_leaves_the_newest_alone(small_county):
    office = small_county.office
    before = core_hashes(office)
    manifest = (office.processed_dir / "published.json").read_text()
    _, counts = stages.nightly(office, date(2025, 6, 30))
    assert counts["publish"] == {"published": 0}
    assert (office.processed_dir / "published.json").read_text() == manifest
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        assert warehouse.state(connection, "core_as_of") == "2025-12-31"
        newest = connection.execute("select max(occurred_date) from core.incidents").fetchone()
        june = connection.execute(
            "select max(period_start), bool_and(basis = 'reconstructed') from mart.metrics "
            "where as_of = '2025-06-30' and metric = 'violent_incidents' and period = 'month'"
        ).fetchone()
    assert newest[0] > date(2025, 12, 1)
    assert june == (date(2025, 6, 1), True)
    assert core_hashes(office) == before
    assert not any((office.processed_dir / "scratch").glob("*"))


@pytest.mark.slow
def test_a_reader_of_the_published_database_stops_no_run(small_county):
    with published(small_county.office, "internal") as reader:
        count = reader.execute("select count(*) from metrics").fetchone()
        old = (small_county.office.processed_dir / "internal" / "office.duckdb").stat().st_ino
        stages.nightly(small_county.office)
        assert reader.execute("select count(*) from metrics").fetchone() == count
    assert (small_county.office.processed_dir / "internal" / "office.duckdb").stat().st_ino != old


def test_reports_say_what_they_are(small_county):
    processed = small_county.office.processed_dir
    for edition in ("internal", "public"):
        page = (processed / edition / "report" / "index.html").read_text(encoding="utf-8")
        assert ("Riverton County" in page and "2025-12-31" in page) or "31 December 2025" in page
    public = (processed / "public" / "report" / "index.html").read_text(encoding="utf-8")
    assert "GRP-" not in public


def test_a_failing_stage_leaves_the_last_publication_in_force(small_county, monkeypatch):
    office = small_county.office
    manifest = (office.processed_dir / "published.json").read_text()

    def broken(office, as_of):
        raise ValueError("planted")

    with pytest.raises(ValueError, match="planted"):
        stages.nightly(office, stages=(*stages.CORE, broken))
    assert (office.processed_dir / "published.json").read_text() == manifest
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        status = connection.execute("select status from meta.runs order by started_at desc limit 1").fetchone()
    assert status == ("failed",)
    assert not Path(office.processed_dir / "scratch").exists() or not any((office.processed_dir / "scratch").iterdir())


def test_every_planted_dirty_row_is_a_problem_with_its_file_and_line(small_county):
    """What the county spoiled on purpose, row by row, is what meta.problems lists."""
    office = small_county.office
    truth = pd.read_csv(small_county.county.truth_dir / "dirty_rows.csv")
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        problems = connection.execute('select kind, column_name, file, "row" from meta.problems').df()
    for planted, kind, column in (
        ("unreadable_date", "unreadable", ("occurred_at", "arrest_at")),
        ("missing_key", "missing_key", ("case_id", "incident_id")),
        ("missing_required", "missing_required", ("occurred_date",)),
        ("conflict", "conflict", ("weapon",)),
        ("implausible_age", "out_of_range", ("age",)),
        ("future_date", "out_of_range", ("reported_date",)),
        ("duplicate_different", "duplicate_key", ("incident_id",)),
    ):
        expected = truth[truth["kind"] == planted]
        found = problems[(problems["kind"] == kind) & problems["column_name"].isin(column)]
        listed = set(zip(found["file"], found["row"], strict=True))
        if planted == "missing_key":
            # A blank row has no key either.
            expected = truth[truth["kind"].isin(["missing_key", "blank_row"])]
        assert len(expected), planted
        assert set(zip(expected["file"], expected["record"], strict=True)) == listed, planted
    assert (problems["kind"] == "ragged_row").sum() == (truth["kind"] == "ragged_row").sum()
