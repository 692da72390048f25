"""How right the geocoder is on real layers, the tuned half beside the frozen half.

    REALDATA=... python benchmarks/accuracy_of_places.py [--set philadelphia ...] [--misses 40] [--draws 10]

Sets: philadelphia (shootings on street segments), charlottesville (incident blocks on address points), cambridge (named
intersections on centerlines), held_out (5 % of the streets taken out of each layer: what is matched then is false).
A string is frozen when the first byte of its SHA-256 is odd; another form of it (`A / B` for `A & B`) goes where the
first form went. `--misses` prints strings of the tuned half only; nothing is written anywhere but to the terminal.
"""

import argparse
import hashlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer

from strategic_prosecution import places
from strategic_prosecution.places import Reference, geocode, load_reference, read_aliases, read_streets, suggest_aliases

PHILADELPHIA_COLUMNS = {
    "street_predir": "PRE_DIR",
    "street_name": "ST_NAME",
    "street_type": "ST_TYPE",
    "street_postdir": "POST_DIR",
    "left_from": "L_F_ADD",
    "left_to": "L_T_ADD",
    "right_from": "R_F_ADD",
    "right_to": "R_T_ADD",
    "segment_id": "SEG_ID",
    "geometry": "wkt",
}
CAMBRIDGE_COLUMNS = {
    "street_name": "Street_Name",
    "street_type": "Street_Type",
    "left_from": "L_From",
    "left_to": "L_To",
    "right_from": "R_From",
    "right_to": "R_To",
    "segment_id": "ID",
}
CHARLOTTESVILLE_COLUMNS = {
    "point_id": "geo_MAT_MasterAddressID",
    "number": "geo_MAT_ST_NUMBER",
    "street_predir": "geo_MAT_PREDIR",
    "street_name": "geo_MAT_ST_NAME",
    "street_type": "geo_MAT_SUFFIX",
    "street_postdir": "geo_MAT_POSTDIR",
    "unit": "unit",
    "lon": "lon",
    "lat": "lat",
}
Figures = dict[str, float]
Halves = dict[str, Figures]
HoldOut = Callable[..., Halves]
CHARLOTTESVILLE_LOCALITIES = ("Charlottesville", "VA")
FAR_M = 250.0
HELD_OUT = 13 / 256  # of the first bytes: 5 %


def folder(name: str) -> Path:
    """A folder of the real extracts."""
    return Path(os.environ["REALDATA"]) / name


def frozen(texts: pd.Series) -> pd.Series:
    """True for strings that no rule was ever tuned on."""
    return texts.map(lambda text: hashlib.sha256(text.encode()).digest()[0] % 2 == 1).astype(bool)


def philadelphia_streets() -> gpd.GeoDataFrame:
    """The city's segments with ranges."""
    return read_streets(folder("philadelphia") / "street_segments.csv", columns=PHILADELPHIA_COLUMNS, crs="EPSG:26918")


def philadelphia_aliases() -> pd.DataFrame:
    """The city's other names of streets."""
    columns = {"alias": "pre_dir + st_name + st_type + suf_dir", "street": "cl_street_full"}
    return read_aliases(folder("philadelphia") / "street_alias.csv", columns=columns)


def philadelphia_strings() -> pd.DataFrame:
    """One row per location string: text, base, records, lon, lat (the median of its records)."""
    rows = pd.read_csv(folder("philadelphia") / "shootings_2015_2020.csv", usecols=["location", "lat", "lng"])
    rows = rows[rows["location"].notna()]
    rows = rows.groupby("location").agg(records=("lat", "size"), lat=("lat", "median"), lon=("lng", "median"))
    rows = rows.rename_axis("text").reset_index()
    return rows.assign(base=rows["text"], form="as published")


def cambridge_streets() -> gpd.GeoDataFrame:
    """The city's centerlines with actual ranges."""
    return read_streets(folder("cambridge") / "centerlines.geojson", columns=CAMBRIDGE_COLUMNS, crs="EPSG:26919")


def cambridge_strings() -> pd.DataFrame:
    """One row per named intersection and way of writing it: text, base, form, records, lon, lat."""
    named = gpd.read_file(folder("cambridge") / "intersections.geojson").to_crs("EPSG:4326")
    named = named[named["Intersection"].fillna("").str.contains("&")]
    one = pd.DataFrame({"base": named["Intersection"].str.strip(), "lon": named.geometry.x, "lat": named.geometry.y})
    # A name that stands at two places is two rows; either may be meant.
    one["records"] = 1
    forms = {"A & B": " & ", "A / B": " / ", "A AT B": " AT ", "A AND B": " AND ", "A @ B": "@"}
    return pd.concat(
        [
            one.assign(form=form, text=one["base"].str.replace(r"\s*&\s*", between, regex=True))
            for form, between in forms.items()
        ],
        ignore_index=True,
    )


def charlottesville_points() -> pd.DataFrame:
    """The city's master address points."""
    return places.read_points(
        folder("charlottesville") / "Master_Address_Points.csv", columns=CHARLOTTESVILLE_COLUMNS, crs="EPSG:26917"
    )


def charlottesville_strings() -> pd.DataFrame:
    """Geocoded blocks as they are, and as the crime files write them (number and street, and with BLOCK)."""
    known = pd.read_csv(folder("charlottesville") / "geocoded_blocks.csv").drop_duplicates("address")
    known = known.rename(columns={"address": "base"})[["base", "lon", "lat", "loc_type"]]
    files = sorted(folder("charlottesville").glob("crime_*.csv"))
    crimes = pd.concat([pd.read_csv(file, dtype=str, encoding="utf-8-sig") for file in files])
    crimes = crimes.drop_duplicates("IncidentID") if "IncidentID" in crimes else crimes
    number, street = (crimes[c].fillna("").str.strip() for c in ("BlockNumber", "StreetName"))
    plain = (number + " " + street).str.strip()
    blocks = pd.DataFrame({"plain": plain, "block": (number + " BLOCK " + street).where(number != "", street)})
    blocks["base"] = plain + " Charlottesville VA"
    blocks = blocks.groupby(["base", "plain", "block"]).size().rename("records").reset_index()
    of_crimes = blocks.merge(known, on="base")
    records = known.merge(blocks.groupby("base")["records"].sum().reset_index(), how="left", on="base")
    return pd.concat(
        [
            records.assign(text=records["base"], form="as geocoded", records=records["records"].fillna(1)),
            of_crimes.assign(text=of_crimes["plain"], form="number street"),
            of_crimes.assign(text=of_crimes["block"], form="number BLOCK street"),
        ],
        ignore_index=True,
    )


def located(strings: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """The strings with geocode's answer, half and error_m, the metres to the published point (null without a hit)."""
    rows = strings.reset_index(drop=True)
    found = geocode(rows["text"], reference)
    x, y = Transformer.from_crs("EPSG:4326", reference.crs, always_xy=True).transform(rows["lon"], rows["lat"])
    error = np.hypot(found["x"] - np.asarray(x), found["y"] - np.asarray(y))
    half = np.where(frozen(rows["base"]), "frozen", "tuned")
    return pd.concat([rows, found.drop(columns=["lon", "lat"])], axis=1).assign(error_m=error, half=half)


def shares(rows: pd.DataFrame) -> Figures:
    """The figures of one half; errors are of the hits alone."""
    hit = rows["status"] == "matched"
    error = rows.loc[hit, "error_m"]
    of_records = error.repeat(rows.loc[hit, "records"].astype(int))
    return {
        "strings": len(rows),
        "hit, strings": hit.mean(),
        "hit, records": rows.loc[hit, "records"].sum() / rows["records"].sum(),
        "tie": (rows["status"] == "tie").mean(),
        "median m": error.median(),
        "by records, median m": of_records.median(),
        "p90 m": error.quantile(0.9),
        "beyond 250 m": (error > FAR_M).mean(),
        "within its uncertainty": (error <= rows.loc[hit, "uncertainty_m"]).mean(),
    }


def shown(name: str, value: float) -> str:
    """A figure as text: counts whole, metres with a decimal, all else a share."""
    if name.endswith(" m") and not name.startswith("beyond"):
        return f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.2%}"


def beside(title: str, rows: pd.DataFrame, figures: Callable[[pd.DataFrame], Figures]) -> Halves:
    """Print the figures of both halves and return them."""
    halves = {half: figures(rows[rows["half"] == half]) for half in ("tuned", "frozen")}
    print(f"\n{title}{'tuned':>{max(1, 52 - len(title))}}{'frozen':>12}")
    for name in halves["tuned"]:
        tuned, other = (shown(name, halves[half][name]) for half in ("tuned", "frozen"))
        print(f"  {name:38}{tuned:>12}{other:>12}", flush=True)
    return halves


def print_misses(rows: pd.DataFrame, count: int) -> None:
    """The tuned half's strings without a hit, most records first, then those placed furthest off."""
    tuned = rows[rows["half"] == "tuned"]
    columns = ["text", "records", "status", "match_type", "faults", "matched_address"]
    missed = tuned[tuned["status"] != "matched"].sort_values(["records", "text"], ascending=[False, True])
    far = tuned[tuned["error_m"] > FAR_M].sort_values(["error_m", "text"], ascending=[False, True])
    print(f"\n  {len(missed)} without a hit\n{missed[columns].head(count).to_string(index=False)}")
    print(f"\n  {len(far)} beyond {FAR_M:.0f} m\n{far[[*columns, 'error_m']].head(count).to_string(index=False)}")


def measure(title: str, strings: pd.DataFrame, reference: Reference, *, misses: int = 0) -> dict[str, Halves]:
    """Print one set, a table per form of writing, and its misses when asked; form -> half -> figures."""
    rows = located(strings, reference)
    figures = {}
    for form in strings["form"].unique():
        chosen = rows[rows["form"] == form]
        figures[form] = beside(f"{title}: {form}", chosen, shares)
        kinds = pd.crosstab(chosen["match_type"], chosen["half"], normalize="columns").map("{:.2%}".format)
        for kind, of_kind in kinds.iterrows():
            print(f"    {kind:36}{of_kind['tuned']:>12}{of_kind['frozen']:>12}")
        if misses:
            print_misses(chosen, misses)
    return figures


def streets_of(found: pd.DataFrame) -> pd.Series:
    """Labels of the streets of each hit, as a list: two and more for an intersection, none without a hit."""
    address = found["matched_address"].fillna("").astype(str)
    corner = found["match_type"] == "intersection"
    plain = address.map(lambda text: [re.sub(r"^\d+ (?:BLOCK )?", "", text)])
    lists = plain.where(~corner, address.str.split(" & "))
    return lists.where(found["status"] == "matched", pd.Series([[]] * len(found), index=found.index))


def drawn_streets(labels: Iterable[str], *, draw: int) -> set[str]:
    """The streets of one draw, by a hash of their labels."""
    return {text for text in labels if hashlib.sha256(f"{draw} {text}".encode()).digest()[0] < 256 * HELD_OUT}


def false_matches(rows: pd.DataFrame) -> Figures:
    """The figures of one half of a hold-out."""
    lost = rows["lost"]
    return {
        "strings on a street taken out": int(lost.sum()),
        "of them different": int(rows.loc[lost, "text"].nunique()),
        "matched all the same": int(rows["false"].sum()),
        "share of false matches": rows["false"].sum() / max(1, lost.sum()),
        "other strings whose place changed": rows["moved"].sum() / max(1, (~lost).sum()),
    }


def held_out(
    title: str,
    strings: pd.DataFrame,
    full: Reference,
    without: Callable[[set[str]], Reference],
    *,
    draws: int,
    misses: int = 0,
) -> Halves:
    """Print what becomes of strings whose street was taken out of the layer, and of all others.

    `without(labels)` compiles the layer without those streets. A string whose street is gone and that is matched all
    the same is a false match. Strings count once per draw.
    """
    strings = strings.drop_duplicates("text").reset_index(drop=True)
    answers = geocode(strings["text"], full)
    street_lists = streets_of(answers)
    parts = []
    for draw in range(draws):
        gone = drawn_streets(full.streets["label"], draw=draw)
        rest = without(gone)
        lost = street_lists.map(lambda names, gone=gone: any(name in gone for name in names))
        then = geocode(strings["text"], rest)
        moved = ~np.isclose(then["x"], answers["x"], atol=0.01, equal_nan=True) | (then["status"] != answers["status"])
        parts.append(
            pd.DataFrame(
                {
                    "text": strings["text"],
                    "half": np.where(frozen(strings["base"]), "frozen", "tuned"),
                    "lost": lost,
                    "false": lost & (then["status"] == "matched"),
                    "moved": moved & ~lost,
                    "was": answers["matched_address"],
                    "is": then["matched_address"],
                    "match_type": then["match_type"],
                    "faults": then["faults"],
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True)

    halves = beside(f"held out, {title}, {draws} draws", rows, false_matches)
    if misses:
        columns = ["text", "was", "is", "match_type", "faults"]
        tuned = rows[rows["half"] == "tuned"]
        print(tuned.loc[tuned["false"], columns].drop_duplicates().head(misses).to_string(index=False))
        print(f"\n  moved\n{tuned.loc[tuned['moved'], columns].drop_duplicates().head(misses).to_string(index=False)}")
    return halves


def without_segments(
    streets: gpd.GeoDataFrame, full: Reference, *, aliases: pd.DataFrame | None = None
) -> Callable[[set[str]], Reference]:
    """A function that compiles the segments that are not on the given streets.

    A street that is taken out is taken out as another street's alias too: where the city says that one name stands for
    both, a match on the other is no false one.
    """
    ids = full.segments.merge(full.streets, on="street_id")

    def compile_rest(gone: set[str]) -> Reference:
        out = set(ids.loc[ids["label"].isin(gone), "segment_id"].astype(str))
        rest = streets[~streets["segment_id"].astype(str).isin(out)]
        known = None if aliases is None else aliases[~aliases["alias"].str.upper().isin(gone)]
        return load_reference(streets=rest, aliases=known, crs=full.crs)

    return compile_rest


def without_points(points: pd.DataFrame, full: Reference) -> Callable[[set[str]], Reference]:
    """A function that compiles the address points that are not on the given streets."""
    ids = full.points.merge(full.streets, on="street_id")

    def compile_rest(gone: set[str]) -> Reference:
        # Units of a building share a position and a name, not an id: leave out by name.
        out = points["point_id"].astype(str).isin(set(ids.loc[ids["label"].isin(gone), "point_id"].astype(str)))
        parts = ["street_predir", "street_name", "street_type", "street_postdir"]
        whole = points[parts].fillna("").agg(" ".join, axis=1)
        return load_reference(
            points=points[~whole.isin(set(whole[out]))], localities=CHARLOTTESVILLE_LOCALITIES, crs=full.crs
        )

    return compile_rest


def philadelphia(*, misses: int = 0) -> dict[str, Halves]:
    """Shootings on street segments with the alias table."""
    reference = load_reference(streets=philadelphia_streets(), aliases=philadelphia_aliases(), crs="EPSG:26918")
    return measure("Philadelphia shootings", philadelphia_strings(), reference, misses=misses)


def philadelphia_confirmed(*, misses: int = 0) -> dict[str, Halves]:
    """The same with every suggested alias confirmed unseen, which nobody should do: what confirming can come to."""
    streets, aliases, strings = philadelphia_streets(), philadelphia_aliases(), philadelphia_strings()
    reference = load_reference(streets=streets, aliases=aliases, crs="EPSG:26918")
    suggested = suggest_aliases(strings["text"], reference)[["alias", "street"]]
    confirmed = load_reference(streets=streets, aliases=pd.concat([aliases, suggested]), crs="EPSG:26918")
    return measure("Philadelphia, suggestions confirmed", strings, confirmed, misses=misses)


def cambridge(*, misses: int = 0) -> dict[str, Halves]:
    """Named intersections on centerlines alone."""
    reference = load_reference(streets=cambridge_streets(), crs="EPSG:26919")
    return measure("Cambridge intersections", cambridge_strings(), reference, misses=misses)


def charlottesville(*, misses: int = 0) -> dict[str, Halves]:
    """Incident blocks on address points."""
    reference = load_reference(points=charlottesville_points(), localities=CHARLOTTESVILLE_LOCALITIES, crs="EPSG:26917")
    return measure("Charlottesville blocks", charlottesville_strings(), reference, misses=misses)


def philadelphia_held_out(*, draws: int, misses: int = 0) -> Halves:
    """Shootings, streets held out of the layer and of the alias table."""
    streets, aliases = philadelphia_streets(), philadelphia_aliases()
    full = load_reference(streets=streets, aliases=aliases, crs="EPSG:26918")
    rest = without_segments(streets, full, aliases=aliases)
    return held_out("Philadelphia", philadelphia_strings(), full, rest, draws=draws, misses=misses)


def cambridge_held_out(*, draws: int, misses: int = 0) -> Halves:
    """Named intersections and the first number of every segment, streets held out."""
    streets = cambridge_streets()
    full = load_reference(streets=streets, crs="EPSG:26919")
    number = pd.to_numeric(streets["left_from"].astype(object), errors="coerce").fillna(0).astype(int)
    street = (streets["street_name"].fillna("") + " " + streets["street_type"].fillna("")).str.strip()
    numbered = pd.DataFrame({"text": number.astype(str) + " " + street})[number > 0]
    strings = pd.concat([cambridge_strings(), numbered.assign(base=numbered["text"])], ignore_index=True)
    return held_out("Cambridge", strings, full, without_segments(streets, full), draws=draws, misses=misses)


def charlottesville_held_out(*, draws: int, misses: int = 0) -> Halves:
    """Incident blocks, streets of the address points held out."""
    points = charlottesville_points()
    full = load_reference(points=points, localities=CHARLOTTESVILLE_LOCALITIES, crs="EPSG:26917")
    rest = without_points(points, full)
    return held_out("Charlottesville", charlottesville_strings(), full, rest, draws=draws, misses=misses)


def main() -> None:
    """Run the sets that are asked for and print what was measured."""
    sets = ("philadelphia", "charlottesville", "cambridge", "held_out")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", choices=sets)
    parser.add_argument("--misses", type=int, default=0)
    parser.add_argument("--draws", type=int, default=10)
    arguments = parser.parse_args()
    if "REALDATA" not in os.environ:
        parser.error("REALDATA is not set; it names the folder of real public extracts")
    pd.set_option("display.width", 200, "display.max_colwidth", 60)
    chosen = arguments.set or sets
    work = {"philadelphia": philadelphia, "charlottesville": charlottesville, "cambridge": cambridge}
    for name in chosen:
        if name in work:
            work[name](misses=arguments.misses)
    if "philadelphia" in chosen:
        philadelphia_confirmed()
    if "held_out" in chosen:
        for hold_out in (philadelphia_held_out, charlottesville_held_out, cambridge_held_out):
            hold_out(draws=arguments.draws, misses=arguments.misses)


if __name__ == "__main__":
    main()
