"""What the geocoder is, as one digest: an answer holds as long as it does."""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("duckdb", "geopandas", "numpy", "pandas", "pyarrow", "pyogrio", "pyproj", "scipy", "shapely")


def geocoder_code() -> str:
    """SHA-256 of the geocoder's own source and SQL files and of the versions of the libraries it answers with.

    Equal digests with an equal reference and equal settings mean equal answers, so an answer may be kept.
    """
    digest = sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".sql"):
            digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()
