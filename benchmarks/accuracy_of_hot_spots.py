"""Did the hot spots hold, and does the model beat last year's counts? Month by month on two real cities.

    REALDATA=... python benchmarks/accuracy_of_hot_spots.py [--city st_louis ...] [--months] [--trial-days 30]

Cities: st_louis (violence 2012-2014, points as published), philadelphia (shootings 2015-2020, geocoded by us). At each
month end that has a year of history, places are chosen with what was known that day (hot spots of 90 and 365 days,
last year's counts, their kernel density, chance, the model; for comparison only, the counts of three years, as the
model remembers three) and tried on the next 30 days. Tables: all trials pooled,
with 95 % intervals by bootstrap over months; `--months` prints every month too. `dispersion` is how much more the
monthly hit rate varies than independent incidents would make it (1: not more). Nothing is written but to the terminal.
"""

import argparse
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import shapely

from strategic_prosecution import stages, warehouse
from strategic_prosecution.hotspots import (
    Grid,
    History,
    cells_of_hot_spots,
    choose_cells,
    expected_incidents,
    incident_history,
    make_grid,
    mark_cells,
    nij_cells,
    try_cells,
)
from strategic_prosecution.hotspots.forecast import BASELINES, METHODS, PERIODS, YEAR_DAYS
from strategic_prosecution.settings import Office, load_office

EXAMPLES = Path(__file__).parents[1] / "examples"
FIRST_DAY = {"st_louis": date(2012, 1, 1), "philadelphia": date(2015, 1, 1)}
DRAWS = 4999
SEED = 1


def read_city(name: str) -> tuple[History, Grid, Office, date]:
    """The located incidents of an example's only category on a grid over its areas, and the newest day."""
    read: dict[str, pd.DataFrame] = {}

    def take(office: Office, day: date) -> dict[str, int]:
        with warehouse.open_core(office, day) as connection:
            read["incidents"] = connection.execute(
                "select incident_id, occurred_date, offense_category, x, y from core.incidents "
                "join core.places using (place_id) "
                "where x is not null and reported_by is distinct from 'police' order by incident_id"
            ).df()
            read["areas"] = connection.execute(
                "select geometry from core.areas where layer = ? order by area_id",
                [office.release.smallest_public_area],
            ).df()
        return {}

    with TemporaryDirectory() as folder:
        copy = Path(folder) / "examples" / name / "office.toml"
        copy.parent.mkdir(parents=True)
        shutil.copy(EXAMPLES / name / "office.toml", copy)
        office = load_office(copy)
        day, _ = stages.nightly(office, stages=(stages.build_core, stages.locate, take))
    (offenses,) = office.hotspots.categories.values()
    chosen = read["incidents"][read["incidents"]["offense_category"].isin(offenses)]
    boundary = shapely.union_all(shapely.from_wkb(read["areas"]["geometry"].map(bytes).tolist()))
    grid = make_grid([], [], cell_m=office.hotspots.cell_m, boundary=boundary)
    past = incident_history(
        chosen["x"], chosen["y"], chosen["occurred_date"], grid=grid, bandwidth_m=office.hotspots.bandwidth_m
    )
    return past, grid, office, day


def month_trials(past: History, office: Office, chosen_on: date, *, trial_days: int) -> Iterator[dict[str, object]]:
    """One row per method and amount of area for what was chosen on a day."""
    grid, (smallest, largest) = past.grid, nij_cells(past.grid)
    observed = past.located.counts(chosen_on + timedelta(days=trial_days), trial_days).reshape(grid.mask.shape)
    areas = {"nij_smallest": smallest, "nij_largest": largest}
    for days in office.hotspots.windows_days:
        spots = cells_of_hot_spots(
            past.located, as_of=chosen_on, window_days=days, min_incidents=office.hotspots.min_incidents
        )
        marked = mark_cells([cell for cells in spots["cells"] for cell in cells], grid=grid)
        areas[f"hot_spots_{days}"] = int(marked.sum())
        yield _row(f"hot_spots_{days}", f"hot_spots_{days}", chosen_on, marked, observed, grid)
    surfaces = {method: expected_incidents(method, past, as_of=chosen_on, trial_days=trial_days) for method in METHODS}
    for method, expected in surfaces.items():
        for area, cells in areas.items():
            yield _row(method, area, chosen_on, choose_cells(expected, cells=cells, grid=grid), observed, grid)


def _row(method: str, area: str, chosen_on: date, chosen, observed, grid: Grid) -> dict[str, object]:
    trial = try_cells(chosen, observed, grid=grid, seed=SEED)
    best = int(np.sort(observed[grid.mask])[::-1][: trial.cells].sum())
    return vars(trial) | {"method": method, "area": area, "chosen_on": chosen_on, "attainable": best}


def pooled(rows: pd.DataFrame) -> pd.DataFrame:
    """All months of a city together: one row per area and method; intervals by bootstrap over months."""
    months = sorted(rows["chosen_on"].unique())
    drawn = np.random.default_rng(SEED).integers(len(months), size=(DRAWS, len(months)))
    table = []
    for (area, method), group in rows.groupby(["area", "method"], sort=False):
        sums = group.set_index("chosen_on").loc[months]
        inside, happened = sums["incidents_inside"].to_numpy(), sums["incidents"].to_numpy()
        share = sums["area_share"].mean()
        rate = inside.sum() / happened.sum()
        low, high = np.quantile(inside[drawn].sum(1) / happened[drawn].sum(1), [0.025, 0.975])
        spread = ((inside - happened * rate) ** 2 / (happened * rate * (1 - rate))).sum() / (len(months) - 1)
        table.append(
            {
                "area": area,
                "method": method,
                "area %": f"{share:.2%}",
                "inside": f"{inside.sum():.0f} of {happened.sum()}",
                "hit rate %": f"{rate:.2%} ({low:.2%}-{high:.2%})",
                "PAI": f"{rate / share:.1f} ({low / share:.1f}-{high / share:.1f})",
                "PEI": f"{inside.sum() / sums['attainable'].sum():.3f}",
                "lowest-highest month": f"{sums['hit_rate'].min():.1%}-{sums['hit_rate'].max():.1%}",
                "dispersion": f"{spread:.2f}" if method != "uniform" else "",
            }
        )
    return pd.DataFrame(table).sort_values(["area", "method"], kind="stable", ignore_index=True)


def verdicts(rows: pd.DataFrame) -> Iterator[str]:
    """Model against each baseline and, at their own area, hot spots against last year's counts, paired by month."""
    months = rows["chosen_on"].nunique()
    drawn = np.random.default_rng(SEED).integers(months, size=(DRAWS, months))
    for area, group in rows.groupby("area", sort=False):
        inside = group.pivot(index="chosen_on", columns="method", values="incidents_inside")
        happened = group.groupby("chosen_on")["incidents"].first().to_numpy()
        pairs = [("forecast", other) for other in BASELINES]
        pairs += [(area, other) for other in BASELINES if area in inside]
        for ours, other in pairs:
            apart = (inside[ours] - inside[other]).to_numpy()
            low, high = np.quantile(apart[drawn].sum(1) / happened[drawn].sum(1), [0.025, 0.975])
            word = "beats" if low > 0 else "is beaten by" if high < 0 else "is not told apart from"
            yield (
                f"{area}: {ours} {word} {other}: {apart.sum() / happened.sum():+.2%} ({low:+.2%} to {high:+.2%}),"
                f" better in {(apart > 0).sum()} and worse in {(apart < 0).sum()} of {months} months"
            )


def markdown(table: pd.DataFrame) -> str:
    """A table as Markdown."""
    lines = [list(table), ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Print the tables of each city."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--city", nargs="+", choices=sorted(FIRST_DAY), default=list(FIRST_DAY))
    parser.add_argument("--months", action="store_true", help="print every month")
    parser.add_argument("--trial-days", type=int, default=30)
    arguments = parser.parse_args()
    for city in arguments.city:
        past, grid, office, last_day = read_city(city)
        # A year of counts, and half of the periods the model learns from.
        first = FIRST_DAY[city] + timedelta(days=YEAR_DAYS + PERIODS // 2 * arguments.trial_days)
        ends = stages.month_ends(first, last_day - timedelta(days=arguments.trial_days))
        rows = pd.DataFrame(
            [
                row
                for chosen_on in ends
                for row in month_trials(past, office, chosen_on, trial_days=arguments.trial_days)
            ]
        )
        print(f"\n## {city}: {len(ends)} months from {ends[0]} to {ends[-1]}, cells of {grid.cell_m:g} m")
        print(f"{np.count_nonzero(grid.mask)} cells, {past.x.size} incidents, tried on {arguments.trial_days} days\n")
        print(markdown(pooled(rows)), "\n")
        print("\n".join(f"- {line}" for line in verdicts(rows)))
        if arguments.months:
            columns = ["chosen_on", "area", "method", "incidents", "incidents_inside", "hit_rate", "pai", "pei"]
            print("\n" + markdown(rows[columns].round(4)))


if __name__ == "__main__":
    main()
