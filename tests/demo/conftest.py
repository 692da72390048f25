"""One small county for the whole module: written once, read by every test."""

import pytest

from strategic_prosecution.demo import County, write_county


@pytest.fixture(scope="package")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    return write_county(tmp_path_factory.mktemp("county"), incidents=2000)
