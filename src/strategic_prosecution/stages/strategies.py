"""The other strategies as declared rules: who they speak of, how many, and how soon violations are answered."""

from datetime import date
from typing import Literal, get_args

import pandas as pd

from strategic_prosecution import desk, model
from strategic_prosecution.groups import (
    drug_market_sides,
    early_intervention,
    intimate_partner_tiers,
    response_times,
)
from strategic_prosecution.groups.drug_market import SIDES
from strategic_prosecution.groups.early_intervention import TIERS as EARLY_TIERS
from strategic_prosecution.groups.intimate_partner import TIERS as PARTNER_TIERS
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

Strategy = Literal["intimate_partner", "drug_market", "early_intervention"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
TIERS: dict[Strategy, tuple[str, ...]] = {
    "intimate_partner": PARTNER_TIERS,
    "drug_market": SIDES,
    "early_intervention": EARLY_TIERS,
}
# mart.strategy_counts has one row for those whom a rule cannot place, so that its columns add up.
NOT_DECIDED = "not_decided"
_PEOPLE = ["record_table", "record_id", "person_id", "linked_person_id", "tier", "reason"]


def people_of(connection: Connection, office: Office, *, as_of: date, strategy: Strategy) -> pd.DataFrame:
    """The people of a strategy's declared rule, each by their newest record on the accused side; in record order.

    One row per person by identifiers and reviewers alone: record_table, record_id, person_id (that person),
    linked_person_id (by all links), tier ('' where not decided), reason (why not decided; '' where decided). What
    places a person rests on confirmed links; what turns one away, on all links. Sealed records are as if not there.
    """
    _records(connection)
    rules = {"intimate_partner": _intimate_partner, "drug_market": _drug_market, "early_intervention": _early}
    placed = rules[strategy](connection, office, as_of)
    connection.register("placed_people", placed[["person", "tier", "reason"]].astype("string"))
    people = connection.execute(
        """
        select record_table, record_id, person as person_id, person_id as linked_person_id, tier, reason
        from placed_people
        join strategy_records on confirmed_person_id = person
        qualify row_number() over (
            partition by person order by record_date desc nulls last, record_table, record_id desc
        ) = 1
        order by record_table, record_id
        """
    ).df()
    connection.execute("drop view placed_people; drop table strategy_records")
    return people[_PEOPLE]


def strategy_counts(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    """mart.strategy_counts: people per strategy and tier, zeros included, and a row of those not decided.

    A strategy whose data or settings are not there has no row: it is not available here, never zero.
    """
    rows = []
    for strategy in STRATEGIES:
        if not _is_available(connection, office, strategy):
            continue
        tiers = people_of(connection, office, as_of=as_of, strategy=strategy)["tier"].value_counts()
        rows += [(as_of, strategy, tier, int(tiers.get(tier, 0)), 0) for tier in TIERS[strategy]]
        rows.append((as_of, strategy, NOT_DECIDED, 0, int(tiers.get("", 0))))
    return pd.DataFrame(rows, columns=list(model.table("mart.strategy_counts").names))


def response_rows(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    """mart.response_times: how swiftly and certainly violations of supervision were answered, by its kind."""
    violations = connection.execute(query("strategy_violations")).df()
    custody = connection.execute(query("priority_custody")).df()
    table = response_times(violations, custody=custody, as_of=as_of, window_days=office.groups.window_days)
    return table.assign(as_of=as_of)[list(model.table("mart.response_times").names)]


def _records(connection: Connection) -> None:
    """What accuses people, as a table of this connection; without what was sealed since core was built."""
    sealed = f"select table_name, record_id from ({desk.IN_FORCE}) where kind = 'seal'"
    connection.execute(
        f"create or replace temp table strategy_records as "
        f"from ({query('strategy_records')}) where (record_table, record_id) not in ({sealed})"
    )


def _intimate_partner(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    known = connection.execute(
        "select count(*) from core.cases where disposition in ('guilty_plea', 'guilty_trial') "
        "and disposition_severity in ('felony', 'misdemeanor', 'infraction') and disposition_date <= ?",
        [as_of],
    ).fetchone()
    return intimate_partner_tiers(
        connection.execute(query("strategy_domestic"), {"as_of": as_of}).df(),
        as_of=as_of,
        look_back_days=office.groups.intimate_partner.look_back_days,
        convictions_known=known is not None and known[0] > 0,
    )


def _drug_market(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    settings = office.groups.drug_market
    events = connection.execute(
        query("strategy_drug_events"), {"layer": settings.layer, "violent": list(model.VIOLENT_OFFENSES)}
    ).df()
    return drug_market_sides(
        events[events["is_drugs"]],
        events[events["is_violence"]],
        as_of=as_of,
        areas=settings.areas if settings.layer else (),
        active_days=settings.active_days,
        min_arrests=settings.min_arrests,
        violence_look_back_days=settings.violence_look_back_days,
    )


def _early(connection: Connection, office: Office, as_of: date) -> pd.DataFrame:
    settings = office.groups.early_intervention
    return early_intervention(
        connection.execute(query("strategy_matters")).df(),
        connection.execute(query("strategy_history"), {"as_of": as_of}).df(),
        as_of=as_of,
        look_back_days=settings.look_back_days,
        offenses=settings.offenses,
        severities=settings.severities,
    )


def _is_available(connection: Connection, office: Office, strategy: Strategy) -> bool:
    market = office.groups.drug_market
    if strategy == "drug_market":
        return bool(market.layer and market.areas)
    asked = {
        "intimate_partner": "select exists (from core.incidents where is_domestic is not null) "
        "or exists (from core.arrests where is_domestic is not null)",
        "early_intervention": "select exists (from core.referrals) or exists (from core.defendants)",
    }
    row = connection.execute(asked[strategy]).fetchone()
    return row == (True,)
