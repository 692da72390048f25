import re
from datetime import date

import numpy as np
import pandas as pd

from strategic_prosecution.report.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, draw


def _points(values: list[float | None], finished: int) -> pd.DataFrame:
    number = len(values)
    value = pd.Series(values, dtype=float)
    return pd.DataFrame(
        {
            "period_start": pd.date_range("2024-01-01", periods=number, freq="MS"),
            "value": value,
            "lower": value - 1,
            "upper": value + 1,
            "complete": np.arange(number) < finished,
        }
    )


def _places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


def test_values_stand_between_zero_and_the_top_tick() -> None:
    chart = draw(_points([0, 5, 10], finished=3), kind="month", unit="incidents")
    # Highest limit 11, so the top tick is 12: 10 lies at 10/12 of the height, 0 on the bottom line.
    ground, height = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    assert [tick.text for tick in chart.y_ticks] == ["0", "6", "12"]
    assert _places(chart.line) == [
        (LEFT, ground),
        ((LEFT + WIDTH - RIGHT) / 2, round(ground - height * 5 / 12, 1)),
        (WIDTH - RIGHT, round(ground - height * 10 / 12, 1)),
    ]
    assert chart.unfinished == () and chart.unfinished_line == ""


def test_an_unfinished_period_is_not_part_of_the_line() -> None:
    chart = draw(_points([4, 5, 6, 2], finished=3), kind="month", unit="incidents")
    assert len(_places(chart.line)) == 3
    assert len(_places(chart.band)) == 6
    assert [dot.x for dot in chart.unfinished] == [WIDTH - RIGHT]
    assert _places(chart.unfinished_line)[0] == _places(chart.line)[-1]


def test_a_hidden_or_undefined_value_leaves_a_gap() -> None:
    chart = draw(_points([4, None, 6, 7], finished=4), kind="month", unit="incidents")
    assert chart.line.count("M") == 2
    assert chart.band.count("Z") == 2


def test_a_wide_interval_is_cut_off_at_the_top() -> None:
    points = _points([2, 2, 3], finished=3).assign(upper=[500.0, 8, 9])
    chart = draw(points, kind="month", unit="victims")
    assert min(y for _, y in _places(chart.band)) >= TOP


def test_breaks_keep_their_number_and_those_outside_are_left_out() -> None:
    breaks = ((date(2019, 1, 1), "earlier"), (date(2024, 2, 1), "new system"))
    chart = draw(_points([4, 5, 6], finished=3), kind="month", unit="incidents", breaks=breaks)
    assert [(tick.at, tick.text) for tick in chart.breaks] == [((LEFT + WIDTH - RIGHT) / 2, "2")]


def test_all_zero_and_a_single_point_can_be_drawn() -> None:
    chart = draw(_points([0.0], finished=1).assign(lower=np.nan, upper=np.nan), kind="year", unit="share")
    assert [tick.text for tick in chart.y_ticks] == ["0\u00a0%", "1\u00a0%", "2\u00a0%"]
