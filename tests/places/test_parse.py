"""Address strings: what kind of place each names, its number, its streets; or why there is none."""

from collections.abc import Collection, Sequence

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.places.parse import PARSE_FAULTS, parse_strings, read_streets
from strategic_prosecution.warehouse import open_memory

HERE = ("Merrow", "QZ", "00123")
REASONS = {"empty", "unknown", "po_box", "homeless", "out_of_area", "not_parsed", "tail_not_read"}

Reading = tuple[str, int, tuple[str, ...], str]


def tables(
    texts: Sequence[str], *, localities: Collection[str] = HERE, threads: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    with open_memory(threads=threads) as connection:
        connection.execute("create temp table strings (string_id integer, text varchar)")
        connection.executemany("insert into strings values (?, ?)", [[i, text] for i, text in enumerate(texts)])
        parse_strings(connection, localities=localities)
        connection.execute("create temp table street_texts as select distinct street as text from readings")
        read_streets(connection)
        return (
            connection.execute("from readings order by string_id, reading, slot").df(),
            connection.execute("from unreadable order by string_id").df(),
            connection.execute("from street_readings order by text, rank").df(),
        )


def read(texts: Sequence[str], *, localities: Collection[str] = HERE) -> list[str | list[Reading]]:
    """Per text its readings in their order, or the reason why it has none."""
    readings, unreadable, _ = tables(texts, localities=localities)
    found: list[str | list[Reading]] = []
    reasons = dict(zip(unreadable["string_id"], unreadable["reason"], strict=True))
    for string_id in range(len(texts)):
        own = readings[readings["string_id"] == string_id]
        assert own.empty == (string_id in reasons)
        found.append(reasons.get(string_id) or [_reading(rows) for _, rows in own.groupby("reading")])
    return found


def _reading(rows: pd.DataFrame) -> Reading:
    first = rows.iloc[0]
    assert list(rows["slot"]) == list(range(first["slots"]))
    return (first["kind"], int(first["number"]), tuple(rows["street"]), first["fault"])


BLOCKS = {
    "1200 BLOCK OF N MAPPLE ST": (1200, "N MAPPLE ST"),
    "1200 block n mapple st": (1200, "N MAPPLE ST"),
    "1200 BLK N MAPPLE": (1200, "N MAPPLE"),
    "1200 BLK. OF N. MAPPLE": (1200, "N MAPPLE"),
    "1200BLK MAPPLE ST": (1200, "MAPPLE ST"),
    "1234 BLOCK MAPPLE ST": (1200, "MAPPLE ST"),
    "THE 1200 BLOCK OF MAPPLE ST": (1200, "MAPPLE ST"),
    "1200 BLOCK OF THE MAPPLEWAY": (1200, "MAPPLEWAY"),
    "1200 N BLOCK OF MAPPLE ST": (1200, "N MAPPLE ST"),
    "1200'S BLOCK OF MAPPLE ST": (1200, "MAPPLE ST"),
    "1200-BLK MAPPLE ST": (1200, "MAPPLE ST"),
    "1200-1300 BLOCK OF MAPPLE ST": (1200, "MAPPLE ST"),
    "BLOCK 1200 N MAPPLE ST": (1200, "N MAPPLE ST"),
    "1200 N MAPPLE ST BLOCK": (1200, "N MAPPLE ST"),
    "N MAPPLE ST 1200 BLOCK": (1200, "N MAPPLE ST"),
    "1200 BLOCK, N MAPPLE ST": (1200, "N MAPPLE ST"),
    "N MAPPLE ST, 1200 BLOCK": (1200, "N MAPPLE ST"),
    "1200 HUNDRED BLOCK MAPPLE ST": (1200, "MAPPLE ST"),
    "12 HUNDRED BLOCK OF MAPPLE ST": (1200, "MAPPLE ST"),
    "1200-1299 BLOCK OF MAPPLE ST": (1200, "MAPPLE ST"),
    "1200 - 1299 MAPPLE ST": (1200, "MAPPLE ST"),
    "1201-1299 MAPPLE ST": (1200, "MAPPLE ST"),
    "12XX MAPPLE ST": (1200, "MAPPLE ST"),
    "12XX BLOCK OF MAPPLE ST": (1200, "MAPPLE ST"),
    "0012XX MAPPLE ST": (1200, "MAPPLE ST"),
    "012XX S MAPPLE ST": (1200, "S MAPPLE ST"),
    "12-- MAPPLE ST": (1200, "MAPPLE ST"),
    "12** MAPPLE ST": (1200, "MAPPLE ST"),
    "00XX MAPPLE ST": (0, "MAPPLE ST"),
    "XX MAPPLE ST": (0, "MAPPLE ST"),
    "0 BLOCK MAPPLE ST": (0, "MAPPLE ST"),
    "UNIT BLOCK OF MAPPLE ST": (0, "MAPPLE ST"),
    "1200 BLOCK MAPPLE ST, MERROW QZ": (1200, "MAPPLE ST"),
}


def test_blocks() -> None:
    expected = [[("block", number, (street,), "")] for number, street in BLOCKS.values()]
    assert dict(zip(BLOCKS, read(list(BLOCKS)), strict=True)) == dict(zip(BLOCKS, expected, strict=True))


EXACT = {
    "1234 N MAPPLE ST": (1234, "N MAPPLE ST", ""),
    "1234 N MAPPLE ST APT 4": (1234, "N MAPPLE ST APT 4", ""),
    "1234 N MAPPLE ST, APT 4": (1234, "N MAPPLE ST APT 4", ""),
    "1234 N MAPPLE ST, 2nd Floor Rear": (1234, "N MAPPLE ST 2ND FLOOR REAR", ""),
    "1234 N MAPPLE ST #4": (1234, "N MAPPLE ST #4", ""),
    "1234 MAPPLE, ST MERROW QZ": (1234, "MAPPLE ST", ""),
    "1234 MAPPLE ST, NW": (1234, "MAPPLE ST NW", ""),
    "APT 4 1234 N MAPPLE ST": (1234, "N MAPPLE ST", ""),
    "APT 4B, 1234 N MAPPLE ST": (1234, "N MAPPLE ST", ""),
    "#4 1234 N MAPPLE ST": (1234, "N MAPPLE ST", ""),
    "1234 UNIT 4 N MAPPLE ST": (1234, "N MAPPLE ST", ""),
    "REAR 1234 N MAPPLE ST": (1234, "N MAPPLE ST", ""),
    "#1234 12 MAPPLE RD": (1234, "12 MAPPLE RD", ""),
    "# 1234 N MAPPLE ST": (1234, "N MAPPLE ST", ""),
    "1234 1/2 MAPPLE ST": (1234, "MAPPLE ST", "half_number"),
    "1234\u00bd MAPPLE ST": (1234, "MAPPLE ST", "half_number"),
    "1234-A MAPPLE ST": (1234, "MAPPLE ST", "number_letter"),
    "1234B MAPPLE ST": (1234, "MAPPLE ST", "number_letter"),
    "1234-3F MAPPLE ST": (1234, "MAPPLE ST", "number_letter"),
    "7003\\2 MAPPLE ST": (7003, "MAPPLE ST", "number_letter"),
    "1500W MAPPLE ST": (1500, "W MAPPLE ST", ""),
    "1200-02 MAPPLE ST": (1200, "MAPPLE ST", "number_span"),
    "1014-16 MAPPLE ST": (1014, "MAPPLE ST", "number_span"),
    "1014-1016 MAPPLE ST": (1014, "MAPPLE ST", "number_span"),
    "1200/1202 MAPPLE ST": (1200, "MAPPLE ST", "number_span"),
    "3943MAPPLETON ST": (3943, "MAPPLETON ST", ""),
    "10014MAPPLETON": (10014, "MAPPLETON", ""),
    "12O0 MAPPLE ST": (1200, "MAPPLE ST", "digit_for_letter"),
    "1234 BLVD OF MAPPLES": (1234, "BLVD OF MAPPLES", ""),
    "1234 MERROW AVE": (1234, "MERROW AVE", ""),
    "1234 N MAPPLE ST, MERROW QZ 00123": (1234, "N MAPPLE ST", ""),
    "1234 N MAPPLE ST, MERROW, QZ 00123-4567, USA": (1234, "N MAPPLE ST", ""),
    "1234 N MAPPLE ST MERROW QZ": (1234, "N MAPPLE ST", ""),
    "1234 N MAPPLE ST 00123-4567": (1234, "N MAPPLE ST", ""),
    "1234 N MAPPLE ST APT 4 MERROW QZ": (1234, "N MAPPLE ST APT 4", ""),
    "1234 N MAPPLE ST 4 MERROW": (1234, "N MAPPLE ST 4", ""),
    "1234 N MAPPLE ST 4 MERROW QZ": (1234, "N MAPPLE ST 4", ""),
    "1234 MAPPLEWAY MERROW QZ": (1234, "MAPPLEWAY", ""),
    "1234 N MAPPLE ST UNITED STATES": (1234, "N MAPPLE ST", ""),
    "MAPPLE HOUSE, 1234 N MAPPLE ST": (1234, "N MAPPLE ST", "tail_dropped"),
    "MERROW QZ, 1234 N MAPPLE ST": (1234, "N MAPPLE ST", ""),
    "1234 N MAPPLE ST (REAR)": (1234, "N MAPPLE ST REAR", ""),
    "1234 N MAPPLE ST (Apt 2": (1234, "N MAPPLE ST APT 2", ""),
    "1234 N MAPPLE ST (MERROW QZ)": (1234, "N MAPPLE ST", ""),
    "1234 N MAPPLE ST NEAR OAKER AVE": (1234, "N MAPPLE ST", "near"),
    "1234 N MAPPLE ST C/O 5TH": (1234, "N MAPPLE ST", "near"),
    "123-35 MAPPLE ST": (123, "MAPPLE ST", "number_span"),
    "1023-35 82ND RD": (1023, "82ND RD", "number_span"),
    "1234 12 MAPPLE RD": (1234, "12 MAPPLE RD", ""),
}


def test_house_numbers() -> None:
    expected = [[("exact", number, (street,), fault)] for number, street, fault in EXACT.values()]
    assert dict(zip(EXACT, read(list(EXACT)), strict=True)) == dict(zip(EXACT, expected, strict=True))


CORNERS = {
    "MAPPLE ST & OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "MAPPLE ST &amp; OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "MAPPLE ST/OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "MAPPLE ST @ OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "MAPPLE ST \\ OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "MAPPLE ST AND OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "MAPPLE ST AT OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "MAPPLE ST X OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "39th / Oaker Sts": ("39TH", "OAKER STS"),
    "CORNER OF MAPPLE ST AND OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "NE CORNER OF MAPPLE ST & OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "INTERSECTION OF MAPPLE ST AND OAKER AVE": ("MAPPLE ST", "OAKER AVE"),
    "MAPPLE ST & OA": ("MAPPLE ST", "OA"),
    "MAPPLE ST & OAKER AVE & ELMO ST": ("MAPPLE ST", "OAKER AVE", "ELMO ST"),
    "6 1/2 ST SW & OAKER AVE": ("6 1/2 ST SW", "OAKER AVE"),
    "MAPPLE ST & OAKER AVE, MERROW QZ": ("MAPPLE ST", "OAKER AVE"),
}


def test_corners() -> None:
    found = read(list(CORNERS))
    for (text, streets), one in zip(CORNERS.items(), found, strict=True):
        assert ("intersection", -1, streets, "") in one, text
        assert all(isinstance(reading, str) or reading[0] != "street" for reading in one), text


def test_a_half_corner_is_no_corner() -> None:
    street = [("street", -1, ("MAPPLE ST",), "near")]
    assert read(["MAPPLE ST &", "MAPPLE ST NEAR OAKER AVE", "MAPPLE ST N/O OAKER AVE"]) == [
        [("street", -1, ("MAPPLE ST",), "cross_street_missing")],
        street,
        street,
    ]


def test_more_than_one_reading() -> None:
    five, both, way, numbered_way, zero, mile = read(
        [
            "5 AVE & MAPPLE ST",
            "1200 MAPPLE ST / OAKER AVE",
            "HERRICK AND MARLON WAY",
            "1200 HERRICK AND MARLON WAY",
            "0 MAPPLE ST / OAKER AVE",
            "12 MAPPLE RD",
        ]
    )
    assert five == [("exact", 5, ("AVE",), "cross_street"), ("intersection", -1, ("5 AVE", "MAPPLE ST"), "")]
    assert both == [
        ("exact", 1200, ("MAPPLE ST",), "cross_street"),
        ("intersection", -1, ("1200 MAPPLE ST", "OAKER AVE"), ""),
        ("intersection", -1, ("MAPPLE ST", "OAKER AVE"), "number_dropped"),
    ]
    assert way == [
        ("intersection", -1, ("HERRICK", "MARLON WAY"), ""),
        ("street", -1, ("HERRICK AND MARLON WAY",), ""),
    ]
    assert ("exact", 1200, ("HERRICK AND MARLON WAY",), "") in numbered_way
    assert zero == [
        ("exact", 0, ("MAPPLE ST",), "cross_street"),
        ("intersection", -1, ("MAPPLE ST", "OAKER AVE"), "number_dropped"),
    ]
    assert mile == [("exact", 12, ("MAPPLE RD",), ""), ("street", -1, ("12 MAPPLE RD",), "")]


@pytest.mark.parametrize(
    "text",
    [
        "1200 MAPPLE ST / OAKER AVE",
        "5 MAPPLE ST AND OAKER AVE",
        "0 MAPPLE ST & OAKER AVE",
        "1200 BLOCK MAPPLE ST AT OAKER AVE",
        "OAKER AVE @ 1200 MAPPLE ST",
    ],
)
def test_a_cross_street_is_also_the_second_of_a_corner(text: str) -> None:
    (one,) = read([text])
    assert "cross_street" in {fault for _, _, _, fault in one}
    assert "OAKER AVE" in {streets[1] for kind, _, streets, _ in one if kind == "intersection"}


def test_another_town_before_the_address_leaves_no_number() -> None:
    (one,) = read(["OTTERBURY NJ @ 1200 MAPPLE ST"])
    assert {reading[0] for reading in one} == {"intersection"}


def test_typing_errors_are_readings_of_their_own() -> None:
    found = read(["1200 W00DF0RD ST", "1200 MAPP1E ST", "1OTH ST", "NVODGER ST", "WALNUT ST", "1200 A MAPPLE ST"])
    assert found[0] == [("exact", 1200, ("W00DF0RD ST",), ""), ("exact", 1200, ("WOODFORD ST",), "digit_for_letter")]
    assert {
        ("exact", 1200, ("MAPPIE ST",), "digit_for_letter"),
        ("exact", 1200, ("MAPPLE ST",), "digit_for_letter"),
    } <= {*found[1]}
    assert ("street", -1, ("10TH ST",), "digit_for_letter") in found[2]
    assert ("street", -1, ("N VODGER ST",), "glued") in found[3]
    assert [reading[:1] for reading in found[4]] == [("street",), ("place",)]
    assert found[5] == [("exact", 1200, ("A MAPPLE ST",), ""), ("exact", 1200, ("MAPPLE ST",), "number_letter")]


def test_a_locality_one_slip_off() -> None:
    texts = {
        "1200 MAPPLE ST Merroby QZ": ["MAPPLE ST"],
        "1200 MAPPLE ST, Merrowyb, QZ 00123": ["MAPPLE ST"],
        "1200 MAPPLE ST MERROWBEY": ["MAPPLE ST"],
        "1200 MAPPLE ST UPPER WOLLN": ["MAPPLE ST"],
        # Two slips, another first letter, a short name, the street itself.
        "1200 MAPPLE ST MERROBEY": ["MAPPLE ST MERROBEY"],
        "1200 MAPPLE ST NERROWBY": ["MAPPLE ST NERROWBY"],
        "1200 MAPPLE ST ZORNE": ["MAPPLE ST ZORNE"],
        "1200 MERROWBE": ["MERROWBE"],
        "1200 MERROWBE ST": ["MERROWBE ST"],
    }
    found = read(list(texts), localities=("Merrowby", "QZ", "00123", "Upper Wollen", "ZORN"))
    assert [[street for reading in readings for street in reading[2]] for readings in found] == list(texts.values())
    faults = {text: readings[0][3] for text, readings in zip(texts, found, strict=True)}
    assert [text for text, fault in faults.items() if fault == "locality_misspelt"] == list(texts)[:4]


@pytest.mark.parametrize(
    ("locality", "written", "is_known"),
    [
        ("Ottleton", "OTTLETOWN", False),
        ("Ottletown", "OTTLETON", False),
        ("Merrowby", "MERROWBYS", False),
        ("Merrowby", "MERROWB", False),
        ("Merrowby", "MERROWBE", False),
        ("Merrowby Hills", "MERROWBYS HILLS", False),
        ("Merrowville", "MEROWVILLE", True),
    ],
)
def test_a_locality_that_may_be_another(locality: str, written: str, is_known: bool) -> None:
    (one,) = read([f"1200 MAPPLE ST, {written}"], localities=(locality,))
    assert one == ([("exact", 1200, ("MAPPLE ST",), "locality_misspelt")] if is_known else "tail_not_read")


def test_a_town_behind_a_name_without_suffix() -> None:
    assert read(["1800 VUNDRY Merrow QZ", "1800 VUNDRY MERROW", "1800 MERROW"]) == [
        [("exact", 1800, ("VUNDRY",), "")],
        [("exact", 1800, ("VUNDRY MERROW",), ""), ("exact", 1800, ("VUNDRY",), "tail_dropped")],
        [("exact", 1800, ("MERROW",), "")],
    ]


def test_a_blank_slipped_by_a_letter() -> None:
    mended = {
        "1100 VUNDRY STN": "VUNDRY ST N",
        "1100 VUNDRY AVENW": "VUNDRY AVE NW",
        "200 E VUNDRYS T": "E VUNDRY ST",
        "500 14THS T NW": "14TH ST NW",
        "100 4TH S TNE": "4TH ST NE",
    }
    assert [readings[-1][2:] for readings in read(list(mended))] == [((street,), "glued") for street in mended.values()]
    whole = ["1100 VUNDRY AVEN", "1100 VUNDRY STS", "1100 5TH ST S/W", "400 OF VUNDRY ST"]
    assert [[reading[2] for reading in readings] for readings in read(whole)] == [
        [("VUNDRY AVEN",)],
        [("VUNDRY STS",)],
        [("5TH ST SW",)],
        [("VUNDRY ST",)],
    ]


def test_numbers_of_a_grid_are_not_read_as_house_numbers() -> None:
    queens = ["123-45 65TH AVE", "123-35 82ND RD", "42-44 82ND ST", "123-35 S 82ND RD", "1198-02 MAPPLE ST"]
    for one in read(["N6W23001 MAPPLE RD", *queens]):
        assert {reading[0] for reading in one} == {"street", "place"}


def test_what_stands_before_a_street() -> None:
    found = read(
        ["MERROW HOUSE @ 1200 MAPPLE ST", "NA MAPPLE ST", "UNKNOWN BLOCK OF MAPPLE ST", "FRONT ST", "42 ND ST"]
    )
    assert ("exact", 1200, ("MAPPLE ST",), "tail_dropped") in found[0]
    assert [one[0] for one in found[1:]] == [
        ("street", -1, (street,), "") for street in ("MAPPLE ST", "MAPPLE ST", "FRONT ST", "42ND ST")
    ]


def test_places() -> None:
    assert read(["Merrow Town Hall", "SOUTH ST"]) == [
        [("street", -1, ("MERROW TOWN HALL",), ""), ("place", -1, ("MERROW TOWN HALL",), "")],
        [("street", -1, ("SOUTH ST",), ""), ("place", -1, ("SOUTH ST",), "")],
    ]


UNREADABLE = {
    "": "empty",
    "  \t": "empty",
    "Unknown": "unknown",
    "UNKNOWN ADDRESS": "unknown",
    "<UNKNOWN>": "unknown",
    "N/A": "unknown",
    "not given": "unknown",
    "???": "unknown",
    "UNK, MERROW QZ": "unknown",
    "PO BOX 12": "po_box",
    "P.O. Box 12, MERROW QZ": "po_box",
    "HOMELESS": "homeless",
    "TRANSIENT": "homeless",
    "NFA": "homeless",
    "No fixed address": "homeless",
    "OUT OF STATE": "out_of_area",
    "1200": "not_parsed",
    "& / @": "not_parsed",
    ", , ,": "not_parsed",
    "A & B & C & D & E": "not_parsed",
    "1200 MAPPLE ST, OTTERBURY QX": "tail_not_read",
    "1200 MAPPLE ST, MERROW QX": "tail_not_read",
    "1200 MAPPLE ST, MERROW 00999": "tail_not_read",
    "1200 MAPPLE ST (OTTERBURY)": "tail_not_read",
    "1200 MAPPLE ST (SEE NOTES)": "tail_not_read",
    "1200 (HOUSE) MAPPLE ST": "tail_not_read",
    "(OTTERBURY NJ) 1200 MAPPLE ST": "tail_not_read",
    "OTTERBURY NJ, 1200 MAPPLE ST": "tail_not_read",
    "OTTERBURY NEW JERSEY, 1200 MAPPLE ST": "tail_not_read",
    "OTTERBURY 00999, 1200 MAPPLE ST": "tail_not_read",
    "OTTERBURY USA, 1200 MAPPLE ST": "tail_not_read",
    "1200 MAPPLE ST AND 1200 OAKER AVE": "tail_not_read",
    "1200 MAPPLE ST / 1350 OAKER AVE": "tail_not_read",
    "0 BLOCK MAPPLE ST & 0 BLOCK OAKER AVE": "tail_not_read",
    "MAPPLE ST NEAR OTTERBURY": "tail_not_read",
    "1200 MAPPLE ST C/O J. DOE": "tail_not_read",
    "1200 MAPPLE ST N/O OTTERBURY NJ": "tail_not_read",
}


def test_why_a_string_has_no_reading() -> None:
    assert dict(zip(UNREADABLE, read(list(UNREADABLE)), strict=True)) == UNREADABLE
    assert read(["1200 MAPPLE ST, MERROW QZ"], localities=()) == ["tail_not_read"]


@pytest.mark.parametrize("text", ["MERROW AVE", "1200 MERROW AVE", "MERROW", "MERROW QZ"])
def test_a_street_may_have_the_towns_name(text: str) -> None:
    (one,) = read([text])
    assert isinstance(one, list)
    assert one[0][2] == (text.removeprefix("1200 "),)


def test_a_state_that_is_also_a_suffix() -> None:
    texts = ["1200 MAPPLE HILL CT", "1200 MAPPLE HILL CT MERROW CT 00123", "1200 MAPPLEWAY MERROW CT"]
    found = read(texts, localities=("MERROW", "CT", "00123"))
    assert [one[0] for one in found] == [
        ("exact", 1200, (street,), "") for street in ("MAPPLE HILL CT", "MAPPLE HILL CT", "MAPPLEWAY")
    ]


PIECES = st.sampled_from(
    [
        *("1200", "12XX", "012XX", "--", "1/2", "\u00bd", "5TH", "1OTH", "W00D", "999999999", "00123", "#", "4"),
        *("BLOCK", "BLK", "OF", "N", "NW", "MAPPLE", "ST", "AVE", "APT", "UNIT", "PO", "BOX", "MERROW", "QZ", "NEAR"),
        *("&", "/", "@", "\\", "AND", "AT", "X", ",", ";", "(", ")", ".", "*", "+", "?", "[", "^", "$", "|", "~", "''"),
        *("\u00c9", "\u4e2d", "\x00"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=8).map(" ".join), st.lists(PIECES, max_size=5).map("".join))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=30))
def test_any_text_is_read_or_refused(texts: list[str]) -> None:
    readings, unreadable, streets = tables(texts)
    assert sorted([*set(readings["string_id"]), *unreadable["string_id"]]) == list(range(len(texts)))
    assert set(unreadable["reason"]) <= REASONS
    assert set(readings["fault"]) <= {"", *PARSE_FAULTS}
    assert (readings["street"] != "").all()
    assert ((readings["number"] >= 0) == readings["kind"].isin(["exact", "block"])).all()
    assert (readings["slots"].between(2, 4) == (readings["kind"] == "intersection")).all()
    assert not readings.duplicated(["string_id", "reading", "slot"]).any()
    assert readings.groupby("string_id")["reading"].nunique().le(12).all()
    assert set(streets["text"]) == set(readings["street"])
    assert not streets.isna().any().any()


def test_very_long_texts() -> None:
    texts = [
        "A" * 10_000,
        "& " * 5_000,
        "1200 " + "MAPPLE " * 1_500 + "ST",
        "1" * 10_000,
        "(" * 10_000,
        "\\Q.*[" * 2_000,
    ]
    readings, unreadable, _ = tables(texts)
    assert len({*readings["string_id"], *unreadable["string_id"]}) == len(texts)


def test_order_and_threads_change_nothing() -> None:
    texts = [*BLOCKS, *EXACT, *CORNERS, *UNREADABLE]
    readings, unreadable, streets = tables(texts)
    for other in (tables(texts, threads=1), tables(texts, threads=2)):
        pd.testing.assert_frame_equal(readings, other[0])
        pd.testing.assert_frame_equal(unreadable, other[1])
        pd.testing.assert_frame_equal(streets, other[2])
    backwards = read(texts[::-1])
    assert backwards[::-1] == read(texts)
