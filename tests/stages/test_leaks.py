"""A planted name is found where it belongs and nowhere else."""

import gzip
import html
import re
import sqlite3
import subprocess
import sys
import zipfile

import duckdb
import pandas as pd
import pytest

from strategic_prosecution import stages, warehouse
from tests.leaks import find_leaks

pytestmark = pytest.mark.slow

# Either part of the name is invented and occurs nowhere else, so a part alone is a leak too.
SENTINEL = ("Zzyxqua", "Leakwatcherton")


def test_the_scanner_finds_a_name_in_every_kind_of_file(tmp_path):
    name = "Zzyxqua Leakwatcherton"
    frame = pd.DataFrame({"plain": [name] * 5000, "listed": [[name]] * 5000, "blob": [name.encode()] * 5000})
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.register("frame", frame)
        connection.execute("create table t as select plain from frame")
        connection.execute("create table l as select listed, {'inner': plain} as packed from frame")
        connection.execute("create table b as select blob from frame")
    frame.to_parquet(tmp_path / "b.parquet", compression="zstd")
    with sqlite3.connect(tmp_path / "c.sqlite") as connection:
        connection.execute("create table t (x text)")
        connection.execute("insert into t values (?)", [name])
    with zipfile.ZipFile(tmp_path / "d.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", name * 50)
    with gzip.open(tmp_path / "e.log.gz", "wb") as handle:
        handle.write(name.encode() * 50)
    (tmp_path / "f.html").write_text("<p>Zzyxqua &#76;eakwatcherton</p>")
    (tmp_path / "g.txt").write_bytes(name.encode("utf-16"))
    (tmp_path / "clean.txt").write_text("nothing here")
    leaks = find_leaks(tmp_path, ("Leakwatcherton",))
    for kind in ("t.plain", "l.listed", "l.packed", "b.blob"):
        assert f"a.duckdb: main.{kind}" in leaks
    for file in ("b.parquet", "c.sqlite", "d.xlsx", "e.log.gz", "f.html", "g.txt"):
        assert any(leak.startswith(file) for leak in leaks), file
    assert not any(leak.startswith("clean") for leak in leaks)


def test_the_name_is_in_the_records_and_in_nothing_published(small_county):
    assert find_leaks(small_county.county.raw_dir, SENTINEL), "positive control: the name is in the extracts"
    processed = small_county.office.processed_dir
    leaks = find_leaks(processed, SENTINEL)
    assert any("core.arrests" in leak for leak in leaks), "positive control: the scanner sees into the records"
    assert any("desk.memberships" in leak for leak in leaks)
    assert {leak.split(":")[0] for leak in leaks} == {"records.duckdb", "desk.duckdb"}


def test_no_state_number_address_or_birth_date_is_published(small_county):
    with warehouse.run(small_county.office, what="test"), warehouse.open_records(small_county.office) as connection:
        person = connection.execute(
            "select state_id, birth_date::varchar, home_address, person_id from core.arrests "
            "join core.person_records on record_table = 'arrests' and record_id = arrest_id "
            "where family_name = 'Leakwatcherton' and state_id is not null and home_address is not null "
            "order by arrest_id limit 1"
        ).fetchone()
    assert person is not None
    assert find_leaks(small_county.county.raw_dir, (person[0],)), "positive control"
    assert find_leaks((small_county.office.processed_dir / "runs").resolve(), tuple(person)) == []


def test_the_model_of_the_links_holds_no_name(small_county):
    """Splink counts how common each name is: the counts stay, the names do not."""
    with warehouse.run(small_county.office, what="test"), warehouse.open_records(small_county.office) as connection:
        models = connection.execute("from meta.person_models").fetchall()
        rows = connection.execute(
            "select given_name, family_name from core.arrests union from (select given_name, "
            "family_name from core.defendants)"
        ).fetchall()
    names = {part for row in rows for name in row if name for part in re.findall(r"[^\W\d_]{4,}", name.casefold())}
    assert models and len(names) > 100, "positive control"
    assert not names & set(re.findall(r"[^\W\d_]+", str(models).casefold()))


def test_printed_lines_hold_no_name(small_county):
    told = subprocess.run(
        [sys.executable, "-m", "strategic_prosecution.cli", "status", "--office", str(small_county.county.office_toml)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert not any(part in told.stdout + told.stderr for part in SENTINEL)


def test_a_report_names_no_outside_host(small_county):
    """Apart from the inlined drawing library, no address of a host; and nothing in it that loads."""
    for edition in ("internal", "public"):
        path = small_county.office.processed_dir / edition / "report" / "index.html"
        page = html.unescape(path.read_text(encoding="utf-8"))
        own = re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.S)
        assert len(own) > 20_000
        assert not re.findall(r"https?://", own)
        assert not re.findall(r"<(?:script|img|iframe|link)[^>]*\s(?:src|href)=", own)
        assert not re.findall(r"@import|url\(", own)
        assert "default-src 'none'" in own


@pytest.mark.slow
def test_what_a_run_reports_on_its_way_holds_no_name(small_county):
    seen: list[str] = []
    stages.nightly(small_county.office, progress=lambda name, counts: seen.append(f"{name} {counts}"))
    assert len(seen) == 1 + len(stages.NIGHTLY)
    assert not any(part in line for part in SENTINEL for line in seen)
