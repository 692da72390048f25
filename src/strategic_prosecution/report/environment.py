"""How templates become text: values are escaped, no address keeps its scheme, only scripts named by hash may run."""

from base64 import b64encode
from functools import cache
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from strategic_prosecution.report.tables import absent
from strategic_prosecution.report.wording import day, without_scheme


@cache
def environment() -> Environment:
    """The templates of the report, compiled once."""
    made = Environment(
        loader=PackageLoader("strategic_prosecution.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: (
            without_scheme(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
    )
    made.filters["day"] = day
    made.globals["absent"] = absent
    return made


def policy(*scripts: str) -> str:
    """The Content-Security-Policy: nothing may be fetched; only these scripts run, each named by its SHA-256."""
    hashes = [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts if script]
    allowed = " ".join(hashes) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
