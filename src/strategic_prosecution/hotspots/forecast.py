"""Where the next month's incidents are expected, by a model and by what it has to beat."""

from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from sklearn.linear_model import PoissonRegressor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from strategic_prosecution.hotspots.accuracy import choose_cells, nij_cells
from strategic_prosecution.hotspots.dates import timestamps
from strategic_prosecution.hotspots.density import kernel_density
from strategic_prosecution.hotspots.grid import Grid
from strategic_prosecution.hotspots.hot_spots import LocatedIncidents, locate_incidents

# The model learns from, and is tried on, this many periods that do not overlap.
PERIODS = 12
# Fewer outcome events teach nothing (rules of practice, section 5); fewer trials decide nothing.
MIN_EVENTS = 100
MIN_TRIALS = 6
# What the model knows of a cell: incidents of these windows in it, in the ring around it and in the ring around that.
WINDOWS_DAYS = (90, 365, 1095)
YEAR_DAYS = 365
# A density of a tenth of the average is the step on which its logarithm begins to count.
FLOOR = 0.1
# Of the regression. From 0.0001 to 0.1 hit rates of the real cities move by at most half a point, either way.
RIDGE = 0.01
# Enough to tell cells apart, few enough that rounding in another order of addition tells none apart.
DECIMALS = 9

BASELINES = ("last_year", "three_years", "density", "uniform")
METHODS = ("forecast", *BASELINES)

DRAWS = 1999
CONFIDENCE = 0.95

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class History:
    """Incidents with all that forecasts need to know of them; made by incident_history."""

    x: Doubles
    y: Doubles
    day: NDArray[np.int64]
    located: LocatedIncidents
    bandwidth_m: float

    @property
    def grid(self) -> Grid:
        """The grid the incidents lie on."""
        return self.located.grid

    def counts(self, last_day: Date, days: int) -> Doubles:
        """Incidents of the ``days`` days that end with ``last_day``, rows x columns."""
        return self.located.counts(last_day, days).reshape(self.grid.mask.shape).astype(np.float64)

    def density(self, last_day: Date, days: int) -> Doubles:
        """Quartic kernel density of such a window, incidents per square kilometre, NaN outside the mask."""
        last = int(np.datetime64(last_day, "D").astype(np.int64))
        seen = (self.day > last - days) & (self.day <= last)
        found = kernel_density(self.x[seen], self.y[seen], grid=self.grid, bandwidth_m=self.bandwidth_m)
        return np.round(found, DECIMALS)


@dataclass(frozen=True)
class ForecastChoice:
    """Which method is published for a category, and why.

    published: "forecast", a baseline, or "none". reason: a sentence. outcome_events: incidents the model learned from.
    trials: earlier periods all methods were tried on. hit_rate_forecast, hit_rate_baseline: share of the incidents of
    all trials that the model and the best baseline (``baseline``) caught on NIJ's largest area. difference_lower,
    difference_upper: 95 % interval of the difference of the two. None where there was nothing to try.
    """

    published: str
    reason: str
    outcome_events: int
    trials: int
    hit_rate_forecast: float | None = None
    hit_rate_baseline: float | None = None
    baseline: str | None = None
    difference_lower: float | None = None
    difference_upper: float | None = None


def incident_history(x: ArrayLike, y: ArrayLike, day: ArrayLike, *, grid: Grid, bandwidth_m: float) -> History:
    """Put incidents on the grid once, for many forecasts.

    x, y: one point per incident, metres in the CRS of the grid, no nulls. day: local calendar dates, no nulls. Rows of
    days after those asked for later may be present and are never read. bandwidth_m: of the kernel density.
    The order of the rows changes nothing. Raises ValueError for nulls or inputs of different length.
    """
    located = locate_incidents(x, y, day, grid=grid)
    days = timestamps(day).to_numpy().astype("datetime64[D]").astype(np.int64)
    return History(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), days, located, bandwidth_m)


def expected_incidents(method: str, past: History, *, as_of: Date, trial_days: int) -> Doubles:
    """Incidents expected in each cell in the trial_days days after as_of; nothing of a later day is read.

    method, each of which expects as many in all as the 365 days that end with as_of held, scaled to trial_days; they
    differ in where:
      last_year    in the cells where those incidents were
      three_years  in the cells where the incidents of the 1,095 days were
      density      by the quartic kernel density of the 365 days
      uniform      in all cells alike
      forecast     the model: Poisson regression on what was known of each cell
    The model learns from the last 12 periods of trial_days days, each told from the day before it began, the newest
    ending with as_of: no feature is of a day after that day, no outcome of a day after as_of. Features of a cell:
    logarithm of 1 + incidents in the cell, in the eight around it and in the sixteen around those over the last 90, 365
    and 1,095 days, and of the kernel density of the 1,095. No arrest, stop or trait of a resident is among them. It is
    uniform when there is nothing to learn from. Nothing is random.
    Gradient-boosted trees on the same features (Poisson loss, 100 trees of 4 leaves, the best of three settings) caught
    4.8 and 10.4 % of the incidents of St. Louis and Philadelphia on NIJ's largest area, this model 5.0 and 11.3 %, in a
    fourteenth of the time or less: there is one model.

    Returns rows x columns of the grid, NaN outside the mask; all zero without an incident in the 365 days.
    Raises ValueError for another method.
    """
    if method not in METHODS:
        raise ValueError(f"method is [{method}]; it is one of {list(METHODS)}")
    if method == "forecast":
        examples = [_example(past, day, trial_days) for day in _origins(as_of, trial_days)]
        return _predict(examples, past, as_of=as_of, trial_days=trial_days)
    if method == "last_year":
        weight = past.counts(as_of, YEAR_DAYS)
    elif method == "three_years":
        weight = past.counts(as_of, 3 * YEAR_DAYS)
    elif method == "density":
        weight = past.density(as_of, YEAR_DAYS)
    else:
        weight = np.ones(past.grid.mask.shape)
    return _scaled(weight, past, as_of=as_of, trial_days=trial_days)


def try_forecasts(past: History, *, as_of: Date, trial_days: int) -> pd.DataFrame:
    """Try model and baselines on each of the 12 periods of trial_days days that end with as_of.

    Each is made with what was known the day before its period, the model trained as of that day. A period is tried only
    when the model had at least 100 incidents to learn from.
    Returns one row per period and method, oldest first: chosen_on (datetime64, last day known), method, incidents,
    incidents_inside (on NIJ's largest area, expected over ties).
    """
    largest = nij_cells(past.grid)[1]
    examples: dict[Date, _Example] = {}
    rows = []
    for chosen_on in reversed(_origins(as_of, trial_days)):
        origins = _origins(chosen_on, trial_days)
        if outcome_events(past, as_of=chosen_on, trial_days=trial_days) < MIN_EVENTS:
            continue
        # Neighbouring trials share all but one of their periods.
        examples = {day: examples.get(day) or _example(past, day, trial_days) for day in origins}
        expected = {name: expected_incidents(name, past, as_of=chosen_on, trial_days=trial_days) for name in BASELINES}
        expected["forecast"] = _predict(list(examples.values()), past, as_of=chosen_on, trial_days=trial_days)
        observed = past.counts(chosen_on + timedelta(days=trial_days), trial_days)
        for method in METHODS:
            inside = (choose_cells(expected[method], cells=largest, grid=past.grid) * observed).sum()
            rows.append((np.datetime64(chosen_on, "D"), method, int(observed.sum()), float(inside)))
    frame = pd.DataFrame(rows, columns=["chosen_on", "method", "incidents", "incidents_inside"])
    return frame.astype({"chosen_on": "datetime64[s]", "incidents": np.int64, "incidents_inside": np.float64})


def outcome_events(past: History, *, as_of: Date, trial_days: int) -> int:
    """Incidents in the 12 periods of trial_days days that end with as_of: what a model of that day learns from."""
    return int(past.located.counts(as_of, PERIODS * trial_days).sum())


def choose_forecast(trials: pd.DataFrame, *, outcome_events: int, seed: int) -> ForecastChoice:
    """Decide which method is published: the model only where it beats every baseline, and surely.

    trials: as of try_forecasts. outcome_events: incidents the newest model learned from. The model is published when it
    caught more of the incidents of all trials than every baseline, and the 95 % interval of the difference to the best
    baseline (bootstrap over trials, paired, percentile, 1,999 draws) lies above zero; otherwise the best baseline is.
    With 12 trials such an interval is a little short: simulated with no difference at all, it lies above zero in 4 of
    100 categories, not in 2.5. Below 100 outcome events nothing is published; below 6 trials, last year's counts.
    """
    if outcome_events < MIN_EVENTS:
        reason = f"only [{outcome_events}] incidents to learn from; a forecast needs at least [{MIN_EVENTS}]"
        return ForecastChoice("none", reason, outcome_events, trials=0)
    caught = trials.pivot(index="chosen_on", columns="method", values="incidents_inside")
    happened = trials.groupby("chosen_on")["incidents"].first()
    total = int(happened.sum())
    if len(caught) < MIN_TRIALS or total == 0:
        reason = (
            f"only [{len(caught)}] earlier periods with [{total}] incidents to try the model on; at least "
            f"[{MIN_TRIALS}] are needed, so last year's counts are published"
        )
        return ForecastChoice("last_year", reason, outcome_events, trials=len(caught))
    rates = caught.sum() / total
    best = max(BASELINES, key=lambda name: float(rates[name]))
    differences = (caught["forecast"] - caught[best]).to_numpy()
    drawn = np.random.default_rng(seed).integers(len(differences), size=(DRAWS, len(differences)))
    among = happened.to_numpy()[drawn].sum(axis=1)
    ratio = np.divide(differences[drawn].sum(axis=1), among, out=np.zeros(DRAWS), where=among > 0)
    lower, upper = (float(end) for end in np.quantile(ratio, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]))
    wins = rates["forecast"] > rates[best] and lower > 0
    reason = (
        f"over {len(caught)} periods the model caught {rates['forecast']:.1%} of {total} incidents, {_NAMES[best]} "
        f"{rates[best]:.1%}; the 95 % interval of the difference, {lower:+.1%} to {upper:+.1%}, "
    )
    reason += "lies above zero" if wins else f"does not lie above zero, so {_NAMES[best]} is published"
    return ForecastChoice(
        published="forecast" if wins else best,
        reason=reason,
        outcome_events=outcome_events,
        trials=len(caught),
        hit_rate_forecast=float(rates["forecast"]),
        hit_rate_baseline=float(rates[best]),
        baseline=best,
        difference_lower=lower,
        difference_upper=upper,
    )


_NAMES = {
    "last_year": "last year's count",
    "three_years": "the count of three years",
    "density": "last year's kernel density",
    "uniform": "chance",
}


@dataclass(frozen=True, eq=False)
class _Example:
    """One earlier period: what was known of each cell of the mask before, what happened, what last year promised."""

    known: Doubles
    happened: Doubles
    promised: float


def _origins(as_of: Date, trial_days: int) -> list[Date]:
    """The days before the last PERIODS periods that ended by as_of, newest first."""
    return [as_of - timedelta(days=trial_days * back) for back in range(1, PERIODS + 1)]


def _example(past: History, origin: Date, trial_days: int) -> _Example:
    mask = past.grid.mask
    return _Example(
        known=_features(past, origin),
        happened=past.counts(origin + timedelta(days=trial_days), trial_days)[mask],
        promised=_promised(past, origin, trial_days) / max(int(np.count_nonzero(mask)), 1),
    )


def _features(past: History, origin: Date) -> Doubles:
    mask = past.grid.mask
    columns = []
    for days in WINDOWS_DAYS:
        own = past.counts(origin, days)
        near, wide = (ndimage.convolve(own, np.ones((side, side)), mode="constant") for side in (3, 5))
        columns += [np.log1p(part[mask]) for part in (own, near - own, wide - near)]
    spread = past.density(origin, WINDOWS_DAYS[-1])[mask]
    average = spread.mean()
    columns.append(np.log1p(spread / average / FLOOR) if average > 0 else np.zeros(spread.size))
    return np.column_stack(columns)


def _predict(examples: list[_Example], past: History, *, as_of: Date, trial_days: int) -> Doubles:
    learned = [example for example in examples if example.promised > 0]
    expected = np.ones(past.grid.mask.shape)
    if learned and any(example.happened.any() for example in learned):
        # Rate over what last year promised, weighted with that promise: a Poisson regression with exposure.
        known = np.concatenate([example.known for example in learned])
        ratio = np.concatenate([example.happened / example.promised for example in learned])
        weight = np.concatenate([np.full(example.happened.size, example.promised) for example in learned])
        model = PoissonRegressor(alpha=RIDGE, solver="newton-cholesky", max_iter=200)
        # A first step that goes too far overflows; the solver sees that and takes a shorter one. One thread: more wait
        # for each other forty times as long as they work when the machine is busy.
        with np.errstate(over="ignore", invalid="ignore"), threadpool_limits(limits=1):
            model.fit(known, ratio, sample_weight=weight)
        expected[past.grid.mask] = np.exp(np.round(_features(past, as_of) @ model.coef_, DECIMALS))
    return _scaled(expected, past, as_of=as_of, trial_days=trial_days)


def _promised(past: History, as_of: Date, trial_days: int) -> float:
    """Incidents of the last year, scaled to trial_days."""
    return float(past.counts(as_of, YEAR_DAYS).sum()) * trial_days / YEAR_DAYS


def _scaled(weight: Doubles, past: History, *, as_of: Date, trial_days: int) -> Doubles:
    mask = past.grid.mask
    whole = float(weight[mask].sum())
    share = weight / whole if whole > 0 else np.zeros(mask.shape)
    return np.where(mask, share * _promised(past, as_of, trial_days), np.nan)
