"""What may be called up or down: headline metrics by themselves, everything else after all the tests are counted."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from strategic_prosecution.metrics.limits import OUTER

# Of what is called up or down outside the headline metrics, about so many are chance.
FALSE_DISCOVERIES = 0.05


def give_verdicts(rows: pd.DataFrame, *, headline: Collection[str]) -> pd.DataFrame:
    """The rows with is_headline, q_value and verdict: up, down, none, or not_tested where there is no p-value.

    ``rows``: metric, observed, expected, p_value. A metric of ``headline``, named before the period, is called up or
    down on its own p-value, at 0.2 % (beyond the 99.8 % limits). All other tests of the edition, of every rule, are
    taken together: Benjamini & Hochberg (1995) at 5 %. Up and down say which side; they are not good and bad.
    """
    is_headline = rows["metric"].isin(list(headline)).to_numpy()
    p_value = rows["p_value"].to_numpy(dtype=np.float64)
    among_many = ~np.isnan(p_value) & ~is_headline
    q_value = np.full(len(rows), np.nan)
    if among_many.any():
        q_value[among_many] = false_discovery_control(p_value[among_many], method="bh")
    alarms = np.where(is_headline, p_value <= OUTER, q_value <= FALSE_DISCOVERIES)
    side = np.where(rows["observed"] > rows["expected"], "up", "down")
    verdict = np.where(np.isnan(p_value), "not_tested", np.where(alarms, side, "none"))
    return rows.assign(is_headline=is_headline, q_value=q_value, verdict=verdict)
