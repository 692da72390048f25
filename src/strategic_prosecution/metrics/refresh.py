"""How much history the metrics of one as_of keep: recent periods, and older ones whose value is no longer the same."""

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from strategic_prosecution.metrics.compute import KEY

_SAYS = ["numerator", "denominator", "value", "lower", "upper", "unit", "basis", "complete", "note"]
_KINDS = {"unit": "str", "basis": "str", "complete": "boolean", "note": "str"}
GONE = "no longer in the data"


def refresh(now: pd.DataFrame, previous_month_end: pd.DataFrame, *, earlier: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The rows of ``now`` worth storing, so that the newest row of each key over all as_of's is what ``now`` says.

    now
        what compute gives for one as_of: every period
    previous_month_end
        the newest stored row of each key (metric, period, period_start, breakdown, segment) as of the month end before
    earlier
        the same as of the night before: nights are pruned, so what must last is compared with month ends, and what a
        night said and is no longer so is taken back too

    Kept: periods that ended in the 13 months before as_of or have not ended; older ones that differ from
    ``previous_month_end`` or are not in it. A key of either that ``now`` no longer has gets a row without numbers
    and the note 'no longer in the data', so that a withdrawn number is not the newest for ever. Sorted by key; columns
    of ``now``.
    """
    keys, keys_before, keys_earlier = _numbered(now, previous_month_end, earlier)
    at = pd.Index(keys_before).get_indexer(pd.Index(keys))
    recent = (pd.to_datetime(now["period_end"]) > pd.Timestamp(as_of) - pd.DateOffset(months=13)).to_numpy()
    said = (at >= 0) & ~recent
    same = np.zeros(len(now), dtype=bool)
    same[said] = _says_the_same(now[said], previous_month_end.iloc[at[said]])
    lost = [
        frame[~np.isin(numbers, keys) & (frame["note"] != GONE).fillna(True).to_numpy(dtype=bool)]
        for frame, numbers in ((previous_month_end, keys_before), (earlier, keys_earlier))
    ]
    kept = pd.concat([now[~same], _gone(lost, like=now, as_of=as_of)], ignore_index=True)
    return kept.sort_values(KEY, ignore_index=True)


def _numbered(*frames: pd.DataFrame) -> list[npt.NDArray[np.int64]]:
    """The key of every row as one number, the same in all frames: five columns of text are slow to join by."""
    numbers = np.zeros(sum(map(len, frames)), dtype="int64")
    for name in KEY:
        days = name == "period_start"
        columns = [frame[name].astype("datetime64[us]" if days else "str") for frame in frames]
        codes, found = pd.factorize(pd.concat(columns, ignore_index=True))
        numbers = numbers * max(len(found), 1) + codes
    return np.split(numbers, np.cumsum([len(frame) for frame in frames])[:-1])


def _says_the_same(now: pd.DataFrame, before: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether rows of the same keys say the same, whether they come from compute or from the database."""
    same = np.ones(len(now), dtype=bool)
    for name in _SAYS:
        kind: Any = _KINDS.get(name, "Float64")
        left, right = (frame[name].astype(kind).reset_index(drop=True) for frame in (now, before))
        same &= ((left == right).fillna(False) | (left.isna() & right.isna())).to_numpy(dtype=bool)
    return same


def _gone(lost: list[pd.DataFrame], *, like: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows without numbers for what is no longer said."""
    days = {"period_start": "datetime64[us]", "period_end": "datetime64[us]"}
    gone = pd.concat([frame.astype(days) for frame in lost], ignore_index=True).drop_duplicates(KEY)
    gone = gone.assign(as_of=pd.Timestamp(as_of).as_unit("us"), suppressed=False, note=GONE)
    gone[["numerator", "denominator", "value", "lower", "upper"]] = np.nan
    return gone[like.columns].astype(like.dtypes.to_dict())
