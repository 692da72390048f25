"""The office's own table of crime-harm weights, read or refused in one line."""

import pytest

from strategic_prosecution.settings import SettingsError, load_office
from strategic_prosecution.stages.crime_harm import crime_harm_weights

OFFICE = """
[office]
name = "Invented County"
timezone = "America/New_York"
crs = "EPSG:26986"
case_unit = "defendant"

[hotspots.categories]
shootings = ["homicide", "nonfatal_shooting"]
"""
TABLE = '\n[hotspots.crime_harm]\nfile = "weights.csv"\nversion = "Invented 2025"\n'


def office(folder, rows: str | None):
    if rows is not None:
        (folder / "weights.csv").write_text(rows, encoding="utf-8")
    (folder / "office.toml").write_text(OFFICE + TABLE, encoding="utf-8")
    return load_office(folder / "office.toml")


def test_none_by_default(tmp_path):
    (tmp_path / "office.toml").write_text(OFFICE, encoding="utf-8")
    assert crime_harm_weights(load_office(tmp_path / "office.toml")) is None


def test_weights_by_offense(tmp_path):
    rows = "\ufeffweight,offense_category,note\n5000,homicide,x\n1200.5,nonfatal_shooting,\n0,theft,\n"
    weights = crime_harm_weights(office(tmp_path, rows))
    assert weights.to_dict() == {"homicide": 5000.0, "nonfatal_shooting": 1200.5, "theft": 0.0}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (None, r"cannot be read as CSV in UTF-8 \(FileNotFoundError\)"),
        ("", r"cannot be read as CSV in UTF-8 \(EmptyDataError\)"),
        ("offense_category,harm\nhomicide,1\n", r"has no column \[weight\]"),
        ("offense_category,weight\nhomicde,1\n", r"no offense \[homicde\]; did you mean \[homicide\]"),
        ("offense_category,weight\nhomicide,1\nhomicide,2\n", r"\[homicide\] stands twice"),
        ("offense_category,weight\nhomicide,-1\nnonfatal_shooting,1\n", r"the weight of \[homicide\] is no number"),
        ("offense_category,weight\nhomicide,much\nnonfatal_shooting,1\n", r"the weight of \[homicide\] is no number"),
        ("offense_category,weight\nhomicide,inf\nnonfatal_shooting,1\n", r"the weight of \[homicide\] is no number"),
        ("offense_category,weight\nhomicide,1\n", r"has no weight for \[nonfatal_shooting\], which is mapped"),
    ],
)
def test_other_tables_are_refused(tmp_path, rows, told):
    with pytest.raises(SettingsError, match=r"hotspots\.crime_harm\.file \[weights\.csv\].*" + told) as error:
        crime_harm_weights(office(tmp_path, rows))
    assert "\n" not in str(error.value)
