"""Pseudonyms: a published keyed digest, no key no pseudonym, and the key stands in no output."""

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from strategic_prosecution.safeguards import key_mark, pseudonym_key, pseudonyms
from strategic_prosecution.safeguards.pseudonyms import LENGTH
from strategic_prosecution.settings import Office, load_office

VARIABLE = "STRATEGIC_PROSECUTION_PSEUDONYM_KEY"


def make_office(folder: Path, release: str = "") -> Office:
    path = folder / "office.toml"
    path.write_text(f'[office]\nname = "R"\ntimezone = "UTC"\ncrs = "EPSG:26986"\n{release}', encoding="utf-8")
    return load_office(path)


def test_it_is_hmac_sha256():
    # RFC 4231, test cases 1 and 2.
    assert pseudonyms(pd.Series(["Hi There"]), key=b"\x0b" * 20).tolist() == ["b0344c61d8db3853"]
    assert pseudonyms(pd.Series(["what do ya want for nothing?"]), key=b"Jefe").tolist() == ["5bdcc146bf60754e"]


def test_equal_people_are_equal_null_is_null_and_order_stays():
    found = pseudonyms(pd.Series(["p_1", None, "p_2", "p_1"], index=[9, 8, 7, 6]), key=b"key")
    assert found.index.tolist() == [9, 8, 7, 6]
    assert found[9] == found[6] != found[7] and pd.isna(found[8])
    assert pseudonyms(pd.Series([], dtype=object), key=b"key").empty


def test_another_key_gives_other_pseudonyms():
    people = pd.Series([f"p_{number}" for number in range(1000)])
    one, two = pseudonyms(people, key=b"one"), pseudonyms(people, key=b"two")
    assert one.is_unique and two.is_unique and not set(one) & set(two)
    assert not one.str.contains("p_").any()


def test_a_million_people_have_a_million_pseudonyms():
    """The birthday bound: pairs of people over pseudonyms there are. Ten million stay below one in 100,000."""
    pairs = 10_000_000 * 9_999_999 // 2
    assert pairs / 16**LENGTH < 1e-5
    assert len(pseudonyms(pd.Series(["p_1"]), key=b"key")[0]) == LENGTH


def test_a_key_is_known_again_by_a_mark_that_no_person_has():
    # RFC 2104 over the constant, by hand: the outer and the inner hash of the padded key.
    padded = b"key".ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    message = hashlib.sha256(inner + b"mark of the key of the pseudonyms").digest()
    assert key_mark(b"key") == hashlib.sha256(outer + message).hexdigest()
    assert key_mark(b"key") != key_mark(b"Key")
    assert not key_mark(b"key").startswith(pseudonyms(pd.Series(["p_1"]), key=b"key")[0])


@pytest.mark.parametrize(
    ("environment", "release", "key"),
    [
        (None, "", None),
        ("", "", None),
        ("secret", "", b"secret"),
        (None, '[release]\npublic_demo_key = "demo"\n', b"demo"),
        ("secret", '[release]\npublic_demo_key = "demo"\n', b"secret"),
        ("secret", '[release]\npseudonym_key_env = "ANOTHER_VARIABLE"\n', None),
    ],
)
def test_the_key_comes_from_the_environment_then_the_demo_then_from_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str | None, release: str, key: bytes | None
):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("ANOTHER_VARIABLE", raising=False)
    if environment is not None:
        monkeypatch.setenv(VARIABLE, environment)
    assert pseudonym_key(make_office(tmp_path, release)) == key
