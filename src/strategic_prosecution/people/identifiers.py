"""Join records of one person by identifiers: the state's number, the FBI's number, the source's own person key.

Nothing is guessed from names here. The state identification number leads: two different ones never meet in one person.
A number that nobody is known by (``unusable_numbers`` says which, and why) joins nothing.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

SHORTEST_NUMBER = 4
_COLUMNS = ("state_id", "fbi_id", "source_person_id")
_TEXT: Final = "string[pyarrow]"
# What people write where there is no number.
_WORDS = "UNKNOWN|NONE|NULL|NONUMBER|NOTAVAILABLE|NOTAPPLICABLE|MISSING|PENDING|REFUSED|DUMMY|PLACEHOLDER"
# So short that a number may well begin like it.
_SHORT_WORDS = "UNK|NAN|NA|NOID|TBD|X+"
_RUNS = ("01234567890123456789", "12345678901234567890", "98765432109876543210")
_IN_A_ROW = [run[:length] for run in _RUNS for length in range(SHORTEST_NUMBER, len(run) + 1)]
# One letter or digit by itself at the end.
_CHECKED = r"^(.*[0-9A-Za-z])\s*[-–/]\s*[0-9A-Za-z]\s*$"
# What a number stands for besides one other: nothing, and too much.
_NONE, _SEVERAL = -1, -2
Codes = NDArray[np.int64]


def join_by_identifiers(records: pd.DataFrame) -> pd.DataFrame:
    """Which person each record belongs to, as far as numbers and keys say.

    ``records`` has one row per record: record_table, record_id, source_person_id, state_id, fbi_id, known_date. Returns
    record_table, record_id, person_id, basis (identifier | alone), probability (1.0), in the order of the input.

    An FBI number seen with exactly one state number stands for that number, and a source key likewise; seen with
    several, it joins nothing. Seen with: in one record, or in records that other numbers have joined before. Two FBI
    numbers with one state number are of one person, as the FBI itself joins numbers given twice. Without a state
    number, a source key stands for the one FBI number it is seen with. ``person_id`` is a digest of the person's
    earliest record, so it does not depend on the order of loading. Raises ValueError when a record occurs twice.
    """
    frame = records[["record_table", "record_id", *_COLUMNS, "known_date"]].reset_index(drop=True)
    if frame.duplicated(["record_table", "record_id"]).any():
        raise ValueError("records to link must be unique by record_table and record_id; correct the extract's key")
    leader = leaders(usable_numbers(frame))
    people = pd.Series(_names(frame, leader), dtype=object).to_numpy()
    joined = pd.Series(leader).duplicated(keep=False)
    return pd.DataFrame(
        {
            "record_table": frame["record_table"],
            "record_id": frame["record_id"],
            "person_id": people[leader],
            "basis": np.where(joined, "identifier", "alone"),
            "probability": 1.0,
        }
    )


def person_ids(records: Iterable[str]) -> list[str]:
    """The ids of people by their earliest records, each ``table/key``."""
    return ["p_" + hashlib.sha256(text.encode()).hexdigest()[:16] for text in records]


def leaders(numbers: pd.DataFrame) -> Codes:
    """For each record the number of its person, from 0 without gaps, by what ``usable_numbers`` gave."""
    return _leaders(*(_codes(numbers[column]) for column in _COLUMNS))


def usable_numbers(records: pd.DataFrame) -> pd.DataFrame:
    """state_id, fbi_id and source_person_id of each record as they are compared: null where they mean nobody.

    State and FBI numbers are upper-case letters and digits only. A number with a check character (``1234567-8``) and
    the same without (``1234567``) become one, unless it is written with several. Same index as ``records``.
    """
    return read_numbers(records)[0]


def unusable_numbers(records: pd.DataFrame) -> pd.DataFrame:
    """Numbers and keys that are there and mean nobody: record_table, record_id, column, why; by column, then as given.

    ``records`` as for ``join_by_identifiers``; known_date is not needed.
    """
    return read_numbers(records)[1]


def read_numbers(records: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What ``usable_numbers`` and ``unusable_numbers`` give, read once."""
    usable, unusable = {}, []
    for column in _COLUMNS:
        read = _read(records[column])
        usable[column] = _spread(read, "number")
        why = _spread(read, "why")
        rows = records.loc[why.notna().to_numpy(), ["record_table", "record_id"]]
        unusable.append(rows.assign(column=column, why=why.dropna().to_numpy(dtype=object)))
    return pd.DataFrame(usable), pd.concat(unusable, ignore_index=True)


def _read(values: pd.Series) -> tuple[Codes, pd.DataFrame, pd.Index]:
    """Each value's place among the different ones, those with their number, or why they are none, and the index."""
    text = values.astype(_TEXT)
    codes, different = pd.factorize(text)
    said = pd.Series(different, dtype=_TEXT)
    read = _read_keys(said) if values.name == "source_person_id" else _read_numbers(said)
    return codes.astype(np.int64), read, values.index


def _spread(read: tuple[Codes, pd.DataFrame, pd.Index], column: str) -> pd.Series:
    codes, different, index = read
    taken = different[column].array.take(codes, allow_fill=True)
    return pd.Series(taken, index=index, dtype=_TEXT)


def _read_numbers(said: pd.Series) -> pd.DataFrame:
    number = _plain(said)
    why = _why(
        number,
        {
            "a spreadsheet cut it short": said.str.match(r"^\s*\d[.,]\d+[eE]\+?\d+\s*$"),
            "a word, not a number": number.str.match(f"^[0-9]*(?:{_WORDS})[0-9]*$") | ~number.str.contains(r"\d"),
            f"fewer than {SHORTEST_NUMBER} letters and digits": number.str.len() < SHORTEST_NUMBER,
            "one character over and over": number == number.str.slice(0, 1).str.cat(number.str.slice(0, -1)),
            "nothing but zeros": number.str.match("^[A-Z]*0+[A-Z]*$"),
            "digits in a row": number.isin(_IN_A_ROW),
        },
    )
    number = number.where(why.isna() & (number != ""))
    return pd.DataFrame({"number": _with_check_character(said, number), "why": why})


def _read_keys(said: pd.Series) -> pd.DataFrame:
    key = _plain(said.str.replace("^[^:]*:", "", regex=True))
    # A system may well count its people from 1: only what is no number at all is left out.
    why = _why(
        key,
        {
            "nothing but zeros": key.str.match("^0+$"),
            "a word, not a key": key.str.match(f"^(?:{_WORDS}|{_SHORT_WORDS})$"),
        },
    )
    return pd.DataFrame({"number": said.where(why.isna() & (key != "")), "why": why})


def _plain(said: pd.Series) -> pd.Series:
    return said.str.upper().str.replace("[^A-Z0-9]", "", regex=True)


def _why(text: pd.Series, reasons: dict[str, pd.Series]) -> pd.Series:
    """The first of the reasons that holds; none where there is nothing to read."""
    why = pd.Series(pd.NA, index=text.index, dtype=_TEXT)
    for reason, holds in reversed(reasons.items()):
        why = why.mask(holds.astype(bool) & (text != "").astype(bool), reason)
    return why


def _with_check_character(said: pd.Series, number: pd.Series) -> pd.Series:
    """Numbers written without their check character, with it: where just one is seen."""
    stem = _plain(said.str.extract(_CHECKED, expand=False)).where(number.notna())
    pairs = pd.DataFrame({"stem": stem, "number": number}).dropna().drop_duplicates()
    full = pairs.drop_duplicates("stem", keep=False).set_index("stem")["number"]
    with_it: pd.Series = number.map(full)
    return number.mask(number.isin(full.index), with_it)


def _codes(values: pd.Series) -> Codes:
    return pd.factorize(values)[0].astype(np.int64)


def _leaders(state: Codes, fbi: Codes, key: Codes) -> Codes:
    """For each record the number of its person, without gaps. Codes are ``_NONE`` where a record has no such number."""
    leader = state.copy()
    led = -1
    while led < (led := int((leader != _NONE).sum())):
        for number in (fbi, key):
            _lend(leader, number)
    offset = _size(state)
    for number, lent in ((fbi, key), (key, None)):
        _lead(leader, number, offset=offset)
        offset += _size(number)
        if lent is not None:
            _lend(leader, lent)
    alone = leader == _NONE
    leader[alone] = offset + np.arange(alone.sum())
    return pd.factorize(leader)[0].astype(np.int64)


def _stands_for(number: Codes, leader: Codes) -> Codes:
    """For each number whom its records belong to: one, ``_NONE`` or ``_SEVERAL``."""
    known = (number != _NONE) & (leader != _NONE)
    least = np.full(_size(number), np.iinfo(np.int64).max)
    most = np.full(_size(number), _NONE)
    np.minimum.at(least, number[known], leader[known])
    np.maximum.at(most, number[known], leader[known])
    return np.where(most == _NONE, _NONE, np.where(least == most, most, _SEVERAL))


def _lend(leader: Codes, number: Codes) -> None:
    """Records without a leader get the one that their number stands for."""
    free = (leader == _NONE) & (number != _NONE)
    leader[free] = np.maximum(_stands_for(number, leader)[number[free]], _NONE)


def _lead(leader: Codes, number: Codes, *, offset: int) -> None:
    """Records without a leader are led by their number, if it stands for nobody yet."""
    free = (leader == _NONE) & (number != _NONE)
    free[free] = _stands_for(number, leader)[number[free]] != _SEVERAL
    leader[free] = offset + number[free]


def _size(number: Codes) -> int:
    return int(number.max(initial=_NONE)) + 1


def _names(frame: pd.DataFrame, leader: Codes) -> list[str]:
    """The ids of the people that lead, in order: each is made of its earliest record."""
    records = pa.table(
        {
            "leader": leader,
            "known_date": pa.array(pd.to_datetime(frame["known_date"])),
            "record_table": pa.array(frame["record_table"], pa.string()),
            "record_id": pa.array(frame["record_id"], pa.string()),
        }
    )
    order = pc.sort_indices(records, sort_keys=[(name, "ascending") for name in records.column_names]).to_numpy()
    _, first = np.unique(leader[order], return_index=True)
    earliest = records.take(order[first])
    texts = pc.binary_join_element_wise(earliest["record_table"], earliest["record_id"], "/").to_pylist()
    return person_ids(texts)
