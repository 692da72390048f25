"""The forms of a shooting review: what is known, written to be filled in, and what was decided, read back to the desk.

A form is of reviews, strategies or commitments, and is known by its header. All its lines are recorded, or none; a line
that says what is known already records nothing.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import Office, SettingsError, nearest
from strategic_prosecution.stages.desk_entries import entered
from strategic_prosecution.stages.forms import FormError, Line, read_form, write_form
from strategic_prosecution.stages.shooting_review import check_core, prepare
from strategic_prosecution.warehouse import Connection

SIDES = model.table("desk.incident_reviews").column("side").values
STATUSES = tuple(value for value in model.GROUP_STATUS if value != model.UNMAPPED)
_INVOLVED = ("confirmed", "suspected")
_YES = {"yes": True, "no": False, "true": True, "false": False, "": None}


class ReviewFormError(FormError):
    """Lines of a review's form are wrong."""


@dataclass(frozen=True)
class Form:
    """One kind of form: the columns to fill in, those it must have, those that only tell, and what it records."""

    table: str
    filled: tuple[str, ...]
    required: tuple[str, ...]
    told: tuple[str, ...]
    kind: str


FORMS = {
    "reviews": Form(
        "incident_reviews",
        ("status", "group_id", "new_group", "motive", "linked_incident_id", "why"),
        ("incident_id", "side", "status", "group_id"),
        ("incident_id", "side", "day", "hit", "place", "reviewed_on"),
        "incidents_reviewed",
    ),
    "strategies": Form(
        "strategy_entries",
        ("title", "origin", "concern", "area_id", "group_id", "start_date", "end_date", "has_evaluation", "why"),
        ("strategy_id", "title", "start_date"),
        ("strategy_id",),
        "commitments_recorded",
    ),
    "commitments": Form(
        "commitment_entries",
        ("strategy_id", "what", "owner_role", "made_date", "due_date", "done_date", "why"),
        ("commitment_id", "made_date", "what"),
        ("commitment_id",),
        "commitments_recorded",
    ),
}


@dataclass(frozen=True)
class Recorded:
    """What became of a form: its kind, the lines recorded, and those that said what was known."""

    form: str
    recorded: int
    unchanged: int


def write_review_form(
    connection: Connection, office: Office, path: Path, *, form: str, day: date, since: date, on: date
) -> int:
    """Write what is known as a form, and return its lines. Reviews: two lines per incident, one for each side.

    Of reviews those are in it that the meeting of ``day`` talks about: since the last one, and older ones that nobody
    reviewed. A commitment or strategy is added in a line of its own whose key is left empty.
    """
    made = FORMS[form]
    known = _reviews(connection, office, day, on) if form == "reviews" else _entries(connection, form, on)
    if form == "reviews":
        is_new = known["date"].ge(since) | known["reviewed_on"].isna()
        known = known[is_new & known["date"].lt(day)]
    rows = [
        {str(name): _cell(value) for name, value in row.items()}
        for row in known.astype(object).where(known.notna(), None).to_dict("records")
    ]
    write_form(path, columns=(*made.told, *made.filled), rows=rows)
    return len(rows)


def read_review_form(connection: Connection, office: Office, path: Path, *, why: str, on: date) -> Recorded:
    """Record the lines of a filled-in form as events of the desk, known on a day. For use inside a run.

    ``why``: the reason of lines that give none. Raises FormError where a line is wrong: nothing is recorded then.
    """
    form = _form_of(path)
    made = FORMS[form]
    lines = read_form(path, columns=(*made.told, *made.filled), required=made.required)
    judge = {"reviews": _review_events, "strategies": _strategy_events, "commitments": _commitment_events}[form]
    events, wrong = judge(connection, office, lines, on)
    for line, _ in events:
        if not (line.values.get("why", "") or why).strip():
            wrong.append(f"{line.where}: say why, in the column [why] or with --why")
    if wrong:
        raise ReviewFormError(wrong)
    if events:
        audit.append(office, made.kind, lines=len(events), table=made.table)
        with warehouse.transaction(connection):
            for line, values in events:
                reason = (line.values.get("why", "") or why).strip()
                desk.add(connection, model.table(f"desk.{made.table}"), why=reason, known_on=on, **values)
    return Recorded(form, len(events), len(lines) - len(events))


def _form_of(path: Path) -> str:
    """Which form a file is, by its columns."""
    every = tuple(dict.fromkeys(name for form in FORMS.values() for name in (*form.told, *form.filled)))
    lines = read_form(path, columns=every, required=())
    if not lines:
        raise SettingsError(f"{path.name} has no line that is filled in; `stratpro review --form` writes a form")
    header = set(lines[0].values)
    # A commitment names its strategy too.
    for form in ("commitments", "strategies", "reviews"):
        if FORMS[form].told[0] in header:
            return form
    raise SettingsError(
        f"{path.name} is no form of a review: it lacks incident_id, strategy_id or commitment_id; "
        "`stratpro review --form` writes one"
    )


Event = tuple[Line, dict[str, Any]]


def _review_events(
    connection: Connection, office: Office, lines: list[Line], on: date
) -> tuple[list[Event], list[str]]:
    known = {
        (row["incident_id"], row["side"]): row
        for row in _reviews(connection, office, on, on, first=date.min).to_dict("records")
    }
    shot = {incident for incident, _ in known}
    incidents = shot | _texts(
        connection,
        "select incident_id from core.incidents where incident_id not in "
        "(select record_id from core.sealed_records where record_table = 'incidents')",
    )
    groups = _texts(
        connection,
        "select group_id from desk.memberships union select group_id from desk.incident_reviews "
        "union select unnest([group_victim, group_suspect]) from core.shootings",
    )
    events: list[Event] = []
    wrong: list[str] = []
    seen: set[tuple[str, str]] = set()
    changed_motives: dict[str, set[str | None]] = {}
    for line in lines:
        said = line.values
        key = (said["incident_id"], said["side"].lower())
        if key[0] not in shot:
            wrong.append(f"{line.where}: no shooting of that incident is in the newest core; look at its number")
            continue
        if key[1] not in SIDES:
            wrong.append(f"{line.where}: the side is {' or '.join(SIDES)}")
            continue
        if key in seen:
            wrong.append(f"{line.where}: this side of the incident has a line before; leave one")
            continue
        seen.add(key)
        was = {name: _null(known[key][name]) for name in ("status", "group_id", "motive", "linked_incident_id")}
        now = {name: (said[name] or None) if name in said else was[name] for name in was}
        # The other side's line may have said it: an empty one says nothing.
        now["motive"] = now["motive"] or was["motive"]
        now["status"] = now["status"].lower() if now["status"] else None
        if now == was:
            continue
        why_not = _wrong_review(now, key[0], groups=groups, incidents=incidents, is_new=said.get("new_group", ""))
        if why_not is not None:
            wrong.append(f"{line.where}: {why_not}")
            continue
        if now["motive"] != was["motive"]:
            changed_motives.setdefault(key[0], set()).add(now["motive"])
        values = {"review_id": "/".join(key), "incident_id": key[0], "side": key[1], **now}
        events.append((line, values))
    for line, values in events:
        motives = changed_motives.get(values["incident_id"], {values["motive"]})
        if len(motives) > 1:
            wrong.append(f"{line.where}: the lines of this incident give two motives; leave one")
        # An incident has one motive, whichever line says it.
        values["motive"] = next(iter(motives))
    return events, wrong


def _wrong_review(
    now: Mapping[str, str | None], incident: str, *, groups: set[str], incidents: set[str], is_new: str
) -> str | None:
    status, group, linked = now["status"], now["group_id"], now["linked_incident_id"]
    if status not in STATUSES:
        return f"the status is one of {', '.join(STATUSES)}{nearest(status or '', STATUSES)}"
    if status in _INVOLVED and group is None:
        return f"{status} needs a group; a group that nobody knows is unknown"
    if status not in _INVOLVED and group is not None:
        return f"{status} names no group; take it out, or say confirmed or suspected"
    if is_new.lower() not in _YES:
        return "new_group is yes, or empty"
    if group is not None and group not in groups and not _YES[is_new.lower()]:
        return (
            f"no group of the roster or of an earlier review is called so{nearest(group, sorted(groups))}; a new one "
            "needs yes in new_group"
        )
    if linked is not None and (linked == incident or linked not in incidents):
        return "the linked incident is not in the newest core, or is the same; look at its number"
    return None


def _strategy_events(
    connection: Connection, office: Office, lines: list[Line], on: date
) -> tuple[list[Event], list[str]]:
    def judged(said: dict[str, Any]) -> str | None:
        if not said["title"]:
            return "a strategy has a title"
        origins = model.table("desk.strategy_entries").column("origin").values
        if said["origin"] is not None and said["origin"] not in origins:
            return f"the origin is one of {', '.join(origins)}"
        if said["start_date"] is None:
            return "a strategy has a start_date"
        if said["end_date"] is not None and said["end_date"] < said["start_date"]:
            return "it ends before it starts"
        return None

    return _entry_events(connection, "strategies", lines, on, judged=judged, named_by=("title", "start_date"))


def _commitment_events(
    connection: Connection, office: Office, lines: list[Line], on: date
) -> tuple[list[Event], list[str]]:
    strategies = _texts(connection, f"select strategy_id from ({entered('strategies')})", {"as_of": date.max}) | _texts(
        connection, "select strategy_id from desk.strategy_entries"
    )

    def judged(said: dict[str, Any]) -> str | None:
        if not said["what"] and not said["commitment_id"]:
            return "say what was promised"
        if said["strategy_id"] is not None and said["strategy_id"] not in strategies:
            return "no strategy has that key; enter it first"
        made, due, done = (said[name] for name in ("made_date", "due_date", "done_date"))
        if made is None or made > on:
            return f"made_date is the day it was made, not after {on}"
        if due is not None and due < made:
            return "it is due before it was made"
        if done is not None and not made <= done <= on:
            return f"done_date is the day it was done: not before it was made, not after {on}"
        return None

    return _entry_events(
        connection, "commitments", lines, on, judged=judged, named_by=("strategy_id", "what", "owner_role", "made_date")
    )


def _entry_events(
    connection: Connection,
    form: str,
    lines: list[Line],
    on: date,
    *,
    judged: Callable[[dict[str, Any]], str | None],
    named_by: tuple[str, ...],
) -> tuple[list[Event], list[str]]:
    """The lines that say something new, and what is wrong; a line without a key is known again by ``named_by``."""
    table = model.table(f"desk.{FORMS[form].table}")
    key = model.DESK_KEYS[table.name]
    names = [key, *(name for name in FORMS[form].filled if name != "why")]
    known = {
        row[key]: {name: _python(row[name]) for name in names}
        for row in _entries(connection, form, on).to_dict("records")
    }
    events: list[Event] = []
    wrong: list[str] = []
    seen: set[str] = set()
    for line in lines:
        before = known.get(line.values[key], dict.fromkeys(names))
        said: dict[str, Any] = {}
        why_not = None
        for name in names:
            try:
                text = line.values.get(name)
                said[name] = before[name] if text is None else _value(table.column(name).dtype, text)
            except ValueError as error:
                why_not = why_not or f"{name} {error}"
        if why_not is None:
            if said[key] is not None and said[key] not in known:
                why_not = f"no {key} is so; leave it empty for a new one"
            else:
                why_not = judged(said)
        if why_not is not None:
            wrong.append(f"{line.where}: {why_not}")
            continue
        if said[key] is None:
            content = chr(31).join(str(said[name] or "") for name in named_by)
            said[key] = f"{form}_{hashlib.sha256(content.encode()).hexdigest()[:16]}"
        if said[key] in seen:
            wrong.append(f"{line.where}: a line before is about the same; leave one")
            continue
        seen.add(said[key])
        if said != known.get(said[key]):
            events.append((line, said))
    return events, wrong


def _reviews(connection: Connection, office: Office, day: date, on: date, first: date | None = None) -> pd.DataFrame:
    """What is known of both sides of each incident since a day: one row per incident and side, as in the form."""
    check_core(connection, office, on)
    since = first or day - timedelta(days=office.groups.violent_window_days)
    prepare(connection, office, on=on, first=since)
    return (
        connection.execute(
            """
        with newest as (
            from desk.incident_reviews where known_on <= $on
            qualify row_number() over (partition by review_id order by recorded_at desc, rowid desc) = 1
        ),
        sides as (
            from temp.review_sides
            -- Of victims of several groups, one is told: the form decides for the side.
            qualify row_number() over (partition by incident_id, side order by status, group_id) = 1
        )
        select incidents.incident_id, asked.side, sides.status, sides.group_id, incidents.motive,
            newest.linked_incident_id, incidents.day as date,
            incidents.day::date::varchar as day,
            concat_ws(', ',
                if(killed > 0, killed || ' killed', null), if(wounded > 0, wounded || ' wounded', null)) as hit,
            concat_ws(', ', address, area) as place, review_date::date::varchar as reviewed_on
        from temp.review_incidents as incidents
        cross join (select unnest(['victim', 'suspect']) as side) as asked
        left join sides on sides.incident_id = incidents.incident_id and sides.side = asked.side
        left join newest on newest.incident_id = incidents.incident_id and newest.side = asked.side
        order by incidents.day, incidents.incident_id, asked.side desc
        """,
            {"on": on},
        )
        .df()
        .assign(date=lambda rows: rows["date"].dt.date)
    )


def _entries(connection: Connection, form: str, on: date) -> pd.DataFrame:
    """The strategies or commitments known on a day, those included that begin later, in key order."""
    table = model.table(f"desk.{FORMS[form].table}")
    key = model.DESK_KEYS[table.name]
    names = ", ".join(name for name in table.names if name == key or (name in FORMS[form].filled and name != "why"))
    return connection.execute(
        f"""
        with newest as (
            from desk.{table.name} where known_on <= $on
            qualify row_number() over (partition by {key} order by recorded_at desc, rowid desc) = 1
        )
        select {names} from newest
        union all
        select {names} from core.{form} where {key} not in (select {key} from newest)
        order by {key}
        """,
        {"on": on},
    ).df()


def _texts(connection: Connection, sql: str, values: dict[str, Any] | None = None) -> set[str]:
    return {text for (text,) in connection.execute(sql, values or {}).fetchall() if text is not None}


def _value(dtype: str, text: str) -> Any:
    """A cell as its column has it; ValueError says what it should have been."""
    if text == "":
        return None
    if dtype == "date":
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError("is a day, written YYYY-MM-DD (in an .xlsx, any date)") from None
    if dtype == "boolean":
        if text.lower() not in _YES:
            raise ValueError("is yes, no or empty")
        return _YES[text.lower()]
    return text.lower() if dtype == "code" else text


def _null(value: Any) -> Any:
    return None if pd.isna(value) else value


def _python(value: Any) -> Any:
    value = _null(value)
    return value.date() if isinstance(value, pd.Timestamp) else bool(value) if isinstance(value, bool) else value


def _cell(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
