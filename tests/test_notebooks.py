"""Notebooks run on published data, draw on nothing else, and are stored without what they printed."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from strategic_prosecution import stages
from strategic_prosecution.demo import write_county
from strategic_prosecution.settings import load_office

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
MAPS = {"groups": 0, "hotspots": 2}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    office = load_office(write_county(tmp_path_factory.mktemp("county"), incidents=2000).office_toml)
    stages.nightly(office)
    return office.processed_dir


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def executed(request, published, tmp_path_factory):
    """A notebook with what it printed."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.read(shutil.copy(request.param, folder), as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "STRATPRO_PUBLISHED", str(published))
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


@pytest.mark.notebook
@pytest.mark.filterwarnings("default")
def test_notebooks_run_on_published_files(executed):
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert all(cell.get("execution_count") for cell in code)
    assert not [out for cell in code for out in cell.outputs if out.output_type in ("stream", "error")]


@pytest.fixture
def browser(tmp_path) -> Iterator[webdriver.Chrome]:
    if not Path("/usr/bin/chromium").exists() or not Path("/usr/bin/chromedriver").exists():
        pytest.skip("needs Debian's chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    arguments = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
    quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    for argument in (*arguments, *quiet, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    driver.get_log("performance")
    yield driver
    driver.quit()


@pytest.mark.notebook
@pytest.mark.browser
@pytest.mark.filterwarnings("default")
def test_the_page_of_a_notebook_draws_its_maps_with_the_network_off(request, executed, browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(HTMLExporter(template_name="basic").from_notebook_node(executed)[0], encoding="utf-8")
    browser.get(page.as_uri())
    frames = browser.find_elements(By.TAG_NAME, "iframe")
    assert len(frames) == MAPS[request.node.callspec.params["executed"].stem]
    for frame in frames:
        browser.switch_to.frame(frame)
        WebDriverWait(browser, 30).until(
            lambda driver: driver.execute_script("return document.documentElement.classList.contains('map-ready')")
        )
        assert browser.execute_script(INKED) > 1000
        browser.switch_to.default_content()
    assert browser.execute_script("return document.scripts.length") == 0
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    # The page itself shows that the log was listening.
    assert [url for url in asked if url.startswith("file:")] == [page.as_uri()]
    assert not [url for url in asked if not url.startswith(("file:", "data:", "about:", "chrome:"))]
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


# Pixels of the map's canvases that are not white: its outlines and hot spots.
INKED = """
const canvases = [];
const walk = (root) => {
  for (const element of root.querySelectorAll("*")) {
    if (element.tagName === "CANVAS") canvases.push(element);
    if (element.shadowRoot) walk(element.shadowRoot);
  }
};
walk(document.getElementById("hot-spot-map"));
let inked = 0;
for (const canvas of canvases.filter((one) => one.width && one.height)) {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] && data[at] + data[at + 1] + data[at + 2] < 700) inked += 1;
  }
}
return inked;
"""
