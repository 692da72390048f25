"""`stratpro backup` and `stratpro restore` as somebody types them."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FIRST_RELEASE = Path(__file__).parent / "first_release"


@pytest.fixture(scope="module", autouse=True)
def _key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATEGIC_PROSECUTION_PSEUDONYM_KEY", "a key of the tests")
        yield


@pytest.fixture(scope="module")
def after_a_night(_key: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office of four small files after a night."""
    made = tmp_path_factory.mktemp("made")
    shutil.copytree(FIRST_RELEASE / "data", made / "data")
    shutil.copy(FIRST_RELEASE / "office.toml", made)
    assert stratpro(made, "run")[0] == 0
    return made


@pytest.fixture
def folder(after_a_night: Path, tmp_path: Path) -> Path:
    """A copy of that office for a test that disturbs it."""
    return Path(shutil.copytree(after_a_night, tmp_path / "office", symlinks=True))


def stratpro(folder: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "strategic_prosecution.cli", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_lost_and_restored_from_the_command_line(folder: Path):
    code, told, _ = stratpro(folder, "backup", "--to", "backups")
    (made,) = (folder / "backups").iterdir()
    assert code == 0 and str(made) in told and "5 files" in told
    assert "mind: the same disk" in told
    shutil.rmtree(folder / "data" / "processed")
    (folder / "data" / "raw" / "cases_2025-01-31.csv").unlink()
    with (folder / "office.toml").open("a", encoding="utf-8") as handle:
        handle.write("\n# changed since\n")
    code, told, _ = stratpro(folder, "restore", str(made))
    assert code == 0
    for line in (
        # Two memberships, a feud and the backup itself.
        "a desk of 5 events, no records",
        "mind: office.toml is not the one of the backup",
        "mind: not in raw_dir any more: cases_2025-01-31.csv",
        "mind: the delivery of cases_2025-01-31.csv of 2025-01-31 is nowhere any more",
        "now run `stratpro run",
    ):
        assert line in told
    assert stratpro(folder, "run")[0] == 0
    code, told, _ = stratpro(folder, "audit", "verify")
    assert code == 0, told


def test_for_machines_they_print_json(folder: Path):
    code, told, _ = stratpro(folder, "backup", "--to", "backups", "--records", "--json")
    made = json.loads(told)
    assert code == 0 and Path(made["folder"], "records.duckdb").exists()
    assert (made["files"], made["is_on_same_disk"]) == (6, True)
    code, told, _ = stratpro(folder, "restore", made["folder"], "--json")
    done = json.loads(told)
    assert code == 0 and (done["backup_id"], done["with_records"], done["lost"]) == (made["backup_id"], True, 0)
    assert done["raw"]["present"] == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("backup", "--to", "data/processed/backups"), "name a folder on another disk"),
        (("restore", "data/raw"), "is no backup"),
    ],
)
def test_a_refusal_is_one_line(folder: Path, arguments: tuple[str, ...], said: str):
    code, told, error = stratpro(folder, *arguments)
    assert (code, told) == (1, "") and said in error and len(error.strip().splitlines()) == 1
