-- grain: one fact per case disposed by a verdict on its top charge
select case_id as unit_id, disposition_date as event_date, 1 as numerator, unnest(dimensions)
from temp.case_facts
where disposition  in ('guilty_trial', 'not_guilty')
