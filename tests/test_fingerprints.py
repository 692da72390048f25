"""Fingerprints: what DuckDB computes is what Python's own hmac computes, whatever the text and the key."""

import hashlib
import hmac
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strategic_prosecution.fingerprints import fingerprint, fingerprint_key, install
from strategic_prosecution.settings import Office, SettingsError
from tests.stages import planted

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@given(table=TEXTS, record=TEXTS, key=st.binary(min_size=1, max_size=200))
@example("cases", "", b"k")
@example("cases", "Żółć é \U0001f600", b"k" * 64)
@example("cases", "CR-1", b"k" * 65)
@example("cases", "it's \\x41", b"\0")
def test_the_macro_says_what_hmac_says(connection: duckdb.DuckDBPyConnection, table: str, record: str, key: bytes):
    expected = hmac.new(key, f"{table}\x1f{record}".encode(), hashlib.sha256).hexdigest()
    install(connection, key=key)
    assert connection.execute("select fingerprint_of(?, ?)", [table, record]).fetchone() == (expected,)
    assert fingerprint(table, record, key=key) == expected


def test_a_published_test_vector():
    """RFC 4231, case 2: key "Jefe"; what is signed here has no separator, so it is given in two parts around one."""
    expected = hmac.new(b"Jefe", b"what do ya want\x1ffor nothing?", "sha256").hexdigest()
    assert fingerprint("what do ya want", "for nothing?", key=b"Jefe") == expected
    # The oracle itself, against the published digest.
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac.new(b"Jefe", b"what do ya want for nothing?", "sha256").hexdigest() == digest


def test_a_record_without_a_key_has_no_fingerprint(connection: duckdb.DuckDBPyConnection):
    install(connection, key=b"k")
    assert connection.execute("select fingerprint_of('cases', null)").fetchone() == (None,)


def test_the_key_comes_from_the_environment_or_there_is_one_line(tmp_path, monkeypatch: pytest.MonkeyPatch):
    office: Office = planted.make_office(tmp_path)
    monkeypatch.delenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", raising=False)
    with pytest.raises(SettingsError, match="STRATEGIC_PROSECUTION_FINGERPRINT_KEY"):
        fingerprint_key(office)
    monkeypatch.setenv("STRATEGIC_PROSECUTION_FINGERPRINT_KEY", "a long random text é")
    assert fingerprint_key(office) == "a long random text é".encode()
