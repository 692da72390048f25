"""What the field measures, item by item, and what we have of it: metrics, functions of other packages, or why nothing.

``CATALOGUE`` has every entry of the catalogue that the project was given; ``FRAMEWORKS`` the measures of each system.
``python -m strategic_prosecution.metrics.coverage`` prints what they name and there is not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from strategic_prosecution.metrics.definitions import METRICS


@dataclass(frozen=True)
class Covered:
    """Names of metrics, or of functions as 'package.function', or a reason for neither; a note may go with any."""

    metrics: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    note: str = ""


def _as(*metrics: str, note: str = "") -> Covered:
    return Covered(metrics=metrics, note=note)


def _in(*functions: str, note: str = "") -> Covered:
    return Covered(functions=functions, note=note)


def _not(reason: str) -> Covered:
    return Covered(note=f"not built: {reason}")


_EVALUATION = _not(
    "an effect is estimated by an evaluation with a plan and a control, and that package is not built yet"
)
_TITLE_ONLY = _not("a title without a definition was found")
_RELATIVE = _in("evaluation.relative_rates", note="by stage, cumulative and conditional")

CATALOGUE: dict[str, dict[str, Covered]] = {
    "Community safety": {
        "incident_count": _as("incident_count", "violent_incidents"),
        "incident_rate": _as("incident_rate"),
        "year_to_date_change_pct": _in("metrics.same_days.year_to_date_change"),
        "poisson_z_change": _in("metrics.same_days.poisson_z"),
        "homicide_count": _as("homicide_victims", "homicide_incidents"),
        "nonfatal_shooting_incidents": _as("nonfatal_shooting_incidents", "shooting_incidents"),
        "nonfatal_shooting_victims": _as("nonfatal_shooting_victims"),
        "shooting_lethality_rate": _as("shooting_lethality_rate"),
        "clearance_rate": _as(
            "clearance_rate",
            "exceptional_clearance_rate",
            "clearances_per_incident",
            "exceptional_clearances_per_incident",
            "fatal_shooting_clearance_rate",
            "nonfatal_shooting_clearance_rate",
        ),
        "days_incident_to_arrest": _as("days_incident_to_arrest", note="the median; no other quantile"),
        "gmi_share": _as(
            "group_involved_share",
            "group_involved_confirmed_share",
            "group_involved_share_of_all",
            "group_involvement_unknown_share",
        ),
        "group_population_share": _as("group_population_share"),
        "concentration_ratio": _as(
            "group_involved_share_of_all", "group_population_share", note="two shares in a sentence, no ratio"
        ),
        "group_violence_scorecard": _in("groups.group_scorecard"),
        "crime_harm_index": _in(
            "stages.crime_harm.crime_harm_weights",
            note="ranks hot spots where the office brings weights; none by default",
        ),
        "harm_per_offence": _not("a crime harm index over all incidents needs weights that the office has to bring"),
        "hotspot_pai": _in("hotspots.prediction_accuracy"),
        "hotspot_pei": _in("hotspots.prediction_accuracy"),
        "hotspot_rri": _in("hotspots.prediction_accuracy", note="as recapture rate index"),
        "crime_concentration_share": _not(
            "hot spots say which places hold the most; a share over all segments is planned"
        ),
        "crime_gini": _in("report.gini.gini", note="of contacts and shootings over residents"),
        "near_repeat_flag": _in("hotspots.near_repeat", "hotspots.near_repeat_chains"),
        "scan_cluster_p": _in("hotspots.space_time_scan", note="the space-time permutation scan, not Naus's"),
        "wdd": _EVALUATION,
        "wdd_harm": _EVALUATION,
        "irr_log": _EVALUATION,
        "wdq": _EVALUATION,
        "tne": _EVALUATION,
        "its_level_rr": _EVALUATION,
        "synthetic_control_gap": _EVALUATION,
        "violent_crimes_filed": _as("violent_cases_filed"),
        "violent_recidivism": _as("violent_recidivism"),
        "felony_recidivism_of_diversioners": _as("felony_recidivism_of_diversioners"),
        "offending_escalation": _as("prior_felony_share", "prior_misdemeanor_only_share", "no_prior_conviction_share"),
        "violent_acquittal_rate": _as("violent_acquittal_rate"),
        "sexual_assault_conviction_rate": _as("sexual_assault_conviction_rate"),
        "recidivism_rate": _as("recidivism_rate"),
        "arrested_share_vs_population_share": _in("evaluation.relative_rates", note="stage arrested, per resident"),
        "perceived_safety": _as("perceived_safety"),
    },
    "Community harm of the justice process": {
        "arrests_per_1000": _as("arrests_per_1000", "arrests"),
        "low_level_enforcement_share": _as("low_level_arrest_share"),
        "proactive_arrest_share": _as("proactive_arrest_share"),
        "custodial_arrest_share": _as("custodial_arrest_share"),
        "promise_to_appear_share": _as("promise_to_appear_share"),
        "pretrial_detention_rate": _as("pretrial_detention_rate", "pretrial_detention_rate_ppi"),
        "pretrial_detention_person_days": _as("pretrial_detention_days", "pretrial_detention_days_per_1000"),
        "low_bail_detention_share": _as("low_bail_detention_share"),
        "incarceration_person_days_imposed": _as("incarceration_days_imposed"),
        "future_years_of_incarceration": _as("future_years_of_incarceration"),
        "future_years_of_supervision": _as("future_years_of_supervision"),
        "jail_length_nonviolent_misdemeanor": _as("jail_length_nonviolent_misdemeanor"),
        "felony_incarceration_rate": _as("felony_incarceration_rate", "incarceration_rate"),
        "incarceration_reserved_for_serious": _as("incarceration_reserved_for_serious"),
        "felony_share_of_incarceration": _as("felony_share_of_incarceration"),
        "community_corrections_alternative_mix": _as("community_corrections_sentences"),
        "supervision_violation_revocation_rate": _as("supervision_revocation_rate"),
        "fines_fees_assessed_per_case": _as("fines_fees_assessed_per_case", "fines_fees_assessed"),
        "court_appearances_per_case": _as("court_appearances_per_case"),
        "avoidable_felony_label_rate": _as("avoidable_felony_label_rate", "felony_reduced_share"),
        "dismissed_after_filing_burden": _as("dismissal_rate", "detention_days_in_dismissed_cases"),
        "justice_footprint_index": _not(
            "its parts stand beside each other; adding them up needs weights nobody has stated"
        ),
        "justice_footprint_gini": _in("report.gini.gini"),
        "harm_adjusted_benefit": _not("crime reduction and community harm stand side by side and are never netted"),
        "priority_flag_added_custody_days": _in("groups.custody_difference"),
        "enforcement_minimisation_ratio": _as("notified_without_arrest_180d", "notified_days_at_liberty_180d"),
        "enforcement_actions_per_gmi_incident": _as("enforcement_actions_per_gmi_incident"),
        "victim_nonparticipation_rate": _as("victim_nonparticipation_rate"),
        "exonerations": _not("no extract tells of exonerations yet"),
    },
    "Fairness": {
        "relative_rate_index": _in("evaluation.relative_rate_index", "evaluation.relative_rates"),
        "disparity_pp_difference": _in(
            "evaluation.relative_rate_index", note="difference in points, Newcombe's limits"
        ),
        "disparity_ratio_ci": _in("evaluation.relative_rate_index", note="log-normal limits"),
        "case_filing_difference_by_race": _as("felony_referral_decline_rate", note="by race; " + _RELATIVE.note),
        "pretrial_detention_by_race": _as("pretrial_detention_rate", note="by race"),
        "diversion_difference_by_race": _as("diversion_rate", note="by race"),
        "plea_difference_by_race": _as("plea_to_lesser_rate"),
        "dismissal_by_victim_race": _as("dismissal_rate_by_victim"),
        "victimization_of_minorities": _as("victimization_of_minorities"),
        "violent_victimization_by_income": _as("violent_victimization_by_income"),
        "dismissal_across_ses": _as("dismissal_across_ses"),
        "incarceration_by_income": _as("felony_incarceration_rate", note="by income of the area of residence"),
        "incarceration_by_attorney_type": _as("felony_incarceration_rate", note="by type of counsel"),
        "incarceration_by_race": _as("felony_incarceration_rate", note="by race"),
        "charge_integrity": _as("charge_integrity"),
        "law_enforcement_accountability": _as(
            "officer_cases_referred", "officer_cases_filed", "officer_cases_disposed"
        ),
        "staff_discipline": _not("no extract tells of discipline yet"),
        "leadership_diversity": _not("no extract tells of the staff's race, sex or rank yet"),
        "funnel_outlier_flag": _in("metrics.funnel.funnel"),
    },
    "Capacity and efficiency": {
        "cases_referred": _as("cases_referred"),
        "cases_declined": _as("cases_declined"),
        "cases_prosecuted": _as("cases_filed"),
        "cases_disposed": _as("cases_disposed"),
        "caseload_open_per_attorney": _as("caseload_open_per_attorney"),
        "cases_filed_per_prosecutor": _as("cases_filed_per_prosecutor"),
        "cases_resolved_per_prosecutor": _as("cases_resolved_per_prosecutor"),
        "felony_caseload_distribution": _as("felony_caseload_distribution"),
        "staff_retention_rate": _as("staff_retention_rate"),
        "clerical_paralegal_capacity": _as("clerical_paralegal_capacity"),
        "data_analytic_capacity": _as("data_analytic_capacity"),
        "felony_referral_decline_rate": _as("felony_referral_decline_rate"),
        "dismissible_case_identification": _as("felony_referral_decline_rate", "felony_dismissal_rate"),
        "percent_filed_as_felony": _as("percent_filed_as_felony"),
        "felonies_resolved_as_misdemeanors": _as("felony_reduced_share"),
        "time_to_disposition": _as(
            "median_days_to_disposition", "felony_median_days_to_disposition", "mean_days_to_disposition"
        ),
        "aba_time_standard_felony": _as("aba_time_standard_felony"),
        "aba_time_standard_misdemeanor": _as("aba_time_standard_misdemeanor"),
        "court_delay_share": _as("court_delay_share"),
        "felony_dismissal_timeliness": _as("felony_dismissal_timeliness"),
        "clearance_ratio": _as("case_clearance_ratio"),
        "open_cases_at_end_of_period": _as("open_cases"),
        "case_resolution_rate": _as("case_resolution_rate"),
        "conviction_rate": _as("conviction_rate"),
        "dismissal_rate": _as("dismissal_rate"),
        "felony_review_outcome": _as("screening_approval_rate"),
        "case_flow_counts": _as("cases_referred", "cases_declined", "cases_filed", "cases_disposed"),
    },
    "Engagement and legitimacy": {
        "victim_outreach_rate": _as("victim_contact_rate"),
        "speedy_victim_contact_days": _as("speedy_victim_contact_days", "median_days_to_victim_contact"),
        "avoid_victim_coercion": _TITLE_ONLY,
        "child_violent_victimization": _as("child_violent_victimization"),
        "witness_cooperation": _as("victim_nonparticipation_rate", "victim_declined_share", note="title only; ours"),
        "office_walkins": _as("office_walkins"),
        "outreach_events_low_income": _as("outreach_events_low_income"),
        "prelim_hearing_pass_rate": _as("prelim_hearing_pass_rate"),
        "victim_justice_satisfaction": _not("the survey has no question to victims yet"),
        "victim_threatened_share": _as("victim_threatened_share"),
        "community_priorities_handled": _as("community_priorities_handled"),
        "perceived_legitimacy": _as("perceived_legitimacy"),
        "partner_meetings": _as("partner_meetings", "partners_engaged"),
        "problem_solving_projects": _as("problem_solving_projects", "strategies_started"),
    },
    "Diversion and prevention": {
        "diversion_rate": _as("diversion_rate"),
        "diversion_success_rate": _as("diversion_success_rate"),
        "diversion_safety_rate": _as("diversion_safety_rate"),
        "post_program_success_rate": _as("post_program_success_rate"),
        "deferred_success_rate": _as("deferred_success_rate"),
        "deferred_recidivism_2yr": _as("deferred_recidivism_2yr"),
        "time_to_placement": _as("time_to_placement"),
        "time_in_diversion": _as("time_in_diversion"),
        "time_in_programming": _not(
            "no extract tells programming from the rest of a diversion; time_in_diversion is both"
        ),
        "conditional_plea_diversion": _as("conditional_plea_diversions"),
        "appearance_rate": _as("appearance_rate"),
        "pretrial_safety_rate": _as("pretrial_safety_rate"),
        "pretrial_success_rate": _as("pretrial_success_rate"),
        "release_rate": _as("release_rate"),
        "opioid_response": _TITLE_ONLY,
    },
    "Call-ins and focused deterrence": {
        "active_groups": _as("active_groups"),
        "group_size": _as("group_size"),
        "supervised_member_count": _as("supervised_member_count"),
        "groups_represented_share": _as("groups_represented_share"),
        "callin_attendance_rate": _as("callin_attendance_rate"),
        "call_in_network_coverage": _in("groups.select_representatives", note="of members with a tie, at each call-in"),
        "notified_reoffending_rate": _as("notified_reoffending_180d", "notified_reoffending_365d"),
        "non_notified_peer_offending": _as("non_notified_peer_offending_180d", "non_notified_peer_offending_365d"),
        "group_retaliation_interval": _as(
            "group_retaliation_interval", "retaliation_within_14d", "retaliation_within_30d"
        ),
        "days_violence_to_group_response": _as("days_violence_to_group_response"),
        "promise_kept_rate": _as("promise_kept_rate"),
        "services_uptake_rate": _as("services_uptake_rate"),
        "custom_notifications_made": _as("custom_notifications_made"),
        "chronic offender score": _not("groups are prioritised, and nobody gets a number for what they might do"),
        "ipvi_tier": _in("groups.intimate_partner_tiers", note="a rule for notices, no metric"),
        "dv_notified_recidivism": _as("dv_notified_recidivism_180d", "dv_notified_recidivism_365d"),
        "dv_arrest_injury_share": _as("dv_injuries_per_incident"),
        "dv_calls_for_service": _as("dv_calls_for_service", "dv_repeat_calls_share"),
        "sanction_swiftness_days": _as("sanction_swiftness_days"),
        "sanction_certainty": _as("sanction_certainty"),
        "dmi_area_change": _EVALUATION,
        "dmi_candidate": _in("groups.drug_market_sides", note="a rule for notices, no metric"),
    },
}

# Names as the catalogue has them: what is covered there is covered here.
FRAMEWORKS: dict[str, dict[str, tuple[str, ...] | Covered]] = {
    "Prosecutorial Performance Indicators (PPI 2020)": {
        "1.1 Felony and misdemeanor caseloads": (
            "caseload_open_per_attorney",
            "cases_filed_per_prosecutor",
            "cases_resolved_per_prosecutor",
        ),
        "1.2 Felony caseload distribution": ("felony_caseload_distribution",),
        "1.3 Leadership and line diversity": ("leadership_diversity",),
        "1.4 Staff retention": ("staff_retention_rate",),
        "1.5 Clerical and paralegal capacity": ("clerical_paralegal_capacity",),
        "1.6 Data and analytic capacity": ("data_analytic_capacity",),
        "2.1 Identifying dismissible cases at filing": ("dismissible_case_identification",),
        "2.2 Strategic rejections at filing and dismissal": ("felony_referral_decline_rate", "dismissal_rate"),
        "2.3 Prioritizing cases with most public-safety return": ("percent_filed_as_felony",),
        "2.4 Reserving incarceration for serious offenders": (
            "incarceration_reserved_for_serious",
            "felony_share_of_incarceration",
        ),
        "2.5 Accurate diversion decisions": ("deferred_success_rate", "diversion_success_rate"),
        "3.1 Time to felony disposition": ("time_to_disposition",),
        "3.2": Covered(note="number only: neither name nor definition was found"),
        "3.3": Covered(note="number only: neither name nor definition was found"),
        "3.4 ABA standards": ("aba_time_standard_felony", "aba_time_standard_misdemeanor"),
        "3.5 Minimizing court delays": ("court_delay_share", "court_appearances_per_case"),
        "3.6 Felony dismissal timeliness": ("felony_dismissal_timeliness",),
        "4.1 Violent-crime prevention": ("violent_crimes_filed",),
        "4.2 Acquittal for violent crime": ("violent_acquittal_rate", "sexual_assault_conviction_rate"),
        "4.3 Violent recidivism": ("violent_recidivism",),
        "4.4 Felony recidivism of diversioners": ("felony_recidivism_of_diversioners", "deferred_recidivism_2yr"),
        "4.5 Escalation": ("offending_escalation",),
        "4.6 Same treatment across neighborhoods": ("dismissal_across_ses",),
        "4.7 Opioid epidemic": ("opioid_response",),
        "5.1 Victim support outreach": ("victim_outreach_rate",),
        "5.2 Speedy contact": ("speedy_victim_contact_days",),
        "5.3 Avoiding coercion": ("avoid_victim_coercion",),
        "5.4 Violent victimization of children": ("child_violent_victimization",),
        "5.5": Covered(note="number only: neither name nor definition was found"),
        "5.6 Sexual-assault victimization": Covered(
            metrics=("incident_count",), note="title only; by offense, reported incidents"
        ),
        "6.1 Office accessibility": ("office_walkins",),
        "6.2": Covered(note="number only: neither name nor definition was found"),
        "6.3 Engagement with low-income communities": ("outreach_events_low_income",),
        "6.4": Covered(note="number only: neither name nor definition was found"),
        "6.5 Witness cooperation": ("witness_cooperation",),
        "7.1 Victimization of minorities": ("victimization_of_minorities",),
        "7.2 Dismissal by victim race": ("dismissal_by_victim_race",),
        "7.3 Filing by defendant race": ("case_filing_difference_by_race",),
        "7.4 Pretrial detention": ("pretrial_detention_by_race",),
        "7.5 Diversion": ("diversion_difference_by_race",),
        "7.6 Charging and plea offers by defendant race": ("plea_difference_by_race",),
        "8 Avoiding unnecessary felony charges (no number found)": ("avoidable_felony_label_rate",),
        "8 Felonies resolved as misdemeanors (no number found)": ("felonies_resolved_as_misdemeanors",),
        "8 Reducing pretrial detention (no number found)": ("pretrial_detention_rate",),
        "8 Community corrections instead of prison (no number found)": ("community_corrections_alternative_mix",),
        "8 Felony incarceration by counsel, income, race (no number found)": (
            "incarceration_by_attorney_type",
            "incarceration_by_income",
            "incarceration_by_race",
        ),
        "8 Recidivism after a non-incarcerative sentence (no number found)": ("recidivism_rate",),
        "9.1": Covered(note="number only: neither name nor definition was found"),
        "9.2": Covered(note="number only: neither name nor definition was found"),
        "9.3 Law-enforcement accountability": ("law_enforcement_accountability",),
        "9.4 Charge integrity": ("charge_integrity",),
    },
    "Measures for Justice": {
        "Non-custodial promise to appear instead of custodial arrest": ("promise_to_appear_share",),
        "Length of imposed jail sentence: nonviolent misdemeanors": ("jail_length_nonviolent_misdemeanor",),
        "Length of imposed jail sentence: nonviolent felonies": Covered(note="title only; not built"),
        "Nonviolent misdemeanors sentenced to jail": Covered(note="title only; not built"),
        "Cases diverted (Commons)": ("diversion_rate",),
        "Cases referred, filed, declined, dismissed, pleas (Commons)": ("case_flow_counts", "dismissal_rate"),
        "The rest of the 32 core measures": Covered(note="neither names nor definitions were found"),
    },
    "Justice Counts, prosecution": {
        "Funding": Covered(note="not built: no extract tells of money"),
        "Expenses": Covered(note="not built: no extract tells of money"),
        "Staff": ("clerical_paralegal_capacity", "data_analytic_capacity", "staff_retention_rate"),
        "Caseload": ("caseload_open_per_attorney",),
        "Cases referred": ("cases_referred",),
        "Cases declined": ("cases_declined",),
        "Cases diverted or deferred": ("diversion_rate",),
        "Cases prosecuted": ("cases_prosecuted",),
        "Cases disposed": ("cases_disposed",),
        "Violations resulting in discipline": ("staff_discipline",),
    },
    "National Network for Safe Communities, strategic prosecution (aims; it gives no formulas)": {
        "Crime reduction that the office produces itself": ("incident_count", "homicide_count", "gmi_share"),
        "Less arrest and prosecution": ("arrests_per_1000", "cases_prosecuted", "cases_declined"),
        "The least enforcement that works": ("low_level_enforcement_share", "enforcement_minimisation_ratio"),
        "Direct communication first": (
            "callin_attendance_rate",
            "custom_notifications_made",
            "groups_represented_share",
        ),
        "Legitimacy": ("perceived_legitimacy", "perceived_safety"),
        "Informal social control": ("community_priorities_handled", "problem_solving_projects"),
        "An own data base to design, run and assess": Covered(
            note="this program: records, the metrics on these pages, and evaluations with a plan"
        ),
    },
    "Community prosecution (APA 2011, APRI 2004, Goldkamp 2002; NDAA's principles as the project states them)": {
        "APA: community engagement": ("partner_meetings", "outreach_events_low_income", "office_walkins"),
        "APA: problem solving": ("problem_solving_projects", "community_priorities_handled"),
        "APA: effective case administration": ("time_to_disposition", "case_resolution_rate", "clearance_ratio"),
        "APA: public safety": ("incident_count", "perceived_safety"),
        "APA: interagency partnership": ("partner_meetings",),
        "APRI: fair, impartial and speedy justice": ("relative_rate_index", "time_to_disposition"),
        "APRI: safer communities": ("incident_rate", "perceived_safety"),
        "APRI: integrity and coordination": ("law_enforcement_accountability", "charge_integrity", "partner_meetings"),
        "Goldkamp: target problems": ("community_priorities_handled",),
        "Goldkamp: target area": ("hotspot_pai",),
        "Goldkamp: role of the community": ("office_walkins", "partner_meetings"),
        "Goldkamp: content of the response": ("problem_solving_projects", "diversion_rate"),
        "Goldkamp: change in the organization": Covered(note="not built: a matter of structure, not of counting"),
        "Goldkamp: change in case processing": ("case_flow_counts", "case_resolution_rate"),
        "Goldkamp: interagency work": ("partner_meetings",),
        "NDAA: the community's concerns": Covered(metrics=("concerns_raised", "concerns_that_became_strategies")),
        "NDAA: problem solving": Covered(metrics=("problem_solving_projects", "strategies_with_evaluation")),
        "NDAA: partnerships": Covered(metrics=("partners_engaged", "partner_meetings")),
        "NDAA: outcomes beyond conviction rates": (
            "diversion_success_rate",
            "pretrial_detention_rate",
            "homicide_count",
        ),
    },
}


def entry(name: str) -> Covered:
    """What there is of an entry of the catalogue; KeyError for a name that is in none of its sections."""
    for section in CATALOGUE.values():
        if name in section:
            return section[name]
    raise KeyError(f"[{name}] is no entry of the catalogue")


def of_framework(item: tuple[str, ...] | Covered) -> Covered:
    """What there is of an item of a framework: that of the entries it names, put together."""
    if isinstance(item, Covered):
        return item
    found = [entry(name) for name in item]
    return Covered(
        metrics=tuple(dict.fromkeys(name for covered in found for name in covered.metrics)),
        functions=tuple(dict.fromkeys(name for covered in found for name in covered.functions)),
        note="; ".join(dict.fromkeys(covered.note for covered in found if covered.note)),
    )


def unaccounted() -> list[str]:
    """One line for each metric or function named here that is not there, and for each entry that says nothing."""
    known = {metric.name for metric in METRICS}
    named = {name: covered for section in CATALOGUE.values() for name, covered in section.items()}
    for framework in FRAMEWORKS.values():
        named |= {title: item for title, item in framework.items() if isinstance(item, Covered)}
    faults = []
    for title, covered in named.items():
        if not (covered.metrics or covered.functions or covered.note):
            faults.append(f"{title}: nothing is said")
        faults += [f"{title}: there is no metric {name}" for name in covered.metrics if name not in known]
        faults += [f"{title}: there is no function {name}" for name in covered.functions if not _is_there(name)]
    return sorted(faults)


def beyond(names: Iterable[str]) -> list[str]:
    """Those of the metrics that no entry and no item names: added by the rules of practice, or of our own making."""
    entries = [covered for section in CATALOGUE.values() for covered in section.values()]
    items = [of_framework(item) for framework in FRAMEWORKS.values() for item in framework.values()]
    named = {name for covered in [*entries, *items] for name in covered.metrics}
    return [name for name in names if name not in named]


def _is_there(function: str) -> bool:
    module, _, name = function.rpartition(".")
    try:
        return callable(getattr(import_module(f"strategic_prosecution.{module}"), name))
    except (ImportError, AttributeError):
        return False


if __name__ == "__main__":
    print("\n".join(unaccounted()))
