"""How badly agencies keep records of people: rates of every kind of mistake, in three named levels."""

from dataclasses import dataclass, fields, replace

# Agencies by the first letters of their own key of a person.
AGENCIES = POLICE, COURT, PROBATION, DIVERSION, AUDIT, CALL_IN = "MNI", "PTY", "PRB", "DV", "AUD", "CALL"
# Prints are taken at the jail and on probation only.
TAKES_PRINTS = (POLICE, PROBATION)
_MOST = 0.8


@dataclass(frozen=True)
class Corruption:
    """Shares of records, unless a comment says otherwise; kinds that need something to spoil are shares of those."""

    police_state_id_missing: float = 0.25
    court_state_id_missing: float = 0.45
    probation_state_id_missing: float = 0.10
    diversion_state_id_missing: float = 0.60
    audit_state_id_missing: float = 0.50
    call_in_state_id_missing: float = 0.60
    state_id_digit: float = 0.002
    fbi_id_missing: float = 0.40
    # Two people under one key of an agency: share of keys.
    shared_key: float = 0.0
    birth_missing: float = 0.02
    birth_swapped: float = 0.01
    birth_digit: float = 0.012
    birth_year_next: float = 0.005
    birth_decade: float = 0.002
    birth_placeholder: float = 0.004
    family_typing: float = 0.03
    given_typing: float = 0.03
    nickname: float = 0.05
    initial_only: float = 0.015
    names_swapped: float = 0.01
    # Where the family name comes first.
    names_swapped_family_first: float = 0.04
    second_family_dropped: float = 0.10
    joint_otherwise: float = 0.25
    respelt: float = 0.12
    middle_dropped: float = 0.40
    middle_initial: float = 0.30
    suffix_dropped: float = 0.60
    # Records of women after their first, under the name of a marriage.
    family_changed: float = 0.008
    nobody: float = 0.0015
    # Of people, at some day of the period.
    moved: float = 0.10
    address_otherwise: float = 0.15

    def state_id_missing(self, agency: str) -> float:
        """Share of records of an agency without a state id."""
        return {
            POLICE: self.police_state_id_missing,
            COURT: self.court_state_id_missing,
            PROBATION: self.probation_state_id_missing,
            DIVERSION: self.diversion_state_id_missing,
            AUDIT: self.audit_state_id_missing,
            CALL_IN: self.call_in_state_id_missing,
        }[agency]


def _times(corruption: Corruption, factor: float) -> Corruption:
    rates = {rate.name: getattr(corruption, rate.name) for rate in fields(corruption)}
    return Corruption(**{name: min(rate * factor, _MOST) for name, rate in rates.items()})


DEFAULT = Corruption()
LIGHT = _times(DEFAULT, 0.5)
HEAVY = replace(_times(DEFAULT, 2), shared_key=0.003)
