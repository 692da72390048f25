"""The model of a link: what of two records is compared, what agreement is worth, and which pairs are tried.

Fellegi and Sunter (1969): agreement of a kind that records of one person show with probability m, and records of two
people with probability u, weighs log2(m / u) bits. The m and u written here are the shipped ones, used where an office
has too few records that carry a number to estimate its own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """One kind of agreement: ``condition`` is SQL over columns ending in _l and _r; the first that holds counts.

    ``what`` says it in words, for reviewers. ``is_null``: says nothing either way. ``by_frequency``: what is rare
    weighs more (term frequencies of the comparison's column). ``contradicts``: never joined by likeness, whatever the
    rest says.
    """

    what: str
    condition: str
    m: float = 0.0
    u: float = 0.0
    is_null: bool = False
    by_frequency: bool = False
    contradicts: bool = False


@dataclass(frozen=True)
class Comparison:
    """One thing that is compared; ``column`` is the one whose term frequencies count, '' for none.

    ``is_needed``: where it is missing, likeness joins nothing, and a reviewer may be asked.
    """

    name: str
    levels: tuple[Level, ...]
    column: str = ""
    is_needed: bool = False


@dataclass(frozen=True)
class Model:
    """Comparisons, and blocks: a pair is tried when both have the same values of the expressions of one, none null.

    ``matches_per_spelling``: how many other spellings of the same person a spelling has, on average (the prior).
    """

    comparisons: tuple[Comparison, ...]
    blocks: tuple[tuple[str, ...], ...]
    matches_per_spelling: float = 1.0


# Given and family name the other way round, or the same words divided otherwise; not where the given names agree.
_EXCHANGED = (
    "(given_l <> given_r and (words_l = words_r or (given_l = family_r and list_contains(families_l, given_r)) "
    "or (given_r = family_l and list_contains(families_r, given_l))))"
)
_ONE_DIGIT = "damerau_levenshtein(birth_text_l, birth_text_r) = 1"
_DAY_AND_MONTH = "(year(birth_l) = year(birth_r) and month(birth_l) = day(birth_r) and day(birth_l) = month(birth_r))"

_GIVEN = Comparison(
    "given_name",
    (
        Level("given name missing", "given_l is null or given_r is null", is_null=True),
        Level("given name equal", "given_l = given_r", 0.80, 0.006, by_frequency=True),
        Level("given and family name exchanged", _EXCHANGED, 0.02, 0.000004),
        # Sex is seldom written wrongly, and twins are often named alike: Daniel and Daniela.
        Level("given name and sex different", "sex_l <> sex_r", 0.001, 0.35, contradicts=True),
        Level("given name a short form", "list_has_any(given_forms_l, given_forms_r)", 0.05, 0.002),
        Level(
            "given name sounds or is written alike",
            "given_key_l = given_key_r or given_roman_l = given_roman_r "
            "or given_r = given_l || split_part(middle_l, ' ', 1) or given_l = given_r || split_part(middle_r, ' ', 1) "
            "or (length(given_l) > 3 and length(given_r) > 3 and damerau_levenshtein(given_l, given_r) = 1)",
            0.06,
            0.002,
        ),
        Level(
            "given name an initial",
            "(length(given_l) = 1 or length(given_r) = 1) and given_l[1] = given_r[1]",
            0.025,
            0.004,
        ),
        Level(
            "given name the other's middle name",
            "list_contains(string_split(middle_r, ' '), given_l) "
            "or list_contains(string_split(middle_l, ' '), given_r)",
            0.01,
            0.004,
        ),
        Level("given name somewhat alike", "jaro_winkler_similarity(given_l, given_r) >= 0.9", 0.01, 0.006),
        Level("given name different", "else", 0.024, 0.627, contradicts=True),
    ),
    column="given",
)
_FAMILY = Comparison(
    "family_name",
    (
        Level("family name missing", f"family_l is null or family_r is null or {_EXCHANGED}", is_null=True),
        Level("family name equal", "family_l = family_r", 0.84, 0.002, by_frequency=True),
        Level(
            "family name sounds or is written alike",
            "family_key_l = family_key_r or family_roman_l = family_roman_r "
            "or (length(family_l) > 3 and length(family_r) > 3 "
            "and damerau_levenshtein(family_l, family_r) = 1)",
            0.08,
            0.0008,
        ),
        Level("one of the family names shared", "list_has_any(families_l, families_r)", 0.04, 0.001),
        Level("family name somewhat alike", "jaro_winkler_similarity(family_l, family_r) >= 0.9", 0.01, 0.003),
        Level("family name different", "else", 0.03, 0.9932),
    ),
    column="family",
)
_MIDDLE = Comparison(
    "middle_name",
    (
        Level("middle name missing", "middle_l is null or middle_r is null", is_null=True),
        Level("middle name equal", "middle_l = middle_r", 0.55, 0.01),
        Level(
            "middle initial equal",
            "(length(middle_l) = 1 or length(middle_r) = 1) and middle_l[1] = middle_r[1]",
            0.38,
            0.06,
        ),
        Level("middle name different", "else", 0.07, 0.93),
    ),
)
_BIRTH = Comparison(
    "birth_date",
    (
        Level("birth date missing", "birth_l is null or birth_r is null", is_null=True),
        Level("birth date equal", "birth_text_l = birth_text_r", 0.94, 0.00006, by_frequency=True),
        Level("day and month of birth exchanged", _DAY_AND_MONTH, 0.01, 0.00002),
        Level("birth date one digit off", _ONE_DIGIT, 0.025, 0.0006),
        Level(
            "year of birth off by one or ten, day equal",
            "month(birth_l) = month(birth_r) and day(birth_l) = day(birth_r) "
            "and abs(year(birth_l) - year(birth_r)) in (1, 10)",
            0.008,
            0.0002,
        ),
        Level("birth date different", "else", 0.017, 0.99912, contradicts=True),
    ),
    column="birth_text",
    is_needed=True,
)
_SUFFIX = Comparison(
    "suffix",
    (
        Level("generation not said", "suffix_l is null or suffix_r is null", is_null=True),
        Level("generation equal", "suffix_l = suffix_r", 0.97, 0.5),
        Level("generation and birth date different", "birth_l <> birth_r", 0.01, 0.45, contradicts=True),
        Level("generation different", "else", 0.02, 0.05),
    ),
)
_SEX = Comparison(
    "sex",
    (
        Level("sex not said", "sex_l is null or sex_r is null", is_null=True),
        Level("sex equal", "sex_l = sex_r", 0.995, 0.6),
        Level("sex different", "else", 0.005, 0.4),
    ),
)
_ADDRESS = Comparison(
    "address",
    (
        Level("address missing", "address_l is null or address_r is null", is_null=True),
        Level("address equal", "address_l = address_r", 0.6, 0.0001, by_frequency=True),
        Level("address different", "else", 0.4, 0.9999),
    ),
    column="address",
)

PEOPLE = Model(
    comparisons=(_GIVEN, _FAMILY, _MIDDLE, _BIRTH, _SUFFIX, _SEX, _ADDRESS),
    blocks=(
        ("birth", "family_key"),
        ("birth", "given_key"),
        # The initials in either order: names exchanged, or both misspelt.
        ("birth", "least(given[1], family[1])", "greatest(given[1], family[1])"),
        ("year(birth)", "family_key", "given_key"),
        ("month(birth)", "day(birth)", "family_key", "given_key"),
        ("address", "family_key", "given_key"),
        ("address", "birth"),
    ),
)
