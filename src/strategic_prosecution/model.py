"""The canonical data model: every table, its columns, and what may leave the building.

From ``TABLES`` come the casts, the checks, the data dictionary, the allow-lists for publishing and the demo
county. Grain and keys are stated once, here. Three conventions save repetition:

- an instant is named ``*_at`` (UTC) and its local calendar day ``*_date``; where a table has both, an extract may
  give either, and the day is derived from the instant;
- a table with ``address``/``longitude``/``latitude`` gets a ``place_id`` (and ``home_place_id`` for ``home_address``),
  by which ``core.places`` says where it is;
- every core table fed by extracts carries ``source_load`` and ``source_row``: the file and line it came from.
"""

from dataclasses import dataclass, field
from typing import Literal

Dtype = Literal["text", "code", "integer", "double", "boolean", "date", "timestamp", "cents", "list", "geometry"]
Edition = Literal["internal", "public"]

SQL_TYPES: dict[Dtype, str] = {
    "text": "varchar",
    "code": "varchar",
    "integer": "bigint",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "cents": "bigint",
    "list": "varchar[]",
    "geometry": "blob",
}

# The two unknowns: the source says it does not know; the source says something we do not know.
UNKNOWN = "unknown"
UNMAPPED = "unmapped"


@dataclass(frozen=True)
class Column:
    """One column. ``known_from`` names the date column from which the value is known: before it, it is null.

    ``is_pii`` columns are never published. ``is_person`` columns are published as pseudonyms, in the internal
    edition only, and only when the office has a pseudonym key. ``is_internal`` columns stay out of the public edition.
    """

    name: str
    dtype: Dtype
    description: str
    required: bool = False
    values: tuple[str, ...] = ()
    unit: str = ""
    is_pii: bool = False
    is_person: bool = False
    is_internal: bool = False
    known_from: str = ""


@dataclass(frozen=True)
class Table:
    """One table. ``dated_by`` is the local date from which a row exists; '' for a row known with its parent.

    ``orders`` are pairs of dates of which the second cannot come before the first.
    """

    schema: Literal["core", "mart", "meta", "desk"]
    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    dated_by: str = ""
    editions: tuple[Edition, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    orders: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def is_fed(self) -> bool:
        """Whether extracts may fill it (it carries the file and line of each row)."""
        return any(column.name == "source_load" for column in self.columns)


OFFENSES = (
    "homicide",
    "nonfatal_shooting",
    "robbery",
    "aggravated_assault",
    "sexual_assault",
    "simple_assault",
    "burglary",
    "theft",
    "motor_vehicle_theft",
    "arson",
    "vandalism",
    "weapons",
    "drugs",
    "fraud",
    "public_order",
    "driving_under_influence",
    "traffic",
    "other",
    UNKNOWN,
    UNMAPPED,
)
VIOLENT_OFFENSES = ("homicide", "nonfatal_shooting", "robbery", "aggravated_assault", "sexual_assault")
RACE_ETHNICITY = (
    "asian",
    "black",
    "hispanic",
    "native_american",
    "pacific_islander",
    "white",
    "other",
    UNKNOWN,
    UNMAPPED,
)
SEX = ("female", "male", "other", UNKNOWN, UNMAPPED)
SEVERITY = ("felony", "misdemeanor", "infraction", UNKNOWN, UNMAPPED)
DISPOSITIONS = (
    "guilty_plea",
    "guilty_trial",
    "not_guilty",
    "dismissed",
    "diverted",
    "superseded",
    "abated",
    "transferred",
    "warrant",
    "other",
    UNKNOWN,
    UNMAPPED,
)
GROUP_STATUS = ("confirmed", "suspected", "no", UNKNOWN, UNMAPPED)
# Whom a notice speaks to, the steps of a person in it, and whose view a list is.
CALL_IN_KINDS = ("call_in", "custom_notification", "intimate_partner", "drug_market", "early_intervention")
CALL_IN_STEPS = ("planned", "approved", "removed", "invited", "attended", "delivered")
LIST_VIEWS = ("review", "probation", "outreach", "providers", "community", "letters", "briefing", "meeting")
# What a link rests on; lists of people take the first two only (rules of practice, section 2).
LINK_BASES = ("identifier", "reviewed", "probabilistic", "alone")
# A membership rests on one of these. Family, address, neighborhood, speech, religion, politics, lawful assembly or
# having been a victim are never a criterion (rules of practice, section 1).
MEMBERSHIP_CRITERIA = (
    "self_admission",
    "co_arrest_group_incident",
    "documented_group_incident",
    "reliable_informant_corroborated",
    "group_communication",
    "court_finding",
)


def _text(name: str, description: str, *, required: bool = False, is_pii: bool = False, known_from: str = "") -> Column:
    return Column(name, "text", description, required=required, is_pii=is_pii, known_from=known_from)


def _code(name: str, description: str, values: tuple[str, ...], *, known_from: str = "") -> Column:
    extra = tuple(value for value in (UNKNOWN, UNMAPPED) if value not in values)
    return Column(name, "code", description, values=values + extra, known_from=known_from)


def _date(name: str, description: str, *, required: bool = False, known_from: str = "") -> Column:
    return Column(name, "date", description, required=required, known_from=known_from)


def _at(name: str, description: str) -> Column:
    return Column(name, "timestamp", f"{description} (UTC)", unit="instant")


def _int(name: str, description: str, unit: str = "", *, known_from: str = "") -> Column:
    return Column(name, "integer", description, unit=unit, known_from=known_from)


def _num(name: str, description: str, unit: str = "") -> Column:
    return Column(name, "double", description, unit=unit)


def _internal_int(name: str, description: str, unit: str = "") -> Column:
    return Column(name, "integer", description, unit=unit, is_internal=True)


def _internal_num(name: str, description: str, unit: str = "") -> Column:
    return Column(name, "double", description, unit=unit, is_internal=True)


def _flag(name: str, description: str) -> Column:
    return Column(name, "boolean", description)


def _cents(name: str, description: str) -> Column:
    return Column(name, "cents", description, unit="US cents")


_OFFENSE = _code("offense_category", "offense in the office's own categories", OFFENSES)
_DEMOGRAPHICS = (
    _code("race_ethnicity", "race and ethnicity as recorded by the source", RACE_ETHNICITY),
    _code("sex", "sex as recorded by the source", SEX),
    _int("age", "age at the event", "years"),
)
_PERSON = (
    _text("source_person_id", "the source's own key of the person", is_pii=True),
    _text("state_id", "state identification number", is_pii=True),
    _text("fbi_id", "FBI number (universal control number)", is_pii=True),
    _text("given_name", "given names", is_pii=True),
    _text("family_name", "family name", is_pii=True),
    Column("birth_date", "date", "date of birth", is_pii=True),
    *_DEMOGRAPHICS,
)
_PLACE = (
    _text("address", "address, block or intersection as written", is_pii=True),
    Column("longitude", "double", "longitude given by the extract, EPSG:4326", unit="degrees", is_pii=True),
    Column("latitude", "double", "latitude given by the extract, EPSG:4326", unit="degrees", is_pii=True),
    _text("place_id", "key of core.places, made of the three columns before", is_pii=True),
)
_HOME = (
    _text("home_address", "where the person lives, as written", is_pii=True),
    _text("home_place_id", "key of core.places for home_address", is_pii=True),
)
_SOURCE = (
    _text("source_load", "load of the first row that made this one"),
    _int("source_row", "line of that row in its file, header = 1"),
)
_AS_OF = _date("as_of", "what the office knew at the end of this local day", required=True)


def _fed(
    name: str,
    grain: str,
    key: str,
    columns: tuple[Column, ...],
    dated_by: str = "",
    *warnings: str,
    orders: tuple[tuple[str, str], ...] = (),
) -> Table:
    key_column = Column(key, "text", f"key: {grain}", required=True)
    return Table("core", name, grain, (key,), (key_column, *columns, *_SOURCE), dated_by, (), warnings, orders)


_FED_TABLES = (
    _fed(
        "incidents",
        "one row per criminal incident reported to or by police",
        "incident_id",
        (
            _at("occurred_at", "start of the event"),
            _at("occurred_until", "end of the event, where known only as an interval"),
            _date("occurred_date", "local day of the event", required=True),
            _at("reported_at", "when it was reported"),
            _date("reported_date", "local day it was reported"),
            _text("offense_code", "the source's own offense code or text"),
            _OFFENSE,
            _code("weapon", "weapon used", ("firearm", "knife", "other", "none")),
            _code("injury", "worst injury to a victim", ("fatal", "serious", "minor", "none")),
            _flag("is_domestic", "domestic incident"),
            _code("reported_by", "who brought it to notice", ("victim", "police", "company", "other")),
            *_PLACE,
            _text("area_id", "area named by the source, in the layer of release.smallest_public_area"),
            _date("cleared_date", "day it was cleared", known_from="cleared_date"),
            _code(
                "clearance_status",
                "how it was cleared",
                ("open", "arrest", "exceptional", "unfounded"),
                known_from="cleared_date",
            ),
            _int("victim_count", "victims", "people"),
        ),
        "reported_date",
        "Reported crime is what people report and police record; its share of all crime differs by offense and area.",
        "Where the source has no report date, the day of the event stands for it.",
        orders=(("occurred_date", "reported_date"), ("occurred_date", "cleared_date")),
    ),
    _fed(
        "incident_people",
        "one row per person and role in an incident",
        "incident_person_id",
        (
            _text("incident_id", "incident", required=True),
            _code("role", "role in the incident", ("victim", "suspect", "witness")),
            *_PERSON,
            _text("group_id", "group the person was recorded with in this incident"),
            _code("group_status", "group-member-involved status", GROUP_STATUS),
        ),
    ),
    _fed(
        "shootings",
        "one row per victim hit by gunfire",
        "shooting_id",
        (
            _text("incident_id", "incident", required=True),
            _at("occurred_at", "time of the shooting"),
            _date("occurred_date", "local day of the shooting", required=True),
            _flag("is_fatal", "the victim died"),
            _code("wound_type", "wound", ("penetrating", "graze", "none")),
            _code("intent", "intent", ("criminal", "self_inflicted", "accident", "self_defense", "officer")),
            _text("motive", "motive recorded at review"),
            *_DEMOGRAPHICS,
            *_PLACE,
            _text("group_victim", "group of the victim, from the incident review", known_from="review_date"),
            _code("group_victim_status", "status of that", GROUP_STATUS, known_from="review_date"),
            _text("group_suspect", "group of the suspect, from the incident review", known_from="review_date"),
            _code("group_suspect_status", "status of that", GROUP_STATUS, known_from="review_date"),
            _date("review_date", "day of the incident review", known_from="review_date"),
            _flag("is_unfounded", "reviewed and found not to be a shooting"),
        ),
        "occurred_date",
        "Victims, not incidents: count distinct incident_id for incidents.",
    ),
    _fed(
        "arrests",
        "one row per arrest of one person",
        "arrest_id",
        (
            _text("incident_id", "incident it followed from"),
            _at("arrest_at", "time of arrest"),
            _date("arrest_date", "local day of arrest", required=True),
            *_PERSON,
            _text("charge_code", "top charge"),
            _OFFENSE,
            _code("severity", "severity of the top charge", SEVERITY),
            _code("arrest_type", "how liberty was taken", ("custodial", "citation", "summons")),
            _flag("is_proactive", "police-initiated, no complainant"),
            _flag("is_domestic", "domestic incident"),
            *_PLACE,
            *_HOME,
            _text("agency", "arresting agency"),
        ),
        "arrest_date",
        "An arrest is an act of police, not proof of an offense.",
    ),
    _fed(
        "stops",
        "one row per stop of a person or vehicle that was no arrest",
        "stop_id",
        (
            _at("stop_at", "time of the stop"),
            _date("stop_date", "local day of the stop", required=True),
            _text("reason", "reason given"),
            _flag("is_search", "somebody or something was searched"),
            *_DEMOGRAPHICS,
            *_PLACE,
        ),
        "stop_date",
    ),
    _fed(
        "referrals",
        "one row per person referred to the office for a charging decision",
        "referral_id",
        (
            _text("case_id", "case it became, if filed"),
            _text("incident_id", "incident"),
            _date("received_date", "day received", required=True),
            *_PERSON,
            _text("agency", "referring agency"),
            _text("top_charge", "top charge referred"),
            _OFFENSE,
            _code("severity", "severity of the top charge referred", SEVERITY),
            _date("screen_date", "day of the screening decision", known_from="screen_date"),
            _code(
                "screen_result",
                "screening decision",
                ("approved", "rejected", "continued", "no_review", "other"),
                known_from="screen_date",
            ),
            _text("decline_reason", "why it was declined", known_from="screen_date"),
        ),
        "received_date",
        "Approval share = approved / (approved + rejected); continued and no review are shown beside it.",
        orders=(("received_date", "screen_date"),),
    ),
    _fed(
        "cases",
        "one row per case, in the office's case unit (office.case_unit)",
        "case_id",
        (
            _text("docket_id", "court case number; several defendants may share it"),
            _text("incident_id", "incident"),
            _date("filed_date", "day charges were filed"),
            _text("first_filed_charge", "top charge at filing"),
            _OFFENSE,
            _code("filed_severity", "severity of the top charge at filing", SEVERITY),
            _date("disposition_date", "first removal from the docket", known_from="disposition_date"),
            _code("disposition", "how the top charge ended", DISPOSITIONS, known_from="disposition_date"),
            _text("disposition_reason", "reason given", known_from="disposition_date"),
            _text("disposition_charge", "top charge at disposition", known_from="disposition_date"),
            _code("disposition_severity", "severity at disposition", SEVERITY, known_from="disposition_date"),
            _flag("is_reopened", "reopened after a first disposition"),
            _text("court", "court"),
            _code("defense_type", "counsel", ("public", "appointed", "private", "self")),
            _text("attorney_id", "assigned attorney; never a breakdown", is_pii=True),
            _text("unit", "unit of the office"),
        ),
        "filed_date",
        "Young filing cohorts are incomplete: open cases are open, not missing.",
        "A case without a filing day is a case, but in no filing cohort.",
        orders=(("filed_date", "disposition_date"),),
    ),
    _fed(
        "defendants",
        "one row per defendant in a case",
        "defendant_id",
        (_text("case_id", "case", required=True), *_PERSON, *_HOME),
    ),
    _fed(
        "charges",
        "one row per charge",
        "charge_id",
        (
            _text("case_id", "case", required=True),
            _int("charge_number", "number within the case"),
            _text("charge_code", "statute or code"),
            _text("charge_title", "title"),
            _OFFENSE,
            _code("severity", "severity", SEVERITY),
            _flag("is_primary", "the top charge"),
            _date("filed_date", "day filed"),
            _date("disposition_date", "day it ended", known_from="disposition_date"),
            _code("disposition", "how it ended", DISPOSITIONS, known_from="disposition_date"),
        ),
        "filed_date",
        orders=(("filed_date", "disposition_date"),),
    ),
    _fed(
        "hearings",
        "one row per hearing",
        "hearing_id",
        (
            _text("case_id", "case", required=True),
            _date("hearing_date", "day", required=True),
            _text("hearing_type", "kind"),
            _flag("is_continued", "continued to another day"),
            _text("continued_by", "who asked"),
            _flag("victim_appeared", "victim appeared"),
            _flag("witness_appeared", "witness appeared"),
            _flag("police_appeared", "police appeared"),
        ),
        "hearing_date",
    ),
    _fed(
        "custody",
        "one row per spell of pretrial release decision and detention",
        "custody_id",
        (
            _text("case_id", "case"),
            *_PERSON,
            *_HOME,
            _date("decision_date", "day of the release decision"),
            _code(
                "decision_type",
                "release decision",
                ("own_recognizance", "supervised_release", "money_bail", "detained"),
            ),
            _cents("bail_cents", "bail set"),
            _date("detained_from", "first day detained"),
            _date("detained_to", "day released (not counted)", known_from="detained_to"),
            _text("release_reason", "why released", known_from="detained_to"),
            _flag("is_other_agency_hold", "held for another agency"),
        ),
        "decision_date",
        "Overlapping bookings of a person are merged before days are counted.",
        orders=(("detained_from", "detained_to"),),
    ),
    _fed(
        "sentences",
        "one row per sentence imposed on a charge or case",
        "sentence_id",
        (
            _text("case_id", "case", required=True),
            _date("sentence_date", "day", required=True),
            _code(
                "sentence_type",
                "kind",
                (
                    "prison",
                    "jail",
                    "probation",
                    "supervision",
                    "conditional_discharge",
                    "time_served",
                    "community_service",
                    "fine",
                    "other",
                ),
            ),
            _int("min_days", "shortest term", "days"),
            _int("max_days", "longest term", "days"),
            _int("credit_days", "credit for time served", "days"),
            _int("probation_days", "supervision", "days"),
            _int("community_service_hours", "community service", "hours"),
            _cents("fine_cents", "fine"),
            _cents("fee_cents", "fees"),
            _flag("is_initial", "original sentence, not a resentence"),
        ),
        "sentence_date",
    ),
    _fed(
        "supervision",
        "one row per spell of probation, parole or pretrial supervision",
        "supervision_id",
        (
            *_PERSON,
            _code("supervision_type", "kind", ("probation", "parole", "pretrial")),
            _date("start_date", "first day", required=True),
            _date("end_date", "last day"),
            _text("officer", "supervising officer", is_pii=True),
            _date("violation_date", "first violation", known_from="violation_date"),
            _text("sanction", "response to it", known_from="sanction_date"),
            _date("sanction_date", "day of the response", known_from="sanction_date"),
        ),
        "start_date",
        orders=(("start_date", "end_date"), ("violation_date", "sanction_date")),
    ),
    _fed(
        "diversion",
        "one row per offer of diversion",
        "diversion_id",
        (
            _text("case_id", "case"),
            *_PERSON,
            _text("program", "program"),
            _date("offered_date", "day offered", required=True),
            _date("accepted_date", "day accepted", known_from="accepted_date"),
            _date("start_date", "first day", known_from="start_date"),
            _date("end_date", "last day", known_from="end_date"),
            _code("exit_status", "how it ended", ("completed", "failed", "withdrawn", "active"), known_from="end_date"),
        ),
        "offered_date",
        orders=(("start_date", "end_date"),),
    ),
    _fed(
        "victims",
        "one row per victim of a case",
        "victim_id",
        (
            _text("case_id", "case"),
            _text("incident_id", "incident"),
            _date("opened_date", "day the office learned of the victim", required=True),
            _date("first_contact_date", "day of first contact", known_from="first_contact_date"),
            _int("contact_count", "contacts"),
            *_DEMOGRAPHICS,
            _flag("declined_participation", "chose not to take part"),
            _flag("was_threatened", "reported a threat"),
        ),
        "opened_date",
    ),
    _fed(
        "notifications",
        "one row per person invited to a call-in or notified otherwise",
        "notification_id",
        (
            *_PERSON,
            _text("group_id", "group addressed"),
            _code("mode", "how", ("call_in", "custom", "letter")),
            _date("notification_date", "day", required=True),
            _flag("was_invited", "invited"),
            _flag("has_attended", "attended"),
            _flag("message_delivered", "message delivered"),
            _flag("support_offered", "help offered"),
        ),
        "notification_date",
        "Read by metrics only: attendance and help never enter a rank, a flag or a charging view.",
    ),
    _fed(
        "enforcement_actions",
        "one row per action taken under a promise made to a group",
        "action_id",
        (
            _text("group_id", "group", required=True),
            _text("trigger_incident_id", "incident that triggered the promise"),
            _code("action_type", "kind", ("promise", "enforcement", "help")),
            _date("promised_date", "day promised"),
            _date("action_date", "day done", known_from="action_date"),
            _text("own_conduct", "the person's own conduct", is_pii=True),
            _text("approving_attorney", "who approved", is_pii=True),
            _text("lesser_step", "lesser step considered", is_pii=True),
        ),
        "promised_date",
    ),
    _fed(
        "outreach",
        "one row per meeting, walk-in, mediation or other contact with residents",
        "outreach_id",
        (
            _date("outreach_date", "day", required=True),
            _code(
                "outreach_type",
                "kind",
                (
                    "community_meeting",
                    "walk_in",
                    "street_outreach",
                    "mediation",
                    "partner_meeting",
                    "response",
                    "other",
                ),
            ),
            _text("area_id", "area named by the source"),
            _int("attendees", "people present", "people"),
            _text("concern", "concern raised"),
            _int("support_offered", "offers of help", "people"),
            _int("support_accepted", "offers taken up", "people"),
            *_PLACE,
        ),
        "outreach_date",
    ),
    _fed(
        "surveys",
        "one row per answer to a survey question",
        "answer_id",
        (
            _text("wave", "survey wave"),
            _date("survey_date", "day", required=True),
            _text("area_id", "area of the respondent"),
            _text("question", "question"),
            _num("answer", "answer on the question's scale"),
            _num("weight", "survey weight"),
        ),
        "survey_date",
    ),
    _fed(
        "strategies",
        "one row per problem-solving strategy of the office",
        "strategy_id",
        (
            _text("title", "title"),
            _code("origin", "who raised the problem", ("residents", "police", "office", "partners")),
            _text("concern", "problem addressed"),
            _text("area_id", "area"),
            _text("group_id", "group"),
            _date("start_date", "first day", required=True),
            _date("end_date", "last day", known_from="end_date"),
            _flag("has_evaluation", "an evaluation was registered before the start"),
        ),
        "start_date",
    ),
    _fed(
        "commitments",
        "one row per commitment made at a meeting",
        "commitment_id",
        (
            _text("strategy_id", "strategy"),
            _date("made_date", "day made", required=True),
            _text("what", "what was promised, in words", is_pii=True),
            _text("owner_role", "role that owns it"),
            _date("due_date", "day due"),
            _date("done_date", "day done", known_from="done_date"),
        ),
        "made_date",
    ),
    _fed(
        "staff",
        "one row per member of staff and position",
        "staff_id",
        (
            _text("role", "role"),
            _text("unit", "unit"),
            _date("start_date", "first day", required=True),
            _date("end_date", "last day", known_from="end_date"),
            _code("race_ethnicity", "race and ethnicity", RACE_ETHNICITY),
            _code("sex", "sex", SEX),
            _flag("has_caseload", "carries cases"),
        ),
        "start_date",
    ),
)

_BUILT_CORE = (
    Table(
        "core",
        "areas",
        "one row per area of a layer named in office.toml",
        ("layer", "area_id"),
        (
            _text("layer", "layer, as named in office.toml", required=True),
            _text("area_id", "area", required=True),
            _text("title", "name people use"),
            _num("area_m2", "area", "square metres"),
            Column("geometry", "geometry", "polygon as WKB in the office's metric CRS"),
        ),
        editions=("internal", "public"),
    ),
    Table(
        "core",
        "incident_cells",
        "one row per mapped category, day and 50 m square with an incident in the last 1,095 days",
        ("category", "occurred_date", "square_east", "square_north"),
        (
            _text("category", "offense categories mapped together", required=True),
            _date("occurred_date", "local day", required=True),
            _int("square_east", "easting of the square's western edge in the office's metric CRS / 50 m"),
            _int("square_north", "northing of its southern edge / 50 m"),
            _int("incidents", "incidents, police-generated ones left out", "incidents"),
        ),
        editions=("internal",),
        warnings=(
            "For exploring other cell sizes and windows. Offense, hour and address are left out on purpose, and still"
            " most rows are one incident on one day within 50 m: not for sharing.",
        ),
    ),
    Table(
        "core",
        "population",
        "one row per area, race/ethnicity and age band",
        ("layer", "area_id", "race_ethnicity", "age_band"),
        (
            _text("layer", "layer", required=True),
            _text("area_id", "area", required=True),
            _code("race_ethnicity", "race and ethnicity; 'all' for everyone", (*RACE_ETHNICITY, "all")),
            _text("age_band", "age band; 'all' for everyone", required=True),
            _int("population", "residents", "people"),
        ),
        editions=("internal", "public"),
    ),
    Table(
        "core",
        "people",
        "one row per person across extracts, as of core's as_of",
        ("person_id",),
        (
            Column("person_id", "text", "person, a function of the person's earliest record", True, is_person=True),
            _int("records", "records joined", "records"),
            _int("spellings", "different ways in which these write name and birth date", "spellings"),
            Column("birth_date", "date", "most frequent date of birth", is_pii=True),
            _code("race_ethnicity", "most frequent recorded; ties to the earliest record", RACE_ETHNICITY),
            _code("sex", "most frequent recorded; ties to the earliest record", SEX),
        ),
        warnings=(
            "All links count here, the probable ones too: a list of people goes by person_records.confirmed_person_id.",
        ),
    ),
    Table(
        "core",
        "person_records",
        "one row per record of a person in an extract table",
        ("record_table", "record_id"),
        (
            _text("record_table", "table of the record", required=True),
            _text("record_id", "its key", required=True),
            Column("person_id", "text", "person, by all links", required=True, is_person=True),
            Column(
                "confirmed_person_id",
                "text",
                "person, by links through identifiers and reviewers only: what a list may go by",
                required=True,
                is_person=True,
            ),
            _code(
                "basis", "what ties it to its person's earliest record; of that one, what ties others to it", LINK_BASES
            ),
            _num("probability", "probability of that tie; 1 for identifiers and reviewers"),
        ),
    ),
    Table(
        "core",
        "person_pairs",
        "one row per pair of confirmed people that a reviewer should look at",
        ("left_person_id", "right_person_id"),
        (
            Column("left_person_id", "text", "confirmed person, the smaller id", required=True, is_person=True),
            Column("right_person_id", "text", "the other confirmed person", required=True, is_person=True),
            _text("left_table", "table of a record of the first, of the two most alike", required=True),
            _text("left_record", "its key", required=True),
            _text("right_table", "table of a record of the second", required=True),
            _text("right_record", "its key", required=True),
            _code(
                "kind",
                "why a person should look",
                ("joined", "possible", "numbers_differ", "same_number", "birth_years", "decisions_differ"),
            ),
            _num("probability", "probability that both are one person, by names, dates and addresses"),
            _flag("is_joined", "both are one person_id as it is"),
            _text("agreement", "what agrees and what does not, in words, without a value"),
            _int("memberships", "memberships that a decision would give other records, or less", "memberships"),
            _int("records", "records that a decision would move", "records"),
            _int("place", "place in the queue: by memberships, what is not joined yet, records, and doubt"),
        ),
    ),
    Table(
        "core",
        "places",
        "one row per distinct address or coordinate pair",
        ("place_id",),
        (
            _text("place_id", "place", required=True, is_pii=True),
            _code("origin", "where the position comes from", ("coordinates", "geocoded", "none")),
            _code(
                "match_type",
                "match type of the geocoder",
                (
                    "coordinates",
                    "point",
                    "point_interpolated",
                    "range",
                    "block",
                    "intersection",
                    "place",
                    "range_out",
                    "street",
                    "tie",
                    "none",
                ),
            ),
            Column("score", "double", "100 less the faults of the match", unit="points"),
            _text("faults", "faults of the match, joined by ;; of none, why"),
            Column("matched_address", "text", "address it was matched to", is_pii=True),
            _text("reference_id", "what of the reference it was matched to", is_pii=True),
            Column("x", "double", "easting in the office's metric CRS", unit="metres", is_pii=True),
            Column("y", "double", "northing in the office's metric CRS", unit="metres", is_pii=True),
            Column("longitude", "double", "longitude, EPSG:4326", unit="degrees", is_pii=True),
            Column("latitude", "double", "latitude, EPSG:4326", unit="degrees", is_pii=True),
            _num("uncertainty_m", "uncertainty", "metres"),
            _int("n_candidates", "places with the best score"),
            _num("spread_m", "how far these lie apart", "metres"),
            _num("gap", "best score less the runner-up's", "points"),
            _flag(
                "is_geocodable", "the string says where it is (not blank, unknown, a box, homeless, out of the area)"
            ),
        ),
    ),
    Table(
        "core",
        "place_areas",
        "one row per place and layer it lies in",
        ("place_id", "layer"),
        (
            _text("place_id", "place", required=True, is_pii=True),
            _text("layer", "layer", required=True),
            _text("area_id", "area it lies in", required=True),
        ),
    ),
    Table(
        "core",
        "group_memberships",
        "one row per membership that counts as of D",
        ("membership_id",),
        (
            _text("membership_id", "membership", required=True, is_pii=True),
            Column("person_id", "text", "person, by identifiers and reviewers alone", required=True, is_person=True),
            _text("linked_person_id", "person by all links, for counts; never leaves", required=True, is_pii=True),
            _text("group_id", "group", required=True),
            _code("criterion", "basis", MEMBERSHIP_CRITERIA),
            _date("known_on", "day it was known"),
            _date("expires_on", "first day it no longer counts"),
        ),
        editions=("internal",),
        warnings=("Intelligence, not evidence: not for charging, bail or sentencing argument.",),
    ),
    Table(
        "core",
        "sealed_records",
        "one row per sealed record: counted, and named nowhere",
        ("record_table", "record_id"),
        (
            _text("record_table", "table of the record", required=True),
            _text("record_id", "key of the record", required=True, is_pii=True),
        ),
    ),
    Table(
        "core",
        "group_feuds",
        "one row per pair of groups in an open feud as of D",
        ("group_id", "other_group_id"),
        (
            _text("group_id", "group", required=True),
            _text("other_group_id", "other group", required=True),
            _date("known_on", "day it was known"),
        ),
        editions=("internal",),
    ),
    Table(
        "core",
        "lead_members",
        "one row per person of a cluster that nobody adopted: for matching inside the office's own stages only",
        ("person_id",),
        (
            _text("person_id", "person, by all links", required=True),
            _int("lead_number", "number of the lead, as of D"),
        ),
    ),
)
_WEIGHED_MEMBERSHIP = (
    _text("membership_id", "key: group, person and fact, as the audit numbers it", required=True),
    _text("group_id", "group", required=True),
    *_PERSON,
    _text("criterion", "basis, from the declared list"),
    _text("source", "where the fact comes from"),
    _text("author", "who recorded it", is_pii=True),
    _text("approver", "who approved it", is_pii=True),
    _date("evidence_date", "day of the qualifying fact"),
    _date("last_fact_date", "day of the last qualifying fact"),
    _date("reviewed_on", "day the group was last reviewed"),
    _date("notice_date", "day the person was given notice"),
    _date("contested_on", "day the person contested it"),
    _date("contest_decided_on", "day the contest was decided"),
    _code("contest_outcome", "outcome", ("upheld", "removed")),
    _date("expires_on", "stated end, if earlier than the default"),
    _date("known_on", "day the office knew it; empty: with the first file that says it"),
)
_EVENT = (
    _text("event_id", "digest of the event's content: the same event is recorded once", required=True),
    _at("recorded_at", "when it was recorded"),
    _text("recorded_by", "operating-system login of who recorded it", is_pii=True),
    _text("why", "reason given"),
)
_KNOWN = _date("known_on", "local day the office knew it", required=True)
_DESK_TABLES = (
    Table(
        "desk",
        "memberships",
        "one row per recorded event on a membership; the newest event of a membership counts",
        ("event_id",),
        (*_EVENT, *_WEIGHED_MEMBERSHIP, *_SOURCE),
        "known_on",
    ),
    Table(
        "desk",
        "feuds",
        "one row per recorded event on a feud between two groups; the newest counts",
        ("event_id",),
        (
            *_EVENT,
            _text("feud_id", "key of the feud", required=True),
            _text("group_id", "group", required=True),
            _text("other_group_id", "other group", required=True),
            _text("source", "where it comes from"),
            _date("ended_on", "day it ended"),
            _date("known_on", "day the office knew it; empty: with the first file that says it"),
            *_SOURCE,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "orders",
        "one row per recorded event on an order; the newest counts",
        ("event_id",),
        (
            *_EVENT,
            _text("order_id", "key of the order: random, says nothing", required=True),
            _code("kind", "what it asks for", ("expunge", "seal", "hold", "purge")),
            _code("status", "what became of it", ("queued", "begun", "done", "in_force", "lifted")),
            _text("reference", "the court's or counsel's own number of the order", is_pii=True),
            _text("counts", "JSON: place -> rows, of what it reached"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "order_records",
        "one row per record that an order is about",
        ("order_id", "table_name", "fingerprint"),
        (
            _text("order_id", "order", required=True),
            _text("table_name", "table of the record", required=True),
            _text("fingerprint", "HMAC-SHA256 of table and key under the office's fingerprint key", required=True),
            _text("record_id", "key of the record; null when the order is to forget it", is_pii=True),
        ),
    ),
    Table(
        "desk",
        "disclosures",
        "one row per disclosure of what is held on a person or a case",
        ("event_id",),
        (
            *_EVENT,
            _text("disclosure_id", "key of the disclosure: random, says nothing", required=True),
            _text("fingerprint", "fingerprint of the first record it is about", required=True),
            _text("recipient", "attorney it was made for", is_pii=True),
            _text("purpose", "what for", is_pii=True),
            _flag("with_sealed", "sealed records were shown"),
            _int("records", "records shown", "records"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "backups",
        "one row per backup made",
        ("event_id",),
        (
            *_EVENT,
            _text("backup_id", "key of the backup", required=True),
            _text("folder", "where it was written", required=True),
            _flag("with_records", "it holds a copy of the records"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "link_decisions",
        "one row per recorded decision on whether two records are of one person; the newest of a pair counts",
        ("event_id",),
        (
            *_EVENT,
            _text("pair_id", "key of the pair: digest of both records, whichever is named first", required=True),
            _text("left_table", "table of the first record", required=True),
            _text("left_record", "its key", required=True, is_pii=True),
            _text("right_table", "table of the second record", required=True),
            _text("right_record", "its key", required=True, is_pii=True),
            Column("verdict", "code", "what was decided", values=("same", "different", "open")),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "pseudonym_keys",
        "one row per key of the pseudonyms put in force",
        ("event_id",),
        (
            *_EVENT,
            _text("rotation_id", "key of the change: random, says nothing", required=True),
            _text("key_mark", "mark by which the key is known again; it does not give the key", required=True),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "membership_actions",
        "one row per contest, decision on a contest, or notice of a membership",
        ("event_id",),
        (
            *_EVENT,
            _text("action_id", "key of the action: random, says nothing", required=True),
            _text("membership_id", "membership", required=True),
            Column("action", "code", "what was done", values=("contest", "uphold", "remove", "notice")),
            _date("action_date", "local day it was done", required=True),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "membership_audits",
        "one row per finding of a sample audit of the roster; the newest of a sample and membership counts",
        ("event_id",),
        (
            *_EVENT,
            _text("finding_id", "key: sample and membership", required=True),
            _text("sample_id", "key of the sample: random, says nothing", required=True),
            _text("membership_id", "membership", required=True),
            Column("finding", "code", "finding", values=("supported", "not_supported", "undecided")),
            _int("seed", "seed of the draw"),
            _int("sample_size", "memberships drawn", "memberships"),
            _int("drawn_from", "memberships that counted on the day of the draw", "memberships"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "incident_reviews",
        "one row per finding of a shooting review on one side of an incident; the newest of a side counts",
        ("event_id",),
        (
            *_EVENT,
            _text("review_id", "key: incident and side", required=True),
            _text("incident_id", "incident", required=True),
            Column("side", "code", "side", values=("suspect", "victim")),
            _text("group_id", "group of that side"),
            _code("status", "whether a member of the group was involved", GROUP_STATUS),
            _text("motive", "motive as the review sees it", is_pii=True),
            _text("linked_incident_id", "another incident that the review links it with"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "strategy_entries",
        "one row per recorded event on a problem-solving strategy; the newest counts",
        ("event_id",),
        (
            *_EVENT,
            _text("strategy_id", "key of the strategy", required=True),
            _text("title", "title"),
            _code("origin", "who raised the problem", ("residents", "police", "office", "partners")),
            _text("concern", "problem addressed"),
            _text("area_id", "area"),
            _text("group_id", "group"),
            _date("start_date", "first day", required=True),
            _date("end_date", "last day"),
            _flag("has_evaluation", "an evaluation was registered before the start"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "commitment_entries",
        "one row per recorded event on a commitment made at a meeting; the newest counts",
        ("event_id",),
        (
            *_EVENT,
            _text("commitment_id", "key of the commitment", required=True),
            _text("strategy_id", "strategy"),
            _date("made_date", "day made", required=True),
            _text("what", "what was promised, in words", is_pii=True),
            _text("owner_role", "role that owns it"),
            _date("due_date", "day due"),
            _date("done_date", "day done"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "call_ins",
        "one row per recorded event on a call-in or another notice; the newest counts",
        ("event_id",),
        (
            *_EVENT,
            _text("call_in_id", "key: random, says nothing", required=True),
            Column("kind", "code", "whom it speaks to", values=CALL_IN_KINDS),
            Column("status", "code", "where it stands", values=("planned", "reviewed", "held", "cancelled")),
            _date("held_on", "local day it is to be, or was, held"),
            _text("mandated_by", "authority that can require attendance"),
            _int("seats", "seats asked for; null: as many as reach everybody", "people"),
            _text("plan", "JSON: what the plan counted (reach, unreachable, sessions, solver)"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "call_in_people",
        "one row per step of one person in a call-in: who was planned, approved or removed, invited, told",
        ("event_id",),
        (
            *_EVENT,
            _text("step_id", "key: random, says nothing", required=True),
            _text("call_in_id", "call-in", required=True),
            _text("record_table", "table of the record by which the person is there", required=True),
            _text("record_id", "its key", required=True, is_pii=True),
            _text("group_id", "group the person stands for"),
            _int("session", "session, from 1"),
            Column("step", "code", "what happened", values=CALL_IN_STEPS),
            _date("step_date", "local day it happened", required=True),
            _KNOWN,
        ),
        "known_on",
        warnings=("Who did not attend, or declined help, is not written down.",),
    ),
    Table(
        "desk",
        "call_in_help",
        "one row per count of help offered and taken at a call-in, as the providers report it",
        ("event_id",),
        (
            *_EVENT,
            _text("help_id", "key: random, says nothing", required=True),
            _text("call_in_id", "call-in", required=True),
            _int("offered", "people offered help", "people"),
            _int("taken", "people who took it", "people"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "promises",
        "one row per recorded event on a promise made at a call-in; the newest counts",
        ("event_id",),
        (
            *_EVENT,
            _text("promise_id", "key of the promise", required=True),
            _text("call_in_id", "call-in at which it was made"),
            _text("group_id", "group it was made to"),
            Column("kind", "code", "what was promised", values=("enforcement", "help")),
            _text("what", "the promise, in words", is_pii=True),
            _text("owner_role", "role that owns it"),
            _date("made_on", "local day it was made", required=True),
            _date("due_on", "local day it is due"),
            _date("kept_on", "local day it was kept"),
            _text("trigger_incident_id", "incident that called for it"),
            _text("record_table", "table of the record of the person acted on"),
            _text("record_id", "its key", is_pii=True),
            _text("own_conduct", "that person's own conduct", is_pii=True),
            _text("approving_attorney", "attorney who approved", is_pii=True),
            _text("lesser_step", "lesser step considered", is_pii=True),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "call_in_checks",
        "one row per check of a person before a call-in; the newest of a record counts",
        ("event_id",),
        (
            *_EVENT,
            _text("check_id", "key: table and key of the record", required=True),
            _text("record_table", "table of the record by which the person may be there", required=True),
            _text("record_id", "its key", required=True, is_pii=True),
            _date("deconflicted_on", "local day that no investigation was found to be disturbed"),
            _code("open_warrant", "an open warrant was found", ("yes", "no")),
            _text("warrant_cleared_by", "supervising attorney who cleared an open warrant", is_pii=True),
            _code("in_custody", "the person is held", ("yes", "no")),
            _code("counsel", "the person has counsel", ("yes", "no")),
            _date("counsel_consent_on", "local day that counsel consented"),
            _text("mandated_by", "authority that can require this person to attend"),
            _date("advocate_cleared_on", "local day that the victim-advocate partner cleared it"),
            _code("primary_aggressor", "in a dual arrest: the primary aggressor", ("yes", "no")),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "list_exports",
        "one row per list or packet that names people and left the office's data",
        ("event_id",),
        (
            *_EVENT,
            _text("export_id", "key: random, says nothing", required=True),
            _text("call_in_id", "call-in it belongs to"),
            Column("view", "code", "whose view it is", values=LIST_VIEWS),
            _text("recipient", "for whom", is_pii=True),
            _text("agreement", "agreement under which it was given", is_pii=True),
            _int("people", "people named", "people"),
            _text("files", "JSON: file name -> SHA-256"),
            _date("expires_on", "local day after which it is to be destroyed"),
            _KNOWN,
        ),
        "known_on",
    ),
    Table(
        "desk",
        "removals",
        "one row per order and table of the desk: the events it removed, kept as a count",
        ("order_id", "table_name"),
        (
            _text("order_id", "order", required=True),
            _text("table_name", "table", required=True),
            _int("rows", "rows removed", "rows"),
        ),
    ),
    Table(
        "desk",
        "state",
        "one row",
        ("name",),
        (_text("name", "name", required=True), _text("value", "value")),
    ),
)
# The natural key of each table of events: the newest event of a key counts.
DESK_KEYS = {
    "memberships": "membership_id",
    "feuds": "feud_id",
    "orders": "order_id",
    "disclosures": "disclosure_id",
    "backups": "backup_id",
    "link_decisions": "pair_id",
    "pseudonym_keys": "rotation_id",
    "membership_actions": "action_id",
    "membership_audits": "finding_id",
    "incident_reviews": "review_id",
    "strategy_entries": "strategy_id",
    "commitment_entries": "commitment_id",
    "call_ins": "call_in_id",
    "call_in_people": "step_id",
    "call_in_help": "help_id",
    "promises": "promise_id",
    "call_in_checks": "check_id",
    "list_exports": "export_id",
}
# The records that an event of a table is about: SQL for the table and the key of each. What is forgotten takes these
# events with it.
DESK_RECORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "memberships": (("'memberships'", "membership_id"),),
    "feuds": (("'feuds'", "feud_id"),),
    "link_decisions": (("left_table", "left_record"), ("right_table", "right_record")),
    "membership_actions": (("'memberships'", "membership_id"),),
    "membership_audits": (("'memberships'", "membership_id"),),
    "incident_reviews": (("'incidents'", "incident_id"),),
    "strategy_entries": (("'strategies'", "strategy_id"),),
    "commitment_entries": (("'commitments'", "commitment_id"),),
    "call_in_people": (("record_table", "record_id"),),
    "promises": (("record_table", "record_id"),),
    "call_in_checks": (("record_table", "record_id"),),
}

_BOTH: tuple[Edition, ...] = ("internal", "public")
_INTERNAL: tuple[Edition, ...] = ("internal",)

_MART_TABLES = (
    Table(
        "mart",
        "hot_spots",
        "one row per hot spot, category and window",
        ("as_of", "category", "window_days", "hot_spot_id"),
        (
            _AS_OF,
            _text("hot_spot_id", "hot spot, kept from month to month", required=True),
            _text("category", "offense categories mapped together", required=True),
            _int("window_days", "window that ends on as_of", "days"),
            _int("rank", "rank by incidents, then stability; null for a former hot spot"),
            _int("incidents", "incidents in the window, police-generated ones left out", "incidents"),
            _internal_int("incidents_previous", "incidents in the window before, same cells", "incidents"),
            _internal_num(
                "same_days_mean", "mean of the same calendar days of the last years, same cells", "incidents"
            ),
            _internal_int("same_days_years", "years that mean is over: at most three, fewer where data began later"),
            _internal_int("police_incidents", "police-generated incidents of the category inside it, left out above"),
            _internal_num("stability", "share of twelve equal parts of the window with an incident"),
            _internal_num("crime_harm", "sum of the office's crime-harm weights; null without a table of weights"),
            _internal_int("crime_harm_rank", "rank by crime harm among the same hot spots; null without weights"),
            _internal_num("z", "largest Gi* of its cells"),
            _internal_num("p_value", "smallest two-sided p of its cells; descriptive on sparse counts"),
            _internal_num("q_value", "smallest false-discovery q of its cells; descriptive"),
            _internal_num(
                "p_permuted",
                "smallest p of its cells by conditional permutation: is what surrounds a cell higher than chance; its"
                " own count says nothing; null unless counts are few",
            ),
            _num("area_m2", "area", "square metres"),
            _code(
                "persistence",
                "class over other windows; null where they do not say: data too short, broken, or no sure change",
                ("persistent", "emerging", "intermittent", "new", "former"),
            ),
            _internal_int(
                "outreach_events", "outreach events inside it in the window; null without an extract", "events"
            ),
            _internal_int("arrests", "arrests inside it in the window; null without an extract", "arrests"),
            _text("area_id", "area of the smallest public layer that holds most of its incidents"),
            Column(
                "nearest_crossing",
                "text",
                "crossing nearest to it, within 500 m; null without a street layer",
                is_internal=True,
            ),
            Column("geometry", "geometry", "polygon as WKB, EPSG:4326"),
        ),
        editions=_BOTH,
        warnings=(
            "Chosen for being high: expect it to fall by itself. Never its own baseline.",
            "p and q are descriptive: rank is by count and stability.",
        ),
    ),
    Table(
        "mart",
        "hot_spot_variants",
        "one row per hot spot found another way: police-generated incidents counted too, or weighted by crime harm",
        ("as_of", "variant", "category", "window_days", "rank"),
        (
            _AS_OF,
            _code("variant", "what was done otherwise", ("with_police", "crime_harm")),
            _text("category", "offense categories mapped together", required=True),
            _int("window_days", "window that ends on as_of", "days"),
            _int("rank", "rank among the hot spots found this way"),
            _text("hot_spot_id", "the hot spot of the default map that shares most of its cells; null for none"),
            _int("default_rank", "rank of that hot spot on the default map"),
            _text("sides_id", "its hot_spot_id in hot_spot_sides, where police-generated incidents alone make it one"),
            _int("incidents", "incidents in the window, police-generated ones left out", "incidents"),
            _int("police_incidents", "police-generated incidents in the window", "incidents"),
            _num("crime_harm", "sum of the office's crime-harm weights; null without weights"),
            _num("area_m2", "area", "square metres"),
            Column("geometry", "geometry", "polygon as WKB, EPSG:4326"),
        ),
        editions=_INTERNAL,
        warnings=("Maps that count police-generated incidents show where police looked.",),
    ),
    Table(
        "mart",
        "hot_spot_cells",
        "one row per grid cell with an incident, category and window",
        ("as_of", "category", "window_days", "cell_row", "cell_column"),
        (
            _AS_OF,
            _text("category", "offense categories mapped together", required=True),
            _int("window_days", "window that ends on as_of", "days"),
            _int("cell_row", "row of the grid"),
            _int("cell_column", "column of the grid"),
            _num("x", "centre, easting in the office's metric CRS", "metres"),
            _num("y", "centre, northing", "metres"),
            _int("incidents", "incidents", "incidents"),
            _num("density", "kernel density (quartic) at the centre", "incidents per square kilometre"),
            _num("z", "Gi*"),
            _num("p_value", "two-sided p"),
            _num("q_value", "false-discovery q"),
            _num(
                "p_permuted", "two-sided p by conditional permutation, of what surrounds it; null unless counts are few"
            ),
            _text("hot_spot_id", "hot spot it belongs to"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "hot_spot_sides",
        "one row per hot spot and measure: violence, enforcement, the office's own cases, contact",
        ("as_of", "category", "window_days", "hot_spot_id", "side", "measure", "detail"),
        (
            _AS_OF,
            _text("category", "offense categories mapped together", required=True),
            _int("window_days", "window that ends on as_of", "days"),
            _text("hot_spot_id", "hot spot, or sides_id of hot_spot_variants", required=True),
            _code("side", "which side of the place", ("violence", "enforcement", "cases", "contact")),
            _text("measure", "what is counted", required=True),
            _text("detail", "reason or kind; '' for the whole", required=True),
            _num("value", "the measure in the window; null without an extract that fills it"),
            _text("unit", "unit of value", required=True),
            _num("everywhere", "the same in the whole county or city, places known or not"),
            _num("unplaced", "of that, without a known place: in no hot spot whatever happened there"),
            _num("ratio", "value per reported incident of any kind here / the same elsewhere, where known"),
            _num("lower", "lower end of its 95 % interval"),
            _num("upper", "upper end of its 95 % interval"),
            _code("reading", "where the interval leaves 1 out", ("more", "less", "like")),
        ),
        editions=_INTERNAL,
        warnings=(
            "Descriptive: what happens at a place follows from many things; more arrests per incident is a question to"
            " ask, not an answer.",
        ),
    ),
    Table(
        "mart",
        "hot_units",
        "one row per street segment, crossing or area with an incident, category and window",
        ("as_of", "unit", "category", "window_days", "unit_id"),
        (
            _AS_OF,
            _text("unit", "'segment' for segments and crossings, or the layer of areas", required=True),
            _text("category", "offense categories mapped together", required=True),
            _int("window_days", "window that ends on as_of", "days"),
            _text("unit_id", "segment, crossing (its node) or area", required=True),
            _text("title", "street and block, streets of a crossing, or title of the area"),
            _int("rank", "rank by incidents, then the previous window"),
            _int("incidents", "incidents in the window", "incidents"),
            _int("incidents_previous", "incidents in the window before", "incidents"),
            _num("length_m", "length of the segment; null for crossings and areas", "metres"),
            _num("area_m2", "area; null for segments and crossings", "square metres"),
            _num("z", "Gi* among the units that touch"),
            _num("p_value", "two-sided p; descriptive on sparse counts"),
            _num("q_value", "false-discovery q; descriptive"),
            _flag("is_hot", "as many incidents as a hot spot needs, z above 0 and q at most the office's"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "hot_spot_accuracy",
        "one row per category, window, method and amount of area: what was chosen then, tried on the days since",
        ("as_of", "category", "window_days", "method", "area_rule"),
        (
            _AS_OF,
            _text("category", "offense categories mapped together", required=True),
            _int("window_days", "window the choice was made on", "days"),
            _code(
                "method",
                "how the places were chosen: the hot spots, the forecast, or a baseline",
                ("hot_spots", "forecast", "last_year", "three_years", "density", "uniform"),
            ),
            _code(
                "area_rule",
                "how much area: as much as the hot spots, or the least and most of NIJ's forecasting challenge",
                ("hot_spots", "nij_smallest", "nij_largest"),
            ),
            _date("chosen_on", "last day the choice could know"),
            _int("trial_days", "days after it on which the choice was tried, up to the last complete day", "days"),
            _int("hot_spots", "hot spots chosen; null for other methods"),
            _int("cells", "cells chosen"),
            _int("incidents", "incidents of the trial", "incidents"),
            _num("incidents_inside", "of these in the chosen cells; expected over ties for the baselines", "incidents"),
            _num("area_share", "share of the area that was chosen"),
            _num("hit_rate", "share of incidents inside"),
            _num("hit_rate_lower", "lower end of its 95 % bootstrap interval"),
            _num("hit_rate_upper", "upper end"),
            _num("pai", "predictive accuracy index: hit rate / area share"),
            _num("pai_lower", "lower end of its 95 % bootstrap interval"),
            _num("pai_upper", "upper end"),
            _num("pei", "prediction efficiency index: pai / best attainable for that area"),
            _num("recapture_rate_index", "incidents expected inside / incidents inside"),
        ),
        editions=_BOTH,
    ),
    Table(
        "mart",
        "forecasts",
        "one row per category: which forecast is published, and why",
        ("as_of", "category"),
        (
            _AS_OF,
            _text("category", "offense categories mapped together", required=True),
            _int("trial_days", "days ahead", "days"),
            _code(
                "published",
                "the method published",
                ("forecast", "last_year", "three_years", "density", "uniform", "none"),
            ),
            _text("reason", "why"),
            _int("outcome_events", "victim-reported incidents the model learned from", "incidents"),
            _int("trials", "earlier months the methods were tried on"),
            _num("hit_rate_forecast", "share of incidents the model caught over the trials, on NIJ's largest area"),
            _num("hit_rate_baseline", "the same for the best baseline"),
            _text("baseline", "which baseline that is"),
            _num("difference_lower", "lower end of the 95 % interval of the difference, bootstrap over trials"),
            _num("difference_upper", "upper end"),
        ),
        editions=_INTERNAL,
        warnings=("Off by default. Places only, from victim-reported incidents only; never a person.",),
    ),
    Table(
        "mart",
        "forecast_cells",
        "one row per cell among the highest of the published forecast",
        ("as_of", "category", "cell_row", "cell_column"),
        (
            _AS_OF,
            _text("category", "offense categories mapped together", required=True),
            _int("cell_row", "row of the grid"),
            _int("cell_column", "column of the grid"),
            _num("x", "centre, easting in the office's metric CRS", "metres"),
            _num("y", "centre, northing", "metres"),
            _int("rank", "rank by expected incidents"),
            _num("expected", "expected incidents in the days ahead", "incidents"),
            _int("incidents_last_year", "incidents in the cell in the 365 days before", "incidents"),
        ),
        editions=_INTERNAL,
        warnings=("Off by default. Places only, from victim-reported incidents only; never a person.",),
    ),
    Table(
        "mart",
        "near_repeat",
        "one row per distance and time band",
        ("as_of", "category", "distance_to", "time_to"),
        (
            _AS_OF,
            _text("category", "offense categories", required=True),
            _num("distance_from", "open lower bound; closed at 0 in the first band", "metres"),
            _num("distance_to", "closed upper bound", "metres"),
            _int("time_from", "open lower bound; closed at 0 in the first band", "days"),
            _int("time_to", "closed upper bound", "days"),
            _int("observed", "pairs", "pairs"),
            _num("expected", "pairs under permuted dates", "pairs"),
            _num("knox_ratio", "observed / expected"),
            _num("p_value", "one-sided (more than by chance), by permutation"),
        ),
        editions=_BOTH,
    ),
    Table(
        "mart",
        "near_repeat_chains",
        "one row per chain of three or more incidents that follow each other closely in place and time",
        ("as_of", "category", "chain"),
        (
            _AS_OF,
            _text("category", "offense categories mapped together", required=True),
            _int("chain", "number, newest last day first"),
            _int("incidents", "incidents in the chain", "incidents"),
            _date("first_date", "day of the first"),
            _date("last_date", "day of the last"),
            _num("x", "easting in the office's metric CRS: centre of the 50 m square its middle lies in", "metres"),
            _num("y", "northing of that centre", "metres"),
            _num("radius_m", "largest distance of an incident from its middle, 50 at least", "metres"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "space_time_clusters",
        "one row per cluster of the space-time permutation scan",
        ("as_of", "category", "mode", "rank"),
        (
            _AS_OF,
            _text("category", "offense categories mapped together", required=True),
            _code("mode", "still going on as_of, or at any time in the last year", ("prospective", "retrospective")),
            _int("rank", "rank by log likelihood ratio"),
            _num("x", "centre, easting in the office's metric CRS", "metres"),
            _num("y", "centre, northing", "metres"),
            _num("radius_m", "radius", "metres"),
            _date("first_date", "first day"),
            _date("last_date", "last day"),
            _int("observed", "incidents inside", "incidents"),
            _num("expected", "incidents expected if place and time went their own ways", "incidents"),
            _num("log_likelihood_ratio", "Poisson log likelihood ratio"),
            _num("p_value", "by permutation, for the largest cluster anywhere"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "hot_times",
        "one row per hour and weekday, category and window",
        ("as_of", "category", "window_days", "weekday", "hour"),
        (
            _AS_OF,
            _text("category", "offense categories mapped together", required=True),
            _int("window_days", "window that ends on as_of", "days"),
            _int("weekday", "1 = Monday ... 7 = Sunday"),
            _int("hour", "hour of the local day, 0-23"),
            _num("incidents", "incidents; one known only as an interval counts in parts", "incidents"),
            _num("from_intervals", "of these from incidents known only as an interval", "incidents"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "group_scorecard",
        "one row per group and window",
        ("as_of", "group_id", "window_days"),
        (
            _AS_OF,
            _text("group_id", "group", required=True),
            _int("window_days", "window that ends on as_of", "days"),
            _int("shootings_suspect", "shootings with a member as suspect, confirmed or suspected", "incidents"),
            _int("shootings_suspect_confirmed", "of these confirmed", "incidents"),
            _int("shootings_victim", "shootings with a member as victim, confirmed or suspected", "incidents"),
            _int("shootings_victim_confirmed", "of these confirmed", "incidents"),
            _int("homicides_suspect", "fatal shootings with a member as suspect", "incidents"),
            _int("homicides_victim", "fatal shootings with a member as victim", "incidents"),
            _int("shootings_suspect_previous", "as suspect in the window before", "incidents"),
            _int("shootings_victim_previous", "as victim in the window before", "incidents"),
            _date("last_event_date", "last shooting on either side"),
            _int("open_feuds", "open feuds"),
            _int("members", "members that count", "people"),
            _int("supervised_members", "of these on probation or parole", "people"),
            _int("members_in_custody", "of these in pretrial custody", "people"),
        ),
        editions=_INTERNAL,
        warnings=("Counts do not add up over groups: one shooting may involve several.",),
    ),
    Table(
        "mart",
        "group_priorities",
        "one row per group: two ranks, never one",
        ("as_of", "group_id"),
        (
            _AS_OF,
            _text("group_id", "group", required=True),
            _int("rank_violence_by", "rank by shootings as suspect: the only input to a promise of enforcement"),
            _int("rank_violence_against", "rank by shootings as victim: raises outreach and protection"),
            _int("rank_by_low", "best rank within the uncertainty of the counts"),
            _int("rank_by_high", "worst rank within it"),
            _int("rank_against_low", "the same for the other rank: best"),
            _int("rank_against_high", "worst"),
            _int("rank_without_proactive", "rank_violence_by without memberships that rest on proactive arrests"),
            _flag("in_a_feud", "ranked on both sides"),
            _int("members", "members that count", "people"),
            _int("supervised_members", "of these on probation or parole", "people"),
            _int("shootings_suspect", "shootings as suspect in the violent window", "incidents"),
            _int("shootings_victim", "shootings as victim in the violent window", "incidents"),
            _date("last_event_date", "last shooting on either side"),
            Column("reasons", "list", "facts a person can check"),
            _num("confirmed_member_share", "share of shootings as suspect that are confirmed"),
        ),
        editions=_INTERNAL,
        warnings=("A rank orders the conversations, not the prosecutions. Not evidence.",),
    ),
    Table(
        "mart",
        "leads",
        "one row per cluster found in co-arrest data",
        ("as_of", "lead_number"),
        (
            _AS_OF,
            _int("lead_number", "number, by size"),
            _int("people", "people", "people"),
            _int("ties", "ties"),
            _num("stability", "how far other seeds draw the same border: mean Jaccard overlap of pairs"),
            _num("resolution", "resolution of the clustering"),
            _int("seed", "first seed"),
            _code("reconciled", "against the roster", ("matched", "only_in_data")),
        ),
        editions=_INTERNAL,
        warnings=("A lead is a number until a person adopts it with a basis for each member.",),
    ),
    Table(
        "mart",
        "group_ties",
        "one row per pair of groups with a tie, a feud, or a shooting between them",
        ("as_of", "group_id", "other_group_id"),
        (
            _AS_OF,
            _text("group_id", "group, the first in order", required=True),
            _text("other_group_id", "other group", required=True),
            _int("tied_pairs", "pairs of members, one of each group, on the same side of an event", "pairs"),
            _int("shared_members", "people in both", "people"),
            _int("shootings", "shootings between them in the violent window, either way", "incidents"),
            _flag("open_feud", "an open feud"),
        ),
        editions=_INTERNAL,
        warnings=("By group, never by person.",),
    ),
    Table(
        "mart",
        "roster_counts",
        "one row per reason for which memberships count or do not",
        ("as_of", "reason"),
        (
            _AS_OF,
            _text("reason", "active, expiring (within 30 days, also active), or why it does not count", required=True),
            _int("memberships", "memberships", "memberships"),
            _int("people", "people", "people"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "roster_audits",
        "one row per sample audit of the roster",
        ("as_of", "sample_id"),
        (
            _AS_OF,
            _text("sample_id", "key of the sample", required=True),
            _int("seed", "seed of the draw"),
            _int("sample_size", "memberships drawn", "memberships"),
            _int("drawn_from", "memberships that counted on the day of the draw", "memberships"),
            _int("supported", "found supported", "memberships"),
            _int("not_supported", "found not supported", "memberships"),
            _int("undecided", "drawn and not decided", "memberships"),
            _num("error_rate", "not supported among those decided"),
            _num("lower", "lower limit, 95 %, hypergeometric"),
            _num("upper", "upper limit"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "roster_matches",
        "one row per lead and group that share people, per lead that shares none, and per group that shares none",
        ("as_of", "match_number"),
        (
            _AS_OF,
            _int("match_number", "number, in order of lead and group"),
            _code("status", "how they match", ("matched", "only_in_data", "only_in_roster")),
            _int("lead_number", "lead; null where none shares people with the group"),
            _text("group_id", "group; null where none shares people with the lead"),
            _int("people_in_both", "people in both", "people"),
            _int("people_in_lead", "people in the lead", "people"),
            _int("people_in_group", "people in the group", "people"),
        ),
        editions=_INTERNAL,
        warnings=("Nothing is merged: a lead becomes a group only when a person adopts it.",),
    ),
    Table(
        "mart",
        "group_forecasts",
        "one row per group: shootings as suspect expected in the coming days; off by default",
        ("as_of", "group_id"),
        (
            _AS_OF,
            _text("group_id", "group", required=True),
            _int("horizon_days", "days ahead", "days"),
            _num("expected", "expected shootings as suspect", "incidents"),
            _num("lower", "lower limit, 80 %"),
            _num("upper", "upper limit"),
            _int("last_year", "shootings as suspect in the same days of the last year", "incidents"),
        ),
        editions=_INTERNAL,
        warnings=("Always read beside last year's count. It is about groups; no person has a forecast.",),
    ),
    Table(
        "mart",
        "group_forecast_trials",
        "one row per rule tried on past days: the forecast, and last year's count",
        ("as_of", "rule"),
        (
            _AS_OF,
            _code("rule", "rule", ("forecast", "last_year")),
            _int("trials", "past days tried"),
            _int("events", "shootings to foretell, over all trials", "incidents"),
            _num("mean_absolute_error", "mean absolute error per group", "incidents"),
            _num("share_in_first_three", "share of shootings by the three groups first under the rule"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "strategy_counts",
        "one row per strategy and tier of its declared rule",
        ("as_of", "strategy", "tier"),
        (
            _AS_OF,
            _code("strategy", "strategy", ("intimate_partner", "drug_market", "early_intervention")),
            _text("tier", "tier or side of the rule", required=True),
            _int("people", "people the rule finds, by identifiers and reviewers alone", "people"),
            _int("not_decided", "people the rule cannot place: what it needs is missing", "people"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "response_times",
        "one row per kind of supervision: how swiftly and how certainly a violation was answered",
        ("as_of", "supervision_type"),
        (
            _AS_OF,
            _text("supervision_type", "kind of supervision", required=True),
            _int("window_days", "violations of these days that end with as_of", "days"),
            _int("violations", "violations", "violations"),
            _int("answered", "answered so far", "violations"),
            _num("median_days", "median days to the answer, Kaplan-Meier", "days"),
            _num("within_7_days", "share answered within 7 days, Kaplan-Meier"),
            _int("custody_days", "days of pretrial custody that began within 30 days after the answer", "days"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "priority_custody",
        "one row per day of the past at which people stood in a first-ranked group: custody since, beside others",
        ("as_of", "ranked_on"),
        (
            _AS_OF,
            _date("ranked_on", "day on which the groups were ranked, as known then", required=True),
            _int("people", "members of the first-ranked groups on that day", "people"),
            _int("matched", "of these with a comparison alike in facts from before that day", "people"),
            _int("comparison_people", "people they are compared with", "people"),
            _num("custody_days", "days of pretrial custody since, mean per matched person", "days"),
            _num("comparison_days", "the same of the comparison, weighted as the matched", "days"),
            _num("difference", "difference", "days"),
            _num("lower", "lower limit, 95 %, bootstrap over people", "days"),
            _num("upper", "upper limit", "days"),
        ),
        editions=_INTERNAL,
        warnings=("A difference, not an effect: people in first-ranked groups differ in more than is matched.",),
    ),
    Table(
        "mart",
        "call_in_counts",
        "one row per call-in or other notice: counts of its life, no person",
        ("as_of", "call_in_id"),
        (
            _AS_OF,
            _text("call_in_id", "call-in", required=True),
            _code("kind", "whom it speaks to", CALL_IN_KINDS),
            _code("status", "where it stands", ("planned", "reviewed", "held", "cancelled")),
            _date("held_on", "day it is to be, or was, held"),
            _int("planned", "people planned", "people"),
            _int("approved", "approved at the review", "people"),
            _int("removed", "removed at the review", "people"),
            _int("invited", "invited", "people"),
            _int("attended", "attended", "people"),
            _int("delivered", "told, at the meeting or otherwise", "people"),
            _int("help_offered", "offered help, as providers count", "people"),
            _int("help_taken", "took help, as providers count", "people"),
            _int("promises", "promises made"),
            _int("promises_kept", "promises kept"),
            _int("promises_late", "promises past due and not kept"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "metrics",
        "one row per metric, period, breakdown and segment",
        ("as_of", "metric", "period", "period_start", "breakdown", "segment"),
        (
            _AS_OF,
            _text("metric", "metric", required=True),
            _code("period", "period", ("month", "quarter", "year")),
            _date("period_start", "first day", required=True),
            _date("period_end", "last day", required=True),
            _text("breakdown", "'' or dimensions joined by ' x '", required=True),
            _text("segment", "value of the dimensions", required=True),
            _int("numerator", "numerator"),
            _int("denominator", "denominator"),
            _num("value", "value; null when undefined"),
            _num("lower", "lower limit of the 95 % interval"),
            _num("upper", "upper limit"),
            _text("unit", "unit of the value"),
            _code("basis", "what the value rests on", ("observed", "reconstructed")),
            _flag("complete", "period over and follow-up elapsed"),
            _flag("suppressed", "hidden to protect people"),
            _text("note", "note"),
        ),
        editions=_BOTH,
    ),
    Table(
        "mart",
        "disparities",
        "one row per attribute, value and population compared",
        ("as_of", "topic", "attribute", "segment", "population"),
        (
            _AS_OF,
            _text("topic", "what is compared", required=True),
            _code("attribute", "attribute", ("race_ethnicity", "sex")),
            _text("segment", "value of the attribute", required=True),
            _text("population", "people counted: the priority, or a benchmark", required=True),
            _int("numerator", "people of the segment", "people"),
            _int("denominator", "people", "people"),
            _num("value", "share"),
        ),
        editions=_INTERNAL,
        warnings=("Race, ethnicity and sex are never inputs to a priority; they are always shown beside it.",),
    ),
    Table(
        "mart",
        "evaluations",
        "one row per registered evaluation and outcome",
        ("as_of", "evaluation_id", "outcome"),
        (
            _AS_OF,
            _text("evaluation_id", "evaluation plan", required=True),
            _text("outcome", "outcome", required=True),
            _text("method", "method"),
            _num("estimate", "estimate"),
            _num("standard_error", "standard error"),
            _num("lower", "lower limit"),
            _num("upper", "upper limit"),
            _num("p_value", "two-sided"),
        ),
        editions=_INTERNAL,
    ),
    Table(
        "mart",
        "geocoding_quality",
        "one row per table, breakdown and segment: how many of its records were placed",
        ("as_of", "table_name", "breakdown", "segment"),
        (
            _AS_OF,
            _text("table_name", "table, with (home) for where a person lives", required=True),
            _text(
                "breakdown",
                "'' for the whole table, or match_type, reason, year, offense, district, race_ethnicity, institution, "
                "unmatched_street",
                required=True,
            ),
            _text("segment", "value of the breakdown", required=True),
            _int("records", "records", "records"),
            _num("share", "records / all records of the table"),
            _int("geocodable_records", "of these with a string that says where it is", "records"),
            _int("matched_records", "of these placed", "records"),
            _int("tie_records", "records with equally good places too far apart: not placed", "records"),
            _int(
                "out_of_range_records", "records whose street is known and whose number is not: not placed", "records"
            ),
            _int("distinct_strings", "distinct places", "strings"),
            _int("geocodable_strings", "of these, strings that say where they are", "strings"),
            _int("matched_strings", "of these placed", "strings"),
            _num("value", "matched / all, by records; null where the breakdown says itself what was placed"),
            _num("lower", "lower limit, Wilson 95 %"),
            _num("upper", "upper limit"),
            _num("value_geocodable", "matched / geocodable, by records"),
            _num("lower_geocodable", "lower limit"),
            _num("upper_geocodable", "upper limit"),
            _num("value_strings", "matched / all, by distinct strings"),
            _num("lower_strings", "lower limit"),
            _num("upper_strings", "upper limit"),
            _num("value_geocodable_strings", "matched / geocodable, by distinct strings"),
            _num("lower_geocodable_strings", "lower limit"),
            _num("upper_geocodable_strings", "upper limit"),
            _code("against_floor", "value against the floor of 85 % (Ratcliffe 2004)", ("above", "below", "undecided")),
            _flag("suppressed", "hidden to protect people"),
        ),
        editions=_BOTH,
        warnings=(
            "Who is missing from the map is not random: new buildings, rural roads, people without a home.",
            "85 % is a floor for mapping aggregates (Ratcliffe 2004), no mark of quality.",
            "Records of one string are placed together or not at all, so intervals by records are too narrow.",
        ),
    ),
    Table(
        "mart",
        "geocoding_error",
        "one row per way of trying the geocoder and match type",
        ("as_of", "trial", "match_type"),
        (
            _AS_OF,
            _text(
                "trial",
                "hold_out: streets removed from the reference; leave_one_out: address points removed one by one",
                required=True,
            ),
            _text(
                "match_type", "'' for all; hold_out: match type before; leave_one_out: match type now", required=True
            ),
            _int("tried", "strings tried", "strings"),
            _int("matched", "of these placed; for hold_out each is false", "strings"),
            _num("value", "matched / tried"),
            _num("lower", "lower limit, Wilson 95 %"),
            _num("upper", "upper limit"),
            _num("median_m", "leave_one_out: median distance to the point", "metres"),
            _num("p90_m", "leave_one_out: distance within which 90 % lie", "metres"),
        ),
        editions=_BOTH,
        warnings=(
            "A street left out stands for one the layer does not have yet: what is placed then is placed wrongly.",
        ),
    ),
    Table(
        "mart",
        "linkage_quality",
        "one row per measure, breakdown and segment: how well records of one person are joined",
        ("as_of", "measure", "breakdown", "segment"),
        (
            _AS_OF,
            _code(
                "measure",
                "what is measured",
                (
                    "found",
                    "false_links",
                    "mistyped_numbers",
                    "linked_records",
                    "alone",
                    "confirmed",
                    "unusable",
                    "people",
                    "largest_person",
                    "to_review",
                ),
            ),
            _text(
                "breakdown",
                "'' for all, or race_ethnicity, sex, not_race_ethnicity, not_sex, record_table, basis, kind, "
                "probability",
                required=True,
            ),
            _text(
                "segment",
                "value of the breakdown; of not_*, the value without which all others are counted; of probability, "
                "from which on pairs are joined",
                required=True,
            ),
            _int("numerator", "pairs, records or people of which the measure is true"),
            _int("denominator", "all that it could be true of"),
            _num("value", "numerator / denominator; null when undefined"),
            _num("lower", "lower limit, Wilson 95 %; of pairs of spellings by as many as they are worth"),
            _num("upper", "upper limit"),
            _text("unit", "what is counted: pairs of spellings, records, people, writings, pairs of people"),
        ),
        editions=("internal",),
        warnings=(
            "Found and false links are measured on pairs of spellings that both carry a number, by names, dates and "
            "addresses alone: records without a number may be linked worse. What is written exactly alike is one "
            "spelling and stands in neither.",
            "Pairs of one person stand and fall together: their intervals go by people (numbers), not by pairs.",
            "A pair whose numbers are one digit apart is a mistyped number and stands in no false link; twins "
            "numbered one after the other look the same.",
            "A linker that fails one group harms it: read the rows by race_ethnicity beside each other.",
        ),
    ),
    Table(
        "mart",
        "data_quality",
        "one row per feed: every row accounted for",
        ("as_of", "extract", "table_name", "feed"),
        (
            _AS_OF,
            _text("extract", "extract", required=True),
            _text("table_name", "table fed", required=True),
            _int("feed", "number of the feed within its extract"),
            _code("basis", "basis", ("observed", "reconstructed")),
            _int("not_selected", "rows of the extract that the feed's where leaves out", "rows"),
            _int("read", "rows read", "rows"),
            _int("kept", "rows that made a row of core", "rows"),
            _int("merged", "rows that describe a row already made", "rows"),
            _int("set_aside", "rows without a readable key or required column", "rows"),
            _int("superseded", "rows replaced by a newer one of the same key", "rows"),
            _int("reversed", "rows taken back by the source", "rows"),
            Column("withdrawn", "integer", "rows missing from a later full extract", unit="rows", is_internal=True),
            Column("expunged", "integer", "rows removed by an order", unit="rows", is_internal=True),
            _int("not_yet", "rows not known at as_of", "rows"),
            _int("newest_read", "of the rows read, those of the newest file", "rows"),
            _int("newest_set_aside", "of these set aside", "rows"),
            Column("held_before", "integer", "rows the files of the day before held", unit="rows", is_internal=True),
            Column(
                "newest_withdrawn", "integer", "of these missing from the newest file", unit="rows", is_internal=True
            ),
        ),
        editions=_BOTH,
        warnings=("read = kept + merged + set aside + superseded + reversed + withdrawn + expunged + not yet.",),
    ),
    Table(
        "mart",
        "report_lags",
        "one row per feed whose events have a day: how late it learns of them",
        ("as_of", "extract", "table_name", "feed"),
        (
            _AS_OF,
            _text("extract", "extract", required=True),
            _text("table_name", "table fed", required=True),
            _int("feed", "number of the feed within its extract"),
            _date("newest_extract_date", "day its newest file was made"),
            _int("lag_days", "days after which 95 % of a day's events are known; null where nothing tells it", "days"),
            _code("lag_basis", "what tells it", ("arrival", "report date", UNKNOWN)),
            _date("complete_through", "last day whose events are at least 95 % known"),
        ),
        editions=_BOTH,
        warnings=("Days after complete_through look quieter than they were.",),
    ),
)

_META_TABLES = (
    Table(
        "meta",
        "loads",
        "one row per file landed",
        ("load_id",),
        (
            _text(
                "load_id",
                "first 12 characters of a SHA-256 of the extract, the file's SHA-256 and its day",
                required=True,
            ),
            _text("extract", "extract", required=True),
            _text("file", "path below raw_dir", required=True),
            _text("sha256", "fingerprint of the file", required=True),
            _int("bytes", "size", "bytes"),
            _int("modified_ns", "time of last change of the file: unchanged means it is not opened again", "ns"),
            _text("form", "how it was read: form, encoding, delimiter, sheet, and which of these were found"),
            _text("header", "JSON: its column names in order"),
            _int("rows", "rows landed", "rows"),
            _int("new_rows", "of these not already held from the file before it", "rows"),
            _int("ragged", "lines that do not fit the header, kept as problems", "rows"),
            _int("expunged", "of its rows, those that an order or a purge removed", "rows"),
            _text("chain", "first load of the chain of files that mostly repeat each other"),
            _int("link", "place in that chain, from 0"),
            _date("extract_date", "day the source made it", required=True),
            _text("extract_date_from", "who says so: file, filename, column, office, file time"),
            _at("landed_at", "when it was landed"),
        ),
    ),
    Table(
        "meta",
        "problems",
        "one row per thing wrong with a row, a column or a file; speaks of the newest core",
        ("problem_id",),
        (
            _text("problem_id", "stage and number, in order of extract, file, row, column", required=True),
            _text("extract", "extract"),
            _text("table_name", "table fed"),
            _text("file", "file"),
            _int("row", "line in the file, header = 1; null for a whole file or code"),
            _text("column_name", "column"),
            Column("value", "text", "the value as it stands in the file, or as it was read", is_pii=True),
            _code(
                "kind",
                "kind of problem",
                (
                    "unreadable",
                    "mangled_id",
                    "missing_key",
                    "missing_required",
                    "unmapped_code",
                    "conflict",
                    "duplicate_key",
                    "unmatched_reversal",
                    "rule",
                    "filler_date",
                    "ambiguous_date",
                    "clock_gap",
                    "clock_twice",
                    "out_of_order",
                    "out_of_range",
                    "unreadable_file",
                    "unknown_layout",
                    "waiting_file",
                    "ragged_row",
                    "unusable_name",
                    "unusable_birth_date",
                    "unusable_number",
                ),
            ),
            _text("why", "what is wrong and what became of it"),
            _int("rows", "rows it stands for", "rows"),
        ),
    ),
    Table(
        "meta",
        "state",
        "one row",
        ("name",),
        (_text("name", "name", required=True), _text("value", "value")),
    ),
    Table(
        "meta",
        "accounting",
        "one row per as_of and feed",
        ("as_of", "extract", "table_name", "feed"),
        (),
        warnings=("The same columns as mart.data_quality, which publishes it.",),
    ),
    Table(
        "meta",
        "runs",
        "one row per run",
        ("run_id",),
        (
            _text("run_id", "run", required=True),
            _AS_OF,
            _at("started_at", "start"),
            _at("finished_at", "end; null while running or when it failed"),
            _text("status", "running, done or failed"),
            _text("inputs", "JSON: hashes of office.toml, code and reference layers"),
            _text("table_hashes", "JSON: table -> SHA-256 over rows in key order"),
            _text("counts", "JSON: stage -> counts"),
        ),
    ),
    Table(
        "meta",
        "removals",
        "one row per order and table of the records: the rows it removed, kept as a count",
        ("order_id", "table_name"),
        (
            _text("order_id", "order", required=True),
            _text("table_name", "table, with its schema", required=True),
            _int("rows", "rows removed", "rows"),
        ),
    ),
    Table(
        "meta",
        "person_models",
        "one row per as_of: the model by which its people were linked",
        ("as_of",),
        (
            _AS_OF,
            _code("origin", "where its parameters come from", ("shipped", "estimated")),
            _int("spellings", "different ways of writing a person that were compared", "spellings"),
            _int("pairs", "pairs compared", "pairs"),
            _int("labelled_pairs", "pairs with one number, from which it was estimated", "pairs"),
            _int("values_left_out", "values so common that pairs were not tried for sharing them", "values"),
            _text("settings", "JSON: Splink's settings with every parameter"),
            _text("program", "version of Splink"),
        ),
    ),
    Table(
        "meta",
        "person_changes",
        "one row per person whose records were joined or parted otherwise than the run before had them",
        ("as_of", "person_id", "change", "other_person_id"),
        (
            _AS_OF,
            Column("person_id", "text", "person of the run before", required=True, is_person=True),
            _code("change", "what happened", ("merged", "split", "renamed", "withdrawn")),
            Column("other_person_id", "text", "person that its records went to; null where none did", is_person=True),
            _int("records", "records that went there", "records"),
        ),
    ),
)


def _with_accounting(tables: tuple[Table, ...]) -> tuple[Table, ...]:
    """meta.accounting holds what mart.data_quality publishes: one list of columns for both."""
    quality = next(table for table in _MART_TABLES if table.name == "data_quality")
    return tuple(
        Table(table.schema, table.name, table.grain, table.key, quality.columns, warnings=table.warnings)
        if table.name == "accounting"
        else table
        for table in tables
    )


TABLES: tuple[Table, ...] = _FED_TABLES + _BUILT_CORE + _DESK_TABLES + _MART_TABLES + _with_accounting(_META_TABLES)


def tables(schema: str) -> tuple[Table, ...]:
    """The tables of a schema, in order."""
    return tuple(table for table in TABLES if table.schema == schema)


def table(qualified: str) -> Table:
    """The table named ``schema.name``, or by its bare name when that is unambiguous; KeyError if there is none."""
    for candidate in TABLES:
        if qualified in (f"{candidate.schema}.{candidate.name}", candidate.name):
            return candidate
    raise KeyError(qualified)


def fed_tables() -> tuple[Table, ...]:
    """The tables that feeds of office.toml may fill: core tables, and the desk's memberships and feuds."""
    return tuple(candidate for candidate in TABLES if candidate.is_fed)
