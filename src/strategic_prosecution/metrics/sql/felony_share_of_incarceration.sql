-- grain: one fact per case with incarceration and a known severity; numerator = 1 if a felony
select
    case_id as unit_id,
    sentence_ids as records,
    sentence_date as event_date,
    (severity = 'felony')::bigint as numerator,
    1 as denominator,
    race_ethnicity
from temp.sentence_facts
where has_incarceration and severity not in ('unknown', 'unmapped')
