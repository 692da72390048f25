"""The office's own table of crime-harm weights."""

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.settings import Office, SettingsError, nearest


def crime_harm_weights(office: Office) -> pd.Series | None:
    """Weight by offense category, of every offense that is mapped; None where the office has no table.

    Raises SettingsError for a file that is not there or not such a table, offenses that do not exist or stand twice,
    weights that are no number of 0 or more, and mapped offenses without one.
    """
    table = office.hotspots.crime_harm
    if table is None:
        return None
    where = f"hotspots.crime_harm.file [{table.file}]"
    try:
        rows = pd.read_csv(office.resolve(table.file), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise SettingsError(f"{where} cannot be read as CSV in UTF-8 ({type(error).__name__})") from None
    for name in ("offense_category", "weight"):
        if name not in rows.columns:
            raise SettingsError(f"{where} has no column [{name}]; it needs offense_category and weight")
    for name in rows["offense_category"]:
        if name not in model.OFFENSES:
            raise SettingsError(f"{where}: no offense [{name}]{nearest(name, model.OFFENSES)}")
    twice = rows.loc[rows["offense_category"].duplicated(), "offense_category"]
    if len(twice):
        raise SettingsError(f"{where}: offense [{twice.iloc[0]}] stands twice; give each one weight")
    weights = pd.Series(
        pd.to_numeric(rows["weight"], errors="coerce").to_numpy(dtype="float64"), index=rows["offense_category"]
    )
    bad = weights[~((weights >= 0) & (weights < float("inf")))]
    if len(bad):
        raise SettingsError(f"{where}: the weight of [{bad.index[0]}] is no number of 0 or more")
    mapped = {offense for offenses in office.hotspots.categories.values() for offense in offenses}
    missing = sorted(mapped - set(weights.index))
    if missing:
        raise SettingsError(f"{where} has no weight for [{missing[0]}], which is mapped; give every mapped offense one")
    return weights
