"""Whole numbers in given proportions."""

from typing import Any

import numpy as np

from strategic_prosecution.demo.days import Ints


def deal(shares: Any, *, total: int) -> Ints:
    """Whole numbers in proportion to ``shares`` (an array), adding up to ``total``: largest remainders."""
    exact = shares / shares.sum() * total
    whole: Ints = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - whole), kind="stable")[: total - int(whole.sum())]
    whole[rest] += 1
    return whole
