"""office.example.toml is what a new office copies: it loads, has every setting, and shows true defaults."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from strategic_prosecution import settings

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "office.example.toml"
# `#key = ...` and `#[section]` are settings left out; `# text` explains.
LEFT_OUT = re.compile(r"(?m)^#(?=[\w\[])")
# Set by the program, never by the file.
NOT_SETTINGS = {"path", "fingerprint"}


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """The example with every setting that is left out put in."""
    path = tmp_path / "office.toml"
    path.write_text(LEFT_OUT.sub("", EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def test_the_example_loads_as_it_stands() -> None:
    office = settings.load_office(EXAMPLE)
    assert office.raw_dir == ROOT / "data" / "raw"
    assert [feed.table for extract in office.extracts.values() for feed in extract.feeds] == [
        "incidents",
        "cases",
        "defendants",
        "memberships",
    ]


def test_the_example_loads_with_every_setting_put_in(everything: Path) -> None:
    office = settings.load_office(everything)
    assert office.release.smallest_public_area == "police_district"


def test_every_setting_stands_in_the_example(everything: Path) -> None:
    given = tomllib.loads(everything.read_text(encoding="utf-8"))
    found: dict[type[BaseModel], set[str]] = {}
    for section, keys in _sections(settings.load_office(everything), given):
        found.setdefault(section, set()).update(keys)
    missing = {
        section.__name__: sorted(set(section.model_fields) - NOT_SETTINGS - found.get(section, set()))
        for section in _section_types()
    }
    assert {name: keys for name, keys in missing.items() if keys} == {}


def test_settings_left_out_are_shown_with_their_defaults(everything: Path) -> None:
    shown = settings.load_office(everything)
    sections: list[BaseModel] = [
        *(shown.office, shown.hotspots, shown.groups, shown.release, shown.warehouse, shown.retention),
        # What has no default but a section of its own is shown by an example.
        *(shown.groups.call_ins, shown.groups.intimate_partner, shown.groups.drug_market),
        shown.groups.early_intervention,
    ]
    for section in sections:
        for name, field in type(section).model_fields.items():
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            if default not in (None, ()) and not (section is shown.groups and isinstance(default, BaseModel)):
                assert getattr(section, name) == default, f"{name}: the example shows another value than the default"


def test_a_mistyped_key_of_the_example_is_refused(everything: Path) -> None:
    everything.write_text(everything.read_text(encoding="utf-8").replace("min_cell =", "min_cel ="), encoding="utf-8")
    with pytest.raises(settings.SettingsError, match=r"release\.min_cel.*did you mean \[min_cell\]"):
        settings.load_office(everything)


def _section_types() -> list[type[BaseModel]]:
    return [settings.Office, *(kind for kind in settings._Section.__subclasses__() if kind is not settings.Office)]


def _sections(section: BaseModel, given: Mapping[str, Any]) -> Iterator[tuple[type[BaseModel], set[str]]]:
    """Each section of a loaded office with the keys its part of the file gives."""
    yield type(section), set(given)
    for name, value in given.items():
        loaded = getattr(section, name)
        if isinstance(loaded, BaseModel):
            yield from _sections(loaded, value)
        elif isinstance(loaded, tuple) and loaded and isinstance(loaded[0], BaseModel):
            for item, part in zip(loaded, value, strict=True):
                yield from _sections(item, part)
        elif isinstance(loaded, dict):
            for key, item in loaded.items():
                if isinstance(item, BaseModel):
                    yield from _sections(item, value[key])
