"""One person across extracts: identifiers first, then likeness by Splink's model, then constraints.

A function of the records, the decisions and the settings: nothing is remembered from the night before, so the same
records give the same people whenever they arrived.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from strategic_prosecution import warehouse
from strategic_prosecution.people.clusters import NOBODY, Nodes, cluster, connected_parts
from strategic_prosecution.people.comparing import LARGEST_BLOCK, Compared, compare, level_case
from strategic_prosecution.people.identifiers import leaders, person_ids, read_numbers
from strategic_prosecution.people.model import PEOPLE, Model
from strategic_prosecution.people.names import clean_names
from strategic_prosecution.people.queries import query
from strategic_prosecution.people.review import pairs_to_review
from strategic_prosecution.warehouse import Connection

_TEXTS = ("source_person_id", "state_id", "fbi_id", "given_name", "family_name", "sex", "home_address")
_DATES = ("birth_date", "known_date")
_DECISION = ("left_table", "left_record", "right_table", "right_record", "verdict")
_NO_DECISIONS = pd.DataFrame({name: pd.Series(dtype=object) for name in _DECISION})
# Below this no pair is worth a reviewer's time, and the curve over thresholds begins.
_LEAST_PROBABILITY = 0.5
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Linkage:
    """Who is one person, and how sure that is.

    ``links``: one row per record, in the order given: record_table, record_id, person_id, confirmed_person_id (by
    identifiers and reviewers alone), basis (identifier, reviewed, probabilistic, alone), probability, spelling (how it
    writes the person, address and identifiers included) and writing (name and birth date), both null where the record
    says too little. ``pairs``: one row per pair of confirmed people that a reviewer should look at,
    with the columns of core.person_pairs. ``faults``: record_table, record_id, column, why: what could not be used.
    ``spellings``: one row per way of writing a person: spelling, records, number. ``may_join``: left, right (spelling),
    probability: the pairs that likeness may join. ``compared``: how these came about.
    """

    links: pd.DataFrame
    pairs: pd.DataFrame
    faults: pd.DataFrame
    spellings: pd.DataFrame
    may_join: pd.DataFrame
    compared: Compared


def link_people(records: pd.DataFrame, **settings: Any) -> pd.DataFrame:
    """Which person each record belongs to: the links of ``resolve_people``, with the same arguments."""
    return resolve_people(records, **settings).links


def resolve_people(
    records: pd.DataFrame,
    *,
    decisions: pd.DataFrame = _NO_DECISIONS,
    link_probability: float = 0.99,
    review_probability: float = 0.5,
    model: Model = PEOPLE,
    charts: Path | None = None,
    threads: int | None = None,
) -> Linkage:
    """Join the records of one person, as far as it can be known, and say how each is joined.

    ``records`` has one row per record: record_table, record_id; and as far as there are: source_person_id, state_id,
    fbi_id, given_name, family_name, birth_date, sex, home_address, known_date. Race is never read. ``decisions`` are
    reviewers': left_table, left_record, right_table, right_record, verdict (same or different), in the order made.
    ``charts`` is a folder for the model's charts. Raises ValueError when a record occurs twice.

    Records with one identifier are one person (`join_by_identifiers`). One whose birth date and names all contradict
    what most of them say is counted with its own number, or alone where only a system's key leads there, and confirmed
    in neither until a reviewer decides. What else is alike is compared by Splink (Fellegi and Sunter 1969; Linacre et
    al. 2022) and joined from ``link_probability`` up, strongest first, where a birth date is known on both sides and
    neither given names nor birth dates contradict. Two valid state ids never meet in one person, nor do records that a
    reviewer told apart, nor birth dates that cannot be one person's. ``person_id`` is a digest of the person's earliest
    record.
    """
    frame = _complete(records)
    numbers, faults = read_numbers(frame)
    with warehouse.open_memory(threads=threads) as connection:
        frame = _identified(frame, numbers, decisions)
        _say(connection, frame)
        contradicted = connection.execute(query("contradicted")).df().astype({"row": "int64", "usual_row": "int64"})
        frame = _doubted(connection, frame, contradicted)
        connection.execute(query("alike"), {"most": LARGEST_BLOCK})
        connection.execute(query("spellings"))
        faults = pd.concat([faults, _text_faults(connection, frame)], ignore_index=True)
        compared = compare(connection, model=model, least=min(review_probability, _LEAST_PROBABILITY), charts=charts)
        spellings = connection.execute(
            "select spelling, first_row, records, number, identity, birth_text::bigint as birth from spellings "
            "where not is_twin order by spelling"
        ).df()
        spelt = connection.execute("select row, first_row from spelt order by row").df()
        alike = connection.execute("select content, name_and_birth from alike order by row").df().astype("int64")
        pairs = _told(compared, link_probability)
        said = _same_and_apart(frame, decisions)
        confirmed, disputed = _confirmed(frame, said, alike["content"].to_numpy())
        units = _units(pairs, spellings, confirmed)
        ties = _ties(pairs, units, spellings, spelt, confirmed, contradicted)
        nodes = _nodes(frame, spellings, spelt, confirmed)
        births = _clashing_births(connection, model, nodes, ties)
    apart = {(int(confirmed[a]), int(confirmed[b])) for a, b in said["different"]}
    clusters = cluster(nodes, ties, apart=apart, clashing_births=births)
    person = clusters.label[confirmed]
    followed = ties[~ties.index.isin(clusters.refused["tie"])]
    links = _links(frame, confirmed, person, followed, spellings, spelt).assign(
        writing=alike["name_and_birth"].where(frame["row"].isin(spelt["row"])).astype("Int64")
    )
    review = pairs_to_review(
        frame,
        pairs=pairs,
        units=units,
        person=clusters.label,
        refused=ties.loc[clusters.refused["tie"]].assign(why=clusters.refused["why"].to_numpy()),
        contradicted=contradicted,
        disputed=disputed,
        confirmed=confirmed,
        decided=said["same"] + said["different"],
        ids=links,
        model=compared.model,
        review_probability=review_probability,
    )
    return Linkage(
        links.sort_values("given").drop(columns="given").reset_index(drop=True),
        review,
        faults,
        spellings[["spelling", "first_row", "records", "number"]],
        pairs.loc[pairs["may_join"] & ((pairs["left"] | pairs["right"]) % 2 == 0), ["left", "right", "probability"]],
        compared,
    )


def _complete(records: pd.DataFrame) -> pd.DataFrame:
    """Every column there may be, rows in the order of their day: a row's number says which record is earlier."""
    frame = records[["record_table", "record_id"]].astype(str)
    for column in _TEXTS:
        frame[column] = records[column].astype(object) if column in records else None
    for column in _DATES:
        frame[column] = pd.to_datetime(records[column]) if column in records else pd.NaT
    if frame.duplicated(["record_table", "record_id"]).any():
        raise ValueError("records to link must be unique by record_table and record_id; correct the extract's key")
    frame["given"] = np.arange(len(frame))
    order = ["known_date", "record_table", "record_id"]
    return frame.sort_values(order, na_position="last", kind="stable", ignore_index=True)


def _identified(frame: pd.DataFrame, numbers: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """With row, identity (code of whom its identifiers name), number, has_number, and lone: it was decided on."""
    number = numbers["state_id"].astype(object)
    leader = pd.Series(leaders(numbers))
    identity = leader.astype("Int64").where(leader.duplicated(keep=False) | number.notna().to_numpy())
    has_number = numbers[["state_id", "fbi_id"]].notna().any(axis=1).to_numpy()
    # What a record lacks, another with the same identifier has: an identity has one state id at most.
    known = pd.DataFrame({"identity": identity, "number": number.to_numpy()}).dropna().drop_duplicates("identity")
    number = identity.map(known.set_index("identity")["number"])
    row = np.arange(len(frame))
    named = _rows_of(frame, decisions)
    lone = pd.Series(row).where(pd.Series(row).isin(named)).astype("Int64")
    return frame.assign(
        row=row, identity=identity.to_numpy(), number=number.to_numpy(), lone=lone.to_numpy(), has_number=has_number
    )


def _rows_of(frame: pd.DataFrame, decisions: pd.DataFrame) -> pd.Index:
    if decisions.empty:
        return pd.Index([])
    keys = pd.MultiIndex.from_frame(frame[["record_table", "record_id"]])
    named = [decisions[[f"{side}_table", f"{side}_record"]].astype(str).to_numpy() for side in ("left", "right")]
    return pd.Index(np.flatnonzero(keys.isin([tuple(pair) for part in named for pair in part])))


def _same_and_apart(frame: pd.DataFrame, decisions: pd.DataFrame) -> dict[str, list[tuple[int, int]]]:
    """Pairs of rows by verdict; a decision about a record that is not there says nothing."""
    found: dict[str, list[tuple[int, int]]] = {"same": [], "different": []}
    rows = frame.loc[_rows_of(frame, decisions)]
    row = dict(zip(zip(rows["record_table"], rows["record_id"], strict=True), rows["row"], strict=True))
    for left_table, left, right_table, right, verdict in decisions[list(_DECISION)].itertuples(index=False):
        pair = row.get((str(left_table), str(left))), row.get((str(right_table), str(right)))
        if pair[0] is not None and pair[1] is not None:
            found[verdict].append((pair[0], pair[1]))
    return found


def _say(connection: Connection, frame: pd.DataFrame) -> None:
    """Tables ``records``, ``names``, ``writings`` and ``said``: what each record says of a person, cleaned."""
    columns = [
        "row",
        "identity",
        "number",
        "lone",
        "has_number",
        "given_name",
        "family_name",
        "birth_date",
        "known_date",
        "sex",
    ]
    connection.register("records", frame[[*columns, "home_address"]].convert_dtypes(dtype_backend="pyarrow"))
    connection.execute(
        "create or replace temp table records_cast as select row::bigint as row, identity::bigint as identity, "
        "number::varchar as number, lone::bigint as lone, has_number::boolean as has_number, "
        "given_name::varchar as given_name, "
        "family_name::varchar as family_name, birth_date::date as birth_date, known_date::date as known_date, "
        "sex::varchar as sex, home_address::varchar as home_address from records"
    )
    connection.unregister("records")
    clean_names(connection, "records_cast", "names")
    connection.execute(query("said"))


def _doubted(connection: Connection, frame: pd.DataFrame, contradicted: pd.DataFrame) -> pd.DataFrame:
    """With contradicted records out of their identity; a number of their own still keeps them from other numbers."""
    if contradicted.empty:
        return frame
    led = contradicted.loc[~contradicted["has_number"].astype(bool), "row"]
    frame = frame.copy()
    frame.loc[contradicted["row"], "identity"] = pd.NA
    frame.loc[led, "number"] = None
    connection.register("doubted", contradicted[["row", "has_number"]])
    connection.execute(
        "update said set identity = null, number = case when doubted.has_number then number end "
        "from doubted where said.row = doubted.row"
    )
    connection.unregister("doubted")
    return frame


def _text_faults(connection: Connection, frame: pd.DataFrame) -> pd.DataFrame:
    found = connection.execute(
        "select row, 'family_name' as \"column\", name_fault as why from said where name_fault is not null union all "
        "select row, 'birth_date', birth_fault from said where birth_fault is not null union all "
        "select row, 'family_name', 'so many records without a number say exactly the same' from alike where too_many "
        "order by all"
    ).df()
    who = frame.loc[found["row"].astype("int64"), ["record_table", "record_id"]].reset_index(drop=True)
    return who.assign(column=found["column"], why=found["why"])


def _told(compared: Compared, link_probability: float) -> pd.DataFrame:
    """The pairs with may_join (likeness may join them: nothing contradicts, birth dates known) and joins."""
    pairs = compared.pairs
    may_join = np.ones(len(pairs), bool)
    for comparison in compared.model.comparisons:
        level = pairs[f"level_{comparison.name}"].to_numpy()
        for n, stated in enumerate(comparison.levels):
            if stated.contradicts or (stated.is_null and comparison.is_needed):
                may_join &= level != n
    return pairs.assign(may_join=may_join, joins=may_join & (pairs["probability"] >= link_probability))


def _confirmed(
    frame: pd.DataFrame, said: dict[str, list[tuple[int, int]]], content: Ints
) -> tuple[Ints, list[tuple[int, int]]]:
    """For each row the first row of its person by identifiers and reviewers alone; and pairs of rows to ask about.

    Under one identifier, records that say the same are tied first, then they to what most records say: whoever is told
    apart from one of them leaves by itself.
    """
    identity = frame["identity"].to_numpy(dtype="float64", na_value=np.nan)
    known = pd.DataFrame({"row": np.arange(len(frame)), "identity": identity, "content": content}).dropna()
    known["first"] = known.groupby(["identity", "content"])["row"].transform("min")
    records = known.groupby(["identity", "content"])["row"].transform("size")
    heads = known[known["row"] == known["first"]].assign(records=records)
    usual = heads.sort_values(["records", "row"], ascending=[False, True]).drop_duplicates("identity")
    heads = heads.merge(usual[["identity", "first"]], on="identity", suffixes=("", "_usual"))
    same = np.array(said["same"], dtype=np.int64).reshape(-1, 2)
    left = np.concatenate([same[:, 0], known["first"], heads["first_usual"]]).astype(np.int64)
    right = np.concatenate([same[:, 1], known["row"], heads["row"]]).astype(np.int64)
    ties = pd.DataFrame({"left": left, "right": right, "is_stated": np.arange(len(left)) < len(same)})
    ties = ties[ties["left"] != ties["right"]].reset_index(drop=True)
    nodes = Nodes(
        number=pd.factorize(frame["number"])[0].astype(np.int64),
        birth=np.full(len(frame), NOBODY),
        records=np.ones(len(frame), np.int64),
    )
    found = cluster(nodes, ties, apart=said["different"])
    refused = ties.loc[found.refused["tie"]]
    # A reviewer's word that another's makes impossible; or a number that the joining of two drove somebody from.
    carried = pd.DataFrame({"label": found.label, "number": nodes.number})[nodes.number != NOBODY].drop_duplicates()
    of_two = carried.loc[carried.duplicated("label"), "label"]
    has_two = np.isin(found.label[refused["left"].to_numpy(np.int64)], of_two)
    asked = refused[refused["is_stated"].to_numpy() | has_two]
    return found.label, list(zip(asked["left"].tolist(), asked["right"].tolist(), strict=True))


def _ties(
    pairs: pd.DataFrame,
    units: pd.DataFrame,
    spellings: pd.DataFrame,
    spelt: pd.DataFrame,
    confirmed: Ints,
    contradicted: pd.DataFrame,
) -> pd.DataFrame:
    """Ties between confirmed people, strongest first: left, right (their first rows), probability.

    By likeness; and by a number under which everything else differs, which comes before all likeness.
    """
    numbered = contradicted[contradicted["has_number"].astype(bool)]
    twins = pairs[pairs["joins"] & (pairs["right"] == pairs["left"] + 1)]
    alike = spellings.merge(twins[["left", "probability"]], left_on="spelling", right_on="left")
    alike = spelt.merge(alike[["first_row", "probability"]], on="first_row")
    between = units[pairs.loc[units.index, "joins"].to_numpy()]
    between = between.assign(probability=pairs.loc[between.index, "probability"])
    ties = pd.concat(
        [
            pd.DataFrame(
                {
                    "left": confirmed[numbered["usual_row"].to_numpy(np.int64)],
                    "right": confirmed[numbered["row"].to_numpy(np.int64)],
                    "probability": 1.0,
                    "is_stated": True,
                }
            ),
            pd.DataFrame(
                {
                    "left": confirmed[alike["first_row"].to_numpy(np.int64)],
                    "right": confirmed[alike["row"].to_numpy(np.int64)],
                    "probability": alike["probability"].to_numpy(),
                }
            ),
            between[["left", "right", "probability"]],
        ],
        ignore_index=True,
    )
    ties = ties[ties["left"] != ties["right"]]
    ends = np.sort(ties[["left", "right"]].to_numpy(np.int64), axis=1)
    ties = pd.DataFrame(
        {
            "left": ends[:, 0],
            "right": ends[:, 1],
            "probability": ties["probability"].to_numpy(),
            "is_stated": ties["is_stated"].eq(True).to_numpy(),
        }
    )
    order = ["is_stated", "probability", "left", "right"]
    strongest_first = ties.sort_values(order, ascending=[False, False, True, True], kind="stable")
    once: pd.DataFrame = strongest_first.drop_duplicates(["left", "right"]).reset_index(drop=True)
    return once


def _units(pairs: pd.DataFrame, spellings: pd.DataFrame, confirmed: Ints) -> pd.DataFrame:
    """For pairs of different spellings, each of one person for certain or by likeness: left and right confirmed person.

    A spelling of several records without an identifier that Splink does not take for one person is nobody's: which of
    them would a pair be about?
    """
    twins = pairs.loc[pairs["joins"] & (pairs["right"] == pairs["left"] + 1), "left"]
    is_one = spellings["identity"].notna() | (spellings["records"] == 1) | spellings["spelling"].isin(twins)
    first = np.full(int(spellings["spelling"].max() if len(spellings) else 0) + 2, NOBODY)
    first[spellings.loc[is_one, "spelling"].to_numpy(np.int64)] = spellings.loc[is_one, "first_row"].to_numpy(np.int64)
    left, right = (first[pairs[side].to_numpy(np.int64)] for side in ("left", "right"))
    are_known = (left != NOBODY) & (right != NOBODY)
    left, right = left[are_known], right[are_known]
    return pd.DataFrame(
        {"left": confirmed[left], "right": confirmed[right], "left_row": left, "right_row": right},
        index=pairs.index[are_known],
    )


def _nodes(frame: pd.DataFrame, spellings: pd.DataFrame, spelt: pd.DataFrame, confirmed: Ints) -> Nodes:
    """Confirmed people as nodes, by their first row; the other rows are nodes without ties."""
    size = len(frame)
    number = np.full(size, NOBODY)
    codes = pd.factorize(frame["number"])[0].astype(np.int64)
    np.maximum.at(number, confirmed, codes)
    born = spelt.merge(spellings[["first_row", "birth"]].dropna(), on="first_row")
    counted = (
        pd.DataFrame({"unit": confirmed[born["row"].to_numpy(np.int64)], "birth": born["birth"].to_numpy(np.int64)})
        .value_counts()
        .rename("records")
        .reset_index()
        .sort_values(["unit", "records", "birth"], ascending=[True, False, True])
        .drop_duplicates("unit")
    )
    birth = np.full(size, NOBODY)
    birth[counted["unit"]] = counted["birth"]
    return Nodes(number=number, birth=birth, records=np.bincount(confirmed, minlength=size).astype(np.int64))


def _clashing_births(
    connection: Connection, model: Model, nodes: Nodes, ties: pd.DataFrame
) -> frozenset[tuple[int, int]]:
    """Pairs of birth dates (as numbers) that are tied together by some chain and cannot be one person's."""
    comparison = next((each for each in model.comparisons if each.name == "birth_date"), None)
    if comparison is None or ties.empty:
        return frozenset()
    part = connected_parts(ties["left"].to_numpy(), ties["right"].to_numpy(), size=len(nodes.birth))
    known = nodes.birth != NOBODY
    met = pd.DataFrame({"part": part[known], "birth": nodes.birth[known]}).drop_duplicates()
    connection.register("met", met[met.duplicated("part", keep=False)])
    clashing = [n for n, level in enumerate(comparison.levels) if level.contradicts]
    found = connection.execute(
        f"""
        with dated as (
            select part, birth as code, birth::varchar as birth_text, strptime(birth::varchar, '%Y%m%d')::date as birth
            from met
        )
        select distinct l.code as left, r.code as right
        from dated as l join dated as r on l.part = r.part and l.code < r.code
        where {level_case(comparison)} in ({", ".join(map(str, clashing)) or "null"})
        """
    ).fetchall()
    return frozenset((int(left), int(right)) for left, right in found)


def _links(
    frame: pd.DataFrame,
    confirmed: Ints,
    person: Ints,
    followed: pd.DataFrame,
    spellings: pd.DataFrame,
    spelt: pd.DataFrame,
) -> pd.DataFrame:
    """The links in the order of rows, with ``given``, the place in which the record was given."""
    size = len(frame)
    strongest = np.zeros(size)
    for side in ("left", "right"):
        np.maximum.at(strongest, followed[side].to_numpy(np.int64), followed["probability"].to_numpy())
    units, people = np.bincount(confirmed, minlength=size), np.bincount(person, minlength=size)
    identity = frame["identity"].to_numpy(dtype="float64", na_value=np.nan)
    is_first = confirmed == person
    same_identity = is_first & (identity == identity[person])
    by_identifier = same_identity & (np.bincount(person[same_identity], minlength=size)[person] > 1)
    by_review = is_first & (units[confirmed] > 1) & ~by_identifier
    by_likeness = ~by_identifier & ~by_review & (people[person] > 1)
    basis = np.select(
        [by_identifier, by_review, by_likeness], ["identifier", "reviewed", "probabilistic"], default="alone"
    )
    first = np.unique(np.concatenate([confirmed, person]))
    earliest = frame.loc[first]
    ids = pd.Series(person_ids(earliest["record_table"] + "/" + earliest["record_id"]), index=first)
    spelling = pd.Series(pd.NA, index=np.arange(size), dtype="Int64")
    of_first = spellings.set_index("first_row")["spelling"]
    spelling.loc[spelt["row"].to_numpy(np.int64)] = spelt["first_row"].map(of_first).to_numpy(np.int64)
    return pd.DataFrame(
        {
            "record_table": frame["record_table"],
            "record_id": frame["record_id"],
            "person_id": ids.reindex(person).to_numpy(),
            "confirmed_person_id": ids.reindex(confirmed).to_numpy(),
            "basis": basis.astype(object),
            "probability": np.where(by_likeness, strongest[confirmed], 1.0),
            "spelling": spelling.to_numpy(),
            "given": frame["given"],
        }
    )
