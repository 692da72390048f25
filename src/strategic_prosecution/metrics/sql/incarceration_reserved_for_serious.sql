-- grain: one fact per case with incarceration and a known offense; numerator = 1 if against a person or with weapons
select
    case_id as unit_id,
    sentence_ids as records,
    sentence_date as event_date,
    (
        offense_category in (
            'homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'simple_assault', 'sexual_assault',
            'weapons'
        )
    )::bigint as numerator,
    1 as denominator,
    race_ethnicity,
    severity
from temp.sentence_facts
where has_incarceration and offense_category not in ('unknown', 'unmapped')
