"""House numbers as layers write them: `120`, `120.0`, `12A`, `N6W230`, `10-20`."""

import numpy as np
import pandas as pd

_PLAIN = r"^(-?\d{1,9})(?:\.0+)?$"
_LETTERED = r"^(\d{1,9})(?:[ -]?[A-Z]| 1/2)$"


def house_numbers(values: pd.Series) -> pd.DataFrame:
    """The number in each text: number (float, null when there is none), lettered, unreadable; index of `values`.

    `12A`, `12-A` and `12 1/2` are 12, lettered. Everything else that is not a whole number (`N6W230`, `10-20`,
    `12AB`, 7.5) is unreadable: half a grid or Queens number read as a plain one would be another house. Blank is
    neither.
    """
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    text = pd.Series(distinct, dtype=object).astype(str).str.strip().str.upper()
    plain, lettered = text.str.extract(_PLAIN)[0], text.str.extract(_LETTERED)[0]
    number = pd.to_numeric(plain.fillna(lettered), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    table = pd.DataFrame(
        {
            "number": number,
            "lettered": lettered.notna().to_numpy(dtype=bool),
            "unreadable": np.isnan(number) & (text != "").to_numpy(dtype=bool),
        }
    )
    # The last row is what a null (code -1) takes.
    table.loc[len(table)] = [np.nan, False, False]
    return table.astype({"lettered": bool, "unreadable": bool}).iloc[codes].set_index(values.index)
