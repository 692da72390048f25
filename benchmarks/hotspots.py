"""The statistics of hot spots beside the libraries an analyst would otherwise use: seconds, memory, and ratios.

    [REALDATA=...] python benchmarks/hotspots.py [--part gi_star|density|near_repeat|clusters|stage]...

City: 30 x 30 km; of a million points 60 % in 400 clusters, 25 % on repeat addresses, 15 % anywhere. Everything is
seeded. Both sides are called once before the clock runs, then in turn; the ratio is the median of those of the turns.

gi_star      Gi* on 100,000 cells, weights included, against esda's fastest way (a Graph made from a sparse matrix)
density      a million points on 300 x 300 cells of 100 m, against scikit-learn's exact kernel density (its compact
             kernel; building its tree included); and how far the fast path is from the exact one
near_repeat  Knox on the Chicago burglaries of 2016, 12 bands and 99 permutations, against pointpats' single band with
             as many; needs REALDATA
clusters     a million points, each program in a process of its own: time and peak memory, ours and scikit-learn's
stage        the whole stage at a million incidents
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from strategic_prosecution import stages, warehouse
from strategic_prosecution.hotspots import (
    Grid,
    cluster_points,
    cluster_polygons,
    gi_star_exact,
    gi_star_grid,
    gi_star_permutation,
    kernel_density,
    near_repeat,
)
from strategic_prosecution.settings import load_office

POINTS, SIDE_M, X0, Y0 = 1_000_000, 30_000.0, 300_000.0, 4_000_000.0
LIMIT_GI, LIMIT_DENSITY, LIMIT_ERROR, LIMIT_KNOX, LIMIT_GIB = 10.0, 20.0, 0.01, 10.0, 1.0
LIMIT_STAGE = 30.0
RADIUS_M, LEAST = 50.0, 200
Points = tuple[np.ndarray, np.ndarray]


def city(count: int, *, seed: int) -> Points:
    """Points of an invented city, shuffled."""
    random = np.random.default_rng(seed)
    clustered, repeated = count * 60 // 100, count * 25 // 100
    centre = random.uniform(0, SIDE_M, (400, 2))
    spread = random.uniform(60, 300, 400)
    which = random.choice(400, clustered, p=random.dirichlet(np.ones(400)))
    around = centre[which] + random.normal(size=(clustered, 2)) * spread[which, None]
    address = random.uniform(0, SIDE_M, (max(repeated // 50, 1), 2))
    again = address[random.choice(len(address), repeated, p=random.dirichlet(np.full(len(address), 0.3)))]
    anywhere = random.uniform(0, SIDE_M, (count - clustered - repeated, 2))
    points = np.clip(np.vstack([around, again, anywhere]), 0, SIDE_M - 0.001)
    random.shuffle(points)
    return X0 + points[:, 0], Y0 + points[:, 1]


def city_grid(cell_m: float) -> Grid:
    """The whole city in cells."""
    cells = round(SIDE_M / cell_m)
    return Grid(x0=X0, y0=Y0, cell_m=cell_m, rows=cells, columns=cells, mask=np.ones((cells, cells), dtype=bool))


def clock(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds a piece of work takes, and what it returns."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def in_turn(
    ours: Callable[[], Any], theirs: Callable[[], Any], *, turns: int
) -> tuple[float, float, float, tuple[Any, Any]]:
    """Median seconds of both, median ratio theirs / ours of the turns, and the last results; after one call of each."""
    ours(), theirs()
    rows = []
    for _ in range(turns):
        (one, a), (other, b) = clock(ours), clock(theirs)
        rows.append((one, other, other / one))
    one, other, ratio = np.median(rows, axis=0)
    return float(one), float(other), float(ratio), (a, b)


def line(title: str, text: str) -> None:
    """One line of a part."""
    print(f"  {title:34}{text}", flush=True)


def against(limit: float, ratio: float) -> str:
    """A ratio beside its limit."""
    return f"ratio {ratio:.1f} = {ratio / limit:.2f} of {limit:g} (at least 1)"


# ------------------------------------------------------------------------------------------------------------------ Gi*


def queen(rows: int, columns: int, *, own: bool) -> sparse.csr_array:
    """Queen neighbours by index arithmetic, with or without the cell itself."""
    cell = np.arange(rows * columns).reshape(rows, columns)
    pairs = [
        np.stack(
            [
                cell[max(up, 0) : rows + min(up, 0), max(right, 0) : columns + min(right, 0)].ravel(),
                cell[max(-up, 0) : rows + min(-up, 0), max(-right, 0) : columns + min(-right, 0)].ravel(),
            ]
        )
        for up in (-1, 0, 1)
        for right in (-1, 0, 1)
        if own or (up, right) != (0, 0)
    ]
    one, other = np.concatenate(pairs, axis=1)
    return sparse.csr_array((np.ones(one.size), (one, other)), shape=(cell.size, cell.size))


def gi_star() -> None:
    """Ours and esda's on the same counts."""
    warnings.simplefilter("ignore")
    from esda.getisord import G_Local
    from libpysal.graph import Graph

    random = np.random.default_rng(1)
    counts = random.poisson(random.gamma(0.2, 2.0, (316, 316)))
    values, rows = counts.ravel().astype(np.float64), counts.shape

    def theirs() -> tuple[float, np.ndarray]:
        seconds, graph = clock(lambda: Graph.from_sparse(queen(*rows, own=True)))
        return seconds, G_Local(values, graph, transform="B", star=True, permutations=0).Zs

    one, other, ratio, (z, (building, zs)) = in_turn(lambda: gi_star_grid(counts), theirs, turns=7)
    print(f"\nGi* on {counts.size:,} cells")
    line("ours, weights included", f"{one * 1e3:8.1f} ms")
    line("esda, weights included", f"{other * 1e3:8.1f} ms, {building * 1e3:.1f} of it the weights")
    line("esda / ours", against(LIMIT_GI, ratio) + f"; without its weights {(other - building) / one:.1f}")
    line("largest difference of z", f"{np.abs(z.ravel() - zs).max():.1e}")
    neighbours = queen(*rows, own=False)
    seconds, _ = clock(lambda: gi_star_exact(counts))
    line("exact conditional p, ours", f"{seconds * 1e3:8.1f} ms")
    seconds, _ = clock(lambda: gi_star_permutation(values, neighbours, permutations=999, seed=1))
    line("999 permutations, ours", f"{seconds * 1e3:8.1f} ms")


# ------------------------------------------------------------------------------------------------------- kernel density


def density() -> None:
    """Ours and scikit-learn's on the same points and cells; then the fast path beside the exact one."""
    from sklearn.neighbors import KernelDensity

    x, y = city(POINTS, seed=0)
    points, grid = np.column_stack([x, y]), city_grid(100.0)
    centres = np.column_stack(grid.centres(*np.divmod(np.arange(grid.mask.size), grid.columns)))

    def theirs() -> np.ndarray:
        model = KernelDensity(bandwidth=300.0, kernel="epanechnikov", rtol=0, atol=0).fit(points)
        return np.exp(model.score_samples(centres))

    print(f"\nkernel density of {POINTS:,} points, {grid.rows} x {grid.columns} cells of 100 m, bandwidth 300 m")
    for kernel, exact, turns in (("quartic", False, 3), ("quartic", True, 1), ("gaussian", False, 1)):
        ours = partial(kernel_density, x, y, grid=grid, bandwidth_m=300, kernel=kernel, exact=exact)
        one, other, ratio, _ = in_turn(ours, theirs, turns=turns)
        title = f"ours, {kernel}, {'exact' if exact else 'fast'}"
        # The promise is about the fast path of the usual kernel; the others are there to know.
        beside = against(LIMIT_DENSITY, ratio) if turns > 1 else f"ratio {ratio:.1f}"
        line(title, f"{one:8.3f} s, scikit-learn {other:.2f} s; {beside}")
    print("  error of the fast path, as a share of the peak: 99th percentile of all cells, and the largest")
    for cell_m in (100.0, 150.0):
        for kernel, multiples in (("quartic", (1, 1.5, 2, 3, 4, 6, 8)), ("gaussian", (1, 2, 3))):
            worst = []
            for count, seed in ((20_000, 1), (200_000, 2)):
                x, y = city(count, seed=seed)
                for multiple in multiples:
                    options = {"grid": city_grid(cell_m), "bandwidth_m": multiple * cell_m, "kernel": kernel}
                    fast, exact = (kernel_density(x, y, exact=way, **options) for way in (False, True))
                    error = np.abs(fast - exact) / exact.max()
                    worst.append((np.quantile(error, 0.99), error.max()))
            middle, most = np.max(worst, axis=0)
            reach = f"{multiples[0]} to {multiples[-1]} cells"
            line(
                f"{kernel}, {cell_m:g} m, {reach}",
                f"{middle:8.3%} = {middle / LIMIT_ERROR:.2f} of {LIMIT_ERROR:.0%} (at most 1); largest {most:.2%}",
            )


# ---------------------------------------------------------------------------------------------------------- near repeat


def near_repeats() -> None:
    """Our table of 12 bands and pointpats' single band, 99 permutations each."""
    if "REALDATA" not in os.environ:
        print("\nnear repeats: REALDATA is not set")
        return
    from pointpats import Knox

    folder = Path(os.environ["REALDATA"]) / "worked_examples"
    burglaries = pd.read_csv(folder / "chicago_burglary_2014_2017.csv")
    day = pd.to_datetime(burglaries["date_single"], format="%d/%m/%Y")
    rows = burglaries[day.dt.year == 2016]
    x, y, day = rows["x"].to_numpy(), rows["y"].to_numpy(), day[day.dt.year == 2016]
    whole_days = ((day - day.min()) // pd.Timedelta(days=1)).to_numpy()
    points, times = np.column_stack([x, y]), whole_days[:, None]

    def ours() -> pd.DataFrame:
        bands = {"distance_bands": (0.1, 200, 400, 600), "time_bands": (7, 14, 21)}
        return near_repeat(x, y, day.to_numpy(), permutations=99, seed=1, **bands)

    def theirs() -> Any:
        return Knox(points, times, 200.0, 7.0, permutations=99)

    one, other, ratio, (table, knox) = in_turn(ours, theirs, turns=3)
    first = table[(table["distance_to"] <= 200) & (table["time_to"] <= 7)]["observed"].sum()
    print(f"\nKnox on {len(rows):,} burglaries of Chicago, 99 permutations")
    line("ours, 12 bands", f"{one:8.2f} s")
    line("pointpats, one band", f"{other:8.2f} s")
    line("pointpats / ours", against(LIMIT_KNOX, ratio))
    line("pairs within 200 m and 7 days", f"ours {first:,}, pointpats {int(knox.statistic_):,}")


# ------------------------------------------------------------------------------------------------------------- clusters


def peak_gib() -> float:
    """The most memory this process ever held. The figure of getrusage would hold that of the parent too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def run_case(case: str) -> None:
    """One program on the city, in this process: prints seconds, clusters, GiB before and at the peak."""
    x, y = city(POINTS, seed=0)
    before = peak_gib()
    seconds, found = clock(lambda: CASES[case](x, y))
    print(seconds, found, before, peak_gib())


def theirs_clusters(x: np.ndarray, y: np.ndarray) -> int:
    """How many clusters scikit-learn finds."""
    from sklearn.cluster import DBSCAN

    return int(DBSCAN(eps=RADIUS_M, min_samples=LEAST).fit(np.column_stack([x, y])).labels_.max()) + 1


CASES: dict[str, Callable[[np.ndarray, np.ndarray], int]] = {
    "ours": lambda x, y: int(cluster_points(x, y, radius_m=RADIUS_M, min_incidents=LEAST).max()) + 1,
    "polygons": lambda x, y: len(cluster_polygons(x, y, radius_m=RADIUS_M, min_incidents=LEAST)),
    "theirs": theirs_clusters,
}


def clusters() -> None:
    """Ours, with and without shapes, and scikit-learn's, each in a process of its own."""
    print(f"\nclusters of {POINTS:,} points, radius {RADIUS_M:g} m, at least {LEAST}")
    times = {}
    for case, title in (("ours", "ours"), ("polygons", "ours, with their shapes"), ("theirs", "scikit-learn")):
        command = [sys.executable, __file__, "--case", case]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds, found, before, peak = map(float, answer.split())
        times[case] = seconds
        limit = "" if case == "theirs" else f" = {peak / LIMIT_GIB:.2f} of {LIMIT_GIB:g} GiB (at most 1)"
        line(title, f"{seconds:8.2f} s, {found:.0f} clusters, peak {peak:.2f} GiB{limit}; {before:.2f} before")
    line("scikit-learn / ours", f"{times['theirs'] / times['ours']:.1f}")


# ---------------------------------------------------------------------------------------------------------------- stage


DAY = date(2025, 12, 31)
OFFICE = """
[office]
name = "Invented city of a million incidents"
timezone = "America/New_York"
crs = "EPSG:32616"

[[places.areas]]
layer = "district"
file = "districts.geojson"
id = "district"

[release]
smallest_public_area = "district"

[hotspots.categories]
violence = ["homicide", "nonfatal_shooting", "robbery", "aggravated_assault", "sexual_assault"]
shootings = ["homicide", "nonfatal_shooting"]
property = ["burglary", "theft", "motor_vehicle_theft", "vandalism"]

[extracts.staff_list]
files = "staff_*.csv"
extract_date = "filename"

[[extracts.staff_list.feeds]]
table = "staff"
key = "staff_id"
columns = { staff_id = "id", role = "role" }
"""
SHARES = {
    "homicide": 0.002, "nonfatal_shooting": 0.012, "robbery": 0.03, "aggravated_assault": 0.05, "sexual_assault": 0.01,
    "burglary": 0.08, "theft": 0.25, "motor_vehicle_theft": 0.08, "vandalism": 0.10, "simple_assault": 0.15,
    "drugs": 0.08, "other": 0.156,
}  # fmt: skip
# What follows an incident: one in ten an arrest, one in ten a case, one in 200 an outreach event.
FOLLOWING = """
insert into core.places (place_id, origin, x, y) select incident_id, 'geocoded', x, y from invented;
insert into core.incidents by name select * exclude (x, y, number), incident_id as place_id from invented;
insert into core.arrests (arrest_id, incident_id, arrest_date, place_id)
    select 'A' || incident_id, incident_id, occurred_date, incident_id from invented where number % 10 = 0;
insert into core.cases (case_id, incident_id, filed_date, disposition_date, disposition)
    select 'C' || incident_id, incident_id, occurred_date, occurred_date::date + 60, 'dismissed'
    from invented where number % 10 = 1;
insert into core.outreach (outreach_id, outreach_date, place_id)
    select 'O' || incident_id, occurred_date, incident_id from invented where number % 200 = 0;
"""


def invented_incidents(count: int) -> pd.DataFrame:
    """Incidents of three years in the city; a fifth known as an interval, drugs found by police."""
    random = np.random.default_rng(1)
    x, y = city(count, seed=0)
    number = np.arange(count)
    offense = random.choice(list(SHARES), count, p=list(SHARES.values()))
    day = np.datetime64("2023-01-01") + random.integers(0, 1096, count).astype("timedelta64[D]")
    start = day.astype("datetime64[m]") + random.integers(0, 1440, count)
    until = np.where(random.random(count) < 0.2, start + random.integers(30, 900, count), np.datetime64("NaT"))
    return pd.DataFrame(
        {
            "number": number,
            "incident_id": "I" + pd.Series(number).astype(str),
            "occurred_date": day.astype("datetime64[s]"),
            "occurred_at": start.astype("datetime64[s]"),
            "occurred_until": until.astype("datetime64[s]"),
            "offense_category": offense,
            "reported_by": np.where(offense == "drugs", "police", random.choice(["victim", "company"], count)),
            "x": x,
            "y": y,
        }
    )


def whole_stage() -> None:
    """The stage in an office whose core holds a million incidents, three categories over 90 and 365 days."""
    print(f"\nthe whole stage, {POINTS:,} incidents of three years, three categories, 90 and 365 days, one process")
    third = SIDE_M / 3
    squares = [shapely.box(X0 + i * third, Y0 + j * third, X0 + i * third + third, Y0 + j * third + third)
               for i in range(3) for j in range(3)]  # fmt: skip
    layer = gpd.GeoDataFrame({"district": [f"D{i}" for i in range(9)]}, geometry=squares, crs="EPSG:32616")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data" / "raw").mkdir(parents=True)
        (folder / "data" / "raw" / "staff_2025-12-31.csv").write_text("id,role\n1,analyst\n", encoding="utf-8")
        layer.to_crs("EPSG:4326").to_file(folder / "districts.geojson", driver="GeoJSON")
        (folder / "office.toml").write_text(OFFICE, encoding="utf-8")
        office = load_office(folder / "office.toml")
        with stages.running(office, what="benchmark"):
            stages.land(office)
            for stage in stages.CORE:
                stage(office, DAY)
            with warehouse.open_core(office, DAY) as connection:
                connection.register("invented", invented_incidents(POINTS))
                connection.execute(FOLLOWING)
            seconds, counts = clock(lambda: stages.hot_spots(office, DAY))
    line("stratpro", f"{seconds:.1f} s = {seconds / LIMIT_STAGE:.2f} of {LIMIT_STAGE:g} s (at most 1)")
    line("hot spots, cells, peak", f"{counts['hot_spots']:,}, {counts['cells']:,}, {peak_gib():.2f} GiB")


def main() -> None:
    """Run the parts that are asked for."""
    work: dict[str, Callable[[], None]] = {
        "gi_star": gi_star,
        "density": density,
        "near_repeat": near_repeats,
        "clusters": clusters,
        "stage": whole_stage,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=list(work))
    parser.add_argument("--case", choices=list(CASES), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        run_case(arguments.case)
        return
    for part in arguments.part or work:
        work[part]()


if __name__ == "__main__":
    main()
