"""The feeds of one layout: which tables it fills, with their keys, their columns, and what orders rows of one key."""

import re
from dataclasses import replace
from itertools import combinations

from strategic_prosecution import model
from strategic_prosecution.extracts.propose.choose import Guess, choose, likely_tables, named, with_clock
from strategic_prosecution.extracts.propose.files import FoundLayout
from strategic_prosecution.extracts.propose.keys import Key, find_key, key_column
from strategic_prosecution.extracts.propose.profiles import Shape
from strategic_prosecution.extracts.propose.proposal import ProposedFeed
from strategic_prosecution.extracts.propose.vocabulary import COLUMNS, DAYS
from strategic_prosecution.warehouse import Connection, identifier

# Tables that one file may fill besides the one it fills first.
COMPANIONS: dict[str, tuple[str, ...]] = {
    "shootings": ("incidents",),
    "arrests": ("custody",),
    "cases": ("defendants",),
    "charges": ("cases", "defendants"),
}
# The concept that dates a row of a table, first found.
DATED_BY: dict[str, tuple[str, ...]] = {
    "incidents": ("occurred", "reported", "cleared"),
    "shootings": ("occurred",),
    "arrests": ("arrest",),
    "stops": ("stop",),
    "referrals": ("received", "screen"),
    "cases": ("filed", "disposition_day"),
    "charges": ("disposition_day", "filed"),
    "custody": ("decision", "detained_from"),
    "hearings": ("hearing",),
    "sentences": ("sentence",),
    "supervision": ("start",),
    "diversion": ("offered",),
    "victims": ("opened",),
    "notifications": ("notification",),
    "enforcement_actions": ("promised",),
    "outreach": ("outreach",),
    "surveys": ("survey",),
    "strategies": ("start",),
    "staff": ("start",),
    "memberships": ("known_on", "last_fact"),
    "feuds": ("known_on",),
}
# Rows that one reversal could mean, on average, at most.
_MOST_MEANT = 1.5
_PERSON = ("race_ethnicity", "sex", "age", "birth_date", "family_name")
# Of a case told by its charges, what is the same on each; the rest is that of the primary charge.
_OF_ANY_CHARGE = ("case_id", "docket_id", "incident_id", "filed_date", "unit", "attorney_id")


def feeds_of_layout(
    connection: Connection, layout: FoundLayout, name: str, shapes: tuple[Shape, ...]
) -> list[ProposedFeed]:
    """The feeds one layout gives rise to; none when no table has evidence enough and its required columns."""
    for table in likely_tables(name, shapes):
        feeds = _feeds(connection, layout, table, shapes)
        if not feeds:
            continue
        for other in COMPANIONS.get(table, ()):
            feeds += _feeds(connection, layout, other, shapes, companion=True)
        return feeds
    return []


def _feeds(
    connection: Connection, layout: FoundLayout, table: str, shapes: tuple[Shape, ...], *, companion: bool = False
) -> list[ProposedFeed]:
    ours = key_column(table)
    guesses = choose(table, shapes, keyed=(ours,))
    dated = next((guesses[concept] for concept in DATED_BY.get(table, ()) if concept in guesses), None)
    key = find_key(connection, layout, table, shapes, day=dated)
    if table == "defendants":
        key = _of_defendants(connection, layout, key, guesses)
    columns = _days_and_clocks(table, guesses, shapes)
    if key.guess is not None:
        columns = [key.guess, *(guess for guess in columns if guess.ours != ours)]
    if not _is_enough(table, columns, key, dated, companion=companion):
        return []
    projected = [guess for guess in columns if guess.evidence.startswith("projected")]
    columns = [guess for guess in columns if guess not in projected]
    notes = [_stands_in(table, guesses)] if _stands_in(table, guesses) else []
    if projected:
        said = " and ".join(f"{guess.ours} = {guess.theirs}" for guess in projected)
        notes.append(
            f"projected, in feet or metres: add {said}, and to the extract the crs they are in (EPSG:2272 ...)"
        )
    feed = ProposedFeed(
        table,
        ours if key.guess is not None else "row",
        key.why,
        tuple(columns),
        order_by=() if key.is_unique or key.guess is None else _order(table, columns, dated),
        notes=tuple(notes),
    )
    feed = _with_reversal(connection, layout, feed, shapes)
    primary = next((shape for shape in shapes if re.search("primary|is lead", shape.words) and shape.is_flag), None)
    if table == "cases" and companion and primary is not None:
        return _split_by_charge(feed, primary)
    if table == "custody" and key.guess is not None:
        feed = replace(feed, where=f"{identifier(key.guess.columns[-1])} <> ''")
    return [feed]


def _is_enough(table: str, columns: list[Guess], key: Key, dated: Guess | None, *, companion: bool) -> bool:
    """Whether the required columns are there, and enough besides to be worth a feed."""
    mapped = {guess.ours for guess in columns}
    required = {column.name for column in model.table(table).columns if column.required} - {
        key_column(table),
        *model.table(table).key,
    }
    required = {name for name in required if name in DAYS_OF_OURS or name.endswith("_id")}
    if table == "incidents":
        # A row without a day of its own may add to an incident that another extract brings.
        required = set() if "cleared_date" in mapped else {"occurred_date"}
    missing = {name for name in required if name not in mapped and name.removesuffix("_date") + "_at" not in mapped}
    if missing or (DATED_BY.get(table) and dated is None):
        return False
    if table == "defendants":
        return key.guess is not None and bool(mapped & {*_PERSON, "source_person_id"})
    if table == "custody" and companion:
        return key.guess is not None and bool(mapped & {"decision_type", "detained_from", "detained_to"})
    if table == "cases" and key.guess is None:
        return False
    return len(mapped) >= 3


DAYS_OF_OURS = {day for _, day in DAYS.values() if day}


def _days_and_clocks(table: str, guesses: dict[str, Guess], shapes: tuple[Shape, ...]) -> list[Guess]:
    """The guesses as columns of ours: days with the clock beside them, the report standing in for the event."""
    columns = []
    names = set(model.table(table).names)
    for concept, guess in guesses.items():
        if guess.ours not in names:
            continue
        columns.append(guess)
        instant, day = DAYS.get(concept, ("", ""))
        if instant in names and guess.ours in (instant, day) and (timed := with_clock(guess, shapes)) is not None:
            columns = [item for item in columns if item.ours != instant] + [replace(timed, ours=instant)]
    if table == "incidents" and "offense_category" not in guesses:
        columns += _shot(shapes)
    if table == "incidents" and "occurred" not in guesses and "reported" in guesses:
        reported = [guess for guess in columns if guess.ours.startswith("reported_") and guess.ours != "reported_by"]
        columns += [replace(guess, ours=guess.ours.replace("reported", "occurred")) for guess in reported]
    order = model.table(table).names
    return sorted(columns, key=lambda guess: order.index(guess.ours))


def _shot(shapes: tuple[Shape, ...]) -> list[Guess]:
    """The offense of a log of shootings: who died, and who was hit."""
    patterns = COLUMNS["shootings"]["is_fatal"]
    fatal = next((shape for shape in shapes if shape.is_flag and named(shape.words, patterns)), None)
    if fatal is None:
        return []
    yes = f"lower({identifier(fatal.name)}) in ('true', 't', 'yes', 'y', '1', '1.0')"
    text = f"case when {yes} then 'homicide' else 'nonfatal_shooting' end"
    why = f"every row is a person shot; [{fatal.words}] says who died"
    return [Guess("offense_category", text, (fatal.name,), why), Guess("weapon", "'firearm'", (), why)]


def _stands_in(table: str, guesses: dict[str, Guess]) -> str:
    if table == "incidents" and "occurred" not in guesses and "reported" in guesses:
        return "no day of the event itself: the day it was reported stands in for it"
    return ""


def _order(table: str, columns: list[Guess], dated: Guess | None) -> tuple[str, ...]:
    mapped = [guess.ours for guess in columns]
    first = [guess.ours for guess in columns if dated and guess.columns == dated.columns and guess.ours != mapped[0]]
    wanted = [*first[:1], "offense_category", "charge_code", "case_id"]
    found = [name for name in wanted if name in mapped and name != key_column(table)]
    return tuple(dict.fromkeys(found[:2])) or (mapped[0],)


def _of_defendants(connection: Connection, layout: FoundLayout, key: Key, guesses: dict[str, Guess]) -> Key:
    """A case with a person is a defendant, where the source has no number for one."""
    if key.guess is not None:
        return key
    case, person = guesses.get("case_id"), guesses.get("source_person_id")
    if case is None:
        return key
    if person is None:
        why = "the case stands for its one defendant: see that no case has several"
        return Key(Guess("defendant_id", case.theirs, case.columns, why), False, why)
    text = f"{identifier(case.columns[0])} || '-' || {identifier(person.columns[0])}"
    row = connection.execute(f"select count({text}), count(distinct {text}) from {layout.table}").fetchone()
    is_unique = row is not None and row[0] == row[1]
    why = "a case with a person is a defendant"
    return Key(Guess("defendant_id", text, (case.columns[0], person.columns[0]), why), is_unique, why)


def _split_by_charge(feed: ProposedFeed, primary: Shape) -> list[ProposedFeed]:
    """Two feeds of cases from rows of charges: what every charge says, and what the primary one says."""
    yes = next((value for value, _ in primary.top if value.lower() in ("true", "t", "y", "yes", "1", "1.0")), "true")
    when = f"{identifier(primary.name)} = '{yes}'"
    any_charge = tuple(guess for guess in feed.columns if guess.ours in _OF_ANY_CHARGE)
    of_primary = tuple(guess for guess in feed.columns if guess.ours not in _OF_ANY_CHARGE)
    key = tuple(guess for guess in feed.columns if guess.ours == "case_id")
    feeds = []
    if any(guess.ours == "filed_date" for guess in any_charge):
        feeds.append(replace(feed, columns=any_charge, order_by=("filed_date",)))
    else:
        of_primary = tuple(guess for guess in any_charge if guess.ours != "case_id") + of_primary
    mapped = {guess.ours for guess in of_primary}
    order = tuple(name for name in ("disposition_date", "offense_category") if name in mapped)
    note = "of the primary charge"
    feeds.append(replace(feed, columns=key + of_primary, where=when, order_by=order, notes=(*feed.notes, note)))
    return feeds


def _with_reversal(
    connection: Connection, layout: FoundLayout, feed: ProposedFeed, shapes: tuple[Shape, ...]
) -> ProposedFeed:
    """A count of 1 or -1 takes rows back: proposed with the columns by which most of them find one row."""
    count = next((shape for shape in shapes if {value for value, _ in shape.top} == {"1", "-1"}), None)
    if count is None:
        return feed
    wanted = ("incident_id", "occurred_at", "occurred_date", "offense_code", "address", "case_id")
    usable = [guess for guess in feed.columns if guess.ours in wanted]
    sides = []
    for size in (1, 2, 3):
        for match in combinations(usable, size):
            on = ", ".join(identifier(column) for guess in match for column in guess.columns)
            row = connection.execute(
                f"with sums as (select count(*) filter (trim({identifier(count.name)}) = '-1') as back, count(*) "
                f"filter (trim({identifier(count.name)}) = '1') as there from {layout.table} group by {on}) "
                f"select sum(least(back, there)) / greatest(sum(back), 1), avg(there) filter (back > 0) from sums"
            ).fetchone()
            # Where one reversal could mean several rows, the match is too loose.
            if row is not None and row[1] is not None and row[1] <= _MOST_MEANT:
                sides.append((float(row[0]), tuple(guess.ours for guess in match)))
    if not sides:
        return feed
    share, match_names = max(sides, key=lambda side: side[0])
    note = f"{count.name} = -1 takes an earlier row back: {share:.0%} find one with equal {', '.join(match_names)}"
    when = f"trim({identifier(count.name)}) = '-1'"
    return replace(feed, reversal_when=when, reversal_match=match_names, notes=(*feed.notes, note))
