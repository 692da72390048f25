"""The one file an office edits: office.toml, read into a typed, frozen ``Office`` with absolute paths.

A key nobody knows is refused with the nearest known one, because a mistyped safeguard that is silently ignored is
worse than none.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)
from pyproj import CRS
from pyproj.exceptions import CRSError

from strategic_prosecution import model

# 28 CFR 23.20(h): review or purge within five years.
LONGEST_MEMBERSHIP_DAYS = 1825


class SettingsError(ValueError):
    """office.toml cannot be used; the message says which key, and what to do."""


class _Section(BaseModel):
    # A key somebody writes into the file by mistake must not come back in the traceback of its refusal.
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)


class Rule(_Section):
    """A declared rule for rows that cannot be taken as they stand: which rows, what becomes of them. Always counted."""

    # Said in the list of problems: "disposition before arrest".
    what: str
    # A column or expression of the extract that is true for the rows meant.
    when: str
    # keep: counted only. leave_out: the columns (ours) named are left empty. set_aside: the row fills nothing.
    then: Literal["keep", "leave_out", "set_aside"] = "keep"
    columns: tuple[str, ...] = ()

    @field_validator("what")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.strip() or not value.isprintable():
            raise ValueError("`what` says in one line what the rule is about")
        return value

    @model_validator(mode="after")
    def _columns_to_leave_out(self) -> "Rule":
        if (self.then == "leave_out") != bool(self.columns):
            raise ValueError(f'rule [{self.what}]: `columns` names what then = "leave_out" leaves out, and only that')
        return self


class Reversal(_Section):
    """Rows that take an earlier row back (a count of -1): which they are, and what they share with the row meant."""

    when: str
    match: tuple[str, ...] = Field(min_length=1)


class Feed(_Section):
    """What one extract fills: a table, its columns as theirs or as a scalar expression, and the key."""

    table: str
    columns: dict[str, str]
    key: str
    where: str | None = None
    # The layouts of the extract this feed reads; none named: all of them.
    layouts: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    reversal: Reversal | None = None
    # Several rows of one file may describe one record (a row per charge, a case per key): the first in this order
    # is the record, the others are merged into it. Without it the last row wins and the others are superseded.
    order_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known_columns(self) -> "Feed":
        names = {table.name: table for table in model.fed_tables()}
        if self.table not in names:
            raise ValueError(f"table [{self.table}] is not one an extract can fill{nearest(self.table, names)}")
        table = names[self.table]
        for column in self.columns:
            if column not in table.names:
                raise ValueError(f"table [{self.table}] has no column [{column}]{nearest(column, table.names)}")
        key_column = model.DESK_KEYS.get(self.table, table.key[0])
        if self.key not in ("row", key_column):
            raise ValueError(f'key [{self.key}] of table [{self.table}] must be "{key_column}" or "row"')
        if self.key != "row" and key_column not in self.columns:
            raise ValueError(f"table [{self.table}] maps no column to its key [{key_column}]")
        named = {
            "order_by": self.order_by,
            "reversal.match": self.reversal.match if self.reversal else (),
            "rules.columns": [column for rule in self.rules for column in rule.columns],
        }
        for where, columns in named.items():
            for column in columns:
                if column not in self.columns:
                    raise ValueError(f"{where} [{column}] is not among the columns{nearest(column, self.columns)}")
        return self


class Layout(_Section):
    """One column layout of an extract, known by its header, in the words of the feeds."""

    name: str
    # All column names of the layout, in any order.
    header: tuple[str, ...] = Field(min_length=1)
    # A name the feeds use = this layout's column or expression; the rest go by their own names.
    columns: dict[str, str] = Field(default_factory=dict)


class Window(_Section):
    """``holds`` of a rolling window: a record dated inside it and missing from it is withdrawn."""

    window: str


class Extract(_Section):
    """How the files of one extract are read, when they were made, and what a missing record means."""

    files: tuple[str, ...]
    feeds: tuple[Feed, ...]
    # Absent: found in each file, and shown by `check`.
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    # The sheet of a workbook that has several.
    sheet: str | None = None
    date_formats: tuple[str, ...] = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
    timezone: str | None = None
    null_values: tuple[str, ...] = ()
    # Days that stand for "not known": left out and counted.
    filler_dates: tuple[date, ...] = ()
    # The reference system of the columns mapped to longitude and latitude, where it is another than EPSG:4326.
    crs: str | None = None
    layouts: tuple[Layout, ...] = ()
    # Columns that number the lines of a file: no content, so a row is the same when only they differ.
    line_numbers: tuple[str, ...] = ()
    # A date, "filename" (the last YYYY-MM-DD or YYYYMMDD in the name) or {column = "..."} (its latest day).
    extract_date: date | Literal["filename"] | dict[Literal["column"], str] | None = None
    extract_dates: dict[str, date] = Field(default_factory=dict)
    # What a record missing from a newer file means: it is withdrawn; nothing; or, with {window = "occurred_date"}, it
    # is withdrawn when its day (a column of ours) lies inside that file's window.
    holds: Literal["everything", "changes"] | Window = "changes"
    # A larger share of records missing from a new file stops the run.
    max_withdrawn_share: float = Field(default=0.1, ge=0, le=1)
    # A larger share of rows set aside stops the run.
    max_set_aside_share: float = Field(default=0.05, ge=0, le=1)
    # Fewest and most rows a file of this extract may have; another number of rows keeps the file out.
    expected_rows: tuple[int, int] | None = None
    # An extract whose newest file is older than this on the day of a run stops the run.
    max_age_days: int | None = Field(default=None, ge=0)
    # The system whose person keys these are: extracts of one system share them. Default: the extract's own.
    system: str | None = None
    codes: dict[str, dict[str, str]] = Field(default_factory=dict)

    @field_validator("files", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("extract_date", mode="wrap")
    @classmethod
    def _one_of_three(cls, value: Any, check: Callable[[Any], Any]) -> Any:
        try:
            found = check(value)
        except ValidationError:
            found = {}
        if found == {}:
            raise ValueError(f'[{value}] must be a date, "filename" or {{ column = "..." }}')
        return found

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str | None) -> str | None:
        return None if value is None else _timezone(value)

    @field_validator("holds", mode="wrap")
    @classmethod
    def _one_of_three_meanings(cls, value: Any, check: Callable[[Any], Any]) -> Any:
        try:
            return check(value)
        except ValidationError:
            raise ValueError(f'[{value}] must be "everything", "changes" or {{ window = "a date column" }}') from None

    @model_validator(mode="after")
    def _z_is_utc(self) -> "Extract":
        for item in self.date_formats:
            if re.search(r"(?<!%)Z$", item) and self.timezone is None:
                raise ValueError(f'date format [{item}] ends in a Z, which says UTC; add timezone = "UTC"')
        return self

    @field_validator("expected_rows")
    @classmethod
    def _fewest_first(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value and not 0 <= value[0] <= value[1]:
            raise ValueError(f"[{value[0]}, {value[1]}] must be the fewest and the most rows of a file")
        return value

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, value: str | None) -> str | None:
        try:
            return value if value is None or CRS.from_user_input(value) else None
        except CRSError as error:
            raise ValueError(f"[{value}] is not known; use one such as EPSG:2272 or ESRI:102696") from error

    @model_validator(mode="after")
    def _known_layouts(self) -> "Extract":
        names = [layout.name for layout in self.layouts]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two layouts are called [{twice[0]}]; rename one")
        for feed in self.feeds:
            for name in feed.layouts:
                if name not in names:
                    raise ValueError(
                        f"feed of [{feed.table}] reads layout [{name}], which is not one{nearest(name, names)}"
                    )
            if numbers := sorted(set(self.line_numbers) & set(feed.columns.values())):
                raise ValueError(f"line_numbers [{numbers[0]}] fills a column of [{feed.table}], so it is content")
            if isinstance(self.holds, Window):
                table = model.table(_qualified(feed.table))
                if self.holds.window not in table.names or table.column(self.holds.window).dtype != "date":
                    raise ValueError(f"holds.window [{self.holds.window}] is no date column of table [{feed.table}]")
        return self

    @model_validator(mode="after")
    def _known_codes(self) -> "Extract":
        mapped = {column for feed in self.feeds for column in feed.columns}
        for column, codes in self.codes.items():
            if column not in mapped:
                raise ValueError(f"codes for [{column}], which no feed maps{nearest(column, mapped)}")
            for feed in self.feeds:
                if column not in feed.columns:
                    continue
                allowed = model.table(_qualified(feed.table)).column(column).values
                for ours in codes.values():
                    if allowed and ours not in allowed:
                        raise ValueError(f"[{ours}] is no value of {feed.table}.{column}{nearest(ours, allowed)}")
        return self


class OfficeSection(_Section):
    """Who the office is, and its clock and map."""

    name: str
    timezone: str
    crs: str
    case_unit: Literal["defendant", "docket"] = "defendant"
    raw_dir: str = "data/raw"
    processed_dir: str = "data/processed"
    # A file changed this recently may still be being written.
    settle_seconds: float = Field(default=3.0, ge=0)
    # What the extracts looked like when someone last looked, kept under version control; drift from it stops the run.
    expectations: str | None = None

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        return _timezone(value)

    @field_validator("crs")
    @classmethod
    def _in_metres(cls, value: str) -> str:
        try:
            crs = CRS.from_user_input(value)
        except CRSError as error:
            raise ValueError(f"[{value}] is not known; use one such as EPSG:26918 (UTM zone 18N)") from error
        if not crs.is_projected or crs.axis_info[0].unit_conversion_factor != 1:
            raise ValueError(
                f"[{value}] is not a projected system in metres; use one such as EPSG:26918 (UTM zone 18N)"
            )
        return value


class Layer(_Section):
    """A file of a reference layer: ours = theirs; a CSV with geometry as WKT names its column."""

    file: str
    columns: dict[str, str] = Field(default_factory=dict)


class StreetLayer(Layer):
    """The street layer; ``addr`` is the table of ranges (ADDR) that goes with edges of Census TIGER."""

    addr: str | None = None


class AreaLayer(_Section):
    """A layer of areas: districts, tracts, neighborhoods."""

    layer: str
    file: str
    id: str
    title: str | None = None
    # Median household income, US dollars a year: a column of the same file.
    income: str | None = None


class Population(_Section):
    """Residents by area: a total column and, where known, one column per race/ethnicity.

    Without a file they are columns of the area layer's own file, and its id is theirs.
    """

    file: str | None = None
    layer: str
    area_id: str | None = None
    total: str
    race_ethnicity: dict[str, str] = Field(default_factory=dict)

    @field_validator("race_ethnicity")
    @classmethod
    def _known_values(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name not in model.RACE_ETHNICITY:
                raise ValueError(f"[{name}] is no race_ethnicity{nearest(name, model.RACE_ETHNICITY)}")
        return value

    @model_validator(mode="after")
    def _id_with_file(self) -> "Population":
        if (self.file is None) != (self.area_id is None):
            raise ValueError("give both `file` and `area_id`, or neither: then the area layer's own file is read")
        return self


class Places(_Section):
    """The office's own map. Nothing is sent to a service."""

    streets: StreetLayer | None = None
    points: Layer | None = None
    intersections: Layer | None = None
    aliases: Layer | None = None
    # What somebody in the office confirmed, beside the city's table: alias, street.
    confirmed_aliases: Layer | None = None
    named_places: Layer | None = None
    areas: tuple[AreaLayer, ...] = ()
    population: Population | None = None
    # Whether coordinates in the extracts are trusted; otherwise the address decides.
    use_coordinates: bool = False
    # Towns, states and ZIP codes the street layer covers, accepted as the tail of an address.
    localities: tuple[str, ...] = ()
    offset_m: float = Field(default=10.0, ge=0)
    inset_m: float = Field(default=10.0, ge=0)
    tie_tolerance_m: float = Field(default=75.0, gt=0)
    fuzzy: bool = True
    # Categories of named places to which much is written that did not happen there.
    institutions: tuple[str, ...] = (
        "jail",
        "prison",
        "detention_center",
        "police_headquarters",
        "police_station",
        "court",
        "hospital",
    )


class People(_Section):
    """When records are taken for one person's, when a reviewer is asked, and what stops a run."""

    # Records are joined, for counts, when they are one person's with at least this probability.
    link_probability: float = Field(default=0.99, gt=0.5, lt=1)
    # From here up to there a reviewer is asked.
    review_probability: float = Field(default=0.5, gt=0, lt=1)
    # A person written in more ways than this stops the run.
    largest_person: int = Field(default=40, ge=2)
    # A larger share of pairs with different numbers among the pairs joined stops the run.
    max_false_links: float = Field(default=0.02, gt=0, le=1)

    @model_validator(mode="after")
    def _review_below_link(self) -> "People":
        if self.review_probability > self.link_probability:
            raise ValueError("review_probability must not be above link_probability")
        return self


# What hotspots.units calls the segments of the street layer; any other name is a layer of areas.
SEGMENTS = "segments"


class Persistence(_Section):
    """Which of the periods before the window that chose a hot spot make it persistent, emerging or intermittent."""

    periods: int = Field(default=8, ge=2)
    period_days: int = Field(default=90, gt=0)
    # The last periods that count as recent.
    recent: int = Field(default=3, ge=1)
    # Active in at least this share of all periods: persistent.
    persistent_share: float = Field(default=0.8, gt=0, le=1)
    # Active in less than this share of the earlier periods: emerging.
    minimum_share: float = Field(default=0.1, ge=0, le=1)
    # A hot spot of up to this many days before the window that is none now is former.
    former_days: int = Field(default=730, ge=0)

    @model_validator(mode="after")
    def _earlier_periods(self) -> "Persistence":
        if self.recent >= self.periods:
            raise ValueError(f"recent [{self.recent}] must be below periods [{self.periods}]")
        return self


class CrimeHarm(_Section):
    """The office's own table of crime-harm weights: columns offense_category and weight."""

    file: str
    # Whose table it is, of which year; told wherever crime harm is.
    version: str = Field(min_length=1)


class NearRepeat(_Section):
    """Bands of the near-repeat table, closed above; a chain joins incidents within the first of both."""

    distance_m: tuple[PositiveFloat, ...] = Field(default=(100, 200, 400), min_length=1)
    days: tuple[PositiveInt, ...] = Field(default=(7, 14, 28), min_length=1)

    @field_validator("distance_m", "days")
    @classmethod
    def _ascending(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError(f"bands {list(value)} must ascend")
        return value


class Scan(_Section):
    """The largest clusters the space-time permutation scan looks for."""

    max_radius_m: float = Field(default=1000, gt=0)
    max_days: int = Field(default=28, gt=0)


class HotSpots(_Section):
    """What is mapped together, over which windows, on which grid; and how its order in space and time is searched."""

    cell_m: float = Field(default=150, gt=0)
    windows_days: tuple[PositiveInt, ...] = Field(default=(90, 365), min_length=1)
    min_incidents: int = Field(default=5, ge=1)
    q_value: float = Field(default=0.05, gt=0, lt=1)
    # Of the kernel density.
    bandwidth_m: float = Field(default=400, gt=0)
    # Beside the grid: "segments", or layers of places.areas.
    units: tuple[str, ...] = ()
    # What was chosen this many days ago is tried on the incidents since.
    trial_days: int = Field(default=30, gt=0)
    # Whether the model of next month's places is tried, and published where it beats last year's counts.
    forecast: bool = False
    crime_harm: CrimeHarm | None = None
    persistence: Persistence = Persistence()
    near_repeat: NearRepeat = NearRepeat()
    scan: Scan = Scan()
    # Categories with more incidents in the last year are not searched for near repeats and clusters.
    space_time_limit: int = Field(default=5_000, ge=0)
    permutations: int = Field(default=199, ge=19)
    seed: int = 20240101
    categories: dict[str, tuple[str, ...]] = Field(
        default_factory=lambda: {
            "violence": model.VIOLENT_OFFENSES,
            "shootings": ("homicide", "nonfatal_shooting"),
        }
    )

    @model_validator(mode="after")
    def _bandwidth_of_a_cell_at_least(self) -> "HotSpots":
        if self.bandwidth_m < self.cell_m:
            raise ValueError(f"bandwidth_m [{self.bandwidth_m:g}] must be at least cell_m [{self.cell_m:g}]")
        return self

    @field_validator("categories")
    @classmethod
    def _known_offenses(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name, offenses in value.items():
            for offense in offenses:
                if offense not in model.OFFENSES:
                    raise ValueError(f"category [{name}]: no offense [{offense}]{nearest(offense, model.OFFENSES)}")
        return value


class CallIns(_Section):
    """What a call-in rests on: how fresh the checks must be, who comes, how long the solver may look."""

    deconfliction_days: int = Field(default=14, gt=0, le=30)
    # Of people whom somebody can require to come, and of the others (Wheeler's practice: one in six).
    attendance_supervised: float = Field(default=1.0, gt=0, le=1)
    attendance_voluntary: float = Field(default=0.167, gt=0, le=1)
    time_limit_seconds: float = Field(default=60.0, gt=0)
    list_days: int = Field(default=30, gt=0)


class IntimatePartner(_Section):
    """How far back the tiers of the intimate-partner strategy look."""

    look_back_days: int = Field(default=1825, gt=0)


class DrugMarket(_Section):
    """Who still sells in the market: arrests for drugs in an area of a layer, within a window."""

    layer: str | None = None
    areas: tuple[str, ...] = ()
    active_days: int = Field(default=365, gt=0)
    min_arrests: int = Field(default=2, gt=0)
    violence_look_back_days: int = Field(default=1825, gt=0)


class EarlyIntervention(_Section):
    """Who may be kept out of the process: how far back nothing may be on record, and for which offenses."""

    look_back_days: int = Field(default=3650, gt=0)
    offenses: tuple[str, ...] = ("theft", "drugs", "vandalism", "public_order", "fraud", "traffic")
    severities: tuple[str, ...] = ("misdemeanor", "infraction")

    @field_validator("offenses")
    @classmethod
    def _known_offenses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in model.OFFENSES:
                raise ValueError(f"no offense [{name}]{nearest(name, model.OFFENSES)}")
            if name in model.VIOLENT_OFFENSES:
                raise ValueError(f"[{name}] is violent; early intervention is for low-level offenses")
        return value

    @field_validator("severities")
    @classmethod
    def _known_severities(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in model.SEVERITY:
                raise ValueError(f"no severity [{name}]{nearest(name, model.SEVERITY)}")
        return value


class Groups(_Section):
    """Windows and clocks of memberships, ties and ranks; call-ins; the other strategies' rules."""

    window_days: int = Field(default=730, gt=0)
    violent_window_days: int = Field(default=365, gt=0)
    resolution: float = Field(default=1.0, gt=0)
    seed: int = 20240101
    expiry_days: int = Field(default=730, gt=0, le=LONGEST_MEMBERSHIP_DAYS)
    review_days: int = Field(default=1095, gt=0)
    notice_required: bool = False
    # A tie from this long before as_of weighs half.
    tie_half_life_days: int = Field(default=365, gt=0)
    # How long after a shooting its group's answer is watched for.
    retaliation_days: int = Field(default=30, gt=0)
    forecast: bool = False
    forecast_days: int = Field(default=180, gt=0)
    call_ins: CallIns = Field(default_factory=CallIns)
    intimate_partner: IntimatePartner = Field(default_factory=IntimatePartner)
    drug_market: DrugMarket = Field(default_factory=DrugMarket)
    early_intervention: EarlyIntervention = Field(default_factory=EarlyIntervention)


class IncarcerationRule(_Section):
    """How many of the days imposed are expected to be served: Philadelphia's rule, or the state's own."""

    # A longest term from here on is served in state prison, a shorter one in jail (Philadelphia: two years).
    prison_from_days: int = Field(default=730, gt=0)
    # Days served for one day of the shortest term.
    jail_share_of_minimum: float = Field(default=1.0, gt=0)
    prison_share_of_minimum: float = Field(default=1.3, gt=0)
    # What a life term counts as; life terms are counted apart.
    life_days: int = Field(default=10957, gt=0)


class Metrics(_Section):
    """At most twelve headline metrics, named before the period; where periods begin; what definitions leave open."""

    headline: tuple[str, ...] = Field(default=(), max_length=12)
    # Periods before the one that holds this day are left out: for sources with a few stray early dates.
    first_period: date | None = None
    # A new event within this many days is a recidivism; the days are counted from release, completion or notice.
    recidivism_days: int = Field(default=730, gt=0)
    # Detained with bail at or below this many dollars.
    low_bail_dollars: int = Field(default=500, gt=0)
    # The survey questions that ask about safety and about trust in the office.
    safety_question: str = ""
    legitimacy_question: str = ""
    incarceration: IncarcerationRule = Field(default_factory=IncarcerationRule)


class Break(_Section):
    """A day on which counting changed: a new system, a law, a court closure."""

    date: date
    what: str
    tables: tuple[str, ...]

    @field_validator("tables")
    @classmethod
    def _known_tables(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = [table.name for table in model.fed_tables()]
        for name in value:
            if name not in known:
                raise ValueError(f"no table [{name}]{nearest(name, known)}")
        return value


class Release(_Section):
    """What protects people in what is published."""

    min_cell: int = Field(default=10, ge=2)
    smallest_public_area: str | None = None
    pseudonym_key_env: str = "STRATEGIC_PROSECUTION_PSEUDONYM_KEY"
    # Only the demo county, whose people are invented, names a key in its file.
    public_demo_key: str | None = None


class WarehouseSection(_Section):
    """Keys of the database files (names of environment variables), their groups, and DuckDB's share of the machine."""

    records_key_env: str | None = None
    desk_key_env: str | None = None
    published_key_env: str | None = None
    # The key under which expunged records are known again. Never change it: they would come back.
    fingerprint_key_env: str = "STRATEGIC_PROSECUTION_FINGERPRINT_KEY"
    # Groups of the operating system that share the files; without one, a file is for its owner alone.
    records_group: str | None = None
    desk_group: str | None = None
    published_group: str | None = None
    memory_limit: str = "2GB"
    threads: int = Field(default=2, ge=1)

    @field_validator("memory_limit")
    @classmethod
    def _amount(cls, value: str) -> str:
        if not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", value):
            raise ValueError(f'[{value}] is no amount of memory; write it like "2GB"')
        return value


class Retention(_Section):
    """How long what is no longer needed is kept, in days; ``stratpro purge`` removes the rest."""

    nights_days: int = Field(default=35, gt=0)
    # Runs, not days.
    published_runs: int = Field(default=3, gt=0)
    problem_days: int = Field(default=365, gt=0)
    # A log that nobody can ask about last year is none.
    log_days: int = Field(default=1095, ge=365)
    lists_days: int = Field(default=90, gt=0, le=LONGEST_MEMBERSHIP_DAYS)
    membership_grace_days: int = Field(default=180, ge=0)


class Office(_Section):
    """Everything office.toml says. Paths come from ``raw_dir`` and ``processed_dir``, absolute."""

    office: OfficeSection
    extracts: dict[str, Extract] = Field(default_factory=dict)
    places: Places = Places()
    people: People = People()
    hotspots: HotSpots = HotSpots()
    groups: Groups = Groups()
    metrics: Metrics = Metrics()
    breaks: tuple[Break, ...] = ()
    release: Release = Release()
    warehouse: WarehouseSection = WarehouseSection()
    retention: Retention = Retention()
    path: Path
    fingerprint: str

    @field_validator("extracts", mode="before")
    @classmethod
    def _own_system(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            name: {"system": name, **extract} if isinstance(extract, dict) else extract
            for name, extract in value.items()
        }

    @field_validator("extracts")
    @classmethod
    def _plain_names(cls, value: dict[str, Extract]) -> dict[str, Extract]:
        for name in value:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,50}", name):
                raise ValueError(f"extract name [{name}]: use lower-case letters, digits and _")
        return value

    @model_validator(mode="after")
    def _known_layers(self) -> "Office":
        layers = [area.layer for area in self.places.areas]
        population = self.places.population
        for where, name in (
            ("release.smallest_public_area", self.release.smallest_public_area),
            ("places.population.layer", population.layer if population else None),
        ):
            if name is not None and name not in layers:
                raise ValueError(f"{where} [{name}] is no layer of places.areas{nearest(name, layers)}")
        market = self.groups.drug_market
        if market.areas and market.layer is None:
            raise ValueError("groups.drug_market has areas and no layer; name the layer of places.areas they are of")
        if market.layer is not None and market.layer not in layers:
            raise ValueError(
                f"groups.drug_market.layer [{market.layer}] is no layer of places.areas{nearest(market.layer, layers)}"
            )
        for name in self.hotspots.units:
            if name == SEGMENTS and self.places.streets is None:
                raise ValueError("hotspots.units has [segments], but there is no [places.streets]")
            if name not in (SEGMENTS, *layers):
                raise ValueError(
                    f"hotspots.units [{name}] is no layer of places.areas{nearest(name, [SEGMENTS, *layers])}"
                )
        return self

    @model_validator(mode="after")
    def _memberships_go_in_time(self) -> "Office":
        longest = LONGEST_MEMBERSHIP_DAYS - self.groups.expiry_days
        if self.retention.membership_grace_days > longest:
            raise ValueError(
                f"retention.membership_grace_days [{self.retention.membership_grace_days}] after groups.expiry_days "
                f"[{self.groups.expiry_days}] keeps a membership over {LONGEST_MEMBERSHIP_DAYS} days after its last "
                f"fact, and 28 CFR 23.20(h) allows no more; make it at most {longest}"
            )
        return self

    @property
    def raw_dir(self) -> Path:
        """Where extracts are received; never written."""
        return self.resolve(self.office.raw_dir)

    @property
    def processed_dir(self) -> Path:
        """Where everything of ours is written."""
        return self.resolve(self.office.processed_dir)

    @property
    def records_path(self) -> Path:
        """raw, core, mart, meta: criminal-history information."""
        return self.processed_dir / "records.duckdb"

    @property
    def desk_path(self) -> Path:
        """What people decided or entered: intelligence."""
        return self.processed_dir / "desk.duckdb"

    def resolve(self, text: str) -> Path:
        """A path of office.toml, absolute: environment variables expanded, relative to the file's folder."""
        expanded = os.path.expandvars(text)
        if unset := re.findall(r"\$\{?(\w+)", expanded):
            raise SettingsError(f"{self.path.name}: path [{text}] needs the environment variable {unset[0]}; set it")
        return (self.path.parent / Path(expanded).expanduser()).resolve()


def load_office(path: Path | str) -> Office:
    """Read office.toml. Raises SettingsError with one line: which key, what is wrong, the nearest known key."""
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); give its path with --office") from error
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: not valid TOML: {error}") from error
    try:
        return Office(**data, path=path.resolve(), fingerprint=sha256(content).hexdigest())
    except ValidationError as error:
        raise SettingsError(f"{path.name}: {'; '.join(_explain(item) for item in error.errors())}") from error
    except TypeError as error:
        raise SettingsError(f"{path.name}: [path] and [fingerprint] are not settings; remove them") from error


def nearest(name: str, known: Any) -> str:
    """'; did you mean [x]?' for the closest known name, or a short list, or nothing."""
    known = sorted(known)
    match = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if match:
        return f"; did you mean [{match[0]}]?"
    return f"; known: {', '.join(known[:12])}" if known else ""


def _qualified(table: str) -> str:
    return next(f"{known.schema}.{known.name}" for known in model.fed_tables() if known.name == table)


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'time zone [{value}] is not known; use a name such as "America/New_York"') from error
    return value


def _explain(item: Any) -> str:
    where = ".".join(str(part) for part in item["loc"] if not str(part).startswith("function-"))
    if item["type"] == "extra_forbidden":
        return f"unknown key [{where}]{nearest(str(item['loc'][-1]), _siblings(item['loc']))}"
    if item["type"] == "missing":
        return f"key [{where}] is missing"
    message = item["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _siblings(location: tuple[Any, ...]) -> list[str]:
    """The keys allowed where the unknown one stands, by walking the sections."""
    section: Any = Office
    for part in location[:-1]:
        if isinstance(section, type) and issubclass(section, BaseModel) and part in section.model_fields:
            section = _inner(section.model_fields[part].annotation)
    hidden = {"path", "fingerprint"}
    return [name for name in getattr(section, "model_fields", {}) if name not in hidden]


def _inner(annotation: Any) -> Any:
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return annotation
