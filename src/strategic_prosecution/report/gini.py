"""How unequally something is spread over residents."""

from collections.abc import Sequence

import numpy as np


def gini(amounts: Sequence[float], residents: Sequence[float]) -> float | None:
    """How unequally amounts are spread over residents: 0 = every area as its residents, towards 1 = all in one area.

    Areas are ordered by amount per resident; twice the area between the Lorenz curve (Lorenz 1905) and the diagonal
    (Gini 1914). None without an amount or without residents; areas without residents are left out.
    """
    amount, people = np.asarray(amounts, dtype=float), np.asarray(residents, dtype=float)
    amount, people = amount[people > 0], people[people > 0]
    if not amount.sum() > 0:
        return None
    order = np.lexsort((people, amount / people))
    held = np.r_[0.0, amount[order].cumsum() / amount.sum()]
    return float(1 - np.sum(people[order] / people.sum() * (held[1:] + held[:-1])))
