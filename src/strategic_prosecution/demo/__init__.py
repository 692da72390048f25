"""A seeded, fictional county with known truth: extracts as an office would receive them, and what is true of them.

Everything in it is invented: people, streets, groups, events. The same arguments give the same bytes.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from strategic_prosecution.demo import county, truth, write
from strategic_prosecution.demo.corruption import DEFAULT, HEAVY, LIGHT, Corruption
from strategic_prosecution.demo.generate import extract_sheets, plant
from strategic_prosecution.demo.linkable import linkable_people
from strategic_prosecution.demo.police_extracts import earlier_incident_sheet

__all__ = ["DEFAULT", "HEAVY", "LIGHT", "Corruption", "County", "linkable_people", "write_county"]

# Invented weights, so that there is something to see: an office brings its own table.
CRIME_HARM = (
    ("homicide", 5000),
    ("nonfatal_shooting", 1200),
    ("sexual_assault", 1500),
    ("robbery", 300),
    ("aggravated_assault", 250),
    ("burglary", 20),
    ("weapons", 15),
    ("drugs", 4),
    ("vandalism", 2),
    ("public_order", 1),
)
_FEWEST_INCIDENTS = 1000


@dataclass(frozen=True)
class County:
    """Where the county lies on disk, and its rows per core table, dirty rows apart."""

    folder: Path
    office_toml: Path
    raw_dir: Path
    layers_dir: Path
    truth_dir: Path
    extracts: tuple[Path, ...]
    counts: dict[str, int]


def write_county(
    folder: Path, *, incidents: int = 60_000, seed: int = 20240101, corruption: Corruption = DEFAULT
) -> County:
    """Write the fictional county: office.toml, raw/ (extracts), layers/ (the map), truth/ (never read by the pipeline).

    Three years, 2023-2025; arrests are about a quarter of the incidents, cases a sixth. ``corruption`` says how badly
    agencies write people down: LIGHT, DEFAULT, HEAVY or rates of your own. The same arguments give the same bytes; a
    file whose bytes would not change is not rewritten, and each file carries the time of its extract.
    Raises ValueError below 1,000 incidents.
    """
    if incidents < _FEWEST_INCIDENTS:
        raise ValueError(f"incidents [{incidents}] are too few to plant anything; ask for {_FEWEST_INCIDENTS} or more")
    folder = Path(folder)
    # As an office should keep what it receives; `check` says so.
    (folder / "raw").mkdir(mode=0o700, parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    planted = plant(rng, incidents=incidents, corruption=corruption)
    earlier, corrections = earlier_incident_sheet(rng, planted.tables["incidents"])
    extracts, dirt = [write.write_sheet(folder, earlier)], []
    del earlier
    for sheet in extract_sheets(rng, planted):
        extracts.append(write.write_sheet(folder, sheet))
        dirt.append(write.dirty_rows(sheet))
    dirty = pd.concat(dirt, ignore_index=True)
    layers, true = folder / "layers", folder / "truth"
    write.write_table(layers / "streets.csv", county.streets_layer(planted.street_map))
    write.write_table(layers / "aliases.csv", county.aliases_layer())
    write.write_table(layers / "population.csv", planted.street_map.population)
    write.write_table(layers / "crime_harm.csv", pd.DataFrame(CRIME_HARM, columns=["offense_category", "weight"]))
    write.write_json(layers / "districts.geojson", county.districts_layer(planted.street_map))
    for name, table in truth.truth_tables(planted, corrections).items():
        write.write_table(true / f"{name}.csv", table)
    write.write_table(true / "dirty_rows.csv", dirty)
    facts = truth.facts(planted, incidents=incidents, seed=seed, dirty=dirty)
    write.write_json(true / "truth.json", facts)
    template = files("strategic_prosecution.demo").joinpath("office.toml").read_text(encoding="utf-8")
    office_toml = write.write_text(folder / "office.toml", template)
    return County(folder, office_toml, folder / "raw", layers, true, tuple(extracts), facts["rows"])
