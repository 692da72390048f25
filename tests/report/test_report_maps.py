import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from strategic_prosecution.report import ReportData, maps, render_report
from strategic_prosecution.report.tables import PERSISTENCE


def _parts(data: ReportData) -> tuple[tuple[maps.Choice, ...], np.ndarray, pd.DataFrame]:
    areas = data.frame("areas")
    spots = maps.located(data.frame("hot_spots"), areas, crs=data.crs)
    return maps.choices(spots), maps.outlines(areas, spots), spots


def test_hot_spots_are_put_into_the_metric_crs(internal: ReportData) -> None:
    _, _, spots = _parts(internal)
    area = shapely.area(spots["shape"].to_numpy(dtype=object))
    np.testing.assert_allclose(area, spots["area_m2"], rtol=1e-3)
    assert spots["area_title"].iloc[0] == "North & West"


def test_a_published_longitude_latitude_lands_where_the_state_plane_says() -> None:
    # Origin of EPSG:26986 (Massachusetts Mainland, NAD83): 71.5 W, 41 N has false easting 200,000, northing 750,000.
    point = shapely.Point(-71.5, 41.0).buffer(1e-6)
    spots = pd.DataFrame({"geometry": [shapely.to_wkb(point)], "area_id": [None]})
    areas = pd.DataFrame({"area_id": [], "title": []}, dtype=object)
    (shape,) = maps.located(spots, areas, crs="EPSG:26986")["shape"]
    np.testing.assert_allclose(shape.centroid.coords[0], (200_000, 750_000), atol=1)


def test_each_category_and_window_is_a_choice(internal: ReportData) -> None:
    choices, _, _ = _parts(internal)
    assert [choice.title for choice in choices] == [
        "Shootings, last 365 days",
        "Violent, last 365 days",
        "Violent, last 90 days",
    ]


def test_white_figures_can_be_read_on_every_class() -> None:
    assert set(maps.CLASSES) == set(PERSISTENCE)
    for name, fill in maps.CLASSES.items():
        # Relative luminance of WCAG 2; white has 1.
        parts = [int(fill[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        assert 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05) >= 4.5, name
    assert len(set(maps.CLASSES.values())) == len(maps.CLASSES)


def test_the_legend_says_what_a_class_means(internal: ReportData) -> None:
    _, _, spots = _parts(internal)
    assert list(maps.legend(spots)) == [
        "Persistent",
        "Emerging",
        "Intermittent",
        "New: quiet in the periods before",
        "Former: none now, no number",
        "Not classed (other periods do not say)",
    ]


def test_one_day_is_not_days(internal: ReportData) -> None:
    choices, _, _ = _parts(internal)
    assert replace(choices[0], window_days=1).title == "Shootings, last 1 day"


def test_the_drawn_map_numbers_the_first_ten_with_the_first_on_top(internal: ReportData) -> None:
    choices, outlines, spots = _parts(internal)
    drawn = maps.draw(choices[0], outlines, spots)
    assert [mark.text for mark in drawn.marks] == [str(rank) for rank in range(10, 0, -1)]
    assert drawn.spots[0].fill == maps.CLASSES["persistent"]
    # Twelve hot spots and two former ones, which are drawn and have no number.
    assert [spot.dashed for spot in drawn.spots] == [False] * 12 + [True] * 2
    assert drawn.outlines.count("M") == 6
    # The frame is 15 km and a margin of 3 % on each side over 640 units: 2 km is 80.5 of them.
    assert (drawn.scale_text, drawn.scale) == ("2 km", round(2000 * 640 / 15_900, 1))


def test_the_interactive_map_escapes_and_shows_the_first_choice_only(internal: ReportData) -> None:
    text = maps.bokeh_item(*_parts(internal)[:2])
    assert "<" not in text and "://" not in text
    layers: dict[str, bool] = {}

    def walk(node: object) -> None:
        if isinstance(node, dict):
            name = node.get("attributes", {}).get("name") if isinstance(node.get("attributes"), dict) else None
            if isinstance(name, str) and name.startswith("choice-"):
                layers[name] = node["attributes"].get("visible", True)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads(text))
    assert layers == {
        f"choice-{number}-{layer}": number == 0 for number in range(3) for layer in ("shape", "mark", "rank")
    }


def test_the_same_hot_spots_give_the_same_text(internal: ReportData) -> None:
    assert maps.bokeh_item(*_parts(internal)[:2]) == maps.bokeh_item(*_parts(internal)[:2])


@pytest.mark.slow
def test_another_process_with_another_hash_seed_writes_the_same_page(internal: ReportData) -> None:
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]); from conftest import fake_report;"
        "from strategic_prosecution.report import render_report;"
        "print(hashlib.sha256(render_report(fake_report('internal')).encode()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        env={"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == sha256(render_report(internal).encode()).hexdigest()


def test_without_areas_hot_spots_still_have_a_map(internal: ReportData) -> None:
    spots = maps.located(internal.frame("hot_spots"), internal.frame("areas").iloc[:0], crs=internal.crs)
    drawn = maps.draw(maps.choices(spots)[0], maps.outlines(internal.frame("areas").iloc[:0], spots), spots)
    assert drawn.outlines == "" and len(drawn.spots) == 14
    assert spots["area_title"].iloc[0] == "D1"
