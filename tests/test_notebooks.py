"""Notebooks run on published data, draw on nothing else, and are stored without what they printed."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from strategic_prosecution import stages
from strategic_prosecution.demo import write_county
from strategic_prosecution.settings import load_office

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    office = load_office(write_county(tmp_path_factory.mktemp("county"), incidents=2000).office_toml)
    stages.nightly(office)
    return office.processed_dir


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("default")
def test_notebooks_run_on_published_files(path, published, tmp_path, monkeypatch):
    monkeypatch.setenv("STRATPRO_PUBLISHED", str(published))
    copy = Path(shutil.copy(path, tmp_path))
    notebook = nbformat.read(copy, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert all(cell.get("execution_count") for cell in notebook.cells if cell.cell_type == "code")
