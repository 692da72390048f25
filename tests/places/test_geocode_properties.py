"""What must hold for any text, any order and any town; positions against plain loops (`oracle_positions`)."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from strategic_prosecution.places import Reference, geocode, geocoder, load_reference
from tests.places.oracle_positions import Segment, block_middle, number_on

# Long ones; `make test` has the rules of matching in `tests/places`.
pytestmark = pytest.mark.slow

CRS = "EPSG:26918"
X0, Y0 = 500_000.0, 4_400_000.0
HITS = {"point", "point_interpolated", "range", "block", "intersection", "place"}
NAMES = (
    "MAIN",
    "OAK",
    "5TH",
    "LOOP",
    "SOUTH",
    "E",
    "CANAL",
    "MC KINLEY",
    "34TH",
    "BENT",
    "GAP",
    "DUAL",
    "MIAN",
    "ABSENT",
)
DIRECTIONS = ("", "", "N", "S", "E", "W", "NORTH", "south")
TYPES = ("", "ST", "AVE", "RD", "LN", "BLVD", "Park", "STREET", "ROAD")
TAILS = ("", "", "", " APT 3", ", RIVERTON", ", RIVERTON, PA 19000", " RIVERTON PA", ", ELSEWHERE NJ", " #12B", " 1/2")

quiet = settings(
    deadline=None,
    max_examples=8,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

street_texts = st.tuples(st.sampled_from(DIRECTIONS), st.sampled_from(NAMES), st.sampled_from(TYPES)).map(
    lambda parts: " ".join(part for part in parts if part)
)
numbers = st.one_of(st.integers(0, 320), st.integers(0, 20_000))


@st.composite
def address_texts(draw: st.DrawFn) -> str:
    """Addresses of every form, on the town's streets and off them."""
    street, other = draw(street_texts), draw(street_texts)
    number = draw(numbers)
    form = draw(
        st.sampled_from(
            (
                "{n} {s}",
                "{h} BLOCK {s}",
                "{h} BLOCK OF {s}",
                "{c}XX {s}",
                "{h}-{t} {s}",
                "{s} & {o}",
                "{s} / {o}",
                "{s} AT {o}",
                "{s} and {o}",
                "{s}",
                "{n} {s} / {o}",
                "{s} /",
            )
        )
    )
    hundred = number // 100 * 100
    text = form.format(n=number, h=hundred, c=number // 100, t=hundred + 99, s=street, o=other)
    return text + draw(st.sampled_from(TAILS))


texts = st.one_of(address_texts(), address_texts(), st.text(max_size=30), st.none())


def written(answers: pd.DataFrame) -> bytes:
    return answers.to_csv(index=False).encode()


@quiet
@given(st.lists(texts, min_size=1, max_size=40), st.integers(0, 2**32 - 1))
def test_order_and_repetition_never_change_an_answer(town: Reference, some: list[str | None], seed: int) -> None:
    alone = geocode(some, town)
    chosen = np.random.default_rng(seed).integers(0, len(some), 2 * len(some))
    again = geocode([some[row] for row in chosen], town)
    assert written(again) == written(alone.iloc[chosen])


@pytest.fixture(scope="module")
def many() -> list[str]:
    rng = np.random.default_rng(4)
    forms = ("{n} {s}", "{h} BLOCK {s}", "{s} & {o}", "{s}", "0{c}XX {s}", "{n} {s} APT {n}")
    streets = [" ".join(filter(None, (d, n, t))) for d in DIRECTIONS for n in NAMES for t in TYPES]
    out = []
    for _ in range(3000):
        number = int(rng.integers(0, 400))
        street, other = (streets[i] for i in rng.integers(0, len(streets), 2))
        form = forms[rng.integers(0, len(forms))]
        out.append(form.format(n=number, h=number // 100 * 100, c=number // 100, s=street, o=other))
    return out


def test_threads_never_change_an_answer(town: Reference, many: list[str]) -> None:
    one = written(geocode(many, town, threads=1))
    assert written(geocode(many, town, threads=2)) == one
    assert written(geocode(many, town, threads=4)) == one
    assert written(geocode(many, town)) == one


def test_chunks_never_change_an_answer(town: Reference, many: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    some = many[:8]
    whole, part = written(geocode(many, town)), written(geocode(some, town))
    for rows, asked, expected in ((1, some, part), (3, some, part), (700, many, whole)):
        monkeypatch.setattr(geocoder, "_CHUNK", rows)
        assert written(geocode(asked, town)) == expected


@quiet
@given(st.lists(texts, max_size=40))
def test_any_text_has_one_row_and_a_place_or_none(town: Reference, some: list[str | None]) -> None:
    answers = geocode(some, town)
    assert len(answers) == len(some)
    hit = answers["match_type"].isin(HITS)
    assert (hit == (answers["status"] == "matched")).all()
    assert ((answers["match_type"] == "tie") == (answers["status"] == "tie")).all()
    for column in ("x", "y", "lon", "lat", "uncertainty_m", "reference_id"):
        assert (answers[column].notna() == hit).all(), column
    assert answers["score"].between(0, 100).all()
    assert ((answers["match_type"] == "none") == (answers["n_candidates"] == 0)).all()
    assert (answers.loc[hit, "uncertainty_m"] > 0).all()


ODD_TEXTS = [
    *("", "\x00", "150\x00MAIN ST", "\ud800 MAIN ST", "&" * 200, "/ / /", "(((", "[a-z]+\\d{3}$", "9" * 400, "é" * 300),
    *(
        "150 MAIN ST " * 900,
        "１５０ ＭＡＩＮ ＳＴ",
        "99999999999999999999 MAIN ST",
        "-150 MAIN ST",
        "150 MAIN ST\n\t\r",
    ),
]


@pytest.mark.parametrize("text", ODD_TEXTS, ids=lambda text: f"{len(text)} characters")
def test_odd_text_has_an_answer_too(town: Reference, text: str) -> None:
    assert geocode([text, "150 MAIN ST"], town)["status"].iloc[1] == "matched"


PLAIN = {"MAIN": "ST", "OAK": "AVE", "5TH": "ST", "LOOP": "RD", "BENT": "LN", "GAP": "ST", "DUAL": "BLVD"}


def test_what_is_stated_and_differs_is_never_matched(town: Reference) -> None:
    numbers = [f"{lead} " for lead in ("50", "150", "250", "1500", "100 BLOCK", "200 BLOCK OF", "15XX")] + [""]
    other_types = {
        f"{number}{name} {kind}"
        for number, (name, own), kind in itertools.product(
            numbers, PLAIN.items(), ("ST", "AVE", "RD", "LN", "CT", "PL")
        )
        if kind != own
    }
    other_directions = {
        f"{number}{direction} 5TH{kind}"
        for number, direction, kind in itertools.product(numbers, ("E", "W", "NE", "NORTHWEST"), ("", " ST"))
    }
    wrong = sorted(other_types | other_directions)
    answers = geocode(wrong, town)
    assert set(zip(answers["status"], answers["match_type"], strict=True)) == {("unmatched", "none")}
    for direction, number in itertools.product("NS", ("150", "100 BLOCK", "250", "200 BLOCK")):
        label = geocode([f"{number} {direction} 5TH ST"], town)["matched_address"].iloc[0]
        assert label is None or label.endswith(f"{direction} 5TH ST")


@quiet
@given(st.lists(address_texts(), min_size=1, max_size=40), st.sampled_from((0.0, 10.0, 30.0)))
def test_a_hit_lies_by_its_street(town: Reference, some: list[str], offset: float) -> None:
    answers = geocode(some, town, offset_m=offset)
    label = town.streets.set_index("street_id")["label"]
    of_segment = town.segments["street_id"].map(label)
    for row in answers[answers["status"] == "matched"].itertuples():
        streets = [name for name in label if row.matched_address.endswith(name)]
        street = max(streets, key=len)
        lines = shapely.union_all(town.lines[(of_segment == street).to_numpy()])
        reach = offset + row.uncertainty_m + 0.01
        assert shapely.distance(lines, shapely.Point(row.x, row.y)) <= reach, row


@st.composite
def straight_streets(draw: st.DrawFn) -> list[Segment]:
    """Hundred-blocks one after the other, cut into up to three segments, sometimes a segment of several hundreds."""
    x, hundred = 0.0, draw(st.integers(0, 30)) * 100
    odd_is_left = draw(st.booleans())
    segments: list[Segment] = []
    for _ in range(draw(st.integers(1, 5))):
        hundreds = draw(st.sampled_from((1, 1, 1, 1, 3)))
        cuts = [0, *draw(st.sampled_from(((), (), (20,), (50,), (30, 60)))), 100]
        if hundreds > 1:
            cuts = [0, 100 * hundreds]
        for low, high in itertools.pairwise(cuts):
            length = draw(st.integers(20, 300))
            odd = (hundred + low + 1, hundred + high - 1)
            even = (hundred + low + (2 if hundred + low == 0 else 0), hundred + high - 2)
            sides = [odd, even] if odd_is_left else [even, odd]
            missing = draw(st.sampled_from((None, None, None, 0, 1)))
            if missing is not None:
                sides[missing] = (0, 0)
            ends = (x, x + length)
            if draw(st.booleans()):
                # Digitised westward: the ends change places, and so do left and right.
                ends, sides = ends[::-1], [side[::-1] for side in sides[::-1]]
            segments.append((*ends, *sides[0], *sides[1]))
            x += length
        hundred += 100 * hundreds
    return segments


def compile_streets(streets: list[list[Segment]]) -> Reference:
    rows = [
        ("", f"ROW{no}X", "ST", "", *segment[2:], f"{no}-{at}")
        for no, segments in enumerate(streets)
        for at, segment in enumerate(segments)
    ]
    columns = ["street_predir", "street_name", "street_type", "street_postdir"]
    columns += ["left_from", "left_to", "right_from", "right_to", "segment_id"]
    lines = [
        LineString([(X0 + segment[0], Y0 + 1000 * no), (X0 + segment[1], Y0 + 1000 * no)])
        for no, segments in enumerate(streets)
        for segment in segments
    ]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=lines, crs=CRS)
    return load_reference(streets=frame, crs=CRS)


@quiet
@given(
    st.lists(straight_streets(), min_size=1, max_size=10),
    st.sampled_from((0.0, 10.0, 25.0)),
    st.sampled_from((0.0, 10.0, 40.0)),
)
def test_positions_are_those_of_plain_loops(streets: list[list[Segment]], offset: float, inset: float) -> None:
    reference = compile_streets(streets)
    asked, expected = [], []
    for no, segments in enumerate(streets):
        known = sorted(number for segment in segments for number in segment[2:] if number > 0)
        for number in {*known, *((a + b) // 4 * 2 for a, b in itertools.pairwise(known))} - {0}:
            point = number_on(segments, 1000.0 * no, number, offset=offset, inset=inset)
            if point is not None:
                asked.append(f"{number} ROW{no}X ST")
                expected.append((*point, "range", 0.01))
        for hundred in {number // 100 * 100 for number in known}:
            middle = block_middle(segments, hundred)
            if middle is not None:
                asked.append(f"{hundred} BLOCK ROW{no}X ST")
                # Where a long segment is cut to a hundred, 1-99 or 0-99 of it is a matter of taste.
                is_cut = any(max(s[2:]) - max(1, min(n for n in s[2:] if n or not any(s[2:]))) > 100 for s in segments)
                expected.append((middle, 1000.0 * no, "block", 5.0 if is_cut else 0.01))
    answers = geocode(asked, reference, offset_m=offset, inset_m=inset)
    for text, (x, y, kind, near), row in zip(asked, expected, answers.itertuples(), strict=True):
        assert row.match_type == kind, text
        assert row.x - X0 == pytest.approx(x, abs=near), text
        assert row.y - Y0 == pytest.approx(y, abs=0.01), text


@pytest.mark.slow
@quiet
@given(
    st.dictionaries(st.integers(50, 149), st.tuples(st.integers(0, 900), st.integers(0, 30)), min_size=4, max_size=20),
    st.randoms(use_true_random=False),
)
def test_a_number_is_its_point_or_lies_between_its_neighbours(
    known: dict[int, tuple[int, int]], shuffle: object
) -> None:
    points = pd.DataFrame({"number": list(known), "street_name": "ROW", "street_type": "ST"}).assign(
        x=[X0 + x for x, _ in known.values()], y=[Y0 + y for _, y in known.values()]
    )
    order = list(range(len(points)))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    # A full hundred that is no address may be meant as its block.
    numbers = [number for number in range(40, 160) if number != 100]
    answers = geocode([f"{n} ROW ST" for n in numbers], load_reference(points=points, crs=CRS))
    again = geocode([f"{n} ROW ST" for n in numbers], load_reference(points=points.iloc[order], crs=CRS))
    assert written(again) == written(answers)
    for number, row in zip(numbers, answers.itertuples(), strict=True):
        if number in known:
            x, y = known[number]
            assert (row.match_type, row.x, row.y) == ("point", X0 + x, Y0 + y)
        elif row.match_type == "point_interpolated":
            same = [n for n in known if n % 2 == number % 2]
            below, above = max(n for n in same if n < number), min(n for n in same if n > number)
            share = (number - below) / (above - below)
            for found, axis, origin in ((row.x, 0, X0), (row.y, 1, Y0)):
                a, b = known[below][axis], known[above][axis]
                assert found - origin == pytest.approx(a + share * (b - a), abs=0.01), number
        else:
            assert row.status == "unmatched" or row.match_type == "tie", row
