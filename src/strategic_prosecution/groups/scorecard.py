"""Per group and window: violence by it, violence against it, feuds and members. Counts, never a person."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from strategic_prosecution.groups.inputs import day, local_dates, require_columns

SIDES = ("suspect", "victim")
STATUSES = ("confirmed", "suspected")
# Attendance can be required of people on these; pretrial supervision is no such authority.
SUPERVISION_TYPES = ("probation", "parole")
_INVOLVEMENT_COLUMNS = ("incident_id", "event_date", "is_fatal", "group_id", "side", "status", "known_on")


def group_scorecard(
    *,
    involvements: pd.DataFrame,
    memberships: pd.DataFrame,
    feuds: pd.DataFrame,
    supervision: pd.DataFrame,
    custody: pd.DataFrame,
    as_of: dt.date,
    windows: Sequence[int] = (30, 90, 365, 730),
) -> pd.DataFrame:
    """One row per group and window, for groups with an active membership or a shooting in the longest window.

    A window is the `window_days` days that end with local day `as_of`. Inputs, read as of that day:
    involvements: incident_id, event_date, is_fatal, group_id, side ('suspect' | 'victim'), status ('confirmed' |
    'suspected'), known_on; only what was known by `as_of` counts.
    memberships: the active ones, person_id and group_id.
    feuds: group_id, other_group_id, known_on and, where the source has it, ended_on (first day it is over).
    supervision: person_id, supervision_type, start_date, end_date (last day, counted; null = open); probation and
    parole count.
    custody: person_id, detained_from, detained_to (day of release, not counted; null = still held).

    Returns, by group_id then window_days: shootings_suspect and shootings_victim (distinct incidents, confirmed or
    suspected), each also _confirmed and _suspected (an incident with both is confirmed), and _previous (the equal
    window before; compare with it for the trend); homicides_suspect, homicides_victim (fatal shootings);
    last_suspect_date, last_victim_date, last_event_date (in the window; null = none); and, as of the day, the same in
    every window: open_feuds (distinct other groups), members, supervised_members, members_in_custody (distinct
    people). Incidents of the last days may still await review, so a short window can be low for that reason alone.

    Group counts do not add up over groups: one shooting can involve several. Take totals from incidents.

    Raises ValueError for a missing column, an unknown side or status, or a window below one day.
    """
    require_columns(involvements, name="involvements", columns=_INVOLVEMENT_COLUMNS)
    require_columns(memberships, name="memberships", columns=("person_id", "group_id"))
    if not windows or min(windows) < 1:
        raise ValueError(
            f"windows [{', '.join(map(str, windows))}] must be one or more numbers of days, each at least 1"
        )
    shootings = _known_shootings(involvements, as_of=as_of)
    longest = shootings["days_ago"] < max(windows)
    # Concatenation rather than a set keeps the groups' own type, sorted.
    group_ids = pd.concat([memberships["group_id"], shootings.loc[longest, "group_id"]]).dropna().drop_duplicates()
    groups = pd.Index(group_ids.sort_values(), name="group_id")
    standing = pd.DataFrame(
        {"open_feuds": _open_feuds(feuds, as_of=as_of), **_members(memberships, supervision, custody, as_of=as_of)},
        index=groups,
    )
    standing = standing.fillna(0).astype("int64")
    cards = [_window(shootings, groups=groups, days=days).join(standing).reset_index() for days in windows]
    return pd.concat(cards, ignore_index=True).sort_values(["group_id", "window_days"], ignore_index=True)


def _known_shootings(involvements: pd.DataFrame, *, as_of: dt.date) -> pd.DataFrame:
    """One row per group, incident and side known by the day, with its age in days."""
    for column, allowed in (("side", SIDES), ("status", STATUSES)):
        other = sorted(set(involvements[column].dropna().astype(str)) - set(allowed))
        if other or involvements[column].isna().any():
            raise ValueError(
                f"involvements.{column}: [{', '.join(other) or 'null'}] is none of {', '.join(allowed)}; "
                "leave such rows out"
            )
    today = day(as_of)
    rows = involvements.assign(
        event_date=local_dates(involvements["event_date"], name="involvements.event_date"),
        known_on=local_dates(involvements["known_on"], name="involvements.known_on"),
        is_fatal=involvements["is_fatal"].eq(True).fillna(False).astype(bool),
        is_confirmed=involvements["status"].eq("confirmed"),
    )
    rows = rows[rows["known_on"].le(today) & rows["event_date"].le(today)]
    known = rows.groupby(["group_id", "incident_id", "side"], as_index=False).agg(
        event_date=("event_date", "min"), is_fatal=("is_fatal", "any"), is_confirmed=("is_confirmed", "any")
    )
    return known.assign(days_ago=(today - known["event_date"]).dt.days)


def _window(shootings: pd.DataFrame, *, groups: pd.Index, days: int) -> pd.DataFrame:
    now = shootings[shootings["days_ago"] < days]
    before = shootings[shootings["days_ago"].between(days, 2 * days - 1)]
    columns: dict[str, pd.Series] = {}
    for side in SIDES:
        mine = now[now["side"] == side]
        columns |= {
            f"shootings_{side}": _count(mine, groups),
            f"shootings_{side}_confirmed": _count(mine[mine["is_confirmed"]], groups),
            f"shootings_{side}_suspected": _count(mine[~mine["is_confirmed"]], groups),
            f"shootings_{side}_previous": _count(before[before["side"] == side], groups),
            f"homicides_{side}": _count(mine[mine["is_fatal"]], groups),
            f"last_{side}_date": mine.groupby("group_id")["event_date"].max().reindex(groups),
        }
    card = pd.DataFrame(columns, index=groups)
    card["last_event_date"] = card[[f"last_{side}_date" for side in SIDES]].max(axis=1)
    card.insert(0, "window_days", days)
    return card


def _count(rows: pd.DataFrame, groups: pd.Index) -> pd.Series:
    return rows.groupby("group_id").size().reindex(groups, fill_value=0).astype("int64")


def _open_feuds(feuds: pd.DataFrame, *, as_of: dt.date) -> pd.Series:
    require_columns(feuds, name="feuds", columns=("group_id", "other_group_id", "known_on"))
    today = day(as_of)
    is_open = local_dates(feuds["known_on"], name="feuds.known_on").le(today)
    if "ended_on" in feuds.columns:
        is_open &= ~local_dates(feuds["ended_on"], name="feuds.ended_on").le(today)
    one_way = feuds.loc[is_open, ["group_id", "other_group_id"]]
    # A feud is recorded once but has two sides.
    other_way = one_way.rename(columns={"group_id": "other_group_id", "other_group_id": "group_id"})
    both = pd.concat([one_way, other_way]).query("group_id != other_group_id")
    return both.groupby("group_id")["other_group_id"].nunique()


def _members(
    memberships: pd.DataFrame, supervision: pd.DataFrame, custody: pd.DataFrame, *, as_of: dt.date
) -> dict[str, pd.Series]:
    require_columns(
        supervision, name="supervision", columns=("person_id", "supervision_type", "start_date", "end_date")
    )
    require_columns(custody, name="custody", columns=("person_id", "detained_from", "detained_to"))
    today = day(as_of)
    on_supervision = (
        supervision["supervision_type"].isin(SUPERVISION_TYPES)
        & local_dates(supervision["start_date"], name="supervision.start_date").le(today)
        & ~local_dates(supervision["end_date"], name="supervision.end_date").lt(today)
    )
    held = local_dates(custody["detained_from"], name="custody.detained_from").le(today) & ~local_dates(
        custody["detained_to"], name="custody.detained_to"
    ).le(today)
    who = {
        "members": memberships["person_id"].notna(),
        "supervised_members": memberships["person_id"].isin(supervision.loc[on_supervision, "person_id"].dropna()),
        "members_in_custody": memberships["person_id"].isin(custody.loc[held, "person_id"].dropna()),
    }
    return {name: memberships[among].groupby("group_id")["person_id"].nunique() for name, among in who.items()}
