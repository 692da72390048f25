"""Which columns of a layout fill which columns of a table: by name and by value, each with its evidence."""

import re
from dataclasses import dataclass, replace

from strategic_prosecution import model
from strategic_prosecution.extracts.propose.codes import CodeMap, propose_codes
from strategic_prosecution.extracts.propose.profiles import Shape
from strategic_prosecution.extracts.propose.signs import LEAST_EVIDENCE, SIGNS
from strategic_prosecution.extracts.propose.vocabulary import CLOCK, COLUMNS, DAYS, NOT_MEANT
from strategic_prosecution.extracts.propose.words import words
from strategic_prosecution.warehouse import identifier

_LEAST_SHARE = 0.8
_ALTERNATIVE = 0.15
# Codes nobody here knows are taken for codes when there are few.
_LEAST_COVERED, _FEW_CODES = 0.3, 12
# ... but not where a column of that name may hold people: values of codes are shown.
_MAY_BE_NAMES = ("reported_by", "role", "origin")
# Columns of ours that may come from one column of theirs.
_SHARED = (
    {"offense_category", "offense_code", "charge_code", "charge_title", "top_charge", "first_filed_charge"},
    {"case_id", "referral_id", "defendant_id", "docket_id", "source_person_id"},
    {"screen_result", "decline_reason"},
)
_NOT_AN_ADDRESS = r"home|residence|description|type|name$|comment|email|\bip\b|category|premise|cross"
_ETHNICITY = r"^(is )?(latin[oxa]|hispanic)"
_PLACE_NAMES = r"district|precinct|beat|neighborhood|location|address|street|block|city|agency|unit"


@dataclass(frozen=True)
class Guess:
    """One column of ours with what fills it: a column or an expression, the formats it needs, and why."""

    ours: str
    theirs: str
    columns: tuple[str, ...]
    evidence: str
    alternative: str = ""
    formats: tuple[str, ...] = ()
    codes: CodeMap | None = None


def evidence_of(table: str, name: str, shapes: tuple[Shape, ...]) -> float:
    """How much says that a file fills a table: weights of the signs in its name and its header."""
    file_words = words(name)
    headers = [shape.words for shape in shapes]
    total = 0.0
    for where, pattern, weight in SIGNS[table]:
        places = [file_words] if where == "file" else headers
        total += weight if any(re.search(pattern, place) for place in places) else 0.0
    return total


def likely_tables(name: str, shapes: tuple[Shape, ...]) -> list[str]:
    """The tables a file may fill, likeliest first; none below the least evidence."""
    ranked = sorted(
        ((evidence_of(table, name, shapes), table) for table in SIGNS), key=lambda item: (-item[0], item[1])
    )
    return [table for total, table in ranked if total >= LEAST_EVIDENCE]


def choose(table: str, shapes: tuple[Shape, ...], *, keyed: tuple[str, ...]) -> dict[str, Guess]:
    """The guesses for a table by concept (``vocabulary``), best pairs of name and value first.

    ``keyed``: concepts that ``keys`` fills, left out here.
    """
    pairs = []
    for concept, patterns in COLUMNS[table].items():
        if concept in keyed:
            continue
        for shape in shapes:
            how_named = named(shape.words, patterns)
            if how_named and shape.filled > 0 and (fit := _fit(table, concept, shape)) is not None:
                pairs.append((how_named + fit, concept, shape, how_named))
    pairs.sort(key=lambda pair: (-pair[0], shapes.index(pair[2])))
    taken: dict[str, str] = {}
    guesses: dict[str, Guess] = {}
    for total, concept, shape, _ in pairs:
        if concept in guesses or not _is_free(concept, shape.name, taken):
            continue
        others = [
            other.name
            for likeness, same, other, _ in pairs
            if same == concept and other is not shape and likeness > total - _ALTERNATIVE
        ]
        guesses[concept] = _guess(table, concept, shape, others[0] if others else "")
        taken[concept] = shape.name
    _join_ethnicity(shapes, guesses)
    _fill_address(table, shapes, guesses)
    _drop_unfit_places(guesses, shapes)
    return guesses


def named(name: str, patterns: tuple[str, ...]) -> float:
    """How well the words of a name fit, 1 for the best pattern down to 0.5; 0 when none does."""
    if re.search(NOT_MEANT, name) and not any(re.fullmatch(pattern, name) for pattern in patterns):
        return 0.0
    for number, pattern in enumerate(patterns):
        if re.search(pattern, name):
            return 1 - 0.5 * number / len(patterns)
    return 0.0


def with_clock(guess: Guess, shapes: tuple[Shape, ...]) -> Guess | None:
    """A day joined with the hour or time that stands in another column; None where there is none."""
    day = next(shape for shape in shapes if shape.name == guess.columns[0])
    assert day.dates is not None
    if day.dates.has_time:
        return None
    own = set(day.words.split()) - {"date", "time"}
    clocks = [
        shape
        for shape in shapes
        if re.search(CLOCK, shape.words)
        and shape.is_clock
        and not shape.dates
        and set(shape.words.split()) - {"date", "time", "hour"} == own - {"on"}
    ]
    if not clocks:
        return None
    clock = clocks[0]
    text = identifier(clock.name)
    if any(":" in value for value, _ in clock.top):
        is_half = any(value.upper().endswith("M") for value, _ in clock.top)
        seconds = any(value.count(":") == 2 for value, _ in clock.top)
        form = ("%I:%M:%S %p" if seconds else "%I:%M %p") if is_half else ("%H:%M:%S" if seconds else "%H:%M")
    elif clock.high is not None and clock.high <= 24:
        text, form = f"lpad(split_part({text}, '.', 1), 2, '0') || ':00'", "%H:%M"
    else:
        text, form = f"lpad(split_part({text}, '.', 1), 4, '0')", "%H%M"
    days = tuple(dict.fromkeys(item.replace("T", " ").split(" ")[0] for item in day.dates.formats))
    first = identifier(day.name)
    if any(" " in item or "T" in item for item in day.dates.formats):
        first = f"split_part(replace({first}, 'T', ' '), ' ', 1)"
    return Guess(
        guess.ours,
        f"{first} || ' ' || {text}",
        (day.name, clock.name),
        f"the day of {day.name} with the time of {clock.name}",
        formats=tuple(f"{item} {form}" for item in days),
    )


def _fit(table: str, concept: str, shape: Shape) -> float | None:
    """How well the values fit, on top of the name; None when they cannot be meant."""
    if _is_day(table, concept):
        return 0.2 * shape.filled if shape.dates and shape.dates.share >= _LEAST_SHARE else None
    if concept == "birth_date":
        return 0.1 if shape.dates or shape.whole > 0.9 else None
    if shape.dates and shape.dates.share > 0.9:
        return None
    if concept in ("longitude", "latitude"):
        return _fit_coordinate(concept, shape)
    if concept == "address":
        is_named_so = re.search(_NOT_AN_ADDRESS, shape.words) and not re.search("street name", shape.words)
        likeness = 0.7 * shape.addresses + 0.3 * shape.streets
        return None if is_named_so or likeness < 0.1 else likeness
    column = model.table(table).column(concept)
    if column.dtype == "boolean":
        return 0.1 if shape.is_flag else None
    if column.dtype in ("integer", "cents"):
        is_named_age = shape.words == "age"
        if (
            concept == "age"
            and not is_named_age
            and not (shape.low is not None and shape.high is not None and shape.high <= 120)
        ):
            return None
        return 0.1 if shape.whole > 0.9 and not re.search(r"\bid$", shape.words) else None
    if column.dtype == "code":
        if shape.distinct > 1500 or (shape.is_flag and concept != "sex" and shape.numeric > 0.5):
            return None
        covered = propose_codes(column, shape.top).known
        is_short_list = shape.distinct <= _FEW_CODES and concept not in _MAY_BE_NAMES
        if concept != "offense_category" and covered < _LEAST_COVERED and not is_short_list:
            return None
        if concept == "offense_category" and re.search(_PLACE_NAMES + "|status|weapon", shape.words):
            return None
        return 0.8 * covered if concept == "offense_category" else 0.3 * covered
    if concept.endswith("_id"):
        return None if shape.is_flag else 0.1 * shape.filled
    return 0.1 * shape.filled


def _is_day(table: str, concept: str) -> bool:
    names = {column.name: column.dtype for column in model.table(table).columns}
    return concept in DAYS or (names.get(concept) == "date" and concept != "birth_date")


def _fit_coordinate(concept: str, shape: Shape) -> float | None:
    if shape.numeric < 0.9 or shape.low is None or shape.high is None:
        return None
    lowest, highest = (-180.0, -60.0) if concept == "longitude" else (17.0, 72.0)
    if lowest <= shape.low <= shape.high <= highest:
        return 0.5
    return 0.0 if shape.high > 1000 else None


def _is_free(concept: str, name: str, taken: dict[str, str]) -> bool:
    used = [other for other, theirs in taken.items() if theirs == name]
    return all(any({concept, other} <= pair for pair in _SHARED) for other in used)


def _guess(table: str, concept: str, shape: Shape, alternative: str) -> Guess:
    said = f"filled {shape.filled:.1%}"
    formats: tuple[str, ...] = ()
    codes = None
    theirs = shape.name
    ours = concept
    if shape.dates and (_is_day(table, concept) or concept == "birth_date"):
        formats = shape.dates.formats
        said = f"{shape.dates.share:.1%} read as {' or '.join(formats)}"
        said += f"; {shape.dates.ambiguous}" if shape.dates.ambiguous else ""
        if concept in DAYS:
            instant, day = DAYS[concept]
            ours = instant if instant and (shape.dates.has_time or not day) else day
    elif concept in ("longitude", "latitude"):
        said = "numbers in degrees" if shape.high is not None and abs(shape.high) <= 180 else "projected numbers"
    elif concept == "address":
        said = f"{shape.addresses:.0%} look like a block, address or intersection"
    elif concept == "sex" and "male" in shape.words and shape.is_flag:
        theirs = f"case when {_is_yes(shape)} then 'male' when {identifier(shape.name)} <> '' then 'female' end"
        said = "says whether the person is male"
    elif concept == "intent" and shape.is_flag:
        theirs = f"case when {_is_yes(shape)} then 'officer' else 'criminal' end"
        said = "says whether an officer fired"
    elif model.table(table).column(concept).dtype == "code":
        codes = propose_codes(model.table(table).column(concept), shape.top)
        said = f"our words know {codes.known:.1%} of rows"
    return Guess(ours, theirs, (shape.name,), f"{said}; name says [{shape.words}]", alternative, formats, codes)


def _is_yes(shape: Shape) -> str:
    return f"lower({identifier(shape.name)}) in ('true', 't', 'yes', 'y', '1', '1.0')"


def _join_ethnicity(shapes: tuple[Shape, ...], guesses: dict[str, Guess]) -> None:
    """Who is recorded as Latino is counted so, whatever the race in the column beside it."""
    race = guesses.get("race_ethnicity")
    apart = next((shape for shape in shapes if shape.is_flag and re.search(_ETHNICITY, shape.words)), None)
    if race is not None and apart is not None and race.columns != (apart.name,):
        text = f"case when {_is_yes(apart)} then 'hispanic' else {identifier(race.columns[0])} end"
        why = f"{race.evidence}; ethnicity stands apart in {apart.name}"
        guesses["race_ethnicity"] = replace(race, theirs=text, columns=(*race.columns, apart.name), evidence=why)


def _fill_address(table: str, shapes: tuple[Shape, ...], guesses: dict[str, Guess]) -> None:
    """An address made of a number and a street where no one column holds both."""
    if "address" not in COLUMNS[table]:
        return
    whole = guesses.get("address")
    chosen = next((shape for shape in shapes if whole and shape.name == whole.columns[0]), None)
    if chosen is not None and chosen.addresses > 0.5:
        return
    streets = [
        shape
        for shape in shapes
        if re.search(r"street|address", shape.words) and shape.letters > 0.7 and shape.streets > 0.2
        if not re.search(r"type|direction|home|cross", shape.words)
    ]
    numbers = [
        shape
        for shape in shapes
        if re.search(r"(block|house|street|address|building)( number)?$|number", shape.words)
        and shape.whole > 0.7
        and (shape.low or 0) >= 0
        and (shape.high or 0) < 100_000
        and not re.search(r"\bid$|case|report|incident|charge|count", shape.words)
    ]
    if not streets or not numbers:
        return
    pairs = [
        (street.streets + street.filled + 0.5 * _prefix(number.words, street.words), number, street)
        for street in streets
        for number in numbers
        if number is not street
    ]
    if not pairs:
        return
    _, number, street = max(pairs, key=lambda pair: pair[0])
    has_zeros = any(value == "0" for value, _ in number.top)
    first = f"nullif({identifier(number.name)}, '0')" if has_zeros else identifier(number.name)
    extra = "; 0 stands for no number" if has_zeros else ""
    guesses["address"] = Guess(
        "address",
        f"concat_ws(' ', {first}, {identifier(street.name)})",
        (number.name, street.name),
        f"a number and a street in two columns{extra}; {street.streets:.0%} of the streets end like one",
        next((other.name for other in streets if other is not street), ""),
    )


def _prefix(one: str, other: str) -> bool:
    return one.split()[0] == other.split()[0]


def _drop_unfit_places(guesses: dict[str, Guess], shapes: tuple[Shape, ...]) -> None:
    """Half a coordinate, or degrees with metres, is none."""
    found = [guesses.get(axis) for axis in ("longitude", "latitude")]
    degrees = [guess.evidence.startswith("numbers in degrees") for guess in found if guess]
    if len(degrees) == 1 or len(set(degrees)) == 2:
        guesses.pop("longitude", None)
        guesses.pop("latitude", None)
