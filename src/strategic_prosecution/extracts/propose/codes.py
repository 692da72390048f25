"""Codes of sources in our values: patterns of words and short codes that records systems use.

The patterns choose a value of ours for each value that occurs, and stay here: a proposed map names exact values, as a
pattern in an office.toml would also take values nobody has looked at. They are tried in order, without regard to case
(``*`` any text, ``?`` one character); "" stands for none of ours: a person decides. NIBRS codes: FBI, National
Incident-Based Reporting System User Manual (2021), appendix A.
"""

import re
from dataclasses import dataclass
from fnmatch import translate

from strategic_prosecution import model

_OFFENSE_WORDS = (
    ("", "*non?sex*", "*nonsex*"),
    ("other", "*justifiable*", "*suicide*", "*not arson*", "*death inv*", "assist*", "*animal*"),
    ("other", "*non?criminal*", "*noncriminal*", "*not?criminal*", "*regist*sex*", "*sex*regist*"),
    ("aggravated_assault", "*attempt*homicide*", "*attempt*murder*", "*murder*attempt*", "*homicide*attempt*"),
    ("homicide", "*homicide*", "*murder*", "*manslaughter*", "*mansl*"),
    ("nonfatal_shooting", "shooting", "*non?fatal shooting*", "*nonfatal shooting*", "*shooting*nonfatal*"),
    ("driving_under_influence", "*driving under*", "*dui", "dui*", "*dwi", "dwi*", "*drunk driv*", "owi*"),
    ("driving_under_influence", "*intoxicated*driv*", "*influence of alcohol*", "*operating under*", "*impaired driv*"),
    (
        "traffic",
        "hit?and?run*",
        "hit & run*",
        "*leaving*scene*",
        "*traffic?*",
        "traffic",
        "*accident*",
        "*reckless driv*",
    ),
    ("traffic", "*fleeing*elud*", "*suspended lic*", "*vehicle laws*", "*careless driv*", "*driving with*", "*crash*"),
    ("other", "lost*", "found*", "*missing*", "*runaway*", "tow *", "*towed*", "*warrant*"),
    ("sexual_assault", "*rape*", "*sex*assault*", "*sexual*", "*sodomy*", "*fondl*", "*molest*", "sex*off*"),
    ("sexual_assault", "*sex?crime*", "*sex?off*", "*sex?abuse*", "*forcible sex*", "*indecent assault*"),
    (
        "motor_vehicle_theft",
        "*motor?vehicle?theft*",
        "*mv theft*",
        "*auto?theft*",
        "*theft of motor veh*",
        "*stolen motor*",
    ),
    (
        "motor_vehicle_theft",
        "*vehicle - stolen*",
        "*stolen vehicle*",
        "*larceny of motor veh*",
        "*unauthorized use of*veh*",
    ),
    ("motor_vehicle_theft", "*vehicle theft*", "*theft of vehicle*", "*theft of auto*", "*mvt*", "*car theft*"),
    ("motor_vehicle_theft", "*theft-motor vehicle", "*theft - motor vehicle", "*stolen auto*"),
    ("robbery", "*robb*", "*carjack*", "*hijack*"),
    (
        "burglary",
        "*burgl*",
        "*breaking*entering*",
        "*break*enter*",
        "b&e*",
        "b and e*",
        "*home invasion*",
        "*housebreak*",
    ),
    ("arson", "*arson*"),
    ("theft", "*larceny*", "*theft*", "*shoplift*", "*steal*", "*pocket*pick*", "*purse*snatch*", "larc*", "*stolen*"),
    (
        "fraud",
        "*fraud*",
        "*forger*",
        "*embezz*",
        "*counterfeit*",
        "*identity*",
        "*decei*",
        "*decepti*",
        "*false pretense*",
    ),
    (
        "fraud",
        "*credit card*",
        "*bad check*",
        "*con game*",
        "*swindle*",
        "*impersonat*",
        "*bribery*",
        "frd*",
        "*bunco*",
    ),
    ("theft", "stlg*"),
    ("simple_assault", "*non?agg*", "*nonagg*", "*not agg*", "*assault*no weapon*"),
    ("aggravated_assault", "*agg*assault*", "*agg*batt*", "*assault*agg*", "*battery*agg*", "*aggravated discharg*"),
    (
        "aggravated_assault",
        "*felonious assault*",
        "*felony assault*",
        "*assault*deadly*",
        "*assault*dangerous*",
        "agg*as*lt*",
    ),
    ("weapons", "*weapon*", "uuw*", "*firearm*", "gun *", "*concealed*", "*discharg*", "*shots fired*", "*explosiv*"),
    ("weapons", "vufa*", "*machine gun*", "*ammo*", "*sawed-off*"),
    ("drugs", "*narcotic*", "*drug*", "*controlled*subst*", "*marijuana*", "*cocaine*", "*heroin*", "*cannabis*"),
    (
        "simple_assault",
        "*assault*",
        "*battery*",
        "*as*slt*",
        "*aslt*",
        "*intimidat*",
        "*menac*",
        "*har*assment*",
        "*stalk*",
    ),
    ("simple_assault", "*threat*"),
    ("vandalism", "*vandal*", "*criminal damage*", "*destruct*", "*criminal mischief*", "*graffiti*", "*malicious*"),
    ("vandalism", "*damage to prop*", "*property damage*", "*dstrctn*", "*destruc prop*"),
    ("public_order", "*disorder*", "*trespass*", "*public order*", "*loiter*", "*prostitut*", "*liquor*", "*drunk*"),
    ("public_order", "*gambl*", "*disturb*", "*curfew*", "*public peace*", "*vagranc*", "*commercialized vice*"),
    ("public_order", "*alcohol*", "*interference with public*", "*nuisance*", "*obstruct*", "*resist*", "*obscen*"),
    (
        "other",
        "*kidnap*",
        "*abduct*",
        "*family*",
        "*involving children*",
        "*child*",
        "*all other*",
        "*misc*",
        "*other*",
    ),
    ("other", "*suspicious*", "*escape*", "*fugitive*", "*porn*", "*health*", "*safety*", "*explosion*"),
)
_NIBRS = (
    ("homicide", "09A", "09B"), ("aggravated_assault", "13A"), ("simple_assault", "13B", "13C"),
    ("sexual_assault", "11?", "36A", "36B"), ("robbery", "120"), ("burglary", "220"), ("theft", "23?", "280"),
    ("motor_vehicle_theft", "240"), ("arson", "200"), ("vandalism", "290"), ("weapons", "520", "521", "522", "526"),
    ("drugs", "35?"), ("fraud", "26?", "250", "270", "210", "510", "90A"),
    ("public_order", "90C", "90E", "90G", "90J", "90B", "40?", "39?", "370"), ("driving_under_influence", "90D"),
    ("traffic", "90T"), ("other", "90?", "100", "64?", "720", "09C"),
)  # fmt: skip
_RACE = (
    ("black", "*black*no[nt]?hispanic*", "*no[nt]?hispanic*black*"), ("white", "*white*no[nt]?hispanic*",
        "*no[nt]?hispanic*white*"), ("asian", "*asian*no[nt]?hispanic*", "*no[nt]?hispanic*asian*"),
    ("", "*no[nt]?hispanic*", "*nonhispanic*", "*no[nt]?latin*"),
    ("hispanic", "*hispanic or latin*", "white hispanic", "black hispanic", "hispanic", "hispanic *", "h", "latin*",
        "hl", "*hispanic)"),
    ("native_american", "*american indian*", "*native american*", "*alaska*", "indian*", "i", "ai", "na", "amer* ind*"),
    ("asian", "asian*", "a"), ("pacific_islander", "*pacific*", "p", "*hawaiian*", "pi"),
    ("black", "black*", "african*", "b", "bl"), ("white", "white*", "caucasian*", "w", "wh"),
    ("unknown", "unk*", "u", "not *", "x", "refused*", "none*"),
    ("other", "other*", "o", "*biracial*", "*multi*", "two or more*", "mixed*"),
)  # fmt: skip
_SEX = (
    ("female", "f", "female*", "woman"), ("male", "m", "male*", "man"), ("unknown", "u", "unk*", "x", "n", "not *"),
    ("other", "o", "other*", "non*binary*", "trans*"),
)  # fmt: skip
_SEVERITY = (
    ("", "*non?fel*", "*nonfel*"),
    ("felony", "f", "f[0-9x]*", "fel*", "*felony*", "[mx1234]"), ("misdemeanor", "m", "m[0-9]*", "misd*",
        "*misdemeanor*", "[abc]"),
    ("infraction", "i", "p", "infr*", "*violation*", "v", "petty*", "*ordinance*", "summary*", "s"),
)  # fmt: skip
_DISPOSITION = (
    ("", "*not not guilty*", "*pl*not?guilty*", "not?guilty plea*", "*plea*withdr*", "*withdr*plea*", "*vacat*",
        "*nonconvict*", "*common pleas*"),
    ("not_guilty", "*not?guilty*", "*acquit*"), ("dismissed", "*no true bill*", "*no?bill*"),
    ("superseded", "*supersed*", "supr*"), ("abated", "*abate*", "*death*", "*deceased*"), ("transferred",
        "*transfer*", "xfer*"),
    ("warrant", "warr*", "*warrant*", "bfw*", "*failure to appear*", "fta"),
    ("diverted", "div*", "*diversion*", "*deferred*", "*pretrial intervention*", "acd", "*adjourn*contemplat*"),
    ("not_guilty", "fng*", "verdict-ng", "ng", "*insanity*"),
    ("dismissed", "dism*", "*dismiss*", "*nolle*", "*nol* pros*", "np", "*withdrawn*", "fnpc*", "*no probable*",
        "*declined*"),
    ("guilty_plea", "*plea*", "*pled*", "plead*", "gp"),
    ("guilty_trial", "*verdict*guilty*", "*finding*guilty*", "verdict-g", "*guilty*", "*convict*", "*found guilty*"),
    ("other", "other*"),
)  # fmt: skip
_SENTENCE = (
    ("", "*unconditional*"),
    ("conditional_discharge", "*conditional*"), ("time_served", "*time served*"), ("community_service",
        "*community serv*"),
    ("prison", "*prison*", "*doc*", "*correction*", "*penitent*"), ("jail", "*jail*", "*boot camp*",
        "*county custody*"),
    ("probation", "*probation*"), ("supervision", "*supervis*"), ("fine", "*fine*"), ("other", "other*"),
)  # fmt: skip
# By our column: our value and the patterns that stand for it, in the order in which they are tried.
_LISTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "race_ethnicity": _RACE,
    "sex": _SEX,
    "severity": _SEVERITY,
    "filed_severity": _SEVERITY,
    "disposition_severity": _SEVERITY,
    "disposition": _DISPOSITION,
    "sentence_type": _SENTENCE,
    "weapon": (("none", "none", "no weapon*", "unarmed"), ("firearm", "*gun*", "*firearm*", "*rifle*", "*pistol*",
        "*revolver*", "*semi-auto*"), ("knife", "*knife*", "*cutting*", "*blade*", "*sharp*"), ("unknown", "unk*"),
        ("other", "other*", "*strong*arm*", "*hands*", "*blunt*", "*vehicle*")),
    "injury": (("", "non?*", "not *"), ("fatal", "fatal*", "death*", "*deceased*", "killed"),
        ("serious", "*serious*", "*major*",
        "*severe*"), ("minor", "*minor*"), ("none", "none", "no", "no *", "uninjured"),
        ("unknown", "unk*")),
    "clearance_status": (("exceptional", "*except*", "exc*"), ("unfounded", "*unfound*", "unf*"), ("arrest", "cba*",
        "*arrest*"), ("open", "open*", "*active*", "*pending*", "*investigat*", "*inactive*", "*suspend*")),
    "reported_by": (("victim", "victim*", "*citizen*"), ("police", "*police*", "*on view*", "*on-view*",
        "*officer*"), ("company", "*company*", "*business*"), ("other", "other*")),
    "screen_result": (("no_review", "norev*", "*no review*"), ("rejected", "*not?accepted*", "*not?filed*", "no *filed",
        "*not?appr*", "*not?charged*"), ("approved", "appr*", "*accepted*", "*filed*"),
        ("rejected", "rej*", "decl*", "*refus*"), ("continued", "cont*", "*pending*"), ("other",
        "*advice*", "other*")),
    "arrest_type": (("custodial", "c", "*custod*", "*booked*", "*taken into*"), ("citation", "t", "*citation*",
        "*cite*", "*ticket*"), ("summons", "s", "*summon*")),
    "role": (("victim", "v", "vic*"), ("suspect", "s", "susp*", "*offender*", "*arrestee*"), ("witness", "w", "wit*")),
    "decision_type": (("", "*unsupervis*"), ("detained", "*no?bail*", "*no?bond*", "*without?bail*", "*without?bond*",
        "*bail*denied*", "*bond*denied*", "*denied*bail*", "*denied*bond*"),
        ("own_recognizance", "ror", "*recogni*", "or", "*unsecured*"), ("supervised_release", "supv*",
        "*supervis*"), ("money_bail", "*bail*", "*bond*", "*cash*"), ("detained", "hold*", "*detain*", "*denied*",
        "*remand*")),
    "group_status": (("", "*unconfirm*", "*unsuspect*"),
        ("confirmed", "gmi-c", "*confirm*"), ("suspected", "gmi-s", "*suspect*"), ("no", "no", "n"),
        ("unknown", "unk*")),
    "wound_type": (("graze", "*graze*"), ("penetrating", "*penetrat*"), ("none", "none")),
    "intent": (("self_inflicted", "*self*inflict*", "*suicide*"), ("accident", "*accident*"), ("self_defense",
        "*self*defen*"), ("officer", "*officer*", "*police*"), ("criminal", "*criminal*", "*assault*")),
    "supervision_type": (("probation", "*prob*"), ("parole", "*parole*"), ("pretrial", "*pretrial*", "*pre-trial*")),
    "exit_status": (("", "*inactive*"), ("failed", "*unsuccess*", "*incomplet*", "*not?complet*", "*not?success*"),
        ("completed", "*complet*", "*success*", "*graduat*"),
        ("failed", "*fail*", "*terminat*"), ("withdrawn", "*withdr*"), ("active", "*active*", "*open*")),
    "contest_outcome": (("upheld", "*upheld*"), ("removed", "*remov*")),
    "mode": (("call_in", "*call*in*"), ("custom", "*custom*"), ("letter", "*letter*")),
    "action_type": (("promise", "*promise*"), ("enforcement", "*enforc*"), ("help", "*help*")),
    "defense_type": (("public", "*public*", "pd"), ("appointed", "*appoint*", "*assigned*"), ("private", "*private*",
        "*retained*"), ("self", "*self*", "pro se*")),
    "outreach_type": (("community_meeting", "*community*"), ("walk_in", "*walk*"), ("street_outreach", "*street*"),
        ("mediation", "*mediat*"), ("partner_meeting", "*partner*"), ("response", "*respon*")),
    "origin": (("residents", "*resident*"), ("police", "*police*"), ("office", "*office*"), ("partners", "*partner*")),
}  # fmt: skip
_LISTS["group_victim_status"] = _LISTS["group_suspect_status"] = _LISTS["group_status"]
# A value with fewer rows could be a name typed into the wrong field.
FEWEST_SHOWN = 5
_MOST_MAPPED = 400
# A value that says no to something is not what a pattern without such a word stands for.
_NEGATION = re.compile(r"(?<![a-z])(not|non|no|no\[nt\]|never|without)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class CodeMap:
    """Values that occur (value, ours, rows), commonest first; what nothing of ours stands for (value, rows); the rest.

    ``rare_rows``: rows of values too rare to show. ``unlisted_rows``: rows of values beyond the longest map. ``known``:
    the share of all rows that our words know, the rare among them.
    """

    mapped: tuple[tuple[str, str, int], ...]
    unplaced: tuple[tuple[str, int], ...]
    rare_rows: int
    unlisted_rows: int
    rows: int
    known: float

    @property
    def share(self) -> float:
        """The share of rows that the map gives one of our values."""
        return sum(rows for _, _, rows in self.mapped) / self.rows if self.rows else 0.0


def propose_codes(column: model.Column, counts: tuple[tuple[str, int], ...]) -> CodeMap:
    """Our value for each value of a code column (value, rows) that is not too rare to show, as far as words tell."""
    listed = _vocabulary(column.name, tuple(value for value, _ in counts))
    compiled = [(re.compile(translate(pattern), re.IGNORECASE), pattern, ours) for ours, pattern in listed]
    own = set(column.values) - {model.UNMAPPED}

    def meant(value: str) -> str:
        if value.lower() in own:
            return value.lower()
        pattern, ours = next(((text, ours) for matcher, text, ours in compiled if matcher.fullmatch(value)), ("", ""))
        # Offenses say "non-residential" and "no force" of what they are all the same.
        is_denied = _NEGATION.search(value) and not _NEGATION.search(pattern.replace("?", " "))
        return "" if is_denied and column.name != "offense_category" else ours

    found = [(value, meant(value), rows) for value, rows in counts]
    shown = sorted((item for item in found if item[2] >= FEWEST_SHOWN), key=lambda item: (-item[2], item[0]))
    mapped = [item for item in shown if item[1]]
    total = sum(rows for _, rows in counts)
    return CodeMap(
        mapped=tuple(mapped[:_MOST_MAPPED]),
        unplaced=tuple((value, rows) for value, ours, rows in shown if not ours),
        rare_rows=sum(rows for value, _, rows in found if rows < FEWEST_SHOWN and value.lower() not in own),
        unlisted_rows=sum(rows for _, _, rows in mapped[_MOST_MAPPED:]),
        rows=total,
        known=sum(rows for _, ours, rows in found if ours) / total if total else 0.0,
    )


def _vocabulary(name: str, values: tuple[str, ...]) -> list[tuple[str, str]]:
    """(our value, pattern) in order. NIBRS codes are taken only where letters show that they are such."""
    if name != "offense_category":
        return [(ours, pattern) for ours, *patterns in _LISTS.get(name, ()) for pattern in patterns]
    is_nibrs = sum(bool(re.fullmatch(r"(09|11|13|23|26|35|36|39|40|64|90)[A-Z]", value)) for value in values) >= 2
    nibrs = [(ours, pattern) for ours, *patterns in _NIBRS for pattern in patterns] if is_nibrs else []
    return nibrs + [(ours, pattern) for ours, *patterns in _OFFENSE_WORDS for pattern in patterns]
