"""Fairness by stage from planted records: who counts where, on which day, in which year, and what is left out."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from strategic_prosecution import model, warehouse
from strategic_prosecution.settings import Break, Office
from strategic_prosecution.stages.relative_rates import race_quality_rows, relative_rate_rows
from strategic_prosecution.warehouse import Connection
from tests.stages import reviewed

LAYER = "district"
# 2021 ended 365 + 90 days before.
AS_OF = date(2021, 12, 31) + timedelta(days=455)
FILED = date(2021, 2, 1)
FED = ("arrests", "referrals", "cases", "defendants", "custody", "diversion", "sentences")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = reviewed.make_office(tmp_path_factory.mktemp("rates"))
    release = made.release.model_copy(update={"smallest_public_area": LAYER})
    return made.model_copy(update={"release": release})


@pytest.fixture(scope="module")
def trial(office: Office) -> Iterator[Connection]:
    with warehouse.open_trial(office) as opened:
        yield opened


@pytest.fixture
def connection(trial: Connection) -> Connection:
    return emptied(trial)


@pytest.fixture(scope="module")
def county(trial: Connection, office: Office) -> pd.DataFrame:
    """The rows of ``everything``, read only."""
    everything(emptied(trial))
    return rates(trial, office)


def emptied(trial: Connection) -> Connection:
    for name in (*(f"core.{table.name}" for table in model.tables("core")), "meta.accounting"):
        trial.execute(f"delete from {name}")
    return trial


def put(connection: Connection, table: str, *rows: dict[str, Any], **values: object) -> None:
    """Rows into core; ``values``: one row, or what the rows share."""
    columns = dict.fromkeys((*values, *(rows[0] if rows else ())), object)
    frame = pd.DataFrame([{**values, **row} for row in rows or ({},)]).astype(columns)
    connection.register("planted", frame)
    connection.execute(f"insert into core.{table} by name from planted")
    connection.unregister("planted")


def case(
    connection: Connection,
    key: str,
    race: str | None = "black",
    *,
    filed: date = FILED,
    ended: int | None = None,
    disposition: str | None = None,
    **values: object,
) -> None:
    """A case with one defendant; ``ended``: days after its filing."""
    day = None if ended is None else filed + timedelta(days=ended)
    values = {"offense_category": "robbery", "filed_severity": "felony", **values}
    put(connection, "cases", case_id=key, filed_date=filed, disposition=disposition, disposition_date=day, **values)
    put(connection, "defendants", defendant_id=f"d {key}", case_id=key, race_ethnicity=race, sex="female")


def rates(connection: Connection, office: Office, as_of: date = AS_OF, *, fed: tuple[str, ...] = FED) -> pd.DataFrame:
    connection.execute("delete from meta.accounting")
    for table in fed:
        connection.execute(
            "insert into meta.accounting (as_of, extract, feed, table_name, basis) values (?, 'x', 1, ?, 'observed')",
            [as_of, table],
        )
    return relative_rate_rows(connection, office, as_of)


def counted(rows: pd.DataFrame, *, attribute: str = "race_ethnicity", view: str = "conditional") -> dict[Any, Any]:
    """(stage, segment) -> numerator, denominator; of stages or groups with anything."""
    rows = rows[(rows["attribute"] == attribute) & (rows["view"] == view)].astype(object)
    pairs = zip(rows["stage"], rows["segment"], rows["numerator"], rows["denominator"], strict=True)
    return {(stage, segment): (n, None if of is pd.NA else of) for stage, segment, n, of in pairs}


def everything(connection: Connection) -> None:
    """A county with one invented year, every count of it different."""
    for race, residents in {"white": 6_000, "black": 3_000, "asian": 99, "all": 10_000}.items():
        put(
            connection,
            "population",
            layer=LAYER,
            area_id="1",
            race_ethnicity=race,
            age_band="all",
            population=residents,
        )
    put(connection, "population", layer="tract", area_id="9", race_ethnicity="white", age_band="all", population=7)
    planted: dict[str, list[dict[str, Any]]] = {table: [] for table in FED}
    for race, arrested, referred, approved, rejected in (
        ("white", 60, 50, 30, 12),
        ("black", 90, 80, 60, 15),
        ("asian", 3, 2, 1, 1),
        (None, 5, 4, 2, 1),
    ):
        results = ["approved"] * approved + ["rejected"] * rejected + ["continued"] * (referred - approved - rejected)
        who = {"race_ethnicity": race}
        planted["arrests"] += [
            {"arrest_id": f"{race} {number}", "arrest_date": date(2021, 1, 4), **who} for number in range(arrested)
        ]
        planted["referrals"] += [
            {"referral_id": f"{race} {number}", "received_date": date(2021, 1, 5), "screen_result": result, **who}
            for number, result in enumerate(results)
        ]
    for race, filed, convicted, dismissed, diverted, incarcerated in (
        ("white", 40, 20, 10, 5, 8),
        ("black", 70, 45, 12, 4, 30),
        ("asian", 2, 1, 0, 1, 0),
        (None, 3, 1, 1, 0, 1),
    ):
        still_open = filed - convicted - dismissed - diverted
        ends = ["guilty_plea"] * convicted + ["dismissed"] * dismissed + ["diverted"] * diverted + [None] * still_open
        for number, end in enumerate(ends):
            key = {"case_id": f"{race} {number}"}
            ended = {"disposition": end, "disposition_date": date(2021, 2, 5) if end else None}
            charged = {"offense_category": "robbery", "filed_severity": "felony"}
            planted["cases"].append({**key, "filed_date": date(2021, 1, 6), **charged, **ended})
            planted["defendants"].append(
                {**key, "defendant_id": key["case_id"], "race_ethnicity": race, "sex": "female"}
            )
            if number < incarcerated:
                term = {"sentence_id": key["case_id"], "sentence_date": date(2021, 3, 1), "sentence_type": "prison"}
                planted["sentences"].append({**key, **term})
            if number < 2 * incarcerated:
                decided = "detained" if number < incarcerated else "money_bail"
                decision = {"decision_date": date(2021, 1, 7), "decision_type": decided, "race_ethnicity": race}
                planted["custody"].append({**key, "custody_id": key["case_id"], **decision})
    offer = {"offered_date": date(2021, 1, 1), "accepted_date": date(2020, 12, 1)}
    planted["diversion"].append({"diversion_id": "x", "case_id": "white 0", **offer})
    for table, rows in planted.items():
        put(connection, table, *rows)


def test_every_stage_counts_its_own_records_beside_the_stage_before(county: pd.DataFrame) -> None:
    rows = county
    found = counted(rows[~rows["stage"].str.contains("alike")])
    assert {stage: (found[stage, "white"], found[stage, "black"]) for stage, _ in found} == {
        "arrested": ((60, 6_000), (90, 3_000)),
        "referred": ((50, 60), (80, 90)),
        "approved": ((30, 42), (60, 75)),
        "filed": ((40, 50), (70, 80)),
        "detained": ((8, 16), (30, 60)),
        # One more white case was diverted by an offer taken up before its filing; it was convicted all the same.
        "diverted": ((6, 40), (4, 70)),
        "dismissed": ((10, 40), (12, 70)),
        "convicted": ((20, 40), (45, 70)),
        "incarcerated": ((8, 20), (30, 45)),
    }
    assert (found["arrested", "unknown"], found["incarcerated", "unknown"]) == ((5, None), (1, 1))
    whole = counted(rows, view="cumulative")
    assert (whole["incarcerated", "white"], whole["incarcerated", "black"]) == ((8, 6_000), (30, 3_000))
    by_sex = counted(rows, attribute="sex")
    # Nobody counts residents by sex; arrests and referrals say no sex at all.
    assert by_sex["arrested", "unknown"] == (158, None) and by_sex["filed", "female"] == (115, 0)
    assert not len(rows[(rows["attribute"] == "sex") & (rows["view"] == "cumulative")])
    assert set(rows["reference"]) == {"white", "female"}


def test_ratios_gap_and_benchmarks(county: pd.DataFrame) -> None:
    rows = county
    assert set(rows.columns) == set(model.table("mart.relative_rates").names)
    assert not rows.duplicated(list(model.table("mart.relative_rates").key)).any()
    assert set(rows["period_start"]) == {date(2021, 1, 1)} and set(rows["period_end"]) == {date(2021, 12, 31)}
    black = rows[(rows["segment"] == "black") & (rows["attribute"] == "race_ethnicity")].set_index(["view", "stage"])
    # 30 of 3,000 over 8 of 6,000.
    assert black.loc[("cumulative", "incarcerated"), "ratio"] == pytest.approx(7.5)
    shares = black["share_of_gap"].dropna()
    assert list(shares.index.get_level_values("stage")) == [
        "arrested",
        "referred",
        "filed",
        "convicted",
        "incarcerated",
    ]
    assert shares.sum() == pytest.approx(1)
    assert (
        black.loc[("conditional", "detained"), "benchmark"] == "cases filed in the year with a first release decision"
    )
    assert black.loc[("conditional", "filed"), "benchmark"] == "referrals of the year"
    assert black.loc[("conditional", "convicted"), "note"] == "9 had not ended 365 days after their filing"
    # 99 of 10,000 residents are under 1 %; 9,099 are not all.
    asian = rows[(rows["segment"] == "asian") & (rows["attribute"] == "race_ethnicity")]
    assert len(asian) and asian["ratio"].isna().all() and not asian["stage"].str.contains("alike").any()
    # All are charged alike: the adjusted ratio is the plain one.
    alike = black.loc[("conditional", "incarcerated, charged alike")]
    assert alike["ratio"] == pytest.approx((30 / 45) / (8 / 20)) and alike["note"].startswith(
        "1 kinds of charge that both"
    )


# Days after the filing, and the stages in which the case counts. One in time is black's, one too late Asian's.
CLOCKS: tuple[tuple[str, dict[str, Any], set[str]], ...] = (
    ("black", {"ended": 365, "disposition": "guilty_plea"}, {"convicted"}),
    ("asian", {"ended": 366, "disposition": "guilty_plea"}, set()),
    ("black", {"ended": 365, "disposition": "dismissed"}, {"dismissed"}),
    ("asian", {"ended": 366, "disposition": "dismissed"}, set()),
    ("asian", {"ended": 20, "disposition": "warrant"}, set()),
    ("asian", {"ended": 20, "disposition": "abated"}, set()),
    ("asian", {"ended": 20, "disposition": "superseded"}, set()),
    ("black", {"ended": 365, "disposition": "diverted"}, {"diverted"}),
    ("asian", {"ended": 366, "disposition": "diverted"}, set()),
    ("black", {"charge": "diverted"}, {"diverted"}),
    ("black", {"ended": 200, "disposition": "dismissed", "accepted": 365}, {"diverted"}),
    ("asian", {"ended": 200, "disposition": "dismissed", "accepted": 366}, {"dismissed"}),
    ("black", {"ended": 365, "disposition": "guilty_trial", "sentenced": 455}, {"convicted", "incarcerated"}),
    ("asian", {"ended": 365, "disposition": "guilty_trial", "sentenced": 456}, {"convicted"}),
    ("asian", {"ended": 9, "disposition": "not_guilty", "sentenced": 9}, set()),
    ("black", {"decided": 365}, {"decided", "detained"}),
    ("asian", {"decided": 366}, set()),
    ("asian", {"decided": 5, "released": 6}, {"decided"}),
    ("black", {"decided": 5, "released": 7}, {"decided", "detained"}),
    ("asian", {"decided": 5, "hold": True}, set()),
)


def test_the_clock_of_a_case_starts_at_its_filing(connection: Connection, office: Office) -> None:
    def after(days: int | None) -> date | None:
        return None if days is None else FILED + timedelta(days=days)

    filler(connection)
    for number, (race, given, _) in enumerate(CLOCKS):
        key = f"k{number}"
        case(connection, key, race, ended=given.get("ended"), disposition=given.get("disposition"))
        if "charge" in given:
            ended = {"disposition": given["charge"], "disposition_date": after(10)}
            put(connection, "charges", ended, charge_id=key, case_id=key)
        if "accepted" in given:
            accepted = after(given["accepted"])
            put(connection, "diversion", diversion_id=key, case_id=key, offered_date=FILED, accepted_date=accepted)
        if "sentenced" in given:
            day = after(given["sentenced"])
            put(connection, "sentences", sentence_id=key, case_id=key, sentence_date=day, sentence_type="jail")
        if "decided" in given:
            stay = {"detained_from": after(0), "detained_to": after(given.get("released"))}
            decision = {"decision_date": after(given["decided"]), "decision_type": "money_bail", **stay}
            hold = given.get("hold", False)
            put(connection, "custody", decision, custody_id=key, case_id=key, race_ethnicity=race,
                is_other_agency_hold=hold)  # fmt: skip
    found = counted(rates(connection, office))
    for race in ("black", "asian"):
        of_race = [stages for of, _, stages in CLOCKS if of == race]
        for stage in ("convicted", "dismissed", "diverted", "incarcerated", "detained"):
            assert found[stage, race][0] == sum(stage in stages for stages in of_race), (stage, race)
        assert found["filed", race][0] == len(of_race)
        assert found["detained", race][1] == sum("decided" in stages for stages in of_race)


def filler(connection: Connection) -> None:
    """Tables that begin in January, with a white man's case that ends in everything."""
    case(connection, "w", "white", filed=date(2021, 1, 2), ended=1, disposition="guilty_plea")
    put(connection, "diversion", diversion_id="w", offered_date=date(2021, 1, 2), accepted_date=date(2021, 1, 2))
    put(connection, "sentences", sentence_id="w", case_id="w", sentence_date=date(2021, 1, 3), sentence_type="fine")
    put(connection, "custody", custody_id="w", case_id="w", decision_date=date(2021, 1, 3), race_ethnicity="white",
        decision_type="own_recognizance")  # fmt: skip


@pytest.mark.parametrize(("days", "dismissed"), [(90, (0, 1)), (91, (1, 2))])
def test_a_dismissal_filed_again_within_90_days_is_one_case_and_none(
    connection: Connection, office: Office, days: int, dismissed: tuple[int, int]
) -> None:
    filler(connection)
    case(connection, "k", incident_id="i", ended=10, disposition="dismissed")
    case(connection, "again", incident_id="i", filed=FILED + timedelta(days=10 + days))
    for key in ("k", "again"):
        put(connection, "person_records", record_table="defendants", record_id=f"d {key}", person_id="p")
    assert counted(rates(connection, office))["dismissed", "black"] == dismissed


def test_each_record_counts_by_its_own_race(connection: Connection, office: Office) -> None:
    filler(connection)
    case(connection, "k", "hispanic")
    case(connection, "two", "black")
    put(connection, "defendants", defendant_id="other", case_id="two", race_ethnicity="white")
    put(connection, "custody", custody_id="c", case_id="k", decision_date=FILED, decision_type="detained",
        race_ethnicity="asian")  # fmt: skip
    found = counted(rates(connection, office))
    assert (found["filed", "hispanic"], found["detained", "asian"]) == ((1, None), (1, 1))
    # Defendants who differ: the case has no race, and nobody is black.
    assert found["filed", "unknown"][0] == 1 and ("filed", "black") not in found
    assert found["detained", "hispanic"] == (0, 0)


def test_a_year_is_shown_once_it_has_settled(connection: Connection, office: Office) -> None:
    for year in (2018, 2019, 2020, 2021, 2022):
        case(connection, f"{year}", filed=date(year, 1, 1))

    def years(as_of: date) -> list[int]:
        return sorted({start.year for start in rates(connection, office, as_of)["period_start"]})

    assert years(AS_OF) == [2020, 2021]
    assert years(AS_OF - timedelta(days=1)) == [2019, 2020]


def test_an_extract_that_lags_holds_back_its_stages_and_the_year(connection: Connection, office: Office) -> None:
    everything(connection)
    case(connection, "earlier", filed=date(2020, 1, 3))

    def through(**tables: date) -> dict[int, set[str]]:
        connection.execute("delete from mart.report_lags")
        for table, day in tables.items():
            connection.execute(
                "insert into mart.report_lags by name select ? as as_of, ? as table_name, 'x' as extract, 1 as feed, "
                "? as newest_extract_date, ? as complete_through",
                [AS_OF, table, AS_OF, day],
            )
        rows = relative_rate_rows(connection, office, AS_OF)
        connection.execute("delete from mart.report_lags")
        return {start.year: set(part["stage"]) for start, part in rows.groupby("period_start")}

    rates(connection, office)
    late = AS_OF - timedelta(days=1)
    assert "incarcerated" in through()[2021] and "arrested" in through()[2021]
    assert "incarcerated" not in through(sentences=late)[2021] and "convicted" in through(sentences=late)[2021]
    assert "arrested" in through(arrests=date(2021, 12, 31))[2021]
    assert "arrested" not in through(arrests=date(2021, 12, 30))[2021]
    # Of 2020 arrests say nothing: they begin in 2021.
    assert "arrested" not in through()[2020] and "filed" in through()[2020]
    assert max(through(cases=late)) == 2020


@pytest.mark.parametrize(
    "without, gone, before",
    [
        ("arrests", {"arrested"}, {"referred": "1,000 residents"}),
        ("referrals", {"referred", "approved"}, {"filed": "arrests of the year"}),
        ("sentences", {"incarcerated", "incarcerated, charged alike"}, {}),
        ("custody", {"detained", "detained, charged alike"}, {}),
    ],
)
def test_what_nobody_feeds_is_left_out_and_the_chain_closes(
    connection: Connection,
    office: Office,
    county: pd.DataFrame,
    without: str,
    gone: set[str],
    before: dict[str, str],
) -> None:
    everything(emptied(connection))
    rows = rates(connection, office, fed=tuple(table for table in FED if table != without))
    assert set(county["stage"]) - set(rows["stage"]) == gone
    of = rows[rows["view"] == "conditional"].set_index("stage")["benchmark"]
    assert {stage: of[stage].iloc[0] for stage in before} == before


def test_a_column_nobody_fills_is_no_stage(connection: Connection, office: Office) -> None:
    case(connection, "k", filed=date(2021, 1, 2))
    assert set(rates(connection, office)["stage"]) == {"filed"}


def test_what_befell_nobody_that_year_is_a_0(connection: Connection, office: Office) -> None:
    filler(connection)
    case(connection, "old", filed=date(2020, 1, 2))
    rows = rates(connection, office)
    found = counted(rows[rows["period_start"] == date(2021, 1, 1)])
    assert found["detained", "white"] == (0, 1) and found["incarcerated", "white"] == (0, 1)
    # Decisions, sentences and offers begin in 2021 and say nothing of 2020.
    assert set(rows.loc[rows["period_start"] == date(2020, 1, 1), "stage"]) == {
        "filed", "dismissed", "convicted",
    }  # fmt: skip
    put(connection, "custody", custody_id="z", decision_date=date(2019, 5, 1), race_ethnicity="white")
    connection.execute("delete from core.custody where custody_id = 'w'")
    found = counted(rates(connection, office))
    assert found["detained", "white"] == (0, 0)


def test_an_office_without_anything_has_no_row(connection: Connection, office: Office) -> None:
    rows = rates(connection, office, fed=())
    assert len(rows) == 0 and set(rows.columns) == set(model.table("mart.relative_rates").names)
    assert len(race_quality_rows(connection, AS_OF)) == 0


def test_without_white_records_the_largest_group_is_compared_with(connection: Connection, office: Office) -> None:
    case(connection, "a", "asian", filed=date(2021, 1, 2))
    case(connection, "b", "black", filed=date(2021, 1, 2))
    case(connection, "c", "black", filed=date(2021, 1, 2))
    for key in ("u", "v", "w"):
        case(connection, key, "unknown", filed=date(2021, 1, 2))
    rows = rates(connection, office)
    assert set(rows.loc[rows["attribute"] == "race_ethnicity", "reference"]) == {"black"}


def test_how_race_is_recorded_and_where_tables_disagree(connection: Connection) -> None:
    def record(table: str, key: str, race: str | None, person: str | None) -> None:
        stated = {
            "arrests": {"arrest_id": key, "arrest_date": FILED},
            "defendants": {"defendant_id": key, "case_id": key},
            "shootings": {"shooting_id": key, "incident_id": key, "occurred_date": FILED},
        }
        put(connection, table, race_ethnicity=race, **stated[table])
        if person:
            put(connection, "person_records", record_table=table, record_id=key, person_id=person)

    # p says two things in two tables, q one; r is known in one table, s twice over in one and not in the other.
    record("arrests", "a1", "black", "p")
    record("arrests", "a2", "black", "p")
    record("arrests", "a3", "white", "q")
    record("arrests", "a4", None, "s")
    record("arrests", "a5", "unmapped", "r")
    record("arrests", "a6", "unknown", None)
    record("defendants", "d1", "hispanic", "p")
    record("defendants", "d2", "white", "q")
    record("defendants", "d3", "asian", "r")
    record("defendants", "d4", "asian", "s")
    record("defendants", "d5", "white", "s")
    record("shootings", "x1", "black", None)
    rows = race_quality_rows(connection, AS_OF)
    assert list(rows.columns) == list(model.table("mart.race_quality").names)
    assert rows.drop(columns="as_of").to_numpy().tolist() == [
        ["arrests", 6, 2, 1, 2, 1],
        ["defendants", 5, 0, 0, 2, 1],
        ["shootings", 1, 0, 0, 0, 0],
    ]


def test_a_break_in_the_window_of_a_stage_is_in_its_note(connection: Connection, office: Office) -> None:
    everything(connection)
    # counting of cases changed after the year, within the year in which what becomes of them is followed
    broken = Break(date=date(2022, 5, 1), what="new system", tables=("cases",))
    early = Break(date=date(2021, 1, 1), what="too early", tables=("cases",))
    rows = rates(connection, office.model_copy(update={"breaks": (early, broken)}))
    noted = rows[rows["note"].str.contains("counting changed on 2022-05-01 (new system)", regex=False, na=False)]
    stages = {str(stage).partition(",")[0] for stage in noted["stage"]}
    assert {"dismissed", "convicted", "detained"} <= stages
    assert not {"arrested", "referred"} & stages
    assert not rows["note"].str.contains("too early", na=False).any()


def test_years_before_the_first_period_are_not_compared(connection: Connection, office: Office) -> None:
    everything(connection)

    def years(first: date | None) -> set[int]:
        metrics = office.metrics.model_copy(update={"first_period": first})
        rows = rates(connection, office.model_copy(update={"metrics": metrics}))
        return {pd.Timestamp(start).year for start in rows["period_start"]}

    assert years(None) == {2021}
    assert years(date(2021, 1, 1)) == {2021}
    assert years(date(2022, 1, 1)) == set()
    # a year of which the office counts the second half alone has no stage
    assert years(date(2021, 7, 1)) == set()
