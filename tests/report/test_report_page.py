import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import duckdb
import pandas as pd
import pytest

from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS
from strategic_prosecution.report import ReportData, render_report
from strategic_prosecution.report.geocoding import geocoding
from strategic_prosecution.report.tables import accounting, report_lags

TABLES = (
    "metrics",
    "hot_spots",
    "hot_spot_accuracy",
    "areas",
    "population",
    "data_quality",
    "report_lags",
    "geocoding_quality",
    "geocoding_error",
    "group_priorities",
    "group_scorecard",
    "leads",
    "disparities",
)


class Page(HTMLParser):
    """Tags with their attributes, text outside scripts and styles, and the scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "script":
            self.scripts.append((self.tags[-1][1], ""))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and self.scripts[-1][1] == "":
            self.scripts[-1] = (self.scripts[-1][0], data)
        else:
            self.text += data


@pytest.fixture(scope="module")
def internal_page(internal: ReportData) -> str:
    return render_report(internal)


@pytest.fixture(scope="module")
def public_page(public: ReportData) -> str:
    return render_report(public)


def _without_library(page: str) -> str:
    return re.sub(r'<script id="bokeh-library">.*?</script>', "", page, flags=re.DOTALL)


@pytest.mark.parametrize("edition", ["internal_page", "public_page"])
def test_nothing_in_the_page_can_make_a_request(edition: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(edition)
    rest = _without_library(page)
    assert len(page) - len(rest) > 1_000_000
    assert "http://" not in rest and "https://" not in rest
    assert "url(" not in rest and "@import" not in rest
    parsed = Page(page)
    asking = {"src", "srcset", "action", "data", "poster", "ping", "background"}
    assert not [tag for tag, names in parsed.tags if asking & set(names)]
    assert not [tag for tag, _ in parsed.tags if tag in ("link", "iframe", "object", "embed", "base", "img")]
    assert all(names["href"].startswith("#") for _, names in parsed.tags if "href" in names)


def _policy(page: Page) -> str:
    (policy,) = [names["content"] for _, names in page.tags if names.get("http-equiv") == "Content-Security-Policy"]
    return policy


def test_the_policy_lets_only_our_own_scripts_run(internal_page: str) -> None:
    parsed = Page(internal_page)
    policy = _policy(parsed)
    running = [text for names, text in parsed.scripts if names.get("type") != "application/json"]
    assert len(running) == 2
    for text in running:
        assert f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy and "script-src 'unsafe-inline'" not in policy
    assert not [names for _, names in parsed.tags if any(name.startswith("on") for name in names)]


def test_a_hostile_area_title_is_text(internal_page: str) -> None:
    rest = _without_library(internal_page)
    assert "<img" not in rest and "<script>document" not in rest
    assert '<script>document.title = "taken"</script>' in Page(internal_page).text


def test_headings_and_tables_can_be_read_by_a_screen_reader(internal_page: str) -> None:
    parsed = Page(internal_page)
    headers = [names for tag, names in parsed.tags if tag == "th"]
    assert headers and all(names.get("scope") in ("col", "row") for names in headers)
    assert ("html", {"lang": "en"}) in parsed.tags
    ids = [names["id"] for _, names in parsed.tags if "id" in names]
    assert len(ids) == len(set(ids))
    assert {names["href"][1:] for _, names in parsed.tags if "href" in names} <= set(ids)
    assert all(names.get("aria-label") for tag, names in parsed.tags if tag == "svg")


def test_the_internal_page_says_what_it_is_not_for(internal_page: str, public_page: str) -> None:
    words = "Not evidence; not for charging, bail or sentencing argument."
    assert internal_page.count(words) == 2
    assert "Group 01" in internal_page and "9 shootings as suspect (6 confirmed)" in internal_page
    assert "Group 01" not in public_page and "Leads" not in public_page


def test_nothing_is_called_up_or_down_and_chance_is_counted(internal_page: str) -> None:
    text = " ".join(Page(internal_page).text.split())
    # Four headline metrics over three periods and eight others over one, each with its year before.
    assert "nothing in it was tested; what was tested stands under What stands out." in text
    assert "Figures that stand beside one of a year before: 20." in text
    assert "about 1 would have raised an alarm by chance alone" in text


def test_hidden_figures_and_missing_tables_are_said(public_page: str) -> None:
    text = " ".join(Page(public_page).text.split())
    assert "25.0 % of these figures (8 of 32) are hidden" in text.replace("\u00a0", " ")
    assert "Several years together, or a larger area, hide less." in text
    assert "No extract of this office fills: supervision; surveys." in text
    assert "Not available here, for want of an extract, of a record to count, or of a finished period: Victims" in text


def test_a_metric_whose_tables_are_filled_and_that_counts_nothing_is_named(internal: ReportData) -> None:
    """victim_contact_rate has no row: for want of a record where its table is fed, else for want of an extract."""
    metrics = tuple(
        replace(metric, tables=("victims",)) if metric.name == "victim_contact_rate" else metric
        for metric in internal.metrics
    )
    filled = replace(internal, metrics=metrics)
    assert filled.without_records == ("Victims contacted within two days",)
    assert replace(filled, not_available=("victims",)).without_records == ()
    text = " ".join(Page(render_report(filled)).text.split())
    said = "No record to count here, though extracts fill the tables it needs: Victims contacted within two days."
    assert said in text


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_each_table_may_be_absent(
    internal: ReportData, without: Callable[[ReportData, str], ReportData], name: str
) -> None:
    assert "in this office" in render_report(without(internal, name))


def test_an_empty_table_is_as_good_as_none(internal: ReportData) -> None:
    empty = {name: frame.iloc[:0] for name, frame in internal.tables.items()}
    assert render_report(replace(internal, tables=empty)) == render_report(replace(internal, tables={}))


def test_an_office_without_any_table_gets_a_plain_page(internal: ReportData) -> None:
    page = render_report(replace(internal, tables={}, breaks=(), notes=(), not_available=()))
    text = " ".join(Page(page).text.split())
    for what in ("hot spots", "metrics by race or ethnicity", "groups with members that count", "clusters", "rows"):
        assert f"There are no {what} in this office's extracts." in text
    assert "<script" not in page and "script-src 'none'" in _policy(Page(page))


def test_tables_as_duckdb_gives_them_are_read(internal: ReportData) -> None:
    connection = duckdb.connect()
    read = {}
    for name, frame in internal.tables.items():
        columns = model.table(f"{'core' if name in ('areas', 'population') else 'mart'}.{name}").columns
        connection.register("given", frame.reindex(columns=[column.name for column in columns]))
        casts = ", ".join(
            f'cast("{column.name}" as {model.SQL_TYPES[column.dtype]}) "{column.name}"' for column in columns
        )
        read[name] = connection.sql(f"select {casts} from given").df()
        connection.unregister("given")
    assert render_report(replace(internal, tables=read)) == render_report(internal)


@pytest.mark.slow
def test_the_metrics_of_the_project_can_be_shown(internal: ReportData) -> None:
    page = render_report(replace(internal, metrics=METRICS, headline=("arrests",)))
    text = " ".join(Page(page).text.split())
    assert all(metric.title in text for metric in METRICS)


def test_a_public_report_refuses_a_group(internal: ReportData) -> None:
    with pytest.raises(ValueError, match=r"\[public\] edition takes no table \[group_priorities\]"):
        replace(internal, edition="public", tables={"group_priorities": pd.DataFrame()})
    with pytest.raises(ValueError, match=r"table \[arrest\] is not one that is published"):
        replace(internal, tables={"arrest": pd.DataFrame()})
    with pytest.raises(ValueError, match=r"headline metric \[arests\] has no definition"):
        replace(internal, headline=("arests",))


def test_row_accounting_shows_a_sum_that_is_off(internal: ReportData) -> None:
    view = accounting(internal)
    ends = {row[0]: row[-1] for row in view.rows}
    # 10,001 + 20 + 3 + 19 = 10,043 of 10,044; 61,000 + 34 + 200 = 61,234.
    assert ends == {"cases": "NO, off by 1", "police_incidents": "yes"}


def test_how_late_events_arrive(internal: ReportData) -> None:
    assert [(row[0], row[2], row[3], row[5]) for row in report_lags(internal).rows] == [
        ("court", "31 December 2025", "unknown", "unknown"),
        ("police", "31 December 2025", "9", "22 December 2025"),
    ]


def test_hit_rates_are_held_against_the_floor_with_both_denominators(internal: ReportData) -> None:
    rates, *others = geocoding(internal).views
    rows = {row[0]: row for row in rates.rows}
    assert rows["Incidents"][1:5] == (
        "61,000",
        "57,000",
        "93.4\u00a0% (92.4 to 94.4\u00a0%)",
        "95.0\u00a0% (94.0 to 96.0\u00a0%)",
    )
    assert rows["Incidents"][-1] == "above"
    assert rows["Arrests"][-1] == "BELOW: read the map with care"
    assert rows["Arrests, by where people live"][1:4] == ("hidden", "hidden", "hidden")
    assert [one.caption for one in others] == [
        "How records were placed",
        "Why nothing was found",
        "By year",
        "Who is missing from the map: Arrests",
        "Streets that the map does not have: what to mend first",
        "Institutions: hot spots there may be false",
        "False matches: one street in twenty taken from the map",
        "Placement error: address points placed without themselves",
    ]


def test_the_page_says_in_words_what_to_take_from_the_geocoding(internal: ReportData) -> None:
    said = " ".join(geocoding(internal).sentences).replace("\u00a0", " ")
    assert "Incidents: 93.4 % of 61,000 records have a place on the map, above the field's floor of 85 %" in said
    assert "Arrests: Black is 50.0 % of the records missing from the map and 29.2 % of those on it" in said
    assert "4 of 2,000 strings were placed on another street, 0.2 %" in said
    assert "4,900 were placed all the same, half of these within 8.2 m of where they are, 90 % within 31.5 m" in said


def test_who_is_missing_is_counted_against_the_whole_table(internal: ReportData) -> None:
    (missing,) = [one for one in geocoding(internal).views if one.caption.startswith("Who is missing")]
    shown = [tuple(str(cell).replace("\u00a0", " ") for cell in row) for row in missing.rows]
    assert shown == [
        ("Black", "5,000", "70.0 % (69.0 to 71.0 %)", "29.2 %", "50.0 %", "20.8"),
        ("White", "10,000", "85.0 % (84.0 to 86.0 %)", "70.8 %", "50.0 %", "-20.8"),
    ]


def test_the_public_page_names_no_street_and_no_institution(public: ReportData) -> None:
    captions = [one.caption for one in geocoding(public).views]
    assert not [caption for caption in captions if "Streets" in caption or "Institutions" in caption]
