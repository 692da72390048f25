"""Orders on the command line: what is asked, what is said, and what is refused with nothing changed."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strategic_prosecution import cli, stages
from strategic_prosecution.settings import Office, load_office
from tests.stages import planted
from tests.stages.planted import CASE, STATE_ID, read

HEAD = "table,key,name,birth_date,reference,why\n"


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    office = planted.make_office(tmp_path_factory.mktemp("landed"))
    with stages.holding(office, what="test"):
        stages.land(office)
    return office.path.parent


@pytest.fixture
def office(landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv(planted.KEY_NAME, planted.KEY)
    shutil.copytree(landed, tmp_path / "office", symlinks=True)
    return load_office(tmp_path / "office" / "office.toml")


def stratpro(office: Office, *arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, [*arguments, "--office", str(office.path)], input=stdin)


def one_line(result: Result, *, code: int) -> str:
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("stratpro: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def given(office: Office) -> int:
    return int(read(office, "select count(*) from desk.orders")[0][0])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["expunge", "--case", CASE], 2, "say why"),
        (["expunge", "--why", "order"], 2, "say what is meant"),
        (["expunge", "--case", CASE, "--person", STATE_ID, "--why", "order"], 2, "say what is meant"),
        (["expunge", "--record", "arrests", "--why", "order"], 2, "table:key"),
        (["expunge", "--case", CASE, "--why", "order"], 2, "--yes"),
        (["expunge", "--record", "incidents:I-1", "--why", "order", "--yes"], 1, "no order is about"),
        (["expunge", "--case", "CR-9999-1", "--why", "order", "--yes"], 1, "no record of [cases]"),
        (["expunge", "--case", CASE, "--why", f"order in {CASE}", "--yes"], 1, "kept for ever"),
        (["expunge", "--person", STATE_ID, "--why", "People v. Quartzman", "--yes"], 1, "kept for ever"),
        (["hold", "relase", "--why", "order"], 2, "did you mean [release]?"),
        (["hold", "release", "order_0", "--why", "order"], 1, "no hold in force"),
        (["hold", "release", "--why", "order"], 2, "say which hold"),
        (["seal", "--lift", "order_0"], 2, "say why"),
        (["seal", "--lift", "order_0", "--why", "order"], 1, "no seal in force"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_changes(office: Office, arguments: list[str], code: int, said: str):
    line = one_line(stratpro(office, *arguments), code=code)
    assert said in line
    assert not any(secret in line for secret in (CASE, STATE_ID, "Quartzman", "Zebulon"))
    assert given(office) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "lacks the column [key]"),
        (HEAD.encode(), "has no orders"),
        (b"table,key,reson\ncases,X,y\n", "no column of orders is called so"),
        (b"table,name\ncases,X\n", "lacks the column [key]"),
        ((HEAD + f"cases,{CASE},,14.3.1987,,order\n").encode(), "line 2: birth_date is no day"),
        ((HEAD + f"cases,{CASE},,,,\n").encode(), "line 2: say why"),
        ((HEAD + f"cases,,{STATE_ID},,,order\n").encode(), "line 2: table and key are needed"),
        ((HEAD + f"cases,{CASE},,,,order,more\n").encode(), "line 2: table and key are needed"),
        (b"\xff\xfe\x00table", "is not UTF-8 text"),
    ],
)
def test_a_file_of_orders_that_cannot_be_taken_is_one_line(office: Office, tmp_path: Path, content: bytes, said: str):
    (tmp_path / "orders.csv").write_bytes(content)
    line = one_line(stratpro(office, "expunge", "--file", str(tmp_path / "orders.csv"), "--yes"), code=2)
    assert said in line
    assert not any(secret in line for secret in (CASE, STATE_ID, "1987"))
    assert given(office) == 0


def test_of_many_orders_the_bad_lines_are_told_and_the_others_are_carried_out(office: Office, tmp_path: Path):
    """As a spreadsheet saves it: a byte order mark, Windows line ends, a quoted text over two lines."""
    lines = [f'cases,CR-1-{n},,,,"order {n},\r\nsigned\u2028"' for n in range(20)]
    lines[3:3] = ["cases,CR-9999-1,,,,order"]
    lines[7:7] = ["cases,cr-1-30,,,,order"]
    lines[11:11] = ["cases,CR-1-31,Zebulon Quartzman,,,order"]
    (tmp_path / "orders.csv").write_bytes(b"\xef\xbb\xbf" + (HEAD + "\r\n".join(lines) + "\r\n").encode())
    result = stratpro(office, "expunge", "--file", str(tmp_path / "orders.csv"), "--yes", "--json")
    assert result.exit_code == 1
    told = result.stderr.splitlines()
    # Lines of the file, the first of which is its header; each order before takes two.
    assert [line.split(":")[1].strip() for line in told] == ["line 8", "line 15", "line 22"]
    assert "CR-" not in result.stderr and "cr-" not in result.stderr, "near spellings are for a terminal"
    assert set(json.loads(result.stdout).values()) == {"begun"}
    assert read(office, "select count(*) from desk.orders where status = 'done'") == [(20,)]
    cases = "select count(*) filter (CASE_NO in ('CR-1-30', 'CR-1-31')), count(*) from raw.court"
    assert read(office, cases) == [(2, planted.PEOPLE - 20 + 3)]
    again = stratpro(office, "expunge", "--file", str(tmp_path / "orders.csv"), "--yes")
    assert again.exit_code == 1 and again.stderr.count("nothing is left of it") == 20
    assert len(read(office, "select distinct order_id from desk.orders")) == 20


def test_a_dry_run_changes_nothing(office: Office):
    result = stratpro(office, "expunge", "--person", STATE_ID, "--why", "order", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "2 charges" in result.stdout and STATE_ID not in result.output and CASE not in result.output
    assert given(office) == 0


def test_an_order_is_carried_out_and_its_certificate_named(office: Office):
    result = stratpro(office, "expunge", "--person", STATE_ID, "--why", "order", "--yes")
    assert result.exit_code == 0, result.output
    (path,) = (office.processed_dir / "certificates").iterdir()
    assert f"{path.stem} is carried out; certificate: {path}" in result.stdout
    twice = stratpro(office, "expunge", "--person", STATE_ID, "--why", "order", "--yes")
    assert twice.exit_code == 0
    assert f"nothing is left of it: {path.stem} expunged it" in twice.stderr


def test_a_queued_order_is_told_of_by_orders_and_status(office: Office):
    assert stratpro(office, "hold", "add", "--person", STATE_ID, "--why", "litigation", "--yes").exit_code == 0
    queued = stratpro(office, "expunge", "--case", CASE, "--why", "order", "--yes")
    assert queued.exit_code == 0 and "waits: a hold stands against it" in queued.stdout
    listed = json.loads(stratpro(office, "orders", "--json").stdout)
    assert [(row["kind"], row["status"]) for row in listed] == [("hold", "in_force"), ("expunge", "queued")]
    assert "Orders that wait for a hold: 1" in stratpro(office, "status").stdout
    assert json.loads(stratpro(office, "status", "--json").stdout)["queued_orders"] == 1
    released = stratpro(office, "hold", "release", listed[0]["order_id"], "--why", "settled", "--yes")
    assert f"{listed[1]['order_id']}, which waited for it, is carried out" in released.stdout
    assert "Orders that wait" not in stratpro(office, "status").stdout


# ------------------------------------------------------------------------------------------------------ on a terminal


def on_a_terminal(office: Office, *arguments: str, typed: bytes) -> tuple[int, str]:
    """Run the program on a terminal and type; its exit code and what the terminal showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        # Tests begun in the background of a shell ignore Ctrl-C, and so would the program.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        command = [sys.executable, "-m", "strategic_prosecution.cli", *arguments, "--office", str(office.path)]
        os.execv(command[0], command)
    shown, waiting = b"", typed
    try:
        while True:
            if select.select([terminal], [], [], 3.0)[0]:
                shown += os.read(terminal, 4096)
            elif b"Go on?" in shown:
                # A signal between the prompt and the wait for an answer is lost, for a person too: typed again.
                waiting = typed
            if waiting and b"Go on?" in shown:
                os.write(terminal, waiting)
                waiting = b""
    except OSError:
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


@pytest.mark.slow
@pytest.mark.parametrize("typed", [b"n\n", b"\x03", b"\x04"], ids=["no", "ctrl-c", "ctrl-d"])
def test_who_does_not_say_yes_changes_nothing(office: Office, typed: bytes):
    code, shown = on_a_terminal(office, "expunge", "--case", CASE, "--why", "order", typed=typed)
    assert code == 1
    assert "This cannot be taken back" in shown and "nothing was expunged" in shown
    assert "Traceback" not in shown
    assert given(office) == 0


@pytest.mark.slow
def test_near_spellings_are_shown_on_a_terminal_and_nowhere_else(office: Office):
    arguments = ("expunge", "--case", "cr-2024-77", "--why", "order", "--yes")
    _, shown = on_a_terminal(office, *arguments, typed=b"")
    assert CASE in shown
    assert CASE not in stratpro(office, *arguments).output


# ----------------------------------------------------------------------------------------------------------- full disk

LIMITED = """
import resource, signal, sys
from strategic_prosecution.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
def test_a_disk_that_is_full_loses_nothing_and_the_next_run_goes_on(office: Office, part: float):
    limit = int(office.records_path.stat().st_size * part)
    arguments = ["expunge", "--person", STATE_ID, "--why", "order", "--yes", "--office", str(office.path)]
    command = [sys.executable, "-c", LIMITED, str(limit), *arguments]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1, told.stdout
    assert told.stderr.startswith("stratpro: ") and told.stderr.count("\n") == 1, told.stderr
    assert not [path for path in office.processed_dir.iterdir() if path.name.endswith(".new")]
    result = stratpro(office, *arguments[:-2])
    assert result.exit_code == 0, result.output
    assert read(office, "select count(*) from desk.orders where status = 'done'") == [(1,)]
    assert read(office, f"select count(*) from raw.court where SID = '{STATE_ID}'") == [(0,)]
    assert read(office, "select count(*) from raw.court") == [(planted.PEOPLE + 1,)]
