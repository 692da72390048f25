"""The page in a real browser: it draws its map, says nothing of errors, and asks nothing of the network."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import Select, WebDriverWait

from strategic_prosecution.report import render_report

pytestmark = pytest.mark.browser
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    if not Path("/usr/bin/chromium").exists() or not Path("/usr/bin/chromedriver").exists():
        pytest.skip("needs Debian's chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.get("about:blank")
    yield driver
    driver.quit()


@pytest.fixture(params=["internal", "public"])
def opened(request: pytest.FixtureRequest, browser: webdriver.Chrome, tmp_path: Path) -> webdriver.Chrome:
    page = tmp_path / "index.html"
    page.write_text(render_report(request.getfixturevalue(request.param)), encoding="utf-8")
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(page.as_uri())
    WebDriverWait(browser, 20).until(
        lambda driver: driver.execute_script("return document.documentElement.classList.contains('map-ready')")
    )
    return browser


def test_the_page_draws_its_map_without_an_error_or_a_request(opened: webdriver.Chrome) -> None:
    messages = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    # The page itself shows that the log was listening; data: holds Bokeh's toolbar icons.
    assert [url for url in asked if url.startswith("file:")] == [opened.current_url]
    assert not [url for url in asked if not url.startswith(("file:", "data:", "chrome:"))]
    assert opened.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert not [entry for entry in opened.get_log("browser") if entry["level"] == "SEVERE"]
    assert opened.execute_script(_CANVAS + "return canvas.width * canvas.height;") > 100_000


_CANVAS = """
const find = (root) => {
  const here = root.querySelector("canvas");
  if (here) return here;
  for (const element of root.querySelectorAll("*")) {
    const inside = element.shadowRoot && find(element.shadowRoot);
    if (inside) return inside;
  }
  return null;
};
const canvas = find(document.getElementById("hot-spot-map"));
"""


def test_a_metre_is_as_long_upwards_as_sideways(opened: webdriver.Chrome) -> None:
    across, up = opened.execute_script(
        """
        const { frame } = Bokeh.index.find_one(Bokeh.documents[0].get_model_by_name("hot-spots"));
        const length = (scale, from) => Math.abs(scale.compute(from + 1000) - scale.compute(from));
        return [length(frame.x_scale, frame.x_range.start), length(frame.y_scale, frame.y_range.start)];
        """
    )
    assert up == pytest.approx(across, rel=0.01)


def test_what_is_folded_on_the_screen_is_printed(opened: webdriver.Chrome) -> None:
    heights = "return [...document.querySelectorAll('details > :not(summary)')].map((one) => one.offsetHeight)"
    visible = heights.replace("offsetHeight", "checkVisibility()")
    assert opened.execute_script(visible) and not any(opened.execute_script(visible))
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert all(opened.execute_script(visible)) and min(opened.execute_script(heights)) > 10
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_list_chooses_what_the_map_shows(opened: webdriver.Chrome) -> None:
    Select(opened.find_element("id", "map-choice")).select_by_visible_text("Violent, last 90 days")
    shown = opened.execute_script(
        "return [0, 1, 2].map((n) => Bokeh.documents[0].get_model_by_name(`choice-${n}-shape`).visible)"
    )
    assert shown == [False, False, True]


def test_a_hostile_title_stays_text_in_the_tooltip(opened: webdriver.Chrome, hostile: str) -> None:
    # The second hot spot lies in the district whose title is markup; put the pointer on its inside.
    place = opened.execute_script(
        """
        const plot = Bokeh.documents[0].get_model_by_name("hot-spots");
        const view = Bokeh.index.find_one(plot);
        const data = Bokeh.documents[0].get_model_by_name("choice-0-shape").data_source.data;
        const [xs, ys] = [data.get ? data.get("xs") : data.xs, data.get ? data.get("ys") : data.ys];
        const middle = (a) => (Math.min(...a) + Math.max(...a)) / 2;
        document.getElementById("hot-spot-map").scrollIntoView({behavior: "instant"});
        const box = view.canvas_view.el.getBoundingClientRect();
        return [box.left + view.frame.x_scale.compute(middle(Array.from(xs[1][0][0]))),
                box.top + view.frame.y_scale.compute(middle(Array.from(ys[1][0][0])))];
        """
    )
    pointer = ActionChains(opened)
    pointer.w3c_actions.pointer_action.move_to_location(*(round(value) for value in place))
    pointer.perform()
    text = WebDriverWait(opened, 10).until(lambda driver: driver.execute_script(_TOOLTIP))
    assert hostile in text
    assert opened.title.startswith("Invented County District Attorney")
    assert not [entry for entry in opened.get_log("browser") if entry["level"] == "SEVERE"]


_TOOLTIP = """
const texts = [];
const walk = (root) => {
  for (const element of root.querySelectorAll("*")) {
    if (element.className === "bk-tooltip-row-value" || element.classList.contains("bk-tooltip-row-value")) {
      texts.push(element.textContent);
    }
    if (element.shadowRoot) walk(element.shadowRoot);
  }
};
walk(document);
return texts.length ? texts.join("|") : null;
"""
