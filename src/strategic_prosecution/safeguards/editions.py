"""What earlier public editions said: people kept them, so a later one is checked against them.

Three rules. What was hidden stays hidden. A small change of a number about people is held: the row says what it said
before until the number has changed by min_cell or more, or back; no row says that it is held, which would tell that
something small happened there. And the changes that do appear are numbers like any other: together they may not give
away a small one, and neither may a sum that is new.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from strategic_prosecution.safeguards.relations import System
from strategic_prosecution.safeguards.small_cells import KEY, Cells, Mask, Numbers, counts

# What a row says, and says again when it is held.
SAYS = ["numerator", "denominator", "value", "lower", "upper"]


@dataclass(frozen=True)
class Before:
    """What is known of each row from earlier editions.

    ``hidden`` and ``shown``: as what it was last said; ``is_old``: its table was out, if not the row itself; ``known``:
    it was shown as it is now; ``changed``: by how much its numbers changed since, nan where nobody can tell;
    ``held``: it was shown, and a number of it changed by less than min_cell; ``said``: what the row said.
    """

    hidden: Mask
    shown: Mask
    is_old: Mask
    known: Mask
    held: Mask
    changed: Numbers
    said: pd.DataFrame


def before(rows: pd.DataFrame, cells: Cells, said: pd.DataFrame, *, min_cell: int) -> Before:
    """Compare rows (sorted by key) with what was said of them: KEY, suppressed and SAYS, one row per cell."""
    keyed = said.assign(period_start=pd.to_datetime(said["period_start"]).astype(rows["period_start"].dtype))
    found = rows[KEY].merge(keyed[[*KEY, "suppressed", *SAYS]], on=KEY, how="left", validate="one_to_one")
    was_hidden = found["suppressed"].eq(True).to_numpy(dtype=bool, na_value=False)
    was_shown = found["suppressed"].eq(False).to_numpy(dtype=bool, na_value=False)
    table = [name for name in KEY if name != "segment"]
    is_old = rows[table].merge(keyed[table].drop_duplicates(), on=table, how="left", indicator=True)["_merge"] == "both"
    then = counts(found, cells.statistics)
    # A segment nobody had before was a 0 nobody wrote.
    then[is_old.to_numpy() & ~was_hidden & ~was_shown] = 0.0
    changed = np.where(np.isnan(cells.values), 0.0, cells.values - then)
    changed[was_hidden] = np.nan
    moved = np.abs(changed)
    is_small = ((moved >= 1) & (moved < min_cell)).any(axis=1)
    return Before(
        hidden=was_hidden,
        shown=was_shown,
        is_old=is_old.to_numpy(),
        known=was_shown & (moved == 0).all(axis=1),
        held=was_shown & is_small & cells.can_hide & ~cells.small,
        changed=changed,
        said=found,
    )


def changes(system: System, cells: Cells, before: Before, *, min_cell: int) -> System:
    """The changes since the editions before as a system of their own, joined to that of the numbers.

    A change is known where its row is shown and was shown. A small one needs the range of a small number; so does any
    of a row that was hidden, which nobody here knows. A reader is taken to know which way each number went. Sums over
    people who are counted once say nothing of changes. Where a sum is new, it is the number itself of a row that is
    held that needs the range: less what the row says, it is the change.
    """
    rows = len(cells.can_hide)
    changed = np.concatenate([before.changed[:, 0], before.changed[:, 1], before.changed.sum(axis=1)])
    is_old = np.tile(before.is_old, 3)
    size = len(changed)
    sums = system.sums.tocoo()
    foreign = (sums.col >= size) | ~is_old[np.minimum(sums.col, size - 1)]
    useless = np.zeros(sums.shape[0], dtype=bool)
    useless[sums.row[foreign]] = True
    sign = np.where(changed < 0, -1.0, 1.0)
    lines = sparse.csr_array(system.sums[~useless][:, :size] @ sparse.diags_array(sign))
    # Where nothing that was shown has changed, the editions differ in nothing.
    is_news = np.nan_to_num(changed) != 0
    lines = lines[np.asarray(abs(lines) @ is_news > 0)]
    moved = np.abs(changed)
    is_unknown = np.isnan(changed)
    small = (is_unknown | ((moved >= 1) & (moved < min_cell))) & np.tile(cells.can_hide & is_old[:rows], 3)
    small[2 * rows :] = False
    stands = np.zeros(size, dtype=bool)
    stands[lines.indices] = True
    # What was shown as it is cannot be kept from anybody any more. Numbers that hang together with none told anew are
    # said again as they were said: that gives nothing away.
    is_old_news = (system.row >= 0) & before.known[system.row]
    near = _near(system, ~(before.known | before.hidden | before.held))
    still = np.where(is_old_news | ~near, 0.0, system.need)
    is_held = small & np.tile(before.held, 3)
    still[:size][is_held & _near(system, ~before.is_old)[:size]] = min_cell
    held, down, turned = np.flatnonzero(is_held), system.down.copy(), np.ones(len(system.row))
    down[held], turned[held] = moved[held], sign[held]
    together = sparse.csr_array(sparse.block_diag([system.sums @ sparse.diags_array(turned), lines]))
    return System(
        sums=together,
        lines_of=sparse.csr_array(together.T),
        row=np.concatenate([system.row, np.tile(np.arange(rows), 3)]),
        down=np.concatenate([down, np.where(is_unknown, np.inf, moved)]),
        need=np.concatenate([still, np.where(small & stands & near[:size], float(min_cell), 0.0)]),
    )


def _near(system: System, rows: Mask) -> Mask:
    """Numbers that hang together, through sums, with a number of these rows."""
    entries = system.sums.tocoo()
    lines, numbers = system.sums.shape
    graph = sparse.coo_array(
        (np.ones(entries.nnz), (entries.row, entries.col + lines)), shape=(lines + numbers, lines + numbers)
    )
    label = connected_components(graph, directed=False)[1][lines:]
    near: Mask = np.isin(label, label[(system.row >= 0) & rows[system.row]])
    return near


def repeat(rows: pd.DataFrame, before: Before, held: Mask) -> pd.DataFrame:
    """The rows with those that are held saying what they said."""
    if not held.any():
        return rows
    said = {name: rows[name].astype("Float64").mask(held, before.said[name].astype("Float64")) for name in SAYS}
    return rows.assign(
        **{name: values.astype("Int64" if name in SAYS[:2] else "float64") for name, values in said.items()}
    )
