"""Cook County's four felony files linked without their ids: what the linker knows, and where it stays silent.

    REALDATA=... python benchmarks/people_cook_county.py [--missing 0.1] [--without race]

One record per participant and file (intake, initiation, dispositions, sentencing). The ids of case and participant are
truth and nothing else. Compared are age, sex, race, the days received, of the incident and of the arrest, and agency
with unit. Not compared: the offense (the task does not name it), the minute of the arrest (a time, not a date), the
days of felony review (in intake alone) and of arraignment (in the other three).

There is no name, so many people fit equally. How many is counted, not assumed: two records of *one* file are never one
participant, so the pairs within intake show how often strangers agree. Age, sex and race are counted among strangers
of one occasion (same days, same agency and unit), where co-defendants are. An occasion says the more the fewer people
a file has on it; a pair that agrees in everything says the more where no file has another like them. Nothing is
learned from truth.

A case is frozen when the first byte of the SHA-256 of its id is odd. The model is estimated on the tuned half alone and
applied to both, each a county of its own. `--missing` leaves that share of the records out of each file, as where files
do not hold one another; `--without` leaves fields out. Nothing is written anywhere but to the terminal.
"""

import argparse
import hashlib
import os
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from strategic_prosecution.people import Comparison, Level, Model, compare_pairs

FILES = ("intake", "initiation", "dispositions", "sentencing")
DAYS = {"received_day": "received_date", "incident_day": "incident_begin_date", "arrest_day": "arrest_date"}
# The same arrests stand four hours later in intake, all year round: an evening's would have the next day there.
HOURS_AHEAD = {"intake": 4}
FIELDS = ("age", "sex", "race")
# The share of values that a clerk gets wrong. Stated: between copies without one error, estimation ends at nought.
MISCOPIED = 0.01
# Others on the same occasion, in classes: none, one, two to four, five or more.
COMPANY = (1, 2, 5)
COMPARED = ("file", "occasion", "company", "profile", "lookalikes", *FIELDS)
THRESHOLDS = (0.99, 0.9)
BANDS = (0, 0.01, 0.1, 0.5, 0.9, 0.99, 1)


def likely_pairs(records: pd.DataFrame, *, model: Model) -> pd.DataFrame:
    """One row per blocked pair: left, right (record), probability.

    The model holds as it is: at random pairs, the few that agree in everything are matches, whatever it knows of
    strangers.
    """
    frame = records[[*COMPARED, *(column for (column,) in model.blocks)]].assign(
        spelling=range(len(records)), number=pd.Series([None] * len(records), dtype="string")
    )
    found = compare_pairs(frame, model=model, least=0.0, estimate=False).pairs
    record = records["record"].to_numpy()
    return pd.DataFrame(
        {"left": record[found["left"]], "right": record[found["right"]], "probability": found["probability"]}
    )


def read_records() -> pd.DataFrame:
    """One row per participant and file: record, file, truth (case_id, participant), is_frozen, and what is compared."""
    frames = []
    for file in FILES:
        rows = pd.read_csv(Path(os.environ["REALDATA"]) / "cook_county" / f"{file}.csv", dtype=str)
        rows = rows.drop_duplicates("case_participant_id")
        ahead = pd.Timedelta(hours=HOURS_AHEAD.get(file, 0))
        days = {ours: pd.to_datetime(rows[theirs], format="ISO8601") - ahead for ours, theirs in DAYS.items()}
        frames.append(
            pd.DataFrame(
                {
                    "record": file + "/" + rows["case_participant_id"],
                    "file": file,
                    "case_id": rows["case_id"],
                    "participant": rows["case_participant_id"],
                    "is_frozen": [_byte(case) % 2 == 1 for case in rows["case_id"]],
                    "age": rows["age_at_incident"],
                    "sex": rows["gender"].replace("Unknown Gender", None),
                    "race": rows["race"].replace({"Unknown": None, "HISPANIC": "Hispanic"}),
                    **{ours: day.dt.strftime("%Y-%m-%d") for ours, day in days.items()},
                    "agency": rows["law_enforcement_agency"].fillna("") + ", " + rows["unit"].fillna(""),
                }
            )
        )
    records = pd.concat(frames, ignore_index=True)
    records["race"] = records["race"].str.replace(r".*\[Hispanic or Latino\]", "Hispanic", regex=True)
    # DuckDB is to see a missing value as null, whatever pandas keeps it as.
    texts = [*FIELDS, *DAYS]
    records[texts] = records[texts].astype(object).where(records[texts].notna(), None)
    return records


def _byte(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0]


def leave_out(records: pd.DataFrame, share: float) -> pd.DataFrame:
    """The records without a share of them, by hash: each file loses its own."""
    return records[records["record"].map(_byte) >= share * 256]


def prepare(records: pd.DataFrame, *, fields: Sequence[str] = FIELDS) -> pd.DataFrame:
    """Add occasion (days, agency and unit), profile (occasion and fields), and how many others of a file share each.

    ``company`` and ``lookalikes`` are those others, in the file that has most of them. A day or unit that is missing
    is one value more; a profile is null where a field is unknown, and has no lookalikes.
    """
    occasion = records["agency"].str.cat([records[day].fillna("") for day in DAYS], sep="|")
    profile = occasion.str.cat([records[field] for field in fields], sep="|")
    return records.assign(
        occasion=occasion,
        profile=profile.astype(object).where(profile.notna(), None),
        company=_others(records["file"], occasion),
        lookalikes=_others(records["file"], profile),
    )


def _others(file: pd.Series, value: pd.Series) -> pd.Series:
    in_file = value.groupby([file, value]).transform("size")
    return (in_file.groupby(value).transform("max") - 1).fillna(0).astype(int)


def estimate(records: pd.DataFrame, *, fields: Sequence[str] = FIELDS) -> Model:
    """The model of prepared records, without truth: strangers are the pairs within intake.

    Assumes that a smaller file's people stand in every larger one, which is what makes a match expected at all.
    """
    sizes = records["file"].value_counts()
    intake = records[records["file"] == "intake"]
    possible = len(intake) * (len(intake) - 1) / 2
    strangers = intake.merge(intake, on="occasion", suffixes=("_l", "_r"))
    strangers = strangers[strangers["record_l"] < strangers["record_r"]]
    # Somebody whom intake lacks makes two look like one alone; half a pair where none was seen.
    unseen = float((~records.loc[records["file"] != "intake", "occasion"].isin(intake["occasion"])).mean())
    pairs = _by_company(strangers["company_l"]) + 0.5
    pairs[0] += unseen * pairs[1]
    alike = int((strangers["profile_l"] == strangers["profile_r"]).sum())
    expected = sum(min(sizes[one], sizes[other]) for one, other in combinations(FILES, 2))
    one_file = float((sizes * (sizes - 1)).sum() / (len(records) * (len(records) - 1)))
    return Model(
        comparisons=(
            # No participant stands twice in a file: such a pair is none.
            _comparison("file", "file_l is null", ("one file", "file_l = file_r", 1e-9, one_file)),
            _comparison("occasion", "occasion_l is null", *_occasions(records["company"], pairs / possible)),
            *(_field(field, strangers) for field in fields),
            _comparison(
                "lookalikes",
                "coalesce(profile_l <> profile_r, true)",
                (
                    "no other like them in any file",
                    "greatest(lookalikes_l, lookalikes_r) = 0",
                    float((records.loc[records["profile"].notna(), "lookalikes"] == 0).mean()),
                    (0.5 + unseen * alike) / (1 + alike),
                ),
            ),
        ),
        blocks=(("received_day",),),
        matches_per_spelling=2 * expected / len(records),
    )


def _by_company(company: pd.Series) -> np.ndarray:
    return np.bincount(np.searchsorted(COMPANY, company, side="right"), minlength=len(COMPANY) + 1)


def _occasions(company: pd.Series, u: np.ndarray) -> list[tuple[str, str, float, float]]:
    m = (1 - MISCOPIED) * _by_company(company) / len(company)
    same = "occasion_l = occasion_r"
    bounds = [(f"fewer than {bound} others", f" and greatest(company_l, company_r) < {bound}") for bound in COMPANY]
    return [
        (f"same occasion, {what}", same + condition, float(m[n]), float(u[n]))
        for n, (what, condition) in enumerate([*bounds, ("more", "")])
    ]


def _field(field: str, strangers: pd.DataFrame) -> Comparison:
    left, right = strangers[f"{field}_l"], strangers[f"{field}_r"]
    u = float((left == right)[left.notna() & right.notna()].mean())
    missing = f"{field}_l is null or {field}_r is null"
    return _comparison(field, missing, (f"same {field}", f"{field}_l = {field}_r", 1 - MISCOPIED, u))


def _comparison(name: str, says_nothing: str, *levels: tuple[str, str, float, float]) -> Comparison:
    m, u = (1 - sum(level[which] for level in levels) for which in (2, 3))
    return Comparison(
        name,
        (
            Level("says nothing", says_nothing, is_null=True),
            *(Level(*level) for level in levels),
            Level("else", "else", m, u),
        ),
    )


def score(records: pd.DataFrame, *, model: Model) -> pd.DataFrame:
    """One row per pair of different files that was scored or is of one case, the larger file first.

    record_a, record_b, files, race, sex, probability (null: not scored), is_match, in_case, and for the count of those
    who cannot be told apart: is_twin (two participants of one case who agree in everything), lookalikes.
    """
    place = dict(zip(FILES, range(len(FILES)), strict=True))
    facts = records.set_index("record")
    scored = likely_pairs(records, model=model)
    left, right = (scored[side].map(facts["file"]).map(place) for side in ("left", "right"))
    scored["record_a"] = scored["left"].where(left < right, scored["right"])
    scored["record_b"] = scored["right"].where(left < right, scored["left"])
    scored = scored[left != right]
    known = records.merge(records, on="case_id", suffixes=("_a", "_b"))
    known = known.loc[known["file_a"].map(place) < known["file_b"].map(place), ["record_a", "record_b"]]
    keys = ["record_a", "record_b"]
    pairs = scored[[*keys, "probability"]].merge(known, on=keys, how="outer")
    a, b = (facts.loc[pairs[key]].reset_index(drop=True) for key in keys)
    is_match, in_case = a["participant"] == b["participant"], a["case_id"] == b["case_id"]
    return pairs.assign(
        files=a["file"] + " - " + b["file"],
        race=a["race"].fillna("unknown"),
        sex=a["sex"].fillna("unknown"),
        is_match=is_match,
        in_case=in_case,
        is_twin=in_case & ~is_match & (a["profile"] == b["profile"]),
        lookalikes=np.maximum(a["lookalikes"], b["lookalikes"]),
    )


def figures(pairs: pd.DataFrame, *, threshold: float) -> dict[str, Any]:
    """Precision and recall within a case, links across cases and their share of the scored pairs across cases.

    ``precision`` is that of all links, across cases or not. A share of nothing is None.
    """
    links = pairs[pairs["probability"] >= threshold]
    matches, right, in_case = (
        int(n) for n in (pairs["is_match"].sum(), links["is_match"].sum(), links["in_case"].sum())
    )
    scored_across = int((pairs["probability"].notna() & ~pairs["in_case"]).sum())
    return {
        "matches": matches,
        "links": len(links),
        "precision_in_case": _share(right, in_case),
        "recall_in_case": _share(right, matches),
        "links_across": len(links) - in_case,
        "scored_across": scored_across,
        "share_across": _share(len(links) - in_case, scored_across),
        "precision": _share(right, len(links)),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def silence(pairs: pd.DataFrame) -> dict[str, Any]:
    """Matches that agree with others as well as with each other, and how the probability is split among them."""
    matches = pairs[pairs["is_match"] & (pairs["lookalikes"] > 0)]
    twins = pairs[pairs["is_twin"]]
    with_twin = matches["record_a"].isin(twins["record_a"]) | matches["record_b"].isin(twins["record_b"])
    return {
        "matches with lookalikes": len(matches),
        "of these with one in the case": int(with_twin.sum()),
        "highest probability of these matches": matches["probability"].max(),
        "wrong pairs of one case that agree in everything": len(twins),
        "highest probability of these pairs": twins["probability"].max(),
    }


def one_to_one(pairs: pd.DataFrame, *, threshold: float) -> dict[str, Any]:
    """What it would add to link those left over: the only candidates of each other once the linked ones are gone."""
    a, b = pairs["record_a"] + pairs["files"], pairs["record_b"] + pairs["files"]
    is_link = pairs["probability"] >= threshold
    left = pairs[(pairs["probability"] >= BANDS[1]) & ~a.isin(a[is_link]) & ~b.isin(b[is_link])]
    only = left[~a[left.index].duplicated(keep=False) & ~b[left.index].duplicated(keep=False)]
    return {
        f"links at {threshold} that share a record within two files": int(
            (a[is_link].duplicated() | b[is_link].duplicated()).sum()
        ),
        f"links that one-to-one would add at {threshold}": len(only),
        f"right among these at {threshold}": int(only["is_match"].sum()),
    }


def calibration(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row per band of probability: pairs, predicted and true share of matches."""
    scored = pairs[pairs["probability"].notna()]
    bands = scored.groupby(pd.cut(scored["probability"], BANDS, right=False), observed=True)
    return bands.agg(pairs=("is_match", "size"), predicted=("probability", "mean"), true=("is_match", "mean"))


def _report(frozen: pd.DataFrame, tuned: pd.DataFrame) -> None:
    halves = (frozen, tuned)
    for threshold in THRESHOLDS:
        rows = {}
        for by in ("", "files", "race", "sex"):
            for group in sorted(frozen[by].unique()) if by else ["all"]:
                chosen = [half[half[by] == group] if by else half for half in halves]
                rows[group if group != "unknown" else f"{by} unknown"] = [
                    figures(h, threshold=threshold) for h in chosen
                ]
        table = {
            row: {name: f"{_text(one[name])} ({_text(other[name])})" for name in one}
            for row, (one, other) in rows.items()
        }
        print(f"\nAt {threshold}, frozen (tuned)\n{pd.DataFrame(table).T.to_string()}")
    print("\nCalibration, frozen, then tuned")
    print(pd.concat([calibration(half) for half in halves], axis=1).to_string(float_format="%.4f"))
    print("\nfrozen (tuned)")
    for part in (
        [silence(half) for half in halves],
        *([one_to_one(half, threshold=threshold) for half in halves] for threshold in THRESHOLDS),
    ):
        for name in part[0]:
            print(f"  {name}: {_text(part[0][name])} ({_text(part[1][name])})")


def _text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.5f}"


def main() -> None:
    """Estimate on the tuned half, score both, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missing", type=float, default=0.0)
    parser.add_argument("--without", action="append", choices=FIELDS, default=[])
    arguments = parser.parse_args()
    if "REALDATA" not in os.environ:
        parser.error("REALDATA is not set; it names the folder of real public extracts")
    pd.set_option("display.width", 250)
    fields = [field for field in FIELDS if field not in arguments.without]
    records = leave_out(read_records(), arguments.missing)
    frozen, tuned = (prepare(records[records["is_frozen"] == half], fields=fields) for half in (True, False))
    model = estimate(tuned, fields=fields)
    for name, half in (("frozen", frozen), ("tuned", tuned)):
        sizes = half["file"].value_counts()
        possible = sum(sizes[one] * sizes[other] for one, other in combinations(FILES, 2))
        print(f"{name}: {len(half):,} records, {possible:,} pairs of different files")
    _report(score(frozen, model=model), score(tuned, model=model))


if __name__ == "__main__":
    main()
