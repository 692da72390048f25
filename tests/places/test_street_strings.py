import pytest

from strategic_prosecution.places.names import clean, name_key, street_readings
from strategic_prosecution.places.parse import parse_address
from strategic_prosecution.places.usps import DIRECTIONALS, ORDINAL_WORDS, SUFFIXES, ordinal


def test_publication_28_examples() -> None:
    # Lines read off USPS Publication 28, appendix C1.
    published = {
        "AVENUE": "AVE", "AV": "AVE", "BOULEVARD": "BLVD", "CRESCENT": "CRES", "CROSSING": "XING", "EXPRESSWAY": "EXPY",
        "HIGHWAY": "HWY", "JUNCTION": "JCT", "PARKWAYS": "PKWY", "TURNPIKE": "TPKE", "STRAVENUE": "STRA", "WAY": "WAY",
        "TERR": "TER", "PLAZA": "PLZ", "ALLEY": "ALY", "HOLLOW": "HOLW", "STREETS": "STS", "TRAFFICWAY": "TRFY",
    }  # fmt: skip
    assert {word: SUFFIXES[word] for word in published} == published
    assert all(SUFFIXES[abbreviation] == abbreviation for abbreviation in SUFFIXES.values())
    assert set(DIRECTIONALS.values()) == {"N", "S", "E", "W", "NE", "NW", "SE", "SW"}


def test_ordinals() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112, 122)] == [
        "1ST", "2ND", "3RD", "4TH", "11TH", "12TH", "13TH", "21ST", "112TH", "122ND",
    ]  # fmt: skip
    assert (ORDINAL_WORDS["FIRST"], ORDINAL_WORDS["TWENTIETH"], ORDINAL_WORDS["FORTIETH"]) == (1, 20, 40)
    assert (ORDINAL_WORDS["THIRTYFOURTH"], ORDINAL_WORDS["NINETYNINTH"], len(ORDINAL_WORDS)) == (34, 99, 99)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MC KEAN", "MCKEAN"),
        ("O LEARY", "OLEARY"),
        ("SAINT JAMES", "ST JAMES"),
        ("MOUNT AIRY", "MT AIRY"),
        ("WEST END", "W END"),
        ("THIRTYFOURTH", "34TH"),
        ("TWENTY FIRST", "21ST"),
        ("5", "5TH"),
        ("05TH", "5TH"),
        ("CITY AVENUE", "CITY AVE"),
        ("STATE ROUTE 9", "STATE RTE 9"),
    ],
)
def test_same_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("WEST END", "WEND"), ("E", "EAST"), ("SOUTH", "S"), ("6 1/2", "6"), ("5TH", "15TH")]
)
def test_different_key(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_clean() -> None:
    assert clean("  N18th  St. ") == "N 18TH ST"
    assert clean("WOntario Stréet (rear)") == "W ONTARIO STREET"
    assert clean('O\'Brien "F" St') == "OBRIEN F ST"
    assert clean("N.W. McKean") == "NW MCKEAN"


def readings(text: str) -> set[tuple[str, str, str, str]]:
    return {(r.predir, r.name, r.suffix, r.postdir) for r in street_readings(text)}


def test_every_reading_of_a_difficult_string() -> None:
    assert ("", "SOUTH", "ST", "") in readings("SOUTH ST")
    assert ("", "E", "ST", "") in readings("E ST")
    assert {("", "CANAL", "PARK", ""), ("", "CANAL PARK", "", "")} <= readings("CANAL PARK")
    assert {("N", "BROAD", "ST", ""), ("", "N BROAD", "ST", "")} <= readings("N BROAD ST")
    assert ("", "6 1/2", "ST", "SW") in readings("6 1/2 ST SW")
    assert street_readings("NORTHEAST AVE")[0][:4] == ("", "NORTHEAST", "AVE", "")
    assert readings("MELON STS") == {("", "MELON", "", "")}
    assert street_readings("") == ()


@pytest.mark.parametrize(
    "text",
    [
        "N BROAD ST APT 7",
        "N BROAD ST #7",
        "N BROAD ST 7",
        "N BROAD ST 2NDFL",
        "N BROAD ST REAR",
        "N BROAD ST 1ST FLOOR",
    ],
)
def test_unit_is_dropped_and_said(text: str) -> None:
    assert any(r[:4] == ("N", "BROAD", "ST", "") and r.tail_dropped for r in street_readings(text))


@pytest.mark.parametrize(
    "text", ["AVENUE C", "N AVENUE C", "COUNTY ROAD 12", "HIGHWAY 5", "S FRONT ST", "KEY BLVD", "PARK AVENUE WEST"]
)
def test_what_looks_like_a_unit_and_is_none(text: str) -> None:
    assert not any(r.tail_dropped for r in street_readings(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234 N BROAD ST", [("exact", 1234, ("N BROAD ST",)), ("street", -1, ("1234 N BROAD ST",))]),
        ("1234 1/2 MAIN ST", [("exact", 1234, ("MAIN ST",)), ("street", -1, ("1234 1/2 MAIN ST",))]),
        ("1500W CLEARFIELD ST", [("exact", 1500, ("W CLEARFIELD ST",)), ("street", -1, ("1500W CLEARFIELD ST",))]),
        ("3943BENNINGTON ST", [("exact", 3943, ("BENNINGTON ST",)), ("street", -1, ("3943BENNINGTON ST",))]),
        ("12TH ST", [("street", -1, ("12TH ST",))]),
        ("5600 BLOCK N Marvine St", [("block", 5600, ("N MARVINE ST",)), ("street", -1, ("5600 BLOCK N MARVINE ST",))]),
        ("012XX S STATE ST", [("block", 1200, ("S STATE ST",)), ("street", -1, ("012XX S STATE ST",))]),
        ("39th / Melon Sts", [("intersection", -1, ("39TH", "MELON STS"))]),
        ("CHEW AVE AND JOHNSON ST", [("intersection", -1, ("CHEW AVE", "JOHNSON ST"))]),
        ("1014-16 N 5TH ST", [("exact", 1014, ("N 5TH ST",)), ("street", -1, ("1014-16 N 5TH ST",))]),
        ("123-45 65TH AVE", [("street", -1, ("123-45 65TH AVE",))]),
    ],
)
def test_parse(text: str, expected: list[tuple[str, int, tuple[str, ...]]]) -> None:
    assert [tuple(r[:3]) for r in parse_address(text).readings] == expected


def test_a_number_before_a_corner_is_read_both_ways() -> None:
    kinds = {r.kind: r.streets for r in parse_address("5 AVE & MAIN ST").readings}
    assert kinds == {"exact": ("AVE",), "intersection": ("5 AVE", "MAIN ST")}
