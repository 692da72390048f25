"""Dates as they are given to the functions of this package."""

import pandas as pd
from numpy.typing import ArrayLike


def timestamps(values: ArrayLike) -> pd.Series:
    """The values as datetime64. ValueError for text: whether 03/04 is March or April, whoever wrote it knows."""
    given = pd.Series(values)
    if pd.api.types.is_string_dtype(given.dtype) and given.map(lambda value: isinstance(value, str)).any():
        raise ValueError(
            "dates are text; parse them first, saying what stands where: pd.to_datetime(dates, format='%d/%m/%Y')"
        )
    return pd.Series(pd.to_datetime(given))
