-- grain: one fact per felony case with an original sentence; numerator = 1 if incarceration is in it
select
    case_id as unit_id,
    sentence_ids as records,
    sentence_date as event_date,
    has_incarceration::bigint as numerator,
    1 as denominator,
    residence_area,
    race_ethnicity,
    defense_type,
    income_quintile
from temp.sentence_facts
where severity = 'felony'
