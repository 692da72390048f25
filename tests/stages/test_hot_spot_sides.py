"""All sides of a hot spot from planted rows, against counts made by hand."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import norm

from strategic_prosecution import model
from strategic_prosecution.hotspots import make_grid
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages.hot_spot_sides import sides

AS_OF = date(2024, 6, 30)
# Nine cells of 100 m. Their names count hundreds of metres from the origin.
GRID = make_grid([], [], cell_m=100, boundary=shapely.box(5000, 7000, 5300, 7300))
WEST, MIDDLE, EAST = "c100_50_70", "c100_51_70", "c100_52_70"
PLACES = {
    "west": (5050.0, 7050.0),
    "middle": (5150.0, 7050.0),
    "east": (5250.0, 7050.0),
    "far": (90000.0, 90000.0),
    "nowhere": (None, None),
}
SPOTS = pd.DataFrame(
    [("violence", 30, "A", [WEST, MIDDLE]), ("violence", 90, "A90", [WEST]), ("theft", 30, "T", [EAST])],
    columns=["category", "window_days", "hot_spot_id", "cells"],
)
OFFICE = """
[office]
name = "Invented"
timezone = "America/New_York"
crs = "EPSG:26986"

[release]
min_cell = 2

[hotspots]
categories = { violence = ["homicide", "robbery"], theft = ["theft"] }
"""
Rows = list[dict[str, Any]]
Look = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    path = tmp_path_factory.mktemp("office") / "office.toml"
    path.write_text(OFFICE, encoding="utf-8")
    return load_office(path)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema core; create schema meta")
        for table in (*model.tables("core"), model.table("meta.accounting")):
            columns = ", ".join(f"{column.name} {model.SQL_TYPES[column.dtype]}" for column in table.columns)
            opened.execute(f"create table {table.schema}.{table.name} ({columns})")
        yield opened


@pytest.fixture
def look(connection: duckdb.DuckDBPyConnection, office: Office) -> Look:
    """look(arrests=[{...}], spots=...): the sides of the hot spots, by (hot_spot_id, measure, detail).

    A row says what it says of the columns of its table; places are filled in, and keys where a row has none.
    """

    def run(*, spots: pd.DataFrame = SPOTS, missing: tuple[str, ...] = (), **given: Rows) -> pd.DataFrame:
        connection.execute("".join(f"delete from core.{table.name};" for table in model.tables("core")))
        connection.execute("delete from meta.accounting")
        for table in model.fed_tables():
            if table.name not in missing:
                connection.execute("insert into meta.accounting (as_of, table_name) values (?, ?)", [AS_OF, table.name])
        given["places"] = [{"place_id": name, "x": x, "y": y} for name, (x, y) in PLACES.items()]
        for name, rows in given.items():
            key = model.table(f"core.{name}").key[0]
            for number, row in enumerate(rows):
                values = {key: f"{name}-{number}", **row}
                marks = ", ".join(f"${column}" for column in values)
                connection.execute(f"insert into core.{name} ({', '.join(values)}) values ({marks})", values)
        frame = sides(connection, spots, office=office, grid=GRID, as_of=AS_OF)
        assert list(frame.columns) == list(model.table("mart.hot_spot_sides").names)
        return frame.set_index(["hot_spot_id", "measure", "detail"])

    return run


def june(day: int) -> date:
    return date(2024, 6, day)


def counts(frame: pd.DataFrame, measure: str, detail: str = "", *, spot: str = "A") -> tuple[float, float, float]:
    row = frame.loc[(spot, measure, detail)]
    return row["value"], row["everywhere"], row["unplaced"]


def incident(what: str, where: str, when: date, **more: Any) -> dict[str, Any]:
    return {"offense_category": what, "place_id": where, "occurred_date": when, **more}


def test_violence_by_category_window_and_cell(look: Look) -> None:
    frame = look(
        incidents=[
            incident("robbery", "west", june(1)),  # first day of 30
            incident("robbery", "middle", june(30)),  # last day
            incident("robbery", "west", date(2024, 5, 31)),  # of 90 only
            incident("robbery", "west", date(2024, 4, 1)),  # the day before 90
            incident("robbery", "west", date(2024, 7, 1)),  # after as_of
            incident("robbery", "west", june(5), reported_by="police"),
            incident("homicide", "east", june(5), reported_by="victim"),
            incident("homicide", "nowhere", june(6)),
            incident("robbery", "far", june(7)),
            incident("robbery", "west", june(8), clearance_status="unfounded"),
            incident("sexual_assault", "west", june(9)),  # violent, of no category here
            incident("theft", "east", june(10)),
            incident("homicide", "far", june(11), clearance_status="unfounded"),
        ]
    )
    assert counts(frame, "incidents") == (3, 7, 1)
    assert counts(frame, "incidents", spot="A90") == (3, 8, 1)
    assert counts(frame, "incidents", spot="T") == (1, 1, 0)
    assert counts(frame, "reported_incidents") == (4, 9, 1)
    assert counts(frame, "violent_incidents") == (3, 6, 1)
    assert counts(frame, "violent_incidents", spot="T") == (1, 6, 1)
    assert counts(frame, "homicides") == (0, 2, 1)
    assert counts(frame, "homicides", spot="T") == (1, 2, 1)


def test_shootings_come_from_the_log_and_homicides_from_both(look: Look) -> None:
    frame = look(
        incidents=[
            incident("homicide", "west", june(1), incident_id="both"),
            incident("robbery", "middle", june(2), incident_id="placed"),
            incident("homicide", "west", june(3), incident_id="stabbed"),
        ],
        shootings=[
            {"incident_id": "both", "occurred_date": june(1), "is_fatal": True, "place_id": "east"},
            {"incident_id": "both", "occurred_date": june(1), "is_fatal": False},  # two people, one shooting
            {"incident_id": "placed", "occurred_date": june(2), "place_id": "nowhere"},
            {"incident_id": "log only", "occurred_date": june(4), "is_fatal": True, "place_id": "west"},
            {"incident_id": "no", "occurred_date": june(4), "is_unfounded": True, "place_id": "west"},
            {"incident_id": "self", "occurred_date": june(4), "intent": "self_inflicted", "place_id": "west"},
            {"incident_id": "missed", "occurred_date": june(4), "wound_type": "none", "place_id": "west"},
        ],
    )
    # "both" lies where the log says (east, or its incident's place of the second victim: the westernmost counts).
    assert counts(frame, "shootings") == (3, 3, 0)
    assert counts(frame, "homicides") == (3, 3, 0)


def test_arrests_lie_where_they_were_made_or_else_where_their_incident_was(look: Look) -> None:
    frame = look(
        incidents=[incident("robbery", "west", date(2020, 1, 1), incident_id="I")],
        arrests=[
            {"arrest_date": june(1), "place_id": "middle", "is_proactive": True},
            {"arrest_date": june(2), "place_id": "nowhere", "incident_id": "I"},
            {"arrest_date": june(3), "incident_id": "I", "is_proactive": False},
            {"arrest_date": june(4), "incident_id": "I", "place_id": "east", "is_proactive": True},
            {"arrest_date": june(5), "place_id": "far"},
            {"arrest_date": june(6)},
        ],
        stops=[{"stop_date": june(1), "place_id": "west"}, {"stop_date": date(2024, 5, 1), "place_id": "west"}],
    )
    assert counts(frame, "arrests") == (3, 6, 1)
    assert counts(frame, "arrests", "proactive") == (1, 2, 0)
    assert counts(frame, "stops") == (1, 1, 0)
    assert counts(frame, "stops", spot="A90") == (2, 2, 0)
    assert set(frame.loc["A"].xs("arrests")["side"]) == {"enforcement"}


def test_a_day_in_detention_counts_once_for_the_booking_that_began_first(look: Look) -> None:
    def booking(person: str, case: str | None, first: date, last: date | None, **more: Any) -> dict[str, Any]:
        return {"custody_id": f"{person}-{case}", "case_id": case, "detained_from": first, "detained_to": last, **more}

    bookings = [
        booking("Z", "west", date(2024, 5, 25), june(5)),  # June 1-4: four days
        booking("Z", "middle", june(3), june(10)),  # after the first, June 5-9: five
        booking("Z", "east", june(4), june(8)),  # inside the two before: none
        booking("Z", "ended", june(20), None),  # the case ends on the 23rd: three
        booking("Y", "east", june(1), june(11)),  # ten, of another person
        booking("X", "west", june(29), None),  # still there: the 29th and 30th
        booking("W", "west", june(1), june(30), is_other_agency_hold=True),
        booking("V", None, june(1), june(3)),  # two days of nobody knows where
        booking("U", "west", june(9), june(9)),  # no night
        booking("T", "west", date(2024, 7, 1), None),  # after as_of
    ]
    frame = look(
        incidents=[incident("robbery", place, june(1), incident_id=place) for place in ("west", "middle", "east")],
        cases=[
            {"case_id": "west", "incident_id": "west"},
            {"case_id": "middle", "incident_id": "middle", "disposition": "warrant", "disposition_date": june(4)},
            {"case_id": "east", "incident_id": "east"},
            {"case_id": "ended", "incident_id": "west", "disposition": "dismissed", "disposition_date": june(23)},
        ],
        custody=bookings,
        person_records=[
            {"record_table": "custody", "record_id": row["custody_id"], "person_id": row["custody_id"][0]}
            for row in bookings
        ],
    )
    assert counts(frame, "detention_days") == (4 + 5 + 3 + 2, 4 + 5 + 3 + 2 + 10 + 2, 2)
    # Of 90 days: from May 25 on, and at the western cell alone.
    assert counts(frame, "detention_days", spot="A90") == (11 + 3 + 2, 11 + 5 + 3 + 2 + 10 + 2, 2)
    assert frame.loc[("A", "detention_days", ""), "unit"] == "days"


def test_the_offices_own_cases(look: Look) -> None:
    case = {"incident_id": "here", "filed_date": date(2024, 1, 1)}
    ended = {**case, "disposition_date": june(10)}
    frame = look(
        incidents=[
            incident("robbery", "west", date(2020, 1, 1), incident_id="here", reported_by="police"),
            incident("robbery", "east", date(2020, 1, 1), incident_id="there"),
        ],
        referrals=[
            {"incident_id": "here", "received_date": june(1), "screen_date": june(2), "screen_result": "approved"},
            {
                "case_id": "filed",
                "received_date": date(2024, 1, 1),
                "screen_date": june(2),
                "screen_result": "approved",
            },
            {"incident_id": "here", "received_date": june(3), "screen_result": "rejected", "decline_reason": "weak"},
            {"incident_id": "here", "received_date": june(3), "screen_result": "rejected", "decline_reason": "unique"},
            {"incident_id": "there", "received_date": june(3), "screen_result": "rejected", "decline_reason": "weak"},
            {"incident_id": "here", "received_date": june(3), "screen_result": "rejected", "decline_reason": " "},
            {"received_date": june(4), "screen_result": "continued"},
        ],
        cases=[
            {**case, "case_id": "filed", "filed_date": june(30)},
            {**case, "case_id": "warrant", "disposition": "warrant", "disposition_date": june(1)},
            {**case, "case_id": "elsewhere", "incident_id": "there"},
            {**case, "case_id": "not yet", "filed_date": date(2024, 7, 1)},
            {**ended, "case_id": "dropped", "disposition": "dismissed", "disposition_reason": "witness absent"},
            {**ended, "case_id": "dropped too", "disposition": "dismissed", "disposition_reason": "witness absent"},
            {**ended, "case_id": "all dropped", "disposition": "dismissed"},
            {**ended, "case_id": "one left", "disposition": "dismissed"},
            {**ended, "case_id": "lesser plea", "disposition": "dismissed"},
            {**ended, "case_id": "pleaded", "disposition": "guilty_plea"},
            {**ended, "case_id": "diverted", "disposition": "diverted"},
            {**ended, "case_id": "merged", "disposition": "superseded"},
            {**ended, "case_id": "long ago", "disposition": "guilty_plea", "disposition_date": date(2024, 2, 1)},
        ],
        charges=[
            {"case_id": "all dropped", "disposition": "dismissed"},
            {"case_id": "all dropped", "disposition": "superseded"},
            {"case_id": "one left", "disposition": "dismissed"},
            {"case_id": "one left", "disposition": None},
            {"case_id": "lesser plea", "disposition": "dismissed"},
            {"case_id": "lesser plea", "disposition": "guilty_plea"},
        ],
        diversion=[
            {"case_id": "filed", "accepted_date": june(30)},
            {"case_id": "diverted", "accepted_date": date(2024, 1, 2)},  # accepted then, ended now: counted then
            {"case_id": "warrant", "accepted_date": june(5)},
            {"case_id": "pleaded", "accepted_date": None},
        ],
    )
    assert counts(frame, "referred") == (4, 6, 1)
    assert counts(frame, "approved") == (2, 2, 0)
    assert counts(frame, "declined") == (3, 4, 0)
    # A reason of one record could be about one person.
    assert frame.loc["A"].xs("declined")["value"].to_dict() == {"": 3, "weak": 1, "other": 1, "unknown": 1}
    assert counts(frame, "declined", "weak") == (1, 2, 0)
    assert counts(frame, "filed") == (1, 1, 0)
    assert counts(frame, "pending") == (2, 3, 0)
    assert frame.loc["A"].xs("dismissed")["value"].to_dict() == {"": 3, "witness absent": 2, "unknown": 1}
    assert counts(frame, "convicted") == (2, 2, 0)
    assert counts(frame, "diverted") == (2, 2, 0)
    # Seven ended in June, after 161 days each; the superseded one is no disposition.
    assert frame.loc[("A", "days_to_disposition", ""), "value"] == 161
    assert list(frame.loc["T"].xs("declined").index) == ["", "weak"]


def test_the_median_is_of_the_cases_that_ended_in_the_window(look: Look) -> None:
    cases = [
        {"incident_id": place, "filed_date": june(1), "disposition_date": june(day), "disposition": "guilty_plea"}
        for place, day in (("west", 3), ("west", 9), ("middle", 11), ("west", 12), ("east", 30), ("nowhere", 30))
    ]
    places = ("west", "middle", "east", "nowhere")
    frame = look(
        incidents=[incident("robbery", place, june(1), incident_id=place) for place in places],
        cases=[
            *cases,
            {**cases[0], "filed_date": june(10)},
            {**cases[0], "disposition": "superseded"},
            {**cases[0], "disposition": "warrant"},
        ],
    )
    # 2, 8, 10, 11 days here; 29 and 29 elsewhere. One that ended before it was filed took no number of days, and a
    # superseded charge or a warrant is no disposition.
    days = frame.xs(("days_to_disposition", ""), level=("measure", "detail"))
    assert days["value"].to_dict() == {"A": 9.0, "A90": 8.0, "T": 29.0}
    assert set(days["everywhere"]) == {10.5}
    assert days[["unplaced", "ratio", "lower", "upper", "reading"]].isna().all(axis=None)


def test_contact(look: Look) -> None:
    frame = look(
        incidents=[incident("robbery", "west", date(2020, 1, 1), incident_id="I")],
        cases=[{"case_id": "C", "incident_id": "I"}],
        outreach=[
            {"outreach_date": june(1), "place_id": "middle", "support_offered": 12, "support_accepted": 5},
            {"outreach_date": june(2), "place_id": "west"},
            {"outreach_date": june(3), "area_id": "D1", "support_offered": 3},
            {"outreach_date": june(3), "place_id": "east", "support_offered": 1},
        ],
        victims=[
            {"incident_id": "I", "opened_date": date(2024, 1, 1), "first_contact_date": june(2)},
            {"case_id": "C", "opened_date": date(2024, 1, 1), "first_contact_date": june(2)},
            {"opened_date": date(2024, 1, 1), "first_contact_date": june(2)},
            {"case_id": "C", "opened_date": june(1)},
        ],
    )
    assert counts(frame, "outreach_events") == (2, 4, 1)
    assert counts(frame, "support_offered") == (12, 16, 3)
    assert counts(frame, "support_accepted") == (5, 5, 0)
    assert counts(frame, "victims_contacted") == (2, 3, 1)


def test_the_ratio_is_per_reported_incident_here_and_outside(look: Look) -> None:
    frame = look(
        incidents=[
            *(incident("robbery", "west", june(1)) for _ in range(5)),
            *(incident("vandalism", "west", june(1)) for _ in range(3)),  # of no category here
            incident("drugs", "west", june(1), reported_by="police"),
            *(incident("robbery", "east", june(1)) for _ in range(40)),
            incident("robbery", "nowhere", june(1)),
        ],
        arrests=[
            *({"arrest_date": june(1), "place_id": "west"} for _ in range(9)),
            *({"arrest_date": june(1), "place_id": "far"} for _ in range(15)),
            {"arrest_date": june(1)},
        ],
        stops=[{"stop_date": june(1), "place_id": "west"} for _ in range(3)],
        outreach=[
            *({"outreach_date": june(1), "place_id": "east"} for _ in range(29)),
            {"outreach_date": june(1), "place_id": "east", "support_offered": 12},
            {"outreach_date": date(2024, 5, 1), "place_id": "west", "support_offered": 3},
        ],
    )

    def limits(*counts: int) -> list[float]:
        """Of events here and outside and incidents here and outside, each with half an event more (by hand)."""
        a, b, c, d = (count + 0.5 for count in counts)
        spread = norm.ppf(0.975) * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        return [a / b / c * d * np.exp(side * spread) for side in (-1, 1)]

    arrests = frame.loc[("A", "arrests", "")]
    assert arrests["ratio"] == pytest.approx((9 / 8) / (15 / 40))
    assert [arrests["lower"], arrests["upper"]] == pytest.approx(limits(9, 15, 8, 40))
    # Three times as many per incident, of eight and forty incidents: that may be chance.
    assert arrests["reading"] == "like"
    # 0 of 30 here.
    outreach = frame.loc[("A", "outreach_events", "")]
    assert (outreach["ratio"], outreach["lower"], outreach["reading"]) == (0, 0, "like")
    assert outreach["upper"] == pytest.approx(limits(0, 30, 8, 40)[1])
    # All 3 here: nothing to divide by.
    stops = frame.loc[("A", "stops", "")]
    assert np.isnan(stops["ratio"])
    assert [stops["lower"], stops["upper"]] == pytest.approx(limits(3, 0, 8, 40))
    assert stops["reading"] == "more"
    # Twelve offers at one meeting are no twelve separate events.
    offers = frame.loc[("A90", "support_offered", "")]
    assert offers["ratio"] == pytest.approx((3 / 8) / (12 / 40))
    assert offers[["lower", "upper", "reading"]].isna().all()
    for measure in ("incidents", "reported_incidents", "violent_incidents"):
        assert frame.loc[("A", measure, ""), ["ratio", "lower", "upper", "reading"]].isna().all()
    # Nothing anywhere is no evidence of anything.
    assert frame.loc[("A", "referred", ""), ["ratio", "lower", "upper", "reading"]].isna().all()
    # Beside incidents of every kind, whatever the category of the hot spot: none of 24 arrests here.
    assert frame.loc[("T", "arrests", ""), ["ratio", "lower"]].tolist() == [0, 0]
    assert frame.loc[("T", "arrests", ""), "upper"] == pytest.approx(limits(0, 24, 40, 8)[1])
    assert frame.loc[("T", "arrests", ""), "reading"] == "less"


def test_what_no_extract_fills_is_unknown_not_zero(look: Look) -> None:
    frame = look(
        incidents=[incident("robbery", "west", june(1))],
        arrests=[{"arrest_date": june(1), "place_id": "west"}],
        outreach=[{"outreach_date": june(1), "place_id": "west"}],
        victims=[{"incident_id": "I", "opened_date": june(1)}],
        missing=("stops", "custody", "referrals"),
    ).loc["A"]
    unknown = {measure for measure, _ in frame.index[frame["value"].isna() & frame["everywhere"].isna()]}
    assert {"stops", "detention_days", "victims_contacted", "referred", "approved", "declined"} <= unknown
    # The table is there, and none of its rows says it.
    assert {"support_offered", "dismissed", "pending"} <= unknown
    # The table is there and has no row: nothing happened.
    assert (frame.loc[("shootings", ""), "value"], frame.loc[("shootings", ""), "everywhere"]) == (0, 0)
    assert np.isnan(frame.loc[("arrests", "proactive"), "value"]) and frame.loc[("arrests", ""), "value"] == 1
    assert (frame.loc[("incidents", ""), "value"], frame.loc[("homicides", ""), "value"]) == (1, 0)
    assert frame["unit"].notna().all()


def test_order_and_shared_cells_do_not_matter(look: Look) -> None:
    given: dict[str, Rows] = {
        "incidents": [
            incident("robbery", place, june(day)) for day in range(1, 6) for place in ("west", "middle", "east")
        ],
        "arrests": [
            {"arrest_date": june(2), "place_id": place} for place in ("west", "west", "east", "nowhere", "far")
        ],
    }
    overlapping = pd.concat(
        [SPOTS, pd.DataFrame([("violence", 30, "former", [MIDDLE, EAST, "c100_900_900"])], columns=SPOTS.columns)]
    )
    first = look(spots=overlapping, **given)
    assert [counts(first, "incidents", spot=name)[0] for name in ("A", "former")] == [10, 10]
    # A cell that is no longer on the map holds nothing, what happened off the map least of all.
    assert counts(first, "arrests", spot="former") == (1, 5, 1)
    turned = overlapping.iloc[::-1].assign(cells=[cells[::-1] for cells in overlapping["cells"].iloc[::-1]])
    keyed = {
        name: [{**row, model.table(f"core.{name}").key[0]: f"k{n}"} for n, row in enumerate(rows)]
        for name, rows in given.items()
    }
    again = look(spots=turned, **{name: rows[::-1] for name, rows in keyed.items()})
    pd.testing.assert_frame_equal(first, again)
    key = list(model.table("mart.hot_spot_sides").key)
    assert first.reset_index()[key].equals(first.reset_index().sort_values(key)[key])


def test_no_hot_spots_no_rows(look: Look) -> None:
    assert look(spots=SPOTS.head(0)).empty


def test_few_incidents_and_places_that_police_chose_carry_no_ratio(look: Look) -> None:
    spots = SPOTS.assign(hot_spot_id=["A", "police_c100_50_70", "T"])
    frame = look(
        spots=spots,
        incidents=[
            *(incident("robbery", "west", june(1)) for _ in range(6)),
            *(incident("robbery", "east", june(1)) for _ in range(4)),
        ],
        arrests=[{"arrest_date": june(1), "place_id": place} for place in ("west", "west", "east", "east")],
    )
    arrests = frame.xs(("arrests", ""), level=("measure", "detail"))
    assert arrests["value"].to_dict() == {"A": 2, "police_c100_50_70": 2, "T": 2}
    assert arrests["ratio"].notna().to_dict() == {"A": True, "police_c100_50_70": False, "T": False}
    assert arrests["reading"].notna().to_dict() == {"A": True, "police_c100_50_70": False, "T": False}
