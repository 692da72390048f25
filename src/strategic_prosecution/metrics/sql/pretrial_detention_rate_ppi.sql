-- grain: one fact per sentenced case, traffic left out; numerator = 1 if it was detained before trial
select
    s.case_id as unit_id,
    s.sentence_ids as records,
    s.sentence_date as event_date,
    coalesce(f.is_detained, false)::bigint as numerator,
    1 as denominator,
    s.race_ethnicity,
    s.residence_area
from temp.sentence_facts as s
left join temp.first_decisions as f on f.case_id = s.case_id
where s.offense_category is distinct from 'traffic'
