"""How often months and areas stand out where nothing has changed: simulated, and on real counts.

    [REALDATA=...] python benchmarks/signals.py [--series 2000]

Limits that alarm more often than they say teach a chief to chase noise. Simulated series have one rate throughout: the
share of months beyond the limits should be 5 and 0.2 % at most. Real series do change, so what they raise beyond that
is change and noise together; it is printed for plain Poisson limits beside ours, on the same months. Seeded.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import poisson

from strategic_prosecution.metrics.control_charts import baseline, control_chart
from strategic_prosecution.metrics.funnel import funnel

# The first is never used; 24 for the baseline, 12 to test.
MONTHS = pd.date_range("2021-01-01", periods=37, freq="MS")
INNER, OUTER = 0.05, 0.002


def series(counts: np.ndarray, units: np.ndarray | None = None, starts: pd.DatetimeIndex = MONTHS) -> pd.DataFrame:
    """Complete months as mart.metrics has them."""
    return pd.DataFrame(
        {
            "period_start": starts,
            "period_end": starts + pd.offsets.MonthEnd(0),
            "numerator": counts,
            "denominator": np.nan if units is None else units,
            "complete": True,
        }
    )


def alarms(months: pd.DataFrame, *, is_share: bool) -> np.ndarray:
    """p-values of the tested months; none where the chart refuses."""
    held = baseline(months, is_share=is_share)
    return control_chart(months, is_share=is_share, compared_with=held)["p_value"].dropna().to_numpy()


def say(what: str, p_values: list[np.ndarray]) -> None:
    """One line: months tested, shares beyond the limits, and of years with a month beyond the wider ones."""
    tested = [one for one in p_values if len(one)]
    if not tested:
        print(f"{what:58} not tested")
        return
    every = np.concatenate(tested)
    years = np.mean([(one <= OUTER).any() for one in tested])
    print(
        f"{what:58} {len(every):7,} tested  beyond 95 %: {np.mean(every <= INNER):6.2%}  "
        f"beyond 99.8 %: {np.mean(every <= OUTER):6.2%}  in a series: {years:6.2%}"
    )


def simulated_counts(number: int, *, seed: int) -> None:
    random = np.random.default_rng(seed)
    for mean in (1, 3, 10, 50, 300):
        for dispersion in (1.0, 1.5, 2.0, 4.0):
            made = (
                random.poisson(mean, (number, 37))
                if dispersion == 1
                else random.negative_binomial(mean / (dispersion - 1), 1 / dispersion, (number, 37))
            )
            say(
                f"counts, mean {mean}, variance x {dispersion:g}",
                [alarms(series(one), is_share=False) for one in made],
            )


def simulated_short(number: int, *, seed: int) -> None:
    random = np.random.default_rng(seed)
    for dispersion in (1.5, 4.0):
        made = random.negative_binomial(10 / (dispersion - 1), 1 / dispersion, (number, 25))
        say(
            f"counts, mean 10, variance x {dispersion:g}, 12 months before",
            [alarms(series(one, starts=MONTHS[:25]), is_share=False) for one in made],
        )


def simulated_seasons(number: int, *, seed: int) -> None:
    random = np.random.default_rng(seed)
    for swing in (0.15, 0.3):
        mean = 50 * (1 + swing * np.sin(2 * np.pi * MONTHS.month.to_numpy() / 12))
        made = random.poisson(mean, (number, 37))
        say(f"counts, mean 50, seasons of +-{swing:.0%}", [alarms(series(one), is_share=False) for one in made])


def simulated_shares(number: int, *, seed: int) -> None:
    random = np.random.default_rng(seed)
    for units, share in ((20, 0.3), (100, 0.05), (100, 0.5), (1000, 0.15)):
        for dispersion in (1.0, 1.5, 3.0):
            likeness = (dispersion - 1) / (units - 1)
            drawn = (
                np.full((number, 37), share)
                if dispersion == 1
                else random.beta(share * (1 / likeness - 1), (1 - share) * (1 / likeness - 1), (number, 37))
            )
            made = random.binomial(units, drawn)
            say(
                f"shares, {share:.0%} of {units}, variance x {dispersion:g}",
                [alarms(series(one, np.full(37, units)), is_share=True) for one in made],
            )


def simulated_funnels(number: int, *, seed: int) -> None:
    random = np.random.default_rng(seed)
    for areas in (10, 25, 77):
        for dispersion in (1.0, 2.0, 10.0):
            found = []
            for _ in range(number // 4):
                residents = np.rint(10_000 * random.lognormal(0, 0.5, areas))
                mean = 0.01 * residents
                counts = (
                    random.poisson(mean)
                    if dispersion == 1
                    else random.negative_binomial(mean / (dispersion - 1), 1 / dispersion)
                )
                frame = pd.DataFrame(
                    {"segment": [f"{n:02d}" for n in range(areas)], "numerator": counts, "exposure": residents}
                )
                found.append(funnel(frame, is_share=False, per=1000)["p_value"].to_numpy())
            say(f"funnel, {areas} areas, variance x {dispersion:g}", found)


def real(folder: Path) -> None:
    """Public counts by month: shooting victims by police district, burglaries by square of 4 km."""
    shootings = pd.read_csv(folder / "philadelphia" / "shootings_2015_2020.csv", parse_dates=["date"])
    shootings["area"] = shootings["dist"].astype("Int64").astype("string")
    burglaries = pd.read_csv(folder / "worked_examples" / "chicago_burglary_2014_2017.csv")
    burglaries["date"] = pd.to_datetime(burglaries["date_single"], format="%d/%m/%Y")
    burglaries["area"] = (burglaries["x"] // 4000).astype(str) + "/" + (burglaries["y"] // 4000).astype(str)
    for name, events, years in (
        ("Philadelphia shooting victims", shootings, (2018, 2019, 2020)),
        ("Chicago burglaries", burglaries, (2017,)),
    ):
        for year in years:
            before = events[events["date"].dt.year <= year]
            starts = pd.date_range(before["date"].min().to_period("M").start_time, f"{year}-12-01", freq="MS")
            by_area = (
                before.groupby(["area", before["date"].dt.to_period("M").dt.start_time]).size().unstack(fill_value=0)
            )
            whole = by_area.reindex(columns=starts, fill_value=0)
            ours, plain = [], []
            for counts in whole.to_numpy():
                months = series(counts, starts=starts)
                found = alarms(months, is_share=False)
                ours.append(found)
                mean = counts[-36:-12].mean()
                tails = np.minimum(poisson.cdf(counts[-12:], mean), poisson.sf(counts[-12:] - 1, mean))
                plain.append(np.minimum(1, 2 * tails)[: len(found)])
            say(f"{name} by area, {year}, ours", ours)
            say(f"{name} by area, {year}, plain Poisson", plain)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--series", type=int, default=2000)
    number = arguments.parse_args().series
    simulated_counts(number, seed=9)
    simulated_short(number, seed=13)
    simulated_seasons(number, seed=10)
    simulated_shares(number, seed=11)
    simulated_funnels(number, seed=12)
    if "REALDATA" in os.environ:
        real(Path(os.environ["REALDATA"]))


if __name__ == "__main__":
    main()
