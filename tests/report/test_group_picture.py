"""The picture of what lies between groups: where they stand, what a line says without colour, and nothing of people."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from strategic_prosecution.report.group_picture import MOST_DRAWN, Figure, Picture, picture, picture_html

COLUMNS = ["group_id", "other_group_id", "tied_pairs", "shared_members", "shootings", "open_feud"]
TIES = pd.DataFrame(
    [
        ("G1", "G2", 10, 0, 3, False),
        ("G1", "G3", 5, 0, 0, True),
        ("G2", "G4", 0, 0, 7, True),
        ("G3", "G4", 0, 0, 1, False),
        ("G1", "G4", 0, 2, 0, False),
    ],
    columns=COLUMNS,
)
MEMBERS = pd.Series({"G1": 25, "G2": 100, "G3": 0, "G4": 9})


def _drawn(ties: pd.DataFrame = TIES, members: pd.Series = MEMBERS) -> Picture:
    made = picture(ties, members)
    assert made is not None
    return made


def test_groups_stand_on_a_circle_from_the_top_by_name() -> None:
    drawn = _drawn()
    # A circle of 150 around the middle of 480 x 400, clockwise.
    assert [(node.label, node.x, node.y) for node in drawn.nodes] == [
        ("G1", 240, 50),
        ("G2", 390, 200),
        ("G3", 240, 350),
        ("G4", 90, 200),
    ]
    assert [node.anchor for node in drawn.nodes] == ["middle", "start", "middle", "end"]


def test_the_area_of_a_circle_goes_with_its_members() -> None:
    radius = {node.label: node.radius for node in _drawn().nodes}
    # Members 25, 100, 9: radii as 5, 10, 3; a group without members keeps a dot.
    assert radius == {"G1": 10, "G2": 20, "G3": 3, "G4": 6}


def test_lines_say_what_they_are_without_colour() -> None:
    lines = _drawn().lines
    assert [(line.kind, line.width) for line in lines] == [
        ("tie", 8.0),
        # Half the tied pairs: half the way from 1.5 to 8.
        ("tie", 4.8),
        ("shootings", 1.5),
        ("feud", 2.5),
        ("feud", 2.5),
    ]
    drawn = re.findall(r"<path [^>]*/>", picture_html(TIES, MEMBERS))
    dashes = [re.findall(r'stroke-dasharray="([^"]*)"', path) for path in drawn]
    assert dashes == [[], [], ["1 4"], ["7 4"], ["7 4"]]


def test_a_feud_bends_aside_from_the_tie_of_the_same_pair() -> None:
    tie, feud = (
        line.path for line in _drawn().lines if line.path.startswith("M240.0 50.0") and "240.0 350.0" in line.path
    )
    assert tie == "M240.0 50.0Q240.0 200.0 240.0 350.0"
    # A curve of the second degree passes halfway between its chord and the point that pulls it: 14 aside.
    assert feud == "M240.0 50.0Q212.0 200.0 240.0 350.0"


def test_shootings_stand_on_their_line() -> None:
    figures = {figure.text: figure for figure in _drawn().figures}
    assert figures["3"] == Figure(315, 125, "3") and figures["1"] == Figure(165, 275, "1")
    # The feud of G2 and G4 is pulled from y = 200 by 14 at its middle.
    assert (figures["7"].x, abs(figures["7"].y - 200)) == (240, 14)


def test_figures_make_room_for_each_other() -> None:
    # Two chords that cross in the middle.
    crossing = pd.DataFrame([("G1", "G3", 0, 0, 4, False), ("G2", "G4", 0, 0, 5, False)], columns=COLUMNS)
    first, second = _drawn(crossing).figures
    assert (first.x, first.y) == (240, 200)
    # Along the line from (390, 200) to (90, 200), two fifths on.
    assert (second.x, second.y) == (270, 200)


def test_the_picture_in_words() -> None:
    assert _drawn().description == (
        "4 groups on a circle; 2 pairs of them tied, most G1 and G2; open feuds: G1 and G3, G2 and G4; shootings"
        " between 3 pairs."
    )
    alone = _drawn(TIES.iloc[:0], pd.Series({"G1": 4}))
    assert alone.description == (
        "1 group on a circle; 0 pairs of them tied; no open feud; no shooting between two groups."
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    assert _drawn(TIES.sample(frac=1, random_state=seed), MEMBERS.sample(frac=1, random_state=seed)) == _drawn()


def test_nulls_are_nothing_between_two_groups() -> None:
    held = TIES.astype({"tied_pairs": "Int64", "shootings": "Int64", "open_feud": "boolean"})
    held.loc[:, ["tied_pairs", "shootings", "open_feud"]] = pd.NA
    drawn = _drawn(held, MEMBERS)
    assert drawn.lines == () and drawn.figures == () and len(drawn.nodes) == 4


def test_long_names_and_many_groups_are_numbered() -> None:
    long = _drawn(TIES.iloc[:0], pd.Series({"Invented Terrace": 3, "G1": 3}))
    assert [node.label for node in long.nodes] == ["1", "2"] and long.key == (("1", "G1"), ("2", "Invented Terrace"))
    many = _drawn(TIES.iloc[:0], pd.Series(5, index=[f"G{number:02}" for number in range(20)]))
    assert [node.label for node in many.nodes] == [str(number) for number in range(1, 21)]
    assert _drawn().key == ()


def test_of_very_many_groups_those_with_most_between_them_are_drawn() -> None:
    names = [f"G{number:03}" for number in range(MOST_DRAWN + 10)]
    last = pd.DataFrame([(names[-2], names[-1], 3, 0, 0, False)], columns=COLUMNS)
    drawn = _drawn(last, pd.Series(5, index=names))
    assert [group for _, group in drawn.key] == [*names[: MOST_DRAWN - 2], *names[-2:]]
    assert len(drawn.lines) == 1 and drawn.note == "Drawn are the 36 groups with most between them, of 46."


def test_without_a_group_there_is_no_picture() -> None:
    nothing = pd.Series(dtype="int64")
    assert picture(TIES.iloc[:0], nothing) is None and picture_html(TIES.iloc[:0], nothing) == ""


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_screen_reader_is_told_and_a_hostile_name_is_text(hostile: str) -> None:
    tags = _Tags(picture_html(TIES.replace("G1", hostile), MEMBERS.rename({"G1": hostile})))
    svg = next(names for tag, names in tags.seen if tag == "svg")
    assert svg["role"] == "img" and svg["aria-label"]
    assert [names["id"] for tag, names in tags.seen if tag == "desc"] == [svg["aria-describedby"]]
    assert {tag for tag, _ in tags.seen} == {"svg", "title", "desc", "path", "circle", "text", "p"}
    assert "G2 and G4; shootings between 3 pairs." in tags.text and "<script>document.title" in tags.text
