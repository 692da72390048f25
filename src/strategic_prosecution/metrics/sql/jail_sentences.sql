-- grain: one fact per case with jail among its original sentences
select
    case_id as unit_id,
    sentence_ids as records,
    sentence_date as event_date,
    1 as numerator,
    residence_area,
    race_ethnicity,
    severity
from temp.sentence_facts
where has_jail
