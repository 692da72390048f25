"""The geocoder on an invented city: rows per second, peak memory, right and wrong; its parser beside usaddress.

    [REALDATA=...] python benchmarks/geocode.py [--rows 1000000] [--strings 100000] [--part speed|parsing|held_out]

City: a grid of about 50,000 segments and 2,400 invented street names, some split into N and S, some blocks cut by
alleys. Strings: 45 % house numbers, 40 % blocks, 11 % intersections, 2 % places, 2 % junk; 5 % of them with one typing
error in a name, a tenth without direction, a tenth without type, units and town tails. Everything is seeded.

speed     one million rows of 30,000 strings, and one million different strings; each case in a process of its own
parsing   the parser and usaddress on the same strings, in turn: rows per second, and street names right, where the
          parser's readings are chosen among by the layer's street names, and by its first reading alone. With REALDATA
          also on the strings of Philadelphia and Cambridge whose street stands in the layer letter by letter
held_out  5 % of the streets taken out of the layer: what is still matched for them is false
"""

import argparse
import itertools
import os
import pickle
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString

from strategic_prosecution import warehouse
from strategic_prosecution.places import Reference, geocode, load_reference

CRS, X0, Y0 = "EPSG:26918", 460_000.0, 4_380_000.0
LINES, BASE, BLOCK_M = 140, 70, 120.0
DISTINCT = 30_000
LIMIT_FEW, LIMIT_MANY, LIMIT_GIB, LIMIT_PARSING, LIMIT_FALSE = 300_000, 60_000, 2.0, 20.0, 0.005
WRONG_M = 250.0
SUFFIXES = ["ST", "AVE", "RD", "LN", "CT", "PL", "TER", "DR", "BLVD", "WAY"]
SUFFIX_WEIGHTS = [50, 18, 10, 5, 4, 4, 3, 3, 2, 1]
IN_WORDS = {
    "ST": "STREET",
    "AVE": "AVENUE",
    "RD": "ROAD",
    "LN": "LANE",
    "CT": "COURT",
    "PL": "PLACE",
    "TER": "TERRACE",
    "DR": "DRIVE",
    "BLVD": "BOULEVARD",
    "WAY": "WAY",
}
TOWN, STATE, ZIP = "RIVERTON", "PA", "19000"
PLACE_KINDS = ["HOSPITAL", "HIGH SCHOOL", "LIBRARY", "STATION", "MALL", "CINEMA", "STADIUM"]
BLOCK_FORMS = ["{h} BLOCK {s}"] * 4
BLOCK_FORMS += ["{h} BLOCK OF {s}", "{h} BLK {s}", "{c}XX {s}", "0{c}XX {s}", "{h}-{t} BLOCK OF {s}"]
JUNK = ["UNKNOWN", "HOMELESS", "PO BOX {n}", "SEE NARRATIVE", "{n}", "NONE GIVEN", "REFUSED", "NFA", "PARKING LOT {n}"]


def invented_name(draw: random.Random) -> str:
    """A street name of two or three syllables that no town has."""
    onsets = ["B", "BR", "D", "DR", "F", "FL", "G", "GL", "H", "K", "KR", "L", "M", "N", "P", "PL", "QU", "R", "S"]
    onsets += ["SK", "T", "TR", "V", "W", "Z"]
    codas = ["", "", "L", "M", "N", "R", "ND", "RT", "SK", "X"]
    parts = range(draw.choice((2, 2, 3)))
    return "".join(draw.choice(onsets) + draw.choice("AEIOUY") for _ in parts) + draw.choice(codas)


def street_pieces(draw: random.Random) -> list[tuple[bool, int, int, int, str, str, str]]:
    """The streets: vertical?, line, first block, end block, direction, name, type; each stays on one side of BASE."""
    pieces: list[tuple[bool, int, int, int, str, str, str]] = []
    taken: set[tuple[str, str]] = set()
    names: list[str] = []

    def fresh(ordinal: int | None) -> tuple[str, str]:
        while True:
            if ordinal is not None:
                ending = "TH" if 10 <= ordinal % 100 <= 20 else {1: "ST", 2: "ND", 3: "RD"}.get(ordinal % 10, "TH")
                name, ordinal = f"{ordinal}{ending}", None
            elif names and draw.random() < 0.08:
                name = draw.choice(names)
            else:
                name = invented_name(draw)
            suffix = draw.choices(SUFFIXES, SUFFIX_WEIGHTS)[0]
            if (name, suffix) not in taken:
                taken.add((name, suffix))
                names.append(name)
                return name, suffix

    for is_vertical in (True, False):
        low, high = ("S", "N") if is_vertical else ("W", "E")
        for line in range(LINES):
            above = below = BASE
            above += draw.randint(6, 24)
            below -= draw.randint(6, 24)
            name, suffix = fresh(line + 1 if is_vertical and line < 80 else None)
            if draw.random() < 0.6:
                pieces.append((is_vertical, line, BASE, above, high, name, suffix))
                pieces.append((is_vertical, line, below, BASE, low, name, suffix))
            else:
                pieces.append((is_vertical, line, BASE, above, "", name, suffix))
                pieces.append((is_vertical, line, below, BASE, "", *fresh(None)))
            while above < LINES:
                first, above = above, min(LINES, above + draw.randint(6, 24))
                pieces.append((is_vertical, line, first, above, draw.choice(("", "", "", high)), *fresh(None)))
            while below > 0:
                end, below = below, max(0, below - draw.randint(6, 24))
                pieces.append((is_vertical, line, below, end, draw.choice(("", "", "", low)), *fresh(None)))
    return pieces


def make_city(seed: int = 5) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame]:
    """Segments (the reader's columns), blocks (street, hundred, ends), corners (two streets, x, y)."""
    draw = random.Random(seed)
    jitter = np.random.default_rng(seed).uniform(-15, 15, size=(LINES + 1, LINES + 1, 2))

    def node(column: int, row: int) -> tuple[float, float]:
        dx, dy = jitter[column, row]
        return X0 + column * BLOCK_M + dx, Y0 + row * BLOCK_M + dy

    segments, blocks, at_node = [], [], {}
    for street, (is_vertical, line, first, end, direction, name, suffix) in enumerate(street_pieces(draw)):
        for step in range(first, end):
            near, far = (step, step + 1) if step >= BASE else (step + 1, step)
            hundred = 100 * (step - BASE if step >= BASE else BASE - 1 - step)
            a, b = (node(line, near), node(line, far)) if is_vertical else (node(near, line), node(far, line))
            blocks.append((street, direction, name, suffix, hundred, *a, *b))
            for grid in ((line, near), (line, far)) if is_vertical else ((near, line), (far, line)):
                at_node.setdefault(grid, {})[street] = (direction, name, suffix)
            cuts = [0, *sorted(draw.sample(range(20, 81, 2), draw.choices((0, 1, 2), (75, 17, 8))[0])), 100]
            for low, high in itertools.pairwise(cuts):
                ends = [(a[0] + t / 100 * (b[0] - a[0]), a[1] + t / 100 * (b[1] - a[1])) for t in (low, high)]
                odd = (hundred + low + 1, hundred + high - 1)
                even = (hundred + low + (2 if low == 0 else 0), hundred + high - 2)
                is_reversed = draw.random() < 0.2
                if is_reversed:
                    ends, odd, even = ends[::-1], odd[::-1], even[::-1]
                left, right = (even, odd) if is_reversed else (odd, even)
                segments.append((direction, name, suffix, None, *left, *right, len(segments), LineString(ends)))
    columns = ["street_predir", "street_name", "street_type", "street_postdir", "left_from", "left_to", "right_from"]
    frame = gpd.GeoDataFrame(segments, columns=[*columns, "right_to", "segment_id", "geometry"], crs=CRS)
    block = pd.DataFrame(blocks, columns=["street", "direction", "name", "suffix", "hundred", "ax", "ay", "bx", "by"])
    corners = []
    for grid, streets in sorted(at_node.items()):
        known = sorted(streets.values())
        corners += [(*one, *two, *node(*grid)) for i, one in enumerate(known) for two in known[i + 1 :]]
    corner_columns = ["direction", "name", "suffix", "direction2", "name2", "suffix2", "x", "y"]
    return frame, block, pd.DataFrame(corners, columns=corner_columns)


def make_places(corners: pd.DataFrame, seed: int = 7) -> pd.DataFrame:
    """Three hundred named places: name, x, y, one row each."""
    draw = random.Random(seed)
    names: list[str] = []
    while len(names) < 300:
        name = f"{invented_name(draw)} {draw.choice(PLACE_KINDS)}"
        if name not in names:
            names.append(name)
    chosen = corners.sample(len(names), random_state=seed)
    return pd.DataFrame({"name": names, "x": chosen["x"].to_numpy() + 40, "y": chosen["y"].to_numpy() + 40})


def one_edit(draw: random.Random, name: str) -> str:
    """The name with one letter put in, left out, changed, or two neighbours swapped."""
    at = draw.randrange(1, len(name))
    letter = draw.choice("ABCDEFGHIKLMNOPRSTUVWY")
    kind = draw.randrange(4)
    if kind == 0:
        return name[:at] + letter + name[at:]
    if kind == 1:
        return name[:at] + name[at + 1 :]
    if kind == 2:
        return name[:at] + letter + name[at + 1 :]
    return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]


def written(draw: random.Random, direction: str, name: str, suffix: str, *, typo: bool) -> tuple[str, str]:
    """A street as somebody types it, and the name in it."""
    if typo and name[0].isalpha():
        name = one_edit(draw, name)
    if draw.random() < 0.1:
        direction = ""
    chance = draw.random()
    ending = "" if chance < 0.1 else IN_WORDS[suffix] if chance < 0.2 else suffix
    return " ".join(part for part in (direction, name, ending) if part), name


def make_strings(
    blocks: pd.DataFrame, corners: pd.DataFrame, places: pd.DataFrame, *, count: int, seed: int
) -> pd.DataFrame:
    """`count` different strings with their truth: text, kind, x, y, name, name2 (as written), street, typo."""
    draw = random.Random(seed)
    block_rows = list(blocks.itertuples(index=False, name=None))
    corner_rows = list(corners.itertuples(index=False, name=None))
    place_rows = list(places.itertuples(index=False, name=None))
    seen: set[str] = set()
    out = []
    while len(out) < count:
        kind = draw.choices(("exact", "block", "intersection", "place", "junk"), (45, 40, 11, 2, 2))[0]
        typo = draw.random() < 0.05
        name = name2 = street = ""
        x = y = float("nan")
        if kind in ("exact", "block"):
            _, direction, true_name, suffix, hundred, ax, ay, bx, by = draw.choice(block_rows)
            street = " ".join(part for part in (direction, true_name, suffix) if part)
            text, name = written(draw, direction, true_name, suffix, typo=typo)
            if kind == "exact":
                along = draw.randrange(1, 99)
                text = f"{hundred + along} {text}"
                if draw.random() < 0.12:
                    unit = draw.choice((" APT {}", " #{}", " UNIT {}", " FL {}", " APT {}B", " STE {}"))
                    text += unit.format(draw.randrange(1, 40))
            else:
                along = 50
                form = draw.choice(BLOCK_FORMS)
                century = hundred // 100 if hundred else "0"
                text = form.format(h=hundred, t=hundred + 99, c=century, s=text)
            x, y = ax + along / 100 * (bx - ax), ay + along / 100 * (by - ay)
        elif kind == "intersection":
            direction, true_name, suffix, direction2, true_name2, suffix2, x, y = draw.choice(corner_rows)
            one, name = written(draw, direction, true_name, suffix, typo=typo)
            two, name2 = written(draw, direction2, true_name2, suffix2, typo=False)
            if draw.random() < 0.5:
                one, two, name, name2 = two, one, name2, name
            text = one + draw.choice((" & ", " & ", " / ", "/", " AND ", " AT ", " @ ")) + two
        elif kind == "place":
            text, x, y = draw.choice(place_rows)
            typo = False
        else:
            text = draw.choice(JUNK).format(n=draw.randrange(1, 10_000_000))
            typo = False
        tail = draw.random()
        if kind != "junk" and tail < 0.1:
            text += draw.choice((f", {TOWN} {STATE}", f", {TOWN}, {STATE} {ZIP}", f" {TOWN} {STATE}"))
        if draw.random() < 0.15:
            text = text.title() if draw.random() < 0.7 else text.lower()
        # There are few places: their share is smaller among a million different strings.
        if text in seen:
            continue
        seen.add(text)
        out.append((text, kind, x, y, name, name2, street, typo))
    return pd.DataFrame(out, columns=["text", "kind", "x", "y", "name", "name2", "street", "typo"])


def run_case(folder: Path) -> None:
    """In a process of its own: read the rows, geocode them, leave answers and figures."""
    reference = pickle.loads((folder / "reference.pickle").read_bytes())
    rows = pd.read_parquet(folder / "rows.parquet")["text"]
    begun, worked = time.perf_counter(), time.process_time()
    found = geocode(rows, reference)
    took, cpu = time.perf_counter() - begun, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found[["status", "match_type", "x", "y"]].to_parquet(folder / "answers.parquet")
    (folder / "figures.txt").write_text(f"{took} {cpu} {peak}", encoding="utf-8")


def speed(rows: int) -> None:
    """Rows per second, peak and truth of both cases."""
    reference, strings_of = synthetic()
    for title, distinct, limit in (
        (f"{rows:,} rows of {DISTINCT:,} strings", DISTINCT, LIMIT_FEW),
        (f"{rows:,} different strings", rows, LIMIT_MANY),
    ):
        truth = strings_of(distinct)
        if distinct < rows:
            truth = truth.sample(rows, replace=True, random_state=11, ignore_index=True)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "reference.pickle").write_bytes(pickle.dumps(reference))
            truth[["text"]].to_parquet(folder / "rows.parquet")
            subprocess.run([sys.executable, __file__, "--case", name], check=True)
            found = pd.read_parquet(folder / "answers.parquet")
            took, cpu, peak = map(float, (folder / "figures.txt").read_text(encoding="utf-8").split())
        rate = rows / took
        print(f"\n{title}")
        print(f"  {'time':20}{took:12.2f} s ({cpu:.2f} s of processors)")
        print(f"  {'rows per second':20}{rate:12,.0f} = {rate / limit:.2f} of {limit:,} (at least 1)")
        print(f"  {'peak':20}{peak:12.2f} GiB = {peak / LIMIT_GIB:.2f} of {LIMIT_GIB} GiB (at most 1)", flush=True)
        print_truth(truth, found)


def print_truth(truth: pd.DataFrame, found: pd.DataFrame) -> None:
    """Hits, ties and wrong places by kind of string; wrong: further than 250 m from the truth."""
    hit = (found["status"] == "matched").to_numpy()
    tie = (found["status"] == "tie").to_numpy()
    error = np.hypot(found["x"] - truth["x"], found["y"] - truth["y"]).to_numpy()
    # A hit for junk has no truth: it is wrong.
    wrong = hit & ~(error <= WRONG_M)
    print(f"  {'':22}{'rows':>12}{'hit':>10}{'tie':>10}{'wrong':>10}{'median m':>10}")
    kinds = {kind: (truth["kind"] == kind).to_numpy() for kind in sorted(set(truth["kind"]))}
    kinds["with a typing error"] = truth["typo"].to_numpy(dtype=bool)
    kinds["all but junk"] = (truth["kind"] != "junk").to_numpy()
    for kind, of in kinds.items():
        middle = np.nanmedian(error[of & hit & ~np.isnan(error)]) if (of & hit & ~np.isnan(error)).any() else np.nan
        shares = "".join(f"{share:10.2%}" for share in (hit[of].mean(), tie[of].mean(), wrong[of].mean()))
        print(f"  {kind:22}{of.sum():12,}{shares}{middle:10.1f}", flush=True)


def synthetic() -> tuple[Reference, Callable[[int], pd.DataFrame]]:
    """The compiled city, and a function that makes strings of it."""
    streets, blocks, corners = make_city()
    places = make_places(corners)
    begun = time.perf_counter()
    reference = load_reference(streets=streets, places=places, localities=(TOWN, STATE, ZIP), crs=CRS)
    names = streets["street_name"].nunique()
    took = time.perf_counter() - begun
    print(
        f"city: {len(streets):,} segments, {names:,} street names, {len(corners):,} corners, compiled in {took:.1f} s"
    )
    return reference, lambda count: make_strings(blocks, corners, places, count=count, seed=count)


# ------------------------------------------------------------------------------------------------------------- parsing


def parse_ours(texts: pd.Series, localities: tuple[str, ...]) -> tuple[pd.DataFrame, float]:
    """Readings of the strings with the splits of their streets (string_id, reading, kind, slot, rank, name), seconds.

    The clock stops when both stand in the database, where matching takes them up; it does not see them fetched.
    """
    from strategic_prosecution.places.parse import parse_strings, read_streets

    begun = time.perf_counter()
    with warehouse.open_memory() as connection:
        strings = pd.DataFrame({"string_id": np.arange(len(texts), dtype=np.int32), "text": texts.to_numpy()})
        connection.register("given", strings)
        connection.execute("create temp table strings as select string_id, text from given")
        parse_strings(connection, localities=localities)
        connection.execute("create temp table street_texts as select distinct street as text from readings")
        read_streets(connection)
        took = time.perf_counter() - begun
        found: pd.DataFrame = connection.execute(
            "select string_id, reading, kind, slot, slots, rank, predir, name from readings join street_readings "
            "on street = text where kind <> 'place' order by all"
        ).df()
    return found, took


def parse_usaddress(texts: pd.Series) -> list[dict[str, str] | None]:
    """The tags of each string; None where a label repeats."""
    import usaddress

    out: list[dict[str, str] | None] = []
    for text in texts:
        try:
            out.append(dict(usaddress.tag(text)[0]))
        except usaddress.RepeatedLabelError:
            out.append(None)
    return out


def bare(text: object) -> str:
    """Letters and digits only, upper case: how names are compared."""
    return re.sub(r"[^A-Z0-9]", "", str(text).upper())


def right_by_us(found: pd.DataFrame, truth: pd.DataFrame, *, known: set[str]) -> np.ndarray:
    """Whether every street name of a string is read right.

    Of a string's readings the first whose streets all have a split with a `known` name is taken, and the first such
    split of each street; without one, the first of all.
    """
    rows = found.assign(name=found["name"].map(bare), whole=(found["predir"].fillna("") + found["name"]).map(bare))
    rows["is_known"] = rows["name"].isin(known)
    rows = rows.sort_values(["string_id", "reading", "slot", "is_known", "rank", "name"], ascending=[1, 1, 1, 0, 1, 1])
    rows = rows.drop_duplicates(["string_id", "reading", "slot"])
    all_known = rows.groupby(["string_id", "reading"])["is_known"].transform("all")
    rows = rows.assign(all_known=all_known).sort_values(
        ["string_id", "all_known", "reading", "slot"], ascending=[True, False, True, True]
    )
    rows = rows[rows["reading"] == rows.groupby("string_id")["reading"].transform("first")]
    chosen = rows.groupby("string_id")[["name", "whole"]].agg(list).reindex(range(len(truth)))
    out = np.zeros(len(truth), dtype=bool)
    wanted = zip(truth["name"].map(bare), truth["name2"].map(bare), strict=True)
    for row, (names, wholes, want) in enumerate(zip(chosen["name"], chosen["whole"], wanted, strict=True)):
        if isinstance(names, list):
            want = sorted(filter(None, want))
            out[row] = len(want) == len(names) and (sorted(names) == want or sorted(wholes) == want)
    return out


def right_by_usaddress(tags: list[dict[str, str] | None], truth: pd.DataFrame) -> np.ndarray:
    """The same for usaddress; a name counts with or without its pre-directional or pre-type."""

    def names(tag: dict[str, str], prefix: str) -> set[str]:
        name = tag.get(f"{prefix}StreetName", "")
        before = [tag.get(f"{prefix}StreetName{part}", "") for part in ("PreDirectional", "PreType", "PreModifier")]
        return {bare(name), *(bare(part + name) for part in before), bare("".join(before) + name)}

    out = np.zeros(len(truth), dtype=bool)
    for row, (tag, one, two) in enumerate(zip(tags, truth["name"].map(bare), truth["name2"].map(bare), strict=True)):
        if tag is not None:
            out[row] = (
                (one in names(tag, "") and two in names(tag, "Second"))
                or (two in names(tag, "") and one in names(tag, "Second"))
                if two
                else one in names(tag, "")
            )
    return out


def compare_parsers(title: str, truth: pd.DataFrame, localities: tuple[str, ...], *, known: set[str]) -> None:
    """Print rates and shares of both on the same strings; each runs three times in turn, its best time counts."""
    truth = truth.reset_index(drop=True)
    times: dict[str, list[float]] = {"ours": [], "usaddress": []}
    for _ in range(3):
        found, took = parse_ours(truth["text"], localities)
        times["ours"].append(took)
        begun = time.perf_counter()
        tags = parse_usaddress(truth["text"])
        times["usaddress"].append(time.perf_counter() - begun)
    ours, theirs = (len(truth) / min(took) for took in times.values())
    print(f"\nparsing {len(truth):,} {title}")
    print(f"  {'rows per second':24}{ours:12,.0f}   usaddress {theirs:10,.0f}", end="")
    print(f"   ratio {ours / theirs:.1f} = {ours / theirs / LIMIT_PARSING:.2f} of {LIMIT_PARSING:.0f} (at least 1)")
    print(f"  {'street names right':24}{'strings':>12}{'ours':>10}{'first reading':>15}{'usaddress':>11}")
    shares = {
        "ours": right_by_us(found, truth, known=known),
        "first": right_by_us(found, truth, known=set()),
        "usaddress": right_by_usaddress(tags, truth),
    }
    for kind in ("exact", "block", "intersection"):
        of = (truth["kind"] == kind).to_numpy()
        if of.any():
            one, first, other = (share[of].mean() for share in shares.values())
            print(f"  {kind:24}{of.sum():12,}{one:10.2%}{first:15.2%}{other:11.2%}", flush=True)


def real_strings() -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Strings of Philadelphia and Cambridge whose streets stand in the layer letter by letter, and that layer."""
    import accuracy_of_places as real

    sets = {
        "strings of Philadelphia": (real.philadelphia_strings()["text"], real.philadelphia_streets()),
        "strings of Cambridge": (real.cambridge_strings()["text"], real.cambridge_streets()),
    }
    return {title: (plain_truth(texts.drop_duplicates(), layer), layer) for title, (texts, layer) in sets.items()}


def plain_truth(texts: pd.Series, layer: pd.DataFrame) -> pd.DataFrame:
    """text, kind, name, name2: what can be told from the layer by equality of plain text alone."""
    parts = layer[["street_predir", "street_name", "street_type", "street_postdir"]].fillna("").astype(str)
    parts = parts.apply(lambda column: column.str.upper().str.strip())
    known: dict[str, str] = {}
    for columns in (("street_name",), ("street_name", "street_type"), tuple(parts.columns)):
        whole = parts[list(columns)].agg(" ".join, axis=1).str.split().str.join(" ")
        known |= dict(zip(whole, parts["street_name"], strict=True))
    rows = []
    for text in texts:
        plain = " ".join(text.upper().split())
        block = re.fullmatch(r"(\d+) (BLOCK |BLK )?(?:OF )?(.+)", plain)
        if block and block[3] in known:
            rows.append((text, "block" if block[2] else "exact", known[block[3]], ""))
            continue
        sides = re.split(r" ?[&/@] ?| AND | AT ", plain)
        if len(sides) == 2:
            if sides[1].endswith(" STS"):
                sides[1] = sides[1].removesuffix(" STS")
            if all(side in known for side in sides):
                rows.append((text, "intersection", known[sides[0]], known[sides[1]]))
    return pd.DataFrame(rows, columns=["text", "kind", "name", "name2"])


def parsing(count: int) -> None:
    """The parser and usaddress on invented strings, then on real ones where there are any."""
    streets, blocks, corners = make_city()
    truth = make_strings(blocks, corners, make_places(corners), count=count, seed=count)
    truth = truth[truth["kind"].isin(["exact", "block", "intersection"])]
    compare_parsers("invented strings", truth, (TOWN, STATE, ZIP), known=set(streets["street_name"].map(bare)))
    if "REALDATA" in os.environ:
        for title, (rows, layer) in real_strings().items():
            compare_parsers(title, rows, (), known=set(layer["street_name"].dropna().map(bare)))


# ------------------------------------------------------------------------------------------------------------ held out


def held_out(count: int) -> None:
    """5 % of the streets taken out: of the strings that were placed right, how many are now placed elsewhere."""
    streets, blocks, corners = make_city()
    truth = make_strings(blocks, corners, make_places(corners), count=count, seed=count)
    truth = truth[truth["kind"].isin(["exact", "block"])].reset_index(drop=True)
    whole = streets[["street_predir", "street_name", "street_type"]].agg(" ".join, axis=1).str.strip()
    full = load_reference(streets=streets, localities=(TOWN, STATE, ZIP), crs=CRS)
    before = geocode(truth["text"], full)
    error = np.hypot(before["x"] - truth["x"], before["y"] - truth["y"])
    all_streets = sorted(set(whole))
    parts = []
    for draw in range(3):
        gone = set(random.Random(draw).sample(all_streets, len(all_streets) // 20))
        rest = load_reference(streets=streets[~whole.isin(gone)], localities=(TOWN, STATE, ZIP), crs=CRS)
        lost = truth[truth["street"].isin(gone) & (error <= WRONG_M)].reset_index(drop=True)
        after = geocode(lost["text"], rest)
        parts.append(lost.assign(false=after["status"] == "matched"))
    rows = pd.concat(parts)
    print("\n5 % of the streets taken out, three draws: still matched, therefore false")
    for title, chosen in (
        ("all", rows),
        ("without a typing error", rows[~rows["typo"]]),
        ("with one", rows[rows["typo"]]),
    ):
        share = chosen["false"].mean()
        ratio = f" = {share / LIMIT_FALSE:.2f} of {LIMIT_FALSE:.1%} (at most 1)"
        print(f"  {title:24}{len(chosen):10,} strings{share:10.3%}{ratio}", flush=True)


def main() -> None:
    """Run the parts that are asked for."""
    work: dict[str, Callable[[argparse.Namespace], None]] = {
        "speed": lambda given: speed(given.rows),
        "parsing": lambda given: parsing(given.strings),
        "held_out": lambda given: held_out(given.strings),
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--strings", type=int, default=100_000)
    parser.add_argument("--part", action="append", choices=sorted(work))
    parser.add_argument("--case", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        run_case(arguments.case)
        return
    for part in arguments.part or work:
        work[part](arguments)


if __name__ == "__main__":
    main()
