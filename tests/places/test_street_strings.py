"""Street strings: cleaning, the key of a name, every way to split a string into a street."""

import pytest

from strategic_prosecution.places.parse import clean_texts, read_as_streets
from strategic_prosecution.places.usps import DIRECTIONALS, ORDINAL_WORDS, SUFFIXES, ordinal
from strategic_prosecution.warehouse import open_memory


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


def test_clean() -> None:
    written = {
        "  N18th  St. ": "N 18TH ST",
        "WOntario Stréet (rear)": "W ONTARIO STREET",
        'O\'Brien "F" St': "OBRIEN F ST",
        "N.W. McKean": "NW MCKEAN",
        "M.L.K. Blvd": "MLK BLVD",
        "NEMarvine & SWOntario": "NE MARVINE & SW ONTARIO",
        "15thSt": "15TH ST",
        "15THST": "15TH ST",
        "BroadSt": "BROAD ST",
        "Al\u2019s Way \u2013 rear": "ALS WAY REAR",
        "a\x00b\t\u00a0c": "A B C",
        "6\u00bd ST": "6 1/2 ST",
        "": "",
    }
    assert clean_texts(list(written)) == list(written.values())
    assert clean_texts([]) == []


# Each line: spellings of one name.
SAME = [
    ("MC KEAN", "MCKEAN"),
    ("O LEARY", "OLEARY"),
    ("SAINT JAMES", "ST JAMES"),
    ("MOUNT AIRY", "MT AIRY"),
    ("FORT MIFFLER", "FT MIFFLER"),
    ("WEST END", "W END"),
    ("THIRTYFOURTH", "34TH"),
    ("TWENTY FIRST", "21ST"),
    ("5", "5TH", "05TH", "FIFTH"),
    ("CITY AVENUE", "CITY AVE"),
    ("STATE ROUTE 9", "STATE RTE 9", "STATE HWY 9", "SR 9"),
    ("US 29", "US HWY 29", "US HIGHWAY 29", "US ROUTE 29"),
    ("RT 9", "RTE 9", "ROUTE 9"),
    ("I-95", "I 95", "I95", "INTERSTATE 95"),
    ("COUNTY ROAD 12", "CO RD 12", "CR 12"),
    ("AVENUE C", "AVE C"),
    ("MIFFLER HILL", "MIFFLER HL", "MIFFLERHILL"),
    ("VUNDRYS FERRY", "VUNDRYS FRY", "VUNDRYSFERRY"),
]
DIFFERENT = [("WEST END", "WEND"), ("E", "EAST"), ("SOUTH", "S"), ("6 1/2", "6"), ("5TH", "15TH"), ("US 9", "SR 9")]


def test_a_letter_behind_a_direction_may_be_a_direction() -> None:
    names = {text: set(read_as_streets([text])["name"]) for text in ("E S ST", "S ST", "W ST NW")}
    assert "SOUTH" in names["E S ST"] and "SOUTH" not in names["S ST"] and {"W", "WEST"} <= names["W ST NW"]


def test_one_connection_for_several_calls() -> None:
    with open_memory() as connection:
        for texts in (["MIFFLER ST"], ["N VUNDRY AVE", "MIFFLER ST"]):
            assert clean_texts(texts, connection=connection) == clean_texts(texts)
            assert read_as_streets(texts, connection=connection).equals(read_as_streets(texts))


def test_key_of_a_name() -> None:
    texts = sorted({text for line in [*SAME, *DIFFERENT] for text in line})
    names = dict(zip(texts, clean_texts(texts), strict=True))
    frame = read_as_streets(texts)
    whole = frame[(frame["name"] == frame["text"]) & (frame["predir"] + frame["suffix"] + frame["postdir"] == "")]
    keys = dict(zip(whole["text"], whole["key"], strict=True))
    assert sorted(keys) == sorted({*names.values()}), "every text has a reading with the whole of it for its name"
    assert [line for line in SAME if len({keys[names[text]] for text in line}) > 1] == []
    assert [line for line in DIFFERENT if len({keys[names[text]] for text in line}) == 1] == []


def readings(text: str) -> list[tuple[str, str, str, str]]:
    frame = read_as_streets([text])
    assert list(frame["rank"]) == list(range(len(frame)))
    return list(frame[["predir", "name", "suffix", "postdir"]].itertuples(index=False, name=None))


def test_every_reading_of_a_difficult_string() -> None:
    assert ("", "SOUTH", "ST", "") in readings("SOUTH ST")
    assert ("", "E", "ST", "") in readings("E ST")
    assert {("", "CANAL", "PARK", ""), ("", "CANAL PARK", "", "")} <= set(readings("CANAL PARK"))
    assert readings("N BROAD ST") == [
        ("N", "BROAD", "ST", ""),
        ("N", "BROAD ST", "", ""),
        ("", "N BROAD", "ST", ""),
        ("", "N BROAD ST", "", ""),
    ]
    assert ("", "6 1/2", "ST", "SW") in readings("6 1/2 ST SW")
    assert readings("NORTHEAST AVE")[0] == ("", "NORTHEAST", "AVE", "")
    assert readings("MELON STS")[0] == ("", "MELON", "", "")
    assert [suffix for _, name, suffix, _ in readings("ELMO PK") if name == "ELMO"] == ["PK", "PARK", "PIKE"]
    assert readings("ST ELMO TE")[0] == ("", "ST ELMO", "TER", "")
    assert readings("SO. ELMO ST")[0] == ("S", "ELMO", "ST", "")
    assert read_as_streets([]).empty
    assert read_as_streets(["", " , "]).empty


def test_two_directions() -> None:
    assert readings("N W 5TH ST")[0] == ("NW", "5TH", "ST", "")
    assert readings("5TH ST N W")[0] == ("", "5TH", "ST", "NW")
    assert readings("N 5TH ST E")[0] == ("N", "5TH", "ST", "E")
    assert readings("NORTH WEST ST")[0] == ("N", "WEST", "ST", "")
    assert ("", "E W", "ST", "") in readings("E W ST")


@pytest.mark.parametrize(
    "text",
    [
        "N BROAD ST APT 7",
        "N BROAD ST APT N",
        "N BROAD ST APT 12345",
        "N BROAD ST STORE",
        "N BROAD ST #7",
        "N BROAD ST # 7",
        "N BROAD ST APT7B",
        "N BROAD ST UNITC",
        "N BROAD ST 7",
        "N BROAD ST 7 B",
        "N BROAD ST 2NDFL",
        "N BROAD ST REAR",
        "N BROAD ST 1ST FLOOR",
        "N BROAD ST 1ST FLOOR REAR",
        "N BROAD ST FIRST FLOOR REAR",
        "N BROAD ST APT 2 REAR",
        "N BROAD ST APT 2 2ND FLOOR",
        "N BROAD ST 2ND FL",
        "N BROAD ST FL 2",
        "N BROAD ST WESTBOUND",
    ],
)
def test_unit_is_dropped_and_said(text: str) -> None:
    frame = read_as_streets([text])
    dropped = frame[frame["tail_dropped"]]
    assert ("N", "BROAD", "ST", "") in set(
        dropped[["predir", "name", "suffix", "postdir"]].itertuples(index=False, name=None)
    )


def test_what_looks_like_a_unit_and_is_none() -> None:
    texts = ["AVENUE C", "N AVENUE C", "COUNTY ROAD 12", "HIGHWAY 5", "S FRONT ST", "KEY BLVD", "PARK AVENUE WEST"]
    texts.append("MAPPLE ST 00999")
    frame = read_as_streets(texts)
    assert set(frame["text"]) == set(texts)
    assert not frame["tail_dropped"].any()


@pytest.mark.parametrize(
    "tail",
    [
        *("APT 2 OTTERBURY NJ 00999", "#2 OTTERBURY", "APT 2 00999", "OTTERBURY REAR", "REAR OTTERBURY", "#OTTERBURY"),
        *("APT2 OTTERBURY", "2ND FLOOR OTTERBURY", "STORE OTTERBURY 2", "FL 00999", "FL"),
    ],
)
def test_another_town_by_a_unit_is_no_unit(tail: str) -> None:
    assert not read_as_streets([f"N MAPPLE ST {tail}"])["tail_dropped"].any()
