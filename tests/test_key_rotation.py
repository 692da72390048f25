"""A file under another key: the same rows, nothing of the old key, and killed anywhere it is the old one or the new."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli, model, stages, warehouse
from strategic_prosecution.demo import write_county
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, load_office
from strategic_prosecution.stages.keys import FILES, rotate

OLD = {"records": "SP_OLD_RECORDS", "desk": "SP_OLD_DESK", "published": "SP_OLD_PUBLISHED"}
NEW = "SP_NEW"
ENCRYPTED = "[warehouse]\n" + "".join(f'{file}_key_env = "{variable}"\n' for file, variable in OLD.items())
MARKERS = {"records": "Quillon Marrowfax of Records", "desk": "Quillon Marrowfax of the Desk", "published": "of Print"}
DAY = date(2024, 6, 30)

# Dies before the nth line that changes anything in a rotation, for n = 1, 2, ... until a rotation ends; after each, a
# process of its own looks which key each file answers to, and another runs the same command again.
KILL_EVERYWHERE = """
import json, os, shutil, signal, sys
from pathlib import Path
from strategic_prosecution import warehouse
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages.keys import rotate
from strategic_prosecution.warehouse import rewriting

folder, file, old = Path(sys.argv[1]), sys.argv[2], sys.argv[3] or None
traced = (rewriting.rewrite.__code__, rewriting.rewrite_published.__code__)


def forked(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(type(error).__name__, error, file=sys.stderr, flush=True)
            os._exit(1)
    return os.waitpid(pid, 0)[1]


def dying(step):
    def work():
        left = step
        def trace(frame, event, argument):
            nonlocal left
            if frame.f_code not in traced:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace
        sys.settrace(trace)
        rotate(load_office(copy / "office.toml"), file, new="SP_NEW")
    return work


def look():
    office = load_office(copy / "office.toml")
    names = {"records": "records.duckdb", "desk": "desk.duckdb", "published": "runs/*/internal/office.duckdb"}
    for path in sorted((copy / "data" / "processed").glob(names[file])):
        keys = [key for key in (old, "SP_NEW") if warehouse.answers(office, path, warehouse.Key(key))]
        assert len(keys) == 1, (path, keys)


step, reached = 0, 0
while True:
    step += 1
    copy = folder.with_name(f"copy_{step}")
    shutil.copytree(folder, copy, symlinks=True)
    status = forked(dying(step))
    if status == 0:
        break
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status
    assert forked(look) == 0, step
    assert forked(lambda: rotate(load_office(copy / "office.toml"), file, new="SP_NEW")) == 0, step
    reached += 1
print(json.dumps(reached))
"""


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*OLD.values(), NEW):
        monkeypatch.setenv(variable, f"sesame of {variable}")


def make_office(folder: Path, *, section: str) -> Office:
    """An office with a marker in each file, and two published runs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "office.toml"
    path.write_text(f'[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n{section}', encoding="utf-8")
    office = load_office(path)
    for _ in range(2):
        with warehouse.run(office, what="test"):
            warehouse.publish(office, lambda folder: write(office, folder), as_of=DAY)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        connection.execute("create table raw.names as select ? as name", [MARKERS["records"]])
        row = dict.fromkeys(model.table("desk.feuds").names) | {"event_id": "1", "why": MARKERS["desk"]}
        connection.execute(f"insert into desk.feuds values ({', '.join('?' * len(row))})", list(row.values()))
    return office


def write(office: Office, folder: Path) -> None:
    """A published run: a database with a view in each edition, and Parquet where the edition is not encrypted."""
    for edition in ("internal", "public"):
        (folder / edition).mkdir()
        path = folder / edition / "office.duckdb"
        connection = warehouse.open_published(path, office, edition=edition, writable=True)
        connection.execute("create table metrics as select ? as note", [MARKERS["published"]])
        connection.execute("create view metrics_now as from metrics")
        if edition == "public" or office.warehouse.published_key_env is None:
            connection.execute(f"copy metrics to '{folder / edition / 'metrics.parquet'}' (format parquet)")
        connection.close()


def paths(office: Office, file: str) -> list[Path]:
    runs = sorted(path for path in (office.processed_dir / "runs").iterdir() if not path.name.startswith("."))
    return {
        "records": [office.records_path],
        "desk": [office.desk_path],
        "published": [run / "internal" / "office.duckdb" for run in runs],
    }[file]


def said_under(path: Path, file: str, key: str | None) -> str:
    """The marker of a file, read by DuckDB alone under a key."""
    query = {
        "records": "select name from file.raw.names",
        "desk": "select why from file.desk.feuds",
        "published": "select note from file.metrics_now",
    }[file]
    with duckdb.connect() as connection:
        option = "read_only" if key is None else f"read_only, encryption_key '{key}'"
        connection.execute(f"attach '{path}' as file ({option})")
        if file == "published":
            connection.execute("use file")
        row = connection.execute(query).fetchone()
    assert row is not None
    return str(row[0])


def stratpro(*arguments: str, office: Office) -> Result:
    return CliRunner().invoke(cli.app, [*arguments, "--office", str(office.path)])


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("section", ["", ENCRYPTED], ids=["plain", "encrypted"])
def test_a_file_answers_to_the_new_key_alone_and_holds_what_it_held(tmp_path: Path, file: str, section: str):
    office = make_office(tmp_path, section=section)
    old = f"sesame of {OLD[file]}" if section else None
    others = {other: path.read_bytes() for other in FILES if other != file for path in paths(office, other)}
    for path in paths(office, file):
        assert said_under(path, file, old) == MARKERS[file]
        assert (MARKERS[file].encode() in path.read_bytes()) is (old is None)
    done = rotate(office, file, new=NEW)
    assert (done.files, done.rewritten) == (len(paths(office, file)),) * 2
    for path in paths(office, file):
        assert said_under(path, file, f"sesame of {NEW}") == MARKERS[file]
        with pytest.raises(duckdb.Error):
            said_under(path, file, old)
        assert MARKERS[file].encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
    assert {other: path.read_bytes() for other in FILES if other != file for path in paths(office, other)} == others
    assert not [path for path in office.processed_dir.rglob("*") if path.name.endswith((".new", ".wal"))]
    again = rotate(office, file, new=NEW)
    assert (again.files, again.rewritten) == (done.files, 0)


def test_the_list_of_files_of_every_kept_run_stays_true_and_parquet_goes(tmp_path: Path):
    office = make_office(tmp_path, section="")
    runs = [path.parents[1] for path in paths(office, "published")]
    before = [json.loads((run / "published.json").read_text()) for run in runs]
    assert all("internal/metrics.parquet" in manifest["files"] for manifest in before)
    rotate(office, "published", new=NEW)
    for run, was in zip(runs, before, strict=True):
        manifest = json.loads((run / "published.json").read_text())
        assert (manifest["run"], manifest["as_of"]) == (was["run"], was["as_of"])
        there = {str(path.relative_to(run)): path for path in run.rglob("*") if path.is_file()}
        del there["published.json"]
        digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()}
        assert manifest["files"] == digests
        assert set(was["files"]) - set(digests) == {"internal/metrics.parquet"}
        assert was["files"]["public/office.duckdb"] == digests["public/office.duckdb"]
    assert json.loads((office.processed_dir / "published.json").read_text())["run"] == runs[-1].name
    assert audit.verify(office) == []
    released = [entry["run_id"] for entry in audit.entries(office) if entry["what"] == "released"]
    assert released == [run.name for run in runs]


def test_the_audit_log_tells_of_each_rotation_and_of_no_key(tmp_path: Path):
    office = make_office(tmp_path, section="")
    for _ in range(2):
        rotate(office, "desk", new=NEW)
    told = [audit.facts(entry) for entry in audit.entries(office) if entry["what"] == "key_rotated"]
    assert told == [{"file": "desk", "files": 1, "rewritten": 1}, {"file": "desk", "files": 1, "rewritten": 0}]
    assert "sesame" not in (office.processed_dir / "audit.jsonl").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(("file", "section"), [("records", ENCRYPTED), ("desk", ""), ("published", "")])
def test_killed_at_any_step_each_file_has_one_key_and_the_same_command_completes_it(
    tmp_path: Path, file: str, section: str
):
    make_office(tmp_path / "office", section=section)
    ended = subprocess.run(
        [sys.executable, "-c", KILL_EVERYWHERE, str(tmp_path / "office"), file, OLD[file] if section else ""],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    steps = json.loads(ended.stdout)
    assert steps > 15
    for step in range(1, steps + 1):
        copy = load_office(tmp_path / f"copy_{step}" / "office.toml")
        for path in paths(copy, file):
            assert said_under(path, file, f"sesame of {NEW}") == MARKERS[file]
        assert not [path for path in copy.processed_dir.rglob("*") if path.name.endswith((".new", ".wal"))], step
        if file == "published":
            for run in (path.parents[1] for path in paths(copy, file)):
                listed = json.loads((run / "published.json").read_text())["files"]
                for name, digest in listed.items():
                    assert hashlib.sha256((run / name).read_bytes()).hexdigest() == digest, (step, name)
                assert not list(run.glob("internal/*.parquet"))
        assert audit.verify(copy) == [], step


@pytest.mark.slow
def test_a_night_after_rotation_gives_the_tables_of_the_night_before(tmp_path: Path):
    county = write_county(tmp_path, incidents=1000).office_toml
    office = load_office(county)
    stages.nightly(office)
    for file in FILES:
        rotate(office, file, new=NEW)
    named = "".join(f'{file}_key_env = "{NEW}"\n' for file in FILES)
    text = county.read_text(encoding="utf-8")
    assert "[warehouse]" not in text
    county.write_text(f"{text}\n[warehouse]\n{named}", encoding="utf-8")
    office = load_office(county)
    stages.nightly(office)
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        rows = connection.execute("select table_hashes from meta.runs where status = 'done' order by started_at")
        before, after = (json.loads(text) for (text,) in rows.fetchall())
    assert len(before) > 30 and before == after


# --------------------------------------------------------------------------------------------- what is said and refused


def test_the_command_says_where_the_new_key_belongs(tmp_path: Path):
    plain = make_office(tmp_path / "plain", section="")
    told = stratpro("keys", "rotate", "desk", "--new-key-env", NEW, office=plain)
    assert told.exit_code == 0, told.output
    assert "desk: 1 of 1 written anew" in told.stdout and f'write desk_key_env = "{NEW}" in [warehouse]' in told.stdout
    encrypted = make_office(tmp_path / "encrypted", section=ENCRYPTED)
    told = stratpro("keys", "rotate", "published", "--new-key-env", NEW, office=encrypted)
    assert "published: 2 of 2 written anew" in told.stdout
    assert f"set {OLD['published']}, which office.toml names, to that key" in told.stdout
    assert "sesame" not in told.output


def test_an_office_that_named_its_first_key_already_is_told_the_way_and_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    make_office(tmp_path, section="")
    office = load_office(tmp_path / "office.toml")
    office.path.write_text(office.path.read_text(encoding="utf-8") + ENCRYPTED, encoding="utf-8")
    office = load_office(office.path)
    with (
        warehouse.run(office, what="test"),
        pytest.raises(warehouse.WarehouseError, match=r"records\.duckdb is not encrypted.*`stratpro keys rotate`"),
        warehouse.open_records(office),
    ):
        pass
    for file in FILES:
        assert stratpro("keys", "rotate", file, "--new-key-env", OLD[file], office=office).exit_code == 0
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        assert connection.execute("select name from raw.names").fetchone() == (MARKERS["records"],)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("record",), 2, "no file [record] has a key; name one of records, desk, published"),
        (("desk", "SP_NOT_SET"), 2, "the environment variable [SP_NOT_SET] holds no key; set it"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str):
    office = make_office(tmp_path, section="")
    file, new = (*arguments, NEW)[:2]
    result = stratpro("keys", "rotate", file, "--new-key-env", new, office=office)
    assert (result.exit_code, len(result.stderr.splitlines())) == (code, 1)
    assert said in result.stderr


def test_a_key_that_is_neither_the_old_nor_the_new_one_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    office = make_office(tmp_path, section=ENCRYPTED)
    before = {path: path.read_bytes() for file in FILES for path in paths(office, file)}
    for variable in OLD.values():
        monkeypatch.setenv(variable, "some other key")
    for file in FILES:
        with pytest.raises(warehouse.WarehouseError, match=r"answers neither to the key of \[SP_NEW\] nor to that of"):
            rotate(office, file, new=NEW)
    assert {path: path.read_bytes() for path in before} == before


def test_before_the_first_run_there_is_nothing_to_rotate(tmp_path: Path):
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n', encoding="utf-8")
    for file in FILES:
        with pytest.raises(warehouse.WarehouseError, match=r"is in .* yet; name its key in"):
            rotate(load_office(path), file, new=NEW)
    with pytest.raises(SettingsError):
        rotate(load_office(path), "office", new=NEW)


def test_what_is_in_the_write_ahead_file_of_a_killed_run_is_rotated_too(tmp_path: Path):
    office = make_office(tmp_path, section=ENCRYPTED)
    die = (
        "import os, signal, sys\nfrom strategic_prosecution import warehouse\n"
        "from strategic_prosecution.settings import load_office\noffice = load_office(sys.argv[1])\n"
        "with warehouse.run(office, what='test'), warehouse.open_records(office) as connection:\n"
        "    connection.execute(\"insert into raw.names values ('Zebulon Quartzman')\")\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", die, str(office.path)], check=False, env=dict(os.environ))
    wal = office.records_path.with_name("records.duckdb.wal")
    assert wal.stat().st_size > 0 and b"Quartzman" not in wal.read_bytes()
    rotate(office, "records", new=NEW)
    assert not wal.exists()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{office.records_path}' as file (read_only, encryption_key 'sesame of {NEW}')")
        assert connection.execute("select count(*) from file.raw.names").fetchone() == (2,)
