"""How much history the metrics of one as_of keep: recent periods, and older ones whose value is no longer the same."""

from datetime import date

import numpy as np
import pandas as pd

from strategic_prosecution.metrics.compute import KEY

_SAYS = ["numerator", "denominator", "value", "lower", "upper", "unit", "basis", "complete", "note"]
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
    recent = pd.to_datetime(now["period_end"]) > pd.Timestamp(as_of) - pd.DateOffset(months=13)
    older = now[~recent]
    matched = _comparable(older).merge(_comparable(previous_month_end), on=KEY, how="left", suffixes=("", "_before"))
    same = matched["_is_here_before"].notna().to_numpy()
    for name in _SAYS:
        left, right = matched[name], matched[f"{name}_before"]
        same = same & ((left == right) | (left.isna() & right.isna())).fillna(False).to_numpy(dtype=bool)
    kept = pd.concat(
        [now[recent], older[~same], _gone(now, previous_month_end, earlier, as_of=as_of)], ignore_index=True
    )
    return kept.sort_values(KEY, ignore_index=True)


def _comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """Keys and what a row says, in types that compare alike whether they come from compute or from the database."""
    numbers = {name: frame[name].astype("Float64") for name in ("numerator", "denominator", "value", "lower", "upper")}
    texts = {name: frame[name].astype("string") for name in ("unit", "basis", "note")}
    return frame[KEY].assign(
        period_start=pd.to_datetime(frame["period_start"]).dt.as_unit("us"),
        **numbers,
        **texts,
        complete=frame["complete"].astype("boolean"),
        _is_here=1,
    )


def _gone(now: pd.DataFrame, *before: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows without numbers for the keys only ``before`` has, unless they say so already."""
    keys = _comparable(now)[KEY]
    found = []
    for frame in before:
        lost = _comparable(frame)[[*KEY, "note"]].merge(keys, on=KEY, how="left", indicator=True)
        is_new = ((lost["_merge"] == "left_only") & (lost["note"] != GONE).fillna(True)).to_numpy(dtype=bool)
        found.append(frame[is_new].astype({"period_start": "datetime64[us]", "period_end": "datetime64[us]"}))
    gone = pd.concat(found, ignore_index=True).drop_duplicates(KEY)
    gone = gone.assign(as_of=pd.Timestamp(as_of).as_unit("us"), suppressed=False, note=GONE)
    gone[["numerator", "denominator", "value", "lower", "upper"]] = np.nan
    return gone[now.columns].astype(now.dtypes.to_dict())
