"""What stands beside the ranks of groups: the roster and its doubts, call-ins, other strategies, the forecast."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.report.data import ReportData
from strategic_prosecution.report.tables import Shown, View, absent, view
from strategic_prosecution.report.wording import day, days, decimal, integer, interval, share, words

CALL_INS_LISTED = 10
LEADS_LISTED = 20
# Reasons for which a membership counts or does not, in the order of the table.
_STANDING = {
    "active": "Count",
    "expiring": "of these expire within 30 days",
    "tip": "Tips: no person, group, criterion or approver",
    "contested": "Contested and not decided",
    "removed_on_contest": "Removed on contest",
    "expired": "Expired",
    "group_not_reviewed": "Group not reviewed in time",
    "no_notice": "Notice required and not recorded",
    "evidence_before_18": "Evidence from before the 18th birthday",
    "age_unknown": "Age or day of the evidence not known",
    "never_a_criterion": "Rest on what may never be a criterion",
    "criterion_not_declared": "Criterion that the office has not declared",
    "known_after_as_of": "Known later, or rest on a later fact",
}
_COUNTED = ("active", "expiring")
_NOTICES = {
    "call_in": "Call-in",
    "custom_notification": "Custom notification",
    "intimate_partner": "Intimate partner",
    "drug_market": "Drug market",
    "early_intervention": "Early intervention",
}
# What keeps people out comes first.
_STRATEGIES = ("early_intervention", "intimate_partner", "drug_market")


@dataclass(frozen=True)
class Part:
    """A part of the section: what to take from it in sentences, tables in sight, and tables folded away.

    A folded table without rows is its ``empty`` sentence, or nothing.
    """

    title: str
    sentences: tuple[str, ...] = ()
    views: tuple[View, ...] = ()
    folded: tuple[View, ...] = ()


def tonight(data: ReportData, name: str) -> pd.DataFrame:
    """The rows of a table that are of the report's own day: an older night's groups are not this night's."""
    frame = data.frame(name)
    nights = pd.to_datetime(frame["as_of"])
    return frame[nights.isna() | nights.eq(pd.Timestamp(data.as_of))].reset_index(drop=True)


def roster(data: ReportData) -> Part:
    """Which memberships count and which do not, what a sample of them was worth, and the roster beside the data."""
    counts, audits, matches = (tonight(data, name) for name in ("roster_counts", "roster_audits", "roster_matches"))
    sentences = [
        *_standing_sentences(counts),
        *_audit_sentences(audits),
        *_match_sentences(matches),
    ]
    several = (_audits(audits),) if len(audits) > 1 else ()
    return Part(
        "The roster behind the ranks",
        tuple(sentences),
        folded=(_standing(counts), *several, _matches(matches), leads(data)),
    )


def _standing_sentences(counts: pd.DataFrame) -> list[str]:
    if counts.empty:
        return ["No membership is on the roster."]
    held = counts.set_index("reason")
    memberships = held["memberships"].astype(float)
    active, expiring = (memberships.get(name, 0) for name in _COUNTED)
    people = held["people"].get("active", 0)
    others = memberships.drop(list(_COUNTED), errors="ignore").sum()
    return [
        f"Memberships that count: {integer(active)}, of {integer(people)} people; {integer(expiring)} of these expire"
        f" within 30 days unless a new fact is recorded. Others, which count nowhere: {integer(others)}."
    ]


def _standing(counts: pd.DataFrame) -> View:
    order = {reason: number for number, reason in enumerate(_STANDING)}
    frame = counts[counts["memberships"].gt(0) | counts["reason"].isin(_COUNTED)]
    frame = frame.assign(order=frame["reason"].map(order).fillna(len(order)))
    columns = (
        Shown("reason", "Memberships that", lambda reason: _STANDING.get(reason, words(reason))),
        Shown("memberships", "Memberships", integer, numeric=True),
        Shown("people", "People", integer, numeric=True),
    )
    return view(
        frame.sort_values(["order", "reason"], ignore_index=True),
        columns,
        caption="Memberships that count, and why others do not",
        empty="",
        notes=("The first reason that holds is counted.",),
    )


def _error_rate(row: dict[Any, Any]) -> str:
    if pd.isna(row["error_rate"]):
        return "no error rate yet"
    limits = interval(row["lower"], row["upper"], "share")
    return f"{share(row['error_rate'])} in error (95 % interval {limits})"


def _audit_sentences(audits: pd.DataFrame) -> list[str]:
    if audits.empty:
        return ["No sample of the roster has been audited, so how much of it is wrong is not known."]
    if len(audits) > 1:
        return [f"{integer(len(audits))} samples of the roster were audited; what each found stands below."]
    row = audits.to_dict("records")[0]
    decided = row["supported"] + row["not_supported"]
    return [
        f"Sample audit: of {integer(row['sample_size'])} memberships drawn from {integer(row['drawn_from'])},"
        f" {integer(decided)} are decided and {integer(row['not_supported'])} of these not supported:"
        f" {_error_rate(row)}."
    ]


def _audits(audits: pd.DataFrame) -> View:
    rows = audits.sort_values("sample_id", ignore_index=True)
    rows["rate"] = pd.Series([_error_rate(row) for row in rows.to_dict("records")], dtype=object)
    columns = (
        Shown("sample_id", "Sample"),
        *(
            Shown(name, title, integer, numeric=True)
            for name, title in (
                ("sample_size", "Drawn"),
                ("drawn_from", "from"),
                ("supported", "Supported"),
                ("not_supported", "Not supported"),
                ("undecided", "Not decided"),
            )
        ),
        Shown("rate", "Not supported among those decided"),
    )
    return view(rows, columns, caption="Sample audits of the roster", empty="")


def _match_sentences(matches: pd.DataFrame) -> list[str]:
    if matches.empty:
        return []
    both = matches[matches["status"] == "matched"]
    alone = matches["status"].value_counts()
    return [
        f"Roster beside the data: groups that share people with a lead {integer(both['group_id'].nunique())}, leads"
        f" that share people with a group {integer(both['lead_number'].nunique())}; groups only in the roster"
        f" {integer(alone.get('only_in_roster', 0))}, leads only in the data {integer(alone.get('only_in_data', 0))}."
        " Nothing is merged."
    ]


def _matches(matches: pd.DataFrame) -> View:
    frame = matches[matches["status"] != "only_in_data"]
    columns = (
        Shown("group_id", "Group"),
        Shown("lead_number", "Lead", partial(integer, missing="none"), numeric=True),
        Shown("people_in_both", "People in both", integer, numeric=True),
        Shown("people_in_lead", "in the lead", partial(integer, missing=""), numeric=True),
        Shown("people_in_group", "in the group", partial(integer, missing=""), numeric=True),
    )
    return view(
        frame.sort_values(["group_id", "lead_number"], ignore_index=True),
        columns,
        caption="Groups of the roster, and the leads that share people with them",
        empty="",
        notes=model.table("mart.roster_matches").warnings,
    )


def leads(data: ReportData) -> View:
    """The largest clusters found in the data, as numbers and nothing else."""
    frame = tonight(data, "leads").sort_values("lead_number", ignore_index=True)
    listed = frame.head(LEADS_LISTED)
    columns = (
        Shown("lead_number", "Lead", integer, numeric=True),
        Shown("people", "People", integer, numeric=True),
        Shown("ties", "Ties", integer, numeric=True),
        Shown("stability", "Agreement between runs", partial(decimal, digits=2), numeric=True),
        Shown("reconciled", "Against the roster", words),
    )
    return view(
        listed,
        columns,
        caption=f"Leads: the largest {len(listed)} of {len(frame)} clusters of people arrested or charged together",
        empty=absent("clusters"),
        notes=model.table("mart.leads").warnings,
    )


def call_ins(data: ReportData) -> Part:
    """The life of each call-in and other notice in counts, and what was promised: no person, no service."""
    frame = tonight(data, "call_in_counts")
    frame = frame.sort_values(["held_on", "call_in_id"], ascending=[False, True], na_position="first")
    made, kept, late = (frame[name].fillna(0).sum() for name in ("promises", "promises_kept", "promises_late"))
    columns = (
        Shown("call_in_id", "Key"),
        Shown("kind", "Kind", lambda kind: _NOTICES.get(kind, words(kind))),
        Shown("status", "Where it stands", words),
        Shown("held_on", "Day", partial(day, missing="not set")),
        *(
            Shown(name, title, partial(integer, missing="not shown"), numeric=True)
            for name, title in (
                ("planned", "Planned"),
                ("approved", "approved"),
                ("removed", "removed"),
                ("invited", "Invited"),
                ("attended", "attended"),
                ("delivered", "Told"),
                ("help_offered", "Offered help"),
                ("help_taken", "took it"),
                ("promises", "Promises"),
                ("promises_kept", "kept"),
                ("promises_late", "late"),
            )
        ),
    )
    first = frame.head(CALL_INS_LISTED)
    return Part(
        "Call-ins and other notices",
        (f"Promises: {integer(made)} made, {integer(kept)} kept, {integer(late)} past due and not kept.",)
        if len(frame)
        else (),
        views=(
            view(
                first,
                columns,
                caption=f"In counts, the newest {len(first)} of {len(frame)}",
                empty="No call-in or other notice is planned or was held.",
                notes=(
                    "Told: at the meeting or otherwise. Help is counted by those who give it; who took it, and what, is"
                    " stored nowhere here.",
                ),
            ),
        ),
    )


def strategies(data: ReportData) -> Part:
    """Whom the declared rules of other strategies find, in counts, and how swiftly violations were answered."""
    counts = tonight(data, "strategy_counts")
    return Part("Other strategies", tuple(_kept_out(counts)), views=(_tiers(counts), _responses(data)))


def _kept_out(counts: pd.DataFrame) -> list[str]:
    early = counts[counts["strategy"] == "early_intervention"]
    if early.empty:
        return []
    return [
        "Early intervention: first-time low-level defendants who may be kept out of the process:"
        f" {integer(early['people'].sum())}. For {integer(early['not_decided'].sum())} more a fact is missing."
    ]


def _tiers(counts: pd.DataFrame) -> View:
    order = {name: number for number, name in enumerate(_STRATEGIES)}
    frame = counts.assign(order=counts["strategy"].map(order)).sort_values(["order", "tier"], ignore_index=True)
    columns = (
        Shown("strategy", "Strategy", lambda name: _NOTICES.get(name, words(name))),
        Shown("tier", "Tier or side of its rule", words),
        Shown("people", "People the rule finds", integer, numeric=True),
        Shown("not_decided", "whom it cannot place", integer, numeric=True),
    )
    return view(
        frame,
        columns,
        caption="People by strategy: first those to keep out of the process",
        empty="No other strategy finds anybody under its rule.",
        notes=(
            "The rules stand in the settings. People are told apart by identifiers or a reviewer; a person whom a rule"
            " cannot place lacks a fact that it needs, and has no tier. A strategy without a line is not available here"
            " for want of settings or of an extract; that is no zero.",
        ),
    )


def _responses(data: ReportData) -> View:
    frame = tonight(data, "response_times").sort_values("supervision_type", ignore_index=True)
    columns = (
        Shown("supervision_type", "Supervision", words),
        Shown("window_days", "Violations of the last", days),
        Shown("violations", "Violations", integer, numeric=True),
        Shown("answered", "answered so far", integer, numeric=True),
        Shown("median_days", "Median days to the answer", partial(decimal, missing="not reached"), numeric=True),
        Shown("within_7_days", "within 7 days", share, numeric=True),
        Shown("custody_days", "Custody days after the answer", integer, numeric=True),
    )
    return view(
        frame,
        columns,
        caption="Swift, certain and fair: how soon a violation was answered, and what it cost in custody",
        empty="How soon violations were answered cannot be told: no violation of supervision is held.",
        notes=(
            "Violations not yet answered count as waiting (Kaplan and Meier 1958). Custody days: pretrial, begun within"
            " 30 days after the answer.",
        ),
    )


def forecast(data: ReportData) -> Part:
    """Shootings expected per group beside last year's count, and how both did on past days. Groups, never people."""
    frame, trials = tonight(data, "group_forecasts"), tonight(data, "group_forecast_trials")
    frame = frame.sort_values(["expected", "group_id"], ascending=[False, True], ignore_index=True)
    if frame.empty:
        return Part("Forecast", ("No forecast is made: not asked for, or fewer than 100 reviewed shootings.",))
    limits = zip(frame["lower"], frame["upper"], strict=True)
    frame["range"] = pd.Series([interval(low, high, "incidents") for low, high in limits], dtype=object)
    columns = (
        Shown("group_id", "Group"),
        Shown("expected", "Shootings as suspect expected", decimal, numeric=True),
        Shown("range", "80 % interval", numeric=True),
        Shown("last_year", "The same days of last year", integer, numeric=True),
    )
    return Part(
        "Forecast",
        tuple(_trial_sentences(trials)),
        views=(
            view(
                frame,
                columns,
                caption=f"The next {days(frame['horizon_days'].iloc[0])}, by group, beside last year's count",
                empty="",
                notes=model.table("mart.group_forecasts").warnings,
            ),
        ),
    )


def _trial_sentences(trials: pd.DataFrame) -> list[str]:
    errors = trials.set_index("rule")["mean_absolute_error"].astype(float)
    if not {"forecast", "last_year"} <= set(errors.dropna().index):
        return ["It was not tried on past days: read last year's count."]
    ours, simple = float(errors["forecast"]), float(errors["last_year"])
    number = trials.set_index("rule")["trials"]["forecast"]
    verdict = (
        "The forecast was nearer." if ours < simple else "The forecast did no better: read last year's count instead."
    )
    return [
        f"On {integer(number)} past days the forecast missed by {decimal(ours, 2)} shootings per group, last year's"
        f" count by {decimal(simple, 2)}. {verdict}"
    ]
